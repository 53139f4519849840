/*
 * golden.h: cases that are folders of plain files below tests/golden.
 *
 * A runner names its folder and gives a function that plays one case; what
 * differs is told as lines of "case: where: have X, want Y".  All cases run,
 * whatever fails.  Paths are from the root of the project.
 */
#ifndef GB_TESTS_GOLDEN_H
#define GB_TESTS_GOLDEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct json_object; /* json-c's */

#define GOLDEN_ROOT	"tests/golden"
#define GOLDEN_FILE_MAX (1u << 22) /* bytes of any file or answer */

/* A case at work. */
struct golden {
	const char *folder; /* tests/golden/chat_request */
	const char *name;   /* of the case's own folder */
};

/* Play every case of "folder", of which there are at least "cases_min" (fewer:
 * somebody lost some).  "play" answers false when the case fails and has then
 * printed why.  The test that calls this fails when a case did. */
void golden_run(const char *folder, int cases_min,
		bool (*play)(const struct golden *));

/* Print "case: …" as a reason of failure; false, for the caller to return. */
bool golden_fail(const struct golden *, const char *fmt, ...) GB_PRINTF(2, 3);

/* The bytes of a file of the case; false: it has none.  "out" is empty then,
 * and was initialised by the caller with at least GOLDEN_FILE_MAX. */
bool golden_text(const struct golden *, const char *file, struct buf *out);

/* The same, parsed, for json_object_put(); NULL: there is none.  A file that
 * is no JSON ends the test. */
struct json_object *golden_json(const struct golden *, const char *file);

/* Is "have" JSON, and the same as "want"?  The lines of the difference are
 * printed when not. */
bool golden_same_json(const struct golden *, const struct buf *have,
		      struct json_object *want);

/* The same for values in hand; "what" stands before each path. */
bool golden_same_value(const struct golden *, const char *what,
		       struct json_object *have, struct json_object *want);

/*
 * Are the server-sent events "have" those of "want", event for event?  "data:"
 * compares as JSON (as text, when "want" has no JSON there, as in [DONE]),
 * "event:" and whatever else there is as text.  "have" is held to the framing
 * that we promise: each line ends in \n, each event in an empty line and has
 * one line of data at most.
 */
bool golden_same_events(const struct golden *, const char *have,
			const char *want);

/* What is between two events' ends.  "data" is what stands behind "data: "
 * in it, or all of it when it does not begin so (Google's raw errors). */
struct golden_event {
	const char *raw, *data;
	size_t raw_len, data_len;
};

/* The next event of what an upstream sent, with lines of \n or \r\n, passing
 * over comments; "*at" moves behind it.  False: there is no more. */
bool golden_next_event(const char **at, struct golden_event *);

#endif
