/* native_pacing.c: an event of Gemini's own streams, as several at a pace */
#include "dialect/gemini/native_pacing.h"

#include <string.h>

#include <json-c/json_object.h>

#include "dialect/json/json_out.h"
#include "dialect/json/json_scan.h"
#include "dialect/json/json_splice.h"
#include "dialect/json/json_tree.h"

/* An event taken apart.  All is borrowed. */
struct event {
	const char *raw;
	size_t len;
	bool sse;
	size_t open, close; /* the JSON within raw */
	size_t from, to;    /* the text's string within raw, with quotes */
	struct json_object *tree, *candidate, *part;
};

/* The bytes of the JSON, where they can be told apart from what is around
 * them. */
static bool
find_json(struct event *e)
{
	const char *open, *close;
	size_t i;

	open = memchr(e->raw, '{', e->len);
	close = memrchr(e->raw, '}', e->len);
	if (open == NULL || close < open)
		return false;
	e->open = (size_t)(open - e->raw);
	e->close = (size_t)(close - e->raw) + 1;
	if (!e->sse)
		return true;
	if (e->open < 5 || memcmp(e->raw, "data:", 5) != 0)
		return false;
	for (i = 5; i < e->open; i++)
		if (e->raw[i] != ' ')
			return false;
	/* the lines of one that has several have heads of their own */
	return memchr(open, '\n', e->close - e->open) == NULL &&
	       memchr(open, '\r', e->close - e->open) == NULL;
}

/* Move "at", where an object begins, to the value of its member. */
static bool
enter(const struct event *e, const char *key, size_t *at, size_t *end)
{
	struct json_want want = {.camel = key, .snake = key};
	struct json_place place;

	if (!json_look(e->raw, e->close, *at, &want, 1, &place) ||
	    want.have != JSON_THERE)
		return false;
	*at = want.from;
	*end = want.to;
	return true;
}

/* Move "at", where an array begins, to its only item. */
static bool
enter_only(const struct event *e, size_t *at)
{
	struct json_scan scan;
	struct json_member item, other;

	if (!json_scan_begin(&scan, e->raw, e->close, *at, '[') ||
	    !json_scan_next(&scan, &item) || json_scan_next(&scan, &other) ||
	    !scan.closed)
		return false;
	*at = item.from;
	return true;
}

static bool
find_text(struct event *e)
{
	size_t at = e->open;

	if (!enter(e, "candidates", &at, &e->to) || !enter_only(e, &at) ||
	    !enter(e, "content", &at, &e->to) ||
	    !enter(e, "parts", &at, &e->to) || !enter_only(e, &at) ||
	    !enter(e, "text", &at, &e->to))
		return false;
	e->from = at;
	return e->raw[at] == '"';
}

/* Whether the event is one to be cut. */
static bool
read_event(struct event *e)
{
	if (e->len > PACING_BYTES_MAX || !find_json(e) || !find_text(e) ||
	    (e->tree = tree_parse(e->raw + e->open, e->close - e->open)) ==
		NULL)
		return false;
	e->candidate = tree_item(tree_array(e->tree, "candidates"), 0);
	e->part =
	    tree_item(tree_array(tree_object(e->candidate, "content"), "parts"),
		      0);
	return true;
}

static void
copy_member(struct json_out *jo, struct json_object *from, const char *key)
{
	struct json_object *value;

	if ((value = tree_get(from, key)) == NULL)
		return;
	jout_key(jo, key);
	jout_value(jo, value);
}

/* An event of nothing but a portion. */
static void
write_portion(const struct event *e, const struct pacing_text *t, bool first,
	      struct buf *out)
{
	struct json_object *content = tree_object(e->candidate, "content");
	struct json_out jo;

	if (first || e->sse)
		buf_add(out, e->raw, e->open);
	else
		buf_puts(out, ",\r\n");
	jout_init(&jo, out);
	jout_object(&jo);
	jout_key(&jo, "candidates");
	jout_array(&jo);
	jout_object(&jo);
	jout_key(&jo, "content");
	jout_object(&jo);
	jout_key(&jo, "parts");
	jout_array(&jo);
	jout_object(&jo);
	jout_key(&jo, "text");
	jout_string_len(&jo, t->text, t->len);
	copy_member(&jo, e->part, "thought");
	jout_object_end(&jo);
	jout_array_end(&jo);
	copy_member(&jo, content, "role");
	jout_object_end(&jo);
	copy_member(&jo, e->candidate, "index");
	jout_object_end(&jo);
	jout_array_end(&jo);
	copy_member(&jo, e->tree, "modelVersion");
	copy_member(&jo, e->tree, "responseId");
	jout_object_end(&jo);
	if (e->sse)
		buf_puts(out, "\r\n\r\n");
}

/* The event itself, with what is left of its text. */
static void
write_rest(const struct event *e, const struct pacing_text *t, bool first,
	   struct buf *out)
{
	struct json_out jo;

	if (first) {
		buf_add(out, e->raw, e->len);
		return;
	}
	if (e->sse)
		buf_add(out, e->raw, e->open);
	else
		buf_puts(out, ",\r\n");
	buf_add(out, e->raw + e->open, e->from - e->open);
	jout_init(&jo, out);
	jout_string_len(&jo, t->text, t->len);
	buf_add(out, e->raw + e->to, e->len - e->to);
}

void
native_pacing_add(struct pacing *p, struct buf *out, const char *raw,
		  size_t len, bool sse)
{
	struct event e = {.raw = raw, .len = len, .sse = sse};
	struct pacing_text t;
	const char *text;
	bool first = true;
	size_t text_len;

	if (!pacing_is_on(p) || !read_event(&e)) {
		buf_add(out, raw, len);
		return;
	}
	text = tree_string(e.part, "text", &text_len);
	pacing_text_begin(p, &t, text == NULL ? "" : text, text_len);
	do {
		if (t.rest > 0)
			write_portion(&e, &t, first, out);
		else
			write_rest(&e, &t, first, out);
		first = false;
	} while (pacing_text_next(p, &t));
	json_object_put(e.tree);
}
