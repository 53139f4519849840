/*
 * chat.mjs: OpenAI's published rules for chat completions, whole and streamed,
 * for lists of models and for errors.
 */
import {any, atMost, begins, bool, count, isObject, jsonText, list, map,
	nullable, number, object, seconds, some, string, tagged, word} from "./shape.mjs";
import {eventsOf, jsonOf} from "./sse.mjs";

const FINISH = word("stop", "length", "tool_calls", "content_filter",
		    "function_call");
const TIER = nullable(word("auto", "default", "flex", "scale", "priority",
			   "fast"));
const TOKEN = {token: string, logprob: number, bytes: nullable(list(count))};
const LOGPROBS = nullable(object({
	content: nullable(list(object({
		...TOKEN, top_logprobs: list(object(TOKEN)),
	}))),
	refusal: nullable(list(any)),
}));
/* "ours": the index that clients need to join what a stream brings. */
const annotation = (ours) => tagged("type", {url_citation: object({
	type: any,
	url_citation: object({url: some, title: string, start_index: count,
			      end_index: count}),
}, {}, ours)});
const EXTRA = object({google: object({}, {}, {
	thought_signature: some, thought: bool,
	server_parts: list(object({index: count, part: map(any)}), {min: 1}),
})});
const IMAGE = object({
	type: word("image_url"), image_url: object({url: begins("data:image/")}),
	index: count,
});
const CALLS = tagged("type", {
	function: object({
		id: some, type: any,
		function: object({name: some, arguments: jsonText}),
	}, {}, {extra_content: EXTRA}),
	custom: object({
		id: some, type: any,
		custom: object({name: some, input: string}),
	}, {}, {extra_content: EXTRA}),
});
const MESSAGE = object({
	role: word("assistant"), content: nullable(string),
	refusal: nullable(string),
}, {
	tool_calls: list(CALLS, {min: 1}),
	function_call: object({name: some, arguments: jsonText}, {},
			      {extra_content: EXTRA}),
	annotations: list(annotation()),
	audio: nullable(object({id: some, data: some, expires_at: seconds,
				transcript: string})),
}, {
	reasoning_content: some, images: list(IMAGE, {min: 1}),
	extra_content: EXTRA,
});
export const USAGE = object({
	prompt_tokens: count, completion_tokens: count, total_tokens: count,
}, {
	prompt_tokens_details: object({}, {
		cached_tokens: count, audio_tokens: count, image_tokens: count,
		text_tokens: count, cache_write_tokens: count,
	}),
	completion_tokens_details: object({}, {
		reasoning_tokens: count, audio_tokens: count,
		text_tokens: count, accepted_prediction_tokens: count,
		rejected_prediction_tokens: count,
	}),
});
const COMPLETION = object({
	id: begins("chatcmpl-"), object: word("chat.completion"),
	created: seconds, model: some, choices: list(object({
		index: count, message: MESSAGE, logprobs: LOGPROBS,
		finish_reason: FINISH,
	}, {}, {native_finish_reason: some}), {min: 1}),
}, {usage: USAGE, service_tier: TIER, system_fingerprint: string});

/* A delta may have any of this; which and when is for Choice below. */
const DELTA = object({}, {
	role: word("assistant"), content: nullable(string),
	refusal: nullable(string),
	tool_calls: list(object({index: count}, {
		id: some, type: word("function", "custom"),
		function: object({}, {name: some, arguments: string}),
		custom: object({}, {name: some, input: string}),
	}, {extra_content: EXTRA}), {min: 1}),
	function_call: object({}, {name: some, arguments: string},
			      {extra_content: EXTRA}),
}, {
	reasoning_content: some, images: list(IMAGE, {min: 1}),
	extra_content: EXTRA, annotations: list(annotation({index: count}), {min: 1}),
	audio: object({}, {id: some, data: string, expires_at: seconds,
			   transcript: string}),
});
const CHUNK = object({
	id: begins("chatcmpl-"), object: word("chat.completion.chunk"),
	created: seconds, model: some, choices: list(object({
		index: count, delta: DELTA, finish_reason: nullable(FINISH),
	}, {logprobs: LOGPROBS}, {native_finish_reason: some})),
}, {usage: nullable(USAGE), service_tier: TIER, system_fingerprint: string});

const ERROR = object({error: object({
	message: some, type: some, param: nullable(string),
	code: nullable(string),
})});
const MODEL = object({id: some, object: word("model"), created: count,
		      owned_by: some});
const MODELS = object({object: word("list"), data: list(MODEL)});

export function checkUsage(usage, at, say)
{
	const {prompt_tokens: p, completion_tokens: c, total_tokens: t} = usage;

	if (t !== p + c)
		say(`${at}.total_tokens`, `have ${t}, want ${p} + ${c}`);
	for (const [small, large] of [
		["prompt_tokens_details.cached_tokens", "prompt_tokens"],
		["prompt_tokens_details.audio_tokens", "prompt_tokens"],
		["completion_tokens_details.reasoning_tokens",
		 "completion_tokens"],
		["completion_tokens_details.audio_tokens",
		 "completion_tokens"]])
		atMost(usage, small, large, at, say);
}

/* Names of the tools of a request, for the calls of its answer. */
function namesOf(request)
{
	return [...(request?.tools ?? []).map((t) =>
			(t.function ?? t.custom)?.name),
		...(request?.functions ?? []).map((f) => f.name)];
}

/* A message that is whole, and how it ended. */
function checkMessage(message, finish, request, at, say)
{
	const calls = message.tool_calls ?? [];
	const ids = calls.map((c) => c?.id);
	const names = [...calls.map((c) => (c?.function ?? c?.custom)?.name),
		       message.function_call?.name].filter(Boolean);

	if (new Set(ids).size !== ids.length)
		say(`${at}.tool_calls`, `an id comes twice: ${ids}`);
	for (const name of names)
		if (!namesOf(request).includes(name))
			say(at, `calls ${name}, which is no tool`);
	if (finish === "tool_calls" && calls.length === 0)
		say(at, "ended by tool_calls without any");
	if (finish === "stop" && names.length > 0)
		say(at, "ended by stop with calls");
	if ((finish === "function_call") !==
	    (Boolean(message.function_call) && finish !== "length" &&
	     finish !== "content_filter"))
		say(at, `ended by ${finish}, function_call is ` +
		    JSON.stringify(message.function_call));
	if (message.refusal && finish !== "content_filter")
		say(at, `is a refusal that ended by ${finish}`);
}

export function checkIndexes(indexes, count, say)
{
	const want = Array.from({length: count}, (_, i) => i);

	if (JSON.stringify(indexes) !== JSON.stringify(want))
		say("choices", `have the indexes ${indexes}, want ${want}`);
}

export function checkCompletion(json, request, faults)
{
	COMPLETION(json, "", faults.say);
	if (faults.lines.length > 0)
		return;
	json.choices.forEach((c, i) =>
		checkMessage(c.message, c.finish_reason, request,
			     `choices[${i}].message`, faults.say));
	checkIndexes(json.choices.map((c) => c.index), request?.n ?? 1,
		     faults.say);
	if (json.usage)
		checkUsage(json.usage, "usage", faults.say);
}

export function checkChatError(json, faults)
{
	ERROR(json, "", faults.say);
}

export function checkModels(json, faults)
{
	(Array.isArray(json?.data) ? MODELS : MODEL)(json, "", faults.say);
	const ids = isObject(json) && Array.isArray(json.data) ?
		json.data.map((m) => m?.id) : [];
	if (new Set(ids).size !== ids.length)
		faults.say("data", "a model comes twice");
}

/* One choice of a stream, as a client of OpenAI's puts it together. */
class Choice {
	constructor(index)
	{
		this.at = `choice ${index}`;
		this.message = {};
		this.calls = [];
		this.finish = null;
		this.begun = false;
	}

	add({delta, finish_reason: finish}, say)
	{
		if (this.finish !== null)
			say(this.at, "goes on behind its finish_reason");
		if (!this.begun && delta.role === undefined)
			say(this.at, "begins without a role");
		if (this.begun && delta.role !== undefined)
			say(this.at, "says its role twice");
		this.begun = true;
		for (const name of ["content", "refusal", "reasoning_content"])
			if (typeof delta[name] === "string")
				this.message[name] =
					(this.message[name] ?? "") +
					delta[name];
		for (const call of delta.tool_calls ?? [])
			this.addCall(call, say);
		if (delta.function_call)
			this.addFunction(delta.function_call, say);
		if (delta.audio?.id !== undefined) {
			if (this.audio)
				say(this.at, "names its audio twice");
			this.audio = delta.audio.id;
		}
		this.addSignature(this.message, delta, say);
		if (finish !== null)
			this.finish = finish;
	}

	addCall(call, say)
	{
		const at = `${this.at}: tool_calls[${call.index}]`;
		const known = this.calls[call.index];
		const part = call.function ?? call.custom;

		if (call.index > this.calls.length)
			say(at, `follows number ${this.calls.length - 1}`);
		if (!known) {
			if (!call.id || !call.type || !part?.name)
				say(at, "begins without id, type or name");
			this.calls[call.index] = {
				...call, [call.type]: {...part},
			};
			delete this.calls[call.index].index;
			return;
		}
		if (call.id !== undefined || call.type !== undefined ||
		    part?.name !== undefined)
			say(at, "has its id, type or name again");
		for (const name of ["arguments", "input"])
			if (part?.[name] !== undefined)
				known[known.type][name] =
					(known[known.type][name] ?? "") +
					part[name];
		this.addSignature(known, call, say);
	}

	addFunction(part, say)
	{
		const known = this.message.function_call;

		if (known && part.name !== undefined)
			say(this.at, "has the name of its function again");
		this.message.function_call = {
			...known, ...part,
			arguments: (known?.arguments ?? "") +
				   (part.arguments ?? ""),
		};
	}

	/* Clients join strings of one name, so it may come once only. */
	addSignature(to, from, say)
	{
		const s = from.extra_content?.google?.thought_signature;

		if (s === undefined)
			return;
		if (to.signed ?? to.extra_content?.google?.thought_signature)
			say(this.at, "has a second thought_signature");
		to.signed = true;
	}

	end(request, say)
	{
		if (this.finish === null) {
			say(this.at, "has no finish_reason");
			return;
		}
		const message = {...this.message};
		if (this.calls.length > 0)
			message.tool_calls = this.calls.map(
				({signed, ...call}) => call);
		delete message.signed;
		MESSAGE({role: "assistant", content: null, refusal: null,
			 ...message}, this.at, say);
		checkMessage(message, this.finish, request, this.at, say);
	}
}

/*
 * A stream of chunks, event by event; how one looks, and what becomes of the
 * choices, of which there are "count", is a chat's unless somebody says
 * otherwise.
 */
class ChatStream {
	constructor(request, faults, kind = {})
	{
		this.kind = {chunk: CHUNK, Choice, count: request?.n ?? 1,
			     ...kind};
		this.request = request;
		this.faults = faults;
		this.choices = new Map();
		this.wantsUsage = Boolean(
			request?.stream_options?.include_usage);
	}

	event({event, data}, number)
	{
		const say = this.faults.within(`event ${number}`);

		if (event !== undefined)
			say("", `is called ${event}`);
		if (this.done)
			say("", `comes behind [DONE]: ${data.slice(0, 80)}`);
		if (data === "[DONE]") {
			this.done = true;
			return;
		}
		const json = jsonOf(data, say);
		if (json === undefined)
			return;
		if (this.failed)
			say("", "comes behind an error");
		if (json?.error !== undefined) {
			ERROR(json, "", say);
			this.failed = true;
			return;
		}
		const before = this.faults.lines.length;
		this.kind.chunk(json, "", say);
		if (this.faults.lines.length === before)
			this.chunk(json, say);
	}

	chunk(json, say)
	{
		for (const name of ["id", "created", "model"]) {
			this[name] ??= json[name];
			if (json[name] !== this[name])
				say(name, `have ${json[name]}, want ` +
				    `${this[name]} as before`);
		}
		this.usage(json, say);
		for (const choice of json.choices) {
			if (!this.choices.has(choice.index))
				this.choices.set(choice.index, new this.kind
					.Choice(choice.index));
			this.choices.get(choice.index).add(choice, say);
		}
	}

	usage(json, say)
	{
		const last = json.choices.length === 0;

		if (this.counted)
			say("", "comes behind the usage");
		if (!this.wantsUsage && json.usage !== undefined)
			say("usage", "was not asked for");
		if (this.wantsUsage && json.usage === undefined)
			say("usage", "is missing");
		if (last && !json.usage)
			say("choices", "is empty without usage");
		if (!json.usage)
			return;
		if (!last)
			say("usage", "stands beside choices");
		if ([...this.choices.values()].some((c) => c.finish === null))
			say("usage", "comes before the finish_reason");
		checkUsage(json.usage, "usage", say);
		this.counted = true;
	}

	end()
	{
		const {say} = this.faults;

		if (!this.done)
			say("", "ends without [DONE]");
		if (this.failed)
			return;
		checkIndexes([...this.choices.keys()].sort(), this.kind.count,
			     say);
		for (const choice of this.choices.values())
			choice.end(this.request, say);
		if (this.wantsUsage && !this.counted)
			say("", "ends without the usage that was asked for");
	}
}

/* A whole stream's text; "partial": the client left before its end; "kind": of
 * another endpoint's chunks. */
export function checkChatStream(text, request, faults, {partial, kind} = {})
{
	const stream = new ChatStream(request, faults, kind);
	const events = eventsOf(text, faults.say, {partial});

	events.forEach((event, i) => stream.event(event, i));
	if (!partial)
		stream.end();
	return events.length;
}
