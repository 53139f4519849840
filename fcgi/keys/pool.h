/* pool.h: whose turn it is, and carrying out what a verdict says */
#ifndef GB_KEYS_POOL_H
#define GB_KEYS_POOL_H

#include "config/settings.h"
#include "keys/verdict.h"
#include "store/keys.h"

/* What one request has tried so far; zero it before the first turn. */
struct pool_tried {
	int64_t ids[KEY_TRIED_MAX];
	size_t count;
};

/* What a request is to be kept together with others by: "len" bytes at "text",
 * such as a prompt_cache_key, of the client with this access token. */
void pool_affinity(unsigned char digest[AFFINITY_SIZE], enum key_pool,
		   const char *token, const char *text, size_t len);

/* Append the URL of "path", which begins with the API's version, where the
 * pool's keys are of use: "/v1beta/models/…".  Vertex AI has a version of its
 * own in its setting. */
void pool_url(struct buf *url, const struct settings *, enum key_pool,
	      const char *path);

/*
 * The next key of the pool for "model"; its id is added to "tried".
 * GB_ENOTFOUND when no READY key is left that was not tried: "*back_at" then is
 * what store_key_turn() says: when the first one comes back (milliseconds since
 * 1970 UTC), or 0. A request that has tried KEY_TRIED_MAX keys gets no more.
 * "affinity" is of pool_affinity(), or NULL.
 */
enum gb_err pool_take(struct store *, enum key_pool, const char *model,
		      struct pool_tried *, const unsigned char *affinity,
		      struct key_turn *, int64_t *back_at) GB_NODISCARD;

/* The same, for a call beside that of "first": none that costs more. */
enum gb_err pool_take_beside(struct store *, const struct key_turn *first,
			     const char *model, struct pool_tried *,
			     struct key_turn *) GB_NODISCARD;

/* The first keys of "count" calls of one request, each another one while there
 * are enough; as store_key_turns(). */
enum gb_err pool_take_several(struct store *, enum key_pool, const char *model,
			      const unsigned char *affinity,
			      struct key_turn *turns, size_t count,
			      int64_t *back_at) GB_NODISCARD;

/*
 * Judge what became of a turn and carry it out, in the database: on the key, on
 * its project, or, when others fail alike, on the exit's or the model's breaker
 * (blame.h).  A failure to write is logged; the verdict stands for this
 * request.
 */
void pool_judge(struct store *, const struct settings *,
		const struct key_turn *, const char *model,
		struct answer *answer, struct verdict *out);

/* The call over "exit" (exit_name(); NULL: direct) went well: clears the
 * failure count, and what was held against the exit and the model.  Writes only
 * where there is something to clear, so that the usual case costs no
 * transaction. */
void pool_succeeded(struct store *, const struct key_turn *, const char *model,
		    const char *exit);

#endif
