/*
 * The key channel: its list, and guests that can't have one.
 */
#include "builder/fake/kit.h"

#include "builder/describe/channel_spec.h"
#include "config_expect.h"

static void reads(const char *text, struct descriptor *c, struct guest_config *g,
		  const char *messages)
{
	struct diag d = {0};
	char *all;

	assert_true(asprintf(&all, LEAST "\n%s", text) > 0);
	assert_int_equal(read_text("web.cfg", all, c, g, &d), 0);
	expect_diag(&d, messages);
	free(all);
}

static void test_good(void **state)
{
	static const char *const types[] = {"pv", "pvh", "hvm"};
	struct guest_config g;
	struct descriptor c;
	char text[160];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		snprintf(text, sizeof(text),
			 "type = '%s'; channel = ['connection=pty,name=a', "
			 "'connection=socket,path=/run/b,name=b']",
			 types[i]);
		reads(text, &c, &g, "");
		assert_int_equal(g.nr_channels, 2);
		assert_string_equal(g.channels[0].name, "a");
		assert_string_equal(g.channels[1].path, "/run/b");
		/* An hvm guest has a QEMU anyway. */
		assert_int_equal(guest_config_needs_qemu(&g), i < 2);
		config_free(&g);
		descriptor_free(&c);
	}
	reads("channel = []", &c, &g, "");
	assert_int_equal(g.nr_channels, 0);
	assert_false(guest_config_needs_qemu(&g));
	config_free(&g);
	descriptor_free(&c);
	reads("channel = ['connection=pty,name=a,path=/x']", &c, &g,
	      "web.cfg:2:12: note: channel, entry 1: path has no effect with connection=pty\n");
	config_free(&g);
	descriptor_free(&c);
}

static void test_bad(void **state)
{
	char text[1024] = "channel = ['', ";

	(void)state;
	refuses("channel = 'connection=pty,name=a'",
		"web.cfg:2:11: channel = \"connection=pty,name=a\": must be a list of strings, in "
		"[ ]\n");
	refuses("channel = ['connection=pty,name=a', 'name=b', 'connection=tcp,name=c']",
		"web.cfg:2:37: channel, entry 2: connection is missing: it is pty or socket\n"
		"web.cfg:2:47: channel, entry 3: unknown connection 'tcp': it is pty or socket\n");
	refuses("channel = ['connection=socket,path=/a,name=a', "
		"'connection=socket,path=/a,name=b']",
		"web.cfg:2:48: channel, entry 2: another entry has the path /a\n");
	refuses("image = 'vmx'; device_model_protocol = 'classic'; device_model_override = '/m'; "
		"device_model_config = '/c'; channel = ['connection=pty,name=a']",
		"web.cfg:2:109: channel needs QEMU, and device_model_protocol is \"classic\"\n");
	for (size_t i = 0; i < 32; i++)
		strcat(text, "'connection=pty', ");
	strcat(text, "]");
	refuses(text, "web.cfg:2:11: channel has 33 entries: a guest can have 32\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("config_channel", tests, NULL, NULL);
}
