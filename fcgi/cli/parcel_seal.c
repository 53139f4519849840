/* parcel_seal.c: a file of "gbalance export" that a passphrase encrypts */
#include "cli/parcel_seal.h"

#include <limits.h>
#include <string.h>

#include <json-c/json.h>

#include "base/files.h"
#include "base/hex.h"
#include "base/seal.h"
#include "base/secret.h"
#include "cli/commands.h"

#define MARK	       "gbalance_sealed"
#define PASSPHRASE_MAX 1024
#define PASSPHRASE_MIN 8
#define SALT_DIGITS    (2 * SEAL_SALT_SIZE)

/* The first line of the file. */
static enum gb_err
read_passphrase(const char *file, struct buf *out)
{
	enum gb_err rc;

	rc = file[0] == '\0' ? GB_EINVAL : file_read(file, out);
	if (rc == GB_OK) {
		buf_truncate(out, strcspn(buf_str(out), "\r\n"));
		if (out->len < PASSPHRASE_MIN)
			rc = GB_EINVAL;
	}
	if (rc != GB_OK)
		cli_complain("--passphrase-file: a file whose first line has "
			     "%d to %d characters: %s",
			     PASSPHRASE_MIN, PASSPHRASE_MAX, gb_strerror(rc));
	return rc;
}

/* The cipher that the passphrase makes. */
static enum gb_err
make_seal(const char *file, const unsigned char salt[SEAL_SALT_SIZE],
	  unsigned cost, struct seal **seal)
{
	unsigned char key[SEAL_KEY_SIZE];
	struct buf passphrase;
	enum gb_err rc;

	*seal = NULL;
	buf_init(&passphrase, PASSPHRASE_MAX);
	rc = read_passphrase(file, &passphrase);
	if (rc == GB_OK) {
		rc = seal_key_of(key, passphrase.data, passphrase.len, salt,
				 cost);
		if (rc == GB_OK && (*seal = seal_new(key)) == NULL)
			rc = GB_ENOMEM;
		explicit_bzero(key, sizeof(key));
		if (rc != GB_OK)
			cli_complain("the passphrase makes no key: %s",
				     gb_strerror(rc));
	}
	buf_wipe(&passphrase);
	return rc;
}

enum gb_err
parcel_seal(const char *passphrase_file, struct buf *text)
{
	unsigned char salt[SEAL_SALT_SIZE];
	char digits[SALT_DIGITS + 1];
	struct seal *seal;
	struct buf out;
	enum gb_err rc;

	buf_init(&out, 2 * text->max);
	random_bytes(salt, sizeof(salt));
	rc = make_seal(passphrase_file, salt, SEAL_COST, &seal);
	if (rc == GB_OK) {
		hex_write(digits, salt, sizeof(salt));
		buf_printf(&out,
			   "{\"" MARK "\": 1, \"kdf\": \"scrypt\", \"n\": %u, "
			   "\"r\": 8, \"p\": 1, \"salt\": \"%s\", "
			   "\"data\": \"",
			   SEAL_COST, digits);
		rc = seal_close(seal, text->data, text->len, &out);
		buf_puts(&out, "\"}\n");
	}
	if (rc == GB_OK)
		rc = buf_error(&out);
	seal_free(seal);
	if (rc == GB_OK) {
		buf_wipe(text);
		*text = out;
	} else
		buf_release(&out);
	return rc;
}

static bool
read_salt(struct json_object *o, unsigned char salt[SEAL_SALT_SIZE])
{
	const char *text;

	text = json_object_get_string(o);
	return text != NULL && strlen(text) == SALT_DIGITS &&
	       strspn(text, HEX_DIGITS) == SALT_DIGITS &&
	       hex_read(salt, text, SEAL_SALT_SIZE);
}

/* Open what "o" has into "out". */
static enum gb_err
open_data(struct json_object *o, const char *passphrase_file, struct buf *out)
{
	unsigned char salt[SEAL_SALT_SIZE];
	struct json_object *n, *r, *p, *given, *data;
	struct seal *seal;
	enum gb_err rc;
	int64_t cost;

	if (!json_object_object_get_ex(o, "n", &n) ||
	    !json_object_object_get_ex(o, "r", &r) ||
	    !json_object_object_get_ex(o, "p", &p) ||
	    !json_object_object_get_ex(o, "salt", &given) ||
	    !json_object_object_get_ex(o, "data", &data) ||
	    !json_object_is_type(data, json_type_string) ||
	    json_object_get_int64(r) != 8 || json_object_get_int64(p) != 1 ||
	    (cost = json_object_get_int64(n)) < 2 || cost > SEAL_COST_MAX ||
	    !read_salt(given, salt))
		return GB_EINVAL;
	rc = make_seal(passphrase_file, salt, (unsigned)cost, &seal);
	if (rc == GB_OK)
		rc = seal_open(seal, json_object_get_string(data),
			       (size_t)json_object_get_string_len(data), out);
	seal_free(seal);
	return rc;
}

enum gb_err
parcel_unseal(const char *file, const char *passphrase_file, struct buf *text)
{
	struct json_object *o, *mark;
	struct json_tokener *tok;
	struct buf out;
	enum gb_err rc;

	/* It is one line that says so; all else is the reader's. */
	if (strstr(buf_str(text), "\"" MARK "\"") == NULL ||
	    text->len > INT_MAX)
		return GB_OK;
	if ((tok = json_tokener_new()) == NULL)
		return GB_ENOMEM;
	buf_init(&out, text->len);
	rc = GB_OK;
	o = json_tokener_parse_ex(tok, text->data, (int)text->len);
	if (!json_object_object_get_ex(o, MARK, &mark))
		goto out;
	if (passphrase_file == NULL) {
		cli_complain("%s: is encrypted: --passphrase-file FILE", file);
		rc = GB_EINVAL;
		goto out;
	}
	rc = open_data(o, passphrase_file, &out);
	if (rc == GB_OK) {
		buf_release(text);
		*text = out;
		buf_init(&out, 0);
	} else
		cli_complain("%s: it does not open: another passphrase, or it "
			     "was changed",
			     file);
out:
	buf_wipe(&out);
	json_object_put(o);
	json_tokener_free(tok);
	return rc;
}
