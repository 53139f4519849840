/*
 * endpoints.h: the handlers of the route table, a file each family.
 *
 * A handler fills in rq->error or the reply, as api/request.h says.  Who may
 * call was checked before.
 */
#ifndef GB_API_ENDPOINTS_H
#define GB_API_ENDPOINTS_H

#include "api/request.h"

/* health.c: whether this process can serve. */
void health_get(struct api_request *);

/* chat.c: OpenAI's chat completions and responses, Anthropic's messages; how
 * many tokens one of the latter two would be, and what can be done to a
 * response that is stored. */
void chat_completions(struct api_request *);
void chat_responses(struct api_request *);
void chat_responses_count(struct api_request *);
void chat_responses_stored(struct api_request *);
void chat_messages(struct api_request *);
void chat_messages_count(struct api_request *);

/* images.c: OpenAI's images; those that ask for variations are told how else.
 */
void images_generations(struct api_request *);
void images_edits(struct api_request *);
void images_variations(struct api_request *);

/* models.c: which models there are, in each dialect. */
void models_openai_list(struct api_request *);
void models_openai_get(struct api_request *);
void models_anthropic_list(struct api_request *);
void models_anthropic_get(struct api_request *);
void models_gemini_list(struct api_request *);
void models_gemini_get(struct api_request *);

/* native.c: Gemini's own verbs; rq->rest is "{model}:{verb}". */
void native_verb(struct api_request *);

/* pictures.c: a picture of our own folder; rq->rest is its name. */
void pictures_get(struct api_request *);

#endif
