/* token_options.h: what a token may do, as options and as words */
#ifndef GB_CLI_TOKEN_OPTIONS_H
#define GB_CLI_TOKEN_OPTIONS_H

#include "base/buf.h"
#include "cli/commands.h"
#include "store/tokens.h"

/* Put the options that were given into "t"; false, with a complaint: one is
 * unfit, and "t" is of no use. */
bool token_options_read(const struct cli *, int64_t now_ms,
			struct token_row *t);

/* Whether any was given. */
bool token_options_given(const struct cli *);

/* Append the families that a token may use, or "all". */
void token_endpoints_write(unsigned endpoints, struct buf *out);

/* Append a limit's amount: "20", or dollars. */
void token_amount_write(enum token_measure, int64_t amount, struct buf *out);

#endif
