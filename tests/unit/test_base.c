/* test_base.c: buffers with a cap, masking, digests, ids */
#include "unit.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/hex.h"
#include "base/redact.h"
#include "base/secret.h"

static void
test_buf(void **state)
{
	struct buf b;
	char *taken;

	(void)state;
	buf_init(&b, 10);
	CHECK_STR("empty", buf_str(&b), "");
	buf_puts(&b, "12345");
	buf_printf(&b, "%d", 678);
	CHECK_STR("appended", buf_str(&b), "12345678");
	buf_puts(&b, "abc");
	CHECK_INT("over the cap", buf_error(&b), GB_ETOOBIG);
	CHECK_STR("nothing of it went in", buf_str(&b), "12345678");
	buf_puts(&b, "a");
	CHECK_STR("a failed one takes nothing", buf_str(&b), "12345678");
	CHECK("a failed one gives nothing", buf_take(&b) == NULL);
	buf_reset(&b);
	buf_puts(&b, "0123456789");
	CHECK_INT("just the cap", buf_error(&b), GB_OK);
	buf_consume(&b, 4);
	CHECK_STR("consumed", buf_str(&b), "456789");
	buf_consume(&b, 100);
	CHECK_STR("consumed all", buf_str(&b), "");
	taken = buf_take(&b);
	CHECK_STR("taken", taken, "");
	free(taken);
	CHECK("no length can overflow", buf_reserve(&b, SIZE_MAX) == NULL);
	buf_release(&b);
	taken = buf_take(&b);
	CHECK_STR("taken of nothing", taken, "");
	free(taken);
	buf_wipe(&b);
}

#define KEY "AIzaSyA1234567890abcdefghijklmnopqrstuv"
#define ODD "my-very-odd-key/with~signs"

static const struct {
	const char *text, *secret, *want;
} redactions[] = {
    {"nothing here", NULL, "nothing here"},
    {"", NULL, ""},
    {"key " KEY ".", NULL, "key AIza…stuv."},
    {KEY KEY, NULL, "AIza…stuv"},
    {"AIza short", NULL, "AIza short"},
    {"AQ.Ab8RN6J-abcdefghijklmnop_1234", NULL, "AQ.A…1234"},
    {"AQ.short", NULL, "AQ.short"},
    {"a " ODD " b", ODD, "a my-v…igns b"},
    {ODD ODD, ODD, "my-v…ignsmy-v…igns"},
    {"a " ODD, "", "a " ODD},
    {"Consumer api_key:" ODD " has", ODD, "Consumer api_…igns has"},
    {"api_key:abcd+ef/ghij+klmnop", "abcd+ef/ghij+klmnop", "api_…mnop"},
    {"consumer 'projects/123456789012'", NULL, "consumer 'proj…9012'"},
    {"overview?project=my-project-1 then", NULL, "overview?proj…ct-1 then"},
    {"project 123456789 before", NULL, "proj…6789 before"},
    {"Consumer 'api_key:AIzaSyA1234' has", NULL, "Consumer 'api_…1234' has"},
    {"via socks5://me:secret@10.0.0.1:1080", NULL,
     "via socks5://…@10.0.0.1:1080"},
    {"see https://ai.google.dev/x@y", NULL, "see https://ai.google.dev/x@y"},
    {"://", NULL, "://"},
    {"gb-0123456789012345678901234567890123456789abcdefg", NULL, "gb-0…defg"},
};

static void
test_redact(void **state)
{
	struct buf out;
	size_t i;

	(void)state;
	buf_init(&out, 1000);
	for (i = 0; i < GB_COUNT(redactions); i++) {
		buf_reset(&out);
		redact_text(&out, redactions[i].text,
			    strlen(redactions[i].text), redactions[i].secret);
		CHECK_STR(redactions[i].text, buf_str(&out),
			  redactions[i].want);
	}
	buf_release(&out);
}

static void
test_mask(void **state)
{
	char mask[SECRET_MASK_SIZE];

	(void)state;
	secret_mask(mask, KEY);
	CHECK_STR("a key", mask, "AIza…stuv");
	secret_mask(mask, "123456789012");
	CHECK_STR("a short one shows nothing", mask, "…");
	secret_mask(mask, "");
	CHECK_STR("an empty one", mask, "…");
}

static void
test_secret(void **state)
{
	/* FIPS 180-4's example "abc" */
	static const unsigned char abc[] = {0xba, 0x78, 0x16, 0xbf};
	char id[RANDOM_ID_SIZE], other[RANDOM_ID_SIZE], token[TOKEN_SIZE];
	unsigned char digest[DIGEST_SIZE];

	(void)state;
	secret_digest(digest, "abc", 3);
	CHECK("SHA-256", memcmp(digest, abc, sizeof(abc)) == 0);
	random_id(id);
	random_id(other);
	CHECK_INT("length of an id", strlen(id), RANDOM_ID_SIZE - 1);
	CHECK_INT("only hexadecimal", strspn(id, "0123456789abcdef"),
		  RANDOM_ID_SIZE - 1);
	CHECK("no two alike", strcmp(id, other) != 0);
	random_token(token);
	CHECK_INT("length of a token", strlen(token), TOKEN_SIZE - 1);
	CHECK("its prefix", strncmp(token, "gb-", 3) == 0);
}

/* No two lists have the same digest, however they are cut. */
static void
test_digest_of_parts(void **state)
{
	static const struct {
		const char *text[3];
		size_t len[3], count;
	} lists[] = {
	    {{""}, {0}, 0},
	    {{""}, {0}, 1},
	    {{"", ""}, {0, 0}, 2},
	    {{"ab"}, {2}, 1},
	    {{"a", "b"}, {1, 1}, 2},
	    {{"b", "a"}, {1, 1}, 2},
	    {{"ab", ""}, {2, 0}, 2},
	    {{"", "ab"}, {0, 2}, 2},
	    {{"", "a", "b"}, {0, 1, 1}, 3},
	    {{"a\0b"}, {3}, 1},
	    {{"a\0c"}, {3}, 1},
	};
	unsigned char digests[GB_COUNT(lists)][DIGEST_SIZE];
	unsigned char again[DIGEST_SIZE];
	struct secret_part parts[3];
	size_t i, k;

	(void)state;
	for (i = 0; i < GB_COUNT(lists); i++) {
		for (k = 0; k < lists[i].count; k++) {
			parts[k].data = lists[i].text[k];
			parts[k].len = lists[i].len[k];
		}
		secret_digest_parts(digests[i], parts, lists[i].count);
		secret_digest_parts(again, parts, lists[i].count);
		assert_memory_equal(digests[i], again, DIGEST_SIZE);
		for (k = 0; k < i; k++)
			assert_memory_not_equal(digests[i], digests[k],
						DIGEST_SIZE);
	}
}

/* RFC 4231, case 2. */
static void
test_secret_hmac(void **state)
{
	unsigned char mac[DIGEST_SIZE];
	char hex[2 * DIGEST_SIZE + 1];

	(void)state;
	secret_hmac(mac, "Jefe", "what do ya want for nothing?");
	hex_write(hex, mac, sizeof(mac));
	CHECK_STR("hmac", hex,
		  "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b9"
		  "64ec3843");
	CHECK("equal", secret_equal("abc", "abd", 2));
	CHECK("not equal", !secret_equal("abc", "abd", 3));
}

static void
test_hex(void **state)
{
	static const char *const bad[] = {"0", "00 f", "000g", "00:0", "0@00"};
	const unsigned char bytes[] = {0x00, 0x7f, 0xa0, 0xff};
	unsigned char read[4];
	char text[9];
	size_t i;

	(void)state;
	hex_write(text, bytes, sizeof(bytes));
	CHECK_STR("written", text, "007fa0ff");
	CHECK("read", hex_read(read, text, 4) && memcmp(read, bytes, 4) == 0);
	CHECK("capital",
	      hex_read(read, "007FA0FF", 4) && memcmp(read, bytes, 4) == 0);
	for (i = 0; i < GB_COUNT(bad); i++)
		CHECK(bad[i], !hex_read(read, bad[i], 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_secret_hmac),
	    cmocka_unit_test(test_buf),
	    cmocka_unit_test(test_redact),
	    cmocka_unit_test(test_mask),
	    cmocka_unit_test(test_secret),
	    cmocka_unit_test(test_digest_of_parts),
	    cmocka_unit_test(test_hex),
	};

	return cmocka_run_group_tests_name("base", tests, NULL, NULL);
}
