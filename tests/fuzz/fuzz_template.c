/*
 * fuzz_template.c: any bytes as a template.  One that is accepted makes pages
 * of the same markup whatever its variables hold: with an attacker's text
 * browsers come through the same tags, attributes, strings and comments as with
 * a harmless one.
 */
#include <stdlib.h>
#include <string.h>

#include "template/render.h"
#include "fuzz.h"

#define OUT_MAX	  (8u << 20)
#define TRACE_MAX (64u << 20)

static const char *const attacks[] = {
    "\"'`><script>alert(1)</script><!-- --><a href=x onclick=y>",
    "';alert(1);//\\",
    "\";alert(1);/*\\\n",
    "*/}{</style></title></textarea><x>",
    "javascript:alert(1)",
    "-1",
    "/\\evil.example/?a=b#c",
    "]]>--!>${a}\xe2\x80\xa8\xff",
    "&quot;&#39;&lt;",
    "x y=z",
};

static void
no_report(void *context, const char *line)
{
	(void)context;
	(void)line;
}

/* A section that is shown, one that is repeated, variables. */
static struct dict *
make_data(const char *value)
{
	static const char *const names[] = {"A", "B", "X"};
	struct dict *d = dict_new(), *row;
	size_t i, k;

	for (i = 0; i < 3; i++)
		dict_set(d, names[i], value);
	dict_show(d, "S");
	for (k = 0; k < 2; k++) {
		row = dict_add(d, "R");
		for (i = 0; i < 3; i++)
			dict_set(row, names[i], value);
	}
	must(dict_error(d) == GB_OK);
	return d;
}

/* Where a context is, without what is only on the way to somewhere. */
static void
add_trace(struct buf *out, const struct context *x)
{
	unsigned char now[6] = {x->html,  x->element, x->closing,
				x->quote, x->lang,    x->state};

	if (x->lang == LANG_URL)
		now[5] = 0; /* an address may be a path or more */
	if (out->len >= sizeof(now) &&
	    memcmp(out->data + out->len - sizeof(now), now, sizeof(now)) == 0)
		return;
	buf_add(out, now, sizeof(now));
}

static void
trace(const struct buf *page, struct buf *out)
{
	struct context x;
	size_t i, at;

	context_init(&x);
	for (i = 0; i < page->len; i++) {
		if (context_text(&x, page->data + i, 1, &at) != NULL) {
			buf_puts(out, "refused");
			return;
		}
		add_trace(out, &x);
	}
}

static bool
make_page(struct template_set *set, struct parsed *parsed, const char *value,
	  struct buf *page)
{
	struct dict *d = make_data(value);
	struct template_error err;
	enum gb_err rc;

	rc = render(set, parsed, d, page, &err);
	dict_free(d);
	return rc == GB_OK;
}

static void
check_pages(struct template_set *set, struct parsed *parsed)
{
	struct buf page, harmless, hostile;
	size_t i;

	buf_init(&page, OUT_MAX);
	buf_init(&harmless, TRACE_MAX);
	buf_init(&hostile, TRACE_MAX);
	if (!make_page(set, parsed, "1", &page))
		goto out;
	trace(&page, &harmless);
	for (i = 0; i < GB_COUNT(attacks); i++) {
		buf_reset(&page);
		if (!make_page(set, parsed, attacks[i], &page))
			continue;
		buf_reset(&hostile);
		trace(&page, &hostile);
		must(hostile.len == harmless.len &&
		     memcmp(buf_str(&hostile), buf_str(&harmless),
			    hostile.len) == 0);
	}
out:
	buf_release(&page);
	buf_release(&harmless);
	buf_release(&hostile);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct template_set *set; /* of a folder without files */
	struct template_error err;
	struct parsed *parsed;
	struct context begin;
	char *text;

	if (size > TEMPLATE_FILE_MAX)
		return 0;
	if (set == NULL)
		set = template_set_open("/nonexistent", 0, no_report, NULL);
	text = malloc(size > 0 ? size : 1);
	must(set != NULL && text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	context_init(&begin);
	if (parse("fuzz.html", text, size, &begin, &set->modifiers, &parsed,
		  &err) != GB_OK) {
		must(strncmp(err.text, "fuzz.html:", 10) == 0);
		return 0;
	}
	/* what asks for no escape gets none */
	if (size == 0 || memmem(data, size, ":none", 5) == NULL)
		check_pages(set, parsed);
	parsed_drop(parsed);
	return 0;
}
