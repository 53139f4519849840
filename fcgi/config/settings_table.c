/* settings_table.c: every setting there is, once */
#include "config/settings_table.h"

#include <string.h>

#include "config/settings_check.h"

#define KIB 1024LL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

#define URL_MAX	  2048 /* bytes; longer ones do not travel everywhere */
#define TEXT_MAX  4096 /* bytes of a path: PATH_MAX */
#define MODEL_MAX 128  /* bytes of a model's name, as in the journal */

#define BUDGET_MAX 1000000 /* tokens; no model takes as many */

/* A key is whatever Google hands out; it has changed its shape before, so only
 * its length is bounded, as in the pool. */
#define KEY_MIN 20
#define KEY_MAX 256

/* A person's token may be shorter than the admin's, who may do everything. */
#define TOKEN_MIN 8
#define ADMIN_MIN 12
#define TOKEN_MAX 256

/* One less than the pool lets one request try (KEY_TRIED_MAX). */
#define RETRIES_MAX 63

#define AT(member) .offset = offsetof(struct settings, member)

const char *const setting_unit_names[UNIT__MAX] = {
    [UNIT_NONE] = "",	  [UNIT_SECONDS] = "seconds", [UNIT_HOURS] = "hours",
    [UNIT_DAYS] = "days", [UNIT_BYTES] = "bytes",
};

const struct setting settings_table[SETTINGS_COUNT] = {
    /* keys and tokens */
    {"api_keys", "API_KEYS",
     "Google's keys; each start adds the new ones to the pool", "",
     SETTING_LIST, .min = KEY_MIN, .max = KEY_MAX, AT(api_keys),
     .secret = SECRET_WHOLE, .check = check_word},
    {"vertex_api_keys", "VERTEX_API_KEYS",
     "keys of Vertex AI's express mode, a pool of their own", "", SETTING_LIST,
     .min = KEY_MIN, .max = KEY_MAX, AT(vertex_api_keys),
     .secret = SECRET_WHOLE, .check = check_word},
    {"allowed_tokens", "ALLOWED_TOKENS",
     "access tokens of the people who may use the API", "", SETTING_LIST,
     .min = TOKEN_MIN, .max = TOKEN_MAX, AT(allowed_tokens),
     .secret = SECRET_WHOLE, .check = check_token},
    {"auth_token", "AUTH_TOKEN", "the admin's token; never a user's", "",
     SETTING_TEXT, .min = ADMIN_MIN, .max = TOKEN_MAX, AT(auth_token),
     .secret = SECRET_WHOLE, .check = check_token},

    /* upstream */
    {"base_url", "BASE_URL", "where the Gemini API is",
     "https://generativelanguage.googleapis.com", SETTING_TEXT, .min = 1,
     .max = URL_MAX, AT(base_url), .tidy = tidy_base_url,
     .check = check_base_url},
    {"vertex_express_base_url", "VERTEX_EXPRESS_BASE_URL",
     "where Vertex AI's express mode is",
     "https://aiplatform.googleapis.com/v1beta1/publishers/google",
     SETTING_TEXT, .min = 1, .max = URL_MAX, AT(vertex_express_base_url),
     .tidy = tidy_url, .check = check_base_url},
    {"connect_timeout", "CONNECT_TIMEOUT",
     "to reach upstream and finish the TLS handshake", "10", SETTING_NUMBER,
     UNIT_SECONDS, 1, 300, AT(connect_timeout_ms)},
    {"time_out", "TIME_OUT", "to the first byte of an answer", "300",
     SETTING_NUMBER, UNIT_SECONDS, 1, 3600, AT(first_byte_timeout_ms)},
    {"idle_timeout", "IDLE_TIMEOUT", "of silence in the middle of an answer",
     "120", SETTING_NUMBER, UNIT_SECONDS, 1, 3600, AT(idle_timeout_ms)},
    {"total_timeout", "TOTAL_TIMEOUT", "for one attempt from start to end",
     "3600", SETTING_NUMBER, UNIT_SECONDS, 1, 86400, AT(total_timeout_ms)},
    {"max_retries", "MAX_RETRIES",
     "other keys tried after the first one failed", "3", SETTING_NUMBER,
     UNIT_NONE, 0, RETRIES_MAX, AT(max_retries)},
    {"retry_budget", "RETRY_BUDGET", "after which no further key is tried",
     "60", SETTING_NUMBER, UNIT_SECONDS, 1, 3600, AT(retry_budget_ms)},
    {"custom_headers", "CUSTOM_HEADERS",
     "headers added to every request to upstream", "", SETTING_PAIRS, .min = 0,
     .max = TEXT_MAX, AT(custom_headers), .secret = SECRET_WHOLE,
     .check_pair = check_header, .pair_name = "name", .pair_value = "value"},
    {"proxies", "PROXIES",
     "ways out to upstream: URLs of proxies, or \"direct\"", "", SETTING_LIST,
     .min = 1, .max = URL_MAX, AT(proxies), .secret = SECRET_URL,
     .check = check_proxy},
    {"proxies_use_consistency_hash_by_api_key",
     "PROXIES_USE_CONSISTENCY_HASH_BY_API_KEY",
     "whether a key always leaves by the same proxy", "true", SETTING_BOOL,
     AT(proxies_by_key)},
    {"ca_file", "CA_FILE", "certificates (PEM) to trust beside the system's",
     "", SETTING_TEXT, .min = 1, .max = TEXT_MAX, AT(ca_file),
     .check = check_readable},

    /* key health */
    {"max_failures", "MAX_FAILURES", "failures in a row that disable a key",
     "3", SETTING_NUMBER, UNIT_NONE, 1, 1000, AT(max_failures)},
    {"check_interval_hours", "CHECK_INTERVAL_HOURS",
     "between two rechecks of disabled keys; 0: never", "1", SETTING_NUMBER,
     UNIT_HOURS, 0, 720, AT(check_interval_hours)},
    {"test_model", "TEST_MODEL",
     "the model that is asked to find out whether a key works",
     "gemini-flash-lite-latest", SETTING_TEXT, .min = 1, .max = MODEL_MAX,
     AT(test_model), .tidy = tidy_model, .check = check_model},

    /* models and requests */
    {"models_hours", "MODELS_HOURS",
     "that a key's list of models is fresh; 0: ask each time", "6",
     SETTING_NUMBER, UNIT_HOURS, 0, 720, AT(models_hours)},
    {"filtered_models", "FILTERED_MODELS",
     "models that the lists of models leave out", "", SETTING_LIST, .min = 1,
     .max = MODEL_MAX, AT(filtered_models), .tidy = tidy_model,
     .check = check_model},
    {"safety_settings", "SAFETY_SETTINGS",
     "thresholds sent where the request has none; empty: Google's", "",
     SETTING_PAIRS, .min = 1, .max = TEXT_MAX, AT(safety_settings),
     .check_pair = check_safety, .pair_name = "category",
     .pair_value = "threshold"},
    {"model_aliases", "MODEL_ALIASES", "names of the house for models", "",
     SETTING_PAIRS, .min = 1, .max = MODEL_MAX, AT(model_aliases),
     .tidy = tidy_model, .check = check_model, .check_pair = check_alias,
     .pair_name = "alias", .pair_value = "model"},
    {"model_facts", "MODEL_FACTS",
     "what models take, where the built-in table is wrong or too old", "",
     SETTING_PAIRS, .min = 1, .max = TEXT_MAX, AT(model_facts),
     .check_pair = check_model_facts, .pair_name = "model",
     .pair_value = "facts"},
    {"search_models", "SEARCH_MODELS", "models that are listed with -search",
     "", SETTING_LIST, .min = 1, .max = MODEL_MAX, AT(search_models),
     .tidy = tidy_model, .check = check_model},
    {"image_models", "IMAGE_MODELS",
     "models that are listed with -image and answer with pictures then", "",
     SETTING_LIST, .min = 1, .max = MODEL_MAX, AT(image_models),
     .tidy = tidy_model, .check = check_model},
    {"thinking_models", "THINKING_MODELS",
     "models that are listed with -non-thinking", "", SETTING_LIST, .min = 1,
     .max = MODEL_MAX, AT(thinking_models), .tidy = tidy_model,
     .check = check_model},
    {"thinking_budget_map", "THINKING_BUDGET_MAP",
     "tokens a model thinks where the request does not say; -1: as it likes",
     "", SETTING_PAIRS, .min = -1, .max = BUDGET_MAX, AT(thinking_budget_map),
     .check_pair = check_model_pair, .pair_name = "model",
     .pair_value = "tokens", .pair_number = true},
    {"show_thinking_process", "SHOW_THINKING_PROCESS",
     "whether clients get the model's thoughts", "true", SETTING_BOOL,
     AT(show_thinking_process)},
    {"thought_tag", "THOUGHT_TAG",
     "chats have thoughts in the text within this tag; empty: apart from it",
     "", SETTING_TEXT, .min = 1, .max = 32, AT(thought_tag),
     .check = check_tag},
    {"show_search_link", "SHOW_SEARCH_LINK",
     "whether an answer found by search ends with links to its sources", "true",
     SETTING_BOOL, AT(show_search_link)},
    {"tools_code_execution_enabled", "TOOLS_CODE_EXECUTION_ENABLED",
     "whether models may run code where nothing speaks against it", "false",
     SETTING_BOOL, AT(code_execution)},
    {"url_context_enabled", "URL_CONTEXT_ENABLED",
     "whether models may read the pages that a request names", "false",
     SETTING_BOOL, AT(url_context)},
    {"url_context_models", "URL_CONTEXT_MODELS",
     "the models that may; empty: all that can", "", SETTING_LIST, .min = 1,
     .max = MODEL_MAX, AT(url_context_models), .tidy = tidy_model,
     .check = check_model},
    {"fetch_urls", "FETCH_URLS",
     "whether files that chats name by URL are fetched here, not by Google",
     "true", SETTING_BOOL, AT(fetch_urls)},
    {"fetch_max", "FETCH_MAX", "of one such file", "20M", SETTING_NUMBER,
     UNIT_BYTES, KIB, GIB, AT(fetch_max)},
    {"fetch_timeout", "FETCH_TIMEOUT", "for all such files of a request", "20",
     SETTING_NUMBER, UNIT_SECONDS, 1, 300, AT(fetch_timeout_ms)},
    {"fetch_private", "FETCH_PRIVATE",
     "whether they may be at addresses that are not public", "false",
     SETTING_BOOL, AT(fetch_private)},
    {"strict", "STRICT", "whether a field that cannot be honoured is an error",
     "false", SETTING_BOOL, AT(strict)},
    {"signatures_max", "SIGNATURES_MAX",
     "thought signatures of tool calls kept for clients that lose them",
     "100000", SETTING_NUMBER, UNIT_NONE, 0, 10000000, AT(signatures_max)},
    {"signature_hours", "SIGNATURE_HOURS", "that a thought signature is kept",
     "24", SETTING_NUMBER, UNIT_HOURS, 1, 720, AT(signature_hours)},

    /* files and other things that belong to a key */
    {"files_user_isolation_enabled", "FILES_USER_ISOLATION_ENABLED",
     "whether files, caches and so on are for the token that made them", "true",
     SETTING_BOOL, AT(files_isolation)},
    {"files_cleanup_enabled", "FILES_CLEANUP_ENABLED",
     "whether expired files, caches and so on are forgotten", "true",
     SETTING_BOOL, AT(files_cleanup)},
    {"files_cleanup_interval_hours", "FILES_CLEANUP_INTERVAL_HOURS",
     "between two times of that", "1", SETTING_NUMBER, UNIT_HOURS, 1, 720,
     AT(files_cleanup_hours)},
    {"max_upload", "MAX_UPLOAD", "of an uploaded file; a larger one gets 413",
     "2G", SETTING_NUMBER, UNIT_BYTES, MIB, 16 * GIB, AT(max_upload)},

    /* serving */
    {"sqlite_database", "SQLITE_DATABASE",
     "path of the database file, shared by all instances", "data/gbalance.db",
     SETTING_TEXT, .min = 1, .max = TEXT_MAX, AT(database),
     .not_in_database = true, .check = check_path},
    {"base_path", "BASE_PATH",
     "path of the URL we are mounted at; empty: ask the web server", "",
     SETTING_TEXT, .min = 1, .max = URL_MAX, AT(base_path), .tidy = tidy_mount,
     .check = check_mount},
    {"threads", "THREADS", "requests served at once by one process", "1024",
     SETTING_NUMBER, UNIT_NONE, 1, 16384, AT(threads)},
    {"max_body", "MAX_BODY", "of a request; a larger one gets 413", "100M",
     SETTING_NUMBER, UNIT_BYTES, KIB, GIB, AT(max_body)},
    {"max_reply", "MAX_REPLY", "of an unstreamed answer", "128M",
     SETTING_NUMBER, UNIT_BYTES, KIB, GIB, AT(max_reply)},
    {"stream_buffer", "STREAM_BUFFER",
     "of a stream that wait for a slow client", "256K", SETTING_NUMBER,
     UNIT_BYTES, 4 * KIB, 64 * MIB, AT(stream_buffer)},
    {"keepalive_interval", "KEEPALIVE_INTERVAL",
     "of silence after which a stream gets a comment", "15", SETTING_NUMBER,
     UNIT_SECONDS, 1, 300, AT(keepalive_interval_ms)},

    /* journal and log */
    {"auto_delete_request_logs_days", "AUTO_DELETE_REQUEST_LOGS_DAYS",
     "that rows of finished requests are kept; 0: for ever", "30",
     SETTING_NUMBER, UNIT_DAYS, 0, 3650, AT(request_log_days)},
    {"auto_delete_error_logs_days", "AUTO_DELETE_ERROR_LOGS_DAYS",
     "that rows of failed attempts are kept; 0: for ever", "7", SETTING_NUMBER,
     UNIT_DAYS, 0, 3650, AT(error_log_days)},
    {"log_level", "LOG_LEVEL", "error, warning, info or debug", "info",
     SETTING_LEVEL, AT(log_level)},
    {"log_file", "LOG_FILE",
     "file the log is appended to; empty: standard error", "", SETTING_TEXT,
     .min = 1, .max = TEXT_MAX, AT(log_file), .check = check_path},
};

const struct setting *
setting_find(const char *name)
{
	size_t i;

	for (i = 0; i < SETTINGS_COUNT; i++)
		if (strcmp(settings_table[i].name, name) == 0)
			return &settings_table[i];
	return NULL;
}
