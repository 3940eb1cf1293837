/* A console beside the first, which QEMU serves: libxl_console.c, libxl__init_console_from_channel
 * and libxl__device_console_add. */
#include "device_nodes.h"

#include "builder/describe/channel_spec.h"

/* Bytes that a back end keeps for a reader that is slow (LIBXL_XENCONSOLE_LIMIT). */
#define CONSOLE_LIMIT 1048576

void channel_nodes(const struct channel_spec *spec, uint32_t devid, bool handed, struct nodes *to)
{
	struct device_nodes d;

	device_begin(&d, to, "console", devid);

	device_back(&d, "frontend-id", "%u", to->domid);
	device_back(&d, "online", "1");
	device_back(&d, "state", "%d", DEVICE_INITIALISING);
	device_back(&d, "protocol", "vt100");
	device_back(&d, "name", "%s", spec->name);
	device_back(&d, "connection", spec->path ? "socket" : "pty");
	if (spec->path)
		device_back(&d, "path", "%s", spec->path);

	device_front(&d, NODE_INHERITS, "backend-id", "0");
	device_front(&d, NODE_INHERITS, "state", "%d", DEVICE_INITIALISING);
	device_front(&d, NODE_INHERITS, "protocol", "vt100");
	device_front(&d, NODE_READABLE, "name", "%s", spec->name);
	device_front(&d, NODE_READABLE, "limit", "%d", CONSOLE_LIMIT);
	device_front(&d, NODE_READABLE, "type", "ioemu");
	if (spec->path || handed)
		device_front(&d, NODE_READABLE, "output", "chardev:" CHANNEL_CHARDEV, devid);
	else
		device_front(&d, NODE_READABLE, "output", "pty");
	device_front(&d, NODE_READABLE, "tty", "%s", ""); /* filled in when there is one */
}
