/*
 * The key pci and those that go with it: lists, what all devices get, and guests that can't have
 * any.
 */
#include "builder/fake/kit.h"

#include "builder/describe/pci_spec.h"
#include "config_expect.h"

#define HVM "type = 'hvm'; device_model_restrict = 0; "

static struct guest_config g;
static struct descriptor c;

static void reads(const char *text, const char *messages)
{
	read_good(text, messages, &c, &g);
}

static void done(void)
{
	read_done(&c, &g);
}

static void test_good(void **state)
{
	(void)state;
	reads("pci = ['36:00.0', '1:36:00.*@1f', 'name=nic', 'id=8086:100e#2', 'slot=4', "
	      "'slot=5.1,seize=1']",
	      "");
	assert_int_equal(g.nr_pcis, 6);
	assert_int_equal(g.pcis[1].by, PCI_BY_BDF);
	assert_int_equal(g.pcis[1].at.segment, 1);
	assert_string_equal(g.pcis[2].name, "nic");
	assert_int_equal(g.pcis[3].nth, 2);
	assert_true(g.pcis[4].all_functions);
	assert_int_equal(g.pcis[5].seize, PCI_FLAG_ON);
	assert_true(guest_config_has_pci(&g));
	assert_int_equal(guest_config_passthrough(&g), PASSTHROUGH_ENABLED);
	assert_int_equal(g.domain.passthrough, PASSTHROUGH_UNSET);
	assert_int_equal(g.domain.e820_host, BOOL_ON);
	assert_false(g.model_unrestricted);
	done();
	reads(HVM "pci = ['36:00.0@8', '36:00.1@9', '36:01.0', '36:02.0,vslot=0', '36:03.0@0']",
	      "");
	assert_int_equal(g.nr_pcis, 5);
	assert_int_equal(g.domain.e820_host, BOOL_UNSET);
	done();
	/* One that is on dom0's command line has no brackets for a list. */
	reads("pci = []", "");
	assert_false(guest_config_has_pci(&g));
	assert_int_equal(guest_config_passthrough(&g), PASSTHROUGH_DISABLED);
	assert_int_equal(g.domain.e820_host, BOOL_UNSET);
	done();
	reads("type = 'pvh'; pci = []", "");
	done();
}

static void expect_flags(size_t i, enum pci_flag permissive, enum pci_flag msitranslate,
			 enum pci_flag power_mgmt, enum pci_flag seize, enum pci_rdm rdm)
{
	assert_int_equal(g.pcis[i].permissive, permissive);
	assert_int_equal(g.pcis[i].msitranslate, msitranslate);
	assert_int_equal(g.pcis[i].power_mgmt, power_mgmt);
	assert_int_equal(g.pcis[i].seize, seize);
	assert_int_equal(g.pcis[i].rdm_policy, rdm);
}

static void test_defaults(void **state)
{
	(void)state;
	reads("pci_permissive = 1; pci_seize = 2; "
	      "pci = ['36:00.0', '37:00.0,permissive=0,seize=0']; pci_power_mgmt = 0",
	      "");
	expect_flags(0, PCI_FLAG_ON, PCI_FLAG_DEFAULT, PCI_FLAG_OFF, PCI_FLAG_ON, PCI_RDM_DEFAULT);
	expect_flags(1, PCI_FLAG_OFF, PCI_FLAG_DEFAULT, PCI_FLAG_OFF, PCI_FLAG_OFF,
		     PCI_RDM_DEFAULT);
	done();
	reads("pci = ['36:00.0']; pci_msitranslate = 1; pci_power_mgmt = 1",
	      "web.cfg:2:8: note: pci, entry 1: msitranslate has no effect: QEMU does not have it "
	      "any more\n");
	expect_flags(0, PCI_FLAG_DEFAULT, PCI_FLAG_ON, PCI_FLAG_ON, PCI_FLAG_DEFAULT,
		     PCI_RDM_DEFAULT);
	done();
	reads(HVM "pci = ['36:00.0', '37:00.0,rdm_policy=strict,power_mgmt=1']; "
		  "rdm = 'policy=relaxed'",
	      "web.cfg:2:60: note: pci, entry 2: power_mgmt has no effect: QEMU does not have it "
	      "any more\n");
	expect_flags(0, PCI_FLAG_DEFAULT, PCI_FLAG_DEFAULT, PCI_FLAG_DEFAULT, PCI_FLAG_DEFAULT,
		     PCI_RDM_RELAXED);
	assert_int_equal(g.pcis[1].rdm_policy, PCI_RDM_STRICT);
	done();
}

static void test_rdm(void **state)
{
	(void)state;
	reads(HVM "rdm = 'strategy=host'; rdm_mem_boundary = 0", "");
	assert_true(g.domain.rdm.host);
	assert_int_equal(g.domain.rdm.policy, PCI_RDM_STRICT);
	assert_true(g.domain.rdm_boundary_mib.given);
	done();
	reads(HVM "rdm = 'policy=relaxed,strategy=host'; rdm_mem_boundary = 4096", "");
	assert_true(g.domain.rdm.host);
	assert_int_equal(g.domain.rdm.policy, PCI_RDM_RELAXED);
	assert_int_equal(g.domain.rdm_boundary_mib.n, 4096);
	done();
	reads(HVM "rdm = 'strategy=ignore'; pci = ['36:00.0']", "");
	assert_false(g.domain.rdm.host);
	assert_int_equal(g.pcis[0].rdm_policy, PCI_RDM_DEFAULT);
	done();
	notes("rdm = 'x'; rdm_mem_boundary = 'x'",
	      "web.cfg:2:1: note: rdm has no effect in a pv guest\n"
	      "web.cfg:2:12: note: rdm_mem_boundary has no effect in a pv guest\n");
	reads(HVM "rdm = 'policy=strict'; rdm_mem_boundary = 1; pci_seize = 1; pci = []",
	      "web.cfg:2:87: note: pci_seize has no effect without pci\n"
	      "web.cfg:2:42: note: rdm has no effect without pci\n"
	      "web.cfg:2:65: note: rdm_mem_boundary has no effect without pci\n");
	assert_int_equal(g.domain.rdm.policy, PCI_RDM_DEFAULT);
	assert_false(g.domain.rdm_boundary_mib.given);
	done();
	refuses(HVM "rdm = ''", "web.cfg:2:48: rdm = \"\": must not be empty\n");
	refuses(HVM "rdm = 'strategy=guest'",
		"web.cfg:2:48: rdm = \"strategy=guest\": strategy must be host or ignore\n");
	refuses(HVM "rdm = 'policy=invalid'",
		"web.cfg:2:48: rdm = \"policy=invalid\": policy must be strict or relaxed\n");
	refuses(HVM "rdm = 'policy=strict,policy=strict'",
		"web.cfg:2:48: rdm = \"policy=strict,policy=strict\": policy is given twice\n");
	refuses(HVM "rdm = 'strategy=host,strategy=host'",
		"web.cfg:2:48: rdm = \"strategy=host,strategy=host\": strategy is given twice\n");
	refuses(HVM "rdm = 'host'",
		"web.cfg:2:48: rdm = \"host\": must be of strategy=host and policy=strict or "
		"policy=relaxed, with a comma between them\n");
	refuses(HVM "rdm_mem_boundary = 4097",
		"web.cfg:2:61: rdm_mem_boundary = 4097: must be 0 to 4096 MiB\n");
}

static void test_bad(void **state)
{
	char many[4096] = "pci = [";

	(void)state;
	refuses("pci = '36:00.0'",
		"web.cfg:2:7: pci = \"36:00.0\": must be a list of strings, in [ ]\n");
	refuses("pci = ['36:00.8', '36:00.0', '36:00.0,vslto=4']",
		"web.cfg:2:8: pci, entry 1: '36:00.8' is not a PCI device such as 0000:36:00.0, as "
		"lspci -D shows it\n"
		"web.cfg:2:30: pci, entry 3: unknown parameter 'vslto', did you mean 'vslot'?\n");
	refuses("pci = ['36:00.0']; pci_seize = 'x'",
		"web.cfg:2:32: pci_seize = \"x\": must be 0 or 1\n");
	for (size_t i = 0; i < 257; i++)
		strcat(many, "'36:0.0', ");
	strcat(many, "]");
	refuses(many, "web.cfg:2:7: pci has 257 entries: a guest can have 256\n");
}

static void test_twice(void **state)
{
	(void)state;
	refuses("pci = ['36:00.0', '0:36:00.0', '37:00.*@1', '37:00.1']",
		"web.cfg:2:19: pci, entry 2: 0000:36:00.0 is already in entry 1\n"
		"web.cfg:2:45: pci, entry 4: 0000:37:00.1 is already in entry 3\n");
	refuses("pci = ['id=8086:100e#2', 'id=8086:100e#1', 'id=8086:100e']",
		"web.cfg:2:44: pci, entry 3: id=8086:100e is already in entry 1\n");
	refuses("pci = ['slot=4.1', 'slot=4', 'slot=4.2', 'slot=40']",
		"web.cfg:2:20: pci, entry 2: slot=4.* is already in entry 1\n"
		"web.cfg:2:30: pci, entry 3: slot=4.2 is already in entry 2\n");
	refuses("pci = ['name=a', 'name=b', 'name=a']",
		"web.cfg:2:28: pci, entry 3: name=a is already in entry 1\n");
	refuses(HVM "pci = ['36:00.0@8', '36:01.0@8']",
		"web.cfg:2:62: pci, entry 2: the vslot is already that of entry 1\n");
	/* dom0's back end numbers a pv guest's. */
	notes("pci = ['36:00.0@8', '36:01.0@8']", "");
}

#define WHERE "is all functions of a device: vslot must say where the guest has them, 1 to 1f\n"

static void test_functions(void **state)
{
	(void)state;
	refuses("pci = ['36:00.*']", "web.cfg:2:8: pci, entry 1: 0000:36:00.* " WHERE);
	refuses("pci = ['36:00.*@0']", "web.cfg:2:8: pci, entry 1: 0000:36:00.* " WHERE);
	refuses(HVM "pci = ['36:00.*']", "web.cfg:2:49: pci, entry 1: 0000:36:00.* " WHERE);
	refuses(HVM "pci = ['slot=4']", "web.cfg:2:49: pci, entry 1: slot=4.* " WHERE);
	notes(HVM "pci = ['slot=4,vslot=8', 'slot=5.0']", "");
	notes("pci = ['slot=4']", "");
}

static void test_guests(void **state)
{
	(void)state;
	refuses("type = 'pvh'; pci = ['36:00.0']; pci_seize = 1",
		"web.cfg:2:15: pci is not supported for pvh guests: Xen has no passthrough for "
		"them yet\n");
	refuses("image = 'plan9'; pci = ['36:00.0']",
		"web.cfg:2:18: pci is not supported for plan9 images: their kernels have no "
		"driver that finds PCI devices under Xen\n");
	refuses("image = 'vmx'; device_model_protocol = 'classic'; device_model_override = '/m'; "
		"device_model_config = '/c'; pci = ['36:00.0']",
		"web.cfg:2:109: pci needs QEMU, and device_model_protocol is \"classic\"\n");
	reads("type = 'hvm'; pci = ['36:00.0']",
	      "web.cfg:2:15: note: pci: what this guest's QEMU may ask of the hypervisor is not "
	      "kept to the guest (device_model_restrict = 0 says that it is meant)\n");
	assert_false(g.model_unrestricted);
	done();
	refuses("type = 'hvm'; pci = ['36:00.0']; device_model_restrict = 1",
		"web.cfg:2:34: device_model_restrict = 1 can't be given together with pci (line "
		"2): QEMU makes calls of the hypervisor's for the devices that are not kept to a "
		"guest\n");
	refuses("type = 'hvm'; pci = ['36:00.0']; device_model_restrict = 'x'",
		"web.cfg:2:58: device_model_restrict = \"x\": must be 0 or 1\n");
	/* Nothing is said of a guest of which the type is not known. */
	refuses("type = 'x'; pci = ['36:00.0', '36:00.0']",
		"web.cfg:2:8: type = \"x\": must be \"pv\", \"pvh\" or \"hvm\"\n");
}

static void test_memory(void **state)
{
	(void)state;
	refuses(HVM "pci = ['36:00.0']; maxmem = 128",
		"web.cfg:2:42: pci needs all of a guest's memory: maxmem must be memory for that "
		"(line 2)\n");
	refuses(HVM "pci = ['36:00.0']; maxmem = 128; passthrough = 'enabled'",
		"web.cfg:2:75: passthrough needs all of a guest's memory: maxmem must be memory "
		"for that (line 2)\n");
	notes(HVM "pci = ['36:00.0']; maxmem = 64", "");
	notes("pci = ['36:00.0']; maxmem = 128", "");
	notes(HVM "pci = []; maxmem = 128", "");
	reads("pci = ['36:00.0']; e820_host = 0",
	      "web.cfg:2:20: note: e820_host = 0 has no effect: a pv guest with pci has the host's "
	      "map (line 2)\n");
	assert_int_equal(g.domain.e820_host, BOOL_ON);
	done();
	notes("pci = ['36:00.0']; e820_host = 1", "");
}

static void test_passthrough(void **state)
{
	(void)state;
	refuses("pci = ['36:00.0']; passthrough = 'disabled'",
		"web.cfg:2:34: passthrough = \"disabled\" can't be given together with pci (line "
		"2)\n");
	notes("pci = ['36:00.0']; passthrough = 'default'", "");
	notes("pci = []; passthrough = 'disabled'", "");
	reads("pci = ['36:00.0']; passthrough = 'sync_pt'", "");
	assert_int_equal(guest_config_passthrough(&g), PASSTHROUGH_SYNC_PT);
	done();
	refuses(HVM "pci = ['36:00.0']; passthrough = 'share_pt'; hap = 0",
		"web.cfg:2:75: passthrough = \"share_pt\" needs hap, which is 0 (line 2): "
		"\"sync_pt\" does without\n");
	notes(HVM "pci = ['36:00.0']; passthrough = 'share_pt'; hap = 1", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),        cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_rdm),         cmocka_unit_test(test_bad),
		cmocka_unit_test(test_twice),       cmocka_unit_test(test_functions),
		cmocka_unit_test(test_guests),      cmocka_unit_test(test_memory),
		cmocka_unit_test(test_passthrough),
	};

	return cmocka_run_group_tests_name("config_pci", tests, NULL, NULL);
}
