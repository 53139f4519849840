/* test_logs.c: what the admin's logs and overview ask of the database, and how
 * they show numbers and charts */
#include "unit_store.h"

#include "admin/chart.h"
#include "admin/logs.h"
#include "admin/numbers.h"
#include "store/journal.h"
#include "store/journal_delete.h"
#include "store/key_summary.h"
#include "store/usage_recent.h"
#include "template/template.h"

#define NOW  UNIT_NOW
#define HOUR (3600 * INT64_C(1000))

/* A request with failed attempts, "ago" before now. */
static void
write_one(struct store *s, int n, int64_t ago_ms, int status, size_t failed)
{
	char text[64] = "Quota of the day is used up";
	struct journal_attempt attempts[3];
	struct journal_entry e;
	const struct journal_entry *p = &e;
	size_t i;

	memset(&e, 0, sizeof(e));
	memset(attempts, 0, sizeof(attempts));
	e.time_ms = NOW - ago_ms;
	(void)snprintf(e.request_id, sizeof(e.request_id), "%032x", n);
	(void)snprintf(e.token, sizeof(e.token), "team");
	(void)snprintf(e.model, sizeof(e.model), "gemini-3.8-flash");
	e.key_id = 1;
	e.endpoint = "chat.completions";
	e.status = status;
	e.total_ms = 700;
	e.first_byte_ms = 300;
	e.prompt_tokens = 10;
	e.error_class = "";
	e.failed = attempts;
	e.failed_count = failed;
	for (i = 0; i < failed; i++) {
		attempts[i].time_ms = e.time_ms + 10 * (int64_t)i;
		attempts[i].key_id = 1 + (int64_t)i;
		attempts[i].status = 429;
		attempts[i].error_class = "rate_limit_day";
		attempts[i].text = text;
	}
	assert_int_equal(store_journal_write(s, &p, 1), GB_OK);
}

static int64_t
count(const struct unit_store *u, const char *what)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql), "SELECT %s", what);
	return unit_sql(u->path, sql, NULL, 0);
}

/* --- one row, and deleting ------------------------------------------------ */

static void
test_one(void **state)
{
	const struct unit_store *u = *state;
	struct journal_request r;
	struct journal_attempts list;
	struct journal_failed a;

	write_one(u->store, 1, HOUR, 200, 2);
	write_one(u->store, 2, HOUR, 503, 1);
	CHECK_INT("a request", store_journal_request(u->store, 1, &r), GB_OK);
	CHECK_STR("its id", r.request_id, "00000000000000000000000000000001");
	CHECK_INT("its attempts",
		  store_journal_attempts_of(u->store, &r, &list), GB_OK);
	CHECK_INT("are two", list.count, 2);
	journal_attempts_free(&list);
	CHECK_INT("an attempt", store_journal_attempt(u->store, 3, &a), GB_OK);
	CHECK_INT("its request", store_journal_request_of(u->store, &a, &r),
		  GB_OK);
	CHECK_INT("is the second", r.status, 503);
	unit_sql(u->path, "DELETE FROM requests WHERE id = 2", NULL, 0);
	CHECK_INT("deleted", store_journal_request_of(u->store, &a, &r),
		  GB_ENOTFOUND);
	free(a.text);
	CHECK_INT("no request", store_journal_request(u->store, 99, &r),
		  GB_ENOTFOUND);
	CHECK_INT("no attempt", store_journal_attempt(u->store, 99, &a),
		  GB_ENOTFOUND);
	free(a.text);
}

/* What goes stays in the sums, also what was in none before. */
static void
test_delete(void **state)
{
	static const struct journal_filter all, bad = {.status = 503};
	const struct unit_store *u = *state;
	struct journal_deleted deleted;
	const int64_t ids[] = {1, 2, 999};
	int i;

	for (i = 0; i < 700; i++)
		write_one(u->store, i, HOUR + i, i % 7 ? 200 : 503, 1);
	CHECK_INT("some",
		  store_journal_delete_chosen_requests(u->store, ids,
						       GB_COUNT(ids), &deleted),
		  GB_OK);
	CHECK_INT("two are there", deleted.rows, 2);
	CHECK_INT("a filter",
		  store_journal_delete_requests_of(u->store, &bad, 60000,
						   &deleted),
		  GB_OK);
	CHECK_INT("what fits, but the first, which went", deleted.rows, 99);
	CHECK("all of it", !deleted.more);
	CHECK_INT("left", count(u, "count(*) FROM requests"), 599);
	CHECK_INT("attempts stay", count(u, "count(*) FROM attempts"), 700);
	CHECK_INT("no time",
		  store_journal_delete_attempts_of(u->store, &all, 0, &deleted),
		  GB_OK);
	CHECK("one step only", deleted.more);
	CHECK_INT("of rows", deleted.rows, 200);
	CHECK_INT("the rest",
		  store_journal_delete_attempts_of(u->store, &all, 60000,
						   &deleted),
		  GB_OK);
	CHECK_INT("is none", count(u, "count(*) FROM attempts"), 0);
	CHECK_INT("requests",
		  store_journal_delete_requests_of(u->store, &all, 60000,
						   &deleted),
		  GB_OK);
	/* Their ids come again, and count again. */
	write_one(u->store, 1, HOUR, 200, 0);
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
	CHECK_INT("sums",
		  count(u, "sum(requests) FROM usage_days WHERE dimension = 0"),
		  701);
}

/* What comes while rows are deleted stays. */
static void
test_delete_not_what_comes(void **state)
{
	static const struct journal_filter all;
	const struct unit_store *u = *state;
	struct journal_deleted deleted;

	unit_sql(
	    u->path,
	    "INSERT INTO attempts (time_ms, request_id, key_id, model,"
	    " status, error_class, text) SELECT"
	    " strftime('%s', 'now') * 1000 + 3600000, '', 1, '', 1, '', ''",
	    NULL, 0);
	CHECK_INT("all",
		  store_journal_delete_attempts_of(u->store, &all, 60000,
						   &deleted),
		  GB_OK);
	CHECK_INT("not what is of later", deleted.rows, 0);
}

/* --- keys ----------------------------------------------------------------- */

static void
test_keys(void **state)
{
	const struct unit_store *u = *state;
	struct key_summary pools[POOL__MAX];
	struct key_back back[3];
	size_t n;

	unit_add_keys(u->store, 6);
	unit_sql(u->path,
		 "UPDATE keys SET ready_at = 1737000005000,"
		 " reason = 'a minute' WHERE id = 1",
		 NULL, 0);
	unit_sql(u->path,
		 "INSERT INTO key_models (key_id, model, ready_at, streak,"
		 " reason) VALUES (2, 'gemini-3', 1737000002000, 1,"
		 " 'its quota'), (5, 'off', 9000000000000000, 0, 'mine'),"
		 " (3, 'of a disabled key', 1737000001000, 1, '')",
		 NULL, 0);
	unit_sql(u->path, "UPDATE keys SET disabled_by = 2 WHERE id = 3", NULL,
		 0);
	unit_sql(u->path, "UPDATE keys SET disabled_by = 1 WHERE id = 4", NULL,
		 0);
	CHECK_INT("summary", store_keys_summary(u->store, NOW, pools), GB_OK);
	CHECK_INT("ready", pools[POOL_GEMINI].standing[STANDS_READY], 3);
	CHECK_INT("cooling", pools[POOL_GEMINI].standing[STANDS_COOLING], 1);
	CHECK_INT("back", pools[POOL_GEMINI].back_at, NOW + 5000);
	CHECK_INT("by the system", pools[POOL_GEMINI].standing[STANDS_DISABLED],
		  1);
	CHECK_INT("by a person", pools[POOL_GEMINI].standing[STANDS_OFF], 1);
	CHECK_INT("all", pools[POOL_GEMINI].all, 6);
	CHECK_INT("another pool", pools[POOL_VERTEX].standing[STANDS_READY], 0);
	CHECK_INT("next", store_keys_back(u->store, NOW, back, 3, &n), GB_OK);
	CHECK_INT("two", n, 2);
	CHECK_STR("a model first", back[0].model, "gemini-3");
	CHECK_STR("why", back[0].reason, "its quota");
	CHECK_STR("then a key", back[1].model, "");
	CHECK_STR("masked", back[1].key,
		  "AIza\xe2\x80\xa6"
		  "0000");
	CHECK_INT("one of them", store_keys_back(u->store, NOW, back, 1, &n),
		  GB_OK);
	CHECK_INT("is one", n, 1);
}

static void
test_keys_found(void **state)
{
	const struct unit_store *u = *state;
	struct key_failing failing[4];
	char secret[40];
	int64_t ids[3];
	size_t n;

	unit_add_keys(u->store, 6);
	write_one(u->store, 1, HOUR, 503, 3);
	write_one(u->store, 2, HOUR, 503, 1);
	write_one(u->store, 3, 30 * HOUR, 503, 3);
	CHECK_INT("failing",
		  store_keys_failing(u->store, NOW - 24 * HOUR, 429, 100,
				     failing, 4, &n),
		  GB_OK);
	CHECK_INT("three", n, 3);
	CHECK_INT("the worst", failing[0].id, 1);
	CHECK_INT("twice", failing[0].count, 2);
	CHECK_INT("a short look",
		  store_keys_failing(u->store, 0, 429, 1, failing, 4, &n),
		  GB_OK);
	CHECK_INT("of the newest", n, 1);
	CHECK_INT("whose it is", failing[0].id, 3);
	CHECK_INT("which is one", failing[0].count, 1);
	CHECK_INT("no such status",
		  store_keys_failing(u->store, 0, 418, 100, failing, 4, &n),
		  GB_OK);
	CHECK_INT("none", n, 0);

	CHECK_INT("whole",
		  store_keys_find(u->store, unit_secret(secret, 4), ids, 3, &n),
		  GB_OK);
	CHECK_INT("one", n, 1);
	CHECK_INT("that one", ids[0], 5);
	CHECK_INT("mask",
		  store_keys_find(u->store,
				  "AIza\xe2\x80\xa6"
				  "0002",
				  ids, 3, &n),
		  GB_OK);
	CHECK_INT("one", n, 1);
	CHECK_INT("that one", ids[0], 3);
	CHECK_INT("all of them", store_keys_find(u->store, "AIza", ids, 3, &n),
		  GB_OK);
	CHECK_INT("no more than there is room", n, 3);
	CHECK_INT("nothing", store_keys_find(u->store, "", ids, 3, &n), GB_OK);
	CHECK_INT("none", n, 0);
	CHECK_INT("dots", store_keys_find(u->store, "\xe2\x80\xa6", ids, 3, &n),
		  GB_OK);
	CHECK_INT("none", n, 0);
	CHECK_INT("%", store_keys_find(u->store, "%", ids, 3, &n), GB_OK);
	CHECK_INT("none", n, 0);
}

static void
test_recent(void **state)
{
	const struct unit_store *u = *state;
	struct usage_row row;

	write_one(u->store, 1, 70000, 200, 0);
	write_one(u->store, 2, 50000, 200, 0);
	write_one(u->store, 3, 40000, 503, 0);
	CHECK_INT("recent", store_usage_recent(u->store, NOW - 60000, &row),
		  GB_OK);
	CHECK_INT("two", row.n[USAGE_REQUESTS], 2);
	CHECK_INT("failed", row.n[USAGE_FAILED], 1);
	CHECK_INT("tokens", row.n[USAGE_PROMPT], 20);
	CHECK_INT("first byte", row.n[USAGE_FIRST_BYTE_MS], 600);
	CHECK_INT("all of them", row.start_ms, NOW - 60000);
	CHECK("half", usage_percentile(&row, 50) >= 500 &&
			  usage_percentile(&row, 50) <= 1000);
}

/* --- cursors, numbers, charts --------------------------------------------- */

static void
test_cursor(void **state)
{
	static const struct {
		const char *text;
		int64_t time_ms, id;
	} rows[] = {
	    {"1737000000000.42", NOW, 42},
	    {"0.0", 0, 0},
	    {"", 0, 0},
	    {".", 0, 0},
	    {"1737000000000", 0, 0},
	    {"1737000000000.", 0, 0},
	    {"1737000000000.42x", 0, 0},
	    {"-1.42", 0, 0},
	    {"1.-2", 0, 0},
	    {"99999999999999999999.1", 0, 0},
	    {"' OR 1=1", 0, 0},
	};
	char text[LOGS_CURSOR_SIZE];
	struct journal_cursor at;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		logs_cursor_read(rows[i].text, &at);
		CHECK_INT(rows[i].text, at.time_ms, rows[i].time_ms);
		CHECK_INT(rows[i].text, at.id, rows[i].id);
	}
	at.time_ms = NOW;
	at.id = 7;
	logs_cursor_text(text, &at);
	CHECK_STR("text", text, "1737000000000.7");
}

static void
test_numbers(void **state)
{
	static const struct {
		enum number_unit unit;
		int64_t n;
		const char *want;
	} rows[] = {
	    {NUMBER_COUNT, 0, "0"},
	    {NUMBER_COUNT, 999, "999"},
	    {NUMBER_COUNT, 1000, "1,000"},
	    {NUMBER_COUNT, 1234567, "1,234,567"},
	    {NUMBER_COUNT, INT64_MAX, "9,223,372,036,854,775,807"},
	    {NUMBER_COUNT, -1, "\xe2\x80\x93"},
	    {NUMBER_SHORT, 0, "0"},
	    {NUMBER_SHORT, 999, "999"},
	    {NUMBER_SHORT, 1000, "1.00 k"},
	    {NUMBER_SHORT, 12345, "12.3 k"},
	    {NUMBER_SHORT, 123456, "123 k"},
	    {NUMBER_SHORT, 999999, "1.00 M"},
	    {NUMBER_SHORT, 5000000000, "5.00 G"},
	    {NUMBER_MS, 850, "850 ms"},
	    {NUMBER_MS, 1250, "1.25 s"},
	    {NUMBER_MS, 61000, "61.0 s"},
	    {NUMBER_MONEY, 0, "$0.0000"},
	    {NUMBER_MONEY, 12345, "$0.0123"},
	    {NUMBER_MONEY, 12345678, "$12.35"},
	    {NUMBER_MONEY, -1, "\xe2\x80\x93"},
	};
	static const struct {
		int64_t part, all;
		const char *want;
	} shares[] = {
	    {0, 0, "\xe2\x80\x93"},    {0, 5, "0.0 %"}, {1, 3, "33.3 %"},
	    {99999, 100000, "99.9 %"}, {7, 7, "100 %"},
	};
	char text[NUMBER_TEXT_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		number_text(text, rows[i].unit, rows[i].n);
		CHECK_STR(rows[i].want, text, rows[i].want);
	}
	for (i = 0; i < GB_COUNT(shares); i++) {
		number_share(text, shares[i].part, shares[i].all);
		CHECK_STR(shares[i].want, text, shares[i].want);
	}
}

/* The frame misses what it has of a request. */
static void
say_nothing(void *context, const char *line)
{
	(void)context;
	(void)line;
}

/* The chart's HTML, alone on a page of the real template. */
static void
draw(const struct chart *c, struct buf *out)
{
	struct template_error error;
	struct template_set *set;
	struct dict *d;

	set = template_set_open("templates", 0, say_nothing, NULL);
	d = dict_new();
	dict_set(d, "_CHART_TABLE", "As a table");
	/* what frame.html includes is what is drawn */
	chart_add(d, "CONTENT", c);
	error.text[0] = '\0';
	if (template_render(set, "frame.html", d, out, &error) != GB_OK)
		fail_msg("%s", error.text);
	dict_free(d);
	template_set_close(set);
}

static void
check_drawn(const char *what, const struct buf *out, const char *part)
{
	if (strstr(buf_str(out), part) == NULL)
		fail_msg("%s: no %s in %s", what, part, buf_str(out));
}

static void
test_chart(void **state)
{
	static const char *const points[] = {"10:00", "<b>", "12:00", "13:00"};
	static const int64_t up[] = {0, 4, 8, INT64_MAX / 4};
	static const int64_t holes[] = {5, -1, 10, 20};
	static const int64_t nothing[] = {0, 0, 0, 0};
	struct chart c = {
	    .kind = CHART_LINES,
	    .title = "Latency",
	    .summary = "\"quoted\" <b>",
	    .points_head = "Hour",
	    .points = points,
	    .count = 4,
	    .series = {{"p50", holes}},
	    .series_count = 1,
	};
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	draw(&c, &out);
	check_drawn("hole", &out, "M94.5 107.0h3M264.5 74.0L349.5 8.0");
	check_drawn("words", &out,
		    "aria-label=\"&quot;quoted&quot; &lt;b&gt;\"");
	check_drawn("table", &out,
		    "<th scope=\"row\">&lt;b&gt;</th><td "
		    "class=\"number\">\xe2\x80\x93</td>");
	CHECK("no markup", strstr(buf_str(&out), "<b>") == NULL);
	buf_reset(&out);
	c.kind = CHART_BARS;
	c.series[1] = (struct chart_series){"more", holes};
	c.series_count = 2;
	draw(&c, &out);
	check_drawn("on top of it", &out, "class=\"bar-2\"");
	check_drawn("legend", &out, "class=\"legend\"");
	buf_reset(&out);
	c.series[0].values = up;
	c.series_count = 1;
	draw(&c, &out);
	buf_reset(&out);
	c.series[0].values = nothing;
	draw(&c, &out);
	check_drawn("no bar", &out, "<path class=\"bar-1\" d=\"\"/>");
	buf_reset(&out);
	c.count = 0;
	draw(&c, &out);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_one, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_delete, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_delete_not_what_comes,
					    unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_keys_found, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_keys, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test_setup_teardown(test_recent, unit_store_setup,
					    unit_store_teardown),
	    cmocka_unit_test(test_cursor),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_chart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
