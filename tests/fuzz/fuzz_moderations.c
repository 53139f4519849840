/*
 * fuzz_moderations.c: any bytes as something to be judged, and as what Gemini
 * makes of it.
 *
 * What is read can be asked, for each judgement, and is JSON then; what is
 * refused names a fault; a judgement is JSON with scores from 0 to 1.
 */
#include <stdlib.h>

#include "dialect/gemini/gemini_request.h"
#include "dialect/json/json_in.h"
#include "dialect/openai/moderations_reply.h"
#include "fuzz.h"

#define OUT_MAX (64u << 20)
#define SEED	"0123456789abcdef01234567"

static void
must_be_object(struct buf *out)
{
	must(json_check(buf_str(out), out->len) == JSON_KIND_OBJECT);
	buf_release(out);
}

static void
ask_all(struct moderations_request *rq)
{
	struct gemini_request_options told = {0};
	struct model_rules rules = {0};
	struct model_facts facts;
	struct api_error err;
	struct buf out;
	size_t i;

	must(rq->count >= 1 && rq->count <= MODERATIONS_MAX);
	must(rq->has_text || rq->has_image);
	moderations_choose_model(rq, &rules, "gemini-3.1-flash-lite");
	model_facts_get(rq->chat.model, &rules, &facts);
	for (i = 0; i < rq->count; i++) {
		moderations_choose(rq, i);
		buf_init(&out, OUT_MAX);
		if (gemini_request_write(&rq->chat, &facts, &told, &out,
					 &err) == GB_OK) {
			must_be_object(&out);
			continue;
		}
		must(err.fault != FAULT_NONE);
		buf_release(&out);
	}
}

static void
fuzz_request(const char *text, size_t len, bool strict)
{
	struct moderations_request rq;
	struct json_object *root;
	struct api_error err;

	if (json_read(text, len, &root, &err) != GB_OK)
		return;
	if (moderations_read(root, strict, &rq, &err) == GB_OK)
		ask_all(&rq);
	else
		must(err.fault != FAULT_NONE && err.message[0] != '\0');
	moderations_request_release(&rq);
}

static void
fuzz_answer(const char *text, size_t len)
{
	static struct moderations_request rq = {.has_text = true};
	struct piece_sink sink;
	struct moderation m;
	struct reply reply;
	struct buf out;
	size_t i;

	moderation_init(&m);
	sink = moderation_sink(&m);
	reply_init(&reply, "call_", SEED);
	if (reply_read(&reply, text, len, &sink) == REPLY_OK) {
		moderation_finish(&m, &reply, text, len);
		for (i = 0; i < MODERATION__MAX; i++)
			must(m.scores[i] >= 0 && m.scores[i] <= 1);
		buf_init(&out, OUT_MAX);
		moderations_write(&rq, "m\"\xff", SEED, &m, 1, &out);
		must_be_object(&out);
	}
	moderation_release(&m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	text = fuzz_text(data, size);
	fuzz_request(text, size, false);
	fuzz_request(text, size, true);
	fuzz_answer(text, size);
	free(text);
	return 0;
}
