/*
 * templates.c: what it takes to render the largest page, 100 rows of 20 cells,
 * each with an address, an attribute and a text.  Prints "ms=... kib=...".
 *
 *   templates FOLDER   an empty one, in which it puts the page
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "template/template.h"

#define ROWS	100
#define CELLS	20
#define PAGES	500
#define OUT_MAX (16u << 20)

static void
must(int truth, const char *what)
{
	if (truth)
		return;
	fprintf(stderr, "templates: %s\n", what);
	exit(1);
}

static void
x_mask(const char *value, size_t len, const char *arg, struct buf *out)
{
	(void)arg;
	buf_add(out, value, len < 4 ? len : 4);
	buf_puts(out, "…");
}

static void
write_page(const char *folder)
{
	char path[4096];
	FILE *f;
	int i;

	must(snprintf(path, sizeof(path), "%s/row.html", folder) <
		 (int)sizeof(path),
	     "a path too long");
	must((f = fopen(path, "w")) != NULL, "cannot write");
	fprintf(f, "<tr id=\"key-{{ID}}\">\n");
	for (i = 0; i < CELLS; i++)
		fprintf(f,
			"  <td title=\"{{NAME_%d}}\"><a href=\"{{MOUNT}}/keys/"
			"{{ID}}?q={{NAME_%d:x-mask}}\">{{NAME_%d:h}}</a>\n"
			"  {{#ODD}}\n  <b>{{_WORD}}</b>\n  {{/ODD}}\n  </td>\n",
			i, i, i);
	fprintf(f, "</tr>\n");
	must(fclose(f) == 0, "cannot write");
	(void)snprintf(path, sizeof(path), "%s/page.html", folder);
	must((f = fopen(path, "w")) != NULL, "cannot write");
	fprintf(f, "<!DOCTYPE html>\n<title>{{_WORD}}</title>\n<table>\n"
		   "{{#ROW}}\n{{>row.html}}\n{{/ROW}}\n</table>\n");
	must(fclose(f) == 0, "cannot write");
}

static struct dict *
make_data(const struct dict *words)
{
	struct dict *d = dict_new(), *row;
	char name[32];
	int i, k;

	dict_set_outer(d, words);
	dict_set(d, "MOUNT", "/gbalance");
	for (i = 0; i < ROWS; i++) {
		row = dict_add(d, "ROW");
		dict_set_int(row, "ID", i);
		dict_show_if(row, "ODD", i % 2);
		for (k = 0; k < CELLS; k++) {
			(void)snprintf(name, sizeof(name), "NAME_%d", k);
			dict_setf(row, name, "AIza<%d> & \"more\"", i * k);
		}
	}
	must(dict_error(d) == GB_OK, "no memory");
	return d;
}

static double
now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

int
main(int argc, char **argv)
{
	struct dict *words = dict_new(), *d;
	struct template_error err;
	struct template_set *set;
	double began, took, best = 0;
	struct buf out;
	int i;

	must(argc == 2, "usage: templates FOLDER");
	write_page(argv[1]);
	set = template_set_open(argv[1], TEMPLATE_STRICT, NULL, NULL);
	must(set != NULL &&
		 template_set_modifier(set, "x-mask", x_mask) == GB_OK,
	     "no memory");
	dict_set(words, "_WORD", "Word");
	d = make_data(words);
	buf_init(&out, OUT_MAX);
	for (i = 0; i < PAGES; i++) {
		buf_reset(&out);
		began = now_ms();
		must(template_render(set, "page.html", d, &out, &err) == GB_OK,
		     err.text);
		took = now_ms() - began;
		if (i == 0 || took < best)
			best = took;
	}
	printf("ms=%.3f kib=%zu\n", best, out.len / 1024);
	buf_release(&out);
	dict_free(d);
	dict_free(words);
	template_set_close(set);
	return 0;
}
