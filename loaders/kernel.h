/*
 * A kernel file, opened: codec and format found, unpacked where packed, checked.
 *
 * Accepts: ELF; ELF packed by any codec; bzImage; (bzImage packed as a whole is an error that says
 * so).
 */
#ifndef EARLYDOM_KERNEL_H
#define EARLYDOM_KERNEL_H

#include "bzimage.h"
#include "codec.h"
#include "elf.h"

struct kernel {
	const char *format; /* "ELF" or "bzImage" */
	const char
		*codec; /* name of the codec of the file or of the payload, NULL when not packed */
	const uint8_t *elf; /* the bare ELF: in the file's bytes, or in unpacked.data */
	size_t elf_size;
	struct blob unpacked; /* empty when the file is a bare ELF */
	struct bzimage_info bzimage;
	struct elf_info info;
};

/*
 * Opens the len bytes at file, which must stay while *out is used. limit bounds what may
 * be unpacked (UNPACK_MAX). Returns 0, or -1 with e set ("gzip: ...", "bzImage: ...",
 * "ELF: ..." in front) and *out zeroed.
 */
int kernel_open(const uint8_t *file, size_t len, size_t limit, struct kernel *out, struct err *e);
void kernel_close(struct kernel *k);

#endif
