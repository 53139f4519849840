/* pool.c: whose turn it is, and carrying out what a verdict says */
#include "keys/pool.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/redact.h"
#include "base/secret.h"
#include "keys/blame.h"
#include "store/key_health.h"
#include "upstream/exits.h"

#define ROW_DOUBLING 25 /* the one row that needs to know the streak */

void
pool_affinity(unsigned char digest[AFFINITY_SIZE], enum key_pool pool,
	      const char *token, const char *text, size_t len)
{
	const struct secret_part parts[] = {
	    {token, strlen(token)},
	    {text, len},
	    {key_pool_names[pool], strlen(key_pool_names[pool])},
	};
	unsigned char whole[DIGEST_SIZE];

	/* Without its name for the pool that there was before there were
	 * several: what is in the database still counts. */
	secret_digest_parts(whole, parts,
			    GB_COUNT(parts) - (pool == POOL_GEMINI));
	memcpy(digest, whole, AFFINITY_SIZE);
}

void
pool_url(struct buf *url, const struct settings *cfg, enum key_pool pool,
	 const char *path)
{
	if (pool == POOL_VERTEX) {
		buf_puts(url, cfg->vertex_express_base_url);
		path += 1 + strcspn(path + 1, "/");
	} else {
		buf_puts(url, cfg->base_url);
	}
	buf_puts(url, path);
}

enum gb_err
pool_take(struct store *s, enum key_pool pool, const char *model,
	  struct pool_tried *tried, const unsigned char *affinity,
	  struct key_turn *turn, int64_t *back_at)
{
	enum gb_err rc;

	if (tried->count >= KEY_TRIED_MAX) {
		memset(turn, 0, sizeof(*turn));
		*back_at = 0;
		return GB_ENOTFOUND;
	}
	rc = store_key_turn(s, pool, model, clock_wall_ms(), tried->ids,
			    tried->count, affinity, turn, back_at);
	if (rc == GB_OK)
		tried->ids[tried->count++] = turn->id;
	return rc;
}

enum gb_err
pool_take_beside(struct store *s, const struct key_turn *first,
		 const char *model, struct pool_tried *tried,
		 struct key_turn *turn)
{
	int64_t back_at;
	enum gb_err rc;

	if (tried->count >= KEY_TRIED_MAX)
		return GB_ENOTFOUND;
	rc = store_key_turn_beside(s, first, model, clock_wall_ms(), tried->ids,
				   tried->count, turn, &back_at);
	if (rc == GB_OK)
		tried->ids[tried->count++] = turn->id;
	return rc;
}

enum gb_err
pool_take_several(struct store *s, enum key_pool pool, const char *model,
		  const unsigned char *affinity, struct key_turn *turns,
		  size_t count, int64_t *back_at)
{
	return store_key_turns(s, pool, model, clock_wall_ms(), affinity, turns,
			       count, back_at);
}

/* After how many failures the key is disabled: a row may ask for fewer than
 * the setting, never for more. */
static int64_t
failure_limit(const struct settings *cfg, const struct verdict *v)
{
	int64_t limit;

	limit = cfg->max_failures > 0 ? cfg->max_failures : 1;
	return v->strikes > 0 && v->strikes < limit ? v->strikes : limit;
}

static void
make_case(struct key_case *c, const struct settings *cfg,
	  const struct key_turn *turn, const char *model,
	  const struct answer *answer, const struct verdict *v)
{
	static const enum key_sentence sentences[] = {
	    [KEY_KEEP] = SENTENCE_NONE,
	    [KEY_COOL] = SENTENCE_COOL,
	    [KEY_COOL_MODEL] = SENTENCE_COOL_MODEL,
	    [KEY_COUNT] = SENTENCE_COUNT,
	    [KEY_DISABLE] = SENTENCE_DISABLE,
	};

	*c = (struct key_case){
	    .key_id = turn->id,
	    .pool = turn->pool,
	    .now_ms = answer->now_ms,
	    .exit = answer->exit == NULL ? EXIT_DIRECT : answer->exit,
	    .model = model,
	    .named = v->model,
	    .sentence = sentences[v->action],
	    .project = v->project,
	    .until_ms = v->until_ms,
	    .failures_max = failure_limit(cfg, v),
	    .window_ms = v->window_ms,
	    .blame = blame_of(v->error_class, answer->status),
	    .consumer = v->consumer,
	    .quota = v->quota,
	    .quota_value = v->quota_value,
	    .status = answer->status,
	    .error_class = v->error_class,
	    .request_id = answer->request_id == NULL ? "" : answer->request_id,
	    .reason = v->reason,
	};
}

/* One line for each change, with its cause. */
static void
log_verdict(const struct key_turn *turn, const char *model, int64_t now_ms,
	    const struct verdict *v)
{
	char mask[SECRET_MASK_SIZE];
	long long id, rest_s;

	secret_mask(mask, turn->secret);
	id = (long long)turn->id;
	rest_s = (long long)((v->until_ms - now_ms) / 1000);
	switch (v->action) {
	case KEY_KEEP:
		log_debug("key %lld (%s): %s", id, mask, v->reason);
		break;
	case KEY_COOL:
		log_info("key %lld (%s): rests for %lld s: %s", id, mask,
			 rest_s, v->reason);
		break;
	case KEY_COOL_MODEL:
		log_info("key %lld (%s): rests for %lld s for %s: %s", id, mask,
			 rest_s, model, v->reason);
		break;
	case KEY_COUNT:
		log_info("key %lld (%s): counted: %s", id, mask, v->reason);
		break;
	case KEY_DISABLE:
		log_warnx("key %lld (%s): disabled: %s", id, mask, v->reason);
		break;
	}
}

/* Somebody else is at fault. */
static void
log_breaker(const struct key_case *c, const struct key_outcome *o)
{
	log_warnx("%s %s: rests for %lld s, and no key pays for it: %s",
		  breaker_kind_names[o->kind],
		  o->kind == BREAKER_EXIT ? c->exit : c->model,
		  (long long)((o->open_until_ms - c->now_ms + 999) / 1000),
		  c->reason);
}

/* It cannot be written yet, so this process alone keeps to it; what waits for
 * what other keys say is lost. */
static void
keep_in_mind(struct store *s, const struct key_case *c)
{
	if (c->blame != NULL && !c->blame->at_once)
		return;
	if (c->sentence == SENTENCE_COOL)
		store_outage_rest(s, c->key_id, "", c->until_ms);
	else if (c->sentence == SENTENCE_DISABLE)
		store_outage_rest(s, c->key_id, "", c->now_ms + DAY_MS);
	else if (c->sentence == SENTENCE_COOL_MODEL)
		store_outage_rest(s, c->key_id, c->model, c->until_ms);
}

void
pool_judge(struct store *s, const struct settings *cfg,
	   const struct key_turn *turn, const char *model,
	   struct answer *answer, struct verdict *out)
{
	struct key_outcome outcome;
	struct key_case c;
	enum gb_err rc;

	/* The verdict quotes Google, who quotes a key now and then. */
	answer->secret = turn->secret;
	verdict_judge(answer, model, out);
	if (out->row == ROW_DOUBLING &&
	    store_key_model_streak(s, turn->id, model, &answer->streak) ==
		GB_OK &&
	    answer->streak > 0)
		verdict_judge(answer, model, out);
	answer->secret = NULL;

	make_case(&c, cfg, turn, model, answer, out);
	if (c.sentence == SENTENCE_NONE && c.blame == NULL &&
	    c.consumer[0] == '\0') {
		log_verdict(turn, model, answer->now_ms, out);
		return;
	}
	if ((rc = store_key_judged(s, &c, &outcome)) != GB_OK) {
		if (rc == GB_EFULL) {
			log_verdict(turn, model, answer->now_ms, out);
			keep_in_mind(s, &c);
			return;
		}
		log_warnx("key %lld: what upstream said of it is lost",
			  (long long)turn->id);
		return;
	}
	if (outcome.kind != BREAKER_NONE)
		log_breaker(&c, &outcome);
	else if (!outcome.waits)
		log_verdict(turn, model, answer->now_ms, out);
}

void
pool_succeeded(struct store *s, const struct key_turn *turn, const char *model,
	       const char *exit)
{
	enum gb_err rc;
	int64_t now_ms;
	bool closed;

	/* The usual success has nothing to write.  What was charged since the
	 * turn was taken counts too: successes can be long. */
	now_ms = clock_wall_ms();
	if (!turn->has_past && !store_charges_any(s, now_ms))
		return;
	if (exit == NULL)
		exit = EXIT_DIRECT;
	rc = store_key_succeeded(s, turn->id, turn->pool, model, exit, now_ms,
				 &closed);
	if (rc == GB_OK) {
		if (closed)
			log_info("exit %s, model %s: it works again", exit,
				 model);
		return;
	}
	if (rc != GB_EFULL)
		log_warnx("key %lld: its success is lost", (long long)turn->id);
}
