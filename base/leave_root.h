/* The root directory of a process that gets another one. */
#ifndef EARLYDOM_LEAVE_ROOT_H
#define EARLYDOM_LEAVE_ROOT_H

#include <stdbool.h>

/*
 * The working directory, where a file system is mounted, becomes the root, and what was mounted in
 * the old one is let go: of all processes of the namespace that had that (pivot_root(2)). The root
 * of an initramfs, which is nowhere mounted, can't be moved: it stays in the namespace, where
 * nothing leads to it, and the new root is this process's alone (chroot(2)). Safe between fork and
 * exec. Returns false with errno set.
 */
bool leave_root(void);

#endif
