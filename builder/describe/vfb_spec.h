/*
 * One string of the key `vfb`, in the syntax of xl.cfg(5): a screen of a pv or pvh guest, which
 * QEMU serves, with a keyboard and a mouse.
 *
 *     'vnc=1,vnclisten=0.0.0.0,vncpasswd=secret,keymap=de'
 *
 * Meanings are those of xl 4.17 (parse_config_data in tools/xl/xl_parse.c). Stricter than xl: no
 * parameter may be given twice or be unknown. Yes and no are numbers; 0, or nothing, is no.
 */
#ifndef EARLYDOM_VFB_SPEC_H
#define EARLYDOM_VFB_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum vfb_flag { VFB_FLAG_DEFAULT, VFB_FLAG_OFF, VFB_FLAG_ON };

struct vfb_spec {
	enum vfb_flag vnc; /* on by default */
	char *listen;      /* as check_vnclisten has it, or NULL */
	bool has_display;
	unsigned display;
	enum vfb_flag unused; /* on by default */
	char *password;       /* "" is none, or NULL */
	char *keymap;         /* a name of QEMU's, or NULL */
	enum vfb_flag sdl;    /* without effect, as opengl: dom0 has no display */
	enum vfb_flag opengl;
	char *xdisplay, *xauthority; /* of SDL, which nobody looks at; or NULL */
	const char
		*ignored; /* the first parameter that xl knows nothing of, but xend did; or NULL */
};

/* Returns 0, or -1 with e set; *out is freed with vfb_spec_free in either case. An empty text is
 * right. */
int vfb_spec_parse(const char *text, struct vfb_spec *out, struct err *e);
void vfb_spec_free(struct vfb_spec *s);
void vfb_specs_free(struct vfb_spec *all, size_t n); /* and the array */

/* Whether a screen is served by VNC, and whether the first free display is taken. */
bool vfb_has_vnc(const struct vfb_spec *s);
bool vfb_takes_unused(const struct vfb_spec *s);

#endif
