/* test_verdict.c: Google's error table, all 33 rows, with bodies as Google
 * sends them (ids replaced), and with bodies that nobody should send */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include "keys/google_error.h"
#include "keys/verdict.h"

#define NOW	   INT64_C(1737000000000) /* a winter afternoon */
#define MINUTE	   (60 * INT64_C(1000))
#define HOUR	   (60 * MINUTE)
#define MIDNIGHT   (14400 * INT64_C(1000) + MINUTE) /* as in test_clock.c */
#define ASKED	   "gemini-2.5-flash-lite"
#define SPREAD	   1000 /* of a delay: half a second and as much jitter */
#define DAY_SPREAD (4 * MINUTE)

/* {"error":…} with a code, a message, a status and more. */
#define ERR(code, message, status, more) \
	"{\"error\":{\"code\":" code ",\"message\":\"" message \
	"\",\"status\":\"" status "\"" more "}}"
#define TYPE(t) "{\"@type\":\"type.googleapis.com/google.rpc." t "\","
#define INFO(reason, metadata) \
	",\"details\":[" TYPE("ErrorInfo") "\"reason\":\"" reason \
					   "\",\"domain\":\"googleapis.com\"," \
					   "\"metadata\":{" metadata "}}]"
#define BAD_KEY(message) \
	ERR("400", message, "INVALID_ARGUMENT", \
	    INFO("API_KEY_INVALID", "\"service\":\"g.googleapis.com\""))
#define DENIED(message) ERR("403", message, "PERMISSION_DENIED", "")
#define REFUSED(reason, metadata) \
	ERR("403", "Denied.", "PERMISSION_DENIED", INFO(reason, metadata))
#define QUOTA_TEXT \
	"You exceeded your current quota, please check your plan and billing " \
	"details.\\n* Quota exceeded for metric: generativelanguage." \
	"googleapis.com/generate_content_free_tier_requests, "
#define VIOLATION(id, value, model) \
	"{\"quotaMetric\":\"m\",\"quotaId\":\"" id "\",\"quotaDimensions\":" \
	"{\"location\":\"global\",\"model\":\"" model "\"}" value "}"
#define VALUE(n) ",\"quotaValue\":\"" n "\""
#define QUOTA(text, violations, delay) \
	ERR("429", text, "RESOURCE_EXHAUSTED", \
	    ",\"details\":[" TYPE("Help") "\"links\":[]}," TYPE( \
		"QuotaFailure") "\"violations\":[" violations \
				"]}," TYPE( \
				    "RetryInfo") "\"retryDelay\":\"" delay \
						 "\"}]")
#define REGION(value) \
	ERR("429", \
	    "Quota exceeded for quota metric 'Generate Content API requests " \
	    "per minute' and limit 'GenerateContent request limit per minute " \
	    "for a region' of service 'generativelanguage.googleapis.com'.", \
	    "RESOURCE_EXHAUSTED", \
	    INFO("RATE_LIMIT_EXCEEDED", \
		 "\"quota_limit_value\":\"" value \
		 "\",\"quota_limit\":\"GenerateContentRequestsPerMinutePer" \
		 "ProjectPerRegion\",\"quota_location\":\"us-south1\""))
#define DAY_ID	  "GenerateRequestsPerDayPerProjectPerModel-FreeTier"
#define MINUTE_ID "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"
#define TOKENS_ID "GenerateContentInputTokensPerModelPerMinute-FreeTier"
#define PAID_ID	  "GenerateContentPaidTierInputTokensPerModelPerMinute"
#define EXHAUSTED \
	ERR("429", "Resource has been exhausted (e.g. check quota).", \
	    "RESOURCE_EXHAUSTED", "")
#define HTML   "<html><head><title>Error</title></head><body>No.</body></html>"
#define DEEP16 "[[[[[[[[[[[[[[[["

#define DAILY \
	QUOTA(QUOTA_TEXT "limit: 20, model: gemini-2.5-flash-lite\\nPlease " \
			 "retry in 41.065029449s.", \
	      VIOLATION(DAY_ID, VALUE("20"), ASKED), "41s")

static const struct {
	const char *what;
	enum answer_fault fault;
	int status;
	const char *body;
	int row;
	enum verdict_retry retry;
	enum verdict_action action;
	const char *error_class;
	int64_t rest; /* from NOW, at least; and at most "spread" more */
	int64_t spread;
	const char *model;
} cases[] =
    {
	/* as Google sends them */
	{"success", 0, 200, "{}", 0, RETRY_NO, KEY_KEEP, "", 0, 0, ""},
	{"1 not valid", 0, 400,
	 BAD_KEY("API key not valid. Please pass a valid API key."), 1,
	 RETRY_OTHER, KEY_DISABLE, "key_invalid", 0, 0, ""},
	{"1 not found", 0, 400,
	 BAD_KEY("API Key not found. Please pass a valid API key."), 1,
	 RETRY_OTHER, KEY_DISABLE, "key_invalid", 0, 0, ""},
	{"1 expired", 0, 400,
	 BAD_KEY("API key expired. Please renew the API key."), 1, RETRY_OTHER,
	 KEY_DISABLE, "key_invalid", 0, 0, ""},
	{"1 in an array, by its text", 0, 400,
	 "[{\"error\":{\"code\":400,\"message\":\"Please pass a valid API "
	 "key\","
	 "\"status\":\"INVALID_ARGUMENT\"}}]",
	 1, RETRY_OTHER, KEY_DISABLE, "key_invalid", 0, 0, ""},
	{"2 location", 0, 400,
	 ERR("400", "User location is not supported for the API use.",
	     "FAILED_PRECONDITION", ""),
	 2, RETRY_ONCE, KEY_COOL, "location", 30 * MINUTE, 0, ""},
	{"3 precondition", 0, 400,
	 ERR("400", "Precondition check failed.", "FAILED_PRECONDITION", ""), 3,
	 RETRY_ONCE, KEY_KEEP, "precondition", 0, 0, ""},
	{"4 two credentials", 0, 400,
	 ERR("400",
	     "Multiple authentication credentials received. Please pass only "
	     "one.",
	     "INVALID_ARGUMENT", ""),
	 4, RETRY_NO, KEY_KEEP, "credentials", 0, 0, ""},
	{"5 the client's", 0, 400,
	 ERR("400", "Logprobs is not enabled for this model",
	     "INVALID_ARGUMENT", ""),
	 5, RETRY_NO, KEY_KEEP, "client", 0, 0, ""},
	{"6 unauthenticated", 0, 401,
	 ERR("401", "Request had invalid authentication credentials.",
	     "UNAUTHENTICATED",
	     INFO("ACCESS_TOKEN_TYPE_UNSUPPORTED", "\"service\":\"g\"")),
	 6, RETRY_OTHER, KEY_COUNT, "key_unauthenticated", 0, 0, ""},
	{"7 credits", 0, 402,
	 ERR("402",
	     "Your prepayment credits are depleted. Please go to AI Studio at "
	     "https://ai.studio/projects to manage your project and billing.",
	     "RESOURCE_EXHAUSTED", ""),
	 7, RETRY_OTHER, KEY_COOL, "credits", 6 * HOUR, 0, ""},
	{"7 credits, the old way", 0, 429,
	 ERR("429", "Your prepayment credits are depleted.",
	     "RESOURCE_EXHAUSTED", ""),
	 7, RETRY_OTHER, KEY_COOL, "credits", 6 * HOUR, 0, ""},
	{"8 leaked", 0, 403,
	 DENIED("Your API key was reported as leaked. Please use another API "
		"key."),
	 8, RETRY_OTHER, KEY_DISABLE, "key_leaked", 0, 0, ""},
	{"9 suspended", 0, 403,
	 REFUSED("CONSUMER_SUSPENDED", "\"containerInfo\":\"api_key:***\""), 9,
	 RETRY_OTHER, KEY_DISABLE, "key_suspended", 0, 0, ""},
	{"9 suspended, by its text", 0, 403,
	 DENIED(
	     "Permission denied: Consumer 'api_key:***' has been suspended."),
	 9, RETRY_OTHER, KEY_DISABLE, "key_suspended", 0, 0, ""},
	{"10 service disabled", 0, 403,
	 REFUSED("SERVICE_DISABLED", "\"serviceTitle\":\"Gemini API\""), 10,
	 RETRY_OTHER, KEY_DISABLE, "service_disabled", 0, 0, ""},
	{"10 by its text", 0, 403,
	 DENIED("Gemini API has not been used in project *** before or it is "
		"disabled."),
	 10, RETRY_OTHER, KEY_DISABLE, "service_disabled", 0, 0, ""},
	{"11 generateContent blocked", 0, 403,
	 REFUSED("API_KEY_SERVICE_BLOCKED",
		 "\"methodName\":\"google.ai.generativelanguage.v1beta."
		 "GenerativeService.GenerateContent\""),
	 11, RETRY_OTHER, KEY_DISABLE, "service_blocked", 0, 0, ""},
	{"11 only the list of models blocked", 0, 403,
	 REFUSED("API_KEY_SERVICE_BLOCKED",
		 "\"methodName\":\"google.ai.generativelanguage.v1beta."
		 "ModelService.ListModels\""),
	 11, RETRY_OTHER, KEY_KEEP, "method_blocked", 0, 0, ""},
	{"11 the same, by its text", 0, 403,
	 DENIED(
	     "Requests to this API generativelanguage.googleapis.com method "
	     "google.ai.generativelanguage.v1beta.ModelService.ListModels are "
	     "blocked."),
	 11, RETRY_OTHER, KEY_KEEP, "method_blocked", 0, 0, ""},
	{"12 referrer", 0, 403, REFUSED("API_KEY_HTTP_REFERRER_BLOCKED", ""),
	 12, RETRY_OTHER, KEY_DISABLE, "key_restricted", 0, 0, ""},
	{"12 android", 0, 403, REFUSED("API_KEY_ANDROID_APP_BLOCKED", ""), 12,
	 RETRY_OTHER, KEY_DISABLE, "key_restricted", 0, 0, ""},
	{"12 ios", 0, 403, REFUSED("API_KEY_IOS_APP_BLOCKED", ""), 12,
	 RETRY_OTHER, KEY_DISABLE, "key_restricted", 0, 0, ""},
	{"12 address", 0, 403, REFUSED("API_KEY_IP_ADDRESS_BLOCKED", ""), 12,
	 RETRY_OTHER, KEY_DISABLE, "key_restricted", 0, 0, ""},
	{"13 country", 0, 403,
	 DENIED(
	     "Access to generativelanguage.googleapis.com is restricted from "
	     "your billing country and was denied for ***."),
	 13, RETRY_OTHER, KEY_DISABLE, "billing", 0, 0, ""},
	{"13 billing", 0, 403, REFUSED("BILLING_DISABLED", ""), 13, RETRY_OTHER,
	 KEY_DISABLE, "billing", 0, 0, ""},
	{"13 consumer", 0, 403, REFUSED("CONSUMER_INVALID", ""), 13,
	 RETRY_OTHER, KEY_DISABLE, "billing", 0, 0, ""},
	{"13 user's project", 0, 403, REFUSED("USER_PROJECT_DENIED", ""), 13,
	 RETRY_OTHER, KEY_DISABLE, "billing", 0, 0, ""},
	{"14 project denied", 0, 403,
	 DENIED("Your project has been denied access. Please contact support."),
	 14, RETRY_OTHER, KEY_DISABLE, "project_denied", 0, 0, ""},
	{"14 no key", 0, 403,
	 DENIED("Method doesn't allow unregistered callers (callers without "
		"established identity)."),
	 14, RETRY_NO, KEY_KEEP, "credentials", 0, 0, ""},
	{"15 another's file", 0, 403,
	 DENIED(
	     "You do not have permission to access the File abc or it may not "
	     "exist."),
	 15, RETRY_NO, KEY_KEEP, "not_found", 0, 0, ""},
	{"15 another's cache", 0, 403,
	 DENIED("CachedContent not found (or permission denied)"), 15, RETRY_NO,
	 KEY_KEEP, "not_found", 0, 0, ""},
	{"16 other", 0, 403, DENIED("The caller does not have permission"), 16,
	 RETRY_OTHER, KEY_COUNT, "permission", 0, 0, ""},
	{"17 no such model", 0, 404,
	 ERR("404",
	     "models/gpt-4 is not found for API version v1beta, or is not "
	     "supported for generateContent.",
	     "NOT_FOUND", ""),
	 17, RETRY_NO, KEY_KEEP, "model_unknown", 0, 0, ""},
	{"18 retired for new users", 0, 404,
	 ERR("404",
	     "This model models/gemini-2.5-pro is no longer available to new "
	     "users.",
	     "NOT_FOUND", ""),
	 18, RETRY_OTHER, KEY_COOL_MODEL, "model_gone", 24 * HOUR, 0, ""},
	{"19 the day's, with a delay that misleads", 0, 429, DAILY, 19,
	 RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_day", MIDNIGHT, DAY_SPREAD,
	 ""},
	{"19 beside a minute's, for another name", 0, 429,
	 QUOTA(QUOTA_TEXT,
	       VIOLATION(MINUTE_ID, VALUE("10"), "a") "," VIOLATION(
		   DAY_ID, VALUE("20"), "models/gemini-3.1-pro"),
	       "1s"),
	 19, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_day", MIDNIGHT,
	 DAY_SPREAD, "gemini-3.1-pro"},
	{"20 a minute's", 0, 429,
	 QUOTA(QUOTA_TEXT "limit: 10", VIOLATION(MINUTE_ID, VALUE("10"), ASKED),
	       "38.2s"),
	 20, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_minute", 38700, SPREAD,
	 ""},
	{"20 paid tokens", 0, 429,
	 QUOTA(QUOTA_TEXT
	       "limit: 2000000, model: gemini-3.7-flash\\nPlease retry "
	       "in 59.440629838s.",
	       VIOLATION(PAID_ID, VALUE("2000000"), "gemini-3.7-flash"), "59s"),
	 20, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_minute", 59500, SPREAD,
	 "gemini-3.7-flash"},
	{"20 in milliseconds", 0, 429,
	 QUOTA(QUOTA_TEXT, VIOLATION(MINUTE_ID, VALUE("10"), ASKED), "900ms"),
	 20, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_minute", 1400, SPREAD,
	 ""},
	{"21 no quota for the tier", 0, 429,
	 QUOTA(QUOTA_TEXT "limit: 0, model: x\\nPlease retry in 20s.",
	       VIOLATION(MINUTE_ID, "", ASKED) "," VIOLATION(DAY_ID, "", ASKED),
	       "20s"),
	 21, RETRY_OTHER, KEY_COOL_MODEL, "no_access", 24 * HOUR, 0, ""},
	{"22 no quota for the project", 0, 429, REGION("0"), 22, RETRY_OTHER,
	 KEY_COOL, "no_quota", 24 * HOUR, 0, ""},
	{"23 the project's minute", 0, 429, REGION("60"), 23, RETRY_OTHER,
	 KEY_COOL, "rate_limit_project", 60500, SPREAD, ""},
	{"24 spending cap", 0, 429,
	 ERR("429",
	     "Your project has exceeded its monthly spending cap. Please go to "
	     "AI Studio.",
	     "RESOURCE_EXHAUSTED", ""),
	 24, RETRY_OTHER, KEY_COOL, "spending_cap", 6 * HOUR, 0, ""},
	{"25 no details", 0, 429, EXHAUSTED, 25, RETRY_OTHER, KEY_COOL_MODEL,
	 "rate_limit", 30000, 0, ""},
	{"26 a small quota of tokens", 0, 429,
	 QUOTA(QUOTA_TEXT "limit: 15000",
	       VIOLATION(TOKENS_ID, VALUE("15000"), ASKED), "30s"),
	 26, RETRY_ONCE, KEY_KEEP, "request_too_large", 0, 0, ""},
	{"27 only in words", 0, 429,
	 ERR("429", "Quota exceeded. Please retry in 7.5s.",
	     "RESOURCE_EXHAUSTED", ""),
	 27, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_minute", 8000, SPREAD,
	 ""},
	{"27 in words and milliseconds", 0, 429,
	 ERR("429", "Please retry in 250.5ms.", "RESOURCE_EXHAUSTED", ""), 27,
	 RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_minute", 751, SPREAD, ""},
	{"27 in quotaResetDelay", 0, 429,
	 ERR("429", "Slow down.", "RESOURCE_EXHAUSTED",
	     INFO("QUOTA", "\"quotaResetDelay\":\"1m2.5s\"")),
	 27, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_minute", 63000, SPREAD,
	 ""},
	{"28 internal", 0, 500,
	 ERR("500", "An internal error has occurred.", "INTERNAL", ""), 28,
	 RETRY_TWICE, KEY_KEEP, "internal", 0, 0, ""},
	{"29 overloaded", 0, 503,
	 ERR("503", "The model is overloaded. Please try again later.",
	     "UNAVAILABLE", ""),
	 29, RETRY_THRICE, KEY_KEEP, "overloaded", 0, 0, ""},
	{"29 no capacity", 0, 429,
	 ERR("429", "No capacity.", "RESOURCE_EXHAUSTED",
	     INFO("MODEL_CAPACITY_EXHAUSTED", "")),
	 29, RETRY_THRICE, KEY_KEEP, "overloaded", 0, 0, ""},
	{"30 deadline", 0, 504,
	 ERR("504", "Deadline expired.", "DEADLINE_EXCEEDED", ""), 30,
	 RETRY_ONCE, KEY_KEEP, "timeout", 0, 0, ""},
	{"30 our own limit", ANSWER_TIMEOUT, 0, "", 30, RETRY_ONCE, KEY_KEEP,
	 "timeout", 0, 0, ""},
	{"31 network", ANSWER_NETWORK, 0, "", 31, RETRY_TWICE, KEY_KEEP,
	 "network", 0, 0, ""},
	{"32 the prompt was blocked", ANSWER_EMPTY, 200,
	 "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}", 32, RETRY_NO,
	 KEY_KEEP, "blocked", 0, 0, ""},
	{"32 the reply was", 0, 200,
	 "{\"candidates\":[{\"finishReason\":\"PROHIBITED_CONTENT\"}]}", 32,
	 RETRY_NO, KEY_KEEP, "blocked", 0, 0, ""},
	{"33 empty", ANSWER_EMPTY, 200,
	 "{\"candidates\":[{\"finishReason\":\"STOP\"}]}", 33, RETRY_ONCE,
	 KEY_KEEP, "empty", 0, 0, ""},

	/* promise 3: what a client writes must not cost a key anything */
	{"a field named like a dead key", 0, 400,
	 ERR("400",
	     "Invalid JSON payload received. Unknown name \\\"API key not "
	     "valid. "
	     "Please pass a valid API key.\\\": Cannot find field.",
	     "INVALID_ARGUMENT", ""),
	 5, RETRY_NO, KEY_KEEP, "client", 0, 0, ""},
	{"a value named like empty credits", 0, 400,
	 ERR("400",
	     "Invalid value at 'contents[0].role': \\\"Your prepayment credits "
	     "are depleted\\\"",
	     "INVALID_ARGUMENT", ""),
	 5, RETRY_NO, KEY_KEEP, "client", 0, 0, ""},
	{"a file named like a leak", 0, 403,
	 DENIED(
	     "You do not have permission to access the File Your API key was "
	     "reported as leaked or it may not exist."),
	 15, RETRY_NO, KEY_KEEP, "not_found", 0, 0, ""},
	{"a tuned model of somebody's", 0, 403,
	 DENIED("You do not have permission to access tunedModels/x."), 15,
	 RETRY_NO, KEY_KEEP, "not_found", 0, 0, ""},
	{"a model named like a retired one", 0, 404,
	 ERR("404",
	     "models/no longer available is not found for API version v1beta",
	     "NOT_FOUND", ""),
	 17, RETRY_NO, KEY_KEEP, "model_unknown", 0, 0, ""},
	{"too large", 0, 413, HTML, 5, RETRY_NO, KEY_KEEP, "client", 0, 0, ""},
	{"not implemented", 0, 501,
	 ERR("501", "Operation is not implemented.", "UNIMPLEMENTED", ""), 5,
	 RETRY_NO, KEY_KEEP, "client", 0, 0, ""},

	/* odd bodies */
	{"HTML 503", 0, 503, HTML, 29, RETRY_THRICE, KEY_KEEP, "overloaded", 0,
	 0, ""},
	{"HTML 502", 0, 502, HTML, 29, RETRY_THRICE, KEY_KEEP, "overloaded", 0,
	 0, ""},
	{"HTML 500", 0, 500, HTML, 28, RETRY_TWICE, KEY_KEEP, "internal", 0, 0,
	 ""},
	{"HTML 429", 0, 429, HTML, 25, RETRY_OTHER, KEY_COOL_MODEL,
	 "rate_limit", 30000, 0, ""},
	{"HTML 403, of a proxy", 0, 403, HTML, 34, RETRY_ONCE, KEY_KEEP,
	 "gateway", 0, 0, ""},
	{"HTML 401, of a proxy", 0, 401, HTML, 34, RETRY_ONCE, KEY_KEEP,
	 "gateway", 0, 0, ""},
	{"nothing with 400", 0, 400, "", 5, RETRY_NO, KEY_KEEP, "client", 0, 0,
	 ""},
	{"NULL with 429", 0, 429, NULL, 25, RETRY_OTHER, KEY_COOL_MODEL,
	 "rate_limit", 30000, 0, ""},
	{"status 0", 0, 0, "", 31, RETRY_TWICE, KEY_KEEP, "network", 0, 0, ""},
	{"a redirect", 0, 302, HTML, 34, RETRY_ONCE, KEY_KEEP, "unknown", 0, 0,
	 ""},
	{"a negative status", 0, -7, "{}", 34, RETRY_ONCE, KEY_KEEP, "unknown",
	 0, 0, ""},
	{"499", 0, 499, "", 30, RETRY_ONCE, KEY_KEEP, "timeout", 0, 0, ""},
	{"garbage with 200", ANSWER_GARBAGE, 200, HTML, 34, RETRY_ONCE,
	 KEY_KEEP, "garbage", 0, 0, ""},
	{"an error after the 200", ANSWER_GARBAGE, 200, DAILY, 19, RETRY_OTHER,
	 KEY_COOL_MODEL, "rate_limit_day", MIDNIGHT, DAY_SPREAD, ""},
	{"an error without a code after the 200", 0, 200,
	 "{\"error\":{\"message\":\"no\"}}", 34, RETRY_ONCE, KEY_KEEP,
	 "unknown", 0, 0, ""},
	{"the day's, in an array", 0, 429, "[" DAILY "]", 19, RETRY_OTHER,
	 KEY_COOL_MODEL, "rate_limit_day", MIDNIGHT, DAY_SPREAD, ""},
	{"an empty array", 0, 429, "[]", 25, RETRY_OTHER, KEY_COOL_MODEL,
	 "rate_limit", 30000, 0, ""},
	{"an array of null", 0, 500, "[null]", 28, RETRY_TWICE, KEY_KEEP,
	 "internal", 0, 0, ""},
	{"the error is null", 0, 403, "{\"error\":null}", 34, RETRY_ONCE,
	 KEY_KEEP, "gateway", 0, 0, ""},
	{"the error is a string", 0, 403, "{\"error\":\"no\"}", 16, RETRY_OTHER,
	 KEY_COUNT, "permission", 0, 0, ""},
	{"the error is a number", 0, 401, "{\"error\":7}", 34, RETRY_ONCE,
	 KEY_KEEP, "gateway", 0, 0, ""},
	{"cut off", 0, 400,
	 "{\"error\":{\"code\":400,\"message\":\"API key not valid. Pl", 5,
	 RETRY_NO, KEY_KEEP, "client", 0, 0, ""},
	{"members of wrong types", 0, 429,
	 "{\"error\":{\"code\":\"x\",\"message\":{},\"status\":[],\"details\":"
	 "{\"a\":1}}}",
	 25, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit", 30000, 0, ""},
	{"nested nulls", 0, 429,
	 "{\"error\":{\"message\":null,\"details\":[null," TYPE("QuotaFailure") "\"violations\":[null,{\"quotaId\":null}]}," TYPE(
	     "ErrorInfo") "\"reason\":null,\"metadata\":null}," TYPE("RetryInf"
								     "o") "\"re"
									  "tryD"
									  "elay"
									  "\":"
									  "null"
									  "}]}"
									  "}",
	 25, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit", 30000, 0, ""},
	{"a negative delay", 0, 429,
	 QUOTA("x", VIOLATION(MINUTE_ID, VALUE("10"), ASKED), "-5s"), 20,
	 RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_minute", 60500, SPREAD, ""},
	{"a delay of a million years", 0, 429,
	 QUOTA("x", VIOLATION(MINUTE_ID, VALUE("10"), ASKED),
	       "99999999999999999999s"),
	 20, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_minute", 24 * HOUR + 500,
	 SPREAD, ""},
	{"a huge quota", 0, 429,
	 QUOTA("x", VIOLATION(TOKENS_ID, VALUE("99999999999999999999"), ASKED),
	       "1s"),
	 20, RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_minute", 1500, SPREAD,
	 ""},
	{"a quota that is a number", 0, 429,
	 QUOTA("x", VIOLATION(TOKENS_ID, ",\"quotaValue\":15000", ASKED), "1s"),
	 26, RETRY_ONCE, KEY_KEEP, "request_too_large", 0, 0, ""},
	{"limit: 05 is not 0", 0, 429,
	 ERR("429", "limit: 05, limit: 0.5", "RESOURCE_EXHAUSTED", ""), 25,
	 RETRY_OTHER, KEY_COOL_MODEL, "rate_limit", 30000, 0, ""},
	{"a day of nothing is no day", 0, 429,
	 QUOTA("x", VIOLATION(DAY_ID, VALUE("0"), ASKED), "1s"), 21,
	 RETRY_OTHER, KEY_COOL_MODEL, "no_access", 24 * HOUR, 0, ""},
	{"an id of no known time", 0, 429,
	 QUOTA("x", VIOLATION("Strange", VALUE("5"), ASKED), "2s"), 20,
	 RETRY_OTHER, KEY_COOL_MODEL, "rate_limit_minute", 2500, SPREAD, ""},
	{"too deep", 0, 400, DEEP16 DEEP16 DEEP16, 5, RETRY_NO, KEY_KEEP,
	 "client", 0, 0, ""},
	{"not UTF-8", 0, 400,
	 "{\"error\":{\"message\":\"API key not valid \xff\xfe\"}}", 5,
	 RETRY_NO, KEY_KEEP, "client", 0, 0, ""},
	{"400 without anything known", 0, 400, "\"text\"", 5, RETRY_NO,
	 KEY_KEEP, "client", 0, 0, ""},
};

static void
judge(struct verdict *v, enum answer_fault fault, int status, const char *body,
      size_t len, int64_t streak)
{
	const struct answer a = {
	    .fault = fault,
	    .status = status,
	    .body = body,
	    .body_len = len,
	    .now_ms = NOW,
	    .streak = streak,
	};

	memset(v, 0xee, sizeof(*v)); /* all of it must be written */
	verdict_judge(&a, ASKED, v);
}

static void
test_rows(void **state)
{
	struct verdict v;
	const char *what, *body, *key, *theirs;
	bool seen[35] = {false};
	int64_t rest;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		what = cases[i].what;
		body = cases[i].body;
		judge(&v, cases[i].fault, cases[i].status, body,
		      body == NULL ? 0 : strlen(body), 0);
		CHECK_INT(what, v.row, cases[i].row);
		CHECK_INT(what, v.retry, cases[i].retry);
		CHECK_INT(what, v.action, cases[i].action);
		CHECK_STR(what, v.error_class, cases[i].error_class);
		CHECK_STR(what, v.model, cases[i].model);
		key = verdict_reason_key(v.reason, &theirs);
		CHECK(what, (key != NULL) == (v.row != 0));
		CHECK(v.reason, theirs[0] == '\0' ||
				    strncmp(theirs, ": ", 2) == 0 ||
				    strncmp(theirs, " (", 2) == 0);
		rest = v.until_ms == 0 ? 0 : v.until_ms - NOW;
		if (rest < cases[i].rest ||
		    rest > cases[i].rest + cases[i].spread)
			fail_msg("%s: rests %lld ms, want %lld and at most "
				 "%lld more",
				 what, (long long)rest,
				 (long long)cases[i].rest,
				 (long long)cases[i].spread);
		CHECK(what, v.row == 0 || v.reason[0] != '\0');
		CHECK(what, strlen(v.reason) < sizeof(v.reason));
		CHECK(what, (v.pause_ms > 0) == (v.retry == RETRY_THRICE));
		seen[v.row] = true;
	}
	for (i = 0; i < GB_COUNT(seen); i++)
		if (!seen[i])
			fail_msg("no case for row %zu", i);
}

static void
test_strikes(void **state)
{
	static const struct {
		const char *what;
		int status;
		int strikes;
		int64_t window;
	} strikes[] = {
	    {"row 6", 401, 2, 0},
	    {"row 16", 403, 3, HOUR},
	    {"none", 500, 0, 0},
	};
	static const char body[] = ERR("1", "Denied.", "X", "");
	struct verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(strikes); i++) {
		judge(&v, ANSWER_COMPLETE, strikes[i].status, body,
		      sizeof(body) - 1, 0);
		CHECK_INT(strikes[i].what, v.strikes, strikes[i].strikes);
		CHECK_INT(strikes[i].what, v.window_ms, strikes[i].window);
	}
}

static void
test_terminal(void **state)
{
	static const struct {
		const char *what, *body;
		bool day;
	} days[] = {
	    {"the day's", DAILY, true},
	    {"a minute's", REGION("60"), false},
	    {"no quota", REGION("0"), true},
	    {"five minutes",
	     ERR("429", "Please retry in 300s.", "RESOURCE_EXHAUSTED", ""),
	     false},
	    {"more than five minutes",
	     ERR("429", "Please retry in 5m1s.", "RESOURCE_EXHAUSTED", ""),
	     true},
	};
	struct verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(days); i++) {
		judge(&v, ANSWER_COMPLETE, 429, days[i].body,
		      strlen(days[i].body), 0);
		CHECK_INT(days[i].what, v.terminal_day, days[i].day);
	}
}

static void
test_doubling(void **state)
{
	static const struct {
		int64_t streak, rest;
	} steps[] = {
	    {0, 30000},	  {1, 60000},	       {2, 120000},	   {3, 240000},
	    {4, 480000},  {5, 600000},	       {6, 600000},	   {-3, 30000},
	    {99, 600000}, {INT64_MAX, 600000}, {INT64_MIN, 30000},
	};
	struct verdict v;
	char what[32];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(steps); i++) {
		judge(&v, ANSWER_COMPLETE, 429, EXHAUSTED, strlen(EXHAUSTED),
		      steps[i].streak);
		(void)snprintf(what, sizeof(what), "streak %lld",
			       (long long)steps[i].streak);
		CHECK_INT(what, v.until_ms - NOW, steps[i].rest);
	}
}

/* Promise 1: what Google quotes of a key does not come through. */
static void
test_reason(void **state)
{
	static const struct {
		const char *what, *body, *want;
	} reasons[] = {
	    {"a key",
	     ERR("400",
		 "API key not valid: AIzaSyTESTTESTTESTTESTTESTTESTTESTT123.",
		 "INVALID_ARGUMENT", ""),
	     "the key is not valid: API key not valid: AIza…T123."},
	    {"the first line only",
	     ERR("400", "one\\ntwo", "INVALID_ARGUMENT", ""),
	     "the request is at fault: one"},
	    {"no message", HTML, "the request is at fault (HTTP 400)"},
	};
	struct verdict v;
	char body[2048];
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(reasons); i++) {
		judge(&v, ANSWER_COMPLETE, 400, reasons[i].body,
		      strlen(reasons[i].body), 0);
		CHECK_STR(reasons[i].what, v.reason, reasons[i].want);
	}

	/* A long one is cut between characters, whatever the offset. */
	for (i = 0; i < 4; i++) {
		(void)snprintf(body, sizeof(body),
			       "{\"error\":{\"message\":\"%.*s", (int)i, "xxx");
		while (strlen(body) < 1000)
			strncat(body, "€", sizeof(body) - strlen(body) - 1);
		strncat(body, "\"}}", sizeof(body) - strlen(body) - 1);
		judge(&v, ANSWER_COMPLETE, 400, body, strlen(body), 0);
		CHECK("long", strlen(v.reason) > VERDICT_REASON_MAX - 5);
		CHECK_STR("its end", v.reason + strlen(v.reason) - 3, "€");
	}
}

/* What is too large to be an error of Google's is judged by its status. */
/* Whatever the key looks like, and however JSON writes it. */
static void
test_reason_hides_the_key(void **state)
{
	static const char secret[] = "pla\"nted\\key/of*no(shape)1234";
	struct answer a;
	struct verdict v;

	(void)state;
	memset(&a, 0, sizeof(a));
	a.status = 400;
	a.body = ERR("400", "bad pla\\\"nted\\\\key\\/of*no(shape)1234.",
		     "INVALID_ARGUMENT", "");
	a.body_len = strlen(a.body);
	a.now_ms = 1;
	a.secret = secret;
	verdict_judge(&a, "m", &v);
	CHECK_STR("masked", v.reason,
		  "the request is at fault: bad pla\"…1234.");
}

static void
test_huge(void **state)
{
	struct verdict v;
	size_t len;
	char *body;

	(void)state;
	len = 1 << 20;
	body = malloc(len + 1);
	assert_non_null(body);
	memset(body, ' ', len);
	memcpy(body, DAILY, strlen(DAILY));
	body[len] = '\0';
	judge(&v, ANSWER_COMPLETE, 429, body, len, 0);
	CHECK_INT("a mebibyte", v.row, 25);
	judge(&v, ANSWER_COMPLETE, 429, body, 4096, 0);
	CHECK_INT("its beginning", v.row, 19);
	free(body);
}

static void
test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t want;
	} durations[] = {
	    {"41s", 41000},
	    {"38.2s", 38200},
	    {"900ms", 900},
	    {"41.065029449s.", 41066},
	    {"1h2m3.5s", 3723500},
	    {"0s", 0},
	    {"1us", 1},
	    {"5ns", 0},
	    {"1m", 60000},
	    {"1.s", -1},
	    {"", -1},
	    {"s", -1},
	    {"-5s", -1},
	    {"5", -1},
	    {"5x", -1},
	    {".5s", -1},
	    {"NaNs", -1},
	    {"99999999999999999999999999s", 24 * HOUR},
	    {"99999999999999999999999999h", 24 * HOUR},
	    {"20h20h", 24 * HOUR},
	};
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(durations); i++)
		CHECK_INT(durations[i].text,
			  google_duration_ms(durations[i].text),
			  durations[i].want);
}

/* Whose quota it is, and which. */
static void
test_project(void **state)
{
	static const struct {
		const char *what;
		int status;
		const char *body, *consumer, *quota;
		int64_t value;
		bool project;
	} projects[] = {
	    {"a day's", 429, DAILY, "", DAY_ID, 20, true},
	    {"the day's decides", 429,
	     QUOTA("x",
		   VIOLATION(MINUTE_ID, VALUE("10"),
			     ASKED) "," VIOLATION(DAY_ID, VALUE("20"), ASKED),
		   "1s"),
	     "", DAY_ID, 20, true},
	    {"a minute's", 429,
	     QUOTA("x", VIOLATION(MINUTE_ID, "", ASKED), "1s"), "", MINUTE_ID,
	     0, true},
	    {"a region's", 429, REGION("60"), "",
	     "GenerateContentRequestsPerMinutePerProjectPerRegion", 0, true},
	    {"it is named", 403,
	     REFUSED("CONSUMER_SUSPENDED", "\"consumer\":\"projects/77\""),
	     "projects/77", "", 0, true},
	    {"it is named, and the key alone is at fault", 403,
	     REFUSED("API_KEY_IP_ADDRESS_BLOCKED",
		     "\"consumer\":\"projects/77\""),
	     "projects/77", "", 0, false},
	    {"a key is no project", 403,
	     REFUSED("CONSUMER_SUSPENDED", "\"consumer\":\"api_key:AIza\""), "",
	     "", 0, true},
	    {"nor is an example's", 403,
	     REFUSED("CONSUMER_SUSPENDED", "\"consumer\":\"projects/***\""), "",
	     "", 0, true},
	    {"nor a list", 403,
	     REFUSED("CONSUMER_SUSPENDED", "\"consumer\":[\"projects/7\"]"), "",
	     "", 0, true},
	    {"nor what has spaces", 403,
	     REFUSED("CONSUMER_SUSPENDED", "\"consumer\":\"projects/7 8\""), "",
	     "", 0, true},
	    {"some quota", 429, EXHAUSTED, "", "", 0, false},
	    {"the client's", 400, ERR("400", "x", "INVALID_ARGUMENT", ""), "",
	     "", 0, false},
	    {"a page", 502, HTML, "", "", 0, false},
	};
	char longest[400];
	struct verdict v;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(projects); i++) {
		judge(&v, ANSWER_COMPLETE, projects[i].status, projects[i].body,
		      strlen(projects[i].body), 0);
		CHECK_STR(projects[i].what, v.consumer, projects[i].consumer);
		CHECK_STR(projects[i].what, v.quota, projects[i].quota);
		CHECK_INT(projects[i].what, v.quota_value, projects[i].value);
		CHECK_INT(projects[i].what, v.project, projects[i].project);
	}
	(void)snprintf(longest, sizeof(longest),
		       "{\"error\":{\"code\":429,\"details\":[" TYPE(
			   "ErrorInfo") "\"metadata\":{\"consumer\":"
					"\"projects/%0200d\"}}]}}",
		       1);
	judge(&v, ANSWER_COMPLETE, 429, longest, strlen(longest), 0);
	CHECK_STR("too long", v.consumer, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_strikes),
	    cmocka_unit_test(test_terminal),
	    cmocka_unit_test(test_doubling),
	    cmocka_unit_test(test_reason),
	    cmocka_unit_test(test_reason_hides_the_key),
	    cmocka_unit_test(test_huge),
	    cmocka_unit_test(test_durations),
	    cmocka_unit_test(test_project),
	};

	return cmocka_run_group_tests_name("verdict", tests, NULL, NULL);
}
