/*
 * validate.test.mjs: the validator itself: what is right passes, and each thing
 * that can be wrong is found and told with its path.
 */
import assert from "node:assert/strict";
import {once} from "node:events";
import http from "node:http";
import {after, before, describe, it} from "node:test";

import {faultsOf, Watch} from "./validate.mjs";

const AT = 1700000000;
const copy = (value) => structuredClone(value);

/* Set or (undefined) delete what stands at a path like "choices.0.index". */
function edited(value, edits)
{
	const result = copy(value);

	for (const [path, to] of Object.entries(edits)) {
		const names = path.split(".");
		const last = names.pop();
		const holder = names.reduce((v, name) => v[name], result);

		if (to === undefined)
			delete holder[last];
		else
			holder[last] = to;
	}
	return result;
}

/* Make tests of a table: [name, edits, the fault or nothing]. */
function edits(path, request, good, table)
{
	for (const [name, edit, fault] of table)
		it(name, () => check(path, {
			request: {...request, ...edit.request},
			text: JSON.stringify(edited(good, edit.in ?? {})),
			status: edit.status, type: edit.type}, fault));
}

/* The same for streams; an edit is made on the list of events. */
function streams(path, request, text, good, table)
{
	for (const [name, edit, fault, more] of table)
		it(name, () => {
			const events = copy(good);

			check(path, {
				request: {stream: true, ...request, ...more},
				text: text(edit?.(events) ?? events),
				type: "text/event-stream",
			}, fault);
		});
}

function check(path, {request, text, status = 200,
		      type = "application/json", partial}, fault)
{
	const lines = faultsOf({path, request, text, status, type, partial});

	if (fault === undefined)
		assert.deepEqual(lines, []);
	else
		assert.match(lines.join("\n"), fault);
}

/* --- chat ------------------------------------------------------------------ */

const CHAT = "/v1/chat/completions";
const TOOLS = [{type: "function", function: {name: "f"}}];
const CALL = {id: "c1", type: "function",
	      function: {name: "f", arguments: "{\"x\":1}"}};
const COMPLETION = {
	id: "chatcmpl-1", object: "chat.completion", created: AT, model: "m",
	choices: [{
		index: 0, finish_reason: "stop", logprobs: null,
		message: {role: "assistant", content: "hi", refusal: null},
	}],
	usage: {prompt_tokens: 3, completion_tokens: 4, total_tokens: 7,
		prompt_tokens_details: {cached_tokens: 1},
		completion_tokens_details: {reasoning_tokens: 2}},
};
const M = "choices.0.message";
const F = "choices.0.finish_reason";

describe("a completion", () => edits(CHAT, {tools: TOOLS}, COMPLETION, [
	["that is right", {}],
	["without usage", {in: {usage: undefined}}],
	["with calls", {in: {[`${M}.tool_calls`]: [CALL],
			     [`${M}.content`]: null, [F]: "tool_calls"}}],
	["with calls cut by length", {in: {[`${M}.tool_calls`]: [CALL],
					   [F]: "length"}}],
	["with all that is ours", {in: {
		[`${M}.reasoning_content`]: "hm", [`${M}.images`]: [{
			type: "image_url", index: 0,
			image_url: {url: "data:image/png;base64,AAAA"}}],
		[`${M}.extra_content`]: {google: {thought_signature: "s"}},
		[`${M}.annotations`]: [{type: "url_citation", url_citation: {
			url: "u", title: "t", start_index: 0, end_index: 1}}],
		"choices.0.native_finish_reason": "OTHER"}}],
	["with two choices", {request: {n: 2}, in: {"choices.1": {
		...COMPLETION.choices[0], index: 1}}}],
	["filtered", {in: {[`${M}.content`]: null, [`${M}.refusal`]: "no",
			   [F]: "content_filter"}}],
	["in the form of 2023", {request: {functions: [{name: "g"}]}, in: {
		[`${M}.function_call`]: {name: "g", arguments: "{}"},
		[F]: "function_call"}}],

	["without id", {in: {id: undefined}}, / id: is missing/],
	["with another id", {in: {id: "x"}}, /want a string with chatcmpl-/],
	["of another object", {in: {object: "completion"}}, / object: have/],
	["created in milliseconds", {in: {created: AT * 1000}}, / created: /],
	["without choices", {in: {choices: []}}, /want a list of at least 1/],
	["without refusal", {in: {[`${M}.refusal`]: undefined}},
	 /choices\[0\]\.message\.refusal: is missing/],
	["without logprobs", {in: {"choices.0.logprobs": undefined}},
	 /logprobs: is missing/],
	["with Google's finish", {in: {[F]: "STOP"}},
	 /finish_reason: have "STOP", want stop, length/],
	["without a finish", {in: {[F]: null}}, /finish_reason: have null/],
	["of another role", {in: {[`${M}.role`]: "model"}}, /role: have/],
	["with news", {in: {[`${M}.thoughts`]: "x"}},
	 /message\.thoughts: is not in the schema/],
	["with no calls", {in: {[`${M}.tool_calls`]: []}}, /tool_calls: have/],
	["with a call of no id", {in: {[`${M}.tool_calls`]: [{...CALL, id: ""}],
				       [F]: "tool_calls"}}, /\[0\]\.id: have/],
	["with arguments that are no JSON", {in: {[F]: "tool_calls",
		[`${M}.tool_calls`]: [edited(CALL, {
			"function.arguments": "{"})]}}, /arguments: have "\{"/],
	["with arguments that are an object", {in: {[F]: "tool_calls",
		[`${M}.tool_calls`]: [edited(CALL, {
			"function.arguments": {}})]}}, /arguments: have \{\}/],
	["with one id twice", {in: {[`${M}.tool_calls`]: [CALL, CALL],
				    [F]: "tool_calls"}}, /an id comes twice/],
	["that calls what is no tool", {request: {tools: []}, in: {
		[`${M}.tool_calls`]: [CALL], [F]: "tool_calls"}},
	 /calls f, which is no tool/],
	["that stops with calls", {in: {[`${M}.tool_calls`]: [CALL]}},
	 /ended by stop with calls/],
	["that ends by calls without any", {in: {[F]: "tool_calls"}},
	 /tool_calls without any/],
	["that ends by a function without any", {in: {[F]: "function_call"}},
	 /ended by function_call/],
	["that refuses and stops", {in: {[`${M}.refusal`]: "no"}},
	 /a refusal that ended by stop/],
	["with too few choices", {request: {n: 2}}, /have the indexes 0, want/],
	["whose sum is wrong", {in: {"usage.total_tokens": 8}},
	 /total_tokens: have 8, want 3 \+ 4/],
	["with more thoughts than tokens", {in: {
		"usage.completion_tokens_details.reasoning_tokens": 5}},
	 /reasoning_tokens: have 5, but/],
	["with a broken count", {in: {"usage.prompt_tokens": 1.5}},
	 /prompt_tokens: have 1.5/],
	["with an annotation of half its members", {in: {
		[`${M}.annotations`]: [{type: "url_citation", url_citation: {
			url: "u", title: "t"}}]}}, /start_index: is missing/],
	["that is no JSON by its type", {type: "text/plain"}, /content-type/],
	["that should be a stream", {request: {stream: true}},
	 /have application\/json for a stream/],
]));

/* --- completions ----------------------------------------------------------- */

const PLAIN = "/v1/completions";
const COMPLETED = {
	id: "cmpl-1", object: "text_completion", created: AT, model: "m",
	choices: [{index: 0, text: "hi", finish_reason: "stop",
		   logprobs: null}],
	usage: COMPLETION.usage,
};
const LIKELY = {tokens: ["h", "i"], token_logprobs: [-1, -2],
		text_offset: [0, 1], top_logprobs: [{h: -1}, {}]};
const LP = "choices.0.logprobs";
const two = {"choices.1": {...COMPLETED.choices[0], index: 1}};

describe("a text completion", () => edits(PLAIN, {prompt: "x"}, COMPLETED, [
	["that is right", {}],
	["with logprobs", {request: {logprobs: 1}, in: {[LP]: LIKELY}}],
	["of two prompts", {request: {prompt: ["a", "b"]}, in: two}],
	["of two answers", {request: {n: 2}, in: two}],
	["that repeats the prompt", {request: {echo: true},
				     in: {"choices.0.text": "x hi"}}],

	["of a chat", {in: {object: "chat.completion"}}, / object: have/],
	["with a chat's id", {in: {id: "chatcmpl-1"}}, /with cmpl- first/],
	["without a text", {in: {"choices.0.text": null}}, /text: have null/],
	["without logprobs", {in: {[LP]: undefined}}, /logprobs: is missing/],
	["with logprobs nobody asked for", {in: {[LP]: LIKELY}},
	 /logprobs: were not asked for/],
	["with lists that differ", {request: {logprobs: 1}, in: {
		[LP]: {...LIKELY, text_offset: [0]}}}, /lists of 2, 2, 1, 2/],
	["with an offset that goes back", {request: {logprobs: 1}, in: {
		[LP]: {...LIKELY, text_offset: [1, 0]}}}, /text_offset: goes/],
	["with a call's finish", {in: {[F]: "tool_calls"}}, /finish_reason: /],
	["with too few choices", {request: {prompt: ["a", "b"]}},
	 /have the indexes 0, want 0,1/],
	["without the prompt", {request: {echo: true}},
	 /does not begin with "x"/],
]));

const plainChunk = (text, finish = null, more = {}) => ({
	...COMPLETED, choices: [{index: 0, text, finish_reason: finish,
				 logprobs: null}], usage: undefined, ...more,
});
const PLAIN_TEXT = [plainChunk("a"), plainChunk("b"), plainChunk("", "stop"),
		    "data: [DONE]\n\n"];

describe("a stream of a text completion", () =>
	streams(PLAIN, {prompt: "a"}, (events) => chatText(events), PLAIN_TEXT, [
	["that is right"],
	["that repeats the prompt", undefined, undefined, {echo: true}],
	["without a finish", (e) => [e[0], e[3]], /no finish_reason/],
	["that goes on behind its finish", (e) => [e[0], e[2], ...e.slice(1)],
	 /goes on behind/],
	["without [DONE]", (e) => e.slice(0, 3), /ends without \[DONE\]/],
	["of another prompt", undefined, /does not begin with "b"/,
	 {prompt: "b", echo: true}],
]));

/* --- moderations ----------------------------------------------------------- */

const OF_TEXT = ["harassment", "harassment/threatening", "hate",
		 "hate/threatening", "illicit", "illicit/violent",
		 "sexual/minors"];
const OF_ALL = ["self-harm", "self-harm/intent", "self-harm/instructions",
		"sexual", "violence", "violence/graphic", ...OF_TEXT];
const each = (value) => Object.fromEntries(OF_ALL.map((n) => [n, value]));
const JUDGED = {id: "modr-1", model: "m", results: [{
	flagged: false, categories: each(false), category_scores: each(0.1),
	category_applied_input_types: each(["text"])}]};
const R0 = "results.0";

describe("a moderation", () => edits("/v1/moderations", {input: "x"}, JUDGED, [
	["that is right", {}],
	["that flags", {in: {[`${R0}.flagged`]: true,
			     [`${R0}.categories.hate`]: true}}],
	["of two texts", {request: {input: ["a", "b"]},
			  in: {"results.1": JUDGED.results[0]}}],
	["of parts", {request: {input: [{type: "text", text: "a"},
					{type: "text", text: "b"}]}}],

	["of too few texts", {request: {input: ["a", "b"]}}, /have 1, want 2/],
	["without a category", {in: {[`${R0}.categories.sexual`]: undefined}},
	 /categories\.sexual: is missing/],
	["that flags for nothing", {in: {[`${R0}.flagged`]: true}},
	 /flagged: have true/],
	["with a score beyond 1", {in: {[`${R0}.category_scores.hate`]: 2}},
	 /category_scores\.hate: have 2/],
	["with a picture's hate", {in: {
		[`${R0}.category_applied_input_types.hate`]: ["image"]}},
	 /hate\[0\]: have "image"/],
	["with another id", {in: {id: "x"}}, /with modr- first/],
]));

/* --- streams of chats ------------------------------------------------------ */

const chunk = (delta, finish = null, more = {}) => ({
	id: "chatcmpl-1", object: "chat.completion.chunk", created: AT,
	model: "m", choices: [{index: 0, delta, finish_reason: finish}],
	...more,
});
const chatText = (events) => events.map((e) => typeof e === "string" ? e :
	`data: ${JSON.stringify(e)}\n\n`).join("");
const DONE = "data: [DONE]\n\n";
const TEXT = [chunk({role: "assistant", content: ""}), chunk({content: "a"}),
	      chunk({content: "b"}), chunk({}, "stop"), DONE];
const part = (call) => chunk({tool_calls: [call]});
const CALLS = [
	chunk({role: "assistant", content: ""}),
	part({index: 0, id: "c1", type: "function",
	      function: {name: "f", arguments: ""},
	      extra_content: {google: {thought_signature: "s"}}}),
	part({index: 0, function: {arguments: "{\"x\""}}),
	part({index: 0, function: {arguments: ":1}"}}),
	part({index: 1, id: "c2", type: "function",
	      function: {name: "f", arguments: "{}"}}),
	chunk({}, "tool_calls"), DONE,
];
const ERROR = {error: {message: "m", type: "server_error", param: null,
		       code: null}};
const counted = () => [
	...TEXT.slice(0, 4).map((e) => ({...e, usage: null})),
	chunk({}, null, {choices: [], usage: COMPLETION.usage}), DONE];
const USAGE = {stream_options: {include_usage: true}};

describe("a stream of text", () => streams(CHAT, {}, chatText, TEXT, [
	["that is right"],
	["with comments", (e) => [": keep-alive\n\n", ...e]],
	["with usage that was asked for", counted, undefined, USAGE],
	["that fails midway", (e) => [...e.slice(0, 2), ERROR, DONE]],
	["of two choices", (e) => [...e.slice(0, 4), ...e.slice(0, 4).map((c) =>
		edited(c, {"choices.0.index": 1})), DONE], undefined, {n: 2}],

	["without [DONE]", (e) => e.slice(0, 4), /ends without \[DONE\]/],
	["that goes on behind [DONE]", (e) => [...e, e[1]], /behind \[DONE\]/],
	["without a role", (e) => e.slice(1), /begins without a role/],
	["with two roles", (e) => [e[0], ...e], /says its role twice/],
	["without a finish", (e) => [e[0], e[1], DONE], /no finish_reason/],
	["with a finish in every chunk", (e) => e.map((c) => c === DONE ? c :
		edited(c, {"choices.0.finish_reason": "stop"})),
	 /goes on behind its finish_reason/],
	["without the member finish_reason", (e) => [edited(e[0], {
		"choices.0.finish_reason": undefined}), ...e.slice(1)],
	 /event 0: choices\[0\]\.finish_reason: is missing/],
	["whose id changes", (e) => [e[0], edited(e[1], {id: "chatcmpl-2"}),
				     ...e.slice(2)], /event 1: id: have/],
	["whose model changes", (e) => [e[0], edited(e[1], {model: "n"}),
					...e.slice(2)], /event 1: model: have/],
	["with usage that nobody asked for", counted, /was not asked for/],
	["without the usage that was asked for", undefined, /usage: is missing/,
	 USAGE],
	["with usage before the finish", () => {
		const e = counted();
		return [e[0], e[1], e[4], e[2], e[3], DONE];
	}, /before the finish_reason/, USAGE],
	["with usage beside choices", () => {
		const e = counted();
		e[4].choices = e[3].choices;
		return [...e.slice(0, 3), e[4], DONE];
	}, /stands beside choices/, USAGE],
	["without its last usage", () => [...counted().slice(0, 4), DONE],
	 /ends without the usage/, USAGE],
	["that fails without a word", (e) => [...e.slice(0, 2), {error: {}},
					      DONE], /error\.message: is miss/],
	["that goes on behind an error", (e) => [e[0], ERROR, e[1], DONE],
	 /comes behind an error/],
	["that is called something", (e) => ["event: x\ndata: {}\n\n", ...e],
	 /event 0: is called x/],
	["with other line ends", (e) => [chatText(e).replaceAll("\n", "\r\n")],
	 /carriage return/],
	["that ends within an event", (e) => [...e, "data: {"],
	 /ends within an event/],
	["of no JSON", (e) => ["data: {\n\n", ...e], /event 0: is no JSON/],
]));

describe("a stream of calls", () => streams(CHAT, {tools: TOOLS}, chatText,
					    CALLS, [
	["that is right"],
	["whose call has no index", (e) => [e[0], edited(e[1], {
		"choices.0.delta.tool_calls.0.index": undefined}),
		...e.slice(2)], /tool_calls\[0\]\.index: is missing/],
	["that leaves a number out", (e) => [e[0], edited(e[4], {
		"choices.0.delta.tool_calls.0.index": 1}), e[5], DONE],
	 /tool_calls\[1\]: follows number -1/],
	["whose id comes again", (e) => [...e.slice(0, 2), edited(e[2], {
		"choices.0.delta.tool_calls.0.id": "c1"}), ...e.slice(3)],
	 /has its id, type or name again/],
	["whose call has no name", (e) => [e[0], edited(e[1], {
		"choices.0.delta.tool_calls.0.function.name": undefined}),
		...e.slice(2)], /begins without id, type or name/],
	["whose arguments are cut", (e) => e.filter((_, i) => i !== 3),
	 /arguments: have "\{\\"x\\""/],
	["that is signed twice", (e) => [...e.slice(0, 2), edited(e[2], {
		"choices.0.delta.tool_calls.0.extra_content":
			{google: {thought_signature: "t"}}}), ...e.slice(3)],
	 /a second thought_signature/],
	["that ends by stop", (e) => [...e.slice(0, 5), chunk({}, "stop"),
				      DONE], /ended by stop with calls/],
]));

it("a stream that the client left may end anywhere", () => {
	check(CHAT, {request: {stream: true}, partial: true,
		     type: "text/event-stream",
		     text: chatText(TEXT.slice(0, 2)) + "data: {\"id"});
});

/* --- errors, models, Google ------------------------------------------------ */

const E400 = {status: 400};

describe("an error", () => edits(CHAT, {}, ERROR, [
	["that is right", E400],
	["that says why", {...E400, in: {"error.code": "c",
					 "error.param": "p"}}],
	["with a number for a code", {...E400, in: {"error.code": 400}},
	 /error\.code: have 400/],
	["without param", {...E400, in: {"error.param": undefined}},
	 /error\.param: is missing/],
	["with more in it", {...E400, in: {"error.status": "X"}},
	 /error\.status: is not in the schema/],
	["with status 200", {}, / id: is missing/],
]));

describe("embeddings", () => {
	const request = {model: "m", input: ["a", "b"]};
	const one = {object: "embedding", index: 0, embedding: [1, 0.5]};
	const good = {object: "list", data: [one, {...one, index: 1}],
		      model: "m", usage: {prompt_tokens: 2, total_tokens: 2}};

	edits("/v1/embeddings", request, good, [
		["that are right", {}],
		["that are too few", {in: {data: [one]}}, /have 1, want 2/],
		["out of order", {in: {"data.0.index": 1, "data.1.index": 0}},
		 /order of the texts/],
		["of several lengths", {in: {"data.0.embedding": [1]}},
		 /several lengths/],
		["in the other encoding", {request: {encoding_format: "base64"}},
		 /data\[0\]\.embedding: have \[1,0\.5\]/],
		["by another model", {in: {model: "n"}}, /have n, want m/],
		["without usage", {in: {usage: undefined}}, /usage: is missing/],
		["with an answer's tokens", {in: {"usage.total_tokens": 3}},
		 /no prompt's/],
	]);
	const base64 = Buffer.from(new Float32Array([1, 0.5]).buffer)
		.toString("base64");
	edits("/v1/embeddings", {...request, encoding_format: "base64"},
	      edited(good, {"data.0.embedding": base64,
			    "data.1.embedding": base64}), [
		["that are right", {}],
		["that are cut", {in: {"data.0.embedding": base64.slice(4)}},
		 /no base64 of floats/],
		["that are numbers", {in: {"data.0.embedding": [1, 0.5]}},
		 /no base64 of floats/],
	]);
});

describe("a list of models", () => edits("/v1/models", undefined, {
	object: "list", data: [{id: "a", object: "model", created: 0,
				owned_by: "google"}]}, [
	["that is right", {}],
	["with a model that comes twice", {in: {"data.1": {
		id: "a", object: "model", created: 0, owned_by: "google"}}},
	 /a model comes twice/],
	["without an owner", {in: {"data.0.owned_by": undefined}},
	 /owned_by: is missing/],
]));

describe("Google's answers", () => {
	const PATH = "/v1beta/models/m:generateContent";

	edits(PATH, {}, {candidates: [{content: {parts: [{text: "a"}]},
				       finishReason: "STOP"}], news: 1}, [
		["that are right", {}],
		["without parts", {in: {"candidates.0.content": {}}},
		 /content\.parts: is no list/],
		["without candidates", {in: {candidates: undefined}},
		 /candidates: is no list/],
	]);
	edits(PATH, {}, {error: {code: 400, message: "m", status: "X_Y"}}, [
		["that are errors", E400],
		["with another code", {status: 429}, /have 400, want 429/],
		["in OpenAI's form", {...E400, in: {error: ERROR.error}},
		 /error: is/],
	]);
});

it("a path that nobody has rules for is a fault", () => {
	check("/v1/frob", {text: "{}"}, /no endpoint that has rules/);
});

/* --- responses -------------------------------------------------------------- */

const RESPONSES = "/v1/responses";
const CITED = {type: "url_citation", url: "u", title: "t", start_index: 0,
	       end_index: 1};
const ITEMS = [
	{type: "reasoning", id: "rs_1", encrypted_content: "s",
	 summary: [{type: "summary_text", text: "hm"}]},
	{type: "message", id: "msg_1", role: "assistant", status: "completed",
	 content: [{type: "output_text", text: "ab", annotations: [CITED],
		    logprobs: []}]},
	{type: "function_call", id: "fc_1", call_id: "call_1", name: "f",
	 arguments: "{\"x\":1}", status: "completed"},
];
const RESPONSE = {
	id: "resp_1", object: "response", created_at: AT, status: "completed",
	error: null, incomplete_details: null, instructions: null,
	metadata: {}, model: "m", output: ITEMS, parallel_tool_calls: true,
	temperature: null, top_p: null, tool_choice: "auto", tools: [],
	text: {format: {type: "text"}}, reasoning: {effort: null},
	usage: {input_tokens: 3, output_tokens: 4, total_tokens: 7,
		input_tokens_details: {cached_tokens: 1},
		output_tokens_details: {reasoning_tokens: 2}},
};
const ASKED = {tools: [{type: "function", name: "f"}]};

describe("a response", () => edits(RESPONSES, ASKED, RESPONSE, [
	["that is right", {}],
	["that was cut", {in: {status: "incomplete",
			       incomplete_details: {
				       reason: "max_output_tokens"}}}],
	["that failed", {in: {status: "failed", usage: null, output: [],
			      error: {code: "server_error", message: "m"}}}],

	["with a function of a namespace", {
		request: {tools: [{type: "namespace", name: "n", tools: [
			{type: "function", name: "f"}]}]},
		in: {"output.2.namespace": "n"}}],
	["with a picture", {in: {"output.2": {
		type: "image_generation_call", id: "ig_1", result: "iVBO",
		status: "completed", output_format: "png"}}}],

	["with a picture of no form", {in: {"output.2": {
		type: "image_generation_call", id: "ig_1", result: "iVBO",
		status: "completed", output_format: "image/png"}}},
	 /output_format: have/],
	["that calls what is of another namespace", {
		request: {tools: [{type: "namespace", name: "n", tools: [
			{type: "function", name: "g"}]}]}},
	 /calls f, which is no tool/],
	["without instructions", {in: {instructions: undefined}},
	 /instructions: is missing/],
	["with another id", {in: {id: "chatcmpl-1"}}, / id: have/],
	["cut without a reason", {in: {status: "incomplete"}},
	 /incomplete_details: have null when incomplete/],
	["failed without an error", {in: {status: "failed"}},
	 /error: have null when failed/],
	["with chat's usage", {in: {usage: COMPLETION.usage}},
	 /usage\.input_tokens: is missing/],
	["whose sum is wrong", {in: {"usage.total_tokens": 1}}, /3 \+ 4/],
	["without usage", {in: {usage: null}}, /usage: is missing/],
	["with a long call_id", {in: {"output.2.call_id": "c".repeat(65)}},
	 /longer than 64/],
	["with an item that goes on", {in: {"output.1.status": "in_progress"}},
	 /output\[1\]\.status: is in_progress/],
	["that calls what is no tool", {request: {tools: []}},
	 /calls f, which is no tool/],
	["with text of chat", {in: {"output.1.content.0.type": "text"}},
	 /content\[0\]\.type: have "text"/],
	["with one id twice", {in: {"output.2.id": "fc_2", "output.3": {
		...ITEMS[2], id: "fc_2"}}}, /an id comes twice/],
]));

describe("a count of tokens", () => edits(`${RESPONSES}/input_tokens`, {}, {
	object: "response.input_tokens", input_tokens: 7,
}, [
	["that is right", {}],
	["of another kind", {in: {object: "list"}}, /object: have "list"/],
	["without a number", {in: {input_tokens: "7"}}, /input_tokens: have/],
]));

it("a response that was stored is a fault", () => {
	check(`${RESPONSES}/resp_1`, {text: JSON.stringify(RESPONSE)},
	      /is stored nowhere/);
});

/* The events of the response above. */
function responseEvents()
{
	const begun = {...RESPONSE, status: "in_progress", output: [],
		       usage: null};
	const events = [];
	const say = (type, more) => events.push({
		type: `response.${type}`, ...more});
	const R = {item_id: "rs_1", output_index: 0, summary_index: 0};
	const T = {item_id: "msg_1", output_index: 1, content_index: 0};
	const C = {item_id: "fc_1", output_index: 2};
	const none = {type: "output_text", text: "", annotations: [],
		      logprobs: []};

	say("created", {response: begun});
	say("in_progress", {response: begun});
	say("output_item.added", {output_index: 0, item: {
		type: "reasoning", id: "rs_1", summary: []}});
	say("reasoning_summary_part.added", {...R, part: {
		type: "summary_text", text: ""}});
	say("reasoning_summary_text.delta", {...R, delta: "hm"});
	say("reasoning_summary_text.done", {...R, text: "hm"});
	say("reasoning_summary_part.done", {...R, part: ITEMS[0].summary[0]});
	say("output_item.done", {output_index: 0, item: ITEMS[0]});
	say("output_item.added", {output_index: 1, item: {
		...ITEMS[1], status: "in_progress", content: []}});
	say("content_part.added", {...T, part: none});
	say("output_text.delta", {...T, delta: "a", logprobs: []});
	say("output_text.delta", {...T, delta: "b", logprobs: []});
	say("output_text.annotation.added", {...T, annotation_index: 0,
					     annotation: CITED});
	say("output_text.done", {...T, text: "ab", logprobs: []});
	say("content_part.done", {...T, part: ITEMS[1].content[0]});
	say("output_item.done", {output_index: 1, item: ITEMS[1]});
	say("output_item.added", {output_index: 2, item: {
		...ITEMS[2], status: "in_progress", arguments: ""}});
	say("function_call_arguments.delta", {...C, delta: "{\"x\":"});
	say("function_call_arguments.delta", {...C, delta: "1}"});
	say("function_call_arguments.done", {...C, name: "f",
					     arguments: "{\"x\":1}"});
	say("output_item.done", {output_index: 2, item: ITEMS[2]});
	say("completed", {response: RESPONSE});
	return events;
}

/* Numbered unless an edit did it. */
const responseText = (events) => events.map((e, i) =>
	typeof e === "string" ? e : `event: ${e.type}\ndata: ` +
	`${JSON.stringify({sequence_number: i, ...e})}\n\n`).join("");
const without = (i) => (e) => e.filter((_, k) => k !== i);
const changed = (i, edit) => (e) => {
	e[i] = edited(e[i], edit);
	return e;
};

describe("a response's stream", () => streams(RESPONSES, ASKED, responseText,
					      responseEvents(), [
	["that is right"],
	["that fails", (e) => [...e.slice(0, 11), {
		type: "response.failed", response: {
			...RESPONSE, status: "failed", output: [], usage: null,
			error: {code: "server_error", message: "m"}}}]],
	["that ends in an error", (e) => [...e.slice(0, 5), {
		type: "error", code: null, message: "m", param: null}]],

	["of one number twice", changed(3, {sequence_number: 2}),
	 /event 3: sequence_number: have 2, want 3/],
	["without in_progress", without(1), /the order is created/],
	["without an end", without(21), /without the event of an end/],
	["behind its end", (e) => [...e, e[4]], /comes behind the end/],
	["with [DONE]", (e) => [...e, DONE], /is no JSON: \[DONE\]/],
	["under another name", (e) => [responseText(e).replace(
		"event: response.created", "event: response.queued")],
	 /type: have response\.created in the event response\.queued/],
	["with an item's part left open", without(6),
	 /is done with a part that is not/],
	["with an item that is not done", without(7),
	 /adds an item before the last one is done/],
	["with an item that begins full", changed(16, {
		"item.arguments": "{}"}), /item\.arguments: is not empty yet/],
	["with an item that begins at its end", changed(16, {
		"item.status": "completed"}), /is completed already/],
	["of another item's id", changed(10, {item_id: "msg_2"}),
	 /item_id: have msg_2, want msg_1/],
	["of an item that is over", changed(10, {output_index: 0}),
	 /speaks of no open item/],
	["of a part that is not open", changed(10, {content_index: 1}),
	 /part 1, which is not open/],
	["whose text lost a piece", without(11),
	 /was built as "a", and is told as "ab"/],
	["whose arguments lost a piece", without(18), /is told as/],
	["whose text is never done", without(13), /whose text is not done/],
	["whose part is told otherwise", changed(14, {"part.text": "abc"}),
	 /item: was built as/],
	["whose item is told otherwise", changed(15, {"item.content": []}),
	 /item: was built as/],
	["whose end is told otherwise", changed(21, {"response.output": []}),
	 /response\.output: was built as/],
	["whose end has another name", changed(21, {
		type: "response.incomplete"}), /response\.status: have compl/],
	["whose id changes", changed(21, {"response.id": "resp_2"}),
	 /response\.id: have resp_2/],
	["that begins with output", changed(0, {"response.output": ITEMS}),
	 /begins with more than nothing/],
	["without an annotation's event", without(12), /item: was built as/],
	["with an unknown event", changed(4, {type: "response.text.delta"}),
	 /have "response\.text\.delta"/],
]));

/* --- Anthropic ------------------------------------------------------------- */

const MESSAGES = "/v1/messages";
const MESSAGE = {
	id: "msg_1", type: "message", role: "assistant", model: "m",
	content: [{type: "thinking", thinking: "hm", signature: "s"},
		  {type: "text", text: "ab"},
		  {type: "tool_use", id: "toolu_1", name: "f", input: {x: 1}}],
	stop_reason: "tool_use", stop_sequence: null,
	usage: {input_tokens: 3, output_tokens: 4,
		cache_read_input_tokens: 1, cache_creation_input_tokens: 0},
};

describe("a message", () => edits(MESSAGES, ASKED, MESSAGE, [
	["that is right", {}],
	["that was cut", {in: {stop_reason: "max_tokens"}}],

	["without stop_sequence", {in: {stop_sequence: undefined}},
	 /stop_sequence: is missing/],
	["with OpenAI's stop", {in: {stop_reason: "stop"}}, /stop_reason: hav/],
	["without a stop", {in: {stop_reason: null}}, /is null at the end/],
	["that ends its turn with calls", {in: {stop_reason: "end_turn"}},
	 /is end_turn with calls/],
	["that uses no tool", {in: {content: []}}, /is tool_use without any/],
	["that stops at nothing", {in: {stop_reason: "stop_sequence"}},
	 /stop_sequence: have null/],
	["whose input is a string", {in: {"content.2.input": "{}"}},
	 /input: have "\{\}"/],
	["whose call has another id", {in: {"content.2.id": "call_1"}},
	 /content\[2\]\.id: have/],
	["that calls what is no tool", {request: {tools: []}},
	 /calls f, which is no tool/],
	["with an empty text", {in: {"content.1.text": ""}}, /text: is empty/],
	["without a signature", {in: {"content.0.signature": undefined}},
	 /signature: is missing/],
	["with OpenAI's usage", {in: {usage: COMPLETION.usage}},
	 /usage\.input_tokens: is missing/],
]));

describe("a message's error", () => edits(MESSAGES, {}, {
	type: "error", error: {type: "rate_limit_error", message: "m"}}, [
	["that is right", {status: 429}],
	["with another status", {status: 500}, /with status 500/],
	["of an unknown type", {status: 429, in: {"error.type": "x"}},
	 /error\.type: have "x"/],
	["in OpenAI's form", {status: 429, in: {type: undefined}},
	 / type: is missing/],
]));

describe("a count of tokens", () => edits(`${MESSAGES}/count_tokens`, {},
					  {input_tokens: 3}, [
	["that is right", {}],
	["with more in it", {in: {total: 1}}, /total: is not in the schema/],
]));

const block = (type, index, more) => ({type: `content_block_${type}`, index,
				       ...more});
const MESSAGE_EVENTS = [
	{type: "message_start", message: {...MESSAGE, content: [],
					  stop_reason: null}},
	{type: "ping"},
	block("start", 0, {content_block: {type: "thinking", thinking: "",
					   signature: ""}}),
	block("delta", 0, {delta: {type: "thinking_delta", thinking: "hm"}}),
	block("delta", 0, {delta: {type: "signature_delta", signature: "s"}}),
	block("stop", 0),
	block("start", 1, {content_block: {type: "text", text: ""}}),
	block("delta", 1, {delta: {type: "text_delta", text: "ab"}}),
	block("stop", 1),
	block("start", 2, {content_block: {type: "tool_use", id: "toolu_1",
					   name: "f", input: {}}}),
	block("delta", 2, {delta: {type: "input_json_delta",
				   partial_json: "{\"x\":"}}),
	block("delta", 2, {delta: {type: "input_json_delta",
				   partial_json: "1}"}}),
	block("stop", 2),
	{type: "message_delta", delta: {stop_reason: "tool_use",
					stop_sequence: null},
	 usage: {output_tokens: 4}},
	{type: "message_stop"},
];
const messageText = (events) => events.map((e) => typeof e === "string" ? e :
	`event: ${e.type}\ndata: ${JSON.stringify(e)}\n\n`).join("");
const FAILED = {type: "error", error: {type: "overloaded_error",
				       message: "m"}};

describe("a message's stream", () => streams(MESSAGES, ASKED, messageText,
					     MESSAGE_EVENTS, [
	["that is right"],
	["that fails", (e) => [...e.slice(0, 8), FAILED]],
	["that fails at once", () => [FAILED]],

	["without a start", without(0), /message_start comes first/],
	["with two starts", (e) => [e[0], ...e], /message_start comes first/],
	["without message_delta", without(13), /message_stop comes too early/],
	["without message_stop", without(14), /ends without message_stop/],
	["with two message_deltas", (e) => [...e.slice(0, 14), e[13], e[14]],
	 /message_delta comes twice/],
	["with a block left open", without(5), /block 0 is still open/],
	["with a number left out", (e) => e.map((x) => x.index === 2 ?
		{...x, index: 3} : x), /index: have 3, want 2/],
	["of a block that is over", changed(7, {index: 0}),
	 /block 0 is not open/],
	["with text in a call", changed(10, {delta: {type: "text_delta",
						     text: "x"}}),
	 /have text_delta in a block of tool_use/],
	["whose input is cut", without(11), /is no JSON: \{"x":/],
	["whose input is there at once", changed(9, {
		"content_block.input": {x: 1}}), /is not empty yet/],
	["that goes on behind a signature", (e) => [
		...e.slice(0, 5), e[3], ...e.slice(5)],
	 /goes on behind its signature/],
	["whose stop is wrong", changed(13, {"delta.stop_reason": "end_turn"}),
	 /is end_turn with calls/],
	["under another name", (e) => [messageText(e).replace("event: ping",
							      "event: pong")],
	 /have ping in the event pong/],
	["behind an error", (e) => [e[0], FAILED, e[1]], /behind the end/],
]));

/* --- the watch -------------------------------------------------------------- */

describe("a watch", () => {
	let server, url, answer;
	const ask = (watch, init) => watch.fetch(`${url}${CHAT}`, {
		method: "POST", body: '{"stream":true}', ...init});
	const streamed = (events) => (res) => {
		res.writeHead(200, {"content-type": "text/event-stream"});
		res.end(chatText(events));
	};

	before(async () => {
		server = http.createServer((req, res) => answer(res))
			.listen(0, "127.0.0.1");
		await once(server, "listening");
		url = `http://127.0.0.1:${server.address().port}`;
	});
	after(() => {
		server.closeAllConnections();
		server.close();
	});

	it("passes on what it sees", async () => {
		const watch = new Watch();

		answer = streamed(TEXT);
		const res = await ask(watch);
		assert.equal(res.status, 200);
		assert.equal(res.headers.get("content-type"),
			     "text/event-stream");
		assert.equal(await res.text(), chatText(TEXT));
		await watch.assertClean();
	});

	it("finds what is wrong, though nobody reads it", async () => {
		const watch = new Watch();

		answer = streamed(TEXT.slice(1));
		await ask(watch);
		await assert.rejects(watch.assertClean(),
				     /begins without a role/);
		assert.deepEqual(await watch.settle(), [], "told once");
	});

	it("finds a body that breaks off", async () => {
		const watch = new Watch();

		answer = (res) => {
			res.writeHead(200, {
				"content-type": "text/event-stream"});
			res.write(chatText(TEXT.slice(0, 2)), () =>
				res.socket.destroy());
		};
		await assert.rejects((await ask(watch)).text());
		await assert.rejects(watch.assertClean(), /breaks off/);
	});

	for (const how of ["cancel", "abort"])
		it(`lets a client leave by ${how}`, async () => {
			const watch = new Watch();
			const left = new AbortController();

			answer = (res) => {
				res.writeHead(200, {
					"content-type": "text/event-stream"});
				res.write(chatText(TEXT.slice(0, 2)));
			};
			const res = await ask(watch, {signal: left.signal});
			const reader = res.body.getReader();
			await reader.read();
			if (how === "cancel")
				await reader.cancel();
			else
				left.abort();
			await watch.assertClean();
		});

	it("that saw nothing is no proof", () =>
		assert.rejects(new Watch().assertClean(), /no answer/));
});
