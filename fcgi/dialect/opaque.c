/* opaque.c: texts that a client keeps for us without reading them */
#include "dialect/opaque.h"

#include <string.h>

#include "dialect/json/json_in.h"
#include "dialect/json/json_scan.h"

bool
opaque_open(struct text *text)
{
	if (!text_begins(*text, OPAQUE_MARK))
		return false;
	text->ptr += strlen(OPAQUE_MARK);
	text->len -= strlen(OPAQUE_MARK);
	return true;
}

bool
opaque_is_part(struct text text)
{
	struct json_scan scan;
	struct json_member member;
	bool found = false;

	if (json_check(text.ptr, text.len) != JSON_KIND_OBJECT ||
	    !json_scan_begin(&scan, text.ptr, text.len, 0, '{'))
		return false;
	while (json_scan_next(&scan, &member))
		if (json_member_is(&member, "toolCall") ||
		    json_member_is(&member, "toolResponse"))
			found = true;
	return found;
}
