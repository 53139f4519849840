/* gemini_write.h: what the files of the Gemini request writer share */
#ifndef GB_DIALECT_GEMINI_WRITE_H
#define GB_DIALECT_GEMINI_WRITE_H

#include "dialect/gemini/gemini_request.h"
#include "dialect/json/json_out.h"
#include "dialect/schema/schema.h"

/* One request being written.  Writers that can fail answer GB_OK or fill in
 * "err". */
struct gemini_writer {
	const struct chat *chat;
	const struct model_facts *facts;
	const struct gemini_request_options *opts;
	struct json_out out;
	struct api_error *err;
	struct schema_account schemas;
	size_t functions;     /* declared to this model */
	unsigned builtins;    /* the same, CHAT_SEARCH … */
	bool json;	      /* JSON output by its own field */
	bool schema;	      /* and its schema, too */
	struct buf json_text; /* else: asked for by these words, or none */
};

/* Something that the client asked for in "param" and the model does not take:
 * an error when strict, else dropped under that name. */
enum gb_err gemini_cannot(struct gemini_writer *,
			  const char *param) GB_NODISCARD;

/* gemini_contents.c: "contents" and "systemInstruction" */
enum gb_err gemini_write_contents(struct gemini_writer *) GB_NODISCARD;

/* gemini_config.c: "generationConfig" */
enum gb_err gemini_write_config(struct gemini_writer *) GB_NODISCARD;

/* A key and a text of the chat. */
void gemini_key_text(struct json_out *, const char *key, struct text);

/* A place for a schema. */
struct gemini_place {
	const char *whole; /* its key, for a model that takes JSON Schema */
	const char *proto; /* the same, for one that does not */
	const char *where; /* what the names of dropped keywords begin with */
};

/* A schema in the words of this model.  "param" is where the client has it.
 * What cannot be said is dropped, or refused when strict. */
enum gb_err gemini_write_schema(struct gemini_writer *,
				const struct gemini_place *,
				struct json_object *schema,
				const char *param) GB_NODISCARD;

#endif
