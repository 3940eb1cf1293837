/* A network interface's nodes: libxl_nic.c, libxl__set_xenstore_nic. */
#include "device_nodes.h"

#include <inttypes.h>

/* What is not written for the back end, because it is Ethernet's. */
#define MTU_DEFAULT 1500

void vif_nodes(const struct vif *vif, struct nodes *to)
{
	const struct vif_spec *spec = vif->spec;
	const uint32_t mtu = spec->mtu ? spec->mtu : MTU_DEFAULT;
	struct device_nodes d;
	char mac[18];

	vif_mac_text(vif->mac, mac);
	device_begin(&d, to, VIF_KIND, vif->devid);

	device_back(&d, "frontend-id", "%u", to->domid);
	device_back(&d, "online", "1");
	device_back(&d, "state", "%d", DEVICE_INITIALISING);
	device_script(&d, spec->script ? spec->script : "vif-bridge");
	if (spec->vifname)
		device_back(&d, "vifname", "%s", spec->vifname);
	device_back(&d, "mac", "%s", mac);
	if (spec->ip)
		device_back(&d, "ip", "%s", spec->ip);
	if (spec->gatewaydev)
		device_back(&d, "gatewaydev", "%s", spec->gatewaydev);
	if (spec->has_rate)
		device_back(&d, "rate", "%" PRIu64 ",%" PRIu32, spec->rate_bytes,
			    spec->rate_interval_us);
	if (mtu != MTU_DEFAULT)
		device_back(&d, "mtu", "%" PRIu32, mtu);
	device_back(&d, "bridge", "%s", vif_bridge(vif));
	device_back(&d, "handle", "%u", vif->devid);
	device_back(&d, "type", vif_has_card(vif) ? "vif_ioemu" : "vif");
	/* Empty: the back end waits for whoever plugs the interface to write "connected". */
	device_back(&d, "hotplug-status", "%s", "");

	device_front(&d, NODE_INHERITS, "backend-id", "%u", to->back);
	device_front(&d, NODE_INHERITS, "state", "%d", DEVICE_INITIALISING);
	device_front(&d, NODE_INHERITS, "handle", "%u", vif->devid);
	device_front(&d, NODE_INHERITS, "mac", "%s", mac);
	device_front(&d, NODE_INHERITS, "trusted", "%d", spec->trust != VIF_UNTRUSTED);
	/* What the front end takes for the frames' size is the back end's to say. */
	device_front(&d, NODE_READABLE, "mtu", "%" PRIu32, mtu);
}
