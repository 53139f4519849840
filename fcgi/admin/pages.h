/*
 * pages.h: the handlers of the route table, a file each page.
 *
 * A page is a file page_X.c, a template, its texts in every language, and its
 * rows in routes.c.
 */
#ifndef GB_ADMIN_PAGES_H
#define GB_ADMIN_PAGES_H

#include "admin/request.h"

/* page_sign_in.c: signing in and out, who is signed in, and the language. */
void sign_in_show(struct admin_request *);
void sign_in_try(struct admin_request *);
void sign_out(struct admin_request *);
void sign_out_everywhere(struct admin_request *);
void sessions_show(struct admin_request *);
void session_end(struct admin_request *);
void sessions_list(struct admin_request *);
void sessions_end(struct admin_request *);
void language_choose(struct admin_request *);

/* page_overview.c: how all is. */
void overview_show(struct admin_request *);

/* page_logs.c, page_log.c, logs_export.c: requests and errors. */
void logs_show(struct admin_request *);
void logs_delete(struct admin_request *);
void logs_export(struct admin_request *);
void logs_show_request(struct admin_request *);
void logs_show_error(struct admin_request *);

/* api_logs.c, api_stats.c: the same as JSON, by Gemini Balance's paths. */
void api_errors_list(struct admin_request *);
void api_errors_of_key(struct admin_request *);
void api_errors_details(struct admin_request *);
void api_errors_lookup(struct admin_request *);
void api_errors_delete(struct admin_request *);
void api_errors_delete_one(struct admin_request *);
void api_errors_delete_all(struct admin_request *);
void api_stats_details(struct admin_request *);
void api_stats_key_details(struct admin_request *);
void api_stats_attention(struct admin_request *);

/* page_settings.c: every setting, and who changed which. */
void settings_show(struct admin_request *);
void settings_save(struct admin_request *);
void settings_history(struct admin_request *);

/* api_config.c: the same as JSON. */
void config_get(struct admin_request *);
void config_put(struct admin_request *);
void config_reset(struct admin_request *);
void config_models(struct admin_request *);
void scheduler_start(struct admin_request *);
void scheduler_stop(struct admin_request *);

/* page_exits.c: whether the proxies work. */
void exits_show(struct admin_request *);
void exits_try(struct admin_request *);
void exits_check_one(struct admin_request *);
void exits_check_all(struct admin_request *);
void exits_cache_stats(struct admin_request *);
void exits_cache_clear(struct admin_request *);

/* page_tokens.c: access tokens, and what each of them used. */
void tokens_show(struct admin_request *);
void tokens_create(struct admin_request *);
void token_show(struct admin_request *);
void token_change(struct admin_request *);
void token_shown(struct admin_request *);

/* page_keys….c, page_key.c: keys: the list, one, and new ones. */
void keys_show(struct admin_request *);
void keys_change(struct admin_request *);
void key_show(struct admin_request *);
void key_reveal(struct admin_request *);
void keys_add_show(struct admin_request *);
void keys_add_try(struct admin_request *);

/* api_keys.c, api_keys_change.c: the same as JSON, by Gemini Balance's paths.
 */
void api_keys_page(struct admin_request *);
void api_keys_all(struct admin_request *);
void api_keys_list(struct admin_request *);
void api_keys_status(struct admin_request *);
void api_keys_usage(struct admin_request *);
void api_keys_verify_one(struct admin_request *);
void api_keys_verify(struct admin_request *);
void api_keys_reset_one(struct admin_request *);
void api_keys_reset(struct admin_request *);
void api_keys_reset_all(struct admin_request *);
void api_keys_delete_one(struct admin_request *);
void api_keys_delete(struct admin_request *);
void api_keys_add(struct admin_request *);

/* page_playground.c: try a model; whole, and streamed. */
void playground_show(struct admin_request *);
void playground_ask(struct admin_request *);
void playground_stream(struct admin_request *);

/* page_health.c: the health of the installation, and what its doctor asks. */
void health_show(struct admin_request *);
void health_check(struct admin_request *);
void doctor_echo(struct admin_request *);
void doctor_stream(struct admin_request *);
void doctor_hangup(struct admin_request *);

/* page_static.c: style, script and icons; and what is not there. */
void static_get(struct admin_request *);
void not_found(struct admin_request *);

#endif
