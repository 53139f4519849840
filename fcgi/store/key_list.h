/*
 * store/key_list.h: keys as the admin looks for them: filters, pages, tags,
 * and what a page about keys shows beside them (SQL).
 *
 * Ids are what all of it is about: a page of ids, or all that a filter lets
 * pass, for store_keys_page() and store_keys_wish() to go on with.
 */
#ifndef GB_STORE_KEY_LIST_H
#define GB_STORE_KEY_LIST_H

#include "store/key_wishes.h"

#define KEY_LIST_PAGE_MAX 1000 /* ids of a page */
#define KEY_TAG_MAX	  40   /* bytes of a tag */
#define KEY_TAGS_MAX	  16   /* of one key */
#define KEY_TEXT_MAX	  256  /* bytes of what is looked for */

/* Which keys; what is not set stands for all. */
struct key_list_filter {
	const char *ids; /* a JSON array of them */
	bool by_pool, by_tier, by_standing, by_service;
	enum key_pool pool;
	enum key_tier tier;
	enum key_standing standing; /* of the whole key, now */
	bool in_service;	    /* by_service: not disabled by anybody */
	int64_t failures_min;
	const char *model;   /* it does not serve this one now */
	const char *project; /* "": those without one */
	const char *tag;     /* "": those without any */
	const char *text;    /* its id, or a part of the key, its reason, its
				project or a tag */
};

struct key_ids {
	int64_t ids[KEY_LIST_PAGE_MAX];
	size_t count;
	bool more; /* there are some behind them */
};

/* At most "limit" ids, in their order: those behind "after_id"; with "before"
 * the last ones before it.  "skip" of them are passed over. */
enum gb_err store_key_list_page(struct store *, const struct key_list_filter *,
				int64_t now_ms, int64_t after_id, bool before,
				int64_t skip, size_t limit,
				struct key_ids *) GB_NODISCARD;

/* All ids as a JSON array, "*count" of them.  GB_ETOOBIG: not in "out". */
enum gb_err store_key_list_ids(struct store *, const struct key_list_filter *,
			       int64_t now_ms, struct buf *out,
			       int64_t *count) GB_NODISCARD;
enum gb_err store_key_list_count(struct store *, const struct key_list_filter *,
				 int64_t now_ms, int64_t *count) GB_NODISCARD;

/* The key that is "secret", of the first pool that has it.  GB_ENOTFOUND. */
enum gb_err store_key_find(struct store *, const char *secret,
			   int64_t *id) GB_NODISCARD;
enum gb_err store_key_find_in(struct store *, enum key_pool, const char *secret,
			      int64_t *id) GB_NODISCARD;

/* How many of "secrets" the pool has. */
enum gb_err store_keys_known(struct store *, enum key_pool,
			     char *const *secrets, size_t count,
			     size_t *known) GB_NODISCARD;

/* --- beside a key --------------------------------------------------------- */

/* A text and a number of a key, or of all. */
struct key_fact {
	int64_t key_id;
	char *text; /* belongs to the row */
	int64_t n, prompt, completion, cost;
};

struct key_facts {
	struct key_fact *rows;
	size_t count;
};

void key_facts_free(struct key_facts *);

/* The tags of these keys (a JSON array of ids), as "a, b". */
enum gb_err store_key_tags(struct store *, const char *ids,
			   struct key_facts *) GB_NODISCARD;

/* All names that there are, at most 200: of tags, of projects. */
enum gb_err store_key_tag_names(struct store *,
				struct key_facts *) GB_NODISCARD;
enum gb_err store_key_project_names(struct store *,
				    struct key_facts *) GB_NODISCARD;

/* Whether a person may use it as a tag: not empty, not too long, no comma, no
 * control characters. */
bool key_tag_plausible(const char *tag);

/* Give all these keys (a JSON array of ids) the tag, but for those that have
 * KEY_TAGS_MAX already, or take it from them; "*changed" says how many it is
 * news for.  GB_EINVAL: it is not plausible. */
enum gb_err store_key_tag(struct store *, const char *ids, const char *tag,
			  bool on, int64_t *changed) GB_NODISCARD;

/* What was served with the key in hours since "since_ms", by model: n requests,
 * the most first. */
enum gb_err store_key_usage(struct store *, int64_t key_id, int64_t since_ms,
			    struct key_facts *) GB_NODISCARD;

/* A model that a key does not serve at the moment. */
struct key_model {
	char *model, *reason; /* belong to the row */
	int64_t ready_at;
	bool by_person; /* until a person enables it */
};

struct key_model_rows {
	struct key_model *rows;
	size_t count;
};

void key_model_rows_free(struct key_model_rows *);
enum gb_err store_key_models(struct store *, int64_t key_id, int64_t now_ms,
			     struct key_model_rows *) GB_NODISCARD;

#endif
