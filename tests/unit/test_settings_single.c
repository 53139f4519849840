/* test_settings_single.c: one setting's value by itself, as the database has
 * it */
#include "unit.h"

#include <json-c/json.h>

#include "config/settings_table.h"

/* Of each type something that is no default. */
static const char *const environment[] = {
    "API_KEYS=AIzaSyFake-key-number-one-000000000aaaa",
    "TIME_OUT=200",
    "MAX_BODY=64K",
    "STREAM_MIN_DELAY=0.016",
    "STREAM_MAX_DELAY=1",
    "STRICT=true",
    "LOG_LEVEL=WARN",
    "TEST_MODEL=models/gemini-x",
    "PROXIES=[\"http://user:pass@proxy:3128\", \"direct\"]",
    "SAFETY_SETTINGS=[{\"category\": \"HARM_CATEGORY_HARASSMENT\","
    " \"threshold\": \"OFF\"}]",
    "THINKING_BUDGET_MAP={\"gemini-2.5-flash\": -1}",
    "CUSTOM_HEADERS={\"X-Relay\": \"on/off\"}",
    NULL,
};

/* What a value is as JSON is fit to be one, and then the same. */
static void
test_round(void **state)
{
	struct settings_load load = {.environ =
					 (char **)(uintptr_t)environment};
	struct setting_fault why;
	struct buf json, tidy, faults;
	const struct setting *row;
	struct settings *s;
	enum gb_err rc;

	(void)state;
	buf_init(&faults, 4096);
	buf_init(&json, 65536);
	buf_init(&tidy, 65536);
	rc = settings_load(&s, &load, &faults);
	CHECK_STR("faults", buf_str(&faults), "");
	assert_int_equal(rc, GB_OK);
	for (row = settings_table; row < settings_table + SETTINGS_COUNT;
	     row++) {
		buf_reset(&json);
		buf_reset(&tidy);
		assert_int_equal(settings_json(s, row->name, &json), GB_OK);
		rc = settings_json_tidy(row->name, buf_str(&json), &tidy, &why);
		if (row->not_in_database) {
			CHECK_INT(row->name, rc, GB_ENOTFOUND);
			continue;
		}
		CHECK_INT(row->name, rc, GB_OK);
		CHECK_STR(row->name, buf_str(&tidy), buf_str(&json));
	}
	CHECK_INT("unknown", settings_json(s, "nothing", &json), GB_ENOTFOUND);
	settings_free(s);
	buf_release(&faults);
	buf_release(&json);
	buf_release(&tidy);
}

static const struct {
	const char *env, *text, *name, *json, *why;
} cases[] = {
    {"TIME_OUT", " 200 ", "time_out", "200", NULL},
    {"MAX_BODY", "64K", "max_body", "65536", NULL},
    {"STREAM_MIN_DELAY", ".016", "stream_min_delay", "0.016", NULL},
    {"STRICT", "On", "strict", "true", NULL},
    {"LOG_LEVEL", "CRITICAL", "log_level", "\"error\"", NULL},
    {"TEST_MODEL", "models/x", "test_model", "\"x\"", NULL},
    {"BASE_URL", "https://relay.example/v1beta/", "base_url",
     "\"https://relay.example\"", NULL},
    {"FILTERED_MODELS", "a,b", "filtered_models", "[\"a\",\"b\"]", NULL},
    {"FILTERED_MODELS", "[]", "filtered_models", "[]", NULL},
    {"THINKING_BUDGET_MAP", "{\"m\": 4000.0}", "thinking_budget_map",
     "[{\"model\":\"m\",\"tokens\":4000}]", NULL},
    {"TIME_OUT", "x", "time_out", NULL, "must be a whole number"},
    {"FILTERED_MODELS", "[\"a\"", "filtered_models", NULL, "must be a list"},
    {"PROXIES", "ftp://user:hidden@x", "proxies", NULL, "entry 1: "},
    {"SQLITE_DATABASE", "x", NULL, NULL, NULL},
    {"SECRET_KEY_FILE", "x", NULL, NULL, NULL},
    {"time_out", "3", NULL, NULL, NULL},
    {"", "", NULL, NULL, NULL},
};

static void
test_environment(void **state)
{
	struct setting_fault fault;
	struct buf json, why;
	const char *name;
	enum gb_err rc;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_init(&json, 4096);
		buf_init(&why, 4096);
		rc = settings_json_of_env(cases[i].env, cases[i].text, &name,
					  &json, &fault);
		CHECK_STR(cases[i].text, name, cases[i].name);
		CHECK_INT(cases[i].text, rc,
			  cases[i].json != NULL	  ? GB_OK
			  : cases[i].name != NULL ? GB_EINVAL
						  : GB_ENOTFOUND);
		if (cases[i].json != NULL)
			CHECK_STR(cases[i].text, buf_str(&json), cases[i].json);
		if (cases[i].why != NULL) {
			setting_fault_write(&fault, NULL, NULL, &why);
			CHECK(buf_str(&why),
			      strstr(buf_str(&why), cases[i].why) != NULL &&
				  strstr(buf_str(&why), "hidden") == NULL);
		}
		buf_release(&json);
		buf_release(&why);
	}
}

static void
test_lists(void **state)
{
	static const struct {
		const char *text;
		int count; /* -1: none */
	} lists[] = {
	    {"[\"a\", \"b\"]", 2}, {"a,b c", 3}, {"'[\"a\"]'", 1}, {"", 0},
	    {"[\"a\"", -1},	   {"{}", -1},	 {"[1]", 1},
	};
	struct json_object *list;
	enum gb_err rc;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(lists); i++) {
		rc = settings_list_of_env(lists[i].text, &list);
		CHECK_INT(lists[i].text, rc == GB_OK, lists[i].count >= 0);
		if (rc == GB_OK)
			CHECK_INT(lists[i].text, json_object_array_length(list),
				  lists[i].count);
		else
			CHECK(lists[i].text, list == NULL);
		json_object_put(list);
	}
}

static const char *
key_itself(const void *from, const char *key)
{
	(void)from;
	return key;
}

/* Each fault has words, of which all places are filled, and a key. */
static void
test_faults(void **state)
{
	struct setting_fault f = {setting_find("safety_settings"), UNFIT_NONE,
				  2};
	struct buf words, key;
	int kind;

	(void)state;
	for (kind = UNFIT_NONE + 1; kind < UNFIT__MAX; kind++) {
		buf_init(&words, 4096);
		buf_init(&key, 4096);
		f.kind = (enum setting_unfit)kind;
		setting_fault_write(&f, NULL, NULL, &words);
		setting_fault_write(&f, key_itself, NULL, &key);
		CHECK(buf_str(&key), strncmp(buf_str(&key), "UNFIT_", 6) == 0);
		CHECK(buf_str(&key),
		      strncmp(buf_str(&words), "entry 2: ", 9) == 0 &&
			  words.len > 10 &&
			  strchr(buf_str(&words), '{') == NULL);
		buf_release(&words);
		buf_release(&key);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round),
	    cmocka_unit_test(test_environment),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_faults),
	};

	return cmocka_run_group_tests_name("settings_single", tests, NULL,
					   NULL);
}
