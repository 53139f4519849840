/*
 * gemini_estimate.h: about how many tokens a request to Gemini may take, before
 * it is sent.  Pure, and in one pass over the bytes.
 */
#ifndef GB_DIALECT_GEMINI_ESTIMATE_H
#define GB_DIALECT_GEMINI_ESTIMATE_H

#include <stddef.h>
#include <stdint.h>

struct gemini_estimate {
	int64_t input;	 /* a bit more than most texts are */
	int64_t output;	 /* generationConfig.maxOutputTokens, the most of one
			    answer; 0: it names none */
	int64_t answers; /* generationConfig.candidateCount, or 1 */
};

/* Of the JSON of a request's body, native or ours.  What is no JSON gives some
 * numbers. */
void gemini_estimate(const char *json, size_t len, struct gemini_estimate *out);

#endif
