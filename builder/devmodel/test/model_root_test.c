/*
 * The root of a QEMU that serves devices: what is in it, and that a child has nothing else. Needs
 * the right to mount and to make device nodes.
 */
#include "builder/fake/child.h"
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "builder/devmodel/devmodel_powers.h"
#include "builder/devmodel/model_root.h"

#define UID   4321
#define QEMU  "/usr/libexec/xen-qemu-system-i386"
#define PLACE "/place"

static struct model_root r;

/* "KIND AT FROM" of the steps from the i-th on, one a line. */
static const char *steps(size_t i)
{
	static const char *const kinds[] = {
		[ROOT_DIR] = "dir",   [ROOT_LINK] = "link", [ROOT_SEE] = "see",
		[ROOT_NODE] = "node", [ROOT_PROC] = "proc",
	};
	static char text[8192];

	text[0] = '\0';
	for (; i < r.n; i++)
		sprintf(text + strlen(text), "%s %s%s%s\n", kinds[r.steps[i].kind], r.steps[i].at,
			r.steps[i].from ? " " : "", r.steps[i].from ? r.steps[i].from : "");
	return text;
}

static void plan(const char *program, const struct model_file *files, size_t n)
{
	struct err e;

	KIT_CHECK(model_root_plan(PLACE, UID, program, files, n, &r, &e) == 0, "%s", e.msg);
}

#define WHOLE                                                                                      \
	"dir dev\n"                                                                                \
	"node dev/null /dev/null\n"                                                                \
	"node dev/zero /dev/zero\n"                                                                \
	"node dev/urandom /dev/urandom\n"                                                          \
	"dir dev/xen\n"                                                                            \
	"node dev/xen/privcmd /dev/xen/privcmd\n"                                                  \
	"node dev/xen/hypercall /dev/xen/hypercall\n"                                              \
	"node dev/xen/evtchn /dev/xen/evtchn\n"                                                    \
	"node dev/xen/gntdev /dev/xen/gntdev\n"                                                    \
	"dir var\n"                                                                                \
	"dir var/run\n"                                                                            \
	"dir var/run/xenstored\n"                                                                  \
	"see var/run/xenstored/socket /var/run/xenstored/socket\n"                                 \
	"proc proc\n"
#define SEEN "see usr /usr\nsee lib /lib\nsee lib64 /lib64\n"

static void test_plan(void **state)
{
	static const struct model_file files[] = {
		{"/images/web.qcow2", 5}, {"/images//./more/../data", 6}, {"/images/web.qcow2", 7},
		{"/dev/vg/web", 8},       {"/var/run/../run/web", 9},     {"/", 0},
	};
	size_t base;

	(void)state;
	plan(QEMU, NULL, 0);
	assert_string_equal(steps(0), SEEN WHOLE);
	base = r.n;
	model_root_free(&r);
	plan("/opt/qemu/bin/qemu", NULL, 0);
	assert_string_equal(steps(0), SEEN "dir opt\ndir opt/qemu\ndir opt/qemu/bin\n"
					   "see opt/qemu/bin/qemu /opt/qemu/bin/qemu\n" WHOLE);
	model_root_free(&r);
	plan(QEMU, files, 5);
	assert_string_equal(steps(base), "dir images\n"
					 "link images/web.qcow2 /proc/self/fd/5\n"
					 "dir images/more\n"
					 "link images/data /proc/self/fd/6\n"
					 "dir dev/vg\n"
					 "link dev/vg/web /proc/self/fd/8\n"
					 "link var/run/web /proc/self/fd/9\n");
	model_root_free(&r);
}

static void refuses(const char *path, const char *want)
{
	const struct model_file files[] = {{"/a/b", 5}, {path, 6}};
	struct err e;

	assert_int_equal(model_root_plan(PLACE, UID, QEMU, files, 2, &r, &e), -1);
	assert_string_equal(e.msg, want);
	model_root_free(&r);
}

static void test_refuses(void **state)
{
	char path[PATH_MAX + 2], want[300];

	(void)state;
	refuses("/usr/x", "/usr/x is in QEMU's own /usr, and can't be an image's path");
	refuses("/a/../lib/x", "/a/../lib/x is in QEMU's own /lib, and can't be an image's path");
	refuses("/dev/null", "/dev/null is in QEMU's own /dev/null, and can't be an image's path");
	refuses("/a/b/c", "/a/b/c is in QEMU's own /a/b, and can't be an image's path");
	refuses("/a", "/a can't be a path for QEMU");
	refuses("/..//", "/..// can't be a path for QEMU");
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[PATH_MAX] = '\0';
	snprintf(want, sizeof(want), "%.200s can't be a path for QEMU", path);
	refuses(path, want);
}

/* Each allocation that can fail. */
static void test_no_memory(void **state)
{
	static const struct model_file files[] = {{"/images/more/../web", 5}};
	struct err e;
	int rc = -1;

	(void)state;
	for (unsigned n = 1; rc < 0 && n < 200; n++) {
		fake_alloc_fail_at(n);
		rc = model_root_plan(PLACE, UID, "/opt/q", files, 1, &r, &e);
		fake_alloc_fail_at(0);
		if (rc < 0)
			assert_string_equal(e.msg, "out of memory");
		model_root_free(&r);
	}
	assert_int_equal(rc, 0);
}

/* ---- in a child ---- */

/* The root before: a tmpfs with what is looked for in it. */
static bool old_root(struct err *e)
{
	static const char *const dirs[] = {"usr",     "usr/share", "usr/sub", "dev",
					   "dev/xen", "var",       "var/run", "var/run/xenstored",
					   "place",   "secret",    "proc"};
	char at[256];
	int fd;

	snprintf(at, sizeof(at), "%s", kit_path("old"));
	mkdir(at, 0755);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("old", at, "tmpfs", 0, NULL) < 0 || chdir(at) < 0) {
		err_set(e, "not permitted");
		return false;
	}
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		mkdir(dirs[i], 0755);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = {"usr/share/map", "secret/key",
						    "var/run/xenstored/socket"};

		fd = open(names[i], O_WRONLY | O_CREAT, 0600);
		if (fd < 0 || write(fd, names[i], strlen(names[i])) < 0)
			return err_set(e, "cannot write %s", names[i]) == 0;
		close(fd);
	}
	/* Mounted in /usr, as the own root has its files. */
	if (mount("sub", "usr/sub", "tmpfs", 0, NULL) < 0 ||
	    mknod("dev/null", S_IFCHR | 0666, makedev(1, 3)) < 0) {
		err_set(e, "not permitted");
		return false;
	}
	return chroot(".") == 0;
}

#define WRONG(...) (err_set(e, __VA_ARGS__), (void)0)

static void inside(struct err *e)
{
	const struct model_file files[] = {{"/images/web", 30}, {"/images/ro", 31}};
	char buf[64] = "";
	struct stat st;
	int fd;

	if (!old_root(e))
		return;
	/* Images that have no name any more */
	fd = open("/secret/image", O_RDWR | O_CREAT, 0600);
	if (fd < 0 || dup2(fd, 30) < 0 || dup2(open("/secret/image", O_RDONLY), 31) < 0 ||
	    write(30, "bytes", 5) != 5 || unlink("/secret/image") < 0)
		return WRONG("no image");
	if (model_root_plan("/place", UID, QEMU, files, 2, &r, e) < 0)
		return;
	if (!model_root_enter(&r))
		return WRONG("cannot enter: %s", strerror(errno));
	if (access("/secret/key", F_OK) == 0 || access("/place", F_OK) == 0)
		return WRONG("the root before is to be seen");
	if (access("/usr/share/map", R_OK) < 0 || access("/lib", F_OK) == 0)
		return WRONG("/usr is not seen, or /lib is");
	if (open("/usr/share/map", O_WRONLY) >= 0 || errno != EROFS ||
	    open("/usr/sub/x", O_WRONLY | O_CREAT, 0600) >= 0 || errno != EROFS)
		return WRONG("/usr can be written: %s", strerror(errno));
	if (stat("/dev/null", &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3) ||
	    st.st_uid != UID || (st.st_mode & 07777) != 0600)
		return WRONG("/dev/null is wrong");
	if (access("/dev/xen/privcmd", F_OK) == 0)
		return WRONG("there is a device that was not there");
	if (access("/var/run/xenstored/socket", F_OK) < 0)
		return WRONG("no socket of the store");
	fd = open("/images/web", O_RDWR);
	if (fd < 0 || read(fd, buf, sizeof(buf)) != 5 || write(fd, "!", 1) != 1)
		return WRONG("the image can't be read and written: %s", strerror(errno));
	fd = open("/images/ro", O_RDONLY);
	if (fd < 0 || read(fd, buf, sizeof(buf)) != 6 || memcmp(buf, "bytes!", 6) != 0)
		return WRONG("the image has not what was written");
	if (access("/proc/self/fd", F_OK) < 0 || access("/proc/sysrq-trigger", F_OK) == 0 ||
	    access("/proc/sys", F_OK) == 0)
		WRONG("/proc is wrong");
}

static bool permitted(const char *said)
{
	if (strcmp(said, "not permitted") != 0)
		return true;
	print_message("NOT TESTED: no right to mount or to make device nodes\n");
	return false;
}

static void test_enter(void **state)
{
	const char *said = child_says(inside);

	(void)state;
	if (permitted(said))
		assert_string_equal(said, "");
}

/* Whoever may open any file may connect to a socket that it sees read-only. */
static void connects(struct err *e)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/var/run/xenstored/socket"};
	const int listening = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (!old_root(e))
		return;
	unlink(at.sun_path);
	if (bind(listening, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(listening, 1) < 0 ||
	    chmod(at.sun_path, 0600) < 0)
		return WRONG("no socket: %s", strerror(errno));
	if (model_root_plan("/place", UID, QEMU, NULL, 0, &r, e) < 0)
		return;
	if (!model_root_enter(&r) || !model_become(UID))
		return WRONG("cannot enter: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return WRONG("cannot connect: %s", strerror(errno));
	/* And it has no other right. */
	if (chown("/var", UID, UID) == 0 || mkdir("/x", 0755) < 0)
		WRONG("it has the wrong rights");
}

static void test_connect(void **state)
{
	const char *said = child_says(connects);

	(void)state;
	if (permitted(said))
		assert_string_equal(said, "");
}

static void enters(struct err *e, int errnum, const char *what)
{
	if (model_root_plan("/place", UID, QEMU, NULL, 0, &r, e) < 0)
		return;
	if (model_root_enter(&r))
		WRONG("entered without %s", what);
	else if (errno != errnum)
		WRONG("%s: %s", what, strerror(errno));
}

static void no_namespace(struct err *e)
{
	if (!old_root(e))
		return;
	child_refuse(SYS_unshare, EPERM);
	enters(e, EPERM, "a namespace");
}

static void no_place(struct err *e)
{
	if (!old_root(e))
		return;
	rmdir("/place");
	enters(e, ENOENT, "a place");
}

static void no_nodes(struct err *e)
{
	if (!old_root(e))
		return;
	child_refuse(SYS_mknod, EPERM);
	child_refuse(SYS_mknodat, EPERM);
	enters(e, EPERM, "nodes");
}

static void no_pivot(struct err *e)
{
	if (!old_root(e))
		return;
	child_refuse(SYS_pivot_root, EPERM);
	enters(e, EPERM, "pivot_root");
}

static void test_cannot(void **state)
{
	void (*const acts[])(struct err * e) = {no_namespace, no_place, no_nodes, no_pivot};

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		const char *said = child_says(acts[i]);

		if (permitted(said))
			assert_string_equal(said, "");
	}
}

/* An initramfs can't be moved: then the root is changed alone. And an older kernel makes read-only
 * what is mounted last alone. */
static void in_initramfs(struct err *e)
{
	if (!old_root(e))
		return;
	child_refuse(SYS_pivot_root, EINVAL);
	child_refuse(SYS_mount_setattr, ENOSYS);
	if (model_root_plan("/place", UID, QEMU, NULL, 0, &r, e) < 0)
		return;
	if (!model_root_enter(&r))
		return WRONG("cannot enter: %s", strerror(errno));
	if (access("/secret/key", F_OK) == 0 || access("/usr/share/map", R_OK) < 0)
		return WRONG("it is the wrong root");
	if (open("/usr/share/map", O_WRONLY) >= 0 || errno != EROFS)
		WRONG("/usr can be written: %s", strerror(errno));
}

static void test_initramfs(void **state)
{
	const char *said = child_says(in_initramfs);

	(void)state;
	if (permitted(said))
		assert_string_equal(said, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),      cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_no_memory), cmocka_unit_test(test_enter),
		cmocka_unit_test(test_cannot),    cmocka_unit_test(test_connect),
		cmocka_unit_test(test_initramfs),
	};

	return cmocka_run_group_tests_name("model_root", tests, kit_begin, kit_end);
}
