/*
 * admin_settings.test.mjs: settings and access tokens on the admin site, by
 * forms as a browser without scripts sends them, and as JSON (promises 1, 7,
 * 11).
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {after, afterEach, before, describe, it} from "node:test";

import {ask, bearer, chat, MODEL, startFake, startStack, TOKEN}
	from "./harness.mjs";

const ADMIN = "gb-admin-token-for-the-tests";
const FORM = {"content-type": "application/x-www-form-urlencoded"};

const form = (fields) => new URLSearchParams(fields).toString();
const unescape = (text) => text.replaceAll("&lt;", "<")
	.replaceAll("&gt;", ">").replaceAll("&quot;", "\"")
	.replaceAll("&#39;", "'").replaceAll("&amp;", "&");

let fake, stack, cookie, csrf;

before(async () => {
	fake = await startFake();
	stack = await startStack(fake, {settings: {auth_token: ADMIN,
		max_retries: 2, models_hours: 6}});
	const r = await ask(`${stack.url}/admin/login`, {headers: FORM,
		body: form({auth_token: ADMIN})});
	cookie = r.headers["set-cookie"].find((c) =>
		c.startsWith("gb_session=")).split(";")[0];
	csrf = /name="csrf" value="(\w+)"/.exec((await get("/admin/")).text)[1];
});
afterEach(() => stack.check());
after(async () => {
	await fake?.close();
	await stack?.stop();
});

const get = (where) => ask(stack.url + where, {headers: {cookie}});
const post = (where, fields) => ask(stack.url + where, {
	headers: {...FORM, cookie}, body: form({csrf, ...fields})});
const api = (method, where, json, headers = {}) => ask(stack.url + where, {
	method, headers: {...bearer(ADMIN), ...headers},
	...(json === undefined ? {} : {body: JSON.stringify(json)})});

/* What the form of a page of settings has for one of them. */
async function fieldOf(name)
{
	const {text} = await get(`/admin/settings?q=${name}`);
	const part = text.split("<section").find((s) =>
		s.includes(`name="v_${name}"`));
	assert.ok(part, `${name} is not there`);
	const selected = /<option value="([^"]*)" selected ?>/.exec(part);
	const area = /<textarea[^>]*>\n([^<]*)<\/textarea>/.exec(part);
	const input = new RegExp(` name="${name}"[^>]* value="([^"]*)"`)
		.exec(part);

	assert.ok(selected ?? area ?? input, part);
	return {part, version: /name="v_\w+" value="(\w+)"/.exec(part)[1],
		value: unescape((selected ?? area ?? input)[1])};
}

async function set(name, value, version)
{
	version ??= (await fieldOf(name)).version;
	return post("/admin/settings", {q: name, [name]: value,
					[`v_${name}`]: version});
}

const configOf = async () => (await api("GET", "/api/config")).json;

describe("settings as a page", () => {
	it("shows each setting once, in a group", async () => {
		const {text} = await get("/admin/settings");
		const all = [];

		for (const [, group] of text.matchAll(/href="\?group=(\w+)"/g))
		for (const [, name] of (await get(
			`/admin/settings?group=${group}`)).text
			.matchAll(/name="v_(\w+)"/g))
			all.push(name);
		const config = Object.keys(await configOf());
		assert.deepEqual(all.map((n) => n.toUpperCase()), config);
		assert.ok(config.length > 100);
	});

	it("changes one, everywhere, and back", async () => {
		assert.equal((await fieldOf("max_retries")).value, "2");
		const r = await set("max_retries", "5");
		assert.equal(r.status, 303, r.text);
		assert.equal(r.headers.location, "/admin/settings?q=max_retries");
		const now = await fieldOf("max_retries");
		assert.equal(now.value, "5");
		assert.match(now.part, /changed here/);
		assert.match(now.part, /Without it:[^]*<code>2</);
		assert.equal((await configOf()).MAX_RETRIES, 5);
		const back = await post("/admin/settings", {q: "max_retries",
			max_retries: "5", v_max_retries: now.version,
			reset: "max_retries"});
		assert.equal(back.status, 303);
		assert.equal((await fieldOf("max_retries")).value, "2");
		const {text} = await get(
			"/admin/settings/history?name=max_retries");
		assert.deepEqual([...text.matchAll(/class="lines">([^<]*)/g)]
			.map((m) => m[1].trim()), ["5", "2", "2", "5"]);
	});

	it("is in force within a second", async () => {
		const list = async () => (await ask(`${stack.url}/v1/models`,
			{headers: bearer()})).json.data.map((m) => m.id);
		const [first] = await list();

		assert.equal((await set("filtered_models", first)).status, 303);
		await stack.until(async () => !(await list()).includes(first),
				  1000);
		assert.equal((await set("filtered_models", "")).status, 303);
	});

	it("says beside the field what is wrong, and saves nothing", async () => {
		const {version} = await fieldOf("max_retries");
		const log = (await fieldOf("log_level")).version;
		const r = await post("/admin/settings", {q: "l",
			max_retries: "64", v_max_retries: version,
			log_level: "debug", v_log_level: log});

		assert.equal(r.status, 400);
		assert.match(r.text, /id="e_max_retries">Not fit: must be a whole number from 0 to 63\./);
		assert.match(r.text, /name="max_retries"[^>]*value="64"[^>]*aria-invalid/);
		assert.equal((await fieldOf("log_level")).value, "info");
	});

	it("blames no field for what the file has wrong", async () => {
		const {version} = await fieldOf("max_retries");
		const good = fs.readFileSync(stack.config, "utf8");
		const before = await stack.sql("SELECT * FROM overrides");

		for (const bad of ["\nnonsense", "\nno_such_setting = 1;",
				   "\ntime_out = 0;"]) {
			fs.writeFileSync(stack.config, good + bad);
			const r = await set("max_retries", "6", version);
			assert.equal(r.status, 500, bad);
			assert.doesNotMatch(r.text, /id="e_/);
			assert.equal((await api("PUT", "/api/config",
				{MAX_RETRIES: 6})).status, 500, bad);
			const page = await get("/admin/settings");
			assert.equal(page.status, 500, bad);
			assert.match(page.text, /gbalance\.cfg:\d+: /);
		}
		fs.writeFileSync(stack.config, good);
		assert.deepEqual(await stack.sql("SELECT * FROM overrides"),
				 before);
	});

	it("says so in the language of the page", async () => {
		for (const [name, value, en, zh] of [
			["max_body", "lots", /: must be a whole number of bytes/,
			 /：必须是 1024 到 1073741824 之间的整数（字节）/],
			["base_url", "ftp://x", /: must begin with https:/,
			 /：必须以 https:\/\/ 或 http:\/\/ 开头/],
			["stream_min_delay", "2", /: must be a number of seconds from 0 to 1,/,
			 /：必须是 0 到 1 之间的数字（秒）/],
			["safety_settings", "A = B", /: entry 1: the category/,
			 /：第 1 项：类别必须是 HARM_/],
			["thinking_budget_map", "m = 1\nn = x",
			 /: entry 2: the tokens must be a whole number from -1/,
			 /：第 2 项：tokens 必须是 -1 到/],
			["model_facts", "m = x=y", /: entry 1: names a fact/,
			 /：第 1 项：有不存在的特性/],
			["trust_forwarded", "maybe", /: must be true or false/,
			 /：必须是 true 或 false/],
			["auth_token", TOKEN, /: must not be one of allowed_tokens/,
			 /：不能是 allowed_tokens 中的令牌/],
			["allowed_tokens", `${TOKEN}\n${ADMIN}`,
			 /: auth_token: must not be one of allowed_tokens/,
			 /：auth_token：不能是 allowed_tokens 中的令牌/]])
		for (const [language, why] of [["en", en], ["zh-CN", zh]]) {
			const what = `${language} ${name}`;
			const {version} = await fieldOf(name);
			const a = await ask(`${stack.url}/admin/settings`, {
				headers: {...FORM, cookie,
					  "accept-language": language},
				body: form({csrf, q: name, [name]: value,
					    [`v_${name}`]: version})});

			assert.equal(a.status, 400, what);
			const [, said] = new RegExp(
				`id="e_${name}">([^<]*)`).exec(a.text);
			assert.match(unescape(said), why, what);
			assert.ok(said.startsWith(language === "en" ?
				"Not fit: " : "无效："), said);
			if (/[=\n]/.test(value))
				continue; /* JSON has no lines */
			const {json} = await api("PUT", "/api/config", {
				[name]: value}, {"accept-language": language});
			assert.match(json.detail, why, what);
		}
	});

	it("loses nobody's change unseen", async () => {
		const mine = await fieldOf("max_failures");
		const other = await fieldOf("time_out");

		assert.equal((await set("max_failures", "4", mine.version))
			.status, 303, "somebody else's");
		const late = await set("max_failures", "9", mine.version);
		assert.equal(late.status, 409);
		assert.match(late.text, /Somebody else changed it meanwhile. It is now: 4/);
		assert.match(late.text, /name="max_failures"[^>]*value="9"/);
		assert.equal((await fieldOf("max_failures")).value, "4");

		const reset = await post("/admin/settings", {q: "max_failures",
			max_failures: mine.value, reset: "max_failures",
			v_max_failures: mine.version});
		assert.equal(reset.status, 409, "going back is a change, too");

		const beside = await post("/admin/settings", {q: "x",
			max_failures: mine.value, v_max_failures: mine.version,
			time_out: "200", v_time_out: other.version});
		assert.equal(beside.status, 303, "what was not touched");
		assert.equal((await fieldOf("max_failures")).value, "4");
		assert.equal((await fieldOf("time_out")).value, "200");

		const seen = /name="v_max_failures" value="(\w+)"/
			.exec(late.text)[1];
		assert.equal((await set("max_failures", "9", seen)).status, 303,
			     "who has seen it may");
		await api("PUT", "/api/config", {MAX_FAILURES: null,
						 TIME_OUT: null});
	});

	it("many at once: each is there, or was refused", async () => {
		const {version} = await fieldOf("retry_budget");
		const all = await Promise.all([10, 20, 30, 40, 50].map((n) =>
			set("retry_budget", String(n), version)));
		const done = all.filter((r) => r.status === 303);

		assert.equal(done.length, 1);
		assert.equal(all.filter((r) => r.status === 409).length, 4);
		const others = await Promise.all(["idle_timeout", "time_out",
			"connect_timeout", "total_timeout"].map((name) =>
			set(name, "77")));
		assert.deepEqual(others.map((r) => r.status),
				 [303, 303, 303, 303]);
		const config = await configOf();
		assert.deepEqual([config.IDLE_TIMEOUT, config.TIME_OUT,
			config.CONNECT_TIMEOUT, config.TOTAL_TIMEOUT],
			[77, 77, 77, 77]);
		assert.equal((await api("POST", "/api/config/reset")).status,
			     200);
	});

	it("edits secrets that it does not show", async () => {
		const one = "gb-another-token-aaaa1111";
		const two = "gb-another-token-bbbb2222";
		const tokens = await fieldOf("allowed_tokens");

		assert.doesNotMatch(tokens.part, new RegExp(TOKEN));
		assert.match(tokens.value, /…/);
		assert.equal((await set("allowed_tokens",
			`${tokens.value}\r\n${one}\r\n${two}\r\n`)).status, 303);
		const now = await fieldOf("allowed_tokens");
		assert.equal(now.value, `${tokens.value}\ngb-a…1111\ngb-a…2222`);
		assert.equal((await set("allowed_tokens",
			`${tokens.value}\ngb-a…2222`)).status, 303);
		const may = async (token) => (await ask(`${stack.url}/v1/models`,
			{headers: bearer(token)})).status;
		await stack.until(async () => await may(two) === 200, 2000);
		await stack.until(async () => await may(one) === 401, 2000);
		assert.equal(await may(TOKEN), 200);
		assert.equal((await set("allowed_tokens", "gb-a…9999")).status,
			     400, "of none that there is");
		const {text} = await get("/admin/settings/history");
		assert.doesNotMatch(text, /gb-another-token|tests/);
		const [{n}] = await stack.sql("SELECT count(*) AS n FROM " +
			"settings_history WHERE before LIKE '%another%' OR " +
			"after LIKE '%another%'");
		assert.equal(n, 0);
		assert.equal((await api("PUT", "/api/config",
			{ALLOWED_TOKENS: null})).status, 200);

		for (const same of ["proxies", "custom_headers"]) {
			const value = same === "proxies" ?
				"http://joe:secret-pw@127.0.0.1:9" :
				"X-A = secret-pw-of-header";
			assert.equal((await set(same, value)).status, 303);
			const f = await fieldOf(same);
			assert.doesNotMatch(f.part, /secret-pw/);
			assert.equal((await set(same, f.value)).status, 303);
			const [row] = await stack.sql("SELECT json FROM " +
				`overrides WHERE name = '${same}'`);
			assert.match(row.json, /secret-pw/, "it is kept");
			assert.equal((await set(same, "")).status, 303);
		}
		assert.equal((await api("POST", "/api/config/reset")).status,
			     200);
	});
});

describe("settings as JSON", () => {
	it("gives all, without secrets", async () => {
		const r = await api("GET", "/api/config");

		assert.equal(r.status, 200);
		assert.equal(r.json.MAX_RETRIES, 2);
		assert.deepEqual(r.json.FILTERED_MODELS, []);
		assert.deepEqual(r.json.THINKING_BUDGET_MAP, {});
		assert.ok(Array.isArray(r.json.SAFETY_SETTINGS));
		assert.equal(r.json.LOG_LEVEL, "info");
		assert.doesNotMatch(r.text, new RegExp(`${ADMIN}|${TOKEN}`));
		assert.match(r.headers.etag, /^"\w{32}"$/);
	});

	it("takes what Gemini Balance's scripts send", async () => {
		const r = await api("PUT", "/api/config", {
			...await configOf(), MAX_FAILURES: 7, TIME_OUT: "120",
			LOG_LEVEL: "INFO", SHOW_THINKING_PROCESS: "false",
			FILTERED_MODELS: ["gemini-1.0"],
			THINKING_BUDGET_MAP: {[MODEL]: 100},
			SAFETY_SETTINGS: [{category: "HARM_CATEGORY_HARASSMENT",
					   threshold: "OFF"}]});

		assert.equal(r.status, 200, r.text);
		assert.equal(r.json.MAX_FAILURES, 7);
		assert.equal(r.json.TIME_OUT, 120);
		assert.equal(r.json.SHOW_THINKING_PROCESS, false);
		assert.deepEqual(r.json.THINKING_BUDGET_MAP, {[MODEL]: 100});
		assert.deepEqual(r.json.FILTERED_MODELS, ["gemini-1.0"]);
		const rows = await stack.sql("SELECT name FROM overrides");
		assert.deepEqual(rows.map((o) => o.name).sort(), [
			"filtered_models", "max_failures", "safety_settings",
			"show_thinking_process", "thinking_budget_map",
			"time_out"], "only what is other than it was");
		assert.equal((await ask(`${stack.url}/v1/models`,
			{headers: bearer()})).status, 200, "tokens are what they were");
		const back = await api("POST", "/api/config/reset");
		assert.equal(back.json.MAX_FAILURES, 3);
		assert.deepEqual(await stack.sql("SELECT * FROM overrides"), []);
	});

	it("refuses what is wrong, by its name, and changes nothing", async () => {
		for (const [body, why] of [
			[{MAX_RETRIES: 99, TIME_OUT: 5}, /MAX_RETRIES: must be/],
			[{NO_SUCH: 1}, /NO_SUCH/], [[], /object/], ["x", /object/],
			[{max_retries: 1, MAX_RETRIES: 1}, /twice/i],
			[{SQLITE_DATABASE: "/x"}, /SQLITE_DATABASE/],
			[{AUTH_TOKEN: TOKEN}, /AUTH_TOKEN: must not be one/],
			[{"<b>": 1}, /no such/]]) {
			const r = await api("PUT", "/api/config", body);
			assert.equal(r.status, 400, JSON.stringify(body));
			assert.match(r.json.detail, why);
		}
		const bad = await ask(`${stack.url}/api/config`, {method: "PUT",
			headers: bearer(ADMIN), body: "{"});
		assert.equal(bad.status, 400);
		assert.deepEqual(await stack.sql("SELECT * FROM overrides"), []);
	});

	it("with If-Match only changes what was read", async () => {
		const {headers} = await api("GET", "/api/config");
		const match = {"if-match": headers.etag};

		assert.equal((await api("PUT", "/api/config", {MAX_RETRIES: 1},
			match)).status, 200);
		const r = await api("PUT", "/api/config", {MAX_RETRIES: 4},
				    match);
		assert.equal(r.status, 412);
		assert.equal((await configOf()).MAX_RETRIES, 1);
		await api("POST", "/api/config/reset");
	});

	it("needs the admin, and a session its CSRF token", async () => {
		for (const [method, where] of [["GET", "/api/config"],
			["PUT", "/api/config"], ["POST", "/api/config/reset"],
			["GET", "/api/config/ui/models"],
			["POST", "/api/config/proxy/check"],
			["POST", "/api/config/proxy/check-all"],
			["GET", "/api/config/proxy/cache-stats"],
			["POST", "/api/scheduler/stop"]]) {
			assert.equal((await ask(stack.url + where, {method}))
				.status, 401, where);
			if (method === "GET")
				continue;
			assert.equal((await ask(stack.url + where, {method,
				headers: {cookie}, body: "{}"})).status, 403);
		}
		const r = await ask(`${stack.url}/api/config`, {method: "PUT",
			headers: {cookie, "x-csrf-token": csrf},
			body: JSON.stringify({MAX_RETRIES: 2})});
		assert.equal(r.status, 200, r.text);
	});

	it("lists models to pick from", async () => {
		const r = await api("GET", "/api/config/ui/models");

		assert.equal(r.status, 200, r.text);
		assert.equal(r.json.object, "list");
		assert.ok(r.json.data.some((m) => m.id === MODEL));
		assert.match((await get("/admin/settings?group=models")).text,
			     new RegExp(`<option value="${MODEL}">`));
	});

	it("tests proxies", async () => {
		const all = await api("POST", "/api/config/proxy/check-all",
			{proxies: ["direct", "http://u:secret-pw@127.0.0.1:9"],
			 use_cache: true, max_concurrent: 5});
		assert.equal(all.status, 200, all.text);
		assert.deepEqual(all.json.map((p) => p.is_available),
				 [true, false]);
		assert.ok(all.json[0].response_time >= 0);
		assert.equal(typeof all.json[1].error_message, "string");
		assert.doesNotMatch(all.text, /secret-pw/);
		const one = await api("POST", "/api/config/proxy/check",
				      {proxy: "http://127.0.0.1:9"});
		assert.equal(one.json.is_available, false);
		assert.equal(one.json.proxy, "http://127.0.0.1:9");
		for (const body of [{}, {proxy: 1}, {proxy: "nonsense"},
				    {proxy: ""}, []])
			assert.equal((await api("POST",
				"/api/config/proxy/check", body)).status, 400,
				JSON.stringify(body));
		assert.equal((await api("POST", "/api/config/proxy/check-all",
			{proxies: "x"})).status, 400);
		assert.deepEqual((await api("POST",
			"/api/config/proxy/check-all", {proxies: []})).json, []);
		assert.equal((await api("GET",
			"/api/config/proxy/cache-stats")).json.total_cached, 0);
		assert.equal((await api("POST",
			"/api/config/proxy/clear-cache")).json.success, true);
		const page = await post("/admin/settings/exits", {});
		assert.match(page.text, /direct[^]*badge done">yes/);
	});

	it("stops the rechecks, and starts them", async () => {
		assert.equal((await api("POST", "/api/scheduler/stop")).status,
			     200);
		assert.equal((await configOf()).CHECK_INTERVAL_HOURS, 0);
		assert.match((await api("POST", "/api/scheduler/start")).json
			.message, /started/);
		assert.ok((await configOf()).CHECK_INTERVAL_HOURS > 0);
	});
});

describe("settings, from the command line", () => {
	it("leads back to what the file says", async () => {
		await set("base_path", "/admin");
		const list = await stack.tool("settings", "list", "--json");
		assert.deepEqual(JSON.parse(list.stdout).filter((s) =>
			s.setting === "base_path"), [{setting: "base_path",
			value: "/admin", below: ""}]);
		const reset = await stack.tool("settings", "reset",
					       "base_path");
		assert.equal(reset.code, 0, reset.stderr);
		assert.match(reset.stdout, /base_path/);
		await stack.until(async () =>
			(await fieldOf("base_path")).value === "");
		assert.match((await get("/admin/settings/history")).text,
			     /the command line/);
	});

	it("can be reset when no start is possible with them", async () => {
		const list = async () => (await stack.tool("settings", "list"))
			.stdout;

		await stack.sql("INSERT INTO overrides VALUES " +
			"('max_retries', '\"many\"'), ('of_another', '1')");
		assert.equal((await stack.tool("keys", "list")).code, 1);
		assert.match(await list(), /max_retries +\? +\d+\n/);
		assert.match(await list(), /of_another +\? +\?/);
		let r = await stack.tool("settings", "reset", "of_another");
		assert.equal(r.code, 1, "the other one is still there");
		assert.match(r.stderr, /max_retries: must be/);
		r = await stack.tool("settings", "reset", "of_another",
				     "max_retries");
		assert.equal(r.code, 0, r.stderr);
		assert.equal((await stack.tool("keys", "list")).code, 0);
	});

	it("are refused by name, and masked", async () => {
		assert.equal((await stack.tool("settings", "reset", "no_such"))
			.code, 2);
		assert.match((await stack.tool("settings", "reset", "threads"))
			.stdout, /nothing of it was changed/);
		await set("proxies", "http://u:secret-of-a-proxy@127.0.0.1:1");
		const list = await stack.tool("settings", "list");
		assert.match(list.stdout, /proxies/);
		assert.doesNotMatch(list.stdout, /secret-of-a-proxy/);
		assert.equal((await stack.tool("settings", "reset", "--all"))
			.code, 0);
		assert.doesNotMatch((await stack.tool("settings", "list"))
			.stdout, /proxies/);
	});
});

describe("access tokens", () => {
	const NAME = "Ann's laptop";
	let token, id;

	it("makes one, and shows it once", async () => {
		const r = await post("/admin/tokens", {name: NAME, note: "Of Ann",
			expires: "30d", models: `${MODEL}, gemini-2*`,
			"requests-per-day": "3", "cost-per-month": "2.5"});

		assert.equal(r.status, 200, r.text);
		token = /<pre id="secret">(gb-\w+)</.exec(r.text)[1];
		id = /admin\/tokens\/(\d+)/.exec(r.text)[1];
		const list = await get("/admin/tokens");
		assert.doesNotMatch(list.text, new RegExp(token));
		assert.match(list.text, /Of Ann/);
		assert.match(list.text, /Ann&#39;s laptop/);
		await stack.until(async () => (await ask(
			`${stack.url}/v1/chat/completions`, {
			headers: bearer(token), body: chat("hi")}))
			.status === 200, 2000);
	});

	it("refuses what is wrong beside its field", async () => {
		for (const [fields, why] of [
			[{name: ""}, /1 to 64 bytes/], [{name: " a"}, /1 to 64/],
			[{name: "config-9"}, /ALLOWED_TOKENS/],
			[{name: "x".repeat(65)}, /1 to 64/],
			[{name: "b", expires: "yesterday"}, /no moment to come/],
			[{name: "b", expires: "2020-01-01"}, /no moment to come/],
			[{name: "b", models: "a b/<>"}, /no names of models/],
			[{name: "b", note: "n".repeat(201)}, /At most 200/],
			[{name: "b", "cost-per-day": "much"}, /no sum/],
			[{name: "b", parallel: "-1"}, /no whole number/]]) {
			const r = await post("/admin/tokens", fields);
			assert.equal(r.status, 400, JSON.stringify(fields));
			assert.match(r.text, why);
		}
		assert.equal((await post("/admin/tokens", {name: NAME})).status,
			     409);
	});

	it("shows what it used, and of which limits", async () => {
		const {text} = await get(`/admin/tokens/${id}`);

		assert.match(text, /1 of 3/);
		assert.match(text, /\$0\.\d+ of \$2\.5000/);
		assert.match(text, new RegExp(`${MODEL},gemini-2\\*`));
		for (const wrong of ["0", "999999", "x", `${id}x`, "-1",
				     "99999999999999999999"])
			assert.equal((await get(`/admin/tokens/${wrong}`))
				.status, 404, wrong);
	});

	it("tells in the list what each used", async () => {
		await post("/admin/tokens", {name: "unused"});
		const rows = (await get("/admin/tokens")).text.split("<tr>");
		const numbers = (name) => [...rows.find((row) =>
			row.includes(`>${name}</a>`))
			.matchAll(/class="number">([^<]*)</g)]
			.map(([, n]) => n);

		assert.deepEqual(numbers("Ann&#39;s laptop").slice(0, 2),
				 ["1", "0"]);
		assert.deepEqual(numbers("unused").slice(0, 2), ["0", "0"]);
	});

	it("has a page for its person, which nobody guesses", async () => {
		const {text} = await get(`/admin/tokens/${id}`);
		const link = /href="[./]*(token\/[^"]+)"/.exec(text)[1];
		const r = await ask(`${stack.url}/${link}`);

		assert.equal(r.status, 200);
		assert.match(r.text, /Ann&#39;s laptop/);
		assert.match(r.text, /1 of 3/);
		assert.doesNotMatch(r.text, /method="post" action="[^"]*admin\/tokens|name="csrf"/);
		const last = link.at(-1) === "0" ? "1" : "0";
		for (const wrong of [link.slice(0, -1) + last, link.slice(0, -1),
			`token/${id}`, `token/${id}-`, `token/${id}-${"0".repeat(32)}`,
			link.replace(/\d+-/, "1-"), "token/-", "token/x"])
			assert.equal((await ask(`${stack.url}/${wrong}`)).status,
				     404, wrong);
	});

	it("changes it, unless somebody else did", async () => {
		const version = async () => /name="version" value="(\w+)"/
			.exec((await get(`/admin/tokens/${id}`)).text)[1];
		const seen = await version();
		const fields = {do: "save", version: seen, note: "n",
				"requests-per-day": "5", endpoint: "chat"};

		assert.equal((await post(`/admin/tokens/${id}`, fields)).status,
			     303);
		const {text} = await get(`/admin/tokens/${id}`);
		assert.match(text, /1 of 5/);
		assert.match(text, /value="chat" checked/);
		assert.match(text, /never/);
		const late = await post(`/admin/tokens/${id}`,
					{...fields, note: "mine"});
		assert.equal(late.status, 409);
		assert.match(late.text, /value="mine"/);
		assert.match(late.text, /somebody else changed this token/);
		const bad = await post(`/admin/tokens/${id}`, {...fields,
			version: await version(), parallel: "x"});
		assert.equal(bad.status, 400);
		assert.equal((await post(`/admin/tokens/${id}`, {do: "dance"}))
			.status, 400);
	});

	it("is changed by one of those who save at once", async () => {
		const version = /name="version" value="(\w+)"/.exec((await get(
			`/admin/tokens/${id}`)).text)[1];
		const all = await Promise.all(Array.from({length: 8}, (_, i) =>
			post(`/admin/tokens/${id}`, {do: "save", version,
						     note: `of ${i}`,
						     endpoint: "chat"})));

		assert.deepEqual(all.map((r) => r.status).sort(),
				 [303, ...Array(7).fill(409)]);
		const at = all.findIndex((r) => r.status === 303);
		assert.match((await get(`/admin/tokens/${id}`)).text,
			     new RegExp(`value="of ${at}"`));
	});

	it("disables, enables and revokes it", async () => {
		const link = /href="[./]*(token\/[^"]+)"/.exec((await get(
			`/admin/tokens/${id}`)).text)[1];
		const may = async () => (await ask(`${stack.url}/v1/chat/completions`,
			{headers: bearer(token), body: chat("hi")})).status;

		for (const [what, status] of [["disable", 401], ["enable", 200],
					      ["revoke", 401]]) {
			assert.equal((await post(`/admin/tokens/${id}`,
				{do: what})).status, 303);
			await stack.until(async () => await may() === status,
					  2000);
		}
		const {text} = await get(`/admin/tokens/${id}`);
		assert.match(text, /revoked/);
		assert.doesNotMatch(text, /value="save"/);
		assert.equal((await ask(`${stack.url}/${link}`)).status, 404);
		await post(`/admin/tokens/${id}`, {do: "enable"});
		assert.match((await get(`/admin/tokens/${id}`)).text,
			     /Nothing was changed: the token is revoked/);
		assert.doesNotMatch((await get("/admin/tokens")).text,
				    /Ann&#39;s/);
		assert.match((await get("/admin/tokens?all=1")).text,
			     /Ann&#39;s/);
	});
});
