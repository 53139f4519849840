/* escape.h: one way of writing a text for each place it may stand in */
#ifndef GB_TEMPLATE_ESCAPE_H
#define GB_TEMPLATE_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum escape {
	ESCAPE_NONE,	  /* as it is: only where a template spells it out */
	ESCAPE_HTML,	  /* text and values of attributes */
	ESCAPE_HTML_LINE, /* ... with newlines and tabs as blanks */
	ESCAPE_URL,	  /* a whole address within an attribute */
	ESCAPE_URL_PATH,  /* a piece of its path: "/" stays, but at the start */
	ESCAPE_URL_VALUE, /* a value in its query */
	ESCAPE_JS,	  /* within a string of JavaScript */
	ESCAPE_JSON,	  /* within a string of JSON */
	ESCAPE_NUMBER,	  /* a value in either: a number, true, false or null */
	ESCAPE_CSS, /* a value in a style: what could end it is left out */
	ESCAPE_CSS_STRING, /* within a string in a style */
	ESCAPE__MAX
};

/* Append "text" to "out".  Whatever the text, it stays within its place. */
void escape_add(enum escape, const char *text, size_t len, struct buf *out);

/* Whether what "done" wrote may stand where "wanted" is asked for. */
bool escape_suffices(enum escape done, enum escape wanted);

#endif
