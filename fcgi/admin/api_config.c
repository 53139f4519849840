/* api_config.c: settings as JSON, by the routes that Gemini Balance has */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "admin/pages.h"
#include "admin/settings_change.h"
#include "base/log.h"
#include "config/settings_form.h"
#include "dialect/json/json_out.h"
#include "dialect/json/json_tree.h"
#include "dialect/models_list.h"
#include "keys/listing.h"

#define CONFIG_MAX (64 << 20) /* bytes of all settings, or of a list */
#define FAULTS_MAX (64 << 10)
#define ETAG_SIZE  (VERSION_SIZE + 2)

/* --- what there is -------------------------------------------------------- */

/* Pairs as Gemini Balance has them: {"name": value}, but for its thresholds,
 * which are a list as ours are. */
static void
write_pairs(struct json_out *out, const struct setting *row,
	    struct json_object *pairs)
{
	struct json_object *pair;
	size_t i;

	if (strcmp(row->pair_name, "category") == 0) {
		jout_value(out, pairs);
		return;
	}
	jout_object(out);
	for (i = 0; i < json_object_array_length(pairs); i++) {
		pair = json_object_array_get_idx(pairs, i);
		jout_key(out,
			 json_object_get_string(
			     json_object_object_get(pair, row->pair_name)));
		jout_value(out, json_object_object_get(pair, row->pair_value));
	}
	jout_object_end(out);
}

static enum gb_err
write_config(const struct settings *s, struct buf *json)
{
	const struct setting *row;
	struct json_object *value;
	struct json_out out;

	jout_init(&out, json);
	jout_object(&out);
	for (row = settings_table; row < settings_table + SETTINGS_COUNT;
	     row++) {
		if ((value = setting_masked_json(row, s)) == NULL)
			return GB_ENOMEM;
		jout_key(&out, row->env);
		if (row->type == SETTING_PAIRS)
			write_pairs(&out, row, value);
		else
			jout_value(&out, value);
		json_object_put(value);
	}
	jout_object_end(&out);
	return buf_error(json);
}

void
config_get(struct admin_request *rq)
{
	char version[VERSION_SIZE], etag[ETAG_SIZE];
	struct settings_now now;
	struct buf faults, json;
	enum gb_err rc;

	buf_init(&faults, FAULTS_MAX);
	buf_init(&json, CONFIG_MAX);
	rc = settings_now_load(rq, &now, &faults);
	if (rc == GB_OK &&
	    (rc = settings_version_all(rq, now.settings, version)) == GB_OK)
		rc = write_config(now.settings, &json);
	if (rc == GB_OK) {
		(void)snprintf(etag, sizeof(etag), "\"%s\"", version);
		web_reply_header(rq->web, "ETag", etag);
		admin_json(rq, 200, &json);
	} else if (rc == GB_EINVAL)
		admin_fail(rq, 500, "SETTINGS_FAULTY", buf_str(&faults), NULL);
	else
		admin_fault(rq, rc);
	settings_now_free(&now);
	buf_release(&faults);
	buf_release(&json);
}

/* --- changing it ---------------------------------------------------------- */

static const struct setting *
find_row(const char *name)
{
	const struct setting *row;

	for (row = settings_table; row < settings_table + SETTINGS_COUNT; row++)
		if (strcmp(row->env, name) == 0 || strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

/* The version that the caller has seen, as "If-Match" has it; NULL: any. */
static const char *
if_match(const struct admin_request *rq, char version[VERSION_SIZE])
{
	const char *value;
	size_t len;

	value = web_header(rq->web, "If-Match");
	if (value == NULL || strcmp(value, "*") == 0)
		return NULL;
	/* Web servers that compress make W/"…-gzip" of it. */
	value += strspn(value, "W/\"");
	len = strcspn(value, "\"-");
	if (len >= VERSION_SIZE)
		len = 0;
	memcpy(version, value, len);
	version[len] = '\0';
	return version;
}

/* The wishes of the members; false: it is answered. */
static bool
read_wishes(struct admin_request *rq, struct json_object *config,
	    struct settings_wish *wishes, size_t *count)
{
	struct json_object_iterator it, end;
	struct settings_wish *w;
	const char *name;
	size_t i;

	it = json_object_iter_begin(config);
	end = json_object_iter_end(config);
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		name = json_object_iter_peek_name(&it);
		w = &wishes[*count];
		if ((w->row = find_row(name)) == NULL) {
			admin_fail(rq, 400, "SETTINGS_UNKNOWN", name, NULL);
			return false;
		}
		for (i = 0; i < *count; i++)
			if (wishes[i].row == w->row) {
				admin_fail(rq, 400, "SETTINGS_TWICE", name,
					   NULL);
				return false;
			}
		w->value = json_object_iter_peek_value(&it);
		w->reset = w->value == NULL;
		(*count)++;
	}
	return true;
}

/* The first wish that is to blame, in the answer. */
static void
fail_wish(struct admin_request *rq, const struct settings_wish *wishes,
	  size_t count)
{
	struct buf why;
	size_t i;

	for (i = 0; i < count && wishes[i].state != WISH_UNFIT; i++)
		;
	if (i == count) {
		admin_fault(rq, GB_EINVAL);
		return;
	}
	buf_init(&why, SETTING_FAULT_MAX);
	settings_wish_say(rq, &wishes[i], &why);
	admin_fail(rq, 400, "SETTINGS_WRONG", wishes[i].row->env, buf_str(&why),
		   NULL);
	buf_release(&why);
}

/* Make them true, and answer with what there is then. */
static void
make_true(struct admin_request *rq, struct settings_wish *wishes, size_t count)
{
	char version[VERSION_SIZE];
	enum gb_err rc;

	rc = settings_wish_all(rq, wishes, count, if_match(rq, version));
	if (rc == GB_OK)
		config_get(rq);
	else if (rc == GB_EEXIST)
		admin_fail(rq, 412, "SETTINGS_STALE", NULL);
	else if (rc == GB_EINVAL)
		fail_wish(rq, wishes, count);
	else
		admin_fault(rq, rc);
	settings_wishes_free(wishes, count);
}

void
config_put(struct admin_request *rq)
{
	struct settings_wish *wishes;
	struct json_object *config;
	size_t count;

	config = tree_parse(buf_str(&rq->body), rq->body.len);
	if (config == NULL || !json_object_is_type(config, json_type_object)) {
		json_object_put(config);
		admin_fail(rq, 400, "SETTINGS_NO_OBJECT", NULL);
		return;
	}
	count = 0;
	wishes = calloc(SETTINGS_COUNT + 1, sizeof(*wishes));
	if (wishes == NULL)
		admin_fault(rq, GB_ENOMEM);
	else if (read_wishes(rq, config, wishes, &count))
		make_true(rq, wishes, count);
	free(wishes);
	json_object_put(config);
}

void
config_reset(struct admin_request *rq)
{
	struct settings_wish *wishes;
	const struct setting *row;
	size_t count;

	if ((wishes = calloc(SETTINGS_COUNT, sizeof(*wishes))) == NULL) {
		admin_fault(rq, GB_ENOMEM);
		return;
	}
	count = 0;
	for (row = settings_table; row < settings_table + SETTINGS_COUNT;
	     row++) {
		wishes[count].row = row;
		wishes[count++].reset = true;
	}
	make_true(rq, wishes, count);
	free(wishes);
}

/* --- models to pick from -------------------------------------------------- */

void
config_models(struct admin_request *rq)
{
	static const struct models_filter all;
	struct models_openai list;
	struct buf google, json;
	int64_t newest_ms;
	enum gb_err rc;

	buf_init(&google, CONFIG_MAX);
	buf_init(&json, CONFIG_MAX);
	rc =
	    lists_get(app_lists(rq->app), rq->store, true, &google, &newest_ms);
	if (rc == GB_ENOTFOUND) {
		listing_due(rq->store, rq->cfg, app_engine(rq->app));
		buf_reset(&google);
		rc = lists_get(app_lists(rq->app), rq->store, true, &google,
			       &newest_ms);
	}
	if (rc == GB_OK) {
		models_openai_begin(&list, &all, &json);
		rc = models_openai_page(&list, buf_str(&google), google.len);
		models_openai_end(&list);
	}
	if (rc == GB_OK)
		admin_json(rq, 200, &json);
	else if (rc == GB_ENOTFOUND)
		admin_fail(rq, 503, "SETTINGS_NO_MODELS", NULL);
	else
		admin_fault(rq, rc);
	buf_release(&google);
	buf_release(&json);
}

/* --- rechecks ------------------------------------------------------------- */

/* Answer a change of how often disabled keys are rechecked, which is what
 * Gemini Balance's scheduler does; NULL: as often as the file says. */
static void
schedule(struct admin_request *rq, const char *hours, const char *said)
{
	struct settings_wish w;
	struct admin_answer a;
	enum gb_err rc;

	memset(&w, 0, sizeof(w));
	w.row = setting_find("check_interval_hours");
	w.text = hours;
	w.reset = hours == NULL;
	rc = settings_wish_all(rq, &w, 1, NULL);
	settings_wishes_free(&w, 1);
	if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	admin_answer_begin(&a, FAULTS_MAX);
	jout_key_string(&a.out, "message", said);
	admin_answer_send(rq, &a);
}

void
scheduler_start(struct admin_request *rq)
{
	struct settings_now now;
	struct buf faults;
	const char *hours;
	enum gb_err rc;

	buf_init(&faults, FAULTS_MAX);
	rc = settings_now_load(rq, &now, &faults);
	buf_release(&faults);
	if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	/* The file may not want it at all. */
	hours = now.below == NULL || now.below->check_interval_hours > 0
		    ? NULL
		    : setting_find("check_interval_hours")->fallback;
	settings_now_free(&now);
	schedule(rq, hours, "Scheduler started successfully.");
}

void
scheduler_stop(struct admin_request *rq)
{
	schedule(rq, "0", "Scheduler stopped successfully.");
}
