/*
 * keys.test.mjs: the pages about keys as people see them (promise 11).
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {after, afterEach, before, describe, it} from "node:test";

import {KEYS, startFake, startStack} from "../e2e/harness.mjs";
import {ADMIN, check, FEW_LOOKS, launch, LOOKS, nameOf, open, SHOTS, signIn,
	visit} from "./browser.mjs";

const TEST_MS = 300000;	/* all of them */
const HOUR_MS = 3600000;
const MANY = Array.from({length: 120}, (_, i) =>
	`AIzaSyMany-${String(i).padStart(28, "0")}`);
const MARKUP = "<img src=x onerror=alert(1)>";

let fake, browser, stack, page;

before(async () => {
	fs.mkdirSync(SHOTS, {recursive: true});
	fake = await startFake();
	browser = await launch();
	stack = await startStack(fake, {settings: {auth_token: ADMIN}});
	await stack.tool("keys", "add", ...MANY);
	await fill();
});
afterEach(async () => {
	await page?.context().close();
	page = undefined;
	await stack.check();
});
after(async () => {
	await stack?.stop();
	await browser?.close();
	await fake?.close();
});

/* Keys in every state, with all that can be said of them. */
function fill()
{
	const now = Date.now();

	return stack.sql(`
		UPDATE keys SET last_ok_at = ${now} WHERE id % 2;
		UPDATE keys SET disabled_by = 1, failures = 3, reason =
			'API key not valid. Please pass a valid API key. ' ||
			'${MARKUP}' WHERE id % 7 = 1;
		UPDATE keys SET ready_at = ${now + HOUR_MS}, reason =
			'Quota exceeded for metric: generate_content_free_tier' ||
			'_requests, limit: 20' WHERE id % 7 = 2;
		UPDATE keys SET disabled_by = 2, reason = 'On leave'
			WHERE id % 7 = 3;
		UPDATE keys SET project = 'projects/' || (id % 5),
			project_by = 2 WHERE id % 3 = 0;
		INSERT INTO key_tags SELECT id, 'team ' || (id % 3) FROM keys;
		INSERT INTO key_tags SELECT id, '${MARKUP}' FROM keys
			WHERE id < 9;
		INSERT INTO key_models (key_id, model, ready_at, streak, reason)
			SELECT id, 'gemini-3.8-flash-' || (id % 2),
			${now + HOUR_MS}, 1, '${MARKUP}' FROM keys
			WHERE id % 4 = 0;
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
			WHERE i < 60) INSERT INTO key_events (time_ms, key_id,
			model, from_state, to_state, until_ms, cause, status,
			error_class, request_id, reason) SELECT ${now} - i * 1000,
			8, iif(i % 2, '${MARKUP}', ''), i % 4, (i + 1) % 4,
			${now}, i % 5, 429, 'rate_limit_day', '', '${MARKUP}'
			FROM n;
		INSERT INTO attempts (time_ms, request_id, key_id, model, status,
			error_class, text) VALUES (${now}, 'r', 8, '${MARKUP}',
			429, 'rate_limit_day', '${MARKUP}');
		INSERT INTO requests (time_ms, request_id, token, key_id,
			endpoint, model, stream, hung_up, status, attempts,
			first_byte_ms, total_ms, prompt_tokens, completion_tokens,
			reasoning_tokens, cached_tokens, error_class, cost)
			VALUES (${now}, 'r', 't', 8, 'chat.completions',
			'${MARKUP}', 0, 0, 200, 1, 1, 1, 1000, 200, 0, 0, '',
			123456)`);
}

/* The large ones in every look, the others in a few. */
const PAGES = [
	["keys", "/admin/keys", true],
	["key", "/admin/keys/8", true],
	["keys-filtered", "/admin/keys?state=disabled&tag=team+1"],
	["keys-none", "/admin/keys?text=nothing+has+this"],
	["keys-add", "/admin/keys/add"],
];
const isOneOfFew = (look) => FEW_LOOKS.some((l) => nameOf(l) === nameOf(look));

describe("keys", {timeout: TEST_MS}, () => {
	for (const look of LOOKS)
	it(`every page: ${nameOf(look)}`, async () => {
		page = await open(browser, look);
		page.on("dialog", () => page.faults.push("a script ran"));
		await signIn(page, stack.url);
		for (const [name, path, large] of PAGES) {
			if (!large && !isOneOfFew(look))
				continue;
			await visit(page, stack.url + path);
			await check(page, name, look);
		}
	});

	for (const scripts of [true, false])
	it(`what forms do ${scripts ? "with" : "without"} scripts`, async () => {
		const look = {...FEW_LOOKS[0], scripts};
		const note = () => page.textContent(".note");

		page = await open(browser, look);
		await signIn(page, stack.url);
		await page.goto(`${stack.url}/admin/keys`);
		await page.fill("#f_text", MANY[0].slice(-28));
		await page.selectOption("#f_pool", "gemini");
		await page.click("form.filter button.main");
		await page.check("tbody input[name=id] >> nth=0");
		await page.click("button[value=disable]");
		assert.match(await note(), /Disabled: 1\./);
		assert.match(page.url(), /text=0+/);
		await page.check("input[name=scope][value=all]");
		await page.click("button[value=enable]");
		assert.match(await note(), /Enabled: 1\./);

		await page.click("tbody th a >> nth=0");
		assert.match(await page.textContent("h1"), /Key AIza…0000/);
		await page.fill("#word", `mine ${scripts}`);
		await page.click("button[value=tag]");
		assert.match(await note(), /Tagged: 1\./);
		assert.ok(!(await page.content()).includes(MANY[0]));
		await page.click("text=Reveal");
		assert.equal(await page.textContent("#secret"), MANY[0]);
		await check(page, "key-revealed", look);

		await page.goto(`${stack.url}/admin/keys/add`);
		const fresh = `AIzaSyFresh-${scripts}-0000000000000000`;
		await page.fill("#keys", `${fresh}, ${KEYS[0]}, ${MARKUP}`);
		await page.click("button[value=preview]");
		assert.match(await page.textContent(".tiles"), /New\s*1/);
		await check(page, "keys-preview", look);
		await page.click("button[value=add]");
		assert.match(await note(), /Added: 1\. Known already: 1\./);

		await page.goto(`${stack.url}/admin/keys?text=${fresh.slice(0, 16)}`);
		await page.check("input[name=scope][value=all]");
		await page.click("button[value=delete]");
		assert.match(await page.textContent("main"),
			     /Keys to delete: 1\./);
		await check(page, "keys-sure", look);
		await page.click("button[value=delete]");
		assert.match(await note(), /Deleted: 1\./);
		assert.deepEqual(page.faults, []);
	});

	it("verifies all of them, part by part", async () => {
		const all = MANY.length;

		fake.decide = (record) => record.key === MANY[1] ?
			{error: "key_invalid"} : undefined;
		page = await open(browser, FEW_LOOKS[0]);
		await signIn(page, stack.url);
		await page.goto(`${stack.url}/admin/keys?text=AIzaSyMany`);
		await page.check("input[name=scope][value=all]");
		await page.click("button[value=verify]");
		await page.waitForSelector("#rest a.button");
		assert.equal(await page.locator("#results tr").count(), all);
		assert.match(await page.textContent("#progress"),
			     new RegExp(`${all} of ${all}`));
		assert.equal(await page.locator("#results >> text=dead").count(),
			     1);
		await check(page, "keys-verify", FEW_LOOKS[0]);

		page.context().close();
		page = await open(browser, {...FEW_LOOKS[0], scripts: false});
		await signIn(page, stack.url);
		await page.goto(`${stack.url}/admin/keys?text=AIzaSyMany`);
		await page.check("input[name=scope][value=all]");
		await page.click("button[value=verify]");
		assert.match(await page.textContent("#progress"),
			     new RegExp(`40 of ${all}`));
		await page.click("#rest button.main");
		assert.match(await page.textContent("#progress"),
			     new RegExp(`80 of ${all}`));
		await page.click("#rest button.main");
		assert.match(await page.textContent("#progress"),
			     new RegExp(`${all} of ${all}`));
	});

	it("selects a page at once, and copies a key", async () => {
		page = await open(browser, FEW_LOOKS[0]);
		await signIn(page, stack.url);
		await page.goto(`${stack.url}/admin/keys`);
		await page.check("input[data-check-all]");
		assert.equal(await page.locator(
			"tbody input[name=id]:checked").count(), 100);
		await page.click("button[value=export]");
		assert.match(await page.textContent("dialog"), /keys whole/);
		const download = page.waitForEvent("download");
		await page.click("dialog button.danger");
		const file = await (await download).path();
		assert.equal(fs.readFileSync(file, "utf8").trim().split("\n")
			.length, 100);
		assert.deepEqual(page.faults, []);
	});
});
