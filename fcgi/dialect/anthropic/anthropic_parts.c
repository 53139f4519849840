/* anthropic_parts.c: what whole and streamed messages share */
#include "dialect/anthropic/anthropic_parts.h"

#include <stdio.h>
#include <string.h>

#include "dialect/anthropic/anthropic_id.h"

#define ID_SIZE	 128 /* bytes of an id, with NUL; Google's are < 64 */
#define WHY_SIZE 320 /* bytes of why there is a refusal, with NUL */

static void
key_null(struct json_out *jo, const char *key)
{
	jout_key(jo, key);
	jout_null(jo);
}

/* --- why it ended --------------------------------------------------------- */

/* That a stop sequence was met Gemini does not tell. */
static const char *
stop_reason(const struct reply *r)
{
	const struct reply_candidate *c = &r->candidates[0];

	if (reply_blocked(r) || c->finish == FINISH_FILTERED)
		return "refusal";
	if (c->finish == FINISH_LENGTH)
		return "max_tokens";
	if (c->has_call)
		return "tool_use";
	if (c->finish == FINISH_OTHER && !c->has_output)
		return "refusal";
	return "end_turn";
}

static void
write_refusal(struct json_out *jo, const struct reply *r)
{
	const struct reply_candidate *c = &r->candidates[0];
	char why[WHY_SIZE];

	if (reply_blocked(r))
		(void)snprintf(why, sizeof(why), "The prompt was refused (%s).",
			       r->block_reason);
	else if (c->finish_message[0] != '\0')
		(void)snprintf(why, sizeof(why), "%s", c->finish_message);
	else
		(void)snprintf(why, sizeof(why), "The answer was ended (%s).",
			       c->finish_reason);
	jout_object(jo);
	jout_key_string(jo, "type", "refusal");
	key_null(jo, "category");
	jout_key_string(jo, "explanation", why);
	jout_object_end(jo);
}

void
anthropic_write_stop(struct json_out *jo, const struct reply *r)
{
	const char *reason = stop_reason(r);

	jout_key_string(jo, "stop_reason", reason);
	key_null(jo, "stop_sequence");
	jout_key(jo, "stop_details");
	if (strcmp(reason, "refusal") == 0)
		write_refusal(jo, r);
	else
		jout_null(jo);
}

/* --- the message ---------------------------------------------------------- */

void
anthropic_write_counts(struct json_out *jo, const struct reply_usage *u)
{
	jout_key_int(jo, "input_tokens",
		     u->prompt > u->cached ? u->prompt - u->cached : 0);
	jout_key_int(jo, "cache_creation_input_tokens", 0);
	jout_key_int(jo, "cache_read_input_tokens", u->cached);
	jout_key_int(jo, "output_tokens", u->completion);
	jout_key(jo, "output_tokens_details");
	jout_object(jo);
	jout_key_int(jo, "thinking_tokens", u->reasoning);
	jout_object_end(jo);
	key_null(jo, "server_tool_use");
}

static void
write_usage(struct json_out *jo, const struct reply_usage *u)
{
	jout_object(jo);
	anthropic_write_counts(jo, u);
	key_null(jo, "cache_creation");
	key_null(jo, "inference_geo");
	jout_key_string(jo, "service_tier", "standard");
	key_null(jo, "speed");
	jout_object_end(jo);
}

void
anthropic_write_message(struct json_out *jo, const struct writer_options *o,
			const struct reply *r, const struct buf *blocks,
			bool done)
{
	char id[ID_SIZE];

	(void)snprintf(id, sizeof(id), "msg_%s",
		       r->response_id[0] != '\0' ? r->response_id : o->seed);
	jout_object(jo);
	jout_key_string(jo, "id", id);
	jout_key_string(jo, "type", "message");
	jout_key_string(jo, "role", "assistant");
	jout_key_string(jo, "model", o->model);
	jout_key(jo, "content");
	jout_array(jo);
	if (blocks->len > 0)
		jout_raw(jo, blocks->data, blocks->len);
	jout_array_end(jo);
	if (done) {
		anthropic_write_stop(jo, r);
	} else {
		key_null(jo, "stop_reason");
		key_null(jo, "stop_sequence");
		key_null(jo, "stop_details");
	}
	jout_key(jo, "usage");
	write_usage(jo, &r->usage);
	key_null(jo, "container");
	key_null(jo, "diagnostics");
	jout_object_end(jo);
}

/* --- within blocks -------------------------------------------------------- */

void
anthropic_write_call(struct json_out *jo, const struct writer_options *o,
		     const struct piece *p)
{
	struct buf id;

	buf_init(&id, strlen(p->id) + sizeof(ANTHROPIC_CALL));
	buf_printf(&id, ANTHROPIC_CALL "%s", p->id);
	if (buf_error(&id) != GB_OK)
		jo->buf->fail = buf_error(&id);
	jout_key_string(jo, "type", "tool_use");
	jout_key_string(jo, "id", buf_str(&id));
	jout_key_string(jo, "name", chat_original_name(o->chat, p->name));
	jout_key(jo, "caller");
	jout_object(jo);
	jout_key_string(jo, "type", "direct");
	jout_object_end(jo);
	buf_release(&id);
}

void
anthropic_write_citation(struct json_out *jo, const struct piece *p)
{
	jout_object(jo);
	jout_key_string(jo, "type", "web_search_result_location");
	jout_key_string(jo, "url", p->url);
	jout_key_string(jo, "title", p->title);
	jout_key_string(jo, "cited_text", "");
	jout_key_string(jo, "encrypted_index", "");
	jout_object_end(jo);
}
