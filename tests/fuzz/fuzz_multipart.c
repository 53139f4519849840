/*
 * fuzz_multipart.c: any bytes as a form.  The first line of the input is the
 * Content-Type, the rest the body.
 *
 * Whatever is found lies in the body, part after part; with the seeds' boundary
 * no part's data holds the delimiter that would have ended it.
 */
#include <stdlib.h>
#include <string.h>

#include "dialect/multipart.h"
#include "fuzz.h"

/* Within the body, or none. */
static void
check_text(struct text text, const char *body, size_t len)
{
	if (text.ptr == NULL) {
		must(text.len == 0);
		return;
	}
	must(text.ptr >= body && text.ptr <= body + len);
	must(text.len <= (size_t)(body + len - text.ptr));
}

static void
check_form(const struct multipart *form, const char *body, size_t len)
{
	const struct multipart_part *p;
	const char *at = body;
	size_t i;

	must(form->count <= MULTIPART_PARTS_MAX);
	for (i = 0; i < form->count; i++) {
		p = &form->parts[i];
		check_text(p->name, body, len);
		check_text(p->file_name, body, len);
		check_text(p->type, body, len);
		check_text(p->data, body, len);
		must(p->name.len > 0 && p->name.ptr >= at);
		must(p->data.ptr > p->name.ptr);
		at = p->data.ptr + p->data.len;
	}
}

static void
check_ends(const struct multipart *form)
{
	const struct text *data;
	size_t i;

	for (i = 0; i < form->count; i++) {
		data = &form->parts[i].data;
		must(memmem(data->ptr, data->len, "\r\n--BB\r\n", 8) == NULL);
		must(memmem(data->ptr, data->len, "\r\n--BB--", 8) == NULL);
	}
}

static void
fuzz_form(const char *type, const char *body, size_t len)
{
	struct multipart form;
	struct api_error err;

	api_error_clear(&err);
	if (multipart_read(type, body, len, &form, &err) == GB_OK) {
		must(multipart_is(type));
		check_form(&form, body, len);
		if (strcmp(type, "multipart/form-data; boundary=BB") == 0)
			check_ends(&form);
		return;
	}
	must(form.count == 0 && err.fault == FAULT_INVALID);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline;
	char *type, *body;
	size_t type_len;

	newline = size > 0 ? memchr(data, '\n', size) : NULL;
	if (newline == NULL)
		return 0;
	type_len = (size_t)(newline - data);
	size -= type_len + 1;
	type = calloc(1, type_len + 1);
	body = malloc(size > 0 ? size : 1);
	must(type != NULL && body != NULL);
	memcpy(type, data, type_len);
	memcpy(body, newline + 1, size);
	fuzz_form(type, body, size);
	free(type);
	free(body);
	return 0;
}
