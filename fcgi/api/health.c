/* health.c: whether this process can serve */
#include "api/endpoints.h"
#include "store/keys.h"

void
health_get(struct api_request *rq)
{
	int64_t all, enabled;

	rq->content_type = API_JSON_TYPE;
	if (store_keys_count(app_store(rq->app), POOL_GEMINI, &all, &enabled) !=
	    GB_OK) {
		rq->status = 503;
		buf_puts(&rq->out, "{\"status\":\"database unavailable\"}");
		return;
	}
	rq->status = 200;
	buf_puts(&rq->out, "{\"status\":\"healthy\"}");
}
