/* gemini_estimate.c: about how many tokens a request to Gemini may take */
#include "dialect/gemini/gemini_estimate.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TEXT_BYTES_PER_TOKEN 3	  /* four of English, three of most code */
#define PICTURE_TOKENS	     1120 /* of one, at high resolution */
#define FILE_TOKENS	     1120 /* of one that is only named */
/* Base64 of sound at 32 tokens a second, compressed; of films at 300; of
 * documents at 258 a page. */
#define SOUND_BYTES_PER_TOKEN	160
#define OTHER_BYTES_PER_TOKEN	400
#define OUTPUT_MAX		1000000
#define ANSWERS_MAX		8
#define NUMBER_DIGITS_MAX	9
#define DEPTH_OF_CONFIG_MEMBERS 2

/* A string between its quotes. */
struct span {
	const char *at;
	size_t len;
};

struct walk {
	const char *p, *end;
	int depth;
	struct span key;    /* the last one */
	struct span parent; /* the key of the object at depth 2 */
	struct span mime;   /* the last value of "mimeType" */
	struct gemini_estimate *out;
	int64_t text_bytes;
};

static bool
is(const struct span *s, const char *camel, const char *snake)
{
	return (s->len == strlen(camel) && memcmp(s->at, camel, s->len) == 0) ||
	       (s->len == strlen(snake) && memcmp(s->at, snake, s->len) == 0);
}

/* The string whose opening quote was passed; "p" is then behind it. */
static struct span
take_string(struct walk *w)
{
	struct span s = {w->p, 0};

	while (w->p < w->end && *w->p != '"')
		w->p += *w->p == '\\' && w->p + 1 < w->end ? 2 : 1;
	s.len = (size_t)(w->p - s.at);
	if (w->p < w->end)
		w->p++;
	return s;
}

static bool
is_key(const struct walk *w)
{
	const char *p;

	for (p = w->p; p < w->end && strchr(" \t\r\n", *p) != NULL; p++)
		if (*p == '\0')
			return false;
	return p < w->end && *p == ':';
}

static bool
mime_begins(const struct walk *w, const char *type)
{
	size_t len = strlen(type);

	return w->mime.len >= len && strncasecmp(w->mime.at, type, len) == 0;
}

static int64_t
media_tokens(const struct walk *w, size_t bytes)
{
	if (mime_begins(w, "image/"))
		return PICTURE_TOKENS;
	if (mime_begins(w, "audio/"))
		return (int64_t)(bytes / SOUND_BYTES_PER_TOKEN) + 1;
	return (int64_t)(bytes / OTHER_BYTES_PER_TOKEN) + PICTURE_TOKENS;
}

static void
take_value(struct walk *w, const struct span *value)
{
	if (is(&w->key, "mimeType", "mime_type")) {
		w->mime = *value;
	} else if (is(&w->key, "data", "data") && w->mime.len > 0) {
		w->out->input += media_tokens(w, value->len);
		w->mime.len = 0;
	} else if (is(&w->key, "fileUri", "file_uri")) {
		w->out->input += FILE_TOKENS;
		w->mime.len = w->key.len = 0;
	} else if (!is(&w->key, "thoughtSignature", "thought_signature") &&
		   !is(&w->key, "model", "role")) {
		w->text_bytes += (int64_t)value->len;
	}
}

/* A number within the config that matters here. */
static void
take_number(struct walk *w)
{
	int64_t number;
	int digits;

	if (w->depth != DEPTH_OF_CONFIG_MEMBERS ||
	    !is(&w->parent, "generationConfig", "generation_config"))
		return;
	number = 0;
	for (digits = 0; w->p < w->end && *w->p >= '0' && *w->p <= '9'; w->p++)
		if (++digits <= NUMBER_DIGITS_MAX)
			number = number * 10 + *w->p - '0';
	if (digits == 0)
		return;
	if (is(&w->key, "maxOutputTokens", "max_output_tokens"))
		w->out->output = number > OUTPUT_MAX ? OUTPUT_MAX : number;
	else if (is(&w->key, "candidateCount", "candidate_count"))
		w->out->answers = number < 1		 ? 1
				  : number > ANSWERS_MAX ? ANSWERS_MAX
							 : number;
}

static void
step(struct walk *w)
{
	struct span s;
	char c = *w->p;

	if (c >= '0' && c <= '9' && w->depth == DEPTH_OF_CONFIG_MEMBERS) {
		take_number(w);
		if (w->p < w->end && *w->p >= '0' && *w->p <= '9')
			w->p++;
		return;
	}
	w->p++;
	if (c == '{' || c == '[') {
		if (++w->depth == DEPTH_OF_CONFIG_MEMBERS)
			w->parent = w->key;
	} else if (c == '}' || c == ']') {
		w->depth--;
	} else if (c == '"') {
		s = take_string(w);
		if (is_key(w))
			w->key = s;
		else
			take_value(w, &s);
	}
}

void
gemini_estimate(const char *json, size_t len, struct gemini_estimate *out)
{
	struct walk w;

	memset(&w, 0, sizeof(w));
	memset(out, 0, sizeof(*out));
	out->answers = 1;
	w.p = json;
	w.end = json + len;
	w.key.at = w.parent.at = w.mime.at = "";
	w.out = out;
	while (w.p < w.end)
		step(&w);
	out->input += w.text_bytes / TEXT_BYTES_PER_TOKEN + 1;
}
