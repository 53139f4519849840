/* moderations.mjs: OpenAI's published rules for moderations. */
import {begins, bool, list, number, object, some, word} from "./shape.mjs";

const TEXT = ["harassment", "harassment/threatening", "hate",
	      "hate/threatening", "illicit", "illicit/violent",
	      "sexual/minors"];
const PICTURES = ["self-harm", "self-harm/intent", "self-harm/instructions",
		  "sexual", "violence", "violence/graphic"];
const all = (shape) => object(Object.fromEntries(
	[...TEXT, ...PICTURES].map((name) => [name, shape])));
const types = (...words) => list(word(...words));

const ANSWER = object({
	id: begins("modr-"), model: some, results: list(object({
		flagged: bool, categories: all(bool),
		category_scores: all(number),
		category_applied_input_types: object(Object.fromEntries([
			...TEXT.map((name) => [name, types("text")]),
			...PICTURES.map((name) => [name,
						   types("text", "image")]),
		])),
	}), {min: 1}),
});

function countOf({input})
{
	return Array.isArray(input) && typeof input[0] === "string" ?
		input.length : 1;
}

export function checkModerations(json, request, faults)
{
	ANSWER(json, "", faults.say);
	if (faults.lines.length > 0)
		return;
	if (json.results.length !== countOf(request))
		faults.say("results", `have ${json.results.length}, want ` +
			   countOf(request));
	json.results.forEach((r, i) => {
		const met = Object.values(r.categories).some(Boolean);

		if (r.flagged !== met)
			faults.say(`results[${i}].flagged`, `have ${r.flagged}`);
		for (const [name, score] of Object.entries(r.category_scores))
			if (score < 0 || score > 1)
				faults.say(`results[${i}].category_scores.` +
					   name, `have ${score}`);
	});
}
