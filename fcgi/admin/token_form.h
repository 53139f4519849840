/* token_form.h: the fields of a form about an access token */
#ifndef GB_ADMIN_TOKEN_FORM_H
#define GB_ADMIN_TOKEN_FORM_H

#include "admin/request.h"
#include "store/tokens.h"

/*
 * Read note, expiry, models, endpoints and limits from the request's form into
 * "t"; false: some are unfit, and "t" is of no use.
 */
bool token_form_read(const struct admin_request *, struct token_row *t);

/* Show the fields, with what "t" has, or with what the request's form has, and
 * then with what is wrong with it. */
void token_form_show(const struct admin_request *, struct dict *,
		     const struct token_row *t, bool typed);

#endif
