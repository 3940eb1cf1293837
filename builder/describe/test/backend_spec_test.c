/*
 * backend= in disk and vif: which domain that is, what another domain's devices may say, and what
 * does not go together with it.
 */
#include "config_expect.h"

#include <xen/xen.h>

#include "builder/describe/backend_of.h"
#include "builder/describe/backend_spec.h"
#include "builder/describe/config_disks.h"
#include "builder/describe/disk_spec.h"
#include "builder/describe/vif_spec.h"

#define QEMU "type = 'hvm'\n"

static void test_domains(void **state)
{
	uint32_t domid;
	struct err e;

	(void)state;
	assert_true(backend_is_dom0(NULL) && backend_is_dom0("0") && backend_is_dom0("00") &&
		    backend_is_dom0("Domain-0"));
	assert_false(backend_is_dom0("net") || backend_is_dom0("1") || backend_is_dom0("0x0"));
	assert_true(backend_is_number("17", &domid));
	assert_int_equal(domid, 17);
	assert_true(backend_is_number("99999999999999999999", &domid));
	assert_int_equal(domid, DOMID_INVALID);
	assert_false(backend_is_number("17a", &domid));
	assert_true(backend_same(NULL, "Domain-0") && backend_same("7", "07") &&
		    backend_same("net", "net"));
	assert_false(backend_same(NULL, "net") || backend_same("7", "8") ||
		     backend_same("7", "net") || backend_same("net", "nets"));
	assert_int_equal(backend_check(NULL, &e), 0);
	assert_int_equal(backend_check("32751", &e), 0);
	assert_int_equal(backend_check("my net", &e), 0);
	assert_int_equal(backend_check("32752", &e), -1);
	assert_string_equal(e.msg, "backend 32752 is not the number of a domain: that is below "
				   "32752");
	assert_int_equal(backend_check("a/b", &e), -1);
	assert_string_equal(e.msg, "backend 'a/b' is not the name of a domain");
	assert_int_equal(backend_check("a\nb", &e), -1);
}

static void test_long_name(void **state)
{
	char name[129];
	struct err e;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[128] = '\0';
	assert_int_equal(backend_check(name + 1, &e), 0);
	assert_int_equal(backend_check(name, &e), -1);
	assert_string_equal(e.msg, "backend is longer than 127 characters");
}

/* What only dom0 would have to know is not looked at. */
static void test_elsewhere(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	read_good("disk = [ 'a/b:c,raw,xvda,backend=storage,script=/opt/block-x', \n"
		  "'/q,qcow2,xvdb,backend=storage', '/q,qcow2,xvdc', '/a,raw,xvdd,backend=0' ]\n"
		  "vif = [ "
		  "'backend=net,script=vif-openvswitch,bridge=ovs0.7:trunk=1,ip=any,vifname=n',\n"
		  "  'backend=9,script=vif-route,gatewaydev=ipsec', 'vifname=n' ]\n"
		  "on_backend_lost = 'destroy'",
		  "", &c, &g);
	assert_int_equal(backend_nr(&g), 7);
	assert_string_equal(backend_of(&g, 0), "storage");
	assert_string_equal(backend_of(&g, 1), "storage");
	assert_null(backend_of(&g, 2));
	assert_null(backend_of(&g, 3));
	assert_string_equal(backend_of(&g, 4), "net");
	assert_string_equal(backend_of(&g, 5), "9");
	assert_null(backend_of(&g, 6));
	assert_string_equal(g.disks[0].target, "a/b:c");
	/* A QEMU in dom0 serves one, a QEMU in storage another. */
	assert_int_equal(g.nr_qdisks, 1);
	assert_false(disk_by_qemu(&g.disks[0]) || g.disks[1].qdisk);
	assert_true(disk_by_qemu(&g.disks[1]) && disk_by_qemu(&g.disks[2]));
	assert_int_equal(g.on_backend_lost, BACKEND_LOST_DESTROY);
	read_done(&c, &g);
	read_good("", "", &c, &g);
	assert_int_equal(g.on_backend_lost, BACKEND_LOST_WAIT);
	read_done(&c, &g);
}

static void test_refused(void **state)
{
	(void)state;
	refuses("disk = [ '/a,raw,xvda,backend=web' ]\nvif = [ '', 'backend=web' ]",
		"web.cfg:2:10: disk, entry 1: backend web is the guest itself\n"
		"web.cfg:3:13: vif, entry 2: backend web is the guest itself\n");
	refuses("disk = [ 'UUID=1-2,raw,xvda,backend=storage' ]",
		"web.cfg:2:10: disk = \"UUID=1-2,raw,xvda,backend=storage\": target 'UUID=1-2' is "
		"looked up in dom0 alone: name what it is called in backend storage\n");
	refuses("disk = [ '/a,qcow2,xvda,script=x,backend=storage' ]",
		"web.cfg:2:10: disk = \"/a,qcow2,xvda,script=x,backend=storage\": script x is for "
		"raw disks that the kernel serves\n");
	refuses("disk = [ '/a,qcow2,xvda,ro,backend=storage' ]",
		"web.cfg:2:10: disk, entry 1: QEMU serves no disk for reading only: a raw one "
		"without backendtype=qdisk can be\n");
	refuses(QEMU "disk = [ '/a,raw,hdc,cdrom,backend=storage' ]",
		"web.cfg:3:10: disk, entry 1: a cdrom drive of an hvm guest is one of QEMU's in "
		"dom0, and can't be served by storage\n");
	refuses("disk = [ '/a,raw,xvda,backend=s', '/a,raw,xvdb,backend=s', '/a,raw,xvdc' ]",
		"web.cfg:2:35: disk, entry 2: /a is already in entry 1, and one of them writes "
		"it\n");
	refuses("vif = [ 'backend=net,vifname=a-name-too-long0' ]",
		"web.cfg:2:9: vif = \"backend=net,vifname=a-name-too-long0\": vifname "
		"'a-name-too-long0' is not a name for an interface (1 to 15 characters)\n");
	refuses("on_backend_lost = 'preserve'; vif = ['backend=net']",
		"web.cfg:2:19: on_backend_lost = \"preserve\": must be \"wait\", \"restart\" or "
		"\"destroy\"\n");
}

static void test_noted(void **state)
{
	struct descriptor c;
	struct guest_config g;

	(void)state;
	notes("on_backend_lost = 'wait'; vif = ['backend=0']",
	      "web.cfg:2:1: note: on_backend_lost has no effect: no disk and no vif has "
	      "backend=\n");
	notes(QEMU "disk = [ '/a,raw,xvda,ro,backend=s' ]\n"
		   "vif = [ 'backend=net,model=e1000', 'type=ioemu,backend=net' ]",
	      "web.cfg:3:10: note: disk, entry 1: QEMU emulates no drive of what s serves: only "
	      "the guest's own drivers see it\n"
	      "web.cfg:4:9: note: vif, entry 1: model has no effect: no card is emulated where "
	      "the back end is another domain's\n"
	      "web.cfg:4:36: note: vif, entry 2: type=ioemu has no effect: no card is emulated "
	      "where the back end is another domain's\n");
	read_good(QEMU "vif = [ 'backend=net' ]", "", &c, &g);
	assert_int_equal(g.vifs[0].type, VIF_TYPE_VIF);
	read_done(&c, &g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_domains),   cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_elsewhere), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_noted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
