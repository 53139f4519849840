/*
 * hosts.mjs: fake hosts for pictures, as strict as the real ones: each wants
 * its form or body, its credentials in its own way, and its signature, which is
 * computed here by Node's own means.
 *
 * host.how says what it does: "good", "refused" (the account is wrong),
 * "expired" (was right once), "wrong" (JSON or XML of something else), "html",
 * "cut" (the answer breaks off), "slow" (it never answers), "evil" (an answer
 * that is no link), "redirect".
 */
import crypto from "node:crypto";
import {once} from "node:events";
import http from "node:http";

export const ACCOUNT = {
	smms: "Planted-smms-token-0123456789",
	picgo: "chv_Planted-picgo-key-0123456789",
	imgbed: "Planted-imgbed-code-0123456789",
	ossId: "LTAI5tPlantedOssKeyId0123",
	ossSecret: "Planted-oss-secret-0123456789ab",
	s3Id: "AKIAPLANTEDS3KEYID01",
	s3Secret: "Planted/s3+secret/0123456789abcdefghijkl",
};

const hmac = (key, text) =>
	crypto.createHmac("sha256", key).update(text).digest();
const sha256 = (data) =>
	crypto.createHash("sha256").update(data).digest("hex");

/* The signature of a V4, of AWS or Aliyun. */
function v4(secret, [prefix, algorithm, service, end], {region, time}, canonical)
{
	const day = time.slice(0, 8);
	const scope = `${day}/${region}/${service}/${end}`;
	const key = [day, region, service, end].reduce(hmac, prefix + secret);

	return hmac(key, [algorithm, time, scope,
			  sha256(canonical)].join("\n")).toString("hex");
}

/* Why an S3 request is refused; undefined: it is not. */
export function s3Fault(req, body)
{
	const m = new RegExp("^AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/" +
		"([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?" +
		"Signature=([0-9a-f]{64})$").exec(req.headers.authorization);

	if (!m)
		return "MissingAuthenticationToken";
	const [, id, day, region, names, signature] = m;
	const time = req.headers["x-amz-date"];
	if (id !== ACCOUNT.s3Id)
		return "InvalidAccessKeyId";
	if (!time.startsWith(day) || Math.abs(Date.now() - Date.parse(
		time.replace(/^(....)(..)(..)T(..)(..)(..)Z$/,
			     "$1-$2-$3T$4:$5:$6Z"))) > 900e3)
		return "RequestTimeTooSkewed";
	if (req.headers["x-amz-content-sha256"] !== sha256(body))
		return "XAmzContentSHA256Mismatch";
	if (!names.split(";").includes("host"))
		return "AccessDenied";
	const canonical = [req.method, req.url, "",
		...names.split(";").map((n) => `${n}:${req.headers[n]}`), "",
		names, req.headers["x-amz-content-sha256"]].join("\n");
	if (v4(ACCOUNT.s3Secret, ["AWS4", "AWS4-HMAC-SHA256", "s3",
				  "aws4_request"], {region, time}, canonical) !==
	    signature)
		return "SignatureDoesNotMatch";
	return undefined;
}

/* The same of Aliyun's; the bucket is the first part of the host's name. */
function ossFault(req)
{
	const path = `/${req.headers.host.split(".")[0]}${req.url}`;
	const given = req.headers.authorization ?? "";
	let want;

	if (!given.includes(ACCOUNT.ossId))
		return "InvalidAccessKeyId";
	if (given.startsWith("OSS4-")) {
		const time = req.headers["x-oss-date"];
		const canonical = [req.method, path, "",
			...["content-type", "x-oss-content-sha256",
			    "x-oss-date"].map((n) => `${n}:${req.headers[n]}`),
			"", "", "UNSIGNED-PAYLOAD"].join("\n");
		const scope = `${time.slice(0, 8)}/cn-x/oss/aliyun_v4_request`;

		want = `OSS4-HMAC-SHA256 Credential=${ACCOUNT.ossId}/${scope},` +
			"Signature=" + v4(ACCOUNT.ossSecret, ["aliyun_v4",
			"OSS4-HMAC-SHA256", "oss", "aliyun_v4_request"],
			{region: "cn-x", time}, canonical);
	} else {
		want = `OSS ${ACCOUNT.ossId}:` + crypto
			.createHmac("sha1", ACCOUNT.ossSecret)
			.update([req.method, "", req.headers["content-type"],
				 req.headers.date, path].join("\n"))
			.digest("base64");
	}
	return given === want ? undefined : "SignatureDoesNotMatch";
}

/* The one file of a form: {field, name, type, bytes}; undefined: none. */
function fileOf(req, body)
{
	const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(
		req.headers["content-type"])?.[1];
	const m = boundary && new RegExp(`^--${boundary}\r\n` +
		"Content-Disposition: form-data; name=\"([^\"]+)\"; " +
		"filename=\"([^\"]+)\"\r\nContent-Type: ([^\r]+)\r\n\r\n" +
		`([^]*)\r\n--${boundary}--\r\n$`).exec(body.toString("latin1"));

	return m ? {field: m[1], name: m[2], type: m[3],
		    bytes: Buffer.from(m[4], "latin1")} : undefined;
}

const json = (status, value) => ({status, type: "application/json",
				  text: JSON.stringify(value)});
const xml = (status, code, words) => ({status, type: "application/xml",
	text: `<?xml version="1.0"?><Error><Code>${code}</Code>` +
	      `<Message>${words}</Message></Error>`});

/* What each kind answers: to a good request, to a bad account, and when it is
 * something else altogether. */
const KINDS = {
	smms: {
		path: "/api/v2/upload",
		field: "smfile",
		allowed: (req) => req.headers.authorization ===
			`Basic ${ACCOUNT.smms}`,
		good: (url) => json(200, {success: true, data: {url}}),
		bad: (words) => json(200, {success: false, code: "unauthorized",
					   message: words}),
		wrong: () => json(200, {success: true, data: {}}),
	},
	picgo: {
		path: "/api/1/upload",
		field: "source",
		allowed: (req) => req.headers["x-api-key"] === ACCOUNT.picgo,
		good: (url) => json(200, {status_code: 200, image: {url}}),
		bad: (words) => json(400, {status_code: 400,
					   error: {message: words}}),
		wrong: () => json(200, {status_code: 200, image: null}),
	},
	cloudflare_imgbed: {
		path: "/upload?uploadNameType=origin&uploadFolder=a%2Fb",
		field: "file",
		allowed: (req) => req.headers.authcode === ACCOUNT.imgbed,
		good: (url) => json(200, [{src: new URL(url).pathname}]),
		bad: (words) => ({status: 401, type: "text/plain", text: words}),
		wrong: () => json(200, {src: "/file/x"}),
	},
	aliyun_oss: {
		allowed: (req) => ossFault(req) === undefined,
		good: () => ({status: 200, type: "application/xml", text: ""}),
		bad: (words) => xml(403, "InvalidAccessKeyId", words),
		wrong: () => json(204, {}),
	},
	s3: {
		allowed: (req, body) => s3Fault(req, body) === undefined,
		good: () => ({status: 200, type: "application/xml", text: ""}),
		bad: (words) => xml(403, "InvalidAccessKeyId", words),
		wrong: () => json(204, {}),
	},
};

export class FakeHost {
	constructor(kind)
	{
		this.kind = kind;
		this.spec = KINDS[kind];
		this.how = "good";
		this.uploads = [];
		this.server = http.createServer((req, res) =>
			this.take(req, res));
	}

	async start()
	{
		this.server.listen(0, "127.0.0.1");
		await once(this.server, "listening");
		this.port = this.server.address().port;
		this.url = `http://127.0.0.1:${this.port}`;
		return this;
	}

	async take(req, res)
	{
		const pieces = [];

		for await (const piece of req)
			pieces.push(piece);
		const body = Buffer.concat(pieces);
		const upload = {url: req.url, headers: req.headers,
				body, ...this.read(req, body)};
		this.uploads.push(upload);
		this.answer(upload, res);
	}

	/* {fault} or the file. */
	read(req, body)
	{
		if (!this.spec.allowed(req, body))
			return {fault: "account"};
		if (!this.spec.field)
			return {bytes: body, type: req.headers["content-type"],
				name: req.url.split("/").at(-1)};
		const file = fileOf(req, body);
		if (!file || file.field !== this.spec.field ||
		    req.url !== this.spec.path)
			return {fault: "form"};
		return file;
	}

	answer(upload, res)
	{
		const {good, bad, wrong} = this.spec;
		const secrets = Object.values(ACCOUNT).join(" ");
		const by = {
			good: () => upload.fault ? bad(upload.fault) :
				good(`${this.url}/file/${upload.name}`),
			refused: () => bad(`no: ${secrets}`),
			expired: () => bad("this account has expired"),
			wrong,
			html: () => ({status: 200, type: "text/html",
				      text: `<p>${secrets}</p>`}),
			redirect: () => ({status: 302, type: "text/plain",
					  text: "",
					  headers: {location: "/elsewhere"}}),
			evil: () => good("javascript:alert(1)"),
		}[this.how];

		if (this.how === "slow")
			return;
		if (this.how === "cut") {
			res.writeHead(200, {"content-length": 1000});
			res.write("{", () => res.destroy());
			return;
		}
		const {status, type, text, headers} = by();
		res.writeHead(status, {"content-type": type, ...headers});
		res.end(text);
	}

	async close()
	{
		this.server.closeAllConnections();
		this.server.close();
		await once(this.server, "close");
	}
}
