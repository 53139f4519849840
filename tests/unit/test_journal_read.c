/* test_journal_read.c: pages of the journal have each row that fits once, in
 * order, whatever the filter, and whether their hours are added up or not */
#include "unit_store.h"

#include "base/clock.h"
#include "store/journal.h"
#include "store/journal_read.h"
#include "store/usage.h"

#define HOUR	 (3600 * INT64_C(1000))
#define NOW	 UNIT_NOW
#define ROWS	 3000
#define HOURS	 50
#define TEXT_MAX (256 * 1024)

static unsigned seed = 1;

static int
any(int below)
{
	return rand_r(&seed) % below;
}

static void
write_any(struct store *s, int i)
{
	static const int status[] = {200, 200, 200, 404, 429};
	char text[64];
	struct journal_attempt failed = {.text = text};
	struct journal_entry e;
	const struct journal_entry *p = &e;

	memset(&e, 0, sizeof(e));
	/* many of the same moment; some hours have few, some tokens are rare */
	e.time_ms = NOW + any(HOURS) * HOUR + any(50);
	(void)snprintf(e.request_id, sizeof(e.request_id), "%032x", i);
	(void)snprintf(e.token, sizeof(e.token), "token-%d",
		       any(100) ? any(3) : 77);
	(void)snprintf(e.model, sizeof(e.model), "model-%d",
		       any(100) ? any(3) : 77);
	e.key_id = any(100) ? any(4) : 77;
	e.endpoint = any(2) ? "chat.completions" : "models";
	e.status = status[any(5)];
	e.error_class = e.status == 200 ? "" : "bad";
	if (e.status == 429) {
		(void)snprintf(text, sizeof(text), "Quota of %d used UP", i);
		failed.time_ms = e.time_ms + any(10);
		failed.key_id = e.key_id;
		failed.status = 429;
		failed.error_class = any(2) ? "day" : "minute";
		e.failed = &failed;
		e.failed_count = 1;
	}
	assert_int_equal(store_journal_write(s, &p, 1), GB_OK);
}

/* --- all pages against SQL ------------------------------------------------ */

static const struct {
	const char *what;
	struct journal_filter filter;
	const char *where;
} filters[] = {
    {"all", {.since_ms = 0}, "1"},
    {"token", {.token = "token-1"}, "token = 'token-1'"},
    {"a rare one", {.token = "token-77"}, "token = 'token-77'"},
    {"nobody's", {.token = "token-9"}, "0"},
    {"key", {.key_id = 2}, "key_id = 2"},
    {"a rare key", {.key_id = 77}, "key_id = 77"},
    {"model", {.model = "model-0"}, "model = 'model-0'"},
    {"a rare model", {.model = "model-77"}, "model = 'model-77'"},
    {"a model that there is not",
     {.model = "model-77", .status = 404},
     "model = 'model-77' AND status = 404"},
    {"endpoint", {.endpoint = "models"}, "endpoint = 'models'"},
    {"status", {.status = 429}, "status = 429"},
    {"no status", {.status = 500}, "0"},
    {"class", {.error_class = "bad"}, "error_class = 'bad'"},
    {"no class", {.error_class = ""}, "error_class = ''"},
    {"a text", {.text = "0007f"}, "request_id GLOB '*0007f*'"},
    {"in capitals", {.text = "A7"}, "request_id GLOB '*a7*'"},
    {"a stretch",
     {.since_ms = NOW + 3 * HOUR + 20, .until_ms = NOW + 9 * HOUR + 20},
     "time_ms >= 1737000000000 + 3 * 3600000 + 20 AND time_ms < "
     "1737000000000 + 9 * 3600000 + 20"},
    {"several",
     {.token = "token-2", .key_id = 1, .model = "model-1", .status = 200},
     "token = 'token-2' AND key_id = 1 AND model = 'model-1' AND status = "
     "200"},
    {"all at once",
     {.since_ms = NOW + 5 * HOUR,
      .until_ms = NOW + 45 * HOUR,
      .token = "token-2",
      .key_id = 1,
      .model = "model-1",
      .endpoint = "models",
      .status = 404,
      .error_class = "bad",
      .text = "1"},
     "time_ms >= 1737000000000 + 5 * 3600000 AND time_ms < 1737000000000 + "
     "45 * 3600000 AND token = 'token-2' AND key_id = 1 AND model = "
     "'model-1' AND endpoint = 'models' AND status = 404 AND error_class = "
     "'bad' AND request_id GLOB '*1*'"},
};

static char have[TEXT_MAX], want[TEXT_MAX];

/* The ids of all pages. */
static void
gather(struct store *s, const struct journal_filter *f, size_t most)
{
	struct journal_cursor at = {0, 0};
	struct journal_requests page;
	size_t i, len;
	bool more;

	have[0] = '\0';
	len = 0;
	do {
		assert_int_equal(store_journal_requests(s, f, &at, most, &page),
				 GB_OK);
		CHECK("not too many", page.count <= most);
		for (i = 0; i < page.count; i++)
			len += (size_t)snprintf(have + len, TEXT_MAX - len,
						"%lld ",
						(long long)page.rows[i].id);
		at = page.next;
		more = page.more;
		journal_requests_free(&page);
	} while (more);
}

/* Of each filter the pages, long and short, have what SQL finds. */
static void
check(const struct unit_store *u, const char *when, const char *filter_name,
      const struct journal_filter *filter, const char *where)
{
	char sql[1024], what[128];
	size_t most;

	(void)snprintf(sql, sizeof(sql),
		       "SELECT coalesce(group_concat(id, ' ') || ' ', '') "
		       "FROM (SELECT id FROM requests WHERE %s ORDER BY "
		       "time_ms DESC, id DESC)",
		       where);
	unit_sql(u->path, sql, want, TEXT_MAX);
	(void)snprintf(what, sizeof(what), "%s, %s", filter_name, when);
	for (most = 7; most <= JOURNAL_PAGE_MAX; most += 493) {
		gather(u->store, filter, most);
		CHECK_STR(what, have, want);
	}
}

static void
check_filters(const struct unit_store *u, const char *when)
{
	size_t i;

	for (i = 0; i < GB_COUNT(filters); i++)
		check(u, when, filters[i].what, &filters[i].filter,
		      filters[i].where);
}

static void
test_filters(void **state)
{
	struct unit_store *u = *state;
	int64_t n;
	int i;

	check_filters(u, "none");
	for (i = 0; i < ROWS; i++)
		write_any(u->store, i);
	check_filters(u, "nothing added up");
	assert_int_equal(store_usage_roll(u->store, ROWS / 2, &n), GB_OK);
	check_filters(u, "some added up");
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
	check_filters(u, "all added up");
	assert_int_equal(clock_set_zone("<+0530>-5:30"), GB_OK);
	for (i = 0; i < ROWS / 4; i++)
		write_any(u->store, ROWS + i);
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
	assert_int_equal(clock_set_zone("UTC"), GB_OK);
	check_filters(u, "in hours of another zone");
	assert_int_equal(store_usage_delete_hours(u->store, NOW + 20 * HOUR,
						  99999, &n),
			 GB_OK);
	check_filters(u, "without old hours");
}

/* Rows that are few and far between, among many of which a page looks at some
 * only. */
static void
test_rare(void **state)
{
	static const struct {
		const char *what;
		struct journal_filter filter;
		const char *where;
	} rare[] = {
	    {"token", {.token = "rare"}, "token = 'rare'"},
	    {"key", {.key_id = 77}, "key_id = 77"},
	    {"model", {.model = "rare"}, "model = 'rare'"},
	    {"no model",
	     {.model = "rare", .status = 404},
	     "model = 'rare' AND status = 404"},
	    {"endpoint", {.endpoint = "rare"}, "endpoint = 'rare'"},
	    {"status", {.status = 500}, "status = 500"},
	    {"two that never meet", {.token = "rare", .key_id = 77}, "0"},
	    {"two that meet",
	     {.token = "rare", .endpoint = "often"},
	     "token = 'rare' AND endpoint = 'often'"},
	};
	struct unit_store *u = *state;
	size_t i;

	unit_sql(u->path,
		 "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 "
		 "FROM n WHERE i < 59999) INSERT INTO requests (time_ms, "
		 "request_id, token, key_id, endpoint, model, stream, "
		 "hung_up, status, attempts, first_byte_ms, total_ms, "
		 "prompt_tokens, completion_tokens, reasoning_tokens, "
		 "cached_tokens, error_class) SELECT 1737000000000 + i * 7919 "
		 "% 60000 * 3000, '', iif(i % 7001 = 5, 'rare', 'x'), "
		 "iif(i % 8009 = 1, 77, 1), iif(i % 5003 = 2, 'rare', "
		 "'often'), iif(i % 6007 = 3 OR i % 9001 = 7, 'rare', 'x'), 0, "
		 "0, iif(i % 6007 = 3, 404, iif(i % 12007 = 4, 500, 200)), 1, "
		 "0, 0, 0, 0, 0, 0, '' FROM n",
		 NULL, 0);
	for (i = 0; i < GB_COUNT(rare); i++)
		check(u, "rare", rare[i].what, &rare[i].filter, rare[i].where);
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
	for (i = 0; i < GB_COUNT(rare); i++)
		check(u, "rare, added up", rare[i].what, &rare[i].filter,
		      rare[i].where);
}

/* Hours are passed over: what lies there is not even looked at. */
static void
test_passed_over(void **state)
{
	struct unit_store *u = *state;
	const struct journal_filter rare = {.token = "rare"};
	struct journal_requests page;

	unit_sql(u->path,
		 "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 "
		 "FROM n WHERE i < 300000) INSERT INTO requests (time_ms, "
		 "request_id, token, key_id, endpoint, model, stream, "
		 "hung_up, status, attempts, first_byte_ms, total_ms, "
		 "prompt_tokens, completion_tokens, reasoning_tokens, "
		 "cached_tokens, error_class) SELECT 1737000000000 + i * 1000, "
		 "'', iif(i = 9, 'rare', 'x'), 1, '', '', 0, 0, 200, 1, 0, 0, "
		 "0, 0, 0, 0, '' FROM n",
		 NULL, 0);
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
	/* as if there were none: only the sums tell */
	unit_sql(u->path,
		 "UPDATE requests SET token = 'rare' WHERE id % 1000 = 999",
		 NULL, 0);
	assert_int_equal(store_journal_requests(u->store, &rare, NULL, 50,
						&page),
			 GB_OK);
	CHECK_INT("those of the one hour", page.count, 4);
	CHECK("and that was all", !page.more);
	journal_requests_free(&page);
}

static void
test_row(void **state)
{
	struct unit_store *u = *state;
	const struct journal_filter all = {.since_ms = 0};
	struct journal_requests page;
	const struct journal_request *r;
	struct journal_entry e;
	const struct journal_entry *p = &e;

	unit_add_keys(u->store, 1);
	memset(&e, 0, sizeof(e));
	e.time_ms = NOW;
	memset(e.request_id, 'r', 32);
	memset(e.token, 't', 64);
	memset(e.model, 'm', 128);
	e.key_id = 1;
	e.endpoint = "chat.completions";
	e.stream = true;
	e.status = 499;
	e.hung_up = true;
	e.attempts = 3;
	e.first_byte_ms = -1;
	e.total_ms = 4;
	e.prompt_tokens = 50;
	e.completion_tokens = 60;
	e.reasoning_tokens = 7;
	e.cached_tokens = 8;
	e.tool_tokens = 9;
	e.audio_in_tokens = 10;
	e.image_in_tokens = 11;
	e.video_in_tokens = 12;
	e.audio_out_tokens = 13;
	e.image_out_tokens = 14;
	e.error_class = "client_gone";
	assert_int_equal(store_journal_write(u->store, &p, 1), GB_OK);
	e.time_ms--;
	e.key_id = 7;
	(void)snprintf(e.google_model, sizeof(e.google_model),
		       "gemini-2.5-flash");
	assert_int_equal(store_journal_write(u->store, &p, 1), GB_OK);
	assert_int_equal(store_journal_requests(u->store, &all, NULL, 50,
						&page),
			 GB_OK);
	CHECK_INT("rows", page.count, 2);
	CHECK("no more", !page.more);
	r = &page.rows[0];
	CHECK_INT("id", r->id, 1);
	CHECK_INT("time", r->time_ms, NOW);
	CHECK_STR("request", r->request_id, e.request_id);
	CHECK_STR("token", r->token, e.token);
	CHECK_STR("model", r->model, e.model);
	CHECK_STR("endpoint", r->endpoint, e.endpoint);
	CHECK_STR("error", r->error_class, e.error_class);
	CHECK_INT("key", r->key_id, 1);
	CHECK_STR("its mask", r->key, "AIza…0000");
	CHECK("flags", r->stream && r->hung_up);
	CHECK_INT("status", r->status, 499);
	CHECK_INT("attempts", r->attempts, 3);
	CHECK_INT("first byte", r->first_byte_ms, -1);
	CHECK_INT("total", r->total_ms, 4);
	CHECK_INT("prompt", r->prompt_tokens, 50);
	CHECK_INT("completion", r->completion_tokens, 60);
	CHECK_INT("reasoning", r->reasoning_tokens, 7);
	CHECK_INT("cached", r->cached_tokens, 8);
	CHECK_INT("tool", r->tool_tokens, 9);
	CHECK_INT("audio in", r->audio_in_tokens, 10);
	CHECK_INT("image in", r->image_in_tokens, 11);
	CHECK_INT("video in", r->video_in_tokens, 12);
	CHECK_INT("audio out", r->audio_out_tokens, 13);
	CHECK_INT("image out", r->image_out_tokens, 14);
	CHECK_INT("cost that nobody knows", r->cost, -1);
	CHECK_STR("a key that is gone", page.rows[1].key, "");
	CHECK_INT("cost", page.rows[1].cost, 170);
	journal_requests_free(&page);
}

static size_t
count_attempts(struct store *s, const struct journal_filter *f)
{
	struct journal_cursor at = {0, 0};
	struct journal_attempts page;
	size_t count;
	bool more;

	count = 0;
	do {
		assert_int_equal(store_journal_attempts(s, f, &at, 9, &page),
				 GB_OK);
		count += page.count;
		at = page.next;
		more = page.more;
		journal_attempts_free(&page);
	} while (more);
	return count;
}

static void
test_attempts(void **state)
{
	static const struct {
		const char *what;
		struct journal_filter filter;
		const char *where;
	} cases[] = {
	    {"all", {.since_ms = 0}, "1"},
	    {"key", {.key_id = 2}, "key_id = 2"},
	    {"model", {.model = "model-2"}, "model = 'model-2'"},
	    {"class", {.error_class = "day"}, "error_class = 'day'"},
	    {"status", {.status = 429}, "1"},
	    {"another", {.status = 428}, "0"},
	    {"text", {.text = "used up"}, "1"},
	    {"a number", {.text = "QUOTA OF 1"}, "text LIKE '%of 1%'"},
	    {"no pattern", {.text = "%"}, "0"},
	    {"since",
	     {.since_ms = NOW + 20 * HOUR},
	     "time_ms >= 1737000000000 + 20 * 3600000"},
	    {"a token", {.token = "token-1"}, "0"},
	};
	struct unit_store *u = *state;
	struct journal_attempts page;
	char sql[256];
	size_t i;

	for (i = 0; i < ROWS; i++)
		write_any(u->store, (int)i);
	for (i = 0; i < GB_COUNT(cases); i++) {
		(void)snprintf(sql, sizeof(sql),
			       "SELECT count(*) FROM attempts WHERE %s",
			       cases[i].where);
		CHECK_INT(cases[i].what,
			  count_attempts(u->store, &cases[i].filter),
			  unit_sql(u->path, sql, NULL, 0));
	}
	assert_int_equal(store_journal_attempts(u->store, &cases[0].filter,
						NULL, 9999, &page),
			 GB_OK);
	CHECK_INT("a page", page.count, JOURNAL_PAGE_MAX);
	CHECK("of words", strncmp(page.rows[0].text, "Quota of ", 9) == 0);
	CHECK_INT("and status", page.rows[0].status, 429);
	journal_attempts_free(&page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_filters),	  WITH_STORE(test_rare),
	    WITH_STORE(test_passed_over), WITH_STORE(test_row),
	    WITH_STORE(test_attempts),
	};

	return cmocka_run_group_tests_name("journal_read", tests, NULL, NULL);
}
