/*
 * fuzz_form_stream.c: any bytes as a form with a file, in pieces of a size that
 * the first byte chooses; what comes out does not depend on that size.
 */
#include <stdlib.h>
#include <string.h>

#include "dialect/form_stream.h"
#include "fuzz.h"

#define OUT_MAX (1u << 20)

/* Whether the form was complete; all of it, in "out". */
static bool
read_form(const char *text, size_t len, size_t step, struct buf *out)
{
	struct form_stream f;
	enum form_event event;
	size_t at, n;

	if (!form_stream_init(&f, "multipart/form-data; boundary=b"))
		abort();
	for (at = 0;;) {
		event = form_stream_next(&f);
		if (event == FORM_MORE && at < len) {
			n = len - at < step ? len - at : step;
			if (form_stream_feed(&f, text + at, n) != GB_OK)
				abort();
			at += n;
		} else if (event == FORM_PART) {
			buf_printf(out, "<%s|%s|%s>", f.name, f.filename,
				   f.type);
		} else if (event == FORM_DATA) {
			buf_add(out, f.data, f.len);
		} else {
			break;
		}
	}
	form_stream_release(&f);
	return event == FORM_END;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf one, two;
	const char *text;

	if (size == 0)
		return 0;
	text = (const char *)data + 1;
	buf_init(&one, OUT_MAX);
	buf_init(&two, OUT_MAX);
	if (read_form(text, size - 1, data[0] + 1u, &one) &&
	    read_form(text, size - 1, 16 * 1024, &two) &&
	    buf_error(&one) == GB_OK &&
	    (one.len != two.len ||
	     memcmp(buf_str(&one), buf_str(&two), one.len) != 0))
		abort();
	buf_release(&one);
	buf_release(&two);
	return 0;
}
