#include "vkb_spec.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

static const char *const number_names[VKB_NUMBERS] = {
	[VKB_DISABLE_KEYBOARD] = "feature-disable-keyboard",
	[VKB_DISABLE_POINTER] = "feature-disable-pointer",
	[VKB_ABS_POINTER] = "feature-abs-pointer",
	[VKB_RAW_POINTER] = "feature-raw-pointer",
	[VKB_MULTI_TOUCH] = "feature-multi-touch",
	[VKB_TOUCH_WIDTH] = "multi-touch-width",
	[VKB_TOUCH_HEIGHT] = "multi-touch-height",
	[VKB_TOUCH_CONTACTS] = "multi-touch-num-contacts",
	[VKB_WIDTH] = "width",
	[VKB_HEIGHT] = "height",
};

/* What is to be known of a string beside what comes out. */
struct parsing {
	struct vkb_spec *out;
	bool given[VKB_NUMBERS], has_type, has_backend;
};

const char *vkb_number_name(enum vkb_number n)
{
	return number_names[n];
}

static int set_number(struct parsing *g, const struct spec_param *p, enum vkb_number n,
		      struct err *e)
{
	const char *name = number_names[n];
	uint64_t val;

	if (g->given[n])
		return err_set(e, "%s is given twice", name);
	g->given[n] = true;
	if (n <= VKB_MULTI_TOUCH && !spec_equal(p->value, p->value_len, "0") &&
	    !spec_equal(p->value, p->value_len, "1"))
		return err_set(e, "%s must be 0 or 1", name);
	if (spec_number(name, p->value, p->value_len, UINT32_MAX, &val, e) < 0)
		return -1;
	g->out->number[n] = (uint32_t)val;
	return 0;
}

static int set_type(struct parsing *g, const struct spec_param *p, struct err *e)
{
	if (g->has_type)
		return err_set(e, "backend-type is given twice");
	g->has_type = true;
	if (spec_is_word(p->value, p->value_len, "qemu"))
		return 0;
	if (spec_is_word(p->value, p->value_len, "linux"))
		return err_set(e, "backend-type linux is not supported: it is qemu");
	return err_set(e, "unknown backend-type '%.*s': it is qemu", SPEC_LEN(p->value_len),
		       p->value);
}

static int set_backend(struct parsing *g, const struct spec_param *p, struct err *e)
{
	if (g->has_backend)
		return err_set(e, "backend is given twice");
	g->has_backend = true;
	if (spec_equal(p->value, p->value_len, "0") ||
	    spec_equal(p->value, p->value_len, "Domain-0"))
		return 0;
	return err_set(e, "backend '%.*s' is not supported: it is dom0 (0 or Domain-0)",
		       SPEC_LEN(p->value_len), p->value);
}

static int set_param(struct parsing *g, const struct spec_param *p, struct err *e)
{
	const char *names[VKB_NUMBERS + 3] = {"backend", "backend-type", "unique-id"};

	for (unsigned n = 0; n < VKB_NUMBERS; n++) {
		if (spec_is_key(p, number_names[n]))
			return set_number(g, p, n, e);
		names[n + 3] = number_names[n];
	}
	if (spec_is_key(p, "backend-type"))
		return set_type(g, p, e);
	if (spec_is_key(p, "backend"))
		return set_backend(g, p, e);
	if (spec_is_key(p, "unique-id"))
		return spec_string("unique-id", p->value, p->value_len, &g->out->unique_id, e);
	if (!p->len)
		return err_set(e, "a parameter is missing between two commas");
	if (!p->value)
		return err_set(e, "'%.*s' has no value", SPEC_LEN(p->len), p->text);
	return spec_unknown(p, names, VKB_NUMBERS + 3, e);
}

int vkb_spec_parse(const char *text, struct vkb_spec *out, struct err *e)
{
	struct parsing g = {.out = out};
	struct spec_param param;

	*out = (struct vkb_spec){0};
	while (spec_next(&text, &param))
		if (set_param(&g, &param, e) < 0)
			return -1;
	if (!g.has_type)
		return err_set(e, "backend-type is missing: it is qemu");
	if (out->number[VKB_TOUCH_WIDTH] || out->number[VKB_TOUCH_HEIGHT] ||
	    out->number[VKB_TOUCH_CONTACTS])
		out->number[VKB_MULTI_TOUCH] = 1;
	else if (out->number[VKB_MULTI_TOUCH])
		return err_set(e, "feature-multi-touch needs multi-touch-width, "
				  "multi-touch-height or multi-touch-num-contacts");
	return 0;
}

void vkb_spec_free(struct vkb_spec *s)
{
	free(s->unique_id);
	*s = (struct vkb_spec){0};
}

void vkb_specs_free(struct vkb_spec *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vkb_spec_free(&all[i]);
	free(all);
}
