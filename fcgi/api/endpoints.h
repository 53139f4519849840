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

/* metrics.c: what monitoring wants to know, and who may. */
void metrics_get(struct api_request *);
bool metrics_may(struct api_request *);

/* chat.c: OpenAI's chat completions, its completions of before there were
 * chats, and responses, Anthropic's messages; how many tokens one of the latter
 * two would be, and what can be done to a response that is stored. */
void chat_completions(struct api_request *);
void chat_plain_completions(struct api_request *);
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

/* embeddings.c: OpenAI's embeddings. */
void embeddings_create(struct api_request *);

/* moderations.c: OpenAI's moderations. */
void moderations_create(struct api_request *);

/* transcriptions.c: OpenAI's recordings that become text, as they are spoken or
 * in English. */
void transcriptions_create(struct api_request *);
void transcriptions_translate(struct api_request *);

/* speech.c: OpenAI's speech. */
void speech_create(struct api_request *);

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

/* owned.c: files, caches, batches and all else that belongs to a key; and
 * models' verbs that native.c does not know. */
void owned_call(struct api_request *);
void owned_model_verb(struct api_request *, const char *version,
		      const char *model, const char *verb);

/* upload.c: uploads of files; and the one token that is not an access token:
 * who knows the id of an upload may go on with it, as its owner, who then is
 * rq->token. */
void upload_call(struct api_request *);
bool upload_token(struct api_request *);

/* openai_files.c: OpenAI's files; rq->rest is "file-ID" or "file-ID/content" */
void openai_files_create(struct api_request *);
void openai_files_list(struct api_request *);
void openai_files_get(struct api_request *);
void openai_files_delete(struct api_request *);

/* upload.c: says that there is no Live API here. */
void live_call(struct api_request *);

#endif
