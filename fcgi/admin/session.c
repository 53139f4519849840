/* session.c: who calls: a browser that signed in, or the admin token itself */
#include "admin/session.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "admin/request.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"

#define COOKIE	     "gb_session"
#define LIFE_MS	     DAY_MS /* at the latest it ends */
#define ADDRESS_SIZE (INET6_ADDRSTRLEN + 4)

/* What has to be shown with a session: it changes with the admin token, and
 * says nothing about it to who does not know the id. */
static void
make_proof(unsigned char proof[DIGEST_SIZE], const char *id,
	   const struct admin_token *admin)
{
	const struct secret_part parts[] = {
	    {"session", 7},
	    {id, strlen(id)},
	    {admin->digest, DIGEST_SIZE},
	};

	secret_digest_parts(proof, parts, GB_COUNT(parts));
}

static void
make_csrf(char csrf[CSRF_SIZE], const char *id)
{
	unsigned char mac[DIGEST_SIZE];

	secret_hmac(mac, id, "csrf");
	hex_write(csrf, mac, DIGEST_SIZE);
}

/* The cookie's id; false: there is none that could be one. */
static bool
cookie_id(const struct admin_request *rq, char id[RANDOM_ID_SIZE])
{
	return web_cookie(rq->web, COOKIE, id, RANDOM_ID_SIZE) &&
	       strlen(id) == RANDOM_ID_SIZE - 1;
}

enum gb_err
session_find(struct admin_request *rq)
{
	unsigned char digest[DIGEST_SIZE], proof[DIGEST_SIZE];
	struct admin_session *session = &rq->session;
	char id[RANDOM_ID_SIZE];
	enum gb_err rc;

	memset(session, 0, sizeof(*session));
	if (!rq->snap->admin.any || !cookie_id(rq, id))
		return GB_OK;
	secret_digest(digest, id, strlen(id));
	make_proof(proof, id, &rq->snap->admin);
	rc = store_session_find(rq->store, digest, proof, clock_wall_ms(),
				rq->cfg->admin_session_ms,
				web_header(rq->web, "X-Refresh") == NULL,
				&session->row);
	if (rc == GB_OK) {
		session->any = true;
		make_csrf(session->csrf, id);
	}
	explicit_bzero(id, sizeof(id));
	return rc == GB_ENOTFOUND ? GB_OK : rc;
}

bool
session_csrf_is(const struct admin_session *session, const char *token)
{
	return session->any && !session->by_token &&
	       strlen(token) == CSRF_SIZE - 1 &&
	       secret_equal(token, session->csrf, CSRF_SIZE - 1);
}

void
session_cookie(struct admin_request *rq, const char *name, const char *value,
	       int64_t max_age_s, bool strict)
{
	struct buf line, mount;

	buf_init(&mount, LIST_URL_MAX);
	admin_mount(rq, &mount);
	buf_init(&line, LIST_URL_MAX);
	buf_printf(&line,
		   "%s=%s; Path=%s; Max-Age=%" PRId64
		   "; HttpOnly; SameSite=%s%s",
		   name, value, mount.len == 0 ? "/" : buf_str(&mount),
		   max_age_s, strict ? "Strict" : "Lax",
		   web_is_https(rq->web, rq->cfg->trust_forwarded) ? "; Secure"
								   : "");
	web_reply_header(rq->web, "Set-Cookie", buf_str(&line));
	buf_wipe(&line);
	buf_release(&mount);
}

/* --- who tries ------------------------------------------------------------ */

/* Whom tries count for: an address, or of IPv6 the network of 64 bits, of which
 * one household has all. */
static void
who_tries(const struct admin_request *rq, char who[ADDRESS_SIZE])
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	char address[WEB_ADDRESS_SIZE];
	struct in6_addr a;

	web_address(rq->web, rq->cfg->trust_forwarded, address);
	memcpy(who, address, strlen(address) + 1);
	if (inet_pton(AF_INET6, address, &a) != 1)
		return;
	if (memcmp(a.s6_addr, mapped, sizeof(mapped)) == 0) {
		(void)inet_ntop(AF_INET, a.s6_addr + 12, who, ADDRESS_SIZE);
		return;
	}
	memset(a.s6_addr + 8, 0, 8);
	if (inet_ntop(AF_INET6, &a, address, sizeof(address)) != NULL)
		(void)snprintf(who, ADDRESS_SIZE, "%s/64", address);
}

static enum sign_in
wrong(struct admin_request *rq, const char *who, const char *token,
      int64_t *wait_ms)
{
	int64_t now = clock_wall_ms();

	log_warnx("admin: a wrong token from %s", who);
	if (store_try_wait(rq->store, who, now, wait_ms) != GB_OK)
		return SIGN_IN_FAULT;
	return auth_find(rq->snap->auth, token, strlen(token), now) != NULL
		   ? SIGN_IN_ACCESS
		   : SIGN_IN_WRONG;
}

/* A new session, with its cookie. */
static enum gb_err
begin(struct admin_request *rq, const char *who)
{
	unsigned char digest[DIGEST_SIZE], proof[DIGEST_SIZE];
	char id[RANDOM_ID_SIZE];
	const char *agent;
	int64_t now, life;
	enum gb_err rc;

	random_id(id);
	secret_digest(digest, id, strlen(id));
	make_proof(proof, id, &rq->snap->admin);
	now = clock_wall_ms();
	life = LIFE_MS > rq->cfg->admin_session_ms ? LIFE_MS
						   : rq->cfg->admin_session_ms;
	agent = web_header(rq->web, "User-Agent");
	rc = store_session_begin(rq->store, digest, proof, who,
				 agent == NULL ? "" : agent, now, now + life);
	if (rc == GB_OK) {
		session_cookie(rq, COOKIE, id, life / 1000, true);
		log_info("admin: signed in from %s", who);
	}
	explicit_bzero(id, sizeof(id));
	return rc;
}

enum sign_in
session_sign_in(struct admin_request *rq, const char *token, int64_t *wait_ms)
{
	char who[ADDRESS_SIZE];

	*wait_ms = 0;
	who_tries(rq, who);
	if (store_try_take(rq->store, who, clock_wall_ms(), wait_ms) != GB_OK)
		return SIGN_IN_FAULT;
	if (*wait_ms > 0)
		return SIGN_IN_WAIT;
	if (!rq->snap->admin.any)
		return SIGN_IN_NO_TOKEN;
	if (!admin_token_is(&rq->snap->admin, token, strlen(token)))
		return wrong(rq, who, token, wait_ms);
	if (store_try_forget(rq->store, who) != GB_OK ||
	    (rq->session.any &&
	     store_session_end(rq->store, rq->session.row.id) != GB_OK) ||
	    begin(rq, who) != GB_OK)
		return SIGN_IN_FAULT;
	return SIGN_IN_DONE;
}

enum sign_in
session_by_token(struct admin_request *rq, const char *token, int64_t *wait_ms)
{
	char who[ADDRESS_SIZE];

	/* Scripts call often, and several at once: only a wrong token is
	 * written down. */
	who_tries(rq, who);
	if (store_try_wait(rq->store, who, clock_wall_ms(), wait_ms) != GB_OK)
		return SIGN_IN_FAULT;
	if (*wait_ms > 0)
		return SIGN_IN_WAIT;
	if (admin_token_is(&rq->snap->admin, token, strlen(token))) {
		rq->session.any = rq->session.by_token = true;
		return SIGN_IN_DONE;
	}
	if (store_try_take(rq->store, who, clock_wall_ms(), wait_ms) != GB_OK)
		return SIGN_IN_FAULT;
	return *wait_ms > 0 ? SIGN_IN_WAIT : wrong(rq, who, token, wait_ms);
}

enum gb_err
session_sign_out(struct admin_request *rq)
{
	session_cookie(rq, COOKIE, "", 0, true);
	return store_session_end(rq->store, rq->session.row.id);
}
