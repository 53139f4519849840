/* test_projects.c: keys that share quotas, as said, as learned and as guessed
 */
#include "unit_store.h"

#include "base/clock.h"
#include "keys/pool.h"
#include "store/journal.h"

#define MODEL  "gemini-2.5-flash"
#define NOW    UNIT_NOW
#define SECOND INT64_C(1000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)
#define DAY_ID "GenerateRequestsPerDayPerProjectPerModel-FreeTier"

static void
use_up(struct store *s, int64_t key, int64_t now_ms, const char *quota,
       int64_t value, const char *consumer)
{
	struct key_outcome outcome;
	const struct key_case c = {
	    .key_id = key,
	    .now_ms = now_ms,
	    .exit = "direct",
	    .model = MODEL,
	    .named = "",
	    .sentence = SENTENCE_COOL_MODEL,
	    .project = true,
	    .until_ms = now_ms + 12 * HOUR,
	    .consumer = consumer,
	    .quota = quota,
	    .quota_value = value,
	    .status = 429,
	    .error_class = "rate_limit_day",
	    .request_id = "r",
	    .reason = "quota",
	};

	assert_int_equal(store_key_judged(s, &c, &outcome), GB_OK);
}

/* Keys that have a turn for the model. */
static int
count_awake(struct unit_store *u, int64_t now_ms)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM keys k WHERE NOT EXISTS (SELECT 1 "
		       "FROM key_models m WHERE m.key_id = k.id AND m.model = "
		       "'" MODEL "' AND m.ready_at > %lld)",
		       (long long)now_ms);
	return (int)unit_sql(u->path, sql, NULL, 0);
}

/* How the key came to its project: enum key_project_by. */
static int64_t
project_by(const struct unit_store *u, int id)
{
	char sql[64];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT project_by FROM keys WHERE id = %d", id);
	return unit_sql(u->path, sql, NULL, 0);
}

/* Ten keys of two projects: two calls, and all know. */
static void
test_declared(void **state)
{
	struct unit_store *u = *state;
	struct key_turn turn;
	char text[UNIT_HISTORY_MAX];
	int64_t back_at, id;
	int wasted;

	unit_add_keys(u->store, 10);
	for (id = 1; id <= 10; id++)
		assert_int_equal(unit_wish(u->store, id, WISH_PROJECT, NOW,
					   id % 2 ? "odd" : "even"),
				 GB_OK);
	for (wasted = 0;
	     store_key_turn(u->store, POOL_GEMINI, MODEL, NOW + wasted, NULL, 0,
			    NULL, &turn, &back_at) == GB_OK;
	     wasted++)
		use_up(u->store, turn.id, NOW + wasted, DAY_ID, 20, "");
	CHECK_INT("calls that were wasted", wasted, 2);
	CHECK("they come back", back_at >= NOW + 12 * HOUR);
	unit_history(u->store, 5, text);
	CHECK_STR("its project's", text,
		  MODEL ":ready>cooling project 429 quota");
	CHECK_INT("for this model only",
		  store_key_turn(u->store, POOL_GEMINI, "other", NOW, NULL, 0,
				 NULL, &turn, &back_at),
		  GB_OK);
	/* What a person disabled, or the key's own, is not touched by that. */
	assert_int_equal(unit_wish(u->store, 1, WISH_ENABLE, NOW, ""), GB_OK);
	assert_int_equal(unit_disable(u->store, 3, NOW, "mine"), GB_OK);
	use_up(u->store, 1, NOW + 5, DAY_ID, 20, "");
	CHECK_INT("off", unit_key_state(u->store, 3, NOW + 6, text),
		  KEY_DISABLED);
	CHECK_STR("as he said", text, "mine");
}

/* The answer names it. */
static void
test_learned(void **state)
{
	struct unit_store *u = *state;
	char text[UNIT_HISTORY_MAX];

	unit_add_keys(u->store, 4);
	use_up(u->store, 1, NOW, DAY_ID, 20, "projects/7");
	use_up(u->store, 2, NOW, DAY_ID, 20, "projects/7");
	CHECK_INT("two rest", count_awake(u, NOW + 1), 2);
	CHECK_INT("two belong together",
		  unit_sql(u->path,
			   "SELECT count(*) FROM keys WHERE project = "
			   "'projects/7' AND project_by = 2",
			   NULL, 0),
		  2);
	use_up(u->store, 2, NOW + DAY, DAY_ID, 20, "");
	CHECK_INT("one's word is for both", count_awake(u, NOW + DAY + 1), 2);
	/* A person knows better. */
	assert_int_equal(unit_wish(u->store, 1, WISH_PROJECT, NOW, "mine"),
			 GB_OK);
	use_up(u->store, 1, NOW + 2 * DAY, DAY_ID, 20, "projects/7");
	unit_sql(u->path, "SELECT project FROM keys WHERE id = 1", text,
		 sizeof(text));
	CHECK_STR("declared", text, "mine");
	CHECK_INT("not 2", count_awake(u, NOW + 2 * DAY + 1), 3);
}

/* Days on which 1 and 2 run dry together, and 3 by itself. */
static void
live_days(struct unit_store *u, int days)
{
	int64_t at;
	int day;

	for (day = 0; day < days; day++) {
		at = NOW + day * DAY;
		use_up(u->store, 1, at, DAY_ID, 20, "");
		use_up(u->store, 2, at + 2 * SECOND, DAY_ID, 20, "");
		use_up(u->store, 3, at + HOUR, DAY_ID, 20, "");
	}
}

static void
test_guessed(void **state)
{
	struct unit_store *u = *state;
	int64_t at;
	bool closed;

	unit_add_keys(u->store, 4);
	live_days(u, 1);
	CHECK_INT("once may be chance",
		  unit_sql(u->path,
			   "SELECT count(*) FROM keys WHERE project <> ''",
			   NULL, 0),
		  0);
	unit_sql(u->path, "DELETE FROM key_models", NULL, 0);
	use_up(u->store, 4, NOW + 2 * DAY, DAY_ID, 20, "");
	use_up(u->store, 1, NOW + 2 * DAY + SECOND, DAY_ID, 20, "");
	CHECK_INT("once with the one and once with another, too",
		  unit_sql(u->path,
			   "SELECT count(*) FROM keys WHERE project <> ''",
			   NULL, 0),
		  0);
	unit_sql(u->path, "DELETE FROM key_models", NULL, 0);
	at = NOW + 4 * DAY;
	use_up(u->store, 1, at, DAY_ID, 20, "");
	use_up(u->store, 2, at + 2 * SECOND, DAY_ID, 20, "");
	CHECK_INT("twice is a guess",
		  unit_sql(u->path,
			   "SELECT count(*) FROM keys WHERE project_by = 1 AND "
			   "project = '~1' AND id <= 2",
			   NULL, 0),
		  2);
	CHECK_INT("about these alone",
		  unit_sql(u->path,
			   "SELECT count(*) FROM keys WHERE project <> ''",
			   NULL, 0),
		  2);

	/* One's word rests both, but the other is asked again in a minute. */
	unit_sql(u->path, "DELETE FROM key_models", NULL, 0);
	at += DAY;
	use_up(u->store, 1, at, DAY_ID, 20, "");
	CHECK_INT("both rest", count_awake(u, at + 30 * SECOND), 2);
	CHECK_INT("the other's minute is over",
		  count_awake(u, at + 61 * SECOND), 3);

	/* It works: the guess was wrong. */
	assert_int_equal(store_key_succeeded(u->store, 2, POOL_GEMINI, MODEL,
					     "direct", at + 62 * SECOND,
					     &closed),
			 GB_OK);
	CHECK_INT("no project", project_by(u, 2), 0);
	use_up(u->store, 1, at + DAY, DAY_ID, 20, "");
	CHECK_INT("it is not believed again", count_awake(u, at + DAY + 1), 3);
}

static void
answered(struct store *s, int64_t key, const char *model, int64_t now_ms)
{
	struct journal_entry e = {
	    .time_ms = now_ms,
	    .request_id = "r",
	    .key_id = key,
	    .endpoint = "chat.completions",
	    .status = 200,
	    .error_class = "",
	};
	const struct journal_entry *all[] = {&e};

	(void)snprintf(e.model, sizeof(e.model), "%s", model);
	assert_int_equal(store_journal_write(s, all, 1), GB_OK);
}

/* 1 and 2 run dry together on two days, but one of them, or a key that belongs
 * to it, answers ("by", for MODEL, at "at") after the other was told. */
static void
test_not_together(void **state)
{
	static const struct {
		const char *what;
		int64_t by, at;
		int together;
	} cases[] = {
	    {"before", 2, -HOUR, 2},
	    {"after: they do not share it", 2, HOUR, 0},
	    {"the other way round", 1, HOUR, 0},
	    {"a key of its group", 3, HOUR, 0},
	    {"when there was quota again", 2, 20 * HOUR, 2},
	    {"another key", 4, HOUR, 2},
	};
	struct unit_store *u = *state;
	int64_t began = clock_pacific_midnight_ms(NOW), day;
	size_t i;

	unit_add_keys(u->store, 4);
	for (i = 0; i < GB_COUNT(cases); i++) {
		unit_sql(u->path, "DELETE FROM key_models", NULL, 0);
		unit_sql(u->path, "DELETE FROM key_events", NULL, 0);
		unit_sql(u->path, "DELETE FROM requests", NULL, 0);
		unit_sql(u->path,
			 "UPDATE keys SET project_by = (id = 3), project ="
			 " iif(id = 3, '~2', '')",
			 NULL, 0);
		unit_sql(u->path,
			 "UPDATE keys SET project_by = 1, project = '~2'"
			 " WHERE id = 2",
			 NULL, 0);
		for (day = began; day <= began + DAY; day += DAY) {
			unit_sql(u->path, "DELETE FROM key_models", NULL, 0);
			use_up(u->store, 1, day + 6 * HOUR, DAY_ID, 20, "");
			use_up(u->store, 2, day + 6 * HOUR + SECOND, DAY_ID, 20,
			       "");
			if (day == began)
				answered(u->store, cases[i].by, MODEL,
					 day + 6 * HOUR + cases[i].at);
		}
		CHECK_INT(cases[i].what,
			  unit_sql(u->path,
				   "SELECT count(*) FROM keys WHERE id <= 2"
				   " AND project = (SELECT project FROM keys"
				   " WHERE id = 1) AND project <> ''",
				   NULL, 0),
			  cases[i].together);
	}
}

/* Which key of a guess is asked again a minute after 1 ran dry; 0: none. */
static int64_t
probed(struct unit_store *u, int64_t at)
{
	char sql[256];

	unit_sql(u->path, "DELETE FROM key_models", NULL, 0);
	use_up(u->store, 1, at, DAY_ID, 20, "");
	(void)snprintf(sql, sizeof(sql),
		       "SELECT sum(key_id) FROM key_models WHERE cause = 1"
		       " AND ready_at <= %lld",
		       (long long)(at + 61 * SECOND));
	return unit_sql(u->path, sql, NULL, 0);
}

/* Each has its turn, so that one which does not belong there is found. */
static void
test_probed(void **state)
{
	struct unit_store *u = *state;
	int64_t at = NOW;
	bool closed;

	unit_add_keys(u->store, 4);
	unit_sql(u->path, "UPDATE keys SET project = '~1', project_by = 1",
		 NULL, 0);
	CHECK_INT("the first", probed(u, at), 2);
	use_up(u->store, 2, at + 62 * SECOND, DAY_ID, 20, "");
	CHECK_INT("the next", probed(u, at += DAY), 3);
	/* For one whose rest is over in seconds, that it works is no news. */
	unit_sql(u->path,
		 "UPDATE key_models SET ready_at = 1737086464000"
		 " WHERE key_id = 1",
		 NULL, 0);
	assert_int_equal(store_key_succeeded(u->store, 3, POOL_GEMINI, MODEL,
					     "direct", at + 62 * SECOND,
					     &closed),
			 GB_OK);
	CHECK_INT("it stays", project_by(u, 3), 1);
	CHECK_INT("until it is told", probed(u, at += DAY), 3);
	use_up(u->store, 3, at + 62 * SECOND, DAY_ID, 20, "");
	CHECK_INT("the last", probed(u, at += DAY), 4);
	use_up(u->store, 4, at + 62 * SECOND, DAY_ID, 20, "");
	CHECK_INT("and again", probed(u, at += DAY), 2);
	use_up(u->store, 2, at + 62 * SECOND, DAY_ID, 20, "");
	CHECK_INT("in this order", probed(u, at + DAY), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_declared), WITH_STORE(test_learned),
	    WITH_STORE(test_guessed),  WITH_STORE(test_not_together),
	    WITH_STORE(test_probed),
	};

	return cmocka_run_group_tests_name("projects", tests, NULL, NULL);
}
