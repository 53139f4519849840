/* chat_results.c: which result is of which call */
#include "dialect/chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A result names its call by the id or, when it has none, by the function. */
static bool
answers(const struct chat_part *result, const struct chat_part *call)
{
	if (result->id.ptr != NULL)
		return text_equal(result->id, call->id);
	return text_equal(result->name, call->name);
}

/* How many parts a result and its media are. */
static size_t
result_span(const struct chat_part *parts, size_t at, size_t end)
{
	size_t span;

	for (span = 1; at + span < end && parts[at + span].of_result; span++)
		;
	return span;
}

/* OpenAI's functions of 2023 have no ids, but Gemini wants them. */
static bool
make_id(struct chat *chat, struct chat_part *call)
{
	char id[32];
	struct text text;

	(void)snprintf(id, sizeof(id), "function_call_%zu",
		       (size_t)(call - chat->parts));
	text.ptr = id;
	text.len = strlen(id);
	text.ptr = chat_copy(chat, text);
	call->id = text;
	return text.ptr != NULL;
}

/* For each call of "turn" the result in the turn after it, as an index of
 * parts + 1; 0: none. */
static enum gb_err
match_results(struct chat *chat, const struct chat_turn *calls,
	      const struct chat_turn *results, size_t found[CHAT_CALLS_MAX],
	      size_t *which)
{
	struct chat_part *part, *call = NULL;
	size_t i, at, number;

	memset(found, 0, CHAT_CALLS_MAX * sizeof(found[0]));
	for (i = results->first; i < results->first + results->count; i++) {
		part = &chat->parts[i];
		if (part->kind != CHAT_RESULT)
			continue;
		*which = i;
		number = 0;
		for (at = 0; at < calls->count; at++) {
			call = &chat->parts[calls->first + at];
			if (call->kind != CHAT_CALL)
				continue;
			if (found[number] == 0 && answers(part, call))
				break;
			number++;
		}
		if (at == calls->count)
			return GB_ENOTFOUND;
		found[number] = i + 1;
		if (call->id.ptr == NULL && !make_id(chat, call))
			return GB_ENOMEM;
		part->name = call->name;
		part->id = call->id;
	}
	return GB_OK;
}

/* Lay the parts of a turn out anew: results in the order of "found", each
 * with its media, then the others as they were. */
static enum gb_err
reorder(struct chat *chat, const struct chat_turn *turn, const size_t *found)
{
	struct chat_part *parts, *sorted;
	size_t i, end, span, to = 0;

	parts = chat->parts;
	end = turn->first + turn->count;
	sorted = calloc(turn->count, sizeof(*sorted));
	if (sorted == NULL)
		return GB_ENOMEM;
	for (i = 0; i < turn->results; i++) {
		span = result_span(parts, found[i] - 1, end);
		memcpy(sorted + to, parts + found[i] - 1,
		       span * sizeof(*sorted));
		to += span;
	}
	for (i = turn->first; i < end; i++)
		if (parts[i].kind != CHAT_RESULT && !parts[i].of_result)
			sorted[to++] = parts[i];
	memcpy(parts + turn->first, sorted, turn->count * sizeof(*sorted));
	free(sorted);
	return GB_OK;
}

/* The first call of "turn" that has no result. */
static enum gb_err
find_unanswered(const struct chat *chat, const struct chat_turn *turn,
		const size_t *found, size_t *which)
{
	size_t i, number = 0;

	for (i = turn->first; i < turn->first + turn->count; i++) {
		if (chat->parts[i].kind != CHAT_CALL)
			continue;
		*which = i;
		if (found[number++] == 0)
			return GB_ENOTFOUND;
	}
	return GB_OK;
}

enum gb_err
chat_pair_results(struct chat *chat, size_t *which)
{
	static const struct chat_turn nothing;
	size_t found[CHAT_CALLS_MAX];
	const struct chat_turn *calls, *results;
	enum gb_err rc;
	size_t i;

	*which = 0;
	for (i = 0; i <= chat->turn_count; i++) {
		calls = i == 0 ? &nothing : &chat->turns[i - 1];
		results = i == chat->turn_count ? &nothing : &chat->turns[i];
		if (calls->calls == 0 && results->results == 0)
			continue;
		rc = match_results(chat, calls, results, found, which);
		if (rc == GB_OK)
			rc = find_unanswered(chat, calls, found, which);
		if (rc == GB_OK && results->results > 0)
			rc = reorder(chat, results, found);
		if (rc != GB_OK)
			return rc;
	}
	return GB_OK;
}
