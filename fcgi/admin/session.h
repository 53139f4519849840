/*
 * session.h: who calls: a browser that signed in, or the admin token itself.
 *
 * A session is a random id in a cookie.  It lives in the database, so that
 * every instance knows it, until it was not used for ADMIN_SESSION_EXPIRE, or
 * for a day, or the admin token changes, or somebody signs out.
 */
#ifndef GB_ADMIN_SESSION_H
#define GB_ADMIN_SESSION_H

#include <stdbool.h>

#include "store/sessions.h"
#include "web/request.h"

#define CSRF_SIZE (2 * DIGEST_SIZE + 1)

struct admin_request;

struct admin_session {
	bool any;      /* the admin calls */
	bool by_token; /* with the token: there is no session */
	char csrf[CSRF_SIZE];
	struct session_row row;
};

/* Find out who calls, by the cookie: rq->session.  A database that fails is
 * GB_EIO, and nobody calls. */
enum gb_err session_find(struct admin_request *) GB_NODISCARD;

enum sign_in {
	SIGN_IN_DONE,
	SIGN_IN_WRONG,	  /* it is not the admin token */
	SIGN_IN_ACCESS,	  /* it is somebody's access token */
	SIGN_IN_NO_TOKEN, /* there is no admin token to sign in with */
	SIGN_IN_WAIT,	  /* too many wrong ones from this address */
	SIGN_IN_FAULT	  /* the database failed */
};

/*
 * Try the token.  SIGN_IN_DONE: a new session begins, whatever one the browser
 * had has ended, and the reply has its cookie.  "*wait_ms" is how long the
 * next try from this address has to wait.
 */
enum sign_in session_sign_in(struct admin_request *, const char *token,
			     int64_t *wait_ms);

/* The same for who shows the token with the request itself: rq->session. */
enum sign_in session_by_token(struct admin_request *, const char *token,
			      int64_t *wait_ms);

/* End the session, and take the cookie back. */
enum gb_err session_sign_out(struct admin_request *) GB_NODISCARD;

/* Whether "token" is the session's CSRF token. */
bool session_csrf_is(const struct admin_session *, const char *token);

/* Set a cookie for all that is ours.  "max_age_s" 0 takes it back; "strict": no
 * link from another site brings it along. */
void session_cookie(struct admin_request *, const char *name, const char *value,
		    int64_t max_age_s, bool strict);

#endif
