/*
 * frame.test.mjs: the frame that all admin pages share, and the sign-in, as
 * people see them (promise 11).
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {after, afterEach, before, describe, it} from "node:test";

import {ask, bearer, startFake, startStack} from "../e2e/harness.mjs";
import {ADMIN, check, CONTEXTS, FEW_LOOKS, launch, nameOf, open, SCREENS,
	setScreen, SHOTS, signIn, visit} from "./browser.mjs";

const STACKS = [
	{server: "lighttpd", way: "daemon", mount: ""},
	{server: "apache", way: "proxy", mount: "/gbalance"},
];

const TEST_MS = 300000;	/* all of one server's */

let fake, browser;

before(async () => {
	fs.mkdirSync(SHOTS, {recursive: true});
	fake = await startFake();
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await fake?.close();
});

for (const options of STACKS)
describe(`${options.server} at "${options.mount}/"`, {timeout: TEST_MS}, () => {
	let stack, page;

	before(async () => {
		stack = await startStack(fake, {...options,
			settings: {auth_token: ADMIN}});
	});
	afterEach(async () => {
		await page?.context().close();
		page = undefined;
		await stack.check();
	});
	after(() => stack?.stop());

	for (const look of CONTEXTS)
	it(`has pages with nothing on them: ${nameOf(look)}`, async () => {
		page = await open(browser, look);
		await signIn(page, stack.url);
		for (const [name, path] of [["overview", ""], ["logs", "logs"],
			["errors", "logs?kind=errors"], ["tokens", "tokens"],
			["history", "settings/history"], ["key", "keys/1"]]) {
			await visit(page, `${stack.url}/admin/${path}`);
			for (const screen of SCREENS) {
				await setScreen(page, screen);
				await check(page, `${options.server} empty ${
					name}`, {axe: options.mount === ""});
			}
		}
	});

	for (const scripts of [true, false])
	it(`signs in and out ${scripts ? "with" : "without"} scripts`,
	   async () => {
		page = await open(browser, {...FEW_LOOKS[0], scripts});
		await page.goto(`${stack.url}/admin/sessions?a=1`);
		assert.equal(new URL(page.url()).searchParams.get("next"),
			     "admin/sessions?a=1");
		await page.fill("#auth_token", "not the token");
		await page.click("form.stack button.main");
		assert.match(await page.textContent("[role=alert]"),
			     /This is not the admin token/);
		assert.equal(await page.inputValue("#auth_token"), "");
		await page.fill("#auth_token", ADMIN);
		await page.click("form.stack button.main");
		assert.equal(page.url(), `${stack.url}/admin/sessions?a=1`,
			     "where it wanted to go");
		assert.equal(await page.textContent("[aria-current=page]"),
			     "Sign-ins");
		const [cookie] = (await page.context().cookies())
			.filter((c) => c.name === "gb_session");
		assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path],
				 [true, "Strict", options.mount || "/"]);
		assert.equal(await page.evaluate("document.cookie"), "");

		await page.click("text=Sign out >> nth=0");
		assert.equal(page.url(), `${stack.url}/admin/login`);
		await page.goto(`${stack.url}/admin/`);
		assert.match(page.url(), /\/admin\/login$/);
	});

	for (const scripts of [true, false])
	it(`changes the language ${scripts ? "with" : "without"} scripts`,
	   async () => {
		page = await open(browser, {...FEW_LOOKS[0], scripts});
		await page.goto(`${stack.url}/admin/login?next=admin%2Fsessions`);
		await page.click("button[lang=zh-CN]");
		assert.equal(await page.getAttribute("html", "lang"), "zh-CN");
		assert.match(page.url(), /next=admin%2Fsessions$/);
		assert.equal(await page.textContent("h1"), "登录");
		await page.fill("#auth_token", ADMIN);
		await page.click("form.stack button.main");
		assert.equal(await page.textContent("h1"), "登录会话");
		await page.click("button[lang=en]");
		assert.equal(await page.textContent("h1"), "Sign-ins");
	});

	it("asks before it signs everybody out, where scripts run", async () => {
		page = await open(browser, FEW_LOOKS[0]);
		await signIn(page, stack.url);
		await page.goto(`${stack.url}/admin/sessions`);
		await page.click("button.danger");
		assert.match(await page.textContent("dialog"), /this one too/);
		await page.keyboard.press("Escape");
		await page.locator("dialog").waitFor({state: "detached"});
		assert.match(page.url(), /sessions$/);
		await page.click("button.danger");
		await page.click("dialog button.danger");
		await page.waitForURL(/login$/);
		assert.deepEqual(page.faults, []);
	});

	it("and does not where they do not", async () => {
		page = await open(browser, {...FEW_LOOKS[0], scripts: false});
		await signIn(page, stack.url);
		await page.goto(`${stack.url}/admin/sessions`);
		await page.click("button.danger");
		assert.match(page.url(), /login$/);
	});

	it("shows what happens, and signs out who is away", async () => {
		page = await open(browser, FEW_LOOKS[0]);
		await page.clock.install();
		await signIn(page, stack.url);
		/* the requests of today */
		const CELL = "#live tbody tr:nth-child(3) td";
		const before = Number(await page.locator(CELL).first()
			.textContent());
		await ask(`${stack.url}/v1/models`, {headers: bearer()});
		await page.clock.runFor(31000);
		await page.waitForFunction(([cell, n]) => Number(document
			.querySelector(cell).textContent) > n, [CELL, before]);
		await stack.sql("UPDATE sessions SET seen_at = seen_at - " +
				"3601000");
		await page.clock.runFor(31000);
		await page.waitForURL(/login$/);
		assert.deepEqual(page.faults, []);
	});

	it("can be used with the keyboard alone", async () => {
		const press = (key) => page.keyboard.press(key);
		const focused = () => page.evaluate(
			() => document.activeElement.textContent.trim());

		page = await open(browser, FEW_LOOKS[0]);
		await page.goto(`${stack.url}/admin/login`);
		/* the field has the focus, as soon as the page is drawn */
		await page.waitForFunction(
			() => document.activeElement.name === "auth_token");
		await page.keyboard.type(ADMIN);
		await press("Enter");
		await page.waitForURL(`${stack.url}/admin/`);
		await press("Tab");
		assert.equal(await focused(), "Skip to the content");
		await press("Enter");
		assert.equal(await page.evaluate(
			() => document.activeElement.id), "content");
		await page.goto(`${stack.url}/admin/`);
		await press("Tab");
		await press("Tab");
		assert.equal(await focused(), "Overview");
		for (let i = 0; i < 20 && await focused() !== "Sign-ins"; i++)
			await press("Tab");
		await press("Enter");
		await page.waitForURL(`${stack.url}/admin/sessions`);
	});

	it("another site gets nothing out of who is signed in", async () => {
		page = await open(browser, FEW_LOOKS[0]);
		await signIn(page, stack.url);
		/* Another site by its name; the same program, so that it is
		 * there. */
		const other = stack.url.replace("127.0.0.1", "localhost");
		await page.route(`${other}/evil`, (route) => route.fulfill({
			contentType: "text/html",
			body: `<form method=post action="${stack.url
				}/admin/logout/everywhere"><button>Prize
				</button></form><iframe src="${stack.url
				}/admin/"></iframe><a href="${stack.url
				}/admin/sessions">Link</a>`,
		}));
		await page.goto(`${other}/evil`);
		await page.waitForLoadState("networkidle");
		assert.equal(await page.frames().at(-1).evaluate(
			() => document.body?.textContent.includes("Overview")),
			false, "no frame shows a page");
		await page.click("button");
		await page.waitForURL(/127\.0\.0\.1/);
		assert.match(await page.textContent("main"),
			     /Nothing was changed/);
		await page.goto(`${stack.url}/admin/`);
		assert.equal(await page.textContent("h1"), "Overview",
			     "still signed in");
	});
});
