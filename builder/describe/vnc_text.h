/*
 * What a descriptor says of a VNC server of QEMU's, in keys of their own or in a string of `vfb`.
 */
#ifndef EARLYDOM_VNC_TEXT_H
#define EARLYDOM_VNC_TEXT_H

#include <stdbool.h>

#include "base/err.h"

/* The greatest display: its port is 5900 and that. And the last that is tried where the first free
 * one is wanted: libxl has QEMU try up to that (to=99), and QEMU counts from the first one on. */
#define VNC_DISPLAY_MAX (65535 - 5900)
#define VNC_UNUSED_MAX  99

/* ADDRESS[:DISPLAY]; an address with colons of its own (IPv6) is in square brackets or alone.
 * Returns 0, or -1 with e set. */
int vnc_listen_check(const char *text, struct err *e);

/* The display in such an address, or NULL. */
const char *vnc_listen_display(const char *listen);

/*
 * Whether address (or NULL) and display go together, 0 being no display. Returns 0, or -1 with e
 * set.
 */
int vnc_place_check(const char *listen, unsigned display, bool unused, struct err *e);

/* The name of one of QEMU's keymaps. Returns 0, or -1 with e set. */
int vnc_keymap_check(const char *text, struct err *e);

#endif
