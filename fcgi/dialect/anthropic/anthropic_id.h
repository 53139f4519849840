/*
 * anthropic_id.h: ids of calls as Anthropic's clients know them.
 *
 * Gemini has ids of its own, which it wants back; they stand behind a prefix
 * that some clients look for.
 */
#ifndef GB_DIALECT_ANTHROPIC_ID_H
#define GB_DIALECT_ANTHROPIC_ID_H

#define ANTHROPIC_CALL "toolu_"

#endif
