/* test_journal.c: rows of requests and attempts, and their deletion */
#include "unit_store.h"

#include "store/journal.h"
#include "store/retention.h"
#include "store/usage.h"

#include "base/clock.h"

#define NOW UNIT_NOW
#define DAY (24 * 3600 * INT64_C(1000))

static const struct journal_entry sample = {
    .time_ms = NOW,
    .request_id = "0123456789abcdef0123456789abcdef",
    .token = "team",
    .key_id = 7,
    .endpoint = "chat.completions",
    .model = "gemini-2.5-flash",
    .stream = true,
    .hung_up = true,
    .status = 200,
    .attempts = 2,
    .first_byte_ms = -1,
    .total_ms = 1234,
    .prompt_tokens = 1,
    .completion_tokens = 2,
    .reasoning_tokens = 3,
    .cached_tokens = 4,
    .error_class = "",
};

/* Every column of the first row as it was given. */
static void
test_columns(void **state)
{
	struct unit_store *u = *state;
	char text[] = "Quota '; DROP TABLE requests; --", row[512];
	struct journal_attempt failed[2];
	struct journal_entry e;
	const struct journal_entry *entries[1];

	memset(failed, 0, sizeof(failed));
	failed[0] = (struct journal_attempt){.time_ms = NOW + 1,
					     .key_id = 6,
					     .status = 429,
					     .error_class = "rate_limit_day",
					     .text = text};
	/* what a failed attempt without memory or an answer looks like */
	failed[1] = (struct journal_attempt){.time_ms = NOW + 2, .key_id = 5};
	e = sample;
	e.failed = failed;
	e.failed_count = 2;
	entries[0] = &e;
	assert_int_equal(store_journal_write(u->store, entries, 1), GB_OK);

	unit_sql(u->path,
		 "SELECT time_ms || ' ' || request_id || ' ' || token || ' ' "
		 "|| key_id || ' ' || endpoint || ' ' || model || ' ' || "
		 "stream || hung_up || ' ' || status || ' ' || attempts || ' ' "
		 "|| first_byte_ms || ' ' || total_ms || ' ' || prompt_tokens "
		 "|| completion_tokens || reasoning_tokens || cached_tokens "
		 "|| '[' || error_class || ']' FROM requests",
		 row, sizeof(row));
	CHECK_STR("request", row,
		  "1737000000000 0123456789abcdef0123456789abcdef team 7 "
		  "chat.completions gemini-2.5-flash 11 200 2 -1 1234 1234[]");
	unit_sql(u->path,
		 "SELECT group_concat(time_ms || ' ' || substr(request_id, 1, "
		 "4) || ' ' || key_id || ' ' || model || ' ' || status || ' ' "
		 "|| error_class || ' ' || text, '|') FROM attempts",
		 row, sizeof(row));
	CHECK_STR("attempts", row,
		  "1737000000001 0123 6 gemini-2.5-flash 429 rate_limit_day "
		  "Quota '; DROP TABLE requests; --|1737000000002 0123 5 "
		  "gemini-2.5-flash 0  ");
}

static void
test_batches(void **state)
{
	struct unit_store *u = *state;
	const struct journal_entry *entries[100];
	struct journal_entry bare;
	size_t i;

	for (i = 0; i < GB_COUNT(entries); i++)
		entries[i] = &sample;
	assert_int_equal(store_journal_write(u->store, entries, 0), GB_OK);
	CHECK_INT("none",
		  unit_sql(u->path, "SELECT count(*) FROM requests", NULL, 0),
		  0);
	assert_int_equal(store_journal_write(u->store, entries, 100), GB_OK);
	CHECK_INT("a hundred",
		  unit_sql(u->path, "SELECT count(*) FROM requests", NULL, 0),
		  100);
	memset(&bare, 0, sizeof(bare));
	entries[0] = &bare;
	assert_int_equal(store_journal_write(u->store, entries, 1), GB_OK);
	CHECK_INT("one with nothing in it",
		  unit_sql(u->path, "SELECT count(*) FROM requests", NULL, 0),
		  101);

	/* All or none. */
	unit_sql(u->path,
		 "CREATE TRIGGER t BEFORE INSERT ON requests WHEN NEW.status "
		 "= 0 BEGIN SELECT RAISE(ABORT, 'no'); END",
		 NULL, 0);
	entries[0] = &sample;
	entries[50] = &bare;
	CHECK_INT("the 51st of 100 fails",
		  store_journal_write(u->store, entries, 100), GB_EIO);
	CHECK_INT("none of them is there",
		  unit_sql(u->path, "SELECT count(*) FROM requests", NULL, 0),
		  101);
	entries[50] = &sample;
	assert_int_equal(store_journal_write(u->store, entries, 100), GB_OK);
	CHECK_INT("and it goes on",
		  unit_sql(u->path, "SELECT count(*) FROM requests", NULL, 0),
		  201);
}

/* A text is cut at JOURNAL_TEXT_MAX bytes, between two characters. */
static void
test_long_text(void **state)
{
	struct unit_store *u = *state;
	char text[JOURNAL_TEXT_MAX + 100], what[32];
	struct journal_attempt failed;
	struct journal_entry e;
	const struct journal_entry *entries[1];
	int64_t len;
	size_t at;
	int lead;

	e = sample;
	e.failed = &failed;
	e.failed_count = 1;
	entries[0] = &e;
	for (lead = 0; lead < 4; lead++) {
		memset(text, 0, sizeof(text));
		memset(text, 'x', (size_t)lead);
		for (at = (size_t)lead; at + 4 < sizeof(text); at += 3)
			memcpy(text + at, "€", 3);
		memset(&failed, 0, sizeof(failed));
		failed.text = text;
		assert_int_equal(store_journal_write(u->store, entries, 1),
				 GB_OK);
		len = unit_sql(u->path,
			       "SELECT length(CAST(text AS BLOB)) FROM "
			       "attempts ORDER BY id DESC LIMIT 1",
			       NULL, 0);
		(void)snprintf(what, sizeof(what), "after %d bytes", lead);
		CHECK_INT(what, len, lead + (JOURNAL_TEXT_MAX - lead) / 3 * 3);
	}
}

static void
write_at(struct store *s, int64_t time_ms, int count)
{
	struct journal_attempt failed = {.time_ms = time_ms};
	struct journal_entry e;
	const struct journal_entry *entries[1];

	e = sample;
	e.time_ms = time_ms;
	e.failed = &failed;
	e.failed_count = 1;
	entries[0] = &e;
	for (; count > 0; count--)
		assert_int_equal(store_journal_write(s, entries, 1), GB_OK);
}

static void
test_delete(void **state)
{
	static const struct {
		const char *what;
		int64_t before, most, want;
	} steps[] = {
	    {"none is that old", 0, 10, 0}, {"at most none", 100, 0, 0},
	    {"a first step", 5, 3, 3},	    {"a second", 5, 3, 2},
	    {"none is left", 5, 3, 0},	    {"all", 1000, 100, 5},
	};
	struct unit_store *u = *state;
	int64_t deleted;
	size_t i;

	for (i = 0; i < 10; i++)
		write_at(u->store, NOW + 9 - (int64_t)i, 1);
	assert_int_equal(store_journal_delete_requests(u->store, NOW + 100, 10,
						       &deleted),
			 GB_OK);
	CHECK_INT("none that is not in the sums", deleted, 0);
	store_usage_catch_up(u->store, 10000);
	for (i = 0; i < GB_COUNT(steps); i++) {
		deleted = 77;
		assert_int_equal(store_journal_delete_requests(
				     u->store, NOW + steps[i].before,
				     steps[i].most, &deleted),
				 GB_OK);
		CHECK_INT(steps[i].what, deleted, steps[i].want);
		deleted = 77;
		assert_int_equal(store_journal_delete_attempts(
				     u->store, NOW + steps[i].before,
				     steps[i].most, &deleted),
				 GB_OK);
		CHECK_INT(steps[i].what, deleted, steps[i].want);
	}
}

static void
test_retention(void **state)
{
	static const char requests[] = "SELECT count(*) FROM requests";
	static const char attempts[] = "SELECT count(*) FROM attempts";
	static const struct retention for_ever = {.signature_hours = 1};
	static const struct retention a_day = {1, 1, 0, 1, 0, 0};
	static const struct retention three_days = {3, 1, 0, 1, 0, 0};
	struct unit_store *u = *state;
	int64_t now;

	now = clock_wall_ms();
	write_at(u->store, now, 3);
	write_at(u->store, now - 2 * DAY, 250); /* more than one step */
	write_at(u->store, now - 5 * DAY, 5);
	retention_due(u->store, &for_ever);
	CHECK_INT("0 keeps them", unit_sql(u->path, requests, NULL, 0), 258);
	retention_due(u->store, &a_day);
	CHECK_INT("not due yet", unit_sql(u->path, requests, NULL, 0), 258);
	unit_sql(u->path, "DELETE FROM jobs", NULL, 0);
	retention_due(u->store, &three_days);
	CHECK_INT("requests of 3 days", unit_sql(u->path, requests, NULL, 0),
		  253);
	CHECK_INT("attempts of 1 day", unit_sql(u->path, attempts, NULL, 0), 3);
}

static int64_t
file_bytes(const char *path)
{
	return unit_sql(path, "PRAGMA page_count", NULL, 0) *
	       unit_sql(path, "PRAGMA page_size", NULL, 0);
}

/* Requests as usual, and attempts of which every second has long words. */
static void
write_sizes(struct store *s, int count)
{
	const struct journal_entry *batch[100];
	char text[2][1000];
	struct journal_attempt failed[2];
	struct journal_entry e[2];
	size_t i;

	memset(text[0], 'x', sizeof(text[0]) - 1);
	text[0][sizeof(text[0]) - 1] = '\0';
	(void)snprintf(text[1], sizeof(text[1]), "short");
	for (i = 0; i < 2; i++) {
		e[i] = sample;
		failed[i] = (struct journal_attempt){.time_ms = NOW,
						     .key_id = 6,
						     .status = 429,
						     .error_class = "day",
						     .text = text[i]};
		e[i].failed = &failed[i];
		e[i].failed_count = 1;
	}
	for (i = 0; i < GB_COUNT(batch); i++)
		batch[i] = &e[i % 2];
	for (; count > 0; count -= (int)GB_COUNT(batch))
		assert_int_equal(store_journal_write(s, batch, GB_COUNT(batch)),
				 GB_OK);
}

/* What is judged is not far from what the file grew by. */
static void
test_measure(void **state)
{
	struct unit_store *u = *state;
	int64_t before, grown, deleted;
	struct journal_cut cut;

	assert_int_equal(store_journal_measure(u->store, 1, &cut), GB_OK);
	CHECK_INT("nothing", cut.bytes, 0);
	CHECK_INT("of it, nothing goes", cut.request_id + cut.attempt_id, 0);
	before = file_bytes(u->path);
	write_sizes(u->store, 20000);
	grown = file_bytes(u->path) - before;
	assert_int_equal(store_journal_measure(u->store, grown * 2, &cut),
			 GB_OK);
	if (cut.bytes < grown * 85 / 100 || cut.bytes > grown * 115 / 100)
		fail_msg("bytes: have %lld, want about %lld",
			 (long long)cut.bytes, (long long)grown);
	CHECK_INT("it is below", cut.request_id + cut.attempt_id, 0);
	assert_int_equal(store_journal_measure(u->store, cut.bytes / 4, &cut),
			 GB_OK);
	CHECK_INT("three of four requests", cut.request_id / 10, 1500);
	CHECK_INT("and attempts", cut.attempt_id / 10, 1500);
	assert_int_equal(store_journal_cut_requests(u->store, cut.request_id,
						    99999, &deleted),
			 GB_OK);
	CHECK_INT("none that is not in the sums", deleted, 0);
	store_usage_catch_up(u->store, CATCH_UP_ALL_MS);
	assert_int_equal(store_journal_cut_requests(u->store, cut.request_id,
						    10, &deleted),
			 GB_OK);
	CHECK_INT("a step", deleted, 10);
	CHECK_INT("of the oldest",
		  unit_sql(u->path, "SELECT min(id) FROM requests", NULL, 0),
		  11);
}

static void
test_trim(void **state)
{
	static const struct retention mib = {.journal_max = 1 << 20,
					     .signature_hours = 1};
	struct unit_store *u = *state;
	struct journal_cut cut;
	int64_t rows;
	int i;

	write_sizes(u->store, 4000);
	for (i = 0; i < 3; i++) { /* a second each, in steps */
		unit_sql(u->path, "DELETE FROM jobs", NULL, 0);
		retention_due(u->store, &mib);
	}
	assert_int_equal(store_journal_measure(u->store, 1 << 20, &cut), GB_OK);
	CHECK("no more than about that", cut.bytes < (1 << 20) * 103 / 100);
	CHECK("but about that", cut.bytes > (1 << 20) * 9 / 10);
	rows = unit_sql(u->path, "SELECT count(*) FROM requests", NULL, 0);
	CHECK("requests and attempts by the same share",
	      labs((long)(rows - unit_sql(u->path,
					  "SELECT count(*) FROM attempts", NULL,
					  0))) < 20);
	CHECK_INT("the newest stay",
		  unit_sql(u->path, "SELECT max(id) FROM requests", NULL, 0),
		  4000);
	CHECK_INT("all are in the sums",
		  unit_sql(u->path,
			   "SELECT sum(requests) FROM usage_days WHERE "
			   "dimension = 0",
			   NULL, 0),
		  4000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_STORE(test_columns),	WITH_STORE(test_batches),
	    WITH_STORE(test_long_text), WITH_STORE(test_delete),
	    WITH_STORE(test_retention), WITH_STORE(test_measure),
	    WITH_STORE(test_trim),
	};

	return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
