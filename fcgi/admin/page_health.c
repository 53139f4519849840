/* page_health.c: the health of the installation, and the probes that tell it */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "admin/pages.h"
#include "app/doctor.h"
#include "base/clock.h"
#include "base/log.h"
#include "dialect/json/json_out.h"
#include "web/server.h"

#define PART_BYTES 65536 /* of a body at a time */
#define ECHO_MAX   4096	 /* bytes of what an echo answers */
#define EVENT_MAX  64

/* --- the page ------------------------------------------------------------- */

static const char *const tones[GRADE__MAX] = {
    [GRADE_UNKNOWN] = "",
    [GRADE_GOOD] = "done",
    [GRADE_WARNING] = "warning",
    [GRADE_BAD] = "failed",
};

static void
set_text(struct admin_request *rq, struct dict *d, const char *name,
	 const struct doctor_finding *f)
{
	const char *words[DOCTOR_WORDS + 1];
	struct buf text;
	size_t i;

	for (i = 0; i < DOCTOR_WORDS; i++)
		words[i] = f->words[i];
	words[i] = NULL;
	buf_init(&text, 8192);
	admin_write(rq, &text, f->text, words);
	dict_set(d, name, buf_str(&text));
	buf_release(&text);
}

static void
show_findings(struct admin_request *rq, struct dict *d, const struct doctor *dr)
{
	const struct doctor_finding *f;
	struct dict *line;
	size_t i;

	for (i = 0; i < DOCTOR__MAX; i++) {
		f = &dr->findings[i];
		if (f->text == NULL)
			continue;
		line = dict_add(d, "FINDING");
		dict_set(line, "CHECK", admin_text(rq, doctor_check_texts[i]));
		dict_set(line, "NAME", doctor_check_names[i]);
		dict_set(line, "TONE", tones[f->grade]);
		dict_set(line, "GRADE",
			 admin_text(rq, doctor_grade_texts[f->grade]));
		set_text(rq, line, "TEXT", f);
		if (f->fix != NULL)
			dict_set(dict_add(line, "FIX"), "ADVICE",
				 admin_text(rq, f->fix));
	}
}

static void
show_page(struct admin_request *rq, int status, const struct doctor *dr,
	  const char *url)
{
	struct dict *d;

	d = admin_content(rq, "health.html", "HEALTH_TITLE");
	dict_set(d, "URL", url);
	show_findings(rq, d, dr);
	admin_page(rq, status);
}

/* Where the browser sees us, which the server should, too. */
static void
write_own_url(const struct admin_request *rq, struct buf *out)
{
	if (rq->cfg->public_url[0] != '\0') {
		buf_puts(out, rq->cfg->public_url);
		return;
	}
	web_origin(rq->web, out);
	admin_mount(rq, out);
}

void
health_show(struct admin_request *rq)
{
	struct doctor dr;
	struct buf url;

	buf_init(&url, DOCTOR_URL_MAX);
	write_own_url(rq, &url);
	doctor_init(&dr);
	doctor_local(&dr, rq->cfg);
	show_page(rq, 200, &dr, buf_str(&url));
	buf_release(&url);
}

void
health_check(struct admin_request *rq)
{
	struct doctor dr;
	const char *url;

	url = form_value(&rq->form, "url");
	url += strspn(url, " \t\r\n");
	doctor_init(&dr);
	doctor_local(&dr, rq->cfg);
	if (!doctor_url_plausible(url)) {
		admin_say(rq, TONE_FAILED, "HEALTH_BAD_URL", NULL);
		show_page(rq, 400, &dr, url);
		return;
	}
	doctor_outbound(&dr, app_engine(rq->app), rq->cfg);
	doctor_probe(&dr, rq->store, app_engine(rq->app), rq->cfg, url);
	show_page(rq, 200, &dr, url);
}

/* --- probes --------------------------------------------------------------- */

/* How the web server runs us. */
static const char *
way_of(const struct admin_request *rq)
{
	if (web_is_cgi(rq->web))
		return "cgi";
	return web_is_fastcgi() ? "managed" : "daemon";
}

/* Count the body's bytes; GB_ECANCELED: not all of it came. */
static enum gb_err
count_body(struct admin_request *rq, int64_t *bytes)
{
	enum gb_err rc;
	size_t got;
	char *part;

	*bytes = 0;
	if ((part = malloc(PART_BYTES)) == NULL)
		return GB_ENOMEM;
	do {
		rc = web_read_part(rq->web, part, PART_BYTES, &got);
		*bytes += (int64_t)got;
	} while (rc == GB_OK && got > 0 && *bytes <= DOCTOR_BODY_MAX);
	free(part);
	return *bytes > DOCTOR_BODY_MAX ? GB_ETOOBIG : rc;
}

void
doctor_echo(struct admin_request *rq)
{
	const char *authorization;
	struct admin_answer a;
	int64_t bytes;
	enum gb_err rc;

	rc = count_body(rq, &bytes);
	if (rc == GB_ETOOBIG) {
		admin_fail(rq, 413, "ERROR_TOO_LARGE", NULL);
		return;
	}
	if (rc != GB_OK) {
		admin_fault(rq, rc);
		return;
	}
	authorization = web_header(rq->web, "Authorization");
	admin_answer_begin(&a, ECHO_MAX);
	jout_key_int(&a.out, "bytes", bytes);
	jout_key_bool(&a.out, "authorization",
		      authorization != NULL && authorization[0] != '\0');
	jout_key_string(&a.out, "server", web_server_software(rq->web));
	jout_key_string(&a.out, "way", way_of(rq));
	admin_answer_send(rq, &a);
}

/* Wait; whether the client is gone. */
static bool
gone_within(const struct admin_request *rq, int64_t wait_ms)
{
	struct pollfd pfd = {
	    .fd = web_watch_fd(rq->web),
	    .events = POLLRDHUP,
	};

	return poll(&pfd, 1, (int)wait_ms) > 0;
}

static enum gb_err
begin_stream(struct admin_request *rq)
{
	web_reply_header_drop(rq->web, "Cache-Control");
	return web_stream_begin(rq->web, 200, WEB_SSE_TYPE);
}

void
doctor_stream(struct admin_request *rq)
{
	char line[EVENT_MAX];
	enum gb_err rc;
	int i, len;

	rc = begin_stream(rq);
	for (i = 0; rc == GB_OK && i < DOCTOR_EVENTS; i++) {
		if (i > 0 && gone_within(rq, DOCTOR_EVENT_MS))
			return;
		len = snprintf(line, sizeof(line), "data: %lld\n\n",
			       (long long)clock_wall_ms());
		rc = web_stream_write(rq->web, line, (size_t)len);
	}
}

/* How it was noticed that nobody reads, as the doctor is told. */
static int64_t
await_hangup(struct admin_request *rq)
{
	static const char comment[] = ": anybody\n\n";
	int64_t i;

	if (gone_within(rq, DOCTOR_SILENCE_MS))
		return DOCTOR_TOLD_SILENT;
	for (i = 1; i <= DOCTOR_WRITES; i++)
		if (web_stream_write(rq->web, comment, sizeof(comment) - 1) !=
			GB_OK ||
		    gone_within(rq, DOCTOR_WRITE_MS))
			return DOCTOR_TOLD_WRITE + i;
	return DOCTOR_TOLD_NOTHING;
}

void
doctor_hangup(struct admin_request *rq)
{
	static const char begun[] = ": begun\n\n";
	int64_t told = DOCTOR_TOLD_NOTHING;

	if (begin_stream(rq) == GB_OK &&
	    web_stream_write(rq->web, begun, sizeof(begun) - 1) == GB_OK)
		told = await_hangup(rq);
	if (store_probe_tell(rq->store, web_header(rq->web, DOCTOR_HEADER),
			     clock_wall_ms(), told) != GB_OK)
		log_warnx("doctor: nobody waits for what was seen");
}
