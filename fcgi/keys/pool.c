/* pool.c: whose turn it is, and carrying out what a verdict says */
#include "keys/pool.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/redact.h"
#include "base/secret.h"

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

static enum gb_err
cool_model(struct store *s, int64_t id, const char *model, int64_t now_ms,
	   const struct verdict *v)
{
	enum gb_err rc;

	rc = store_key_cool_model(s, id, model, now_ms, v->until_ms, v->reason);
	/* The quota is of the model that Google names, so the alias that was
	 * asked for and the name must both rest. */
	if (rc == GB_OK && v->model[0] != '\0')
		rc = store_key_cool_model(s, id, v->model, now_ms, v->until_ms,
					  v->reason);
	return rc;
}

static enum gb_err
carry_out(struct store *s, const struct settings *cfg, int64_t id,
	  const char *model, int64_t now_ms, const struct verdict *v)
{
	switch (v->action) {
	case KEY_KEEP:
		return GB_OK;
	case KEY_COOL:
		return store_key_cool(s, id, v->until_ms, v->reason);
	case KEY_COOL_MODEL:
		return cool_model(s, id, model, now_ms, v);
	case KEY_COUNT:
		return store_key_count_failure(s, id, failure_limit(cfg, v),
					       v->window_ms, now_ms, v->reason);
	case KEY_DISABLE:
		return store_key_disable_by_system(s, id, now_ms, v->reason);
	}
	return GB_OK;
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

void
pool_judge(struct store *s, const struct settings *cfg,
	   const struct key_turn *turn, const char *model,
	   struct answer *answer, struct verdict *out)
{
	/* The verdict quotes Google, who quotes a key now and then. */
	answer->secret = turn->secret;
	verdict_judge(answer, model, out);
	if (out->row == ROW_DOUBLING &&
	    store_key_model_streak(s, turn->id, model, &answer->streak) ==
		GB_OK &&
	    answer->streak > 0)
		verdict_judge(answer, model, out);
	answer->secret = NULL;

	log_verdict(turn, model, answer->now_ms, out);
	if (carry_out(s, cfg, turn->id, model, answer->now_ms, out) != GB_OK)
		log_warnx("key %lld: what upstream said of it is lost",
			  (long long)turn->id);
}

void
pool_succeeded(struct store *s, const struct key_turn *turn, const char *model)
{
	/* The usual success has nothing to write. */
	if (!turn->has_past)
		return;
	if (store_key_succeeded(s, turn->id, model, clock_wall_ms()) != GB_OK)
		log_warnx("key %lld: its success is lost", (long long)turn->id);
}
