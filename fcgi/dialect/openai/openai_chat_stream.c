/* openai_chat_stream.c: the writer of an answer as chat.completion.chunk
 * events, as it comes */
#include "dialect/openai/openai_chat_stream.h"

#include <string.h>

#include "dialect/openai/openai_chat_parts.h"
#include "dialect/reply_text.h"

#define HEAD_MAX 8192 /* bytes: an id and a model's name, escaped, and keys */

/* What was sent of one choice. */
struct openai_stream_choice {
	bool begun; /* the chunk with the role */
	bool has_content;
	bool is_signed; /* the signature of the text */
	bool has_audio;
	unsigned call_count, image_count, source_count, echo_count;
	struct text_map map;
	struct sound sound;
};

struct openai_chat_stream {
	const struct writer_options *options;
	struct buf *out;
	struct buf head; /* of every chunk, up to the index of its choice */
	struct buf scratch;
	struct openai_stream_choice choices[REPLY_CANDIDATES_MAX];
};

static void
stream_init(void *writer, const struct writer_options *options, struct buf *out,
	    size_t max)
{
	struct openai_chat_stream *s = writer;
	size_t i;

	memset(s, 0, sizeof(*s));
	s->options = options;
	s->out = out;
	buf_init(&s->head, HEAD_MAX);
	buf_init(&s->scratch, max);
	for (i = 0; i < REPLY_CANDIDATES_MAX; i++) {
		text_map_init(&s->choices[i].map);
		sound_init(&s->choices[i].sound, max);
	}
}

static void
stream_release(void *writer)
{
	struct openai_chat_stream *s = writer;
	size_t i;

	for (i = 0; i < REPLY_CANDIDATES_MAX; i++) {
		text_map_release(&s->choices[i].map);
		sound_release(&s->choices[i].sound);
	}
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
	buf_puts(s->out, s->options->chat->include_usage
			     ? "],\"usage\":null}\n\n"
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
	openai_chat_write_extra(jo, p->signature, p->signature_len, NULL);
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
	bool custom = openai_chat_is_custom(s->options, p);
	struct json_out jo;

	chunk_begin(s, p->candidate, &jo);
	jout_key(&jo, "tool_calls");
	jout_array(&jo);
	jout_object(&jo);
	jout_key_int(&jo, "index", index);
	if (name) {
		openai_chat_write_call(&jo, s->options, p, NULL);
	} else {
		jout_key(&jo, custom ? "custom" : "function");
		jout_object(&jo);
		jout_key(&jo, custom ? "input" : "arguments");
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

	if ((s->options->chat->function_call || s->options->chat->one_call) &&
	    index > 0)
		return; /* it has no place for a second one */
	buf_reset(&s->scratch);
	openai_chat_args(s->options, p, &s->scratch);
	if (buf_error(&s->scratch) != GB_OK)
		s->out->fail = buf_error(&s->scratch);
	if (s->options->chat->function_call) {
		write_function_call(s, p, true);
		write_function_call(s, p, false);
	} else {
		write_tool_call(s, p, index, true);
		write_tool_call(s, p, index, false);
	}
}

static void
take_image(struct openai_chat_stream *s, const struct piece *p)
{
	struct json_out jo;

	chunk_begin(s, p->candidate, &jo);
	jout_key(&jo, "images");
	jout_array(&jo);
	openai_chat_write_image(&jo, p, s->choices[p->candidate].image_count++);
	jout_array_end(&jo);
	write_signature(s, &jo, p);
	chunk_end(s, &jo);
}

static void
take_sound(struct openai_chat_stream *s, const struct piece *p)
{
	struct openai_stream_choice *c = &s->choices[p->candidate];
	struct json_out jo;

	sound_add(&c->sound, p->mime, p->text, p->text_len);
	buf_reset(&s->scratch);
	sound_take(&c->sound, SOUND_PCM, &s->scratch);
	if (buf_error(&s->scratch) != GB_OK)
		s->out->fail = buf_error(&s->scratch);
	chunk_begin(s, p->candidate, &jo);
	jout_key(&jo, "audio");
	openai_chat_write_audio(&jo, s->options, p->candidate, !c->has_audio,
				buf_str(&s->scratch), s->scratch.len);
	c->has_audio = true;
	write_signature(s, &jo, p);
	chunk_end(s, &jo);
}

/* Other kinds of file have no place in a chunk. */
static void
take_blob(struct openai_chat_stream *s, const struct piece *p)
{
	if (openai_chat_is_image(p))
		take_image(s, p);
	else if (openai_chat_is_audio(p))
		take_sound(s, p);
}

static void
take_echo(struct openai_chat_stream *s, const struct piece *p)
{
	struct json_out jo;

	buf_reset(&s->scratch);
	jout_init(&jo, &s->scratch);
	openai_chat_write_echo(&jo, p, s->choices[p->candidate].echo_count++);
	if (buf_error(&s->scratch) != GB_OK)
		s->out->fail = buf_error(&s->scratch);
	chunk_begin(s, p->candidate, &jo);
	openai_chat_write_extra(&jo, "", 0, &s->scratch);
	chunk_end(s, &jo);
}

static void
take_code(struct openai_chat_stream *s, const struct piece *p)
{
	struct openai_stream_choice *c = &s->choices[p->candidate];

	buf_reset(&s->scratch);
	reply_text_fence(&s->scratch, p, !c->has_content);
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

/* A chunk of their own, behind what they are of. */
static void
take_tokens(struct openai_chat_stream *s, const struct piece *p)
{
	struct json_out jo;

	buf_reset(&s->scratch);
	jout_init(&jo, &s->scratch);
	openai_chat_write_tokens(&jo, p);
	if (buf_error(&s->scratch) != GB_OK)
		s->out->fail = buf_error(&s->scratch);
	if (s->scratch.len == 0)
		return;
	chunk_begin(s, p->candidate, &jo);
	jout_object_end(&jo);
	jout_key(&jo, "logprobs");
	openai_chat_write_logprobs(&jo, &s->scratch);
	buf_puts(s->out, ",\"finish_reason\":null}");
	event_end(s);
}

static void
stream_piece(void *writer, const struct reply *r, const struct piece *p)
{
	static void (*const take[])(struct openai_chat_stream *,
				    const struct piece *) = {
	    [PIECE_TEXT] = take_text,	  [PIECE_THOUGHT] = take_thought,
	    [PIECE_CALL] = take_call,	  [PIECE_BLOB] = take_blob,
	    [PIECE_CODE] = take_code,	  [PIECE_CODE_RESULT] = take_code,
	    [PIECE_SOURCE] = take_source, [PIECE_ECHO] = take_echo,
	    [PIECE_TOKENS] = take_tokens,
	};
	struct openai_chat_stream *s = writer;

	if (p->kind == PIECE_THOUGHT && s->options->hide_thoughts)
		return;
	choice_begin(s, r, p->candidate);
	take[p->kind](s, p);
}

static void
choice_finish(struct openai_chat_stream *s, const struct reply *r, unsigned at)
{
	const char *native;
	struct json_out jo;

	choice_begin(s, r, at);
	buf_reset(&s->scratch);
	reply_text_refusal(r, at, &s->scratch);
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

/* What comes after all choices. */
static enum gb_err
stream_end(struct openai_chat_stream *s, const struct reply *r)
{
	struct json_out jo;

	if (s->options->chat->include_usage) {
		buf_add(s->out, s->head.data, s->head.len);
		buf_putc(s->out, ']');
		jo = (struct json_out){s->out, true};
		openai_chat_write_tier(&jo, r);
		jout_key(&jo, "usage");
		openai_chat_write_usage(&jo, &r->usage);
		buf_puts(s->out, "}\n\n");
	}
	buf_puts(s->out, "data: [DONE]\n\n");
	return buf_error(s->out);
}

static enum gb_err
stream_finish(void *writer, const struct reply *r)
{
	struct openai_chat_stream *s = writer;
	unsigned i, finished;

	for (i = finished = 0; i < REPLY_CANDIDATES_MAX; i++) {
		if (!r->candidates[i].seen)
			continue;
		choice_finish(s, r, i);
		finished++;
	}
	if (finished == 0) /* a client reads choices[0], come what may */
		choice_finish(s, r, 0);
	return stream_end(s, r);
}

static enum gb_err
stream_finish_one(void *writer, const struct reply *r)
{
	struct openai_chat_stream *s = writer;

	choice_finish(s, r, r->number);
	return buf_error(s->out);
}

static enum gb_err
stream_join(void *writer, const struct reply *sum,
	    const struct buf *const *answers, size_t count)
{
	struct openai_chat_stream *s = writer;

	(void)answers;
	(void)count;
	make_head(s, sum);
	return stream_end(s, sum);
}

static void
stream_broken(void *writer, const struct api_error *e)
{
	struct openai_chat_stream *s = writer;

	buf_puts(s->out, "data: ");
	api_error_write_openai(e, s->out);
	buf_puts(s->out, "\n\ndata: [DONE]\n\n");
}

const struct writer_kind openai_chat_streamed = {
    .size = sizeof(struct openai_chat_stream),
    .init = stream_init,
    .release = stream_release,
    .piece = stream_piece,
    .finish = stream_finish,
    .broken = stream_broken,
    .finish_one = stream_finish_one,
    .join = stream_join,
    .tokens = true,
};
