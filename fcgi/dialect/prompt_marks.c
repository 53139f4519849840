/* prompt_marks.c: {n:2} and {ratio:16:9} in the prompt of a picture */
#include "dialect/prompt_marks.h"

#include <string.h>

#define NUMBER_DIGITS 4
#define BLANKS	      " \t\r\n"

/* How many digits "text" begins with, at most NUMBER_DIGITS; 0 when there are
 * more. */
static size_t
digits_of(struct text text)
{
	size_t n = 0;

	while (n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9')
		n++;
	return n <= NUMBER_DIGITS ? n : 0;
}

static struct text
after(struct text text, size_t len)
{
	struct text rest = {text.ptr + len, text.len - len};

	return rest;
}

static int64_t
number_of(struct text text, size_t digits)
{
	int64_t number = 0;
	size_t i;

	for (i = 0; i < digits; i++)
		number = number * 10 + (text.ptr[i] - '0');
	return number;
}

/* The length of the mark that "text" begins with; 0: with none. */
static size_t
mark_length(struct text text, struct prompt_marks *marks)
{
	struct text rest;
	size_t first, second;

	if (text_begins(text, "{n:")) {
		rest = after(text, 3);
		first = digits_of(rest);
		if (first == 0 || first == rest.len || rest.ptr[first] != '}')
			return 0;
		marks->n = number_of(rest, first);
		return 3 + first + 1;
	}
	if (!text_begins(text, "{ratio:"))
		return 0;
	rest = after(text, 7);
	first = digits_of(rest);
	if (first == 0 || first == rest.len || rest.ptr[first] != ':')
		return 0;
	second = digits_of(after(rest, first + 1));
	if (second == 0 || first + 1 + second == rest.len ||
	    rest.ptr[first + 1 + second] != '}')
		return 0;
	marks->ratio.ptr = rest.ptr;
	marks->ratio.len = first + 1 + second;
	return 7 + marks->ratio.len + 1;
}

size_t
prompt_marks_read(struct text text, struct prompt_marks *marks, char *out)
{
	size_t mark, len = 0;

	memset(marks, 0, sizeof(*marks));
	while (text.len > 0) {
		mark = mark_length(text, marks);
		if (mark == 0) {
			mark = 1;
			if (len > 0 || strchr(BLANKS, *text.ptr) == NULL ||
			    *text.ptr == '\0')
				out[len++] = *text.ptr;
		}
		text = after(text, mark);
	}
	while (len > 0 && out[len - 1] != '\0' &&
	       strchr(BLANKS, out[len - 1]) != NULL)
		len--;
	return len;
}
