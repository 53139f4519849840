/* overview_charts.h: the overview's charts of a day or a month */
#ifndef GB_ADMIN_OVERVIEW_CHARTS_H
#define GB_ADMIN_OVERVIEW_CHARTS_H

#include "admin/request.h"
#include "store/usage.h"

/* Put them in the place of {{>CHART}}: of the 24 hours that "hours" has, or as
 * the query's "range" asks of 30 days. */
enum gb_err overview_charts(struct admin_request *, struct dict *,
			    int64_t now_ms,
			    const struct usage_rows *hours) GB_NODISCARD;

#endif
