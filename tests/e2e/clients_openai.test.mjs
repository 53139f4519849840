/*
 * clients_openai.test.mjs: the official openai client's helpers on top of the
 * plain calls: streams, loops of tools, schemas of zod.
 *
 * openai.test.mjs has the plain calls and what goes to Gemini for them; here
 * each answer is held to the published schema as well.
 */
import assert from "node:assert/strict";
import {describe, it} from "node:test";

import OpenAI from "openai";
import {zodFunction, zodResponseFormat} from "openai/helpers/zod";
import {z} from "zod";

import {partsOf, PIXEL_URL, withClients} from "./clients.mjs";
import {chat, MODEL, Steps, TOKEN} from "./harness.mjs";

const PERSON = z.object({
	name: z.string(),
	age: z.number().int(),
	kind: z.enum(["cat", "dog"]),
	toys: z.array(z.object({name: z.string()})),
});
const LOOPS = {maxChatCompletions: 5};
let client, completions;
const held = withClients({ready: () => {
	client = clientOf(TOKEN);
	completions = client.chat.completions;
}});

function clientOf(apiKey)
{
	return new OpenAI({apiKey, baseURL: `${held.stack.url}/v1`,
			   maxRetries: 0, fetch: held.watch.fetch});
}

/* Tools for loops; what they were called with is kept. */
function weatherTools()
{
	const asked = [];
	const tools = [zodFunction({
		name: "get_weather",
		description: "The weather of a city",
		parameters: z.object({city: z.string()}),
		function: ({city}) => {
			asked.push(city);
			return {city, celsius: 20 + asked.length};
		},
	}), {
		type: "function",
		function: {
			name: "2nd opinion",	/* a name that is mangled */
			description: "Somebody else's word",
			parse: JSON.parse,
			parameters: {type: "object", properties: {
				about: {type: "string"}}},
			function: ({about}) => {
				asked.push(about);
				return `I doubt ${about}`;
			},
		},
	}];

	return {asked, tools};
}

/* The three steps of a loop: two calls at once, one more, and the answer. */
const STEPS = [
	{calls: [{name: "get_weather", args: {city: "Oslo"}},
		 {name: "get_weather", args: {city: "Łódź"}}]},
	{thought: "I should ask. ",
	 calls: [{name: "_2nd_opinion", args: {about: "Łódź"}}]},
	{},
];

function assertLoop(asked, runner)
{
	const bodies = held.bodies();

	assert.deepEqual(asked, ["Oslo", "Łódź", "Łódź"]);
	assert.equal(bodies.length, 3, "the fake refused nothing");
	assert.deepEqual(bodies[2].contents.map((c) => c.role),
			 ["user", "model", "user", "model", "user"]);
	assert.deepEqual(partsOf(bodies[2], "functionResponse").map((p) =>
		p.functionResponse.response), [
		{city: "Oslo", celsius: 21}, {city: "Łódź", celsius: 22},
		{output: "I doubt Łódź"}]);
	assert.match(runner, /^The tools said: /);
}

describe("text", () => {
	it("comes whole", async () => {
		const r = await completions.create(chat("hello"));

		assert.equal(r.choices[0].message.content, "You said: hello");
	});

	it("comes by the stream helper, with its events", async () => {
		const seen = {content: "", chunks: 0};
		const stream = completions.stream(chat("a b c", {
			stream_options: {include_usage: true}}))
			.on("content", (delta, snapshot) => {
				seen.content += delta;
				assert.equal(snapshot, seen.content);
			})
			.on("chunk", () => seen.chunks++);
		const final = await stream.finalChatCompletion();

		assert.equal(final.choices[0].message.content,
			     "You said: a b c");
		assert.equal(seen.content, "You said: a b c");
		assert.ok(seen.chunks > 5);
		assert.equal((await stream.totalUsage()).total_tokens,
			     final.usage.total_tokens);
	});

	it("comes with thoughts", async () => {
		const thinking = chat("why?", {
			reasoning_effort: "high",
			extra_body: {google: {thinking_config: {
				include_thoughts: true}}}});
		const r = await completions.create(thinking);
		const deltas = [];

		assert.match(r.choices[0].message.reasoning_content, /see/);
		assert.ok(r.usage.completion_tokens_details.reasoning_tokens);
		for await (const c of await completions.create({
			...thinking, stream: true}))
			deltas.push(c.choices[0].delta);
		assert.equal(deltas.map((d) => d.reasoning_content ?? "")
			.join(""), r.choices[0].message.reasoning_content);
		assert.equal(deltas.map((d) => d.content ?? "").join(""),
			     "You said: why?");
	});

	it("may be left in the middle of a stream", async () => {
		held.fake.script("*", {text: "a b c d e f g h",
				       eventDelayMs: 20});
		const stream = await completions.create(
			chat("x", {stream: true}));

		for await (const c of stream)
			if (c.choices[0].delta.content)
				break;
		await held.fake.waitFor((r) => r.done);
		assert.ok(held.fake.requests[0].aborted);
	});

	it("that is filtered or blocked says so", async () => {
		held.fake.script("*", {text: "so", finishReason: "RECITATION",
				       cited: true}, {block: "SAFETY"});
		const cut = await completions.create(chat("x"));
		const blocked = await completions.create(chat("x"));

		for (const r of [cut, blocked])
			assert.equal(r.choices[0].finish_reason,
				     "content_filter");
		assert.match(blocked.choices[0].message.refusal, /SAFETY/);
	});
});

describe("tools in a loop", () => {
	it("run", async () => {
		const {asked, tools} = weatherTools();

		held.fake.script("*", ...STEPS);
		const runner = completions.runTools(
			chat("compare", {tools}), LOOPS);
		assertLoop(asked, await runner.finalContent());
		assert.equal(runner.messages.filter((m) =>
			m.role === "tool").length, 3);
	});

	it("run in streams", async () => {
		const {asked, tools} = weatherTools();
		let content = "";

		held.fake.script("*", ...STEPS);
		const runner = completions.runTools(
			chat("compare", {tools, stream: true}), LOOPS)
			.on("content", (delta) => content += delta);
		const final = await runner.finalContent();
		assertLoop(asked, final);
		assert.equal(content, final);
	});

	it("run on each generation that has them", async () => {
		for (const model of ["gemini-2.5-flash",
				     "gemini-3-flash-preview",
				     "gemini-3.5-flash", "gemini-3.7-flash"])
			for (const stream of [false, true]) {
				const {asked, tools} = weatherTools();

				held.fake.reset();
				held.fake.script("*", ...STEPS);
				const runner = completions.runTools(
					chat("compare", {model, tools, stream}),
					LOOPS);
				assertLoop(asked, await runner.finalContent());
			}
	});

	it("may be one that has to be called", async () => {
		const {asked, tools} = weatherTools();

		await completions.runTools(chat("x", {tools, tool_choice: {
			type: "function", function: {name: "2nd opinion"}}}),
			LOOPS).done();
		assert.deepEqual(asked, ["x"]);
		assert.deepEqual(held.bodies()[0].toolConfig
			.functionCallingConfig, {
			mode: "ANY", allowedFunctionNames: ["_2nd_opinion"]});
	});

	it("may stand beside a search", async () => {
		const {asked, tools} = weatherTools();
		const runner = completions.runTools(
			chat("search, and use the weather", {
				tools: [...tools, {type: "web_search"}]}),
			LOOPS);

		assert.match(await runner.finalContent(), /"celsius":21/);
		assert.deepEqual(asked, ["Paris"]);
	});

	/* The helper above drops what OpenAI's schema does not have. */
	it("written by hand give all of a message back", async () => {
		const [{function: {parse, ...weather}}] = weatherTools().tools;
		const ask = chat("search, and use the weather", {tools: [
			{type: "function", function: weather},
			{type: "web_search"}]});

		held.fake.setDefault("*", {wholeTurns: true,
					   realSignatures: true});
		const {message} = (await completions.create(ask)).choices[0];
		ask.messages.push(message, {
			role: "tool", tool_call_id: message.tool_calls[0].id,
			content: "sunny"});
		await completions.create(ask);
		const body = held.bodies()[1];
		assert.equal(partsOf(body, "toolCall").length, 1);
		assert.equal(partsOf(body, "toolResponse").length, 1);
		assert.equal(partsOf(body, "functionCall")[0].thoughtSignature,
			     message.tool_calls[0].extra_content.google
				.thought_signature);
	});

	it("of one turn are asked for by the client itself", async () => {
		const {tools} = weatherTools();
		const r = await completions.parse(chat("use the weather", {
			tools: [tools[0]]}));
		const [call] = r.choices[0].message.tool_calls;

		assert.deepEqual(call.function.parsed_arguments,
				 {city: "Paris"});
	});
});

describe("structured output", () => {
	const format = zodResponseFormat(PERSON, "person");

	it("is parsed", async () => {
		const r = await completions.parse(
			chat("who?", {response_format: format}));
		const {parsed} = r.choices[0].message;

		assert.equal(parsed.kind, "cat");
		assert.deepEqual(parsed.toys, [{name: "x"}]);
		assert.equal(held.bodies()[0].generationConfig.responseMimeType,
			     "application/json");
	});

	it("is parsed for models without JSON Schema", async () => {
		/* 2.5 takes no schema beside functions. */
		const r = await completions.parse(
			chat("who?", {model: "gemini-2.5-flash",
				      response_format: format}));

		assert.equal(typeof r.choices[0].message.parsed.age, "number");
	});

	it("is parsed from a stream", async () => {
		const final = await completions.stream(
			chat("who?", {response_format: format}))
			.finalChatCompletion();

		assert.equal(final.choices[0].message.parsed.kind, "cat");
	});

	it("that was cut is an error of the client", async () => {
		held.fake.script("*", {text: '{"name":"To',
				       finishReason: "MAX_TOKENS"});
		await assert.rejects(completions.parse(
			chat("who?", {response_format: format})),
			/length limit was reached/);
	});

	it("that is refused is not parsed", async () => {
		held.fake.script("*", {parts: [], finishReason: "SAFETY"});
		await assert.rejects(completions.parse(
			chat("who?", {response_format: format})),
			/rejected by the content filter/);
	});
});

describe("more than text", () => {
	it("pictures go in by data URL", async () => {
		const r = await completions.create(chat([
			{type: "text", text: "what?"},
			{type: "image_url", image_url: {url: PIXEL_URL}},
			{type: "image_url", image_url: {url: PIXEL_URL,
							detail: "low"}}]));

		assert.match(r.choices[0].message.content,
			     /^I see 2 picture\(s\)/);
	});

	it("pictures come out", async () => {
		const ask = chat("a cat", {model: "gemini-3.1-flash-image"});
		const {message} = (await completions.create(ask)).choices[0];
		const images = [];

		assert.equal(message.images[0].image_url.url, PIXEL_URL);
		for await (const c of await completions.create({
			...ask, stream: true}))
			images.push(...c.choices[0].delta.images ?? []);
		assert.deepEqual(images, message.images);
	});

	for (const model of ["gemini-3.8-flash-tts",
			     "gemini-2.5-flash-preview-tts"])
		it(`sound comes out of ${model}`, async () => {
			const ask = (format, more) => completions.create(chat(
				"Hello.", {model, modalities: ["audio"],
					   audio: {voice: "alloy", format},
					   ...more}));
			const {audio} = (await ask("wav")).choices[0].message;
			const wav = Buffer.from(audio.data, "base64");
			const pieces = [];

			assert.equal(wav.toString("latin1", 0, 4), "RIFF");
			assert.equal(wav.readUInt32LE(24), 24000);
			for await (const c of await ask("pcm16",
							{stream: true}))
				pieces.push(c.choices[0].delta.audio?.data ??
					    "");
			const pcm = Buffer.concat(pieces.map((p) =>
				Buffer.from(p, "base64")));
			assert.equal(pcm.length, 3 * (wav.length - 44));
		});

	it("code that Google ran is in the text", async () => {
		const ask = chat("compute 6 * 7", {
			tools: [{type: "code_interpreter",
				 container: {type: "auto"}}]});
		const r = await completions.create(ask);
		const streamed = await completions.stream(ask).finalContent();

		assert.match(r.choices[0].message.content,
			     /```python\nprint\(6 \* 7\)\n```/);
		assert.match(r.choices[0].message.content,
			     /```output\n42\n```/);
		assert.equal(streamed, r.choices[0].message.content);
	});

	it("sources are annotations of characters", async () => {
		const ask = chat("news?", {web_search_options: {}});
		const {message} = (await completions.create(ask)).choices[0];
		const streamed = [];

		const [said] = message.content.split("\n\n**Sources:**");
		const cited = message.annotations.map((a) => [
			...message.content].slice(a.url_citation.start_index,
						  a.url_citation.end_index)
			.join(""));
		assert.deepEqual([...new Set(cited)],
				 said.split(/\s+/));
		assert.equal(message.annotations[0].url_citation.title,
			     "füchse.example");
		for await (const c of await completions.create({
			...ask, stream: true}))
			streamed.push(...c.choices[0].delta.annotations ?? []);
		assert.deepEqual(streamed.map(({index, ...a}) => a),
				 message.annotations);
	});
});

describe("errors", () => {
	it("have their classes", async () => {
		const asks = [
			[OpenAI.AuthenticationError, () =>
				clientOf("gb-nobody-knows-this").chat
					.completions.create(chat("x"))],
			[OpenAI.NotFoundError, () => completions.create(
				chat("x", {model: "gemini-0-x"}))],
			[OpenAI.BadRequestError, () => completions.create(
				chat("x", {temperature: 9}))],
			[OpenAI.NotFoundError, () =>
				client.models.retrieve("gemini-0-x")],
		];

		for (const [type, ask] of asks)
			await assert.rejects(ask, type);
	});

	it("in the middle of a stream are thrown", async () => {
		const steps = new Steps();
		let content = "";

		held.fake.script("*", {text: "a b c", fail: {after: 2},
				       gate: steps.gate});
		steps.allow(1);

		await assert.rejects(async () => {
			for await (const c of await completions.create(
				chat("x", {stream: true})))
				if ((content += c.choices[0].delta.content ??
						"") === "a b ")
					steps.allow(2);
		}, (e) => {
			assert.ok(e instanceof OpenAI.APIError, `${e}`);
			assert.equal(e.code, "internal_error");
			return true;
		});
		assert.equal(content, "a b ");
	});
});

it("models are listed and found", async () => {
	const ids = [];

	for await (const m of client.models.list())
		ids.push(m.id);
	assert.ok(ids.includes(MODEL));
	assert.equal((await client.models.retrieve(MODEL)).id, MODEL);
});
