/*
 * Kernel modules that only some guests need: dom0's back ends, bridges, loop devices, and
 * xen-pciback for PCI devices that guests are to have.
 *
 * The image has them in /lib/modules/earlydom, in lists of files in the order in which they are to
 * be loaded (scripts/mkinitramfs makes them), so that a boot pays only for what its guests use.
 */
#ifndef EARLYDOM_MODULES_H
#define EARLYDOM_MODULES_H

#include "base/err.h"
#include "builder/starter/starter.h"

#define MODULES_DIR "/lib/modules/earlydom"

/*
 * Loads what MODULES_DIR/WHAT.list names: "blkback", "netback", "bridge", "loop" or "pciback". A
 * line is NAME, for MODULES_DIR/NAME.ko, or the absolute path of a module. Empty lines, lines that
 * begin with # and modules that the kernel has already are skipped. Where there is no list, the
 * modules are built in or somebody else loads them: nothing is done. Returns 0, or -1 with e set to
 * the error of the first module that could not be loaded. Any thread may call it. The starter does
 * it, or without one (NULL) this process.
 */
int modules_need(const struct starter *s, const char *what, struct err *e);

extern const struct starter_verb modules_verb;

/* Gives the kernel a module, open as fd; returns 0 or -1 with errno set. */
typedef int module_loader(int fd, const char *file);

/* The same with another directory and another way to load, for tests. */
int modules_load(const char *dir, const char *what, module_loader *load, struct err *e);

#endif
