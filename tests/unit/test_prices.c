/* test_prices.c: what requests cost: which price counts, for which tokens */
#include "unit_store.h"

#include "store/prices.h"

#include "base/clock.h"
#include "dialect/reply.h"

#define K	1000
#define M	1000000
#define IN_2026 INT64_C(1790000000000) /* September */
#define IN_2027 INT64_C(1798790400000) /* its first moment in California */

#define UNKNOWN INT64_C(-1)

/* Tokens in the order of struct journal_entry. */
struct used {
	int64_t prompt, completion, reasoning, cached, cached_audio, tool,
	    audio_in, image_in, video_in, audio_out, image_out;
};

static struct journal_entry
entry_of(const char *model, int64_t time_ms, const struct used *u)
{
	struct journal_entry e;

	memset(&e, 0, sizeof(e));
	e.time_ms = time_ms;
	e.status = 200;
	e.attempts = 1;
	(void)snprintf(e.model, sizeof(e.model), "%s", model);
	e.prompt_tokens = u->prompt;
	e.completion_tokens = u->completion;
	e.reasoning_tokens = u->reasoning;
	e.cached_tokens = u->cached;
	e.cached_audio_tokens = u->cached_audio;
	e.tool_tokens = u->tool;
	e.audio_in_tokens = u->audio_in;
	e.image_in_tokens = u->image_in;
	e.video_in_tokens = u->video_in;
	e.audio_out_tokens = u->audio_out;
	e.image_out_tokens = u->image_out;
	return e;
}

static int64_t
cost_of(struct store *s, const struct journal_entry *e)
{
	int64_t cost;
	enum gb_err rc;

	cost = 77;
	rc = store_cost(s, e, &cost);
	if (rc == GB_ENOTFOUND) {
		CHECK_INT("cost where it is unknown", cost, 0);
		return UNKNOWN;
	}
	assert_int_equal(rc, GB_OK);
	return cost;
}

/* Costs in micro-USD, worked out by hand from protocol's table. */
static const struct {
	const char *what, *model;
	int64_t time_ms;
	struct used used;
	int64_t want;
} cases[] = {
    {"prompt", "gemini-2.5-flash", IN_2026, {.prompt = M}, 300000},
    {"output, of it thoughts",
     "gemini-2.5-flash",
     IN_2026,
     {.completion = M, .reasoning = 400 * K},
     2500000},
    {"cached",
     "gemini-2.5-flash",
     IN_2026,
     {.prompt = M, .cached = M / 2},
     165000},
    {"tools' tokens are prompt",
     "gemini-2.5-flash",
     IN_2026,
     {.prompt = M, .tool = M / 2},
     300000},
    {"audio",
     "gemini-2.5-flash",
     IN_2026,
     {.prompt = M, .audio_in = M / 4},
     225000 + 250000},
    {"cached audio is not paid twice",
     "gemini-2.5-flash",
     IN_2026,
     {.prompt = M, .cached = M / 2, .cached_audio = M / 4, .audio_in = M / 2},
     75000 + 250000 + 15000},
    {"a picture costs as text does",
     "gemini-2.5-flash",
     IN_2026,
     {.prompt = M, .image_in = M / 2},
     300000},
    {"pictures drawn",
     "gemini-2.5-flash-image",
     IN_2026,
     {.prompt = 10, .completion = 1300, .image_out = 1290},
     3 + 38700 + 25},
    {"more pictures than output",
     "gemini-2.5-flash-image",
     IN_2026,
     {.completion = 1000, .image_out = 2000},
     30000},
    {"speech",
     "gemini-3.8-flash-lite-tts",
     IN_2026,
     {.prompt = 10, .completion = 1000, .audio_out = 1000},
     6005},
    {"embeddings",
     "gemini-embedding-2",
     IN_2026,
     {.prompt = 4 * M, .image_in = M, .audio_in = M, .video_in = M},
     200000 + 450000 + 6500000 + 12000000},
    {"a class without a price",
     "gemini-embedding-001",
     IN_2026,
     {.prompt = 1, .completion = 1},
     UNKNOWN},
    {"200,000 tokens",
     "gemini-2.5-pro",
     IN_2026,
     {.prompt = 200 * K, .completion = K},
     260000},
    {"and one more",
     "gemini-2.5-pro",
     IN_2026,
     {.prompt = 200 * K + 1, .completion = K},
     515003},
    {"cached of a long one",
     "gemini-3.1-pro-preview",
     IN_2026,
     {.prompt = 300 * K, .cached = 100 * K},
     800000 + 40000},
    {"a price that ends",
     "gemini-3.8-flash",
     IN_2027 - 1,
     {.prompt = M, .completion = M},
     4500000},
    {"and the next",
     "gemini-3.8-flash",
     IN_2027,
     {.prompt = M, .completion = M},
     9000000},
    {"long ago",
     "gemini-3.8-flash",
     0,
     {.prompt = M, .completion = M},
     4500000},
    {"a dated version",
     "gemini-2.5-flash-preview-09-2025",
     IN_2026,
     {.prompt = M},
     300000},
    {"a numbered one", "gemini-2.5-pro-001", IN_2026, {.prompt = M}, 2500000},
    {"a sibling",
     "gemini-2.5-flash-preview-tts",
     IN_2026,
     {.prompt = M},
     UNKNOWN},
    {"another", "gemini-2.5-flash-live-001", IN_2026, {.prompt = M}, UNKNOWN},
    {"lite is not flash",
     "gemini-2.5-flash-lite",
     IN_2026,
     {.prompt = M},
     100000},
    {"an unknown one", "gemini-9-ultra", IN_2026, {.prompt = 1}, UNKNOWN},
    {"also when it used nothing", "gemini-9-ultra", IN_2026, {0}, UNKNOWN},
    {"nothing", "gemini-2.5-flash", IN_2026, {0}, 0},
    {"no model", "", IN_2026, {0}, 0},
    {"half a millionth rounds up",
     "gemini-2.5-flash-lite",
     IN_2026,
     {.prompt = 5},
     1},
    {"less is nothing", "gemini-2.5-flash-lite", IN_2026, {.prompt = 4}, 0},
    {"counts that cannot be",
     "gemini-2.5-flash",
     IN_2026,
     {.prompt = INT64_MAX,
      .completion = -5,
      .reasoning = INT64_MAX,
      .cached = -1,
      .cached_audio = INT64_MAX,
      .tool = -7,
      .audio_in = INT64_MIN},
     30000000},
};

static void
test_costs(void **state)
{
	struct unit_store *u = *state;
	struct journal_entry e;
	size_t i;

	for (i = 0; i < GB_COUNT(cases); i++) {
		e = entry_of(cases[i].model, cases[i].time_ms, &cases[i].used);
		CHECK_INT(cases[i].what, cost_of(u->store, &e), cases[i].want);
	}
}

/* What is not in the tokens. */
static void
test_circumstances(void **state)
{
	static const struct used million = {.prompt = M};
	struct unit_store *u = *state;
	struct journal_entry e;

	e = entry_of("my-alias", IN_2026, &million);
	CHECK_INT("an alias", cost_of(u->store, &e), UNKNOWN);
	(void)snprintf(e.google_model, sizeof(e.google_model), "%s",
		       "gemini-flash-latest");
	CHECK_INT("stands for an alias", cost_of(u->store, &e), UNKNOWN);
	(void)snprintf(e.billed_model, sizeof(e.billed_model), "%s",
		       "gemini-2.5-flash");
	CHECK_INT("that Google tells", cost_of(u->store, &e), 300000);
	(void)snprintf(e.google_model, sizeof(e.google_model), "%s",
		       "gemini-2.5-pro");
	(void)snprintf(e.billed_model, sizeof(e.billed_model), "%s", "new");
	CHECK_INT("what it tells is new", cost_of(u->store, &e), 2500000);
	e.longest_prompt = 100 * K;
	CHECK_INT("ten calls in one", cost_of(u->store, &e), 1250000);

	e = entry_of("gemini-2.5-flash", IN_2026, &million);
	(void)snprintf(e.service_tier, sizeof(e.service_tier), "FLEX");
	CHECK_INT("flex", cost_of(u->store, &e), 150000);
	(void)snprintf(e.service_tier, sizeof(e.service_tier), "priority");
	CHECK_INT("priority", cost_of(u->store, &e), 540000);
	(void)snprintf(e.service_tier, sizeof(e.service_tier), "standard");
	CHECK_INT("standard", cost_of(u->store, &e), 300000);

	e = entry_of("gemini-9-ultra", IN_2026, &(struct used){0});
	e.status = 404;
	CHECK_INT("a failure of an unknown model", cost_of(u->store, &e), 0);
	e.prompt_tokens = 1;
	CHECK_INT("that used something", cost_of(u->store, &e), UNKNOWN);
}

static int64_t
set(struct store *s, const char *model, enum price_class class, int64_t micro,
    int64_t above, int64_t from)
{
	struct price p;
	int64_t id;

	memset(&p, 0, sizeof(p));
	(void)snprintf(p.model, sizeof(p.model), "%s", model);
	p.class = class;
	p.micro = micro;
	p.above = above;
	p.valid_from = from;
	assert_int_equal(store_price_set(s, &p, &id), GB_OK);
	return id;
}

static void
test_own(void **state)
{
	static const struct used million = {.prompt = M};
	struct unit_store *u = *state;
	struct store *s = u->store, *other;
	struct journal_entry e;
	int64_t every, id;

	e = entry_of("gemini-2.5-flash", IN_2026, &million);
	assert_int_equal(store_open(&other, u->path), GB_OK);
	CHECK_INT("Google's", cost_of(other, &e), 300000);
	every = set(s, "*", PRICE_PROMPT, 1, 0, 0);
	CHECK_INT("one for all", cost_of(s, &e), 1);
	CHECK_INT("of another process too", cost_of(other, &e), 1);
	set(s, "gemini-*-flash", PRICE_PROMPT, 2, 0, 0);
	CHECK_INT("a longer pattern", cost_of(s, &e), 2);
	set(s, "gemini-2.5-flash", PRICE_PROMPT, 3, 0, 0);
	CHECK_INT("the name", cost_of(s, &e), 3);
	set(s, "gemini-2.5-flash", PRICE_PROMPT, 4, 0, IN_2026);
	CHECK_INT("from then on", cost_of(s, &e), 4);
	set(s, "gemini-2.5-flash", PRICE_PROMPT, 5, 0, IN_2026 + 1);
	CHECK_INT("not yet", cost_of(s, &e), 4);
	set(s, "gemini-2.5-flash", PRICE_PROMPT, 6, M, IN_2026);
	CHECK_INT("not so long", cost_of(s, &e), 4);
	id = set(s, "gemini-2.5-flash", PRICE_PROMPT, 7, M - 1, 0);
	CHECK_INT("longer", cost_of(s, &e), 7);
	CHECK_INT("the same again",
		  set(s, "gemini-2.5-flash", PRICE_PROMPT, 8, M - 1, 0), id);
	CHECK_INT("is changed", cost_of(s, &e), 8);
	CHECK_INT("forgotten", store_price_delete(s, id), GB_OK);
	CHECK_INT("is gone", cost_of(s, &e), 4);
	CHECK_INT("at once elsewhere", cost_of(other, &e), 4);
	CHECK_INT("twice", store_price_delete(s, id), GB_ENOTFOUND);
	CHECK_INT("Google's", store_price_delete(s, 0), GB_ENOTFOUND);
	e.cached_tokens = M;
	CHECK_INT("other classes are Google's still", cost_of(s, &e), 30000);
	e = entry_of("made-up", IN_2026, &million);
	CHECK_INT("any other", cost_of(s, &e), 1);
	CHECK_INT("the one for all", store_price_delete(s, every), GB_OK);
	CHECK_INT("no other", cost_of(s, &e), UNKNOWN);
	store_close(other);
}

static void
test_bad_prices(void **state)
{
	static const struct price fit = {.model = "x", .micro = 1};
	struct unit_store *u = *state;
	struct price_rows rows;
	struct price p;
	size_t google;
	int64_t id;
	int i;

	assert_int_equal(store_prices_list(u->store, &rows), GB_OK);
	google = rows.count;
	CHECK("Google's are there", google > 50 && rows.rows[0].id == 0);
	price_rows_free(&rows);
	p = fit;
	p.model[0] = '\0';
	CHECK_INT("no model", store_price_set(u->store, &p, &id), GB_EINVAL);
	p = fit;
	p.micro = -1;
	CHECK_INT("below 0", store_price_set(u->store, &p, &id), GB_EINVAL);
	p.micro = PRICE_MAX + 1;
	CHECK_INT("too high", store_price_set(u->store, &p, &id), GB_EINVAL);
	p = fit;
	p.class = PRICE__MAX;
	CHECK_INT("no class", store_price_set(u->store, &p, &id), GB_EINVAL);
	p = fit;
	p.above = -1;
	CHECK_INT("above", store_price_set(u->store, &p, &id), GB_EINVAL);
	CHECK_INT("id of none", id, 0);

	for (p = fit, i = 0; i < PRICE_ROWS_MAX; i++, p.above++)
		assert_int_equal(store_price_set(u->store, &p, &id), GB_OK);
	CHECK_INT("one too many", store_price_set(u->store, &p, &id),
		  GB_ETOOBIG);
	p.above--;
	CHECK_INT("a change", store_price_set(u->store, &p, &id), GB_OK);
	/* what another version of this program may have written */
	unit_sql(u->path, "UPDATE prices SET class = 'new' WHERE id = 1", NULL,
		 0);
	assert_int_equal(store_prices_list(u->store, &rows), GB_OK);
	CHECK_INT("all others", rows.count, google + PRICE_ROWS_MAX - 1);
	price_rows_free(&rows);
}

/* Google's counters, to each class; their sum is Google's total. */
static void
no_piece(void *context, const struct reply *r, const struct piece *p)
{
	(void)context;
	(void)r;
	(void)p;
}

static void
test_usage(void **state)
{
	static const char json[] =
	    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]},"
	    "\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
	    "\"promptTokenCount\":1000,\"toolUsePromptTokenCount\":50,"
	    "\"cachedContentTokenCount\":300,\"candidatesTokenCount\":70,"
	    "\"thoughtsTokenCount\":20,\"totalTokenCount\":1140,"
	    "\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":"
	    "400},{\"modality\":\"AUDIO\",\"tokenCount\":300},{\"modality\":"
	    "\"IMAGE\",\"tokenCount\":200},{\"modality\":\"VIDEO\","
	    "\"tokenCount\":100}],\"cacheTokensDetails\":[{\"modality\":"
	    "\"AUDIO\",\"tokenCount\":200},{\"modality\":\"TEXT\","
	    "\"tokenCount\":100}],\"candidatesTokensDetails\":[{\"modality\":"
	    "\"AUDIO\",\"tokenCount\":30},{\"modality\":\"IMAGE\","
	    "\"tokenCount\":40}]}}";
	static const struct piece_sink sink = {no_piece, NULL};
	const struct reply_usage *u;
	struct reply r, sum;

	(void)state;
	reply_init(&r, "call_", "seed");
	reply_init(&sum, "call_", "seed");
	CHECK_INT("read", reply_read(&r, json, strlen(json), &sink), REPLY_OK);
	reply_sum(&sum, &r);
	u = &sum.usage;
	CHECK_INT("prompt", u->prompt, 1050);
	CHECK_INT("tool", u->tool, 50);
	CHECK_INT("cached", u->cached, 300);
	CHECK_INT("cached audio", u->cached_audio, 200);
	CHECK_INT("audio", u->prompt_audio, 300);
	CHECK_INT("image", u->prompt_image, 200);
	CHECK_INT("video", u->prompt_video, 100);
	CHECK_INT("completion", u->completion, 90);
	CHECK_INT("thoughts", u->reasoning, 20);
	CHECK_INT("audio out", u->completion_audio, 30);
	CHECK_INT("image out", u->completion_image, 40);
	CHECK_INT("Google's total", u->prompt + u->completion, u->total);
}

/* The row has what it cost, and keeps that when prices change. */
static void
test_rows(void **state)
{
	static const struct used used = {M, 20, 3, 4, 5, 6, 7, 8, 9, 10, 11};
	struct unit_store *u = *state;
	const struct journal_entry *entries[3];
	struct journal_entry known, unknown, huge;
	char row[512];

	known = entry_of("gemini-2.5-flash", IN_2026, &used);
	unknown = entry_of("gemini-9-ultra", IN_2026, &used);
	huge = entry_of("gemini-2.5-flash", IN_2026, &used);
	huge.prompt_tokens = INT64_MAX;
	huge.tool_tokens = -1;
	entries[0] = &known;
	entries[1] = &unknown;
	entries[2] = &huge;
	assert_int_equal(store_journal_write(u->store, entries, 3), GB_OK);
	set(u->store, "*", PRICE_PROMPT, 5, 0, 0);
	unit_sql(u->path,
		 "SELECT group_concat(json_array(prompt_tokens, "
		 "completion_tokens, reasoning_tokens, cached_tokens, "
		 "tool_tokens, audio_in_tokens, image_in_tokens, "
		 "video_in_tokens, audio_out_tokens, image_out_tokens, cost), "
		 "' ') FROM requests",
		 row, sizeof(row));
	CHECK_STR("rows", row,
		  "[1000000,20,3,4,6,7,8,9,10,11,300051] "
		  "[1000000,20,3,4,6,7,8,9,10,11,null] "
		  "[1000000000,20,3,4,0,7,8,9,10,11,30000051]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_costs),	  WITH_STORE(test_circumstances),
	    WITH_STORE(test_own),	  WITH_STORE(test_bad_prices),
	    cmocka_unit_test(test_usage), WITH_STORE(test_rows),
	};

	return cmocka_run_group_tests_name("prices", tests, NULL, NULL);
}
