/* template_files.c: a folder of templates that a test writes */
#include "unit.h"

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "template_files.h"

static void
keep_report(void *context, const char *line)
{
	struct template_files *t = context;

	(void)snprintf(t->told, sizeof(t->told), "%s", line);
	t->reports++;
}

void
template_files_init(struct template_files *t, unsigned flags)
{
	memset(t, 0, sizeof(*t));
	(void)snprintf(t->folder, sizeof(t->folder), "/tmp/templates.XXXXXX");
	assert_non_null(mkdtemp(t->folder));
	t->set = template_set_open(t->folder, flags, keep_report, t);
	assert_non_null(t->set);
	buf_init(&t->out, TEMPLATE_FILES_OUT);
}

static void
path_of(const struct template_files *t, const char *name, char path[384])
{
	assert_true(snprintf(path, 384, "%s/%s", t->folder, name) < 384);
}

void
template_files_release(struct template_files *t)
{
	struct dirent *entry;
	char path[384];
	DIR *dir;

	template_set_close(t->set);
	buf_release(&t->out);
	dir = opendir(t->folder);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		path_of(t, entry->d_name, path);
		if (entry->d_name[0] != '.')
			(void)unlink(path);
	}
	(void)closedir(dir);
	assert_int_equal(rmdir(t->folder), 0);
}

void
template_files_put(struct template_files *t, const char *name, const char *text)
{
	char path[384], next[384];
	FILE *f;

	path_of(t, name, path);
	path_of(t, "next", next);
	if (text == NULL) {
		assert_int_equal(unlink(path), 0);
		return;
	}
	/* another inode each time, however coarse the file system's clock */
	f = fopen(next, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	assert_int_equal(rename(next, path), 0);
}

enum gb_err
template_files_render(struct template_files *t, const char *name,
		      const struct dict *data)
{
	buf_reset(&t->out);
	return template_render(t->set, name, data, &t->out, &t->err);
}
