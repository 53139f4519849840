/*
 * fuzz_import.c: any bytes as what people import: after a first byte "e" as a
 * .env, "s" as a sealed text, else as a file of "gbalance export".
 *
 * Names of a .env are there once, and what is read of an export is written so
 * that it is read again as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "cli/dotenv.h"
#include "cli/parcel_json.h"
#include "fuzz.h"

#define ALL ((1u << PARCEL__MAX) - 1)

static void
try_env(const char *text, size_t len)
{
	struct dotenv env;
	size_t i, k;

	must(dotenv_read(&env, text, len) == GB_OK);
	for (i = 0; i < env.count; i++) {
		must(env.lines[i].line > 0);
		must(env.lines[i].name != NULL || env.lines[i].value == NULL);
		for (k = 0; k < i && i < 50; k++)
			must(env.lines[i].name == NULL ||
			     env.lines[k].name == NULL ||
			     strcmp(env.lines[i].name, env.lines[k].name) != 0);
	}
	dotenv_release(&env);
}

static void
try_seal(const char *text, size_t len)
{
	static const unsigned char key[SEAL_KEY_SIZE];
	struct buf sealed, plain;
	struct seal *seal;

	seal = seal_new(key);
	buf_init(&sealed, 2 * len + 100);
	buf_init(&plain, 2 * len + 100);
	/* Nobody guesses a tag. */
	must(seal_open(seal, text, len, &plain) == GB_EINVAL);
	must(seal_close(seal, text, len, &sealed) == GB_OK);
	must(seal_open(seal, sealed.data, sealed.len, &plain) == GB_OK);
	must(plain.len == len && memcmp(buf_str(&plain), text, len) == 0);
	buf_release(&sealed);
	buf_release(&plain);
	seal_free(seal);
}

/* The rows that are fit, as text. */
static void
write_fit(struct parcel *p, struct buf *out)
{
	size_t from, to;
	struct parcel_row row;

	for (from = to = 0; from < p->count; from++)
		if (p->rows[from].fate == PARCEL_OPEN) {
			row = p->rows[to];
			p->rows[to++] = p->rows[from];
			p->rows[from] = row;
		}
	from = p->count;
	p->count = to;
	parcel_json_write(p, ALL, 0, out);
	p->count = from;
	must(buf_error(out) == GB_OK);
}

static void
try_export(const char *text, size_t len)
{
	struct parcel one, two;
	struct buf first, second;
	const char *why;

	parcel_init(&one);
	parcel_init(&two);
	buf_init(&first, 64 << 20);
	buf_init(&second, 64 << 20);
	if (parcel_json_read(text, len, ALL, &one, &why) == GB_OK) {
		write_fit(&one, &first);
		must(parcel_json_read(buf_str(&first), first.len, ALL, &two,
				      &why) == GB_OK);
		write_fit(&two, &second);
		must(strcmp(buf_str(&first), buf_str(&second)) == 0);
	}
	parcel_release(&one);
	parcel_release(&two);
	buf_release(&first);
	buf_release(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (size == 0 || (text = malloc(size)) == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (data[0] == 'e')
		try_env(text, size - 1);
	else if (data[0] == 's')
		try_seal(text, size - 1);
	else
		try_export(text, size - 1);
	free(text);
	return 0;
}
