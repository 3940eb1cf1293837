/* Reservations of memory: who waits for whom, how long, and what is left then. */
#include "builder/fake/kit.h"

#include <pthread.h>
#include <unistd.h>

#include "builder/host/host.h"

#define FREE_KIB (UINT64_C(4) << 20) /* of the fake's host */

struct waiter {
	struct reservations *all;
	struct reservation reservation;
	struct host host;
	pthread_t thread;
	pthread_mutex_t lock;
	bool back; /* under the lock */
	int rc;
	uint64_t free_kib;
	struct err err;
};

static void open_scene(struct reservations *all, struct waiter *w, unsigned n)
{
	struct err e;

	fake_reset();
	reservations_init(all);
	for (unsigned i = 0; i < n; i++) {
		memset(&w[i], 0, sizeof(w[i]));
		w[i].all = all;
		pthread_mutex_init(&w[i].lock, NULL);
		assert_int_equal(host_open(&w[i].host, false, &e), 0);
	}
}

static void close_scene(struct reservations *all, struct waiter *w, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		pthread_mutex_destroy(&w[i].lock);
		host_close(&w[i].host);
	}
	assert_null(all->first);
	reservations_destroy(all);
	kit_nothing_held(true);
}

static void *wait_for_it(void *arg)
{
	struct waiter *w = arg;

	w->rc = reservation_wait(w->all, &w->reservation, w->host.xch, &w->host.log, &w->free_kib,
				 &w->err);
	pthread_mutex_lock(&w->lock);
	w->back = true;
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

static void begin_to_wait(struct waiter *w)
{
	assert_int_equal(pthread_create(&w->thread, NULL, wait_for_it, w), 0);
}

static bool waits(struct waiter *w)
{
	bool back;

	usleep(20000);
	pthread_mutex_lock(&w->lock);
	back = w->back;
	pthread_mutex_unlock(&w->lock);
	return !back;
}

static void comes_back(struct waiter *w, uint64_t free_kib)
{
	pthread_join(w->thread, NULL);
	assert_int_equal(w->rc, 0);
	assert_true(w->free_kib == free_kib);
}

/* Under the lock, under which who waits looks. */
static void set_free(struct reservations *all, uint64_t kib)
{
	pthread_mutex_lock(&all->lock);
	fake_host()->free_kib = kib;
	pthread_mutex_unlock(&all->lock);
}

/* Enough for all: nobody waits, and the order makes no difference. */
static void test_enough(void **state)
{
	struct reservations all;
	struct waiter w[3];

	(void)state;
	open_scene(&all, w, 3);
	for (unsigned i = 0; i < 3; i++)
		reservation_make(&all, &w[i].reservation, FREE_KIB / 4);
	for (unsigned i = 3; i-- > 0;) {
		wait_for_it(&w[i]);
		assert_int_equal(w[i].rc, 0);
	}
	reservation_end(&all, &w[1].reservation);
	reservation_end(&all, &w[1].reservation); /* once is enough */
	reservation_end(&all, &w[0].reservation);
	reservation_end(&all, &w[2].reservation);
	close_scene(&all, w, 3);
}

/* What is not enough for two is the first one's, and the second's if the first leaves it. */
static void test_left(void **state)
{
	struct reservations all;
	struct waiter w[2];

	(void)state;
	open_scene(&all, w, 2);
	reservation_make(&all, &w[0].reservation, FREE_KIB * 3 / 4);
	reservation_make(&all, &w[1].reservation, FREE_KIB / 2);
	begin_to_wait(&w[1]);
	assert_true(waits(&w[1]));
	/* It does not wait for who came later. */
	wait_for_it(&w[0]);
	assert_int_equal(w[0].rc, 0);
	assert_true(waits(&w[1]));
	reservation_end(&all, &w[0].reservation);
	comes_back(&w[1], FREE_KIB);
	reservation_end(&all, &w[1].reservation);
	close_scene(&all, w, 2);
}

/* It took it: what is free is told, as little as it is. */
static void test_taken(void **state)
{
	struct reservations all;
	struct waiter w[2];

	(void)state;
	open_scene(&all, w, 2);
	reservation_make(&all, &w[0].reservation, FREE_KIB * 3 / 4);
	reservation_make(&all, &w[1].reservation, FREE_KIB / 2);
	begin_to_wait(&w[1]);
	assert_true(waits(&w[1]));
	set_free(&all, FREE_KIB / 4);
	reservation_end(&all, &w[0].reservation);
	comes_back(&w[1], FREE_KIB / 4);
	reservation_end(&all, &w[1].reservation);
	close_scene(&all, w, 2);
}

/*
 * What the hypervisor has set aside is not counted twice: who came later has enough as soon as that
 * is so, and where it has not, waits for what may come back of it.
 */
static void test_claimed(void **state)
{
	struct reservations all;
	struct waiter w[3];

	(void)state;
	open_scene(&all, w, 3);
	reservation_make(&all, &w[0].reservation, FREE_KIB / 2);
	reservation_make(&all, &w[1].reservation, FREE_KIB / 2);
	reservation_make(&all, &w[2].reservation, FREE_KIB / 2);
	begin_to_wait(&w[2]);
	/* The first has it all but for the claim's end: its part is out of what is free. */
	set_free(&all, FREE_KIB / 2);
	begin_to_wait(&w[1]);
	assert_true(waits(&w[1]));
	reservation_claimed(&all, &w[0].reservation, FREE_KIB / 2 - 1);
	assert_true(waits(&w[1])); /* what is not claimed yet is reserved still */
	reservation_claimed(&all, &w[0].reservation, FREE_KIB);
	comes_back(&w[1], FREE_KIB / 2);
	set_free(&all, 0);
	reservation_claimed(&all, &w[1].reservation, FREE_KIB / 2);
	assert_true(waits(&w[2]));
	/* The second fails, and gives its part back. */
	set_free(&all, FREE_KIB / 2);
	reservation_end(&all, &w[1].reservation);
	comes_back(&w[2], FREE_KIB / 2);
	reservation_end(&all, &w[0].reservation);
	reservation_end(&all, &w[2].reservation);
	reservation_claimed(&all, &w[2].reservation, 1); /* it is none any more */
	close_scene(&all, w, 3);
}

/* A domain's end takes nothing, and is waited for where there is not enough. */
static void test_end_of_domain(void **state)
{
	struct reservations all;
	struct waiter w[3];

	(void)state;
	open_scene(&all, w, 3);
	reservation_make(&all, &w[0].reservation, 0);
	reservation_make(&all, &w[1].reservation, FREE_KIB);
	reservation_make(&all, &w[2].reservation, FREE_KIB * 2);
	wait_for_it(&w[1]);
	assert_int_equal(w[1].rc, 0);
	reservation_end(&all, &w[1].reservation);
	begin_to_wait(&w[2]);
	assert_true(waits(&w[2]));
	set_free(&all, FREE_KIB * 2);
	reservation_end(&all, &w[0].reservation);
	comes_back(&w[2], FREE_KIB * 2);
	reservation_end(&all, &w[2].reservation);
	close_scene(&all, w, 3);
}

/* More than there is, and nobody to wait for. */
static void test_too_much(void **state)
{
	struct reservations all;
	struct waiter w[2];

	(void)state;
	open_scene(&all, w, 2);
	reservation_make(&all, &w[0].reservation, FREE_KIB * 2);
	reservation_make(&all, &w[1].reservation, FREE_KIB * 3);
	wait_for_it(&w[0]);
	assert_int_equal(w[0].rc, 0);
	assert_true(w[0].free_kib == FREE_KIB);
	begin_to_wait(&w[1]);
	assert_true(waits(&w[1]));
	reservation_end(&all, &w[0].reservation);
	comes_back(&w[1], FREE_KIB);
	fake_fail_call("xc_physinfo", 1, EIO);
	wait_for_it(&w[1]);
	assert_int_equal(w[1].rc, -1);
	kit_good_message(&w[1].err);
	reservation_end(&all, &w[1].reservation);
	close_scene(&all, w, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enough),  cmocka_unit_test(test_left),
		cmocka_unit_test(test_taken),   cmocka_unit_test(test_end_of_domain),
		cmocka_unit_test(test_claimed), cmocka_unit_test(test_too_much),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
