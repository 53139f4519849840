/*
 * upload.c: uploads of files, streamed through.
 *
 * A resumable upload is a session: its first request is answered with a URL
 * for those that follow.  Google's URL stays here, bound to its key in the
 * database; the client gets one of ours with an unguessable id in it, which is
 * all that a client needs to go on, at any process.
 */
#include "api/endpoints.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/owned.h"
#include "base/clock.h"
#include "base/log.h"
#include "dialect/gemini/native_request.h"

#define WHOLE_MAX \
	(1024 * 1024) /* bytes of a body that is kept, so that it can \
			 be sent again with another key */
#define ID_PARAM "upload_id"

/* Request headers of the protocol that go on to Google. */
static const char *const upload_headers[] = {
    "X-Goog-Upload-Command",
    "X-Goog-Upload-Offset",
    "X-Goog-Upload-Protocol",
    "X-Goog-Upload-File-Name",
    "X-Goog-Upload-Header-Content-Length",
    "X-Goog-Upload-Header-Content-Type",
};

struct upload {
	struct owned owned;
	int64_t before; /* bytes of the file that came earlier */
	int64_t taken;	/* of this request */
};

static void
add_headers(struct owned *o, const struct web_request *web)
{
	const char *value;
	size_t i;

	for (i = 0; i < GB_COUNT(upload_headers); i++) {
		if ((value = web_header(web, upload_headers[i])) == NULL)
			continue;
		o->headers[o->call.header_count].name = upload_headers[i];
		o->headers[o->call.header_count++].value = value;
	}
}

static int64_t
number_of(const char *text)
{
	int64_t number;
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return 0;
	errno = 0;
	number = strtoll(text, &end, 10);
	return errno != 0 || *end != '\0' ? INT64_MAX : number;
}

static bool
check_size(struct api_request *rq, int64_t size)
{
	if (size <= rq->cfg->max_upload)
		return true;
	api_error_set(&rq->error, FAULT_BODY_TOO_LARGE, NULL,
		      "The file is larger than %lld bytes.",
		      (long long)rq->cfg->max_upload);
	return false;
}

/* The client's body, for struct call. */
static enum gb_err
read_source(struct call *call, char *data, size_t size, size_t *got)
{
	struct upload *u = call->context;
	enum gb_err rc;

	if ((rc = web_read_part(call->rq->web, data, size, got)) != GB_OK)
		return rc;
	u->taken += (int64_t)*got;
	return check_size(call->rq, u->before + u->taken) ? GB_OK : GB_ETOOBIG;
}

/* The body: a small one is kept, a larger one goes through. */
static bool
take_body(struct upload *u, struct api_request *rq)
{
	struct call *call = &u->owned.call;
	int64_t len;

	call->content_type = web_header(rq->web, "Content-Type");
	if (call->content_type == NULL || call->content_type[0] == '\0')
		call->content_type = "application/octet-stream";
	len = web_body_length(rq->web);
	if (len >= 0 &&
	    !check_size(rq, u->before > INT64_MAX - len ? INT64_MAX
							: u->before + len))
		return false;
	if (len < 0 || len > WHOLE_MAX) {
		call->source = read_source;
		call->source_len = len;
		return true;
	}
	if (!api_read_body(rq))
		return false;
	call->body = buf_str(&rq->body);
	call->body_len = rq->body.len;
	return true;
}

/* --- sessions ----------------------------------------------------------- */

static void
session_name(struct owned_name *name, const char *id)
{
	char text[OWNED_NAME_MAX + 1];

	(void)snprintf(text, sizeof(text), "uploads/%s", id);
	if (!owned_name_of_path(name, text) || strcmp(name->text, text) != 0)
		name->text[0] = '\0';
}

/* The session that the query names; false: there is none, rows is empty. */
static bool
find_session(struct api_request *rq, struct object_rows *rows)
{
	struct owned_name name;
	const char *names[1];
	char id[128];

	memset(rows, 0, sizeof(*rows));
	if (!web_query_value(rq->web, ID_PARAM, id, sizeof(id)))
		return false;
	session_name(&name, id);
	names[0] = name.text;
	return name.text[0] != '\0' &&
	       store_objects_get(app_store(rq->app), names, 1, clock_wall_ms(),
				 rows) == GB_OK &&
	       rows->count == 1;
}

bool
upload_token(struct api_request *rq)
{
	struct object_rows rows;

	if (find_session(rq, &rows))
		rq->token =
		    auth_of_owner(rq->snap->auth, rows.rows[0].object.token,
				  web_arrived_wall_ms(rq->web));
	object_rows_free(&rows);
	return rq->token != NULL;
}

bool
owned_upload_path(const char *url, struct buf *path)
{
	struct buf query;
	const char *at, *mark;

	if ((at = strstr(url, "://")) == NULL ||
	    (at = strstr(at + 3, "/upload/")) == NULL)
		return false;
	mark = strchr(at, '?');
	if (mark == NULL)
		return false;
	buf_init(&query, OWNED_URL_MAX);
	native_query_rewrite(mark + 1, &query);
	buf_printf(path, "%.*s?%s", (int)(mark - at), at, buf_str(&query));
	if (buf_error(&query) != GB_OK)
		path->fail = buf_error(&query);
	buf_release(&query);
	return buf_error(path) == GB_OK;
}

/* Keep the session that Google has opened, and tell our URL for it. */
static void
open_session(struct upload *u, struct api_request *rq)
{
	char id[RANDOM_ID_SIZE], name[RANDOM_ID_SIZE + 16];
	int64_t now_ms = clock_wall_ms();
	struct buf path, url;
	struct object session;
	enum gb_err rc;

	buf_init(&path, OWNED_URL_MAX);
	buf_init(&url, OWNED_URL_MAX);
	random_id(id);
	(void)snprintf(name, sizeof(name), "uploads/%s", id);
	if (!owned_upload_path(buf_str(&u->owned.upload_url), &path)) {
		api_error_set(&rq->error, FAULT_UPSTREAM, NULL,
			      "Upstream opened an upload without a URL for "
			      "it.");
		goto out;
	}
	session = (struct object){
	    .name = name,
	    .key_id = rq->entry.key_id,
	    .token = rq->owner,
	    .mime = "",
	    .uri = buf_str(&path),
	    .label = "",
	    .purpose = "",
	    .created_at = now_ms,
	    .expires_at = now_ms + owned_name_life_days(name) * DAY_MS,
	};
	if ((rc = store_object_put(app_store(rq->app), &session)) != GB_OK) {
		api_fail(rq, rc);
		goto out;
	}
	web_own_url(rq->web, &url);
	buf_printf(&url, "%s?" ID_PARAM "=%s&upload_protocol=resumable",
		   web_path(rq->web), id);
	web_reply_header(rq->web, "X-Goog-Upload-URL", buf_str(&url));
out:
	buf_release(&path);
	buf_release(&url);
}

/* A request of a session: another part, its end, a question. */
static void
step(struct upload *u, struct api_request *rq)
{
	struct owned *o = &u->owned;
	struct object_rows rows;
	const struct object *session;

	if (!find_session(rq, &rows)) {
		api_error_set(&rq->error, FAULT_NOT_FOUND, ID_PARAM,
			      "There is no such upload, or it is over.");
		goto out;
	}
	session = &rows.rows[0].object;
	if (rq->cfg->files_isolation &&
	    strcmp(session->token, rq->owner) != 0) {
		ownership_refuse(rq, "this upload");
		goto out;
	}
	o->call.pin = session->key_id;
	o->call.once = true; /* clients know how to go on */
	o->call.path = session->uri;
	u->before = number_of(web_header(rq->web, "X-Goog-Upload-Offset"));
	if (!take_body(u, rq))
		goto out;
	owned_run(o, rq);
	if (rq->error.fault != FAULT_NONE || rq->entry.hung_up)
		goto out;
	if (strcasecmp(o->upload_status, "final") == 0)
		ownership_remember(rq, buf_str(&rq->out), rq->out.len);
	if (strcasecmp(o->upload_status, "active") != 0 &&
	    store_object_forget(app_store(rq->app), session->name) != GB_OK)
		log_warnx("upload: its end is lost");
out:
	object_rows_free(&rows);
}

/* --- the first request -------------------------------------------------- */

static bool
starts_session(const struct web_request *web)
{
	const char *command = web_header(web, "X-Goog-Upload-Command");

	return command != NULL && strcasestr(command, "start") != NULL &&
	       strcasestr(command, "upload") == NULL;
}

/* Open a session, or upload in this one request. */
static void
begin(struct upload *u, struct api_request *rq)
{
	struct owned *o = &u->owned;
	bool session = starts_session(rq->web);
	const char *below = owned_below_version(owned_path(rq));

	(void)owned_name_of_path(&o->name, below);
	if (!owned_set_url(o, rq, owned_path(rq)) || !owned_pin_path(o, rq))
		return;
	o->call.roam = false; /* a store that nobody knows takes no file */
	if (!check_size(rq, number_of(web_header(rq->web,
						 "X-Goog-Upload-Header-Content-"
						 "Length"))) ||
	    !take_body(u, rq))
		return;
	if (session)
		o->call.content_type = NULL;
	owned_run(o, rq);
	if (rq->error.fault != FAULT_NONE || rq->entry.hung_up)
		return;
	if (session)
		open_session(u, rq);
	else
		ownership_remember(rq, buf_str(&rq->out), rq->out.len);
}

void
upload_call(struct api_request *rq)
{
	struct upload *u;

	if ((u = calloc(1, sizeof(*u))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	owned_init(&u->owned, rq);
	add_headers(&u->owned, rq->web);
	rq->content_type = API_JSON_TYPE;
	if (web_query_has(rq->web, ID_PARAM))
		step(u, rq);
	else
		begin(u, rq);
	owned_release(&u->owned);
	free(u);
}

void
live_call(struct api_request *rq)
{
	api_error_set(
	    &rq->error, FAULT_NOT_SERVED, NULL,
	    "The Live API is a WebSocket, which FastCGI cannot carry. "
	    "Use generateContent or streamGenerateContent.");
}
