#include "qemu_kernel.h"

#include "bzimage.h"
#include "codecs.h"
#include "elf.h"
#include "foreign.h"
#include "multiboot.h"
#include "uki.h"

int qemu_kernel_check(const uint8_t *data, size_t size, struct err *e)
{
	const struct codec *codec;
	struct elf_info info;
	int multiboot;

	if (bzimage_match(data, size))
		return 0;
	multiboot = multiboot_check(data, size, e);
	if (multiboot != 0)
		return multiboot < 0 ? -1 : 0;
	codec = codec_find(data, size);
	if (codec)
		return err_set(e,
			       " is packed with %s as a whole: QEMU starts a bzImage, or an ELF "
			       "file that is not packed",
			       codec->name);
	if (uki_match(data, size))
		return err_set(e, " is a UKI, which QEMU does not start: put its section .linux "
				  "into a file (objcopy -O binary --only-section=.linux UKI OUT)");
	if (!elf_match(data, size) && foreign_name(data, size, e))
		return err_prefix(e, " is ");
	if (!elf_match(data, size))
		return err_set(e, " is neither a bzImage nor an ELF file nor a Multiboot kernel: "
				  "QEMU does not start it");
	if (elf_read(data, size, &info, e) < 0)
		return err_prefix(e, ": ELF: ");
	if (elf_can_pvh(&info))
		return 0;
	return err_set(e, " has neither a PVH entry, at which QEMU starts an ELF file, nor a "
			  "Multiboot header");
}
