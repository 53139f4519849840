/*
 * fuzz_schema.c: any JSON as a schema, in both forms.  The schemas of a chat
 * request are taken out of it, so that golden requests are good seeds; any
 * other JSON object is taken for one itself.
 *
 * Whatever comes out is JSON; in Google's form it holds nothing that Google's
 * form does not have, in JSON Schema nothing that was to be cleaned away; and
 * the work is within the limits, which bound the time.
 */
#include <string.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "dialect/field.h"
#include "dialect/json/json_in.h"
#include "dialect/json/json_tree.h"
#include "dialect/schema/schema.h"
#include "fuzz.h"

#define OUT_MAX	  (64u << 20)
#define DEPTH_MAX 256 /* levels of JSON that a schema of ours may have */

/* The keywords of Google's Schema message. */
static const char *const proto_words[] = {
    "type",	     "format",
    "title",	     "description",
    "nullable",	     "enum",
    "items",	     "minItems",
    "maxItems",	     "properties",
    "required",	     "minimum",
    "maximum",	     "minLength",
    "maxLength",     "pattern",
    "example",	     "default",
    "minProperties", "maxProperties",
    "anyOf",	     "propertyOrdering",
};

/* Keywords that no JSON Schema of ours has, and where others may follow. */
static const char *const cleaned[] = {"$schema", "strict", "const",
				      "definitions", "allOf"};
static const char *const maps[] = {"properties", "$defs", "patternProperties",
				   "dependentSchemas"};
static const char *const lists[] = {"anyOf", "oneOf", "prefixItems"};
static const char *const inner[] = {
    "items",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "contains",
    "not",
    "if",
    "then",
    "else",
};

static const char *const types[] = {
    "string", "number", "integer", "boolean", "array", "object", "null",
};

static int
is_one_of(const char *word, const char *const *words, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (word != NULL && strcmp(word, words[i]) == 0)
			return 1;
	return 0;
}

static struct json_object *
get(struct json_object *object, const char *key, enum json_type type)
{
	struct json_object *value;

	value = tree_get(object, key);
	return json_object_is_type(value, type) ? value : NULL;
}

/* --- what comes out ------------------------------------------------------- */

static void
check_proto_values(struct json_object *schema)
{
	struct json_object *list, *properties;
	const char *type;
	size_t i;

	type = text_of(tree_get(schema, "type")).ptr;
	must(type == NULL ? tree_get(schema, "anyOf") != NULL
			  : is_one_of(type, types, GB_COUNT(types)));
	must(type == NULL || tree_get(schema, "anyOf") == NULL);
	if (type != NULL && strcmp(type, "array") == 0)
		must(tree_get(schema, "items") != NULL);
	list = tree_get(schema, "enum");
	for (i = 0; list != NULL && i < json_object_array_length(list); i++)
		must(text_of(json_object_array_get_idx(list, i)).len > 0);
	list = tree_get(schema, "required");
	properties = tree_get(schema, "properties");
	for (i = 0; list != NULL && i < json_object_array_length(list); i++)
		must(json_object_object_get_ex(
		    properties,
		    json_object_get_string(json_object_array_get_idx(list, i)),
		    NULL));
}

static void
check_proto(struct json_object *schema)
{
	struct json_object *list;
	size_t i;

	must(json_object_is_type(schema, json_type_object));
	json_object_object_foreach(schema, word, value)
	{
		must(is_one_of(word, proto_words, GB_COUNT(proto_words)));
		must(value != NULL);
	}
	check_proto_values(schema);
	if (get(schema, "properties", json_type_object) != NULL) {
		json_object_object_foreach(tree_get(schema, "properties"), name,
					   child)
		{
			(void)name;
			check_proto(child);
		}
	}
	if (tree_get(schema, "items") != NULL)
		check_proto(tree_get(schema, "items"));
	list = get(schema, "anyOf", json_type_array);
	for (i = 0; list != NULL && i < json_object_array_length(list); i++)
		check_proto(json_object_array_get_idx(list, i));
}

static void check_whole(struct json_object *);

static void
check_children(const char *word, struct json_object *value)
{
	size_t i;

	if (is_one_of(word, maps, GB_COUNT(maps))) {
		json_object_object_foreach(value, name, child)
		{
			(void)name;
			check_whole(child);
		}
	} else if (is_one_of(word, lists, GB_COUNT(lists))) {
		for (i = 0; i < json_object_array_length(value); i++)
			check_whole(json_object_array_get_idx(value, i));
	} else if (is_one_of(word, inner, GB_COUNT(inner)) &&
		   !json_object_is_type(value, json_type_boolean)) {
		check_whole(value);
	}
}

static void
check_whole(struct json_object *schema)
{
	int reference;

	must(json_object_is_type(schema, json_type_object));
	reference = tree_get(schema, "$ref") != NULL;
	json_object_object_foreach(schema, word, value)
	{
		must(!is_one_of(word, cleaned, GB_COUNT(cleaned)));
		must(strncmp(word, "x-", 2) != 0);
		must(!reference || word[0] == '$');
		check_children(word, value);
	}
}

/* Parsed with looser limits than ours: what is inlined comes out deeper. */
static struct json_object *
parse_out(const struct buf *text)
{
	struct json_tokener *tok;
	struct json_object *value;

	tok = json_tokener_new_ex(DEPTH_MAX);
	must(tok != NULL);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT |
					JSON_TOKENER_VALIDATE_UTF8);
	value = json_tokener_parse_ex(tok, buf_str(text), (int)text->len + 1);
	must(json_tokener_get_error(tok) == json_tokener_success);
	json_tokener_free(tok);
	return value;
}

static void
run(struct json_object *schema,
    enum gb_err (*write)(struct json_out *, struct json_object *,
			 struct schema_account *),
    void (*check)(struct json_object *))
{
	struct chat_dropped lost;
	struct schema_account account = {0, 0, &lost};
	struct json_object *value;
	struct json_out out;
	struct buf text;
	enum gb_err rc;

	memset(&lost, 0, sizeof(lost));
	buf_init(&text, OUT_MAX);
	jout_init(&out, &text);
	rc = write(&out, schema, &account);
	must(rc == GB_OK || rc == GB_ETOOBIG);
	must(rc != GB_OK || account.work <= SCHEMA_WORK_MAX);
	if (rc == GB_OK) {
		must(buf_error(&text) == GB_OK && text.len == account.bytes);
		value = parse_out(&text);
		check(value);
		json_object_put(value);
	}
	buf_release(&text);
}

/* --- what goes in --------------------------------------------------------- */

static void
run_both(struct json_object *schema)
{
	if (!json_object_is_type(schema, json_type_object))
		return;
	(void)schema_is_empty(schema);
	run(schema, schema_write_json, check_whole);
	run(schema, schema_write_proto, check_proto);
}

/* The schemas of a chat request; false: it is none. */
static int
run_request(struct json_object *root)
{
	struct json_object *tools, *tool, *format;
	size_t i;

	tools = get(root, "tools", json_type_array);
	format = tree_get(root, "response_format");
	for (i = 0; tools != NULL && i < json_object_array_length(tools); i++) {
		tool = json_object_array_get_idx(tools, i);
		run_both(tree_get(tree_get(tool, "function"), "parameters"));
	}
	run_both(tree_get(tree_get(format, "json_schema"), "schema"));
	return tools != NULL || format != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object *root;
	struct api_error err;

	if (json_read((const char *)data, size, &root, &err) != GB_OK)
		return 0;
	if (!run_request(root))
		run_both(root);
	json_object_put(root);
	return 0;
}
