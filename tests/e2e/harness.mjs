/*
 * harness.mjs: the real gbalance behind a real web server and a fake Gemini.
 *
 * A stack is a folder of its own, as a person would have it: build/gbalance,
 * gbalance.cfg, data/, and the very lighttpd.conf.example, apache.conf.example
 * or htaccess.example of the repository with that one path edited.  All it
 * starts listens on loopback only, and is ended by stop(), which also looks
 * for what a sanitizer said.
 */
import assert from "node:assert/strict";
import {execFile, spawn} from "node:child_process";
import {once} from "node:events";
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import {after, afterEach, before, beforeEach} from "node:test";
import {setTimeout as sleep} from "node:timers/promises";
import {fileURLToPath} from "node:url";
import {promisify} from "node:util";

import {startFake} from "../fake/gemini.mjs";

export {sleep, startFake};

export const REPO = fileURLToPath(new URL("../..", import.meta.url));
export const TOKEN = "gb-user-token-for-the-tests";
export const KEYS = ["AIzaSyFake-key-number-one-000000000aaaa",
		     "AIzaSyFake-key-number-two-000000000bbbb",
		     "AQ.Fake-key-number-three.0000000000000cccc"];
export const MODEL = "gemini-3.8-flash";

const SANITIZER = /AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:/;
const SERVER_USER = "www-data";	/* whom Apache becomes when root starts it */
const READY_MS = 20000;		/* a start under ASan on a busy machine */
const STOP_MS = 15000;
const SILENCE_MS = 60000;	/* of an answer, which then is none */
const isRoot = process.getuid() === 0;

/* The program under test. */
export function binary()
{
	const given = process.env.GBALANCE_BIN;
	const all = given ? [path.resolve(given)] :
		["build/asan/gbalance", "build/gbalance"]
		.map((p) => path.join(REPO, p));
	const found = all.find((p) => fs.existsSync(p));

	assert.ok(found, `none of ${all} is there: run make first`);
	return found;
}

export async function freePort()
{
	const server = net.createServer().listen(0, "127.0.0.1");

	await once(server, "listening");
	const {port} = server.address();
	server.close();
	await once(server, "close");
	return port;
}

/* --- one HTTP exchange --------------------------------------------------- */

/*
 * Ask, and read the whole answer: {status, headers, text, json}.  A body that
 * is an object goes out as JSON.
 */
export async function ask(url, {method, headers = {}, body, agent,
				rawHeaders} = {})
{
	const res = await open(url, {method, headers, body, agent,
				     rawHeaders});
	const pieces = [];

	for await (const piece of res)
		pieces.push(piece);
	const text = Buffer.concat(pieces).toString();
	let json;
	try {
		json = JSON.parse(text);
	} catch {
		/* not every answer is JSON */
	}
	return {status: res.statusCode, headers: res.headers, text, json};
}

/* Ask, and give the answer as soon as its headers are there. */
export function open(url, {method, headers = {}, body, agent = false,
			   rawHeaders} = {})
{
	const data = body === undefined || typeof body === "string" ||
		     Buffer.isBuffer(body) ? body : JSON.stringify(body);
	const all = rawHeaders ?? {
		...(data === undefined ? {} : {
			"content-type": "application/json",
			"content-length": Buffer.byteLength(data),
		}),
		...headers,
	};

	return new Promise((resolve, reject) => {
		const req = http.request(url, {
			method: method ?? (data === undefined ? "GET" : "POST"),
			headers: all,
			agent,
		}, resolve);
		req.on("error", reject);
		req.setTimeout(SILENCE_MS, () => req.destroy(
			new Error(`${url}: silence`)));
		req.end(data);
	});
}

export const bearer = (token = TOKEN) => ({authorization: `Bearer ${token}`});

/* The events of a stream, one by one, as they arrive. */
export class Events {
	constructor(res)
	{
		this.res = res;
		this.buffer = "";
		this.comments = [];
		this.text = "";
		this.iterator = res[Symbol.asyncIterator]();
	}

	/* Until there was another comment; the end is a failure. */
	async comment()
	{
		const before = this.comments.length;

		while (this.comments.length === before) {
			const {value, done} = await this.iterator.next();
			assert.ok(!done, `an end, no comment: ${this.text}`);
			this.buffer += value;
			this.text += value;
			this.scan();
		}
	}

	/* Take comments off the front of what waits. */
	scan()
	{
		for (let m; (m = /^:[^\n]*\n\r?\n/.exec(this.buffer));) {
			this.comments.push(m[0].trim());
			this.buffer = this.buffer.slice(m[0].length);
		}
	}

	/* The data of the next event; undefined at the end. */
	async next()
	{
		for (;;) {
			const m = /\r?\n\r?\n/.exec(this.buffer);

			if (m) {
				const event = this.buffer.slice(0, m.index);
				this.buffer = this.buffer.slice(m.index +
								m[0].length);
				const data = this.take(event);
				if (data !== undefined)
					return data;
				continue;
			}
			const {value, done} = await this.iterator.next();
			if (done)
				return undefined;
			this.buffer += value;
			this.text += value;
		}
	}

	take(event)
	{
		const data = [];

		for (const line of event.split(/\r?\n/)) {
			if (line.startsWith(":"))
				this.comments.push(line);
			else if (line.startsWith("data:"))
				data.push(line.slice(5).trimStart());
		}
		return data.length ? data.join("\n") : undefined;
	}

	async rest()
	{
		const all = [];

		for (let e = await this.next(); e !== undefined;
		     e = await this.next())
			all.push(e);
		return all;
	}

	hangUp()
	{
		this.res.destroy();
	}
}

/* Open a stream; fails when the answer is none. */
export async function stream(url, options)
{
	const res = await open(url, options);

	assert.equal(res.statusCode, 200, `a stream from ${url}`);
	assert.match(res.headers["content-type"], /^text\/event-stream/);
	res.setEncoding("utf8");
	return new Events(res);
}

/* Lets a fake go from event to event only when the client says so. */
export class Steps {
	constructor()
	{
		this.allowed = 0;
		this.waiting = [];
	}

	/* The gate of a behaviour: event "i" waits until allow(i). */
	gate = (i) => new Promise((resolve) => {
		if (i <= this.allowed)
			resolve();
		else
			this.waiting.push({i, resolve});
	});

	allow(i)
	{
		this.allowed = Math.max(this.allowed, i);
		for (const w of this.waiting)
			if (w.i <= this.allowed)
				w.resolve();
	}
}

export const userSays = (text) =>
	({contents: [{role: "user", parts: [{text}]}]});
export const chat = (text, more = {}) =>
	({model: MODEL, messages: [{role: "user", content: text}], ...more});

/*
 * That "seconds" of an answer to a request that began at "began" are until a
 * key is back for the model, by the database.
 */
export async function assertTrueRetryAfter(stack, model, seconds, began)
{
	const ended = Date.now();
	const [{at}] = await stack.sql("SELECT min(max(k.ready_at, " +
		"ifnull(m.ready_at, 0))) AS at FROM keys k LEFT JOIN " +
		"key_models m ON m.key_id = k.id AND " +
		`m.model = '${model}' WHERE k.disabled_by = 0`);
	const s = Number(seconds);

	/* Whole seconds, rounded up, from some moment in between. */
	assert.ok(Number.isInteger(s) && s > 0, `Retry-After: ${seconds}`);
	assert.ok(began + (s - 1) * 1000 <= at && at <= ended + s * 1000,
		  `Retry-After: ${s}, but ${(at - began) / 1000} s`);
}

/* --- the folder ----------------------------------------------------------- */

function cfgValue(v)
{
	if (Array.isArray(v))
		return `[ ${v.map(cfgValue).join(", ")} ]`;
	return typeof v === "string" ? JSON.stringify(v) : String(v);
}

/* libconfig's text of some settings; a pair list is written as an object. */
function cfgText(settings)
{
	return Object.entries(settings).map(([name, v]) =>
		`${name} = ${cfgValue(v)};\n`).join("");
}

/* Edit the one path, as the file's first lines ask for. */
function example(name, root)
{
	const text = fs.readFileSync(path.join(REPO, name), "utf8");
	const edited = text.replace(
		/^(var\.root = |Define GBALANCE_ROOT )".*"$/m,
		(_, what) => `${what}"${root}"`);

	assert.notEqual(edited, text, `${name} has a path to edit`);
	return edited;
}

/* Keep one "way" of lighttpd.conf.example, edited by "edit", and comment the
 * others out. */
function chooseWay(text, way, edit)
{
	const parts = text.split(/^(# --- (?:way: \w+|end) -+\n)/m);
	let out = parts[0], found = false;

	for (let i = 1; i < parts.length; i += 2) {
		const [head, body] = [parts[i], parts[i + 1]];
		const name = /way: (\w+)/.exec(head)?.[1];

		out += head;
		if (name === way) {
			out += edit(body.replace(/^#(?=\S| {4})/gm, ""));
			found = true;
		} else if (name) {
			out += body.replace(/^(?=[^#\n])/gm, "#");
		} else {
			out += body;
		}
	}
	assert.ok(found, `lighttpd.conf.example has a way called ${way}`);
	return out;
}

const moduleDir = "/usr/lib/apache2/modules";

/* What a hoster has in Apache's own configuration, for a .htaccess in it. */
function hosting(root, port, cgi)
{
	const load = (name) =>
		`LoadModule ${name}_module ${moduleDir}/mod_${name}.so`;

	return [
		`PidFile "${root}/data/apache.pid"`,
		`ErrorLog "${root}/data/apache.log"`,
		"ServerName localhost",
		...["mpm_event", "authz_core", "alias", "mime", "rewrite",
		    "setenvif"].map(load),
		"TypesConfig /dev/null",
		`Listen 127.0.0.1:${port}`,
		"TimeOut 120",
		"AllowEncodedSlashes NoDecode",
		...(cgi ? [load("cgid"), `ScriptSock "${root}/data/cgid"`] : [
			load("fcgid"),
			`FcgidIPCDir "${root}/data"`,
			`FcgidProcessTableFile "${root}/data/fcgid_shm"`,
			/* No .htaccess can say this; a hoster has to. */
			"FcgidOutputBufferSize 0",
			"FcgidMaxRequestLen 134217728",
		]),
		`Alias "/~me" "${root}/web"`,
		`<Directory "${root}/web">`,
		"\tAllowOverride All",
		"\tRequire all granted",
		"</Directory>", "",
	].join("\n");
}

function nginxConf(root, port, mount, backend)
{
	return `daemon off; pid ${root}/data/nginx.pid; worker_processes 1;
error_log ${root}/data/nginx.log;
${isRoot ? "user root;" : ""}
events { worker_connections 512; }
http {
	access_log off;
	client_max_body_size 128m;
	client_body_temp_path ${root}/data/nginx_body;
	proxy_temp_path ${root}/data/nginx_proxy;
	fastcgi_temp_path ${root}/data/nginx_fcgi;
	uwsgi_temp_path ${root}/data/nginx_uwsgi;
	scgi_temp_path ${root}/data/nginx_scgi;
	upstream gbalance { server ${backend}; keepalive 16; }
	server {
		listen 127.0.0.1:${port};
		location ${mount}/ {
			fastcgi_pass gbalance;
			fastcgi_keep_conn on;
			fastcgi_buffering off;
			fastcgi_read_timeout 3600s;
			include /etc/nginx/fastcgi_params;
			fastcgi_split_path_info ^(${mount})(/.*)$;
			fastcgi_param SCRIPT_NAME "${mount}";
			fastcgi_param PATH_INFO $fastcgi_path_info;
		}
	}
}
`;
}

/* --- the stack ------------------------------------------------------------ */

const OUR_ENV = {
	PATH: `${process.env.PATH}:/usr/sbin:/sbin`,
	HOME: os.tmpdir(),
	LANG: "C.UTF-8",
	ASAN_OPTIONS: "detect_leaks=1:abort_on_error=0:" +
		      "strict_string_checks=1",
	UBSAN_OPTIONS: "print_stacktrace=1",
};

/* What is still running, for the case that a test dies in the middle. */
const running = new Set();
process.on("exit", () => {
	for (const child of running)
		endGroup(child, "SIGKILL");
});

function endGroup(child, signal)
{
	try {
		process.kill(-child.pid, signal);
	} catch (e) {
		if (e.code !== "ESRCH")
			throw e;
	}
}

export class Stack {
	/*
	 * Options:
	 *  server	"lighttpd", "apache", "htaccess", "nginx"
	 *  way		lighttpd: managed, mounted, daemon, cgi;
	 *		apache: proxy, fcgid, cgi; htaccess: fcgid, cgi;
	 *		nginx: daemon
	 *  mount	"", "/gbalance", "/~me/gbalance.fcgi"
	 *  tcp		the daemon listens on TCP and not on a unix socket
	 *  settings	of gbalance.cfg, over the harness's own
	 *  ready_ms	how long a start may take
	 *  env		of gbalance, where it is the harness that starts it
	 */
	constructor(fake, options = {})
	{
		Object.assign(this, {server: "lighttpd", way: "daemon",
				     mount: "", tcp: false, settings: {},
				     env: {}}, options, {fake});
		this.children = [];
	}

	async start()
	{
		this.makeFolder();
		this.port = await freePort();
		this.origin = `http://127.0.0.1:${this.port}`;
		this.url = this.origin + this.mount;
		this.listen = this.tcp ? `127.0.0.1:${await freePort()}` :
			`unix:${this.root}/data/gbalance.sock`;
		if (["daemon", "proxy"].includes(this.way))
			await this.startDaemon();
		await this.startServer();
		await this.ready();
		return this;
	}

	makeFolder()
	{
		this.root = fs.mkdtempSync(path.join(os.tmpdir(), "gb-"));
		this.data = path.join(this.root, "data");
		this.db = path.join(this.data, "gbalance.db");
		fs.chmodSync(this.root, 0o755);
		for (const dir of ["data", "build", "web"])
			fs.mkdirSync(path.join(this.root, dir));
		for (const dir of ["templates", "static"])
			fs.cpSync(path.join(REPO, dir),
				  path.join(this.root, dir), {recursive: true});
		fs.chmodSync(this.data, 0o777);
		this.program = path.join(this.root, "build/gbalance");
		fs.copyFileSync(binary(), this.program);
		fs.chmodSync(this.program, 0o755);
		this.writeConfig(this.settings);
	}

	writeConfig(settings)
	{
		this.config = path.join(this.root, "gbalance.cfg");
		fs.writeFileSync(this.config, cfgText({
			base_url: this.fake.url,
			api_keys: KEYS,
			allowed_tokens: [TOKEN],
			sqlite_database: this.db,
			templates_dir: path.join(this.root, "templates"),
			static_dir: path.join(this.root, "static"),
			check_interval_hours: 0,
			models_hours: 0,
			...settings,
		}));
	}

	/* Start a child in a process group of its own; its words go to a
	 * file. */
	run(name, program, args, env = {})
	{
		const log = fs.openSync(path.join(this.data, `${name}.out`),
					"a");
		const child = spawn(program, args, {
			cwd: this.root,
			env: {...OUR_ENV, ...env},
			stdio: ["ignore", log, log],
			detached: true,
		});

		fs.closeSync(log);
		child.name = name;
		child.exited = once(child, "exit");
		running.add(child);
		child.on("exit", () => running.delete(child));
		this.children.push(child);
		return child;
	}

	async startDaemon()
	{
		const socket = this.listen.replace(/^unix:/, "");

		this.daemon = this.run("gbalance", this.program,
			["--config", this.config, "--listen", this.listen],
			this.env);
		await this.until(() => this.tcp ? canConnect(this.listen) :
				       fs.existsSync(socket));
		if (!this.tcp)
			fs.chmodSync(socket, 0o777);
	}

	startServer()
	{
		const start = {
			lighttpd: () => this.startLighttpd(),
			apache: () => this.startApache(),
			htaccess: () => this.startHosting(),
			nginx: () => this.startNginx(),
		};

		return start[this.server]();
	}

	/* One section of the example, with our mount and our address. */
	lighttpdWay(text)
	{
		const port = this.listen.split(":")[1];

		if (this.way === "daemon" && this.mount)
			text = text.replace('( "/" ', `( "${this.mount}" `)
				.replace(/^.*fix-root-scriptname" =>.*\n/m, "");
		if (this.tcp)
			text = text.replace(/"socket" => .*,/,
				`"host" => "127.0.0.1", "port" => ${port},`);
		if (this.way === "cgi" && this.mount)
			text = text.replace('"/gbalance" =>',
					    `"${this.mount}" =>`);
		if (this.way === "cgi" && !this.mount)
			text = text.replace('"/gbalance" =>', '"/" =>')
				.replace('gbalance.fcgi" )',
					 'gbalance.fcgi/" )');
		return text;
	}

	startLighttpd()
	{
		const text = chooseWay(example("lighttpd.conf.example",
					       this.root), this.way,
				       (section) => this.lighttpdWay(section))
			.replace("server.port = 8000",
				 `server.port = ${this.port}`)
			.replace('"/static/" =>', `"${this.mount}/static/" =>`)
			.replace('"^/static/', `"^${this.mount}/static/`);
		const conf = path.join(this.root, "lighttpd.conf");

		if (this.way === "cgi")
			fs.copyFileSync(this.program,
				path.join(this.root, "gbalance.fcgi"));
		fs.writeFileSync(conf, text);
		this.run("lighttpd", "lighttpd", ["-D", "-f", conf], this.env);
	}

	apache(conf, more)
	{
		const user = isRoot ? ["-C", `User ${SERVER_USER}`,
				       "-C", `Group ${SERVER_USER}`] : [];

		this.run("apache", "apache2", ["-d", this.root, ...user,
			...more, "-f", conf, "-DFOREGROUND"], this.env);
	}

	startApache()
	{
		let text = example("apache.conf.example", this.root);
		const conf = path.join(this.root, "apache.conf");

		if (this.tcp)
			text = text.replace(/"unix:.*gbalance\/"/,
					    `"fcgi://${this.listen}/"`);
		if (this.way === "cgi")
			fs.copyFileSync(this.program,
				path.join(this.root, "gbalance.fcgi"));
		fs.writeFileSync(conf, text);
		this.apache(conf, [
			"-C", `Define GBALANCE_PORT ${this.port}`,
			"-C", `Define GBALANCE_MOUNT "${this.mount}/"`,
			...(this.way === "proxy" ? [] :
			    [`-DGBALANCE_${this.way.toUpperCase()}`]),
		]);
	}

	startHosting()
	{
		const conf = path.join(this.root, "apache.conf");
		const web = path.join(this.root, "web/gb");

		fs.mkdirSync(web);
		fs.symlinkSync("../../static", path.join(web, "static"));
		fs.copyFileSync(path.join(REPO, "htaccess.example"),
				path.join(web, ".htaccess"));
		fs.copyFileSync(this.program,
				path.join(web, "gbalance.fcgi"));
		fs.copyFileSync(this.config, path.join(web, "gbalance.cfg"));
		fs.writeFileSync(conf, hosting(this.root, this.port,
					       this.way === "cgi"));
		this.apache(conf, []);
	}

	startNginx()
	{
		const conf = path.join(this.root, "nginx.conf");

		fs.writeFileSync(conf, nginxConf(this.root, this.port,
						 this.mount, this.listen));
		this.run("nginx", "nginx", ["-p", this.root, "-c", conf]);
	}

	/* Wait until "test" holds; a child that ends first is a failure. */
	async until(test, ms = READY_MS)
	{
		const end = Date.now() + ms;

		while (!await test()) {
			const dead = this.children.find((c) =>
				c.exitCode !== null || c.signalCode);
			assert.ok(!dead, `${dead?.name} ended by itself:\n` +
				  this.logs());
			assert.ok(Date.now() < end,
				  `waited in vain for ${test}\n${this.logs()}`);
			await sleep(20);
		}
	}

	/* Until the web server's first process has nothing to do. */
	async serverSleeps()
	{
		const {pid} = this.children.at(-1);

		await this.until(() => / S /.test(
			fs.readFileSync(`/proc/${pid}/stat`, "utf8")));
	}

	async ready()
	{
		await this.until(() => ask(`${this.url}/health`)
			.then((r) => r.status === 200, () => false),
				 this.ready_ms);
	}

	/* All that was written by anybody. */
	logs()
	{
		return fs.readdirSync(this.data)
			.filter((f) => /\.(out|log)$/.test(f))
			.map((f) => `--- ${f}:\n` + fs.readFileSync(
				path.join(this.data, f), "utf8")).join("");
	}

	/* After each test: it still lives, and no sanitizer complained. */
	async check()
	{
		const r = await ask(`${this.url}/health`);

		assert.equal(r.status, 200, "it still answers");
		if (this.daemon)
			assert.equal(this.daemon.exitCode, null,
				     "the daemon has not ended");
		this.assertClean();
	}

	assertClean()
	{
		const logs = this.logs();
		const at = logs.search(SANITIZER);

		assert.equal(at, -1, `a sanitizer complained:\n${
			logs.slice(Math.max(0, at - 500), at + 6000)}`);
	}

	async stop({keep = false} = {})
	{
		/* The server first, so that nobody asks a dead gbalance. */
		for (const child of this.children.reverse()) {
			if (child.exitCode !== null || child.signalCode)
				continue;
			child.kill("SIGTERM");
			const late = setTimeout(() =>
				endGroup(child, "SIGKILL"), STOP_MS);
			await child.exited;
			clearTimeout(late);
			endGroup(child, "SIGKILL");	/* what it left */
			assert.notEqual(child.signalCode, "SIGKILL",
				`${child.name} does not end\n${this.logs()}`);
		}
		try {
			this.assertClean();
			if (this.daemon && this.daemon.signalCode === null)
				assert.equal(this.daemon.exitCode, 0,
					`a clean end\n${this.logs()}`);
		} finally {
			if (!keep)
				/* a CGI's jobs may still run in it */
				fs.rmSync(this.root, {recursive: true,
						      force: true,
						      maxRetries: 9});
		}
	}

	/* Run the program as a tool; {code, stdout, stderr}. */
	tool(...args)
	{
		return tool(this, args, "");
	}

	toolWithInput(input, ...args)
	{
		return tool(this, args, input);
	}

	/* Rows of the database, read by a program that is not ours. */
	async sql(query)
	{
		const {stdout} = await promisify(execFile)("sqlite3",
			["-json", "-cmd", ".timeout 5000", this.db, query]);

		return stdout.trim() ? JSON.parse(stdout) : [];
	}

	/* The journal's rows, once there are "count" of them. */
	async journal(count, where = "1")
	{
		let rows;

		await this.until(async () => {
			rows = await this.sql("SELECT * FROM requests WHERE " +
				`${where} ORDER BY id`);
			return rows.length >= count;
		});
		return rows;
	}
}

function tool(stack, args, input)
{
	return new Promise((resolve) => {
		const child = execFile(stack.program,
			["--config", stack.config, ...args],
			{cwd: stack.root, env: {...OUR_ENV, ...stack.env}},
			(error, stdout, stderr) => resolve({
				code: error ? error.code : 0, stdout, stderr,
			}));
		/* It may have ended before it looked at its input. */
		child.stdin.on("error", () => {});
		child.stdin.end(input);
	});
}

async function canConnect(address)
{
	const [host, port] = address.split(":");
	const socket = net.connect(Number(port), host);

	try {
		await once(socket, "connect");
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}

/* A started stack; the usual one is a daemon behind lighttpd. */
export function startStack(fake, options)
{
	const stack = new Stack(fake, options);

	return stack.start().catch(async (e) => {
		await stack.stop().catch(() => {});
		throw e;
	});
}

/*
 * A stack for the tests of one file or "describe", where this is called; after
 * each of them it is looked at.  "fake" gives the fake it is on.
 */
export function withStack(fake, options)
{
	const held = {};

	before(async () => {
		held.stack = await startStack(fake(), options);
	});
	afterEach(() => held.stack.check());
	after(() => held.stack?.stop());
	return held;
}

/* The same with a fake of its own; "take" is given both when they run. */
export function withFakeAndStack(take, options)
{
	let fake, stack;

	before(async () => {
		fake = await startFake();
		stack = await startStack(fake, options);
		take(fake, stack);
	});
	beforeEach(() => fake.reset());
	afterEach(() => stack.check());
	after(async () => {
		await stack?.stop();
		await fake?.close();
	});
}
