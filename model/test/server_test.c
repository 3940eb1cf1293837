/* The ioreq server's life against a fake hypervisor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "model/fake.h"
#include "model/server.h"

static const struct port_range ranges[] = {{0x3f8, 0x3ff}, {0x64, 0x64}};

static int up(struct server *s, struct err *e)
{
	int rc = server_open(s, FAKE_DOMID, e);

	if (!rc)
		rc = server_restrict(s, e);
	return rc ? rc : server_start(s, ranges, 2, e);
}

static void test_life(void **state)
{
	struct server s;
	struct err e;

	(void)state;
	fake_reset();
	assert_int_equal(up(&s, &e), 0);
	assert_true(fake->restricted && fake->created && fake->enabled && fake->mapped);
	assert_int_equal(fake->nr_ranges, 2);
	assert_int_equal(fake->first[0], 0x3f8);
	assert_int_equal(fake->last[0], 0x3ff);
	assert_int_equal(fake->first[1], 0x64);
	assert_int_equal(fake->last[1], 0x64);
	assert_int_equal(fake->bound, 2);
	assert_int_equal(s.vcpus, 2);
	server_close(&s);
	assert_true(fake_clean());
	/* Again, which does nothing. */
	server_close(&s);
	assert_true(fake_clean());
}

/* Every call fails once: each time with one message, and nothing is left. */
static void test_failures(void **state)
{
	static const char *const messages[] = {
		"cannot open /dev/xen/privcmd: Permission denied",
		"cannot open /dev/xen/privcmd for memory: Permission denied",
		"cannot open /dev/xen/evtchn: Permission denied",
		"cannot give up rights over other domains than 7: Permission denied (Linux 4.13 "
		"and later can, or device_model_restrict = 0)",
		"domain 7: cannot make an ioreq server: Permission denied",
		"domain 7: cannot map the page of I/O requests: Permission denied",
		"domain 7: cannot take its I/O ports: Permission denied",
		"domain 7: cannot take its I/O ports: Permission denied",
		"domain 7: cannot enable the ioreq server: Permission denied",
		"domain 7: cannot bind a vcpu's event channel: Permission denied",
		"domain 7: cannot bind a vcpu's event channel: Permission denied",
	};
	const unsigned n = sizeof(messages) / sizeof(messages[0]);
	struct server s;
	struct err e;

	(void)state;
	for (unsigned i = 0; i < n; i++) {
		fake_reset();
		fake->fail_at = i + 1;
		fake->fail_errno = EACCES;
		assert_int_equal(up(&s, &e), SERVER_FAILED);
		assert_string_equal(e.msg, messages[i]);
		server_close(&s);
		assert_true(fake_clean());
	}
	fake_reset();
	fake->fail_at = n + 1;
	assert_int_equal(up(&s, &e), 0);
	server_close(&s);
}

static void test_gone(void **state)
{
	struct ioreq *slot;
	struct server s;
	struct err e;

	(void)state;
	fake_reset();
	fake->gone = true;
	assert_int_equal(up(&s, &e), SERVER_GONE);
	server_close(&s);
	fake_reset();
	assert_int_equal(up(&s, &e), 0);
	fake->gone = true;
	assert_int_equal(server_irq(&s, 4, true, &e), SERVER_GONE);
	assert_int_equal(server_shutdown(&s, 0, &e), SERVER_GONE);
	fake_fire(0);
	assert_int_equal(server_event(&s, &slot, &e), 0);
	server_close(&s);
	assert_true(fake_clean());
}

static void test_no_vcpus(void **state)
{
	struct server s;
	struct err e;

	(void)state;
	fake_reset();
	fake->vcpus = 0;
	assert_int_equal(up(&s, &e), SERVER_FAILED);
	assert_string_equal(e.msg, "domain 7 has no vcpus");
	server_close(&s);
	assert_true(fake_clean());
}

static void test_events(void **state)
{
	const uint32_t none = 0;
	struct ioreq *slot;
	struct server s;
	struct err e;
	uint8_t who;

	(void)state;
	fake_reset();
	assert_int_equal(up(&s, &e), 0);
	for (unsigned vcpu = 0; vcpu < FAKE_VCPUS; vcpu++) {
		struct pollfd fd = {.fd = server_fd(&s), .events = POLLIN};

		assert_int_equal(poll(&fd, 1, 0), 0);
		fake_fire(vcpu);
		assert_int_equal(poll(&fd, 1, 0), 1);
		assert_int_equal(server_event(&s, &slot, &e), 0);
		assert_ptr_equal(slot, &fake->slots[vcpu]);
		assert_int_equal(server_done(&s, slot, &e), 0);
		assert_int_equal(read(fake->notice[0], &who, 1), 1);
		assert_int_equal(who, vcpu);
	}
	/* Others' ports, which are none of ours. */
	fake_fire(FAKE_VCPUS + 3);
	assert_int_equal(server_event(&s, &slot, &e), 0);
	assert_null(slot);
	assert_int_equal(write(fake->event[1], &none, sizeof(none)), sizeof(none));
	assert_int_equal(server_event(&s, &slot, &e), 0);
	assert_null(slot);

	fake->fail_errno = EACCES;
	fake->fail_at = fake->calls + 1;
	assert_int_equal(server_event(&s, &slot, &e), SERVER_FAILED);
	assert_string_equal(e.msg, "domain 7: cannot take an event: Permission denied");
	fake_fire(0);
	fake->fail_at = fake->calls + 2;
	assert_int_equal(server_event(&s, &slot, &e), SERVER_FAILED);
	assert_string_equal(e.msg, "domain 7: cannot unmask an event channel: Permission denied");
	fake->fail_at = fake->calls + 1;
	assert_int_equal(server_done(&s, s.slots, &e), SERVER_FAILED);
	assert_string_equal(e.msg, "domain 7: cannot notify a vcpu: Permission denied");
	fake->fail_at = fake->calls + 1;
	assert_int_equal(server_irq(&s, 4, true, &e), SERVER_FAILED);
	assert_string_equal(e.msg, "domain 7: cannot set an interrupt's level: Permission denied");
	fake->fail_at = fake->calls + 1;
	assert_int_equal(server_shutdown(&s, 0, &e), SERVER_FAILED);
	assert_string_equal(e.msg, "domain 7: cannot shut it down: Permission denied");
	server_close(&s);
}

static void test_memory(void **state)
{
	const uint64_t begin = (uint64_t)FAKE_GFN << 12, end = begin + FAKE_PAGES * 4096;
	struct server s;
	struct err e;
	char buf[8];

	(void)state;
	fake_reset();
	assert_int_equal(up(&s, &e), 0);
	memcpy(fake->memory + 4094, "abcd", 4);
	/* Over the edge of a page. */
	assert_true(server_copy(&s, begin + 4094, buf, 4, false));
	assert_memory_equal(buf, "abcd", 4);
	assert_true(server_copy(&s, begin + 4095, "XY", 2, true));
	assert_memory_equal(fake->memory + 4094, "aXYd", 4);
	assert_int_equal(fake->pages, 1);
	/* Where there is none. */
	assert_false(server_copy(&s, end - 2, buf, 4, false));
	assert_false(server_copy(&s, begin - 1, buf, 1, false));
	assert_false(server_copy(&s, UINT64_MAX - 1, buf, 4, false));
	assert_false(server_copy(&s, begin + (UINT64_C(1) << 52), buf, 4, false));
	assert_false(server_copy(&s, (UINT64_C(1) << 52) - 1, buf, 4, false));
	assert_int_equal(fake->pages, 0);
	assert_true(server_copy(&s, begin, buf, 1, false));
	server_unmap(&s);
	assert_int_equal(fake->pages, 0);
	assert_true(server_copy(&s, begin, buf, 1, false));
	server_close(&s);
	assert_true(fake_clean());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),   cmocka_unit_test(test_failures),
		cmocka_unit_test(test_gone),   cmocka_unit_test(test_no_vcpus),
		cmocka_unit_test(test_events), cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
