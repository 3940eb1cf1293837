/*
 * Image types: what differs between kinds of guests that an `image` key can name.
 *
 * An image type is one file with one struct image_type, named in the table of image_type.c.
 * All but check_file is pure: descriptor and kernel in, a verdict or a text out.
 */
#ifndef EARLYDOM_IMAGE_TYPE_H
#define EARLYDOM_IMAGE_TYPE_H

#include <stddef.h>

#include "builder/guest/guest_config.h"
#include "base/err.h"
#include "builder/starter/starter.h"
#include "loaders/kernel_facts.h"

/* What is done with a guest's kernel file. */
enum kernel_use {
	KERNEL_LOADED,    /* it is unpacked, judged, and loaded into the domain */
	KERNEL_HANDED_ON, /* the device model is told its path, and that of the ramdisk */
	KERNEL_NONE,      /* there is none, and no ramdisk: a firmware finds what to start */
};

#define IMAGE_TYPES_MAX 2

struct image_type {
	const char *name;                       /* as in image = "linux" */
	enum guest_type types[IMAGE_TYPES_MAX]; /* that it can be, the default first */
	size_t nr_types;

	bool cmdline_lines; /* extra and cmdline may have line breaks */

	enum kernel_use (*kernel_use)(const struct guest_config *g);

	/*
	 * Composes the guest's kernel command line. Returns a string that the caller frees (an
	 * empty one where there is no kernel), or NULL with e set: it is longer than a guest of
	 * that type can be handed, or there is no memory.
	 */
	char *(*cmdline)(const struct guest_config *g, struct err *e);

	/*
	 * KERNEL_LOADED: judges whether the kernel can start as the descriptor wants it: the right
	 * entry for pv or pvh. Returns 0, or -1 with e set.
	 */
	int (*check_kernel)(const struct guest_config *g, const struct kernel_facts *k,
			    struct err *e);

	/*
	 * KERNEL_HANDED_ON: judges whether the device model can start the file, which is open for
	 * reading only and has size bytes: it is looked at in the jail. Returns 0, or -1 with e
	 * set. NULL for types that hand none on.
	 */
	int (*check_file)(const struct starter *s, const struct guest_config *g, int fd,
			  uint64_t size, struct err *e);

	/*
	 * Judges whether the guest's memory holds what it starts with. k is the kernel where that
	 * is KERNEL_LOADED, else NULL; files is the bytes of the ramdisk, and of a kernel that is
	 * handed on. Returns 0, or -1 with e set.
	 */
	int (*check_memory)(const struct guest_config *g, const struct kernel_facts *k,
			    size_t files, struct err *e);
};

/* The image type of that name, or NULL. */
const struct image_type *image_type_find(const char *name);

/* The i-th image type, or NULL past the last. Of several that can be a guest's type the first is
 * its default. */
const struct image_type *image_type_at(size_t i);

extern const struct image_type image_linux;
extern const struct image_type image_plan9;
extern const struct image_type image_vmx;

#endif
