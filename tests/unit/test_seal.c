/* test_seal.c: secrets as text that only who has the key can read */
#include "unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/files.h"
#include "base/seal.h"
#include "base/secret_key.h"

static const unsigned char key[SEAL_KEY_SIZE] =
    "0123456789abcdef0123456789abcde";
static const unsigned char other[SEAL_KEY_SIZE] =
    "0123456789abcdef0123456789abcdf";

static const char *const plains[] = {
    "",
    "x",
    "AIzaSyFake-key-number-one-000000000aaaa",
    "[\"http://user:pass@proxy.example:3128\"]",
    "gb1 not sealed",
    "Gr\xc3\xbc\xc3\x9f"
    "e\x01\n",
};

/* There and back; the same text is the same, and nothing of it shows. */
static void
test_round(void **state)
{
	struct buf one, two, back;
	struct seal *a, *b;
	size_t i;

	(void)state;
	a = seal_new(key);
	b = seal_new(key);
	buf_init(&one, 1000);
	buf_init(&two, 1000);
	buf_init(&back, 1000);
	for (i = 0; i < GB_COUNT(plains); i++) {
		buf_reset(&one);
		buf_reset(&two);
		buf_reset(&back);
		assert_int_equal(seal_close(a, plains[i], strlen(plains[i]),
					    &one),
				 GB_OK);
		assert_int_equal(seal_close(b, plains[i], strlen(plains[i]),
					    &two),
				 GB_OK);
		CHECK_STR(plains[i], buf_str(&two), buf_str(&one));
		CHECK(plains[i], seal_is_sealed(one.data, one.len));
		CHECK(plains[i], strlen(plains[i]) < 4 ||
				     strstr(buf_str(&one), plains[i]) == NULL);
		assert_int_equal(seal_open(b, one.data, one.len, &back), GB_OK);
		CHECK_STR("back", buf_str(&back), plains[i]);
	}
	CHECK("JSON is not sealed", !seal_is_sealed("[\"gb1 \"]", 8));
	CHECK("short", !seal_is_sealed("gb1", 3));
	buf_release(&one);
	buf_release(&two);
	buf_release(&back);
	seal_free(a);
	seal_free(b);
}

/* Whatever is changed, cut or of another key does not open, and leaves
 * nothing. */
static void
test_changed(void **state)
{
	struct buf sealed, back;
	struct seal *a, *b;
	size_t i;
	char was;

	(void)state;
	a = seal_new(key);
	b = seal_new(other);
	buf_init(&sealed, 1000);
	buf_init(&back, 1000);
	buf_puts(&back, "mine");
	assert_int_equal(seal_close(a, plains[2], strlen(plains[2]), &sealed),
			 GB_OK);
	CHECK_INT("another key", seal_open(b, sealed.data, sealed.len, &back),
		  GB_EINVAL);
	for (i = 0; i < sealed.len; i++) {
		CHECK_INT("cut", seal_open(a, sealed.data, i, &back),
			  GB_EINVAL);
		was = sealed.data[i];
		sealed.data[i] = was == 'A' ? 'B' : 'A';
		CHECK_INT("changed",
			  seal_open(a, sealed.data, sealed.len, &back),
			  GB_EINVAL);
		sealed.data[i] = was;
	}
	CHECK_STR("what was there", buf_str(&back), "mine");
	assert_int_equal(seal_open(a, sealed.data, sealed.len, &back), GB_OK);
	buf_release(&sealed);
	buf_release(&back);
	seal_free(a);
	seal_free(b);
	seal_free(NULL);
}

/* Passphrases: RFC 7914 has no case with r 8 and p 1 of 32 bytes, so only that
 * each part counts. */
static void
test_passphrase(void **state)
{
	static const unsigned char salt[SEAL_SALT_SIZE] = {1},
				   salt2[SEAL_SALT_SIZE] = {2};
	unsigned char a[SEAL_KEY_SIZE], b[SEAL_KEY_SIZE];

	(void)state;
	assert_int_equal(seal_key_of(a, "passphrase", 10, salt, 1024), GB_OK);
	assert_int_equal(seal_key_of(b, "passphrase", 10, salt, 1024), GB_OK);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(seal_key_of(b, "passphrasf", 10, salt, 1024), GB_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(seal_key_of(b, "passphrase", 10, salt2, 1024), GB_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(seal_key_of(b, "passphrase", 10, salt, 2048), GB_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	CHECK_INT("no power", seal_key_of(b, "x", 1, salt, 1000), GB_EINVAL);
	CHECK_INT("none", seal_key_of(b, "x", 1, salt, 0), GB_EINVAL);
	CHECK_INT("too dear", seal_key_of(b, "x", 1, salt, SEAL_COST_MAX * 2),
		  GB_EINVAL);
}

#define DIGITS \
	"00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

static void
test_files(void **state)
{
	static const struct {
		const char *what, *text;
		enum gb_err rc;
	} files[] = {
	    {"as it is made", DIGITS "\n", GB_OK},
	    {"of a DOS", DIGITS "\r\n", GB_OK},
	    {"without an end", DIGITS, GB_OK},
	    {"empty", "", GB_EINVAL},
	    {"one digit less", DIGITS + 1, GB_EINVAL},
	    {"one digit more", "0" DIGITS, GB_EINVAL},
	    {"more behind", DIGITS "\nx", GB_EINVAL},
	    {"no digits", "x", GB_EINVAL},
	    {"long", DIGITS DIGITS DIGITS, GB_EINVAL},
	};
	unsigned char a[SEAL_KEY_SIZE], none[SEAL_KEY_SIZE] = {0};
	char folder[] = "/tmp/gbalance.XXXXXX", path[64];
	struct stat st;
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/key", folder);
	assert_int_equal(secret_key_make(path), GB_OK);
	CHECK_INT("again", secret_key_make(path), GB_EEXIST);
	assert_int_equal(stat(path, &st), 0);
	CHECK_INT("mode", st.st_mode & 0777, 0600);
	assert_int_equal(secret_key_read(path, a), GB_OK);
	CHECK("random", memcmp(a, none, sizeof(a)) != 0);
	for (i = 0; i < GB_COUNT(files); i++) {
		assert_int_equal(file_write(path, files[i].text,
					    strlen(files[i].text)),
				 GB_OK);
		CHECK_INT(files[i].what, secret_key_read(path, a), files[i].rc);
		if (files[i].rc == GB_OK)
			CHECK_INT(files[i].what, a[1] << 8 | a[31], 0x11ff);
		else
			assert_memory_equal(a, none, sizeof(a));
	}
	assert_int_equal(file_write(path, DIGITS, 64), GB_OK);
	assert_int_equal(chmod(path, 0640), 0);
	CHECK_INT("others may read", secret_key_read(path, a), GB_EINVAL);
	unlink(path);
	CHECK_INT("none", secret_key_read(path, a), GB_EIO);
	rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round),
	    cmocka_unit_test(test_changed),
	    cmocka_unit_test(test_passphrase),
	    cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests_name("seal", tests, NULL, NULL);
}
