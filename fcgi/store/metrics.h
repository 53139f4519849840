/* store/metrics.h: how the service stands at the moment, for monitoring (SQL)
 */
#ifndef GB_STORE_METRICS_H
#define GB_STORE_METRICS_H

#include "base/clock.h"
#include "store/key_summary.h"

#define METRIC_CLASSES_MAX 64 /* the verdicts' and a few more */
#define METRIC_CLASS_MAX   64 /* bytes of a class, with NUL */

/* What a process says of itself every quarter of a minute; one that has been
 * silent for longer than this is none any more. */
#define PROCESS_SILENCE_MS MINUTE_MS

/* Failed attempts of one class since the database was made. */
struct metric_class {
	char name[METRIC_CLASS_MAX];
	int64_t attempts;
};

struct store_metrics {
	struct key_summary keys[POOL__MAX];
	int64_t resting; /* pairs of key and model */
	struct metric_class classes[METRIC_CLASSES_MAX];
	size_t class_count;
	int64_t processes;	   /* that serve, but for the one that asks */
	int64_t running, waiting;  /* requests, and writes, of all these */
	int64_t bytes, free_bytes; /* of the database's file, and of these */
	int64_t wal_bytes;	   /* of the log beside it */
};

/* All of one moment; "process_id" is whoever asks. */
enum gb_err store_metrics_read(struct store *, const char *process_id,
			       int64_t now_ms,
			       struct store_metrics *) GB_NODISCARD;

/* A process that serves tells how many requests it has and how many writes
 * wait in it; and that it ends. */
enum gb_err store_process_seen(struct store *, const char *process_id,
			       int64_t now_ms, int64_t running,
			       int64_t waiting) GB_NODISCARD;
enum gb_err store_process_gone(struct store *,
			       const char *process_id) GB_NODISCARD;

/* Writes of this process that wait for their turn. */
int64_t store_writes_waiting(struct store *);

#endif
