/* pictures.c: the pictures of an answer as URLs, and those of our folder */
#include "api/pictures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/endpoints.h"
#include "base/clock.h"
#include "hosting/local.h"
#include "hosting/sweep.h"

#define BASE_MAX    (20 * 1024) /* bytes: an origin and a mount */
#define DAY_S	    86400
#define CACHED_DAYS 365 /* that a picture may be cached, at most */

/* --- putting -------------------------------------------------------------- */

void
pictures_init(struct pictures *p, struct api_request *rq)
{
	memset(p, 0, sizeof(*p));
	p->rq = rq;
	buf_init(&p->base, BASE_MAX);
	if (rq->cfg->public_url[0] != '\0') {
		buf_puts(&p->base, rq->cfg->public_url);
	} else {
		web_origin(rq->web, &p->base);
		buf_puts(&p->base, web_mount(rq->web));
	}
	p->call.engine = app_engine(rq->app);
	p->call.cfg = rq->cfg;
	p->call.base = buf_str(&p->base);
	p->call.watch_fd = web_watch_fd(rq->web);
}

void
pictures_release(struct pictures *p)
{
	buf_release(&p->base);
}

/* A failed attempt for the journal; without memory it has none. */
static void
note_failure(struct pictures *p)
{
	struct journal_entry *e = &p->rq->entry;
	struct journal_attempt *list, *a;
	struct buf text;

	list = realloc(e->failed, (e->failed_count + 1) * sizeof(*list));
	if (list == NULL)
		return;
	e->failed = list;
	a = &list[e->failed_count++];
	memset(a, 0, sizeof(*a));
	a->time_ms = clock_wall_ms();
	a->status = p->call.status;
	a->error_class = PICTURE_HOST_FAILED;
	buf_init(&text, JOURNAL_TEXT_MAX);
	buf_printf(&text, "%s: %s", p->rq->cfg->upload_provider, p->call.fault);
	a->text = buf_take(&text);
	buf_release(&text);
}

enum gb_err
pictures_put(struct pictures *p, const struct picture *picture, struct buf *url)
{
	bool failed_before;
	enum gb_err rc;

	if ((rc = buf_error(&p->base)) != GB_OK)
		return rc;
	failed_before = p->call.failed;
	rc = hosting_put(&p->call, picture, url);
	if (p->call.failed && !failed_before)
		note_failure(p);
	if (rc == GB_OK)
		pictures_sweep_due(app_store(p->rq->app), p->rq->cfg);
	return rc;
}

/* --- serving -------------------------------------------------------------- */

static void
add_cache_header(struct api_request *rq)
{
	char value[96];
	int64_t days;

	days = rq->cfg->pictures_days;
	if (days == 0 || days > CACHED_DAYS)
		days = CACHED_DAYS;
	(void)snprintf(value, sizeof(value), "public, max-age=%lld, immutable",
		       (long long)days * DAY_S);
	web_reply_header(rq->web, "Cache-Control", value);
}

void
pictures_get(struct api_request *rq)
{
	enum gb_err rc;
	size_t len;
	int fd;

	if ((rc = local_open(rq->cfg, rq->rest, &fd, &len)) != GB_OK) {
		if (rc == GB_ENOTFOUND)
			api_error_set(&rq->error, FAULT_NO_ROUTE, NULL,
				      "There is no such picture.");
		else
			api_fail(rq, rc);
		return;
	}
	add_cache_header(rq);
	/* It was drawn by a model, for anybody's prompt: no page of ours. */
	web_reply_header(rq->web, "Content-Security-Policy",
			 "default-src 'none'; sandbox");
	web_reply_header(rq->web, "Cross-Origin-Resource-Policy",
			 "cross-origin");
	web_reply_header(rq->web, "X-Robots-Tag", "noindex");
	rc = web_reply_file(rq->web, 200,
			    picture_name_kind(rq->rest, strlen(rq->rest))->mime,
			    fd, len);
	if (rc != GB_OK)
		api_hung_up(rq);
	(void)close(fd);
}
