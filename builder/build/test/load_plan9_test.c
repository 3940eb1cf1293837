/*
 * Guests with Plan 9's kernels: what the loader makes of them, the hypervisor that they
 * need, and that nothing is left of them wherever the way to their start fails.
 */
#include "builder/fake/kit.h"

#include "loaders/test/aout_build.h"
#include "loaders/test/elf_build.h"
#include "builder/host/host.h"
#include "builder/image/image_files.h"
#include "builder/build/life.h"

#define CAPS      "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 "
#define CAPS_PV32 "xen-3.0-x86_64 xen-3.0-x86_32p hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 "

struct scene {
	struct host host;
	struct image_cache images;
	struct guest guest;
	struct guest_config cfg;
	struct err err;
};

/* A guest that boots the file "k" on a hypervisor that can do that. */
static int start(struct scene *s, const char *caps)
{
	static char path[256];

	memset(s, 0, sizeof(*s));
	fake_host()->caps = caps;
	snprintf(path, sizeof(path), "%s", kit_path("k"));
	s->cfg = kit_config("glenda", GUEST_PV);
	s->cfg.image = (char *)(uintptr_t) "plan9";
	s->cfg.extra = (char *)(uintptr_t) "\nuser=glenda\n";
	s->cfg.kernel = path;
	if (host_open(&s->host, false, &s->err) < 0)
		return -1;
	assert_int_equal(guest_init(&s->guest, &s->cfg, &s->err), 0);
	KIT_CHECK(!guest_hold_images(&s->guest, &s->images, &s->err), "%s", s->err.msg);
	return kit_start(&s->guest, &s->host, &s->err);
}

static void end(struct scene *s)
{
	fake_fail_at(0, 0);
	assert_int_equal(guest_destroy(&s->guest, &s->host, &s->err), 0);
	guest_drop_images(&s->guest, &s->images);
	host_close(&s->host);
	kit_nothing_held(true);
}

static const struct fake_domain *starts(struct scene *s)
{
	fake_reset();
	KIT_CHECK(!start(s, CAPS_PV32), "%s", s->err.msg);
	return fake_domain(s->guest.domid);
}

static void write_aout(void (*make)(struct ao *a))
{
	static struct ao a;

	make(&a);
	kit_write("k", a.data, a.len);
}

static void test_386(void **state)
{
	const struct fake_domain *d;
	struct scene s;

	(void)state;
	write_aout(ao_386);
	d = starts(&s);
	assert_string_equal(d->guest_type, "xen-3.0-x86_32p");
	assert_true(d->virt_base == 0x80000000 && d->virt_entry == 0x80100020);
	assert_true(d->kernel_pfn == 0x100 && d->extended_cr3);
	/* The header, text, a gap, data, bss, and what is behind it. */
	assert_int_equal(d->kernel[3], 0xeb);
	assert_int_equal(d->kernel[32], 't');
	assert_int_equal(d->kernel[32 + AO_TEXT_SIZE - 1], 't');
	for (size_t i = 32 + AO_TEXT_SIZE; i < 0x2000; i++)
		assert_int_equal(d->kernel[i], 0);
	assert_int_equal(d->kernel[0x2000], 'd');
	assert_int_equal(d->kernel[0x2000 + AO_DATA_SIZE - 1], 'd');
	for (size_t i = 0x2000 + AO_DATA_SIZE; i < sizeof(d->kernel); i++)
		assert_int_equal(d->kernel[i], 0);
	assert_string_equal(d->cmdline, "ip=dhcp \nuser=glenda\n");
	end(&s);
}

static void test_amd64(void **state)
{
	const struct fake_domain *d;
	struct scene s;

	(void)state;
	write_aout(ao_amd64);
	fake_reset();
	KIT_CHECK(!start(&s, CAPS), "%s", s.err.msg); /* any hypervisor runs it */
	d = fake_domain(s.guest.domid);
	assert_string_equal(d->guest_type, "xen-3.0-x86_64");
	assert_true(d->virt_base == 0xffffffff80000000 && d->virt_entry == 0xffffffff80110000);
	assert_true(d->kernel_pfn == 0x110 && !d->extended_cr3);
	assert_int_equal(d->kernel[0], 't');
	assert_int_equal(d->kernel[0x2000], 'd');
	end(&s);
}

/* The ELF of Plan 9's converter, and one that has the section where others look for it. */
static void test_elf(void **state)
{
	static struct mk m;
	const struct fake_domain *d;
	struct scene s;

	(void)state;
	mk_xenelf(&m, MK_PLAN9);
	memset(m.data + 0x1000, 't', 0x1fff);
	memset(m.data + 0x3000, 'd', 0x800);
	kit_write("k", m.data, m.len);
	d = starts(&s);
	assert_string_equal(d->guest_type, "xen-3.0-x86_32p");
	assert_true(d->virt_base == 0x80000000 && d->virt_entry == 0x80010000);
	assert_true(d->kernel_pfn == 0x10 && d->extended_cr3);
	assert_int_equal(d->kernel[0], 't');
	assert_int_equal(d->kernel[0x1ffe], 't');
	assert_int_equal(d->kernel[0x1fff], 0);
	assert_int_equal(d->kernel[0x2000], 'd');
	end(&s);
	mk_xenelf(&m, MK_PLAN9 ",PAE=yes");
	kit_write("k", m.data, m.len);
	assert_false(starts(&s)->extended_cr3);
	end(&s);
	mk_guest(&m, "LOADER=generic,XEN_VER=xen-3.0,VIRT_BASE=0xc0000000,PAE=yes");
	kit_write("k", m.data, m.len);
	d = starts(&s);
	assert_string_equal(d->guest_type, "xen-3.0-x86_32p");
	assert_true(d->virt_base == 0xc0000000 && d->virt_entry == 0xc0100000);
	assert_true(d->kernel_pfn == 0x100 && !d->extended_cr3);
	end(&s);
}

/* Nothing is made where the hypervisor has no 32-bit PV. */
static void test_no_pv32(void **state)
{
	char want[512];
	struct scene s;

	(void)state;
	write_aout(ao_386);
	fake_reset();
	assert_int_equal(start(&s, CAPS), -1);
	snprintf(want, sizeof(want),
		 "kernel %s is a 32-bit pv kernel, and this hypervisor runs only 64-bit ones (it "
		 "was "
		 "built without CONFIG_PV32)",
		 s.cfg.kernel);
	assert_string_equal(s.err.msg, want);
	assert_int_equal(fake_calls_of("xc_domain_create"), 0);
	end(&s);
}

static void test_nth_call(void **state)
{
	struct scene s;
	unsigned calls;

	(void)state;
	write_aout(ao_386);
	starts(&s);
	calls = fake_calls();
	end(&s);
	for (unsigned n = 1; n <= calls; n++) {
		fake_reset();
		fake_fail_at(n, EIO);
		if (start(&s, CAPS_PV32) < 0)
			kit_good_message(&s.err);
		if (s.host.xch)
			end(&s);
		fake_fail_at(0, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_386),      cmocka_unit_test(test_amd64),
		cmocka_unit_test(test_elf),      cmocka_unit_test(test_no_pv32),
		cmocka_unit_test(test_nth_call),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
