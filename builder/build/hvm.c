#include "hvm.h"
#include "builder/describe/viridian_spec.h"
#include "builder/guest/xen_compat_x86.h"
#include "builder/image/firmware.h"
#include "builder/host/host.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/hvm/hvm_info_table.h>
#include <xen/hvm/params.h>
#include <xenguest.h>

/* HVM_PARAM_ACPI_IOPORTS_LOCATION: the ports of ACPI 3 and later tables, which libacpi describes
 * (public/hvm/params.h). hvmloader asks for them itself. */
#define ACPI_IOPORTS_V1 1

/* HVMPTM_* that libxl has by default: no delay for missed ticks (xl.cfg(5), timer_mode). */
static uint64_t timer_mode(const struct domain_options *o)
{
	return o->timer_mode == TIMER_UNSET ? HVMPTM_no_delay_for_missed_ticks
					    : (uint64_t)o->timer_mode - 1;
}

enum altp2m_mode hvm_altp2m(const struct guest_config *cfg)
{
	if (cfg->type == GUEST_HVM && cfg->domain.altp2m == ALTP2M_DISABLED &&
	    bool_or(cfg->domain.altp2mhvm, false))
		return ALTP2M_MIXED;
	return cfg->domain.altp2m;
}

static int viridian(const struct guest_config *cfg, uint64_t *mask, struct err *e)
{
	struct viridian_spec s = {.defaults = cfg->viridian};

	if (cfg->domain.viridian)
		s = *cfg->domain.viridian;
	return viridian_mask(&s, mask, e);
}

/* In libxl's order (hvm_set_conf_params of libxl_x86.c), with its defaults. */
int hvm_set_params(const struct guest *g, struct host *h, struct err *e)
{
	const struct guest_config *cfg = g->cfg;
	const bool hvm = cfg->type == GUEST_HVM;
	uint64_t groups;

	if (viridian(cfg, &groups, e) < 0)
		return err_prefix(e, "viridian: ");
	const struct {
		const char *key;
		int param;
		uint64_t value;
		bool wanted;
	} params[] = {
		{"hpet", HVM_PARAM_HPET_ENABLED, cfg->hpet, hvm},
		{"vpt_align", HVM_PARAM_VPT_ALIGN, bool_or(cfg->domain.vpt_align, true), hvm},
		{"mca_caps", HVM_PARAM_MCA_CAP, XEN_HVM_MCA_CAP_LMCE, hvm && cfg->domain.lmce},
		{"timer_mode", HVM_PARAM_TIMER_MODE, timer_mode(&cfg->domain), true},
		{"altp2m", HVM_PARAM_ALTP2M, hvm_altp2m(cfg), XEN_ALTP2M_PARAM},
		{"viridian", HVM_PARAM_VIRIDIAN, groups, hvm && groups},
		{"acpi", HVM_PARAM_ACPI_IOPORTS_LOCATION, ACPI_IOPORTS_V1,
		 hvm && cfg->acpi && !firmware_wanted(cfg)},
	};

	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++)
		if (params[i].wanted &&
		    xc_hvm_param_set(h->xch, g->domid, (uint32_t)params[i].param, params[i].value) <
			    0)
			return host_error(h, e, "cannot set parameter %d of the domain (%s)",
					  params[i].param, params[i].key);
	return 0;
}

int hvm_write_info(const struct guest *g, struct host *h, struct err *e)
{
	struct hvm_info_table *info;
	uint8_t *page, sum = 0;

	page = xc_map_foreign_range(h->xch, g->domid, XC_PAGE_SIZE, PROT_READ | PROT_WRITE,
				    HVM_INFO_PFN);
	if (!page)
		return host_error(h, e, "cannot map the domain's table of its machine");
	info = (struct hvm_info_table *)(page + HVM_INFO_OFFSET);
	info->apic_mode = g->cfg->apic;
	info->nr_vcpus = g->cfg->maxvcpus;
	memset(info->vcpu_online, 0, sizeof(info->vcpu_online));
	for (unsigned v = 0; v < g->cfg->vcpus; v++)
		info->vcpu_online[v / 8] |= (uint8_t)(1u << v % 8);
	for (size_t i = 0; i < sizeof(*info); i++)
		sum = (uint8_t)(sum + ((uint8_t *)info)[i]);
	info->checksum = (uint8_t)(info->checksum - sum);
	munmap(page, XC_PAGE_SIZE);
	return 0;
}

void hvm_note_tables(const struct xc_dom_image *dom, struct guest *g)
{
	g->acpi_gpa = dom->acpi_modules[0].guest_addr_out;
	g->acpi_bytes = dom->acpi_modules[0].length;
	g->smbios_gpa = dom->smbios_module.guest_addr_out;
	g->smbios_bytes = dom->smbios_module.length;
}
