/*
 * clients_ai.test.mjs: Vercel's ai package with its providers for OpenAI's chat
 * and responses, and for Google.  The same tests for each provider, since whoever uses the
 * package expects the same of each.
 */
import assert from "node:assert/strict";
import {describe, it} from "node:test";

import {createGoogleGenerativeAI} from "@ai-sdk/google";
import {createOpenAI} from "@ai-sdk/openai";
import {generateText, Output, stepCountIs, streamText, tool} from "ai";
import {z} from "zod";

import {partsOf, PIXEL, withClients} from "./clients.mjs";
import {MODEL, TOKEN} from "./harness.mjs";

globalThis.AI_SDK_LOG_WARNINGS = false;

const PERSON = z.object({
	name: z.string(), age: z.number().int(), kind: z.enum(["cat", "dog"]),
});
const GENERATIONS = ["gemini-2.5-flash", "gemini-3-flash-preview",
		     "gemini-3.5-flash", MODEL];
const held = withClients();

const settings = (path) => ({
	apiKey: TOKEN, baseURL: held.stack.url + path, fetch: held.watch.fetch,
});

/*
 * A provider by name: the model for an id, and what is its own way of asking
 * for thoughts.
 */
const PROVIDERS = {
	"openai.chat": {
		model: (id) => createOpenAI(settings("/v1")).chat(id),
	},
	"openai.responses": {
		model: (id) => createOpenAI(settings("/v1")).responses(id),
		thoughts: {openai: {reasoningSummary: "auto",
				    forceReasoning: true}},
	},
	"google": {
		model: (id) => createGoogleGenerativeAI(settings("/v1beta"))(id),
		thoughts: {google: {thinkingConfig: {includeThoughts: true}}},
	},
};

function weatherTool(asked)
{
	return tool({
		description: "The weather of a city",
		inputSchema: z.object({city: z.string()}),
		execute: ({city}) => {
			asked.push(city);
			return {city, celsius: 20 + asked.length};
		},
	});
}

const STEPS = [
	{calls: [{name: "get_weather", args: {city: "Oslo"}},
		 {name: "get_weather", args: {city: "Łódź"}}]},
	{calls: [{name: "get_weather", args: {city: "Rome"}}]},
	{},
];

/* A loop of three steps, by "run". */
async function loop(model, run)
{
	const asked = [];

	held.fake.reset();
	held.fake.script("*", ...STEPS);
	const {text, steps} = await run({
		model, prompt: "compare", maxRetries: 0,
		tools: {get_weather: weatherTool(asked)},
		stopWhen: stepCountIs(5),
	});
	assert.deepEqual(asked, ["Oslo", "Łódź", "Rome"]);
	assert.equal(steps.length, 3);
	assert.match(text, /^The tools said: .*"celsius":23/);
	assert.equal(held.fake.requests.length, 3, "nothing was refused");
	assert.equal(partsOf(held.bodies()[2], "functionResponse").length, 3);
}

/* Run a stream to its end; what generateText would have given. */
async function streamed(options)
{
	const result = streamText({...options, onError: ({error}) => {
		throw error;
	}});

	await result.consumeStream();
	return {
		text: await result.text, steps: await result.steps,
		usage: await result.totalUsage,
		reasoningText: await result.reasoningText,
		finishReason: await result.finishReason,
		output: options.output && await result.output,
	};
}

for (const [name, {model, thoughts}] of Object.entries(PROVIDERS))
	describe(name, () => {
		const ask = (more) => ({model: model(MODEL), maxRetries: 0,
					...more});

		for (const [how, run] of [["text", generateText],
					  ["a stream", streamed]]) {
			it(`${how}`, async () => {
				const r = await run(ask({
					system: "Be brief.", prompt: "a b c",
					maxOutputTokens: 100}));

				assert.equal(r.text, "You said: a b c");
				assert.equal(r.finishReason, "stop");
				assert.ok(r.usage.totalTokens > 0);
				assert.equal(r.usage.totalTokens,
					     r.usage.inputTokens +
					     r.usage.outputTokens);
				assert.equal(held.bodies()[0]
					.systemInstruction.parts[0].text,
					     "Be brief.");
			});

			it(`${how} with tools`, async () => {
				for (const id of GENERATIONS)
					await loop(model(id), run);
			});

			it(`${how} of a picture`, async () => {
				const r = await run(ask({messages: [{
					role: "user", content: [
						{type: "text", text: "what?"},
						{type: "image", image: PIXEL,
						 mediaType: "image/png"}]}]}));

				assert.match(r.text,
					     /^I see 1 picture\(s\)/);
			});

			it(`${how} with structured output`, async () => {
				const {output} = await run(ask({
					prompt: "who?",
					output: Output.object({
						schema: PERSON})}));

				assert.deepEqual(output, {
					name: "x", age: 1, kind: "cat"});
			});

			it(`${how} that is cut or filtered`, async () => {
				for (const [reason, want] of [
					["MAX_TOKENS", "length"],
					["SAFETY", "content-filter"]]) {
					held.fake.script("*", {
						text: "so", finishReason: reason});
					const r = await run(ask({
						prompt: "x"}));
					assert.equal(r.finishReason, want);
				}
			});

			if (thoughts)
				it(`${how} with thoughts`, async () => {
					const r = await run(ask({
						prompt: "why?",
						providerOptions: thoughts}));

					assert.match(r.reasoningText, /see/);
					assert.equal(r.text, "You said: why?");
				});
		}

		it("a tool that must be called", async () => {
			const asked = [];
			const r = await generateText(ask({
				prompt: "x", toolChoice: "required",
				tools: {get_weather: weatherTool(asked)}}));

			assert.equal(r.finishReason, "tool-calls");
			assert.deepEqual(asked, ["Paris"]);
			assert.equal(held.bodies()[0].toolConfig
				.functionCallingConfig.mode, "ANY");
		});

		it("errors are told", async () => {
			await assert.rejects(generateText(ask({
				prompt: "x", model: model("gemini-0-x")})),
				(e) => e.statusCode === 404);
			held.fake.script("*", {error: "invalid_argument"});
			await assert.rejects(generateText(ask({prompt: "x"})),
				(e) => e.statusCode === 400);
		});
	});
