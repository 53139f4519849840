/* images_request.c: OpenAI's requests for pictures */
#include "dialect/images/images_request.h"

#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "base/base64.h"
#include "dialect/chat_media.h"
#include "dialect/json/json_out.h"
#include "dialect/json/json_tree.h"
#include "dialect/model_name.h"
#include "dialect/prompt_marks.h"

#define PARTIAL_MAX 3 /* OpenAI's limit */

static const char mask_words[] =
    "The last picture is a mask for the first one: change only what is "
    "transparent in the mask and leave everything else as it is.";

/* One request being read. */
struct images_reader {
	struct images_request *to;
	struct chat_reader chat;
	bool from_form;	  /* all values are texts */
	bool said_format; /* response_format was there */
	size_t pictures;
	struct json_object *mask; /* comes after all other pictures */
	struct text given_prompt;
};

typedef enum gb_err reader_fn(struct images_reader *, struct json_object *,
			      const struct field *);

static reader_fn read_model, read_prompt, read_n, read_size, read_quality,
    read_format, read_stream, read_partial, read_image, read_mask,
    read_background, read_unlike_default, ignore;

/*
 * Every field, in the order in which they are read.  A field that is not here
 * is ignored, and named among the dropped ones.
 */
static const struct row {
	const char *name;
	reader_fn *read;
} rows[] = {
    {"model", read_model},
    {"prompt", read_prompt},
    {"image", read_image},
    {"image[]", read_image},
    {"images", read_image},
    {"images[]", read_image},
    {"mask", read_mask},
    {"n", read_n},
    {"size", read_size},
    {"aspect_ratio", read_size},
    {"quality", read_quality},
    {"response_format", read_format},
    {"stream", read_stream},
    {"partial_images", read_partial},
    {"background", read_background},
    {"output_format", read_unlike_default},
    {"output_compression", read_unlike_default},
    {"input_fidelity", ignore},
    {"style", ignore},
    {"moderation", ignore},
    {"user", ignore},
};

/* --- plain fields --------------------------------------------------------- */

static enum gb_err
ignore(struct images_reader *r, struct json_object *value,
       const struct field *at)
{
	(void)r;
	(void)value;
	(void)at;
	return GB_OK;
}

static enum gb_err
read_model(struct images_reader *r, struct json_object *value,
	   const struct field *at)
{
	return chat_read_model(&r->chat, value, at);
}

static enum gb_err
read_prompt(struct images_reader *r, struct json_object *value,
	    const struct field *at)
{
	return field_text(value, at, &r->given_prompt, r->chat.err);
}

/* A whole number, which a form has as text. */
static enum gb_err
read_number(struct images_reader *r, struct json_object *value,
	    const struct field *at, int64_t min, int64_t max, int64_t *out)
{
	enum gb_err rc;
	char *end;

	if (r->from_form) {
		*out = strtoll(json_object_get_string(value), &end, 10);
		if (*end != '\0' || end == json_object_get_string(value))
			*out = min - 1;
	} else if ((rc = field_int(value, at, out, r->chat.err)) != GB_OK) {
		return rc;
	}
	if (*out < min || *out > max)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "must be a whole number from %lld to %lld",
				    (long long)min, (long long)max);
	return GB_OK;
}

static enum gb_err
read_n(struct images_reader *r, struct json_object *value,
       const struct field *at)
{
	return read_number(r, value, at, 1, IMAGES_MAX, &r->to->n);
}

/* Partial pictures there are none; OpenAI, too, may send fewer than asked. */
static enum gb_err
read_partial(struct images_reader *r, struct json_object *value,
	     const struct field *at)
{
	int64_t number;

	return read_number(r, value, at, 0, PARTIAL_MAX, &number);
}

static enum gb_err
read_stream(struct images_reader *r, struct json_object *value,
	    const struct field *at)
{
	static const struct choice words[] = {
	    {"true", true}, {"false", false}, {"1", true},
	    {"0", false},   {NULL, 0},
	};
	enum gb_err rc;
	int stream;

	if (!r->from_form)
		return field_bool(value, at, &r->to->stream, r->chat.err);
	rc = field_choice(value, at, words, &stream, r->chat.err);
	if (rc == GB_OK)
		r->to->stream = stream != 0;
	return rc;
}

static void
keep_word(char word[IMAGES_WORD_MAX], struct text text)
{
	if (text.len >= IMAGES_WORD_MAX)
		return;
	memcpy(word, text.ptr, text.len);
	word[text.len] = '\0';
}

static enum gb_err
read_size(struct images_reader *r, struct json_object *value,
	  const struct field *at)
{
	struct text text;
	enum gb_err rc;

	if ((rc = field_text(value, at, &text, r->chat.err)) != GB_OK)
		return rc;
	if (text.len == 0)
		return GB_OK;
	if (!image_wish_size(text, &r->to->wish))
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "must be \"auto\", a size as in "
				    "\"1536x1024\", or a ratio as in \"3:2\"");
	r->to->size_param = at->key;
	keep_word(r->to->size, text);
	return GB_OK;
}

static enum gb_err
read_quality(struct images_reader *r, struct json_object *value,
	     const struct field *at)
{
	static const struct choice words[] = {
	    {"auto", IMAGE_UNSAID},
	    {"low", IMAGE_UNSAID},
	    {"standard", IMAGE_UNSAID},
	    {"medium", IMAGE_1K},
	    {"high", IMAGE_2K},
	    {"hd", IMAGE_2K},
	    {NULL, 0},
	};
	struct text word;
	enum gb_err rc;
	int least;

	if ((rc = field_text(value, at, &word, r->chat.err)) != GB_OK)
		return rc;
	if (word.len == 0)
		return GB_OK; /* some forms have every field */
	rc = field_choice(value, at, words, &least, r->chat.err);
	if (rc != GB_OK)
		return rc;
	r->to->wish.least = (enum image_pixels)least;
	keep_word(r->to->quality, word);
	return GB_OK;
}

static enum gb_err
read_format(struct images_reader *r, struct json_object *value,
	    const struct field *at)
{
	static const struct choice words[] = {
	    {"b64_json", false},
	    {"url", true},
	    {NULL, 0},
	};
	enum gb_err rc;
	int url;

	rc = field_choice(value, at, words, &url, r->chat.err);
	if (rc != GB_OK)
		return rc;
	r->said_format = true;
	r->to->url = url != 0;
	return GB_OK;
}

/* Gemini's pictures are opaque. */
static enum gb_err
read_background(struct images_reader *r, struct json_object *value,
		const struct field *at)
{
	static const struct choice words[] = {
	    {"auto", false},
	    {"opaque", false},
	    {"transparent", true},
	    {NULL, 0},
	};
	enum gb_err rc;
	int clear;

	rc = field_choice(value, at, words, &clear, r->chat.err);
	if (rc != GB_OK || !clear)
		return rc;
	return chat_cannot(&r->chat, at, at->key);
}

/* The model chooses the type of its pictures. */
static enum gb_err
read_unlike_default(struct images_reader *r, struct json_object *value,
		    const struct field *at)
{
	(void)value;
	return chat_cannot(&r->chat, at, at->key);
}

/* --- pictures ------------------------------------------------------------- */

/* What was added last must be a picture, or lead to one. */
static enum gb_err
check_picture(struct images_reader *r, const struct field *at)
{
	const struct chat *chat = &r->to->chat;
	const struct chat_part *part = &chat->parts[chat->part_count - 1];

	if (part->kind == CHAT_INLINE && !text_begins(part->mime, "image/"))
		return field_refuse(at, r->chat.err, FAULT_UNSUPPORTED,
				    "is no picture");
	return GB_OK;
}

static enum gb_err
put_picture(struct images_reader *r, const struct field *at, struct text data)
{
	struct chat_media media = {&r->chat, CHAT_PLACE_USER, 0};
	enum gb_err rc;

	if (r->pictures++ == IMAGES_GIVEN_MAX)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "there may be at most %d pictures",
				    IMAGES_GIVEN_MAX);
	if ((rc = chat_put_url(&media, at, data, NULL)) != GB_OK)
		return rc;
	return check_picture(r, at);
}

/* A text, or an object: {"image_url":…} with a text or with {"url":…} in it, or
 * {"file_id":…}.  JSON_DEPTH_MAX bounds how deep they are in each other. */
static enum gb_err
read_picture(struct images_reader *r, struct json_object *value,
	     const struct field *at)
{
	static const char *const keys[] = {"image_url", "file_id", "url"};
	struct json_object *inner = NULL;
	struct text text;
	enum gb_err rc;
	size_t i;

	if (!json_object_is_type(value, json_type_object)) {
		rc = field_text(value, at, &text, r->chat.err);
		return rc == GB_OK ? put_picture(r, at, text) : rc;
	}
	for (i = 0; inner == NULL && i < GB_COUNT(keys); i++)
		inner = tree_get(value, keys[i]);
	if (inner == NULL)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "must have \"image_url\" or \"file_id\"");
	return read_picture(r, inner, FIELD_KEY(at, keys[i - 1]));
}

/* One, or an array of them. */
static enum gb_err
read_image(struct images_reader *r, struct json_object *value,
	   const struct field *at)
{
	enum gb_err rc = GB_OK;
	size_t i, count;

	if (!json_object_is_type(value, json_type_array))
		return read_picture(r, value, at);
	count = json_object_array_length(value);
	for (i = 0; i < count && rc == GB_OK; i++)
		rc = read_picture(r, json_object_array_get_idx(value, i),
				  FIELD_ITEM(at, i));
	return rc;
}

static enum gb_err
read_mask(struct images_reader *r, struct json_object *value,
	  const struct field *at)
{
	(void)at;
	r->mask = value;
	return GB_OK;
}

/* --- the prompt ----------------------------------------------------------- */

static enum gb_err
take_marks(struct images_reader *r, const struct prompt_marks *marks,
	   const struct field *at)
{
	struct images_request *to = r->to;

	if (marks->n > IMAGES_MAX)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "{n:…} must be from 1 to %d", IMAGES_MAX);
	if (marks->n > 0)
		to->n = marks->n;
	if (marks->ratio.ptr == NULL)
		return GB_OK;
	if (!image_wish_size(marks->ratio, &to->wish))
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "{ratio:…} must be as in {ratio:16:9}");
	to->size_param = "prompt";
	return GB_OK;
}

/* The prompt without its marks, which count more than the fields. */
static enum gb_err
put_prompt(struct images_reader *r)
{
	const struct field *at = FIELD_KEY(NULL, "prompt");
	struct prompt_marks marks;
	enum gb_err rc;
	char *copy;

	copy = chat_alloc(&r->to->chat, r->given_prompt.len + 1);
	if (copy == NULL)
		return chat_no_room(&r->chat, at, GB_ENOMEM);
	r->to->prompt.ptr = copy;
	r->to->prompt.len = prompt_marks_read(r->given_prompt, &marks, copy);
	copy[r->to->prompt.len] = '\0';
	if ((rc = take_marks(r, &marks, at)) != GB_OK)
		return rc;
	if (r->to->prompt.len == 0)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    r->given_prompt.ptr == NULL
					? "is required"
					: "must not be empty");
	return chat_put_text(&r->chat, r->to->prompt, at, CHAT_PLACE_USER, 0);
}

/* --- all of it ------------------------------------------------------------ */

static void
begin(struct images_reader *r, struct images_request *out,
      enum images_task task, const struct chat_options *opts,
      struct api_error *err)
{
	memset(r, 0, sizeof(*r));
	memset(out, 0, sizeof(*out));
	r->to = out;
	r->chat.chat = &out->chat;
	r->chat.opts = opts;
	r->chat.err = err;
	out->task = task;
	out->n = 1;
	out->size_param = "size";
	keep_word(out->size, text_from("auto"));
	keep_word(out->quality, text_from("auto"));
}

/* Read the members of the chat's root; null is as if absent. */
static enum gb_err
read_rows(struct images_reader *r)
{
	struct json_object *root = r->to->chat.root, *value;
	enum gb_err rc = GB_OK;
	size_t i;

	for (i = 0; i < GB_COUNT(rows) && rc == GB_OK; i++) {
		value = tree_get(root, rows[i].name);
		if (value != NULL)
			rc = rows[i].read(r, value,
					  FIELD_KEY(NULL, rows[i].name));
	}
	json_object_object_foreach(root, key, member)
	{
		for (i = 0; i < GB_COUNT(rows); i++)
			if (strcmp(rows[i].name, key) == 0)
				break;
		if (i == GB_COUNT(rows) && member != NULL)
			chat_drop(&r->to->chat.dropped, key);
	}
	return rc;
}

/* OpenAI's older models answer with URLs, unless told not to, the newer ones
 * never do; who names no model gets what the older ones do. */
static bool
default_is_url(const char *model)
{
	return *model == '\0' || strncmp(model, "dall-e", 6) == 0;
}

/* What can be done once every field was seen.  "has_mask": of the pictures the
 * last one is the mask. */
static enum gb_err
finish(struct images_reader *r, bool has_mask)
{
	struct images_request *to = r->to;
	enum gb_err rc;

	if (!has_mask && r->mask != NULL) {
		rc = read_picture(r, r->mask, FIELD_KEY(NULL, "mask"));
		if (rc != GB_OK)
			return rc;
		has_mask = true;
	}
	if (to->task == IMAGES_EDIT && r->pictures == (has_mask ? 1 : 0))
		return field_refuse(FIELD_KEY(NULL, "image"), r->chat.err,
				    FAULT_INVALID, "is required");
	if (has_mask) {
		rc = chat_put_text(&r->chat, text_from(mask_words),
				   FIELD_KEY(NULL, "mask"), CHAT_PLACE_USER, 0);
		if (rc != GB_OK)
			return rc;
	}
	if (!r->said_format)
		to->url = !to->stream && default_is_url(to->chat.model);
	to->chat.gen.modalities = CHAT_MODALITY_IMAGE;
	return put_prompt(r);
}

enum gb_err
images_read_json(struct json_object *root, enum images_task task, bool strict,
		 struct images_request *out, struct api_error *err)
{
	static const char *const required[] = {"prompt", NULL};
	struct chat_options opts = {.strict = strict};
	struct images_reader r;
	enum gb_err rc;

	begin(&r, out, task, &opts, err);
	if ((rc = chat_read_begin(&r.chat, root, required)) != GB_OK ||
	    (rc = read_rows(&r)) != GB_OK)
		return rc;
	return finish(&r, false);
}

/* --- forms ---------------------------------------------------------------- */

/* "image", "image[]" and "image[0]" all are pictures, and so are "images…". */
static bool
is_picture(const struct multipart_part *part)
{
	return text_begins(part->name, "image");
}

/* The bytes of a file as base64, which is the chat's. */
static enum gb_err
put_file(struct images_reader *r, const struct multipart_part *part,
	 const char *name)
{
	const struct field *at = FIELD_KEY(NULL, name);
	struct chat_media media = {&r->chat, CHAT_PLACE_USER, 0};
	struct text data, none = {NULL, 0};
	struct buf base64;
	enum gb_err rc;
	char *owned;

	if (r->pictures++ == IMAGES_GIVEN_MAX)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "there may be at most %d pictures",
				    IMAGES_GIVEN_MAX);
	if (part->data.len == 0)
		return field_refuse(at, r->chat.err, FAULT_INVALID,
				    "must not be empty");
	buf_init(&base64, BASE64_LENGTH(part->data.len));
	base64_encode(&base64, part->data.ptr, part->data.len);
	data.len = base64.len;
	data.ptr = owned = buf_take(&base64);
	if (owned == NULL || chat_own(&r->to->chat, owned) != GB_OK) {
		free(owned);
		return chat_no_room(&r->chat, at, GB_ENOMEM);
	}
	/* its own first bytes tell more than what browsers guess by its name */
	rc = chat_put_base64(&media, at, data, none, "image/png");
	return rc == GB_OK ? check_picture(r, at) : rc;
}

/* The fields of a form that are no files, as a JSON object; NULL: no memory. */
static struct json_object *
fields_of(const struct multipart *form)
{
	const struct multipart_part *part;
	struct json_object *root, *value;
	char name[FIELD_NAME_MAX];
	size_t i;

	root = json_object_new_object();
	for (i = 0; root != NULL && i < form->count; i++) {
		part = &form->parts[i];
		if (part->file_name.ptr != NULL || part->data.len == 0 ||
		    part->name.len >= sizeof(name))
			continue;
		memcpy(name, part->name.ptr, part->name.len);
		name[part->name.len] = '\0';
		value = json_object_new_string_len(part->data.ptr,
						   (int)part->data.len);
		if (value == NULL ||
		    json_object_object_add(root, name, value) != 0) {
			json_object_put(value);
			json_object_put(root);
			return NULL;
		}
	}
	return root;
}

static enum gb_err
put_files(struct images_reader *r, const struct multipart *form, bool *has_mask)
{
	const struct multipart_part *mask = multipart_find(form, "mask"), *part;
	enum gb_err rc = GB_OK;
	size_t i;

	for (i = 0; i < form->count && rc == GB_OK; i++) {
		part = &form->parts[i];
		if (part->file_name.ptr != NULL && is_picture(part))
			rc = put_file(r, part, "image");
	}
	*has_mask = mask != NULL && mask->file_name.ptr != NULL;
	if (rc == GB_OK && *has_mask)
		rc = put_file(r, mask, "mask");
	return rc;
}

enum gb_err
images_read_form(const struct multipart *form, enum images_task task,
		 bool strict, struct images_request *out, struct api_error *err)
{
	static const char *const required[] = {"prompt", NULL};
	struct chat_options opts = {.strict = strict};
	struct images_reader r;
	struct json_object *root;
	bool has_mask;
	enum gb_err rc;

	begin(&r, out, task, &opts, err);
	r.from_form = true;
	if ((root = fields_of(form)) == NULL)
		return chat_no_room(&r.chat, NULL, GB_ENOMEM);
	if ((rc = chat_read_begin(&r.chat, root, required)) != GB_OK ||
	    (rc = read_rows(&r)) != GB_OK ||
	    (rc = put_files(&r, form, &has_mask)) != GB_OK)
		return rc;
	return finish(&r, has_mask);
}

void
images_request_release(struct images_request *rq)
{
	chat_release(&rq->chat);
}

/* --- the model ------------------------------------------------------------ */

static bool
is_openais(const char *model)
{
	return *model == '\0' || strncmp(model, "dall-e", 6) == 0 ||
	       strncmp(model, "gpt-", 4) == 0 ||
	       strncmp(model, "chatgpt-", 8) == 0;
}

/* The operator's alias for a name of OpenAI's counts more than "create". */
static void
resolve(const char *given, const struct model_rules *rules, const char *create,
	char model[CHAT_MODEL_MAX + 1])
{
	struct model_name name;

	model_name_resolve(given, rules, &name);
	if (is_openais(given) && strcmp(name.google, given) == 0)
		model_name_resolve(create, rules, &name);
	memcpy(model, name.google, sizeof(name.google));
}

/* A field that the model does not do as asked. */
static enum gb_err
cannot(struct images_request *rq, const char *param, struct api_error *err)
{
	if (rq->chat.strict) {
		api_error_set(err, FAULT_UNSUPPORTED, param,
			      "%s: %s does not make such pictures", param,
			      rq->chat.model);
		return GB_EINVAL;
	}
	chat_drop(&rq->chat.dropped, param);
	return GB_OK;
}

enum gb_err
images_choose_model(struct images_request *rq, const struct model_rules *rules,
		    const char *create_model, struct api_error *err)
{
	struct image_shape shape;
	enum gb_err rc = GB_OK;

	resolve(rq->chat.model, rules, create_model, rq->chat.model);
	image_shape_fit(rq->chat.model, &rq->wish, &shape);
	rq->chat.gen.aspect_ratio = text_from(shape.ratio);
	rq->chat.gen.image_size = text_from(shape.size);
	if (!shape.exact)
		rc = cannot(rq, rq->size_param, err);
	if (rc == GB_OK && !shape.enough)
		rc = cannot(rq,
			    rq->wish.least > IMAGE_1K ? "quality"
						      : rq->size_param,
			    err);
	return rc;
}

bool
images_is_imagen(const char *model)
{
	return strncmp(model, "imagen-", 7) == 0;
}

enum gb_err
images_write_predict(const struct images_request *rq, struct buf *out,
		     struct api_error *err)
{
	struct json_out jo;

	if (rq->chat.part_count > 1) {
		api_error_set(err, FAULT_UNSUPPORTED, "image",
			      "image: %s draws by words alone; a Gemini model "
			      "can edit pictures",
			      rq->chat.model);
		return GB_EINVAL;
	}
	jout_init(&jo, out);
	jout_object(&jo);
	jout_key(&jo, "instances");
	jout_array(&jo);
	jout_object(&jo);
	jout_key(&jo, "prompt");
	jout_string_len(&jo, rq->prompt.ptr, rq->prompt.len);
	jout_object_end(&jo);
	jout_array_end(&jo);
	jout_key(&jo, "parameters");
	jout_object(&jo);
	jout_key_int(&jo, "sampleCount", 1);
	if (rq->chat.gen.aspect_ratio.ptr != NULL)
		jout_key_string(&jo, "aspectRatio",
				rq->chat.gen.aspect_ratio.ptr);
	if (rq->chat.gen.image_size.ptr != NULL)
		jout_key_string(&jo, "imageSize", rq->chat.gen.image_size.ptr);
	jout_key_string(&jo, "personGeneration", "allow_adult");
	jout_object_end(&jo);
	jout_object_end(&jo);
	if (buf_error(out) == GB_OK)
		return GB_OK;
	api_error_set(err, FAULT_INVALID, "prompt",
		      "prompt: must not be longer than %d bytes",
		      IMAGES_PREDICT_MAX);
	return GB_EINVAL;
}
