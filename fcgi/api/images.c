/* images.c: OpenAI's images endpoints: pictures drawn and edited */
#include "api/endpoints.h"

#include <stdlib.h>
#include <string.h>

#include "api/answer.h"
#include "api/dropped.h"
#include "api/media.h"
#include "api/pictures.h"
#include "api/plain.h"
#include "api/several.h"
#include "api/wording.h"
#include "dialect/images/images_reply.h"
#include "dialect/images/images_request.h"
#include "dialect/json/json_in.h"
#include "dialect/multipart.h"

#define URL_MAX	 512		     /* a model's name and a verb */
#define BODY_MAX (512 * 1024 * 1024) /* bytes of what Gemini is sent */

/* One of the pictures. */
struct drawing {
	struct images *all;
	struct call call;
	struct answer_reader reader;
	struct image_catch caught;
	struct reply_usage usage;
	struct buf url;
	bool drawn;
};

struct images {
	struct images_request asked;
	struct multipart form;
	struct buf path, body; /* the same for each picture */
	struct drawing drawings[IMAGES_MAX];
	size_t count;
	struct several *several;
	/* of the picture of a stream that was done last: it goes out when the
	 * next one is, the very last after the journal's row; under the calls'
	 * lock */
	struct buf event;
};

/* --- the request ---------------------------------------------------------- */

static bool
read_body(struct images *x, struct api_request *rq, enum images_task task)
{
	const char *type = web_header(rq->web, "Content-Type");
	bool strict = rq->cfg->strict;
	struct json_object *root;

	if (multipart_is(type))
		return multipart_read(type, buf_str(&rq->body), rq->body.len,
				      &x->form, &rq->error) == GB_OK &&
		       images_read_form(&x->form, task, strict, &x->asked,
					&rq->error) == GB_OK;
	return json_read(buf_str(&rq->body), rq->body.len, &root, &rq->error) ==
		   GB_OK &&
	       images_read_json(root, task, strict, &x->asked, &rq->error) ==
		   GB_OK;
}

static bool
read_request(struct images *x, struct api_request *rq, enum images_task task)
{
	const char *create = rq->cfg->create_image_model;

	if (!api_read_body(rq) || !read_body(x, rq, task))
		return false;
	buf_release(&rq->body); /* the chat has it all */
	rq->entry.stream = x->asked.stream;
	api_note_model(rq, x->asked.chat.model);
	if (images_choose_model(&x->asked, rq->snap->models, create,
				&rq->error) != GB_OK)
		return false;
	api_note_model(rq, x->asked.chat.model);
	x->count = (size_t)x->asked.n;
	return true;
}

static bool
write_gemini(struct images *x, struct api_request *rq)
{
	struct wording wording;

	wording_init(&wording, rq->snap->models, &x->asked.chat, &x->body);
	model_facts_get(x->asked.chat.model, rq->snap->models, &wording.facts);
	return media_resolve(rq, &x->asked.chat, &wording.facts) &&
	       wording_write(&wording, &rq->error) == GB_OK;
}

static bool
write_request(struct images *x, struct api_request *rq)
{
	const char *model = x->asked.chat.model;

	if (!images_is_imagen(model)) {
		buf_printf(&x->path, "/v1beta/models/%s:generateContent",
			   model);
		return write_gemini(x, rq);
	}
	buf_printf(&x->path, "/v1beta/models/%s:predict", model);
	return images_write_predict(&x->asked, &x->body, &rq->error) == GB_OK;
}

/* --- one picture ---------------------------------------------------------- */

/* The picture's URL; the picture itself as one, where no place takes it. */
static void
make_url(struct drawing *d, struct api_request *rq)
{
	struct picture picture = {d->caught.mime, d->caught.data.data,
				  d->caught.data.len};
	struct pictures pictures;
	enum gb_err rc;

	pictures_init(&pictures, rq);
	rc = pictures_put(&pictures, &picture, &d->url);
	pictures_release(&pictures);
	if (rc == GB_OK)
		return;
	if (rc == GB_ECANCELED) {
		api_hung_up(rq);
		return;
	}
	buf_reset(&d->url);
	buf_printf(&d->url, "data:%s;base64,", d->caught.mime);
	buf_add(&d->url, d->caught.data.data, d->caught.data.len);
	if ((rc = buf_error(&d->url)) != GB_OK)
		api_fail(rq, rc);
}

static struct image_result
result_of(const struct drawing *d)
{
	struct image_result r;

	r.mime = d->caught.mime;
	r.base64.ptr = buf_str(&d->caught.data);
	r.base64.len = d->caught.data.len;
	r.url = d->url.len > 0 ? buf_str(&d->url) : NULL;
	return r;
}

static int64_t
created_s(const struct api_request *rq)
{
	return web_arrived_wall_ms(rq->web) / 1000;
}

static void
send_event(struct drawing *d, struct api_request *rq)
{
	struct image_result result = result_of(d);
	struct buf event, before;

	buf_init(&event, REPLY_BYTES_MAX);
	images_write_event(&d->all->asked, created_s(rq), &result, &d->usage,
			   &event);
	if (buf_error(&event) != GB_OK) {
		api_fail(rq, buf_error(&event));
		buf_release(&event);
		return;
	}
	call_lock(&d->call);
	before = d->all->event;
	d->all->event = event;
	call_unlock(&d->call);
	if (before.len > 0 &&
	    call_send(&d->call, before.data, before.len) == ATTEMPT_GONE)
		api_hung_up(rq);
	buf_release(&before);
}

static bool
is_good(const struct api_request *rq)
{
	return rq->error.fault == FAULT_NONE && !rq->entry.hung_up;
}

/* The picture was caught, or rq->error says why there is none. */
static void
finish_drawing(struct drawing *d, struct api_request *rq)
{
	if (is_good(rq) && d->all->asked.url)
		make_url(d, rq);
	if (is_good(rq) && d->all->asked.stream)
		send_event(d, rq);
	d->drawn = is_good(rq);
}

static void
catch_reset(struct answer_reader *ar)
{
	struct drawing *d = ar->context;

	image_catch_reset(&d->caught);
}

static struct piece_sink
catch_sink(struct answer_reader *ar)
{
	struct drawing *d = ar->context;

	return image_catch_sink(&d->caught);
}

static enum gb_err
catch_finish(struct answer_reader *ar)
{
	struct drawing *d = ar->context;
	enum gb_err rc;

	if ((rc = buf_error(&d->caught.data)) != GB_OK)
		return rc;
	d->usage = ar->reply.usage;
	if (d->caught.data.len == 0)
		image_catch_refuse(&d->caught, &ar->reply, &ar->rq->error);
	finish_drawing(d, ar->rq);
	return GB_OK;
}

static const struct answer_writer catcher = {
    .reset = catch_reset,
    .sink = catch_sink,
    .finish = catch_finish,
};

/* A call_reader for Imagen. */
static enum attempt
read_prediction(struct call *call, struct transfer *t, struct answer *answer)
{
	struct answer_reader *ar = call->context;
	struct drawing *d = ar->context;
	struct api_request *rq = call->rq;
	enum attempt how;
	enum gb_err rc;

	if ((how = plain_read(call, t, answer)) != ATTEMPT_OK)
		return how;
	if (!image_catch_predict(&d->caught, buf_str(&rq->out), rq->out.len,
				 &rq->error)) {
		answer->fault = ANSWER_GARBAGE;
		how = ATTEMPT_FAILED;
	} else if ((rc = buf_error(&d->caught.data)) != GB_OK) {
		api_fail(rq, rc);
	} else {
		finish_drawing(d, rq);
	}
	buf_release(&rq->out);
	return how;
}

static void
init_drawing(struct drawing *d, struct images *x, struct api_request *rq)
{
	bool imagen = images_is_imagen(x->asked.chat.model);
	struct call *call = &d->call;

	d->all = x;
	answer_reader_init(&d->reader, rq, &catcher, d);
	call_init(call, rq, x->asked.chat.model, &x->path);
	call->body = buf_str(&x->body);
	call->body_len = x->body.len;
	call->context = &d->reader;
	call->whole = true;
	call->reader = imagen ? read_prediction : answer_read_whole;
	if (x->asked.stream) {
		call->stream_type = WEB_SSE_TYPE;
		call->keepalive = API_KEEPALIVE;
	}
}

/* --- the answer ----------------------------------------------------------- */

/* The error of the first picture that has one, unless there is one already. */
static void
take_error(struct images *x, struct api_request *rq)
{
	size_t i;

	for (i = 0; i < x->count && rq->error.fault == FAULT_NONE; i++)
		rq->error = several_request(x->several, i)->error;
}

/* All that were drawn; fewer than asked for are better than none, unless the
 * operator wants to know. */
static void
answer_whole(struct images *x, struct api_request *rq)
{
	struct image_result results[IMAGES_MAX];
	struct reply_usage sum;
	size_t i, count;

	memset(&sum, 0, sizeof(sum));
	for (i = count = 0; i < x->count; i++) {
		images_add_usage(&sum, &x->drawings[i].usage);
		if (x->drawings[i].drawn)
			results[count++] = result_of(&x->drawings[i]);
	}
	if (count == 0 || (count < x->count && rq->cfg->strict)) {
		take_error(x, rq);
		return;
	}
	if (count < x->count)
		chat_drop(&x->asked.chat.dropped, "n");
	dropped_name(&x->asked.chat.dropped, rq->web);
	images_write(&x->asked, created_s(rq), results, count, &sum, &rq->out);
	if (buf_error(&rq->out) != GB_OK)
		api_fail(rq, buf_error(&rq->out));
	rq->status = 200;
	rq->content_type = API_JSON_TYPE;
}

/* The last picture, and why there are no more of them. */
static void
end_stream(struct images *x, struct api_request *rq)
{
	take_error(x, rq);
	if (x->event.len == 0 && !web_replied(rq->web))
		return;
	buf_release(&rq->out);
	rq->out = x->event;
	buf_init(&x->event, REPLY_BYTES_MAX);
	if (rq->error.fault != FAULT_NONE)
		images_write_broken(&rq->error, &rq->out);
	if (!web_replied(rq->web) &&
	    web_stream_begin(rq->web, 200, WEB_SSE_TYPE) != GB_OK)
		api_hung_up(rq);
}

static void
draw(struct images *x, struct api_request *rq)
{
	struct call *calls[IMAGES_MAX];
	size_t i;
	bool good;

	if ((x->several = several_new(rq, x->count)) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	for (i = 0; i < x->count; i++) {
		init_drawing(&x->drawings[i], x,
			     several_request(x->several, i));
		calls[i] = &x->drawings[i].call;
	}
	if (x->asked.stream)
		dropped_name(&x->asked.chat.dropped, rq->web);
	good = several_run_each(x->several, calls);
	if (rq->entry.hung_up)
		return;
	if (x->asked.stream)
		end_stream(x, rq);
	else if (good)
		answer_whole(x, rq);
}

/* --- all of it ------------------------------------------------------------ */

static struct images *
images_new(void)
{
	struct images *x;
	size_t i;

	if ((x = calloc(1, sizeof(*x))) == NULL)
		return NULL;
	chat_init(&x->asked.chat);
	buf_init(&x->path, URL_MAX);
	buf_init(&x->body, BODY_MAX);
	buf_init(&x->event, REPLY_BYTES_MAX);
	for (i = 0; i < IMAGES_MAX; i++) {
		image_catch_init(&x->drawings[i].caught, REPLY_BYTES_MAX);
		buf_init(&x->drawings[i].url, REPLY_BYTES_MAX);
	}
	return x;
}

static void
images_free(struct images *x)
{
	size_t i;

	for (i = 0; i < IMAGES_MAX; i++) {
		if (x->drawings[i].all != NULL)
			answer_reader_release(&x->drawings[i].reader);
		image_catch_release(&x->drawings[i].caught);
		buf_release(&x->drawings[i].url);
	}
	several_free(x->several);
	images_request_release(&x->asked);
	buf_release(&x->event);
	buf_release(&x->path);
	buf_release(&x->body);
	free(x);
}

static void
serve(struct api_request *rq, enum images_task task)
{
	struct images *x;

	if ((x = images_new()) == NULL) {
		api_fail(rq, GB_ENOMEM);
		return;
	}
	if (read_request(x, rq, task) && write_request(x, rq))
		draw(x, rq);
	images_free(x);
}

/* --- the endpoints -------------------------------------------------------- */

void
images_generations(struct api_request *rq)
{
	serve(rq, IMAGES_GENERATE);
}

void
images_edits(struct api_request *rq)
{
	serve(rq, IMAGES_EDIT);
}

void
images_variations(struct api_request *rq)
{
	api_error_set(&rq->error, FAULT_NO_ROUTE, NULL,
		      "There are no variations of images here: send the image "
		      "to /images/edits, with a prompt that says what should "
		      "be different.");
}
