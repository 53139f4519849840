/*
 * turn.c: whose turn it is, strictly one key after the other, over every
 * thread and process.
 *
 * A transaction costs more than the turns in it, so threads that come while
 * one is under way queue up, and one of them then serves all in one
 * transaction of its own.
 */
#include "store/turn.h"

#include <stdio.h>
#include <string.h>

#define IDS_TEXT_MAX (KEY_TRIED_MAX * 21 + 3) /* "[id,id]", 20 digits an id */

/* One thread's wish, on its stack; it waits until "done". */
struct turn_request {
	struct turn_request *next;
	pthread_cond_t wake;
	bool done;
	enum gb_err rc;

	const char *model;
	int64_t now_ms;
	const int64_t *tried;
	size_t tried_count;
	struct key_turn *turn;
	int64_t *back_at;
};

/*
 * ?1 is the model, ?2 now.  A NULL for "pos" (nobody is READY) breaks its NOT
 * NULL, and OR IGNORE then leaves the row alone: nothing is written, no row
 * comes back.
 */
#define SQL_READY \
	"k.disabled_by = 0 AND k.ready_at <= ?2 AND NOT EXISTS (" \
	"SELECT 1 FROM key_models m WHERE m.key_id = k.id" \
	" AND m.model = ?1 AND m.ready_at > ?2)"
#define SQL_TURN(untried) \
	"UPDATE OR IGNORE rotation SET pos = coalesce(" \
	"(SELECT k.id FROM keys k INDEXED BY keys_enabled" \
	" WHERE k.id > rotation.pos AND " SQL_READY untried \
	" ORDER BY k.id LIMIT 1)," \
	"(SELECT k.id FROM keys k INDEXED BY keys_enabled" \
	" WHERE k.id <= rotation.pos AND " SQL_READY untried \
	" ORDER BY k.id LIMIT 1))" \
	" RETURNING pos, (SELECT secret FROM keys WHERE id = pos)"

static const char sql_turn[] = SQL_TURN("");
static const char sql_turn_untried[] =
    SQL_TURN(" AND k.id NOT IN (SELECT value FROM json_each(?3))");

static const char sql_back_at[] =
    "SELECT min(max(k.ready_at, coalesce(m.ready_at, 0), ?2)) FROM keys k"
    " LEFT JOIN key_models m ON m.key_id = k.id AND m.model = ?1"
    " WHERE k.disabled_by = 0";

void
turns_init(struct store *s)
{
	pthread_mutex_init(&s->turns_lock, NULL);
	s->turns = NULL;
	s->turns_end = &s->turns;
	s->turns_served = false;
}

void
turns_release(struct store *s)
{
	pthread_mutex_destroy(&s->turns_lock);
}

/* The tried ids as a JSON array, which one statement can take. */
static void
ids_text(char text[IDS_TEXT_MAX], const int64_t *ids, size_t count)
{
	size_t at, i;

	for (at = i = 0; i < count && i < KEY_TRIED_MAX; i++)
		at += (size_t)snprintf(text + at, IDS_TEXT_MAX - at, "%c%lld",
				       i == 0 ? '[' : ',', (long long)ids[i]);
	(void)snprintf(text + at, IDS_TEXT_MAX - at, "]");
}

enum gb_err
turn_read(sqlite3_stmt *stmt, struct key_turn *turn)
{
	const char *secret;
	size_t len;

	secret = (const char *)sqlite3_column_text(stmt, 1);
	len = secret == NULL ? 0 : strlen(secret);
	if (len == 0 || len >= sizeof(turn->secret))
		return GB_EIO;
	turn->id = sqlite3_column_int64(stmt, 0);
	memcpy(turn->secret, secret, len + 1);
	return GB_OK;
}

static enum gb_err
take_turn(struct store *s, const struct turn_request *rq)
{
	char ids[IDS_TEXT_MAX];
	const char *sql;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	size_t count;
	bool row;

	sql = sql_turn;
	count = 2;
	ids[0] = '\0';
	if (rq->tried_count > 0) {
		ids_text(ids, rq->tried, rq->tried_count);
		sql = sql_turn_untried;
		count = 3;
	}
	const struct db_value values[] = {
	    db_text(rq->model),
	    db_int(rq->now_ms),
	    db_text(ids),
	};
	if ((rc = db_start(s, sql, values, count, &stmt)) != GB_OK)
		return rc;
	if ((rc = db_step(s, stmt, &row)) == GB_OK && row) {
		rc = turn_read(stmt, rq->turn);
		if (rc == GB_OK)
			rc = db_step(s, stmt, &row); /* to its end */
	} else if (rc == GB_OK) {
		rc = GB_ENOTFOUND;
	}
	db_end(stmt);
	return rc;
}

static enum gb_err
serve_one(struct store *s, const struct turn_request *rq)
{
	enum gb_err rc, told;

	rc = take_turn(s, rq);
	if (rc != GB_ENOTFOUND)
		return rc;
	told = db_number_locked(s, sql_back_at,
				DB_ARGS(db_text(rq->model), db_int(rq->now_ms)),
				rq->back_at);
	if (*rq->back_at <= rq->now_ms)
		*rq->back_at = 0;
	return told == GB_OK ? GB_ENOTFOUND : told;
}

/* Serve all of "batch" in one transaction; nobody's turn counts when it
 * fails. */
static void
serve_batch(struct store *s, struct turn_request *batch)
{
	struct turn_request *rq;
	enum gb_err rc;

	db_lock(s);
	if ((rc = db_begin(s)) == GB_OK) {
		for (rq = batch; rq != NULL; rq = rq->next)
			rq->rc = serve_one(s, rq);
		rc = db_finish(s, GB_OK);
	}
	db_unlock(s);
	if (rc != GB_OK)
		for (rq = batch; rq != NULL; rq = rq->next)
			rq->rc = rc;
}

/* Put "rq" in the queue and come back when it was served. */
static void
wait_for_turn(struct store *s, struct turn_request *rq)
{
	struct turn_request *batch, *next;

	pthread_mutex_lock(&s->turns_lock);
	*s->turns_end = rq;
	s->turns_end = &rq->next;
	while (!rq->done && s->turns_served)
		pthread_cond_wait(&rq->wake, &s->turns_lock);
	if (rq->done)
		goto out;

	s->turns_served = true;
	batch = s->turns;
	s->turns = NULL;
	s->turns_end = &s->turns;
	pthread_mutex_unlock(&s->turns_lock);
	serve_batch(s, batch);
	pthread_mutex_lock(&s->turns_lock);
	s->turns_served = false;
	for (; batch != NULL; batch = next) {
		next = batch->next; /* once done, it is gone */
		batch->done = true;
		pthread_cond_signal(&batch->wake);
	}
	if (s->turns != NULL) /* the next batch has one to serve it */
		pthread_cond_signal(&s->turns->wake);
out:
	pthread_mutex_unlock(&s->turns_lock);
}

enum gb_err
store_key_turn(struct store *s, const char *model, int64_t now_ms,
	       const int64_t *tried, size_t tried_count, struct key_turn *turn,
	       int64_t *back_at)
{
	struct turn_request rq;

	memset(turn, 0, sizeof(*turn));
	*back_at = 0;
	rq = (struct turn_request){
	    .wake = PTHREAD_COND_INITIALIZER,
	    .model = model,
	    .now_ms = now_ms,
	    .tried = tried,
	    .tried_count = tried_count,
	    .turn = turn,
	    .back_at = back_at,
	};
	wait_for_turn(s, &rq);
	pthread_cond_destroy(&rq.wake);
	if (rq.rc != GB_OK)
		explicit_bzero(turn, sizeof(*turn));
	return rq.rc;
}
