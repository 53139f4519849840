/*
 * template.h: pages from the files of a folder, in ctemplate's language.
 *
 *   {{NAME}}           the variable's text, escaped for where it stands
 *   {{NAME:mod:mod=x}} ... after what the modifiers make of it
 *   {{#S}}...{{/S}}    a section: hidden, shown once, or repeated
 *   {{#S_separator}}...{{/S_separator}}
 *                      within S: after each repetition but the last
 *   {{>NAME}}          the files that dict_include() gives the name
 *   {{>file.html}}     that file, with what is known here
 *   {{!comment}}       nothing
 *   {{=<% %>=}}        other delimiters from here on
 *   {{BI_SPACE}} {{BI_NEWLINE}}  a blank or newline that stays
 *
 * Lines without anything but blanks and markers that are no variables vanish,
 * with their newline.
 *
 * Variables are escaped for the HTML, address, JavaScript, JSON or CSS they
 * stand in; without quotes a value gets them.  What cannot be escaped safely
 * (the name of a tag, a comment, the inside of a regular expression, ...) is an
 * error at its line, and so is a section or an included file that would leave
 * the page in another kind of text than it began in.  An attribute's name that
 * depends on data is a section: {{#ON}}checked{{/ON}}.
 *
 * Modifiers are :h :p :u :j :o :c (html_escape, pre_escape, url_query_escape,
 * javascript_escape, json_escape, cleanse_css) and those of
 * template_set_modifier(); one that does what its place asks for anyway is not
 * followed by it.  Only ":none", as the last one, leaves a text as it is.
 *
 * In an address a variable at the beginning may be all of it (relative, http,
 * https or mailto; others become "#"), later it is a piece of the path, and
 * after "?" or "#" a value of which only letters, digits and "-._~" stay.  So
 * what has a path and a query is one variable at the beginning.
 */
#ifndef GB_TEMPLATE_TEMPLATE_H
#define GB_TEMPLATE_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "template/dict.h"

/* Flags of a set. */
enum {
	/* For tests: a missing variable is an error, and so is a file that
	 * was good before it changed. */
	TEMPLATE_STRICT = 1,
	/* Look for changes at each use, not each second. */
	TEMPLATE_FRESH = 2,
};

#define TEMPLATE_FILE_MAX ((size_t)1 << 20) /* bytes of a file */
#define TEMPLATE_NAME_MAX 64		    /* bytes of a file's name */
#define TEMPLATE_DEPTH	  16		    /* files included in each other */
#define TEMPLATE_FILES	  256 /* parsed ones: a file once a kind of place */

struct template_set;

struct template_error {
	char text[320]; /* "file:line:column: what is wrong", or shorter */
};

/* A line for the log, without file names that begin with "/". */
typedef void template_report(void *context, const char *line);

/*
 * The templates of a folder.  Nothing is read yet.  "report" is told once what
 * rendering goes on in spite of: a missing variable, a file that is worse than
 * before; NULL writes a warning to the log.  It may come from any thread.  NULL
 * when memory ran out.
 */
struct template_set *template_set_open(const char *folder, unsigned flags,
				       template_report *report,
				       void *context) GB_NODISCARD;
void template_set_close(struct template_set *);

/* Write what {{X:x-...}} makes of "value"; "arg" is what follows "=", or "". */
typedef void template_modifier(const char *value, size_t len, const char *arg,
			       struct buf *out);

/* Know one more modifier: "x-...", a constant.  Before the first rendering. */
enum gb_err template_set_modifier(struct template_set *, const char *name,
				  template_modifier *) GB_NODISCARD;

/*
 * Append the page that "file" makes of "data" to "out".  Threads may share the
 * set and "data".  Files are parsed once, and again when they change (looked at
 * once a second); one that has become worse is reported and the last good one
 * used, but for TEMPLATE_STRICT.  Otherwise "out" holds what it did (but keeps
 * a failure of its own) and "err", unless NULL, says why: GB_ENOTFOUND (no such
 * file), GB_EINVAL (the file, or in strict sets a missing variable), GB_EIO,
 * GB_ENOMEM, GB_ETOOBIG (a limit above, the cap of "out", or of "data").
 */
enum gb_err template_render(struct template_set *, const char *file,
			    const struct dict *data, struct buf *out,
			    struct template_error *err) GB_NODISCARD;

#endif
