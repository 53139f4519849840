/* keys_verify.c: "gbalance keys verify": asking Google with each key */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/redact.h"
#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/key_choice.h"
#include "keys/verify.h"

#define WORKERS	  8    /* keys asked about at once */
#define WORDS_MAX 1024 /* bytes said of one key */

static const char *const outcome_names[VERIFY__MAX] = {
    [VERIFY_WORKS] = "works",
    [VERIFY_RESTS] = "rests",
    [VERIFY_DEAD] = "dead",
    [VERIFY_UNSURE] = "unsure",
};

/* What all workers share; only the last three change. */
struct verify {
	struct cli *cli;
	struct engine *engine;
	const struct key_choice *choice;
	atomic_size_t next, done;
	atomic_size_t outcomes[VERIFY__MAX];
};

/* What there is to say of a key beside its outcome. */
static void
explain(const struct key_row *row, const struct verdict *verdict,
	struct buf *out)
{
	char when[CLOCK_TEXT_SIZE];
	enum verify_outcome outcome;

	outcome = verify_outcome_of(verdict);
	if (outcome == VERIFY_WORKS) {
		if (row->disabled_by == DISABLED_BY_PERSON)
			buf_puts(out, "stays disabled, as somebody asked");
		else if (row->state != KEY_READY)
			buf_puts(out, "in service again");
		return;
	}
	/* Google's words: scrubbed once already, but this is a terminal. */
	redact_text(out, verdict->reason, strlen(verdict->reason), row->secret);
	if (outcome == VERIFY_RESTS) {
		clock_text(when, verdict->until_ms, false);
		buf_printf(out, "%suntil %s", out->len > 0 ? "; " : "", when);
	}
}

/* For a person who waits; the lines above may go elsewhere. */
static void
tell_progress(struct verify *v)
{
	size_t done;

	done = atomic_fetch_add(&v->done, 1) + 1;
	if (isatty(STDERR_FILENO))
		(void)fprintf(stderr, "%zu of %zu%s", done, v->choice->count,
			      done == v->choice->count ? "\n" : "\r");
}

static void
verify_one(struct verify *v, const struct key_row *row)
{
	char mask[SECRET_MASK_SIZE];
	struct verdict verdict;
	struct key_turn turn;
	enum verify_outcome outcome;
	struct buf words;

	buf_init(&words, WORDS_MAX);
	turn.id = row->id;
	turn.pool = row->pool;
	(void)snprintf(turn.secret, sizeof(turn.secret), "%s", row->secret);
	recheck_probe(v->cli->store, v->cli->settings, v->engine, &turn,
		      &verdict);
	explicit_bzero(&turn, sizeof(turn));
	outcome = verify_outcome_of(&verdict);
	explain(row, &verdict, &words);
	secret_mask(mask, row->secret);
	/* One call, so that the lines of two workers do not mix. */
	(void)printf("%6" PRId64 "  %s  %s%s%s\n", row->id, mask,
		     outcome_names[outcome], words.len > 0 ? ": " : "",
		     buf_str(&words));
	atomic_fetch_add(&v->outcomes[outcome], 1);
	tell_progress(v);
	buf_release(&words);
}

static void *
work(void *arg)
{
	struct verify *v = arg;
	size_t i;

	while ((i = atomic_fetch_add(&v->next, 1)) < v->choice->count)
		verify_one(v, v->choice->chosen[i]);
	return NULL;
}

/* Work in as many threads as there is work for, this one among them. */
static void
work_together(struct verify *v)
{
	pthread_t threads[WORKERS - 1];
	size_t count, i;

	for (count = 0; count < GB_COUNT(threads); count++)
		if (count + 1 >= v->choice->count ||
		    pthread_create(&threads[count], NULL, work, v) != 0)
			break;
	(void)work(v);
	for (i = 0; i < count; i++)
		(void)pthread_join(threads[i], NULL);
}

static int
summarize(struct verify *v)
{
	size_t works, rests, dead, unsure;

	works = atomic_load(&v->outcomes[VERIFY_WORKS]);
	rests = atomic_load(&v->outcomes[VERIFY_RESTS]);
	dead = atomic_load(&v->outcomes[VERIFY_DEAD]);
	unsure = atomic_load(&v->outcomes[VERIFY_UNSURE]);
	(void)printf("%zu work, %zu rest, %zu dead, %zu unsure\n", works, rests,
		     dead, unsure);
	return dead + unsure == 0 ? CLI_EXIT_OK : CLI_EXIT_FAILURE;
}

int
cli_keys_verify(struct cli *cli)
{
	struct engine_options options = {
	    .ca_file = cli->settings->ca_file,
	    .connections = WORKERS,
	};
	struct verify v = {.cli = cli};
	struct key_choice choice;
	enum gb_err rc;
	int status;

	if (key_choice_make(&choice, cli, true) != GB_OK)
		return CLI_EXIT_FAILURE;
	status = CLI_EXIT_FAILURE;
	rc = engine_new(&v.engine, &options);
	if (rc == GB_OK) {
		v.choice = &choice;
		work_together(&v);
		status = summarize(&v);
		engine_free(v.engine);
	} else
		cli_complain("keys: cannot ask: %s", gb_strerror(rc));
	key_choice_release(&choice);
	return status;
}
