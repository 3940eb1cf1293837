/*
 * Kernels and ramdisks: open once, unpacked once.
 *
 * A file is neither copied nor mapped: the initramfs holds it in memory already, and it stays open
 * when it is unlinked or the root is switched, so that a guest can be restarted without its files.
 * Guests that name the same file (by device and inode) share one struct image_file. What is in a
 * kernel is looked at in the jail alone; here are its facts, and the bytes to be copied to a guest.
 *
 * Several threads may hold and drop files at the same time. Those that build may want their kernels
 * at the same time: different ones are unpacked beside each other, one that guests share by the
 * first, for which the others wait.
 */
#ifndef EARLYDOM_IMAGE_FILES_H
#define EARLYDOM_IMAGE_FILES_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "loaders/kernel_facts.h"
#include "base/err.h"
#include "builder/starter/starter.h"
#include "builder/guest/file_digest.h"

struct image_file {
	struct image_file *next;
	const struct starter *starter; /* the cache's */
	dev_t dev;
	ino_t ino;
	int fd; /* for reading only */
	size_t size;

	unsigned users; /* guests that hold the file; under the cache's lock */

	pthread_mutex_t lock;          /* of what follows */
	pthread_cond_t unpacking_over; /* kernel_busy is, or digest_busy */
	unsigned kernel_users;         /* guests that are still to be built from it as a kernel */
	bool kernel_busy;              /* a thread unpacks it */
	struct kernel_facts kernel;    /* checked, while kernel_open */
	int unpacked; /* what it unpacks to, while kernel_open, where it is packed; else -1 */
	bool kernel_open;
	struct file_state kernel_of; /* the file's before the kernel was read */
	bool kernel_bad;             /* it was tried, and would fail again */
	struct err why_bad;          /* what was found by the last one that tried */

	/* image_digest.h */
	bool digest_busy; /* a thread computes it */
	struct file_state digest_of;
	uint8_t digest[FILE_DIGEST_BYTES];
};

/* Every file that is held; zero-initialised is empty. */
struct image_cache {
	struct image_file *files;
	const struct starter *starter; /* makes the jails in which they are read; or NULL */
	struct kept *kept;             /* where they outlive this process, borrowed; or NULL */
	const char *_Atomic root; /* where paths begin, borrowed; NULL: at this process's root */
	bool later; /* what nobody holds any more is closed by image_close_dropped, not at once */
	struct image_file *dropped; /* these */
	/* For the lists and the files' users, never held while a file is asked for anything. A
	 * mutex of zeroes is one that nobody holds, with glibc and with musl. */
	pthread_mutex_t lock;
};

/*
 * Holds the file at path, which is the `what` ("kernel", "ramdisk") of a guest. Returns NULL with e
 * set: `cannot read kernel /boot/x: No such file or directory`, also for what is no regular file or
 * is empty.
 */
struct image_file *image_hold(struct image_cache *c, const char *what, const char *path,
			      struct err *e);

/* The same with the file that is open already, for reading only, which is the cache's from then on,
 * also after an error. */
struct image_file *image_hold_open(struct image_cache *c, const char *what, const char *path,
				   int fd, struct err *e);

/* Gives a file back; the last one closes it, which may block: with c->later that is left
 * to image_close_dropped. NULL is allowed. */
void image_drop(struct image_cache *c, struct image_file *f);

/* Whether there is something to close; closes it. */
bool image_has_dropped(struct image_cache *c);
void image_close_dropped(struct image_cache *c);

/* Whether somebody holds that file. */
bool image_is_held(struct image_cache *c, dev_t dev, ino_t ino);

/*
 * Copies len bytes of the file from offset at on. They are read with pread(2), straight to where
 * they are wanted: a copy from a mapping would have to map each page first, which is slow in a pv
 * dom0. Returns 0, or -1 with e set.
 */
int image_copy(const struct image_file *f, uint64_t at, size_t len, void *to, struct err *e);

/* The same of the bare kernel's bytes, of a file that is open as a kernel (image_kernel). */
int image_copy_kernel(const struct image_file *f, uint64_t at, size_t len, void *to, struct err *e);

/* What the file is now. Returns 0, or -1 with e set. */
int image_state(const struct image_file *f, struct file_state *state, struct err *e);

/*
 * The file as a kernel, unpacked and checked.
 *
 * image_plan_kernel says beforehand that a build will want it, image_kernel_done that the build is
 * over. Between the first plan and the last done it is unpacked once, and stays where it is.
 *
 * image_kernel returns NULL with e set. A bad file gives each caller the same error. After a cause
 * that may pass, such as a lack of memory, the next caller tries again.
 *
 * image_kernel_done returns the file with what was unpacked, to be closed, which gives the memory
 * back and takes its time; -1 for none, or while other builds want the kernel.
 */
void image_plan_kernel(struct image_file *f);
const struct kernel_facts *image_kernel(struct image_file *f, struct err *e);
int image_kernel_done(struct image_file *f);

#endif
