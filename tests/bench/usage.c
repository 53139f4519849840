/*
 * usage.c: what reports and pages of a large journal cost.
 *
 *	usage FOLDER ROWS
 *
 * It makes a database with so many requests over 30 days, adds them up, asks
 * for each report and for pages of all kinds, and prints "name=value" pairs:
 * what adding up takes in microseconds a row, its longest step, and of reports
 * and pages the slowest, in milliseconds, and which one that was.  In the end
 * the database gets many keys and failed attempts, for the admin pages.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "store/journal_read.h"
#include "store/usage.h"

#define DAYS	   30
#define STEP_ROWS  1000
#define ROUNDS	   5
#define PAGE_ROWS  50
#define PAGES_DEEP 20

/* 100 keys, 30 tokens, 12 models; every millionth request is of a token, a
 * model and a key that no other one has. */
static const char sql_fill[] =
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
    " WHERE i + 1 < ?1)"
    " INSERT INTO requests (time_ms, request_id, token, key_id, endpoint,"
    " model, stream, hung_up, status, attempts, first_byte_ms, total_ms,"
    " prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens,"
    " error_class, cost)"
    " SELECT ?2 + i * ?3 / ?1, printf('%032x', i),"
    " iif(i % 1000000 = 77, 'rare', 'token-' || abs(random() % 30)),"
    " iif(i % 1000000 = 77, 999, 1 + abs(random() % 100)),"
    " iif(random() % 3, 'chat.completions', 'gemini.generateContent'),"
    " iif(i % 1000000 = 77, 'rare', 'gemini-' || abs(random() % 12)),"
    " i % 2, 0, iif(random() % 20, 200, iif(random() % 3, 429, 503)), 1,"
    " 500, abs(random() % 9000), 1000 + i % 1000, i % 500, i % 100, 0, '',"
    " i % 10000 FROM n";

/* What the admin pages have besides: many keys, of each kind, with projects,
 * tags and a past, attempts that failed, and tokens. */
static const char sql_fill_more[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
    " WHERE i < 100000) INSERT INTO keys (secret, pool, created_at,"
    " disabled_by, ready_at, reason, project, tier, failures)"
    " SELECT 'bench-key-of-many-' || printf('%020d', i), '', 0,"
    " iif(i % 20, iif(i % 31, 0, 2), 1),"
    " iif(i % 5, 0, (unixepoch() + 3600 + i) * 1000), '429: quota of the day',"
    " iif(i % 3, '', 'project-' || i % 1000), i % 100 = 7, i % 7 FROM n;"
    "INSERT INTO key_tags (key_id, tag) SELECT id, 'tag-' || id % 40 FROM keys"
    " WHERE id % 2;"
    "INSERT INTO key_events (time_ms, key_id, model, from_state, to_state,"
    " until_ms, cause, status, error_class, request_id, reason)"
    " SELECT (unixepoch() - id % 3600) * 1000, 1 + id % 700, 'gemini-3', 0, 1,"
    " 0, 0, 429, 'rate_limit_day', '', '429: quota of the day' FROM keys;"
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n"
    " WHERE i < 5000) INSERT INTO tokens (name, digest, created_at)"
    " SELECT 'token-' || i, randomblob(32), 0 FROM n;"
    "INSERT INTO key_models (key_id, model, ready_at, streak, reason) SELECT "
    "id, 'gemini-3', ready_at + 1, 1, '429'"
    " FROM keys WHERE id % 2;"
    "INSERT INTO attempts (time_ms, request_id, key_id, model, status,"
    " error_class, text) SELECT time_ms, request_id, key_id, model, 429,"
    " 'rate_limit_day', 'You exceeded your current quota.' FROM requests"
    " WHERE id % 5 = 0;"
    "PRAGMA wal_checkpoint(TRUNCATE);";

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
fill(const char *path, int64_t rows, int64_t since_ms)
{
	sqlite3_stmt *stmt;
	sqlite3 *db;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, sql_fill, -1, &stmt, NULL) != SQLITE_OK)
		errx(1, "%s: %s", path, sqlite3_errmsg(db));
	sqlite3_bind_int64(stmt, 1, rows);
	sqlite3_bind_int64(stmt, 2, since_ms);
	sqlite3_bind_int64(stmt, 3, DAYS * DAY_MS);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		errx(1, "%s: %s", path, sqlite3_errmsg(db));
	sqlite3_finalize(stmt);
	/* or the first step would wait until all of it is on the disk */
	sqlite3_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	sqlite3_close(db);
}

static void
fill_more(const char *path)
{
	sqlite3 *db;

	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, sql_fill_more, NULL, NULL, NULL) != SQLITE_OK)
		errx(1, "%s: %s", path, sqlite3_errmsg(db));
	sqlite3_close(db);
}

static void
add_up(struct store *s, int64_t rows)
{
	double began, step, longest;
	int64_t added;

	longest = 0;
	began = now_us();
	do {
		step = now_us();
		if (store_usage_roll(s, STEP_ROWS, &added) != GB_OK)
			errx(1, "not added up");
		step = now_us() - step;
		if (step > longest)
			longest = step;
	} while (added > 0);
	(void)printf("roll_us=%.2f roll_step_ms=%.1f ",
		     (now_us() - began) / (double)rows, longest / 1e3);
}

/* The slowest so far, and what it was; each the best of its rounds. */
struct worst {
	double us;
	const char *what;
};

static void
note(struct worst *w, const char *what, double us)
{
	if (us <= w->us)
		return;
	w->us = us;
	w->what = what;
}

/* --- reports -------------------------------------------------------------- */

static double
time_report(struct store *s, int by, bool series, int64_t since, int64_t until)
{
	struct usage_rows rows;
	double began, us, best;
	enum gb_err rc;
	int i;

	for (best = 1e9, i = 0; i < ROUNDS; i++) {
		began = now_us();
		if (series)
			rc = store_usage_series(s, USAGE_BY_ALL, NULL, 0,
						by ? USAGE_DAILY : USAGE_HOURLY,
						since, until, &rows);
		else
			rc = store_usage_by(s, (enum usage_by)by, since, until,
					    &rows);
		us = now_us() - began;
		if (rc != GB_OK || rows.count == 0)
			errx(1, "a report is empty");
		usage_rows_free(&rows);
		if (us < best)
			best = us;
	}
	return best;
}

static void
reports(struct store *s, int64_t since)
{
	static const char *const names[USAGE_BY__MAX] = {
	    "all", "token", "key", "model", "endpoint", "status",
	};
	struct worst w = {0, ""};
	int64_t half_day = DAY_MS / 2;
	int by;

	for (by = 0; by < USAGE_BY__MAX; by++) {
		if (by == USAGE_BY_KEY_MODEL)
			continue; /* which is asked for one key only */
		note(&w, names[by],
		     time_report(s, by, false, since, USAGE_NO_END));
		/* days that are not UTC's */
		note(&w, names[by],
		     time_report(s, by, false, since + half_day,
				 since + DAYS * DAY_MS - half_day));
	}
	note(&w, "hours", time_report(s, 0, true, since, USAGE_NO_END));
	note(&w, "days", time_report(s, 1, true, since, USAGE_NO_END));
	(void)printf("report_ms=%.2f report=%s ", w.us / 1e3, w.what);
}

/* --- pages ---------------------------------------------------------------- */

static const struct {
	const char *what;
	struct journal_filter filter;
	bool finds; /* the first page has rows */
} pages[] = {
    {"first", {.token = NULL}, true},
    {"token", {.token = "token-7"}, true},
    {"rare-token", {.token = "rare"}, true},
    {"rare-key", {.key_id = 999}, true},
    {"rare-model", {.model = "rare"}, true},
    {"no-token", {.token = "nobody"}, false},
    {"status", {.status = 503}, true},
    {"no-status", {.status = 418}, false},
    {"several", {.token = "token-3", .key_id = 5, .model = "gemini-3"}, true},
    {"never-together", {.token = "rare", .key_id = 5}, false},
    {"error", {.error_class = "no such"}, false},
    {"text", {.text = "no such"}, false},
    {"rare-text", {.token = "rare", .text = "4d"}, true},
};

/* The slowest of the pages from the first one on. */
static double
time_pages(struct store *s, const struct journal_filter *f, bool finds)
{
	struct journal_cursor at = {0, 0};
	struct journal_requests page;
	double began, us, worst;
	bool found, more;
	int i;

	found = false;
	more = true;
	for (worst = 0, i = 0; more && i < PAGES_DEEP; i++) {
		began = now_us();
		if (store_journal_requests(s, f, &at, PAGE_ROWS, &page) !=
		    GB_OK)
			errx(1, "no page");
		us = now_us() - began;
		if (us > worst)
			worst = us;
		found = found || page.count > 0;
		at = page.next;
		more = page.more;
		journal_requests_free(&page);
	}
	if (found != finds)
		errx(1, "a page has rows, or has none");
	return worst;
}

static void
time_all_pages(struct store *s)
{
	struct worst w = {0, ""};
	double us, best;
	size_t i;
	int round;

	for (i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		for (best = 1e9, round = 0; round < ROUNDS; round++) {
			us = time_pages(s, &pages[i].filter, pages[i].finds);
			if (us < best)
				best = us;
		}
		note(&w, pages[i].what, best);
	}
	(void)printf("page_ms=%.2f page=%s\n", w.us / 1e3, w.what);
}

int
main(int argc, char **argv)
{
	int64_t rows, since;
	char path[4096];
	struct store *s;

	if (argc != 3 || (rows = strtoll(argv[2], NULL, 10)) <= 0)
		errx(2, "usage: usage FOLDER ROWS");
	(void)snprintf(path, sizeof(path), "%s/usage.db", argv[1]);
	if (store_open(&s, path) != GB_OK)
		errx(1, "%s does not open", path);
	since = clock_wall_ms() / DAY_MS * DAY_MS - DAYS * DAY_MS;
	fill(path, rows, since);
	add_up(s, rows);
	reports(s, since);
	time_all_pages(s);
	store_close(s);
	fill_more(path);
	return 0;
}
