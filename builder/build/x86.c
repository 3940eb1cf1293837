#include "x86.h"

#include <errno.h>
#include <time.h>

#include <xen/hvm/params.h>

#include "builder/describe/config_keys.h"
#include "builder/guest/xen_compat_x86.h"
#include "builder/host/local_time.h"
#include "cpuid.h"
#include "e820_host.h"
#include "hvm.h"

bool x86_uses_hap(const struct guest_config *cfg, const struct host *h)
{
	return h->physcaps & XEN_SYSCTL_PHYSCAP_hap && cfg->hap;
}

bool x86_shares_pt(const struct guest_config *cfg, const struct host *h)
{
	return cfg->type == GUEST_HVM && h->physcaps & XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share &&
	       x86_uses_hap(cfg, h);
}

static int no_paging(const struct guest_config *cfg, const struct host *h, struct err *e)
{
	if (h->physcaps & XEN_SYSCTL_PHYSCAP_hap)
		return err_set(e,
			       "hap = 0 needs shadow paging, which this hypervisor does not have");
	return err_set(e,
		       "a %s guest needs nested paging (HAP) or shadow paging, and this host has "
		       "neither",
		       guest_type_name(cfg->type));
}

static int describe_paging(const struct guest_config *cfg, const struct host *h,
			   struct xen_domctl_createdomain *config, struct err *e)
{
	const bool hap = x86_uses_hap(cfg, h);

	if (cfg->hap && !hap && config_has(cfg, "hap"))
		return err_set(e, "hap = 1 needs nested paging (HAP), which this host lacks or has "
				  "turned off");
	if (!hap && !(h->physcaps & XEN_SYSCTL_PHYSCAP_shadow))
		return no_paging(cfg, h, e);
	if (hap)
		config->flags |= XEN_DOMCTL_CDF_hap;
	if (!bool_or(cfg->domain.oos, true))
		config->flags |= XEN_DOMCTL_CDF_oos_off;
	if (!bool_or(cfg->domain.nestedhvm, false))
		return 0;
	if (!hap)
		return err_set(e, "nestedhvm = 1 needs nested paging (HAP), which this guest does "
				  "not have");
	config->flags |= XEN_DOMCTL_CDF_nested_virt;
	return 0;
}

static int describe_pv(const struct host *h, struct err *e)
{
	if (!(h->physcaps & XEN_SYSCTL_PHYSCAP_pv))
		return err_set(e, "this hypervisor runs no pv guests");
	return 0;
}

/* What libxl__arch_domain_prepare_config gives either type; the hypervisor takes few others. */
static uint32_t hvm_emulation(const struct guest_config *cfg)
{
	const uint32_t all = XEN_X86_EMU_ALL & ~XEN_X86_EMU_VPCI;

	return bool_or(cfg->domain.pirq, XEN_HVM_PIRQ) ? all : all & ~XEN_X86_EMU_USE_PIRQ;
}

static int describe_hvm(const struct guest_config *cfg, const struct host *h,
			struct xen_domctl_createdomain *config, struct err *e)
{
	if (!(h->physcaps & XEN_SYSCTL_PHYSCAP_hvm))
		return err_set(e,
			       "a %s guest needs hardware virtualisation, which this host lacks or "
			       "has turned off",
			       guest_type_name(cfg->type));
	config->flags |= XEN_DOMCTL_CDF_hvm;
	config->arch.emulation_flags =
		cfg->type == GUEST_HVM ? hvm_emulation(cfg) : XEN_X86_EMU_LAPIC;
	xen_make_altp2m(config, hvm_altp2m(cfg),
			(unsigned)number_or(cfg->domain.altp2m_count, XEN_ALTP2M_VIEWS));
	return describe_paging(cfg, h, config, e);
}

int x86_describe_domain(const struct guest_config *cfg, const struct host *h,
			struct xen_domctl_createdomain *config, struct err *e)
{
	if (bool_or(cfg->domain.msr_relaxed, false))
		config->arch.misc_flags |= XEN_X86_MSR_RELAXED;
	return cfg->type == GUEST_PV ? describe_pv(h, e) : describe_hvm(cfg, h, config, e);
}

/* The seconds that the guest's clock is ahead of the host's (libxl__arch_domain_create). */
static int time_offset(struct guest *g, int32_t *out, struct err *e)
{
	const struct domain_options *o = &g->cfg->domain;
	int32_t zone = 0;
	int rc = 0;

	if (bool_or(o->localtime, false))
		rc = local_time_offset(time(NULL), &zone, e);
	if (rc < 0)
		return err_prefix(e, "localtime = 1: ");
	if (rc)
		guest_note(g, "localtime = 1 is UTC: there is no /etc/localtime yet");
	*out = (int32_t)(number_or(o->rtc_timeoffset, 0) + zone);
	return 0;
}

static int set_clocks(struct guest *g, struct host *h, struct err *e)
{
	int32_t offset = 0;

	if (xc_domain_set_tsc_info(h->xch, g->domid, g->cfg->domain.tsc_mode, 0, 0, 0) < 0)
		return host_error(h, e, "cannot set the domain's TSC mode (tsc_mode)");
	if (time_offset(g, &offset, e) < 0)
		return -1;
	if (offset && xc_domain_set_time_offset(h->xch, g->domid, offset) < 0)
		return host_error(h, e, "cannot set the domain's clock (rtc_timeoffset)");
	return 0;
}

int x86_set_platform(struct guest *g, struct host *h, struct err *e)
{
	if (g->cfg->type != GUEST_PV && hvm_set_params(g, h, e) < 0)
		return -1;
	if (set_clocks(g, h, e) < 0)
		return -1;
	if (g->cfg->type == GUEST_PV && bool_or(g->cfg->domain.e820_host, false) &&
	    e820_host_set(g, h, e) < 0)
		return -1;
	return cpuid_set_policy(g, h, e);
}
