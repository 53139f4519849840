/*
 * clients_responses.test.mjs: OpenAI's Responses API with the clients that
 * people use: the official one, Vercel's ai, and an agent that keeps the
 * conversation itself, as Codex does.  Every answer is held to the published
 * schema, and the fake takes no signature but the one of the call.
 */
import assert from "node:assert/strict";
import {after, afterEach, beforeEach, describe, it} from "node:test";

import {createOpenAI} from "@ai-sdk/openai";
import {generateText, stepCountIs, streamText, tool} from "ai";
import OpenAI from "openai";
import {zodTextFormat} from "openai/helpers/zod";
import {z} from "zod";

import {PIXEL, PIXEL_URL, withClients} from "./clients.mjs";
import {ask, bearer, MODEL, startStack, Steps, TOKEN} from "./harness.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;

const REAL = {realSignatures: true};
const KEEP = ["reasoning.encrypted_content"];
const WEATHER = {
	type: "function",
	name: "get_weather",
	description: "The weather of a city",
	parameters: {
		type: "object",
		properties: {city: {type: "string"}},
		required: ["city"],
		additionalProperties: false,
	},
	strict: true,
};
const PATCH = {
	type: "custom",
	name: "apply_patch",
	description: "Edits files; the input is a patch and not JSON.",
	format: {type: "grammar", syntax: "lark",
		 definition: 'start: "*** Begin Patch" LF hunk+'},
};
const A_PATCH = '*** Begin Patch\n*** Add File: a "b".txt\n+é\n*** End Patch';

let client, forgetting;

/* "forgetting" keeps no signatures: its clients have to. */
const held = withClients({ready: async () => {
	forgetting = await startStack(held.fake, {
		settings: {signatures_max: 0}});
}});

const create = (input, more = {}) =>
	client.responses.create({model: MODEL, input, ...more});
const sentBody = () => held.bodies().at(-1);
const user = (content) => ({role: "user", content});
const output = ({call_id: id, type}, text) => ({
	type: type === "custom_tool_call" ? "custom_tool_call_output" :
					    "function_call_output",
	call_id: id, output: text,
});

beforeEach(() => {
	held.fake.setDefault("*", REAL);
	client = new OpenAI({apiKey: TOKEN, baseURL: `${held.stack.url}/v1`,
			     maxRetries: 0, fetch: held.watch.fetch});
});
afterEach(() => forgetting.check());
after(() => forgetting?.stop());

/* --- the official client -------------------------------------------------- */

describe("a response", () => {
	it("answers, and is in the journal", async () => {
		const r = await create("hello");

		assert.equal(r.output_text, "You said: hello");
		assert.equal(r.status, "completed");
		assert.equal(r.model, MODEL);
		assert.equal(r.store, false);
		assert.deepEqual(r.output.map((o) => o.type), ["message"]);
		assert.equal(held.fake.requests[0].pathname,
			     `/v1beta/models/${MODEL}:generateContent`);
		const [row] = await held.stack.journal(1, "endpoint = 'responses'");
		assert.equal(row.status, 200);
		assert.equal(row.prompt_tokens, r.usage.input_tokens);
	});

	for (const prefix of ["/hf/v1", "/openai/v1"])
		it(`answers below ${prefix}`, async () => {
			client.baseURL = held.stack.url + prefix;
			assert.equal((await create("a")).output_text,
				     "You said: a");
		});

	it("has instructions, roles and sampling", async () => {
		const r = await create([
			{role: "developer", content: "In verse."},
			user("a"),
			{role: "assistant", content: "b"},
			user([{type: "input_text", text: "c"}]),
		], {model: "gemini-3.1-flash-lite", instructions: "Be brief.",
		    temperature: 0.5, top_p: 0.25, max_output_tokens: 99,
		    metadata: {k: "v"}});
		const body = sentBody();

		assert.deepEqual(body.systemInstruction.parts,
				 [{text: "Be brief."}, {text: "In verse."}]);
		assert.deepEqual(body.contents.map((c) => c.role),
				 ["user", "model", "user"]);
		assert.equal(body.generationConfig.maxOutputTokens, 99);
		assert.equal(r.instructions, "Be brief.");
		assert.equal(r.temperature, 0.5);
		assert.equal(r.max_output_tokens, 99);
		assert.deepEqual(r.metadata, {k: "v"});
	});

	it("sees a picture, and reads a document", async () => {
		const r = await create([user([
			{type: "input_text", text: "what?"},
			{type: "input_image", image_url: PIXEL_URL, detail: "auto"},
			{type: "input_file", filename: "a.pdf",
			 file_data: "data:application/pdf;base64,JVBERi0x"},
		])]);

		assert.match(r.output_text, /I see 2 picture/);
		assert.deepEqual(sentBody().contents[0].parts.slice(1)
			.map((p) => p.inlineData.mimeType),
				 ["image/png", "application/pdf"]);
	});

	it("goes on with what it answered", async () => {
		const input = [user("one")];
		const first = await create(input);

		input.push(...first.output, user("two"));
		await create(input);
		assert.deepEqual(sentBody().contents.map((c) =>
			c.parts.map((p) => p.text).join("")),
				 ["one", "You said: one", "two"]);
	});

	it("thinks aloud when asked to", async () => {
		const r = await create("hello", {
			reasoning: {effort: "low", summary: "auto"}});

		assert.deepEqual(r.output.map((o) => o.type),
				 ["reasoning", "message"]);
		assert.match(r.output[0].summary[0].text, /Let me see/);
		assert.equal(r.output[0].encrypted_content, undefined);
		assert.ok(r.usage.output_tokens_details.reasoning_tokens > 0);
		assert.deepEqual(sentBody().generationConfig.thinkingConfig,
				 {thinkingLevel: "low", includeThoughts: true});
	});

	it("is parsed by a schema", async () => {
		const r = await client.responses.parse({
			model: MODEL, input: "Who?",
			text: {format: zodTextFormat(z.object({
				name: z.string(), age: z.number().int(),
				kind: z.enum(["cat", "dog"]),
			}), "pet")},
		});

		assert.deepEqual(r.output_parsed,
				 {name: "x", age: 1, kind: "cat"});
		assert.equal(sentBody().generationConfig.responseMimeType,
			     "application/json");
	});

	it("has pictures that the model made", async () => {
		const input = [user("draw")];
		const r = await create(input, {
			model: "gemini-3.1-flash-image",
			tools: [{type: "image_generation"}]});
		const picture = r.output.find((o) =>
			o.type === "image_generation_call");

		assert.equal(picture.result, PIXEL);
		await create([...input, ...r.output, user("in blue")],
			     {model: "gemini-3.1-flash-image"});
		assert.ok(sentBody().contents.some((c) => c.parts.some((p) =>
			p.inlineData?.data === picture.result)));
	});

	it("cites its sources", async () => {
		held.fake.script("*", {events: [{
			candidates: [{
				content: {role: "model",
					  parts: [{text: "Zürich is here."}]},
				groundingMetadata: {
					groundingChunks: [{web: {
						uri: "https://z.example",
						title: "z.example"}}],
					groundingSupports: [{
						segment: {endIndex: 7},
						groundingChunkIndices: [0]}],
				},
				finishReason: "STOP",
			}],
			usageMetadata: {promptTokenCount: 1,
					candidatesTokenCount: 4,
					totalTokenCount: 5},
		}]});
		const r = await create("where?", {
			tools: [{type: "web_search"}]});

		assert.deepEqual(r.output[0].content[0].annotations, [{
			type: "url_citation", url: "https://z.example",
			title: "z.example", start_index: 0, end_index: 6}]);
		assert.deepEqual(sentBody().tools, [{googleSearch: {}}]);
	});

	it("shows code that ran, and what it printed", async () => {
		held.fake.script("*", {parts: [
			{executableCode: {language: "PYTHON",
					  code: "print(6 * 7)"}},
			{codeExecutionResult: {outcome: "OUTCOME_OK",
					       output: "42\n"}},
			{text: "It is 42."}]});
		const r = await create("compute", {
			tools: [{type: "code_interpreter",
				 container: {type: "auto"}}]});

		assert.equal(r.output_text, "It is 42.");
		assert.equal(r.output[0].code, "print(6 * 7)");
		assert.deepEqual(r.output[0].outputs,
				 [{type: "logs", logs: "42\n"}]);
		assert.deepEqual(sentBody().tools, [{codeExecution: {}}]);
	});

	for (const [script, status, reason] of [
		[{text: "so", finishReason: "MAX_TOKENS"}, "incomplete",
		 "max_output_tokens"],
		[{text: "so", finishReason: "SAFETY"}, "incomplete",
		 "content_filter"],
		[{block: "PROHIBITED_CONTENT"}, "incomplete",
		 "content_filter"],
	])
		it(`is ${status}: ${JSON.stringify(script)}`, async () => {
			held.fake.setDefault("*", script);
			const r = await create("hello");

			assert.equal(r.status, status);
			assert.equal(r.incomplete_details.reason, reason);
			const streamed = client.responses.stream({
				model: MODEL, input: "hello"});
			const s = await streamed.finalResponse();
			assert.equal(s.status, status);
			assert.equal(s.incomplete_details.reason, reason);
			assert.equal(s.output_text, r.output_text);
		});

	it("has failed when the model gives up", async () => {
		held.fake.setDefault("*", {parts: [{text: "hm", thought: true}],
			finishReason: "MALFORMED_FUNCTION_CALL"});
		const r = await create("hello", {
			reasoning: {summary: "auto"}});

		assert.equal(r.status, "failed");
		assert.match(r.error.message, /MALFORMED_FUNCTION_CALL/);
	});

	it("names what it could not honour", async () => {
		const {response} = await client.responses.create({
			model: MODEL, input: "x", top_logprobs: 2,
			max_tool_calls: 3, frobnicate: true,
		}).withResponse();

		assert.deepEqual(response.headers.get("x-gbalance-dropped")
			.split(", ").sort(),
				 ["frobnicate", "max_tool_calls",
				  "top_logprobs"]);
	});

	it("is counted before it is asked for", async () => {
		const r = await client.responses.inputTokens.count({
			model: MODEL, input: "12345678",
			instructions: "1234"});

		assert.equal(r.input_tokens, 3);
		assert.match(held.fake.requests[0].pathname, /:countTokens$/);
		const [row] = await held.stack.journal(1,
			"endpoint = 'responses.input_tokens'");
		assert.equal(row.status, 200);
	});
});

describe("a stream", () => {
	it("has its events in their order", async () => {
		const types = [];
		let text = "";

		for await (const e of await create("a b", {stream: true})) {
			types.push(e.type.replace("response.", ""));
			if (e.type === "response.output_text.delta")
				text += e.delta;
		}
		assert.deepEqual(types.filter((t, i) => t !== types[i - 1]), [
			"created", "in_progress", "output_item.added",
			"content_part.added", "output_text.delta",
			"output_text.done", "content_part.done",
			"output_item.done", "completed"]);
		assert.equal(text, "You said: a b");
		assert.equal(held.fake.requests[0].query.get("alt"), "sse");
	});

	it("is put together by the client's helper", async () => {
		const runner = client.responses.stream({
			model: MODEL, input: "hello there",
			reasoning: {summary: "auto"}, include: KEEP,
		});
		let text = "", thought = "", snapshot;

		runner.on("response.output_text.delta", (e) => {
			text += e.delta;
			({snapshot} = e);
		});
		runner.on("response.reasoning_summary_text.delta", (e) =>
			thought += e.delta);
		const r = await runner.finalResponse();

		assert.equal(r.output_text, "You said: hello there");
		assert.equal(text, r.output_text);
		assert.equal(snapshot, r.output_text);
		assert.match(thought, /Let me see/);
		assert.equal(r.output[0].summary[0].text, thought);
		assert.ok(r.usage.total_tokens > 0);
	});

	it("is parsed by a schema", async () => {
		const r = await client.responses.stream({
			model: MODEL, input: "Who?",
			text: {format: zodTextFormat(z.object({
				name: z.string()}), "pet")},
		}).finalResponse();

		assert.deepEqual(r.output_parsed, {name: "x"});
	});

	it("has pictures, code and calls", async () => {
		held.fake.script("*", {parts: [
			{text: "Look: "},
			{executableCode: {language: "PYTHON", code: "1"}},
			{codeExecutionResult: {outcome: "OUTCOME_FAILED",
					       output: "no"}},
			{inlineData: {mimeType: "image/png",
				      data: PIXEL}},
			{functionCall: {name: "get_weather", args: {}}},
		]});
		const r = await client.responses.stream({
			model: MODEL, input: "x", tools: [WEATHER],
		}).finalResponse();

		assert.deepEqual(r.output.map((o) => o.type),
				 ["message", "code_interpreter_call",
				  "image_generation_call", "function_call"]);
	});

	for (const [name, script] of [
		["an error", {fail: {after: 3, error: "overloaded"}}],
		["a cut", {cut: {at: 3000}}],
	])
		it(`that breaks with ${name} has failed`, async () => {
			const events = [], steps = new Steps();

			held.fake.setDefault("*", {words: Array(50).fill("word "),
					      gate: steps.gate, ...script});
			for await (const e of await create("x",
							   {stream: true})) {
				events.push(e);
				if (e.type === "response.output_text.delta")
					steps.allow(50);
			}
			const {type, response} = events.at(-1);
			assert.equal(type, "response.failed");
			assert.equal(response.status, "failed");
			assert.equal(response.error.code, "server_error");
			assert.ok(response.error.message);
		});

	it("that fails at once is an error as any other", async () => {
		held.fake.setDefault("*", {error: "invalid_argument"});
		await assert.rejects(create("x", {stream: true}),
				     OpenAI.BadRequestError);
	});
});

/* --- loops ---------------------------------------------------------------- */

/* Turns of a conversation that the client keeps: whole, or streamed. */
class Loop {
	constructor(streams, more = {})
	{
		this.streams = streams;
		this.input = [];
		this.more = {model: MODEL, store: false, include: KEEP, ...more};
	}

	/* One answer; the outputs of its calls are added. */
	async step()
	{
		const params = {...this.more, input: this.input};
		const r = this.streams ?
			await client.responses.stream(params).finalResponse() :
			await client.responses.create(params);

		this.calls = r.output.filter((o) => /_call$/.test(o.type));
		this.input.push(...r.output.map(({parsed_arguments, ...o}) =>
			o.content ? {...o, content: o.content.map(
				({parsed, ...c}) => c)} : o),
				...this.calls.map((c) => output(c, "done")));
		return r;
	}

	async turn(text)
	{
		this.input.push(user(text));
		for (let steps = 1;; steps++) {
			const r = await this.step();

			if (this.calls.length === 0)
				return {steps, text: r.output_text};
		}
	}
}

/* The signatures of calls in the last request, a list for each content. */
const signatures = () => sentBody().contents
	.filter((c) => c.role === "model")
	.map((c) => c.parts.filter((p) => p.functionCall)
		.map((p) => p.thoughtSignature));

for (const streams of [false, true])
	describe(`a loop, ${streams ? "streamed" : "whole"}`, () => {
		it("carries the signatures of its calls", async () => {
			const loop = new Loop(streams, {
				tools: [WEATHER, PATCH],
				reasoning: {summary: "auto"}});
			const calls = (...names) => ({...REAL, thought: "Hm. ",
				calls: names.map((name) => ({name,
					args: name === "apply_patch" ?
					      {input: A_PATCH} :
					      {city: "Zürich"}}))});

			client.baseURL = `${forgetting.url}/v1`;
			held.fake.script("*", calls("get_weather"),
				    calls("apply_patch", "get_weather"),
				    {...REAL, text: "That is all."});
			const {steps, text} = await loop.turn("go");
			assert.equal(steps, 3);
			assert.equal(text, "That is all.");
			const [[one], [two, none]] = signatures();
			assert.ok(one && two && one !== two);
			assert.equal(none, undefined);
			assert.deepEqual(loop.input.map((i) => i.type ?? i.role), [
				"user", "reasoning", "function_call",
				"function_call_output", "reasoning",
				"custom_tool_call", "function_call",
				"custom_tool_call_output",
				"function_call_output", "reasoning", "message"]);
			const patch = loop.input[5];
			assert.equal(patch.name, "apply_patch");
			assert.equal(patch.input, A_PATCH);
			assert.deepEqual(sentBody().contents[3].parts[0]
				.functionCall.args, {input: A_PATCH});
		});

		it("works when the client keeps nothing for us", async () => {
			const loop = new Loop(streams, {tools: [WEATHER],
							include: undefined});

			held.fake.script("*", {...REAL, calls: [
				{name: "get_weather", args: {city: "A"}},
				{name: "get_weather", args: {city: "B"}}]});
			const {steps, text} = await loop.turn("weather");
			assert.equal(steps, 2);
			assert.match(text, /The tools said/);
			assert.ok(!loop.input.some((i) =>
				i.type === "reasoning"));
		});

		it("has one call when one was asked for", async () => {
			const loop = new Loop(streams, {tools: [WEATHER],
				parallel_tool_calls: false});

			held.fake.script("*", {...REAL, calls: [
				{name: "get_weather", args: {city: "A"}},
				{name: "get_weather", args: {city: "B"}}]});
			loop.input.push(user("weather"));
			await loop.step();
			assert.equal(loop.calls.length, 1);
		});

		it("knows the functions of a namespace", async () => {
			const loop = new Loop(streams, {tools: [{
				type: "namespace", name: "sky",
				description: "What is above.",
				tools: [WEATHER]}]});

			held.fake.script("*", {...REAL, calls: [
				{name: "sky.get_weather", args: {city: "A"}}]});
			loop.input.push(user("weather"));
			await loop.step();
			assert.equal(loop.calls[0].name, "get_weather");
			assert.equal(loop.calls[0].namespace, "sky");
			const r = await loop.step();
			assert.match(r.output_text, /The tools said/);
		});

		it("takes pictures from its tools", async () => {
			const loop = new Loop(streams, {tools: [WEATHER]});

			loop.input.push(user("use the weather tool"));
			await loop.step();
			loop.input.at(-1).output = [
				{type: "input_text", text: "this"},
				{type: "input_image", image_url: PIXEL_URL}];
			await loop.step();
			const {response, parts} = sentBody().contents.at(-1)
				.parts[0].functionResponse;
			assert.deepEqual(response, {output: "this"});
			assert.equal(parts[0].inlineData.mimeType, "image/png");
		});
	});

/* --- errors --------------------------------------------------------------- */

describe("errors", () => {
	const fails = (promise, type, test = () => {}) =>
		assert.rejects(promise, (e) => {
			assert.ok(e instanceof type, `${e}`);
			test(e);
			return true;
		});

	for (const [name, body, param] of [
		["a stored response", {previous_response_id: "resp_1"},
		 "previous_response_id"],
		["a conversation", {conversation: "conv_1"}, "conversation"],
		["a stored prompt", {prompt: {id: "p"}}, "prompt"],
		["in the background", {background: true}, "background"],
		["a reference to an item", {input: [
			user("x"), {type: "item_reference", id: "msg_1"}]},
		 "input[1]"],
		["a bad picture", {input: [user([{
			type: "input_image", image_url: "data:image/png;,x"}])]},
		 "input[0].content[0].image_url"],
		["an output of no call", {input: [user("x"), {
			type: "function_call_output", call_id: "c",
			output: "x"}]}, "input[1].call_id"],
		["a tool that is not here", {tools: [{type: "file_search",
			vector_store_ids: []}]}, "tools[0].type"],
	])
		it(name, async () => {
			await fails(create("x", body), OpenAI.BadRequestError,
				    (e) => assert.equal(e.param, param));
			assert.equal(held.fake.requests.length, 0);
		});

	it("nothing is stored", async () => {
		const {responses} = client;

		for (const ask of [
			() => responses.retrieve("resp_1"),
			() => responses.delete("resp_1"),
			() => responses.cancel("resp_1"),
			() => responses.inputItems.list("resp_1"),
		])
			await fails(ask(), OpenAI.NotFoundError, (e) => {
				assert.match(e.message, /"resp_1".*not stored/);
				assert.equal(e.code, "not_found");
			});
		await fails(responses.compact({model: MODEL, input: "x"}),
			    OpenAI.NotFoundError,
			    (e) => assert.equal(e.code, "unknown_url"));
		assert.equal(held.fake.requests.length, 0);
	});

	it("only with a token", async () => {
		client.apiKey = "gb-nobody-knows-this-token";
		await fails(create("x"), OpenAI.AuthenticationError);
		await fails(client.responses.retrieve("resp_1"),
			    OpenAI.AuthenticationError);
	});

	it("an unknown model, and a wrong method", async () => {
		await fails(create("x", {model: "gemini-0-none"}),
			    OpenAI.NotFoundError,
			    (e) => assert.equal(e.code, "model_not_found"));
		const r = await ask(`${held.stack.url}/v1/responses`,
				    {headers: bearer()});
		assert.equal(r.status, 405);
		assert.equal(r.headers.allow, "POST");
	});

	it("strict: what cannot be honoured is refused", async () => {
		const strict = await startStack(held.fake, {
			settings: {strict: true}});

		try {
			client.baseURL = `${strict.url}/v1`;
			await fails(create("x", {top_logprobs: 2}),
				    OpenAI.BadRequestError, (e) =>
				    assert.equal(e.param, "top_logprobs"));
		} finally {
			await strict.stop();
		}
	});
});

/* --- an agent like Codex -------------------------------------------------- */

/*
 * It streams, reads nothing but items that are done and the end, keeps no ids
 * of items, and sends all of it again with each request.
 */
class Agent {
	constructor()
	{
		this.input = [
			{type: "message", role: "developer", content: [
				{type: "input_text", text: "<permissions>"}]},
			{type: "message", role: "user", content: [
				{type: "input_text", text: "<environment>"}]},
		];
	}

	async *events()
	{
		const res = await held.watch.fetch(`${held.stack.url}/v1/responses`, {
			method: "POST",
			headers: {...bearer(), "content-type":
				  "application/json", accept:
				  "text/event-stream"},
			body: JSON.stringify({
				model: "gemini-3.5-flash",
				instructions: "You are a coding agent.",
				input: this.input,
				tools: [{
					type: "function", name: "shell",
					description: "Runs a command.",
					strict: false,
					parameters: {
						type: "object",
						properties: {command: {
							type: "array",
							items: {type: "string"},
						}, timeout_ms: {type: "number"}},
						required: ["command"],
						additionalProperties: false,
					},
				}, PATCH],
				tool_choice: "auto",
				parallel_tool_calls: false,
				reasoning: {effort: "medium", summary: "auto"},
				store: false, stream: true, include: KEEP,
				prompt_cache_key: "0199-session",
				client_metadata: {originator: "codex"},
			}),
		});

		assert.equal(res.status, 200);
		assert.equal(res.headers.get("x-gbalance-dropped"), null);
		const text = await res.text();
		for (const block of text.split("\n\n").filter(Boolean))
			yield JSON.parse(/^data: (.*)$/m.exec(block)[1]);
	}

	async step()
	{
		const items = [];
		let response;

		for await (const e of this.events()) {
			if (e.type === "response.output_item.done")
				items.push(e.item);
			if (e.type === "response.completed")
				({response} = e);
		}
		assert.ok(response, "the stream is complete");
		for (const {id, status, ...item} of items) {
			this.input.push(item);
			if (/_call$/.test(item.type))
				this.input.push(output(item, JSON.stringify({
					output: "a.c\n",
					metadata: {exit_code: 0}})));
		}
		return items;
	}

	async turn(text)
	{
		this.input.push({type: "message", role: "user", content: [
			{type: "input_text", text}]});
		for (let steps = 1;; steps++)
			if (!(await this.step()).some((i) =>
				/_call$/.test(i.type)))
				return steps;
	}
}

describe("an agent like Codex", () => {
	it("works over several turns", async () => {
		const agent = new Agent();
		const call = (name, args) => ({...REAL, thought: "**Look** ",
					       calls: [{name, args}]});
		const shell = call("shell", {command: ["ls", "-l"]});

		held.fake.script("*", shell, call("apply_patch", {input: A_PATCH}),
			    {...REAL, text: "I fixed it."});
		assert.equal(await agent.turn("Fix the bug."), 3);
		held.fake.script("*", shell, shell, shell,
			    {...REAL, thought: "Hm.", text: "All is well."});
		assert.equal(await agent.turn("Test it."), 4);

		const body = sentBody();
		assert.deepEqual(body.systemInstruction.parts.map((p) => p.text),
				 ["You are a coding agent.", "<permissions>"]);
		assert.deepEqual(body.contents.map((c) => c.role), [
			"user", "model", "user", "model", "user", "model",
			"user", "model", "user", "model", "user", "model",
			"user"]);
		for (const c of body.contents.filter((c) => c.role === "model"))
			for (const p of c.parts.filter((p) => p.functionCall))
				assert.ok(p.thoughtSignature);
		assert.deepEqual(agent.input.slice(3, 9).map((i) => i.type), [
			"reasoning", "function_call", "function_call_output",
			"reasoning", "custom_tool_call",
			"custom_tool_call_output"]);
		assert.deepEqual(agent.input[3].summary,
				 [{type: "summary_text", text: "**Look** "}]);
		assert.equal(new Set(held.fake.requests.map((r) => r.key)).size, 1,
			     "one session stays with one key");
	});

	it("goes on with what another server's model thought", async () => {
		const agent = new Agent();

		agent.input.push(
			{type: "reasoning", summary: [],
			 encrypted_content: "gAAAAABnotours"},
			{type: "function_call", name: "shell", call_id: "c1",
			 arguments: '{"command":["ls"]}'},
			{type: "function_call_output", call_id: "c1",
			 output: "a.c"});
		held.fake.setDefault("*", {text: "Fine."});
		agent.input.push({type: "message", role: "user",
				  content: [{type: "input_text", text: "go"}]});
		const [item] = await create(agent.input)
			.then((r) => r.output);
		assert.equal(item.content[0].text, "Fine.");
	});
});

/* --- Vercel's ai ---------------------------------------------------------- */

/* What it does with every provider is in clients_ai.test.mjs. */
describe("Vercel's ai", () => {
	const STATELESS = {openai: {store: false, include: KEEP,
				    reasoningSummary: "auto",
				    forceReasoning: true}};
	const ask = (more) => ({
		model: createOpenAI({apiKey: TOKEN, fetch: held.watch.fetch,
				     baseURL: `${held.stack.url}/v1`})(MODEL),
		maxRetries: 0, ...more,
	});
	const weather = () => tool({
		description: "The weather of a city",
		inputSchema: z.object({city: z.string()}),
		execute: ({city}) => ({city, celsius: 20}),
	});

	for (const how of ["whole", "streamed"])
		it(`carries signatures when nothing is stored, ${how}`,
		   async () => {
			const options = ask({
				prompt: "use the weather tool",
				tools: {get_weather: weather()},
				stopWhen: stepCountIs(4),
				providerOptions: STATELESS});
			const r = how === "whole" ?
				await generateText(options) :
				streamText(options);

			if (how === "streamed")
				await r.consumeStream();
			assert.equal((await r.steps).length, 2);
			assert.match(await r.text, /"celsius":20/);
			assert.ok(signatures()[0][0]);
		});

	it("goes on with a conversation when nothing is stored", async () => {
		const first = await generateText(ask({
			prompt: "one", providerOptions: STATELESS}));

		await generateText(ask({
			providerOptions: STATELESS,
			messages: [{role: "user", content: "one"},
				   ...first.response.messages,
				   {role: "user", content: "two"}]}));
		assert.deepEqual(sentBody().contents.map((c) =>
			c.parts.map((p) => p.text).join("")),
				 ["one", "You said: one", "two"]);
	});

	it("is told when it counts on a store", async () => {
		const first = await generateText(ask({prompt: "one"}));

		await assert.rejects(generateText(ask({
			messages: [{role: "user", content: "one"},
				   ...first.response.messages,
				   {role: "user", content: "two"}],
		})), /input\[1\].*"store": false/);
	});

	it("hears of a stream that breaks", async () => {
		const steps = new Steps(), errors = [];

		held.fake.setDefault("*", {words: ["a", "b", "c"],
			gate: steps.gate,
			fail: {after: 2, error: "overloaded"}});
		const r = streamText(ask({prompt: "x", onError: ({error}) =>
			errors.push(error)}));

		for await (const part of r.fullStream)
			if (part.type === "text-delta")
				steps.allow(3);
		assert.equal(errors.length, 1);
		assert.match(JSON.stringify(errors), /server_error/);
	});
});
