/*
 * key_input.h: keys out of whatever people paste: lines, commas, semicolons,
 * JSON, quotes, a whole .env.  Pure: text in, lists out.
 *
 * Nothing but key_secret_plausible() decides what a key is.  Names decide what
 * is looked at: of "NAME=value" and of JSON objects only the values of names
 * such as API_KEYS or GEMINI_API_KEY count (VERTEX_API_KEYS for the other
 * pool), as the other values of a .env are no keys, though they may look like
 * some.
 */
#ifndef GB_KEYS_KEY_INPUT_H
#define GB_KEYS_KEY_INPUT_H

#include <stddef.h>

#include "base/err.h"
#include "base/redact.h"
#include "store/keys.h"

/* Bytes of a paste: some 200,000 keys. */
#define KEY_INPUT_MAX (8 << 20)
/* As JSON, which may take 100 times its size in memory; in what is larger, only
 * the words count. */
#define KEY_JSON_MAX (1 << 20)

/* How many unusable words are told one by one; the rest is only counted. */
#define KEY_UNUSABLE_MAX 20

/* Why a word cannot be a key. */
enum key_unfit {
	KEY_TOO_SHORT,
	KEY_TOO_LONG,
	KEY_HAS_CONTROL, /* a control character */
	KEY_UNFIT__MAX
};

struct key_unusable {
	unsigned line; /* of the input, from 1; of JSON the line it begins on */
	char mask[SECRET_MASK_SIZE]; /* the word, masked, all printable */
	enum key_unfit why;
};

struct key_input {
	char **keys; /* each once, in the order of the input */
	size_t count;
	size_t duplicates;     /* how often a key stood there once more */
	size_t unusable_count; /* words that cannot be keys */
	size_t skipped;	       /* values under names that are no keys' */
	struct key_unusable unusable[KEY_UNUSABLE_MAX]; /* the first of them */
};

/*
 * Find the keys of the pool in the "len" bytes at "text".  On GB_OK the caller
 * ends with key_input_release().  GB_ETOOBIG: more than KEY_INPUT_MAX;
 * GB_ENOMEM.  On failure "*out" is empty.
 */
enum gb_err key_input_read(struct key_input *out, enum key_pool,
			   const char *text, size_t len) GB_NODISCARD;

/* Wipe and free the keys; "in" is empty afterwards. */
void key_input_release(struct key_input *in);

#endif
