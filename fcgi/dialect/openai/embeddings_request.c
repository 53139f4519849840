/* embeddings_request.c: OpenAI's requests for embeddings, and Google's batches
 * for them */
#include "dialect/openai/embeddings_request.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "dialect/chat_fields.h"
#include "dialect/json/json_out.h"
#include "dialect/json/json_tree.h"
#include "dialect/model_name.h"

#define BYTES_OF_A_TOKEN 4
#define TASK_TYPE_MAX	 40   /* bytes of a word of Google's */
#define TITLE_MAX	 1000 /* bytes; it goes along with each text */

/* One request being read. */
struct reader {
	struct chat_reader chat; /* first: what the rows' readers are given */
	struct embeddings_request *to;
	const struct model_rules *rules;
	struct model_facts facts; /* once the model was read */
};

static chat_field_fn read_model, read_input, read_dimensions, read_format,
    read_extra_body, read_google;

/* Every field, in the order in which they are read: what a model takes is
 * known after it. */
static const struct chat_field rows[] = {
    {"model", 0, FIELD_READ, read_model},
    {"input", 0, FIELD_READ, read_input},
    {"dimensions", 0, FIELD_READ, read_dimensions},
    {"encoding_format", 0, FIELD_READ, read_format},
    {"extra_body", 0, FIELD_READ, read_extra_body},
    {"google", 0, FIELD_READ, read_google},
    {"user", FIELD_STRING, FIELD_IGNORE, NULL},
};

static struct reader *
whole(struct chat_reader *r)
{
	return (struct reader *)r;
}

/* --- OpenAI's fields ------------------------------------------------------ */

static enum gb_err
read_model(struct chat_reader *r, struct json_object *value,
	   const struct field *at)
{
	struct reader *all = whole(r);
	struct model_name name;
	enum gb_err rc;

	if ((rc = chat_read_model(r, value, at)) != GB_OK)
		return rc;
	memcpy(all->to->asked, r->chat->model, sizeof(all->to->asked));
	model_name_resolve(all->to->asked, all->rules, &name);
	(void)snprintf(r->chat->model, sizeof(r->chat->model), "%s",
		       name.google);
	model_facts_get(r->chat->model, all->rules, &all->facts);
	return GB_OK;
}

static enum gb_err
check_text(struct chat_reader *r, struct json_object *value,
	   const struct field *at)
{
	struct text text;

	if (json_object_is_type(value, json_type_int) ||
	    json_object_is_type(value, json_type_array))
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be a string: tokens are not taken, "
				    "since Gemini's are others; send the text");
	return field_filled(value, at, &text, r->err);
}

static enum gb_err
read_input(struct chat_reader *r, struct json_object *value,
	   const struct field *at)
{
	struct embeddings_request *to = whole(r)->to;
	enum gb_err rc;
	size_t i;

	to->input = value;
	to->count = 1;
	if (!json_object_is_type(value, json_type_array))
		return json_object_is_type(value, json_type_string)
			   ? check_text(r, value, at)
			   : field_refuse(at, r->err, FAULT_INVALID,
					  "must be a string or an array of "
					  "strings");
	rc = field_items(value, at, &to->count, r->err);
	/* What the first one is tells more than how many there are. */
	for (i = 0; i < to->count && i < EMBEDDINGS_INPUTS_MAX && rc == GB_OK;
	     i++)
		rc = check_text(r, json_object_array_get_idx(value, i),
				FIELD_ITEM(at, i));
	if (rc == GB_OK && to->count > EMBEDDINGS_INPUTS_MAX)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "may have at most %d texts, not %zu",
				    EMBEDDINGS_INPUTS_MAX, to->count);
	return rc;
}

static enum gb_err
read_dimensions(struct chat_reader *r, struct json_object *value,
		const struct field *at)
{
	int64_t dimensions;
	enum gb_err rc;

	if ((rc = field_int(value, at, &dimensions, r->err)) != GB_OK)
		return rc;
	if (dimensions < 1 || dimensions > EMBEDDINGS_DIMENSIONS_MAX)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be from 1 to %d",
				    EMBEDDINGS_DIMENSIONS_MAX);
	whole(r)->to->dimensions = dimensions;
	return GB_OK;
}

static enum gb_err
read_format(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	static const struct choice words[] = {
	    {"float", false},
	    {"base64", true},
	    {NULL, 0},
	};
	enum gb_err rc;
	int base64;

	rc = field_choice(value, at, words, &base64, r->err);
	if (rc == GB_OK)
		whole(r)->to->base64 = base64 != 0;
	return rc;
}

/* --- Google's ------------------------------------------------------------- */

/* A text for "to", if the model takes it. */
static enum gb_err
read_task_text(struct chat_reader *r, struct json_object *value,
	       const struct field *at, size_t max, struct text *to)
{
	struct text text;
	enum gb_err rc;

	if ((rc = field_text(value, at, &text, r->err)) != GB_OK)
		return rc;
	if (text.len == 0 || text.len > max)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must have 1 to %zu bytes", max);
	if (!whole(r)->facts.task_type)
		return chat_cannot(r, at, at->key);
	*to = text;
	return GB_OK;
}

static enum gb_err
read_google(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	struct embeddings_request *to = whole(r)->to;
	const struct {
		const char *snake, *camel;
		size_t max;
		struct text *to;
	} members[] = {
	    {"task_type", "taskType", TASK_TYPE_MAX, &to->task_type},
	    {"title", "title", TITLE_MAX, &to->title},
	};
	enum gb_err rc;
	size_t i;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	json_object_object_foreach(value, key, member)
	{
		for (i = 0; i < GB_COUNT(members); i++)
			if (strcmp(key, members[i].snake) == 0 ||
			    strcmp(key, members[i].camel) == 0)
				break;
		if (member == NULL)
			continue;
		if (i == GB_COUNT(members)) {
			chat_drop(&r->chat->dropped, key);
			continue;
		}
		rc = read_task_text(r, member, FIELD_KEY(at, key),
				    members[i].max, members[i].to);
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}

static enum gb_err
read_extra_body(struct chat_reader *r, struct json_object *value,
		const struct field *at)
{
	struct json_object *google;
	enum gb_err rc;

	if ((rc = field_object(value, at, r->err)) != GB_OK)
		return rc;
	google = tree_get(value, "google");
	return google == NULL ? GB_OK
			      : read_google(r, google, FIELD_KEY(at, "google"));
}

/* --- all of it ------------------------------------------------------------ */

enum gb_err
embeddings_read(struct json_object *root, const struct model_rules *rules,
		bool strict, struct embeddings_request *out,
		struct api_error *err)
{
	static const char *const required[] = {"model", "input", NULL};
	struct chat_options opts = {.strict = strict};
	struct reader r;
	enum gb_err rc;

	memset(out, 0, sizeof(*out));
	memset(&r, 0, sizeof(r));
	r.chat.chat = &out->chat;
	r.chat.opts = &opts;
	r.chat.err = err;
	r.to = out;
	r.rules = rules;
	rc = chat_read_begin(&r.chat, root, required);
	if (rc == GB_OK)
		rc = chat_read_fields(&r.chat, root, rows, GB_COUNT(rows), 0);
	out->normalise = out->dimensions > 0 && !r.facts.unit_vectors;
	return rc;
}

void
embeddings_request_release(struct embeddings_request *rq)
{
	chat_release(&rq->chat);
}

/* --- batches -------------------------------------------------------------- */

size_t
embeddings_batches(const struct embeddings_request *rq)
{
	return (rq->count + EMBEDDINGS_BATCH_MAX - 1) / EMBEDDINGS_BATCH_MAX;
}

size_t
embeddings_batch_size(const struct embeddings_request *rq, size_t first)
{
	size_t left = rq->count - first;

	return left < EMBEDDINGS_BATCH_MAX ? left : EMBEDDINGS_BATCH_MAX;
}

static struct text
text_at(const struct embeddings_request *rq, size_t at)
{
	if (json_object_is_type(rq->input, json_type_string))
		return text_of(rq->input);
	return text_of(json_object_array_get_idx(rq->input, at));
}

static void
write_key_text(struct json_out *jo, const char *key, struct text text)
{
	if (text.ptr == NULL)
		return;
	jout_key(jo, key);
	jout_string_len(jo, text.ptr, text.len);
}

/* Several texts in one content would become one vector. */
static void
write_one(struct json_out *jo, const struct embeddings_request *rq,
	  const char *model, size_t at)
{
	jout_object(jo);
	jout_key_string(jo, "model", model);
	jout_key(jo, "content");
	jout_object(jo);
	jout_key(jo, "parts");
	jout_array(jo);
	jout_object(jo);
	write_key_text(jo, "text", text_at(rq, at));
	jout_object_end(jo);
	jout_array_end(jo);
	jout_object_end(jo);
	if (rq->dimensions > 0)
		jout_key_int(jo, "outputDimensionality", rq->dimensions);
	write_key_text(jo, "taskType", rq->task_type);
	write_key_text(jo, "title", rq->title);
	jout_object_end(jo);
}

void
embeddings_write_batch(const struct embeddings_request *rq, size_t first,
		       size_t count, struct buf *out)
{
	char model[sizeof("models/") + CHAT_MODEL_MAX];
	struct json_out jo;
	size_t i;

	(void)snprintf(model, sizeof(model), "models/%s", rq->chat.model);
	jout_init(&jo, out);
	jout_object(&jo);
	jout_key(&jo, "requests");
	jout_array(&jo);
	for (i = 0; i < count; i++)
		write_one(&jo, rq, model, first + i);
	jout_array_end(&jo);
	jout_object_end(&jo);
}

int64_t
embeddings_tokens(const struct embeddings_request *rq, size_t first,
		  size_t count)
{
	int64_t tokens = 0;
	size_t i;

	for (i = first; i < first + count; i++)
		tokens +=
		    (int64_t)((text_at(rq, i).len + BYTES_OF_A_TOKEN - 1) /
			      BYTES_OF_A_TOKEN);
	return tokens;
}
