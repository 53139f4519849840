/*
 * cli.h: the command-line tool that the same binary is: "gbalance keys add",
 * "gbalance tokens create", "gbalance check-config" and so on.
 */
#ifndef GB_CLI_CLI_H
#define GB_CLI_CLI_H

#include <stdbool.h>
#include <stdio.h>

#define CLI_EXIT_OK	 0
#define CLI_EXIT_FAILURE 1 /* it was tried and did not work */
#define CLI_EXIT_USAGE	 2 /* the words make no sense; nothing was tried */

/* Whether "word" begins a command: "keys", "tokens", "check-config" … */
bool cli_is_command(const char *word);

/*
 * Whether the command line asks for a command, with or without options
 * ("--config FILE") before it: then it is cli_main()'s, else the daemon's.
 */
bool cli_is_wanted(int argc, char **argv);

/*
 * Run the command that the command line asks for, wherever its --config stands.
 * Returns the exit status, one of CLI_EXIT_….  Results go to standard output,
 * complaints to standard error.
 */
int cli_main(int argc, char **argv);

/* The whole text of --help, the daemon's options too. */
void cli_usage(FILE *);

#endif
