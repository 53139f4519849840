/* test_key_choice.c: which key has a turn: free before paid, by weight, and
 * never one that may not serve the model */
#include "unit_store.h"

#include <sys/wait.h>

#define MODEL	  "gemini-2.5-flash"
#define NOW	  UNIT_NOW
#define HOUR	  INT64_C(3600000)
#define TURNS_MAX 40
#define PROCESSES 4
#define EACH	  700 /* turns of a process; whole rounds of the weights */

/* Say this of the keys with these ids. */
static void
set_of(struct store *s, const char *ids, const struct key_fields *fields)
{
	const struct key_filter f = {.ids = ids};
	int64_t chosen;

	CHECK_INT(ids, store_keys_set(s, &f, fields, NOW, &chosen), GB_OK);
	CHECK(ids, chosen > 0);
}

static void
set_weight(struct store *s, const char *ids, int64_t weight)
{
	set_of(s, ids, &(const struct key_fields){.weight = weight});
}

static void
set_tier(struct store *s, const char *ids, enum key_tier tier)
{
	set_of(s, ids,
	       &(const struct key_fields){.by_tier = true, .tier = tier});
}

static void
set_models(struct store *s, const char *ids, const char *models)
{
	set_of(s, ids, &(const struct key_fields){.models = models});
}

/* Have the key rest, or not any more. */
static void
rest_until(const struct unit_store *u, int id, int64_t until_ms)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql),
		       "UPDATE keys SET ready_at = %lld WHERE id = %d",
		       (long long)until_ms, id);
	unit_sql(u->path, sql, NULL, 0);
}

/* Who has the next turns, as digits; "-": nobody. */
static void
check_turns(const char *what, struct store *s, const char *model,
	    const char *affinity, const char *want)
{
	unsigned char digest[AFFINITY_SIZE] = {0};
	char have[TURNS_MAX + 1];
	struct key_turn turn;
	int64_t back_at;
	enum gb_err rc;
	size_t i;

	if (affinity != NULL)
		memcpy(digest, affinity, strlen(affinity));
	for (i = 0; i < strlen(want); i++) {
		rc = store_key_turn(s, POOL_GEMINI, model, NOW, NULL, 0,
				    affinity == NULL ? NULL : digest, &turn,
				    &back_at);
		assert_true(rc == GB_OK || rc == GB_ENOTFOUND);
		have[i] = rc == GB_OK ? (char)('0' + turn.id) : '-';
	}
	have[i] = '\0';
	CHECK_STR(what, have, want);
}

/* --- tiers -------------------------------------------------------------- */

static void
test_tiers(void **state)
{
	struct unit_store *u = *state;
	struct store *s = u->store;
	struct key_turn turn;
	int64_t back_at;
	const int64_t tried[] = {1, 2};

	unit_add_keys(s, 5);
	set_tier(s, "[3,5]", TIER_PAID);
	check_turns("the free ones alone", s, MODEL, NULL, "124124");
	rest_until(u, 1, NOW + HOUR);
	rest_until(u, 4, NOW + HOUR);
	check_turns("the last free one", s, MODEL, NULL, "22");
	rest_until(u, 2, NOW + 2);
	check_turns("the paid ones", s, MODEL, NULL, "3535");
	rest_until(u, 3, NOW + HOUR);
	rest_until(u, 5, NOW + HOUR);
	CHECK_INT("all rest",
		  store_key_turn(s, POOL_GEMINI, MODEL, NOW, NULL, 0, NULL,
				 &turn, &back_at),
		  GB_ENOTFOUND);
	CHECK_INT("back with the first of any tier", back_at, NOW + 2);
	rest_until(u, 1, 0);
	rest_until(u, 3, 0);
	rest_until(u, 5, 0);
	check_turns("free again", s, MODEL, NULL, "11");
	rest_until(u, 2, 0);
	rest_until(u, 4, 0);
	CHECK_INT("two were tried",
		  store_key_turn(s, POOL_GEMINI, MODEL, NOW, tried, 2, NULL,
				 &turn, &back_at),
		  GB_OK);
	CHECK_INT("the other free one", turn.id, 4);
	set_tier(s, "[3]", TIER_FREE);
	check_turns("three is free again", s, MODEL, NULL, "12341");
}

/* A conversation does not stay with a key that costs money. */
static void
test_tiers_affinity(void **state)
{
	struct unit_store *u = *state;
	struct store *s = u->store;

	unit_add_keys(s, 3);
	set_tier(s, "[2,3]", TIER_PAID);
	rest_until(u, 1, NOW + HOUR);
	check_turns("the first paid one, and then it", s, MODEL, "a", "222");
	rest_until(u, 1, 0);
	check_turns("a free one is back", s, MODEL, "a", "11");
	rest_until(u, 1, NOW + HOUR);
	check_turns("the rotation of the paid ones", s, MODEL, "a", "333");
}

static void
test_tiers_several(void **state)
{
	static const struct {
		const char *what;
		int resting;
		const char *want;
	} rows[] = {
	    {"free ones twice rather than a paid one", 0, "12121"},
	    {"one free one", 2, "11111"},
	};
	struct unit_store *u = *state;
	struct store *s = u->store;
	struct key_turn turns[5];
	char have[6] = "";
	int64_t back_at;
	size_t i, n;

	unit_add_keys(s, 4);
	set_tier(s, "[3,4]", TIER_PAID);
	for (n = 0; n < GB_COUNT(rows); n++) {
		if (rows[n].resting > 0)
			rest_until(u, rows[n].resting, NOW + HOUR);
		assert_int_equal(store_key_turns(s, POOL_GEMINI, MODEL, NOW,
						 NULL, turns, 5, &back_at),
				 GB_OK);
		for (i = 0; i < 5; i++)
			have[i] = (char)('0' + turns[i].id);
		CHECK_STR(rows[n].what, have, rows[n].want);
	}
	rest_until(u, 1, NOW + HOUR);
	assert_int_equal(store_key_turns(s, POOL_GEMINI, MODEL, NOW, NULL,
					 turns, 5, &back_at),
			 GB_OK);
	for (i = 0; i < 5; i++)
		have[i] = (char)('0' + turns[i].id);
	CHECK_STR("no free one is left", have, "34343");
}

/* --- weights ------------------------------------------------------------ */

static void
test_weights(void **state)
{
	struct unit_store *u = *state;
	struct store *s = u->store;

	unit_add_keys(s, 3);
	check_turns("strict", s, MODEL, NULL, "12312");
	set_weight(s, "[1,2,3]", 7);
	check_turns("strict as long as all weigh the same, and goes on", s,
		    MODEL, NULL, "31231");
	set_weight(s, "[1]", 4);
	set_weight(s, "[2,3]", 1);
	check_turns("as even as can be", s, MODEL, NULL, "112131112131");
	rest_until(u, 1, NOW + HOUR);
	check_turns("the others while it rests", s, MODEL, NULL, "2323");
	rest_until(u, 1, 0);
	rest_until(u, 2, NOW + HOUR);
	check_turns("one of the light ones rests", s, MODEL, NULL,
		    "1111311113");
	rest_until(u, 2, 0);
	set_weight(s, "[1]", 1);
	check_turns("strict again", s, MODEL, NULL, "123123");
	CHECK_INT("no places are left",
		  unit_sql(u->path, "SELECT count(*) FROM key_slots", NULL, 0),
		  0);
}

/* Places follow the keys that come and go. */
static void
test_weights_change(void **state)
{
	struct unit_store *u = *state;
	struct store *s = u->store;
	char secret[40], *secrets[1] = {secret};
	const struct key_fields heavy = {.weight = 2, .note = "new"};
	size_t added;

	unit_add_keys(s, 2);
	set_weight(s, "[1]", 2);
	check_turns("two to one", s, MODEL, NULL, "112112");
	unit_secret(secret, 2);
	assert_int_equal(store_keys_add_as(s, POOL_GEMINI, &heavy, secrets, 1,
					   NOW, &added),
			 GB_OK);
	check_turns("a heavy one more", s, MODEL, NULL, "1313213132");
	assert_int_equal(unit_remove(s, 1), GB_OK);
	check_turns("one is gone", s, MODEL, NULL, "332332");
	set_tier(s, "[3]", TIER_PAID);
	check_turns("each tier has places of its own", s, MODEL, NULL, "222");
}

/* Over whole rounds each key has just its share, whoever asks. */
static void
test_weights_processes(void **state)
{
	static const int weights[] = {1, 2, 3, 1, 7};
	struct unit_store *u = *state;
	int status, i, turns[6] = {0};
	struct key_turn turn;
	int64_t back_at;
	struct store *s;
	char ids[16], what[32];
	pid_t pids[PROCESSES];
	int fds[2];
	unsigned char id;

	unit_add_keys(u->store, 5);
	for (i = 0; i < 5; i++) {
		(void)snprintf(ids, sizeof(ids), "[%d]", i + 1);
		set_weight(u->store, ids, weights[i]);
	}
	store_close(u->store); /* no connection goes through a fork */
	u->store = NULL;
	assert_int_equal(pipe(fds), 0);
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] != -1);
		if (pids[i] > 0)
			continue;
		if (store_open(&s, u->path) != GB_OK)
			_exit(1);
		for (i = 0; i < EACH; i++) {
			if (store_key_turn(s, POOL_GEMINI, MODEL, NOW, NULL, 0,
					   NULL, &turn, &back_at) != GB_OK)
				_exit(2);
			id = (unsigned char)turn.id;
			if (write(fds[1], &id, 1) != 1)
				_exit(3);
		}
		store_close(s);
		_exit(0);
	}
	close(fds[1]);
	while (read(fds[0], &id, 1) == 1)
		turns[id]++;
	close(fds[0]);
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		CHECK_INT("a process", status, 0);
	}
	for (i = 0; i < 5; i++) {
		(void)snprintf(what, sizeof(what), "key %d", i + 1);
		CHECK_INT(what, turns[i + 1],
			  PROCESSES * EACH / 14 * weights[i]);
	}
}

/* --- models ------------------------------------------------------------- */

static void
test_models(void **state)
{
	struct unit_store *u = *state;
	struct store *s = u->store;
	struct key_turn turn;
	int64_t back_at;
	bool any;

	unit_add_keys(s, 3);
	set_models(s, "[1]", "imagen-*,gemini-2.5-pro");
	set_models(s, "[2]", "gemini-2.5-flash");
	check_turns("not the first one", s, MODEL, NULL, "232323");
	check_turns("a pattern", s, "imagen-4", NULL, "1313");
	check_turns("no part of a name", s, "gemini-2.5-pro-1", NULL, "33");
	check_turns("whole names", s, "gemini-2.5-pro", NULL, "1313");
	check_turns("no model in particular", s, "", NULL, "123");
	check_turns("bound to one", s, MODEL, "a", "22");
	set_models(s, "[2]", "other");
	check_turns("which may not any more", s, MODEL, "a", "33");
	set_models(s, "[3]", "other");
	CHECK_INT("nobody may",
		  store_key_turn(s, POOL_GEMINI, MODEL, NOW, NULL, 0, NULL,
				 &turn, &back_at),
		  GB_ENOTFOUND);
	CHECK_INT("waiting is no help", back_at, 0);
	assert_int_equal(store_keys_serve(s, POOL_GEMINI, MODEL, &any), GB_OK);
	CHECK("nobody may", !any);
	assert_int_equal(store_keys_serve(s, POOL_GEMINI, "other", &any),
			 GB_OK);
	CHECK("somebody may", any);
	CHECK_INT("not even the one that owns it",
		  store_key_turn_of(s, 3, MODEL, NOW, &turn, &back_at),
		  GB_EBUSY);
	CHECK_INT("as if disabled", back_at, 0);
	CHECK_INT("which may others",
		  store_key_turn_of(s, 3, "other", NOW, &turn, &back_at),
		  GB_OK);
	set_models(s, "[1,2,3]", "");
	check_turns("all again", s, MODEL, NULL, "123");
}

/* Lists are of who has a model, not of who may serve it. */
static void
test_models_and_rest(void **state)
{
	struct unit_store *u = *state;
	struct store *s = u->store;
	struct key_turn turn;
	int64_t back_at;

	unit_add_keys(s, 2);
	set_models(s, "[2]", "other");
	rest_until(u, 1, NOW + HOUR);
	CHECK_INT("it rests, the other may not",
		  store_key_turn(s, POOL_GEMINI, MODEL, NOW, NULL, 0, NULL,
				 &turn, &back_at),
		  GB_ENOTFOUND);
	CHECK_INT("when it comes back", back_at, NOW + HOUR);
}

/* --- fields ------------------------------------------------------------- */

static void
test_fields(void **state)
{
	static char long_note[KEY_NOTE_MAX + 2];
	static const struct {
		const char *what;
		struct key_fields f;
		bool want;
	} rows[] = {
	    {"nothing", {.weight = 0}, true},
	    {"the most", {.weight = KEY_WEIGHT_MAX}, true},
	    {"too heavy", {.weight = KEY_WEIGHT_MAX + 1}, false},
	    {"below nothing", {.weight = -1}, false},
	    {"patterns", {.models = "a-*,b.1"}, true},
	    {"untidy patterns", {.models = "a-*, b.1"}, false},
	    {"a set of characters", {.models = "a[b]"}, false},
	    {"a note", {.note = "paid by Ann"}, true},
	    {"two lines", {.note = "a\nb"}, false},
	    {"too long a note", {.note = long_note}, false},
	    {"a guess's name", {.project = "~1"}, false},
	};
	struct unit_store *u = *state;
	struct key_filter all = {.ids = NULL};
	int64_t chosen;
	size_t i;

	memset(long_note, 'n', sizeof(long_note) - 1);
	for (i = 0; i < GB_COUNT(rows); i++) {
		CHECK_INT(rows[i].what, key_fields_plausible(&rows[i].f),
			  rows[i].want);
		chosen = 1;
		CHECK_INT(rows[i].what,
			  store_keys_set(u->store, &all, &rows[i].f, NOW,
					 &chosen),
			  rows[i].want ? GB_OK : GB_EINVAL);
		CHECK_INT("no key", chosen, 0);
	}
}

static void
test_tidy_models(void **state)
{
	static const struct {
		const char *text, *want;
	} tidy[] = {
	    {"", ""},
	    {"  ", ""},
	    {"a", "a"},
	    {" a , b ", "a,b"},
	    {"models/a", "a"},
	    {"a,,b", NULL},
	    {",", NULL},
	    {"a b", NULL},
	    {"a?", NULL},
	    {"*", "*"},
	    {"models/", "models/"},
	};
	char out[KEY_MODELS_MAX + 1], text[KEY_MODELS_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(tidy); i++) {
		CHECK_INT(tidy[i].text, key_models_tidy(tidy[i].text, out),
			  tidy[i].want != NULL);
		CHECK_STR(tidy[i].text, out,
			  tidy[i].want == NULL ? "" : tidy[i].want);
	}
	memset(text, 'm', KEY_MODELS_MAX + 1);
	text[KEY_MODELS_MAX + 1] = '\0';
	CHECK("too long", !key_models_tidy(text, out));
	CHECK("just short enough", key_models_tidy(text + 1, out));
}

static void
test_set(void **state)
{
	struct unit_store *u = *state;
	struct store *s = u->store;
	const struct key_filter paid = {.by_tier = true, .tier = TIER_PAID};
	const struct key_fields all = {.project = "p",
				       .by_tier = true,
				       .tier = TIER_PAID,
				       .weight = 3,
				       .models = "a,b",
				       .note = "mine"};
	struct key_rows rows;
	int64_t before, chosen;

	unit_add_keys(s, 3);
	set_of(s, "[2]", &all);
	assert_int_equal(store_keys_page(s, &paid, NOW, 0, 10, &rows), GB_OK);
	assert_int_equal(rows.count, 1);
	CHECK_INT("id", rows.rows[0].id, 2);
	CHECK_INT("weight", rows.rows[0].weight, 3);
	CHECK_STR("models", rows.rows[0].models, "a,b");
	CHECK_STR("note", rows.rows[0].note, "mine");
	CHECK_STR("project", rows.rows[0].project, "p");
	key_rows_free(&rows);

	assert_int_equal(store_generation(s, &before), GB_OK);
	assert_int_equal(store_keys_set(s, &paid,
					&(const struct key_fields){.weight = 3,
								   .note =
								       "mine"},
					NOW, &chosen),
			 GB_OK);
	CHECK_INT("as it was", chosen, 1);
	assert_int_equal(store_generation(s, &chosen), GB_OK);
	CHECK_INT("nothing was written", chosen, before);

	set_of(s, "[2]", &(const struct key_fields){.note = ""});
	assert_int_equal(store_keys_page(s, &paid, NOW, 0, 10, &rows), GB_OK);
	CHECK_STR("no note", rows.rows[0].note, "");
	CHECK_STR("the rest stays", rows.rows[0].models, "a,b");
	key_rows_free(&rows);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_tiers),
	    WITH_STORE(test_tiers_affinity),
	    WITH_STORE(test_tiers_several),
	    WITH_STORE(test_weights),
	    WITH_STORE(test_weights_change),
	    WITH_STORE(test_weights_processes),
	    WITH_STORE(test_models),
	    WITH_STORE(test_models_and_rest),
	    WITH_STORE(test_fields),
	    cmocka_unit_test(test_tidy_models),
	    WITH_STORE(test_set),
	};

	return cmocka_run_group_tests_name("key_choice", tests, NULL, NULL);
}
