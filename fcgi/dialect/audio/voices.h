/* voices.h: the voices of Gemini, and what OpenAI's names for some are here */
#ifndef GB_DIALECT_VOICES_H
#define GB_DIALECT_VOICES_H

#include "dialect/field.h"

/* Gemini's voice of this name, its own or OpenAI's, in any case; a name that
 * nobody knows is the usual voice.  A constant. */
const char *voice_find(struct text name);

/* The same, NULL for a name that nobody knows. */
const char *voice_known(struct text name);

#endif
