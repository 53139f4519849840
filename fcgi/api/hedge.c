/* hedge.c: a second key where the first one is silent for too long */
#include "api/campaign.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define STEP_MS (60 * 1000) /* of a wait that the transfers' limits end */

static const char text_hedged[] = "Another key answered first.";

/* What leaves nothing behind at Google's when it is sent twice. */
static const char *const verbs[] = {
    "generateContent",	  "streamGenerateContent", "embedContent",
    "batchEmbedContents", "countTokens",	   "predict",
};

/* Whether the path ends, but for its query, with one of them. */
static bool
is_repeatable(const char *path)
{
	const char *verb;
	size_t i, len;

	len = strcspn(path, "?");
	for (verb = path + len; verb > path && verb[-1] != ':'; verb--)
		continue;
	if (verb == path)
		return false;
	len -= (size_t)(verb - path);
	for (i = 0; i < GB_COUNT(verbs); i++)
		if (strlen(verbs[i]) == len &&
		    strncmp(verb, verbs[i], len) == 0)
			return true;
	return false;
}

bool
hedge_may(const struct call *call)
{
	return call->rq->cfg->hedge_after_ms > 0 && call->pin == 0 &&
	       !call->once && !call->object && !call->roam &&
	       call->source == NULL && is_repeatable(call->path);
}

/* Wait for the first of them, at most "wait_ms" (-1: for one of them), with the
 * client's line kept open; "*which" is -1 when the time is up. */
static enum attempt
wait_first(struct call *call, struct transfer *const two[2], int64_t wait_ms,
	   int *which)
{
	int64_t until, step, patience;

	until = clock_mono_ms() + wait_ms;
	for (;;) {
		step = wait_ms < 0 ? STEP_MS : until - clock_mono_ms();
		patience = call_patience_ms(call);
		if (patience >= 0 && patience < step)
			step = patience;
		*which = transfer_first(two, step);
		if (*which >= 0)
			return transfer_end(two[*which]) == TRANSFER_HUNG_UP
				   ? ATTEMPT_GONE
				   : ATTEMPT_OK;
		if (wait_ms >= 0 && clock_mono_ms() >= until)
			return ATTEMPT_OK;
		if (call_patience_ms(call) == 0 &&
		    call_keep_alive(call) == ATTEMPT_GONE)
			return ATTEMPT_GONE;
	}
}

/* Ask another key, whose lane "other" then is; false: none is to be had, or
 * only one that costs more, and the first is waited for. */
static bool
start_second(struct call *call, struct campaign *c, struct campaign *other,
	     struct transfer **t)
{
	struct store *store = app_store(call->rq->app);

	if (pool_take_beside(store, &c->key, call->model, &c->tried,
			     &other->key) != GB_OK)
		return false;
	exit_turn_begin(&other->exit, store, call->rq->cfg, other->key.secret);
	other->exit.troubles = other->key.troubles;
	return exit_turn_next(&other->exit) == GB_OK &&
	       campaign_start(call, other, t) == GB_OK;
}

/* It answered first, with an error.  ATTEMPT_GONE: the client hung up. */
static enum attempt
judge_lane(struct call *call, struct campaign *lane, struct transfer *t,
	   int64_t began_ms)
{
	static const struct verdict no_way = {.error_class = "exit"};
	enum attempt how;

	how = call_check(call, t, &lane->answer);
	exit_turn_heard(&lane->exit, t);
	if (how == ATTEMPT_GONE)
		return how;
	if (lane->answer.fault == ANSWER_EXIT) {
		lane->verdict = no_way;
		campaign_note(call, lane, began_ms);
	} else {
		campaign_judge(call, lane, began_ms);
	}
	campaign_forget_answer(call, lane);
	return ATTEMPT_OK;
}

static void
cancel_lane(struct call *call, struct campaign *lane, int64_t began_ms)
{
	static const struct verdict hedged = {.error_class = "hedged"};

	lane->verdict = hedged;
	lane->answer.body = text_hedged;
	lane->answer.body_len = sizeof(text_hedged) - 1;
	campaign_note(call, lane, began_ms);
	campaign_forget_answer(call, lane);
}

static bool
answers_well(const struct transfer *t)
{
	enum transfer_end end = transfer_end(t);

	return transfer_status(t) < 300 &&
	       (end == TRANSFER_RUNNING || end == TRANSFER_DONE);
}

/* The key and the exit of the second are the call's from now on. */
static void
change_lane(struct call *call, struct campaign *c, const struct campaign *other)
{
	c->key = other->key;
	c->exit = other->exit;
	call->rq->entry.key_id = c->key.id;
	campaign_forget_answer(call, c);
}

/* Two are asked.  What is NULL in "two" afterwards lost. */
static enum attempt
race(struct call *call, struct campaign *const lanes[2],
     struct transfer *two[2], const int64_t began_ms[2])
{
	enum attempt how;
	int first, other;

	if ((how = wait_first(call, two, -1, &first)) != ATTEMPT_OK)
		return how;
	other = 1 - first;
	if (answers_well(two[first])) {
		cancel_lane(call, lanes[other], began_ms[other]);
		first = other;
	} else if (judge_lane(call, lanes[first], two[first],
			      began_ms[first]) == ATTEMPT_GONE) {
		return ATTEMPT_GONE;
	}
	transfer_free(two[first]);
	two[first] = NULL;
	return ATTEMPT_OK;
}

enum attempt
hedge_run(struct call *call, struct campaign *c, struct transfer **t)
{
	struct transfer *two[2] = {*t, NULL};
	struct campaign *lanes[2] = {c, NULL};
	int64_t began_ms[2];
	enum attempt how;
	int which;

	began_ms[0] = clock_wall_ms();
	how = wait_first(call, two, call->rq->cfg->hedge_after_ms, &which);
	if (how != ATTEMPT_OK || which == 0)
		return how;
	if ((lanes[1] = calloc(1, sizeof(*c))) == NULL)
		return ATTEMPT_OK;
	began_ms[1] = clock_wall_ms();
	if (start_second(call, c, lanes[1], &two[1]))
		how = race(call, lanes, two, began_ms);
	if (two[0] == NULL) {
		change_lane(call, c, lanes[1]);
		*t = two[1];
	} else {
		transfer_free(two[1]);
	}
	explicit_bzero(lanes[1], sizeof(*lanes[1])); /* it held a key */
	free(lanes[1]);
	return how;
}
