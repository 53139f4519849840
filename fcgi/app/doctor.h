/*
 * doctor.h: whether the installation is well: what the web server does to our
 * answers, and what the machine gives us.
 *
 * The doctor asks a URL of this installation, so that its requests come by the
 * web server and all that stands before it, and compares what arrives with what
 * was sent.  The paths it asks are the admin site's (admin/page_health.c),
 * which answer only who shows the id of a probe of the same database.
 */
#ifndef GB_APP_DOCTOR_H
#define GB_APP_DOCTOR_H

#include "config/settings.h"
#include "store/probes.h"
#include "upstream/engine.h"

#define DOCTOR_WORD_MAX 256 /* bytes of a word in a finding, with NUL */
#define DOCTOR_WORDS	3
#define DOCTOR_HEADER	"X-Gbalance-Probe" /* has the probe's id */
#define DOCTOR_URL_MAX	1024		   /* bytes of a URL to be asked */
#define DOCTOR_BODY_MAX \
	(24 * INT64_C(1048576)) /* Gemini takes 20 MiB inline \
				 */

/* How the two sides of a probe work together, in milliseconds. */
#define DOCTOR_EVENTS	    6	 /* of the stream */
#define DOCTOR_EVENT_MS	    250	 /* between two of them */
#define DOCTOR_SILENCE_MS   1500 /* that a hang-up may be noticed in */
#define DOCTOR_WRITE_MS	    200	 /* between writes, after that */
#define DOCTOR_WRITES	    20	 /* until nobody will notice any more */
#define DOCTOR_TOLD_SILENT  1	 /* it was noticed in the silence … */
#define DOCTOR_TOLD_WRITE   1	 /* … or this + at which write … */
#define DOCTOR_TOLD_NOTHING -1	 /* … or not */

enum doctor_check {
	DOCTOR_REACH,	      /* the URL is ours */
	DOCTOR_AUTHORIZATION, /* the header arrives */
	DOCTOR_STREAM,	      /* events arrive one by one */
	DOCTOR_BODY,	      /* large bodies arrive */
	DOCTOR_HANGUP,	      /* that the client is gone is seen */
	DOCTOR_OUTBOUND,      /* Google can be reached */
	DOCTOR_CLOCK,
	DOCTOR_DATABASE,
	DOCTOR_DISK,
	DOCTOR_LIBRARIES,
	DOCTOR__MAX
};

/* As scripts read them, and as keys of texts, "DOCTOR_CHECK_STREAM". */
extern const char *const doctor_check_names[DOCTOR__MAX];
extern const char *const doctor_check_texts[DOCTOR__MAX];

enum doctor_grade {
	GRADE_UNKNOWN, /* not looked at, or it could not be */
	GRADE_GOOD,
	GRADE_WARNING, /* it works, but … */
	GRADE_BAD,
	GRADE__MAX
};

extern const char *const doctor_grade_names[GRADE__MAX];
extern const char *const doctor_grade_texts[GRADE__MAX];

struct doctor_finding {
	enum doctor_grade grade;
	const char *text; /* a key of the pages' texts; NULL: not looked at */
	char words[DOCTOR_WORDS][DOCTOR_WORD_MAX]; /* in its places */
	const char *fix; /* the key of what to change; NULL: nothing */
};

struct doctor {
	struct doctor_finding findings[DOCTOR__MAX];
	char server[DOCTOR_WORD_MAX]; /* what the web server calls itself */
	char way[16]; /* how it runs us: "daemon", "managed", "cgi" */
};

void doctor_init(struct doctor *);

/* Whether "url" can be one of ours: http or https, with a host, and nothing
 * behind a "?" or "#". */
bool doctor_url_plausible(const char *url);

/* Ask "url", where we are mounted: the first five.  Some ten seconds. */
void doctor_probe(struct doctor *, struct store *, struct engine *,
		  const struct settings *, const char *url);

/* Ask BASE_URL by the first exit: DOCTOR_OUTBOUND and DOCTOR_CLOCK. */
void doctor_outbound(struct doctor *, struct engine *, const struct settings *);

/* What needs no network: the last three; at once. */
void doctor_local(struct doctor *, const struct settings *);

/* The worst of all grades. */
enum doctor_grade doctor_worst(const struct doctor *);

/* For both files: fill a finding in, with words up to a NULL. */
void doctor_find(struct doctor *, enum doctor_check, enum doctor_grade,
		 const char *text, ...) __attribute__((sentinel));
/* "3.5 MiB" */
void doctor_size(char word[DOCTOR_WORD_MAX], int64_t bytes);

#endif
