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

/* The first image type; or, where there is a type, the first that can be it. */
static const struct image_type *default_image(const struct reading *r)
{
	const struct image_type *t = image_type_at(0);

	if (!config_good(r, "type"))
		return t;
	for (size_t i = 1; t && !can_be(t, r->g->type); i++)
		t = image_type_at(i);
	return t;
}

static void check_type(struct reading *r, const struct image_type *t)
{
	const struct statement *type = config_good(r, "type");
	struct guest_config *g = r->g;

	if (!type)
		g->type = t->types[0];
	r->type_known = can_be(t, g->type) && (type || !config_given(r, "type"));
	if (!type || r->type_known)
		return;
	diag_add(r->d, type->value.loc, "type = \"%s\": a %s image is \"%s\"%s%s%s",
		 guest_type_name(g->type), t->name, guest_type_name(t->types[0]),
		 t->nr_types > 1 ? " or \"" : "",
		 t->nr_types > 1 ? guest_type_name(t->types[1]) : "", t->nr_types > 1 ? "\"" : "");
}

/* Line breaks are only for image types whose command line stands in for a file of settings. */
static void check_lines(struct reading *r, const struct image_type *t)
{
	static const char *const texts[] = {"extra", "cmdline"};
	const struct statement *st;
	char shown[SHOW_MAX];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
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

	if (!g->image && config_given(r, "image"))
		return;
	t = g->image ? image_type_find(g->image) : default_image(r);
	if (!g->image)
		g->image = strdup(t->name);
	if (!g->image)
		config_no_memory(r);
	check_type(r, t);
	check_lines(r, t);
}
