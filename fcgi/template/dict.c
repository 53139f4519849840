/* dict.c: a tree of dictionaries, in blocks that are freed together */
#include "template/dict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK	     4096 /* bytes of the first block; later ones grow */
#define BLOCK_LARGE  ((size_t)64 << 10)
#define BUCKETS	     8 /* of a dictionary that has just begun */
#define BUCKETS_MAX  4096
#define ALIGN(n)     (((n) + 7) & ~(size_t)7)
#define HASH_BASIS   2166136261u /* FNV-1a */
#define HASH_PRIME   16777619u
#define NUMBER_WIDTH 24

struct block {
	struct block *next;
	size_t size, used;
	char data[];
};

struct tree {
	struct block *blocks;
	size_t total;
	enum gb_err fail;
};

enum kind {
	VALUE,
	SECTION,
	INCLUDE
};

struct dict_part {
	const struct dict_part *next;
	const struct dict *data;
	const char *file;
};

/* What one name stands for; the same name may be a variable and a section. */
struct item {
	struct item *next; /* in its bucket */
	struct dict_name name;
	enum kind kind;
	const char *value;
	size_t len;
	struct dict_part *first, *last;
};

struct dict {
	struct tree *tree;
	const struct dict *outer;
	struct item **buckets;
	uint32_t size; /* a power of two; 0: none yet */
	uint32_t count;
};

/* The tree and the dictionary it begins with. */
struct root {
	struct dict dict;
	struct tree tree;
};

/* --- memory ----------------------------------------------------------------
 */

/* As much as asked for, aligned, until the tree is freed; NULL: it failed. */
static void *
take(struct tree *t, size_t len)
{
	struct block *b = t->blocks;
	size_t size;
	void *at;

	if (t->fail != GB_OK)
		return NULL;
	if (len > DICT_TREE_MAX) {
		t->fail = GB_ETOOBIG;
		return NULL;
	}
	len = ALIGN(len);
	if (b == NULL || b->size - b->used < len) {
		size = b == NULL	       ? BLOCK
		       : b->size < BLOCK_LARGE ? b->size * 2
					       : BLOCK_LARGE;
		if (size < len)
			size = len;
		if (size > DICT_TREE_MAX - t->total) {
			t->fail = GB_ETOOBIG;
			return NULL;
		}
		b = malloc(sizeof(*b) + size);
		if (b == NULL) {
			t->fail = GB_ENOMEM;
			return NULL;
		}
		b->size = size;
		b->used = 0;
		b->next = t->blocks;
		t->blocks = b;
		t->total += size;
	}
	at = b->data + b->used;
	b->used += len;
	return at;
}

static char *
take_text(struct tree *t, const char *text, size_t len)
{
	char *copy = len < DICT_TREE_MAX ? take(t, len + 1) : NULL;

	if (copy == NULL) {
		if (t->fail == GB_OK)
			t->fail = GB_ETOOBIG;
		return NULL;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

struct dict *
dict_new(void)
{
	struct root *root = calloc(1, sizeof(*root));

	if (root == NULL)
		return NULL;
	root->dict.tree = &root->tree;
	return &root->dict;
}

void
dict_free(struct dict *d)
{
	struct root *root = (struct root *)d;
	struct block *b;

	if (d == NULL)
		return;
	while ((b = root->tree.blocks) != NULL) {
		root->tree.blocks = b->next;
		free(b);
	}
	free(root);
}

void
dict_set_outer(struct dict *d, const struct dict *outer)
{
	if (d != NULL)
		d->outer = outer;
}

enum gb_err
dict_error(const struct dict *d)
{
	if (d == NULL)
		return GB_ENOMEM;
	for (; d != NULL; d = d->outer)
		if (d->tree->fail != GB_OK)
			return d->tree->fail;
	return GB_OK;
}

/* --- names -----------------------------------------------------------------
 */

struct dict_name
dict_name_of(const char *text, size_t len)
{
	struct dict_name name = {text, (uint32_t)len, HASH_BASIS};
	size_t i;

	for (i = 0; i < len; i++)
		name.hash = (name.hash ^ (unsigned char)text[i]) * HASH_PRIME;
	return name;
}

static struct item *
find_here(const struct dict *d, const struct dict_name *name, enum kind kind)
{
	struct item *it;

	if (d->size == 0)
		return NULL;
	for (it = d->buckets[name->hash & (d->size - 1)]; it != NULL;
	     it = it->next)
		if (it->name.hash == name->hash && it->kind == kind &&
		    it->name.len == name->len &&
		    memcmp(it->name.text, name->text, name->len) == 0)
			return it;
	return NULL;
}

static const struct item *
find(const struct dict *d, const struct dict_name *name, enum kind kind)
{
	const struct item *it;

	for (; d != NULL; d = d->outer)
		if ((it = find_here(d, name, kind)) != NULL)
			return it;
	return NULL;
}

static void
grow(struct dict *d)
{
	uint32_t size = d->size == 0 ? BUCKETS : d->size * 4, i;
	struct item **buckets, *it, *next;

	buckets = take(d->tree, size * sizeof(*buckets));
	if (buckets == NULL)
		return;
	memset(buckets, 0, size * sizeof(*buckets));
	for (i = 0; i < d->size; i++)
		for (it = d->buckets[i]; it != NULL; it = next) {
			next = it->next;
			it->next = buckets[it->name.hash & (size - 1)];
			buckets[it->name.hash & (size - 1)] = it;
		}
	d->buckets = buckets;
	d->size = size;
}

/* What "d" itself has under this name, made when it is new; NULL: the tree has
 * failed. */
static struct item *
item_of(struct dict *d, const char *text, enum kind kind)
{
	struct dict_name name;
	struct item *it;

	if (d == NULL || d->tree->fail != GB_OK)
		return NULL;
	name = dict_name_of(text, strlen(text));
	if ((it = find_here(d, &name, kind)) != NULL)
		return it;
	if (d->count >= d->size && d->size < BUCKETS_MAX)
		grow(d);
	it = take(d->tree, sizeof(*it));
	name.text = take_text(d->tree, text, name.len);
	if (it == NULL || name.text == NULL)
		return NULL;
	memset(it, 0, sizeof(*it));
	it->name = name;
	it->kind = kind;
	it->next = d->buckets[name.hash & (d->size - 1)];
	d->buckets[name.hash & (d->size - 1)] = it;
	d->count++;
	return it;
}

/* --- variables -------------------------------------------------------------
 */

void
dict_set_len(struct dict *d, const char *name, const char *value, size_t len)
{
	struct item *it = item_of(d, name, VALUE);
	const char *copy;

	if (it == NULL)
		return;
	copy = take_text(d->tree, value == NULL ? "" : value, len);
	it->value = copy == NULL ? "" : copy;
	it->len = copy == NULL ? 0 : len;
}

void
dict_set(struct dict *d, const char *name, const char *value)
{
	dict_set_len(d, name, value, value == NULL ? 0 : strlen(value));
}

void
dict_set_int(struct dict *d, const char *name, int64_t value)
{
	dict_setf(d, name, "%" PRId64, value);
}

void
dict_setf(struct dict *d, const char *name, const char *fmt, ...)
{
	char small[NUMBER_WIDTH * 4], *large;
	va_list ap, again;
	int len;

	if (d == NULL)
		return;
	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(small, sizeof(small), fmt, ap);
	if (len >= 0 && (size_t)len < sizeof(small)) {
		dict_set_len(d, name, small, (size_t)len);
	} else if (len >= 0 && (large = malloc((size_t)len + 1)) != NULL) {
		(void)vsnprintf(large, (size_t)len + 1, fmt, again);
		dict_set_len(d, name, large, (size_t)len);
		free(large);
	} else if (d->tree->fail == GB_OK) {
		d->tree->fail = len < 0 ? GB_EINVAL : GB_ENOMEM;
	}
	va_end(again);
	va_end(ap);
}

const char *
dict_value(const struct dict *d, const struct dict_name *name, size_t *len)
{
	const struct item *it = find(d, name, VALUE);

	if (it == NULL || it->value == NULL)
		return NULL;
	*len = it->len;
	return it->value;
}

/* --- sections and includes -------------------------------------------------
 */

static void
append(struct item *it, struct dict_part *part)
{
	if (it->last == NULL)
		it->first = part;
	else
		it->last->next = part;
	it->last = part;
}

/* One more repetition with a dictionary inside "d". */
static struct dict *
repeat(struct dict *d, const char *name, enum kind kind, const char *file)
{
	struct item *it = item_of(d, name, kind);
	struct dict_part *part;
	struct dict *child;

	if (it == NULL)
		return NULL;
	part = take(d->tree, sizeof(*part));
	child = take(d->tree, sizeof(*child));
	if (file != NULL)
		file = take_text(d->tree, file, strlen(file));
	if (part == NULL || child == NULL || d->tree->fail != GB_OK)
		return NULL;
	memset(child, 0, sizeof(*child));
	child->tree = d->tree;
	child->outer = d;
	part->next = NULL;
	part->data = child;
	part->file = file;
	append(it, part);
	return child;
}

struct dict *
dict_add(struct dict *d, const char *section)
{
	return repeat(d, section, SECTION, NULL);
}

struct dict *
dict_include(struct dict *d, const char *name, const char *file)
{
	return repeat(d, name, INCLUDE, file);
}

void
dict_show(struct dict *d, const char *section)
{
	struct item *it = item_of(d, section, SECTION);
	struct dict_part *part;

	if (it == NULL || it->first != NULL)
		return;
	part = take(d->tree, sizeof(*part));
	if (part == NULL)
		return;
	memset(part, 0, sizeof(*part));
	append(it, part);
}

void
dict_show_if(struct dict *d, const char *section, bool yes)
{
	if (yes)
		dict_show(d, section);
}

const struct dict_part *
dict_section(const struct dict *d, const struct dict_name *name)
{
	const struct item *it = find(d, name, SECTION);

	return it == NULL ? NULL : it->first;
}

const struct dict_part *
dict_included(const struct dict *d, const struct dict_name *name)
{
	const struct item *it = find(d, name, INCLUDE);

	return it == NULL ? NULL : it->first;
}

const struct dict_part *
dict_part_next(const struct dict_part *part)
{
	return part->next;
}

const struct dict *
dict_part_data(const struct dict_part *part)
{
	return part->data;
}

const char *
dict_part_file(const struct dict_part *part)
{
	return part->file;
}
