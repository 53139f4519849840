/*
 * errors.mjs: what generativelanguage.googleapis.com answers when it does not
 * like something, word for word as people have seen it, by a short name.
 */

const SERVICE = "generativelanguage.googleapis.com";
const INFO = "type.googleapis.com/google.rpc.ErrorInfo";
const HELP = "type.googleapis.com/google.rpc.Help";
const QUOTA = "type.googleapis.com/google.rpc.QuotaFailure";
const RETRY = "type.googleapis.com/google.rpc.RetryInfo";
const LOCAL = "type.googleapis.com/google.rpc.LocalizedMessage";

const METRIC = `${SERVICE}/generate_content_free_tier_requests`;
const QUOTA_HELP = {
	"@type": HELP,
	links: [{
		description: "Learn more about Gemini API quotas",
		url: "https://ai.google.dev/gemini-api/docs/rate-limits",
	}],
};
const QUOTA_TEXT = "You exceeded your current quota, please check your plan " +
	"and billing details. For more information on this error, head to: " +
	"https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your " +
	"current usage, head to: https://ai.dev/rate-limit. ";

/* The body of an error, as Google writes it. */
export function errorBody(code, status, message, details)
{
	const error = {code, message, status};

	if (details)
		error.details = details;
	return {error};
}

function info(reason, metadata = {})
{
	return {
		"@type": INFO, reason, domain: "googleapis.com",
		metadata: {service: SERVICE, ...metadata},
	};
}

function keyInvalid(message)
{
	return errorBody(400, "INVALID_ARGUMENT", message, [
		info("API_KEY_INVALID"),
		{"@type": LOCAL, locale: "en-US", message},
	]);
}

function denied(message, details)
{
	return errorBody(403, "PERMISSION_DENIED", message, details);
}

function exhausted(message, details)
{
	return errorBody(429, "RESOURCE_EXHAUSTED", message, details);
}

function blockedBy(reason, what)
{
	return denied(`Requests from ${what} are blocked.`,
		      [info(reason, {consumer: "projects/123456789012"})]);
}

/* A 429 of violated quotas: [{id, value, limit, model, metric}]. */
function quota(violations, retry)
{
	const lines = violations.map((v) =>
		`\n* Quota exceeded for metric: ${v.metric ?? METRIC}, limit: ` +
		`${v.limit ?? v.value}, model: ${v.model}`).join("");
	const details = [QUOTA_HELP, {
		"@type": QUOTA,
		violations: violations.map((v) => ({
			quotaMetric: v.metric ?? METRIC,
			quotaId: v.id,
			quotaDimensions: {location: "global", model: v.model},
			...(v.value ? {quotaValue: v.value} : {}),
		})),
	}];

	if (retry)
		details.push({
			"@type": RETRY,
			retryDelay: retry.replace(/\.\d+s$/, "s"),
		});
	return exhausted(QUOTA_TEXT + lines +
			 (retry ? `\nPlease retry in ${retry}.` : ""), details);
}

function regionQuota(value)
{
	return exhausted(
		"Quota exceeded for quota metric 'Generate Content API " +
		"requests per minute' and limit 'GenerateContent request " +
		"limit per minute for a region' of service '" + SERVICE +
		"' for consumer 'project_number:123456789012'.", [
			info("RATE_LIMIT_EXCEEDED", {
				quota_metric:
				    `${SERVICE}/generate_content_requests`,
				quota_limit_value: value,
				quota_limit: "GenerateContentRequestsPer" +
				    "MinutePerProjectPerRegion",
				quota_location: "us-south1",
				quota_unit: "1/min/{project}/{region}",
				consumer: "projects/123456789012",
			}), {
				"@type": HELP,
				links: [{
					description:
					    "Request a higher quota limit.",
					url: "https://cloud.google.com/docs/" +
					     "quotas/help/request_increase",
				}],
			}]);
}

const PER_DAY = "GenerateRequestsPerDayPerProjectPerModel-FreeTier";
const PER_MINUTE = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier";

/*
 * Every error by its name.  A function gets {model, key}, because Google puts
 * the key itself into some texts: those are the ones that leak.
 */
export const ERRORS = {
	key_invalid: () =>
		keyInvalid("API key not valid. Please pass a valid API key."),
	key_not_found: () =>
		keyInvalid("API Key not found. Please pass a valid API key."),
	key_expired: () =>
		keyInvalid("API key expired. Please renew the API key."),
	location: () => errorBody(400, "FAILED_PRECONDITION",
		"User location is not supported for the API use."),
	precondition: () => errorBody(400, "FAILED_PRECONDITION",
		"Precondition check failed."),
	multiple_credentials: () => errorBody(400, "INVALID_ARGUMENT",
		"Multiple authentication credentials received. Please pass " +
		"only one."),
	invalid_argument: () => errorBody(400, "INVALID_ARGUMENT",
		"Request contains an invalid argument."),
	tokens_exceeded: () => errorBody(400, "INVALID_ARGUMENT",
		"The input token count (1100000) exceeds the maximum number " +
		"of tokens allowed (1048576)."),
	/* What a client's request can be mended of. */
	schema_keyword: () => errorBody(400, "INVALID_ARGUMENT",
		"Invalid JSON payload received. Unknown name " +
		'"additionalProperties" at \'tools[0].function_declarations[0]' +
		".parameters': Cannot find field."),
	schema_field: () => errorBody(400, "INVALID_ARGUMENT",
		'Invalid JSON payload received. Unknown name "parameters' +
		"JsonSchema\" at 'tools[0].function_declarations[0]': Cannot " +
		"find field."),
	output_schema_field: () => errorBody(400, "INVALID_ARGUMENT",
		'Invalid JSON payload received. Unknown name "response' +
		"JsonSchema\" at 'generation_config': Cannot find field."),
	too_many_states: () => errorBody(400, "INVALID_ARGUMENT",
		"The specified schema produces a constraint that has too " +
		"many states for serving. Typical causes of this error are " +
		"schemas with lots of text, long array length limits, or " +
		"complex value matchers."),
	thinking_level: () => errorBody(400, "INVALID_ARGUMENT",
		"Thinking level MEDIUM is not supported for this model. " +
		"Please retry with other thinking level."),
	thinking_budget: () => errorBody(400, "INVALID_ARGUMENT",
		"The thinking budget 24576 is invalid. Please choose a value " +
		"between 512 and 8192."),
	thinking_off: () => errorBody(400, "INVALID_ARGUMENT",
		"Thinking is not supported for this model."),
	unsigned_call: () => errorBody(400, "INVALID_ARGUMENT",
		"Function call is missing a thought_signature in " +
		"functionCall parts. This is required for tools to work " +
		"correctly, and missing thought_signature may lead to " +
		"degraded model performance. Additional data, function call " +
		"`default_api:look` , position 2."),
	bad_signature: () => errorBody(400, "INVALID_ARGUMENT",
		"Thought signature is not valid"),
	json_beside_tools: () => errorBody(400, "INVALID_ARGUMENT",
		"Function calling with a response mime type: " +
		"'application/json' is unsupported"),
	search_beside_tools: () => errorBody(400, "INVALID_ARGUMENT",
		"Tool use with function calling is unsupported"),
	penalty: ({model}) => errorBody(400, "INVALID_ARGUMENT",
		`Penalty is not enabled for models/${model}`),
	no_json: ({model}) => errorBody(400, "INVALID_ARGUMENT",
		`JSON mode is not enabled for models/${model}`),
	no_system: ({model}) => errorBody(400, "INVALID_ARGUMENT",
		`Developer instruction is not enabled for models/${model}`),
	model_turn_last: () => errorBody(400, "INVALID_ARGUMENT",
		"Requests ending with a model turn are not supported"),
	unauthenticated: () => errorBody(401, "UNAUTHENTICATED",
		"Request had invalid authentication credentials. Expected " +
		"OAuth 2 access token, login cookie or other valid " +
		"authentication credential. See https://developers.google." +
		"com/identity/sign-in/web/devconsole-project.", [{
			"@type": INFO,
			reason: "ACCESS_TOKEN_TYPE_UNSUPPORTED",
			metadata: {
				method: "google.ai.generativelanguage." +
				    "v1beta.GenerativeService.GenerateContent",
				service: SERVICE,
			},
		}]),
	prepay: () => errorBody(402, "RESOURCE_EXHAUSTED",
		"Your prepayment credits are depleted. Please go to AI " +
		"Studio at https://ai.studio/projects to manage your project " +
		"and billing. Learn more at https://ai.google.dev/" +
		"gemini-api/docs/billing#prepay."),
	leaked: () => denied("Your API key was reported as leaked. Please " +
		"use another API key."),
	suspended: ({key}) => denied("Permission denied: Consumer " +
		`'api_key:${key}' has been suspended.`, [
			info("CONSUMER_SUSPENDED", {
				containerInfo: `api_key:${key}`,
				consumer: "projects/123456789012",
			})]),
	service_disabled: () => denied("Gemini API has not been used in " +
		"project 123456789012 before or it is disabled. Enable it " +
		"by visiting https://console.developers.google.com/apis/api/" +
		SERVICE + "/overview?project=123456789012 then retry. If " +
		"you enabled this API recently, wait a few minutes for the " +
		"action to propagate to our systems and retry.", [
			info("SERVICE_DISABLED", {
				consumer: "projects/123456789012",
				serviceTitle: "Gemini API",
			})]),
	service_blocked: () => denied(`Requests to this API ${SERVICE} ` +
		"method google.ai.generativelanguage.v1beta." +
		"GenerativeService.GenerateContent are blocked.", [
			info("API_KEY_SERVICE_BLOCKED", {
				consumer: "projects/123456789012",
				apiName: SERVICE,
				methodName: "google.ai.generativelanguage." +
				    "v1beta.GenerativeService.GenerateContent",
			})]),
	referrer_blocked: () => blockedBy("API_KEY_HTTP_REFERRER_BLOCKED",
		"referer <empty>"),
	ip_blocked: () => blockedBy("API_KEY_IP_ADDRESS_BLOCKED",
		"this IP address"),
	unregistered: () => denied("Method doesn't allow unregistered " +
		"callers (callers without established identity). Please use " +
		"API Key or other form of API consumer identity to call " +
		"this API."),
	billing_country: () => denied(`Access to ${SERVICE} is restricted ` +
		"from your billing country and was denied for projects/" +
		"123456789012."),
	project_denied: () => denied("Your project has been denied access. " +
		"Please contact support."),
	cached_content: () => denied("CachedContent not found (or permission " +
		"denied)"),
	file_denied: () => denied("You do not have permission to access the " +
		"File abc123 or it may not exist."),
	permission_denied: () => denied("The caller does not have permission"),
	model_not_found: ({model}) => errorBody(404, "NOT_FOUND",
		`models/${model} is not found for API version v1beta, or is ` +
		"not supported for generateContent. Call ListModels to see " +
		"the list of available models and their supported methods."),
	model_retired: ({model}) => errorBody(404, "NOT_FOUND",
		`This model models/${model} is no longer available to new ` +
		"users. Please update your code to use a newer model for the " +
		"latest features and improvements."),
	quota_day: ({model}) => quota([
		{id: PER_DAY, value: "20", model}], "41.065029449s"),
	quota_minute: ({model}) => quota([
		{id: PER_MINUTE, value: "10", model}], "38.214501207s"),
	quota_minute_tokens: ({model}) => quota([{
		id: "GenerateContentPaidTierInputTokensPerModelPerMinute",
		metric: `${SERVICE}/generate_content_paid_tier_` +
			"input_token_count",
		value: "2000000", model,
	}], "59.440629838s"),
	quota_zero: ({model}) => quota([
		{id: PER_MINUTE, limit: "0", model},
		{id: PER_DAY, limit: "0", model}], "9.2s"),
	quota_region_zero: () => regionQuota("0"),
	quota_region: () => regionQuota("600"),
	quota_retry_text: () => exhausted("Quota exceeded. Please retry in " +
		"900ms."),
	quota_bare: () => exhausted("Resource has been exhausted (e.g. check " +
		"quota)."),
	spending_cap: () => exhausted("Your project has exceeded its monthly " +
		"spending cap. Please go to AI Studio at https://ai.studio/" +
		"spend to manage your project spend cap."),
	internal: () => errorBody(500, "INTERNAL",
		"An internal error has occurred. Please retry or report in " +
		"https://developers.generativeai.google/guide/troubleshooting"),
	overloaded: () => errorBody(503, "UNAVAILABLE",
		"The model is overloaded. Please try again later."),
	high_demand: () => errorBody(503, "UNAVAILABLE",
		"This model is currently experiencing high demand. Spikes in " +
		"demand are usually temporary. Please try again later."),
	deadline: () => errorBody(504, "DEADLINE_EXCEEDED",
		"Deadline expired before operation could complete."),
};

/* The body of the error of this name; throws for one that is not there. */
export function namedError(name, {model = "gemini-3.8-flash", key = ""} = {})
{
	if (!Object.hasOwn(ERRORS, name))
		throw new Error(`no error is called "${name}"`);
	return ERRORS[name]({model, key});
}

/* A client's mistake, in Google's words. */
export class Fault extends Error {
	constructor(message, {code = 400, status = "INVALID_ARGUMENT",
			      details} = {})
	{
		super(message);
		this.body = errorBody(code, status, message, details);
	}
}
