/*
 * day.c: days of free-tier quotas, in as many seconds as the database needs.
 *
 *	day FOLDER PROJECTS DAYS
 *
 * 20 keys in so many projects; each project may make 10 requests in a minute
 * and 20 in Google's day with each of 10 models; 5,000 requests a day, most of
 * them by day and some in bursts, of models that people like more or less.  The
 * rotation, the verdicts and the database are the program's, Google is a model
 * of its quotas, and the clock is ours.  It prints "name=value" pairs, of the
 * last day:
 *
 *	answered	requests with an answer
 *	possible	with as many as the quotas allow
 *	refused		without one
 *	wasted		calls that were told that a quota is used up
 *	false		requests that were refused while some project had quota
 *	early		the same, in the minutes after midnight that keys rest
 *			in case Google's clock is not ours
 *	skewed		turns by which keys differ before any verdict
 *	dead		keys out of service at the end
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "config/settings.h"
#include "keys/pool.h"
#include "store/journal.h"
#include "store/keys.h"

#define KEYS	   20
#define MODELS	   10
#define PER_MINUTE 10
#define PER_DAY	   20
#define REQUESTS   5000
#define BURST	   25 /* requests within some seconds; every fifth is of one */
#define CALL_MS	   200
#define ERROR_MS   80

#define FIRST_MS (INT64_C(1737014400) * SECOND_MS) /* midnight, Pacific */

#define NAMES_MAX 4096

/* What a project has used of a model. */
struct quota {
	int64_t last[PER_MINUTE]; /* when it answered last, in a ring */
	int at;
	int today;
	int64_t day_ends;
};

struct day {
	struct store *store;
	struct settings *cfg;
	int projects;
	struct quota quota[KEYS][MODELS]; /* by project */
	uint64_t random;
	long answered, refused, wasted, wrong, early;
	long turns[KEYS + 1]; /* by the id of the key, until a verdict */
	bool judged;
};

struct request {
	int64_t at_ms;
	int model;
};

int64_t __wrap_clock_wall_ms(void);

static int64_t now_ms;

/* The program's clock is ours; the linker sees to that. */
int64_t
__wrap_clock_wall_ms(void)
{
	return now_ms;
}

static uint64_t
next_random(struct day *d)
{
	d->random ^= d->random << 13;
	d->random ^= d->random >> 7;
	d->random ^= d->random << 17;
	return d->random;
}

/* --- Google ----------------------------------------------------------------
 */

/* When the quota of a minute has room again; 0: it has. */
static int64_t
minute_back(const struct quota *q)
{
	int64_t oldest = q->last[q->at];

	return oldest != 0 && now_ms - oldest < MINUTE_MS ? oldest + MINUTE_MS
							  : 0;
}

static void
begin_day(struct quota *q)
{
	if (now_ms < q->day_ends)
		return;
	q->today = 0;
	q->day_ends = clock_pacific_midnight_ms(now_ms);
}

/* "text" is the body of a 429; 200: there is an answer. */
static int
google_answers(struct quota *q, int model, char *text, size_t size)
{
	static const char *const ids[] = {
	    "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
	    "GenerateRequestsPerDayPerProjectPerModel-FreeTier"};
	int64_t back;
	bool day;

	begin_day(q);
	back = minute_back(q);
	day = q->today == PER_DAY;
	if (!day && back == 0) {
		q->today++;
		q->last[q->at] = now_ms;
		q->at = (q->at + 1) % PER_MINUTE;
		return 200;
	}
	/* Google names a delay of seconds for a day's quota, too. */
	(void)snprintf(text, size,
		       "{\"error\":{\"code\":429,\"status\":"
		       "\"RESOURCE_EXHAUSTED\",\"message\":\"You exceeded your "
		       "current quota.\",\"details\":[{\"@type\":"
		       "\"type.googleapis.com/google.rpc.QuotaFailure\","
		       "\"violations\":[{\"quotaMetric\":"
		       "\"generativelanguage.googleapis.com/"
		       "generate_content_free_tier_requests\",\"quotaId\":"
		       "\"%s\",\"quotaDimensions\":{\"location\":\"global\","
		       "\"model\":\"model-%d\"},\"quotaValue\":\"%d\"}]},{"
		       "\"@type\":\"type.googleapis.com/google.rpc.RetryInfo\","
		       "\"retryDelay\":\"%lld.5s\"}]}}",
		       ids[day], model, day ? PER_DAY : PER_MINUTE,
		       day ? 41LL : (long long)(back - now_ms) / 1000);
	return 429;
}

/* Whether some project could answer now. */
static bool
google_has_quota(struct day *d, int model)
{
	int i;

	for (i = 0; i < d->projects; i++) {
		begin_day(&d->quota[i][model]);
		if (d->quota[i][model].today < PER_DAY &&
		    minute_back(&d->quota[i][model]) == 0)
			return true;
	}
	return false;
}

/* --- clients -------------------------------------------------------------- */

/* The request's row in the journal, which tells what a key has answered. */
static void
note(struct day *d, const char *model, int64_t key_id, int status)
{
	struct journal_entry e = {
	    .time_ms = now_ms,
	    .request_id = "r",
	    .key_id = key_id,
	    .endpoint = "chat.completions",
	    .status = status,
	    .first_byte_ms = -1,
	    .error_class = "",
	};
	const struct journal_entry *all[] = {&e};

	(void)snprintf(e.model, sizeof(e.model), "%s", model);
	if (store_journal_write(d->store, all, 1) != GB_OK)
		errx(1, "a row is not written");
}

/* verdict.c adds as much to a rest until midnight. */
static bool
is_early(void)
{
	return clock_pacific_midnight_ms(now_ms) - now_ms >
	       24 * HOUR_MS - 5 * MINUTE_MS;
}

static void
ask(struct day *d, int model)
{
	struct pool_tried tried = {.count = 0};
	struct verdict verdict;
	struct answer answer;
	struct key_turn turn;
	char name[32], text[1024];
	int64_t back_at;

	(void)snprintf(name, sizeof(name), "model-%d", model);
	while (pool_take(d->store, POOL_GEMINI, name, &tried, NULL, &turn,
			 &back_at) == GB_OK) {
		if (!d->judged)
			d->turns[turn.id]++;
		memset(&answer, 0, sizeof(answer));
		answer.status = google_answers(
		    &d->quota[(turn.id - 1) % d->projects][model], model, text,
		    sizeof(text));
		if (answer.status == 200) {
			now_ms += CALL_MS;
			d->answered++;
			note(d, name, turn.id, 200);
			pool_succeeded(d->store, &turn, name, NULL);
			return;
		}
		now_ms += ERROR_MS;
		d->wasted++;
		d->judged = true;
		answer.body = text;
		answer.body_len = strlen(text);
		answer.now_ms = now_ms;
		pool_judge(d->store, d->cfg, &turn, name, &answer, &verdict);
	}
	note(d, name, 0, 429);
	d->refused++;
	if (google_has_quota(d, model))
		++*(is_early() ? &d->early : &d->wrong);
}

static int
compare_requests(const void *a, const void *b)
{
	const struct request *x = a, *y = b;

	return x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
}

/* Twice as many between 8:00 and 20:00; the first models are asked for more. */
static void
plan(struct day *d, struct request *all, int64_t midnight)
{
	int64_t at = 0;
	int i, burst = 0, model = 0;

	for (i = 0; i < REQUESTS; i++) {
		if (burst == 0) {
			at = (int64_t)(next_random(d) % (36 * HOUR_MS));
			at = at < 24 * HOUR_MS ? at : at - 16 * HOUR_MS;
			model = (int)(next_random(d) % MODELS);
			if (next_random(d) % 4 == 0)
				model = (int)(next_random(d) % (MODELS / 2));
			if (next_random(d) % (4 * BURST) == 0)
				burst = BURST;
		} else {
			burst--;
		}
		all[i].at_ms = midnight + at +
			       (int64_t)(next_random(d) % (10 * SECOND_MS));
		all[i].model = model;
	}
	qsort(all, REQUESTS, sizeof(*all), compare_requests);
}

/* Of the day's requests, as many as the quotas of a day allow. */
static long
possible(const struct day *d, const struct request *all)
{
	long asked[MODELS] = {0}, most = (long)d->projects * PER_DAY, n = 0;
	int i;

	for (i = 0; i < REQUESTS; i++)
		n += asked[all[i].model]++ < most;
	return n;
}

static long
skew(const struct day *d)
{
	long least = d->turns[1], most = least;
	int i;

	for (i = 1; i <= KEYS; i++) {
		least = d->turns[i] < least ? d->turns[i] : least;
		most = d->turns[i] > most ? d->turns[i] : most;
	}
	return most - least;
}

static void
live(struct day *d, int64_t midnight, bool last)
{
	static struct request all[REQUESTS];
	int64_t enabled, keys;
	int i;

	plan(d, all, midnight);
	d->answered = d->refused = d->wasted = d->wrong = d->early = 0;
	for (i = 0; i < REQUESTS; i++) {
		if (now_ms < all[i].at_ms)
			now_ms = all[i].at_ms;
		ask(d, all[i].model);
	}
	if (!last)
		return;
	if (store_keys_count(d->store, POOL_GEMINI, &keys, &enabled) != GB_OK)
		errx(1, "keys are not counted");
	(void)printf("answered=%ld possible=%ld refused=%ld wasted=%ld "
		     "false=%ld early=%ld skewed=%ld dead=%lld\n",
		     d->answered, possible(d, all), d->refused, d->wasted,
		     d->wrong, d->early, skew(d), (long long)(keys - enabled));
}

static void
prepare(struct day *d, const char *folder)
{
	struct settings_load load = {.environ = (char *[]){NULL}};
	char path[NAMES_MAX], secret[40], *secrets[1] = {secret};
	struct buf faults;
	size_t added;
	int i;

	buf_init(&faults, NAMES_MAX);
	(void)snprintf(path, sizeof(path), "%s/day.db", folder);
	if (log_open(LOG_LEVEL_ERROR, NULL) != GB_OK ||
	    settings_load(&d->cfg, &load, &faults) != GB_OK ||
	    store_open(&d->store, path) != GB_OK)
		errx(1, "%s: %s", path, buf_str(&faults));
	buf_release(&faults);
	for (i = 0; i < KEYS; i++) {
		(void)snprintf(secret, sizeof(secret),
			       "bench-key-number-%d-of-the-day", i);
		if (store_keys_add(d->store, POOL_GEMINI, secrets, 1, now_ms,
				   &added) != GB_OK)
			errx(1, "a key is not added");
	}
}

int
main(int argc, char **argv)
{
	static struct day d = {.random = 88172645463325252U};
	long days, i;

	d.projects = argc == 4 ? (int)strtol(argv[2], NULL, 10) : 0;
	days = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	if (d.projects < 1 || d.projects > KEYS || days < 1)
		errx(2, "usage: day FOLDER PROJECTS DAYS");
	now_ms = FIRST_MS;
	prepare(&d, argv[1]);
	for (i = 0; i < days; i++)
		live(&d, FIRST_MS + i * 24 * HOUR_MS, i == days - 1);
	settings_free(d.cfg);
	store_close(d.store);
	return 0;
}
