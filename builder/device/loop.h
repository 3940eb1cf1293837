/*
 * Loop devices over image files (loop(4); Linux, include/uapi/linux/loop.h).
 */
#ifndef EARLYDOM_LOOP_H
#define EARLYDOM_LOOP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* What a loop device is over. */
struct loop_file {
	dev_t dev;
	ino_t ino;
	bool readonly;
};

struct loop_options {
	bool readonly;
	bool direct; /* direct I/O where the file allows it: past dom0's page cache */
};

#define LOOP_PATH_MAX 24

/*
 * Puts a free loop device over the file open as file_fd, which may be closed afterwards. name is
 * what losetup shows. The kernel removes the device when nobody has it open any more. Returns its
 * file descriptor, with its path in path, or -1 with e set to the cause.
 */
int loop_attach(int file_fd, const char *name, const struct loop_options *o,
		char path[LOOP_PATH_MAX], struct err *e);

/* The file behind the device open as fd. False for what is not a loop device, or one in no use. */
bool loop_behind(int fd, struct loop_file *out);

/*
 * Looks for a loop device over the same file, where that one or this one writes. True with its path
 * when there is one.
 */
bool loop_find_other(const struct loop_file *f, char path[LOOP_PATH_MAX]);

#endif
