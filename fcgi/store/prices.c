/* prices.c: what tokens cost */
#include "store/prices.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "store/db.h"
#include "store/price_cache.h"

#define MILLION 1000000
#define TOKENS_MAX \
	INT64_C(100000000) /* of a class in a request: far more \
			      than any has, and no sum overflows */

const char *const price_class_names[PRICE__MAX] = {
    [PRICE_PROMPT] = "prompt",	     [PRICE_CACHED] = "cached",
    [PRICE_TOOL] = "tool",	     [PRICE_AUDIO_IN] = "audio-in",
    [PRICE_IMAGE_IN] = "image-in",   [PRICE_VIDEO_IN] = "video-in",
    [PRICE_OUTPUT] = "output",	     [PRICE_THOUGHTS] = "thoughts",
    [PRICE_AUDIO_OUT] = "audio-out", [PRICE_IMAGE_OUT] = "image-out",
};

/* The class that counts where one has no price. */
static const enum price_class base_of[PRICE__MAX] = {
    [PRICE_PROMPT] = PRICE_PROMPT,    [PRICE_CACHED] = PRICE_PROMPT,
    [PRICE_TOOL] = PRICE_PROMPT,      [PRICE_AUDIO_IN] = PRICE_PROMPT,
    [PRICE_IMAGE_IN] = PRICE_PROMPT,  [PRICE_VIDEO_IN] = PRICE_PROMPT,
    [PRICE_OUTPUT] = PRICE_OUTPUT,    [PRICE_THOUGHTS] = PRICE_OUTPUT,
    [PRICE_AUDIO_OUT] = PRICE_OUTPUT, [PRICE_IMAGE_OUT] = PRICE_OUTPUT,
};

/* --- Google's list prices ------------------------------------------------ */

#define Y2027 INT64_C(1798790400000) /* New Year in California */

#define P(usd) ((int64_t)((usd)*MILLION + 0.5))

/*
 * The standard tier as of September 2026, by pydantic's genai-prices and
 * Google's own page for 3.8; 0 is no price of its own.  Prices of 3.6 to 3.8
 * flash are introductory until the end of 2026; what 3.8 takes for cached
 * tokens after it is not said, and a tenth of the prompt's is what all others
 * take.
 */
static const struct {
	const char *model;
	int64_t above, valid_from;
	int64_t micro[PRICE__MAX];
} google[] = {
#define TEXT(model, above, from, in, out, cached) \
	{ \
		model, above, from, \
		{ \
			[PRICE_PROMPT] = P(in), [PRICE_OUTPUT] = P(out), \
			[PRICE_CACHED] = P(cached) \
		} \
	}
#define HEARS(model, in, audio, out, cached) \
	{ \
		model, 0, 0, \
		{ \
			[PRICE_PROMPT] = P(in), [PRICE_AUDIO_IN] = P(audio), \
			[PRICE_OUTPUT] = P(out), [PRICE_CACHED] = P(cached) \
		} \
	}
#define DRAWS(model, in, out, image) \
	{ \
		model, 0, 0, \
		{ \
			[PRICE_PROMPT] = P(in), [PRICE_OUTPUT] = P(out), \
			[PRICE_IMAGE_OUT] = P(image) \
		} \
	}
    TEXT("gemini-3.8-flash", 0, 0, 0.75, 3.75, 0.075),
    TEXT("gemini-3.8-flash", 0, Y2027, 1.50, 7.50, 0.15),
    TEXT("gemini-3.7-flash", 0, 0, 0.75, 3.75, 0.075),
    TEXT("gemini-3.7-flash", 0, Y2027, 1.50, 7.50, 0.15),
    TEXT("gemini-3.6-flash", 0, 0, 0.75, 3.75, 0.075),
    TEXT("gemini-3.6-flash", 0, Y2027, 1.50, 7.50, 0.15),
    TEXT("gemini-3.5-flash", 0, 0, 1.50, 9.00, 0.15),
    TEXT("gemini-3.5-flash-lite", 0, 0, 0.30, 2.50, 0.03),
    TEXT("gemini-3.1-pro-preview", 0, 0, 2, 12, 0.20),
    TEXT("gemini-3.1-pro-preview", 200000, 0, 4, 18, 0.40),
    HEARS("gemini-3.1-flash-lite", 0.25, 0.50, 1.50, 0.025),
    HEARS("gemini-3-flash-preview", 0.50, 1, 3, 0.05),
    TEXT("gemini-2.5-pro", 0, 0, 1.25, 10, 0.125),
    TEXT("gemini-2.5-pro", 200000, 0, 2.50, 15, 0.25),
    HEARS("gemini-2.5-flash", 0.30, 1, 2.50, 0.03),
    HEARS("gemini-2.5-flash-lite", 0.10, 0.30, 0.40, 0.01),
    DRAWS("gemini-3-pro-image", 2, 12, 120),
    DRAWS("gemini-3.1-flash-image", 0.50, 3, 60),
    DRAWS("gemini-3.1-flash-lite-image", 0.25, 1.50, 30),
    DRAWS("gemini-2.5-flash-image", 0.30, 2.50, 30),
    {"gemini-3.8-flash-lite-tts",
     0,
     0,
     {[PRICE_PROMPT] = P(0.50), [PRICE_OUTPUT] = P(6)}},
    {"gemini-embedding-2",
     0,
     0,
     {[PRICE_PROMPT] = P(0.20),
      [PRICE_IMAGE_IN] = P(0.45),
      [PRICE_AUDIO_IN] = P(6.5),
      [PRICE_VIDEO_IN] = P(12)}},
    {"gemini-embedding-001", 0, 0, {[PRICE_PROMPT] = P(0.15)}},
#undef TEXT
#undef HEARS
#undef DRAWS
};

/* What Google takes for a tier of service, in percent of the standard one. */
static const struct {
	const char *tier;
	int percent;
} tiers[] = {
    {"flex", 50},
    {"batch", 50},
    {"priority", 180},
};

/* --- which price --------------------------------------------------------- */

/* Whether "tail" is what a dated version has behind the model's name. */
static bool
is_version(const char *tail)
{
	static const char preview[] = "-preview";

	if (strncmp(tail, preview, sizeof(preview) - 1) == 0 &&
	    tail[sizeof(preview) - 1] != '\0')
		tail += sizeof(preview) - 1;
	return tail[0] == '-' && tail[1] != '\0' &&
	       tail[strspn(tail, "-0123456789")] == '\0';
}

static bool
fits(const char *pattern, const char *model)
{
	size_t len;

	if (strchr(pattern, '*') != NULL)
		return sqlite3_strglob(pattern, model) == 0;
	len = strlen(pattern);
	return strncmp(pattern, model, len) == 0 &&
	       (model[len] == '\0' || is_version(model + len));
}

static int
letters(const char *pattern)
{
	int n;

	for (n = 0; *pattern != '\0'; pattern++)
		n += *pattern != '*';
	return n;
}

/* Whether "a" goes before "b", both being in force. */
static bool
goes_before(const struct price *a, const struct price *b)
{
	int a_letters, b_letters;

	if ((a->id > 0) != (b->id > 0))
		return a->id > 0;
	a_letters = letters(a->model);
	b_letters = letters(b->model);
	if (a_letters != b_letters)
		return a_letters > b_letters;
	if (a->above != b->above)
		return a->above > b->above;
	return a->valid_from > b->valid_from;
}

/* The price of each class for a model, NULL where there is none; false: there
 * is none at all. */
static bool
find_prices(const struct price_rows *rows, const char *model, int64_t prompt,
	    int64_t time_ms, const struct price *found[PRICE__MAX])
{
	const struct price *p;
	bool any;
	int i;

	for (i = 0; i < PRICE__MAX; i++)
		found[i] = NULL;
	if (model[0] == '\0')
		return false;
	any = false;
	for (p = rows->rows; p < rows->rows + rows->count; p++) {
		if (!fits(p->model, model))
			continue;
		any = true;
		if ((p->above > 0 && prompt <= p->above) ||
		    time_ms < p->valid_from)
			continue;
		if (found[p->class] == NULL || goes_before(p, found[p->class]))
			found[p->class] = p;
	}
	return any;
}

static int64_t
within(int64_t n, int64_t most)
{
	return n < 0 ? 0 : n > most ? most : n;
}

/* Each token of the request to its class. */
static void
classify(const struct journal_entry *e, int64_t count[PRICE__MAX])
{
	int64_t rest, cached_audio;

	rest = within(e->prompt_tokens, TOKENS_MAX);
	count[PRICE_CACHED] = within(e->cached_tokens, rest);
	rest -= count[PRICE_CACHED];
	count[PRICE_TOOL] = within(e->tool_tokens, rest);
	rest -= count[PRICE_TOOL];
	cached_audio = within(e->cached_audio_tokens, count[PRICE_CACHED]);
	count[PRICE_AUDIO_IN] = within(e->audio_in_tokens - cached_audio, rest);
	rest -= count[PRICE_AUDIO_IN];
	count[PRICE_IMAGE_IN] = within(e->image_in_tokens, rest);
	rest -= count[PRICE_IMAGE_IN];
	count[PRICE_VIDEO_IN] = within(e->video_in_tokens, rest);
	count[PRICE_PROMPT] = rest - count[PRICE_VIDEO_IN];

	rest = within(e->completion_tokens, TOKENS_MAX);
	count[PRICE_THOUGHTS] = within(e->reasoning_tokens, rest);
	rest -= count[PRICE_THOUGHTS];
	count[PRICE_AUDIO_OUT] = within(e->audio_out_tokens, rest);
	rest -= count[PRICE_AUDIO_OUT];
	count[PRICE_IMAGE_OUT] = within(e->image_out_tokens, rest);
	count[PRICE_OUTPUT] = rest - count[PRICE_IMAGE_OUT];
}

static int
percent_of(const char *tier)
{
	size_t i;

	for (i = 0; i < GB_COUNT(tiers); i++)
		if (strcasecmp(tiers[i].tier, tier) == 0)
			return tiers[i].percent;
	return 100;
}

bool
price_cost(const struct price_rows *rows, const struct journal_entry *e,
	   int64_t *cost)
{
	const struct price *found[PRICE__MAX], *p;
	int64_t count[PRICE__MAX], prompt, sum;
	bool known;
	int i;

	*cost = 0;
	prompt = e->longest_prompt > 0 ? e->longest_prompt : e->prompt_tokens;
	/* Google's own word for the model, where it says more. */
	known = find_prices(rows, e->billed_model, prompt, e->time_ms, found) ||
		find_prices(rows, e->google_model, prompt, e->time_ms, found) ||
		find_prices(rows, e->model, prompt, e->time_ms, found);
	if (!known && e->attempts > 0 && e->status < 400 && e->model[0] != '\0')
		return false;
	classify(e, count);
	for (sum = 0, i = 0; i < PRICE__MAX; i++) {
		if (count[i] == 0)
			continue;
		p = found[i] != NULL ? found[i] : found[base_of[i]];
		if (p == NULL)
			return false;
		sum += count[i] * p->micro;
	}
	sum = sum / 100 * percent_of(e->service_tier);
	*cost = (sum + MILLION / 2) / MILLION;
	return true;
}

/* --- the table ----------------------------------------------------------- */

static const char sql_list[] =
    "SELECT id, model, class, above, valid_from, micro FROM prices"
    " ORDER BY model, class, above, valid_from";
static const char sql_count[] = "SELECT count(*) FROM prices";
static const char sql_set[] =
    "INSERT INTO prices (model, class, above, valid_from, micro)"
    " VALUES (?1, ?2, ?3, ?4, ?5)"
    " ON CONFLICT (model, class, above, valid_from)"
    " DO UPDATE SET micro = excluded.micro RETURNING id";
static const char sql_delete[] = "DELETE FROM prices WHERE id = ?1";
static const char sql_generation[] = "SELECT generation FROM meta";

void
price_rows_free(struct price_rows *rows)
{
	free(rows->rows);
	rows->rows = NULL;
	rows->count = 0;
}

bool
price_find_class(const char *name, enum price_class *class)
{
	int i;

	for (i = 0; i < PRICE__MAX; i++)
		if (strcmp(price_class_names[i], name) == 0) {
			*class = (enum price_class)i;
			return true;
		}
	return false;
}

/* A row that this program cannot read is left out: false. */
static bool
read_price(sqlite3_stmt *stmt, struct price *p)
{
	const char *model, *class;

	model = (const char *)sqlite3_column_text(stmt, 1);
	class = (const char *)sqlite3_column_text(stmt, 2);
	if (model == NULL || strlen(model) > PRICE_MODEL_MAX || class == NULL ||
	    !price_find_class(class, &p->class))
		return false;
	p->id = sqlite3_column_int64(stmt, 0);
	memcpy(p->model, model, strlen(model) + 1);
	p->above = sqlite3_column_int64(stmt, 3);
	p->valid_from = sqlite3_column_int64(stmt, 4);
	p->micro = within(sqlite3_column_int64(stmt, 5), PRICE_MAX);
	return true;
}

static void
add_googles(struct price_rows *out)
{
	struct price *p;
	size_t i;
	int class;

	for (i = 0; i < GB_COUNT(google); i++)
		for (class = 0; class < PRICE__MAX; class ++) {
			if (google[i].micro[class] == 0)
				continue;
			p = &out->rows[out->count++];
			memset(p, 0, sizeof(*p));
			memcpy(p->model, google[i].model,
			       strlen(google[i].model) + 1);
			p->class = (enum price_class) class;
			p->above = google[i].above;
			p->valid_from = google[i].valid_from;
			p->micro = google[i].micro[class];
		}
}

/* Within the lock. */
static enum gb_err
list_locked(struct store *s, struct price_rows *out)
{
	struct price *fewer;
	sqlite3_stmt *stmt;
	enum gb_err rc;
	bool row;

	out->count = 0;
	out->rows = calloc(PRICE_ROWS_MAX + GB_COUNT(google) * PRICE__MAX,
			   sizeof(*out->rows));
	if (out->rows == NULL)
		return GB_ENOMEM;
	rc = db_start(s, sql_list, DB_NO_ARGS, &stmt);
	while (rc == GB_OK && out->count < PRICE_ROWS_MAX &&
	       (rc = db_step(s, stmt, &row)) == GB_OK && row)
		out->count += read_price(stmt, &out->rows[out->count]);
	db_end(stmt);
	if (rc != GB_OK) {
		price_rows_free(out);
		return rc;
	}
	add_googles(out);
	fewer = reallocarray(out->rows, out->count, sizeof(*out->rows));
	if (fewer != NULL)
		out->rows = fewer;
	return GB_OK;
}

enum gb_err
store_prices_list(struct store *s, struct price_rows *out)
{
	enum gb_err rc;

	db_lock(s);
	rc = list_locked(s, out);
	db_unlock(s);
	return rc;
}

static bool
is_plausible(const struct price *p)
{
	size_t len;

	len = strlen(p->model);
	return len > 0 && len <= PRICE_MODEL_MAX && p->class >= 0 &&
	       p->class < PRICE__MAX && p->above >= 0 && p->valid_from >= 0 &&
	       p->micro >= 0 && p->micro <= PRICE_MAX;
}

static enum gb_err
set_locked(struct store *s, const struct price *p, int64_t *id)
{
	int64_t count;
	enum gb_err rc;

	rc = db_number_locked(s, sql_set,
			      DB_ARGS(db_text(p->model),
				      db_text(price_class_names[p->class]),
				      db_int(p->above), db_int(p->valid_from),
				      db_int(p->micro)),
			      id);
	if (rc == GB_OK)
		rc = db_number_locked(s, sql_count, DB_NO_ARGS, &count);
	if (rc == GB_OK && count > PRICE_ROWS_MAX)
		rc = GB_ETOOBIG;
	return rc == GB_OK ? db_touch(s) : rc;
}

enum gb_err
store_price_set(struct store *s, const struct price *p, int64_t *id)
{
	enum gb_err rc;

	*id = 0;
	if (!is_plausible(p))
		return GB_EINVAL;
	db_lock(s);
	if ((rc = db_begin(s)) == GB_OK)
		rc = db_finish(s, set_locked(s, p, id));
	db_unlock(s);
	return rc;
}

enum gb_err
store_price_delete(struct store *s, int64_t id)
{
	int64_t changes;
	enum gb_err rc;

	db_lock(s);
	if ((rc = db_begin(s)) != GB_OK)
		goto out;
	rc = db_run_locked(s, sql_delete, DB_ARGS(db_int(id)), &changes);
	if (rc == GB_OK)
		rc = changes > 0 ? db_touch(s) : GB_ENOTFOUND;
	rc = db_finish(s, rc);
out:
	db_unlock(s);
	return rc;
}

/* --- the cache ----------------------------------------------------------- */

/* The rows are kept as long as nobody changed any, which a number tells. */
struct price_cache {
	int64_t generation;
	struct price_rows rows;
};

void
price_cache_free(struct price_cache *cache)
{
	if (cache == NULL)
		return;
	price_rows_free(&cache->rows);
	free(cache);
}

enum gb_err
price_cost_locked(struct store *s, const struct journal_entry *e, int64_t *cost)
{
	struct price_cache *cache = s->prices;
	int64_t generation;
	enum gb_err rc;

	*cost = 0;
	rc = db_number_locked(s, sql_generation, DB_NO_ARGS, &generation);
	if (rc != GB_OK)
		return rc == GB_ENOTFOUND ? GB_EIO : rc;
	if (cache == NULL || cache->generation != generation) {
		price_cache_free(cache);
		s->prices = NULL;
		if ((cache = calloc(1, sizeof(*cache))) == NULL)
			return GB_ENOMEM;
		if ((rc = list_locked(s, &cache->rows)) != GB_OK) {
			free(cache);
			return rc;
		}
		cache->generation = generation;
		s->prices = cache;
	}
	return price_cost(&cache->rows, e, cost) ? GB_OK : GB_ENOTFOUND;
}

enum gb_err
store_cost(struct store *s, const struct journal_entry *e, int64_t *cost)
{
	enum gb_err rc;

	db_lock(s);
	rc = price_cost_locked(s, e, cost);
	db_unlock(s);
	return rc;
}
