/* The worker: every job comes back as soon as it is done, and what was given is done before it
 * ends; with one thread, and with several. */
#include "builder/fake/child.h"
#include "builder/fake/fake_store.h"
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/store/store.h"
#include "builder/supervise/worker.h"
#include "builder/image/image_files.h"
#include "builder/build/life.h"

#define GUESTS  5
#define THREADS 3

#define OTHER_USER 54321 /* has no process */

struct scene {
	struct host hosts[THREADS];
	unsigned n;
	struct worker worker;
	struct image_cache images;
	struct guest_config cfgs[GUESTS];
	struct guest guests[GUESTS];
	struct job jobs[GUESTS];
	struct report report;
	struct err err;
};

/* Hosts and guests; a, the first of these, has a kernel that is no other's. */
static void open_hosts(struct scene *s, unsigned n)
{
	static const char *const names[GUESTS] = {"a", "b", "c", "d", "e"};
	static char own[256];

	memset(s, 0, sizeof(*s));
	fake_reset();
	s->report.log.fd = -1;
	s->report.out.fd = open(kit_path("said"), O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	assert_true(s->report.out.fd >= 0);
	snprintf(own, sizeof(own), "%s", kit_path("kernel-pv"));
	for (; s->n < n; s->n++)
		assert_int_equal(host_open(&s->hosts[s->n], false, &s->err), 0);
	for (unsigned i = 0; i < GUESTS; i++) {
		s->cfgs[i] = kit_config(names[i], i % 2 ? GUEST_PVH : GUEST_PV);
		if (i == 0)
			s->cfgs[i].kernel = own;
		assert_int_equal(guest_init(&s->guests[i], &s->cfgs[i], &s->err), 0);
		assert_int_equal(guest_hold_images(&s->guests[i], &s->images, &s->err), 0);
		s->jobs[i].guest = &s->guests[i];
	}
}

static void open_stores(struct scene *s)
{
	fake_store()->running = true;
	for (unsigned i = 0; i < s->n; i++)
		KIT_CHECK(store_open(&s->hosts[i].xsh, &s->err) == 0, "%s", s->err.msg);
}

static void open_scene(struct scene *s, unsigned n)
{
	open_hosts(s, n);
	KIT_CHECK(worker_start(&s->worker, s->hosts, n, &s->err) == 0, "%s", s->err.msg);
	s->worker.report = &s->report;
}

static void close_scene(struct scene *s)
{
	for (unsigned i = 0; i < GUESTS; i++) {
		assert_int_equal(s->guests[i].kernel->kernel_users, 0);
		assert_false(s->guests[i].kernel->kernel_open);
		guest_drop_images(&s->guests[i], &s->images);
	}
	assert_null(s->images.files);
	close(s->report.out.fd);
	while (s->n) {
		struct host *h = &s->hosts[--s->n];

		assert_true(!h->shared && !h->reservation.made);
		if (h->xsh)
			xs_close(h->xsh);
		host_close(h);
	}
	kit_nothing_held(true);
}

static void give(struct scene *s, unsigned i, enum job_kind kind)
{
	s->jobs[i].kind = kind;
	worker_give(&s->worker, &s->jobs[i]);
}

static void give_all(struct scene *s, enum job_kind kind)
{
	for (unsigned i = 0; i < GUESTS; i++)
		give(s, i, kind);
}

static struct job *take(struct scene *s)
{
	struct pollfd p = {.fd = s->worker.done_fd, .events = POLLIN};
	struct job *j;

	while (!(j = worker_take(&s->worker)))
		assert_int_equal(poll(&p, 1, 20000), 1);
	return j;
}

static void test_order(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, 1);
	assert_null(worker_take(&s.worker));
	give_all(&s, JOB_START);
	for (unsigned i = 0; i < GUESTS; i++) {
		assert_ptr_equal(take(&s), &s.jobs[i]);
		KIT_CHECK(s.jobs[i].rc == 0, "%s", s.jobs[i].err.msg);
		assert_int_equal(s.guests[i].domid, i + 1);
		/* Built, and paused: the supervisor lets it run. */
		assert_true(fake_domain(i + 1)->loaded && !fake_domain(i + 1)->running);
	}
	assert_null(worker_take(&s.worker));
	/* Restarted: the old domain goes first. */
	give_all(&s, JOB_RESTART);
	for (unsigned i = 0; i < GUESTS; i++) {
		assert_ptr_equal(take(&s), &s.jobs[i]);
		assert_int_equal(s.jobs[i].rc, 0);
		assert_false(fake_domain(i + 1)->there);
		assert_int_equal(s.guests[i].domid, GUESTS + i + 1);
		assert_false(fake_domain(GUESTS + i + 1)->running);
	}
	give_all(&s, JOB_DESTROY);
	worker_stop(&s.worker); /* what was given is done */
	assert_int_equal(fake_domains(), 0);
	close_scene(&s);
}

/* One that fails does not keep the next from its turn. */
static void test_failures(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, 1);
	fake_fail_call("xc_domain_create", 2, EIO);
	give_all(&s, JOB_START);
	for (unsigned i = 0; i < GUESTS; i++) {
		assert_ptr_equal(take(&s), &s.jobs[i]);
		assert_int_equal(s.jobs[i].rc, i == 1 ? -1 : 0);
	}
	kit_good_message(&s.jobs[1].err);
	/* A restart whose old domain does not go is not begun. */
	fake_fail_call("xc_domain_destroy", 1, EIO);
	give(&s, 0, JOB_RESTART);
	take(&s);
	assert_int_equal(s.jobs[0].rc, -1);
	assert_int_equal(s.guests[0].domid, 1);
	assert_true(fake_domain(1)->there);
	assert_int_equal(fake_calls_of("xc_domain_create"), GUESTS);
	give_all(&s, JOB_DESTROY);
	for (unsigned i = 0; i < GUESTS; i++)
		assert_int_equal(take(&s)->rc, 0);
	worker_stop(&s.worker);
	close_scene(&s);
}

/* Keeps one in its build, as if its kernel took long to unpack. */
static void hold(struct scene *s, unsigned i)
{
	struct image_file *f = s->guests[i].kernel;

	pthread_mutex_lock(&f->lock);
	f->kernel_busy = true;
	pthread_mutex_unlock(&f->lock);
}

static void let_go(struct scene *s, unsigned i)
{
	struct image_file *f = s->guests[i].kernel;

	pthread_mutex_lock(&f->lock);
	f->kernel_busy = false;
	pthread_cond_broadcast(&f->unpacking_over);
	pthread_mutex_unlock(&f->lock);
}

/* Nothing has come back. */
static void none_done(struct scene *s)
{
	struct pollfd p = {.fd = s->worker.done_fd, .events = POLLIN};

	assert_null(worker_take(&s->worker));
	assert_int_equal(poll(&p, 1, 0), 0); /* nobody is woken for nothing */
}

static void came_to(struct scene *s, unsigned i, int rc)
{
	KIT_CHECK(s->jobs[i].rc == rc, "%s: %d, %s", s->cfgs[i].name, s->jobs[i].rc,
		  rc ? "none" : s->jobs[i].err.msg);
}

/* That one comes back next. */
static void takes(struct scene *s, unsigned i, int rc)
{
	assert_ptr_equal(take(s), &s->jobs[i]);
	came_to(s, i, rc);
}

/* These two come back next, whichever is the first. */
static void take_both(struct scene *s, unsigned a, int rc_a, unsigned b, int rc_b)
{
	const struct job *first = take(s), *second = take(s);

	assert_true((first == &s->jobs[a] && second == &s->jobs[b]) ||
		    (first == &s->jobs[b] && second == &s->jobs[a]));
	came_to(s, a, rc_a);
	came_to(s, b, rc_b);
}

/* All come back, in any order; so many have failed. */
static void take_all(struct scene *s, unsigned bad)
{
	bool came[GUESTS] = {false};

	for (unsigned i = 0; i < GUESTS; i++) {
		const struct job *j = take(s);
		const size_t k = (size_t)(j - s->jobs);

		assert_true(k < GUESTS && !came[k]);
		came[k] = true;
		bad -= j->rc < 0;
	}
	assert_int_equal(bad, 0);
	none_done(s);
}

static void end_all(struct scene *s)
{
	give_all(s, JOB_DESTROY);
	take_all(s, 0);
	worker_stop(&s->worker);
	assert_int_equal(fake_domains(), 0);
	close_scene(s);
}

/* The others get on while one job is slow, and come back before it. */
static void test_at_once(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, 2);
	hold(&s, 0);
	give_all(&s, JOB_START);
	for (unsigned i = 1; i < GUESTS; i++)
		takes(&s, i, 0);
	none_done(&s);
	let_go(&s, 0);
	takes(&s, 0, 0);
	none_done(&s);
	assert_int_equal(s.guests[0].domid, GUESTS);
	end_all(&s);
}

/* libacpi makes one guest's tables at a time (the fake notices two), and a start needs one
 * transaction, also when others start. */
static void test_locks(void **state)
{
	struct scene s;
	unsigned i;

	(void)state;
	open_scene(&s, THREADS);
	fake_slow("acpi_build_tables", 10); /* the pvh guests, b and d, get there together */
	give_all(&s, JOB_START);
	take_all(&s, 0);
	end_all(&s);

	open_hosts(&s, THREADS);
	open_stores(&s);
	assert_int_equal(worker_start(&s.worker, s.hosts, THREADS, &s.err), 0);
	fake_slow("xs_transaction_end", 5);
	give_all(&s, JOB_START);
	take_all(&s, 0);
	fake_slow(NULL, 0);
	i = fake_calls_of("xs_transaction_start");
	end_all(&s);
	assert_int_equal(i, GUESTS);
}

static void wait_calls(const char *name, unsigned n)
{
	const uint64_t deadline = clock_ns() + 20 * NS_PER_S;

	while (fake_calls_of(name) < n) {
		KIT_CHECK(clock_ns() < deadline, "no call of %s", name);
		usleep(1000);
	}
}

/* Memory for one guest, and something. */
static void leave_memory_for_one(void)
{
	fake_host()->free_kib = 100 * 1024;
}

/* Memory is the first one's, however long it takes to need it. */
static void test_memory(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s, 2);
	leave_memory_for_one();
	hold(&s, 0);
	give(&s, 0, JOB_START);
	give(&s, 1, JOB_START);
	usleep(30000);
	none_done(&s); /* the second waits whether something is left */
	assert_int_equal(fake_calls_of("xc_domain_create"), 0);
	let_go(&s, 0);
	take_both(&s, 0, 0, 1, -1);
	KIT_CHECK(!strncmp(s.jobs[1].err.msg, "not enough host memory: ", 24), "%s",
		  s.jobs[1].err.msg);
	assert_int_equal(fake_calls_of("xc_domain_create"), 1);
	/* The second one gets what the first leaves. */
	guest_plan_restart(&s.guests[1]);
	hold(&s, 0);
	fake_fail_call("xc_dom_boot_image", 1, EIO);
	give(&s, 0, JOB_RESTART);
	give(&s, 1, JOB_START);
	usleep(30000);
	none_done(&s); /* although a's old domain has gone */
	assert_int_equal(fake_domains(), 0);
	let_go(&s, 0);
	take_both(&s, 0, -1, 1, 0);
	/* Memory that a domain's end gives back is waited for. */
	guest_plan_restart(&s.guests[0]);
	fake_slow("xc_domain_destroy", 30);
	give(&s, 1, JOB_DESTROY);
	give(&s, 0, JOB_START);
	take_both(&s, 1, 0, 0, 0);
	guest_plan_restart(&s.guests[1]);
	give(&s, 0, JOB_DESTROY);
	give(&s, 1, JOB_START);
	take_both(&s, 0, 0, 1, 0);
	fake_slow(NULL, 0);
	/* A guest that has its memory waits for nobody. */
	guest_plan_restart(&s.guests[0]);
	give(&s, 1, JOB_RESTART);
	give(&s, 0, JOB_START);
	take_both(&s, 1, 0, 0, -1);
	guest_plan_done(&s.guests[2]);
	guest_plan_done(&s.guests[3]);
	guest_plan_done(&s.guests[4]);
	end_all(&s);
}

/* A guest that has its memory holds up no other, whatever it still has to do. */
static void test_memory_taken(void **state)
{
	struct scene s;

	(void)state;
	open_hosts(&s, 2);
	open_stores(&s);
	assert_int_equal(worker_start(&s.worker, s.hosts, 2, &s.err), 0);
	fake_host()->free_kib = 140 * 1024; /* for two */
	build_lock(&s.worker.shared, BUILD_LOCK_STORE);
	hold(&s, 2);
	give(&s, 0, JOB_START);
	give(&s, 2, JOB_START);
	wait_calls("xc_dom_gnttab_init", 1);
	let_go(&s, 2);
	wait_calls("xc_domain_create", 2);
	build_unlock(&s.worker.shared, BUILD_LOCK_STORE);
	take_both(&s, 0, 0, 2, 0);
	guest_plan_done(&s.guests[1]);
	guest_plan_done(&s.guests[3]);
	guest_plan_done(&s.guests[4]);
	end_all(&s);
}

/* Some fail and some are stopped, and nothing is left behind. */
static void test_failures_of_several(void **state)
{
	static const char *const calls[] = {"xc_domain_create", "xc_dom_mem_init",
					    "xc_dom_gnttab_init"};
	struct scene s;

	(void)state;
	for (unsigned k = 0; k < sizeof(calls) / sizeof(calls[0]); k++) {
		open_scene(&s, THREADS);
		fake_fail_call(calls[k], 2, EIO);
		give_all(&s, JOB_START);
		take_all(&s, 1);
		assert_int_equal(fake_domains(), GUESTS - 1);
		end_all(&s);
	}
	/* What was given is done. */
	open_scene(&s, THREADS);
	give_all(&s, JOB_START);
	worker_stop(&s.worker);
	assert_int_equal(fake_domains(), GUESTS);
	for (unsigned i = 0; i < GUESTS; i++)
		assert_int_equal(guest_destroy(&s.guests[i], &s.hosts[0], &s.err), 0);
	close_scene(&s);
}

static void said(struct scene *s, const char *want)
{
	char text[4096];

	assert_string_equal(kit_read("said", text, sizeof(text)), want);
	assert_int_equal(ftruncate(s->report.out.fd, 0), 0);
}

/* Until a thread works at it. Returns when it was begun, ns. */
static uint64_t wait_begun(struct scene *s, unsigned i)
{
	const uint64_t deadline = clock_ns() + 20 * NS_PER_S;
	uint64_t began = 0;

	while (!began) {
		KIT_CHECK(clock_ns() < deadline, "%s is not begun", s->cfgs[i].name);
		usleep(1000);
		pthread_mutex_lock(&s->worker.lock);
		began = s->jobs[i].began;
		pthread_mutex_unlock(&s->worker.lock);
	}
	return began;
}

/* One that hangs: said once; others are built meanwhile, as many at a time as before. */
static void test_hangs(void **state)
{
	struct scene s;
	uint64_t began;

	(void)state;
	open_scene(&s, 1);
	assert_int_equal(worker_tick(&s.worker, clock_ns()), UINT64_MAX);
	hold(&s, 0);
	give(&s, 0, JOB_START);
	began = wait_begun(&s, 0);
	give(&s, 1, JOB_START);
	/* Of one that waits nobody tells when it is begun. */
	assert_int_equal(worker_tick(&s.worker, began - NS_PER_S), began - NS_PER_S + JOB_LATE_NS);
	assert_int_equal(worker_tick(&s.worker, began + 1), began + JOB_LATE_NS);
	usleep(30000);
	none_done(&s);
	assert_int_equal(s.worker.n, 1);
	said(&s, "");
	worker_tick(&s.worker, began + JOB_LATE_NS);
	said(&s, "earlydom: a: its build has not come to an end for 60 s\n");
	takes(&s, 1, 0);
	assert_true(s.jobs[0].late && !s.jobs[1].late);
	assert_int_equal(worker_tick(&s.worker, began + 2 * JOB_LATE_NS), UINT64_MAX);
	assert_int_equal(s.worker.n, 2);
	said(&s, "");
	let_go(&s, 0);
	takes(&s, 0, 0);
	assert_false(s.jobs[0].late);
	said(&s, "earlydom: a: its build has come to its end, after 0 s\n");
	/* Two threads, but what one could take of dom0's memory is all that there is. */
	hold(&s, 0);
	s.jobs[0].began = 0;
	give(&s, 0, JOB_RESTART);
	wait_begun(&s, 0);
	give(&s, 2, JOB_START);
	usleep(30000);
	none_done(&s);
	let_go(&s, 0);
	takes(&s, 0, 0);
	takes(&s, 2, 0);
	guest_plan_done(&s.guests[3]);
	guest_plan_done(&s.guests[4]);
	end_all(&s);
}

/* Its end is not waited for; what it uses stays. */
static void test_hangs_at_the_end(void **state)
{
	struct scene s;
	uint64_t began;

	(void)state;
	open_scene(&s, 1);
	hold(&s, 0);
	give(&s, 0, JOB_START);
	began = wait_begun(&s, 0);
	worker_tick(&s.worker, began + JOB_LATE_NS);
	give(&s, 1, JOB_START);
	assert_false(worker_stop(&s.worker));
	takes(&s, 1, 0); /* what was given is done */
	none_done(&s);
	assert_ptr_equal(s.hosts[0].shared, &s.worker.shared);
	let_go(&s, 0);
	takes(&s, 0, 0);
	assert_true(worker_stop(&s.worker));
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(guest_destroy(&s.guests[i], &s.hosts[0], &s.err), 0);
	for (unsigned i = 2; i < GUESTS; i++)
		guest_plan_done(&s.guests[i]);
	close_scene(&s);
}

/* One thread hangs after the other, as far as there are threads; where none can be started, that is
 * said and tried again. */
static void test_all_hang(void **state)
{
	uint64_t now = clock_ns(), due;
	struct scene s;
	char want[256];

	(void)state;
	open_scene(&s, 1);
	hold(&s, 0);
	give(&s, 0, JOB_START);
	wait_begun(&s, 0);
	now += 2 * JOB_LATE_NS;
	fake_fail_call("xc_physinfo", 1, EIO);
	due = worker_tick(&s.worker, now);
	assert_int_equal(due, now + JOB_LATE_NS);
	assert_int_equal(s.worker.n, 1);
	snprintf(want, sizeof(want),
		 "earlydom: a: its build has not come to an end for 60 s\n"
		 "earlydom: one thread less builds: cannot ask the hypervisor about the host: %s\n",
		 strerror(EIO));
	said(&s, want);
	worker_tick(&s.worker, due);
	assert_int_equal(s.worker.n, 2);
	said(&s, "");
	s.worker.usual = WORKERS_MAX + 1;
	worker_tick(&s.worker, due);
	assert_int_equal(s.worker.n, WORKERS_MAX);
	let_go(&s, 0);
	takes(&s, 0, 0);
	for (unsigned i = 1; i < GUESTS; i++)
		guest_plan_done(&s.guests[i]);
	end_all(&s);
}

/* In a child: one thread more than what runs already is all that it may have. */
static void start_with_one(struct err *e)
{
	const struct rlimit most = {.rlim_cur = 2, .rlim_max = 2};
	static struct host hosts[2];
	struct worker w;

	/* The limit is a user's, and root has none. Nothing else runs with this number. */
	if (setresuid(OTHER_USER, OTHER_USER, OTHER_USER) < 0 ||
	    setrlimit(RLIMIT_NPROC, &most) < 0) {
		err_set(e, "needs root");
		return;
	}
	if (worker_start(&w, hosts, 2, e) < 0)
		return;
	err_prefix(e, "%u started: ", w.n);
	worker_stop(&w);
}

static void start_with_none(struct err *e)
{
	static struct host hosts[2];
	struct worker w;

	child_refuse(SYS_clone, EAGAIN);
	child_refuse(SYS_clone3, EAGAIN);
	if (worker_start(&w, hosts, 2, e) == 0)
		err_set(e, "%u started", w.n);
}

/* With fewer threads than wanted, but not with none. */
static void test_few_threads(void **state)
{
	char want[128];

	(void)state;
	fake_reset();
	snprintf(want, sizeof(want), "cannot start a thread: %s", strerror(EAGAIN));
	assert_string_equal(child_says(start_with_none), want);
	if (geteuid() != 0) {
		print_message("# not root: a limit of threads is not tested\n");
		return;
	}
#ifdef __SANITIZE_THREAD__
	return; /* it has a thread of its own, which counts */
#endif
	snprintf(want, sizeof(want), "1 started: cannot start a thread: %s", strerror(EAGAIN));
	assert_string_equal(child_says(start_with_one), want);
}

/* Until it is known whether there is a store nothing is begun. */
static void test_waits(void **state)
{
	struct pollfd p = {.events = POLLIN};
	struct scene s;

	(void)state;
	open_scene(&s, 2);
	worker_wait(&s.worker, true);
	give_all(&s, JOB_START);
	p.fd = s.worker.done_fd;
	assert_int_equal(poll(&p, 1, 300), 0);
	assert_int_equal(fake_domains(), 0);
	assert_true(worker_withdraw(&s.worker, &s.jobs[1]));
	worker_give(&s.worker, &s.jobs[1]);
	worker_wait(&s.worker, false);
	for (unsigned i = 0; i < GUESTS; i++)
		assert_int_equal(take(&s)->rc, 0);
	assert_int_equal(fake_domains(), GUESTS);
	/* What was given is done all the same before it ends. */
	worker_wait(&s.worker, true);
	give_all(&s, JOB_DESTROY);
	worker_stop(&s.worker);
	assert_int_equal(fake_domains(), 0);
	close_scene(&s);
}

static void test_number(void **state)
{
	(void)state;
	assert_int_equal(worker_number(1, 4096, 10), 1);
	assert_int_equal(worker_number(4, 4096, 10), 4);
	assert_int_equal(worker_number(4, 4096, 3), 3);
	assert_int_equal(worker_number(64, 65536, 100), WORKERS_MAX);
	assert_int_equal(worker_number(64, UINT64_MAX / 2, 100), WORKERS_MAX);
	/* What Linux says that it has of 768 and of 512 MiB. */
	assert_int_equal(worker_number(8, 700, 10), 3);
	assert_int_equal(worker_number(8, 460, 10), 2);
	assert_int_equal(worker_number(8, 100, 10), 1);
	/* There is always one. */
	assert_int_equal(worker_number(0, 4096, 10), 1);
	assert_int_equal(worker_number(4, 0, 10), 1);
	assert_int_equal(worker_number(4, 4096, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_at_once),
		cmocka_unit_test(test_locks),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_memory_taken),
		cmocka_unit_test(test_failures_of_several),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_hangs_at_the_end),
		cmocka_unit_test(test_all_hang),
		cmocka_unit_test(test_few_threads),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_number),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
