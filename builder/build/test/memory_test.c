/*
 * What a guest has, what it is shown, and what the hypervisor and xl are told of that: with a store
 * and without one.
 */
#include "builder/fake/units.h"

#include <unistd.h>

#include "builder/build/create.h"
#include "builder/build/hand_over.h"
#include "builder/build/life.h"
#include "builder/guest/guest_memory.h"
#include "builder/host/free_memory.h"
#include "builder/host/host.h"
#include "builder/image/image_files.h"
#include "builder/store/store.h"
#include "builder/store/xl_record.h"

#define MIB 1024 /* in KiB */
#define GIB (UINT64_C(1) << 30)

/* The end of a pvh guest's memory below 4 GiB. */
#define HOLE UINT64_C(0xfc000000)

enum kind { PV, PVH, CLASSIC, QEMU, KINDS };

struct scene {
	struct host host;
	struct image_cache images;
	struct guest_config cfg;
	struct guest guest;
	struct err err;
};

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	kit_firmware();
	kit_text("map", "0 9f000 ram\n9f000 100000 reserved\n100000 6000000 ram\n");
	return 0;
}

static struct guest_config config(enum kind kind, unsigned memory, unsigned maxmem)
{
	struct guest_config cfg = kit_config("web", kind == PV ? GUEST_PV : GUEST_PVH);

	if (kind >= CLASSIC)
		kit_hvm(&cfg, kind == CLASSIC);
	cfg.memory_kib = (uint64_t)memory * MIB;
	cfg.maxmem_kib = (uint64_t)maxmem * MIB;
	return cfg;
}

static void open_scene(struct scene *s, const struct guest_config *cfg, bool store)
{
	memset(s, 0, sizeof(*s));
	fake_reset();
	fake_host()->free_kib = UINT64_C(16) << 20;
	fake_store()->running = true;
	s->cfg = *cfg;
	KIT_CHECK(!host_open(&s->host, false, &s->err), "%s", s->err.msg);
	if (store)
		KIT_CHECK(!store_open(&s->host.xsh, &s->err), "%s", s->err.msg);
	assert_int_equal(guest_init(&s->guest, &s->cfg, &s->err), 0);
	KIT_CHECK(!guest_hold_images(&s->guest, &s->images, &s->err), "%s", s->err.msg);
}

static struct fake_domain *start(struct scene *s, const struct guest_config *cfg, bool store)
{
	open_scene(s, cfg, store);
	KIT_CHECK(!kit_start(&s->guest, &s->host, &s->err), "%s", s->err.msg);
	return fake_domain(s->guest.domid);
}

static void close_scene(struct scene *s)
{
	KIT_CHECK(!guest_destroy(&s->guest, &s->host, &s->err), "%s", s->err.msg);
	guest_drop_images(&s->guest, &s->images);
	if (s->host.xsh)
		xs_close(s->host.xsh);
	host_close(&s->host);
	kit_nothing_held(true);
}

static uint64_t node(const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/1/memory/%s", name);
	return strtoull(fake_store_read(path), NULL, 10);
}

/* The last byte of RAM in its memory map, and one more. */
static uint64_t ram_end(const struct fake_domain *d)
{
	uint64_t end = 0;

	for (unsigned i = 0; i < d->nr_e820; i++)
		if (d->e820[i].type == E820_RAM && d->e820[i].addr + d->e820[i].size > end)
			end = d->e820[i].addr + d->e820[i].size;
	return end;
}

static void record_has(struct scene *s, uint64_t max_kib, uint64_t target_kib)
{
	char want[96], *text;
	size_t len;

	snprintf(want, sizeof(want), "\"max_memkb\": %llu,\n        \"target_memkb\": %llu,\n",
		 (unsigned long long)max_kib, (unsigned long long)target_kib);
	KIT_CHECK(!xl_record_text(&s->guest, &s->host, &text, &len, &s->err), "%s", s->err.msg);
	KIT_CHECK(strstr(text, want), "no %s in %s", want, text);
	free(text);
}

/* With a store a guest is shown all that it may come to have, as under xl. */
static void test_store(void **state)
{
	/* What libxl takes off the target of an hvm guest whose memory is below its maximum. */
	static const unsigned fudge[KINDS] = {[CLASSIC] = MIB, [QEMU] = MIB};

	(void)state;
	for (enum kind kind = PV; kind < KINDS; kind++) {
		struct guest_config cfg = config(kind, 96, 160);
		const unsigned card = kind == QEMU ? 8 * MIB : 0;
		struct fake_domain *d;
		struct scene s;

		cfg.videoram_kib = card;
		d = start(&s, &cfg, true);
		assert_true(d->memory_kib == 96 * MIB - card);
		assert_true(d->shown_kib == (kind == PV ? 96 * MIB : 160 * MIB - card));
		/* The hypervisor's limit is not the static maximum: xl raises it when it gives. */
		assert_true(d->maxmem_kib == 97 * MIB);
		if (kind == PV)
			assert_true(d->memmap_limit_kib == 160 * MIB);
		else
			assert_true(ram_end(d) == (160 * MIB - card) * UINT64_C(1024));
		assert_true(node("static-max") == 160 * MIB);
		assert_true(node("target") == 96 * MIB - card - fudge[kind]);
		assert_true(node("videoram") == card);
		record_has(&s, 160 * MIB, 96 * MIB);
		close_scene(&s);
	}
}

/* Without one nobody tells it to give anything back, and it is shown what it has. */
static void test_no_store(void **state)
{
	(void)state;
	for (enum kind kind = PV; kind < KINDS; kind++) {
		const struct guest_config cfg = config(kind, 96, 160);
		const unsigned most = kind == PV ? 160 * MIB : 96 * MIB;
		struct fake_domain *d;
		struct scene s;

		d = start(&s, &cfg, false);
		assert_true(d->memory_kib == 96 * MIB && d->shown_kib == 96 * MIB);
		assert_true(d->maxmem_kib == 97 * MIB);
		if (kind == PV)
			assert_true(d->memmap_limit_kib == 160 * MIB);
		else
			assert_true(ram_end(d) == 96 * UINT64_C(1024) * MIB);
		assert_true(s.guest.static_max_kib == most);

		/* What it is told by a store that comes later is what it was built with. */
		KIT_CHECK(!store_open(&s.host.xsh, &s.err), "%s", s.err.msg);
		KIT_CHECK(!guest_hand_over(&s.guest, &s.host, &s.err), "%s", s.err.msg);
		assert_true(node("static-max") == most);
		assert_true(node("target") == 96 * MIB);
		record_has(&s, most, 96 * MIB);
		close_scene(&s);
	}
}

/* The next build is as things are then. */
static void test_again(void **state)
{
	const struct guest_config cfg = config(PVH, 96, 160);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	d = start(&s, &cfg, false);
	assert_true(d->shown_kib == 96 * MIB);
	KIT_CHECK(!guest_destroy(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	KIT_CHECK(!store_open(&s.host.xsh, &s.err), "%s", s.err.msg);
	guest_plan_restart(&s.guest);
	KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	d = fake_domain(s.guest.domid);
	assert_true(d->shown_kib == 160 * MIB && d->memory_kib == 96 * MIB);
	close_scene(&s);
}

/* No more than it has to begin with, where that is all that it may have. */
static void test_equal(void **state)
{
	const struct guest_config cfg = config(QEMU, 96, 96);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	d = start(&s, &cfg, true);
	assert_true(d->memory_kib == 96 * MIB && d->shown_kib == 96 * MIB);
	assert_true(node("target") == 96 * MIB);
	close_scene(&s);
}

/* Memory that is only shown goes around the hole as any other. */
static void test_hole(void **state)
{
	const struct guest_config cfg = config(PVH, 3 * 1024, 6 * 1024);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	d = start(&s, &cfg, true);
	assert_true(d->lowmem_end == HOLE && d->highmem_end == 6 * GIB + 4 * GIB - HOLE);
	assert_true(ram_end(d) == d->highmem_end);
	assert_true(d->memory_kib == 3 * 1024 * MIB);
	close_scene(&s);
}

/* The host needs what the guest has, and the tables for what it may come to have. */
static void test_host_memory(void **state)
{
	const struct guest_config cfg = config(PVH, 96, 4096);
	struct scene s;
	uint64_t need, kib;

	(void)state;
	open_scene(&s, &cfg, true);
	need = create_need_kib(&cfg, &s.host);
	assert_true(need == 96 * MIB + MIB + MIB + 4 * 4096 + 96);
	fake_host()->free_kib = need;
	KIT_CHECK(!kit_start(&s.guest, &s.host, &s.err), "%s", s.err.msg);
	assert_int_equal(free_memory(s.host.xch, &s.host.log, &kib, &s.err), 0);
	assert_true(kib == fake_host()->free_kib); /* nothing is left of its claim */
	close_scene(&s);

	open_scene(&s, &cfg, true);
	fake_host()->free_kib = need - 4;
	assert_int_equal(kit_start(&s.guest, &s.host, &s.err), -1);
	assert_memory_equal(s.err.msg, "not enough host memory: it needs 115 MiB in all", 47);
	close_scene(&s);
}

/* A memory map file says where memory is, and that is what the guest has. */
static void test_memmap(void **state)
{
	struct guest_config cfg = config(QEMU, 96, 160);
	struct fake_domain *d;
	struct scene s;

	(void)state;
	cfg.memmap = (char *)(uintptr_t)kit_path("map");
	d = start(&s, &cfg, true);
	assert_true(d->memory_kib == 96 * MIB && d->shown_kib == 96 * MIB);
	assert_true(ram_end(d) == 96 << 20);
	assert_true(node("static-max") == 96 * MIB);
	assert_true(node("target") == 96 * MIB);
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_store),  cmocka_unit_test(test_no_store),
		cmocka_unit_test(test_again),  cmocka_unit_test(test_equal),
		cmocka_unit_test(test_hole),   cmocka_unit_test(test_host_memory),
		cmocka_unit_test(test_memmap),
	};

	return cmocka_run_group_tests(tests, begin, kit_end);
}
