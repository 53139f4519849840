/*
 * admin.test.mjs: the admin site, without a browser: each row of its route
 * table, who may, and attacks on the sign-in (promise 11).
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import {after, afterEach, before, describe, it} from "node:test";

import {ask, bearer, chat, sleep, startFake, startStack, TOKEN} from "./harness.mjs";

const ADMIN = "gb-admin-token-for-the-tests";
const FORM = {"content-type": "application/x-www-form-urlencoded"};

/* Rows that change nothing of anybody's, and so need no sign-in. */
const OPEN = new Set(["GET /static/*", "GET /admin/login", "POST /admin/login",
	"POST /admin/language", "GET /", "GET /admin", "GET /auth",
	"POST /auth", "GET /keys", "GET /keys_status", "GET /config",
	"GET /logs",
	/* It asks for a proof in its path: admin_settings.test.mjs. */
	"GET /token/*"]);

let fake;
before(async () => {
	fake = await startFake();
});
after(() => fake?.close());

const form = (fields) => new URLSearchParams(fields).toString();

/* The name and value of the cookie that the answer sets. */
const cookieOf = (r) => r.headers["set-cookie"]?.find((c) =>
	c.startsWith("gb_session="))?.split(";")[0];

async function signIn(stack, {token = ADMIN, headers = {}} = {})
{
	const r = await ask(`${stack.url}/admin/login`, {
		headers: {...FORM, ...headers},
		body: form({auth_token: token}),
	});

	assert.equal(r.status, 303, r.text);
	return cookieOf(r);
}

async function csrfOf(stack, cookie)
{
	const r = await ask(`${stack.url}/admin/sessions`, {headers: {cookie}});

	assert.equal(r.status, 200, r.text);
	return /name="csrf" value="([0-9a-f]{64})"/.exec(r.text)[1];
}

const post = (stack, where, cookie, fields, headers = {}) =>
	ask(stack.url + where, {
		headers: {...FORM, ...(cookie ? {cookie} : {}), ...headers},
		body: form(fields),
	});

/* The rows of "gbalance routes". */
async function routesOf(stack)
{
	const {code, stdout} = await stack.tool("routes");

	assert.equal(code, 0);
	return stdout.trim().split("\n").map((line) => {
		const [method, pattern, who, face, csrf] = line.split(/ +/);
		return {method, pattern, who, face, csrf: csrf === "csrf",
			path: pattern.replace("*", "anything")};
	});
}

const methodsOf = ({method}) => method === "*" ?
	["GET", "POST", "PUT", "PATCH", "DELETE"] : [method];

const STACKS = [
	{server: "lighttpd", way: "daemon", mount: ""},
	{server: "apache", way: "proxy", mount: "/gbalance"},
	{server: "nginx", way: "daemon", mount: "/gbalance"},
];

for (const options of STACKS)
describe(`${options.server} at "${options.mount}/"`, () => {
	let stack;

	before(async () => {
		stack = await startStack(fake, {...options,
			settings: {auth_token: ADMIN, trust_forwarded: true}});
	});
	afterEach(() => stack.check());
	after(() => stack?.stop());

	/* Each test from an address of its own: tries count by that. */
	let address = 0;
	const from = () => ({"x-forwarded-for": `192.0.2.${++address}`});

	it("opens nothing but what must be open", async () => {
		const routes = await routesOf(stack);

		for (const r of routes)
			assert.equal(r.who === "anybody",
				     OPEN.has(`${r.method} ${r.pattern}`),
				     `${r.method} ${r.pattern}`);
		assert.equal(routes.filter((r) => r.who === "anybody").length,
			     OPEN.size);
	});

	it("asks everywhere else who is there", async () => {
		for (const r of await routesOf(stack))
		for (const method of methodsOf(r)) {
			if (r.who !== "admin")
				continue;
			const a = await ask(stack.url + r.path, {method});
			const what = `${method} ${r.path}`;

			if (r.face === "json") {
				assert.equal(a.status, 401, what);
				assert.equal(typeof a.json.detail, "string");
				assert.equal(a.headers["www-authenticate"],
					     "Bearer", what);
			} else if (["GET", "POST"].includes(method)) {
				assert.equal(a.status, 303, what);
				assert.match(a.headers.location, new RegExp(
					`^${stack.mount}/admin/login`), what);
				assert.equal(a.text, "", what);
			} else {
				assert.equal(a.status, 401, what);
			}
			assert.equal(a.headers["set-cookie"], undefined, what);
		}
	});

	it("asks for the CSRF token wherever something changes", async () => {
		const cookie = await signIn(stack, {headers: from()});
		const other = await signIn(stack, {headers: from()});
		const csrf = await csrfOf(stack, cookie);
		const wrong = [{}, {csrf: ""}, {csrf: csrf.slice(1)},
			       {csrf: await csrfOf(stack, other)},
			       {csrf: csrf.replace(/./g, "0")}];
		let rows = 0;

		for (const r of await routesOf(stack))
		for (const method of methodsOf(r)) {
			if (r.who !== "admin")
				continue;
			const what = `${method} ${r.path}`;
			assert.equal(r.csrf, r.method !== "GET", what);
			if (method === "GET")
				continue;
			rows++;
			for (const fields of wrong) {
				const a = await ask(stack.url + r.path, {
					method, body: form(fields),
					headers: {...FORM, cookie},
				});
				assert.equal(a.status, 403, what);
			}
		}
		assert.ok(rows > 5);
		assert.equal((await ask(`${stack.url}/admin/`, {
			headers: {cookie}})).status, 200, "it is signed in still");
	});

	it("refuses what another site's page sends", async () => {
		const cookie = await signIn(stack, {headers: from()});
		const csrf = await csrfOf(stack, cookie);

		for (const where of ["/admin/logout", "/admin/login",
				     "/admin/language"]) {
			const a = await post(stack, where, cookie, {csrf},
				{"sec-fetch-site": "cross-site"});
			assert.equal(a.status, 403, where);
			assert.equal(a.headers["set-cookie"], undefined, where);
		}
	});

	it("tells browsers to do nothing that is not needed", async () => {
		const cookie = await signIn(stack, {headers: from()});
		const all = [["/admin/", {cookie}], ["/admin/login", {}],
			     ["/admin/nothing", {cookie}], ["/admin/", {}],
			     ["/api/sessions", {cookie}], ["/", {}]];

		for (const [where, headers] of all) {
			const {headers: h} = await ask(stack.url + where,
						       {headers});
			const csp = h["content-security-policy"];

			assert.match(csp, /^default-src 'none';/, where);
			assert.match(csp, /frame-ancestors 'none'/, where);
			assert.match(csp, /base-uri 'none'/, where);
			assert.match(csp, /form-action 'self'/, where);
			assert.doesNotMatch(csp, /unsafe|\*|data:/, where);
			assert.equal(h["x-content-type-options"], "nosniff");
			assert.equal(h["referrer-policy"], "same-origin");
			assert.equal(h["x-frame-options"], "DENY");
			assert.equal(h["cache-control"], "no-store", where);
			assert.equal(h["cross-origin-opener-policy"],
				     "same-origin");
			assert.equal(h["cross-origin-resource-policy"],
				     "same-origin");
			assert.match(h["permissions-policy"], /camera=\(\)/);
			assert.equal(h["strict-transport-security"], undefined);
		}
		const tls = await ask(`${stack.url}/admin/`, {
			headers: {"x-forwarded-proto": "https"}});
		assert.match(tls.headers["strict-transport-security"],
			     /^max-age=31536000$/);
	});

	it("no page has script or style within itself", async () => {
		const cookie = await signIn(stack, {headers: from()});

		for (const where of ["/admin/", "/admin/sessions",
				     "/admin/login", "/admin/nothing"]) {
			const {text} = await ask(stack.url + where,
						 {headers: {cookie}});
			assert.doesNotMatch(text, /<style|style=| on[a-z]+=/i);
			for (const [, src] of text.matchAll(
				/<script([^>]*)>/g))
				assert.match(src, /src="/);
		}
	});

	it("a session's cookie is for us alone", async () => {
		const plain = await post(stack, "/admin/login", null,
					 {auth_token: ADMIN}, from());
		const tls = await post(stack, "/admin/login", null,
			{auth_token: ADMIN},
			{...from(), "x-forwarded-proto": "https"});
		const rest = `; Path=${stack.mount || "/"}; Max-Age=86400; ` +
			     "HttpOnly; SameSite=Strict";

		assert.match(plain.headers["set-cookie"][0], new RegExp(
			`^gb_session=[0-9a-f]{32}${rest}$`));
		assert.match(tls.headers["set-cookie"][0], new RegExp(
			`^gb_session=[0-9a-f]{32}${rest}; Secure$`));
		const [{n}] = await stack.sql("SELECT count(*) AS n FROM " +
			"sessions WHERE hex(digest) LIKE '%" +
			`${cookieOf(plain).slice(11).toUpperCase()}%'`);
		assert.equal(n, 0, "the database has no id");
	});

	it("a sign-in gives a new id, whatever the browser brought", async () => {
		const brought = `gb_session=${"0123456789abcdef".repeat(2)}`;
		const r = await post(stack, "/admin/login", brought,
				     {auth_token: ADMIN}, from());
		const first = cookieOf(r);
		assert.notEqual(first, brought);
		assert.equal((await ask(`${stack.url}/admin/`, {
			headers: {cookie: brought}})).status, 303);

		const again = await post(stack, "/admin/login", first,
					 {auth_token: ADMIN}, from());
		assert.notEqual(cookieOf(again), first);
		assert.equal((await ask(`${stack.url}/admin/`, {
			headers: {cookie: first}})).status, 303,
			"the one before has ended");
		assert.equal((await ask(`${stack.url}/admin/`, {
			headers: {cookie: cookieOf(again)}})).status, 200);
	});

	it("signs out here, and everywhere", async () => {
		const [a, b, c] = [await signIn(stack, {headers: from()}),
				   await signIn(stack, {headers: from()}),
				   await signIn(stack, {headers: from()})];
		const isIn = async (cookie) => (await ask(
			`${stack.url}/admin/`, {headers: {cookie}}))
			.status === 200;

		const out = await post(stack, "/admin/logout", a,
				       {csrf: await csrfOf(stack, a)});
		assert.equal(out.status, 303);
		assert.match(out.headers["set-cookie"][0],
			     /^gb_session=; .*Max-Age=0/);
		assert.deepEqual([await isIn(a), await isIn(b)],
				 [false, true]);
		assert.equal((await post(stack, "/admin/logout/everywhere", b,
			{csrf: await csrfOf(stack, b)})).status, 303);
		assert.deepEqual([await isIn(b), await isIn(c)],
				 [false, false]);
	});

	it("signs one browser out, and says so once", async () => {
		const [a, b] = [await signIn(stack, {headers: from()}),
				await signIn(stack, {headers: from()})];
		const page = (cookie) => ask(`${stack.url}/admin/sessions`,
					     {headers: {cookie}});
		const csrf = await csrfOf(stack, a);
		const [{id}] = await stack.sql("SELECT max(id) AS id FROM " +
					       "sessions");
		const said = /<p class="note done" >The browser was signed out/;

		for (const bad of ["", "0", "x", "-1", "99999999999999999999"])
			assert.equal((await post(stack, "/admin/sessions/end",
				a, {csrf, id: bad})).status, 400, bad);
		assert.equal((await post(stack, "/admin/sessions/end", a,
			{csrf, id})).headers.location,
			`${stack.mount}/admin/sessions`);
		assert.equal((await page(b)).status, 303);
		assert.match((await page(a)).text, said);
		assert.doesNotMatch((await page(a)).text, said);
	});

	it("wrong tokens cost ever more time, by address", async () => {
		const who = from(), other = from();
		const wrong = (fields = {auth_token: "not-it"}) =>
			post(stack, "/admin/login", null, fields, who);

		for (let i = 0; i < 3; i++)
			assert.equal((await wrong()).status, 403);
		const fourth = await wrong();
		assert.equal(fourth.status, 403);
		assert.match(fourth.text, /possible in 1 s/);
		const fifth = await wrong();
		assert.equal(fifth.status, 429);
		assert.equal(fifth.headers["retry-after"], "1");
		assert.match(fifth.text, /Too many wrong tokens/);
		assert.equal((await wrong({auth_token: ADMIN})).status, 429,
			     "the right one has to wait, too");
		assert.equal((await post(stack, "/admin/login", null,
			{auth_token: ADMIN}, other)).status, 303,
			"nobody else has");
		assert.equal((await ask(`${stack.url}/api/sessions`, {
			headers: {...bearer(ADMIN), ...who}})).status, 429,
			"there is no other way in");
		await sleep(1100);
		assert.equal((await wrong({auth_token: ADMIN})).status, 303);
		assert.equal((await wrong()).status, 403, "and all is forgotten");
	});

	it("many at once are as many as one by one", async () => {
		const who = from();
		const all = await Promise.all(Array.from({length: 40}, (_, i) =>
			post(stack, "/admin/login", null,
			     {auth_token: `guess-${i}`}, who)));
		const tried = all.filter((r) => r.status === 403);

		assert.equal(tried.length, 4);
		assert.ok(all.every((r) => [403, 429].includes(r.status)));
	});

	it("an address of IPv6 is its network", async () => {
		for (let i = 1; i <= 4; i++)
			assert.equal((await post(stack, "/admin/login", null,
				{auth_token: "no"}, {"x-forwarded-for":
				`10.0.0.1, 2001:db8:0:${stack.port.toString(16)
				}::${i}`})).status, 403);
		assert.equal((await post(stack, "/admin/login", null,
			{auth_token: "no"}, {"x-forwarded-for":
			`2001:db8:0:${stack.port.toString(16)}::9`})).status,
			429);
	});

	it("says what is wrong with a token", async () => {
		const tries = [["", /Enter the admin token/],
			       [TOKEN, /an access token, which is for the API/],
			       ["x".repeat(500), /not the admin token/],
			       ["<b>&\"'", /not the admin token/]];

		for (const [auth_token, words] of tries) {
			const r = await post(stack, "/admin/login", null,
					     {auth_token}, from());
			assert.match(r.text, words);
			assert.equal(r.headers["set-cookie"], undefined);
			assert.ok(!auth_token ||
				  !r.text.includes(auth_token), "not shown");
		}
	});

	it("goes on to the page that was asked for, and to no other", async () => {
		const r = await ask(`${stack.url}/admin/sessions?a=b%26c&d=e`);
		const login = new URL(r.headers.location, stack.url);
		assert.equal(login.searchParams.get("next"),
			     "admin/sessions?a=b%26c&d=e");
		const page = await ask(login);
		assert.match(page.text, /name="next" value="admin\/sessions\?a=b%26c&amp;d=e"/);

		for (const [next, where] of [
			["admin/sessions?a=b%26c&d=e",
			 "/admin/sessions?a=b%26c&d=e"],
			["https://evil.example/admin/", "/admin/"],
			["//evil.example/", "/admin/"],
			["admin/../../v1", "/admin/"],
			["admin/\r\nX-Evil: 1", "/admin/"],
			["javascript:alert(1)", "/admin/"],
		]) {
			const a = await post(stack, "/admin/login", null,
				{auth_token: ADMIN, next}, from());
			assert.equal(a.headers.location, stack.mount + where);
			assert.equal(a.headers["x-evil"], undefined);
		}
	});

	it("speaks the language that is wanted", async () => {
		const page = (headers) => ask(`${stack.url}/admin/login`,
					      {headers});
		const zh = {"accept-language": "zh-CN,zh;q=0.9,en;q=0.8"};

		assert.match((await page({})).text, /<html lang="en">/);
		assert.match((await page(zh)).text, /<html lang="zh-CN">/);
		const chosen = await post(stack, "/admin/language", null,
			{language: "en", back: "admin/login?next=admin%2Fkeys"});
		assert.equal(chosen.status, 303);
		assert.equal(chosen.headers.location,
			     `${stack.mount}/admin/login?next=admin%2Fkeys`);
		const cookie = chosen.headers["set-cookie"][0].split(";")[0];
		assert.equal(cookie, "gb_language=en");
		assert.match((await page({...zh, cookie})).text, /lang="en"/);
		for (const language of ["", "de", "en\r\nX-Evil: 1", "../en"]) {
			const no = await post(stack, "/admin/language", null,
				{language, back: "https://evil.example/"});
			assert.equal(no.headers["set-cookie"], undefined);
			assert.equal(no.headers["x-evil"], undefined);
			assert.equal(no.headers.location,
				     `${stack.mount}/admin/`);
		}
	});

	it("takes the admin token itself where JSON is", async () => {
		const call = (method, headers) => ask(
			`${stack.url}/api/sessions`,
			{method, headers: {...from(), ...headers}});

		await signIn(stack, {headers: {...from(),
					       "user-agent": "A browser"}});
		const list = await call("GET", bearer(ADMIN));
		assert.equal(list.json.sessions[0].agent, "A browser");
		assert.match(list.json.sessions[0].since, /^20\d\d-.*Z$/);
		for (const method of ["GET", "DELETE"]) {
			const right = await call(method, bearer(ADMIN));
			assert.equal(right.status, 200, "without a CSRF token");
			const wrong = await call(method, bearer(TOKEN));
			assert.equal(wrong.status, 401);
			assert.equal(wrong.json.detail,
				     "This is not the admin token.");
		}
		assert.equal((await ask(`${stack.url}/admin/`, {
			headers: bearer(ADMIN)})).status, 303, "no page does");
		assert.equal((await ask(`${stack.url}/v1/models`, {
			headers: bearer(ADMIN)})).status, 401, "no API does");
	});

	it("or the session, with the CSRF token in a header", async () => {
		const cookie = await signIn(stack, {headers: from()});
		const csrf = await csrfOf(stack, cookie);
		const call = (method, headers) => ask(
			`${stack.url}/api/sessions`,
			{method, headers: {cookie, ...headers}});

		assert.equal((await call("GET", {})).status, 200);
		assert.equal((await call("DELETE", {})).status, 403);
		assert.equal((await call("DELETE", {"x-csrf-token": csrf}))
			.json.ended >= 1, true);
		assert.equal((await call("GET", {})).status, 401);
	});

	it("the overview has what came today", async () => {
		const cookie = await signIn(stack, {headers: from()});
		/* in the line of today, or of the keys */
		const number = async (name) => Number(new RegExp(
			`>Today</th>(?:.(?!</tr))*"${name}">([0-9,.]+)</td>|` +
			`<dt>${name}</dt><dd>([0-9.$]+)</dd>`, "s").exec(
			(await ask(`${stack.url}/admin/`, {headers: {cookie}}))
			.text).slice(1).find((n) => n).replace(",", ""));
		const before = await number("Requests");

		assert.equal((await ask(`${stack.url}/v1/chat/completions`, {
			headers: bearer(), body: chat("hello")})).status, 200);
		assert.equal(await number("Requests"), before + 1);
		assert.ok(await number("Tokens in") > 0);
		assert.equal(await number("All"), 3);
		assert.equal(await number("Ready"), 3);
	});

	it("old names lead to the pages", async () => {
		for (const [old, now] of [["/", "/admin/"],
			["/admin", "/admin/"], ["/auth", "/admin/login"],
			["/keys", "/admin/keys"],
			["/keys_status", "/admin/keys"],
			["/config", "/admin/settings"],
			["/logs", "/admin/logs"]]) {
			const r = await ask(stack.url + old);
			assert.equal(r.status, 303, old);
			assert.equal(r.headers.location, stack.mount + now, old);
		}
		const r = await post(stack, "/auth", null, {auth_token: ADMIN},
				     from());
		assert.match(cookieOf(r), /^gb_session=/);
	});

	it("serves its files for ever, and no others", async () => {
		const {text} = await ask(`${stack.url}/admin/login`);
		const links = [...text.matchAll(
			/(?:href|src)="\.\.\/(static\/[^"]+)"/g)]
			.map(([, link]) => link);

		assert.equal(links.length, 3);
		for (const link of links) {
			const r = await ask(`${stack.url}/${link}`);
			assert.equal(r.status, 200, link);
			assert.match(r.headers["cache-control"],
				     /max-age=31[0-9]{6}/);
			assert.equal(r.headers["x-content-type-options"],
				     "nosniff");
			const old = await ask(`${stack.url}/${link
				.replace(/=.*/, "=0123456789abcdef")}`);
			assert.equal(old.status, 200);
			/* A web server that serves it does not look. */
			if (old.headers["x-request-id"])
				assert.equal(old.headers["cache-control"],
					     "no-cache");
		}
		for (const name of ["", ".", "..", "../gbalance.cfg",
			"..%2Fgbalance.cfg", "%2e%2e/gbalance.cfg",
			"%2e%2e%2fgbalance.cfg", "..%5cgbalance.cfg",
			"app.css/../../gbalance.cfg", "/etc/passwd",
			"%2Fetc%2Fpasswd", "app.css%00", "app.css%20",
			"....//gbalance.cfg", ".%2e/data/gbalance.db",
			"../templates/frame.html", "nothing.css"]) {
			const r = await raw(stack, `${stack.mount}/static/${
				name}`);
			assert.match(r, /^HTTP\/1.1 (30\d|40\d)/, name);
			assert.doesNotMatch(r, /base_url|root:|SQLite|{{/);
		}
	});

	it("a query and a form are text, or an error", async () => {
		const cookie = await signIn(stack, {headers: from()});
		const csrf = await csrfOf(stack, cookie);
		const send = (body, headers) => ask(
			`${stack.url}/admin/logout`,
			{method: "POST", body, headers: {...headers, cookie}});

		for (const query of ["a=%ff", "a=%00", "%01=a"])
			assert.equal((await ask(`${stack.url}/admin/?${query}`,
				{headers: {cookie}})).status, 400, query);
		assert.equal((await send("csrf=%ff", FORM)).status, 400);
		assert.equal((await send("a&".repeat(20001), FORM)).status,
			     400);
		assert.equal((await send(`{"csrf":"${csrf}"}`,
			{"content-type": "application/json"})).status, 415);
		assert.equal((await send(`csrf=${csrf}`,
			{"content-type": "text/plain"})).status, 415);
		const large = await ask(`${stack.url}/admin/login`, {
			headers: FORM, body: `auth_token=${"x".repeat(20000)}`});
		assert.equal(large.status, 413);
		assert.equal((await ask(`${stack.url}/admin/`, {
			headers: {cookie}})).status, 200);
	});

	it("has names for what it does not do", async () => {
		const cookie = await signIn(stack, {headers: from()});
		const gone = await ask(`${stack.url}/admin/nothing`,
				       {headers: {cookie}});
		const method = await ask(`${stack.url}/admin/sessions`,
			{method: "DELETE", headers: {cookie}});

		assert.equal(gone.status, 404);
		assert.match(gone.text, /There is nothing at this address/);
		assert.ok(gone.text.includes(gone.headers["x-request-id"]));
		assert.equal(method.status, 405);
		assert.equal(method.headers.allow, "GET");
	});
});

/* The answer to a path that no client would send as it is. */
function raw(stack, target)
{
	return new Promise((resolve, reject) => {
		const socket = net.connect(stack.port, "127.0.0.1");
		let text = "";

		socket.on("error", reject);
		socket.setTimeout(10000, () => socket.destroy(
			new Error(`${target}: silence`)));
		socket.on("data", (piece) => {
			text += piece;
		});
		socket.on("close", () => resolve(text));
		socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n` +
			     "Connection: close\r\n\r\n");
	});
}

describe("several processes", () => {
	let stack;

	before(async () => {
		stack = await startStack(fake, {server: "apache", way: "cgi",
						mount: "/gbalance"});
	});
	after(() => stack?.stop());

	const newToken = async () => /: (gb-\w+)/.exec(
		(await stack.tool("admin-token")).stdout)[1];

	it("know each other's sessions, and a new token ends them", async () => {
		const none = await post(stack, "/admin/login", null,
					{auth_token: ADMIN});
		assert.equal(none.status, 403);
		assert.match(none.text, /There is no admin token yet/);

		const cookie = await signIn(stack, {token: await newToken()});
		const page = () => ask(`${stack.url}/admin/`,
				       {headers: {cookie}});
		assert.equal((await page()).status, 200);
		const fresh = await newToken();
		assert.equal((await page()).status, 303, "it has ended");
		assert.match(await signIn(stack, {token: fresh}), /^gb_session/);
	});

	it("serve the files, too", async () => {
		const r = await ask(`${stack.url}/static/app.css`);

		assert.equal(r.status, 200);
		assert.match(r.headers["content-type"], /^text\/css/);
	});
});

describe("a daemon", () => {
	let stack;

	before(async () => {
		stack = await startStack(fake, {settings:
			{admin_session_expire: 300}});
	});
	after(() => stack?.stop());

	it("ends sessions that nobody uses, and those of the old token", async () => {
		const token = /: (gb-\w+)/.exec(
			(await stack.tool("admin-token")).stdout)[1];
		await stack.until(async () => (await post(stack,
			"/admin/login", null, {auth_token: token}))
			.status === 303);
		const cookie = await signIn(stack, {token});
		const page = async () => (await ask(`${stack.url}/admin/`,
			{headers: {cookie}})).status;

		assert.equal(await page(), 200);
		await stack.sql("UPDATE sessions SET seen_at = seen_at - 299000");
		assert.equal(await page(), 200, "just used enough");
		await stack.sql("UPDATE sessions SET seen_at = seen_at - 301000");
		assert.equal(await page(), 303, "not used");
		await stack.sql("UPDATE sessions SET seen_at = seen_at + 301000");
		assert.equal(await page(), 200);
		await stack.tool("admin-token");
		await stack.until(async () => await page() === 303, 3000);
	});

	it("does not believe what anybody can write", async () => {
		const r = await ask(`${stack.url}/admin/login`, {
			headers: {"x-forwarded-proto": "https"}});
		assert.equal(r.headers["strict-transport-security"], undefined);
		let last;
		for (let i = 0; i < 5; i++)
			last = await post(stack, "/admin/login", null,
				{auth_token: "no"},
				{"x-forwarded-for": `198.51.100.${i}`});
		assert.equal(last.status, 429);
	});

	it("takes a changed template, and outlives a broken one", async () => {
		const file = path.join(stack.root, "templates/login.html");
		const text = fs.readFileSync(file, "utf8");
		const page = () => ask(`${stack.url}/admin/login`);

		fs.writeFileSync(file, text.replace("<h1>", "<h1>Changed: "));
		await stack.until(async () => /Changed: /.test(
			(await page()).text), 5000);
		fs.writeFileSync(file, `${text}{{#OPEN}}`);
		await sleep(1200);
		assert.match((await page()).text, /Changed: /);
		fs.writeFileSync(file, text);
	});
});

describe("without its files", () => {
	let stack;

	before(async () => {
		stack = await startStack(fake, {server: "nginx",
			settings: {auth_token: ADMIN, templates_dir: "/nowhere", static_dir: "/nowhere"}});
	});
	after(() => stack?.stop());

	it("says so, and serves the API", async () => {
		const r = await ask(`${stack.url}/admin/login`);

		assert.equal(r.status, 500);
		assert.match(r.text, /templates_dir/);
		assert.equal((await ask(`${stack.url}/static/app.css`)).status,
			     500);
		assert.equal((await ask(`${stack.url}/v1/models`,
			{headers: bearer()})).status, 200);
	});
});
