/*
 * What the disks of a guest mean with its type: who serves them, and which drives QEMU emulates.
 */
#ifndef EARLYDOM_CONFIG_DISKS_H
#define EARLYDOM_CONFIG_DISKS_H

#include "config_reading.h"
#include "disk_spec.h"

/* Decides which disks QEMU serves, and takes out those that are nothing. */
void config_check_disks(struct reading *r);

/* Reports what QEMU can't emulate of an hvm guest's disks; afterwards. */
void config_check_drives(struct reading *r);

/* A drive that QEMU emulates. */
enum drive_bus {
	DRIVE_NONE, /* it is there for the guest's own drivers alone */
	DRIVE_IDE,  /* two on each of two cables; all cdrom drives */
	DRIVE_AHCI, /* the six ports of a controller */
	DRIVE_SCSI,
};

struct drive {
	enum drive_bus bus;
	unsigned unit; /* from 0 */
};

/* Where QEMU emulates that disk of an hvm guest, as libxl has it: by the letter of its vdev. */
struct drive config_drive(const struct guest_config *g, const struct disk_spec *s);

#endif
