/* voices.c: the voices of Gemini, and OpenAI's names */
#include "dialect/audio/voices.h"

#include <string.h>
#include <strings.h>

static const char usual[] = "Kore";

static const char *const voices[] = {
    "Zephyr",	     "Puck",	     "Charon",	   "Kore",	  "Fenrir",
    "Leda",	     "Orus",	     "Aoede",	   "Callirrhoe",  "Autonoe",
    "Enceladus",     "Iapetus",	     "Umbriel",	   "Algieba",	  "Despina",
    "Erinome",	     "Algenib",	     "Rasalgethi", "Laomedeia",	  "Achernar",
    "Alnilam",	     "Schedar",	     "Gacrux",	   "Pulcherrima", "Achird",
    "Zubenelgenubi", "Vindemiatrix", "Sadachbia",  "Sadaltager",  "Sulafat",
};

/* By what both houses say of their voices: bright, warm, deep and so on. */
static const struct {
	const char *theirs, *ours;
} aliases[] = {
    {"alloy", "Kore"},	   {"ash", "Charon"},	 {"ballad", "Algieba"},
    {"coral", "Leda"},	   {"echo", "Orus"},	 {"fable", "Puck"},
    {"nova", "Aoede"},	   {"onyx", "Fenrir"},	 {"sage", "Sulafat"},
    {"shimmer", "Zephyr"}, {"verse", "Umbriel"}, {"marin", "Autonoe"},
    {"cedar", "Iapetus"},
};

static bool
is_called(struct text name, const char *voice)
{
	return name.len == strlen(voice) &&
	       strncasecmp(name.ptr, voice, name.len) == 0;
}

const char *
voice_known(struct text name)
{
	size_t i;

	for (i = 0; i < GB_COUNT(voices); i++)
		if (is_called(name, voices[i]))
			return voices[i];
	for (i = 0; i < GB_COUNT(aliases); i++)
		if (is_called(name, aliases[i].theirs))
			return aliases[i].ours;
	return NULL;
}

const char *
voice_find(struct text name)
{
	const char *voice = voice_known(name);

	return voice != NULL ? voice : usual;
}
