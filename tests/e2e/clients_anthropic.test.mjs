/*
 * clients_anthropic.test.mjs: Anthropic's own client and Vercel's ai with its
 * Anthropic provider, as people and agents use them.  Every answer is held to
 * the published schema.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {createAnthropic} from "@ai-sdk/anthropic";
import Anthropic from "@anthropic-ai/sdk";
import {betaZodTool} from "@anthropic-ai/sdk/helpers/beta/zod";
import {zodOutputFormat} from "@anthropic-ai/sdk/helpers/zod";
import {generateObject, generateText, stepCountIs, streamText, tool} from "ai";
import {z} from "zod";

import {ask, assertTrueRetryAfter, bearer, KEYS, MODEL, open, startFake,
	startStack, Steps, stream, TOKEN} from "./harness.mjs";
import {Watch} from "./validate.mjs";

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD" +
	"hgGAWjR9awAAAABJRU5ErkJggg==";
const PDF = Buffer.from("%PDF-1.4\n%%EOF\n").toString("base64");
const WEATHER = {
	name: "get_weather",
	description: "The weather of a city",
	input_schema: {
		type: "object",
		properties: {city: {type: "string"}},
		required: ["city"],
	},
};
const Person = z.object({
	name: z.string(), age: z.int(), kind: z.enum(["cat", "dog"]),
});
const TWO_CALLS = {calls: [{name: "get_weather", args: {city: "A"}},
			   {name: "get_weather", args: {city: "Zürich"}}]};

globalThis.AI_SDK_LOG_WARNINGS = false;	/* it knows no such model */

let fake, stack, client, ai;

const watch = new Watch();
const clientOf = (apiKey = TOKEN, more = {}) => new Anthropic({
	apiKey, authToken: null, baseURL: stack.url, maxRetries: 0,
	fetch: watch.fetch, ...more,
});
const says = (content, more = {}) => ({
	model: MODEL, max_tokens: 1000, messages: [{role: "user", content}],
	...more,
});
const sentBody = (i = 0) => JSON.parse(fake.requests[i].body);
const sentParts = (i = 0) => sentBody(i).contents.flatMap((c) => c.parts);
const textOf = (message) => message.content.filter((b) => b.type === "text")
	.map((b) => b.text).join("");
const post = (path, body, headers = bearer()) =>
	ask(stack.url + path, {headers, body});

before(async () => {
	fake = await startFake();
	stack = await startStack(fake, {settings: {max_body: 300000,
						   keepalive_interval: 1}});
	client = clientOf();
	ai = createAnthropic({apiKey: TOKEN, baseURL: `${stack.url}/v1`,
			      fetch: watch.fetch});
});
beforeEach(() => fake.reset());
afterEach(async () => {
	assert.deepEqual(await watch.settle(), []);
	await stack.check();
});
after(async () => {
	await stack?.stop();
	await fake?.close();
});

describe("messages", () => {
	it("answer", async () => {
		const r = await client.messages.create(says("hello", {
			system: "Be brief.", temperature: 0.5, top_k: 3,
			stop_sequences: ["END"],
			metadata: {user_id: "user_1"},
		}));

		assert.equal(r.type, "message");
		assert.equal(r.role, "assistant");
		assert.equal(r.model, MODEL);
		assert.match(r.id, /^msg_/);
		assert.deepEqual(r.content, [{type: "text",
					      text: "You said: hello"}]);
		assert.equal(r.stop_reason, "end_turn");
		assert.equal(r.stop_sequence, null);
		assert.ok(r.usage.input_tokens > 0);
		assert.ok(r.usage.output_tokens > 0);
		assert.match(r._request_id, /^\w+$/);
		const body = sentBody();
		assert.equal(body.systemInstruction.parts[0].text, "Be brief.");
		assert.equal(body.generationConfig.maxOutputTokens, 1000);
		assert.deepEqual(body.generationConfig.stopSequences, ["END"]);
	});

	it("name what could not be honoured", async () => {
		const {response} = await client.messages.create(
			says("hello", {temperature: 0.5, container: "c1"}))
			.withResponse();

		assert.equal(response.headers.get("x-gbalance-dropped"),
			     "container, temperature");
		assert.equal(response.headers.get("request-id"),
			     response.headers.get("x-request-id"));
	});

	it("pass nothing of the client's on", async () => {
		await client.messages.create(says("hello"), {headers: {
			"anthropic-beta": "some-beta-2025-01-01",
			"cookie": "a=b"}});
		const {headers, url} = fake.requests[0];

		for (const name of ["x-api-key", "authorization", "cookie",
				    "anthropic-version", "anthropic-beta"])
			assert.equal(headers[name], undefined, name);
		assert.ok(KEYS.includes(headers["x-goog-api-key"]));
		assert.ok(!url.includes(TOKEN));
	});

	it("count cached tokens and thoughts", async () => {
		fake.script("*", {text: "x", usage: {
			promptTokenCount: 100, candidatesTokenCount: 20,
			thoughtsTokenCount: 30, cachedContentTokenCount: 40,
			totalTokenCount: 150,
		}});
		const {usage} = await client.messages.create(says("hello"));

		assert.equal(usage.input_tokens, 60);
		assert.equal(usage.cache_read_input_tokens, 40);
		assert.equal(usage.output_tokens, 50);
		assert.equal(usage.output_tokens_details.thinking_tokens, 30);
	});

	for (const [reason, want] of [["MAX_TOKENS", "max_tokens"],
				      ["SAFETY", "refusal"]])
		it(`end with ${want} for ${reason}`, async () => {
			fake.script("*", {text: "so far",
					  finishReason: reason});
			const r = await client.messages.create(says("hello"));

			assert.equal(r.stop_reason, want);
			assert.equal(textOf(r), "so far");
		});

	it("refuse a blocked prompt", async () => {
		fake.script("*", {block: "PROHIBITED_CONTENT"});
		const r = await client.messages.create(says("hello"));

		assert.equal(r.stop_reason, "refusal");
		assert.match(textOf(r), /PROHIBITED_CONTENT/);
		assert.match(r.stop_details.explanation, /PROHIBITED_CONTENT/);
		assert.equal(fake.requests.length, 1, "no other key is tried");
	});

	it("read images, PDFs and texts", async () => {
		const r = await client.messages.create(says([
			{type: "text", text: "what?"},
			{type: "image", source: {type: "base64", data: PNG,
						 media_type: "image/png"}},
			{type: "document", title: "Report", source: {
				type: "base64", data: PDF,
				media_type: "application/pdf"}},
			{type: "document", source: {
				type: "text", data: "Once.",
				media_type: "text/plain"}},
		]));

		assert.match(textOf(r), /2 picture/);
		assert.deepEqual(sentParts(), [
			{text: "what?"},
			{inlineData: {mimeType: "image/png", data: PNG}},
			{text: "Report"},
			{inlineData: {mimeType: "application/pdf", data: PDF}},
			{text: "Once."},
		]);
	});

	it("take what an agent sends", async () => {
		const r = await post("/v1/messages?beta=true", {
			...says([{type: "text", text: "hello",
				  cache_control: {type: "ephemeral"}}]),
			model: MODEL,
			system: [{type: "text", text: "You are an agent.",
				  cache_control: {type: "ephemeral"}}],
			thinking: {type: "adaptive"},
			output_config: {effort: "high"},
			context_management: {edits: [{
				type: "clear_thinking_20251015"}]},
			tools: [{...WEATHER, cache_control: {
				type: "ephemeral", ttl: "1h"}}],
			metadata: {user_id: "user_1_session_2"},
		}, {"x-api-key": TOKEN, "anthropic-version": "2023-06-01",
		    "anthropic-beta": "a-2025-01-01,b-2025-02-02"});

		assert.equal(r.status, 200, r.text);
		assert.deepEqual(r.json.content.map((b) => b.type),
				 ["thinking", "text"]);
	});
});

describe("a stream of messages", () => {
	it("makes the same message", async () => {
		const deltas = [];
		const s = client.messages.stream(says("a b c"))
			.on("text", (text) => deltas.push(text));
		const r = await s.finalMessage();

		assert.ok(deltas.length > 2);
		assert.equal(deltas.join(""), "You said: a b c");
		assert.equal(textOf(r), "You said: a b c");
		assert.equal(r.stop_reason, "end_turn");
		assert.ok(r.usage.input_tokens > 0);
		assert.ok(r.usage.output_tokens > 0);
		assert.match(s.request_id, /^\w+$/);
	});

	it("is events one by one", async () => {
		const types = [];

		for await (const e of await client.messages.create(
			says("hello", {stream: true})))
			types.push(e.type);
		assert.deepEqual([...new Set(types)], [
			"message_start", "content_block_start",
			"content_block_delta", "content_block_stop",
			"message_delta", "message_stop"]);
	});

	it("is kept open by pings", async () => {
		const steps = new Steps();

		fake.script("*", {text: "x", hold: () => steps.gate(1)});
		const s = await stream(`${stack.url}/v1/messages`, {
			headers: bearer(), body: says("hi", {stream: true})});
		assert.deepEqual(JSON.parse(await s.next()), {type: "ping"});
		steps.allow(1);
		const rest = (await s.rest()).map((e) => JSON.parse(e).type);
		assert.ok(rest.includes("message_start"));
		assert.equal(rest.at(-1), "message_stop");
	});

	/* Promise 5, in Anthropic's words. */
	for (const [name, behaviour, type] of [
		["an end without a reason", {finishReason: null}, "api_error"],
		["a cut", {cut: {at: 800}}, "api_error"],
		["Gemini's own error", {fail: {after: 1, error: "overloaded"}},
		 "overloaded_error"],
	])
		it(`ends with an error event at ${name}`, async () => {
			const steps = new Steps();
			let text = "";

			/* The second word waits until the first is there. */
			fake.script("*", {words: ["so ", "far ", "so ", "good"],
					  gate: steps.gate, ...behaviour});
			const s = client.messages.stream(says("hello"))
				.on("text", (t) => {
					text += t;
					steps.allow(9);
				});
			await assert.rejects(s.finalMessage(), (e) => {
				assert.ok(e instanceof Anthropic.APIError);
				assert.equal(e.type, type);
				return true;
			});
			assert.match(text, /^so /);
		});

	it("is an answer of its own when it fails at once", async () => {
		fake.setDefault("*", {error: "invalid_argument"});
		await assert.rejects(
			client.messages.stream(says("hello")).finalMessage(),
			Anthropic.BadRequestError);
	});
});

describe("tools", () => {
	/* One step of a loop: ask, and answer each call. */
	async function step(messages, {streamed, ...more} = {})
	{
		const body = {model: MODEL, max_tokens: 9000, messages,
			      tools: [WEATHER], ...more};
		const r = streamed ?
			await client.messages.stream(body).finalMessage() :
			await client.messages.create(body);
		const calls = r.content.filter((b) => b.type === "tool_use");

		messages.push({role: "assistant", content: r.content});
		if (calls.length > 0)
			messages.push({role: "user", content: calls.map(
				({id, input}) => ({
					type: "tool_result", tool_use_id: id,
					content: JSON.stringify({
						city: input.city}),
				}))});
		return r;
	}

	for (const streamed of [false, true])
		for (const thinking of [undefined, {
			type: "enabled", budget_tokens: 2000}])
			it(`in a loop, ${streamed ? "streamed" : "whole"}, ` +
			   `${thinking ? "" : "not "}thinking`, async () => {
				const messages = [{role: "user",
						   content: "go"}];
				const more = {streamed, thinking};

				fake.script("*", TWO_CALLS, {calls: [
					{name: "get_weather",
					 args: {city: "C"}}]});
				const first = await step(messages, more);
				assert.equal(first.stop_reason, "tool_use");
				assert.deepEqual(first.content.map(
					(b) => b.type), thinking ?
					["thinking", "tool_use", "tool_use"] :
					["tool_use", "tool_use"]);
				assert.deepEqual(first.content.at(-1).input,
						 {city: "Zürich"});
				await step(messages, more);
				const last = await step(messages, more);
				assert.match(textOf(last), /"city":"C"/);
				assert.equal(last.stop_reason, "end_turn");

				/* The fake knows its signatures again, and
				 * none is a dummy. */
				const calls = sentParts(2).filter(
					(p) => p.functionCall);
				assert.equal(calls.length, 3);
				assert.match(calls[0].thoughtSignature,
					     /^[A-Za-z0-9+/]{32}$/);
				assert.equal(calls[1].thoughtSignature,
					     undefined);
				assert.match(calls[2].thoughtSignature,
					     /^[A-Za-z0-9+/]{32}$/);
			});

	it("in a loop that the client runs", async () => {
		const asked = [];

		fake.script("*", TWO_CALLS);
		const r = await client.beta.messages.toolRunner({
			...says("go"),
			tools: [betaZodTool({
				name: "get_weather", description: "Weather",
				inputSchema: z.object({city: z.string()}),
				run: ({city}) => {
					asked.push(city);
					return `sunny in ${city}`;
				},
			})],
		});

		assert.deepEqual(asked.sort(), ["A", "Zürich"]);
		assert.match(textOf(r), /sunny in A.*sunny in Zürich/);
	});

	it("that fail, or show pictures", async () => {
		const messages = [{role: "user", content: "go"}];

		fake.script("*", TWO_CALLS);
		await step(messages);
		messages[2].content[0].is_error = true;
		messages[2].content[0].content = "no such city";
		messages[2].content[1].content = [
			{type: "text", text: "look"},
			{type: "image", source: {type: "base64", data: PNG,
						 media_type: "image/png"}}];
		await step(messages);
		const results = sentParts(1).map((p) => p.functionResponse)
			.filter((f) => f);
		assert.deepEqual(results.map((f) => f.response), [
			{error: "no such city"}, {output: "look"}]);
		assert.equal(results[1].parts[0].inlineData.data, PNG);
	});

	it("one at a time", async () => {
		fake.script("*", TWO_CALLS);
		const r = await client.messages.create(says("go", {
			tools: [WEATHER], tool_choice: {
				type: "auto",
				disable_parallel_tool_use: true}}));

		assert.equal(r.content.length, 1);
	});

	it("that must be called give structured output", async () => {
		const r = await client.messages.create(says("who?", {
			tools: [{name: "person", input_schema:
				z.toJSONSchema(Person)}],
			tool_choice: {type: "tool", name: "person"}}));

		assert.equal(r.stop_reason, "tool_use");
		Person.parse(r.content[0].input);
		assert.deepEqual(sentBody().toolConfig.functionCallingConfig,
				 {mode: "ANY",
				  allowedFunctionNames: ["person"]});
	});
});

describe("more of it", () => {
	it("output in a format", async () => {
		const r = await client.messages.parse(says("who?", {
			output_config: {format: zodOutputFormat(Person)}}));

		assert.deepEqual(r.parsed_output,
				 {name: "x", age: 1, kind: "cat"});
		assert.equal(sentBody().generationConfig.responseMimeType,
			     "application/json");
	});

	it("thinking", async () => {
		const thoughts = [];

		fake.script("*", {thought: "hm", text: "said"},
			    {thought: "hm", text: "said"});
		const r = await client.messages.stream(says("x", {
			thinking: {type: "adaptive"}}))
			.on("thinking", (t) => thoughts.push(t))
			.finalMessage();
		assert.deepEqual(thoughts, ["hm"]);
		assert.deepEqual(r.content.map((b) => b.type),
				 ["thinking", "text"]);
		assert.equal(sentBody().generationConfig.thinkingConfig
			.includeThoughts, true);

		const plain = await client.messages.create(says("x"));
		assert.deepEqual(plain.content.map((b) => b.type), ["text"]);
	});

	/* cites 10.2 count_tokens */
	it("tokens are counted, with system and tools", async () => {
		const count = async (more) => (await client.messages
			.countTokens({model: MODEL, messages: [
				{role: "user", content: "hello, hello"}],
				...more})).input_tokens;
		const bare = await count();
		const system = await count({system: "Be very brief."});

		assert.equal(bare, 3);
		assert.ok(system > bare);
		assert.ok(await count({system: "Be very brief.",
				       tools: [WEATHER]}) > system);
		assert.match(fake.requests[0].pathname, /:countTokens$/);
	});

	it("models are listed in this form", async () => {
		const plain = clientOf(TOKEN, {fetch: globalThis.fetch});
		const ids = [];

		for await (const m of plain.models.list()) {
			assert.equal(m.type, "model");
			assert.ok(m.display_name);
			ids.push(m.id);
		}
		assert.ok(ids.includes(MODEL));
		assert.equal((await plain.models.retrieve(MODEL)).id, MODEL);
		await assert.rejects(plain.models.retrieve("gemini-0-none"),
				     Anthropic.NotFoundError);
		const {json} = await ask(`${stack.url}/v1/models`, {
			headers: bearer()});
		assert.equal(json.object, "list", "others get OpenAI's");
	});

	for (const prefix of ["/anthropic", "/hf", "/openai"])
		it(`below ${prefix}`, async () => {
			const below = clientOf(TOKEN, {
				baseURL: stack.url + prefix});

			assert.equal(textOf(await below.messages.create(
				says("hi"))), "You said: hi");
			assert.equal((await below.messages.countTokens({
				model: MODEL, messages: says("hi").messages,
			})).input_tokens, 1);
		});

	it("a token in either header", async () => {
		const other = clientOf(null, {authToken: TOKEN});

		assert.equal(textOf(await other.messages.create(says("hi"))),
			     "You said: hi");
	});
});

describe("errors", () => {
	const fails = (promise, type, status, word, test = () => {}) =>
		assert.rejects(promise, (e) => {
			assert.ok(e instanceof type, `${e}`);
			assert.equal(e.status, status);
			assert.equal(e.type, word);
			assert.equal(e.error.type, "error");
			assert.equal(e.error.request_id, e.requestID);
			test(e);
			return true;
		});

	/* Promise 2 */
	for (const [name, options] of [
		["a wrong token", {}], ["a wrong bearer", {
			apiKey: null, authToken: "gb-nobody-knows-it"}]])
		it(name, () => fails(
			clientOf("gb-nobody-knows-it", options).messages
				.create(says("hello")),
			Anthropic.AuthenticationError, 401,
			"authentication_error"));

	/* Promise 3: names the field, and costs no key anything. */
	for (const [name, body, field] of [
		["no max_tokens", {max_tokens: undefined}, "max_tokens"],
		["no messages", {messages: []}, "messages"],
		["a GIF", {messages: [
			{role: "user", content: "x"},
			{role: "user", content: [{type: "image", source: {
				type: "base64", data: PNG,
				media_type: "image/gif"}}]}]},
		 "messages[1].content[0].source.media_type"],
		["a tool of another kind", {tools: [
			WEATHER, {type: "computer_20250124",
				  name: "computer"}]}, "tools[1].type"],
		["a result of no call", {messages: [
			{role: "user", content: [{type: "tool_result",
						  tool_use_id: "toolu_1"}]}]},
		 "messages[0].content[0].tool_use_id"],
	])
		it(name, async () => {
			await fails(client.messages.create(says("x", body)),
				    Anthropic.BadRequestError, 400,
				    "invalid_request_error", (e) =>
				assert.ok(e.apiMessage.startsWith(
					`${field}: `), e.apiMessage));
			assert.equal(fake.requests.length, 0);
		});

	it("an unknown model", () => fails(
		client.messages.create(says("x", {model: "gemini-0-none"})),
		Anthropic.NotFoundError, 404, "not_found_error"));

	it("a body that is too large", () => fails(
		client.messages.create(says("x".repeat(400000))),
		Anthropic.APIError, 413, "request_too_large"));

	it("too many tokens, in the words that agents look for", async () => {
		fake.setDefault("*", {error: "tokens_exceeded"});
		await fails(client.messages.create(says("x")),
			    Anthropic.BadRequestError, 400,
			    "invalid_request_error", (e) =>
			assert.match(e.apiMessage, /^prompt is too long: /));
	});

	it("an overloaded model: 529", async () => {
		fake.setDefault("*", {error: "overloaded"});
		await fails(client.messages.create(says("x")),
			    Anthropic.InternalServerError, 529,
			    "overloaded_error");
	});

	it("unknown paths, and other methods", async () => {
		for (const [method, path, status] of [
			["POST", "/v1/messages/batches", 404],
			["GET", "/anthropic/v1/nothing", 404],
			["GET", "/v1/messages", 405]]) {
			const r = await ask(stack.url + path, {
				method, headers: bearer()});

			assert.equal(r.status, status, path);
			assert.equal(r.json.type, "error");
			assert.equal(r.headers["request-id"],
				     r.json.request_id);
		}
		const r = await open(`${stack.url}/v1/nothing`, {
			headers: {...bearer(),
				  "anthropic-version": "2023-06-01"}});
		assert.ok(r.headers["request-id"]);
		r.resume();
	});

	/* The last of these: it puts all keys to rest for this model. */
	it("all keys at rest: 429 with Retry-After", async () => {
		const model = "gemini-3.6-flash";
		const began = Date.now();
		let s;

		fake.setDefault("*", {error: "quota_minute"});
		await fails(client.messages.create(says("x", {model})),
			    Anthropic.RateLimitError, 429, "rate_limit_error",
			    (e) => s = e.headers.get("retry-after"));
		await assertTrueRetryAfter(stack, model, s, began);
		assert.equal(fake.requests.length, KEYS.length);
	});
});

describe("Vercel's ai", () => {
	const weather = (asked) => tool({
		description: "The weather of a city",
		inputSchema: z.object({city: z.string()}),
		execute: async ({city}) => {
			asked.push(city);
			return {city, celsius: 20};
		},
	});

	it("generateText", async () => {
		const r = await generateText({model: ai(MODEL),
					      system: "Be brief.",
					      prompt: "hello"});

		assert.equal(r.text, "You said: hello");
		assert.equal(r.finishReason, "stop");
		assert.ok(r.usage.inputTokens > 0);
		assert.ok(r.usage.outputTokens > 0);
	});

	it("streamText", async () => {
		const r = streamText({model: ai(MODEL), prompt: "a b c"});
		const pieces = [];

		for await (const piece of r.textStream)
			pieces.push(piece);
		assert.ok(pieces.length > 2);
		assert.equal(pieces.join(""), "You said: a b c");
		assert.equal(await r.finishReason, "stop");
	});

	for (const thinking of [false, true])
		it(`tools in a loop${thinking ? ", thinking" : ""}`,
		   async () => {
			const asked = [];

			fake.script("*", TWO_CALLS);
			const r = await generateText({
				model: ai(MODEL), prompt: "go",
				tools: {get_weather: weather(asked)},
				stopWhen: stepCountIs(4),
				providerOptions: thinking ? {anthropic: {
					thinking: {type: "enabled",
						   budgetTokens: 2000},
				}} : {},
			});

			assert.deepEqual(asked, ["A", "Zürich"]);
			assert.equal(r.steps.length, 2);
			assert.match(r.text, /"city":"A".*"city":"Zürich"/);
		});

	it("tools in a streamed loop", async () => {
		const asked = [];

		fake.script("*", TWO_CALLS);
		const r = streamText({
			model: ai(MODEL), prompt: "go",
			tools: {get_weather: weather(asked)},
			stopWhen: stepCountIs(4),
		});

		assert.match(await r.text, /"city":"A".*"city":"Zürich"/);
		assert.deepEqual(asked, ["A", "Zürich"]);
	});

	it("images", async () => {
		const r = await generateText({model: ai(MODEL), messages: [{
			role: "user", content: [
				{type: "text", text: "what?"},
				{type: "image", image: Buffer.from(PNG,
								   "base64")},
			]}]});

		assert.match(r.text, /1 picture/);
	});

	it("generateObject", async () => {
		const {object} = await generateObject({
			model: ai(MODEL), schema: Person, prompt: "who?"});

		assert.deepEqual(object, {name: "x", age: 1, kind: "cat"});
	});

	it("sources", async () => {
		fake.script("*", {events: [{
			candidates: [{
				content: {role: "model",
					  parts: [{text: "So."}]},
				finishReason: "STOP",
				groundingMetadata: {
					groundingChunks: [{web: {
						uri: "https://a.example/",
						title: "a"}}],
					groundingSupports: [{
						segment: {endIndex: 3},
						groundingChunkIndices: [0]}],
				},
			}],
			usageMetadata: {promptTokenCount: 1,
					candidatesTokenCount: 1,
					totalTokenCount: 2},
			responseId: "R1",
		}]});
		const r = await generateText({
			model: ai(MODEL), prompt: "x",
			tools: {web_search: ai.tools.webSearch_20250305()}});

		assert.match(r.text, /^So\./);
		assert.deepEqual(r.sources.map((s) => s.url),
				 ["https://a.example/"]);
		assert.deepEqual(sentBody().tools, [{googleSearch: {}}]);
	});

	it("errors", () => assert.rejects(generateText({
		model: ai("gemini-0-none"), prompt: "x", maxRetries: 0}),
	(e) => {
		assert.equal(e.statusCode, 404);
		assert.match(e.message, /gemini-0-none/);
		return true;
	}));
});
