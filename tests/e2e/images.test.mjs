/* images.test.mjs: pictures drawn and edited, with the official client */
import assert from "node:assert/strict";
import {describe, it} from "node:test";

import OpenAI, {toFile} from "openai";

import {ask, bearer, KEYS, startStack, stream, TOKEN, withFakeAndStack}
	from "./harness.mjs";

const PAINTER = "gemini-3.1-flash-image";
const OLD = "gemini-2.5-flash-image";
const IMAGEN = "imagen-4.0-generate-001";
const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk" +
	"+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PNG = Buffer.from(PIXEL, "base64");

/* A PNG that is told from others by its last byte. */
const png = (i) => Buffer.concat([PNG, Buffer.from([i])]);

describe("images", () => {
	let fake, stack, client;

	withFakeAndStack((...both) => {
		[fake, stack] = both;
		client = new OpenAI({apiKey: TOKEN, maxRetries: 0,
				     baseURL: `${stack.url}/v1`});
	});

	const sent = (i = 0) => JSON.parse(fake.requests[i].body);
	const fails = async (promise) => {
		try {
			await promise;
		} catch (e) {
			return e;
		}
		assert.fail("no error");
	};

	it("draws, and answers with the picture", async () => {
		const r = await client.images.generate({
			model: PAINTER, prompt: "a cat", size: "1536x1024",
			quality: "high",
		});

		assert.deepEqual(r.data, [{b64_json: PIXEL}]);
		assert.equal(r.output_format, "png");
		assert.ok(r.usage.output_tokens > 0);
		assert.equal(r.usage.total_tokens,
			     r.usage.input_tokens + r.usage.output_tokens);
		assert.equal(fake.requests[0].pathname,
			     `/v1beta/models/${PAINTER}:generateContent`);
		assert.deepEqual(sent(), {
			contents: [{role: "user", parts: [{text: "a cat"}]}],
			generationConfig: {
				responseModalities: ["IMAGE"],
				imageConfig: {aspectRatio: "3:2",
					      imageSize: "2K"},
			},
		});
	});

	it("answers with a URL of its own where that is wanted", async () => {
		for (const more of [{model: PAINTER, response_format: "url"},
				    {model: "dall-e-3"}, {}]) {
			const {data} = await client.images.generate(
				{prompt: "a cat", ...more});

			assert.equal(data[0].b64_json, undefined);
			assert.ok(data[0].url.startsWith(
				`${stack.url}/pictures/`), data[0].url);
			const got = await fetch(data[0].url);
			assert.equal(got.status, 200);
			assert.equal(got.headers.get("content-type"),
				     "image/png");
			assert.deepEqual(Buffer.from(await got.arrayBuffer()),
					 PNG);
		}
		assert.ok(fake.requests.every((r) => r.model === PAINTER));
	});

	it("draws several at once, each with a key of its own", async () => {
		let release;
		const both = new Promise((resolve) => release = resolve);
		fake.decide = () => ({hold: () => {
			if (fake.requests.length === 2)
				release();
			return both;
		}});
		const {data, usage} = await client.images.generate({
			model: "gpt-image-1", prompt: "a cat", n: 2});

		assert.deepEqual(data, [{b64_json: PIXEL}, {b64_json: PIXEL}]);
		assert.equal(new Set(fake.requests.map((r) => r.key)).size, 2);
		const [row] = await stack.sql("SELECT attempts, " +
			"prompt_tokens + completion_tokens AS tokens FROM " +
			"requests ORDER BY rowid DESC LIMIT 1");
		assert.equal(row.attempts, 2);
		assert.equal(row.tokens, usage.total_tokens);
	});

	it("reads {n:…} and {ratio:…} in the prompt", async () => {
		const {data} = await client.images.generate({
			model: OLD, prompt: "a cat {n:3} {ratio:16:9}"});

		assert.equal(data.length, 3);
		assert.deepEqual(sent().contents[0].parts, [{text: "a cat"}]);
		assert.deepEqual(sent().generationConfig.imageConfig,
				 {aspectRatio: "16:9"});
	});

	it("gives what was drawn when one of several fails", async () => {
		fake.script("*", {finishReason: "IMAGE_SAFETY"});
		const res = await client.images.generate({
			model: PAINTER, prompt: "a cat", n: 2}).withResponse();

		assert.equal(res.data.data.length, 1);
		assert.equal(res.response.headers.get("x-gbalance-dropped"),
			     "n");
	});

	it("tries another key where one fails", async () => {
		fake.script("*", {error: "overloaded"});
		const {data} = await client.images.generate({
			model: PAINTER, prompt: "a cat"});

		assert.equal(data[0].b64_json, PIXEL);
		assert.equal(fake.requests.length, 2);
	});

	it("edits two pictures with a mask, by a form", async () => {
		const r = await client.images.edit({
			model: PAINTER, prompt: "make it blue", n: 1,
			image: [await toFile(png(1), "a.png",
					     {type: "image/png"}),
				await toFile(png(2), "b.png",
					     {type: "image/png"})],
			mask: await toFile(png(3), "m.png",
					   {type: "image/png"}),
		});
		const parts = sent().contents[0].parts;

		assert.deepEqual(r.data, [{b64_json: PIXEL}]);
		assert.deepEqual(parts.slice(0, 3), [1, 2, 3].map((i) => ({
			inlineData: {mimeType: "image/png",
				     data: png(i).toString("base64")}})));
		assert.match(parts[3].text, /mask/);
		assert.deepEqual(parts[4], {text: "make it blue"});
	});

	it("edits pictures that come as JSON", async () => {
		const {status, json} = await ask(
			`${stack.url}/openai/v1/images/edits`, {
				headers: bearer(),
				body: {
					model: PAINTER, prompt: "bluer",
					images: [{image_url: "data:image/png;" +
						  `base64,${PIXEL}`}],
				},
			});

		assert.equal(status, 200);
		assert.deepEqual(json.data, [{b64_json: PIXEL}]);
		assert.equal(sent().contents[0].parts[0].inlineData.data,
			     PIXEL);
	});

	it("streams each picture as it is done", async () => {
		const events = [];
		const s = await client.images.generate({
			model: "gpt-image-1", prompt: "a cat", n: 2,
			stream: true, partial_images: 2});

		for await (const event of s)
			events.push(event);
		assert.deepEqual(events.map((e) => [e.type, e.b64_json]),
			Array(2).fill(["image_generation.completed", PIXEL]));
		assert.ok(events[0].usage.total_tokens > 0);
	});

	it("ends a stream of which one picture fails with an error", async () => {
		fake.script("*", {finishReason: "IMAGE_SAFETY", delayMs: 50});
		const s = await client.images.generate({
			model: PAINTER, prompt: "a cat", n: 2, stream: true});
		const e = await fails((async () => {
			for await (const event of s)
				assert.equal(event.b64_json, PIXEL);
		})());

		assert.match(e.message, /IMAGE_SAFETY/);
	});

	it("keeps a stream open while a picture is drawn", async () => {
		const slow = await startStack(fake, {
			settings: {keepalive_interval: 1}});
		let release;
		fake.script("*", {hold: () => new Promise((resolve) =>
			release = resolve)});
		const events = await stream(
			`${slow.url}/v1/images/generations`, {
				headers: bearer(),
				body: {model: PAINTER, prompt: "a cat",
				       stream: true},
			});

		await events.comment();
		release();
		assert.equal(JSON.parse(await events.next()).b64_json, PIXEL);
		await slow.stop();
	});

	for (const [what, script, words, attempts] of [
		["a refused prompt", {block: "PROHIBITED_CONTENT"},
		 /PROHIBITED_CONTENT/, 1],
		["a withheld picture", {finishReason: "IMAGE_SAFETY",
					finishMessage: "Not this one."},
		 /Not this one[.]/, 1],
		["words instead of a picture", {text: "I cannot draw that."},
		 /I cannot draw that[.]/, 1],
		["no picture, twice", {finishReason: "NO_IMAGE",
				       finishMessage: "Nothing came of it."},
		 /Nothing came of it[.]/, 2],
		["a draft and no picture", {parts: [
			{inlineData: {mimeType: "image/png", data: PIXEL},
			 thought: true}, {text: "Sorry."}]}, /Sorry[.]/, 1],
	])
		it(`says so in Google's words: ${what}`, async () => {
			fake.setDefault("*", script);
			const e = await fails(client.images.generate({
				model: PAINTER, prompt: "a cat"}));

			assert.equal(e.status, 400);
			assert.equal(e.code, "content_policy_violation");
			assert.match(e.message, words);
			assert.equal(fake.requests.length, attempts);
		});

	it("asks Imagen in its own way, while there is one", async () => {
		const {data} = await client.images.generate({
			model: IMAGEN, prompt: "a cat", size: "1024x1792"});

		assert.deepEqual(data, [{b64_json: PIXEL}]);
		assert.deepEqual(sent(), {
			instances: [{prompt: "a cat"}],
			parameters: {sampleCount: 1, aspectRatio: "9:16",
				     personGeneration: "allow_adult"},
		});
		fake.setDefault("*", {filtered: "Unsafe words."});
		const e = await fails(client.images.generate({
			model: IMAGEN, prompt: "a cat"}));
		assert.equal(e.code, "content_policy_violation");
		assert.match(e.message, /Unsafe words/);
	});

	it("refuses what makes no sense, and names it", async () => {
		for (const [body, param] of [
			[{prompt: "a", n: 11}, "n"],
			[{prompt: "a {n:11}"}, "prompt"],
			[{prompt: "a", size: "large"}, "size"],
			[{prompt: " {n:2} "}, "prompt"],
			[{prompt: "a", model: IMAGEN, image: PIXEL}, "image"],
		]) {
			const e = await fails(client.images.generate(body));

			assert.equal(e.status, 400);
			assert.equal(e.param, param);
		}
		assert.equal(fake.requests.length, 0);
		const e = await fails(client.images.createVariation({
			image: await toFile(PNG, "a.png")}));
		assert.equal(e.status, 404);
		assert.match(e.message, /edits/);
	});

	it("cancels all when the client hangs up", async () => {
		fake.setDefault("*", {hang: "reply"});
		const gone = new AbortController();
		const asked = fails(client.images.generate(
			{model: PAINTER, prompt: "a cat", n: 2},
			{signal: gone.signal}));

		await fake.waitFor(() => fake.requests.length === 2);
		gone.abort();
		await asked;
		await Promise.all(fake.requests.map((r) => r.closed));
		assert.ok(fake.requests.every((r) => r.aborted));
	});

	it("never tells a key", async () => {
		fake.setDefault("*", {text: `No: ${KEYS[0]}`});
		const e = await fails(client.images.generate({
			model: PAINTER, prompt: "a cat"}));

		assert.ok(!e.message.includes(KEYS[0]), e.message);
	});
});
