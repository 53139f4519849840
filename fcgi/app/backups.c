/* backups.c: copies of the database that are made by themselves */
#include "app/backups.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/files.h"
#include "base/log.h"
#include "store/backup.h"
#include "store/jobs.h"

#define NAME_SIZE  32 /* "gbalance-20260131T235959Z.db" */
#define NAME_LEN   28
#define UNDONE_LEN 7	/* ".XXXXXX", of one that was not finished */
#define FILES_MAX  4096 /* that are looked at; more is not our folder */

/* A copy in the folder; names sort as their times do. */
struct copy {
	char name[NAME_SIZE];
};

/* Whether the first characters of "name" are a copy's; digits where the form
 * has a "#". */
static bool
is_name(const char *name)
{
	static const char form[] = "gbalance-########T######Z.db";
	size_t i;

	for (i = 0; form[i] != '\0'; i++)
		if (form[i] == '#' ? name[i] < '0' || name[i] > '9'
				   : name[i] != form[i])
			return false;
	return true;
}

static void
name_of(char name[NAME_SIZE], int64_t now_ms)
{
	time_t now;
	struct tm tm;

	now = (time_t)(now_ms / 1000);
	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(name, NAME_SIZE, "gbalance-%Y%m%dT%H%M%SZ.db", &tm) == 0)
		name[0] = '\0';
}

static void
remove_file(const char *folder, const char *name)
{
	char *path;

	if (asprintf(&path, "%s/%s", folder, name) == -1)
		return;
	if (unlink(path) == -1 && errno != ENOENT)
		log_warn("backup: %s", path);
	free(path);
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const struct copy *)b)->name,
		      ((const struct copy *)a)->name);
}

/* Delete all copies but the newest "keep", and what a killed process left: it
 * is ours alone to write here, by the job's lease. */
static void
remove_old(const char *folder, size_t keep)
{
	const struct dirent *entry;
	struct copy *copies;
	size_t count, i, len;
	DIR *dir;

	if ((dir = opendir(folder)) == NULL) {
		log_warn("backup: folder %s", folder);
		return;
	}
	copies = calloc(FILES_MAX, sizeof(*copies));
	count = 0;
	while (copies != NULL && count < FILES_MAX &&
	       (entry = readdir(dir)) != NULL) {
		if (!is_name(entry->d_name))
			continue;
		len = strlen(entry->d_name);
		if (len == NAME_LEN) {
			memcpy(copies[count].name, entry->d_name, len + 1);
			count++;
		} else if (len == NAME_LEN + UNDONE_LEN)
			remove_file(folder, entry->d_name);
	}
	closedir(dir);
	if (copies != NULL)
		qsort(copies, count, sizeof(*copies), compare_names);
	for (i = keep; i < count; i++)
		remove_file(folder, copies[i].name);
	free(copies);
}

static void
make_copy(const struct settings *cfg, bool (*stop)(void *), void *arg)
{
	char name[NAME_SIZE], *path;
	int64_t began_ms;
	enum gb_err rc;

	if (folder_make(cfg->backup_folder) != GB_OK)
		return;
	name_of(name, clock_wall_ms());
	if (asprintf(&path, "%s/%s", cfg->backup_folder, name) == -1)
		return;
	began_ms = clock_mono_ms();
	rc = store_backup(cfg->database, path, stop, arg);
	if (rc == GB_OK) {
		log_info("backup: %s, in %" PRId64 " ms", path,
			 clock_mono_ms() - began_ms);
		remove_old(cfg->backup_folder, (size_t)cfg->backup_keep);
	} else if (rc != GB_ECANCELED)
		log_errorx("backup: %s was not made: %s", path,
			   gb_strerror(rc));
	free(path);
}

void
backups_due(struct store *s, const struct settings *cfg, bool (*stop)(void *),
	    void *arg)
{
	int64_t every_ms;
	bool mine;

	every_ms = cfg->backup_every_hours * HOUR_MS;
	if (every_ms == 0 ||
	    store_job_take(s, "backup", clock_wall_ms(), every_ms, HOUR_MS,
			   &mine) != GB_OK ||
	    !mine)
		return;
	make_copy(cfg, stop, arg);
}
