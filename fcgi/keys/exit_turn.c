/* exit_turn.c: the exit that a request leaves by */
#include "keys/exit_turn.h"

#include "base/clock.h"
#include "base/log.h"
#include "store/breakers.h"

#define EXIT_CLASS  "exit"
#define OPEN_MS	    10000
#define OPEN_MAX_MS (5 * 60 * INT64_C(1000))

void
exit_turn_begin(struct exit_turn *turn, struct store *store,
		const struct settings *settings, const char *secret)
{
	exit_walk_begin(&turn->walk, settings, secret);
	turn->store = store;
	turn->troubles = true;
	turn->only = false;
	turn->exit = NULL;
	turn->back_at = 0;
	turn->name[0] = '\0';
}

static void
note_back(struct exit_turn *turn, int64_t until_ms)
{
	if (until_ms > 0 && (turn->back_at == 0 || until_ms < turn->back_at))
		turn->back_at = until_ms;
}

/* Whether the exit of the turn may be used now.  A database that cannot tell
 * stops nobody. */
static bool
is_open(struct exit_turn *turn)
{
	int64_t until_ms;

	if (!turn->troubles || turn->only ||
	    store_breaker_pass(turn->store, BREAKER_EXIT, turn->name,
			       clock_wall_ms(), &until_ms) != GB_EBUSY)
		return true;
	note_back(turn, until_ms);
	return false;
}

enum gb_err
exit_turn_next(struct exit_turn *turn)
{
	while ((turn->exit = exit_walk_next(&turn->walk)) != NULL) {
		exit_name(turn->name, turn->walk.settings, turn->exit);
		if (is_open(turn))
			return GB_OK;
	}
	return GB_EBUSY;
}

void
exit_turn_use(const struct exit_turn *turn, struct transfer_request *rq)
{
	rq->proxy = exit_proxy(turn->exit);
}

void
exit_failed(struct store *store, const char *name, const char *why,
	    int64_t *until_ms)
{
	const struct breaker_fault fault = {
	    .kind = BREAKER_EXIT,
	    .name = name,
	    .error_class = EXIT_CLASS,
	    .reason = why,
	    .open_ms = OPEN_MS,
	    .open_max_ms = OPEN_MAX_MS,
	};
	int64_t now_ms;
	bool news;

	now_ms = clock_wall_ms();
	if (store_breaker_open(store, &fault, now_ms, until_ms, &news) != GB_OK)
		log_warnx("exit %s: failed, and nobody will know: %s", name,
			  why);
	else if (news)
		log_warnx("exit %s: rests for %lld s: %s", name,
			  (long long)((*until_ms - now_ms) / 1000), why);
}

void
exit_works(struct store *store, const char *name)
{
	bool closed;

	if (store_breaker_works(store, BREAKER_EXIT, name, EXIT_CLASS,
				&closed) == GB_OK &&
	    closed)
		log_warnx("exit %s: works again", name);
}

void
exit_turn_heard(struct exit_turn *turn, const struct transfer *t)
{
	int64_t until_ms;

	if (exit_proxy(turn->exit) == NULL)
		return;
	if (transfer_end(t) == TRANSFER_EXIT) {
		exit_failed(turn->store, turn->name, transfer_error(t),
			    &until_ms);
		note_back(turn, until_ms);
		turn->troubles = true;
	} else if (turn->troubles && transfer_status(t) != 0) {
		exit_works(turn->store, turn->name);
	}
}

enum gb_err
exit_turn_ask(struct exit_turn *turn, struct engine *engine,
	      struct transfer_request *rq, struct transfer **out)
{
	enum gb_err rc;

	*out = NULL;
	while ((rc = exit_turn_next(turn)) == GB_OK) {
		exit_turn_use(turn, rq);
		if ((rc = transfer_start(engine, rq, out)) != GB_OK)
			break;
		(void)transfer_head(*out, -1);
		exit_turn_heard(turn, *out);
		if (transfer_end(*out) != TRANSFER_EXIT)
			break;
		transfer_free(*out);
		*out = NULL;
	}
	return rc;
}
