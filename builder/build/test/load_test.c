/* What of a kernel's file gets where in the guest's memory, and what is cleared. */
#include "builder/fake/kit.h"

#include <unistd.h>

#include "builder/fake/call.h"
#include "loaders/test/elf_build.h"
#include "builder/host/host.h"
#include "builder/image/image_files.h"
#include "builder/build/life.h"

#define TEXT_SIZE 0x1800
#define DATA_SIZE 0x810
#define DATA_AT   0x3000 /* behind the text: a gap in between */
#define BSS_SIZE  0x1c00 /* DATA_SIZE included; not a whole page */
#define PAGES     5

struct scene {
	struct host host;
	struct image_cache images;
	struct guest guest;
	struct guest_config cfg;
	char path[256], ramdisk[256];
	struct err err;
};

/* The notes of a pv guest that does not say that it finds its ramdisk by a page's number. */
static size_t plain_notes(struct mk *m)
{
	size_t start;

	mk_align4(m);
	start = m->len;
	mk_note_text(m, XEN_ELFNOTE_GUEST_OS, "plain");
	mk_note_text(m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
	mk_note_number(m, XEN_ELFNOTE_VIRT_BASE, MK_VIRT, 8);
	mk_note_number(m, XEN_ELFNOTE_ENTRY, MK_VIRT + MK_PHYS, 8);
	mk_note_text(m, XEN_ELFNOTE_LOADER, "generic");
	return start;
}

/* A kernel whose segments are in the file in another order than in memory. Returns where the last
 * one in the file ends. */
static size_t write_kernel(bool is_linux)
{
	static struct mk m;
	static uint8_t text[TEXT_SIZE], data[DATA_SIZE];
	const uint64_t at = MK_PHYS, base = MK_VIRT;
	size_t notes, data_at, text_at;

	memset(text, 't', sizeof(text));
	memset(data, 'd', sizeof(data));
	mk_init(&m, 64);
	notes = is_linux ? mk_linux_notes(&m) : plain_notes(&m);
	mk_phdr(&m, PT_NOTE, PF_R, notes, 0, 0, m.len - notes, m.len - notes);
	text_at = mk_bytes(&m, text, sizeof(text));
	data_at = mk_bytes(&m, data, sizeof(data));
	mk_phdr(&m, PT_LOAD, PF_R | PF_W, data_at, base + at + DATA_AT, at + DATA_AT, DATA_SIZE,
		BSS_SIZE);
	mk_phdr(&m, PT_LOAD, PF_R | PF_X, text_at, base + at, at, TEXT_SIZE, TEXT_SIZE);
	mk_word(&m, MK_EH(&m, e_entry), MK_PHYS);
	mk_finish(&m);
	kit_write("k", m.data, m.len);
	return data_at + DATA_SIZE;
}

/* ramdisk: a file of the kit, or NULL for none */
static void hold(struct scene *s, enum guest_type type, const char *ramdisk)
{
	memset(s, 0, sizeof(*s));
	fake_reset();
	snprintf(s->path, sizeof(s->path), "%s", kit_path("k"));
	s->cfg = kit_config("web", type);
	s->cfg.kernel = s->path;
	snprintf(s->ramdisk, sizeof(s->ramdisk), "%s", kit_path(ramdisk ? ramdisk : ""));
	s->cfg.ramdisk = ramdisk ? s->ramdisk : NULL;
	KIT_CHECK(!host_open(&s->host, false, &s->err), "%s", s->err.msg);
	assert_int_equal(guest_init(&s->guest, &s->cfg, &s->err), 0);
	KIT_CHECK(!guest_hold_images(&s->guest, &s->images, &s->err), "%s", s->err.msg);
}

static void end(struct scene *s)
{
	fake_fail_at(0, 0);
	assert_int_equal(guest_destroy(&s->guest, &s->host, &s->err), 0);
	guest_drop_images(&s->guest, &s->images);
	host_close(&s->host);
	kit_nothing_held(true);
}

static void all_is(const uint8_t *p, size_t from, size_t to, int what)
{
	for (size_t i = from; i < to; i++)
		if (p[i] != what)
			fail_msg("byte %#zx is %#x", i, p[i]);
}

/* The fake of libxenguest looks at the ramdisk. */
static void loads(enum guest_type type)
{
	const struct fake_domain *d;
	struct scene s;

	hold(&s, type, "ramdisk");
	KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	d = fake_domain(s.guest.domid);
	assert_int_equal(d->kernel_pages, PAGES);
	all_is(d->kernel, 0, TEXT_SIZE, 't');
	all_is(d->kernel, TEXT_SIZE, DATA_AT, 0);
	all_is(d->kernel, DATA_AT, DATA_AT + DATA_SIZE, 'd');
	all_is(d->kernel, DATA_AT + DATA_SIZE, PAGES * XC_PAGE_SIZE, 0);
	end(&s);
}

static void test_segments(void **state)
{
	(void)state;
	write_kernel(true);
	loads(GUEST_PV);
	loads(GUEST_PVH);
}

/* A guest that wants its ramdisk mapped, behind the kernel. */
static void test_mapped(void **state)
{
	(void)state;
	write_kernel(false);
	loads(GUEST_PV);
}

/* What takes many pages is unmapped by hypercalls, and nothing else is. */
static void test_unmapped(void **state)
{
	static const char ramdisk[300 * XC_PAGE_SIZE + 1];
	struct scene s;

	(void)state;
	write_kernel(true);
	kit_write("big", ramdisk, sizeof(ramdisk));
	hold(&s, GUEST_PV, "big");
	KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	assert_int_equal(fake_call()->to - fake_call()->from, 301 * XC_PAGE_SIZE);
	assert_false(fake_call()->wrong);
	end(&s);
	assert_int_equal(fake_call()->handles, 0);
}

/* The file is shorter than it was when its headers were looked at. */
static void test_cut(void **state)
{
	const size_t len = write_kernel(true);
	char want[512];
	struct scene s;

	(void)state;
	hold(&s, GUEST_PV, NULL);
	assert_int_equal(truncate(s.path, (off_t)len - 1), 0);
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	snprintf(want, sizeof(want), "kernel %s has become shorter", s.path);
	assert_string_equal(s.err.msg, want);
	end(&s);
}

/* A BSD's symbols come behind the kernel: headers, the symbols, their names. */
static void test_symbols(void **state)
{
	static struct mk m;
	static uint8_t symbols[240], names[50];
	const struct fake_domain *d;
	struct scene s;
	size_t notes, at;

	(void)state;
	memset(symbols, 's', sizeof(symbols));
	memset(names, 'n', sizeof(names));
	notes = mk_begin_notes(&m, 64);
	mk_note_number(&m, XEN_ELFNOTE_PHYS32_ENTRY, MK_PHYS, 4);
	mk_note_text(&m, XEN_ELFNOTE_BSD_SYMTAB, "yes");
	mk_end_notes(&m, notes);
	at = mk_bytes(&m, symbols, sizeof(symbols));
	mk_section(&m, ".symtab", SHT_SYMTAB, at, sizeof(symbols));
	at = mk_bytes(&m, names, sizeof(names));
	mk_section(&m, ".strtab", SHT_STRTAB, at, sizeof(names));
	mk_finish(&m);
	mk_put(&m, MK_SH(&m, 1, sh_link), 2, 4);
	kit_write("k", m.data, m.len);
	hold(&s, GUEST_PVH, "ramdisk");
	KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	d = fake_domain(s.guest.domid);
	assert_int_equal(d->kernel_pages, 2);
	all_is(d->kernel, MK_TEXT, 0x1000, 0);
	assert_memory_equal(d->kernel + 0x1004, "\177ELF", 4);
	all_is(d->kernel, 0x1000 + 264, 0x1000 + 264 + 240, 's');
	all_is(d->kernel, 0x1000 + 264 + 240, 0x1000 + 264 + 240 + 50, 'n');
	all_is(d->kernel, 0x1000 + 264 + 240 + 50, 0x2000, 0);
	end(&s);
}

/* The file that the BIOS is in has become shorter. */
static void test_no_bios(void **state)
{
	struct scene s;

	(void)state;
	memset(&s, 0, sizeof(s));
	fake_reset();
	s.cfg = kit_config("web", GUEST_PV);
	kit_hvm(&s.cfg, false);
	KIT_CHECK(!host_open(&s.host, false, &s.err), "%s", s.err.msg);
	assert_int_equal(guest_init(&s.guest, &s.cfg, &s.err), 0);
	KIT_CHECK(!guest_hold_images(&s.guest, &s.images, &s.err), "%s", s.err.msg);
	assert_int_equal(truncate("root/usr/share/seabios/bios-256k.bin", 1), 0);
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	assert_string_equal(
		s.err.msg, "cannot load BIOS root/usr/share/seabios/bios-256k.bin into the domain: "
			   "cannot read the file: it has become shorter");
	end(&s);
}

static void test_not_mapped(void **state)
{
	char want[256];
	struct scene s;

	(void)state;
	write_kernel(true);
	hold(&s, GUEST_PV, NULL);
	fake_fail_call("xc_dom_pfn_to_ptr_retcount", 1, ENOMEM);
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	snprintf(want, sizeof(want), "cannot load the kernel and its ramdisk into the domain: %s",
		 strerror(ENOMEM));
	assert_string_equal(s.err.msg, want);
	end(&s);
}

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	kit_firmware();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_segments),   cmocka_unit_test(test_mapped),
		cmocka_unit_test(test_unmapped),   cmocka_unit_test(test_cut),
		cmocka_unit_test(test_not_mapped), cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_no_bios),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
