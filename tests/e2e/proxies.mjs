/*
 * proxies.mjs: real proxies from Debian on loopback, an HTTP one (tinyproxy)
 * and a SOCKS5 one (microsocks), each with a user and a password.
 *
 * Each leaves by a loopback address of its own, so that whoever is asked sees
 * by which proxy; it can be stopped and comes back on the same port.
 */
import assert from "node:assert/strict";
import {spawn} from "node:child_process";
import {once} from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";

import {freePort} from "./harness.mjs";

const START_MS = 10000;
const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

/* The command lines that have each kind do what it is here for. */
const KINDS = {
	http: (p) => {
		const conf = path.join(p.dir, "tinyproxy.conf");

		fs.writeFileSync(conf, [
			`Port ${p.port}`, "Listen 127.0.0.1",
			`Bind ${p.from}`, "Timeout 600",
			...Object.entries(p.users).map(([user, word]) =>
				`BasicAuth ${user} ${word}`),
			`LogFile "${path.join(p.dir, "log")}"`,
			"LogLevel Connect", "",
		].join("\n"));
		return ["tinyproxy", "-d", "-c", conf];
	},
	socks: (p) => {
		const [[user, word]] = Object.entries(p.users);

		return ["microsocks", "-i", "127.0.0.1", "-p", `${p.port}`,
			"-b", p.from, "-u", user, "-P", word];
	},
};

async function accepts(port)
{
	const socket = net.connect(port, "127.0.0.1");

	try {
		await once(socket, "connect");
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}

export class Proxy {
	/* "kind" is of KINDS; "from" the address that it leaves by; "users" a
	 * password for each name. */
	constructor(kind, from, users)
	{
		Object.assign(this, {kind, from, users});
		this.dir = fs.mkdtempSync(path.join(os.tmpdir(), "proxy-"));
	}

	async start()
	{
		this.port ??= await freePort();
		const [program, ...args] = KINDS[this.kind](this);
		this.child = spawn(program, args, {
			env: {...process.env, PATH},
			stdio: ["ignore", "ignore", "ignore"],
		});
		for (let waited = 0; !await accepts(this.port); waited += 20) {
			assert.ok(waited < START_MS && !this.child.exitCode,
				  `${program} starts`);
			await sleep(20);
		}
		return this;
	}

	/* Its URL in PROXIES, for one of its users, or with a word of one's
	 * own. */
	url(scheme, user = Object.keys(this.users)[0], word = this.users[user])
	{
		return `${scheme}://${encodeURIComponent(user)}:` +
			`${encodeURIComponent(word)}@127.0.0.1:${this.port}`;
	}

	async stop()
	{
		const {child} = this;

		this.child = undefined;
		if (child && child.exitCode === null && !child.signalCode) {
			child.kill("SIGKILL");
			await once(child, "exit");
		}
	}

	async close()
	{
		await this.stop();
		fs.rmSync(this.dir, {recursive: true, force: true});
	}
}
