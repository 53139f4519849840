/*
 * gemini.mjs: Google's answers as native clients get them.  They pass through
 * us byte for byte, so only what every client reads is looked at.
 */
import {isObject} from "./shape.mjs";
import {eventsOf, jsonOf} from "./sse.mjs";

export function checkGenerated(json, say)
{
	if (!isObject(json))
		return say("", "is no object");
	if (!Array.isArray(json.candidates) && !isObject(json.promptFeedback))
		say("candidates", "is no list, and no promptFeedback is there");
	for (const [i, c] of (json.candidates ?? []).entries()) {
		if (c.content !== undefined && !Array.isArray(c.content.parts))
			say(`candidates[${i}].content.parts`, "is no list");
		if (c.finishReason !== undefined &&
		    !/^[A-Z_]+$/.test(c.finishReason))
			say(`candidates[${i}].finishReason`,
			    `is ${c.finishReason}`);
	}
	return undefined;
}

export function checkGoogleError(json, status, say)
{
	const error = json?.error;

	if (!isObject(error) || typeof error.message !== "string" ||
	    !/^[A-Z_]+$/.test(error.status))
		return say("error", `is ${JSON.stringify(error)}`);
	if (error.code !== status)
		say("error.code", `have ${error.code}, want ${status}`);
	return undefined;
}

export function checkGeneratedStream(text, faults, {partial} = {})
{
	const crlf = text.replaceAll("\r\n", "\n");	/* Google's framing */
	const events = eventsOf(crlf, faults.say, {partial});

	events.forEach(({data}, i) => {
		const say = faults.within(`event ${i}`);
		const json = jsonOf(data, say);

		if (json?.error)
			checkGoogleError(json, json.error.code, say);
		else if (json !== undefined)
			checkGenerated(json, say);
	});
	return events.length;
}
