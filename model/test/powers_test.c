/* What is left of root's powers, as the kernel says of a child that has given them up. */
#include "base/test/diag_expect.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bounded_log.h"
#include "base/seccomp.h"
#include "model/powers.h"

#define UID 65543

/* What a child finds out about itself. */
struct found {
	int rc;
	struct err e;
	bool done;
	int fd, file_errno, dir_errno, setuid_errno, fork_errno, polled;
	int huge_errno;
	ssize_t written, too_much;
};
static struct found *found;

static bool may_give_up(void)
{
	static int may = -1;
	int status;
	pid_t pid;

	if (may >= 0)
		return may;
	pid = fork();
	if (!pid)
		_exit(geteuid() || unshare(CLONE_NEWNS) < 0);
	may = waitpid(pid, &status, 0) == pid && status == 0;
	if (!may)
		fprintf(stderr, "NOT TESTED: no right to give up powers\n");
	return may;
}

static int share(void **state)
{
	(void)state;
	found = mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	return found == MAP_FAILED ? -1 : 0;
}

static int write_long(int fd)
{
	static char bytes[4096];
	int n = 0;

	while (write(fd, bytes, sizeof(bytes)) == sizeof(bytes))
		n += (int)sizeof(bytes);
	return n;
}

/* Tries what it should not be able to. */
static void try_out(int log)
{
	struct pollfd fds[4] = {{.fd = -1}, {.fd = -1}, {.fd = -1}, {.fd = -1}};

	signal(SIGXFSZ, SIG_IGN);
	found->fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	found->file_errno = open("x", O_RDWR | O_CREAT | O_CLOEXEC, 0600) < 0 ? errno : 0;
	found->dir_errno = mkdir("/x", 0700) < 0 ? errno : 0;
	found->setuid_errno = syscall(SYS_setuid, 0) < 0 ? errno : 0;
	/* By the call itself, so that no sanitizer is in the way. */
	found->fork_errno = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) < 0 ? errno : 0;
	found->polled = poll(fds, 4, 0);
	found->huge_errno = syscall(SYS_mmap, NULL, POWERS_MEMORY_MAX, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1
				    ? errno
				    : 0;
	found->written = write_long(log);
	found->too_much = write(log, "x", 1);
}

struct child {
	pid_t pid;
	int end; /* its other end closed, it ends */
	int log;
};

/* Begins a child that has done `give_up`, and waits until it has tried out what is left. */
static void begin(struct child *c, int (*give_up)(uid_t uid, struct err *e), bool tries)
{
	const gid_t group = 12345;
	int pair[2];
	char byte;

	memset(found, 0, sizeof(*found));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	c->log = fileno(tmpfile());
	fflush(NULL);
	c->pid = fork();
	assert_true(c->pid >= 0);
	if (!c->pid) {
		dup2(pair[1], pair[0]); /* no number is free among the first ones */
		setgroups(1, &group);
		found->rc = give_up(UID, &found->e);
		if (found->rc == 0 && tries)
			try_out(c->log);
		found->done = true;
		if (tries && (write(pair[1], "x", 1) != 1 || read(pair[1], &byte, 1) < 0))
			_exit(1);
		_exit(0);
	}
	close(pair[1]);
	c->end = pair[0];
	/* What has closed all files says it by its end. */
	if (read(c->end, &byte, 1) < 0)
		fail();
	assert_true(found->done || !tries);
}

static void end(struct child *c)
{
	int status;

	close(c->end);
	close(c->log);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	assert_int_equal(status, 0);
}

static const char *text_of(const struct child *c, const char *name)
{
	static char text[8192];
	char path[64];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)c->pid, name);
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	return text;
}

static void has_line(const struct child *c, const char *name, const char *line)
{
	const char *text = text_of(c, name);

	if (!strstr(text, line))
		fail_msg("no '%s' in:\n%s", line, text);
}

static void test_user(void **state)
{
	struct child c;

	(void)state;
	if (!may_give_up())
		return;
	begin(&c, powers_give_up, true);
	assert_string_equal(found->e.msg, "");
	has_line(&c, "status", "\nUid:\t65543\t65543\t65543\t65543\n");
	has_line(&c, "status", "\nGid:\t65543\t65543\t65543\t65543\n");
	has_line(&c, "status", "\nGroups:\t \n");
	has_line(&c, "status", "\nCapInh:\t0000000000000000\n");
	has_line(&c, "status", "\nCapPrm:\t0000000000000000\n");
	has_line(&c, "status", "\nCapEff:\t0000000000000000\n");
	has_line(&c, "status", "\nCapBnd:\t0000000000000000\n");
	has_line(&c, "status", "\nCapAmb:\t0000000000000000\n");
	has_line(&c, "status", "\nNoNewPrivs:\t1\n");
	assert_int_equal(found->setuid_errno, EPERM);
	end(&c);
}

static void test_limits(void **state)
{
	struct child c;
	char line[128];

	(void)state;
	if (!may_give_up())
		return;
	begin(&c, powers_give_up, true);
	has_line(&c, "limits", "Max core file size        0                    0 ");
	has_line(&c, "limits", "Max processes             0                    0 ");
	has_line(&c, "limits", "Max locked memory         0                    0 ");
	has_line(&c, "limits", "Max msgqueue size         0                    0 ");
	has_line(&c, "limits", "Max file locks            0                    0 ");
	has_line(&c, "limits", "Max address space         16777216             16777216 ");
	snprintf(line, sizeof(line), "Max file size             %-20d %-20d ", CONLOG_MAX,
		 CONLOG_MAX);
	has_line(&c, "limits", line);
	assert_int_equal(found->fd, -1);
	assert_int_equal(found->file_errno, EMFILE);
	assert_int_equal(found->fork_errno, EAGAIN);
	assert_int_equal(found->huge_errno, ENOMEM);
	/* A log that is full is no signal, and poll(2) is content. */
	assert_int_equal(found->written, CONLOG_MAX);
	assert_int_equal(found->too_much, -1);
	assert_int_equal(found->polled, 0);
	end(&c);
}

static ino_t of_kind(const char *process, const char *kind)
{
	struct stat st;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", process, kind);
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static void test_root(void **state)
{
	static const char *const own[] = {"mnt", "ipc", "uts"};
	struct dirent *entry;
	struct child c;
	char path[64];
	DIR *d;

	(void)state;
	if (!may_give_up())
		return;
	begin(&c, powers_give_up, true);
	snprintf(path, sizeof(path), "/proc/%ld/root", (long)c.pid);
	d = opendir(path);
	assert_non_null(d);
	while ((entry = readdir(d)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			fail_msg("there is %s", entry->d_name);
	/* Not even by root. */
	assert_int_equal(mkdirat(dirfd(d), "x", 0700), -1);
	assert_int_equal(errno, EROFS);
	closedir(d);
	assert_true(found->dir_errno == EACCES || found->dir_errno == EROFS);
	/* One file system and no other, or it lies on those of an initramfs. */
	has_line(&c, "mountinfo", " / / ro,nosuid,nodev,noexec");
	assert_null(strstr(text_of(&c, "mountinfo"), " /proc "));
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%ld", (long)c.pid);
		assert_int_not_equal(of_kind(path, own[i]), of_kind("self", own[i]));
	}
	end(&c);
}

static void test_compute_only(void **state)
{
	struct child c;
	int status;

	(void)state;
	if (!may_give_up())
		return;
	begin(&c, powers_compute_only, false);
	/* All its files are closed, the socket by which this one waited for it among them. */
	assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
	assert_int_equal(status, 0);
	assert_true(found->done);
	assert_int_equal(found->rc, 0);
	close(c.end);
	close(c.log);
}

/* Its processor time has a bound. */
static int spin(uid_t uid, struct err *e)
{
	struct rlimit r;

	if (powers_compute_only(uid, e) < 0 || getrlimit(RLIMIT_CPU, &r) < 0)
		return -1;
	found->fd = (int)r.rlim_max;
	found->file_errno = open("/", O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
	found->setuid_errno = syscall(SYS_setuid, 0) < 0 ? errno : 0;
	found->polled = fcntl(STDERR_FILENO, F_GETFD);
	return 0;
}

static void test_compute_limits(void **state)
{
	struct child c;
	int status;

	(void)state;
	if (!may_give_up())
		return;
	begin(&c, spin, false);
	assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
	assert_int_equal(found->rc, 0);
	assert_int_equal(found->fd, POWERS_SECONDS);
	assert_int_equal(found->file_errno, EMFILE);
	assert_int_equal(found->setuid_errno, EPERM);
	assert_int_equal(found->polled, -1);
	close(c.end);
	close(c.log);
}

/* ---- what can't be given up ---- */

static const struct seccomp_list *refused;

static int with_refused(uid_t uid, struct err *e)
{
	static struct seccomp_filter f;

	if (!seccomp_build(refused, 1, SECCOMP_RET_ALLOW, &f) || !seccomp_install(&f, false))
		_exit(99);
	return powers_give_up(uid, e);
}

static void refuses(const struct seccomp_rule *rule, const char *want)
{
	const struct seccomp_list list = {rule, 1};
	struct child c;

	refused = &list;
	begin(&c, with_refused, true);
	assert_int_equal(found->rc, -1);
	assert_string_equal(found->e.msg, want);
	end(&c);
}

static void test_failures(void **state)
{
	static const struct seccomp_rule unshare_fails = SECCOMP_CALL_FAILS(unshare),
					 mount_fails = SECCOMP_CALL_FAILS(mount),
					 pivot_fails = SECCOMP_CALL_FAILS(pivot_root),
					 groups_fail = SECCOMP_CALL_FAILS(setgroups),
					 gid_fails = SECCOMP_CALL_FAILS(setresgid),
					 uid_fails = SECCOMP_CALL_FAILS(setresuid),
					 capset_fails = SECCOMP_CALL_FAILS(capset),
					 limits_fail = SECCOMP_CALL_FAILS(prlimit64);

	(void)state;
	if (!may_give_up())
		return;
	refuses(&unshare_fails, "cannot have namespaces of its own: Operation not permitted");
	refuses(&mount_fails, "cannot have an empty root directory: Operation not permitted");
	refuses(&pivot_fails, "cannot have an empty root directory: Operation not permitted");
	refuses(&groups_fail, "cannot become user 65543: Operation not permitted");
	refuses(&gid_fails, "cannot become user 65543: Operation not permitted");
	refuses(&uid_fails, "cannot become user 65543: Operation not permitted");
	refuses(&capset_fails, "cannot give up root's powers: Operation not permitted");
	refuses(&limits_fail, "cannot set a limit: Operation not permitted");
}

/* One that never was root's has no way to a root and a user of its own. */
static int as_nobody(uid_t uid, struct err *e)
{
	if (setgid(65534) < 0 || setuid(65534) < 0)
		_exit(99);
	return powers_give_up(uid, e);
}

static int computes_as_nobody(uid_t uid, struct err *e)
{
	if (setgid(65534) < 0 || setuid(65534) < 0)
		_exit(99);
	return powers_compute_only(uid, e);
}

static void test_not_root(void **state)
{
	struct child c;
	int status;

	(void)state;
	if (!may_give_up())
		return;
	begin(&c, as_nobody, true);
	assert_string_equal(found->e.msg,
			    "cannot have namespaces of its own: Operation not permitted");
	end(&c);
	begin(&c, computes_as_nobody, false);
	assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
	assert_string_equal(
		found->e.msg,
		"cannot give up root's powers (is it root's?): Operation not permitted");
	close(c.end);
	close(c.log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_user),           cmocka_unit_test(test_limits),
		cmocka_unit_test(test_root),           cmocka_unit_test(test_compute_only),
		cmocka_unit_test(test_compute_limits), cmocka_unit_test(test_failures),
		cmocka_unit_test(test_not_root),
	};

	return cmocka_run_group_tests(tests, share, NULL);
}
