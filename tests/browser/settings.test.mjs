/*
 * settings.test.mjs: settings and access tokens as people see them
 * (promise 11).
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {after, afterEach, before, describe, it} from "node:test";

import {startFake, startStack} from "../e2e/harness.mjs";
import {ADMIN, check, FEW_LOOKS, launch, LOOKS, nameOf, open, SHOTS, signIn,
	visit} from "./browser.mjs";

const EVIL = "<img src=x onerror=alert(1)>";
const GROUPS = ["tokens", "upstream", "health", "models", "pictures", "files",
		"serving", "admin", "log"];

/* Each value of a look is seen on each page, and every pair of width, scheme
 * and language on the first ones. */
const PAGES = [
	["settings", "/admin/settings?group=upstream"],
	["tokens", "/admin/tokens"],
	["token", "/admin/tokens/2"],
	["history", "/admin/settings/history"],
	["exits", "/admin/settings/exits"],
];

let fake, browser, stack, page;

before(async () => {
	fs.mkdirSync(SHOTS, {recursive: true});
	fake = await startFake();
	browser = await launch();
	stack = await startStack(fake, {server: "lighttpd", way: "daemon",
		mount: "", settings: {auth_token: ADMIN, models_hours: 6}});
});
afterEach(async () => {
	await page?.context().close();
	page = undefined;
	await stack.check();
});
after(async () => {
	await browser?.close();
	await fake?.close();
	await stack?.stop();
});

describe("settings and tokens", {timeout: 300000}, () => {
	for (const scripts of [true, false])
	it(`makes a token ${scripts ? "with" : "without"} scripts`, async () => {
		page = await open(browser, {...FEW_LOOKS[0], scripts});
		await signIn(page, stack.url);
		await page.goto(`${stack.url}/admin/tokens`);
		await page.click("summary");
		await page.fill("#name", `${EVIL} ${scripts}`);
		await page.fill("#f_note", EVIL);
		await page.fill("#f_expires", "soon");
		await page.click("details button.main");
		assert.match(await page.textContent("#e_expires"),
			     /no moment to come/);
		await page.fill("#f_expires", "2099-01-31");
		await page.fill("#f_requests-per-day", "100");
		await page.click("details button.main");
		assert.match(await page.textContent("#secret"), /^gb-\w{47}$/);
		await check(page, "token-created", {...FEW_LOOKS[0], scripts});
		await page.click("main p.row a >> nth=0");
		assert.match(await page.textContent("h1"), /onerror/);
		assert.deepEqual(page.faults, []);
	});

	for (const scripts of [true, false])
	it(`changes settings ${scripts ? "with" : "without"} scripts`, async () => {
		page = await open(browser, {...FEW_LOOKS[0], scripts});
		await signIn(page, stack.url);
		await page.goto(`${stack.url}/admin/settings?group=upstream`);
		const first = scripts ? "7" : "8";
		await page.fill("#f_max_retries", first);
		await page.keyboard.press("Enter");
		assert.match(await page.textContent(".note.done"),
			     /Changed: max_retries/);
		assert.equal(await page.inputValue("#f_max_retries"), first);

		const other = await page.context().newPage();
		await other.goto(page.url());
		await other.fill("#f_max_retries", "9");
		await other.click("button.main >> nth=0");
		await page.fill("#f_max_retries", "1");
		await page.click("button.main >> nth=0");
		assert.match(await page.textContent("#e_max_retries"),
			     /It is now: 9/);
		await check(page, "settings-conflict",
			    {...FEW_LOOKS[0], scripts});
		await page.click("button.main >> nth=0");
		assert.equal(await page.inputValue("#f_max_retries"), "1");
		await page.click("button[value=max_retries]");
		assert.match(await page.textContent(".note.done"), /max_retries/);
		assert.equal(await page.locator("button[value=max_retries]")
			.count(), 0);
	});

	it("every group", async () => {
		page = await open(browser, FEW_LOOKS[1]);
		await signIn(page, stack.url);
		for (const group of GROUPS) {
			await visit(page, `${stack.url}/admin/settings?group=${
				group}`);
			await check(page, `settings-${group}`, FEW_LOOKS[1]);
		}
	});

	for (const look of LOOKS.filter((l) => l.scripts || l === LOOKS.at(-1)))
	it(`every page: ${nameOf(look)}`, async () => {
		page = await open(browser, look);
		await signIn(page, stack.url);
		for (const [name, path] of PAGES) {
			await visit(page, stack.url + path);
			await check(page, name, look);
		}
		const link = await page.goto(`${stack.url}/admin/tokens/2`)
			.then(() => page.getAttribute("a[rel=noreferrer]",
						      "href"));
		await page.context().clearCookies();
		await visit(page, new URL(link, page.url()).href);
		await check(page, "token-shown", look);
	});
});
