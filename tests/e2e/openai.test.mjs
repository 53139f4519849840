/* openai.test.mjs: the official openai client, as people use it */
import assert from "node:assert/strict";
import {describe, it} from "node:test";

import OpenAI from "openai";

import {ask, assertTrueRetryAfter, bearer, chat, KEYS, MODEL, TOKEN,
	withFakeAndStack} from "./harness.mjs";

const PIXEL = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAf" +
	"FcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const WEATHER = {
	type: "function",
	function: {
		name: "get_weather",
		description: "The weather of a city",
		parameters: {
			type: "object",
			properties: {city: {type: "string"}},
			required: ["city"],
			additionalProperties: false,
		},
		strict: true,
	},
};
const PERSON = {
	type: "object",
	properties: {
		name: {type: "string"},
		age: {type: "integer"},
		kind: {type: "string", enum: ["cat", "dog"]},
	},
	required: ["name", "age", "kind"],
	additionalProperties: false,
};

let fake, stack, client;

const clientOf = (apiKey = TOKEN) => new OpenAI({
	apiKey, baseURL: `${stack.url}/v1`, maxRetries: 0,
});
const ask1 = (content, more = {}) =>
	client.chat.completions.create(chat(content, more));
const sentBody = (i = 0) => JSON.parse(fake.requests[i].body);

withFakeAndStack((...both) => {
	[fake, stack] = both;
	client = clientOf();
}, {settings: {max_body: 300000}});

describe("chat", () => {
	it("answers", async () => {
		const r = await ask1("hello");

		assert.equal(r.object, "chat.completion");
		assert.match(r.id, /^chatcmpl-/);
		assert.equal(r.model, MODEL);
		assert.equal(r.choices.length, 1);
		assert.equal(r.choices[0].message.role, "assistant");
		assert.equal(r.choices[0].message.content, "You said: hello");
		assert.equal(r.choices[0].message.refusal, null);
		assert.equal(r.choices[0].finish_reason, "stop");
		assert.equal(r.usage.total_tokens,
			     r.usage.prompt_tokens + r.usage.completion_tokens);
		assert.ok(KEYS.includes(fake.requests[0].key));
		assert.equal(fake.requests[0].pathname,
			     `/v1beta/models/${MODEL}:generateContent`);
	});

	it("sends system, developer and sampling fields", async () => {
		await client.chat.completions.create({
			model: "gemini-3.1-flash-lite",
			messages: [{role: "system", content: "Be brief."},
				   {role: "user", content: "a"},
				   {role: "assistant", content: "b"},
				   {role: "developer", content: "In verse."},
				   {role: "user", content: [
					   {type: "text", text: "c"}]}],
			max_completion_tokens: 99, temperature: 0.5,
			top_p: 0.25, seed: 7, stop: ["END"],
		});
		const body = sentBody();

		assert.deepEqual(body.systemInstruction.parts, [
			{text: "Be brief."}, {text: "In verse."}]);
		assert.deepEqual(body.contents.map((c) => [
			c.role, c.parts.map((p) => p.text).join("")]), [
			["user", "a"], ["model", "b"], ["user", "c"]]);
		const c = body.generationConfig;
		assert.equal(c.maxOutputTokens, 99);
		assert.equal(c.temperature, 0.5);
		assert.equal(c.topP, 0.25);
		assert.equal(c.seed, 7);
		assert.deepEqual(c.stopSequences, ["END"]);
	});

	it("counts thoughts among completion tokens", async () => {
		fake.script("*", {text: "x", usage: {
			promptTokenCount: 100, candidatesTokenCount: 20,
			thoughtsTokenCount: 30, cachedContentTokenCount: 40,
			totalTokenCount: 150,
		}});
		const {usage} = await ask1("hello");

		assert.equal(usage.prompt_tokens, 100);
		assert.equal(usage.completion_tokens, 50);
		assert.equal(usage.total_tokens, 150);
		assert.equal(usage.completion_tokens_details.reasoning_tokens,
			     30);
		assert.equal(usage.prompt_tokens_details.cached_tokens, 40);
	});

	for (const [reason, want] of [
		["STOP", "stop"], ["MAX_TOKENS", "length"],
		["SAFETY", "content_filter"],
		["RECITATION", "content_filter"],
		["BLOCKLIST", "content_filter"],
		["PROHIBITED_CONTENT", "content_filter"],
		["SPII", "content_filter"],
		["LANGUAGE", "content_filter"],
		["IMAGE_SAFETY", "content_filter"],
	])
		it(`says ${want} for ${reason}`, async () => {
			fake.setDefault("*", {text: "so far",
					      finishReason: reason});
			const r = await ask1("hello");

			assert.equal(r.choices[0].finish_reason, want);
			assert.equal(r.choices[0].message.content, "so far");
		});

	it("says content_filter for a blocked prompt", async () => {
		fake.script("*", {block: "PROHIBITED_CONTENT"});
		const r = await ask1("hello");

		assert.equal(r.choices[0].finish_reason, "content_filter");
		assert.ok(r.choices[0].message.refusal);
		assert.equal(fake.requests.length, 1, "no other key is tried");
	});

	it("sends images of data URLs", async () => {
		const r = await ask1([
			{type: "text", text: "what?"},
			{type: "image_url", image_url: {url: PIXEL}},
		]);

		assert.match(r.choices[0].message.content, /1 picture/);
		assert.deepEqual(sentBody().contents[0].parts[1].inlineData, {
			mimeType: "image/png", data: PIXEL.split(",")[1],
		});
	});

	for (const [model, effort, want] of [
		["gemini-3.8-flash", "low", {thinkingLevel: /^low$/i}],
		["gemini-3.8-flash", "minimal", {thinkingLevel: /^low$/i}],
		["gemini-3.1-flash-lite", "minimal",
		 {thinkingLevel: /^minimal$/i}],
		["gemini-3.1-pro-preview", "high", {thinkingLevel: /^high$/i}],
		["gemini-2.5-flash", "medium", {thinkingBudget: /^8192$/}],
		["gemini-2.5-flash", "none", {thinkingBudget: /^0$/}],
	])
		it(`thinks ${effort} with ${model}`, async () => {
			await client.chat.completions.create({
				...chat("hello"), model,
				reasoning_effort: effort,
			});
			const t = sentBody().generationConfig.thinkingConfig;

			for (const [name, pattern] of Object.entries(want))
				assert.match(String(t[name]), pattern);
		});

	it("gives thoughts as reasoning_content", async () => {
		fake.script("*", {text: "said", thought: "thought"});
		const {message} = (await ask1("hello", {
			reasoning_effort: "low"})).choices[0];

		assert.equal(message.content, "said");
		assert.equal(message.reasoning_content, "thought");
	});

	it("keeps to a json_schema", async () => {
		const r = await ask1("who?", {response_format: {
			type: "json_schema",
			json_schema: {name: "person", strict: true,
				      schema: PERSON},
		}});
		const config = sentBody().generationConfig;

		assert.deepEqual(JSON.parse(r.choices[0].message.content),
				 {name: "x", age: 1, kind: "cat"});
		assert.equal(config.responseMimeType, "application/json");
		assert.ok(config.responseJsonSchema ?? config.responseSchema);
	});

	it("keeps to a json_object", async () => {
		const r = await ask1("who?", {
			response_format: {type: "json_object"}});

		assert.deepEqual(JSON.parse(r.choices[0].message.content),
				 {said: "who?"});
	});
});

describe("streams", () => {
	const collect = async (more) => {
		const chunks = [];

		for await (const c of await ask1("a b c", {stream: true,
							   ...more}))
			chunks.push(c);
		return chunks;
	};

	it("in the exact shape", async () => {
		const chunks = await collect();
		const first = chunks[0];
		const last = chunks.at(-1);

		assert.equal(first.choices[0].delta.role, "assistant");
		assert.equal(last.choices[0].finish_reason, "stop");
		for (const c of chunks) {
			assert.equal(c.object, "chat.completion.chunk");
			assert.equal(c.id, first.id);
			assert.equal(c.created, first.created);
			assert.equal(c.model, MODEL);
			assert.ok(!("usage" in c), "nobody asked for usage");
			if (c !== last)
				assert.equal(c.choices[0].finish_reason, null);
			if (c !== first)
				assert.ok(!c.choices[0].delta.role);
		}
		assert.equal(chunks.map((c) =>
			c.choices[0].delta.content ?? "").join(""),
			     "You said: a b c");
	});

	it("with include_usage", async () => {
		const chunks = await collect({
			stream_options: {include_usage: true}});
		const usage = chunks.at(-1);

		assert.deepEqual(usage.choices, []);
		assert.ok(usage.usage.total_tokens > 0);
		assert.equal(chunks.at(-2).choices[0].finish_reason, "stop");
		for (const c of chunks.slice(0, -1))
			assert.equal(c.usage, null);
	});

	it("takes the last of the counts, once", async () => {
		fake.script("*", {words: ["a ", "b ", "c "], usage: {
			promptTokenCount: 10, candidatesTokenCount: 9,
			thoughtsTokenCount: 5, totalTokenCount: 24}});
		const {usage} = (await collect({
			stream_options: {include_usage: true}})).at(-1);

		assert.equal(usage.prompt_tokens, 10);
		assert.equal(usage.completion_tokens, 14);
		assert.equal(usage.total_tokens, 24);
	});

	// cites 4.2 headers
	it("ends with [DONE]", async () => {
		const r = await ask(`${stack.url}/v1/chat/completions`, {
			headers: bearer(),
			body: chat("hello", {stream: true}),
		});

		assert.match(r.text, /\n\ndata: \[DONE\]\n\n$/);
		assert.match(r.headers["content-type"], /^text\/event-stream/);
		assert.equal(r.headers["cache-control"], "no-cache");
	});

	it("survives any split of the events", async () => {
		for (const splitEvery of [1, 2, 3, 7]) {
			fake.script("*", {text: "žluťoučký kůň 🐎 ok",
					  splitEvery});
			const chunks = await collect();
			assert.equal(chunks.map((c) =>
				c.choices[0].delta.content ?? "").join(""),
				     "žluťoučký kůň 🐎 ok");
		}
	});
});

describe("tools", () => {
	/* One round: what the model wants, run, and its last word. */
	async function round(messages, more = {})
	{
		const r = await client.chat.completions.create({
			model: MODEL, messages, tools: [WEATHER], ...more,
		});
		const {message, finish_reason: reason} = r.choices[0];

		messages.push(message);
		for (const call of message.tool_calls ?? [])
			messages.push({
				role: "tool", tool_call_id: call.id,
				content: JSON.stringify({celsius: 20,
					of: JSON.parse(
						call.function.arguments)}),
			});
		return {message, reason};
	}

	it("are called, and their results go back, twice", async () => {
		const messages = [{role: "user",
				   content: "use the weather tool"}];
		const one = await round(messages);

		assert.equal(one.reason, "tool_calls");
		assert.equal(one.message.content, null);
		assert.equal(one.message.tool_calls[0].function.name,
			     "get_weather");
		assert.deepEqual(JSON.parse(
			one.message.tool_calls[0].function.arguments),
				 {city: "Paris"});
		assert.match((await round(messages)).message.content,
			     /"celsius":20/);

		messages.push({role: "user", content: "call it again"});
		assert.equal((await round(messages)).reason, "tool_calls");
		assert.match((await round(messages)).message.content,
			     /The tools said/);

		/* The fake checked the signatures; see that they are real. */
		const calls = sentBody(3).contents.flatMap((c) => c.parts)
			.filter((p) => p.functionCall);
		assert.equal(calls.length, 2);
		for (const part of calls)
			assert.ok(part.thoughtSignature);
		assert.equal(calls[0].thoughtSignature, messages[1]
			.tool_calls[0].extra_content.google.thought_signature);
	});

	it("work for clients that drop what they do not know", async () => {
		const messages = [{role: "user",
				   content: "use the weather tool"}];

		await round(messages);
		for (const call of messages[1].tool_calls)
			delete call.extra_content;
		assert.match((await round(messages)).message.content,
			     /"celsius":20/);
	});

	it("in parallel, with results in another order", async () => {
		fake.script("*", {calls: [
			{name: "get_weather", args: {city: "A"}},
			{name: "get_weather", args: {city: "B"}}]});
		const messages = [{role: "user",
				   content: "use the weather tool"}];

		await round(messages);
		assert.equal(messages[1].tool_calls.length, 2);
		messages.splice(2, 2, messages[3], messages[2]);
		const {message} = await round(messages);
		assert.match(message.content, /"A".*"B"/s);
	});

	it("in a stream", async () => {
		fake.script("*", {calls: [
			{name: "get_weather", args: {city: "Zürich"}},
			{name: "get_weather", args: {}}]});
		const runner = client.chat.completions.stream({
			...chat("use the weather tool"), tools: [WEATHER],
		});
		const {message, finish_reason: reason} =
			(await runner.finalChatCompletion()).choices[0];

		assert.equal(reason, "tool_calls");
		assert.deepEqual(message.tool_calls.map((c) =>
			JSON.parse(c.function.arguments)),
				 [{city: "Zürich"}, {}]);
		assert.notEqual(message.tool_calls[0].id,
				message.tool_calls[1].id);
	});

	for (const [choice, want] of [
		["auto", {mode: "AUTO"}],
		["none", {mode: "NONE"}],
		["required", {mode: "ANY"}],
		[{type: "function", function: {name: "get_weather"}},
		 {mode: "ANY", allowedFunctionNames: ["get_weather"]}],
	])
		it(`with tool_choice ${JSON.stringify(choice)}`, async () => {
			await ask1("hello", {tools: [{...WEATHER, function: {
				...WEATHER.function, strict: undefined}}],
				tool_choice: choice});
			assert.deepEqual(sentBody().toolConfig
				.functionCallingConfig, want);
		});

	/* What clients of 2023 know. */
	async function functions(messages, more = {})
	{
		const {choices: [choice]} =
			await client.chat.completions.create({
				model: MODEL, messages,
				functions: [WEATHER.function], ...more});

		messages.push(choice.message);
		return choice;
	}

	it("as functions are answered as such", async () => {
		const messages = [{role: "user",
				   content: "use the weather function"}];
		const {message, finish_reason: reason} =
			await functions(messages);

		assert.equal(reason, "function_call");
		assert.equal(message.tool_calls, undefined);
		assert.equal(message.function_call.name, "get_weather");
		assert.deepEqual(JSON.parse(message.function_call.arguments),
				 {city: "Paris"});
		messages.push({role: "function", name: "get_weather",
			       content: '{"celsius":20}'});
		const last = await functions(messages);
		assert.match(last.message.content, /"celsius":20/);
		assert.equal(last.finish_reason, "stop");

		const [call] = sentBody(1).contents.flatMap((c) => c.parts)
			.filter((p) => p.functionCall);
		assert.equal(call.thoughtSignature, message.function_call
			.extra_content.google.thought_signature);
	});

	it("as functions, of which one is called at a time", async () => {
		fake.script("*", {calls: [
			{name: "get_weather", args: {city: "A"}},
			{name: "get_weather", args: {city: "B"}}]});
		const {message} = await functions([{
			role: "user", content: "use the weather function"}]);

		assert.deepEqual(JSON.parse(message.function_call.arguments),
				 {city: "A"});
	});

	it("as functions in a stream", async () => {
		const deltas = [];
		let reason;

		for await (const c of await ask1("use the weather function", {
			functions: [WEATHER.function], stream: true})) {
			assert.equal(c.choices[0].delta.tool_calls, undefined);
			deltas.push(c.choices[0].delta.function_call ?? {});
			reason = c.choices[0].finish_reason ?? reason;
		}
		assert.equal(reason, "function_call");
		assert.deepEqual(deltas.map((d) => d.name).filter((n) => n),
				 ["get_weather"]);
		assert.deepEqual(JSON.parse(deltas.map((d) =>
			d.arguments ?? "").join("")), {city: "Paris"});
	});

	it("whose arguments are no JSON are a 400", async () => {
		await assert.rejects(client.chat.completions.create({
			model: MODEL,
			messages: [
				{role: "user", content: "x"},
				{role: "assistant", tool_calls: [{
					id: "c1", type: "function", function: {
						name: "get_weather",
						arguments: "{oops"}}]},
				{role: "tool", tool_call_id: "c1",
				 content: "1"},
			],
		}), (e) => {
			assert.ok(e instanceof OpenAI.BadRequestError);
			assert.equal(e.param,
				"messages[1].tool_calls[0].function.arguments");
			return true;
		});
		assert.equal(fake.requests.length, 0);
	});
});

describe("models", () => {
	it("are listed", async () => {
		const ids = [];

		for await (const m of client.models.list()) {
			assert.equal(m.object, "model");
			ids.push(m.id);
		}
		assert.ok(ids.includes(MODEL));
		assert.ok(!ids.some((id) => id.startsWith("models/")));
	});

	it("are found by name", async () => {
		const m = await client.models.retrieve(MODEL);

		assert.equal(m.id, MODEL);
		assert.equal(m.owned_by, "google");
	});

	it("that are not there are a 404", async () => {
		await assert.rejects(client.models.retrieve("gemini-0-none"),
				     OpenAI.NotFoundError);
	});
});

describe("errors", () => {
	const fails = (promise, type, test = () => {}) =>
		assert.rejects(promise, (e) => {
			assert.ok(e instanceof type, `${e}`);
			for (const key of ["message", "type", "param", "code"])
				assert.ok(key in e.error, key);
			assert.ok(e.code === null ||
				  typeof e.code === "string");
			test(e);
			return true;
		});

	it("bad token", () => fails(
		clientOf("gb-nobody-knows-this-token").chat.completions
			.create(chat("hello")),
		OpenAI.AuthenticationError,
		(e) => assert.equal(e.code, "invalid_api_key")));

	it("unknown model", async () => {
		await fails(ask1("hello", {model: "gemini-0-none"}),
			    OpenAI.NotFoundError,
			    (e) => assert.equal(e.code, "model_not_found"));
		assert.equal(fake.requests.length, 1, "one key is enough");
	});

	/* Promise 3: names the field, and costs no key anything. */
	for (const [name, body, param] of [
		["no messages", {model: MODEL}, "messages"],
		["empty messages", {model: MODEL, messages: []}, "messages"],
		["no model", {messages: [{role: "user", content: "x"}]},
		 "model"],
		["bad role", {model: MODEL, messages: [
			{role: "user", content: "x"},
			{role: "robot", content: "x"}]}, "messages[1].role"],
		["content of a wrong type", {model: MODEL, messages: [
			{role: "user", content: 7}]}, "messages[0].content"],
		["temperature of a wrong type", chat("x", {
			temperature: "hot"}), "temperature"],
		["stream of a wrong type", chat("x", {stream: "yes"}),
		 "stream"],
		["tool result of no call", {model: MODEL, messages: [
			{role: "user", content: "x"},
			{role: "tool", tool_call_id: "no", content: "y"}]},
		 "messages[1].tool_call_id"],
	])
		it(name, async () => {
			await fails(client.post("/chat/completions", {body}),
				    OpenAI.BadRequestError, (e) => {
				assert.equal(e.type, "invalid_request_error");
				assert.equal(e.param, param);
			});
			assert.equal(fake.requests.length, 0);
		});

	it("no JSON, with its position", async () => {
		const r = await ask(`${stack.url}/v1/chat/completions`, {
			headers: bearer(), body: '{"model": oops}'});

		assert.equal(r.status, 400);
		assert.match(r.json.error.message, /\b(1:)?1[0-2]\b/);
	});

	it("Google's own 400", async () => {
		fake.setDefault("*", {error: "invalid_argument"});
		await fails(ask1("hello"), OpenAI.BadRequestError);
		assert.equal(fake.requests.length, 1);
	});

	it("too many tokens", async () => {
		fake.setDefault("*", {error: "tokens_exceeded"});
		await fails(ask1("hello"), OpenAI.BadRequestError, (e) =>
			assert.equal(e.code, "context_length_exceeded"));
	});

	it("a body that is too large", () => fails(
		ask1("x".repeat(400000)), OpenAI.APIError, (e) => {
			assert.equal(e.status, 413);
			assert.equal(e.code, "request_too_large");
		}));

	for (const [method, path] of [
		["POST", "chat/completions"], ["POST", "responses"],
		["POST", "embeddings"], ["POST", "images/generations"],
		["POST", "images/edits"], ["POST", "audio/speech"],
		["POST", "audio/transcriptions"], ["POST", "audio/translations"],
		["POST", "files"], ["GET", "files"], ["GET", "models"]])
		it(`${method} ${path} is below every prefix`, async () => {
			const body = method === "POST" ? {} : undefined;

			for (const prefix of ["/v1", "/hf/v1", "/openai/v1"]) {
				const r = await ask(
					`${stack.url}${prefix}/${path}`,
					{headers: bearer(), body});

				assert.equal(r.status, body ? 400 : 200,
					     prefix + r.text);
			}
		});

	it("a wrong method and an unknown path", async () => {
		const wrong = await ask(`${stack.url}/v1/chat/completions`,
					{headers: bearer()});
		assert.equal(wrong.status, 405);
		await fails(client.get("/nothing"), OpenAI.NotFoundError);
	});

	it("what OpenAI has and we have not, by method and path", async () => {
		const calls = {
			"GET /v1/batches": () => client.batches.list(),
			"GET /v1/fine_tuning/jobs":
				() => client.fineTuning.jobs.list(),
			"POST /v1/vector_stores":
				() => client.vectorStores.create({}),
			"POST /v1/assistants":
				() => client.post("/assistants", {body: {}}),
			"POST /v1/edits": () => client.post("/edits"),
			"DELETE /v1/threads/t": () => client.delete("/threads/t"),
		};

		for (const [name, call] of Object.entries(calls))
			await fails(call(), OpenAI.NotFoundError, (e) => {
				assert.equal(e.type, "invalid_request_error");
				assert.equal(e.code, "unknown_url");
				assert.match(e.message, new RegExp(
					`Unknown request URL: ${name}\\.$`));
			});
		assert.equal(fake.requests.length, 0);
	});

	it("every method that a path has, when it is another", async () => {
		for (const prefix of ["/v1", "/hf/v1", "/openai/v1"])
			for (const [path, allow] of [
				["/completions", "POST"],
				["/moderations", "POST"], ["/files", "POST, GET"],
				["/files/f", "GET, DELETE"], ["/models", "GET"],
				["/responses/r", "GET, DELETE, POST"]]) {
				const r = await ask(stack.url + prefix + path, {
					headers: bearer(), method: "PUT"});

				assert.equal(r.status, 405, path);
				assert.equal(r.headers.allow, allow, path);
				assert.equal(r.json.error.message, "This path " +
					`takes ${allow}, not PUT.`);
			}
	});

	/* The last of the file: it puts all keys to rest for this model. */
	it("all keys at rest: 429 with Retry-After", async () => {
		let s;
		const began = Date.now();

		fake.setDefault("*", {error: "quota_minute"});
		await fails(ask1("hello"), OpenAI.RateLimitError, (e) => {
			s = e.headers.get("retry-after");
			assert.equal(e.code, "rate_limit_exceeded");
			assert.equal(e.headers.get("x-should-retry"), null);
		});
		await assertTrueRetryAfter(stack, MODEL, s, began);
		assert.equal(fake.requests.length, KEYS.length);
		await fails(ask1("hello"), OpenAI.RateLimitError);
		assert.equal(fake.requests.length, KEYS.length,
			     "nobody is asked in vain");
		assert.equal((await ask1("hello", {
			model: "gemini-3.7-flash"}).catch((e) => e)).status,
			     429, "another model asks the keys anew");
		assert.equal(fake.requests.length, 2 * KEYS.length);
	});
});
