/* test_no_turn.c: that no key has a turn is known without looking again, until
 * the first one comes back, or something changed in whatever process */
#include "unit_disk.h"

#define MODEL "gemini-2.5-flash"
#define NOW   UNIT_NOW
#define HOUR  INT64_C(3600000)
#define KEYS  3

/* Which key's turn it is; 0: nobody's, until "*back_at". */
static int64_t
turn_at(struct store *s, int64_t now_ms, int64_t *back_at)
{
	struct key_turn turn;
	enum gb_err rc;

	rc = store_key_turn(s, POOL_GEMINI, MODEL, now_ms, NULL, 0, NULL, &turn,
			    back_at);
	CHECK("a turn, or none", rc == GB_OK || rc == GB_ENOTFOUND);
	return turn.id;
}

/* All rest for the model, the third one as a whole; that was found. */
static void
have_all_rest(struct unit_store *u)
{
	int64_t back_at;

	unit_add_keys(u->store, KEYS);
	unit_sql(u->path,
		 "INSERT INTO key_models (key_id, model, ready_at, streak,"
		 " reason) SELECT id, '" MODEL "', 1737003600000 + id, 1, 'x'"
		 " FROM keys WHERE id < 3",
		 NULL, 0);
	unit_sql(u->path,
		 "UPDATE keys SET ready_at = 1737003600003 WHERE id = 3", NULL,
		 0);
	CHECK_INT("none", turn_at(u->store, NOW, &back_at), 0);
	CHECK_INT("until", back_at, NOW + HOUR + 1);
}

/* It is known: a change that nothing counts is not seen. */
static void
test_known(void **state)
{
	struct unit_store *u = *state;
	struct key_turn turns[2];
	int64_t back_at;

	have_all_rest(u);
	unit_sql(u->path, "DROP TRIGGER keys_changed", NULL, 0);
	unit_sql(u->path, "UPDATE keys SET ready_at = 0", NULL, 0);
	CHECK_INT("none", turn_at(u->store, NOW, &back_at), 0);
	CHECK_INT("until", back_at, NOW + HOUR + 1);
	CHECK_INT("nor several",
		  store_key_turns(u->store, POOL_GEMINI, MODEL, NOW, NULL,
				  turns, 2, &back_at),
		  GB_ENOTFOUND);
	CHECK_INT("until", back_at, NOW + HOUR + 1);
	CHECK_INT("nothing is known of another model",
		  store_key_turn(u->store, POOL_GEMINI, "other", NOW, NULL, 0,
				 NULL, &turns[0], &back_at),
		  GB_OK);
	CHECK_INT("of another pool",
		  store_key_turn(u->store, POOL_VERTEX, MODEL, NOW, NULL, 0,
				 NULL, &turns[0], &back_at),
		  GB_ENOTFOUND);
	CHECK_INT("there is no key", back_at, 0);
	CHECK_INT("not any longer",
		  turn_at(u->store, NOW + HOUR + 1, &back_at) > 0, 1);
}

/* Where all are out of service, time alone brings none back. */
static void
test_for_good(void **state)
{
	static const char *const changes[] = {
	    "UPDATE keys SET disabled_by = 2 WHERE id = 3",
	    "DELETE FROM keys WHERE id = 2",
	    "UPDATE key_models SET disabled_by = 2",
	};
	struct unit_store *u = *state;
	int64_t back_at;
	size_t i;

	have_all_rest(u);
	for (i = 0; i < GB_COUNT(changes); i++) {
		CHECK_INT("none", turn_at(u->store, NOW, &back_at), 0);
		CHECK("until then", back_at > NOW);
		unit_sql(u->path, changes[i], NULL, 0);
	}
	CHECK_INT("none", turn_at(u->store, NOW, &back_at), 0);
	CHECK_INT("nor ever", back_at, 0);
	unit_sql(u->path, "DROP TRIGGER keys_changed", NULL, 0);
	unit_sql(u->path, "UPDATE keys SET disabled_by = 0", NULL, 0);
	CHECK_INT("that is known", turn_at(u->store, NOW + 2 * HOUR, &back_at),
		  0);
	CHECK_INT("nor ever", back_at, 0);
	unit_sql(u->path, "UPDATE meta SET key_changes = key_changes + 1", NULL,
		 0);
	CHECK("one is enabled",
	      turn_at(u->store, NOW + 2 * HOUR, &back_at) > 0);
}

/* What takes the last ones out of service is told at once, too. */
static void
test_last(void **state)
{
	static const char *const changes[] = {
	    "UPDATE keys SET disabled_by = 1",
	    "DELETE FROM keys",
	    "UPDATE key_models SET disabled_by = 2",
	    "UPDATE keys SET models = 'imagen-*'",
	    "UPDATE keys SET pool = 'vertex'",
	    "INSERT INTO key_models (key_id, model, ready_at, streak, reason,"
	    " disabled_by) VALUES (1, '" MODEL "', 1737999999999, 0, '', 2)",
	};
	struct unit_store *u = *state;
	int64_t back_at;
	size_t i;

	for (i = 0; i < GB_COUNT(changes); i++) {
		unit_sql(u->path, "DELETE FROM key_models", NULL, 0);
		unit_sql(u->path, "DELETE FROM keys", NULL, 0);
		unit_sql(u->path,
			 "INSERT INTO keys (id, pool, secret, created_at,"
			 " ready_at) VALUES (1, '', 'one', 1, 1737003600000)",
			 NULL, 0);
		if (i == 2)
			unit_sql(u->path,
				 "INSERT INTO key_models (key_id, model,"
				 " ready_at, streak, reason) VALUES"
				 " (1, '" MODEL "', 1737003600000, 0, '')",
				 NULL, 0);
		CHECK_INT(changes[i], turn_at(u->store, NOW, &back_at), 0);
		CHECK_INT(changes[i], back_at, NOW + HOUR);
		unit_sql(u->path, changes[i], NULL, 0);
		CHECK_INT(changes[i], turn_at(u->store, NOW, &back_at), 0);
		CHECK_INT(changes[i], back_at, 0);
	}
}

/* Two keys: the second one rests, the first one as the case has it. */
static void
start_anew(const struct unit_store *u, const char *before)
{
	const char *const all[] = {
	    "DELETE FROM keys",
	    "DELETE FROM key_models",
	    "DELETE FROM list_models",
	    "DELETE FROM model_lists",
	    "INSERT INTO model_lists VALUES (1, x'01', '{}')",
	    "INSERT INTO model_lists VALUES (2, x'02', '{}')",
	    "INSERT INTO list_models VALUES (2, '" MODEL "')",
	    "INSERT INTO keys (id, pool, secret, created_at) VALUES (1, '', "
	    "'one', 1)",
	    "INSERT INTO keys (id, pool, secret, created_at, ready_at)"
	    " VALUES (2, '', 'two', 1, 1737003600000)",
	    before,
	};
	size_t i;

	for (i = 0; i < GB_COUNT(all); i++)
		unit_sql(u->path, all[i], NULL, 0);
}

/* Whatever another process does, by any statement. */
static void
test_changes(void **state)
{
#define RESTS_FOR_IT \
	"INSERT INTO key_models (key_id, model, ready_at, streak, reason)" \
	" VALUES (1, '" MODEL "', 1737003600000, 1, 'x')"
#define LACKS_IT "UPDATE keys SET list_id = 1 WHERE id = 1"
	static const struct {
		const char *before, *change;
	} cases[] = {
	    {"UPDATE keys SET ready_at = 1737003600000",
	     "UPDATE keys SET ready_at = 5 WHERE id = 1"},
	    {"UPDATE keys SET disabled_by = 1 WHERE id = 1",
	     "UPDATE keys SET disabled_by = 0"},
	    {"UPDATE keys SET models = 'imagen-*' WHERE id = 1",
	     "UPDATE keys SET models = ''"},
	    {"UPDATE keys SET pool = 'vertex' WHERE id = 1",
	     "UPDATE keys SET pool = ''"},
	    {"DELETE FROM keys WHERE id = 1",
	     "INSERT INTO keys (pool, secret, created_at) VALUES ('', 'three', "
	     "1)"},
	    {RESTS_FOR_IT, "DELETE FROM key_models"},
	    {RESTS_FOR_IT, "UPDATE key_models SET ready_at = 5"},
	    {LACKS_IT, "UPDATE keys SET list_id = NULL"},
	    {LACKS_IT, "UPDATE keys SET list_id = 2"},
	    {LACKS_IT, "INSERT INTO list_models VALUES (1, '" MODEL "')"},
	    {LACKS_IT, "DELETE FROM list_models"},
	};
	struct unit_store *u = *state;
	int64_t back_at;
	size_t i;

	for (i = 0; i < GB_COUNT(cases); i++) {
		start_anew(u, cases[i].before);
		CHECK_INT(cases[i].change, turn_at(u->store, NOW, &back_at), 0);
		CHECK_INT(cases[i].change, back_at, NOW + HOUR);
		unit_sql(u->path, cases[i].change, NULL, 0);
		CHECK(cases[i].change, turn_at(u->store, NOW, &back_at) > 0);
	}
}

/* The same by this process, and by its own ways. */
static void
test_own_changes(void **state)
{
	const struct key_wish_of enable = {WISH_ENABLE, "", ""};
	const struct key_filter first = {.ids = "[1]"};
	struct unit_store *u = *state;
	int64_t back_at, chosen;
	bool revived;

	unit_add_keys(u->store, 2);
	assert_int_equal(unit_cool(u->store, 1, NOW + HOUR, "x"), GB_OK);
	assert_int_equal(unit_cool(u->store, 2, NOW + HOUR, "x"), GB_OK);
	CHECK_INT("none", turn_at(u->store, NOW, &back_at), 0);
	assert_int_equal(store_keys_wish(u->store, &first, &enable, NOW,
					 &chosen),
			 GB_OK);
	CHECK_INT("enabled", turn_at(u->store, NOW, &back_at), 1);
	assert_int_equal(unit_cool(u->store, 1, NOW + HOUR, "x"), GB_OK);
	CHECK_INT("none", turn_at(u->store, NOW, &back_at), 0);
	assert_int_equal(store_key_revive(u->store, 2, NOW, &revived), GB_OK);
	CHECK_INT("revived", turn_at(u->store, NOW, &back_at), 2);
}

/* Rests that were never written are not taken for true when they are gone. */
static void
test_outage(void **state)
{
	struct unit_store *u = *state;
	int64_t back_at;

	unit_add_keys(u->store, 1);
	disk_fill(u);
	CHECK_INT("a turn", turn_at(u->store, NOW, &back_at), 1);
	store_outage_rest(u->store, 1, MODEL, NOW + HOUR);
	CHECK_INT("none", turn_at(u->store, NOW, &back_at), 0);
	CHECK_INT("until", back_at, NOW + HOUR);
	disk_free();
	assert_int_equal(unit_cool(u->store, 1, NOW - 1, "x"), GB_OK);
	CHECK_INT("it is over", turn_at(u->store, NOW, &back_at), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_DISK(test_last),	 WITH_DISK(test_known),
	    WITH_DISK(test_for_good),	 WITH_DISK(test_changes),
	    WITH_DISK(test_own_changes), WITH_DISK(test_outage),
	};

	return cmocka_run_group_tests_name("no_turn", tests, NULL, NULL);
}
