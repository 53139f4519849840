/*
 * playground.test.mjs: the page that tries a model, with any key and with one.
 */
import assert from "node:assert/strict";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {ask, KEYS, startFake, startStack, Steps, stream} from "./harness.mjs";

const ADMIN = "gb-admin-token-for-the-tests";
const FORM = {"content-type": "application/x-www-form-urlencoded"};
const PAGE = "/admin/playground";

let fake, stack, cookie, csrf;

before(async () => {
	fake = await startFake();
	stack = await startStack(fake, {settings: {auth_token: ADMIN}});
	const r = await ask(`${stack.url}/admin/login`, {
		headers: FORM, body: `auth_token=${ADMIN}`});
	cookie = r.headers["set-cookie"][0].split(";")[0];
	csrf = /name="csrf" value="([0-9a-f]{64})"/.exec(
		(await page(PAGE)).text)[1];
});
beforeEach(() => fake.reset());
afterEach(() => stack.check());
after(async () => {
	await stack?.stop();
	await fake?.close();
});

const page = (where) => ask(stack.url + where, {headers: {cookie}});
const body = (fields) => new URLSearchParams({csrf, model: "gemini-3.8-flash",
	prompt: "Hello", ...fields}).toString();
const play = (fields = {}) => ask(stack.url + PAGE, {
	headers: {...FORM, cookie}, body: body(fields)});
const open = (fields = {}) => stream(`${stack.url}${PAGE}/stream`, {
	method: "POST", headers: {...FORM, cookie}, body: body(fields)});
const fact = (text, name) => new RegExp(
	`data-fact="${name}">([^<]*)<`).exec(text)[1];
const last = (events) => JSON.parse(events.at(-1));

describe("playground", () => {
	it("asks, and says who served it", async () => {
		fake.setDefault("*", {text: "Good <b>day</b>",
				      thought: "hm & so"});
		const r = await play();

		assert.equal(r.status, 200);
		assert.match(r.text, />Good &lt;b&gt;day&lt;\/b&gt;</);
		assert.match(r.text, />hm &amp; so</);
		assert.match(fact(r.text, "key"), /^A[\w.]{1,5}….{4} \(\d\)$/);
		assert.match(fact(r.text, "first_byte"), /^\d+ ms$/);
		assert.equal(fact(r.text, "attempts"), "1");
		const [row] = await stack.journal(1, "endpoint = 'playground'");
		assert.deepEqual([row.status, row.token, row.model, row.stream],
				 [200, "", "gemini-3.8-flash", 0]);
	});

	it("streams, and says it at the end", async () => {
		const steps = new Steps();

		fake.setDefault("*", {words: ["one ", "two"],
				      gate: steps.gate});
		const events = await open();
		assert.equal(events.res.headers["cache-control"], "no-cache");
		steps.allow(0);
		await events.next();	/* the role */
		const first = JSON.parse(await events.next());
		assert.equal(first.choices[0].delta.content, "one ",
			     "before the second was there");
		steps.allow(9);
		const rest = await events.rest();
		assert.match(rest.join(), /two/);
		assert.equal(rest.at(-2), "[DONE]");
		const end = last(rest);
		assert.match(end.key, /…/);
		assert.equal(end.attempts, 1);
		assert.equal(end.error, "");
		assert.ok(end.first_byte_ms >= 0 &&
			  end.first_byte_ms <= end.total_ms);
	});

	it("takes one key and no other", async () => {
		const rows = await stack.sql("SELECT id, secret FROM keys");

		for (const {id, secret} of [...rows, ...rows]) {
			fake.reset();
			const end = last(await (await open({key: id})).rest());
			assert.match(end.key, new RegExp(` \\(${id}\\)$`));
			assert.deepEqual(fake.requests.map((r) => r.key),
					 [secret]);
		}
	});

	it("says why that key does not do it, and asks no other", async () => {
		const [{id}] = await stack.sql("SELECT min(id) AS id FROM keys");

		fake.setDefault(KEYS[0], {error: "quota_minute"});
		const end = last(await (await open({key: id})).rest());
		assert.equal(end.status, 429);
		assert.notEqual(end.error, "");
		assert.equal(fake.requests.length, 1);
		const again = await play({key: id});
		assert.match(again.text, /key that was chosen is resting/);
		assert.equal(fake.requests.length, 1, "it rests");
		assert.doesNotMatch(again.text, /id="play_answer"[^>]*>[^<]/);
		await stack.sql("UPDATE keys SET ready_at = 0; " +
				"DELETE FROM key_models");
	});

	it("a stream that fails says so as an event", async () => {
		fake.setDefault("*", {error: "invalid_argument"});
		const events = await (await open()).rest();
		assert.equal(last(events).status, 400);
		assert.match(last(events).error, /\w/);
		const bad = last(await (await open({
			model: "no such model"})).rest());
		assert.ok(bad.status >= 400, JSON.stringify(bad));
	});

	it("refuses what it cannot ask", async () => {
		const wrong = [
			[{model: ""}, /name of a model/],
			[{model: "m".repeat(129)}, /name of a model/],
			[{prompt: ""}, /Enter a message/],
			[{key: "999"}, /no key with this id/],
			[{key: "-1"}, /no key with this id/],
			[{key: "x"}, /no key with this id/],
			[{output: "0"}, /whole number from 1/],
			[{output: "1.5"}, /whole number from 1/],
			[{temperature: "3"}, /number from 0 to 2/],
			[{temperature: "nan"}, /number from 0 to 2/],
			[{temperature: "1x"}, /number from 0 to 2/],
		];

		for (const [fields, words] of wrong) {
			for (const where of [PAGE, `${PAGE}/stream`]) {
				const r = await ask(stack.url + where, {
					headers: {...FORM, cookie},
					body: body(fields)});
				assert.equal(r.status, 400,
					     JSON.stringify(fields));
				assert.match(r.text, words);
			}
		}
		assert.equal(fake.requests.length, 0);
		assert.equal((await ask(stack.url + PAGE, {
			headers: {...FORM, cookie}, body: "prompt=a&model=b"}))
			.status, 403, "no CSRF token");
	});

	it("sends the settings, and shows markup as text", async () => {
		const evil = `"><script>alert(1)</script>`;
		const r = await play({prompt: evil, system: `</textarea>${evil}`,
			model: "gemini-2.5-flash", temperature: "0.5",
			output: "77"});
		const json = JSON.parse(fake.requests.at(-1).body);

		assert.equal(json.contents[0].parts[0].text, evil);
		assert.equal(json.generationConfig.temperature, 0.5);
		assert.equal(json.generationConfig.maxOutputTokens, 77);
		assert.doesNotMatch(r.text, /<script>/);
		const model = await play({model: evil, key: evil});
		assert.doesNotMatch(model.text, /<script>/);
		const query = await page(`${PAGE}?model=${encodeURIComponent(
			evil)}&prompt=${encodeURIComponent(evil)}&key=2`);
		assert.doesNotMatch(query.text, /<script>/);
		assert.match(query.text, /<option value="2" selected ?>/);
	});

	it("asks for an id where there are many keys", async () => {
		await stack.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL " +
			"SELECT i + 1 FROM n WHERE i < 100) INSERT INTO keys " +
			"(pool, secret, created_at) SELECT 0, 'AIzaSyFake-many-' " +
			"|| printf('%020d', i), 0 FROM n");
		const r = await page(`${PAGE}?key=7`);
		assert.match(r.text, /<input id="play_key" name="key" value="7"/);
		assert.doesNotMatch(r.text, /<select/);
	});
});
