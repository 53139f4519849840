/* test_settings.c: each layer's notation, each kind of fault */
#include "settings_try.h"

#define KEY_A	"AIzaSyA1234567890abcdefghijklmnopqrst00"
#define KEY_B	"AQ.Ab8RN6JqCkLmNoPqRsTuVwXyZ0123456789ab"
#define PLANTED "PLANTED_SECRET_0123456789"

/* --- helpers -------------------------------------------------------------- */

/* The faults with the file's path as "FILE". */
static char *
fault_text(const struct try *t)
{
	const char *p = buf_str(&t->faults);
	struct buf out;

	buf_init(&out, FAULTS_MAX);
	while (*p != '\0')
		if (t->path[0] != '\0' &&
		    strncmp(p, t->path, strlen(t->path)) == 0) {
			buf_puts(&out, "FILE");
			p += strlen(t->path);
		} else
			buf_putc(&out, *p++);
	return buf_take(&out);
}

/* One value in one notation: shown as "want", or refused with the "fault". */
struct row {
	const char *what;
	const char *input; /* "NAME=value", a file's text, or JSON */
	const char *name;  /* of the setting that is looked at */
	const char *want;  /* NULL: refused */
	const char *fault;
};

static void
check_row(const struct row *row, struct try *t)
{
	char *text;

	load(t);
	text = fault_text(t);
	CHECK_STR(row->what, text, row->fault == NULL ? "" : row->fault);
	free(text);
	CHECK_INT(row->what, t->rc, row->want == NULL ? GB_EINVAL : GB_OK);
	if (row->want != NULL) {
		text = shown(t->settings, row->name);
		CHECK_STR(row->what, text, row->want);
		free(text);
	}
	done(t);
}

/* --- the environment ------------------------------------------------------ */

#define ENV_FAULT(name, reason) NULL, "environment: " name ": " reason "\n"
#define DELAY_FAULT(what, value) \
	{ \
		what, "STREAM_MIN_DELAY=" value, NULL, \
		    ENV_FAULT("stream_min_delay", \
			      "must be a number of seconds from 0 to 1, such " \
			      "as 0.016") \
	}

static const struct row env_rows[] = {
    {"a JSON list", "API_KEYS=[\"" KEY_A "\",\"" KEY_B "\"]", "api_keys",
     "[ \"AIza…st00\", \"AQ.A…89ab\" ]", NULL},
    {"single quotes and a comma too many", "API_KEYS=['" KEY_A "', ]",
     "api_keys", "[ \"AIza…st00\" ]", NULL},
    {"quotes around all", "API_KEYS='[\"" KEY_A "\"]'", "api_keys",
     "[ \"AIza…st00\" ]", NULL},
    {"commas", "FILTERED_MODELS=a,b , c", "filtered_models",
     "[ \"a\", \"b\", \"c\" ]", NULL},
    {"spaces and lines", "FILTERED_MODELS= a b\nc\r\n", "filtered_models",
     "[ \"a\", \"b\", \"c\" ]", NULL},
    {"quoted words", "FILTERED_MODELS=\"a\",'b'", "filtered_models",
     "[ \"a\", \"b\" ]", NULL},
    {"an empty list", "FILTERED_MODELS=[]", "filtered_models", "[ ]", NULL},
    {"a name with models/", "TEST_MODEL=models/gemini-x", "test_model",
     "\"gemini-x\"", NULL},
    {"empty is not set", "MAX_RETRIES=", "max_retries", "3", NULL},
    {"blank is not set", "MAX_RETRIES=  ", "max_retries", "3", NULL},
    {"quotes only are not set", "LOG_LEVEL=\"\"", "log_level", "\"info\"",
     NULL},
    {"a number", "MAX_RETRIES=0", "max_retries", "0", NULL},
    {"a number in blanks", "MAX_RETRIES= 63 ", "max_retries", "63", NULL},
    {"a quoted number", "MAX_RETRIES=\"7\"", "max_retries", "7", NULL},
    {"seconds", "TIME_OUT=90", "time_out", "90", NULL},
    {"a decimal", "STREAM_MAX_DELAY=0.25", "stream_max_delay", "0.25", NULL},
    {"a decimal as others write it", "STREAM_MIN_DELAY=.005",
     "stream_min_delay", "0.005", NULL},
    {"a decimal that is whole", "STREAM_MIN_DELAY=1", "stream_min_delay", "1.0",
     NULL},
    {"more digits than count", "STREAM_MIN_DELAY=0.01649", "stream_min_delay",
     "0.016", NULL},
    {"a size", "MAX_BODY=4096", "max_body", "4096", NULL},
    {"KiB", "STREAM_BUFFER=64k", "stream_buffer", "65536", NULL},
    {"MiB", "MAX_BODY=2M", "max_body", "2097152", NULL},
    {"GiB", "MAX_BODY=1G", "max_body", "1073741824", NULL},
    {"FETCH_URLS", "FETCH_URLS=false", "fetch_urls", "false", NULL},
    {"FETCH_MAX", "FETCH_MAX=5M", "fetch_max", "5242880", NULL},
    {"FETCH_TIMEOUT", "FETCH_TIMEOUT=7", "fetch_timeout", "7", NULL},
    {"FETCH_PRIVATE", "FETCH_PRIVATE=true", "fetch_private", "true", NULL},
    {"true", "STRICT=true", "strict", "true", NULL},
    {"TRUE", "STRICT=TRUE", "strict", "true", NULL},
    {"1", "STRICT=1", "strict", "true", NULL},
    {"yes", "STRICT=yes", "strict", "true", NULL},
    {"on", "STRICT=On", "strict", "true", NULL},
    {"off", "SHOW_THINKING_PROCESS=off", "show_thinking_process", "false",
     NULL},
    {"no", "SHOW_THINKING_PROCESS=no", "show_thinking_process", "false", NULL},
    {"a level", "LOG_LEVEL=WARNING", "log_level", "\"warning\"", NULL},
    {"a level of others", "LOG_LEVEL=critical", "log_level", "\"error\"", NULL},
    {"BASE_URL with /", "BASE_URL=https://a.example/", "base_url",
     "\"https://a.example\"", NULL},
    {"BASE_URL with v1beta", "BASE_URL=https://a.example/v1beta", "base_url",
     "\"https://a.example\"", NULL},
    {"BASE_URL with v1/", "BASE_URL=https://a.example/x/v1/", "base_url",
     "\"https://a.example/x\"", NULL},
    {"BASE_URL with v1alpha", "BASE_URL=http://[::1]:80/v1alpha", "base_url",
     "\"http://[::1]:80\"", NULL},
    {"VERTEX_EXPRESS_BASE_URL keeps its version",
     "VERTEX_EXPRESS_BASE_URL=https://a.example/v1/", "vertex_express_base_url",
     "\"https://a.example/v1\"", NULL},
    {"BASE_PATH", "BASE_PATH=/~me/gbalance.fcgi/", "base_path",
     "\"/~me/gbalance.fcgi\"", NULL},
    {"CORS_ORIGINS", "CORS_ORIGINS=https://a.example,http://localhost:3000",
     "cors_origins", "[ \"https://a.example\", \"http://localhost:3000\" ]",
     NULL},
    {"CORS_ORIGINS of none", "CORS_ORIGINS=[]", "cors_origins", "[ ]", NULL},
    {"CORS_ORIGINS of an app", "CORS_ORIGINS=capacitor://localhost",
     "cors_origins", "[ \"capacitor://localhost\" ]", NULL},
    {"TIMEZONE", "TIMEZONE=UTC", "timezone", "\"UTC\"", NULL},
    {"ADMIN_SESSION_EXPIRE", "ADMIN_SESSION_EXPIRE=86400",
     "admin_session_expire", "86400", NULL},
    {"TRUST_FORWARDED", "TRUST_FORWARDED=true", "trust_forwarded", "true",
     NULL},
    {"TEMPLATES_DIR", "TEMPLATES_DIR=/srv/t", "templates_dir", "\"/srv/t\"",
     NULL},
    {"STATIC_DIR", "STATIC_DIR=/srv/s", "static_dir", "\"/srv/s\"", NULL},
    {"BASE_PATH of the root", "BASE_PATH=/", "base_path", "\"/\"", NULL},
    {"safety",
     "SAFETY_SETTINGS=[{\"category\":\"HARM_CATEGORY_HARASSMENT\","
     "\"threshold\":\"OFF\"}]",
     "safety_settings",
     "( { category = \"HARM_CATEGORY_HARASSMENT\"; threshold = \"OFF\"; } )",
     NULL},
    {"aliases in an object",
     "MODEL_ALIASES={\"gpt-4o\":\"models/gemini-x\",\"b\":\"c-search\"}",
     "model_aliases",
     "( { alias = \"gpt-4o\"; model = \"gemini-x\"; }, { alias = \"b\"; model "
     "= "
     "\"c-search\"; } )",
     NULL},
    {"facts in a list",
     "MODEL_FACTS=[{\"model\":\"gemini-4*\",\"facts\":\"sampling=no\"}]",
     "model_facts", "( { model = \"gemini-4*\"; facts = \"sampling=no\"; } )",
     NULL},
    {"budgets in an object",
     "THINKING_BUDGET_MAP={\"a\":-1,\"b\":0,\"c\":1000.0,\"d\":1000000}",
     "thinking_budget_map",
     "( { model = \"a\"; tokens = -1; }, { model = \"b\"; tokens = 0; }, { "
     "model = \"c\"; tokens = 1000; }, { model = \"d\"; tokens = 1000000; } )",
     NULL},
    {"no budgets", "THINKING_BUDGET_MAP={}", "thinking_budget_map", "( )",
     NULL},
    {"models with models/", "SEARCH_MODELS=[\"models/a\",\"b\"]",
     "search_models", "[ \"a\", \"b\" ]", NULL},
    {"headers are shown masked",
     "CUSTOM_HEADERS={\"X-A\":\"0123456789abcdef\"}", "custom_headers",
     "( { name = \"X-A\"; value = \"0123…cdef\"; } )", NULL},
    {"proxies",
     "PROXIES=socks5h://u:pw%40@10.0.0.1:1080,http://p.example,direct",
     "proxies",
     "[ \"socks5h://…@10.0.0.1:1080\", \"http://p.example\", \"direct\" ]",
     NULL},
    {"an unknown name is not ours", "MAX_RETRIESX=7", "max_retries", "3", NULL},

    {"no number", "MAX_RETRIES=three", NULL,
     ENV_FAULT("max_retries", "must be a whole number from 0 to 63")},
    {"half a number", "MAX_RETRIES=3.5", NULL,
     ENV_FAULT("max_retries", "must be a whole number from 0 to 63")},
    {"a number and more", "MAX_RETRIES=3 4", NULL,
     ENV_FAULT("max_retries", "must be a whole number from 0 to 63")},
    {"none kept", "SIGNATURES_MAX=0", "signatures_max", "0", NULL},
    {"fewer than none", "SIGNATURES_MAX=-1", NULL,
     ENV_FAULT("signatures_max", "must be a whole number from 0 to 10000000")},
    {"a month", "SIGNATURE_HOURS=720", "signature_hours", "720", NULL},
    {"no time at all", "SIGNATURE_HOURS=0", NULL,
     ENV_FAULT("signature_hours",
	       "must be a whole number of hours from 1 to 720")},
    {"below the range", "MAX_RETRIES=-1", NULL,
     ENV_FAULT("max_retries", "must be a whole number from 0 to 63")},
    {"above the range", "TIME_OUT=3601", NULL,
     ENV_FAULT("time_out", "must be a whole number of seconds from 1 to 3600")},
    {"above all numbers", "TIME_OUT=99999999999999999999", NULL,
     ENV_FAULT("time_out", "must be a whole number of seconds from 1 to 3600")},
    DELAY_FAULT("above the range", "1.001"),
    DELAY_FAULT("no number", "inf"),
    DELAY_FAULT("a decimal with a unit", "0.1s"),
    DELAY_FAULT("a decimal in C", "0x1p-3"),
    {"a suffix where none goes", "TIME_OUT=1M", NULL,
     ENV_FAULT("time_out", "must be a whole number of seconds from 1 to 3600")},
    {"a suffix nobody knows", "STREAM_BUFFER=1X", NULL,
     ENV_FAULT("stream_buffer",
	       "must be a whole number of bytes from 4096 to 67108864, or "
	       "such as \"256K\", \"100M\" or \"1G\"")},
    {"a suffix that overflows", "STREAM_BUFFER=9223372036854775807G", NULL,
     ENV_FAULT("stream_buffer",
	       "must be a whole number of bytes from 4096 to 67108864, or "
	       "such as \"256K\", \"100M\" or \"1G\"")},
    {"no boolean", "STRICT=maybe", NULL,
     ENV_FAULT("strict", "must be true or false")},
    {"no level", "LOG_LEVEL=loud", NULL,
     ENV_FAULT("log_level", "must be error, warning, info or debug")},
    {"a list that does not end", "API_KEYS=[\"" KEY_A "\"", NULL,
     ENV_FAULT("api_keys", "must be a list of texts: [ \"a\", \"b\" ]")},
    {"a list and more", "API_KEYS=[\"" KEY_A "\"] x", NULL,
     ENV_FAULT("api_keys", "must be a list of texts: [ \"a\", \"b\" ]")},
    {"a list of numbers", "API_KEYS=[1]", NULL,
     ENV_FAULT("api_keys", "entry 1: must be a text in quotes")},
    {"a key too short", "API_KEYS=" KEY_A ",0123456789012345678", NULL,
     ENV_FAULT("api_keys", "entry 2: must have at least 20 characters")},
    {"a key with a space", "API_KEYS=[\"01234567890123456789 x\"]", NULL,
     ENV_FAULT("api_keys", "entry 1: must be of printable ASCII characters, "
			   "without spaces")},
    {"a key with a NUL", "API_KEYS=[\"01234567890123456789\\u0000\"]", NULL,
     ENV_FAULT("api_keys", "entry 1: must not hold control characters")},
    {"a well-known token", "AUTH_TOKEN=sk-123456", NULL,
     ENV_FAULT("auth_token",
	       "is a token that everybody knows; choose another")},
    {"a well-known long token", "AUTH_TOKEN=Your-Super-Secret-Token", NULL,
     ENV_FAULT("auth_token",
	       "is a token that everybody knows; choose another")},
    {"a short token", "AUTH_TOKEN=Zu7_eleven.", NULL,
     ENV_FAULT("auth_token", "must have at least 12 characters")},
    {"a user's well-known token", "ALLOWED_TOKENS=[\"sk-123456\"]", NULL,
     ENV_FAULT("allowed_tokens",
	       "entry 1: is a token that everybody knows; choose another")},
    {"a user's short token", "ALLOWED_TOKENS=Zu7_ele", NULL,
     ENV_FAULT("allowed_tokens", "entry 1: must have at least 8 characters")},
    {"BASE_URL without a scheme", "BASE_URL=a.example", NULL,
     ENV_FAULT("base_url", "must begin with https:// or http://")},
    {"BASE_URL without a host", "BASE_URL=https://:80/v1beta", NULL,
     ENV_FAULT("base_url", "must have a host, perhaps a port, and no user")},
    {"BASE_URL with a user", "BASE_URL=https://u:p@a.example", NULL,
     ENV_FAULT("base_url", "must have a host, perhaps a port, and no user")},
    {"BASE_URL with a query", "BASE_URL=https://a.example/?key=1", NULL,
     ENV_FAULT("base_url", "must be a URL without query, fragment or quotes")},
    {"BASE_URL with port 0", "BASE_URL=https://a.example:0", NULL,
     ENV_FAULT("base_url", "must have a host, perhaps a port, and no user")},
    {"VERTEX_EXPRESS_BASE_URL without a scheme",
     "VERTEX_EXPRESS_BASE_URL=a.example", NULL,
     ENV_FAULT("vertex_express_base_url",
	       "must begin with https:// or http://")},
    {"MODELS_HOURS below 0", "MODELS_HOURS=-1", NULL,
     ENV_FAULT("models_hours",
	       "must be a whole number of hours from 0 to 720")},
    {"a short key of Vertex AI", "VERTEX_API_KEYS=short", NULL,
     ENV_FAULT("vertex_api_keys", "entry 1: must have at least 20 characters")},
    {"ADMIN_SESSION_EXPIRE of a minute", "ADMIN_SESSION_EXPIRE=60", NULL,
     ENV_FAULT("admin_session_expire",
	       "must be a whole number of seconds from 300 to 86400")},
    {"BASE_PATH without /", "BASE_PATH=gbalance", NULL,
     ENV_FAULT("base_path", "must begin with a /")},
    {"CORS_ORIGINS with a path", "CORS_ORIGINS=https://a.example/", NULL,
     ENV_FAULT("cors_origins", "entry 1: must end after the host or its port, "
			       "without a /")},
    {"CORS_ORIGINS without scheme", "CORS_ORIGINS=*,a.example", NULL,
     ENV_FAULT(
	 "cors_origins",
	 "entry 2: must be \"*\" or begin with a scheme in small letters, "
	 "such as https://")},
    {"TIMEZONE of no place", "TIMEZONE=Europe/Atlantis", NULL,
     ENV_FAULT("timezone",
	       "must be UTC or a zone that this system has, such as "
	       "Europe/Berlin")},
    {"TIMEZONE that climbs", "TIMEZONE=../zoneinfo/UTC", NULL,
     ENV_FAULT("timezone",
	       "must be UTC or a zone that this system has, such as "
	       "Europe/Berlin")},
    {"TIMEZONE by its path", "TIMEZONE=/etc/localtime", NULL,
     ENV_FAULT("timezone",
	       "must be UTC or a zone that this system has, such as "
	       "Europe/Berlin")},
    {"TIMEZONE that is a folder", "TIMEZONE=Europe", NULL,
     ENV_FAULT("timezone",
	       "must be UTC or a zone that this system has, such as "
	       "Europe/Berlin")},
    {"TIMEZONE that is no zone", "TIMEZONE=tzdata.zi", NULL,
     ENV_FAULT("timezone",
	       "must be UTC or a zone that this system has, such as "
	       "Europe/Berlin")},
    {"BASE_PATH that climbs", "BASE_PATH=/a/../b", NULL,
     ENV_FAULT("base_path", "must not hold //, /./ or /..")},
    {"a proxy without a scheme", "PROXIES=10.0.0.1:1080", NULL,
     ENV_FAULT("proxies",
	       "entry 1: must begin with http://, https://, socks5://, "
	       "socks5h:// or socks4://, or be \"direct\"")},
    {"a proxy with two @", "PROXIES=http://u:p@w@h:1", NULL,
     ENV_FAULT("proxies",
	       "entry 1: has a second @; write @ in a password as %40")},
    {"a proxy with / in the password", "PROXIES=http://u:p/w@h:1", NULL,
     ENV_FAULT("proxies", "entry 1: must end after the port; write / ? # in "
			  "a password as %2F %3F %23")},
    {"a proxy with a port too high", "PROXIES=direct,http://h:65536", NULL,
     ENV_FAULT("proxies", "entry 2: must have a host, and perhaps a port")},
    {"a model with a slash", "TEST_MODEL=a/b", NULL,
     ENV_FAULT("test_model", "must be a model's name: letters, digits, \"-\", "
			     "\".\" and \"_\"")},
    {"an alias with a slash", "MODEL_ALIASES={\"a/b\":\"c\"}", NULL,
     ENV_FAULT("model_aliases",
	       "entry 1: the alias must have 1 to 128 letters, digits, \"-\", "
	       "\".\" and \"_\"")},
    {"an alias of nothing", "MODEL_ALIASES={\"a\":\"b\",\"\":\"c\"}", NULL,
     ENV_FAULT("model_aliases",
	       "entry 2: the alias must have 1 to 128 letters, digits, \"-\", "
	       "\".\" and \"_\"")},
    {"an alias for a path", "MODEL_ALIASES={\"a\":\"b/c\"}", NULL,
     ENV_FAULT("model_aliases", "entry 1: must be a model's name: letters, "
				"digits, \"-\", \".\" and \"_\"")},
    {"an alias for a number", "MODEL_ALIASES={\"a\":5}", NULL,
     ENV_FAULT("model_aliases", "entry 1: must be a text in quotes")},
    {"an alias twice",
     "MODEL_ALIASES=[{\"alias\":\"a\",\"model\":\"b\"},"
     "{\"alias\":\"a\",\"model\":\"c\"}]",
     NULL, ENV_FAULT("model_aliases", "entry 2: stands there twice")},
    {"facts of a path", "MODEL_FACTS={\"a/*\":\"sampling=no\"}", NULL,
     ENV_FAULT("model_facts", "entry 1: the model must be a name, or a part of "
			      "it with \"*\" for the rest")},
    {"facts that are none", "MODEL_FACTS={\"a\":\" \"}", NULL,
     ENV_FAULT("model_facts", "entry 1: has no facts")},
    {"facts twice", "MODEL_FACTS={\"a\":\"json=no json=yes\"}", NULL,
     ENV_FAULT("model_facts", "entry 1: says a fact twice")},
    {"budgets in quotes", "THINKING_BUDGET_MAP={\"a\":\"1000\"}", NULL,
     ENV_FAULT("thinking_budget_map", "entry 1: the tokens must be a whole "
				      "number from -1 to 1000000")},
    {"half a token", "THINKING_BUDGET_MAP={\"a\":1,\"b\":0.5}", NULL,
     ENV_FAULT("thinking_budget_map", "entry 2: the tokens must be a whole "
				      "number from -1 to 1000000")},
    {"too many tokens", "THINKING_BUDGET_MAP={\"a\":1e300}", NULL,
     ENV_FAULT("thinking_budget_map", "entry 1: the tokens must be a whole "
				      "number from -1 to 1000000")},
    {"fewer tokens than none", "THINKING_BUDGET_MAP={\"a\":-2}", NULL,
     ENV_FAULT("thinking_budget_map", "entry 1: the tokens must be a whole "
				      "number from -1 to 1000000")},
    {"tokens of a path", "THINKING_BUDGET_MAP={\"a/b\":1}", NULL,
     ENV_FAULT("thinking_budget_map",
	       "entry 1: the model must be a name: letters, digits, \"-\", "
	       "\".\" and \"_\"")},
    {"no category", "SAFETY_SETTINGS=[{\"threshold\":\"OFF\"}]", NULL,
     ENV_FAULT("safety_settings",
	       "entry 1: must have the texts \"category\" and \"threshold\" "
	       "and nothing else")},
    {"an unknown threshold",
     "SAFETY_SETTINGS=[{\"category\":\"HARM_CATEGORY_HARASSMENT\","
     "\"threshold\":\"off\"}]",
     NULL,
     ENV_FAULT("safety_settings",
	       "entry 1: the threshold must be BLOCK_LOW_AND_ABOVE, "
	       "BLOCK_MEDIUM_AND_ABOVE, BLOCK_ONLY_HIGH, BLOCK_NONE or OFF")},
    {"a category twice",
     "SAFETY_SETTINGS=[{\"category\":\"HARM_CATEGORY_HARASSMENT\","
     "\"threshold\":\"OFF\"},{\"category\":\"HARM_CATEGORY_HARASSMENT\","
     "\"threshold\":\"BLOCK_NONE\"}]",
     NULL, ENV_FAULT("safety_settings", "entry 2: stands there twice")},
    {"pairs that are words", "SAFETY_SETTINGS=OFF", NULL,
     ENV_FAULT("safety_settings",
	       "must be a list of \"category\" and \"threshold\"")},
    {"pairs that are null", "SAFETY_SETTINGS=null", NULL,
     ENV_FAULT("safety_settings",
	       "must be a list of \"category\" and \"threshold\"")},
    {"a header that is a credential",
     "CUSTOM_HEADERS={\"X-Goog-Api-Key\":\"x\"}", NULL,
     ENV_FAULT("custom_headers",
	       "entry 1: this header carries a credential, or belongs to the "
	       "connection or the body")},
    {"a header with a line end", "CUSTOM_HEADERS={\"X-A\":\"x\\r\\nHost: y\"}",
     NULL,
     ENV_FAULT("custom_headers", "entry 1: the value holds a line end or "
				 "another control character")},
    {"a header with a colon", "CUSTOM_HEADERS={\"X-A:\":\"x\"}", NULL,
     ENV_FAULT("custom_headers", "entry 1: the name holds a character that "
				 "no header's name may hold")},
    {"a header without a name", "CUSTOM_HEADERS={\"\":\"x\"}", NULL,
     ENV_FAULT("custom_headers", "entry 1: the name is empty")},
    {"a header twice", "CUSTOM_HEADERS={\"X-A\":\"1\",\"x-a\":\"2\"}", NULL,
     ENV_FAULT("custom_headers", "entry 2: stands there twice")},
    {"a file that is not there", "CA_FILE=tests/no such file.pem", NULL,
     ENV_FAULT("ca_file", "cannot be read")},
};

static void
test_environment(void **state)
{
	struct try t;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(env_rows); i++) {
		memset(&t, 0, sizeof(t));
		t.env[0] = strdup(env_rows[i].input);
		check_row(&env_rows[i], &t);
		free(t.env[0]);
	}
}

/* --- gbalance.cfg's notation ---------------------------------------------- */

static const struct row file_rows[] = {
    {"nothing", "", "max_retries", "3", NULL},
    {"a comment", "# max_retries = 4;\n", "max_retries", "3", NULL},
    {"a number", "max_retries = 4;", "max_retries", "4", NULL},
    {"a hexadecimal number", "max_retries = 0x10;", "max_retries", "16", NULL},
    {"a colon", "max_retries: 4", "max_retries", "4", NULL},
    {"a size", "max_body = 5000;", "max_body", "5000", NULL},
    {"a size in text", "max_body = \"3M\";", "max_body", "3145728", NULL},
    {"an array", "filtered_models = [ \"a\", \"b\" ];", "filtered_models",
     "[ \"a\", \"b\" ]", NULL},
    {"a list", "filtered_models = ( \"a\" );", "filtered_models", "[ \"a\" ]",
     NULL},
    {"groups",
     "safety_settings = ( { category = \"HARM_CATEGORY_HATE_SPEECH\"; "
     "threshold = \"BLOCK_NONE\"; } );",
     "safety_settings",
     "( { category = \"HARM_CATEGORY_HATE_SPEECH\"; threshold = "
     "\"BLOCK_NONE\"; } )",
     NULL},
    {"a budget", "thinking_budget_map = ( { model = \"a\"; tokens = -1; } );",
     "thinking_budget_map", "( { model = \"a\"; tokens = -1; } )", NULL},
    {"unset again", "auth_token = \"\";", "auth_token", "\"\"", NULL},

    {"no such setting", "\nmax_retriez = 4;", NULL, NULL,
     "FILE:2: max_retriez: there is no such setting\n"},
    {"a fact that there is not",
     "strict = true;\nmodel_facts = ( { model = \"a\"; facts = \"json=no\"; "
     "},\n"
     "{ model = \"b\"; facts = \"jsn=no\"; } );",
     NULL, NULL,
     "FILE:2: model_facts: entry 2: names a fact that there is not; there are "
     "family, thinking, levels, budget_min, budget_max, budget_minimal, "
     "budget_zero, sampling, penalties, logprobs, prefill, system, functions, "
     "builtins, code, url_context, builtins_with_functions, json, "
     "json_with_functions, "
     "json_schema, call_ids, signatures, result_media, media_resolution, "
     "file_uri, task_type, unit_vectors, transcription and verbatim\n"},
    {"a fact with a wrong value",
     "model_facts = ( { model = \"a\"; facts = \"thinking=much\"; } );", NULL,
     NULL,
     "FILE:1: model_facts: entry 1: has a fact with a value that it cannot "
     "have; family is text, image, tts, live, embedding, gemma or other, "
     "thinking is no, budget or levels, levels is some of "
     "minimal,low,medium,high, the budgets are tokens, all others are yes or "
     "no\n"},
    {"a pair that lacks one", "model_aliases = ( { alias = \"a\"; } );", NULL,
     NULL,
     "FILE:1: model_aliases: entry 1: must have the texts \"alias\" and "
     "\"model\" and nothing else\n"},
    {"a number in quotes", "max_retries = \"4\";", NULL, NULL,
     "FILE:1: max_retries: must be a whole number from 0 to 63\n"},
    {"a number with a point", "max_retries = 4.0;", NULL, NULL,
     "FILE:1: max_retries: must be a whole number from 0 to 63\n"},
    {"a number that wraps to one in range",
     "strict = true;\n"
     "max_retries = 4294967299;",
     NULL, NULL, "FILE:2: max_retries: is too large a number\n"},
    {"a number that wraps, on the next line", "max_retries\t=\n4294967299;",
     NULL, NULL, "FILE:1: max_retries: is too large a number\n"},
    {"a long number that is too large", "max_retries = 4294967299L;", NULL,
     NULL, "FILE:1: max_retries: must be a whole number from 0 to 63\n"},
    {"a word for a boolean", "strict = \"true\";", NULL, NULL,
     "FILE:1: strict: must be true or false\n"},
    {"a boolean for a text", "test_model = true;", NULL, NULL,
     "FILE:1: test_model: must be a text in quotes\n"},
    {"an empty text where one is needed", "test_model = \"\";", NULL, NULL,
     "FILE:1: test_model: must not be empty\n"},
    {"a text for a list", "filtered_models = \"a\";", NULL, NULL,
     "FILE:1: filtered_models: must be a list of texts: [ \"a\", \"b\" ]\n"},
    {"lists in lists in lists", "filtered_models = ((((((\"a\"))))));", NULL,
     NULL, "FILE:1: filtered_models: entry 1: must be a text in quotes\n"},
    {"a group with a field too many",
     "custom_headers = ( { name = \"X\"; value = \"y\"; more = 1; } );", NULL,
     NULL,
     "FILE:1: custom_headers: entry 1: must have the texts \"name\" and "
     "\"value\" and nothing else\n"},
    {"a name twice", "strict = true;\nstrict = false;", NULL, NULL,
     "FILE:2: duplicate setting name\n"},
    {"no syntax", "max_retries = 4;\n\nstrict true;", NULL, NULL,
     "FILE:3: syntax error\n"},
    {"several faults",
     "max_retries = 99;\nunknown = { a = 1; };\nstrict = true;\n"
     "threads = 0;\nauth_token = \"admin\";\n",
     NULL, NULL,
     "FILE:1: max_retries: must be a whole number from 0 to 63\n"
     "FILE:2: unknown: there is no such setting\n"
     "FILE:4: threads: must be a whole number from 1 to 16384\n"
     "FILE:5: auth_token: is a token that everybody knows; choose "
     "another\n"},
    {"the admin's token among the users'",
     "allowed_tokens = [ \"Tr0ub4dor.and\", \"correct.horse\" ];\n"
     "auth_token = \"correct.horse\";\n",
     NULL, NULL, "FILE:2: auth_token: must not be one of allowed_tokens\n"},
};

static void
test_file(void **state)
{
	struct try t;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(file_rows); i++) {
		memset(&t, 0, sizeof(t));
		t.file = file_rows[i].input;
		check_row(&file_rows[i], &t);
	}
}

static void
test_file_unreadable(void **state)
{
	struct settings_load from = {.file = "no such folder/gbalance.cfg"};
	struct settings *s;
	struct buf faults;

	(void)state;
	buf_init(&faults, FAULTS_MAX);
	s = (struct settings *)&from;
	CHECK_INT("missing", settings_load(&s, &from, &faults), GB_EIO);
	CHECK("missing", s == NULL);
	CHECK_STR("missing", buf_str(&faults),
		  "no such folder/gbalance.cfg: No such file or directory\n");
	buf_reset(&faults);
	from.file = "tests";
	CHECK_INT("a folder", settings_load(&s, &from, &faults), GB_EIO);
	CHECK_STR("a folder", buf_str(&faults), "tests: Is a directory\n");
	buf_release(&faults);
}

/* --- the database --------------------------------------------------------- */

static const struct row database_rows[] = {
    {"a number", "5", "max_retries", "5", NULL},
    {"a size", "\"1M\"", "max_body", "1048576", NULL},
    {"a boolean", "true", "strict", "true", NULL},
    {"a list", "[\"a\"]", "filtered_models", "[ \"a\" ]", NULL},
    {"an empty list", " [] ", "filtered_models", "[ ]", NULL},

    {"nothing", "", "strict", NULL, "database: strict: is not JSON\n"},
    {"half of it", "{\"a\":", "strict", NULL,
     "database: strict: is not JSON\n"},
    {"more than one", "true false", "strict", NULL,
     "database: strict: is not JSON\n"},
    {"null", "null", "strict", NULL,
     "database: strict: must be true or false\n"},
    {"a word", "yes", "strict", NULL, "database: strict: is not JSON\n"},
    {"text for a number", "\"5\"", "max_retries", NULL,
     "database: max_retries: must be a whole number from 0 to 63\n"},
    {"no such setting", "5", "max_retriez", NULL,
     "database: max_retriez: there is no such setting\n"},
    {"the database's own place", "\"x.db\"", "sqlite_database", NULL,
     "database: sqlite_database: cannot be set in the database\n"},
};

static void
test_database(void **state)
{
	struct try t;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(database_rows); i++) {
		memset(&t, 0, sizeof(t));
		t.name = database_rows[i].name;
		t.json = database_rows[i].input;
		check_row(&database_rows[i], &t);
	}
}

/* --- all together --------------------------------------------------------- */

static void
test_layers(void **state)
{
	char env_a[] = "MAX_RETRIES=20", env_b[] = "TIME_OUT=21";
	struct try t = {
	    .file = "idle_timeout = 10;\nmax_retries = 11;\ntime_out = 12;",
	    .env = {env_a, env_b},
	    .name = "time_out",
	    .json = "30",
	};

	(void)state;
	load(&t);
	CHECK_INT("load", t.rc, GB_OK);
	CHECK_INT("default", t.settings->connect_timeout_ms, 10000);
	CHECK_INT("file", t.settings->idle_timeout_ms, 10000);
	CHECK_INT("environment", t.settings->max_retries, 20);
	CHECK_INT("database", t.settings->first_byte_timeout_ms, 30000);
	CHECK_INT("default", settings_origin(t.settings, "connect_timeout"),
		  LAYER_DEFAULT);
	CHECK_INT("file", settings_origin(t.settings, "idle_timeout"),
		  LAYER_FILE);
	CHECK_INT("environment", settings_origin(t.settings, "max_retries"),
		  LAYER_ENVIRONMENT);
	CHECK_INT("database", settings_origin(t.settings, "time_out"),
		  LAYER_DATABASE);
	CHECK_INT("unknown", settings_origin(t.settings, "nothing"),
		  LAYER_DEFAULT);
	done(&t);
}

/* The defaults that the rest of the program counts on, in its own units. */
static void
test_defaults(void **state)
{
	struct try t = {.file = NULL};
	const struct settings *s;

	(void)state;
	load(&t);
	s = t.settings;
	CHECK_INT("load", t.rc, GB_OK);
	CHECK_STR("base_url", s->base_url,
		  "https://generativelanguage.googleapis.com");
	CHECK_STR(
	    "vertex_express_base_url", s->vertex_express_base_url,
	    "https://aiplatform.googleapis.com/v1beta1/publishers/google");
	CHECK_STR("auth_token", s->auth_token, "");
	CHECK_STR("database", s->database, "data/gbalance.db");
	CHECK_STR("base_path", s->base_path, "");
	CHECK_STR("ca_file", s->ca_file, "");
	CHECK_STR("log_file", s->log_file, "");
	CHECK_STR("test_model", s->test_model, "gemini-flash-lite-latest");
	CHECK_INT("models_hours", s->models_hours, 6);
	CHECK_INT("api_keys", s->api_keys.count, 0);
	CHECK_INT("safety_settings", s->safety_settings.count, 0);
	CHECK_INT("time_out", s->first_byte_timeout_ms, 300000);
	CHECK_INT("total_timeout", s->total_timeout_ms, 3600000);
	CHECK_INT("retry_budget", s->retry_budget_ms, 60000);
	CHECK_INT("check_interval_hours", s->check_interval_hours, 1);
	CHECK_INT("signatures_max", s->signatures_max, 100000);
	CHECK_INT("signature_hours", s->signature_hours, 24);
	CHECK_INT("max_body", s->max_body, 100 << 20);
	CHECK_INT("max_reply", s->max_reply, 128 << 20);
	CHECK_INT("stream_buffer", s->stream_buffer, 256 << 10);
	CHECK_INT("log_level", s->log_level, LOG_LEVEL_INFO);
	CHECK("show_thinking_process", s->show_thinking_process);
	CHECK("strict", !s->strict);
	CHECK("show_search_link", s->show_search_link);
	CHECK("code_execution", !s->code_execution);
	CHECK("url_context", !s->url_context);
	CHECK_INT("model_aliases", s->model_aliases.count, 0);
	CHECK_INT("model_facts", s->model_facts.count, 0);
	CHECK_INT("thinking_budget_map", s->thinking_budget_map.count, 0);
	CHECK("fetch_urls", s->fetch_urls);
	CHECK_INT("fetch_max", s->fetch_max, 20 << 20);
	CHECK_INT("fetch_timeout", s->fetch_timeout_ms, 20000);
	CHECK("fetch_private", !s->fetch_private);
	done(&t);
}

/* Promise 1, here: neither faults nor what is printed repeat a secret. */
static void
test_no_secret_shown(void **state)
{
	static const struct {
		const char *env, *name;
	} rows[] = {
	    {"API_KEYS=[\"" PLANTED "\"]", "api_keys"},
	    {"API_KEYS=[\"" PLANTED " \"]", NULL},
	    {"API_KEYS=[\"" PLANTED "\"", NULL},
	    {"API_KEYS={\"" PLANTED "\":\"" PLANTED "\"}", NULL},
	    {"AUTH_TOKEN=" PLANTED, "auth_token"},
	    {"AUTH_TOKEN=" PLANTED " x", NULL},
	    {"ALLOWED_TOKENS=" PLANTED, "allowed_tokens"},
	    {"PROXIES=http://u:" PLANTED "@h:1", "proxies"},
	    {"PROXIES=http://" PLANTED "@h:x", NULL},
	    {"PROXIES=" PLANTED "@h:1", NULL},
	    {"BASE_URL=https://" PLANTED "@h", NULL},
	    {"CUSTOM_HEADERS={\"X-A\":\"" PLANTED "\"}", "custom_headers"},
	    {"CUSTOM_HEADERS={\"" PLANTED ":\":\"" PLANTED "\"}", NULL},
	    {"MAX_RETRIES=" PLANTED, NULL},
	};
	struct try t;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(rows); i++) {
		memset(&t, 0, sizeof(t));
		t.env[0] = strdup(rows[i].env);
		load(&t);
		CHECK_INT(rows[i].env, t.rc,
			  rows[i].name == NULL ? GB_EINVAL : GB_OK);
		text = rows[i].name == NULL ? fault_text(&t)
					    : shown(t.settings, rows[i].name);
		CHECK(rows[i].env, strstr(text, PLANTED) == NULL);
		CHECK(rows[i].env, text[0] != '\0');
		free(text);
		free(t.env[0]);
		done(&t);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_environment),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_file_unreadable),
	    cmocka_unit_test(test_database),
	    cmocka_unit_test(test_layers),
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_no_secret_shown),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
