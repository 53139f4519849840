/* completions_reply.c: the writers that make a text_completion of an answer,
 * whole or as events */
#include "dialect/openai/completions_reply.h"

#include <stdio.h>
#include <string.h>

#include "dialect/openai/openai_chat_parts.h"
#include "dialect/reply_text.h"

#define HEAD_MAX 8192 /* bytes: an id and a model's name, escaped, and keys */

/* Tokens and how likely they were, as items of JSON arrays side by side. */
struct likely {
	struct buf tokens, logprobs, tops, offsets;
};

/* What has come of one choice. */
struct completion {
	bool begun;	 /* its prompt, if that is wanted */
	bool has_text;	 /* of the model */
	struct buf text; /* of an answer that is written whole */
	struct likely likely;
	int64_t chars; /* of the tokens so far: where the next one stands */
};

struct completions {
	const struct writer_options *options;
	struct buf *out;
	bool streamed;
	struct buf head; /* of every event, up to its choices */
	struct buf scratch;
	struct completion choices[REPLY_CANDIDATES_MAX];
};

/* --- tokens --------------------------------------------------------------- */

static void
likely_init(struct likely *l, size_t max)
{
	buf_init(&l->tokens, max);
	buf_init(&l->logprobs, max);
	buf_init(&l->tops, max);
	buf_init(&l->offsets, max);
}

static void
likely_release(struct likely *l)
{
	buf_release(&l->tokens);
	buf_release(&l->logprobs);
	buf_release(&l->tops);
	buf_release(&l->offsets);
}

static void
likely_reset(struct likely *l)
{
	buf_reset(&l->tokens);
	buf_reset(&l->logprobs);
	buf_reset(&l->tops);
	buf_reset(&l->offsets);
}

static enum gb_err
likely_error(const struct likely *l)
{
	const struct buf *const all[] = {&l->tokens, &l->logprobs, &l->tops,
					 &l->offsets};
	size_t i;

	for (i = 0; i < GB_COUNT(all); i++)
		if (buf_error(all[i]) != GB_OK)
			return buf_error(all[i]);
	return GB_OK;
}

/* Begin another item of an array that is kept as text. */
static void
item_begin(struct json_out *jo, struct buf *items)
{
	jout_init(jo, items);
	if (items->len > 0)
		buf_putc(items, ',');
}

/* Those that could have stood in the place of token "at", by their text. */
static void
add_tops(struct buf *tops, const struct piece *p, size_t at)
{
	struct reply_token token;
	struct json_out jo;
	size_t i;

	item_begin(&jo, tops);
	jout_object(&jo);
	for (i = 0; reply_top_token(p, at, i, &token); i++) {
		jout_key(&jo, token.text);
		jout_double(&jo, token.logprob);
	}
	jout_object_end(&jo);
}

/* OpenAI counts characters. */
static int64_t
count_chars(const char *text, size_t len)
{
	int64_t chars = 0;
	size_t i;

	for (i = 0; i < len; i++)
		chars += ((unsigned char)text[i] & 0xC0) != 0x80;
	return chars;
}

static void
add_tokens(struct completion *c, const struct piece *p)
{
	struct reply_token token;
	struct json_out jo;
	size_t i;

	for (i = 0; reply_token(p, i, &token); i++) {
		item_begin(&jo, &c->likely.tokens);
		jout_string_len(&jo, token.text, token.len);
		item_begin(&jo, &c->likely.logprobs);
		jout_double(&jo, token.logprob);
		item_begin(&jo, &c->likely.offsets);
		jout_int(&jo, c->chars);
		add_tops(&c->likely.tops, p, i);
		c->chars += count_chars(token.text, token.len);
	}
}

static void
write_array(struct json_out *jo, const char *key, const struct buf *items)
{
	jout_key(jo, key);
	jout_array(jo);
	jout_raw(jo, items->data, items->len);
	jout_array_end(jo);
}

/* "likely" NULL, or without a token: there is nothing to tell. */
static void
write_likely(struct json_out *jo, const struct completions *s,
	     const struct likely *l)
{
	jout_key(jo, "logprobs");
	if (l == NULL || l->tokens.len == 0) {
		jout_null(jo);
		return;
	}
	jout_object(jo);
	write_array(jo, "tokens", &l->tokens);
	write_array(jo, "token_logprobs", &l->logprobs);
	if (s->options->chat->gen.top_logprobs > 0)
		write_array(jo, "top_logprobs", &l->tops);
	write_array(jo, "text_offset", &l->offsets);
	jout_object_end(jo);
}

/* --- choices -------------------------------------------------------------- */

/* No tools are offered, so that none is called. */
static const char *
finish_of(const struct completions *s, const struct reply *r, unsigned at)
{
	const char *word = openai_chat_finish(s->options, r, at);

	return strcmp(word, "length") == 0 ||
		       strcmp(word, "content_filter") == 0
		   ? word
		   : "stop";
}

/* One choice; "r" NULL: it is not over yet. */
static void
write_choice(struct completions *s, const struct reply *r, unsigned at,
	     const char *text, size_t len, const struct likely *l)
{
	const char *native;
	struct json_out jo;

	jout_init(&jo, s->out);
	jout_object(&jo);
	jout_key(&jo, "text");
	jout_string_len(&jo, text, len);
	jout_key_int(&jo, "index", at);
	write_likely(&jo, s, l);
	jout_key(&jo, "finish_reason");
	if (r == NULL)
		jout_null(&jo);
	else
		jout_string(&jo, finish_of(s, r, at));
	native = r == NULL ? NULL : openai_chat_native_finish(r, at);
	if (native != NULL)
		jout_key_string(&jo, "native_finish_reason", native);
	jout_object_end(&jo);
}

/* What all answers, and all events of a stream, begin with. */
static void
write_head(struct completions *s, const struct reply *r, struct buf *out)
{
	char id[OPENAI_ID_SIZE];
	struct json_out jo;

	(void)snprintf(id, sizeof(id), "cmpl-%s",
		       r->response_id[0] != '\0' && !s->options->several
			   ? r->response_id
			   : s->options->seed);
	jout_init(&jo, out);
	jout_object(&jo);
	jout_key_string(&jo, "id", id);
	jout_key_string(&jo, "object", "text_completion");
	jout_key_int(&jo, "created", s->options->created);
	jout_key_string(&jo, "model", s->options->model);
	jout_key(&jo, "choices");
	jout_array(&jo);
}

/* Gemini's id is known since the first event. */
static void
make_head(struct completions *s, const struct reply *r)
{
	if (s->head.len > 0)
		return;
	buf_puts(&s->head, "data: ");
	write_head(s, r, &s->head);
	if (buf_error(&s->head) != GB_OK)
		s->out->fail = buf_error(&s->head);
}

/* "over" NULL: it is not over yet. */
static void
write_event(struct completions *s, const struct reply *over, unsigned at,
	    const char *text, size_t len, const struct likely *l)
{
	buf_add(s->out, s->head.data, s->head.len);
	write_choice(s, over, at, text, len, l);
	buf_puts(s->out, s->options->chat->include_usage
			     ? "],\"usage\":null}\n\n"
			     : "]}\n\n");
}

/* Text of a choice, as it comes. */
static void
add_text(struct completions *s, unsigned at, const char *text, size_t len)
{
	if (len == 0)
		return;
	if (s->streamed)
		write_event(s, NULL, at, text, len, NULL);
	else
		buf_add(&s->choices[at].text, text, len);
}

/* Before the first piece of a choice: its prompt, if that is wanted. */
static void
choice_begin(struct completions *s, const struct reply *r, unsigned at)
{
	const struct chat *chat = s->options->chat;
	struct text prompt;

	if (s->choices[at].begun)
		return;
	s->choices[at].begun = true;
	if (s->streamed)
		make_head(s, r);
	if (!chat->echo)
		return;
	prompt = chat_prompt(chat, at);
	add_text(s, at, prompt.ptr, prompt.len);
}

/* --- pieces --------------------------------------------------------------- */

/* What is text only by our making. */
static void
take_made_up(struct completions *s, const struct piece *p,
	     void (*write)(struct buf *, const struct piece *, bool first))
{
	struct completion *c = &s->choices[p->candidate];

	buf_reset(&s->scratch);
	write(&s->scratch, p, !c->has_text);
	if (buf_error(&s->scratch) != GB_OK)
		s->out->fail = buf_error(&s->scratch);
	c->has_text = true;
	add_text(s, p->candidate, buf_str(&s->scratch), s->scratch.len);
}

static void
take_text(struct completions *s, const struct piece *p)
{
	if (p->text_len > 0)
		s->choices[p->candidate].has_text = true;
	add_text(s, p->candidate, p->text, p->text_len);
}

static void
take_blob(struct completions *s, const struct piece *p)
{
	if (openai_chat_is_image(p))
		take_made_up(s, p, reply_text_picture);
}

static void
take_code(struct completions *s, const struct piece *p)
{
	take_made_up(s, p, reply_text_fence);
}

/* In a stream an event of their own, behind what they are of. */
static void
take_tokens(struct completions *s, const struct piece *p)
{
	struct completion *c = &s->choices[p->candidate];

	if (s->streamed)
		likely_reset(&c->likely);
	add_tokens(c, p);
	if (!s->streamed)
		return;
	if (likely_error(&c->likely) != GB_OK)
		s->out->fail = likely_error(&c->likely);
	else if (c->likely.tokens.len > 0)
		write_event(s, NULL, p->candidate, "", 0, &c->likely);
}

static void
completions_piece(void *writer, const struct reply *r, const struct piece *p)
{
	static void (*const take[])(struct completions *,
				    const struct piece *) = {
	    [PIECE_TEXT] = take_text,	  [PIECE_BLOB] = take_blob,
	    [PIECE_CODE] = take_code,	  [PIECE_CODE_RESULT] = take_code,
	    [PIECE_TOKENS] = take_tokens,
	};
	struct completions *s = writer;

	choice_begin(s, r, p->candidate);
	if (p->kind < GB_COUNT(take) && take[p->kind] != NULL)
		take[p->kind](s, p);
}

/* --- beginning and end ---------------------------------------------------- */

static void
init(struct completions *s, const struct writer_options *options,
     struct buf *out, size_t max, bool streamed)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	s->options = options;
	s->out = out;
	s->streamed = streamed;
	buf_init(&s->head, HEAD_MAX);
	buf_init(&s->scratch, max);
	for (i = 0; i < REPLY_CANDIDATES_MAX; i++) {
		buf_init(&s->choices[i].text, max);
		likely_init(&s->choices[i].likely, max);
	}
}

static void
whole_init(void *writer, const struct writer_options *options, struct buf *out,
	   size_t max)
{
	init(writer, options, out, max, false);
}

static void
stream_init(void *writer, const struct writer_options *options, struct buf *out,
	    size_t max)
{
	init(writer, options, out, max, true);
}

static void
completions_release(void *writer)
{
	struct completions *s = writer;
	size_t i;

	buf_release(&s->head);
	buf_release(&s->scratch);
	for (i = 0; i < REPLY_CANDIDATES_MAX; i++) {
		buf_release(&s->choices[i].text);
		likely_release(&s->choices[i].likely);
	}
}

/* A choice is over: all of it, or of a stream its end. */
static enum gb_err
finish_choice(struct completions *s, const struct reply *r, unsigned at)
{
	struct completion *c = &s->choices[at];
	enum gb_err rc;

	choice_begin(s, r, at);
	if (s->streamed) {
		write_event(s, r, at, "", 0, NULL);
		return buf_error(s->out);
	}
	if ((rc = buf_error(&c->text)) != GB_OK ||
	    (rc = likely_error(&c->likely)) != GB_OK ||
	    (rc = buf_error(s->out)) != GB_OK)
		return rc;
	write_choice(s, r, at, buf_str(&c->text), c->text.len, &c->likely);
	return buf_error(s->out);
}

/* Every choice that there is; a client reads choices[0], come what may. */
static enum gb_err
finish_choices(struct completions *s, const struct reply *r)
{
	enum gb_err rc = GB_OK;
	unsigned i, written;

	for (i = written = 0; i < REPLY_CANDIDATES_MAX && rc == GB_OK; i++) {
		if (!r->candidates[i].seen)
			continue;
		if (written++ > 0 && !s->streamed)
			buf_putc(s->out, ',');
		rc = finish_choice(s, r, i);
	}
	return rc == GB_OK && written == 0 ? finish_choice(s, r, 0) : rc;
}

/* What comes after the choices of a whole answer. */
static enum gb_err
whole_end(struct completions *s, const struct reply *r)
{
	struct json_out jo = {s->out, true};

	buf_putc(s->out, ']');
	jout_key(&jo, "usage");
	openai_chat_write_usage(&jo, &r->usage);
	buf_putc(s->out, '}');
	return buf_error(s->out);
}

static enum gb_err
whole_finish(void *writer, const struct reply *r)
{
	struct completions *s = writer;
	enum gb_err rc;

	write_head(s, r, s->out);
	rc = finish_choices(s, r);
	return rc == GB_OK ? whole_end(s, r) : rc;
}

static enum gb_err
finish_one(void *writer, const struct reply *r)
{
	return finish_choice(writer, r, r->number);
}

static enum gb_err
whole_join(void *writer, const struct reply *sum,
	   const struct buf *const *answers, size_t count)
{
	struct completions *s = writer;
	size_t i;

	write_head(s, sum, s->out);
	for (i = 0; i < count; i++) {
		if (i > 0)
			buf_putc(s->out, ',');
		buf_add(s->out, answers[i]->data, answers[i]->len);
	}
	return whole_end(s, sum);
}

/* What comes after all choices of a stream. */
static enum gb_err
stream_end(struct completions *s, const struct reply *r)
{
	if (s->options->chat->include_usage) {
		buf_add(s->out, s->head.data, s->head.len);
		(void)whole_end(s, r); /* shows below */
		buf_puts(s->out, "\n\n");
	}
	buf_puts(s->out, "data: [DONE]\n\n");
	return buf_error(s->out);
}

static enum gb_err
stream_finish(void *writer, const struct reply *r)
{
	struct completions *s = writer;
	enum gb_err rc;

	rc = finish_choices(s, r);
	return rc == GB_OK ? stream_end(s, r) : rc;
}

static enum gb_err
stream_join(void *writer, const struct reply *sum,
	    const struct buf *const *answers, size_t count)
{
	struct completions *s = writer;

	(void)answers;
	(void)count;
	make_head(s, sum);
	return stream_end(s, sum);
}

static void
stream_broken(void *writer, const struct api_error *e)
{
	struct completions *s = writer;

	buf_puts(s->out, "data: ");
	api_error_write_openai(e, s->out);
	buf_puts(s->out, "\n\ndata: [DONE]\n\n");
}

const struct writer_kind completions_whole = {
    .size = sizeof(struct completions),
    .init = whole_init,
    .release = completions_release,
    .piece = completions_piece,
    .finish = whole_finish,
    .finish_one = finish_one,
    .join = whole_join,
    .tokens = true,
};

const struct writer_kind completions_streamed = {
    .size = sizeof(struct completions),
    .init = stream_init,
    .release = completions_release,
    .piece = completions_piece,
    .finish = stream_finish,
    .broken = stream_broken,
    .finish_one = finish_one,
    .join = stream_join,
    .tokens = true,
};
