/*
 * The firmware of hvm guests whose device model is QEMU: which guests have one, and its files.
 */
#ifndef EARLYDOM_FIRMWARE_H
#define EARLYDOM_FIRMWARE_H

#include <xen-version.h>

#include "builder/guest/guest_config.h"
#include "image_files.h"

/* Where Debian has hvmloader and the like: libxl's XENFIRMWAREDIR. */
#define FIRMWARE_DIR "/usr/lib/xen-" XEN_LIBS_VERSION "/boot"

/* Whether the guest starts with hvmloader, which loads a BIOS; else its kernel is entered. */
bool firmware_wanted(const struct guest_config *cfg);

/*
 * Where hvmloader and the BIOS are: what the descriptor names, else where Xen and Debian have them.
 * Of several places, the first one that has a file; if none has, the first one.
 */
const char *firmware_loader_path(const struct guest_config *cfg);
const char *firmware_bios_path(const struct guest_config *cfg);

/* As firmware_loader_path, where the places are looked at below root. The path is without it. */
const char *firmware_loader_path_below(const char *root, const struct guest_config *cfg);

/*
 * The guest's hvmloader, read and checked, once for all guests that share the file: image_kernel,
 * which has the rules for planning. Returns NULL with e set: `cannot use firmware /x: a 64-bit
 * ELF file without a PVH entry: a firmware is a 32-bit one`.
 */
const struct kernel_facts *firmware_open(const struct guest_config *cfg, struct image_file *f,
					 struct err *e);

#endif
