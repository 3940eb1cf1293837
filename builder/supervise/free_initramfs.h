/*
 * After the boot: images that no restart needs leave the initramfs's memory.
 */
#ifndef EARLYDOM_FREE_INITRAMFS_H
#define EARLYDOM_FREE_INITRAMFS_H

#include "base/report.h"
#include "unit.h"

/*
 * Unlinks the kernels, ramdisks, memory maps and firmware of guests that will never be built again,
 * but for those that failed (somebody may want to look), where they lie in the initramfs (a root
 * that is ramfs or tmpfs; files of a real root are never touched) and no other guest holds them.
 * Those that the own root has for device models stay, because their memory does. Says how much was
 * freed.
 */
void free_initramfs(const struct units *all, struct report *r);

#endif
