/*
 * responses.mjs: OpenAI's published rules for responses, whole and streamed.
 *
 * A stream is put together as a client does it, item by item, and what its
 * last event holds must be exactly that.
 */
import {isDeepStrictEqual} from "node:util";

import {any, atMost, begins, bool, count, jsonText, list, map, nullable, number,
	object, seconds, some, string, tagged, word} from "./shape.mjs";
import {eventsOf, jsonOf} from "./sse.mjs";

const STATUS = word("in_progress", "completed", "incomplete");
const ANNOTATION = tagged("type", {url_citation: object({
	type: any, url: some, title: string, start_index: count,
	end_index: count,
})});
const TEXT = object({
	type: word("output_text"), text: string, annotations: list(ANNOTATION),
}, {logprobs: list(any)});
const PART = tagged("type", {
	output_text: TEXT,
	refusal: object({type: any, refusal: string}),
});
const SUMMARY = object({type: word("summary_text"), text: string});
/* No signature fits into an id of at most 64 characters. */
const CALL_ID = (value, at, say) => {
	some(value, at, say);
	if (typeof value === "string" && value.length > 64)
		say(at, `is longer than 64 characters: ${value}`);
};

/* Items; those that a stream has only begun have empty arguments. */
const itemsWith = (args) => tagged("type", {
	message: object({
		type: any, id: begins("msg_"), role: word("assistant"),
		status: STATUS, content: list(PART),
	}),
	reasoning: object({
		type: any, id: begins("rs_"), summary: list(SUMMARY),
	}, {encrypted_content: nullable(some), status: STATUS}),
	function_call: object({
		type: any, id: begins("fc_"), call_id: CALL_ID, name: some,
		arguments: args, status: STATUS,
	}, {namespace: some}),
	custom_tool_call: object({
		type: any, id: begins("ctc_"), call_id: CALL_ID, name: some,
		input: string,
	}, {status: STATUS, namespace: some}),
	image_generation_call: object({
		type: any, id: begins("ig_"),
		status: word("in_progress", "generating", "completed",
			     "failed"),
		result: nullable(some),
	}, {output_format: word("png", "webp", "jpeg", "gif", "svg")}),
	web_search_call: object({
		type: any, id: begins("ws_"),
		status: word("in_progress", "searching", "completed", "failed"),
	}, {action: any}),
	code_interpreter_call: object({
		type: any, id: begins("ci_"), code: nullable(string),
		container_id: some, outputs: nullable(list(any)),
		status: word("in_progress", "completed", "incomplete",
			     "interpreting", "failed"),
	}),
});
const ITEM = itemsWith(jsonText);
const BEGUN = itemsWith(string);

const USAGE = object({
	input_tokens: count, output_tokens: count, total_tokens: count,
	input_tokens_details: object({cached_tokens: count},
				     {cache_write_tokens: count}),
	output_tokens_details: object({reasoning_tokens: count}),
});
const ERROR = object({
	code: word("server_error", "rate_limit_exceeded", "invalid_prompt",
		   "image_content_policy_violation", "invalid_image_url",
		   "failed_to_download_image", "image_parse_error"),
	message: some,
});
const RESPONSE = object({
	id: begins("resp_"), object: word("response"), created_at: seconds,
	status: word("completed", "failed", "in_progress", "incomplete"),
	error: nullable(ERROR),
	incomplete_details: nullable(object({
		reason: word("max_output_tokens", "content_filter")})),
	instructions: nullable(any), metadata: nullable(map(string)),
	model: some, output: list(ITEM), parallel_tool_calls: bool,
	temperature: nullable(number), top_p: nullable(number),
	tool_choice: any, tools: list(any),
}, {
	usage: nullable(USAGE), text: any, reasoning: nullable(any),
	background: nullable(bool), completed_at: nullable(seconds),
	conversation: nullable(any), max_output_tokens: nullable(count),
	max_tool_calls: nullable(count), previous_response_id: nullable(some),
	prompt: nullable(any), prompt_cache_key: nullable(string),
	prompt_cache_retention: nullable(string),
	safety_identifier: nullable(string),
	service_tier: nullable(word("auto", "default", "flex", "scale",
				    "priority", "fast")),
	store: nullable(bool), top_logprobs: nullable(count),
	truncation: nullable(word("auto", "disabled")),
	user: nullable(string),
});

/* --- a whole response ----------------------------------------------------- */

function checkUsage(usage, at, say)
{
	const {input_tokens: i, output_tokens: o, total_tokens: t} = usage;

	if (t !== i + o)
		say(`${at}.total_tokens`, `have ${t}, want ${i} + ${o}`);
	atMost(usage, "input_tokens_details.cached_tokens", "input_tokens",
	       at, say);
	atMost(usage, "output_tokens_details.reasoning_tokens",
	       "output_tokens", at, say);
}

/* What has to fit together in a response that is over. */
function checkEnd(response, request, say)
{
	const {status, error, incomplete_details: details, output} = response;
	const ids = output.map((item) => item.id);
	const names = (request?.tools ?? []).flatMap((t) => t.type ===
		"namespace" ? t.tools.map((n) => n.name) : [t.name]);

	if ((status === "failed") !== (error !== null))
		say("error", `have ${JSON.stringify(error)} when ${status}`);
	if ((status === "incomplete") !== (details !== null))
		say("incomplete_details",
		    `have ${JSON.stringify(details)} when ${status}`);
	if (status === "in_progress")
		say("status", "is in_progress at the end");
	if (status !== "failed" && !response.usage)
		say("usage", "is missing");
	if (new Set(ids).size !== ids.length)
		say("output", `an id comes twice: ${ids}`);
	output.forEach((item, i) => {
		if (item.status === "in_progress")
			say(`output[${i}].status`,
			    "is in_progress at the end");
		if (/_call$/.test(item.type) && item.name !== undefined &&
		    !names.includes(item.name))
			say(`output[${i}].name`,
			    `calls ${item.name}, which is no tool`);
	});
	if (response.usage)
		checkUsage(response.usage, "usage", say);
}

export function checkResponse(json, request, faults)
{
	RESPONSE(json, "", faults.say);
	if (faults.lines.length === 0)
		checkEnd(json, request, faults.say);
}

const TOKENS = object({object: word("response.input_tokens"),
		       input_tokens: count});

export const checkResponseTokens = (json, faults) =>
	TOKENS(json, "", faults.say);

/* --- a stream ------------------------------------------------------------- */

const HEAD = {type: any, sequence_number: count};
const OF_ITEM = {...HEAD, item_id: some, output_index: count};
const OF_PART = {...OF_ITEM, content_index: count};
const OF_SUMMARY = {...OF_ITEM, summary_index: count};
const WHOLE = object({...HEAD, response: RESPONSE});

const EVENTS = {
	"response.created": WHOLE,
	"response.in_progress": WHOLE,
	"response.completed": WHOLE,
	"response.incomplete": WHOLE,
	"response.failed": WHOLE,
	"response.output_item.added":
		object({...HEAD, output_index: count, item: BEGUN}),
	"response.output_item.done":
		object({...HEAD, output_index: count, item: ITEM}),
	"response.content_part.added": object({...OF_PART, part: PART}),
	"response.content_part.done": object({...OF_PART, part: PART}),
	"response.output_text.delta":
		object({...OF_PART, delta: some, logprobs: list(any)}),
	"response.output_text.done":
		object({...OF_PART, text: string, logprobs: list(any)}),
	"response.output_text.annotation.added":
		object({...OF_PART, annotation_index: count,
			annotation: ANNOTATION}),
	"response.refusal.delta": object({...OF_PART, delta: some}),
	"response.refusal.done": object({...OF_PART, refusal: string}),
	"response.reasoning_summary_part.added":
		object({...OF_SUMMARY, part: SUMMARY}),
	"response.reasoning_summary_part.done":
		object({...OF_SUMMARY, part: SUMMARY}),
	"response.reasoning_summary_text.delta":
		object({...OF_SUMMARY, delta: some}),
	"response.reasoning_summary_text.done":
		object({...OF_SUMMARY, text: string}),
	"response.function_call_arguments.delta":
		object({...OF_ITEM, delta: some}),
	"response.function_call_arguments.done":
		object({...OF_ITEM, arguments: jsonText}, {name: some}),
	"response.custom_tool_call_input.delta":
		object({...OF_ITEM, delta: some}),
	"response.custom_tool_call_input.done":
		object({...OF_ITEM, input: string}),
	"response.image_generation_call.in_progress": object(OF_ITEM),
	"response.image_generation_call.generating": object(OF_ITEM),
	"response.image_generation_call.completed": object(OF_ITEM),
	"response.web_search_call.in_progress": object(OF_ITEM),
	"response.web_search_call.searching": object(OF_ITEM),
	"response.web_search_call.completed": object(OF_ITEM),
	"response.code_interpreter_call.in_progress": object(OF_ITEM),
	"response.code_interpreter_call.interpreting": object(OF_ITEM),
	"response.code_interpreter_call.completed": object(OF_ITEM),
	"response.code_interpreter_call_code.delta":
		object({...OF_ITEM, delta: some}),
	"response.code_interpreter_call_code.done":
		object({...OF_ITEM, code: string}),
	"error": object({...HEAD, code: nullable(string), message: some,
			 param: nullable(string)}),
};
const ENDS = ["response.completed", "response.incomplete", "response.failed",
	      "error"];
/* Where a delta grows what: the member of the item or part. */
const GROWS = {
	"response.output_text": "text",
	"response.refusal": "refusal",
	"response.reasoning_summary_text": "text",
	"response.function_call_arguments": "arguments",
	"response.custom_tool_call_input": "input",
	"response.code_interpreter_call_code": "code",
};

/* An item as its events build it. */
class Item {
	constructor(item)
	{
		this.item = structuredClone(item);
		this.done = false;
		this.open = null;	/* the part that is being built */
	}

	/* The list that the parts of the item stand in. */
	get parts()
	{
		return this.item[this.item.type === "reasoning" ? "summary" :
				 "content"];
	}

	addPart(index, part, say)
	{
		if (this.open !== null)
			say("", "adds a part before the last one is done");
		if (index !== this.parts?.length)
			say("", `adds part ${index}, not ` +
			    `${this.parts?.length}`);
		this.parts?.push(structuredClone(part));
		this.open = index;
		this.told = false;
	}

	endPart(index, part, say)
	{
		if (this.open !== index)
			say("", `ends part ${index}, which is not open`);
		if (!this.told)
			say("", "ends a part whose text is not done");
		this.same(this.parts?.[index], part, say);
		this.open = null;
	}

	/* What an event about text speaks of: an open part, or the item. */
	target(index, say)
	{
		if (index === undefined)
			return this.item;
		if (this.open !== index)
			say("", `speaks of part ${index}, which is not open`);
		return this.parts?.[index] ?? {};
	}

	end(item, say)
	{
		if (this.open !== null)
			say("", "is done with a part that is not");
		/* Only now it is known how it ended, and what it was signed
		 * with. */
		const {status, encrypted_content: signed} = item;
		this.same({...this.item, ...(status && {status}),
			   ...(signed && {encrypted_content: signed}),
			   ...(item.result && {result: item.result}),
			   ...(item.action && {action: item.action}),
			   ...(item.outputs && {outputs: item.outputs})},
			  item, say);
		this.item = item;
		this.done = true;
	}

	same(built, told, say)
	{
		if (!isDeepStrictEqual(built, told))
			say("", `was built as ${JSON.stringify(built)}, and ` +
			    `is told as ${JSON.stringify(told)}`);
	}
}

class ResponseStream {
	constructor(request, faults)
	{
		this.request = request;
		this.faults = faults;
		this.items = [];
		this.sequence = 0;
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
		if (json?.sequence_number !== this.sequence++)
			say("sequence_number", `have ` +
			    `${json?.sequence_number}, want ` +
			    `${this.sequence - 1}`);
		if (this.over)
			say("", `comes behind the end: ${json?.type}`);
		tagged("type", EVENTS)(json, "", say);
		if (this.faults.lines.length === before)
			this.take(json, say);
	}

	take(json, say)
	{
		const {type} = json;

		if ((type === "response.created") !== (this.sequence === 1) ||
		    (type === "response.in_progress") !== (this.sequence === 2))
			say("", "the order is created, in_progress, the rest");
		if (ENDS.includes(type)) {
			this.over = true;
			return this.end(json, say);
		}
		if (json.response)
			return this.begin(json.response, say);
		if (type === "response.output_item.added")
			return this.addItem(json, say);
		const item = this.items[json.output_index];
		if (!item || item.done)
			return say("output_index", "speaks of no open item");
		const within = (at, what) => say(at || "item", what);
		if (type === "response.output_item.done")
			return item.end(json.item, within);
		if (json.item_id !== item.item.id)
			say("item_id", `have ${json.item_id}, want ` +
			    item.item.id);
		return this.grow(json, item, within);
	}

	begin(response, say)
	{
		if (response.status !== "in_progress" ||
		    response.output.length > 0 || response.usage)
			say("response", "begins with more than nothing");
		if (this.response && !isDeepStrictEqual(this.response,
							response))
			say("response", "changed since it was created");
		this.response = response;
	}

	addItem({output_index: index, item}, say)
	{
		if (index !== this.items.length)
			say("output_index", `have ${index}, want ` +
			    this.items.length);
		if (this.items.some((i) => !i.done))
			say("", "adds an item before the last one is done");
		for (const name of ["content", "summary", "arguments",
				    "input"])
			if (item[name]?.length > 0)
				say(`item.${name}`, "is not empty yet");
		if (item.status !== undefined && item.status !== "in_progress")
			say("item.status", `is ${item.status} already`);
		this.items.push(new Item(item));
	}

	grow(json, item, say)
	{
		const {type} = json;
		const index = json.content_index ?? json.summary_index;
		const [, stem, verb] = /^(.*)\.(\w+)$/.exec(type);

		if (/_part$/.test(stem))
			return verb === "added" ?
				item.addPart(index, json.part, say) :
				item.endPart(index, json.part, say);
		if (stem === "response.output_text.annotation") {
			const {annotations} = item.target(index, say);
			if (json.annotation_index !== annotations?.length)
				say("annotation_index", "is not the next");
			annotations?.push(json.annotation);
			return undefined;
		}
		const member = GROWS[stem];
		if (!member)
			return undefined;	/* it only tells a state */
		const target = item.target(index, say);
		if (verb === "delta")
			target[member] = (target[member] ?? "") + json.delta;
		else
			this.told(target, member, json, item, say);
		return undefined;
	}

	told(target, member, json, item, say)
	{
		item.told = true;
		if (target[member] !== json[member])
			say(member, `was built as ` +
			    `${JSON.stringify(target[member])}, and is told ` +
			    `as ${JSON.stringify(json[member])}`);
		if (json.name !== undefined && json.name !== target.name)
			say("name", `have ${json.name}, want ${target.name}`);
	}

	end(json, say)
	{
		const {type, response} = json;

		if (type === "error")
			return;
		if (type !== `response.${response.status}`)
			say("response.status", `have ${response.status}`);
		for (const name of ["id", "created_at", "model"])
			if (response[name] !== this.response?.[name])
				say(`response.${name}`,
				    `have ${response[name]}, want ` +
				    this.response?.[name]);
		const open = this.items.filter((i) => !i.done);
		if (open.length > 0 && type !== "response.failed")
			say("response.output", "has an item that is not done");
		const built = this.items.filter((i) => i.done)
			.map((i) => i.item);
		if (type !== "response.failed" &&
		    !isDeepStrictEqual(response.output, built))
			say("response.output",
			    `was built as ${JSON.stringify(built)}, and is ` +
			    `told as ${JSON.stringify(response.output)}`);
		checkEnd(response, this.request,
			 (at, what) => say(`response.${at}`, what));
	}
}

export function checkResponseStream(text, request, faults, {partial} = {})
{
	const stream = new ResponseStream(request, faults);
	const events = eventsOf(text, faults.say, {partial});

	events.forEach((event, i) => stream.event(event, i));
	if (!stream.over && !partial)
		faults.say("", "ends without the event of an end");
	return events.length;
}
