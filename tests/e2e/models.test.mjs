/*
 * models.test.mjs: what a model's name means and what the operator has set per
 * model, with the clients that people use.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {GoogleGenAI} from "@google/genai";
import OpenAI from "openai";

import {ask, bearer, chat, MODEL, startFake, startStack, TOKEN, userSays}
	from "./harness.mjs";

const OLD = "gemini-2.5-flash";
const LITE = "gemini-2.5-flash-lite";
const TOOLS = [{type: "function", function: {name: "get_weather"}}];
const SEARCH = {googleSearch: {}};
const SOURCES = "\n\n**Sources:**\n\n- [a.example](https://a.example/1)" +
		"\n- [b \\[2\\]](https://b.example/%28x%29)";
const GROUNDING = {
	groundingChunks: [
		{web: {uri: "https://a.example/1", title: "a.example"}},
		{web: {uri: "https://b.example/(x)", title: "b [2]"}},
		{web: {uri: "https://a.example/1", title: "a.example"}},
	],
	groundingSupports: [{
		segment: {endIndex: 5}, groundingChunkIndices: [0],
	}],
};

/* Settings as users of Gemini Balance have them in their environment. */
const ENV = {
	MODEL_ALIASES: JSON.stringify({
		"gpt-4o": MODEL, quick: `${OLD}-non-thinking`,
		vectors: "gemini-embedding-001", seldom: "gemini-3.6-flash",
	}),
	MODEL_FACTS: JSON.stringify([
		{model: "gemini-3.8*", facts: "sampling=yes levels=medium"},
	]),
	SEARCH_MODELS: JSON.stringify([MODEL, OLD]),
	IMAGE_MODELS: JSON.stringify([LITE]),
	THINKING_MODELS: OLD,
	THINKING_BUDGET_MAP: JSON.stringify({[LITE]: 2048}),
};

let fake, stack, openai, genai;

const clients = (of) => [
	new OpenAI({apiKey: TOKEN, baseURL: `${of.url}/v1`, maxRetries: 0}),
	new GoogleGenAI({apiKey: TOKEN, httpOptions: {baseUrl: of.url}}),
];
const say = (model, more = {}) => openai.chat.completions.create(
	{model, messages: [{role: "user", content: "hello"}], ...more});
const sent = () => {
	const {model, body} = fake.requests.at(-1);

	return {model, ...JSON.parse(body)};
};

/* A grounded answer, in pieces. */
function grounded()
{
	const event = (text, more = {}) => ({
		candidates: [{
			index: 0, content: {role: "model", parts: [{text}]},
			...more,
		}],
		usageMetadata: {promptTokenCount: 1, candidatesTokenCount: 2,
				totalTokenCount: 3},
		modelVersion: MODEL, responseId: "grounded",
	});

	return [event("Found", {groundingMetadata: GROUNDING}),
		event(" it.", {groundingMetadata: GROUNDING,
			       finishReason: "STOP"})];
}

/* The same as one answer, which is the last of the fake's events. */
const groundedWhole = () => [{
	...grounded()[1],
	candidates: [{
		index: 0, finishReason: "STOP", groundingMetadata: GROUNDING,
		content: {role: "model", parts: [{text: "Found it."}]},
	}],
}];

before(async () => {
	fake = await startFake();
	stack = await startStack(fake, {env: ENV});
	[openai, genai] = clients(stack);
});
beforeEach(() => fake.reset());
afterEach(() => stack.check());
after(async () => {
	await stack?.stop();
	await fake?.close();
});

describe("names, for OpenAI's client", () => {
	it("-search adds the search", async () => {
		const r = await say(`${MODEL}-search`);

		assert.equal(r.model, `${MODEL}-search`, "as it was asked for");
		assert.equal(r.choices[0].message.content, "You said: hello");
		assert.equal(sent().model, MODEL);
		assert.deepEqual(sent().tools, [SEARCH]);
	});

	it("-search leaves functions alone where both do not go", async () => {
		await say(`${OLD}-search`, {tools: TOOLS});
		assert.deepEqual(sent().tools, [{functionDeclarations:
			[{name: "get_weather"}]}]);
		await say(`${MODEL}-search`, {tools: TOOLS});
		assert.deepEqual(sent().tools.at(-1), SEARCH);
	});

	it("-image asks for pictures, where the operator says so", async () => {
		fake.script("*", {lax: true});	/* it paints nothing */
		await say(`${LITE}-image`);
		assert.equal(sent().model, LITE);
		assert.deepEqual(sent().generationConfig.responseModalities,
				 ["TEXT", "IMAGE"]);
		await say("gemini-3.1-flash-image");
		assert.equal(sent().model, "gemini-3.1-flash-image");
		assert.equal(sent().generationConfig, undefined);
	});

	it("-non-thinking means it", async () => {
		await say(`${OLD}-non-thinking`);
		assert.deepEqual(sent().generationConfig.thinkingConfig,
				 {thinkingBudget: 0});
		await say("gemini-3.7-flash-nothinking",
			  {reasoning_effort: "high"});
		assert.deepEqual(sent().generationConfig.thinkingConfig,
				 {thinkingLevel: "low",
				  includeThoughts: false});
		await say(`${OLD}-search-nothinking`);
		assert.equal(sent().model, OLD);
		assert.deepEqual(sent().tools, [SEARCH]);
	});

	it("an alias is another model", async () => {
		const r = await say("gpt-4o", {stream: true});

		for await (const chunk of r)
			assert.equal(chunk.model, "gpt-4o");
		assert.equal(sent().model, MODEL);
		await say("quick");
		assert.equal(sent().model, OLD);
		assert.deepEqual(sent().generationConfig.thinkingConfig,
				 {thinkingBudget: 0});
	});

	it("the journal has the client's name, the keys Google's", async () => {
		fake.setDefault("*", {error: "quota_day"});
		await assert.rejects(say("seldom-search"), {status: 429});
		const [row] = await stack.journal(1,
			"model = 'seldom-search'");
		assert.notEqual(row.error_class, "");
		assert.deepEqual(await stack.sql(
			"SELECT DISTINCT model FROM key_models"),
			[{model: "gemini-3.6-flash"}]);
	});
});

describe("names, for Google's client", () => {
	const generate = (model, config) => genai.models.generateContent(
		{model, contents: "hello", config});

	it("suffixes and aliases", async () => {
		const r = await generate(`${MODEL}-search`);

		assert.equal(r.text, "You said: hello");
		assert.equal(sent().model, MODEL);
		assert.deepEqual(sent().tools, [SEARCH]);
		fake.script("*", {lax: true});	/* it paints nothing */
		await generate(`${LITE}-image-nothinking`);
		assert.equal(sent().model, LITE);
		assert.deepEqual(sent().generationConfig, {
			thinkingConfig: {thinkingBudget: 0},
			responseModalities: ["TEXT", "IMAGE"],
		});
		for await (const chunk of await genai.models
			.generateContentStream({model: "quick",
						contents: "a b"}))
			assert.ok(chunk.candidates);
		assert.equal(sent().model, OLD);
		assert.deepEqual(sent().generationConfig.thinkingConfig,
				 {thinkingBudget: 0});
	});

	it("what the client says itself stands, but for thinking",
	   async () => {
		await generate(`${OLD}-search`, {
			tools: [{functionDeclarations: [{name: "f"}]}]});
		assert.deepEqual(sent().tools,
				 [{functionDeclarations: [{name: "f"}]}]);
		await generate(LITE, {thinkingConfig: {thinkingBudget: 600}});
		assert.deepEqual(sent().generationConfig.thinkingConfig,
				 {thinkingBudget: 600});
		await generate(`${OLD}-nothinking`,
			       {thinkingConfig: {thinkingBudget: 600},
				seed: 7});
		assert.deepEqual(sent().generationConfig,
				 {thinkingConfig: {thinkingBudget: 0},
				  seed: 7});
	});

	it("every other byte goes on as it came", async () => {
		const body = '{ "contents":[{"role":"user","parts":[{"text":' +
			     '"\\u0068i","partMetadata":{"n":1.50}}]}],\n\t' +
			     '"generation_config" : {"topP":1.0, "topP":0.90}}';
		const r = await ask(`${stack.url}/v1beta/models/${LITE}:` +
				    "generateContent",
				    {headers: bearer(), body});

		assert.equal(r.status, 200, r.text);
		assert.equal(fake.requests[0].body, body.replace(
			'"generation_config" : {',
			'"generation_config" : {"thinkingConfig":' +
			'{"thinkingBudget":2048,"includeThoughts":true},'));
	});

	it("countTokens and embedContent get the name alone", async () => {
		const r = await genai.models.countTokens({
			model: `${LITE}-search`, contents: "x".repeat(400)});

		assert.equal(r.totalTokens, 100);
		assert.equal(sent().model, LITE);
		assert.equal(sent().tools, undefined);
		assert.equal(sent().generationConfig, undefined);
		/* Its requests each name the model, as Google wants it. */
		const e = await genai.models.embedContent({
			model: "vectors", contents: ["a", "b"]});
		assert.equal(e.embeddings.length, 2);
		assert.equal(fake.requests.at(-1).model,
			     "gemini-embedding-001");
	});
});

it("MODEL_FACTS go before what is built in", async () => {
	await say(MODEL, {temperature: 0.5, reasoning_effort: "low"});
	assert.deepEqual(sent().generationConfig, {
		temperature: 0.5,
		thinkingConfig: {thinkingLevel: "medium",
				 includeThoughts: true},
	});
	const r = await say("gemini-3.7-flash", {temperature: 0.5})
		.withResponse();
	assert.equal(r.response.headers.get("x-gbalance-dropped"),
		     "temperature");
});

it("THINKING_BUDGET_MAP counts where nobody says anything", async () => {
	const r = await say(LITE);

	assert.deepEqual(sent().generationConfig.thinkingConfig,
			 {thinkingBudget: 2048, includeThoughts: true});
	assert.ok(r.choices[0].message.reasoning_content);
	await say(LITE, {reasoning_effort: "high"});
	assert.equal(sent().generationConfig.thinkingConfig.thinkingBudget,
		     24576);
	await say(OLD);
	assert.equal(sent().generationConfig, undefined);
});

describe("lists of models", () => {
	const further = [`${MODEL}-search`, `${OLD}-search`,
			 `${OLD}-non-thinking`, `${LITE}-image`];

	it("have the names with suffixes, in both dialects", async () => {
		const ids = [], names = [];

		for await (const m of openai.models.list())
			ids.push(m.id);
		for await (const m of await genai.models.list(
			{config: {pageSize: 5}}))
			names.push(m.name);
		for (const name of further) {
			assert.ok(ids.includes(name), name);
			assert.ok(names.includes(`models/${name}`), name);
		}
		assert.equal(new Set(ids).size, ids.length, "each once");
		assert.equal(new Set(names).size, names.length, "each once");
		assert.ok(!ids.includes(`${LITE}-search`));
	});

	it("know each of them by itself", async () => {
		for (const name of [...further, "gpt-4o", MODEL]) {
			assert.equal((await openai.models.retrieve(name)).id,
				     name);
			assert.equal((await genai.models.get({model: name}))
				.name, `models/${name}`);
		}
		await assert.rejects(openai.models.retrieve("no-such-search"),
				     {status: 404});
	});
});

describe("SHOW_SEARCH_LINK", () => {
	it("ends a grounded answer with its sources", async () => {
		fake.script("*", {events: groundedWhole()});
		const r = await say(`${MODEL}-search`);
		const {message} = r.choices[0];

		assert.equal(message.content, `Found it.${SOURCES}`);
		assert.equal(message.annotations.length, 1);
		assert.equal(message.annotations[0].url_citation.end_index, 5);
	});

	it("and a stream, once and at its end", async () => {
		fake.script("*", {events: grounded()});
		let text = "", finish;

		for await (const chunk of await say(`${MODEL}-search`,
						    {stream: true})) {
			assert.equal(finish, undefined, "nothing after it");
			text += chunk.choices[0].delta.content ?? "";
			finish = chunk.choices[0].finish_reason ?? undefined;
		}
		assert.equal(text, `Found it.${SOURCES}`);
		assert.equal(finish, "stop");
	});

	it("but neither JSON nor Google's own client", async () => {
		fake.script("*", {events: groundedWhole()});
		const r = await say(`${MODEL}-search`,
				    {response_format: {type: "json_object"}});
		assert.equal(r.choices[0].message.content, "Found it.");
		fake.script("*", {events: groundedWhole()});
		assert.equal((await genai.models.generateContent({
			model: `${MODEL}-search`, contents: "x"})).text,
			     "Found it.");
	});
});

describe("tools that the operator gives", () => {
	let given;

	before(async () => {
		given = await startStack(fake, {env: {
			TOOLS_CODE_EXECUTION_ENABLED: "true",
			URL_CONTEXT_ENABLED: "true",
			URL_CONTEXT_MODELS: JSON.stringify([OLD]),
			SHOW_SEARCH_LINK: "false",
			SHOW_THINKING_PROCESS: "false",
			THINKING_BUDGET_MAP: JSON.stringify({[OLD]: -1}),
		}});
	});
	afterEach(() => given.check());
	after(() => given?.stop());

	const post = async (path, body) => {
		const r = await ask(given.url + path, {headers: bearer(),
						       body});
		assert.equal(r.status, 200, r.text);
		return r.json;
	};
	const both = async (model, more = {}) => {
		await post("/v1/chat/completions",
			   chat("x", {model, ...more}));
		const ofChat = sent();
		await post(`/v1beta/models/${model}:generateContent`,
			   userSays("x"));
		return [ofChat, sent()];
	};

	it("code and pages, native too", async () => {
		for (const body of await both(OLD)) {
			assert.deepEqual(body.tools, [{codeExecution: {}},
						      {urlContext: {}}]);
			assert.deepEqual(body.generationConfig.thinkingConfig,
					 {thinkingBudget: -1});
		}
		for (const body of await both(MODEL))
			assert.deepEqual(body.tools, [{codeExecution: {}}]);
		for (const body of await both(`${MODEL}-search`))
			assert.deepEqual(body.tools, [SEARCH]);
	});

	it("not beside functions that they would break", async () => {
		await post("/v1/chat/completions", chat("x", {
			model: OLD, tools: TOOLS}));
		assert.equal(sent().tools.length, 1);
		await post(`/v1beta/models/${OLD}:generateContent`, {
			...userSays("x"),
			tools: [{functionDeclarations: [{name: "f"}]}]});
		assert.equal(sent().tools.length, 1);
	});

	it("and no links where they are not wanted", async () => {
		fake.script("*", {events: groundedWhole()});
		const r = await post("/v1/chat/completions", chat("x"));

		assert.equal(r.choices[0].message.content, "Found it.");
	});
});
