/* chart.c: charts, drawn as SVG */
#include "admin/chart.h"

#include <inttypes.h>

#include "base/buf.h"

/* The picture, in units of its own; chart.html has the same size. */
#define WIDTH	 400
#define TOP	 8
#define BOTTOM	 140 /* where the values' zero is */
#define LEFT	 52
#define RIGHT	 (WIDTH - 8)
#define GRID	 2	     /* lines above zero */
#define NAMES	 4	     /* points whose names are shown, about */
#define PATH_MAX (64 * 1024) /* bytes of a line */

/* A number that is easy to read and no less than "n", to be halved. */
static int64_t
round_up(int64_t n)
{
	static const int64_t steps[] = {2, 4, 6, 8, 10};
	int64_t power;
	size_t i;

	for (power = 1; power <= INT64_MAX / 100 && 10 * power < n;)
		power *= 10;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (n <= steps[i] * power)
			return steps[i] * power;
	return n;
}

/* The highest value, of bars on top of each other. */
static int64_t
highest(const struct chart *c)
{
	int64_t sum, value, high;
	size_t i, k;

	for (high = 0, i = 0; i < c->count; i++)
		for (sum = 0, k = 0; k < c->series_count; k++) {
			value = c->series[k].values[i];
			if (value < 0)
				continue;
			sum = c->kind == CHART_BARS ? sum + value : value;
			if (sum > high)
				high = sum;
		}
	return high;
}

static double
y_of(int64_t value, int64_t high)
{
	return BOTTOM - (double)(BOTTOM - TOP) * (double)value / (double)high;
}

/* The middle of a point's place. */
static double
x_of(const struct chart *c, size_t point)
{
	return LEFT + (double)(RIGHT - LEFT) * ((double)point + 0.5) /
			  (double)c->count;
}

static void
add_grid(struct dict *d, const struct chart *c, int64_t high)
{
	enum number_unit unit;
	struct dict *line;
	int64_t value;
	int i;

	unit = c->unit == NUMBER_COUNT ? NUMBER_SHORT : c->unit;
	for (i = 0; i <= GRID; i++) {
		value = high * i / GRID;
		line = dict_add(d, "GRID");
		dict_setf(line, "Y", "%.1f", y_of(value, high));
		number_set(line, "LABEL", unit, value);
	}
}

static void
add_names(struct dict *d, const struct chart *c)
{
	struct dict *name;
	size_t i, step;

	step = (c->count + NAMES - 1) / NAMES;
	for (i = step / 2; step > 0 && i < c->count; i += step) {
		name = dict_add(d, "NAME");
		dict_setf(name, "X", "%.1f", x_of(c, i));
		dict_set(name, "LABEL", c->points[i]);
	}
}

/* What is below the k-th bar of a point. */
static int64_t
below(const struct chart *c, size_t k, size_t point)
{
	int64_t sum;

	for (sum = 0; k-- > 0;)
		if (c->series[k].values[point] > 0)
			sum += c->series[k].values[point];
	return sum;
}

static void
draw_bars(struct buf *path, const struct chart *c, size_t k, int64_t high)
{
	double width, low, top;
	int64_t value;
	size_t i;

	width = 0.8 * (RIGHT - LEFT) / (double)c->count;
	for (i = 0; i < c->count; i++) {
		if ((value = c->series[k].values[i]) <= 0)
			continue;
		low = y_of(below(c, k, i), high);
		top = y_of(below(c, k, i) + value, high);
		/* What is there is seen. */
		if (low - top < 1)
			top = low - 1;
		buf_printf(path, "M%.1f %.1fV%.1fh%.1fV%.1fz",
			   x_of(c, i) - width / 2, low, top, width, low);
	}
}

/* A line from known point to known point; one alone is a dash. */
static void
draw_line(struct buf *path, const struct chart *c, size_t k, int64_t high)
{
	const int64_t *values;
	bool on;
	size_t i;

	values = c->series[k].values;
	for (on = false, i = 0; i < c->count; i++) {
		if (values[i] < 0) {
			on = false;
			continue;
		}
		buf_printf(path, "%c%.1f %.1f", on ? 'L' : 'M', x_of(c, i),
			   y_of(values[i], high));
		if (!on && (i + 1 == c->count || values[i + 1] < 0))
			buf_puts(path, "h3");
		on = true;
	}
}

static void
add_series(struct dict *d, const struct chart *c, size_t k, int64_t high)
{
	struct dict *line;
	struct buf path;

	buf_init(&path, PATH_MAX);
	if (c->kind == CHART_BARS)
		draw_bars(&path, c, k, high);
	else
		draw_line(&path, c, k, high);
	line = dict_add(d, c->kind == CHART_BARS ? "BARS" : "LINE");
	dict_set_int(line, "NUMBER", (int64_t)k + 1);
	dict_set(line, "PATH", buf_str(&path));
	buf_release(&path);
	line = dict_add(d, "SERIES");
	dict_set_int(line, "NUMBER", (int64_t)k + 1);
	dict_set(line, "NAME_TEXT", c->series[k].name);
}

static void
add_table(struct dict *d, const struct chart *c)
{
	struct dict *row;
	size_t i, k;

	for (i = 0; i < c->count; i++) {
		row = dict_add(d, "POINT");
		dict_set(row, "POINT_NAME", c->points[i]);
		for (k = 0; k < c->series_count; k++)
			number_set(dict_add(row, "VALUE"), "VALUE_TEXT",
				   c->unit, c->series[k].values[i]);
	}
}

void
chart_add(struct dict *data, const char *name, const struct chart *chart)
{
	struct chart c = *chart;
	struct dict *d;
	int64_t high;
	size_t k;

	if (c.count > CHART_POINTS)
		c.count = CHART_POINTS;
	d = dict_include(data, name, "chart.html");
	dict_set(d, "CHART_TITLE", c.title);
	dict_set(d, "SUMMARY", c.summary);
	dict_set(d, "POINTS_HEAD", c.points_head);
	high = round_up(highest(&c));
	add_grid(d, &c, high);
	add_names(d, &c);
	for (k = 0; k < c.series_count; k++)
		add_series(d, &c, k, high);
	dict_show_if(d, "LEGEND", c.series_count > 1);
	add_table(d, &c);
}
