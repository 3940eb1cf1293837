/* The console's ring, with guests that keep to its rules and guests that don't. */
#include "builder/fake/kit.h"

#include <xen/io/console.h>

#include "builder/supervise/console.h"
#include "builder/image/image_files.h"
#include "builder/build/life.h"

struct scene {
	struct host host;
	struct image_cache images;
	struct guest guest;
	struct guest_config cfg;
	struct console console;
	struct xencons_interface *ring; /* the guest's view */
	xenevtchn_handle *xce;
	struct err err;
};

static void open_scene(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	fake_reset();
	s->cfg = kit_config("web", GUEST_PV);
	assert_int_equal(host_open(&s->host, false, &s->err), 0);
	assert_int_equal(guest_init(&s->guest, &s->cfg, &s->err), 0);
	assert_int_equal(guest_hold_images(&s->guest, &s->images, &s->err), 0);
	KIT_CHECK(kit_start(&s->guest, &s->host, &s->err) == 0, "%s", s->err.msg);
	s->xce = xenevtchn_open(NULL, 0);
	KIT_CHECK(console_open(&s->console, &s->host, s->xce, &s->guest, &s->err) == 0, "%s",
		  s->err.msg);
	s->ring = fake_domain(s->guest.domid)->ring;
#if XEN_LIBS_MINOR >= 21
	assert_int_equal(s->ring->connection, XENCONSOLE_CONNECTED);
#endif
}

static void close_scene(struct scene *s)
{
	console_close(&s->console, s->xce);
	console_close(&s->console, s->xce);
	xenevtchn_close(s->xce);
	assert_int_equal(guest_destroy(&s->guest, &s->host, &s->err), 0);
	guest_drop_images(&s->guest, &s->images);
	host_close(&s->host);
	kit_nothing_held(true);
}

static void test_read(void **state)
{
	char buf[CONSOLE_RING_OUT], text[CONSOLE_RING_OUT + 1];
	struct scene s;

	(void)state;
	open_scene(&s);
	assert_int_equal(console_read(&s.console, s.xce, buf, sizeof(buf)), 0);
	fake_print(1, "hello");
	assert_int_equal(console_read(&s.console, s.xce, buf, 3), 3); /* a part at a time */
	assert_memory_equal(buf, "hel", 3);
	assert_int_equal(console_read(&s.console, s.xce, buf, sizeof(buf)), 2);
	assert_memory_equal(buf, "lo", 2);
	assert_int_equal(s.ring->out_cons, 5);

	/* A full ring, round its end. */
	for (unsigned i = 0; i < CONSOLE_RING_OUT; i++)
		text[i] = (char)('a' + i % 26);
	text[CONSOLE_RING_OUT] = '\0';
	fake_print(1, text);
	assert_int_equal(console_read(&s.console, s.xce, buf, sizeof(buf)), CONSOLE_RING_OUT);
	assert_memory_equal(buf, text, CONSOLE_RING_OUT);

	/* The indices' own end. */
	s.ring->out_cons = s.ring->out_prod = UINT32_MAX - 1;
	fake_print(1, "around");
	assert_int_equal(s.ring->out_prod, 4);
	assert_int_equal(console_read(&s.console, s.xce, buf, sizeof(buf)), 6);
	assert_memory_equal(buf, "around", 6);
	close_scene(&s);
}

/* Indices that can't be: nothing is read from beyond the ring, and the console works again after.
 */
static void test_hostile_output(void **state)
{
	static const uint32_t lies[][2] = {
		/* out_cons, out_prod */
		{0, CONSOLE_RING_OUT + 1},      {0, UINT32_MAX}, {1, 0},
		{UINT32_MAX, CONSOLE_RING_OUT}, {0x80000000, 0}, {5, 0x80000000},
	};
	char buf[CONSOLE_RING_OUT];
	struct scene s;

	(void)state;
	open_scene(&s);
	for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		s.ring->out_cons = lies[i][0];
		s.ring->out_prod = lies[i][1];
		assert_int_equal(console_read(&s.console, s.xce, buf, sizeof(buf)), 0);
		assert_int_equal(s.ring->out_cons, lies[i][1]);
		fake_print(1, "sane");
		assert_int_equal(console_read(&s.console, s.xce, buf, sizeof(buf)), 4);
		assert_memory_equal(buf, "sane", 4);
	}
	close_scene(&s);
}

static void test_write(void **state)
{
	char in[2000], out[2000];
	struct scene s;

	(void)state;
	open_scene(&s);
	for (unsigned i = 0; i < sizeof(in); i++)
		in[i] = (char)('A' + i % 26);
	assert_int_equal(console_room(&s.console), 1024);
	assert_int_equal(console_write(&s.console, s.xce, in, 10), 10);
	assert_int_equal(console_room(&s.console), 1014);
	assert_int_equal(fake_typed(1, out, sizeof(out)), 10);
	assert_memory_equal(out, in, 10);
	/* More than it holds: what fits, in order, over the ring's end. */
	assert_int_equal(console_write(&s.console, s.xce, in, sizeof(in)), 1024);
	assert_int_equal(console_room(&s.console), 0);
	assert_int_equal(console_write(&s.console, s.xce, in, 1), 0);
	assert_int_equal(fake_typed(1, out, sizeof(out)), 1024);
	assert_memory_equal(out, in, 1024);
	s.ring->in_cons = s.ring->in_prod = UINT32_MAX;
	assert_int_equal(console_write(&s.console, s.xce, in, 3), 3);
	assert_int_equal(s.ring->in_prod, 2);
	assert_int_equal(fake_typed(1, out, sizeof(out)), 3);
	assert_memory_equal(out, in, 3);
	close_scene(&s);
}

static void test_hostile_input(void **state)
{
	static const uint32_t lies[][2] = {{0, 1025}, {1, 0}, {0, UINT32_MAX}, {0x80000000, 7}};
	char mark[sizeof(struct xencons_interface)];
	struct scene s;

	(void)state;
	open_scene(&s);
	for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		s.ring->in_cons = lies[i][0];
		s.ring->in_prod = lies[i][1];
		memcpy(mark, s.ring, sizeof(mark));
		assert_int_equal(console_room(&s.console), 0);
		assert_int_equal(console_write(&s.console, s.xce, "input", 5), 0);
		assert_memory_equal(mark, s.ring, sizeof(mark));
	}
	close_scene(&s);
}

static void test_closed(void **state)
{
	struct scene s;
	char buf[16];

	(void)state;
	open_scene(&s);
	console_close(&s.console, s.xce);
	assert_int_equal(console_read(&s.console, s.xce, buf, sizeof(buf)), 0);
	assert_int_equal(console_write(&s.console, s.xce, "x", 1), 0);
	assert_int_equal(console_room(&s.console), 0);
	close_scene(&s);
}

static void test_open_fails(void **state)
{
	struct console c;
	struct scene s;
	char msg[128];

	(void)state;
	open_scene(&s);
	fake_fail_at(1, EPERM);
	assert_int_equal(console_open(&c, &s.host, s.xce, &s.guest, &s.err), -1);
	snprintf(msg, sizeof(msg), "cannot map the console of domain 1: %s", strerror(EPERM));
	assert_string_equal(s.err.msg, msg);
	assert_null(c.ring);
	fake_fail_at(2, EPERM);
	assert_int_equal(console_open(&c, &s.host, s.xce, &s.guest, &s.err), -1);
	snprintf(msg, sizeof(msg), "cannot bind the console of domain 1: %s", strerror(EPERM));
	assert_string_equal(s.err.msg, msg);
	assert_null(c.ring);
	assert_int_equal(fake_domain(1)->mapped, 1); /* the scene's own */
	close_scene(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),   cmocka_unit_test(test_hostile_output),
		cmocka_unit_test(test_write),  cmocka_unit_test(test_hostile_input),
		cmocka_unit_test(test_closed), cmocka_unit_test(test_open_fails),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
