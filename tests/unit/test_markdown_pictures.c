/* test_markdown_pictures.c: pictures in Markdown, and chats split around them
 */
#include "unit.h"

#include <stdlib.h>

#include "base/buf.h"
#include "dialect/chat.h"
#include "dialect/images/markdown_pictures.h"

static void
test_last(void **state)
{
	static const struct {
		const char *text, *before, *url, *after; /* url NULL: none */
	} cases[] = {
	    {"![a](http://x/1.png)", "", "http://x/1.png", ""},
	    {"one ![](https://x/1) two", "one ", "https://x/1", " two"},
	    {"![a](http://x/1) ![b](http://x/2)", "![a](http://x/1) ",
	     "http://x/2", ""},
	    {"![a](http://x/1) ![b](/2)", "", "http://x/1", " ![b](/2)"},
	    {"![a](http://x/1 \"title\")!", "", "http://x/1", "!"},
	    {"![a](data:image/png;base64,YQ==)", "",
	     "data:image/png;base64,YQ==", ""},
	    {"![a [b] c](HTTP://x/1)", "", "HTTP://x/1", ""},
	    {"![[![](http://x/1)", "![[", "http://x/1", ""},
	    {"", NULL, NULL, NULL},
	    {"![a]", NULL, NULL, NULL},
	    {"![a](", NULL, NULL, NULL},
	    {"![a](http://x/1", NULL, NULL, NULL},
	    {"![a](http://x/1 ", NULL, NULL, NULL},
	    {"[a](http://x/1)", NULL, NULL, NULL},
	    {"![a](ftp://x/1)", NULL, NULL, NULL},
	    {"![a](http://)", NULL, NULL, NULL},
	    {"![a](data:text/html,x)", NULL, NULL, NULL},
	    {"![a](http://x/<1>)", NULL, NULL, NULL},
	    {"![a](http://x\n/1)", NULL, NULL, NULL},
	    {"](http://x/1)![", NULL, NULL, NULL},
	};
	struct markdown_picture p;
	struct text text;
	char *copy;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		/* of its own bytes, so that a read past its end is seen */
		text = text_from(cases[i].text);
		copy = malloc(text.len > 0 ? text.len : 1);
		assert_non_null(copy);
		memcpy(copy, text.ptr, text.len);
		text.ptr = copy;
		CHECK_INT(cases[i].text, markdown_picture_last(text, &p),
			  cases[i].url != NULL);
		if (cases[i].url != NULL) {
			CHECK(cases[i].text,
			      text_is(p.before, cases[i].before));
			CHECK(cases[i].text, text_is(p.url, cases[i].url));
			CHECK(cases[i].text, text_is(p.after, cases[i].after));
		}
		free(copy);
	}
}

/* Turns "ab", "c", "d" of texts, and a part at each place that there is. */
static void
test_insert(void **state)
{
	static const struct {
		size_t turn, at;
		const char *want;
	} cases[] = {
	    {0, 0, "user:-ab model:c user:d "},
	    {0, 1, "user:a-b model:c user:d "},
	    {0, 2, "user:ab- model:c user:d "},
	    {1, 2, "user:ab model:-c user:d "},
	    {1, 3, "user:ab model:c- user:d "},
	    {2, 3, "user:ab model:c user:-d "},
	    {2, 4, "user:ab model:c user:d- "},
	};
	static const char letters[] = "abcd";
	static const enum chat_role roles[] = {CHAT_USER, CHAT_USER, CHAT_MODEL,
					       CHAT_USER};
	struct chat_part *part;
	struct chat chat;
	enum gb_err why;
	struct buf have;
	size_t i, j, t;

	(void)state;
	buf_init(&have, 256);
	for (i = 0; i < GB_COUNT(cases); i++) {
		chat_init(&chat);
		for (j = 0; j < 4; j++) {
			part = chat_add_part(&chat, roles[j], CHAT_TEXT, &why);
			assert_non_null(part);
			part->data = (struct text){letters + j, 1};
		}
		part = chat_insert_part(&chat, cases[i].turn, cases[i].at,
					CHAT_INLINE, &why);
		assert_non_null(part);
		CHECK_INT("kind", part->kind, CHAT_INLINE);
		CHECK("empty", part->data.ptr == NULL);
		part->data = text_from("-");
		buf_reset(&have);
		for (t = 0; t < chat.turn_count; t++) {
			buf_puts(&have, chat.turns[t].role == CHAT_USER
					    ? "user:"
					    : "model:");
			for (j = 0; j < chat.turns[t].count; j++)
				buf_add(&have,
					chat.parts[chat.turns[t].first + j]
					    .data.ptr,
					1);
			buf_putc(&have, ' ');
		}
		CHECK_STR("turns", buf_str(&have), cases[i].want);
		chat_release(&chat);
	}
	buf_release(&have);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_last),
	    cmocka_unit_test(test_insert),
	};

	return cmocka_run_group_tests_name("markdown_pictures", tests, NULL,
					   NULL);
}
