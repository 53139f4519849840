/* parse.c: ctemplate's language */
#include "template/parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DELIMITER_MAX 8
#define REMOVABLE     "#/>!=" /* markers that a line may have and vanish */
#define SEPARATOR     "_separator"

struct section {
	struct dict_name name;
	size_t node;
	uint32_t at;
	struct context before;
};

struct parser {
	struct parsed *out;
	const struct modifiers *modifiers;
	struct template_error *err;
	enum gb_err rc;
	size_t at;
	size_t strip; /* up to here blanks and the newline vanish */
	size_t args_len;
	char open[DELIMITER_MAX + 1], close[DELIMITER_MAX + 1];
	struct context x;
	struct section sections[PARSE_SECTIONS];
	size_t depth;
};

static const struct {
	const char *name;
	enum escape escape;
} builtin[] = {
    {"none", ESCAPE_NONE},
    {"h", ESCAPE_HTML_LINE},
    {"html_escape", ESCAPE_HTML_LINE},
    {"p", ESCAPE_HTML},
    {"pre_escape", ESCAPE_HTML},
    {"u", ESCAPE_URL_VALUE},
    {"url_query_escape", ESCAPE_URL_VALUE},
    {"j", ESCAPE_JS},
    {"javascript_escape", ESCAPE_JS},
    {"o", ESCAPE_JSON},
    {"json_escape", ESCAPE_JSON},
    {"c", ESCAPE_CSS},
    {"cleanse_css", ESCAPE_CSS},
};

/* --- results ---------------------------------------------------------------
 */

void
parsed_drop(struct parsed *d)
{
	if (d == NULL || atomic_fetch_sub(&d->refs, 1) > 1)
		return;
	free(d->file);
	free(d->text);
	free(d->args);
	free(d->nodes);
	free(d->steps);
	free(d->contexts);
	free(d);
}

static void
place(const struct parsed *d, size_t at, unsigned *line, unsigned *column)
{
	size_t i;

	*line = 1;
	*column = 1;
	for (i = 0; i < at && i < d->len; i++) {
		if (d->text[i] == '\n') {
			(*line)++;
			*column = 1;
		} else if (((unsigned char)d->text[i] & 0xc0) != 0x80) {
			(*column)++;
		}
	}
}

void
parse_fail(struct template_error *err, const struct parsed *d, size_t at,
	   const char *fmt, ...)
{
	unsigned line, column;
	va_list ap;
	int len;

	if (err == NULL)
		return;
	place(d, at, &line, &column);
	len = snprintf(err->text, sizeof(err->text), "%s:%u:%u: ", d->file,
		       line, column);
	if (len < 0 || (size_t)len >= sizeof(err->text))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(err->text + len, sizeof(err->text) - (size_t)len, fmt,
			ap);
	va_end(ap);
}

#define fail(p, at, ...) \
	((p)->rc = GB_EINVAL, parse_fail((p)->err, (p)->out, at, __VA_ARGS__))

static void
no_memory(struct parser *p)
{
	p->rc = GB_ENOMEM;
	if (p->err != NULL)
		(void)snprintf(p->err->text, sizeof(p->err->text), "%s: %s",
			       p->out->file, gb_strerror(GB_ENOMEM));
}

/* Room for one more of "width" bytes in the array; NULL: no memory. */
static void *
one_more(struct parser *p, void **array, size_t *count, size_t *size,
	 size_t width)
{
	size_t want = *size == 0 ? 16 : *size * 2;
	void *grown;

	if (*count == *size) {
		grown = realloc(*array, want * width);
		if (grown == NULL) {
			no_memory(p);
			return NULL;
		}
		*array = grown;
		*size = want;
	}
	grown = (char *)*array + *count * width;
	memset(grown, 0, width);
	(*count)++;
	return grown;
}

static struct node *
add_node(struct parser *p, enum node_kind kind, size_t at)
{
	struct parsed *d = p->out;
	void *array = d->nodes;
	struct node *n;

	n = one_more(p, &array, &d->count, &d->nodes_size, sizeof(*n));
	d->nodes = array;
	if (n == NULL)
		return NULL;
	n->kind = kind;
	n->at = (uint32_t)at;
	return n;
}

/* --- text ------------------------------------------------------------------
 */

/* Text that is not where its marker is: blanks of ours. */
static void
add_constant(struct parser *p, const char *text, size_t at)
{
	const char *wrong;
	struct node *n;
	size_t byte;

	if ((wrong = context_text(&p->x, text, strlen(text), &byte)) != NULL) {
		fail(p, at, "%s", wrong);
		return;
	}
	if ((n = add_node(p, NODE_TEXT, at)) == NULL)
		return;
	n->name.text = text;
	n->name.len = (uint32_t)strlen(text);
}

static void
add_text(struct parser *p, size_t from, size_t to)
{
	struct parsed *d = p->out;
	struct node *n = d->count > 0 ? &d->nodes[d->count - 1] : NULL;
	const char *wrong;
	size_t byte;

	wrong = context_text(&p->x, d->text + from, to - from, &byte);
	if (wrong != NULL) {
		fail(p, from + byte, "%s", wrong);
		return;
	}
	if (n != NULL && n->kind == NODE_TEXT && from > 0 &&
	    n->name.text + n->name.len == d->text + from) {
		n->name.len += (uint32_t)(to - from);
		return;
	}
	if ((n = add_node(p, NODE_TEXT, from)) == NULL)
		return;
	n->name.text = d->text + from;
	n->name.len = (uint32_t)(to - from);
}

/* --- markers ---------------------------------------------------------------
 */

static bool
is_name(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!((text[i] >= 'a' && text[i] <= 'z') ||
		      (text[i] >= 'A' && text[i] <= 'Z') ||
		      (text[i] >= '0' && text[i] <= '9') || text[i] == '_'))
			return false;
	return len > 0;
}

bool
parse_file_name(const char *name, size_t len)
{
	size_t i;
	char before = '/';

	if (len == 0 || len >= TEMPLATE_NAME_MAX || name[len - 1] == '/')
		return false;
	for (i = 0; i < len; i++) {
		if ((name[i] == '.' || name[i] == '/') && before == '/')
			return false;
		if (name[i] != '.' && name[i] != '/' && name[i] != '-' &&
		    !is_name(name + i, 1))
			return false;
		before = name[i];
	}
	return true;
}

static bool
is_at(const struct parser *p, size_t at, const char *what)
{
	size_t len = strlen(what);

	return p->out->len - at >= len &&
	       memcmp(p->out->text + at, what, len) == 0;
}

/* Where "what" is next, from "at" on; the end of the text: nowhere. */
static size_t
find(const struct parser *p, size_t at, const char *what)
{
	const char *text = p->out->text, *hit;

	hit = memmem(text + at, p->out->len - at, what, strlen(what));
	return hit == NULL ? p->out->len : (size_t)(hit - text);
}

/* Behind the marker that begins at "at"; 0: it does not end. */
static size_t
marker_end(const struct parser *p, size_t at)
{
	size_t end;

	at += strlen(p->open);
	end = find(p, at, p->close);
	return end == p->out->len ? 0 : end + strlen(p->close);
}

/* Behind the line that begins at "at", if it has nothing but blanks and markers
 * that may vanish with it; else 0. */
static size_t
vanishing_line(const struct parser *p, size_t at)
{
	const char *text = p->out->text, *kind;
	bool last = false; /* what follows has other delimiters */
	size_t end;

	for (; at < p->out->len; at = end) {
		if (text[at] == '\n')
			return at + 1;
		end = at + 1;
		if (text[at] == ' ' || text[at] == '\t' || text[at] == '\r')
			continue;
		if (last || !is_at(p, at, p->open))
			return 0;
		kind = text + at + strlen(p->open);
		if (kind == text + p->out->len ||
		    memchr(REMOVABLE, *kind, sizeof(REMOVABLE) - 1) == NULL ||
		    (end = marker_end(p, at)) == 0)
			return 0;
		last = *kind == '=';
	}
	return at;
}

/* "=<% %>=": other delimiters. */
static void
set_delimiters(struct parser *p, size_t at, const char *text, size_t len)
{
	const char *blank = memchr(text, ' ', len);
	size_t open, close, i;

	for (i = 0; i < len; i++)
		if ((unsigned char)text[i] < ' ')
			goto bad;
	if (len < 5 || text[len - 1] != '=' || blank == NULL)
		goto bad;
	open = (size_t)(blank - text) - 1;
	close = len - open - 3;
	if (open == 0 || open > DELIMITER_MAX || close == 0 ||
	    close > DELIMITER_MAX || len < open + 3 ||
	    memchr(text + 1, '=', len - 2) != NULL ||
	    memchr(blank + 1, ' ', close) != NULL)
		goto bad;
	memcpy(p->open, text + 1, open);
	p->open[open] = '\0';
	memcpy(p->close, blank + 1, close);
	p->close[close] = '\0';
	return;
bad:
	fail(p, at, "delimiters must look like {{=<%% %%>=}}");
}

static bool
is_separator(const struct section *outer, const struct dict_name *name)
{
	size_t len = outer->name.len;

	return name->len == len + sizeof(SEPARATOR) - 1 &&
	       memcmp(name->text, outer->name.text, len) == 0 &&
	       memcmp(name->text + len, SEPARATOR, sizeof(SEPARATOR) - 1) == 0;
}

static void
begin_section(struct parser *p, size_t at, struct dict_name name)
{
	struct section *s = &p->sections[p->depth];
	const char *wrong;
	struct node *n;

	if (p->depth == PARSE_SECTIONS) {
		fail(p, at, "more than %d sections within each other",
		     PARSE_SECTIONS);
		return;
	}
	if ((wrong = context_enter(&p->x)) != NULL) {
		fail(p, at, "%s", wrong);
		return;
	}
	if ((n = add_node(p, NODE_SECTION, at)) == NULL)
		return;
	n->name = name;
	if (p->depth > 0 && is_separator(s - 1, &name))
		n->kind = NODE_SEPARATOR;
	s->name = name;
	s->node = p->out->count - 1;
	s->at = (uint32_t)at;
	s->before = p->x;
	p->depth++;
}

static void
end_section(struct parser *p, size_t at, struct dict_name name)
{
	struct section *s;
	const char *wrong;
	bool blank;

	if (p->depth == 0) {
		fail(p, at, "{{/%.*s}} without its {{#%.*s}}", (int)name.len,
		     name.text, (int)name.len, name.text);
		return;
	}
	s = &p->sections[p->depth - 1];
	if (s->name.len != name.len ||
	    memcmp(s->name.text, name.text, name.len) != 0) {
		fail(p, at, "{{/%.*s}} where {{/%.*s}} must be", (int)name.len,
		     name.text, (int)s->name.len, s->name.text);
		return;
	}
	if ((wrong = context_leave(&p->x, &s->before, &blank)) != NULL) {
		fail(p, at, "{{/%.*s}}: %s", (int)name.len, name.text, wrong);
		return;
	}
	if (blank)
		add_constant(p, " ", at);
	p->out->nodes[s->node].end = (uint32_t)p->out->count;
	p->depth--;
}

static void
add_include(struct parser *p, size_t at, const char *text, size_t len)
{
	bool file = memchr(text, '.', len) != NULL;
	struct parsed *d = p->out;
	void *array = d->contexts;
	struct context *x;
	const char *wrong;
	struct node *n;

	if (file ? !parse_file_name(text, len) : !is_name(text, len)) {
		fail(p, at, "this is no name of a file");
		return;
	}
	if ((wrong = context_enter(&p->x)) != NULL) {
		fail(p, at, "%s", wrong);
		return;
	}
	n = add_node(p, file ? NODE_FILE : NODE_INCLUDE, at);
	if (n == NULL)
		return;
	n->name = dict_name_of(text, len);
	n->more = d->context_count;
	x = one_more(p, &array, &d->context_count, &d->contexts_size,
		     sizeof(*x));
	d->contexts = array;
	if (x != NULL)
		*x = p->x;
}

/* --- variables -------------------------------------------------------------
 */

static struct step *
add_step(struct parser *p, struct node *n)
{
	struct parsed *d = p->out;
	void *array = d->steps;
	struct step *s;

	s = one_more(p, &array, &d->step_count, &d->steps_size, sizeof(*s));
	d->steps = array;
	if (s != NULL)
		n->step_count++;
	return s;
}

/* "text" has at most what the file has, so there is room for all of them. */
static const char *
keep_arg(struct parser *p, const char *text, size_t len)
{
	char *arg;

	if (p->out->args == NULL &&
	    (p->out->args = malloc(p->out->len + 1)) == NULL) {
		no_memory(p);
		return "";
	}
	arg = p->out->args + p->args_len;
	memcpy(arg, text, len);
	arg[len] = '\0';
	p->args_len += len + 1;
	return arg;
}

static bool
same(const char *text, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(text, name, len) == 0;
}

/* "text" is a modifier's name, perhaps with "=" and what follows. */
static void
add_modifier(struct parser *p, size_t at, struct node *n, const char *text,
	     size_t len)
{
	const char *equals = memchr(text, '=', len);
	size_t name = equals == NULL ? len : (size_t)(equals - text), i;
	struct step *s;

	if (n->step_count == PARSE_STEPS - 1) {
		fail(p, at, "more than %d modifiers", PARSE_STEPS - 1);
		return;
	}
	for (i = 0; i < GB_COUNT(builtin); i++)
		if (equals == NULL && same(text, name, builtin[i].name)) {
			if ((s = add_step(p, n)) != NULL)
				s->escape = builtin[i].escape;
			return;
		}
	for (i = 0; i < p->modifiers->count; i++)
		if (same(text, name, p->modifiers->own[i].name)) {
			if ((s = add_step(p, n)) == NULL)
				return;
			s->modify = p->modifiers->own[i].modify;
			s->arg = equals == NULL
				     ? ""
				     : keep_arg(p, equals + 1, len - name - 1);
			return;
		}
	fail(p, at, "there is no modifier \":%.*s\"", (int)len, text);
}

/* What the modifiers do not do yet. */
static void
add_escape(struct parser *p, size_t at, struct node *n, enum escape wanted)
{
	const struct step *last;
	struct step *s;
	size_t i;

	for (i = 0; i < n->step_count; i++) {
		last = &p->out->steps[n->more + i];
		if (last->modify == NULL && last->escape == ESCAPE_NONE &&
		    i + 1u < n->step_count) {
			fail(p, at, "\":none\" must be the last modifier");
			return;
		}
	}
	if (n->step_count > 0) {
		last = &p->out->steps[n->more + n->step_count - 1];
		if (last->modify == NULL &&
		    (last->escape == ESCAPE_NONE ||
		     escape_suffices(last->escape, wanted)))
			return;
	}
	if ((s = add_step(p, n)) != NULL)
		s->escape = wanted;
}

static void
add_value(struct parser *p, size_t at, const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len), *end = text + len, *next;
	size_t name = colon == NULL ? len : (size_t)(colon - text);
	enum escape wanted;
	const char *wrong;
	struct node *n;
	bool quote;

	if (!is_name(text, name)) {
		fail(p, at, "this is no name of a variable");
		return;
	}
	if (same(text, len, "BI_SPACE") || same(text, len, "BI_NEWLINE")) {
		add_constant(p, text[3] == 'S' ? " " : "\n", at);
		return;
	}
	if ((wrong = context_variable(&p->x, &wanted, &quote)) != NULL) {
		fail(p, at, "%s", wrong);
		return;
	}
	if ((n = add_node(p, NODE_VALUE, at)) == NULL)
		return;
	n->name = dict_name_of(text, name);
	n->quote = quote;
	n->more = p->out->step_count;
	for (; colon != NULL && p->rc == GB_OK; colon = next) {
		next = memchr(colon + 1, ':', (size_t)(end - colon) - 1);
		add_modifier(p, at, n, colon + 1,
			     (size_t)((next == NULL ? end : next) - colon) - 1);
	}
	if (p->rc == GB_OK)
		add_escape(p, at, n, wanted);
}

/* --- the file --------------------------------------------------------------
 */

static void
read_marker(struct parser *p)
{
	size_t at = p->at, end = marker_end(p, at), len;
	const char *text;

	if (end == 0) {
		fail(p, at, "\"%s\" without its \"%s\"", p->open, p->close);
		return;
	}
	p->at = end;
	text = p->out->text + at + strlen(p->open);
	len = end - at - strlen(p->open) - strlen(p->close);
	if (len > 0 && *text == '!')
		return;
	if (len > 0 && *text == '=') {
		set_delimiters(p, at, text, len);
	} else if (len > 0 && *text == '>') {
		add_include(p, at, text + 1, len - 1);
	} else if (len == 0 || (*text != '#' && *text != '/')) {
		add_value(p, at, text, len);
	} else if (!is_name(text + 1, len - 1)) {
		fail(p, at, "this is no name of a section");
	} else if (*text == '#') {
		begin_section(p, at, dict_name_of(text + 1, len - 1));
	} else {
		end_section(p, at, dict_name_of(text + 1, len - 1));
	}
}

/* Text up to the next marker or the end of the line. */
static void
read_text(struct parser *p)
{
	const char *text = p->out->text, *end;
	size_t from = p->at, to = p->out->len;

	if ((end = memchr(text + from, '\n', to - from)) != NULL)
		to = (size_t)(end + 1 - text);
	end = memmem(text + from, to - from, p->open, strlen(p->open));
	if (end != NULL)
		to = (size_t)(end - text);
	if (from < p->strip && to > p->strip)
		to = p->strip;
	p->at = to;
	if (from >= p->strip)
		add_text(p, from, to);
}

static void
read_end(struct parser *p, const struct context *begin)
{
	struct context start;
	const char *wrong;
	bool blank;

	context_init(&start);
	if (p->depth > 0) {
		fail(p, p->sections[p->depth - 1].at,
		     "{{#%.*s}} without its end",
		     (int)p->sections[p->depth - 1].name.len,
		     p->sections[p->depth - 1].name.text);
	} else if (context_equal(begin, &start)) {
		if ((wrong = context_end(&p->x)) != NULL)
			fail(p, p->out->len, "%s", wrong);
	} else {
		wrong = context_leave(&p->x, begin, &blank);
		if (wrong == NULL && blank)
			add_constant(p, " ", p->out->len);
		if (wrong != NULL || !context_equal(&p->x, begin))
			fail(p, p->out->len,
			     "an included file must leave the page as it was");
	}
}

static void
read_file(struct parser *p, const struct context *begin)
{
	const struct parsed *d = p->out;

	while (p->rc == GB_OK && p->at < d->len) {
		if (p->at >= p->strip &&
		    (p->at == 0 || d->text[p->at - 1] == '\n'))
			p->strip = vanishing_line(p, p->at);
		if (is_at(p, p->at, p->open))
			read_marker(p);
		else
			read_text(p);
	}
	if (p->rc == GB_OK)
		read_end(p, begin);
}

enum gb_err
parse(const char *file, char *text, size_t len, const struct context *begin,
      const struct modifiers *modifiers, struct parsed **out,
      struct template_error *err)
{
	struct parser p;

	memset(&p, 0, sizeof(p));
	p.out = calloc(1, sizeof(*p.out));
	if (p.out == NULL) {
		free(text);
		return GB_ENOMEM;
	}
	atomic_init(&p.out->refs, 1);
	p.out->text = text;
	p.out->len = len;
	p.out->file = strdup(file);
	p.modifiers = modifiers;
	p.err = err;
	p.x = *begin;
	memcpy(p.open, "{{", 3);
	memcpy(p.close, "}}", 3);
	if (p.out->file == NULL)
		p.rc = GB_ENOMEM;
	else
		read_file(&p, begin);
	if (p.rc == GB_OK)
		*out = p.out;
	else
		parsed_drop(p.out);
	return p.rc;
}
