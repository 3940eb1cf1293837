/* The starter: what it is asked it does, in processes of the right parent, and its end is told. */
#include "builder/fake/kit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "builder/starter/starter.h"

/* Ends with the number that it is given, plus what is in its files, a byte each. */
static _Noreturn void add_up(struct starter_request *r)
{
	unsigned sum = (unsigned)parcel_number(&r->in);
	unsigned char c;

	for (size_t i = 0; i < r->nr_files; i++)
		sum += pread(r->files[i], &c, 1, 0) == 1 ? c : 100;
	_exit((int)sum);
}

/* Says in a file who it is, and is never what it is to be. */
static _Noreturn void begin_never(struct starter_request *r)
{
	const pid_t pid = getpid();

	if (pwrite(r->files[0], &pid, sizeof(pid), 0) != sizeof(pid))
		_exit(1);
	for (;;)
		pause();
}

/* Gives back a file with the text of its parcel. */
static int write_down(struct starter_request *r, int *file, struct err *e)
{
	const char *text = parcel_text(&r->in);

	if (!text)
		return err_set(e, "there is no text");
	*file = memfd_create("text", MFD_CLOEXEC);
	if (pwrite(*file, text, strlen(text), 0) != (ssize_t)strlen(text))
		return err_set_errno(e, errno, "cannot write");
	return 0;
}

static int fail_passing(struct starter_request *r, int *file, struct err *e)
{
	(void)r;
	(void)file;
	return err_set_passing(e, "not now");
}

/* Waits for the end of a pipe. */
static int wait_long(struct starter_request *r, int *file, struct err *e)
{
	char c;

	(void)file;
	return read(r->files[0], &c, 1) == 0 ? 0 : err_set(e, "it was no end");
}

/* Which process does it. */
static int say_pid(struct starter_request *r, int *file, struct err *e)
{
	(void)r;
	(void)file;
	err_set(e, "%ld", (long)getpid());
	return -1;
}

static int say_blocked(struct starter_request *r, int *file, struct err *e)
{
	sigset_t set;

	(void)r;
	(void)file;
	sigprocmask(SIG_BLOCK, NULL, &set);
	return err_set(e, "%s", sigismember(&set, SIGUSR1) ? "SIGUSR1" : "none");
}

/* Names what is open. */
static int list_files(struct starter_request *r, int *file, struct err *e)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *entry;
	unsigned n = 0;

	(void)r;
	(void)file;
	while (d && (entry = readdir(d)))
		n += entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(d);
	if (d)
		closedir(d);
	err_set(e, "%u", n);
	return -1;
}

static const struct starter_verb v_add = {.name = "add", .run = add_up};
static const struct starter_verb v_never = {.name = "begin", .run = begin_never};
static const struct starter_verb v_hold = {.name = "wait", .help = wait_long, .itself = true};
static const struct starter_verb v_write = {.name = "write it down", .help = write_down};
static const struct starter_verb v_passing = {.name = "try", .help = fail_passing};
static const struct starter_verb v_wait = {.name = "wait", .help = wait_long};
static const struct starter_verb v_pid = {.name = "say who", .help = say_pid};
static const struct starter_verb v_self = {.name = "say self", .help = say_pid, .itself = true};
static const struct starter_verb v_files = {.name = "list", .help = list_files};
static const struct starter_verb v_blocked = {.name = "say what", .help = say_blocked};
static const struct starter_verb v_other = {.name = "do another thing", .help = say_pid};

static const struct starter_verb *const verbs[] = {
	&v_add,  &v_write, &v_passing, &v_wait,  &v_pid,
	&v_self, &v_files, &v_blocked, &v_never, &v_hold,
};

static const struct parcel nothing;

struct set {
	struct starter starter;
	struct err e;
};

static void begin(struct set *s)
{
	assert_int_equal(starter_begin(&s->starter, verbs, sizeof(verbs) / sizeof(verbs[0]), &s->e),
			 0);
}

static void end(struct set *s)
{
	int status;

	starter_close(&s->starter);
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(-1, &status, 0), -1);
}

static void expect_sum(const struct starter *s, unsigned number, size_t nr_files, unsigned sum)
{
	struct parcel p = {0};
	int files[STARTER_FILES_MAX + 1], pidfd = -1, status;
	struct pollfd ended;
	struct err e;
	pid_t pid;

	parcel_put_number(&p, number);
	for (size_t i = 0; i < nr_files; i++) {
		files[i] = memfd_create("one", MFD_CLOEXEC);
		assert_int_equal(pwrite(files[i], "\1", 1, 0), 1);
	}
	pid = starter_run(s, &v_add, &p, files, nr_files, &pidfd, &e);
	if (pid < 0)
		fail_msg("%s", e.msg);
	ended = (struct pollfd){.fd = pidfd, .events = POLLIN};
	assert_int_equal(poll(&ended, 1, 10000), 1);
	/* It is a child of this process. */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), sum);
	close(pidfd);
	for (size_t i = 0; i < nr_files; i++)
		close(files[i]);
	parcel_free(&p);
}

static void test_run(void **state)
{
	struct set s;

	(void)state;
	expect_sum(NULL, 3, 2, 5);
	begin(&s);
	expect_sum(&s.starter, 7, 0, 7);
	expect_sum(&s.starter, 7, 3, 10);
	expect_sum(&s.starter, 0, 249, 249);
	expect_sum(&s.starter, 0, 250, 250);
	expect_sum(&s.starter, 0, 251, 251);
	expect_sum(&s.starter, 0, STARTER_FILES_MAX, STARTER_FILES_MAX & 0xff);
	end(&s);
}

static void expect_text(const struct starter *s, size_t len)
{
	char *text = malloc(len + 1), *back = malloc(len + 1);
	struct parcel p = {0};
	struct err e;
	int file;

	memset(text, 'x', len);
	text[len] = '\0';
	parcel_put_text(&p, text);
	if (starter_help(s, &v_write, &p, NULL, 0, &file, &e) < 0)
		fail_msg("%s", e.msg);
	assert_int_equal(pread(file, back, len + 1, 0), len);
	assert_memory_equal(text, back, len);
	close(file);
	parcel_free(&p);
	free(text);
	free(back);
}

static void test_help(void **state)
{
	struct set s;

	(void)state;
	expect_text(NULL, 10);
	begin(&s);
	expect_text(&s.starter, 0);
	expect_text(&s.starter, 10);
	expect_text(&s.starter, 20000);
	expect_text(&s.starter, 1000000);
	/* A file that nobody wants. */
	assert_int_equal(starter_help(&s.starter, &v_write, &nothing, NULL, 0, NULL, &s.e), -1);
	assert_string_equal(s.e.msg, "there is no text");
	end(&s);
}

static void test_errors(void **state)
{
	const struct parcel failed = {.failed = true};
	struct parcel large = {0};
	struct set s;
	int file = 5;

	(void)state;
	begin(&s);
	assert_int_equal(starter_help(&s.starter, &v_passing, &nothing, NULL, 0, &file, &s.e), -1);
	assert_string_equal(s.e.msg, "not now");
	assert_true(s.e.passing);
	assert_int_equal(file, -1);
	assert_int_equal(starter_help(&s.starter, &v_other, &nothing, NULL, 0, NULL, &s.e), -1);
	assert_string_equal(s.e.msg, "cannot do another thing: cannot ask the starter: Invalid "
				     "argument");
	/* A parcel for which there was no memory is not sent, and not done here either. */
	assert_int_equal(starter_help(&s.starter, &v_pid, &failed, NULL, 0, NULL, &s.e), -1);
	assert_string_equal(s.e.msg, "out of memory");
	assert_true(s.e.passing);
	assert_int_equal(starter_run(NULL, &v_add, &failed, NULL, 0, NULL, &s.e), -1);
	assert_string_equal(s.e.msg, "out of memory");
	while (large.n <= STARTER_PARCEL_MAX)
		parcel_put_text(&large, "a long parcel, line by line");
	assert_int_equal(starter_help(&s.starter, &v_write, &large, NULL, 0, NULL, &s.e), -1);
	parcel_free(&large);
	end(&s);
}

/* Of two that are asked at the same time none waits for the other. */
static void test_two(void **state)
{
	int ends[2], file, rc;
	struct parcel p = {0};
	struct set s;
	struct err e;
	pid_t child;

	(void)state;
	begin(&s);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	/* It waits in a process of its own until this one closes the pipe. */
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		close(ends[1]);
		rc = starter_help(&s.starter, &v_wait, &nothing, ends, 1, NULL, &e);
		_exit(rc == 0 ? 0 : 1);
	}
	parcel_put_text(&p, "meanwhile");
	for (int i = 0; i < 20; i++) {
		assert_int_equal(starter_help(&s.starter, &v_write, &p, NULL, 0, &file, &s.e), 0);
		close(file);
	}
	assert_int_equal(waitpid(child, &rc, WNOHANG), 0);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(waitpid(child, &rc, 0), child);
	assert_int_equal(rc, 0);
	parcel_free(&p);
	end(&s);
}

/* Help is a child's, unless it is for the starter itself, which goes on. */
static void test_itself(void **state)
{
	struct set s;
	long child, self;

	(void)state;
	begin(&s);
	starter_help(&s.starter, &v_self, &nothing, NULL, 0, NULL, &s.e);
	self = atol(s.e.msg);
	starter_help(&s.starter, &v_pid, &nothing, NULL, 0, NULL, &s.e);
	child = atol(s.e.msg);
	assert_true(self > 0 && child > 0 && self != child && self != getpid());
	starter_help(&s.starter, &v_self, &nothing, NULL, 0, NULL, &s.e);
	assert_int_equal(atol(s.e.msg), self);
	end(&s);
}

/* It has nothing open of this process, and keeps nothing of a request. */
static void test_files(void **state)
{
	const int mine = memfd_create("mine", MFD_CLOEXEC);
	unsigned first;
	struct set s;
	int file;

	(void)state;
	begin(&s);
	starter_help(&s.starter, &v_files, &nothing, NULL, 0, NULL, &s.e);
	first = (unsigned)atoi(s.e.msg);
	/* Standard files, and the request's own socket. */
	assert_true(first >= 1 && first <= 4);
	for (int i = 0; i < 5; i++) {
		expect_sum(&s.starter, 1, 5, 6);
		starter_help(&s.starter, &v_passing, &nothing, &mine, 1, &file, &s.e);
	}
	starter_help(&s.starter, &v_files, &nothing, NULL, 0, NULL, &s.e);
	assert_int_equal(atoi(s.e.msg), first);
	close(mine);
	end(&s);
}

static void test_ended(void **state)
{
	sigset_t term, before;
	struct pollfd p;
	struct set s;
	int status;
	long self;

	(void)state;
	/* What the one who begins it has blocked is not blocked in it. */
	sigemptyset(&term);
	sigaddset(&term, SIGUSR1);
	sigprocmask(SIG_BLOCK, &term, &before);
	begin(&s);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(starter_help(&s.starter, &v_blocked, &nothing, NULL, 0, NULL, &s.e), -1);
	assert_string_equal(s.e.msg, "none");
	starter_help(&s.starter, &v_self, &nothing, NULL, 0, NULL, &s.e);
	self = atol(s.e.msg);
	/* It stays when it is told to end as a session's processes are. */
	kill((pid_t)self, SIGTERM);
	starter_help(&s.starter, &v_self, &nothing, NULL, 0, NULL, &s.e);
	assert_int_equal(atol(s.e.msg), self);
	kill((pid_t)self, SIGKILL);
	assert_int_equal(waitpid((pid_t)self, &status, 0), self);
	p = (struct pollfd){.fd = s.starter.fd, .events = 0};
	assert_int_equal(poll(&p, 1, 0), 1);
	assert_true(p.revents & POLLHUP);
	assert_int_equal(starter_help(&s.starter, &v_self, &nothing, NULL, 0, NULL, &s.e), -1);
	assert_string_equal(s.e.msg, "cannot say self: the starter has ended");
	assert_true(s.e.passing);
	assert_int_equal(starter_run(&s.starter, &v_add, &nothing, NULL, 0, NULL, &s.e), -1);
	starter_close(&s.starter);
}

/* Messages that no supervisor sends. */
static pid_t said_by(int fd)
{
	pid_t pid = 0;

	return pread(fd, &pid, sizeof(pid), 0) == sizeof(pid) ? pid : 0;
}

/* What was made for a supervisor that has ended, and is not yet what it was to be, ends. */
static void test_unmade(void **state)
{
	const int who = memfd_create("who", MFD_CLOEXEC);
	int status = 0;
	struct set s;
	pid_t pid;

	(void)state;
	begin(&s);
	pid = starter_run(&s.starter, &v_never, &nothing, &who, 1, NULL, &s.e);
	KIT_CHECK(pid > 0, "%s", s.e.msg);
	while (said_by(who) != pid)
		usleep(1000);
	starter_close(&s.starter);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(waitpid(-1, NULL, 0) > 0);
	close(who);
}

/* A request whose asker has ended meanwhile is not done. */
static void test_late_request(void **state)
{
	const int who = memfd_create("who", MFD_CLOEXEC);
	struct set s;
	int ends[2];
	pid_t holder, asker;

	(void)state;
	begin(&s);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	holder = fork();
	if (holder == 0) {
		close(ends[1]);
		starter_help(&s.starter, &v_hold, &nothing, &ends[0], 1, NULL, &s.e);
		_exit(0);
	}
	usleep(100000);
	asker = fork();
	if (asker == 0) {
		close(ends[1]);
		starter_run(&s.starter, &v_never, &nothing, &who, 1, NULL, &s.e);
		_exit(0);
	}
	usleep(100000);
	kill(asker, SIGKILL);
	assert_int_equal(waitpid(asker, NULL, 0), asker);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(waitpid(holder, NULL, 0), holder);
	/* What comes behind it is done. */
	expect_text(&s.starter, 10);
	assert_int_equal(said_by(who), 0);
	end(&s);
	close(who);
}

static void test_bad_requests(void **state)
{
	struct set s;

	(void)state;
	begin(&s);
	for (int i = 0; i < 3; i++) {
		static const char *const bad[] = {"", "short",
						  "\377\377\377\377\377\377\377\377\377"
						  "\377\377\377\377\377\377\377"};
		int ends[2], one = 1;
		char control[CMSG_SPACE(sizeof(int))] = {0}, answer[2048];
		struct iovec part = {&one, 1};
		struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
		struct cmsghdr *h;

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
		send(ends[0], bad[i], i == 2 ? 16 : strlen(bad[i]), 0);
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		h = CMSG_FIRSTHDR(&m);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &ends[1], sizeof(int));
		assert_int_equal(sendmsg(s.starter.fd, &m, 0), 1);
		close(ends[1]);
		assert_true(recv(ends[0], answer, sizeof(answer), 0) > 0);
		assert_non_null(memmem(answer, sizeof(answer), "cannot take the request", 23));
		close(ends[0]);
	}
	expect_sum(&s.starter, 1, 1, 2);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),          cmocka_unit_test(test_help),
		cmocka_unit_test(test_errors),       cmocka_unit_test(test_two),
		cmocka_unit_test(test_itself),       cmocka_unit_test(test_files),
		cmocka_unit_test(test_ended),        cmocka_unit_test(test_unmade),
		cmocka_unit_test(test_late_request), cmocka_unit_test(test_bad_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
