/* no_turn.c: until when no key has a turn, as far as that is known */
#include "store/no_turn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/db.h"

#define NOTES_MAX 64 /* pairs of pool and model; 10 KiB, where keys rest */
#define MODEL_MAX 128

struct no_turn {
	int64_t until_ms; /* 0: nothing is noted */
	int64_t back_at;
	int64_t changes;
	enum key_pool pool;
	char model[MODEL_MAX + 1];
};

struct no_turns {
	struct no_turn notes[NOTES_MAX];
};

static const char sql_changes[] = "SELECT key_changes FROM meta";

/* Where the pair's note is, or would be: FNV-1a. */
static struct no_turn *
place_of(struct no_turns *all, enum key_pool pool, const char *model)
{
	uint32_t hash = 2166136261U ^ (uint32_t)pool;

	for (; *model != '\0'; model++)
		hash = (hash ^ (unsigned char)*model) * 16777619U;
	return &all->notes[hash % NOTES_MAX];
}

enum gb_err
no_turn_known(struct store *s, enum key_pool pool, const char *model,
	      int64_t now_ms, int64_t *back_at, bool *known)
{
	const struct no_turn *note;
	int64_t changes;
	enum gb_err rc;

	*known = false;
	if (s->no_turns == NULL)
		return GB_OK;
	note = place_of(s->no_turns, pool, model);
	if (note->until_ms <= now_ms || note->pool != pool ||
	    strcmp(note->model, model) != 0)
		return GB_OK;
	rc = db_number_locked(s, sql_changes, DB_NO_ARGS, &changes);
	if (rc != GB_OK || changes != note->changes)
		return rc;
	*known = true;
	*back_at = note->back_at;
	return GB_OK;
}

enum gb_err
no_turn_note(struct store *s, enum key_pool pool, const char *model,
	     int64_t back_at)
{
	struct no_turn *note;

	if (strlen(model) > MODEL_MAX)
		return GB_OK;
	if (s->no_turns == NULL &&
	    (s->no_turns = calloc(1, sizeof(*s->no_turns))) == NULL)
		return GB_OK; /* it is found again */
	note = place_of(s->no_turns, pool, model);
	note->until_ms = back_at == 0 ? INT64_MAX : back_at;
	note->back_at = back_at;
	note->pool = pool;
	(void)snprintf(note->model, sizeof(note->model), "%s", model);
	return db_number_locked(s, sql_changes, DB_NO_ARGS, &note->changes);
}

void
no_turn_forget(struct store *s)
{
	free(s->no_turns);
	s->no_turns = NULL;
}
