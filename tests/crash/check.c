/* check.c: what the database, Google and the clients say, compared */
#include "crash.h"

#include <err.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../bench/http.h"
#include "google.h"

#define SHOWN_MAX 20	     /* faults of which each is told */
#define MARGIN_NS 500000000L /* around the time in which the disk was full */

/* A finished request in the journal. */
struct row {
	char id[FASTCGI_ID_SIZE];
	int rows, attempts, failed; /* failed: rows of attempts */
};

struct check {
	struct crash *crash;
	sqlite3 *db;
	struct row *rows;
	long row_count;
	const struct call *calls;
	long call_count;
	int *calls_of, *failed_of; /* by the number of the try */
	bool dead[KEYS_MAX];	   /* by the database */
	bool dry[KEYS_MAX][MODELS_MAX];
	int faults;
};

static void fault(struct check *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
fault(struct check *k, const char *fmt, ...)
{
	va_list ap;

	if (++k->faults > SHOWN_MAX)
		return;
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

static sqlite3_stmt *
query(const struct check *k, const char *sql)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(k->db, sql, -1, &stmt, NULL) != SQLITE_OK)
		errx(1, "%s: %s", sql, sqlite3_errmsg(k->db));
	return stmt;
}

static long
number_of(const struct check *k, const char *sql)
{
	sqlite3_stmt *stmt = query(k, sql);
	long n;

	if (sqlite3_step(stmt) != SQLITE_ROW)
		errx(1, "%s: %s", sql, sqlite3_errmsg(k->db));
	n = (long)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return n;
}

/* Whether the request ended while the disk was full, or nearly then. */
static bool
in_outage(const struct crash *c, const struct try *t)
{
	return c->mode == MODE_FULL && t->ended_ns > c->full_ns - MARGIN_NS &&
	       t->began_ns < c->free_ns + MARGIN_NS;
}

/* --- what the database says ---------------------------------------------- */

/* The number of a key that was made with KEY_FORMAT. */
static int
key_number(const char *secret)
{
	long n;

	n = strtol(secret + strcspn(secret, "0123456789"), NULL, 10);
	if (n < 0 || n >= KEYS_MAX)
		errx(1, "key %s", secret);
	return (int)n;
}

static void
read_keys(struct check *k)
{
	sqlite3_stmt *stmt;
	const char *model;
	long m;

	stmt = query(k, "SELECT secret FROM keys WHERE disabled_by = 1");
	while (sqlite3_step(stmt) == SQLITE_ROW)
		k->dead[key_number(
		    (const char *)sqlite3_column_text(stmt, 0))] = true;
	sqlite3_finalize(stmt);
	stmt = query(k, "SELECT k.secret, m.model FROM key_models m JOIN keys "
			"k ON k.id = m.key_id WHERE m.ready_at > "
			"unixepoch() * 1000");
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		model = (const char *)sqlite3_column_text(stmt, 1);
		m = strtol(model + strcspn(model, "0123456789"), NULL, 10);
		if (strncmp(model, "daily", 5) != 0 || m >= MODELS_MAX)
			fault(k, "false verdict: a key rests for %s", model);
		else
			k->dry[key_number(
			    (const char *)sqlite3_column_text(stmt, 0))][m] =
			    true;
	}
	sqlite3_finalize(stmt);
}

static int
compare_rows(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->id, ((const struct row *)b)->id);
}

static struct row *
find_row(const struct check *k, const char *id)
{
	struct row key;

	(void)snprintf(key.id, sizeof(key.id), "%s", id);
	return bsearch(&key, k->rows, (size_t)k->row_count, sizeof(key),
		       compare_rows);
}

static void
read_journal(struct check *k)
{
	sqlite3_stmt *stmt;
	struct row *row;

	k->rows = calloc((size_t)number_of(k, "SELECT count(*) + 1 FROM "
					      "requests"),
			 sizeof(*k->rows));
	if (k->rows == NULL)
		err(1, "rows");
	stmt = query(k, "SELECT request_id, count(*), sum(attempts) FROM "
			"requests GROUP BY 1");
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		row = &k->rows[k->row_count++];
		(void)snprintf(row->id, sizeof(row->id), "%s",
			       (const char *)sqlite3_column_text(stmt, 0));
		row->rows = sqlite3_column_int(stmt, 1);
		row->attempts = sqlite3_column_int(stmt, 2);
		if (row->rows != 1)
			fault(k, "doubled row: %s is there %d times", row->id,
			      row->rows);
	}
	sqlite3_finalize(stmt);
	qsort(k->rows, (size_t)k->row_count, sizeof(*k->rows), compare_rows);
	stmt = query(k, "SELECT request_id, count(*) FROM attempts GROUP BY 1");
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		row = find_row(k, (const char *)sqlite3_column_text(stmt, 0));
		if (row == NULL)
			fault(k, "half a row: attempts without a request");
		else
			row->failed = sqlite3_column_int(stmt, 1);
	}
	sqlite3_finalize(stmt);
}

/* --- comparing ------------------------------------------------------------ */

static void
count_calls(struct check *k)
{
	long i, tried = atomic_load(&k->crash->tried);

	k->calls = google_calls(&k->call_count);
	k->calls_of = calloc((size_t)tried + 1, sizeof(*k->calls_of));
	k->failed_of = calloc((size_t)tried + 1, sizeof(*k->failed_of));
	if (k->calls_of == NULL || k->failed_of == NULL)
		err(1, "calls");
	for (i = 0; i < k->call_count; i++) {
		if ((long)k->calls[i].request >= tried)
			errx(1, "a call of nobody's");
		k->calls_of[k->calls[i].request]++;
		k->failed_of[k->calls[i].request] +=
		    k->calls[i].kind != KIND_OK;
	}
}

/* Every finished request has its row, which tells of all its calls. */
static void
check_requests(struct check *k)
{
	const struct crash *c = k->crash;
	const struct try *t;
	struct row *row;
	long i;

	for (i = 0; i < atomic_load(&c->tried); i++) {
		t = &c->tries[i];
		if (!t->reply.whole)
			continue;
		if (t->reply.internal)
			fault(k, "request %ld: an error of our own", i);
		if (in_outage(c, t))
			continue;
		if ((row = find_row(k, t->reply.id)) == NULL) {
			fault(k, "lost row: request %ld, %s", i, t->reply.id);
			continue;
		}
		if (row->attempts != k->calls_of[i] ||
		    row->failed != k->failed_of[i])
			fault(k,
			      "request %ld: the journal has %d calls, %d of "
			      "them failed; Google had %d and %d",
			      i, row->attempts, row->failed, k->calls_of[i],
			      k->failed_of[i]);
	}
}

/* When the first request ended that was told so of the key, or of (key, model);
 * 0: none. */
struct known {
	int64_t dead_ns[KEYS_MAX];
	int64_t dry_ns[KEYS_MAX][MODELS_MAX];
};

static void
find_known(struct check *k, struct known *known)
{
	const struct call *call;
	const struct try *t;
	int64_t *at;
	long i;

	for (i = 0; i < k->call_count; i++) {
		call = &k->calls[i];
		t = &k->crash->tries[call->request];
		if (!t->reply.whole || in_outage(k->crash, t) ||
		    (call->kind != KIND_INVALID && call->kind != KIND_DAY))
			continue;
		at = call->kind == KIND_INVALID
			 ? &known->dead_ns[call->key]
			 : &known->dry_ns[call->key][call->model];
		if (*at == 0 || *at > t->ended_ns)
			*at = t->ended_ns;
	}
}

/* What a finished request was told of a key stands, and no request that began
 * later asks with it.  Returns the calls that were wasted: told what was known
 * to Google before. */
static long
check_verdicts(struct check *k)
{
	static struct known known;
	static bool told_dead[KEYS_MAX], told_dry[KEYS_MAX][MODELS_MAX];
	const struct call *call;
	int64_t began_ns;
	bool *told;
	long wasted = 0, i;
	int key, m;

	find_known(k, &known);
	for (i = 0; i < k->call_count; i++) {
		call = &k->calls[i];
		began_ns = k->crash->tries[call->request].began_ns;
		key = call->key;
		m = call->model;
		if (known.dead_ns[key] != 0 && began_ns > known.dead_ns[key])
			fault(k, "lost verdict: key %d was dead", key);
		if (m >= 0 && known.dry_ns[key][m] != 0 &&
		    began_ns > known.dry_ns[key][m])
			fault(k, "lost verdict: key %d was dry for model %d",
			      key, m);
		if (call->kind != KIND_INVALID && call->kind != KIND_DAY)
			continue;
		told = call->kind == KIND_INVALID ? &told_dead[key]
						  : &told_dry[key][m];
		wasted += *told;
		*told = true;
	}
	for (key = 0; key < KEYS_MAX; key++) {
		if (known.dead_ns[key] != 0 && !k->dead[key])
			fault(k, "lost verdict: key %d is not dead", key);
		if (k->dead[key] && !told_dead[key])
			fault(k, "false verdict: key %d is dead", key);
		for (m = 0; m < MODELS_MAX; m++) {
			if (known.dry_ns[key][m] != 0 && !k->dry[key][m])
				fault(k, "lost verdict: key %d is not dry",
				      key);
			if (k->dry[key][m] && !told_dry[key][m])
				fault(k, "false verdict: key %d is dry", key);
		}
	}
	return wasted;
}

/* How far the turns of keys are apart; one is what cannot be helped. */
static long
check_rotation(struct check *k)
{
	long error, breaks;

	error =
	    number_of(k, "SELECT max(n) - min(n) FROM (SELECT count(*) AS n "
			 "FROM crash_turns GROUP BY key_id)");
	breaks = number_of(
	    k, "SELECT count(*) FROM (SELECT key_id, lag(key_id) OVER (ORDER "
	       "BY id) AS was FROM crash_turns) WHERE was IS NOT NULL AND "
	       "key_id <> was + 1 AND NOT (key_id = (SELECT min(id) FROM keys) "
	       "AND was = (SELECT max(id) FROM keys))");
	if (error > 1)
		fault(k, "rotation: %ld turns apart", error);
	if (breaks > 0)
		fault(k, "rotation: %ld turns were not the next key's", breaks);
	return error;
}

/* The same by the calls that Google saw: a process that is killed between its
 * turn and its call takes the turn with it. */
static long
calls_apart(const struct check *k)
{
	long of[KEYS_MAX] = {0}, least, most, i;

	for (i = 0; i < k->call_count; i++)
		of[k->calls[i].key]++;
	least = most = of[0];
	for (i = 0; i < k->crash->keys; i++) {
		least = of[i] < least ? of[i] : least;
		most = of[i] > most ? of[i] : most;
	}
	return most - least;
}

/* --- limits ----------------------------------------------------------------
 */

/* Nobody got more of a day than the limit, and what is written of it is what
 * the journal says. */
static void
check_day(struct check *k, long *used)
{
	const struct crash *c = k->crash;
	const struct try *t;
	long let_in = 0, i;

	for (i = 0; i < atomic_load(&c->tried); i++) {
		t = &c->tries[i];
		let_in += person_of((uint32_t)i) == PERSON_DAY &&
			  t->reply.whole && !t->reply.limited &&
			  !in_outage(c, t);
	}
	*used = number_of(k, "SELECT coalesce(sum(u.requests), 0) FROM "
			     "token_use u JOIN tokens t ON t.id = u.token_id "
			     "WHERE u.span = 1 AND t.name = 'config-2'");
	if (c->day != time(NULL) / 86400 || c->mode == MODE_FULL)
		return;
	if (*used > c->day_limit || let_in > *used)
		fault(k,
		      "limit of a day: %ld were let in, %ld are written, the "
		      "limit is %ld",
		      let_in, *used, c->day_limit);
	i = number_of(k, "SELECT count(*) FROM requests WHERE token = "
			 "'config-2' AND NOT (status = 429 AND attempts = 0)");
	if (i != *used)
		fault(k,
		      "limit of a day: %ld are written, %ld are in the "
		      "journal",
		      *used, i);
}

static int
compare_moments(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* How many calls of one person Google had at once, at most. */
static long
most_parallel(const struct check *k, enum person who)
{
	long n = 0, most = 0, at, ended, i;
	int64_t *came, *gone;

	came = calloc((size_t)k->call_count + 1, sizeof(*came));
	gone = calloc((size_t)k->call_count + 1, sizeof(*gone));
	if (came == NULL || gone == NULL)
		err(1, "calls");
	for (i = 0; i < k->call_count; i++)
		if (person_of(k->calls[i].request) == who) {
			came[n] = k->calls[i].came_ns;
			gone[n++] = k->calls[i].gone_ns;
		}
	qsort(came, (size_t)n, sizeof(*came), compare_moments);
	qsort(gone, (size_t)n, sizeof(*gone), compare_moments);
	for (at = ended = 0; at < n; at++) {
		while (gone[ended] <= came[at])
			ended++;
		if (at + 1 - ended > most)
			most = at + 1 - ended;
	}
	free(came);
	free(gone);
	return most;
}

/* How often the log has a line with "words". */
static long
count_lines(const struct crash *c, const char *words)
{
	char path[4096], line[8192];
	long n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/gbalance.log", c->folder);
	if ((f = fopen(path, "r")) == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, words) != NULL;
	(void)fclose(f);
	return n;
}

static void
check_log(struct check *k)
{
	static const char *const never[] = {"locked", "busy", "malformed",
					    "AddressSanitizer",
					    "runtime error"};
	const struct crash *c = k->crash;
	long n;
	size_t i;

	for (i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if ((n = count_lines(c, never[i])) > 0)
			fault(k, "the log says \"%s\" %ld times", never[i], n);
	if (c->mode != MODE_FULL)
		return;
	n = count_lines(c, "database: cannot be written");
	if (n < 1 || n > c->processes)
		fault(k, "the log says %ld times that the disk is full", n);
	if (count_lines(c, "database: can be written again") != n)
		fault(k, "the log says not as often that it is no more");
	if (count_lines(c, " error ") != n)
		fault(k, "the log has other errors, too");
}

int
crash_check(struct crash *c)
{
	struct check k = {.crash = c};
	long wasted, used, parallel, apart = 0;
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/data/gbalance.db", c->folder);
	if (sqlite3_open(path, &k.db) != SQLITE_OK)
		errx(1, "%s: %s", path, sqlite3_errmsg(k.db));
	if (number_of(&k, "SELECT count(*) FROM pragma_integrity_check WHERE "
			  "integrity_check <> 'ok'") > 0)
		fault(&k, "the database is broken");
	read_keys(&k);
	read_journal(&k);
	count_calls(&k);
	check_requests(&k);
	wasted = check_verdicts(&k);
	check_day(&k, &used);
	parallel = most_parallel(&k, PERSON_PARALLEL);
	if (parallel > LIMIT_PARALLEL)
		fault(&k, "%ld requests at once, the limit is %d", parallel,
		      LIMIT_PARALLEL);
	if (c->mode == MODE_ROTATION)
		apart = check_rotation(&k);
	check_log(&k);
	(void)printf("finished=%ld tried=%ld kills=%ld calls=%ld wasted=%ld "
		     "rotation_error=%ld calls_apart=%ld of_the_day=%ld/%ld "
		     "at_once=%ld/%d faults=%d\n",
		     atomic_load(&c->finished), atomic_load(&c->tried),
		     c->kills, k.call_count, wasted, apart, calls_apart(&k),
		     used, c->day_limit, parallel, LIMIT_PARALLEL, k.faults);
	sqlite3_close(k.db);
	free(k.rows);
	free(k.calls_of);
	free(k.failed_of);
	return k.faults;
}
