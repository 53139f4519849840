/* golden_request.c: golden cases of clients' requests */
#include "golden_request.h"

#include "unit.h"

#include <json-c/json.h>

#include "dialect/chat_defaults.h"
#include "dialect/gemini/gemini_repair.h"
#include "dialect/json/json_in.h"
#include "dialect/json/json_tree.h"
#include "golden_rules.h"

#define SAFETY_MAX 8

static const struct {
	const char *word;
	enum api_fault fault;
} faults[] = {
    {"invalid", FAULT_INVALID},
    {"unsupported", FAULT_UNSUPPORTED},
    {"bad_json", FAULT_BAD_JSON},
};

/* --- the program's part --------------------------------------------------- */

static bool
truth(struct json_object *object, const char *key)
{
	return json_object_get_boolean(tree_get(object, key));
}

/* Gemini has refused the request with each of these texts. */
static void
refuse(const struct chat *chat, struct json_object *texts,
       struct model_facts *facts, struct gemini_request_options *told)
{
	struct gemini_repairs repairs = {0, 0};
	const char *text;
	size_t i;

	for (i = 0; texts != NULL && i < json_object_array_length(texts); i++) {
		text =
		    json_object_get_string(json_object_array_get_idx(texts, i));
		CHECK(text, gemini_repair(&repairs, chat, text, facts, told));
	}
}

void
golden_translate(golden_reader *read, const struct buf *request,
		 struct json_object *options, struct golden_request *out)
{
	struct model_safety ours[SAFETY_MAX];
	struct gemini_request_options write_options = {.safety = ours};
	struct chat_options read_options;
	struct json_object *root, *safety, *pair;
	struct golden_rules rules;
	struct model_facts facts;
	struct chat chat;
	size_t i;

	read_options.strict = truth(options, "strict");
	read_options.show_thinking = truth(options, "show_thinking");
	safety = tree_get(options, "safety");
	for (i = 0; safety != NULL && i < json_object_array_length(safety) &&
		    i < SAFETY_MAX;
	     i++) {
		pair = json_object_array_get_idx(safety, i);
		ours[i].category =
		    json_object_get_string(json_object_array_get_idx(pair, 0));
		ours[i].threshold =
		    json_object_get_string(json_object_array_get_idx(pair, 1));
		write_options.safety_count++;
	}
	write_options.choice =
	    (unsigned)json_object_get_int(tree_get(options, "choice"));
	out->rc = json_read(request->data, request->len, &root, &out->err);
	if (out->rc != GB_OK)
		return;
	out->rc = read(root, &read_options, &chat, &out->err);
	if (out->rc == GB_OK) {
		golden_rules(options, &rules);
		chat_apply_defaults(&chat, &rules.rules);
		model_facts_get(chat.model, &rules.rules, &facts);
		refuse(&chat, tree_get(options, "refused"), &facts,
		       &write_options);
		write_options.dropped = &chat.dropped;
		chat_choose_prompt(&chat, write_options.choice);
		out->rc = gemini_request_write(&chat, &facts, &write_options,
					       &out->body, &out->err);
	}
	out->dropped = chat.dropped;
	(void)snprintf(out->model, sizeof(out->model), "%s", chat.model);
	chat_release(&chat);
}

/* --- what came of it ------------------------------------------------------ */

void
golden_request_init(struct golden_request *out)
{
	memset(out, 0, sizeof(*out));
	buf_init(&out->body, GOLDEN_FILE_MAX);
}

void
golden_request_release(struct golden_request *out)
{
	json_object_put(out->asked);
	buf_release(&out->body);
}

static enum api_fault
fault_by_word(const char *word)
{
	size_t i;

	for (i = 0; i < GB_COUNT(faults); i++)
		if (word != NULL && strcmp(word, faults[i].word) == 0)
			return faults[i].fault;
	return FAULT_NONE;
}

static bool
same_error(const struct golden *g, const struct golden_request *out,
	   struct json_object *want)
{
	const char *param, *message;
	enum api_fault fault;
	int status;

	if (out->rc == GB_OK)
		return golden_fail(g, "have no refusal, but %s",
				   buf_str(&out->body));
	fault = fault_by_word(json_object_get_string(tree_get(want, "fault")));
	param = json_object_get_string(tree_get(want, "param"));
	message = json_object_get_string(tree_get(want, "message"));
	status = json_object_get_int(tree_get(want, "status"));
	if (out->rc == GB_EINVAL && out->err.fault == fault &&
	    out->err.status == status &&
	    strcmp(out->err.param, param == NULL ? "" : param) == 0 &&
	    message != NULL && strstr(out->err.message, message) != NULL)
		return true;
	return golden_fail(g,
			   "have result %d, status %d, fault %d, param \"%s\", "
			   "message \"%s\", want %s",
			   out->rc, out->err.status, out->err.fault,
			   out->err.param, out->err.message,
			   json_object_to_json_string(want));
}

static bool
same_dropped(const struct golden *g, const struct chat_dropped *have)
{
	struct json_object *names = json_object_new_array();
	struct json_object *want = golden_json(g, "dropped.json");
	size_t i;
	bool same;

	if (want == NULL)
		want = json_object_new_array();
	for (i = 0; i < have->count; i++)
		json_object_array_add(names,
				      json_object_new_string(have->names[i]));
	same = golden_same_value(g, "dropped: ", names, want);
	json_object_put(names);
	json_object_put(want);
	return same;
}

static bool
same_asked(const struct golden *g, struct json_object *have)
{
	struct json_object *want = golden_json(g, "asked.json");
	bool same;

	if ((have == NULL) != (want == NULL))
		same = golden_fail(g, "%s asked.json",
				   want == NULL ? "needs" : "has no use for");
	else
		same =
		    have == NULL || golden_same_value(g, "asked: ", have, want);
	json_object_put(want);
	return same;
}

static bool
same_model(const struct golden *g, const struct golden_request *out)
{
	struct json_object *want;
	bool same;

	want = golden_json(g, "model.json");
	same = want == NULL ||
	       strcmp(out->model, json_object_get_string(want)) == 0;
	json_object_put(want);
	return same || golden_fail(g, "model: have %s", out->model);
}

static bool
same_request(const struct golden *g, const struct golden_request *out,
	     struct json_object *want)
{
	bool same;

	if (out->rc != GB_OK)
		return golden_fail(g, "refused: param %s: %s", out->err.param,
				   out->err.message);
	same = golden_same_json(g, &out->body, want);
	same &= same_model(g, out);
	same &= same_asked(g, out->asked);
	same &= same_dropped(g, &out->dropped);
	return same;
}

bool
golden_request_judge(const struct golden *g, const struct golden_request *out)
{
	struct json_object *body = golden_json(g, "gemini.json");
	struct json_object *error = golden_json(g, "error.json");
	bool good;

	if ((body == NULL) == (error == NULL))
		good = golden_fail(g, "needs one of gemini.json and "
				      "error.json");
	else
		good = body != NULL ? same_request(g, out, body)
				    : same_error(g, out, error);
	json_object_put(body);
	json_object_put(error);
	return good;
}

bool
golden_request_play(const struct golden *g, golden_reader *read)
{
	struct json_object *options = golden_json(g, "options.json");
	struct golden_request out;
	struct buf request;
	bool good;

	golden_request_init(&out);
	buf_init(&request, GOLDEN_FILE_MAX);
	if (golden_text(g, "request.json", &request)) {
		golden_translate(read, &request, options, &out);
		good = golden_request_judge(g, &out);
	} else {
		good = golden_fail(g, "needs request.json");
	}
	json_object_put(options);
	buf_release(&request);
	golden_request_release(&out);
	return good;
}
