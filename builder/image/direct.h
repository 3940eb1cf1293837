/*
 * Direct boot: what image types have in common whose guests get a kernel with a command line and a
 * ramdisk.
 */
#ifndef EARLYDOM_DIRECT_H
#define EARLYDOM_DIRECT_H

#include "builder/guest/guest.h"
#include "image_type.h"

/*
 * Linux's COMMAND_LINE_SIZE on x86 (Documentation/admin-guide/kernel-parameters.rst): where a guest
 * gets its command line by address, the kernel sets the limit, NUL included.
 */
#define LINUX_CMDLINE_MAX 2048

/* Rounded up; bytes may be any number, those of a kernel's notes too. */
#define KIB(bytes) ((bytes) / 1024 + ((bytes) % 1024 != 0))

/*
 * ip, then root, then extra, as xend's image handlers had it; or cmdline as it stands. ip is the
 * guest's, or its image type's default; extra is the guest's, or what is left of it. Returns a
 * string that the caller frees, or NULL with e set if that has max characters or more.
 */
char *direct_cmdline(const struct guest_config *g, const char *ip, const char *extra, size_t max,
		     struct err *e);

/*
 * Checks that Xen can run a pv guest's kernel: a 32-bit one needs PAE. Returns 0, or -1 with e set.
 */
int direct_check_pae(const struct guest_config *g, const struct kernel_facts *k, struct err *e);

/*
 * What somebody should know who starts the guest with that kernel, in words that go behind the
 * kernel's name: of a UKI, that not all of it is used. g may be NULL. Returns buf, "" in it where
 * there is nothing.
 */
const char *direct_note(const struct guest_config *g, const struct kernel_facts *k,
			char buf[KERNEL_NOTE_MAX]);

/*
 * Whether the guest's memory holds a kernel that is loaded into it, a ramdisk of that many bytes
 * and what Xen puts beside them. Returns 0, or -1 with e set.
 */
int direct_check_memory(const struct guest_config *g, const struct kernel_facts *k,
			size_t ramdisk_size, struct err *e);

/*
 * The size in KiB of kernel, ramdisk and all that Xen puts beside them. A pv guest starts with all
 * of it mapped, in one piece from its virt_base on.
 */
uint64_t direct_need_kib(const struct guest_config *g, const struct kernel_facts *k,
			 size_t ramdisk_size);

#endif
