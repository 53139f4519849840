/* site.c: what all admin pages of a process share */
#include "admin/site.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "admin/texts.h"
#include "app/startup.h"

const char *const language_codes[LANGUAGE__MAX] = {
    [LANGUAGE_ENGLISH] = "en",
    [LANGUAGE_CHINESE] = "zh-CN",
};

enum gb_err
site_init(struct site *site, struct app *app, const struct settings *cfg)
{
	enum gb_err rc;

	memset(site, 0, sizeof(*site));
	site->app = app;
	pthread_mutex_init(&site->lock, NULL);
	rc = assets_init(&site->assets, cfg->static_dir);
	site->folder = strdup(cfg->templates_dir);
	site->database = strdup(cfg->database);
	site->templates = template_set_open(cfg->templates_dir, 0, NULL, NULL);
	if (rc == GB_OK && (site->folder == NULL || site->database == NULL ||
			    site->templates == NULL))
		rc = GB_ENOMEM;
	if (rc != GB_OK)
		site_release(site);
	return rc;
}

void
site_release(struct site *site)
{
	size_t i;

	for (i = 0; i < LANGUAGE__MAX; i++)
		dict_free(site->texts[i]);
	template_set_close(site->templates);
	assets_release(&site->assets);
	store_close(site->reports);
	free(site->folder);
	free(site->database);
	pthread_mutex_destroy(&site->lock);
}

const struct dict *
site_texts(struct site *site, enum language language)
{
	struct dict *texts;

	pthread_mutex_lock(&site->lock);
	if (site->texts[language] == NULL &&
	    texts_load(&texts, site->folder, language_codes[language]) == GB_OK)
		site->texts[language] = texts;
	texts = site->texts[language];
	pthread_mutex_unlock(&site->lock);
	return texts;
}

/* Under the lock: open what is not open yet, and have the key for secrets,
 * which may be another one since the last time. */
static enum gb_err
open_reports(struct site *site)
{
	struct snapshot *snap;
	enum gb_err rc;

	if (site->reports == NULL &&
	    (rc = store_open(&site->reports, site->database)) != GB_OK)
		return rc;
	snap = app_acquire(site->app);
	rc = startup_unlock(site->reports, snap->settings, false);
	app_release(site->app, snap);
	return rc;
}

enum gb_err
site_reports(struct site *site, struct store **reports)
{
	enum gb_err rc;

	pthread_mutex_lock(&site->lock);
	rc = open_reports(site);
	*reports = rc == GB_OK ? site->reports : NULL;
	pthread_mutex_unlock(&site->lock);
	return rc;
}

/* The weight of a language in thousandths, from behind its name: ";q=0.8". */
static int
weight_of(const char *text, size_t len)
{
	const char *q;
	int weight, digit;

	q = memchr(text, ';', len);
	if (q == NULL)
		return 1000;
	for (q++; q < text + len && (*q == ' ' || *q == 'q' || *q == '='); q++)
		;
	if (q == text + len || *q != '0')
		return 1000;
	weight = 0;
	for (q += 2, digit = 100; q < text + len && digit > 0; q++, digit /= 10)
		if (*q >= '0' && *q <= '9')
			weight += digit * (*q - '0');
	return weight;
}

enum language
site_language(const char *header)
{
	enum language best, l;
	int weight, best_weight;
	size_t len;

	best = LANGUAGE_ENGLISH;
	best_weight = 0;
	for (; header != NULL && *header != '\0'; header += len) {
		header += strspn(header, " ,");
		len = strcspn(header, ",");
		for (l = 0; l < LANGUAGE__MAX; l++) {
			/* Those of other places understand it best, too. */
			if (strncasecmp(header, language_codes[l], 2) != 0 ||
			    strchr("-;, ", header[2]) == NULL)
				continue;
			weight = weight_of(header, len);
			if (weight > best_weight) {
				best_weight = weight;
				best = l;
			}
		}
	}
	return best;
}
