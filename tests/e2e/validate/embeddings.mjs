/* embeddings.mjs: OpenAI's embeddings, by its published schema */
import {count, list, number, object, some, string, word} from "./shape.mjs";

/* Floats as base64, whole ones, and in the one way to write them. */
const floats = (value, at, say) => {
	const bytes = Buffer.from(String(value), "base64");

	string(value, at, say);
	if (bytes.length === 0 || bytes.length % 4 !== 0 ||
	    bytes.toString("base64") !== value)
		say(at, `is no base64 of floats, ${bytes.length} bytes`);
};

const embeddings = (vector) => object({
	object: word("list"),
	data: list(object({object: word("embedding"), index: count,
			   embedding: vector}), {min: 1}),
	model: some,
	usage: object({prompt_tokens: count, total_tokens: count}),
});
const NUMBERS = embeddings(list(number, {min: 1}));
const BASE64 = embeddings(floats);

/* One for each text, in their order, all of one length. */
export function checkEmbeddings(json, request, faults)
{
	const base64 = request?.encoding_format === "base64";
	const texts = Array.isArray(request?.input) ? request.input.length : 1;
	const data = Array.isArray(json?.data) ? json.data : [];
	const sizes = new Set(data.map((d) => d?.embedding?.length));

	(base64 ? BASE64 : NUMBERS)(json, "", faults.say);
	if (data.some((d, i) => d?.index !== i))
		faults.say("data", "is not in the order of the texts");
	if (data.length !== texts)
		faults.say("data", `have ${data.length}, want ${texts}`);
	if (sizes.size > 1)
		faults.say("data", "has vectors of several lengths");
	if (json?.model !== request?.model)
		faults.say("model", `have ${json?.model}, want ` +
			   request?.model);
	if (json?.usage?.prompt_tokens !== json?.usage?.total_tokens)
		faults.say("usage", "has tokens that are no prompt's");
}
