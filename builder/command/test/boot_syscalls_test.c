/*
 * Every system call that the supervisor makes, failed once, in a boot, a guest's restart, and the
 * adoption by the next supervisor: no crash, no leak, no twin, and at most one guest that does not
 * come up. What can't be done costs what it was for.
 *
 * BOOT_SYSCALL in the environment is the number of the one that is to be tried alone.
 */
#include "builder/fake/syscalls.h"
#include "builder/fake/units.h"
#include "builder/fake/watchdog.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/supervise/supervise.h"

#define GUESTS  3
#define HANGS_S 60 /* two boots take a part of a second */

static struct guest_config cfgs[GUESTS];
static char said[65536];
static const char *now_fails = "";

struct boot {
	struct supervise_options o;
	int status_fd;
	bool restart; /* the first guest reboots meanwhile */
	_Atomic bool over;
	int rc;
	struct err err;
};

/* Waits for the boot's end, for the restart, and ends the supervisor. */
static void *wait_and_end(void *arg)
{
	struct boot *b = arg;
	const uint64_t until = clock_ns() + 5 * NS_PER_S;
	uint32_t domid = 0, next;
	unsigned char byte;

	if (read(b->status_fd, &byte, 1) == 1 && b->restart &&
	    kit_domains_of(&cfgs[0], &domid) == 1) {
		fake_shutdown(domid, SHUTDOWN_reboot);
		while (clock_ns() < until && !b->over &&
		       (kit_domains_of(&cfgs[0], &next) != 1 || next == domid ||
			!fake_domain_runs(next)))
			usleep(2000);
	}
	while (!b->over) {
		kill(getpid(), SIGTERM);
		usleep(20000);
	}
	return NULL;
}

static void supervise_once(struct boot *b)
{
	const struct timespec none = {0, 0};
	pthread_t thread;
	sigset_t set;
	int fds[2];

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	b->o = (struct supervise_options){
		.rundir = "run", .workers = 1, .status_fd = fds[1], .adopt = true};
	b->status_fd = fds[0];
	b->err.msg[0] = '\0';
	b->over = false;
	assert_int_equal(pthread_create(&thread, NULL, wait_and_end, b), 0);
	b->rc = supervise(cfgs, GUESTS, 0, &b->o, &b->err);
	b->over = true;
	if (b->rc < 0 && b->o.status_fd >= 0)
		close(fds[1]); /* as the end of the process does */
	pthread_join(thread, NULL);
	close(fds[0]);
	while (sigtimedwait(&set, NULL, &none) > 0)
		;
}

/* How many files this process has open. */
static unsigned open_files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

struct outcome {
	struct boot first, second;
	unsigned running; /* guests */
	bool failed;      /* the call came, and did */
};

static unsigned count_running(void)
{
	unsigned n = 0;

	for (size_t i = 0; i < GUESTS; i++) {
		uint32_t domid;
		const unsigned of = kit_domains_of(&cfgs[i], &domid);

		KIT_CHECK(of <= 1, "%s has %u domains", cfgs[i].name, of);
		n += of && fake_domain_runs(domid);
	}
	return n;
}

/* A supervisor that could not begin is started again, by its keeper. */
static void both(void *arg)
{
	struct outcome *o = arg;

	o->first = (struct boot){.restart = true};
	o->second = (struct boot){0};
	supervise_once(&o->first);
	supervise_once(&o->second);
}

static void try_one(const struct fake_syscall *s, unsigned n, struct outcome *o)
{
	unsigned files;

	fake_reset();
	files = open_files();
	unlink("run/state");
	now_fails = s ? s->name : "none";
	fake_syscalls_begin();
	fake_syscall_fails(s, n, EIO);
	watched(HANGS_S, &now_fails, both, o);
	kit_read("stderr", said, sizeof(said));
	o->failed = fake_syscall_failed();
	fake_syscalls_end();
	o->running = count_running();
	files += fake_domains(); /* each has one for its pages */
	KIT_CHECK(open_files() == files, "%s: %u files are open, not %u:\n%s", s ? s->name : "none",
		  open_files(), files, said);
	kit_nothing_held(false);
}

static void check(const struct fake_syscall *s, unsigned k, const struct outcome *o)
{
	const char *name = s->name;

	if (o->first.rc < 0)
		kit_good_message(&o->first.err);
	if (o->second.rc < 0)
		kit_good_message(&o->second.err);
	KIT_CHECK(o->first.rc == 0 || o->second.rc == 0, "BOOT_SYSCALL=%u %s: %s, %s", k, name,
		  o->first.err.msg, o->second.err.msg);
	/* One guest may be lost, with what it was that failed; of a second supervisor that could
	 * not begin none is. */
	KIT_CHECK(o->running >= GUESTS - 1, "BOOT_SYSCALL=%u %s: %u guests run; %s; %s;\n%s", k,
		  name, o->running, o->first.err.msg, o->second.err.msg, said);
}

static void configure(void)
{
	static const char *const names[GUESTS] = {"web", "db", "cache"};

	for (size_t i = 0; i < GUESTS; i++)
		cfgs[i] = kit_config(names[i], i ? GUEST_PVH : GUEST_PV);
}

static void test_each(void **state)
{
	const char *only = getenv("BOOT_SYSCALL");
	const struct fake_syscall *s;
	struct outcome o;
	unsigned tried = 0;

	(void)state;
	configure();
	try_one(NULL, 1, &o); /* which there are */
	assert_int_equal(o.running, GUESTS);
	assert_int_equal(o.first.rc, 0);
	assert_int_equal(o.second.rc, 0);
	KIT_CHECK(strstr(said, "3 guests adopted"), "%s", said);
	for (unsigned k = 0; (s = fake_syscalls(k)); k++) {
		if (only && (unsigned)strtoul(only, NULL, 10) != k)
			continue;
		for (unsigned n = 1; n <= 2; n++) {
			try_one(s, n, &o);
			tried += o.failed;
			if (o.failed)
				check(s, k, &o);
		}
	}
	print_message("# %u calls failed\n", tried);
	assert_true(only || tried > 60);
}

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	fake_reset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
	};

	return cmocka_run_group_tests_name("boot_syscalls", tests, begin, kit_end);
}
