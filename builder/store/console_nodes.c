/* The console's nodes: libxl_console.c, libxl__device_console_add. xenconsoled serves it. */
#include "device_nodes.h"

#include <inttypes.h>

/* Bytes that xenconsoled keeps for a reader that is slow (LIBXL_XENCONSOLE_LIMIT). */
#define CONSOLE_LIMIT 1048576

void console_nodes(const struct guest *g, struct nodes *to)
{
	struct device_nodes d;

	device_begin(&d, to, "console", 0);

	device_back(&d, "frontend-id", "%u", to->domid);
	device_back(&d, "online", "1");
	device_back(&d, "state", "%d", DEVICE_INITIALISING);
	device_back(&d, "protocol", "vt100");

	device_front(&d, NODE_GUEST_DOM0, "backend-id", "0");
	device_front(&d, NODE_INHERITS, "limit", "%d", CONSOLE_LIMIT);
	device_front(&d, NODE_INHERITS, "type", "xenconsoled");
	device_front(&d, NODE_INHERITS, "output", "pty");
	device_front(&d, NODE_INHERITS, "tty", "%s", ""); /* xenconsoled's to fill */
	device_front(&d, NODE_INHERITS, "port", "%u", g->console_port);
	device_front(&d, NODE_INHERITS, "ring-ref", "%" PRIu64, g->console_gfn);
}
