#include "keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/pidfd.h"
#include "heart.h"

/* How often the supervisor's heart is looked at. */
#ifndef KEEPER_LOOK_MS
#define KEEPER_LOOK_MS 2000
#endif

/* How long a supervisor that has closed its channel may take to end. One that lives on has another
 * keeper; one that is ending closes its files first, and then may have to wait for a processor. */
#define KEEPER_ORPHAN_MS (15 * KEEPER_LOOK_MS)

/* How long is waited before a supervisor that has ended is started again, in ms: the first time not
 * at all. One that has lived for LIVED_NS begins anew. */
static const unsigned pauses_ms[] = {0, 200, 1000, 2000, 5000, 10000, 30000};
#define PAUSES   (sizeof(pauses_ms) / sizeof(pauses_ms[0]))
#define LIVED_NS (60 * NS_PER_S)

struct keeper {
	struct kept kept;
	int channel; /* to the supervisor, or -1 */
	int pidfd;   /* of the supervisor, or -1 */
	pid_t child; /* its process, if it is a child of this one; else 0 */
	int stat_fd; /* its /proc/PID/stat, or -1 */
	int signals;
	struct heart *heart;
	uint64_t began;     /* when it was started, ns */
	uint64_t closed;    /* when it has closed the channel, ns; 0 when it has not */
	uint64_t stopped;   /* since when it has been seen stopped, ns; 0 when it is not */
	unsigned quick;     /* how many have ended soon, one after the other */
	bool over, upgrade; /* how it wants its end to be taken */
	bool ever_up;       /* some supervisor has served */
	bool trying;        /* it is another version of the program, which has to come up */
	bool told;          /* to end, with all that it keeps */
	char cause[128];    /* why it was ended from here; empty: it was not */
};

/* ---- programs ---- */

static void end_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

/*
 * In a child, or in a process that is about to become another: runs the program with the channel as
 * its file 3, and nothing open besides but the standard files. Told to end meanwhile, it learns
 * that when it looks: keeper and supervisor both do. Returns only with errno set.
 */
static void run(int program, int channel, const char *command)
{
	/* systemd leaves processes alone whose argv[0] begins with '@' when it leaves the
	 * initramfs. */
	const char *const argv[] = {"@earlydom", command, NULL};
	static const char *const env[] = {"PATH=/sbin:/bin:/usr/sbin:/usr/bin", NULL};
	sigset_t set;

	/* The program moves out of the way of the channel. */
	program = fcntl(program, F_DUPFD_CLOEXEC, KEPT_CHANNEL_FD + 1);
	if (program < 0 || (channel != KEPT_CHANNEL_FD && dup2(channel, KEPT_CHANNEL_FD) < 0) ||
	    fcntl(KEPT_CHANNEL_FD, F_SETFD, 0) < 0)
		return;
	end_signals(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	syscall(SYS_execveat, program, "", argv, env, AT_EMPTY_PATH);
}

static int find_fd(const struct kept *k, const char *name)
{
	for (size_t i = 0; i < k->n; i++)
		if (!strcmp(k->v[i].name, name))
			return k->v[i].fd;
	return -1;
}

int keeper_become(struct kept *k, struct err *e)
{
	int ends[2];

	if (kept_new_channel(ends) < 0)
		return err_set(e, "cannot make a socket: %s", strerror(errno));
	/* They are few, and the socket has room for them. */
	if (kept_begin(k, ends[0], BEGIN_FIRST) <= 0)
		return err_set(e, "cannot hand on files: %s", strerror(errno));
	close(ends[0]);
	run(find_fd(k, KEPT_PROGRAM), ends[1], "keeper");
	return err_set(e, "cannot run the program again: %s", strerror(errno));
}

/* Closes what is kept under a name, and keeps fd instead; -1 for nothing. */
static void replace(struct kept *k, const char *name, int fd)
{
	const int old = find_fd(k, name);

	kept_take(k, name);
	kept_drop(k, name);
	if (old >= 0)
		close(old);
	if (fd >= 0)
		kept_hold(k, name, fd);
}

/* One that is only stopped would go on some time, and take this process for one without a keeper.
 */
static void end_keeper(struct kept *k)
{
	const int old = find_fd(k, KEPT_KEEPER);
	siginfo_t info;

	if (old >= 0 && pidfd_kill(old, SIGKILL) == 0)
		waitid(P_PIDFD, (id_t)old, &info, WEXITED | WNOHANG);
	replace(k, KEPT_KEEPER, -1);
}

static void become_keeper(struct starter_request *r)
{
	setsid();
	if (r->nr_files == 2)
		run(r->files[0], r->files[1], "keeper");
	_exit(127);
}

const struct starter_verb keeper_verb = {.name = "fork", .run = become_keeper};

int keeper_start(struct kept *k, const struct starter *s, struct err *e)
{
	const struct parcel nothing = {0};
	const int self = pidfd_of(getpid());
	int ends[2], pidfd;
	pid_t pid;

	if (self < 0)
		return err_set(e, "cannot start the keeper: %s", strerror(errno));
	end_keeper(k);
	replace(k, KEPT_SUPERVISOR, self);
	if (kept_new_channel(ends) < 0)
		return err_set(e, "cannot start the keeper: %s", strerror(errno));
	pid = starter_run(s, &keeper_verb, &nothing, (int[]){find_fd(k, KEPT_PROGRAM), ends[1]}, 2,
			  &pidfd, e);
	close(ends[1]);
	if (pid < 0) {
		err_prefix(e, "cannot start the keeper: ");
		close(ends[0]);
		return -1;
	}
	if (pidfd >= 0)
		kept_hold(k, KEPT_KEEPER, pidfd);
	if (kept_begin(k, ends[0], BEGIN_KEEP) >= 0)
		return 0;
	return err_set(e, "cannot give the keeper its files: %s", strerror(errno));
}

/* ---- the supervisor's start ---- */

static void watch(struct keeper *k, int pidfd, pid_t pid)
{
	char path[64];

	k->pidfd = pidfd;
	k->began = clock_ns();
	k->over = k->upgrade = false;
	k->stopped = 0;
	k->cause[0] = '\0';
	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	k->stat_fd = open(path, O_RDONLY | O_CLOEXEC);
}

/* For the supervisor, which ends a keeper that does not listen. */
static void hold_self(struct keeper *k)
{
	const int self = find_fd(&k->kept, KEPT_KEEPER) < 0 ? pidfd_of(getpid()) : -1;

	if (self >= 0)
		kept_came(&k->kept, KEPT_KEEPER, self);
}

static int start(struct keeper *k, const char *why)
{
	const char *name = k->trying ? KEPT_PROGRAM_NEW : KEPT_PROGRAM;
	int ends[2], pidfd;
	pid_t pid;

	if (kept_new_channel(ends) < 0)
		return -1;
	/* What the one before was in the middle of does not count for this one. */
	heart_rests(k->heart);
	pid = fork();
	if (pid == 0) {
		setsid();
		run(find_fd(&k->kept, name), ends[1], "supervise");
		_exit(127);
	}
	close(ends[1]);
	pidfd = pid > 0 ? pidfd_of(pid) : -1;
	if (pidfd < 0) {
		close(ends[0]);
		if (pid > 0 && kill(pid, SIGKILL) == 0)
			waitpid(pid, NULL, 0);
		return -1;
	}
	k->channel = ends[0];
	k->child = pid;
	watch(k, pidfd, pid);
	hold_self(k);
	kept_begin(&k->kept, k->channel, why);
	/* The one before has not got to it. */
	if (k->told)
		pidfd_kill(k->pidfd, SIGTERM);
	return 0;
}

/* Waits for so long while there is no supervisor. False when the keeper is told to end. */
static bool rest(const struct keeper *k, unsigned ms)
{
	struct pollfd p = {.fd = k->signals, .events = POLLIN};

	return poll(&p, 1, (int)ms) <= 0;
}

/* Starts it, however often that fails: the guests have nobody else. False when the keeper is told
 * to end. */
static bool start_surely(struct keeper *k, const char *why)
{
	while (start(k, why) < 0)
		if (!rest(k, 1000))
			return false;
	return true;
}

/* ---- its messages ---- */

/* What the supervisor has dropped is not told back to it. */
static void drop(struct keeper *k, const char *name)
{
	const int channel = k->kept.channel;

	k->kept.channel = -1;
	kept_drop(&k->kept, name);
	k->kept.channel = channel;
}

static void rename_kept(struct keeper *k, const char *from, const char *to)
{
	const int fd = kept_take(&k->kept, from);

	drop(k, from);
	if (fd >= 0)
		kept_came(&k->kept, to, fd);
}

/* The root that this process has is emptied soon, and what is mounted in it, /proc and /run, goes.
 * One that can't leave it could start nobody any more: it ends, and the supervisor starts another
 * one where it is itself. */
static void leave_root(const struct keeper *k)
{
	const int root = find_fd(&k->kept, KEPT_ROOT);

	if (root < 0 || fchdir(root) < 0 || chroot(".") < 0)
		_exit(EXIT_FAILURE);
}

static void take_message(struct keeper *k, struct kept_message *m)
{
	switch (m->verb) {
	case KEPT_HOLD:
		kept_came(&k->kept, m->text,
			  m->fd); /* without memory the supervisor has it still */
		break;
	case KEPT_DROP:
		drop(k, m->text);
		break;
	case KEPT_UP:
		k->ever_up = true;
		if (k->trying)
			rename_kept(k, KEPT_PROGRAM_NEW, KEPT_PROGRAM);
		k->trying = false;
		break;
	case KEPT_LEFT:
		leave_root(k);
		break;
	case KEPT_OVER:
		k->over = true;
		break;
	case KEPT_UPGRADE:
		k->upgrade = true;
		break;
	default:
		break;
	}
}

/* Takes what there is. A supervisor that closes the channel and goes on is not one that can be
 * kept. */
static void take_messages(struct keeper *k)
{
	struct kept_message m;
	struct pollfd p = {.fd = k->channel, .events = POLLIN};
	int rc = 1;

	while (rc > 0 && poll(&p, 1, 0) > 0) {
		rc = kept_receive(k->channel, &m);
		if (rc > 0)
			take_message(k, &m);
	}
	if (rc > 0)
		return;
	close(k->channel);
	k->channel = k->kept.channel = -1;
	k->closed = clock_ns();
}

/* ---- its end ---- */

static void say_end(const struct keeper *k, int status, bool known, char *why, size_t size)
{
	const char *word = k->trying ? BEGIN_FELL : BEGIN_AGAIN;

	if (k->cause[0])
		snprintf(why, size, "%s %s", word, k->cause);
	else if (known && WIFSIGNALED(status))
		snprintf(why, size, "%s was ended by signal %d (%s)", word, WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else if (known)
		snprintf(why, size, "%s ended with status %d", word, WEXITSTATUS(status));
	else
		snprintf(why, size, "%s has ended", word);
}

static void forget(struct keeper *k)
{
	if (k->channel >= 0)
		close(k->channel);
	close(k->pidfd);
	if (k->stat_fd >= 0)
		close(k->stat_fd);
	k->channel = k->kept.channel = k->pidfd = k->stat_fd = -1;
	k->child = 0;
	drop(k, KEPT_SUPERVISOR);
}

static unsigned pause_for(struct keeper *k)
{
	if (clock_ns() - k->began >= LIVED_NS)
		k->quick = 0;
	return pauses_ms[k->quick < PAUSES - 1 ? k->quick++ : PAUSES - 1];
}

/* Takes the end of the supervisor. Returns whether there is to be another one. */
static bool ended(struct keeper *k)
{
	bool known = false;
	char why[300];
	int status = 0;

	if (k->child)
		known = waitpid(k->child, &status, 0) == k->child;
	if (k->channel >= 0)
		take_messages(k); /* its last ones */
	if (k->over) {
		forget(k);
		return false;
	}
	if (k->upgrade && find_fd(&k->kept, KEPT_PROGRAM_NEW) >= 0) {
		forget(k);
		k->trying = true;
		return start_surely(k, BEGIN_UPGRADED);
	}
	/* One that can't begin has said why, and the next one could not either. */
	if (!k->ever_up && known && WIFEXITED(status)) {
		forget(k);
		return false;
	}
	say_end(k, status, known, why, sizeof(why));
	forget(k);
	if (k->trying) {
		k->trying = false;
		drop(k, KEPT_PROGRAM_NEW);
	} else if (!rest(k, pause_for(k))) {
		return false;
	}
	return start_surely(k, why);
}

/* ---- whether it turns ---- */

/* Its state as proc(5) has it, the letter behind the name in parentheses; '?' when unknown. */
static char process_state(const struct keeper *k)
{
	char text[128];
	const ssize_t n = k->stat_fd < 0 ? -1 : pread(k->stat_fd, text, sizeof(text) - 1, 0);
	const char *p;

	if (n <= 0)
		return '?';
	text[n] = '\0';
	p = strrchr(text, ')');
	return p && p[1] == ' ' ? p[2] : '?';
}

static void end_it(struct keeper *k, const char *cause)
{
	if (!k->cause[0])
		snprintf(k->cause, sizeof(k->cause), "%s", cause);
	pidfd_kill(k->pidfd, SIGKILL);
}

/* Returns whether there is something to keep: a supervisor that has closed its channel and lives on
 * has another keeper. */
static bool look(struct keeper *k, uint64_t now)
{
	const uint64_t hung = KEEPER_HUNG_MS * NS_PER_MS;
	const uint64_t busy = k->heart ? atomic_load(&k->heart->busy_since) : 0;
	const char state = process_state(k);

	if (state != 'T' && state != 't')
		k->stopped = 0;
	else if (!k->stopped)
		k->stopped = now;
	/* It is looked at every KEEPER_LOOK_MS: what is seen stopped twice may be so since the look
	 * before the first. */
	if (k->stopped && now - k->stopped + KEEPER_LOOK_MS * NS_PER_MS >= hung)
		end_it(k, "was stopped and is ended");
	else if (busy && now > busy && now - busy + KEEPER_LOOK_MS * NS_PER_MS >= hung)
		end_it(k, "did not answer and is ended");
	else if (k->trying && now - k->began >= KEEPER_UP_MS * NS_PER_MS)
		end_it(k, "did not come up in time");
	return k->channel >= 0 || now - k->closed < KEEPER_ORPHAN_MS * NS_PER_MS;
}

static void pass_signal(struct keeper *k)
{
	struct signalfd_siginfo info;

	/* What ends the keeper is meant for what it keeps. */
	if (read(k->signals, &info, sizeof(info)) != sizeof(info))
		return;
	k->told = true;
	if (k->pidfd >= 0)
		pidfd_kill(k->pidfd, SIGTERM);
}

static void keep(struct keeper *k)
{
	for (;;) {
		struct pollfd fds[] = {
			{.fd = k->pidfd, .events = POLLIN},
			{.fd = k->channel, .events = k->kept.begun ? POLLIN : (POLLIN | POLLOUT)},
			{.fd = k->signals, .events = POLLIN},
		};

		if (poll(fds, 3, KEEPER_LOOK_MS) < 0 && errno != EINTR)
			return;
		if (fds[0].revents & POLLIN) {
			if (!ended(k))
				return;
			continue;
		}
		if (fds[1].revents & (POLLIN | POLLHUP | POLLERR))
			take_messages(k);
		/* What does not go now may go later: the socket has room all the while. */
		if (k->channel >= 0 && fds[1].revents & POLLOUT && kept_pump(&k->kept) < 0)
			rest(k, 100);
		if (fds[2].revents & POLLIN)
			pass_signal(k);
		if (!look(k, clock_ns()))
			return;
	}
}

static int open_signals(void)
{
	sigset_t set;

	end_signals(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int fail(const char *what)
{
	fprintf(stderr, "earlydom: the keeper cannot begin: %s\n", what);
	return EXIT_FAILURE;
}

/* The process behind a pidfd (pidfd_open(2): fdinfo). */
static pid_t process_of(int pidfd)
{
	char path[64], line[128];
	long pid = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	f = fopen(path, "re");
	while (f && !pid && fgets(line, sizeof(line), f))
		sscanf(line, "Pid: %ld", &pid);
	if (f)
		fclose(f);
	return (pid_t)pid;
}

int keeper_run(int channel)
{
	struct keeper k = {.channel = -1, .pidfd = -1, .stat_fd = -1};
	char why[KEPT_TEXT_MAX + 1];
	struct err e;
	int fd;

	prctl(PR_SET_NAME, "earlydom-keep");
	fcntl(channel, F_SETFD, FD_CLOEXEC);
	kept_init(&k.kept, -1);
	k.signals = open_signals();
	if (k.signals < 0)
		return fail(strerror(errno));
	if (kept_receive_all(&k.kept, channel, why, &e) < 0)
		return fail(e.msg);
	if (find_fd(&k.kept, KEPT_PROGRAM) < 0)
		return fail("it was given no program");
	fd = find_fd(&k.kept, KEPT_HEART);
	if (fd >= 0)
		k.heart = heart_map(fd, &e);
	if (!strcmp(why, BEGIN_KEEP)) {
		fd = kept_take(&k.kept, KEPT_SUPERVISOR);
		if (fd < 0)
			return fail("it was given no supervisor");
		k.channel = k.kept.channel = channel;
		k.ever_up = true;
		watch(&k, fd, process_of(fd));
	} else {
		close(channel);
		if (!start_surely(&k, why))
			return EXIT_SUCCESS;
	}
	keep(&k);
	return EXIT_SUCCESS;
}
