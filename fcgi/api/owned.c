/* owned.c: calls that pass through as bytes, to the key that owns what they
 * name */
#include "api/owned.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/endpoints.h"
#include "base/log.h"
#include "dialect/json/json_splice.h"
#include "dialect/gemini/native_request.h"
#include "dialect/gemini/native_stream.h"

#define FIRST_BYTES_MAX 65536 /* of a stream, looked at for an id */
#define PIECE_MAX	(64 * 1024 * 1024)

/* In the journal. */
static const struct {
	const char *collection, *endpoint;
} endpoints[] = {
    {"files", "gemini.files"},
    {"cachedContents", "gemini.cachedContents"},
    {"batches", "gemini.batches"},
    {"fileSearchStores", "gemini.fileSearchStores"},
    {"interactions", "gemini.interactions"},
    {"tunedModels", "gemini.tunedModels"},
    {"models", "gemini.models"},
};

/* Reply headers that go on to the client. */
static const char *const reply_headers[] = {
    "X-Goog-Upload-Status",
    "X-Goog-Upload-Chunk-Granularity",
    "X-Goog-Upload-Size-Received",
    "X-Goog-Upload-Header-Content-Type",
    "Content-Disposition",
    "Content-Range",
    "Accept-Ranges",
};

/* --- where it goes ------------------------------------------------------ */

void
owned_init(struct owned *o, struct api_request *rq)
{
	const char *const *name;
	const char *value;

	memset(o, 0, sizeof(*o));
	buf_init(&o->url, OWNED_URL_MAX);
	buf_init(&o->upload_url, OWNED_URL_MAX);
	o->call.rq = rq;
	o->call.model = o->model;
	o->call.method = web_method(rq->web);
	if (strcmp(o->call.method, "HEAD") == 0)
		o->call.method = "GET";
	o->call.headers = o->headers;
	o->call.reader = owned_read;
	o->call.context = o;
	for (name = native_headers; *name != NULL; name++) {
		if ((value = web_header(rq->web, *name)) == NULL)
			continue;
		o->headers[o->call.header_count].name = *name;
		o->headers[o->call.header_count++].value = value;
	}
}

void
owned_release(struct owned *o)
{
	buf_release(&o->url);
	buf_release(&o->upload_url);
}

const char *
owned_path(const struct api_request *rq)
{
	const char *path = web_path(rq->web);

	return strncmp(path, "/gemini/", 8) == 0 ? path + 7 : path;
}

const char *
owned_below_version(const char *path)
{
	static const char *const roots[] = {"", "/upload", "/download"};
	static const char *const versions[] = {"/v1beta/", "/v1alpha/", "/v1/"};
	size_t i, j, root, version;

	for (i = 0; i < GB_COUNT(roots); i++)
		for (j = 0; j < GB_COUNT(versions); j++) {
			root = strlen(roots[i]);
			version = strlen(versions[j]);
			if (strncmp(path, roots[i], root) == 0 &&
			    strncmp(path + root, versions[j], version) == 0)
				return path + root + version;
		}
	return NULL;
}

/* Whether no part of the path would make another path of it. */
static bool
is_straight(const char *path)
{
	size_t len;

	for (; *path == '/'; path += len) {
		path++;
		len = strcspn(path, "/");
		if (len == 0 || strspn(path, ".") == len)
			return false;
	}
	return true;
}

bool
owned_set_url(struct owned *o, struct api_request *rq, const char *path)
{
	struct buf query;
	enum gb_err rc;
	const char *at;

	if (!is_straight(path)) {
		api_error_set(&rq->error, FAULT_NO_ROUTE, NULL,
			      "Unknown request URL: %.16s %.200s.",
			      web_method(rq->web), web_path(rq->web));
		return false;
	}
	for (at = path; *at != '\0'; at++) {
		if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
		    (*at >= '0' && *at <= '9') ||
		    strchr("-._~/:@$!*,;=+", *at) != NULL)
			buf_putc(&o->url, *at);
		else
			buf_printf(&o->url, "%%%02X", (unsigned char)*at);
	}
	buf_init(&query, OWNED_URL_MAX);
	native_query_rewrite(web_query(rq->web), &query);
	if (query.len > 0)
		buf_printf(&o->url, "?%s", buf_str(&query));
	rc =
	    buf_error(&query) != GB_OK ? buf_error(&query) : buf_error(&o->url);
	buf_release(&query);
	if (rc == GB_ETOOBIG)
		api_error_set(&rq->error, FAULT_INVALID, NULL,
			      "The request URL is too long.");
	else if (rc != GB_OK)
		api_fail(rq, rc);
	o->call.path = buf_str(&o->url);
	o->download = strstr(path, ":download") != NULL ||
		      strstr(path, "/media/") != NULL ||
		      strstr(o->call.path, "alt=media") != NULL;
	return rc == GB_OK;
}

bool
owned_pin_path(struct owned *o, struct api_request *rq)
{
	struct owned_names *names;
	bool good;

	if (o->name.text[0] == '\0')
		return true;
	o->call.object = true;
	if ((names = calloc(1, sizeof(*names))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return false;
	}
	owned_names_add(names, &o->name);
	good = ownership_pin(rq, names, &o->call.pin, NULL);
	free(names);
	if (!good || o->call.pin != 0)
		return good;
	if (rq->cfg->files_isolation) {
		ownership_refuse(rq, o->name.text);
		return false;
	}
	o->call.roam = true;
	return true;
}

/* --- reading the reply -------------------------------------------------- */

static bool
is_type(const char *type, const char *wanted)
{
	return type != NULL && strncasecmp(type, wanted, strlen(wanted)) == 0;
}

/* JSON; or what Google says of an empty body. */
static bool
is_collected(const char *type)
{
	size_t len = strcspn(type, "; ");

	return (len == 16 && is_type(type, "application/json")) ||
	       is_type(type, "text/html") || is_type(type, "text/plain");
}

static void
copy_headers(struct owned *o, struct transfer *t)
{
	struct api_request *rq = o->call.rq;
	const char *value;
	size_t i;

	for (i = 0; i < GB_COUNT(reply_headers); i++)
		if (!o->quiet &&
		    (value = transfer_header(t, reply_headers[i])) != NULL)
			web_reply_header(rq->web, reply_headers[i], value);
	value = transfer_header(t, "X-Goog-Upload-Status");
	(void)snprintf(o->upload_status, sizeof(o->upload_status), "%s",
		       value == NULL ? "" : value);
	value = transfer_header(t, "X-Goog-Upload-URL");
	if (value != NULL)
		buf_puts(&o->upload_url, value);
}

/* The whole reply into rq->out. */
static enum attempt
read_all(struct call *call, struct transfer *t, struct answer *answer)
{
	struct api_request *rq = call->rq;
	enum transfer_got got;
	enum attempt how;

	buf_reset(&rq->out);
	how = ATTEMPT_OK;
	for (got = TRANSFER_GOT_DATA;
	     how == ATTEMPT_OK && got == TRANSFER_GOT_DATA;) {
		how = call_read(call, t, &rq->out, &got);
		if (rq->out.len > (size_t)rq->cfg->max_reply ||
		    buf_error(&rq->out) != GB_OK) {
			answer->fault = ANSWER_GARBAGE;
			return ATTEMPT_FAILED;
		}
	}
	return how == ATTEMPT_OK ? call_check(call, t, answer) : how;
}

/* An interaction that is streamed tells its id in its first event. */
static void
find_id(struct owned *o, struct buf *first, const struct buf *piece)
{
	struct api_request *rq = o->call.rq;
	struct owned_names *names;

	if (rq->dialect != DIALECT_INTERACTIONS || o->id_known ||
	    first->len >= FIRST_BYTES_MAX ||
	    (names = calloc(1, sizeof(*names))) == NULL)
		return;
	buf_add(first, piece->data,
		piece->len < FIRST_BYTES_MAX - first->len
		    ? piece->len
		    : FIRST_BYTES_MAX - first->len);
	owned_names_scan(names, buf_str(first), first->len, OWNED_BORN);
	if (names->count > 0) {
		ownership_bind(rq, names->list[0].text);
		o->id_known = true;
	}
	free(names);
}

/* Pass the reply on as it comes. */
static enum attempt
pass_stream(struct owned *o, struct transfer *t, struct answer *answer,
	    const char *type)
{
	struct call *call = &o->call;
	struct web_request *web = call->rq->web;
	struct buf piece, first;
	enum transfer_got got;
	enum attempt how;
	const char *length;

	o->sse = is_type(type, "text/event-stream");
	call->rq->entry.stream = o->sse;
	length = transfer_header(t, "Content-Length");
	if (length != NULL)
		web_reply_header(web, "Content-Length", length);
	buf_init(&piece, PIECE_MAX);
	buf_init(&first, FIRST_BYTES_MAX);
	how = ATTEMPT_OK;
	if (web_stream_begin(web, transfer_status(t), type) != GB_OK)
		how = ATTEMPT_GONE;
	o->began = true;
	for (got = TRANSFER_GOT_DATA;
	     how == ATTEMPT_OK && got == TRANSFER_GOT_DATA;) {
		buf_reset(&piece);
		how = call_read(call, t, &piece, &got);
		if (how == ATTEMPT_OK && piece.len > 0) {
			find_id(o, &first, &piece);
			if (call->rq->entry.first_byte_ms < 0)
				call->rq->entry.first_byte_ms =
				    api_elapsed_ms(call->rq);
			how = call_send(call, piece.data, piece.len);
		}
	}
	if (how == ATTEMPT_OK)
		how = call_check(call, t, answer);
	buf_release(&first);
	buf_release(&piece);
	return how == ATTEMPT_FAILED ? ATTEMPT_BROKEN : how;
}

enum attempt
owned_read(struct call *call, struct transfer *t, struct answer *answer)
{
	struct api_request *rq = call->rq;
	struct owned *o = call->context;
	enum attempt how;
	const char *type;

	how = call_wait_head(call, t);
	if (how == ATTEMPT_OK)
		how = call_check(call, t, answer);
	if (how != ATTEMPT_OK)
		return how;
	type = transfer_header(t, "Content-Type");
	if (type == NULL)
		type = API_JSON_TYPE;
	if (o->download || !is_collected(type)) {
		copy_headers(o, t);
		return pass_stream(o, t, answer, type);
	}
	if ((how = read_all(call, t, answer)) != ATTEMPT_OK)
		return how;
	copy_headers(o, t);
	rq->status = transfer_status(t);
	rq->content_type = API_JSON_TYPE;
	rq->entry.first_byte_ms = api_elapsed_ms(rq);
	return ATTEMPT_OK;
}

void
owned_run(struct owned *o, struct api_request *rq)
{
	call_run(&o->call);
	if (rq->error.fault == FAULT_NONE)
		return;
	if (!o->sse) {
		if (web_replied(rq->web) && !rq->entry.hung_up)
			web_break(rq->web);
		return;
	}
	buf_reset(&rq->out);
	if (rq->dialect == DIALECT_INTERACTIONS)
		api_error_write_interactions_event(&rq->error, &rq->out);
	else
		native_sse_write_error(&rq->error, &rq->out);
}

/* --- the endpoint ------------------------------------------------------- */

static const char *
endpoint_of(const char *path)
{
	size_t i, len;

	len = strcspn(path, "/:");
	for (i = 0; i < GB_COUNT(endpoints); i++)
		if (strlen(endpoints[i].collection) == len &&
		    memcmp(endpoints[i].collection, path, len) == 0)
			return endpoints[i].endpoint;
	return "gemini.other";
}

/* Whose quota the call is, by the body's "model". */
static void
find_model(struct owned *o, const struct buf *body)
{
	struct json_want want = {.camel = "model", .snake = "model"};
	struct json_place place;
	size_t from, len;

	if (!json_look(buf_str(body), body->len, 0, &want, 1, &place) ||
	    want.have != JSON_THERE || body->data[want.from] != '"')
		return;
	from = want.from + 1;
	len = want.to - from - 1;
	if (len > 7 && memcmp(body->data + from, "models/", 7) == 0) {
		from += 7;
		len -= 7;
	}
	if (len > 0 && len < sizeof(o->model))
		memcpy(o->model, body->data + from, len);
	(void)snprintf(o->call.rq->entry.model, sizeof(o->call.rq->entry.model),
		       "%s", o->model);
}

/* Read the body, and pin by what it names. */
static bool
take_body(struct owned *o, struct api_request *rq)
{
	struct owned_names *names;
	struct owned_name none;
	unsigned kinds;
	bool good;

	if (!api_read_body(rq))
		return false;
	if (rq->body.len > 0 || strcmp(o->call.method, "POST") == 0) {
		o->call.body = buf_str(&rq->body);
		o->call.body_len = rq->body.len;
	}
	kinds = OWNED_REQUEST;
	if (rq->dialect == DIALECT_INTERACTIONS) {
		kinds |= OWNED_INTERACTION;
		find_model(o, &rq->body);
	} else if (strcmp(rq->entry.endpoint, "gemini.cachedContents") == 0) {
		find_model(o, &rq->body);
		o->model[0] = '\0'; /* it costs nothing of its quota */
	} else if (strncmp(o->name.text, "tunedModels/", 12) == 0) {
		(void)snprintf(rq->entry.model, sizeof(rq->entry.model), "%s",
			       o->name.text);
	}
	if ((names = calloc(1, sizeof(*names))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return false;
	}
	owned_names_scan(names, buf_str(&rq->body), rq->body.len, kinds);
	none = o->name;
	if (none.text[0] != '\0')
		owned_names_add(names, &none);
	good =
	    names->count == 0 || ownership_pin(rq, names, &o->call.pin, NULL);
	free(names);
	return good;
}

static void
forget(struct api_request *rq, const char *name)
{
	if (store_object_forget(app_store(rq->app), name) != GB_OK)
		log_warnx("%s: it is gone, and still in the database", name);
}

/* A client's "/v1beta/files/x:download" and so on, at "below" the version. */
static void
pass(struct api_request *rq, struct owned *o, const char *path)
{
	const char *below = owned_below_version(path);

	rq->entry.endpoint = endpoint_of(below);
	rq->content_type = API_JSON_TYPE;
	(void)owned_name_of_path(&o->name, below);
	if (!owned_set_url(o, rq, path) || !owned_pin_path(o, rq) ||
	    !take_body(o, rq))
		return;
	owned_run(o, rq);
	if (rq->error.fault != FAULT_NONE || rq->entry.hung_up || o->began)
		return;
	if (strcmp(o->call.method, "DELETE") == 0 &&
	    strcmp(below, o->name.text) == 0)
		forget(rq, o->name.text);
	else
		ownership_remember(rq, buf_str(&rq->out), rq->out.len);
}

void
owned_call(struct api_request *rq)
{
	const char *path = owned_path(rq), *below = owned_below_version(path);
	struct owned *o;

	if (strncmp(below, "interactions", 12) == 0)
		rq->dialect = DIALECT_INTERACTIONS;
	if (strchr(below, '/') == NULL && strchr(below, ':') == NULL &&
	    strcmp(web_method(rq->web), "GET") == 0) {
		rq->entry.endpoint = endpoint_of(below);
		owned_list(rq, below);
		return;
	}
	if ((o = calloc(1, sizeof(*o))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	owned_init(o, rq);
	pass(rq, o, path);
	owned_release(o);
	free(o);
}

void
owned_model_verb(struct api_request *rq, const char *version, const char *model,
		 const char *verb)
{
	struct owned *o;
	struct buf path;

	if ((o = calloc(1, sizeof(*o))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	owned_init(o, rq);
	buf_init(&path, OWNED_URL_MAX);
	buf_printf(&path, "/%s/models/%s:%s", version, model, verb);
	(void)snprintf(o->model, sizeof(o->model), "%s", model);
	if (buf_error(&path) == GB_OK)
		pass(rq, o, buf_str(&path));
	else
		api_fail(rq, buf_error(&path));
	buf_release(&path);
	owned_release(o);
	free(o);
}
