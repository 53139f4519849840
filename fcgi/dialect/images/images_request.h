/*
 * images_request.h: a request of OpenAI's for pictures: /images/generations and
 * /images/edits, the latter as JSON or as a form.
 *
 * The pictures and the prompt become a chat of one turn, for
 * gemini_request_write(); the rest is what the chat has no place for.
 */
#ifndef GB_DIALECT_IMAGES_REQUEST_H
#define GB_DIALECT_IMAGES_REQUEST_H

#include <stdbool.h>

#include "dialect/chat.h"
#include "dialect/error.h"
#include "dialect/images/image_shape.h"
#include "dialect/model_rules.h"
#include "dialect/multipart.h"

#define IMAGES_MAX	   10 /* pictures of one request; OpenAI's limit */
#define IMAGES_GIVEN_MAX   16 /* pictures to edit; the same */
#define IMAGES_WORD_MAX	   16 /* bytes of a size or quality, with NUL */
#define IMAGES_PREDICT_MAX (1 << 20) /* bytes of a request to Imagen */

enum images_task {
	IMAGES_GENERATE,
	IMAGES_EDIT,
};

struct images_request {
	enum images_task task;
	struct chat chat;   /* its model is what the client asked for, "" for
			       none, until images_choose_model() */
	struct text prompt; /* without marks; the chat's last part */
	int64_t n;	    /* 1 to IMAGES_MAX */
	bool url;	    /* answer with URLs, not with the pictures */
	bool stream;
	struct image_wish wish;
	const char *size_param; /* the field that has the size, for errors */
	/* as the client wrote them, to be echoed; "auto" for none */
	char size[IMAGES_WORD_MAX], quality[IMAGES_WORD_MAX];
};

/*
 * Read a request.  "root", which "out" takes over, or "form", from which it
 * borrows.  "out" is to be released with images_request_release() in any case.
 * GB_EINVAL, GB_ENOMEM: "err" is filled in.
 */
enum gb_err images_read_json(struct json_object *root, enum images_task,
			     bool strict, struct images_request *out,
			     struct api_error *err) GB_NODISCARD;
enum gb_err images_read_form(const struct multipart *form, enum images_task,
			     bool strict, struct images_request *out,
			     struct api_error *err) GB_NODISCARD;
void images_request_release(struct images_request *);

/*
 * Put Google's model into the chat: "create_model" for who asks for none or for
 * one of OpenAI's that the operator has given no alias; and the shape of the
 * pictures as it takes it.  GB_EINVAL: a strict request asks for what the model
 * does not have.
 */
enum gb_err images_choose_model(struct images_request *,
				const struct model_rules *,
				const char *create_model,
				struct api_error *err) GB_NODISCARD;

/* Whether the model is an Imagen, which is asked by ":predict". */
bool images_is_imagen(const char *model);

/* Append the body for ":predict" to "out", for one picture.  GB_EINVAL: there
 * are pictures, which Imagen does not take. */
enum gb_err images_write_predict(const struct images_request *, struct buf *out,
				 struct api_error *err) GB_NODISCARD;

#endif
