/*
 * A vif that is routed: what Xen's script vif-route does in dom0 (tools/hotplug/Linux of Xen).
 *
 * The guest's interface in dom0 gets the address of another one, gatewaydev, as its own, the kernel
 * answers ARP there for whatever it has a route to, and each network of `ip` gets a route. Whether
 * dom0 forwards packets (net.ipv4.ip_forward) and whether others find the guest (proxy_arp of
 * gatewaydev, or a route of theirs) is for dom0's configuration to say, as with xl.
 *
 * Other than the script: an mtu that is given is set, networks may be IPv6, and the routes by an
 * emulated card count less than those by the vif, which count only while the guest's driver is
 * connected. The script has it the other way round, but QEMU keeps the card's interface when the
 * guest's driver takes over.
 */
#ifndef EARLYDOM_VIF_ROUTE_H
#define EARLYDOM_VIF_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "builder/describe/vif_spec.h"
#include "link.h"

/* The interface whose address it is: the script's default where none is given. */
const char *vif_gateway(const struct vif_spec *s);

/* dom0's address on the vif. */
struct vif_source {
	bool there; /* not needed where all networks are IPv6 */
	uint8_t addr[4];
};

/* Looks it up. Returns 0, or -1 with e set; *absent says whether it may still come. */
int vif_find_source(const struct vif_spec *s, struct vif_source *out, bool *absent, struct err *e);

/* What the interface is: one that stands alone, one that has a card beside it, or the card's. */
enum vif_end { VIF_ALONE, VIF_WITH_CARD, VIF_CARD };

/* Gives the interface its address, takes it up, and adds the routes. May be done again, with the
 * same result. Returns 0, or -1 with e set. */
int vif_route(const struct vif_spec *s, const struct vif_source *source, enum vif_end end,
	      const struct link *l, struct err *e);

#endif
