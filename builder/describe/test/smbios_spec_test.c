/* Strings of smbios. */
#include "builder/fake/kit.h"

#include "builder/describe/smbios_spec.h"

static void node_is(const char *text, unsigned *oem, const char *want_node, const char *want)
{
	char node[SMBIOS_NODE_MAX];
	struct err e;

	KIT_CHECK(smbios_check(text, &e) == 0, "%s: %s", text, e.msg);
	assert_string_equal(smbios_node(text, oem, node), want);
	assert_string_equal(node, want_node);
}

static void test_good(void **state)
{
	unsigned oem = 0;

	(void)state;
	node_is("bios_vendor=Xen", &oem, "bios-strings/bios-vendor", "Xen");
	node_is("baseboard_location_in_chassis= a_b=c", &oem,
		"bios-strings/baseboard-location-in-chassis", " a_b=c");
	node_is("oem=x", &oem, "bios-strings/oem-1", "x");
	node_is("battery_device_name=B", &oem, "bios-strings/battery-device-name", "B");
	node_is("oem=y", &oem, "bios-strings/oem-2", "y");
	/* As with libxl, in upper case, too. */
	node_is("BIOS_Version=B", &oem, "bios-strings/bios-version", "B");
	node_is("Oem=Z", &oem, "bios-strings/oem-3", "Z");
	assert_true(smbios_same("Bios_vendor=a", "bios_vendor=b"));
	assert_true(smbios_is_oem("oem=a"));
	assert_false(smbios_is_oem("oe=a") || smbios_is_oem("oemx=a"));
	assert_true(smbios_same("bios_vendor=a", "bios_vendor=b"));
	assert_false(smbios_same("bios_vendor=a", "bios_version=a"));
	assert_false(smbios_same("system_version=a", "bios_vendor=a"));
}

static void wrong(const char *text, const char *want)
{
	struct err e = {.msg = "right"};

	assert_int_equal(smbios_check(text, &e), -1);
	assert_string_equal(e.msg, want);
}

static void test_bad(void **state)
{
	(void)state;
	wrong("", "must be KEY=VALUE");
	wrong("bios_vendor", "must be KEY=VALUE");
	wrong("bios_vendor=", "bios_vendor has no value");
	wrong("=x", "unknown parameter ''");
	wrong("bios_vendo=x", "unknown parameter 'bios_vendo', did you mean 'bios_vendor'?");
	wrong(" bios_vendor=x", "unknown parameter ' bios_vendor', did you mean 'bios_vendor'?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("smbios_spec", tests, NULL, NULL);
}
