/* test_multipart.c: forms as clients send them, and as nobody should */
#include "unit.h"

#include <stdlib.h>

#include "base/buf.h"
#include "dialect/multipart.h"

#define TYPE "multipart/form-data; boundary=BB"
#define END  "--BB--\r\n"
#define HEAD "--BB\r\nContent-Disposition: form-data; name="

/* A text of its own bytes, so that a read past its end is seen. */
static enum gb_err
read_form(const char *type, const char *body, size_t len, struct multipart *out,
	  struct api_error *err)
{
	static char *copy; /* lives until the next one */

	free(copy);
	copy = malloc(len > 0 ? len : 1);
	assert_non_null(copy);
	memcpy(copy, body, len);
	api_error_clear(err);
	return multipart_read(type, copy, len, out, err);
}

static void
print_text(struct buf *out, const char *label, struct text text)
{
	buf_puts(out, label);
	if (text.ptr == NULL)
		buf_putc(out, '-');
	else
		buf_add(out, text.ptr, text.len);
}

static void
print_form(struct buf *out, const struct multipart *form)
{
	size_t i;

	for (i = 0; i < form->count; i++) {
		print_text(out, "[", form->parts[i].name);
		print_text(out, "|", form->parts[i].file_name);
		print_text(out, "|", form->parts[i].type);
		print_text(out, "|", form->parts[i].data);
		buf_putc(out, ']');
	}
}

static void
test_forms(void **state)
{
	static const struct {
		const char *type, *body, *want;
	} cases[] = {
	    {TYPE, HEAD "\"a\"\r\n\r\n1\r\n" END, "[a|-|-|1]"},
	    {TYPE, HEAD "\"a\"\r\n\r\n1\r\n--BB--", "[a|-|-|1]"},
	    {TYPE, HEAD "\"a\"\r\n\r\n1\r\n--BB--rest", "[a|-|-|1]"},
	    {TYPE, HEAD "a\r\n\r\n\r\n" END, "[a|-|-|]"},
	    {TYPE, END, ""},
	    {TYPE, "before\r\n" HEAD "\"a\"\r\n\r\n1\r\n" END, "[a|-|-|1]"},
	    {TYPE, "\r\n" HEAD "\"a\"\r\n\r\n1\r\n" END, "[a|-|-|1]"},
	    {TYPE,
	     "--BB \t\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"
	     "1\r\n--BB \r\ncontent-disposition:form-data;NAME=b\r\n\r\n2\r\n"
	     "--BB--",
	     "[a|-|-|1][b|-|-|2]"},
	    {TYPE,
	     HEAD "\"image[]\"; filename=\"a;b.png\"\r\n"
		  "Content-Type: image/png\r\nX-Other: 1\r\n\r\n\x89PNG\r\n"
		  "\r\n" HEAD "\"image[]\"; filename=\"\"\r\n\r\n--BB\r\n" END,
	     "[image[]|a;b.png|image/png|\x89PNG\r\n]"
	     "[image[]||-|--BB]"},
	    /* what looks like a boundary */
	    {TYPE, HEAD "\"a\"\r\n\r\n1\r\n--BBY\r\n--X\r\n--BB-\r\n" END,
	     "[a|-|-|1\r\n--BBY\r\n--X\r\n--BB-]"},
	    {TYPE, HEAD "\"a\"\r\n\r\n1\n--BB--\r\n" END, "[a|-|-|1\n--BB--]"},
	    {TYPE, HEAD "\"a\\\"b;c\"; filename*=UTF-8''x.png\r\n\r\n1\r\n" END,
	     "[a\\\"b;c|UTF-8''x.png|-|1]"},
	    {TYPE,
	     HEAD "\"a\"\r\nContent-Transfer-Encoding: binary\r\n\r\n1\r\n" END,
	     "[a|-|-|1]"},
	    {"Multipart/Form-Data; charset=utf-8; Boundary=\"a b\"",
	     "--a b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n"
	     "--a b--",
	     "[a|-|-|1]"},
	};
	struct multipart form;
	struct api_error err;
	struct buf have;
	size_t i;

	(void)state;
	buf_init(&have, 65536);
	for (i = 0; i < GB_COUNT(cases); i++) {
		buf_reset(&have);
		CHECK_INT(cases[i].body,
			  read_form(cases[i].type, cases[i].body,
				    strlen(cases[i].body), &form, &err),
			  GB_OK);
		print_form(&have, &form);
		CHECK_STR(cases[i].body, buf_str(&have), cases[i].want);
	}
	buf_release(&have);
}

static void
test_bad_forms(void **state)
{
	static const struct {
		const char *type, *body, *why;
	} cases[] = {
	    {NULL, END, "boundary"},
	    {"", END, "boundary"},
	    {"application/json", END, "multipart/form-data"},
	    {"multipart/form-data", END, "boundary"},
	    {"multipart/form-data; boundary=", END, "boundary"},
	    {"multipart/form-data; boundary=\"\"", END, "boundary"},
	    {"multipart/form-data; boundary="
	     "1234567890123456789012345678901234567890"
	     "1234567890123456789012345678901",
	     END, "70 bytes"},
	    {"multipart/mixed; boundary=BB", END, "multipart/form-data"},
	    {TYPE, "", "part 1"},
	    {TYPE, "--BB", "part 1"},
	    {TYPE, "--BB\r", "part 1"},
	    {TYPE, "--BB-", "part 1"},
	    {TYPE, "--BB\r\n", "headers do not end"},
	    {TYPE, "--BBB\r\n\r\n", "part 1"},
	    {TYPE, "--BB\r\n\r\n1\r\n" END, "no name"},
	    {TYPE, HEAD "\"\"\r\n\r\n1\r\n" END, "no name"},
	    {TYPE, HEAD "\"a\"\r\n1\r\n" END, "headers do not end"},
	    {TYPE, HEAD "\"a\"\r\n\r\n1", "part 1: the boundary that ends"},
	    {TYPE, HEAD "\"a\"\r\n\r\n1\r\n--BB", "part 1"},
	    {TYPE, HEAD "\"a\"\r\n\r\n1\r\n" HEAD "b\r\n\r\n", "part 2"},
	    {TYPE, HEAD "\"a\"\r\n\r\n1\r\n--BB\r\n", "part 2"},
	    {TYPE,
	     "--BB\r\nContent-Disposition: attachment; name=a\r\n\r\n1\r\n" END,
	     "not form-data"},
	    {TYPE,
	     HEAD "a\r\nContent-Transfer-Encoding: BASE64\r\n\r\n1\r\n" END,
	     "Transfer-Encoding"},
	};
	struct multipart form;
	struct api_error err;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		form.count = 7;
		CHECK_INT(cases[i].body,
			  read_form(cases[i].type, cases[i].body,
				    strlen(cases[i].body), &form, &err),
			  GB_EINVAL);
		CHECK_INT(cases[i].body, form.count, 0);
		CHECK_INT(cases[i].body, err.fault, FAULT_INVALID);
		if (strstr(err.message, cases[i].why) == NULL)
			fail_msg("%s: have \"%s\", want \"%s\" in it",
				 cases[i].body, err.message, cases[i].why);
	}
}

static void
test_limits(void **state)
{
	struct multipart form;
	struct api_error err;
	struct buf body;
	int parts;
	size_t i;

	(void)state;
	buf_init(&body, 1 << 20);
	for (parts = MULTIPART_PARTS_MAX; parts <= MULTIPART_PARTS_MAX + 1;
	     parts++) {
		buf_reset(&body);
		for (i = 0; i < (size_t)parts; i++)
			buf_puts(&body, HEAD "a\r\n\r\n1\r\n");
		buf_puts(&body, END);
		CHECK_INT("parts",
			  read_form(TYPE, buf_str(&body), body.len, &form,
				    &err),
			  parts > MULTIPART_PARTS_MAX ? GB_EINVAL : GB_OK);
	}
	CHECK_STR("parts", err.message,
		  "The request body is not a valid form: part 129: there are "
		  "too many.");
	buf_reset(&body);
	buf_puts(&body, HEAD "a\r\nX: ");
	for (i = 0; i < MULTIPART_HEADERS_MAX; i++)
		buf_putc(&body, 'x');
	buf_puts(&body, "\r\n\r\n1\r\n" END);
	CHECK_INT("headers",
		  read_form(TYPE, buf_str(&body), body.len, &form, &err),
		  GB_EINVAL);
	CHECK("headers", strstr(err.message, "too long") != NULL);
	buf_release(&body);
}

static void
test_find(void **state)
{
	static const char body[] = HEAD
	    "a\r\n\r\n1\r\n" HEAD "b\r\n\r\n2\r\n" HEAD "a\r\n\r\n3\r\n" END;
	struct multipart form;
	struct api_error err;

	(void)state;
	CHECK_INT("find", read_form(TYPE, body, sizeof(body) - 1, &form, &err),
		  GB_OK);
	CHECK("the last of two", multipart_find(&form, "a") == &form.parts[2]);
	CHECK("of one", multipart_find(&form, "b") == &form.parts[1]);
	CHECK("of none", multipart_find(&form, "c") == NULL);
	CHECK("a form", multipart_is(TYPE));
	CHECK("no form", !multipart_is("multipart/form-dataa; boundary=BB"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_bad_forms),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
