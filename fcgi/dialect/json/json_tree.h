/*
 * json_tree.h: reading JSON of which nothing is certain, as upstream's is.
 *
 * Every getter takes any value, NULL and wrong types included, and answers
 * "not there" for what is not of the type asked for.
 */
#ifndef GB_DIALECT_JSON_TREE_H
#define GB_DIALECT_JSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object; /* json-c's */

/* The one value that the "len" bytes at "json" are, for json_object_put().
 * NULL: it is no JSON, something follows it, or it is nested too deep. */
struct json_object *tree_parse(const char *json, size_t len);

/* The member "key", borrowed; NULL: no object, no such member, or null. */
struct json_object *tree_get(struct json_object *, const char *key);
/* The same, and NULL unless it is an object, or an array. */
struct json_object *tree_object(struct json_object *, const char *key);
struct json_object *tree_array(struct json_object *, const char *key);

/* How many items an array has (0: it is none), and one of them or NULL. */
size_t tree_length(struct json_object *array);
struct json_object *tree_item(struct json_object *array, size_t at);

/* The member's text, borrowed, and its length in "*len" unless that is NULL;
 * NULL, and a length of 0, unless it is a string. */
const char *tree_string(struct json_object *, const char *key, size_t *len);

/* The member as a count: 0 unless it is a number, or a string of one, above
 * 0; at most 10^15, so that sums of a few do not overflow. */
int64_t tree_count(struct json_object *, const char *key);

/* The member as a number; 0 unless it is one, or Google's word for one that
 * JSON has not: "NaN", "Infinity", "-Infinity". */
double tree_number(struct json_object *, const char *key);

/* Whether the member is true. */
bool tree_true(struct json_object *, const char *key);

/* Copy the member's text into "text", cut at a character; "" unless it is a
 * string. */
void tree_copy(struct json_object *, const char *key, char *text, size_t size);

/* The length of "text" without the character that breaks off at its end. */
size_t utf8_trim(const char *text, size_t len);

#endif
