/*
 * Which options a QEMU knows. Those by which it gives up its powers have changed:
 *
 *     up to 8.0        -chroot DIR             -runas UID:GID             -no-acpi
 *     from 8.1 on      -run-with chroot=DIR, and from 9.1 on -run-with user=UID:GID
 *     9.0 and 10.0     have the former no more
 *
 * and the last of them is a property of the machine since 5.0 (docs/about/removed-features.rst of
 * QEMU). libxl of Xen 4.20 and later starts QEMU once more to ask it. Here its help is looked at,
 * which is in the program as one text (qemu-options.hx):
 *
 *     -run-with [async-teardown=on|off][,chroot=dir][user=username|uid:gid]
 */
#ifndef EARLYDOM_QEMU_OPTIONS_H
#define EARLYDOM_QEMU_OPTIONS_H

#include <stdbool.h>

struct qemu_options {
	bool chroot, user; /* are of -run-with */
};

/* Looks into the program. One that has no such text, as a script that runs QEMU, or that can't be
 * read, knows none: what is wrong with it is said when it is started. */
struct qemu_options qemu_options_of(const char *program);

#endif
