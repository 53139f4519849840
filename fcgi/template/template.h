/*
 * template.h: pages from the files of a folder, in ctemplate's language.
 *
 *   {{NAME}}                    the variable's text, escaped for where it
 * stands
 *   {{NAME:mod:mod=arg}}        ... changed by modifiers before that
 *   {{#S}}...{{/S}}             a section: hidden, shown once, or repeated
 *   {{#S_separator}}...{{/S_separator}}  in S: after each repetition but the
 * last
 *   {{>NAME}}                   the files that dict_include() gives the name
 *   {{>file.html}}              that file, with what is known here
 *   {{!comment}}  {{=<% %>=}}   other delimiters from here on
 *   {{BI_SPACE}} {{BI_NEWLINE}} a blank or newline that stays
 *
 * Lines without anything but blanks and markers that are no variables vanish,
 * with their newline.  Variables are escaped by what HTML, JavaScript, CSS or
 * address they stand in; what cannot be escaped safely (the name of a tag, the
 * inside of a comment of a script, ...) is an error where it is written.  Only
 * ":none" as the last modifier leaves a text as it is.  Modifiers are :h
 * :p :u :j :o :c (html_escape, pre_escape, url_query_escape, javascript_escape,
 * json_escape, cleanse_css) and those of template_set_modifier(); one that is
 * what the place asks for anyway is not done twice.
 *
 * In an address a variable at its beginning may be a whole one (relative, http,
 * https or mailto; others become "#"), later it is a piece of the path, and
 * after "?" or "#" a value in which nothing but letters, digits and "-._~"
 * stays as it is.
 */
#ifndef GB_TEMPLATE_TEMPLATE_H
#define GB_TEMPLATE_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"
#include "template/dict.h"

#define TEMPLATE_STRICT \
	1u		  /* a missing variable is an error, and so is a file \
			     that was good before it changed: for tests */
#define TEMPLATE_FRESH 2u /* look for changes at each use, not each second */

#define TEMPLATE_FILE_MAX ((size_t)1 << 20) /* bytes of a file */
#define TEMPLATE_NAME_MAX 64		    /* bytes of a file's name */
#define TEMPLATE_DEPTH	  16		    /* files included in each other */
#define TEMPLATE_FILES \
	256 /* files in use, each once for every \
		way of escaping its beginning */

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
 * used, but for TEMPLATE_STRICT.  Otherwise "out" is as it was and "err",
 * unless NULL, says why: GB_ENOTFOUND (no such file), GB_EINVAL (the file, or
 * in strict sets a missing variable), GB_EIO, GB_ENOMEM, GB_ETOOBIG (a limit
 * above, the cap of "out", or of "data").
 */
enum gb_err template_render(struct template_set *, const char *file,
			    const struct dict *data, struct buf *out,
			    struct template_error *err) GB_NODISCARD;

#endif
