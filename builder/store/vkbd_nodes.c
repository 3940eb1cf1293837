/* A paravirtual keyboard and pointer, which QEMU serves: libxl_vkb.c, libxl__set_xenstore_vkb. */
#include "device_nodes.h"

#include "builder/describe/vkb_spec.h"

void vkbd_nodes(const struct vkb_spec *spec, uint32_t devid, struct nodes *to)
{
	struct device_nodes d;

	device_begin(&d, to, "vkbd", devid);

	device_back(&d, "frontend-id", "%u", to->domid);
	device_back(&d, "online", "1");
	device_back(&d, "state", "%d", DEVICE_INITIALISING);
	if (spec && spec->unique_id)
		device_back(&d, "unique-id", "%s", spec->unique_id);
	for (unsigned n = 0; spec && n < VKB_NUMBERS; n++)
		if (spec->number[n])
			device_back(&d, vkb_number_name(n), "%u", spec->number[n]);

	device_front(&d, NODE_INHERITS, "backend-id", "0");
	device_front(&d, NODE_INHERITS, "state", "%d", DEVICE_INITIALISING);
}
