/*
 * signatures.test.mjs: tool loops of Gemini 3 with a client that drops what it
 * does not know, thought signatures above all, over two instances that share a
 * database and answer in turn.  The fake takes no dummy here, and a signature
 * only with the call that it was issued for.
 */
import assert from "node:assert/strict";
import crypto from "node:crypto";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {ask, bearer, MODEL, startFake, startStack, stream}
	from "./harness.mjs";

const OTHER_TOKEN = "gb-another-token-for-the-tests";
const DUMMY = "skip_thought_signature_validator";
const REAL = {realSignatures: true};
const HOUR_MS = 3600000;
const OBJECT = {type: "object", properties: {}};
/* Gemini calls the last one _9_lives. */
const TOOLS = ["look", "read.file", "9 lives"].map((name) =>
	({type: "function", function: {name, parameters: OBJECT}}));

let fake, stacks, forgetting;

before(async () => {
	const common = {allowed_tokens: ["gb-user-token-for-the-tests",
					 OTHER_TOKEN]};

	fake = await startFake();
	const first = await startStack(fake, {settings: common});
	stacks = [first];
	stacks.push(await startStack(fake, {settings: {
		...common, sqlite_database: first.db}}));
	forgetting = await startStack(fake, {settings: {
		...common, sqlite_database: first.db, signatures_max: 0}});
});
beforeEach(() => {
	fake.reset();
	fake.setDefault("*", REAL);
});
afterEach(async () => {
	for (const stack of [...stacks, forgetting])
		await stack.check();
});
after(async () => {
	const faults = [];

	/* The one whose folder has the database goes last. */
	for (const stack of [...(stacks ?? []), forgetting].reverse())
		await stack?.stop().catch((e) => faults.push(e));
	await fake?.close();
	assert.deepEqual(faults, []);
});

/* --- a client with a bad memory ------------------------------------------- */

/* What it keeps of a message: the fields that OpenAI had in 2023. */
function remembered({content, tool_calls})
{
	return {
		role: "assistant",
		content: content ?? null,
		...(tool_calls?.length ? {
			tool_calls: tool_calls.map((c) => ({
				id: c.id,
				type: "function",
				function: {
					name: c.function.name,
					arguments: c.function.arguments,
				},
			})),
		} : {}),
	};
}

/* One message out of the events of a stream. */
async function assembled(events)
{
	const message = {content: null, tool_calls: []};

	for (const event of await events.rest()) {
		if (event === "[DONE]")
			continue;
		const {choices} = JSON.parse(event);
		const delta = choices[0]?.delta ?? {};

		if (delta.content)
			message.content = (message.content ?? "") +
				delta.content;
		for (const {index, id, function: f} of delta.tool_calls ?? []) {
			const call = message.tool_calls[index] ??= {id: "",
				function: {name: "", arguments: ""}};

			call.id += id ?? "";
			call.function.name += f?.name ?? "";
			call.function.arguments += f?.arguments ?? "";
		}
	}
	return message;
}

class Client {
	/* Options: model, streams, token, stacks (asked in turn), keeps (what
	 * it does remember of a message) */
	constructor(options = {})
	{
		Object.assign(this, {model: MODEL, streams: false, stacks,
				     keeps: remembered}, options);
		this.messages = [];
		this.asked = 0;
	}

	/* The next message of the model's; its tools' results are added. */
	async step(more = {})
	{
		const stack = this.stacks[this.asked++ % this.stacks.length];
		const url = `${stack.url}/v1/chat/completions`;
		const options = {
			headers: bearer(this.token),
			body: {model: this.model, messages: this.messages,
			       tools: TOOLS, stream: this.streams, ...more},
		};
		const message = this.streams ?
			await assembled(await stream(url, options)) :
			await this.whole(url, options);

		this.messages.push(this.keeps(message));
		for (const call of message.tool_calls ?? [])
			this.messages.push({role: "tool",
				tool_call_id: call.id, content: "done"});
		return message;
	}

	async whole(url, options)
	{
		const r = await ask(url, options);

		assert.equal(r.status, 200, r.text);
		return r.json.choices[0].message;
	}

	/* A whole turn: the user's text, then steps until there is an answer
	 * in words; the number of steps. */
	async turn(text)
	{
		this.messages.push({role: "user", content: text});
		for (let steps = 1;; steps++)
			if (!(await this.step()).tool_calls?.length)
				return steps;
	}
}

/* What the fake is to call, step for step; every step is checked. */
function plan(...steps)
{
	let n = 0;

	fake.script("*", ...steps.map((names) => ({
		...REAL,
		calls: names.map((name) => ({name, args: {n: n++, ä: "€"}})),
	})), {...REAL, text: "That is all."});
}

/* The calls' signatures of the last request, a list for each model content. */
function sent(record = fake.requests.at(-1))
{
	return JSON.parse(record.body).contents
		.filter((c) => c.role === "model")
		.map((c) => c.parts.filter((p) => p.functionCall)
			.map((p) => p.thoughtSignature))
		.filter((list) => list.length > 0);
}

const rows = () => stacks[0].sql("SELECT * FROM signatures");
const forget = () => stacks[0].sql("DELETE FROM signatures");

/* --- loops ---------------------------------------------------------------- */

describe("a loop over two instances", () => {
	for (const model of ["gemini-3-flash-preview",	/* gives no ids */
			     "gemini-3.1-pro-preview", "gemini-3.5-flash",
			     "gemini-3.8-flash", "gemini-flash-latest"])
		for (const streams of [false, true])
			it(`${model}, ${streams ? "streamed" : "whole"}`,
			   () => loop(model, streams));

	async function loop(model, streams)
	{
		const client = new Client({model, streams});

		plan(["look"], ["look", "read.file", "look"], ["look"],
		     ["_9_lives", "look"]);
		assert.equal(await client.turn("go"), 5);
		assert.equal(client.messages.at(-1).content, "That is all.");
		const lists = sent();
		assert.deepEqual(lists.map((l) => l.length), [1, 3, 1, 2]);
		for (const [first, ...siblings] of lists) {
			assert.ok(first && first !== DUMMY);
			for (const s of siblings)
				assert.equal(s, undefined);
		}
		assert.equal(new Set(lists.map((l) => l[0])).size, 4);
	}

	it("goes on for two dozen steps, after an older turn", async () => {
		const client = new Client();

		plan(["look"]);
		assert.equal(await client.turn("first"), 2);
		plan(...Array.from({length: 24}, () => ["look", "read.file"]));
		assert.equal(await client.turn("second"), 25);
		const lists = sent();
		assert.equal(lists.length, 25);
		assert.equal(lists[0][0], undefined,
			     "old turns need none, and get none");
		for (const [first, second] of lists.slice(1)) {
			assert.ok(first);
			assert.equal(second, undefined);
		}
	});

	it("while many others are at it", async () => {
		const clients = Array.from({length: 12}, (_, i) => new Client({
			streams: i % 2 === 1, asked: i}));

		/* By what it is asked: one of a few calls, or the end. */
		fake.decide = (record) => {
			const {contents} = JSON.parse(record.body);
			const steps = contents.filter((c) =>
				c.role === "model").length;
			const {text} = contents[0].parts[0];

			return steps === 4 ? {...REAL, text: "end"} : {
				...REAL,
				calls: [{name: "look", args: {text, steps}},
					{name: "look", args: {steps}}],
			};
		};
		const steps = await Promise.all(clients.map((c, i) =>
			c.turn(`client ${i}`)));
		assert.deepEqual(new Set(steps), new Set([5]));
	});
});

/* --- the edges ------------------------------------------------------------ */

/* A client after the first step of a turn: the model has called "look". */
async function afterOneCall(options)
{
	const client = new Client(options);

	fake.script("*", {parts: [{
		functionCall: {id: crypto.randomUUID(), name: "look", args: {}},
		thoughtSignature: "issue",
	}]});
	client.messages.push({role: "user", content: "go"});
	const {tool_calls: [call]} = await client.step();
	return {client, call, real:
		call.extra_content?.google.thought_signature};
}

describe("a signature", () => {
	beforeEach(() => {
		fake.setDefault("*", {text: "x"});	/* dummies will do */
		return forget();
	});

	it("is kept under a digest of its call alone", async () => {
		const {call, real} = await afterOneCall();
		const [row, ...others] = await rows();

		assert.equal(others.length, 0);
		assert.equal(row.signature, real);
		assert.ok(Math.abs(row.created_at - Date.now()) < HOUR_MS);
		const [{text}] = await stacks[0].sql("SELECT hex(call) AS " +
			"text FROM signatures");
		assert.equal(text.length, 32);
		assert.ok(!JSON.stringify(row).includes(call.id));
	});

	it("is not another client's", async () => {
		const {client, real} = await afterOneCall();

		client.token = OTHER_TOKEN;
		await client.step();
		assert.deepEqual(sent(), [[DUMMY]]);
		client.token = undefined;
		client.messages.pop();
		await client.step();
		assert.deepEqual(sent(), [[real]]);
	});

	it("is not another function's of the same id", async () => {
		const {client} = await afterOneCall();

		client.messages[1].tool_calls[0].function.name = "read.file";
		await client.step();
		assert.deepEqual(sent(), [[DUMMY]]);
	});

	it("of the client's own goes first", async () => {
		const {client, real} = await afterOneCall({keeps: (m) => m});

		await stacks[0].sql("UPDATE signatures SET signature = 'AAAA'");
		await client.step();
		assert.deepEqual(sent(), [[real]]);
	});

	it("that has expired is not used", async () => {
		const {client} = await afterOneCall();

		await stacks[0].sql("UPDATE signatures SET created_at = " +
			`${Date.now() - 24 * HOUR_MS - 1000}`);
		await client.step();
		assert.deepEqual(sent(), [[DUMMY]]);
	});

	it("is neither kept nor put back where none may be", async () => {
		const one = await afterOneCall({stacks: [forgetting]});

		assert.ok(one.real, "the client gets it all the same");
		assert.deepEqual(await rows(), []);
		const two = await afterOneCall();
		assert.equal((await rows()).length, 1);
		two.client.stacks = [forgetting];
		await two.client.step();
		assert.deepEqual(sent(), [[DUMMY]]);
	});

	it("is not kept of a model that needs none", async () => {
		const {client, real} = await afterOneCall({
			model: "gemini-2.5-flash"});

		assert.ok(real);
		assert.deepEqual(await rows(), []);
		await client.step();
		assert.deepEqual(sent(), [[undefined]]);
	});

	it("of an attempt that failed is not kept", async () => {
		fake.script("*", {
			calls: [{name: "look", args: {}}],
			finishReason: "MALFORMED_FUNCTION_CALL",
		});
		const {client, real} = await afterOneCall();

		assert.equal((await rows()).length, 1);
		await client.step();
		assert.deepEqual(sent(), [[real]]);
	});

	it("is one of the newest of its call", async () => {
		const call = {id: "function-call-1", name: "look", args: {}};
		const client = new Client();

		client.messages.push({role: "user", content: "go"});
		for (let i = 0; i < 3; i++) {
			fake.script("*", {calls: [call]});
			await client.step();
			client.messages.splice(1, 2 * (i < 2));
		}
		assert.equal((await rows()).length, 1);
		fake.script("*", REAL);
		await client.step();
		assert.deepEqual(sent(), [[(await rows())[0].signature]]);
	});

	it("that cannot be kept costs no request", async () => {
		await stacks[0].sql("ALTER TABLE signatures RENAME TO gone");
		try {
			const {client, real} = await afterOneCall();

			assert.ok(real);
			await client.step();
			assert.deepEqual(sent(), [[DUMMY]]);
		} finally {
			await stacks[0].sql("ALTER TABLE gone RENAME TO " +
					    "signatures");
		}
		assert.match(stacks[0].logs(), /thought signatures are lost/);
		const {client, real} = await afterOneCall();
		await client.step();
		assert.deepEqual(sent(), [[real]]);
	});
});
