/*
 * Fuzzes kernel_open, so the codecs, bzImage, UKI, ELF and a.out, with at most 1 MiB to unpack to.
 * With libFuzzer: clang -fsanitize=fuzzer,address,undefined. `kernel_test --seeds DIR` makes a
 * corpus to start from.
 */
#include <stdlib.h>
#include <string.h>

#include "loaders/kernel.h"

#define LIMIT ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	struct err e = {.msg = ""};
	struct kernel k;

	if (kernel_open(in, len, false, LIMIT, &k, &e) != 0) {
		if (e.msg[0] == '\0' || strchr(e.msg, '\n') || k.unpacked.data || k.bare)
			abort();
		return 0;
	}
	if (!k.format || k.unpacked.size > LIMIT ||
	    !(k.aout.magic ? aout_match : elf_match)(k.bare, k.bare_size))
		abort();
	if (uki_match(in, len) != (k.uki.parts[UKI_LINUX].size > 0))
		abort();
	if (!k.unpacked.data && (k.bare < in || k.bare_size > len - (size_t)(k.bare - in)))
		abort();
	if (k.unpacked.data && (k.bare != k.unpacked.data || k.bare_size != k.unpacked.size))
		abort();
	kernel_close(&k);
	return 0;
}
