/*
 * json_out.h: writing JSON text straight into a buffer.
 *
 * No tree is built, so a 10 MiB picture is copied once.  Commas and escapes
 * are its business, nesting is the caller's.  Strings must be UTF-8; bytes
 * that are not become U+FFFD.  A failed append shows in buf_error().
 */
#ifndef GB_DIALECT_JSON_OUT_H
#define GB_DIALECT_JSON_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct json_object; /* json-c's */

struct json_out {
	struct buf *buf;
	bool comma; /* a value was written on this level */
};

void jout_init(struct json_out *, struct buf *);
void jout_object(struct json_out *);
void jout_object_end(struct json_out *);
void jout_array(struct json_out *);
void jout_array_end(struct json_out *);
/* The key of the value that is written next; escaped like a string. */
void jout_key(struct json_out *, const char *key);
void jout_string(struct json_out *, const char *str);
void jout_string_len(struct json_out *, const char *str, size_t len);
void jout_int(struct json_out *, int64_t);
void jout_double(struct json_out *, double); /* shortest that reads back */
void jout_float(struct json_out *, float);   /* the same as a float */
void jout_bool(struct json_out *, bool);
void jout_null(struct json_out *);
/* A value that is JSON text already. */
void jout_raw(struct json_out *, const char *json, size_t len);
/* A json-c value, written compactly, without a copy of its text. */
void jout_value(struct json_out *, struct json_object *);
/* The same for a key and its value. */
void jout_key_string(struct json_out *, const char *key, const char *str);
void jout_key_int(struct json_out *, const char *key, int64_t);
void jout_key_bool(struct json_out *, const char *key, bool);

#endif
