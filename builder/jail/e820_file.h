/*
 * The memory map file of a vmx guest (`memmap`): a range a line,
 *
 *     START END TYPE
 *
 * START and END are hexadecimal addresses, with or without 0x; END is the first one behind the
 * range. TYPE is ram, reserved, acpi, nvs or unusable. # starts a comment. The ranges are in order
 * and do not overlap. What they mean is the BIOS's interface INT 15h, EAX=E820h (ACPI
 * Specification, "System Address Map Interfaces"). Pure.
 */
#ifndef EARLYDOM_E820_FILE_H
#define EARLYDOM_E820_FILE_H

#include <stddef.h>
#include <stdint.h>

#include <xenctrl.h>

#include "base/err.h"

/* What the hypervisor takes (E820MAX of xen/arch/x86/include/asm/e820.h). */
#define E820_FILE_MAX E820MAX

/* The last address of x86: of 52 bits (Intel's SDM, volume 3, "Physical Address Extension"). */
#define E820_ADDRESS_MAX ((UINT64_C(1) << 52) - 1)

struct e820_map {
	struct e820entry v[E820_FILE_MAX];
	size_t n;
};

/*
 * Reads the len bytes of text, which are those of file. At least one range is ram, none is empty.
 * Returns 0, or -1 with e set: FILE:LINE:COLUMN: and what is wrong there.
 */
int e820_parse(const char *text, size_t len, const char *file, struct e820_map *out, struct err *e);

/*
 * Checks a map that another process has read, as if an enemy had: it is one that e820_parse can
 * make. Returns 0, or -1 with e set: "the reader's answer is wrong (...)".
 */
int e820_check(const struct e820_map *m, struct err *e);

/*
 * Checks that the map describes memory_kib (for a guest with a video card: without the card's
 * memory). It must not have more ram than that, and its ranges up to the last ram must not have
 * less than that, but for the 1 MiB in which a PC has holes. Returns 0, or -1 with e set: FILE: and
 * what is wrong.
 */
int e820_check_memory(const struct e820_map *m, uint64_t memory_kib, const char *file,
		      struct err *e);

#endif
