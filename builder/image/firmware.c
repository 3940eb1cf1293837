#include "firmware.h"

#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "loaders/codecs.h"

/* Debian's places of hvmloader and the BIOSes are looked for below this one; the tests have theirs.
 */
#ifndef FIRMWARE_ROOT
#define FIRMWARE_ROOT ""
#endif

bool firmware_wanted(const struct guest_config *cfg)
{
	return cfg->type == GUEST_HVM && cfg->model_protocol == MODEL_QEMU;
}

const char *firmware_loader_path_below(const char *root, const struct guest_config *cfg)
{
	static const char *const usual[] = {
		FIRMWARE_ROOT FIRMWARE_DIR "/hvmloader",
		FIRMWARE_ROOT "/usr/lib/xen/boot/hvmloader",
		FIRMWARE_ROOT "/usr/libexec/xen/boot/hvmloader",
	};
	char path[PATH_MAX];

	if (cfg->firmware_override)
		return cfg->firmware_override;
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (snprintf(path, sizeof(path), "%s%s", root, usual[i]) < (int)sizeof(path) &&
		    access(path, F_OK) == 0)
			return usual[i];
	return usual[0];
}

const char *firmware_loader_path(const struct guest_config *cfg)
{
	return firmware_loader_path_below("", cfg);
}

const char *firmware_bios_path(const struct guest_config *cfg)
{
	if (cfg->bios_path)
		return cfg->bios_path;
	return cfg->bios == BIOS_OVMF ? FIRMWARE_ROOT "/usr/share/ovmf/OVMF.fd"
				      : FIRMWARE_ROOT "/usr/share/seabios/bios-256k.bin";
}

/*
 * Checks that a domain with a device model can start with it: it has an entry for pvh guests, or,
 * like hvmloader, no notes of Xen's and a 32-bit entry inside of what is loaded.
 */
static int check_entry(const struct kernel_facts *k, struct err *e)
{
	const struct elf_info *i = &k->info;

	if (k->format != KERNEL_ELF || k->uki.parts[UKI_LINUX].size)
		return err_set(e, "not an ELF file");
	if (elf_can_pvh(i))
		return 0;
	if (i->has_notes)
		return err_set(e, "a kernel for pv guests: it has no PVH entry");
	if (i->bits != 32)
		return err_set(e,
			       "a 64-bit ELF file without a PVH entry: a firmware is a 32-bit one");
	if (i->entry >= i->pstart && i->entry < i->pend)
		return 0;
	return err_set(e,
		       "entry point %#" PRIx64 " is outside of it (%#" PRIx64 " to %#" PRIx64 ")",
		       i->entry, i->pstart, i->pend);
}

const struct kernel_facts *firmware_open(const struct guest_config *cfg, struct image_file *f,
					 struct err *e)
{
	const struct kernel_facts *k = image_kernel(f, e);

	if (k && check_entry(k, e) == 0)
		return k;
	err_prefix(e, "cannot use firmware %s: ", firmware_loader_path(cfg));
	return NULL;
}
