/*
 * The real keeper, around supervisors that the test's own program plays: `keeper` and `supervise`
 * are what the keeper and the fork of `earlydom boot` run of it.
 */
#include "builder/keeper/keeper.h"

#include "builder/fake/child.h"
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "builder/keeper/heart.h"

#define RUNS_MAX 8
#define LIFE_S   30 /* nothing is left behind by a test that fails */

enum deed {
	DO_NOTHING,
	DO_EXIT,
	DO_OVER,
	DO_HANG,
	DO_CLOSE,
	DO_UPGRADE,
	DO_HOLD,
	DO_DROP,
};

/* What the test and its supervisors share: a file that is kept like all others. */
struct script {
	uint64_t until;      /* ns, when all are to have ended */
	_Atomic int deed;    /* that the supervisor is to do now */
	_Atomic int mute;    /* that many supervisors more do not say that they are up */
	_Atomic int runs;    /* supervisors so far */
	_Atomic int keepers; /* that were started again */
	struct {
		pid_t pid, parent;
		char why[200];
		int files;  /* that it was given */
		bool extra; /* one of them is "extra", with the text that was written to it */
	} run[RUNS_MAX];
};

static int file_of_memory(const char *text)
{
	const int fd = memfd_create("test", MFD_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		abort();
	return fd;
}

static struct script *map_script(int fd)
{
	struct script *s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (s == MAP_FAILED)
		abort();
	return s;
}

/* ---- the supervisor ---- */

static struct kept *told;

static void take_sigterm(int number)
{
	(void)number;
	kept_send(told->channel, KEPT_OVER, "", -1);
	_exit(0);
}

static bool has_extra(struct kept *k)
{
	const int fd = kept_take(k, "extra");
	char text[8] = "";

	return fd >= 0 && pread(fd, text, 5, 0) == 5 && !strcmp(text, "extra");
}

static void do_deed(struct script *s, struct kept *k, struct heart *h)
{
	switch (atomic_exchange(&s->deed, DO_NOTHING)) {
	case DO_EXIT:
		_exit(3);
	case DO_OVER:
		kept_send(k->channel, KEPT_OVER, "", -1);
		_exit(0);
	case DO_HANG:
		heart_beats(h, clock_ns());
		for (;;)
			pause();
	case DO_CLOSE:
		close(k->channel);
		k->channel = -1;
		break;
	case DO_UPGRADE:
		kept_hold(k, KEPT_PROGRAM_NEW, open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
		kept_send(k->channel, KEPT_UPGRADE, "", -1);
		_exit(0);
	case DO_HOLD:
		kept_hold(k, "extra", file_of_memory("extra"));
		break;
	case DO_DROP:
		kept_drop(k, "extra");
		break;
	default:
		break;
	}
}

/* A keeper that has ended is replaced. */
static void look_at_keeper(struct script *s, struct kept *k)
{
	struct pollfd p = {.fd = k->channel};
	struct err e;

	poll(&p, 1, 5);
	if (k->channel < 0 || !(p.revents & (POLLHUP | POLLERR)))
		return;
	close(k->channel);
	k->channel = -1;
	if (keeper_start(k, NULL, &e) < 0)
		_exit(9);
	s->keepers++;
}

/* It is blocked as long as a program does not take it. */
static void unblock_sigterm(void)
{
	sigset_t set;

	if (sigprocmask(SIG_BLOCK, NULL, &set) < 0 || !sigismember(&set, SIGTERM))
		_exit(4);
	sigdelset(&set, SIGTERM);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static int play_supervisor(void)
{
	static char why[KEPT_TEXT_MAX + 1];
	static struct kept k;
	struct heart *heart;
	struct script *s;
	struct err e;
	int n;

	kept_init(&k, -1);
	if (kept_receive_all(&k, KEPT_CHANNEL_FD, why, &e) < 0)
		_exit(8);
	k.channel = KEPT_CHANNEL_FD;
	fcntl(KEPT_CHANNEL_FD, F_SETFD, FD_CLOEXEC);
	s = map_script(kept_take(&k, "script"));
	heart = heart_map(kept_take(&k, KEPT_HEART), &e);
	kept_take(&k, KEPT_PROGRAM);
	if (clock_ns() > s->until)
		_exit(5);
	alarm((unsigned)((s->until - clock_ns()) / NS_PER_S) + 1);
	told = &k;
	signal(SIGTERM, take_sigterm);
	unblock_sigterm();
	n = s->runs;
	if (n == RUNS_MAX)
		_exit(7);
	s->run[n].pid = getpid();
	s->run[n].parent = getppid();
	snprintf(s->run[n].why, sizeof(s->run[n].why), "%.190s", why);
	s->run[n].files = (int)k.n;
	s->run[n].extra = has_extra(&k);
	if (s->mute > 0)
		s->mute--;
	else
		kept_send(k.channel, KEPT_UP, "", -1);
	heart_beats(heart, clock_ns());
	heart_rests(heart);
	s->runs++;
	for (;;) {
		do_deed(s, &k, heart);
		look_at_keeper(s, &k);
	}
}

/* ---- the test's side ---- */

struct scene {
	struct script *s;
	pid_t keeper;
	int script_fd;
};

static void must(bool cond, const char *what)
{
	KIT_CHECK(cond, "waited in vain: %s", what);
}

#define AWAIT(cond)                                                                                \
	do {                                                                                       \
		const uint64_t until_ = clock_ns() + 20 * NS_PER_S;                                \
		while (!(cond) && clock_ns() < until_)                                             \
			usleep(2000);                                                              \
		must(cond, #cond);                                                                 \
	} while (0)

/* As `earlydom boot` does it. */
static void become_keeper(int script_fd)
{
	struct kept k;
	struct err e;

	setsid();
	kept_init(&k, -1);
	kept_hold(&k, KEPT_PROGRAM, open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
	kept_hold(&k, KEPT_HEART, heart_make(&e));
	kept_hold(&k, "script", script_fd);
	keeper_become(&k, &e);
	fprintf(stderr, "%s\n", e.msg);
	_exit(6);
}

static void prepare(struct scene *c)
{
	c->script_fd = file_of_memory("");
	assert_int_equal(ftruncate(c->script_fd, sizeof(struct script)), 0);
	c->s = map_script(c->script_fd);
	c->s->until = clock_ns() + LIFE_S * NS_PER_S;
	fflush(NULL);
}

static void begin(struct scene *c)
{
	prepare(c);
	c->keeper = fork();
	assert_true(c->keeper >= 0);
	if (c->keeper == 0)
		become_keeper(c->script_fd);
	AWAIT(c->s->runs == 1);
	assert_string_equal(c->s->run[0].why, BEGIN_FIRST);
	assert_int_equal(c->s->run[0].parent, c->keeper);
	assert_int_equal(c->s->run[0].files, 3 + 1); /* and the keeper itself */
}

static pid_t now(const struct scene *c)
{
	return c->s->run[c->s->runs - 1].pid;
}

static void reap(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* The keeper ends well, after so many supervisors at most. */
static void ends(struct scene *c, int runs)
{
	int status;

	assert_int_equal(waitpid(c->keeper, &status, 0), c->keeper);
	assert_int_equal(status, 0);
	assert_true(c->s->runs <= runs);
	munmap(c->s, sizeof(*c->s));
	close(c->script_fd);
}

/* Told to end, the supervisor ends as told, and the keeper with it. */
static void end(struct scene *c)
{
	c->s->deed = DO_OVER;
	ends(c, RUNS_MAX);
}

/* The n-th supervisor has begun, for that reason. */
static void began(struct scene *c, int n, const char *why)
{
	AWAIT(c->s->runs >= n);
	assert_int_equal(c->s->runs, n);
	assert_string_equal(c->s->run[n - 1].why, why);
	assert_int_not_equal(c->s->run[n - 1].pid, c->s->run[n - 2].pid);
}

static void test_as_told(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	end(&c);
	/* What ends the keeper is meant for the supervisor, which ends in its own way. */
	begin(&c);
	kill(c.keeper, SIGTERM);
	reap(c.keeper);
	assert_int_equal(c.s->runs, 1);
	munmap(c.s, sizeof(*c.s));
	close(c.script_fd);
}

/* Before it has begun, or has a supervisor: whenever it comes, none is left. */
static void test_told_at_once(void **state)
{
	sigset_t set, before;
	struct scene c;

	(void)state;
	prepare(&c);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	c.keeper = fork();
	assert_true(c.keeper >= 0);
	if (c.keeper == 0) {
		raise(SIGTERM);
		become_keeper(c.script_fd);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	ends(&c, 1);
}

/* One that is ended before it gets to it has a follower, who is told as well. */
static void test_told_and_killed(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	kill(now(&c), SIGSTOP);
	kill(c.keeper, SIGTERM);
	usleep(50000);
	kill(now(&c), SIGKILL);
	ends(&c, 2);
}

/* Killed, and with an end of its own: there is another one, with all that was held. */
static void test_again(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	c.s->deed = DO_HOLD;
	AWAIT(c.s->deed == DO_NOTHING);
	kill(now(&c), SIGKILL);
	began(&c, 2, "again was ended by signal 9 (Killed)");
	assert_int_equal(c.s->run[1].files, 4 + 1);
	assert_true(c.s->run[1].extra);
	c.s->deed = DO_EXIT;
	began(&c, 3, "again ended with status 3");
	assert_true(c.s->run[2].extra);
	c.s->deed = DO_DROP;
	AWAIT(c.s->deed == DO_NOTHING);
	usleep(20000);
	kill(now(&c), SIGUSR1);
	began(&c, 4, "again was ended by signal 10 (User defined signal 1)");
	assert_int_equal(c.s->run[3].files, 3 + 1); /* and the keeper itself */
	assert_false(c.s->run[3].extra);
	end(&c);
}

static void test_stopped(void **state)
{
	const uint64_t began_at = clock_ns();
	struct scene c;

	(void)state;
	begin(&c);
	kill(now(&c), SIGSTOP);
	began(&c, 2, "again was stopped and is ended");
	assert_true(clock_ns() - began_at < 10 * NS_PER_S);
	/* One that is stopped for a moment goes on. */
	kill(now(&c), SIGSTOP);
	usleep(150000);
	kill(now(&c), SIGCONT);
	usleep(700000);
	assert_int_equal(c.s->runs, 2);
	end(&c);
}

static void test_hangs(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	c.s->deed = DO_HANG;
	began(&c, 2, "again did not answer and is ended");
	/* What the one before was in the middle of does not count for this one. */
	usleep(800000);
	assert_int_equal(c.s->runs, 2);
	end(&c);
}

static void test_closes_its_channel(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	/* It has another keeper: this one has nothing to do any more, and ends nobody. */
	c.s->deed = DO_CLOSE;
	reap(c.keeper);
	assert_int_equal(c.s->runs, 1);
	assert_int_equal(kill(now(&c), 0), 0);
	kill(now(&c), SIGKILL);
	munmap(c.s, sizeof(*c.s));
	close(c.script_fd);
}

/* A process that ends closes its files first, and on a busy machine long before it has ended. */
static void test_ends_slowly(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	c.s->deed = DO_CLOSE;
	usleep(5 * KEEPER_LOOK_MS * 1000);
	c.s->deed = DO_EXIT;
	began(&c, 2, "again ended with status 3");
	end(&c);
}

static void test_upgrade(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	c.s->deed = DO_HOLD;
	AWAIT(c.s->deed == DO_NOTHING);
	c.s->deed = DO_UPGRADE;
	began(&c, 2, BEGIN_UPGRADED);
	assert_true(c.s->run[1].extra);
	/* It is the program from now on. */
	usleep(1000000);
	assert_int_equal(c.s->runs, 2);
	kill(now(&c), SIGKILL);
	began(&c, 3, "again was ended by signal 9 (Killed)");
	assert_int_equal(c.s->run[2].files, 4 + 1);
	end(&c);
}

/* It does not come up: the one before goes on, with everything. */
static void test_upgrade_falls(void **state)
{
	struct scene c;

	(void)state;
	begin(&c);
	c.s->mute = 1;
	c.s->deed = DO_UPGRADE;
	began(&c, 2, BEGIN_UPGRADED);
	began(&c, 3, "fell did not come up in time");
	assert_int_equal(c.s->run[2].files, 3 + 1); /* and the keeper, without the new one */
	c.s->mute = 1;
	c.s->deed = DO_UPGRADE;
	began(&c, 4, BEGIN_UPGRADED);
	kill(now(&c), SIGABRT);
	began(&c, 5, "fell was ended by signal 6 (Aborted)");
	end(&c);
}

/* The keeper is killed: the supervisor starts another one, which has all that the first had, and
 * keeps a supervisor that is none of its children. */
static void test_keeper_killed(void **state)
{
	struct scene c;
	pid_t second;

	(void)state;
	begin(&c);
	c.s->deed = DO_HOLD;
	AWAIT(c.s->deed == DO_NOTHING);
	kill(c.keeper, SIGKILL);
	reap(c.keeper);
	AWAIT(c.s->keepers == 1);
	usleep(100000);
	assert_int_equal(c.s->runs, 1); /* it goes on */
	kill(now(&c), SIGKILL);
	reap(c.s->run[0].pid);
	began(&c, 2, "again has ended");
	assert_true(c.s->run[1].extra);
	assert_int_equal(c.s->run[1].files, 4 + 1);
	second = c.s->run[1].parent;
	assert_int_not_equal(second, c.keeper);
	/* Stopped, it is ended by the second one as well. */
	kill(now(&c), SIGSTOP);
	began(&c, 3, "again was stopped and is ended");
	c.keeper = second;
	end(&c);
}

static void become_without_program(struct err *e)
{
	struct kept k;

	kept_init(&k, -1);
	kept_hold(&k, KEPT_PROGRAM, STDERR_FILENO);
	keeper_become(&k, e);
}

static void test_cannot_begin(void **state)
{
	const char *said = child_says(become_without_program);

	(void)state;
	KIT_CHECK(!strncmp(said, "cannot run the program again: ", 30), "%s", said);
}

/* A channel that has not all that a keeper needs. */
static void test_given_too_little(void **state)
{
	static const char *const whys[] = {BEGIN_FIRST, BEGIN_KEEP};
	int ends[2], status;
	pid_t pid;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(kept_new_channel(ends), 0);
		if (i == 1)
			kept_send(ends[0], KEPT_HOLD, KEPT_PROGRAM, ends[0]);
		if (i < 2)
			kept_send(ends[0], KEPT_BEGIN, whys[i], -1);
		fflush(NULL);
		pid = fork();
		if (pid == 0) {
			close(ends[0]);
			dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
			_exit(keeper_run(ends[1]));
		}
		close(ends[0]);
		close(ends[1]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, EXIT_FAILURE << 8);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_told),
		cmocka_unit_test(test_told_at_once),
		cmocka_unit_test(test_told_and_killed),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_closes_its_channel),
		cmocka_unit_test(test_ends_slowly),
		cmocka_unit_test(test_upgrade),
		cmocka_unit_test(test_upgrade_falls),
		cmocka_unit_test(test_keeper_killed),
		cmocka_unit_test(test_given_too_little),
		cmocka_unit_test(test_cannot_begin),
	};

	if (argc > 1 && !strcmp(argv[1], "keeper")) {
		alarm(LIFE_S);
		_exit(keeper_run(KEPT_CHANNEL_FD));
	}
	if (argc > 1 && !strcmp(argv[1], "supervise"))
		return play_supervisor();
	/* A supervisor whose keeper was killed is the test's to reap. */
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
