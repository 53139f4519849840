/* texts.c: what the pages say, in one language */
#include "admin/texts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define KEY_LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"

/* Read the file at "path" into "out". */
static enum gb_err
read_file(const char *path, struct buf *out)
{
	char *room;
	size_t got;
	FILE *f;

	if ((f = fopen(path, "re")) == NULL) {
		log_error("admin: %s", path);
		return GB_EIO;
	}
	if ((room = buf_reserve(out, TEXTS_FILE_MAX)) == NULL) {
		(void)fclose(f);
		return GB_ENOMEM;
	}
	got = fread(room, 1, TEXTS_FILE_MAX, f);
	room[got] = '\0';
	out->len = got;
	(void)fclose(f);
	if (got == TEXTS_FILE_MAX) {
		log_errorx("admin: %s: it is too large", path);
		return GB_EINVAL;
	}
	return GB_OK;
}

/* Take one line, which ends with a NUL; false: it is none that may be there. */
static bool
take_line(struct dict *texts, const char *line)
{
	char name[TEXTS_KEY_MAX + 2];
	size_t len;

	line += strspn(line, " \t");
	if (*line == '\0' || *line == '#')
		return true;
	len = strspn(line, KEY_LETTERS);
	if (len == 0 || len > TEXTS_KEY_MAX ||
	    strncmp(line + len, " = ", 3) != 0)
		return false;
	(void)snprintf(name, sizeof(name), "_%.*s", (int)len, line);
	dict_set(texts, name, line + len + 3);
	return true;
}

enum gb_err
texts_load(struct dict **out, const char *folder, const char *code)
{
	char path[4096 + 32], *line, *next;
	struct buf file;
	enum gb_err rc;
	int number;

	*out = NULL;
	buf_init(&file, TEXTS_FILE_MAX + 1);
	(void)snprintf(path, sizeof(path), "%s/strings.%s", folder, code);
	if ((rc = read_file(path, &file)) != GB_OK)
		goto out;
	if ((*out = dict_new()) == NULL) {
		rc = GB_ENOMEM;
		goto out;
	}
	for (number = 1, line = file.data; line != NULL;
	     line = next, number++) {
		if ((next = strchr(line, '\n')) != NULL)
			*next++ = '\0';
		if (!take_line(*out, line)) {
			log_errorx("admin: %s:%d: must be \"KEY = text\"", path,
				   number);
			rc = GB_EINVAL;
			break;
		}
	}
	if (rc == GB_OK)
		rc = dict_error(*out);
out:
	if (rc != GB_OK) {
		dict_free(*out);
		*out = NULL;
	}
	buf_release(&file);
	return rc;
}

const char *
texts_find(const struct dict *texts, const char *key)
{
	char name[TEXTS_KEY_MAX + 2];
	struct dict_name hashed;
	const char *text;
	size_t len;
	int n;

	n = snprintf(name, sizeof(name), "_%s", key);
	if (n < 0 || (size_t)n >= sizeof(name))
		return key;
	hashed = dict_name_of(name, (size_t)n);
	text = dict_value(texts, &hashed, &len);
	return text == NULL ? key : text;
}
