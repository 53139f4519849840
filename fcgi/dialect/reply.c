/* reply.c: what Gemini answered, read without any client dialect in mind */
#include "dialect/reply.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "dialect/json/json_tree.h"

#define SEED_USED 24 /* characters of the seed in an id */
#define CALL_ID_SIZE \
	64 /* OpenAI's servers refuse ids over 40 bytes in chats, \
	      over 64 elsewhere: these stay below both */

/* Every finishReason of the API's reference; others count as FINISH_OTHER. */
static const struct {
	const char *name;
	enum reply_finish finish;
} finishes[] = {
    {"STOP", FINISH_STOP},
    {"MAX_TOKENS", FINISH_LENGTH},
    {"SAFETY", FINISH_FILTERED},
    {"RECITATION", FINISH_FILTERED},
    {"LANGUAGE", FINISH_FILTERED},
    {"BLOCKLIST", FINISH_FILTERED},
    {"PROHIBITED_CONTENT", FINISH_FILTERED},
    {"SPII", FINISH_FILTERED},
    {"IMAGE_SAFETY", FINISH_FILTERED},
    {"IMAGE_PROHIBITED_CONTENT", FINISH_FILTERED},
    {"IMAGE_RECITATION", FINISH_FILTERED},
    {"MALFORMED_FUNCTION_CALL", FINISH_FAULT},
    {"UNEXPECTED_TOOL_CALL", FINISH_FAULT},
    {"MALFORMED_RESPONSE", FINISH_FAULT},
    {"TOO_MANY_TOOL_CALLS", FINISH_FAULT},
    {"MISSING_THOUGHT_SIGNATURE", FINISH_FAULT},
};

/* One event on its way to the sink. */
struct reading {
	struct reply *reply;
	const struct piece_sink *sink;
	const struct link_sink *links; /* or NULL */
};

void
reply_init(struct reply *r, const char *prefix, const char *seed)
{
	memset(r, 0, sizeof(*r));
	r->id_prefix = prefix;
	r->id_seed = seed;
}

void
reply_narrow(struct reply *r, unsigned number)
{
	r->narrow = true;
	r->number = number;
}

static enum reply_finish
finish_of(const char *name)
{
	size_t i;

	for (i = 0; i < GB_COUNT(finishes); i++)
		if (strcmp(name, finishes[i].name) == 0)
			return finishes[i].finish;
	return FINISH_OTHER;
}

static const char *
or_empty(const char *text)
{
	return text == NULL ? "" : text;
}

static void
piece_init(struct piece *p, unsigned candidate, size_t part)
{
	memset(p, 0, sizeof(*p));
	p->candidate = candidate;
	p->part = part;
	p->text = p->signature = p->mime = p->name = p->id = "";
	p->url = p->title = "";
}

static void
hand_out(struct reading *rd, const struct piece *p)
{
	struct reply_candidate *c;

	c = &rd->reply->candidates[p->candidate];
	if (p->kind == PIECE_CALL)
		c->has_call = true;
	if (p->kind != PIECE_THOUGHT && p->kind != PIECE_SOURCE &&
	    p->kind != PIECE_ECHO && p->kind != PIECE_TOKENS &&
	    (p->kind != PIECE_TEXT || p->text_len > 0))
		c->has_output = true;
	rd->sink->piece(rd->sink->context, rd->reply, p);
}

/* The kinds of part.  Each fills in "p" from its own member "value" of a part
 * and says whether it is worth handing out. */
static bool
take_text(struct piece *p, struct json_object *part, struct json_object *value)
{
	(void)value;
	p->kind = tree_true(part, "thought") ? PIECE_THOUGHT : PIECE_TEXT;
	p->text = or_empty(tree_string(part, "text", &p->text_len));
	return p->text_len > 0 || p->signature_len > 0;
}

/* The text that a model for that alone has heard. */
static bool
take_transcription(struct piece *p, struct json_object *part,
		   struct json_object *value)
{
	(void)part;
	p->kind = PIECE_TEXT;
	p->args = value;
	p->text = or_empty(tree_string(value, "text", &p->text_len));
	return p->text_len > 0;
}

static bool
take_call(struct piece *p, struct json_object *part, struct json_object *value)
{
	(void)part;
	p->kind = PIECE_CALL;
	p->name = or_empty(tree_string(value, "name", NULL));
	p->id = or_empty(tree_string(value, "id", NULL));
	p->args = tree_object(value, "args");
	return *p->name != '\0';
}

static bool
take_blob(struct piece *p, struct json_object *part, struct json_object *value)
{
	p->kind = PIECE_BLOB;
	p->mime = or_empty(tree_string(value, "mimeType", NULL));
	p->text = or_empty(tree_string(value, "data", &p->text_len));
	/* a model that thinks in pictures sends its drafts, too */
	return p->text_len > 0 && !tree_true(part, "thought");
}

static bool
take_code(struct piece *p, struct json_object *part, struct json_object *value)
{
	(void)part;
	p->kind = PIECE_CODE;
	p->mime = or_empty(tree_string(value, "language", NULL));
	p->text = or_empty(tree_string(value, "code", &p->text_len));
	return p->text_len > 0;
}

static bool
take_result(struct piece *p, struct json_object *part,
	    struct json_object *value)
{
	(void)part;
	p->kind = PIECE_CODE_RESULT;
	p->mime = or_empty(tree_string(value, "outcome", NULL));
	p->text = or_empty(tree_string(value, "output", &p->text_len));
	return p->text_len > 0 || *p->mime != '\0';
}

static bool
take_echo(struct piece *p, struct json_object *part, struct json_object *value)
{
	(void)value;
	p->kind = PIECE_ECHO;
	p->args = part;
	p->signature = ""; /* it is within */
	p->signature_len = 0;
	return true;
}

static const struct {
	const char *member;
	bool (*take)(struct piece *, struct json_object *part,
		     struct json_object *value);
} part_kinds[] = {
    {"text", take_text},
    {"functionCall", take_call},
    {"inlineData", take_blob},
    {"executableCode", take_code},
    {"codeExecutionResult", take_result},
    {"toolCall", take_echo},
    {"toolResponse", take_echo},
    {"audioTranscription", take_transcription},
};

/* A call without an id gets one in "id", different from all others: a letter
 * that is no digit of a number tells answers apart. */
static void
name_call(struct reply *r, struct piece *p, char id[CALL_ID_SIZE])
{
	char mark[] = {(char)('g' + r->number), '\0'};
	unsigned number = r->calls++;

	if (*p->id != '\0')
		return;
	(void)snprintf(id, CALL_ID_SIZE, "%s%.*s%s%03x", r->id_prefix,
		       SEED_USED, r->id_seed, r->narrow ? mark : "", number);
	p->id = id;
}

static void
read_part(struct reading *rd, unsigned candidate, size_t at,
	  struct json_object *part)
{
	struct json_object *value;
	char id[CALL_ID_SIZE];
	struct piece p;
	size_t i;

	piece_init(&p, candidate, at);
	p.signature =
	    or_empty(tree_string(part, "thoughtSignature", &p.signature_len));
	for (i = 0; i < GB_COUNT(part_kinds); i++) {
		value = tree_get(part, part_kinds[i].member);
		if (value == NULL)
			continue;
		if (!part_kinds[i].take(&p, part, value))
			return;
		if (p.kind == PIECE_CALL)
			name_call(rd->reply, &p, id);
		hand_out(rd, &p);
		return;
	}
	/* a part that is nothing but its signature */
	if (p.signature_len > 0)
		hand_out(rd, &p);
}

/* The sources of one groundingSupports item: its segment, once for each of
 * the chunks that it names. */
static void
read_support(struct reading *rd, unsigned candidate, struct json_object *chunks,
	     struct json_object *support)
{
	struct json_object *segment, *indices, *web, *index;
	struct piece p;
	size_t i, n;

	segment = tree_object(support, "segment");
	indices = tree_array(support, "groundingChunkIndices");
	n = tree_length(indices);
	for (i = 0; segment != NULL && i < n; i++) {
		index = tree_item(indices, i);
		if (!json_object_is_type(index, json_type_int) ||
		    json_object_get_int64(index) < 0)
			continue;
		web =
		    tree_object(tree_item(chunks,
					  (size_t)json_object_get_int64(index)),
				"web");
		piece_init(&p, candidate,
			   (size_t)tree_count(segment, "partIndex"));
		p.kind = PIECE_SOURCE;
		p.url = or_empty(tree_string(web, "uri", NULL));
		p.title = or_empty(tree_string(web, "title", NULL));
		p.start = (size_t)tree_count(segment, "startIndex");
		p.end = (size_t)tree_count(segment, "endIndex");
		if (*p.url != '\0' && p.start <= p.end)
			hand_out(rd, &p);
	}
}

/* FNV-1a.  Two pages with one digest cost a link, and nothing else. */
static uint64_t
digest_of(unsigned candidate, const char *url)
{
	uint64_t digest = UINT64_C(0xcbf29ce484222325) + candidate;

	for (; *url != '\0'; url++)
		digest =
		    (digest ^ (unsigned char)*url) * UINT64_C(0x100000001b3);
	return digest;
}

/* Whether the page is new; it is not any more. */
static bool
is_new_link(struct reply *r, uint64_t digest)
{
	size_t i;

	for (i = 0; i < r->link_count; i++)
		if (r->links[i] == digest)
			return false;
	if (r->link_count == REPLY_LINKS_MAX)
		return false;
	r->links[r->link_count++] = digest;
	return true;
}

static void
read_links(struct reading *rd, unsigned candidate, struct json_object *chunks)
{
	struct json_object *web;
	struct reply_link link;
	size_t i, n;

	n = rd->links == NULL ? 0 : tree_length(chunks);
	for (i = 0; i < n; i++) {
		web = tree_object(tree_item(chunks, i), "web");
		link.candidate = candidate;
		link.url = or_empty(tree_string(web, "uri", NULL));
		link.title = or_empty(tree_string(web, "title", NULL));
		if (*link.url != '\0' &&
		    is_new_link(rd->reply, digest_of(candidate, link.url)))
			rd->links->link(rd->links->context, &link);
	}
}

static void
read_grounding(struct reading *rd, unsigned candidate, struct json_object *meta)
{
	struct json_object *chunks, *supports;
	size_t i, n;

	chunks = tree_array(meta, "groundingChunks");
	read_links(rd, candidate, chunks);
	supports = tree_array(meta, "groundingSupports");
	n = tree_length(supports);
	for (i = 0; i < n; i++)
		read_support(rd, candidate, chunks, tree_item(supports, i));
}

static void
read_tokens(struct reading *rd, unsigned candidate, struct json_object *result)
{
	struct piece p;

	if (!rd->reply->wants_tokens ||
	    tree_length(tree_array(result, "chosenCandidates")) == 0)
		return;
	piece_init(&p, candidate, SIZE_MAX);
	p.kind = PIECE_TOKENS;
	p.args = result;
	hand_out(rd, &p);
}

static bool
read_token(struct json_object *token, struct reply_token *out)
{
	out->text = tree_string(token, "token", &out->len);
	out->logprob = tree_number(token, "logProbability");
	if (!(out->logprob >= LOGPROB_MIN)) /* not a number, too */
		out->logprob = LOGPROB_MIN;
	if (out->logprob > 0)
		out->logprob = 0;
	return out->text != NULL;
}

bool
reply_token(const struct piece *p, size_t at, struct reply_token *out)
{
	return read_token(tree_item(tree_array(p->args, "chosenCandidates"),
				    at),
			  out);
}

bool
reply_top_token(const struct piece *p, size_t at, size_t top,
		struct reply_token *out)
{
	struct json_object *step;

	step = tree_item(tree_array(p->args, "topCandidates"), at);
	return read_token(tree_item(tree_array(step, "candidates"), top), out);
}

/* Which of ours a candidate of Google's is; REPLY_CANDIDATES_MAX: none.  "at"
 * stands in for an index that is not there, since 0 is left out. */
static unsigned
candidate_number(const struct reply *r, size_t at,
		 struct json_object *candidate)
{
	int64_t index;

	index = tree_get(candidate, "index") == NULL
		    ? (int64_t)at
		    : tree_count(candidate, "index");
	if (r->narrow)
		return index == 0 ? r->number : REPLY_CANDIDATES_MAX;
	return index < REPLY_CANDIDATES_MAX ? (unsigned)index
					    : REPLY_CANDIDATES_MAX;
}

static void
read_candidate(struct reading *rd, size_t at, struct json_object *candidate)
{
	struct json_object *parts;
	struct reply_candidate *c;
	unsigned index;
	size_t i, n;

	if (!json_object_is_type(candidate, json_type_object))
		return;
	index = candidate_number(rd->reply, at, candidate);
	if (index == REPLY_CANDIDATES_MAX)
		return;
	c = &rd->reply->candidates[index];
	c->seen = true;
	parts = tree_array(tree_object(candidate, "content"), "parts");
	n = tree_length(parts);
	for (i = 0; i < n; i++)
		read_part(rd, index, i, tree_item(parts, i));
	read_tokens(rd, index, tree_object(candidate, "logprobsResult"));
	read_grounding(rd, index, tree_object(candidate, "groundingMetadata"));
	/* old models repeat it in every event: the last one is meant */
	if (tree_string(candidate, "finishReason", NULL) != NULL) {
		tree_copy(candidate, "finishReason", c->finish_reason,
			  sizeof(c->finish_reason));
		c->finish = finish_of(c->finish_reason);
		tree_copy(candidate, "finishMessage", c->finish_message,
			  sizeof(c->finish_message));
	}
}

static int64_t
modality(struct json_object *usage, const char *details, const char *name)
{
	struct json_object *list, *item;
	const char *have;
	int64_t sum;
	size_t i, n;

	list = tree_array(usage, details);
	n = tree_length(list);
	for (sum = 0, i = 0; i < n && i < 16; i++) {
		item = tree_item(list, i);
		have = tree_string(item, "modality", NULL);
		if (have != NULL && strcmp(have, name) == 0)
			sum += tree_count(item, "tokenCount");
	}
	return sum;
}

/*
 * Google counts thoughts beside candidates; some answers count them within,
 * which shows in a total that is already reached without them (litellm found
 * that, and guards against it in the same way).
 */
static void
read_usage(struct reply_usage *u, struct json_object *usage)
{
	int64_t total, candidates;

	if (tree_get(usage, "promptTokenCount") == NULL &&
	    tree_get(usage, "totalTokenCount") == NULL)
		return; /* an empty one says nothing */
	u->tool = tree_count(usage, "toolUsePromptTokenCount");
	u->prompt = tree_count(usage, "promptTokenCount") + u->tool;
	u->cached = tree_count(usage, "cachedContentTokenCount");
	u->cached_audio = modality(usage, "cacheTokensDetails", "AUDIO");
	u->prompt_text = modality(usage, "promptTokensDetails", "TEXT");
	u->prompt_audio = modality(usage, "promptTokensDetails", "AUDIO");
	u->prompt_image = modality(usage, "promptTokensDetails", "IMAGE");
	u->prompt_video = modality(usage, "promptTokensDetails", "VIDEO");
	candidates = tree_count(usage, "candidatesTokenCount");
	u->reasoning = tree_count(usage, "thoughtsTokenCount");
	u->completion_audio =
	    modality(usage, "candidatesTokensDetails", "AUDIO");
	u->completion_image =
	    modality(usage, "candidatesTokensDetails", "IMAGE");
	total = tree_count(usage, "totalTokenCount");
	u->completion = candidates;
	if (candidates < u->reasoning || total != u->prompt + candidates)
		u->completion += u->reasoning;
	u->total = total > 0 ? total : u->prompt + u->completion;
}

enum reply_read
reply_read(struct reply *r, const char *json, size_t len,
	   const struct piece_sink *sink)
{
	return reply_read_links(r, json, len, sink, NULL);
}

enum reply_read
reply_read_links(struct reply *r, const char *json, size_t len,
		 const struct piece_sink *sink, const struct link_sink *links)
{
	struct reading rd = {r, sink, links};
	struct json_object *root, *candidates, *feedback, *usage;
	enum reply_read rc;
	size_t i, n;

	rc = REPLY_GARBAGE;
	root = tree_parse(json, len);
	if (tree_get(root, "error") != NULL ||
	    tree_get(tree_item(root, 0), "error") != NULL) {
		rc = REPLY_ERROR;
		goto out;
	}
	if (!json_object_is_type(root, json_type_object))
		goto out;
	rc = REPLY_OK;
	if (tree_string(root, "responseId", NULL) != NULL)
		tree_copy(root, "responseId", r->response_id,
			  sizeof(r->response_id));
	if (tree_string(root, "modelVersion", NULL) != NULL)
		tree_copy(root, "modelVersion", r->model_version,
			  sizeof(r->model_version));
	feedback = tree_object(root, "promptFeedback");
	if (tree_string(feedback, "blockReason", NULL) != NULL)
		tree_copy(feedback, "blockReason", r->block_reason,
			  sizeof(r->block_reason));
	usage = tree_object(root, "usageMetadata");
	if (usage != NULL)
		read_usage(&r->usage, usage);
	if (tree_string(usage, "serviceTier", NULL) != NULL)
		tree_copy(usage, "serviceTier", r->service_tier,
			  sizeof(r->service_tier));
	candidates = tree_array(root, "candidates");
	n = tree_length(candidates);
	for (i = 0; i < n; i++)
		read_candidate(&rd, i, tree_item(candidates, i));
out:
	json_object_put(root);
	return rc;
}

void
reply_sum(struct reply *sum, const struct reply *other)
{
	struct reply_usage *to = &sum->usage;
	const struct reply_usage *u = &other->usage;

	to->prompt += u->prompt;
	to->tool += u->tool;
	to->cached += u->cached;
	to->cached_audio += u->cached_audio;
	to->prompt_text += u->prompt_text;
	to->prompt_audio += u->prompt_audio;
	to->prompt_image += u->prompt_image;
	to->prompt_video += u->prompt_video;
	to->completion += u->completion;
	to->reasoning += u->reasoning;
	to->completion_audio += u->completion_audio;
	to->completion_image += u->completion_image;
	to->total += u->total;
	if (sum->service_tier[0] == '\0')
		memcpy(sum->service_tier, other->service_tier,
		       sizeof(sum->service_tier));
}

/* Without any candidate: Gemini leaves them out when it refuses a prompt. */
bool
reply_blocked(const struct reply *r)
{
	size_t i;

	for (i = 0; i < REPLY_CANDIDATES_MAX; i++)
		if (r->candidates[i].seen)
			return false;
	return r->block_reason[0] != '\0';
}

bool
reply_has_reason(const struct reply *r)
{
	size_t i;

	for (i = 0; i < REPLY_CANDIDATES_MAX; i++)
		if (r->candidates[i].finish != FINISH_NONE)
			return true;
	return reply_blocked(r);
}

const char *
reply_stumbled_over(const struct reply *r)
{
	size_t i;

	for (i = 0; i < REPLY_CANDIDATES_MAX; i++)
		if (r->candidates[i].finish == FINISH_FAULT)
			return r->candidates[i].finish_reason;
	return NULL;
}

bool
reply_stumbled(const struct reply *r)
{
	return reply_stumbled_over(r) != NULL;
}

enum reply_end
reply_end(const struct reply *r)
{
	const struct reply_candidate *c;
	bool any, cut;
	size_t i;

	if (reply_blocked(r))
		return REPLY_COMPLETE;
	any = cut = false;
	for (i = 0; i < REPLY_CANDIDATES_MAX; i++) {
		c = &r->candidates[i];
		if (c->has_output || c->finish == FINISH_LENGTH ||
		    c->finish == FINISH_FILTERED)
			any = true;
		if (c->seen && c->finish == FINISH_NONE)
			cut = true;
	}
	if (!any)
		return REPLY_EMPTY;
	return cut ? REPLY_CUT : REPLY_COMPLETE;
}
