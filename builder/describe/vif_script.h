/*
 * The value of a vif's `script`: what Xen's hotplug scripts do with an interface, of which two are
 * done here, without a script (tools/hotplug/Linux of Xen).
 */
#ifndef EARLYDOM_VIF_SCRIPT_H
#define EARLYDOM_VIF_SCRIPT_H

#include "base/err.h"

/* On a bridge; or with an address of dom0's, and routes to the guest's. */
enum vif_way { VIF_BRIDGED, VIF_ROUTED };

/*
 * Finds what the script is: a name, which libxl looks for in /etc/xen/scripts, or the path of a
 * file in a directory xen/scripts, wherever a distribution has that; NULL is vif-bridge. Returns 0,
 * or -1 with e set, which names the script and says what to do instead.
 */
int vif_script_way(const char *script, enum vif_way *way, struct err *e);

#endif
