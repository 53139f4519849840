/* doctor_local.c: what the machine gives us, and whether Google is there */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>

#include "app/doctor.h"
#include "base/clock.h"
#include "upstream/exit_test.h"
#include "upstream/transfer.h"

#define MIB		 INT64_C(1048576)
#define DISK_BAD	 (100 * MIB)  /* free; a day's journal may need it */
#define DISK_WARNING	 (1024 * MIB) /* the same */
#define CLOCK_WARNING_MS 10000	      /* ahead or behind */
#define CLOCK_BAD_MS	 300000	      /* what signed uploads tolerate */
#define ANSWER_MS	 10000
#define ANSWER_MAX	 65536

static int64_t
file_bytes(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

static void
look_at_database(struct doctor *d, const struct settings *cfg)
{
	char size[DOCTOR_WORD_MAX], log[DOCTOR_WORD_MAX];
	struct buf path;

	buf_init(&path, 8192);
	buf_printf(&path, "%s-wal", cfg->database);
	doctor_size(size, file_bytes(cfg->database));
	doctor_size(log, file_bytes(buf_str(&path)));
	buf_release(&path);
	doctor_find(d, DOCTOR_DATABASE, GRADE_GOOD, "DOCTOR_DATABASE_SIZE",
		    size, log, NULL);
}

/* What is free where the database is. */
static void
look_at_disk(struct doctor *d, const struct settings *cfg)
{
	char size[DOCTOR_WORD_MAX];
	enum doctor_grade grade;
	struct statvfs fs;
	int64_t bytes;

	if (statvfs(cfg->database, &fs) == -1) {
		doctor_find(d, DOCTOR_DISK, GRADE_UNKNOWN,
			    "DOCTOR_DISK_UNKNOWN", NULL);
		return;
	}
	bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	doctor_size(size, bytes);
	grade = bytes < DISK_BAD       ? GRADE_BAD
		: bytes < DISK_WARNING ? GRADE_WARNING
				       : GRADE_GOOD;
	doctor_find(d, DOCTOR_DISK, grade, "DOCTOR_DISK_FREE", size, NULL);
	if (grade != GRADE_GOOD)
		d->findings[DOCTOR_DISK].fix = "DOCTOR_FIX_DISK";
}

void
doctor_local(struct doctor *d, const struct settings *cfg)
{
	look_at_database(d, cfg);
	look_at_disk(d, cfg);
	doctor_find(d, DOCTOR_LIBRARIES, GRADE_GOOD, "DOCTOR_VERSIONS",
		    engine_library(), store_library(), json_c_version(), NULL);
}

/* --- Google --------------------------------------------------------------- */

/* How far our clock is ahead of the answer's, in milliseconds. */
static void
judge_clock(struct doctor *d, const struct transfer *t)
{
	enum doctor_grade grade;
	const char *date;
	char seconds[32];
	struct tm tm;
	int64_t ahead;

	memset(&tm, 0, sizeof(tm));
	date = transfer_header(t, "Date");
	if (date == NULL ||
	    strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &tm) == NULL) {
		doctor_find(d, DOCTOR_CLOCK, GRADE_UNKNOWN,
			    "DOCTOR_CLOCK_UNKNOWN", NULL);
		return;
	}
	/* The header has whole seconds, cut off. */
	ahead = clock_wall_ms() - (int64_t)timegm(&tm) * 1000 - 500;
	grade = llabs(ahead) > CLOCK_BAD_MS	  ? GRADE_BAD
		: llabs(ahead) > CLOCK_WARNING_MS ? GRADE_WARNING
						  : GRADE_GOOD;
	(void)snprintf(seconds, sizeof(seconds), "%+" PRId64, ahead / 1000);
	doctor_find(d, DOCTOR_CLOCK, grade,
		    grade == GRADE_GOOD ? "DOCTOR_CLOCK_RIGHT"
					: "DOCTOR_CLOCK_WRONG",
		    seconds, NULL);
	if (grade != GRADE_GOOD)
		d->findings[DOCTOR_CLOCK].fix = "DOCTOR_FIX_CLOCK";
}

static void
judge_outbound(struct doctor *d, const struct transfer *t, const char *exit)
{
	struct transfer_times times;
	char ms[24], status[16];

	transfer_times(t, &times);
	(void)snprintf(ms, sizeof(ms), "%" PRId64, times.first_byte_ms);
	(void)snprintf(status, sizeof(status), "%d", transfer_status(t));
	if (transfer_status(t) != 0) {
		doctor_find(d, DOCTOR_OUTBOUND, GRADE_GOOD,
			    "DOCTOR_OUTBOUND_OK", ms, exit, status, NULL);
		return;
	}
	doctor_find(d, DOCTOR_OUTBOUND, GRADE_BAD, "DOCTOR_OUTBOUND_FAILS",
		    exit, transfer_error(t), NULL);
	d->findings[DOCTOR_OUTBOUND].fix = "DOCTOR_FIX_OUTBOUND";
}

void
doctor_outbound(struct doctor *d, struct engine *engine,
		const struct settings *cfg)
{
	char name[EXIT_NAME_MAX];
	struct transfer_request rq;
	struct transfer *t;
	const char *exit;

	exit = exits_get(cfg, 0);
	exit_name(name, cfg, exit);
	memset(&rq, 0, sizeof(rq));
	rq.method = "HEAD";
	rq.url = cfg->base_url;
	rq.proxy = exit_proxy(exit);
	rq.connect_timeout_ms = cfg->connect_timeout_ms;
	rq.total_timeout_ms = cfg->connect_timeout_ms + ANSWER_MS;
	rq.whole = true;
	rq.body_max = ANSWER_MAX;
	rq.watch_fd = -1;
	rq.apart = true;
	if (transfer_start(engine, &rq, &t) != GB_OK) {
		doctor_find(d, DOCTOR_OUTBOUND, GRADE_BAD,
			    "DOCTOR_OUTBOUND_FAILS", name,
			    gb_strerror(GB_EINVAL), NULL);
		return;
	}
	(void)transfer_head(t, -1);
	judge_outbound(d, t, name);
	judge_clock(d, t);
	transfer_free(t);
}
