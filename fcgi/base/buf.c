/* buf.c: a growing run of bytes with a cap and a sticky failure */
#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUF_FIRST 256 /* bytes of the first allocation */

void
buf_init(struct buf *b, size_t max)
{
	memset(b, 0, sizeof(*b));
	b->max = max;
}

void
buf_release(struct buf *b)
{
	free(b->data);
	buf_init(b, b->max);
}

void
buf_wipe(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->size);
	buf_release(b);
}

void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->fail = GB_OK;
	if (b->data != NULL)
		b->data[0] = '\0';
}

char *
buf_reserve(struct buf *b, size_t len)
{
	size_t want, size;
	char *data;

	if (b->fail != GB_OK)
		return NULL;
	if (len > b->max - b->len) {
		b->fail = GB_ETOOBIG;
		return NULL;
	}
	want = b->len + len + 1;
	if (want <= b->size)
		return b->data + b->len;
	size = b->size == 0 ? BUF_FIRST : b->size + b->size / 2;
	if (size > b->max + 1)
		size = b->max + 1;
	if (size < want)
		size = want;
	data = realloc(b->data, size);
	if (data == NULL) {
		b->fail = GB_ENOMEM;
		return NULL;
	}
	b->data = data;
	b->size = size;
	return b->data + b->len;
}

void
buf_add(struct buf *b, const void *data, size_t len)
{
	char *end;

	end = buf_reserve(b, len);
	if (end == NULL)
		return;
	if (len > 0)
		memcpy(end, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void
buf_puts(struct buf *b, const char *str)
{
	buf_add(b, str, strlen(str));
}

void
buf_putc(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *end;
	int need;

	va_copy(again, ap);
	need = vsnprintf(NULL, 0, fmt, ap);
	if (need < 0)
		b->fail = GB_EINVAL;
	else if ((end = buf_reserve(b, (size_t)need)) != NULL) {
		(void)vsnprintf(end, (size_t)need + 1, fmt, again);
		b->len += (size_t)need;
	}
	va_end(again);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
buf_consume(struct buf *b, size_t len)
{
	if (b->data == NULL)
		return;
	if (len > b->len)
		len = b->len;
	b->len -= len;
	memmove(b->data, b->data + len, b->len);
	b->data[b->len] = '\0';
}

void
buf_truncate(struct buf *b, size_t len)
{
	if (b->data == NULL || len >= b->len)
		return;
	b->len = len;
	b->data[len] = '\0';
}

enum gb_err
buf_error(const struct buf *b)
{
	return b->fail;
}

const char *
buf_str(const struct buf *b)
{
	return b->data == NULL ? "" : b->data;
}

char *
buf_take(struct buf *b)
{
	char *data;

	if (b->fail != GB_OK || (b->data == NULL && buf_reserve(b, 0) == NULL))
		return NULL;
	b->data[b->len] = '\0';
	data = b->data;
	b->data = NULL;
	buf_release(b);
	return data;
}
