/* test_gates.c: who may wait for a new connection to upstream */
#include "unit.h"

#include <stdlib.h>

#include "upstream/exchange.h"

#define INSIDE 8 /* at once, to one place */
#define COUNT  30

static const struct {
	const char *what, *url, *proxy, *other_url, *other_proxy;
	bool same;
} places[] = {
    {"path", "https://a.example/x", NULL, "https://a.example/y?z", "", true},
    {"no path", "HTTPS://a.example", NULL, "https://a.example/", NULL, true},
    {"query", "https://a.example?x", NULL, "https://a.example#y", NULL, true},
    {"host", "https://a.example/", NULL, "https://b.example/", NULL, false},
    {"port", "https://a.example/", NULL, "https://a.example:8/", NULL, false},
    {"proxy", "https://a.example/", "p:1", "https://a.example/", "p:2", false},
    {"direct", "https://a.example/", "p:1", "https://a.example/", NULL, false},
    {"plain", "http://a.example/", NULL, "http://b.example/", "p:1", true},
};

static void
test_find(void **state)
{
	size_t i;
	int a, b;

	(void)state;
	for (i = 0; i < GB_COUNT(places); i++) {
		a = gates_find(places[i].url, places[i].proxy);
		b = gates_find(places[i].other_url, places[i].other_proxy);
		CHECK_INT(places[i].what, a == b, places[i].same);
		CHECK("range",
		      a >= -1 && a < GATE_APART && b >= -1 && b < GATE_APART);
	}
	CHECK_INT("plain", gates_find("http://a.example/", "p:1"), -1);
	CHECK_INT("nothing", gates_find("", NULL), -1);
	CHECK("no host", gates_find("https://", NULL) != -1);
}

static void
test_order(void **state)
{
	struct transfer t[COUNT];
	struct gates g;
	int i, next;

	(void)state;
	memset(t, 0, sizeof(t));
	gates_init(&g);
	for (i = 0; i < COUNT; i++) {
		t[i].gate = GATE_APART - 1;
		CHECK_INT("enter", gates_enter(&g, &t[i]), i < INSIDE);
	}
	CHECK("nobody left", gates_next(&g) == NULL);
	gates_leave(&g, &t[12]); /* two that wait give up, one returns */
	gates_leave(&g, &t[COUNT - 1]);
	CHECK("nobody left", gates_next(&g) == NULL);
	CHECK("full", !gates_enter(&g, &t[COUNT - 1]));
	next = INSIDE;
	for (i = 0; i < COUNT; i++) {
		if (i == 12)
			continue;
		gates_leave(&g, &t[i]);
		gates_leave(&g, &t[i]); /* a second time does nothing */
		CHECK_INT("state", t[i].gate_state, GATE_OUT);
		if (next == 12)
			next++;
		if (next < COUNT)
			CHECK("in order", gates_next(&g) == &t[next++]);
		CHECK("one for one", gates_next(&g) == NULL);
	}
	CHECK("empty again", gates_enter(&g, &t[0]));
}

static void
test_apart(void **state)
{
	struct transfer a[COUNT], other, plain;
	struct gates g;
	int i;

	(void)state;
	memset(a, 0, sizeof(a));
	memset(&other, 0, sizeof(other));
	memset(&plain, 0, sizeof(plain));
	gates_init(&g);
	for (i = 0; i < COUNT; i++)
		(void)gates_enter(&g, &a[i]);
	other.gate = 1;
	plain.gate = -1;
	CHECK("another place", gates_enter(&g, &other));
	CHECK("plain", gates_enter(&g, &plain));
	gates_leave(&g, &plain);
	gates_leave(&g, &other);
	CHECK("not theirs", gates_next(&g) == NULL);
	gates_leave(&g, &a[3]);
	CHECK("theirs", gates_next(&g) == &a[INSIDE]);
}

/* Lookups that were given up count until they are over. */
static void
test_lost(void **state)
{
	static struct transfer t[LOOKUPS_MAX], other, late;
	struct gates *g;
	size_t i, inside;

	(void)state;
	g = calloc(1, sizeof(*g));
	assert_non_null(g);
	gates_init(g);
	for (inside = 0; inside < LOOKUPS_MAX; inside++) {
		t[inside].gate = GATE_APART;
		if (!gates_enter(g, &t[inside]))
			break;
	}
	CHECK("not all at once", inside < LOOKUPS_MAX);
	gates_leave(g, &t[inside]); /* the one that waits */
	for (i = 0; i < inside; i++)
		gates_leave(g, &t[i]);
	for (i = 0; i < LOOKUPS_MAX; i++) {
		t[i].gate = GATE_APART;
		CHECK("room", gates_enter(g, &t[i]));
		gates_lose(g, &t[i], (int64_t)i);
		CHECK_INT("out", t[i].gate_state, GATE_OUT);
	}
	late.gate = GATE_APART;
	CHECK("too many", !gates_enter(g, &late));
	gates_lose(g, &late, 5000); /* it waits, so nothing is lost with it */
	CHECK("still too many", !gates_enter(g, &late));
	gates_expire(g, 39999);
	CHECK("not yet", gates_next(g) == NULL);
	gates_expire(g, 40000);
	CHECK("one is over", gates_next(g) == &late);
	CHECK("only one", !gates_enter(g, &t[0]));
	CHECK("others do not care", gates_enter(g, &other));
	gates_leave(g, &late);
	CHECK("next", gates_next(g) == &t[0]);
	other.gate = 2; /* what is lost elsewhere does not count */
	gates_enter(g, &other);
	gates_lose(g, &other, 0);
	gates_expire(g, INT64_MAX);
	for (i = 1; i < inside; i++)
		CHECK("all over", gates_enter(g, &t[i]));
	free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_apart),
	    cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests_name("gates", tests, NULL, NULL);
}
