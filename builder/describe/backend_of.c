#include "backend_of.h"

#include "backend_spec.h"
#include "disk_spec.h"
#include "vif_spec.h"

size_t backend_nr(const struct guest_config *cfg)
{
	return cfg->nr_disks + cfg->nr_vifs;
}

const char *backend_of(const struct guest_config *cfg, size_t i)
{
	const char *domain = i < cfg->nr_disks ? cfg->disks[i].backend_domain
					       : cfg->vifs[i - cfg->nr_disks].backend_domain;

	return backend_is_dom0(domain) ? NULL : domain;
}

const char *backend_guest(const struct guest_config *cfg, size_t i)
{
	const char *domain = backend_of(cfg, i);
	uint32_t domid;

	return domain && !backend_is_number(domain, &domid) ? domain : NULL;
}

bool backend_any(const struct guest_config *cfg)
{
	for (size_t i = 0; i < backend_nr(cfg); i++)
		if (backend_of(cfg, i))
			return true;
	return false;
}
