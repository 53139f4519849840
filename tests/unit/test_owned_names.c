/* test_owned_names.c: names of what belongs to a key, in paths, bodies, chats
 */
#include "unit.h"

#include <stdlib.h>

#include "dialect/gemini/owned_names.h"

#define URI "https://generativelanguage.googleapis.com/v1beta/"

static const struct {
	const char *text, *want; /* NULL: it is none */
} names[] = {
    {"files/abc-1", "files/abc-1"},
    {"file-abc", "files/abc"},
    {"file-", NULL},
    {"file-a/b", NULL},
    {"files/", NULL},
    {"files", NULL},
    {"", NULL},
    {"/files/a", NULL},
    {"Files/a", NULL},
    {"xfiles/a", NULL},
    {"files/a:download?alt=media", "files/a"},
    {URI "files/a", "files/a"},
    {URI "files/a:download?alt=media", "files/a"},
    {"http://127.0.0.1:9/download/v1beta/files/a:download", "files/a"},
    {"https://example.org/files/a", NULL},
    {"https://www.youtube.com/watch?v=1", NULL},
    {"https://example.org/v1/files/a", "files/a"},
    {"cachedContents/x_y.z", "cachedContents/x_y.z"},
    {"batches/x/operations/y", "batches/x"},
    {"fileSearchStores/s/documents/d", "fileSearchStores/s"},
    {"fileSearchStores/s:importFile", "fileSearchStores/s"},
    {"models/veo-3/operations/o1", "models/veo-3/operations/o1"},
    {"models/veo-3/operations/o1:cancel", "models/veo-3/operations/o1"},
    {"models/veo-3/operations/", NULL},
    {"models//operations/x", NULL},
    {"models/veo-3", NULL},
    {"models/veo-3:generateContent", NULL},
    {"interactions/v1_a", "interactions/v1_a"},
    {"nothings/x", NULL},
    {"files/\"; DROP", NULL},
    {"files/%2e%2e", NULL},
    {"files/..", NULL},
    {"files/../files/a", NULL},
};

static void
test_names(void **state)
{
	struct owned_name name;
	size_t i;
	bool found;

	(void)state;
	for (i = 0; i < GB_COUNT(names); i++) {
		found = owned_name_read(&name, names[i].text,
					strlen(names[i].text));
		CHECK_STR(names[i].text, found ? name.text : NULL,
			  names[i].want);
		CHECK_INT(names[i].text, name.text[0] != '\0', found);
	}
}

static void
test_long_name(void **state)
{
	char text[OWNED_NAME_MAX + 2];
	struct owned_name name;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "files/", 6);
	assert_true(owned_name_read(&name, text, OWNED_NAME_MAX));
	assert_int_equal(strlen(name.text), OWNED_NAME_MAX);
	assert_false(owned_name_read(&name, text, OWNED_NAME_MAX + 1));
	assert_string_equal(name.text, "");
}

#define PART(uri) "{\"contents\":[{\"parts\":[{\"fileData\":" uri "}]}]}"

static const struct {
	const char *text;
	unsigned kinds;
	const char *want; /* with a blank behind each */
} bodies[] = {
    {PART("{\"fileUri\":\"files/a\"}"), OWNED_REQUEST, "files/a "},
    {PART("{\"file_uri\" : \"" URI "files/a\"}"), OWNED_REQUEST, "files/a "},
    {PART("{\"fileUri\":\"files/a\",\"mimeType\":\"files/b\"}"), OWNED_REQUEST,
     "files/a "},
    {PART("{\"file\\u0055ri\":\"files\\/a\\u0062\"}"), OWNED_REQUEST,
     "files/ab "},
    {PART("{\"fileUri\":\"files/\\u00e9\"}"), OWNED_REQUEST, ""},
    {"[\"files/a\"]", OWNED_REQUEST, ""},
    {"{\"text\":\"fileUri\",\"x\":\"files/a\"}", OWNED_REQUEST, ""},
    {"{\"text\":\"\\\"fileUri\\\":\\\"files/a\\\"\"}", OWNED_REQUEST, ""},
    {"{\"cachedContent\":\"cachedContents/c\",\"fileUri\":\"files/a\"}",
     OWNED_REQUEST, "cachedContents/c files/a "},
    {"{\"fileUri\":\"files/a\",\"fileUri\":\"files/a\"}", OWNED_REQUEST,
     "files/a "},
    {"{\"fileSearchStoreNames\":[\"fileSearchStores/a\", "
     "\"fileSearchStores/b\"]}",
     OWNED_REQUEST, "fileSearchStores/a fileSearchStores/b "},
    {"{\"batch\":{\"input_config\":{\"file_name\":\"files/i\"}}}",
     OWNED_REQUEST, "files/i "},
    {"{\"previous_interaction_id\":\"v1_x\",\"input\":[{\"type\":\"document\","
     "\"uri\":\"" URI "files/d\"}]}",
     OWNED_REQUEST | OWNED_INTERACTION, "interactions/v1_x files/d "},
    {"{\"previous_interaction_id\":\"v1_x\",\"uri\":\"files/d\"}",
     OWNED_REQUEST, ""},
    {"{\"name\":\"models/m/operations/o\",\"response\":{\"video\":{\"uri\":"
     "\"" URI "files/v:download?alt=media\"}}}",
     OWNED_REPLY, "models/m/operations/o files/v "},
    {"{\"interaction\":{\"id\":\"v1_x\"}}", OWNED_BORN, "interactions/v1_x "},
    {"{\"fileUri\":\"files/a", OWNED_REQUEST, ""},
    {"{\"fileUri\":", OWNED_REQUEST, ""},
    {"\"fileUri\"", OWNED_REQUEST, ""},
    {"\\\"fileUri\":\"files/a\"", OWNED_REQUEST, "files/a "},
    {"", OWNED_REQUEST, ""},
};

static void
test_bodies(void **state)
{
	struct owned_names found;
	char have[1024];
	size_t i, j, at;

	(void)state;
	for (i = 0; i < GB_COUNT(bodies); i++) {
		memset(&found, 0, sizeof(found));
		owned_names_scan(&found, bodies[i].text, strlen(bodies[i].text),
				 bodies[i].kinds);
		have[0] = '\0';
		for (at = j = 0; j < found.count; j++)
			at += (size_t)snprintf(have + at, sizeof(have) - at,
					       "%s ", found.list[j].text);
		CHECK_STR(bodies[i].text, have, bodies[i].want);
	}
}

static void
test_too_many(void **state)
{
	struct owned_names found;
	char text[64];
	int i;

	(void)state;
	memset(&found, 0, sizeof(found));
	for (i = 0; i <= OWNED_NAMES_MAX; i++) {
		(void)snprintf(text, sizeof(text),
			       "{\"fileUri\":\"files/a%d\"}", i);
		CHECK_INT(text, found.too_many, false);
		owned_names_scan(&found, text, strlen(text), OWNED_REQUEST);
	}
	assert_true(found.too_many);
	assert_int_equal(found.count, OWNED_NAMES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_long_name),
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
