/*
 * blame.c: which failures may be the fault of an exit or a model.
 *
 * Only what a working key could be answered stands here.  What Google says of
 * the key itself (not valid, leaked, suspended) or of a quota of its project is
 * final: it costs the key at once, whoever else says the same.
 *
 * The numbers: three keys because two of a pool may well be bad together; more
 * than one request because a single one that fails with every key may be what
 * is wrong; five of them where that is likely (a prompt that is too long ends
 * in a 500 or takes too long).  Half a second without a success because of many
 * requests some fail in a row by chance.
 */
#include "base/clock.h"
#include "keys/blame.h"

#include <string.h>

#define SPAN_MS 500

static const struct {
	const char *error_class;
	struct blame blame;
	bool unanswered; /* only when there was no answer at all: what began
			    one is not out of order */
} classes[] = {
    /* An address that Google does not serve stays one. */
    {.error_class = "location",
     .blame = {.exit = true,
	       .keys = 3,
	       .requests = 2,
	       .open_ms = MINUTE_MS,
	       .open_max_ms = 15 * MINUTE_MS}},
    /* A proxy that cuts the key off; but a pool may have some bad keys, which
     * requests that come together find at the same time. */
    {.error_class = "key_unauthenticated",
     .blame = {.exit = true,
	       .keys = 5,
	       .requests = 3,
	       .span_ms = SPAN_MS,
	       .open_ms = SECOND_MS,
	       .open_max_ms = 2 * MINUTE_MS}},
    {.error_class = "permission",
     .blame = {.exit = true,
	       .keys = 5,
	       .requests = 3,
	       .span_ms = SPAN_MS,
	       .open_ms = SECOND_MS,
	       .open_max_ms = 2 * MINUTE_MS}},
    {.error_class = "gateway",
     .blame = {.exit = true,
	       .keys = 3,
	       .requests = 3,
	       .span_ms = SPAN_MS,
	       .open_ms = SECOND_MS,
	       .open_max_ms = 2 * MINUTE_MS}},
    {.error_class = "garbage",
     .blame = {.exit = true,
	       .keys = 3,
	       .requests = 3,
	       .span_ms = SPAN_MS,
	       .open_ms = 2 * SECOND_MS,
	       .open_max_ms = MINUTE_MS}},
    {.error_class = "network",
     .blame = {.exit = true,
	       .keys = 3,
	       .requests = 3,
	       .span_ms = SPAN_MS,
	       .open_ms = SECOND_MS,
	       .open_max_ms = MINUTE_MS / 2},
     .unanswered = true},
    {.error_class = "timeout",
     .blame = {.exit = true,
	       .model = true,
	       .keys = 3,
	       .requests = 5,
	       .span_ms = SPAN_MS,
	       .open_ms = 2 * SECOND_MS,
	       .open_max_ms = MINUTE_MS},
     .unanswered = true},
    {.error_class = "overloaded",
     .blame = {.model = true,
	       .keys = 3,
	       .requests = 3,
	       .span_ms = SPAN_MS,
	       .open_ms = SECOND_MS,
	       .open_max_ms = MINUTE_MS / 2}},
    {.error_class = "internal",
     .blame = {.model = true,
	       .keys = 3,
	       .requests = 5,
	       .span_ms = SPAN_MS,
	       .open_ms = SECOND_MS,
	       .open_max_ms = 10 * SECOND_MS}},
    /* A 429 that names no quota: the key's, the model's, or the address's. */
    {.error_class = "rate_limit",
     .blame = {.exit = true,
	       .model = true,
	       .at_once = true,
	       .keys = 5,
	       .requests = 2,
	       .span_ms = SPAN_MS,
	       .open_ms = MINUTE_MS / 2,
	       .open_max_ms = 10 * MINUTE_MS}},
};

const struct blame *
blame_of(const char *error_class, int status)
{
	size_t i;

	for (i = 0; i < GB_COUNT(classes); i++)
		if (strcmp(classes[i].error_class, error_class) == 0 &&
		    (status == 0 || !classes[i].unanswered))
			return &classes[i].blame;
	return NULL;
}
