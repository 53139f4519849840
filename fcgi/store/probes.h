/*
 * probes.h: what a doctor and the process that it probes know of each other
 * (SQL).
 *
 * The doctor (app/doctor.h) asks through the web server, and whichever process
 * answers must know that it is one, and may have to tell it later what it saw.
 * A probe lies among the jobs, and is one: "taken_at" is what was told.
 */
#ifndef GB_STORE_PROBES_H
#define GB_STORE_PROBES_H

#include "base/clock.h"
#include "base/secret.h"
#include "store/store.h"

#define PROBE_LIFE_MS (2 * MINUTE_MS) /* more than all of it takes */

/* Begin one, whose id is made here; the database has a digest of it. */
enum gb_err store_probe_begin(struct store *, int64_t now_ms,
			      char id[RANDOM_ID_SIZE]) GB_NODISCARD;
enum gb_err store_probe_end(struct store *, const char *id) GB_NODISCARD;

/* Tell the doctor a number other than 0; GB_ENOTFOUND: there is no such probe,
 * or it is too old. */
enum gb_err store_probe_tell(struct store *, const char *id, int64_t now_ms,
			     int64_t told) GB_NODISCARD;

/* Whether there is such a probe, and what was told, 0 for nothing as yet;
 * GB_ENOTFOUND as above. */
enum gb_err store_probe_find(struct store *, const char *id, int64_t now_ms,
			     int64_t *told) GB_NODISCARD;

#endif
