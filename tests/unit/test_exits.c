/* test_exits.c: which exits a key gets, who moves when one goes, and what is
 * shown of them */
#include "unit.h"

#include <stdbool.h>

#include "upstream/exits.h"

#define KEYS 20000

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

/* Number "rank" of the exits for "secret"; NULL: there are fewer. */
static const char *
exit_of(const struct settings *s, const char *secret, int rank)
{
	struct exit_walk walk;
	const char *exit;

	exit_walk_begin(&walk, s, secret);
	do {
		exit = exit_walk_next(&walk);
	} while (exit != NULL && rank-- > 0);
	return exit;
}

static void
test_none(void **state)
{
	struct settings none = with(NULL, 0, true), turn = with(NULL, 0, false);
	char *only[] = {"Direct"};
	struct settings direct = with(only, 1, true);

	(void)state;
	CHECK_STR("no proxies", exit_of(&none, key(1), 0), "direct");
	CHECK_STR("no proxies", exit_of(&none, key(1), 1), NULL);
	CHECK_STR("no proxies, in turn", exit_of(&turn, key(1), 0), "direct");
	CHECK_STR("no proxies, no key", exit_of(&none, NULL, 0), "direct");
	CHECK_STR("direct", exit_of(&direct, key(1), 0), "Direct");
	CHECK_STR("direct", exit_of(&direct, key(1), 1), NULL);
	CHECK_STR("no proxy", exit_proxy("Direct"), NULL);
	CHECK_STR("a proxy", exit_proxy(five[0]), five[0]);
}

/* The same key always has the same exit, and each exit its share, of the first
 * places as of the second. */
static void
test_shares(void **state)
{
	struct settings s = with(five, GB_COUNT(five), true);
	const char *got;
	size_t count[2][GB_COUNT(five)] = {{0}};
	size_t k;
	int i, rank;

	(void)state;
	for (i = 0; i < KEYS; i++)
		for (rank = 0; rank < 2; rank++) {
			got = exit_of(&s, key(i), rank);
			CHECK_STR("again", exit_of(&s, key(i), rank), got);
			for (k = 0; k < GB_COUNT(five); k++)
				if (got == five[k])
					count[rank][k]++;
		}
	for (rank = 0; rank < 2; rank++)
		for (k = 0; k < GB_COUNT(five); k++) /* 4,000, within 10 % */
			CHECK(five[k],
			      count[rank][k] >= KEYS / 5 * 9 / 10 &&
				  count[rank][k] <= KEYS / 5 * 11 / 10);
}

/* Each exit comes once, and one that stands there twice does, too. */
static void
test_order(void **state)
{
	char *twice[] = {five[0], five[3], five[0]};
	struct settings s = with(five, GB_COUNT(five), true);
	struct settings repeated = with(twice, GB_COUNT(twice), true);
	struct exit_walk walk;
	const char *exit;
	unsigned seen;
	size_t k;
	int i;

	(void)state;
	for (i = 0; i < 100; i++) {
		s.proxies_by_key = i % 2 == 0;
		seen = 0;
		exit_walk_begin(&walk, &s, key(i));
		while ((exit = exit_walk_next(&walk)) != NULL)
			for (k = 0; k < GB_COUNT(five); k++)
				if (exit == five[k]) {
					CHECK("once", (seen & 1u << k) == 0);
					seen |= 1u << k;
				}
		CHECK_INT("all of them", seen, (1u << GB_COUNT(five)) - 1);
		CHECK("two", exit_of(&repeated, key(i), 1) != NULL);
		CHECK_STR("not three", exit_of(&repeated, key(i), 2), NULL);
	}
}

/* Without one of five, and in another order, only the keys of that one move:
 * each to its second exit, which is the next one when the first fails, too. */
static void
test_removal(void **state)
{
	struct settings before = with(five, GB_COUNT(five), true);
	struct settings after = with(four, GB_COUNT(four), true);
	const char *was, *is;
	int i, moved;

	(void)state;
	moved = 0;
	for (i = 0; i < KEYS; i++) {
		was = exit_of(&before, key(i), 0);
		is = exit_of(&after, key(i), 0);
		if (was == five[3]) {
			moved++;
			was = exit_of(&before, key(i), 1);
		}
		CHECK_STR(key(i), is, was);
	}
	CHECK("some moved", moved > KEYS / 5 * 9 / 10);
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
	    {"", "direct"},
	};
	struct settings s = with(five, GB_COUNT(five), true);
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++)
		CHECK_STR(cases[i].key, exit_of(&s, cases[i].key, 0),
			  cases[i].want);
}

static void
test_in_turn(void **state)
{
	struct settings s = with(five, GB_COUNT(five), false);
	struct settings by_key = with(five, GB_COUNT(five), true);
	size_t seen[2] = {0};
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		seen[0] += exit_of(&s, key(1), 0) == five[0];
		seen[1] += exit_of(&by_key, NULL, 0) == five[0];
	}
	/* both share one counter: every second turn is the other's */
	CHECK_INT("turns of the first", seen[0] + seen[1], 20);
	CHECK("each had some", seen[0] == 10 && seen[1] == 10);
}

/* What is shown of exits. */
static void
test_names(void **state)
{
	static const struct {
		char *exit;
		const char *name;
	} cases[] = {
	    {"direct", "direct"},
	    {"http://10.0.0.1:3128", "http://10.0.0.1:3128"},
	    {"http://u:pass@10.0.0.1:3128", "http://10.0.0.1:3128"},
	    {"http://one:p@gate:7000", "http://gate:7000"},
	    {"http://two:p@gate:7000", "http://gate:7000#2"},
	    {"https://two:p@GATE:7000", "https://GATE:7000"},
	    {"http://three:p'\"\\:@gate:7000", "http://gate:7000#3"},
	    {"socks5h://one:p@gate:7000", "socks5h://gate:7000"},
	    {"socks5h://two:p@gate:7000", "socks5h://gate:7000#2"},
	    {"http://only@other:1", "http://other:1"},
	    {"http://only@other:1", "http://other:1"},
	};
	char *exits[GB_COUNT(cases)];
	struct settings s = with(exits, GB_COUNT(cases), true);
	char name[EXIT_NAME_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++)
		exits[i] = cases[i].exit;
	for (i = 0; i < GB_COUNT(cases); i++) {
		exit_name(name, &s, exits[i]);
		CHECK_STR(exits[i], name, cases[i].name);
	}
}

/* As long as the setting allows. */
static void
test_long_name(void **state)
{
	char exit[2049], *exits[] = {exit};
	struct settings s = with(exits, 1, true);
	char name[EXIT_NAME_MAX];

	(void)state;
	memset(exit, 'p', sizeof(exit) - 1);
	memcpy(exit, "http://u:", 9);
	memcpy(exit + sizeof(exit) - 8, "@host:1", 8);
	exit_name(name, &s, exit);
	CHECK_STR("a long password", name, "http://host:1");
	memcpy(exit, "http://u:p@", 11);
	exit[sizeof(exit) - 8] = 'p';
	exit_name(name, &s, exit);
	CHECK_INT("a long host", strlen(name), 7 + 280);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_none),   cmocka_unit_test(test_shares),
	    cmocka_unit_test(test_order),  cmocka_unit_test(test_removal),
	    cmocka_unit_test(test_stable), cmocka_unit_test(test_in_turn),
	    cmocka_unit_test(test_names),  cmocka_unit_test(test_long_name),
	};

	return cmocka_run_group_tests_name("exits", tests, NULL, NULL);
}
