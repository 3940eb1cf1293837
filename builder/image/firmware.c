#include "firmware.h"

#include <stddef.h>
#include <unistd.h>

/* Debian's places of hvmloader and the BIOSes are looked for below this one; the tests have theirs. */
#ifndef FIRMWARE_ROOT
#define FIRMWARE_ROOT ""
#endif

bool firmware_wanted(const struct guest_config *cfg)
{
	return cfg->type == GUEST_HVM && cfg->model_protocol == MODEL_QEMU;
}

const char *firmware_loader_path(const struct guest_config *cfg)
{
	static const char *const usual[] = {
		FIRMWARE_ROOT "/usr/lib/xen-4.17/boot/hvmloader",
		FIRMWARE_ROOT "/usr/lib/xen/boot/hvmloader",
		FIRMWARE_ROOT "/usr/libexec/xen/boot/hvmloader",
	};
	size_t i;

	if (cfg->firmware_override)
		return cfg->firmware_override;
	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (access(usual[i], F_OK) == 0)
			return usual[i];
	return usual[0];
}

const char *firmware_bios_path(const struct guest_config *cfg)
{
	return cfg->bios == BIOS_OVMF ? FIRMWARE_ROOT "/usr/share/ovmf/OVMF.fd"
				      : FIRMWARE_ROOT "/usr/share/seabios/bios-256k.bin";
}
