/* logs_filter.c: the filters of the journal, as they are in queries */
#include "admin/logs.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "store/key_summary.h"

#define ID_DIGITS 9 /* of a key's id; more are a part of a key */

const char *const logs_fields[] = {
    "kind",	"since",  "until", "token", "key", "model",
    "endpoint", "status", "code",  "text",  NULL,
};

/* NULL for what asks for nothing. */
static const char *
wanted(const struct form *form, const char *name)
{
	const char *value;

	value = form_value(form, name);
	return value[0] == '\0' ? NULL : value;
}

static void
fail(struct logs_filter *f, const char *field, const char *why)
{
	if (f->fault_count < LOGS_FAULTS)
		f->faults[f->fault_count++] = (struct logs_fault){field, why};
}

static void
read_moment(struct logs_filter *f, const struct form *form, const char *name,
	    int64_t *ms)
{
	const char *text;

	text = wanted(form, name);
	if (text != NULL && !clock_read(text, ms))
		fail(f, name, "LOGS_BAD_TIME");
}

/* A number is an id, anything else a part of a key or its mask: of one. */
static enum gb_err
read_key(struct admin_request *rq, struct logs_filter *f, const char *text)
{
	int64_t ids[2];
	enum gb_err rc;
	size_t count;

	if (text == NULL)
		return GB_OK;
	if (strspn(text, "0123456789") == strlen(text) &&
	    strlen(text) <= ID_DIGITS) {
		f->journal.key_id = strtoll(text, NULL, 10);
		f->none = f->journal.key_id == 0;
		return GB_OK;
	}
	rc = store_keys_find(rq->reports, text, ids, GB_COUNT(ids), &count);
	if (rc != GB_OK)
		return rc;
	if (count > 1)
		fail(f, "key", "LOGS_MANY_KEYS");
	else if (count == 0)
		f->none = true;
	else
		f->journal.key_id = ids[0];
	return GB_OK;
}

enum gb_err
logs_filter_read(struct admin_request *rq, const struct form *form,
		 struct logs_filter *f)
{
	struct journal_filter *j = &f->journal;
	int64_t status;
	enum gb_err rc;

	memset(f, 0, sizeof(*f));
	if ((rc = admin_reports(rq)) != GB_OK)
		return rc;
	if (strcmp(form_value(form, "kind"), "errors") == 0)
		f->kind = LOGS_ERRORS;
	read_moment(f, form, "since", &j->since_ms);
	read_moment(f, form, "until", &j->until_ms);
	j->token = wanted(form, "token");
	j->model = wanted(form, "model");
	j->endpoint = wanted(form, "endpoint");
	j->error_class = wanted(form, "code");
	j->text = wanted(form, "text");
	if (wanted(form, "status") != NULL) {
		if (form_number(form, "status", 1, 999, &status))
			j->status = (int)status;
		else
			fail(f, "status", "LOGS_BAD_STATUS");
	}
	return read_key(rq, f, wanted(form, "key"));
}

void
logs_cursor_text(char text[LOGS_CURSOR_SIZE], const struct journal_cursor *at)
{
	(void)snprintf(text, LOGS_CURSOR_SIZE, "%" PRId64 ".%" PRId64,
		       at->time_ms, at->id);
}

void
logs_cursor_read(const char *text, struct journal_cursor *at)
{
	char *end;

	bool good;

	memset(at, 0, sizeof(*at));
	if (text[0] < '0' || text[0] > '9')
		return;
	errno = 0;
	at->time_ms = strtoll(text, &end, 10);
	if ((good = *end == '.' && end[1] >= '0' && end[1] <= '9'))
		at->id = strtoll(end + 1, &end, 10);
	if (!good || errno != 0 || *end != '\0')
		memset(at, 0, sizeof(*at));
}
