/*
 * models.h: what is known of each model, in one table.
 *
 * A model that the table does not know is taken for the newest: the strictest
 * rules hold on every model so far.  What an operator knows better, of a model
 * that came after this program, goes before the table.
 */
#ifndef GB_DIALECT_MODELS_H
#define GB_DIALECT_MODELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum model_family {
	MODEL_TEXT,  /* text out; most read images, sound and video too */
	MODEL_IMAGE, /* "-image": pictures out */
	MODEL_TTS,   /* "-tts": speech out */
	MODEL_LIVE,  /* over WebSockets only */
	MODEL_EMBEDDING,
	MODEL_GEMMA,
	MODEL_OTHER, /* veo, lyria, imagen: not asked for chat */
};

enum model_thinking {
	THINKING_NONE,	 /* no thinkingConfig is taken */
	THINKING_BUDGET, /* thinkingBudget, in tokens */
	THINKING_LEVELS, /* thinkingLevel, a word */
};

/* Levels, lowest first; bits of model_facts.levels are 1 << level. */
enum model_level {
	LEVEL_MINIMAL,
	LEVEL_LOW,
	LEVEL_MEDIUM,
	LEVEL_HIGH,
	LEVEL__MAX
};

/* As Google spells them. */
extern const char *const model_level_words[LEVEL__MAX];

struct model_facts {
	enum model_family family;
	int version; /* major * 100 + minor */

	enum model_thinking thinking;
	int64_t budget_min, budget_max; /* tokens, when it thinks at all */
	int64_t budget_minimal;		/* what "minimal" effort is */
	bool budget_zero;		/* thinking can be turned off with 0 */
	unsigned levels;

	bool sampling;	  /* takes temperature, topP and topK */
	bool penalties;	  /* takes presencePenalty and frequencyPenalty */
	bool logprobs;	  /* takes responseLogprobs */
	bool prefill;	  /* a request may end with the model's turn */
	bool system;	  /* takes systemInstruction */
	bool functions;	  /* takes functionDeclarations */
	bool builtins;	  /* takes googleSearch and its like */
	bool code;	  /* takes codeExecution, which is one of these */
	bool url_context; /* takes urlContext, the same */
	bool builtins_with_functions; /* both in one request */
	bool json; /* takes responseMimeType application/json */
	bool json_with_functions;
	bool json_schema;  /* takes parametersJsonSchema, responseJsonSchema */
	bool call_ids;	   /* wants the ids of calls and results */
	bool signatures;   /* refuses calls of the current turn without one */
	bool result_media; /* takes media within a functionResponse */
	bool media_resolution;
	bool file_uri;	   /* fetches https URLs of any host by itself */
	bool task_type;	   /* takes taskType and title, for vectors */
	bool unit_vectors; /* all its vectors have length 1, also those that are
			      shorter than it makes them by itself */
	bool transcription; /* does nothing but transcribe, and answers in
			       parts of their own */
	bool verbatim; /* says all of a text and takes its style apart from it;
			  and it streams what it says */
};

/* What somebody says of some models: facts that replace the table's. */
struct model_fact_rule {
	const char *pattern; /* of their names: "*" and "?"; borrowed */
	unsigned given;	     /* which facts, as bits of models.c's table */
	struct model_facts facts;
};

struct model_rules; /* of dialect/model_rules.h */

/*
 * The facts of "model", with or without "models/": those of the first rule
 * whose pattern fits, and the table's for the rest.  "rules" may be NULL.
 * "*out" is wholly written.
 */
void model_facts_get(const char *model, const struct model_rules *rules,
		     struct model_facts *out);

/* What may be wrong with facts that somebody wrote. */
enum model_facts_fault {
	FACTS_FINE,
	FACTS_MISSING, /* there are none */
	FACTS_UNKNOWN, /* nothing is called so */
	FACTS_TWICE,
	FACTS_WRONG, /* a value that it cannot have */
};

/*
 * Read facts as an operator writes them, "thinking=levels levels=low,high
 * sampling=no", into "*out" but for its pattern, which has none where they
 * cannot be read.
 */
enum model_facts_fault model_facts_parse(const char *words,
					 struct model_fact_rule *out);

/* Whether "*" (any characters) and "?" (one) in "pattern" can stand so that it
 * is "name". */
bool model_pattern_fits(const char *pattern, const char *name);

/* Its version alone, major * 100 + minor.  False when the name has none; then
 * "*version" is above all. */
bool model_version(const char *model, int *version);

#endif
