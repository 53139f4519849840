/* transcriptions.test.mjs: recordings as text, with the official client */
import assert from "node:assert/strict";
import {describe, it} from "node:test";

import OpenAI, {toFile} from "openai";

import {ask, bearer, MODEL, startStack, TOKEN, withFakeAndStack}
	from "./harness.mjs";

const SCRIBE = "gemini-3.5-transcribe";
const USUAL = "gemini-flash-latest";
const TEXT = "The quick brown fox is here. It jumps over the lazy dog.";
const OLD = "gemini-2.5-flash";

/* Eight seconds of silence: 8-bit samples, 1,000 a second. */
function wav(seconds = 8)
{
	const head = Buffer.alloc(44);

	head.write("RIFF", 0);
	head.write("WAVEfmt ", 8);
	head.writeUInt32LE(16, 16);
	head.writeUInt16LE(1, 20);
	head.writeUInt16LE(1, 22);
	head.writeUInt32LE(1000, 24);
	head.writeUInt32LE(1000, 28);
	head.writeUInt16LE(1, 32);
	head.writeUInt16LE(8, 34);
	head.write("data", 36);
	head.writeUInt32LE(1000 * seconds, 40);
	return Buffer.concat([head, Buffer.alloc(1000 * seconds, 0x80)]);
}

const WAV = wav();
const file = (data = WAV, name = "speech.wav") => toFile(data, name);
const segment = (start, end, text, more = {}) =>
	JSON.stringify({language: "english",
			segments: [{start, end, text, ...more}]});

describe("transcriptions", () => {
	let fake, stack, client;

	withFakeAndStack((...both) => {
		[fake, stack] = both;
		client = new OpenAI({apiKey: TOKEN, maxRetries: 0,
				     baseURL: `${stack.url}/v1`});
	});

	const sent = (i = 0) => JSON.parse(fake.requests[i].body);
	const words = (i = 0) => sent(i).contents[0].parts[1].text;
	const create = async (more = {}) => client.audio.transcriptions.create({
		file: await file(), model: "whisper-1", ...more});
	const fails = async (promise) => {
		try {
			await promise;
		} catch (e) {
			return e;
		}
		assert.fail("no error");
	};
	const events = async (s) => {
		const all = [];

		for await (const event of s)
			all.push(event);
		return all;
	};

	it("answers with the text and its tokens", async () => {
		const r = await create();

		assert.equal(r.text, TEXT);
		assert.equal(r.usage.type, "tokens");
		assert.equal(r.usage.total_tokens,
			     r.usage.input_tokens + r.usage.output_tokens);
		assert.equal(r.usage.input_token_details.audio_tokens, 258);
		assert.equal(fake.requests[0].pathname,
			     `/v1beta/models/${USUAL}:generateContent`);
		assert.deepEqual(sent().contents[0].parts[0], {inlineData: {
			mimeType: "audio/wav", data: WAV.toString("base64")}});
		assert.match(words(), /^Transcribe the speech/);
		const [row] = await stack.sql("SELECT endpoint, model, " +
			"prompt_tokens AS tokens FROM requests " +
			"ORDER BY rowid DESC LIMIT 1");
		assert.deepEqual({...row}, {
			endpoint: "audio.transcriptions", model: "whisper-1",
			tokens: r.usage.input_tokens});
	});

	it("answers with plain text", async () => {
		assert.equal(await create({response_format: "text"}),
			     `${TEXT}\n`);
	});

	it("answers with verbose_json", async () => {
		const r = await create({response_format: "verbose_json"});

		assert.equal(r.task, "transcribe");
		assert.equal(r.language, "english");
		assert.equal(r.duration, 8);
		assert.equal(r.text, TEXT);
		assert.equal(r.words, undefined);
		assert.deepEqual(r.segments.map((s) =>
			[s.id, s.start, s.end, s.text]), [
			[0, 0, 2.4, "The quick brown fox is here."],
			[1, 2.5, 4.9, "It jumps over the lazy dog."]]);
		assert.deepEqual(r.usage, {type: "duration", seconds: 8});
		assert.ok(sent().generationConfig.responseJsonSchema);
	});

	it("asks in another way where the model wants that", async () => {
		fake.script("*", {error: "no_json"}, {error: "thinking_off"},
			    {text: segment(0, 2, "Well."), lax: true});
		const r = await create({response_format: "verbose_json"});
		const [first, , last] = [0, 1, 2].map(sent);

		assert.deepEqual(r.segments.map((s) => s.text), ["Well."]);
		assert.ok(first.generationConfig.responseJsonSchema);
		assert.ok(first.generationConfig.thinkingConfig);
		assert.equal(last.generationConfig, undefined);
		assert.match(last.systemInstruction.parts[0].text,
			     /JSON Schema: \{"type"/);
		assert.deepEqual(last.contents, first.contents);
		assert.equal(new Set(fake.requests.map((q) => q.key)).size, 1);
		fake.script("*", {error: "thinking_off"},
			    {words: ["We", "ll."]});
		const {text} = (await events(await create({stream: true})))
			.at(-1);
		assert.equal(text, "Well.");
		assert.equal(fake.requests.length, 5);
		const e = await (fake.script("*", {error: "thinking_off"}),
				 fails(create({model: SCRIBE})));
		assert.equal(e.status, 400);
		assert.equal(fake.requests.length, 6);
	});

	it("times words where they are asked for", async () => {
		const ask = (...granularities) => create({
			response_format: "verbose_json",
			timestamp_granularities: granularities});
		const both = await ask("word", "segment");

		assert.equal(both.segments.length, 2);
		assert.equal(both.words.length, 12);
		assert.deepEqual(both.words[6],
				 {word: "It", start: 2.5, end: 2.9});
		const only = await ask("word");
		assert.equal(only.segments, undefined);
		assert.equal(only.words.length, 12);
	});

	it("answers with subtitles", async () => {
		assert.equal(await create({response_format: "srt"}),
			"1\n00:00:00,000 --> 00:00:02,400\n" +
			"The quick brown fox is here.\n\n" +
			"2\n00:00:02,500 --> 00:00:04,900\n" +
			"It jumps over the lazy dog.\n\n");
		assert.equal(await create({response_format: "vtt"}),
			"WEBVTT\n\n00:00:00.000 --> 00:00:02.400\n" +
			"The quick brown fox is here.\n\n" +
			"00:00:02.500 --> 00:00:04.900\n" +
			"It jumps over the lazy dog.\n\n");
	});

	it("tells speakers apart", async () => {
		for (const model of ["gpt-4o-transcribe-diarize", SCRIBE]) {
			const r = await create({
				model, response_format: "diarized_json",
				chunking_strategy: "auto"});

			assert.deepEqual(r.segments.map((s) =>
				[s.type, s.id, s.speaker, s.start]), [
				["transcript.text.segment", "seg_0", "A", 0],
				["transcript.text.segment", "seg_1", "B", 2.5],
			]);
			assert.equal(r.text, TEXT);
			assert.equal(r.usage.type, "tokens");
		}
	});

	it("streams the text as it comes", async () => {
		let release;
		fake.script("*", {words: ["[no", " ", "doubt] ", "it is. "],
				  gate: (i) => i < 3 ? undefined :
					new Promise((resolve) =>
						release = resolve)});
		const s = await create({model: "gpt-4o-transcribe",
					stream: true});
		const all = [];

		for await (const event of s) {
			all.push(event);
			release?.();
		}
		const done = all.pop();
		assert.deepEqual([...new Set(all.map((e) => e.type))],
				 ["transcript.text.delta"]);
		assert.ok(all.length >= 2, "all came at once");
		assert.equal(all.map((e) => e.delta).join(""), done.text);
		assert.equal(done.type, "transcript.text.done");
		assert.equal(done.text, "[no doubt] it is.");
		assert.equal(done.usage.total_tokens,
			     done.usage.input_tokens +
			     done.usage.output_tokens);
		assert.equal(fake.requests[0].pathname,
			`/v1beta/models/${USUAL}:streamGenerateContent`);
	});

	it("streams what a model gives at once only", async () => {
		const text = await events(await create({model: SCRIBE,
							stream: true}));
		assert.deepEqual(text.map((e) => e.delta ?? e.text),
				 [TEXT, TEXT]);
		const turns = await events(await create({
			response_format: "diarized_json", stream: true}));
		assert.deepEqual(turns.map((e) => e.type), [
			"transcript.text.segment", "transcript.text.segment",
			"transcript.text.done"]);
	});

	it("says nothing where nobody speaks", async () => {
		fake.setDefault("*", {words: ["[no ", "speech]"]});
		assert.equal((await create()).text, "");
		const [done] = await events(await create({stream: true}));
		assert.equal(done.text, "");
		fake.setDefault("*", {text: '{"language":"","segments":[]}'});
		assert.equal(await create({response_format: "srt"}), "");
		assert.equal(fake.requests.length, 3);
	});

	it("asks a model for that alone in its own fields", async () => {
		const r = await create({
			model: SCRIBE, response_format: "verbose_json",
			language: "en", prompt: "Füchse, 東京\nlazy dog",
			timestamp_granularities: ["word", "segment"]});

		assert.deepEqual(sent(), {
			contents: [{role: "user", parts: [{inlineData: {
				mimeType: "audio/wav",
				data: WAV.toString("base64")}}]}],
			generationConfig: {audioTranscriptionConfig: {
				languageCodes: ["en"],
				customVocabulary: ["Füchse", "東京",
						   "lazy dog"],
				wordTimestamp: true, mode: "VERBATIM"}},
		});
		assert.equal(r.language, "en-US");
		assert.equal(r.segments[1].start, 2.5);
		assert.equal(r.words.length, 12);
		assert.equal((await create({model: SCRIBE})).text, TEXT);
	});

	it("passes on the language, a hint and a temperature", async () => {
		const {response} = await client.audio.transcriptions.create({
			file: await file(), model: OLD, language: "de",
			prompt: "Herr Müller, GmbH.", temperature: 0.5,
			include: ["logprobs"],
		}).withResponse();

		assert.match(words(), /language that is spoken is "de"/);
		assert.match(words(), /\nHerr Müller, GmbH[.]$/);
		assert.equal(sent().generationConfig.temperature, 0.5);
		assert.equal(response.headers.get("x-gbalance-dropped"),
			     "include");
	});

	it("translates", async () => {
		const translate = async (more) =>
			client.audio.translations.create({
				file: await file(), model: "whisper-1",
				...more});

		assert.equal((await translate()).text, TEXT);
		assert.match(words(), /^Translate the speech/);
		const r = await translate({response_format: "verbose_json"});
		assert.equal(r.task, "translate");
		assert.equal(r.language, "english");
		const e = await fails(translate({model: SCRIBE}));
		assert.equal(e.status, 400);
		assert.equal(e.param, "model");
	});

	it("knows what kind of file it is", async () => {
		const M4A = "\0\0\0\x1cftypM4A ";

		for (const [bytes, name, type] of [
			["ID3\x04 and so on", "a.wav", "audio/mp3"],
			["\xff\xfb\x90\x64", "a", "audio/mp3"],
			["\xff\xf3\x90\x64", "a", "audio/mp3"],
			["\xff\xf1\x50\x80", "a", "audio/aac"],
			["fLaC\0", "a", "audio/flac"],
			["OggS\0", "a", "audio/ogg"],
			[M4A, "a.bin", "audio/mp4"],
			["\x1a\x45\xdf\xa3", "a", "audio/webm"],
			["what is that?", "a.mpga", "audio/mp3"],
			["what is that?", "A.WEBM", "audio/webm"],
		]) {
			fake.reset();
			await create({file: await toFile(
				Buffer.from(bytes, "latin1"), name)});
			assert.equal(sent().contents[0].parts[0]
				.inlineData.mimeType, type);
		}
	});

	it("asks again where times cannot be, and then says so", async () => {
		fake.script("*", {text: "I think it says hello."});
		assert.match(await create({response_format: "srt"}), /fox/);
		assert.equal(fake.requests.length, 2);

		for (const text of ["{", "[]", '{"segments":7}',
				    segment("00:02", "00:01", "back"),
				    segment("soon", "later", "no time"),
				    segment("00:00", "00:61", "no second"),
				    segment("01:00", "01:01", "behind the end"),
		]) {
			fake.reset();
			fake.setDefault("*", {text});
			const e = await fails(create({response_format: "vtt"}));

			assert.equal(e.status, 502, text);
			assert.match(e.message, /has no times/);
			assert.equal(fake.requests.length, 2);
		}
	});

	for (const [what, script, status, message] of [
		["a refused prompt", {block: "PROHIBITED_CONTENT"}, 400,
		 /PROHIBITED_CONTENT/],
		["a withheld text", {text: "We shall", finishReason:
			"RECITATION"}, 400, /RECITATION/],
		["a text that is too long", {text: "And so on and",
			finishReason: "MAX_TOKENS"}, 502, /cut the recording/],
		["what Google says", {error: "tokens_exceeded"}, 400, /token/],
	])
		it(`tells of ${what}, streamed or not`, async () => {
			fake.setDefault("*", script);
			const e = await fails(create());

			assert.equal(e.status, status);
			assert.match(e.message, message);
			const s = await fails((async () =>
				events(await create({stream: true})))());
			assert.match(s.message, message);
		});

	it("tries another key where one fails", async () => {
		fake.script("*", {error: "overloaded"});
		assert.equal((await create()).text, TEXT);
		assert.equal(fake.requests.length, 2);
	});

	it("ends a stream that breaks off with an error", async () => {
		fake.setDefault("*", {words: ["One ", "two ", "three"],
				      finishReason: null});
		const heard = [];
		const e = await fails((async () => {
			for await (const event of await create({stream: true}))
				heard.push(event);
		})());

		assert.ok(e.message.length > 0);
		assert.ok(heard.length > 0, "no text before the end");
		assert.ok(heard.every((h) => h.type === "transcript.text.delta"));
		assert.equal(fake.requests.length, 1);
	});

	it("begins a stream again as long as nothing was sent", async () => {
		fake.script("*", {words: ["[no ", "idea"],
				  fail: {after: 1, form: "data",
					 error: "overloaded"}});
		const all = await events(await create({stream: true}));

		assert.equal(all.at(-1).text, TEXT);
		assert.equal(fake.requests.length, 2);
	});

	it("says what is wrong with times in a stream, and without another try",
	   async () => {
		fake.setDefault("*", {text: "Hello."});
		const e = await fails((async () => events(await create({
			stream: true, response_format: "diarized_json"})))());
		assert.match(e.message, /has no times/);
		assert.equal(fake.requests.length, 2);

		const once = await startStack(fake, {
			settings: {max_retries: 0}});
		const form = new FormData();

		form.set("file", new Blob([WAV]), "a.wav");
		form.set("response_format", "srt");
		const res = await fetch(
			`${once.url}/v1/audio/transcriptions`,
			{method: "POST", headers: bearer(), body: form});
		assert.equal(res.status, 502);
		assert.match((await res.json()).error.message, /has no times/);
		assert.equal(fake.requests.length, 3);
		await once.stop();
	});

	it("takes a file that was uploaded before, with its key", async () => {
		const {id} = await client.files.create({
			file: await file(), purpose: "user_data"});
		const owner = fake.requests.at(-1).key;

		for (let i = 0; i < 3; i++) {
			const form = new FormData();

			form.set("file", id);
			form.set("model", i === 0 ? SCRIBE : MODEL);
			const res = await fetch(
				`${stack.url}/v1/audio/transcriptions`,
				{method: "POST", headers: bearer(), body: form});

			assert.equal(res.status, 200, await res.clone().text());
			assert.equal((await res.json()).text, TEXT);
			assert.equal(fake.requests.at(-1).key, owner);
			assert.match(fake.requests.at(-1).body, /fileUri/);
		}
	});

	it("refuses what makes no sense, and names it", async () => {
		const png = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");

		for (const [more, param] of [
			[{file: await file(png, "a.mp3")}, "file"],
			[{file: await file(Buffer.from("hm"), "a.doc")}, "file"],
			[{file: await file(Buffer.alloc(0))}, "file"],
			[{response_format: "xml"}, "response_format"],
			[{temperature: 1.5}, "temperature"],
			[{language: "d"}, "language"],
			[{model: "a b"}, "model"],
			[{response_format: "srt", stream: true}, "stream"],
			[{timestamp_granularities: ["line"]},
			 "timestamp_granularities"],
		]) {
			const e = await fails(create(more));

			assert.equal(e.status, 400, param);
			assert.equal(e.param, param);
		}
		const {status, json} = await ask(
			`${stack.url}/v1/audio/transcriptions`, {
				headers: bearer(), body: {model: "whisper-1"}});
		assert.equal(status, 400);
		assert.match(json.error.message, /form/);
		assert.equal(fake.requests.length, 0);
	});

	it("refuses a recording that Google does not take inline", async () => {
		const e = await fails(create({
			file: await file(Buffer.alloc((70 << 20) + 1, "ID3"),
					 "long.mp3")}));

		assert.equal(e.status, 413);
		assert.equal(e.param, "file");
		assert.match(e.message, /\/v1\/files/);
	});

	it("cancels when the client hangs up", async () => {
		fake.setDefault("*", {hang: "reply"});
		const gone = new AbortController();
		const asked = fails(client.audio.transcriptions.create(
			{file: await file(), model: "whisper-1"},
			{signal: gone.signal}));

		await fake.waitFor(() => fake.requests.length === 1);
		gone.abort();
		await asked;
		await fake.requests[0].closed;
		assert.ok(fake.requests[0].aborted);
	});
});
