/*
 * site.h: what all admin pages of a process share: templates, texts, assets.
 */
#ifndef GB_ADMIN_SITE_H
#define GB_ADMIN_SITE_H

#include <pthread.h>

#include "admin/assets.h"
#include "app/app.h"
#include "template/template.h"

/* The languages that there are, the first one for who asks for none of them. */
enum language {
	LANGUAGE_ENGLISH,
	LANGUAGE_CHINESE,
	LANGUAGE__MAX
};

/* The cookie of who has chosen one. */
#define LANGUAGE_COOKIE "gb_language"

/* As browsers have them: "en", "zh-CN". */
extern const char *const language_codes[LANGUAGE__MAX];

struct site {
	struct app *app;
	struct template_set *templates;
	struct assets assets;
	char *folder;	      /* of templates and texts */
	char *database;	      /* the app's */
	pthread_mutex_t lock; /* guards the next, until they are there */
	struct dict *texts[LANGUAGE__MAX]; /* NULL: not read yet */
	struct store *reports;		   /* NULL: not opened yet */
};

/* Nothing is read yet: a process that only serves the API never does. */
enum gb_err site_init(struct site *, struct app *,
		      const struct settings *) GB_NODISCARD;
void site_release(struct site *);

/* The texts of a language, read at the first use; NULL: they cannot be read,
 * which was logged. */
const struct dict *site_texts(struct site *, enum language);

/*
 * A connection to the database for what takes some milliseconds to read, so
 * that nobody's request waits for a page; opened at the first use.  To write,
 * use the app's: two of one process would make each other busy.
 */
enum gb_err site_reports(struct site *, struct store **) GB_NODISCARD;

/* Which language "header" (Accept-Language; NULL: none) likes best. */
enum language site_language(const char *header);

#endif
