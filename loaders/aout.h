/*
 * Plan 9's a.out: what its linkers 8l and 6l write, and kernels for 386 and amd64 with it.
 *
 * Sources, of Plan 9: the manual page a.out(6) and /sys/include/a.out.h (header, magic numbers,
 * order of the parts); /sys/src/cmd/8l/asm.c and 6l/asm.c (what the linkers write in it);
 * /sys/src/libmach/executable.c, 8.c and 6.c (what tells a kernel from a program, and where its
 * parts belong); bootkern in /sys/src/boot/pc/sub.c (what a boot loader makes of it);
 * /sys/src/9/xen/mkfile, xenbin.c and mem.h (kernels for Xen). Of Xen:
 * tools/libs/guest/xg_dom_binloader.c (the table that xenbin puts in front of the text).
 */
#ifndef EARLYDOM_AOUT_H
#define EARLYDOM_AOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "elf.h"

/* a.out.h: _MAGIC(f, b), I_MAGIC and S_MAGIC. */
#define AOUT_MAGIC(flags, b) ((uint32_t)(flags) | ((4 * (b) + 0) * (b) + 7))
#define AOUT_HDR_MAGIC       0x8000u           /* the header is expanded by a 64-bit entry point */
#define AOUT_I_MAGIC         AOUT_MAGIC(0, 11) /* 386 */
#define AOUT_S_MAGIC         AOUT_MAGIC(AOUT_HDR_MAGIC, 26) /* amd64 */

struct aout_info {
	uint32_t magic;                 /* one of the two */
	size_t header;                  /* bytes: 32, or 40 when expanded */
	uint32_t text, data, bss, syms; /* bytes, as in the header */
	uint32_t spsz, pcsz;            /* bytes of the tables of stack offsets and of lines */
	uint64_t entry;                 /* virtual, from the header; the text begins there */
	uint64_t kzero;                 /* where the kernel has its first page */
	bool header_loaded;             /* the header is in front of the text in memory, too */
	bool xen_table;                 /* xenbin's table is at the beginning of the text */
};

/* True for a file that begins with a magic number of any of Plan 9's machines. */
bool aout_match(const uint8_t *in, size_t len);

/*
 * Reads and checks a kernel of len bytes: machine, sizes against the file, the entry point, and
 * whether text, data and bss fit into the addresses that Xen leaves a guest's kernel.
 *
 * Returns 0 with *out and *info filled. *info is as elf_read fills it: the segments, with addresses
 * from KZERO on, and what the kernel states to Xen. An a.out states nothing to Xen, so this is what
 * Plan 9's own port states in the ELF form of its kernels.
 *
 * Returns -1 with e set to one line that names the field of the header and what is wrong with it.
 */
int aout_read(const uint8_t *in, size_t len, struct aout_info *out, struct elf_info *info,
	      struct err *e);

#endif
