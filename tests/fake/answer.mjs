/*
 * answer.mjs: what the fake model says to a request that is in order.
 *
 * It repeats what it was told, calls a tool when it was given one and is asked
 * to, paints one pixel, and thinks aloud when it may: enough for a person to
 * try a client, and the same every time, so that tests can compare.
 */
import crypto from "node:crypto";

import {get, versionOf} from "./rules.mjs";

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk" +
	"+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const WISH = /\b(tool|call|function|weather|use|look up|search)\b/i;
const THOUGHT = "Let me see what was said. ";

const both = (kind, methods) => ({kind, methods});
const TEXT = both("text", ["generateContent", "countTokens",
			   "createCachedContent", "batchGenerateContent"]);
const EMBED = both("embed", ["embedContent", "countTextTokens",
			     "countTokens", "asyncBatchEmbedContent"]);

/* The models there are; a client that asks for another one gets a 404. */
export const MODELS = {
	"gemini-3.8-flash": TEXT,
	"gemini-3.7-flash": TEXT,
	"gemini-3.6-flash": TEXT,
	"gemini-3.5-flash": TEXT,
	"gemini-3.5-flash-lite": TEXT,
	"gemini-3.1-pro-preview": TEXT,
	"gemini-3.1-flash-lite": TEXT,
	"gemini-3-flash-preview": TEXT,
	"gemini-2.5-flash": TEXT,
	"gemini-2.5-flash-lite": TEXT,
	"gemini-pro-latest": TEXT,
	"gemini-flash-latest": TEXT,
	"gemini-flash-lite-latest": TEXT,
	"gemini-3.1-flash-image": both("image", TEXT.methods),
	"gemini-embedding-2": EMBED,
	"gemini-embedding-001": EMBED,
};

/* A row of the list of models. */
export function modelRow(id)
{
	return {
		name: `models/${id}`,
		version: "001",
		displayName: id.replace(/-/g, " "),
		description: `The fake ${id}`,
		inputTokenLimit: 1048576,
		outputTokenLimit: 65536,
		supportedGenerationMethods: MODELS[id].methods,
		temperature: 1,
		topP: 0.95,
		topK: 64,
		maxTemperature: 2,
		...(MODELS[id].kind === "text" ? {thinking: true} : {}),
	};
}

/* About four letters a token, as Google's own rule of thumb goes. */
export function countTokens(contents)
{
	let letters = 0;

	for (const content of contents ?? [])
		for (const part of content.parts ?? [])
			letters += part.text?.length ??
				   (get(part, "inlineData") ? 1032 : 40);
	return Math.ceil(letters / 4);
}

const lastOf = (body) => body.contents.at(-1);

function saidBy(content)
{
	return content.parts.filter((p) => p.text !== undefined)
		.map((p) => p.text).join("");
}

/* A value that fits a schema, so that a called tool gets what it expects. */
function valueFor(schema, name = "value")
{
	const type = String(schema?.type ?? "").toLowerCase();

	if (schema?.enum?.length)
		return schema.enum[0];
	if (type === "object" || schema?.properties)
		return Object.fromEntries(
			Object.entries(schema.properties ?? {}).map(
				([key, child]) => [key, valueFor(child, key)]));
	if (type === "array")
		return [valueFor(schema.items, name)];
	if (type === "integer" || type === "number")
		return 1;
	if (type === "boolean")
		return true;
	return name === "city" || name === "location" ? "Paris" : "x";
}

/* The call that this request asks for, or nothing. */
function wantedCall(body)
{
	const config = get(get(body, "toolConfig"), "functionCallingConfig");
	const names = get(config, "allowedFunctionNames");
	const tools = (body.tools ?? []).flatMap((t) =>
		get(t, "functionDeclarations") ?? []);
	const last = lastOf(body);

	if (tools.length === 0 || config?.mode === "NONE")
		return undefined;
	if (last.parts.some((p) => get(p, "functionResponse")))
		return undefined;
	if (config?.mode !== "ANY" && !WISH.test(saidBy(last)))
		return undefined;
	const tool = tools.find((t) => !names || names.includes(t.name));
	return tool && {
		name: tool.name,
		args: valueFor(get(tool, "parametersJsonSchema") ??
			       tool.parameters ?? {type: "object"}),
	};
}

function textFor(body)
{
	const last = lastOf(body);
	const config = get(body, "generationConfig");
	const results = last.parts.filter((p) => get(p, "functionResponse"));
	const images = last.parts.filter((p) => get(p, "inlineData"));
	const schema = get(config, "responseJsonSchema") ??
		       get(config, "responseSchema");

	if (get(config, "responseMimeType") === "application/json")
		return JSON.stringify(schema ? valueFor(schema) :
				      {said: saidBy(last)});
	if (results.length > 0)
		return "The tools said: " + results.map((p) =>
			JSON.stringify(get(p, "functionResponse").response))
			.join(" and ");
	if (images.length > 0)
		return `I see ${images.length} picture(s). You said: ` +
		       saidBy(last);
	return `You said: ${saidBy(last)}`;
}

/*
 * The parts of the answer, each as it goes into one event of a stream: the
 * script's where it has any, else the model's own.
 */
function partsFor(body, model, script, issue)
{
	const config = get(body, "generationConfig");
	const thinks = get(get(config, "thinkingConfig"), "includeThoughts");
	const call = script.text === undefined && wantedCall(body);
	const calls = script.calls ?? (call ? [call] : []);
	const signed = versionOf(model) >= 3;
	const parts = [];

	if (script.parts)
		return script.parts.map((p) => p.thoughtSignature === "issue" ?
			{...p, thoughtSignature: issue(
				get(p, "functionCall"))} : p);
	if (script.thought ?? thinks)
		parts.push({text: script.thought ?? THOUGHT, thought: true});
	if (calls.length > 0) {
		calls.forEach((c, i) => {
			const functionCall = {
				...(versionOf(model) >= 3.5 ?
				    {id: crypto.randomBytes(4)
						.toString("hex")} : {}),
				...c,
			};

			parts.push({functionCall, ...(i === 0 && signed ?
				{thoughtSignature: issue(functionCall)} : {})});
		});
		return parts;
	}
	if (script.image || MODELS[model]?.kind === "image")
		parts.push({inlineData: {mimeType: "image/png", data: PIXEL}});
	const words = script.words ?? (script.hugeBytes ?
		["x".repeat(script.hugeBytes)] :
		(script.text ?? textFor(body)).match(/\S+\s*|\s+/g) ?? []);
	for (const text of words)
		parts.push({text});
	if (signed && parts.length > 0)
		parts.push({text: "", thoughtSignature: issue()});
	return parts;
}

function usageFor(body, parts, script, share)
{
	const said = parts.filter((p) => !p.thought).length;
	const thought = parts.length - said;
	const usage = {
		promptTokenCount: countTokens(body.contents),
		candidatesTokenCount: Math.ceil(said * share),
		promptTokensDetails: [{
			modality: "TEXT",
			tokenCount: countTokens(body.contents),
		}],
	};

	if (thought > 0)
		usage.thoughtsTokenCount = thought * 7;
	usage.totalTokenCount = usage.promptTokenCount +
		usage.candidatesTokenCount + (usage.thoughtsTokenCount ?? 0);
	return share === 1 && script.usage ? script.usage : usage;
}

const coda = (model) => ({
	modelVersion: model,
	responseId: crypto.randomBytes(12).toString("base64url"),
});

/* The events of a streamed answer, in order. */
export function eventsFor(body, model, script, issue)
{
	const end = coda(model);

	if (script.events)
		return script.events;
	if (script.block)
		return [{
			promptFeedback: {blockReason: script.block},
			usageMetadata: usageFor(body, [], script, 1),
			...end,
		}];
	const parts = partsFor(body, model, script, issue);
	const reason = script.finishReason === undefined ? "STOP" :
		       script.finishReason;

	if (parts.length === 0)
		parts.push(undefined);	/* a last event without any content */
	return parts.map((part, i) => {
		const last = i === parts.length - 1;
		const candidate = {index: 0};

		if (part)
			candidate.content = {parts: [part], role: "model"};
		if (last && reason !== null)
			candidate.finishReason = reason;
		return {
			candidates: [candidate],
			usageMetadata: usageFor(body, parts.filter(Boolean),
						script,
						(i + 1) / parts.length),
			...end,
		};
	});
}

/* The same answer in one piece: texts that follow each other are one part. */
export function replyFor(body, model, script, issue)
{
	const events = eventsFor(body, model, script, issue);
	const parts = [];
	let reason;

	if (script.block || script.events)
		return events.at(-1);
	for (const event of events) {
		const candidate = event.candidates[0];
		const part = candidate.content?.parts[0];
		const before = parts.at(-1);

		reason = candidate.finishReason ?? reason;
		if (!part)
			continue;
		if (part.text === "" && before?.text !== undefined &&
		    !before.thought)
			before.thoughtSignature = part.thoughtSignature;
		else if (part.text !== undefined &&
			 before?.text !== undefined &&
			 before.thought === part.thought)
			before.text += part.text;
		else
			parts.push({...part});
	}
	const last = events.at(-1);
	return {
		candidates: [{
			...(parts.length ?
			    {content: {parts, role: "model"}} : {}),
			...(reason ? {finishReason: reason} : {}),
			index: 0,
		}],
		usageMetadata: last.usageMetadata,
		modelVersion: last.modelVersion,
		responseId: last.responseId,
	};
}

/* A vector that depends on the text alone, of length one. */
export function vectorFor(request)
{
	const size = get(request, "outputDimensionality") ?? 3072;
	const seed = crypto.createHash("sha256")
		.update(JSON.stringify(request.content)).digest();
	const values = Array.from({length: size}, (_, i) =>
		seed[i % 32] - 127.5 + i % 7);
	const norm = Math.hypot(...values);

	return {values: values.map((v) => v / norm)};
}
