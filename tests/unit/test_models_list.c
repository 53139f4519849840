/* test_models_list.c: Google's list of models in both dialects */
#include "unit.h"

#include <stdbool.h>

#include "dialect/models_list.h"

#define M(name) "{\"name\":\"models/" name "\"}"

static char hidden_a[] = "a", hidden_b[] = "models/b";
static char *hidden[] = {hidden_a, hidden_b};
static const struct models_filter filter = {hidden, 2, NULL, NULL};
static const struct models_filter no_filter = {NULL, 0, NULL, NULL};

/* "x" has all further names but the second, which is hidden, "y" has one, and
 * so has "a", which is hidden itself. */
static char name_x[] = "x", name_y[] = "y", name_a[] = "a",
	    hidden_image[] = "x-image";
static char *search_items[] = {name_x, name_y, name_a};
static char *x_alone[] = {name_x};
static char *rules_hidden[] = {hidden_a, hidden_image};
static const struct model_rules rules = {
    .search = {search_items, 3},
    .image = {x_alone, 1},
    .thinking = {x_alone, 1},
};
static const struct models_filter rules_filter = {rules_hidden, 2, &rules,
						  NULL};

/* What a token's patterns leave, by a model's own name or what it means. */
static void
test_allowed(void **state)
{
	static const struct {
		const char *patterns, *name;
		bool hidden;
	} cases[] = {
	    {"", "x", false},
	    {"x", "x", false},
	    {"x", "models/x", false},
	    {"x", "xx", true},
	    {"x", "a", true}, /* and hidden from all */
	    {"a", "a", true},
	    {"q,x", "x", false},
	    {"q,", "x", true},
	    {"q*", "x", true},
	    {"?", "x", false},
	    {"x", "x-search", false}, /* the same model */
	    {"x-search", "x-search", false},
	    {"x-search", "x", true},
	    {"q", "x-search", true},
	};
	struct models_filter f = rules_filter;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		f.allowed = cases[i].patterns;
		CHECK_INT(cases[i].name, models_hidden(&f, cases[i].name),
			  cases[i].hidden);
	}
}

static void
test_hidden(void **state)
{
	static const struct {
		const char *name;
		bool want;
	} cases[] = {
	    {"a", true},	{"models/a", true}, {"b", true},
	    {"models/b", true}, {"", false},	    {"models/", false},
	    {"aa", false},	{"A", false},	    {"tunedModels/a", false},
	};
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		CHECK_INT(cases[i].name, models_hidden(&filter, cases[i].name),
			  cases[i].want);
		CHECK_INT(cases[i].name,
			  models_hidden(&no_filter, cases[i].name), false);
	}
}

#define ITEM(id) \
	"{\"id\":\"" id "\",\"object\":\"model\",\"created\":0," \
	"\"owned_by\":\"google\"}"
#define LIST(items) "{\"object\":\"list\",\"data\":[" items "]}"

static const struct {
	const char *what, *first, *second; /* pages; second may be NULL */
	enum gb_err first_want, second_want;
	const char *want;
} openai_cases[] = {
    {"two pages", "{\"models\":[" M("x") "," M("a") "," M("y") "]}",
     "{\"models\":[" M("z") "]}", GB_OK, GB_OK,
     LIST(ITEM("x") "," ITEM("y") "," ITEM("z"))},
    {"an empty page", "{}", "{\"models\":[]}", GB_OK, GB_OK, LIST("")},
    {"methods",
     "{\"models\":["
     "{\"name\":\"models/x\","
     "\"supportedGenerationMethods\":[\"generateContent\"]},"
     "{\"name\":\"models/live\","
     "\"supportedGenerationMethods\":[\"bidiGenerateContent\"]},"
     "{\"name\":\"models/e\","
     "\"supportedGenerationMethods\":[1,null,\"embedContent\"]},"
     "{\"name\":\"models/none\",\"supportedGenerationMethods\":[]}]}",
     NULL, GB_OK, GB_OK, LIST(ITEM("x") "," ITEM("e"))},
    {"odd items",
     "{\"models\":[null,5,[],{},{\"name\":5},{\"name\":\"\"},"
     "{\"name\":\"models/\"},{\"name\":\"bare \\\"q\\\"\"}]}",
     NULL, GB_OK, GB_OK, LIST(ITEM("bare \\\"q\\\""))},
    {"an error first", "{\"error\":{\"code\":403}}",
     "{\"models\":[" M("x") "]}", GB_EINVAL, GB_OK, LIST(ITEM("x"))},
    {"no JSON", "<html>", "[]", GB_EINVAL, GB_EINVAL, LIST("")},
    {"cut off", "{\"models\":[" M("x") ",", "", GB_EINVAL, GB_EINVAL, LIST("")},
    {"models of wrong type", "{\"models\":{}}", NULL, GB_OK, GB_OK, LIST("")},
};

static void
test_openai(void **state)
{
	struct models_openai list;
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 65536);
	for (i = 0; i < GB_COUNT(openai_cases); i++) {
		buf_reset(&out);
		models_openai_begin(&list, &filter, &out);
		CHECK_INT(openai_cases[i].what,
			  models_openai_page(&list, openai_cases[i].first,
					     strlen(openai_cases[i].first)),
			  openai_cases[i].first_want);
		if (openai_cases[i].second != NULL)
			CHECK_INT(
			    openai_cases[i].what,
			    models_openai_page(&list, openai_cases[i].second,
					       strlen(openai_cases[i].second)),
			    openai_cases[i].second_want);
		models_openai_end(&list);
		CHECK_STR(openai_cases[i].what, buf_str(&out),
			  openai_cases[i].want);
	}
	buf_release(&out);
}

static void
test_openai_further(void **state)
{
	static const char page[] = "{\"models\":[" M("x") "," M("a") "," M(
	    "y") "," M("z") "," M("z-search") "," M("y-search") "]}";
	struct models_openai list;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	models_openai_begin(&list, &rules_filter, &out);
	CHECK_INT("page", models_openai_page(&list, page, sizeof(page) - 1),
		  GB_OK);
	models_openai_end(&list);
	CHECK_STR(
	    "further names", buf_str(&out),
	    LIST(
		ITEM("x") "," ITEM("x-search") "," ITEM("x-non-thinking") "," ITEM(
		    "y") "," ITEM("y-search") "," ITEM("z") "," ITEM("z-"
								     "searc"
								     "h")));
	buf_release(&out);
}

static void
test_openai_one(void **state)
{
	static const struct {
		const char *model;
		enum gb_err rc;
		const char *want;
	} cases[] = {
	    {M("x"), GB_OK, ITEM("asked")},
	    {"{\"name\":\"x\",\"version\":\"1\"}", GB_OK, ITEM("asked")},
	    {"{\"error\":{}}", GB_EINVAL, ""},
	    {"{\"name\":null}", GB_EINVAL, ""},
	    {"{\"name\":\"models/\"}", GB_EINVAL, ""},
	    {"[" M("x") "]", GB_EINVAL, ""},
	    {"", GB_EINVAL, ""},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 4096);
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_reset(&out);
		CHECK_INT(cases[i].model,
			  models_openai_one(cases[i].model,
					    strlen(cases[i].model), "asked",
					    &out),
			  cases[i].rc);
		CHECK_STR(cases[i].model, buf_str(&out), cases[i].want);
	}
	buf_release(&out);
}

static const struct {
	const char *what, *page;
	enum gb_err rc;
	const char *want;
} native_cases[] = {
    {"nothing to hide", "{ \"models\" : [ " M("x") " ] }\n", GB_OK,
     "{ \"models\" : [ " M("x") " ] }\n"},
    {"the first", "{\"models\":[\n  " M("a") ",\n  " M("x") "\n]}", GB_OK,
     "{\"models\":[\n  " M("x") "\n]}"},
    {"the last", "{\"models\":[\n  " M("x") ",\n  " M("b") "\n]}", GB_OK,
     "{\"models\":[\n  " M("x") "\n]}"},
    {"all", "{\"models\":[" M("a") ", " M("b") " ],\"nextPageToken\":\"t\"}",
     GB_OK, "{\"models\":[ ],\"nextPageToken\":\"t\"}"},
    {"fields and order of the others stay",
     "{\"zzz\":[1,{\"models\":2}],\"models\":[{\"version\":\"1\\u00e9\","
     "\"name\":\"models/x\",\"topP\":0.950,\"new\":[\"]\"]}," M("a") "," M(
	 "y") "],\"nextPageToken\":\"t\"}",
     GB_OK,
     "{\"zzz\":[1,{\"models\":2}],\"models\":[{\"version\":\"1\\u00e9\","
     "\"name\":\"models/x\",\"topP\":0.950,\"new\":[\"]\"]}," M(
	 "y") "],\"nextPageToken\":\"t\"}"},
    {"odd items stay", "{\"models\":[null,5,{\"name\":[]}," M("a") "]}", GB_OK,
     "{\"models\":[null,5,{\"name\":[]}]}"},
    {"a name with an escape", "{\"models\":[{\"name\":\"models\\/\\u0061\"}]}",
     GB_OK, "{\"models\":[]}"},
    {"an empty page", " {} ", GB_OK, " {} "},
    {"an error", "{\"error\":{}}", GB_EINVAL, ""},
    {"wrong type", "{\"models\":{}}", GB_EINVAL, ""},
    {"an array", "[]", GB_EINVAL, ""},
    {"no JSON", "<html>", GB_EINVAL, ""},
    {"nothing", "", GB_EINVAL, ""},
    {"cut in the list", "{\"models\":[" M("x") ",", GB_EINVAL, ""},
    {"no comma", "{\"models\":[{} {}]}", GB_EINVAL, ""},
    {"cut in a name", "{\"models\":[{\"name\":\"mod", GB_EINVAL, ""},
};

static void
test_native(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 65536);
	for (i = 0; i < GB_COUNT(native_cases); i++) {
		buf_reset(&out);
		CHECK_INT(native_cases[i].what,
			  models_native_page(&filter, native_cases[i].page,
					     strlen(native_cases[i].page),
					     &out),
			  native_cases[i].rc);
		CHECK_STR(native_cases[i].what, buf_str(&out),
			  native_cases[i].want);
	}
	buf_release(&out);
}

static void
test_native_further(void **state)
{
	static const struct {
		const char *page, *want;
	} cases[] = {
	    {"{\"models\":[\n  " M("y") ",\n  " M("z") "\n],\"t\":1}",
	     "{\"models\":[\n  " M("y") ",\n  " M("y-search") ",\n  " M(
		 "z") "\n],\"t\":1}"},
	    {"{\"models\":[{\"n\" : 1.0, \"name\": \"models/x\" }]}",
	     "{\"models\":[{\"n\" : 1.0, \"name\": \"models/x\" },"
	     "{\"n\" : 1.0, \"name\": \"models/x-search\" },"
	     "{\"n\" : 1.0, \"name\": \"models/x-non-thinking\" }]}"},
	    {"{\"models\":[" M("a") "," M("y-search") "]}", "{\"models\":[]}"},
	    {"{\"models\":[{\"name\":\"models\\/y\"}]}",
	     "{\"models\":[{\"name\":\"models\\/y\"},"
	     "{\"name\":\"models/y-search\"}]}"},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 65536);
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_reset(&out);
		CHECK_INT(cases[i].page,
			  models_native_page(&rules_filter, cases[i].page,
					     strlen(cases[i].page), &out),
			  GB_OK);
		CHECK_STR(cases[i].page, buf_str(&out), cases[i].want);
	}
	buf_release(&out);
}

static void
test_native_one(void **state)
{
	static const struct {
		const char *model;
		enum gb_err rc;
		const char *want;
	} cases[] = {
	    {" { \"topP\" : 0.950, \"name\" : \"models/x\" }\n", GB_OK,
	     " { \"topP\" : 0.950, \"name\" : \"models/asked\" }\n"},
	    {"{\"name\":\"models/x\",\"\\u0061\":1}", GB_OK,
	     "{\"name\":\"models/x\",\"\\u0061\":1}"},
	    {"{\"name\":null}", GB_EINVAL, ""},
	    {"{\"error\":{}}", GB_EINVAL, ""},
	    {"<html>", GB_EINVAL, ""},
	    {"", GB_EINVAL, ""},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 4096);
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_reset(&out);
		CHECK_INT(cases[i].model,
			  models_native_one(cases[i].model,
					    strlen(cases[i].model), "asked",
					    &out),
			  cases[i].rc);
		CHECK_STR(cases[i].model, buf_str(&out), cases[i].want);
	}
	buf_release(&out);
}

static void
test_next_page(void **state)
{
	static const char page[] = "{\"models\":[ " M(
	    "x") " ,\n{\"name\" : "
		 "\"models/y\"} ],\"nextPageToken\":\"abc\"}";
	char token[8];

	(void)state;
	CHECK("token",
	      models_next_page(page, sizeof(page) - 1, token, sizeof(token)));
	CHECK_STR("token", token, "abc");
	CHECK("the last page", models_next_page("{}", 2, token, sizeof(token)));
	CHECK_STR("the last page", token, "");
	strncpy(token, "rubbish", sizeof(token));
	CHECK("too long", !models_next_page(page, sizeof(page) - 1, token, 3));
	CHECK_STR("too long", token, "");
	CHECK("no page", models_next_page("<", 1, token, sizeof(token)));
	CHECK_STR("no page", token, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_allowed),
	    cmocka_unit_test(test_hidden),
	    cmocka_unit_test(test_openai),
	    cmocka_unit_test(test_openai_one),
	    cmocka_unit_test(test_native),
	    cmocka_unit_test(test_next_page),
	    cmocka_unit_test(test_openai_further),
	    cmocka_unit_test(test_native_further),
	    cmocka_unit_test(test_native_one),
	};

	return cmocka_run_group_tests_name("models_list", tests, NULL, NULL);
}
