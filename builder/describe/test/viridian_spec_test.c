/*
 * The list form of viridian: what the hypervisor is told for it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <xen/hvm/params.h>

#include "builder/describe/viridian_spec.h"

#define DEFAULTS                                                                                   \
	(HVMPV_base_freq | HVMPV_time_ref_count | HVMPV_apic_assist | HVMPV_crash_ctl |            \
	 HVMPV_no_vp_limit | HVMPV_cpu_hotplug)

/* The groups end with NULL. */
static void mask(uint64_t want, const char *msg, const char *const *groups)
{
	struct viridian_spec s = {0};
	struct err e = {.msg = "right"};
	uint64_t got = 0;

	for (; *groups; groups++)
		if (viridian_group(*groups, &s, &e) < 0)
			break;
	if (!*groups)
		viridian_mask(&s, &got, &e);
	assert_string_equal(e.msg, msg ? msg : "right");
	if (!msg)
		assert_true(got == want);
}
#define MASK(want, ...)   mask(want, NULL, (const char *const[]){__VA_ARGS__, NULL})
#define REFUSED(msg, ...) mask(0, msg, (const char *const[]){__VA_ARGS__, NULL})

static void test_masks(void **state)
{
	const uint64_t all = HVMPV_feature_mask & ~HVMPV_no_freq;

	(void)state;
	mask(0, NULL, (const char *const[]){NULL});
	MASK(HVMPV_base_freq | HVMPV_no_freq, "base");
	MASK(HVMPV_base_freq, "base", "freq");
	MASK(DEFAULTS, "defaults");
	MASK(DEFAULTS | HVMPV_no_freq, "defaults", "!freq");
	MASK(DEFAULTS & ~HVMPV_crash_ctl, "!crash_ctl", "defaults");
	MASK(all, "all");
	MASK(all & ~HVMPV_hcall_ipi, "all", "!hcall_ipi");
	/* stimer brings what it needs, whatever is said of that */
	MASK(all & ~HVMPV_hcall_remote_tlb_flush, "all", "!synic", "!hcall_remote_tlb_flush");
	MASK(HVMPV_base_freq | HVMPV_time_ref_count | HVMPV_synic | HVMPV_stimer, "base", "freq",
	     "stimer");
	MASK(HVMPV_base_freq | HVMPV_reference_tsc | HVMPV_ex_processor_masks, "base", "freq",
	     "!reference_tsc", "reference_tsc", "ex_processor_masks");
	MASK(0, "defaults", "!base", "!freq", "!time_ref_count", "!apic_assist", "!crash_ctl",
	     "!no_vp_limit", "!cpu_hotplug");
}

static void test_errors(void **state)
{
	(void)state;
	REFUSED("all groups need \"base\"", "freq");
	REFUSED("all groups need \"base\"", "defaults", "!base");
	REFUSED("synic is given both on and off", "!synic", "all");
	REFUSED("unknown group 'stime', did you mean 'stimer'?", "base", "stime");
	REFUSED("unknown group '!synic', did you mean 'synic'?", "!!synic");
	REFUSED("'all' can't be switched off: name the groups", "!all");
	REFUSED("'defaults' can't be switched off: name the groups", "base", "!defaults");
	REFUSED("unknown group ''", "");
	REFUSED("unknown group 'default', did you mean 'defaults'?", "default");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
