/*
 * settings.h: every setting, typed, as one immutable snapshot.
 *
 * One table (settings_table.c) drives gbalance.cfg, the environment, what an
 * admin changed in the database, and "gbalance check-config".  A later layer
 * wins: default < gbalance.cfg < environment < database.
 */
#ifndef GB_CONFIG_SETTINGS_H
#define GB_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"

/* A list of strings; "items" and each item belong to the settings. */
struct string_list {
	char **items;
	size_t count;
};

struct string_pair {
	char *name, *value;
};

/* A list of name and value, in the order in which they were written. */
struct string_pairs {
	struct string_pair *items;
	size_t count;
};

enum settings_layer {
	LAYER_DEFAULT,
	LAYER_FILE,
	LAYER_ENVIRONMENT,
	LAYER_DATABASE,
	LAYER__MAX
};

/*
 * The values.  Times are in the unit of the name.  Strings are never NULL:
 * unset is "".  The snapshot does not change after settings_load().
 */
struct settings {
	/* keys and tokens */
	struct string_list api_keys;	    /* API_KEYS, secret */
	struct string_list allowed_tokens;  /* ALLOWED_TOKENS, secret */
	struct string_list vertex_api_keys; /* VERTEX_API_KEYS, secret */
	char *paid_key;			    /* PAID_KEY, secret; "": none */
	char *auth_token;		    /* AUTH_TOKEN, secret; "": none */

	/* upstream */
	char *base_url; /* BASE_URL; without a trailing / or API version */
	char *vertex_express_base_url; /* VERTEX_EXPRESS_BASE_URL; with version
					  and publisher, no trailing / */
	int64_t connect_timeout_ms;    /* CONNECT_TIMEOUT, seconds in files */
	int64_t first_byte_timeout_ms; /* TIME_OUT */
	int64_t idle_timeout_ms;       /* IDLE_TIMEOUT: silence in a body */
	int64_t total_timeout_ms;      /* TOTAL_TIMEOUT: one attempt in all */
	int64_t max_retries;	       /* MAX_RETRIES */
	int64_t retry_budget_ms;       /* RETRY_BUDGET: no new try after it */
	int64_t wait_for_key_ms;       /* WAIT_FOR_KEY; 0: never */
	int64_t hedge_after_ms;	       /* HEDGE_AFTER; 0: never */
	struct string_pairs custom_headers; /* CUSTOM_HEADERS */
	struct string_list proxies;	    /* PROXIES, secret (passwords) */
	bool proxies_by_key;	/* PROXIES_USE_CONSISTENCY_HASH_BY_API_KEY */
	int64_t exit_check_ms;	/* EXIT_CHECK_INTERVAL; 0: never */
	char *exit_address_url; /* EXIT_ADDRESS_URL; "": nobody is asked */
	char *ca_file;		/* CA_FILE: extra trust, "": the system's */

	/* key health */
	int64_t max_failures;	      /* MAX_FAILURES in a row until disabled */
	int64_t check_interval_hours; /* CHECK_INTERVAL_HOURS; 0: never */
	char *test_model;	      /* TEST_MODEL */

	/* models and requests */
	int64_t models_hours; /* MODELS_HOURS a list is fresh; 0: never */
	struct string_list filtered_models;  /* FILTERED_MODELS */
	struct string_pairs safety_settings; /* SAFETY_SETTINGS: category and
						threshold */
	struct string_pairs model_aliases;   /* MODEL_ALIASES: alias, model */
	struct string_pairs model_facts;  /* MODEL_FACTS: pattern and facts */
	struct string_list search_models; /* SEARCH_MODELS */
	struct string_list image_models;  /* IMAGE_MODELS */
	char *create_image_model; /* CREATE_IMAGE_MODEL: the one that draws */
	char *transcribe_model;	  /* TRANSCRIBE_MODEL: the one that listens */
	char *moderation_model;	  /* MODERATION_MODEL: the one that judges */
	char *tts_model;	  /* TTS_MODEL: the one that speaks */
	char *tts_voice_name;	  /* TTS_VOICE_NAME: Gemini's, or OpenAI's */
	char *tts_speed;	  /* TTS_SPEED: as speech_speed_parse() takes */
	struct string_pairs voices; /* VOICES: name and Gemini's voice */
	char *chat_images; /* CHAT_IMAGES: "images", "markdown", "both" */
	struct string_list thinking_models;	 /* THINKING_MODELS */
	struct string_pairs thinking_budget_map; /* THINKING_BUDGET_MAP: model
						    and tokens, a number */
	bool show_thinking_process;		 /* SHOW_THINKING_PROCESS */
	char *thought_tag; /* THOUGHT_TAG: "thought", "think" …; "": none */
	bool show_search_link; /* SHOW_SEARCH_LINK */
	bool code_execution;   /* TOOLS_CODE_EXECUTION_ENABLED */
	bool url_context;      /* URL_CONTEXT_ENABLED */
	struct string_list url_context_models; /* URL_CONTEXT_MODELS; none: all
						  that take it */
	bool fetch_urls; /* FETCH_URLS: fetch files by URL; else Google does */
	int64_t fetch_max;	  /* FETCH_MAX bytes of one */
	int64_t fetch_timeout_ms; /* FETCH_TIMEOUT: all of a request's */
	bool fetch_private; /* FETCH_PRIVATE: from one's own network, too */
	bool strict; /* STRICT: a field that cannot be honoured is a 400 */
	int64_t signatures_max;	 /* SIGNATURES_MAX kept; 0: none */
	int64_t signature_hours; /* SIGNATURE_HOURS that one is kept */

	/* pictures that clients want as URLs */
	char *upload_provider;	     /* UPLOAD_PROVIDER: "local", "smms" … */
	int64_t upload_timeout_ms;   /* UPLOAD_TIMEOUT: one upload in all */
	char *public_url;	     /* PUBLIC_URL, with our mount, without a
					trailing /; "": ask the web server */
	char *pictures_dir;	     /* PICTURES_DIR of provider "local" */
	int64_t pictures_max;	     /* PICTURES_MAX bytes of all in it */
	int64_t pictures_days;	     /* PICTURES_DAYS; 0: until it is full */
	char *smms_secret_token;     /* SMMS_SECRET_TOKEN, secret */
	char *smms_api_url;	     /* SMMS_API_URL */
	char *picgo_api_key;	     /* PICGO_API_KEY, secret */
	char *picgo_api_url;	     /* PICGO_API_URL */
	char *imgbed_url;	     /* CLOUDFLARE_IMGBED_URL */
	char *imgbed_auth_code;	     /* CLOUDFLARE_IMGBED_AUTH_CODE, secret */
	char *imgbed_upload_folder;  /* CLOUDFLARE_IMGBED_UPLOAD_FOLDER */
	char *oss_endpoint;	     /* OSS_ENDPOINT, perhaps with a scheme */
	char *oss_endpoint_inner;    /* OSS_ENDPOINT_INNER, tried first */
	char *oss_access_key;	     /* OSS_ACCESS_KEY, secret */
	char *oss_access_key_secret; /* OSS_ACCESS_KEY_SECRET, secret */
	char *oss_bucket_name;	     /* OSS_BUCKET_NAME */
	char *oss_region;	     /* OSS_REGION; "": signature V1 */
	char *s3_endpoint;	     /* S3_ENDPOINT */
	char *s3_region;	     /* S3_REGION */
	char *s3_bucket;	     /* S3_BUCKET */
	char *s3_access_key_id;	     /* S3_ACCESS_KEY_ID, secret */
	char *s3_secret_access_key;  /* S3_SECRET_ACCESS_KEY, secret */
	char *s3_public_url; /* S3_PUBLIC_URL of the bucket; "": the endpoint's
			      */

	/* files and other things that belong to a key */
	bool files_isolation;	     /* FILES_USER_ISOLATION_ENABLED */
	bool files_cleanup;	     /* FILES_CLEANUP_ENABLED */
	int64_t files_cleanup_hours; /* FILES_CLEANUP_INTERVAL_HOURS */
	int64_t max_upload;	     /* MAX_UPLOAD bytes of a file */

	/* serving */
	char *database;		/* SQLITE_DATABASE: path of the file */
	char *secret_key_file;	/* SECRET_KEY_FILE; "": secrets are as they
				   are */
	char *base_path;	/* BASE_PATH: where we are mounted, without a
				   trailing /, "/" for the root; "": ask the
				   web server */
	bool url_normalization; /* URL_NORMALIZATION_ENABLED: mend paths */
	struct string_list cors_origins;      /* CORS_ORIGINS: "*" for any */
	struct string_list metrics_addresses; /* METRICS_ADDRESSES: networks */
	int64_t threads;       /* THREADS: most requests at once */
	int64_t max_body;      /* MAX_BODY bytes of a request */
	int64_t max_reply;     /* MAX_REPLY bytes of an unstreamed reply */
	int64_t stream_buffer; /* STREAM_BUFFER bytes waiting per stream */
	int64_t keepalive_interval_ms; /* KEEPALIVE_INTERVAL of silence */
	bool fake_stream;	       /* FAKE_STREAM_ENABLED: of every model */
	struct string_list fake_stream_models; /* FAKE_STREAM_MODELS: of these
						  in any case */
	int64_t fake_stream_interval_ms; /* FAKE_STREAM_EMPTY_DATA_INTERVAL_-
					    SECONDS: of silence meanwhile */
	bool stream_optimizer;		 /* STREAM_OPTIMIZER_ENABLED */
	int64_t stream_min_delay_ms;	 /* STREAM_MIN_DELAY, of long texts */
	int64_t stream_max_delay_ms;	 /* STREAM_MAX_DELAY, of short ones */
	int64_t stream_short_text; /* STREAM_SHORT_TEXT_THRESHOLD characters */
	int64_t stream_long_text;  /* STREAM_LONG_TEXT_THRESHOLD */
	int64_t stream_chunk;	   /* STREAM_CHUNK_SIZE characters */

	/* admin pages */
	int64_t admin_session_ms; /* ADMIN_SESSION_EXPIRE: without a request */
	bool trust_forwarded;	  /* TRUST_FORWARDED: X-Forwarded-… is true */
	char *templates_dir;	  /* TEMPLATES_DIR: the pages' files */
	char *static_dir;	  /* STATIC_DIR: their style and script */

	/* journal and log */
	bool delete_request_logs;   /* AUTO_DELETE_REQUEST_LOGS_ENABLED */
	bool delete_error_logs;	    /* AUTO_DELETE_ERROR_LOGS_ENABLED */
	bool record_failed_bodies;  /* ERROR_LOG_RECORD_REQUEST_BODY */
	int64_t request_log_days;   /* AUTO_DELETE_REQUEST_LOGS_DAYS; 0: keep */
	int64_t error_log_days;	    /* AUTO_DELETE_ERROR_LOGS_DAYS; 0: keep */
	int64_t journal_max;	    /* JOURNAL_MAX: bytes of both; 0: any */
	int64_t backup_every_hours; /* BACKUP_EVERY_HOURS; 0: none */
	char *backup_folder;	    /* BACKUP_FOLDER */
	int64_t backup_keep;	    /* BACKUP_KEEP copies */
	char *timezone;		  /* TIMEZONE: of times that are shown; "UTC" */
	enum log_level log_level; /* LOG_LEVEL */
	char *log_file;		  /* LOG_FILE; "": standard error */
};

/* A value that an admin changed, as the database has it: JSON text. */
struct settings_override {
	const char *name; /* a setting's name in gbalance.cfg */
	const char *json;
};

struct setting_fault; /* of config/settings_fault.h */

struct settings_load {
	const char *file; /* gbalance.cfg; NULL: none */
	char **environ; /* "NAME=value" strings, NULL-terminated; NULL: none */
	const struct settings_override *overrides; /* the database's */
	size_t override_count;
	struct setting_fault *first; /* where the first fault of a value goes;
					NULL: nowhere */
};

/*
 * Read all layers into "*out", to be freed with settings_free().  On failure
 * "*out" is NULL and every fault found is a line in "faults": "gbalance.cfg:12:
 * max_retries: must be a whole number from 0 to 63", with the file's path as it
 * was given, or with "environment" or "database" for the place.  GB_EINVAL for
 * faulty settings, GB_EIO when the file cannot be read, GB_ENOMEM.  Unknown
 * names are faults in the file and the database; in the environment only the
 * known names are looked at.  No fault repeats any of a value.
 */
enum gb_err settings_load(struct settings **out, const struct settings_load *,
			  struct buf *faults) GB_NODISCARD;
void settings_free(struct settings *);

/*
 * One value, as the database has it: append the value of the setting "name" to
 * "out" as JSON text, secrets too.  GB_ENOTFOUND: there is no such setting.
 */
enum gb_err settings_json(const struct settings *, const char *name,
			  struct buf *out) GB_NODISCARD;

/*
 * Append the usual form of "json", which is to be the value of the setting
 * "name" in the database, to "out".  GB_EINVAL: it is not fit, and "why" has
 * why; GB_ENOTFOUND: the database can hold no such setting; GB_ENOMEM.
 */
enum gb_err settings_json_tidy(const char *name, const char *json,
			       struct buf *out,
			       struct setting_fault *why) GB_NODISCARD;

/* The same for a variable "env" whose value in the environment is "text"; the
 * setting's name, a constant, is in "*name" (NULL: GB_ENOTFOUND, none). */
enum gb_err settings_json_of_env(const char *env, const char *text,
				 const char **name, struct buf *out,
				 struct setting_fault *why) GB_NODISCARD;

/* "text", as a list in the environment, as an array in "*list", which the
 * caller puts; GB_EINVAL: it is none, and "*list" is NULL. */
struct json_object;
enum gb_err settings_list_of_env(const char *text,
				 struct json_object **list) GB_NODISCARD;

/* Which layer gave the value of the setting of this name in gbalance.cfg. */
enum settings_layer settings_origin(const struct settings *, const char *name);

/* Print each setting, its value as gbalance.cfg would have it (secrets
 * masked), where it came from, its unit and what it is, one a line, into
 * "out". */
void settings_print(const struct settings *, struct buf *out);

#endif
