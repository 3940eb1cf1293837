/*
 * Network interfaces of guests, from dom0's end: named, put on their bridge or routed, and up.
 *
 * The kernel's back end (xen-netback) makes the interface once its nodes are in the store. What
 * hotplug scripts do with it in other toolstacks is done here by rtnetlink: vif-bridge in vif.c,
 * vif-route in vif_route.c. The back end limits the rate. On a bridge the addresses of `ip` are for
 * packet filters, and nothing here uses them; nor does Debian's script vif-bridge.
 */
#ifndef EARLYDOM_VIF_H
#define EARLYDOM_VIF_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "builder/describe/vif_spec.h"

/* Where a vif goes that names no bridge: xl's default (libxl_nic.c). */
#define VIF_BRIDGE "xenbr0"

struct vif {
	const struct vif_spec *spec; /* borrowed */
	unsigned devid;
	uint8_t mac[6]; /* the descriptor's, or a random one that restarts keep */
	bool plugged;   /* of the running domain: to be cleared for each new one */
	unsigned mtu;   /* of the interface, once it is plugged */
};

/*
 * Sets up the n vifs of a guest: numbers and addresses. Checks that each bridge, or gatewaydev with
 * an address, is there, but of those that another domain serves. The kernel has the modules for
 * them. Returns 0, or -1 with e set; *absent says whether what is missing may still come.
 */
int vif_init(struct vif *v, const struct vif_spec *specs, size_t n, bool *absent, struct err *e);

/* The bridge that the store and QEMU are told of, also where it is routed. */
const char *vif_bridge(const struct vif *v);

/*
 * Plugs the interface vifDOMID.DEVID, which the back end has made: gives it its name (vifname), an
 * address that no frame carries (fe:ff:ff:ff:ff:ff) and its mtu (the bridge's where none is given),
 * puts it on its bridge, and takes it up; or gives it its name and its mtu, if one is given, and
 * routes to it. Does the same with the emulated card's interface, if there is one. An interface
 * that is plugged already is not changed. Returns 0; or 1 when there is no interface yet; or -1
 * with e set to `vif DEVID: cause`.
 */
int vif_plug(struct vif *v, uint32_t domid, struct err *e);

/* Whether QEMU emulates a network card beside the vif, on the same bridge and with the same
 * address, for guests whose drivers don't know Xen. */
bool vif_has_card(const struct vif *v);

/* The card's interface in dom0, which QEMU makes, with libxl's name for it (libxl_nic.c,
 * libxl__device_nic_devname). */
void vif_card_name(const struct vif *v, uint32_t domid, char name[IFNAMSIZ]);

/* Writes "00:16:3e:01:02:03". */
void vif_mac_text(const uint8_t mac[6], char text[18]);

#endif
