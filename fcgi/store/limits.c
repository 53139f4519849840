/* limits.c: what an access token may use, kept over all processes */
#include "store/limits.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "store/db.h"
#include "store/journal.h"
#include "store/outage.h"
#include "store/price_cache.h"

#define SKEW_MS \
	INT64_C(15000) /* a thread may wait that long for its turn to write, \
			  and find what began later */
#define PARALLEL_AGAIN_MS \
	INT64_C(1000) /* nobody knows when a request under way ends */
#define AMOUNT_MAX \
	INT64_C(1000000000000) /* of one request: sums do not overflow */

const struct token_limit_kind token_limit_kinds[LIMIT__MAX] = {
    [LIMIT_PARALLEL] = {"parallel", SPAN__MAX, MEASURE_REQUESTS},
    [LIMIT_MINUTE_REQUESTS] = {"requests-per-minute", SPAN_MINUTE,
			       MEASURE_REQUESTS},
    [LIMIT_MINUTE_TOKENS] = {"tokens-per-minute", SPAN_MINUTE, MEASURE_TOKENS},
    [LIMIT_DAY_REQUESTS] = {"requests-per-day", SPAN_DAY, MEASURE_REQUESTS},
    [LIMIT_DAY_TOKENS] = {"tokens-per-day", SPAN_DAY, MEASURE_TOKENS},
    [LIMIT_DAY_COST] = {"cost-per-day", SPAN_DAY, MEASURE_COST},
    [LIMIT_MONTH_REQUESTS] = {"requests-per-month", SPAN_MONTH,
			      MEASURE_REQUESTS},
    [LIMIT_MONTH_TOKENS] = {"tokens-per-month", SPAN_MONTH, MEASURE_TOKENS},
    [LIMIT_MONTH_COST] = {"cost-per-month", SPAN_MONTH, MEASURE_COST},
};

static const char sql_use[] =
    "SELECT span, start, requests, tokens, cost FROM token_use"
    " WHERE token_id = ?1";
/* A lease of before the last start of the machine seems to last long.  One
 * that another process has just taken may last a little longer than ours can,
 * since whoever reads the clock first need not write first. */
#define RUN_OUT "(until <= ?2 OR until > ?2 + 2 * ?3)"
static const char sql_purge[] =
    "DELETE FROM token_leases WHERE token_id = ?1 AND " RUN_OUT;
#define SINCE(column, start) \
	"coalesce(sum(CASE WHEN began_at >= " start " THEN " column \
	" ELSE 0 END), 0)"
#define SINCE_ALL(start) \
	SINCE("1", start) ", " SINCE("tokens", start) ", " SINCE("cost", start)
static const char sql_reserved[] =
    "SELECT count(*), " SINCE_ALL("?4") ", " SINCE_ALL("?5") ", " SINCE_ALL(
	"?6") " FROM token_leases WHERE token_id = ?1 AND NOT " RUN_OUT;
static const char sql_reserve[] =
    "INSERT INTO token_leases (token_id, owner, number, until, began_at,"
    " tokens, cost) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
static const char sql_renew[] =
    "UPDATE token_leases SET until = ?4"
    " WHERE token_id = ?1 AND owner = ?2 AND number = ?3";
static const char sql_return[] =
    "DELETE FROM token_leases"
    " WHERE token_id = ?1 AND owner = ?2 AND number = ?3";
/* ?6: a start after it was written by a clock that was set back since. */
static const char sql_settle[] =
    "INSERT INTO token_use (token_id, span, start, requests, tokens, cost)"
    " VALUES (?1, ?2, ?3, 1, ?4, ?5) ON CONFLICT (token_id, span)"
    " DO UPDATE SET start = ?3,"
    " requests = CASE start WHEN ?3 THEN requests + 1 ELSE 1 END,"
    " tokens = CASE start WHEN ?3 THEN tokens + ?4 ELSE ?4 END,"
    " cost = CASE start WHEN ?3 THEN cost + ?5 ELSE ?5 END"
    " WHERE start <= ?3 OR start > ?6";

static int64_t
within(int64_t amount)
{
	return amount < 0 ? 0 : amount > AMOUNT_MAX ? AMOUNT_MAX : amount;
}

static void
set_spans(struct token_use use[SPAN__MAX], int64_t now_ms)
{
	memset(use, 0, SPAN__MAX * sizeof(*use));
	use[SPAN_MINUTE].start = now_ms / MINUTE_MS * MINUTE_MS;
	use[SPAN_MINUTE].end = use[SPAN_MINUTE].start + MINUTE_MS;
	use[SPAN_DAY].start = clock_day_ms(now_ms, &use[SPAN_DAY].end);
	use[SPAN_MONTH].start = clock_month_ms(now_ms, &use[SPAN_MONTH].end);
}

/* What the rows say was used in the spans that "use" is of. */
static enum gb_err
read_used(struct store *s, int64_t token_id, int64_t now_ms,
	  struct token_use use[SPAN__MAX])
{
	sqlite3_stmt *stmt;
	int64_t start, span;
	enum gb_err rc;
	bool row;
	int i;

	rc = db_start(s, sql_use, DB_ARGS(db_int(token_id)), &stmt);
	while (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		span = sqlite3_column_int64(stmt, 0);
		start = sqlite3_column_int64(stmt, 1);
		if (span < 0 || span >= SPAN__MAX)
			continue;
		/* Another thread, whose clock was read later, was first. */
		if (start != use[span].start &&
		    (start < use[span].start || start > now_ms + SKEW_MS))
			continue;
		for (i = 0; i < MEASURE__MAX; i++)
			use[span].used[i] = sqlite3_column_int64(stmt, 2 + i);
	}
	db_end(stmt);
	return rc;
}

static enum gb_err
read_reserved(struct store *s, int64_t token_id, int64_t mono_ms,
	      struct token_use use[SPAN__MAX], int64_t *parallel)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;
	int i, j;

	*parallel = 0;
	rc = db_start(s, sql_reserved,
		      DB_ARGS(db_int(token_id), db_int(mono_ms),
			      db_int(LEASE_MS), db_int(use[SPAN_MINUTE].start),
			      db_int(use[SPAN_DAY].start),
			      db_int(use[SPAN_MONTH].start)),
		      &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK && row) {
		*parallel = sqlite3_column_int64(stmt, 0);
		for (i = 0; i < SPAN__MAX; i++)
			for (j = 0; j < MEASURE__MAX; j++)
				use[i].reserved[j] = sqlite3_column_int64(
				    stmt, 1 + i * MEASURE__MAX + j);
	}
	db_end(stmt);
	return rc;
}

/* --- reserving ----------------------------------------------------------- */

/* One thread's wish, and what it needs on the way. */
struct reserve {
	struct combine_op op; /* the first member: run_reserve() casts */

	const struct limit_want *want;
	struct limit_lease *lease;
	struct limit_answer *answer;
	struct token_use use[SPAN__MAX];
	int64_t parallel;
	bool free;		     /* it takes no tokens, and no money */
	int64_t least[MEASURE__MAX]; /* what it takes at least */
	int64_t open[MEASURE__MAX];  /* and what it may take beyond */
};

static bool
has_cost_limit(const int64_t limits[LIMIT__MAX])
{
	return limits[LIMIT_DAY_COST] > 0 || limits[LIMIT_MONTH_COST] > 0;
}

static enum gb_err
cost_of(struct store *s, const struct limit_want *want, int64_t output,
	int64_t *cost)
{
	struct journal_entry e;
	enum gb_err rc;

	memset(&e, 0, sizeof(e));
	(void)snprintf(e.google_model, sizeof(e.google_model), "%s",
		       want->model);
	e.time_ms = want->now_ms;
	e.prompt_tokens = within(want->input);
	e.completion_tokens = within(output);
	rc = price_cost_locked(s, &e, cost);
	return rc == GB_ENOTFOUND ? GB_OK : rc;
}

static enum gb_err
find_amounts(struct store *s, struct reserve *r)
{
	const struct limit_want *w = r->want;
	int64_t all;
	enum gb_err rc;

	r->least[MEASURE_REQUESTS] = 1;
	r->least[MEASURE_TOKENS] = within(w->input) + within(w->output);
	r->open[MEASURE_TOKENS] = within(w->open_output);
	r->free = r->least[MEASURE_TOKENS] + r->open[MEASURE_TOKENS] == 0;
	if (!has_cost_limit(w->limits) || w->model[0] == '\0')
		return GB_OK;
	rc = cost_of(s, w, w->output, &r->least[MEASURE_COST]);
	if (rc == GB_OK)
		rc = cost_of(s, w, w->output + w->open_output, &all);
	if (rc == GB_OK)
		r->open[MEASURE_COST] = all - r->least[MEASURE_COST];
	return rc;
}

/* What is left of a limit, which is set. */
static int64_t
left_of(const struct reserve *r, enum token_limit which)
{
	const struct token_limit_kind *kind = &token_limit_kinds[which];
	const struct token_use *use;

	if (kind->span == SPAN__MAX)
		return r->want->limits[which] - r->parallel;
	use = &r->use[kind->span];
	return r->want->limits[which] - use->used[kind->measure] -
	       use->reserved[kind->measure];
}

/* Whether a limit forbids the request; of several, the one that lasts longest
 * is told of. */
static bool
is_refused(const struct reserve *r)
{
	const int64_t *limits = r->want->limits;
	const struct token_limit_kind *kind;
	struct limit_answer *a = r->answer;
	int64_t left, least;
	bool refused = false;
	int i;

	for (i = 0; i < LIMIT__MAX; i++) {
		kind = &token_limit_kinds[i];
		if (limits[i] <= 0 ||
		    (r->free && kind->measure != MEASURE_REQUESTS))
			continue;
		least = r->least[kind->measure];
		left = left_of(r, (enum token_limit)i);
		if (least <= left && left > 0)
			continue;
		refused = true;
		a->broken = (enum token_limit)i;
		a->limit = limits[i];
		a->want = least;
		a->never = least > limits[i];
		a->back_ms = kind->span == SPAN__MAX
				 ? r->want->now_ms + PARALLEL_AGAIN_MS
				 : r->use[kind->span].end;
	}
	return refused;
}

/* What of the open amount there is room for. */
static int64_t
open_amount(const struct reserve *r, enum token_measure measure)
{
	int64_t open, left;
	int i;

	open = r->open[measure];
	for (i = 0; i < LIMIT__MAX; i++) {
		if (r->want->limits[i] <= 0 ||
		    token_limit_kinds[i].measure != measure)
			continue;
		left = left_of(r, (enum token_limit)i) - r->least[measure];
		if (left < open)
			open = left;
	}
	return open;
}

static void
find_room(const struct reserve *r, enum token_measure measure,
	  struct limit_room *room)
{
	const struct token_limit_kind *kind;
	int64_t left;
	int i;

	memset(room, 0, sizeof(*room));
	for (i = 0; i < LIMIT__MAX; i++) {
		kind = &token_limit_kinds[i];
		if (r->want->limits[i] <= 0 || kind->measure != measure ||
		    kind->span == SPAN__MAX)
			continue;
		left = left_of(r, (enum token_limit)i);
		if (left < 0)
			left = 0;
		if (room->limit != 0 && left >= room->left)
			continue;
		room->limit = r->want->limits[i];
		room->left = left;
		room->reset_ms = r->use[kind->span].end;
	}
}

/* Take it; what is left afterwards is what the client is told. */
static enum gb_err
take(struct store *s, struct reserve *r)
{
	const struct limit_want *w = r->want;
	struct limit_lease *lease = r->lease;
	int64_t taken[MEASURE__MAX];
	enum gb_err rc;
	int i, j;

	for (i = 0; i < MEASURE__MAX; i++)
		taken[i] = r->least[i] + open_amount(r, (enum token_measure)i);
	rc = db_run_locked(s, sql_reserve,
			   DB_ARGS(db_int(w->token_id), db_int(lease->owner),
				   db_int(lease->number),
				   db_int(w->mono_ms + LEASE_MS),
				   db_int(w->now_ms),
				   db_int(taken[MEASURE_TOKENS]),
				   db_int(taken[MEASURE_COST])),
			   NULL);
	if (rc != GB_OK)
		return rc;
	lease->token_id = w->token_id;
	lease->began_ms = w->now_ms;
	for (i = 0; i < SPAN__MAX; i++) {
		lease->starts[i] = r->use[i].start;
		for (j = 0; j < MEASURE__MAX; j++)
			r->use[i].reserved[j] += taken[j];
	}
	return GB_OK;
}

static enum gb_err
run_reserve(struct store *s, struct combine_op *op)
{
	struct reserve *r = (struct reserve *)op;
	const struct limit_want *w = r->want;
	bool refused = false;
	enum gb_err rc;

	set_spans(r->use, w->now_ms);
	if ((rc = db_run_locked(s, sql_purge,
				DB_ARGS(db_int(w->token_id), db_int(w->mono_ms),
					db_int(LEASE_MS)),
				NULL)) != GB_OK ||
	    (rc = read_used(s, w->token_id, w->now_ms, r->use)) != GB_OK ||
	    (rc = read_reserved(s, w->token_id, w->mono_ms, r->use,
				&r->parallel)) != GB_OK ||
	    (rc = find_amounts(s, r)) != GB_OK)
		return rc;
	if (w->full && r->parallel < w->limits[LIMIT_PARALLEL])
		r->parallel = w->limits[LIMIT_PARALLEL];
	refused = is_refused(r);
	if (!refused && (rc = take(s, r)) != GB_OK)
		return rc;
	find_room(r, MEASURE_REQUESTS, &r->answer->requests);
	find_room(r, MEASURE_TOKENS, &r->answer->tokens);
	return refused ? GB_EBUSY : GB_OK;
}

enum gb_err
store_limit_reserve(struct store *s, const struct limit_want *want,
		    struct limit_lease *lease, struct limit_answer *answer)
{
	struct reserve r;
	enum gb_err rc;

	memset(answer, 0, sizeof(*answer));
	memset(&r, 0, sizeof(r));
	r.op.run = run_reserve;
	r.want = want;
	r.lease = lease;
	r.answer = answer;
	rc = combine_run(s, &s->writes, &r.op);
	return rc == GB_EFULL ? outage_rehearse(s, &r.op) : rc;
}

/* --- afterwards ---------------------------------------------------------- */

enum gb_err
store_limit_renew(struct store *s, const struct limit_lease *leases,
		  size_t count, int64_t mono_ms)
{
	enum gb_err rc;
	size_t i;

	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	for (i = 0; rc == GB_OK && i < count; i++)
		rc = db_run_locked(s, sql_renew,
				   DB_ARGS(db_int(leases[i].token_id),
					   db_int(leases[i].owner),
					   db_int(leases[i].number),
					   db_int(mono_ms + LEASE_MS)),
				   NULL);
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}

static enum gb_err
return_locked(struct store *s, const struct limit_lease *lease)
{
	return db_run_locked(s, sql_return,
			     DB_ARGS(db_int(lease->token_id),
				     db_int(lease->owner),
				     db_int(lease->number)),
			     NULL);
}

enum gb_err
store_limit_return(struct store *s, const struct limit_lease *lease)
{
	enum gb_err rc;

	db_lock(s);
	rc = return_locked(s, lease);
	db_unlock(s);
	return rc;
}

enum gb_err
limit_settle_locked(struct store *s, const struct limit_lease *lease,
		    int64_t tokens, int64_t cost, int64_t now_ms)
{
	enum gb_err rc;
	int i;

	rc = return_locked(s, lease);
	for (i = 0; rc == GB_OK && i < SPAN__MAX; i++)
		rc = db_run_locked(s, sql_settle,
				   DB_ARGS(db_int(lease->token_id), db_int(i),
					   db_int(lease->starts[i]),
					   db_int(within(tokens)),
					   db_int(within(cost)),
					   db_int(now_ms + SKEW_MS)),
				   NULL);
	return rc;
}

enum gb_err
store_limit_use(struct store *s, int64_t token_id, int64_t now_ms,
		int64_t mono_ms, struct token_use use[SPAN__MAX],
		int64_t *parallel)
{
	enum gb_err rc, ended;

	set_spans(use, now_ms);
	*parallel = 0;
	db_lock(s);
	if ((rc = db_begin_read(s)) == GB_OK) {
		if ((rc = read_used(s, token_id, now_ms, use)) == GB_OK)
			rc = read_reserved(s, token_id, mono_ms, use, parallel);
		ended = db_finish(s, GB_OK);
		rc = rc == GB_OK ? ended : rc;
	}
	db_unlock(s);
	return rc;
}
