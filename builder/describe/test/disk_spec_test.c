/*
 * Disk strings: the examples of xl-disk-configuration(5), and what is wrong with others. With
 * --seeds DIR: inputs for the fuzzer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "builder/describe/disk_spec.h"
#include "builder/describe/tag_spec.h"

/* Compares all that the manual's examples differ in. */
static void reads(const char *text, const char *target, enum disk_format format, const char *vdev,
		  bool readwrite, bool cdrom)
{
	struct disk_spec s;
	struct err e = {.msg = "right"};

	disk_spec_parse(text, &s, &e);
	assert_string_equal(e.msg, "right");
	if (target)
		assert_string_equal(s.target, target);
	else
		assert_null(s.target);
	assert_int_equal(s.format, format);
	assert_string_equal(s.vdev, vdev);
	assert_int_equal(s.readwrite, readwrite);
	assert_int_equal(s.cdrom, cdrom);
	disk_spec_free(&s);
	assert_null(s.vdev);
}

static void test_manual(void **state)
{
	static const char vol[] = "/dev/vg/guest-volume", iso[] = "/root/image.iso";

	(void)state;
	reads("/dev/vg/guest-volume,,hda", vol, DISK_RAW, "hda", true, false);
	reads("/dev/vg/guest-volume,raw,hda,rw", vol, DISK_RAW, "hda", true, false);
	reads("format=raw, vdev=hda, access=rw, target=/dev/vg/guest-volume", vol, DISK_RAW, "hda",
	      true, false);
	reads("raw:/dev/vg/guest-volume,hda,w", vol, DISK_RAW, "hda", true, false);
	reads("/root/image.iso,,hdc,cdrom", iso, DISK_RAW, "hdc", false, true);
	reads("/root/image.iso,,hdc,,cdrom", iso, DISK_RAW, "hdc", false, true);
	reads("/root/image.iso,raw,hdc,devtype=cdrom", iso, DISK_RAW, "hdc", false, true);
	reads("format=raw, vdev=hdc, access=ro, devtype=cdrom, target=/root/image.iso", iso,
	      DISK_RAW, "hdc", false, true);
	reads("raw:/root/image.iso,hdc:cdrom,ro", iso, DISK_RAW, "hdc", false, true);
	reads(",hdc:cdrom,r", NULL, DISK_EMPTY, "hdc", false, true);
}

static void test_forms(void **state)
{
	(void)state;
	reads("phy:/dev/a,xvda,r", "/dev/a", DISK_RAW, "xvda", false, false);
	/* Below /dev, however it is given; a tag is none of those, nor is what file: names. */
	reads("phy:vg/root,xvda,w", "/dev/vg/root", DISK_RAW, "xvda", true, false);
	reads("phy:vdev=xvda,target=vg/root", "/dev/vg/root", DISK_RAW, "xvda", true, false);
	reads("phy:UUID=1a,xvda,w", "UUID=1a", DISK_RAW, "xvda", true, false);
	reads("file:a.img,xvda,w", "a.img", DISK_RAW, "xvda", true, false);
	/* A prefix may stand anywhere, and makes the format one that is not given by its place. */
	reads("phy:/dev/a,ioemu:hda,w", "/dev/a", DISK_RAW, "hda", true, false);
	reads("ioemu:phy:/dev/a,hda,w", "/dev/a", DISK_RAW, "hda", true, false);
	reads("/a,ioemu:hda,w", "/a", DISK_RAW, "hda", true, false);
	reads("/a,raw,ioemu:hdc:cdrom,r", "/a", DISK_RAW, "hdc", false, true);
	reads("rbd:pool,raw,xvda", "rbd:pool", DISK_RAW, "xvda", true, false);
	reads("tap2:tapdisk:vhd:/a,xvda,w", "/a", DISK_VHD, "xvda", true, false);
	reads("/a,vmdk,xvda", "/a", DISK_VMDK, "xvda", true, false);
	/* Twice: as xl has it. */
	reads("qcow2:/a,xvda,w,format=qcow2", "/a", DISK_QCOW2, "xvda", true, false);
	reads("/a,raw,xvda,access=rw,access=ro", "/a", DISK_RAW, "xvda", false, false);
	reads("access=ro,/a,raw,xvda,w", "/a", DISK_RAW, "xvda", true, false);
	reads("/a,raw,hdc,cdrom,devtype=disk", "/a", DISK_RAW, "hdc", true, false);
	reads("/a,,xvda,discard,no-discard,trusted,untrusted,no-colo", "/a", DISK_RAW, "xvda", true,
	      false);
	reads("tap:aio:qcow2:/a,xvda,w", "/a", DISK_QCOW2, "xvda", true, false);
	reads("file:/a,xvda1:disk,w", "/a", DISK_RAW, "xvda1", true, false);
	reads("vdev=xvda,target=/a,b=c d ", "/a,b=c d ", DISK_RAW, "xvda", true, false);
	reads("vdev=xvda,target=/a,,", "/a,", DISK_RAW, "xvda", true, false);
	reads("vdev=xvda,format=qed,/a", "/a", DISK_QED, "xvda", true, false);
	reads(",,xvda,target=/a", "/a", DISK_RAW, "xvda", true, false);
	reads("/a,vhd,xvda,", "/a", DISK_VHD, "xvda", true, false);
	reads("cdrom,vdev=hdc", NULL, DISK_EMPTY, "hdc", false, true);
	reads("format=empty,vdev=hdc,cdrom", NULL, DISK_EMPTY, "hdc", false, true);
	/* xl takes these from target= only. */
	reads("UUID=1a,raw,xvda", "UUID=1a", DISK_RAW, "xvda", true, false);
	reads("phy:LABEL=a b,xvda,r", "LABEL=a b", DISK_RAW, "xvda", false, false);
	reads("LABEL=a:/b.img,qcow2,xvda", "LABEL=a:/b.img", DISK_QCOW2, "xvda", true, false);
	reads("vdev=xvda,target=LABEL=my data:/b, c.img", "LABEL=my data:/b, c.img", DISK_RAW,
	      "xvda", true, false);
	reads("vdev=xvda,PARTUUID=a,raw", "PARTUUID=a", DISK_RAW, "xvda", true, false);
	reads("vdev=xvda,target=PARTLABEL=a,b", "PARTLABEL=a,b", DISK_RAW, "xvda", true, false);
	reads("  /a , raw,xvda", "/a ", DISK_RAW, "xvda", true, false);
}

static void test_options(void **state)
{
	struct disk_spec s;
	struct err e = {.msg = "right"};

	(void)state;
	disk_spec_parse("/a,raw,xvdb,backend=storage,backendtype=qdisk,script=block-x,"
			"specification=virtio,direct-io-safe,no-discard,untrusted",
			&s, &e);
	assert_string_equal(e.msg, "right");
	assert_string_equal(s.backend_domain, "storage");
	assert_string_equal(s.script, "block-x");
	assert_int_equal(s.backend, DISK_BACKEND_QDISK);
	assert_int_equal(s.protocol, DISK_PROTOCOL_VIRTIO);
	assert_true(s.direct_io_safe);
	assert_int_equal(s.discard, DISK_FLAG_OFF);
	assert_int_equal(s.trusted, DISK_FLAG_OFF);
	assert_int_equal(s.vdev_number, 202 << 8 | 1 << 4);
	disk_spec_free(&s);

	disk_spec_parse("iscsi:iqn.2001-05.com:0,xvda,w", &s, &e);
	assert_string_equal(e.msg, "right");
	assert_string_equal(s.script, "block-iscsi");
	assert_string_equal(s.target, "iqn.2001-05.com:0");
	assert_int_equal(s.discard, DISK_FLAG_DEFAULT);
	disk_spec_free(&s);

	/* xl records whether an empty drive was given as one. */
	disk_spec_parse(",hdc:cdrom,r", &s, &e);
	assert_true(s.empty_target);
	disk_spec_free(&s);
	disk_spec_parse("format=empty,vdev=hdc,cdrom", &s, &e);
	assert_false(s.empty_target);
	disk_spec_free(&s);
}

static void refuses(const char *text, const char *msg)
{
	struct disk_spec s;
	struct err e = {.msg = "accepted"};

	assert_int_equal(disk_spec_parse(text, &s, &e), -1);
	assert_string_equal(e.msg, msg);
	disk_spec_free(&s);
}

static void test_errors(void **state)
{
	(void)state;
	refuses("", "vdev is missing");
	refuses("/a,raw", "vdev is missing");
	refuses("/a,raw,", "vdev is missing");
	refuses(",raw,xvda", "target is missing");
	refuses("vdev=xvda", "target is missing");
	refuses("vdev=xvda,format=empty", "target is missing");
	refuses("/a,raw,xvda,vdev=", "vdev is given twice");
	refuses("/a,empty,xvda", "format is empty, but there is a target");
	refuses("/a,foo,xvda", "unknown format 'foo'");
	refuses("/a,raw,xvda,x", "unknown access 'x'");
	refuses("/a,raw,,xvda", "unknown access 'xvda'");
	refuses("/a,raw,xvda,w,w", "too many parameters without a name: 'w'");
	refuses("/a,raw,xvda,format=qcow2", "format is given twice");
	refuses("/a,raw,xvda,vdev=xvdb", "vdev is given twice");
	refuses("/a,raw,xvda,target=/b", "target is given twice");
	refuses("/a,raw,xvda,backendtype=phy,backendtype=qdisk", "backendtype is given twice");
	refuses("/a,raw,xvda,specification=xen,specification=virtio",
		"specification is given twice");
	refuses("qcow2:/a,xvda,w,format=raw", "format is given twice");
	refuses("/a,raw,xvda,script=x,script=y", "script is given twice");
	refuses("/a,raw,xvda,backend=x,backend=y", "backend is given twice");
	refuses("/a,raw,xvda,devtype=floppy", "unknown devtype 'floppy'");
	refuses("/a,raw,xvda,backendtype=foo", "unknown backendtype 'foo'");
	refuses("/a,raw,xvda,specification=foo", "unknown specification 'foo'");
	refuses("/a,raw,xvda,acces=rw", "unknown parameter 'acces', did you mean 'access'?");
	refuses("/a,raw,xvda,foo=1", "unknown parameter 'foo'");
	refuses("/a,UUID=b,xvda", "unknown parameter 'UUID'");
	refuses("uuid=b,raw,xvda", "unknown parameter 'uuid'");
	refuses("/a=b,raw,xvda", "unknown parameter '/a'");
	refuses("/a,raw,xvda,colo", "colo is not supported");
	refuses("/a,raw,xvda,colo-port=1", "colo-port is not supported");
	refuses("/a,raw,xvda,grant_usage=1",
		"grant_usage is not supported: it is for specification=virtio");
	refuses("/a,raw,xvda,w!", "access 'w!' is not supported: one guest alone may write a disk");
	refuses("foo:/a,xvda,w", "unknown prefix 'foo:'");
	refuses("/a,raw,foo:", "unknown prefix 'foo:'");
	refuses("tap:vmdk:/a,xvda,w", "unknown prefix 'vmdk:'");
	refuses("/a,raw,hdc:floppy", "unknown devtype 'floppy'");
	refuses("/a,raw,xvd", "vdev 'xvd' is not a virtual device such as xvda");
}

static void vdev(const char *text, int64_t want)
{
	uint32_t number = 0;
	int rc = disk_vdev_number(text, &number);

	assert_int_equal(rc, want < 0 ? -1 : 0);
	if (want >= 0)
		assert_int_equal(number, want);
}

static int place_of(const char *vdev, unsigned places)
{
	struct disk_spec s = {.vdev = (char *)(uintptr_t)vdev};

	assert_int_equal(disk_vdev_number(vdev, &s.vdev_number), 0);
	return disk_place(&s, places);
}

static void test_place(void **state)
{
	static const char *const places[][4] = {
		{"hda", "xvda", "d0p0", "xvda1"},
		{"hdb", "xvdb", "d1p5", "hdb3"},
		{"hdc", "xvdc", "d2p0", "xvdc16"},
		{"hdd", "xvdd", "d3p255", "hdd63"},
	};
	static const char *const none[] = {"xvde", "xvdp",  "xvdq",   "xvdaa", "d4p0", "sda",
					   "sdd",  "51712", "0xca00", "768",   "0"};

	(void)state;
	for (int place = 0; place < 4; place++)
		for (size_t i = 0; i < 4; i++)
			assert_int_equal(place_of(places[place][i], 4), place);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(place_of(none[i], 4), -1);
}

static void test_cdrom_place(void **state)
{
	static const struct {
		const char *vdev;
		int place;
	} all[] = {{"hda", 0},  {"hdc", 2},   {"xvdd", 3},  {"sdb", 1}, {"d1p0", 1},
		   {"sde", -1}, {"xvde", -1}, {"xvdq", -1}, {"768", -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct disk_spec s = {.vdev = (char *)(uintptr_t)all[i].vdev};

		assert_int_equal(disk_vdev_number(s.vdev, &s.vdev_number), 0);
		assert_int_equal(disk_cdrom_place(&s), all[i].place);
	}
}

/* libxl's words for each format, and which back end has it. */
static void test_formats(void **state)
{
	static const struct {
		enum disk_format format;
		const char *word, *driver, *in_store;
	} all[] = {
		{DISK_RAW, "raw", "raw", "aio"},         {DISK_QCOW, "qcow", "qcow", "qcow"},
		{DISK_QCOW2, "qcow2", "qcow2", "qcow2"}, {DISK_VHD, "vhd", "vpc", "vhd"},
		{DISK_QED, "qed", "qed", "qed"},         {DISK_VMDK, "vmdk", "vmdk", "vmdk"},
		{DISK_EMPTY, "empty", NULL, "aio"},
	};
	struct disk_spec s = {.format = DISK_RAW};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		assert_string_equal(disk_format_word(all[i].format), all[i].word);
		assert_string_equal(disk_format_in_store(all[i].format), all[i].in_store);
		if (all[i].driver)
			assert_string_equal(disk_format_driver(all[i].format), all[i].driver);
		else
			assert_null(disk_format_driver(all[i].format));
		s.format = all[i].format;
		assert_int_equal(disk_is_qdisk(&s, false), all[i].format != DISK_RAW);
	}
	s = (struct disk_spec){.cdrom = true};
	assert_true(disk_is_qdisk(&s, true));
	assert_false(disk_is_qdisk(&s, false));
	s = (struct disk_spec){.backend = DISK_BACKEND_QDISK};
	assert_true(disk_is_qdisk(&s, false));
	s = (struct disk_spec){.backend = DISK_BACKEND_PHY};
	assert_false(disk_is_qdisk(&s, true));
}

static void test_looks(void **state)
{
	static const struct {
		const char *head;
		size_t len;
		enum disk_format format;
	} all[] = {
		{"QFI\xfb\0\0\0\3", 8, DISK_QCOW2},
		{"QFI\xfb\0\0\0\2", 8, DISK_QCOW2},
		{"QFI\xfb\0\0\0\1", 8, DISK_QCOW},
		{"QFI\xfb", 4, DISK_RAW},
		{"QED\0x", 5, DISK_QED},
		{"QED-like", 8, DISK_RAW},
		{"conectix\0", 9, DISK_VHD},
		{"KDMV\1", 5, DISK_VMDK},
		{"# Disk DescriptorFile\n", 22, DISK_VMDK},
		{"\xeb\x63\x90", 3, DISK_RAW},
		{"", 0, DISK_RAW},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		assert_int_equal(disk_format_of((const uint8_t *)all[i].head, all[i].len),
				 all[i].format);
}

static void test_vdev(void **state)
{
	(void)state;
	vdev("xvda", 51712);
	vdev("xvda1", 51713);
	vdev("xvdp15", 51967);
	vdev("xvdq", 1 << 28 | 16 << 8);
	vdev("xvda16", 1 << 28 | 16);
	vdev("xvdaa", 1 << 28 | 26 << 8);
	vdev("xvda255", 1 << 28 | 255);
	vdev("d0p0", 51712);
	vdev("d1048575p255", 1 << 28 | 1048575 << 8 | 255);
	vdev("hda", 768);
	vdev("hdb", 832);
	vdev("hdc63", 22 << 8 | 63);
	vdev("sda", 2048);
	vdev("sdp15", 2303);
	vdev("51712", 51712);
	vdev("0xca00", 51712);
	vdev("0", 0);
	vdev("", -1);
	vdev("xvda256", -1);
	vdev("xvda01", -1);
	vdev("xvda0", -1);
	vdev("xvdzzzzzzzz", -1);
	vdev("hde", -1);
	vdev("hda64", -1);
	vdev("sdq", -1);
	vdev("sda16", -1);
	vdev("d1048576p0", -1);
	vdev("d0p256", -1);
	vdev("d0", -1);
	vdev("dp", -1);
	vdev("0x", -1);
	vdev("0x100000000", -1);
	vdev("4294967296", -1);
	vdev("010", -1);
	vdev("vda", -1);
	vdev("xvdA", -1);
}

static void test_tag_file(void **state)
{
	static const char *const devices[] = {"LABEL=a", "LABEL=a:b", "LABEL=/a/b",
					      "UUID=1:", "/dev:/a",   "label=a:/b"};
	static const char *const good[] = {"/a", "//a//b.img", "/a/..b", "/a b", "/...", "/./a"};
	static const char *const bad[] = {"/", "//", "/a/", "/..", "/../a", "/a/../b", "/a/..", ""};

	(void)state;
	for (size_t i = 0; i < 6; i++)
		assert_null(tag_file(devices[i]));
	assert_string_equal(tag_file("LABEL=a:/b"), "/b");
	assert_string_equal(tag_file("PARTLABEL=a:b:/c:/d"), "/c:/d");
	assert_string_equal(tag_file("PARTUUID=:/"), "/");
	for (size_t i = 0; i < 6; i++)
		assert_true(tag_file_is_good(good[i]));
	for (size_t i = 0; i < 8; i++)
		assert_false(tag_file_is_good(bad[i]));
}

static int write_seeds(const char *dir)
{
	static const char *const seeds[] = {
		"LABEL=my data:/images/web.qcow2,qcow2,xvda,rw",
		"vdev=xvda,access=ro,target=UUID=0a1b:/a, b/../c.img",
		"devtype=cdrom,vdev=hdc,target=PARTLABEL=a:b:/c.iso",
		"phy:PARTUUID=1-01,hda,w,backendtype=phy,discard,untrusted",
	};
	char path[512];
	FILE *f;

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		snprintf(path, sizeof(path), "%s/%zu", dir, i);
		f = fopen(path, "w");
		if (!f || fputs(seeds[i], f) == EOF || fclose(f) == EOF)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_manual),  cmocka_unit_test(test_forms),
		cmocka_unit_test(test_options), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_vdev),    cmocka_unit_test(test_place),
		cmocka_unit_test(test_formats), cmocka_unit_test(test_cdrom_place),
		cmocka_unit_test(test_looks),   cmocka_unit_test(test_tag_file),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		return write_seeds(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
