/*
 * validate.mjs: every answer that a client gets, held to the published schema
 * of its dialect.
 *
 *	const watch = new Watch();
 *	const client = new OpenAI({fetch: watch.fetch, …});
 *	afterEach(() => watch.assertClean());
 *
 * The rules are in validate/, a file a dialect.
 */
import assert from "node:assert/strict";

import {checkMessage, checkMessageError, checkMessageStream, checkTokens}
	from "./validate/anthropic.mjs";
import {checkChatError, checkChatStream, checkCompletion, checkModels}
	from "./validate/chat.mjs";
import {checkPlain, checkPlainStream} from "./validate/completions.mjs";
import {checkEmbeddings} from "./validate/embeddings.mjs";
import {checkGenerated, checkGeneratedStream, checkGoogleError}
	from "./validate/gemini.mjs";
import {checkModerations} from "./validate/moderations.mjs";
import {checkResponse, checkResponseStream, checkResponseTokens}
	from "./validate/responses.mjs";
import {Faults} from "./validate/shape.mjs";

const openaiError = (a) => checkChatError(a.json, a.faults);
const anthropicError = (a) =>
	checkMessageError(a.json, a.status, a.faults);
const googleError = (a) =>
	checkGoogleError(a.json, a.status, a.faults.say);
const anyJson = () => {};

/* By the end of a path: how an answer, a stream and an error are checked. */
const ENDPOINTS = [
	{path: /\/chat\/completions$/, error: openaiError,
	 whole: (a) => checkCompletion(a.json, a.request, a.faults),
	 stream: (a) => checkChatStream(a.text, a.request, a.faults, a)},
	{path: /\/completions$/, error: openaiError,
	 whole: (a) => checkPlain(a.json, a.request, a.faults),
	 stream: (a) => checkPlainStream(a.text, a.request, a.faults, a)},
	{path: /\/embeddings$/, error: openaiError,
	 whole: (a) => checkEmbeddings(a.json, a.request, a.faults)},
	{path: /\/moderations$/, error: openaiError,
	 whole: (a) => checkModerations(a.json, a.request, a.faults)},
	{path: /\/responses$/, error: openaiError,
	 whole: (a) => checkResponse(a.json, a.request, a.faults),
	 stream: (a) => checkResponseStream(a.text, a.request, a.faults, a)},
	{path: /\/responses\/input_tokens$/, error: openaiError,
	 whole: (a) => checkResponseTokens(a.json, a.faults)},
	{path: /\/responses\/[^/]+(\/\w+)?$/, error: openaiError,
	 whole: (a) => a.faults.say("", "is stored nowhere")},
	{path: /\/messages$/, error: anthropicError,
	 whole: (a) => checkMessage(a.json, a.request, a.faults),
	 stream: (a) => checkMessageStream(a.text, a.request, a.faults, a)},
	{path: /\/messages\/count_tokens$/, error: anthropicError,
	 whole: (a) => checkTokens(a.json, a.faults)},
	{path: /:(stream)?generateContent$/i, error: googleError,
	 whole: (a) => checkGenerated(a.json, a.faults.say),
	 stream: (a) => checkGeneratedStream(a.text, a.faults, a)},
	{path: /\/v1(beta|alpha)\/models\b/, error: googleError,
	 whole: anyJson},
	{path: /\/models(\/[^/:]+)?$/, error: openaiError,
	 whole: (a) => checkModels(a.json, a.faults)},
];

/*
 * The faults of one answer, as lines; "answer" is {path, request, status, type,
 * text, partial}: the JSON that was asked, and whether the client left before
 * the end.
 */
export function faultsOf(answer)
{
	const {path, request, status, type = "", text} = answer;
	const faults = new Faults(`${path}: `);
	const endpoint = ENDPOINTS.find((e) => e.path.test(path));
	const a = {...answer, faults};
	const isStream = /^text\/event-stream\b/.test(type);

	if (!endpoint) {
		faults.say("", "is no endpoint that has rules");
		return faults.lines;
	}
	if (status === 200 && request?.stream && !isStream)
		faults.say("content-type", `have ${type} for a stream`);
	if (status === 200 && isStream) {
		if (endpoint.stream && (request?.stream ?? true))
			endpoint.stream(a);
		else
			faults.say("content-type", `have ${type}`);
		return faults.lines;
	}
	if (answer.partial)
		return faults.lines;
	if (!/^application\/json\b/.test(type))
		faults.say("content-type", `have ${type}`);
	try {
		a.json = JSON.parse(text);
	} catch (e) {
		faults.say("", `is no JSON: ${text.slice(0, 80)}: ${e.message}`);
		return faults.lines;
	}
	(status === 200 ? endpoint.whole : endpoint.error)(a);
	return faults.lines;
}

const realFetch = globalThis.fetch;

/* A fetch that passes everything on and checks what comes back. */
export class Watch {
	constructor()
	{
		this.pending = [];
	}

	fetch = async (input, init) => {
		const answer = {path: new URL(input.url ?? input).pathname};
		const res = await realFetch(input, init);

		if (typeof init?.body === "string")
			answer.request = JSON.parse(init.body);
		answer.status = res.status;
		answer.type = res.headers.get("content-type") ?? "";
		return new Response(this.pass(res.body, answer, init?.signal),
				    {status: res.status,
				     statusText: res.statusText,
				     headers: res.headers});
	};

	/*
	 * The bytes of a body, read here and handed on; when the client hangs
	 * up, what came so far is what counts.  (A clone of the answer would
	 * not learn of that, and wait for ever.)
	 */
	pass(body, answer, signal)
	{
		const reader = body.getReader();
		const decoder = new TextDecoder();
		let left = false;

		answer.text = "";
		const pump = async (client) => {
			for (;;) {
				const {value, done} = await reader.read();
				if (done)
					break;
				answer.text += decoder.decode(value,
							      {stream: true});
				if (!left)
					client.enqueue(value);
			}
			if (!left)
				client.close();
		};
		return new ReadableStream({
			start: (client) => {
				this.pending.push(pump(client).catch((e) => {
					if (!left)
						client.error(e);
					left ||= signal?.aborted;
					return left ? undefined :
						`${answer.path}: breaks off: ` +
						e;
				}).then((line) => line ? [line] : faultsOf(
					{...answer, partial: left})));
			},
			cancel: (why) => {
				left = true;
				return reader.cancel(why);
			},
		});
	}

	/* The faults of all answers since the last time. */
	async settle()
	{
		const lines = (await Promise.all(this.pending)).flat();

		this.pending = [];
		return lines;
	}

	/* After a test: there was an answer, and nothing was wrong with it. */
	async assertClean()
	{
		const asked = this.pending.length;
		const lines = await this.settle();

		assert.ok(asked > 0, "no answer was looked at");
		assert.equal(lines.length, 0, "answers break the rules:\n" +
			     lines.join("\n"));
	}
}
