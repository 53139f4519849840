/* page_sign_in.c: signing in and out, who is signed in, and the language */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/pages.h"
#include "base/clock.h"
#include "base/log.h"
#include "dialect/json/json_out.h"

#define LIST_MAX   (256 * 1024)	     /* bytes of SESSIONS_MAX as JSON */
#define LANGUAGE_S (365 * 24 * 3600) /* that the choice is kept */

/* Where to go after signing in: "next", where it is a page of ours. */
static const char *
next_of(const struct form *form)
{
	const char *next;

	next = form_value(form, "next");
	return admin_is_path(next) ? next : "admin/";
}

static void
show(struct admin_request *rq, int status, const char *next)
{
	struct dict *d;

	d = admin_content(rq, "login.html", "SIGN_IN_TITLE");
	dict_set(d, "NEXT", next);
	dict_show_if(d, "NO_ADMIN_TOKEN", !rq->snap->admin.any);
	admin_page(rq, status);
}

void
sign_in_show(struct admin_request *rq)
{
	enum gb_err rc;

	if ((rc = session_find(rq)) != GB_OK)
		admin_fault(rq, rc);
	else if (rq->session.any)
		admin_redirect(rq, next_of(&rq->query));
	else
		show(rq, 200, next_of(&rq->query));
}

/* Say why not, with the form for another try. */
static void
refuse(struct admin_request *rq, int status, const char *key, int64_t wait_ms)
{
	char seconds[24];

	(void)snprintf(seconds, sizeof(seconds), "%" PRId64,
		       (wait_ms + 999) / 1000);
	admin_say(rq, TONE_FAILED, key, seconds, NULL);
	if (wait_ms > 0) {
		web_reply_header(rq->web, "Retry-After", seconds);
		if (status != 429)
			admin_say(rq, TONE_WARNING, "SIGN_IN_NEXT", seconds,
				  NULL);
	}
	/* The token is not shown again, and who had a session has it still. */
	rq->session.any = false;
	show(rq, status, next_of(&rq->form));
}

void
sign_in_try(struct admin_request *rq)
{
	const char *token;
	int64_t wait_ms;
	enum gb_err rc;

	if ((rc = session_find(rq)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	/* "auth_token" is what Gemini Balance calls it. */
	token = form_value(&rq->form, "auth_token");
	token += strspn(token, " \t\r\n");
	if (*token == '\0') {
		refuse(rq, 400, "SIGN_IN_EMPTY", 0);
		return;
	}
	switch (session_sign_in(rq, token, &wait_ms)) {
	case SIGN_IN_DONE:
		admin_redirect(rq, next_of(&rq->form));
		break;
	case SIGN_IN_WRONG:
		refuse(rq, 403, "SIGN_IN_WRONG", wait_ms);
		break;
	case SIGN_IN_ACCESS:
		refuse(rq, 403, "SIGN_IN_ACCESS", wait_ms);
		break;
	case SIGN_IN_NO_TOKEN:
		refuse(rq, 403, "SIGN_IN_NO_TOKEN", 0);
		break;
	case SIGN_IN_WAIT:
		refuse(rq, 429, "SIGN_IN_WAIT", wait_ms);
		break;
	case SIGN_IN_FAULT:
		admin_fault(rq, GB_EIO);
		break;
	}
}

void
sign_out(struct admin_request *rq)
{
	enum gb_err rc;

	if ((rc = session_sign_out(rq)) != GB_OK)
		admin_fault(rq, rc);
	else
		admin_redirect(rq, "admin/login");
}

/* End all sessions. */
static enum gb_err
end_all(const struct admin_request *rq, int64_t *ended)
{
	enum gb_err rc;

	rc = store_sessions_end(rq->store, ended);
	if (rc == GB_OK)
		log_info("admin: signed out everywhere (%" PRId64 ")", *ended);
	return rc;
}

void
sign_out_everywhere(struct admin_request *rq)
{
	int64_t ended;
	enum gb_err rc;

	if ((rc = end_all(rq, &ended)) != GB_OK ||
	    (rc = session_sign_out(rq)) != GB_OK)
		admin_fault(rq, rc);
	else
		admin_redirect(rq, "admin/login");
}

/* --- who is signed in ----------------------------------------------------- */

/* Who is signed in; false: it cannot be told, and that is answered. */
static bool
list_sessions(struct admin_request *rq, struct session_rows *sessions)
{
	enum gb_err rc;

	rc = store_sessions_list(rq->store, clock_wall_ms(),
				 rq->cfg->admin_session_ms, sessions);
	if (rc != GB_OK) {
		free(sessions->rows);
		admin_fault(rq, rc);
	}
	return rc == GB_OK;
}

void
sessions_show(struct admin_request *rq)
{
	struct session_rows sessions;
	const struct session_row *row;
	struct dict *d, *line;
	size_t i;

	if (!list_sessions(rq, &sessions))
		return;
	d = admin_content(rq, "sessions.html", "SESSIONS_TITLE");
	for (i = 0; i < sessions.count; i++) {
		row = &sessions.rows[i];
		line = dict_add(d, "SESSION");
		dict_set_int(line, "ID", row->id);
		dict_set(line, "ADDRESS", row->address);
		dict_set(line, "AGENT", row->agent);
		admin_set_time(line, "SINCE", row->created_at);
		admin_set_time(line, "SEEN", row->seen_at);
		dict_show_if(line, "THIS", row->id == rq->session.row.id);
	}
	free(sessions.rows);
	admin_page(rq, 200);
}

/* One that is gone already is signed out, too. */
void
session_end(struct admin_request *rq)
{
	enum gb_err rc;
	int64_t id;

	if (!form_number(&rq->form, "id", 1, INT64_MAX, &id)) {
		admin_fail(rq, 400, "ERROR_FORM", NULL);
		return;
	}
	if (id == rq->session.row.id) {
		sign_out(rq);
		return;
	}
	if ((rc = store_session_end(rq->store, id)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	admin_say(rq, TONE_DONE, "SESSIONS_ENDED", NULL);
	admin_redirect(rq, "admin/sessions");
}

static void
write_session(struct json_out *out, const struct session_row *row)
{
	char text[CLOCK_TEXT_SIZE];

	jout_object(out);
	jout_key_string(out, "address", row->address);
	jout_key_string(out, "agent", row->agent);
	clock_text(text, row->created_at, false);
	jout_key_string(out, "since", text);
	clock_text(text, row->seen_at, false);
	jout_key_string(out, "seen", text);
	jout_object_end(out);
}

void
sessions_list(struct admin_request *rq)
{
	struct session_rows sessions;
	struct admin_answer a;
	size_t i;

	if (!list_sessions(rq, &sessions))
		return;
	admin_answer_begin(&a, LIST_MAX);
	jout_key(&a.out, "sessions");
	jout_array(&a.out);
	for (i = 0; i < sessions.count; i++)
		write_session(&a.out, &sessions.rows[i]);
	jout_array_end(&a.out);
	free(sessions.rows);
	admin_answer_send(rq, &a);
}

void
sessions_end(struct admin_request *rq)
{
	struct admin_answer a;
	int64_t ended;
	enum gb_err rc;

	if ((rc = end_all(rq, &ended)) != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	admin_answer_begin(&a, LIST_MAX);
	jout_key_int(&a.out, "ended", ended);
	admin_answer_send(rq, &a);
}

/* --- the language --------------------------------------------------------- */

void
language_choose(struct admin_request *rq)
{
	const char *code, *back;
	enum language l;

	code = form_value(&rq->form, "language");
	for (l = 0; l < LANGUAGE__MAX; l++)
		if (strcmp(language_codes[l], code) == 0)
			session_cookie(rq, LANGUAGE_COOKIE, code, LANGUAGE_S,
				       false);
	back = form_value(&rq->form, "back");
	admin_redirect(rq, admin_is_path(back) ? back : "admin/");
}
