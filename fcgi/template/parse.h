/* parse.h: a template's file as nodes, each variable with its escape */
#ifndef GB_TEMPLATE_PARSE_H
#define GB_TEMPLATE_PARSE_H

#include <stdatomic.h>
#include <stdint.h>

#include "template/context.h"
#include "template/template.h"

#define PARSE_SECTIONS	32 /* sections within each other */
#define PARSE_STEPS	6  /* modifiers of a variable, with its escape */
#define PARSE_MODIFIERS 16 /* that a set may add */

enum node_kind {
	NODE_TEXT,
	NODE_VALUE,
	NODE_SECTION,
	NODE_SEPARATOR,
	NODE_INCLUDE, /* files that the data names */
	NODE_FILE     /* one that the template names */
};

/* One thing to be done to a variable's text. */
struct step {
	template_modifier *modify; /* or, NULL: */
	enum escape escape;
	const char *arg;
};

struct node {
	enum node_kind kind;
	uint32_t at;  /* byte of the file */
	uint32_t end; /* of a section: the node behind it */
	bool quote;   /* put the value in quotes */
	unsigned char step_count;
	atomic_bool missed;    /* that it has no value was told */
	size_t more;	       /* index of its first step, or of its context */
	struct dict_name name; /* or the text itself, without a hash */
};

struct parsed {
	atomic_uint refs;
	char *file; /* its name */
	char *text;
	size_t len;
	char *args; /* of modifiers, each with its NUL */
	struct node *nodes;
	size_t count, nodes_size;
	struct step *steps;
	size_t step_count, steps_size;
	struct context *contexts;
	size_t context_count, contexts_size;
};

/* What a set knows besides ours. */
struct modifiers {
	size_t count;
	struct {
		const char *name;
		template_modifier *modify;
	} own[PARSE_MODIFIERS];
};

/*
 * Parse the "len" bytes at "text", which were in "file" and become part of
 * "*out", or on failure are freed.  The text before them left the page
 * at "begin".  On GB_OK the caller parsed_drop()s "*out", otherwise (GB_EINVAL,
 * GB_ENOMEM) "err" says why.
 */
enum gb_err parse(const char *file, char *text, size_t len,
		  const struct context *begin, const struct modifiers *,
		  struct parsed **out, struct template_error *err) GB_NODISCARD;

/* One user less; the last one frees it.  NULL is all right. */
void parsed_drop(struct parsed *);

/* "file:line:column: ..." of byte "at", into "err", which may be NULL. */
void parse_fail(struct template_error *err, const struct parsed *, size_t at,
		const char *fmt, ...) GB_PRINTF(4, 5);

/* Whether a file of this name is within the folder, and none of the hidden. */
bool parse_file_name(const char *name, size_t len);

#endif
