/* files.h: the parsed files of a folder, kept up to date */
#ifndef GB_TEMPLATE_FILES_H
#define GB_TEMPLATE_FILES_H

#include <pthread.h>
#include <stdint.h>

#include "template/parse.h"

struct file;

struct template_set {
	char *folder;
	unsigned flags;
	template_report *report;
	void *context;
	struct modifiers modifiers;
	pthread_mutex_t lock; /* of what follows */
	struct file *files;
	size_t file_count;
};

/*
 * The file, for text that begins at "begin", as it is now or, in a set that is
 * not strict, as it was when it was good.  On GB_OK the caller parsed_drop()s
 * "*out"; otherwise "err", unless NULL, says why.
 */
enum gb_err files_get(struct template_set *, const char *name,
		      const struct context *begin, struct parsed **out,
		      struct template_error *err) GB_NODISCARD;

void files_report(const struct template_set *, const struct template_error *);

#endif
