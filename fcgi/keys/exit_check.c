/* exit_check.c: asking from time to time whether each proxy works */
#include "keys/exit_check.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "keys/exit_turn.h"
#include "store/jobs.h"
#include "upstream/exit_test.h"

void
exit_check_due(struct store *s, const struct settings *settings,
	       struct engine *engine)
{
	struct exit_result *results;
	int64_t until_ms;
	size_t count, i;
	bool mine;

	/* Nobody gives a lease back: a longer one would be the interval. */
	if (settings->exit_check_ms <= 0 || settings->proxies.count == 0 ||
	    store_job_take(s, "exits", clock_wall_ms(), settings->exit_check_ms,
			   settings->exit_check_ms, &mine) != GB_OK ||
	    !mine)
		return;
	if (exits_test(engine, settings, NULL, EXIT_TEST_UPSTREAM, &results,
		       &count) != GB_OK) {
		log_warnx("exits: no memory to check them");
		return;
	}
	for (i = 0; i < count; i++)
		if (results[i].proxied && results[i].works)
			exit_works(s, results[i].name);
		else if (results[i].proxied)
			exit_failed(s, results[i].name, results[i].fault,
				    &until_ms);
	free(results);
}
