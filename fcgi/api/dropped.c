/* dropped.c: telling the client what could not be honoured */
#include "api/dropped.h"

#include "base/buf.h"

#define DROPPED_MAX 1024 /* bytes of the header */

void
dropped_name(const struct chat_dropped *dropped, struct web_request *web)
{
	static const char header[] = "X-Gbalance-Dropped";
	struct buf names;
	size_t i;

	web_reply_header_drop(web, header);
	if (dropped->count == 0 && !dropped->more)
		return;
	buf_init(&names, DROPPED_MAX);
	for (i = 0; i < dropped->count; i++)
		buf_printf(&names, "%s%s", i == 0 ? "" : ", ",
			   dropped->names[i]);
	if (dropped->more)
		buf_puts(&names, i == 0 ? "..." : ", ...");
	web_reply_header(web, header, buf_str(&names));
	buf_release(&names);
}
