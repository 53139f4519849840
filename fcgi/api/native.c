/* native.c: Gemini's own verbs, bytes in and bytes out */
#include "api/endpoints.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json_object.h>

#include "api/answer.h"
#include "api/ownership.h"
#include "api/plain.h"
#include "dialect/json/json_in.h"
#include "dialect/gemini/native_edit.h"
#include "dialect/gemini/native_pacing.h"
#include "dialect/gemini/native_request.h"

#define URL_MAX (16 * 1024) /* of a path with its query */

/* In the journal. */
static const char *const verb_names[NATIVE__MAX] = {
    [NATIVE_GENERATE] = "gemini.generateContent",
    [NATIVE_STREAM] = "gemini.streamGenerateContent",
    [NATIVE_COUNT_TOKENS] = "gemini.countTokens",
    [NATIVE_EMBED] = "gemini.embedContent",
    [NATIVE_BATCH_EMBED] = "gemini.batchEmbedContents",
};

/* --- passing on --------------------------------------------------------- */

static void
pass_reset(struct answer_reader *ar)
{
	(void)ar;
}

/* What an event lacks of the empty line that ends it: a stream may have been
 * cut just there. */
static const char *
rest_of_blank(const char *raw, size_t len)
{
	static const struct {
		const char *end, *rest;
	} ends[] = {
	    {"\r\n\r\n", ""}, {"\r\n\r", "\n"}, {"\n\n", ""},	  {"\r\r", ""},
	    {"\r\n", "\r\n"}, {"\n", "\n"},	{"\r", "\n\r\n"},
	};
	size_t i, n;

	for (i = 0; i < GB_COUNT(ends); i++) {
		n = strlen(ends[i].end);
		if (len >= n && memcmp(raw + len - n, ends[i].end, n) == 0)
			return ends[i].rest;
	}
	return "\r\n\r\n";
}

/* One answer as a stream of one event.  Its line ends are none of a string's,
 * so that it can stand on one line. */
static void
write_faked(const char *raw, size_t len, bool sse, struct buf *out)
{
	size_t i, part;

	buf_puts(out, sse ? "data: " : "[");
	for (i = 0; i < len; i += part + (i + part < len)) {
		for (part = 0; i + part < len; part++)
			if (raw[i + part] == '\n' || raw[i + part] == '\r')
				break;
		buf_add(out, raw + i, part);
	}
	buf_puts(out, sse ? "\r\n\r\n" : "\n]");
}

static void
pass_faked(struct answer_reader *ar, const char *raw, size_t len)
{
	bool sse = ar->framing == FRAMING_SSE;
	struct buf *out = &ar->rq->out;
	struct buf event;

	if (len > PACING_BYTES_MAX) { /* it is sent at once anyhow */
		write_faked(raw, len, sse, out);
		return;
	}
	buf_init(&event, 2 * PACING_BYTES_MAX);
	write_faked(raw, len, sse, &event);
	if (buf_error(&event) != GB_OK)
		out->fail = buf_error(&event);
	else
		native_pacing_add(&ar->pacing, out, event.data, event.len, sse);
	buf_release(&event);
}

static void
pass_taken(struct answer_reader *ar, const char *raw, size_t len)
{
	if (ar->faked) {
		pass_faked(ar, raw, len);
		return;
	}
	if (ar->rq->entry.stream)
		native_pacing_add(&ar->pacing, &ar->rq->out, raw, len,
				  ar->framing == FRAMING_SSE);
	else
		buf_add(&ar->rq->out, raw, len);
	if (ar->rq->entry.stream && ar->framing == FRAMING_SSE)
		buf_puts(&ar->rq->out, rest_of_blank(raw, len));
}

static enum gb_err
pass_finish(struct answer_reader *ar)
{
	return buf_error(&ar->rq->out);
}

static const struct answer_writer pass_on = {
    .reset = pass_reset,
    .sink = answer_no_sink,
    .taken = pass_taken,
    .finish = pass_finish,
};

/* --- the request -------------------------------------------------------- */

/* A native call in the making. */
struct native {
	struct native_path path;
	struct model_name name; /* what the path's model means */
	bool faked;		/* a stream that Google is not asked for */
	struct buf url;
	struct transfer_header headers[CALL_HEADERS_MAX];
	struct answer_reader reader;
	struct call call;
};

static size_t
forward_headers(const struct web_request *web, struct transfer_header *h,
		size_t max)
{
	const char *const *name;
	const char *value;
	size_t n;

	n = 0;
	for (name = native_headers; *name != NULL && n < max; name++) {
		if ((value = web_header(web, *name)) == NULL)
			continue;
		h[n].name = *name;
		h[n++].value = value;
	}
	return n;
}

/* Put into the body what the model's name and the settings say. */
static enum gb_err
edit_body(const struct native *n, struct api_request *rq)
{
	struct native_edit edit;

	edit.generates = native_generates(n->path.verb);
	edit.given = n->path.model;
	edit.name = &n->name;
	edit.rules = rq->snap->models;
	rq->body.max += NATIVE_EDIT_MAX; /* what we add is not the client's */
	return native_edit_body(&rq->body, &edit);
}

/* "alt" is the framing of a stream, which this is not. */
static void
drop_alt(struct buf *query)
{
	struct buf rest;
	const char *p;
	enum gb_err rc;
	size_t len;

	buf_init(&rest, URL_MAX);
	for (p = buf_str(query); *p != '\0'; p += len + (p[len] == '&')) {
		len = strcspn(p, "&");
		if (strncmp(p, "alt=", 4) == 0)
			continue;
		if (rest.len > 0)
			buf_putc(&rest, '&');
		buf_add(&rest, p, len);
	}
	rc = buf_error(query) != GB_OK ? buf_error(query) : buf_error(&rest);
	buf_reset(query);
	buf_puts(query, buf_str(&rest));
	if (rc != GB_OK)
		query->fail = rc;
	buf_release(&rest);
}

static void
write_url(struct native *n, const char *query)
{
	struct buf kept;

	buf_init(&kept, URL_MAX);
	native_query_rewrite(query, &kept);
	if (n->faked)
		drop_alt(&kept);
	buf_printf(&n->url, "/%s/models/%s:%s", n->path.version, n->name.google,
		   n->faked ? "generateContent" : n->path.verb_name);
	if (kept.len > 0)
		buf_printf(&n->url, "?%s", buf_str(&kept));
	if (buf_error(&kept) != GB_OK)
		n->url.fail = buf_error(&kept);
	buf_release(&kept);
}

static void
prepare(struct native *n, struct api_request *rq)
{
	struct call *call = &n->call;
	char alt[16];

	answer_reader_init(&n->reader, rq, &pass_on, NULL);
	call_init(call, rq, n->name.google, &n->url);
	call->body = buf_str(&rq->body);
	call->body_len = rq->body.len;
	call->headers = n->headers;
	call->header_count =
	    forward_headers(rq->web, n->headers, GB_COUNT(n->headers));
	call->context = &n->reader;
	call->whole = n->path.verb != NATIVE_STREAM;
	call->reader =
	    n->path.verb == NATIVE_GENERATE ? answer_read_whole : plain_read;
	if (n->path.verb != NATIVE_STREAM)
		return;
	rq->entry.stream = true;
	answer_pace(&n->reader);
	call->reader = answer_read_stream;
	(void)web_query_value(rq->web, "alt", alt, sizeof(alt));
	if (strcmp(alt, "sse") == 0) {
		n->reader.framing = FRAMING_SSE;
		call->stream_type = WEB_SSE_TYPE;
		call->keepalive = API_KEEPALIVE;
	} else {
		n->reader.framing = FRAMING_ARRAY;
		call->stream_type = API_JSON_TYPE;
		call->keepalive = "\n"; /* white space, which JSON allows */
	}
	if (n->faked)
		answer_fake(&n->reader, call);
}

static void
end_stream_with_error(struct native *n, struct api_request *rq)
{
	if (n->reader.framing == FRAMING_SSE)
		native_sse_write_error(&rq->error, &rq->out);
	else
		native_stream_write_error(&n->reader.array, &rq->error,
					  &rq->out);
}

/* Google would say what is wrong, but this costs no turn of a key. */
static bool
check_body(struct api_request *rq)
{
	struct json_object *tree;

	switch (json_check(buf_str(&rq->body), rq->body.len)) {
	case JSON_KIND_OBJECT:
		return true;
	case JSON_KIND_NONE: /* read it again, to say where it breaks */
		if (json_read(buf_str(&rq->body), rq->body.len, &tree,
			      &rq->error) != GB_OK)
			return false;
		json_object_put(tree);
		return true;
	case JSON_KIND_NULL:
	case JSON_KIND_OTHER:
		break;
	}
	api_error_set(&rq->error, FAULT_INVALID, NULL,
		      "The request body must be a JSON object.");
	return false;
}

/* A verb that we do not know goes on as it is, to the model that is meant. */
static bool
pass_unknown(struct api_request *rq, const char *path)
{
	char version[16], model[NATIVE_MODEL_MAX];
	struct model_name name;
	const char *at, *colon;
	size_t len;

	if (rq->pool != POOL_GEMINI)
		return false;
	at = strstr(path, "/models/");
	colon = at == NULL ? NULL : strchr(at, ':');
	len = colon == NULL ? 0 : (size_t)(colon - at) - 8;
	if (len == 0 || len >= sizeof(model) || at == path ||
	    (size_t)(at - path) > sizeof(version))
		return false;
	(void)snprintf(version, sizeof(version), "%.*s", (int)(at - path) - 1,
		       path + 1);
	(void)snprintf(model, sizeof(model), "%.*s", (int)len, at + 8);
	(void)snprintf(rq->entry.model, sizeof(rq->entry.model), "%s", model);
	model_name_resolve(model, rq->snap->models, &name);
	owned_model_verb(rq, version, name.google, colon + 1);
	return true;
}

/* Whether rq->rest is a model and a verb that we take. */
static bool
parse_path(struct native *n, struct api_request *rq)
{
	static const char *const mounts[] = {"/gemini", "/vertex-express"};
	const char *path;
	size_t i;

	path = web_path(rq->web);
	for (i = 0; i < GB_COUNT(mounts); i++)
		if (strncmp(path, mounts[i], strlen(mounts[i])) == 0)
			path += strlen(mounts[i]);
	switch (native_path_parse(&n->path, path)) {
	case NATIVE_OK:
		(void)snprintf(rq->entry.model, sizeof(rq->entry.model), "%s",
			       n->path.model);
		rq->entry.endpoint = verb_names[n->path.verb];
		model_name_resolve(n->path.model, rq->snap->models, &n->name);
		n->faked = n->path.verb == NATIVE_STREAM &&
			   answer_is_faked(rq->cfg, n->name.google);
		return true;
	case NATIVE_NO_VERB:
		if (pass_unknown(rq, path))
			return false;
		break;
	case NATIVE_NO_PATH:
		break;
	}
	api_error_set(&rq->error, FAULT_NO_ROUTE, NULL,
		      "Unknown request URL: %.16s %.200s.", web_method(rq->web),
		      web_path(rq->web));
	return false;
}

void
native_verb(struct api_request *rq)
{
	struct native *n;
	enum gb_err rc;

	if ((n = calloc(1, sizeof(*n))) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	buf_init(&n->url, URL_MAX);
	if (!parse_path(n, rq) || !api_read_body(rq) || !check_body(rq))
		goto out;
	write_url(n, web_query(rq->web));
	rc = buf_error(&n->url);
	if (rc == GB_OK)
		rc = edit_body(n, rq);
	if (rc != GB_OK) {
		api_fail(rq, rc);
		goto out;
	}
	prepare(n, rq);
	if (!ownership_pin_body(rq, buf_str(&rq->body), rq->body.len,
				OWNED_REQUEST, &n->call.pin)) {
		answer_reader_release(&n->reader);
		goto out;
	}
	rq->content_type = API_JSON_TYPE;
	call_run(&n->call);
	if (rq->error.fault != FAULT_NONE && web_replied(rq->web))
		end_stream_with_error(n, rq);
	answer_reader_release(&n->reader);
out:
	buf_release(&n->url);
	free(n);
}
