/*
 * The whole boot: the supervisor with several guests, everything that the hypervisor can refuse,
 * and the guests' life afterwards.
 */
#include "builder/fake/daemons.h"
#include "builder/fake/units.h"

#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/command/commands.h"
#include "builder/supervise/control.h"
#include "builder/supervise/supervise.h"

struct boot {
	const struct guest_config *cfgs;
	size_t n, bad;
	enum echo_to echo;
	enum store_wish store;
	unsigned workers;               /* 1 unless given */
	void (*during)(struct boot *b); /* once the boot is over; in a thread of its own */
	int signal;                     /* that ends it, SIGTERM unless given */
	uint64_t late;                  /* how long a restart took, ns */

	int rc, status; /* status: the byte, or -1 for none */
	struct err err;
	char said[16384];
	int status_fd;
};

static void *wait_and_end(void *arg)
{
	struct boot *b = arg;
	unsigned char byte;

	b->status = read(b->status_fd, &byte, 1) == 1 ? byte : -1;
	if (b->status >= 0) {
		if (b->during)
			b->during(b);
		kill(getpid(), b->signal ? b->signal : SIGTERM);
	}
	return NULL;
}

/* Runs the supervisor from its start to a signal. */
static void boot(struct boot *b)
{
	struct supervise_options o = {.rundir = "run",
				      .echo = b->echo,
				      .store = b->store,
				      .workers = b->workers ? b->workers : 1};
	const struct timespec now = {0, 0};
	int fds[2], saved = dup(2), fd;
	pthread_t thread;
	bool stdin_open;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	assert_int_equal(pipe(fds), 0);
	o.status_fd = fds[1];
	b->status_fd = fds[0];
	/* What an earlier test has left is not to be adopted, as command/boot.c sees to it. */
	unlink("run/state");
	fd = open("stderr", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
	dup2(fd, 2);
	close(fd);
	assert_int_equal(pthread_create(&thread, NULL, wait_and_end, b), 0);
	b->err.msg[0] = '\0';
	stdin_open = fcntl(0, F_GETFD) >= 0;
	b->rc = supervise(b->cfgs, b->n, b->bad, &o, &b->err);
	/* A file that was never opened is not closed. */
	assert_int_equal(fcntl(0, F_GETFD) >= 0, stdin_open);
	if (b->rc < 0)
		close(fds[1]); /* as the end of the process does */
	pthread_join(thread, NULL);
	close(fds[0]);
	while (sigtimedwait(&set, NULL, &now) > 0)
		;
	dup2(saved, 2);
	close(saved);
	kit_read("stderr", b->said, sizeof(b->said));
	fake_fail_at(0, 0);
}

static void said(const struct boot *b, const char *want)
{
	KIT_CHECK(strstr(b->said, want), "'%s' was not said, but:\n%s", want, b->said);
}

static void end_domains(void)
{
	for (uint32_t id = 1; fake_domain(id); id++)
		fake_destroy(id);
	assert_int_equal(fake_domains(), 0);
	assert_true(fake_host()->free_kib == UINT64_C(4) << 20);
}

static void wait_for(bool (*cond)(void), const char *what)
{
	const uint64_t deadline = clock_ns() + 20 * NS_PER_S;

	while (!cond()) {
		if (clock_ns() > deadline) {
			fprintf(stderr, "waited in vain: %s\n", what);
			abort();
		}
		usleep(1000);
	}
}

static struct guest_config cfgs[5];

static void make_guests(void)
{
	static char *cpus[] = {"0", "1-3"};
	static char missing[256], broken[256], ramdisk[256];

	snprintf(missing, sizeof(missing), "%s", kit_path("missing"));
	snprintf(broken, sizeof(broken), "%s", kit_path("broken"));
	snprintf(ramdisk, sizeof(ramdisk), "%s", kit_path("ramdisk"));
	kit_text("broken", "this is no kernel, whatever its name says");
	cfgs[0] = kit_config("web", GUEST_PV);
	cfgs[0].ramdisk = ramdisk;
	cfgs[1] = kit_config("db", GUEST_PVH);
	cfgs[1].vcpus = cfgs[1].maxvcpus = 2;
	cfgs[1].cpus = (struct strings){cpus, 2};
	cfgs[1].cpus_per_vcpu = true;
	cfgs[1].cpu_weight = 512;
	cfgs[2] = kit_config("cache", GUEST_PVH);
	cfgs[2].on_reboot = ACTION_DESTROY;
	cfgs[3] = kit_config("nokernel", GUEST_PV);
	cfgs[3].kernel = missing;
	cfgs[4] = kit_config("brokenkernel", GUEST_PV);
	cfgs[4].kernel = broken;
}

static bool runs(const char *name)
{
	uint8_t uuid[16] = "";
	struct fake_domain *d;

	strncpy((char *)uuid, name, 16);
	d = fake_domain_of(uuid);
	return d && fake_domain_runs(d->domid);
}

static void test_good(void **state)
{
	struct boot b = {.cfgs = cfgs, .n = 3};
	char text[256];

	(void)state;
	fake_reset();
	boot(&b);
	assert_int_equal(b.rc, 0);
	assert_int_equal(b.status, 0);
	assert_true(runs("web") && runs("db") && runs("cache"));
	assert_int_equal(fake_domains(), 3);
	said(&b, "earlydom: web: started as domain 1 (linux pv, 64 MiB, 1 vcpu, ");
	said(&b, "earlydom: db: started as domain 2 (linux pvh, 64 MiB, 2 vcpus, ");
	said(&b, "earlydom: cache: started as domain 3 (linux pvh, 64 MiB, 1 vcpu, ");
	said(&b, "earlydom: 3 of 3 guests started in ");
	said(&b, "earlydom: told to end: the guests go on without supervision\n");
	assert_null(strstr(b.said, "failed"));
	/* The log has it all, too. */
	kit_read("run/earlydom.log", text, sizeof(text));
	assert_memory_equal(text, "earlydom: web: started as domain 1", 34);
	kit_nothing_held(false);
	end_domains();
}

static void test_bad_among_good(void **state)
{
	struct guest_config some[5] = {cfgs[3], cfgs[0], cfgs[4], cfgs[1], cfgs[2]};
	struct boot b = {.cfgs = some, .n = 5, .bad = 2};
	char want[400];

	(void)state;
	fake_reset();
	some[4].memory_kib = some[4].maxmem_kib = 8 << 20; /* more than the host has */
	boot(&b);
	assert_int_equal(b.rc, 0);
	assert_int_equal(b.status, 1);
	assert_true(runs("web") && runs("db"));
	assert_int_equal(fake_domains(), 2);
	snprintf(want, sizeof(want),
		 "earlydom: nokernel: cannot read kernel %s: No such file or directory\n",
		 cfgs[3].kernel);
	said(&b, want);
	snprintf(want, sizeof(want), "earlydom: brokenkernel: kernel %s: ", cfgs[4].kernel);
	said(&b, want);
	said(&b, "earlydom: cache: not enough host memory: it needs 8227 MiB in all, ");
	said(&b, "earlydom: 2 of 7 guests started in ");
	said(&b, " ms; failed: nokernel brokenkernel cache\n");
	kit_nothing_held(false);
	end_domains();
}

static void test_nothing_to_start(void **state)
{
	struct boot b = {.cfgs = cfgs, .n = 0};

	(void)state;
	fake_reset();
	b.signal = SIGINT;
	boot(&b);
	assert_int_equal(b.rc, 0);
	assert_int_equal(b.status, 0);
	said(&b, "earlydom: 0 of 0 guests started in ");
	b.bad = 1;
	boot(&b);
	assert_int_equal(b.status, 1);
	said(&b, "earlydom: 0 of 1 guest started in ");
	kit_nothing_held(true);
}

/* Calls whose failure keeps the supervisor from its beginning. */
static bool opens(const char *call)
{
	return !strcmp(call, "xc_interface_open") || !strcmp(call, "xc_version") ||
	       !strcmp(call, "xc_vcpu_getinfo") || !strcmp(call, "xenevtchn_open");
}

/* Calls that the supervisor makes again at the next occasion. */
static bool again(const char *call)
{
	return !strcmp(call, "xc_domain_getinfolist") || !strcmp(call, "xenevtchn_pending");
}

/* dom0 goes without its weight, or keeps it: that is said, and guests come up all the same. */
static bool is_of_weight(const struct boot *b)
{
	return strstr(b->said, "dom0's weight: ") || strstr(b->said, "dom0 its weight ");
}

/* It is asked before each build, too, whether the guest runs already. */
static bool failed_build(const struct boot *b)
{
	return strstr(b->said, ": cannot ask for the domains: ");
}

/* What must hold after a boot of the three good guests in which one call failed. */
static void check_failed_boot(const struct boot *b, const char *call)
{
	static const char *const names[] = {"web", "db", "cache"};
	unsigned i, running = 0;
	char want[128];

	for (i = 0; i < 3; i++)
		running += runs(names[i]);
	KIT_CHECK(fake_domains() == running, "%s failed: %u domains for %u guests", call,
		  fake_domains(), running);
	if (b->rc < 0) {
		KIT_CHECK(opens(call) || !strcmp(call, "xc_physinfo"), "%s failed: %s", call,
			  b->err.msg);
		kit_good_message(&b->err);
		KIT_CHECK(strstr(b->err.msg, strerror(EIO)), "%s failed: %s", call, b->err.msg);
		assert_int_equal(running, 0);
		assert_int_equal(b->status, -1);
	} else if ((again(call) && !failed_build(b)) || is_of_weight(b)) {
		KIT_CHECK(running == 3 && b->status == 0, "%s failed: status %d, %u run\n%s", call,
			  b->status, running, b->said);
	} else {
		KIT_CHECK(!opens(call), "%s failed, and nobody cared", call);
		KIT_CHECK(running == 2 && b->status == 1, "%s failed: status %d, %u run\n%s", call,
			  b->status, running, b->said);
		said(b, "earlydom: 2 of 3 guests started in ");
		for (i = 0; i < 3 && runs(names[i]); i++)
			;
		snprintf(want, sizeof(want), " ms; failed: %s\n", names[i]);
		said(b, want);
		snprintf(want, sizeof(want), "earlydom: %s: ", names[i]);
		said(b, want);
	}
	kit_nothing_held(false);
	end_domains();
	kit_nothing_held(true);
}

static void test_nth_call(void **state)
{
	struct boot b = {.cfgs = cfgs, .n = 3};
	const char *call;
	unsigned n;

	(void)state;
	for (n = 1; n < 1000; n++) {
		fake_reset();
		fake_fail_at(n, EIO);
		boot(&b);
		/* boot() takes the failure back; what failed is known by the counts */
		if (fake_calls() < n)
			break;
		call = fake_called(n - 1);
		check_failed_boot(&b, call);
	}
	assert_in_range(n, 80, 400);
	assert_int_equal(b.status, 0);
	kit_nothing_held(false);
	end_domains();
}

/* The threads' calls come in any order: here each call of each function is sure to fail once. */
static void fail_each_call(unsigned workers)
{
	struct boot b = {.cfgs = cfgs, .n = 3, .workers = workers};
	const char *names[64];
	unsigned counts[64], n = 0, i, k;
	const char *call;

	fake_reset();
	boot(&b);
	for (k = 0; (call = fake_called(k)); k++) {
		for (i = 0; i < n && strcmp(names[i], call) != 0; i++)
			;
		if (i < n)
			continue;
		assert_true(n < 64);
		names[n] = call;
		counts[n++] = fake_calls_of(call);
	}
	assert_in_range(n, 30, 60);
	end_domains();
	for (i = 0; i < n; i++)
		for (k = 1; k <= (again(names[i]) ? 1 : counts[i]); k++) {
			fake_reset();
			fake_fail_call(names[i], k, EIO);
			boot(&b);
			check_failed_boot(&b, names[i]);
		}
}

static void test_nth_call_of_each(void **state)
{
	(void)state;
	fail_each_call(1);
}

static void test_nth_call_of_several(void **state)
{
	(void)state;
	fail_each_call(3);
}

/* Each is said when it runs, whoever is the first; memory is the first ones'. */
static void test_several_workers(void **state)
{
	static const char *const names[] = {"web", "db", "cache", "front", "back"};
	struct guest_config some[5] = {cfgs[0], cfgs[1], cfgs[2]};
	struct boot b = {.cfgs = some, .n = 5, .workers = 4};
	char want[128];

	(void)state;
	fake_reset();
	some[3] = kit_config("front", GUEST_PV);
	some[4] = kit_config("back", GUEST_PVH);
	boot(&b);
	assert_int_equal(b.rc, 0);
	assert_int_equal(b.status, 0);
	assert_int_equal(fake_domains(), 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_true(runs(names[i]));
		snprintf(want, sizeof(want), "earlydom: %s: started as domain ", names[i]);
		said(&b, want);
	}
	said(&b, "earlydom: 5 of 5 guests started in ");
	kit_nothing_held(false);
	end_domains();

	/* The first one that memory is not enough for goes without, and those after it. */
	fake_host()->free_kib = 150 * 1024;
	boot(&b);
	assert_int_equal(b.status, 1);
	assert_true(runs("web") && runs("db") && fake_domains() == 2);
	said(&b, " ms; failed: cache front back\n");
	said(&b, "earlydom: cache: not enough host memory: ");
	fake_reset();
}

/* The hypervisor refuses the same thing for every guest. */
static void test_all_fail(void **state)
{
	struct boot b = {.cfgs = cfgs, .n = 3};

	(void)state;
	fake_reset();
	fake_fail_always("xc_domain_max_vcpus", 1, ENOMEM);
	boot(&b);
	assert_int_equal(b.status, 1);
	said(&b, "earlydom: 0 of 3 guests started in ");
	said(&b, "; failed: web db cache\n");
	kit_nothing_held(true);
	end_domains();
}

static bool web_again(void)
{
	return fake_domain_runs(4) && !fake_domain_there(1);
}

static bool cache_gone(void)
{
	return !fake_domain_there(3);
}

static bool log_has_it(void)
{
	char text[4096] = "";
	FILE *f = fopen("run/console/web.log", "r");

	if (f) {
		text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
		fclose(f);
	}
	return strstr(text, "first life\nsecond life\n");
}

static void live(struct boot *b)
{
	(void)b;
	fake_print(1, "first life\n");
	fake_shutdown(1, SHUTDOWN_reboot);
	fake_shutdown(3, SHUTDOWN_crash);
	wait_for(web_again, "web's restart");
	wait_for(cache_gone, "cache's end");
	/* Its console is open a moment after its start. */
	fake_print(4, "second life\n");
	wait_for(log_has_it, "web's output");
}

static void test_life(void **state)
{
	struct boot b = {.cfgs = cfgs, .n = 3, .during = live, .echo = ECHO_CONSOLE};
	char text[2048];

	(void)state;
	fake_reset();
	unlink("run/console/web.log");
	boot(&b);
	assert_int_equal(b.rc, 0);
	assert_int_equal(b.status, 0);
	said(&b, "earlydom: web: domain 1 rebooted; restarting\n");
	said(&b, "earlydom: web: restarted as domain 4 (linux pv, ");
	said(&b, "earlydom: cache: domain 3 crashed; destroyed\n");
	said(&b, "\nweb: first life\n");
	said(&b, "\nweb: second life\n");
	kit_read("run/guests/web", text, sizeof(text));
	assert_non_null(strstr(text, "\nstate=running\ndomid=4\n"));
	assert_non_null(strstr(text, "\nrestarts=1\n"));
	kit_read("run/guests/cache", text, sizeof(text));
	assert_non_null(strstr(text, "\nstate=ended\n"));
	kit_nothing_held(false);
	end_domains();
}

static bool web_restarted(void)
{
	return fake_domain_runs(4) && fake_store_read("/local/domain/4/name");
}

static bool db_gone(void)
{
	return !fake_domain_there(2) && !fake_store_read("/local/domain/2");
}

static bool db_recorded(void)
{
	struct stat st;

	return stat("records/userdata-d.2.64620000-0000-0000-0000-000000000000.libxl-json", &st) ==
	       0;
}

static bool db_forgotten(void)
{
	return !db_recorded();
}

/* What the guest prints at once, in 80 lines: more than is taken at a time. */
#define TAIL_BYTES (80 * 128)

static bool tail_heard(void)
{
	struct stat st;

	return stat("run/console/web.log", &st) == 0 && st.st_size == TAIL_BYTES;
}

static void live_with_store(struct boot *b)
{
	const int fd = open("tails/guest-web.log", O_WRONLY | O_APPEND);
	char text[TAIL_BYTES];

	(void)b;
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 128 == 127 ? '\n' : '.';
	if (fd < 0 || write(fd, text, sizeof(text)) != (ssize_t)sizeof(text) || close(fd) < 0)
		abort();
	wait_for(tail_heard, "web's output");
	wait_for(db_recorded, "db's record");
	fake_store_connect(1);
	fake_shutdown(1, SHUTDOWN_reboot);
	wait_for(web_restarted, "web's restart");
	fake_shutdown(2, SHUTDOWN_poweroff);
	wait_for(db_gone, "db's end");
	wait_for(db_forgotten, "the end of db's record");
}

/* With a store from the image: devices, order, consoles by xenconsoled's logs, libxl's records. */
static void test_store(void **state)
{
	static char *after[] = {"web"}, vdev[] = "xvdc", target[] = "/dev/fake-c";
	static struct disk_spec disk = {.vdev = vdev, .target = target, .readwrite = true};
	struct guest_config some[3] = {cfgs[0], cfgs[1], cfgs[2]};
	struct boot b = {.cfgs = some, .n = 3, .store = STORE_IF_THERE, .during = live_with_store};
	const char *web, *cache;
	char record[4096];

	(void)state;
	fake_reset();
	fake_daemons()->on = fake_daemons()->programs = fake_devices()->on = true;
	assert_true(mkdir("tails", 0700) == 0 && mkdir("records", 0700) == 0);
	unlink("run/console/web.log");
	kit_devices(&some[0]);
	some[0].ready_timeout = 1; /* nobody connects its devices */
	some[2].after = (struct strings){after, 1};
	some[2].disks = &disk;
	some[2].nr_disks = 1;
	boot(&b);
	assert_int_equal(b.rc, 0);
	assert_int_equal(b.status, 0);
	assert_true(runs("web") && runs("cache") && !runs("db"));
	/* Before web's were looked for it was known what cache may write. */
	assert_int_equal(fake_devices()->reserved, 2);
	kit_read("run/guests/web", record, sizeof(record));
	assert_non_null(strstr(record, "\ndisk=xvda rw /dev/fake-a\ndisk=xvdb ro /dev/fake-b\n"));
	said(&b, "earlydom: 3 of 3 guests started in ");
	said(&b, "earlydom: web: not up after 1 s (its devices are not connected); what comes "
		 "after it waits no longer\n");
	web = strstr(b.said, "web: not up");
	cache = strstr(b.said, "cache: started");
	assert_true(web && cache && web < cache);
	said(&b, "earlydom: web: restarted as domain 4 (");
	said(&b, "earlydom: db: domain 2 powered off; destroyed\n");
	assert_string_equal(fake_store_read("/local/domain/0/name"), "Domain-0");
	assert_int_equal(fake_daemons()->stores + fake_daemons()->consoles, 2);
	kit_nothing_held(false);
	fake_daemons_reset();
	end_domains();
}

static uint64_t seen; /* how many looks at domains there were */

/* While nothing happens. */
static void idle(struct boot *b)
{
	(void)b;
	usleep(1500000); /* what its start has left to do */
	seen = fake_calls_of("xc_domain_getinfolist");
	usleep(3000000);
	seen = fake_calls_of("xc_domain_getinfolist") - seen;
}

static bool web_second(void)
{
	return fake_domain_runs(2);
}

static void idle_and_restart(struct boot *b)
{
	idle(b);
	b->late = clock_ns();
	fake_shutdown(1, SHUTDOWN_reboot);
	wait_for(web_second, "web's restart");
	b->late = clock_ns() - b->late;
}

/* The supervisor sleeps until something happens. With a store it is told of a guest's end, and is
 * there at once; without one it looks once a second. */
static void test_idle(void **state)
{
	struct boot b = {.cfgs = cfgs, .n = 1, .during = idle_and_restart};

	(void)state;
	fake_reset();
	boot(&b);
	assert_in_range(seen, 2, 4);
	assert_true(b.late < 1500 * NS_PER_MS); /* the restart has a decoder of its own */
	kit_nothing_held(false);
	end_domains();

	fake_reset();
	b.store = STORE_IF_THERE;
	fake_daemons()->on = fake_daemons()->programs = true;
	assert_true(mkdir("tails", 0700) == 0 || errno == EEXIST);
	boot(&b);
	assert_int_equal(seen, 0);
	assert_true(b.late < 600 * NS_PER_MS); /* its last words are waited for */
	kit_nothing_held(false);
	fake_daemons_reset();
	end_domains();
}

/* A store that does not come is one thing that goes wrong, and none of the guests that need none.
 */
static void test_store_missing(void **state)
{
	struct boot b = {.cfgs = cfgs, .n = 2, .store = STORE_ALWAYS};

	(void)state;
	fake_reset();
	fake_daemons()->on = fake_daemons()->programs = fake_daemons()->store_bad = true;
	boot(&b);
	assert_int_equal(b.status, 1);
	said(&b, "earlydom: no guest has a store: xenstored ended with status 1\n");
	said(&b, "earlydom: 2 of 2 guests started in ");
	assert_true(runs("web") && runs("db"));
	kit_nothing_held(false);
	fake_daemons_reset();
	end_domains();
}

/* More domains than one answer of the hypervisor holds, and not ours. */
static void make_others(struct boot *b)
{
	struct xen_domctl_createdomain config = FAKE_DOMAIN;
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	uint32_t domid;

	for (unsigned i = 0; i < 130; i++) {
		domid = FAKE_DOMID_ANY;
		if (xc_domain_create(xch, &domid, &config) < 0)
			abort();
	}
	xc_interface_close(xch);
	b->during = NULL;
}

static bool restarted_late(void)
{
	return fake_domain_runs(132);
}

static void reboot_late(struct boot *b)
{
	(void)b;
	fake_shutdown(131, SHUTDOWN_reboot);
	wait_for(restarted_late, "the restart of a guest behind 130 domains");
}

static void test_many_domains(void **state)
{
	struct boot b = {.cfgs = cfgs, .n = 1, .during = reboot_late};

	(void)state;
	fake_reset();
	make_others(&(struct boot){0});
	boot(&b);
	assert_int_equal(b.rc, 0);
	assert_null(strstr(b.said, "somebody else"));
	said(&b, "earlydom: web: restarted as domain 132 (");
	kit_nothing_held(false);
	end_domains();
}

static void test_cannot_begin(void **state)
{
	struct boot b = {.cfgs = cfgs, .n = 1};

	(void)state;
	fake_reset();
	assert_int_equal(rename("run", "run.away"), 0);
	kit_text("run", "not a directory");
	boot(&b);
	assert_int_equal(b.rc, -1);
	assert_string_equal(b.err.msg, "cannot open the directory run: Not a directory");
	unlink("run");
	assert_int_equal(rename("run.away", "run"), 0);

	fake_host()->version = 4 << 16 | 16;
	fake_host()->no_domctl = fake_host()->no_sysctl = true;
	boot(&b);
	assert_int_equal(b.rc, -1);
	assert_memory_equal(b.err.msg, "Xen 4.16 is too old: ", 21);
	kit_nothing_held(true);
}

/* A command line of which the end may be missing starts nothing: "none" may have been there. */
static void test_lengths(const char **args)
{
	static const struct {
		size_t len;
		const char *err;
	} lines[] = {
		{1022, NULL},
		{1023,
		 "it has 1023 characters, as many as Xen keeps of a pv dom0's, so that its end "
		 "may be missing; no guest is started (make it shorter)"},
		{1024, NULL},
		{2046, NULL},
		{2047, "it has 2047 characters, as many as Linux keeps, so that its end may be "
		       "missing; no guest is started (make it shorter)"},
		{2048, NULL},
		{4096, NULL},
		{4097, "it has more than 4096 characters; no guest is started"},
		{9000, "it has more than 4096 characters; no guest is started"},
	};
	static char text[9002];
	struct kit_output o;
	char err[300];
	size_t newline;

	for (size_t i = 0; i < 2 * sizeof(lines) / sizeof(lines[0]); i++) {
		newline = i % 2;
		memset(text, 'x', sizeof(text));
		text[lines[i / 2].len] = newline ? '\n' : '\0';
		text[lines[i / 2].len + newline] = '\0';
		kit_text("cmdline", text);
		kit_command(command_boot, args, &o);
		assert_int_equal(o.status, EXIT_FAILED);
		snprintf(err, sizeof(err), "earlydom: kernel command line cmdline: %s\n",
			 lines[i / 2].err);
		if (lines[i / 2].err)
			assert_string_equal(o.err, err);
		else
			assert_null(strstr(o.err, "characters"));
	}
}

static void test_command(void **state)
{
	static const char *const usage[] = {"boot", "-x", NULL},
				 *const help[] = {"boot", "-h", NULL},
				 *const more[] = {"boot", "web", NULL};
	const char *args[] = {"boot", "-c", "etc", "-l", "cmdline", NULL};
	struct kit_output o;

	(void)state;
	kit_command(command_boot, usage, &o);
	assert_int_equal(o.status, EXIT_USAGE);
	assert_non_null(strstr(o.err, "usage: earlydom boot [-c DIR]"));
	kit_command(command_boot, more, &o);
	assert_int_equal(o.status, EXIT_USAGE);
	kit_command(command_boot, help, &o);
	assert_int_equal(o.status, EXIT_OK);
	assert_non_null(strstr(o.out, "usage: earlydom boot [-c DIR]"));

	kit_command(command_boot, args, &o);
	assert_int_equal(o.status, EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: cannot read the kernel command line cmdline: No such "
				   "file or directory\n");
	test_lengths(args);
	/* Descriptors are judged, all of them, before the host is looked at. */
	kit_text("cmdline", "quiet earlydom=web,nobody");
	assert_int_equal(mkdir("etc", 0700), 0);
	kit_text("etc/web.cfg", "kernel = '/boot/x'\nmemory = 'much'\nmemroy = 1\n");
	kit_command(command_boot, args, &o);
	assert_int_equal(o.status, EXIT_FAILED);
	assert_non_null(strstr(o.err, "earlydom: etc/web.cfg:2:"));
	assert_non_null(strstr(o.err, "earlydom: etc/web.cfg:3:"));
	assert_non_null(strstr(o.err, "nobody"));
	assert_non_null(strstr(o.err, "earlydom: not running on Xen\n"));
}

/* Says what is wrong on the test's own stderr, and ends the child. */
#define MUST(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			dprintf(told, "boot_test.c:%d: %s: %s\n", __LINE__, #cond,                 \
				strerror(errno));                                                  \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)

static int told;

static void put_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	MUST(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

/* A dom0 of its own, as far as files go. */
static void make_dom0(void)
{
	MUST(unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	MUST(mount("t", "/run", "tmpfs", 0, NULL) == 0 &&
	     mount("t", "/sys", "tmpfs", 0, NULL) == 0);
	MUST(mount("t", "/dev", "tmpfs", 0, NULL) == 0);
	MUST(mkdir("/sys/hypervisor", 0700) == 0 && mkdir("/sys/hypervisor/properties", 0700) == 0);
	MUST(mkdir("/dev/xen", 0700) == 0);
	put_file("/dev/null", "");
	put_file("/dev/xen/privcmd", "");
	put_file("/dev/xen/evtchn", "");
	put_file("/sys/hypervisor/type", "xen\n");
	put_file("/sys/hypervisor/properties/features", "00000800\n");
}

/* The supervisor, by the socket that it listens at; it has nothing of the old root then, but /run.
 */
static pid_t supervisor_of(const char *rundir)
{
	struct ucred who = {.pid = 0};
	socklen_t len = sizeof(who);
	struct err e;
	const int fd = control_connect(rundir, &e);

	if (fd >= 0) {
		getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
		close(fd);
	}
	return who.pid;
}

/* Waits until a process that is no child has ended. */
static void wait_for_end(pid_t pid, int pidfd)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	if (pidfd < 0 || poll(&p, 1, 20000) != 1) {
		kill(pid, SIGKILL);
		MUST(!"the supervisor ends when it is told to");
	}
	close(pidfd);
}

/* The command as a whole: `earlydom boot` as the kernel lays its arguments out. */
static void boot_command(const char *kernel, bool works)
{
	static char line[] = "earlydom\0boot\0-v\0-c\0/run/etc\0-l\0/run/cmdline";
	char *argv[] = {line,      line + 9,  line + 14, line + 17,
			line + 20, line + 29, line + 32, NULL};
	char text[512], name[64] = "";
	int status, pidfd;
	pid_t pid, session;
	FILE *f;

	make_dom0();
	MUST(mkdir("/run/etc", 0700) == 0);
	put_file("/run/cmdline", "quiet earlydom=web\n");
	snprintf(text, sizeof(text), "kernel = '%s'\nmemory = 64\n", kernel);
	put_file("/run/etc/web.cfg", text);
	MUST(chdir("/") == 0);
	optind = 0;
	fake_reset();
	status = command_boot(6, argv + 1);
	pid = supervisor_of("/run");
	/* It lives on, whatever became of the guests, in a session of its own. */
	MUST(pid > 0);
	session = getsid(pid);
	snprintf(text, sizeof(text), "/proc/%d/comm", (int)pid);
	f = fopen(text, "r");
	MUST(f && fgets(name, sizeof(name), f) && fclose(f) == 0);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	MUST(kill(pid, SIGTERM) == 0);
	wait_for_end(pid, pidfd);
	MUST(session == pid && !strcmp(name, "earlydom\n"));
	MUST(!strcmp(line, "earlydom")); /* only the supervisor is renamed */
	MUST(status == (works ? EXIT_OK : EXIT_FAILED));
	_exit(0);
}

static void in_child(const char *kernel, bool works)
{
	int status, fd;
	pid_t pid;

	if (geteuid() != 0) {
		print_message("# NOT TESTED, this needs root\n");
		return;
	}
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		told = dup(2);
		fd = open("stderr", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
		dup2(fd, 2);
		boot_command(kernel, works);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_command_boots(void **state)
{
	char text[8192];

	(void)state;
	in_child(kit_path("kernel"), true);
	kit_read("stderr", text, sizeof(text));
	KIT_CHECK(strstr(text, "earlydom: web: started as domain 1 ("), "%s", text);
	KIT_CHECK(strstr(text, "earlydom: 1 of 1 guest started in "), "%s", text);
	in_child(kit_path("nowhere"), false);
	kit_read("stderr", text, sizeof(text));
	KIT_CHECK(strstr(text, "earlydom: web: cannot read kernel "), "%s", text);
}

static int begin(void **state)
{
	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	make_guests();
	return 0;
}

/* main() of the program. */
int earlydom_main(int argc, char **argv);

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad_among_good),
		cmocka_unit_test(test_nothing_to_start),
		cmocka_unit_test(test_nth_call),
		cmocka_unit_test(test_nth_call_of_each),
		cmocka_unit_test(test_nth_call_of_several),
		cmocka_unit_test(test_several_workers),
		cmocka_unit_test(test_all_fail),
		cmocka_unit_test(test_life),
		cmocka_unit_test(test_store),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_store_missing),
		cmocka_unit_test(test_many_domains),
		cmocka_unit_test(test_cannot_begin),
		cmocka_unit_test(test_command),
		cmocka_unit_test(test_command_boots),
	};

	/* As the keeper and the supervisor of the command, which run the program anew: what they
	 * have of the heap at their end goes with them. */
	if (argc > 1) {
		fake_reset();
		_exit(earlydom_main(argc, argv));
	}
	return cmocka_run_group_tests(tests, begin, kit_end);
}
