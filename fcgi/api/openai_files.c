/*
 * openai_files.c: OpenAI's /v1/files, on Google's files.
 *
 * "files/abc" is called "file-abc" here.  What OpenAI has and Google has not (a
 * purpose, a list by token) is in our database, beside the key that owns the
 * file.
 */
#include "api/endpoints.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json_object.h>

#include "api/owned.h"
#include "api/plain.h"
#include "base/clock.h"
#include "base/log.h"
#include "dialect/form_stream.h"
#include "dialect/json/json_out.h"
#include "dialect/json/json_tree.h"
#include "dialect/media.h"

#define CHUNK_BYTES (8 * 1024 * 1024) /* as Google's own libraries send */
#define READ_BYTES  (64 * 1024)
#define PURPOSE_MAX 64
#define LIST_MAX    1000
#define URL_MAX	    512
#define START_MAX   (16 * 1024) /* bytes of the request that begins */

/* --- what clients see --------------------------------------------------- */

static void
write_file(struct json_out *out, const struct object *o, const char *status)
{
	char id[OWNED_NAME_MAX + 8];

	(void)snprintf(id, sizeof(id), "file-%s", o->name + strlen("files/"));
	jout_object(out);
	jout_key_string(out, "id", id);
	jout_key_string(out, "object", "file");
	jout_key_int(out, "bytes", o->bytes);
	jout_key_int(out, "created_at", o->created_at / 1000);
	jout_key_int(out, "expires_at", o->expires_at / 1000);
	jout_key_string(out, "filename", o->label);
	jout_key_string(out, "purpose",
			o->purpose[0] == '\0' ? "user_data" : o->purpose);
	jout_key_string(out, "status", status);
	jout_object_end(out);
}

static void
answer_ready(struct api_request *rq)
{
	rq->status = 200;
	rq->content_type = API_JSON_TYPE;
	if (buf_error(&rq->out) != GB_OK)
		api_fail(rq, buf_error(&rq->out));
}

static void
answer_file(struct api_request *rq, const struct object *o, const char *status)
{
	struct json_out out;

	buf_reset(&rq->out);
	jout_init(&out, &rq->out);
	write_file(&out, o, status);
	answer_ready(rq);
}

/* The row of the file that OpenAI's "id" is.  False: rq->error says that the
 * caller has none of that name; "rows" is for object_rows_free() anyway. */
static bool
find_file(struct api_request *rq, const char *id, struct object_rows *rows)
{
	struct owned_name name;
	const char *names[1];
	enum gb_err rc;

	memset(rows, 0, sizeof(*rows));
	names[0] = name.text;
	rc = GB_OK;
	if (strncmp(id, "file-", 5) == 0 &&
	    owned_name_read(&name, id, strlen(id)))
		rc = store_objects_get(app_store(rq->app), names, 1,
				       clock_wall_ms(), rows);
	if (rc != GB_OK) {
		api_fail(rq, rc);
		return false;
	}
	if (rows->count == 1 &&
	    (!rq->cfg->files_isolation ||
	     strcmp(rows->rows[0].object.token, rq->owner) == 0))
		return true;
	api_error_set(&rq->error, FAULT_NOT_FOUND, "id",
		      "No such File object: %.128s", id);
	return false;
}

/* --- making one --------------------------------------------------------- */

struct making {
	struct api_request *rq;
	struct form_stream form;
	char part[READ_BYTES]; /* of the client's body */
	bool at_end;	       /* there is no more of it */
	char purpose[PURPOSE_MAX + 1];
	char label[FORM_FILENAME_MAX], mime[FORM_TYPE_MAX];
	struct owned owned; /* the call that is made */
	struct buf session; /* where the file goes */
	struct buf chunk;
	int64_t sent; /* bytes of the file that Google has */
	bool file;    /* it was there */
};

static bool
bad_form(struct making *m)
{
	api_error_set(&m->rq->error, FAULT_INVALID, "file",
		      "The request body must be a form (multipart/form-data) "
		      "with a \"file\" and a \"purpose\".");
	return false;
}

/* Read on in the form; false: rq->error, or the client is gone. */
static bool
next_event(struct making *m, enum form_event *event)
{
	enum gb_err rc;
	size_t got;

	while ((*event = form_stream_next(&m->form)) == FORM_MORE) {
		rc = web_read_part(m->rq->web, m->part, sizeof(m->part), &got);
		if (rc == GB_OK && got == 0)
			return bad_form(m);
		if (rc == GB_OK)
			rc = form_stream_feed(&m->form, m->part, got);
		if (rc != GB_OK) {
			api_fail(m->rq, rc);
			return false;
		}
	}
	return *event == FORM_BAD ? bad_form(m) : true;
}

/* Make one call of the upload. */
static bool
upload_step(struct making *m, const char *path, const char *body, size_t len,
	    const char *type, const char *command)
{
	struct owned *o = &m->owned;
	struct call *call = &o->call;
	char offset[24];
	size_t n = 0;

	(void)snprintf(offset, sizeof(offset), "%" PRId64, m->sent);
	o->headers[n++] =
	    (struct transfer_header){"X-Goog-Upload-Command", command};
	if (call->pin == 0) {
		o->headers[n++] =
		    (struct transfer_header){"X-Goog-Upload-Protocol",
					     "resumable"};
		o->headers[n++] = (struct transfer_header){
		    "X-Goog-Upload-Header-Content-Type", m->mime};
	} else {
		o->headers[n++] =
		    (struct transfer_header){"X-Goog-Upload-Offset", offset};
	}
	call->header_count = n;
	call->path = path;
	call->body = body;
	call->body_len = len;
	call->content_type = type;
	call->once = call->pin != 0; /* a second time would be at fault */
	buf_reset(&o->upload_url);
	call_run(call);
	return m->rq->error.fault == FAULT_NONE && !m->rq->entry.hung_up;
}

/* Open the upload of the file whose part has begun. */
static bool
begin_file(struct making *m)
{
	struct json_out out;
	struct buf body;
	bool good;

	buf_init(&body, START_MAX);
	jout_init(&out, &body);
	jout_object(&out);
	jout_key(&out, "file");
	jout_object(&out);
	jout_key_string(&out, "displayName", m->label);
	jout_object_end(&out);
	jout_object_end(&out);
	good = buf_error(&body) == GB_OK &&
	       upload_step(m, "/upload/v1beta/files", buf_str(&body), body.len,
			   NULL, "start");
	if (good &&
	    !owned_upload_path(buf_str(&m->owned.upload_url), &m->session)) {
		api_error_set(&m->rq->error, FAULT_UPSTREAM, NULL,
			      "Upstream opened an upload without a URL for "
			      "it.");
		good = false;
	}
	m->owned.call.pin = m->rq->entry.key_id;
	buf_release(&body);
	return good;
}

static bool
send_chunk(struct making *m, const char *command)
{
	if (!upload_step(m, buf_str(&m->session), buf_str(&m->chunk),
			 m->chunk.len, "application/octet-stream", command))
		return false;
	m->sent += (int64_t)m->chunk.len;
	buf_reset(&m->chunk);
	return true;
}

/* Bytes of the file: what fills a chunk goes out. */
static bool
take_file_bytes(struct making *m, const char *data, size_t len)
{
	size_t n;

	if (m->sent + (int64_t)(m->chunk.len + len) > m->rq->cfg->max_upload) {
		api_error_set(&m->rq->error, FAULT_BODY_TOO_LARGE, "file",
			      "The file is larger than %lld bytes.",
			      (long long)m->rq->cfg->max_upload);
		return false;
	}
	while (len > 0) {
		if (m->chunk.len == CHUNK_BYTES && !send_chunk(m, "upload"))
			return false;
		n = CHUNK_BYTES - m->chunk.len;
		n = n < len ? n : len;
		buf_add(&m->chunk, data, n);
		data += n;
		len -= n;
	}
	if (buf_error(&m->chunk) != GB_OK)
		api_fail(m->rq, buf_error(&m->chunk));
	return buf_error(&m->chunk) == GB_OK;
}

/* What the file is, by its part and its name. */
static void
name_file(struct making *m)
{
	const char *dot, *guess;

	(void)snprintf(m->label, sizeof(m->label), "%s", m->form.filename);
	dot = strrchr(m->label, '.');
	guess = media_by_name(text_from(m->label));
	if (dot != NULL && strcasecmp(dot, ".jsonl") == 0)
		guess = "application/jsonl";
	if (m->form.type[0] != '\0' &&
	    strncasecmp(m->form.type, "application/octet-stream", 24) != 0)
		guess = m->form.type;
	(void)snprintf(m->mime, sizeof(m->mime), "%s",
		       guess != NULL ? guess : "application/octet-stream");
}

static bool
take_data(struct making *m)
{
	const struct form_stream *f = &m->form;

	if (strcmp(f->name, "file") == 0 && f->filename[0] != '\0')
		return take_file_bytes(m, f->data, f->len);
	if (strcmp(f->name, "purpose") != 0)
		return true;
	if (strlen(m->purpose) + f->len > PURPOSE_MAX ||
	    memchr(f->data, '\0', f->len) != NULL) {
		api_error_set(&m->rq->error, FAULT_INVALID, "purpose",
			      "purpose must have at most %d characters.",
			      PURPOSE_MAX);
		return false;
	}
	strncat(m->purpose, f->data, f->len);
	return true;
}

static bool
take_part(struct making *m)
{
	if (strcmp(m->form.name, "file") != 0 || m->form.filename[0] == '\0')
		return true;
	if (m->file)
		return bad_form(m);
	m->file = true;
	name_file(m);
	return begin_file(m);
}

/* Read the form and send the file on; then its resource is in rq->out. */
static bool
read_form(struct making *m)
{
	enum form_event event;

	for (;;) {
		if (!next_event(m, &event))
			return false;
		if (event == FORM_END)
			break;
		if (event == FORM_PART ? !take_part(m) : !take_data(m))
			return false;
	}
	if (!m->file)
		return bad_form(m);
	if (m->purpose[0] == '\0') {
		api_error_set(&m->rq->error, FAULT_INVALID, "purpose",
			      "purpose is missing.");
		return false;
	}
	return send_chunk(m, "upload, finalize");
}

/* Google's word for where the file, a resource, is, as OpenAI says it. */
static const char *
status_of(struct json_object *file)
{
	char state[16];

	tree_copy(file, "state", state, sizeof(state));
	if (strcmp(state, "FAILED") == 0)
		return "error";
	return strcmp(state, "PROCESSING") == 0 ? "uploaded" : "processed";
}

/* The file is at Google's: remember it, with what only OpenAI has. */
static void
finish(struct making *m)
{
	struct api_request *rq = m->rq;
	struct json_object *tree;
	struct object_rows rows;
	struct object more;
	struct owned_name name;
	const char *text, *status, *names[1];
	size_t len;

	ownership_remember(rq, buf_str(&rq->out), rq->out.len);
	tree = tree_parse(buf_str(&rq->out), rq->out.len);
	text = tree_string(tree_object(tree, "file"), "name", &len);
	if (text == NULL || !owned_name_read(&name, text, len))
		name.text[0] = '\0';
	status = status_of(tree_object(tree, "file"));
	json_object_put(tree);
	if (name.text[0] == '\0') {
		api_error_set(&rq->error, FAULT_UPSTREAM, NULL,
			      "Upstream took the file without a name for it.");
		return;
	}
	more = (struct object){.name = name.text,
			       .key_id = rq->entry.key_id,
			       .token = rq->owner,
			       .mime = m->mime,
			       .uri = "",
			       .label = m->label,
			       .purpose = m->purpose,
			       .bytes = m->sent};
	names[0] = name.text;
	memset(&rows, 0, sizeof(rows));
	if (store_object_put(app_store(rq->app), &more) != GB_OK ||
	    store_objects_get(app_store(rq->app), names, 1, clock_wall_ms(),
			      &rows) != GB_OK ||
	    rows.count != 1)
		api_fail(rq, GB_EIO);
	else
		answer_file(rq, &rows.rows[0].object, status);
	object_rows_free(&rows);
}

void
openai_files_create(struct api_request *rq)
{
	struct making *m;

	if ((m = calloc(1, sizeof(*m))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	m->rq = rq;
	owned_init(&m->owned, rq);
	m->owned.quiet = true;
	buf_init(&m->session, OWNED_URL_MAX);
	buf_init(&m->chunk, CHUNK_BYTES);
	if (!form_stream_init(&m->form, web_header(rq->web, "Content-Type")))
		(void)bad_form(m);
	else if (read_form(m))
		finish(m);
	form_stream_release(&m->form);
	buf_release(&m->session);
	buf_release(&m->chunk);
	owned_release(&m->owned);
	free(m);
}

/* --- the others --------------------------------------------------------- */

/* A call for the file at the key that owns it, into rq->out. */
static bool
call_file(struct api_request *rq, const struct object *o, const char *method)
{
	char path[URL_MAX];
	struct call call;

	(void)snprintf(path, sizeof(path), "/v1beta/%s", o->name);
	memset(&call, 0, sizeof(call));
	call.rq = rq;
	call.model = "";
	call.method = method;
	call.path = path;
	call.whole = true;
	call.reader = plain_read;
	call.pin = o->key_id;
	call_run(&call);
	return rq->error.fault == FAULT_NONE && !rq->entry.hung_up;
}

/* GET /v1/files/ID/content, of a file that a model made: Google gives no
 * other back, and says so. */
static void
answer_content(struct api_request *rq, const struct object *o)
{
	char path[URL_MAX];
	struct owned *owned;

	if ((owned = calloc(1, sizeof(*owned))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	owned_init(owned, rq);
	(void)snprintf(path, sizeof(path), "/v1beta/%s:download?alt=media",
		       o->name);
	owned->call.path = path;
	owned->call.pin = o->key_id;
	owned->download = true;
	owned_run(owned, rq);
	owned_release(owned);
	free(owned);
}

void
openai_files_get(struct api_request *rq)
{
	static const char content[] = "/content";
	char id[OWNED_NAME_MAX + 16];
	struct json_object *tree;
	struct object_rows rows;
	const struct object *o;
	bool whole = false;
	size_t len;

	(void)snprintf(id, sizeof(id), "%s", rq->rest);
	len = strlen(id);
	if (len > strlen(content) &&
	    strcmp(id + len - strlen(content), content) == 0) {
		id[len - strlen(content)] = '\0';
		whole = true;
	}
	if (find_file(rq, id, &rows)) {
		o = &rows.rows[0].object;
		if (whole)
			answer_content(rq, o);
		else if (call_file(rq, o, "GET")) {
			tree = tree_parse(buf_str(&rq->out), rq->out.len);
			answer_file(rq, o, status_of(tree));
			json_object_put(tree);
		}
	}
	object_rows_free(&rows);
}

void
openai_files_delete(struct api_request *rq)
{
	struct object_rows rows;
	struct json_out out;
	const char *name;

	if (find_file(rq, rq->rest, &rows) &&
	    call_file(rq, &rows.rows[0].object, "DELETE")) {
		name = rows.rows[0].object.name;
		if (store_object_forget(app_store(rq->app), name) != GB_OK)
			log_warnx("%s: it is gone, and still in the database",
				  name);
		buf_reset(&rq->out);
		jout_init(&out, &rq->out);
		jout_object(&out);
		jout_key_string(&out, "id", rq->rest);
		jout_key_string(&out, "object", "file");
		jout_key_bool(&out, "deleted", true);
		jout_object_end(&out);
		answer_ready(rq);
	}
	object_rows_free(&rows);
}

/* How many the client wants, and those older than which. */
static bool
read_list_query(struct api_request *rq, int64_t *limit, int64_t *before_ms)
{
	char text[OWNED_NAME_MAX + 16], *end;
	struct object_rows rows;
	bool found;

	*limit = LIST_MAX;
	*before_ms = INT64_MAX;
	if (web_query_value(rq->web, "limit", text, sizeof(text))) {
		*limit = strtol(text, &end, 10);
		if (*end != '\0' || *limit < 1 || *limit > 10000) {
			api_error_set(&rq->error, FAULT_INVALID, "limit",
				      "limit must be a whole number from 1 to "
				      "10000.");
			return false;
		}
		*limit = *limit < LIST_MAX ? *limit : LIST_MAX;
	}
	if (!web_query_value(rq->web, "after", text, sizeof(text)))
		return true;
	if ((found = find_file(rq, text, &rows)))
		*before_ms = rows.rows[0].object.created_at;
	object_rows_free(&rows);
	return found;
}

static void
write_list(struct api_request *rq, const struct object_rows *rows,
	   int64_t limit)
{
	char purpose[PURPOSE_MAX + 1];
	struct json_out out;
	int64_t count = 0;
	size_t i;
	bool all;

	all = !web_query_value(rq->web, "purpose", purpose, sizeof(purpose));
	jout_init(&out, &rq->out);
	jout_object(&out);
	jout_key_string(&out, "object", "list");
	jout_key(&out, "data");
	jout_array(&out);
	for (i = 0; i < rows->count && count < limit; i++) {
		if (!all && strcmp(rows->rows[i].object.purpose, purpose) != 0)
			continue;
		write_file(&out, &rows->rows[i].object, "processed");
		count++;
	}
	jout_array_end(&out);
	jout_key_bool(&out, "has_more", i < rows->count);
	jout_object_end(&out);
	answer_ready(rq);
}

void
openai_files_list(struct api_request *rq)
{
	int64_t limit, before_ms;
	struct object_rows rows;
	enum gb_err rc;

	if (!read_list_query(rq, &limit, &before_ms))
		return;
	rc =
	    store_objects_list(app_store(rq->app), "files",
			       rq->cfg->files_isolation ? rq->owner : NULL,
			       before_ms, clock_wall_ms(), LIST_MAX + 1, &rows);
	if (rc != GB_OK) {
		api_fail(rq, rc);
		return;
	}
	write_list(rq, &rows, limit);
	object_rows_free(&rows);
}
