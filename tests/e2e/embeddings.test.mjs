/*
 * embeddings.test.mjs: OpenAI's embeddings, with the official client
 *
 * cites 6.1 embeddings batches
 * cites 6.1 embeddings usage
 */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import OpenAI from "openai";

import {vectorFor} from "../fake/answer.mjs";
import {ask, bearer, KEYS, startFake, startStack, TOKEN} from "./harness.mjs";
import {Watch} from "./validate.mjs";

const OLD = "gemini-embedding-001";
const NEW = "gemini-embedding-2";
const ALIAS = "text-embedding-3-small";
const AT_ONCE = 4;	/* batches */

const norm = (vector) => Math.hypot(...vector);
/* What the fake makes of a text. */
const vector = (text, model = OLD, size = undefined) => vectorFor({
	content: {parts: [{text}]}, outputDimensionality: size}, model).values;
const many = (count) => Array.from({length: count}, (_, i) => `text ${i}`);
const tokensOf = (texts) => texts.reduce((sum, text) =>
	sum + Math.ceil(Buffer.byteLength(text) / 4), 0);

describe("embeddings", () => {
	const watch = new Watch();
	let fake, stack, client, seen;

	before(async () => {
		fake = await startFake();
		stack = await startStack(fake, {
			env: {MODEL_ALIASES: JSON.stringify({[ALIAS]: OLD})}});
		client = new OpenAI({apiKey: TOKEN, maxRetries: 0,
				     fetch: watch.fetch,
				     baseURL: `${stack.url}/v1`});
	});
	after(async () => {
		await stack.stop();
		await fake.close();
	});
	beforeEach(async () => {
		fake.reset();
		await stack.sql("UPDATE keys SET disabled_by = 0, " +
			"ready_at = 0, failures = 0; DELETE FROM key_models");
		seen = (await stack.sql("SELECT max(id) AS id FROM " +
					"requests"))[0].id ?? 0;
	});
	afterEach(async () => {
		const lines = await watch.settle();

		assert.deepEqual(lines, []);
		await stack.check();
	});

	const create = (input, more) =>
		client.embeddings.create({model: OLD, input, ...more});
	const sent = (i = 0) => JSON.parse(fake.requests[i].body);
	const textsOf = (record) => JSON.parse(record.body).requests.map((r) =>
		r.content.parts[0].text);
	const fails = async (promise) => {
		try {
			await promise;
		} catch (e) {
			return e;
		}
		assert.fail("no error");
	};
	const row = async () => {
		const rows = await stack.journal(1, `id > ${seen}`);

		assert.equal(rows.length, 1);
		return rows[0];
	};

	it("are base64 for who does not say, and the same numbers", async () => {
		const whole = await create("Hello");

		assert.deepEqual(Array.from(whole.data[0].embedding),
				 vector("Hello"));
		assert.equal(whole.model, OLD);
		assert.deepEqual(whole.usage,
				 {prompt_tokens: 2, total_tokens: 2});
		assert.equal(fake.requests[0].pathname,
			     `/v1beta/models/${OLD}:batchEmbedContents`);
		assert.deepEqual(sent(), {requests: [{
			model: `models/${OLD}`,
			content: {parts: [{text: "Hello"}]}}]});
	});

	it("are numbers for who wants them", async () => {
		const {data} = await create(["a", "b"], {
			encoding_format: "float", model: NEW});

		assert.deepEqual(data.map((d) => d.embedding.map(Math.fround)),
				 [vector("a", NEW), vector("b", NEW)]);
		/* The shortest digits: fewer than a double's. */
		assert.ok(JSON.stringify(data[0].embedding).length <
			  13 * data[0].embedding.length);
	});

	for (const encoding_format of ["float", "base64"])
		it(`have length 1, also when short, as ${encoding_format}`,
			async () => {
			for (const model of [OLD, NEW]) {
				const {data} = await ask(
					`${stack.url}/v1/embeddings`, {
					headers: bearer(),
					body: {model, input: "a",
					       dimensions: 768,
					       encoding_format}}).then(
					(r) => r.json);
				const e = data[0].embedding;
				const bytes = Buffer.from(String(e), "base64");
				const have = encoding_format === "float" ? e :
					new Float32Array(bytes.buffer,
						bytes.byteOffset,
						bytes.length / 4);

				assert.equal(have.length, 768);
				assert.ok(Math.abs(norm(have) - 1) < 1e-5,
					  `${norm(have)}`);
			}
			assert.ok(norm(vector("a", OLD, 768)) < 0.9);
		});

	it("take Google's own fields where the model has them", async () => {
		const google = {task_type: "RETRIEVAL_DOCUMENT", title: "T"};
		const old = await create("a", {extra_body: {google}})
			.withResponse();
		const young = await create("a", {model: NEW,
						 extra_body: {google}})
			.withResponse();

		assert.equal(sent().requests[0].taskType, "RETRIEVAL_DOCUMENT");
		assert.equal(sent().requests[0].title, "T");
		assert.equal(sent(1).requests[0].taskType, undefined);
		assert.equal(old.response.headers.get("x-gbalance-dropped"),
			     null);
		assert.equal(young.response.headers.get("x-gbalance-dropped"),
			     "task_type, title");
	});

	it("know OpenAI's names by an alias only", async () => {
		const {model, data} = await create("a", {model: ALIAS});

		assert.equal(model, ALIAS);
		assert.deepEqual(Array.from(data[0].embedding), vector("a"));
		const e = await fails(create("a", {
			model: "text-embedding-3-large"}));
		assert.equal(e.status, 404);
		assert.equal(e.code, "model_not_found");
	});

	it("are below all prefixes of OpenAI's", async () => {
		for (const prefix of ["/v1", "/hf/v1", "/openai/v1"]) {
			const r = await ask(`${stack.url}${prefix}/embeddings`,
				{headers: bearer(),
				 body: {model: OLD, input: "a"}});

			assert.equal(r.status, 200, r.text);
		}
		const r = await ask(`${stack.url}/v1/embeddings`,
				    {headers: bearer("wrong"),
				     body: {model: OLD, input: "a"}});
		assert.equal(r.status, 401);
		const s = await ask(`${stack.url}/v1/embeddings`,
				    {headers: bearer()});
		assert.equal(s.status, 405);
	});

	it("of 1,000 texts are 10 batches, 4 at once, in order", async () => {
		const texts = many(1000);
		let now = 0, most = 0, release;
		const four = new Promise((resolve) => release = resolve);
		/* Later batches answer first. */
		fake.decide = () => ({hold: async (record) => {
			most = Math.max(most, ++now);
			if (now === AT_ONCE)
				release();
			await four;
			if (textsOf(record)[0] === "text 0")
				await new Promise((done) =>
					setTimeout(done, 50));
			now--;
		}});
		const {data, usage} = await create(texts);

		assert.equal(most, AT_ONCE);
		assert.deepEqual(fake.requests.map((r) => textsOf(r).length),
				 Array(10).fill(100));
		assert.deepEqual(data.map((d) => d.index),
				 texts.map((_, i) => i));
		for (const i of [0, 99, 100, 101, 555, 999])
			assert.deepEqual(Array.from(data[i].embedding),
					 vector(texts[i]));
		assert.equal(usage.prompt_tokens, tokensOf(texts));
		const journal = await row();
		assert.equal(journal.endpoint, "embeddings");
		assert.equal(journal.model, OLD);
		assert.equal(journal.status, 200);
		assert.equal(journal.attempts, 10);
		assert.equal(journal.prompt_tokens, tokensOf(texts));
		assert.equal(journal.completion_tokens, 0);
	});

	it("of several batches begin with a key each", async () => {
		await create(many(250));
		assert.deepEqual(fake.requests.map((r) => r.key).sort(),
				 [...KEYS].sort());
	});

	it("may be 2,048, and no more", async () => {
		const {data} = await create(many(2048), {dimensions: 8});

		assert.equal(data.length, 2048);
		assert.equal(fake.requests.length, 21);
		const e = await fails(create(many(2049)));
		assert.equal(e.status, 400);
		assert.equal(e.param, "input");
	});

	for (const [what, script] of [
		["an overloaded key", {error: "overloaded"}],
		["a key whose quota is used up", {error: "quota_day"}],
		["a dead key", {error: "key_invalid"}],
		["an answer that is cut off", {cut: {at: 30000, how: "reset"}}],
		["an answer that ends too early", {respond: {status: 200,
			body: "{\"embeddings\":[{\"values\":[1,2"}}],
		["too few vectors", {respond: {status: 200,
			body: "{\"embeddings\":[{\"values\":[1,2]}]}"}}],
		["rubbish", {garbage: true}],
		["nothing", {empty: true}],
	])
		it(`try another key after ${what}`, async () => {
			fake.script("*", script);
			const {data} = await create(many(250));

			for (const i of [0, 100, 249])
				assert.deepEqual(Array.from(data[i].embedding),
						 vector(`text ${i}`));
			assert.equal(fake.requests.length, 4);
			const journal = await row();
			assert.equal(journal.attempts, 4);
			assert.equal(journal.prompt_tokens,
				     tokensOf(many(250)));
			assert.equal((await stack.sql("SELECT * FROM attempts " +
				"WHERE request_id = " +
				`'${journal.request_id}'`)).length, 1);
		});

	it("fail when one batch does for good, and stop the others", async () => {
		fake.decide = ({body}) =>
			JSON.parse(body).requests[0].content.parts[0].text ===
			"text 100" ? {error: "invalid_argument"} :
			{hang: "reply"};
		const e = await fails(create(many(1000)));

		assert.equal(e.status, 400);
		assert.equal(e.type, "invalid_request_error");
		await Promise.all(fake.requests.map((r) => r.closed));
		assert.ok(fake.requests.length <= AT_ONCE);
		assert.equal((await row()).status, 400);
	});

	it("tell when all keys rest", async () => {
		fake.setDefault("*", {error: "quota_minute"});
		const e = await fails(create(many(250)));

		assert.equal(e.status, 429);
		assert.ok(Number(e.headers.get("retry-after")) > 0);
	});

	it("take no answer of upstream's above MAX_REPLY", async () => {
		const small = await startStack(fake, {
			settings: {max_reply: "100K"}});
		const post = (more) => ask(`${small.url}/v1/embeddings`, {
			headers: bearer(),
			body: {model: OLD, input: many(10), ...more}});

		assert.equal((await post({dimensions: 8})).status, 200);
		assert.equal((await post()).status, 502);
		await small.stop();
	});

	it("refuse what makes no sense, and name it", async () => {
		for (const [body, param] of [
			[{input: ""}, "input"],
			[{input: []}, "input"],
			[{input: ["a", "b", "c", ""]}, "input[3]"],
			[{input: [1, 2, 3]}, "input[0]"],
			[{input: [[1, 2], [3]]}, "input[0]"],
			[{input: "a", dimensions: 0}, "dimensions"],
			[{input: "a", dimensions: "8"}, "dimensions"],
			[{input: "a", encoding_format: "int8"},
			 "encoding_format"],
			[{input: "a", model: "a/b"}, "model"],
			[{input: "a", model: null}, "model"],
		]) {
			const e = await fails(create(null, body));

			assert.equal(e.status, 400);
			assert.equal(e.param, param);
		}
		assert.equal(fake.requests.length, 0);
	});

	it("are cancelled when the client hangs up", async () => {
		fake.setDefault("*", {hang: "reply"});
		const gone = new AbortController();
		const asked = fails(client.embeddings.create(
			{model: OLD, input: many(1000)},
			{signal: gone.signal}));

		await fake.waitFor(() => fake.requests.length === AT_ONCE);
		gone.abort();
		await asked;
		await Promise.all(fake.requests.map((r) => r.closed));
		assert.equal(fake.requests.length, AT_ONCE);
		assert.equal((await row()).status, 499);
	});
});
