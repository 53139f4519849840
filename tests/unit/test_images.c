/* test_images.c: requests for pictures (the cases of tests/golden/
 * images_request, and forms), and what becomes of the answers */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "dialect/gemini/gemini_request.h"
#include "dialect/images/images_reply.h"
#include "dialect/images/images_request.h"
#include "dialect/json/json_in.h"
#include "dialect/json/json_tree.h"
#include "golden_request.h"
#include "golden_rules.h"

#define FOLDER	  "tests/golden/images_request"
#define CASES_MIN 75 /* fewer: somebody lost some */
#define ROOM	  65536
#define TYPE	  "multipart/form-data; boundary=BB"
#define FIELD(name, value) \
	"--BB\r\nContent-Disposition: form-data; name=\"" name \
	"\"\r\n\r\n" value "\r\n"
#define FILE_PART(name, data) \
	"--BB\r\nContent-Disposition: form-data; name=\"" name \
	"\"; filename=\"a.png\"\r\nContent-Type: text/plain\r\n\r\n" data \
	"\r\n"
#define END   "--BB--\r\n"
#define PNG   "\x89PNG\r\n\x1a\n"
#define PNG64 "iVBORw0KGgo="

/* --- requests ------------------------------------------------------------- */

/* What became of a request. */
struct outcome {
	struct images_request rq;
	struct golden_request out;
};

/* The rest of the program's part, once the request was read. */
static void
translate(struct outcome *o, const struct model_rules *rules,
	  const char *create)
{
	struct gemini_request_options told = {.dropped = &o->rq.chat.dropped};
	struct model_facts facts;

	if (o->out.rc == GB_OK)
		o->out.rc =
		    images_choose_model(&o->rq, rules, create, &o->out.err);
	if (o->out.rc != GB_OK)
		return;
	model_facts_get(o->rq.chat.model, rules, &facts);
	if (images_is_imagen(o->rq.chat.model))
		o->out.rc =
		    images_write_predict(&o->rq, &o->out.body, &o->out.err);
	else
		o->out.rc = gemini_request_write(&o->rq.chat, &facts, &told,
						 &o->out.body, &o->out.err);
}

static void
read_case(const struct golden *g, struct json_object *options,
	  struct outcome *o)
{
	struct json_object *root = golden_json(g, "request.json"), *value;
	struct golden_rules rules;
	const char *create = "gemini-3.1-flash-image";
	enum images_task task;

	golden_rules(options, &rules);
	task =
	    tree_get(options, "task") != NULL ? IMAGES_EDIT : IMAGES_GENERATE;
	if ((value = tree_get(options, "create_model")) != NULL)
		create = json_object_get_string(value);
	o->out.rc = images_read_json(root, task,
				     json_object_get_boolean(
					 tree_get(options, "strict")),
				     &o->rq, &o->out.err);
	translate(o, &rules.rules, create);
}

static struct json_object *
asked_of(const struct images_request *rq)
{
	struct json_object *asked = json_object_new_object();

	json_object_object_add(asked, "model",
			       json_object_new_string(rq->chat.model));
	json_object_object_add(asked, "n", json_object_new_int64(rq->n));
	json_object_object_add(asked, "url", json_object_new_boolean(rq->url));
	json_object_object_add(asked, "stream",
			       json_object_new_boolean(rq->stream));
	return asked;
}

static bool
play(const struct golden *g)
{
	struct json_object *options = golden_json(g, "options.json");
	struct outcome o;
	bool good;

	memset(&o, 0, sizeof(o));
	golden_request_init(&o.out);
	read_case(g, options, &o);
	o.out.dropped = o.rq.chat.dropped;
	if (o.out.rc == GB_OK)
		o.out.asked = asked_of(&o.rq);
	good = golden_request_judge(g, &o.out);
	images_request_release(&o.rq);
	golden_request_release(&o.out);
	json_object_put(options);
	return good;
}

static void
test_golden(void **state)
{
	(void)state;
	golden_run(FOLDER, CASES_MIN, play);
}

/* --- forms ---------------------------------------------------------------- */

static void
read_form(const char *form, struct outcome *o)
{
	static const struct model_rules no_rules;
	struct multipart parts;

	memset(o, 0, sizeof(*o));
	golden_request_init(&o->out);
	o->out.rc =
	    multipart_read(TYPE, form, strlen(form), &parts, &o->out.err);
	CHECK_INT(form, o->out.rc, GB_OK);
	o->out.rc =
	    images_read_form(&parts, IMAGES_EDIT, false, &o->rq, &o->out.err);
	translate(o, &no_rules, "gemini-3.1-flash-image");
}

static void
test_forms(void **state)
{
	static const char picture[] = "{\"inlineData\":{\"mimeType\":"
				      "\"image/png\",\"data\":\"" PNG64 "\"}}";
	static const struct {
		const char *form, *words; /* what is in the body */
		int pictures;
		int64_t n;
		bool stream, url;
	} cases[] = {
	    {FIELD("prompt", "blue") FILE_PART("image", PNG) END,
	     "{\"text\":\"blue\"}", 1, 1, false, true},
	    {FIELD("prompt", "blue") FILE_PART("image[]", PNG)
		 FILE_PART("image[]", PNG) FIELD("n", "3")
		     FIELD("model", "gpt-image-1") FIELD("stream", "true") END,
	     "{\"text\":\"blue\"}", 2, 3, true, false},
	    {FILE_PART("mask", PNG) FILE_PART("images[0]", PNG)
		 FIELD("prompt", "blue {n:2}") FIELD("size", "1024x1536") END,
	     "\"aspectRatio\":\"2:3\"", 2, 2, false, true},
	    {FIELD("prompt", "blue") FIELD("image", PNG64) FIELD("mask", PNG64)
		 FIELD("n", "") END,
	     "is a mask", 2, 1, false, true},
	};
	struct outcome o;
	const char *at;
	size_t i;
	int count;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		read_form(cases[i].form, &o);
		CHECK_STR(cases[i].form, o.out.err.message, "");
		CHECK_INT(cases[i].form, o.out.rc, GB_OK);
		CHECK(buf_str(&o.out.body),
		      strstr(buf_str(&o.out.body), cases[i].words) != NULL);
		count = 0;
		for (at = buf_str(&o.out.body);
		     (at = strstr(at, picture)) != NULL; at++)
			count++;
		CHECK_INT(cases[i].form, count, cases[i].pictures);
		CHECK_INT(cases[i].form, o.rq.n, cases[i].n);
		CHECK_INT(cases[i].form, o.rq.stream, cases[i].stream);
		CHECK_INT(cases[i].form, o.rq.url, cases[i].url);
		images_request_release(&o.rq);
		golden_request_release(&o.out);
	}
}

static void
test_bad_forms(void **state)
{
	static const struct {
		const char *form, *param;
	} cases[] = {
	    {FILE_PART("image", PNG) END, "prompt"},
	    {FIELD("prompt", "blue") END, "image"},
	    {FIELD("prompt", "blue") FILE_PART("mask", PNG) END, "image"},
	    {FIELD("prompt", "blue") FILE_PART("image", "") END, "image"},
	    {FIELD("prompt", "blue") FILE_PART("image", "%PDF-1.7") END,
	     "image"},
	    {FIELD("prompt", "a") FILE_PART("image", PNG) FIELD("n", "2x") END,
	     "n"},
	    {FIELD("prompt", "a") FILE_PART("image", PNG) FIELD("n", "11") END,
	     "n"},
	    {FIELD("prompt", "a") FILE_PART("image", PNG)
		 FIELD("stream", "maybe") END,
	     "stream"},
	    {FIELD("prompt", "a") FILE_PART("image", PNG) FIELD("model", "a b")
		 END,
	     "model"},
	};
	struct outcome o;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		read_form(cases[i].form, &o);
		CHECK_INT(cases[i].form, o.out.rc, GB_EINVAL);
		CHECK_STR(cases[i].form, o.out.err.param, cases[i].param);
		images_request_release(&o.rq);
		golden_request_release(&o.out);
	}
}

/* --- answers -------------------------------------------------------------- */

#define PICTURE(data) \
	"{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"" data "\"}"
#define ANSWER(parts, more) \
	"{\"candidates\":[{\"content\":{\"parts\":[" parts "]}" more "}]}"

static void
test_catch(void **state)
{
	static const struct {
		const char *json, *data, *message;
	} cases[] = {
	    {ANSWER(PICTURE("YQ==") "}", ""), "YQ==", ""},
	    {ANSWER("{\"text\":\"Here:\"}," PICTURE("YQ==") "}", ""),
	     "YQ==", ""},
	    {ANSWER(PICTURE("Yg==") ",\"thought\":true}," PICTURE("YQ==") "}",
		    ""),
	     "YQ==", ""},
	    {ANSWER(PICTURE("YQ==") "}," PICTURE("Yg==") "}", ""), "YQ==", ""},
	    {ANSWER("{\"text\":\"I do \"},{\"text\":\"not.\"}", ""), "",
	     "Gemini made no picture, but said: I do not."},
	    {ANSWER("{\"text\":\"my key is "
		    "AIzaSyA0123456789012345678901234567890123\"}",
		    ""),
	     "", "Gemini made no picture, but said: my key is "},
	    {ANSWER("{\"text\":\"x\"}", ",\"finishReason\":\"NO_IMAGE\","
					"\"finishMessage\":\"Not so.\""),
	     "", "Not so."},
	    {ANSWER("", ",\"finishReason\":\"IMAGE_SAFETY\""), "",
	     "Gemini made no picture (IMAGE_SAFETY)."},
	    {"{\"promptFeedback\":{\"blockReason\":\"OTHER\"}}", "",
	     "Gemini refused the prompt (OTHER)."},
	    {ANSWER("{\"inlineData\":{\"mimeType\":\"audio/wav\","
		    "\"data\":\"YQ==\"}}",
		    ",\"finishReason\":\"STOP\""),
	     "", "Gemini made no picture (STOP)."},
	};
	struct image_catch c;
	struct piece_sink sink;
	struct api_error err;
	struct reply reply;
	size_t i;

	(void)state;
	image_catch_init(&c, ROOM);
	sink = image_catch_sink(&c);
	for (i = 0; i < GB_COUNT(cases); i++) {
		image_catch_reset(&c);
		reply_init(&reply, "call_", "0123456789abcdef01234567");
		CHECK_INT(cases[i].json,
			  reply_read(&reply, cases[i].json,
				     strlen(cases[i].json), &sink),
			  REPLY_OK);
		CHECK_STR(cases[i].json, buf_str(&c.data), cases[i].data);
		if (*cases[i].data != '\0') {
			CHECK_STR(cases[i].json, c.mime, "image/png");
			continue;
		}
		image_catch_refuse(&c, &reply, &err);
		CHECK_INT(cases[i].json, err.status, 400);
		CHECK_INT(cases[i].json, err.fault, FAULT_CONTENT_POLICY);
		if (strncmp(err.message, cases[i].message,
			    strlen(cases[i].message)) != 0 ||
		    strstr(err.message, "SyA0123") != NULL)
			fail_msg("have %s, want %s", err.message,
				 cases[i].message);
	}
	image_catch_release(&c);
}

static void
test_predict(void **state)
{
	static const struct {
		const char *json, *data, *message;
		bool good;
	} cases[] = {
	    {"{\"predictions\":[{\"mimeType\":\"image/jpeg\","
	     "\"bytesBase64Encoded\":\"YQ==\"}]}",
	     "YQ==", "", true},
	    {"{\"predictions\":[{\"raiFilteredReason\":\"Unsafe.\"}]}", "",
	     "Unsafe.", true},
	    {"{\"predictions\":[7,{}]}", "", "Imagen made no picture.", true},
	    {"{}", "", "Imagen made no picture.", true},
	    {"[]", "", "", false},
	    {"", "", "", false},
	    {"{\"predictions\":", "", "", false},
	};
	struct image_catch c;
	struct api_error err;
	size_t i;

	(void)state;
	image_catch_init(&c, ROOM);
	for (i = 0; i < GB_COUNT(cases); i++) {
		api_error_clear(&err);
		CHECK_INT(cases[i].json,
			  image_catch_predict(&c, cases[i].json,
					      strlen(cases[i].json), &err),
			  cases[i].good);
		CHECK_STR(cases[i].json, buf_str(&c.data), cases[i].data);
		CHECK_STR(cases[i].json, err.message, cases[i].message);
	}
	image_catch_release(&c);
}

static void
test_write(void **state)
{
	static const struct reply_usage usage = {.prompt = 9,
						 .prompt_image = 4,
						 .completion = 20,
						 .total = 29};
	struct image_result results[2] = {
	    {"image/png", {"YQ==", 4}, NULL},
	    {"image/jpeg", {"Yg==", 4}, "https://example.org/pictures/a.jpg"},
	};
	struct images_request rq = {.task = IMAGES_EDIT,
				    .size = "auto",
				    .quality = "hd"};
	struct reply_usage sum = usage;
	struct buf out;

	(void)state;
	buf_init(&out, ROOM);
	images_add_usage(&sum, &usage);
	images_write(&rq, 1700000000, results, 2, &sum, &out);
	CHECK_STR("whole", buf_str(&out),
		  "{\"created\":1700000000,\"data\":[{\"b64_json\":\"YQ==\"},"
		  "{\"url\":\"https://example.org/pictures/a.jpg\"}],"
		  "\"background\":\"auto\",\"quality\":\"hd\",\"size\":"
		  "\"auto\",\"output_format\":\"png\",\"usage\":{"
		  "\"input_tokens\":18,\"input_tokens_details\":{"
		  "\"text_tokens\":10,\"image_tokens\":8},"
		  "\"output_tokens\":40,\"total_tokens\":58}}");
	buf_reset(&out);
	images_write_event(&rq, 1700000000, &results[0], &usage, &out);
	CHECK_STR("event", buf_str(&out),
		  "event: image_edit.completed\ndata: {\"type\":"
		  "\"image_edit.completed\",\"b64_json\":\"YQ==\","
		  "\"created_at\":1700000000,\"background\":\"auto\","
		  "\"quality\":\"hd\",\"size\":\"auto\",\"output_format\":"
		  "\"png\",\"usage\":{\"input_tokens\":9,"
		  "\"input_tokens_details\":{\"text_tokens\":5,"
		  "\"image_tokens\":4},\"output_tokens\":20,"
		  "\"total_tokens\":29}}\n\n");
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_bad_forms), cmocka_unit_test(test_catch),
	    cmocka_unit_test(test_predict),   cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests_name("images", tests, NULL, NULL);
}
