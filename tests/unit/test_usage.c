/* test_usage.c: sums of the journal equal its rows, whatever is inserted,
 * deleted and killed; reports of them */
#include "unit_store.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "store/journal.h"
#include "store/sums.h"
#include "store/usage.h"

#define HOUR (3600 * INT64_C(1000))
#define DAY  (24 * HOUR)
#define NOW  (UNIT_NOW / DAY * DAY) /* a midnight of UTC */
#define ALL  0, USAGE_NO_END

#define KILLS	 25
#define INDIA	 "<+0530>-5:30"
#define NEW_YORK "EST5EDT,M3.2.0,M11.1.0"

/* --- rows ----------------------------------------------------------------- */

static unsigned seed = 1;

static int64_t
any(int64_t below)
{
	return rand_r(&seed) % below;
}

static struct journal_entry
any_entry(void)
{
	static const char *const models[] = {"gemini-2.5-flash",
					     "gemini-2.5-pro", "unknown", ""};
	static const char *const endpoints[] = {"chat.completions", "models"};
	static const int status[] = {200, 200, 200, 404, 429, 499};
	struct journal_entry e;

	memset(&e, 0, sizeof(e));
	e.time_ms = NOW + any(40 * HOUR);
	(void)snprintf(e.token, sizeof(e.token), "token-%d", (int)any(3));
	(void)snprintf(e.model, sizeof(e.model), "%s", models[any(4)]);
	e.key_id = any(4);
	e.endpoint = endpoints[any(2)];
	e.status = status[any(6)];
	e.attempts = (int)any(4);
	e.first_byte_ms = any(3000) - 100;
	e.total_ms = any(2) ? any(2000) : any(90000);
	e.prompt_tokens = any(100000);
	e.cached_tokens = any(1000);
	e.tool_tokens = any(100);
	e.audio_in_tokens = any(101);
	e.image_in_tokens = any(102);
	e.video_in_tokens = any(103);
	e.completion_tokens = any(10000);
	e.reasoning_tokens = any(1001);
	e.audio_out_tokens = any(104);
	e.image_out_tokens = any(105);
	return e;
}

static void
write_entry(struct store *s, const struct journal_entry *e)
{
	assert_int_equal(store_journal_write(s, &e, 1), GB_OK);
}

static void
write_at(struct store *s, int64_t time_ms, const char *token)
{
	struct journal_entry e;

	e = any_entry();
	e.time_ms = time_ms;
	(void)snprintf(e.token, sizeof(e.token), "%s", token);
	write_entry(s, &e);
}

/* --- what is true --------------------------------------------------------- */

/* Keep a copy of each row that is ever written. */
static void
keep_truth(const char *path)
{
	unit_sql(path, "CREATE TABLE truth AS SELECT * FROM requests WHERE 0",
		 NULL, 0);
	unit_sql(path,
		 "CREATE TRIGGER t AFTER INSERT ON requests BEGIN "
		 "INSERT INTO truth SELECT * FROM requests WHERE id = NEW.id; "
		 "END",
		 NULL, 0);
}

#define SUMS_OF_TRUTH \
	"count(*) requests, sum(status >= 400) failed, sum(attempts), " \
	"sum(prompt_tokens), sum(cached_tokens), sum(tool_tokens), " \
	"sum(audio_in_tokens), sum(image_in_tokens), sum(video_in_tokens), " \
	"sum(completion_tokens), sum(reasoning_tokens), " \
	"sum(audio_out_tokens), sum(image_out_tokens), total(cost), " \
	"sum(cost IS NULL), sum(total_ms), sum(first_byte_ms >= 0), " \
	"sum(max(first_byte_ms, 0)), sum(total_ms < 100), " \
	"sum(total_ms BETWEEN 100 AND 249), " \
	"sum(total_ms BETWEEN 250 AND 499), " \
	"sum(total_ms BETWEEN 500 AND 999), " \
	"sum(total_ms BETWEEN 1000 AND 2499), " \
	"sum(total_ms BETWEEN 2500 AND 4999), " \
	"sum(total_ms BETWEEN 5000 AND 9999), " \
	"sum(total_ms BETWEEN 10000 AND 29999), " \
	"sum(total_ms BETWEEN 30000 AND 59999), sum(total_ms >= 60000)"
#define TRUTH(unit) \
	"SELECT column1, time_ms / " unit " * " unit " start, CASE column1 " \
	"WHEN 0 THEN '' WHEN 1 THEN token WHEN 2 THEN key_id WHEN 3 THEN " \
	"iif(status = 404, '', model) WHEN 4 THEN endpoint WHEN 5 THEN " \
	"status ELSE key_id || ' ' || iif(status = 404, '', model) END " \
	"value, " SUMS_OF_TRUTH " FROM truth, (VALUES (0), (1), (2), (3), " \
	"(4), (5), (6)) GROUP BY 1, 2, 3"
#define DIFFERENT(table, unit) \
	"SELECT count(*) FROM (SELECT * FROM (SELECT * FROM " table \
	" EXCEPT " TRUTH(unit) ") UNION ALL SELECT * FROM (" TRUTH( \
	    unit) " EXCEPT SELECT * FROM " table "))"

/* Each sum is that of the rows that were ever written. */
static void
check_truth(const char *what, const char *path)
{
	CHECK_INT(what,
		  unit_sql(path, DIFFERENT("usage_hours", "3600000"), NULL, 0),
		  0);
	CHECK_INT(what,
		  unit_sql(path, DIFFERENT("usage_days", "86400000"), NULL, 0),
		  0);
}

/* What is not in the sums is still there as rows, at this moment. */
static void
check_moment(const char *what, const char *path)
{
	CHECK_INT(what,
		  unit_sql(path,
			   "SELECT (SELECT count(*) FROM truth) - (SELECT "
			   "coalesce(sum(requests), 0) FROM usage_hours WHERE "
			   "dimension = 0) - (SELECT count(*) FROM requests "
			   "WHERE id > (SELECT rolled FROM usage_state))",
			   NULL, 0),
		  0);
	CHECK_INT(what,
		  unit_sql(path,
			   "SELECT count(DISTINCT n || '/' || c) FROM (SELECT "
			   "dimension, sum(requests) n, sum(cost) c FROM "
			   "usage_hours GROUP BY 1 UNION ALL SELECT dimension, "
			   "sum(requests), sum(cost) FROM usage_days GROUP BY "
			   "1)",
			   NULL, 0) <= 1,
		  1);
}

/* A few random steps. */
static void
do_anything(struct store *s)
{
	struct journal_entry e;
	enum gb_err rc;
	int64_t n;
	int i;

	for (i = (int)any(30); i > 0; i--) {
		e = any_entry();
		write_entry(s, &e);
	}
	if (any(2) > 0) {
		rc = store_usage_roll(s, 1 + any(20), &n);
		CHECK("added, or by another", rc == GB_OK || rc == GB_EBUSY);
	}
	if (any(3) == 0)
		assert_int_equal(store_journal_delete_requests(
				     s, NOW + any(60 * HOUR), any(40), &n),
				 GB_OK);
	if (any(8) == 0) { /* all of them, so that ids begin anew */
		store_usage_catch_up(s, CATCH_UP_ALL_MS);
		assert_int_equal(store_journal_delete_requests(s, NOW + DAY * 9,
							       99999, &n),
				 GB_OK);
	}
}

/* --- tests ---------------------------------------------------------------- */

static void
test_equal(void **state)
{
	struct unit_store *u = *state;
	struct store *other;
	int i;

	keep_truth(u->path);
	assert_int_equal(store_open(&other, u->path), GB_OK);
	for (i = 0; i < 150; i++) {
		do_anything(i % 2 ? u->store : other);
		check_moment("a moment", u->path);
	}
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
	CHECK("something was done",
	      unit_sql(u->path, "SELECT count(*) FROM truth", NULL, 0) > 1000);
	check_truth("at the end", u->path);
	store_close(other);
}

/* Two processes write, add and delete, and are killed. */
static void
test_killed(void **state)
{
	struct unit_store *u = *state;
	struct timespec nap = {0, 0};
	pid_t pids[2];
	struct store *s;
	int i, k, status;

	keep_truth(u->path);
	store_close(u->store); /* no connection goes through a fork */
	u->store = NULL;
	for (k = 0; k < KILLS; k++) {
		for (i = 0; i < 2; i++) {
			seed = (unsigned)(k * 2 + i + 1);
			pids[i] = fork();
			assert_true(pids[i] != -1);
			if (pids[i] != 0)
				continue;
			if (store_open(&s, u->path) != GB_OK)
				_exit(1);
			for (;;)
				do_anything(s);
		}
		nap.tv_nsec = 20000000 + any(60) * 1000000;
		nanosleep(&nap, NULL);
		for (i = 0; i < 2; i++) {
			kill(pids[i], SIGKILL);
			assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
			CHECK("it was killed", WIFSIGNALED(status));
		}
		check_moment("after a kill", u->path);
	}
	assert_int_equal(store_open(&u->store, u->path), GB_OK);
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
	CHECK("something was done",
	      unit_sql(u->path, "SELECT count(*) FROM truth", NULL, 0) > 100);
	check_truth("at the end", u->path);
}

/* What another process has added meanwhile is not added twice, also when ids
 * have begun anew. */
static void
test_meanwhile(void **state)
{
	struct unit_store *u = *state;
	int64_t added;
	int i;

	keep_truth(u->path);
	for (i = 0; i < 10; i++)
		write_at(u->store, NOW, "a");
	/* the moment between reading and writing */
	unit_sql(u->path,
		 "CREATE TRIGGER m BEFORE UPDATE ON usage_state WHEN "
		 "NEW.rolled > OLD.rolled BEGIN SELECT RAISE(IGNORE); END",
		 NULL, 0);
	CHECK_INT("somebody was faster", store_usage_roll(u->store, 5, &added),
		  GB_EBUSY);
	CHECK_INT("none", added, 0);
	CHECK_INT("none at all",
		  unit_sql(u->path, "SELECT count(*) FROM usage_hours", NULL,
			   0),
		  0);
	unit_sql(u->path, "DROP TRIGGER m", NULL, 0);
	CHECK_INT("again", store_usage_roll(u->store, 5, &added), GB_OK);
	CHECK_INT("five", added, 5);
	CHECK_INT("the rest", store_usage_roll(u->store, 50, &added), GB_OK);
	CHECK_INT("five", added, 5);
	CHECK_INT("no more", store_usage_roll(u->store, 50, &added), GB_OK);
	CHECK_INT("none", added, 0);
	check_truth("ten", u->path);
	assert_int_equal(store_journal_delete_requests(u->store, NOW + 1, 99,
						       &added),
			 GB_OK);
	CHECK_INT("all are gone", added, 10);
	CHECK_INT("ids begin anew",
		  unit_sql(u->path,
			   "SELECT rolled * 10 + epoch FROM usage_state", NULL,
			   0),
		  1);
	write_at(u->store, NOW, "a");
	CHECK_INT("one", store_usage_roll(u->store, 50, &added), GB_OK);
	CHECK_INT("one", added, 1);
	check_truth("eleven", u->path);
}

/* A failure leaves it all as it was. */
static void
test_fails_whole(void **state)
{
	struct unit_store *u = *state;
	int64_t added;
	int i;

	keep_truth(u->path);
	for (i = 0; i < 20; i++)
		write_at(u->store, NOW + i * HOUR, "a");
	unit_sql(u->path,
		 "CREATE TRIGGER f BEFORE INSERT ON usage_days WHEN "
		 "NEW.dimension = 4 BEGIN SELECT RAISE(ABORT, 'no'); END",
		 NULL, 0);
	CHECK_INT("no", store_usage_roll(u->store, 50, &added), GB_EIO);
	CHECK_INT("none", added, 0);
	check_moment("none of it", u->path);
	unit_sql(u->path, "DROP TRIGGER f", NULL, 0);
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
	check_truth("all of it", u->path);
}

static struct usage_rows
report(struct store *s, enum usage_by by, int64_t since, int64_t until)
{
	struct usage_rows rows;

	assert_int_equal(store_usage_by(s, by, since, until, &rows), GB_OK);
	return rows;
}

/* Any stretch of hours, within a day, at its ends and over several. */
static void
test_stretches(void **state)
{
	struct unit_store *u = *state;
	struct usage_rows rows;
	int64_t from, to;
	char what[64];
	int i;

	for (i = 0; i < 96; i++)
		write_at(u->store, NOW + i * HOUR + i, i % 2 ? "odd" : "even");
	rows = report(u->store, USAGE_BY_TOKEN, ALL);
	CHECK_INT("not yet", rows.count, 0);
	CHECK_INT("but behind", rows.behind, 96);
	usage_rows_free(&rows);
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
	for (from = -1; from <= 97; from += 7)
		for (to = from; to <= 97; to += 5) {
			(void)snprintf(what, sizeof(what), "%d to %d",
				       (int)from, (int)to);
			rows = report(u->store, USAGE_BY_ALL, NOW + from * HOUR,
				      NOW + to * HOUR);
			i = (int)((to > 96 ? 96 : to) - (from < 0 ? 0 : from));
			CHECK_INT(what, rows.count, i > 0);
			if (rows.count > 0)
				CHECK_INT(what, rows.rows[0].n[USAGE_REQUESTS],
					  i);
			CHECK_INT(what, rows.behind, 0);
			usage_rows_free(&rows);
		}
	rows = report(u->store, USAGE_BY_TOKEN, NOW + HOUR, USAGE_NO_END);
	CHECK_INT("two", rows.count, 2);
	CHECK_STR("the one with more", rows.rows[0].value, "odd");
	CHECK_INT("has", rows.rows[0].n[USAGE_REQUESTS], 48);
	CHECK_STR("the other", rows.rows[1].value, "even");
	CHECK_INT("has", rows.rows[1].n[USAGE_REQUESTS], 47);
	usage_rows_free(&rows);
}

static void
test_values(void **state)
{
	struct unit_store *u = *state;
	struct journal_entry e;
	struct usage_rows rows;

	unit_add_keys(u->store, 1);
	e = any_entry();
	e.key_id = 1;
	e.status = 404;
	memset(e.model, 'm', sizeof(e.model) - 1);
	write_entry(u->store, &e);
	e.status = 200;
	write_entry(u->store, &e);
	write_entry(u->store, &e);
	e.key_id = 99;
	memset(e.token, 't', sizeof(e.token) - 1);
	write_entry(u->store, &e);
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);

	rows = report(u->store, USAGE_BY_KEY, ALL);
	CHECK_INT("keys", rows.count, 2);
	CHECK_INT("id", rows.rows[0].number, 1);
	CHECK_STR("masked", rows.rows[0].value, "AIza…0000");
	CHECK_INT("id of a deleted one", rows.rows[1].number, 99);
	CHECK_STR("has no mask", rows.rows[1].value, "");
	usage_rows_free(&rows);
	rows = report(u->store, USAGE_BY_MODEL, ALL);
	CHECK_INT("models", rows.count, 2);
	CHECK_STR("the longest", rows.rows[0].value, e.model);
	CHECK_STR("what is not there", rows.rows[1].value, "");
	usage_rows_free(&rows);
	rows = report(u->store, USAGE_BY_STATUS, ALL);
	CHECK_INT("status", rows.count, 2);
	CHECK_STR("200", rows.rows[0].value, "200");
	CHECK_INT("404", rows.rows[1].number, 404);
	CHECK_INT("failed", rows.rows[1].n[USAGE_FAILED], 1);
	usage_rows_free(&rows);
}

/* The days and hours of a zone, also of one that came later. */
static const struct {
	const char *rolled_in, *shown_in;
	int64_t times[4]; /* in minutes after NOW, a midnight of UTC */
	const char *want; /* days, and how many requests each has */
} zones[] = {
    {"UTC", "UTC", {-1, 0, 1439, 1440}, "15:1 16:2 17:1"},
    {INDIA, INDIA, {-331, -330, 1109, 1110}, "15:1 16:2 17:1"},
    {NEW_YORK, NEW_YORK, {299, 300, 1739, 1740}, "15:1 16:2 17:1"},
    {"UTC", NEW_YORK, {299, 300, 1739, 1740}, "15:1 16:2 17:1"},
    {NEW_YORK, "UTC", {-1, 0, 1439, 1440}, "15:1 16:2 17:1"},
    {INDIA, "UTC", {-31, 31, 1409, 1471}, "15:1 16:2 17:1"},
    /* by half hours off: they count for the day that their hour began in */
    {INDIA, "UTC", {-1, 0, 1439, 1440}, "15:2 16:2"},
    {"UTC", INDIA, {-331, -330, 1109, 1110}, "15:2 16:2"},
};

static void
test_zones(void **state)
{
	struct usage_rows rows;
	struct unit_store *u;
	int64_t midnight;
	char have[128];
	size_t i, j;
	int len;

	(void)state;
	for (i = 0; i < GB_COUNT(zones); i++) {
		assert_int_equal(unit_store_setup((void **)&u), 0);
		for (j = 0; j < GB_COUNT(zones[i].times); j++)
			write_at(u->store, NOW + zones[i].times[j] * 60000,
				 "a");
		assert_int_equal(clock_set_zone(zones[i].rolled_in), GB_OK);
		store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
		assert_int_equal(clock_set_zone(zones[i].shown_in), GB_OK);
		assert_int_equal(store_usage_series(u->store, USAGE_BY_TOKEN,
						    "a", 0, USAGE_DAILY, ALL,
						    &rows),
				 GB_OK);
		have[0] = '\0';
		for (len = 0, j = 0; j < rows.count; j++)
			len += snprintf(have + len, sizeof(have) - (size_t)len,
					"%s%s:%d", j == 0 ? "" : " ",
					rows.rows[j].value + 8,
					(int)rows.rows[j].n[USAGE_REQUESTS]);
		CHECK_STR(zones[i].shown_in, have, zones[i].want);
		CHECK("midnight", clock_read("2025-01-16", &midnight));
		CHECK_INT("a day begins then", rows.rows[1].start_ms, midnight);
		usage_rows_free(&rows);
		assert_int_equal(clock_set_zone("UTC"), GB_OK);
		unit_store_teardown((void **)&u);
	}
}

static void
test_series(void **state)
{
	struct unit_store *u = *state;
	struct usage_rows rows;
	struct journal_entry e;

	e = any_entry();
	e.status = 429;
	e.time_ms = NOW + HOUR + 1;
	write_entry(u->store, &e);
	e.time_ms = NOW + 3 * HOUR - 1;
	write_entry(u->store, &e);
	write_entry(u->store, &e);
	e.status = 200;
	write_entry(u->store, &e);
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
	assert_int_equal(store_usage_series(u->store, USAGE_BY_STATUS, NULL,
					    429, USAGE_HOURLY, ALL, &rows),
			 GB_OK);
	CHECK_INT("hours", rows.count, 2);
	CHECK_INT("the first", rows.rows[0].start_ms, NOW + HOUR);
	CHECK_STR("its name", rows.rows[0].value, "2025-01-16T01:00:00Z");
	CHECK_INT("has", rows.rows[0].n[USAGE_REQUESTS], 1);
	CHECK_INT("the second", rows.rows[1].start_ms, NOW + 2 * HOUR);
	CHECK_INT("has", rows.rows[1].n[USAGE_FAILED], 2);
	usage_rows_free(&rows);
	assert_int_equal(store_usage_series(u->store, USAGE_BY_ALL, "x", 7,
					    USAGE_HOURLY, NOW + 2 * HOUR,
					    NOW + 3 * HOUR, &rows),
			 GB_OK);
	CHECK_INT("one hour", rows.count, 1);
	CHECK_INT("of all", rows.rows[0].n[USAGE_REQUESTS], 3);
	usage_rows_free(&rows);
}

static const struct {
	const char *what;
	int64_t took[USAGE_TOOK];
	int64_t p50, p95;
} percentiles[] = {
    {"none", {0}, -1, -1},
    {"one, fast", {1}, 100, 100},
    {"a hundred, fast", {100}, 50, 95},
    {"half and half", {50, 50}, 100, 235},
    {"a slow one", {0, 0, 0, 99, 0, 0, 0, 0, 0, 1}, 752, 979},
    {"all slow", {[USAGE_TOOK - 1] = 3}, 60000, 60000},
};

static void
test_percentiles(void **state)
{
	struct usage_row row;
	size_t i;
	int j;

	(void)state;
	for (i = 0; i < GB_COUNT(percentiles); i++) {
		memset(&row, 0, sizeof(row));
		for (j = 0; j < USAGE_TOOK; j++) {
			row.n[USAGE_TOOK_0 + j] = percentiles[i].took[j];
			row.n[USAGE_REQUESTS] += percentiles[i].took[j];
		}
		CHECK_INT(percentiles[i].what, usage_percentile(&row, 50),
			  percentiles[i].p50);
		CHECK_INT(percentiles[i].what, usage_percentile(&row, 95),
			  percentiles[i].p95);
	}
}

/* Sums of hours go, those of days stay. */
static void
test_old_hours(void **state)
{
	struct unit_store *u = *state;
	struct usage_rows rows;
	int64_t deleted;

	write_at(u->store, NOW, "a");
	write_at(u->store, NOW + DAY, "a");
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
	assert_int_equal(store_usage_delete_hours(u->store, NOW + DAY, 4,
						  &deleted),
			 GB_OK);
	CHECK_INT("a step", deleted, 4);
	assert_int_equal(store_usage_delete_hours(u->store, NOW + DAY, 4,
						  &deleted),
			 GB_OK);
	CHECK_INT("the rest", deleted, 3);
	assert_int_equal(store_usage_delete_hours(u->store, NOW + DAY, 4,
						  &deleted),
			 GB_OK);
	CHECK_INT("no more", deleted, 0);
	rows = report(u->store, USAGE_BY_ALL, ALL);
	CHECK_INT("days", rows.rows[0].n[USAGE_REQUESTS], 2);
	usage_rows_free(&rows);
}

/* Many sums in a step, found again each. */
static void
test_sums(void **state)
{
	struct sums t;
	struct sum row;
	int i;

	(void)state;
	memset(&t, 0, sizeof(t));
	memset(&row, 0, sizeof(row));
	for (i = 0; i < 20000; i++) {
		row.dimension = i % 2 ? USAGE_BY_KEY : USAGE_BY_TOKEN;
		row.number = i % 2 ? i % 5000 : 0;
		row.text[0] = '\0';
		if (i % 2 == 0)
			(void)snprintf(row.text, sizeof(row.text), "t%d",
				       i % 5000);
		row.n[0] = 1;
		row.n[USAGE__MAX - 1] = i;
		CHECK("added", sums_add(&t, &row));
	}
	CHECK_INT("sums", t.count, 5000);
	for (i = 0; i < 5000; i++)
		CHECK_INT("each", t.sums[i].n[0], 4);
	CHECK_INT("the first", t.sums[0].n[USAGE__MAX - 1],
		  0 + 5000 + 10000 + 15000);
	sums_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_equal),
	    WITH_STORE(test_killed),
	    WITH_STORE(test_meanwhile),
	    WITH_STORE(test_fails_whole),
	    WITH_STORE(test_stretches),
	    WITH_STORE(test_values),
	    cmocka_unit_test(test_zones),
	    WITH_STORE(test_series),
	    cmocka_unit_test(test_percentiles),
	    WITH_STORE(test_old_hours),
	    cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
