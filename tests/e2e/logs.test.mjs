/*
 * logs.test.mjs: Gemini Balance's JSON routes for errors and statistics, and
 * the journal as a file.  Who may is admin.test.mjs's.
 */
import assert from "node:assert/strict";
import {execFileSync} from "node:child_process";
import path from "node:path";
import {after, afterEach, before, describe, it} from "node:test";

import {ask, bearer, chat, KEYS, sleep, startFake, startStack}
	from "./harness.mjs";

const ADMIN = "gb-admin-token-for-the-tests";
const FORM = {"content-type": "application/x-www-form-urlencoded"};
const FORMULA = "=HYPERLINK(\"x\")";
const ERRORS = 50;
const WITHIN_MS = 1000;		/* all know the key by then: promise 7 */

describe("logs", () => {
	let fake, stack;
	const now = Date.now();

	before(async () => {
		fake = await startFake();
		stack = await startStack(fake, {server: "lighttpd",
			way: "daemon", mount: "/gb",
			settings: {auth_token: ADMIN,
				   error_log_record_request_body: true}});
		/* Keys are encrypted in the database, which the connection that
		 * pages read with has to know, too. */
		await ask(`${stack.url}/admin/`, {headers: {
			cookie: await signIn()}});
		const key = path.join(stack.root, "key");
		assert.equal((await stack.tool("secret-key", key)).code, 0);
		stack.writeConfig({...stack.settings, secret_key_file: key});
		assert.equal((await stack.tool("keys", "list")).code, 0);
		await sleep(WITHIN_MS);
		sql(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1
			FROM n WHERE i + 1 < ${ERRORS})
			INSERT INTO attempts (time_ms, request_id, key_id,
			model, status, error_class, text) SELECT
			${now} - i * 60000, printf('%032x', i), 1 + i % 2,
			'gemini-' || (i % 3), iif(i % 5, 429, 500), 'class',
			iif(i = 4, '${FORMULA}', 'Words number ' || i) FROM n;
			INSERT INTO requests (time_ms, request_id, token,
			key_id, endpoint, model, stream, hung_up, status,
			attempts, first_byte_ms, total_ms, prompt_tokens,
			completion_tokens, reasoning_tokens, cached_tokens,
			error_class, cost) SELECT time_ms, request_id, 'team',
			key_id, 'chat.completions', model, 0, 0, iif(id % 2,
			200, status), 1, 5, 70, 10, 5, 0, 0, '', 1500
			FROM attempts;`);
	});
	afterEach(() => stack?.check());
	after(async () => {
		await stack?.stop();
		await fake?.close();
	});

	const sql = (text) => execFileSync("sqlite3", [stack.db],
		{input: `.timeout 20000\n${text}`}).toString().trim();
	const get = async (path, status = 200, method = "GET", body) => {
		const a = await ask(`${stack.url}/api/${path}`, {method, body,
			headers: bearer(ADMIN)});
		assert.equal(a.status, status, `${path}: ${a.text}`);
		for (const key of KEYS)
			assert.ok(!a.text.includes(key), "no whole key");
		return a.json;
	};
	const signIn = async () => (await ask(`${stack.url}/admin/login`, {
		headers: FORM, body: `auth_token=${ADMIN}`}))
		.headers["set-cookie"][0].split(";")[0];
	const left = () => Number(sql("SELECT count(*) FROM attempts"));

	it("lists errors as Gemini Balance does", async () => {
		const {logs, total} = await get("logs/errors");

		assert.equal(total, ERRORS);
		assert.equal(logs.length, 10);
		const [first] = logs;
		assert.equal(first.error_code, 500);
		assert.equal(first.error_type, "class");
		assert.equal(first.model_name, "gemini-0");
		assert.equal(first.gemini_key, "AIza\u2026aaaa");
		assert.equal(Date.parse(first.request_time), now);
		assert.equal(first.error_log, undefined);
	});

	it("pages, filters and sorts", async () => {
		const ids = async (query) => (await get(`logs/errors?${query}`))
			.logs.map((l) => l.id);

		const all = await ids("limit=1000");
		assert.equal(all.length, ERRORS);
		assert.deepEqual(await ids("limit=7&offset=20"),
				 all.slice(20, 27));
		assert.deepEqual(await ids("limit=7&offset=48"), all.slice(48));
		assert.deepEqual(await ids("limit=3&offset=2&sort_order=asc"),
				 all.toReversed().slice(2, 5));
		assert.deepEqual(await ids("offset=900"), []);
		for (const [order, code] of [["asc", 429], ["desc", 500]]) {
			const {logs} = await get("logs/errors?sort_by=error_code"
				+ `&sort_order=${order}`);
			assert.ok(logs.every((l) => l.error_code === code));
		}
		for (const [query, total] of [
			[`key_search=${KEYS[0]}`, 25], ["key_search=bbbb", 25],
			["key_search=AIza", 50], ["key_search=nobody", 0],
			["key_search=AIza%E2%80%A6aaaa", 25],
			["error_search=NUMBER+4", 10], ["error_search=%25", 0],
			["error_code_search=500", 10],
			[`start_date=${new Date(now - 90000).toISOString()}`, 2],
			[`end_date=${new Date(now - 90000).toISOString()}`, 48],
			["key_search=bbbb&error_code_search=500", 5],
		]) {
			const r = await get(`logs/errors?${query}`);
			assert.equal(r.total, total, query);
			assert.equal(r.total_exact, true);
		}
		assert.equal((await get(`logs/errors/key/${KEYS[1]}`)).total, 25);
	});

	it("says what is wrong with a parameter", async () => {
		for (const [query, name] of [["limit=0", /^limit must/],
			["limit=1001", /^limit/], ["offset=-1", /^offset/],
			["offset=x", /^offset/], ["start_date=yesterday",
			/^start_date/], ["error_code_search=x", /^error_code/]])
			assert.match((await get(`logs/errors?${query}`, 422))
				.detail, name);
		assert.match((await get("logs/errors/lookup?gemini_key=x", 422))
			.detail, /^timestamp is missing/);
		assert.match((await get("stats/details?period=2y", 400)).detail,
			     /1m, 1h/);
		assert.match((await get("stats/key-details?period=1h", 422))
			.detail, /^key is missing/);
	});

	it("shows one, by its id or by what is known of it", async () => {
		const {logs: [{id}]} = await get(
			"logs/errors?error_search=number+7");
		const one = await get(`logs/errors/${id}/details`);

		assert.equal(one.id, id);
		assert.equal(one.error_log, "Words number 7");
		assert.equal(one.error_code, 429);
		assert.equal(one.request_msg, null);
		for (const path of ["0", "99999", "x", "1x", "-1", "1/2"])
			await get(`logs/errors/${path}/details`, 404);
		const when = encodeURIComponent(
			new Date(now - 7 * 60000 + 2000).toISOString());
		const at = `logs/errors/lookup?gemini_key=${KEYS[1]
			}&timestamp=${when}`;
		assert.equal((await get(at)).id, id);
		assert.equal((await get(`${at}&status_code=429`)).id, id);
		await get(`${at}&status_code=418`, 404);
		await get(`${at.replace(KEYS[1], KEYS[0])}&window_seconds=5`,
			  404);
	});

	it("tells what calls there were", async () => {
		const hour = await get("stats/details?period=1h");

		assert.equal(hour.length, ERRORS);
		assert.deepEqual(Object.keys(hour[0]).slice(0, 6), ["timestamp",
			"key", "model", "status", "status_code", "latency_ms"]);
		assert.equal(hour.filter((c) => c.status === "success").length,
			     25);
		assert.ok((await get("stats/details?period=1m")).length <= 1);
		assert.equal((await get(`stats/key-details?period=24h&key=${
			KEYS[0]}`)).length, 25);
		assert.deepEqual(await get(
			"stats/key-details?period=24h&key=nobody"), []);
		const worst = await get("stats/attention-keys");
		assert.deepEqual(worst.map((k) => [k.key, k.count,
			k.status_code]), [["AIza\u2026aaaa", 20, 429],
			["AIza\u2026bbbb", 20, 429]]);
		assert.equal((await get(
			"stats/attention-keys?status_code=500&limit=1")).length,
			1);
	});

	it("shows what a real request left, with its body", async () => {
		fake.setDefault("*", {error: "invalid_argument"});
		const r = await ask(`${stack.url}/v1/chat/completions`, {
			headers: bearer(), body: chat("<b>What now?</b>")});
		fake.reset();
		assert.equal(r.status, 400);
		const {logs: [{id, request_id}]} =
			await get("logs/errors?limit=1");
		assert.equal(request_id, r.headers["x-request-id"]);
		const one = await get(`logs/errors/${id}/details`);
		assert.match(one.request_msg, /<b>What now\?<\/b>/);
		const page = await ask(`${stack.url}/admin/logs/errors/${id}`,
				       {headers: {cookie: await signIn()}});
		assert.equal(page.status, 200);
		assert.match(page.text, /&lt;b&gt;What now\?/);
		assert.match(page.text, /invalid argument/);
	});

	it("gives the journal away as a file", async () => {
		const cookie = await signIn();
		const load = async (query) => {
			const a = await ask(`${stack.url}/admin/logs/export?${
				query}`, {headers: {cookie}});
			assert.equal(a.status, 200, a.text);
			assert.match(a.headers["content-disposition"],
				     /^attachment; filename="gbalance-/);
			assert.match(a.headers["cache-control"], /no-store/);
			return a;
		};

		const csv = await load("kind=errors&format=csv");
		const lines = csv.text.trim().split("\r\n");
		assert.match(csv.headers["content-type"], /^text\/csv/);
		assert.equal(lines[0], "id,time,request_id,key_id,key,model," +
			"status,error_class,text");
		assert.equal(lines.length, left() + 1);
		assert.ok(csv.text.includes(`"'=HYPERLINK(""x"")"`),
			  "no formula for a spreadsheet");
		const {json} = await load("format=json&token=team&status=200");
		assert.equal(json.length, 25);
		assert.equal(json[0].cost, 0.0015);
		assert.deepEqual((await load("format=json&key=nobody")).json,
				 []);
		const bad = await ask(`${stack.url}/admin/logs/export?since=x`,
				      {headers: {cookie}});
		assert.equal(bad.status, 400);
	});

	it("deletes by ids, one, and all", async () => {
		const {logs} = await get("logs/errors?limit=5");
		const ids = logs.map((l) => l.id);
		const before = left();
		const drop = (path, status, body) => get(`logs/errors${path}`,
			status, "DELETE", body);

		for (const body of [undefined, {}, {ids: []}, {ids: ["1"]},
				    {ids: 1}, [1], {ids: [1.5]}])
			await drop("", 400, body);
		assert.equal(left(), before);
		await drop("", 204, {ids: [...ids.slice(0, 3), 99999]});
		assert.equal(left(), before - 3);
		await drop(`/${ids[3]}`, 204);
		await drop(`/${ids[3]}`, 404);
		await drop("/x", 404);
		assert.equal(left(), before - 4);

		const cookie = await signIn();
		const page = await ask(`${stack.url}/admin/logs`,
				       {headers: {cookie}});
		const csrf = /name="csrf" value="(\w+)"/.exec(page.text)[1];
		const all = (headers) => ask(`${stack.url}/api/logs/errors/all`,
			{method: "DELETE", headers: {cookie, ...headers}});
		assert.equal((await all({})).status, 403);
		assert.equal(left(), before - 4);
		assert.equal((await all({"x-csrf-token": csrf})).status, 204);
		assert.equal(left(), 0);
		assert.deepEqual((await get("logs/errors")).logs, []);
	});

	it("the overview tells of a host that takes no pictures", async () => {
		const cookie = await signIn();
		const shown = async () => (await ask(`${stack.url}/admin/`,
			{headers: {cookie}})).text;

		assert.doesNotMatch(await shown(), /host of pictures/);
		await stack.sql(`INSERT INTO attempts (time_ms, request_id,
			key_id, model, status, error_class, text) VALUES
			(${Date.now() - 1000}, 'x', 0, '', 403,
			'picture_host', 'the <account> expired')`);
		assert.match(await shown(), new RegExp("The host of pictures " +
			"failed at .*: the &lt;account&gt; expired"));
	});
});
