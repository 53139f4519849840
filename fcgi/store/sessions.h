/*
 * store/sessions.h: who is signed in as the admin, and who tried (SQL).
 *
 * Of a session's id the database has a digest only, so that who reads the file
 * cannot sign in with it.
 */
#ifndef GB_STORE_SESSIONS_H
#define GB_STORE_SESSIONS_H

#include "base/secret.h"
#include "store/store.h"

#define SESSION_ADDRESS_MAX 45	  /* bytes of an address */
#define SESSION_AGENT_MAX   200	  /* bytes kept of a browser's name */
#define SESSION_NOTES_MAX   4096  /* bytes for the next page */
#define SESSIONS_MAX	    200	  /* at once; the oldest makes room */
#define TRIES_MAX	    10000 /* addresses remembered that failed */

struct session_row {
	int64_t id;
	int64_t created_at, seen_at;
	int64_t expires_at; /* at the latest */
	char address[SESSION_ADDRESS_MAX + 1];
	char agent[SESSION_AGENT_MAX + 1];
	char notes[SESSION_NOTES_MAX + 1]; /* store_session_note()'s */
};

struct session_rows {
	struct session_row *rows;
	size_t count;
};

/*
 * Begin a session.  "digest" is its id's; "proof" has to be shown again with
 * it and is another one once the admin token changed, which ends the session.
 * What is too long of "address" and "agent" is left out.
 */
enum gb_err store_session_begin(struct store *,
				const unsigned char digest[DIGEST_SIZE],
				const unsigned char proof[DIGEST_SIZE],
				const char *address, const char *agent,
				int64_t now_ms,
				int64_t expires_at) GB_NODISCARD;

/* The session, unless it has expired or was not used for "idle_ms":
 * GB_ENOTFOUND.  With "use" it is used now; what a page does by itself while
 * nobody is there is no use. */
enum gb_err store_session_find(struct store *,
			       const unsigned char digest[DIGEST_SIZE],
			       const unsigned char proof[DIGEST_SIZE],
			       int64_t now_ms, int64_t idle_ms, bool use,
			       struct session_row *) GB_NODISCARD;

/* Add "text" to the notes that the session's next page is to show; what does
 * not fit any more is left out.  NULL: take them away. */
enum gb_err store_session_note(struct store *, int64_t id,
			       const char *text) GB_NODISCARD;

enum gb_err store_session_end(struct store *, int64_t id) GB_NODISCARD;
/* All of them; "*ended" says how many there were. */
enum gb_err store_sessions_end(struct store *, int64_t *ended) GB_NODISCARD;

/* All that are in force, the newest first; to be freed by the caller with
 * free(out->rows), on failure too. */
enum gb_err store_sessions_list(struct store *, int64_t now_ms, int64_t idle_ms,
				struct session_rows *out) GB_NODISCARD;

/* Delete at most "most" that expired before "before_ms". */
enum gb_err store_sessions_expire(struct store *, int64_t before_ms,
				  int64_t most, int64_t *deleted) GB_NODISCARD;

/*
 * Wrong tokens cost an address time: the first three nothing, then a second,
 * and each one twice as much as the one before, up to five minutes.  An hour
 * after the last one all is forgotten.
 *
 * store_try_wait() says how many milliseconds are left, 0 for none.
 * store_try_take() says the same, and where it is 0 takes the try: it counts
 * as failed until store_try_forget(), so that of many tries at once no more
 * are made than of tries one by one.
 */
enum gb_err store_try_wait(struct store *, const char *address, int64_t now_ms,
			   int64_t *wait_ms) GB_NODISCARD;
enum gb_err store_try_take(struct store *, const char *address, int64_t now_ms,
			   int64_t *wait_ms) GB_NODISCARD;
enum gb_err store_try_forget(struct store *, const char *address) GB_NODISCARD;
/* Delete at most "most" whose last one was before "before_ms". */
enum gb_err store_tries_expire(struct store *, int64_t before_ms, int64_t most,
			       int64_t *deleted) GB_NODISCARD;

#endif
