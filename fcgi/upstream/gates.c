/* gates.c: who may wait for a new connection to upstream */
#include "upstream/gates.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "upstream/exchange.h"

/* At a time, to one place.  Enough to use several when one connection is full;
 * few enough that what they open in vain does not count. */
#define INSIDE_MAX 8
#define APART_MAX  64 /* the same at GATE_APART */

/* With two tries of five seconds at each of three servers, a resolver's
 * defaults, and some for the load. */
#define LOOKUP_MS 40000

/* FNV-1a, 64 bits; it only spreads places over gates. */
#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

void
gates_init(struct gates *g)
{
	size_t i;

	memset(g, 0, sizeof(*g));
	for (i = 0; i < GATES; i++) {
		g->gate[i].end = &g->gate[i].first;
		g->gate[i].max = i == GATE_APART ? APART_MAX : INSIDE_MAX;
	}
}

static uint64_t
hash_bytes(uint64_t hash, const char *p, size_t len)
{
	for (; len > 0; len--)
		hash = (hash ^ (unsigned char)*p++) * FNV_PRIME;
	return hash;
}

int
gates_find(const char *url, const char *proxy)
{
	const char scheme[] = "https://";
	const size_t scheme_len = sizeof(scheme) - 1;
	uint64_t hash;

	if (strncasecmp(url, scheme, scheme_len) != 0)
		return -1;
	url += scheme_len;
	hash = hash_bytes(FNV_BASIS, url, strcspn(url, "/?#"));
	if (proxy != NULL)
		hash = hash_bytes(hash, proxy, strlen(proxy));
	return (int)((hash ^ hash >> 32) % GATE_APART);
}

static bool
gate_has_room(const struct gates *g, int number)
{
	const struct gate *gate = &g->gate[number];

	return gate->inside < gate->max &&
	       (number != GATE_APART ||
		gate->inside + g->lost_count < LOOKUPS_MAX);
}

bool
gates_enter(struct gates *g, struct transfer *t)
{
	struct gate *gate;

	if (t->gate == -1)
		return true;
	gate = &g->gate[t->gate];
	if (gate->first == NULL && gate_has_room(g, t->gate)) {
		gate->inside++;
		t->gate_state = GATE_INSIDE;
		return true;
	}
	t->gate_state = GATE_WAITING;
	t->next_waiting = NULL;
	*gate->end = t;
	gate->end = &t->next_waiting;
	return false;
}

static void
gate_unlink(struct gate *gate, const struct transfer *t)
{
	struct transfer **link;

	for (link = &gate->first; *link != t; link = &(*link)->next_waiting)
		continue;
	*link = t->next_waiting;
	if (*link == NULL)
		gate->end = link;
}

/* Somebody left: the next one may enter. */
static void
gate_open(struct gates *g, int number)
{
	if (g->gate[number].first != NULL && gate_has_room(g, number))
		g->free |= UINT64_C(1) << number;
}

void
gates_leave(struct gates *g, struct transfer *t)
{
	struct gate *gate;

	if (t->gate == -1 || t->gate_state == GATE_OUT)
		return;
	gate = &g->gate[t->gate];
	if (t->gate_state == GATE_WAITING)
		gate_unlink(gate, t);
	else
		gate->inside--;
	t->gate_state = GATE_OUT;
	gate_open(g, t->gate);
}

void
gates_lose(struct gates *g, struct transfer *t, int64_t now_ms)
{
	/* There is room, as it counted among them while it was inside. */
	if (t->gate == GATE_APART && t->gate_state == GATE_INSIDE)
		g->lost[(g->lost_at + g->lost_count++) % LOOKUPS_MAX] =
		    now_ms + LOOKUP_MS;
	gates_leave(g, t);
}

void
gates_expire(struct gates *g, int64_t now_ms)
{
	while (g->lost_count > 0 && g->lost[g->lost_at] <= now_ms) {
		g->lost_at = (g->lost_at + 1) % LOOKUPS_MAX;
		g->lost_count--;
		gate_open(g, GATE_APART);
	}
}

struct transfer *
gates_next(struct gates *g)
{
	struct transfer *t;
	struct gate *gate;
	int i;

	while (g->free != 0) {
		i = ffsll((long long)g->free) - 1;
		gate = &g->gate[i];
		t = gate->first;
		if (t != NULL && gate_has_room(g, i)) {
			gate_unlink(gate, t);
			gate->inside++;
			t->gate_state = GATE_INSIDE;
			return t;
		}
		g->free &= ~(UINT64_C(1) << i);
	}
	return NULL;
}
