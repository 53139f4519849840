/* sweep.c: when the folder of pictures is swept, and by whom */
#include "hosting/sweep.h"

#include "base/clock.h"
#include "base/log.h"
#include "hosting/local.h"
#include "store/jobs.h"

#define EVERY_MS MINUTE_MS	  /* as new pictures come fast */
#define LEASE_MS (10 * MINUTE_MS) /* many times what it takes */

void
pictures_sweep_due(struct store *s, const struct settings *cfg)
{
	struct local_count kept;
	int64_t now_ms;
	bool mine;

	now_ms = clock_wall_ms();
	if (store_job_take(s, "pictures", now_ms, EVERY_MS, LEASE_MS, &mine) !=
		GB_OK ||
	    !mine)
		return;
	if (local_sweep(cfg, now_ms, &kept) == GB_OK)
		log_debug("pictures: %zu, of %lld bytes", kept.pictures,
			  (long long)kept.bytes);
}
