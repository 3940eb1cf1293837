#include "guest_files.h"

#include "firmware.h"

size_t guest_files(const struct guest_config *g, struct guest_file out[GUEST_FILES_MAX])
{
	const bool firmware = firmware_wanted(g);
	const struct loc nowhere = {g->file, 0, 0};
	const struct guest_file all[GUEST_FILES_MAX] = {
		{FILE_KERNEL, "kernel", g->kernel, g->kernel_loc, "kernel_sha256",
		 &g->kernel_digest, g->kernel_digest_loc, NULL},
		{FILE_RAMDISK, "ramdisk", g->ramdisk, g->ramdisk_loc, "ramdisk_sha256",
		 &g->ramdisk_digest, g->ramdisk_digest_loc, NULL},
		{FILE_FIRMWARE, "firmware", firmware ? firmware_loader_path(g) : NULL,
		 g->firmware_override ? g->firmware_loc : nowhere, "firmware_sha256",
		 &g->firmware_digest, g->firmware_digest_loc, NULL},
		{FILE_BIOS, "BIOS", firmware ? firmware_bios_path(g) : NULL,
		 g->bios_path ? g->bios_path_loc : nowhere, "bios_sha256", &g->bios_digest,
		 g->bios_digest_loc, NULL},
		{FILE_MEMMAP, "memmap", g->memmap, g->memmap_loc, NULL, NULL, nowhere, "memmap"},
		{FILE_ACPI, "ACPI tables", g->acpi_firmware, g->acpi_firmware_loc, NULL, NULL,
		 nowhere, "acpi_firmware"},
		{FILE_SMBIOS, "SMBIOS tables", g->smbios_firmware, g->smbios_firmware_loc, NULL,
		 NULL, nowhere, "smbios_firmware"},
		{FILE_DEVICE_CONFIG, "device config", g->model_config, g->model_config_loc, NULL,
		 NULL, nowhere, "device_model_config"},
	};
	size_t n = 0;

	for (size_t i = 0; i < GUEST_FILES_MAX; i++)
		if (all[i].path)
			out[n++] = all[i];
	return n;
}
