/* USB controllers that QEMU emulates: libxl_usb.c, libxl__device_usbctrl_add_xenstore for the type
 * devicemodel, and libxl__device_usbdev_add_xenstore for what is plugged in. */
#include "device_nodes.h"

#include <stdio.h>

#include "builder/describe/usb_spec.h"
#include "builder/device/usb.h"

/* The name of what is plugged in there, or "". */
static const char *plugged(const struct guest *g, size_t ctrl, unsigned port)
{
	for (size_t i = 0; g->usbdevs && i < g->cfg->nr_usbdevs; i++)
		if (g->cfg->usbdevs[i].at == ctrl && g->cfg->usbdevs[i].at_port == port)
			return g->usbdevs[i].name;
	return "";
}

void usb_nodes(const struct guest *g, struct nodes *to)
{
	char dir[64], name[16];

	for (size_t i = 0; i < g->cfg->nr_usbctrls; i++) {
		const struct usbctrl_spec *spec = &g->cfg->usbctrls[i];

		snprintf(dir, sizeof(dir), "/libxl/%u/device/vusb/%zu", to->domid, i);
		nodes_add(to, NODE_INHERITS, dir, "type", "devicemodel");
		nodes_add(to, NODE_INHERITS, dir, "usb-ver", "%u", usbctrl_version(spec));
		nodes_add(to, NODE_INHERITS, dir, "num-ports", "%u", usbctrl_ports(spec));
		nodes_add(to, NODE_INHERITS, dir, "port", "%s", "");
		for (unsigned port = 1; port <= usbctrl_ports(spec); port++) {
			snprintf(name, sizeof(name), "port/%u", port);
			nodes_add(to, NODE_INHERITS, dir, name, "%s", plugged(g, i, port));
		}
	}
}
