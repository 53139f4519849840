/*
 * settings.test.mjs: settings and access tokens as people see them
 * (promise 11).
 */
import assert from "node:assert/strict";
import {after, afterEach, before, describe, it} from "node:test";

import {startFake, startStack} from "../e2e/harness.mjs";
import {ADMIN, FEW_LOOKS, launch, open, signIn} from "./browser.mjs";

const EVIL = "<img src=x onerror=alert(1)>";

let fake, browser, stack, page;

before(async () => {
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
		await page.click("button.main >> nth=0");
		assert.equal(await page.inputValue("#f_max_retries"), "1");
		await page.click("button[value=max_retries]");
		assert.match(await page.textContent(".note.done"), /max_retries/);
		assert.equal(await page.locator("button[value=max_retries]")
			.count(), 0);
	});
});
