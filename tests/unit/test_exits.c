/* test_exits.c: which proxy a key gets, and who moves when one goes */
#include "unit.h"

#include <stdbool.h>

#include "upstream/exits.h"

#define KEYS 2000

static char *five[] = {"http://10.0.0.1:3128", "http://10.0.0.2:3128", "direct",
		       "socks5h://u:p@10.0.0.3:1080", "http://10.0.0.4:3128"};
static char *four[] = {"http://10.0.0.4:3128", "http://10.0.0.1:3128",
		       "http://10.0.0.2:3128", "direct"};

static struct settings
with(char **proxies, size_t count, bool by_key)
{
	struct settings s;

	memset(&s, 0, sizeof(s));
	s.proxies.items = proxies;
	s.proxies.count = count;
	s.proxies_by_key = by_key;
	return s;
}

static const char *
key(int i)
{
	static char text[40];

	snprintf(text, sizeof(text), "AIzaSyTest%029d", i);
	return text;
}

static void
test_none(void **state)
{
	struct settings none = with(NULL, 0, true), turn = with(NULL, 0, false);
	char *only[] = {"Direct"};
	struct settings direct = with(only, 1, true);

	(void)state;
	CHECK_STR("no proxies", exit_for_key(&none, key(1)), NULL);
	CHECK_STR("no proxies, in turn", exit_for_key(&turn, key(1)), NULL);
	CHECK_STR("no proxies, no key", exit_for_key(&none, NULL), NULL);
	CHECK_STR("direct", exit_for_key(&direct, key(1)), NULL);
}

/* The same key always has the same exit, and each exit its share. */
static void
test_shares(void **state)
{
	struct settings s = with(five, GB_COUNT(five), true);
	const char *got, *want;
	size_t count[GB_COUNT(five)] = {0};
	size_t k;
	int i;

	(void)state;
	for (i = 0; i < KEYS; i++) {
		got = exit_for_key(&s, key(i));
		CHECK_STR("again", exit_for_key(&s, key(i)), got);
		for (k = 0; k < GB_COUNT(five); k++) {
			want = strcmp(five[k], "direct") == 0 ? NULL : five[k];
			if (got == want)
				count[k]++;
		}
	}
	for (k = 0; k < GB_COUNT(five); k++) /* 400 each; sigma is 18 */
		CHECK(five[k], count[k] > 300 && count[k] < 500);
}

/* Without one of five, and in another order, only the keys of that one move. */
static void
test_removal(void **state)
{
	struct settings before = with(five, GB_COUNT(five), true);
	struct settings after = with(four, GB_COUNT(four), true);
	const char *was;
	int i, moved;

	(void)state;
	moved = 0;
	for (i = 0; i < KEYS; i++) {
		was = exit_for_key(&before, key(i));
		if (was == five[3])
			moved++;
		else
			CHECK_STR(key(i), exit_for_key(&after, key(i)), was);
	}
	CHECK("some moved", moved > 300);
}

/* A restart, another process, another machine: nothing may change this. */
static void
test_stable(void **state)
{
	static const struct {
		const char *key, *want;
	} cases[] = {
	    {"AIzaSyTestEight", "socks5h://u:p@10.0.0.3:1080"},
	    {"AIzaSyTestTwo", "http://10.0.0.1:3128"},
	    {"", NULL},
	};
	struct settings s = with(five, GB_COUNT(five), true);
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++)
		CHECK_STR(cases[i].key, exit_for_key(&s, cases[i].key),
			  cases[i].want);
}

static void
test_in_turn(void **state)
{
	struct settings s = with(five, GB_COUNT(five), false);
	struct settings by_key = with(five, GB_COUNT(five), true);
	size_t seen[2] = {0};
	const char *got;
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		got = exit_for_key(&s, key(1));
		seen[0] += got == five[0];
		got = exit_for_key(&by_key, NULL);
		seen[1] += got == five[0];
	}
	/* both share one counter: every second turn is the other's */
	CHECK_INT("turns of the first", seen[0] + seen[1], 20);
	CHECK("each had some", seen[0] == 10 && seen[1] == 10);
}

/* What a proxy wants to know of us is nobody's business. */
static void
test_names(void **state)
{
	static const struct {
		const char *proxy, *want;
	} names[] = {
	    {NULL, "direct"},
	    {"http://10.0.0.1:3128", "http://10.0.0.1:3128"},
	    {"socks5h://me:secret@proxy:1080", "socks5h://proxy:1080"},
	    {"http://me:se@cret@proxy", "http://proxy"},
	    {"http://me:se://cret@proxy", "http://proxy"},
	    {"me:secret@proxy:8080", "proxy:8080"},
	    {"http://[::1]:3128/", "http://[::1]:3128/"},
	    {"", ""},
	};
	char name[EXIT_NAME_MAX], longest[400];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(names); i++) {
		memset(name, 0x55, sizeof(name));
		exit_name(name, names[i].proxy);
		CHECK_STR("name", name, names[i].want);
	}
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	exit_name(name, longest);
	CHECK_INT("cut", strlen(name), EXIT_NAME_MAX - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_none),    cmocka_unit_test(test_shares),
	    cmocka_unit_test(test_removal), cmocka_unit_test(test_stable),
	    cmocka_unit_test(test_in_turn), cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("exits", tests, NULL, NULL);
}
