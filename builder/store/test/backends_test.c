/*
 * Devices that another domain serves: their nodes and whose these are, that domain found, its end,
 * and another one in its place.
 */
#include "builder/fake/kit.h"

#include <xen/sched.h>

#include "builder/fake/fake_store.h"
#include "builder/fake/golden.h"
#include "builder/store/add_guest.h"
#include "builder/store/backends.h"
#include "builder/store/store.h"

#define WEB "/local/domain/2"
#define NET "/local/domain/1"

struct scene {
	struct host host;
	struct golden g;
	uint32_t net;
	struct err err;
};

static uint32_t make_domain(struct scene *s, const uint8_t uuid[16])
{
	struct xen_domctl_createdomain config = FAKE_DOMAIN;
	uint32_t domid = FAKE_DOMID_ANY;

	if (uuid)
		memcpy(config.handle, uuid, sizeof(config.handle));
	assert_int_equal(xc_domain_create(s->host.xch, &domid, &config), 0);
	return domid;
}

static void name_domain(uint32_t domid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/name", domid);
	fake_store_write(path, name);
}

/* web has a disk and an interface of net's, and one of dom0's; all is written. */
static void start_scene(struct scene *s)
{
	struct guest *g = &s->g.guest;

	memset(s, 0, sizeof(*s));
	fake_reset();
	fake_store()->running = true;
	KIT_CHECK(host_open(&s->host, false, &s->err) == 0, "%s", s->err.msg);
	KIT_CHECK(store_open(&s->host.xsh, &s->err) == 0, "%s", s->err.msg);
	s->net = make_domain(s, NULL);
	assert_int_equal(s->net, 1);
	name_domain(s->net, "net");
	golden_plain(&s->g, "web", GUEST_PV);
	golden_disk(&s->g, "a/b.qcow2,qcow2,xvda,backend=net", 0);
	golden_vif(&s->g, "mac=00:16:3e:01:02:03,backend=net,bridge=br0,script=vif-x");
	golden_vif(&s->g, "devid=1,mac=00:16:3e:01:02:04");
	g->backends = calloc(3, sizeof(*g->backends));
	g->domid = make_domain(s, g->uuid);
	assert_int_equal(g->domid, 2);
	g->store_port = (uint32_t)xc_evtchn_alloc_unbound(s->host.xch, g->domid, 0);
	KIT_CHECK(backends_find(g, &s->host, &s->err) == 0, "%s", s->err.msg);
	assert_int_equal(g->backends[0], 1);
	assert_int_equal(g->backends[1], 1);
	assert_int_equal(g->backends[2], 0);
	KIT_CHECK(store_add_guest(g, &s->host, &s->err) == 0, "%s", s->err.msg);
}

static void destroy(struct scene *s, uint32_t domid)
{
	char path[64];

	assert_int_equal(xc_domain_destroy(s->host.xch, domid), 0);
	snprintf(path, sizeof(path), "/local/domain/%u", domid);
	fake_store_remove(path);
}

static void close_scene(struct scene *s)
{
	if (s->net)
		destroy(s, s->net);
	store_remove_guest(&s->g.guest, &s->host);
	assert_int_equal(xc_domain_destroy(s->host.xch, s->g.guest.domid), 0);
	free(s->g.guest.backends);
	golden_free(&s->g);
	xs_close(s->host.xsh);
	host_close(&s->host);
	kit_nothing_held(true);
}

static void lists(const char *path, const char *want)
{
	char *list = fake_store_list(path);

	assert_string_equal(list, want);
	free(list);
}

/* As libxl__device_generic_add has them: the back end's directory is its domain's, and the guest
 * may read it; the front end's the other way round. What is above them is dom0's. */
static void test_nodes(void **state)
{
	struct scene s;

	(void)state;
	start_scene(&s);
	lists(NET "/backend", NET
	      "/backend = \"\"   (n0)\n" NET "/backend/qdisk = \"\"   (n0)\n" NET
	      "/backend/qdisk/2 = \"\"   (n0)\n" NET "/backend/qdisk/2/51712 = \"\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/bootable = \"1\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/dev = \"xvda\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/device-type = \"disk\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/discard-enable = \"1\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/frontend = \"" WEB "/device/vbd/51712\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/frontend-id = \"2\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/mode = \"w\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/online = \"1\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/params = \"qcow2:a/b.qcow2\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/removable = \"0\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/specification = \"xen\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/state = \"1\"   (n1,r2)\n" NET
	      "/backend/qdisk/2/51712/type = \"qdisk\"   (n1,r2)\n" NET
	      "/backend/vif = \"\"   (n0)\n" NET "/backend/vif/2 = \"\"   (n0)\n" NET
	      "/backend/vif/2/0 = \"\"   (n1,r2)\n" NET
	      "/backend/vif/2/0/bridge = \"br0\"   (n1,r2)\n" NET
	      "/backend/vif/2/0/frontend = \"" WEB "/device/vif/0\"   (n1,r2)\n" NET
	      "/backend/vif/2/0/frontend-id = \"2\"   (n1,r2)\n" NET
	      "/backend/vif/2/0/handle = \"0\"   (n1,r2)\n" NET
	      "/backend/vif/2/0/hotplug-status = \"\"   (n1,r2)\n" NET
	      "/backend/vif/2/0/mac = \"00:16:3e:01:02:03\"   (n1,r2)\n" NET
	      "/backend/vif/2/0/online = \"1\"   (n1,r2)\n" NET
	      "/backend/vif/2/0/script = \"/etc/xen/scripts/vif-x\"   (n1,r2)\n" NET
	      "/backend/vif/2/0/state = \"2\"   (n1,r2)\n" NET
	      "/backend/vif/2/0/type = \"vif\"   (n1,r2)\n");
	lists(WEB "/device/vif/0",
	      WEB "/device/vif/0 = \"\"   (n2,r1)\n" WEB "/device/vif/0/backend = \"" NET
		  "/backend/vif/2/0\"   (n2,r1)\n" WEB
		  "/device/vif/0/backend-id = \"1\"   (n2,r1)\n" WEB
		  "/device/vif/0/handle = \"0\"   (n2,r1)\n" WEB
		  "/device/vif/0/mac = \"00:16:3e:01:02:03\"   (n2,r1)\n" WEB
		  "/device/vif/0/mtu = \"1500\"   (n1,r2)\n" WEB
		  "/device/vif/0/state = \"1\"   (n2,r1)\n" WEB
		  "/device/vif/0/trusted = \"1\"   (n2,r1)\n");
	assert_string_equal(fake_store_read("/libxl/2/device/vif/0/backend"),
			    NET "/backend/vif/2/0");
	assert_string_equal(fake_store_read(WEB "/device/vbd/51712/backend-id"), "1");
	lists("/libxl/2/device/vbd/51712/params",
	      "/libxl/2/device/vbd/51712/params = \"qcow2:a/b.qcow2\"   (n0)\n");
	/* dom0's own beside it */
	lists("/local/domain/0/backend/vif/2/1/mac",
	      "/local/domain/0/backend/vif/2/1/mac = \"00:16:3e:01:02:04\"   (n0,r2)\n");
	lists(WEB "/device/vif/1/backend-id", WEB "/device/vif/1/backend-id = \"0\"   (n2,r0)\n");
	close_scene(&s);
}

static void finds(struct scene *s, const char *domain, int rc, uint32_t domid, const char *msg)
{
	struct guest *g = &s->g.guest;

	free(s->g.vif_specs[0].backend_domain);
	s->g.vif_specs[0].backend_domain = strdup(domain);
	assert_int_equal(backends_find(g, &s->host, &s->err), rc);
	if (!rc)
		assert_int_equal(g->backends[1], domid);
	else
		assert_string_equal(s->err.msg, msg);
	assert_true(!rc || s->err.passing);
}

static void test_find(void **state)
{
	struct scene s;
	struct guest before;

	(void)state;
	start_scene(&s);
	before = s.g.guest;
	finds(&s, "web", 0, 2, NULL);
	finds(&s, "2", 0, 2, NULL);
	finds(&s, "7", -1, 0, "vif 0: its back end 7 is not there: no such domain runs");
	finds(&s, "vpn", -1, 0, "vif 0: its back end vpn is not there: no such domain runs");
	/* Nodes of one that is gone; dom0 by another name than its own. */
	fake_store_write("/local/domain/9/name", "vpn");
	fake_store_write("/local/domain/0/name", "tower");
	finds(&s, "vpn", -1, 0, "vif 0: its back end vpn is not there: no such domain runs");
	finds(&s, "tower", -1, 0, "vif 0: its back end tower is not there: no such domain runs");
	fake_store_remove("/local/domain/9");
	fake_store_remove("/local/domain/0/name");
	assert_int_equal(xc_domain_shutdown(s.host.xch, 1, SHUTDOWN_crash), 0);
	assert_int_equal(backends_find(&s.g.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg,
			    "disk xvda: its back end net is not there: no such domain runs");
	fake_fail_call("xs_directory", 1, EPIPE);
	assert_int_equal(backends_find(&s.g.guest, &s.host, &s.err), -1);
	assert_string_equal(s.err.msg, "cannot read /local/domain in the store: Broken pipe");
	s.g.guest = before;
	finds(&s, "net", -1, 0, "disk xvda: its back end net is not there: no such domain runs");
	close_scene(&s);
}

static void test_again(void **state)
{
	struct scene s;
	struct guest *g = &s.g.guest;

	(void)state;
	start_scene(&s);
	/* As long as it runs nothing is to be done. */
	assert_int_equal(backends_take_off(g, &s.host, &s.err), 0);
	assert_int_equal(g->backends[1], 1);
	assert_non_null(fake_store_read(WEB "/device/vif/0/state"));
	/* It has shut down; its nodes are there until its end. */
	assert_int_equal(xc_domain_shutdown(s.host.xch, 1, SHUTDOWN_poweroff), 0);
	KIT_CHECK(backends_take_off(g, &s.host, &s.err) == 0, "%s", s.err.msg);
	assert_int_equal(g->backends[0], NO_DOMAIN);
	assert_int_equal(g->backends[1], NO_DOMAIN);
	assert_int_equal(g->backends[2], 0);
	assert_null(fake_store_read(WEB "/device/vif/0"));
	assert_null(fake_store_read(WEB "/device/vbd/51712"));
	assert_null(fake_store_read("/libxl/2/device/vif/0"));
	assert_null(fake_store_read(NET "/backend/vif/2/0"));
	assert_null(fake_store_read(NET "/backend/qdisk/2/51712"));
	assert_non_null(fake_store_read(WEB "/device/vif/1/state"));
	assert_int_equal(backends_put_back(g, &s.host, "net", &s.err), 1);
	assert_int_equal(g->backends[1], NO_DOMAIN);
	/* Another one of that name; one of another name serves nothing of it. */
	destroy(&s, 1);
	s.net = make_domain(&s, NULL);
	assert_int_equal(s.net, 3);
	name_domain(3, "net");
	assert_int_equal(backends_put_back(g, &s.host, "web", &s.err), 0);
	assert_int_equal(g->backends[1], NO_DOMAIN);
	KIT_CHECK(backends_put_back(g, &s.host, "net", &s.err) == 0, "%s", s.err.msg);
	assert_int_equal(g->backends[0], 3);
	assert_int_equal(g->backends[1], 3);
	assert_string_equal(fake_store_read(WEB "/device/vif/0/backend-id"), "3");
	lists("/local/domain/3/backend/vif/2/0/mac",
	      "/local/domain/3/backend/vif/2/0/mac = \"00:16:3e:01:02:03\"   (n3,r2)\n");
	assert_string_equal(fake_store_read("/libxl/2/device/vbd/51712/backend"),
			    "/local/domain/3/backend/qdisk/2/51712");
	close_scene(&s);
}

/* The guest's end: its back ends are asked in whichever domain they are. */
static void test_end(void **state)
{
	struct scene s;

	(void)state;
	start_scene(&s);
	fake_store_write(NET "/backend/vif/2/0/hotplug-status", "connected");
	fake_store_connect(2);
	assert_string_equal(fake_store_read(NET "/backend/vif/2/0/state"), "4");
	fake_store_write(NET "/backend/vif/5/0/state", "4"); /* another guest's */
	store_remove_guest(&s.g.guest, &s.host);
	assert_null(fake_store_read(NET "/backend/vif/2"));
	assert_null(fake_store_read(NET "/backend/qdisk"));
	assert_string_equal(fake_store_read(NET "/backend/vif/5/0/state"), "4");
	assert_string_equal(fake_store_read(NET "/name"), "net");
	assert_null(fake_store_read("/local/domain/0/backend"));
	assert_null(fake_store_read(WEB));
	close_scene(&s);

	/* Its domain is gone: nothing of it comes back. */
	start_scene(&s);
	destroy(&s, s.net);
	s.net = 0;
	store_remove_guest(&s.g.guest, &s.host);
	assert_null(fake_store_read(NET));
	assert_null(fake_store_read(WEB));
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_end),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
