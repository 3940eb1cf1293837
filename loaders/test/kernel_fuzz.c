/*
 * Fuzzes kernel_open and qemu_kernel_check, so the codecs, bzImage, UKI, ELF and a.out, with at
 * most 1 MiB to unpack to. With libFuzzer: clang -fsanitize=fuzzer,address,undefined. `kernel_test
 * --seeds DIR` makes a corpus to start from.
 */
#include <stdlib.h>
#include <string.h>

#include "loaders/elf.h"
#include "loaders/kernel.h"
#include "loaders/qemu_kernel.h"
#include "room.h"

#define LIMIT ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len);

/* Whether the bytes are all zero. */
static bool is_zero(const void *at, size_t len)
{
	const uint8_t *p = at;

	while (len && !p[len - 1])
		len--;
	return !len;
}

int LLVMFuzzerTestOneInput(const uint8_t *in, size_t len)
{
	static struct room room;
	struct err e = {.msg = ""};
	const uint8_t *bare;
	struct kernel_facts k;

	if (!room.data)
		room = room_make(LIMIT);
	if (qemu_kernel_check(in, len, &e) != 0 && (!e.msg[0] || strchr(e.msg, '\n')))
		abort();
	e.msg[0] = '\0';
	if (kernel_open(in, len, false, &room, &k, &e) != 0) {
		if (e.msg[0] == '\0' || strchr(e.msg, '\n') || !is_zero(&k, sizeof(k)))
			abort();
		return 0;
	}
	/* Whoever is told of it believes it, and finds the kernel there. */
	if (kernel_facts_check(&k, len, LIMIT, &e) != 0)
		abort();
	bare = (k.where == KERNEL_UNPACKED ? room.data : in) + k.bare_offset;
	if (!(k.aout.magic ? aout_match : elf_match)(bare, k.bare_size))
		abort();
	if (uki_match(in, len) != (k.uki.parts[UKI_LINUX].size > 0))
		abort();
	return 0;
}
