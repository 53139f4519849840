/* openai_chat_stream.c: a sink that writes an answer as
 * chat.completion.chunk events, as it comes */
#include "dialect/openai_chat_stream.h"

#include <string.h>

#define HEAD_MAX 8192 /* bytes: an id and a model's name, escaped, and keys */

void
openai_chat_stream_init(struct openai_chat_stream *s,
			const struct openai_chat_options *options,
			struct buf *out, size_t max)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	s->options = options;
	s->out = out;
	buf_init(&s->head, HEAD_MAX);
	buf_init(&s->scratch, max);
	for (i = 0; i < REPLY_CANDIDATES_MAX; i++)
		text_map_init(&s->choices[i].map);
}

void
openai_chat_stream_release(struct openai_chat_stream *s)
{
	size_t i;

	for (i = 0; i < REPLY_CANDIDATES_MAX; i++)
		text_map_release(&s->choices[i].map);
	buf_release(&s->head);
	buf_release(&s->scratch);
}

/* What all chunks begin with; Gemini's id is known since the first event. */
static void
make_head(struct openai_chat_stream *s, const struct reply *r)
{
	char id[OPENAI_ID_SIZE];
	struct json_out jo;

	if (s->head.len > 0)
		return;
	openai_chat_id(id, s->options, r);
	buf_puts(&s->head, "data: ");
	jout_init(&jo, &s->head);
	jout_object(&jo);
	jout_key_string(&jo, "id", id);
	jout_key_string(&jo, "object", "chat.completion.chunk");
	jout_key_int(&jo, "created", s->options->created);
	jout_key_string(&jo, "model", s->options->model);
	jout_key(&jo, "choices");
	jout_array(&jo);
	if (buf_error(&s->head) != GB_OK)
		s->out->fail = buf_error(&s->head);
}

/* Begin a chunk of choice "at": its delta is open afterwards. */
static void
chunk_begin(struct openai_chat_stream *s, unsigned at, struct json_out *jo)
{
	struct buf *out = s->out;

	buf_add(out, s->head.data, s->head.len);
	buf_puts(out, "{\"index\":");
	buf_putc(out, (char)('0' + at)); /* REPLY_CANDIDATES_MAX is one digit */
	buf_puts(out, ",\"delta\":");
	jout_init(jo, out);
	jout_object(jo);
}

/* After the choices: the end of any chunk that bears no usage. */
static void
event_end(struct openai_chat_stream *s)
{
	buf_puts(s->out, s->options->include_usage ? "],\"usage\":null}\n\n"
						   : "]}\n\n");
}

static void
chunk_end(struct openai_chat_stream *s, struct json_out *jo)
{
	jout_object_end(jo);
	buf_puts(s->out, ",\"finish_reason\":null}");
	event_end(s);
}

/* The chunk with the role, before the first piece of each choice. */
static void
choice_begin(struct openai_chat_stream *s, const struct reply *r, unsigned at)
{
	struct json_out jo;

	if (s->choices[at].begun)
		return;
	s->choices[at].begun = true;
	make_head(s, r);
	chunk_begin(s, at, &jo);
	jout_key_string(&jo, "role", "assistant");
	jout_key_string(&jo, "content", "");
	jout_object_end(&jo);
	buf_puts(s->out, ",\"logprobs\":null,\"finish_reason\":null}");
	event_end(s);
}

/* The signature of text goes out once a choice. */
static void
write_signature(struct openai_chat_stream *s, struct json_out *jo,
		const struct piece *p)
{
	struct openai_stream_choice *c = &s->choices[p->candidate];

	if (c->is_signed || p->signature_len == 0)
		return;
	c->is_signed = true;
	openai_chat_write_signature(jo, p->signature, p->signature_len);
}

static void
write_text(struct openai_chat_stream *s, const struct piece *p, const char *key,
	   const char *text, size_t len)
{
	struct json_out jo;

	if (len == 0 &&
	    (p->signature_len == 0 || s->choices[p->candidate].is_signed))
		return;
	chunk_begin(s, p->candidate, &jo);
	if (len > 0) {
		jout_key(&jo, key);
		jout_string_len(&jo, text, len);
	}
	write_signature(s, &jo, p);
	chunk_end(s, &jo);
}

static void
take_text(struct openai_chat_stream *s, const struct piece *p)
{
	struct openai_stream_choice *c = &s->choices[p->candidate];

	if (p->text_len > 0)
		c->has_content = true;
	text_map_add(&c->map, p->part, p->text, p->text_len);
	write_text(s, p, "content", p->text, p->text_len);
}

static void
take_thought(struct openai_chat_stream *s, const struct piece *p)
{
	write_text(s, p, "reasoning_content", p->text, p->text_len);
}

/* The two chunks of a tool call: its name, and then its arguments. */
static void
write_tool_call(struct openai_chat_stream *s, const struct piece *p,
		unsigned index, bool name)
{
	struct json_out jo;

	chunk_begin(s, p->candidate, &jo);
	jout_key(&jo, "tool_calls");
	jout_array(&jo);
	jout_object(&jo);
	jout_key_int(&jo, "index", index);
	if (name) {
		openai_chat_write_call(&jo, s->options, p, s->call_count++,
				       NULL);
	} else {
		jout_key(&jo, "function");
		jout_object(&jo);
		jout_key(&jo, "arguments");
		jout_string_len(&jo, buf_str(&s->scratch), s->scratch.len);
		jout_object_end(&jo);
	}
	jout_object_end(&jo);
	jout_array_end(&jo);
	chunk_end(s, &jo);
}

/* The same for a client of 2023. */
static void
write_function_call(struct openai_chat_stream *s, const struct piece *p,
		    bool name)
{
	struct json_out jo;

	chunk_begin(s, p->candidate, &jo);
	jout_key(&jo, "function_call");
	jout_object(&jo);
	if (name) {
		openai_chat_write_function_call(&jo, s->options, p, NULL);
	} else {
		jout_key(&jo, "arguments");
		jout_string_len(&jo, buf_str(&s->scratch), s->scratch.len);
	}
	jout_object_end(&jo);
	chunk_end(s, &jo);
}

static void
take_call(struct openai_chat_stream *s, const struct piece *p)
{
	unsigned index = s->choices[p->candidate].call_count++;

	if (s->options->function_call && index > 0)
		return; /* it has no place for a second one */
	buf_reset(&s->scratch);
	openai_chat_args(p, &s->scratch);
	if (buf_error(&s->scratch) != GB_OK)
		s->out->fail = buf_error(&s->scratch);
	if (s->options->function_call) {
		write_function_call(s, p, true);
		write_function_call(s, p, false);
	} else {
		write_tool_call(s, p, index, true);
		write_tool_call(s, p, index, false);
	}
}

static void
take_blob(struct openai_chat_stream *s, const struct piece *p)
{
	struct openai_stream_choice *c = &s->choices[p->candidate];
	struct json_out jo;

	if (!openai_chat_is_image(p) && !openai_chat_is_audio(p))
		return; /* no place in a chunk for it */
	chunk_begin(s, p->candidate, &jo);
	if (openai_chat_is_image(p)) {
		jout_key(&jo, "images");
		jout_array(&jo);
		openai_chat_write_image(&jo, p, c->image_count++);
		jout_array_end(&jo);
	} else {
		jout_key(&jo, "audio");
		openai_chat_write_audio(&jo, s->options, p->candidate,
					!c->has_audio, p->text, p->text_len);
		c->has_audio = true;
	}
	write_signature(s, &jo, p);
	chunk_end(s, &jo);
}

static void
take_code(struct openai_chat_stream *s, const struct piece *p)
{
	struct openai_stream_choice *c = &s->choices[p->candidate];

	buf_reset(&s->scratch);
	openai_chat_fence(&s->scratch, p, !c->has_content);
	if (buf_error(&s->scratch) != GB_OK)
		s->out->fail = buf_error(&s->scratch);
	c->has_content = true;
	text_map_add(&c->map, TEXT_MAP_OURS, buf_str(&s->scratch),
		     s->scratch.len);
	write_text(s, p, "content", buf_str(&s->scratch), s->scratch.len);
}

static void
take_source(struct openai_chat_stream *s, const struct piece *p)
{
	struct openai_stream_choice *c = &s->choices[p->candidate];
	struct json_out jo;

	chunk_begin(s, p->candidate, &jo);
	jout_key(&jo, "annotations");
	jout_array(&jo);
	jout_object(&jo);
	/* openai-python joins lists of objects by their "index" */
	jout_key_int(&jo, "index", c->source_count++);
	openai_chat_write_source(&jo, p, &c->map);
	jout_object_end(&jo);
	jout_array_end(&jo);
	chunk_end(s, &jo);
}

static void
take_piece(void *context, const struct reply *r, const struct piece *p)
{
	static void (*const take[])(struct openai_chat_stream *,
				    const struct piece *) = {
	    [PIECE_TEXT] = take_text,	  [PIECE_THOUGHT] = take_thought,
	    [PIECE_CALL] = take_call,	  [PIECE_BLOB] = take_blob,
	    [PIECE_CODE] = take_code,	  [PIECE_CODE_RESULT] = take_code,
	    [PIECE_SOURCE] = take_source,
	};
	struct openai_chat_stream *s = context;

	if (p->kind == PIECE_THOUGHT && s->options->hide_thoughts)
		return;
	choice_begin(s, r, p->candidate);
	take[p->kind](s, p);
}

struct piece_sink
openai_chat_stream_sink(struct openai_chat_stream *s)
{
	struct piece_sink sink = {take_piece, s};

	return sink;
}

static void
choice_finish(struct openai_chat_stream *s, const struct reply *r, unsigned at)
{
	const char *native;
	struct json_out jo;

	choice_begin(s, r, at);
	buf_reset(&s->scratch);
	openai_chat_refusal(r, at, &s->scratch);
	if (s->scratch.len > 0) {
		chunk_begin(s, at, &jo);
		jout_key_string(&jo, "refusal", buf_str(&s->scratch));
		chunk_end(s, &jo);
	}
	chunk_begin(s, at, &jo);
	jout_object_end(&jo);
	jout_key_string(&jo, "finish_reason",
			openai_chat_finish(s->options, r, at));
	native = openai_chat_native_finish(r, at);
	if (native != NULL)
		jout_key_string(&jo, "native_finish_reason", native);
	jout_object_end(&jo);
	event_end(s);
}

void
openai_chat_stream_finish(struct openai_chat_stream *s, const struct reply *r)
{
	struct json_out jo;
	unsigned i, finished;

	for (i = finished = 0; i < REPLY_CANDIDATES_MAX; i++) {
		if (!r->candidates[i].seen)
			continue;
		choice_finish(s, r, i);
		finished++;
	}
	if (finished == 0) /* a client reads choices[0], come what may */
		choice_finish(s, r, 0);
	if (s->options->include_usage) {
		buf_add(s->out, s->head.data, s->head.len);
		buf_puts(s->out, "],\"usage\":");
		jout_init(&jo, s->out);
		openai_chat_write_usage(&jo, &r->usage);
		buf_puts(s->out, "}\n\n");
	}
	buf_puts(s->out, "data: [DONE]\n\n");
}

void
openai_chat_stream_error(struct openai_chat_stream *s,
			 const struct api_error *e)
{
	buf_puts(s->out, "data: ");
	api_error_write_openai(e, s->out);
	buf_puts(s->out, "\n\ndata: [DONE]\n\n");
}
