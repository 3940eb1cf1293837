/*
 * The guests that xl was given for golden_store.h and golden_records.h, as the stages before have
 * them: configured, their devices held. There is no domain.
 *
 *	name = "g1"
 *	type = "pv"
 *	kernel = "/run/stage/vmlinux"
 *	ramdisk = "/run/stage/g.cpio"
 *	extra = "guest=g1 quiet"
 *	memory = 128
 *	vcpus = 2
 *	maxvcpus = 3
 *	disk = [ '/dev/vdd,raw,xvda,rw', 'format=raw, vdev=xvdb, access=ro, target=/dev/vde' ]
 *	vif = [ 'mac=00:16:3e:01:01:01,bridge=xenbr0,rate=10Mb/s,ip=10.0.0.1',
 *		'mac=00:16:3e:01:01:02,bridge=xenbr0,vifname=web1' ]
 *
 * g2 is the same as pvh (02 for 01 in what is its own), g3 is pv and g4 pvh with one vcpu and
 * without devices. The fifth, h1, is
 *
 *	type = "hvm"
 *	kernel = "/run/stage/vmlinuz"
 *	ramdisk = "/run/stage/a.cpio"
 *	extra = "console=ttyS0 quiet cryptomgr.notests rodata=off tsc_early_khz=2600000 guest=h1"
 *	memory = 192
 *	vcpus = 2
 *	vga = "none"
 *	vnc = 0
 *	serial = "file:/run/results/h1.serial"
 */
#ifndef EARLYDOM_FAKE_GOLDEN_H
#define EARLYDOM_FAKE_GOLDEN_H

#include <time.h>

#include <xen-version.h>

#include "builder/guest/guest.h"
#include "builder/device/disk.h"
#include "builder/device/vif.h"
#include "builder/describe/disk_spec.h"

#define GOLDEN_DEVICES 4

/*
 * All of that is xl 4.17's. What later releases have differently, from their sources: a part of an
 * hvm guest's record, lines of its store, its word for a classic device model.
 */
#if XEN_LIBS_MINOR >= 19
#define GOLDEN_PIRQ ",\n            \"pirq\": \"False\""
#else
#define GOLDEN_PIRQ ""
#endif

#if XEN_LIBS_MINOR >= 21
#define GOLDEN_BAR_UC                                                                              \
	"/local/domain/1/hvmloader/pci = \"\"   (n0,r1)\n"                                         \
	"/local/domain/1/hvmloader/pci/xen-platform-pci-bar-uc = \"1\"   (n0,r1)\n"
#define GOLDEN_CLASSIC "qemu_xen"
#else
#define GOLDEN_BAR_UC  ""
#define GOLDEN_CLASSIC "qemu_xen_traditional"
#endif

struct golden {
	struct guest_config cfg;
	struct disk_spec disk_specs[GOLDEN_DEVICES];
	struct disk disks[GOLDEN_DEVICES], *disk_list[GOLDEN_DEVICES];
	struct vif_spec vif_specs[GOLDEN_DEVICES];
	struct vif vifs[GOLDEN_DEVICES];
	struct guest guest; /* domid NO_DOMAIN */

	/* What the domain had when xl ran. */
	unsigned domid;
	uint64_t store_gfn, console_gfn;
	const char *tty;
	struct timespec start;
};

/* g1 to g4, and 5 is h1; *g is given back with golden_free. What goes wrong ends the program. */
void golden_guest(struct golden *g, unsigned n);
/* A guest of 128 MiB with the name's bytes for its uuid and without devices; a hvm guest has
 * QEMU and the defaults of its keys. */
void golden_plain(struct golden *g, const char *name, enum guest_type type);
void golden_free(struct golden *g);

/* One more device, in the descriptor's words. */
void golden_disk(struct golden *g, const char *text, dev_t rdev);
void golden_vif(struct golden *g, const char *text);

#endif
