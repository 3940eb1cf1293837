/*
 * A root directory that outlives the initramfs.
 *
 * Processes that live through the switch to the real root must need nothing of the old one by path:
 * it is emptied then. The own root is a small tmpfs in a mount namespace of its own:
 *
 *     /dev /proc /run /sys   those of the initramfs, with all that is mounted below them
 *     /var/run               -> /run, /var/lib and /tmp, empty
 *
 * and what else is put into it (daemons.h). The namespace keeps these mounts whatever is moved or
 * unmounted elsewhere. The tmpfs is mounted over the root directory itself: any other directory of
 * the initramfs is removed at the switch, and the kernel detaches what another namespace has
 * mounted on a directory that is removed.
 */
#ifndef EARLYDOM_OWN_ROOT_H
#define EARLYDOM_OWN_ROOT_H

#include <stdbool.h>

#include "base/err.h"
#include "builder/starter/starter.h"

/* Where the root of process 1 is to be found from within the own root: the initramfs before the
 * switch, the real root after it. */
#define REAL_ROOT "/proc/1/root"

struct own_root {
	int dir; /* its root directory, for *at() calls; or -1 */
};

/*
 * Makes the own root, in a mount namespace that this process and its later children have for
 * themselves. Everything is still seen as before, until own_root_enter; the working directory
 * becomes the root. To be called before the process has a second thread. What is to be seen in
 * /dev, /proc, /run and /sys must be mounted by now. Returns 0, or -1 with e set; the process may
 * have a namespace of its own then all the same, which changes nothing that it sees.
 */
int own_root_make(struct own_root *r, struct err *e);

/*
 * Makes the own root the root of a child process that is about to become another program. Returns
 * 0, or -1 with errno set. Safe between fork and exec.
 */
int own_root_enter_child(const struct own_root *r);

/*
 * Makes the own root the root of this process, all its threads, for good. Nothing else of the old
 * root is kept then: where the kernel allows it (not with an initramfs, which is nowhere mounted),
 * it leaves the namespace. The starter goes first, with the powers that this takes; then it is the
 * root of later processes of its, too. Returns 0, or -1 with e set.
 */
int own_root_enter(const struct own_root *r, const struct starter *s, struct err *e);

extern const struct starter_verb own_root_verb;

/*
 * Makes an absolute path lead from the own root to where it leads from process 1's root: the first
 * name on the way that the own root does not have becomes a link to there. It follows process 1
 * through the switch to the real root. What the own root has of its own stays. A link on the way
 * that is an absolute one leads into the own root again: its path is to be linked as well. Returns
 * 0, or -1 with e set.
 */
int own_root_link(const struct own_root *r, const char *path, struct err *e);

/* Whether an absolute path leads from the own root to process 1's root, or may: an absolute link is
 * on the way. */
bool own_root_leads_out(const struct own_root *r, const char *path);

/* Whether it is the root of this process already. */
bool own_root_entered(const struct own_root *r);

/* Closes the directory. The own root goes with the last process in its namespace. */
void own_root_close(struct own_root *r);

#endif
