#include "hvm.h"
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

/* As xl has them for viridian = 1 (libxl_x86.c, hvm_set_viridian_features): base, freq,
 * time_ref_count, apic_assist, crash_ctl, no_vp_limit, cpu_hotplug. */
#define VIRIDIAN                                                                                   \
	(HVMPV_base_freq | HVMPV_time_ref_count | HVMPV_apic_assist | HVMPV_crash_ctl |            \
	 HVMPV_no_vp_limit | HVMPV_cpu_hotplug)

int hvm_set_params(const struct guest *g, struct host *h, struct err *e)
{
	const struct guest_config *cfg = g->cfg;
	const struct {
		int param;
		uint64_t value;
		bool wanted;
	} params[] = {
		{HVM_PARAM_HPET_ENABLED, cfg->hpet, true},
		{HVM_PARAM_VPT_ALIGN, 1, true},
		{HVM_PARAM_ALTP2M, 0, true},
		{HVM_PARAM_VIRIDIAN, VIRIDIAN, cfg->viridian},
		{HVM_PARAM_ACPI_IOPORTS_LOCATION, ACPI_IOPORTS_V1,
		 cfg->acpi && !firmware_wanted(cfg)},
	};

	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++)
		if (params[i].wanted &&
		    xc_hvm_param_set(h->xch, g->domid, (uint32_t)params[i].param, params[i].value) <
			    0)
			return host_error(h, e, "cannot set parameter %d of the hvm domain",
					  params[i].param);
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
