/*
 * One string of the `disk` key, in the syntax of xl-disk-configuration(5):
 *
 *     '/dev/vg/web,raw,xvda,rw'    'format=qcow2,vdev=xvda,target=/images/web.qcow2'
 *
 * The deprecated prefixes (phy:, file:, tap:aio:, raw:, iscsi: ...) are read as xl 4.17 reads them
 * (tools/libs/util/libxlu_disk_l.l). Stricter than xl: no parameter may be given twice, and the
 * vdev must be one.
 */
#ifndef EARLYDOM_DISK_SPEC_H
#define EARLYDOM_DISK_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Bytes; loop devices count in these, and an image file with less than one is none. */
#define DISK_SECTOR 512

enum disk_format { DISK_RAW, DISK_QCOW, DISK_QCOW2, DISK_VHD, DISK_QED, DISK_EMPTY };
enum disk_backend {
	DISK_BACKEND_ANY,
	DISK_BACKEND_PHY,
	DISK_BACKEND_TAP,
	DISK_BACKEND_QDISK,
	DISK_BACKEND_STANDALONE
};
enum disk_protocol { DISK_PROTOCOL_XEN, DISK_PROTOCOL_VIRTIO };

/* A yes or no that has a default elsewhere. */
enum disk_flag { DISK_FLAG_DEFAULT, DISK_FLAG_OFF, DISK_FLAG_ON };

struct disk_spec {
	char *target; /* path, tag, or text for the script; NULL for an empty cdrom drive */
	enum disk_format format;
	char *vdev;           /* as it was written */
	uint32_t vdev_number; /* the number of the front end's device node, see disk_vdev_number */
	bool readwrite;       /* access */
	bool cdrom;
	char *script;         /* name or path of a block script, or NULL */
	char *backend_domain; /* name or id, or NULL for dom0 */
	enum disk_backend backend;
	enum disk_protocol protocol; /* xl's `specification` */
	bool direct_io_safe;
	enum disk_flag discard, trusted;
};

/* Returns 0, or -1 with e set; *out is freed with disk_spec_free in either case. */
int disk_spec_parse(const char *text, struct disk_spec *out, struct err *e);
void disk_spec_free(struct disk_spec *s);
void disk_specs_free(struct disk_spec *all, size_t n); /* and the array */

/*
 * The number of a virtual device, as xen-vbd-interface(7) and libxl have it: xvd*, hd*, sd* with or
 * without a partition, dNpM, or the number itself. Returns 0, or -1 when vdev is none of these.
 */
int disk_vdev_number(const char *vdev, uint32_t *number);

/*
 * Where QEMU emulates the disk of an hvm guest on a controller with so many places, as libxl has
 * it: 0 is the first one, for xvda, hda and d0, and so on. -1 for other disks: sd* is SCSI, and the
 * rest, numbers among them, are for the guest's own drivers only.
 */
int disk_place(const struct disk_spec *s, unsigned places);

#endif
