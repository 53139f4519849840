/* template_files.h: a folder of templates that a test writes */
#ifndef GB_TESTS_TEMPLATE_FILES_H
#define GB_TESTS_TEMPLATE_FILES_H

#include "template/template.h"

#define TEMPLATE_FILES_OUT (1u << 20)

struct template_files {
	char folder[64];
	struct template_set *set;
	struct buf out; /* the last page */
	struct template_error err;
	char told[512]; /* the last report */
	int reports;
};

void template_files_init(struct template_files *, unsigned flags);

/* With what is in the folder. */
void template_files_release(struct template_files *);

/* Write a file; NULL removes it. */
void template_files_put(struct template_files *, const char *name,
			const char *text);

/* Render it into "out", emptied before. */
enum gb_err template_files_render(struct template_files *, const char *name,
				  const struct dict *);

#endif
