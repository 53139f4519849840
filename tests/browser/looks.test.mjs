/*
 * looks.test.mjs: every page of pages.mjs, in every look behind lighttpd, and
 * below a sub-path of Apache in one look each, where nothing may lead out of
 * it (promise 11).
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {after, before, describe, it} from "node:test";

import {startFake, startStack} from "../e2e/harness.mjs";
import {ADMIN, check, CONTEXTS, launch, nameOf, open, SCREENS, setScreen, SHOTS,
	signIn, visit} from "./browser.mjs";
import {fill, PAGES} from "./pages.mjs";

const TEST_MS = 600000;	/* all of one server's */
const ANSWER = "Light is scattered by the air, blue the most. ".repeat(12);

/* Ends all sessions, those of the tests beside it, too: frame.test.mjs. */
const ELSEWHERE = ["POST /admin/logout/everywhere"];

let fake, browser;

before(async () => {
	fs.mkdirSync(SHOTS, {recursive: true});
	fake = await startFake();
	fake.setDefault("*", {text: ANSWER, thought: "Think."});
	browser = await launch();
});
after(async () => {
	await browser?.close();
	await fake?.close();
});

async function start(options)
{
	const stack = await startStack(fake, {...options, settings:
		{auth_token: ADMIN, trust_forwarded: true, models_hours: 6}});

	await fill(stack).catch(async (e) => {
		await stack.stop();
		throw e;
	});
	return stack;
}

let addresses = 0;

/* A browser that has signed in, and one that has not; "asked" is all that they
 * ask for. */
async function openBoth(stack, look)
{
	const both = {asked: []};

	for (const name of ["in", "out"]) {
		/* Wrong tokens count by address. */
		const page = await open(browser, look, {extraHTTPHeaders:
			{"x-forwarded-for": `192.0.2.${++addresses}`}});
		page.stack = stack;
		page.on("request", (r) => both.asked.push(r));
		page.on("download", (d) => both.asked.push({
			method: () => "GET", url: () => d.url()}));
		page.on("dialog", () => page.faults.push("a script ran"));
		both[name] = page;
	}
	await signIn(both.in, stack.url);
	return both;
}

const close = (both) => Promise.all([both.in.context().close(),
				     both.out.context().close()]);

/* Go to a page of the table, and do what is done there. */
async function reach(both, row, stack)
{
	const page = row.out ? both.out : both.in;
	const path = typeof row.path === "function" ? await row.path(stack) :
		row.path;

	await visit(page, stack.url + path);
	await row.act?.(page);
	return page;
}

/* Each page of the route table was asked for, and each form was sent; the
 * playground's goes either way. */
async function assertAll(stack, asked, {scripts})
{
	const not = [...ELSEWHERE, `POST /admin/playground${
		scripts ? "" : "/stream"}`];
	const {stdout} = await stack.tool("routes");
	const done = asked.map((r) => `${r.method()} ${new URL(r.url())
		.pathname.slice(stack.mount.length)}`);

	for (const line of stdout.trim().split("\n")) {
		const [method, pattern, who, face] = line.split(/ +/);
		const what = `${method} ${pattern}`;
		if (who !== "admin" || face !== "page" || method === "*" ||
		    not.includes(what))
			continue;
		const fits = new RegExp(`^${what.replaceAll("*", ".+")}$`);
		assert.ok(done.some((d) => fits.test(d)), `nobody did ${what}`);
	}
}

describe("every page, in every look", {concurrency: 2, timeout: TEST_MS}, () => {
	let stack;

	before(async () => {
		stack = await start({server: "lighttpd", way: "daemon",
				     mount: ""});
	});
	after(() => stack?.stop());

	for (const [turn, look] of CONTEXTS.entries())
	it(nameOf(look), async () => {
		const both = await openBoth(stack, look);

		for (const [i, row] of PAGES.entries()) {
			if (row.scripts && !look.scripts)
				continue;
			const page = await reach(both, row, stack);
			/* All four have one screen each, in turns. */
			for (const screen of row.large ? SCREENS :
				[SCREENS[(i + turn) % SCREENS.length]]) {
				await setScreen(page, screen);
				await check(page, row.name);
			}
		}
		await assertAll(stack, both.asked, look);
		await close(both);
		await stack.check();
	});
});

/* What the page points to that is not below the mount. */
const leadsOut = (page, below) => page.evaluate((below) =>
	[...document.querySelectorAll("[href], [src], [action], [formaction], " +
				      "[data-stream]")]
	.flatMap((e) => ["href", "src", "action", "formaction", "data-stream"]
		.map((name) => e.getAttribute(name)))
	.filter((to) => to !== null && !new URL(to, document.baseURI).href
		.startsWith(below)), below);

describe("every page, below a sub-path", {timeout: TEST_MS}, () => {
	let stack;

	before(async () => {
		stack = await start({server: "apache", way: "proxy",
				     mount: "/gbalance"});
	});
	after(() => stack?.stop());

	it("leads nowhere else, and looks well", async () => {
		const both = await Promise.all([
			{scripts: true, language: "en", width: 360,
			 scheme: "light"},
			{scripts: true, language: "zh-CN", width: 1280,
			 scheme: "dark"},
		].map((look) => openBoth(stack, look)));

		for (const [i, row] of PAGES.entries()) {
			const page = await reach(both[i % 2], row, stack);
			assert.deepEqual(await leadsOut(page, `${stack.url}/`),
					 [], row.name);
			await check(page, `apache ${row.name}`);
		}
		const asked = both.flatMap((b) => b.asked);
		for (const r of asked)
			assert.ok(r.url().startsWith(`${stack.url}/`), r.url());
		await assertAll(stack, asked, {scripts: true});
		await Promise.all(both.map(close));
		await stack.check();
	});
});
