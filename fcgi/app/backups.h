/* backups.h: copies of the database that are made by themselves */
#ifndef GB_APP_BACKUPS_H
#define GB_APP_BACKUPS_H

#include "config/settings.h"
#include "store/store.h"

/*
 * When it is time (backup_every_hours), and no other process is at it, copy the
 * database into backup_folder, and delete all but the newest backup_keep of the
 * copies there; other files stay.  "stop" as in store/backup.h.  Failures are
 * logged.
 */
void backups_due(struct store *, const struct settings *, bool (*stop)(void *),
		 void *arg);

#endif
