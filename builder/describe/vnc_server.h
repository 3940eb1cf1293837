/*
 * The VNC server that a guest's QEMU is to have, whichever keys describe it: those of VNC for an
 * hvm guest, its first screen's for a pv or pvh guest (libxl_dm.c, libxl__dm_vnc).
 */
#ifndef EARLYDOM_VNC_SERVER_H
#define EARLYDOM_VNC_SERVER_H

#include "builder/guest/guest_config.h"

struct vnc_server {
	bool on;
	const char *listen; /* ADDRESS or ADDRESS:DISPLAY, or NULL; borrowed, as the others */
	unsigned display;
	bool unused;          /* the first free display from that one on */
	const char *password; /* "" is none; NULL where none was given */
	const char *keymap;   /* or NULL; also of a guest without VNC */
};

void vnc_server_of(const struct guest_config *cfg, struct vnc_server *out);

#endif
