/*
 * Strings of vfb: those of xl.cfg(5) and of people, and what is wrong with others.
 */
#include "builder/fake/kit.h"

#include "builder/describe/vfb_spec.h"
#include "builder/describe/vnc_text.h"

static void parses(const char *text, struct vfb_spec *s)
{
	struct err e = {.msg = "right"};

	vfb_spec_parse(text, s, &e);
	assert_string_equal(e.msg, "right");
}

static void test_good(void **state)
{
	struct vfb_spec s;

	(void)state;
	parses("", &s);
	assert_true(vfb_has_vnc(&s));
	assert_true(vfb_takes_unused(&s));
	assert_null(s.listen);
	assert_null(s.password);
	assert_null(s.keymap);
	assert_null(s.ignored);
	assert_false(s.has_display);
	vfb_spec_free(&s);

	parses("vnc=1, vnclisten=192.168.1.2,vncdisplay=7,vncunused=0,vncpasswd=a b\"c,keymap=de,"
	       "sdl=0,opengl=0,display=:0,xauthority=/root/.Xauthority",
	       &s);
	assert_int_equal(s.vnc, VFB_FLAG_ON);
	assert_string_equal(s.listen, "192.168.1.2");
	assert_int_equal(s.display, 7);
	assert_false(vfb_takes_unused(&s));
	assert_string_equal(s.password, "a b\"c");
	assert_string_equal(s.keymap, "de");
	assert_int_equal(s.sdl, VFB_FLAG_OFF);
	assert_int_equal(s.opengl, VFB_FLAG_OFF);
	assert_string_equal(s.xdisplay, ":0");
	assert_string_equal(s.xauthority, "/root/.Xauthority");
	vfb_spec_free(&s);

	parses("sdl=1,opengl=1", &s);
	assert_int_equal(s.sdl, VFB_FLAG_ON);
	assert_int_equal(s.opengl, VFB_FLAG_ON);
	vfb_spec_free(&s);

	/* As people leave them: xl reads nothing as 0. */
	parses("vncdisplay=,vncunused=,vncpasswd=,sdl=,", &s);
	assert_true(s.has_display);
	assert_int_equal(s.display, 0);
	assert_int_equal(s.unused, VFB_FLAG_OFF);
	assert_string_equal(s.password, "");
	vfb_spec_free(&s);

	parses("vnc=0,vncdisplay=150", &s);
	assert_false(vfb_has_vnc(&s));
	assert_false(vfb_takes_unused(&s));
	vfb_spec_free(&s);

	/* xend's */
	parses("type=vnc,vnc=2", &s);
	assert_null(s.ignored);
	assert_int_equal(s.vnc, VFB_FLAG_ON);
	vfb_spec_free(&s);
	parses("type=sdl,videoram=8,vnclisten=[::1]:5", &s);
	assert_string_equal(s.ignored, "type");
	assert_string_equal(s.listen, "[::1]:5");
	vfb_spec_free(&s);
	parses("vnclisten=127.0.0.1:5,vncdisplay=0", &s);
	vfb_spec_free(&s);
}

static void wrong(const char *text, const char *want)
{
	struct vfb_spec s;
	struct err e = {.msg = "right"};

	assert_int_equal(vfb_spec_parse(text, &s, &e), -1);
	assert_string_equal(e.msg, want);
	vfb_spec_free(&s);
}

static void test_bad(void **state)
{
	(void)state;
	wrong("vnc=yes", "vnc must be a decimal number, not 'yes'");
	wrong("vnc=1,vnc=1", "vnc is given twice");
	wrong("vncunused=-", "vncunused must be a decimal number, not '-'");
	wrong("sdl=x", "sdl must be a decimal number, not 'x'");
	wrong("opengl=1,opengl=0", "opengl is given twice");
	wrong("vnclisten=", "vnclisten must not be empty: 0.0.0.0 is every address of dom0's");
	wrong("vnclisten=a b", "vnclisten must not hold blanks");
	wrong("vnclisten=[::1",
	      "vnclisten must be an address, or an address and ':' and a display");
	wrong("vnclisten=:1", "vnclisten must be an address, or an address and ':' and a display");
	wrong("vnclisten=a:x", "vnclisten must be an address, or an address and ':' and a display");
	wrong("vnclisten=a:59636", "vnclisten the display is out of range");
	wrong("vnclisten=a,vnclisten=b", "vnclisten is given twice");
	wrong("vncdisplay=59636", "vncdisplay is at most 59635");
	wrong("vncdisplay=x", "vncdisplay must be a decimal number, not 'x'");
	wrong("vncdisplay=1,vncdisplay=1", "vncdisplay is given twice");
	wrong("vncdisplay=100", "display 100 is beyond 99, the last that is tried with vncunused");
	wrong("vnclisten=a:100", "display 100 is beyond 99, the last that is tried with vncunused");
	wrong("vncdisplay=2,vnclisten=a:1",
	      "vncdisplay can't be given together with the display in vnclisten");
	wrong("vncpasswd=a,vncpasswd=b", "vncpasswd is given twice");
	wrong("keymap=", "keymap must be the name of one of QEMU's keymaps, such as de or en-us");
	wrong("keymap=../x",
	      "keymap must be the name of one of QEMU's keymaps, such as de or en-us");
	wrong("keymap=de,keymap=de", "keymap is given twice");
	wrong("display=a,display=b", "display is given twice");
	wrong("xauthority=a,xauthority=b", "xauthority is given twice");
	wrong("vnc=1,,sdl=0", "a parameter is missing between two commas");
	wrong("vnc", "'vnc' has no value");
	wrong("vncpaswd=x", "unknown parameter 'vncpaswd', did you mean 'vncpasswd'?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("vfb_spec", tests, NULL, NULL);
}
