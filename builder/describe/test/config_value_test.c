/*
 * The values of single keys: every error of a type, a range and a word, and keys that are refused
 * by name.
 */
#include "config_expect.h"

static void test_integers(void **state)
{
	(void)state;
	refuses("maxmem = 0", "web.cfg:2:10: maxmem = 0: must be 1 to 16777216 MiB\n");
	refuses("maxmem = 16777217",
		"web.cfg:2:10: maxmem = 16777217: must be 1 to 16777216 MiB\n");
	refuses("vcpus = 0", "web.cfg:2:9: vcpus = 0: must be 1 to 8192\n");
	refuses("maxvcpus = 8193", "web.cfg:2:12: maxvcpus = 8193: must be 1 to 8192\n");
	refuses("cpu_weight = 0", "web.cfg:2:14: cpu_weight = 0: must be 1 to 65535\n");
	refuses("cpu_weight = 0x10000", "web.cfg:2:14: cpu_weight = 0x10000: must be 1 to 65535\n");
	refuses("cap = 65536", "web.cfg:2:7: cap = 65536: must be 0 to 65535 percent\n");
	refuses("cap = '50 '", "web.cfg:2:7: cap = \"50 \": is not an integer\n");
	refuses("cap = '-1'", "web.cfg:2:7: cap = \"-1\": must be 0 to 65535 percent\n");
	refuses("cap = ''", "web.cfg:2:7: cap = \"\": is not an integer\n");
	refuses("cap = 08",
		"web.cfg:2:7: cap = \"08\": is not an integer: one that begins with 0 is octal\n");
	refuses("cap = 1; cap += 0",
		"web.cfg:2:7: cap = \"10\": an integer can't be put together with '+='\n");
	refuses("cap += 1", "web.cfg:2:8: cap = 1: an integer can't be put together with '+='\n");
	refuses("cap = 'half'", "web.cfg:2:7: cap = \"half\": is not an integer\n");
	refuses("cap = [50]", "web.cfg:2:7: cap = [...]: must be an integer, not a list\n");
}

static void test_texts(void **state)
{
	(void)state;
	refuses("ramdisk = []", "web.cfg:2:11: ramdisk = []: must be a string, not a list\n");
	refuses("ramdisk = '/'",
		"web.cfg:2:11: ramdisk = \"/\": must be the name of a file, not of a "
		"directory\n");
	refuses("kernel = ''", "web.cfg:2:1: kernel is given twice, first on line 1\n");
	refuses("ramdisk = 'a\\nb'",
		"web.cfg:2:11: ramdisk = \"a\\x0ab\": must not hold control characters\n");
	notes("ramdisk = ''", "web.cfg:2:11: note: ramdisk = \"\" has no effect\n");
	refuses("extra = 'a\\nb'",
		"web.cfg:2:9: extra = \"a\\x0ab\": must not hold control characters\n");
	refuses("cmdline = '\\n'",
		"web.cfg:2:11: cmdline = \"\\x0a\": must not hold control characters\n");
	refuses("extra = '\\n'; image = 'vmx'",
		"web.cfg:2:9: extra = \"\\x0a\": must not hold control characters\n");
	refuses("extra = 'a\\rb'",
		"web.cfg:2:9: extra = \"a\\x0db\": must not hold control characters\n");
	refuses("ip = 'a\tb'", "web.cfg:2:6: ip = \"a\\x09b\": must not hold blanks\n");
	refuses("image = 'plan9'; root = 'a\\nb'",
		"web.cfg:2:25: root = \"a\\x0ab\": must not hold control characters\n");
	refuses("ip = 'a b'", "web.cfg:2:6: ip = \"a b\": must not hold blanks\n");
	refuses("ip = ''", "web.cfg:2:6: ip = \"\": must not be empty\n");
	refuses("name = 'a b'", "web.cfg:2:8: name = \"a b\": " NO_NAME);
	refuses("name = ''", "web.cfg:2:8: name = \"\": " NO_NAME);
	refuses("name = '/a'", "web.cfg:2:8: name = \"/a\": " NO_NAME);
	refuses("name = '.a'", "web.cfg:2:8: name = \".a\": " NO_NAME);
	refuses("name = '-a'", "web.cfg:2:8: name = \"-a\": " NO_NAME);
	refuses("name = 'a,b'", "web.cfg:2:8: name = \"a,b\": " NO_NAME);
	refuses("name = 'store'", "web.cfg:2:8: name = \"store\": this word is reserved\n");
	refuses("uuid = '01234567-89ab-cdef-0123-456789abcde'",
		"web.cfg:2:8: uuid = \"01234567-89ab-cdef-0123-456789abcde\": must be hexadecimal "
		"digits in groups of 8-4-4-4-12\n");
	refuses("uuid = '01234567089ab-cdef-0123-456789abcdef'",
		"web.cfg:2:8: uuid = \"01234567089ab-cdef-0123-456789abcdef\": must be hexadecimal "
		"digits in groups of 8-4-4-4-12\n");
	refuses("uuid = '01234567-89ab-cdef-0123-456789abcdeg'",
		"web.cfg:2:8: uuid = \"01234567-89ab-cdef-0123-456789abcdeg\": must be hexadecimal "
		"digits in groups of 8-4-4-4-12\n");
	refuses("uuid = '00000000-0000-0000-0000-000000000000'",
		"web.cfg:2:8: uuid = \"00000000-0000-0000-0000-000000000000\": must not be all "
		"zero\n");
	refuses("profile = ['a', 'b c', [7]]",
		"web.cfg:2:17: profile, entry 2 = \"b c\": " NO_NAME
		"web.cfg:2:24: profile, entry 3 = [...]: must be a string, not a list\n");
	refuses("profile = ['a', 'b', 'a', 'a']", "web.cfg:2:22: profile 'a' is given twice\n"
						  "web.cfg:2:27: profile 'a' is given twice\n");
	refuses("cpus = '0-3,x'",
		"web.cfg:2:8: cpus = \"0-3,x\": character 5: a number is missing\n");
	refuses("cpus = ['0', 4096]",
		"web.cfg:2:14: cpus, entry 2 = 4096: character 1: numbers go up to 4095\n");
	refuses("cpus = ['0', ['1']]",
		"web.cfg:2:14: cpus, entry 2 = [...]: must be a string, not a list\n");
	refuses("cpus = '^0'", "web.cfg:2:8: cpus = \"^0\": selects no cpu: ^ takes away from what "
			       "is in front of it, as in all,^0\n");
}

static void test_order(void **state)
{
	char text[300] = "ready = '", want[400];

	(void)state;
	refuses("device_timeout = 0",
		"web.cfg:2:18: device_timeout = 0: must be 1 to 3600 seconds\n");
	refuses("device_timeout = 3601",
		"web.cfg:2:18: device_timeout = 3601: must be 1 to 3600 seconds\n");
	refuses("ready_timeout = 0",
		"web.cfg:2:17: ready_timeout = 0: must be 1 to 3600 seconds\n");
	refuses("ready_timeout = 3601",
		"web.cfg:2:17: ready_timeout = 3601: must be 1 to 3600 seconds\n");
	refuses("start_retries = 100001",
		"web.cfg:2:17: start_retries = 100001: must be 0 to 100000\n");
	refuses("console_rate = 1048577",
		"web.cfg:2:16: console_rate = 1048577: must be 0 to 1048576 KiB/s\n");
	refuses("start_retries = 'often'",
		"web.cfg:2:17: start_retries = \"often\": must be an integer, or \"unlimited\"\n");
	refuses("start_retries = [ 1 ]",
		"web.cfg:2:17: start_retries = [...]: must be an integer, not a list\n");
	refuses("after = ['db', 'all']",
		"web.cfg:2:16: after, entry 2 = \"all\": this word is reserved\n");
	refuses("after = 'a b'", "web.cfg:2:9: after = \"a b\": " NO_NAME);
	refuses("after = ['a', 'b', 'a']", "web.cfg:2:20: after 'a' is given twice\n");
	refuses("ready = ''", "web.cfg:2:9: ready = \"\": must not be empty\n");
	refuses("ready = '/local/domain/1/data/up'",
		"web.cfg:2:9: ready = \"/local/domain/1/data/up\": must be a path below the "
		"guest's "
		"own, without '/' in front\n");
	refuses("ready = 'data/../up'", "web.cfg:2:9: ready = \"data/../up\": must be letters, "
					"digits, '-', '_' and '/'\n");
	refuses("ready = 'data/up now'", "web.cfg:2:9: ready = \"data/up now\": must be letters, "
					 "digits, '-', '_' and '/'\n");
	refuses("ready = 'data/'",
		"web.cfg:2:9: ready = \"data/\": a name is missing between or behind '/'\n");
	refuses("ready = 'data//up'",
		"web.cfg:2:9: ready = \"data//up\": a name is missing between or behind '/'\n");
	memset(text + 9, 'x', CONFIG_READY_MAX + 1);
	strcpy(text + 9 + CONFIG_READY_MAX + 1, "'");
	snprintf(want, sizeof(want),
		 "web.cfg:2:9: ready = \"%.48s...\": must be at most 255 characters\n", text + 9);
	refuses(text, want);
}

static void test_words(void **state)
{
	(void)state;
	refuses("type = 'foo'",
		"web.cfg:2:8: type = \"foo\": must be \"pv\", \"pvh\" or \"hvm\"\n");
	refuses("type = 'PV'", "web.cfg:2:8: type = \"PV\": must be \"pv\", \"pvh\" or \"hvm\"\n");
	refuses("image = 'linux'; type = 'hvm'",
		"web.cfg:2:25: type = \"hvm\": a linux image is \"pv\" or \"pvh\"\n");
	refuses("image = 'foo'",
		"web.cfg:2:9: image = \"foo\": must be \"linux\", \"plan9\" or \"vmx\"\n");
	refuses("image = 'plan9'; type = 'pvh'",
		"web.cfg:2:25: type = \"pvh\": a plan9 image is \"pv\"\n");
	refuses("image = 'vmx'; type = 'pv'",
		"web.cfg:2:23: type = \"pv\": a vmx image is \"hvm\"\n");
	refuses("on_crash = 'foo'", "web.cfg:2:12: on_crash = \"foo\": must be \"destroy\", "
				    "\"restart\" or \"preserve\"\n");
	refuses("on_reboot = 'rename-restart'",
		"web.cfg:2:13: on_reboot = \"rename-restart\": the domain that is kept would keep "
		"its "
		"disks: \"preserve\" keeps it, and \"restart\" starts it again\n");
	refuses("on_poweroff = 'soft-reset'",
		"web.cfg:2:15: on_poweroff = \"soft-reset\": no guest is reset in its place: "
		"\"restart\" starts it again\n");
	notes("on_crash = 'coredump-destroy'; on_watchdog = 'coredump-restart'",
	      "web.cfg:2:12: note: on_crash = \"coredump-destroy\": no core is dumped: it is "
	      "\"destroy\"\n"
	      "web.cfg:2:46: note: on_watchdog = \"coredump-restart\": no core is dumped: it is "
	      "\"restart\"\n");
	notes("on_soft_reset = 'soft-reset'", "web.cfg:2:17: note: on_soft_reset = \"soft-reset\": "
					      "no guest is reset in its place: it "
					      "is what on_crash says\n");
}

/* Keys that only xl has: by their values. */
static void test_xl_alone(void **state)
{
	(void)state;
	refuses("vtpm = ['a']", "web.cfg:2:1: vtpm is not supported: TPMs come later\n");
	refuses("vtpm = [", "web.cfg:2:8: the list has no closing ]\n");
	notes("p9  = []; sve = 0; vtpm = [];       spice = 1; stdvga = 'no'\n"
	      "device_model = '/usr/lib/xen/bin/qemu-dm'; pci_seize = 1; device_model_version = 1",
	      "web.cfg:2:1: note: p9 = [] has no effect\n"
	      "web.cfg:2:11: note: sve = 0 has no effect\n"
	      "web.cfg:2:20: note: vtpm = [] has no effect\n"
	      "web.cfg:2:37: note: spice has no effect in a pv guest\n"
	      "web.cfg:2:48: note: stdvga has no effect in a pv guest\n"
	      "web.cfg:3:1: note: device_model has no effect: xl ignores it as well: "
	      "see device_model_override\n"
	      "web.cfg:3:59: note: device_model_version has no effect in a pv guest\n"
	      "web.cfg:3:44: note: pci_seize has no effect without pci\n");
	/* Where it is refused, so are its parts, with one message. */
	refuses("type = 'hvm'; spiceport = 1; spice = 1; spicehost = '::'",
		"web.cfg:2:30: spice is not supported: SPICE comes later: vnc = 1 shows the "
		"guest's display\n");
	refuses("type = 'pvh'; pvshim = 1; pvshim_path = '/s'",
		"web.cfg:2:15: pvshim is not supported: type = \"pvh\" runs kernels that can boot "
		"so\n");
	refuses("type = 'hvm'; spice = 1; device_model_version = 'qemu-xen-traditional'",
		"web.cfg:2:15: spice is not supported: SPICE comes later: vnc = 1 shows the "
		"guest's display\n"
		"web.cfg:2:26: device_model_version is not supported: Xen has "
		"\"qemu-xen\" alone now\n");
	notes("type = 'hvm'; device_model_version = \"qemu-xen\"",
	      "web.cfg:2:15: note: device_model_version = \"qemu-xen\" has no effect\n");
	notes("parallel = 'none'; builder = 'linux'",
	      "web.cfg:2:30: note: builder = \"linux\": not portable: xl has \"generic\"\n"
	      "web.cfg:2:1: note: parallel has no effect: it was a key of xend, and xl ignores "
	      "it\n");
}

static void test_twice(void **state)
{
	(void)state;
	notes("vcpus = 2; vcpus = 2; profile = ['a', 'b']\nprofile = ['a', 'b']; sve = 0; sve = 0",
	      "web.cfg:2:12: note: vcpus is given twice, first on line 2\n"
	      "web.cfg:3:1: note: profile is given twice, first on line 2\n"
	      "web.cfg:3:32: note: sve is given twice, first on line 3\n"
	      "web.cfg:3:23: note: sve = 0 has no effect\n");
	notes("cap = 5; cap = '5'", "web.cfg:2:10: note: cap is given twice, first on line 2\n");
	notes("profile = ['a']; profile += ['b']; profile += []", "");
	refuses("profile = ['a', 'b']; profile = ['a']; cap = 5; cap = 05",
		"web.cfg:2:23: profile is given twice, first on line 2\n"
		"web.cfg:2:49: cap is given twice, first on line 2\n");
}

/* In an hvm guest whose vnc is on: the value alone is wrong. */
static void refuses_hvm(const char *text, const char *error)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "%s; type = 'hvm'; vnc = 1", text);
	refuses(whole, error);
}

static void test_hvm(void **state)
{
	(void)state;
	refuses_hvm("vnclisten = '0.0.0.0:x'",
		    "web.cfg:2:13: vnclisten = \"0.0.0.0:x\": must be an address, or an address "
		    "and ':' and a display\n");
	refuses_hvm("vnclisten = '0.0.0.0:123456'",
		    "web.cfg:2:13: vnclisten = \"0.0.0.0:123456\": the display is out of range\n");
	refuses_hvm("vnclisten = '0.0.0.0:59636'",
		    "web.cfg:2:13: vnclisten = \"0.0.0.0:59636\": the display is out of range\n");
	refuses_hvm("vnclisten = '[::1]x'",
		    "web.cfg:2:13: vnclisten = \"[::1]x\": must be an address, or an address and "
		    "':' and a display\n");
	refuses_hvm("device_model_protocol = 'x'",
		    "web.cfg:2:25: device_model_protocol = \"x\": must be \"qemu\" or "
		    "\"classic\"\n");
	refuses_hvm("serial = ['pty', '']",
		    "web.cfg:2:18: serial, entry 2 = \"\": must not be empty\n");
	refuses_hvm("memmap = ''", "web.cfg:2:10: memmap = \"\": must not be empty\n");
	/* With these only the other key is wrong. */
	refuses_hvm("vnclisten = '127.0.0.1:1'; hap = x",
		    "web.cfg:2:34: a string needs quotes: 'x'\n");
	refuses_hvm("vnclisten = '[::1]:1'; hap = x", "web.cfg:2:30: a string needs quotes: 'x'\n");
	refuses_hvm("vnclisten = '::1'; hap = x", "web.cfg:2:26: a string needs quotes: 'x'\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers), cmocka_unit_test(test_texts),
		cmocka_unit_test(test_order),    cmocka_unit_test(test_words),
		cmocka_unit_test(test_xl_alone), cmocka_unit_test(test_twice),
		cmocka_unit_test(test_hvm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
