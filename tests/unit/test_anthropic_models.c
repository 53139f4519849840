/* test_anthropic_models.c: lists of models in Anthropic's form */
#include "unit.h"

#include "dialect/anthropic/anthropic_models.h"

#define MODEL(id) \
	"{\"type\":\"model\",\"id\":\"" id "\",\"display_name\":\"" id \
	"\",\"created_at\":\"1970-01-01T00:00:00Z\"}"
#define ITEM(id) \
	"{\"id\":\"" id "\",\"object\":\"model\",\"created\":0," \
	"\"owned_by\":\"google\"}"

static void
test_write(void **state)
{
	static const struct {
		const char *openai;
		enum gb_err rc;
		const char *want;
	} cases[] = {
	    {"{\"object\":\"list\",\"data\":[" ITEM("a") "," ITEM("b\\\"") "]}",
	     GB_OK,
	     "{\"data\":[" MODEL("a") "," MODEL(
		 "b\\\"") "],\"has_more\":false,\"first_id\":\"a\","
			  "\"last_id\":\"b\\\"\"}"},
	    {"{\"object\":\"list\",\"data\":[]}", GB_OK,
	     "{\"data\":[],\"has_more\":false,\"first_id\":null,"
	     "\"last_id\":null}"},
	    {ITEM("a"), GB_OK, MODEL("a")},
	    {"{\"data\":{}}", GB_EINVAL, ""},
	    {"{\"id\":\"\"}", GB_EINVAL, ""},
	    {"{\"id\":7}", GB_EINVAL, ""},
	    {"[]", GB_EINVAL, ""},
	    {"<html>", GB_EINVAL, ""},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 4096);
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_reset(&out);
		CHECK_INT(cases[i].openai,
			  anthropic_models_write(cases[i].openai,
						 strlen(cases[i].openai), &out),
			  cases[i].rc);
		CHECK_STR(cases[i].openai, buf_str(&out), cases[i].want);
	}
	buf_release(&out);
	buf_init(&out, 20);
	CHECK_INT("no room",
		  anthropic_models_write(ITEM("a"), strlen(ITEM("a")), &out),
		  GB_ETOOBIG);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests_name("anthropic_models", tests, NULL,
					   NULL);
}
