/*
 * Keys that reach the hypervisor: what is read of them, what they mean together, and what is wrong.
 */
#include "config_expect.h"

#include <xen-version.h>

#include "builder/describe/cpuid_spec.h"
#include "builder/describe/io_spec.h"
#include "builder/describe/viridian_spec.h"

static void test_nothing(void **state)
{
	static const struct domain_options none;
	struct descriptor c;
	struct guest_config g;

	(void)state;
	read_good("", "", &c, &g);
	assert_memory_equal(&g.domain, &none, sizeof(none));
	assert_int_equal(g.on_watchdog, ACTION_DESTROY);
	assert_int_equal(g.on_soft_reset, ACTION_SOFT_RESET);
	assert_false(g.hap);
	read_done(&c, &g);
	read_good("type = 'hvm'; hap = 0; nestedhvm = 0", "", &c, &g);
	assert_false(g.hap);
	read_done(&c, &g);
}

static void test_values(void **state)
{
	const struct domain_options *o;
	struct descriptor c;
	struct guest_config g;

	(void)state;
	read_good("type = 'hvm'\n"
		  "localtime = 1; rtc_timeoffset = '-3600'; tsc_mode = 'always_emulate'\n"
		  "timer_mode = 'one_missed_tick_pending'; vpt_align = 0; cpus_soft = '0-1'\n"
		  "pool = 'fast'; period = 20000; pae = 0; nestedhvm = 1; hap = 1; nomigrate = 1; "
		  "vpmu "
		  "= 1\n"
		  "msr_relaxed = 1; mca_caps = ['lmce']; oos = 0; shadow_memory = 9\n"
		  "max_grant_frames = 16; max_maptrack_frames = 0; max_grant_version = 1\n"
		  "max_event_channels = 2000; vmtrace_buf_kb = 64; passthrough = 'sync_pt'\n"
		  "seclabel = 'a'; init_seclabel = 'b'; acpi_s3 = 0; acpi_s4 = 0\n"
		  "acpi_laptop_slate = 1; mmio_hole = 3840; ms_vm_genid = 'generate'\n"
		  "driver_domain = 1; xend_suspend_evtchn_compat = 1; on_watchdog = 'preserve'\n"
		  "on_soft_reset = 'restart'\n",
		  "", &c, &g);
	o = &g.domain;
	assert_int_equal(o->localtime, BOOL_ON);
	assert_true(o->rtc_timeoffset.given && o->rtc_timeoffset.n == -3600);
	assert_int_equal(o->tsc_mode, TSC_ALWAYS_EMULATE);
	assert_int_equal(o->timer_mode, TIMER_ONE_PENDING);
	assert_int_equal(o->vpt_align, BOOL_OFF);
	assert_int_equal(o->cpus_soft.n, 1);
	assert_false(o->cpus_soft_per_vcpu);
	assert_string_equal(o->pool, "fast");
	assert_true(o->period.n == 20000);
	assert_int_equal(o->pae, BOOL_OFF);
	assert_int_equal(o->nestedhvm, BOOL_ON);
	assert_int_equal(o->nomigrate, BOOL_ON);
	assert_int_equal(o->vpmu, BOOL_ON);
	assert_int_equal(o->msr_relaxed, BOOL_ON);
	assert_true(o->lmce);
	assert_int_equal(o->oos, BOOL_OFF);
	assert_true(o->shadow_mib.n == 9);
	assert_true(g.hap);
	assert_true(o->max_grant_frames.n == 16);
	assert_true(o->max_maptrack_frames.given && o->max_maptrack_frames.n == 0);
	assert_true(o->max_grant_version.n == 1);
	assert_true(o->max_event_channels.n == 2000);
	assert_int_equal(o->vmtrace_kib, 64);
	assert_int_equal(o->passthrough, PASSTHROUGH_SYNC_PT);
	assert_string_equal(o->label, "a");
	assert_string_equal(o->init_label, "b");
	assert_true(o->acpi_s3 == BOOL_OFF && o->acpi_s4 == BOOL_OFF);
	assert_int_equal(o->acpi_laptop_slate, BOOL_ON);
	assert_true(o->mmio_hole_mib.n == 3840);
	assert_int_equal(o->genid, 1);
	assert_int_equal(o->driver_domain, BOOL_ON);
	assert_int_equal(o->suspend_evtchn_compat, BOOL_ON);
	assert_int_equal(g.on_watchdog, ACTION_PRESERVE);
	assert_int_equal(g.on_soft_reset, ACTION_RESTART);
	read_done(&c, &g);

	read_good("e820_host = 1; cpus_soft = ['0', '1']; vcpus = 2; pool = 1; irqs = [5]", "", &c,
		  &g);
	assert_int_equal(g.domain.e820_host, BOOL_ON);
	assert_true(g.domain.cpus_soft_per_vcpu);
	assert_string_equal(g.domain.pool, "1");
	assert_int_equal(g.domain.irqs.v[0], 5);
	read_done(&c, &g);
}

/* Words have numbers, which people's files have had for longer. */
static void test_modes(void **state)
{
	static const struct {
		const char *text;
		enum tsc_mode tsc;
		enum timer_mode timer;
		enum altp2m_mode altp2m;
	} cases[] = {
		{"tsc_mode = 0; timer_mode = 0; altp2m = 0", TSC_DEFAULT, TIMER_DELAY,
		 ALTP2M_DISABLED},
		{"tsc_mode = 1; timer_mode = 1; altp2m = 1", TSC_ALWAYS_EMULATE, TIMER_NO_DELAY,
		 ALTP2M_MIXED},
		{"tsc_mode = '2'; timer_mode = '2'; altp2m = '2'", TSC_NATIVE, TIMER_NO_PENDING,
		 ALTP2M_EXTERNAL},
		{"tsc_mode = 'default'; timer_mode = 3; altp2m = 3", TSC_DEFAULT, TIMER_ONE_PENDING,
		 ALTP2M_LIMITED},
		{"timer_mode = 'delay_for_missed_ticks'; altp2m = 'disabled'", TSC_DEFAULT,
		 TIMER_DELAY, ALTP2M_DISABLED},
		{"tsc_mode = 'native'; timer_mode = 'no_missed_ticks_pending'; altp2m = 'limited'",
		 TSC_NATIVE, TIMER_NO_PENDING, ALTP2M_LIMITED},
	};
	struct descriptor c;
	struct guest_config g;
	char text[160];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "type = 'pvh'; %s", cases[i].text);
		read_good(text, "", &c, &g);
		assert_int_equal(g.domain.tsc_mode, cases[i].tsc);
		assert_int_equal(g.domain.timer_mode, cases[i].timer);
		assert_int_equal(g.domain.altp2m, cases[i].altp2m);
		read_done(&c, &g);
	}
	refuses("tsc_mode = 4", "web.cfg:2:12: tsc_mode = 4: must be 0 to 3, or a word\n");
	refuses("tsc_mode = 'fast'",
		"web.cfg:2:12: tsc_mode = \"fast\": must be \"default\", \"always_emulate\" or "
		"\"native\"\n");
	refuses("tsc_mode = []", "web.cfg:2:12: tsc_mode = []: must be a string, not a list\n");
	refuses("tsc_mode = 3",
		"web.cfg:2:12: tsc_mode = \"native_paravirt\": Xen does not have it any more: "
		"\"default\" is native where the processor allows it\n");
	refuses("tsc_mode = 'native_paravirt'",
		"web.cfg:2:12: tsc_mode = \"native_paravirt\": Xen does not have it any more: "
		"\"default\" is native where the processor allows it\n");
	refuses("type = 'pvh'; timer_mode = 4",
		"web.cfg:2:28: timer_mode = 4: must be 0 to 3, or a word\n");
	refuses("timer_mode = 1", "web.cfg:2:1: timer_mode is not for pv guests\n");
	refuses("type = 'pvh'; altp2m = 'on'",
		"web.cfg:2:24: altp2m = \"on\": must be \"disabled\", \"mixed\", \"external\" or "
		"\"limited\"\n");
}

static void test_cpuid(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	read_good("cpuid = 'host,tm=0,sse3=k'", "", &c, &g);
	assert_int_equal(g.domain.cpuid->nr_leaves, 1);
	assert_string_equal(g.domain.cpuid->leaves[0].regs[2], "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxk");
	read_done(&c, &g);
	read_good("cpuid = [ '1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0',\n"
		  "  '0x80000001:edx=xxxxxxxxxxx0xxxxxxxxxxxxxxxxxxxx' ]",
		  "", &c, &g);
	assert_int_equal(g.domain.cpuid->nr_leaves, 2);
	assert_int_equal(g.domain.cpuid->leaves[1].leaf, 0x80000001);
	read_done(&c, &g);
	read_good("cpuid = []", "", &c, &g);
	assert_int_equal(g.domain.cpuid->nr_leaves, 0);
	read_done(&c, &g);
	refuses("cpuid = 'host,sse33=0'",
		"web.cfg:2:9: cpuid = \"host,sse33=0\": unknown name 'sse33', "
		"did you mean 'sse3'?\n");
	refuses("cpuid = ['1:ecx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0', '1:ecx']",
		"web.cfg:2:52: cpuid, entry 2: 'ecx' must be eax=, ebx=, ecx= or edx= and 32 "
		"characters\n");
}

static void test_viridian(void **state)
{
	struct descriptor c;
	struct guest_config g;
	uint64_t mask;
	struct err e;

	(void)state;
	read_good("type = 'hvm'; viridian = 1", "", &c, &g);
	assert_true(g.viridian && !g.domain.viridian);
	read_done(&c, &g);
	read_good("type = 'hvm'; viridian = ['defaults', '!crash_ctl']", "", &c, &g);
	assert_false(g.viridian);
	assert_true(g.domain.viridian->defaults);
	assert_int_equal(viridian_mask(g.domain.viridian, &mask, &e), 0);
	read_done(&c, &g);
	refuses("type = 'hvm'; viridian = ['base', 'frq']",
		"web.cfg:2:35: viridian, entry 2: unknown group 'frq', did you mean 'freq'?\n");
	refuses("type = 'hvm'; viridian = ['freq']",
		"web.cfg:2:26: viridian = [...]: all groups need \"base\"\n");
	refuses("type = 'hvm'; viridian = 'yes'",
		"web.cfg:2:26: viridian = \"yes\": must be 0 or 1\n");
	refuses("type = 'hvm'; mca_caps = ['lmce', 'x']",
		"web.cfg:2:35: mca_caps, entry 2: must be \"lmce\"\n");
}

static void test_parts(void **state)
{
	const struct domain_options *o;
	struct descriptor c;
	struct guest_config g;

	(void)state;
	read_good("ioports = ['2f8-2ff', '3f8']; irqs = ['3', '4']; iomem = ['fed40,5@a0000']", "",
		  &c, &g);
	o = &g.domain;
	assert_int_equal(o->ioports.n, 2);
	assert_int_equal(o->ioports.v[1].first, 0x3f8);
	assert_int_equal(o->irqs.n, 2);
	assert_int_equal(o->irqs.v[1], 4);
	assert_int_equal(o->iomem.n, 1);
	assert_true(o->iomem.v[0].gfn == 0xa0000);
	read_done(&c, &g);
	refuses("ioports = ['2f8', 'com1']; irqs = ['x']; iomem = ['1']",
		"web.cfg:2:19: ioports, entry 2 = \"com1\": 'com1' must be hexadecimal ports up to "
		"ffff, as 3f8 or 2f8-2ff\n"
		"web.cfg:2:36: irqs = \"x\": 'x' must be the number of an interrupt\n"
		"web.cfg:2:51: iomem = \"1\": '1' must be pages in hexadecimal, as START,NUMBER or "
		"START,NUMBER@GFN\n");
	refuses("ioports = '2f8'",
		"web.cfg:2:11: ioports = \"2f8\": must be a list of strings, in [ ]\n");
}

static void test_ranges(void **state)
{
	(void)state;
	refuses("max_grant_frames = 0",
		"web.cfg:2:20: max_grant_frames = 0: must be 1 to 2147483647\n");
	refuses("max_grant_version = 3", "web.cfg:2:21: max_grant_version = 3: must be 1 to 2\n");
	refuses("max_event_channels = 2",
		"web.cfg:2:22: max_event_channels = 2: must be 0, the default, or at least 3\n");
	refuses("type = 'hvm'; mmio_hole = 255",
		"web.cfg:2:27: mmio_hole = 255: must be 256 to 3840 MiB\n");
	refuses("vmtrace_buf_kb = 3",
		"web.cfg:2:18: vmtrace_buf_kb = 3: must be 0, or a power of two from 4 to 65536 "
		"KiB\n");
	refuses("vmtrace_buf_kb = 131072",
		"web.cfg:2:18: vmtrace_buf_kb = 131072: must be 0, or a power of two from 4 to "
		"65536 KiB\n");
	refuses("vmtrace_buf_kb = 48",
		"web.cfg:2:18: vmtrace_buf_kb = 48: must be 0, or a power of two from 4 to 65536 "
		"KiB\n");
	refuses("rtc_timeoffset = 2147483648",
		"web.cfg:2:18: rtc_timeoffset = 2147483648: must be 0 to 2147483647 seconds\n");
	refuses("seclabel = ''", "web.cfg:2:12: seclabel = \"\": must not be empty\n");
	refuses("passthrough = 'yes'",
		"web.cfg:2:15: passthrough = \"yes\": must be \"default\", \"disabled\", "
		"\"enabled\", \"sync_pt\" or \"share_pt\"\n");
}

static void test_together(void **state)
{
	(void)state;
	refuses("type = 'pvh'; altp2m = 1; nestedhvm = 1",
		"web.cfg:2:15: altp2m and nestedhvm exclude each other (line 2)\n");
	refuses("type = 'pvh'; hap = 0; nestedhvm = 1",
		"web.cfg:2:24: nestedhvm = 1 needs hap, which is 0 (line 2)\n");
	refuses("type = 'hvm'; altp2mhvm = 1; nestedhvm = 1",
		"web.cfg:2:15: altp2mhvm and nestedhvm exclude each other (line 2)\n");
	refuses("type = 'pvh'; altp2m = 1; maxmem = 128",
		"web.cfg:2:15: altp2m needs all of a guest's memory: maxmem must be memory for "
		"altp2m (line 2)\n");
#if XEN_LIBS_MINOR >= 21
	notes("type = 'pvh'; altp2m = 1; altp2m_count = 12", "");
	refuses("type = 'pvh'; altp2m = 1; altp2m_count = 0",
		"web.cfg:2:42: altp2m_count = 0: a guest with altp2m has at least one view\n");
#else
	refuses("type = 'pvh'; altp2m = 1; altp2m_count = 12",
		"web.cfg:2:42: altp2m_count = 12: this Xen gives such a guest 10 views\n");
#endif
	notes("type = 'pvh'; altp2m_count = 12",
	      "web.cfg:2:15: note: altp2m_count has no effect without altp2m\n");
	refuses("type = 'pvh'; passthrough = 'enabled'",
		"web.cfg:2:15: passthrough is not for pvh guests yet, in Xen\n");
	notes("type = 'pvh'; passthrough = 'disabled'", "");
	notes("cpus_soft = ['0', '1']", "web.cfg:2:13: note: cpus_soft has 2 entries, of which 1 "
					"count: as many as the guest has "
					"vcpus\n");
	refuses("passthrough = 'share_pt'",
		"web.cfg:2:15: passthrough = \"share_pt\" is not for pv guests: \"sync_pt\" is\n");
	refuses("type = 'hvm'; passthrough = 'enabled'; maxmem = 128",
		"web.cfg:2:15: passthrough needs all of a guest's memory: maxmem must be memory "
		"for that (line 2)\n");
	notes("type = 'hvm'; nx = 0", "web.cfg:2:15: note: nx = 0 has no effect, as with xl: cpuid "
				      "= \"host,nx=0\" hides it\n");
}

/* What xl does not look at in other guests. */
static void test_others(void **state)
{
	(void)state;
	notes("hap = 1; oos = 1; shadow_memory = 8; pae = 1; altp2m = 1; nestedhvm = 1\n"
	      "viridian = ['x']; mca_caps = ['x']; acpi_s3 = 'x'; ms_vm_genid = 'x'; mmio_hole = 1",
	      "web.cfg:2:1: note: hap has no effect in a pv guest\n"
	      "web.cfg:2:10: note: oos has no effect in a pv guest\n"
	      "web.cfg:2:19: note: shadow_memory has no effect in a pv guest\n"
	      "web.cfg:2:38: note: pae has no effect in a pv guest\n"
	      "web.cfg:2:47: note: altp2m has no effect in a pv guest\n"
	      "web.cfg:2:59: note: nestedhvm has no effect in a pv guest\n"
	      "web.cfg:3:1: note: viridian has no effect in a pv guest\n"
	      "web.cfg:3:19: note: mca_caps has no effect in a pv guest\n"
	      "web.cfg:3:37: note: acpi_s3 has no effect in a pv guest\n"
	      "web.cfg:3:52: note: ms_vm_genid has no effect in a pv guest\n"
	      "web.cfg:3:71: note: mmio_hole has no effect in a pv guest\n");
	notes("type = 'pvh'; e820_host = 1; pae = 0",
	      "web.cfg:2:15: note: e820_host has no effect in a pvh guest\n"
	      "web.cfg:2:30: note: pae has no effect in a pvh guest\n");
	notes("extratime = 1; slice = 5; latency = 1; type = 'hvm'; dm_restrict = 1",
	      "web.cfg:2:1: note: extratime has no effect: its scheduler is gone, and rtds does "
	      "not "
	      "look at it\n"
	      "web.cfg:2:16: note: slice has no effect: its scheduler is gone since Xen 4.6\n"
	      "web.cfg:2:27: note: latency has no effect: its scheduler is gone since Xen 4.6\n"
	      "web.cfg:2:54: note: dm_restrict has no effect: each QEMU gives up its powers "
	      "anyway\n");
}

/* Keys that need a later Xen than 4.17: with it they are keys like others, without they are
 * refused. */
static void test_newer(void **state)
{
	(void)state;
#if XEN_LIBS_MINOR >= 19
	notes("type = 'hvm'; hvm_pirq = 0", "");
	notes("type = 'pvh'; hvm_pirq = 0",
	      "web.cfg:2:15: note: hvm_pirq has no effect in a pvh guest\n");
#else
	notes("type = 'hvm'; hvm_pirq = 1", "web.cfg:2:15: note: hvm_pirq = 1 has no effect\n");
	refuses("type = 'hvm'; hvm_pirq = 0",
		"web.cfg:2:15: hvm_pirq is not supported: this Xen gives every hvm guest pirqs\n");
#endif
#if XEN_LIBS_MINOR >= 21
	notes("type = 'hvm'; xen_platform_pci_bar_uc = 0; xenstore_feature_mask = 5", "");
	refuses("xenstore_feature_mask = 4294967296",
		"web.cfg:2:25: xenstore_feature_mask = 4294967296: must be 0 to 4294967295\n");
#else
	refuses("type = 'hvm'; xen_platform_pci_bar_uc = 0; xenstore_feature_mask = 5",
		"web.cfg:2:15: xen_platform_pci_bar_uc is not supported: it needs hvmloader of Xen "
		"4.21 or newer\n"
		"web.cfg:2:44: xenstore_feature_mask is not supported: it needs a xenstored of Xen "
		"4.21 or newer\n");
#endif
#if XEN_LIBS_MINOR >= 22
	notes("xenstore_quota = ['nodes=9']", "");
	refuses("xenstore_quota = ['nodes=9', 'nodes']",
		"web.cfg:2:30: xenstore_quota = \"nodes\": must be NAME=NUMBER, with a name of "
		"letters and '-'\n");
#else
	refuses("xenstore_quota = ['nodes=9']",
		"web.cfg:2:1: xenstore_quota is not supported: it needs a xenstored of Xen 4.22 or "
		"newer\n");
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),  cmocka_unit_test(test_values),
		cmocka_unit_test(test_modes),    cmocka_unit_test(test_cpuid),
		cmocka_unit_test(test_viridian), cmocka_unit_test(test_parts),
		cmocka_unit_test(test_ranges),   cmocka_unit_test(test_together),
		cmocka_unit_test(test_others),   cmocka_unit_test(test_newer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
