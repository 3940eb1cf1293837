/* A disk's nodes: libxl_disk.c, device_disk_add, and what the hotplug script `block` adds. */
#include "device_nodes.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

static bool flag(enum disk_flag f, bool otherwise)
{
	return f == DISK_FLAG_DEFAULT ? otherwise : f == DISK_FLAG_ON;
}

/* The script follows links, as udev makes them for volumes; a path that leads nowhere stays. */
static const char *device_path(const struct disk *disk, char buf[PATH_MAX])
{
	return realpath(disk->path, buf) ? buf : disk->path;
}

void disk_nodes(const struct disk *disk, const char *abi, struct nodes *to)
{
	const struct disk_spec *spec = disk->spec;
	struct device_nodes d;
	char buf[PATH_MAX];

	device_begin(&d, to, "vbd", spec->vdev_number);

	device_back(&d, "params", "%s", disk->loop ? spec->target : disk->path);
	device_back(&d, "script", "%s", SCRIPT_DIR "/block");
	device_back(&d, "frontend-id", "%u", to->domid);
	device_back(&d, "online", "1");
	device_back(&d, "removable", "0");
	device_back(&d, "bootable", "1");
	device_back(&d, "state", "%d", DEVICE_INITIALISING);
	device_back(&d, "dev", "%s", spec->vdev);
	device_back(&d, "type", "phy");
	device_back(&d, "mode", "%s", spec->readwrite ? "w" : "r");
	device_back(&d, "device-type", "disk");
	if (spec->direct_io_safe)
		device_back(&d, "direct-io-safe", "1");
	device_back(&d, "discard-enable", "%d", flag(spec->discard, spec->readwrite));
	device_back(&d, "specification", "xen");

	/* The script's. The back end opens the device by its number, in hexadecimal. */
	if (disk->loop)
		nodes_add(to, NODE_INHERITS, d.back, "node", "%s", disk->path);
	nodes_add(to, NODE_INHERITS, d.back, "physical-device", "%x:%x", major(disk->rdev),
		  minor(disk->rdev));
	nodes_add(to, NODE_INHERITS, d.back, "physical-device-path", "%s", device_path(disk, buf));
	nodes_add(to, NODE_INHERITS, d.back, "hotplug-status", "connected");

	device_front(&d, NODE_INHERITS, "backend-id", "0");
	device_front(&d, NODE_INHERITS, "state", "%d", DEVICE_INITIALISING);
	device_front(&d, NODE_INHERITS, "virtual-device", "%u", spec->vdev_number);
	device_front(&d, NODE_INHERITS, "device-type", "disk");
	device_front(&d, NODE_INHERITS, "trusted", "%d", flag(spec->trusted, true));
	/* For front ends of Linux before 2.6.26, which do not write it. */
	if (abi)
		device_front(&d, NODE_INHERITS, "protocol", "%s", abi);
}
