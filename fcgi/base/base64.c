/* base64.c: bytes as text of 64 characters, by libcrypto */
#include "base/base64.h"

#include <string.h>

#include <openssl/evp.h>

#define STEP  (12u << 18) /* bytes at a time: libcrypto counts in int */
#define PIECE 3072	  /* bytes on the stack; a multiple of 3 */

void
base64_encode(struct buf *out, const void *data, size_t len)
{
	const unsigned char *from = data;
	size_t step;
	char *to;

	if ((to = buf_reserve(out, BASE64_LENGTH(len))) == NULL)
		return;
	for (; len > 0; len -= step, from += step) {
		step = len < STEP ? len : STEP;
		to += EVP_EncodeBlock((unsigned char *)to, from, (int)step);
	}
	*to = '\0';
	out->len = (size_t)(to - out->data);
}

/*
 * The bytes move to the end of the memory, the text grows from its beginning:
 * a third faster than they are read, and they are behind by a third of their
 * length.  Pieces are copied out first, as libcrypto promises nothing for
 * memory that overlaps.
 */
enum gb_err
base64_encode_all(struct buf *b)
{
	unsigned char piece[PIECE];
	size_t len, size, step;
	char *from, *to;

	len = b->len;
	size = BASE64_LENGTH(len);
	if (b->max < size)
		b->max = size;
	if (buf_reserve(b, size - len) == NULL)
		return buf_error(b);
	from = memmove(b->data + size - len, b->data, len);
	for (to = b->data; len > 0; len -= step, from += step) {
		step = len < sizeof(piece) ? len : sizeof(piece);
		memcpy(piece, from, step);
		to += EVP_EncodeBlock((unsigned char *)to, piece, (int)step);
	}
	*to = '\0';
	b->len = size;
	return GB_OK;
}

bool
base64_decode(struct buf *out, const char *text, size_t len)
{
	const unsigned char *from = (const unsigned char *)text;
	size_t pads, step, left;
	unsigned char *to;
	int got;

	if (len == 0)
		return true;
	if (len % 4 != 0)
		return false;
	pads = (size_t)(text[len - 1] == '=') + (size_t)(text[len - 2] == '=');
	/* libcrypto takes a pad for zeros wherever it stands */
	if (memchr(text, '=', len - pads) != NULL)
		return false;
	if ((to = (unsigned char *)buf_reserve(out, len / 4 * 3)) == NULL)
		return true;
	for (left = len; left > 0; left -= step, from += step, to += got) {
		step = left < STEP ? left : STEP;
		got = EVP_DecodeBlock(to, from, (int)step);
		if (got != (int)(step / 4 * 3)) {
			out->data[out->len] = '\0';
			return false;
		}
	}
	out->len += len / 4 * 3 - pads;
	out->data[out->len] = '\0';
	return true;
}
