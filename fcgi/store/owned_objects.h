/*
 * store/owned_objects.h: which key made what: files, caches, batches and so on,
 * and sessions of resumable uploads (SQL).
 *
 * Each belongs to a project of Google's, so later calls for it go to the key
 * that made it, from any process.
 */
#ifndef GB_STORE_OWNED_OBJECTS_H
#define GB_STORE_OWNED_OBJECTS_H

#include "store/keys.h"
#include "store/store.h"

#define OBJECTS_AT_ONCE 64 /* that one lookup is for */
#define OBJECT_KEYS_MAX 64 /* keys that a list is asked of */

/* One of them; the strings are the caller's, or those of the rows. */
struct object {
	const char *name; /* "files/abc" */
	int64_t key_id;
	const char *token;   /* whose it is: auth_find() has it as "owner" */
	const char *mime;    /* "" where nobody said */
	const char *uri;     /* as Google has it; of an upload: where it goes */
	const char *label;   /* a file's name for people */
	const char *purpose; /* OpenAI's; "" for none */
	int64_t bytes;
	int64_t created_at, expires_at;
};

/* Objects as the database has them, and their keys. */
struct object_row {
	struct object object;
	char mask[32]; /* the key, masked; "" when it was deleted */
	char *text;    /* owns the strings */
};

struct object_rows {
	struct object_row *rows;
	size_t count;
};

void object_rows_free(struct object_rows *);

/*
 * Remember an object.  One that is known stays with its key and token, and
 * takes over what "object" knows of the rest: "" and 0 change nothing.
 */
enum gb_err store_object_put(struct store *,
			     const struct object *) GB_NODISCARD;

/* The same, where it is not known; else nothing changes. */
enum gb_err store_object_bind(struct store *,
			      const struct object *) GB_NODISCARD;

/* Those of "count" names (at most OBJECTS_AT_ONCE) that are known and not
 * expired.  Names have letters, digits, "/", "-", "_" and "." only. */
enum gb_err store_objects_get(struct store *, const char *const *names,
			      size_t count, int64_t now_ms,
			      struct object_rows *) GB_NODISCARD;

/* The newest "most" of a collection ("files") that "token" made (NULL:
 * anybody), created before "before_ms", newest first. */
enum gb_err store_objects_list(struct store *, const char *collection,
			       const char *token, int64_t before_ms,
			       int64_t now_ms, int64_t most,
			       struct object_rows *) GB_NODISCARD;

/* The keys, in ascending order, that made such ones and are not disabled. */
enum gb_err store_objects_keys(struct store *, const char *collection,
			       const char *token, int64_t now_ms,
			       int64_t ids[OBJECT_KEYS_MAX],
			       size_t *count) GB_NODISCARD;

/* It is no more.  One that is not known is no failure. */
enum gb_err store_object_forget(struct store *, const char *name) GB_NODISCARD;

/* Delete at most "most" of those that expired before "before_ms". */
enum gb_err store_objects_expire(struct store *, int64_t before_ms,
				 int64_t most, int64_t *deleted) GB_NODISCARD;

#endif
