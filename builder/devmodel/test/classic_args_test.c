/* The classic protocol's call: whole argument lists. */
#include "builder/fake/kit.h"

#include "builder/devmodel/classic_args.h"

static char model[] = "/sbin/model", config[] = "/etc/web.model";

static void check(const struct guest_config *cfg, const char *const *want)
{
	struct argv a = {0};
	struct err e;
	size_t i;

	KIT_CHECK(classic_args(cfg, 7, 33, &a, &e) == 0, "%s", e.msg);
	for (i = 0; want[i]; i++)
		KIT_CHECK(i < a.n && !strcmp(a.v[i], want[i]), "%zu: '%s', not '%s'", i,
			  i < a.n ? a.v[i] : "nothing", want[i]);
	assert_int_equal(a.n, i);
	assert_null(a.v[i]);
	argv_free(&a);
	assert_null(a.v);
}

#define CHECK(cfg, ...) check(cfg, (const char *const[]){__VA_ARGS__, NULL})

static struct guest_config guest(void)
{
	struct guest_config cfg = kit_config("web", GUEST_HVM);

	cfg.model_protocol = MODEL_CLASSIC;
	cfg.model_override = model;
	cfg.model_config = config;
	return cfg;
}

static void test_plain(void **state)
{
	struct guest_config cfg = guest();

	(void)state;
	CHECK(&cfg, "@model", "-f", "/etc/web.model", "-d", "7", "-p", "33", "-m", "64");
	cfg.memory_kib = 1500 * 1024;
	cfg.model_override = model + 6;
	CHECK(&cfg, "@model", "-f", "/etc/web.model", "-d", "7", "-p", "33", "-m", "1500");
}

static void viewer(const char *extra, const char *want)
{
	struct guest_config cfg = guest();
	char text[128];

	strcpy(text, extra);
	cfg.extra = text;
	if (want)
		CHECK(&cfg, "@model", "-f", "/etc/web.model", "-v", want, "-d", "7", "-p", "33",
		      "-m", "64");
	else
		CHECK(&cfg, "@model", "-f", "/etc/web.model", "-d", "7", "-p", "33", "-m", "64");
}

static void test_viewer(void **state)
{
	(void)state;
	viewer("VNC_VIEWER=host:1", "host:1");
	viewer("quiet VNC_VIEWER=host:1 root=/dev/hda", "host:1");
	viewer("\tquiet \t VNC_VIEWER=a=b", "a=b");
	viewer("VNC_VIEWER=a VNC_VIEWER=b", "a");
	viewer("", NULL);
	viewer("  ", NULL);
	viewer("VNC_VIEWER", NULL);
	viewer("VNC_VIEWER=", NULL);
	viewer("VNC_VIEWER= b", NULL);
	viewer("NO_VNC_VIEWER=a vnc_viewer=b", NULL);
}

static void test_more(void **state)
{
	char one[] = "-x", two[] = "a b", *args[2] = {one, two};
	struct guest_config cfg = guest();

	(void)state;
	cfg.model_args = (struct strings){args, 2};
	CHECK(&cfg, "@model", "-f", "/etc/web.model", "-d", "7", "-p", "33", "-m", "64", "-x",
	      "a b");
}

static void test_memory(void **state)
{
	struct guest_config cfg = guest();
	struct argv a = {0};
	struct err e;

	(void)state;
	fake_alloc_fail_at(1);
	assert_int_equal(classic_args(&cfg, 7, 33, &a, &e), -1);
	fake_alloc_fail_at(0);
	assert_string_equal(e.msg, "out of memory");
	argv_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_viewer),
		cmocka_unit_test(test_more),
		cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
