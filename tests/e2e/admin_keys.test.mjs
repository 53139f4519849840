/*
 * admin_keys.test.mjs: the pages about keys without a browser, and the JSON
 * routes that scripts for Gemini Balance call (promises 1, 11).
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import {after, afterEach, before, beforeEach, describe, it} from "node:test";

import {ask, bearer, chat, KEYS, MODEL, startFake, startStack}
	from "./harness.mjs";

const ADMIN = "gb-admin-token-for-the-tests";
const FORM = {"content-type": "application/x-www-form-urlencoded"};
const mask = (key) => `${key.slice(0, 4)}…${key.slice(-4)}`;

let fake, stack, cookie, csrf;

before(async () => {
	fake = await startFake();
	stack = await startStack(fake, {settings: {auth_token: ADMIN}});
	const r = await ask(`${stack.url}/admin/login`, {headers: FORM,
		body: new URLSearchParams({auth_token: ADMIN}).toString()});

	cookie = r.headers["set-cookie"].find((c) =>
		c.startsWith("gb_session=")).split(";")[0];
	csrf = /name="csrf" value="([0-9a-f]{64})"/.exec(
		(await get("/admin/sessions")).text)[1];
});
beforeEach(async () => {
	fake.reset();
	await stack.tool("keys", "remove", "--all");
	await stack.tool("keys", "add", ...KEYS);
	await stack.sql("DELETE FROM key_events; DELETE FROM charges; " +
			"DELETE FROM breakers");
});
afterEach(() => stack.check());
after(async () => {
	await stack?.stop();
	await fake?.close();
});

const get = (where) => ask(stack.url + where, {headers: {cookie}});
const post = (where, fields) => ask(stack.url + where, {
	headers: {...FORM, cookie},
	body: new URLSearchParams([["csrf", csrf], ...fields]).toString(),
});
/* The page that a form leads to. */
async function submit(where, fields)
{
	const r = await post(where, fields);

	assert.equal(r.status, 303, r.text);
	return get(r.headers.location.slice(stack.mount.length));
}
const json = (method, where, body) => ask(stack.url + where, {
	method, headers: bearer(ADMIN), body});
const rows = () => stack.sql("SELECT id, secret, disabled_by, ready_at, " +
	"reason, project FROM keys ORDER BY id");
const idsOf = (r) => [...r.text.matchAll(/name="id" value="(\d+)"/g)]
	.map((m) => Number(m[1]));
const logged = () => ["gbalance.out"].map((f) =>
	fs.readFileSync(path.join(stack.data, f), "utf8")).join("");

/* No page and no reply has a key whole. */
function secretless(r)
{
	for (const key of KEYS)
		assert.ok(!r.text.includes(key), r.text);
	return r;
}

describe("the list", () => {
	it("shows keys masked, and finds them", async () => {
		const all = await rows();
		const [a, b, c] = all.map((k) => k.id);
		await stack.sql(`UPDATE keys SET disabled_by = 1, reason = 'Dead',
			failures = 3 WHERE id = ${a}; UPDATE keys SET
			tier = 1, weight = 7, models = 'gemini-*',
			note = 'Of Ann' WHERE id = ${c}; UPDATE keys SET
			project = 'p1', project_by = 3 WHERE id = ${b};
			INSERT INTO key_models (key_id, model, ready_at, streak,
			reason) VALUES (${b}, 'm1', ${Date.now() + 60000}, 1, '');
			INSERT INTO key_tags VALUES (${c}, 'mine')`);
		const shown = async (query) =>
			idsOf(secretless(await get(`/admin/keys?${query}`)));

		assert.deepEqual(await shown(""), all.map((k) => k.id));
		for (const [query, wanted] of [
			["state=disabled", [a]], ["state=off", []],
			["failures=3", [a]], ["failures=4", []],
			["model=m1", [b]], ["model=m2", []],
			["project=p1", [b]], ["project=-", all.map((k) => k.id)
				.filter((id) => id !== b)],
			["tag=mine", [c]], ["tag=-", all.map((k) => k.id)
				.filter((id) => id !== c)],
			["tier=paid", [c]], ["tier=free", all.map((k) => k.id)
				.filter((id) => id !== c)],
			["pool=vertex", []], ["text=dead", [a]],
			["text=MINE", [c]], [`text=${b}`, [b]],
			[`text=${KEYS[0].slice(-4)}`, [a]],
			["text=%25", []], ["state=nonsense&failures=x",
				all.map((k) => k.id)],
			["state=disabled&failures=4", []],
		])
			assert.deepEqual(await shown(query), wanted, query);
		const one = (await get(`/admin/keys/${c}`)).text;
		for (const what of [/>Paid</, />7</, />gemini-\*</, />Of Ann</])
			assert.match(one, what);
		assert.match((await get("/admin/keys")).text,
			     new RegExp(mask(KEYS[0])));
	});

	it("pages forwards and backwards", async () => {
		const many = Array.from({length: 250}, (_, i) =>
			`AIzaPaged-${String(i).padStart(20, "0")}`);
		assert.equal((await stack.tool("keys", "add", ...many)).code, 0);
		const ids = (await rows()).map((k) => k.id).slice(KEYS.length);
		const seen = [];
		const link = (r, rel) => new RegExp(
			`rel="${rel}" href="([^"]+)"`).exec(r.text)?.[1]
			.replaceAll("&amp;", "&");
		let r = await get("/admin/keys?text=Paged");

		for (;;) {
			seen.push(...idsOf(r));
			if (!link(r, "next"))
				break;
			r = await get(`/admin/keys${link(r, "next")}`);
		}
		assert.deepEqual(seen, ids);
		r = await get(`/admin/keys${link(r, "prev")}`);
		assert.deepEqual(idsOf(r), ids.slice(100, 200));
		r = await get(`/admin/keys${link(r, "prev")}`);
		assert.deepEqual(idsOf(r), ids.slice(0, 100));
		assert.equal(link(r, "prev"), undefined);
		assert.ok(r.text.length < 75000, `${r.text.length} bytes`);
	});

	it("changes those that are selected, or all that it shows", async () => {
		const [a, b] = (await rows()).map((k) => k.id);

		let r = await submit("/admin/keys", [["do", "disable"],
			["word", "a word"], ["id", a], ["id", b]]);
		assert.match(r.text, /Disabled: 2\./);
		assert.deepEqual((await rows()).filter((k) => k.disabled_by === 2)
			.map((k) => k.id), [a, b]);
		r = await submit("/admin/keys?state=off", [["do", "enable"],
			["scope", "all"]]);
		assert.match(r.text, /Enabled: 2\./);
		assert.match(r.text, /No key fits/);
		r = await submit("/admin/keys", [["do", "enable"]]);
		assert.match(r.text, /No key was selected/);
		r = await submit("/admin/keys", [["do", "tag"], ["word", "a,b"],
			["id", a]]);
		assert.match(r.text, /cannot be a tag/);
		for (const what of ["tag", "project"])
			assert.match((await submit("/admin/keys", [["do", what],
				["word", `a ${what}`], ["id", a]])).text,
				new RegExp(`>a ${what}<`));
		r = secretless(await get(`/admin/keys/${a}`));
		assert.match(r.text, />a tag</);
		assert.match(r.text, />a project </);
		await submit("/admin/keys", [["do", "untag"], ["word", "a tag"],
			["scope", "all"]]);
		assert.deepEqual(await stack.sql("SELECT * FROM key_tags"), []);
		for (const fields of [[["do", "nonsense"], ["id", a]],
			[["do", "enable"], ["id", "1] OR"]], [["id", a]]])
			assert.equal((await post("/admin/keys", fields)).status,
				     400);
	});

	it("asks before it deletes", async () => {
		const [a] = (await rows()).map((k) => k.id);
		const fields = [["do", "delete"], ["id", a]];
		let r = await post("/admin/keys", fields);

		assert.equal(r.status, 200);
		assert.match(r.text, /Keys to delete: 1\./);
		assert.equal((await rows()).length, KEYS.length);
		r = await submit("/admin/keys", [...fields, ["sure", "1"]]);
		assert.match(r.text, /Deleted: 1\./);
		assert.match(r.text, /back with the next start: 1/);
		assert.ok(!(await rows()).some((k) => k.id === a));
	});

	it("verifies, with a result a key", async () => {
		const all = await rows();
		fake.decide = (record) => record.key === KEYS[1] ?
			{error: "key_invalid"} : undefined;
		const r = secretless(await post("/admin/keys",
			[["do", "verify"], ["scope", "all"]]));

		assert.equal(r.status, 200);
		assert.match(r.text, new RegExp(`${KEYS.length} of ${KEYS.length}`));
		assert.equal([...r.text.matchAll(/>works</g)].length - 1,
			     KEYS.length - 1);
		assert.match(r.text, new RegExp(
			`admin/keys/${all[1].id}">[^\\n]*>dead<`));
		assert.equal((await rows())[1].disabled_by, 1);
	});

	it("goes on verifying where it stopped", async () => {
		const many = Array.from({length: 90}, (_, i) =>
			`AIzaMany-${String(i).padStart(20, "0")}`);
		await stack.tool("keys", "add", ...many);
		let fields = [["do", "verify"], ["scope", "all"]];
		const asked = [];

		for (;;) {
			const r = await post("/admin/keys?text=Many", fields);
			asked.push(...[...r.text.matchAll(/admin\/keys\/(\d+)"/g)]
				.map((m) => m[1]));
			const rest = /<form class="row"[^]*?<\/form>/.exec(r.text);
			if (!rest)
				break;
			fields = [...rest[0].matchAll(
				/name="(?!csrf)(\w+)" value="([^"]*)"/g)]
				.map((m) => [m[1], m[2]]);
			assert.ok(fields.some(([n, v]) => n === "total" &&
				v === "90"));
		}
		assert.equal(asked.length, 90);
		assert.equal(new Set(asked).size, 90);
		assert.equal(fake.requests.length, 90);
	});

	it("reveals and exports whole keys, and logs that", async () => {
		const [a] = (await rows()).map((k) => k.id);
		let r = await post("/admin/keys/reveal", [["id", a]]);

		assert.match(r.text, new RegExp(`<code id="secret">${KEYS[0]}<`));
		assert.equal(r.headers["cache-control"], "no-store");
		assert.match(logged(), /admin: reveal: 1 key/);
		r = await post("/admin/keys", [["do", "export"], ["scope", "all"]]);
		assert.equal(r.text, KEYS.map((k) => `${k}\n`).join(""));
		assert.match(r.headers["content-disposition"], /attachment/);
		assert.match(logged(), new RegExp(
			`admin: export: ${KEYS.length} keys`));
		for (const key of KEYS)
			assert.ok(!logged().includes(key));
		assert.equal((await post("/admin/keys/reveal", [["id", "999999"]]))
			.status, 404);
	});

	it("adds whatever is pasted, and shows first what is in it", async () => {
		const fresh = "AIzaSyFresh-key-000000000000000000bbbb";
		const text = `API_KEYS=["${fresh}", "${KEYS[0]}",\n"${fresh}", ` +
			`"short-key"]\nPASSWORD=secret-and-long-enough-here`;
		let r = await post("/admin/keys/add", [["do", "preview"],
			["keys", text], ["tag", "new"], ["project", "p"]]);

		assert.equal(r.status, 200);
		for (const [name, n] of [["New", 1], ["Known already", 1],
			["Twice in it", 1], ["Unusable", 1],
			["Other settings", 1]])
			assert.match(r.text, new RegExp(
				`<dt>${name}</dt><dd>${n}</dd>`), name);
		assert.match(r.text, /Line 2: /);
		assert.equal((await rows()).length, KEYS.length);
		r = await submit("/admin/keys/add", [["do", "add"],
			["keys", text], ["tag", "new"], ["project", "p"]]);
		assert.match(r.text, /Added: 1\. Known already: 1\./);
		const added = (await rows()).at(-1);
		assert.deepEqual([added.secret, added.project], [fresh, "p"]);
		assert.equal((await stack.sql("SELECT * FROM key_tags")).length, 2);
		for (const fields of [[["tag", "a,b"]], [["project", "~x"]]]) {
			r = await post("/admin/keys/add", [["do", "add"],
				["keys", fresh], ...fields]);
			assert.equal(r.status, 422);
			assert.match(r.text, /cannot be a/);
		}
		r = await post("/admin/keys/add", [["keys", "x ".repeat(4500000)]]);
		assert.equal(r.status, 413);
	});

	it("tells of one key what it served, what failed and why", async () => {
		fake.decide = (record) => record.key === KEYS[0] ?
			{error: "quota_day"} : undefined;
		for (let i = 0; i < KEYS.length; i++)
			assert.equal((await ask(
				`${stack.url}/v1/chat/completions`, {
				headers: bearer(), body: chat("x")})).status,
				200);
		const [a, b] = (await rows()).map((k) => k.id);
		await stack.until(async () => (await stack.sql(
			"SELECT 1 FROM attempts WHERE key_id = " + a)).length > 0);
		let r = secretless(await get(`/admin/keys/${a}`));
		assert.match(r.text, /an answer \(429\)/);
		assert.match(r.text, /rate_limit_day/);
		assert.match(r.text, new RegExp(`<th scope="row">${MODEL}</th>`));
		r = await get(`/admin/keys/${b}`);
		assert.match(r.text, new RegExp(
			`<th scope="row">${MODEL}</th><td class="number"[^>]*>[1-9]`));
		r = await submit("/admin/keys", [["do", "enable"], ["id", a],
			["back", a], ["model", MODEL]]);
		assert.doesNotMatch(r.text, /Models that it does not serve/);
		r = await submit("/admin/keys", [["do", "disable"], ["id", a],
			["back", a], ["model", MODEL]]);
		assert.match(r.text, /Models that it does not serve/);
		for (const id of ["0", "999999", "x", "1x", "99999999999999999999"])
			assert.equal((await get(`/admin/keys/${id}`)).status, 404,
				     id);
	});

	it("says why in the reader's language, and what Google said", async () => {
		const [{id}] = await rows();
		const at = Date.now();

		await stack.sql(`UPDATE keys SET disabled_by = 1, reason =
			'the key is not valid: API key not valid.' WHERE id = ${id};
			INSERT INTO key_models (key_id, model, ready_at, streak,
			reason) VALUES (${id}, '${MODEL}', ${at + 60000}, 1,
			'the quota of a minute is used up (HTTP 429)');
			INSERT INTO key_events (time_ms, key_id, model, from_state,
			to_state, until_ms, cause, status, error_class, request_id,
			reason) VALUES (${at}, ${id}, '', 0, 2, 0, 0, 400,
			'key_invalid', '', 'On leave')`);
		for (const [language, invalid, minute] of [
			["en", "the key is not valid: API key not valid.",
			 "the quota of a minute is used up (HTTP 429)"],
			["zh-CN", "密钥无效: API key not valid.",
			 "每分钟的配额已用完 (HTTP 429)"]]) {
			const read = async (where) => (await ask(stack.url +
				where, {headers: {cookie,
					"accept-language": language}})).text;
			const list = await read("/admin/keys");
			const key = await read(`/admin/keys/${id}`);

			assert.ok(list.includes(`>${invalid}<`), language);
			for (const why of [invalid, minute, "On leave"])
				assert.ok(key.includes(why), `${language} ${why}`);
		}
	});

	it("puts on top who needs attention", async () => {
		const [a] = (await rows()).map((k) => k.id);
		await stack.sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL " +
			"SELECT i + 1 FROM n WHERE i < 12) INSERT INTO attempts " +
			"(time_ms, request_id, key_id, model, status, " +
			`error_class, text) SELECT ${Date.now()}, 'r', ${a}, ` +
			"'m', 429, 'rate_limit', '' FROM n");
		assert.match((await get("/admin/keys")).text, /12 × 429/);
	});
});

describe("JSON, as Gemini Balance has it", () => {
	const nameOf = (row) => `${mask(row.secret)}~${row.id}`;

	it("lists keys", async () => {
		const all = await rows();
		await stack.sql("UPDATE keys SET disabled_by = 1, failures = 4 " +
				`WHERE id = ${all[0].id}`);
		const names = all.map(nameOf);
		let r = secretless(await json("GET", "/api/keys?limit=2&page=2"));
		assert.deepEqual(Object.keys(r.json.keys), names.slice(2, 4));
		assert.deepEqual([r.json.total_items, r.json.total_pages,
			r.json.current_page], [KEYS.length,
			Math.ceil(KEYS.length / 2), 2]);
		r = await json("GET", "/api/keys?status=invalid");
		assert.deepEqual(r.json.keys, {[names[0]]: 4});
		assert.equal(r.json.details[names[0]].state, "disabled");
		r = await json("GET", "/api/keys?fail_count_threshold=5");
		assert.deepEqual(r.json.keys, {});
		r = await json("GET", `/api/keys?search=${KEYS[1].slice(-4)}`);
		assert.ok(names[1] in r.json.keys);
		for (const bad of ["page=0", "page=x", "limit=0", "limit=1001",
			"fail_count_threshold=-1"])
			assert.equal((await json("GET", `/api/keys?${bad}`))
				.status, 422, bad);
		r = secretless(await json("GET", "/api/keys/all"));
		assert.deepEqual(r.json, {valid_keys: names.slice(1),
			invalid_keys: [names[0]], total_count: KEYS.length});
		r = secretless(await json("GET", "/v1/keys/list"));
		assert.equal(r.json.status, "success");
		assert.deepEqual(r.json.data.invalid_keys, {[names[0]]: 4});
		assert.equal(r.json.total, KEYS.length);
		r = secretless(await json("GET", "/api/config/keys/status"));
		assert.deepEqual(r.json.vertex_keys, {valid_keys: {},
			invalid_keys: {}});
		assert.deepEqual(Object.keys(r.json.gemini_keys.valid_keys),
				 names.slice(1));
	});

	it("takes what it called a key, its id, or the key", async () => {
		const all = await rows();
		for (const name of [nameOf(all[0]), all[0].id, KEYS[0]])
			assert.equal((await json("GET", "/api/key-usage-details/" +
				encodeURIComponent(name))).status, 200, name);
		for (const name of [`AIza…zzzz~${all[0].id}`, "999999", "nothing",
			`${KEYS[0]}x`])
			assert.equal((await json("GET", "/api/key-usage-details/" +
				encodeURIComponent(name))).status, 404, name);
		assert.equal((await json("GET", `/api/key-usage-details/${
			all[0].id}?period=1y`)).status, 400);
	});

	it("verifies keys", async () => {
		const all = await rows();
		fake.decide = (record) => record.key === KEYS[1] ?
			{error: "key_invalid"} : undefined;
		let r = await json("POST", `/gemini/v1beta/verify-key/${KEYS[0]}`);
		assert.deepEqual(r.json, {status: "valid"});
		r = await json("POST", `/v1beta/verify-key/${all[1].id}`);
		assert.equal(r.json.status, "invalid");
		assert.match(r.json.error, /./);
		r = await json("POST", "/gemini/v1beta/verify-key/none");
		assert.equal(r.status, 404);
		r = secretless(await json("POST",
			"/gemini/v1beta/verify-selected-keys",
			{keys: [KEYS[0], nameOf(all[1]), "unknown-key"]}));
		assert.equal(r.json.success, true);
		assert.deepEqual(r.json.successful_keys, [nameOf(all[0])]);
		assert.equal(r.json.valid_count, 1);
		assert.equal(r.json.invalid_count, 2);
		assert.ok(nameOf(all[1]) in r.json.failed_keys);
		for (const bad of [{}, {keys: 1}, {keys: [1]}, [], "x"])
			assert.equal((await json("POST",
				"/gemini/v1beta/verify-selected-keys", bad))
				.status, 422);
		assert.equal((await json("POST",
			"/gemini/v1beta/verify-selected-keys", {keys: []}))
			.status, 400);
	});

	it("resets failures, and leaves alone what a person disabled", async () => {
		const all = await rows();
		const disabled = async () => (await rows()).map(
			(k) => k.disabled_by);
		const spoil = () => stack.sql("UPDATE keys SET disabled_by = 1, " +
			`failures = 9; UPDATE keys SET disabled_by = 2 WHERE id = ${
			all[2].id}`);

		await spoil();
		let r = await json("POST",
			`/gemini/v1beta/reset-fail-count/${KEYS[0]}`);
		assert.equal(r.json.success, true);
		assert.deepEqual((await disabled()).slice(0, 3), [0, 1, 2]);
		r = await json("POST", "/v1beta/reset-selected-fail-counts",
			{keys: [KEYS[1], KEYS[2]], key_type: "invalid"});
		assert.equal(r.json.reset_count, 2);
		assert.deepEqual((await disabled()).slice(0, 3), [0, 0, 2]);
		await spoil();
		r = await json("POST", "/gemini/v1beta/reset-all-fail-counts" +
			"?key_type=valid");
		assert.equal(r.json.reset_count, 0);
		r = await json("POST", "/gemini/v1beta/reset-all-fail-counts");
		assert.equal(r.json.reset_count, KEYS.length);
		assert.equal((await disabled()).filter((d) => d).length, 1);
		assert.equal((await json("POST",
			"/v1beta/reset-fail-count/none")).status, 404);
	});

	it("adds and deletes keys", async () => {
		const fresh = "AIzaSyFresh-key-000000000000000000cccc";
		let r = secretless(await json("POST", "/api/config/keys/add",
			{keys: [fresh, KEYS[0]]}));
		assert.equal(r.json.added_count, 1);
		assert.equal(r.json.known_count, 1);
		r = await json("POST", "/api/config/keys/add", {keys: "x"});
		assert.equal(r.status, 400);
		r = await json("DELETE", `/api/config/keys/${fresh}`);
		assert.equal(r.json.success, true);
		assert.equal(r.json.in_settings, 0);
		assert.equal((await json("DELETE", `/api/config/keys/${fresh}`))
			.status, 404);
		r = await json("POST", "/api/config/keys/delete-selected",
			{keys: [KEYS[0], fresh]});
		assert.deepEqual([r.json.deleted_count, r.json.not_found_count,
			r.json.in_settings], [1, 1, 1]);
		assert.ok(!r.text.includes(fresh));
		r = await json("POST", "/api/config/keys/delete-selected",
			{keys: [fresh]});
		assert.equal(r.status, 400);
		assert.equal((await rows()).length, KEYS.length - 1);
	});

	it("asks for the session or the admin token, and what is meant",
	   async () => {
		const to = `${stack.url}/api/config/keys/${KEYS[0]}`;
		const method = "DELETE";

		assert.equal((await ask(to, {method})).status, 401);
		assert.equal((await ask(to, {method, headers: bearer()})).status,
			     401, "an access token is none");
		assert.equal((await ask(to, {method, headers: {cookie}})).status,
			     403);
		assert.equal((await ask(to, {method, headers: {cookie,
			"x-csrf-token": csrf}})).status, 200);
	});
});
