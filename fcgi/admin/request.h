/*
 * request.h: a request to the admin site as its handler sees it, and how the
 * handler answers.
 *
 * The route table has checked who calls before, and that the change is meant
 * (the CSRF token).  A handler ends with exactly one of admin_page(),
 * admin_redirect(), admin_json(), admin_fail() and admin_fault(); none of them
 * needs a result to be looked at.
 */
#ifndef GB_ADMIN_REQUEST_H
#define GB_ADMIN_REQUEST_H

#include "admin/form.h"
#include "admin/list.h"
#include "admin/routes.h"
#include "admin/session.h"
#include "admin/site.h"
#include "dialect/json/json_out.h"
#include "web/reply.h"

#define ADMIN_PAGE_MAX (16 * 1024 * 1024) /* bytes of a page */
#define ADMIN_BODY_MAX (16 * 1024 * 1024) /* of a form: 100,000 keys pasted */
#define ADMIN_PATH_MAX 2048		  /* bytes of a path to come back to */
#define ADMIN_OPEN_MAX 16384		  /* of one by who is not signed in */

struct admin_request {
	struct site *site;
	struct app *app;
	struct snapshot *snap;
	const struct settings *cfg; /* of snap */
	struct store *store;
	struct store *reports; /* for reading, after admin_reports() */
	struct web_request *web;
	const struct admin_route *route;
	const char *rest; /* of the path, what the route's "*" stands for */

	struct admin_session session; /* who calls */
	enum language language;
	const struct dict *texts; /* of the language */
	struct buf root; /* from the page's folder to the mount: "../" */

	struct form query;
	struct form form; /* the body's of FACE_PAGE */
	struct buf body;  /* FACE_JSON's, as it came */

	struct dict *page; /* the frame's data, once there is a page */
	struct buf notes;  /* what admin_say() said */
};

/* For routes.c alone: "route" and what follows is the found row. */
void admin_request_init(struct admin_request *, struct site *,
			struct web_request *, const struct admin_route *,
			const char *rest);
void admin_request_release(struct admin_request *);

/* Have rq->reports: see site_reports(). */
enum gb_err admin_reports(struct admin_request *) GB_NODISCARD;

/* --- answering ------------------------------------------------------------ */

/*
 * The data of the page that the template "file" makes, within the frame, with
 * "title" as the key of its title.  It may be NULL, which all dict_…() take.
 * Called once, before admin_page().
 */
struct dict *admin_content(struct admin_request *, const char *file,
			   const char *title);

/* The page answers, with what waits to be said on it. */
void admin_page(struct admin_request *, int status);

/* Go to "to", a path below the mount without its "/" ("admin/keys?state=1"):
 * after each change, so that to reload a page does not repeat it. */
void admin_redirect(struct admin_request *, const char *to);

/* JSON answers: "json" is written out. */
void admin_json(struct admin_request *, int status, const struct buf *json);

/* The same for a JSON object whose members are written to "out" between these
 * two: 200, or the fault when it does not fit into "max" bytes. */
struct admin_answer {
	struct json_out out;
	struct buf json;
};
void admin_answer_begin(struct admin_answer *, size_t max);
void admin_answer_send(struct admin_request *, struct admin_answer *);

/* An error answers, as a page or as {"detail": …}, with the text of "key" and
 * "words", strings up to a NULL, in its places. */
void admin_fail(struct admin_request *, int status, const char *key, ...)
    __attribute__((sentinel));

/* The same for a code of ours, which was logged: 500 but for GB_ENOTFOUND. */
void admin_fault(struct admin_request *, enum gb_err rc);

/* 429: so many wrong tokens came that the next may come in "wait_ms". */
void admin_fail_wait(struct admin_request *, int64_t wait_ms);

/* --- saying --------------------------------------------------------------- */

enum admin_tone {
	TONE_DONE,    /* what was asked for is done */
	TONE_WARNING, /* not all of it */
	TONE_FAILED   /* it is not */
};

/* Say this on the session's next page, whichever process makes it: before
 * admin_redirect(), or before admin_page() on that very page. */
void admin_say(struct admin_request *, enum admin_tone, const char *key, ...)
    __attribute__((sentinel));

/* The text of that key in the request's language. */
const char *admin_text(const struct admin_request *, const char *key);

/* Append the text of that key with "words" in its places. */
void admin_write(const struct admin_request *, struct buf *out, const char *key,
		 const char *const *words);

/* Set "name" to the first "max" bytes of a text, with "…" where it was cut. */
void admin_set_short(struct dict *, const char *name, const char *text,
		     size_t max);

/* Set "name" to a moment as people read it, in the zone of the settings, and
 * "name"_ISO to the same for <time datetime>; nothing for 0. */
void admin_set_time(struct dict *, const char *name, int64_t ms);

/* One more script for this page: a file of static/. */
void admin_script(struct admin_request *, const char *file);

/* Append where the page itself is, below the mount, with its query: where to
 * come back to; and where to sign in for it. */
void admin_here(const struct admin_request *, struct buf *out);
void admin_sign_in_path(const struct admin_request *, struct buf *out);

/* Append where we are mounted, as it is in URLs: "" or "/gbalance". */
void admin_mount(const struct admin_request *, struct buf *out);

/* Whether "to" is a path of the admin pages, fit for admin_redirect(). */
bool admin_is_path(const char *to);

#endif
