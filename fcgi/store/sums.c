/* sums.c: sums of rows, found by what they are of */
#include "store/sums.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 512 /* a power of two */

bool
usage_has_names(enum usage_by by)
{
	return by != USAGE_BY_KEY && by != USAGE_BY_STATUS;
}

static size_t
hash(const struct sum *s)
{
	uint64_t h = 14695981039346656037u;
	const char *p;

	h = (h ^ (uint64_t)s->dimension) * 1099511628211u;
	h = (h ^ (uint64_t)s->start) * 1099511628211u;
	h = (h ^ (uint64_t)s->number) * 1099511628211u;
	for (p = s->text; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static bool
is_same(const struct sum *a, const struct sum *b)
{
	return a->dimension == b->dimension && a->start == b->start &&
	       a->number == b->number && strcmp(a->text, b->text) == 0;
}

/* The slot of "key", or the free one where it belongs. */
static uint32_t *
slot_of(const struct sums *t, const struct sum *key)
{
	size_t at, mask = t->slot_count - 1;

	for (at = hash(key) & mask; t->slots[at] != 0; at = (at + 1) & mask)
		if (is_same(&t->sums[t->slots[at] - 1], key))
			break;
	return &t->slots[at];
}

/* Twice the room, kept half empty. */
static bool
grow(struct sums *t)
{
	struct sum *sums;
	size_t i, room;

	room = t->room == 0 ? SLOTS_FIRST / 2 : t->room * 2;
	sums = reallocarray(t->sums, room, sizeof(*sums));
	if (sums == NULL)
		return false;
	t->sums = sums;
	free(t->slots);
	t->slots = calloc(room * 2, sizeof(*t->slots));
	if (t->slots == NULL)
		return false;
	t->room = room;
	t->slot_count = room * 2;
	for (i = 0; i < t->count; i++)
		*slot_of(t, &t->sums[i]) = (uint32_t)i + 1;
	return true;
}

bool
sums_add(struct sums *t, const struct sum *row)
{
	uint32_t *slot;
	size_t i;

	if (t->count == t->room && !grow(t))
		return false;
	slot = slot_of(t, row);
	if (*slot == 0) {
		t->sums[t->count++] = *row;
		*slot = (uint32_t)t->count;
		return true;
	}
	for (i = 0; i < USAGE__MAX; i++)
		t->sums[*slot - 1].n[i] += row->n[i];
	return true;
}

void
sums_release(struct sums *t)
{
	free(t->sums);
	free(t->slots);
	memset(t, 0, sizeof(*t));
}
