/* test_text_map.c: byte offsets to character offsets, against plain counting */
#include "unit.h"

#include <stdlib.h>

#include "dialect/text_map.h"

#define LETTERS 5000 /* several of the map's blocks */

/* The characters before "at", counted one by one. */
static size_t
count(const char *text, size_t len, size_t at)
{
	size_t i, chars = 0;

	for (i = 0; i < len && i < at; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			chars++;
	return chars;
}

/* Texts of letters of one to four bytes, in stretches of any length. */
static void
test_offsets(void **state)
{
	static const char *const letters[] = {"a", "ü", "東", "🗼"};
	static const size_t stretches[] = {1, 3, 1023, 1024, 4096, SIZE_MAX};
	struct text_map map;
	struct buf text;
	size_t i, at, step;
	char what[64];

	(void)state;
	buf_init(&text, 1 << 20);
	for (i = 0; i < LETTERS; i++)
		buf_puts(&text, letters[i * i % 7 % GB_COUNT(letters)]);
	for (i = 0; i < GB_COUNT(stretches); i++) {
		text_map_init(&map);
		for (at = 0; at < text.len; at += step) {
			step = text.len - at < stretches[i] ? text.len - at
							    : stretches[i];
			text_map_add(&map, 0, text.data + at, step);
		}
		for (at = 0; at < text.len + 2; at++) {
			(void)snprintf(what, sizeof(what), "byte %zu by %zu",
				       at, stretches[i]);
			CHECK_INT(what, text_map_chars(&map, 0, at),
				  count(text.data, text.len, at));
		}
		text_map_release(&map);
	}
	buf_release(&text);
}

/* Offsets count within their part; what is ours lies between. */
static void
test_parts(void **state)
{
	struct text_map map;

	(void)state;
	text_map_init(&map);
	CHECK_INT("nothing", text_map_chars(&map, 0, 7), 0);
	text_map_add(&map, 0, "üa", 3);
	text_map_add(&map, TEXT_MAP_OURS, "--", 2);
	text_map_add(&map, 2, "東b", 4);
	CHECK_INT("first", text_map_chars(&map, 0, 2), 1);
	CHECK_INT("later", text_map_chars(&map, 2, 3), 5);
	CHECK_INT("its end", text_map_chars(&map, 2, 99), 6);
	CHECK_INT("unknown", text_map_chars(&map, 1, 3), 2);
	CHECK_INT("no such part", text_map_chars(&map, SIZE_MAX - 1, 0), 0);
	CHECK_INT("offset as large as goes", text_map_chars(&map, 2, SIZE_MAX),
		  6);
	text_map_release(&map);
}

/* Past its cap a map knows no more, and says the end. */
static void
test_cap(void **state)
{
	const size_t len = (size_t)TEXT_MAP_MAX * 8 + 10000;
	struct text_map map;
	char *text;

	(void)state;
	text = malloc(len);
	CHECK("memory", text != NULL);
	memset(text, 'x', len);
	text_map_init(&map);
	text_map_add(&map, 0, text, len);
	text_map_add(&map, 1, text, 10);
	CHECK_INT("within", text_map_chars(&map, 0, 123456), 123456);
	CHECK_INT("past", text_map_chars(&map, 0, len),
		  (size_t)TEXT_MAP_MAX * 8);
	text_map_release(&map);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_offsets),
	    cmocka_unit_test(test_parts),
	    cmocka_unit_test(test_cap),
	};

	return cmocka_run_group_tests_name("text_map", tests, NULL, NULL);
}
