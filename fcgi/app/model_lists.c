/* model_lists.c: the models of all projects as one list, kept in memory */
#include "app/model_lists.h"

#include <string.h>

#include "dialect/models_merge.h"

#define LIST_MAX (16 << 20) /* bytes that are kept */

void
lists_init(struct lists *l)
{
	pthread_mutex_init(&l->lock, NULL);
	buf_init(&l->merged, LIST_MAX);
	l->ids[0] = '\0';
}

void
lists_release(struct lists *l)
{
	buf_release(&l->merged);
	pthread_mutex_destroy(&l->lock);
}

/* Too many of all together are no reason to show none. */
static enum gb_err
add_one(void *merge, const char *body, size_t len)
{
	enum gb_err rc;

	rc = models_merge_add(merge, body, len);
	return rc == GB_ETOOBIG ? GB_OK : rc;
}

static enum gb_err
merge_all(struct lists *l, struct store *s, const struct lists_state *state)
{
	struct models_merge merge;
	enum gb_err rc;

	buf_reset(&l->merged);
	l->ids[0] = '\0';
	if ((rc = models_merge_begin(&merge, &l->merged)) == GB_OK &&
	    (rc = store_lists_each(s, state, add_one, &merge)) == GB_OK)
		rc = models_merge_end(&merge);
	models_merge_release(&merge);
	if (rc == GB_OK)
		memcpy(l->ids, state->ids, sizeof(l->ids));
	return rc;
}

enum gb_err
lists_get(struct lists *l, struct store *s, bool any, struct buf *out,
	  int64_t *newest_ms)
{
	struct lists_state state;
	enum gb_err rc;

	*newest_ms = 0;
	if ((rc = store_lists_state(s, any, &state)) != GB_OK)
		return rc;
	pthread_mutex_lock(&l->lock);
	if (strcmp(l->ids, state.ids) != 0)
		rc = merge_all(l, s, &state);
	if (rc == GB_OK) {
		buf_add(out, buf_str(&l->merged), l->merged.len);
		rc = buf_error(out);
	}
	pthread_mutex_unlock(&l->lock);
	if (rc == GB_OK)
		*newest_ms = state.newest_ms;
	return rc;
}
