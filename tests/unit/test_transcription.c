/* test_transcription.c: recordings that become text: the forms that ask for it
 * (the cases of tests/golden/transcription_request), and what becomes of the
 * answers (those of tests/golden/transcription_reply) */
#include "unit.h"

#include <stdbool.h>

#include <json-c/json.h>

#include "dialect/gemini/gemini_request.h"
#include "dialect/audio/transcription_audio.h"
#include "dialect/audio/transcription_prompt.h"
#include "dialect/audio/transcription_time.h"
#include "dialect/audio/transcription_write.h"
#include "dialect/json/json_tree.h"
#include "golden_request.h"
#include "golden_rules.h"

#define REQUESTS     "tests/golden/transcription_request"
#define REPLIES	     "tests/golden/transcription_reply"
#define REQUESTS_MIN 59 /* fewer: somebody lost some */
#define REPLIES_MIN  64
#define TYPE	     "multipart/form-data; boundary=BB"
#define SEED	     "0123456789abcdef01234567"

/* --- requests ------------------------------------------------------------- */

/* What became of a request. */
struct outcome {
	struct transcription_request rq;
	struct golden_request out;
};

static const char *
word(struct json_object *object, const char *key)
{
	return json_object_get_string(tree_get(object, key));
}

static bool
truth(struct json_object *object, const char *key)
{
	return json_object_get_boolean(tree_get(object, key));
}

/* form.json: [{"name","value"[,"file"][,"type"]},…] as a browser sends it. */
static void
make_form(struct json_object *parts, struct buf *out)
{
	struct json_object *part;
	struct text value;
	size_t i;

	for (i = 0; i < json_object_array_length(parts); i++) {
		part = json_object_array_get_idx(parts, i);
		buf_printf(out,
			   "--BB\r\nContent-Disposition: form-data; "
			   "name=\"%s\"",
			   word(part, "name"));
		if (word(part, "file") != NULL)
			buf_printf(out, "; filename=\"%s\"",
				   word(part, "file"));
		if (word(part, "type") != NULL)
			buf_printf(out, "\r\nContent-Type: %s",
				   word(part, "type"));
		value = text_of(tree_get(part, "value"));
		buf_puts(out, "\r\n\r\n");
		buf_add(out, value.ptr, value.len);
		buf_puts(out, "\r\n");
	}
	buf_puts(out, "--BB--\r\n");
}

static enum gb_err
translate(struct outcome *o, const struct model_rules *rules, const char *model)
{
	struct gemini_request_options told = {.dropped = &o->rq.chat.dropped};
	struct model_facts facts;
	enum gb_err rc;

	rc = transcription_plan(&o->rq, rules, model, &facts, &o->out.err);
	if (rc != GB_OK)
		return rc;
	if (!o->rq.dedicated)
		return gemini_request_write(&o->rq.chat, &facts, &told,
					    &o->out.body, &o->out.err);
	transcription_write_dedicated(&o->rq, &o->out.body);
	return buf_error(&o->out.body);
}

/* The form's bytes are gone when the request is written. */
static void
read_case(const struct golden *g, struct json_object *options,
	  struct outcome *o)
{
	struct json_object *parts = golden_json(g, "form.json");
	const char *model = word(options, "transcribe_model");
	struct multipart form;
	struct golden_rules rules;
	struct buf bytes;

	golden_rules(options, &rules);
	buf_init(&bytes, GOLDEN_FILE_MAX);
	make_form(parts, &bytes);
	CHECK_INT(g->name,
		  multipart_read(TYPE, buf_str(&bytes), bytes.len, &form,
				 &o->out.err),
		  GB_OK);
	o->out.rc =
	    transcription_read(&form,
			       truth(options, "translate") ? TASK_TRANSLATE
							   : TASK_TRANSCRIBE,
			       truth(options, "strict"), &o->rq, &o->out.err);
	buf_release(&bytes);
	if (o->out.rc == GB_OK)
		o->out.rc =
		    translate(o, &rules.rules,
			      model == NULL ? "gemini-2.5-flash" : model);
	json_object_put(parts);
}

/* What the body does not show. */
static struct json_object *
asked_of(const struct transcription_request *rq)
{
	struct json_object *asked = json_object_new_object();

	json_object_object_add(asked, "model",
			       json_object_new_string(rq->chat.model));
	json_object_object_add(asked, "stream",
			       json_object_new_boolean(rq->stream));
	json_object_object_add(asked, "flows",
			       json_object_new_boolean(
				   transcription_flows(rq)));
	json_object_object_add(asked, "segments",
			       json_object_new_boolean(rq->segments));
	json_object_object_add(asked, "words",
			       json_object_new_boolean(rq->words));
	return asked;
}

static bool
play_request(const struct golden *g)
{
	struct json_object *options = golden_json(g, "options.json");
	struct json_object *asked = golden_json(g, "asked.json");
	struct outcome o;
	bool good;

	memset(&o, 0, sizeof(o));
	golden_request_init(&o.out);
	read_case(g, options, &o);
	o.out.dropped = o.rq.chat.dropped;
	if (asked != NULL)
		o.out.asked = asked_of(&o.rq);
	good = golden_request_judge(g, &o.out);
	transcription_request_release(&o.rq);
	golden_request_release(&o.out);
	json_object_put(options);
	json_object_put(asked);
	return good;
}

static void
test_requests(void **state)
{
	(void)state;
	golden_run(REQUESTS, REQUESTS_MIN, play_request);
}

static void
test_too_large(void **state)
{
	static struct multipart form = {.count = 1};
	struct transcription_request rq;
	struct api_error err;

	(void)state;
	form.parts[0].name = text_from("file");
	form.parts[0].file_name = text_from("a.mp3");
	form.parts[0].data = (struct text){"ID3", TRANSCRIPTION_AUDIO_MAX + 1};
	CHECK_INT("70 MiB and one",
		  transcription_read(&form, TASK_TRANSCRIBE, false, &rq, &err),
		  GB_EINVAL);
	CHECK_INT("70 MiB and one", err.status, 413);
	CHECK_STR("70 MiB and one", err.param, "file");
	transcription_request_release(&rq);
}

/* --- replies -------------------------------------------------------------- */

static const struct {
	const char *word;
	enum transcription_format format;
	bool is_text;
} formats[] = {
    {"json", FORMAT_JSON, false},
    {"text", FORMAT_TEXT, true},
    {"verbose_json", FORMAT_VERBOSE, false},
    {"srt", FORMAT_SRT, true},
    {"vtt", FORMAT_VTT, true},
    {"diarized_json", FORMAT_DIARIZED, false},
};

/* One answer. */
struct answer {
	struct transcription_request asked;
	struct transcription heard;
	struct reply reply;
	struct api_error err;
	struct buf out;
	enum gb_err rc;
};

/* options.json: {"format","translate","words","segments","dedicated",
 * "audio_ms","language","temperature"} */
static void
make_asked(struct json_object *options, struct transcription_request *asked)
{
	const char *format = word(options, "format");
	size_t i;

	memset(asked, 0, sizeof(*asked));
	for (i = 0; format != NULL && i < GB_COUNT(formats); i++)
		if (strcmp(formats[i].word, format) == 0)
			asked->format = formats[i].format;
	asked->task =
	    truth(options, "translate") ? TASK_TRANSLATE : TASK_TRANSCRIBE;
	asked->words = truth(options, "words");
	asked->segments = !asked->words || truth(options, "segments");
	asked->dedicated = truth(options, "dedicated");
	asked->audio_ms =
	    tree_get(options, "audio_ms") == NULL
		? -1
		: json_object_get_int64(tree_get(options, "audio_ms"));
	asked->temperature =
	    json_object_get_double(tree_get(options, "temperature"));
	if (word(options, "language") != NULL)
		asked->languages[asked->language_count++] =
		    text_from(word(options, "language"));
}

static void
read_whole(struct answer *a, const struct buf *json)
{
	struct piece_sink sink = transcription_sink(&a->heard);

	CHECK_INT(buf_str(json),
		  reply_read(&a->reply, buf_str(json), json->len, &sink),
		  REPLY_OK);
	a->rc = transcription_finish(&a->heard, &a->reply, &a->err);
	if (a->rc == GB_OK)
		transcription_write(&a->heard, &a->reply.usage, &a->out);
}

static void
read_stream(struct answer *a, const struct buf *events)
{
	struct piece_sink sink = transcription_sink(&a->heard);
	const char *at = buf_str(events);
	struct golden_event ev;

	while (golden_next_event(&at, &ev)) {
		CHECK_INT(ev.data,
			  reply_read(&a->reply, ev.data, ev.data_len, &sink),
			  REPLY_OK);
		if (transcription_flows(&a->asked))
			transcription_write_delta(transcription_take(&a->heard),
						  &a->out);
	}
	a->rc = transcription_finish(&a->heard, &a->reply, &a->err);
	if (a->rc == GB_OK)
		transcription_write_done(&a->heard, &a->reply.usage, &a->out);
	else
		transcription_write_broken(&a->err, &a->out);
}

static bool
same_error(const struct golden *g, const struct api_error *err,
	   struct json_object *want)
{
	const char *param = word(want, "param");

	if (err->fault != FAULT_NONE &&
	    err->status == json_object_get_int(tree_get(want, "status")) &&
	    strcmp(err->param, param == NULL ? "" : param) == 0 &&
	    strstr(err->message, word(want, "message")) != NULL)
		return true;
	return golden_fail(
	    g, "have status %d, param \"%s\", message \"%s\", want %s",
	    err->status, err->param, err->message,
	    json_object_to_json_string(want));
}

/* Compare with whichever file says what is wanted. */
static bool
same_answer(const struct golden *g, struct answer *a)
{
	struct json_object *want;
	struct buf text;
	bool same;

	buf_init(&text, GOLDEN_FILE_MAX);
	if (golden_text(g, "openai.sse", &text))
		same = golden_same_events(g, buf_str(&a->out), buf_str(&text));
	else if ((want = golden_json(g, "error.json")) != NULL) {
		same = same_error(g, &a->err, want) &&
		       a->heard.garbled == truth(want, "garbled");
		json_object_put(want);
	} else if (a->rc != GB_OK) {
		same = golden_fail(g, "have the error %s", a->err.message);
	} else if ((want = golden_json(g, "openai.json")) != NULL) {
		same = golden_same_json(g, &a->out, want);
		json_object_put(want);
	} else if (golden_text(g, "openai.txt", &text)) {
		same = strcmp(buf_str(&a->out), buf_str(&text)) == 0 ||
		       golden_fail(g, "have\n%s", buf_str(&a->out));
	} else {
		same = golden_fail(g, "says nothing of what is wanted");
	}
	buf_release(&text);
	return same;
}

static bool
play_reply(const struct golden *g)
{
	struct json_object *options = golden_json(g, "options.json");
	struct buf gemini;
	struct answer a;
	bool good = true;

	memset(&a, 0, sizeof(a));
	make_asked(options, &a.asked);
	transcription_init(&a.heard, &a.asked, GOLDEN_FILE_MAX);
	reply_init(&a.reply, "call_", SEED);
	buf_init(&a.out, GOLDEN_FILE_MAX);
	buf_init(&gemini, GOLDEN_FILE_MAX);
	if (golden_text(g, "gemini.json", &gemini))
		read_whole(&a, &gemini);
	else if (golden_text(g, "gemini.sse", &gemini))
		read_stream(&a, &gemini);
	else
		good = golden_fail(g, "has neither gemini.json nor gemini.sse");
	good = good && same_answer(g, &a);
	transcription_release(&a.heard);
	buf_release(&gemini);
	buf_release(&a.out);
	json_object_put(options);
	return good;
}

static void
test_replies(void **state)
{
	(void)state;
	golden_run(REPLIES, REPLIES_MIN, play_reply);
}

/* An attempt that failed leaves nothing behind. */
static void
test_reset(void **state)
{
	static const char first[] =
	    "{\"candidates\":[{\"content\":{\"parts\":[{\"audioTranscription\":"
	    "{\"text\":\"one\",\"endOffset\":\"1s\"}}]},"
	    "\"finishReason\":\"STOP\"}]}";
	struct transcription_request asked = {.format = FORMAT_TEXT,
					      .dedicated = true,
					      .audio_ms = -1};
	struct transcription t;
	struct piece_sink sink;
	struct api_error err;
	struct reply reply;
	size_t i;

	(void)state;
	transcription_init(&t, &asked, GOLDEN_FILE_MAX);
	for (i = 0; i < 2; i++) {
		transcription_reset(&t);
		reply_init(&reply, "call_", SEED);
		sink = transcription_sink(&t);
		CHECK_INT(first,
			  reply_read(&reply, first, strlen(first), &sink),
			  REPLY_OK);
		CHECK_INT(first, transcription_finish(&t, &reply, &err), GB_OK);
		CHECK_STR(first, buf_str(&t.text), "one");
	}
	transcription_release(&t);

	transcription_init(&t, &asked, 2);
	sink = transcription_sink(&t);
	reply_init(&reply, "call_", SEED);
	CHECK_INT(first, reply_read(&reply, first, strlen(first), &sink),
		  REPLY_OK);
	CHECK_INT("no room", transcription_finish(&t, &reply, &err),
		  GB_ETOOBIG);
	CHECK_INT("no room", err.fault, FAULT_INTERNAL);
	transcription_release(&t);
}

/* --- times ---------------------------------------------------------------- */

static void
test_times(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: it is none */
	} cases[] = {
	    {"0", 0},
	    {"7", 7000},
	    {"12.5", 12500},
	    {"12.5s", 12500},
	    {"90s", 90000},
	    {" 1.25 ", 1250},
	    {"00:00.000", 0},
	    {"01:02.345", 62345},
	    {"01:02,3", 62300},
	    {"1:01:02.5", 3662500},
	    {"100:00", 6000000},
	    {"00:05:300", 5300},
	    {"01:00:05:300", 3605300},
	    {"00:05:30", 330000},
	    {"1.0004", 1000},
	    {"1.0005", 1001},
	    {"1.9999", 2000},
	    {"1.33333333333333333333", 1333},
	    {"3596400", 3596400000},
	    {"3596401", -1},
	    {"99999999", -1},
	    {"", -1},
	    {" ", -1},
	    {"s", -1},
	    {":", -1},
	    {"-1", -1},
	    {"+1", -1},
	    {"1.", -1},
	    {".5", -1},
	    {"1:", -1},
	    {":1", -1},
	    {"1:60", -1},
	    {"1:60:00", -1},
	    {"1:001", -1},
	    {"1:2:3:4", -1},
	    {"1:2:3:400:5", -1},
	    {"01:00:05:300.5", -1},
	    {"1:02s", -1},
	    {"1e3", -1},
	    {"0x10", -1},
	    {"1 2", -1},
	    {"1.5.5", -1},
	    {"soon", -1},
	    {"00:05;300", -1},
	};
	int64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		ms = -1;
		CHECK_INT(cases[i].text,
			  transcription_time_read(text_from(cases[i].text),
						  &ms),
			  cases[i].ms >= 0);
		CHECK_INT(cases[i].text, ms, cases[i].ms);
	}
}

static void
test_time_writing(void **state)
{
	static const struct {
		int64_t ms;
		char mark;
		const char *text;
	} cases[] = {
	    {0, ',', "00:00:00,000"},
	    {7, '.', "00:00:00.007"},
	    {59999, ',', "00:00:59,999"},
	    {60000, ',', "00:01:00,000"},
	    {3599999, '.', "00:59:59.999"},
	    {3600000, '.', "01:00:00.000"},
	    {TRANSCRIPTION_MS_MAX, ',', "999:00:00,000"},
	};
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 64);
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_reset(&out);
		transcription_time_write(cases[i].ms, cases[i].mark, &out);
		CHECK_STR(cases[i].text, buf_str(&out), cases[i].text);
	}
	buf_release(&out);
}

/* --- files ---------------------------------------------------------------- */

#define BYTES(literal) \
	{ \
		literal, sizeof(literal) - 1 \
	}

static void
test_types(void **state)
{
	static const struct {
		struct text bytes;
		const char *name, *said;
		const char *type, *what;
	} cases[] = {
	    {BYTES("RIFF....WAVE"), "a.mp3", NULL, "audio/wav", NULL},
	    {BYTES("FORM....AIFF"), NULL, NULL, "audio/aiff", NULL},
	    {BYTES("FORM....AIFC"), NULL, NULL, "audio/aiff", NULL},
	    {BYTES("\xff\xfa\x90"), NULL, NULL, "audio/mp3", NULL},
	    {BYTES("\xff\xf2\x90"), NULL, NULL, "audio/mp3", NULL},
	    {BYTES("\xff\xe3\x90"), NULL, NULL, "audio/mp3", NULL},
	    {BYTES("\xff\xf9\x50"), NULL, NULL, "audio/aac", NULL},
	    {BYTES("ADIF"), NULL, NULL, "audio/aac", NULL},
	    {BYTES("....ftypisom"), NULL, NULL, "audio/mp4", NULL},
	    {BYTES("\0\0\1\xba"), "a.mpeg", NULL, "video/mpeg", NULL},
	    {BYTES("?"), "a.b.OPUS", NULL, "audio/ogg", NULL},
	    {BYTES("?"), "a.mpeg", "audio/wav", "audio/mp3", NULL},
	    {BYTES("?"), "a", "audio/x-m4a", "audio/mp4", NULL},
	    {BYTES("?"), "blob", "Audio/WebM ;codecs=opus", "audio/webm", NULL},
	    {BYTES("?"), "blob", "video/webm", "audio/webm", NULL},
	    {BYTES("\xff"), "a", NULL, NULL, NULL},
	    {BYTES("\xff\xd8\xff"), "a.mp3", NULL, NULL, "image/jpeg"},
	    {BYTES("%PDF-1.7"), "a.mp3", NULL, NULL, "application/pdf"},
	    {BYTES("#!AMR\n"), "a.mp3", NULL, NULL, "audio/amr"},
	    {BYTES("PK\3\4"), "a.wav", NULL, NULL, "application/zip"},
	    {BYTES("....ftypavif"), "a.mp4", NULL, NULL, "image/avif"},
	    {BYTES("?"), "wav", NULL, NULL, NULL},
	    {BYTES("?"), "a.txt", "text/plain", NULL, NULL},
	    {BYTES("?"), "a.", "audio/", NULL, NULL},
	    {BYTES("?"), NULL, "text/wav", NULL, NULL},
	    {BYTES(""), NULL, NULL, NULL, NULL},
	};
	const char *type, *what;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		type =
		    transcription_audio_type(cases[i].bytes,
					     text_from(cases[i].name),
					     text_from(cases[i].said), &what);
		CHECK_STR(cases[i].bytes.ptr, type, cases[i].type);
		CHECK_STR(cases[i].bytes.ptr, what, cases[i].what);
	}
}

#define FMT(rate) \
	"fmt \x10\0\0\0\1\0\1\0" rate rate "\2\0\x10\0" /* bytes a second */
#define HEAD "RIFF....WAVE"

static void
test_lengths(void **state)
{
	static const struct {
		struct text bytes;
		int64_t ms;
	} cases[] = {
	    {BYTES(HEAD FMT("\x04\0\0\0") "data\x04\0\0\0...."), 1000},
	    {BYTES(HEAD FMT("\x04\0\0\0") "data\x02\0\0\0...."), 500},
	    {BYTES(HEAD FMT("\x04\0\0\0") "data\xff\xff\xff\xff...."), 1000},
	    {BYTES(HEAD FMT("\x04\0\0\0") "data\0\0\0\0...."), 1000},
	    {BYTES(HEAD
		   "LIST\3\0\0\0abc\0" FMT("\x04\0\0\0") "data\x04\0\0\0...."),
	     1000},
	    {BYTES(HEAD FMT("\0\0\0\0") "data\x04\0\0\0...."), -1},
	    {BYTES(HEAD "data\x04\0\0\0...."), -1},
	    {BYTES(HEAD FMT("\x04\0\0\0")), -1},
	    {BYTES(HEAD "LIST\xff\xff\xff\xff"), -1},
	    {BYTES(HEAD "fmt \x10\0\0\0"), -1},
	    {BYTES("RIFF....AVI "), -1},
	    {BYTES("ID3"), -1},
	    {BYTES(""), -1},
	};
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++)
		CHECK_INT(cases[i].bytes.ptr,
			  transcription_audio_ms(cases[i].bytes), cases[i].ms);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_too_large),
	    cmocka_unit_test(test_replies),
	    cmocka_unit_test(test_reset),
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_time_writing),
	    cmocka_unit_test(test_types),
	    cmocka_unit_test(test_lengths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
