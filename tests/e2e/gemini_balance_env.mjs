/*
 * gemini_balance_env.mjs: the settings of Gemini Balance's .env.example
 * (2.2.8), each with what becomes of it here.  README.md's section "Coming from
 * Gemini Balance" has them all.
 */

const JSON_LIST = '["gemini-3.5-flash"]';

/* Read under the same name: a value that is not our default. */
export const READ = {
	ADMIN_SESSION_EXPIRE: "7200",
	API_KEYS: '["AIzaSyFake-key-for-the-mapping-0000000zzzz"]',
	ALLOWED_TOKENS: '["gb-user-token-of-the-mapping"]',
	AUTH_TOKEN: "gb-admin-token-of-the-mapping",
	BASE_URL: "https://relay.example/v1beta",
	CHECK_INTERVAL_HOURS: "2",
	CUSTOM_HEADERS: '{"X-Relay": "on"}',
	FAKE_STREAM_EMPTY_DATA_INTERVAL_SECONDS: "7",
	FAKE_STREAM_ENABLED: "True",
	FILTERED_MODELS: JSON_LIST,
	IMAGE_MODELS: JSON_LIST,
	LOG_LEVEL: "WARNING",
	AUTO_DELETE_ERROR_LOGS_DAYS: "9",
	AUTO_DELETE_ERROR_LOGS_ENABLED: "false",
	AUTO_DELETE_REQUEST_LOGS_ENABLED: "false",
	ERROR_LOG_RECORD_REQUEST_BODY: "true",
	AUTO_DELETE_REQUEST_LOGS_DAYS: "8",
	MAX_FAILURES: "10",
	MAX_RETRIES: "5",
	PROXIES: '["http://user:pass@proxy.example:3128"]',
	PROXIES_USE_CONSISTENCY_HASH_BY_API_KEY: "false",
	SAFETY_SETTINGS: '[{"category": "HARM_CATEGORY_HARASSMENT", ' +
		'"threshold": "OFF"}]',
	SEARCH_MODELS: JSON_LIST,
	SHOW_SEARCH_LINK: "false",
	SHOW_THINKING_PROCESS: "false",
	SQLITE_DATABASE: "other.db",
	STREAM_CHUNK_SIZE: "7",
	STREAM_LONG_TEXT_THRESHOLD: "60",
	STREAM_MAX_DELAY: "0.03",
	STREAM_MIN_DELAY: "0.01",
	STREAM_OPTIMIZER_ENABLED: "True",
	STREAM_SHORT_TEXT_THRESHOLD: "11",
	TEST_MODEL: "gemini-3.5-flash",
	THINKING_BUDGET_MAP: '{"gemini-2.5-flash": 4000}',
	THINKING_MODELS: JSON_LIST,
	TIMEZONE: "Asia/Shanghai",
	TIME_OUT: "200",
	TOOLS_CODE_EXECUTION_ENABLED: "true",
	URL_CONTEXT_ENABLED: "true",
	URL_CONTEXT_MODELS: JSON_LIST,
	URL_NORMALIZATION_ENABLED: "true",
	VERTEX_API_KEYS: '["AQ.Fake-vertex-key-of-the-mapping-00000zzzz"]',
	PAID_KEY: "AIzaSyFake-paid-key-of-the-mapping-0000zzzz",
	VERTEX_EXPRESS_BASE_URL:
		"https://relay.example/v1beta1/publishers/google",
	TTS_MODEL: "gemini-2.5-flash-preview-tts",
	TTS_SPEED: "slow",
	TTS_VOICE_NAME: "Zephyr",
	CREATE_IMAGE_MODEL: "gemini-2.5-flash-image",
	UPLOAD_PROVIDER: "smms",
	SMMS_SECRET_TOKEN: "a-token-of-the-mapping",
	PICGO_API_KEY: "a-key-of-the-mapping",
	PICGO_API_URL: "https://picgo.example/api/1/upload",
	CLOUDFLARE_IMGBED_URL: "https://imgbed.example/upload",
	CLOUDFLARE_IMGBED_AUTH_CODE: "a-code-of-the-mapping",
	CLOUDFLARE_IMGBED_UPLOAD_FOLDER: "pictures",
	OSS_ENDPOINT: "oss-cn-shanghai.aliyuncs.com",
	OSS_ENDPOINT_INNER: "oss-cn-shanghai-internal.aliyuncs.com",
	OSS_ACCESS_KEY: "access-key-of-the-mapping",
	OSS_ACCESS_KEY_SECRET: "access-secret-of-the-mapping",
	OSS_BUCKET_NAME: "pictures",
	OSS_REGION: "cn-shanghai",
	FILES_CLEANUP_ENABLED: "false",
	FILES_CLEANUP_INTERVAL_HOURS: "5",
	FILES_USER_ISOLATION_ENABLED: "false",
};

/* Of no meaning here; README.md says why. */
export const WITHOUT_MEANING = [
	"DATABASE_TYPE", "MYSQL_DATABASE", "MYSQL_HOST", "MYSQL_PASSWORD",
	"MYSQL_PORT", "MYSQL_USER",
];

/* Of parts that this version has not; README.md says which. */
export const NOT_YET = [];
