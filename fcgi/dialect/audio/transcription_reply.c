/* transcription_reply.c: what Gemini has heard */
#include "dialect/audio/transcription_reply.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "base/redact.h"
#include "dialect/json/json_tree.h"
#include "dialect/audio/transcription_prompt.h"
#include "dialect/audio/transcription_time.h"

#define SPOKEN_FIRST 64	     /* places of a list when it is first needed */
#define SPOKEN_MAX   1000000 /* a day of words */
#define SLACK_MS     2000  /* that a time may lie behind the recording's end */
#define LONG_MS	     10000 /* of a segment; it is cut at its words then */
#define PAUSE_MS     1500  /* between words, at which it is cut, too */
#define WORDS_MAX    900   /* bytes of what a refusal says */
#define CLEAN_MAX    (4 * WORDS_MAX) /* a mask may be longer than its secret */

void
transcription_init(struct transcription *t,
		   const struct transcription_request *asked, size_t max)
{
	memset(t, 0, sizeof(*t));
	t->asked = asked;
	buf_init(&t->said, max);
	buf_init(&t->text, max);
}

void
transcription_release(struct transcription *t)
{
	buf_release(&t->said);
	buf_release(&t->text);
	json_object_put(t->parts);
	json_object_put(t->root);
	free(t->segments.items);
	free(t->words.items);
	t->parts = t->root = NULL;
	memset(&t->segments, 0, sizeof(t->segments));
	memset(&t->words, 0, sizeof(t->words));
}

void
transcription_reset(struct transcription *t)
{
	const struct transcription_request *asked = t->asked;
	size_t max = t->said.max;

	transcription_release(t);
	transcription_init(t, asked, max);
}

/* --- pieces --------------------------------------------------------------- */

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* A part of a model for that alone; it lives on with us. */
static void
keep_part(struct transcription *t, struct json_object *part)
{
	if (t->parts == NULL)
		t->parts = json_object_new_array();
	if (t->parts == NULL ||
	    json_object_array_add(t->parts, json_object_get(part)) != 0)
		t->no_memory = true;
}

static void
hear(void *context, const struct reply *reply, const struct piece *p)
{
	struct transcription *t = context;

	(void)reply;
	if (p->kind != PIECE_TEXT || p->candidate != 0 || p->text_len == 0)
		return;
	if (p->args != NULL) {
		keep_part(t, p->args);
		if (t->said.len > 0 && !is_space(p->text[0]) &&
		    !is_space(t->said.data[t->said.len - 1]))
			buf_putc(&t->said, ' ');
	}
	buf_add(&t->said, p->text, p->text_len);
}

struct piece_sink
transcription_sink(struct transcription *t)
{
	struct piece_sink sink = {hear, t};

	return sink;
}

/* --- text that flows ------------------------------------------------------ */

static struct text
trim(struct text text)
{
	while (text.len > 0 && is_space(*text.ptr)) {
		text.ptr++;
		text.len--;
	}
	while (text.len > 0 && is_space(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

/* Whether it is the word for silence, or can still become it. */
static bool
may_be_silence(struct text text)
{
	static const char word[] = TRANSCRIPTION_SILENCE;

	if (text.len == sizeof(word) && text.ptr[text.len - 1] == '.')
		text.len--;
	return text.len < sizeof(word) &&
	       strncasecmp(text.ptr, word, text.len) == 0;
}

static bool
is_silence(struct text text)
{
	return may_be_silence(text) &&
	       text.len >= sizeof(TRANSCRIPTION_SILENCE) - 1;
}

/* From "sent" to where "text" ends, which lies in what was said. */
static struct text
send_up_to(struct transcription *t, struct text text)
{
	const char *end = text.ptr + text.len;

	if (t->sent < (size_t)(text.ptr - t->said.data))
		t->sent = (size_t)(text.ptr - t->said.data);
	text.ptr = t->said.data + t->sent;
	text.len = (size_t)(end - text.ptr);
	t->sent += text.len;
	return text;
}

/* What is left of the text; "whole": it is all there. */
static struct text
take(struct transcription *t, bool whole)
{
	struct text text = {buf_str(&t->said), t->said.len}, none = {"", 0};

	text = trim(text);
	if (text.len == 0 || buf_error(&t->said) != GB_OK ||
	    (whole ? is_silence(text) : may_be_silence(text)))
		return none;
	return send_up_to(t, text);
}

struct text
transcription_take(struct transcription *t)
{
	return take(t, false);
}

struct text
transcription_rest(struct transcription *t)
{
	return take(t, true);
}

/* --- lists ---------------------------------------------------------------- */

/* A place at the end; NULL: no memory, or there are too many. */
static struct spoken *
add_spoken(struct transcription *t, struct spoken_list *list)
{
	size_t size = list->size == 0 ? SPOKEN_FIRST : 2 * list->size;
	struct spoken *items;

	if (list->count == list->size) {
		items = list->count >= SPOKEN_MAX
			    ? NULL
			    : realloc(list->items, size * sizeof(*items));
		if (items == NULL) {
			t->no_memory = true;
			return NULL;
		}
		list->items = items;
		list->size = size;
	}
	memset(&list->items[list->count], 0, sizeof(*items));
	return &list->items[list->count++];
}

/* A time as text, or as a number of seconds. */
static bool
read_time(struct json_object *object, const char *key, int64_t *ms)
{
	struct json_object *value = tree_get(object, key);
	double seconds;

	switch (json_object_get_type(value)) {
	case json_type_string:
		return transcription_time_read(text_of(value), ms);
	case json_type_int:
	case json_type_double:
		seconds = json_object_get_double(value);
		if (!(seconds >= 0) || seconds > TRANSCRIPTION_MS_MAX / 1000.0)
			return false;
		*ms = llround(seconds * 1000);
		return true;
	default:
		return false;
	}
}

/*
 * The times of an item that follows "before" (NULL: it is the first): they are
 * in order, and within the recording.  False: they are not.
 */
static bool
check_times(const struct transcription *t, const struct spoken *before,
	    struct spoken *s)
{
	int64_t end_ms = t->asked->audio_ms;

	if (s->end_ms < s->start_ms ||
	    (before != NULL && s->start_ms < before->start_ms))
		return false;
	if (end_ms < 0)
		return true;
	if (s->start_ms > end_ms + SLACK_MS)
		return false;
	if (s->start_ms > end_ms)
		s->start_ms = end_ms;
	if (s->end_ms > end_ms)
		s->end_ms = end_ms;
	return true;
}

/* Put it behind the others; false: its times will not do, or no memory. */
static bool
append(struct transcription *t, struct spoken_list *list,
       const struct spoken *spoken)
{
	struct spoken s = *spoken, *to;

	if (!check_times(t,
			 list->count == 0 ? NULL
					  : &list->items[list->count - 1],
			 &s) ||
	    (to = add_spoken(t, list)) == NULL)
		return false;
	*to = s;
	return true;
}

/* The number of a speaker by the model's name. */
static unsigned
speaker_of(struct transcription *t, struct text name)
{
	unsigned i;

	for (i = 0; i < t->speaker_count; i++)
		if (text_equal(t->speakers[i], name))
			return i;
	if (i == TRANSCRIPTION_SPEAKERS)
		return i - 1;
	t->speakers[t->speaker_count++] = name;
	return i;
}

/* What the times of an item are called. */
struct time_names {
	const char *start, *end;
	bool zero_left_out; /* of the start, as protobuf does */
};

static bool
read_start(struct json_object *item, const struct time_names *names,
	   int64_t *ms)
{
	return (names->zero_left_out && tree_get(item, names->start) == NULL) ||
	       read_time(item, names->start, ms);
}

static bool
read_words(struct transcription *t, struct json_object *list,
	   const struct time_names *names)
{
	struct json_object *item;
	struct spoken word;
	size_t i, n;

	n = tree_length(list);
	for (i = 0; i < n; i++) {
		item = tree_item(list, i);
		memset(&word, 0, sizeof(word));
		word.text = trim(text_of(tree_get(item, "word")));
		if (!read_start(item, names, &word.start_ms) ||
		    !read_time(item, names->end, &word.end_ms))
			return false;
		if (word.text.len > 0 && !append(t, &t->words, &word))
			return false;
	}
	return true;
}

/* --- JSON that was asked for in words ------------------------------------- */

static const struct time_names asked_names = {"start", "end", false};

static bool
read_segment(struct transcription *t, struct json_object *item)
{
	struct spoken s;

	memset(&s, 0, sizeof(s));
	if (tree_string(item, "text", NULL) == NULL ||
	    !read_time(item, "start", &s.start_ms) ||
	    !read_time(item, "end", &s.end_ms))
		return false;
	s.text = trim(text_of(tree_get(item, "text")));
	if (s.text.len == 0 || is_silence(s.text))
		return true;
	if (t->asked->format == FORMAT_DIARIZED)
		s.speaker =
		    speaker_of(t, trim(text_of(tree_get(item, "speaker"))));
	return append(t, &t->segments, &s) &&
	       (!t->asked->words ||
		read_words(t, tree_array(item, "words"), &asked_names));
}

/* The object in what was said, which may stand within a fence of Markdown. */
static struct json_object *
parse_said(const struct transcription *t)
{
	const char *first, *last;

	if (t->said.len == 0)
		return NULL;
	first = memchr(t->said.data, '{', t->said.len);
	last = memrchr(t->said.data, '}', t->said.len);
	if (first == NULL || last == NULL || last < first)
		return NULL;
	return tree_parse(first, (size_t)(last - first) + 1);
}

static bool
read_json(struct transcription *t)
{
	struct json_object *list;
	size_t i, n;

	t->root = parse_said(t);
	list = tree_array(t->root, "segments");
	if (list == NULL)
		return false;
	t->language = trim(text_of(tree_get(t->root, "language")));
	n = tree_length(list);
	for (i = 0; i < n; i++)
		if (!read_segment(t, tree_item(list, i)))
			return false;
	return true;
}

/* --- parts of a model for that alone -------------------------------------- */

static const struct time_names part_names = {"startOffset", "endOffset", true};

/* Where the part lies, by itself or by its words from "first" on. */
static bool
part_times(const struct transcription *t, struct json_object *part,
	   size_t first, struct spoken *s)
{
	const struct spoken_list *words = &t->words;

	if (read_time(part, part_names.end, &s->end_ms))
		return read_start(part, &part_names, &s->start_ms);
	if (words->count == first)
		return false;
	s->start_ms = words->items[first].start_ms;
	s->end_ms = words->items[words->count - 1].end_ms;
	return true;
}

static bool
ends_sentence(struct text word)
{
	static const char *const ends[] = {".", "!", "?", "。", "！", "？"};
	size_t i, len;

	for (i = 0; i < GB_COUNT(ends); i++) {
		len = strlen(ends[i]);
		if (word.len > len &&
		    memcmp(word.ptr + word.len - len, ends[i], len) == 0)
			return true;
	}
	return false;
}

/* Whether a segment that began with word "first" ends before word "at". */
static bool
is_cut(const struct spoken *words, size_t first, size_t at)
{
	return ends_sentence(words[at - 1].text) ||
	       words[at].start_ms - words[at - 1].end_ms >= PAUSE_MS ||
	       words[at].end_ms - words[first].start_ms > LONG_MS;
}

/* The text from the beginning of one word to the end of another, where all of
 * them stand in "text" in their order; "*from" moves behind it.  None: they do
 * not. */
static struct text
text_of_words(struct text text, size_t *from, const struct spoken *words,
	      size_t count)
{
	struct text out = {NULL, 0};
	const char *found;
	size_t i;

	for (i = 0; i < count; i++) {
		found = memmem(text.ptr + *from, text.len - *from,
			       words[i].text.ptr, words[i].text.len);
		if (found == NULL)
			return (struct text){NULL, 0};
		if (i == 0)
			out.ptr = found;
		*from = (size_t)(found - text.ptr) + words[i].text.len;
	}
	while (*from < text.len && !is_space(text.ptr[*from]) &&
	       ispunct((unsigned char)text.ptr[*from]))
		++*from; /* what stands behind the last word is its own */
	out.len = (size_t)(text.ptr + *from - out.ptr);
	return out;
}

/* A long part, cut at its words from "first" on.  False: they are not those of
 * its text, and nothing was added. */
static bool
cut_part(struct transcription *t, struct spoken whole, size_t first)
{
	const struct spoken *words = t->words.items;
	size_t at, begin = first, from = 0, before = t->segments.count;
	struct spoken s = whole;

	for (at = first + 1; at <= t->words.count; at++) {
		if (at < t->words.count && !is_cut(words, begin, at))
			continue;
		s.text =
		    text_of_words(whole.text, &from, words + begin, at - begin);
		s.start_ms = words[begin].start_ms;
		s.end_ms = words[at - 1].end_ms;
		if (s.text.ptr == NULL || !append(t, &t->segments, &s)) {
			t->segments.count = before;
			return false;
		}
		begin = at;
	}
	return true;
}

static bool
read_part(struct transcription *t, struct json_object *part)
{
	size_t first = t->words.count;
	struct spoken s;

	memset(&s, 0, sizeof(s));
	if (!read_words(t, tree_array(part, "words"), &part_names) ||
	    !part_times(t, part, first, &s))
		return false;
	s.text = trim(text_of(tree_get(part, "text")));
	if (t->language.len == 0)
		t->language = text_of(tree_get(part, "languageCode"));
	if (s.text.len == 0)
		return true;
	if (t->asked->format == FORMAT_DIARIZED)
		s.speaker =
		    speaker_of(t, text_of(tree_get(part, "speakerLabel")));
	if (s.end_ms - s.start_ms > LONG_MS && t->words.count > first &&
	    cut_part(t, s, first))
		return true;
	return append(t, &t->segments, &s);
}

static bool
read_parts(struct transcription *t)
{
	size_t i, n = tree_length(t->parts);

	for (i = 0; i < n; i++)
		if (!read_part(t, tree_item(t->parts, i)))
			return false;
	return true;
}

/* --- the end -------------------------------------------------------------- */

/* Whether the character at the end of "text" (or at its beginning, when
 * "first") is of a script that has no spaces between words: U+2E80 to U+9FFF,
 * and the full-width forms. */
static bool
is_dense(struct text text, bool first)
{
	const unsigned char *c = (const unsigned char *)text.ptr;

	if (text.len < 3)
		return false;
	if (!first)
		c += text.len - 3;
	return (c[0] == 0xe2 && c[1] >= 0xba) ||
	       (c[0] >= 0xe3 && c[0] <= 0xe9) ||
	       (c[0] == 0xef && (c[1] == 0xbc || c[1] == 0xbd));
}

static void
join_segments(struct transcription *t)
{
	const struct spoken *s = t->segments.items;
	size_t i;

	for (i = 0; i < t->segments.count; i++) {
		if (i > 0 && !(is_dense(s[i - 1].text, false) &&
			       is_dense(s[i].text, true)))
			buf_putc(&t->text, ' ');
		buf_add(&t->text, s[i].text.ptr, s[i].text.len);
	}
}

static void
find_end(struct transcription *t)
{
	size_t i;

	t->audio_ms = t->asked->audio_ms;
	if (t->audio_ms >= 0)
		return;
	for (t->audio_ms = 0, i = 0; i < t->segments.count; i++)
		if (t->segments.items[i].end_ms > t->audio_ms)
			t->audio_ms = t->segments.items[i].end_ms;
}

/* Google's words about a refusal, in which a secret may stand. */
static enum gb_err
refuse(struct api_error *err, const char *reason, const char *words)
{
	struct buf clean;

	buf_init(&clean, CLEAN_MAX);
	redact_text(&clean, words, strnlen(words, WORDS_MAX), NULL);
	api_error_set(err, FAULT_CONTENT_POLICY, "file",
		      "Gemini refused to transcribe this recording (%s)%s%s",
		      reason, clean.len > 0 ? ": " : ".", buf_str(&clean));
	buf_release(&clean);
	return GB_EINVAL;
}

/* An answer that has no text to the end: a part of a transcript that looks
 * like all of it is worse than none. */
static enum gb_err
check_end(const struct reply *reply, struct api_error *err)
{
	const struct reply_candidate *c = &reply->candidates[0];

	if (reply_blocked(reply))
		return refuse(err, reply->block_reason, "");
	switch (c->finish) {
	case FINISH_NONE:
	case FINISH_STOP:
		return GB_OK;
	case FINISH_FILTERED:
		return refuse(err, c->finish_reason, c->finish_message);
	case FINISH_LENGTH:
		api_error_set(err, FAULT_UPSTREAM, NULL,
			      "The transcript is longer than what the model "
			      "can say at once: cut the recording in pieces.");
		return GB_EINVAL;
	case FINISH_FAULT:
	case FINISH_OTHER:
		break;
	}
	if (c->finish == FINISH_OTHER && c->has_output)
		return GB_OK;
	api_error_set(err, FAULT_UPSTREAM, NULL,
		      "Gemini did not transcribe this recording (%s).",
		      c->finish_reason);
	return GB_EINVAL;
}

static enum gb_err
check_room(const struct transcription *t, struct api_error *err)
{
	enum gb_err rc = buf_error(&t->said);

	if (rc == GB_OK)
		rc = buf_error(&t->text);
	if (rc == GB_OK && t->no_memory)
		rc = GB_ENOMEM;
	if (rc != GB_OK)
		api_error_set(err, FAULT_INTERNAL, NULL,
			      "The transcript could not be kept (%s).",
			      gb_strerror(rc));
	return rc;
}

enum gb_err
transcription_finish(struct transcription *t, const struct reply *reply,
		     struct api_error *err)
{
	bool timed = transcription_is_timed(t->asked);
	struct text text;
	enum gb_err rc;

	if ((rc = check_end(reply, err)) != GB_OK ||
	    (rc = check_room(t, err)) != GB_OK)
		return rc;
	if (timed && !(t->asked->dedicated ? read_parts(t) : read_json(t)) &&
	    !t->no_memory) {
		t->garbled = true;
		api_error_set(err, FAULT_UPSTREAM, NULL,
			      "Gemini's transcript has no times, or times that "
			      "cannot be: its answer is not of the form asked "
			      "for.");
		return GB_EINVAL;
	}
	if (timed) {
		join_segments(t);
		find_end(t);
	} else {
		text = trim((struct text){buf_str(&t->said), t->said.len});
		if (!is_silence(text))
			buf_add(&t->text, text.ptr, text.len);
	}
	return check_room(t, err);
}
