/* settings_try.h: settings read from what a test gives, and what came of it */
#ifndef GB_TESTS_SETTINGS_TRY_H
#define GB_TESTS_SETTINGS_TRY_H

#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "config/settings.h"
#include "config/settings_table.h"

#define FAULTS_MAX 65536
#define TEXT_MAX   (1 << 20)

/* What one load is made of, and what came of it. */
struct
try {
	const char *file;	 /* text of a configuration file; NULL: none */
	char *env[3];		 /* "NAME=value" */
	const char *name, *json; /* an override; NULL: none */
	char path[64];
	struct settings *settings;
	struct buf faults;
	enum gb_err rc;
};

static inline void
write_file(char path[64], const char *text)
{
	size_t len;
	int fd;

	(void)snprintf(path, 64, "build/test-settings-XXXXXX");
	fd = mkstemp(path);
	if (fd == -1) { /* run without a build folder */
		(void)snprintf(path, 64, "test-settings-XXXXXX");
		fd = mkstemp(path);
	}
	assert_true(fd != -1);
	len = strlen(text);
	assert_int_equal(write(fd, text, len), len);
	close(fd);
}

static inline void
load(struct try *t)
{
	struct settings_override override = {t->name, t->json};
	struct settings_load from = {.environ = t->env,
				     .overrides = &override,
				     .override_count = t->name != NULL};

	if (t->file != NULL) {
		write_file(t->path, t->file);
		from.file = t->path;
	}
	buf_init(&t->faults, FAULTS_MAX);
	t->settings = (struct settings *)&from; /* must be overwritten */
	t->rc = settings_load(&t->settings, &from, &t->faults);
	if (t->file != NULL)
		unlink(t->path);
	if (t->rc != GB_OK)
		CHECK("settings after a failure", t->settings == NULL);
}

static inline void
done(struct try *t)
{
	settings_free(t->settings);
	buf_release(&t->faults);
}

/* The value that settings_print() shows for "name"; of the caller. */
static inline char *
shown(const struct settings *s, const char *name)
{
	char start[80], *line, *end, *value;
	struct buf text;

	buf_init(&text, TEXT_MAX);
	settings_print(s, &text);
	assert_int_equal(buf_error(&text), GB_OK);
	(void)snprintf(start, sizeof(start), "%s = ", name);
	line = text.data;
	while (line != NULL && strncmp(line, start, strlen(start)) != 0) {
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	assert_non_null(line);
	line += strlen(start);
	end = strstr(line, "; ");
	while (end != NULL && end[1 + strspn(end + 1, " ")] != '#')
		end = strstr(end + 1, "; ");
	assert_non_null(end);
	value = strndup(line, (size_t)(end - line));
	buf_release(&text);
	return value;
}

#endif
