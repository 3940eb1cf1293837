/*
 * What is known of a kernel file: its format, where in its bytes, or in what these unpack to, the
 * kernel is, and what it says of itself. Of fixed size and without pointers, so that the process
 * that has read the file can hand it to another one, which takes nothing on trust:
 * kernel_facts_check.
 */
#ifndef EARLYDOM_KERNEL_FACTS_H
#define EARLYDOM_KERNEL_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "aout.h"
#include "base/err.h"
#include "bzimage.h"
#include "elf_info.h"
#include "elf_symtab.h"
#include "uki.h"

enum kernel_format {
	KERNEL_NO_FORMAT,
	KERNEL_ELF,
	KERNEL_BZIMAGE,
	KERNEL_AOUT,
	NR_KERNEL_FORMATS,
};

enum kernel_where {
	KERNEL_IN_FILE,
	KERNEL_UNPACKED,
	NR_KERNEL_WHERES,
};

struct kernel_facts {
	uint32_t format; /* enum kernel_format */
	/* Of the file or of the bzImage's payload: codec_name; 0 when not packed. */
	uint32_t codec;
	uint64_t unpacked_size; /* bytes; 0 when not packed */

	/* The bare ELF or a.out, bytes of the file or of what was unpacked. */
	uint32_t where; /* enum kernel_where */
	uint64_t bare_offset, bare_size;

	struct uki_info uki; /* part UKI_LINUX is empty when the file is none */
	/* Of the file, or of that part; version is 0 when it is none. */
	struct bzimage_info bzimage;
	struct aout_info aout; /* magic is 0 when it is an ELF */
	struct elf_info info;  /* of either; offsets from the bare kernel's start */

	/* Where info.symtab.memsz: what is in front of the symbols (elf_symtab_head). */
	uint8_t symtab_head[ELF_SYMTAB_HEAD];
};

/* "ELF", "bzImage" or "Plan 9 a.out". */
const char *kernel_format_name(uint32_t format);

/* Whether the kernel can be started as a PV guest's; as a PVH guest's only an ELF can, elf_can_pvh.
 */
bool kernel_can_pv(const struct kernel_facts *k);

/*
 * Checks each number and text, as if somebody had written them who wants to harm the one who uses
 * them: of a file of file_size bytes, which may unpack to limit bytes. What kernel_open says of a
 * file passes always. Returns 0, or -1 with e set: "the decoder's answer is wrong (segment 2 ends
 * behind the kernel)".
 */
int kernel_facts_check(const struct kernel_facts *k, uint64_t file_size, uint64_t limit,
		       struct err *e);

#endif
