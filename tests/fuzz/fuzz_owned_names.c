/*
 * fuzz_owned_names.c: any bytes as a body that may name what belongs to a key.
 * What is found is fit for SQL and URLs, and is itself a name.
 */
#include <string.h>

#include "dialect/gemini/owned_names.h"
#include "fuzz.h"

static void
check(const struct owned_name *name)
{
	static const char fit[] = "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./";
	struct owned_name again;
	size_t len;

	len = strlen(name->text);
	must(len > 0 && len <= OWNED_NAME_MAX);
	must(strspn(name->text, fit) == len);
	must(owned_name_read(&again, name->text, len));
	must(strcmp(again.text, name->text) == 0);
	must(owned_name_life_days(name->text) > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct owned_names names;
	struct owned_name name;
	size_t i;

	memset(&names, 0, sizeof(names));
	if (size == 0)
		return 0;
	owned_names_scan(&names, (const char *)data + 1, size - 1, data[0]);
	for (i = 0; i < names.count; i++)
		check(&names.list[i]);
	if (owned_name_read(&name, (const char *)data, size))
		check(&name);
	return 0;
}
