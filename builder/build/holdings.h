/*
 * What is held for a guest from before its first build until it is over, restarts included: the
 * files that it is built from, its disks and network interfaces.
 */
#ifndef EARLYDOM_HOLDINGS_H
#define EARLYDOM_HOLDINGS_H

#include "builder/device/disk.h"
#include "builder/device/vif.h"
#include "builder/guest/guest.h"
#include "builder/host/host.h"
#include "builder/image/image_files.h"
#include "builder/pci/pci_hold.h"

/* Holds the files of g and plans a build. Returns 0, or -1 with e set and none held. It may block:
 * files lie where the host's owner has put them. */
int guest_hold_images(struct guest *g, struct image_cache *c, struct err *e);

/* Holds those that an earlier supervisor has held, if these are all. Plans nothing, and returns as
 * above; it opens nothing. */
int guest_adopt_images(struct guest *g, struct image_cache *c, struct err *e);

/* Gives them back. */
void guest_drop_images(struct guest *g, struct image_cache *c);

/*
 * Holds the disks and sets up the network interfaces of g, and finds the host's USB devices.
 * Returns 0, or -1 with e set and none held; those that are held already stay. *absent is true then
 * if a disk or a device is not there, or what an interface is plugged into, which may still come.
 */
int guest_hold_devices(struct guest *g, struct disk_table *disks, bool *absent, struct err *e);

/*
 * Holds the PCI devices of g, and asks the hypervisor and the store, by h, whether it can have
 * them. Returns and sets *absent as above; where it fails, g's other devices are given back, too.
 * To be called when guest_hold_devices has succeeded.
 */
int guest_hold_pci(struct guest *g, struct disk_table *disks, struct pci_table *pcis,
		   struct host *h, bool *absent, struct err *e);

/*
 * Holds disk i of g for a domain that has it already, from an earlier supervisor's: by the open
 * file that outlived it, or where that is lost by its path. Returns 0, or -1 with e set: it is
 * another device by now, or in use in dom0.
 */
int guest_adopt_disk(struct guest *g, struct disk_table *disks, size_t i, const char *path,
		     dev_t rdev, struct err *e);

/* Makes g->backends, where other domains serve its devices: none does yet. guest_hold_devices does
 * it, too. Returns 0, or -1 without memory. */
int guest_make_backends(struct guest *g);

/* Finds the host's USB devices of a g whose domain has them already. One that is not there any more
 * is lost. sysroot is that of the disks. */
void guest_adopt_usb(struct guest *g, const char *sysroot);

/* Gives disk i of g, a cdrom drive, another medium, which is held; the one before is dropped. */
void guest_change_disk(struct guest *g, struct disk_table *disks, size_t i, struct disk *medium);

/* Whether one of the disks, USB or PCI devices is not there any more, so that all have to be looked
 * for again. */
bool guest_lost_devices(const struct guest *g);

/* Gives back all that guest_hold_devices and guest_hold_pci have held. */
void guest_drop_devices(struct guest *g, struct disk_table *disks);

/* Whether g knows the disks, interfaces, USB and PCI devices that its domain has: one that was
 * adopted may not. */
bool guest_knows_devices(const struct guest *g);

/* Whether g has all that a build needs: its files and devices. */
bool guest_holds_all(const struct guest *g);

/* Whether the files that the jail reads are as long as they were when they were opened: who reads a
 * mapping behind the end of its file is ended by SIGBUS, which is a worse message. Returns 0, or -1
 * with e set. */
int guest_check_files(const struct guest *g, struct err *e);

/* Whether the files whose digest the descriptor gives have that one: to be called before anything
 * else is done with their bytes. Returns 0, or -1 with e set. */
int guest_check_digests(struct guest *g, struct err *e);

/* Whether nothing has happened to these files since: to be called when their last byte was used.
 * Returns 0, or -1 with e set. */
int guest_check_unchanged(struct guest *g, struct err *e);

/* The file of what g starts with: its kernel, or its firmware where it has one. NULL while its
 * files are not held. */
struct image_file *guest_source(const struct guest *g);

/* What g starts with, unpacked and checked, or found so by another guest that shares the file.
 * Returns NULL with e set. */
const struct kernel_facts *guest_open_source(const struct guest *g, struct err *e);

/* A further build of g will come; one that was planned does not come. */
void guest_plan_restart(struct guest *g);
void guest_plan_done(struct guest *g);

/* Which of the kernel's modules the devices of such a guest need, as bits. */
unsigned guest_modules(const struct guest_config *cfg);

/* Loads those that are not loaded. They are the initramfs's: to be called while that is there.
 * Returns 0, or -1 with e set. */
int guest_modules_load(const struct starter *s, unsigned modules, struct err *e);

#endif
