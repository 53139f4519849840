/* test_pool.c: taking keys, and what verdicts do to them */
#include "unit_store.h"

#include "base/clock.h"
#include "keys/pool.h"

#define MODEL "gemini-flash-latest"
#define ERR(code, message, status, more) \
	"{\"error\":{\"code\":" code ",\"message\":\"" message \
	"\",\"status\":\"" status "\"" more "}}"
#define DAILY \
	ERR("429", "Quota.", "RESOURCE_EXHAUSTED", \
	    ",\"details\":[{\"@type\":\"type.googleapis.com/google.rpc." \
	    "QuotaFailure\",\"violations\":[{\"quotaId\":" \
	    "\"GenerateRequestsPerDayPerProjectPerModel\",\"quotaValue\":" \
	    "\"20\",\"quotaDimensions\":{\"model\":\"gemini-3.5-flash\"}}]}]")
#define EXHAUSTED \
	ERR("429", "Resource has been exhausted (e.g. check quota).", \
	    "RESOURCE_EXHAUSTED", "")
#define UNAUTHENTICATED ERR("401", "No.", "UNAUTHENTICATED", "")
#define DENIED		ERR("403", "The caller does not have permission", "X", "")

static const struct settings cfg = {.max_failures = 3};
static const struct settings strict_cfg = {.max_failures = 1};
static const struct settings no_cfg = {.max_failures = 0};

static void
judge(struct store *s, const struct settings *settings, int64_t id, int status,
      const char *body, struct verdict *v)
{
	struct key_turn turn;
	struct answer a;

	memset(&turn, 0, sizeof(turn));
	turn.id = id;
	unit_secret(turn.secret, (int)id - 1);
	memset(&a, 0, sizeof(a));
	a.status = status;
	a.body = body;
	a.body_len = strlen(body);
	a.now_ms = clock_wall_ms();
	pool_judge(s, settings, &turn, MODEL, &a, v);
}

/* Whether the key has a turn for the model, when no other key may. */
static bool
may_be_picked(struct store *s, int64_t id, const char *model)
{
	struct key_turn turn;
	int64_t tried[3], back_at;
	size_t i, count;

	for (i = count = 0; i < 4; i++)
		if ((int64_t)i + 1 != id)
			tried[count++] = (int64_t)i + 1;
	return store_key_turn(s, POOL_GEMINI, model, clock_wall_ms(), tried,
			      count, NULL, &turn, &back_at) == GB_OK;
}

static void
test_take(void **state)
{
	struct unit_store *u = *state;
	struct pool_tried tried;
	struct key_turn turn;
	int64_t back_at;
	int i;

	unit_add_keys(u->store, 3);
	memset(&tried, 0, sizeof(tried));
	for (i = 1; i <= 3; i++) {
		assert_int_equal(pool_take(u->store, POOL_GEMINI, MODEL, &tried,
					   NULL, &turn, &back_at),
				 GB_OK);
		CHECK_INT("each key once", turn.id, i);
		CHECK_INT("noted", tried.ids[tried.count - 1], i);
	}
	CHECK_INT("all were tried",
		  pool_take(u->store, POOL_GEMINI, MODEL, &tried, NULL, &turn,
			    &back_at),
		  GB_ENOTFOUND);
	CHECK_INT("none", turn.id, 0);
	CHECK_INT("they wait for nothing", back_at, 0);
	CHECK_INT("not noted", tried.count, 3);

	memset(&turn, 0xee, sizeof(turn));
	memset(&tried, 0, sizeof(tried)); /* all keys are free to take */
	tried.count = KEY_TRIED_MAX;
	back_at = 77;
	CHECK_INT("it has tried enough",
		  pool_take(u->store, POOL_GEMINI, MODEL, &tried, NULL, &turn,
			    &back_at),
		  GB_ENOTFOUND);
	CHECK_INT("none", turn.id, 0);
	CHECK_INT("back at", back_at, 0);
	CHECK_INT("not noted", tried.count, KEY_TRIED_MAX);
}

static const struct {
	const char *what;
	int status;
	const char *body;
	int row;
	bool key, model, named; /* may be picked afterwards: for another
				   model, for the one asked, for Google's */
} carried[] = {
    {"the client's (promise 3)", 400, ERR("400", "x", "INVALID_ARGUMENT", ""),
     5, true, true, true},
    {"overloaded", 503, "<html>", 29, true, true, true},
    {"an unknown model", 404, "", 17, true, true, true},
    {"garbage", 777, "{", 34, true, true, true},
    {"the day's, under both names", 429, DAILY, 19, true, false, false},
    {"some quota", 429, EXHAUSTED, 25, true, false, true},
    {"credits", 402, ERR("402", "x", "RESOURCE_EXHAUSTED", ""), 7, false, false,
     false},
    {"a bad key", 400, ERR("400", "API key not valid.", "X", ""), 1, false,
     false, false},
    {"a first strike", 401, UNAUTHENTICATED, 6, true, true, true},
};

static void
test_carried_out(void **state)
{
	struct unit_store *u = *state;
	const char *what;
	struct verdict v;
	size_t i;

	unit_add_keys(u->store, 4);
	for (i = 0; i < GB_COUNT(carried); i++) {
		what = carried[i].what;
		assert_int_equal(unit_enable(u->store, 2), GB_OK);
		judge(u->store, &cfg, 2, carried[i].status, carried[i].body,
		      &v);
		CHECK_INT(what, v.row, carried[i].row);
		CHECK_INT(what, may_be_picked(u->store, 2, "other"),
			  carried[i].key);
		CHECK_INT(what, may_be_picked(u->store, 2, MODEL),
			  carried[i].model);
		CHECK_INT(what, may_be_picked(u->store, 2, "gemini-3.5-flash"),
			  carried[i].named);
		CHECK(what, may_be_picked(u->store, 3, MODEL));

		/* A key that a person disabled stays so, and for his reason. */
		assert_int_equal(unit_disable(u->store, 2, UNIT_NOW, "mine"),
				 GB_OK);
		judge(u->store, &cfg, 2, carried[i].status, carried[i].body,
		      &v);
		CHECK(what, !may_be_picked(u->store, 2, "other"));
		/* One that is gone is no failure. */
		judge(u->store, &cfg, 77, carried[i].status, carried[i].body,
		      &v);
		CHECK_INT(what, v.row, carried[i].row);
	}
}

static void
test_strikes(void **state)
{
	static const struct {
		const char *what;
		const struct settings *settings;
		int status;
		const char *body;
		int strikes; /* after which it is out */
	} counts[] = {
	    {"401 of 3", &cfg, 401, UNAUTHENTICATED, 2},
	    {"403 of 3", &cfg, 403, DENIED, 3},
	    {"401 of 1", &strict_cfg, 401, UNAUTHENTICATED, 1},
	    {"403 of 1", &strict_cfg, 403, DENIED, 1},
	    {"401 of 0", &no_cfg, 401, UNAUTHENTICATED, 1},
	};
	struct unit_store *u = *state;
	struct key_turn turn = {.id = 1};
	struct verdict v;
	size_t i;
	int n;

	unit_add_keys(u->store, 4);
	unit_secret(turn.secret, 0);
	for (i = 0; i < GB_COUNT(counts); i++) {
		assert_int_equal(unit_enable(u->store, 1), GB_OK);
		for (n = 1; n <= counts[i].strikes; n++) {
			judge(u->store, counts[i].settings, 1, counts[i].status,
			      counts[i].body, &v);
			/* Another key works there: it is not the way. */
			assert_int_equal(unit_succeeded(u->store, 2, MODEL,
							clock_wall_ms()),
					 GB_OK);
			CHECK_INT(counts[i].what,
				  may_be_picked(u->store, 1, MODEL),
				  n < counts[i].strikes);
		}
	}

	/* A success between wipes the slate. */
	assert_int_equal(unit_enable(u->store, 1), GB_OK);
	for (n = 0; n < 5; n++) {
		judge(u->store, &cfg, 1, 401, UNAUTHENTICATED, &v);
		CHECK("a success between", may_be_picked(u->store, 1, MODEL));
		turn.has_past = true; /* as a turn taken now would say */
		pool_succeeded(u->store, &turn, MODEL, NULL);
	}
}

static void
test_doubling(void **state)
{
	struct unit_store *u = *state;
	struct verdict v;
	int64_t now, rest;
	int i;

	unit_add_keys(u->store, 1);
	for (i = 0; i < 7; i++) {
		now = clock_wall_ms();
		judge(u->store, &cfg, 1, 429, EXHAUSTED, &v);
		rest = INT64_C(30000) << i;
		if (rest > 600000)
			rest = 600000;
		CHECK("rests as long at least", v.until_ms >= now + rest);
		CHECK("and not twice", v.until_ms < now + rest * 2);
		/* let its rest be over, and what it was charged with */
		unit_sql(u->path, "DELETE FROM charges", NULL, 0);
		unit_sql(u->path, "UPDATE key_models SET ready_at = 1", NULL,
			 0);
	}
}

/* Promise 1: Google may quote a key of any shape; no reason holds it. */
static void
test_secret_stays(void **state)
{
	static const char secret[] = "some-other.shape/of_key:0123456789";
	struct unit_store *u = *state;
	char list[64], *secrets[] = {list}, body[256], reason[160];
	struct key_turn turn = {.id = 1};
	struct answer a = {.status = 400};
	struct verdict v;
	size_t added;

	(void)snprintf(list, sizeof(list), "%s", secret);
	(void)snprintf(turn.secret, sizeof(turn.secret), "%s", secret);
	assert_int_equal(store_keys_add(u->store, POOL_GEMINI, secrets, 1,
					UNIT_NOW, &added),
			 GB_OK);
	(void)snprintf(body, sizeof(body),
		       "{\"error\":{\"message\":\"API key not valid: %s.\"}}",
		       secret);
	a.body = body;
	a.body_len = strlen(body);
	a.now_ms = UNIT_NOW;
	pool_judge(u->store, &cfg, &turn, MODEL, &a, &v);
	CHECK_INT("judged", v.row, 1);
	CHECK_STR("masked", v.reason,
		  "the key is not valid: API key not valid: some…6789.");
	CHECK_INT("disabled", unit_key_state(u->store, 1, UNIT_NOW, reason),
		  KEY_DISABLED);
	CHECK_STR("masked", reason, v.reason);
	CHECK("the answer is the caller's still", a.body == body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_take),	   WITH_STORE(test_carried_out),
	    WITH_STORE(test_strikes),	   WITH_STORE(test_doubling),
	    WITH_STORE(test_secret_stays),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
