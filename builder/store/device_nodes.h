/*
 * The nodes of a guest's devices, as libxl writes them: front end, back end, and libxl's own copy
 * of the back end (libxl_device.c, libxl__device_generic_add).
 */
#ifndef EARLYDOM_DEVICE_NODES_H
#define EARLYDOM_DEVICE_NODES_H

#include "builder/device/disk.h"
#include "builder/guest/guest.h"
#include "nodes.h"
#include "builder/device/vif.h"

/* Where libxl says that its hotplug scripts are (libxl__xen_script_dir_path). None is run here. */
#define SCRIPT_DIR "/etc/xen/scripts"

/* States of the two ends (public/io/xenbus.h, enum xenbus_state). */
#define DEVICE_INITIALISING 1
#define DEVICE_CLOSING      5
#define DEVICE_CLOSED       6

/* A device whose nodes are being listed. */
struct device_nodes {
	struct nodes *to;
	char front[80], back[80], libxl[80]; /* their directories */
};

/*
 * Begins a device, which the domain to->back serves: the three directories and what points from one
 * to another. The first console's front end is elsewhere and dom0's; all other front ends are the
 * guest's.
 */
void device_begin(struct device_nodes *d, struct nodes *to, const char *kind, uint32_t devid);
/* The same where the back end is of a kind of its own, as QEMU's are. */
void device_begin_back(struct device_nodes *d, struct nodes *to, const char *kind,
		       const char *back_kind, uint32_t devid);

/* A node of the back end, and of libxl's copy. */
void device_back(struct device_nodes *d, const char *name, const char *value, ...)
	__attribute__((format(printf, 3, 4)));
/* The node `script`: a path, or a name in SCRIPT_DIR. */
void device_script(struct device_nodes *d, const char *script);
/* A node of the front end. */
void device_front(struct device_nodes *d, enum node_access access, const char *name,
		  const char *value, ...) __attribute__((format(printf, 4, 5)));

/* Where the back end of a disk that QEMU serves, and of one that the kernel serves, is. */
#define QDISK_KIND "qdisk"
#define VBD_KIND   "vbd"
#define VIF_KIND   "vif"

/* The i-th of a guest's disks and interfaces (describe/backend_of.h) in the store: below which
 * kinds its ends are, and what messages call it. */
struct device_place {
	char what[32]; /* "disk xvda", "vif 0" */
	const char *kind, *back_kind;
	uint32_t devid;
};
struct device_place device_place(const struct guest *g, size_t i);

/* What QEMU calls what a channel is connected with. */
#define CHANNEL_CHARDEV "libxl-channel%u"

/* What QEMU opens for a disk, in its back end's node `params`: "qcow2:/images/web"; "aio:" for a
 * cdrom drive without a medium. Asprintf's result, for free(); NULL without memory. */
char *disk_params(const struct disk *disk);

struct channel_spec; /* describe/channel_spec.h */
struct vfb_spec;     /* describe/vfb_spec.h */
struct vkb_spec;     /* describe/vkb_spec.h */

/*
 * One device each, appended to `to`. A disk's path is taken for what it leads to, if it is a link.
 * handed: QEMU gets a channel's terminal, and does not make it. abi: the layout of the requests
 * that a pv guest's front end makes (public/io/protocols.h), or NULL. A keyboard's spec may be
 * NULL: nothing was said of it. What of a disk is only known to the domain that serves it is not
 * written, where that is not dom0.
 */
void console_nodes(const struct guest *g, struct nodes *to);
void channel_nodes(const struct channel_spec *spec, uint32_t devid, bool handed, struct nodes *to);
void disk_nodes(const struct disk *disk, const char *abi, struct nodes *to);
void vif_nodes(const struct vif *vif, struct nodes *to);
void vfb_nodes(const struct vfb_spec *spec, uint32_t devid, struct nodes *to);
void vkbd_nodes(const struct vkb_spec *spec, uint32_t devid, struct nodes *to);

/* A guest's USB controllers, and what is plugged into them. They have no ends: libxl alone reads
 * this. */
void usb_nodes(const struct guest *g, struct nodes *to);

/* A guest's PCI devices: one pair of ends for all of them, and in /libxl/pci whose each is. */
void pci_nodes(const struct guest *g, struct nodes *to);

#endif
