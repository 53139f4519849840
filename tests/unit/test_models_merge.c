/* test_models_merge.c: one list of models out of several */
#include "unit.h"

#include <stdlib.h>

#include "dialect/models_merge.h"

#define M(name)	 "{\"name\":\"models/" name "\"}"
#define LIST_MAX (1 << 20)

static const struct {
	const char *what, *pages[3];
	enum gb_err want;
	const char *list, *names;
} cases[] = {
    {"none at all", {NULL}, GB_OK, "{\"models\":[\n]}\n", "[]"},
    {"pages of none",
     {"{}", " {\n} ", "{\"models\":[]}"},
     GB_OK,
     "{\"models\":[\n]}\n",
     "[]"},
    {"a page",
     {"{\"models\":[" M("a") ", " M("b") "],\"nextPageToken\":\"x\"}"},
     GB_OK,
     "{\"models\":[\n" M("a") ",\n" M("b") "\n]}\n",
     "[\"a\",\"b\"]"},
    {"the first one stays",
     {"{\"models\":[{\"name\":\"models/a\",\"v\":1.0}]}",
      "{\"models\":[" M("b") "," M("a") "]}", "{\"models\":[" M("b") "]}"},
     GB_OK,
     "{\"models\":[\n{\"name\":\"models/a\",\"v\":1.0},\n" M("b") "\n]}\n",
     "[\"a\",\"b\"]"},
    {"bytes as they came",
     {"{\"x\":[{}],\"models\" : [ { \"n\":1.50, \"name\" : \"a\\u0062\" } ] }"},
     GB_OK,
     "{\"models\":[\n{ \"n\":1.50, \"name\" : \"a\\u0062\" }\n]}\n",
     "[\"ab\"]"},
    {"odd items",
     {"{\"models\":[null,5,[],{},{\"name\":5},{\"name\":\"\"},"
      "{\"name\":\"models/\"},{\"name\":\"q\\\"\"}]}"},
     GB_OK,
     "{\"models\":[\n{\"name\":\"q\\\"\"}\n]}\n",
     "[\"q\\\"\"]"},
    {"an error", {"{\"error\":{\"code\":403}}"}, GB_EINVAL, NULL, NULL},
    {"no object", {"[" M("a") "]"}, GB_EINVAL, NULL, NULL},
    {"no array", {"{\"models\":{}}"}, GB_EINVAL, NULL, NULL},
    {"nothing", {""}, GB_EINVAL, NULL, NULL},
    {"no JSON", {"<html>"}, GB_EINVAL, NULL, NULL},
    {"cut off", {"{\"models\":[" M("a") ","}, GB_EINVAL, NULL, NULL},
    {"cut off before", {"{\"models\":"}, GB_EINVAL, NULL, NULL},
    {"a bad one after a good one",
     {"{\"models\":[" M("a") "]}", "[]"},
     GB_EINVAL,
     NULL,
     NULL},
};

static void
test_merge(void **state)
{
	struct models_merge m;
	struct buf out;
	enum gb_err rc;
	size_t i, j;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_init(&out, LIST_MAX);
		rc = models_merge_begin(&m, &out);
		for (j = 0; j < 3 && cases[i].pages[j] != NULL && rc == GB_OK;
		     j++)
			rc = models_merge_add(&m, cases[i].pages[j],
					      strlen(cases[i].pages[j]));
		if (rc == GB_OK)
			rc = models_merge_end(&m);
		CHECK_INT(cases[i].what, rc, cases[i].want);
		if (rc == GB_OK) {
			CHECK_STR(cases[i].what, buf_str(&out), cases[i].list);
			CHECK_STR(cases[i].what, models_merge_names(&m),
				  cases[i].names);
		}
		models_merge_release(&m);
		buf_release(&out);
	}
}

/* So many that the rest stays out, and a list that does not fit. */
static void
test_bounds(void **state)
{
	struct buf page, out;
	struct models_merge m;
	int i;

	(void)state;
	buf_init(&page, LIST_MAX);
	buf_init(&out, LIST_MAX);
	buf_puts(&page, "{\"models\":[");
	for (i = 0; i <= MODELS_MERGE_MAX; i++)
		buf_printf(&page, "%s{\"name\":\"models/m%d\"}",
			   i == 0 ? "" : ",", i);
	buf_puts(&page, "]}");
	assert_int_equal(models_merge_begin(&m, &out), GB_OK);
	CHECK_INT("too many", models_merge_add(&m, buf_str(&page), page.len),
		  GB_ETOOBIG);
	assert_int_equal(models_merge_end(&m), GB_OK);
	CHECK("the last one that fits",
	      strstr(buf_str(&out), "\"models/m3999\"}\n]}") != NULL);
	models_merge_release(&m);
	buf_release(&out);

	buf_init(&out, 40);
	assert_int_equal(models_merge_begin(&m, &out), GB_OK);
	CHECK_INT("too long", models_merge_add(&m, buf_str(&page), page.len),
		  GB_ETOOBIG);
	models_merge_release(&m);
	buf_release(&out);
	buf_release(&page);
}

#define FOUR "{\"models\":[" M("a") "," M("b") ",\n " M("c") "," M("d") "]}"

static void
test_cut(void **state)
{
	static const struct {
		const char *list;
		size_t from, size;
		enum gb_err want;
		const char *page;
	} rows[] = {
	    {FOUR, 0, 2, GB_OK,
	     "{\"models\":[\n" M("a") ",\n" M(
		 "b") "\n],"
		      "\"nextPageToken\":\"2\"}\n"},
	    {FOUR, 2, 2, GB_OK, "{\"models\":[\n" M("c") ",\n" M("d") "\n]}\n"},
	    {FOUR, 3, 50, GB_OK, "{\"models\":[\n" M("d") "\n]}\n"},
	    {FOUR, 4, 50, GB_OK, "{\"models\":[\n]}\n"},
	    {FOUR, (size_t)-1, 1, GB_OK, "{\"models\":[\n]}\n"},
	    {"{}", 0, 50, GB_OK, "{\"models\":[\n]}\n"},
	    {"[]", 0, 50, GB_EINVAL, ""},
	};
	struct buf out;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		buf_init(&out, LIST_MAX);
		CHECK_INT(rows[i].list,
			  models_cut(rows[i].list, strlen(rows[i].list),
				     rows[i].from, rows[i].size, &out),
			  rows[i].want);
		CHECK_STR(rows[i].list, buf_str(&out), rows[i].page);
		buf_release(&out);
	}
}

static void
test_pick(void **state)
{
	static const struct {
		const char *list, *name, *want; /* NULL: not found */
	} rows[] = {
	    {FOUR, "a", M("a")},      {FOUR, "d", M("d")},
	    {FOUR, "models/a", NULL}, {FOUR, "e", NULL},
	    {FOUR, "", NULL},	      {"{}", "a", NULL},
	    {"<html>", "a", NULL},
	};
	struct buf out;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		buf_init(&out, LIST_MAX);
		CHECK_INT(rows[i].name,
			  models_pick(rows[i].list, strlen(rows[i].list),
				      rows[i].name, &out),
			  rows[i].want == NULL ? GB_ENOTFOUND : GB_OK);
		CHECK_STR(rows[i].name, buf_str(&out),
			  rows[i].want == NULL ? "" : rows[i].want);
		buf_release(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_pick),
	};

	return cmocka_run_group_tests_name("models_merge", tests, NULL, NULL);
}
