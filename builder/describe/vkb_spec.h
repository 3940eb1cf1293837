/*
 * One string of the key `vkb`, in the syntax of xl.cfg(5): a keyboard and pointer of a pv or pvh
 * guest, which QEMU serves.
 *
 *     'backend-type=qemu,feature-abs-pointer=1,width=800,height=600'
 *
 * Meanings are those of xl 4.17 (parse_vkb_config in tools/xl/xl_parse.c). Stricter than xl: no
 * parameter may be given twice, and features are 0 or 1.
 */
#ifndef EARLYDOM_VKB_SPEC_H
#define EARLYDOM_VKB_SPEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* The features and sizes that the back end is told, as they are called in the store (xen/io/
 * kbdif.h). */
enum vkb_number {
	VKB_DISABLE_KEYBOARD,
	VKB_DISABLE_POINTER,
	VKB_ABS_POINTER,
	VKB_RAW_POINTER,
	VKB_MULTI_TOUCH,
	VKB_TOUCH_WIDTH,
	VKB_TOUCH_HEIGHT,
	VKB_TOUCH_CONTACTS,
	VKB_WIDTH,
	VKB_HEIGHT,
	VKB_NUMBERS
};

struct vkb_spec {
	char *unique_id;              /* or NULL */
	uint32_t number[VKB_NUMBERS]; /* 0 for what was not given */
};

/* "feature-disable-keyboard" ... */
const char *vkb_number_name(enum vkb_number n);

/* Returns 0, or -1 with e set; *out is freed with vkb_spec_free in either case. */
int vkb_spec_parse(const char *text, struct vkb_spec *out, struct err *e);
void vkb_spec_free(struct vkb_spec *s);
void vkb_specs_free(struct vkb_spec *all, size_t n); /* and the array */

#endif
