/*
 * keys.c: what many keys cost: adding, filtering, disabling and deleting them
 * by filter, and the next one's turn.
 *
 *	keys FOLDER COUNT
 *
 * It makes a database of so many keys in the folder and prints "name=value"
 * pairs: seconds of what an admin does, and microseconds of a turn, in the best
 * of many rounds, as a busy machine slows all of them down: with all keys
 * READY, of different weights, with each second one resting for the model, with
 * one in ten that does not, and of one that nobody has, as all rest; and what
 *it takes once to find that.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "store/key_health.h"
#include "store/key_wishes.h"

#define ROUNDS 15
#define TURNS  500
#define NOW_MS INT64_C(1737000000000)

static const char model[] = "gemini-2.5-flash";
static const struct key_filter all;

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
print_seconds(const char *name, double began)
{
	(void)printf("%s_s=%.2f\n", name, (now_us() - began) / 1e6);
}

static void
add(struct store *s, size_t count)
{
	char **secrets;
	size_t i, added;
	double began;

	if ((secrets = calloc(count, sizeof(*secrets))) == NULL)
		err(1, "memory");
	for (i = 0; i < count; i++)
		if (asprintf(&secrets[i], "bench-key-number-%zu-of-many", i) ==
		    -1)
			err(1, "memory");
	began = now_us();
	if (store_keys_add(s, POOL_GEMINI, secrets, count, NOW_MS, &added) !=
		GB_OK ||
	    added != count)
		errx(1, "keys are not added");
	print_seconds("add", began);
	for (i = 0; i < count; i++)
		free(secrets[i]);
	free(secrets);
}

static void
set(struct store *s, const struct key_filter *f, const struct key_fields *to,
    const char *name)
{
	int64_t chosen;
	double began;

	began = now_us();
	if (store_keys_set(s, f, to, NOW_MS, &chosen) != GB_OK || chosen == 0)
		errx(1, "%s: keys are not set", name);
	print_seconds(name, began);
}

static void
wish(struct store *s, const struct key_filter *f, enum key_wish what,
     const char *of_model, const char *name)
{
	const struct key_wish_of of = {what, "bench", of_model};
	int64_t chosen;
	double began;

	began = now_us();
	if (store_keys_wish(s, f, &of, NOW_MS, &chosen) != GB_OK || chosen == 0)
		errx(1, "%s: no keys", name);
	if (name != NULL)
		print_seconds(name, began);
}

/* All that the filter lets pass, page by page; how many. */
static size_t
filter(struct store *s, const struct key_filter *f, const char *name)
{
	struct key_rows rows;
	size_t count;
	int64_t after;
	double began;

	began = now_us();
	for (count = 0, after = 0;;) {
		if (store_keys_page(s, f, NOW_MS, after, KEYS_PAGE_MAX,
				    &rows) != GB_OK)
			errx(1, "%s: no page", name);
		if (rows.count == 0)
			break;
		count += rows.count;
		after = rows.rows[rows.count - 1].id;
		key_rows_free(&rows);
	}
	print_seconds(name, began);
	return count;
}

static void
turns(struct store *s, enum gb_err want, int rounds, int each, const char *name)
{
	double best, took, began;
	struct key_turn turn;
	int64_t back_at;
	int i, n;

	for (best = 1e9, i = 0; i < rounds; i++) {
		began = now_us();
		for (n = 0; n < each; n++)
			if (store_key_turn(s, POOL_GEMINI, model, NOW_MS, NULL,
					   0, NULL, &turn, &back_at) != want)
				errx(1, "%s: not as it should be", name);
		took = (now_us() - began) / each;
		if (took < best)
			best = took;
	}
	(void)printf("%s_us=%.1f\n", name, best);
}

/* Keys rest for the model but for those with an id that "every" divides. */
static void
rest_but(struct store *s, size_t count, size_t every)
{
	struct key_filter f = {.ids = NULL};
	char *ids;
	size_t i, len;

	if ((ids = malloc(count * 21 + 3)) == NULL)
		err(1, "memory");
	len = 0;
	ids[len++] = '[';
	for (i = 1; i <= count; i++)
		if (every == 0 || i % every != 0)
			len += (size_t)snprintf(ids + len, 22, "%s%zu",
						len > 1 ? "," : "", i);
	(void)snprintf(ids + len, 2, "]");
	f.ids = ids;
	wish(s, &f, WISH_DISABLE_MODEL, model, NULL);
	free(ids);
}

/* All of them are told that a quota is used up. */
static void
rest_all(struct store *s, int64_t count)
{
	struct key_case c = {
	    .pool = POOL_GEMINI,
	    .now_ms = NOW_MS,
	    .exit = "direct",
	    .model = model,
	    .named = "",
	    .sentence = SENTENCE_COOL_MODEL,
	    .until_ms = NOW_MS + HOUR_MS,
	    .consumer = "",
	    .quota = "",
	    .error_class = "quota",
	    .request_id = "",
	    .reason = "its quota is used up",
	};
	struct key_outcome outcome;

	for (c.key_id = 1; c.key_id <= count; c.key_id++)
		if (store_key_judged(s, &c, &outcome) != GB_OK ||
		    outcome.changed != 1)
			errx(1, "a key does not rest");
}

int
main(int argc, char **argv)
{
	const struct key_filter heavy = {.project = "heavy"};
	const struct key_filter paid = {.by_tier = true, .tier = TIER_PAID};
	const struct key_filter off = {.by_standing = true,
				       .standing = STANDS_OFF};
	char path[4096];
	struct store *s;
	size_t count;

	if (argc != 3 || (count = strtoul(argv[2], NULL, 10)) < 10)
		errx(2, "usage: keys FOLDER COUNT");
	(void)snprintf(path, sizeof(path), "%s/keys-%zu.db", argv[1], count);
	if (store_open(&s, path) != GB_OK)
		errx(1, "%s does not open", path);
	add(s, count);
	turns(s, GB_OK, ROUNDS, TURNS, "turn");

	rest_but(s, count, 2);
	turns(s, GB_OK, ROUNDS, TURNS, "half");
	rest_but(s, count, 10);
	turns(s, GB_OK, ROUNDS, TURNS, "tenth");
	wish(s, &all, WISH_ENABLE, "", "enable");
	wish(s, &all, WISH_ENABLE, model, NULL);
	rest_all(s, (int64_t)count);
	turns(s, GB_ENOTFOUND, 1, 1, "found");
	turns(s, GB_ENOTFOUND, ROUNDS, TURNS, "none");
	wish(s, &all, WISH_CLEAR, "", NULL);
	wish(s, &all, WISH_CLEAR, model, NULL);

	set(s, &all, &(const struct key_fields){.project = "heavy"}, "project");
	wish(s, &heavy, WISH_DISABLE, "", "disable");
	if (filter(s, &off, "filter") != count)
		errx(1, "not all are off");
	wish(s, &off, WISH_ENABLE, "", "enable_off");
	set(s, &(const struct key_filter){.ids = "[2,3,5]"},
	    &(const struct key_fields){.weight = 3}, "weigh");
	turns(s, GB_OK, ROUNDS, TURNS, "weighted");
	set(s, &heavy,
	    &(const struct key_fields){.by_tier = true, .tier = TIER_PAID},
	    "pay");
	wish(s, &paid, WISH_REMOVE, "", "remove");
	store_close(s);
	return 0;
}
