/*
 * Dom0's kernel command line: what is taken from it, and every error with its column.
 * With --seeds DIR: writes some to DIR, for cmdline_fuzz to start from.
 */
#include "base/test/diag_expect.h"

#include "builder/choose/cmdline.h"

/* What was read, as text. */
static void dump(const struct cmdline *c, FILE *f)
{
	static const char *const selects[] = {"all", "none", "names"};
	static const char *const echoes[] = {"off", "console", "kmsg"};

	fprintf(f, "%s", selects[c->select]);
	for (size_t i = 0; i < c->nr_names; i++)
		fprintf(f, " %s@%u", c->names[i], c->name_locs[i].column);
	if (c->nr_profiles)
		fprintf(f, "; profile");
	for (size_t i = 0; i < c->nr_profiles; i++)
		fprintf(f, " %s@%u", c->profiles[i], c->profile_locs[i].column);
	for (size_t i = 0; i < c->nr_overrides; i++) {
		const struct override *o = &c->overrides[i];

		assert_string_equal(o->loc.file, "kernel command line");
		assert_int_equal(o->loc.line, 1);
		assert_int_equal(o->value_loc.line, 1);
		fprintf(f, "; %s.%s@%u=%s@%u", o->guest, o->key, o->loc.column, o->value,
			o->value_loc.column);
	}
	fprintf(f, "%s%s%s%s", c->store_off ? "; store off" : "", c->store_on ? "; store on" : "",
		c->rescue ? "; rescue" : "", c->require_sha256 ? "; require_sha256" : "");
	for (size_t i = 0; i < c->nr_bridges; i++) {
		fprintf(f, "; bridge %s", c->bridges[i].name);
		for (size_t j = 0; j < c->bridges[i].nr_ports; j++)
			fprintf(f, " %s", c->bridges[i].ports[j]);
	}
	for (size_t i = 0; i < c->nr_hide; i++) {
		char text[PCI_SPEC_TEXT];

		assert_string_equal(c->hide[i].loc.file, "kernel command line");
		fprintf(f, "; hide %s@%u", pci_spec_text(&c->hide[i].spec, text),
			c->hide[i].loc.column);
	}
	assert_int_equal(cmdline_wait_s(c), c->wait_given ? c->wait_s : 120);
	if (c->wait_given)
		fprintf(f, "; wait %u", c->wait_s);
	if (c->echo != ECHO_OFF)
		fprintf(f, "; echo %s", echoes[c->echo]);
}

static void reads(const char *text, const char *want, const char *errors)
{
	struct cmdline c;
	struct diag d = {0};
	size_t n = cmdline_parse(text, &c, &d), len;
	char *got = NULL;
	FILE *f = open_memstream(&got, &len);

	assert_int_equal(n, diag_count(&d));
	dump(&c, f);
	fclose(f);
	assert_string_equal(got, want);
	expect_diag(&d, errors);
	cmdline_free(&c);
	free(got);
}

#define AT(column) "kernel command line:1:" #column ": "

static void test_select(void **state)
{
	(void)state;
	reads("", "all", "");
	reads("root=/dev/sda1 quiet\n", "all", "");
	reads("earlydom=all", "all", "");
	reads("earlydom=none", "none", "");
	reads("quiet earlydom=web,db-2 x", "names web@16 db-2@20", "");
	reads("earlydom=\"web,db\"\n", "names web@11 db@15", "");
	reads("earlydom=web earlydom=db", "names db@23", "");
	reads("earlydom=web earlydom=all", "all", "");
	reads("earlydom=none earlydom=web", "names web@24", "");
	reads("earlydomx=1 xearlydom=2 early-dom=3 earlydom-=4", "all", "");
	reads("earlydom=web -- earlydom=db", "names web@10", "");
	reads("--=x earlydom=db", "names db@15", "");
	reads("earlydom", "all",
	      AT(1) "earlydom needs a value: earlydom=GUEST,..., earlydom=all or earlydom=none\n");
	reads("earlydom=web earlydom=", "names web@10",
	      AT(14) "earlydom needs a value: earlydom=GUEST,..., earlydom=all or earlydom=none\n");
	reads("earlydom=web,,db,", "names web@10 db@15",
	      AT(14) "earlydom: an entry is empty\n" AT(18) "earlydom: an entry is empty\n");
	reads("earlydom=,", "all",
	      AT(10) "earlydom: an entry is empty\n" AT(11) "earlydom: an entry is empty\n");
	reads("earlydom=web,db,web", "names web@10 db@14", AT(17) "earlydom: 'web': given twice\n");
	reads("earlydom=a.b,/a,web,.c,-d", "names a.b@10 web@17",
	      AT(14) "earlydom: '/a': not a name\n" AT(21) "earlydom: '.c': not a name\n" AT(
		      24) "earlydom: '-d': not a name\n");
	reads("earlydom=\"a b\"", "all", AT(11) "earlydom: 'a b': not a name\n");
	reads("earlydom=all,web,none", "names web@14",
	      AT(10) "earlydom: 'all' stands alone, not in a list\n" AT(
		      18) "earlydom: 'none' stands alone, not in a list\n");
	reads("earlydom=all,none", "all",
	      AT(10) "earlydom: 'all' stands alone, not in a list\n" AT(
		      14) "earlydom: 'none' stands alone, not in a list\n");
	reads("earlydom=\"web", "all", AT(1) "earlydom: the quote is not closed\n");
	reads("x=\"a earlydom=web", "all", "");
}

static void test_parameters(void **state)
{
	(void)state;
	reads("earlydom.profile=a,b", "all; profile a@18 b@20", "");
	reads("earlydom.profile=a earlydom.profile=b", "all; profile b@37", "");
	reads("earlydom.profile=a,,a", "all; profile a@18",
	      AT(20) "earlydom.profile: an entry is empty\n" AT(
		      21) "earlydom.profile: 'a': given twice\n");
	reads("earlydom.profile=a earlydom.profile=,", "all; profile a@18",
	      AT(37) "earlydom.profile: an entry is empty\n" AT(
		      38) "earlydom.profile: an entry is empty\n");
	reads("earlydom.profile", "all",
	      AT(1) "earlydom.profile needs a value: earlydom.profile=NAME,...\n");
	reads("earlydom.store=off", "all; store off", "");
	reads("earlydom.store=0 earlydom.store=on", "all; store on", "");
	reads("earlydom.store=1 earlydom.store=off", "all; store off", "");
	reads("earlydom.store", "all", AT(1) "earlydom.store needs a value: on or off\n");
	reads("earlydom.store=no", "all", AT(16) "earlydom.store=no: must be on or off\n");
	reads("earlydom.rescue", "all; rescue", "");
	reads("earlydom.rescue=1", "all; rescue", "");
	reads("earlydom.rescue=on", "all; rescue", "");
	reads("earlydom.rescue earlydom.rescue=off", "all", "");
	reads("earlydom.rescue=", "all", AT(17) "earlydom.rescue=: must be on or off\n");
	reads("earlydom.rescue=yes", "all", AT(17) "earlydom.rescue=yes: must be on or off\n");
	reads("earlydom.require_sha256", "all; require_sha256", "");
	reads("earlydom.require_sha256=on", "all; require_sha256", "");
	reads("earlydom.require_sha256 earlydom.require_sha256=0", "all", "");
	reads("earlydom.echo=console", "all; echo console", "");
	reads("earlydom.echo=console earlydom.echo=kmsg", "all; echo kmsg", "");
	reads("earlydom.echo=kmsg earlydom.echo=off", "all", "");
	reads("earlydom.echo", "all", AT(1) "earlydom.echo needs a value: off, console or kmsg\n");
	reads("earlydom.echo=tty", "all",
	      AT(15) "earlydom.echo=tty: must be off, console or kmsg\n");
	reads("earlydom.profil=x", "all",
	      AT(1) "unknown parameter 'earlydom.profil', did you mean 'earlydom.profile'?\n");
	reads("earlydom.foo=x", "all",
	      AT(1) "unknown parameter 'earlydom.foo' (a guest's keys: "
		    "earlydom.GUEST.KEY=VALUE)\n");
	reads("earlydom.", "all",
	      AT(1) "unknown parameter 'earlydom.' (a guest's keys: earlydom.GUEST.KEY=VALUE)\n");
	reads("earlydom.rescue=\"on", "all", AT(1) "earlydom.rescue: the quote is not closed\n");
}

/* What is wrong with it does not turn off what it forbids. */
static void test_require_wrong(void **state)
{
	(void)state;
	reads("earlydom.require_sha256=yes", "all; require_sha256",
	      AT(25) "earlydom.require_sha256=yes: must be on or off\n");
	reads("earlydom.require_sha256=", "all; require_sha256",
	      AT(25) "earlydom.require_sha256=: must be on or off\n");
	reads("earlydom.require_sha256=off earlydom.require_sha256=of", "all; require_sha256",
	      AT(53) "earlydom.require_sha256=of: must be on or off\n");
	reads("earlydom.require_sha256=\"on", "all; require_sha256",
	      AT(1) "earlydom.require_sha256: the quote is not closed\n");
	reads("\"earlydom.require_sha256 quiet", "all; require_sha256",
	      AT(2) "earlydom.require_sha256 quiet: the quote is not closed\n");
	reads("earlydom.require-sha256", "all; require_sha256",
	      AT(1) "unknown parameter 'earlydom.require-sha256', did you mean "
		    "'earlydom.require_sha256'?\n");
	reads("-- earlydom.require_sha256", "all", "");
}

#define HIDE "earlydom.pci.hide"

static void test_pci(void **state)
{
	(void)state;
	reads(HIDE "=05:00.0", "all; hide 0000:05:00.0@19", "");
	reads(HIDE "=0001:05:00.*,id=8086:100e#2,slot=4,slot=5.1,bdf=00:1f.2",
	      "all; hide 0001:05:00.*@19; hide id=8086:100e#2@32; hide slot=4.*@47; "
	      "hide slot=5.1@54; hide 0000:00:1f.2@63",
	      "");
	reads(HIDE "=05:00.0 earlydom=none " HIDE "=05:00.1 \"" HIDE "=slot=a b\" " HIDE
		   "=\"slot=c d\" -- " HIDE "=05:00.2",
	      "none; hide 0000:05:00.0@19; hide 0000:05:00.1@59; hide slot=a b.*@86; "
	      "hide slot=c d.*@115",
	      "");
	reads(HIDE, "all", AT(1) HIDE " needs a value: " HIDE "=DEVICE,...\n");
	reads(HIDE "=", "all", AT(1) HIDE " needs a value: " HIDE "=DEVICE,...\n");
	reads(HIDE "=\"05:00.0", "all", AT(1) HIDE ": the quote is not closed\n");
	/* The others count all the same. */
	reads(HIDE "=05:00.0,,05:00,05:00.1,", "all; hide 0000:05:00.0@19; hide 0000:05:00.1@34",
	      AT(27) HIDE ": an entry is empty\n" AT(28) HIDE
	      ": '05:00' is not a PCI device such as 0000:36:00.0, as "
	      "lspci -D shows it\n" AT(42) HIDE ": an entry is empty\n");
#define ALONE "': a device stands here alone, its options belong to a guest's key pci\n"
	reads(HIDE "=05:00.0@7,05:00.0,permissive=1,rdm_policy=strict,seize=0,msitranslate=1,"
		   "power_mgmt=1,vslot=3",
	      "all; hide 0000:05:00.0@29",
	      AT(19) HIDE ": '05:00.0@7" ALONE AT(37) HIDE ": 'permissive=1" ALONE AT(50) HIDE
	      ": 'rdm_policy=strict" ALONE AT(68) HIDE ": 'seize=0" ALONE AT(76) HIDE
	      ": 'msitranslate=1" ALONE AT(91) HIDE ": 'power_mgmt=1" ALONE AT(104) HIDE
	      ": 'vslot=3" ALONE);
	reads(HIDE "=name=nic", "all",
	      AT(19) HIDE ": 'name=nic': names are in the store, which is not there yet: bdf, id "
			  "or slot names a device\n");
	reads("earlydom.pci.hde=1", "all", AT(14) "unknown key 'hde'\n");
}

/* What tells which devices dom0 needs. */
static void test_dom0(void **state)
{
	struct cmdline c;
	struct diag d = {0};

	(void)state;
	cmdline_parse("root=/dev/a console=ttyS0,115200n8 root=\"LABEL=a b\" console=tty0 console "
		      "root earlydom=none console= -- root=/dev/b console=x",
		      &c, &d);
	assert_int_equal(diag_count(&d), 0);
	assert_string_equal(c.dom0.root, "LABEL=a b");
	assert_int_equal(c.dom0.nr_consoles, 3);
	assert_string_equal(c.dom0.consoles[0], "ttyS0");
	assert_string_equal(c.dom0.consoles[1], "tty0");
	assert_string_equal(c.dom0.consoles[2], "");
	cmdline_free(&c);
	cmdline_parse("quiet", &c, &d);
	assert_null(c.dom0.root);
	assert_int_equal(c.dom0.nr_consoles, 0);
	cmdline_free(&c);
}

static void test_bridges(void **state)
{
	(void)state;
	reads("earlydom.bridge=xenbr0", "all; bridge xenbr0", "");
	reads("earlydom.bridge=xenbr0:eth0", "all; bridge xenbr0 eth0", "");
	reads("earlydom.bridge=br-lan:eth0,eth1.5 earlydom.bridge=br1 earlydom=web",
	      "names web@65; bridge br-lan eth0 eth1.5; bridge br1", "");
	reads("earlydom.bridge=\"br0:eth0\"", "all; bridge br0 eth0", "");
	reads("earlydom.bridge=012345678901234:abcdefghijklmno",
	      "all; bridge 012345678901234 abcdefghijklmno", "");
	reads("earlydom.bridge", "all",
	      AT(1) "earlydom.bridge needs a value: earlydom.bridge=NAME or "
		    "earlydom.bridge=NAME:DEV,...\n");
	reads("earlydom.bridge=", "all",
	      AT(1) "earlydom.bridge needs a value: earlydom.bridge=NAME or "
		    "earlydom.bridge=NAME:DEV,...\n");
	reads("earlydom.bridge=br%d earlydom.bridge=:eth0 earlydom.bridge=..", "all",
	      AT(17) "earlydom.bridge: 'br%d' is not a name for an interface (1 to 15 "
		     "characters)\n" AT(38) "earlydom.bridge: '' is not a name for an interface (1 "
					    "to 15 characters)\n" AT(
						    60) "earlydom.bridge: '..' is not a name for "
							"an interface (1 to 15 characters)\n");
	reads("earlydom.bridge=0123456789012345", "all",
	      AT(17) "earlydom.bridge: '0123456789012345' is not a name for an interface (1 to 15 "
		     "characters)\n");
	reads("earlydom.bridge=\"a b\" earlydom.bridge=a/b", "all",
	      AT(18) "earlydom.bridge: 'a b' is not a name for an interface (1 to 15 "
		     "characters)\n" AT(39) "earlydom.bridge: 'a/b' is not a name for an interface "
					    "(1 to 15 characters)\n");
	/* What is right of it counts. */
	reads("earlydom.bridge=br0:", "all; bridge br0",
	      AT(21) "earlydom.bridge: a port is missing behind ':' or ','\n");
	reads("earlydom.bridge=br0:eth0,,eth1,e:f,eth0,br0", "all; bridge br0 eth0 eth1",
	      AT(26) "earlydom.bridge: a port is missing behind ':' or ','\n" AT(
		      32) "earlydom.bridge: port 'e:f' is not a name for an interface (1 to 15 "
			  "characters)\n" AT(36) "earlydom.bridge: port 'eth0' is given twice\n" AT(
				  41) "earlydom.bridge: port 'br0' is a bridge itself\n");
	reads("earlydom.bridge=a:x earlydom.bridge=a:y earlydom.bridge=b:x,z,a earlydom.bridge=z",
	      "all; bridge a x; bridge b z",
	      AT(37) "earlydom.bridge: 'a' is given twice\n" AT(
		      59) "earlydom.bridge: port 'x' is "
			  "already on a\n" AT(
				  63) "earlydom.bridge: "
				      "port 'a' is a "
				      "bridge "
				      "itself\n" AT(
					      81) "earlydom.bridge: 'z' is already a port of b\n");
	reads("earlydom.brige=br0", "all",
	      AT(1) "unknown parameter 'earlydom.brige', did you mean 'earlydom.bridge'?\n");
	reads("earlydom.bridge.memory=1", "all",
	      AT(1) "earlydom.bridge.memory: 'bridge' can't be the name of a guest\n");
}

static void test_wait(void **state)
{
	(void)state;
	reads("earlydom.wait=30", "all; wait 30", "");
	reads("earlydom.wait=no", "all; wait 0", "");
	reads("earlydom.wait=86400 earlydom.wait=1", "all; wait 1", "");
	reads("earlydom.wait=5 earlydom.wait=0", "all; wait 5",
	      AT(31) "earlydom.wait=0: must be 1 to 86400 seconds, or no\n");
	reads("earlydom.wait=86401", "all",
	      AT(15) "earlydom.wait=86401: must be 1 to 86400 seconds, or no\n");
	reads("earlydom.wait=off", "all",
	      AT(15) "earlydom.wait=off: must be 1 to 86400 seconds, or no\n");
	reads("earlydom.wait", "all", AT(1) "earlydom.wait needs a value: seconds, or no\n");
}

static void test_overrides(void **state)
{
	(void)state;
	reads("earlydom.web.memory=256", "all; web.memory@1=256@21", "");
	reads("a earlydom.web.extra=\"x y\" b", "all; web.extra@3=x y@23", "");
	reads("\"earlydom.web.extra=x y\"", "all; web.extra@2=x y@21", "");
	reads("earlydom.web.extra=", "all; web.extra@1=@20", "");
	reads("earlydom.web.extra=a.b=c", "all; web.extra@1=a.b=c@20", "");
	reads("earlydom.web.memory=1 earlydom.db.memory=2 earlydom.web.memory=3",
	      "all; web.memory@44=3@64; db.memory@23=2@42", "");
	reads("earlydom.web-1.disk=[]", "all; web-1.disk@1=[]@21", "");
	reads("earlydom.web.memory", "all",
	      AT(1) "earlydom.web.memory needs a value: earlydom.web.memory=VALUE\n");
	reads("earlydom.web.=1", "all",
	      AT(1) "earlydom.web. needs a key: earlydom.GUEST.KEY=VALUE\n");
	reads("earlydom.web.memroy=1", "all",
	      AT(14) "unknown key 'memroy', did you mean 'memory'?\n");
	/* A key of xl's alone is judged with its value, when the descriptor is read. */
	reads("earlydom.web.soundhw=1", "all; web.soundhw@1=1@22", "");
	reads("earlydom.web.name=x", "all",
	      AT(1) "earlydom.web.name: the name of a guest can't be overridden\n");
	reads("earlydom.store.memory=1", "all",
	      AT(1) "earlydom.store.memory: 'store' can't be the name of a guest\n");
	reads("earlydom..memory=1", "all",
	      AT(1) "earlydom..memory: '' can't be the name of a guest\n");
	/* The last word is the key. */
	reads("earlydom.web.example.org.memory=1 earlydom.web.memory=2 earlydom.web.memory.vcpus=3",
	      "all; web.example.org.memory@1=1@33; web.memory@35=2@55; web.memory.vcpus@57=3@83",
	      "");
	reads("earlydom.store.example.org.memory=1", "all; store.example.org.memory@1=1@35", "");
	reads("earlydom.web.example.org=1", "all", AT(22) "unknown key 'org'\n");
	reads("earlydom..web.memory=1", "all",
	      AT(1) "earlydom..web.memory: '.web' can't be the name of a guest\n");
	reads("earlydom.web.extra=\"x earlydom=none", "all",
	      AT(1) "earlydom.web.extra: the quote is not closed\n");
}

static void write_seeds(const char *dir)
{
	write_text(dir, "names",
		   "root=/dev/sda1 earlydom=web,db,web2 earlydom.profile=normal,x "
		   "\"earlydom.db.extra=a b\" "
		   "earlydom.web.cpus=[0,'1-2'] earlydom.web.memory=0x40 -- earlydom=all\n");
	write_text(
		dir, "words",
		"earlydom=none earlydom=all earlydom.store=off earlydom.rescue earlydom.rescue=off "
		"earlydom.bridge=xenbr0:eth0,eth1 earlydom.bridge=br1:eth2 earlydom.bridge=br2 "
		"earlydom.web.disk=['/dev/a,raw,xvda'] earlydom.web2.vif=mac=00:16:3e:00:00:01 "
		"earlydom.pci.hide=0000:05:00.*,id=8086:100e#2 earlydom.pci.hide=slot=4.1 "
		"console=tty0 "
		"earlydom.echo=kmsg earlydom.wait=30 earlydom.wait=no earlydom.db.memory=64 "
		"earlydom.db.cmdline=\"x y\" "
		"earlydom.web2.profile=[a,b]");
	write_text(
		dir, "wrong",
		"earlydom= earlydom=all,web,,web earlydom.foo earlydom.web.name=x earlydom.web.=1 "
		"earlydom.bridge=br0:br0,,eth0,eth0 earlydom.bridge=br0 earlydom.bridge=eth0 "
		"earlydom.pci.hide=,05:00.0@1,name=a,permissive=1 "
		"earlydom.store=on earlydom.web.after=[web2,db] "
		"earlydom.store.memory=1 earlydom.web.memroy=1 earlydom.echo=x earlydom=\"a");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_select),        cmocka_unit_test(test_parameters),
		cmocka_unit_test(test_require_wrong), cmocka_unit_test(test_bridges),
		cmocka_unit_test(test_pci),           cmocka_unit_test(test_dom0),
		cmocka_unit_test(test_wait),          cmocka_unit_test(test_overrides),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds")) {
		write_seeds(argv[2]);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
