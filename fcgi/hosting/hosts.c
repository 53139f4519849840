/* hosts.c: the hosts there are, and what they have in common */
#include "hosting/host.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct host *const hosts[] = {
    &host_smms, &host_picgo, &host_imgbed, &host_aliyun_oss, &host_s3,
};

const struct host *
host_find(const char *name)
{
	size_t i;

	for (i = 0; i < GB_COUNT(hosts); i++)
		if (strcmp(hosts[i]->name, name) == 0)
			return hosts[i];
	return NULL;
}

/* --- requests ------------------------------------------------------------- */

struct buf *
host_header_add(struct host_request *rq, const char *name)
{
	struct host_header *header;

	header = &rq->headers[rq->count++];
	header->name = name;
	buf_init(&header->value, HOST_VALUE_MAX);
	return &header->value;
}

void
host_escape(struct buf *out, const char *text, const char *keep)
{
	for (; *text != '\0'; text++) {
		if ((*text >= 'a' && *text <= 'z') ||
		    (*text >= 'A' && *text <= 'Z') ||
		    (*text >= '0' && *text <= '9') ||
		    strchr("-._~", *text) != NULL || strchr(keep, *text))
			buf_putc(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned char)*text);
	}
}

void
host_form_begin(const struct host *host, const struct host_picture *picture,
		struct buf *body)
{
	buf_printf(body,
		   "--" HOST_FORM_BOUNDARY "\r\n"
		   "Content-Disposition: form-data; name=\"%s\"; "
		   "filename=\"%s\"\r\n"
		   "Content-Type: %s\r\n\r\n",
		   host->field, picture->name, picture->mime);
}

void
host_form_end(struct buf *body)
{
	buf_puts(body, "\r\n--" HOST_FORM_BOUNDARY "--\r\n");
}

/* --- answers -------------------------------------------------------------- */

bool
host_url_is_fit(const char *url, size_t len)
{
	size_t i;

	if (len > PICTURE_URL_MAX || (strncasecmp(url, "https://", 8) != 0 &&
				      strncasecmp(url, "http://", 7) != 0))
		return false;
	for (i = 0; i < len; i++)
		if (url[i] <= ' ' || url[i] > '~' ||
		    strchr("\"'<>()\\`", url[i]) != NULL)
			return false;
	return true;
}

void
host_xml_text(const struct host_answer *answer, const char *name,
	      struct buf *out)
{
	const char *at, *end;
	char tag[32];

	(void)snprintf(tag, sizeof(tag), "<%s>", name);
	at = answer->body == NULL ? NULL : strstr(answer->body, tag);
	if (at == NULL || (end = strchr(at + strlen(tag), '<')) == NULL)
		return;
	at += strlen(tag);
	buf_add(out, at, (size_t)(end - at));
}

void
host_xml_words(struct host_answer *answer)
{
	host_xml_text(answer, "Code", &answer->words);
	if (answer->words.len > 0)
		buf_puts(&answer->words, ": ");
	host_xml_text(answer, "Message", &answer->words);
}

size_t
host_secrets(const struct settings *cfg, const char *secrets[HOST_SECRETS_MAX])
{
	size_t count = 0;

	secrets[count++] = cfg->smms_secret_token;
	secrets[count++] = cfg->picgo_api_key;
	secrets[count++] = cfg->imgbed_auth_code;
	secrets[count++] = cfg->oss_access_key;
	secrets[count++] = cfg->oss_access_key_secret;
	secrets[count++] = cfg->s3_access_key_id;
	secrets[count++] = cfg->s3_secret_access_key;
	return count;
}
