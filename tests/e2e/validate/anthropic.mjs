/*
 * anthropic.mjs: Anthropic's published rules for messages, whole and streamed,
 * for counts of tokens and for errors.
 */
import {any, begins, count, isObject, list, map, nullable, object, some, string,
	tagged, word} from "./shape.mjs";
import {eventsOf, jsonOf} from "./sse.mjs";

const STOP = word("end_turn", "max_tokens", "stop_sequence", "tool_use",
		  "pause_turn", "refusal", "model_context_window_exceeded");
const BLOCK = tagged("type", {
	text: object({type: any, text: string}, {citations: nullable(list(any))}),
	thinking: object({type: any, thinking: string, signature: string}),
	redacted_thinking: object({type: any, data: some}),
	tool_use: object({type: any, id: begins("toolu_"), name: some,
			  input: map(any)}, {caller: tagged("type", {
				  direct: object({type: any})})}),
	server_tool_use: object({type: any, id: begins("srvtoolu_"), name: some,
				 input: map(any)}),
	web_search_tool_result: object({type: any, tool_use_id: some,
					content: any}),
});
const USAGE_MORE = {
	cache_creation_input_tokens: nullable(count),
	cache_read_input_tokens: nullable(count),
	output_tokens_details: nullable(any), server_tool_use: nullable(any),
};
const USAGE = object({input_tokens: count, output_tokens: count}, {
	...USAGE_MORE, cache_creation: nullable(any),
	inference_geo: nullable(string),
	service_tier: nullable(word("standard", "priority", "batch")),
	speed: nullable(string),
});
const MESSAGE = object({
	id: begins("msg_"), type: word("message"), role: word("assistant"),
	model: some, content: list(BLOCK), stop_reason: nullable(STOP),
	stop_sequence: nullable(some), usage: USAGE,
}, {container: nullable(any), diagnostics: nullable(any),
    stop_details: nullable(any)});
const TYPES = {
	invalid_request_error: [400], authentication_error: [401],
	billing_error: [402], permission_error: [403], not_found_error: [404],
	request_too_large: [413], rate_limit_error: [429],
	api_error: [500, 501, 502, 503], timeout_error: [504],
	overloaded_error: [529, 503],
};
const ERROR = object({
	type: word("error"),
	error: object({type: word(...Object.keys(TYPES)), message: some},
		      {details: nullable(object({error_code: some},
						{unsupported: list(string)}))}),
}, {request_id: nullable(some)});
const TOKENS = object({input_tokens: count});

/* --- a whole message ------------------------------------------------------ */

function checkEnd(message, request, say)
{
	const {content, stop_reason: stop} = message;
	const calls = content.filter((b) => b.type === "tool_use");
	const names = (request?.tools ?? []).map((t) => t.name);
	const ids = calls.map((c) => c.id);

	if (stop === null)
		say("stop_reason", "is null at the end");
	if (stop === "tool_use" && calls.length === 0)
		say("stop_reason", "is tool_use without any");
	if (stop === "end_turn" && calls.length > 0)
		say("stop_reason", "is end_turn with calls");
	if ((stop === "stop_sequence") !== (message.stop_sequence !== null))
		say("stop_sequence", `have ${message.stop_sequence} when ` +
		    stop);
	if (new Set(ids).size !== ids.length)
		say("content", `an id comes twice: ${ids}`);
	content.forEach((block, i) => {
		if (block.type === "text" && block.text === "")
			say(`content[${i}].text`, "is empty");
		if (block.type === "tool_use" && !names.includes(block.name))
			say(`content[${i}].name`,
			    `calls ${block.name}, which is no tool`);
	});
}

export function checkMessage(json, request, faults)
{
	MESSAGE(json, "", faults.say);
	if (faults.lines.length === 0)
		checkEnd(json, request, faults.say);
}

export function checkTokens(json, faults)
{
	TOKENS(json, "", faults.say);
}

export function checkMessageError(json, status, faults)
{
	ERROR(json, "", faults.say);
	const type = json?.error?.type;
	if (Object.hasOwn(TYPES, type ?? "") && !TYPES[type].includes(status))
		faults.say("error.type", `have ${type} with status ${status}`);
}

/* --- a stream ------------------------------------------------------------- */

const DELTA = tagged("type", {
	text_delta: object({type: any, text: some}),
	thinking_delta: object({type: any, thinking: some}),
	signature_delta: object({type: any, signature: some}),
	input_json_delta: object({type: any, partial_json: string}),
	citations_delta: object({type: any, citation: any}),
});
const EVENTS = {
	message_start: object({type: any, message: MESSAGE}),
	content_block_start: object({type: any, index: count,
				     content_block: BLOCK}),
	content_block_delta: object({type: any, index: count, delta: DELTA}),
	content_block_stop: object({type: any, index: count}),
	message_delta: object({
		type: any,
		delta: object({stop_reason: STOP,
			       stop_sequence: nullable(some)},
			      {container: nullable(any),
			       stop_details: nullable(any)}),
		usage: object({output_tokens: count},
			      {...USAGE_MORE, input_tokens: nullable(count)}),
	}),
	message_stop: object({type: any}),
	ping: object({type: any}),
	error: ERROR,
};
/* Which deltas a block takes. */
const TAKES = {
	text: ["text_delta", "citations_delta"],
	thinking: ["thinking_delta", "signature_delta"],
	tool_use: ["input_json_delta"],
	server_tool_use: ["input_json_delta"],
};

class MessageStream {
	constructor(request, faults)
	{
		this.request = request;
		this.faults = faults;
		this.content = [];
		this.open = null;	/* the block that is being built */
	}

	event({event, data}, number)
	{
		const say = this.faults.within(`event ${number}`);
		const json = jsonOf(data, say);
		const before = this.faults.lines.length;

		if (json === undefined)
			return;
		if (event !== json?.type)
			say("type", `have ${json?.type} in the event ${event}`);
		if (this.over)
			say("", `comes behind the end: ${json?.type}`);
		tagged("type", EVENTS)(json, "", say);
		if (this.faults.lines.length !== before)
			return;
		if ((json.type === "message_start") !== !this.message &&
		    json.type !== "ping" && json.type !== "error")
			say("", "message_start comes first, and once");
		this[json.type](json, say);
	}

	message_start({message}, say)
	{
		this.message = message;
		if (message.content.length > 0 ||
		    message.stop_reason !== null ||
		    message.stop_sequence !== null)
			say("message", "begins with more than nothing");
	}

	content_block_start({index, content_block: block}, say)
	{
		if (this.open !== null)
			say("index", `block ${this.content.length - 1} is ` +
			    "still open");
		if (index !== this.content.length)
			say("index", `have ${index}, want ` +
			    this.content.length);
		if (this.delta)
			say("", "a block comes behind message_delta");
		if (block.text || block.thinking || block.signature ||
		    (isObject(block.input) &&
		     Object.keys(block.input).length > 0))
			say("content_block", "is not empty yet");
		this.open = {...block};
		this.json = "";
		this.signed = false;
		this.content.push(this.open);
	}

	content_block_delta({index, delta}, say)
	{
		const block = this.open;

		if (block === null || index !== this.content.length - 1)
			return say("index", `block ${index} is not open`);
		if (!TAKES[block.type]?.includes(delta.type))
			say("delta.type", `have ${delta.type} in a block of ` +
			    block.type);
		if (this.signed)
			say("", "goes on behind its signature");
		this.json += delta.partial_json ?? "";
		for (const name of ["text", "thinking", "signature"])
			if (delta[name] !== undefined)
				block[name] = (block[name] ?? "") + delta[name];
		this.signed = delta.type === "signature_delta";
		return undefined;
	}

	content_block_stop({index}, say)
	{
		if (this.open === null || index !== this.content.length - 1)
			return say("index", `block ${index} is not open`);
		if (this.json !== "") {
			const input = jsonOf(this.json, say);
			if (!isObject(input))
				say("", `its input is ${this.json}`);
			else
				this.open.input = input;
		}
		this.open = null;
		return undefined;
	}

	message_delta(json, say)
	{
		if (this.open !== null)
			say("", "a block is still open");
		if (this.delta)
			say("", "message_delta comes twice");
		this.delta = json;
	}

	message_stop(json, say)
	{
		if (!this.delta || this.open !== null)
			say("", "message_stop comes too early");
		this.over = true;
		checkEnd({...this.message, content: this.content,
			  ...this.delta?.delta}, this.request, say);
	}

	ping()
	{
		/* any time */
	}

	error()
	{
		this.over = true;
	}
}

export function checkMessageStream(text, request, faults, {partial} = {})
{
	const stream = new MessageStream(request, faults);
	const events = eventsOf(text, faults.say, {partial});

	events.forEach((event, i) => stream.event(event, i));
	if (!stream.over && !partial)
		faults.say("", "ends without message_stop");
	return events.length;
}
