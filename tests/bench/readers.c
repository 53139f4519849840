/*
 * readers.c: what one MiB of the worst input costs each reader of outside JSON
 * and what it is made into.
 *
 *	readers [READER]
 *
 * Prints "READER MS CASE" for each case, milliseconds of processor time per
 * MiB, the best of several runs.  Whether an input is accepted does not
 * matter: a refusal takes its time, too.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "base/memory.h"
#include "dialect/anthropic/anthropic_reply.h"
#include "dialect/anthropic/anthropic_request.h"
#include "dialect/anthropic/anthropic_stream.h"
#include "dialect/chat_defaults.h"
#include "dialect/error.h"
#include "dialect/gemini/gemini_request.h"
#include "dialect/json/json_in.h"
#include "dialect/json/json_out.h"
#include "dialect/model_rules.h"
#include "dialect/gemini/native_edit.h"
#include "dialect/gemini/native_stream.h"
#include "dialect/openai/openai_chat_reply.h"
#include "dialect/openai/openai_chat_request.h"
#include "dialect/openai/openai_chat_stream.h"
#include "dialect/responses/responses_reply.h"
#include "dialect/responses/responses_request.h"
#include "dialect/responses/responses_stream.h"
#include "dialect/schema/schema.h"
#include "upstream/sse_reader.h"

#define MIB	(1u << 20)
#define INPUT	MIB	    /* bytes of an input, about */
#define OUT_MAX (64u * MIB) /* of what is made of it */
#define RUNS	5
#define PIECE	16384 /* bytes that arrive at once, as curl has them */
#define SEED	"0123456789abcdef01234567"
#define USER(t) "{\"role\":\"user\",\"content\":" t "}"
#define CHAT	"{\"model\":\"gemini-3.8-flash\",\"messages\":["
#define ASK	CHAT USER("\"x\"") "],"
#define ANSWER \
	"{\"candidates\":[{\"finishReason\":\"STOP\",\"content\":{" \
	"\"parts\":["
#define CALL(id) \
	"{\"id\":\"" id "\",\"type\":\"function\",\"function\":" \
	"{\"name\":\"f\",\"arguments\":\"{}\"}}"
#define RESULT(id) \
	"{\"role\":\"tool\",\"tool_call_id\":\"" id "\"," \
	"\"content\":\"1\"}"
#define PROPERTY "{\"type\":\"string\",\"description\":\"d\"}"

/* Inputs: "item" as often as fits between the others; "%zu" in it is its
 * number.  "comma": what separates items. */
struct input {
	const char *what, *before, *item, *comma, *after;
	size_t limit; /* items at most; 0: as many as fit */
};

struct reader {
	const char *name;
	void (*run)(const struct reader *, const struct buf *input);
	const struct input *inputs;
	size_t count;
	/* What "run" needs of a dialect: its reader or its writer. */
	enum gb_err (*read)(struct json_object *, const struct chat_options *,
			    struct chat *, struct api_error *);
	const struct writer_kind *kind;
};

static void
must(bool truth, const char *what)
{
	if (!truth) {
		fprintf(stderr, "readers: %s\n", what);
		exit(1);
	}
}

/* --- what clients send -----------------------------------------------------
 */

static const struct input chats[] = {
    {"escapes", CHAT "{\"role\":\"user\",\"content\":\"", "\\u00e9\\n\\\"", "",
     "\"}]}", 0},
    {"surrogates", CHAT "{\"role\":\"user\",\"content\":\"", "\\ud83d\\ude00",
     "", "\"}]}", 0},
    {"tiny messages", CHAT, USER("\"x\""), ",", "]}", 0},
    {"turns", CHAT, USER("\"x\"") ",{\"role\":\"assistant\",\"content\":\"y\"}",
     ",", "]}", 0},
    {"empty messages", CHAT, USER("\"\""), ",", "]}", 0},
    {"parts", CHAT "{\"role\":\"user\",\"content\":[",
     "{\"type\":\"text\",\"text\":\"x\"}", ",", "]}]}", 0},
    {"pictures", CHAT "{\"role\":\"user\",\"content\":[",
     "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,"
     "iVBORw0KGgo=\"}}",
     ",", "]}]}", 0},
    {"one picture",
     CHAT "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\","
	  "\"image_url\":{\"url\":\"data:image/png;base64,",
     "iVBORw0KGgoA", "", "\"}}]}]}", 0},
    {"calls, one a turn", CHAT USER("\"x\"") ",",
     "{\"role\":\"assistant\",\"tool_calls\":[" CALL("c%zu") "]}," RESULT(
	 "c%zu"),
     ",", "]}", 0},
    {"calls, all in one turn", CHAT "{\"role\":\"assistant\",\"tool_calls\":[",
     CALL("c%zu"), ",", "]}]}", 0},
    {"results of no call", CHAT, RESULT("c%zu"), ",", "]}", 0},
    {"system texts", CHAT, "{\"role\":\"system\",\"content\":\"x\"}", ",",
     "," USER("\"x\"") "]}", 0},
    {"tools", ASK "\"tools\":[",
     "{\"type\":\"function\",\"function\":{\"name\":\"f%zu\",\"parameters\":{"
     "\"type\":\"object\",\"properties\":{\"a\":" PROPERTY ",\"b\":" PROPERTY
     "}}}}",
     ",", "]}", 0},
    {"as many tools as go", ASK "\"tools\":[",
     "{\"type\":\"function\",\"function\":{\"name\":\"0%zu\",\"parameters\":{"
     "\"type\":\"object\",\"properties\":{\"a\":" PROPERTY ",\"b\":" PROPERTY
     "}}}}",
     ",", "]}", 1024},
    {"properties",
     ASK "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
	 "\"parameters\":{\"type\":\"object\",\"properties\":{",
     "\"p%zu\":" PROPERTY, ",", "}}}}]}", 0},
    {"unknown fields", ASK, "\"f%zu\":1", ",", "}", 0},
    {"one field again", ASK, "\"temperature\":1", ",", "}", 0},
    {"stop sequences", ASK "\"stop\":[", "\"\"", ",", "]}", 0},
    {"numbers", ASK "\"metadata\":{\"a\":[", "-1.5e-7", ",", "]}}", 0},
    {"shallow arrays", ASK "\"metadata\":{\"a\":[", "[[[[[]]]]]", ",", "]}}",
     0},
    {"deep arrays", ASK "\"metadata\":", "[", "", "", 0},
    {"spaces", CHAT, " \n", "", USER("\"x\"") "]}", 0},
    {"no JSON", "", "x", "", "", 0},
};

#define RESPONSES "{\"model\":\"gemini-3.8-flash\",\"input\":["
#define ITEM_CALL(id) \
	"{\"type\":\"function_call\",\"call_id\":\"" id "\",\"name\":" \
	"\"f\",\"arguments\":\"{}\"},{\"type\":\"function_call_output\"," \
	"\"call_id\":\"" id "\",\"output\":\"1\"}"

static const struct input responses[] = {
    {"escapes", RESPONSES "{\"role\":\"user\",\"content\":\"", "\\u00e9\\n\\\"",
     "", "\"}]}", 0},
    {"tiny items", RESPONSES, USER("\"x\""), ",", "]}", 0},
    {"parts", RESPONSES "{\"role\":\"user\",\"content\":[",
     "{\"type\":\"input_text\",\"text\":\"x\"}", ",", "]}]}", 0},
    {"calls, one a turn", RESPONSES USER("\"x\"") ",", ITEM_CALL("c%zu"), ",",
     "]}", 0},
    {"reasoning", RESPONSES USER("\"x\"") ",",
     "{\"type\":\"reasoning\",\"id\":\"rs_%zu\",\"summary\":[],"
     "\"encrypted_content\":\"c2ln\"}",
     ",", "]}", 0},
    {"tools", RESPONSES USER("\"x\"") "],\"tools\":[",
     "{\"type\":\"function\",\"name\":\"f%zu\",\"parameters\":{"
     "\"type\":\"object\",\"properties\":{\"a\":" PROPERTY "}}}",
     ",", "]}", 0},
    {"unknown fields", RESPONSES USER("\"x\"") "],", "\"f%zu\":1", ",", "}", 0},
};

#define MESSAGES \
	"{\"model\":\"gemini-3.8-flash\",\"max_tokens\":9,\"messages\":["
#define USE(id) \
	"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\"," \
	"\"id\":\"" id "\",\"name\":\"f\",\"input\":{}}]},{\"role\":" \
	"\"user\",\"content\":[{\"type\":\"tool_result\"," \
	"\"tool_use_id\":\"" id "\",\"content\":\"1\"}]}"

static const struct input messages[] = {
    {"escapes", MESSAGES "{\"role\":\"user\",\"content\":\"", "\\u00e9\\n\\\"",
     "", "\"}]}", 0},
    {"tiny messages", MESSAGES, USER("\"x\""), ",", "]}", 0},
    {"blocks", MESSAGES "{\"role\":\"user\",\"content\":[",
     "{\"type\":\"text\",\"text\":\"x\"}", ",", "]}]}", 0},
    {"calls, one a turn", MESSAGES USER("\"x\"") ",", USE("c%zu"), ",", "]}",
     0},
    {"thinking",
     MESSAGES USER("\"x\"") ",{\"role\":\"assistant\","
			    "\"content\":[",
     "{\"type\":\"thinking\",\"thinking\":\"x\",\"signature\":\"c2ln\"}", ",",
     "]}]}", 0},
    {"system texts", MESSAGES USER("\"x\"") "],\"system\":[",
     "{\"type\":\"text\",\"text\":\"x\"}", ",", "]}", 0},
    {"tools", MESSAGES USER("\"x\"") "],\"tools\":[",
     "{\"name\":\"f%zu\",\"input_schema\":{\"type\":\"object\","
     "\"properties\":{\"a\":" PROPERTY "}}}",
     ",", "]}", 0},
    {"unknown fields", MESSAGES USER("\"x\"") "],", "\"f%zu\":1", ",", "}", 0},
};

static void
write_request(const struct chat *chat)
{
	struct gemini_request_options told;
	struct chat_dropped dropped;
	struct model_facts facts;
	struct api_error err;
	struct buf body;

	memset(&told, 0, sizeof(told));
	memset(&dropped, 0, sizeof(dropped));
	told.dropped = &dropped;
	buf_init(&body, OUT_MAX);
	model_facts_get(chat->model, NULL, &facts);
	if (gemini_request_write(chat, &facts, &told, &body, &err) != GB_OK)
		must(err.fault != FAULT_NONE, "a refusal without a fault");
	buf_release(&body);
}

static void
run_request(const struct reader *r, const struct buf *input)
{
	static const struct model_rules rules;
	const struct chat_options options = {false, false};
	struct json_object *root;
	struct api_error err;
	struct chat chat;

	if (json_read(input->data, input->len, &root, &err) != GB_OK)
		return;
	if (r->read(root, &options, &chat, &err) == GB_OK) {
		chat_apply_defaults(&chat, &rules);
		write_request(&chat);
	}
	chat_release(&chat);
}

static const struct input natives[] = {
    {"parts", "{\"contents\":[{\"parts\":[", "{\"text\":\"x\"}", ",", "]}]}",
     0},
    {"escapes", "{\"contents\":[{\"parts\":[{\"text\":\"", "\\\"\\\\", "",
     "\"}]}]}", 0},
    {"fields", "{\"contents\":[],", "\"f%zu\":1", ",", "}", 0},
    {"deep arrays", "{\"a\":", "[", "", "", 0},
    {"tools", "{\"tools\":[", "{\"googleSearch\":{}}", ",", "]}", 0},
    {"config", "{\"generationConfig\":{", "\"topK\":1", ",", "}}", 0},
    {"no JSON", "", "x", "", "", 0},
};

static void
run_native(const struct reader *r, const struct buf *input)
{
	static const struct model_safety safety[] = {{"A", "OFF"}};
	struct model_rules rules;
	struct native_edit edit;
	struct model_name name;
	struct buf body;

	(void)r;
	memset(&rules, 0, sizeof(rules));
	memset(&name, 0, sizeof(name));
	memset(&edit, 0, sizeof(edit));
	(void)snprintf(name.google, sizeof(name.google), "gemini-3.8-flash");
	name.search = name.no_thinking = true;
	rules.code_execution = rules.url_context = true;
	edit.generates = true;
	edit.given = "m";
	edit.name = &name;
	edit.rules = &rules;
	rules.safety = safety;
	rules.safety_count = 1;
	buf_init(&body, OUT_MAX);
	buf_add(&body, input->data, input->len);
	must(native_edit_body(&body, &edit) == GB_OK, "native_edit_body");
	buf_release(&body);
}

/* --- schemas ------------------------------------------------------------- */

static const struct input schemas[] = {
    {"properties", "{\"properties\":{", "\"p%zu\":" PROPERTY, ",", "}}", 0},
    {"required", "{\"properties\":{\"a\":{}},\"required\":[", "\"p%zu\"", ",",
     "]}", 0},
    {"required and there", "{\"required\":[\"p1\"],\"properties\":{",
     "\"p%zu\":{}", ",", "}}", 0},
    {"alternatives", "{\"anyOf\":[", "{\"type\":\"string\"}", ",", "]}", 0},
    {"branches", "{\"allOf\":[", "{\"properties\":{\"p%zu\":{}}}", ",", "]}",
     0},
    {"branches of the same", "{\"allOf\":[",
     "{\"required\":[\"r%zu\"],\"properties\":{\"a\":{\"type\":\"string\"}}}",
     ",", "]}", 0},
    {"references", "{\"$defs\":{\"A\":{\"type\":\"string\"}},\"anyOf\":[",
     "{\"$ref\":\"#/$defs/A\"}", ",", "]}", 0},
    {"references to the whole", "{\"properties\":{",
     "\"p%zu\":{\"$ref\":\"#\"}", ",", "}}", 0},
    {"references that double", "{\"$ref\":\"#/$defs/d0\",\"$defs\":{",
     "\"d%zu\":{\"items\":{\"$ref\":\"#/$defs/d1\"},\"not\":{\"$ref\":"
     "\"#/$defs/d2\"},\"anyOf\":[{\"$ref\":\"#/$defs/d3\"},{\"$ref\":"
     "\"#/$defs/d4\"}]}",
     ",", "}}", 0},
    {"long pointers", "{\"anyOf\":[",
     "{\"$ref\":\"#/anyOf/0/anyOf/0/anyOf/0/anyOf/0/anyOf/0/anyOf/0\"}", ",",
     "]}", 0},
    {"values", "{\"enum\":[", "%zu", ",", "]}", 0},
    {"keywords", "{", "\"x-%zu\":1", ",", "}", 0},
};

/* A request writes each of its schemas in one of two ways. */
static void
run_schema(const struct buf *input,
	   enum gb_err (*write)(struct json_out *, struct json_object *,
				struct schema_account *))
{
	struct chat_dropped lost;
	struct schema_account account;
	struct json_object *schema;
	struct api_error err;
	struct json_out out;
	struct buf text;

	if (json_read(input->data, input->len, &schema, &err) != GB_OK)
		return;
	buf_init(&text, OUT_MAX);
	memset(&lost, 0, sizeof(lost));
	memset(&account, 0, sizeof(account));
	account.lost = &lost;
	jout_init(&out, &text);
	if (write(&out, schema, &account) == GB_OK)
		must(text.len > 0, "an empty schema");
	json_object_put(schema);
	buf_release(&text);
}

static void
run_schema_json(const struct reader *r, const struct buf *input)
{
	(void)r;
	run_schema(input, schema_write_json);
}

static void
run_schema_proto(const struct reader *r, const struct buf *input)
{
	(void)r;
	run_schema(input, schema_write_proto);
}

/* --- what Gemini answers ----------------------------------------------------
 */

#define TEXT_PART "{\"text\":\"x\"}"

static const struct input replies[] = {
    {"escapes", ANSWER "{\"text\":\"", "\\u00e9\\n\\\"", "", "\"}]}}]}", 0},
    {"parts", ANSWER, TEXT_PART, ",", "]}}]}", 0},
    {"thoughts", ANSWER, "{\"text\":\"x\",\"thought\":true}", ",", "]}}]}", 0},
    {"calls", ANSWER, "{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1}}}",
     ",", "]}}]}", 0},
    {"signatures", ANSWER, "{\"text\":\"\",\"thoughtSignature\":\"c2ln\"}", ",",
     "]}}]}", 0},
    {"pictures", ANSWER,
     "{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"iVBO\"}}", ",",
     "]}}]}", 0},
    {"one picture",
     ANSWER "{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"",
     "iVBORw0KGgoA", "", "\"}}]}}]}", 0},
    {"code", ANSWER,
     "{\"executableCode\":{\"language\":\"PYTHON\",\"code\":\"`\"}}", ",",
     "]}}]}", 0},
    {"one code", ANSWER "{\"executableCode\":{\"code\":\"", "`` ``", "",
     "\"}}]}}]}", 0},
    {"server parts", ANSWER, "{\"toolCall\":{\"id\":\"a\",\"args\":{}}}", ",",
     "]}}]}", 0},
    {"candidates", "{\"candidates\":[",
     "{\"index\":1,\"content\":{\"parts\":[" TEXT_PART "]}}", ",", "]}", 0},
    {"ratings", ANSWER TEXT_PART "]},\"safetyRatings\":[",
     "{\"category\":\"A\",\"probability\":\"B\"}", ",", "]}]}", 0},
    {"details of usage",
     ANSWER TEXT_PART "]}}],\"usageMetadata\":{\"promptTokensDetails\":[",
     "{\"modality\":\"TEXT\",\"tokenCount\":1}", ",", "]}}", 0},
    {"unknown fields", ANSWER TEXT_PART "]}}],", "\"f%zu\":[]", ",", "}", 0},
    {"errors", "{\"error\":{\"code\":429,\"message\":\"", "AIzaSy\\u00e9 ", "",
     "\",\"status\":\"RESOURCE_EXHAUSTED\"}}", 0},
    {"details of errors", "{\"error\":{\"code\":429,\"details\":[",
     "{\"@type\":\"QuotaFailure\",\"violations\":[{\"quotaId\":\"a\"}]}", ",",
     "]}}", 0},
    {"no JSON", "<html>", "<p>", "", "", 0},
};

/* Where the words of a candidate came from. */
#define GROUND \
	"\"groundingMetadata\":{\"groundingChunks\":[{\"web\":{" \
	"\"uri\":\"u\",\"title\":\"t\"}}],\"groundingSupports\":["
#define SUPPORT \
	"{\"segment\":{\"startIndex\":%zu,\"endIndex\":%zu}," \
	"\"groundingChunkIndices\":[0]}"

/* An answer as a stream's writer or a whole one's has it. */
struct answer {
	const struct writer_kind *kind;
	void *writer;
	struct writer_options options;
	struct chat chat;
	struct reply reply;
	struct piece_sink sink;
	struct buf out;
};

static void
answer_begin(struct answer *a, const struct writer_kind *kind)
{
	memset(a, 0, sizeof(*a));
	a->kind = kind;
	a->writer = calloc(1, kind->size);
	must(a->writer != NULL, "no memory");
	chat_init(&a->chat);
	a->options.chat = &a->chat;
	a->options.model = "gemini-3.8-flash";
	a->options.seed = SEED;
	buf_init(&a->out, OUT_MAX);
	reply_init(&a->reply, "call_", SEED);
	kind->init(a->writer, &a->options, &a->out, OUT_MAX);
	a->sink.piece = kind->piece;
	a->sink.context = a->writer;
}

/* What the caller makes of a piece of an answer; false: it was an error. */
static bool
answer_read(struct answer *a, const char *json, size_t len)
{
	struct api_error err;

	if (reply_read(&a->reply, json, len, &a->sink) == REPLY_OK)
		return true;
	api_error_from_upstream(&err, 200, json, len,
				"AIzaSecretSecretSecretSecretSecret12345",
				false, false);
	return false;
}

static void
answer_end(struct answer *a)
{
	if (reply_end(&a->reply) == REPLY_COMPLETE)
		must(a->kind->finish(a->writer, &a->reply) == GB_OK, "finish");
	a->kind->release(a->writer);
	free(a->writer);
	chat_release(&a->chat);
	buf_release(&a->out);
}

static void
run_whole(const struct reader *r, const struct buf *input)
{
	struct answer a;

	answer_begin(&a, r->kind);
	(void)answer_read(&a, input->data, input->len);
	answer_end(&a);
}

#define EVENT(parts) \
	"data: {\"candidates\":[{\"content\":{\"parts\":[" parts "]}}]}" \
	"\r\n\r\n"
#define LAST "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n"

static const struct input streams[] = {
    {"tiny events", "", EVENT(TEXT_PART), "", LAST, 0},
    {"thoughts", "", EVENT("{\"text\":\"x\",\"thought\":true}"), "", LAST, 0},
    {"calls", "", EVENT("{\"functionCall\":{\"name\":\"f\"}}"), "", LAST, 0},
    {"sources",
     "data: "
     "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"ü\"}]}," GROUND,
     SUPPORT, ",", "]},\"finishReason\":\"STOP\"}]}\n\n", 0},
    {"empty events", "", "data: {}\n\n", "", LAST, 0},
    {"comments", "", ":\n\n", "", LAST, 0},
    {"empty lines", "", "\n", "", LAST, 0},
    {"carriage returns", "", "\r", "", LAST, 0},
    {"lines of data", "", "data:\n", "", "\n", 0},
    {"other fields", "", "id: 1\n", "", "\n" LAST, 0},
    {"one long line", "data: {\"a\":\"", "x", "", "\"}\n\n" LAST, 0},
    {"one line without an end", "data: ", "x", "", "", 0},
    {"raw errors", "", "{\"error\":1}\n", "", "", 0},
    {"raw brackets", "", "[", "", "", 0},
};

/* As it comes from the network: in pieces, event by event. */
static void
run_stream(const struct reader *r, const struct buf *input)
{
	struct sse_reader reader;
	struct sse_event ev;
	struct answer a;
	size_t at, len;
	bool good = true;

	answer_begin(&a, r->kind);
	sse_reader_init(&reader, OUT_MAX);
	for (at = 0; good && at < input->len; at += len) {
		len = input->len - at < PIECE ? input->len - at : PIECE;
		must(sse_reader_feed(&reader, input->data + at, len) == GB_OK,
		     "feed");
		while (good &&
		       sse_reader_next(&reader, at + len == input->len, &ev))
			good = answer_read(&a, ev.data, ev.data_len);
		buf_reset(&a.out); /* it was sent */
	}
	sse_reader_release(&reader);
	answer_end(&a);
}

static const struct input arrays[] = {
    {"tiny elements", "[", "{}", ",", "]", 0},
    {"one element", "[{\"a\":\"", "\\\"", "", "\"}]", 0},
    {"brackets", "[", "{\"a\":[[[[]]]]}", ",\r\n", "]", 0},
    {"deep brackets", "[{\"a\":", "[", "", "", 0},
    {"spaces", "[", " ", "", "{}]", 0},
    {"no array", "<", "x", "", "", 0},
};

static void
run_array(const struct reader *r, const struct buf *input)
{
	struct native_stream stream;
	struct native_element el;
	size_t at, len, seen = 0;

	(void)r;
	native_stream_init(&stream, OUT_MAX);
	for (at = 0; at < input->len; at += len) {
		len = input->len - at < PIECE ? input->len - at : PIECE;
		must(native_stream_feed(&stream, input->data + at, len) ==
			 GB_OK,
		     "feed");
		while (native_stream_next(&stream, &el))
			seen += el.raw_len;
	}
	must(seen <= input->len, "more than there was");
	native_stream_release(&stream);
}

/* --- sources ----------------------------------------------------------------
 */

/* Half of it text of several bytes a letter, half supports all over it, in the
 * order that "item" says. */
static const struct input sources[] = {
    {"at the end", NULL, "=", NULL, NULL, 0},
    {"backwards", NULL, "-", NULL, NULL, 0},
    {"forwards", NULL, "+", NULL, NULL, 0},
};

static void
add_sources(struct buf *out, const struct input *in)
{
	const size_t half = INPUT / 2,
		     count = half / sizeof(SUPPORT "12345678");
	size_t i, at;

	buf_puts(out, ANSWER "{\"text\":\"");
	while (out->len < half)
		buf_puts(out, "ü");
	buf_puts(out, "\"}]}," GROUND);
	for (i = 0; i < count; i++) {
		at = in->item[0] == '+'	  ? i * (half / count)
		     : in->item[0] == '-' ? half - i * (half / count)
					  : half;
		buf_puts(out, i == 0 ? "" : ",");
		buf_printf(out, SUPPORT, at, at + 2);
	}
	buf_puts(out, "]}}]}");
}

/* --- the table
 * ---------------------------------------------------------------- */

#define INPUTS(list) list, GB_COUNT(list)

static const struct reader readers[] = {
    {"chat", run_request, INPUTS(chats), openai_chat_read, NULL},
    {"responses", run_request, INPUTS(responses), responses_read, NULL},
    {"messages", run_request, INPUTS(messages), anthropic_read, NULL},
    {"native", run_native, INPUTS(natives), NULL, NULL},
    {"schema", run_schema_json, INPUTS(schemas), NULL, NULL},
    {"schema", run_schema_proto, INPUTS(schemas), NULL, NULL},
    {"reply-chat", run_whole, INPUTS(replies), NULL, &openai_chat_whole},
    {"reply-responses", run_whole, INPUTS(replies), NULL, &responses_whole},
    {"reply-messages", run_whole, INPUTS(replies), NULL, &anthropic_whole},
    {"sources-chat", run_whole, INPUTS(sources), NULL, &openai_chat_whole},
    {"sources-responses", run_whole, INPUTS(sources), NULL, &responses_whole},
    {"sources-messages", run_whole, INPUTS(sources), NULL, &anthropic_whole},
    {"stream-chat", run_stream, INPUTS(streams), NULL, &openai_chat_streamed},
    {"stream-responses", run_stream, INPUTS(streams), NULL,
     &responses_streamed},
    {"stream-messages", run_stream, INPUTS(streams), NULL, &anthropic_streamed},
    {"array", run_array, INPUTS(arrays), NULL, NULL},
};

/* "item" with its number wherever it says "%zu". */
static void
add_item(struct buf *out, const char *item, size_t number)
{
	const char *at;

	while ((at = strstr(item, "%zu")) != NULL) {
		buf_add(out, item, (size_t)(at - item));
		buf_printf(out, "%zu", number);
		item = at + 3;
	}
	buf_puts(out, item);
}

static void
make_input(struct buf *out, const struct input *in)
{
	size_t i, room;

	buf_reset(out);
	if (in->before == NULL) {
		add_sources(out, in);
	} else {
		buf_puts(out, in->before);
		room = INPUT - strlen(in->after);
		for (i = 0;
		     out->len < room && (in->limit == 0 || i < in->limit);
		     i++) {
			if (i > 0)
				buf_puts(out, in->comma);
			add_item(out, in->item, i);
		}
		buf_puts(out, in->after);
	}
	must(buf_error(out) == GB_OK, "no memory");
}

static double
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static double
measure(const struct reader *reader, const struct buf *input)
{
	double best = 0, began, took;
	int i;

	for (i = 0; i < RUNS; i++) {
		began = now_ms();
		reader->run(reader, input);
		took = now_ms() - began;
		if (i == 0 || took < best)
			best = took;
		if (took > 1000)
			break; /* it will not get better */
	}
	return best * MIB / (double)input->len;
}

int
main(int argc, char **argv)
{
	const struct reader *r;
	struct buf input;
	size_t i, k;

	memory_tune(); /* as the program itself */
	buf_init(&input, 2 * INPUT);
	for (i = 0; i < GB_COUNT(readers); i++) {
		r = &readers[i];
		if (argc > 1 && strcmp(argv[1], r->name) != 0)
			continue;
		for (k = 0; k < r->count; k++) {
			make_input(&input, &r->inputs[k]);
			printf("%s %.1f %s\n", r->name, measure(r, &input),
			       r->inputs[k].what);
			fflush(stdout);
		}
	}
	buf_release(&input);
	return 0;
}
