#include "xl_record_domain.h"

#include <xen/hvm/params.h>

#include "builder/describe/config_keys.h"
#include "builder/describe/cpuid_spec.h"
#include "builder/describe/io_spec.h"
#include "builder/describe/quota_spec.h"
#include "builder/describe/viridian_spec.h"
#include "builder/guest/xen_compat_x86.h"

static void given_bool(struct json *j, const char *key, enum given_bool value)
{
	if (value != BOOL_UNSET)
		json_text(j, key, value == BOOL_ON ? "True" : "False");
}

static void given_number(struct json *j, const char *key, struct given_number value)
{
	if (value.given)
		json_number(j, key, (uint64_t)value.n);
}

/* libxl has it in KiB. */
static void given_mib(struct json *j, const char *key, struct given_number value)
{
	if (value.given)
		json_number(j, key, (uint64_t)value.n * 1024);
}

static void given_text(struct json *j, const char *key, const char *text)
{
	if (text)
		json_text(j, key, text);
}

/* Numbers that are 0 are not said. */
static void nonzero(struct json *j, const char *key, uint64_t n)
{
	if (n)
		json_number(j, key, n);
}

void record_paging(struct json *j, const struct guest_config *cfg)
{
	const struct domain_options *o = &cfg->domain;

	if (cfg->type != GUEST_PV && (!cfg->hap || config_has(cfg, "hap")))
		json_text(j, "hap", cfg->hap ? "True" : "False");
	given_bool(j, "oos", o->oos);
	given_text(j, "ssid_label", o->init_label ? o->init_label : o->label);
}

void record_pool(struct json *j, const struct guest_config *cfg)
{
	given_text(j, "pool_name", cfg->domain.pool);
}

void record_domain_kind(struct json *j, const struct guest_config *cfg)
{
	static const char *const modes[] = {
		[PASSTHROUGH_DISABLED] = "disabled",
		[PASSTHROUGH_ENABLED] = "enabled",
		[PASSTHROUGH_SYNC_PT] = "sync_pt",
		[PASSTHROUGH_SHARE_PT] = "share_pt",
	};

	given_bool(j, "driver_domain", cfg->domain.driver_domain);
	given_text(j, "passthrough", modes[cfg->domain.passthrough]);
	given_bool(j, "xend_suspend_evtchn_compat", cfg->domain.suspend_evtchn_compat);
}

void record_tsc(struct json *j, const struct guest_config *cfg)
{
	static const char *const modes[] = {
		[TSC_ALWAYS_EMULATE] = "always_emulate",
		[TSC_NATIVE] = "native",
	};

	given_text(j, "tsc_mode", modes[cfg->domain.tsc_mode]);
}

static void leaf(struct json *j, const struct cpuid_leaf *l)
{
	static const char *const regs[] = {"eax", "ebx", "ecx", "edx"};

	json_open(j, NULL, '{');
	json_number(j, "leaf", l->leaf);
	if (l->subleaf != CPUID_NO_SUBLEAF)
		json_number(j, "subleaf", l->subleaf);
	for (size_t r = 0; r < 4; r++)
		if (*l->regs[r])
			json_text(j, regs[r], l->regs[r]);
	json_close(j, '}');
}

/* libxl_cpuid_policy_list_gen_json of libxl_cpuid.c */
static void cpuid(struct json *j, const struct cpuid_spec *s)
{
	if (!s || (!s->nr_leaves && !s->nr_msrs))
		return;
	json_open(j, "cpuid", '{');
	json_open(j, "cpuid", '[');
	for (size_t i = 0; i < s->nr_leaves; i++)
		leaf(j, &s->leaves[i]);
	json_close(j, ']');
	json_open(j, "msr", '[');
	for (size_t i = 0; i < s->nr_msrs; i++) {
		json_open(j, NULL, '{');
		json_number(j, "index", s->msrs[i].index);
		json_text(j, "policy", s->msrs[i].bits);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

void record_limits(struct json *j, const struct guest_config *cfg)
{
	const struct domain_options *o = &cfg->domain;

	given_mib(j, "shadow_memkb", o->shadow_mib);
	/* Of 32 bits without a sign. */
	nonzero(j, "rtc_timeoffset", (uint32_t)number_or(o->rtc_timeoffset, 0));
	if (o->init_label)
		given_text(j, "exec_ssid_label", o->label);
	given_bool(j, "localtime", o->localtime);
	given_bool(j, "disable_migrate", o->nomigrate);
	cpuid(j, o->cpuid);
	given_number(j, "max_grant_frames", o->max_grant_frames);
	given_number(j, "max_maptrack_frames", o->max_maptrack_frames);
	given_number(j, "max_grant_version", o->max_grant_version);
}

void record_period(struct json *j, const struct guest_config *cfg)
{
	given_number(j, "period", cfg->domain.period);
}

void record_machine(struct json *j, const struct guest_config *cfg)
{
	const struct domain_options *o = &cfg->domain;

	if (o->ioports.n)
		json_open(j, "ioports", '[');
	for (size_t i = 0; i < o->ioports.n; i++) {
		json_open(j, NULL, '{');
		nonzero(j, "first", o->ioports.v[i].first);
		json_number(j, "number", o->ioports.v[i].number);
		json_close(j, '}');
	}
	if (o->ioports.n)
		json_close(j, ']');
	if (o->irqs.n)
		json_open(j, "irqs", '[');
	for (size_t i = 0; i < o->irqs.n; i++)
		json_number(j, NULL, o->irqs.v[i]);
	if (o->irqs.n)
		json_close(j, ']');
	if (o->iomem.n)
		json_open(j, "iomem", '[');
	for (size_t i = 0; i < o->iomem.n; i++) {
		json_open(j, NULL, '{');
		nonzero(j, "start", o->iomem.v[i].start);
		json_number(j, "number", o->iomem.v[i].number);
		if (o->iomem.v[i].placed)
			json_number(j, "gfn", o->iomem.v[i].gfn);
		json_close(j, '}');
	}
	if (o->iomem.n)
		json_close(j, ']');
}

void record_event_channels(struct json *j, const struct guest_config *cfg)
{
	given_number(j, "event_channels", cfg->domain.max_event_channels);
}

void record_timers(struct json *j, const struct guest_config *cfg)
{
	static const char *const modes[] = {
		[TIMER_DELAY] = "delay_for_missed_ticks",
		[TIMER_NO_DELAY] = "no_delay_for_missed_ticks",
		[TIMER_NO_PENDING] = "no_missed_ticks_pending",
		[TIMER_ONE_PENDING] = "one_missed_tick_pending",
	};

	given_text(j, "timer_mode", modes[cfg->domain.timer_mode]);
	given_bool(j, "nested_hvm", cfg->domain.nestedhvm);
}

static void quotas(struct json *j, const struct strings *texts)
{
	struct err ignored;
	struct quota q;

	if (!texts->n)
		return;
	json_open(j, "xenstore_quota", '{');
	json_open(j, "quota", '[');
	for (size_t i = 0; i < texts->n; i++) {
		if (quota_parse(texts->v[i], &q, &ignored) < 0)
			continue; /* the descriptor was read with it */
		json_open(j, NULL, '{');
		json_text(j, "name", q.name);
		nonzero(j, "val", q.value);
		json_close(j, '}');
	}
	json_close(j, ']');
	json_close(j, '}');
}

void record_rest(struct json *j, const struct guest_config *cfg)
{
	static const char *const modes[] = {
		[ALTP2M_MIXED] = "mixed",
		[ALTP2M_EXTERNAL] = "external",
		[ALTP2M_LIMITED] = "limited",
	};

	given_text(j, "altp2m", modes[cfg->domain.altp2m]);
	if (XEN_HAS_ALTP2M_COUNT)
		given_number(j, "altp2m_count", cfg->domain.altp2m_count);
	nonzero(j, "vmtrace_buf_kb", cfg->domain.vmtrace_kib);
	given_bool(j, "vpmu", cfg->domain.vpmu);
	given_number(j, "xenstore_feature_mask", cfg->domain.store_features);
	quotas(j, &cfg->domain.store_quota);
}

static void bits(struct json *j, const char *key, uint64_t set)
{
	if (!set)
		return;
	json_open(j, key, '[');
	for (uint64_t i = 0; i < 64; i++)
		if (set >> i & 1)
			json_number(j, NULL, i);
	json_close(j, ']');
}

static void viridian(struct json *j, const struct guest_config *cfg)
{
	const struct viridian_spec *s = cfg->domain.viridian;

	if (!s) {
		if (cfg->viridian || config_has(cfg, "viridian"))
			json_text(j, "viridian", cfg->viridian ? "True" : "False");
		return;
	}
	if (s->defaults)
		json_text(j, "viridian", "True");
	bits(j, "viridian_enable", s->enable);
	bits(j, "viridian_disable", s->disable);
}

void record_hvm_features(struct json *j, const struct guest_config *cfg)
{
	const struct domain_options *o = &cfg->domain;

	given_bool(j, "pae", o->pae);
	given_bool(j, "acpi_s3", o->acpi_s3);
	given_bool(j, "acpi_s4", o->acpi_s4);
	given_bool(j, "acpi_laptop_slate", o->acpi_laptop_slate);
	given_bool(j, "nx", o->nx);
	viridian(j, cfg);
}

void record_hvm_layout(struct json *j, const struct guest_config *cfg)
{
	const struct domain_options *o = &cfg->domain;

	given_bool(j, "vpt_align", o->vpt_align);
	given_mib(j, "mmio_hole_memkb", o->mmio_hole_mib);
	given_bool(j, "altp2m", o->altp2mhvm);
}

void record_genid(struct json *j, const struct guest *g)
{
	if (!g->cfg->domain.genid)
		return;
	json_open(j, "ms_vm_genid", '[');
	for (size_t i = 0; i < sizeof(g->genid); i++)
		json_number(j, NULL, g->genid[i]);
	json_close(j, ']');
}

void record_mca(struct json *j, const struct guest_config *cfg)
{
	if (cfg->domain.lmce)
		json_number(j, "mca_caps", XEN_HVM_MCA_CAP_LMCE);
}

void record_pirq(struct json *j, const struct guest_config *cfg)
{
	if (XEN_HAS_HVM_PIRQ)
		json_text(j, "pirq", bool_or(cfg->domain.pirq, XEN_HVM_PIRQ) ? "True" : "False");
}

void record_platform(struct json *j, const struct guest_config *cfg)
{
	given_bool(j, "xen_platform_pci_bar_uc", cfg->domain.pci_bar_uc);
}

void record_pv(struct json *j, const struct guest_config *cfg)
{
	given_bool(j, "e820_host", cfg->domain.e820_host);
}
