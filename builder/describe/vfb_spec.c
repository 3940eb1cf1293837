#include "vfb_spec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"
#include "vnc_text.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* What xend had in these strings, and xl passes over. */
static const char *const xend_had[] = {"type", "videoram", "vncviewer", "vncconsole", "uuid"};

static int set_flag(const char *key, const struct spec_param *p, enum vfb_flag *out, struct err *e)
{
	uint64_t val = 0;

	if (*out != VFB_FLAG_DEFAULT)
		return err_set(e, "%s is given twice", key);
	/* Nothing is 0, and what is not 0 is as good as 1. */
	if (p->value_len && spec_number(key, p->value, p->value_len, INT32_MAX, &val, e) < 0)
		return -1;
	*out = val ? VFB_FLAG_ON : VFB_FLAG_OFF;
	return 0;
}

static int set_listen(struct vfb_spec *out, const struct spec_param *p, struct err *e)
{
	if (spec_string("vnclisten", p->value, p->value_len, &out->listen, e) < 0)
		return -1;
	return vnc_listen_check(out->listen, e) < 0 ? err_prefix(e, "vnclisten ") : 0;
}

static int set_display(struct vfb_spec *out, const struct spec_param *p, struct err *e)
{
	uint64_t val = 0;

	if (out->has_display)
		return err_set(e, "vncdisplay is given twice");
	if (p->value_len &&
	    spec_number("vncdisplay", p->value, p->value_len, VNC_DISPLAY_MAX, &val, e) < 0)
		return -1;
	out->display = (unsigned)val;
	out->has_display = true;
	return 0;
}

static int set_keymap(struct vfb_spec *out, const struct spec_param *p, struct err *e)
{
	if (spec_string("keymap", p->value, p->value_len, &out->keymap, e) < 0)
		return -1;
	return vnc_keymap_check(out->keymap, e) < 0 ? err_prefix(e, "keymap ") : 0;
}

/* Whether the parameter is one of xend's. One that says what is so anyway is worth no word. */
static bool is_ignored(struct vfb_spec *out, const struct spec_param *p)
{
	if (spec_is_key(p, "type") && spec_equal(p->value, p->value_len, "vnc"))
		return true;
	for (size_t i = 0; i < NR(xend_had); i++) {
		if (!spec_is_key(p, xend_had[i]))
			continue;
		if (!out->ignored)
			out->ignored = xend_had[i];
		return true;
	}
	return false;
}

static int set_param(struct vfb_spec *out, const struct spec_param *p, struct err *e)
{
	static const char *const names[] = {
		"vnc",    "vnclisten", "vncdisplay", "vncunused", "vncpasswd",
		"keymap", "sdl",       "opengl",     "display",   "xauthority",
	};

	if (spec_is_key(p, "vnc"))
		return set_flag("vnc", p, &out->vnc, e);
	if (spec_is_key(p, "vnclisten"))
		return set_listen(out, p, e);
	if (spec_is_key(p, "vncdisplay"))
		return set_display(out, p, e);
	if (spec_is_key(p, "vncunused"))
		return set_flag("vncunused", p, &out->unused, e);
	if (spec_is_key(p, "vncpasswd"))
		return spec_string("vncpasswd", p->value, p->value_len, &out->password, e);
	if (spec_is_key(p, "keymap"))
		return set_keymap(out, p, e);
	if (spec_is_key(p, "sdl"))
		return set_flag("sdl", p, &out->sdl, e);
	if (spec_is_key(p, "opengl"))
		return set_flag("opengl", p, &out->opengl, e);
	if (spec_is_key(p, "display"))
		return spec_string("display", p->value, p->value_len, &out->xdisplay, e);
	if (spec_is_key(p, "xauthority"))
		return spec_string("xauthority", p->value, p->value_len, &out->xauthority, e);
	if (is_ignored(out, p))
		return 0;
	if (!p->len)
		return err_set(e, "a parameter is missing between two commas");
	if (!p->value)
		return err_set(e, "'%.*s' has no value", SPEC_LEN(p->len), p->text);
	return spec_unknown(p, names, NR(names), e);
}

int vfb_spec_parse(const char *text, struct vfb_spec *out, struct err *e)
{
	struct spec_param param;

	*out = (struct vfb_spec){0};
	while (spec_next(&text, &param))
		if (set_param(out, &param, e) < 0)
			return -1;
	return vnc_place_check(out->listen, out->display, vfb_takes_unused(out), e);
}

void vfb_spec_free(struct vfb_spec *s)
{
	free(s->listen);
	free(s->password);
	free(s->keymap);
	free(s->xdisplay);
	free(s->xauthority);
	*s = (struct vfb_spec){0};
}

void vfb_specs_free(struct vfb_spec *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		vfb_spec_free(&all[i]);
	free(all);
}

bool vfb_has_vnc(const struct vfb_spec *s)
{
	return s->vnc != VFB_FLAG_OFF;
}

bool vfb_takes_unused(const struct vfb_spec *s)
{
	return vfb_has_vnc(s) && s->unused != VFB_FLAG_OFF;
}
