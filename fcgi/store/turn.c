/* turn.c: whose turn it is, strictly one key after the other, over every
 * thread and process */
#include "store/turn.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "store/affinity.h"
#include "store/no_turn.h"
#include "store/outage.h"

#define PAST_TROUBLES 2			       /* a bit of KEY_HAS_PAST */
#define IDS_TEXT_MAX  (KEY_TRIED_MAX * 21 + 3) /* "[id,id]", 20 digits an id */

/* One thread's wish. */
struct turn_request {
	struct combine_op op; /* the first member: run_turn() casts */

	enum key_pool pool;
	int tiers; /* so many of them may have it */
	const char *model;
	int64_t now_ms;
	const int64_t *tried;
	size_t tried_count;
	const unsigned char *affinity;
	struct key_turn *turn;
	int64_t *back_at;
};

/*
 * ?1 is the model, ?2 now, ?3 the pool, ?4 the tier.  A NULL for "pos" (nobody
 * is READY) breaks its NOT NULL, and OR IGNORE then leaves the row alone:
 * nothing is written, no row comes back.  Of the two statements one finds no
 * row, as the tier's keys weigh the same or do not.
 */
#define SQL_STRICT(ready, untried) \
	"UPDATE OR IGNORE rotation SET pos = coalesce(" \
	"(SELECT k.id FROM keys k INDEXED BY keys_enabled" \
	" WHERE k.pool = ?3 AND k.tier = ?4 AND k.id > rotation.pos" \
	" AND " ready untried " ORDER BY k.id LIMIT 1)," \
	"(SELECT k.id FROM keys k INDEXED BY keys_enabled" \
	" WHERE k.pool = ?3 AND k.tier = ?4 AND k.id <= rotation.pos" \
	" AND " ready untried " ORDER BY k.id LIMIT 1))" \
	" WHERE pool = ?3 AND tier = ?4 AND weighted = 0" \
	" RETURNING pos, (SELECT gb_open(secret) FROM keys WHERE id = pos)," \
	" " KEY_HAS_PAST("pos", "?1", "?2")

#define SLOT_READY(where, ready, untried) \
	"(SELECT p.at FROM key_slots p CROSS JOIN keys k ON k.id = p.key_id" \
	" WHERE p.pool = ?3 AND p.tier = ?4 AND p.at " where " rotation.pos" \
	" AND " ready untried " ORDER BY p.at LIMIT 1)"
#define KEY_OF_SLOT \
	"(SELECT key_id FROM key_slots" \
	" WHERE pool = ?3 AND tier = ?4 AND at = pos)"
#define SQL_WEIGHTED(ready, untried) \
	"UPDATE OR IGNORE rotation SET pos = coalesce(" SLOT_READY( \
	    ">", ready, \
	    untried) "," SLOT_READY("<=", ready, \
				    untried) ")" \
					     " WHERE pool = ?3 AND tier = ?4 " \
					     "AND weighted = 1" \
					     " RETURNING " KEY_OF_SLOT "," \
					     " (SELECT gb_open(secret) FROM " \
					     "keys " \
					     "WHERE id = " KEY_OF_SLOT ")," \
					     " " KEY_HAS_PAST(KEY_OF_SLOT, \
							      "?1", "?2")

#define UNTRIED " AND k.id NOT IN (SELECT value FROM json_each(?5))"

/* By whether some were tried, and by "weighted". */
static const char *const sql_turn[2][2] = {
    {SQL_STRICT(KEY_IS_READY, ""), SQL_WEIGHTED(KEY_IS_READY, "")},
    {SQL_STRICT(KEY_IS_READY, UNTRIED), SQL_WEIGHTED(KEY_IS_READY, UNTRIED)},
};
static const char *const sql_turn_whatever[2] = {
    SQL_STRICT(KEY_IS_AWAKE, UNTRIED),
    SQL_WEIGHTED(KEY_IS_AWAKE, UNTRIED),
};

/* ?3: the one key that will do. */
static const char sql_pinned[] =
    "SELECT p.id, gb_open(p.secret), " KEY_HAS_PAST(
	"p.id", "?1",
	"?2") ","
	      " max(p.disabled_by, coalesce(c.disabled_by, 0),"
	      " p.models <> '' AND NOT key_serves(p.models, ?1)),"
	      " max(p.ready_at, coalesce(c.ready_at, 0)),"
	      " p.pool"
	      " FROM keys p LEFT JOIN key_models c"
	      " ON c.key_id = p.id AND c.model = ?1 WHERE p.id = ?3";

#define SQL_BACK_AT(may_have) \
	"SELECT min(max(k.ready_at, coalesce(m.ready_at, 0), ?2)) FROM keys k" \
	" LEFT JOIN key_models m ON m.key_id = k.id AND m.model = ?1" \
	" WHERE k.disabled_by = 0 AND coalesce(m.disabled_by, 0) = 0" \
	" AND k.pool = ?3 AND " KEY_SERVES " AND " may_have
static const char sql_back_at[] = SQL_BACK_AT(KEY_MAY_HAVE);
static const char sql_back_at_whatever[] = SQL_BACK_AT("1");

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
	int past;

	secret = (const char *)sqlite3_column_text(stmt, 1);
	len = secret == NULL ? 0 : strlen(secret);
	if (len == 0 || len >= sizeof(turn->secret))
		return GB_EIO;
	turn->id = sqlite3_column_int64(stmt, 0);
	past = sqlite3_column_int(stmt, 2);
	turn->has_past = past != 0;
	turn->troubles = (past & PAST_TROUBLES) != 0;
	memcpy(turn->secret, secret, len + 1);
	return GB_OK;
}

/* The turn that this statement gives, if any. */
static enum gb_err
step_turn(struct store *s, const char *sql, const struct db_value *values,
	  size_t count, struct key_turn *turn)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	if ((rc = db_start(s, sql, values, count, &stmt)) != GB_OK)
		return rc;
	if ((rc = db_step(s, stmt, &row)) == GB_OK && row) {
		rc = turn_read(stmt, turn);
		if (rc == GB_OK)
			rc = db_step(s, stmt, &row); /* to its end */
	} else if (rc == GB_OK) {
		rc = GB_ENOTFOUND;
	}
	db_end(stmt);
	return rc;
}

enum gb_err
turn_take_due(struct store *s, const char *sql_due, const char *sql_take,
	      const struct db_value *values, size_t count,
	      struct key_turn *turn)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	int64_t due;
	bool row;

	memset(turn, 0, sizeof(*turn));
	stmt = NULL;
	db_lock(s);
	/* Nobody waits for a lock as long as nothing is due. */
	if ((rc = db_number_locked(s, sql_due, values, count, &due)) != GB_OK ||
	    (rc = db_start(s, sql_take, values, count, &stmt)) != GB_OK ||
	    (rc = db_step(s, stmt, &row)) != GB_OK)
		goto out;
	rc = row ? turn_read(stmt, turn) : GB_ENOTFOUND;
	if (rc == GB_OK) {
		turn->pool = pool_read(stmt, 3);
		rc = db_step(s, stmt, &row); /* its end is the commit */
	}
out:
	db_end(stmt);
	db_unlock(s);
	if (rc != GB_OK)
		explicit_bzero(turn, sizeof(*turn));
	return rc;
}

/* The next key's turn in the tier; with "whatever" also that of a key whose
 * list lacks the model. */
static enum gb_err
take_turn(struct store *s, const struct turn_request *rq, int tier,
	  bool whatever)
{
	char ids[IDS_TEXT_MAX] = "[]";
	enum gb_err rc;
	bool untried;
	int weighted;

	untried = rq->tried_count > 0 || whatever;
	if (rq->tried_count > 0)
		ids_text(ids, rq->tried, rq->tried_count);
	const struct db_value values[] = {
	    db_text(rq->model), db_int(rq->now_ms), pool_value(rq->pool),
	    db_int(tier),	db_text(ids),
	};
	rc = GB_ENOTFOUND;
	for (weighted = 0; weighted < 2 && rc == GB_ENOTFOUND; weighted++)
		rc = step_turn(s,
			       whatever ? sql_turn_whatever[weighted]
					: sql_turn[untried][weighted],
			       values, untried ? 5 : 4, rq->turn);
	return rc;
}

/* The turn of the key that the affinity is to; the rotation stays where it
 * is. */
static enum gb_err
take_affine(struct store *s, const struct turn_request *rq, int tier)
{
	char ids[IDS_TEXT_MAX] = "[]";

	if (rq->affinity == NULL)
		return GB_ENOTFOUND;
	if (rq->tried_count > 0)
		ids_text(ids, rq->tried, rq->tried_count);
	return affinity_turn(s, rq->affinity, rq->model, rq->now_ms, tier, ids,
			     rq->turn);
}

/* The turn of the first tier that has one. */
static enum gb_err
take_tiers(struct store *s, const struct turn_request *rq, bool whatever)
{
	enum gb_err rc, bound;
	int tier;

	rc = GB_ENOTFOUND;
	for (tier = 0; tier < rq->tiers && rc == GB_ENOTFOUND; tier++) {
		rq->turn->tier = (enum key_tier)tier;
		if (!whatever && take_affine(s, rq, tier) == GB_OK)
			return GB_OK;
		rc = take_turn(s, rq, tier, whatever);
		if (rc != GB_OK || rq->affinity == NULL)
			continue;
		bound =
		    affinity_bind(s, rq->affinity, rq->turn->id, rq->now_ms);
		if (bound != GB_OK && bound != GB_EFULL)
			log_warnx("key %lld: an affinity to it is lost",
				  (long long)rq->turn->id);
	}
	return rc;
}

/* When the first key comes back, or 0 when waiting is not what is missing. */
static enum gb_err
find_back_at(struct store *s, const struct turn_request *rq, bool whatever)
{
	return db_number_locked(s,
				whatever ? sql_back_at_whatever : sql_back_at,
				DB_ARGS(db_text(rq->model), db_int(rq->now_ms),
					pool_value(rq->pool)),
				rq->back_at);
}

/*
 * A turn.  Lists only say whom to ask first: when all keys that have the model
 * are out of service, any other one is asked, as its list may be old; Google
 * then says whether it has it.
 */
static enum gb_err
serve_one(struct store *s, const struct turn_request *rq)
{
	enum gb_err rc, told;
	bool none;

	told = no_turn_known(s, rq->pool, rq->model, rq->now_ms, rq->back_at,
			     &none);
	if (told != GB_OK || none)
		return told == GB_OK ? GB_ENOTFOUND : told;
	rc = take_tiers(s, rq, false);
	if (rc != GB_ENOTFOUND)
		return rc;
	told = find_back_at(s, rq, false);
	if (told == GB_OK && *rq->back_at == 0) {
		rc = take_tiers(s, rq, true);
		if (rc != GB_ENOTFOUND)
			return rc;
		told = find_back_at(s, rq, true);
	}
	if (*rq->back_at > 0 && *rq->back_at <= rq->now_ms)
		*rq->back_at = 0; /* that one was tried */
	else if (told == GB_OK)
		told = no_turn_note(s, rq->pool, rq->model, *rq->back_at);
	return told == GB_OK ? GB_ENOTFOUND : told;
}

/* Whether the model's breaker lets a request pass.  One that has begun has its
 * own bounds for how often it tries. */
static enum gb_err
pass_model(struct store *s, const struct turn_request *rq)
{
	char name[BREAKER_NAME_MAX];
	int64_t until_ms;
	enum gb_err rc;

	if (rq->model[0] == '\0' || rq->tried_count > 0)
		return GB_OK;
	breaker_model_name(name, rq->pool, rq->model);
	rc = breaker_pass(s, BREAKER_MODEL, name, rq->now_ms, &until_ms);
	if (rc == GB_EBUSY)
		*rq->back_at = until_ms;
	return rc;
}

static enum gb_err
run_turn(struct store *s, struct combine_op *op)
{
	const struct turn_request *rq = (const struct turn_request *)op;
	enum gb_err rc;

	rc = pass_model(s, rq);
	return rc == GB_OK ? serve_one(s, rq) : rc;
}

/* Several turns for one request. */
struct turns_request {
	struct combine_op op; /* the first member: run_turns() casts */

	struct turn_request each;
	struct key_turn *turns;
	size_t count;
};

/* One of several.  Once all that are READY had one, the round begins anew; and
 * only when no free one is READY the paid ones have theirs. */
static enum gb_err
serve_round(struct store *s, struct turn_request *rq)
{
	enum gb_err rc;

	for (;;) {
		rc = serve_one(s, rq);
		if (rc != GB_ENOTFOUND)
			return rc;
		if (rq->tried_count > 0)
			rq->tried_count = 0;
		else if (rq->tiers < TIER__MAX)
			rq->tiers++;
		else
			return rc;
	}
}

static enum gb_err
run_turns(struct store *s, struct combine_op *op)
{
	struct turns_request *all = (struct turns_request *)op;
	struct turn_request *rq = &all->each;
	int64_t had[KEY_TRIED_MAX];
	enum gb_err rc;
	size_t i;

	rq->tried = had;
	rc = pass_model(s, rq);
	for (i = 0; rc == GB_OK && i < all->count; i++) {
		rq->turn = &all->turns[i];
		rc = serve_round(s, rq);
		if (rc == GB_OK)
			had[rq->tried_count++] = rq->turn->id;
		rq->affinity = NULL;
	}
	rq->tried = NULL; /* it is no more */
	return rc;
}

static enum gb_err
turn_of_tiers(struct store *s, enum key_pool pool, int tiers, const char *model,
	      int64_t now_ms, const int64_t *tried, size_t tried_count,
	      const unsigned char *affinity, struct key_turn *turn,
	      int64_t *back_at)
{
	struct turn_request rq;
	enum gb_err rc;

	memset(turn, 0, sizeof(*turn));
	*back_at = 0;
	rq = (struct turn_request){
	    .op.run = run_turn,
	    .pool = pool,
	    .tiers = tiers,
	    .model = model,
	    .now_ms = now_ms,
	    .tried = tried,
	    .tried_count = tried_count,
	    .affinity = affinity,
	    .turn = turn,
	    .back_at = back_at,
	};
	rc = combine_run(s, &s->writes, &rq.op);
	if (rc == GB_EFULL)
		rc = outage_turn(s, pool, model, &rq.op);
	turn->pool = pool;
	if (rc != GB_OK)
		explicit_bzero(turn, sizeof(*turn));
	return rc;
}

enum gb_err
store_key_turn(struct store *s, enum key_pool pool, const char *model,
	       int64_t now_ms, const int64_t *tried, size_t tried_count,
	       const unsigned char *affinity, struct key_turn *turn,
	       int64_t *back_at)
{
	return turn_of_tiers(s, pool, TIER__MAX, model, now_ms, tried,
			     tried_count, affinity, turn, back_at);
}

enum gb_err
store_key_turn_beside(struct store *s, const struct key_turn *beside,
		      const char *model, int64_t now_ms, const int64_t *tried,
		      size_t tried_count, struct key_turn *turn,
		      int64_t *back_at)
{
	return turn_of_tiers(s, beside->pool, (int)beside->tier + 1, model,
			     now_ms, tried, tried_count, NULL, turn, back_at);
}

enum gb_err
store_key_turns(struct store *s, enum key_pool pool, const char *model,
		int64_t now_ms, const unsigned char *affinity,
		struct key_turn *turns, size_t count, int64_t *back_at)
{
	struct turns_request all;
	enum gb_err rc;
	size_t i;

	memset(turns, 0, count * sizeof(*turns));
	*back_at = 0;
	all = (struct turns_request){
	    .op.run = run_turns,
	    .each = {.pool = pool,
		     .tiers = TIER_FREE + 1,
		     .model = model,
		     .now_ms = now_ms,
		     .affinity = affinity,
		     .back_at = back_at},
	    .turns = turns,
	    .count = count,
	};
	rc = combine_run(s, &s->writes, &all.op);
	if (rc == GB_EFULL) {
		all.each.affinity = affinity;
		all.each.tried_count = 0;
		rc = outage_turn(s, pool, model, &all.op);
	}
	for (i = 0; i < count; i++)
		turns[i].pool = pool;
	if (rc != GB_OK)
		explicit_bzero(turns, count * sizeof(*turns));
	return rc;
}

/* What the row of the pinned key in "stmt" says. */
static enum gb_err
read_pinned(sqlite3_stmt *stmt, int64_t now_ms, struct key_turn *turn,
	    int64_t *back_at)
{
	int64_t ready_at;

	ready_at = sqlite3_column_int64(stmt, 4);
	*back_at = sqlite3_column_int64(stmt, 3) != 0 ? 0
		   : ready_at > now_ms		      ? ready_at
						      : -1;
	if (*back_at >= 0)
		return GB_EBUSY;
	*back_at = 0;
	turn->pool = pool_read(stmt, 5);
	return turn_read(stmt, turn);
}

enum gb_err
store_key_turn_of(struct store *s, int64_t id, const char *model,
		  int64_t now_ms, struct key_turn *turn, int64_t *back_at)
{
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	memset(turn, 0, sizeof(*turn));
	*back_at = 0;
	db_lock(s);
	rc = db_start(s, sql_pinned,
		      DB_ARGS(db_text(model), db_int(now_ms), db_int(id)),
		      &stmt);
	if (rc == GB_OK && (rc = db_step(s, stmt, &row)) == GB_OK)
		rc = row ? read_pinned(stmt, now_ms, turn, back_at)
			 : GB_ENOTFOUND;
	db_end(stmt);
	db_unlock(s);
	if (rc != GB_OK)
		explicit_bzero(turn, sizeof(*turn));
	return rc;
}
