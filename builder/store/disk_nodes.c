/* A disk's nodes: libxl_disk.c, device_disk_add, and what the hotplug script `block` adds. */
#include "device_nodes.h"

#include <limits.h>
#include <stdio.h>
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

char *disk_params(const struct disk *disk)
{
	char *params;

	return asprintf(&params, "%s:%s", disk_format_in_store(disk->format), disk->path) < 0
		       ? NULL
		       : params;
}

/* In another domain: what that is to open is the descriptor's text. */
static void begin_elsewhere(struct device_nodes *d, struct nodes *to, const struct disk_spec *spec)
{
	const char *target = spec->target ? spec->target : "";

	if (disk_by_qemu(spec)) {
		device_begin_back(d, to, VBD_KIND, QDISK_KIND, spec->vdev_number);
		device_back(d, "params", "%s:%s", disk_format_in_store(spec->format), target);
		return;
	}
	device_begin(d, to, VBD_KIND, spec->vdev_number);
	device_back(d, "params", "%s", target);
	device_script(d, spec->script ? spec->script : "block");
}

static void begin(struct device_nodes *d, struct nodes *to, const struct disk *disk)
{
	const struct disk_spec *spec = disk->spec;
	char *params;

	if (!spec->qdisk) {
		device_begin(d, to, VBD_KIND, spec->vdev_number);
		device_back(d, "params", "%s", disk->loop ? spec->target : disk->path);
		device_back(d, "script", "%s", SCRIPT_DIR "/block");
		return;
	}
	device_begin_back(d, to, VBD_KIND, QDISK_KIND, spec->vdev_number);
	params = disk_params(disk);
	if (params)
		device_back(d, "params", "%s", params);
	else
		to->failed = true;
	free(params);
}

/* The script's. The back end opens the device by its number, in hexadecimal. */
static void device_number(const struct device_nodes *d, struct nodes *to, const struct disk *disk)
{
	char buf[PATH_MAX];

	if (disk->loop)
		nodes_add(to, NODE_INHERITS, d->back, "node", "%s", disk->path);
	nodes_add(to, NODE_INHERITS, d->back, "physical-device", "%x:%x", major(disk->rdev),
		  minor(disk->rdev));
	nodes_add(to, NODE_INHERITS, d->back, "physical-device-path", "%s", device_path(disk, buf));
	nodes_add(to, NODE_INHERITS, d->back, "hotplug-status", "connected");
}

void disk_nodes(const struct disk *disk, const char *abi, struct nodes *to)
{
	const struct disk_spec *spec = disk->spec;
	const char *type = spec->cdrom ? "cdrom" : "disk";
	struct device_nodes d;

	if (to->back)
		begin_elsewhere(&d, to, spec);
	else
		begin(&d, to, disk);
	device_back(&d, "frontend-id", "%u", to->domid);
	device_back(&d, "online", "1");
	device_back(&d, "removable", "%d", spec->cdrom);
	device_back(&d, "bootable", "1");
	device_back(&d, "state", "%d", DEVICE_INITIALISING);
	device_back(&d, "dev", "%s", spec->vdev);
	device_back(&d, "type", "%s", disk_by_qemu(spec) ? "qdisk" : "phy");
	device_back(&d, "mode", "%s", spec->readwrite ? "w" : "r");
	device_back(&d, "device-type", "%s", type);
	if (spec->direct_io_safe)
		device_back(&d, "direct-io-safe", "1");
	device_back(&d, "discard-enable", "%d", flag(spec->discard, spec->readwrite));
	device_back(&d, "specification", "xen");
	if (!spec->qdisk && !to->back)
		device_number(&d, to, disk);

	device_front(&d, NODE_INHERITS, "backend-id", "%u", to->back);
	device_front(&d, NODE_INHERITS, "state", "%d", DEVICE_INITIALISING);
	device_front(&d, NODE_INHERITS, "virtual-device", "%u", spec->vdev_number);
	device_front(&d, NODE_INHERITS, "device-type", "%s", type);
	device_front(&d, NODE_INHERITS, "trusted", "%d", flag(spec->trusted, true));
	/* For front ends of Linux before 2.6.26, which do not write it. */
	if (abi)
		device_front(&d, NODE_INHERITS, "protocol", "%s", abi);
}
