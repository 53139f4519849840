/* test_failed_bodies.c: what is kept of failed requests' bodies, and until when
 */
#include "unit_store.h"

#include "dialect/body_excerpt.h"
#include "store/failed_bodies.h"
#include "store/journal.h"
#include "store/retention.h"

#include "base/clock.h"

#define DAY (24 * 3600 * INT64_C(1000))
#define KEY "AIzaSyTESTTESTTESTTEST00000000000000001"
#define R50 "0123456789abcdefghijABCDEFGHIJ0123456789abcdefghij"

/* --- excerpts ------------------------------------------------------------- */

static const struct {
	const char *what, *body, *want;
} bodies[] = {
    {"nothing", "", ""},
    {"JSON", "{\"a\": [1, \"ü\"]}", "{\"a\": [1, \"ü\"]}"},
    {"JSON that breaks off", " [\"a", " [\"a"},
    {"a form", "--x\r\nContent-Disposition", "[24 bytes that are no JSON]"},
    {"white space", "  ", "[2 bytes that are no JSON]"},
    {"a key", "{\"x\":\"" KEY "\"}", "{\"x\":\"AIza…0001\"}"},
    {"a password", "{\"x\":\"http://u:p@h/\"}", "{\"x\":\"http://…@h/\"}"},
    {"200 letters", "{\"" R50 R50 R50 R50 "\"", "{\"" R50 R50 R50 R50 "\""},
    {"a picture", "{\"data\":\"" R50 R50 R50 R50 "/+==\"}",
     "{\"data\":\"0123456789abcdefghijABCD…[204 bytes]\"}"},
    {"a picture with escapes", "{\"data\":\"" R50 R50 R50 R50 "\\/" R50 "\"}",
     "{\"data\":\"0123456789abcdefghijABCD…[252 bytes]\"}"},
    {"what a terminal would obey", "{\"\x1b[2J\x7f\xc2\x9b\r\n\t\"",
     "{\"?[2J???\n\t\""},
    {"no UTF-8", "{\"\xff\xc3\"", "{\"??\""},
};

static void
test_excerpts(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(bodies); i++) {
		buf_init(&out, 1 << 20);
		body_excerpt(&out, bodies[i].body, strlen(bodies[i].body));
		CHECK_STR(bodies[i].what, buf_str(&out), bodies[i].want);
		buf_release(&out);
	}
}

/* Wherever a long body is cut, no key shows. */
static void
test_long(void **state)
{
	char *body;
	struct buf out;
	size_t pad, len = 3 * BODY_EXCERPT_MAX;

	(void)state;
	body = malloc(len + 1);
	assert_non_null(body);
	for (pad = 0; pad < 300; pad++) {
		memset(body, ' ', len);
		body[0] = '{';
		body[len] = '\0';
		memcpy(body + BODY_EXCERPT_MAX - pad, "\"" KEY,
		       1 + strlen(KEY));
		buf_init(&out, 1 << 20);
		body_excerpt(&out, body, len);
		CHECK("key", strstr(buf_str(&out), "AIzaSy") == NULL);
		CHECK("its end is said",
		      strstr(buf_str(&out), "…[of 98304 bytes]") != NULL);
		CHECK("length", out.len <= BODY_EXCERPT_MAX + 512);
		buf_release(&out);
	}
	/* no place to cut is near */
	memset(body, ',', len);
	body[0] = '{';
	buf_init(&out, 1 << 20);
	body_excerpt(&out, body, len);
	CHECK("length", out.len > BODY_EXCERPT_MAX / 2 &&
			    out.len <= BODY_EXCERPT_MAX + 512);
	buf_release(&out);
	free(body);
}

/* --- rows ----------------------------------------------------------------- */

static void
write_failed(struct store *s, const char *id, int64_t time_ms, const char *body,
	     size_t attempts)
{
	char text[] = "Google's words";
	struct journal_attempt failed[2] = {
	    {.time_ms = time_ms + 1,
	     .key_id = 1,
	     .status = 500,
	     .error_class = "server",
	     .text = text},
	    {.time_ms = time_ms + 2,
	     .key_id = 2,
	     .status = 503,
	     .error_class = "server",
	     .text = text},
	};
	struct journal_entry e = {.time_ms = time_ms,
				  .token = "team",
				  .endpoint = "chat.completions",
				  .model = "m",
				  .status = 502,
				  .error_class = "upstream",
				  .body = body,
				  .failed = failed,
				  .failed_count = attempts};
	const struct journal_entry *entries[] = {&e};

	(void)snprintf(e.request_id, sizeof(e.request_id), "%s", id);
	assert_int_equal(store_journal_write(s, entries, 1), GB_OK);
}

static int64_t
count(const struct unit_store *u)
{
	return unit_sql(u->path, "SELECT count(*) FROM failed_bodies", NULL, 0);
}

static void
test_read(void **state)
{
	const struct unit_store *u = *state;
	struct journal_attempts attempts;
	struct failed_bodies list;
	struct failed_body b;

	write_failed(u->store, "one", UNIT_NOW, "{\"x\":1}", 2);
	write_failed(u->store, "two", UNIT_NOW + 5, "{}", 0);
	write_failed(u->store, "three", UNIT_NOW + 6, NULL, 1);

	assert_int_equal(store_failed_bodies(u->store, &list), GB_OK);
	CHECK_INT("those with bodies", list.count, 2);
	CHECK_STR("the newest first", list.rows[0].request_id, "two");
	CHECK_STR("class", list.rows[1].error_class, "upstream");
	failed_bodies_free(&list);

	assert_int_equal(store_failed_body(u->store, "one", &b, &attempts),
			 GB_OK);
	CHECK_STR("body", b.body, "{\"x\":1}");
	CHECK_STR("endpoint", b.endpoint, "chat.completions");
	CHECK_INT("status", b.status, 502);
	CHECK_INT("attempts", attempts.count, 2);
	CHECK_STR("words", attempts.rows[0].text, "Google's words");
	failed_body_release(&b);
	journal_attempts_free(&attempts);

	assert_int_equal(store_failed_body(u->store, "three", &b, &attempts),
			 GB_ENOTFOUND);
	assert_null(b.body);
	CHECK_INT("none", attempts.count, 0);
	failed_body_release(&b);
	journal_attempts_free(&attempts);
}

/* A body goes with the rows of its request, and by its age. */
static void
test_goes(void **state)
{
	static const struct retention week = {.error_days = 7,
					      .signature_hours = 1};
	const struct unit_store *u = *state;
	int64_t now = clock_wall_ms();

	write_failed(u->store, "one", now, "{}", 1);
	write_failed(u->store, "two", now, "{}", 1);
	write_failed(u->store, "three", now - 8 * DAY, "{}", 0);
	write_failed(u->store, "four", now - 6 * DAY, "{}", 0);
	unit_sql(u->path, "DELETE FROM attempts WHERE request_id = 'one'", NULL,
		 0);
	CHECK_INT("with an attempt", count(u), 3);
	unit_sql(u->path, "DELETE FROM requests WHERE request_id = 'two'", NULL,
		 0);
	CHECK_INT("with the request", count(u), 2);
	retention_due(u->store, &week);
	CHECK_INT("by its age", count(u), 1);
	unit_sql(u->path, "DELETE FROM requests WHERE request_id = 'four'",
		 NULL, 0);
	CHECK_INT("all", count(u), 0);
}

static void
test_bounded(void **state)
{
	const struct unit_store *u = *state;
	char id[33];
	int i;

	unit_sql(u->path,
		 "INSERT INTO failed_bodies (id, time_ms, request_id,"
		 " body) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
		 " SELECT i + 1 FROM n WHERE i < 1999)"
		 " SELECT i, 1, 'old', '' FROM n",
		 NULL, 0);
	for (i = 0; i < 4; i++) {
		(void)snprintf(id, sizeof(id), "new%d", i);
		write_failed(u->store, id, UNIT_NOW, "{}", 0);
	}
	CHECK_INT("the newest", count(u), FAILED_BODIES_MAX);
	CHECK_INT("the oldest went",
		  unit_sql(u->path, "SELECT min(id) FROM failed_bodies", NULL,
			   0),
		  4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_excerpts), cmocka_unit_test(test_long),
	    WITH_STORE(test_read),	     WITH_STORE(test_goes),
	    WITH_STORE(test_bounded),
	};

	return cmocka_run_group_tests_name("failed bodies", tests, NULL, NULL);
}
