/* path_mend.c: wrong paths of requests, and the right ones that they mean */
#include "api/path_mend.h"

#include <string.h>
#include <strings.h>

#define SEGMENTS_MAX 24 /* between slashes; ours have six at most */

/* Whose endpoint it is. */
enum family {
	FAMILY_ANY, /* several have one of that name */
	FAMILY_OPENAI,
	FAMILY_ANTHROPIC,
	FAMILY_GEMINI
};

/* With what the path of an endpoint begins, below its prefix.  What stands
 * before it in the request only tells whose it is. */
static const struct start {
	const char *word;
	enum family family;
	bool after_front; /* behind any other word it is something else: what
			     somebody meant by "chats/completions" is a chat */
} starts[] = {
    {"audio", FAMILY_OPENAI, false},
    {"batches", FAMILY_ANY, false},
    {"cachedContents", FAMILY_GEMINI, false},
    {"chat", FAMILY_OPENAI, false},
    {"completions", FAMILY_OPENAI, true},
    {"embeddings", FAMILY_OPENAI, false},
    {"files", FAMILY_ANY, false},
    {"images", FAMILY_OPENAI, false},
    {"messages", FAMILY_ANTHROPIC, false},
    {"models", FAMILY_ANY, false},
    {"moderations", FAMILY_OPENAI, false},
    {"responses", FAMILY_OPENAI, false},
};

/* The prefix of a family where a segment before the start is so called; the
 * first row that fits counts.  "" is for who has no such segment. */
static const struct home {
	enum family family;
	const char *segment, *prefix;
} homes[] = {
    /* these first: they are of another pool of keys */
    {FAMILY_GEMINI, "vertex-express", "/vertex-express/v1beta"},
    {FAMILY_OPENAI, "vertex-express", "/vertex-express/v1"},
    {FAMILY_OPENAI, "openai", "/openai/v1"},
    {FAMILY_OPENAI, "hf", "/hf/v1"},
    {FAMILY_ANTHROPIC, "anthropic", "/anthropic/v1"},
    {FAMILY_GEMINI, "gemini", "/gemini/v1beta"},
    {FAMILY_GEMINI, "v1alpha", "/v1alpha"},
    {FAMILY_GEMINI, "v1beta", "/v1beta"},
    {FAMILY_OPENAI, "", "/v1"},
    {FAMILY_ANTHROPIC, "", "/v1"},
    {FAMILY_GEMINI, "", "/v1beta"},
};

/* Of what prefixes are made: after these a model may stand without "models/",
 * after others ("tunedModels") it is something else. */
static const char *const fronts[] = {
    "api",    "google", "gemini",  "hf",     "models",
    "openai", "v1",	"v1alpha", "v1beta", "vertex-express",
};

/* Gemini's verbs for a model, in its letters. */
static const char *const verbs[] = {
    "generateContent", "streamGenerateContent", "countTokens",
    "embedContent",    "batchEmbedContents",
};

struct segment {
	const char *text;
	size_t len;
};

struct segments {
	struct segment list[SEGMENTS_MAX];
	size_t count;
};

static bool
is_word(const struct segment *s, const char *word)
{
	return s->len == strlen(word) &&
	       strncasecmp(s->text, word, s->len) == 0;
}

/* False: there are too many. */
static bool
split(struct segments *all, const char *path)
{
	struct segment *s;

	for (all->count = 0;; path = s->text + s->len) {
		path += strspn(path, "/");
		if (*path == '\0')
			return true;
		if (all->count == SEGMENTS_MAX)
			return false;
		s = &all->list[all->count++];
		s->text = path;
		s->len = strcspn(path, "/");
	}
}

static const char *
verb_of(const char *text, size_t len)
{
	const struct segment s = {text, len};
	size_t i;

	for (i = 0; i < GB_COUNT(verbs); i++)
		if (is_word(&s, verbs[i]))
			return verbs[i];
	return NULL;
}

/* The verb at the end of "gemini-3.5-flash:generateContent", and the length of
 * what is before the colon; NULL: there is none. */
static const char *
verb_after_colon(const struct segment *s, size_t *before)
{
	const char *colon;

	colon = memrchr(s->text, ':', s->len);
	if (colon == NULL || colon == s->text)
		return NULL;
	*before = (size_t)(colon - s->text);
	return verb_of(colon + 1, s->len - *before - 1);
}

/* Whether nothing but what prefixes are made of stands right before it. */
static bool
is_after_front(const struct segments *all, size_t at)
{
	size_t i;

	for (i = 0; at > 0 && i < GB_COUNT(fronts); i++)
		if (is_word(&all->list[at - 1], fronts[i]))
			return true;
	return at == 0;
}

static const struct start *
start_of(const struct segments *all, size_t at)
{
	const struct start *s;

	for (s = starts; s < starts + GB_COUNT(starts); s++)
		if (is_word(&all->list[at], s->word) &&
		    (!s->after_front || is_after_front(all, at)))
			return s;
	return NULL;
}

static bool
is_bare_model(const struct segments *all, size_t at)
{
	size_t len;

	return verb_after_colon(&all->list[at], &len) != NULL &&
	       is_after_front(all, at);
}

static bool
has_before(const struct segments *all, size_t at, const char *word)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (is_word(&all->list[i], word))
			return true;
	return false;
}

static const char *
prefix_of(const struct segments *all, size_t at, enum family family)
{
	const struct home *h;

	for (h = homes; h < homes + GB_COUNT(homes); h++)
		if ((family == FAMILY_ANY || family == h->family) &&
		    (h->segment[0] == '\0' || has_before(all, at, h->segment)))
			return h->prefix;
	return "";
}

/* "…/models/NAME:verb", from the segment "at" on, where the name begins. */
static bool
mend_verb(const struct segments *all, size_t at, const char *prefix,
	  struct buf *out)
{
	const struct segment *s = &all->list[all->count - 1];
	const char *verb;
	size_t i, len;

	verb = verb_after_colon(s, &len);
	if (verb == NULL && (verb = verb_of(s->text, s->len)) != NULL)
		len = 0;
	if (verb == NULL || (len == 0 && at + 1 >= all->count))
		return false;
	buf_printf(out, "%s/models", prefix);
	for (i = at; i + 1 < all->count; i++) {
		buf_putc(out, '/');
		buf_add(out, all->list[i].text, all->list[i].len);
	}
	if (len > 0)
		buf_putc(out, '/');
	buf_add(out, s->text, len);
	buf_printf(out, ":%s", verb);
	return buf_error(out) == GB_OK;
}

static bool
mend_plain(const struct segments *all, size_t at, const struct start *start,
	   struct buf *out)
{
	buf_printf(out, "%s/%s", prefix_of(all, at, start->family),
		   start->word);
	while (++at < all->count) {
		buf_putc(out, '/');
		buf_add(out, all->list[at].text, all->list[at].len);
	}
	return buf_error(out) == GB_OK;
}

bool
path_mend(const char *path, struct buf *out)
{
	const struct start *start;
	struct segments all;
	const char *gemini;
	size_t at, name;

	if (!split(&all, path))
		return false;
	for (start = NULL, at = 0; at < all.count; at++)
		if ((start = start_of(&all, at)) != NULL ||
		    is_bare_model(&all, at))
			break;
	if (at == all.count)
		return false;
	gemini = prefix_of(&all, at, FAMILY_GEMINI);
	if (start == NULL)
		return mend_verb(&all, at, gemini, out);
	if (strcmp(start->word, "models") != 0)
		return mend_plain(&all, at, start, out);
	while (at + 1 < all.count && is_word(&all.list[at + 1], start->word))
		at++;
	name = at + 1;
	if (name < all.count && mend_verb(&all, name, gemini, out))
		return true;
	return buf_error(out) == GB_OK && mend_plain(&all, at, start, out);
}
