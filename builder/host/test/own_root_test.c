/*
 * The own root, for real: mount namespaces, which root may make. Each test is a process that tells
 * what is wrong; where namespaces cannot be made it says that it was skipped.
 */
#include "builder/fake/child.h"
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/host/own_root.h"

/* In a test's process: says what is wrong and ends it. */
#define WRONG(...)                                                                                 \
	do {                                                                                       \
		dprintf(told, __VA_ARGS__);                                                        \
		_exit(1);                                                                          \
	} while (0)

static int told; /* where a test's process says what is wrong */

/* Runs a test in a process of its own, in a mount namespace whose mounts concern nobody. */
static void in_process(void (*test)(void))
{
	char text[512] = "";
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		told = fds[1];
		/* As on a systemd machine: /run is mounted, and all mounts are shared. */
		if (unshare(CLONE_NEWNS) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("/run", "/run", NULL, MS_BIND | MS_REC, NULL) < 0 ||
		    mount(NULL, "/", NULL, MS_REC | MS_SHARED, NULL) < 0)
			WRONG("SKIP %s", strerror(errno));
		test();
		_exit(0);
	}
	close(fds[1]);
	n = read(fds[0], text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!strncmp(text, "SKIP ", 5)) {
		fprintf(stderr, "refuge_test: NOT TESTED, this needs root: %s\n", text + 5);
		return;
	}
	KIT_CHECK(text[0] == '\0' && status == 0, "%s (status %#x)", text, (unsigned)status);
}

static void make(struct own_root *r)
{
	struct err e;

	if (own_root_make(r, &e) < 0)
		WRONG("%s", e.msg);
}

static void enter(const struct own_root *r)
{
	struct err e;

	if (own_root_enter(r, NULL, &e) < 0)
		WRONG("%s", e.msg);
}

static bool same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

/* The directories are what they were outside, and nothing else is there. */
static void look_around(void)
{
	char name[16];
	int fd;

	if (access(kit_path("kernel"), F_OK) == 0)
		WRONG("the old root is still seen");
	if (access("/bin", F_OK) == 0 || access("/etc", F_OK) == 0)
		WRONG("there is more than there should be");
	if (!same_file("/run", "/var/run"))
		WRONG("/var/run is not /run");
	if (access("/var/lib", W_OK) < 0 || access("/tmp", W_OK) < 0 ||
	    access("/sys/kernel", F_OK) < 0)
		WRONG("a directory is missing");
	fd = open("/dev/null", O_WRONLY);
	if (fd < 0 || write(fd, "x", 1) != 1)
		WRONG("/dev/null: %s", strerror(errno));
	close(fd);
	if (readlink("/proc/self", name, sizeof(name)) <= 0)
		WRONG("/proc/self: %s", strerror(errno));
	if (!getcwd(name, sizeof(name)) || strcmp(name, "/"))
		WRONG("the working directory is %s", name);
}

static void enters(void)
{
	struct own_root r;
	struct stat run_before, run_after;

	if (stat("/run", &run_before) < 0 || mount("t", "/sys/kernel", "tmpfs", 0, NULL) < 0 ||
	    mkdir("/sys/kernel/below", 0700) < 0)
		WRONG("set-up: %s", strerror(errno));
	make(&r);
	if (access(kit_path("kernel"), R_OK) < 0 || access("/bin/sh", X_OK) < 0)
		WRONG("the old root is not seen any more");
	if (stat("/run", &run_after) < 0 || run_before.st_ino != run_after.st_ino)
		WRONG("/run is another one");
	if (mkdirat(r.dir, "usr", 0755) < 0)
		WRONG("cannot make a directory in it: %s", strerror(errno));
	enter(&r);
	look_around();
	if (stat("/run", &run_after) < 0 || run_before.st_ino != run_after.st_ino)
		WRONG("/run is another one in the own root");
	if (access("/sys/kernel/below", F_OK) < 0)
		WRONG("what is mounted below is not there");
	if (access("/usr", F_OK) < 0)
		WRONG("what was put into it is not there");
	own_root_close(&r);
	own_root_close(&r);
	look_around();
}

static void test_enter(void **state)
{
	(void)state;
	in_process(enters);
}

/* A child enters before its parent; both see it, and the parent all that it saw before. */
static void child_enters(void)
{
	struct own_root r;
	int status, go[2];
	char c;
	pid_t pid;

	make(&r);
	if (pipe(go) < 0)
		WRONG("pipe");
	pid = fork();
	if (pid == 0) {
		if (own_root_enter_child(&r) < 0)
			WRONG("cannot enter: %s", strerror(errno));
		look_around();
		if (read(go[0], &c, 1) != 1)
			WRONG("read");
		look_around();
		_exit(0);
	}
	usleep(50000);
	if (access(kit_path("kernel"), R_OK) < 0)
		WRONG("the old root is gone for the parent");
	enter(&r);
	look_around();
	if (write(go[1], "", 1) != 1 || waitpid(pid, &status, 0) != pid || status != 0)
		_exit(1); /* it has said why */
}

static void test_child(void **state)
{
	(void)state;
	in_process(child_enters);
}

static int to_thread[2], from_thread[2];

static void *thread(void *arg)
{
	char c;

	(void)arg;
	if (read(to_thread[0], &c, 1) == 1) {
		c = access(kit_path("kernel"), F_OK) == 0 ? 'o' : 'n';
		if (write(from_thread[1], &c, 1) != 1)
			_exit(1);
	}
	return NULL;
}

static void threads_enter(void)
{
	struct own_root r;
	pthread_t t;
	char c = 0;

	make(&r);
	if (pipe(to_thread) < 0 || pipe(from_thread) < 0 || pthread_create(&t, NULL, thread, NULL))
		WRONG("no thread");
	enter(&r);
	if (write(to_thread[1], "", 1) != 1 || read(from_thread[0], &c, 1) != 1 || c != 'n')
		WRONG("the other thread sees the old root");
	pthread_join(t, NULL);
}

static void test_threads(void **state)
{
	(void)state;
	in_process(threads_enter);
}

static void refused(const char *want)
{
	struct own_root r;
	struct err e;

	if (own_root_make(&r, &e) != -1 || r.dir != -1)
		WRONG("it was made");
	if (strcmp(e.msg, want) != 0)
		WRONG("it says: %s", e.msg);
}

/* A root with less than there should be. Each try has a mount namespace of its own. */
static void lacks(const char *const *dirs, bool mounted, const char *want)
{
	const char *root = kit_path("less");

	if ((mkdir(root, 0700) < 0 && errno != EEXIST) ||
	    (mounted && mount("t", root, "tmpfs", 0, NULL) < 0) || chdir(root) < 0)
		WRONG("set-up: %s", strerror(errno));
	for (size_t i = 0; dirs[i]; i++)
		if (mkdir(dirs[i], 0700) < 0)
			WRONG("set-up: %s", strerror(errno));
	if (chroot(".") < 0)
		WRONG("set-up: %s", strerror(errno));
	refused(want);
}

static void lacks_run(void)
{
	static const char *const dirs[] = {"dev", NULL};

	lacks(dirs, true, "cannot mount a tmpfs: No such file or directory");
}

static void lacks_sys(void)
{
	static const char *const dirs[] = {"dev", "proc", "run", NULL};

	lacks(dirs, true, "cannot mount /sys in the refuge: No such file or directory");
}

/* What is no mount point has no mounts to be made private. */
static void lacks_mount(void)
{
	static const char *const dirs[] = {NULL};

	lacks(dirs, false, "cannot make the mounts private: Invalid argument");
}

/* What was mounted over /run on the way is not left there. */
static void lacks_files(void)
{
	struct stat before, after;
	char want[64];

	if (stat("/run", &before) < 0)
		WRONG("set-up: %s", strerror(errno));
	snprintf(want, sizeof(want), "cannot move the refuge to /: %s", strerror(EMFILE));
	child_no_files();
	refused(want);
	if (stat("/run", &after) < 0 || before.st_dev != after.st_dev)
		WRONG("its tmpfs is left on /run");
}

static void lacks_fchdir(void)
{
	child_refuse(SYS_fchdir, EACCES);
	refused("cannot go to the refuge: Permission denied");
}

static void lacks_room(void)
{
	child_refuse(SYS_mkdir, ENOSPC);
	refused("cannot make /dev in the refuge: No space left on device");
}

static void lacks_links(void)
{
	child_refuse(SYS_symlink, ENOSPC);
	refused("cannot make the directories of the refuge: No space left on device");
}

static void lacks_way_back(void)
{
	child_refuse(SYS_chdir, EACCES);
	refused("cannot go to /: Permission denied");
}

static void lacks_rights(void)
{
	if (setuid(65534) < 0)
		WRONG("set-up: %s", strerror(errno));
	refused("cannot make a mount namespace: Operation not permitted");
}

/* A root that was closed, or that nobody made, is not entered. */
static void enters_none(void)
{
	struct own_root none = {.dir = -1};
	struct err e;

	if (own_root_enter_child(&none) != -1 || errno != EBADF)
		WRONG("a child has entered it");
	if (own_root_enter(&none, NULL, &e) != -1)
		WRONG("it was entered");
	if (strcmp(e.msg, "cannot make the refuge the root: Bad file descriptor") != 0)
		WRONG("it says: %s", e.msg);
}

static void test_refused(void **state)
{
	(void)state;
	in_process(lacks_run);
	in_process(lacks_sys);
	in_process(lacks_mount);
	in_process(lacks_rights);
	in_process(lacks_files);
	in_process(lacks_fchdir);
	in_process(lacks_room);
	in_process(lacks_links);
	in_process(lacks_way_back);
	in_process(enters_none);
}

/* Waits for the end of a file system: IN_UNMOUNT comes when nobody has it mounted any more. */
static bool unmounted(int inotify, int ms)
{
	struct pollfd p = {.fd = inotify, .events = POLLIN};
	char buf[1024];
	struct inotify_event event;

	if (poll(&p, 1, ms) != 1)
		return false;
	if (read(inotify, buf, sizeof(buf)) < (ssize_t)sizeof(event))
		return false;
	memcpy(&event, buf, sizeof(event));
	return event.mask & IN_UNMOUNT;
}

/* A file system that was mounted when the own root was made, and does not lie in what it shares. */
static void lets_go(void)
{
	const char *mnt = kit_path("mnt");
	const int inotify = inotify_init1(IN_CLOEXEC);
	struct own_root r;
	int go[2], done[2];
	char c;
	pid_t pid;

	if (mkdir(mnt, 0700) < 0 || mount("t", mnt, "tmpfs", 0, NULL) < 0 || pipe(go) < 0 ||
	    pipe(done) < 0 || inotify_add_watch(inotify, mnt, IN_CREATE) < 0)
		WRONG("set-up: %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		close(go[1]);
		make(&r);
		if (write(done[1], "", 1) != 1 || read(go[0], &c, 1) != 1)
			WRONG("pipe");
		enter(&r);
		if (write(done[1], "", 1) != 1 || read(go[0], &c, 1) != 0)
			WRONG("pipe");
		_exit(0);
	}
	close(go[0]);
	if (read(done[0], &c, 1) != 1)
		_exit(1);
	if (umount2(mnt, MNT_DETACH) < 0)
		WRONG("umount: %s", strerror(errno));
	if (unmounted(inotify, 100))
		WRONG("a copy of the namespace should have held it");
	if (write(go[1], "", 1) != 1 || read(done[0], &c, 1) != 1)
		_exit(1);
	if (!unmounted(inotify, 5000))
		dprintf(told, "the own root holds file systems of the old root");
	close(go[1]);
}

static void test_lets_go(void **state)
{
	(void)state;
	in_process(lets_go);
}

static void read_mounts(char *buf, size_t size)
{
	FILE *f = fopen("/proc/self/mounts", "r");
	const size_t n = f ? fread(buf, 1, size - 1, f) : 0;

	if (!n)
		WRONG("cannot read the mounts");
	buf[n] = '\0';
	fclose(f);
}

/* Nothing of it is seen by others. */
static void is_private(void)
{
	struct own_root r;
	int status, done[2];
	char before[32768], after[32768], c;
	pid_t pid;

	read_mounts(before, sizeof(before));
	if (pipe(done) < 0)
		WRONG("pipe");
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that ends early leaves nobody behind */
		make(&r);
		if (write(done[1], "", 1) != 1)
			WRONG("pipe");
		pause(); /* until it is killed */
	}
	if (read(done[0], &c, 1) != 1)
		_exit(1);
	read_mounts(after, sizeof(after));
	if (strcmp(before, after))
		WRONG("its mounts are seen by others");
	kill(pid, 9);
	waitpid(pid, &status, 0);
}

static void test_private(void **state)
{
	(void)state;
	in_process(is_private);
}

/* Without the right to do it, it says so, and nothing is open. */
static void link_path(const struct own_root *r, const char *path)
{
	struct err e;

	if (own_root_link(r, path, &e) < 0)
		WRONG("%s: %s", path, e.msg);
}

/* Whether the path has a file in the own root with that text. */
static bool reads(const char *path, const char *text)
{
	char buf[16] = "";
	const int fd = open(path, O_RDONLY);

	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) < 0)
		return false;
	close(fd);
	return !strcmp(buf, text);
}

static void links(void)
{
	char path[300], linked[300], long_path[5000];
	struct own_root r;
	struct err e;

	snprintf(path, sizeof(path), "%s", kit_path("images/a"));
	snprintf(linked, sizeof(linked), "%s", kit_path("absolute/a"));
	make(&r);
	/* The own root has a /tmp, in which the test's directory is in the other one. */
	link_path(&r, path);
	link_path(&r, path);
	link_path(&r, linked);
	if (mkdirat(r.dir, "own", 0755) < 0)
		WRONG("cannot make a directory: %s", strerror(errno));
	link_path(&r, "/own");
	link_path(&r, "//own//none/x");
	link_path(&r, "/run/none/x");
	link_path(&r, "/dev");
	memset(long_path, 'x', sizeof(long_path));
	long_path[0] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	if (own_root_link(&r, long_path, &e) == 0)
		WRONG("a path that is too long");
	if (own_root_link(&r, "/dev/../own/none/x/y", &e) < 0)
		WRONG("%s", e.msg);
	/* What is in the own root, or in all roots, does not lead out; nor what is nowhere. */
	if (!own_root_leads_out(&r, path) || !own_root_leads_out(&r, "//own/none/x") ||
	    own_root_leads_out(&r, "/own") || own_root_leads_out(&r, "/run/x") ||
	    own_root_leads_out(&r, "/var/run/x") || own_root_leads_out(&r, "/nowhere/x"))
		WRONG("it leads elsewhere");
	enter(&r);
	if (!reads(path, "an image"))
		WRONG("%s is not what it was", path);
	/* Across a link with an absolute path, which was linked, too. */
	if (!reads(linked, "an image"))
		WRONG("%s is not what it was", linked);
	if (access("/own/none", F_OK) == 0 || readlink("/own/none", path, sizeof(path)) <= 0)
		WRONG("/own/none is no link to nothing");
	if (access("/run/none", F_OK) == 0 || readlink("/run/none", path, sizeof(path)) > 0)
		WRONG("a link was left in /run, which others have, too");
}

/* In a pid namespace whose process 1 keeps the root that the test leaves. */
static void links_with_init(void)
{
	int status = 1;
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		WRONG("SKIP %s", strerror(errno));
	pid = fork();
	if (pid == 0) {
		if (mount("proc", "/proc", "proc", 0, NULL) < 0)
			WRONG("SKIP %s", strerror(errno));
		pid = fork();
		if (pid == 0) {
			links();
			_exit(0);
		}
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		_exit(1);
	_exit(0);
}

static void test_links(void **state)
{
	char at[300];

	(void)state;
	assert_int_equal(mkdir(kit_path("images"), 0700), 0);
	kit_text("images/a", "an image");
	snprintf(at, sizeof(at), "%s", kit_path("images"));
	assert_int_equal(symlink(at, kit_path("absolute")), 0);
	in_process(links_with_init);
}

static void no_right(void)
{
	struct own_root r;
	struct err e;

	if (setuid(65534) < 0)
		WRONG("SKIP %s", strerror(errno));
	if (own_root_make(&r, &e) == 0)
		WRONG("it was made without the right to");
	if (strcmp(e.msg, "cannot make a mount namespace: Operation not permitted"))
		WRONG("%s", e.msg);
	if (r.dir != -1)
		WRONG("its directory is open");
}

static void test_no_right(void **state)
{
	(void)state;
	in_process(no_right);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_enter),    cmocka_unit_test(test_child),
		cmocka_unit_test(test_threads),  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lets_go),  cmocka_unit_test(test_private),
		cmocka_unit_test(test_no_right), cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
