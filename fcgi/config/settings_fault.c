/* settings_fault.c: why a value is not fit for a setting, in words */
#include "config/settings_fault.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/places.h"
#include "config/settings_table.h"

#define NUMBER_SIZE 24

static const struct {
	const char *key, *english;
} faults[UNFIT__MAX] = {
#include "config/settings_fault_words.h" /* by the Makefile, of strings.en */
};

static const char *
words_of(enum setting_unfit kind, setting_fault_words *words, const void *from)
{
	return words == NULL ? faults[kind].english
			     : words(from, faults[kind].key);
}

/* As it is without its entry. */
static void
write_bare(const struct setting_fault *f, const char *text, struct buf *out)
{
	char min[NUMBER_SIZE], max[NUMBER_SIZE];
	const struct setting *row = f->row;

	if (row == NULL) {
		buf_puts(out, text);
		return;
	}
	(void)snprintf(min, sizeof(min), "%" PRId64, row->min);
	(void)snprintf(max, sizeof(max), "%" PRId64, row->max);
	places_write(out, text,
		     (const char *const[]){min, max, row->pair_name,
					   row->pair_value, NULL});
}

void
setting_fault_write(const struct setting_fault *f, setting_fault_words *words,
		    const void *from, struct buf *out)
{
	const char *text = words_of(f->kind, words, from);
	char entry[NUMBER_SIZE];
	struct buf bare;

	if (f->entry == 0) {
		write_bare(f, text, out);
		return;
	}
	buf_init(&bare, SETTING_FAULT_MAX);
	write_bare(f, text, &bare);
	(void)snprintf(entry, sizeof(entry), "%zu", f->entry);
	places_write(out, words_of(UNFIT_ENTRY, words, from),
		     (const char *const[]){entry, buf_str(&bare), NULL});
	buf_release(&bare);
}
