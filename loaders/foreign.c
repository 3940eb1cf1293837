#include "foreign.h"

#include <string.h>

#include "bytes.h"
#include "pe.h"

#define OTHER_MACHINE "the guest needs a kernel for x86"

/* ---- what a few bytes tell ---- */

/*
 * Sources: Linux's Documentation/arch/arm64/booting.rst and arch/riscv/boot-image-header.rst, and
 * arch/arm/boot/compressed/head.S for the zImage; Android's bootimg.h; the Devicetree
 * Specification; cpio(5) for what it calls the new format; RFC 8878, 3.1.2, for the frame.
 */
static const struct {
	size_t at, len;
	const char *magic;
	const char *name;
} magics[] = {
	{0x38, 4, "ARM\x64", "a Linux Image for arm64: " OTHER_MACHINE},
	{0x38, 4, "RSC\x05", "a Linux Image for riscv: " OTHER_MACHINE},
	{0x24, 4, "\x18\x28\x6f\x01", "a Linux zImage for arm: " OTHER_MACHINE},
	{0, 8, "ANDROID!", "an Android boot image: take the kernel out of it (unpack_bootimg)"},
	{0, 8, "VNDRBOOT", "an Android vendor boot image, which has no kernel in it"},
	{0, 4, "\xd0\x0d\xfe\xed",
	 "a FIT image of U-Boot or a device tree: take the kernel out of the former (dumpimage)"},
	{0, 6, "070701", "a cpio archive, as an initramfs is: that is what ramdisk is for"},
	{0, 6, "070702", "a cpio archive, as an initramfs is: that is what ramdisk is for"},
};

static bool name_by_magic(const uint8_t *in, size_t len, struct err *e)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (len < magics[i].at || len - magics[i].at < magics[i].len ||
		    memcmp(in + magics[i].at, magics[i].magic, magics[i].len) != 0)
			continue;
		err_set(e, "%s", magics[i].name);
		return true;
	}
	return false;
}

/* pzstd, and others that pack in parts: a frame without content, with the next one's size. Its
 * magic has 16 values. */
static bool name_skippable(const uint8_t *in, size_t len, struct err *e)
{
	if (len < 4 || (le32(in) & ~UINT32_C(0xf)) != 0x184d2a50)
		return false;
	err_set(e, "zstd or lz4 in several frames, as pzstd packs: unpack it, and pack it as one");
	return true;
}

/* ---- U-Boot ---- */

/* include/image.h of U-Boot: struct legacy_img_hdr, big-endian, and its IH_ARCH_*. */
#define UIMAGE_SIZE 64
#define UIMAGE_ARCH 29

static const struct {
	uint8_t arch;
	const char *name; /* NULL: x86 */
} uimage_archs[] = {
	{2, "arm"},     {3, NULL},     {5, "mips"}, {6, "mips64"},
	{7, "powerpc"}, {22, "arm64"}, {24, NULL},  {26, "riscv"},
};

static bool name_uimage(const uint8_t *in, size_t len, struct err *e)
{
	const char *machine = "another machine";

	if (len < UIMAGE_SIZE || memcmp(in, "\x27\x05\x19\x56", 4) != 0)
		return false;
	for (size_t i = 0; i < sizeof(uimage_archs) / sizeof(uimage_archs[0]); i++)
		if (in[UIMAGE_ARCH] == uimage_archs[i].arch)
			machine = uimage_archs[i].name;
	if (machine)
		err_set(e, "a uImage of U-Boot for %s: " OTHER_MACHINE, machine);
	else
		err_set(e, "a uImage of U-Boot: take the kernel out of it (%s)",
			"dumpimage -T kernel -p 0 -o OUT FILE");
	return true;
}

/* ---- PE ---- */

static const char *pe_machine_name(uint16_t machine)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
		{PE_AMD64, "x86-64"},
		{PE_I386, "i386"},
		{PE_ARM64, "arm64"},
		{PE_ARM, "arm"},
		{PE_ARMNT, "arm"},
		{PE_RISCV64, "riscv64"},
		{PE_RISCV32, "riscv32"},
		{PE_LOONGARCH64, "loongarch64"},
		{PE_LOONGARCH32, "loongarch32"},
		{PE_IA64, "ia64"},
		{PE_EBC, "EFI byte code"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].machine == machine)
			return names[i].name;
	return "another machine";
}

/* Linux's drivers/firmware/efi/libstub/zboot-header.S. */
#define ZBOOT_TYPE 4

static bool name_pe(const uint8_t *in, size_t len, struct err *e)
{
	const char *machine, *cut = "";
	struct err ignored;
	struct pe_file f;

	if (!pe_match(in, len))
		return false;
	if (pe_open(in, len, &f, &ignored) < 0)
		cut = " (cut off in its headers)";
	machine = pe_machine_name(f.machine);
	if (memcmp(in + ZBOOT_TYPE, "zimg", 4) == 0)
		err_set(e, "a Linux EFI zboot image for %s%s: " OTHER_MACHINE, machine, cut);
	else if (f.subsystem >= PE_SUBSYSTEM_EFI_FIRST && f.subsystem <= PE_SUBSYSTEM_EFI_LAST)
		err_set(e,
			"an EFI program for %s%s, but no UKI with a kernel in it: only EFI "
			"firmware starts it",
			machine, cut);
	else
		err_set(e, "a PE file, as Windows has its programs in, for %s%s: it is no kernel",
			machine, cut);
	return true;
}

bool foreign_name(const uint8_t *in, size_t len, struct err *e)
{
	/* A kernel for another machine may be a PE file as well. */
	return name_by_magic(in, len, e) || name_skippable(in, len, e) || name_uimage(in, len, e) ||
	       name_pe(in, len, e);
}
