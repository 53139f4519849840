/*
 * test_key_health.c: the history of keys, what a person wants of many of them,
 * and breakers that several processes share
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
#define PROCESSES 4
#define DUE	  40 /* keys */

/* --- history -------------------------------------------------------------- */

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
	char text[UNIT_HISTORY_MAX];
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
		unit_history(u->store, 1, text);
		CHECK_STR(stories[i].what, text, stories[i].want);
		unit_history(u->store, 2, text);
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
	char have[16], text[UNIT_HISTORY_MAX];

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
	CHECK_INT("gone", wish(u->store, &all, WISH_REMOVE, ""), 3);
	unit_history(u->store, 2, text);
	CHECK_STR("the history stays", text,
		  "ready>off person 0 said, off>ready person 0 said");
}

/* One model: whatever is answered, until a person says so. */
static void
test_wishes_of_a_model(void **state)
{
	const struct key_filter all = {.ids = NULL}, two = {.ids = "[2]"};
	struct unit_store *u = *state;
	struct key_turn turn;
	int64_t back_at, gone;
	char text[UNIT_HISTORY_MAX];

	unit_add_keys(u->store, 3);
	CHECK_INT("model off", wish(u->store, &all, WISH_DISABLE_MODEL, MODEL),
		  3);
	assert_int_equal(unit_succeeded(u->store, 2, MODEL, NOW + 1), GB_OK);
	assert_int_equal(unit_cool_model(u->store, 2, MODEL, NOW + 2,
					 NOW + HOUR, "x"),
			 GB_OK);
	CHECK_INT("clear", wish(u->store, &all, WISH_CLEAR, ""), 3);
	CHECK_INT("clear", wish(u->store, &all, WISH_CLEAR_MODEL, MODEL), 3);
	assert_int_equal(store_keys_forget_models(u->store, NOW + 9 * DAY, 99,
						  &gone),
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
	unit_history(u->store, 2, text);
	CHECK_STR("all is told", text,
		  MODEL ":ready>off person 0 said, " MODEL
			":off>ready person 0 said");
}

static void
test_names_of_projects(void **state)
{
	const struct key_filter all = {.ids = NULL};
	struct key_wish_of of = {.wish = WISH_PROJECT, .model = ""};
	struct unit_store *u = *state;
	char name[KEY_PROJECT_MAX + 2];
	int64_t chosen;

	unit_add_keys(u->store, 3);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_history),
	    WITH_STORE(test_history_pages),
	    WITH_STORE(test_filters),
	    WITH_STORE(test_wishes),
	    WITH_STORE(test_wishes_of_a_model),
	    WITH_STORE(test_names_of_projects),
	    WITH_STORE(test_shared),
	    WITH_STORE(test_model_turns),
	    WITH_STORE(test_recheck_processes),
	};

	return cmocka_run_group_tests_name("key health", tests, NULL, NULL);
}
