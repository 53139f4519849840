/* test_search_links.c: links to the pages of a grounded answer */
#include "unit.h"

#include "dialect/search_links.h"

#define WEB(uri, title) \
	"{\"web\":{\"uri\":\"" uri "\",\"title\":\"" title "\"}}"
#define CHUNKS(list)	"\"groundingMetadata\":{\"groundingChunks\":[" list "]}"
#define TEXT(candidate) "{\"candidates\":[" candidate "]}"
#define SAYS(text, more) \
	"{\"content\":{\"parts\":[{\"text\":\"" text "\"}]}" more "}"
#define A	WEB("https://a.example/x?y=1&z", "a.example")
#define HEADING "\n\n**Sources:**\n"
#define LINK_A	"\n- [a.example](https://a.example/x?y=1&z)"

#define EVENTS_MAX 3

static const struct {
	const char *what;
	const char *events[EVENTS_MAX];
	const char *want; /* all text; "|" goes before another candidate's */
} cases[] = {
    {"no search", {TEXT(SAYS("hi", ""))}, "hi"},
    {"one page", {TEXT(SAYS("hi", "," CHUNKS(A)))}, "hi" HEADING LINK_A},
    {"the same page twice",
     {TEXT(SAYS("hi", "," CHUNKS(A "," A)))},
     "hi" HEADING LINK_A},
    {"in two events",
     {TEXT(SAYS("hi", "," CHUNKS(A))),
      TEXT(SAYS(" you", "," CHUNKS(A "," WEB("http://b.example", "b"))))},
     "hi you" HEADING LINK_A "\n- [b](http://b.example)"},
    {"after text that comes later",
     {TEXT(SAYS("a", "," CHUNKS(A))), TEXT(SAYS("b", "")), TEXT(SAYS("c", ""))},
     "abc" HEADING LINK_A},
    {"a page without a title",
     {TEXT(SAYS("hi", "," CHUNKS("{\"web\":{\"uri\":\"https://a.b\"}}")))},
     "hi" HEADING "\n- [https://a.b](https://a.b)"},
    {"a title that is more than text",
     {TEXT(SAYS("hi", "," CHUNKS(WEB("https://a.b",
				     "x](https://evil) <b> `*\\\\\\n![y"))))},
     "hi" HEADING
     "\n- [x\\](https://evil) \\<b\\> \\`\\*\\\\ !\\[y](https://a.b)"},
    {"a URL that is more than one",
     {TEXT(SAYS("hi", "," CHUNKS(WEB("https://a.b/x) [y](z <\\\\\\n>", "t"))))},
     "hi" HEADING "\n- [t](https://a.b/x%29%20[y]%28z%20%3C%5C%0A%3E)"},
    {"URLs that a browser would run, or none",
     {TEXT(SAYS("hi", "," CHUNKS(WEB("javascript:alert(1)", "j") "," WEB(
			  "data:text/html,x",
			  "d") "," WEB("", "e") ",{},5,"
						"{\"web\":[]},{"
						"\"retrievedContext\":"
						"{}}")))},
     "hi"},
    {"chunks of a wrong type",
     {TEXT(SAYS("hi", ",\"groundingMetadata\":{\"groundingChunks\":{}}"))},
     "hi"},
    {"no text to put them after",
     {TEXT("{\"finishReason\":\"SAFETY\"," CHUNKS(A) "}")},
     ""},
    {"an answer that goes on with a call",
     {TEXT("{\"content\":{\"parts\":[{\"text\":\"hi\"},{\"functionCall\":{"
	   "\"name\":\"f\"}}]}," CHUNKS(A) "}")},
     "hi"},
    {"two candidates",
     {TEXT(SAYS("hi", "," CHUNKS(A)) "," SAYS("ho", "," CHUNKS(A)))},
     "hi|ho|" HEADING LINK_A "|" HEADING LINK_A},
};

struct heard {
	struct buf text;
	unsigned last; /* candidate */
};

static void
hear(void *context, const struct reply *r, const struct piece *p)
{
	struct heard *h = context;

	(void)r;
	if (p->candidate != h->last)
		buf_putc(&h->text, '|');
	h->last = p->candidate;
	if (p->kind == PIECE_TEXT)
		buf_add(&h->text, p->text, p->text_len);
}

static void
test_links(void **state)
{
	struct search_links links;
	struct link_sink link_sink;
	struct piece_sink sink;
	struct heard heard;
	struct reply reply;
	size_t i, j;

	(void)state;
	search_links_init(&links);
	link_sink = search_links_sink(&links);
	for (i = 0; i < GB_COUNT(cases); i++) {
		heard = (struct heard){.last = 0};
		buf_init(&heard.text, 65536);
		sink = (struct piece_sink){.piece = hear, .context = &heard};
		search_links_reset(&links); /* as for another attempt */
		reply_init(&reply, "call_", "0123456789abcdef01234567");
		for (j = 0; j < EVENTS_MAX && cases[i].events[j] != NULL; j++)
			CHECK_INT(cases[i].what,
				  reply_read_links(&reply, cases[i].events[j],
						   strlen(cases[i].events[j]),
						   &sink, &link_sink),
				  REPLY_OK);
		search_links_finish(&links, &reply, &sink);
		CHECK_STR(cases[i].what, buf_str(&heard.text), cases[i].want);
		buf_release(&heard.text);
	}
	search_links_release(&links);
}

/* More pages than are handed out, and one whose link is too long to keep. */
static void
test_limits(void **state)
{
	struct search_links links;
	struct link_sink link_sink;
	struct piece_sink sink;
	struct heard heard = {.last = 0};
	struct reply reply;
	struct buf json;
	const char *at;
	size_t i, count;

	(void)state;
	buf_init(&json, 1 << 20);
	buf_puts(&json, "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":"
			"\"hi\"}]},\"groundingMetadata\":{\"groundingChunks\":"
			"[{\"web\":{\"uri\":\"https://");
	for (i = 0; i < 9000; i++)
		buf_putc(&json, 'x');
	buf_puts(&json, "\"}}");
	for (i = 0; i < 2 * REPLY_LINKS_MAX; i++)
		buf_printf(&json, ",{\"web\":{\"uri\":\"https://%zu\"}}", i);
	buf_puts(&json, "]}}]}");

	buf_init(&heard.text, 1 << 20);
	sink = (struct piece_sink){.piece = hear, .context = &heard};
	search_links_init(&links);
	link_sink = search_links_sink(&links);
	reply_init(&reply, "call_", "0123456789abcdef01234567");
	CHECK_INT("read",
		  reply_read_links(&reply, json.data, json.len, &sink,
				   &link_sink),
		  REPLY_OK);
	search_links_finish(&links, &reply, &sink);
	for (count = 0, at = heard.text.data;
	     (at = strstr(at, "\n- [")) != NULL; at++)
		count++;
	CHECK_INT("links", count, REPLY_LINKS_MAX - 1);
	CHECK("the long one", strstr(heard.text.data, "xxx") == NULL);
	search_links_release(&links);
	buf_release(&heard.text);
	buf_release(&json);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("search_links", tests, NULL, NULL);
}
