/* upload.c: one picture on its way to a host */
#include "hosting/host.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/redact.h"
#include "dialect/json/json_tree.h"
#include "upstream/transfer.h"

#define WAY_CONNECT_MS 2000 /* to an address that another one can stand for */
#define WORDS_MAX      4096 /* bytes of a host's words, before they are cut */
#define SECRET_MIN     4    /* bytes; masking shorter ones would say more */

/* --- what went wrong ------------------------------------------------------ */

/* Put down why it failed, scrubbed and fit for one line of a log. */
static void
set_fault(struct hosting_call *call, int status, const char *words)
{
	const char *secrets[HOST_SECRETS_MAX];
	struct buf text, clean;
	size_t i, count;

	buf_init(&text, 4 * WORDS_MAX);
	buf_init(&clean, 4 * WORDS_MAX);
	buf_add(&text, words, strnlen(words, WORDS_MAX));
	count = host_secrets(call->cfg, secrets);
	for (i = 0; i < count; i++) {
		if (strlen(secrets[i]) < SECRET_MIN)
			continue;
		buf_reset(&clean);
		redact_text(&clean, buf_str(&text), text.len, secrets[i]);
		buf_reset(&text);
		buf_add(&text, buf_str(&clean), clean.len);
	}
	for (i = 0; i < text.len; i++)
		if ((unsigned char)text.data[i] < ' ')
			text.data[i] = ' ';
	call->status = status;
	if (buf_error(&text) != GB_OK || text.len == 0)
		(void)snprintf(call->fault, sizeof(call->fault),
			       "no reason was given");
	else
		(void)snprintf(call->fault, sizeof(call->fault), "%s",
			       buf_str(&text));
	/* Cut at a character. */
	call->fault[utf8_trim(call->fault, strlen(call->fault))] = '\0';
	buf_release(&clean);
	buf_release(&text);
}

/* --- one exchange --------------------------------------------------------- */

/* The headers as the engine takes them. */
static enum gb_err
fill_headers(const struct host_request *rq, struct transfer_header *headers)
{
	size_t i;

	for (i = 0; i < rq->count; i++) {
		if (buf_error(&rq->headers[i].value) != GB_OK)
			return buf_error(&rq->headers[i].value);
		headers[i].name = rq->headers[i].name;
		headers[i].value = buf_str(&rq->headers[i].value);
	}
	return buf_error(&rq->url);
}

static enum gb_err
judge(struct hosting_call *call, const struct host *host,
      const struct host_picture *picture, int status, const struct buf *body,
      struct buf *url)
{
	struct host_answer answer = {.status = status,
				     .body = buf_str(body),
				     .len = body->len};
	enum gb_err rc;

	buf_init(&answer.url, PICTURE_URL_MAX);
	buf_init(&answer.words, WORDS_MAX);
	rc = GB_EIO;
	if (!host->read(call->cfg, picture, &answer))
		set_fault(call, status, buf_str(&answer.words));
	else if (buf_error(&answer.url) != GB_OK ||
		 !host_url_is_fit(buf_str(&answer.url), answer.url.len))
		set_fault(call, status, "its answer holds no fit URL");
	else {
		buf_add(url, buf_str(&answer.url), answer.url.len);
		rc = GB_OK;
	}
	buf_release(&answer.words);
	buf_release(&answer.url);
	return rc;
}

/* Ask at one address.  "*reached" says whether anybody was there. */
static enum gb_err
exchange(struct hosting_call *call, const struct host *host,
	 const struct host_picture *picture, const struct transfer_request *rq,
	 struct buf *url, bool *reached)
{
	struct transfer *transfer;
	struct buf body;
	enum gb_err rc;

	*reached = true;
	if ((rc = transfer_start(call->engine, rq, &transfer)) != GB_OK) {
		if (rc == GB_ENOMEM)
			set_fault(call, 0, gb_strerror(rc));
		else
			set_fault(call, 0, "the request cannot be made");
		return rc == GB_ENOMEM ? rc : GB_EIO;
	}
	buf_init(&body, HOST_ANSWER_MAX);
	while (transfer_read(transfer, &body, -1) == TRANSFER_GOT_DATA)
		continue;
	if (transfer_end(transfer) == TRANSFER_HUNG_UP) {
		rc = GB_ECANCELED;
	} else if (transfer_end(transfer) != TRANSFER_DONE) {
		*reached = transfer_status(transfer) != 0;
		set_fault(call, transfer_status(transfer),
			  transfer_error(transfer));
		rc = GB_EIO;
	} else if ((rc = buf_error(&body)) == GB_OK) {
		rc = judge(call, host, picture, transfer_status(transfer),
			   &body, url);
	}
	transfer_free(transfer);
	buf_release(&body);
	return rc;
}

static enum gb_err
try_way(struct hosting_call *call, const struct host *host,
	const struct host_picture *picture, const struct buf *body, size_t way,
	bool last, int64_t left_ms, struct buf *url, bool *reached)
{
	struct transfer_header headers[HOST_HEADERS_MAX];
	struct host_request rq = {.count = 0};
	struct transfer_request transfer;
	enum gb_err rc;

	buf_init(&rq.url, HOST_URL_MAX);
	if (host->field != NULL)
		buf_puts(host_header_add(&rq, "content-type"), HOST_FORM_TYPE);
	rc = host->write(call->cfg, picture, way, &rq);
	transfer = (struct transfer_request){
	    .method = host->method,
	    .url = buf_str(&rq.url),
	    .headers = headers,
	    .header_count = rq.count,
	    .body = buf_str(body),
	    .body_len = body->len,
	    .connect_timeout_ms =
		last ? call->cfg->connect_timeout_ms : WAY_CONNECT_MS,
	    .total_timeout_ms = left_ms,
	    .whole = true,
	    .body_max = HOST_ANSWER_MAX,
	    .queue_max = HOST_ANSWER_MAX,
	    .watch_fd = call->watch_fd,
	};
	*reached = true;
	if (rc == GB_OK)
		rc = fill_headers(&rq, headers);
	if (rc == GB_OK) {
		rc = exchange(call, host, picture, &transfer, url, reached);
	} else {
		set_fault(call, 0, gb_strerror(rc));
		rc = GB_EIO;
	}
	while (rq.count > 0)
		buf_wipe(&rq.headers[--rq.count].value); /* of the account */
	buf_release(&rq.url);
	return rc;
}

enum gb_err
host_upload(struct hosting_call *call, const struct host *host,
	    const struct host_picture *picture, const struct buf *body,
	    struct buf *url)
{
	const char *missing;
	char words[128];
	int64_t end_ms, left_ms;
	size_t way, ways;
	enum gb_err rc;
	bool reached;

	if ((missing = host->missing(call->cfg)) != NULL) {
		(void)snprintf(words, sizeof(words), "%s is not set", missing);
		set_fault(call, 0, words);
		return GB_EIO;
	}
	ways = host->ways == NULL ? 1 : host->ways(call->cfg);
	end_ms = clock_mono_ms() + call->cfg->upload_timeout_ms;
	for (way = 0;; way++) {
		if ((left_ms = end_ms - clock_mono_ms()) < 1)
			left_ms = 1;
		rc = try_way(call, host, picture, body, way, way + 1 == ways,
			     left_ms, url, &reached);
		if (rc != GB_EIO || reached || way + 1 >= ways)
			return rc;
	}
}
