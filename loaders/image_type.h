/*
 * Image types: what differs between kinds of guests that an `image` key can name.
 *
 * An image type is one file with one struct image_type, named in the table of image_type.c.
 * Everything here is pure: descriptor and kernel in, a verdict or a text out.
 */
#ifndef EARLYDOM_IMAGE_TYPE_H
#define EARLYDOM_IMAGE_TYPE_H

#include <stddef.h>

#include "../builder/config.h"
#include "../builder/err.h"
#include "kernel.h"

struct image_type {
	const char *name; /* as in image = "linux" */

	/*
	 * Composes the guest's kernel command line. Returns a string that the caller frees, or NULL
	 * with e set: it is longer than a guest of that type can be handed, or there is no memory.
	 */
	char *(*cmdline)(const struct guest_config *g, struct err *e);

	/*
	 * Judges whether the kernel can start as the descriptor wants it: the right entry for pv or
	 * pvh. Returns 0, or -1 with e set.
	 */
	int (*check_kernel)(const struct guest_config *g, const struct kernel *k, struct err *e);

	/*
	 * Judges whether the guest's memory holds the kernel, a ramdisk of ramdisk_size bytes and
	 * what Xen puts beside them. Returns 0, or -1 with e set.
	 */
	int (*check_memory)(const struct guest_config *g, const struct kernel *k,
			    size_t ramdisk_size, struct err *e);
};

/* The image type of that name, or NULL. */
const struct image_type *image_type_find(const char *name);

extern const struct image_type image_linux;

#endif
