/* golden_reply.c: golden cases of Gemini's answers in a client's dialect */
#include "golden_reply.h"

#include "unit.h"

#include <stdlib.h>

#include <json-c/json.h>

#include "dialect/thought_text.h"

/* What becomes of one case. */
struct outcome {
	const struct golden_dialect *dialect;
	struct json_object *json; /* options.json, or NULL */
	struct chat chat;	  /* that was asked */
	struct writer_options options;
	struct reply reply;
	struct api_error error; /* what went wrong before anything was sent */
	struct buf out;

	const struct writer_kind *kind;
	void *writer;
	bool tagged; /* thoughts go through "thoughts" */
	struct thought_text thoughts;
	struct piece_sink sink;
};

/* A member of options.json; NULL: not there. */
static struct json_object *
option(const struct outcome *o, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(o->json, key, &value) ? value : NULL;
}

static bool
is_set(const struct outcome *o, const char *key)
{
	return json_object_get_boolean(option(o, key));
}

/* Tools by Gemini's name: the client's. */
static void
declare(struct outcome *o, struct json_object *names, bool custom)
{
	struct chat_tool *tool;
	enum gb_err why;

	if (names == NULL)
		return;
	json_object_object_foreach(names, name, given)
	{
		tool = chat_add_tool(&o->chat, &why);
		assert_non_null(tool);
		tool->name = text_from(name);
		tool->given = json_object_get_string(given);
		tool->custom = custom;
	}
}

/* Prompts that are echoed. */
static void
prompt(struct outcome *o, struct json_object *prompts)
{
	struct chat *chat = &o->chat;

	if (prompts == NULL)
		return;
	chat->echo = true;
	chat->n =
	    o->options.several ? json_object_get_int(option(o, "several")) : 1;
	for (; chat->prompt_count < json_object_array_length(prompts);
	     chat->prompt_count++)
		chat->prompts[chat->prompt_count] = text_of(
		    json_object_array_get_idx(prompts, chat->prompt_count));
}

static void
outcome_init(struct outcome *o, const struct golden *g,
	     const struct golden_dialect *dialect)
{
	memset(o, 0, sizeof(*o));
	o->dialect = dialect;
	buf_init(&o->out, GOLDEN_FILE_MAX);
	reply_init(&o->reply, dialect->call_prefix, GOLDEN_SEED);
	api_error_clear(&o->error);
	chat_init(&o->chat);
	o->json = golden_json(g, "options.json");
	o->options.model = "gemini-test";
	if (option(o, "model") != NULL)
		o->options.model = json_object_get_string(option(o, "model"));
	o->options.chat = &o->chat;
	o->options.seed = GOLDEN_SEED;
	o->options.created = GOLDEN_TIME;
	o->options.hide_thoughts = is_set(o, "hide_thoughts");
	o->options.several = option(o, "several") != NULL;
	o->chat.root = json_object_get(option(o, "request"));
	o->chat.include_usage = is_set(o, "include_usage");
	o->chat.function_call = is_set(o, "function_call");
	o->chat.one_call = is_set(o, "one_call");
	o->chat.thinking_blocks = is_set(o, "thinking_blocks");
	o->chat.gen.top_logprobs =
	    json_object_get_int(option(o, "top_logprobs"));
	prompt(o, option(o, "prompts"));
	if (option(o, "sound") != NULL)
		o->chat.gen.sound = SOUND_PCM;
	declare(o, option(o, "names"), false);
	declare(o, option(o, "custom"), true);
}

static void
outcome_release(struct outcome *o)
{
	chat_release(&o->chat);
	json_object_put(o->json);
	buf_release(&o->out);
}

static void
writer_begin(struct outcome *o, const struct writer_kind *kind)
{
	o->kind = kind;
	o->writer = calloc(1, kind->size);
	assert_non_null(o->writer);
	kind->init(o->writer, &o->options, &o->out, GOLDEN_FILE_MAX);
	o->sink = (struct piece_sink){kind->piece, o->writer};
	o->reply.wants_tokens = kind->tokens;
	o->tagged = option(o, "thought_tag") != NULL;
	if (!o->tagged)
		return;
	thought_text_init(&o->thoughts,
			  json_object_get_string(option(o, "thought_tag")),
			  o->sink);
	o->sink = thought_text_sink(&o->thoughts);
}

static void
writer_finish(struct outcome *o)
{
	if (o->tagged)
		thought_text_finish(&o->thoughts, &o->reply);
	CHECK_INT("finish", o->kind->finish(o->writer, &o->reply), GB_OK);
}

static void
writer_end(struct outcome *o)
{
	o->kind->release(o->writer);
	free(o->writer);
}

/* What a caller makes of an answer that is no reply. */
static void
set_error(struct outcome *o, enum reply_read read, const char *json, size_t len)
{
	int status;

	status = option(o, "status") == NULL
		     ? 200
		     : json_object_get_int(option(o, "status"));
	if (read == REPLY_ERROR)
		api_error_from_upstream(
		    &o->error, status, json, len,
		    "AIzaSecretSecretSecretSecretSecret12345", false, false);
	else
		api_error_set(&o->error, FAULT_UPSTREAM, NULL, "garbage");
}

static void
run_whole(struct outcome *o, const struct buf *gemini)
{
	enum reply_read read;

	writer_begin(o, o->dialect->whole);
	read = reply_read(&o->reply, buf_str(gemini), gemini->len, &o->sink);
	if (read != REPLY_OK)
		set_error(o, read, buf_str(gemini), gemini->len);
	else if (reply_end(&o->reply) == REPLY_EMPTY && !option(o, "force"))
		api_error_set(&o->error, FAULT_EMPTY, NULL, "empty");
	else
		writer_finish(o);
	writer_end(o);
}

static void
end_stream(struct outcome *o)
{
	enum reply_end end;

	end = reply_end(&o->reply);
	if (end == REPLY_COMPLETE || option(o, "force") != NULL) {
		writer_finish(o);
		return;
	}
	api_error_set(&o->error,
		      end == REPLY_CUT ? FAULT_UPSTREAM : FAULT_EMPTY, NULL,
		      end == REPLY_CUT ? "cut" : "empty");
	if (o->out.len > 0)
		o->kind->broken(o->writer, &o->error);
}

static void
run_stream(struct outcome *o, const struct buf *gemini)
{
	struct golden_event ev;
	enum reply_read read = REPLY_OK;
	const char *at = buf_str(gemini);

	writer_begin(o, o->dialect->streamed);
	while (read == REPLY_OK && golden_next_event(&at, &ev)) {
		read = reply_read(&o->reply, ev.data, ev.data_len, &o->sink);
		if (read == REPLY_OK)
			continue;
		set_error(o, read, ev.data, ev.data_len);
		if (o->out.len > 0)
			o->kind->broken(o->writer, &o->error);
	}
	if (read == REPLY_OK)
		end_stream(o);
	writer_end(o);
}

/* --- several answers to one question -------------------------------------- */

/* One of them, with a writer and a reply of its own; its events in "text". */
struct answer {
	struct outcome o;
	struct buf text;
	const char *at;
	bool over;
};

static void
answer_begin(struct answer *a, const struct outcome *whole, unsigned number,
	     const struct writer_kind *kind)
{
	a->o.dialect = whole->dialect;
	a->o.json = whole->json;
	a->o.options = whole->options;
	buf_init(&a->o.out, GOLDEN_FILE_MAX);
	reply_init(&a->o.reply, whole->dialect->call_prefix, GOLDEN_SEED);
	reply_narrow(&a->o.reply, number);
	writer_begin(&a->o, kind);
	a->at = buf_str(&a->text);
}

static void
answer_read(struct answer *a, const char *json, size_t len)
{
	CHECK_INT(json, reply_read(&a->o.reply, json, len, &a->o.sink),
		  REPLY_OK);
}

static void
answer_finish(struct answer *a)
{
	if (a->o.tagged)
		thought_text_finish(&a->o.thoughts, &a->o.reply);
	CHECK_INT("finish", a->o.kind->finish_one(a->o.writer, &a->o.reply),
		  GB_OK);
	a->over = true;
}

/* An event of each in turn; what comes of it goes to "out" at once. */
static void
play_streams(struct answer *answers, size_t count, struct buf *out)
{
	struct golden_event ev;
	struct answer *a;
	size_t left;

	for (left = count; left > 0;)
		for (a = answers; a < answers + count; a++) {
			if (a->over)
				continue;
			if (golden_next_event(&a->at, &ev)) {
				answer_read(a, ev.data, ev.data_len);
			} else {
				answer_finish(a);
				left--;
			}
			buf_add(out, buf_str(&a->o.out), a->o.out.len);
			buf_reset(&a->o.out);
		}
}

static void
join_answers(struct outcome *o, const struct answer *answers, size_t count)
{
	const struct buf *texts[REPLY_CANDIDATES_MAX];
	size_t i;

	for (i = 0; i < count; i++) {
		reply_sum(&o->reply, &answers[i].o.reply);
		texts[i] = &answers[i].o.out;
	}
	CHECK_INT("join", o->kind->join(o->writer, &o->reply, texts, count),
		  GB_OK);
}

/* Whether there is an answer "number"; its file then is in "text". */
static bool
read_answer(const struct golden *g, unsigned number, const char *ending,
	    struct buf *text)
{
	char file[32];

	buf_init(text, GOLDEN_FILE_MAX);
	(void)snprintf(file, sizeof(file), "gemini_%u.%s", number, ending);
	return golden_text(g, file, text);
}

static void
run_several(struct outcome *o, const struct golden *g)
{
	struct answer answers[REPLY_CANDIDATES_MAX], *a;
	const struct writer_kind *kind;
	const char *ending = "json";
	unsigned i, count;

	memset(answers, 0, sizeof(answers));
	count = (unsigned)json_object_get_int(option(o, "several"));
	if (!read_answer(g, 0, ending, &answers[0].text))
		ending = "sse";
	buf_release(&answers[0].text);
	kind = *ending == 'j' ? o->dialect->whole : o->dialect->streamed;
	writer_begin(o, kind);
	for (i = 0; i < count; i++) {
		a = &answers[i];
		CHECK(g->name, read_answer(g, i, ending, &a->text));
		answer_begin(a, o, i, kind);
	}
	if (*ending == 's')
		play_streams(answers, count, &o->out);
	for (a = answers; a < answers + count && *ending == 'j'; a++) {
		answer_read(a, a->at, a->text.len);
		answer_finish(a);
	}
	join_answers(o, answers, count);
	writer_end(o);
	for (a = answers; a < answers + count; a++) {
		writer_end(&a->o);
		buf_release(&a->o.out);
		buf_release(&a->text);
	}
}

static bool
same_error(const struct golden *g, struct outcome *o, struct json_object *want)
{
	struct json_object *status, *body;
	int have;

	if (o->out.len > 0 || o->error.fault == FAULT_NONE)
		return golden_fail(g, "have no error, but %s",
				   buf_str(&o->out));
	if (!json_object_object_get_ex(want, "status", &status) ||
	    !json_object_object_get_ex(want, "body", &body))
		return golden_fail(g, "error.json needs status and body");
	have = o->dialect->status == NULL ? o->error.status
					  : o->dialect->status(&o->error);
	if (have != json_object_get_int(status))
		return golden_fail(g, "status: have %d, want %d", have,
				   json_object_get_int(status));
	o->dialect->write_error(&o->error, &o->out);
	return golden_same_json(g, &o->out, body);
}

/* Compare with whichever file says what is wanted. */
static bool
same_outcome(const struct golden *g, struct outcome *o)
{
	char json[64], sse[64];
	struct json_object *want;
	struct buf text;
	bool same;

	(void)snprintf(json, sizeof(json), "%s.json", o->dialect->name);
	(void)snprintf(sse, sizeof(sse), "%s.sse", o->dialect->name);
	buf_init(&text, GOLDEN_FILE_MAX);
	if ((want = golden_json(g, "error.json")) != NULL)
		same = same_error(g, o, want);
	else if (o->out.len == 0)
		same = golden_fail(g, "have the error %s, want an answer",
				   o->error.message);
	else if ((want = golden_json(g, json)) != NULL)
		same = golden_same_json(g, &o->out, want);
	else if (golden_text(g, sse, &text))
		same = golden_same_events(g, buf_str(&o->out), buf_str(&text));
	else
		same = golden_fail(g, "says nothing of what is wanted; have %s",
				   buf_str(&o->out));
	json_object_put(want);
	buf_release(&text);
	return same;
}

bool
golden_reply_play(const struct golden *g, const struct golden_dialect *dialect)
{
	struct outcome o;
	struct buf gemini;
	bool good = true;

	outcome_init(&o, g, dialect);
	buf_init(&gemini, GOLDEN_FILE_MAX);
	if (o.options.several)
		run_several(&o, g);
	else if (golden_text(g, "gemini.json", &gemini))
		run_whole(&o, &gemini);
	else if (golden_text(g, "gemini.sse", &gemini))
		run_stream(&o, &gemini);
	else
		good = golden_fail(g, "has neither gemini.json nor gemini.sse");
	good = good && same_outcome(g, &o);
	buf_release(&gemini);
	outcome_release(&o);
	return good;
}
