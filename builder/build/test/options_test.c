/*
 * What few guests want of the hypervisor: that the domain becomes what the descriptor says, that a
 * host which can't is said, and that nothing is left where a call fails.
 */
#include "builder/fake/kit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "builder/build/life.h"
#include "builder/describe/cpuid_spec.h"
#include "builder/describe/io_spec.h"
#include "builder/describe/viridian_spec.h"
#include "builder/fake/fake_store.h"
#include "builder/image/image_files.h"

/* A host that can do everything. */
#define ALL                                                                                        \
	(XEN_SYSCTL_PHYSCAP_shadow | XEN_SYSCTL_PHYSCAP_directio |                                 \
	 XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share | XEN_SYSCTL_PHYSCAP_vmtrace |                      \
	 XEN_SYSCTL_PHYSCAP_vpmu)

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	kit_firmware();
	return 0;
}

struct scene {
	struct host host;
	struct image_cache images;
	struct guest guest;
	struct err err;
};

static void open_scene(struct scene *s, const struct guest_config *cfg)
{
	memset(s, 0, sizeof(*s));
	KIT_CHECK(!host_open(&s->host, false, &s->err), "%s", s->err.msg);
	assert_int_equal(guest_init(&s->guest, cfg, &s->err), 0);
	KIT_CHECK(!guest_hold_images(&s->guest, &s->images, &s->err), "%s", s->err.msg);
}

static void close_scene(struct scene *s)
{
	fake_fail_at(0, 0);
	assert_int_equal(guest_destroy(&s->guest, &s->host, &s->err), 0);
	guest_drop_images(&s->guest, &s->images);
	host_close(&s->host);
	kit_nothing_held(true);
}

/* On the host as it was set up. */
static struct fake_domain *start(struct scene *s, const struct guest_config *cfg)
{
	open_scene(s, cfg);
	KIT_CHECK(!kit_start(&s->guest, &s->host, &s->err), "%s", s->err.msg);
	return fake_domain(s->guest.domid);
}

static void refuses(const struct guest_config *cfg, const char *msg, bool passing)
{
	const uint64_t before = fake_host()->free_kib;
	struct scene s;

	open_scene(&s, cfg);
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg, msg);
	assert_int_equal(s.err.passing, passing);
	assert_int_equal(fake_domains(), 0);
	assert_true(fake_host()->free_kib == before);
	close_scene(&s);
}

/* A pvh guest, or one with QEMU or without, of two vcpus; on a host that is forgotten. */
static struct guest_config plain(enum guest_type type)
{
	struct guest_config cfg = kit_config("plain", type == GUEST_HVM ? GUEST_PVH : type);

	fake_reset();
	fake_host()->physcaps |= ALL;
	cfg.vcpus = cfg.maxvcpus = 2;
	if (type == GUEST_HVM)
		kit_hvm(&cfg, true);
	return cfg;
}

static void test_create(void **state)
{
	struct guest_config cfg = plain(GUEST_HVM);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.domain = (struct domain_options){
		.oos = BOOL_OFF,
		.nestedhvm = BOOL_ON,
		.msr_relaxed = BOOL_ON,
		.vpmu = BOOL_ON,
		.vmtrace_kib = 64,
		.max_grant_frames = {true, 16},
		.max_maptrack_frames = {true, 0},
		.max_grant_version = {true, 1},
		.max_event_channels = {true, 2000},
		.shadow_mib = {true, 9},
	};
	d = start(&s, &cfg);
	assert_int_equal(d->config.flags, XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap |
						  XEN_DOMCTL_CDF_oos_off |
						  XEN_DOMCTL_CDF_nested_virt | XEN_DOMCTL_CDF_vpmu);
	assert_int_equal(d->config.arch.misc_flags, XEN_X86_MSR_RELAXED);
	assert_int_equal(d->config.vmtrace_size, 65536);
	assert_int_equal(d->config.max_grant_frames, 16);
	assert_int_equal(d->config.max_maptrack_frames, 0);
	assert_int_equal(d->config.grant_opts, 1);
	assert_int_equal(d->config.max_evtchn_port, 2000);
	assert_true(d->pool_bytes == 9 << 20);
	assert_true(d->nested);
	assert_int_equal(d->config.ssidref, 12);
	assert_string_equal(s.guest.note, "");
	close_scene(&s);

	/* The other values of booleans are the defaults. */
	cfg.domain = (struct domain_options){
		.oos = BOOL_ON, .nestedhvm = BOOL_OFF, .msr_relaxed = BOOL_OFF, .vpmu = BOOL_OFF};
	d = start(&s, &cfg);
	assert_int_equal(d->config.flags, XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap);
	assert_int_equal(d->config.arch.misc_flags, 0);
	assert_int_equal(d->config.max_grant_frames, -1);
	assert_int_equal(d->config.max_maptrack_frames, -1);
	assert_int_equal(d->config.grant_opts, 2);
	assert_int_equal(d->config.max_evtchn_port, 1023);
	assert_false(d->nested || d->itsc || d->no_pae);
	close_scene(&s);
}

static void test_paging(void **state)
{
	struct guest_config cfg = plain(GUEST_PVH);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.hap = false;
	d = start(&s, &cfg);
	assert_int_equal(d->config.flags, XEN_DOMCTL_CDF_hvm);
	close_scene(&s);
	cfg.domain.nestedhvm = BOOL_ON;
	refuses(&cfg, "nestedhvm = 1 needs nested paging (HAP), which this guest does not have",
		false);
	/* Where nothing is said, shadows will do. */
	cfg = plain(GUEST_PVH);
	fake_host()->physcaps &= ~XEN_SYSCTL_PHYSCAP_hap;
	d = start(&s, &cfg);
	assert_int_equal(d->config.flags, XEN_DOMCTL_CDF_hvm);
	close_scene(&s);
}

/* What a descriptor really says of hap. */
static void test_hap_given(void **state)
{
	static const char text[] = "kernel = '/k'; memory = 64; type = 'pvh'; hap = 1\n";
	struct guest_config cfg;
	struct descriptor c;
	struct diag diag = {0};

	(void)state;
	fake_reset();
	descriptor_parse("web.cfg", text, strlen(text), &c, &diag);
	assert_int_equal(config_read(&c, &cfg, &diag), 0);
	free(cfg.kernel);
	cfg.kernel = strdup(kit_path("kernel"));
	fake_host()->physcaps &= ~XEN_SYSCTL_PHYSCAP_hap;
	fake_host()->physcaps |= XEN_SYSCTL_PHYSCAP_shadow;
	refuses(&cfg, "hap = 1 needs nested paging (HAP), which this host lacks or has turned off",
		false);
	config_free(&cfg);
	descriptor_free(&c);
	diag_free(&diag);
}

static void test_iommu(void **state)
{
	static const struct {
		enum guest_type type;
		enum passthrough_mode mode;
		bool iommu, no_share;
	} cases[] = {
		{GUEST_PV, PASSTHROUGH_UNSET, false, false},
		{GUEST_PV, PASSTHROUGH_DISABLED, false, false},
		{GUEST_PV, PASSTHROUGH_ENABLED, true, true},
		{GUEST_PV, PASSTHROUGH_SYNC_PT, true, true},
		{GUEST_HVM, PASSTHROUGH_ENABLED, true, false},
		{GUEST_HVM, PASSTHROUGH_SYNC_PT, true, true},
		{GUEST_HVM, PASSTHROUGH_SHARE_PT, true, false},
	};
	struct guest_config cfg;
	struct fake_domain *d;
	struct scene s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cfg = plain(cases[i].type);
		cfg.domain.passthrough = cases[i].mode;
		d = start(&s, &cfg);
		assert_int_equal(!!(d->config.flags & XEN_DOMCTL_CDF_iommu), cases[i].iommu);
		assert_int_equal(!!d->config.iommu_opts, cases[i].no_share);
		close_scene(&s);
	}
	/* The default on a host that can't share. */
	cfg = plain(GUEST_HVM);
	fake_host()->physcaps &= ~XEN_SYSCTL_PHYSCAP_iommu_hap_pt_share;
	cfg.domain.passthrough = PASSTHROUGH_ENABLED;
	d = start(&s, &cfg);
	assert_int_equal(d->config.iommu_opts, XEN_DOMCTL_IOMMU_no_sharept);
	close_scene(&s);
	cfg.domain.passthrough = PASSTHROUGH_SHARE_PT;
	refuses(&cfg,
		"passthrough = \"share_pt\" needs an IOMMU that can share the page tables of HAP: "
		"\"sync_pt\" does without",
		false);
}

static void test_abilities(void **state)
{
	struct guest_config cfg = plain(GUEST_PVH);

	(void)state;
	fake_host()->physcaps &= ~(uint32_t)ALL;
	cfg.domain.passthrough = PASSTHROUGH_ENABLED;
	refuses(&cfg, "passthrough needs an IOMMU, which this host lacks or has turned off", false);
	cfg.domain = (struct domain_options){.vpmu = BOOL_ON};
	refuses(&cfg, "vpmu = 1 needs vpmu on Xen's command line, and a processor with it", false);
	cfg.domain = (struct domain_options){.vmtrace_kib = 64};
	refuses(&cfg, "vmtrace_buf_kb needs a processor that traces (Intel PT)", false);
	/* What the hypervisor alone can judge: it says no more than that. */
	cfg.domain =
		(struct domain_options){.max_grant_frames = {true, 1000}, .nestedhvm = BOOL_ON};
	refuses(&cfg,
		"cannot create a domain with max_grant_frames = 1000, nestedhvm = 1: Invalid "
		"argument",
		false);
}

static void test_clocks(void **state)
{
	struct guest_config cfg = plain(GUEST_HVM);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.domain = (struct domain_options){.rtc_timeoffset = {true, -3600},
					     .tsc_mode = TSC_ALWAYS_EMULATE,
					     .timer_mode = TIMER_ONE_PENDING,
					     .vpt_align = BOOL_OFF};
	d = start(&s, &cfg);
	assert_int_equal(d->time_offset, -3600);
	assert_int_equal(d->tsc_mode, 1);
	assert_true(d->itsc);
	assert_true(d->hvm_param[HVM_PARAM_TIMER_MODE] == HVMPTM_one_missed_tick_pending);
	assert_true(d->hvm_param_set[HVM_PARAM_VPT_ALIGN] && !d->hvm_param[HVM_PARAM_VPT_ALIGN]);
	close_scene(&s);

	cfg.domain = (struct domain_options){.tsc_mode = TSC_NATIVE, .timer_mode = TIMER_DELAY};
	d = start(&s, &cfg);
	assert_int_equal(d->tsc_mode, 2);
	assert_false(d->itsc);
	assert_true(d->hvm_param[HVM_PARAM_TIMER_MODE] == HVMPTM_delay_for_missed_ticks);
	assert_int_equal(fake_calls_of("xc_domain_set_time_offset"), 1); /* that before */
	close_scene(&s);
}

/* A zone that is two hours ahead: a file of version 1 with one type, and no changes. */
static const uint8_t zone[] = "TZif\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
			      "\0\0\0\1\0\0\0\4\0\0\x1c\x20\0\0XST";

static void test_localtime(void **state)
{
	struct guest_config cfg = plain(GUEST_HVM);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.domain = (struct domain_options){.localtime = BOOL_ON, .rtc_timeoffset = {true, 60}};
	d = start(&s, &cfg);
	assert_int_equal(d->time_offset, 60);
	assert_string_equal(s.guest.note, "localtime = 1 is UTC: there is no /etc/localtime yet");
	close_scene(&s);

	assert_true(mkdir(kit_path("root/etc"), 0700) == 0);
	kit_write("root/etc/localtime", zone, sizeof(zone));
	d = start(&s, &cfg);
	assert_int_equal(d->time_offset, 7260);
	assert_string_equal(s.guest.note, "");
	close_scene(&s);

	kit_text("root/etc/localtime", "Europe/Berlin");
	refuses(&cfg, "localtime = 1: /etc/localtime is no file of the time zone database", false);
	unlink(kit_path("root/etc/localtime"));
	assert_true(mkdir(kit_path("root/etc/localtime"), 0700) == 0);
	refuses(&cfg, "localtime = 1: cannot read /etc/localtime: Is a directory", false);
	rmdir(kit_path("root/etc/localtime"));
	rmdir(kit_path("root/etc"));
	cfg.domain.localtime = BOOL_OFF;
	d = start(&s, &cfg);
	assert_int_equal(d->time_offset, 60);
	assert_string_equal(s.guest.note, "");
	close_scene(&s);
}

static void test_cpuid(void **state)
{
	struct cpuid_spec spec = {0};
	struct guest_config cfg = plain(GUEST_HVM);
	struct fake_domain *d;
	struct scene s;
	struct err e;

	(void)state;
	assert_int_equal(cpuid_names_parse("host,tm=0,xsaves=k,rdcl-no=1", &spec, &e), 0);
	cfg.domain = (struct domain_options){.cpuid = &spec, .pae = BOOL_OFF, .nomigrate = BOOL_ON};
	d = start(&s, &cfg);
	assert_string_equal(d->cpuid, "1:edx=xx0xxxxxxxxxxxxxxxxxxxxxxxxxxxxx;"
				      "d,1:eax=xxxxxxxxxxxxxxxxxxxxxxxxxxxxkxxx;"
				      "10a=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				      "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1;");
	assert_true(d->no_pae && d->itsc);
	close_scene(&s);
	fake_reset();
	fake_fail_call("xc_cpuid_apply_policy", 1, EINVAL);
	open_scene(&s, &cfg);
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg,
			    "cannot set the domain's cpuid policy (cpuid): Invalid argument");
	close_scene(&s);
	/* PAE is an hvm guest's to lack. */
	cfg = plain(GUEST_PVH);
	cfg.domain.pae = BOOL_OFF;
	d = start(&s, &cfg);
	assert_false(d->no_pae);
	assert_string_equal(d->cpuid, "");
	close_scene(&s);
	cpuid_spec_free(&spec);
}

/* A parameter of the domain that is there, or, from Xen 4.19 on, made with it. */
static void is_altp2m(const struct fake_domain *d, unsigned mode)
{
	assert_int_equal(d->altp2m, mode);
	assert_int_equal(d->hvm_param_set[HVM_PARAM_ALTP2M], XEN_LIBS_MINOR < 19);
#if XEN_LIBS_MINOR >= 21
	assert_int_equal(d->altp2m_views, 10);
#endif
}

/* Keys that mean something from Xen 4.19 or 4.21 on. */
static void test_newer(void **state)
{
	struct guest_config cfg = plain(GUEST_HVM);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.domain = (struct domain_options){
		.pirq = BOOL_ON, .altp2m = ALTP2M_MIXED, .altp2m_count = {true, 3}};
	d = start(&s, &cfg);
	assert_int_equal(d->config.arch.emulation_flags, 0x3ff);
#if XEN_LIBS_MINOR >= 21
	assert_int_equal(d->altp2m_views, 3);
#endif
	close_scene(&s);
#if XEN_LIBS_MINOR >= 19
	/* Without them as with nothing said. */
	cfg.domain = (struct domain_options){.pirq = BOOL_OFF};
	d = start(&s, &cfg);
	assert_int_equal(d->config.arch.emulation_flags, 0x1ff);
	assert_int_equal(d->altp2m_views, 0);
	close_scene(&s);

	/* It is the creation that fails where altp2m can't be. */
	cfg = plain(GUEST_HVM);
	cfg.domain.altp2m = ALTP2M_MIXED;
	fake_host()->physcaps &= ~XEN_SYSCTL_PHYSCAP_hap;
	refuses(&cfg, "cannot create a domain with altp2m = 1: Invalid argument", false);
#endif
}

static void test_params(void **state)
{
	struct viridian_spec groups = {.defaults = true};
	struct guest_config cfg = plain(GUEST_HVM);
	struct fake_domain *d;
	struct scene s;
	struct err e;

	(void)state;
	assert_int_equal(viridian_group("!freq", &groups, &e), 0);
	assert_int_equal(viridian_group("synic", &groups, &e), 0);
	cfg.domain = (struct domain_options){
		.viridian = &groups, .lmce = true, .altp2m = ALTP2M_EXTERNAL};
	d = start(&s, &cfg);
	assert_true(d->hvm_param[HVM_PARAM_VIRIDIAN] ==
		    (HVMPV_base_freq | HVMPV_no_freq | HVMPV_time_ref_count | HVMPV_apic_assist |
		     HVMPV_crash_ctl | HVMPV_synic | HVMPV_no_vp_limit | HVMPV_cpu_hotplug));
	assert_true(d->hvm_param[HVM_PARAM_MCA_CAP] == XEN_HVM_MCA_CAP_LMCE);
	is_altp2m(d, XEN_ALTP2M_external);
	close_scene(&s);

	/* The older key counts while the other says nothing; and neither does in a pvh guest. */
	cfg.domain = (struct domain_options){.altp2mhvm = BOOL_ON};
	cfg.viridian = true;
	d = start(&s, &cfg);
	is_altp2m(d, XEN_ALTP2M_mixed);
	assert_false(d->hvm_param_set[HVM_PARAM_MCA_CAP]);
	assert_true(d->hvm_param[HVM_PARAM_VIRIDIAN] ==
		    (HVMPV_base_freq | HVMPV_time_ref_count | HVMPV_apic_assist | HVMPV_crash_ctl |
		     HVMPV_no_vp_limit | HVMPV_cpu_hotplug));
	close_scene(&s);
	cfg = plain(GUEST_PVH);
	cfg.domain = (struct domain_options){.altp2m = ALTP2M_LIMITED};
	d = start(&s, &cfg);
	is_altp2m(d, XEN_ALTP2M_limited);
	assert_false(d->hvm_param_set[HVM_PARAM_HPET_ENABLED]);
	close_scene(&s);
}

static void test_affinity(void **state)
{
	static char *soft[] = {"1", "2-3"}, *one[] = {"0-1"}, *hard[] = {"0-2"};
	struct guest_config cfg = plain(GUEST_PV);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.maxvcpus = 3;
	cfg.domain.cpus_soft = (struct strings){soft, 2};
	cfg.domain.cpus_soft_per_vcpu = true;
	cfg.cpus = (struct strings){hard, 1};
	d = start(&s, &cfg);
	assert_true(d->soft[0] == 2 && d->soft[1] == 0xc && d->soft[2] == ~UINT64_C(0));
	assert_true(d->affinity[0] == 7 && d->affinity[1] == 7 && d->affinity[2] == 7);
	close_scene(&s);
	cfg.cpus.n = 0;
	cfg.domain.cpus_soft = (struct strings){one, 1};
	cfg.domain.cpus_soft_per_vcpu = false;
	d = start(&s, &cfg);
	assert_true(d->soft[0] == 3 && d->soft[2] == 3);
	assert_true(d->affinity[0] == ~UINT64_C(0));
	close_scene(&s);
	one[0] = (char *)(uintptr_t) "7";
	refuses(&cfg, "cpus_soft: cpu 7: the host has cpus 0 to 3", false);
	one[0] = (char *)(uintptr_t) "0-1";
}

static void add_pools(void)
{
	fake_host()->pools[0] = (struct fake_pool){0, XEN_SCHEDULER_CREDIT2, 3};
	fake_host()->pools[1] = (struct fake_pool){3, XEN_SCHEDULER_RTDS, 0xc};
	fake_host()->nr_pools = 2;
}

static void test_pool(void **state)
{
	static char *cpus[] = {"0"};
	struct guest_config cfg = plain(GUEST_PV);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	add_pools();
	cfg.domain.pool = (char *)(uintptr_t) "3";
	cfg.domain.period = (struct given_number){true, 20000};
	d = start(&s, &cfg);
	assert_int_equal(d->config.cpupool_id, 3);
	assert_int_equal(d->period, 20000);
	assert_string_equal(s.guest.note, "");
	close_scene(&s);
	cfg.domain.period.n = 3000;
	refuses(&cfg, "period = 3000 is less than the scheduler's budget, 4000 us", false);
	cfg.domain.pool = (char *)(uintptr_t) "Pool-0";
	d = start(&s, &cfg);
	assert_int_equal(d->config.cpupool_id, 0);
	assert_int_equal(d->period, 10000);
	assert_string_equal(s.guest.note,
			    "period has no effect: the hypervisor's scheduler is not rtds");
	close_scene(&s);
	cfg.domain.period.given = false;
	cfg.domain.pool = (char *)(uintptr_t) "2";
	refuses(&cfg, "pool: the host has no cpu pool 2", true);
	cfg.domain.pool = (char *)(uintptr_t) "4";
	refuses(&cfg, "pool: the host has no cpu pool 4", true);
	cfg.domain.pool = (char *)(uintptr_t) "99999999999999999999";
	refuses(&cfg, "pool: '99999999999999999999' is no number of a cpu pool", false);
	cfg.domain.pool = (char *)(uintptr_t) "fast";
	refuses(&cfg,
		"pool: 'fast' can't be found without a store, which has the names of cpu pools; "
		"its "
		"number can",
		true);
	/* Cpus of another pool. */
	cfg.domain.pool = (char *)(uintptr_t) "3";
	cfg.cpus = (struct strings){cpus, 1};
	refuses(&cfg, "cannot pin vcpu 0 (cpus): Invalid argument", false);
}

static void test_pool_names(void **state)
{
	struct guest_config cfg = plain(GUEST_PV);
	struct xs_handle *xsh;
	char want[128];
	struct scene s;

	(void)state;
	add_pools();
	fake_store()->running = true;
	xsh = xs_open(0);
	assert_non_null(xsh);
	fake_store_write("/local/pool/0/name", "Pool-0");
	fake_store_write("/local/pool/3/name", "fast");
	cfg.domain.pool = (char *)(uintptr_t) "fast";
	open_scene(&s, &cfg);
	s.host.xsh = xsh;
	KIT_CHECK(!guest_build(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	assert_int_equal(fake_domain(s.guest.domid)->config.cpupool_id, 3);
	assert_int_equal(guest_destroy(&s.guest, &s.host, &s.err), 0);
	cfg.domain.pool = (char *)(uintptr_t) "slow";
	assert_int_equal(guest_build(&s.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg, "pool: the host has no cpu pool 'slow'");
	assert_true(s.err.passing);
	fake_fail_call("xc_cpupool_getinfo", 2, EIO);
	assert_int_equal(guest_build(&s.guest, &s.host, &s.err), -1);
	snprintf(want, sizeof(want), "cannot ask for the cpu pools (pool): %s", strerror(EIO));
	assert_string_equal(s.err.msg, want);
	s.host.xsh = NULL;
	xs_close(xsh);
	close_scene(&s);
}

static void test_labels(void **state)
{
	struct guest_config cfg = plain(GUEST_PV);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.domain.label = (char *)(uintptr_t) "system_u:system_r:domU_t";
	d = start(&s, &cfg);
	assert_int_equal(d->label, 12);
	assert_string_equal(s.guest.note, "seclabel has no effect: this hypervisor has no FLASK");
	close_scene(&s);
	fake_host()->flask = true;
	d = start(&s, &cfg);
	assert_int_equal(d->config.ssidref, 104);
	assert_int_equal(d->label, 104);
	assert_string_equal(s.guest.note, "");
	assert_int_equal(fake_calls_of("xc_flask_relabel_domain"), 0);
	close_scene(&s);

	/* Made with one, and run with the other. */
	cfg.domain.init_label = (char *)(uintptr_t) "system_u:system_r:nomigrate_t";
	d = start(&s, &cfg);
	assert_int_equal(d->config.ssidref, 109);
	assert_int_equal(d->label, 104);
	close_scene(&s);
	cfg.domain.label = NULL;
	d = start(&s, &cfg);
	assert_int_equal(d->label, 109);
	close_scene(&s);
	cfg.domain.label = (char *)(uintptr_t) "system_u:system_r:domU_t";
	fake_host()->flask = false;
	d = start(&s, &cfg);
	assert_int_equal(d->label, 12);
	assert_string_equal(s.guest.note,
			    "init_seclabel has no effect: this hypervisor has no FLASK");
	close_scene(&s);
	fake_host()->flask = true;
	cfg.domain.init_label = (char *)(uintptr_t) "foo";
	refuses(&cfg, "cannot use the label 'foo' (init_seclabel): Invalid argument", false);
	cfg.domain.init_label = NULL;
	cfg.domain.label = (char *)(uintptr_t) "foo";
	refuses(&cfg, "cannot use the label 'foo' (seclabel): Invalid argument", false);
}

static void test_machine(void **state)
{
	struct ioport_range ports[] = {{0x2f8, 8}, {0x3f8, 1}};
	struct iomem_range mem[] = {{0xfed40, 5, 0xa0000, true}};
	uint32_t irqs[] = {3, 4};
	struct guest_config cfg = plain(GUEST_PVH);
	const struct fake_given want[] = {
		{'p', 0x2f8, 8, 0}, {'p', 0x3f8, 1, 0},   {'i', 3, 1, 0},
		{'i', 4, 1, 0},     {'m', 0xfed40, 5, 0}, {'M', 0xfed40, 5, 0xa0000},
	};
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.domain.ioports = (struct ioports){ports, 2};
	cfg.domain.irqs = (struct irqs){irqs, 2};
	cfg.domain.iomem = (struct iomem){mem, 1};
	d = start(&s, &cfg);
	assert_int_equal(d->nr_given, 6);
	for (unsigned i = 0; i < 6; i++) {
		assert_int_equal(d->given[i].what, want[i].what);
		assert_true(d->given[i].first == want[i].first &&
			    d->given[i].number == want[i].number && d->given[i].gfn == want[i].gfn);
	}
	close_scene(&s);
}

static void test_e820(void **state)
{
	struct guest_config cfg = plain(GUEST_PV);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	fake_host()->e820[0] = (struct e820entry){0, 1 << 20, E820_RAM};
	fake_host()->e820[1] = (struct e820entry){32 << 20, 1 << 20, E820_RESERVED};
	fake_host()->nr_e820 = 2;
	cfg.maxmem_kib = 80 * 1024;
	cfg.domain.e820_host = BOOL_ON;
	d = start(&s, &cfg);
	assert_int_equal(d->nr_e820, 3);
	assert_true(d->e820[0].size == 32 << 20 && d->e820[0].type == E820_RAM);
	assert_true(d->e820[1].addr == 32 << 20 && d->e820[1].type == E820_RESERVED);
	assert_true(d->e820[2].addr == UINT64_C(1) << 32 && d->e820[2].size == (32 + 16) << 20);
	close_scene(&s);
	cfg.domain.e820_host = BOOL_OFF;
	d = start(&s, &cfg);
	assert_int_equal(d->nr_e820, 0);
	close_scene(&s);
}

/* Two nodes, and the guest on one of them. */
static void test_placement(void **state)
{
	static char *hard[] = {"nodes:0"}, *list[] = {"0-3", "0-3"}, *far[] = {"2"};
	struct guest_config cfg = plain(GUEST_PV);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	fake_host()->nodes = 2;
	/* The second one has more memory. */
	d = start(&s, &cfg);
	assert_true(d->soft[0] == 0xc && d->soft[1] == 0xc);
	assert_true(d->affinity[0] == ~UINT64_C(0));
	assert_true(d->nodes == 2);
	close_scene(&s);
	/* Only where it may run. */
	cfg.cpus = (struct strings){hard, 1};
	d = start(&s, &cfg);
	assert_true(d->soft[0] == 3 && d->affinity[0] == 3 && d->nodes == 1);
	close_scene(&s);
	/* A guest of which something is said for each vcpu is left alone. */
	cfg.cpus = (struct strings){list, 2};
	cfg.cpus_per_vcpu = true;
	d = start(&s, &cfg);
	assert_true(d->soft[0] == ~UINT64_C(0) && d->nodes == ~UINT64_C(0));
	close_scene(&s);
	cfg.cpus_per_vcpu = false;
	cfg.cpus.n = 0;
	cfg.domain.cpus_soft = (struct strings){list, 1};
	d = start(&s, &cfg);
	assert_true(d->soft[0] == 0xf && d->nodes == ~UINT64_C(0));
	close_scene(&s);
	/* Nor one that is too large for what is free. */
	cfg.domain.cpus_soft.n = 0;
	fake_host()->node_kib[0] = fake_host()->node_kib[1] = 16 * 1024;
	d = start(&s, &cfg);
	assert_true(d->soft[0] == ~UINT64_C(0) && d->nodes == ~UINT64_C(0));
	close_scene(&s);
	cfg.cpus = (struct strings){far, 1};
	cfg.domain.pool = (char *)(uintptr_t) "0";
	add_pools();
	refuses(&cfg, "cpus: none of them is in the guest's cpu pool, 0", false);
}

/* Those that run already are looked at. */
static void test_placement_busy(void **state)
{
	static char *hard[] = {"2-3"};
	struct guest_config first = plain(GUEST_PV), second = kit_config("second", GUEST_PV);
	struct fake_domain *d;
	struct scene s, t;

	(void)state;
	fake_host()->nodes = 2;
	first.cpus = (struct strings){hard, 1};
	start(&s, &first);
	d = start(&t, &second);
	assert_true(d->soft[0] == 3 && d->nodes == 1);
	assert_int_equal(guest_destroy(&s.guest, &s.host, &s.err), 0);
	guest_drop_images(&s.guest, &s.images);
	host_close(&s.host);
	close_scene(&t);
}

/* A guest that wants all of it. */
static struct guest_config rich(enum guest_type type)
{
	static struct cpuid_leaf leaf = {1, CPUID_NO_SUBLEAF, {"", "", "", ""}};
	static struct cpuid_spec cpuid = {.leaves = &leaf, .nr_leaves = 1};
	static struct ioport_range ports[] = {{0x2f8, 8}};
	static struct iomem_range mem[] = {{0xfed40, 5, 0xa0000, true}};
	static uint32_t irqs[] = {3};
	struct guest_config cfg = plain(type);

	fake_host()->nodes = 2;
	fake_host()->flask = true;
	add_pools();
	fake_host()->pools[1].cpus = 0xf;
	fake_host()->e820[0] = (struct e820entry){0, 64 << 20, E820_RAM};
	fake_host()->nr_e820 = 1;
	cfg.domain = (struct domain_options){
		.rtc_timeoffset = {true, 60},
		.pool = (char *)(uintptr_t) "3",
		.period = {true, 5000},
		.cpuid = &cpuid,
		.label = (char *)(uintptr_t) "system_u:system_r:a_t",
		.init_label = (char *)(uintptr_t) "system_u:system_r:b_t",
		.ioports = {ports, 1},
		.irqs = {irqs, 1},
		.iomem = {mem, 1},
		.e820_host = BOOL_ON,
	};
	return cfg;
}

/* Without what these say the guest is only placed worse: a domain may have ended meanwhile. */
static bool may_fail(const char *call)
{
	return !strcmp(call, "xc_domain_node_getaffinity") || !strcmp(call, "xc_vcpu_getaffinity");
}

/* Every call of a start fails once. */
static void test_nth_call(void **state)
{
	static const enum guest_type types[] = {GUEST_PV, GUEST_PVH, GUEST_HVM};
	struct scene s;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct guest_config cfg;
		unsigned n = 1;
		int rc;

		do {
			cfg = rich(types[i]);
			open_scene(&s, &cfg);
			fake_fail_at(n, EIO);
			rc = kit_start(&s.guest, &s.host, &s.err);
			if (!rc && fake_failed()) {
				KIT_CHECK(may_fail(fake_failed()), "%s failed, and nobody minds",
					  fake_failed());
				rc = -1;
				n++;
			} else if (rc) {
				kit_good_message(&s.err);
				KIT_CHECK(!strncmp(s.err.msg, "cannot ", 7) ||
						  !strncmp(s.err.msg, "out of memory", 13),
					  "%s: '%s' says not what failed", fake_failed(),
					  s.err.msg);
				assert_int_equal(fake_domains(), 0);
				n++;
			}
			close_scene(&s);
		} while (rc && n < 200);
		assert_in_range(n, 30, 120);
	}
}

static void test_nth_alloc(void **state)
{
	struct scene s;
	unsigned n = 0;
	int rc;

	(void)state;
	do {
		struct guest_config cfg = rich(GUEST_PV);

		open_scene(&s, &cfg);
		fake_alloc_fail_at(++n);
		rc = kit_start(&s.guest, &s.host, &s.err);
		fake_alloc_fail_at(0);
		if (rc) {
			KIT_CHECK(strstr(s.err.msg, "out of memory"), "allocation %u: %s", n,
				  s.err.msg);
			assert_int_equal(fake_domains(), 0);
		}
		close_scene(&s);
	} while (rc);
	assert_in_range(n, 12, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_create),         cmocka_unit_test(test_paging),
		cmocka_unit_test(test_hap_given),      cmocka_unit_test(test_iommu),
		cmocka_unit_test(test_abilities),      cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_localtime),      cmocka_unit_test(test_cpuid),
		cmocka_unit_test(test_params),         cmocka_unit_test(test_affinity),
		cmocka_unit_test(test_pool),           cmocka_unit_test(test_pool_names),
		cmocka_unit_test(test_labels),         cmocka_unit_test(test_machine),
		cmocka_unit_test(test_e820),           cmocka_unit_test(test_placement),
		cmocka_unit_test(test_placement_busy), cmocka_unit_test(test_nth_call),
		cmocka_unit_test(test_nth_alloc),      cmocka_unit_test(test_newer),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
