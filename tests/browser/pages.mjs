/*
 * pages.mjs: every page of the admin site, with something on it, for whoever
 * looks at all of them: a row a page or what a form makes of one.
 */
import assert from "node:assert/strict";

import {ask, KEYS} from "../e2e/harness.mjs";
import {ADMIN} from "./browser.mjs";

const HOUR_MS = 3600000;
export const ROWS = 260;	/* of the journal: three pages */
const MANY = Array.from({length: 120}, (_, i) =>
	`AIzaSyMany-${String(i).padStart(28, "0")}`);

/* In every text that people, clients or Google can write. */
const MARKUP = "<img src=x onerror=alert(1)>\"--></script><b>";

/* Keys in every state, a journal, tokens and changed settings. */
export async function fill(stack)
{
	const now = Date.now();

	await stack.tool("keys", "add", ...MANY);
	await stack.tool("tokens", "create", `Ann ${MARKUP}`, "--note", MARKUP,
		"--requests-per-day", "100", "--cost-per-month", "5");
	await stack.tool("tokens", "create", "gone");
	await stack.tool("tokens", "revoke", "gone");
	await stack.sql(keysSql(now) + journalSql(now));
	await stack.sql(`INSERT INTO settings_history (time_ms, name, before,
		after, who, reset) SELECT ${now} - id * 1000, 'backup_folder',
		'${MARKUP}', '${MARKUP}', '${MARKUP}', id % 2 FROM keys`);
}

const keysSql = (now) => `
	UPDATE keys SET last_ok_at = ${now} WHERE id % 2;
	UPDATE keys SET disabled_by = 1, failures = 3, reason =
		'API key not valid. Please pass a valid API key. ' ||
		'${MARKUP}' WHERE id % 7 = 1;
	UPDATE keys SET ready_at = ${now + HOUR_MS}, reason =
		'Quota exceeded for metric: generate_content_free_tier' ||
		'_requests, limit: 20' WHERE id % 7 = 2;
	UPDATE keys SET disabled_by = 2, reason = 'On leave' WHERE id % 7 = 3;
	UPDATE keys SET project = 'projects/' || (id % 5), project_by = 2
		WHERE id % 3 = 0;
	UPDATE keys SET note = '${MARKUP}', models = 'gemini-*' WHERE id = 8;
	INSERT INTO key_tags SELECT id, 'team ' || (id % 3) FROM keys;
	INSERT INTO key_tags SELECT id, '${MARKUP}' FROM keys WHERE id < 9;
	INSERT INTO key_models (key_id, model, ready_at, streak, reason)
		SELECT id, iif(id = 8, '${MARKUP}', 'gemini-3.8-flash-' ||
		(id % 2)), ${now + HOUR_MS}, 1, '${MARKUP}' FROM keys
		WHERE id % 4 = 0;
	WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
		WHERE i < 60) INSERT INTO key_events (time_ms, key_id,
		model, from_state, to_state, until_ms, cause, status,
		error_class, request_id, reason) SELECT ${now} - i * 1000,
		8, iif(i % 2, '${MARKUP}', ''), i % 4, (i + 1) % 4,
		${now}, i % 5, 429, 'rate_limit_day', '', '${MARKUP}' FROM n;`;

/* Rows of the last hours; the 8th has markup wherever text may be. */
const journalSql = (now) => `
	WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n
		WHERE i + 1 < ${ROWS})
		INSERT INTO requests (time_ms, request_id, token, key_id,
		endpoint, model, stream, hung_up, status, attempts,
		first_byte_ms, total_ms, prompt_tokens, completion_tokens,
		reasoning_tokens, cached_tokens, error_class, cost)
		SELECT ${now} - i * 300000, printf('%032x', i + 1),
		iif(i = 7, '${MARKUP}', 'team-' || (i % 4)), 1 + i % 9,
		'chat.completions', iif(i = 7, '${MARKUP}',
		'gemini-3.' || (i % 3) || '-flash'), i % 2, 0,
		iif(i % 9 = 0, 429, iif(i % 31 = 0, 503, 200)), 1 + i % 2,
		200 + i, 900 + i * 37 % 5000, 1200 + i * 91 % 9000, i % 700,
		i % 100, i % 50, iif(i % 9 = 0, 'rate_limit_day', ''),
		iif(i % 10 = 0, NULL, 100 + i * i) FROM n;
	INSERT INTO attempts (time_ms, request_id, key_id, model, status,
		error_class, text) SELECT time_ms + 5, request_id, key_id, model,
		iif(status = 200, 0, status),
		iif(token = '${MARKUP}', '${MARKUP}', 'rate_limit_day'),
		iif(token = '${MARKUP}', '${MARKUP}', 'You exceeded your ' ||
		'current quota, please check your plan and billing details. ' ||
		'For more information on this error, head to: the page on ' ||
		'rate limits, which is long enough to be cut in a list.')
		FROM requests WHERE status <> 200 OR token = '${MARKUP}';`;

/* --- what people do ------------------------------------------------------- */

/* Where scripts run, a page asks once more. */
async function press(page, button)
{
	const asks = await page.getAttribute(button, "data-confirm");
	const leaves = page.waitForEvent("framenavigated");

	await page.click(button);
	if (asks && page.look.scripts)
		await page.click("dialog button.danger");
	await leaves;
	await page.waitForLoadState();
}

const all = async (page, button) => {
	await page.check("input[name=scope][value=all]");
	await press(page, button);
};

async function play(page, prompt)
{
	await page.fill("#play_prompt", prompt);
	await page.click("button.main");
	await page.waitForFunction(() => /ms$/.test(document.querySelector(
		"#played [data-fact=total]")?.textContent) || /\S{2}/.test(
		document.querySelector("#play_error, .note.failed")
			?.textContent));
}

/* The number of a token or a browser that is new; none begins like another. */
let last = 10;

/* A page: its name, for screenshots; its path; what is done there, if anything,
 * before it is looked at; "out": by who has not signed in; "scripts": only
 * where they run.  Long lists are slow in sixteen looks: one of a kind is. */
export const PAGES = [
	["login", "/admin/login", {out: true}],
	["login-failed", "/admin/login", {out: true, act: async (page) => {
		await page.fill("#auth_token", "not the token");
		await press(page, "form.stack button.main");
		assert.match(await page.textContent("[role=alert]"), /./);
	}}],
	["token-shown", async (stack) => {
		const r = await ask(`${stack.url}/admin/tokens/${
			await annOf(stack)}`, {headers: {
			cookie: await signedIn(stack)}});
		return `/${/href="[./]*(token\/[^"]+)"/.exec(r.text)[1]}`;
	}, {out: true}],
	["overview", "/admin/"],
	["overview-month", "/admin/?range=month"],
	["not-found", "/admin/nothing"],
	["keys", "/admin/keys"],
	["keys-filtered", "/admin/keys?state=disabled&tag=team+1"],
	["keys-none", "/admin/keys?text=nothing+has+this"],
	["keys-sure", "/admin/keys?state=cooling", {act: (page) =>
		all(page, "button[value=delete]")}],
	["keys-verify", `/admin/keys?text=${MANY[20].slice(0, -1)}`,
	 {act: (page) => all(page, "button[value=verify]")}],
	["keys-dialog", "/admin/keys?state=cooling", {
		scripts: true, act: async (page) => {
			await page.click("button[value=export]");
			await page.waitForSelector("dialog[open]");
		}}],
	["keys-add", "/admin/keys/add"],
	["keys-preview", "/admin/keys/add", {act: async (page) => {
		await page.fill("#keys", `AIzaSyFresh-0000000000000000000000, ${
			KEYS[0]}, ${MARKUP}`);
		await press(page, "button[value=preview]");
		await page.waitForSelector(".tiles");
	}}],
	["keys-added", "/admin/keys/add", {act: async (page) => {
		await page.fill("#keys", KEYS[0]);
		await press(page, "button[value=add]");
		await page.waitForSelector(".note.done");
	}}],
	["key", "/admin/keys/8"],
	["key-revealed", "/admin/keys/9", {act: async (page) => {
		await press(page, "form[action=reveal] button");
		await page.waitForSelector("#secret");
	}}],
	["logs", "/admin/logs"],
	["logs-errors", "/admin/logs?kind=errors"],
	["logs-fault", "/admin/logs?since=yesterday&status=9x"],
	["logs-file", "/admin/logs?status=503", {act: async (page) => {
		const file = page.waitForEvent("download");
		await page.click("a[href*=export] >> nth=0");
		await (await file).path();
	}}],
	["logs-none-selected", "/admin/logs?status=503", {act: (page) =>
		press(page, "button[value=selected]")}],
	["log-request", "/admin/logs/requests/8"],
	["log-error", "/admin/logs/errors/2"],
	["tokens", "/admin/tokens?all=1"],
	["tokens-faults", "/admin/tokens", {act: async (page) => {
		await page.click("summary");
		await page.fill("#name", "config-1");
		await page.fill("#f_expires", "soon");
		await page.fill("#f_parallel", MARKUP);
		await press(page, "details button.main");
		assert.equal(await page.locator(".fault").count(), 3);
	}}],
	["token-created", "/admin/tokens", {act: async (page) => {
		await page.click("summary");
		await page.fill("#name", `${MARKUP} ${++last}`);
		await press(page, "details button.main");
		await page.waitForSelector("#secret");
	}}],
	["token", async (stack) => `/admin/tokens/${await annOf(stack)}`],
	["token-conflict", async (stack) => `/admin/tokens/${
		await annOf(stack)}`, {act: async (page) => {
		await page.evaluate(() => {
			document.querySelector("[name=version]").value = "0";
		});
		await press(page, "button[value=save]");
	}}],
	["token-revoked", async (stack) => `/admin/tokens/${(await stack.sql(
		"SELECT id FROM tokens WHERE name = 'gone'"))[0].id}`],
	...["tokens", "upstream", "health", "models", "pictures", "files",
	    "serving", "admin", "log"].map((group) =>
		[`settings-${group}`, `/admin/settings?group=${group}`]),
	["settings-none", "/admin/settings?q=nothing+has+this"],
	["settings-fault", "/admin/settings?q=base_url", {act: async (page) => {
		await page.fill("#f_base_url", "ftp://x");
		await press(page, "button.main >> nth=0");
		await page.waitForSelector("#e_base_url");
	}}],
	["settings-conflict", "/admin/settings?q=max_retries", {
		act: async (page) => {
			await page.evaluate(() => {
				document.querySelector("[name=v_max_retries]")
					.value = "0".repeat(32);
			});
			await page.fill("#f_max_retries", "9");
			await press(page, "button.main >> nth=0");
			await page.waitForSelector("#e_max_retries");
		}}],
	["history", "/admin/settings/history?after=25"],
	["exits", "/admin/settings/exits"],
	["exits-tested", "/admin/settings/exits", {act: (page) =>
		press(page, "button.main")}],
	["playground", "/admin/playground"],
	["playground-answer", "/admin/playground", {act: (page) =>
		play(page, "Why is the sky blue?")}],
	["playground-failed", "/admin/playground", {act: async (page) => {
		await page.fill("#play_key", "999");
		await play(page, MARKUP);
	}}],
	["health", "/admin/health"],
	["health-bad", "/admin/health", {act: async (page) => {
		await page.fill("#health_url", "http://127.0.0.1:1/x");
		await press(page, "button.main");
		await page.waitForSelector(".badge.failed");
	}}],
	["sessions", "/admin/sessions"],
	["session-forged", "/admin/sessions", {act: async (page) => {
		await page.evaluate(() => {
			document.querySelector("main [name=csrf]").value = "x";
		});
		await press(page, "button[name=id] >> nth=0");
		await page.waitForSelector("nav.main");
	}}],
	["session-ended", "/admin/sessions", {act: async (page) => {
		const address = `198.51.100.${++last}`;

		await signedIn(page.stack, address);
		await page.reload();
		await press(page, `tr:has-text("${address}") button[name=id]`);
	}}],
	["signed-out", "/admin/", {act: (page) =>
		press(page, "form[action$=logout] button")}],
].map(([name, path, more]) => ({name, path, ...more}));

/* --- what is there -------------------------------------------------------- */

const annOf = async (stack) => (await stack.sql(
	"SELECT id FROM tokens WHERE name LIKE 'Ann%'"))[0].id;

/* The cookie of a sign-in of its own. */
async function signedIn(stack, address = "127.0.0.1")
{
	const r = await ask(`${stack.url}/admin/login`, {headers: {
		"content-type": "application/x-www-form-urlencoded",
		"x-forwarded-for": address}, body: `auth_token=${ADMIN}`});

	assert.equal(r.status, 303);
	return r.headers["set-cookie"].find((c) =>
		c.startsWith("gb_session=")).split(";")[0];
}
