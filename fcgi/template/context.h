/*
 * context.h: what kind of text a template has come to, read along.
 *
 * The template's own text goes through context_text(); wherever a variable
 * stands, the context tells how to write it.  It reads HTML as browsers do, and
 * where a template does what they see differently, or what cannot be known
 * before it is rendered, it is an error.  A context is plain bytes without
 * padding, so two of them can be compared as such.
 */
#ifndef GB_TEMPLATE_CONTEXT_H
#define GB_TEMPLATE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "template/escape.h"

#define CONTEXT_WORD   24 /* longer than any name that means something */
#define CONTEXT_ENTITY 8  /* "quot", "#x27", "#00039" */

/* What a value or the inside of an element is written in. */
enum lang {
	LANG_PLAIN, /* text with entities */
	LANG_URL,
	LANG_JS,
	LANG_JSON,
	LANG_CSS,
	LANG_TYPE,   /* of a script: it decides what the script is in */
	LANG_OPAQUE, /* nothing that a variable can stand in */
};

struct context {
	unsigned char html;    /* enum html, in context.c */
	unsigned char element; /* enum element: whose tag or inside it is */
	unsigned char closing; /* it is the tag that ends it */
	unsigned char solidus; /* the tag's last character was a "/" */
	unsigned char quote;   /* of the value; 0: none */
	unsigned char seen;    /* enum seen: among its attributes */
	unsigned char script;  /* enum lang: of the script that begins */
	unsigned char dashes;  /* of a comment's end */
	unsigned char lang;    /* enum lang */
	unsigned char state;   /* within it, see context_code.c */
	unsigned char last;    /* a character that the next one may change */
	unsigned char slash;   /* enum slash: what "/" begins in a script */
	unsigned char entity_len;
	unsigned char word_len;
	char entity[CONTEXT_ENTITY];
	char word[CONTEXT_WORD]; /* the name, in small letters, so far */
};

/* The beginning of a page. */
void context_init(struct context *);

/* Read "text" on.  NULL, or what is wrong with its byte "*at". */
const char *context_text(struct context *, const char *text, size_t len,
			 size_t *at);

/* Something stands here that is no text: the words before it are complete.
 * NULL, or why nothing can stand here. */
const char *context_settle(struct context *);

/* How to write a variable that stands here, and go on behind it.  With
 * "*quote" it must stand in double quotes, which the template did without. */
const char *context_variable(struct context *, enum escape *, bool *quote);

/* A section or an included file begins here. */
const char *context_enter(struct context *);

/*
 * It ends: it must leave the context as it was, "before", since nobody knows
 * how often it is shown.  What is known of both of them goes on.  With "*blank"
 * a blank must be written at its end.
 */
const char *context_leave(struct context *, const struct context *before,
			  bool *blank);

/* The page ends.  NULL, or in what it must not end. */
const char *context_end(const struct context *);

bool context_equal(const struct context *, const struct context *);

/* --- context_code.c: the languages within -----------------------------------
 */

void code_begin(struct context *, enum lang);
const char *code_char(struct context *, char c);
const char *code_settle(struct context *);
void code_enter(struct context *);
const char *code_variable(struct context *, enum escape *);
const char *code_join(struct context *, const struct context *before);
/* The value or element ends here: is its text complete? */
const char *code_end(const struct context *);

void context_word_add(struct context *, char c);
void context_word_clear(struct context *);
bool context_word_is(const struct context *, const char *word);

#endif
