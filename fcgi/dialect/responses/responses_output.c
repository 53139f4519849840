/* responses_output.c: the pieces of an answer as the output items of OpenAI's
 * Responses API */
#include "dialect/responses/responses_output.h"

#include <stdio.h>
#include <string.h>

#include "dialect/opaque.h"
#include "dialect/openai/openai_chat_parts.h"
#include "dialect/reply_text.h"

#define SEED_USED   24 /* characters of the seed in an id */
#define CALL_ID_MAX 64 /* bytes of a call's id that OpenAI's API allows */

/* Kinds of items that text is added to, as stretches of JSON. */
static const struct kind {
	const char *prefix;	/* of its id */
	const char *type;	/* of the item */
	const char *head;	/* members up to the parts, or to the text */
	const char *begun;	/* what ends it when nothing is in it yet */
	const char *part;	/* what a part begins with, up to its text */
	const char *part_begun; /* and ends with, when there is no text */
	const char *part_event; /* what tells of a part; NULL: no parts */
	const char *text_event; /* and of text */
	const char *text_key;	/* the name of the whole text, when done */
	const char *index_key;	/* of a part */
	bool logprobs;		/* events have them, always none */
} kinds[OPEN__MAX] = {
    [OPEN_REASONING] = {"rs", "reasoning", "\"summary\":[", "]}",
			"{\"type\":\"summary_text\",\"text\":\"", "\"}",
			"response.reasoning_summary_part",
			"response.reasoning_summary_text", "text",
			"summary_index", false},
    [OPEN_TEXT] = {"msg", "message", "\"role\":\"assistant\",\"content\":[",
		   "],\"status\":\"in_progress\"}",
		   "{\"type\":\"output_text\",\"text\":\"",
		   "\",\"annotations\":[],\"logprobs\":[]}",
		   "response.content_part", "response.output_text", "text",
		   "content_index", true},
    [OPEN_REFUSAL] = {"msg", "message", "\"role\":\"assistant\",\"content\":[",
		      "],\"status\":\"in_progress\"}",
		      "{\"type\":\"refusal\",\"refusal\":\"", "\"}",
		      "response.content_part", "response.refusal", "refusal",
		      "content_index", false},
    [OPEN_CODE] = {"ci", "code_interpreter_call", "\"code\":\"",
		   "\",\"outputs\":null,\"status\":\"in_progress\"}", NULL,
		   NULL, NULL, "response.code_interpreter_call_code", "code",
		   NULL, false},
};

void
responses_output_init(struct responses_output *o,
		      const struct writer_options *options,
		      struct responses_events *events, struct buf *out,
		      size_t max)
{
	memset(o, 0, sizeof(*o));
	o->options = options;
	o->events = events;
	o->out = out;
	o->keeps = responses_includes(options, "reasoning.encrypted_content");
	buf_init(&o->items, max);
	buf_init(&o->sources, max);
	buf_init(&o->kept, max);
	buf_init(&o->scratch, max);
	text_map_init(&o->map);
}

void
responses_output_release(struct responses_output *o)
{
	buf_release(&o->items);
	buf_release(&o->sources);
	buf_release(&o->kept);
	buf_release(&o->scratch);
	text_map_release(&o->map);
}

/* What cannot be kept cannot be told at the end. */
static void
share_failure(struct responses_output *o)
{
	const struct buf *all[] = {&o->items, &o->sources, &o->kept,
				   &o->scratch};
	size_t i;

	for (i = 0; i < GB_COUNT(all); i++)
		if (buf_error(all[i]) != GB_OK)
			o->out->fail = buf_error(all[i]);
}

/* --- events --------------------------------------------------------------- */

/* Begin an event of the open item; false: there are none to write. */
static bool
event_begin(struct responses_output *o, struct json_out *jo, const char *stem,
	    const char *verb)
{
	char type[64];

	if (o->events == NULL)
		return false;
	(void)snprintf(type, sizeof(type), "%s%s", stem, verb);
	responses_event_begin(o->events, jo, type);
	return true;
}

/* The same with the members that say which item it is of, and which part. */
static bool
event_within(struct responses_output *o, struct json_out *jo, const char *stem,
	     const char *verb)
{
	const char *index = kinds[o->open].index_key;

	if (!event_begin(o, jo, stem, verb))
		return false;
	jout_key_string(jo, "item_id", o->id);
	jout_key_int(jo, "output_index", (int64_t)o->count - 1);
	if (index != NULL)
		jout_key_int(jo, index, 0);
	return true;
}

/* A member whose value is what stands in "items" from "at" on, and "end". */
static void
write_stretch(struct json_out *jo, const struct responses_output *o,
	      const char *key, size_t at, const char *end)
{
	jout_key(jo, key);
	jout_raw(jo, buf_str(&o->items) + at, o->items.len - at);
	buf_puts(jo->buf, end);
}

/* The whole item has begun, or is done. */
static void
tell_item(struct responses_output *o, const char *verb, const char *end)
{
	struct json_out jo;

	if (!event_begin(o, &jo, "response.output_item", verb))
		return;
	jout_key_int(&jo, "output_index", (int64_t)o->count - 1);
	write_stretch(&jo, o, "item", o->item_at, end);
	responses_event_end(&jo);
}

static void
tell_part(struct responses_output *o, const char *verb, const char *end)
{
	struct json_out jo;

	if (!event_within(o, &jo, kinds[o->open].part_event, verb))
		return;
	write_stretch(&jo, o, "part", o->part_at, end);
	responses_event_end(&jo);
}

/* An event of the open item that says no more than its type. */
static void
tell_state(struct responses_output *o, const char *stem, const char *verb)
{
	struct json_out jo;

	if (event_within(o, &jo, stem, verb))
		responses_event_end(&jo);
}

/* More text, which stands in "scratch" as a JSON string. */
static void
tell_delta(struct responses_output *o, const char *stem, bool logprobs)
{
	struct json_out jo;

	if (!event_within(o, &jo, stem, ".delta"))
		return;
	jout_key(&jo, "delta");
	jout_raw(&jo, buf_str(&o->scratch), o->scratch.len);
	if (logprobs) {
		jout_key(&jo, "logprobs");
		jout_raw(&jo, "[]", 2);
	}
	responses_event_end(&jo);
}

/* The text is all there: it stands in "items" from "text_at" on, without the
 * quotes around it.  The name of a call goes with it. */
static void
tell_text(struct responses_output *o, const char *stem, const char *key,
	  bool logprobs, const struct piece *call)
{
	struct json_object *space;
	struct json_out jo;

	if (!event_within(o, &jo, stem, ".done"))
		return;
	jout_key(&jo, key);
	buf_putc(jo.buf, '"');
	jout_raw(&jo, buf_str(&o->items) + o->text_at,
		 o->items.len - o->text_at);
	buf_putc(jo.buf, '"');
	if (logprobs) {
		jout_key(&jo, "logprobs");
		jout_raw(&jo, "[]", 2);
	}
	if (call != NULL)
		jout_key_string(&jo, "name",
				responses_name(o->options, call->name, &space));
	responses_event_end(&jo);
}

/* --- items ---------------------------------------------------------------- */

/* Begin one with its type and id; more members go to "jo". */
static void
item_begin(struct responses_output *o, struct json_out *jo, const char *prefix,
	   const char *type)
{
	if (o->items.len > 0)
		buf_putc(&o->items, ',');
	o->item_at = o->items.len;
	(void)snprintf(o->id, sizeof(o->id), "%s_%.*s%03zx", prefix, SEED_USED,
		       o->options->seed, o->count++);
	jout_init(jo, &o->items);
	jout_object(jo);
	jout_key_string(jo, "type", type);
	jout_key_string(jo, "id", o->id);
}

/* Add to the text at the end of "items", as within a JSON string. */
static void
add_text(struct responses_output *o, const char *text, size_t len)
{
	struct json_out jo;

	buf_reset(&o->scratch);
	jout_init(&jo, &o->scratch);
	jout_string_len(&jo, text, len);
	if (o->scratch.len >= 2)
		buf_add(&o->items, o->scratch.data + 1, o->scratch.len - 2);
}

static void
open_part(struct responses_output *o)
{
	const struct kind *k = &kinds[o->open];

	o->part = true;
	o->part_at = o->items.len;
	buf_puts(&o->items, k->part);
	o->text_at = o->items.len;
	tell_part(o, ".added", k->part_begun);
}

static void
close_part(struct responses_output *o)
{
	const struct kind *k = &kinds[o->open];

	tell_text(o, k->text_event, k->text_key, k->logprobs, NULL);
	if (o->open == OPEN_TEXT) {
		buf_puts(&o->items, "\",\"annotations\":[");
		buf_add(&o->items, buf_str(&o->sources), o->sources.len);
		buf_puts(&o->items, "],\"logprobs\":[]}");
	} else {
		buf_puts(&o->items, "\"}");
	}
	tell_part(o, ".done", "");
	o->part = false;
}

/* "status" is of a message; a thought has none. */
static void
close_item(struct responses_output *o, const char *status)
{
	struct json_out jo = {&o->items, true};

	if (o->open == OPEN_NONE)
		return;
	if (o->part)
		close_part(o);
	if (o->open != OPEN_CODE)
		buf_putc(&o->items, ']');
	if (o->open == OPEN_REASONING && o->kept.len > 0) {
		jout_key(&jo, "encrypted_content");
		jout_string_len(&jo, o->kept.data, o->kept.len);
	} else if (o->open != OPEN_REASONING) {
		jout_key_string(&jo, "status", status);
	}
	jout_object_end(&jo);
	tell_item(o, ".done", "");
	o->open = OPEN_NONE;
}

/* The result NULL: there was none. */
static void
close_code(struct responses_output *o, const struct piece *result)
{
	const struct kind *k = &kinds[OPEN_CODE];
	static const char stem[] = "response.code_interpreter_call";
	struct json_out jo = {&o->items, true};
	bool good = result == NULL || strcmp(result->mime, "OUTCOME_OK") == 0;

	tell_text(o, k->text_event, k->text_key, false, NULL);
	tell_state(o, stem, ".interpreting");
	tell_state(o, stem, ".completed");
	buf_putc(&o->items, '"');
	jout_key(&jo, "outputs");
	if (result == NULL) {
		jout_null(&jo);
	} else {
		jout_array(&jo);
		jout_object(&jo);
		jout_key_string(&jo, "type", "logs");
		jout_key(&jo, "logs");
		jout_string_len(&jo, result->text, result->text_len);
		jout_object_end(&jo);
		jout_array_end(&jo);
	}
	close_item(o, good ? "completed" : "failed");
}

static void
close_any(struct responses_output *o, const char *status)
{
	if (o->open == OPEN_CODE)
		close_code(o, NULL);
	else
		close_item(o, status);
}

static void
open_item(struct responses_output *o, enum responses_open open)
{
	const struct kind *k = &kinds[open];
	struct json_out jo;

	close_any(o, "completed");
	o->open = open;
	item_begin(o, &jo, k->prefix, k->type);
	if (open == OPEN_CODE) {
		/* there is no container; OpenAI wants its id */
		jout_key_string(&jo, "container_id", o->id);
	}
	buf_putc(&o->items, ',');
	buf_puts(&o->items, k->head);
	o->text_at = o->items.len;
	tell_item(o, ".added", k->begun);
	buf_reset(&o->kept);
	buf_reset(&o->sources);
	o->source_count = 0;
	text_map_release(&o->map);
	text_map_init(&o->map);
}

/* Text of the open item. */
static void
put_text(struct responses_output *o, const char *text, size_t len)
{
	const struct kind *k = &kinds[o->open];

	if (!o->part && k->part != NULL)
		open_part(o);
	if (len == 0)
		return;
	add_text(o, text, len);
	tell_delta(o, k->text_event, k->logprobs);
}

/* The signature of what comes next goes into the thought before it, or into
 * one of its own. */
static void
sign(struct responses_output *o, const struct piece *p)
{
	if (!o->keeps || p->signature_len == 0)
		return;
	if (o->open != OPEN_REASONING)
		open_item(o, OPEN_REASONING);
	buf_puts(&o->kept, OPAQUE_MARK);
	buf_add(&o->kept, p->signature, p->signature_len);
	close_item(o, NULL);
}

/* --- pieces --------------------------------------------------------------- */

static void
take_text(struct responses_output *o, const struct piece *p)
{
	if (p->text_len == 0)
		return;
	if (o->open != OPEN_TEXT) {
		sign(o, p);
		open_item(o, OPEN_TEXT);
	}
	put_text(o, p->text, p->text_len);
	text_map_add(&o->map, p->part, p->text, p->text_len);
}

static void
take_thought(struct responses_output *o, const struct piece *p)
{
	if (p->text_len == 0)
		return;
	if (o->open != OPEN_REASONING)
		open_item(o, OPEN_REASONING);
	put_text(o, p->text, p->text_len);
}

/* A call comes whole; "scratch" has held what it is called with. */
static void
put_call(struct responses_output *o, const struct piece *p, const char *key,
	 const char *stem, const struct buf *args)
{
	bool custom = openai_chat_is_custom(o->options, p);

	buf_putc(&o->items, ',');
	buf_printf(&o->items, "\"%s\":\"", key);
	o->text_at = o->items.len;
	tell_item(o, ".added", "\",\"status\":\"in_progress\"}");
	if (args->len > 0) {
		add_text(o, args->data, args->len);
		tell_delta(o, stem, false);
	}
	tell_text(o, stem, key, false, custom ? NULL : p);
	buf_puts(&o->items, "\",\"status\":\"completed\"}");
	tell_item(o, ".done", "");
}

static void
take_call(struct responses_output *o, const struct piece *p)
{
	bool custom = openai_chat_is_custom(o->options, p);
	char made[CALL_ID_MAX + 1];
	struct json_object *space;
	struct json_out jo;
	struct buf args;

	if (o->called && o->options->chat->one_call)
		return; /* the client has no place for a second one */
	o->called = true;
	sign(o, p);
	close_any(o, "completed");
	item_begin(o, &jo, custom ? "ctc" : "fc",
		   custom ? "custom_tool_call" : "function_call");
	(void)snprintf(made, sizeof(made), "call_%.*s%03zx", SEED_USED,
		       o->options->seed, o->count);
	jout_key_string(&jo, "call_id",
			strlen(p->id) <= CALL_ID_MAX ? p->id : made);
	jout_key_string(&jo, "name",
			responses_name(o->options, p->name, &space));
	if (space != NULL) {
		jout_key(&jo, "namespace");
		jout_value(&jo, space);
	}
	buf_init(&args, o->scratch.max);
	openai_chat_args(o->options, p, &args);
	if (buf_error(&args) != GB_OK)
		o->items.fail = buf_error(&args);
	if (custom)
		put_call(o, p, "input", "response.custom_tool_call_input",
			 &args);
	else
		put_call(o, p, "arguments", "response.function_call_arguments",
			 &args);
	buf_release(&args);
}

/* A picture comes whole, too.  Other kinds of file have no place here. */
static void
take_blob(struct responses_output *o, const struct piece *p)
{
	static const char stem[] = "response.image_generation_call";
	struct json_out jo;

	if (!openai_chat_is_image(p))
		return;
	close_any(o, "completed");
	item_begin(o, &jo, "ig", "image_generation_call");
	jout_key_string(&jo, "output_format", p->mime + strlen("image/"));
	tell_item(o, ".added", ",\"status\":\"in_progress\",\"result\":null}");
	tell_state(o, stem, ".in_progress");
	tell_state(o, stem, ".generating");
	tell_state(o, stem, ".completed");
	jout_key_string(&jo, "status", "completed");
	jout_key(&jo, "result");
	jout_string_len(&jo, p->text, p->text_len);
	jout_object_end(&jo);
	tell_item(o, ".done", "");
}

static void
take_code(struct responses_output *o, const struct piece *p)
{
	open_item(o, OPEN_CODE);
	tell_state(o, "response.code_interpreter_call", ".in_progress");
	put_text(o, p->text, p->text_len);
}

static void
take_result(struct responses_output *o, const struct piece *p)
{
	if (o->open == OPEN_CODE)
		close_code(o, p);
}

static void
write_source(struct json_out *jo, const struct responses_output *o,
	     const struct piece *p)
{
	jout_object(jo);
	jout_key_string(jo, "type", "url_citation");
	jout_key_string(jo, "url", p->url);
	jout_key_string(jo, "title", p->title);
	jout_key_int(jo, "start_index",
		     (int64_t)text_map_chars(&o->map, p->part, p->start));
	jout_key_int(jo, "end_index",
		     (int64_t)text_map_chars(&o->map, p->part, p->end));
	jout_object_end(jo);
}

/* Sources come behind the text; of one that is over nothing can be told. */
static void
take_source(struct responses_output *o, const struct piece *p)
{
	struct json_out jo;
	size_t at;

	if (o->open != OPEN_TEXT)
		return;
	if (o->sources.len > 0)
		buf_putc(&o->sources, ',');
	at = o->sources.len;
	jout_init(&jo, &o->sources);
	write_source(&jo, o, p);
	o->source_count++;
	if (!event_within(o, &jo, "response.output_text", ".annotation.added"))
		return;
	jout_key_int(&jo, "annotation_index", (int64_t)o->source_count - 1);
	jout_key(&jo, "annotation");
	jout_raw(&jo, buf_str(&o->sources) + at, o->sources.len - at);
	responses_event_end(&jo);
}

/* What a tool of Google's own did is of use to Gemini only. */
static void
take_echo(struct responses_output *o, const struct piece *p)
{
	struct json_out jo;

	if (!o->keeps)
		return;
	open_item(o, OPEN_REASONING);
	buf_puts(&o->kept, OPAQUE_MARK);
	jout_init(&jo, &o->kept);
	jout_value(&jo, p->args);
	close_item(o, NULL);
}

void
responses_output_piece(struct responses_output *o, const struct piece *p)
{
	static void (*const take[])(struct responses_output *,
				    const struct piece *) = {
	    [PIECE_TEXT] = take_text,	  [PIECE_THOUGHT] = take_thought,
	    [PIECE_CALL] = take_call,	  [PIECE_BLOB] = take_blob,
	    [PIECE_CODE] = take_code,	  [PIECE_CODE_RESULT] = take_result,
	    [PIECE_SOURCE] = take_source, [PIECE_ECHO] = take_echo,
	};

	if (p->candidate != 0)
		return;
	take[p->kind](o, p);
	share_failure(o);
}

void
responses_output_finish(struct responses_output *o, const struct reply *r,
			const struct responses_state *st)
{
	struct buf refusal;

	/* What was cut off is incomplete, as the response is. */
	close_any(o, st->reason != NULL ? "incomplete" : "completed");
	buf_init(&refusal, o->scratch.max);
	reply_text_refusal(r, 0, &refusal);
	if (refusal.len > 0) {
		open_item(o, OPEN_REFUSAL);
		put_text(o, refusal.data, refusal.len);
		close_item(o, "completed");
	}
	buf_release(&refusal);
	share_failure(o);
}

size_t
responses_output_complete(const struct responses_output *o)
{
	if (o->open == OPEN_NONE)
		return o->items.len;
	return o->item_at > 0 ? o->item_at - 1 : 0; /* the comma before it */
}
