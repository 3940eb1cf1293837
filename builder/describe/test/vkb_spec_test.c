/* Strings of vkb. */
#include "builder/fake/kit.h"

#include "builder/describe/vkb_spec.h"

static void test_good(void **state)
{
	struct vkb_spec s;
	struct err e;

	(void)state;
	KIT_CHECK(vkb_spec_parse("backend-type=qemu", &s, &e) == 0, "%s", e.msg);
	assert_null(s.unique_id);
	for (unsigned n = 0; n < VKB_NUMBERS; n++)
		assert_int_equal(s.number[n], 0);
	vkb_spec_free(&s);

	KIT_CHECK(vkb_spec_parse("backend=Domain-0, backend-type=qemu,unique-id=k1,"
				 "feature-disable-keyboard=1,feature-disable-pointer=0,"
				 "feature-abs-pointer=1,feature-raw-pointer=1,width=800,height=600",
				 &s, &e) == 0,
		  "%s", e.msg);
	assert_string_equal(s.unique_id, "k1");
	assert_int_equal(s.number[VKB_DISABLE_KEYBOARD], 1);
	assert_int_equal(s.number[VKB_DISABLE_POINTER], 0);
	assert_int_equal(s.number[VKB_ABS_POINTER], 1);
	assert_int_equal(s.number[VKB_RAW_POINTER], 1);
	assert_int_equal(s.number[VKB_WIDTH], 800);
	assert_int_equal(s.number[VKB_HEIGHT], 600);
	assert_int_equal(s.number[VKB_MULTI_TOUCH], 0);
	vkb_spec_free(&s);

	/* Sizes of one bring the feature with them. */
	KIT_CHECK(vkb_spec_parse("multi-touch-num-contacts=4294967295,backend-type=qemu", &s, &e) ==
			  0,
		  "%s", e.msg);
	assert_int_equal(s.number[VKB_MULTI_TOUCH], 1);
	assert_int_equal(s.number[VKB_TOUCH_CONTACTS], 4294967295);
	vkb_spec_free(&s);
}

static void wrong(const char *text, const char *want)
{
	struct err e = {.msg = "right"};
	struct vkb_spec s;

	assert_int_equal(vkb_spec_parse(text, &s, &e), -1);
	assert_string_equal(e.msg, want);
	vkb_spec_free(&s);
}

static void test_bad(void **state)
{
	(void)state;
	wrong("", "backend-type is missing: it is qemu");
	wrong("width=1", "backend-type is missing: it is qemu");
	wrong("backend-type=linux", "backend-type linux is not supported: it is qemu");
	wrong("backend-type=x", "unknown backend-type 'x': it is qemu");
	wrong("backend-type=qemu,backend-type=qemu", "backend-type is given twice");
	wrong("backend=net", "backend 'net' is not supported: it is dom0 (0 or Domain-0)");
	wrong("backend=0,backend=0", "backend is given twice");
	wrong("unique-id=a,unique-id=b", "unique-id is given twice");
	wrong("width=1,width=2", "width is given twice");
	wrong("width=4294967296", "width is at most 4294967295");
	wrong("height=-1", "height must be a decimal number, not '-1'");
	wrong("feature-abs-pointer=2", "feature-abs-pointer must be 0 or 1");
	wrong("backend-type=qemu,feature-multi-touch=1",
	      "feature-multi-touch needs multi-touch-width, multi-touch-height or "
	      "multi-touch-num-contacts");
	wrong("backend-type=qemu,,", "a parameter is missing between two commas");
	wrong("backend-type=qemu,width", "'width' has no value");
	wrong("hight=1", "unknown parameter 'hight', did you mean 'height'?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("vkb_spec", tests, NULL, NULL);
}
