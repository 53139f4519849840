/* test_model_name.c: aliases, suffixes and the names of the lists */
#include "unit.h"

#include <stdbool.h>

#include "dialect/model_name.h"

#define LONG_32	 "abcdefghijklmnopqrstuvwxyz-12345"
#define LONG_128 LONG_32 LONG_32 LONG_32 LONG_32

static char flash[] = "gemini-2.5-flash", pro[] = "gemini-3-pro",
	    painter[] = "gemini-2.5-flash-image",
	    easel[] = "gemini-3.8-flash-image", long_name[] = LONG_128;
static char *image_items[] = {flash, painter};
static char *search_items[] = {pro, flash, long_name};
static char *chat_items[] = {easel};
static char *thinking_items[] = {flash};

static const struct model_alias aliases[] = {
    {"gpt-4o", "gemini-3.8-flash"},
    {"fast", "gemini-2.5-flash-non-thinking"},
    {"first", "fast"},
    {"loop-a", "loop-b"},
    {"loop-b", "loop-a"},
    {"self", "self-search"},
    {"gemini-1.5-pro", "gemini-3-pro"},
    {"house-search", "gemini-3-pro-nothinking"},
    {"paint", "gemini-2.5-flash"},
    {"easel", "gemini-3.8-flash-image"},
};

static const struct model_rules rules = {
    .aliases = aliases,
    .alias_count = GB_COUNT(aliases),
    .image = {image_items, GB_COUNT(image_items)},
    .search = {search_items, GB_COUNT(search_items)},
    .chat = {chat_items, GB_COUNT(chat_items)},
    .thinking = {thinking_items, GB_COUNT(thinking_items)},
};

/* Marks by a letter: s search, i image, c chat, n no thinking. */
static const struct {
	const char *given, *google, *marks;
} names[] = {
    {"gemini-3.8-flash", "gemini-3.8-flash", ""},
    {"gemini-3.8-flash-search", "gemini-3.8-flash", "s"},
    {"gemini-3.8-flash-non-thinking", "gemini-3.8-flash", "n"},
    {"gemini-3.8-flash-nothinking", "gemini-3.8-flash", "n"},
    {"gemini-3.8-flash-search-non-thinking", "gemini-3.8-flash", "sn"},
    {"gemini-3.8-flash-nothinking-search", "gemini-3.8-flash", "sn"},
    {"gemini-3.8-flash-search-search", "gemini-3.8-flash", "s"},
    {"anything-at-all-search", "anything-at-all", "s"},
    /* real image models keep their name */
    {"gemini-3-pro-image", "gemini-3-pro-image", ""},
    {"gemini-3.1-flash-image", "gemini-3.1-flash-image", ""},
    {"gemini-3.1-flash-lite-image", "gemini-3.1-flash-lite-image", ""},
    {"gemini-3.1-flash-image-preview", "gemini-3.1-flash-image-preview", ""},
    {"gemini-3-pro-image-search", "gemini-3-pro-image", "s"},
    /* … unless the operator wants it so */
    {"gemini-2.5-flash-image", "gemini-2.5-flash", "i"},
    {"gemini-2.5-flash-image-search", "gemini-2.5-flash", "si"},
    {"gemini-2.5-flash-search-image", "gemini-2.5-flash", "si"},
    {"gemini-2.5-flash-nothinking-image-search", "gemini-2.5-flash", "sin"},
    {"gemini-3-pro-search-image", "gemini-3-pro-search-image", ""},
    {"paint-image", "gemini-2.5-flash", "i"},
    {"gpt-4o-image", "gpt-4o-image", ""},
    /* … and "-chat" is of the one that draws */
    {"gemini-3.8-flash-chat", "gemini-3.8-flash-chat", ""},
    {"gemini-2.5-flash-chat", "gemini-2.5-flash-chat", ""},
    {"easel-chat", "gemini-3.8-flash-image", "ic"},
    {"easel-search-chat", "gemini-3.8-flash-image", "sic"},
    {"easel", "gemini-3.8-flash-image", ""},
    {"-chat", "-chat", ""},
    /* aliases: one step */
    {"gpt-4o", "gemini-3.8-flash", ""},
    {"gpt-4o-search", "gemini-3.8-flash", "s"},
    {"GPT-4o", "GPT-4o", ""},
    {"fast", "gemini-2.5-flash", "n"},
    {"fast-search", "gemini-2.5-flash", "sn"},
    {"first", "fast", ""},
    {"loop-a", "loop-b", ""},
    {"loop-b-search", "loop-a", "s"},
    {"self", "self", "s"},
    {"gemini-1.5-pro", "gemini-3-pro", ""},
    {"house-search", "gemini-3-pro", "n"},
    {"house", "house", ""},
    /* names that are nothing but a suffix, or look like one */
    {"-search", "-search", ""},
    {"-image", "-image", ""},
    {"search", "search", ""},
    {"x-searching", "x-searching", ""},
    {"x-Search", "x-Search", ""},
    {"x-search-", "x-search-", ""},
    {"-search-search", "-search", "s"},
    {"", "", ""},
    {LONG_128, LONG_128, ""},
};

static void
test_resolve(void **state)
{
	struct model_name name;
	char marks[5];
	size_t i, len;

	(void)state;
	for (i = 0; i < GB_COUNT(names); i++) {
		memset(&name, 0xff, sizeof(name));
		model_name_resolve(names[i].given, &rules, &name);
		len = 0;
		if (name.search)
			marks[len++] = 's';
		if (name.image)
			marks[len++] = 'i';
		if (name.chat)
			marks[len++] = 'c';
		if (name.no_thinking)
			marks[len++] = 'n';
		marks[len] = '\0';
		CHECK_STR(names[i].given, name.google, names[i].google);
		CHECK_STR(names[i].given, marks, names[i].marks);
	}
}

/* Without rules only the suffixes that need none have a meaning. */
static void
test_no_rules(void **state)
{
	static const struct model_rules none;
	struct model_name name;

	(void)state;
	model_name_resolve("gemini-2.5-flash-image-search", &none, &name);
	CHECK_STR("a suffix", name.google, "gemini-2.5-flash-image");
	CHECK("search", name.search && !name.image);
	model_name_resolve("gpt-4o", &none, &name);
	CHECK_STR("an alias", name.google, "gpt-4o");
}

static void
test_derived(void **state)
{
	static const struct {
		const char *model;
		const char *want[MODEL_DERIVED_MAX];
	} cases[] = {
	    {"gemini-3-pro", {"gemini-3-pro-search", NULL, NULL}},
	    {"gemini-2.5-flash",
	     {"gemini-2.5-flash-search", "gemini-2.5-flash-image",
	      "gemini-2.5-flash-non-thinking"}},
	    {"gemini-3.8-flash-image",
	     {NULL, NULL, NULL, "gemini-3.8-flash-image-chat"}},
	    {"gemini-3.8-flash", {NULL, NULL, NULL}},
	    {LONG_128, {NULL, NULL, NULL}}, /* no room for more */
	};
	char name[MODEL_NAME_MAX];
	size_t i, j;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++)
		for (j = 0; j < MODEL_DERIVED_MAX; j++) {
			CHECK_INT(cases[i].model,
				  model_name_derived(cases[i].model, j, &rules,
						     name),
				  cases[i].want[j] != NULL);
			if (cases[i].want[j] != NULL)
				CHECK_STR(cases[i].model, name,
					  cases[i].want[j]);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_resolve),
	    cmocka_unit_test(test_no_rules),
	    cmocka_unit_test(test_derived),
	};

	return cmocka_run_group_tests_name("model_name", tests, NULL, NULL);
}
