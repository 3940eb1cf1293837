/* What hvm guests have beyond pvh guests: parameters, firmware, and hvmloader's table. */
#include "builder/fake/kit.h"

#include <sys/stat.h>
#include <unistd.h>

#include <xen-version.h>
#include <xen/hvm/hvm_info_table.h>

#include "builder/build/hvm.h"
#include "builder/image/firmware.h"
#include "loaders/test/elf_build.h"
#include "builder/image/image_files.h"
#include "builder/build/life.h"

/* A guest that was built, and its host. */
struct scene {
	struct guest_config cfg;
	struct image_cache images;
	struct guest guest;
	struct host host;
	struct err err;
};

static struct guest_config hvm(bool classic)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);

	kit_hvm(&cfg, classic);
	return cfg;
}

static struct fake_domain *build(struct scene *s, const struct guest_config *cfg)
{
	memset(s, 0, sizeof(*s));
	fake_reset();
	s->cfg = *cfg;
	KIT_CHECK(!host_open(&s->host, false, &s->err), "%s", s->err.msg);
	assert_int_equal(guest_init(&s->guest, &s->cfg, &s->err), 0);
	KIT_CHECK(!guest_hold_images(&s->guest, &s->images, &s->err), "%s", s->err.msg);
	KIT_CHECK(!guest_build(&s->guest, &s->host, &s->err), "%s", s->err.msg);
	return fake_domain(s->guest.domid);
}

static void close_scene(struct scene *s)
{
	KIT_CHECK(!guest_destroy(&s->guest, &s->host, &s->err), "%s", s->err.msg);
	guest_drop_images(&s->guest, &s->images);
	assert_null(s->images.files);
	host_close(&s->host);
	kit_nothing_held(true);
}

static void param(const struct fake_domain *d, int n, bool set, uint64_t value)
{
	KIT_CHECK(d->hvm_param_set[n] == set && d->hvm_param[n] == value,
		  "parameter %d: set %d, %llx", n, d->hvm_param_set[n],
		  (unsigned long long)d->hvm_param[n]);
}

/* From Xen 4.19 on this one can only be read. */
#define PARAM_ALTP2M (XEN_LIBS_MINOR < 19)

static void test_params(void **state)
{
	struct guest_config cfg = hvm(true);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	d = build(&s, &cfg);
	param(d, HVM_PARAM_TIMER_MODE, true, HVMPTM_no_delay_for_missed_ticks);
	param(d, HVM_PARAM_HPET_ENABLED, true, 1);
	param(d, HVM_PARAM_VPT_ALIGN, true, 1);
	param(d, HVM_PARAM_ALTP2M, PARAM_ALTP2M, 0);
	param(d, HVM_PARAM_VIRIDIAN, false, 0);
	param(d, HVM_PARAM_ACPI_IOPORTS_LOCATION, true, 1);
	close_scene(&s);

	cfg.hpet = cfg.acpi = false;
	cfg.viridian = true;
	d = build(&s, &cfg);
	param(d, HVM_PARAM_HPET_ENABLED, true, 0);
	/* Hyper-V's base and frequencies, the reference counter, APIC assist, crash MSRs, no limit
	 * of vcpus, their hotplug: as libxl for viridian = 1. */
	param(d, HVM_PARAM_VIRIDIAN, true, 0x1865);
	param(d, HVM_PARAM_ACPI_IOPORTS_LOCATION, false, 0);
	close_scene(&s);

	/* hvmloader asks for the ports itself. */
	cfg = hvm(false);
	d = build(&s, &cfg);
	param(d, HVM_PARAM_HPET_ENABLED, true, 1);
	param(d, HVM_PARAM_ACPI_IOPORTS_LOCATION, false, 0);
	close_scene(&s);
}

static void test_param_fails(void **state)
{
	static const struct {
		int param;
		const char *key;
	} in_order[] = {
		{HVM_PARAM_HPET_ENABLED, "hpet"},
		{HVM_PARAM_VPT_ALIGN, "vpt_align"},
		{HVM_PARAM_TIMER_MODE, "timer_mode"},
#if XEN_LIBS_MINOR < 19
		{HVM_PARAM_ALTP2M, "altp2m"},
#endif
		{HVM_PARAM_VIRIDIAN, "viridian"},
		{HVM_PARAM_ACPI_IOPORTS_LOCATION, "acpi"},
	};
	struct guest_config cfg = hvm(true);
	char want[128];
	struct scene s;

	(void)state;
	cfg.viridian = true;
	for (unsigned i = 0; i < sizeof(in_order) / sizeof(in_order[0]); i++) {
		build(&s, &cfg);
		fake_fail_call("xc_hvm_param_set", i + 1, EPERM);
		assert_int_equal(hvm_set_params(&s.guest, &s.host, &s.err), -1);
		snprintf(want, sizeof(want),
			 "cannot set parameter %d of the domain (%s): Operation not permitted",
			 in_order[i].param, in_order[i].key);
		assert_string_equal(s.err.msg, want);
		close_scene(&s);
	}
}

static uint8_t sum(const struct hvm_info_table *info)
{
	const uint8_t *p = (const uint8_t *)info;
	uint8_t all = 0;

	for (size_t i = 0; i < sizeof(*info); i++)
		all = (uint8_t)(all + p[i]);
	return all;
}

static void test_info(void **state)
{
	static const uint8_t three[sizeof(((struct hvm_info_table *)0)->vcpu_online)] = {7},
								  nine[sizeof(three)] = {0xff, 1};
	struct guest_config cfg = hvm(false);
	const struct hvm_info_table *info;
	struct scene s;

	(void)state;
	cfg.vcpus = 3;
	cfg.maxvcpus = 5;
	info = (void *)(build(&s, &cfg)->info + HVM_INFO_OFFSET);
	assert_memory_equal(info->signature, "HVM INFO", 8);
	assert_int_equal(info->nr_vcpus, 5);
	assert_int_equal(info->apic_mode, 1);
	assert_memory_equal(info->vcpu_online, three, sizeof(three));
	assert_int_equal(info->low_mem_pgend, 64 << 8); /* of the library */
	assert_int_equal(sum(info), 0);
	close_scene(&s);

	cfg.vcpus = cfg.maxvcpus = 9;
	cfg.apic = false;
	info = (void *)(build(&s, &cfg)->info + HVM_INFO_OFFSET);
	assert_int_equal(info->nr_vcpus, 9);
	assert_int_equal(info->apic_mode, 0);
	assert_memory_equal(info->vcpu_online, nine, sizeof(nine));
	assert_int_equal(sum(info), 0);

	fake_fail_call("xc_map_foreign_range", 1, EACCES);
	assert_int_equal(hvm_write_info(&s.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg,
			    "cannot map the domain's table of its machine: Permission denied");
	close_scene(&s);
}

static void test_paths(void **state)
{
	static char own[] = "/boot/own";
	struct guest_config cfg = hvm(false);

	(void)state;
	assert_true(firmware_wanted(&cfg));
	assert_string_equal(firmware_loader_path(&cfg), "root/usr/lib/xen/boot/hvmloader");
	assert_string_equal(firmware_bios_path(&cfg), "root/usr/share/seabios/bios-256k.bin");
	cfg.bios = BIOS_OVMF;
	assert_string_equal(firmware_bios_path(&cfg), "root/usr/share/ovmf/OVMF.fd");
	/* Of several the newest; of none the usual one, so that it is named. */
	assert_int_equal(mkdir("root/usr/lib/xen-" XEN_LIBS_VERSION, 0700), 0);
	assert_int_equal(mkdir("root/usr/lib/xen-" XEN_LIBS_VERSION "/boot", 0700), 0);
	kit_text("root/usr/lib/xen-" XEN_LIBS_VERSION "/boot/hvmloader", "");
	assert_string_equal(firmware_loader_path(&cfg),
			    "root/usr/lib/xen-" XEN_LIBS_VERSION "/boot/hvmloader");
	assert_int_equal(unlink("root/usr/lib/xen-" XEN_LIBS_VERSION "/boot/hvmloader"), 0);
	assert_int_equal(rename("root/usr/lib/xen", "root/usr/lib/not"), 0);
	assert_string_equal(firmware_loader_path(&cfg),
			    "root/usr/lib/xen-" XEN_LIBS_VERSION "/boot/hvmloader");
	assert_int_equal(rename("root/usr/lib/not", "root/usr/lib/xen"), 0);
	cfg.firmware_override = own;
	assert_string_equal(firmware_loader_path(&cfg), "/boot/own");

	cfg = hvm(true);
	assert_false(firmware_wanted(&cfg));
	cfg = kit_config("web", GUEST_PVH);
	assert_false(firmware_wanted(&cfg));
}

/* The firmware is the domain's kernel, and the guest's own is the device model's to load. */
static void test_firmware(void **state)
{
	static char own[256];
	char want[512];
	struct guest_config cfg = hvm(false);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	d = build(&s, &cfg);
	assert_true(d->kernel_pfn == MK_PHYS >> XC_PAGE_SHIFT && d->kernel_pages == 1);
	assert_true(d->entry == MK_PHYS);
	assert_int_equal(d->bios_size, KIT_BIOS);
	assert_int_equal(d->ramdisk_size, 0);
	assert_true(d->device_model);
	close_scene(&s);

	/* One that is none. */
	snprintf(own, sizeof(own), "%s", kit_path("ramdisk"));
	cfg.firmware_override = own;
	memset(&s, 0, sizeof(s));
	fake_reset();
	s.cfg = cfg;
	assert_int_equal(host_open(&s.host, false, &s.err), 0);
	assert_int_equal(guest_init(&s.guest, &s.cfg, &s.err), 0);
	assert_int_equal(guest_hold_images(&s.guest, &s.images, &s.err), 0);
	assert_int_equal(guest_build(&s.guest, &s.host, &s.err), -1);
	snprintf(want, sizeof(want),
		 "cannot use firmware %s: not a kernel: neither an ELF file, "
		 "nor a bzImage, nor an a.out of Plan 9, nor packed in a way that is known",
		 own);
	assert_string_equal(s.err.msg, want);
	assert_int_equal(fake_calls_of("xc_domain_create"), 0); /* it is known before */
	kit_good_message(&s.err);
	close_scene(&s);
}

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	kit_firmware();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_params),   cmocka_unit_test(test_param_fails),
		cmocka_unit_test(test_info),     cmocka_unit_test(test_paths),
		cmocka_unit_test(test_firmware),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
