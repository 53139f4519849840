/* test_key_facts.c: tags, and what a page about keys shows beside them */
#include "unit_store.h"

#include "store/key_list.h"
#include "store/usage.h"

#define NOW	 UNIT_NOW
#define HOUR	 INT64_C(3600000)
#define TEXT_MAX 512

/* The rows as "key:text:n", and freed. */
static const char *
tell(struct key_facts *facts, char text[TEXT_MAX])
{
	size_t i;

	text[0] = '\0';
	for (i = 0; i < facts->count; i++)
		(void)snprintf(text + strlen(text), TEXT_MAX - strlen(text),
			       "%s%lld:%s:%lld", i > 0 ? " " : "",
			       (long long)facts->rows[i].key_id,
			       facts->rows[i].text,
			       (long long)facts->rows[i].n);
	key_facts_free(facts);
	return text;
}

static const struct {
	const char *tag;
	bool plausible;
} tags[] = {
    {"spare", true},
    {"two words", true},
    {"<b>\"'&", true},
    {"1234567890123456789012345678901234567890", true},
    {"12345678901234567890123456789012345678901", false},
    {"", false},
    {" ", false},
    {" before", false},
    {"behind ", false},
    {"a,b", false},
    {"a\nb", false},
    {"a\x7f", false},
};

static void
test_plausible(void **state)
{
	struct unit_store *u = *state;
	int64_t changed;
	size_t i;

	unit_add_keys(u->store, 1);
	for (i = 0; i < GB_COUNT(tags); i++) {
		CHECK_INT(tags[i].tag, key_tag_plausible(tags[i].tag),
			  tags[i].plausible);
		CHECK_INT(tags[i].tag,
			  store_key_tag(u->store, "[1]", tags[i].tag, true,
					&changed),
			  tags[i].plausible ? GB_OK : GB_EINVAL);
		CHECK_INT(tags[i].tag, changed, tags[i].plausible);
	}
}

static int64_t
tag(struct store *s, const char *ids, const char *name, bool on)
{
	int64_t changed;

	assert_int_equal(store_key_tag(s, ids, name, on, &changed), GB_OK);
	return changed;
}

static void
test_tags(void **state)
{
	struct unit_store *u = *state;
	char text[TEXT_MAX], name[16];
	struct key_facts facts;
	int i;

	unit_add_keys(u->store, 3);
	CHECK_INT("two", tag(u->store, "[1,2,99]", "spare", true), 2);
	CHECK_INT("no news of one", tag(u->store, "[1,3]", "spare", true), 1);
	CHECK_INT("another", tag(u->store, "[1]", "ann", true), 1);
	assert_int_equal(store_key_tags(u->store, "[1,3]", &facts), GB_OK);
	CHECK_STR("of these", tell(&facts, text), "1:ann, spare:0 3:spare:0");
	assert_int_equal(store_key_tag_names(u->store, &facts), GB_OK);
	CHECK_STR("each name once", tell(&facts, text), "0:ann:0 0:spare:0");
	CHECK_INT("taken away", tag(u->store, "[1,2]", "spare", false), 2);
	CHECK_INT("no news", tag(u->store, "[1,2]", "spare", false), 0);
	assert_int_equal(store_key_tags(u->store, "[1,2,3]", &facts), GB_OK);
	CHECK_STR("left", tell(&facts, text), "1:ann:0 3:spare:0");

	for (i = 1; i < KEY_TAGS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "tag-%d", i);
		CHECK_INT(name, tag(u->store, "[1]", name, true), 1);
	}
	CHECK_INT("one too many", tag(u->store, "[1,2]", "more", true), 1);
	for (i = 0; i < 250; i++) {
		(void)snprintf(text, sizeof(text),
			       "INSERT INTO key_tags VALUES (2, 'x%d')", i);
		unit_sql(u->path, text, NULL, 0);
	}
	assert_int_equal(store_key_tag_names(u->store, &facts), GB_OK);
	CHECK_INT("not all of very many", facts.count, 200);
	key_facts_free(&facts);
}

static void
test_projects(void **state)
{
	struct unit_store *u = *state;
	char text[TEXT_MAX];
	struct key_facts facts;

	unit_add_keys(u->store, 4);
	unit_sql(u->path,
		 "UPDATE keys SET project = iif(id = 4, 'a', 'b') WHERE id > 1",
		 NULL, 0);
	assert_int_equal(store_key_project_names(u->store, &facts), GB_OK);
	CHECK_STR("each once", tell(&facts, text), "0:a:0 0:b:0");
}

static void
add_usage(const struct unit_store *u, int64_t start, const char *value,
	  int requests)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO usage_hours VALUES (%d, %lld, '%s', %d, 0,"
		       " 0, 10, 0, 0, 0, 0, 0, 5, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0,"
		       " 0, 0, 0, 0, 0, 0, 0, 0)",
		       USAGE_BY_KEY_MODEL, (long long)start, value, requests);
	unit_sql(u->path, sql, NULL, 0);
}

static void
test_usage(void **state)
{
	struct unit_store *u = *state;
	char text[TEXT_MAX];
	struct key_facts facts;

	add_usage(u, NOW, "1 small", 2);
	add_usage(u, NOW, "1 large", 3);
	add_usage(u, NOW - HOUR, "1 large", 4);
	add_usage(u, NOW - HOUR - 1, "1 large", 100);
	add_usage(u, NOW, "11 large", 1000);
	assert_int_equal(store_key_usage(u->store, 1, NOW - HOUR, &facts),
			 GB_OK);
	CHECK_INT("two hours", facts.rows[0].prompt, 20);
	CHECK_INT("of both", facts.rows[0].completion, 10);
	CHECK_INT("cost", facts.rows[1].cost, 7);
	CHECK_STR("the most first", tell(&facts, text), "1:large:7 1:small:2");
}

static void
test_models(void **state)
{
	struct unit_store *u = *state;
	const struct key_wish_of off = {WISH_DISABLE_MODEL, "", "a"};
	const struct key_filter first = {.ids = "[1]"};
	struct key_model_rows models;
	const struct key_model *m;
	int64_t chosen;

	unit_add_keys(u->store, 2);
	assert_int_equal(unit_cool_model(u->store, 1, "b", NOW, NOW + 1,
					 "quota"),
			 GB_OK);
	assert_int_equal(unit_cool_model(u->store, 1, "over", NOW, NOW, "x"),
			 GB_OK);
	assert_int_equal(unit_cool_model(u->store, 2, "other", NOW, NOW + 1,
					 "x"),
			 GB_OK);
	assert_int_equal(store_keys_wish(u->store, &first, &off, NOW, &chosen),
			 GB_OK);
	assert_int_equal(store_key_models(u->store, 1, NOW, &models), GB_OK);
	CHECK_INT("two", models.count, 2);
	m = models.rows;
	CHECK_STR("by name", m[0].model, "a");
	CHECK("a person's", m[0].by_person);
	CHECK_STR("by name", m[1].model, "b");
	CHECK_STR("why", m[1].reason, "quota");
	CHECK_INT("until", m[1].ready_at, NOW + 1);
	CHECK("the system's", !m[1].by_person);
	key_model_rows_free(&models);
	CHECK_INT("none", models.count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_plausible), WITH_STORE(test_tags),
	    WITH_STORE(test_projects),	WITH_STORE(test_usage),
	    WITH_STORE(test_models),
	};

	return cmocka_run_group_tests_name("key_facts", tests, NULL, NULL);
}
