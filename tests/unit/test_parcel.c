/* test_parcel.c: keys, tokens and settings out of one database and into
 * another */
#include "unit_store.h"

#include "base/clock.h"
#include "cli/parcel_json.h"
#include "store/overrides.h"
#include "store/parcel.h"

#define ALL ((1u << PARCEL__MAX) - 1)
#define HEX "00112233445566778899aabbccddeeff00112233445566778899aabbccddee"

/* All that the database has, as the file has it. */
static void
export_all(struct store *s, char *text, size_t size)
{
	struct parcel p;
	struct buf out;
	int kind;

	parcel_init(&p);
	buf_init(&out, size - 1);
	for (kind = 0; kind < PARCEL__MAX; kind++)
		assert_int_equal(store_parcel_read(s, (enum parcel_kind)kind,
						   &p),
				 GB_OK);
	parcel_json_write(&p, ALL, UNIT_NOW, &out);
	assert_int_equal(buf_error(&out), GB_OK);
	memcpy(text, buf_str(&out), out.len + 1);
	buf_release(&out);
	parcel_release(&p);
}

/* The fates of the rows of a file, one letter each. */
static void
import_all(struct store *s, const char *text, bool dry, char fates[32])
{
	static const char letters[] = "onckru";
	const char *why;
	struct parcel p;
	size_t i;

	parcel_init(&p);
	assert_int_equal(parcel_json_read(text, strlen(text), ALL, &p, &why),
			 GB_OK);
	assert_int_equal(store_parcel_write(s, &p, UNIT_NOW, dry), GB_OK);
	assert_true(p.count < 32);
	for (i = 0; i < p.count; i++)
		fates[i] = letters[p.rows[i].fate];
	fates[i] = '\0';
	parcel_release(&p);
}

static void
fill(struct store *s)
{
	unsigned char digest[DIGEST_SIZE] = {1, 2, 255};
	char vertex[] = "AQ.Fake\"quoted\\key-of-vertex", *secrets[] = {vertex};
	struct token_row token;
	size_t added;
	int i;

	unit_add_keys(s, 3);
	assert_int_equal(store_keys_add(s, POOL_VERTEX, secrets, 1, UNIT_NOW,
					&added),
			 GB_OK);
	assert_int_equal(unit_disable(s, 2, UNIT_NOW, "on\tholiday"), GB_OK);
	assert_int_equal(unit_disable_by_system(s, 3, UNIT_NOW, "it leaked"),
			 GB_OK);
	token_row_init(&token, "alice \"a\"");
	memcpy(token.digest, digest, DIGEST_SIZE);
	(void)snprintf(token.note, sizeof(token.note), "of the house");
	(void)snprintf(token.models, sizeof(token.models), "gemini-*,x");
	token.endpoints = 5;
	token.expires_at = UNIT_NOW + 5;
	for (i = 0; i < LIMIT__MAX; i++)
		token.limits[i] = 100 + i;
	assert_int_equal(store_token_create(s, &token, UNIT_NOW), GB_OK);
	assert_int_equal(store_token_enable(s, "alice \"a\"", false), GB_OK);
	token_row_init(&token, "bob");
	digest[0] = 7;
	memcpy(token.digest, digest, DIGEST_SIZE);
	assert_int_equal(store_token_create(s, &token, UNIT_NOW), GB_OK);
	assert_int_equal(store_token_revoke(s, "bob", UNIT_NOW + 1), GB_OK);
	assert_int_equal(store_override_set(s, "max_retries", "5"), GB_OK);
	assert_int_equal(store_override_set(s, "proxies", "[\"direct\"]"),
			 GB_OK);
}

/* Out and in again: the same, to the byte, and nothing twice. */
static void
test_round(void **state)
{
	static char one[8192], two[8192];
	struct unit_store *u = *state;
	int64_t before, after;
	char fates[32], path[160];
	struct store *other;

	fill(u->store);
	export_all(u->store, one, sizeof(one));
	CHECK("limits", strstr(one, "\"micro_usd_per_month\": 108") != NULL);
	CHECK("switched off", strstr(one, "\"enabled\": false") != NULL);
	CHECK("a digest", strstr(one, "\"sha256\": \"0102ff00") != NULL);
	(void)snprintf(path, sizeof(path), "%s/other.db", u->folder);
	assert_int_equal(store_open(&other, path), GB_OK);

	assert_int_equal(store_generation(other, &before), GB_OK);
	import_all(other, one, true, fates);
	CHECK_STR("dry", fates, "nnnnnnnn");
	CHECK_INT("dry keys",
		  unit_sql(path, "SELECT count(*) FROM keys", NULL, 0), 0);
	assert_int_equal(store_generation(other, &after), GB_OK);
	CHECK_INT("dry: nobody need look", after, before);

	import_all(other, one, false, fates);
	CHECK_STR("new", fates, "nnnnnnnn");
	assert_int_equal(store_generation(other, &after), GB_OK);
	CHECK("all must look", after > before);
	export_all(other, two, sizeof(two));
	CHECK_STR("the same", two, one);
	import_all(other, one, false, fates);
	CHECK_STR("known", fates, "kkkkkkkk");
	CHECK_INT("state", unit_key_state(other, 2, UNIT_NOW, NULL),
		  KEY_DISABLED);
	store_close(other);
}

/* Each column travels, or is listed here as one that stays: what is learned by
 * itself, or means something in this database alone. */
static void
test_columns(void **state)
{
#define NAME(column, name, type, least, most, needed) "'" #column "',"
	static const struct {
		const char *what, *others;
	} tables[] = {
	    {"keys", "SELECT group_concat(name) FROM pragma_table_info('keys') "
		     "WHERE name NOT IN (" PARCEL_KEY_FIELDS(
			 NAME) "'id', 'ready_at', 'failures', 'failed_at', "
			       "'checked_at', 'last_ok_at', 'list_id', "
			       "'listed_at', 'list_asked_at', 'project_by')"},
	    {"tokens",
	     "SELECT group_concat(name) FROM pragma_table_info('tokens') "
	     "WHERE name NOT IN (" PARCEL_TOKEN_FIELDS(NAME) "'id', 'config')"},
	    {"overrides",
	     "SELECT group_concat(name) FROM pragma_table_info('overrides') "
	     "WHERE name NOT IN (" PARCEL_SETTING_FIELDS(NAME) "'id')"},
	};
#undef NAME
	struct unit_store *u = *state;
	char names[256];
	size_t i;

	for (i = 0; i < GB_COUNT(tables); i++) {
		(void)snprintf(names, sizeof(names), "?");
		(void)unit_sql(u->path, tables[i].others, names, sizeof(names));
		CHECK_STR(tables[i].what, names, "(null)");
	}
}

/* Rows that meet what is there, or each other. */
static void
test_meetings(void **state)
{
	static const struct {
		const char *what, *rows, *fates;
	} meetings[] = {
	    {"key of the other pool",
	     "\"keys\": [{\"key\": \"AIzaSyTESTTESTTESTTEST00000000000000000\","
	     "\"pool\": \"vertex\"}]",
	     "n"},
	    {"key twice",
	     "\"keys\": [{\"key\": \"AIzaSyTESTTESTTESTTEST00000000000000077\"}"
	     ",{\"key\": \"AIzaSyTESTTESTTESTTEST00000000000000077\"}]",
	     "nk"},
	    {"name taken",
	     "\"tokens\": [{\"name\": \"bob\", \"sha256\": \"" HEX "ff\"}]",
	     "r"},
	    {"token known by another name",
	     "\"tokens\": [{\"name\": \"x\", \"sha256\": \"" HEX "fe\"},"
	     "{\"name\": \"y\", \"sha256\": \"" HEX "fe\"}]",
	     "nr"},
	    {"token with a limit that is none",
	     "\"tokens\": [{\"name\": \"z\", \"sha256\": \"" HEX "fd\","
	     "\"parallel\": -1}]",
	     "r"},
	    {"token with a switch that is none",
	     "\"tokens\": [{\"name\": \"z\", \"sha256\": \"" HEX "fd\","
	     "\"enabled\": 1}]",
	     "r"},
	    {"setting changed",
	     "\"settings\": [{\"name\": \"max_retries\", \"value\": 6},"
	     "{\"name\": \"max_retries\", \"value\": 6}]",
	     "ck"},
	};
	struct unit_store *u = *state;
	char fates[32], text[1024];
	size_t i;

	fill(u->store);
	for (i = 0; i < GB_COUNT(meetings); i++) {
		(void)snprintf(text, sizeof(text),
			       "{\"gbalance_export\": 1, "
			       "%s}\n",
			       meetings[i].rows);
		import_all(u->store, text, false, fates);
		CHECK_STR(meetings[i].what, fates, meetings[i].fates);
	}
	CHECK_INT("a token is on unless it says so",
		  unit_sql(u->path,
			   "SELECT enabled FROM tokens WHERE name = 'x'", NULL,
			   0),
		  1);
	CHECK_INT("left out",
		  unit_sql(u->path, "SELECT count(*) FROM tokens", NULL, 0), 3);
}

/* Tokens without a name get one, once. */
static void
test_nameless(void **state)
{
	struct unit_store *u = *state;
	char digest[DIGEST_SIZE] = {9};
	struct parcel p;
	int round;

	fill(u->store);
	for (round = 0; round < 2; round++) {
		parcel_init(&p);
		digest[0] = 9;
		assert_int_equal(parcel_set(parcel_add(&p, PARCEL_TOKEN), 1,
					    digest, DIGEST_SIZE),
				 GB_OK);
		digest[0] = 8;
		assert_int_equal(parcel_set(parcel_add(&p, PARCEL_TOKEN), 1,
					    digest, DIGEST_SIZE),
				 GB_OK);
		assert_int_equal(store_parcel_write(u->store, &p, UNIT_NOW,
						    false),
				 GB_OK);
		CHECK_INT("fate", p.rows[1].fate,
			  round == 0 ? PARCEL_NEW : PARCEL_KNOWN);
		if (round == 0)
			CHECK_STR("name", p.rows[1].values[0].text,
				  "imported-2");
		parcel_release(&p);
	}
}

/* What is not fit is refused, by the field, and the rest goes on. */
static void
test_unfit_rows(void **state)
{
	static const struct {
		const char *row, *field, *why;
	} unfit[] = {
	    {"7", NULL, "must be an object"},
	    {"{\"pool\": \"gemini\"}", "key", "is missing"},
	    {"{\"key\": \"short\"}", "key", "is not fit"},
	    {"{\"key\": 7}", "key", "is not fit"},
	    {"{\"key\": \"AIzaSyTESTTESTTESTTEST\\u0000000\"}", "key",
	     "is not fit"},
	    {"{\"key\": \"AIzaSyTESTTESTTESTTEST1\", \"pool\": \"x\"}", "pool",
	     "is not fit"},
	    {"{\"key\": \"AIzaSyTESTTESTTESTTEST1\", \"disabled_by\": 3}",
	     "disabled_by", "is not fit"},
	    {"{\"key\": \"AIzaSyTESTTESTTESTTEST1\", \"created_at\": -1}",
	     "created_at", "is not fit"},
	    {"{\"key\": \"AIzaSyTESTTESTTESTTEST1\", \"heft\": 1}", NULL,
	     "has a field that this version does not know"},
	};
	const char *why;
	struct parcel p;
	char text[512];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(unfit); i++) {
		(void)snprintf(text, sizeof(text),
			       "{\"gbalance_export\": 1, \"keys\": [%s, "
			       "{\"key\": \"AIzaSyTESTTESTTESTTEST2\"}]}",
			       unfit[i].row);
		parcel_init(&p);
		assert_int_equal(parcel_json_read(text, strlen(text), ALL, &p,
						  &why),
				 GB_OK);
		CHECK_INT(unfit[i].row, p.count, 2);
		CHECK_INT(unfit[i].row, p.rows[0].fate, PARCEL_REFUSED);
		CHECK_STR(unfit[i].row, p.rows[0].field, unfit[i].field);
		CHECK_STR(unfit[i].row, p.rows[0].why, unfit[i].why);
		CHECK_INT(unfit[i].row, p.rows[1].fate, PARCEL_OPEN);
		parcel_release(&p);
	}
}

/* What is no such file is refused as a whole. */
static void
test_unfit_files(void **state)
{
	static const char *const files[] = {
	    "",
	    "{",
	    "[]",
	    "{}",
	    "{\"gbalance_export\": 2}",
	    "{\"gbalance_export\": \"1\"}",
	    "{\"gbalance_export\": 1} x",
	    "{\"gbalance_export\": 1, \"keys\": {}}",
	    "{\"gbalance_export\": 1, \"keys\": [}",
	};
	const char *why;
	struct parcel p;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(files); i++) {
		parcel_init(&p);
		CHECK_INT(files[i],
			  parcel_json_read(files[i], strlen(files[i]), ALL, &p,
					   &why),
			  GB_EINVAL);
		CHECK(files[i], why != NULL && p.count == 0);
		parcel_release(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_round, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_columns, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_meetings, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_nameless, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test(test_unfit_rows),
	    cmocka_unit_test(test_unfit_files),
	};

	return cmocka_run_group_tests_name("parcel", tests, NULL, NULL);
}
