/*
 * turns.c: what a turn of a key costs, with and without lists of models.
 *
 *	turns FOLDER
 *
 * It makes two databases in the folder, the one as the other but for the lists,
 * and takes turns in each by turns, so that a busy machine slows both down.  It
 * prints "name=value" pairs: the best round of each, in microseconds a turn.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/model_lists.h"

#define KEYS   100
#define LISTS  3
#define MODELS 100 /* of each list; Google has about as many */
#define ROUNDS 15
#define TURNS  5000
#define NOW_MS INT64_C(1737000000000)

static const char asked_model[] = "gemini-2.5-flash";

static double
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
give_list(struct store *s, int64_t key_id, int which)
{
	char names[MODELS * 40], body[32];
	int i, len;

	len = snprintf(names, sizeof(names), "[\"%s\"", asked_model);
	for (i = 0; i < MODELS; i++)
		len += snprintf(names + len, sizeof(names) - (size_t)len,
				",\"model-%d-of-list-%d\"", i, which);
	(void)snprintf(names + len, sizeof(names) - (size_t)len, "]");
	(void)snprintf(body, sizeof(body), "{\"list\":%d}", which);
	if (store_list_save(s, key_id, body, names, NOW_MS) != GB_OK)
		errx(1, "a list is not kept");
}

static struct store *
make(const char *folder, const char *name, int lists)
{
	char path[4096], secret[40], *secrets[1] = {secret};
	struct store *s;
	size_t added;
	int i;

	(void)snprintf(path, sizeof(path), "%s/%s.db", folder, name);
	if (store_open(&s, path) != GB_OK)
		errx(1, "%s does not open", path);
	for (i = 0; i < KEYS; i++) {
		(void)snprintf(secret, sizeof(secret),
			       "bench-key-number-%d-of-the-turns", i);
		if (store_keys_add(s, POOL_GEMINI, secrets, 1, NOW_MS,
				   &added) != GB_OK)
			errx(1, "a key is not added");
		if (lists > 0)
			give_list(s, i + 1, i % lists);
	}
	return s;
}

/* Microseconds a turn. */
static double
take_turns(struct store *s)
{
	struct key_turn turn;
	int64_t back_at;
	double began;
	int i;

	began = now_us();
	for (i = 0; i < TURNS; i++)
		if (store_key_turn(s, POOL_GEMINI, asked_model, NOW_MS, NULL, 0,
				   NULL, &turn, &back_at) != GB_OK)
			errx(1, "nobody's turn");
	return (now_us() - began) / TURNS;
}

int
main(int argc, char **argv)
{
	double best[2] = {1e9, 1e9}, us;
	struct store *stores[2];
	int i, which;

	if (argc != 2)
		errx(2, "usage: turns FOLDER");
	stores[0] = make(argv[1], "plain", 0);
	stores[1] = make(argv[1], "lists", LISTS);
	for (i = 0; i < ROUNDS; i++)
		for (which = 0; which < 2; which++) {
			us = take_turns(stores[which]);
			if (us < best[which])
				best[which] = us;
		}
	(void)printf("plain_us=%.2f lists_us=%.2f\n", best[0], best[1]);
	for (which = 0; which < 2; which++)
		store_close(stores[which]);
	return 0;
}
