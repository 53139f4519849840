/*
 * store/parcel.h: keys, tokens and settings on their way out of a database, or
 * into one from wherever they were (SQL).
 */
#ifndef GB_STORE_PARCEL_H
#define GB_STORE_PARCEL_H

#include "store/keys.h"
#include "store/tokens.h"

#define PARCEL_REASON_MAX  1024
#define PARCEL_LIMIT_MAX   INT64_C(1000000000000000) /* of a token's limits */
#define PARCEL_SETTING_MAX (16 << 20) /* bytes of a setting's value */

enum parcel_kind {
	PARCEL_KEY,
	PARCEL_TOKEN,
	PARCEL_SETTING,
	PARCEL__MAX
};

enum parcel_type {
	PARCEL_SECRET,	/* as a text; sealed where the database is */
	PARCEL_TEXT,	/* from "least" to "most" bytes */
	PARCEL_PROJECT, /* the same, where a person declared it */
	PARCEL_NUMBER,	/* from "least" to "most" */
	PARCEL_ON,	/* 1 or 0; 1 where it is not there; true or false for
			   people */
	PARCEL_POOL,	/* a number of enum key_pool; a word for people */
	PARCEL_BY,	/* of enum key_disabled_by; the same */
	PARCEL_DIGEST,	/* DIGEST_SIZE bytes; in hexadecimal for people */
	PARCEL_JSON,	/* a text that is JSON; the JSON itself for people;
			   sealed */
};

/*
 * What travels of each, in this order: column of the table, name in the file,
 * type, least, most, whether it must be there.  The first two are what the
 * thing is; health, ids and what is learned by itself stay where they are.
 */
#define PARCEL_KEY_FIELDS(X) \
	X(secret, "key", PARCEL_SECRET, KEY_SECRET_MIN, KEY_SECRET_MAX, true) \
	X(pool, "pool", PARCEL_POOL, 0, 0, false) \
	X(disabled_by, "disabled_by", PARCEL_BY, 0, 0, false) \
	X(reason, "reason", PARCEL_TEXT, 0, PARCEL_REASON_MAX, false) \
	X(created_at, "created_at", PARCEL_NUMBER, 0, INT64_MAX, false) \
	X(project, "project", PARCEL_PROJECT, 0, KEY_PROJECT_MAX, false) \
	X(tier, "tier", PARCEL_NUMBER, 0, TIER__MAX - 1, false) \
	X(weight, "weight", PARCEL_NUMBER, 0, KEY_WEIGHT_MAX, false) \
	X(models, "models", PARCEL_TEXT, 0, KEY_MODELS_MAX, false) \
	X(note, "note", PARCEL_TEXT, 0, KEY_NOTE_MAX, false)
#define PARCEL_TOKEN_FIELDS(X) \
	X(name, "name", PARCEL_TEXT, 1, TOKEN_NAME_MAX, true) \
	X(digest, "sha256", PARCEL_DIGEST, 0, 0, true) \
	X(created_at, "created_at", PARCEL_NUMBER, 0, INT64_MAX, false) \
	X(revoked_at, "revoked_at", PARCEL_NUMBER, 0, INT64_MAX, false) \
	X(enabled, "enabled", PARCEL_ON, 0, 0, false) \
	X(expires_at, "expires_at", PARCEL_NUMBER, 0, INT64_MAX, false) \
	X(note, "note", PARCEL_TEXT, 0, TOKEN_NOTE_MAX, false) \
	X(models, "models", PARCEL_TEXT, 0, TOKEN_MODELS_MAX, false) \
	X(endpoints, "endpoints", PARCEL_NUMBER, 0, (1 << ENDPOINT__MAX) - 1, \
	  false) \
	PARCEL_LIMIT(X, parallel, "parallel") \
	PARCEL_LIMIT(X, minute_requests, "requests_per_minute") \
	PARCEL_LIMIT(X, minute_tokens, "tokens_per_minute") \
	PARCEL_LIMIT(X, day_requests, "requests_per_day") \
	PARCEL_LIMIT(X, day_tokens, "tokens_per_day") \
	PARCEL_LIMIT(X, day_cost, "micro_usd_per_day") \
	PARCEL_LIMIT(X, month_requests, "requests_per_month") \
	PARCEL_LIMIT(X, month_tokens, "tokens_per_month") \
	PARCEL_LIMIT(X, month_cost, "micro_usd_per_month")
#define PARCEL_LIMIT(X, column, name) \
	X(column, name, PARCEL_NUMBER, 0, PARCEL_LIMIT_MAX, false)
#define PARCEL_SETTING_FIELDS(X) \
	X(name, "name", PARCEL_TEXT, 1, 64, true) \
	X(json, "value", PARCEL_JSON, 1, PARCEL_SETTING_MAX, true)

#define PARCEL_COUNT(column, name, type, least, most, needed) +1
enum {
	PARCEL_KEY_COUNT = 0 PARCEL_KEY_FIELDS(PARCEL_COUNT),
	PARCEL_TOKEN_COUNT = 0 PARCEL_TOKEN_FIELDS(PARCEL_COUNT),
	PARCEL_SETTING_COUNT = 0 PARCEL_SETTING_FIELDS(PARCEL_COUNT),
	PARCEL_FIELDS_MAX = 32
};

struct parcel_field {
	const char *name;
	enum parcel_type type;
	int64_t least, most;
	bool needed;
};

/* By kind: the fields, how many there are, and "keys", "tokens", "settings". */
extern const struct parcel_field *const parcel_fields[PARCEL__MAX];
extern const size_t parcel_field_counts[PARCEL__MAX];
extern const char *const parcel_names[PARCEL__MAX];

struct parcel_value {
	int64_t number;
	char *text; /* of texts and digests; what is not there is "" or 0 */
};

/* What became of a row, or would have in a dry run. */
enum parcel_fate {
	PARCEL_OPEN,	/* nothing yet */
	PARCEL_NEW,	/* it was not there and is now */
	PARCEL_CHANGED, /* a setting that has another value now */
	PARCEL_KNOWN,	/* it was there; nothing to do */
	PARCEL_REFUSED, /* it is not fit and was left out; "why" says why */
	PARCEL_UNUSED,	/* it has no meaning here; "why" says why */
	PARCEL_FATE__MAX
};

struct parcel_row {
	enum parcel_kind kind;
	enum parcel_fate fate;
	const char *why;   /* constant; NULL: there is nothing to say */
	const char *field; /* that it is about; constant; NULL: the row */
	struct parcel_value *values; /* as many as the kind has fields */
};

struct parcel {
	struct parcel_row *rows;
	size_t count, size;
};

void parcel_init(struct parcel *);
/* Secrets are wiped. */
void parcel_release(struct parcel *);

/* One more row, empty; NULL: no memory.  It stays where it is until the next
 * one is added. */
struct parcel_row *parcel_add(struct parcel *, enum parcel_kind);

/* Give value "i" a copy of the text; GB_ENOMEM. */
enum gb_err parcel_set(struct parcel_row *, size_t i, const char *text,
		       size_t len) GB_NODISCARD;

/* Leave the row out, for its "field" (NULL: as a whole). */
void parcel_refuse(struct parcel_row *, const char *field, const char *why);

/* Append all rows of a kind, as they are in the database, by id or name. */
enum gb_err store_parcel_read(struct store *, enum parcel_kind,
			      struct parcel *) GB_NODISCARD;

/*
 * Put all OPEN rows into the database in one transaction, and say of each what
 * became of it.  A key that is there stays as it is.  A token that is there
 * under another name, or another one of its name, is refused; one without a
 * name gets "imported-1" and so on.  Rows later in the list see those before.
 * Settings' values are taken as they are.  With "dry" nothing stays, and the
 * fates are those it would have.  On failure nothing was written.
 */
enum gb_err store_parcel_write(struct store *, struct parcel *, int64_t now_ms,
			       bool dry) GB_NODISCARD;

#endif
