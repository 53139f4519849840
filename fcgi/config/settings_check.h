/*
 * settings_check.h: what a text of a setting may be, beyond its type.  The
 * functions are columns of the settings table; see setting_check there.
 */
#ifndef GB_CONFIG_SETTINGS_CHECK_H
#define GB_CONFIG_SETTINGS_CHECK_H

#include "config/settings_fault.h"

/* Printable ASCII without spaces: what can be a header's value unharmed. */
enum setting_unfit check_word(const char *text);

/* Letters only: what may stand between "<" and ">". */
enum setting_unfit check_tag(const char *text);

/* As check_word(), and none of the tokens that stand in every README. */
enum setting_unfit check_token(const char *text);

/* No control characters. */
enum setting_unfit check_path(const char *text);

/* A file that this process can read. */
enum setting_unfit check_readable(const char *text);

/* http:// or https://, a host, perhaps a path; no user, query or fragment. */
enum setting_unfit check_base_url(const char *text);

/* The same, where http:// or https:// may be missing. */
enum setting_unfit check_endpoint(const char *text);

/* How chats give pictures: images, markdown or both. */
enum setting_unfit check_chat_images(const char *text);

/* The name of a voice. */
enum setting_unfit check_voice(const char *text);

/* A name that clients have for one. */
enum setting_unfit check_voice_pair(const char *name, const char *voice);

/* A speed of dialect/audio/speech_request.h. */
enum setting_unfit check_speed(const char *text);

/* A host for pictures that hosting/hosts.c knows, or "local". */
enum setting_unfit check_provider(const char *text);

/* The name of a bucket: lower-case letters, digits, "-" and "."; S3's old ones
 * have capitals and "_". */
enum setting_unfit check_bucket(const char *text);

/* A region's name: letters, digits and "-". */
enum setting_unfit check_region(const char *text);

/* An address, or a network such as "10.0.0.0/8" or "fd00::/8". */
enum setting_unfit check_network(const char *text);

/* A URL as check_base_url() wants it, or nothing. */
enum setting_unfit check_url_or_none(const char *text);

/* A proxy's URL, or "direct". */
enum setting_unfit check_proxy(const char *text);

/* The origin of a web page as browsers send it, or "*". */
enum setting_unfit check_origin(const char *text);

/* A zone of time that this system knows. */
enum setting_unfit check_zone(const char *text);

/* A model's name as it can stand in a URL. */
enum setting_unfit check_model(const char *text);

/* A path of a URL: "/", "/gbalance", "/~me/gbalance.fcgi". */
enum setting_unfit check_mount(const char *text);

/* A header that may go to upstream beside ours. */
enum setting_unfit check_header(const char *name, const char *value);

/* A harm category and threshold that the Gemini API knows. */
enum setting_unfit check_safety(const char *category, const char *threshold);

/* A name for a model. */
enum setting_unfit check_alias(const char *alias, const char *model);

/* A pattern of models' names, and facts of dialect/models.h. */
enum setting_unfit check_model_facts(const char *pattern, const char *facts);

/* The name of a pair is a model's. */
enum setting_unfit check_model_pair(const char *model, const char *value);

/* Drop a trailing "/". */
void tidy_url(char *text);

/* Drop a trailing "/" and the API version that users of Gemini Balance write
 * at the end of BASE_URL. */
void tidy_base_url(char *text);

/* Drop "models/" at the start. */
void tidy_model(char *text);

/* Drop a trailing "/", but keep "/" itself. */
void tidy_mount(char *text);

#endif
