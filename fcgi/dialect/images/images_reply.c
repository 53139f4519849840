/* images_reply.c: pictures out of Google's answers, in OpenAI's */
#include "dialect/images/images_reply.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "base/redact.h"
#include "dialect/json/json_out.h"
#include "dialect/json/json_tree.h"

#define WORDS_MAX 900 /* bytes of what a refusal says; an error holds 1,024 */
#define CLEAN_MAX \
	(4 * WORDS_MAX) /* a mask may be longer than what it hides \
			 */

static const char *const event_names[] = {
    [IMAGES_GENERATE] = "image_generation.completed",
    [IMAGES_EDIT] = "image_edit.completed",
};

/* --- catching ------------------------------------------------------------- */

void
image_catch_init(struct image_catch *c, size_t max)
{
	memset(c, 0, sizeof(*c));
	buf_init(&c->data, max);
	buf_init(&c->words, WORDS_MAX);
}

void
image_catch_release(struct image_catch *c)
{
	buf_release(&c->data);
	buf_release(&c->words);
}

void
image_catch_reset(struct image_catch *c)
{
	buf_reset(&c->data);
	buf_reset(&c->words);
	c->mime[0] = '\0';
	c->words_full = false;
}

static void
catch_words(struct image_catch *c, const char *text, size_t len)
{
	size_t room = WORDS_MAX - c->words.len;

	if (c->words_full)
		return;
	if (len > room) {
		len = utf8_trim(text, room);
		c->words_full = true;
	}
	buf_add(&c->words, text, len);
}

static void
catch_picture(struct image_catch *c, const char *mime, const char *data,
	      size_t len)
{
	if (c->data.len > 0 || strlen(mime) >= sizeof(c->mime) ||
	    strncmp(mime, "image/", 6) != 0)
		return;
	(void)snprintf(c->mime, sizeof(c->mime), "%s", mime);
	buf_add(&c->data, data, len);
}

static void
catch_piece(void *context, const struct reply *reply, const struct piece *p)
{
	struct image_catch *c = context;

	(void)reply;
	if (p->kind == PIECE_TEXT)
		catch_words(c, p->text, p->text_len);
	else if (p->kind == PIECE_BLOB)
		catch_picture(c, p->mime, p->text, p->text_len);
}

struct piece_sink
image_catch_sink(struct image_catch *c)
{
	struct piece_sink sink = {catch_piece, c};

	return sink;
}

/* Somebody's words, in which a secret may stand, as the reason. */
static void
refuse(struct api_error *err, const char *before, const char *words)
{
	struct buf clean;

	buf_init(&clean, CLEAN_MAX);
	redact_text(&clean, words, strnlen(words, WORDS_MAX), NULL);
	api_error_set(err, FAULT_CONTENT_POLICY, "prompt", "%s%s", before,
		      buf_str(&clean));
	buf_release(&clean);
}

void
image_catch_refuse(const struct image_catch *c, const struct reply *reply,
		   struct api_error *err)
{
	const struct reply_candidate *first = &reply->candidates[0];

	if (reply_blocked(reply))
		api_error_set(err, FAULT_CONTENT_POLICY, "prompt",
			      "Gemini refused the prompt (%s).",
			      reply->block_reason);
	else if (first->finish_message[0] != '\0')
		refuse(err, "", first->finish_message);
	else if (c->words.len > 0)
		refuse(err, "Gemini made no picture, but said: ",
		       buf_str(&c->words));
	else
		api_error_set(err, FAULT_CONTENT_POLICY, "prompt",
			      "Gemini made no picture (%s).",
			      first->finish_reason);
}

/* --- Imagen --------------------------------------------------------------- */

bool
image_catch_predict(struct image_catch *c, const char *json, size_t len,
		    struct api_error *err)
{
	struct json_object *root, *list, *item;
	const char *mime, *data, *reason = NULL;
	size_t i, data_len;

	image_catch_reset(c);
	root = tree_parse(json, len);
	if (!json_object_is_type(root, json_type_object)) {
		json_object_put(root);
		return false;
	}
	list = tree_array(root, "predictions");
	for (i = 0; i < tree_length(list); i++) {
		item = tree_item(list, i);
		mime = tree_string(item, "mimeType", NULL);
		data = tree_string(item, "bytesBase64Encoded", &data_len);
		if (data != NULL)
			catch_picture(c, mime == NULL ? "image/png" : mime,
				      data, data_len);
		else if (reason == NULL)
			reason = tree_string(item, "raiFilteredReason", NULL);
	}
	if (c->data.len == 0 && buf_error(&c->data) == GB_OK)
		refuse(err, "",
		       reason != NULL ? reason : "Imagen made no picture.");
	json_object_put(root);
	return true;
}

/* --- writing -------------------------------------------------------------- */

void
images_add_usage(struct reply_usage *sum, const struct reply_usage *u)
{
	sum->prompt += u->prompt;
	sum->tool += u->tool;
	sum->cached += u->cached;
	sum->cached_audio += u->cached_audio;
	sum->prompt_text += u->prompt_text;
	sum->prompt_audio += u->prompt_audio;
	sum->prompt_image += u->prompt_image;
	sum->prompt_video += u->prompt_video;
	sum->completion += u->completion;
	sum->reasoning += u->reasoning;
	sum->completion_audio += u->completion_audio;
	sum->completion_image += u->completion_image;
	sum->total += u->total;
}

static void
write_usage(struct json_out *jo, const struct reply_usage *u)
{
	int64_t text = u->prompt_text;

	if (text == 0 && u->prompt > u->prompt_image)
		text = u->prompt - u->prompt_image;
	jout_key(jo, "usage");
	jout_object(jo);
	jout_key_int(jo, "input_tokens", u->prompt);
	jout_key(jo, "input_tokens_details");
	jout_object(jo);
	jout_key_int(jo, "text_tokens", text);
	jout_key_int(jo, "image_tokens", u->prompt_image);
	jout_object_end(jo);
	jout_key_int(jo, "output_tokens", u->completion);
	jout_key_int(jo, "total_tokens", u->total);
	jout_object_end(jo);
}

/* "png" of "image/png". */
static void
write_format(struct json_out *jo, const struct image_result *result)
{
	jout_key_string(jo, "output_format", result->mime + 6);
}

static void
write_result(struct json_out *jo, const struct image_result *result)
{
	if (result->url != NULL) {
		jout_key_string(jo, "url", result->url);
		return;
	}
	jout_key(jo, "b64_json");
	jout_string_len(jo, result->base64.ptr, result->base64.len);
}

/* What the client asked for, as OpenAI repeats it. */
static void
write_asked(struct json_out *jo, const struct images_request *rq)
{
	jout_key_string(jo, "background", "auto");
	jout_key_string(jo, "quality", rq->quality);
	jout_key_string(jo, "size", rq->size);
}

void
images_write(const struct images_request *rq, int64_t created,
	     const struct image_result *results, size_t count,
	     const struct reply_usage *usage, struct buf *out)
{
	struct json_out jo;
	size_t i;

	jout_init(&jo, out);
	jout_object(&jo);
	jout_key_int(&jo, "created", created);
	jout_key(&jo, "data");
	jout_array(&jo);
	for (i = 0; i < count; i++) {
		jout_object(&jo);
		write_result(&jo, &results[i]);
		jout_object_end(&jo);
	}
	jout_array_end(&jo);
	write_asked(&jo, rq);
	if (count > 0)
		write_format(&jo, &results[0]);
	write_usage(&jo, usage);
	jout_object_end(&jo);
}

void
images_write_event(const struct images_request *rq, int64_t created,
		   const struct image_result *result,
		   const struct reply_usage *usage, struct buf *out)
{
	struct json_out jo;

	buf_printf(out, "event: %s\ndata: ", event_names[rq->task]);
	jout_init(&jo, out);
	jout_object(&jo);
	jout_key_string(&jo, "type", event_names[rq->task]);
	write_result(&jo, result);
	jout_key_int(&jo, "created_at", created);
	write_asked(&jo, rq);
	write_format(&jo, result);
	write_usage(&jo, usage);
	jout_object_end(&jo);
	buf_puts(out, "\n\n");
}

void
images_write_broken(const struct api_error *err, struct buf *out)
{
	buf_puts(out, "event: error\ndata: ");
	api_error_write_openai(err, out);
	buf_puts(out, "\n\n");
}
