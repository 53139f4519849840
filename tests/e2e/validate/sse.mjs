/*
 * sse.mjs: the events of a stream, held to the framing that we promise: lines
 * end in \n, an event is a line "data: " (after one line "event: ", in dialects
 * that have it), comments stand alone, and all of it is complete.
 */

/*
 * Cut "text" into [{event, data}] without the comments.  "partial": the client
 * left, so the last event may be cut.
 */
export function eventsOf(text, say, {partial = false} = {})
{
	const blocks = text.split("\n\n");
	const rest = blocks.pop();
	const events = [];

	if (text.includes("\r"))
		say("", "has a carriage return");
	if (rest !== "" && !partial)
		say("", `ends within an event: ${rest.slice(0, 80)}`);
	for (const block of blocks) {
		if (block.startsWith(":") && !block.includes("\n"))
			continue;
		const m = /^(?:event: ([^\n]+)\n)?data: ([^\n]*)$/.exec(block);
		if (m)
			events.push({event: m[1], data: m[2]});
		else
			say("", `has a bad event: ${block.slice(0, 80)}`);
	}
	return events;
}

/* The JSON of an event; undefined, and said so, when it is none. */
export function jsonOf(data, say)
{
	try {
		return JSON.parse(data);
	} catch (e) {
		say("", `is no JSON: ${data.slice(0, 80)}: ${e.message}`);
		return undefined;
	}
}
