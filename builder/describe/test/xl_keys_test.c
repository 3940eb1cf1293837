/*
 * That xl's keys are known: each that xl.cfg(5) of Xen 4.17 documents (its =item lines, without
 * those that are parts of a value), written down apart from the table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "builder/describe/config.h"
#include "builder/describe/xl_keys.h"
#include "builder/describe/config_keys.h"

static const char documented[] =
	"acpi acpi_firmware acpi_laptop_slate acpi_s3 acpi_s4 altp2m altp2mhvm apic bios "
	"bios_path_override boot bootloader bootloader_args builder cap channel cmdline "
	"cpu_weight cpuid cpus cpus_soft device_model_args device_model_args_hvm "
	"device_model_args_pv device_model_override device_model_stubdomain_override "
	"device_model_stubdomain_seclabel device_model_user device_model_version "
	"device_tree disk display dm_restrict driver_domain dtdev e820_host extra "
	"firmware gfx_passthru gic_version hap hdtype hpet init_seclabel iomem ioports "
	"irqs kernel keymap localtime max_event_channels max_grant_frames "
	"max_grant_version max_maptrack_frames maxmem maxvcpus mca_caps memory mmio_hole "
	"ms_vm_genid msr_relaxed name nestedhvm nographic nomigrate nx on_crash "
	"on_poweroff on_reboot on_soft_reset on_watchdog oos opengl p9 pae passthrough "
	"pci pci_msitranslate pci_permissive pci_power_mgmt pci_seize pool pvcalls pvshim "
	"pvshim_cmdline pvshim_extra pvshim_path ramdisk rdm rdm_mem_boundary root "
	"rtc_timeoffset sdl seclabel serial shadow_memory smbios_firmware soundhw spice "
	"spice_clipboard_sharing spice_image_compression spice_streaming_video "
	"spiceagent_mouse spicedisable_ticketing spicehost spicepasswd spiceport "
	"spicetls_port spiceusbredirection spicevdagent stdvga stubdomain_cmdline "
	"stubdomain_kernel stubdomain_memory stubdomain_ramdisk tee timer_mode tsc_mode "
	"type usb usbctrl usbdev usbdevice usbversion uuid vcpus vdispl vendor_device vfb "
	"vga videoram vif viridian vkb vkb_device vmtrace_buf_kb vnc vncdisplay vnclisten "
	"vncpasswd vncunused vnuma vpmu vpt_align vsnd vtpm vuart xauthority "
	"xen_platform_pci xend_suspend_evtchn_compat";

static void test_documented(void **state)
{
	char list[sizeof(documented)], *rest = list, *key;
	int n = 0;

	(void)state;
	memcpy(list, documented, sizeof(list));
	while ((key = strsep(&rest, " "))) {
		if (!config_key(key) && !xl_key(key))
			fail_msg("%s is not known", key);
		n++;
	}
	assert_int_equal(n, 150);
}

/* What the parser of xl 4.22 (tools/xl/xl_parse.c) reads and that of 4.17 does not. */
static void test_newer(void **state)
{
	static const char *const newer[] = {
		"altp2m_count",
		"arm_sci",
		"bootloader_restrict",
		"bootloader_user",
		"hvm_pirq",
		"llc_colors",
		"nr_spis",
		"smbios",
		"sve",
		"trap_unmapped_accesses",
		"virtio",
		"xen_platform_pci_bar_uc",
		"xenstore_feature_mask",
		"xenstore_quota",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(newer) / sizeof(newer[0]); i++)
		if (!config_key(newer[i]) && !xl_key(newer[i]))
			fail_msg("%s is not known", newer[i]);
}

/* The keys of earlydom that xl ignores, and nothing else that earlydom has. */
static void test_own(void **state)
{
	static const char *const own[] = {
		"image",
		"ip",
		"memmap",
		"device_model_config",
		"device_model_protocol",
		"device_model_restrict",
		"after",
		"profile",
		"ready",
		"ready_timeout",
		"device_timeout",
		"start_retries",
		"console_rate",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		assert_null(xl_key(own[i]));
		assert_non_null(config_key(own[i]));
	}
}

static void test_unknown(void **state)
{
	(void)state;
	assert_null(xl_key(""));
	assert_null(xl_key("a"));
	assert_null(xl_key("memroy"));
	assert_null(xl_key("zzz"));
	/* Keywords of a value, not keys. */
	assert_null(xl_key("vdistances"));
	assert_null(xl_key("hostbus"));
	/* The first and the last of the table. */
	assert_non_null(xl_key("arm_sci"));
	assert_non_null(xl_key("xenstore_quota"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_documented),
		cmocka_unit_test(test_newer),
		cmocka_unit_test(test_own),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
