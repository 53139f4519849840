/* openai_chat_reply.c: the writer that makes one chat.completion of an answer
 */
#include "dialect/openai/openai_chat_reply.h"

#include <string.h>

#include "dialect/openai/openai_chat_parts.h"
#include "dialect/reply_text.h"

/* What has come of one choice. */
struct openai_choice {
	struct buf content, reasoning;	   /* text */
	struct buf calls, images, sources; /* items of a JSON array */
	struct buf echoes, tokens;	   /* the same */
	struct sound sound;
	struct buf signature; /* of the text */
	unsigned image_count, echo_count;
	struct text_map map; /* of content */
};

struct openai_chat_reply {
	const struct writer_options *options;
	struct buf *out;
	struct openai_choice choices[REPLY_CANDIDATES_MAX];
	struct buf scratch;
};

/* The buffers of a choice, for what is done to each of them. */
static struct buf *
choice_buf(struct openai_choice *c, size_t which)
{
	struct buf *all[] = {&c->content, &c->reasoning, &c->calls,
			     &c->images,  &c->sources,	 &c->echoes,
			     &c->tokens,  &c->signature};

	return which < GB_COUNT(all) ? all[which] : NULL;
}

static void
whole_init(void *writer, const struct writer_options *options, struct buf *out,
	   size_t max)
{
	struct openai_chat_reply *s = writer;
	struct buf *b;
	size_t i, j;

	memset(s, 0, sizeof(*s));
	s->options = options;
	s->out = out;
	buf_init(&s->scratch, max);
	for (i = 0; i < REPLY_CANDIDATES_MAX; i++) {
		text_map_init(&s->choices[i].map);
		sound_init(&s->choices[i].sound, max);
		for (j = 0; (b = choice_buf(&s->choices[i], j)) != NULL; j++)
			buf_init(b, max);
	}
}

static void
whole_release(void *writer)
{
	struct openai_chat_reply *s = writer;
	struct buf *b;
	size_t i, j;

	for (i = 0; i < REPLY_CANDIDATES_MAX; i++) {
		text_map_release(&s->choices[i].map);
		sound_release(&s->choices[i].sound);
		for (j = 0; (b = choice_buf(&s->choices[i], j)) != NULL; j++)
			buf_release(b);
	}
	buf_release(&s->scratch);
}

/* Begin another item of an array that is kept as text. */
static void
item_begin(struct json_out *jo, struct buf *items)
{
	jout_init(jo, items);
	if (items->len > 0)
		buf_putc(items, ',');
}

static void
take_text(struct openai_chat_reply *s, struct openai_choice *c,
	  const struct piece *p)
{
	(void)s;
	buf_add(&c->content, p->text, p->text_len);
	text_map_add(&c->map, p->part, p->text, p->text_len);
}

static void
take_thought(struct openai_chat_reply *s, struct openai_choice *c,
	     const struct piece *p)
{
	(void)s;
	buf_add(&c->reasoning, p->text, p->text_len);
}

static void
take_call(struct openai_chat_reply *s, struct openai_choice *c,
	  const struct piece *p)
{
	struct json_out jo;

	if ((s->options->chat->function_call || s->options->chat->one_call) &&
	    c->calls.len > 0)
		return; /* it has no place for a second one */
	buf_reset(&s->scratch);
	openai_chat_args(s->options, p, &s->scratch);
	if (buf_error(&s->scratch) != GB_OK)
		c->calls.fail = buf_error(&s->scratch);
	item_begin(&jo, &c->calls);
	jout_object(&jo);
	if (s->options->chat->function_call)
		openai_chat_write_function_call(&jo, s->options, p,
						&s->scratch);
	else
		openai_chat_write_call(&jo, s->options, p, &s->scratch);
	jout_object_end(&jo);
}

/* Other kinds of file have no place in a chat.completion. */
static void
take_blob(struct openai_chat_reply *s, struct openai_choice *c,
	  const struct piece *p)
{
	struct json_out jo;

	(void)s;
	if (openai_chat_is_image(p)) {
		item_begin(&jo, &c->images);
		openai_chat_write_image(&jo, p, c->image_count++);
	} else if (openai_chat_is_audio(p)) {
		sound_add(&c->sound, p->mime, p->text, p->text_len);
	}
}

static void
take_code(struct openai_chat_reply *s, struct openai_choice *c,
	  const struct piece *p)
{
	size_t from;

	(void)s;
	from = c->content.len;
	reply_text_fence(&c->content, p, from == 0);
	if (buf_error(&c->content) == GB_OK)
		text_map_add(&c->map, TEXT_MAP_OURS, c->content.data + from,
			     c->content.len - from);
}

static void
take_source(struct openai_chat_reply *s, struct openai_choice *c,
	    const struct piece *p)
{
	struct json_out jo;

	(void)s;
	item_begin(&jo, &c->sources);
	jout_object(&jo);
	openai_chat_write_source(&jo, p, &c->map);
	jout_object_end(&jo);
}

static void
take_echo(struct openai_chat_reply *s, struct openai_choice *c,
	  const struct piece *p)
{
	struct json_out jo;

	(void)s;
	item_begin(&jo, &c->echoes);
	openai_chat_write_echo(&jo, p, c->echo_count++);
}

static void
take_tokens(struct openai_chat_reply *s, struct openai_choice *c,
	    const struct piece *p)
{
	struct json_out jo;

	buf_reset(&s->scratch);
	jout_init(&jo, &s->scratch);
	openai_chat_write_tokens(&jo, p);
	if (buf_error(&s->scratch) != GB_OK)
		c->tokens.fail = buf_error(&s->scratch);
	if (s->scratch.len == 0)
		return;
	item_begin(&jo, &c->tokens);
	jout_raw(&jo, s->scratch.data, s->scratch.len);
}

static void
whole_piece(void *writer, const struct reply *r, const struct piece *p)
{
	static void (*const take[])(struct openai_chat_reply *,
				    struct openai_choice *,
				    const struct piece *) = {
	    [PIECE_TEXT] = take_text,	  [PIECE_THOUGHT] = take_thought,
	    [PIECE_CALL] = take_call,	  [PIECE_BLOB] = take_blob,
	    [PIECE_CODE] = take_code,	  [PIECE_CODE_RESULT] = take_code,
	    [PIECE_SOURCE] = take_source, [PIECE_ECHO] = take_echo,
	    [PIECE_TOKENS] = take_tokens,
	};
	struct openai_chat_reply *s = writer;
	struct openai_choice *c;

	(void)r;
	if (p->kind == PIECE_THOUGHT && s->options->hide_thoughts)
		return;
	c = &s->choices[p->candidate];
	take[p->kind](s, c, p);
	if (p->kind != PIECE_CALL && c->signature.len == 0)
		buf_add(&c->signature, p->signature, p->signature_len);
}

static void
write_items(struct json_out *jo, const char *key, const struct buf *items)
{
	if (items->len == 0)
		return;
	jout_key(jo, key);
	jout_array(jo);
	jout_raw(jo, items->data, items->len);
	jout_array_end(jo);
}

static void
write_calls(struct json_out *jo, const struct openai_chat_reply *s,
	    const struct buf *calls)
{
	if (!s->options->chat->function_call) {
		write_items(jo, "tool_calls", calls);
	} else if (calls->len > 0) {
		jout_key(jo, "function_call");
		jout_raw(jo, calls->data, calls->len);
	}
}

static void
write_text(struct json_out *jo, const char *key, const struct buf *text)
{
	jout_key(jo, key);
	if (text->len == 0)
		jout_null(jo);
	else
		jout_string_len(jo, text->data, text->len);
}

static void
write_sound(struct json_out *jo, struct openai_chat_reply *s, unsigned at)
{
	struct openai_choice *c = &s->choices[at];

	if (c->sound.bytes.len == 0)
		return;
	buf_reset(&s->scratch);
	sound_take(&c->sound, s->options->chat->gen.sound, &s->scratch);
	if (buf_error(&s->scratch) != GB_OK)
		s->out->fail = buf_error(&s->scratch);
	jout_key(jo, "audio");
	openai_chat_write_audio(jo, s->options, at, true, buf_str(&s->scratch),
				s->scratch.len);
}

static void
write_message(struct json_out *jo, struct openai_chat_reply *s,
	      const struct reply *r, unsigned at)
{
	struct openai_choice *c;

	c = &s->choices[at];
	buf_reset(&s->scratch);
	reply_text_refusal(r, at, &s->scratch);
	jout_object(jo);
	jout_key_string(jo, "role", "assistant");
	write_text(jo, "content", &c->content);
	write_text(jo, "refusal", &s->scratch);
	if (c->reasoning.len > 0)
		write_text(jo, "reasoning_content", &c->reasoning);
	write_calls(jo, s, &c->calls);
	write_items(jo, "images", &c->images);
	write_items(jo, "annotations", &c->sources);
	write_sound(jo, s, at);
	openai_chat_write_extra(jo, buf_str(&c->signature), c->signature.len,
				&c->echoes);
	jout_object_end(jo);
}

static void
write_choice(struct json_out *jo, struct openai_chat_reply *s,
	     const struct reply *r, unsigned at)
{
	const char *native;

	jout_object(jo);
	jout_key_int(jo, "index", at);
	jout_key(jo, "message");
	write_message(jo, s, r, at);
	jout_key(jo, "logprobs");
	openai_chat_write_logprobs(jo, &s->choices[at].tokens);
	jout_key_string(jo, "finish_reason",
			openai_chat_finish(s->options, r, at));
	native = openai_chat_native_finish(r, at);
	if (native != NULL)
		jout_key_string(jo, "native_finish_reason", native);
	jout_object_end(jo);
}

static enum gb_err
choices_error(struct openai_chat_reply *s)
{
	struct buf *b;
	size_t i, j;

	for (i = 0; i < REPLY_CANDIDATES_MAX; i++)
		for (j = 0; (b = choice_buf(&s->choices[i], j)) != NULL; j++)
			if (buf_error(b) != GB_OK)
				return buf_error(b);
	return GB_OK;
}

/* What goes before the choices, and after them. */
static void
begin_answer(struct json_out *jo, const struct openai_chat_reply *s,
	     const struct reply *r)
{
	char id[OPENAI_ID_SIZE];

	openai_chat_id(id, s->options, r);
	jout_init(jo, s->out);
	jout_object(jo);
	jout_key_string(jo, "id", id);
	jout_key_string(jo, "object", "chat.completion");
	jout_key_int(jo, "created", s->options->created);
	jout_key_string(jo, "model", s->options->model);
	jout_key(jo, "choices");
	jout_array(jo);
}

static void
end_answer(struct json_out *jo, const struct reply *r)
{
	jout_array_end(jo);
	openai_chat_write_tier(jo, r);
	jout_key(jo, "usage");
	openai_chat_write_usage(jo, &r->usage);
	jout_object_end(jo);
}

static enum gb_err
whole_finish(void *writer, const struct reply *r)
{
	struct openai_chat_reply *s = writer;
	struct json_out jo;
	enum gb_err rc;
	unsigned i, written;

	if ((rc = choices_error(s)) != GB_OK)
		return rc;
	begin_answer(&jo, s, r);
	for (i = written = 0; i < REPLY_CANDIDATES_MAX; i++) {
		if (!r->candidates[i].seen)
			continue;
		write_choice(&jo, s, r, i);
		written++;
	}
	if (written == 0) /* a client reads choices[0], come what may */
		write_choice(&jo, s, r, 0);
	end_answer(&jo, r);
	return buf_error(s->out);
}

/* The choice, as join() takes it. */
static enum gb_err
whole_finish_one(void *writer, const struct reply *r)
{
	struct openai_chat_reply *s = writer;
	struct json_out jo;
	enum gb_err rc;

	if ((rc = choices_error(s)) != GB_OK)
		return rc;
	jout_init(&jo, s->out);
	write_choice(&jo, s, r, r->number);
	return buf_error(s->out);
}

static enum gb_err
whole_join(void *writer, const struct reply *sum,
	   const struct buf *const *answers, size_t count)
{
	struct openai_chat_reply *s = writer;
	struct json_out jo;
	size_t i;

	begin_answer(&jo, s, sum);
	for (i = 0; i < count; i++)
		jout_raw(&jo, answers[i]->data, answers[i]->len);
	end_answer(&jo, sum);
	return buf_error(s->out);
}

const struct writer_kind openai_chat_whole = {
    .size = sizeof(struct openai_chat_reply),
    .init = whole_init,
    .release = whole_release,
    .piece = whole_piece,
    .finish = whole_finish,
    .finish_one = whole_finish_one,
    .join = whole_join,
    .tokens = true,
};
