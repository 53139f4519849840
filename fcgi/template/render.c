/* render.c: nodes and dictionaries to a page */
#include <stdio.h>
#include <string.h>

#include "template/render.h"

#define NODES_MAX 5000000 /* of a page: a hundred times our largest one */

struct render {
	struct template_set *set;
	struct buf *out;
	struct buf one, two; /* between modifiers */
	struct template_error *err;
	enum gb_err rc;
	unsigned depth; /* files within each other */
	unsigned nodes; /* so far */
};

static void render_nodes(struct render *, struct parsed *, size_t from,
			 size_t to, const struct dict *, bool last);

/* --- variables -------------------------------------------------------------
 */

/* Told once a node, or in a strict set an error. */
static void
missing(struct render *r, struct parsed *d, struct node *n)
{
	struct template_error err;
	bool strict = (r->set->flags & TEMPLATE_STRICT) != 0;

	if (!strict && atomic_exchange(&n->missed, true))
		return;
	parse_fail(&err, d, n->at, "%.*s has no value", (int)n->name.len,
		   n->name.text);
	if (!strict) {
		files_report(r->set, &err);
		return;
	}
	r->rc = GB_EINVAL;
	if (r->err != NULL)
		*r->err = err;
}

static void
run_step(const struct step *s, const char *text, size_t len, struct buf *out)
{
	if (s->modify != NULL)
		s->modify(text, len, s->arg, out);
	else
		escape_add(s->escape, text, len, out);
}

static void
add_steps(struct render *r, const struct step *steps, size_t count,
	  const char *text, size_t len)
{
	struct buf *to = &r->one;
	size_t i;

	for (i = 0; i + 1 < count && r->rc == GB_OK; i++) {
		buf_reset(to);
		run_step(&steps[i], text, len, to);
		r->rc = buf_error(to);
		text = buf_str(to);
		len = to->len;
		to = to == &r->one ? &r->two : &r->one;
	}
	if (r->rc == GB_OK)
		run_step(&steps[i], text, len, r->out);
}

static void
render_value(struct render *r, struct parsed *d, struct node *n,
	     const struct dict *data)
{
	size_t len = 0;
	const char *text = dict_value(data, &n->name, &len);

	if (text == NULL) {
		missing(r, d, n);
		text = "";
	}
	if (n->quote)
		buf_putc(r->out, '"');
	add_steps(r, d->steps + n->more, n->step_count, text, len);
	if (n->quote)
		buf_putc(r->out, '"');
}

/* --- includes --------------------------------------------------------------
 */

static void
render_file(struct render *r, struct parsed *d, const struct node *n,
	    const char *name, const struct dict *data)
{
	struct parsed *inner;

	if (r->depth == TEMPLATE_DEPTH) {
		r->rc = GB_ETOOBIG;
		parse_fail(r->err, d, n->at,
			   "more than %d files included in each other",
			   TEMPLATE_DEPTH);
		return;
	}
	r->rc = files_get(r->set, name, &d->contexts[n->more], &inner, r->err);
	if (r->rc != GB_OK)
		return;
	r->depth++;
	render_nodes(r, inner, 0, inner->count, data, true);
	r->depth--;
	parsed_drop(inner);
}

static void
render_include(struct render *r, struct parsed *d, const struct node *n,
	       const struct dict *data)
{
	const struct dict_part *part;
	char name[TEMPLATE_NAME_MAX];

	if (n->kind == NODE_FILE) {
		(void)snprintf(name, sizeof(name), "%.*s", (int)n->name.len,
			       n->name.text);
		render_file(r, d, n, name, data);
		return;
	}
	for (part = dict_included(data, &n->name);
	     part != NULL && r->rc == GB_OK; part = dict_part_next(part))
		render_file(r, d, n, dict_part_file(part),
			    dict_part_data(part));
}

/* --- nodes -----------------------------------------------------------------
 */

static void
render_section(struct render *r, struct parsed *d, size_t at,
	       const struct dict *data)
{
	const struct dict_part *part = dict_section(data, &d->nodes[at].name),
			       *next;
	const struct dict *own;

	for (; part != NULL && r->rc == GB_OK; part = next) {
		next = dict_part_next(part);
		own = dict_part_data(part);
		render_nodes(r, d, at + 1, d->nodes[at].end,
			     own == NULL ? data : own, next == NULL);
	}
}

/* "last": of the repetitions of the section that they are in. */
static void
render_nodes(struct render *r, struct parsed *d, size_t from, size_t to,
	     const struct dict *data, bool last)
{
	struct node *n;
	size_t i;

	for (i = from; i < to && r->rc == GB_OK; i++) {
		n = &d->nodes[i];
		if (++r->nodes > NODES_MAX) {
			r->rc = GB_ETOOBIG;
			parse_fail(r->err, d, n->at, "the page does not end");
			return;
		}
		switch (n->kind) {
		case NODE_TEXT:
			buf_add(r->out, n->name.text, n->name.len);
			break;
		case NODE_VALUE:
			render_value(r, d, n, data);
			break;
		case NODE_SECTION:
			render_section(r, d, i, data);
			i = n->end - 1u;
			break;
		case NODE_SEPARATOR:
			if (!last)
				render_nodes(r, d, i + 1, n->end, data, true);
			i = n->end - 1u;
			break;
		case NODE_INCLUDE:
		case NODE_FILE:
			render_include(r, d, n, data);
			break;
		}
		if (r->rc == GB_OK)
			r->rc = buf_error(r->out);
	}
}

enum gb_err
render(struct template_set *set, struct parsed *d, const struct dict *data,
       struct buf *out, struct template_error *err)
{
	struct render r = {.set = set, .out = out, .err = err, .depth = 1};

	buf_init(&r.one, out->max);
	buf_init(&r.two, out->max);
	render_nodes(&r, d, 0, d->count, data, true);
	buf_release(&r.one);
	buf_release(&r.two);
	return r.rc;
}

enum gb_err
template_render(struct template_set *set, const char *file,
		const struct dict *data, struct buf *out,
		struct template_error *err)
{
	size_t before = out->len;
	struct context begin;
	struct parsed *d;
	enum gb_err rc;

	if (err != NULL)
		err->text[0] = '\0';
	context_init(&begin);
	rc = dict_error(data);
	if (rc == GB_OK)
		rc = files_get(set, file, &begin, &d, err);
	if (rc == GB_OK) {
		rc = render(set, d, data, out, err);
		parsed_drop(d);
	}
	if (rc == GB_OK)
		return GB_OK;
	buf_truncate(out, before);
	if (err != NULL && err->text[0] == '\0')
		(void)snprintf(err->text, sizeof(err->text), "%.*s: %s",
			       TEMPLATE_NAME_MAX, file, gb_strerror(rc));
	return rc;
}
