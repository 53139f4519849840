/*
 * store/sealing.h: secrets at rest: Google's keys and the settings that the
 * database has are sealed (base/seal.h) or, without a key, as they are (SQL).
 *
 * A whole database is one or the other: meta.seal is a known text under its
 * key, "" for none, and changes with all secrets in one transaction.
 */
#ifndef GB_STORE_SEALING_H
#define GB_STORE_SEALING_H

#include "base/seal.h"
#include "store/store.h"

/*
 * Use the key "key" (NULL: none) from now on.  With "convert" a database
 * without a key gets this one.  GB_EINVAL, logged: the database has another
 * key, or has one and "key" is NULL; nothing changed, and its secrets cannot be
 * read over this connection.
 */
enum gb_err store_unlock(struct store *, const unsigned char key[SEAL_KEY_SIZE],
			 bool convert) GB_NODISCARD;

/* Give an unlocked database another key (NULL: none) in one transaction, and
 * overwrite what it had before on the disk. */
enum gb_err store_rekey(struct store *,
			const unsigned char key[SEAL_KEY_SIZE]) GB_NODISCARD;

/* Whether the database has a key. */
enum gb_err store_is_sealed(struct store *, bool *sealed) GB_NODISCARD;

/* --- for fcgi/store only -------------------------------------------------- */

/*
 * SQL functions of a connection: gb_open(text) is what was sealed, or the text
 * when it is not sealed; it fails without the key.  gb_has(text, part) is
 * whether the part is in that.  gb_seal(text) is the text sealed, or as it is
 * without a key.  NULL stays NULL.
 */
enum gb_err sealing_functions(struct store *) GB_NODISCARD;
void sealing_release(struct store *);

/* Within a transaction, before a secret is written: GB_EIO, logged, when
 * another process gave the database another key meanwhile. */
enum gb_err sealing_check(struct store *) GB_NODISCARD;

#endif
