/* moderations_reply.c: Gemini's judgement, in OpenAI's form */
#include "dialect/openai/moderations_reply.h"

#include <stdio.h>
#include <string.h>

#include <json-c/json.h>

#include "dialect/json/json_out.h"
#include "dialect/json/json_tree.h"

#define SAID_MAX \
	(64 * 1024)  /* bytes of an answer, which is a dozen numbers \
		      */
#define SEED_USED 24 /* characters of the seed in an id */

/* Google's words for how likely harm is. */
static const struct {
	const char *word;
	double score;
} probabilities[] = {
    {"NEGLIGIBLE", 0.05},
    {"LOW", 0.25},
    {"MEDIUM", 0.65},
    {"HIGH", 0.95},
};

#define BLOCKED_SCORE 0.95 /* of what was refused */

static const struct {
	const char *google;
	enum moderation_category category;
} harms[] = {
    {"HARM_CATEGORY_HARASSMENT", MODERATION_HARASSMENT},
    {"HARM_CATEGORY_HATE_SPEECH", MODERATION_HATE},
    {"HARM_CATEGORY_SEXUALLY_EXPLICIT", MODERATION_SEXUAL},
    {"HARM_CATEGORY_DANGEROUS_CONTENT", MODERATION_ILLICIT},
};

/* Reasons for which an answer ends that say something of what it was about. */
static const char *const harmful[] = {
    "SAFETY",	    "PROHIBITED_CONTENT",	"BLOCKLIST",
    "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT",
};

void
moderation_init(struct moderation *m)
{
	memset(m, 0, sizeof(*m));
	buf_init(&m->said, SAID_MAX);
}

void
moderation_release(struct moderation *m)
{
	buf_release(&m->said);
}

void
moderation_reset(struct moderation *m)
{
	moderation_release(m);
	moderation_init(m);
}

/* --- what it says --------------------------------------------------------- */

static void
hear(void *context, const struct reply *reply, const struct piece *p)
{
	struct moderation *m = context;

	(void)reply;
	if (p->kind == PIECE_TEXT && p->candidate == 0)
		buf_add(&m->said, p->text, p->text_len);
}

struct piece_sink
moderation_sink(struct moderation *m)
{
	struct piece_sink sink = {hear, m};

	return sink;
}

static bool
is_number(struct json_object *value)
{
	return json_object_is_type(value, json_type_int) ||
	       json_object_is_type(value, json_type_double);
}

/* 0 for what is no number, too. */
static double
within(double score)
{
	if (!(score > 0))
		return 0;
	return score < 1 ? score : 1;
}

static bool
read_scores(struct moderation *m, struct json_object *root)
{
	const char *key;
	size_t i;

	for (i = 0; i < MODERATION__MAX; i++) {
		key = moderation_categories[i].key;
		if (!is_number(tree_get(root, key)))
			return false;
		m->scores[i] = within(tree_number(root, key));
	}
	return true;
}

/* The numbers of an object, before and behind which there may be words: not
 * every model can be held to JSON alone. */
static bool
read_said(struct moderation *m)
{
	struct json_object *root;
	const char *text, *first, *last;
	bool good;

	if (buf_error(&m->said) != GB_OK)
		return false;
	text = buf_str(&m->said);
	first = strchr(text, '{');
	last = strrchr(text, '}');
	if (first == NULL || last == NULL || last < first)
		return false;
	root = tree_parse(first, (size_t)(last - first) + 1);
	good = read_scores(m, root);
	json_object_put(root);
	return good;
}

/* --- what filters say ----------------------------------------------------- */

static double
rated(struct json_object *rating)
{
	const char *word = tree_string(rating, "probability", NULL);
	double score = 0;
	size_t i;

	for (i = 0; word != NULL && i < GB_COUNT(probabilities); i++)
		if (strcmp(word, probabilities[i].word) == 0)
			score = probabilities[i].score;
	return tree_true(rating, "blocked") ? BLOCKED_SCORE : score;
}

static void
read_ratings(struct moderation *m, struct json_object *list)
{
	struct json_object *rating;
	const char *harm;
	double score;
	size_t i, j;

	for (i = 0; i < tree_length(list); i++) {
		rating = tree_item(list, i);
		harm = tree_string(rating, "category", NULL);
		score = rated(rating);
		for (j = 0; harm != NULL && j < GB_COUNT(harms); j++)
			if (strcmp(harm, harms[j].google) == 0 &&
			    score > m->scores[harms[j].category])
				m->scores[harms[j].category] = score;
	}
}

/* What was refused is flagged: for what was rated highest, and when nothing was
 * rated above negligible as illicit, which says least. */
static void
flag_worst(struct moderation *m)
{
	size_t i, worst = MODERATION_ILLICIT;

	for (i = 0; i < MODERATION__MAX; i++)
		if (m->scores[i] > probabilities[0].score &&
		    m->scores[i] > m->scores[worst])
			worst = i;
	if (m->scores[worst] < MODERATION_FLAGGED)
		m->scores[worst] = BLOCKED_SCORE;
}

static void
judge_refused(struct moderation *m, const char *raw, size_t len)
{
	struct json_object *root, *first;

	memset(m->scores, 0, sizeof(m->scores));
	root = tree_parse(raw, len);
	first = tree_item(tree_array(root, "candidates"), 0);
	read_ratings(m, tree_array(tree_object(root, "promptFeedback"),
				   "safetyRatings"));
	read_ratings(m, tree_array(first, "safetyRatings"));
	json_object_put(root);
	flag_worst(m);
}

static bool
was_refused(const struct reply *r)
{
	size_t i;

	if (reply_blocked(r))
		return true;
	for (i = 0; i < GB_COUNT(harmful); i++)
		if (strcmp(r->candidates[0].finish_reason, harmful[i]) == 0)
			return true;
	return false;
}

void
moderation_finish(struct moderation *m, const struct reply *r, const char *raw,
		  size_t len)
{
	m->judged = read_said(m);
	if (m->judged || !was_refused(r))
		return;
	judge_refused(m, raw, len);
	m->judged = true;
}

/* --- the answer ----------------------------------------------------------- */

static bool
is_flagged(const struct moderation *m, size_t category)
{
	return m->scores[category] >= MODERATION_FLAGGED;
}

static void
write_categories(struct json_out *jo, const struct moderation *m)
{
	bool flagged = false;
	size_t i;

	for (i = 0; i < MODERATION__MAX; i++)
		flagged = flagged || is_flagged(m, i);
	jout_key_bool(jo, "flagged", flagged);
	jout_key(jo, "categories");
	jout_object(jo);
	for (i = 0; i < MODERATION__MAX; i++)
		jout_key_bool(jo, moderation_categories[i].name,
			      is_flagged(m, i));
	jout_object_end(jo);
	jout_key(jo, "category_scores");
	jout_object(jo);
	for (i = 0; i < MODERATION__MAX; i++) {
		jout_key(jo, moderation_categories[i].name);
		jout_double(jo, m->scores[i]);
	}
	jout_object_end(jo);
}

/* OpenAI's clients know which categories are of pictures. */
static void
write_types(struct json_out *jo, const struct moderations_request *rq)
{
	size_t i;

	jout_key(jo, "category_applied_input_types");
	jout_object(jo);
	for (i = 0; i < MODERATION__MAX; i++) {
		jout_key(jo, moderation_categories[i].name);
		jout_array(jo);
		if (rq->has_text)
			jout_string(jo, "text");
		if (rq->has_image && moderation_categories[i].pictures)
			jout_string(jo, "image");
		jout_array_end(jo);
	}
	jout_object_end(jo);
}

void
moderations_write(const struct moderations_request *rq, const char *model,
		  const char *seed, const struct moderation *results,
		  size_t count, struct buf *out)
{
	char id[sizeof("modr-") + SEED_USED];
	struct json_out jo;
	size_t i;

	(void)snprintf(id, sizeof(id), "modr-%.*s", SEED_USED, seed);
	jout_init(&jo, out);
	jout_object(&jo);
	jout_key_string(&jo, "id", id);
	jout_key_string(&jo, "model", model);
	jout_key(&jo, "results");
	jout_array(&jo);
	for (i = 0; i < count; i++) {
		jout_object(&jo);
		write_categories(&jo, &results[i]);
		write_types(&jo, rq);
		jout_object_end(&jo);
	}
	jout_array_end(&jo);
	jout_object_end(&jo);
}
