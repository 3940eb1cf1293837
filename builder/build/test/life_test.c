/*
 * The life of a guest up to its start: that the domain becomes what the descriptor says, and that
 * nothing is left of it wherever the way there fails.
 */
#include "builder/fake/kit.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen-version.h>

#include "base/sha256.h"
#include "builder/build/create.h"
#include "builder/build/holdings.h"
#include "builder/image/image_files.h"
#include "builder/build/life.h"
#include "builder/host/free_memory.h"

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	kit_firmware();
	return 0;
}

/* One guest with its host, as a test has it. */
struct scene {
	struct host host;
	struct image_cache images;
	struct guest guest;
	struct err err;
};

static void open_scene(struct scene *s, const struct guest_config *cfg)
{
	memset(s, 0, sizeof(*s));
	fake_reset();
	KIT_CHECK(!host_open(&s->host, false, &s->err), "%s", s->err.msg);
	assert_int_equal(guest_init(&s->guest, cfg, &s->err), 0);
	KIT_CHECK(!guest_hold_images(&s->guest, &s->images, &s->err), "%s", s->err.msg);
}

static void close_scene(struct scene *s)
{
	fake_fail_at(0, 0);
	assert_int_equal(guest_destroy(&s->guest, &s->host, &s->err), 0);
	guest_drop_images(&s->guest, &s->images);
	assert_null(s->images.files);
	host_close(&s->host);
	kit_nothing_held(true);
}

/* Starts a guest that must start, and gives its domain. */
static struct fake_domain *start(struct scene *s, const struct guest_config *cfg)
{
	struct fake_domain *d;

	open_scene(s, cfg);
	KIT_CHECK(!kit_start(&s->guest, &s->host, &s->err), "%s", s->err.msg);
	d = fake_domain(s->guest.domid);
	assert_non_null(d);
	assert_true(d->there && d->running && d->loaded);
	return d;
}

/* A guest that must not start, for that reason, and leaves nothing. */
static void refuses(const struct guest_config *cfg, const char *msg)
{
	const uint64_t before = fake_host()->free_kib;
	struct scene s;

	memset(&s, 0, sizeof(s));
	KIT_CHECK(!host_open(&s.host, false, &s.err), "%s", s.err.msg);
	assert_int_equal(guest_init(&s.guest, cfg, &s.err), 0);
	if (!guest_hold_images(&s.guest, &s.images, &s.err))
		assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg, msg);
	assert_int_equal(s.guest.domid, NO_DOMAIN);
	assert_int_equal(fake_domains(), 0);
	assert_true(fake_host()->free_kib == before);
	close_scene(&s);
}

static struct guest_config rich(enum guest_type type)
{
	static char *cpus[] = {"0-1", "^0,2-3", "nodes:1"};
	struct guest_config cfg = kit_config("rich", type);

	cfg.memory_kib = 96 * 1024;
	cfg.maxmem_kib = 160 * 1024;
	cfg.vcpus = 2;
	cfg.maxvcpus = 4;
	cfg.ramdisk = (char *)(uintptr_t)kit_path("ramdisk");
	cfg.ip = "dhcp";
	cfg.root = "/dev/xvda1 ro";
	cfg.extra = "console=hvc0";
	cfg.cpus = (struct strings){cpus, 3};
	cfg.cpus_per_vcpu = true;
	cfg.cpu_weight = 700;
	cfg.has_cap = true;
	cfg.cap = 150;
	return cfg;
}

static void test_pv(void **state)
{
	struct guest_config cfg = rich(GUEST_PV);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	d = start(&s, &cfg);
	assert_memory_equal(d->config.handle, "rich\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	assert_int_equal(d->config.flags, 0);
	assert_int_equal(d->config.max_vcpus, 4);
	assert_int_equal(d->vcpus, 4);
	assert_int_equal(d->image_vcpus, 4);
	assert_true(d->memory_kib == 96 * 1024);
	assert_true(d->maxmem_kib == 97 * 1024);
	assert_true(d->memmap_limit_kib == 160 * 1024);
	assert_true(d->pool_bytes == 0);
	assert_true(d->affinity[0] == 3);
	assert_true(d->affinity[1] == 0xc);
	assert_true(d->affinity[2] == 0xc);
	assert_true(d->affinity[3] == ~UINT64_C(0)); /* the list has three entries */
	assert_int_equal(d->weight, 700);
	assert_int_equal(d->cap, 150);
	assert_string_equal(d->cmdline, "ip=dhcp root=/dev/xvda1 ro console=hvc0");
	assert_int_equal(d->ramdisk_size, KIT_RAMDISK);
	assert_int_equal(d->console_evtchn, 1);
	assert_true(d->port[1] && !d->port[2]);
	assert_int_equal(d->store_evtchn, 0); /* with one, a pv Linux waits for the store */
	assert_int_equal(s.guest.store_port, 0);
	assert_int_equal(s.guest.console_port, 1);
	assert_true(s.guest.console_gfn == d->console_gfn && d->console_gfn > 0x10000000);
	for (unsigned i = 0; i < HVM_NR_PARAMS; i++)
		assert_false(d->hvm_param_set[i]);
	assert_int_equal(d->nr_e820, 0);
	close_scene(&s);
	assert_false(d->there);
	assert_true(fake_host()->free_kib == UINT64_C(4) << 20);
}

static void test_pvh(void **state)
{
	struct guest_config cfg = rich(GUEST_PVH);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	d = start(&s, &cfg);
	assert_int_equal(d->config.flags, XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap);
	assert_int_equal(d->config.arch.emulation_flags, XEN_X86_EMU_LAPIC);
	assert_int_equal(d->vcpus, 4);
	assert_true(d->memory_kib == 96 * 1024);
	assert_true(d->maxmem_kib == 97 * 1024);
	/* 1 MiB a vcpu and 4 KiB a MiB of maxmem, as xl's */
	assert_true(d->pool_bytes == (4 * 1024 + 160 * 4) * 1024);
	assert_true(d->affinity[0] == 3 && d->affinity[1] == 0xc);
	assert_int_equal(d->weight, 700);
	assert_int_equal(d->cap, 150);
	assert_string_equal(d->cmdline, "ip=dhcp root=/dev/xvda1 ro console=hvc0");
	assert_int_equal(d->store_evtchn, 1);
	assert_int_equal(d->console_evtchn, 2);
	assert_int_equal(s.guest.store_port, 1);
	assert_int_equal(s.guest.console_port, 2);
	/* For Linux to wait for a store that comes later; console and channels as built. */
	assert_true(d->hvm_param[HVM_PARAM_STORE_PFN] == ~UINT64_C(0));
	assert_true(d->hvm_param[HVM_PARAM_CONSOLE_PFN] == 0xfeff8);
	assert_true(d->hvm_param[HVM_PARAM_CONSOLE_EVTCHN] == 2);
	assert_true(d->hvm_param[HVM_PARAM_STORE_EVTCHN] == 1);
	assert_true(d->hvm_param[HVM_PARAM_TIMER_MODE] == HVMPTM_no_delay_for_missed_ticks);
	assert_true(s.guest.console_gfn == 0xfeff8);
	assert_true(d->nr_e820 >= 5);
	assert_true(d->acpi_pages >= 3);
	close_scene(&s);
	assert_true(fake_host()->free_kib == UINT64_C(4) << 20);
}

static struct guest_config hvm(bool classic)
{
	struct guest_config cfg = rich(GUEST_PVH);

	kit_hvm(&cfg, classic);
	if (!classic)
		cfg.ramdisk = cfg.ip = cfg.root = cfg.extra = NULL;
	return cfg;
}

/* Everything that Xen emulates but a PCI bridge, as xl has it; from Xen 4.19 on without PIRQs. */
#if XEN_LIBS_MINOR >= 19
#define HVM_EMULATION 0x1ffu
#else
#define HVM_EMULATION 0x3ffu
#endif

static void test_hvm_classic(void **state)
{
	struct guest_config cfg = hvm(true);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.extra = (char *)(uintptr_t) "console=ttyS0 VNC_VIEWER=1";
	d = start(&s, &cfg);
	assert_int_equal(d->config.flags, XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap);
	assert_int_equal(d->config.arch.emulation_flags, HVM_EMULATION);
	assert_true(d->memory_kib == 96 * 1024);
	assert_true(d->maxmem_kib == 97 * 1024);
	assert_true(d->pool_bytes == (4 * 1024 + 160 * 4) * 1024);
	assert_string_equal(d->cmdline, "ip=dhcp root=/dev/xvda1 ro console=ttyS0");
	assert_int_equal(d->ramdisk_size, KIT_RAMDISK);
	assert_true(d->hvm_param[HVM_PARAM_STORE_PFN] == ~UINT64_C(0));
	assert_true(d->hvm_param[HVM_PARAM_CONSOLE_EVTCHN] == 2);
	assert_true(d->nr_e820 >= 5);
	assert_true(d->acpi_pages >= 3);
	assert_false(d->device_model);
	close_scene(&s);
	assert_true(fake_host()->free_kib == UINT64_C(4) << 20);

	cfg.acpi = false;
	d = start(&s, &cfg);
	assert_int_equal(d->acpi_pages, 0);
	close_scene(&s);
}

static void test_hvm_firmware(void **state)
{
	static char kernel[256];
	struct guest_config cfg = hvm(false);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.videoram_kib = 16 * 1024;
	d = start(&s, &cfg);
	assert_int_equal(d->config.flags, XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap);
	assert_int_equal(d->config.arch.emulation_flags, HVM_EMULATION);
	assert_true(d->memory_kib == 80 * 1024); /* without the card's */
	assert_true(d->maxmem_kib == 97 * 1024);
	assert_true(d->pool_bytes == (4 * 1024 + 160 * 4) * 1024);
	assert_string_equal(d->cmdline, "none");
	assert_int_equal(d->bios_size, KIT_BIOS);
	assert_int_equal(d->acpi_pages, 0);
	assert_null(s.guest.kernel);
	close_scene(&s);

	/* Its own kernel and ramdisk are the device model's to load. */
	snprintf(kernel, sizeof(kernel), "%s", kit_path("kernel-pvh"));
	cfg.kernel = kernel;
	cfg.ramdisk = (char *)(uintptr_t)kit_path("ramdisk");
	cfg.extra = (char *)(uintptr_t) "quiet";
	d = start(&s, &cfg);
	assert_int_equal(d->ramdisk_size, 0);
	assert_string_equal(d->cmdline, "none"); /* it is not hvmloader's */
	assert_non_null(s.guest.kernel);
	assert_int_equal(s.guest.kernel->kernel_users, 0);
	assert_false(s.guest.kernel->kernel_open);
	close_scene(&s);
	snprintf(kernel, sizeof(kernel), "%s", kit_path("kernel-bare"));
	fake_reset();
	{
		char msg[512];

		snprintf(msg, sizeof(msg),
			 "kernel %s has neither a PVH entry, at which QEMU starts an ELF file, nor "
			 "a Multiboot header",
			 kernel);
		refuses(&cfg, msg);
	}
}

static void test_hvm_paging(void **state)
{
	struct guest_config cfg = hvm(true);
	const uint32_t all = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_hvm;
	struct fake_domain *d;
	struct scene s;

	(void)state;
	/* hap = 0, and a host that has none: shadows, and twice as many pages for memory. */
	for (unsigned i = 0; i < 2; i++) {
		open_scene(&s, &cfg);
		cfg.hap = i;
		s.host.physcaps = fake_host()->physcaps =
			all | XEN_SYSCTL_PHYSCAP_shadow | (i ? 0 : XEN_SYSCTL_PHYSCAP_hap);
		KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
		d = fake_domain(s.guest.domid);
		assert_int_equal(d->config.flags, XEN_DOMCTL_CDF_hvm);
		assert_true(d->pool_bytes == (4 * 1024 + 160 * 8) * 1024);
		close_scene(&s);
	}
	fake_reset();
	fake_host()->physcaps = all | XEN_SYSCTL_PHYSCAP_hap;
	cfg.hap = false;
	refuses(&cfg, "hap = 0 needs shadow paging, which this hypervisor does not have");
	cfg.hap = true;
	fake_host()->physcaps = all;
	refuses(&cfg, "a hvm guest needs nested paging (HAP) or shadow paging, and this host has "
		      "neither");
	fake_host()->physcaps = XEN_SYSCTL_PHYSCAP_pv;
	refuses(&cfg, "a hvm guest needs hardware virtualisation, which this host lacks or has "
		      "turned off");
}

static void test_hvm_need(void **state)
{
	struct guest_config cfg = hvm(false);
	struct host h = {.physcaps = XEN_SYSCTL_PHYSCAP_hap};

	(void)state;
	cfg.memory_kib = cfg.maxmem_kib = 192 * 1024;
	cfg.vcpus = cfg.maxvcpus = 2;
	/* Measured with xl: 199536 KiB, of which 2816 are the pool and 196544 the domain's pages.
	 */
	assert_true(create_need_kib(&cfg, &h) == 196608 + 1024 + 2816 + 128 + 2 * 32);
	assert_true(create_need_kib(&cfg, &h) >= 199536);
	cfg.hap = false;
	assert_true(create_need_kib(&cfg, &h) == 196608 + 1024 + 3584 + 128 + 2 * 32);
}

/* Each of its files is named when it is missing, and the others are given back. */
static void test_hvm_missing(void **state)
{
	struct guest_config cfg = hvm(false);
	char missing[256], msg[512];

	(void)state;
	fake_reset();
	assert_int_equal(rename("root/usr/lib/xen", "root/usr/lib/not"), 0);
	refuses(&cfg, "cannot read firmware root/usr/lib/xen-" XEN_LIBS_VERSION
		      "/boot/hvmloader: No such file or "
		      "directory");
	assert_int_equal(rename("root/usr/lib/not", "root/usr/lib/xen"), 0);
	assert_int_equal(rename("root/usr/share/seabios", "root/usr/share/not"), 0);
	refuses(&cfg, "cannot read BIOS root/usr/share/seabios/bios-256k.bin: No such file or "
		      "directory");
	assert_int_equal(rename("root/usr/share/not", "root/usr/share/seabios"), 0);
	cfg.bios = BIOS_OVMF;
	refuses(&cfg, "cannot read BIOS root/usr/share/ovmf/OVMF.fd: No such file or directory");
	cfg.bios = BIOS_SEABIOS;
	snprintf(missing, sizeof(missing), "%s", kit_path("missing"));
	cfg.memmap = missing;
	snprintf(msg, sizeof(msg), "cannot read memmap %s: No such file or directory", missing);
	refuses(&cfg, msg);
	cfg.memmap = NULL;
	cfg.firmware_override = missing;
	snprintf(msg, sizeof(msg), "cannot read firmware %s: No such file or directory", missing);
	refuses(&cfg, msg);
	cfg = hvm(true);
	cfg.memmap = missing;
	snprintf(msg, sizeof(msg), "cannot read memmap %s: No such file or directory", missing);
	refuses(&cfg, msg);
}

/* All of them, in their order. */
static void expect_phases(const struct phases *p)
{
	assert_true(p->at[0]);
	for (unsigned i = 1; i < PHASES; i++)
		assert_true(p->at[i] >= p->at[i - 1]);
	assert_true(p->end >= p->at[PHASES - 1]);
}

/* Between its build and its start a guest does nothing, however long that is. */
static void test_paused(void **state)
{
	static const enum guest_type types[] = {GUEST_PV, GUEST_PVH};
	struct guest_config cfg;
	struct fake_domain *d;
	struct scene s;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		cfg = rich(types[i]);
		open_scene(&s, &cfg);
		KIT_CHECK(!guest_build(&s.guest, &s.host, &s.err), "%s", s.err.msg);
		d = fake_domain(s.guest.domid);
		assert_true(d->there && d->loaded && !d->running);
		assert_int_equal(fake_calls_of("xc_domain_unpause"), 0);
		assert_true(s.guest.began && !s.guest.build_ns);
		KIT_CHECK(!guest_run(&s.guest, &s.host, false, &s.err), "%s", s.err.msg);
		assert_true(d->running);
		assert_true(s.guest.build_ns);
		expect_phases(&s.guest.phases);
		close_scene(&s);

		/* Left paused, it is where it only has to be let run. */
		open_scene(&s, &cfg);
		KIT_CHECK(!guest_build(&s.guest, &s.host, &s.err), "%s", s.err.msg);
		KIT_CHECK(!guest_run(&s.guest, &s.host, true, &s.err), "%s", s.err.msg);
		assert_false(fake_domain(s.guest.domid)->running);
		assert_true(s.guest.phases.end);
		close_scene(&s);

		/* It can't be let run: that is said, and what becomes of it is the caller's. */
		open_scene(&s, &cfg);
		KIT_CHECK(!guest_build(&s.guest, &s.host, &s.err), "%s", s.err.msg);
		fake_fail_call("xc_domain_unpause", 1, EPERM);
		assert_int_equal(guest_run(&s.guest, &s.host, false, &s.err), -1);
		assert_string_equal(s.err.msg,
				    "cannot unpause the domain: Operation not permitted");
		assert_int_equal(s.guest.domid, 1);
		assert_true(fake_domain(1)->there && !fake_domain(1)->running);
		close_scene(&s);
	}
}

static void test_defaults(void **state)
{
	struct guest_config cfg = kit_config("plain", GUEST_PVH);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.has_uuid = false;
	d = start(&s, &cfg);
	assert_string_equal(d->cmdline, "");
	assert_int_equal(d->ramdisk_size, 0);
	assert_int_equal(d->weight, 256);
	assert_int_equal(d->cap, 0);
	assert_true(d->affinity[0] == ~UINT64_C(0));
	/* No question to the scheduler or about cpus that nobody asked for. */
	assert_int_equal(fake_calls_of("xc_sched_id"), 0);
	assert_int_equal(fake_calls_of("xc_cputopoinfo"), 0);
	/* A random uuid of version 4. */
	assert_int_equal(d->config.handle[6] >> 4, 4);
	assert_int_equal(d->config.handle[8] >> 6, 2);
	close_scene(&s);
}

static void test_one_cpu_list(void **state)
{
	static char *cpus[] = {"1-2"};
	struct guest_config cfg = kit_config("pinned", GUEST_PV);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.vcpus = cfg.maxvcpus = 3;
	cfg.cpus = (struct strings){cpus, 1};
	d = start(&s, &cfg);
	assert_true(d->affinity[0] == 6 && d->affinity[1] == 6 && d->affinity[2] == 6);
	close_scene(&s);
}

static void test_schedulers(void **state)
{
	struct guest_config cfg = rich(GUEST_PV);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	open_scene(&s, &cfg);
	fake_host()->scheduler = XEN_SCHEDULER_CREDIT;
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), 0);
	d = fake_domain(s.guest.domid);
	assert_int_equal(d->weight, 700);
	assert_int_equal(d->cap, 150);
	close_scene(&s);

	/* What is not given stays as the scheduler has it; a cap of 0 is one that is given. */
	cfg.has_cap = false;
	d = start(&s, &cfg);
	assert_int_equal(d->weight, 700);
	assert_int_equal(d->cap, 0);
	close_scene(&s);
	cfg.cpu_weight = 0;
	cfg.has_cap = true;
	d = start(&s, &cfg);
	assert_int_equal(d->weight, 256);
	assert_int_equal(d->cap, 150);
	close_scene(&s);

	fake_reset();
	fake_host()->scheduler = XEN_SCHEDULER_RTDS;
	refuses(&cfg, "cpu_weight and cap need the credit or credit2 scheduler, the hypervisor "
		      "runs another one (number 8)");
}

static void test_restart(void **state)
{
	struct guest_config cfg = kit_config("again", GUEST_PVH);
	struct scene s;
	uint32_t first;

	(void)state;
	cfg.has_uuid = false;
	start(&s, &cfg);
	first = s.guest.domid;
	assert_int_equal(guest_destroy(&s.guest, &s.host, &s.err), 0);
	assert_int_equal(s.guest.domid, NO_DOMAIN);
	assert_int_equal(unlink(kit_path("kernel")), 0); /* no restart needs the file */
	guest_plan_restart(&s.guest);
	KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	assert_int_not_equal(s.guest.domid, first);
	assert_memory_equal(fake_domain(first)->config.handle,
			    fake_domain(s.guest.domid)->config.handle, 16);
	close_scene(&s);
	kit_end(NULL);
	assert_int_equal(begin(NULL), 0);
}

/* A kernel that was truncated in its place is not read, which would end the process; and it is read
 * again when it is whole. */
static void test_truncated(void **state)
{
	struct guest_config cfg = kit_config("short", GUEST_PVH);
	char path[256], msg[300], data[65536];
	struct scene s;
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s", kit_path("short"));
	assert_int_equal(stat(kit_path("kernel"), &st), 0);
	assert_in_range(st.st_size, 1, sizeof(data) - 1);
	kit_read("kernel", data, sizeof(data));
	kit_write("short", data, (size_t)st.st_size);
	cfg.kernel = path;
	start(&s, &cfg);
	assert_int_equal(guest_destroy(&s.guest, &s.host, &s.err), 0);
	assert_int_equal(truncate(path, 0), 0);
	guest_plan_restart(&s.guest);
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	snprintf(msg, sizeof(msg), "kernel %s has become shorter", path);
	assert_string_equal(s.err.msg, msg);
	assert_true(s.err.passing);
	kit_write("short", data, (size_t)st.st_size);
	guest_plan_restart(&s.guest);
	KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	close_scene(&s);
}

/* What the descriptor gives of a file, right or wrong. */
static struct file_digest digest_of(const char *path, bool right)
{
	struct file_digest d = {.given = true};
	uint8_t piece[4096];
	struct sha256 s;
	size_t n;
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	sha256_begin(&s);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		sha256_add(&s, piece, n);
	fclose(f);
	sha256_end(&s, d.bytes);
	d.bytes[0] ^= !right;
	return d;
}

/* Such a start fails, because of that file's digest. */
static void refuses_digest(const struct guest_config *cfg, const char *what, const char *path,
			   const char *key, const struct file_digest *says)
{
	const struct file_digest is = digest_of(path, true);
	char text[2][FILE_DIGEST_DIGITS + 1], want[512];

	snprintf(want, sizeof(want), "%s %s: its sha256 is %s, and %s says %s", what, path,
		 file_digest_show(is.bytes, text[0]), key, file_digest_show(says->bytes, text[1]));
	refuses(cfg, want);
}

static void test_digests(void **state)
{
	struct guest_config cfg = kit_config("sum", GUEST_PV);
	struct scene s;

	(void)state;
	cfg.ramdisk = (char *)(uintptr_t)kit_path("ramdisk");
	cfg.kernel_digest = digest_of(cfg.kernel, true);
	cfg.ramdisk_digest = digest_of(cfg.ramdisk, true);
	start(&s, &cfg);
	close_scene(&s);
	cfg.ramdisk_digest = digest_of(cfg.ramdisk, false);
	refuses_digest(&cfg, "ramdisk", cfg.ramdisk, "ramdisk_sha256", &cfg.ramdisk_digest);
	/* No other is a kernel, and nobody looks whether it is one. */
	cfg.ramdisk_digest.given = false;
	cfg.kernel = cfg.ramdisk;
	refuses_digest(&cfg, "kernel", cfg.kernel, "kernel_sha256", &cfg.kernel_digest);
}

static void test_hvm_digests(void **state)
{
	static const char loader[] = "root/usr/lib/xen/boot/hvmloader",
			  bios[] = "root/usr/share/seabios/bios-256k.bin";
	struct guest_config cfg = kit_config("sum", GUEST_HVM);
	struct scene s;

	(void)state;
	kit_hvm(&cfg, false);
	cfg.kernel = (char *)(uintptr_t)kit_path("kernel");
	cfg.kernel_digest = digest_of(cfg.kernel, true);
	cfg.firmware_digest = digest_of(loader, true);
	cfg.bios_digest = digest_of(bios, true);
	start(&s, &cfg);
	close_scene(&s);
	/* QEMU is not told its path either: there is no domain. */
	cfg.kernel_digest = digest_of(cfg.kernel, false);
	refuses_digest(&cfg, "kernel", cfg.kernel, "kernel_sha256", &cfg.kernel_digest);
	cfg.kernel_digest = digest_of(cfg.kernel, true);
	cfg.bios_digest = digest_of(bios, false);
	refuses_digest(&cfg, "BIOS", bios, "bios_sha256", &cfg.bios_digest);
	cfg.bios_digest.given = false;
	cfg.firmware_digest = digest_of(loader, false);
	refuses_digest(&cfg, "firmware", loader, "firmware_sha256", &cfg.firmware_digest);
}

static void fails(struct scene *s, const char *fmt, const char *path)
{
	char want[512];

	guest_plan_restart(&s->guest);
	assert_int_equal(kit_start(&s->guest, &s->host, &s->err), -1);
	snprintf(want, sizeof(want), fmt, path);
	assert_memory_equal(s->err.msg, want, strlen(want));
	assert_int_equal(s->guest.domid, NO_DOMAIN);
}

/* A file that was written to in its place is not what a restart gets. */
static void test_digest_at_restart(void **state)
{
	struct guest_config cfg = kit_config("sum", GUEST_PV);
	char path[256], byte = 1;
	struct scene s;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s", kit_path("ramdisk"));
	cfg.ramdisk = path;
	cfg.kernel_digest = digest_of(cfg.kernel, true);
	cfg.ramdisk_digest = digest_of(path, true);
	start(&s, &cfg);
	assert_int_equal(guest_destroy(&s.guest, &s.host, &s.err), 0);
	f = fopen(path, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, 5000, SEEK_SET), 0);
	assert_int_equal(fwrite(&byte, 1, 1, f), 1);
	assert_int_equal(fclose(f), 0);
	fails(&s, "ramdisk %s: its sha256 is ", path);
	assert_false(s.err.passing);
	/* Nor is one that it is written back to wrong: the right one is. */
	cfg.ramdisk_digest = digest_of(path, true);
	guest_plan_restart(&s.guest);
	KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	close_scene(&s);
	kit_end(NULL);
	assert_int_equal(begin(NULL), 0);
}

/* A guest without a digest had the kernel read, of which another byte is written then. */
static void test_digest_of_shared(void **state)
{
	struct guest_config cfg = kit_config("sum", GUEST_PV);
	struct scene s;
	struct stat st;
	char data[65536];

	(void)state;
	assert_int_equal(stat(kit_path("kernel"), &st), 0);
	assert_in_range(st.st_size, 1, sizeof(data) - 1);
	kit_read("kernel", data, sizeof(data));
	open_scene(&s, &cfg);
	assert_non_null(guest_open_source(&s.guest, &s.err));
	/* As if it were another guest from here on. */
	cfg.kernel_digest = digest_of(cfg.kernel, true);
	guest_plan_restart(&s.guest);
	usleep(20000);
	kit_write("kernel", data, (size_t)st.st_size);
	fails(&s, "kernel %s has changed since it was read for another guest", cfg.kernel);
	assert_true(s.err.passing);
	/* When it is over it is read anew. */
	guest_plan_done(&s.guest);
	guest_plan_done(&s.guest);
	guest_plan_restart(&s.guest);
	KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	close_scene(&s);
}

/* Writes to the ramdisk as soon as there is a domain. */
static void *write_meanwhile(void *arg)
{
	char data[KIT_RAMDISK] = "";

	while (!fake_calls_of("xc_domain_create"))
		usleep(1000);
	kit_write("ramdisk", data, sizeof(data));
	return arg;
}

static void test_digest_meanwhile(void **state)
{
	struct guest_config cfg = kit_config("sum", GUEST_PV);
	char path[256];
	struct scene s;
	pthread_t t;

	(void)state;
	snprintf(path, sizeof(path), "%s", kit_path("ramdisk"));
	cfg.ramdisk = path;
	cfg.ramdisk_digest = digest_of(path, true);
	open_scene(&s, &cfg);
	fake_slow("xc_domain_setmaxmem", 300);
	assert_int_equal(pthread_create(&t, NULL, write_meanwhile, NULL), 0);
	fails(&s, "ramdisk %s has changed since its sha256 was computed", path);
	assert_true(s.err.passing);
	pthread_join(t, NULL);
	fake_slow(NULL, 0);
	close_scene(&s);
	kit_end(NULL);
	assert_int_equal(begin(NULL), 0);
}

static void test_refusals(void **state)
{
	static char *cpus[] = {"4-7"};
	struct guest_config cfg = kit_config("no", GUEST_PV);
	char msg[512], kernel[256], missing[256], line[1200];

	(void)state;
	/* missing kernel, missing ramdisk */
	snprintf(missing, sizeof(missing), "%s", kit_path("missing"));
	cfg.kernel = missing;
	snprintf(msg, sizeof(msg), "cannot read kernel %s: No such file or directory", missing);
	refuses(&cfg, msg);
	cfg = kit_config("no", GUEST_PV);
	cfg.ramdisk = missing;
	snprintf(msg, sizeof(msg), "cannot read ramdisk %s: No such file or directory", missing);
	refuses(&cfg, msg);

	/* a kernel that starts otherwise, or not at all */
	cfg = kit_config("no", GUEST_PVH);
	snprintf(kernel, sizeof(kernel), "%s", kit_path("kernel-pv"));
	cfg.kernel = kernel;
	snprintf(msg, sizeof(msg),
		 "kernel %s has no PVH entry, only a PV one: type = \"pv\" would fit", kernel);
	refuses(&cfg, msg);
	cfg.type = GUEST_PV;
	snprintf(kernel, sizeof(kernel), "%s", kit_path("kernel-pvh"));
	snprintf(msg, sizeof(msg),
		 "kernel %s has no PV entry, only a PVH one: type = \"pvh\" would fit", kernel);
	refuses(&cfg, msg);
	snprintf(kernel, sizeof(kernel), "%s", kit_path("kernel-bare"));
	snprintf(msg, sizeof(msg),
		 "kernel %s is not built for Xen: it has neither a PV nor a PVH entry", kernel);
	refuses(&cfg, msg);

	/* a command line that no start info holds */
	cfg = kit_config("no", GUEST_PV);
	memset(line, 'x', sizeof(line));
	line[1024] = '\0';
	cfg.extra = line;
	refuses(&cfg, "the command line has 1024 characters, a pv guest's can have 1023");

	/* a ramdisk that does not fit */
	cfg = kit_config("no", GUEST_PV);
	cfg.memory_kib = cfg.maxmem_kib = 21 * 1024;
	cfg.ramdisk = (char *)(uintptr_t)kit_path("big");
	{
		const size_t size = 2 << 20;
		char *data = calloc(1, size);

		assert_non_null(data);
		kit_write("big", data, size);
		free(data);
	}
	cfg.ramdisk = (char *)(uintptr_t)kit_path("big");
	refuses(&cfg, "memory = 21 MiB is too little: kernel 16397 KiB, ramdisk 2048 KiB and "
		      "start-up tables take 23 MiB");

	/* cpus that the host has not */
	cfg = kit_config("no", GUEST_PV);
	cfg.cpus = (struct strings){cpus, 1};
	fake_reset();
	refuses(&cfg, "cpus: no cpu of the host is left");
}

static void test_corrupt_kernel(void **state)
{
	struct guest_config cfg = kit_config("broken", GUEST_PV);
	char msg[512], path[256], data[4096];

	(void)state;
	fake_reset();
	snprintf(path, sizeof(path), "%s", kit_path("broken"));
	cfg.kernel = path;
	memset(data, 'z', sizeof(data));
	kit_write("broken", data, sizeof(data));
	snprintf(msg, sizeof(msg), "kernel %s: no known kernel format", path);
	{
		struct scene s;

		open_scene(&s, &cfg);
		assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
		snprintf(msg, sizeof(msg), "kernel %s: ", path);
		assert_memory_equal(s.err.msg, msg, strlen(msg));
		kit_good_message(&s.err);
		assert_int_equal(fake_calls_of("xc_domain_create"), 0);
		close_scene(&s);
	}
	/* Cut short. */
	kit_read("kernel", data, sizeof(data));
	kit_write("broken", data, 200);
	{
		struct scene s;

		open_scene(&s, &cfg);
		assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
		assert_memory_equal(s.err.msg, msg, strlen(msg));
		kit_good_message(&s.err);
		close_scene(&s);
	}
}

static void test_host_memory(void **state)
{
	struct guest_config cfg = kit_config("big", GUEST_PVH);
	struct scene s;
	uint64_t need;

	(void)state;
	cfg.memory_kib = cfg.maxmem_kib = 1024 * 1024;
	memset(&s, 0, sizeof(s));
	s.host.physcaps = fake_host()->physcaps;
	need = create_need_kib(&cfg, &s.host);
	/* 1 GiB, libxl's slack, 1 MiB + 4 MiB of page tables, 64 + 32 KiB */
	assert_true(need == 1048576 + 1024 + 1024 + 4096 + 96);
	fake_reset();
	fake_host()->free_kib = need - 4;
	refuses(&cfg, "not enough host memory: it needs 1031 MiB in all, the hypervisor has 1030 "
		      "MiB free (dom0_mem= on Xen's command line leaves it more)");
	/* What others were promised is not free. */
	fake_host()->free_kib = need + 4096;
	fake_host()->claimed_kib = 4100;
	refuses(&cfg, "not enough host memory: it needs 1031 MiB in all, the hypervisor has 1030 "
		      "MiB free (dom0_mem= on Xen's command line leaves it more)");
	assert_int_equal(fake_calls_of("xc_domain_create"), 0);

	open_scene(&s, &cfg);
	fake_host()->free_kib = need;
	KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	close_scene(&s);
}

/* Between the look at what is free and the claim, somebody else takes it. */
static void test_claim(void **state)
{
	struct guest_config cfg = kit_config("claims", GUEST_PVH);
	struct scene s;
	uint64_t kib;

	(void)state;
	fake_reset();
	/* The build fails behind the claim: no page of it stays claimed. */
	open_scene(&s, &cfg);
	fake_fail_call("xc_dom_boot_mem_init", 1, ENOMEM);
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	assert_int_equal(fake_calls_of("xc_domain_claim_pages"), 1);
	assert_true(fake_host()->free_kib == UINT64_C(4) << 20);
	close_scene(&s);

	open_scene(&s, &cfg);
	fake_fail_call("xc_domain_claim_pages", 1, ENOMEM);
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg,
			    "not enough host memory: the hypervisor refuses a claim of 64 MiB, "
			    "because somebody else has taken what was free (dom0_mem= on Xen's "
			    "command line leaves it more)");
	assert_int_equal(fake_domains(), 0);
	close_scene(&s);

	open_scene(&s, &cfg);
	fake_fail_call("xc_domain_claim_pages", 1, EPERM);
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	assert_memory_equal(s.err.msg, "cannot claim the domain's memory: ", 34);
	close_scene(&s);

	/* What is claimed is not free for others, and is before it is taken. */
	open_scene(&s, &cfg);
	KIT_CHECK(!create_domain(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	assert_true(fake_domain(s.guest.domid)->claim_kib == cfg.memory_kib);
	assert_int_equal(free_memory(s.host.xch, &s.host.log, &kib, &s.err), 0);
	assert_true(kib == fake_host()->free_kib - cfg.memory_kib);
	assert_int_equal(guest_destroy(&s.guest, &s.host, &s.err), 0);
	assert_int_equal(free_memory(s.host.xch, &s.host.log, &kib, &s.err), 0);
	assert_true(kib == UINT64_C(4) << 20);
	close_scene(&s);
}

static void test_host_abilities(void **state)
{
	struct guest_config pv = kit_config("pv", GUEST_PV), pvh = kit_config("pvh", GUEST_PVH);
	const uint32_t all = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_hvm;
	struct fake_domain *d;
	struct scene s;

	(void)state;
	fake_reset();
	fake_host()->physcaps = XEN_SYSCTL_PHYSCAP_hvm;
	refuses(&pv, "this hypervisor runs no pv guests");
	fake_host()->physcaps = XEN_SYSCTL_PHYSCAP_pv;
	refuses(&pvh, "a pvh guest needs hardware virtualisation, which this host lacks or has "
		      "turned off");
	fake_host()->physcaps = all;
	refuses(&pvh, "a pvh guest needs nested paging (HAP) or shadow paging, and this host has "
		      "neither");

	open_scene(&s, &pvh);
	s.host.physcaps = fake_host()->physcaps = all | XEN_SYSCTL_PHYSCAP_shadow;
	KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	d = fake_domain(s.guest.domid);
	assert_int_equal(d->config.flags, XEN_DOMCTL_CDF_hvm);
	assert_int_equal(d->config.grant_opts, XEN_DOMCTL_GRANT_version(1));
	close_scene(&s);
}

/* The memory goes back when the last look at the dying domain is over. */
static void test_destroy_waits(void **state)
{
	struct guest_config cfg = kit_config("slow", GUEST_PV);
	struct scene s;
	unsigned before;

	(void)state;
	start(&s, &cfg);
	fake_host()->linger = 7;
	before = fake_calls_of("xc_domain_getinfolist");
	assert_int_equal(guest_destroy(&s.guest, &s.host, &s.err), 0);
	/* Before its pause and its end it is asked whose it is. */
	assert_int_equal(fake_calls_of("xc_domain_getinfolist") - before, 2 + 7);
	assert_int_equal(fake_domains(), 0);
	assert_true(fake_host()->free_kib == UINT64_C(4) << 20);
	close_scene(&s);
}

/* One that somebody else has destroyed is what was wanted; one that can't be destroyed is said. */
static void test_destroy_errors(void **state)
{
	struct guest_config cfg = kit_config("gone", GUEST_PV);
	char msg[128];
	struct scene s;

	(void)state;
	start(&s, &cfg);
	fake_destroy(s.guest.domid);
	assert_int_equal(guest_destroy(&s.guest, &s.host, &s.err), 0);
	assert_int_equal(s.guest.domid, NO_DOMAIN);
	close_scene(&s);

	start(&s, &cfg);
	fake_fail_call("xc_domain_destroy", 1, EPERM);
	assert_int_equal(guest_destroy(&s.guest, &s.host, &s.err), -1);
	snprintf(msg, sizeof(msg), "cannot destroy domain %u: %s", s.guest.domid, strerror(EPERM));
	assert_string_equal(s.err.msg, msg);
	assert_int_not_equal(s.guest.domid, NO_DOMAIN); /* it can be tried again */
	close_scene(&s);

	/* A failed start whose domain stays: both are said. */
	open_scene(&s, &cfg);
	fake_fail_call("xc_domain_destroy", 1, EPERM);
	fake_host()->free_kib = 65 * 1024 + 64 + 32 + 64 * 1024; /* enough by count */
	s.guest.domid = NO_DOMAIN;
	fake_host()->claimed_kib = 0;
	{
		/* The kernel is refused by the hypervisor, then the domain can't be destroyed. */
		struct guest_config other = cfg;

		other.cpu_weight = 1;
		fake_host()->scheduler = XEN_SCHEDULER_NULL;
		s.guest.cfg = &other;
		assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
		assert_non_null(strstr(s.err.msg, "[cannot destroy domain 1: "));
		assert_non_null(strstr(s.err.msg, "] cpu_weight and cap need"));
		kit_good_message(&s.err);
		s.guest.cfg = &cfg;
	}
	close_scene(&s);
}

/* Every call that a start makes fails once; what is left then? */
static void sweep(struct guest_config *cfg)
{
	struct scene s;
	unsigned n;
	int rc = -1;

	for (n = 1; rc && n < 200; n++) {
		uint64_t before;
		const char *call;

		open_scene(&s, cfg);
		before = fake_host()->free_kib;
		fake_fail_at(n, EIO);
		rc = kit_start(&s.guest, &s.host, &s.err);
		call = fake_failed();
		if (!rc) {
			KIT_CHECK(!call, "%s failed and the guest started", call);
			close_scene(&s);
			break;
		}
		KIT_CHECK(call, "call %u: none was made to fail: %s", n, s.err.msg);
		kit_good_message(&s.err);
		KIT_CHECK(!strncmp(s.err.msg, "cannot ", 7) ||
				  !strncmp(s.err.msg, "out of memory", 13),
			  "%s: '%s' says not what failed", call, s.err.msg);
		/* The cause: errno's text, or what the library said, or there is none to know. */
		KIT_CHECK(strstr(s.err.msg, strerror(EIO)) || strstr(s.err.msg, call) ||
				  !strcmp(call, "xc_dom_malloc") ||
				  !strcmp(call, "acpi_build_tables"),
			  "%s: '%s' has no cause", call, s.err.msg);
		KIT_CHECK(s.guest.domid == NO_DOMAIN && fake_domains() == 0,
			  "%s failed and a domain is left", call);
		KIT_CHECK(fake_host()->free_kib == before, "%s failed and memory is gone", call);
		KIT_CHECK(!s.guest.kernel || !s.guest.kernel->kernel_open,
			  "%s failed and the kernel is open", call);
		close_scene(&s);
		/* The same guest starts when nothing fails, on the host as it was left. */
	}
	assert_in_range(n, 15, 100);
}

static void test_nth_call(void **state)
{
	static const enum guest_type types[] = {GUEST_PV, GUEST_PVH};
	struct guest_config cfg;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		cfg = rich(types[i]);
		sweep(&cfg);
		cfg = kit_config("plain", types[i]);
		sweep(&cfg);
		cfg = hvm(i);
		sweep(&cfg);
		cfg.memmap = (char *)(uintptr_t)kit_path("map");
		kit_text("map", "0 6000000 ram\n");
		sweep(&cfg);
	}
}

/* A guest that is started again after each failure must start in the end, on the same host. */
static void test_retry(void **state)
{
	struct guest_config cfg = rich(GUEST_PVH);
	struct scene s;
	unsigned n;

	(void)state;
	open_scene(&s, &cfg);
	for (n = 1; n < 200; n++) {
		fake_fail_at(n, ENOMEM);
		if (!kit_start(&s.guest, &s.host, &s.err))
			break;
		guest_plan_restart(&s.guest);
	}
	assert_in_range(n, 15, 100);
	close_scene(&s);
}

static void test_destroy_nth(void **state)
{
	struct guest_config cfg = kit_config("end", GUEST_PV);
	struct scene s;

	(void)state;
	/* Whose the domain is (calls 1 and 3) is asked again, and one that can't be paused (2) is
	 * destroyed, too. The hypervisor's word that it is gone is missing once (5): the domain is,
	 * all the same. */
	for (unsigned n = 1; n <= 5; n++) {
		start(&s, &cfg);
		fake_fail_at(n, EIO);
		if (guest_destroy(&s.guest, &s.host, &s.err) < 0) {
			assert_int_equal(n, 4);
			assert_int_equal(fake_domains(), 1);
			assert_false(fake_domain(1)->running); /* nothing is done any more */
			kit_good_message(&s.err);
		} else {
			assert_int_not_equal(n, 4);
			assert_int_equal(fake_domains(), 0);
		}
		assert_non_null(fake_failed());
		close_scene(&s);
	}
}

/* It may be a stranger's: nothing is done to a domain of which nobody knows whose it is. */
static void test_whose_unknown(void **state)
{
	struct guest_config cfg = kit_config("whose", GUEST_PV);
	struct scene s;
	char want[128];

	(void)state;
	start(&s, &cfg);
	fake_fail_always("xc_domain_getinfolist", 1, EIO);
	assert_int_equal(guest_destroy(&s.guest, &s.host, &s.err), -1);
	snprintf(want, sizeof(want), "cannot ask whose domain 1 is: %s", strerror(EIO));
	assert_string_equal(s.err.msg, want);
	assert_true(s.err.passing);
	assert_true(fake_domain_runs(1)); /* nor is it paused */
	assert_int_equal(s.guest.domid, 1);
	fake_fail_at(0, 0);
	assert_int_equal(guest_destroy(&s.guest, &s.host, &s.err), 0);
	assert_int_equal(fake_domains(), 0);
	close_scene(&s);
	/* Nor is a guest built that may run already. */
	open_scene(&s, &cfg);
	fake_fail_always("xc_domain_getinfolist", 1, EIO);
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	snprintf(want, sizeof(want), "cannot ask for the domains: %s", strerror(EIO));
	assert_string_equal(s.err.msg, want);
	assert_true(s.err.passing);
	assert_int_equal(fake_calls_of("xc_domain_create"), 0);
	close_scene(&s);
}

/* Every allocation of a start fails once. */
static void test_nth_alloc(void **state)
{
	static const enum guest_type types[] = {GUEST_PV, GUEST_PVH};
	struct guest_config cfg;
	unsigned n;
	struct scene s;
	int rc;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		cfg = i < 2 ? rich(types[i]) : hvm(i == 2);
		rc = -1;
		for (n = 1; rc; n++) {
			open_scene(&s, &cfg);
			fake_alloc_fail_at(n);
			rc = kit_start(&s.guest, &s.host, &s.err);
			if (!rc) {
				KIT_CHECK(!fake_alloc_failed(), "allocation %u: ignored", n);
				fake_alloc_fail_at(0);
				close_scene(&s);
				break;
			}
			fake_alloc_fail_at(0);
			kit_good_message(&s.err);
			KIT_CHECK(strstr(s.err.msg, "out of memory"), "allocation %u: %s", n,
				  s.err.msg);
			assert_int_equal(fake_domains(), 0);
			close_scene(&s);
		}
		assert_in_range(n, 5, 60);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pv),
		cmocka_unit_test(test_pvh),
		cmocka_unit_test(test_hvm_classic),
		cmocka_unit_test(test_hvm_firmware),
		cmocka_unit_test(test_hvm_paging),
		cmocka_unit_test(test_hvm_need),
		cmocka_unit_test(test_hvm_missing),
		cmocka_unit_test(test_paused),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_one_cpu_list),
		cmocka_unit_test(test_schedulers),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_digests),
		cmocka_unit_test(test_hvm_digests),
		cmocka_unit_test(test_digest_at_restart),
		cmocka_unit_test(test_digest_of_shared),
		cmocka_unit_test(test_digest_meanwhile),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_corrupt_kernel),
		cmocka_unit_test(test_host_memory),
		cmocka_unit_test(test_claim),
		cmocka_unit_test(test_host_abilities),
		cmocka_unit_test(test_destroy_waits),
		cmocka_unit_test(test_destroy_errors),
		cmocka_unit_test(test_nth_call),
		cmocka_unit_test(test_retry),
		cmocka_unit_test(test_destroy_nth),
		cmocka_unit_test(test_whose_unknown),
		cmocka_unit_test(test_nth_alloc),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
