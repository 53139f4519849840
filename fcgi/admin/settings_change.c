/* settings_change.c: changing settings, so that nobody's change is lost */
#include "admin/settings_change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "app/startup.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "config/settings_form.h"
#include "store/overrides.h"
#include "store/setting_changes.h"

#define VALUE_MAX  (64 << 20) /* bytes of a setting */
#define FAULTS_MAX (64 << 10)
#define TRIES	   20 /* other changes may come between */

/* --- what there is -------------------------------------------------------- */

/* Settings of the rows "rows" over file and environment, without the row
 * "name" where that is no NULL, and with "more". */
static enum gb_err
load_with(const struct admin_request *rq, const struct override_rows *rows,
	  const struct settings_wish *wishes, size_t count,
	  struct settings **out, struct buf *faults,
	  struct setting_fault *first)
{
	struct settings_override *all;
	size_t i, k, n;
	enum gb_err rc;

	*out = NULL;
	all = calloc(rows->count + count + 1, sizeof(*all));
	if (all == NULL)
		return GB_ENOMEM;
	for (n = i = 0; i < rows->count; i++) {
		for (k = 0; k < count; k++)
			if (wishes[k].state == WISH_CHANGES &&
			    strcmp(wishes[k].row->name, rows->rows[i].name) ==
				0)
				break;
		if (k == count)
			all[n++] =
			    (struct settings_override){rows->rows[i].name,
						       rows->rows[i].json};
	}
	for (k = 0; k < count; k++)
		if (wishes[k].state == WISH_CHANGES && wishes[k].json != NULL)
			all[n++] =
			    (struct settings_override){wishes[k].row->name,
						       wishes[k].json};
	rc = app_settings_with(rq->app, all, n, out, faults, first);
	free(all);
	return rc;
}

enum gb_err
settings_now_load(struct admin_request *rq, struct settings_now *now,
		  struct buf *faults)
{
	struct buf below_faults;
	enum gb_err rc;

	memset(now, 0, sizeof(*now));
	now->rows = calloc(1, sizeof(*now->rows));
	if (now->rows == NULL)
		return GB_ENOMEM;
	buf_init(&below_faults, FAULTS_MAX);
	/* The generation first: what is read after it is not older. */
	if ((rc = store_generation(rq->store, &now->generation)) == GB_OK &&
	    (rc = store_overrides_list(rq->store, now->rows)) == GB_OK &&
	    (rc = load_with(rq, now->rows, NULL, 0, &now->settings, faults,
			    NULL)) == GB_OK) {
		/* They may have faults that the database makes up for. */
		rc = app_settings_with(rq->app, NULL, 0, &now->below,
				       &below_faults, NULL);
		if (rc == GB_EINVAL)
			rc = GB_OK;
	}
	buf_release(&below_faults);
	if (rc != GB_OK)
		settings_now_free(now);
	return rc;
}

void
settings_now_free(struct settings_now *now)
{
	settings_free(now->settings);
	settings_free(now->below);
	if (now->rows != NULL)
		override_rows_free(now->rows);
	free(now->rows);
	memset(now, 0, sizeof(*now));
}

/* --- versions ------------------------------------------------------------- */

/* The version that "json" would be: only who has the database can make it. */
static void
version_of(const struct admin_request *rq, const char *name, const char *json,
	   char version[VERSION_SIZE])
{
	unsigned char digest[DIGEST_SIZE], mac[DIGEST_SIZE];
	char key[2 * DIGEST_SIZE + 1], what[2 * DIGEST_SIZE + 1];
	const struct secret_part parts[] = {{name, strlen(name)},
					    {json, strlen(json)}};

	secret_digest_parts(digest, parts, GB_COUNT(parts));
	hex_write(what, digest, DIGEST_SIZE);
	hex_write(key, rq->snap->admin.digest, DIGEST_SIZE);
	secret_hmac(mac, key, what);
	hex_write(version, mac, (VERSION_SIZE - 1) / 2);
	explicit_bzero(key, sizeof(key));
}

enum gb_err
settings_version(const struct admin_request *rq, const struct setting *row,
		 const struct settings *s, char version[VERSION_SIZE])
{
	struct buf json;
	enum gb_err rc;

	buf_init(&json, VALUE_MAX);
	if ((rc = settings_json(s, row->name, &json)) == GB_OK)
		version_of(rq, row->name, buf_str(&json), version);
	buf_wipe(&json);
	return rc;
}

enum gb_err
settings_version_all(const struct admin_request *rq, const struct settings *s,
		     char version[VERSION_SIZE])
{
	const struct setting *row;
	struct buf json;
	enum gb_err rc;

	buf_init(&json, VALUE_MAX);
	rc = GB_OK;
	for (row = settings_table;
	     rc == GB_OK && row < settings_table + SETTINGS_COUNT; row++) {
		rc = settings_json(s, row->name, &json);
		buf_putc(&json, '\n');
	}
	if (rc == GB_OK && (rc = buf_error(&json)) == GB_OK)
		version_of(rq, "", buf_str(&json), version);
	buf_wipe(&json);
	return rc;
}

/* --- judging -------------------------------------------------------------- */

/* Whether it is wished for as it is: what was read comes back whole. */
static bool
is_as_wished(const struct settings_wish *w, const struct settings *now)
{
	struct json_object *masked;
	bool same;

	masked = setting_masked_json(w->row, now);
	same = w->value != NULL && masked != NULL &&
	       json_object_equal(masked, w->value);
	json_object_put(masked);
	return same;
}

/* Read what is wished for into "json"; the wish is unfit when it is none. */
static enum gb_err
read_wish(struct settings_wish *w, const struct settings *now, struct buf *json)
{
	enum gb_err rc;

	if (w->row->not_in_database && is_as_wished(w, now))
		return settings_json(now, w->row->name, json);
	if (w->text != NULL)
		rc = setting_read_form(w->row, w->text, now, json, &w->why);
	else
		rc = setting_read_json(w->row, w->value, now, json, &w->why);
	if (rc == GB_ENOTFOUND)
		w->why =
		    (struct setting_fault){w->row, UNFIT_NOT_IN_DATABASE, 0};
	if (rc != GB_EINVAL && rc != GB_ENOTFOUND)
		return rc;
	w->state = WISH_UNFIT;
	return GB_OK;
}

/* The wish is for "wanted", "" for what is below; "is" is its value now. */
static void
compare(const struct admin_request *rq, struct settings_wish *w,
	const char *wanted, const char *is, bool overridden)
{
	char version[VERSION_SIZE], want[VERSION_SIZE];

	if (w->reset ? !overridden : strcmp(wanted, is) == 0) {
		w->state = WISH_SAME;
		return;
	}
	w->state = WISH_CHANGES;
	if (w->version == NULL)
		return;
	version_of(rq, w->row->name, is, version);
	version_of(rq, w->row->name, wanted, want);
	if (!w->reset && strcmp(want, w->version) == 0)
		w->state = WISH_SAME; /* as it was seen: it was not touched */
	else if (strcmp(version, w->version) != 0)
		w->state = WISH_CONFLICT;
}

static enum gb_err
judge(const struct admin_request *rq, struct settings_wish *w,
      const struct settings_now *now)
{
	struct buf wanted, is;
	enum gb_err rc;

	free(w->json);
	w->json = NULL;
	w->why = (struct setting_fault){NULL, UNFIT_NONE, 0};
	w->state = WISH_SAME;
	buf_init(&wanted, VALUE_MAX);
	buf_init(&is, VALUE_MAX);
	rc = settings_json(now->settings, w->row->name, &is);
	if (rc == GB_OK && !w->reset)
		rc = read_wish(w, now->settings, &wanted);
	if (rc == GB_OK && w->state != WISH_UNFIT) {
		compare(rq, w, buf_str(&wanted), buf_str(&is),
			settings_origin(now->settings, w->row->name) ==
			    LAYER_DATABASE);
		if (w->state == WISH_CHANGES && !w->reset &&
		    (w->json = strdup(buf_str(&wanted))) == NULL)
			rc = GB_ENOMEM;
	}
	buf_wipe(&wanted);
	buf_wipe(&is);
	return rc;
}

/* The fault of all wishes together: the one that it names is to blame, or all
 * where it names none.  Returns whether there is any. */
static bool
blame(struct settings_wish *wishes, size_t count,
      const struct setting_fault *fault)
{
	bool named, any;
	size_t i;

	for (named = false, i = 0; i < count; i++)
		named = named || (wishes[i].state == WISH_CHANGES &&
				  wishes[i].row == fault->row);
	for (any = false, i = 0; i < count; i++)
		if (wishes[i].state == WISH_CHANGES &&
		    (!named || wishes[i].row == fault->row)) {
			any = true;
			wishes[i].state = WISH_UNFIT;
			wishes[i].why = *fault;
		}
	return any;
}

/* --- making them true ----------------------------------------------------- */

static void
write_who(const struct admin_request *rq, char who[SETTING_WHO_MAX + 1])
{
	char address[WEB_ADDRESS_SIZE];

	web_address(rq->web, rq->cfg->trust_forwarded, address);
	(void)snprintf(who, SETTING_WHO_MAX + 1, "%s%s", address,
		       rq->session.by_token ? " (API)" : "");
}

/* The change that a wish is, with its texts, which are the caller's. */
static enum gb_err
describe(const struct settings_wish *w, const struct settings *before,
	 const struct settings *after, struct setting_change *c, char *texts[2])
{
	struct buf text;
	enum gb_err rc;
	int i;

	rc = GB_OK;
	for (i = 0; rc == GB_OK && i < 2; i++) {
		buf_init(&text, VALUE_MAX);
		rc = setting_form_text(w->row, i == 0 ? before : after, &text);
		texts[i] = rc == GB_OK ? strdup(buf_str(&text)) : NULL;
		if (rc == GB_OK && texts[i] == NULL)
			rc = GB_ENOMEM;
		buf_release(&text);
	}
	c->name = w->row->name;
	c->json = w->json;
	c->before = texts[0];
	c->after = texts[1];
	return rc;
}

static enum gb_err
write_changes(struct admin_request *rq, const struct settings_wish *wishes,
	      size_t count, const struct settings_now *now,
	      const struct settings *after)
{
	char who[SETTING_WHO_MAX + 1], *(*texts)[2];
	struct setting_change *changes;
	enum gb_err rc;
	size_t i, n;

	changes = calloc(count + 1, sizeof(*changes));
	texts = calloc(count + 1, sizeof(*texts));
	rc = changes == NULL || texts == NULL ? GB_ENOMEM : GB_OK;
	for (n = i = 0; rc == GB_OK && i < count; i++)
		if (wishes[i].state == WISH_CHANGES) {
			rc = describe(&wishes[i], now->settings, after,
				      &changes[n], texts[n]);
			n++;
		}
	write_who(rq, who);
	if (rc == GB_OK && n > 0)
		rc = store_settings_change(rq->store, now->generation, changes,
					   n, who, clock_wall_ms());
	for (i = 0; rc == GB_OK && i < n; i++)
		log_info("settings: %s changed by %s", changes[i].name, who);
	for (i = 0; texts != NULL && i < n; i++) {
		free(texts[i][0]);
		free(texts[i][1]);
	}
	free(changes);
	free(texts);
	return rc;
}

/* Whether there are new keys, which are in the pool at once then. */
static bool
changes_keys(const struct settings_wish *wishes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (wishes[i].state == WISH_CHANGES &&
		    (strstr(wishes[i].row->name, "api_keys") != NULL ||
		     strcmp(wishes[i].row->name, "paid_key") == 0))
			return true;
	return false;
}

/* One try: GB_EBUSY when something else was changed in between. */
static enum gb_err
try_all(struct admin_request *rq, struct settings_wish *wishes, size_t count,
	const char *all, struct settings_now *now, struct settings **after)
{
	char version[VERSION_SIZE];
	struct setting_fault first = {NULL, UNFIT_NONE, 0};
	struct buf faults;
	enum gb_err rc;
	bool unfit = false;
	size_t i;

	buf_init(&faults, FAULTS_MAX);
	if ((rc = settings_now_load(rq, now, &faults)) != GB_OK)
		goto out;
	if (all != NULL &&
	    (rc = settings_version_all(rq, now->settings, version)) == GB_OK &&
	    strcmp(version, all) != 0)
		rc = GB_EEXIST;
	for (i = 0; rc == GB_OK && i < count; i++) {
		rc = judge(rq, &wishes[i], now);
		unfit = unfit || wishes[i].state == WISH_UNFIT ||
			wishes[i].state == WISH_CONFLICT;
	}
	if (rc != GB_OK || unfit)
		goto out;
	rc = load_with(rq, now->rows, wishes, count, after, &faults, &first);
	if (rc == GB_OK)
		rc = write_changes(rq, wishes, count, now, *after);
	else if (rc == GB_EINVAL && first.row != NULL)
		unfit = blame(wishes, count, &first);
out:
	/* What no wish can be blamed for is nothing that a form can mend. */
	if (unfit)
		rc = GB_EINVAL;
	else if (rc == GB_EINVAL) {
		log_errorx("settings: %s", buf_str(&faults));
		rc = GB_EIO;
	}
	buf_release(&faults);
	return rc;
}

static const char *
words_of_fault(const void *rq, const char *key)
{
	return admin_text(rq, key);
}

void
settings_fault_say(const struct admin_request *rq,
		   const struct setting_fault *fault, struct buf *out)
{
	setting_fault_write(fault, words_of_fault, rq, out);
}

void
settings_wish_say(const struct admin_request *rq, const struct settings_wish *w,
		  struct buf *out)
{
	struct buf text;

	if (w->why.row == w->row) {
		settings_fault_say(rq, &w->why, out);
		return;
	}
	buf_init(&text, SETTING_FAULT_MAX);
	settings_fault_say(rq, &w->why, &text);
	admin_write(rq, out, "SETTINGS_WRONG",
		    (const char *const[]){w->why.row->name, buf_str(&text),
					  NULL});
	buf_release(&text);
}

enum gb_err
settings_wish_all(struct admin_request *rq, struct settings_wish *wishes,
		  size_t count, const char *all)
{
	struct settings_now now;
	struct settings *after;
	enum gb_err rc;
	int i;

	rc = GB_EBUSY;
	for (i = 0; rc == GB_EBUSY && i < TRIES; i++) {
		after = NULL;
		rc = try_all(rq, wishes, count, all, &now, &after);
		if (rc == GB_OK && changes_keys(wishes, count))
			rc = startup_add_keys(rq->store, after);
		settings_free(after);
		settings_now_free(&now);
	}
	return rc;
}

void
settings_wishes_free(struct settings_wish *wishes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (wishes[i].json != NULL)
			explicit_bzero(wishes[i].json, strlen(wishes[i].json));
		free(wishes[i].json);
		wishes[i].json = NULL;
	}
}
