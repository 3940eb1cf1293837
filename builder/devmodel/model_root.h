/*
 * The root directory of a QEMU that serves devices of a pv or pvh guest, in a mount namespace of
 * its own. Such a QEMU opens the guest's images long after it has given up its powers, so it keeps
 * the right to open any file (devmodel_powers.h); here it finds none but its own:
 *
 *     /usr /lib /lib64, and its program   read-only
 *     /dev                                null, zero, urandom and the hypervisor's devices, its own
 *     /var/run/xenstored/socket           the store's; to connect is not to write
 *     /proc                               its own process, and nothing of the kernel's (Linux 5.8)
 *     PATH of each image                  a link to /proc/self/fd/N
 *
 * The last is how a path leads to a file that is held open and may be nowhere else by now: in the
 * initramfs, or in the real root.
 *
 * What is to be done is listed before the child is forked, which then only makes system calls.
 */
#ifndef EARLYDOM_MODEL_ROOT_H
#define EARLYDOM_MODEL_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "builder/starter/parcel.h"

/* A file that QEMU has open as that number, and where it looks for it. */
struct model_file {
	const char *path; /* absolute */
	int fd;
};

enum root_step_kind {
	ROOT_DIR,  /* a directory */
	ROOT_LINK, /* a link to `from` */
	ROOT_SEE,  /* what is at `from` in the root before, read-only; may be missing there */
	ROOT_NODE, /* a device node like `from`, for uid; may be missing there */
	ROOT_PROC,
};

struct root_step {
	enum root_step_kind kind;
	char *at;   /* relative to the root */
	char *from; /* or NULL */
};

struct model_root {
	const char *place; /* a directory of the root before, borrowed: there it is made */
	uid_t uid;         /* of QEMU */
	struct root_step *steps;
	size_t n;
};

/*
 * Lists what the root is to have. program: QEMU's path. Returns 0, or -1 with e set, for lack of
 * memory or because an image is where QEMU has something else: `/usr/x.qcow2 is in QEMU's own /usr,
 * and can't be an image's path`. *out is freed with model_root_free in either
 * case.
 */
int model_root_plan(const char *place, uid_t uid, const char *program,
		    const struct model_file *files, size_t n, struct model_root *out,
		    struct err *e);
void model_root_free(struct model_root *r);

/*
 * Makes it the root of a child that is about to become QEMU; place and what the steps are from are
 * seen from its root before. False with errno set when it can't. Safe between fork and exec.
 */
bool model_root_enter(const struct model_root *r);

/* For the starter: all of it, and back. What is read is borrowed from the parcel; false when it is
 * no such list, or there is no memory. */
void model_root_pack(const struct model_root *r, struct parcel *p);
bool model_root_unpack(struct parcel_reader *in, struct model_root *out);

/* Takes the devices by which hypercalls are made out of the root of a process that has one of its
 * own: what it has open of them it keeps. False with errno set when one is there still. */
bool model_root_forget_hypervisor(pid_t pid);

#endif
