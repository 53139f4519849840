/*
 * test_blame.c: who pays for a failure: the key, its exit, or the model.
 *
 * A case is a story of answers, told with a clock of its own, and how everybody
 * stands at its end.  In none does a key that works leave the rotation for
 * somebody else's fault; in all a dead one does, the first time where Google's
 * answer is final.
 */
#include "unit_store.h"

#include "keys/pool.h"
#include "store/breakers.h"

#define STEP_MS 300 /* from one word to the next */
#define ERR(code, message, status, more) \
	"{\"error\":{\"code\":" code ",\"message\":\"" message \
	"\",\"status\":\"" status "\"" more "}}"
#define TYPE(t) "{\"@type\":\"type.googleapis.com/google.rpc." t "\","
#define INFO(reason, metadata) \
	",\"details\":[" TYPE("ErrorInfo") "\"reason\":\"" reason \
					   "\",\"metadata\":{" metadata "}}]"
#define REFUSED(reason) ERR("403", "No.", "PERMISSION_DENIED", INFO(reason, ""))
#define DENIED(message) ERR("403", message, "PERMISSION_DENIED", "")
#define QUOTA(id, value) \
	ERR("429", "Quota.", "RESOURCE_EXHAUSTED", \
	    ",\"details\":[" TYPE( \
		"QuotaFailure") "\"violations\":[{\"quotaId\":\"" id \
				"\",\"quotaValue\":\"" value "\"}]}]")
#define EXHAUSTED(text, more) ERR("429", text, "RESOURCE_EXHAUSTED", more)

/* What a key may be answered. */
static const struct {
	const char *name;
	int status;
	const char *body;
	enum answer_fault fault;
} answers[] = {
    {"ok", 200, "", ANSWER_COMPLETE},
    {"inv", 400,
     ERR("400", "API key not valid. Please pass a valid API key.",
	 "INVALID_ARGUMENT", INFO("API_KEY_INVALID", "")),
     ANSWER_COMPLETE},
    {"exp", 400,
     ERR("400", "API key expired. Please renew the API key.",
	 "INVALID_ARGUMENT", ""),
     ANSWER_COMPLETE},
    {"leak", 403, DENIED("Your API key was reported as leaked."),
     ANSWER_COMPLETE},
    {"susp", 403, REFUSED("CONSUMER_SUSPENDED"), ANSWER_COMPLETE},
    {"sdis", 403, REFUSED("SERVICE_DISABLED"), ANSWER_COMPLETE},
    {"sblk", 403, REFUSED("API_KEY_SERVICE_BLOCKED"), ANSWER_COMPLETE},
    {"ref", 403, REFUSED("API_KEY_HTTP_REFERRER_BLOCKED"), ANSWER_COMPLETE},
    {"bill", 403, REFUSED("BILLING_DISABLED"), ANSWER_COMPLETE},
    {"den", 403, DENIED("Your project has been denied access."),
     ANSWER_COMPLETE},
    {"loc", 400,
     ERR("400", "User location is not supported for the API use.",
	 "FAILED_PRECONDITION", ""),
     ANSWER_COMPLETE},
    {"401", 401, ERR("401", "No.", "UNAUTHENTICATED", ""), ANSWER_COMPLETE},
    {"403", 403, DENIED("The caller does not have permission"),
     ANSWER_COMPLETE},
    {"html", 403, "<html>Forbidden</html>", ANSWER_COMPLETE},
    {"day", 429, QUOTA("GenerateRequestsPerDayPerProjectPerModel", "20"),
     ANSWER_COMPLETE},
    {"min", 429, QUOTA("GenerateRequestsPerMinutePerProjectPerModel", "10"),
     ANSWER_COMPLETE},
    {"zero", 429, EXHAUSTED("Quota exceeded, limit: 0", ""), ANSWER_COMPLETE},
    {"reg", 429,
     EXHAUSTED("Quota exceeded",
	       INFO("RATE_LIMIT_EXCEEDED", "\"quota_limit_value\":\"60\"")),
     ANSWER_COMPLETE},
    {"reg0", 429,
     EXHAUSTED("Quota exceeded",
	       INFO("RATE_LIMIT_EXCEEDED", "\"quota_limit_value\":\"0\"")),
     ANSWER_COMPLETE},
    {"cap", 429, EXHAUSTED("You exceeded its monthly spending cap", ""),
     ANSWER_COMPLETE},
    {"pre", 402, EXHAUSTED("Your prepayment credits are depleted.", ""),
     ANSWER_COMPLETE},
    {"late", 429, EXHAUSTED("Please retry in 20s.", ""), ANSWER_COMPLETE},
    {"bare", 429, EXHAUSTED("Resource has been exhausted.", ""),
     ANSWER_COMPLETE},
    {"gone", 404, ERR("404", "The model is no longer available", "D", ""),
     ANSWER_COMPLETE},
    {"400", 400, ERR("400", "x", "INVALID_ARGUMENT", ""), ANSWER_COMPLETE},
    {"404", 404, ERR("404", "x", "NOT_FOUND", ""), ANSWER_COMPLETE},
    {"500", 500, ERR("500", "x", "INTERNAL", ""), ANSWER_COMPLETE},
    {"503", 503, ERR("503", "x", "UNAVAILABLE", ""), ANSWER_COMPLETE},
    {"net", 0, "", ANSWER_NETWORK},
    {"cut", 200, "", ANSWER_NETWORK},
    {"tmo", 0, "", ANSWER_TIMEOUT},
    {"junk", 200, "<html>", ANSWER_GARBAGE},
};

/*
 * A story: "1:inv" is key 1 asked for model A over "direct" by a request of its
 * own; "2Bp:net" asks for B over the proxy p; "+" is the same request as
 * before;
 * "*" one at the same
 * moment; "@61" lets so many seconds pass; "1:off" is a person's.  A key at the
 * end:
 * "." READY, "c" cooling, "m" for a model, "D" disabled, "P" by a person.
 */
static const struct {
	const char *what;
	int keys;
	const char *story, *stand, *open; /* "direct", "p", "A" … */
} cases[] = {
    /* Google's word about the key is final: */
    {"not valid", 4, "1:inv", "D...", ""},
    {"expired", 4, "1:exp", "D...", ""},
    {"leaked", 4, "1:leak", "D...", ""},
    {"suspended", 4, "1:susp", "D...", ""},
    {"API disabled", 4, "1:sdis", "D...", ""},
    {"API blocked", 4, "1:sblk", "D...", ""},
    {"restricted", 4, "1:ref", "D...", ""},
    {"billing", 4, "1:bill", "D...", ""},
    {"denied", 4, "1:den", "D...", ""},
    {"final for all", 4, "1:inv 2:inv 3:inv 4:inv", "DDDD", ""},
    {"final for all in one request", 4, "1:leak +2:susp +3:exp", "DDD.", ""},
    {"final with another between", 4, "1:inv 2:ok 3:inv 2:ok", "D.D.", ""},
    {"final over each exit", 4, "1p:inv 2q:inv 3:inv", "DDD.", ""},
    {"final of the only one", 1, "1:inv", "D", ""},
    {"final while the exit fails", 4, "1:net 2:net 3:net 4:inv", "...D",
     "direct"},
    {"final while the model fails", 4, "1:503 2:503 3:503 4:leak", "...D", "A"},
    {"final for another model", 4, "1B:inv", "D...", ""},

    /* So are quotas that have a name: */
    {"a day", 4, "1:day", "m...", ""},
    {"a minute", 4, "1:min", "m...", ""},
    {"nothing", 4, "1:zero", "m...", ""},
    {"later", 4, "1:late", "m...", ""},
    {"a region", 4, "1:reg", "c...", ""},
    {"a region, nothing", 4, "1:reg0", "c...", ""},
    {"the month's", 4, "1:cap", "c...", ""},
    {"the credits", 4, "1:pre", "c...", ""},
    {"the model is gone", 4, "1:gone", "m...", ""},
    {"everybody's day", 4, "1:day 2:day 3:day 4:day 1B:day", "mmmm", ""},
    {"everybody's minute", 4, "1:min 2:min 3:min 4:min", "mmmm", ""},
    {"everybody's credits", 4, "1:pre 2:pre 3:pre 4:pre", "cccc", ""},
    {"a day, while the model fails", 4, "1:503 2:503 3:503 4:day", "...m", "A"},

    /* The client's: */
    {"bad requests", 4, "1:400 2:400 3:400 4:400 1:400 2:400", "....", ""},
    {"unknown models", 4, "1:404 2:404 3:404 4:404 1:404 2:404", "....", ""},

    /* The exit's: */
    {"no network", 4, "1:net 2:net 3:net", "....", "direct"},
    {"in one request only", 4, "1:net +2:net +3:net", "....", ""},
    {"with one key only", 4, "1:net 1:net 1:net 1:net", "....", ""},
    {"of two keys", 2, "1:net 2:net 1:net", "..", "direct"},
    {"of one key nobody knows", 1, "1:net 1:net 1:net 1:net", ".", ""},
    {"but it works", 4, "1:net 2:net 4:ok 3:net 1:net", "....", ""},
    {"but long ago", 4, "1:net 2:net @61 3:net", "....", ""},
    {"a proxy", 4, "1p:net 2p:net 3p:net", "....", "p"},
    {"each another", 4, "1p:net 2q:net 3:net", "....", ""},
    {"the other one works", 4, "1p:net 2p:net 4:ok 3p:net", "....", "p"},
    {"it works again", 4, "1:net 2:net 3:net 4:ok", "....", ""},
    {"another one works", 4, "1p:net 2p:net 3p:net 4:ok", "....", "p"},
    {"cut replies blame nobody", 4, "1:cut 2:cut 3:cut 4:cut", "....", ""},
    {"pages of a portal", 4, "1:junk 2:junk 3:junk", "....", "direct"},
    {"pages of a gateway", 4, "1:html 2:html 3:html", "....", "direct"},
    {"for one key", 4, "1:html 2:ok 1:html 2:ok 1:html 2:ok", "....", ""},
    {"the place", 4, "1:loc 2:loc 3:loc", "....", "direct"},
    {"the place, of two", 2, "1:loc 2:loc", "..", "direct"},
    {"one of this place", 4, "1:loc +2:ok", "c...", ""},
    {"two of this place", 4, "1:loc +2:loc +3:ok", "cc..", ""},
    {"the place of a proxy", 4, "1p:loc 2:ok", "....", ""},
    {"the only one there", 4, "1p:loc 2:ok 1p:loc", "c...", ""},
    {"silence, for two models", 4, "1:tmo 2B:tmo 3:tmo 4B:tmo 1:tmo", "....",
     "direct"},

    {"of many requests some fail together", 4,
     "*1:net *2:net *3:net *4:net *1:net *2:net", "....", ""},
    {"for how long", 4, "*1:net *2:net *3:net @1 4:net", "....", "direct"},

    /* Strikes: */
    {"one", 4, "1:401", "....", ""},
    {"one, and it is known whose", 4, "1:401 +2:ok", "....", ""},
    {"two", 4, "1:401 +2:ok 1:401 +2:ok", "D...", ""},
    {"two, and no other was asked", 4, "1:401 1:401", "D...", ""},
    {"two of the only one", 1, "1:401 1:401", "D", ""},
    {"a success between", 4, "1:401 +2:ok 1:ok 1:401 +2:ok", "....", ""},
    {"everybody's", 4, "1:401 2:401 3:401 4:401", "....", "direct"},
    {"some of them, side by side", 6, "1:401 2:401 3:401 4:401", "......", ""},
    {"most of them, side by side", 6, "1:401 2:401 3:401 4:401 5:401", "......",
     "direct"},
    {"everybody's, and again", 4, "1:401 2:401 3:401 4:401 1:401 2:401", "....",
     "direct"},
    {"three of four, twice", 4,
     "1:401 +2:401 +3:401 +4:ok 1:401 +2:401 +3:401 +4:ok", "DDD.", ""},
    {"the exit was closed, and it was they", 6,
     "1:401 2:401 3:401 4:401 5:401 6:ok 1:401 +6:ok 2:401 +6:ok 3:401 +6:ok "
     "4:401 +6:ok 5:401 +6:ok",
     "DDDDD.", ""},
    {"the exit heals", 4, "1:401 2:401 3:401 4:401 @20 4:ok 1:ok 2:401 +4:ok",
     "....", ""},
    {"three denials", 4, "1:403 +2:ok 1:403 +2:ok 1:403 +2:ok", "D...", ""},
    {"in three hours", 4, "1:403 +2:ok @3601 1:403 +2:ok @3601 1:403 +2:ok",
     "....", ""},
    {"everybody's denials", 4, "1:403 2:403 3:403 4:403", "....", "direct"},

    /* The model's: */
    {"overloaded", 4, "1:503 2:503 3:503", "....", "A"},
    {"overloaded for one request", 4, "1:503 +2:503 +3:503", "....", ""},
    {"over each exit", 4, "1p:503 2q:503 3:503", "....", "A"},
    {"another model works", 4, "1:503 2:503 4B:ok 3:503", "....", "A"},
    {"it works", 4, "1:503 2:503 4:ok 3:503", "....", ""},
    {"two models", 4, "1:503 2:503 3B:503", "....", ""},
    {"it works again", 4, "1:503 2:503 3:503 @2 4:ok", "....", ""},
    {"another one works", 4, "1:503 2:503 3:503 4B:ok", "....", "A"},
    {"the only key", 1, "1:503 1:503 1:503", ".", "A"},
    {"it fails", 4, "1:500 2:500 3:500 4:500", "....", ""},
    {"it fails, more often", 4, "1:500 2:500 3:500 4:500 1:500", "....", "A"},
    {"silence", 4, "1:tmo 2:tmo 3:tmo 4:tmo 1:tmo", "....", "A"},

    /* A quota without a name costs a key its rest until it is known whose: */
    {"one", 4, "1:bare", "m...", ""},
    {"one, another works", 4, "1:bare +2:ok", "m...", ""},
    {"some", 4, "1:bare 2:bare 3:bare", "mmm.", ""},
    {"all of one model", 4, "1:bare 2:bare 3:bare 4:bare 1:bare", "....", "A"},
    {"the address", 4, "1:bare 2B:bare 3:bare 4B:bare", "....", "direct"},

    /* A person's word stands, whatever is answered: */
    {"off, and works", 4, "1:off 1:ok", "P...", ""},
    {"off, and dead", 4, "1:off 1:inv", "P...", ""},
    {"off, and strikes", 4, "1:off 1:401 1:401 1:401", "P...", ""},
    {"off, and over a quota", 4, "1:off 1:day 1:cap", "P...", ""},
    {"off counts for nobody", 4, "1:off 2:off 1:net 2:net 3:net", "PP..", ""},
};

struct teller {
	struct unit_store *u;
	int64_t now_ms;
	int requests;
	const char *what;
};

static void
tell(struct teller *t, int64_t key, const char *model, const char *exit,
     const char *name)
{
	static const struct settings cfg = {.max_failures = 3};
	struct key_turn turn = {.id = key};
	struct answer a = {.now_ms = t->now_ms, .exit = exit};
	struct verdict v;
	char request[16];
	bool closed;
	size_t i;

	if (strcmp(name, "off") == 0) {
		CHECK_INT(t->what,
			  unit_disable(t->u->store, key, t->now_ms, "mine"),
			  GB_OK);
		return;
	}
	for (i = 0; i < GB_COUNT(answers); i++)
		if (strcmp(answers[i].name, name) == 0)
			break;
	CHECK(name, i < GB_COUNT(answers));
	if (i == 0) {
		CHECK_INT(t->what,
			  store_key_succeeded(t->u->store, key, POOL_GEMINI,
					      model, exit, t->now_ms, &closed),
			  GB_OK);
		return;
	}
	(void)snprintf(request, sizeof(request), "r%d", t->requests);
	unit_secret(turn.secret, (int)key - 1);
	a.request_id = request;
	a.status = answers[i].status;
	a.fault = answers[i].fault;
	a.body = answers[i].body;
	a.body_len = strlen(a.body);
	pool_judge(t->u->store, &cfg, &turn, model, &a, &v);
}

/* One word of the story. */
static void
tell_word(struct teller *t, const char *word)
{
	char model[2] = "A";
	const char *exit, *p;

	if (word[0] == '@') {
		t->now_ms += strtoll(word + 1, NULL, 10) * 1000;
		return;
	}
	exit = "direct";
	p = word + (word[0] == '+' || word[0] == '*');
	t->requests += word[0] != '+';
	t->now_ms += word[0] != '*' ? STEP_MS : 0;
	for (word = p++; *p != ':'; p++)
		if (*p >= 'A' && *p <= 'Z')
			model[0] = *p;
		else
			exit = *p == 'p' ? "p" : "q";
	tell(t, word[0] - '0', model, exit, p + 1);
}

static void
check_stand(const struct teller *t, const char *want_keys, const char *want)
{
	char have[16] = "", open[64] = "";
	struct breaker_rows breakers;
	struct key_rows rows;
	const struct key_row *k;
	size_t i;

	assert_int_equal(store_keys_list(t->u->store, t->now_ms, &rows), GB_OK);
	for (i = 0; i < rows.count && i < sizeof(have) - 1; i++) {
		k = &rows.rows[i];
		have[i] = k->disabled_by == DISABLED_BY_PERSON	 ? 'P'
			  : k->disabled_by == DISABLED_BY_SYSTEM ? 'D'
			  : k->state == KEY_COOLING		 ? 'c'
			  : k->resting[0] != '\0'		 ? 'm'
								 : '.';
	}
	key_rows_free(&rows);
	CHECK_STR(t->what, have, want_keys);
	assert_int_equal(store_breakers_list(t->u->store, &breakers), GB_OK);
	for (i = 0; i < breakers.count; i++)
		(void)snprintf(open + strlen(open), sizeof(open) - strlen(open),
			       "%s%s", i > 0 ? " " : "", breakers.rows[i].name);
	breaker_rows_free(&breakers);
	CHECK_STR(t->what, open, want);
}

static void
test_matrix(void **state)
{
	struct teller t;
	char story[160], *word, *rest;
	void *each;
	size_t i;

	(void)state;
	assert_true(GB_COUNT(cases) >= 50);
	for (i = 0; i < GB_COUNT(cases); i++) {
		assert_int_equal(unit_store_setup(&each), 0);
		t = (struct teller){.u = each, .now_ms = UNIT_NOW};
		t.what = cases[i].what;
		unit_add_keys(t.u->store, cases[i].keys);
		(void)snprintf(story, sizeof(story), "%s", cases[i].story);
		for (word = strtok_r(story, " ", &rest); word != NULL;
		     word = strtok_r(NULL, " ", &rest))
			tell_word(&t, word);
		check_stand(&t, cases[i].stand, cases[i].open);
		unit_store_teardown(&each);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_matrix),
	};

	return cmocka_run_group_tests_name("blame", tests, NULL, NULL);
}
