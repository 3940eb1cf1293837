/* A host's handle of the store, as xenstoreds come and go. */
#include "builder/fake/kit.h"

#include "builder/fake/fake_store.h"
#include "builder/store/store.h"
#include "builder/store/store_link.h"

static void set(struct store_link *l, enum store_state state, unsigned generation)
{
	l->state = state;
	l->generation = generation;
}

static void test_handle(void **state)
{
	struct store_link l;
	struct host h;
	struct xs_handle *first;
	struct err e;

	(void)state;
	fake_reset();
	KIT_CHECK(host_open(&h, false, &e) == 0, "%s", e.msg);
	/* Without a link it is whatever it is. */
	assert_null(store_handle(&h));
	store_link_init(&l);
	h.link = &l;
	assert_null(store_handle(&h));
	set(&l, STORE_SERVES, 0);
	assert_null(store_handle(&h)); /* it can't be reached after all */
	fake_store()->running = true;
	first = store_handle(&h);
	assert_non_null(first);
	assert_ptr_equal(h.xsh, first);
	assert_ptr_equal(store_handle(&h), first);
	assert_int_equal(fake_calls_of("xs_open"), 2);
	/* Another one. */
	set(&l, STORE_SERVES, 1);
	assert_non_null(store_handle(&h));
	assert_int_equal(h.store_generation, 1);
	assert_int_equal(fake_calls_of("xs_open"), 3);
	/* It is away. */
	for (enum store_state s = STORE_ABSENT; s <= STORE_GONE; s++) {
		set(&l, s, 1);
		assert_int_equal(store_handle(&h) != NULL, s == STORE_SERVES);
		assert_int_equal(h.xsh != NULL, s == STORE_SERVES);
	}
	/* The library has given it up: struct xs_handle begins with its file. */
	set(&l, STORE_SERVES, 1);
	assert_non_null(store_handle(&h));
	assert_false(store_is_closed(h.xsh));
	store_handle_close(&h);
	assert_null(h.xsh);
	store_handle_close(&h);
	host_close(&h);
	store_link_destroy(&l);
	kit_nothing_held(true);
}

static void test_lost(void **state)
{
	static const struct {
		int cause;
		bool passing;
	} cases[] = {{EBADF, true},  {EPIPE, true},   {ECONNRESET, true},
		     {EAGAIN, true}, {ENOENT, false}, {ENOSPC, false}};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char want[128];

		errno = cases[i].cause;
		assert_int_equal(store_error(&e, "cannot do %s", "it"), -1);
		snprintf(want, sizeof(want), "cannot do it: %s", strerror(cases[i].cause));
		assert_string_equal(e.msg, want);
		assert_int_equal(e.passing, cases[i].passing);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handle),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
