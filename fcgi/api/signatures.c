/* signatures.c: giving calls back the thought signatures that clients drop */
#include "api/signatures.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define FIRST_ITEMS 4 /* an answer has one signed call as a rule */

/* --- on their way in ------------------------------------------------------ */

/* The call of a step that Gemini wants signed, when it is not; else NULL. */
static struct chat_part *
unsigned_call(struct chat *chat, const struct chat_turn *turn)
{
	struct chat_part *part;
	size_t i;

	if (turn->role != CHAT_MODEL)
		return NULL;
	for (i = 0; i < turn->count; i++) {
		part = &chat->parts[turn->first + i];
		if (part->kind == CHAT_CALL)
			return part->signature.ptr == NULL ? part : NULL;
	}
	return NULL;
}

/* The newest of the calls that lack one, at most "max". */
static size_t
find_unsigned(struct chat *chat, size_t current, struct chat_part **calls,
	      size_t max)
{
	size_t count, i;

	for (count = 0, i = chat->turn_count; i > current && count < max; i--) {
		calls[count] = unsigned_call(chat, &chat->turns[i - 1]);
		if (calls[count] != NULL)
			count++;
	}
	return count;
}

/* Sign the calls with what is known of them. */
static void
sign(struct api_request *rq, struct chat *chat, struct chat_part **calls,
     size_t count)
{
	struct call_signature *items;
	const char *copy;
	size_t i;

	if ((items = calloc(count, sizeof(*items))) == NULL)
		return;
	for (i = 0; i < count; i++) {
		items[i].id = calls[i]->id.ptr;
		items[i].id_len = calls[i]->id.len;
		items[i].name = calls[i]->name.ptr;
		items[i].name_len = calls[i]->name.len;
	}
	if (store_signatures_get(app_store(rq->app), rq->entry.token, items,
				 count,
				 clock_wall_ms() - rq->cfg->signature_hours *
						       HOUR_MS) != GB_OK)
		goto out;
	for (i = 0; i < count; i++) {
		if (items[i].signature == NULL)
			continue;
		copy = chat_copy(chat, text_from(items[i].signature));
		if (copy != NULL)
			calls[i]->signature = text_from(copy);
		free(items[i].signature);
	}
out:
	free(items);
}

void
signatures_restore(struct signatures *s, struct api_request *rq,
		   const struct model_facts *facts, struct chat *chat)
{
	struct chat_part **calls;
	size_t current, max, count;

	s->wanted = facts->signatures && rq->cfg->signatures_max > 0;
	current = chat_current_turn(chat);
	if (!s->wanted || current >= chat->turn_count)
		return;
	max = chat->turn_count - current;
	if (max > SIGNATURES_AT_ONCE)
		max = SIGNATURES_AT_ONCE;
	if ((calls = calloc(max, sizeof(*calls))) == NULL)
		return;
	count = find_unsigned(chat, current, calls, max);
	if (count > 0)
		sign(rq, chat, calls, count);
	free(calls);
}

/* --- on their way out ----------------------------------------------------- */

void
signatures_reset(struct signatures *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		free(s->items[i].signature);
	free(s->items);
	s->items = NULL;
	s->count = s->size = 0;
}

/* Room for one more; NULL: there is none. */
static struct call_signature *
next_item(struct signatures *s)
{
	struct call_signature *grown;
	size_t want;

	if (s->count >= SIGNATURES_AT_ONCE)
		return NULL;
	if (s->count == s->size) {
		want = s->size == 0 ? FIRST_ITEMS : s->size * 2;
		grown = reallocarray(s->items, want, sizeof(*grown));
		if (grown == NULL)
			return NULL;
		s->items = grown;
		s->size = want;
	}
	return &s->items[s->count];
}

/* A piece's strings are gone after it: all three in one block, the signature
 * first. */
static void
take_down(struct signatures *s, const struct piece *p)
{
	struct call_signature *item;
	size_t id_len, name_len;
	char *block;

	id_len = strlen(p->id);
	name_len = strlen(p->name);
	if (p->signature_len > SIGNATURE_MAX || id_len > SIGNATURE_ID_MAX ||
	    name_len > SIGNATURE_NAME_MAX || (item = next_item(s)) == NULL ||
	    (block = malloc(p->signature_len + 1 + id_len + name_len)) == NULL)
		return;
	memcpy(block, p->signature, p->signature_len);
	block[p->signature_len] = '\0';
	item->signature = block;
	block += p->signature_len + 1;
	item->id = memcpy(block, p->id, id_len);
	item->id_len = id_len;
	item->name = memcpy(block + id_len, p->name, name_len);
	item->name_len = name_len;
	s->count++;
}

static void
take_piece(void *context, const struct reply *reply, const struct piece *p)
{
	struct signatures *s = context;

	if (p->kind == PIECE_CALL && p->signature_len > 0)
		take_down(s, p);
	s->to.piece(s->to.context, reply, p);
}

struct piece_sink
signatures_sink(struct signatures *s, struct piece_sink to)
{
	if (!s->wanted)
		return to;
	s->to = to;
	return (struct piece_sink){take_piece, s};
}

void
signatures_keep(const struct signatures *s, struct api_request *rq)
{
	if (s->count > 0 &&
	    store_signatures_put(app_store(rq->app), rq->entry.token, s->items,
				 s->count, rq->cfg->signatures_max,
				 clock_wall_ms()) != GB_OK)
		log_warnx("request %s: its thought signatures are lost",
			  rq->entry.request_id);
}
