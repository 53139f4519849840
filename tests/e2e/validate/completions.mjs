/*
 * completions.mjs: OpenAI's published rules for completions of before there
 * were chats, whole and streamed.
 */
import {checkChatStream, checkIndexes, checkUsage, USAGE} from "./chat.mjs";
import {begins, count, list, map, nullable, number, object, seconds, some,
	string, word} from "./shape.mjs";

const FINISH = word("stop", "length", "content_filter");
const LOGPROBS = nullable(object({}, {
	tokens: list(string), token_logprobs: list(number),
	text_offset: list(count), top_logprobs: list(map(number)),
}));
const answer = (finish, min) => object({
	id: begins("cmpl-"), object: word("text_completion"),
	created: seconds, model: some, choices: list(object({
		index: count, text: string, logprobs: LOGPROBS,
		finish_reason: finish,
	}, {}, {native_finish_reason: some}), {min}),
}, {usage: nullable(USAGE), system_fingerprint: string});
const COMPLETION = answer(FINISH, 1);
const CHUNK = answer(nullable(FINISH), 0);

const promptsOf = (request) => [request?.prompt].flat();
const countOf = (request) => (request?.n ?? 1) * promptsOf(request).length;

/* Lists side by side; those who asked for no others beside get none. */
function checkLogprobs({logprobs}, request, at, say)
{
	if (logprobs === null)
		return;
	if (typeof request?.logprobs !== "number")
		say(`${at}.logprobs`, "were not asked for");
	const lengths = ["tokens", "token_logprobs", "text_offset",
			 "top_logprobs"].map((name) => logprobs[name]?.length)
		.filter((length) => length !== undefined);
	if (new Set(lengths).size !== 1)
		say(`${at}.logprobs`, `has lists of ${lengths.join(", ")}`);
	if (logprobs.text_offset.some((o, i, all) => o < (all[i - 1] ?? 0)))
		say(`${at}.logprobs.text_offset`, "goes back");
}

/* All of a choice's text. */
function checkText(text, index, request, at, say)
{
	const prompt = promptsOf(request)[Math.floor(index /
						     (request?.n ?? 1))];

	if (request?.echo && !text.startsWith(prompt))
		say(at, `does not begin with ${JSON.stringify(prompt)}`);
}

export function checkPlain(json, request, faults)
{
	const {say} = faults;

	COMPLETION(json, "", say);
	if (faults.lines.length > 0)
		return;
	json.choices.forEach((c, i) => {
		checkLogprobs(c, request, `choices[${i}]`, say);
		checkText(c.text, c.index, request, `choices[${i}].text`, say);
	});
	checkIndexes(json.choices.map((c) => c.index), countOf(request), say);
	if (json.usage)
		checkUsage(json.usage, "usage", say);
}

/* One choice of a stream. */
class Choice {
	constructor(index)
	{
		Object.assign(this, {index, at: `choice ${index}`, text: "",
				     finish: null, likely: []});
	}

	add(choice, say)
	{
		if (this.finish !== null)
			say(this.at, "goes on behind its finish_reason");
		this.text += choice.text;
		this.finish = choice.finish_reason;
		this.likely.push(choice);
	}

	end(request, say)
	{
		if (this.finish === null)
			say(this.at, "has no finish_reason");
		for (const choice of this.likely)
			checkLogprobs(choice, request, this.at, say);
		checkText(this.text, this.index, request, this.at, say);
	}
}

export const checkPlainStream = (text, request, faults, {partial} = {}) =>
	checkChatStream(text, request, faults, {partial, kind: {
		chunk: CHUNK, Choice, count: countOf(request)}});
