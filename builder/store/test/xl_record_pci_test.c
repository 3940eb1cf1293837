/*
 * What xl's record has of a guest's PCI devices: what xl 4.17 recorded of the same descriptors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "builder/describe/test/config_expect.h"
#include "builder/pci/pci_hold.h"
#include "builder/store/xl_record_pci.h"

/* Fails the test unless all that is printed of a guest that holds these is `wanted`. */
static void records_held(const char *descriptor, struct pci_assigned *held, size_t n,
			 const char *wanted)
{
	struct guest_config cfg;
	struct descriptor c;
	struct diag d = {0};
	struct guest g;
	struct err e;
	size_t len;
	char *text = NULL;
	struct json j = {.to = open_memstream(&text, &len)};

	assert_non_null(j.to);
	assert_int_equal(read_text("web.cfg", descriptor, &c, &cfg, &d), 0);
	assert_int_equal(guest_init(&g, &cfg, &e), 0);
	g.pcis = held;
	g.nr_pcis = n;
	json_open(&j, NULL, '{');
	record_rdm(&j, &cfg);
	record_pcis(&j, &g);
	json_close(&j, '}');
	assert_int_equal(fclose(j.to), 0);
	assert_string_equal(text, wanted);
	free(text);
	config_free(&cfg);
	descriptor_free(&c);
	diag_free(&d);
}

static void records(const char *descriptor, const char *wanted)
{
	records_held(descriptor, NULL, 0, wanted);
}

#define PV     "kernel = '/k'; memory = 64; "
#define HVM    "type = 'hvm'; memory = 64; "
#define NO_RDM "{\n    \"rdm\": {\n\n    }"

static void test_pv(void **state)
{
	(void)state;
	records(PV, NO_RDM "\n}\n");
	records(PV "pci = []", NO_RDM "\n}\n");
	records(PV "pci = ['2:36:1f.7', '36:00.*@1f,permissive=1,rdm_policy=relaxed', "
		   "'name=nic,seize=1,vslot=8']",
		NO_RDM ",\n"
		       "    \"pcidevs\": [\n"
		       "        {\n"
		       "            \"func\": 7,\n"
		       "            \"dev\": 31,\n"
		       "            \"bus\": 54,\n"
		       "            \"domain\": 2,\n"
		       "            \"vfunc_mask\": 1,\n"
		       "            \"rdm_policy\": \"strict\"\n"
		       "        },\n"
		       "        {\n"
		       "            \"bus\": 54,\n"
		       "            \"vdevfn\": 248,\n"
		       "            \"vfunc_mask\": 4294967295,\n"
		       "            \"permissive\": true,\n"
		       "            \"rdm_policy\": \"relaxed\"\n"
		       "        },\n"
		       "        {\n"
		       "            \"vdevfn\": 64,\n"
		       "            \"seize\": true,\n"
		       "            \"rdm_policy\": \"strict\",\n"
		       "            \"name\": \"nic\"\n"
		       "        }\n"
		       "    ]\n}\n");
}

static void test_hvm(void **state)
{
	(void)state;
	records(HVM "pci = ['36:00.1']", NO_RDM ",\n"
						"    \"pcidevs\": [\n"
						"        {\n"
						"            \"func\": 1,\n"
						"            \"bus\": 54,\n"
						"            \"vfunc_mask\": 1\n"
						"        }\n"
						"    ]\n}\n");
	records(HVM
		"rdm = 'strategy=host'; rdm_mem_boundary = 0; pci_msitranslate = 1\n"
		"pci_power_mgmt = 1; pci = ['0:0.0,rdm_policy=relaxed', '36:00.0,msitranslate=0']",
		"{\n"
		"    \"rdm\": {\n"
		"        \"strategy\": \"host\",\n"
		"        \"policy\": \"strict\"\n"
		"    },\n"
		"    \"rdm_mem_boundary_memkb\": 0,\n"
		"    \"pcidevs\": [\n"
		"        {\n"
		"            \"vfunc_mask\": 1,\n"
		"            \"msitranslate\": true,\n"
		"            \"power_mgmt\": true,\n"
		"            \"rdm_policy\": \"relaxed\"\n"
		"        },\n"
		"        {\n"
		"            \"bus\": 54,\n"
		"            \"vfunc_mask\": 1,\n"
		"            \"power_mgmt\": true,\n"
		"            \"rdm_policy\": \"strict\"\n"
		"        }\n"
		"    ]\n}\n");
	records(HVM "rdm = 'policy=relaxed'; rdm_mem_boundary = 3000; pci = ['36:00.0']",
		"{\n"
		"    \"rdm\": {\n"
		"        \"policy\": \"relaxed\"\n"
		"    },\n"
		"    \"rdm_mem_boundary_memkb\": 3072000,\n"
		"    \"pcidevs\": [\n"
		"        {\n"
		"            \"bus\": 54,\n"
		"            \"vfunc_mask\": 1,\n"
		"            \"rdm_policy\": \"relaxed\"\n"
		"        }\n"
		"    ]\n}\n");
}

/* xl has no words for them, but knows where they are. */
static void test_found(void **state)
{
	struct pci_assigned held[] = {
		{.at = {0, 3, 0, 0}, .spec = 0},
		{.at = {0, 4, 0, 2}, .spec = 1},
		{.at = {1, 5, 6, 3}, .spec = 1},
		{.at = {0, 7, 0, 1}, .spec = 2},
	};

	(void)state;
	records_held(PV "pci = ['03:00.0', 'slot=4', 'id=8086:100e,permissive=1', 'id=1:1']", held,
		     4,
		     NO_RDM ",\n"
			    "    \"pcidevs\": [\n"
			    "        {\n"
			    "            \"bus\": 3,\n"
			    "            \"vfunc_mask\": 1,\n"
			    "            \"rdm_policy\": \"strict\"\n"
			    "        },\n"
			    "        {\n"
			    "            \"bus\": 4,\n"
			    "            \"vfunc_mask\": 4294967295,\n"
			    "            \"rdm_policy\": \"strict\"\n"
			    "        },\n"
			    "        {\n"
			    "            \"func\": 1,\n"
			    "            \"bus\": 7,\n"
			    "            \"vfunc_mask\": 1,\n"
			    "            \"permissive\": true,\n"
			    "            \"rdm_policy\": \"strict\"\n"
			    "        }\n"
			    "    ]\n}\n");
	records(PV "pci = ['slot=4', 'id=8086:100e']", NO_RDM "\n}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pv),
		cmocka_unit_test(test_hvm),
		cmocka_unit_test(test_found),
	};

	return cmocka_run_group_tests_name("xl_record_pci", tests, NULL, NULL);
}
