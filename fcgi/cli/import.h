/* import.h: what all commands do that take keys, tokens and settings in */
#ifndef GB_CLI_IMPORT_H
#define GB_CLI_IMPORT_H

#include "cli/commands.h"
#include "store/parcel.h"

#define PARCEL_ALL ((1u << PARCEL__MAX) - 1)

/* Append all of the file, or for "-" of standard input, to "out"; failures are
 * complained about. */
enum gb_err import_read(const char *file, struct buf *out) GB_NODISCARD;

/* Complain about a value of what is called "name". */
struct setting_fault;
void import_complain(const char *name, const struct setting_fault *);

/*
 * Check what is OPEN in the parcel, write it in one transaction (or see what
 * would come of it, with --dry-run), and say what became of each row.  Settings
 * that do not go together, with those of the file and the environment too, are
 * an error, and nothing is written.  Returns one of CLI_EXIT_….
 */
int import_parcel(struct cli *, struct parcel *);

#endif
