#include "viridian_spec.h"

#include <stddef.h>
#include <string.h>

#include <xen/hvm/params.h>

#include "base/diag.h"
#include "spec.h"

#define NR(array) (sizeof(array) / sizeof((array)[0]))

enum { BASE, FREQ };

/* In libxl's order. What each stands for: hvm_set_viridian_features of libxl_x86.c. */
static const struct {
	const char *name;
	uint64_t mask;
	bool by_default;
} groups[] = {
	[BASE] = {"base", HVMPV_base_freq, true},
	[FREQ] = {"freq", 0, true}, /* HVMPV_no_freq where it is off */
	{"time_ref_count", HVMPV_time_ref_count, true},
	{"reference_tsc", HVMPV_reference_tsc, false},
	{"hcall_remote_tlb_flush", HVMPV_hcall_remote_tlb_flush, false},
	{"apic_assist", HVMPV_apic_assist, true},
	{"crash_ctl", HVMPV_crash_ctl, true},
	{"synic", HVMPV_synic, false},
	{"stimer", HVMPV_time_ref_count | HVMPV_synic | HVMPV_stimer, false},
	{"hcall_ipi", HVMPV_hcall_ipi, false},
	{"ex_processor_masks", HVMPV_ex_processor_masks, false},
	{"no_vp_limit", HVMPV_no_vp_limit, true},
	{"cpu_hotplug", HVMPV_cpu_hotplug, true},
};

static int unknown(const char *name, struct err *e)
{
	const char *names[NR(groups) + 2];
	char near[SUGGEST_MAX];
	size_t n = 0;

	for (size_t i = 0; i < NR(groups); i++)
		names[n++] = groups[i].name;
	names[n++] = "all";
	names[n++] = "defaults";
	return err_set(e, "unknown group '%.*s'%s", SPEC_SHOWN, name,
		       suggest_text(near, name, names, n));
}

int viridian_group(const char *text, struct viridian_spec *s, struct err *e)
{
	const bool off = *text == '!';
	const char *name = text + off;
	uint64_t bit = 0;

	if (!strcmp(text, "all")) {
		s->enable = ~UINT64_C(0);
		return 0;
	}
	if (!strcmp(text, "defaults")) {
		s->defaults = true;
		return 0;
	}
	for (size_t i = 0; i < NR(groups); i++)
		if (!strcasecmp(groups[i].name, name))
			bit = UINT64_C(1) << i;
	if (!bit && (!strcmp(name, "all") || !strcmp(name, "defaults")))
		return err_set(e, "'%s' can't be switched off: name the groups", name);
	if (!bit)
		return unknown(name, e);
	s->enable = off ? s->enable & ~bit : s->enable | bit;
	s->disable = off ? s->disable | bit : s->disable & ~bit;
	return 0;
}

int viridian_mask(const struct viridian_spec *s, uint64_t *mask, struct err *e)
{
	uint64_t on = s->enable;

	*mask = 0;
	for (size_t i = 0; i < NR(groups); i++) {
		const uint64_t bit = UINT64_C(1) << i;

		if (s->enable & s->disable & bit)
			return err_set(e, "%s is given both on and off", groups[i].name);
		if (s->defaults && groups[i].by_default)
			on |= bit;
		if (s->disable & bit)
			on &= ~bit;
		if (on & bit)
			*mask |= groups[i].mask;
	}
	on &= (UINT64_C(1) << NR(groups)) - 1;
	if (on && !(on & 1u << BASE))
		return err_set(e, "all groups need \"base\"");
	if (on && !(on & 1u << FREQ))
		*mask |= HVMPV_no_freq;
	return 0;
}
