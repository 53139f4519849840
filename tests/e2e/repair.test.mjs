/*
 * repair.test.mjs: refusals that tell the way out.  The request is mended and
 * sent once more on the same key; that costs no key a count and no retry.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {ask, bearer, chat, MODEL, startFake, startStack, stream, userSays}
	from "./harness.mjs";

const DUMMY = "skip_thought_signature_validator";
const SCHEMA = {type: "object", properties: {a: {type: "string"}},
		required: ["a"], additionalProperties: false};
const TOOLS = [{type: "function", function: {
	name: "look", parameters: SCHEMA}}];
const OUTPUT = {type: "json_schema", json_schema: {
	name: "n", strict: true, schema: SCHEMA}};
const LOOKED = [
	{role: "user", content: "look"},
	{role: "assistant", tool_calls: [{
		id: "c1", type: "function",
		function: {name: "look", arguments: "{\"a\":\"b\"}"},
	}]},
	{role: "tool", tool_call_id: "c1", content: "seen"},
];

let fake, stack, seen = 0;

before(async () => {
	fake = await startFake();
	/* Not one retry: a repair is none. */
	stack = await startStack(fake, {
		settings: {max_retries: 0},
		env: {MODEL_FACTS: '{"gemini-3.6-flash":"penalties=yes"}'},
	});
});
beforeEach(async () => {
	fake.reset();
	seen = (await stack.sql("SELECT max(id) AS id FROM requests"))[0].id ??
	       0;
});
afterEach(() => stack.check());
after(async () => {
	await stack?.stop();
	await fake?.close();
});

const complete = (more) => ask(`${stack.url}/v1/chat/completions`, {
	headers: bearer(), body: chat("hello", more)});
const sent = () => fake.requests.map((r) => JSON.parse(r.body));
const keysUsed = () => fake.requests.map((r) => r.headers["x-goog-api-key"]);
const declaration = (body) => body.tools[0].functionDeclarations[0];
const config = (body) => body.generationConfig;
const system = (body) => body.systemInstruction.parts.at(-1).text;
const call = (body) => body.contents[1].parts[0];

/* One row with all attempts, the failed ones by themselves, and no key that is
 * worse off. */
async function assertJournal(r, failed, status = 200)
{
	const rows = await stack.journal(1, `id > ${seen}`);
	assert.equal(rows.length, 1, JSON.stringify(rows));
	assert.equal(rows[0].attempts, failed + (status === 200 ? 1 : 0));
	assert.equal(rows[0].status, status);
	const attempts = await stack.sql("SELECT * FROM attempts WHERE " +
		`request_id = '${r.headers["x-request-id"]}'`);
	assert.equal(attempts.length, failed, JSON.stringify(attempts));
	for (const a of attempts)
		assert.equal(a.key_id, rows[0].key_id);
	const hurt = await stack.sql("SELECT * FROM keys WHERE disabled_by " +
		"<> 0 OR failures <> 0 OR ready_at <> 0");
	assert.deepEqual(hurt, []);
	assert.deepEqual(await stack.sql("SELECT * FROM key_models"), []);
}

/* name: {more: of the request, refusals: of the fake's, changed(first, last):
 * what is looked at, dropped: what the client is told} */
const MENDED = {
	"a schema in the other form, said of a keyword": {
		more: {tools: TOOLS},
		refusals: ["schema_keyword"],
		dropped: "parameters.additionalProperties",
		changed: (first, last) => {
			assert.deepEqual(declaration(first)
				.parametersJsonSchema, SCHEMA);
			const {additionalProperties, ...rest} = SCHEMA;
			assert.equal(additionalProperties, false);
			assert.deepEqual(declaration(last),
				{name: "look", parameters: rest});
		},
	},
	"a schema in the other form, said of the field": {
		more: {tools: TOOLS},
		refusals: ["schema_field"],
		dropped: "parameters.additionalProperties",
		changed: (first, last) => {
			assert.ok(declaration(last).parameters);
		},
	},
	"a schema in the other form, then in words": {
		more: {response_format: OUTPUT},
		refusals: ["output_schema_field", "output_schema_field"],
		changed: (first, last) => {
			const [, second] = sent();
			assert.ok(config(first).responseJsonSchema);
			assert.ok(config(second).responseSchema);
			assert.deepEqual(config(last),
				{responseMimeType: "application/json"});
			assert.match(system(last), /JSON Schema: \{"type"/);
		},
	},
	"a schema with too many states, in words": {
		more: {response_format: OUTPUT},
		refusals: ["too_many_states"],
		changed: (first, last) => {
			assert.deepEqual(config(last),
				{responseMimeType: "application/json"});
			assert.match(system(last), /JSON Schema: \{"type"/);
		},
	},
	"JSON beside tools": {
		more: {tools: TOOLS, response_format: OUTPUT},
		refusals: ["json_beside_tools"],
		changed: (first, last) => {
			assert.ok(config(first).responseMimeType);
			assert.equal(config(last), undefined);
			assert.match(system(last), /JSON Schema: \{"type"/);
			assert.ok(declaration(last));
		},
	},
	"no JSON at all": {
		more: {response_format: {type: "json_object"}},
		refusals: ["no_json"],
		changed: (first, last) => {
			assert.equal(config(last), undefined);
			assert.match(system(last), /Answer with JSON only/);
		},
	},
	"a thinking level": {
		more: {model: "gemini-3.5-flash", reasoning_effort: "medium"},
		refusals: ["thinking_level"],
		changed: (first, last) => {
			assert.equal(config(first).thinkingConfig.thinkingLevel,
				     "medium");
			assert.equal(config(last).thinkingConfig.thinkingLevel,
				     "low");
		},
	},
	"a thinking budget": {
		more: {model: "gemini-2.5-flash", reasoning_effort: "high"},
		refusals: ["thinking_budget"],
		dropped: "reasoning_effort",
		changed: (first, last) => {
			assert.equal(config(first).thinkingConfig
				.thinkingBudget, 24576);
			assert.equal(config(last), undefined);
		},
	},
	"a level, then thinking altogether": {
		more: {model: "gemini-3.5-flash", reasoning_effort: "medium"},
		refusals: ["thinking_level", "thinking_off"],
		dropped: "reasoning_effort",
		changed: (first, last) => {
			assert.equal(config(last), undefined);
		},
	},
	"penalties, of which an operator knew better": {
		more: {model: "gemini-3.6-flash", presence_penalty: 0.5},
		refusals: ["penalty"],
		dropped: "presence_penalty",
		changed: (first, last) => {
			assert.equal(config(first).presencePenalty, 0.5);
			assert.equal(config(last), undefined);
		},
	},
	"a call without a signature": {
		more: {model: "gemini-2.5-flash", messages: LOOKED,
		       tools: TOOLS},
		refusals: ["unsigned_call"],
		changed: (first, last) => {
			assert.equal(call(first).thoughtSignature, undefined);
			assert.equal(call(last).thoughtSignature, DUMMY);
		},
	},
	"a bad signature": {
		more: {messages: LOOKED.map((m) => m.tool_calls ?
			{...m, tool_calls: [{...m.tool_calls[0],
				extra_content: {google: {
					thought_signature: "QUJD"}}}]} : m),
		       tools: TOOLS},
		refusals: ["bad_signature"],
		changed: (first, last) => {
			assert.equal(call(first).thoughtSignature, "QUJD");
			assert.equal(call(last).thoughtSignature, DUMMY);
		},
	},
	"a system instruction": {
		more: {messages: [{role: "system", content: "be brief"},
				  {role: "user", content: "hello"}]},
		refusals: ["no_system"],
		changed: (first, last) => {
			assert.equal(system(first), "be brief");
			assert.equal(last.systemInstruction, undefined);
			assert.deepEqual(last.contents[0].parts.map(
				(p) => p.text), ["be brief", "hello"]);
		},
	},
	"search beside tools": {
		more: {tools: [...TOOLS, {type: "web_search"}]},
		refusals: ["search_beside_tools"],
		dropped: "tools.web_search",
		changed: (first, last) => {
			assert.equal(first.tools.length, 2);
			assert.equal(last.tools.length, 1);
		},
	},
	"a last turn of the model's": {
		more: {model: "gemini-2.5-flash", messages: [
			{role: "user", content: "hello"},
			{role: "assistant", content: "Well"}]},
		refusals: ["model_turn_last"],
		changed: (first, last) => {
			assert.equal(first.contents.at(-1).role, "model");
			assert.deepEqual(last.contents.at(-1),
				{role: "user", parts: [{text: "Continue."}]});
		},
	},
};

describe("mended on the same key:", () => {
	for (const [name, {more, refusals, dropped, changed}] of
	     Object.entries(MENDED))
		it(name, async () => {
			fake.script("*", ...refusals.map((error) => ({error})),
				    {text: "well", lax: true});
			const r = await complete(more);

			assert.equal(r.status, 200, r.text);
			assert.equal(r.json.choices[0].message.content, "well");
			const bodies = sent();
			assert.equal(bodies.length, refusals.length + 1);
			assert.equal(new Set(keysUsed()).size, 1);
			changed(bodies[0], bodies.at(-1));
			assert.equal(r.headers["x-gbalance-dropped"], dropped);
			await assertJournal(r, refusals.length);
		});
});

it("the mended request keeps to Google's rules", async () => {
	for (const error of ["schema_keyword", "output_schema_field"]) {
		fake.reset();
		fake.script("*", {error}, {text: "well"});
		const r = await complete(error === "schema_keyword" ?
			{tools: TOOLS} : {response_format: OUTPUT});

		assert.equal(r.status, 200, r.text);
		assert.equal(fake.requests.length, 2);
	}
});

it("an answer that ends for want of a signature", async () => {
	fake.script("*", {parts: [], finishReason: "MISSING_THOUGHT_SIGNATURE"},
		    {text: "well", lax: true});
	const r = await complete({model: "gemini-2.5-flash", messages: LOOKED,
				  tools: TOOLS});

	assert.equal(r.status, 200, r.text);
	assert.equal(r.json.choices[0].message.content, "well");
	assert.equal(new Set(keysUsed()).size, 1);
	assert.equal(call(sent()[1]).thoughtSignature, DUMMY);
	await assertJournal(r, 1);
});

it("a stream, refused by its status or by its first event", async () => {
	for (const refusal of [
		{error: "schema_keyword"},
		{fail: {after: 0, error: "schema_keyword"}},
	]) {
		fake.reset();
		fake.script("*", refusal, {words: ["we", "ll"]});
		const s = await stream(`${stack.url}/v1/chat/completions`, {
			headers: bearer(),
			body: chat("hello", {stream: true, tools: TOOLS})});
		const text = (await s.rest()).filter((e) => e !== "[DONE]")
			.map((e) => JSON.parse(e).choices[0].delta.content)
			.join("");

		assert.equal(text, "well");
		assert.equal(s.res.headers["x-gbalance-dropped"],
			     "parameters.additionalProperties");
		assert.equal(new Set(keysUsed()).size, 1);
		assert.equal(fake.requests.length, 2);
	}
});

it("the next request has the next key, as if nothing had been", async () => {
	fake.script("*", {error: "schema_keyword"}, {text: "well"},
		    {text: "well"}, {text: "well"}, {text: "well"});
	await complete({tools: TOOLS});
	for (let i = 0; i < 3; i++)
		await complete();
	const [a, again, b, c, d] = keysUsed();

	assert.equal(again, a);
	assert.equal(new Set([a, b, c]).size, 3);
	assert.equal(d, a);
});

it("a mended request goes on to another key as it is", async () => {
	fake.script("*", {error: "schema_keyword"}, {error: "key_invalid"},
		    {text: "well"});
	const r = await complete({tools: TOOLS});

	assert.equal(r.status, 200, r.text);
	assert.equal(new Set(keysUsed()).size, 2);
	assert.deepEqual(sent()[2], sent()[1]);
	await stack.sql("UPDATE keys SET disabled_by = 0, reason = ''");
});

it("each kind once, and then the refusal is the client's", async () => {
	fake.setDefault("*", {error: "schema_keyword"});
	const r = await complete({tools: TOOLS});

	assert.equal(r.status, 400);
	assert.match(r.json.error.message, /additionalProperties/);
	assert.equal(fake.requests.length, 2);
	await assertJournal(r, 2, 400);
});

it("what no one mends is not sent again", async () => {
	fake.setDefault("*", {error: "invalid_argument"});
	const r = await complete({tools: TOOLS, response_format: OUTPUT,
				  reasoning_effort: "low"});

	assert.equal(r.status, 400);
	assert.equal(fake.requests.length, 1);
	await assertJournal(r, 1, 400);
});

it("native requests are the client's own", async () => {
	fake.setDefault("*", {error: "schema_keyword"});
	const r = await ask(
		`${stack.url}/v1beta/models/${MODEL}:generateContent`, {
			headers: bearer(), body: {...userSays("hello"), tools: [
				{functionDeclarations: [{name: "look",
					parameters: SCHEMA}]}]}});

	assert.equal(r.status, 400);
	assert.equal(fake.requests.length, 1);
});

describe("strict", () => {
	let strict;

	before(async () => {
		strict = await startStack(fake, {settings: {strict: true}});
	});
	after(() => strict?.stop());

	it("nothing is dropped to mend a request", async () => {
		fake.setDefault("*", {error: "schema_keyword"});
		const r = await ask(`${strict.url}/v1/chat/completions`, {
			headers: bearer(), body: chat("x", {tools: TOOLS})});

		assert.equal(r.status, 400);
		assert.match(r.json.error.message, /additionalProperties/);
		assert.equal(fake.requests.length, 1);
	});
});
