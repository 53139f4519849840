/* request.c: what every request to the admin site begins and ends with */
#include "admin/request.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "admin/texts.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/places.h"
#include "dialect/json/json_out.h"

#define HTML_TYPE "text/html; charset=utf-8"
#define JSON_TYPE "application/json; charset=utf-8"
#define TEXT_TYPE "text/plain; charset=utf-8"

#define ROOT_MAX  1024 /* bytes of a way up */
#define WORDS_MAX 9    /* in the places of one text */
#define SAID_MAX  2048 /* bytes of a text with its words */

static enum language
choose_language(const struct admin_request *rq)
{
	char code[16];
	enum language l;

	if (web_cookie(rq->web, LANGUAGE_COOKIE, code, sizeof(code)))
		for (l = 0; l < LANGUAGE__MAX; l++)
			if (strcmp(language_codes[l], code) == 0)
				return l;
	return site_language(web_header(rq->web, "Accept-Language"));
}

void
admin_request_init(struct admin_request *rq, struct site *site,
		   struct web_request *web, const struct admin_route *route,
		   const char *rest)
{
	const char *p;

	memset(rq, 0, sizeof(*rq));
	rq->site = site;
	rq->app = site->app;
	rq->snap = app_acquire(site->app);
	rq->cfg = rq->snap->settings;
	rq->store = app_store(site->app);
	rq->web = web;
	rq->route = route;
	rq->rest = rest;
	rq->language = choose_language(rq);
	rq->texts = site_texts(site, rq->language);
	form_init(&rq->query);
	form_init(&rq->form);
	buf_init(&rq->body,
		 route->who == WHO_ADMIN ? ADMIN_BODY_MAX : ADMIN_OPEN_MAX);
	buf_init(&rq->notes, SESSION_NOTES_MAX);
	buf_init(&rq->root, ROOT_MAX);
	for (p = web_path(web) + 1; *p != '\0'; p++)
		if (*p == '/')
			buf_puts(&rq->root, "../");
	if (rq->root.len == 0)
		buf_puts(&rq->root, "./");
}

void
admin_request_release(struct admin_request *rq)
{
	dict_free(rq->page);
	form_release(&rq->query);
	form_release(&rq->form);
	buf_wipe(&rq->body); /* it may hold tokens or keys */
	buf_release(&rq->notes);
	buf_release(&rq->root);
	explicit_bzero(&rq->session, sizeof(rq->session));
	app_release(rq->app, rq->snap);
}

enum gb_err
admin_reports(struct admin_request *rq)
{
	return rq->reports != NULL ? GB_OK
				   : site_reports(rq->site, &rq->reports);
}

/* --- paths ---------------------------------------------------------------- */

void
admin_mount(const struct admin_request *rq, struct buf *out)
{
	const char *mount;

	/* "//host" would be another host. */
	mount = web_mount(rq->web);
	if (mount[0] == '\0')
		return;
	buf_putc(out, '/');
	list_escape(out, mount + strspn(mount, "/"), "/");
}

void
admin_here(const struct admin_request *rq, struct buf *out)
{
	struct buf query;

	list_escape(out, web_path(rq->web) + 1, "/");
	if (rq->query.count == 0)
		return;
	buf_init(&query, LIST_URL_MAX);
	list_fields(&query, &rq->query);
	buf_puts(out, buf_str(&query));
	buf_release(&query);
}

void
admin_sign_in_path(const struct admin_request *rq, struct buf *out)
{
	struct buf here;

	buf_puts(out, "admin/login");
	if (strcmp(web_method(rq->web), "GET") != 0 ||
	    strcmp(web_path(rq->web), "/admin/") == 0)
		return;
	buf_init(&here, LIST_URL_MAX);
	admin_here(rq, &here);
	if (admin_is_path(buf_str(&here))) {
		buf_puts(out, "?next=");
		list_escape(out, buf_str(&here), "");
	}
	buf_release(&here);
}

bool
admin_is_path(const char *to)
{
	const char *p;

	if (strncmp(to, "admin/", 6) != 0 || strlen(to) > ADMIN_PATH_MAX ||
	    strstr(to, "..") != NULL)
		return false;
	for (p = to; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f ||
		    strchr("\\\"<>#", *p) != NULL)
			return false;
	return true;
}

/* --- texts ---------------------------------------------------------------- */

const char *
admin_text(const struct admin_request *rq, const char *key)
{
	return texts_find(rq->texts, key);
}

void
admin_write(const struct admin_request *rq, struct buf *out, const char *key,
	    const char *const *words)
{
	places_write(out, admin_text(rq, key), words);
}

/* "words" from the arguments that end with a NULL. */
static void
take_words(const char *words[WORDS_MAX + 1], va_list ap)
{
	size_t i;

	for (i = 0; i < WORDS_MAX; i++)
		if ((words[i] = va_arg(ap, const char *)) == NULL)
			return;
	words[i] = NULL;
}

static const char tones[] = {
    [TONE_DONE] = 'd',
    [TONE_WARNING] = 'w',
    [TONE_FAILED] = 'f',
};

void
admin_say(struct admin_request *rq, enum admin_tone tone, const char *key, ...)
{
	const char *words[WORDS_MAX + 1], *p;
	struct buf text;
	va_list ap;

	va_start(ap, key);
	take_words(words, ap);
	va_end(ap);
	buf_init(&text, SAID_MAX);
	admin_write(rq, &text, key, words);
	buf_putc(&rq->notes, tones[tone]);
	for (p = buf_str(&text); *p != '\0'; p++)
		buf_putc(&rq->notes, *p == '\n' ? ' ' : *p);
	buf_putc(&rq->notes, '\n');
	buf_release(&text);
}

void
admin_set_short(struct dict *d, const char *name, const char *text, size_t max)
{
	size_t len;

	len = strnlen(text, max + 1);
	if (len <= max) {
		dict_set(d, name, text);
		return;
	}
	/* Not within a character. */
	for (len = max; len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80;)
		len--;
	dict_setf(d, name, "%.*s\xe2\x80\xa6", (int)len, text);
}

void
admin_set_time(struct dict *d, const char *name, int64_t ms)
{
	char text[CLOCK_TEXT_SIZE], iso_name[64];

	if (ms == 0) {
		dict_set(d, name, "");
		return;
	}
	clock_text(text, ms, false);
	(void)snprintf(iso_name, sizeof(iso_name), "%s_ISO", name);
	dict_set(d, iso_name, text);
	if (strlen(text) > 19 && text[10] == 'T') {
		text[10] = ' ';
		text[19] = '\0';
	}
	dict_set(d, name, text);
}

/* --- pages ---------------------------------------------------------------- */

/* Files that every page has, as variables. */
static const struct {
	const char *variable, *file;
} frame_files[] = {
    {"APP_CSS", "app.css"},
    {"APP_JS", "app.js"},
    {"ICON_SVG", "icon.svg"},
};

static void
set_asset(struct admin_request *rq, struct dict *d, const char *variable,
	  const char *file)
{
	char digest[ASSET_DIGEST_SIZE];

	assets_digest(&rq->site->assets, file, digest);
	dict_setf(d, variable, "%sstatic/%s?v=%s", buf_str(&rq->root), file,
		  digest);
}

void
admin_script(struct admin_request *rq, const char *file)
{
	set_asset(rq, dict_add(rq->page, "SCRIPT"), "SCRIPT_URL", file);
}

static void
set_navigation(struct admin_request *rq)
{
	const struct admin_route *r;
	struct dict *d;

	dict_show(rq->page, "SIGNED_IN");
	dict_set(rq->page, "CSRF", rq->session.csrf);
	for (r = admin_routes; r < admin_routes + admin_routes_count; r++) {
		if (r->link == NULL)
			continue;
		d = dict_add(rq->page, "NAV");
		dict_set(d, "NAV_TEXT", admin_text(rq, r->link));
		dict_setf(d, "NAV_URL", "%s%s", buf_str(&rq->root),
			  r->path + 1);
		dict_show_if(d, "NAV_HERE",
			     strcmp(r->path, web_path(rq->web)) == 0);
	}
}

static void
set_languages(struct admin_request *rq)
{
	const struct dict *texts;
	enum language l;
	struct dict *d;
	struct buf here;

	buf_init(&here, LIST_URL_MAX);
	if (strcmp(web_method(rq->web), "GET") == 0)
		admin_here(rq, &here);
	dict_set(rq->page, "HERE", buf_str(&here));
	buf_release(&here);
	for (l = 0; l < LANGUAGE__MAX; l++) {
		if (l == rq->language ||
		    (texts = site_texts(rq->site, l)) == NULL)
			continue;
		d = dict_add(rq->page, "OTHER_LANGUAGE");
		dict_set(d, "LANGUAGE_CODE", language_codes[l]);
		dict_set(d, "LANGUAGE_NAME", texts_find(texts, "LANGUAGE"));
	}
}

struct dict *
admin_content(struct admin_request *rq, const char *file, const char *title)
{
	size_t i;

	if ((rq->page = dict_new()) == NULL)
		return NULL;
	dict_set_outer(rq->page, rq->texts);
	dict_set(rq->page, "LANG", language_codes[rq->language]);
	dict_set(rq->page, "TITLE", admin_text(rq, title));
	dict_set(rq->page, "ROOT", buf_str(&rq->root));
	dict_set(rq->page, "VERSION", GB_VERSION);
	for (i = 0; i < GB_COUNT(frame_files); i++)
		set_asset(rq, rq->page, frame_files[i].variable,
			  frame_files[i].file);
	if (rq->session.any && !rq->session.by_token)
		set_navigation(rq);
	set_languages(rq);
	return dict_include(rq->page, "CONTENT", file);
}

static void
show_notes(struct admin_request *rq, const char *notes)
{
	const char *p, *end;
	struct dict *d;

	for (p = notes; *p != '\0'; p = *end == '\0' ? end : end + 1) {
		end = p + strcspn(p, "\n");
		if (end - p < 2)
			continue;
		d = dict_add(rq->page, "NOTE");
		dict_set_len(d, "NOTE_TEXT", p + 1, (size_t)(end - p - 1));
		dict_set(d, "NOTE_TONE",
			 *p == tones[TONE_DONE]	     ? "done"
			 : *p == tones[TONE_WARNING] ? "warning"
						     : "failed");
		dict_show_if(d, "NOTE_URGENT", *p == tones[TONE_FAILED]);
	}
}

/* What can be said without templates. */
static void
answer_bare(struct admin_request *rq)
{
	static const char text[] =
	    "gbalance: this page cannot be shown. The server's log says why; "
	    "the settings templates_dir and static_dir must name the folders "
	    "that came with gbalance.\n";

	(void)web_reply(rq->web, 500, TEXT_TYPE, text, sizeof(text) - 1);
}

void
admin_page(struct admin_request *rq, int status)
{
	struct template_error error;
	enum gb_err rc;
	struct buf out;

	buf_init(&out, ADMIN_PAGE_MAX);
	if (rq->session.row.notes[0] != '\0') {
		show_notes(rq, rq->session.row.notes);
		if (store_session_note(rq->store, rq->session.row.id, NULL) !=
		    GB_OK)
			log_warnx("admin: notes stay, and show again");
	}
	show_notes(rq, buf_str(&rq->notes));
	error.text[0] = '\0';
	rc = rq->page == NULL
		 ? GB_ENOMEM
		 : template_render(rq->site->templates, "frame.html", rq->page,
				   &out, &error);
	if (rc == GB_OK) {
		(void)web_reply(rq->web, status, HTML_TYPE, buf_str(&out),
				out.len);
	} else {
		log_errorx("admin: %s: %s", web_path(rq->web),
			   error.text[0] != '\0' ? error.text
						 : gb_strerror(rc));
		answer_bare(rq);
	}
	buf_release(&out);
}

void
admin_redirect(struct admin_request *rq, const char *to)
{
	struct buf url;

	if (rq->notes.len > 0 && rq->session.any && !rq->session.by_token &&
	    store_session_note(rq->store, rq->session.row.id,
			       buf_str(&rq->notes)) != GB_OK)
		log_warnx("admin: a note was lost");
	buf_init(&url, LIST_URL_MAX);
	admin_mount(rq, &url);
	buf_putc(&url, '/');
	buf_puts(&url, to);
	if (buf_error(&url) != GB_OK) {
		buf_release(&url);
		admin_fault(rq, GB_ETOOBIG);
		return;
	}
	web_reply_header(rq->web, "Location", buf_str(&url));
	(void)web_reply(rq->web, 303, TEXT_TYPE, "", 0);
	buf_release(&url);
}

/* --- JSON and errors ------------------------------------------------------ */

void
admin_json(struct admin_request *rq, int status, const struct buf *json)
{
	if (buf_error(json) != GB_OK) {
		admin_fault(rq, buf_error(json));
		return;
	}
	(void)web_reply(rq->web, status, JSON_TYPE, buf_str(json), json->len);
}

void
admin_answer_begin(struct admin_answer *a, size_t max)
{
	buf_init(&a->json, max);
	jout_init(&a->out, &a->json);
	jout_object(&a->out);
}

void
admin_answer_send(struct admin_request *rq, struct admin_answer *a)
{
	jout_object_end(&a->out);
	admin_json(rq, 200, &a->json);
	buf_release(&a->json);
}

static void
fail_as_json(struct admin_request *rq, int status, const char *text)
{
	struct json_out out;
	struct buf json;

	buf_init(&json, 4 * SAID_MAX);
	jout_init(&out, &json);
	jout_object(&out);
	jout_key_string(&out, "detail", text);
	jout_key_string(&out, "request_id", web_id(rq->web));
	jout_object_end(&out);
	(void)web_reply(rq->web, status, JSON_TYPE, buf_str(&json), json.len);
	buf_release(&json);
}

static void
fail_as_page(struct admin_request *rq, int status, const char *text)
{
	struct dict *d;

	dict_free(rq->page); /* a page that was begun */
	rq->page = NULL;
	d = admin_content(rq, "error.html", "ERROR_TITLE");
	dict_set_int(d, "STATUS", status);
	dict_set(d, "MESSAGE", text);
	dict_set(d, "REQUEST_ID", web_id(rq->web));
	admin_page(rq, status);
}

static void
fail_with(struct admin_request *rq, int status, const char *key,
	  const char *const *words)
{
	struct buf text;

	if (rq->texts == NULL) {
		answer_bare(rq);
		return;
	}
	buf_init(&text, SAID_MAX);
	admin_write(rq, &text, key, words);
	if (rq->route->face == FACE_JSON)
		fail_as_json(rq, status, buf_str(&text));
	else
		fail_as_page(rq, status, buf_str(&text));
	buf_release(&text);
}

void
admin_fail(struct admin_request *rq, int status, const char *key, ...)
{
	const char *words[WORDS_MAX + 1];
	va_list ap;

	va_start(ap, key);
	take_words(words, ap);
	va_end(ap);
	fail_with(rq, status, key, words);
}

void
admin_fault(struct admin_request *rq, enum gb_err rc)
{
	if (rc == GB_ENOTFOUND)
		admin_fail(rq, 404, "ERROR_NOT_FOUND", NULL);
	else if (rc != GB_ECANCELED)
		admin_fail(rq, 500, "ERROR_INTERNAL", gb_strerror(rc), NULL);
	else
		answer_bare(rq); /* nobody is there to read it */
}

void
admin_fail_wait(struct admin_request *rq, int64_t wait_ms)
{
	char seconds[24];

	(void)snprintf(seconds, sizeof(seconds), "%" PRId64,
		       (wait_ms + 999) / 1000);
	web_reply_header(rq->web, "Retry-After", seconds);
	admin_fail(rq, 429, "SIGN_IN_WAIT", seconds, NULL);
}
