/*
 * The keys image and type, by the table of image types.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builder/image/image_type.h"
#include "config_image.h"
#include "config_value.h"

int read_image(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	const struct image_type *t;
	struct key with_words = *k;
	struct word *words;
	size_t n = 0;
	int rc;

	while (image_type_at(n))
		n++;
	words = calloc(n + 1, sizeof(*words));
	if (!words) {
		diag_add(d, v->loc, "%s", strerror(ENOMEM));
		return -1;
	}
	for (size_t i = 0; (t = image_type_at(i)); i++) {
		words[i].text = t->name;
		words[i].is = WORD_OK;
	}
	with_words.words = words;
	rc = read_word_text(&with_words, v, out, d);
	free(words);
	return rc;
}

static bool can_be(const struct image_type *t, enum guest_type type)
{
	for (size_t i = 0; i < t->nr_types; i++)
		if (t->types[i] == type)
			return true;
	return false;
}

/* What builder says, where it is right. It says nothing else than type, which has another word for
 * it. */
static bool built_as(const struct reading *r, enum guest_type *type)
{
	if (!config_good(r, "builder"))
		return false;
	*type = r->g->builder == BUILDER_HVM ? GUEST_HVM : GUEST_PV;
	return true;
}

/* What type or builder say. Returns false where neither is right, or where they contradict. */
static bool given_type(struct reading *r, enum guest_type *type)
{
	const struct statement *builder = config_good(r, "builder"), *st = config_good(r, "type");
	enum guest_type built;
	char buf[PLACE_MAX];

	*type = r->g->type;
	if (!built_as(r, &built))
		return st != NULL;
	if (r->g->builder == BUILDER_LINUX)
		diag_note(r->d, builder->value.loc,
			  "builder = \"linux\": not portable: xl has \"generic\"");
	if (!st) {
		*type = built;
		return true;
	}
	if (built == *type) {
		diag_note(r->d, builder->loc, "builder has no effect beside type (%s)",
			  config_place(st->loc, builder->loc, buf));
		return true;
	}
	diag_add(r->d, builder->value.loc, "builder = \"%s\": contradicts type = \"%s\" (%s)",
		 builder->value.s, guest_type_name(*type),
		 config_place(st->loc, builder->loc, buf));
	return false;
}

/* The first image type that can be it. */
static const struct image_type *image_for(enum guest_type type)
{
	const struct image_type *t = image_type_at(0);

	for (size_t i = 1; t && !can_be(t, type); i++)
		t = image_type_at(i);
	return t;
}

static void wrong_type(struct reading *r, const struct image_type *t)
{
	const struct statement *type = config_good(r, "type");
	const char *key = type ? "type" : "builder";

	if (!type)
		type = config_good(r, "builder");
	diag_add(r->d, type->value.loc, "%s = \"%s\": a %s image is \"%s\"%s%s%s", key,
		 type->value.s, t->name, guest_type_name(t->types[0]),
		 t->nr_types > 1 ? " or \"" : "",
		 t->nr_types > 1 ? guest_type_name(t->types[1]) : "", t->nr_types > 1 ? "\"" : "");
}

void config_check_lines(struct reading *r)
{
	static const char *const texts[] = {"extra", "cmdline"};
	const struct image_type *t = r->g->image ? image_type_find(r->g->image) : NULL;
	const struct statement *st;
	char shown[SHOW_MAX];

	for (size_t i = 0; t && i < sizeof(texts) / sizeof(texts[0]); i++) {
		st = config_good(r, texts[i]);
		if (st && !t->cmdline_lines && strchr(st->value.s, '\n'))
			diag_add(r->d, st->value.loc, "%s = %s: must not hold control characters",
				 texts[i], value_show(&st->value, shown));
	}
}

void config_check_image(struct reading *r)
{
	struct guest_config *g = r->g;
	const struct image_type *t;
	enum guest_type type = GUEST_PV;
	const bool typed = given_type(r, &type);
	/* A wrong one does not tell what was meant. */
	const bool wrong = !typed && (config_given(r, "type") || config_given(r, "builder"));

	if (!g->image && config_given(r, "image"))
		return;
	t = g->image ? image_type_find(g->image) : typed ? image_for(type) : image_type_at(0);
	if (!g->image)
		g->image = strdup(t->name);
	if (!g->image)
		config_no_memory(r);
	g->type = typed ? type : t->types[0];
	r->type_known = !wrong && can_be(t, g->type);
	if (!wrong && !r->type_known)
		wrong_type(r, t);
}
