/* key_choice.c: which keys of the pool a command line means */
#include "cli/key_choice.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/redact.h"

bool
key_choice_is_id(const char *word, int64_t *id)
{
	size_t len;

	*id = 0;
	len = strspn(word, "0123456789");
	if (len == 0 || word[len] != '\0' || len >= KEY_SECRET_MIN)
		return false;
	errno = 0;
	*id = strtoll(word, NULL, 10);
	return errno == 0;
}

/* Mark in "wanted" the key that "word" names, in each pool that has it; false
 * when there is none. */
static bool
mark_word(const struct key_rows *rows, const char *word, bool *wanted)
{
	bool by_id, any;
	int64_t id;
	size_t i;

	any = false;
	by_id = key_choice_is_id(word, &id);
	for (i = 0; i < rows->count; i++)
		if (by_id ? rows->rows[i].id == id
			  : strcmp(rows->rows[i].secret, word) == 0)
			wanted[i] = any = true;
	return any;
}

static void
complain(const char *word)
{
	char mask[SECRET_MASK_SIZE];
	int64_t id;

	if (key_choice_is_id(word, &id)) {
		cli_complain("%s: there is no key of this id", word);
		return;
	}
	secret_mask(mask, word);
	cli_complain("%s: there is no such key", mask);
}

/* Mark in "wanted" what the words name. */
static enum gb_err
mark_wanted(const struct cli *cli, const struct key_rows *rows, bool *wanted)
{
	enum gb_err rc;
	size_t i;

	rc = GB_OK;
	for (i = 0; i < cli->count; i++)
		if (!mark_word(rows, cli->words[i], wanted)) {
			complain(cli->words[i]);
			rc = GB_ENOTFOUND;
		}
	return rc;
}

bool
key_choice_tier(const char *name, enum key_tier *tier)
{
	int i;

	for (i = 0; i < TIER__MAX; i++)
		if (strcmp(name, key_tier_names[i]) == 0) {
			*tier = (enum key_tier)i;
			return true;
		}
	cli_complain("--tier: free or paid");
	return false;
}

enum gb_err
key_choice_filter(struct key_filter *f, const struct cli *cli)
{
	int i;

	*f = (struct key_filter){
	    .by_pool = cli->pool_name != NULL,
	    .pool = cli->pool,
	    .project = cli->project,
	    .words = cli->reason,
	};
	f->by_tier = cli->tier != NULL;
	if (f->by_tier && !key_choice_tier(cli->tier, &f->tier))
		return GB_EINVAL;
	for (i = 0; cli->state != NULL && i < STANDS__MAX; i++)
		if (strcmp(cli->state, key_standing_names[i]) == 0) {
			f->by_standing = true;
			f->standing = (enum key_standing)i;
			return GB_OK;
		}
	if (cli->state == NULL)
		return GB_OK;
	cli_complain("--state: ready, cooling, disabled or off");
	return GB_EINVAL;
}

/* All keys that the filter lets pass, page by page. */
static enum gb_err
read_all(const struct cli *cli, const struct key_filter *f, int64_t now_ms,
	 struct key_rows *out)
{
	struct key_rows page;
	struct key_row *grown;
	int64_t after;
	enum gb_err rc;

	memset(out, 0, sizeof(*out));
	after = 0;
	for (;;) {
		rc = store_keys_page(cli->store, f, now_ms, after,
				     KEYS_PAGE_MAX, &page);
		if (rc != GB_OK || page.count == 0)
			break;
		grown = reallocarray(out->rows, out->count + page.count,
				     sizeof(*grown));
		if (grown == NULL) {
			key_rows_free(&page);
			rc = GB_ENOMEM;
			break;
		}
		out->rows = grown;
		memcpy(grown + out->count, page.rows,
		       page.count * sizeof(*grown));
		out->count += page.count;
		after = page.rows[page.count - 1].id;
		free(page.rows); /* what they hold is the list's now */
	}
	if (rc == GB_OK)
		return GB_OK;
	key_rows_free(out);
	return rc;
}

enum gb_err
key_choice_make(struct key_choice *out, const struct cli *cli, bool all_if_none)
{
	struct key_filter f;
	bool *wanted, all;
	enum gb_err rc;
	size_t i;

	memset(out, 0, sizeof(*out));
	if ((rc = key_choice_filter(&f, cli)) != GB_OK)
		return rc;
	wanted = NULL;
	rc = read_all(cli, &f, clock_wall_ms(), &out->rows);
	if (rc != GB_OK)
		goto out;
	all = cli->all ||
	      (cli->count == 0 && (all_if_none || cli->pool_name != NULL ||
				   cli->state != NULL || cli->project != NULL ||
				   cli->reason != NULL || cli->tier != NULL));
	wanted = calloc(out->rows.count + 1, sizeof(*wanted));
	out->chosen = calloc(out->rows.count + 1, sizeof(*out->chosen));
	rc = GB_ENOMEM;
	if (wanted == NULL || out->chosen == NULL)
		goto out;
	rc = mark_wanted(cli, &out->rows, wanted);
	for (i = 0; rc == GB_OK && i < out->rows.count; i++)
		if (all || wanted[i])
			out->chosen[out->count++] = &out->rows.rows[i];
out:
	free(wanted);
	if (rc != GB_OK) {
		key_choice_release(out);
		if (rc != GB_ENOTFOUND) /* that was said already */
			cli_complain("keys: %s", gb_strerror(rc));
	}
	return rc;
}

void
key_choice_release(struct key_choice *c)
{
	key_rows_free(&c->rows);
	free(c->chosen);
	memset(c, 0, sizeof(*c));
}
