/*
 * A guest, as data: its configuration, the files and devices that are held for it, and the state of
 * its domain while it has one. build/life.h has what is done with it.
 */
#ifndef EARLYDOM_GUEST_H
#define EARLYDOM_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>

#include "base/err.h"
#include "guest_config.h"
#include "guest_devmodel.h"
#include "phases.h"

struct disk;         /* device/disk.h */
struct image_file;   /* image/image_files.h */
struct pci_assigned; /* pci/pci_hold.h */
struct pci_table;
struct usb_device; /* device/usb.h */
struct vif;        /* device/vif.h */

/* domid of a guest that has no domain. */
#define NO_DOMAIN DOMID_INVALID

#define KERNEL_NOTE_MAX 160

struct guest {
	const struct guest_config *cfg;
	uint8_t uuid[16];  /* the descriptor's, or a random one that restarts keep */
	uint8_t genid[16]; /* Microsoft's VM generation ID, where it is wanted; restarts keep it */

	/*
	 * Files that are held. ramdisk is NULL where none is wanted, kernel where a firmware finds
	 * one; only some hvm guests have firmware (hvmloader) and what follows.
	 */
	struct image_file *kernel, *ramdisk, *firmware, *bios, *memmap;
	struct image_file *acpi, *smbios; /* tables that hvmloader adds to its own; or NULL */
	/* Those whose digest the descriptor gives: as they were when that was found to be right. */
	struct file_state checked[GUEST_FILES_MAX];
	struct disk **disks;        /* held; cfg->nr_disks of them, in cfg's order */
	struct vif *vifs;           /* cfg->nr_vifs of them */
	struct usb_device *usbdevs; /* cfg->nr_usbdevs of them; NULL: not found yet */
	struct pci_table *pci_from; /* by which pcis are held */
	struct pci_assigned *pcis;  /* functions, for what cfg->pcis names; NULL: none are held */
	size_t nr_pcis;
	/* Which domain serves each of its devices, disks first and then interfaces; NO_DOMAIN for
	 * one that none serves now. NULL where dom0 serves all (describe/backend_of.h). */
	uint32_t *backends;

	/* Of its domain, or of the next one where it has none: guest_memory.h. */
	uint64_t static_max_kib;

	/* What there is while there is a domain. */
	uint32_t domid;
	uint32_t console_port,
		store_port; /* the guest's ends; store_port 0 for a guest without one */
	uint64_t console_gfn, store_gfn; /* of the rings' pages; mfns for a pv guest */
	uint64_t acpi_gpa, smbios_gpa;   /* where those tables are in its memory; 0 for none */
	uint32_t acpi_bytes, smbios_bytes;
	bool in_store;             /* its nodes are written */
	unsigned store_generation; /* in that store (host.h) */
	bool store_lost;       /* the store that it knew has ended: its kernel hears no other one */
	struct devmodel model; /* its device model, if it is of a type that has one */
	bool handed_over;      /* it was added to the store only after its start */

	/* What is worth knowing of what it was built from, behind "kernel X "; "" for nothing. */
	char kernel_note[KERNEL_NOTE_MAX];

	char note[200];       /* what its newest build leaves to be said, or "" */
	uint64_t began;       /* when the newest build began */
	uint64_t build_ns;    /* ns from there to the unpause */
	struct phases phases; /* of its first start */
};

/* The domain that serves the i-th of its devices. */
static inline uint32_t guest_backend(const struct guest *g, size_t i)
{
	return g->backends ? g->backends[i] : 0;
}

/* Sets up g for cfg: its uuid, and no domain. Returns 0, or -1 with e set. */
int guest_init(struct guest *g, const struct guest_config *cfg, struct err *e);

/* Adds to g->note: something of the descriptor has no effect on this host. What is too much is cut.
 */
void guest_note(struct guest *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
