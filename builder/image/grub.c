#include "grub.h"

#include <string.h>

#define GRUB_DIR "/usr/lib/grub-xen/"

const char *grub_path(enum guest_type type)
{
	return type == GUEST_PV ? GRUB_DIR "grub-x86_64-xen.bin" : GRUB_DIR "grub-i386-xen_pvh.bin";
}

const char *grub_path_32(void)
{
	return GRUB_DIR "grub-i386-xen.bin";
}

void grub_hint(const struct guest_config *cfg, struct err *e)
{
	const char *key = cfg->bootloader ? "bootloader" : "firmware";

	if (cfg->kernel && !strncmp(cfg->kernel, GRUB_DIR, strlen(GRUB_DIR)))
		err_prefix(
			e,
			"%s needs GRUB for Xen in the initramfs (Debian's grub-xen-host where that "
			"is made): ",
			key);
}
