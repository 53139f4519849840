/* gates.c: who may wait for a new connection to upstream */
#include "upstream/gates.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "upstream/exchange.h"

/* At a time, to one place.  Enough to use several when one connection is full;
 * few enough that what they open in vain does not count. */
#define INSIDE_MAX 8

/* FNV-1a, 64 bits; it only spreads places over gates. */
#define FNV_BASIS UINT64_C(14695981039346656037)
#define FNV_PRIME UINT64_C(1099511628211)

void
gates_init(struct gates *g)
{
	size_t i;

	memset(g, 0, sizeof(*g));
	for (i = 0; i < GATES; i++)
		g->gate[i].end = &g->gate[i].first;
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
	return (int)((hash ^ hash >> 32) % GATES);
}

bool
gates_enter(struct gates *g, struct transfer *t)
{
	struct gate *gate;

	if (t->gate == -1)
		return true;
	gate = &g->gate[t->gate];
	if (gate->first == NULL && gate->inside < INSIDE_MAX) {
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
	if (gate->first != NULL && gate->inside < INSIDE_MAX)
		g->free |= UINT64_C(1) << t->gate;
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
		if (t != NULL && gate->inside < INSIDE_MAX) {
			gate_unlink(gate, t);
			gate->inside++;
			t->gate_state = GATE_INSIDE;
			return t;
		}
		g->free &= ~(UINT64_C(1) << i);
	}
	return NULL;
}
