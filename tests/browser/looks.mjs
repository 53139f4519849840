/*
 * looks.mjs: every page of pages.mjs in every look, behind a web server, where
 * nothing may lead out of where it is mounted (promise 11).
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import {after, before, describe, it} from "node:test";

import {startFake, startStack} from "../e2e/harness.mjs";
import {ADMIN, check, CONTEXTS, launch, nameOf, open, SCREENS, setScreen, SHOTS,
	signIn, visit} from "./browser.mjs";
import {fill, PAGES} from "./pages.mjs";

const TEST_MS = 900000;	/* all of one server's */
const ANSWER = "Light is scattered by the air, blue the most. ".repeat(12);

/* Ends all sessions, those of the tests beside it, too: frame.test.mjs. */
const ELSEWHERE = ["POST /admin/logout/everywhere"];

async function start(fake, options)
{
	const stack = await startStack(fake, {...options, settings:
		{auth_token: ADMIN, trust_forwarded: true, models_hours: 6,
		 exit_address_url: fake.url}});

	await fill(stack).catch(async (e) => {
		await stack.stop();
		throw e;
	});
	return stack;
}

let addresses = 0;

/* A browser that has signed in, and one that has not; "asked" is all that they
 * ask for. */
async function openBoth(browser, stack, look)
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

/* What the page points to that is not below the mount. */
const leadsOut = (page, below) => page.evaluate((below) =>
	[...document.querySelectorAll("[href], [src], [action], [formaction], " +
				      "[data-stream]")]
	.flatMap((e) => ["href", "src", "action", "formaction", "data-stream"]
		.map((name) => e.getAttribute(name)))
	.filter((to) => to !== null && !new URL(to, document.baseURI).href
		.startsWith(below)), below);

/* All that one browser sees by way of a server. */
async function walk(browser, look, stack, {server, axe})
{
	const both = await openBoth(browser, stack, look);

	for (const row of PAGES) {
		if (row.scripts && !look.scripts)
			continue;
		const page = await reach(both, row, stack);
		assert.deepEqual(await leadsOut(page, `${stack.url}/`), [],
				 row.name);
		for (const screen of SCREENS) {
			await setScreen(page, screen);
			await check(page, `${server} ${row.name}`, {axe});
		}
	}
	for (const r of both.asked)
		assert.ok(r.url().startsWith(`${stack.url}/`), r.url());
	await assertAll(stack, both.asked, look);
	await close(both);
}

export function lookAtAll(options)
{
	describe(`every page, in every look, behind ${options.server}`,
		 {concurrency: 2, timeout: TEST_MS}, () => {
		let fake, browser, stack;

		before(async () => {
			fs.mkdirSync(SHOTS, {recursive: true});
			fake = await startFake();
			fake.setDefault("*", {text: ANSWER, thought: "Think."});
			browser = await launch();
			stack = await start(fake, options);
		});
		after(async () => {
			await stack?.stop();
			await browser?.close();
			await fake?.close();
		});

		for (const look of CONTEXTS)
		it(nameOf(look), async () => {
			await walk(browser, look, stack, options);
			await stack.check();
		});
	});
}
