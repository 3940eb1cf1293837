#include "config_screen.h"

#include <stdlib.h>
#include <string.h>

#include "config_value.h"
#include "vfb_spec.h"
#include "vkb_spec.h"
#include "vnc_text.h"

/* Entries of one key: far more than guests have. */
#define ENTRIES_MAX 64

/* Notes what the entry has that changes nothing. */
static void note_entry(const struct key *k, const struct value *v, size_t i,
		       const struct vfb_spec *s, struct diag *d)
{
	const struct loc loc = value_entry(v, i)->loc;

	if (s->ignored)
		diag_note(d, loc,
			  "%s, entry %zu: %s has no effect: it was xend's, and xl ignores it",
			  k->name, i + 1, s->ignored);
	/* There is no X server by the time at which guests are started, and none that is let in
	 * later. */
	if (s->sdl == VFB_FLAG_ON || s->opengl == VFB_FLAG_ON)
		diag_note(d, loc,
			  "%s, entry %zu: %s=1 has no effect: there is no display in dom0: vnc=1 "
			  "shows the same screen",
			  k->name, i + 1, s->sdl == VFB_FLAG_ON ? "sdl" : "opengl");
}

int read_vfbs(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct strings texts = {0};
	struct vfb_spec *all;
	struct err e;
	int rc = 0;

	if (read_texts(k, v, ENTRIES_MAX, &texts, d) < 0)
		return -1;
	all = calloc(texts.n + 1, sizeof(*all));
	if (!all)
		rc = value_no_memory(v, d);
	for (size_t i = 0; all && i < texts.n; i++) {
		if (vfb_spec_parse(texts.v[i], &all[i], &e) < 0)
			rc = value_wrong_entry(k, v, i, &e, d);
		else
			note_entry(k, v, i, &all[i], d);
	}
	if (rc || !out) {
		vfb_specs_free(all, all ? texts.n : 0);
	} else {
		*(struct vfb_spec **)out = all;
		config_of(k, out)->nr_vfbs = texts.n;
	}
	strings_free(&texts);
	return rc;
}

int read_vkbs(const struct key *k, const struct value *v, void *out, struct diag *d)
{
	struct strings texts = {0};
	struct vkb_spec *all;
	struct err e;
	int rc = 0;

	if (read_texts(k, v, ENTRIES_MAX, &texts, d) < 0)
		return -1;
	all = calloc(texts.n + 1, sizeof(*all));
	if (!all)
		rc = value_no_memory(v, d);
	for (size_t i = 0; all && i < texts.n; i++)
		if (vkb_spec_parse(texts.v[i], &all[i], &e) < 0)
			rc = value_wrong_entry(k, v, i, &e, d);
	if (rc || !out) {
		vkb_specs_free(all, all ? texts.n : 0);
	} else {
		*(struct vkb_spec **)out = all;
		config_of(k, out)->nr_vkbs = texts.n;
	}
	strings_free(&texts);
	return rc;
}

/* ---- the keys of VNC ---- */

/* What says something about the server that vnc = 1 brings. */
static const char *const parts[] = {"vnclisten", "vncdisplay", "vncunused", "vncpasswd"};
#define NR_PARTS (sizeof(parts) / sizeof(parts[0]))

static const struct statement *given(const struct reading *r, const char *name)
{
	return r->given[config_key(name) - config_keys];
}

static void say_unused(struct reading *r)
{
	for (size_t i = 0; i < NR_PARTS; i++)
		if (given(r, parts[i]))
			diag_note(r->d, given(r, parts[i])->loc, "%s has no effect without vnc = 1",
				  parts[i]);
}

/* xl has VNC by default in an hvm guest: where something is said of it, it was meant. */
static void default_vnc(struct reading *r)
{
	for (size_t i = 0; i < NR_PARTS && !config_given(r, "vnc"); i++)
		if (given(r, parts[i]))
			r->g->vnc = true;
}

static void check_place(struct reading *r)
{
	const struct statement *display = config_good(r, "vncdisplay");
	const struct statement *listen = config_good(r, "vnclisten");
	const bool in_listen = listen && vnc_listen_display(r->g->vnclisten);
	const struct statement *from = in_listen ? listen : display;
	char buf[PLACE_MAX];
	struct err e;

	if (!config_good(r, "vncunused"))
		r->g->vncunused = true;
	if (!from)
		return;
	/* A 0 beside it says nothing, to xl neither. */
	if (in_listen && display && r->g->vncdisplay)
		diag_add(r->d, display->loc,
			 "vncdisplay can't be given together with the display in vnclisten (%s)",
			 config_place(listen->loc, display->loc, buf));
	else if (vnc_place_check(r->g->vnclisten, r->g->vncdisplay, r->g->vncunused, &e) < 0)
		diag_add(r->d, from->value.loc, "%s: %s", from->key, e.msg);
}

static void note_beside_vfb(struct reading *r)
{
	static const char *const keys[] = {"vnc",       "vnclisten", "vncdisplay",
					   "vncunused", "vncpasswd", "keymap"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (given(r, keys[i]))
			diag_note(r->d, given(r, keys[i])->loc, "%s has no effect beside vfb",
				  keys[i]);
}

/* A copy, or NULL for none; *lost is set without memory. */
static char *copy(const char *text, bool *lost)
{
	char *c = text ? strdup(text) : NULL;

	*lost |= text && !c;
	return c;
}

/* The screen of a pv guest that has the keys of VNC instead of vfb. */
static void make_screen(struct reading *r)
{
	struct guest_config *g = r->g;
	struct vfb_spec *s = calloc(1, sizeof(*s));
	bool lost = !s;

	if (s) {
		s->vnc = VFB_FLAG_ON;
		s->listen = copy(g->vnclisten, &lost);
		s->has_display = config_good(r, "vncdisplay") != NULL;
		s->display = g->vncdisplay;
		if (config_good(r, "vncunused"))
			s->unused = g->vncunused ? VFB_FLAG_ON : VFB_FLAG_OFF;
		s->password = copy(g->vncpasswd, &lost);
		s->keymap = copy(g->keymap, &lost);
		g->vfbs = s;
		g->nr_vfbs = 1;
	}
	if (lost)
		config_no_memory(r);
}

static void check_pv(struct reading *r)
{
	if (r->g->nr_vfbs) {
		note_beside_vfb(r);
		return;
	}
	if (r->g->vnc) {
		check_place(r);
		make_screen(r);
		return;
	}
	say_unused(r);
	if (given(r, "keymap"))
		diag_note(r->d, given(r, "keymap")->loc, "keymap has no effect without vnc = 1");
}

void config_check_screens(struct reading *r)
{
	if (r->g->type == GUEST_PVH || (config_given(r, "vnc") && !config_good(r, "vnc")))
		return;
	if (r->g->type == GUEST_PV) {
		if (!config_given(r, "vfb") || config_good(r, "vfb"))
			check_pv(r);
		return;
	}
	default_vnc(r);
	if (r->g->vnc)
		check_place(r);
	else
		say_unused(r);
}
