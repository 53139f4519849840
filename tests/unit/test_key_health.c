/*
 * test_key_health.c: the history of keys, what a person wants of many of them,
 * projects, and breakers that several processes share
 */
#include "unit_store.h"

#include <sys/wait.h>

#include "base/clock.h"
#include "keys/pool.h"
#include "store/breakers.h"
#include "store/journal.h"
#include "store/key_history.h"

#define MODEL	  "gemini-2.5-flash"
#define NOW	  UNIT_NOW
#define SECOND	  INT64_C(1000)
#define HOUR	  (3600 * SECOND)
#define DAY	  (24 * HOUR)
#define DAY_ID	  "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
#define TEXT_MAX  1024
#define PROCESSES 4
#define DUE	  40 /* keys */

/* --- history -------------------------------------------------------------- */

/* The rows of a key, the oldest first, "ready>disabled answer 400 r1" … */
static void
tell_history(struct store *s, int64_t key_id, char text[TEXT_MAX])
{
	const struct key_history_filter f = {.key_id = key_id};
	const struct key_event *e;
	struct key_events events;
	size_t i;

	assert_int_equal(store_key_history(s, &f, &events), GB_OK);
	text[0] = '\0';
	for (i = events.count; i-- > 0;) {
		e = &events.rows[i];
		(void)snprintf(text + strlen(text), TEXT_MAX - strlen(text),
			       "%s%s%s%s>%s %s %d %s", text[0] ? ", " : "",
			       e->model, e->model[0] ? ":" : "",
			       key_standing_names[e->from],
			       key_standing_names[e->to],
			       key_cause_names[e->cause], e->status, e->reason);
	}
	key_events_free(&events);
}

/* What was done, and what it left in the history of key 1. */
static enum gb_err
do_step(struct store *s, const char *what, int64_t now_ms)
{
	bool revived;

	if (strcmp(what, "cool") == 0)
		return unit_judged(s,
				   (struct key_case){.key_id = 1,
						     .now_ms = now_ms,
						     .sentence = SENTENCE_COOL,
						     .until_ms = now_ms + HOUR,
						     .status = 402,
						     .reason = "money"});
	if (strcmp(what, "model") == 0)
		return unit_cool_model(s, 1, MODEL, now_ms, now_ms + HOUR,
				       "quota");
	if (strcmp(what, "kill") == 0)
		return unit_disable_by_system(s, 1, now_ms, "dead");
	if (strcmp(what, "strike") == 0)
		return unit_count_failure(s, 1, 2, 0, now_ms, "no");
	if (strcmp(what, "off") == 0)
		return unit_disable(s, 1, now_ms, "mine");
	if (strcmp(what, "clear") == 0)
		return unit_wish(s, 1, WISH_CLEAR, now_ms, "cleared");
	if (strcmp(what, "on") == 0)
		return unit_wish(s, 1, WISH_ENABLE, now_ms, "on");
	return store_key_revive(s, 1, now_ms, &revived);
}

static void
test_history(void **state)
{
	static const struct {
		const char *what, *steps[5], *want;
	} stories[] = {
	    {"a rest", {"cool"}, "ready>cooling answer 402 money"},
	    {"told once", {"cool", "cool"}, "ready>cooling answer 402 money"},
	    {"for a model", {"model"}, MODEL ":ready>cooling answer 0 quota"},
	    {"a dead one", {"kill", "kill"}, "ready>disabled answer 0 dead"},
	    {"from its rest",
	     {"cool", "kill"},
	     "ready>cooling answer 402 money, cooling>disabled answer 0 dead"},
	    {"strikes",
	     {"strike", "strike"},
	     "ready>ready answer 0 failure 1 of 2: no, "
	     "ready>disabled answer 0 failure 2 of 2: no"},
	    {"it works",
	     {"kill", "probe"},
	     "ready>disabled answer 0 dead, "
	     "disabled>ready probe 200 it works"},
	    {"it works, which is no news", {"probe"}, ""},
	    {"a person",
	     {"off", "on"},
	     "ready>off person 0 mine, off>ready person 0 on"},
	    {"a person's stays",
	     {"off", "kill", "cool", "strike", "probe"},
	     "ready>off person 0 mine"},
	    {"cleared",
	     {"cool", "model", "clear"},
	     "ready>cooling answer 402 money, " MODEL
	     ":ready>cooling answer 0 quota, " MODEL
	     ":cooling>ready person 0 cleared, "
	     "cooling>ready person 0 cleared"},
	    {"cleared, but not enabled",
	     {"kill", "clear"},
	     "ready>disabled answer 0 dead"},
	    {"enabled for good",
	     {"kill", "on", "kill"},
	     "ready>disabled answer 0 dead, disabled>ready person 0 on, "
	     "ready>disabled answer 0 dead"},
	};
	char text[TEXT_MAX];
	struct unit_store *u;
	void *each;
	size_t i, j;

	(void)state;
	for (i = 0; i < GB_COUNT(stories); i++) {
		assert_int_equal(unit_store_setup(&each), 0);
		u = each;
		unit_add_keys(u->store, 2);
		for (j = 0; j < 5 && stories[i].steps[j] != NULL; j++)
			CHECK_INT(stories[i].what,
				  do_step(u->store, stories[i].steps[j],
					  NOW + (int64_t)j),
				  GB_OK);
		tell_history(u->store, 1, text);
		CHECK_STR(stories[i].what, text, stories[i].want);
		tell_history(u->store, 2, text);
		CHECK_STR("nobody else's", text, "");
		unit_store_teardown(&each);
	}
}

/* Pages, filters, and what is deleted. */
static void
test_history_pages(void **state)
{
	struct unit_store *u = *state;
	struct key_history_filter f = {.limit = 3};
	struct key_events events;
	int64_t deleted, last;
	size_t seen, count, j;
	int i;

	unit_add_keys(u->store, 2);
	for (i = 0; i < 10; i++)
		assert_int_equal(unit_count_failure(u->store, 1 + i % 2, 99, 0,
						    NOW + i, "x"),
				 GB_OK);
	last = INT64_MAX;
	for (seen = 0; seen < 20; seen += count) {
		assert_int_equal(store_key_history(u->store, &f, &events),
				 GB_OK);
		count = events.count;
		for (j = 0; j < count; j++) {
			CHECK("the newest first", events.rows[j].id < last);
			last = events.rows[j].id;
		}
		key_events_free(&events);
		if (count == 0)
			break;
		f.before_id = last;
	}
	CHECK_INT("all of them", seen, 10);

	f = (struct key_history_filter){.since_ms = NOW + 4,
					.until_ms = NOW + 6};
	assert_int_equal(store_key_history(u->store, &f, &events), GB_OK);
	CHECK_INT("of two milliseconds", events.count, 2);
	key_events_free(&events);
	f = (struct key_history_filter){.model = "none"};
	assert_int_equal(store_key_history(u->store, &f, &events), GB_OK);
	CHECK_INT("of no model", events.count, 0);
	key_events_free(&events);

	assert_int_equal(store_key_history_expire(u->store, NOW + 2, 100,
						  &deleted),
			 GB_OK);
	CHECK_INT("too old", deleted, 2);
	assert_int_equal(store_key_history_trim(u->store, 3, 100, &deleted),
			 GB_OK);
	CHECK_INT("too many", deleted, 5);
	CHECK_INT("left",
		  unit_sql(u->path, "SELECT min(time_ms) FROM key_events", NULL,
			   0),
		  NOW + 7);
}

/* --- wishes --------------------------------------------------------------- */

static int64_t
wish(struct store *s, const struct key_filter *f, enum key_wish wish,
     const char *model)
{
	const struct key_wish_of of = {.wish = wish,
				       .text = "said",
				       .model = model};
	int64_t chosen;

	assert_int_equal(store_keys_wish(s, f, &of, NOW, &chosen), GB_OK);
	return chosen;
}

/* The keys in service, as digits. */
static void
tell_ready(struct store *s, char text[16])
{
	struct key_rows rows;
	size_t i, n;

	assert_int_equal(store_keys_list(s, NOW, &rows), GB_OK);
	for (i = n = 0; i < rows.count; i++)
		if (rows.rows[i].state == KEY_READY)
			text[n++] = (char)('0' + rows.rows[i].id);
	text[n] = '\0';
	key_rows_free(&rows);
}

static void
test_filters(void **state)
{
	static const struct {
		const char *what;
		struct key_filter f;
		const char *want; /* chosen, of 1 ready, 2 cooling, 3 disabled,
				     4 off, 5 of Vertex AI */
	} filters[] = {
	    {"all", {.ids = NULL}, "12345"},
	    {"ids", {.ids = "[4,2,77]"}, "24"},
	    {"no ids", {.ids = "[]"}, ""},
	    {"ready", {.by_standing = true}, "15"},
	    {"cooling", {.by_standing = true, .standing = STANDS_COOLING}, "2"},
	    {"disabled",
	     {.by_standing = true, .standing = STANDS_DISABLED},
	     "3"},
	    {"off", {.by_standing = true, .standing = STANDS_OFF}, "4"},
	    {"a pool", {.by_pool = true, .pool = POOL_VERTEX}, "5"},
	    {"the other", {.by_pool = true}, "1234"},
	    {"a project", {.project = "p"}, "13"},
	    {"without one", {.project = ""}, "245"},
	    {"words", {.words = "DEAD"}, "3"},
	    {"no pattern", {.words = "%"}, ""},
	    {"all together",
	     {.ids = "[1,2,3]",
	      .by_pool = true,
	      .project = "p",
	      .words = "dead"},
	     "3"},
	};
	struct unit_store *u = *state;
	char have[16], secret[40], *secrets[] = {secret};
	struct key_rows rows;
	size_t i, j, added;

	unit_add_keys(u->store, 4);
	unit_secret(secret, 9);
	assert_int_equal(store_keys_add(u->store, POOL_VERTEX, secrets, 1, NOW,
					&added),
			 GB_OK);
	assert_int_equal(unit_cool(u->store, 2, NOW + HOUR, "x"), GB_OK);
	assert_int_equal(unit_disable_by_system(u->store, 3, NOW, "is dead"),
			 GB_OK);
	assert_int_equal(unit_disable(u->store, 4, NOW, "x"), GB_OK);
	assert_int_equal(unit_wish(u->store, 1, WISH_PROJECT, NOW, "p"), GB_OK);
	assert_int_equal(unit_wish(u->store, 3, WISH_PROJECT, NOW, "p"), GB_OK);
	for (i = 0; i < GB_COUNT(filters); i++) {
		assert_int_equal(store_keys_page(u->store, &filters[i].f, NOW,
						 0, 99, &rows),
				 GB_OK);
		for (j = 0; j < rows.count; j++)
			have[j] = (char)('0' + rows.rows[j].id);
		have[j] = '\0';
		key_rows_free(&rows);
		CHECK_STR(filters[i].what, have, filters[i].want);
		CHECK_INT(filters[i].what,
			  wish(u->store, &filters[i].f, WISH_PROJECT, "") -
			      (int64_t)strlen(have),
			  0);
		/* That was a wish, and made them all of one project. */
		unit_sql(u->path,
			 "UPDATE keys SET project = iif(id IN (1, 3), 'p', '')",
			 NULL, 0);
	}
}

static void
test_wishes(void **state)
{
	const struct key_filter all = {.ids = NULL}, two = {.ids = "[2]"};
	struct unit_store *u = *state;
	struct key_wish_of of = {.wish = WISH_PROJECT, .model = ""};
	char have[16], text[TEXT_MAX], name[KEY_PROJECT_MAX + 2];
	struct key_turn turn;
	int64_t back_at, chosen;

	unit_add_keys(u->store, 3);
	CHECK_INT("off", wish(u->store, &all, WISH_DISABLE, ""), 3);
	tell_ready(u->store, have);
	CHECK_STR("off", have, "");
	CHECK_INT("on", wish(u->store, &two, WISH_ENABLE, ""), 1);
	tell_ready(u->store, have);
	CHECK_STR("on", have, "2");
	CHECK_INT("clear", wish(u->store, &all, WISH_CLEAR, ""), 3);
	tell_ready(u->store, have);
	CHECK_STR("what a person disabled stays so", have, "2");

	/* One model: whatever is answered, until a person says so. */
	CHECK_INT("model off", wish(u->store, &all, WISH_DISABLE_MODEL, MODEL),
		  3);
	assert_int_equal(unit_succeeded(u->store, 2, MODEL, NOW + 1), GB_OK);
	assert_int_equal(unit_cool_model(u->store, 2, MODEL, NOW + 2,
					 NOW + HOUR, "x"),
			 GB_OK);
	CHECK_INT("clear", wish(u->store, &all, WISH_CLEAR, ""), 3);
	CHECK_INT("clear", wish(u->store, &all, WISH_CLEAR_MODEL, MODEL), 3);
	assert_int_equal(store_keys_forget_models(u->store, NOW + 9 * DAY, 99,
						  &chosen),
			 GB_OK);
	CHECK_INT("nobody's turn",
		  store_key_turn(u->store, POOL_GEMINI, MODEL, NOW + 9 * DAY,
				 NULL, 0, NULL, &turn, &back_at),
		  GB_ENOTFOUND);
	CHECK_INT("and waiting does not help", back_at, 0);
	CHECK_INT("another model's",
		  store_key_turn(u->store, POOL_GEMINI, "other", NOW, NULL, 0,
				 NULL, &turn, &back_at),
		  GB_OK);
	CHECK_INT("model on", wish(u->store, &two, WISH_ENABLE_MODEL, MODEL),
		  1);
	CHECK_INT("its turn",
		  store_key_turn(u->store, POOL_GEMINI, MODEL, NOW, NULL, 0,
				 NULL, &turn, &back_at),
		  GB_OK);
	tell_history(u->store, 2, text);
	CHECK_STR("all is told", text,
		  "ready>off person 0 said, off>ready person 0 said, " MODEL
		  ":ready>off person 0 said, " MODEL
		  ":off>ready person 0 said");

	/* Names of projects. */
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	of.text = name;
	CHECK_INT("too long",
		  store_keys_wish(u->store, &all, &of, NOW, &chosen),
		  GB_EINVAL);
	CHECK_INT("nothing was done", chosen, 0);
	name[KEY_PROJECT_MAX] = '\0';
	CHECK_INT("the longest",
		  store_keys_wish(u->store, &all, &of, NOW, &chosen), GB_OK);
	of.text = "a\nb";
	CHECK_INT("control", store_keys_wish(u->store, &all, &of, NOW, &chosen),
		  GB_EINVAL);
	of.text = "~1";
	CHECK_INT("a guess's",
		  store_keys_wish(u->store, &all, &of, NOW, &chosen),
		  GB_EINVAL);
	CHECK_INT("gone", wish(u->store, &all, WISH_REMOVE, ""), 3);
	tell_history(u->store, 2, text);
	CHECK("the history stays", text[0] != '\0');
}

/* --- projects ------------------------------------------------------------- */

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

/* Ten keys of two projects: two calls, and all know. */
static void
test_declared(void **state)
{
	struct unit_store *u = *state;
	struct key_turn turn;
	char text[TEXT_MAX];
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
	tell_history(u->store, 5, text);
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
	char text[TEXT_MAX];

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
	CHECK_INT("no project",
		  unit_sql(u->path, "SELECT project_by FROM keys WHERE id = 2",
			   NULL, 0),
		  0);
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
	CHECK_INT("it stays",
		  unit_sql(u->path, "SELECT project_by FROM keys WHERE id = 3",
			   NULL, 0),
		  1);
	CHECK_INT("until it is told", probed(u, at += DAY), 3);
	use_up(u->store, 3, at + 62 * SECOND, DAY_ID, 20, "");
	CHECK_INT("the last", probed(u, at += DAY), 4);
	use_up(u->store, 4, at + 62 * SECOND, DAY_ID, 20, "");
	CHECK_INT("and again", probed(u, at += DAY), 2);
	use_up(u->store, 2, at + 62 * SECOND, DAY_ID, 20, "");
	CHECK_INT("in this order", probed(u, at + DAY), 3);
}

/* --- breakers ------------------------------------------------------------- */

/* Two processes see one breaker; one call at a time finds out. */
static void
test_shared(void **state)
{
	static const struct settings cfg = {.max_failures = 3};
	struct unit_store *u = *state;
	struct key_turn turn = {.id = 1};
	struct answer a;
	struct verdict v;
	int64_t at, until;
	struct store *other;
	char ids[16];
	bool closed;
	int i;

	unit_add_keys(u->store, 4);
	assert_int_equal(store_open(&other, u->path), GB_OK);
	CHECK_INT("closed",
		  store_breaker_pass(other, BREAKER_EXIT, "p", NOW, &until),
		  GB_OK);
	for (i = 1; i <= 3; i++) {
		(void)snprintf(ids, sizeof(ids), "r%d", i);
		turn.id = i;
		unit_secret(turn.secret, i - 1);
		a = (struct answer){.fault = ANSWER_NETWORK,
				    .body = "",
				    .exit = "p",
				    .request_id = ids,
				    .now_ms = NOW - 1000 + i * 300};
		/* each process has one or two of the failures */
		pool_judge(i % 2 ? u->store : other, &cfg, &turn, MODEL, &a,
			   &v);
	}
	at = NOW - 100;
	for (i = 0; i < 8; i++) {
		CHECK_INT("open",
			  store_breaker_pass(other, BREAKER_EXIT, "p", at,
					     &until),
			  GB_EBUSY);
		CHECK("for longer each time, up to a bound",
		      until - at == (SECOND << i < 30 * SECOND ? SECOND << i
							       : 30 * SECOND));
		at = until;
		CHECK_INT("one may find out",
			  store_breaker_pass(u->store, BREAKER_EXIT, "p", at,
					     &until),
			  GB_OK);
		CHECK_INT("one only",
			  store_breaker_pass(other, BREAKER_EXIT, "p", at,
					     &until),
			  GB_EBUSY);
		a.now_ms = at;
		pool_judge(u->store, &cfg, &turn, MODEL, &a, &v);
	}
	CHECK_INT("another exit",
		  store_breaker_pass(other, BREAKER_EXIT, "q", at, &until),
		  GB_OK);
	assert_int_equal(store_key_succeeded(other, 4, POOL_GEMINI, MODEL, "p",
					     at, &closed),
			 GB_OK);
	CHECK_INT("it works", closed, true);
	CHECK_INT("closed",
		  store_breaker_pass(u->store, BREAKER_EXIT, "p", at, &until),
		  GB_OK);
	CHECK_INT("a person has nothing to close",
		  store_breaker_close(u->store, BREAKER_EXIT, "p"),
		  GB_ENOTFOUND);
	store_close(other);
}

/* A model that fails with every key has no turns. */
static void
test_model_turns(void **state)
{
	static const struct settings cfg = {.max_failures = 3};
	struct unit_store *u = *state;
	struct key_turn turn, turns[2];
	struct answer a;
	struct verdict v;
	char request[16];
	int64_t back_at, until;
	int i;

	unit_add_keys(u->store, 3);
	for (i = 0; i < 3; i++) {
		(void)snprintf(request, sizeof(request), "r%d", i);
		CHECK_INT("a turn",
			  store_key_turn(u->store, POOL_GEMINI, MODEL, NOW,
					 NULL, 0, NULL, &turn, &back_at),
			  GB_OK);
		a = (struct answer){.status = 503,
				    .body = "",
				    .request_id = request,
				    .now_ms = NOW - 600 + i * 300};
		pool_judge(u->store, &cfg, &turn, MODEL, &a, &v);
	}
	CHECK_INT("none",
		  store_key_turn(u->store, POOL_GEMINI, MODEL, NOW, NULL, 0,
				 NULL, &turn, &back_at),
		  GB_EBUSY);
	CHECK_INT("none was taken", turn.id, 0);
	CHECK_INT("for a second", back_at, NOW + SECOND);
	CHECK_INT("none of several",
		  store_key_turns(u->store, POOL_GEMINI, MODEL, NOW, NULL,
				  turns, 2, &back_at),
		  GB_EBUSY);
	CHECK_INT("another model",
		  store_key_turn(u->store, POOL_GEMINI, "other", NOW, NULL, 0,
				 NULL, &turn, &back_at),
		  GB_OK);
	CHECK("it is told that there is one", turn.troubles);
	CHECK_INT("another pool",
		  store_breaker_pass(u->store, BREAKER_MODEL, "vertex/" MODEL,
				     NOW, &until),
		  GB_OK);
	CHECK_INT("one finds out",
		  store_key_turn(u->store, POOL_GEMINI, MODEL, NOW + SECOND,
				 NULL, 0, NULL, &turn, &back_at),
		  GB_OK);
	CHECK_INT("one only",
		  store_key_turn(u->store, POOL_GEMINI, MODEL, NOW + SECOND,
				 NULL, 0, NULL, &turn, &back_at),
		  GB_EBUSY);
	/* A clock that was ahead closes nothing for long. */
	unit_sql(u->path, "UPDATE breakers SET until_ms = until_ms + 86400000",
		 NULL, 0);
	CHECK_INT("another day",
		  store_key_turn(u->store, POOL_GEMINI, MODEL, NOW + SECOND,
				 NULL, 0, NULL, &turn, &back_at),
		  GB_OK);
	CHECK_INT("a person closes it",
		  store_breaker_close(u->store, BREAKER_MODEL, MODEL), GB_OK);
	CHECK_INT("a turn",
		  store_key_turn(u->store, POOL_GEMINI, MODEL, NOW + SECOND,
				 NULL, 0, NULL, &turn, &back_at),
		  GB_OK);
	CHECK("no more troubles", !turn.troubles);
}

/* --- rechecks --------------------------------------------------------------
 */

/* Each key that is due is one process's to ask with. */
static void
test_recheck_processes(void **state)
{
	struct unit_store *u = *state;
	pid_t pids[PROCESSES];
	int i, status, taken;
	struct key_turn turn;
	struct store *s;

	unit_add_keys(u->store, DUE + 1);
	for (i = 1; i <= DUE; i++)
		assert_int_equal(unit_disable_by_system(u->store, i, NOW, "x"),
				 GB_OK);
	store_close(u->store); /* no connection goes through a fork */
	u->store = NULL;
	for (i = 0; i < PROCESSES; i++) {
		pids[i] = fork();
		assert_true(pids[i] != -1);
		if (pids[i] != 0)
			continue;
		if (store_open(&s, u->path) != GB_OK)
			_exit(255);
		for (taken = 0; store_key_recheck_take(s, NOW + HOUR, HOUR,
						       &turn) == GB_OK;
		     taken++)
			continue;
		store_close(s);
		_exit(taken);
	}
	for (taken = i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		taken += WEXITSTATUS(status);
	}
	CHECK_INT("each once", taken, DUE);
	assert_int_equal(store_open(&u->store, u->path), GB_OK);
	/* A clock that was years ahead does not stop it for as long. */
	unit_sql(u->path, "UPDATE keys SET checked_at = checked_at * 2", NULL,
		 0);
	CHECK_INT("due",
		  store_key_recheck_take(u->store, NOW + HOUR, HOUR, &turn),
		  GB_OK);
}

#define WITH_STORE(test) \
	cmocka_unit_test_setup_teardown(test, unit_store_setup, \
					unit_store_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_history), WITH_STORE(test_history_pages),
	    WITH_STORE(test_filters),	    WITH_STORE(test_wishes),
	    WITH_STORE(test_declared),	    WITH_STORE(test_learned),
	    WITH_STORE(test_not_together),  WITH_STORE(test_probed),
	    WITH_STORE(test_guessed),	    WITH_STORE(test_shared),
	    WITH_STORE(test_model_turns),   WITH_STORE(test_recheck_processes),
	};

	return cmocka_run_group_tests_name("key health", tests, NULL, NULL);
}
