/*
 * Every system call from `earlydom upgrade` to the end of the supervisor that follows, failed once:
 * the command's, both supervisors' and the keeper's. No guest is disturbed, none has a twin,
 * nothing leaks, and who was told that the other version runs was told the truth.
 *
 * The supervisors run in this process, which has the fake's domains. The keeper is the real one, in
 * a process of its own; instead of a program it starts stand-ins, which hand their channel on to
 * here and end as the supervisor does. It has no heart to look at: the supervisor shares its
 * processor with the sanitizers.
 *
 * UPGRADE_SYSCALL in the environment is the number of the one that is to be tried alone.
 */
#include "builder/fake/syscalls.h"
#include "builder/fake/units.h"
#include "builder/fake/watchdog.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pass_file.h"
#include "builder/command/commands.h"
#include "builder/keeper/keeper.h"
#include "builder/supervise/supervise.h"

#define GUESTS  3
#define HANGS_S 60

/* How many calls from one place are failed at most; kept_send's are for many files. */
#define CALLS_MAX 6
#define SENDS_MAX 60

/* More than are ever open. */
#define FILES 256

/* Where stand-ins report: a number that survives the keeper's exec, if another one is started. */
#define DOOR_FD 120

static struct guest_config cfgs[GUESTS];
static char said[65536];
static const char *now_fails = "";

struct outcome {
	uint32_t domids[GUESTS]; /* before the upgrade */
	bool failed;             /* the call came, and did */
	_Atomic bool early;      /* that was before the last supervisor began */
	bool told_ok;            /* what the command's exit status said */
	unsigned supervisors;    /* that began */
	char why[KEPT_TEXT_MAX + 1];
	int rc; /* of the last one */
	struct err err;

	void *(*during)(void *o); /* in a thread of its own, with status_fd, until over */
	const struct fake_syscall *fails;
	unsigned nth;
	int status_fd;
	_Atomic bool over;
};

/* ---- stand-ins ---- */

/* The process that is one for the supervisor that runs here; 0 for none. */
static _Atomic pid_t stand_in;
static bool is_keeper;

static void send_file(int to, const void *data, size_t n, int fd)
{
	struct iovec part = {(void *)(uintptr_t)data, n};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};
	union pass_file room;

	pass_file_add(&h, &room, fd);
	if (sendmsg(to, &h, MSG_NOSIGNAL) != (ssize_t)n)
		_exit(125);
}

/* Returns -1 where the sender has ended. */
static int receive_file(int from, void *data, size_t n)
{
	struct iovec part = {data, n};
	struct msghdr h = {.msg_iov = &part, .msg_iovlen = 1};
	union pass_file room;

	pass_file_expect(&h, &room);
	return recvmsg(from, &h, MSG_CMSG_CLOEXEC) == (ssize_t)n ? pass_file_take(&h) : -1;
}

/* Lives as long as the supervisor that it stands in for, and ends as that does. */
static _Noreturn void stand_in_for(int channel)
{
	const pid_t pid = getpid();
	unsigned char status;
	int ends[2];

	fake_syscalls_pass();
	for (int fd = 3; fd < FILES; fd++)
		if (fd != channel && fd != DOOR_FD)
			close(fd); /* as a program that is run has none of them */
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		_exit(124);
	send_file(DOOR_FD, &pid, sizeof(pid), ends[1]);
	send_file(ends[0], "c", 1, channel);
	close(ends[1]);
	close(channel);
	_exit(read(ends[0], &status, 1) == 1 ? status : 123);
}

/* The keeper's child becomes a stand-in without running a program; and a supervisor that looks for
 * its own process finds its stand-in. */
static bool catch (long number, const long args[5], long *rc)
{
	if (number == SYS_execveat && is_keeper)
		stand_in_for(KEPT_CHANNEL_FD);
	if (number != SYS_pidfd_open || is_keeper || (pid_t)args[0] != getpid())
		return false;
	*rc = syscall(SYS_pidfd_open, (long)stand_in, 0L);
	return true;
}

/* ---- the supervisors ---- */

/* What of its files the end of the process would close. */
static void close_rest(struct kept *k)
{
	static const char *const names[] = {KEPT_PROGRAM, KEPT_KEEPER, KEPT_SUPERVISOR, "status"};

	for (size_t i = 0; i < k->n; i++)
		for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++)
			if (!strcmp(k->v[i].name, names[n]) && !k->v[i].waits)
				close(k->v[i].fd);
	kept_free(k);
}

/* As command/process.c does it. Returns the channel, which the end of the process would close: a
 * keeper takes one that lives on without it for another keeper's; or -1. */
static int run_supervisor(struct outcome *o, int channel)
{
	struct kept kept;

	o->supervisors++;
	o->rc = -1;
	o->err.msg[0] = '\0';
	kept_init(&kept, -1);
	if (kept_receive_all(&kept, channel, o->why, &o->err) == 0) {
		const struct supervise_options options = {
			.rundir = "run",
			.workers = 1,
			.kept = &kept,
			.status_fd = kept_take(&kept, "status"),
			.adopt = true,
			.began = o->why,
		};

		o->early = fake_syscall_failed();
		kept.channel = channel;
		kept_take(&kept, KEPT_PROGRAM);
		kept_take(&kept, KEPT_KEEPER);
		o->rc = supervise(cfgs, GUESTS, 0, &options, &o->err);
		channel = kept.channel;
	}
	close_rest(&kept);
	return channel;
}

/* Runs the supervisors that the keeper starts, one after the other, until it and all others have
 * ended. */
static void serve(struct outcome *o, int door)
{
	struct pollfd p = {.fd = door, .events = POLLIN};
	unsigned char status;
	int line, channel, how;
	char byte;
	pid_t pid;

	for (;;) {
		while ((pid = waitpid(-1, &how, WNOHANG)) > 0)
			KIT_CHECK(WIFEXITED(how) || WTERMSIG(how) == SIGKILL,
				  "%s: process %d ended with %#x", now_fails, (int)pid, how);
		if (pid < 0)
			return;
		if (poll(&p, 1, 5) <= 0)
			continue;
		line = receive_file(door, &pid, sizeof(pid));
		assert_true(line >= 0);
		channel = receive_file(line, &byte, 1);
		if (channel < 0) { /* the keeper has waited too long for it, on a busy machine */
			close(line);
			continue;
		}
		stand_in = pid;
		channel = run_supervisor(o, channel);
		status = o->rc < 0 ? EXIT_FAILED : EXIT_OK;
		KIT_CHECK(send(line, &status, 1, MSG_NOSIGNAL) == 1 || o->rc < 0,
			  "%s: the keeper has ended a supervisor", now_fails);
		close(line);
		if (channel >= 0)
			close(channel);
	}
}

/* ---- the command ---- */

/* All that come, until there is none any more. */
static void *end_supervisors(struct outcome *o)
{
	while (!o->over) {
		kill(getpid(), SIGTERM);
		usleep(5000);
	}
	return NULL;
}

/* Once all guests run: asks for the upgrade, and ends what follows. */
static void *upgrade(void *arg)
{
	static char *argv[] = {(char *)(uintptr_t) "upgrade", NULL};
	struct outcome *o = arg;
	unsigned char byte;

	if (read(o->status_fd, &byte, 1) == 1) {
		for (size_t i = 0; i < GUESTS; i++)
			kit_domains_of(&cfgs[i], &o->domids[i]);
		fake_syscalls_begin();
		fake_syscall_fails(o->fails, o->nth, EIO);
		o->told_ok = command_upgrade(1, argv) == EXIT_OK;
		/* It is given up later, if the keeper was not told that it has come up. */
		if (!strcmp(now_fails, "sendmsg") && fake_syscall_failed() && !o->early)
			usleep((KEEPER_UP_MS + 200) * 1000);
	}
	return end_supervisors(o);
}

/* ---- one try ---- */

static unsigned open_files(void)
{
	unsigned n = 0;

	for (int fd = 0; fd < FILES; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* The keeper, as `earlydom boot` leaves it. */
static void start_keeper(int status_fd)
{
	struct kept k;
	int ends[2];
	pid_t pid;

	kept_init(&k, -1);
	kept_hold(&k, KEPT_PROGRAM, open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	kept_hold(&k, "status", status_fd);
	assert_int_equal(kept_new_channel(ends), 0);
	assert_int_equal(kept_begin(&k, ends[0], BEGIN_FIRST), 1);
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		is_keeper = true;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (int fd = 3; fd < FILES; fd++)
			if (fd != ends[1] && fd != DOOR_FD)
				close(fd);
		_exit(keeper_run(ends[1]));
	}
	assert_true(pid > 0);
	close(ends[0]);
	close(ends[1]);
	close(k.v[0].fd);
	close(status_fd);
	kept_free(&k);
}

static void run(void *arg)
{
	struct outcome *o = arg;
	const struct timespec none = {0, 0};
	int door[2], status[2];
	pthread_t thread;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, door), 0);
	assert_int_equal(dup2(door[1], DOOR_FD), DOOR_FD);
	assert_int_equal(pipe2(status, O_CLOEXEC), 0);
	o->status_fd = status[0];
	start_keeper(status[1]);
	close(door[1]);
	assert_int_equal(pthread_create(&thread, NULL, o->during, o), 0);
	serve(o, door[0]);
	o->over = true;
	pthread_join(thread, NULL);
	while (sigtimedwait(&set, NULL, &none) > 0)
		;
	close(DOOR_FD);
	close(door[0]);
	close(status[0]);
}

static void try_one(const struct fake_syscall *s, unsigned n, struct outcome *o)
{
	unsigned files;

	fake_reset();
	files = open_files();
	unlink("run/state");
	now_fails = s ? s->name : "none";
	*o = (struct outcome){.during = upgrade, .fails = s, .nth = n};
	watched(HANGS_S, &now_fails, run, o);
	kit_read("stderr", said, sizeof(said));
	o->failed = fake_syscall_failed();
	fake_syscalls_end();
	files += fake_domains(); /* each has one for its pages */
	KIT_CHECK(open_files() == files, "%s: %u files are open, not %u:\n%s", now_fails,
		  open_files(), files, said);
	kit_nothing_held(false);
}

static unsigned count_running(void)
{
	uint32_t domid;
	unsigned n = 0;

	for (size_t i = 0; i < GUESTS; i++)
		n += kit_domains_of(&cfgs[i], &domid) == 1 && fake_domain_runs(domid);
	return n;
}

static void check(const struct outcome *o, unsigned k)
{
	uint32_t domid;

	KIT_CHECK(!strstr(said, "Sanitizer"), "%s", said);
	KIT_CHECK(o->rc == 0, "UPGRADE_SYSCALL=%u %s: %s\n%s", k, now_fails, o->err.msg, said);
	KIT_CHECK(!o->told_ok || !strcmp(o->why, BEGIN_UPGRADED),
		  "UPGRADE_SYSCALL=%u %s: told to be upgraded, but: %s\n%s", k, now_fails, o->why,
		  said);
	for (size_t i = 0; i < GUESTS; i++)
		KIT_CHECK(kit_domains_of(&cfgs[i], &domid) == 1 && domid == o->domids[i] &&
				  fake_domain_runs(domid),
			  "UPGRADE_SYSCALL=%u %s: %s has %u domains\n%s", k, now_fails,
			  cfgs[i].name, kit_domains_of(&cfgs[i], &domid), said);
}

static void test_each(void **state)
{
	const char *only = getenv("UPGRADE_SYSCALL");
	const struct fake_syscall *s;
	static struct outcome o;
	unsigned tried = 0, max;

	(void)state;
	try_one(NULL, 1, &o); /* which there are */
	check(&o, 0);
	KIT_CHECK(o.told_ok && o.supervisors == 2, "%u supervisors, %s\n%s", o.supervisors, o.why,
		  said);
	for (unsigned k = 0; (s = fake_syscalls(k)); k++) {
		if (only && (unsigned)strtoul(only, NULL, 10) != k)
			continue;
		max = strcmp(s->name, "sendmsg") != 0 ? CALLS_MAX : SENDS_MAX;
		for (unsigned n = 1; n <= max; n++) {
			try_one(s, n, &o);
			check(&o, k);
			tried += o.failed;
			if (!o.failed)
				break;
		}
	}
	print_message("# %u calls failed\n", tried);
	assert_true(only || tried > 60);
}

/* ---- a keeper that is killed, and the next one at once ---- */

/* The child that is neither of the two; 0 for none. */
static pid_t other_child(pid_t a, pid_t b)
{
	char path[64];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	f = fopen(path, "re");
	while (f && (fscanf(f, "%d", &pid) == 1) && (pid == a || pid == b))
		pid = 0;
	if (f)
		fclose(f);
	return pid;
}

/* Waits until so many keepers were started anew. */
static bool keepers_come(unsigned n)
{
	static char text[65536];
	const char *p;
	unsigned k;

	for (unsigned tries = 0; tries < 2000; tries++) {
		p = kit_read("stderr", text, sizeof(text));
		for (k = 0; (p = strstr(p, "another one was started")); k++)
			p++;
		if (k >= n)
			return true;
		usleep(5000);
	}
	return false;
}

static unsigned calls_of(const char *name)
{
	const struct fake_syscall *s;
	unsigned n = 0;

	for (unsigned k = 0; (s = fake_syscalls(k)); k++)
		n += strcmp(s->name, name) ? 0 : s->calls;
	return n;
}

/* Ends the child that is neither of the two, once there is one. The kernel's list of children may
 * miss one while another goes (proc(5)), and nobody would be everybody. */
static pid_t kill_child(pid_t a, pid_t b)
{
	pid_t pid = 0;

	for (unsigned tries = 0; !pid && tries < 2000; tries++) {
		pid = other_child(a, b);
		if (!pid)
			usleep(5000);
	}
	if (pid)
		kill(pid, SIGKILL);
	return pid;
}

static unsigned polls;

static void *kill_keepers(void *arg)
{
	struct outcome *o = arg;
	unsigned char byte;
	pid_t first;

	if (read(o->status_fd, &byte, 1) == 1) {
		first = kill_child(0, 0);
		o->told_ok = keepers_come(1);
		fake_syscalls_begin();
		kill_child(first, stand_in);
		usleep(600000);
		polls = calls_of("poll");
		fake_syscalls_end();
		o->told_ok &= keepers_come(2);
	}
	return end_supervisors(o);
}

/* It is not started again more than once a second, and nobody turns without end until then. */
static void test_keeper_killed_twice(void **state)
{
	struct outcome o = {.during = kill_keepers};

	(void)state;
	fake_reset();
	unlink("run/state");
	now_fails = "the keeper";
	watched(HANGS_S, &now_fails, run, &o);
	kit_read("stderr", said, sizeof(said));
	KIT_CHECK(o.rc == 0 && o.told_ok && o.supervisors == 1, "%s", said);
	assert_in_range(polls, 1, 200);
	assert_int_equal(count_running(), GUESTS);
	fake_reset();
}

static int begin(void **state)
{
	static const char *const names[GUESTS] = {"web", "db", "cache"};

	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	for (size_t i = 0; i < GUESTS; i++)
		cfgs[i] = kit_config(names[i], i ? GUEST_PVH : GUEST_PV);
	fake_syscall_catch(catch);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* of stand-ins whose keeper has ended */
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_keeper_killed_twice),
	};

	/* A keeper that the supervisor has started again, and the stand-ins that this one starts.
	 */
	if (argc > 1 && !strcmp(argv[1], "keeper")) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(keeper_run(KEPT_CHANNEL_FD));
	}
	if (argc > 1 && !strcmp(argv[1], "supervise"))
		stand_in_for(KEPT_CHANNEL_FD);
	return cmocka_run_group_tests_name("upgrade_syscalls", tests, begin, kit_end);
}
