#include "multiboot.h"

#include <elf.h>
#include <stdbool.h>

#include "bytes.h"
#include "elf.h"

#define SEARCHED 8192 /* bytes at the file's beginning; the header, of 48 bytes, ends in them */
#define HEADER   48
#define MAGIC    0x1badb002u
#define HAS_PLACE                                                                                  \
	0x10000u /* flags: where what is loaded to is in the header, whatever the file is */

static bool find_flags(const uint8_t *data, size_t size, uint32_t *flags)
{
	/* QEMU has zeros behind the end of a smaller file. */
	for (size_t at = 0; at < SEARCHED - HEADER && at + 12 <= size; at += 4) {
		*flags = le32(data + at + 4);
		if (le32(data + at) == MAGIC && MAGIC + *flags + le32(data + at + 8) == 0)
			return true;
	}
	return false;
}

int multiboot_check(const uint8_t *data, size_t size, struct err *e)
{
	uint32_t flags;

	if (!find_flags(data, size, &flags))
		return 0;
	if (flags & HAS_PLACE)
		return 1;
	if (!elf_match(data, size) || size < sizeof(Elf32_Ehdr))
		return err_set(e,
			       " has a Multiboot header and is no ELF file: QEMU does not load it");
	if (le16(data + offsetof(Elf32_Ehdr, e_machine)) != EM_386)
		return err_set(
			e, " has a Multiboot header and is not for 32 bits: QEMU does not load it");
	return 1;
}
