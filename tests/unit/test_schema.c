/* test_schema.c: JSON Schemas as Gemini takes them, whole and in its words */
#include "unit.h"

#include <stdbool.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "base/buf.h"
#include "dialect/json/json_in.h"
#include "dialect/schema/schema.h"

#define OUT_MAX (8u << 20)

struct schema_case {
	const char *what, *in, *want;
	const char
	    *lost; /* names of what is lost, in their order; NULL: none */
};

/* For parametersJsonSchema: nearly everything stays. */
static const struct schema_case whole[] = {
    {"stays as it is",
     "{'type':'object','properties':{'a':{'type':['string','null'],"
     "'minLength':1,'default':{'x-y':1}}},'required':['a'],"
     "'additionalProperties':false,'examples':[{'strict':1}]}",
     "{'type':'object','properties':{'a':{'type':['string','null'],"
     "'minLength':1,'default':{'x-y':1}}},'required':['a'],"
     "'additionalProperties':false,'examples':[{'strict':1}]}",
     NULL},
    {"every keyword that Gemini knows",
     "{'$id':'i','$anchor':'a','type':'object','title':'t','description':'d',"
     "'properties':{'a':{'type':'array','items':{'type':'string','format':"
     "'uri','enum':['x']},'prefixItems':[{'type':'number','minimum':1,"
     "'maximum':2}],'minItems':1,'maxItems':3},'b':{'anyOf':[{'enum':[1,2]},"
     "{'oneOf':[{'type':'null'}]}]}},'propertyOrdering':['b','a'],'required':"
     "['a'],'additionalProperties':{'type':'boolean'},'$defs':{'D':{}}}",
     "{'$id':'i','$anchor':'a','type':'object','title':'t','description':'d',"
     "'properties':{'a':{'type':'array','items':{'type':'string','format':"
     "'uri','enum':['x']},'prefixItems':[{'type':'number','minimum':1,"
     "'maximum':2}],'minItems':1,'maxItems':3},'b':{'anyOf':[{'enum':[1,2]},"
     "{'oneOf':[{'type':'null'}]}]}},'propertyOrdering':['b','a'],'required':"
     "['a'],'additionalProperties':{'type':'boolean'},'$defs':{'D':{}}}",
     NULL},
    {"what is said to be ignored stays",
     "{'not':{'type':'null'},'multipleOf':3,'patternProperties':{'^a':"
     "{'const':1}},'if':{},'then':{'x-a':1},'nullable':true,'frob':[1]}",
     "{'not':{'type':'null'},'multipleOf':3,'patternProperties':{'^a':"
     "{'enum':[1]}},'if':{},'then':{},'nullable':true,'frob':[1]}",
     NULL},
    {"left out", "{'$schema':'s','strict':true,'x-a':1,'type':'string'}",
     "{'type':'string'}", NULL},
    {"names of properties are not keywords",
     "{'properties':{'$schema':{'type':'string'},'strict':{},'x-a':{},"
     "'const':{'x-b':1},'$ref':{'type':'null'},'definitions':{}}}",
     "{'properties':{'$schema':{'type':'string'},'strict':{},'x-a':{},"
     "'const':{},'$ref':{'type':'null'},'definitions':{}}}",
     NULL},
    {"definitions",
     "{'definitions':{'A':{'type':'string','x-a':1}},"
     "'properties':{'a':{'$ref':'#/definitions/A'}}}",
     "{'properties':{'a':{'$ref':'#/$defs/A'}},"
     "'$defs':{'A':{'type':'string'}}}",
     NULL},
    {"definitions of two names",
     "{'$defs':{'A':{'type':'string'}},'definitions':{'A':{'type':'null'},"
     "'B':{}},'properties':{'b':{'$ref':'#/definitions/B'}}}",
     "{'properties':{'b':{'$ref':'#/$defs/B'}},"
     "'$defs':{'A':{'type':'string'},'B':{}}}",
     "definitions"},
    {"definitions within",
     "{'properties':{'definitions':{'definitions':{'A':{'type':'null'}}},"
     "'b':{'$ref':'#/properties/definitions/definitions/A'}}}",
     "{'properties':{'definitions':{'$defs':{'A':{'type':'null'}}},"
     "'b':{'$ref':'#/properties/definitions/$defs/A'}}}",
     NULL},
    {"beside a reference only $ words",
     "{'items':{'$ref':'#/$defs/A','$comment':'c','x-a':1,'examples':[1]},"
     "'$defs':{'A':{'type':'string'}}}",
     "{'items':{'$ref':'#/$defs/A','$comment':'c'},"
     "'$defs':{'A':{'type':'string'}}}",
     NULL},
    {"the others go around it",
     "{'items':{'$ref':'#/$defs/A','description':'d','minimum':3},"
     "'$defs':{'A':{'type':'number'}}}",
     "{'items':{'anyOf':[{'$ref':'#/$defs/A'}],'description':'d',"
     "'minimum':3},'$defs':{'A':{'type':'number'}}}",
     NULL},
    {"schemas beside a reference are merged",
     "{'items':{'$ref':'#/$defs/A','properties':{'b':{}},'required':['b']},"
     "'$defs':{'A':{'type':'object','properties':{'a':{'$ref':'#/$defs/A'}},"
     "'required':['a']}}}",
     "{'items':{'properties':{'b':{},'a':{'$ref':'#/$defs/A'}},'required':"
     "['b','a'],'type':'object'},'$defs':{'A':{'type':'object','properties':"
     "{'a':{'$ref':'#/$defs/A'}},'required':['a']}}}",
     NULL},
    {"the whole is no reference",
     "{'$ref':'#/definitions/A','definitions':{'A':{'type':'object',"
     "'properties':{'a':{'$ref':'#/definitions/A'}}}},'$schema':'s'}",
     "{'type':'object','properties':{'a':{'$ref':'#/$defs/A'}},"
     "'$defs':{'A':{'type':'object','properties':{'a':{'$ref':"
     "'#/$defs/A'}}}}}",
     NULL},
    {"references that stay",
     "{'properties':{'a':{'$ref':'#'},'b':{'$ref':'#name'},'c':{'$ref':"
     "'http://x/y'},'d':{'$ref':'#/properties/a'},'e':{'$ref':"
     "'#/properties/f/anyOf/0'},'f':{'anyOf':[{'type':'null'}]}}}",
     "{'properties':{'a':{'$ref':'#'},'b':{'$ref':'#name'},'c':{'$ref':"
     "'http://x/y'},'d':{'$ref':'#/properties/a'},'e':{'$ref':"
     "'#/properties/f/anyOf/0'},'f':{'anyOf':[{'type':'null'}]}}}",
     NULL},
    {"references through what moves",
     "{'allOf':[{'$defs':{'A':{'type':'null'}}}],'properties':{'a':{'$ref':"
     "'#/allOf/0/$defs/A'},'b':{'$ref':'#/properties/c/items/0'},'c':"
     "{'items':[{'type':'string'}]}}}",
     "{'properties':{'a':{'type':'null'},'b':{'type':'string'},'c':"
     "{'prefixItems':[{'type':'string'}]}}}",
     NULL},
    {"references to nothing",
     "{'properties':{'a':{'$ref':'#/$defs/A','title':'t'},'b':{'$ref':"
     "'#/properties/a/0'}}}",
     "{'properties':{'a':{'title':'t'},'b':{}}}", "ref"},
    {"allOf of one reference",
     "{'properties':{'a':{'allOf':[{'$ref':'#/$defs/A'}],'title':'t'},"
     "'b':{'allOf':[{'$ref':'#/$defs/A'}]}},'$defs':{'A':{'type':'string'}}}",
     "{'properties':{'a':{'anyOf':[{'$ref':'#/$defs/A'}],'title':'t'},"
     "'b':{'$ref':'#/$defs/A'}},'$defs':{'A':{'type':'string'}}}",
     NULL},
    {"allOf merged",
     "{'title':'t','properties':{'a':{'type':'string'}},'required':['a'],"
     "'allOf':[{'$ref':'#/$defs/B'},{'title':'u','properties':{'c':"
     "{'type':'null'}},'required':['c','a']}],"
     "'$defs':{'B':{'type':'object','properties':{'b':{'type':'integer'}},"
     "'required':['b']}}}",
     "{'title':'t','properties':{'a':{'type':'string'},'b':{'type':'integer'},"
     "'c':{'type':'null'}},'required':['a','b','c'],'type':'object',"
     "'$defs':{'B':{'type':'object','properties':{'b':{'type':'integer'}},"
     "'required':['b']}}}",
     NULL},
    {"allOf of different minds",
     "{'items':{'minimum':1,'allOf':[{'minimum':2}]}}",
     "{'items':{'minimum':1}}", "allOf"},
    {"allOf of one mind", "{'items':{'minimum':1,'allOf':[{'minimum':1}]}}",
     "{'items':{'minimum':1}}", NULL},
    {"a property in two branches",
     "{'properties':{'a':{}},'allOf':[{'properties':{'a':{'minimum':1}}}]}",
     "{'properties':{'a':{}}}", "allOf"},
    {"constants",
     "{'anyOf':[{'const':'a'},{'const':1},{'const':null},"
     "{'const':'a','enum':['a','b']}]}",
     "{'anyOf':[{'enum':['a']},{'enum':[1]},"
     "{'type':'null'},{'enum':['a','b']}]}",
     NULL},
    {"constants that are no strings or numbers",
     "{'anyOf':[{'const':true},{'const':{}},{'type':'boolean','const':"
     "false}]}",
     "{'anyOf':[{'type':'boolean'},{},{'type':'boolean'}]}", "const"},
    {"items as a list", "{'type':'array','items':[{'x-a':1},true]}",
     "{'type':'array','prefixItems':[{},{}]}", NULL},
    {"items as two lists", "{'prefixItems':[{}],'items':[{},{}]}",
     "{'prefixItems':[{}]}", "items"},
    {"true and false",
     "{'properties':{'a':true,'b':false},'items':{'not':false},"
     "'additionalProperties':true,'anyOf':[true,{'items':false}]}",
     "{'properties':{'a':{}},'items':{'not':false},"
     "'additionalProperties':true,'anyOf':[{},{'items':false}]}",
     NULL},
    {"wrong types",
     "{'properties':[],'required':'a','anyOf':{},'$defs':1,'items':7,"
     "'type':'string'}",
     "{'type':'string'}", "properties required anyOf items"},
    {"cycle by allOf ends",
     "{'properties':{'n':{'allOf':[{'$ref':'#'},{'title':'t'}]}}}",
     "{'properties':{'n':{'properties':{'n':{'type':'object'}},"
     "'title':'t'}}}",
     "cycle"},
    {"allOf of itself",
     "{'type':'object','allOf':[{'$ref':'#'},{'allOf':[{'$ref':'#/allOf/1'}]}]"
     "}",
     "{'type':'object'}", NULL},
    {"cycle by reference stays",
     "{'$defs':{'N':{'properties':{'n':{'$ref':'#/$defs/N'}}}},"
     "'properties':{'n':{'$ref':'#/$defs/N'}}}",
     "{'properties':{'n':{'$ref':'#/$defs/N'}},"
     "'$defs':{'N':{'properties':{'n':{'$ref':'#/$defs/N'}}}}}",
     NULL},
    {"required stays as it is", "{'required':['a','b','a',5]}",
     "{'required':['a','b']}", NULL},
    {"empty", "{}", "{}", NULL},
};

/* For parameters: only what Google's Schema message has. */
static const struct schema_case proto[] = {
    {"notes are left out",
     "{'$schema':'s','type':'object','properties':{'a':{'type':'string',"
     "'x-a':1,'examples':[1],'deprecated':true,'readOnly':true,'writeOnly':"
     "false,'$comment':'c','$anchor':'n','strict':true,'discriminator':{}}},"
     "'$id':'i'}",
     "{'type':'object','properties':{'a':{'type':'string'}}}", NULL},
    {"lost",
     "{'type':'object','properties':{'a':{'type':'string','contentEncoding':"
     "'b'}},'additionalProperties':false,'patternProperties':{'^a':{}},"
     "'unevaluatedProperties':false,'propertyNames':{'pattern':'p'},'if':"
     "{'title':'t'},'then':{'title':'t'},'else':{'title':'t'},'not':{'title':"
     "'t'},'dependentRequired':{'a':['b']}}",
     "{'type':'object','properties':{'a':{'type':'string'}}}",
     "additionalProperties patternProperties unevaluatedProperties "
     "propertyNames if then else not dependentRequired contentEncoding"},
    {"lost of others",
     "{'properties':{'a':{'type':'array','items':{'type':'number','multipleOf'"
     ":3},'uniqueItems':true,'contains':{'title':'t'}},'b':{'frob':1,'$frob':"
     "1,'a b':1}}}",
     "{'type':'object','properties':{'a':{'type':'array','items':{'type':"
     "'number'}},'b':{'type':'string'}}}",
     "uniqueItems contains multipleOf frob ..."},
    {"nothing was asked for",
     "{'properties':{'a':{'type':'array','items':{'type':'string'},"
     "'uniqueItems':false}},'additionalProperties':true,"
     "'unevaluatedProperties':{},'not':null,'patternProperties':{},"
     "'exclusiveMinimum':false,'required':false}",
     "{'type':'object','properties':{'a':{'type':'array','items':{'type':"
     "'string'}}}}",
     NULL},
    {"kept beside its type only",
     "{'properties':{'a':{'type':'string','minLength':1,'maxLength':5,"
     "'pattern':'p','minimum':1,'minItems':1,'description':'d','title':'t',"
     "'default':'x','example':'y'},'b':{'type':'integer','minimum':1,"
     "'maximum':2,'minLength':1}}}",
     "{'type':'object','properties':{'a':{'description':'d','title':'t',"
     "'default':'x','example':'y','type':'string','minLength':1,'maxLength':5,"
     "'pattern':'p'},'b':{'type':'integer','minimum':1,'maximum':2}}}",
     NULL},
    {"kept of objects and arrays",
     "{'minProperties':1,'maxProperties':2,'propertyOrdering':['a'],"
     "'properties':{'a':{'type':'array','minItems':1,'maxItems':2,'items':"
     "{'type':'boolean','nullable':true}}}}",
     "{'type':'object','minProperties':1,'maxProperties':2,"
     "'propertyOrdering':['a'],'properties':{'a':{'type':'array','minItems':1,"
     "'maxItems':2,'items':{'nullable':true,'type':'boolean'}}}}",
     NULL},
    {"types in capitals", "{'properties':{'a':{'type':'STRING'}}}",
     "{'type':'object','properties':{'a':{'type':'string'}}}", NULL},
    {"all types",
     "{'properties':{'a':{'type':'number'},'b':{'type':'Integer'},'c':{'type':"
     "'boolean'},'d':{'type':'object'},'e':{'type':'null'}}}",
     "{'type':'object','properties':{'a':{'type':'number'},'b':{'type':"
     "'integer'},'c':{'type':'boolean'},'d':{'type':'object'},'e':{'type':"
     "'null'}}}",
     NULL},
    {"type or null", "{'properties':{'a':{'type':['string','null']}}}",
     "{'type':'object','properties':{'a':{'nullable':true,'type':'string'}}}",
     NULL},
    {"several types",
     "{'properties':{'a':{'type':['string','integer','null'],'minimum':3,"
     "'description':'d'}}}",
     "{'type':'object','properties':{'a':{'description':'d','nullable':true,"
     "'anyOf':[{'type':'string'},{'type':'integer','minimum':3}]}}}",
     NULL},
    {"no type, or null alone",
     "{'properties':{'a':{'type':[]},'b':{'type':['null']},'c':{'const':null},"
     "'d':{'enum':[null]}}}",
     "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':"
     "'null'},'c':{'type':'null'},'d':{'type':'null'}}}",
     NULL},
    {"anyOf with null",
     "{'properties':{'a':{'anyOf':[{'type':'integer','minimum':1},"
     "{'type':'null'}],'title':'T','default':null}}}",
     "{'type':'object','properties':{'a':{'title':'T','nullable':true,"
     "'type':'integer','minimum':1}}}",
     NULL},
    {"oneOf becomes anyOf",
     "{'properties':{'a':{'description':'d','oneOf':["
     "{'type':'string'},{'type':'integer'},{'const':null}]}}}",
     "{'type':'object','properties':{'a':{'description':'d','nullable':true,"
     "'anyOf':[{'type':'string'},{'type':'integer'}]}}}",
     NULL},
    {"nothing stands beside anyOf",
     "{'properties':{'a':{'type':'string','title':'t','maxLength':9,'anyOf':["
     "{'pattern':'p'},{'title':'u','minLength':3,'maxLength':8}]}}}",
     "{'type':'object','properties':{'a':{'title':'t','anyOf':["
     "{'type':'string','maxLength':9,'pattern':'p'},"
     "{'title':'u','type':'string','minLength':3,'maxLength':8}]}}}",
     NULL},
    {"properties beside anyOf go into it",
     "{'type':'object','properties':{'a':{},'b':{}},'required':['b'],'anyOf':["
     "{'required':['a']},{'properties':{'c':{}}},false]}",
     "{'anyOf':[{'type':'object','properties':{'a':{'type':'string'},'b':"
     "{'type':'string'}},'required':['a','b']},{'type':'object','properties':"
     "{'c':{'type':'string'},'a':{'type':'string'},'b':{'type':'string'}},"
     "'required':['b']}]}",
     NULL},
    {"one list of alternatives",
     "{'properties':{'a':{'enum':['x'],'anyOf':[{'type':'string'},{'type':"
     "'number'}],'oneOf':[{'title':'t'},{'title':'u'}]}}}",
     "{'type':'object','properties':{'a':{'anyOf':[{'type':'string'},"
     "{'type':'number'}]}}}",
     "oneOf enum"},
    {"alternatives within the only alternative",
     "{'properties':{'a':{'anyOf':[{'type':'null'},{'anyOf':[{'type':"
     "'string'},{'type':'boolean'}]}]}}}",
     "{'type':'object','properties':{'a':{'nullable':true,'anyOf':["
     "{'type':'string'},{'type':'boolean'}]}}}",
     NULL},
    {"enums of strings",
     "{'properties':{'a':{'enum':['x','y']},'b':{'const':'k'},"
     "'c':{'type':'string','enum':['x',null]},'d':{'type':['string','null'],"
     "'enum':['x',null]},'e':{'type':'string','enum':[1,2.5,'z']}}}",
     "{'type':'object','properties':{'a':{'type':'string','enum':['x','y']},"
     "'b':{'type':'string','enum':['k']},"
     "'c':{'nullable':true,'type':'string','enum':['x']},"
     "'d':{'nullable':true,'type':'string','enum':['x']},"
     "'e':{'type':'string','enum':['1','2.5','z']}}}",
     NULL},
    {"enums of others go into words",
     "{'properties':{'a':{'type':'integer','enum':[1,2]},'b':{'enum':[1,2.5],"
     "'description':'d'},'c':{'enum':['x',1,null]}}}",
     "{'type':'object','properties':{'a':{'description':"
     "'Must be one of: 1, 2.','type':'integer'},'b':{'description':"
     "'d Must be one of: 1, 2.5.','type':'number'},'c':{'description':"
     "'Must be one of: \\'x\\', 1.','nullable':true,'anyOf':[{'type':'string'}"
     ",{'type':'integer'}]}}}",
     "enum"},
    {"constants that are no strings",
     "{'properties':{'d':{'const':5},'e':{'type':'boolean','const':true},'f':"
     "{'const':{'a':[]}}}}",
     "{'type':'object','properties':{'d':{'description':'Must be 5.','type':"
     "'integer'},'e':{'description':'Must be true.','type':'boolean'},'f':"
     "{'description':'Must be {\\'a\\':[]}.','type':'object'}}}",
     "const"},
    {"enums of empty strings",
     "{'properties':{'a':{'enum':['x','']},'b':{'enum':['']},'c':{'enum':[]}}}",
     "{'type':'object','properties':{'a':{'type':'string','enum':['x']},"
     "'b':{'type':'string'},'c':{'type':'string'}}}",
     "enum"},
    {"an enum is all there is", "{'enum':['a','b']}",
     "{'type':'string','enum':['a','b']}", NULL},
    {"formats",
     "{'properties':{'a':{'type':'string','format':'date-time'},"
     "'b':{'type':'string','format':'enum'},'c':{'type':'integer','format':"
     "'int64'},'d':{'type':'string','format':'int32'},'e':{'type':'number',"
     "'format':'float'},'f':{'type':'number','format':'double'}}}",
     "{'type':'object','properties':{'a':{'type':'string','format':"
     "'date-time'},'b':{'type':'string','format':'enum'},'c':{'type':'integer'"
     ",'format':'int64'},'d':{'type':'string'},'e':{'type':'number','format':"
     "'float'},'f':{'type':'number','format':'double'}}}",
     NULL},
    {"formats of others",
     "{'properties':{'b':{'type':'string','format':'uri'}}}",
     "{'type':'object','properties':{'b':{'type':'string'}}}", "format"},
    {"exclusive bounds of integers",
     "{'properties':{'a':{'type':'integer','exclusiveMinimum':3,"
     "'exclusiveMaximum':9},'b':{'type':'integer','exclusiveMinimum':2.5,"
     "'exclusiveMaximum':-2.5},'c':{'type':'integer','minimum':7,"
     "'exclusiveMinimum':3,'maximum':9,'exclusiveMaximum':9}}}",
     "{'type':'object','properties':{'a':{'type':'integer','minimum':4,"
     "'maximum':8},'b':{'type':'integer','minimum':3,'maximum':-3},"
     "'c':{'type':'integer','minimum':7,'maximum':8}}}",
     NULL},
    {"exclusive bounds of others",
     "{'properties':{'b':{'type':'number','exclusiveMinimum':3},'c':{'type':"
     "'integer','minimum':3,'exclusiveMaximum':true}}}",
     "{'type':'object','properties':{'b':{'type':'number'},'c':{'type':"
     "'integer','minimum':3}}}",
     "exclusiveMinimum exclusiveMaximum"},
    {"arrays say of what",
     "{'properties':{'a':{'type':'array'},'b':{'type':'array','items':{}},"
     "'c':{'items':{'type':'integer'},'minItems':1},'d':{'prefixItems':["
     "{'type':'number'}]},'e':{'type':'array','items':true}}}",
     "{'type':'object','properties':{'a':{'type':'array','items':{'type':"
     "'string'}},'b':{'type':'array','items':{'type':'string'}},'c':{'type':"
     "'array','minItems':1,'items':{'type':'integer'}},'d':{'type':'array',"
     "'items':{'type':'number'}},'e':{'type':'array','items':{'type':"
     "'string'}}}}",
     NULL},
    {"tuples",
     "{'properties':{'a':{'prefixItems':[{'type':'number'},{'type':'string'}],"
     "'items':false},'b':{'type':'array','items':[{'type':'number'},true]}}}",
     "{'type':'object','properties':{'a':{'type':'array','items':{'anyOf':["
     "{'type':'number'},{'type':'string'}]}},'b':{'type':'array','items':"
     "{'anyOf':[{'type':'number'},{'type':'string'}]}}}}",
     "prefixItems"},
    {"required of what is there",
     "{'properties':{'a':{},'b':{}},'required':['a','b','a',5]}",
     "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':"
     "'string'}},'required':['a','b']}",
     NULL},
    {"required of what is not there",
     "{'properties':{'a':{},'b':false},'required':['a','zz','b']}",
     "{'type':'object','properties':{'a':{'type':'string'}},'required':['a']}",
     "required"},
    {"empty properties",
     "{'properties':{'a':{'type':'object','properties':{}}}}",
     "{'type':'object','properties':{'a':{'type':'object'}}}", NULL},
    {"true and false",
     "{'properties':{'a':true,'b':false,'c':{'anyOf':[true,false,{'type':"
     "'number'}]}}}",
     "{'type':'object','properties':{'a':{'type':'string'},'c':{'anyOf':["
     "{'type':'string'},{'type':'number'}]}}}",
     NULL},
    {"references",
     "{'$defs':{'A/B':{'type':'integer','description':'old'}},'definitions':"
     "{'C':{'type':'boolean'}},'properties':{'a':{'$ref':'#/$defs/A~1B',"
     "'description':'new'},'b':{'$ref':'#/$defs/A%2fB'},'c':{'$ref':"
     "'#/definitions/C'}}}",
     "{'type':'object','properties':{'a':{'description':'new','type':"
     "'integer'},'b':{'description':'old','type':'integer'},'c':{'type':"
     "'boolean'}}}",
     NULL},
    {"references to nothing",
     "{'properties':{'d':{'$ref':'#/nowhere'},'e':{'$ref':'http://x/y'}}}",
     "{'type':'object','properties':{'d':{'type':'string'},'e':{'type':"
     "'string'}}}",
     "ref"},
    {"allOf",
     "{'allOf':[{'properties':{'a':{'type':'string'}},'required':['a']},"
     "{'properties':{'b':{'type':'string'}},'required':['b']}]}",
     "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':"
     "'string'}},'required':['a','b']}",
     NULL},
    {"allOf of different minds",
     "{'properties':{'a':{'type':'integer','minimum':1,'allOf':[{'type':"
     "'integer','minimum':2,'title':'t'},{'title':'u'}]}}}",
     "{'type':'object','properties':{'a':{'title':'t','type':'integer',"
     "'minimum':1}}}",
     "allOf"},
    {"a list of itself",
     "{'$defs':{'N':{'type':'object','properties':{'v':{'type':'string'},"
     "'next':{'$ref':'#/$defs/N'}}}},'$ref':'#/$defs/N'}",
     "{'type':'object','properties':{'v':{'type':'string'},'next':{'type':"
     "'object','properties':{'v':{'type':'string'},'next':{'type':'object'}}}}"
     "}",
     "cycle"},
    {"a reference to itself", "{'$ref':'#'}", "{'type':'object'}", NULL},
    {"references in a ring",
     "{'$defs':{'A':{'$ref':'#/$defs/B'},'B':{'allOf':[{'$ref':'#/$defs/A'}]}},"
     "'properties':{'a':{'$ref':'#/$defs/A'}}}",
     "{'type':'object','properties':{'a':{'type':'string'}}}", NULL},
    {"wrong types",
     "{'type':7,'properties':{'a':5,'b':{'type':'frob','items':3,'anyOf':7,"
     "'required':true,'minLength':'x','description':7}},'required':{}}",
     "{'type':'object','properties':{'a':{'type':'string'},'b':{'type':"
     "'object'}}}",
     "type required items anyOf minLength description"},
    {"empty", "{}", "{'type':'object'}", NULL},
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

/* The names of what was lost, with spaces between. */
static void
list_lost(const struct chat_dropped *lost, struct buf *out)
{
	size_t i;

	buf_reset(out);
	for (i = 0; i < lost->count; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : " ", lost->names[i]);
	if (lost->more)
		buf_puts(out, " ...");
}

typedef enum gb_err writer(struct json_out *, struct json_object *,
			   struct schema_account *);

static bool
same(const char *what, const struct buf *have, const char *want)
{
	if (strcmp(buf_str(have), want) == 0)
		return true;
	print_error("%s:\nhave %s\nwant %s\n", what, buf_str(have), want);
	return false;
}

/* The order of members counts too: compared as text. */
static bool
run(const struct schema_case *c, writer *write)
{
	struct chat_dropped lost = {0};
	struct schema_account account = {.lost = &lost};
	struct json_object *schema;
	struct json_out out;
	struct buf have, want;
	bool good;

	buf_init(&have, OUT_MAX);
	buf_init(&want, OUT_MAX);
	quote(&want, c->in);
	schema = parse(c->what, want.data, want.len);
	quote(&want, c->want);
	jout_init(&out, &have);
	CHECK_INT(c->what, write(&out, schema, &account), GB_OK);
	good = same(c->what, &have, buf_str(&want));
	list_lost(&lost, &have);
	good &= same(c->what, &have, c->lost == NULL ? "" : c->lost);
	json_object_put(schema);
	buf_release(&have);
	buf_release(&want);
	return good;
}

static void
run_all(const struct schema_case *cases, size_t count, writer *write)
{
	size_t i, bad = 0;

	for (i = 0; i < count; i++)
		bad += !run(&cases[i], write);
	CHECK_INT("cases that failed", bad, 0);
}

static void
test_whole(void **state)
{
	(void)state;
	run_all(whole, GB_COUNT(whole), schema_write_json);
}

static void
test_proto(void **state)
{
	(void)state;
	run_all(proto, GB_COUNT(proto), schema_write_proto);
}

/* --- hostile input ---------------------------------------------------------
 */

/* Both writers on a schema, and what they are to answer; it is freed. */
static void
write_both(const char *what, struct json_object *schema, enum gb_err whole_rc,
	   enum gb_err proto_rc)
{
	static const struct {
		const char *name;
		writer *write;
	} both[] = {{"whole", schema_write_json},
		    {"proto", schema_write_proto}};
	struct schema_account account;
	struct chat_dropped lost;
	struct json_out out;
	struct buf have;
	char name[80];
	size_t i;

	for (i = 0; i < GB_COUNT(both); i++) {
		memset(&lost, 0, sizeof(lost));
		account = (struct schema_account){.lost = &lost};
		buf_init(&have, 4 * OUT_MAX);
		jout_init(&out, &have);
		(void)snprintf(name, sizeof(name), "%s, %s", what,
			       both[i].name);
		CHECK_INT(name, both[i].write(&out, schema, &account),
			  i == 0 ? whole_rc : proto_rc);
		CHECK_INT(name, buf_error(&have), GB_OK);
		CHECK(name, have.len < 2 * SCHEMA_BYTES_MAX);
		buf_release(&have);
	}
	json_object_put(schema);
}

/* "count" times "item" between "before" and "after", where "@" becomes the
 * item's number. */
static struct json_object *
repeat(const char *before, const char *item, size_t count, const char *after)
{
	struct json_object *schema;
	const char *at, *number;
	struct buf text;
	size_t i;

	buf_init(&text, 4 * OUT_MAX);
	buf_puts(&text, before);
	for (i = 0; i < count; i++) {
		if (i > 0)
			buf_putc(&text, ',');
		for (at = item; (number = strchr(at, '@')) != NULL;
		     at = number + 1) {
			buf_add(&text, at, (size_t)(number - at));
			buf_printf(&text, "%zu", i);
		}
		buf_puts(&text, at);
	}
	buf_puts(&text, after);
	schema = parse("repeat", text.data, text.len);
	buf_release(&text);
	return schema;
}

/* "depth" schemas within each other, under "key"; "list": as the last of a
 * list, after "beside" empty ones. */
static struct json_object *
nest(const char *key, unsigned depth, bool list, unsigned beside)
{
	struct json_object *schema, *inner, *items;
	unsigned i;

	schema = json_object_new_object();
	for (; depth > 1; depth--) {
		inner = schema;
		schema = json_object_new_object();
		if (list) {
			items = json_object_new_array();
			for (i = 0; i < beside; i++)
				json_object_array_add(items,
						      json_object_new_object());
			json_object_array_add(items, inner);
			inner = items;
		}
		json_object_object_add(schema, key, inner);
	}
	return schema;
}

/* A schema of a few KiB that would be written as 2^40 subschemas. */
static void
test_explosion(void **state)
{
	struct json_object *schema;
	struct buf text;
	int i;

	(void)state;
	buf_init(&text, OUT_MAX);
	buf_puts(&text, "{\"$ref\":\"#/$defs/a0\",\"$defs\":{");
	for (i = 0; i < 40; i++)
		buf_printf(&text,
			   "\"a%d\":{\"properties\":{\"x\":{\"$ref\":"
			   "\"#/$defs/a%d\"},\"y\":{\"$ref\":\"#/$defs/a%d\"}}}"
			   ",",
			   i, i + 1, i + 1);
	buf_puts(&text, "\"a40\":{}}}");
	schema = parse("explosion", text.data, text.len);
	buf_release(&text);
	write_both("explosion", schema, GB_OK, GB_ETOOBIG);
}

static void
test_depth(void **state)
{
	(void)state;
	write_both("as deep as may be",
		   nest("items", SCHEMA_DEPTH_MAX, false, 0), GB_OK, GB_OK);
	write_both("deeper", nest("items", SCHEMA_DEPTH_MAX + 1, false, 0),
		   GB_ETOOBIG, GB_ETOOBIG);
	write_both("alternatives in each other", nest("anyOf", 10000, true, 1),
		   GB_ETOOBIG, GB_ETOOBIG);
	write_both("the only alternative", nest("anyOf", 10000, true, 0),
		   GB_ETOOBIG, GB_OK);
	write_both("allOf in each other", nest("allOf", 10000, true, 1), GB_OK,
		   GB_OK);
}

static void
test_width(void **state)
{
	(void)state;
	write_both("alternatives",
		   repeat("{\"anyOf\":[", "{\"minLength\":@}", 10000, "]}"),
		   GB_OK, GB_OK);
	write_both("too many of them",
		   repeat("{\"anyOf\":[", "{}", SCHEMA_WORK_MAX, "]}"),
		   GB_ETOOBIG, GB_ETOOBIG);
	write_both("values",
		   repeat("{\"enum\":[", "\"v@\"", SCHEMA_WORK_MAX, "]}"),
		   GB_OK, GB_ETOOBIG);
	write_both("numbers", repeat("{\"enum\":[", "@", 50000, "]}"), GB_OK,
		   GB_OK);
	write_both("properties",
		   repeat("{\"properties\":{", "\"p@\":{}", SCHEMA_WORK_MAX,
			  "}}"),
		   GB_ETOOBIG, GB_ETOOBIG);
	write_both("required of nothing",
		   repeat("{\"required\":[", "\"p@\"", 90000, "]}"), GB_OK,
		   GB_OK);
	write_both("branches",
		   repeat("{\"allOf\":[", "{\"properties\":{\"p@\":{}}}", 50000,
			  "]}"),
		   GB_OK, GB_OK);
	write_both("a common part of many alternatives", /* said in each */
		   repeat("{\"properties\":{\"a\":{},\"b\":{},\"c\":{}},"
			  "\"anyOf\":[",
			  "{\"required\":[\"a\"]}", 5000, "]}"),
		   GB_OK, GB_OK);
}

/* What is long is not said again and again. */
static void
test_long_words(void **state)
{
	struct json_object *schema, *long_one;
	char *text;

	(void)state;
	text = malloc(SCHEMA_BYTES_MAX / 8 + 1);
	assert_non_null(text);
	memset(text, 'x', SCHEMA_BYTES_MAX / 8);
	text[SCHEMA_BYTES_MAX / 8] = '\0';

	schema = repeat("{\"anyOf\":[",
			"{\"allOf\":[{\"$ref\":\"#/$defs/A\"},"
			"{\"title\":\"t\"}]}",
			5000, "],\"$defs\":{}}");
	long_one = json_object_new_object();
	json_object_object_add(long_one, "description",
			       json_object_new_string(text));
	json_object_object_add(json_object_object_get(schema, "$defs"), "A",
			       long_one);
	write_both("a long description", schema, GB_ETOOBIG, GB_ETOOBIG);

	schema = repeat("{\"anyOf\":[", "{\"$ref\":\"x\"}", 2000, "]}");
	json_object_object_add(schema, "$ref", json_object_new_string(text));
	json_object_object_add(schema, text, json_object_new_object());
	write_both("a long reference", schema, GB_OK, GB_OK);
	free(text);
}

/* The schemas of one request have one account. */
static void
test_account(void **state)
{
	static const char text[] =
	    "{\"properties\":{\"a\":{\"description\":\"0123456789\"}}}";
	struct schema_account account = {0};
	struct json_object *schema;
	enum gb_err rc = GB_OK;
	struct json_out out;
	struct buf have;
	size_t i;

	(void)state;
	schema = parse("account", text, sizeof(text) - 1);
	buf_init(&have, 4 * OUT_MAX);
	for (i = 0; rc == GB_OK && i < SCHEMA_WORK_MAX; i++) {
		jout_init(&out, &have);
		rc = schema_write_proto(&out, schema, &account);
	}
	CHECK_INT("in the end", rc, GB_ETOOBIG);
	CHECK("a thousand tools are none too many", i > 1000);
	CHECK_INT("bytes", account.bytes <= have.len, true);
	json_object_put(schema);
	buf_release(&have);
}

/* A buffer that takes no more ends it, and says so itself. */
static void
test_small_buffer(void **state)
{
	struct schema_account account = {0};
	struct json_object *schema;
	struct json_out out;
	struct buf have;

	(void)state;
	schema =
	    repeat("{\"properties\":{", "\"p@\":{\"enum\":[1]}", 100, "}}");
	buf_init(&have, 32);
	jout_init(&out, &have);
	CHECK_INT("whole", schema_write_json(&out, schema, &account), GB_OK);
	CHECK_INT("whole", buf_error(&have), GB_ETOOBIG);
	buf_reset(&have);
	CHECK_INT("proto", schema_write_proto(&out, schema, &account), GB_OK);
	CHECK_INT("proto", buf_error(&have), GB_ETOOBIG);
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
	    {"{'type':'object'}", true},
	    {"{'type':'object','properties':{}}", true},
	    {"{'type':'object','properties':{},'additionalProperties':false,"
	     "'required':[],'$schema':'s','description':'d'}",
	     true},
	    {"{'type':'string'}", false},
	    {"{'properties':{'a':{}}}", false},
	    {"{'properties':{},'additionalProperties':true}", false},
	    {"{'additionalProperties':{'type':'string'}}", false},
	    {"{'properties':{},'anyOf':[{}]}", false},
	    {"{'$ref':'#/$defs/A'}", false},
	};
	struct json_object *schema;
	struct buf text;
	size_t i;

	(void)state;
	buf_init(&text, OUT_MAX);
	for (i = 0; i < GB_COUNT(cases); i++) {
		quote(&text, cases[i].in);
		schema = parse(cases[i].in, text.data, text.len);
		CHECK_INT(cases[i].in, schema_is_empty(schema), cases[i].want);
		json_object_put(schema);
	}
	buf_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_proto),
	    cmocka_unit_test(test_explosion),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_width),
	    cmocka_unit_test(test_long_words),
	    cmocka_unit_test(test_account),
	    cmocka_unit_test(test_small_buffer),
	    cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
