/* outage.c: turns and verdicts while nothing can be written */
#include "store/outage.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "store/db.h"
#include "store/turn.h"

#define RESTS_MAX    1024 /* in memory: 150 KiB, and only then */
#define VERDICTS_MAX 256  /* of some 500 bytes */

static const char sql_get[] =
    "SELECT pos FROM rotation WHERE pool = ?1 AND tier = ?2";
static const char sql_set[] =
    "UPDATE rotation SET pos = ?3 WHERE pool = ?1 AND tier = ?2";
/* Where a process begins: they need not all ask the same key at once. */
static const char sql_somewhere[] =
    "SELECT abs(random() % (max(id) + 1)) FROM keys";

static const char sql_rest[] =
    "UPDATE keys SET ready_at = max(ready_at, ?2) WHERE id = ?1";
static const char sql_rest_model[] =
    "INSERT INTO key_models (key_id, model, ready_at, streak, reason)"
    " SELECT id, ?3, ?2, 0, '' FROM keys WHERE id = ?1"
    " ON CONFLICT (key_id, model)"
    " DO UPDATE SET ready_at = max(ready_at, ?2)";

/* A rest that could not be written. */
struct outage_rest {
	int64_t key_id, until_ms;
	char model[129]; /* "": for all */
};

/* The last ones; in a ring. */
struct outage_rests {
	size_t count;
	struct outage_rest rests[RESTS_MAX];
};

/* What of a case is text. */
static const size_t case_texts[] = {
    offsetof(struct key_case, exit),
    offsetof(struct key_case, model),
    offsetof(struct key_case, named),
    offsetof(struct key_case, consumer),
    offsetof(struct key_case, quota),
    offsetof(struct key_case, error_class),
    offsetof(struct key_case, request_id),
    offsetof(struct key_case, reason),
};

/* Verdicts that could not be written; the last ones, in a ring. */
struct outage_verdicts {
	size_t count;
	struct key_case *cases[VERDICTS_MAX];
};

/* The case with its texts, in one piece; NULL: no memory. */
static struct key_case *
case_copy(const struct key_case *c)
{
	struct key_case *copy;
	const char **text;
	size_t i, len, size;
	char *at;

	for (size = sizeof(*copy), i = 0; i < GB_COUNT(case_texts); i++)
		size += strlen(*(const char *const *)((const char *)c +
						      case_texts[i])) +
			1;
	if ((copy = malloc(size)) == NULL)
		return NULL;
	*copy = *c;
	copy->blame = NULL;
	at = (char *)(copy + 1);
	for (i = 0; i < GB_COUNT(case_texts); i++) {
		text = (const char **)((char *)copy + case_texts[i]);
		len = strlen(*text) + 1;
		*text = memcpy(at, *text, len);
		at += len;
	}
	return copy;
}

static void
verdicts_free(struct outage_verdicts *all)
{
	size_t i;

	for (i = 0; all != NULL && i < VERDICTS_MAX; i++)
		free(all->cases[i]);
	free(all);
}

void
outage_forget(struct store *s)
{
	free(s->outage_rests);
	s->outage_rests = NULL;
	verdicts_free(s->outage_verdicts);
	s->outage_verdicts = NULL;
}

/* What waits for what other keys say is not kept: what of it a success has
 * cleared meanwhile is not known, either. */
bool
outage_keep(struct store *s, const struct key_case *c)
{
	bool over, waits = c->blame != NULL && !c->blame->at_once;
	struct outage_verdicts *all;
	struct key_case **place, *copy;

	db_lock(s);
	over = !store_in_outage(s);
	if (!over && !waits && s->outage_verdicts == NULL)
		s->outage_verdicts = calloc(1, sizeof(*s->outage_verdicts));
	all = s->outage_verdicts;
	if (!over && !waits && all != NULL && (copy = case_copy(c)) != NULL) {
		place = &all->cases[all->count++ % VERDICTS_MAX];
		free(*place);
		*place = copy;
	}
	db_unlock(s);
	return !over;
}

/* In the order in which they came. */
static enum gb_err
carry_out(struct store *s, const struct outage_verdicts *all)
{
	const struct key_case *c;
	enum gb_err rc = GB_OK;
	size_t i;

	for (i = 0; rc == GB_OK && i < VERDICTS_MAX; i++) {
		c = all->cases[(all->count + i) % VERDICTS_MAX];
		if (c != NULL)
			rc = key_judged_locked(s, c);
	}
	return rc;
}

void
outage_over(struct store *s)
{
	struct outage_verdicts *all = s->outage_verdicts;
	enum gb_err rc;

	if (all == NULL) {
		outage_forget(s);
		return;
	}
	s->outage_verdicts = NULL; /* not again, by what is written below */
	if ((rc = db_begin(s)) == GB_OK)
		rc = db_finish(s, carry_out(s, all));
	if (rc == GB_EFULL && s->outage_verdicts == NULL) {
		s->outage_verdicts = all; /* it is not over */
		return;
	}
	if (rc != GB_OK)
		log_warnx("database: verdicts of the time in which it could "
			  "not be written are lost");
	verdicts_free(all);
	outage_forget(s);
}

void
store_outage_rest(struct store *s, int64_t key_id, const char *model,
		  int64_t until_ms)
{
	struct outage_rests *all;
	struct outage_rest *rest;

	db_lock(s);
	if (s->outage_rests == NULL && store_in_outage(s))
		s->outage_rests = calloc(1, sizeof(*s->outage_rests));
	all = s->outage_rests;
	if (all != NULL) {
		rest = &all->rests[all->count++ % RESTS_MAX];
		rest->key_id = key_id;
		rest->until_ms = until_ms;
		(void)snprintf(rest->model, sizeof(rest->model), "%s", model);
	}
	db_unlock(s);
}

/* Within a transaction that is undone. */
static enum gb_err
apply_rests(struct store *s, const char *model)
{
	const struct outage_rests *all = s->outage_rests;
	const struct outage_rest *rest;
	enum gb_err rc = GB_OK;
	size_t i;

	for (i = 0;
	     all != NULL && rc == GB_OK && i < all->count && i < RESTS_MAX;
	     i++) {
		rest = &all->rests[i];
		if (rest->model[0] != '\0' && strcmp(rest->model, model) != 0)
			continue;
		rc = db_run_locked(
		    s, rest->model[0] == '\0' ? sql_rest : sql_rest_model,
		    (const struct db_value[]){db_int(rest->key_id),
					      db_int(rest->until_ms),
					      db_text(rest->model)},
		    rest->model[0] == '\0' ? 2 : 3, NULL);
	}
	return rc;
}

/* Put a tier's rotation where it would be, or with "after" take note of where
 * it is now. */
static enum gb_err
place(struct store *s, enum key_pool pool, int tier, bool after)
{
	int64_t *at = &s->unwritten_turn[pool][tier];
	enum gb_err rc;

	if (after) {
		rc = db_number_locked(s, sql_get,
				      DB_ARGS(pool_value(pool), db_int(tier)),
				      at);
		return rc == GB_ENOTFOUND ? GB_OK : rc; /* no such keys */
	}
	rc = *at == 0 ? db_number_locked(s, sql_somewhere, DB_NO_ARGS, at)
		      : GB_OK;
	if (rc != GB_OK)
		return rc;
	return db_run_locked(s, sql_set,
			     DB_ARGS(pool_value(pool), db_int(tier),
				     db_int(*at)),
			     NULL);
}

static enum gb_err
run_turn(struct store *s, enum key_pool pool, const char *model,
	 struct combine_op *op)
{
	enum gb_err rc;
	int tier;

	rc = apply_rests(s, model);
	for (tier = 0; rc == GB_OK && tier < TIER__MAX; tier++)
		rc = place(s, pool, tier, false);
	if (rc == GB_OK)
		rc = op->run(s, op);
	for (tier = 0; rc == GB_OK && tier < TIER__MAX; tier++)
		rc = place(s, pool, tier, true);
	return rc;
}

enum gb_err
outage_turn(struct store *s, enum key_pool pool, const char *model,
	    struct combine_op *op)
{
	db_lock(s);
	if ((op->rc = db_begin(s)) == GB_OK) {
		op->rc = run_turn(s, pool, model, op);
		db_undo(s);
	}
	db_unlock(s);
	return op->rc;
}

enum gb_err
outage_rehearse(struct store *s, struct combine_op *op)
{
	db_lock(s);
	if ((op->rc = db_begin(s)) == GB_OK) {
		op->rc = op->run(s, op);
		db_undo(s);
	}
	db_unlock(s);
	return op->rc;
}
