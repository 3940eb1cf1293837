/* The paravirtual keyboard and mouse of a guest with QEMU, which serves them: libxl_vkb.c,
 * libxl__device_add. */
#include "device_nodes.h"

void vkbd_nodes(struct nodes *to)
{
	struct device_nodes d;

	device_begin(&d, to, "vkbd", 0);

	device_back(&d, "frontend-id", "%u", to->domid);
	device_back(&d, "online", "1");
	device_back(&d, "state", "%d", DEVICE_INITIALISING);

	device_front(&d, NODE_INHERITS, "backend-id", "0");
	device_front(&d, NODE_INHERITS, "state", "%d", DEVICE_INITIALISING);
}
