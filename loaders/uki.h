/*
 * Unified kernel images: a PE file that EFI firmware starts, with a kernel, an initramfs and a
 * command line as sections.
 *
 * Source: the UAPI group's specification "Unified Kernel Image (UKI)". In one with profiles, what
 * stands before the first section .profile belongs to all of them.
 */
#ifndef EARLYDOM_UKI_H
#define EARLYDOM_UKI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum uki_part {
	UKI_LINUX,
	UKI_INITRD,
	UKI_CMDLINE,
	NR_UKI_PARTS,
};

struct uki_info {
	/* In the file, bytes; size 0: there is none. Of several, the first one. */
	struct {
		size_t offset, size;
	} parts[NR_UKI_PARTS];
};

/* ".linux" and so on. */
const char *uki_part_name(enum uki_part part);

/* True for a PE file with a section .linux. */
bool uki_match(const uint8_t *in, size_t len);

/* Finds the parts of one that matches. Returns 0, or -1 with e set: a part goes past the end of the
 * file, or there is no byte in the kernel. */
int uki_read(const uint8_t *in, size_t len, struct uki_info *out, struct err *e);

#endif
