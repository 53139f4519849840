/*
 * pacing.test.mjs: the stream optimizer: text of streams in portions, for
 * every dialect, in order, with nothing lost; and nobody waits for who has
 * hung up.  How long it takes is test_pacing.c's.
 */
import assert from "node:assert/strict";
import {after, before, beforeEach, describe, it} from "node:test";

import {ask, bearer, chat, MODEL, startFake, startStack, Steps, stream,
	userSays, withStack} from "./harness.mjs";
import {faultsOf} from "./validate.mjs";

const NATIVE = `/v1beta/models/${MODEL}:streamGenerateContent`;
const SSE = `${NATIVE}?alt=sse`;
const FAMILY = "👨‍👩‍👧";
const LONG = `${FAMILY} says: é, 東京, a "quoted" word\nand a second line, too.`;
const says = {parts: [{text: LONG}]};
const streamed = {stream: true};

let fake;

before(async () => {
	fake = await startFake();
});
beforeEach(() => fake.reset());
after(() => fake?.close());

const stackOf = (options) => withStack(() => fake, options);

/* Each dialect: where, what, and the text and thought of an event. */
const DIALECTS = {
	"chat.completions": {
		path: "/v1/chat/completions", body: chat("x", streamed),
		text: (e) => e.choices?.[0]?.delta.content,
		thought: (e) => e.choices?.[0]?.delta.reasoning_content,
		call: (e) => e.choices?.[0]?.delta.tool_calls,
	},
	"responses": {
		path: "/v1/responses",
		body: {model: MODEL, input: "x", ...streamed},
		text: (e) => e.type === "response.output_text.delta" &&
			e.delta,
		thought: (e) => e.type ===
			"response.reasoning_summary_text.delta" && e.delta,
		call: (e) => e.type ===
			"response.function_call_arguments.done",
	},
	"messages": {
		path: "/v1/messages",
		body: {model: MODEL, max_tokens: 2000, ...streamed,
		       thinking: {type: "enabled", budget_tokens: 1024},
		       messages: [{role: "user", content: "x"}]},
		text: (e) => e.delta?.text,
		thought: (e) => e.delta?.thinking,
		call: (e) => e.content_block?.type === "tool_use",
	},
	"Gemini": {
		path: SSE, body: userSays("x"),
		text: (e) => e.candidates?.[0].content?.parts
			.find((p) => !p.thought)?.text,
		thought: (e) => e.candidates?.[0].content?.parts
			.find((p) => p.thought)?.text,
		call: (e) => e.candidates?.[0].content?.parts
			.some((p) => p.functionCall),
	},
};

const parsed = (events) => events.filter((e) => e !== "[DONE]")
	.map((e) => JSON.parse(e));
const said = (events, text) => events.map(text).filter(Boolean);

describe("STREAM_OPTIMIZER_ENABLED", () => {
	const on = stackOf({env: {
		STREAM_OPTIMIZER_ENABLED: "true",
		STREAM_MIN_DELAY: "0.001",
		STREAM_MAX_DELAY: "0.002",
	}});
	const off = stackOf({});
	const fakes = stackOf({settings: {
		stream_optimizer_enabled: true, stream_min_delay: 0.001,
		fake_stream_enabled: true}});
	const get = async (held, {path, body}, check = true) => {
		const s = await stream(held.stack.url + path, {
			headers: bearer(), body});
		const events = await s.rest();

		if (check)
			assert.deepEqual(faultsOf({path: path.replace(/\?.*/,
				""), request: body, status: 200,
				type: s.res.headers["content-type"],
				text: s.text}), []);
		return parsed(events);
	};
	const characters = [...new Intl.Segmenter().segment(LONG)].length;

	for (const [name, d] of Object.entries(DIALECTS)) {
		const checked = name !== "Gemini";

		it(`${name}: text comes in portions`, async () => {
			fake.script("*", says, says);
			const some = said(await get(on, d, checked), d.text);
			const whole = said(await get(off, d, checked), d.text);

			assert.equal(some.join(""), LONG);
			assert.equal(some[0], `${FAMILY} say`);
			assert.equal(some.length, Math.ceil(characters / 5));
			assert.deepEqual(whole, [LONG]);
		});

		it(`${name}: so it does of a fake stream`, async () => {
			fake.script("*", says);
			const some = said(await get(fakes, d, checked), d.text);

			assert.equal(some.join(""), LONG);
			assert.equal(some.length, Math.ceil(characters / 5));
		});

		it(`${name}: thoughts, text and calls keep their order`,
		   async () => {
			const content = (...parts) => ({candidates: [{index: 0,
				content: {role: "model", parts}}]});
			const call = content({functionCall: {name: "f",
							     args: {a: 1}}});

			call.candidates[0].finishReason = "STOP";
			fake.script("*", {lax: true, events: [
				content({text: "Hmm.", thought: true}),
				content({text: "So then."}), call]});
			const events = await get(on, {...d, body: {...d.body,
				...(name === "chat.completions" ? {tools: [{
					type: "function",
					function: {name: "f"}}]} : {})}},
				false);
			const kinds = events.map((e) => d.thought(e) ? "t" :
				d.text(e) ? "x" : d.call(e) ? "c" : "");

			assert.equal(said(events, d.thought).join(""), "Hmm.");
			assert.equal(said(events, d.text).join(""), "So then.");
			assert.match(kinds.join(""), /^t{4}x{8}c+$/);
		});
	}

	it("a native event has all but the text once, at the end", async () => {
		fake.script("*", says);
		const events = await get(on, DIALECTS.Gemini, false);
		const last = events.at(-1);

		assert.equal(last.candidates[0].finishReason, "STOP");
		assert.ok(last.usageMetadata.totalTokenCount > 0);
		for (const e of events.slice(0, -1)) {
			assert.equal(e.candidates[0].finishReason, undefined);
			assert.equal(e.usageMetadata, undefined);
			assert.equal(e.candidates[0].content.role, "model");
			assert.equal(e.responseId, last.responseId);
		}
	});

	it("a native stream without alt=sse stays one array", async () => {
		for (const held of [on, fakes]) {
			fake.script("*", says);
			const r = await ask(held.stack.url + NATIVE, {
				headers: bearer(), body: userSays("x")});

			assert.equal(r.json.length, Math.ceil(characters / 5));
			assert.equal(said(r.json, DIALECTS.Gemini.text)
				.join(""), LONG);
		}
	});

	it("what came of a stream that breaks is told, and the error after it",
	   async () => {
		for (const d of Object.values(DIALECTS)) {
			const steps = new Steps();

			fake.script("*", {events: [{candidates: [{content: {
				role: "model", parts: [{text: LONG}]}}]}],
				gate: steps.gate,
				fail: {after: 1, form: "data",
				       error: "internal"}});
			const s = await stream(on.stack.url + d.path, {
				headers: bearer(), body: d.body});
			steps.allow(0);
			const first = await s.next();
			steps.allow(1);
			const events = parsed([first, ...await s.rest()]);

			assert.equal(said(events, d.text).join(""), LONG);
			assert.ok(events.some((e) => e.error ||
				e.response?.error), JSON.stringify(events));
		}
	});

	it("several answers have a pace each", async () => {
		fake.script("*", says, says);
		const events = await get(on, {path: "/v1/chat/completions",
			body: chat("x", {...streamed, n: 2})});

		for (const index of [0, 1])
			assert.equal(events.flatMap((e) => e.choices)
				.filter((c) => c.index === index)
				.map((c) => c.delta.content ?? "").join(""),
				LONG);
	});

	it("what waits leaves though Google says nothing more",
	   {timeout: 60000}, async () => {
		const steps = new Steps();

		fake.script("*", {parts: [{text: "abcde"}, {text: "."}],
				  gate: steps.gate});
		const s = await stream(on.stack.url + "/v1/chat/completions", {
			headers: bearer(), body: chat("x", streamed)});
		let text = "";

		steps.allow(0);
		while (text !== "abcde")
			text += JSON.parse(await s.next()).choices[0].delta
				.content ?? "";
		assert.equal(s.comments.length, 0);
		steps.allow(9);
		assert.ok((await s.rest()).includes("[DONE]"));
	});

	it("Google is read on while the client waits", async () => {
		const slow = await startStack(fake, {env: {
			STREAM_OPTIMIZER_ENABLED: "true",
			STREAM_MAX_DELAY: "1"}});
		const steps = new Steps();

		try {
			fake.script("*", {parts: [{text: "abcdefghi"},
						  {text: "jkl"}],
					  gate: steps.gate});
			const s = await stream(slow.url +
				"/v1/chat/completions", {headers: bearer(),
							 body: chat("x",
								streamed)});
			let text = "";

			steps.allow(9);
			/* Google has ended: seconds of text are still here */
			while (!text.includes("a"))
				text += await s.next();
			await slow.until(() => fake.requests.at(-1).done);
			assert.ok(!s.text.includes('"c"'), s.text);
			s.hangUp();
			const [row] = await slow.journal(1);
			assert.equal(row.hung_up, 1);
			assert.equal(row.status, 499);
			assert.ok(row.completion_tokens > 0);
		} finally {
			await slow.stop();
		}
	});
});

/* Text that waits when Google has ended: the client is looked for meanwhile,
 * and each server shows it in its own way. */
describe("paced to the end", () => {
	for (const options of [
		{way: "managed"}, {way: "mounted", mount: "/gbalance"},
		{way: "daemon", tcp: true}, {way: "cgi", mount: "/gbalance"},
		{server: "apache", way: "proxy", mount: "/gbalance"},
		{server: "apache", way: "fcgid", mount: "/gbalance"},
		{server: "apache", way: "cgi", mount: "/gbalance"},
		{server: "htaccess", way: "cgi", mount: "/~me/gb"},
		{server: "nginx", way: "daemon"}])
		it(`${options.server ?? "lighttpd"} ${options.way}`,
		   async () => {
			const stack = await startStack(fake, {...options,
				settings: {stream_optimizer_enabled: true,
					   stream_min_delay: 0.02}});

			try {
				const {path, body, text} =
					DIALECTS["chat.completions"];

				fake.script("*", says);
				const events = parsed(await (await stream(
					stack.url + path, {headers: bearer(),
							   body})).rest());
				assert.equal(said(events, text).join(""), LONG);
				const [row] = await stack.journal(1);
				assert.equal(row.hung_up, 0);
			} finally {
				await stack.stop();
			}
		});
});
