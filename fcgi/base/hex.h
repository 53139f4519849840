/* hex.h: bytes as text of hexadecimal digits */
#ifndef GB_BASE_HEX_H
#define GB_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>

/* The digits that are written. */
#define HEX_DIGITS "0123456789abcdef"

/* Write "len" bytes in hexadecimal and a NUL, 2 * len + 1 bytes. */
void hex_write(char *text, const unsigned char *bytes, size_t len);

/* Read "len" bytes of 2 * len digits, small or capital.  False: one is none,
 * and "bytes" is half filled. */
bool hex_read(unsigned char *bytes, const char *text, size_t len);

/* What one digit, small or capital, stands for; -1: it is none. */
int hex_digit(char c);

#endif
