/* golden.c: cases that are folders of plain files */
#include "golden.h"
#include "unit.h"

#include <dirent.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "dialect/json/json_in.h"
#include "json_diff.h"

#define PREFIX_MAX 256 /* bytes of "case: event 12: " */

static int
is_case(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

void
golden_run(const char *folder, int cases_min,
	   bool (*play)(const struct golden *))
{
	struct golden g = {.folder = folder};
	struct dirent **entries;
	int i, count, bad = 0;

	count = scandir(folder, &entries, is_case, alphasort);
	if (count < 0)
		fail_msg("%s: cannot be read", folder);
	for (i = 0; i < count; i++) {
		g.name = entries[i]->d_name;
		if (!play(&g))
			bad++;
		free(entries[i]);
	}
	free(entries);
	if (count < cases_min)
		fail_msg("%s: have %d cases, want at least %d", folder, count,
			 cases_min);
	if (bad > 0)
		fail_msg("%s: %d of %d cases failed", folder, bad, count);
}

bool
golden_fail(const struct golden *g, const char *fmt, ...)
{
	va_list ap;

	print_error("%s: ", g->name);
	va_start(ap, fmt);
	vprint_error(fmt, ap);
	va_end(ap);
	print_error("\n");
	return false;
}

bool
golden_text(const struct golden *g, const char *file, struct buf *out)
{
	char path[512], block[4096];
	size_t got;
	FILE *in;

	(void)snprintf(path, sizeof(path), "%s/%s/%s", g->folder, g->name,
		       file);
	buf_reset(out);
	in = fopen(path, "r");
	if (in == NULL)
		return false;
	while ((got = fread(block, 1, sizeof(block), in)) > 0)
		buf_add(out, block, got);
	(void)fclose(in);
	CHECK_INT(path, buf_error(out), GB_OK);
	return true;
}

struct json_object *
golden_json(const struct golden *g, const char *file)
{
	struct json_object *value = NULL;
	struct api_error err;
	struct buf text;

	buf_init(&text, GOLDEN_FILE_MAX);
	if (golden_text(g, file, &text) &&
	    json_read(text.data, text.len, &value, &err) != GB_OK)
		fail_msg("%s/%s: %s", g->name, file, err.message);
	buf_release(&text);
	return value;
}

/* Print the difference, if there is one, each line after "prefix". */
static bool
same_value(const char *prefix, struct json_object *have,
	   struct json_object *want)
{
	struct buf lines;
	size_t count;

	buf_init(&lines, GOLDEN_FILE_MAX);
	count = json_diff(have, want, prefix, &lines);
	if (count > 0)
		print_error("%s", buf_str(&lines));
	buf_release(&lines);
	return count == 0;
}

bool
golden_same_value(const struct golden *g, const char *what,
		  struct json_object *have, struct json_object *want)
{
	char prefix[PREFIX_MAX];

	(void)snprintf(prefix, sizeof(prefix), "%s: %s", g->name, what);
	return same_value(prefix, have, want);
}

bool
golden_same_json(const struct golden *g, const struct buf *have,
		 struct json_object *want)
{
	struct json_object *value;
	struct api_error err;
	bool same;

	if (json_read(buf_str(have), have->len, &value, &err) != GB_OK)
		return golden_fail(g, "not JSON: %s: %s", err.message,
				   buf_str(have));
	same = golden_same_value(g, "", value, want);
	json_object_put(value);
	return same;
}

/* Behind the end of the event at "at", and its length without that. */
static const char *
event_end(const char *at, size_t *len)
{
	const char *lf, *crlf;

	lf = strstr(at, "\n\n");
	crlf = strstr(at, "\r\n\r\n");
	if (crlf != NULL && (lf == NULL || crlf < lf)) {
		*len = (size_t)(crlf - at);
		return crlf + 4;
	}
	*len = lf == NULL ? strlen(at) : (size_t)(lf - at);
	return lf == NULL ? at + *len : lf + 2;
}

bool
golden_next_event(const char **at, struct golden_event *ev)
{
	const char *next;

	for (; **at != '\0'; *at = next) {
		next = event_end(*at, &ev->raw_len);
		if (ev->raw_len == 0 || **at == ':')
			continue;
		ev->raw = ev->data = *at;
		ev->data_len = ev->raw_len;
		if (strncmp(ev->data, "data: ", 6) == 0) {
			ev->data += 6;
			ev->data_len -= 6;
		}
		*at = next;
		return true;
	}
	return false;
}

static bool
is_data(const char *line, size_t len)
{
	return len >= 6 && strncmp(line, "data: ", 6) == 0;
}

/* One line of an event: its data as JSON, anything else as text. */
static bool
same_line(const char *prefix, const char *have, size_t have_len,
	  const char *want, size_t want_len)
{
	struct json_object *have_json, *want_json;
	struct api_error err;
	bool same;

	if (have_len == want_len && memcmp(have, want, have_len) == 0)
		return true;
	if (!is_data(have, have_len) || !is_data(want, want_len) ||
	    json_read(want + 6, want_len - 6, &want_json, &err) != GB_OK) {
		print_error("%shave %.*s, want %.*s\n", prefix, (int)have_len,
			    have, (int)want_len, want);
		return false;
	}
	if (json_read(have + 6, have_len - 6, &have_json, &err) == GB_OK) {
		same = same_value(prefix, have_json, want_json);
	} else {
		print_error("%snot JSON: %s: %.*s\n", prefix, err.message,
			    (int)have_len, have);
		same = false;
	}
	json_object_put(have_json);
	json_object_put(want_json);
	return same;
}

/* The length of the line at "at", of which the event has "left" bytes. */
static size_t
line_len(const char *at, size_t left)
{
	const char *end;

	end = memchr(at, '\n', left);
	return end == NULL ? left : (size_t)(end - at);
}

static bool
same_event(const char *prefix, const char *have, size_t have_len,
	   const char *want, size_t want_len)
{
	size_t have_line, want_line, data_lines = 0;
	bool same = true;

	if (have_len == 0 || want_len == 0 || have[have_len] != '\n' ||
	    memchr(have, '\r', have_len) != NULL)
		return same_line(prefix, "(badly framed)", 14, want, want_len);
	while (have_len > 0 || want_len > 0) {
		have_line = line_len(have, have_len);
		want_line = line_len(want, want_len);
		data_lines += is_data(have, have_line) ? 1 : 0;
		same =
		    same_line(prefix, have, have_line, want, want_line) && same;
		have += have_line + (have_line < have_len ? 1 : 0);
		have_len -= have_line + (have_line < have_len ? 1 : 0);
		want += want_line + (want_line < want_len ? 1 : 0);
		want_len -= want_line + (want_line < want_len ? 1 : 0);
	}
	if (data_lines > 1)
		print_error("%shave %zu lines of data, want 1\n", prefix,
			    data_lines);
	return same && data_lines <= 1;
}

bool
golden_same_events(const struct golden *g, const char *have, const char *want)
{
	char prefix[PREFIX_MAX];
	const char *have_next, *want_next;
	size_t have_len, want_len, number;
	bool same = true;

	for (number = 0; *have != '\0' || *want != '\0'; number++) {
		(void)snprintf(prefix, sizeof(prefix),
			       "%s: event %zu: ", g->name, number);
		have_next = event_end(have, &have_len);
		want_next = event_end(want, &want_len);
		if (*have == '\0' || *want == '\0') {
			print_error("%shave %.*s, want %.*s\n", prefix,
				    *have == '\0' ? 7 : (int)have_len,
				    *have == '\0' ? "nothing" : have,
				    *want == '\0' ? 7 : (int)want_len,
				    *want == '\0' ? "nothing" : want);
			same = false;
		} else {
			same = same_event(prefix, have, have_len, want,
					  want_len) &&
			       same;
		}
		have = have_next;
		want = want_next;
	}
	return same;
}
