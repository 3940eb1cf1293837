/* The frame buffer of a pv or pvh guest: libxl_console.c, libxl__set_xenstore_vfb. */
#include "device_nodes.h"

#include "builder/describe/vfb_spec.h"

#define LISTEN_DEFAULT "127.0.0.1"

static void back_text(struct device_nodes *d, const char *name, const char *text)
{
	if (text)
		device_back(d, name, "%s", text);
}

void vfb_nodes(const struct vfb_spec *spec, uint32_t devid, struct nodes *to)
{
	const bool vnc = vfb_has_vnc(spec);
	struct device_nodes d;

	device_begin(&d, to, "vfb", devid);

	device_back(&d, "frontend-id", "%u", to->domid);
	device_back(&d, "online", "1");
	device_back(&d, "state", "%d", DEVICE_INITIALISING);
	device_back(&d, "vnc", "%d", vnc);
	back_text(&d, "vnclisten", spec->listen ? spec->listen : vnc ? LISTEN_DEFAULT : NULL);
	back_text(&d, "vncpasswd", spec->password);
	device_back(&d, "vncdisplay", "%u", spec->display);
	device_back(&d, "vncunused", "%d",
		    vnc ? vfb_takes_unused(spec) : spec->unused == VFB_FLAG_ON);
	device_back(&d, "sdl", "0");
	device_back(&d, "opengl", "0");
	back_text(&d, "xauthority", spec->xauthority);
	back_text(&d, "display", spec->xdisplay);

	device_front(&d, NODE_INHERITS, "backend-id", "0");
	device_front(&d, NODE_INHERITS, "state", "%d", DEVICE_INITIALISING);
}
