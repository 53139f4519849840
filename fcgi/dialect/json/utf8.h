/* utf8.h: what reading and writing JSON strings must know about bytes */
#ifndef GB_DIALECT_UTF8_H
#define GB_DIALECT_UTF8_H

#include <stddef.h>

/*
 * The length in bytes, 1 to 4, of the UTF-8 sequence that "text" begins with;
 * 0 when its first "len" bytes begin with none (overlong forms, surrogates
 * and code points above U+10FFFF are none).  An ASCII byte counts as 1.
 */
size_t utf8_sequence(const char *text, size_t len);

/*
 * How many of the first "len" bytes a JSON string can hold as they are: whole
 * characters up to the first quote, backslash, control character, or byte
 * that is no UTF-8.
 */
size_t utf8_clean_run(const char *text, size_t len);

#endif
