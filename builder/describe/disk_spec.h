/*
 * One string of the `disk` key, in the syntax of xl-disk-configuration(5):
 *
 *     '/dev/vg/web,raw,xvda,rw'    'format=qcow2,vdev=xvda,target=/images/web.qcow2'
 *
 * The deprecated prefixes (phy:, file:, tap:aio:, raw:, iscsi: ...) are read as xl 4.17 reads them
 * (tools/libs/util/libxlu_disk_l.l), in front of any parameter. Stricter than xl: the vdev must be
 * one. What xl does not have: the format vmdk, and tags (tag_spec.h) where a target may be.
 */
#ifndef EARLYDOM_DISK_SPEC_H
#define EARLYDOM_DISK_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Bytes; loop devices count in these, and an image file with less than one is none. */
#define DISK_SECTOR 512

enum disk_format { DISK_RAW, DISK_QCOW, DISK_QCOW2, DISK_VHD, DISK_QED, DISK_VMDK, DISK_EMPTY };
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
	/* Path, tag, or text for the script; NULL for an empty cdrom drive. A relative path behind
	   phy: has become one below /dev. */
	char *target;
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
	bool empty_target; /* a target was given, and has nothing in it */
	size_t entry;      /* its place in the list, from 0: the reader's (read_disks) */
	bool qdisk;        /* QEMU in dom0 serves it: config_disks.c decides that */
};

/* Returns 0, or -1 with e set; *out is freed with disk_spec_free in either case. */
int disk_spec_parse(const char *text, struct disk_spec *out, struct err *e);
void disk_spec_free(struct disk_spec *s);
void disk_specs_free(struct disk_spec *all, size_t n); /* and the array */

/* A format's word in descriptors; QEMU's driver for it (-drive format=), NULL for none; and what is
 * in front of the path in a back end's node `params` (libxl_device.c). */
const char *disk_format_word(enum disk_format f);
const char *disk_format_driver(enum disk_format f);
const char *disk_format_in_store(enum disk_format f);

/* What an image looks like by its first len bytes, 32 of which tell; DISK_RAW where it looks like
 * nothing, as a vhd of a fixed size does. The magic numbers are QEMU's (block/qcow2.c and others).
 */
#define DISK_HEAD 32
enum disk_format disk_format_of(const uint8_t *head, size_t len);

/*
 * Whether QEMU serves a disk (qdisk), or else the kernel (phy), as libxl chooses it: the kernel has
 * what is raw, by a loop device where that is a file, unless the descriptor says otherwise; an hvm
 * guest's cdrom drives are QEMU's (libxl__device_disk_setdefault, disk_try_backend).
 */
bool disk_is_qdisk(const struct disk_spec *s, bool hvm);

/* The same of one whose guest's configuration has been read, in whichever domain that QEMU is. */
bool disk_by_qemu(const struct disk_spec *s);

/*
 * The number of a virtual device, as xen-vbd-interface(7) and libxl have it: xvd*, hd*, sd* with or
 * without a partition, dNpM, or the number itself. Returns 0, or -1 when vdev is none of these.
 */
int disk_vdev_number(const char *vdev, uint32_t *number);

/*
 * Where QEMU emulates the disk of an hvm guest, no cdrom drive, on a controller with so many
 * places, as libxl has it: 0 is the first one, for xvda, hda and d0, and so on. -1 for other disks:
 * sd* is SCSI, and the rest, numbers among them, are for the guest's own drivers only.
 */
int disk_place(const struct disk_spec *s, unsigned places);

/* The same of a cdrom drive, which is on one of two IDE cables: hda, xvda and sda are the first
 * one. -1 for what is none of the first four. */
int disk_cdrom_place(const struct disk_spec *s);

#endif
