/* routes.c: the one table of everything that the admin site answers */
#include "admin/routes.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "admin/pages.h"
#include "app/doctor.h"
#include "base/clock.h"
#include "base/log.h"

#define PAGE(method, path, handler) \
	{ \
		method, path, WHO_ADMIN, FACE_PAGE, handler, NULL, NULL \
	}
#define LINKED(path, handler, link) \
	{ \
		"GET", path, WHO_ADMIN, FACE_PAGE, handler, link, NULL \
	}
#define OPEN(method, path, handler) \
	{ \
		method, path, WHO_ANYBODY, FACE_PAGE, handler, NULL, NULL \
	}
#define OLD(path, to) \
	{ \
		"GET", path, WHO_ANYBODY, FACE_PAGE, NULL, NULL, to \
	}
#define JSON(method, path, handler) \
	{ \
		method, path, WHO_ADMIN, FACE_JSON, handler, NULL, NULL \
	}

/* What Gemini Balance does to keys below the API's own folders. */
#define KEY_TOOLS(folder) \
	JSON("POST", folder "/verify-key/*", api_keys_verify_one), \
	    JSON("POST", folder "/verify-selected-keys", api_keys_verify), \
	    JSON("POST", folder "/reset-fail-count/*", api_keys_reset_one), \
	    JSON("POST", folder "/reset-selected-fail-counts", \
		 api_keys_reset), \
	    JSON("POST", folder "/reset-all-fail-counts", api_keys_reset_all)

#define PROBE(method, path, handler) \
	{ \
		method, path, WHO_DOCTOR, FACE_JSON, handler, NULL, NULL \
	}

/* The first row that fits counts, so that what has a "*" comes last. */
const struct admin_route admin_routes[] = {
    OPEN("GET", "/static/*", static_get),
    OPEN("GET", "/admin/login", sign_in_show),
    OPEN("POST", "/admin/login", sign_in_try),
    OPEN("POST", "/admin/language", language_choose),
    PAGE("POST", "/admin/logout", sign_out),
    PAGE("POST", "/admin/logout/everywhere", sign_out_everywhere),

    LINKED("/admin/", overview_show, "NAV_OVERVIEW"),
    LINKED("/admin/keys", keys_show, "NAV_KEYS"),
    LINKED("/admin/logs", logs_show, "NAV_LOGS"),
    LINKED("/admin/tokens", tokens_show, "NAV_TOKENS"),
    LINKED("/admin/settings", settings_show, "NAV_SETTINGS"),
    LINKED("/admin/playground", playground_show, "NAV_PLAYGROUND"),
    LINKED("/admin/health", health_show, "NAV_HEALTH"),
    LINKED("/admin/sessions", sessions_show, "NAV_SESSIONS"),

    PAGE("POST", "/admin/sessions/end", session_end),
    PAGE("POST", "/admin/health", health_check),
    PAGE("POST", "/admin/playground", playground_ask),
    PAGE("POST", "/admin/playground/stream", playground_stream),
    JSON("GET", "/api/sessions", sessions_list),
    JSON("DELETE", "/api/sessions", sessions_end),
    PAGE("POST", "/admin/logs/delete", logs_delete),
    PAGE("GET", "/admin/logs/export", logs_export),
    PAGE("GET", "/admin/logs/requests/*", logs_show_request),
    PAGE("GET", "/admin/logs/errors/*", logs_show_error),
    JSON("GET", "/api/logs/errors", api_errors_list),
    JSON("DELETE", "/api/logs/errors", api_errors_delete),
    JSON("GET", "/api/logs/errors/lookup", api_errors_lookup),
    JSON("GET", "/api/logs/errors/key/*", api_errors_of_key),
    JSON("GET", "/api/logs/errors/*", api_errors_details),
    JSON("DELETE", "/api/logs/errors/all", api_errors_delete_all),
    JSON("DELETE", "/api/logs/errors/*", api_errors_delete_one),
    JSON("GET", "/api/stats/details", api_stats_details),
    JSON("GET", "/api/stats/key-details", api_stats_key_details),
    JSON("GET", "/api/stats/attention-keys", api_stats_attention),

    PAGE("POST", "/admin/tokens", tokens_create),
    PAGE("GET", "/admin/tokens/*", token_show),
    PAGE("POST", "/admin/tokens/*", token_change),
    OPEN("GET", "/token/*", token_shown),

    PAGE("POST", "/admin/settings", settings_save),
    PAGE("GET", "/admin/settings/history", settings_history),
    PAGE("GET", "/admin/settings/exits", exits_show),
    PAGE("POST", "/admin/settings/exits", exits_try),
    JSON("GET", "/api/config", config_get),
    JSON("PUT", "/api/config", config_put),
    JSON("POST", "/api/config/reset", config_reset),
    JSON("GET", "/api/config/ui/models", config_models),
    JSON("POST", "/api/config/proxy/check", exits_check_one),
    JSON("POST", "/api/config/proxy/check-all", exits_check_all),
    JSON("GET", "/api/config/proxy/cache-stats", exits_cache_stats),
    JSON("POST", "/api/config/proxy/clear-cache", exits_cache_clear),
    JSON("POST", "/api/scheduler/start", scheduler_start),
    JSON("POST", "/api/scheduler/stop", scheduler_stop),

    PAGE("POST", "/admin/keys", keys_change),
    PAGE("GET", "/admin/keys/add", keys_add_show),
    PAGE("POST", "/admin/keys/add", keys_add_try),
    PAGE("POST", "/admin/keys/reveal", key_reveal),
    PAGE("GET", "/admin/keys/*", key_show),
    JSON("GET", "/api/keys", api_keys_page),
    JSON("GET", "/api/keys/all", api_keys_all),
    JSON("GET", "/v1/keys/list", api_keys_list),
    JSON("GET", "/hf/v1/keys/list", api_keys_list),
    JSON("GET", "/api/key-usage-details/*", api_keys_usage),
    JSON("GET", "/api/config/keys/status", api_keys_status),
    JSON("POST", "/api/config/keys/add", api_keys_add),
    JSON("POST", "/api/config/keys/delete-selected", api_keys_delete),
    JSON("DELETE", "/api/config/keys/*", api_keys_delete_one),
    KEY_TOOLS("/gemini/v1beta"),
    KEY_TOOLS("/v1beta"),

    PROBE("POST", "/admin/doctor/echo", doctor_echo),
    PROBE("GET", "/admin/doctor/stream", doctor_stream),
    PROBE("GET", "/admin/doctor/hangup", doctor_hangup),

    /* Gemini Balance's names of these pages. */
    OLD("/", "admin/"),
    OLD("/admin", "admin/"),
    OLD("/auth", "admin/login"),
    OPEN("POST", "/auth", sign_in_try),
    OLD("/keys", "admin/keys"),
    OLD("/keys_status", "admin/keys"),
    OLD("/config", "admin/settings"),
    OLD("/logs", "admin/logs"),

    PAGE("*", "/admin/*", not_found),
};

const size_t admin_routes_count = GB_COUNT(admin_routes);

static bool
changes_nothing(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

bool
admin_route_needs_csrf(const struct admin_route *r, const char *method)
{
	return r->who == WHO_ADMIN && !changes_nothing(method);
}

/* What the row's "*" stands for in "path", "" for a row without; NULL when they
 * do not match. */
static const char *
match_path(const char *pattern, const char *path)
{
	size_t len;

	len = strcspn(pattern, "*");
	if (strncmp(pattern, path, len) != 0)
		return NULL;
	if (pattern[len] == '\0')
		return path[len] == '\0' ? path + len : NULL;
	return path[len] == '\0' ? NULL : path + len;
}

static bool
takes_method(const char *wanted, const char *method)
{
	return strcmp(wanted, "*") == 0 || strcmp(wanted, method) == 0 ||
	       (strcmp(wanted, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

/* The row of a path that takes the method; where none does, "*allow" is a
 * method that the path has, and the row is that one's. */
static const struct admin_route *
find_route(const char *method, const char *path, const char **rest,
	   const char **allow)
{
	const struct admin_route *r, *other;
	const char *found;

	*allow = NULL;
	other = NULL;
	for (r = admin_routes; r < admin_routes + admin_routes_count; r++) {
		if ((found = match_path(r->path, path)) == NULL)
			continue;
		*rest = found;
		if (takes_method(r->method, method) &&
		    (other == NULL || strcmp(r->method, "*") != 0)) {
			*allow = NULL;
			return r;
		}
		/* An old name is nothing to any other method. */
		if (other == NULL && r->handler != NULL) {
			*allow = r->method;
			other = r;
		}
	}
	return other;
}

/* --- one request ---------------------------------------------------------- */

/* What a browser may do with our pages: nothing that they do not need. */
static void
guard_headers(const struct admin_request *rq)
{
	static const struct {
		const char *name, *value;
	} guards[] = {
	    {"Content-Security-Policy",
	     "default-src 'none'; script-src 'self'; style-src 'self'; "
	     "img-src 'self'; connect-src 'self'; font-src 'self'; "
	     "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
	    {"X-Frame-Options", "DENY"},
	    {"Referrer-Policy", "same-origin"},
	    {"Permissions-Policy",
	     "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
	     "browsing-topics=()"},
	    {"Cross-Origin-Opener-Policy", "same-origin"},
	    {"Cross-Origin-Resource-Policy", "same-origin"},
	    {"Cache-Control", "no-store"},
	    {"X-Robots-Tag", "noindex, nofollow"},
	    {"Vary", "Cookie, Accept-Language"},
	};
	size_t i;

	for (i = 0; i < GB_COUNT(guards); i++)
		web_reply_header(rq->web, guards[i].name, guards[i].value);
	if (web_is_https(rq->web, rq->cfg->trust_forwarded))
		web_reply_header(rq->web, "Strict-Transport-Security",
				 "max-age=31536000");
}

/* What came of reading the query; otherwise it is answered. */
static bool
check_query(struct admin_request *rq, enum gb_err rc)
{
	if (rc == GB_EINVAL || rc == GB_ETOOBIG)
		admin_fail(rq, 400, "ERROR_QUERY", NULL);
	else if (rc != GB_OK)
		admin_fault(rq, rc);
	return rc == GB_OK;
}

/* The token of "Authorization: Bearer"; NULL: there is none. */
static const char *
bearer(const struct admin_request *rq)
{
	const char *value;

	value = web_header(rq->web, "Authorization");
	if (value == NULL || strncasecmp(value, "Bearer ", 7) != 0)
		return NULL;
	return value + 7 + strspn(value + 7, " ");
}

/* The page that whoever has signed in is to get. */
static void
ask_to_sign_in(struct admin_request *rq)
{
	struct buf to;

	if (rq->route->face == FACE_JSON) {
		web_reply_header(rq->web, "WWW-Authenticate", "Bearer");
		admin_fail(rq, 401, "ERROR_NOT_SIGNED_IN", NULL);
		return;
	}
	if (!changes_nothing(web_method(rq->web)) &&
	    strcmp(web_method(rq->web), "POST") != 0) {
		admin_fail(rq, 401, "ERROR_NOT_SIGNED_IN", NULL);
		return;
	}
	buf_init(&to, LIST_URL_MAX);
	admin_sign_in_path(rq, &to);
	admin_redirect(rq, buf_str(&to));
	buf_release(&to);
}

static bool
check_token(struct admin_request *rq, const char *token)
{
	int64_t wait_ms;

	switch (session_by_token(rq, token, &wait_ms)) {
	case SIGN_IN_DONE:
		return true;
	case SIGN_IN_WAIT:
		admin_fail_wait(rq, wait_ms);
		break;
	case SIGN_IN_FAULT:
		admin_fault(rq, GB_EIO);
		break;
	default:
		web_reply_header(rq->web, "WWW-Authenticate", "Bearer");
		admin_fail(rq, 401, "ERROR_WRONG_TOKEN", NULL);
	}
	return false;
}

/* Whether a doctor of this database asks; otherwise it is answered. */
static bool
check_probe(struct admin_request *rq)
{
	const char *id;
	int64_t told;
	enum gb_err rc;

	id = web_header(rq->web, DOCTOR_HEADER);
	rc = id == NULL
		 ? GB_ENOTFOUND
		 : store_probe_find(rq->store, id, clock_wall_ms(), &told);
	if (rc == GB_ENOTFOUND)
		admin_fail(rq, 403, "ERROR_PROBE", NULL);
	else if (rc != GB_OK)
		admin_fault(rq, rc);
	return rc == GB_OK;
}

/* Whether the caller may; otherwise it is answered. */
static bool
check_caller(struct admin_request *rq)
{
	const char *token;

	if (rq->route->who == WHO_DOCTOR)
		return check_probe(rq);
	if (rq->route->who == WHO_ANYBODY || rq->session.any)
		return true;
	token = rq->route->face == FACE_JSON ? bearer(rq) : NULL;
	if (token != NULL)
		return check_token(rq, token);
	ask_to_sign_in(rq);
	return false;
}

/* Other sites' pages do not get anybody's browser to send us something. */
static bool
is_cross_site(const struct admin_request *rq)
{
	const char *site;

	site = web_header(rq->web, "Sec-Fetch-Site");
	return site != NULL && strcmp(site, "cross-site") == 0 &&
	       !changes_nothing(web_method(rq->web));
}

/* Read the body of a request that changes something, into a form or as it is;
 * false: it is answered. */
static bool
read_body(struct admin_request *rq)
{
	const char *type;
	enum gb_err rc;

	if (changes_nothing(web_method(rq->web)))
		return true;
	rc = web_read_body(rq->web, &rq->body);
	if (rc == GB_ETOOBIG) {
		admin_fail(rq, 413, "ERROR_TOO_LARGE", NULL);
		return false;
	}
	if (rc == GB_OK && rq->route->face == FACE_PAGE && rq->body.len > 0) {
		type = web_header(rq->web, "Content-Type");
		if (type == NULL ||
		    strncasecmp(type, "application/x-www-form-urlencoded",
				33) != 0) {
			admin_fail(rq, 415, "ERROR_FORM_TYPE", NULL);
			return false;
		}
		rc = form_read(&rq->form, buf_str(&rq->body), rq->body.len);
		if (rc == GB_EINVAL || rc == GB_ETOOBIG) {
			admin_fail(rq, 400, "ERROR_FORM", NULL);
			return false;
		}
	}
	if (rc != GB_OK)
		admin_fault(rq, rc);
	return rc == GB_OK;
}

/* Whether the change is meant; otherwise it is answered. */
static bool
check_csrf(struct admin_request *rq)
{
	const char *token;

	if (!admin_route_needs_csrf(rq->route, web_method(rq->web)) ||
	    rq->session.by_token)
		return true;
	token = web_header(rq->web, "X-CSRF-Token");
	if (token == NULL)
		token = form_value(&rq->form, "csrf");
	if (session_csrf_is(&rq->session, token))
		return true;
	admin_fail(rq, 403, "ERROR_CSRF", NULL);
	return false;
}

static void
serve_route(struct admin_request *rq, const char *allow)
{
	const char *query;
	enum gb_err rc, read;

	/* It is part of where to come back to. */
	query = web_query(rq->web);
	read = form_read(&rq->query, query, strlen(query));
	if (is_cross_site(rq)) {
		admin_fail(rq, 403, "ERROR_CSRF", NULL);
		return;
	}
	if (rq->route->who == WHO_ADMIN && (rc = session_find(rq)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	if (!check_caller(rq) || !check_query(rq, read))
		return;
	if (allow != NULL) {
		web_reply_header(rq->web, "Allow", allow);
		admin_fail(rq, 405, "ERROR_METHOD", NULL);
		return;
	}
	if (rq->route->handler == NULL) {
		admin_redirect(rq, rq->route->to);
		return;
	}
	if (rq->route->who == WHO_DOCTOR || (read_body(rq) && check_csrf(rq)))
		rq->route->handler(rq);
}

bool
admin_serve(struct site *site, struct web_request *web)
{
	const struct admin_route *route;
	struct admin_request rq;
	const char *rest, *allow;

	route = find_route(web_method(web), web_path(web), &rest, &allow);
	if (route == NULL)
		return false;
	admin_request_init(&rq, site, web, route, rest);
	guard_headers(&rq);
	if (rq.texts == NULL)
		admin_fault(&rq, GB_EIO);
	else
		serve_route(&rq, allow);
	if (!web_replied(web)) {
		log_errorx("admin: %s: no answer was made", web_path(web));
		admin_fault(&rq, GB_EIO);
	}
	admin_request_release(&rq);
	return true;
}

void
admin_routes_print(struct buf *out)
{
	static const char *const who_names[] = {
	    [WHO_ANYBODY] = "anybody",
	    [WHO_ADMIN] = "admin",
	    [WHO_DOCTOR] = "doctor",
	};
	const struct admin_route *r;

	for (r = admin_routes; r < admin_routes + admin_routes_count; r++)
		buf_printf(out, "%-6s  %-32s  %-7s  %-4s  %s\n", r->method,
			   r->path, who_names[r->who],
			   r->face == FACE_PAGE ? "page" : "json",
			   admin_route_needs_csrf(r, r->method) ? "csrf" : "-");
}
