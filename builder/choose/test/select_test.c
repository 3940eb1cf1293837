/*
 * Selection: which guests start, in which order, with which overrides, and what is reported.
 */
#include "base/test/diag_expect.h"

#include "builder/choose/select.h"

#define SOURCE(path, words)                                                                        \
	{                                                                                          \
		.file = (char *)(path), .text = (char *)(words), .len = sizeof(words) - 1          \
	}
#define NR(array) (sizeof(array) / sizeof((array)[0]))
#define LEAST     "kernel = '/k'\nmemory = 64\n"

/* Selects; `want` is the guests with their memory in MiB, and how many are bad. */
static void selects(const struct source *sources, size_t n, const char *cmdline, const char *want,
		    const char *errors)
{
	struct cmdline c;
	struct selection s;
	struct diag d = {0};
	char *got = NULL;
	size_t len;
	FILE *f = open_memstream(&got, &len);

	cmdline_parse(cmdline, &c, &d);
	select_guests(sources, n, &c, &s, &d);
	cmdline_free(&c);
	for (size_t i = 0; i < s.n; i++)
		fprintf(f, "%s=%u ", s.guests[i].name, (unsigned)(s.guests[i].memory_kib / 1024));
	fprintf(f, "bad=%zu", s.bad);
	fclose(f);
	assert_string_equal(got, want);
	expect_diag(&d, errors);
	selection_free(&s);
	free(got);
}

#define CMD(column) "kernel command line:1:" #column ": "

static const struct source good[] = {
	SOURCE("a.cfg", "name = 'alpha'\n" LEAST "profile = 'normal'\n"),
	SOURCE("db.cfg", LEAST "profile = ['normal', 'recovery']\n"),
	SOURCE("web.cfg", LEAST "extra = 'quiet'\n"),
};

static void test_which(void **state)
{
	(void)state;
	selects(good, 3, "", "alpha=64 db=64 web=64 bad=0", "");
	selects(good, 3, "earlydom=all", "alpha=64 db=64 web=64 bad=0", "");
	selects(good, 3, "earlydom=none", "bad=0", "");
	selects(good, 3, "earlydom=web,alpha", "web=64 alpha=64 bad=0", "");
	selects(good, 3, "earlydom.profile=normal", "alpha=64 db=64 bad=0", "");
	selects(good, 3, "earlydom.profile=recovery,normal", "alpha=64 db=64 bad=0", "");
	selects(good, 3, "earlydom=all earlydom.profile=recovery", "db=64 bad=0", "");
	selects(good, 3, "earlydom=none earlydom.profile=recovery", "bad=0", "");
	selects(good, 3, "earlydom=web,db earlydom.profile=normal", "web=64 db=64 alpha=64 bad=0",
		"");
	selects(good, 3, "earlydom.web.profile=recovery earlydom.profile=recovery",
		"db=64 web=64 bad=0", "");
	selects(good, 0, "", "bad=0", "");
}

static void test_unknown(void **state)
{
	(void)state;
	selects(good, 3, "earlydom=alhpa,db,zzz", "db=64 bad=2",
		CMD(10) "unknown guest 'alhpa', did you mean 'alpha'?\n" CMD(
			19) "unknown guest 'zzz'\n");
	selects(good, 3, "earlydom.profile=recovry,normal,x", "alpha=64 db=64 bad=0",
		CMD(18) "no guest has the profile 'recovry', did you mean 'recovery'?\n" CMD(
			33) "no guest has the profile 'x'\n");
	selects(good, 3, "earlydom.alpa.memory=9 earlydom=web", "web=64 bad=0",
		CMD(1) "unknown guest 'alpa', did you mean 'alpha'?\n");
	/* The file's name is not the guest's where it has one of its own. */
	selects(good, 3, "earlydom=a", "bad=1", CMD(10) "unknown guest 'a'\n");
	selects(good, 0, "earlydom=web", "bad=1", CMD(10) "unknown guest 'web'\n");
}

static void test_override(void **state)
{
	(void)state;
	selects(good, 3, "earlydom.web.memory=256 earlydom.alpha.memory=0x10",
		"alpha=16 db=64 web=256 bad=0", "");
	selects(good, 3, "earlydom.web.memory=0", "alpha=64 db=64 bad=1",
		CMD(21) "memory = 0: must be 1 to 16777216 MiB\n");
	selects(good, 3, "earlydom.web.memory=0 earlydom=db", "db=64 bad=0", "");
	selects(good, 3, "earlydom.web.maxmem=32", "alpha=64 db=64 bad=1",
		CMD(21) "maxmem = 32: must be at least memory = 64 (web.cfg:2:10)\n");
	selects(good, 3, "earlydom.web.disk=[]", "alpha=64 db=64 web=64 bad=0", "");
	selects(good, 3, "earlydom.web.vtpm=[a]", "alpha=64 db=64 bad=1",
		CMD(1) "vtpm is not supported: TPMs come later\n");
	selects(good, 3, "earlydom.web.vtpm=[]", "alpha=64 db=64 web=64 bad=0",
		CMD(1) "note: vtpm = [] has no effect\n");
	selects(good, 3, "earlydom.web.pci=[36:00.0]", "alpha=64 db=64 web=64 bad=0", "");
	selects(good, 3, "earlydom.web.pci=[]", "alpha=64 db=64 web=64 bad=0", "");
	selects(good, 3, "earlydom.web.cpus=[0", "alpha=64 db=64 bad=1",
		CMD(19) "the list has no closing ]\n");
	selects(good, 3, "earlydom.web.profile=[a", "alpha=64 db=64 bad=1",
		CMD(22) "the list has no closing ]\n");
}

/* The override replaces the file's statement, right or wrong, and its errors. */
static void test_override_wrong(void **state)
{
	static const struct source sources[] = {
		SOURCE("web.cfg", "kernel = /k\nmemory = 0; vcpus = x\nmemory = 1\nmaxmem=y\n"),
	};

	(void)state;
	selects(sources, 1, "", "bad=1",
		"web.cfg:1:10: a string needs quotes: '/k'\n"
		"web.cfg:2:10: memory = 0: must be 1 to 16777216 MiB\n"
		"web.cfg:2:21: a string needs quotes: 'x'\n"
		"web.cfg:3:1: memory is given twice, first on line 2\n"
		"web.cfg:4:8: a string needs quotes: 'y'\n");
	selects(sources, 1, "earlydom.web.memory=9 earlydom.web.vcpus=1 earlydom.web.kernel=/l",
		"bad=1", "web.cfg:4:8: a string needs quotes: 'y'\n");
	selects(sources, 1,
		"earlydom.web.memory=9 earlydom.web.maxmem=9 earlydom.web.vcpus=1 "
		"earlydom.web.kernel=/l",
		"web=9 bad=0", "");
}

static void selected_cmdline(const char *cmdline, const char *extra, const char *whole)
{
	struct cmdline c;
	struct selection s;
	struct diag d = {0};

	cmdline_parse(cmdline, &c, &d);
	select_guests(&good[2], 1, &c, &s, &d);
	expect_diag(&d, "");
	assert_int_equal(s.n, 1);
	assert_string_equal(s.guests[0].extra ? s.guests[0].extra : "none", extra);
	assert_string_equal(s.guests[0].cmdline ? s.guests[0].cmdline : "none", whole);
	selection_free(&s);
	cmdline_free(&c);
}

static void test_override_cmdline(void **state)
{
	(void)state;
	selected_cmdline("", "quiet", "none");
	selected_cmdline("earlydom.web.extra=\"a b\"", "a b", "none");
	selected_cmdline("earlydom.web.extra=", "", "none");
	selected_cmdline("earlydom.web.cmdline=\"a b\"", "none", "a b");
	selects(&good[2], 1, "earlydom.web.cmdline=x earlydom.web.root=y", "bad=1",
		CMD(24) "root can't be given together with cmdline (line 1)\n");
	selects(&good[2], 1, "earlydom.web.root=y earlydom.web.cmdline=x", "bad=1",
		CMD(1) "root can't be given together with cmdline (line 1)\n");
}

static void test_broken(void **state)
{
	static const struct source sources[] = {
		SOURCE("a.cfg", LEAST "memroy = 1\n"),
		SOURCE("b.cfg", "name = b2\n" LEAST),
		SOURCE("c.cfg", LEAST "profile = [\n"),
		SOURCE("d.cfg", LEAST),
		SOURCE("e e.cfg", LEAST),
	};

	(void)state;
	selects(sources, 5, "", "d=64 bad=4",
		"a.cfg:3:1: unknown key 'memroy', did you mean 'memory'?\n"
		"b.cfg:1:8: a string needs quotes: 'b2'\n"
		"c.cfg:3:11: the list has no closing ]\n"
		"e e.cfg: name is missing, and the file's name can't serve: 'e e' must be 1 to 127 "
		"letters, digits, '_', '.', '-' and '+', the first of them a letter, a digit or "
		"'_'\n");
	/* b may be the one that was meant. */
	selects(sources, 5, "earlydom=d", "d=64 bad=1", "b.cfg:1:8: a string needs quotes: 'b2'\n");
	selects(sources, 5, "earlydom=d,a", "d=64 bad=2",
		"a.cfg:3:1: unknown key 'memroy', did you mean 'memory'?\n"
		"b.cfg:1:8: a string needs quotes: 'b2'\n");
	selects(sources, 5, "earlydom.profile=x", "bad=1",
		CMD(18) "no guest has the profile 'x'\n"
			"c.cfg:3:11: the list has no closing ]\n");
	selects(sources, 5, "earlydom=none", "bad=0", "");
	selects(sources, 5, "earlydom.c.profile=x earlydom.profile=x", "c=64 bad=0", "");
}

/* A file in which nothing can be read may be any guest; its own follow-up errors are not told. */
static void test_unreadable(void **state)
{
	static const struct source sources[] = {
		SOURCE("a.cfg", "\x1f\x8b\x08\x00"),
		SOURCE("d.cfg", LEAST),
	};

	(void)state;
	selects(sources, 2, "earlydom=d", "d=64 bad=1",
		"a.cfg:1:4: NUL byte: this is not a text file\n");
	selects(sources, 2, "earlydom.profile=x", "bad=1",
		CMD(18) "no guest has the profile 'x'\n"
			"a.cfg:1:4: NUL byte: this is not a text file\n");
	selects(sources, 2, "earlydom=none", "bad=0", "");
}

static void test_order_of_errors(void **state)
{
	static const struct source sources[] = {
		SOURCE("a.cfg", "maxvcpus = 0\nx = y z\nvcpus = 0\nmemory = 1 2\n"),
		SOURCE("b.cfg", "frob = 1\n" LEAST),
	};

	(void)state;
	selects(sources, 2, "earlydom.a.cap=x", "bad=2",
		"a.cfg:1:12: maxvcpus = 0: must be 1 to 8192\n"
		"a.cfg:2:1: unknown key 'x'\n"
		"a.cfg:2:5: a string needs quotes: 'y'\n"
		"a.cfg:3:9: vcpus = 0: must be 1 to 8192\n"
		"a.cfg:4:12: expected a newline or ';' after the value, found '2'\n"
		"a.cfg: kernel is missing\n" CMD(16) "cap = x: is not an integer\n"
						     "b.cfg:1:1: unknown key 'frob'\n");
}

static void test_same(void **state)
{
	static const struct source sources[] = {
		SOURCE("a.cfg", "name = 'web'\n" LEAST),
		SOURCE("db.cfg", LEAST),
		SOURCE("web.cfg", LEAST),
		SOURCE("x.cfg", LEAST "name = 'web'\n"),
	};
	static const struct source uuids[] = {
		SOURCE("a.cfg", LEAST "uuid = '01234567-89ab-cdef-0123-456789abcdef'\n"),
		SOURCE("b.cfg", LEAST "uuid = '01234567-89ab-cdef-0123-456789abcde0'\n"),
		SOURCE("c.cfg", LEAST "uuid = '01234567-89AB-CDEF-0123-456789ABCDEF'\n"),
		SOURCE("d.cfg", LEAST),
		SOURCE("e.cfg", LEAST),
	};

	(void)state;
	selects(sources, 4, "", "db=64 bad=3",
		"web.cfg: the name 'web' is already that of a.cfg:1:8\n"
		"x.cfg:3:8: the name 'web' is already that of a.cfg:1:8\n");
	selects(&sources[2], 2, "", "bad=2",
		"x.cfg:3:8: the name 'web' is already that of web.cfg\n");
	selects(sources, 4, "earlydom=db", "db=64 bad=0", "");
	selects(sources, 4, "earlydom=web", "bad=3",
		"web.cfg: the name 'web' is already that of a.cfg:1:8\n"
		"x.cfg:3:8: the name 'web' is already that of a.cfg:1:8\n");
	selects(uuids, 5, "", "b=64 d=64 e=64 bad=2",
		"c.cfg:3:8: the uuid is already that of a (a.cfg:3:8)\n");
	selects(uuids, 5, "earlydom=c,b", "c=64 b=64 bad=0", "");
	selects(uuids, 5,
		"earlydom=d,e earlydom.d.uuid=01234567-89ab-cdef-0123-456789abcde0 "
		"earlydom.e.uuid=01234567-89ab-cdef-0123-456789abcde0",
		"bad=2", CMD(83) "the uuid is already that of d (kernel command line:1:30)\n");
}

/* What two guests can't both have: both places are named, and neither starts. */
static void test_conflicts(void **state)
{
	static const struct source disks[] = {
		SOURCE("a.cfg", LEAST "disk = [ '/dev/x,raw,xvda,ro',\n '/dev/y,raw,xvdb' ]\n"),
		SOURCE("b.cfg", LEAST "disk = [ '/dev/y,raw,xvda,ro' ]\n"),
		SOURCE("c.cfg", LEAST "disk = [ '/dev/x,raw,xvda,ro' ]\n"),
		SOURCE("d.cfg", LEAST "disk = [ 'UUID=1,raw,xvda' ]\n"),
		SOURCE("e.cfg", LEAST "disk = [ '/dev/z,raw,xvda', 'UUID=1,raw,xvdb' ]\n"),
	};
	static const struct source vifs[] = {
		SOURCE("a.cfg", LEAST "vif = [ '', 'mac=00:16:3e:00:00:01,vifname=web0' ]\n"),
		SOURCE("b.cfg", LEAST "vif = [ 'mac=00:16:3E:00:00:01,devid=5' ]\n"),
		SOURCE("c.cfg", LEAST "vif = [ 'vifname=web0' ]\n"),
		SOURCE("d.cfg", LEAST "vif = [ 'mac=00:16:3e:00:00:02,vifname=web' ]\n"),
		SOURCE("e.cfg", LEAST "vif = [ '' ]\n"),
	};
	static const struct source routes[] = {
		SOURCE("a.cfg", LEAST "vif = [ 'script=vif-route,ip=192.0.2.7 192.0.2.8' ]\n"),
		SOURCE("b.cfg", LEAST "vif = [ 'script=vif-route,ip=192.0.2.8' ]\n"),
		SOURCE("c.cfg", LEAST "vif = [ 'script=vif-route,ip=192.0.2.0/28' ]\n"),
	};

	static const struct source usb[] = {
		SOURCE("a.cfg", LEAST "type = 'hvm'; usbdev = [ 'hostbus=1,hostaddr=3',\n "
				      "'hostbus=1,hostaddr=4' ]\n"),
		SOURCE("b.cfg", LEAST "type = 'hvm'; usbdev = [ 'hostbus=1,hostaddr=0x4' ]\n"),
		SOURCE("c.cfg", LEAST "type = 'hvm'; usbdev = [ 'hostbus=2,hostaddr=3' ]\n"),
	};

	static const struct source pci[] = {
		SOURCE("a.cfg", LEAST "pci = [ '1:0.0', 'slot=4.1' ]\n"),
		SOURCE("b.cfg", LEAST "pci = [ '2:0.0',\n '0000:01:00.*@8' ]\n"),
		SOURCE("c.cfg", LEAST "pci = [ '1:0.1', 'id=8086:100e' ]\n"),
		SOURCE("d.cfg", LEAST "pci = [ 'name=nic', 'slot=4.2' ]\n"),
	};
	/* The same in different domains is not the same. */
	static const struct source domains[] = {
		SOURCE("a.cfg", LEAST "disk = [ '/dev/x,raw,xvda' ]; vif = [ 'vifname=w' ]\n"),
		SOURCE("b.cfg", LEAST "disk = [ '/dev/x,raw,xvda,backend=5' ]\n"
				      "vif = [ 'vifname=w,backend=5' ]\n"),
		SOURCE("c.cfg", LEAST "disk = [ '/dev/x,raw,xvda,ro,backend=05' ]\n"),
		SOURCE("d.cfg", LEAST "vif = [ 'vifname=w,backend=5' ]\n"),
	};

	(void)state;
	selects(pci, 4, "", "d=64 bad=3",
		"b.cfg:4:2: pci: 0000:01:00.* is already one of a (a.cfg:3:9)\n"
		"c.cfg:3:9: pci: 0000:01:00.1 is already one of b (b.cfg:4:2)\n");
	selects(pci, 4, "earlydom=a,c,d", "a=64 c=64 d=64 bad=0", "");
	selects(domains, 4, "earlydom=a,b", "a=64 b=64 bad=0", "");
	selects(domains, 4, "", "a=64 bad=3",
		"c.cfg:3:10: disk xvda: /dev/x is already disk xvda of b (b.cfg:3:10), and one of "
		"them writes it\n"
		"d.cfg:3:9: vif 0: the vifname w is already that of vif 0 of b (b.cfg:4:9)\n");
	selects(usb, 3, "", "c=64 bad=2",
		"b.cfg:3:26: usbdev: device 4 of bus 1 is already one of a (a.cfg:4:2)\n");
	selects(disks, 5, "", "c=64 bad=4",
		"b.cfg:3:10: disk xvda: /dev/y is already disk xvdb of a (a.cfg:4:2), and one of "
		"them writes it\n"
		"e.cfg:3:29: disk xvdb: UUID=1 is already disk xvda of d (d.cfg:3:10), and one of "
		"them writes it\n");
	selects(disks, 5, "earlydom=a,c,e", "a=64 c=64 e=64 bad=0", "");
	selects(disks, 5, "earlydom=b,c earlydom.c.disk=/dev/y,raw,xvda", "bad=2",
		CMD(30) "disk xvda: /dev/y is already disk xvda of b (b.cfg:3:10), and one of them "
			"writes it\n");
	selects(vifs, 5, "", "d=64 e=64 bad=3",
		"b.cfg:3:9: vif 5: the mac 00:16:3e:00:00:01 is already that of vif 1 of a "
		"(a.cfg:3:13)\n"
		"c.cfg:3:9: vif 0: the vifname web0 is already that of vif 1 of a (a.cfg:3:13)\n");
	selects(vifs, 5, "earlydom=b,c,d", "b=64 c=64 d=64 bad=0", "");
	selects(vifs, 5, "earlydom=d,e earlydom.e.vif=['vifname=x','vifname=web']", "bad=2",
		CMD(42) "vif 1: the vifname web is already that of vif 0 of d (d.cfg:3:9)\n");
	selects(routes, 3, "", "c=64 bad=2",
		"b.cfg:3:9: vif 0: the route to 192.0.2.8 is already that of vif 0 of a "
		"(a.cfg:3:9)\n");
}

static void test_store_off(void **state)
{
	static const struct source sources[] = {
		SOURCE("a.cfg",
		       "disk = [ '/dev/x,raw,xvda' ]; " LEAST "vif = [ '' ]\nmemroy = 1\n"),
		SOURCE("b.cfg", LEAST "disk = []; vif = []; ready = 'data/up'\n"),
		SOURCE("c.cfg", LEAST),
	};

	(void)state;
	selects(sources, 3, "earlydom.store=on earlydom=b,c", "b=64 c=64 bad=0", "");
	selects(sources, 3, "earlydom.store=off", "b=64 c=64 bad=1",
		"a.cfg:1:1: disk needs a store, and earlydom.store=off\n"
		"a.cfg:3:1: vif needs a store, and earlydom.store=off\n"
		"a.cfg:4:1: unknown key 'memroy', did you mean 'memory'?\n");
	selects(sources, 3, "earlydom.store=off earlydom=c earlydom.c.vif=", "bad=1",
		CMD(31) "vif needs a store, and earlydom.store=off\n");
}

static void test_after(void **state)
{
	static const struct source sources[] = {
		SOURCE("a.cfg", LEAST "after = ['b', 'd']\n"),
		SOURCE("b.cfg", LEAST "after = 'c'\n"),
		SOURCE("c.cfg", LEAST),
		SOURCE("d.cfg", LEAST "memory = 1\nafter = 'a'\n"),
		SOURCE("e.cfg", LEAST "after = 'bb'\n"),
	};
	static const struct source nameless[] = {
		SOURCE("a.cfg", "name = x\n" LEAST),
		SOURCE("b.cfg", LEAST "after = 'x'\n"),
	};

	(void)state;
	selects(sources, 5, "", "a=64 b=64 c=64 bad=2",
		"d.cfg:3:1: memory is given twice, first on line 2\n"
		"e.cfg:3:9: after: unknown guest 'bb'\n");
	selects(sources, 5, "earlydom=a,e", "a=64 bad=1", "e.cfg:3:9: after: unknown guest 'bb'\n");
	selects(sources, 4, "earlydom.d.memory=9 earlydom.c.after=[a]", "b=64 c=64 bad=2",
		"a.cfg:3:9: after: a -> d -> a\n");
	selects(sources, 5, "earlydom=c,b,a earlydom.c.after=a", "bad=3",
		CMD(33) "after: c -> a -> b -> c\n");
	selects(nameless, 2, "", "b=64 bad=1", "a.cfg:1:8: a string needs quotes: 'x'\n");
}

static void expect_others(const struct source *sources, size_t n, const char *cmdline,
			  const char *want)
{
	char got[200] = "";
	struct cmdline c;
	struct selection s;
	struct diag d = {0};

	cmdline_parse(cmdline, &c, &d);
	select_guests(sources, n, &c, &s, &d);
	cmdline_free(&c);
	for (size_t i = 0; i < s.nr_others; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s=%u ", s.others[i].name,
			 (unsigned)(s.others[i].memory_kib / 1024));
	assert_string_equal(got, want);
	expect_diag(&d, "");
	selection_free(&s);
	assert_null(s.others);
}

/* Those that are not selected, as far as they are right. */
static void test_others(void **state)
{
	static const struct source wrong[] = {
		SOURCE("a.cfg", LEAST "memroy = 1\n"),
		SOURCE("b.cfg", LEAST),
		SOURCE("c.cfg", LEAST "name = 'b'\n"),
		SOURCE("d.cfg", LEAST "disk = [ '/dev/x,raw,xvda' ]\n"),
		SOURCE("e.cfg", LEAST "after = 'f'\n"),
		SOURCE("f.cfg", LEAST "after = 'e'\n"),
		SOURCE("g.cfg", LEAST "after = 'web'\n"),
		SOURCE("web.cfg", LEAST),
	};

	(void)state;
	expect_others(good, 3, "", "");
	expect_others(good, 3, "earlydom=db", "alpha=64 web=64 ");
	expect_others(good, 3, "earlydom=none earlydom.web.memory=7", "alpha=64 db=64 web=7 ");
	expect_others(wrong, 8, "earlydom=web", "d=64 g=64 ");
	expect_others(wrong, 8, "earlydom=web earlydom.store=off", "g=64 ");
}

#define ABC    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SUM(w) w "_sha256 = '" ABC "'\n"
/* A word of a message, and what follows it. */
#define NEEDED "_sha256 is missing, and earlydom.require_sha256 wants it (`earlydom check --digest "
#define IT_IS  " prints it)\n"
#define HAS_NONE                                                                                   \
	" can't be had with earlydom.require_sha256: there is no key for its file's digest\n"

/* Whatever is not covered by a digest keeps its guest from starting, and no other. */
static void test_require(void **state)
{
	static const struct source sources[] = {
		SOURCE("a.cfg", LEAST "ramdisk = 'r'\n"),
		SOURCE("b.cfg", LEAST SUM("kernel")),
		SOURCE("c.cfg", LEAST "ramdisk = 'r'\n" SUM("kernel") SUM("ramdisk")),
		SOURCE("d.cfg", LEAST "kernel_sha256 = 'ab'\n"),
		SOURCE("e.cfg", "memory = 64\nbootloader = 'pygrub'\n"),
	};
	static const struct source hvm[] = {
		SOURCE("a.cfg", "memory = 64\ntype = 'hvm'\n"),
		SOURCE("b.cfg", "memory = 64\ntype = 'hvm'\n" SUM("firmware") SUM("bios")),
		SOURCE("c.cfg", LEAST "type = 'hvm'; firmware_override = 'f'\n" SUM("bios")),
		SOURCE("d.cfg", "memory = 64\ntype = 'hvm'\n" SUM("firmware")
					SUM("bios") "memmap = 'm'; acpi_firmware = 'a'\n"
						    "smbios_firmware = 's'\n"),
		SOURCE("e.cfg", LEAST SUM("kernel") "type = 'hvm'\n"
						    "device_model_protocol = 'classic'\n"
						    "device_model_override = 'm'\n"
						    "device_model_config = 'c'\n"),
	};

	static const struct source args =
		SOURCE("a.cfg", "memory = 64\ntype = 'hvm'\n" SUM("firmware") SUM(
					"bios") "device_model_args = ['-kernel', '/b/other']\n");

	(void)state;
	selects(sources, 3, "", "a=64 b=64 c=64 bad=0", "");
	selects(sources, 5, "earlydom.require_sha256", "b=64 c=64 bad=3",
		"a.cfg:1:10: kernel" NEEDED "a.cfg`" IT_IS "a.cfg:3:11: ramdisk" NEEDED
		"a.cfg`" IT_IS
		/* It has an error of its own. */
		"d.cfg:3:17: kernel_sha256 = \"ab\": must be 64 hexadecimal digits, and has 2\n"
		"e.cfg:2:14: note: bootloader = \"pygrub\": no program is run in dom0; "
		"/usr/lib/grub-xen/grub-x86_64-xen.bin starts in the guest, from its disk's "
		"grub.cfg\n"
		"e.cfg:2:14: kernel" NEEDED "e.cfg`" IT_IS);
	/* What an override names needs a digest, too. */
	selects(sources, 1, "earlydom.require_sha256 earlydom.a.kernel_sha256=" ABC, "bad=1",
		"a.cfg:3:11: ramdisk" NEEDED "a.cfg`" IT_IS);
	selects(&sources[1], 1, "earlydom.require_sha256 earlydom.b.ramdisk=/r", "bad=1",
		CMD(44) "ramdisk" NEEDED "b.cfg`" IT_IS);
	selects(hvm, 5, "earlydom.require_sha256=1", "b=64 bad=4",
		"a.cfg: firmware" NEEDED "a.cfg`" IT_IS "a.cfg: bios" NEEDED "a.cfg`" IT_IS
		"c.cfg:1:10: kernel" NEEDED "c.cfg`" IT_IS "c.cfg:3:35: firmware" NEEDED
		"c.cfg`" IT_IS "d.cfg:5:10: memmap" HAS_NONE "d.cfg:5:31: acpi_firmware" HAS_NONE
		"d.cfg:6:19: smbios_firmware" HAS_NONE "e.cfg:7:23: device_model_config" HAS_NONE);
	selects(&args, 1, "earlydom.require_sha256", "bad=1",
		"a.cfg:5:1: device_model_args can't be had with earlydom.require_sha256: it may "
		"name any file\n");
	/* Those that are not selected can't be started later either. */
	expect_others(sources, 4, "earlydom=none earlydom.require_sha256", "b=64 c=64 ");
	expect_others(sources, 3, "earlydom=none", "a=64 b=64 c=64 ");
}

/* The file of a guest is borrowed from its source, and its places from there as well. */
static void test_places(void **state)
{
	struct cmdline c = {0};
	struct selection s;
	struct diag d = {0};

	(void)state;
	select_guests(good, NR(good), &c, &s, &d);
	expect_diag(&d, "");
	assert_int_equal(s.n, 3);
	assert_int_equal(s.nr_descriptors, 3);
	assert_ptr_equal(s.guests[2].file, good[2].file);
	assert_string_equal(s.guests[0].name_loc.file, "a.cfg");
	assert_int_equal(s.guests[0].name_loc.line, 1);
	assert_int_equal(s.guests[2].name_loc.line, 0);
	selection_free(&s);
	assert_null(s.guests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_which),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_override_wrong),
		cmocka_unit_test(test_override_cmdline),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_order_of_errors),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_conflicts),
		cmocka_unit_test(test_store_off),
		cmocka_unit_test(test_after),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_require),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
