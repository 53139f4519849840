/* model_choice.c: the models that Google lists, for a field to pick from */
#include "admin/model_choice.h"

#include <string.h>

#include <json-c/json.h>

#include "app/model_lists.h"
#include "dialect/json/json_tree.h"

#define LIST_MAX   (16 << 20) /* bytes of Google's list of models */
#define MODELS_MAX 500	      /* of them to pick from */

/* Whether the model answers chats. */
static bool
generates(struct json_object *model)
{
	struct json_object *methods, *one;
	size_t i;

	methods = tree_array(model, "supportedGenerationMethods");
	for (i = 0; i < tree_length(methods); i++) {
		one = tree_item(methods, i);
		if (json_object_is_type(one, json_type_string) &&
		    strcmp(json_object_get_string(one), "generateContent") == 0)
			return true;
	}
	return false;
}

void
model_choice_add(struct admin_request *rq, struct dict *page,
		 const char *section, const char *name, bool chats)
{
	struct json_object *tree, *models;
	const char *model;
	int64_t newest_ms;
	struct buf list;
	size_t i;

	buf_init(&list, LIST_MAX);
	tree = NULL;
	if (lists_get(app_lists(rq->app), rq->store, true, &list, &newest_ms) ==
	    GB_OK)
		tree = tree_parse(buf_str(&list), list.len);
	models = tree_array(tree, "models");
	for (i = 0; i < tree_length(models) && i < MODELS_MAX; i++) {
		model = tree_string(tree_item(models, i), "name", NULL);
		if (model == NULL ||
		    (chats && !generates(tree_item(models, i))))
			continue;
		if (strncmp(model, "models/", 7) == 0)
			model += 7;
		dict_set(dict_add(page, section), name, model);
	}
	json_object_put(tree);
	buf_release(&list);
}
