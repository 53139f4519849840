/*
 * chat.h: a chat request in no client's dialect and not in Gemini's.
 *
 * A reader (OpenAI's, and others later) fills it in; gemini_request_write()
 * writes it out for a model.  Strings are borrowed from the client's parsed
 * JSON, which the chat owns, so that a picture of 10 MiB is not copied; the
 * few made-up ones lie in the chat's arena.
 */
#ifndef GB_DIALECT_CHAT_H
#define GB_DIALECT_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "dialect/field.h"
#include "dialect/audio/sound.h"

struct json_object; /* json-c's */

/* What one request may hold.  Far above what clients send; they bound memory
 * and the work of pairing calls with results. */
#define CHAT_PARTS_MAX	  100000 /* parts of all turns, system parts too */
#define CHAT_CALLS_MAX	  512	 /* tool calls of one turn */
#define CHAT_TOOLS_MAX	  1024	 /* declared functions; OpenAI's limit is 128 */
#define CHAT_NAME_MAX	  120 /* bytes of a function's name; OpenAI's is 64 */
#define CHAT_MODEL_MAX	  128 /* bytes of a model's name */
#define CHAT_STOPS_MAX	  5   /* Gemini's own limit */
#define CHAT_PROMPTS_MAX  8   /* of a completion: an answer each */
#define CHAT_DROPPED_MAX  16  /* names of fields kept for the header */
#define CHAT_DROPPED_NAME 40  /* bytes of one, with NUL */

enum chat_role {
	CHAT_USER,
	CHAT_MODEL,
};

enum chat_part_kind {
	CHAT_TEXT,   /* text */
	CHAT_INLINE, /* mime, data: base64 */
	CHAT_FILE,   /* uri, mime or none */
	CHAT_WEB,    /* url, mime or none: a guess; param.  Somebody who may
			fetch it makes it inline; else Gemini gets the URL */
	CHAT_DRAWN,  /* url of a picture that the model drew earlier.  Somebody
			who knows that it draws makes it inline; else it is
			left out */
	CHAT_CALL,   /* id, name, data: JSON text of the arguments, an object */
	CHAT_RESULT, /* id, name, data: JSON text or, when "plain", text */
	CHAT_ECHO,   /* json, or data: its text: a part of Gemini's own that it
			wants back */
};

struct chat_part {
	enum chat_part_kind kind;
	bool plain;	  /* a result that is not JSON */
	bool object;	  /* a result that is a JSON object */
	bool error;	  /* a result that tells of a failure; plain too */
	bool of_result;	  /* media that belong to the result before them */
	size_t origin;	  /* which of the client's messages it is from */
	struct text data; /* text, base64, URI, or JSON text */
	struct text mime;
	const char *param;    /* where it stood, for errors */
	struct text id, name; /* the name as Gemini sees it */
	struct text signature;
	struct json_object *json; /* borrowed */
};

/* Parts "first" to "first + count - 1" of the chat.  Roles alternate. */
struct chat_turn {
	enum chat_role role;
	size_t first, count;
	size_t calls, results; /* of its parts, how many are these */
};

struct chat_tool {
	struct text name;  /* as Gemini sees it */
	const char *given; /* as the client wrote it, when that differs */
	struct text description;
	struct json_object *parameters; /* JSON Schema, or NULL; borrowed */
	const char *param; /* where its schema stands, for errors */
	bool strict;	   /* its calls keep to the schema to the letter */
	bool custom;	   /* takes one text, its parameter "input" */
};

/* Tools that Google runs itself, as bits. */
enum {
	CHAT_SEARCH = 1 << 0,
	CHAT_CODE = 1 << 1,
	CHAT_URL_CONTEXT = 1 << 2,
	CHAT_PICTURES = 1 << 3, /* not a tool, but what some models do */
};

enum chat_choice {
	CHAT_CHOICE_UNSET,
	CHAT_CHOICE_AUTO,
	CHAT_CHOICE_NONE,
	CHAT_CHOICE_ANY,       /* must call one (of the allowed) */
	CHAT_CHOICE_VALIDATED, /* may call one, by its schema to the letter */
};

enum chat_output {
	CHAT_OUTPUT_TEXT,
	CHAT_OUTPUT_JSON,
	CHAT_OUTPUT_SCHEMA,
};

enum chat_effort {
	CHAT_EFFORT_UNSET,
	CHAT_EFFORT_NONE,
	CHAT_EFFORT_MINIMAL,
	CHAT_EFFORT_LOW,
	CHAT_EFFORT_MEDIUM,
	CHAT_EFFORT_HIGH,
	CHAT_EFFORT_XHIGH,
	CHAT_EFFORT_MAX,
};

/* Kinds of output asked for, as bits; 0: the model's own choice. */
enum {
	CHAT_MODALITY_TEXT = 1 << 0,
	CHAT_MODALITY_IMAGE = 1 << 1,
	CHAT_MODALITY_AUDIO = 1 << 2,
};

struct chat_number {
	bool set;
	double value;
};

struct chat_integer {
	bool set;
	int64_t value;
};

struct chat_generation {
	struct chat_number temperature, top_p;
	struct chat_number presence_penalty, frequency_penalty;
	struct chat_integer top_k, max_tokens, seed;
	struct text stops[CHAT_STOPS_MAX];
	size_t stop_count;
	unsigned modalities;
	struct text media_resolution; /* Gemini's word for it, or none */
	struct text aspect_ratio, image_size;
	const char *voice;     /* Gemini's name of it, or NULL */
	struct text style;     /* how it speaks, or none; for models that take
				  it apart from the text (verbatim) */
	enum sound_form sound; /* what the client wants to hear */
	bool logprobs;	       /* of the tokens, and of so many beside each: */
	int64_t top_logprobs;
};

struct chat_thinking {
	enum chat_effort effort;
	struct chat_integer budget;  /* tokens; -1: the model decides */
	bool thoughts_set, thoughts; /* whether to answer with thoughts */
	const char *param;	     /* the field that asked, for errors */
};

/* Names of fields that could not be honoured: letters, digits, "_", "-", ".",
 * so that they can go into a header. */
struct chat_dropped {
	size_t count;
	bool more; /* others too: too many, or unfit for a header */
	char names[CHAT_DROPPED_MAX][CHAT_DROPPED_NAME];
};

struct chat_block; /* of the arena */
struct chat_owned;

struct chat {
	struct json_object *root; /* owned: what the texts point into */
	struct chat_block *arena;
	struct chat_owned *owned; /* by chat_own() */
	bool strict; /* what cannot be honoured is an error, not dropped */

	char model[CHAT_MODEL_MAX + 1]; /* without "models/"; fit for a URL */

	struct text *system; /* the system texts in their order */
	size_t system_count, system_size;
	struct chat_part *parts;
	size_t part_count, part_size;
	struct chat_turn *turns;
	size_t turn_count, turn_size;
	const char *turns_param; /* the field that they come from, for errors */

	/* Of a completion: its prompts.  Each gets as many of the "n" answers,
	 * in this order; the first part is the one of them that is written. */
	struct text prompts[CHAT_PROMPTS_MAX];
	size_t prompt_count;
	bool echo; /* an answer begins with its prompt */

	struct chat_tool *tools;
	size_t tool_count, tool_size;
	unsigned builtins;
	enum chat_choice choice;
	struct text *allowed; /* functions that may be called; none: all */
	size_t allowed_count, allowed_size;

	enum chat_output output;
	struct json_object *output_schema; /* borrowed */
	const char *output_param; /* the field that asked, for errors */
	struct chat_generation gen;
	struct chat_thinking thinking;
	struct text cached_content;	     /* "cachedContents/…", or none */
	struct json_object *safety_settings; /* an array as Gemini has it, of
						objects with two strings each;
						or NULL; borrowed */
	struct text service_tier;	     /* Gemini's word, or none */

	/* what the reply half must know */
	bool stream, include_usage;
	bool function_call;   /* the client knows OpenAI's "functions" of 2023
				 only: answer with function_call */
	bool draws;	      /* its user wants pictures, and sees them only as
				 Markdown */
	bool one_call;	      /* the client takes no calls in parallel: only the
				 first of an answer is passed on */
	bool thinking_blocks; /* the client asked for blocks of thinking, and
				 sends back what it got of them */
	int64_t n; /* answers asked for, at most REPLY_CANDIDATES_MAX */
	struct text affinity; /* of what belongs together, so that one key's
				 cache serves it; or none */

	struct chat_dropped dropped;
};

/* An empty chat; nothing is allocated yet. */
void chat_init(struct chat *);
/* Free what it holds, the JSON too. */
void chat_release(struct chat *);

/*
 * Append a part to the last turn, or to a new one when that is of another
 * role; a new system text; a new tool; an allowed name.  All zero, for the
 * caller to fill in; valid until the next one.  NULL: GB_ETOOBIG or GB_ENOMEM
 * in "*why".
 */
struct chat_part *chat_add_part(struct chat *, enum chat_role,
				enum chat_part_kind, enum gb_err *why);
struct text *chat_add_system(struct chat *, enum gb_err *why);
struct chat_tool *chat_add_tool(struct chat *, enum gb_err *why);
struct text *chat_add_allowed(struct chat *, enum gb_err *why);

/* The same in the middle: part number "at" and those after it move on.  "at" is
 * of turn "turn", or just behind it. */
struct chat_part *chat_insert_part(struct chat *, size_t turn, size_t at,
				   enum chat_part_kind, enum gb_err *why);

/* "len" bytes of the arena, for as long as the chat; NULL: no memory. */
char *chat_alloc(struct chat *, size_t len) GB_NODISCARD;
/* A copy of a text, with a NUL. */
char *chat_copy(struct chat *, struct text) GB_NODISCARD;

/* Take over "data", which malloc() made, for as long as the chat.  GB_ENOMEM:
 * it still is the caller's. */
enum gb_err chat_own(struct chat *, char *data) GB_NODISCARD;

/*
 * A function's name as Gemini takes it: begins with a letter or "_", then
 * letters, digits, "_", ".", ":", "-".  A name of other form is mangled, a
 * declared tool's to what it was given at chat_name_tools().  "*out" is in the
 * arena or the same as "name".  GB_EINVAL: empty, or over CHAT_NAME_MAX.
 */
enum gb_err chat_name(struct chat *, struct text name,
		      struct text *out) GB_NODISCARD;

/* Give the declared tools, whose "name" still is the client's, the names that
 * Gemini takes, all different.  GB_EEXIST: two are the same, "*which" is the
 * second; GB_EINVAL: as chat_name(), of "*which". */
enum gb_err chat_name_tools(struct chat *, size_t *which) GB_NODISCARD;

/* The declared tool that Gemini calls "name"; NULL: there is none. */
const struct chat_tool *chat_find_tool(const struct chat *, const char *name);

/* The client's name of the tool that Gemini calls "name". */
const char *chat_original_name(const struct chat *, const char *name);

/*
 * Match each result with a call of the model's turn before it, give it that
 * call's name and id (made up for both where they have none), and move the
 * results of a turn before its other parts, in the order of the calls.
 * GB_ENOTFOUND: "*which" is a call without a result, or a result without a call
 * (its kind tells).
 */
enum gb_err chat_pair_results(struct chat *, size_t *which) GB_NODISCARD;

/* The prompt that answer number "answer", below chat->n, goes on from; and have
 * it written.  Of no effect on what is no completion. */
struct text chat_prompt(const struct chat *, unsigned answer);
void chat_choose_prompt(struct chat *, unsigned answer);

/* Where the current turn begins: after the newest user's turn that holds more
 * than results.  Only the calls from there on are checked by Gemini. */
size_t chat_current_turn(const struct chat *);

/* Remember that a field was dropped.  Once each; of names unfit for a header,
 * and those beyond the maximum, only that there were some. */
void chat_drop(struct chat_dropped *, const char *name);

/* The same for each of "more", as "where.name". */
void chat_drop_all(struct chat_dropped *, const char *where,
		   const struct chat_dropped *more);

#endif
