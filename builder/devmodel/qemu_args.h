/*
 * The arguments of QEMU as a guest's device model: those that libxl gives QEMU for the same
 * descriptor, in the same order (tools/libs/light/libxl_dm.c, libxl__build_device_model_args_new of
 * Xen 4.17 and 4.20), for QEMU 7.2 and, where qemu_options.h says that it knows other options,
 * later. What differs, and why:
 *
 *   - argv[0] is '@' and the program's name (devmodel_process.h says why).
 *   - No -S, which would need somebody who lets it go on by QMP. The sockets for that are there all
 *     the same: xl asks QEMU by them when it lists, unpauses or gives vcpus to the guest.
 *   - -xen-domid-restrict, -chroot and -runas, or -run-with, as libxl has them with
 *     dm_restrict = 1.
 *   - A later QEMU has no -no-acpi, which libxl still gives it: acpi=off is the machine's.
 *   - No -sandbox, which libxl does not have either: qemu_filter.h has its like.
 *   - device_model_args are the very last; libxl has them before -machine.
 *   - USB controllers of usbctrl, and what is at them, are arguments: qemu_usb.h.
 *
 * For a pv or pvh guest QEMU is no machine, but the back end of devices (-machine xenpv). It finds
 * them in the store.
 *
 * Disks: qemu_drives.h.
 *
 * Network interfaces: each that has an emulated card (vif_has_card) is a card of QEMU's with its
 * tap, which vif.c puts on the bridge. Where none has, -net none.
 */
#ifndef EARLYDOM_QEMU_ARGS_H
#define EARLYDOM_QEMU_ARGS_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/argv.h"
#include "builder/guest/guest.h"
#include "qemu_options.h"

/* Where libxl looks for QEMU's sockets: /var/run/xen, as it calls it (libxl__run_dir_path). */
#ifndef DEVMODEL_QMP_DIR
#define DEVMODEL_QMP_DIR "/run/xen"
#endif

/* A socket's name, of whose it is and the domid. */
#define QMP_NAME    "qmp-%s-%" PRIu32
#define QMP_SOCKETS 2
extern const char *const qmp_names[QMP_SOCKETS]; /* "libxl", "libxenstat" */

struct qemu_start {
	const char *program;
	const char *cmdline; /* of the guest's kernel; "" or NULL for none */
	const char *qmp_dir; /* of the sockets that libxl looks for, or NULL */
	int qmp_fd; /* they are open, as this file and those behind it, in QEMU; 0: it opens them */
	int channel_fd; /* the first of the files for the guest's channels; 0: it makes all itself
			 */
	int usb_fd; /* the first of the files for the host's USB devices; 0: it opens them itself */
	bool restrict_domid; /* -xen-domid-restrict */
	const char *chroot;  /* a directory, or NULL */
	uid_t uid;           /* to be its user; 0 for none */
	gid_t gid;
	struct qemu_options knows; /* the program */
};

/*
 * Returns 0, or -1 with e set: a read-only disk would have to be an IDE disk, which QEMU does not
 * have. *out is freed with argv_free in either case. Pure.
 */
int qemu_args(const struct guest *g, const struct qemu_start *s, struct argv *out, struct err *e);

#endif
