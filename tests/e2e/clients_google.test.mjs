/*
 * clients_google.test.mjs: the official @google/genai client's helpers: chat
 * sessions and functions that it calls by itself.
 *
 * genai.test.mjs has the plain calls.
 */
import assert from "node:assert/strict";
import {describe, it} from "node:test";

import {FunctionCallingConfigMode, GoogleGenAI, Modality} from "@google/genai";

import {partsOf, PIXEL, withClients} from "./clients.mjs";
import {MODEL, Steps, TOKEN} from "./harness.mjs";

const MODELS = ["gemini-2.5-flash", "gemini-3-flash-preview",
		"gemini-3.5-flash", MODEL];
let ai;
const held = withClients({ready: () => {
	ai = new GoogleGenAI({apiKey: TOKEN, httpOptions: {
		baseUrl: held.stack.url, fetch: held.watch.fetch}});
}});

/* A tool that the client calls by itself; "asked" has with what. */
function weatherTool()
{
	const asked = [];

	return {
		asked,
		tool: async () => ({functionDeclarations: [{
			name: "get_weather",
			description: "The weather of a city",
			parametersJsonSchema: {
				type: "object",
				properties: {city: {type: "string"}},
				required: ["city"],
			},
		}]}),
		callTool: async (calls) => calls.map((call) => {
			asked.push(call.args.city);
			return {functionResponse: {
				id: call.id, name: call.name,
				response: {celsius: 20 + asked.length}}};
		}),
	};
}

const STEPS = [
	/* For this client each event of a stream with calls is a turn. */
	{together: true,
	 calls: [{name: "get_weather", args: {city: "Oslo"}},
		 {name: "get_weather", args: {city: "Łódź"}}]},
	{calls: [{name: "get_weather", args: {city: "Rome"}}]},
	{},
];

describe("chat sessions", () => {
	it("remember what was said", async () => {
		const chat = ai.chats.create({
			model: MODEL,
			config: {systemInstruction: "Be brief.",
				 thinkingConfig: {includeThoughts: true}},
			history: [{role: "user", parts: [{text: "zero"}]},
				  {role: "model", parts: [{text: "0"}]}],
		});
		let said = "";

		assert.equal((await chat.sendMessage({message: "one"})).text,
			     "You said: one");
		for await (const piece of await chat.sendMessageStream({
			message: "two"}))
			said += piece.text ?? "";
		assert.equal(said, "You said: two");
		assert.equal((await chat.sendMessage({message: "three"})).text,
			     "You said: three");
		const [first, , third] = held.bodies();
		assert.equal(first.systemInstruction.parts[0].text,
			     "Be brief.");
		assert.equal(third.contents[0].parts[0].text, "zero");
		assert.equal(third.contents.filter((c) =>
			c.role === "user").length, 4);
	});

	for (const model of MODELS)
		it(`call functions in a loop on ${model}`, async () => {
			const tool = weatherTool();
			const chat = ai.chats.create({model,
						      config: {tools: [tool]}});

			held.fake.script("*", ...STEPS);
			const r = await chat.sendMessage({message: "compare"});
			assert.match(r.text, /^The tools said: .*23/);
			assert.deepEqual(tool.asked, ["Oslo", "Łódź", "Rome"]);
			assert.equal(held.fake.requests.length, 3);
		});
});

describe("functions", () => {
	it("are called in a loop over streams", async () => {
		const tool = weatherTool();
		let said = "";

		held.fake.script("*", ...STEPS);
		for await (const piece of await ai.models
			.generateContentStream({
				model: MODEL, contents: "compare",
				config: {tools: [tool]}}))
			said += piece.text ?? "";
		assert.match(said, /^The tools said: /);
		assert.deepEqual(tool.asked, ["Oslo", "Łódź", "Rome"]);
		/* Each step's calls came signed, and went back so. */
		assert.deepEqual(partsOf(held.bodies()[2], "functionCall")
			.map((p) => Boolean(p.thoughtSignature)),
				 [true, false, true]);
	});

	it("may be told which to call", async () => {
		const {functionDeclarations} = await weatherTool().tool();
		const r = await ai.models.generateContent({
			model: MODEL, contents: "x",
			config: {
				tools: [{functionDeclarations}],
				toolConfig: {functionCallingConfig: {
					mode: FunctionCallingConfigMode.ANY,
					allowedFunctionNames: ["get_weather"],
				}},
			},
		});

		assert.deepEqual(r.functionCalls.map((c) => c.name),
				 ["get_weather"]);
	});
});

describe("more than text", () => {
	it("structured output", async () => {
		const r = await ai.models.generateContent({
			model: MODEL, contents: "who?",
			config: {
				responseMimeType: "application/json",
				responseJsonSchema: {
					type: "object",
					properties: {age: {type: "integer"}}},
			},
		});

		assert.deepEqual(JSON.parse(r.text), {age: 1});
	});

	it("pictures in and out", async () => {
		const seen = await ai.models.generateContent({
			model: MODEL, contents: [
				{text: "what?"},
				{inlineData: {mimeType: "image/png",
					      data: PIXEL}}]});
		const painted = await ai.models.generateContent({
			model: "gemini-3.1-flash-image", contents: "a cat"});

		assert.match(seen.text, /^I see 1 picture\(s\)/);
		assert.equal(painted.data, PIXEL);
	});

	it("pictures edited in a chat", async () => {
		const session = ai.chats.create({
			model: "gemini-3.1-flash-image"});
		const first = await session.sendMessage({message: "a cat"});
		const second = await session.sendMessage({message: "with a hat"});
		const sent = JSON.parse(held.fake.requests.at(-1).body);

		assert.equal(first.data, PIXEL);
		assert.equal(second.data, PIXEL);
		assert.equal(partsOf(sent, "inlineData").length, 1);
	});

	it("sound that is heard", async () => {
		const r = await ai.models.generateContent({
			model: MODEL, contents: [
				{text: "Write down what is said."},
				{inlineData: {mimeType: "audio/wav",
					      data: "UklGRiQAAABXQVZF"}}]});
		const [sent] = JSON.parse(held.fake.requests.at(-1).body)
			.contents;

		assert.ok(r.text.length > 0);
		assert.equal(sent.parts[1].inlineData.data, "UklGRiQAAABXQVZF");
	});

	it("sound", async () => {
		const r = await ai.models.generateContent({
			model: "gemini-3.8-flash-tts", contents: "Hello.",
			config: {responseModalities: [Modality.AUDIO],
				 speechConfig: {voiceConfig: {
					 prebuiltVoiceConfig: {
						 voiceName: "Kore"}}}},
		});

		assert.equal(r.candidates[0].content.parts[0].inlineData
			.mimeType, "audio/wav");
	});

	it("a search with its sources, and code that was run", async () => {
		const r = await ai.models.generateContent({
			model: MODEL, contents: "compute the news",
			config: {tools: [{googleSearch: {}},
					 {codeExecution: {}}]},
		});
		const {groundingChunks: chunks, groundingSupports: supports} =
			r.candidates[0].groundingMetadata;
		const [{segment}] = supports;
		const text = r.candidates[0].content.parts[segment.partIndex]
			.text;

		assert.equal(r.codeExecutionResult, "42\n");
		assert.equal(chunks[0].web.title, "füchse.example");
		assert.equal(Buffer.from(text).subarray(0, segment.endIndex)
			.toString(), segment.text);
	});
});

it("a stream may be left in the middle", async () => {
	const steps = new Steps();

	held.fake.script("*", {text: "a b c d e f", gate: steps.gate});
	steps.allow(1);
	const left = new AbortController();
	const stream = await ai.models.generateContentStream({
		model: MODEL, contents: "x",
		config: {abortSignal: left.signal}});
	await stream.next();
	left.abort();
	await assert.rejects(async () => {
		for await (const piece of stream)
			assert.ok(piece);
	});
	const record = await held.fake.waitFor((r) => r.done);
	assert.ok(record.aborted, "and Google is left too");
	steps.allow(9);
});
