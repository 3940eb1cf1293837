/*
 * The files of device models, kept for after the switch to the real root.
 *
 * A device model runs in the own root (own_root.h), because it must live on and because a guest
 * that is restarted gets a new one, when the initramfs is long empty. Its program, what that loads,
 * and what it opens must be found there at their own paths. They are not copied: QEMU with its
 * libraries and firmware has 50 MB, which an initramfs holds in memory already. Each file is
 * mounted on an empty one in the own root. A mount holds its file whether that has a name left or
 * not, so that the memory stays when the switch unlinks the file, and nothing is there twice.
 */
#ifndef EARLYDOM_DEVMODEL_FILES_H
#define EARLYDOM_DEVMODEL_FILES_H

#include "builder/describe/config.h"
#include "base/err.h"
#include "builder/host/own_root.h"
#include "builder/starter/starter.h"

/*
 * Debian's QEMU for Xen, when no device_model_override names another one. (qemu-system-xen; xl has
 * it from there as well.)
 */
#define MODEL_QEMU_PROGRAM "/usr/libexec/xen-qemu-system-i386"

/* Where that has its keymaps. */
#define MODEL_QEMU_KEYMAPS "/usr/share/qemu/keymaps"

/* The program of a guest's device model, or of QEMU as its back end. */
const char *model_program_of(const struct guest_config *cfg);

/*
 * Keeps what the guest's device model, or QEMU as its back end, needs: its program; for QEMU every
 * file, eight levels deep, below the directories in which Debian has libraries and QEMU's data
 * (/lib/x86_64-linux-gnu, /lib64 and their likes below /usr, /usr/share/qemu, /usr/share/seabios,
 * /usr/lib/ipxe/qemu), and an hvm guest's kernel, ramdisk and the images that it serves, which QEMU
 * reads itself; for a classic one its config. What is not there is left out: that is an error of
 * the guest's start, which names it.
 *
 * To be called after own_root_make and before own_root_enter, as often as needed; what is kept
 * already is left alone. The starter does it, or without one (NULL) this process. Nothing is done
 * for r NULL: device models then have the root of this process. Returns 0, or -1 with e set.
 */
int devmodel_files_keep(const struct own_root *r, const struct starter *s,
			const struct guest_config *cfg, struct err *e);

/*
 * Keeps, in the same way, what another program with shared libraries needs to run: every file below
 * the directories where Debian's dynamic linker looks.
 */
int devmodel_files_keep_libraries(const struct own_root *r, const struct starter *s, struct err *e);

extern const struct starter_verb devmodel_files_verb;

#endif
