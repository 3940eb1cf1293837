/*
 * Screens of pv and pvh guests: vfb and vkb, and the keys of VNC instead.
 */
#include "builder/fake/kit.h"

#include "builder/describe/vfb_spec.h"
#include "builder/describe/vkb_spec.h"
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

static void done(struct descriptor *c, struct guest_config *g)
{
	config_free(g);
	descriptor_free(c);
}

static void test_vfb(void **state)
{
	struct guest_config g;
	struct descriptor c;

	(void)state;
	reads("vfb = ['vnc=1,vnclisten=0.0.0.0', '']; vkb = ['backend-type=qemu,width=800']", &c,
	      &g, "");
	assert_int_equal(g.nr_vfbs, 2);
	assert_string_equal(g.vfbs[0].listen, "0.0.0.0");
	assert_int_equal(g.nr_vkbs, 1);
	assert_int_equal(g.vkbs[0].number[VKB_WIDTH], 800);
	assert_true(guest_config_needs_qemu(&g));
	done(&c, &g);

	reads("type = 'pvh'; vfb = ['vnc=0']", &c, &g, "");
	assert_true(guest_config_needs_qemu(&g));
	done(&c, &g);
	reads("type = 'pvh'; vkb = ['backend-type=qemu']", &c, &g, "");
	assert_true(guest_config_needs_qemu(&g));
	done(&c, &g);
	reads("vfb = []; vkb = []", &c, &g, "");
	assert_false(guest_config_needs_qemu(&g));
	done(&c, &g);
	reads("vfb = ['sdl=1,opengl=1', 'opengl=1', 'sdl=0']", &c, &g,
	      "web.cfg:2:8: note: vfb, entry 1: sdl=1 has no effect: there is no display in dom0: "
	      "vnc=1 shows the same screen\n"
	      "web.cfg:2:26: note: vfb, entry 2: opengl=1 has no effect: there is no display in "
	      "dom0: vnc=1 shows the same screen\n");
	assert_int_equal(g.nr_vfbs, 3);
	done(&c, &g);
	/* The keys of VNC are for guests without it. */
	reads("vfb = ['type=sdl,vncdisplay=3', '']; vnc = 1; vnclisten = 'x'; keymap = 'de'", &c,
	      &g,
	      "web.cfg:2:8: note: vfb, entry 1: type has no effect: it was xend's, and xl ignores "
	      "it\n"
	      "web.cfg:2:38: note: vnc has no effect beside vfb\n"
	      "web.cfg:2:47: note: vnclisten has no effect beside vfb\n"
	      "web.cfg:2:64: note: keymap has no effect beside vfb\n");
	assert_int_equal(g.nr_vfbs, 2);
	assert_null(g.vfbs[0].listen);
	done(&c, &g);
	notes("type = 'hvm'; vfb = ['vnc=1']; vkb = ['x']",
	      "web.cfg:2:15: note: vfb has no effect in a hvm guest\n"
	      "web.cfg:2:32: note: vkb has no effect in a hvm guest\n");
}

static void test_vnc(void **state)
{
	struct guest_config g;
	struct descriptor c;

	(void)state;
	reads("vnc = 1", &c, &g, "");
	assert_int_equal(g.nr_vfbs, 1);
	assert_true(vfb_has_vnc(&g.vfbs[0]));
	assert_int_equal(g.vfbs[0].unused, VFB_FLAG_DEFAULT);
	assert_false(g.vfbs[0].has_display);
	assert_null(g.vfbs[0].password);
	done(&c, &g);

	reads("vnc = 1; vnclisten = '::1'; vncdisplay = 5; vncunused = 0; vncpasswd = 'a,b'; "
	      "keymap = 'fr-ch'",
	      &c, &g, "");
	assert_string_equal(g.vfbs[0].listen, "::1");
	assert_int_equal(g.vfbs[0].display, 5);
	assert_int_equal(g.vfbs[0].unused, VFB_FLAG_OFF);
	assert_string_equal(g.vfbs[0].password, "a,b");
	assert_string_equal(g.vfbs[0].keymap, "fr-ch");
	done(&c, &g);

	reads("vnc = 0; vnclisten = 'x'; keymap = 'de'", &c, &g,
	      "web.cfg:2:10: note: vnclisten has no effect without vnc = 1\n"
	      "web.cfg:2:27: note: keymap has no effect without vnc = 1\n");
	assert_false(guest_config_needs_qemu(&g));
	done(&c, &g);
	/* As in xl, where a pv guest has none by default. */
	reads("vncpasswd = 'x'", &c, &g,
	      "web.cfg:2:1: note: vncpasswd has no effect without vnc = 1\n");
	assert_int_equal(g.nr_vfbs, 0);
	done(&c, &g);
	notes("type = 'pvh'; vnc = 1", "web.cfg:2:15: note: vnc has no effect in a pvh guest\n");
}

static void test_wrong(void **state)
{
	char text[2048] = "vfb = [";

	(void)state;
	/* What is wrong is not shown. */
	refuses("vfb = ['vnc=1', 'vncpasswd=secret,vnclisten=', 'vnc=x']",
		"web.cfg:2:17: vfb, entry 2: vnclisten must not be empty: 0.0.0.0 is every address "
		"of dom0's\n"
		"web.cfg:2:48: vfb, entry 3: vnc must be a decimal number, not 'x'\n");
	refuses("vkb = ['width=1']",
		"web.cfg:2:8: vkb, entry 1: backend-type is missing: it is qemu\n");
	refuses("vfb = 1; vnc = 1", "web.cfg:2:7: vfb = ...: must be a list of strings, in [ ]\n");
	refuses("vnc = 1; vncdisplay = 100",
		"web.cfg:2:23: vncdisplay: display 100 is beyond 99, the last that is tried with "
		"vncunused\n");
	refuses("vnc = 1; keymap = 'd e'", "web.cfg:2:19: keymap = \"d e\": must be the name of "
					   "one of QEMU's keymaps, such as "
					   "de or en-us\n");
	for (int i = 0; i < 65; i++)
		strcat(text, "'',");
	strcat(text, "]");
	refuses(text, "web.cfg:2:7: vfb has 65 entries: a guest can have 64\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vfb),
		cmocka_unit_test(test_vnc),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests_name("config_screen", tests, NULL, NULL);
}
