/*
 * objects.mjs: the fake's files, caches, batches, stores and interactions.
 *
 * Each belongs to the key that made it; to any other key it is as if it were
 * not there, in Google's words.  A video is PROCESSING when it is made, and
 * ACTIVE from the second time on that somebody asks for it.
 */
import crypto from "node:crypto";

import {errorBody, Fault} from "./errors.mjs";
import {get} from "./fields.mjs";

const GOOGLE = "https://generativelanguage.googleapis.com/v1beta";
const DAY_MS = 86400000;
const FIELDS = {files: "files", cachedContents: "cachedContents",
		batches: "operations", fileSearchStores: "fileSearchStores",
		tunedModels: "tunedModels"};

const randomId = (n = 12) => crypto.randomBytes(n).toString("hex")
	.slice(0, n);
const at = (ms) => new Date(ms).toISOString();

function denied(what)
{
	const fault = new Fault("");

	fault.body = errorBody(403, "PERMISSION_DENIED", what);
	return fault;
}

const noFile = (name) => denied("You do not have permission to access the " +
	`File ${name.slice(6)} or it may not exist.`);
const noThing = (name) => denied(/^cachedContents/.test(name) ?
	"CachedContent not found (or permission denied)" :
	"The caller does not have permission");

export class Objects {
	constructor()
	{
		this.reset();
	}

	reset()
	{
		this.all = new Map();	/* name -> {key, value, asked} */
		this.uploads = new Map();
	}

	add(key, value)
	{
		this.all.set(value.name, {key, value, asked: 0});
		return value;
	}

	/* The thing of this name, for the key that owns it. */
	find(key, name)
	{
		const found = this.all.get(name);

		if (found?.key !== key)
			throw /^files\//.test(name) ? noFile(name) :
						      noThing(name);
		return found;
	}

	newFile(key, meta, bytes, hash, mime)
	{
		const name = meta.name ?? `files/${randomId()}`;
		const now = Date.now();
		const type = mime ?? get(meta, "mimeType") ?? "text/plain";

		if (this.all.has(name))
			throw new Fault("", {code: 409,
					     status: "ALREADY_EXISTS"});
		return this.add(key, {
			name,
			displayName: get(meta, "displayName"),
			mimeType: type,
			sizeBytes: String(bytes),
			createTime: at(now),
			updateTime: at(now),
			expirationTime: at(now + 2 * DAY_MS),
			sha256Hash: hash,
			uri: `${GOOGLE}/${name}`,
			state: /^video/.test(type) ? "PROCESSING" : "ACTIVE",
			source: "UPLOADED",
		});
	}

	/* What a generateContent request refers to must be the key's own. */
	check(key, json)
	{
		const cache = get(json, "cachedContent");

		if (cache)
			this.find(key, cache);
		for (const content of json.contents ?? [])
			for (const part of content.parts ?? []) {
				const uri = get(get(part, "fileData"),
						"fileUri");
				const m = /\/(files\/[^/?:]+)/.exec(uri ?? "");
				if (m && this.find(key, m[1]).value.state !==
				    "ACTIVE")
					throw new Fault("The File " + m[1] +
						" is not in an ACTIVE state.");
			}
		for (const tool of json.tools ?? [])
			for (const name of get(get(tool, "fileSearch"),
					       "fileSearchStoreNames") ?? [])
				this.find(key, name);
	}

	/* --- uploads ---------------------------------------------------- */

	/* A request below /upload/: its body was counted, and not kept unless
	 * it is small.  The answer as {value, headers}. */
	upload(record, origin)
	{
		const {key, headers, query} = record;
		const protocol = headers["x-goog-upload-protocol"] ??
				 query.get("uploadType");
		const command = headers["x-goog-upload-command"] ?? "";

		if (query.has("upload_id"))
			return this.step(record, command);
		if (protocol === "resumable" && command.includes("start"))
			return this.start(record, origin);
		if (protocol === "raw")
			return this.finish(record, {displayName:
				headers["x-goog-upload-file-name"]},
					   record.bytes, record.sha256,
					   headers["content-type"]);
		if (protocol === "multipart")
			return this.multipart(record);
		throw new Fault("Upload protocol is not known.");
	}

	start(record, origin)
	{
		const id = randomId(24);
		const json = JSON.parse(record.body || "{}");
		const upload = {
			key: record.key, meta: json.file ?? json, offset: 0,
			hash: crypto.createHash("sha256"),
			mime: record.headers[
				"x-goog-upload-header-content-type"],
			path: record.pathname,
		};

		this.uploads.set(id, upload);
		return {value: undefined, headers: {
			"x-goog-upload-status": "active",
			"x-goog-upload-chunk-granularity": "262144",
			"x-goog-upload-url": `${origin}${record.pathname}?` +
				`upload_id=${id}&upload_protocol=resumable` +
				`&key=${record.key}`,
		}};
	}

	step(record, command)
	{
		const upload = this.uploads.get(record.query.get("upload_id"));
		const active = {"x-goog-upload-status": "active"};

		if (upload?.key !== record.key)
			throw denied("The caller does not have permission");
		if (command === "query")
			return {headers: {...active,
				"x-goog-upload-size-received":
					String(upload.offset)}};
		if (command === "cancel") {
			this.uploads.delete(record.query.get("upload_id"));
			return {headers: {
				"x-goog-upload-status": "cancelled"}};
		}
		if (Number(record.headers["x-goog-upload-offset"]) !==
		    upload.offset)
			throw new Fault("Upload offset does not match.");
		for (const piece of record.pieces)
			upload.hash.update(piece);
		upload.offset += record.bytes;
		if (!command.includes("finalize"))
			return {headers: active};
		this.uploads.delete(record.query.get("upload_id"));
		return this.finish(record, upload.meta, upload.offset,
				   upload.hash.digest("hex"), upload.mime,
				   upload.path);
	}

	multipart(record)
	{
		const m = /boundary="?([^";]+)/.exec(
			record.headers["content-type"]);
		const text = Buffer.concat(record.pieces).toString("latin1");
		const [, one, two] = text.split(`--${m[1]}`);
		const end = two.indexOf("\r\n\r\n");
		const json = JSON.parse(one.slice(one.indexOf("\r\n\r\n")));
		const data = Buffer.from(two.slice(end + 4, -2), "latin1");

		return this.finish(record, json.file ?? {}, data.length,
			crypto.createHash("sha256").update(data).digest("hex"),
			/content-type: *(\S+)/i.exec(two.slice(0, end))?.[1]);
	}

	finish(record, meta, bytes, hash, mime, path = record.pathname)
	{
		const store = /(fileSearchStores\/[^:]+):/.exec(path)?.[1];
		const final = {"x-goog-upload-status": "final"};

		if (store) {
			this.find(record.key, store);
			return {headers: final, value: {
				name: `${store}/upload/operations/` +
				      randomId(), done: true}};
		}
		return {headers: final, value: {
			file: this.newFile(record.key, meta, bytes, hash,
					   mime)}};
	}

	/* --- everything else --------------------------------------------- */

	list(key, field, prefix, query)
	{
		const mine = [...this.all.values()]
			.filter((o) => o.key === key &&
				o.value.name.startsWith(prefix))
			.map((o) => o.value);
		const size = Number(query.get("pageSize") ?? 50);
		const from = Number(query.get("pageToken") ?? 0);

		return {value: {
			...(mine.length ?
			    {[field]: mine.slice(from, from + size)} : {}),
			...(from + size < mine.length ?
			    {nextPageToken: String(from + size)} : {}),
		}};
	}

	create(key, collection, json)
	{
		const now = Date.now();
		const name = `${collection}/${randomId()}`;

		if (collection === "cachedContents")
			return this.add(key, {
				name, model: json.model,
				displayName: get(json, "displayName"),
				createTime: at(now), updateTime: at(now),
				expireTime: at(now + 1000 *
					parseInt(json.ttl ?? "3600", 10)),
				usageMetadata: {totalTokenCount: 2048},
			});
		return this.add(key, {...json, name, createTime: at(now)});
	}

	/* A request for what this file has; undefined: it is none. */
	route(record)
	{
		const m = /^\/(?:download\/)?v1(?:beta|alpha)?\/(\w+)(?:\/([^/:]+))?(.*)$/
			.exec(record.pathname);
		const [, collection, id, rest] = m ?? [];
		const {key, method, query} = record;

		if (collection === "interactions")
			return this.interaction(record, id);
		if (!Object.hasOwn(FIELDS, collection ?? ""))
			return undefined;
		const name = `${collection}/${id}`;
		if (!id)
			return method === "GET" ?
				this.list(key, FIELDS[collection],
					  `${collection}/`, query) :
				{value: this.create(key, collection,
						    JSON.parse(record.body))};
		const found = this.find(key, name);
		if (/:download/.test(rest))
			return this.download(found);
		if (/^\/documents$/.test(rest))
			return {value: {}};
		if (method === "DELETE" && !rest) {
			this.all.delete(name);
			return {value: {}};
		}
		if (method === "PATCH") {
			const {ttl} = JSON.parse(record.body);
			if (ttl)
				found.value.expireTime = at(Date.now() +
					1000 * parseInt(ttl, 10));
			return {value: found.value};
		}
		if (rest === ":cancel")
			found.value.metadata.state = "BATCH_STATE_CANCELLED";
		if (++found.asked > 1 && found.value.state === "PROCESSING")
			found.value.state = "ACTIVE";
		return {value: rest && rest !== ":cancel" ?
			{done: true, asked: rest} : found.value};
	}

	download(found)
	{
		if (found.value.source !== "GENERATED")
			throw new Fault("Only generated files can be " +
					"downloaded.");
		return {raw: found.content, type: found.value.mimeType};
	}

	/* A file that a model made. */
	generated(key, content, mimeType)
	{
		const name = `files/${randomId()}`;

		this.add(key, {name, mimeType, source: "GENERATED",
			       state: "ACTIVE", uri: `${GOOGLE}/${name}`});
		this.all.get(name).content = content;
		return name;
	}

	/* models/m:batchGenerateContent */
	batch(key, json)
	{
		const name = `batches/${randomId()}`;
		const input = get(get(json.batch, "inputConfig"), "fileName");

		if (input)
			this.find(key, input);
		return this.add(key, {name, metadata: {
			name, state: "BATCH_STATE_PENDING",
			displayName: get(json.batch, "displayName")}});
	}

	interaction(record, id)
	{
		const {key, method, query} = record;

		if (method === "POST" && !id) {
			const json = JSON.parse(record.body);
			const before = get(json, "previousInteractionId");
			if (before)
				this.find(key, `interactions/${before}`);
			const name = `v1_${randomId(16)}`;
			this.add(key, {name: `interactions/${name}`});
			const value = {id: name, status: "completed",
				       model: json.model,
				       outputs: [{type: "text", text: "hi"}]};
			return json.stream ? this.events(value) : {value};
		}
		this.find(key, `interactions/${id}`);
		if (method === "DELETE")
			this.all.delete(`interactions/${id}`);
		const value = {id, status: "completed"};
		return query.get("stream") ? this.events(value) :
		       {value: method === "DELETE" ? {} : value};
	}

	events(interaction)
	{
		const list = [
			{event_type: "interaction.start", interaction},
			{event_type: "content.delta",
			 delta: {type: "text", text: "hi"}},
			{event_type: "interaction.complete", interaction},
		];

		return {type: "text/event-stream", raw: list.map((e) =>
			`event: ${e.event_type}\ndata: ${JSON.stringify(e)}` +
			"\n\n").join("")};
	}
}
