/*
 * A kernel file, opened: codec and format found, unpacked where packed, checked.
 *
 * Accepts: ELF; Plan 9's a.out; either of them packed by any codec; bzImage (one that is packed as
 * a whole is an error that says so); a UKI, of which the section .linux is the kernel, any of
 * these. Other files that people take for kernels are named in the error (foreign.h).
 */
#ifndef EARLYDOM_KERNEL_H
#define EARLYDOM_KERNEL_H

#include "aout.h"
#include "bzimage.h"
#include "codec.h"
#include "elf.h"
#include "uki.h"

struct kernel {
	const char *format; /* "ELF", "bzImage" or "Plan 9 a.out" */
	const char
		*codec; /* name of the codec of the file or of the payload, NULL when not packed */
	const uint8_t *bare; /* the bare ELF or a.out: in the file's bytes, or in unpacked.data */
	size_t bare_size;
	struct blob unpacked; /* empty when the file is a bare kernel */
	struct uki_info uki;  /* part UKI_LINUX is empty when the file is none */
	struct bzimage_info bzimage;
	struct aout_info aout; /* magic is 0 when it is an ELF */
	struct elf_info info;  /* of either */
};

/*
 * Opens the len bytes at file, which must stay valid while *out is used. `paged` is true where they
 * are mapped from a file (struct packed). limit bounds what may be unpacked (UNPACK_MAX). Returns
 * 0, or -1 with e set ("gzip: ...", "bzImage: ...", "ELF: ...", "a.out: ...", "UKI: ..." in front)
 * and *out zeroed.
 */
int kernel_open(const uint8_t *file, size_t len, bool paged, size_t limit, struct kernel *out,
		struct err *e);
void kernel_close(struct kernel *k);

/* Whether the kernel can be started as a PV guest's; as a PVH guest's only an ELF can, elf_can_pvh.
 */
bool kernel_can_pv(const struct kernel *k);

#endif
