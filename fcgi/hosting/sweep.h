/* sweep.h: when the folder of pictures is swept, and by whom */
#ifndef GB_HOSTING_SWEEP_H
#define GB_HOSTING_SWEEP_H

#include "config/settings.h"
#include "store/store.h"

/* Sweep, where a minute has passed since any process did and none is at it.
 * Failures are logged. */
void pictures_sweep_due(struct store *, const struct settings *);

#endif
