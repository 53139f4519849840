/* request.c: what every endpoint's request begins and ends with */
#include "api/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "dialect/body_excerpt.h"
#include "dialect/json/json_in.h"

void
api_request_init(struct api_request *rq, struct web_request *web,
		 struct app *app)
{
	memset(rq, 0, sizeof(*rq));
	rq->app = app;
	rq->snap = app_acquire(app);
	rq->cfg = rq->snap->settings;
	rq->web = web;
	buf_init(&rq->body, (size_t)rq->cfg->max_body);
	buf_init(&rq->out, REPLY_BYTES_MAX);
	api_error_clear(&rq->error);
	rq->entry.time_ms = web_arrived_wall_ms(web);
	rq->entry.first_byte_ms = -1;
	rq->entry.error_class = "";
	memcpy(rq->entry.request_id, web_id(web), sizeof(rq->entry.request_id));
}

void
api_request_release(struct api_request *rq)
{
	size_t i;

	for (i = 0; i < rq->entry.failed_count; i++)
		free(rq->entry.failed[i].text);
	free(rq->entry.failed);
	free(rq->excerpt);
	buf_release(&rq->body);
	buf_release(&rq->out);
	app_release(rq->app, rq->snap);
}

static void
keep_excerpt(struct api_request *rq)
{
	struct buf text;

	buf_init(&text, 2 * BODY_EXCERPT_MAX);
	body_excerpt(&text, buf_str(&rq->body), rq->body.len);
	free(rq->excerpt);
	rq->excerpt = buf_take(&text);
	buf_release(&text);
}

bool
api_read_body(struct api_request *rq)
{
	enum gb_err rc;

	rc = rq->body_is_there ? GB_OK : web_read_body(rq->web, &rq->body);
	if (rc == GB_OK) {
		if (rq->cfg->record_failed_bodies)
			keep_excerpt(rq);
		return true;
	}
	if (rc == GB_ETOOBIG)
		api_error_set(&rq->error, FAULT_BODY_TOO_LARGE, NULL,
			      "The request body is larger than %lld bytes.",
			      (long long)rq->cfg->max_body);
	else
		api_fail(rq, rc);
	return false;
}

bool
api_read_json(struct api_request *rq, struct json_object **root)
{
	if (!api_read_body(rq) || json_read(buf_str(&rq->body), rq->body.len,
					    root, &rq->error) != GB_OK)
		return false;
	buf_release(&rq->body);
	return true;
}

void
api_note_model(struct api_request *rq, const char *model)
{
	if (rq->entry.model[0] == '\0')
		(void)snprintf(rq->entry.model, sizeof(rq->entry.model), "%s",
			       model);
}

void
api_fail(struct api_request *rq, enum gb_err rc)
{
	if (rc == GB_ECANCELED)
		api_hung_up(rq);
	else
		api_error_set(&rq->error, FAULT_INTERNAL, NULL,
			      "Internal error (%s). Request id: %s.",
			      gb_strerror(rc), web_id(rq->web));
}

void
api_hung_up(struct api_request *rq)
{
	rq->entry.hung_up = true;
	rq->entry.error_class = "client_gone";
}

int64_t
api_elapsed_ms(const struct api_request *rq)
{
	return clock_mono_ms() - web_arrived_mono_ms(rq->web);
}

static void
write_error(struct api_request *rq)
{
	char number[32];

	rq->status = rq->error.status;
	rq->content_type = API_JSON_TYPE;
	buf_reset(&rq->out);
	switch (rq->dialect) {
	case DIALECT_OPENAI:
		api_error_write_openai(&rq->error, &rq->out);
		break;
	case DIALECT_GOOGLE:
		api_error_write_google(&rq->error, &rq->out);
		break;
	case DIALECT_INTERACTIONS:
		api_error_write_interactions(&rq->error, &rq->out);
		break;
	case DIALECT_ANTHROPIC:
		rq->status = api_error_status_anthropic(&rq->error);
		api_error_write_anthropic(&rq->error, web_id(rq->web),
					  &rq->out);
		break;
	}
	if (rq->error.retry_after_s >= 0) {
		(void)snprintf(number, sizeof(number), "%lld",
			       (long long)rq->error.retry_after_s);
		web_reply_header(rq->web, "Retry-After", number);
	}
	if (rq->error.no_retry)
		web_reply_header(rq->web, "X-Should-Retry", "false");
	if (rq->error.fault == FAULT_TOKEN)
		web_reply_header(rq->web, "WWW-Authenticate", "Bearer");
}

/* Endpoints of other pools have the pool's name in the journal: "vertex." and
 * what it is, "chat.completions" or "generateContent". */
static void
name_endpoint(struct api_request *rq)
{
	static const char native[] = "gemini.";
	const char *name = rq->entry.endpoint;

	if (name == NULL || rq->pool == POOL_GEMINI)
		return;
	if (strncmp(name, native, sizeof(native) - 1) == 0)
		name += sizeof(native) - 1;
	(void)snprintf(rq->endpoint, sizeof(rq->endpoint), "%s.%s",
		       key_pool_names[rq->pool], name);
	rq->entry.endpoint = rq->endpoint;
}

/* What the journal keeps of how it ended. */
static void
close_entry(struct api_request *rq)
{
	struct journal_entry *e = &rq->entry;

	name_endpoint(rq);
	if (web_replied(rq->web))
		e->status = 200; /* the head said so, whatever came after */
	else
		e->status = rq->status;
	if (e->hung_up)
		e->status = 499; /* as web servers' logs have it */
	if (rq->error.fault != FAULT_NONE && !e->hung_up)
		e->error_class = api_error_class(&rq->error);
	if (rq->error.fault != FAULT_NONE)
		e->body = rq->excerpt;
	e->total_ms = api_elapsed_ms(rq);
}

/* The row also settles what was reserved. */
static void
write_entry(struct api_request *rq)
{
	bool written = false;

	rq->entry.lease = rq->lease.live ? &rq->lease.limit : NULL;
	if (rq->entry.endpoint != NULL)
		written =
		    journal_writer_write(app_journal(rq->app), &rq->entry);
	leases_end(app_leases(rq->app), &rq->lease, written);
}

void
api_close(struct api_request *rq)
{
	close_entry(rq);
	write_entry(rq);
}

void
api_finish(struct api_request *rq)
{
	bool streaming;

	streaming = web_replied(rq->web);
	if (rq->error.fault != FAULT_NONE && !rq->entry.hung_up && !streaming)
		write_error(rq);
	api_close(rq);
	if (rq->entry.hung_up)
		return;
	if (streaming)
		(void)web_stream_write(rq->web, buf_str(&rq->out), rq->out.len);
	else
		(void)web_reply(rq->web, rq->status, rq->content_type,
				buf_str(&rq->out), rq->out.len);
}
