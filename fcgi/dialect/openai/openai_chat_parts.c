/* openai_chat_parts.c: what whole and streamed chat completions share */
#include "dialect/openai/openai_chat_parts.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "dialect/json/json_tree.h"

#define SEED_USED	24   /* characters of the seed in an id */
#define AUDIO_EXPIRES_S 3600 /* nothing is stored; OpenAI wants a number */

void
openai_chat_id(char id[OPENAI_ID_SIZE], const struct writer_options *o,
	       const struct reply *r)
{
	(void)snprintf(id, OPENAI_ID_SIZE, "chatcmpl-%s",
		       r->response_id[0] != '\0' && !o->several ? r->response_id
								: o->seed);
}

const char *
openai_chat_finish(const struct writer_options *o, const struct reply *r,
		   unsigned candidate)
{
	const struct reply_candidate *c;

	c = &r->candidates[candidate];
	if (reply_blocked(r) || c->finish == FINISH_FILTERED)
		return "content_filter";
	if (c->finish == FINISH_LENGTH)
		return "length";
	if (c->has_call)
		return o->chat->function_call ? "function_call" : "tool_calls";
	if (c->finish == FINISH_OTHER && !c->has_output)
		return "content_filter";
	return "stop";
}

const char *
openai_chat_native_finish(const struct reply *r, unsigned candidate)
{
	const struct reply_candidate *c;

	if (reply_blocked(r))
		return r->block_reason;
	c = &r->candidates[candidate];
	switch (c->finish) {
	case FINISH_FILTERED:
	case FINISH_FAULT:
	case FINISH_OTHER:
		return c->finish_reason;
	default:
		return NULL;
	}
}

bool
openai_chat_is_image(const struct piece *p)
{
	return strncmp(p->mime, "image/", 6) == 0;
}

bool
openai_chat_is_audio(const struct piece *p)
{
	return strncmp(p->mime, "audio/", 6) == 0;
}

bool
openai_chat_is_custom(const struct writer_options *o, const struct piece *p)
{
	const struct chat_tool *tool;

	tool = chat_find_tool(o->chat, p->name);
	return tool != NULL && tool->custom;
}

void
openai_chat_args(const struct writer_options *o, const struct piece *p,
		 struct buf *args)
{
	struct json_out jo;
	const char *input;
	size_t len;

	if (openai_chat_is_custom(o, p)) {
		input = tree_string(p->args, "input", &len);
		buf_add(args, input == NULL ? "" : input, len);
		return;
	}
	if (p->args == NULL) {
		buf_puts(args, "{}");
		return;
	}
	jout_init(&jo, args);
	jout_value(&jo, p->args);
}

void
openai_chat_write_extra(struct json_out *jo, const char *signature, size_t len,
			const struct buf *echoes)
{
	bool echo = echoes != NULL && echoes->len > 0;

	if (len == 0 && !echo)
		return;
	jout_key(jo, "extra_content");
	jout_object(jo);
	jout_key(jo, "google");
	jout_object(jo);
	if (len > 0) {
		jout_key(jo, "thought_signature");
		jout_string_len(jo, signature, len);
	}
	if (echo) {
		jout_key(jo, "server_parts");
		jout_array(jo);
		jout_raw(jo, echoes->data, echoes->len);
		jout_array_end(jo);
	}
	jout_object_end(jo);
	jout_object_end(jo);
}

/* What it is called with, in a member called "key"; none yet without "args". */
static void
write_args(struct json_out *jo, const char *key, const struct buf *args)
{
	jout_key(jo, key);
	if (args == NULL)
		jout_string(jo, "");
	else
		jout_string_len(jo, buf_str(args), args->len);
}

void
openai_chat_write_call(struct json_out *jo, const struct writer_options *o,
		       const struct piece *p, const struct buf *args)
{
	bool custom = openai_chat_is_custom(o, p);

	jout_key_string(jo, "id", p->id);
	jout_key_string(jo, "type", custom ? "custom" : "function");
	jout_key(jo, custom ? "custom" : "function");
	jout_object(jo);
	jout_key_string(jo, "name", chat_original_name(o->chat, p->name));
	write_args(jo, custom ? "input" : "arguments", args);
	jout_object_end(jo);
	openai_chat_write_extra(jo, p->signature, p->signature_len, NULL);
}

void
openai_chat_write_function_call(struct json_out *jo,
				const struct writer_options *o,
				const struct piece *p, const struct buf *args)
{
	jout_key_string(jo, "name", chat_original_name(o->chat, p->name));
	write_args(jo, "arguments", args);
	openai_chat_write_extra(jo, p->signature, p->signature_len, NULL);
}

/* A list's objects need an index: openai-python joins them by it. */
void
openai_chat_write_echo(struct json_out *jo, const struct piece *p,
		       unsigned index)
{
	jout_object(jo);
	jout_key_int(jo, "index", index);
	jout_key(jo, "part");
	jout_value(jo, p->args);
	jout_object_end(jo);
}

/* "data:<type>;base64,<data>", in one piece of text: a picture is large, so
 * it is not put together elsewhere first.  Base64 needs no escapes, but who
 * knows what comes: the string writer sees all of it. */
static void
write_data_url(struct json_out *jo, const struct piece *p)
{
	struct buf url;

	buf_init(&url, p->text_len + strlen(p->mime) + 16);
	buf_printf(&url, "data:%s;base64,", p->mime);
	buf_add(&url, p->text, p->text_len);
	if (buf_error(&url) != GB_OK)
		jo->buf->fail = buf_error(&url);
	else
		jout_string_len(jo, url.data, url.len);
	buf_release(&url);
}

void
openai_chat_write_image(struct json_out *jo, const struct piece *p,
			unsigned index)
{
	jout_object(jo);
	jout_key_string(jo, "type", "image_url");
	jout_key(jo, "image_url");
	jout_object(jo);
	jout_key(jo, "url");
	write_data_url(jo, p);
	jout_object_end(jo);
	jout_key_int(jo, "index", index);
	jout_object_end(jo);
}

void
openai_chat_write_audio(struct json_out *jo, const struct writer_options *o,
			unsigned candidate, bool first, const char *data,
			size_t len)
{
	char id[OPENAI_ID_SIZE];

	(void)snprintf(id, sizeof(id), "audio_%.*s%x", SEED_USED, o->seed,
		       candidate);
	jout_object(jo);
	if (first) {
		jout_key_string(jo, "id", id);
		jout_key_int(jo, "expires_at", o->created + AUDIO_EXPIRES_S);
		jout_key_string(jo, "transcript", "");
	}
	jout_key(jo, "data");
	jout_string_len(jo, data, len);
	jout_object_end(jo);
}

void
openai_chat_write_source(struct json_out *jo, const struct piece *p,
			 const struct text_map *map)
{
	jout_key_string(jo, "type", "url_citation");
	jout_key(jo, "url_citation");
	jout_object(jo);
	jout_key_string(jo, "url", p->url);
	jout_key_string(jo, "title", p->title);
	jout_key_int(jo, "start_index",
		     (int64_t)text_map_chars(map, p->part, p->start));
	jout_key_int(jo, "end_index",
		     (int64_t)text_map_chars(map, p->part, p->end));
	jout_object_end(jo);
}

void
openai_chat_write_tier(struct json_out *jo, const struct reply *r)
{
	if (r->service_tier[0] == '\0')
		return;
	jout_key_string(jo, "service_tier",
			strcasecmp(r->service_tier, "flex") == 0 ? "flex"
			: strcasecmp(r->service_tier, "priority") == 0
			    ? "priority"
			    : "default");
}

void
openai_chat_write_logprobs(struct json_out *jo, const struct buf *items)
{
	if (items->len == 0) {
		jout_null(jo);
		return;
	}
	jout_object(jo);
	jout_key(jo, "content");
	jout_array(jo);
	jout_raw(jo, items->data, items->len);
	jout_array_end(jo);
	jout_key(jo, "refusal");
	jout_null(jo);
	jout_object_end(jo);
}

/* Members of a token.  U+FFFD stands for a piece of a character, whose bytes
 * nobody knows. */
static void
write_token(struct json_out *jo, const struct reply_token *token)
{
	static const char unknown[] = "\xef\xbf\xbd";
	size_t i;

	jout_key(jo, "token");
	jout_string_len(jo, token->text, token->len);
	jout_key(jo, "logprob");
	jout_double(jo, token->logprob);
	jout_key(jo, "bytes");
	if (memmem(token->text, token->len, unknown, sizeof(unknown) - 1) !=
	    NULL) {
		jout_null(jo);
		return;
	}
	jout_array(jo);
	for (i = 0; i < token->len; i++)
		jout_int(jo, (unsigned char)token->text[i]);
	jout_array_end(jo);
}

void
openai_chat_write_tokens(struct json_out *jo, const struct piece *p)
{
	struct reply_token token;
	size_t i, j;

	for (i = 0; reply_token(p, i, &token); i++) {
		jout_object(jo);
		write_token(jo, &token);
		jout_key(jo, "top_logprobs");
		jout_array(jo);
		for (j = 0; reply_top_token(p, i, j, &token); j++) {
			jout_object(jo);
			write_token(jo, &token);
			jout_object_end(jo);
		}
		jout_array_end(jo);
		jout_object_end(jo);
	}
}

void
openai_chat_write_usage(struct json_out *jo, const struct reply_usage *u)
{
	jout_object(jo);
	jout_key_int(jo, "prompt_tokens", u->prompt);
	jout_key_int(jo, "completion_tokens", u->completion);
	jout_key_int(jo, "total_tokens", u->total);
	jout_key(jo, "prompt_tokens_details");
	jout_object(jo);
	jout_key_int(jo, "cached_tokens", u->cached);
	jout_key_int(jo, "audio_tokens", u->prompt_audio);
	jout_key_int(jo, "image_tokens", u->prompt_image);
	jout_key_int(jo, "text_tokens", u->prompt_text);
	jout_object_end(jo);
	jout_key(jo, "completion_tokens_details");
	jout_object(jo);
	jout_key_int(jo, "reasoning_tokens", u->reasoning);
	jout_key_int(jo, "audio_tokens", u->completion_audio);
	jout_object_end(jo);
	jout_object_end(jo);
}
