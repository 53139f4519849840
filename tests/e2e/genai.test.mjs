/* genai.test.mjs: the official @google/genai client, as people use it */
import assert from "node:assert/strict";
import {it} from "node:test";

import {ApiError, GoogleGenAI} from "@google/genai";

import {KEYS, MODEL, TOKEN, withFakeAndStack} from "./harness.mjs";

const TOOLS = [{functionDeclarations: [{
	name: "get_weather",
	description: "The weather of a city",
	parametersJsonSchema: {
		type: "object",
		properties: {city: {type: "string"}},
		required: ["city"],
	},
}]}];

let fake, stack, ai;

const clientOf = (apiKey = TOKEN) => new GoogleGenAI({
	apiKey, httpOptions: {baseUrl: stack.url},
});

withFakeAndStack((...both) => {
	[fake, stack] = both;
	ai = clientOf();
});

it("generateContent", async () => {
	const r = await ai.models.generateContent({
		model: MODEL, contents: "hello",
		config: {systemInstruction: "be brief", temperature: 0.5},
	});

	assert.equal(r.text, "You said: hello");
	assert.equal(r.candidates[0].finishReason, "STOP");
	assert.ok(r.usageMetadata.totalTokenCount > 0);
	assert.ok(KEYS.includes(fake.requests[0].key));
	assert.equal(JSON.parse(fake.requests[0].body)
		.systemInstruction.parts[0].text, "be brief");
});

it("generateContentStream", async () => {
	const pieces = [];

	for await (const c of await ai.models.generateContentStream({
		model: MODEL, contents: "a b c"}))
		pieces.push(c.text ?? "");
	assert.ok(pieces.length >= 5, "it comes in pieces");
	assert.equal(pieces.join(""), "You said: a b c");
});

it("countTokens", async () => {
	const r = await ai.models.countTokens({
		model: MODEL, contents: "x".repeat(400)});

	assert.equal(r.totalTokens, 100);
});

it("embedContent", async () => {
	const r = await ai.models.embedContent({
		model: "gemini-embedding-001", contents: ["a", "b"],
		config: {outputDimensionality: 16}});

	assert.equal(r.embeddings.length, 2);
	assert.equal(r.embeddings[0].values.length, 16);
	assert.notDeepEqual(r.embeddings[0].values, r.embeddings[1].values);
});

it("models are listed and found", async () => {
	const names = [];

	for await (const m of await ai.models.list({config: {pageSize: 5}}))
		names.push(m.name);
	assert.ok(names.includes(`models/${MODEL}`));
	assert.equal(new Set(names).size, names.length, "each once");
	assert.equal((await ai.models.get({model: MODEL})).name,
		     `models/${MODEL}`);
});

it("a chat session", async () => {
	const session = ai.chats.create({model: MODEL});

	assert.equal((await session.sendMessage({message: "one"})).text,
		     "You said: one");
	let said = "";
	for await (const c of await session.sendMessageStream({
		message: "two"}))
		said += c.text ?? "";
	assert.equal(said, "You said: two");
	assert.equal((await session.sendMessage({message: "three"})).text,
		     "You said: three");
	/* This client keeps each piece of a stream as a content. */
	assert.ok(JSON.parse(fake.requests[2].body).contents.length >= 5);
});

it("function calls, whose signatures the fake checks", async () => {
	const contents = [{role: "user",
			   parts: [{text: "use the weather tool"}]}];
	const request = {model: MODEL, contents, config: {tools: TOOLS}};
	const one = await ai.models.generateContent(request);
	const [call] = one.functionCalls;

	assert.equal(call.name, "get_weather");
	contents.push(one.candidates[0].content, {
		role: "user", parts: [{functionResponse: {
			id: call.id, name: call.name,
			response: {celsius: 20}}}],
	});
	assert.match((await ai.models.generateContent(request)).text,
		     /"celsius":20/);

	delete contents[1].parts[0].thoughtSignature;
	await assert.rejects(ai.models.generateContent(request), (e) => {
		assert.ok(e instanceof ApiError);
		assert.equal(e.status, 400);
		assert.match(e.message, /thought_signature/);
		return true;
	});
});

it("errors in Google's shape", async () => {
	const rejects = (promise, status, pattern) =>
		assert.rejects(promise, (e) => {
			assert.ok(e instanceof ApiError, `${e}`);
			assert.equal(e.status, status);
			assert.match(e.message, pattern);
			return true;
		});

	await rejects(clientOf("gb-nobody-knows-this").models.generateContent({
		model: MODEL, contents: "x"}), 401, /UNAUTHENTICATED/);
	await rejects(ai.models.generateContent({
		model: "gemini-0-none", contents: "x"}), 404, /NOT_FOUND/);
	await rejects(ai.models.generateContent({
		model: MODEL, contents: [{role: "robot", parts: [{text: "x"}]}]}),
		      400, /Please use a valid role/);
	fake.setDefault("*", {error: "quota_day"});
	await rejects(ai.models.generateContentStream({
		model: MODEL, contents: "x"}), 429, /RESOURCE_EXHAUSTED/);
});
