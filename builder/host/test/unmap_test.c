/* Which page table entries are cleared, and what happens where that can't be. */
#include "builder/fake/kit.h"

#include "builder/fake/call.h"
#include "builder/host/unmap.h"

#define AT   ((void *)0x7f0000400000)
#define MANY 5000

static void open_host(struct host *h)
{
	struct err e;

	fake_reset();
	KIT_CHECK(host_open(h, false, &e) == 0, "%s", e.msg);
}

/* Nothing is kept, and nothing was said that a later failure would be blamed on. */
static void close_host(struct host *h)
{
	struct err e;

	host_error(h, &e, "a failure");
	assert_null(strstr(e.msg, "handle"));
	host_close(h);
	assert_int_equal(fake_call()->handles, 0);
	assert_int_equal(fake_call()->buffers, 0);
	assert_false(fake_call()->wrong);
}

/* All of them, each once and in order, and every call ends with a flush. */
static void test_many(void **state)
{
	struct host h;

	(void)state;
	open_host(&h);
	unmap_pages(&h.unmapper, &h.log, AT, MANY);
	assert_int_equal(fake_call()->from, (uintptr_t)AT);
	assert_int_equal(fake_call()->to, (uintptr_t)AT + MANY * XC_PAGE_SIZE);
	assert_true(fake_call()->calls < MANY / 500);
	assert_int_equal(fake_call()->flushed, fake_call()->calls);
	close_host(&h);
}

/* One handle does for all that a host unmaps. */
static void test_again(void **state)
{
	struct host h;

	(void)state;
	open_host(&h);
	unmap_pages(&h.unmapper, &h.log, AT, MANY);
	fake_call()->to = 0;
	unmap_pages(&h.unmapper, &h.log, AT, MANY);
	assert_int_equal(fake_call()->to, (uintptr_t)AT + MANY * XC_PAGE_SIZE);
	assert_int_equal(fake_call()->opened, 1);
	close_host(&h);
}

static void test_few(void **state)
{
	struct host h;

	(void)state;
	open_host(&h);
	unmap_pages(&h.unmapper, &h.log, AT, 4);
	unmap_pages(&h.unmapper, &h.log, AT, 0);
	assert_int_equal(fake_call()->opened, 0);
	close_host(&h);
}

/* Where it can't be done it is tried once. */
static void tried_once(struct host *h, unsigned calls)
{
	unmap_pages(&h->unmapper, &h->log, AT, MANY);
	unmap_pages(&h->unmapper, &h->log, AT, MANY);
	assert_int_equal(fake_call()->opened, 1);
	assert_int_equal(fake_call()->calls, calls);
	assert_int_equal(fake_call()->to, 0);
	close_host(h);
}

static void test_no_handle(void **state)
{
	struct host h;

	(void)state;
	open_host(&h);
	fake_call()->no_handle = true;
	tried_once(&h, 0);
}

static void test_no_buffer(void **state)
{
	struct host h;

	(void)state;
	open_host(&h);
	fake_call()->no_buffer = true;
	tried_once(&h, 0);
}

/* A pvh dom0 writes its page tables itself: nothing is asked that would change them. */
static void test_pvh_dom0(void **state)
{
	struct host h;

	(void)state;
	open_host(&h);
	fake_call()->pvh_dom0 = true;
	tried_once(&h, 0);
}

/* Nor where it can't be known what dom0 is. */
static void test_no_features(void **state)
{
	struct host h;

	(void)state;
	open_host(&h);
	fake_call()->no_features = EPERM;
	tried_once(&h, 0);
}

static void test_refused(void **state)
{
	struct host h;

	(void)state;
	open_host(&h);
	fake_call()->refused = ENOSYS;
	tried_once(&h, 1);
}

static void test_no_multicall(void **state)
{
	struct host h;

	(void)state;
	open_host(&h);
	fake_call()->failed = ENOSYS;
	tried_once(&h, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_many),         cmocka_unit_test(test_again),
		cmocka_unit_test(test_few),          cmocka_unit_test(test_no_handle),
		cmocka_unit_test(test_no_buffer),    cmocka_unit_test(test_pvh_dom0),
		cmocka_unit_test(test_no_features),  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_multicall),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
