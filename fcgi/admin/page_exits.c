/* page_exits.c: whether the proxies work, as a page and as JSON */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "admin/pages.h"
#include "admin/settings_change.h"
#include "base/clock.h"
#include "config/settings_form.h"
#include "config/settings_table.h"
#include "dialect/json/json_out.h"
#include "dialect/json/json_tree.h"
#include "upstream/exit_test.h"

#define EXITS_MAX  1000	     /* of one request */
#define ANSWER_MAX (1 << 20) /* bytes */

/* --- the page ------------------------------------------------------------- */

static void
set_ms(struct dict *d, const char *name, int64_t ms)
{
	if (ms < 0)
		dict_set(d, name, "");
	else
		dict_setf(d, name, "%" PRId64 " ms", ms);
}

static void
show_result(const struct admin_request *rq, struct dict *page,
	    const struct exit_result *r)
{
	struct buf text;
	struct dict *d;

	d = dict_add(page, "EXIT");
	dict_set(d, "EXIT_NAME", r->name);
	dict_show(d, r->works ? "WORKS" : "FAILS");
	set_ms(d, "CONNECT", r->times.connect_ms);
	set_ms(d, "FIRST", r->times.first_byte_ms);
	dict_set(d, "ADDRESS", r->address);
	if (!r->works || r->fault[0] == '\0') {
		dict_set(d, "FAULT_TEXT", r->fault);
		return;
	}
	buf_init(&text, SETTING_FAULT_MAX);
	admin_write(rq, &text, "SETTINGS_EXITS_NO_ADDRESS",
		    (const char *const[]){r->fault, NULL});
	dict_set(d, "FAULT_TEXT", buf_str(&text));
	buf_release(&text);
}

void
exits_show(struct admin_request *rq)
{
	char name[EXIT_NAME_MAX];
	struct dict *d, *line;
	size_t i;

	d = admin_content(rq, "settings_exits.html", "SETTINGS_EXITS_TITLE");
	for (i = 0; i < exits_count(rq->cfg); i++) {
		exit_name(name, rq->cfg, exits_get(rq->cfg, i));
		line = dict_add(d, "EXIT");
		dict_set(line, "EXIT_NAME", name);
		dict_set(line, "CONNECT", "");
		dict_set(line, "FIRST", "");
		dict_set(line, "ADDRESS", "");
		dict_set(line, "FAULT_TEXT", "");
	}
	admin_page(rq, 200);
}

void
exits_try(struct admin_request *rq)
{
	struct exit_result *results;
	struct dict *d;
	size_t count, i;
	enum gb_err rc;

	rc = exits_test(app_engine(rq->app), rq->cfg, NULL, EXIT_TEST_ADDRESS,
			&results, &count);
	if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	d = admin_content(rq, "settings_exits.html", "SETTINGS_EXITS_TITLE");
	for (i = 0; i < count; i++)
		show_result(rq, d, &results[i]);
	free(results);
	admin_page(rq, 200);
}

/* --- Gemini Balance's routes ---------------------------------------------- */

static void
write_result(struct json_out *out, const char *proxy,
	     const struct exit_result *r)
{
	jout_object(out);
	jout_key_string(out, "proxy", proxy);
	jout_key_bool(out, "is_available", r->works);
	jout_key(out, "response_time");
	if (r->times.first_byte_ms >= 0)
		jout_double(out, (double)r->times.first_byte_ms / 1000);
	else
		jout_null(out);
	jout_key(out, "error_message");
	if (r->works)
		jout_null(out);
	else
		jout_string(out, r->fault);
	jout_key(out, "checked_at");
	jout_double(out, (double)clock_wall_ms() / 1000);
	jout_object_end(out);
}

/* Test the proxies of "list" as if the settings had these. */
static enum gb_err
test_list(struct admin_request *rq, struct json_object *list,
	  struct exit_result **results, size_t *count)
{
	struct settings asked = *rq->cfg;
	enum gb_err rc;
	size_t i, n;

	n = tree_length(list);
	asked.proxies.items = calloc(n + 1, sizeof(*asked.proxies.items));
	if (asked.proxies.items == NULL)
		return GB_ENOMEM;
	rc = GB_OK;
	for (i = 0; rc == GB_OK && i < n; i++) {
		asked.proxies.items[i] =
		    strdup(json_object_get_string(tree_item(list, i)));
		if (asked.proxies.items[i] == NULL)
			rc = GB_ENOMEM;
	}
	asked.proxies.count = n;
	if (rc == GB_OK)
		rc = exits_test(app_engine(rq->app), &asked, NULL,
				EXIT_TEST_UPSTREAM, results, count);
	for (i = 0; i < n; i++)
		free(asked.proxies.items[i]);
	free(asked.proxies.items);
	return rc;
}

/* Test the proxies of "list", which were found fit, and answer. */
static void
answer_test(struct admin_request *rq, struct json_object *list, bool one)
{
	struct exit_result *results;
	struct json_out out;
	struct buf json;
	size_t count, i;
	enum gb_err rc;

	if ((rc = test_list(rq, list, &results, &count)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	buf_init(&json, ANSWER_MAX);
	jout_init(&out, &json);
	if (!one)
		jout_array(&out);
	for (i = 0; i < count; i++)
		write_result(&out, results[i].name, &results[i]);
	if (!one)
		jout_array_end(&out);
	free(results);
	admin_json(rq, 200, &json);
	buf_release(&json);
}

/* Whether "list" holds proxies; masked ones become those of the settings, in
 * "*plain", which the caller puts.  Otherwise it is answered. */
static bool
read_proxies(struct admin_request *rq, struct json_object *list,
	     struct json_object **plain)
{
	struct setting_fault why;
	struct buf json, text;
	enum gb_err rc;

	*plain = NULL;
	if (list == NULL || !json_object_is_type(list, json_type_array) ||
	    tree_length(list) > EXITS_MAX) {
		admin_fail(rq, 400, "SETTINGS_EXITS_NONE", NULL);
		return false;
	}
	buf_init(&json, ANSWER_MAX);
	buf_init(&text, SETTING_FAULT_MAX);
	rc = setting_read_json(setting_find("proxies"), list, rq->cfg, &json,
			       &why);
	if (rc == GB_OK &&
	    (*plain = tree_parse(buf_str(&json), json.len)) == NULL)
		rc = GB_ENOMEM;
	if (rc == GB_EINVAL) {
		settings_fault_say(rq, &why, &text);
		admin_fail(rq, 400, "SETTINGS_WRONG", "proxy", buf_str(&text),
			   NULL);
	} else if (rc != GB_OK)
		admin_fault(rq, rc);
	buf_wipe(&json);
	buf_release(&text);
	return rc == GB_OK;
}

/* What a check of none at all finds. */
static void
answer_none(struct admin_request *rq)
{
	struct buf json;

	buf_init(&json, 8);
	buf_puts(&json, "[]");
	admin_json(rq, 200, &json);
	buf_release(&json);
}

void
exits_check_one(struct admin_request *rq)
{
	struct json_object *body, *list, *proxy, *plain;

	body = tree_parse(buf_str(&rq->body), rq->body.len);
	proxy = tree_get(body, "proxy");
	list = proxy == NULL ? NULL : json_object_new_array();
	if (list != NULL)
		json_object_array_add(list, json_object_get(proxy));
	if (read_proxies(rq, list, &plain))
		answer_test(rq, plain, true);
	json_object_put(plain);
	json_object_put(list);
	json_object_put(body);
}

void
exits_check_all(struct admin_request *rq)
{
	struct json_object *body, *plain;

	body = tree_parse(buf_str(&rq->body), rq->body.len);
	if (read_proxies(rq, tree_get(body, "proxies"), &plain)) {
		if (tree_length(plain) == 0)
			answer_none(rq);
		else
			answer_test(rq, plain, false);
	}
	json_object_put(plain);
	json_object_put(body);
}

/* Each check is a fresh one here. */
void
exits_cache_stats(struct admin_request *rq)
{
	struct admin_answer a;

	admin_answer_begin(&a, ANSWER_MAX);
	jout_key_int(&a.out, "total_cached", 0);
	jout_key_int(&a.out, "valid_cached", 0);
	jout_key_int(&a.out, "expired_cached", 0);
	admin_answer_send(rq, &a);
}

void
exits_cache_clear(struct admin_request *rq)
{
	struct admin_answer a;

	admin_answer_begin(&a, ANSWER_MAX);
	jout_key_bool(&a.out, "success", true);
	jout_key_string(&a.out, "message", "Proxy check cache cleared");
	admin_answer_send(rq, &a);
}
