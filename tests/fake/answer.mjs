/*
 * answer.mjs: what the fake model says to a request that is in order.
 *
 * It repeats what it was told, calls a tool when it was given one and is asked
 * to, paints one pixel, and thinks aloud when it may: enough for a person to
 * try a client, and the same every time, so that tests can compare.
 */
import crypto from "node:crypto";

import {get, versionOf} from "./fields.mjs";
import {countAudio, hasAudio, heardText, segmentsFor, transcriptionParts}
	from "./hearing.mjs";
import {kindOf} from "./models.mjs";
import {citationOf, codeRun, groundingOf, picture, ratings, searched, speech}
	from "./parts.mjs";

const WISH = /\b(tool|call|function|weather|use|look up|search)\b/i;
const SUM = /\b(code|compute|calculate|sum)\b/i;
const THOUGHT = "Let me see what was said. ";
const ASKS = /\b(news|search|look up)\b/i;
const AUDIO_TOKENS = 258;	/* of a recording */
const NEWS = "Grüße aus 東京 🗼: ";	/* what a search finds */

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

const hasTool = (body, name) =>
	(body.tools ?? []).some((t) => get(t, name) !== undefined);

/* What was searched for; undefined, when nothing was. */
function queryOf(body, script)
{
	const query = saidBy(lastOf(body));

	return hasTool(body, "googleSearch") &&
	       (script.grounding ?? ASKS.test(query)) ? query : undefined;
}

function textFor(body, query)
{
	const last = lastOf(body);
	const config = get(body, "generationConfig");
	const results = last.parts.filter((p) => get(p, "functionResponse"));
	const images = last.parts.filter((p) => get(p, "inlineData"));
	const schema = get(config, "responseJsonSchema") ??
		       get(config, "responseSchema");

	const heard = hasAudio(last) && (schema ? segmentsFor(schema) : undefined);

	if (get(config, "responseMimeType") === "application/json")
		return JSON.stringify(heard ? heard : schema ? valueFor(schema) :
				      {said: saidBy(last)});
	if (results.length > 0)
		return "The tools said: " + results.map((p) =>
			JSON.stringify(get(p, "functionResponse").response))
			.join(" and ");
	if (hasAudio(last) && /^(Transcribe|Translate) the speech/.test(
		saidBy(last)))
		return heardText();
	if (images.length > 0)
		return `I see ${images.length} picture(s). You said: ` +
		       saidBy(last);
	return `${query === undefined ? "" : NEWS}You said: ${saidBy(last)}`;
}

/* Calls as parts; the first is signed, and what stood before it with it. */
function callParts(calls, model, beside, issue)
{
	const ids = beside.flatMap((p) => p.toolCall?.id ?? []);

	return calls.map((c, i) => {
		const functionCall = {
			...(versionOf(model) >= 3.5 ?
			    {id: crypto.randomBytes(4).toString("hex")} : {}),
			...c,
		};

		return {functionCall, ...(i === 0 && versionOf(model) >= 3 ?
			{thoughtSignature: issue(functionCall, ids)} : {})};
	});
}

/* Parts of a script, those signed that want to be. */
const signedParts = (parts, issue) => parts.map((p) =>
	p.thoughtSignature === "issue" ?
	{...p, thoughtSignature: issue(get(p, "functionCall"))} : p);

/* An image model that is not told what to say draws. */
const paints = (model, script) => kindOf(model) === "image" &&
	script.text === undefined && script.finishReason === undefined;

const onlyPaints = (config, script) => script.text === undefined &&
	String(get(config, "responseModalities")) === "IMAGE";

/*
 * The parts of the answer, each as it goes into one event of a stream: the
 * script's where it has any, else the model's own.
 */
function partsFor(body, {model, script, issue, streamed})
{
	const config = get(body, "generationConfig");
	const thinks = get(get(config, "thinkingConfig"), "includeThoughts");
	const call = script.text === undefined && wantedCall(body);
	const calls = script.calls ?? (call ? [call] : []);
	const query = queryOf(body, script);
	const parts = [];

	if (script.parts)
		return signedParts(script.parts, issue);
	if (kindOf(model) === "transcription" && script.text === undefined)
		return transcriptionParts(config);
	if (kindOf(model) === "speech" && script.text === undefined &&
	    script.finishReason === undefined)
		return Array.from({length: streamed ? 3 : 1}, () =>
			speech(versionOf(model), streamed,
			       script.soundMs));
	if (script.thought ?? thinks)
		parts.push({text: script.thought ?? THOUGHT, thought: true});
	if (query !== undefined && get(get(body, "toolConfig"),
				       "includeServerSideToolInvocations"))
		parts.push(...searched(query));
	if (calls.length > 0) {
		parts.push(...callParts(calls, model, parts, issue));
		return parts;
	}
	if (script.image || paints(model, script))
		parts.push(picture());
	if (onlyPaints(config, script))
		return parts;
	if (hasTool(body, "codeExecution") && SUM.test(saidBy(lastOf(body))))
		parts.push(...codeRun());
	const words = script.words ?? (script.hugeBytes ?
		["x".repeat(script.hugeBytes)] :
		(script.text ?? textFor(body, query)).match(/\S+\s*|\s+/g) ??
		[]);
	for (const text of words)
		parts.push({text});
	if (versionOf(model) >= 3 && parts.length > 0)
		parts.push({text: "", thoughtSignature: issue()});
	return parts;
}

/* What stands beside the content of the last candidate. */
function besideText(body, parts, script)
{
	const text = parts.filter((p) => p.text && !p.thought)
		.map((p) => p.text).join("");
	const query = queryOf(body, script);

	return {
		...(query !== undefined && text ?
		    {groundingMetadata: groundingOf(text, query)} : {}),
		...(script.cited ? {citationMetadata: citationOf(text)} : {}),
		...(script.finishMessage ?
		    {finishMessage: script.finishMessage} : {}),
	};
}

function usageFor(body, parts, script, share)
{
	const said = parts.filter((p) => !p.thought).length;
	const thought = parts.length - said;
	const audio = countAudio(body.contents) * AUDIO_TOKENS;
	const usage = {
		promptTokenCount: countTokens(body.contents),
		candidatesTokenCount: Math.ceil(said * share),
		promptTokensDetails: [{
			modality: "TEXT",
			tokenCount: countTokens(body.contents) - audio,
		}, ...(audio > 0 ? [{modality: "AUDIO", tokenCount: audio}] :
				   [])],
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

/* A part an event, unless the script wants all calls in one. */
function groupsOf(parts, script)
{
	const groups = [];

	for (const part of parts)
		if (script.together && part.functionCall &&
		    groups.at(-1)?.[0].functionCall)
			groups.at(-1).push(part);
		else
			groups.push([part]);
	return groups;
}

/* The events of an answer, in order; "ctx" is {json, model, script, issue}. */
export function eventsFor(ctx, streamed = true)
{
	const {json: body, model, script} = ctx;
	const end = coda(script.modelVersion ?? model);

	if (script.events)
		return script.events;
	if (script.block)
		return [{
			promptFeedback: {blockReason: script.block,
					 safetyRatings: ratings()},
			usageMetadata: usageFor(body, [], script, 1),
			...end,
		}];
	const parts = partsFor(body, {...ctx, streamed});
	const reason = script.finishReason === undefined ? "STOP" :
		       script.finishReason;
	const beside = besideText(body, parts, script);

	const groups = groupsOf(parts, script);
	if (groups.length === 0)
		groups.push([]);	/* a last event without any content */
	return groups.map((group, i) => {
		const last = i === groups.length - 1;
		const candidate = {index: 0};

		if (group.length > 0)
			candidate.content = {parts: group, role: "model"};
		if (last && reason !== null)
			candidate.finishReason = reason;
		return {
			candidates: [{...candidate, ...(last ? beside : {})}],
			usageMetadata: usageFor(body, parts, script,
						(i + 1) / groups.length),
			...end,
		};
	});
}

/* Whether two parts of a stream are one in a whole answer. */
const isMore = (part, before) => part.text !== undefined &&
	before?.text !== undefined && before.thought === part.thought;

/* The same answer in one piece: texts that follow each other are one part. */
export function replyFor(ctx)
{
	const events = eventsFor(ctx, false);
	const parts = [];
	let whole = {};

	if (ctx.script.block || ctx.script.events)
		return events.at(-1);
	for (const event of events) {
		const {content, ...rest} = event.candidates[0];
		whole = {...whole, ...rest};
		for (const part of content?.parts ?? []) {
			const before = parts.at(-1);

			if (isMore(part, before))
				Object.assign(before, part, {
					text: before.text + part.text});
			else
				parts.push({...part});
		}
	}
	const last = events.at(-1);
	if (whole.groundingMetadata)
		placeGrounding(whole.groundingMetadata, parts);
	return {
		candidates: [{
			...(parts.length ?
			    {content: {parts, role: "model"}} : {}),
			...whole,
		}],
		usageMetadata: last.usageMetadata,
		modelVersion: last.modelVersion,
		responseId: last.responseId,
	};
}

/* In a whole answer a segment says which part it is in, unless the first. */
function placeGrounding({groundingSupports: supports}, parts)
{
	const partIndex = parts.findIndex((p) => p.text && !p.thought);

	if (partIndex > 0)
		for (const {segment} of supports)
			segment.partIndex = partIndex;
}

/* Imagen's answer: a picture, or why there is none. */
export function predictionFor(script)
{
	const {mimeType, data} = picture().inlineData;

	return {predictions: [script.filtered ?
		{raiFilteredReason: script.filtered} :
		{mimeType, bytesBase64Encoded: data}]};
}

const FULL = 3072;	/* values of a vector, where nobody says how many */

/*
 * A vector that depends on the text alone, of length one; but the older model
 * only cuts it off where it is to be shorter.  Each value is a float.
 */
export function vectorFor(request, model)
{
	const size = get(request, "outputDimensionality") ?? FULL;
	const seed = crypto.createHash("sha256")
		.update(JSON.stringify(request.content)).digest();
	const values = Array.from({length: Math.max(size, FULL)}, (_, i) =>
		seed[i % 32] - 127.5 + i % 7);
	const cut = model === "gemini-embedding-001" ? values.length : size;
	const norm = Math.hypot(...values.slice(0, cut));

	return {values: values.slice(0, size).map((v) => Math.fround(v / norm))};
}
