/* page_settings.c: every setting there is, to be seen and changed */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin/model_choice.h"
#include "admin/pages.h"
#include "admin/settings_change.h"
#include "base/log.h"
#include "config/settings_check.h"
#include "config/settings_form.h"
#include "store/setting_changes.h"

#define TEXT_MAX    (1 << 20) /* bytes of a value on a page */
#define FAULTS_MAX  (64 << 10)
#define LINES_SHOWN 8	/* of a list at once */
#define SAID_MAX    400 /* bytes of names in a note */

/* The groups of the settings table: each begins with this setting. */
static const struct {
	const char *key, *first, *text;
} groups[] = {
    {"tokens", "api_keys", "SETTINGS_GROUP_TOKENS"},
    {"upstream", "base_url", "SETTINGS_GROUP_UPSTREAM"},
    {"health", "max_failures", "SETTINGS_GROUP_HEALTH"},
    {"models", "models_hours", "SETTINGS_GROUP_MODELS"},
    {"pictures", "upload_provider", "SETTINGS_GROUP_PICTURES"},
    {"files", "files_user_isolation_enabled", "SETTINGS_GROUP_FILES"},
    {"serving", "sqlite_database", "SETTINGS_GROUP_SERVING"},
    {"admin", "admin_session_expire", "SETTINGS_GROUP_ADMIN"},
    {"log", "auto_delete_request_logs_enabled", "SETTINGS_GROUP_LOG"},
};

static const char *const origin_texts[LAYER__MAX] = {
    [LAYER_DEFAULT] = "SETTINGS_FROM_DEFAULT",
    [LAYER_FILE] = "SETTINGS_FROM_FILE",
    [LAYER_ENVIRONMENT] = "SETTINGS_FROM_ENVIRONMENT",
    [LAYER_DATABASE] = "SETTINGS_FROM_DATABASE",
};

static const char *const unit_texts[UNIT__MAX] = {
    [UNIT_SECONDS] = "SETTINGS_UNIT_SECONDS",
    [UNIT_HOURS] = "SETTINGS_UNIT_HOURS",
    [UNIT_DAYS] = "SETTINGS_UNIT_DAYS",
    [UNIT_BYTES] = "SETTINGS_UNIT_BYTES",
};

/* What a page of settings is of, and what was typed into it. */
struct view {
	size_t group;		     /* GB_COUNT(groups): all of them */
	const char *q;		     /* "": any */
	struct settings_wish *typed; /* NULL: nothing was */
	char **texts;		     /* theirs */
	size_t count;
	struct settings_now now;
};

/* --- which settings ------------------------------------------------------- */

/* The group of a setting. */
static size_t
group_of(const struct setting *row)
{
	size_t i, group;

	group = 0;
	for (i = 0; i < GB_COUNT(groups); i++)
		if (setting_find(groups[i].first) <= row)
			group = i;
	return group;
}

static const char *
doc_of(const struct admin_request *rq, const struct setting *row)
{
	const char *text;
	char key[64];

	(void)snprintf(key, sizeof(key), "SETTINGS_OF_%s", row->env);
	text = admin_text(rq, key);
	return text == key ? row->doc : text;
}

static bool
is_shown(const struct admin_request *rq, const struct view *view,
	 const struct setting *row)
{
	if (view->q[0] != '\0')
		return strcasestr(row->name, view->q) != NULL ||
		       strcasestr(doc_of(rq, row), view->q) != NULL;
	return group_of(row) == view->group;
}

static void
view_init(struct view *view, const struct form *from)
{
	const char *key;
	size_t i;

	memset(view, 0, sizeof(*view));
	view->q = form_value(from, "q");
	key = form_value(from, "group");
	for (i = 0; i < GB_COUNT(groups); i++)
		if (strcmp(groups[i].key, key) == 0)
			view->group = i;
}

static void
write_place(const struct view *view, struct buf *out)
{
	buf_puts(out, "admin/settings");
	if (view->q[0] != '\0') {
		buf_puts(out, "?q=");
		list_escape(out, view->q, "");
	} else {
		buf_printf(out, "?group=%s", groups[view->group].key);
	}
}

/* --- one setting ---------------------------------------------------------- */

static void
add_choice(struct dict *field, const char *value, const char *text,
	   const char *chosen)
{
	struct dict *d;

	d = dict_add(field, "CHOICE");
	dict_set(d, "CHOICE_VALUE", value);
	dict_set(d, "CHOICE_TEXT", text);
	dict_show_if(d, "CHOSEN", strcmp(value, chosen) == 0);
}

static void
show_choices(const struct admin_request *rq, struct dict *d,
	     const struct setting *row, const char *text)
{
	struct dict *field;
	size_t i;

	field = dict_add(d, "AS_CHOICE");
	if (row->type == SETTING_BOOL) {
		add_choice(field, "true", admin_text(rq, "SETTINGS_ON"), text);
		add_choice(field, "false", admin_text(rq, "SETTINGS_OFF"),
			   text);
		return;
	}
	for (i = 0; i < LOG_LEVEL__MAX; i++)
		add_choice(field, log_level_names[i], log_level_names[i], text);
}

static void
show_lines(struct dict *d, const struct setting *row, const char *text)
{
	const char *p;
	struct dict *field;
	int lines;

	for (lines = 2, p = text; *p != '\0'; p++)
		lines += *p == '\n';
	field = dict_add(d, "AS_LINES");
	dict_set(field, "VALUE", text);
	dict_set_int(field, "ROWS", lines > LINES_SHOWN ? LINES_SHOWN : lines);
	dict_show_if(field, "OF_MODEL",
		     row->type == SETTING_LIST && row->check == check_model);
	dict_show(d, row->type == SETTING_LIST ? "LINES" : "PAIR_LINES");
}

/* The field that fits its type, with "text" in it. */
static void
show_field(const struct admin_request *rq, struct dict *d,
	   const struct setting *row, const char *text)
{
	struct dict *field;

	switch (row->type) {
	case SETTING_BOOL:
	case SETTING_LEVEL:
		show_choices(rq, d, row, text);
		return;
	case SETTING_LIST:
	case SETTING_PAIRS:
		show_lines(d, row, text);
		return;
	case SETTING_NUMBER:
		if (row->unit == UNIT_BYTES)
			break;
		field = dict_add(d, "AS_NUMBER");
		dict_set(field, "VALUE", text);
		dict_set_int(field, "MIN", row->min);
		dict_set_int(field, "MAX", row->max);
		return;
	case SETTING_DECIMAL:
	case SETTING_TEXT:
		break;
	}
	field = dict_add(d, "AS_TEXT");
	dict_set(field, "VALUE", text);
	dict_show_if(field, "OF_MODEL", row->check == check_model);
	dict_show_if(field, "DIGITS", row->type == SETTING_DECIMAL);
	dict_show_if(field, "FIXED", row->not_in_database);
}

/* What a number may be, and what it is by default. */
static void
show_range(const struct admin_request *rq, struct dict *d,
	   const struct setting *row)
{
	char min[24], max[24];
	struct buf text;

	buf_init(&text, TEXT_MAX);
	if (row->type == SETTING_NUMBER && row->unit != UNIT_BYTES) {
		(void)snprintf(min, sizeof(min), "%" PRId64, row->min);
		(void)snprintf(max, sizeof(max), "%" PRId64, row->max);
		admin_write(rq, &text, "SETTINGS_RANGE",
			    (const char *const[]){min, max, NULL});
		buf_putc(&text, ' ');
	}
	if (row->fallback[0] != '\0')
		admin_write(rq, &text, "SETTINGS_DEFAULT",
			    (const char *const[]){row->fallback, NULL});
	dict_set(d, "RANGE", buf_str(&text));
	buf_release(&text);
}

/* Why what was typed is not in force. */
static void
show_fault(const struct admin_request *rq, struct dict *d,
	   const struct settings_wish *w, const char *is)
{
	bool conflict = w->state == WISH_CONFLICT;
	struct buf text, why;

	buf_init(&text, TEXT_MAX);
	buf_init(&why, SETTING_FAULT_MAX);
	if (!conflict)
		settings_wish_say(rq, w, &why);
	admin_write(rq, &text,
		    conflict ? "SETTINGS_CONFLICT" : "SETTINGS_UNFIT",
		    (const char *const[]){conflict ? is : buf_str(&why), NULL});
	dict_show(d, "FAULT");
	dict_set(d, "WHY", buf_str(&text));
	buf_release(&text);
	buf_release(&why);
}

static const struct settings_wish *
typed_of(const struct view *view, const struct setting *row)
{
	size_t i;

	for (i = 0; i < view->count; i++)
		if (view->typed[i].row == row)
			return &view->typed[i];
	return NULL;
}

static enum gb_err
show_setting(const struct admin_request *rq, const struct view *view,
	     struct dict *page, const struct setting *row)
{
	const struct settings_wish *w;
	char version[VERSION_SIZE];
	enum settings_layer origin;
	struct buf is, below;
	struct dict *d;
	enum gb_err rc;

	buf_init(&is, TEXT_MAX);
	buf_init(&below, TEXT_MAX);
	rc = setting_form_text(row, view->now.settings, &is);
	if (rc == GB_OK && view->now.below != NULL)
		rc = setting_form_text(row, view->now.below, &below);
	if (rc == GB_OK)
		rc = settings_version(rq, row, view->now.settings, version);
	if (rc != GB_OK)
		goto out;
	origin = settings_origin(view->now.settings, row->name);
	w = typed_of(view, row);
	d = dict_add(page, "SETTING");
	dict_set(d, "NAME", row->name);
	dict_set(d, "DOC", doc_of(rq, row));
	dict_set(d, "ORIGIN", admin_text(rq, origin_texts[origin]));
	dict_set(d, "UNIT",
		 row->unit == UNIT_NONE
		     ? ""
		     : admin_text(rq, unit_texts[row->unit]));
	dict_set(d, "VERSION_OF", version);
	dict_set(d, "BELOW", below.len > 0 ? buf_str(&below) : "\"\"");
	dict_show_if(d, "CHANGED", origin == LAYER_DATABASE);
	dict_show_if(d, "AT_START", row->at_start);
	dict_show_if(d, "SECRET", row->secret != SECRET_NOT);
	show_range(rq, d, row);
	show_field(rq, d, row,
		   w != NULL && w->text != NULL && w->state != WISH_SAME
		       ? w->text
		       : buf_str(&is));
	if (w != NULL && (w->state == WISH_UNFIT || w->state == WISH_CONFLICT))
		show_fault(rq, d, w, buf_str(&is));
out:
	buf_wipe(&is);
	buf_wipe(&below);
	return rc;
}

/* --- the page ------------------------------------------------------------- */

static void
show_groups(const struct admin_request *rq, const struct view *view,
	    struct dict *page)
{
	struct dict *d;
	size_t i;

	for (i = 0; i < GB_COUNT(groups); i++) {
		d = dict_add(page, "GROUP");
		dict_setf(d, "URL", "?group=%s", groups[i].key);
		dict_set(d, "GROUP_NAME", admin_text(rq, groups[i].text));
		dict_show_if(d, "GROUP_HERE",
			     view->q[0] == '\0' && i == view->group);
	}
}

/* The page of "view", whose settings have been read. */
static void
show_view(struct admin_request *rq, struct view *view, int status)
{
	const struct setting *row;
	bool any, models;
	struct dict *d;
	enum gb_err rc;

	d = admin_content(rq, "settings.html", "SETTINGS_TITLE");
	show_groups(rq, view, d);
	dict_set(d, "Q", view->q);
	dict_set(d, "GROUP_KEY", groups[view->group].key);
	any = models = false;
	for (row = settings_table; row < settings_table + SETTINGS_COUNT;
	     row++) {
		if (!is_shown(rq, view, row))
			continue;
		if ((rc = show_setting(rq, view, d, row)) != GB_OK) {
			admin_fault(rq, rc);
			return;
		}
		any = true;
		models = models || row->check == check_model;
	}
	dict_show(d, any ? "SOME" : "NONE");
	if (models)
		model_choice_add(rq, d, "MODEL", "MODEL_NAME", false);
	admin_page(rq, status);
}

/* Read the settings, and show them. */
static void
load_and_show(struct admin_request *rq, struct view *view, int status)
{
	struct buf faults;
	enum gb_err rc;

	buf_init(&faults, FAULTS_MAX);
	rc = settings_now_load(rq, &view->now, &faults);
	if (rc == GB_OK)
		show_view(rq, view, status);
	else if (rc == GB_EINVAL)
		admin_fail(rq, 500, "SETTINGS_FAULTY", buf_str(&faults), NULL);
	else
		admin_fault(rq, rc);
	settings_now_free(&view->now);
	buf_release(&faults);
}

void
settings_show(struct admin_request *rq)
{
	struct view view;

	view_init(&view, &rq->query);
	load_and_show(rq, &view, 200);
}

/* --- changing them -------------------------------------------------------- */

/* The text of the field, with the model that is to be added to it. */
static char *
typed_text(const struct form *form, const struct setting *row)
{
	char name[80];
	const char *add;
	char *text;

	(void)snprintf(name, sizeof(name), "a_%s", row->name);
	add = form_value(form, name);
	if (add[0] == '\0' || row->type != SETTING_LIST)
		return strdup(form_value(form, row->name));
	return asprintf(&text, "%s\n%s", form_value(form, row->name), add) == -1
		   ? NULL
		   : text;
}

/* What the form wishes for; false: no memory. */
static bool
read_wishes(const struct form *form, struct view *view)
{
	const struct setting *row;
	const char *reset;
	struct settings_wish *w;
	char name[80];

	reset = form_value(form, "reset");
	for (row = settings_table; row < settings_table + SETTINGS_COUNT;
	     row++) {
		if (row->not_in_database || !form_has(form, row->name) ||
		    (reset[0] != '\0' && strcmp(reset, row->name) != 0))
			continue;
		w = &view->typed[view->count];
		w->row = row;
		w->reset = reset[0] != '\0';
		(void)snprintf(name, sizeof(name), "v_%s", row->name);
		w->version = form_value(form, name);
		if (!w->reset) {
			w->text = view->texts[view->count] =
			    typed_text(form, row);
			if (w->text == NULL)
				return false;
		}
		view->count++;
	}
	return true;
}

static void
say_done(struct admin_request *rq, const struct view *view)
{
	struct buf names;
	size_t i;

	buf_init(&names, SAID_MAX);
	for (i = 0; i < view->count; i++)
		if (view->typed[i].state == WISH_CHANGES)
			buf_printf(&names, "%s%s", names.len > 0 ? ", " : "",
				   view->typed[i].row->name);
	if (names.len > 0)
		admin_say(rq, TONE_DONE, "SETTINGS_SAVED", buf_str(&names),
			  NULL);
	else
		admin_say(rq, TONE_WARNING, "SETTINGS_SAME", NULL);
	buf_release(&names);
}

static void
change(struct admin_request *rq, struct view *view)
{
	struct buf to;
	bool conflict;
	enum gb_err rc;
	size_t i;

	rc = settings_wish_all(rq, view->typed, view->count, NULL);
	if (rc == GB_OK) {
		say_done(rq, view);
		buf_init(&to, LIST_URL_MAX);
		write_place(view, &to);
		admin_redirect(rq, buf_str(&to));
		buf_release(&to);
		return;
	}
	if (rc != GB_EINVAL) {
		admin_fault(rq, rc);
		return;
	}
	for (conflict = false, i = 0; i < view->count; i++)
		conflict = conflict || view->typed[i].state == WISH_CONFLICT;
	admin_say(rq, TONE_FAILED,
		  conflict ? "SETTINGS_NOT_SAVED_CONFLICT"
			   : "SETTINGS_NOT_SAVED",
		  NULL);
	load_and_show(rq, view, conflict ? 409 : 400);
}

void
settings_save(struct admin_request *rq)
{
	struct view view;
	size_t i;

	view_init(&view, &rq->form);
	view.typed = calloc(SETTINGS_COUNT, sizeof(*view.typed));
	view.texts = calloc(SETTINGS_COUNT, sizeof(*view.texts));
	if (view.typed == NULL || view.texts == NULL ||
	    !read_wishes(&rq->form, &view))
		admin_fault(rq, GB_ENOMEM);
	else
		change(rq, &view);
	settings_wishes_free(view.typed, view.count);
	for (i = 0; i < view.count; i++) {
		if (view.texts[i] != NULL)
			explicit_bzero(view.texts[i], strlen(view.texts[i]));
		free(view.texts[i]);
	}
	free(view.texts);
	free(view.typed);
}

/* --- who changed what ----------------------------------------------------- */

void
settings_history(struct admin_request *rq)
{
	struct setting_events events;
	const struct setting_event *e;
	const char *name;
	char after[24];
	struct dict *d, *line;
	int64_t below;
	enum gb_err rc;
	size_t i;

	name = form_value(&rq->query, "name");
	if (!form_number(&rq->query, "after", 1, INT64_MAX, &below))
		below = 0;
	rc = store_setting_events(rq->store, name[0] == '\0' ? NULL : name,
				  below, LIST_PAGE + 1, &events);
	if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	d = admin_content(rq, "settings_history.html",
			  "SETTINGS_HISTORY_TITLE");
	dict_set(d, "NAME", name);
	dict_show(d, events.count == 0 ? "NONE" : "SOME");
	for (i = 0; i < events.count && i < LIST_PAGE; i++) {
		e = &events.rows[i];
		line = dict_add(d, "EVENT");
		admin_set_time(line, "TIME", e->time_ms);
		dict_set(line, "EVENT_NAME", e->name);
		dict_set(line, "BEFORE", e->before);
		dict_set(line, "AFTER", e->after);
		dict_set(line, "WHO", e->who);
		dict_show_if(line, "RESET", e->reset);
		(void)snprintf(after, sizeof(after), "%" PRId64, e->id);
	}
	list_pager_on(d, &rq->query, events.count > LIST_PAGE ? after : NULL);
	setting_events_free(&events);
	admin_page(rq, 200);
}
