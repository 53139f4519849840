/*
 * fuzz_images.c: any bytes as a request for pictures (as JSON, or as a form
 * with the seeds' boundary), as Google's answer to it, and as Markdown.
 *
 * What is read can be written, for Gemini and for Imagen, and is JSON then;
 * what is refused names a fault; an answer has a picture or a reason that there
 * is none.
 */
#include <stdlib.h>

#include "dialect/gemini/gemini_request.h"
#include "dialect/images/images_reply.h"
#include "dialect/images/images_request.h"
#include "dialect/json/json_in.h"
#include "dialect/images/markdown_pictures.h"
#include "fuzz.h"

#define OUT_MAX (64u << 20)
#define TYPE	"multipart/form-data; boundary=BB"

/* For one model: "rq" is read anew for each. */
static void
write_for(struct images_request *rq, const char *model)
{
	struct gemini_request_options told = {0};
	struct model_rules rules = {0};
	struct model_facts facts;
	struct api_error err;
	enum gb_err rc;
	struct buf out;

	buf_init(&out, OUT_MAX);
	api_error_clear(&err);
	rc = images_choose_model(rq, &rules, model, &err);
	must(rc == GB_OK || err.fault != FAULT_NONE);
	if (rc == GB_OK && images_is_imagen(rq->chat.model)) {
		rc = images_write_predict(rq, &out, &err);
	} else if (rc == GB_OK) {
		model_facts_get(rq->chat.model, &rules, &facts);
		rc = gemini_request_write(&rq->chat, &facts, &told, &out, &err);
	}
	if (rc == GB_OK)
		must(json_check(buf_str(&out), out.len) == JSON_KIND_OBJECT);
	else
		must(err.fault != FAULT_NONE);
	buf_release(&out);
}

static void
check_request(enum gb_err rc, struct images_request *rq,
	      const struct api_error *err, const char *model)
{
	if (rc == GB_OK) {
		must(rq->n >= 1 && rq->n <= IMAGES_MAX);
		must(rq->prompt.len > 0);
		write_for(rq, model);
	} else {
		must(err->fault != FAULT_NONE);
	}
	images_request_release(rq);
}

static void
fuzz_request(const char *text, size_t len, bool strict)
{
	static struct multipart form;
	struct images_request rq;
	struct json_object *root;
	struct api_error err;
	enum gb_err rc;

	if (json_read(text, len, &root, &err) == GB_OK) {
		rc = images_read_json(root, strict ? IMAGES_EDIT : 0, strict,
				      &rq, &err);
		check_request(rc, &rq, &err, "gemini-2.5-flash-image");
	}
	if (multipart_read(TYPE, text, len, &form, &err) == GB_OK) {
		rc = images_read_form(&form, IMAGES_EDIT, strict, &rq, &err);
		check_request(rc, &rq, &err, "imagen-4.0-generate-001");
	}
}

static void
fuzz_answer(const char *text, size_t len)
{
	struct image_catch c;
	struct piece_sink sink;
	struct api_error err;
	struct reply reply;

	image_catch_init(&c, OUT_MAX);
	sink = image_catch_sink(&c);
	reply_init(&reply, "call_", "0123456789abcdef01234567");
	if (reply_read(&reply, text, len, &sink) == REPLY_OK &&
	    c.data.len == 0) {
		image_catch_refuse(&c, &reply, &err);
		must(err.fault == FAULT_CONTENT_POLICY);
	}
	api_error_clear(&err);
	if (image_catch_predict(&c, text, len, &err))
		must((c.data.len > 0) == (err.fault == FAULT_NONE));
	image_catch_release(&c);
}

/* What stands before a picture, its URL and what is behind it lie in the text
 * in this order. */
static void
fuzz_markdown(const char *text, size_t len)
{
	struct markdown_picture p;

	if (!markdown_picture_last((struct text){text, len}, &p))
		return;
	must(p.before.ptr == text && p.url.len > 0);
	must(p.before.ptr + p.before.len < p.url.ptr);
	must(p.url.ptr + p.url.len < p.after.ptr);
	must(p.after.ptr + p.after.len == text + len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	text = fuzz_text(data, size);
	fuzz_request(text, size, false);
	fuzz_request(text, size, true);
	fuzz_answer(text, size);
	fuzz_markdown(text, size);
	free(text);
	return 0;
}
