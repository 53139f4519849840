/* completions_request.c: an OpenAI completions request as a chat */
#include "dialect/openai/completions_request.h"

#include <string.h>

#include <json-c/json.h>

#include "dialect/chat_fields.h"
#include "dialect/openai/openai_chat_read.h"
#include "dialect/openai/openai_fields.h"
#include "dialect/reply.h"

#define LOGPROBS_MAX 5 /* OpenAI's limits */
#define BEST_OF_MAX  20

/* What a model is told that is to fill a gap; the text behind it follows. */
static const char gap[] =
    "The user's message is the beginning of a text. Write what comes directly "
    "after it and ends where the part below goes on. Answer with the missing "
    "text alone: no explanation, no quotes or fences around it, and nothing of "
    "what is there already. After the gap the text goes on with:\n\n";

static chat_field_fn read_prompt, read_suffix, read_max_tokens, read_n,
    read_best_of, read_logprobs, read_echo;

/* Every field, in the order in which they are read. */
static const struct chat_field rows[] = {
    {"model", 0, FIELD_READ, chat_read_model},
    {"prompt", 0, FIELD_READ, read_prompt},
    {"suffix", 0, FIELD_READ, read_suffix},
    {"max_tokens", 0, FIELD_READ, read_max_tokens},
    {"temperature", 0, FIELD_READ, openai_read_temperature},
    {"top_p", 0, FIELD_READ, chat_read_top_p},
    {"top_k", 0, FIELD_READ, chat_read_top_k},
    {"n", 0, FIELD_READ, read_n},
    {"best_of", 0, FIELD_READ, read_best_of},
    {"logprobs", 0, FIELD_READ, read_logprobs},
    {"echo", 0, FIELD_READ, read_echo},
    {"presence_penalty", 0, FIELD_READ, openai_read_presence},
    {"frequency_penalty", 0, FIELD_READ, openai_read_frequency},
    {"seed", 0, FIELD_READ, chat_read_seed},
    {"stop", 0, FIELD_READ, chat_read_stops},
    {"reasoning_effort", 0, FIELD_READ, openai_read_effort},
    {"stream", 0, FIELD_READ, chat_read_stream},
    {"stream_options", 0, FIELD_READ, openai_read_stream_options},
    {"extra_body", 0, FIELD_READ, openai_read_extra_body},
    {"google", 0, FIELD_READ, openai_read_google},
    {"logit_bias", FIELD_OBJECT, FIELD_DROP, NULL},
    {"user", 0, FIELD_READ, chat_read_affinity},
    {"prompt_cache_key", 0, FIELD_READ, chat_read_affinity},
};

/* --- the prompt ----------------------------------------------------------- */

static enum gb_err
add_prompt(struct chat_reader *r, struct json_object *value,
	   const struct field *at)
{
	struct chat *chat = r->chat;
	struct text text;
	enum gb_err rc;

	if (json_object_is_type(value, json_type_int) ||
	    json_object_is_type(value, json_type_array))
		return field_refuse(at, r->err, FAULT_UNSUPPORTED,
				    "tokens are of OpenAI's models, and mean "
				    "nothing to Gemini: send the text");
	if ((rc = field_filled(value, at, &text, r->err)) != GB_OK)
		return rc;
	if (chat->prompt_count == CHAT_PROMPTS_MAX)
		return field_refuse(at->up, r->err, FAULT_UNSUPPORTED,
				    "at most %d prompts can be sent at once",
				    CHAT_PROMPTS_MAX);
	chat->prompts[chat->prompt_count++] = text;
	return GB_OK;
}

static enum gb_err
add_prompts(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	enum gb_err rc;
	size_t count;

	if ((rc = field_items(value, at, &count, r->err)) != GB_OK)
		return rc;
	return chat_read_each(r, value, at, add_prompt);
}

static enum gb_err
read_prompt(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	enum gb_err rc;

	rc = json_object_is_type(value, json_type_array)
		 ? add_prompts(r, value, at)
		 : add_prompt(r, value, at);
	if (rc != GB_OK)
		return rc;
	return chat_put_text(r, r->chat->prompts[0], at, CHAT_PLACE_USER, 0);
}

static enum gb_err
read_suffix(struct chat_reader *r, struct json_object *value,
	    const struct field *at)
{
	const size_t before = sizeof(gap) - 1;
	struct text text;
	enum gb_err rc;
	char *all;

	if ((rc = field_text(value, at, &text, r->err)) != GB_OK ||
	    text.len == 0)
		return rc;
	if ((all = chat_alloc(r->chat, before + text.len + 1)) == NULL)
		return chat_no_room(r, at, GB_ENOMEM);
	memcpy(all, gap, before);
	memcpy(all + before, text.ptr, text.len);
	all[before + text.len] = '\0';
	return chat_put_text(r, (struct text){all, before + text.len}, at,
			     CHAT_PLACE_SYSTEM, 0);
}

/* --- the other fields ----------------------------------------------------- */

/* 0 asks for none at all, as those do who want a prompt's own tokens rated. */
static enum gb_err
read_max_tokens(struct chat_reader *r, struct json_object *value,
		const struct field *at)
{
	int64_t tokens;
	enum gb_err rc;

	if ((rc = field_int(value, at, &tokens, r->err)) != GB_OK)
		return rc;
	if (tokens == 0)
		return field_refuse(at, r->err, FAULT_UNSUPPORTED,
				    "Gemini writes one token at least");
	return chat_read_max_tokens(r, value, at);
}

/* For each of the prompts. */
static enum gb_err
read_n(struct chat_reader *r, struct json_object *value, const struct field *at)
{
	size_t prompts = r->chat->prompt_count;
	enum gb_err rc;

	if ((rc = openai_read_n(r, value, at)) != GB_OK)
		return rc;
	if ((size_t)r->chat->n * prompts > REPLY_CANDIDATES_MAX)
		return field_refuse(at, r->err, FAULT_UNSUPPORTED,
				    "at most %d answers can be asked for, n "
				    "for each of %zu prompts",
				    REPLY_CANDIDATES_MAX, prompts);
	return GB_OK;
}

/* After "n". */
static enum gb_err
read_best_of(struct chat_reader *r, struct json_object *value,
	     const struct field *at)
{
	int64_t best;
	enum gb_err rc;

	if ((rc = field_int(value, at, &best, r->err)) != GB_OK)
		return rc;
	if (best < r->chat->n || best > BEST_OF_MAX)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be from n to %d", BEST_OF_MAX);
	return best == r->chat->n ? GB_OK : chat_cannot(r, at, "best_of");
}

/* How many beside each token; 0 is the token alone. */
static enum gb_err
read_logprobs(struct chat_reader *r, struct json_object *value,
	      const struct field *at)
{
	int64_t top;
	enum gb_err rc;

	if ((rc = field_int(value, at, &top, r->err)) != GB_OK)
		return rc;
	if (top < 0 || top > LOGPROBS_MAX)
		return field_refuse(at, r->err, FAULT_INVALID,
				    "must be from 0 to %d", LOGPROBS_MAX);
	r->chat->gen.logprobs = true;
	r->chat->gen.top_logprobs = top;
	return GB_OK;
}

/* After "logprobs": how likely a prompt was, Gemini does not say. */
static enum gb_err
read_echo(struct chat_reader *r, struct json_object *value,
	  const struct field *at)
{
	enum gb_err rc;

	if ((rc = field_bool(value, at, &r->chat->echo, r->err)) != GB_OK)
		return rc;
	if (!r->chat->echo || !r->chat->gen.logprobs)
		return GB_OK;
	r->chat->gen.logprobs = false;
	return chat_cannot(r, FIELD_KEY(NULL, "logprobs"), "logprobs");
}

/* --- the whole ------------------------------------------------------------ */

enum gb_err
completions_read(struct json_object *root, const struct chat_options *opts,
		 struct chat *out, struct api_error *err)
{
	static const char *const required[] = {"model", "prompt", NULL};
	struct chat_reader r = {out, opts, err};
	enum gb_err rc;

	rc = chat_read_begin(&r, root, required);
	if (rc == GB_OK)
		rc = chat_read_fields(&r, root, rows, GB_COUNT(rows), 0);
	if (rc != GB_OK)
		return rc;
	out->n *= (int64_t)out->prompt_count;
	return chat_read_end(&r, "prompt");
}
