#include "guest_config.h"

const char *guest_type_name(enum guest_type t)
{
	static const char *const names[] = {
		[GUEST_PV] = "pv",
		[GUEST_PVH] = "pvh",
		[GUEST_HVM] = "hvm",
	};

	return names[t];
}

const char *guest_bios_name(enum guest_bios b)
{
	static const char *const names[] = {
		[BIOS_SEABIOS] = "seabios",
		[BIOS_OVMF] = "ovmf",
	};

	return names[b];
}

bool guest_config_has_devices(const struct guest_config *cfg)
{
	return cfg->nr_disks || cfg->nr_vifs || cfg->nr_pcis;
}

bool guest_config_has_pci(const struct guest_config *cfg)
{
	return cfg->nr_pcis != 0;
}

enum passthrough_mode guest_config_passthrough(const struct guest_config *cfg)
{
	if (cfg->domain.passthrough != PASSTHROUGH_UNSET)
		return cfg->domain.passthrough;
	return guest_config_has_pci(cfg) ? PASSTHROUGH_ENABLED : PASSTHROUGH_DISABLED;
}

bool guest_config_needs_qemu(const struct guest_config *cfg)
{
	return cfg->type != GUEST_HVM &&
	       (cfg->nr_qdisks || cfg->nr_vfbs || cfg->nr_vkbs || cfg->nr_channels);
}

bool guest_config_runs_qemu(const struct guest_config *cfg)
{
	return cfg->type == GUEST_HVM ? cfg->model_protocol == MODEL_QEMU
				      : guest_config_needs_qemu(cfg);
}

bool guest_config_has_model(const struct guest_config *cfg)
{
	return cfg->type == GUEST_HVM || guest_config_needs_qemu(cfg);
}
