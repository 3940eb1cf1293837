/*
 * Names of files in descriptors: relative to the descriptor's directory, and to Xen's.
 */
#include "config_expect.h"

#include <xen-version.h>

#include "builder/describe/disk_spec.h"
#include "builder/describe/file_path.h"

static void is(char *path, const char *want)
{
	assert_string_equal(path, want);
	free(path);
}

static void test_names(void **state)
{
	struct guest_config g = {.file = "/etc/earlydom/web.cfg"};

	(void)state;
	is(file_path(&g, "/boot/k"), "/boot/k");
	is(file_path(&g, "k"), "/etc/earlydom/k");
	is(file_path(&g, "web/k"), "/etc/earlydom/web/k");
	is(file_path(&g, "./k"), "/etc/earlydom/k");
	is(file_path(&g, ".//./k"), "/etc/earlydom/k");
	/* As the kernel resolves it, where a directory may be a link. */
	is(file_path(&g, "../k"), "/etc/earlydom/../k");
	is(file_path(&g, "./../k"), "/etc/earlydom/../k");
	is(file_path(&g, ".k"), "/etc/earlydom/.k");
	g.dir = "/srv";
	is(file_path(&g, "k"), "/srv/k");
	is(file_path(&g, "/k"), "/k");
	g.dir = "";
	is(file_path(&g, "k"), "/k");
	g = (struct guest_config){.file = "/web.cfg"};
	is(file_path(&g, "k"), "/k");
	is(file_path_of_firmware("/x"), "/x");
	is(file_path_of_firmware("hvmloader"), "/usr/lib/xen-" XEN_LIBS_VERSION "/boot/hvmloader");
}

/* Every key that names a file. */
static void test_keys(void **state)
{
	static const char text[] =
		"memory = 64; type = 'hvm'; kernel = 'k'; ramdisk = './r'; memmap = 'm/map'\n"
		"device_model_override = 'qemu'; firmware_override = 'other'\n"
		"bios_path_override = 'bios'; bios = 'seabios'; acpi_firmware = 'acpi'; "
		"smbios_firmware = 'smbios'\n"
		"disk = [ 'a.img,raw,xvda', 'phy:vg/b,xvdb,w', 'LABEL=c,raw,xvde', '/d,raw,xvdd',\n"
		" 'file:./e.img,hdc:cdrom,r' ]\n";
	static const char classic[] =
		"memory = 64; type = 'hvm'; device_model_protocol = 'classic'\n"
		"kernel = 'k'; device_model_override = 'm'; device_model_config = 'm.cfg'\n";
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};

	(void)state;
	read_text("/srv/vm/web.cfg", text, &c, &g, &d);
	expect_diag(&d, "");
	assert_string_equal(g.kernel, "/srv/vm/k");
	assert_string_equal(g.ramdisk, "/srv/vm/r");
	assert_string_equal(g.memmap, "/srv/vm/m/map");
	assert_string_equal(g.model_override, "/srv/vm/qemu");
	assert_string_equal(g.firmware_override, "/usr/lib/xen-" XEN_LIBS_VERSION "/boot/other");
	assert_string_equal(g.bios_path, "/srv/vm/bios");
	assert_string_equal(g.acpi_firmware, "/srv/vm/acpi");
	assert_string_equal(g.smbios_firmware, "/srv/vm/smbios");
	assert_string_equal(g.disks[0].target, "/srv/vm/a.img");
	assert_string_equal(g.disks[1].target, "/dev/vg/b");
	assert_string_equal(g.disks[2].target, "LABEL=c");
	assert_string_equal(g.disks[3].target, "/d");
	assert_string_equal(g.disks[4].target, "/srv/vm/e.img");
	config_free(&g);
	c.dir = "/other";
	config_read(&c, &g, &d);
	assert_string_equal(g.kernel, "/other/k");
	assert_string_equal(g.disks[0].target, "/other/a.img");
	config_free(&g);
	descriptor_free(&c);
	read_text("/srv/web.cfg", classic, &c, &g, &d);
	expect_diag(&d, "");
	assert_string_equal(g.kernel, "/srv/k");
	assert_string_equal(g.model_override, "/srv/m");
	assert_string_equal(g.model_config, "/srv/m.cfg");
	config_free(&g);
	descriptor_free(&c);
	read_text("/srv/web.cfg", "memory = 64; type = 'hvm'; firmware = 'mine'", &c, &g, &d);
	expect_diag(&d, "");
	assert_string_equal(g.firmware_override, "/usr/lib/xen-" XEN_LIBS_VERSION "/boot/mine");
	config_free(&g);
	descriptor_free(&c);
}

/* Two names of one file. */
static void test_same(void **state)
{
	(void)state;
	refuses("disk = [ '/a,raw,xvda', './a,raw,xvdb' ]",
		"web.cfg:2:25: disk, entry 2: /a is already in entry 1, and one of them writes "
		"it\n");
}

static void test_wrong(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(check_file_name("a", &e), 0);
	assert_int_equal(check_file_name("", &e), -1);
	assert_string_equal(e.msg, "must not be empty");
	assert_int_equal(check_file_name("a/", &e), -1);
	assert_string_equal(e.msg, "must be the name of a file, not of a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
