#!/usr/bin/env node
/*
 * gemini.mjs: a fake of generativelanguage.googleapis.com.
 *
 * As a program:	node tests/fake/gemini.mjs --port 9999
 * In a test:		const fake = await startFake(); … await fake.close();
 *
 * It answers over TLS (HTTP/2 or 1.1, as ALPN settles it) and over plain
 * HTTP/1.1, keeps to Google's rules (rules.mjs) and words (errors.mjs), notes
 * all that it receives, and does what a script says: see BEHAVIOUR below.
 */
import {execFileSync} from "node:child_process";
import crypto from "node:crypto";
import {EventEmitter, once} from "node:events";
import fs from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import os from "node:os";
import path from "node:path";
import {setTimeout as sleep} from "node:timers/promises";
import {pathToFileURL} from "node:url";

import {countTokens, eventsFor, predictionFor, replyFor, vectorFor}
	from "./answer.mjs";
import {Fault, namedError} from "./errors.mjs";
import {get} from "./fields.mjs";
import {modelRow, MODELS} from "./models.mjs";
import {Objects} from "./objects.mjs";
import {checkGenerate, checkPredict, credentialOf} from "./rules.mjs";

/*
 * BEHAVIOUR: what to do with one request.  All fields may be left out.
 *
 *  error		a name of errors.mjs, or {status, body}
 *  headers		more headers of the reply
 *  respond		{status, type, body}: exactly this, whatever was asked
 *  delayMs		wait before the reply
 *  hold		async (record): waited for before the reply
 *  bodyDelayMs		wait between the headers and the body
 *  eventDelayMs	wait between events
 *  hang		"reply": never answer; "body": only the headers;
 *			a number: silence after so many events
 *  cut			{at, how}: end the body after "at" bytes, with a
 *			"reset", a "fin" in the middle of the framing, or a
 *			"short" body whose framing is in order
 *  garbage		200 with a body that is no JSON
 *  empty		200 with no body
 *  text, words		what the model says; words: one event each
 *  thought		a thought before it
 *  calls		[{name, args, id}]: function calls instead of text
 *  together		calls of a stream are in one event, not one each
 *  parts, events	exactly these parts, or whole events; a part's
 *			thoughtSignature "issue" becomes one that we know
 *  models	names: the project has these models and no others
 *  listError	a name of errors.mjs, for lists of models alone
 *  image		a picture before the text
 *  soundMs		of sound in each part, where the model speaks
 *  hugeBytes		a text of so many bytes
 *  usage		usageMetadata of the last event
 *  grounding		whether the text is from a search, if there is one
 *  modelVersion	of the answer, instead of the name that was asked for
 *  cited		citationMetadata beside the text
 *  finishReason	null: none
 *  finishMessage	what Google says of it
 *  filtered		Imagen's raiFilteredReason instead of a picture
 *  block		promptFeedback.blockReason and no candidate
 *  fail		{after, form, error}: after so many events an error as
 *			"raw" JSON, as a "data" event, or as an "array"
 *  splitEvery		write the body in pieces of so many bytes
 *  realSignatures	take no dummy for the signature of a call, and each
 *			real one only with the call that it was issued for
 *  wholeTurns		what Google's own tools did comes back with the calls
 *			that it stood beside
 *  lax			do not check the request against the rules
 *  gate		async (index, record): waited for before each event, and
 *			before what "fail" sends
 */

const GARBAGE = "<html><body>%%% this is not JSON {[</body></html>";
const CERT_DAYS = "30";
const PAGE_MAX = 1000;
const BATCH_MAX = 100;	/* texts to embed in one call */
const VERTEX = /^\/v1beta1\/publishers\/google\//;	/* express mode's paths */
const UPLOAD_KEPT = 64 << 20;	/* bytes; SDKs send 8 MiB at once */

/* A certificate for localhost; itself the CA that a client has to trust. */
function makeCertificate(dir)
{
	const key = path.join(dir, "key.pem");
	const cert = path.join(dir, "ca.pem");

	execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt",
		"ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key,
		"-out", cert, "-days", CERT_DAYS, "-subj", "/CN=localhost",
		"-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
		{stdio: "ignore"});
	return {cert, pem: {key: fs.readFileSync(key),
			    cert: fs.readFileSync(cert)}};
}

/* Scripts by key: a queue of behaviours, then a default; "*" for any key. */
class Scripts {
	constructor()
	{
		this.reset();
	}

	reset()
	{
		this.queues = new Map();
		this.defaults = new Map();
	}

	push(key, ...behaviours)
	{
		if (!this.queues.has(key))
			this.queues.set(key, []);
		this.queues.get(key).push(...behaviours);
	}

	next(key)
	{
		return this.queues.get(key)?.shift() ??
		       this.queues.get("*")?.shift() ??
		       this.defaults.get(key) ?? this.defaults.get("*") ?? {};
	}
}

/* The end of a connection as a script wants it. */
function breakOff(res, how)
{
	if (how === "short") {
		res.end();
	} else if (res.stream) {	/* HTTP/2 */
		if (how === "fin")
			res.stream.session.destroy();
		else
			res.stream.close(
				http2.constants.NGHTTP2_INTERNAL_ERROR);
	} else if (how === "fin") {
		res.socket.end();
		setTimeout(() => res.socket?.destroy(), 50).unref();
	} else {
		res.socket.resetAndDestroy();
	}
}

/* A body on its way out: counts, splits and cuts as the script says. */
class Body {
	constructor(res, script, record)
	{
		Object.assign(this, {res, script, record, sent: 0,
				     over: false});
	}

	async write(text)
	{
		let data = Buffer.isBuffer(text) ? text : Buffer.from(text);
		const {cut, splitEvery} = this.script;
		let cutNow = false;

		if (this.over || this.record.done)
			return false;
		if (cut && this.sent + data.length >= cut.at) {
			data = data.subarray(0, cut.at - this.sent);
			cutNow = true;
		}
		const step = splitEvery ?? (data.length || 1);
		for (let i = 0; i < data.length; i += step) {
			if (!this.res.write(data.subarray(i, i + step)))
				await Promise.race([once(this.res, "drain"),
						    once(this.res, "close")]);
			if (splitEvery)
				await new Promise(setImmediate);
		}
		this.sent += data.length;
		if (cutNow)
			await this.cut(cut.how ?? "reset");
		return !this.over;
	}

	async cut(how)
	{
		this.over = true;
		this.record.cut = true;
		await sleep(5);	/* let what was written leave first */
		breakOff(this.res, how);
	}

	end()
	{
		if (!this.over && !this.record.done)
			this.res.end();
		this.over = true;
	}
}

/* Wait until the other side is gone: a hang ends no sooner. */
async function hang(record)
{
	await record.closed;
}

async function sendWhole(res, record, script, status, type, text)
{
	const data = Buffer.from(text);

	res.writeHead(status, {
		"content-type": type,
		...(script.headers?.["transfer-encoding"] ? {} :
			{"content-length": data.length}),
		...script.headers,
	});
	if (script.bodyDelayMs || script.hang === "body") {
		res.flushHeaders?.();
		res.write("");
	}
	if (script.hang === "body")
		return hang(record);
	if (script.bodyDelayMs)
		await sleep(script.bodyDelayMs);
	const body = new Body(res, script, record);
	await body.write(data);
	body.end();
}

function sendJson(res, record, script, status, value)
{
	return sendWhole(res, record, script, status,
			 "application/json; charset=UTF-8",
			 JSON.stringify(value, null, 2) + "\n");
}

/* How an error in the middle of a stream may look. */
function failureText(fail, sse, known)
{
	const error = typeof fail.error === "object" ? fail.error :
		      namedError(fail.error ?? "internal", known);

	switch (fail.form ?? "data") {
	case "raw":
		return JSON.stringify(error, null, 2) + "\n";
	case "array":
		return JSON.stringify([error]) + "\n";
	default:
		return sse ? `data: ${JSON.stringify(error)}\r\n\r\n` :
			     `,\r\n${JSON.stringify(error)}\n]`;
	}
}

async function sendEvents(res, record, script, events, sse)
{
	const body = new Body(res, script, record);

	res.writeHead(200, {
		"content-type": sse ? "text/event-stream" :
				      "application/json; charset=UTF-8",
		...script.headers,
	});
	res.flushHeaders?.();
	if (script.bodyDelayMs)
		await sleep(script.bodyDelayMs);
	for (let i = 0; i <= events.length; i++) {
		if (script.hang === i ||
		    (script.hang === "body" && i === 0))
			return hang(record);
		const failing = script.fail?.after === i;
		if (failing || i < events.length)
			await script.gate?.(i, record);
		if (failing) {
			await body.write(failureText(script.fail, sse, record));
			return body.end();
		}
		if (i === events.length)
			break;
		if (i > 0 && script.eventDelayMs)
			await sleep(script.eventDelayMs);
		const json = JSON.stringify(events[i]);
		const text = sse ? `data: ${json}\r\n\r\n` :
			     (i === 0 ? "[" : ",\r\n") + json + "\n";
		if (!await body.write(text))
			return undefined;
		record.eventsSent = i + 1;
	}
	if (!sse)
		await body.write(events.length ? "]" : "[]");
	return body.end();
}

/* One verb of one model: the answer as {status, value} or {events}. */
const VERBS = {
	generateContent(ctx) {
		checkOrLax(ctx);
		return {value: replyFor(ctx)};
	},
	streamGenerateContent(ctx) {
		checkOrLax(ctx);
		return {events: eventsFor(ctx)};
	},
	predict({json, script}) {
		checkPredict(json);
		return {value: predictionFor(script)};
	},
	countTokens({json}) {
		const whole = get(json, "generateContentRequest");
		const contents = json.contents ?? whole?.contents;

		if (!contents?.length)
			throw new Fault("* CountTokensRequest.contents: " +
					"contents is not specified\n");
		if (whole && !whole.model)
			throw new Fault("* CountTokensRequest.generate_" +
				"content_request.model: model is required\n");
		const tokens = countTokens(contents) +
			countTokens([get(whole, "systemInstruction") ?? {}]) +
			(whole?.tools ?
			 Math.ceil(JSON.stringify(whole.tools).length / 4) : 0);
		return {value: {
			totalTokens: tokens,
			promptTokensDetails: [{modality: "TEXT",
					       tokenCount: tokens}],
		}};
	},
	embedContent({json, model}) {
		if (!json.content?.parts?.length)
			throw new Fault("* EmbedContentRequest.content: " +
					"content is empty\n");
		return {value: {embedding: vectorFor(json, model)}};
	},
	batchGenerateContent({json, record, objects}) {
		return {value: objects.batch(record.key, json)};
	},
	asyncBatchEmbedContent({json, record, objects}) {
		return {value: objects.batch(record.key, json)};
	},
	batchEmbedContents({json, model}) {
		if (!json.requests?.length)
			throw new Fault("* BatchEmbedContentsRequest." +
				"requests: at least one request is needed\n");
		if (json.requests.length > BATCH_MAX)
			throw new Fault("* BatchEmbedContentsRequest." +
				`requests: at most ${BATCH_MAX} requests ` +
				"can be in one batch\n");
		for (const request of json.requests)
			if (request.model !== `models/${model}`)
				throw new Fault("* BatchEmbedContentsRequest" +
					".requests: model does not match\n");
		return {value: {embeddings: json.requests.map((r) =>
			vectorFor(r, model))}};
	},
};

function checkOrLax({json, model, script, issued, record, objects})
{
	objects.check(record.key, json);
	if (!script.lax)
		checkGenerate(json, model, issued, script);
}

function listModels(query, script)
{
	const all = (script.models ?? Object.keys(MODELS)).map(modelRow);
	const size = Math.min(Number(query.get("pageSize") ?? 50), PAGE_MAX);
	const from = Number(query.get("pageToken") ?? 0);
	const page = all.slice(from, from + size);

	return {
		models: page,
		...(from + size < all.length ?
		    {nextPageToken: String(from + size)} : {}),
	};
}

function notFound(method, where)
{
	return new Fault(`Not found: ${method} ${where}`,
			 {code: 404, status: "NOT_FOUND"});
}

/* What this request is answered with when nothing else was scripted. */
function route(ctx)
{
	const {method, pathname, query} = ctx.record;
	const m = /^\/(v1|v1beta|v1alpha)\/models(?:\/([^/:]+))?(?::(\w+))?$/
		.exec(pathname.replace(VERTEX, "/v1beta/"));

	const other = pathname.startsWith("/upload/") ?
		ctx.objects.upload(ctx.record, ctx.origin) :
		ctx.objects.route(ctx.record);
	if (other)
		return other;
	if (!m)
		throw notFound(method, pathname);
	const [, , model, verb] = m;
	const {script} = ctx;
	if (method === "GET" && model === undefined)
		return script.listError ?
			scriptedError({error: script.listError}, ctx.record) :
			{value: listModels(query, script)};
	if (!Object.hasOwn(MODELS, model ?? "") ||
	    script.models?.includes(model) === false)
		return {status: 404, value: namedError("model_not_found",
						       {model})};
	if (method === "GET" && verb === undefined)
		return {value: modelRow(model)};
	if (method !== "POST" || !Object.hasOwn(VERBS, verb ?? ""))
		throw notFound(method, pathname);
	ctx.model = model;
	try {
		ctx.json = JSON.parse(ctx.record.body);
	} catch (e) {
		throw new Fault("Invalid JSON payload received. " + e.message);
	}
	return VERBS[verb](ctx);
}

function scriptedError(script, record)
{
	if (typeof script.error === "object")
		return {status: script.error.status, value: script.error.body};
	const value = namedError(script.error, record);

	return {status: value.error.code, value};
}

/* Answer one request, as its script says. */
async function answer(res, record, script, {issued, issue, objects, origin})
{
	const sse = record.query.get("alt") === "sse";
	let result;

	if (script.delayMs)
		await sleep(script.delayMs);
	await script.hold?.(record);
	if (script.hang === "reply")
		return hang(record);
	if (script.cut && script.cut.at === 0) {
		record.cut = true;
		return breakOff(res, script.cut.how === "short" ? "reset" :
				     script.cut.how);
	}
	if (script.respond)
		return sendWhole(res, record, script, script.respond.status,
				 script.respond.type ?? "application/json",
				 script.respond.body);
	if (script.garbage)
		return sendWhole(res, record, script, 200,
				 sse ? "text/event-stream" :
				       "application/json",
				 script.garbage === true ? GARBAGE :
							   script.garbage);
	if (script.empty)
		return sendWhole(res, record, script, 200,
				 sse ? "text/event-stream" :
				       "application/json", "");
	try {
		result = record.credentialError ?
			 {status: record.credentialError.error.code,
			  value: record.credentialError} :
			 script.error ? scriptedError(script, record) :
			 route({record, script, issued, issue, objects,
				origin});
	} catch (e) {
		if (!(e instanceof Fault))
			throw e;
		result = {status: e.body.error.code, value: e.body};
	}
	record.status = result.status ?? 200;
	if (result.events)
		return sendEvents(res, record, script, result.events, sse);
	if (result.headers || result.raw)
		return sendWhole(res, record, {...script, headers: {
			...script.headers, ...result.headers}}, record.status,
				 result.type ?? "application/json",
				 result.raw ?? (result.value ?
				 JSON.stringify(result.value) : ""));
	return sendJson(res, record, script, record.status, result.value);
}

/* The body of an upload: counted, and kept as long as it takes to answer. */
async function readUpload(req, record)
{
	const hash = crypto.createHash("sha256");

	record.pieces = [];
	record.bytes = 0;
	for await (const piece of req) {
		hash.update(piece);
		record.bytes += piece.length;
		if (record.bytes <= UPLOAD_KEPT)
			record.pieces.push(piece);
	}
	record.sha256 = hash.digest("hex");
	record.body = record.headers["content-type"]?.includes("json") ?
		Buffer.concat(record.pieces).toString() : "";
}

async function readBody(req)
{
	const pieces = [];

	for await (const piece of req)
		pieces.push(piece);
	return Buffer.concat(pieces);
}

function beginRecord(req, res)
{
	const url = new URL(req.url, "http://fake");
	const record = {
		method: req.method,
		url: req.url,
		pathname: decodeURIComponent(url.pathname),
		query: url.searchParams,
		http: req.httpVersion,
		from: req.socket.remoteAddress,
		headers: {...req.headers},
		at: Date.now(),
		model: /\/models\/([^/:]+)/.exec(url.pathname)?.[1],
		aborted: false,	/* the client went away before the end */
		cut: false,	/* we did */
		done: false,
		eventsSent: 0,
	};

	/* HTTP/2's reply has no writableFinished. */
	let finished = false;
	res.on("finish", () => finished = true);
	record.closed = new Promise((resolve) => {
		res.on("close", () => {
			record.done = true;
			record.aborted = !finished && !record.cut;
			record.tookMs = Date.now() - record.at;
			resolve();
		});
	});
	return record;
}

/* What other processes may ask: POST /__fake/script, /__fake/reset and
 * GET /__fake/requests. */
async function control(fake, req, res)
{
	const body = (await readBody(req)).toString();
	let value = {ok: true};

	if (req.url === "/__fake/script") {
		const {key = "*", queue = [], default: always} =
			JSON.parse(body);
		fake.script(key, ...queue);
		if (always)
			fake.setDefault(key, always);
	} else if (req.url === "/__fake/reset") {
		fake.reset();
	} else if (req.url === "/__fake/requests") {
		value = fake.requests.map((r) => ({
			...r, query: r.query.toString(), closed: undefined,
		}));
	} else {
		res.writeHead(404);
		return res.end();
	}
	res.writeHead(200, {"content-type": "application/json"});
	return res.end(JSON.stringify(value));
}

/* Close a server and all that is connected to it. */
async function shut(server, sockets)
{
	server.close();
	for (const socket of sockets)
		socket.destroy();
}

/*
 * Start a fake.  Options: port and tlsPort (0: a free one), host, keys (the
 * only ones that are valid; left out: any), keep (how many requests it
 * remembers; Infinity when left out).
 *
 * Returns {url, tlsUrl, ca, pem (with its key), requests,
 * script(key, …behaviours), setDefault(key, behaviour), reset(), waitFor(test),
 * close()}.  Where "decide" is set, decide(record) gives the behaviour for a
 * request, or undefined.
 */
export async function startFake({port = 0, tlsPort = 0, host = "127.0.0.1",
				 keys, keep = Infinity} = {})
{
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), "fake-gemini-"));
	fs.chmodSync(dir, 0o755);	/* a web server's user reads the CA */
	const {cert, pem} = makeCertificate(dir);
	const scripts = new Scripts();
	const issued = new Map();	/* signatures, and what they signed */
	const news = new EventEmitter().setMaxListeners(0);
	const sockets = new Set();
	const fake = {ca: cert, pem, requests: [], objects: new Objects()};

	const issue = (call, beside = []) => {
		const s = crypto.randomBytes(24).toString("base64");
		issued.set(s, {call, beside});
		return s;
	};
	const serve = async (req, res) => {
		res.on("error", () => {});
		req.on("error", () => {});
		if (req.url.startsWith("/__fake/"))
			return control(fake, req, res);
		const record = beginRecord(req, res);
		const {key, error} = credentialOf(record.headers,
						  record.query);
		record.key = key;
		record.credentialError = error ??
			(keys && !keys.includes(key) ?
			 namedError("key_invalid") : undefined);
		fake.requests.push(record);
		if (fake.requests.length > keep)
			fake.requests.shift();
		record.closed.then(() => news.emit("news"));
		try {
			if (record.pathname.startsWith("/upload/"))
				await readUpload(req, record);
			else
				record.body = (await readBody(req)).toString();
		} catch {
			return undefined;	/* gone while it spoke */
		}
		const script = fake.decide?.(record) ?? scripts.next(key);
		news.emit("news");
		await answer(res, record, script, {
			issued, issue, objects: fake.objects,
			origin: fake.url,
		});
		record.pieces = undefined;
		return undefined;
	};
	const handler = (req, res) => serve(req, res).catch((e) => {
		/* A fault of the fake itself must not pass for Google's. */
		console.error("fake:", e);
		res.destroy?.();
	});

	const plain = http.createServer(handler);
	const secure = http2.createSecureServer({...pem, allowHTTP1: true},
						handler);
	for (const server of [plain, secure])
		for (const event of ["connection", "secureConnection"])
			server.on(event, (socket) => {
				sockets.add(socket);
				socket.on("error", () => {});
				socket.on("close", () =>
					sockets.delete(socket));
			});
	secure.on("sessionError", () => {});
	secure.on("session", (s) => s.on("error", () => {}));
	plain.listen(port, host);
	secure.listen(tlsPort, host);
	await Promise.all([once(plain, "listening"),
			   once(secure, "listening")]);

	return Object.assign(fake, {
		url: `http://${host}:${plain.address().port}`,
		tlsUrl: `https://localhost:${secure.address().port}`,
		script: (key, ...behaviours) =>
			scripts.push(key, ...behaviours),
		setDefault: (key, behaviour) =>
			scripts.defaults.set(key, behaviour),
		reset() {
			scripts.reset();
			fake.decide = undefined;
			fake.requests.length = 0;
			fake.objects.reset();
		},
		/* The first request for which "test" holds, now or later. */
		async waitFor(test, ms = 20000) {
			const until = AbortSignal.timeout(ms);

			for (;;) {
				const found = fake.requests.find(test);
				if (found)
					return found;
				await once(news, "news", {signal: until});
			}
		},
		async close() {
			await Promise.all([shut(plain, sockets),
					   shut(secure, sockets)]);
			fs.rmSync(dir, {recursive: true, force: true});
		},
	});
}

function option(name)
{
	const i = process.argv.indexOf(`--${name}`);

	return i < 0 ? undefined : process.argv[i + 1];
}

async function main()
{
	const fake = await startFake({
		port: Number(option("port") ?? 0),
		tlsPort: Number(option("tls-port") ?? 0),
		keep: Number(option("keep") ?? 1000),
	});

	/* A person wants to see words arrive, not all at once. */
	fake.setDefault("*", {eventDelayMs: Number(option("delay") ?? 60)});
	console.log(`fake Gemini: ${fake.url} and ${fake.tlsUrl}`);
	console.log(`trust for the second one: ${fake.ca}`);
	for (const signal of ["SIGINT", "SIGTERM"])
		process.on(signal, () =>
			fake.close().then(() => process.exit(0)));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
	await main();
