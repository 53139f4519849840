/* fuzz_form.c: what browsers send, read, and written again */
#include <stdlib.h>
#include <string.h>

#include "admin/list.h"
#include "fuzz.h"

/* What was read is the same when it is written and read again. */
static void
check_again(const struct form *form)
{
	struct form again;
	struct buf url;
	size_t i;

	buf_init(&url, (size_t)1 << 24);
	list_fields(&url, form);
	form_init(&again);
	if (buf_error(&url) != GB_OK ||
	    form_read(&again, url.data + 1, url.len - 1) != GB_OK ||
	    again.count != form->count)
		abort();
	for (i = 0; i < form->count; i++)
		if (strcmp(form->fields[i].name, again.fields[i].name) != 0 ||
		    strcmp(form->fields[i].value, again.fields[i].value) != 0)
			abort();
	form_release(&again);
	buf_release(&url);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct form form;

	form_init(&form);
	if (form_read(&form, (const char *)data, size) == GB_OK)
		check_again(&form);
	else if (form.count != 0 || form.bytes != NULL)
		abort();
	form_release(&form);
	return 0;
}
