/* test_schema.c: JSON Schemas as Gemini takes them, whole and in its words */
#include "unit.h"

#include <stdbool.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "dialect/json_in.h"
#include "dialect/schema.h"

#define OUT_MAX (8u << 20)

struct schema_case {
	const char *what, *in, *want;
};

/* For parametersJsonSchema: nearly everything stays. */
static const struct schema_case whole[] = {
    {"stays as it is",
     "{'type':'object','properties':{'a':{'type':['string','null'],"
     "'minLength':1,'default':{'x-y':1}}},'required':['a'],"
     "'additionalProperties':false,'examples':[{'strict':1}]}",
     "{'type':'object','properties':{'a':{'type':['string','null'],"
     "'minLength':1,'default':{'x-y':1}}},'required':['a'],"
     "'additionalProperties':false,'examples':[{'strict':1}]}"},
    {"left out", "{'$schema':'s','strict':true,'x-a':1,'type':'string'}",
     "{'type':'string'}"},
    {"names of properties are not keywords",
     "{'properties':{'$schema':{'type':'string'},'strict':{},'x-a':{},"
     "'const':{'x-b':1},'$ref':{'type':'null'}}}",
     "{'properties':{'$schema':{'type':'string'},'strict':{},'x-a':{},"
     "'const':{},'$ref':{'type':'null'}}}"},
    {"definitions",
     "{'definitions':{'A':{'type':'string','x-a':1}},"
     "'properties':{'a':{'$ref':'#/definitions/A'}}}",
     "{'$defs':{'A':{'type':'string'}},"
     "'properties':{'a':{'$ref':'#/$defs/A'}}}"},
    {"siblings of a reference",
     "{'$ref':'#/$defs/A','description':'d','$defs':{'A':{'type':'string'}}}",
     "{'$ref':'#/$defs/A','$defs':{'A':{'type':'string'}}}"},
    {"allOf of one reference",
     "{'properties':{'a':{'allOf':[{'$ref':'#/$defs/A'}],'title':'t'}},"
     "'$defs':{'A':{'type':'string'}}}",
     "{'properties':{'a':{'$ref':'#/$defs/A'}},"
     "'$defs':{'A':{'type':'string'}}}"},
    {"allOf merged",
     "{'title':'t','properties':{'a':{'type':'string'}},'required':['a'],"
     "'allOf':[{'$ref':'#/$defs/B'},{'title':'u','properties':{'a':{},'c':"
     "{'type':'null'}},'required':['c','a']}],"
     "'$defs':{'B':{'type':'object','properties':{'b':{'type':'integer'}},"
     "'required':['b']}}}",
     "{'title':'t','properties':{'a':{'type':'string'},'b':{'type':'integer'},"
     "'c':{'type':'null'}},'required':['a','b','c'],"
     "'$defs':{'B':{'type':'object','properties':{'b':{'type':'integer'}},"
     "'required':['b']}},'type':'object'}"},
    {"constants",
     "{'anyOf':[{'const':'a'},{'const':1},{'const':true},{'const':null},"
     "{'const':'a','enum':['a','b']}]}",
     "{'anyOf':[{'enum':['a']},{'enum':[1]},{'type':'boolean'},"
     "{'type':'null'},{'enum':['a','b']}]}"},
    {"items as a list", "{'type':'array','items':[{'x-a':1},true]}",
     "{'type':'array','prefixItems':[{},{}]}"},
    {"true and false",
     "{'properties':{'a':true},'items':{'not':false},"
     "'additionalProperties':true}",
     "{'properties':{'a':{}},'items':{'not':false},"
     "'additionalProperties':true}"},
    {"wrong types",
     "{'properties':[],'required':'a','anyOf':{},'$defs':1,'items':7,"
     "'type':'string'}",
     "{'type':'string'}"},
    {"cycle by allOf ends",
     "{'properties':{'n':{'allOf':[{'$ref':'#'},{'title':'t'}]}}}",
     "{'properties':{'n':{'properties':{'n':{'type':'object'}},"
     "'title':'t'}}}"},
    {"cycle by reference stays",
     "{'$defs':{'N':{'properties':{'n':{'$ref':'#/$defs/N'}}}},"
     "'properties':{'n':{'$ref':'#/$defs/N'}}}",
     "{'$defs':{'N':{'properties':{'n':{'$ref':'#/$defs/N'}}}},"
     "'properties':{'n':{'$ref':'#/$defs/N'}}}"},
    {"empty", "{}", "{}"},
};

/* For parameters: only what Google's Schema message has. */
static const struct schema_case proto[] = {
    {"left out",
     "{'$schema':'s','type':'object','properties':{'a':{'type':'string',"
     "'x-a':1,'examples':[1],'contentEncoding':'b'}},"
     "'additionalProperties':false,'patternProperties':{},'$id':'i'}",
     "{'type':'object','properties':{'a':{'type':'string'}}}"},
    {"kept beside its type only",
     "{'properties':{'a':{'type':'string','minLength':1,'maxLength':5,"
     "'pattern':'p','minimum':1,'minItems':1,'description':'d','title':'t',"
     "'default':'x','example':'y'},'b':{'type':'integer','minimum':1,"
     "'maximum':2,'minLength':1,'description':7}}}",
     "{'type':'object','properties':{'a':{'description':'d','title':'t',"
     "'default':'x','example':'y','type':'string','minLength':1,'maxLength':5,"
     "'pattern':'p'},'b':{'type':'integer','minimum':1,'maximum':2}}}"},
    {"types in capitals", "{'properties':{'a':{'type':'STRING'}}}",
     "{'type':'object','properties':{'a':{'type':'string'}}}"},
    {"type or null", "{'properties':{'a':{'type':['string','null']}}}",
     "{'type':'object','properties':{'a':{'nullable':true,'type':'string'}}}"},
    {"several types",
     "{'properties':{'a':{'type':['string','integer','null'],'minimum':3,"
     "'description':'d'}}}",
     "{'type':'object','properties':{'a':{'description':'d','nullable':true,"
     "'anyOf':[{'type':'string'},{'type':'integer','minimum':3}]}}}"},
    {"null alone", "{'properties':{'a':{'type':'null'}}}",
     "{'type':'object','properties':{'a':{'type':'null'}}}"},
    {"anyOf with null",
     "{'properties':{'a':{'anyOf':[{'type':'integer','minimum':1},"
     "{'type':'null'}],'title':'T','default':null}}}",
     "{'type':'object','properties':{'a':{'title':'T','nullable':true,"
     "'type':'integer','minimum':1}}}"},
    {"oneOf becomes anyOf",
     "{'properties':{'a':{'type':'string','description':'d','oneOf':["
     "{'type':'string'},{'type':'integer'},{'const':null}]}}}",
     "{'type':'object','properties':{'a':{'description':'d','nullable':true,"
     "'anyOf':[{'type':'string'},{'type':'integer'}]}}}"},
    {"alternatives within the only alternative",
     "{'properties':{'a':{'anyOf':[{'type':'null'},{'anyOf':[{'type':"
     "'string'},{'type':'boolean'}]}]}}}",
     "{'type':'object','properties':{'a':{'nullable':true,'anyOf':["
     "{'type':'string'},{'type':'boolean'}]}}}"},
    {"enums",
     "{'properties':{'a':{'enum':['x','','y']},'b':{'type':'integer','enum':"
     "[1,2]},'c':{'const':'k'},'d':{'const':5},'e':{'const':true},"
     "'f':{'type':'string','enum':['x',null]}}}",
     "{'type':'object','properties':{'a':{'type':'string','enum':['x','y']},"
     "'b':{'type':'string','enum':['1','2']},"
     "'c':{'type':'string','enum':['k']},'d':{'type':'string','enum':['5']},"
     "'e':{'type':'boolean'},"
     "'f':{'nullable':true,'type':'string','enum':['x']}}}"},
    {"formats",
     "{'properties':{'a':{'type':'string','format':'date-time'},"
     "'b':{'type':'string','format':'uri'},'c':{'type':'integer','format':"
     "'int64'},'d':{'type':'string','format':'int32'}}}",
     "{'type':'object','properties':{'a':{'type':'string','format':"
     "'date-time'},'b':{'type':'string'},'c':{'type':'integer','format':"
     "'int64'},'d':{'type':'string'}}}"},
    {"exclusive bounds",
     "{'properties':{'a':{'type':'integer','exclusiveMinimum':3,"
     "'exclusiveMaximum':9},'b':{'type':'number','exclusiveMinimum':3}}}",
     "{'type':'object','properties':{'a':{'type':'integer','minimum':4,"
     "'maximum':8},'b':{'type':'number'}}}"},
    {"arrays say of what",
     "{'properties':{'a':{'type':'array'},'b':{'type':'array','items':{}},"
     "'c':{'items':{'type':'integer'},'minItems':1},'d':{'prefixItems':["
     "{'type':'number'},{'type':'string'}]},'e':{'type':'array','items':true}}"
     "}",
     "{'type':'object','properties':{'a':{'type':'array','items':{'type':"
     "'string'}},'b':{'type':'array','items':{'type':'string'}},'c':{'type':"
     "'array','minItems':1,'items':{'type':'integer'}},'d':{'type':'array',"
     "'items':{'type':'number'}},'e':{'type':'array','items':{'type':"
     "'string'}}}}"},
    {"required of what is there",
     "{'properties':{'a':{},'b':{}},'required':['a','zz','b','a',5]}",
     "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':"
     "'string'}},'required':['a','b']}"},
    {"empty properties",
     "{'properties':{'a':{'type':'object','properties':{}}}}",
     "{'type':'object','properties':{'a':{'type':'object'}}}"},
    {"references",
     "{'$defs':{'A/B':{'type':'integer','description':'old'}},'definitions':"
     "{'C':{'type':'boolean'}},'properties':{'a':{'$ref':'#/$defs/A~1B',"
     "'description':'new'},'c':{'$ref':'#/definitions/C'},'d':{'$ref':"
     "'#/nowhere'},'e':{'$ref':'http://x/y'}}}",
     "{'type':'object','properties':{'a':{'description':'new','type':"
     "'integer'},'c':{'type':'boolean'},'d':{'type':'string'},'e':{'type':"
     "'string'}}}"},
    {"allOf",
     "{'allOf':[{'properties':{'a':{'type':'string'}},'required':['a']},"
     "{'properties':{'b':{'type':'string'}},'required':['b']}]}",
     "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':"
     "'string'}},'required':['a','b']}"},
    {"a list of itself",
     "{'$defs':{'N':{'type':'object','properties':{'v':{'type':'string'},"
     "'next':{'$ref':'#/$defs/N'}}}},'$ref':'#/$defs/N'}",
     "{'type':'object','properties':{'v':{'type':'string'},'next':{'type':"
     "'object','properties':{'v':{'type':'string'},'next':{'type':'object'}}}}"
     "}"},
    {"a reference to itself", "{'$ref':'#'}", "{'type':'object'}"},
    {"wrong types",
     "{'type':7,'properties':{'a':5,'b':{'type':'frob','items':3,'anyOf':7,"
     "'required':true,'minLength':'x'}},'required':{}}",
     "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':"
     "'array','items':{'type':'string'}}}}"},
    {"empty", "{}", "{'type':'object'}"},
};

/* JSON with ' for ", to be readable in C. */
static void
quote(struct buf *out, const char *text)
{
	buf_reset(out);
	for (; *text != '\0'; text++)
		buf_putc(out, *text == '\'' ? '"' : *text);
}

static struct json_object *
parse(const char *what, const char *text, size_t len)
{
	struct json_object *value;
	struct api_error err;

	if (json_read(text, len, &value, &err) != GB_OK)
		fail_msg("%s: %s: %s", what, err.message, text);
	return value;
}

/* The order of members counts too: compared as text. */
static void
run(const struct schema_case *c,
    enum gb_err (*write)(struct json_out *, struct json_object *))
{
	struct json_object *schema;
	struct json_out out;
	struct buf have, want;

	buf_init(&have, OUT_MAX);
	buf_init(&want, OUT_MAX);
	quote(&want, c->in);
	schema = parse(c->what, want.data, want.len);
	quote(&want, c->want);
	jout_init(&out, &have);
	CHECK_INT(c->what, write(&out, schema), GB_OK);
	CHECK_STR(c->what, buf_str(&have), buf_str(&want));
	json_object_put(schema);
	buf_release(&have);
	buf_release(&want);
}

static void
test_whole(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(whole); i++)
		run(&whole[i], schema_write_json);
}

static void
test_proto(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(proto); i++)
		run(&proto[i], schema_write_proto);
}

/* A schema of a few KiB that would be written as 2^40 subschemas. */
static void
test_explosion(void **state)
{
	struct json_object *schema;
	struct json_out out;
	struct buf text, have;
	int i;

	(void)state;
	buf_init(&text, OUT_MAX);
	buf_init(&have, OUT_MAX);
	buf_puts(&text, "{\"$ref\":\"#/$defs/a0\",\"$defs\":{");
	for (i = 0; i < 40; i++)
		buf_printf(&text,
			   "\"a%d\":{\"properties\":{\"x\":{\"$ref\":"
			   "\"#/$defs/a%d\"},\"y\":{\"$ref\":\"#/$defs/a%d\"}}}"
			   ",",
			   i, i + 1, i + 1);
	buf_puts(&text, "\"a40\":{}}}");
	schema = parse("explosion", text.data, text.len);
	jout_init(&out, &have);
	CHECK_INT("explosion", schema_write_proto(&out, schema), GB_ETOOBIG);
	CHECK("explosion", have.len < OUT_MAX);
	buf_reset(&have);
	jout_init(&out, &have);
	CHECK_INT("references stay", schema_write_json(&out, schema), GB_OK);
	json_object_put(schema);
	buf_release(&text);
	buf_release(&have);
}

/* Deeper than Gemini would read. */
static void
test_depth(void **state)
{
	struct json_object *schema, *inner;
	struct json_out out;
	struct buf have;
	int i;

	(void)state;
	schema = json_object_new_object();
	for (i = 0; i < SCHEMA_DEPTH_MAX; i++) {
		inner = schema;
		schema = json_object_new_object();
		json_object_object_add(schema, "items", inner);
		json_object_object_add(schema, "type",
				       json_object_new_string("array"));
	}
	buf_init(&have, OUT_MAX);
	jout_init(&out, &have);
	CHECK_INT("whole", schema_write_json(&out, schema), GB_ETOOBIG);
	jout_init(&out, &have);
	CHECK_INT("proto", schema_write_proto(&out, schema), GB_ETOOBIG);
	json_object_put(schema);
	buf_release(&have);
}

static void
test_empty(void **state)
{
	static const struct {
		const char *in;
		bool want;
	} cases[] = {
	    {"{}", true},
	    {"{\"type\":\"object\"}", true},
	    {"{\"type\":\"object\",\"properties\":{}}", true},
	    {"{\"type\":\"string\"}", false},
	    {"{\"properties\":{\"a\":{}}}", false},
	    {"{\"$ref\":\"#/$defs/A\"}", false},
	};
	struct json_object *schema;
	size_t i;

	(void)state;
	for (i = 0; i < GB_COUNT(cases); i++) {
		schema = parse(cases[i].in, cases[i].in, strlen(cases[i].in));
		CHECK_INT(cases[i].in, schema_is_empty(schema), cases[i].want);
		json_object_put(schema);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),     cmocka_unit_test(test_proto),
	    cmocka_unit_test(test_explosion), cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
