/*
 * A VNC server that runs: it is told its password, and where it listens is in the store.
 */
#include "builder/fake/kit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/describe/vfb_spec.h"
#include "builder/devmodel/vnc.h"
#include "builder/fake/fake_store.h"
#include "builder/fake/net.h"
#include "builder/fake/qmp.h"

static struct guest_config cfg;
static struct guest guest;
static struct vfb_spec screen;

#define SOCKET "qmp/qmp-libxl-7"

#define WHERE "{\"enabled\": true, \"host\": \"0.0.0.0\", \"service\": \"5901\", \"auth\": \"vnc\"}"

static int begin(void **state)
{
	if (net_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	return mkdir("qmp", 0700);
}

static void set_up(enum guest_type type, const char *vfb)
{
	struct err e;

	fake_reset();
	fake_store()->running = true;
	cfg = kit_config("web", type);
	guest = (struct guest){.cfg = &cfg, .domid = 7};
	KIT_CHECK(vfb_spec_parse(vfb, &screen, &e) == 0, "%s", e.msg);
	cfg.vfbs = &screen;
	cfg.nr_vfbs = type != GUEST_HVM;
}

static const char *node(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/7/console/%s", name);
	return fake_store_read(path);
}

static void expect_asked(const char *want)
{
	char text[512];

	assert_string_equal(kit_read("log", text, sizeof(text)), want);
}

/* Publishes it, with a QEMU like that. */
static int publish(const struct fake_qmp *f, struct err *e)
{
	const pid_t pid = fake_qmp_start(f);
	const int rc = vnc_publish(&guest, e);

	fake_qmp_end(pid);
	return rc;
}

static void test_published(void **state)
{
	const struct fake_qmp f = {.socket = SOCKET, .log = "log", .vnc = WHERE};
	struct err e;

	(void)state;
	set_up(GUEST_PV, "vncpasswd=a\"b");
	KIT_CHECK(publish(&f, &e) == 0, "%s", e.msg);
	assert_string_equal(node("vnc-listen"), "0.0.0.0");
	assert_string_equal(node("vnc-port"), "5901");
	assert_string_equal(node("vnc-pass"), "a\"b");
	expect_asked("qmp_capabilities\n"
		     "change-vnc-password {\"password\": \"a\\\"b\"}\n"
		     "query-vnc\n");
	vfb_spec_free(&screen);

	/* An empty one is none. */
	set_up(GUEST_PVH, "vncpasswd=");
	KIT_CHECK(publish(&f, &e) == 0, "%s", e.msg);
	assert_string_equal(node("vnc-port"), "5901");
	assert_null(node("vnc-pass"));
	expect_asked("qmp_capabilities\nquery-vnc\n");
	vfb_spec_free(&screen);

	/* An hvm guest's, by its keys */
	set_up(GUEST_HVM, "");
	cfg.vnc = true;
	cfg.vncpasswd = (char *)(uintptr_t) "x";
	KIT_CHECK(publish(&f, &e) == 0, "%s", e.msg);
	assert_string_equal(node("vnc-pass"), "x");
	vfb_spec_free(&screen);
}

/* Who has none is not asked: there is nobody to answer. */
static void test_none(void **state)
{
	struct err e;

	(void)state;
	unlink(SOCKET);
	set_up(GUEST_PV, "vnc=0,vncpasswd=x");
	KIT_CHECK(vnc_publish(&guest, &e) == 0, "%s", e.msg);
	cfg.nr_vfbs = 0;
	KIT_CHECK(vnc_publish(&guest, &e) == 0, "%s", e.msg);
	cfg.type = GUEST_HVM;
	KIT_CHECK(vnc_publish(&guest, &e) == 0, "%s", e.msg);
	cfg.vnc = true;
	cfg.model_protocol = MODEL_CLASSIC;
	KIT_CHECK(vnc_publish(&guest, &e) == 0, "%s", e.msg);
	assert_null(node("vnc-port"));
	vfb_spec_free(&screen);
}

static void fails(const struct fake_qmp *f, const char *want, bool passing)
{
	struct err e;

	assert_int_equal(publish(f, &e), -1);
	assert_string_equal(e.msg, want);
	assert_int_equal(e.passing, passing);
	assert_null(node("vnc-port"));
	assert_null(node("vnc-pass"));
}

static void test_failures(void **state)
{
	struct fake_qmp f = {.socket = SOCKET, .log = "log", .vnc = WHERE};
	struct err e;

	(void)state;
	set_up(GUEST_PV, "vncpasswd=x");
	f.refuses = "change-vnc-password";
	f.why = "Could not set password";
	fails(&f, "its VNC server: QEMU refuses change-vnc-password: Could not set password",
	      false);
	f.refuses = "query-vnc";
	f.why = "no VNC";
	fails(&f, "its VNC server: QEMU refuses query-vnc: no VNC", false);
	f.refuses = NULL;
	f.hangs_up = "query-vnc";
	fails(&f, "its VNC server: QEMU does not answer query-vnc: it has hung up", true);
	f.hangs_up = NULL;
	f.vnc = NULL;
	fails(&f, "its VNC server: QEMU does not say where its VNC server listens", false);
	f.vnc = "{\"host\": \"0.0.0.0\", \"service\": 5901}";
	fails(&f, "its VNC server: QEMU does not say where its VNC server listens", false);
	f.vnc = WHERE;
	fake_store()->running = false;
	assert_int_equal(publish(&f, &e), -1);
	kit_good_message(&e);
	assert_non_null(strstr(e.msg, "its VNC server: "));
	fake_store()->running = true;
	unlink(SOCKET);
	assert_int_equal(vnc_publish(&guest, &e), -1);
	assert_string_equal(e.msg, "its VNC server: cannot connect to QEMU at " SOCKET
				   ": No such file or directory");
	vfb_spec_free(&screen);
}

static bool lo_is_up(void)
{
	return net_get("lo").flags & IFF_UP;
}

static void test_prepare(void **state)
{
	struct err e;

	(void)state;
	net_need();
	KIT_CHECK(link_set_up(net_get("lo").index, false, &e) == 0, "%s", e.msg);
	set_up(GUEST_PV, "vnc=0");
	vnc_prepare(&cfg);
	assert_false(lo_is_up());
	screen.vnc = VFB_FLAG_ON;
	vnc_prepare(&cfg);
	assert_true(lo_is_up());
	vnc_prepare(&cfg);
	assert_true(lo_is_up());
	vfb_spec_free(&screen);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_prepare),
	};

	return cmocka_run_group_tests_name("vnc", tests, begin, kit_end);
}
