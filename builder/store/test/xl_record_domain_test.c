/*
 * xl's record of a guest that says much of its domain: what xl 4.17 recorded of the same
 * descriptor, but for the video card's memory, which libxl adds when the guest is built, and for
 * vnc, which xl has on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "builder/describe/test/config_expect.h"
#include "builder/fake/golden.h"
#include "builder/guest/guest_memory.h"
#include "builder/store/xl_record.h"

static const char descriptor[] = "name=\"web\"\n"
				 "type=\"hvm\"\n"
				 "memory=64\n"
				 "vcpus=2\n"
				 "hap=0\n"
				 "oos=0\n"
				 "seclabel=\"a\"\n"
				 "init_seclabel=\"b\"\n"
				 "pool=\"Pool-0\"\n"
				 "driver_domain=1\n"
				 "passthrough=\"enabled\"\n"
				 "xend_suspend_evtchn_compat=1\n"
				 "tsc_mode=\"native\"\n"
				 "shadow_memory=9\n"
				 "rtc_timeoffset=\"-3600\"\n"
				 "localtime=1\n"
				 "nomigrate=1\n"
				 "cpuid=\"host,tm=0,xsaves=0,rdcl-no=1\"\n"
				 "max_grant_frames=16\n"
				 "max_maptrack_frames=0\n"
				 "max_grant_version=1\n"
				 "period=5000\n"
				 "ioports=[\"0-7\",\"2f8-2ff\"]\n"
				 "irqs=[0,5]\n"
				 "iomem=[\"0,1\",\"fed40,5@a0000\"]\n"
				 "max_event_channels=2000\n"
				 "timer_mode=0\n"
				 "nestedhvm=0\n"
				 "pae=0\n"
				 "acpi_s3=0\n"
				 "acpi_s4=1\n"
				 "acpi_laptop_slate=1\n"
				 "nx=1\n"
				 "viridian=[\"defaults\",\"!freq\",\"synic\"]\n"
				 "vpt_align=0\n"
				 "mmio_hole=1024\n"
				 "altp2mhvm=0\n"
				 "ms_vm_genid=\"none\"\n"
				 "mca_caps=[\"lmce\"]\n"
				 "msr_relaxed=1\n"
				 "altp2m=\"disabled\"\n"
				 "vmtrace_buf_kb=64\n"
				 "vpmu=1\n"
				 "on_watchdog=\"coredump-restart\"\n"
				 "on_soft_reset=\"preserve\"\n"
				 "uuid=\"01234567-89ab-cdef-0123-456789abcdef\"\n";

static const char record[] =
	"{\n"
	"    \"c_info\": {\n"
	"        \"type\": \"hvm\",\n"
	"        \"hap\": \"False\",\n"
	"        \"oos\": \"False\",\n"
	"        \"ssid_label\": \"b\",\n"
	"        \"name\": \"web\",\n"
	"        \"domid\": 4294967295,\n"
	"        \"uuid\": \"01234567-89ab-cdef-0123-456789abcdef\",\n"
	"        \"pool_name\": \"Pool-0\",\n"
	"        \"run_hotplug_scripts\": \"True\",\n"
	"        \"driver_domain\": \"True\",\n"
	"        \"passthrough\": \"enabled\",\n"
	"        \"xend_suspend_evtchn_compat\": \"True\"\n"
	"    },\n"
	"    \"b_info\": {\n"
	"        \"max_vcpus\": 2,\n"
	"        \"avail_vcpus\": [\n"
	"            0,\n"
	"            1\n"
	"        ],\n"
	"        \"tsc_mode\": \"native\",\n"
	"        \"max_memkb\": 65536,\n"
	"        \"target_memkb\": 65536,\n"
	"        \"video_memkb\": 8192,\n"
	"        \"shadow_memkb\": 9216,\n"
	"        \"rtc_timeoffset\": 4294963696,\n"
	"        \"exec_ssid_label\": \"a\",\n"
	"        \"localtime\": \"True\",\n"
	"        \"disable_migrate\": \"True\",\n"
	"        \"cpuid\": {\n"
	"            \"cpuid\": [\n"
	"                {\n"
	"                    \"leaf\": 1,\n"
	"                    \"edx\": \"xx0xxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"\n"
	"                },\n"
	"                {\n"
	"                    \"leaf\": 13,\n"
	"                    \"subleaf\": 1,\n"
	"                    \"eax\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxx0xxx\"\n"
	"                }\n"
	"            ],\n"
	"            \"msr\": [\n"
	"                {\n"
	"                    \"index\": 266,\n"
	"                    \"policy\": "
	"\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1\"\n"
	"                }\n"
	"            ]\n"
	"        },\n"
	"        \"max_grant_frames\": 16,\n"
	"        \"max_maptrack_frames\": 0,\n"
	"        \"max_grant_version\": 1,\n"
	"        \"sched_params\": {\n"
	"            \"period\": 5000\n"
	"        },\n"
	"        \"ioports\": [\n"
	"            {\n"
	"                \"number\": 8\n"
	"            },\n"
	"            {\n"
	"                \"first\": 760,\n"
	"                \"number\": 8\n"
	"            }\n"
	"        ],\n"
	"        \"irqs\": [\n"
	"            0,\n"
	"            5\n"
	"        ],\n"
	"        \"iomem\": [\n"
	"            {\n"
	"                \"number\": 1\n"
	"            },\n"
	"            {\n"
	"                \"start\": 1043776,\n"
	"                \"number\": 5,\n"
	"                \"gfn\": 655360\n"
	"            }\n"
	"        ],\n"
	"        \"claim_mode\": \"True\",\n"
	"        \"event_channels\": 2000,\n"
	"        \"timer_mode\": \"delay_for_missed_ticks\",\n"
	"        \"nested_hvm\": \"False\",\n"
	"        \"type.hvm\": {\n"
	"            \"pae\": \"False\",\n"
	"            \"acpi_s3\": \"False\",\n"
	"            \"acpi_s4\": \"True\",\n"
	"            \"acpi_laptop_slate\": \"True\",\n"
	"            \"nx\": \"True\",\n"
	"            \"viridian\": \"True\",\n"
	"            \"viridian_enable\": [\n"
	"                7\n"
	"            ],\n"
	"            \"viridian_disable\": [\n"
	"                1\n"
	"            ],\n"
	"            \"vpt_align\": \"False\",\n"
	"            \"mmio_hole_memkb\": 1048576,\n"
	"            \"altp2m\": \"False\",\n"
	"            \"vga\": {\n"
	"\n"
	"            },\n"
	"            \"vnc\": {\n"
	"                \"enable\": \"False\"\n"
	"            },\n"
	"            \"sdl\": {\n"
	"\n"
	"            },\n"
	"            \"spice\": {\n"
	"\n"
	"            },\n"
	"            \"rdm\": {\n"
	"\n"
	"            },\n"
	"            \"mca_caps\": 1" GOLDEN_PIRQ "\n"
	"        },\n"
	"        \"arch_arm\": {\n"
	"\n"
	"        },\n"
	"        \"arch_x86\": {\n"
	"            \"msr_relaxed\": \"True\"\n"
	"        },\n"
	"        \"vmtrace_buf_kb\": 64,\n"
	"        \"vpmu\": \"True\"\n"
	"    },\n"
	"    \"on_reboot\": \"restart\",\n"
	"    \"on_watchdog\": \"coredump_restart\",\n"
	"    \"on_soft_reset\": \"preserve\"\n"
	"}\n";

static char *record_of(const char *text, struct xl_record_pins *pins)
{
	struct guest_config cfg;
	struct descriptor c;
	struct diag d = {0};
	struct guest g;
	struct err e;
	char *got;
	size_t len;
	FILE *f;

	read_text("web.cfg", text, &c, &cfg, &d);
	assert_int_equal(diag_count(&d), 0);
	assert_int_equal(guest_init(&g, &cfg, &e), 0);
	g.static_max_kib = guest_static_max_kib(&cfg, true);
	for (uint8_t i = 0; i < sizeof(g.genid); i++)
		g.genid[i] = i;
	f = open_memstream(&got, &len);
	assert_non_null(f);
	xl_record_print(&g, pins, f);
	fclose(f);
	config_free(&cfg);
	descriptor_free(&c);
	diag_free(&d);
	return got;
}

static void test_all(void **state)
{
	char *got = record_of(descriptor, NULL);

	(void)state;
	assert_string_equal(got, record);
	free(got);
}

static void has(const char *text, const char *wanted, struct xl_record_pins *pins)
{
	char *got = record_of(text, pins);

	if (!strstr(got, wanted))
		print_error("%s\nis not in\n%s\n", wanted, got);
	assert_non_null(strstr(got, wanted));
	free(got);
}

/* Others of their values. */
static void test_values(void **state)
{
	uint8_t hard[] = {3, 3}, soft[] = {1, 2};
	struct xl_record_pins pins = {hard, soft, 1};

	(void)state;
#define PVH "type = 'pvh'; kernel = '/k'; memory = 64; "
#define HVM "type = 'hvm'; memory = 64; "
	has(PVH "hap = 1", "\"type\": \"pvh\",\n        \"hap\": \"True\",\n", NULL);
	has(PVH "altp2m = 'external'", "        },\n        \"altp2m\": \"external\"\n    },\n",
	    NULL);
	has(PVH "tsc_mode = 1; timer_mode = 3",
	    "\"tsc_mode\": \"always_emulate\",\n        \"max_memkb\"", NULL);
	has(PVH "tsc_mode = 1; timer_mode = 3", "\"timer_mode\": \"one_missed_tick_pending\",\n",
	    NULL);
	has("kernel = '/k'; memory = 64; e820_host = 1",
	    "        \"type.pv\": {\n            \"e820_host\": \"True\"\n        },\n", NULL);
	has("kernel = '/k'; memory = 64; seclabel = 'a'",
	    "\"ssid_label\": \"a\",\n        \"name\"", NULL);
	has(HVM "viridian = ['base', '!base']",
	    "            \"viridian_disable\": [\n                0\n", NULL);
	has(HVM "ms_vm_genid = 'generate'",
	    "            \"ms_vm_genid\": [\n                0,\n                1,\n", NULL);
	has(PVH "cpus = '0-1'; cpus_soft = ['0', '1']; vcpus = 2",
	    "        \"vcpu_hard_affinity\": [\n"
	    "            [\n                0,\n                1\n            ],\n"
	    "            [\n                0,\n                1\n            ]\n"
	    "        ],\n"
	    "        \"vcpu_soft_affinity\": [\n"
	    "            [\n                0\n            ],\n"
	    "            [\n                1\n            ]\n"
	    "        ],\n"
	    "        \"numa_placement\": \"False\",\n        \"max_memkb\"",
	    &pins);
	has(PVH "on_crash = 'coredump-destroy'; on_watchdog = 'restart'",
	    "    \"on_watchdog\": \"restart\",\n    \"on_crash\": \"coredump_destroy\",\n"
	    "    \"on_soft_reset\": \"soft_reset\"\n}\n",
	    NULL);
}

/* Keys of a later Xen than 4.17, where libxl_types.idl of that has them. */
static void test_newer(void **state)
{
	(void)state;
#if XEN_LIBS_MINOR >= 19
	has(HVM "hvm_pirq = 1", "\n            },\n            \"pirq\": \"True\"\n        },\n",
	    NULL);
#endif
#if XEN_LIBS_MINOR >= 21
	has(HVM "xen_platform_pci = 1; xen_platform_pci_bar_uc = 0",
	    "            \"xen_platform_pci\": \"True\",\n"
	    "            \"xen_platform_pci_bar_uc\": \"False\",\n",
	    NULL);
	has(PVH "altp2m = 1; altp2m_count = 3; xenstore_feature_mask = 5",
	    "        \"altp2m\": \"mixed\",\n"
	    "        \"altp2m_count\": 3,\n"
	    "        \"xenstore_feature_mask\": 5\n    },\n",
	    NULL);
#endif
#if XEN_LIBS_MINOR >= 22
	has(PVH "xenstore_quota = ['nodes=9', 'watches=0']",
	    "        \"xenstore_quota\": {\n            \"quota\": [\n"
	    "                {\n                    \"name\": \"nodes\",\n"
	    "                    \"val\": 9\n                },\n"
	    "                {\n                    \"name\": \"watches\"\n                }\n"
	    "            ]\n        }\n    },\n",
	    NULL);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_newer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
