/*
 * chart.h: charts, drawn as SVG by the template chart.html.
 *
 * A chart says in words what it shows, and has its numbers as a table beside
 * it, for whoever does not see it.
 */
#ifndef GB_ADMIN_CHART_H
#define GB_ADMIN_CHART_H

#include <stdint.h>

#include "admin/numbers.h"
#include "template/dict.h"

#define CHART_SERIES 4	/* as many colours there are */
#define CHART_POINTS 64 /* more are hard to tell apart */

enum chart_kind {
	CHART_BARS, /* the series' on top of each other */
	CHART_LINES
};

struct chart {
	enum chart_kind kind;
	enum number_unit unit;
	const char *title;
	const char *summary;	   /* what it shows, in a sentence */
	const char *points_head;   /* what the points are: "Hour" */
	const char *const *points; /* the name of each, from left to right */
	size_t count;		   /* of points; more than CHART_POINTS are not
				      shown */
	struct chart_series {
		const char *name;
		const int64_t *values; /* one a point; below 0: unknown */
	} series[CHART_SERIES];
	size_t series_count;
};

/* Put it in the place of {{>name}} once more. */
void chart_add(struct dict *, const char *name, const struct chart *);

#endif
