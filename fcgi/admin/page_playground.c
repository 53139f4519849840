/* page_playground.c: try a model, with any key or with one */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/model_choice.h"
#include "admin/pages.h"
#include "api/play.h"
#include "base/clock.h"
#include "dialect/json/json_out.h"
#include "dialect/json/json_tree.h"
#include "store/key_brief.h"

#include <json-c/json.h>

#define KEYS_SHOWN 100 /* in a list; more are chosen by id */
#define CHAT_MAX   (ADMIN_BODY_MAX * 2)
#define OUTPUT_MAX INT64_C(1000000) /* tokens of an answer */
#define ANY_VERTEX "vertex"	    /* of Vertex AI's keys, instead of an id */

/* What is wanted, as the form has it. */
struct wish {
	const char *model, *key, *system, *prompt, *temperature;
	int64_t key_id, output; /* 0: any, no limit */
	enum key_pool pool;
	double heat; /* -1: the model's own */
};

/* The wish, or the key of what is wrong with it. */
static const char *
read_wish(struct admin_request *rq, struct wish *w)
{
	const struct form *form = &rq->form;
	struct key_brief key;
	char *end;

	memset(w, 0, sizeof(*w));
	w->model = form_value(form, "model");
	w->key = form_value(form, "key");
	w->system = form_value(form, "system");
	w->prompt = form_value(form, "prompt");
	w->temperature = form_value(form, "temperature");
	w->heat = -1;
	if (w->model[0] == '\0' || strlen(w->model) > 128)
		return "PLAY_NO_MODEL";
	if (w->prompt[0] == '\0')
		return "PLAY_NO_PROMPT";
	if (form_value(form, "output")[0] != '\0' &&
	    !form_number(form, "output", 1, OUTPUT_MAX, &w->output))
		return "PLAY_BAD_OUTPUT";
	if (w->temperature[0] != '\0') {
		errno = 0;
		w->heat = strtod(w->temperature, &end);
		if (errno != 0 || *end != '\0' || !(w->heat >= 0) ||
		    w->heat > 2)
			return "PLAY_BAD_TEMPERATURE";
	}
	if (strcmp(w->key, ANY_VERTEX) == 0)
		w->pool = POOL_VERTEX;
	else if (w->key[0] != '\0') {
		if (!form_number(form, "key", 1, INT64_MAX, &w->key_id) ||
		    store_key_brief(rq->store, w->key_id, clock_wall_ms(),
				    &key) != GB_OK)
			return "PLAY_NO_KEY";
		w->pool = key.pool;
	}
	return NULL;
}

static void
write_message(struct json_out *jo, const char *role, const char *text)
{
	jout_object(jo);
	jout_key_string(jo, "role", role);
	jout_key_string(jo, "content", text);
	jout_object_end(jo);
}

/* The wish as OpenAI's chat. */
static void
write_chat(const struct wish *w, bool stream, struct buf *out)
{
	struct json_out jo;

	jout_init(&jo, out);
	jout_object(&jo);
	jout_key_string(&jo, "model", w->model);
	jout_key(&jo, "messages");
	jout_array(&jo);
	if (w->system[0] != '\0')
		write_message(&jo, "system", w->system);
	write_message(&jo, "user", w->prompt);
	jout_array_end(&jo);
	if (w->output > 0)
		jout_key_int(&jo, "max_completion_tokens", w->output);
	if (w->heat >= 0) {
		jout_key(&jo, "temperature");
		jout_double(&jo, w->heat);
	}
	jout_key_bool(&jo, "stream", stream);
	jout_object_end(&jo);
}

/* The key's name for people, "AIza…1234 (3)"; "" when it is nobody's. */
static void
write_key(struct admin_request *rq, int64_t id, struct buf *out)
{
	struct key_brief key;

	if (id != 0 &&
	    store_key_brief(rq->store, id, clock_wall_ms(), &key) == GB_OK)
		buf_printf(out, "%s (%" PRId64 ")", key.mask, id);
}

/* --- the form ------------------------------------------------------------- */

static const char *const state_texts[KEY__MAX] = {
    [KEY_READY] = "PLAY_KEY_READY",
    [KEY_COOLING] = "PLAY_KEY_COOLING",
    [KEY_DISABLED] = "PLAY_KEY_DISABLED",
};

/* The keys to choose from, where there are few; else a field for an id. */
static enum gb_err
show_keys(struct admin_request *rq, struct dict *d, const char *chosen)
{
	struct key_brief *keys;
	char id[24];
	struct dict *line, *list;
	enum gb_err rc;
	size_t count, i;
	bool vertex;

	rc = store_keys_brief(rq->store, clock_wall_ms(), KEYS_SHOWN + 1, &keys,
			      &count);
	dict_set(d, "KEY", chosen);
	if (rc != GB_OK || count > KEYS_SHOWN) {
		dict_show_if(d, "KEY_FIELD", rc == GB_OK);
		free(keys);
		return rc;
	}
	list = dict_add(d, "KEY_LIST");
	for (vertex = false, i = 0; i < count; i++) {
		line = dict_add(list, "KEY_CHOICE");
		(void)snprintf(id, sizeof(id), "%" PRId64, keys[i].id);
		dict_set(line, "ID", id);
		dict_set(line, "MASK", keys[i].mask);
		dict_set(line, "POOL", key_pool_names[keys[i].pool]);
		dict_set(line, "STATE",
			 admin_text(rq, state_texts[keys[i].state]));
		dict_show_if(line, "CHOSEN", strcmp(id, chosen) == 0);
		vertex = vertex || keys[i].pool == POOL_VERTEX;
	}
	if (vertex)
		dict_show_if(dict_add(list, "VERTEX"), "CHOSEN",
			     strcmp(chosen, ANY_VERTEX) == 0);
	free(keys);
	return GB_OK;
}

/* The page with its form; NULL: it could not be made, and that is answered. */
static struct dict *
show_form(struct admin_request *rq, const struct form *from)
{
	const char *model;
	enum gb_err rc;
	struct dict *d;

	d = admin_content(rq, "playground.html", "PLAY_TITLE");
	model = form_value(from, "model");
	dict_set(d, "MODEL", model[0] != '\0' ? model : rq->cfg->test_model);
	dict_set(d, "SYSTEM", form_value(from, "system"));
	dict_set(d, "PROMPT", form_value(from, "prompt"));
	dict_set(d, "TEMPERATURE", form_value(from, "temperature"));
	dict_set(d, "OUTPUT", form_value(from, "output"));
	if ((rc = show_keys(rq, d, form_value(from, "key"))) != GB_OK) {
		admin_fault(rq, rc);
		return NULL;
	}
	model_choice_add(rq, d, "MODEL_CHOICE", "NAME", true);
	admin_script(rq, "playground.js");
	return d;
}

void
playground_show(struct admin_request *rq)
{
	if (show_form(rq, &rq->query) != NULL)
		admin_page(rq, 200);
}

/* --- a whole answer ------------------------------------------------------- */

static void
set_ms(struct dict *d, const char *name, int64_t ms)
{
	if (ms < 0)
		dict_set(d, name, "–");
	else
		dict_setf(d, name, "%" PRId64 " ms", ms);
}

static void
show_end(struct admin_request *rq, struct dict *d, const struct play_end *end)
{
	struct buf key;

	buf_init(&key, 128);
	write_key(rq, end->key_id, &key);
	dict_set(d, "SERVED_BY", key.len > 0 ? buf_str(&key) : "–");
	buf_release(&key);
	set_ms(d, "FIRST_BYTE", end->first_byte_ms);
	set_ms(d, "TOTAL", end->total_ms);
	dict_set_int(d, "ATTEMPTS", end->attempts);
	dict_set_int(d, "TOKENS_IN", end->tokens_in);
	dict_set_int(d, "TOKENS_OUT", end->tokens_out);
}

/* What OpenAI's reply says. */
static void
show_answer(struct dict *d, const struct buf *json)
{
	struct json_object *tree, *message;
	const char *thoughts, *text;

	tree = tree_parse(buf_str(json), json->len);
	message =
	    tree_object(tree_item(tree_array(tree, "choices"), 0), "message");
	text = tree_string(message, "content", NULL);
	thoughts = tree_string(message, "reasoning_content", NULL);
	dict_set(d, "ANSWER", text);
	if (thoughts != NULL)
		dict_set(dict_add(d, "THOUGHT"), "THOUGHTS", thoughts);
	json_object_put(tree);
}

static void
prepare(struct admin_request *rq, const struct wish *w, const struct buf *chat,
	struct play *p)
{
	memset(p, 0, sizeof(*p));
	p->app = rq->app;
	p->web = rq->web;
	p->pool = w->pool;
	p->key_id = w->key_id;
	p->chat = buf_str(chat);
	p->len = chat->len;
}

/* Ask, and make the answer a part of the page. */
static void
play_whole(struct admin_request *rq, const struct wish *w)
{
	struct buf chat, answer;
	struct play_end end;
	struct play p;
	struct dict *d;

	buf_init(&chat, CHAT_MAX);
	buf_init(&answer, REPLY_BYTES_MAX);
	write_chat(w, false, &chat);
	prepare(rq, w, &chat, &p);
	play_run(&p, &answer, &end);
	if (end.failed)
		admin_say(rq, TONE_FAILED, "PLAY_FAILED", end.error, NULL);
	d = show_form(rq, &rq->form);
	if (d != NULL) {
		d = dict_add(d, "PLAYED");
		show_end(rq, d, &end);
		if (!end.failed)
			show_answer(dict_add(d, "ANSWERED"), &answer);
		admin_page(rq, 200);
	}
	buf_release(&chat);
	buf_release(&answer);
}

void
playground_ask(struct admin_request *rq)
{
	const char *fault;
	struct wish w;

	if ((fault = read_wish(rq, &w)) == NULL) {
		play_whole(rq, &w);
		return;
	}
	admin_say(rq, TONE_FAILED, fault, NULL);
	if (show_form(rq, &rq->form) != NULL)
		admin_page(rq, 400);
}

/* --- a streamed one ------------------------------------------------------- */

/* The event behind the stream's own: who served it, and how fast. */
static void
write_last(void *context, const struct play_end *end, struct buf *out)
{
	struct admin_request *rq = context;
	struct json_out jo;
	struct buf key;

	buf_init(&key, 128);
	write_key(rq, end->key_id, &key);
	buf_puts(out, "event: end\ndata: ");
	jout_init(&jo, out);
	jout_object(&jo);
	jout_key_string(&jo, "key", buf_str(&key));
	jout_key_int(&jo, "attempts", end->attempts);
	jout_key_int(&jo, "first_byte_ms", end->first_byte_ms);
	jout_key_int(&jo, "total_ms", end->total_ms);
	jout_key_int(&jo, "tokens_in", end->tokens_in);
	jout_key_int(&jo, "tokens_out", end->tokens_out);
	jout_key_int(&jo, "status", end->status);
	jout_key_string(&jo, "error", end->error);
	jout_object_end(&jo);
	buf_puts(out, "\n\n");
	buf_release(&key);
}

void
playground_stream(struct admin_request *rq)
{
	struct play_end end;
	const char *fault;
	struct buf chat;
	struct play p;
	struct wish w;

	if ((fault = read_wish(rq, &w)) != NULL) {
		admin_fail(rq, 400, fault, NULL);
		return;
	}
	buf_init(&chat, CHAT_MAX);
	write_chat(&w, true, &chat);
	prepare(rq, &w, &chat, &p);
	p.stream = true;
	p.last = write_last;
	p.context = rq;
	play_run(&p, NULL, &end);
	buf_release(&chat);
}
