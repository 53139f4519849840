/* hex.c: bytes as text of hexadecimal digits */
#include "base/hex.h"

void
hex_write(char *text, const unsigned char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		text[2 * i] = HEX_DIGITS[bytes[i] >> 4];
		text[2 * i + 1] = HEX_DIGITS[bytes[i] & 15];
	}
	text[2 * len] = '\0';
}

bool
hex_read(unsigned char *bytes, const char *text, size_t len)
{
	int high, low;
	size_t i;

	for (i = 0; i < len; i++) {
		if ((high = hex_digit(text[2 * i])) < 0 ||
		    (low = hex_digit(text[2 * i + 1])) < 0)
			return false;
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
