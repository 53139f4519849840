/* transcription_time.c: times in a recording */
#include "dialect/audio/transcription_time.h"

#include <string.h>

#define FIELDS_MAX 4 /* hours, minutes, seconds, milliseconds */
#define DIGITS_MAX 7 /* of one of them */

/* What is between colons. */
struct fields {
	int64_t values[FIELDS_MAX];
	size_t digits[FIELDS_MAX]; /* that each was written with */
	size_t count;
	int64_t fraction_ms; /* of the last one */
	bool has_fraction;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at "*at", at least one; false: there are none, or too many. */
static bool
take_number(struct text in, size_t *at, int64_t *value, size_t *digits)
{
	*value = 0;
	for (*digits = 0; *at < in.len && is_digit(in.ptr[*at]); ++*at) {
		if (++*digits > DIGITS_MAX)
			return false;
		*value = *value * 10 + (in.ptr[*at] - '0');
	}
	return *digits > 0;
}

/* Digits of a fraction as milliseconds; any number of them. */
static bool
take_fraction(struct text in, size_t *at, int64_t *ms)
{
	static const int64_t worth[] = {100, 10, 1};
	size_t i;

	*ms = 0;
	for (i = 0; *at < in.len && is_digit(in.ptr[*at]); i++, ++*at)
		if (i < GB_COUNT(worth))
			*ms += (in.ptr[*at] - '0') * worth[i];
		else if (i == GB_COUNT(worth) && in.ptr[*at] >= '5')
			*ms += 1;
	return i > 0;
}

static bool
read_fields(struct text in, struct fields *f)
{
	size_t at = 0;

	memset(f, 0, sizeof(*f));
	while (f->count < FIELDS_MAX) {
		if (!take_number(in, &at, &f->values[f->count],
				 &f->digits[f->count]))
			return false;
		f->count++;
		if (at == in.len)
			return true;
		if (in.ptr[at] == ':') {
			at++;
			continue;
		}
		if (in.ptr[at] != '.' && in.ptr[at] != ',')
			return false;
		at++;
		f->has_fraction = true;
		return take_fraction(in, &at, &f->fraction_ms) && at == in.len;
	}
	return false;
}

/* "00:05:300": the last field is of milliseconds. */
static void
move_milliseconds(struct fields *f)
{
	if (f->has_fraction || f->count < 3 || f->digits[f->count - 1] != 3)
		return;
	f->fraction_ms = f->values[--f->count];
}

static struct text
trim(struct text text)
{
	while (text.len > 0 && *text.ptr == ' ') {
		text.ptr++;
		text.len--;
	}
	while (text.len > 0 && text.ptr[text.len - 1] == ' ')
		text.len--;
	return text;
}

bool
transcription_time_read(struct text text, int64_t *ms)
{
	struct fields f;
	int64_t seconds = 0;
	size_t i;

	text = trim(text);
	if (text.len > 0 && text.ptr[text.len - 1] == 's') {
		text.len--;
		if (memchr(text.ptr, ':', text.len) != NULL)
			return false;
	}
	if (!read_fields(text, &f))
		return false;
	move_milliseconds(&f);
	if (f.count == FIELDS_MAX)
		return false;
	for (i = 0; i < f.count; i++) {
		if (i > 0 && (f.values[i] >= 60 || f.digits[i] > 2))
			return false;
		seconds = seconds * 60 + f.values[i];
	}
	if (seconds > TRANSCRIPTION_MS_MAX / 1000)
		return false;
	*ms = seconds * 1000 + f.fraction_ms;
	return true;
}

void
transcription_time_write(int64_t ms, char mark, struct buf *out)
{
	int64_t s = ms / 1000;

	buf_printf(out, "%02lld:%02d:%02d%c%03d", (long long)(s / 3600),
		   (int)(s / 60 % 60), (int)(s % 60), mark, (int)(ms % 1000));
}
