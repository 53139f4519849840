/* speech.test.mjs: text that is spoken, with the official client */
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import {after, before, beforeEach, describe, it} from "node:test";

import OpenAI from "openai";

import {tone} from "../fake/parts.mjs";
import {ask, bearer, open, startFake, startStack, Steps, stream, TOKEN,
	withFakeAndStack} from "./harness.mjs";

const NEW = "gemini-3.8-flash-tts";
const OLD = "gemini-2.5-flash-preview-tts";
const PARTS = 3;	/* of a stream of the fake's */
const HEADER = 44;
const UNKNOWN = 0xffffffff;
const TYPES = {mp3: "audio/mpeg", opus: "audio/ogg", aac: "audio/aac",
	       flac: "audio/flac", wav: "audio/wav", pcm: "audio/pcm"};

/* A file as ffmpeg hears it: signed 16 bits, 24 kHz, mono. */
function decode(file, format)
{
	const raw = ["-f", "s16le", "-ar", "24000", "-ac", "1"];

	return execFileSync("ffmpeg", ["-v", "error",
		...(format === "pcm" ? raw : []), "-i", "-", ...raw, "-"],
		{input: file, maxBuffer: 64 << 20});
}

/* That it is the fake's tone, so long. */
function assertTone(file, format, ms)
{
	const pcm = decode(file, format);
	const count = pcm.length / 2;
	const quarter = Math.floor(count / 4);
	let waves = 0;

	assert.ok(count >= 24 * ms - 24 && count <= 24 * (ms + 200),
		  `${format}: ${count / 24} ms, not ${ms}`);
	for (let i = quarter; i < 3 * quarter; i++)
		waves += pcm.readInt16LE(2 * i) < 0 &&
			 pcm.readInt16LE(2 * i + 2) >= 0;
	assert.ok(Math.abs(waves - quarter / 12) < 3,
		  `${format}: ${waves} waves in ${quarter / 12} ms`);
}

/* Gemini fails in the middle, once the client has some of the file: how much it
 * got, and how it learned of it. */
const BROKEN = {soundMs: 1000,
		fail: {after: 2, form: "data", error: "overloaded"}};

async function breakOff(fake, stack)
{
	const steps = new Steps();
	let got = 0;

	fake.script("*", {...BROKEN, gate: steps.gate});
	const res = await open(`${stack.url}/v1/audio/speech`, {
		method: "POST", headers: bearer(), body: {input: "Hello."}});
	try {
		for await (const piece of res) {
			got += piece.length;
			steps.allow(PARTS);
		}
	} catch ({code}) {
		return {got, code};
	}
	return {got};
}

const bytesOf = async (res) => Buffer.from(await res.arrayBuffer());

describe("speech", () => {
	let fake, stack, client;

	withFakeAndStack((...both) => {
		[fake, stack] = both;
		client = new OpenAI({apiKey: TOKEN, maxRetries: 0,
				     baseURL: `${stack.url}/v1`});
	});

	const sent = (i = 0) => JSON.parse(fake.requests[i].body);
	const say = (more) => client.audio.speech.create(
		{model: NEW, voice: "alloy", input: "Hello.", ...more});
	const post = (body) => ({method: "POST", headers: bearer(), body:
		{model: NEW, voice: "alloy", input: "Hello.", ...body}});
	const url = () => `${stack.url}/v1/audio/speech`;
	const fails = async (promise) => {
		try {
			await promise;
		} catch (e) {
			return e;
		}
		assert.fail("no error");
	};

	/* cites 6.3 speech answer */
	for (const model of [NEW, OLD])
		for (const format of Object.keys(TYPES))
			it(`${model} speaks ${format}`, async () => {
				const whole = model === OLD ||
					      format === "wav";
				fake.setDefault("*", {
					soundMs: whole ? 900 : 300});
				const res = await say({
					model, response_format: format});

				assert.equal(res.headers.get("content-type"),
					     TYPES[format]);
				assertTone(await bytesOf(res), format, 900);
				assert.equal(fake.requests[0].pathname,
					`/v1beta/models/${model}:` +
					(whole ? "generateContent" :
						 "streamGenerateContent"));
			});

	it("speaks mp3 to who asks for nothing, and tells Gemini how",
	   async () => {
		const res = await client.audio.speech.create({
			model: "tts-1", voice: "nova", input: "Grüße, 東京.",
			instructions: "Speak in a cheerful tone.", speed: 0.75,
		});

		assert.equal(res.headers.get("content-type"), "audio/mpeg");
		await bytesOf(res);
		assert.equal(fake.requests[0].model, NEW);
		assert.deepEqual(sent(), {
			contents: [{role: "user", parts: [{
				text: "Grüße, 東京.",
				speechMetadata: {style: "Speak in a cheerful " +
					"tone. Speak slowly"},
			}]}],
			generationConfig: {
				responseModalities: ["AUDIO"],
				speechConfig: {voiceConfig: {
					prebuiltVoiceConfig: {
						voiceName: "Aoede"}}},
			},
		});
	});

	it("gives files that are all there their length", async () => {
		fake.setDefault("*", {soundMs: 100});
		for (const model of [NEW, OLD]) {
			const wav = await bytesOf(await say({
				model, response_format: "wav"}));

			assert.equal(wav.length, HEADER + 4800);
			assert.equal(wav.readUInt32LE(4), wav.length - 8);
			assert.equal(wav.readUInt32LE(40), 4800);
			assert.deepEqual(wav.subarray(HEADER), tone(100));
		}
		const {headers} = await ask(url(), post({
			model: OLD, response_format: "flac"}));
		assert.ok(Number(headers["content-length"]) > 0);
	});

	for (const format of ["mp3", "opus", "aac", "flac", "wav", "pcm"])
		it(`sends ${format} as it comes`, async () => {
			const steps = new Steps();

			fake.script("*", {soundMs: 1000, gate: steps.gate});
			const res = await open(url(), post({
				response_format: format,
				stream_format: "audio"}));
			const pieces = [];

			/* Gemini holds the second part back until then. */
			for await (const piece of res) {
				pieces.push(piece);
				steps.allow(PARTS);
			}
			assert.ok(pieces.length > 1, "all at once");
			const file = Buffer.concat(pieces);
			assertTone(file, format, 3000);
			if (format === "wav")
				assert.equal(file.readUInt32LE(40), UNKNOWN);
		});

	/* cites 6.3 speech events */
	for (const [model, format] of [[NEW, "mp3"], [NEW, "pcm"],
				       [OLD, "opus"], [OLD, "wav"]])
		it(`sends ${format} of ${model} in events`, async () => {
			fake.script("*", {soundMs: model === OLD ? 900 : 300});
			const events = await stream(url(), post({
				model, response_format: format,
				stream_format: "sse"}));
			const all = (await events.rest())
				.map((e) => JSON.parse(e));
			const done = all.pop();
			const [row] = await stack.journal(1,
				"endpoint = 'audio.speech' AND model = " +
				`'${model}' AND stream = 1`);

			assert.ok(all.every((e) =>
				e.type === "speech.audio.delta"));
			assert.ok(all.length > 0);
			assertTone(Buffer.concat(all.map((e) =>
				Buffer.from(e.audio, "base64"))), format, 900);
			assert.equal(done.type, "speech.audio.done");
			assert.ok(done.usage.output_tokens > 0);
			assert.equal(done.usage.total_tokens,
				     done.usage.input_tokens +
				     done.usage.output_tokens);
			assert.equal(row.prompt_tokens,
				     done.usage.input_tokens);
			assert.equal(row.completion_tokens,
				     done.usage.output_tokens);
		});

	it("speaks for a minute", async () => {
		fake.script("*", {soundMs: 60000});
		assertTone(await bytesOf(await say({model: OLD})), "mp3",
			   60000);
	});

	it("takes more than OpenAI's 4,096 characters", async () => {
		const input = "Words, ".repeat(3000);

		await bytesOf(await say({input}));
		assert.equal(sent().contents[0].parts[0].text, input);
	});

	it("tries another key where one fails", async () => {
		for (const model of [NEW, OLD]) {
			fake.reset();
			fake.script("*", {error: "overloaded"});
			await bytesOf(await say({model}));
			assert.equal(fake.requests.length, 2);
		}
	});

	it("begins the file anew with another try", async () => {
		const data = tone(50).toString("base64");
		const parts = [{inlineData: {data, mimeType:
					     "audio/L16;codec=pcm;rate=24000"}}];

		for (const format of ["wav", "pcm"]) {
			fake.reset();
			fake.script("*", {parts, finishReason:
					  "MALFORMED_FUNCTION_CALL"},
				    {soundMs: 100});
			const file = await bytesOf(await say({
				model: OLD, response_format: format}));

			assert.equal(fake.requests.length, 2);
			assert.deepEqual(format === "wav" ?
				file.subarray(HEADER) : file, tone(100));
		}
	});

	it("names a voice that it does not know", async () => {
		const {headers} = await ask(url(), post({voice: "anna"}));

		assert.equal(headers["x-gbalance-dropped"], "voice");
		assert.equal(sent().generationConfig.speechConfig.voiceConfig
			.prebuiltVoiceConfig.voiceName, "Kore");
	});

	it("refuses with a status while nothing was sent", async () => {
		const bad = [
			[{input: ""}, "input"],
			[{speed: 9}, "speed"],
			[{response_format: "ogg"}, "response_format"],
			[{stream_format: "ws"}, "stream_format"],
			[{model: "gemini-3.8-flash"}, "model"],
			[{model: "kokoro"}, "model"],
		];

		for (const [more, param] of bad) {
			const e = await fails(say(more));

			assert.equal(e.status, 400);
			assert.equal(e.param, param);
		}
		assert.equal(fake.requests.length, 0);
		for (const way of [undefined, "audio", "sse"]) {
			fake.reset();
			fake.setDefault("*", {error: "invalid_argument"});
			const e = await fails(say({stream_format: way}));

			assert.equal(e.status, 400);
			assert.equal(fake.requests.length, 1);
		}
	});

	/* cites 6.3 speech refusal */
	it("says why there is no sound", async () => {
		for (const model of [NEW, OLD])
			for (const way of [undefined, "sse"]) {
				fake.reset();
				fake.setDefault("*",
					{finishReason: "PROHIBITED_CONTENT",
					 words: []});
				let e = await fails(say({
					model, stream_format: way}));

				assert.equal(e.status, 400);
				assert.equal(e.code,
					     "content_policy_violation");
				assert.match(e.message, /PROHIBITED_CONTENT/);
				fake.reset();
				fake.setDefault("*",
							  {block: "SAFETY"});
				e = await fails(say({
					model, stream_format: way}));
				assert.equal(e.status, 400);
				assert.match(e.message, /SAFETY/);
				fake.reset();
				fake.setDefault("*",
							  {text: "Never."});
				e = await fails(say({
					model, stream_format: way}));
				assert.equal(e.status, 400);
			}
	});

	it("breaks a file off that ends too early", async () => {
		const {got, code} = await breakOff(fake, stack);
		const [row] = await stack.journal(1, "endpoint = " +
			"'audio.speech' AND error_class = 'overloaded'");

		assert.equal(code, "ECONNRESET");
		assert.ok(got > 0);
		assert.equal(row.stream, 1);
		assert.equal(fake.requests.length, 1);
	});

	it("says in an event that it ends too early", async () => {
		const steps = new Steps();

		fake.script("*", {...BROKEN, gate: steps.gate});
		const events = await stream(url(), post({
			stream_format: "sse"}));
		const first = JSON.parse(await events.next());
		steps.allow(PARTS);
		const all = (await events.rest()).map((e) => JSON.parse(e));

		assert.equal(first.type, "speech.audio.delta");
		assert.equal(all.at(-1).error.code, "overloaded");
		assert.ok(all.every((e) => e.type !== "speech.audio.done"));
	});

	it("cannot make of sound that is strange what was asked", async () => {
		const parts = [{inlineData: {mimeType: "audio/mpeg",
					     data: "SUQzBAAAAAA="}}];

		fake.setDefault("*", {parts});
		for (const way of [undefined, "sse"]) {
			const e = await fails(say({response_format: "flac",
						   stream_format: way}));
			assert.equal(e.status, 502);
		}
		assert.deepEqual(await bytesOf(await say({})),
				 Buffer.from("SUQzBAAAAAA=", "base64"));
	});
});

describe("speech as it was set up", () => {
	let fake;

	before(async () => {
		fake = await startFake();
	});
	after(() => fake.close());
	beforeEach(() => fake.reset());

	const post = (body) => ({method: "POST", headers: bearer(), body:
		{input: "Hello.", ...body}});
	const voice = (i) => JSON.parse(fake.requests[i].body)
		.generationConfig.speechConfig.voiceConfig.prebuiltVoiceConfig
		.voiceName;
	const text = (i) => JSON.parse(fake.requests[i].body)
		.contents[0].parts[0].text;

	it("has the model, the voices and the speed of its settings",
	   async () => {
		const stack = await startStack(fake, {env: {
			TTS_MODEL: OLD, TTS_VOICE_NAME: "puck",
			TTS_SPEED: "slow", STRICT: "true",
			VOICES: '{"anna": "Leda", "alloy": "Brandnew"}'}});
		const url = `${stack.url}/v1/audio/speech`;

		try {
			for (const body of [{}, {voice: "Anna"},
					    {voice: "alloy", speed: 2},
					    {voice: "echo", speed: 1}])
				assert.equal((await ask(url,
					post(body))).status, 200);
			assert.ok(fake.requests.every((r) => r.model === OLD));
			assert.deepEqual([0, 1, 2, 3].map(voice),
				["Puck", "Leda", "Brandnew", "Orus"]);
			assert.deepEqual([0, 1, 2, 3].map(text),
				["Speak slowly: Hello.",
				 "Speak slowly: Hello.",
				 "Speak very fast: Hello.", "Hello."]);
			const {status, json} = await ask(url,
				post({voice: "bob"}));
			assert.equal(status, 400);
			assert.equal(json.error.param, "voice");
		} finally {
			await stack.stop();
		}
	});

	it("asks for all at once where streams are to be faked", async () => {
		const stack = await startStack(fake, {settings: {
			fake_stream_models: [NEW]}});

		try {
			fake.script("*", {soundMs: 900});
			const events = await stream(
				`${stack.url}/v1/audio/speech`,
				post({stream_format: "sse",
				      response_format: "flac"}));
			const all = (await events.rest())
				.map((e) => JSON.parse(e));

			assert.equal(fake.requests[0].pathname,
				     `/v1beta/models/${NEW}:generateContent`);
			assert.equal(all.pop().type, "speech.audio.done");
			assertTone(Buffer.concat(all.map((e) =>
				Buffer.from(e.audio, "base64"))), "flac", 900);
		} finally {
			await stack.stop();
		}
	});

	/* There a stream that breaks off would look complete. */
	for (const way of [{server: "apache", way: "proxy"},
			   {way: "cgi", mount: "/gbalance"}])
		it(`does not stream unasked: ${way.server ?? way.way}`,
		   async () => {
			const stack = await startStack(fake, way);
			const url = `${stack.url}/v1/audio/speech`;

			try {
				fake.script("*", {soundMs: 900});
				const res = await open(url, post({}));
				const pieces = await res.toArray();
				assertTone(Buffer.concat(pieces), "mp3", 900);
				await ask(url, post({stream_format: "audio"}));
				assert.deepEqual(fake.requests.map((r) =>
					r.pathname.split(":")[1]),
					["generateContent",
					 "streamGenerateContent"]);
			} finally {
				await stack.stop();
			}
		});

	it("breaks a file off behind nginx, too", async () => {
		const stack = await startStack(fake, {server: "nginx"});

		try {
			const {code} = await breakOff(fake, stack);
			assert.equal(code, "ECONNRESET");
		} finally {
			await stack.stop();
		}
	});

	it("does without an encoder where there is none", async () => {
		const dir = fs.mkdtempSync(path.join(os.tmpdir(), "gb-none-"));

		/* libraries that cannot be loaded, before the real ones */
		for (let major = 50; major < 90; major++)
			fs.writeFileSync(path.join(dir,
				`libavcodec.so.${major}`), "");
		const stack = await startStack(fake, {
			env: {LD_LIBRARY_PATH: dir}});
		const url = `${stack.url}/v1/audio/speech`;

		try {
			const {status, json} = await ask(url,
				post({response_format: "mp3"}));
			assert.equal(status, 400);
			assert.equal(json.error.param, "response_format");
			assert.equal(fake.requests.length, 0);
			for (const body of [{}, {response_format: "wav"}]) {
				const res = await ask(url, post(body));
				assert.equal(res.status, 200);
				assert.equal(res.headers["content-type"],
					     "audio/wav");
			}
			const pcm = await ask(url,
				post({response_format: "pcm"}));
			assert.equal(pcm.status, 200);
		} finally {
			await stack.stop();
			fs.rmSync(dir, {recursive: true});
		}
	});
});
