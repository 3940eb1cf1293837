/*
 * Device models: started, waited for, watched, ended. This program plays them (fake/models.h).
 */
#include "builder/fake/kit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/sys/evtchn.h>
#include <xen/sys/privcmd.h>

#include "base/clock.h"
#include "base/pidfd.h"
#include "builder/describe/channel_spec.h"
#include "builder/describe/pci_spec.h"
#include "builder/describe/usb_spec.h"
#include "builder/describe/vfb_spec.h"
#include "builder/device/disk.h"
#include "builder/device/usb.h"
#include "builder/device/volume.h"
#include "builder/fake/fake_store.h"
#include "builder/fake/models.h"
#include "builder/devmodel/devmodel.h"
#include "builder/devmodel/devmodel_powers.h"
#include "builder/fake/ioctl.h"
#include "builder/store/store.h"
#include "builder/image/image_files.h"
#include "builder/keeper/kept.h"
#include "builder/build/life.h"

/* ---- what the tests have ---- */

static char program[128], config[128], does_arg[64], *args[1] = {does_arg};
static struct host host;
static struct rundir run;
static struct devmodels models;
static struct guest_config cfg;
static struct guest guest;
static struct devmodel model;

static int begin(void **state)
{
	char self[256];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0 || kit_begin(state) < 0)
		return -1;
	self[n] = '\0';
	strcpy(program, kit_path("model"));
	strcpy(config, kit_path("config"));
	return symlink(self, program);
}

/* A guest that is built: with a pvh one's domain, because the fake knows no other. */
static void set_up(bool store, bool classic)
{
	struct image_cache images = {0};
	struct err e;

	fake_reset();
	fake_store()->running = store;
	KIT_CHECK(host_open(&host, false, &e) == 0, "%s", e.msg);
	if (store)
		KIT_CHECK(store_open(&host.xsh, &e) == 0, "%s", e.msg);
	KIT_CHECK(rundir_open(&run, kit_path("run"), &e) == 0, "%s", e.msg);
	KIT_CHECK(devmodels_open(&models, &run, kit_path("run"), NULL, &e) == 0, "%s", e.msg);
	unlinkat(models.dir, "web.log", 0);
	cfg = kit_config("web", GUEST_PVH);
	KIT_CHECK(guest_init(&guest, &cfg, &e) == 0, "%s", e.msg);
	KIT_CHECK(guest_hold_images(&guest, &images, &e) == 0, "%s", e.msg);
	KIT_CHECK(guest_build(&guest, &host, &e) == 0, "%s", e.msg);
	guest_drop_images(&guest, &images);
	cfg.type = GUEST_HVM;
	cfg.xen_platform_pci = true;
	cfg.model_unrestricted = !classic; /* until a test has devices that can be restricted */
	cfg.model_override = program;
	cfg.model_protocol = classic ? MODEL_CLASSIC : MODEL_QEMU;
	cfg.model_config = classic ? config : NULL;
	if (!classic)
		cfg.model_args = (struct strings){args, 1};
	devmodel_init(&model);
}

static void tear_down(void)
{
	struct err e;

	KIT_CHECK(guest_destroy(&guest, &host, &e) == 0, "%s", e.msg);
	devmodels_close(&models);
	rundir_close(&run);
	xs_close(host.xsh);
	host_close(&host);
	kit_nothing_held(true);
}

static void tell(const char *does)
{
	strcpy(does_arg, does);
	kit_text("config", does);
}

static void start(const char *does)
{
	struct err e;

	tell(does);
	KIT_CHECK(devmodel_start(&model, &guest, &host, &models, &e) == 0, "%s", e.msg);
	assert_true(model.pid > 0);
	assert_int_equal(model.state, DEVMODEL_STARTING);
}

/* Calls devmodel_look until the state is not DEVMODEL_STARTING; returns its last answer. */
static int look(struct err *e)
{
	enum devmodel_state now;
	int rc;

	while ((rc = devmodel_look(&model, &guest, &host, &now, e)) == 0 &&
	       now == DEVMODEL_STARTING)
		usleep(5000);
	if (rc == 0)
		assert_int_equal(now, DEVMODEL_READY);
	return rc;
}

static void ready(const char *does)
{
	struct err e;

	start(does);
	KIT_CHECK(look(&e) == 0, "%s", e.msg);
}

static unsigned open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void end(void)
{
	const pid_t pid = model.pid;
	struct err e;

	KIT_CHECK(devmodel_end(&model, &guest, &host, &e) == 0, "%s", e.msg);
	assert_int_equal(model.state, DEVMODEL_NONE);
	assert_int_equal(model.pid, 0);
	if (pid)
		assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	/* Once more is all right. */
	KIT_CHECK(devmodel_end(&model, &guest, &host, &e) == 0, "%s", e.msg);
}

/* A file of the model's in /proc, NULs as blanks. */
static const char *of_process(const char *name)
{
	static char text[8192];
	char path[64];
	size_t n, i;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)model.pid, name);
	/* Its arguments are there a little after its files were closed at its exec. */
	for (i = 0, n = 0; !n && i < 1000; i++) {
		f = fopen(path, "r");
		assert_non_null(f);
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
		if (!n)
			usleep(1000);
	}
	text[n] = '\0';
	for (i = 0; i + 1 < n; i++)
		if (!text[i])
			text[i] = ' ';
	return text;
}

/* Whether descriptor "name" is the sanitizer's own, which reads its map at its start. */
static bool of_sanitizer(DIR *fds, const char *name)
{
	char link[256];
	const ssize_t len = readlinkat(dirfd(fds), name, link, sizeof(link));

	return len > 5 && !memcmp(link + len - 5, "/maps", 5);
}

/* Which files the model has: "0 1 2 3 ". */
static const char *files_of_process(void)
{
	static char text[256];
	bool has[64] = {false};
	struct dirent *e;
	char path[64];
	int len = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)model.pid);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.' && atoi(e->d_name) < 64 && !of_sanitizer(d, e->d_name))
			has[atoi(e->d_name)] = true;
	closedir(d);
	text[0] = '\0';
	for (int i = 0; i < 64; i++)
		if (has[i])
			len += sprintf(text + len, "%d ", i);
	return text;
}

static const char *node(const char *fmt)
{
	char path[128];

	snprintf(path, sizeof(path), fmt, guest.domid);
	return fake_store_read(path);
}

#define DIRECTORY "/local/domain/0/device-model/%u"
#define PID       "/local/domain/%u/image/device-model-pid"

/* What QEMU does itself. */
static void say_running(const char *state)
{
	char path[128];

	snprintf(path, sizeof(path), DIRECTORY "/state", guest.domid);
	fake_store_write(path, state);
}

/* ---- classic ones ---- */

static void test_classic(void **state)
{
	const int leak = open("/dev/null", O_RDONLY), high = fcntl(leak, F_DUPFD, 50);
	sigset_t block, old;
	char want[512], buf[16] = "";
	unsigned before;
	const char *status;
	ssize_t n = -1;

	(void)state;
	set_up(false, true);
	before = open_files();
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, &old);
	ready("echo");
	sigprocmask(SIG_SETMASK, &old, NULL);
	assert_true(clock_ns() - model.began < NS_PER_S);
	snprintf(want, sizeof(want), "@model -f %s -d %u -p %u -m 64", config, guest.domid,
		 model.port);
	assert_string_equal(of_process("cmdline"), want);
	assert_string_equal(of_process("environ"), "PATH=/sbin:/bin:/usr/sbin:/usr/bin "
						   "EARLYDOM_READY_FD=3 EARLYDOM_EVTCHN_FD=4");
	assert_string_equal(files_of_process(), "0 1 2 4 ");
	assert_int_equal(fake_evtchn_restricted(model.xce), guest.domid);
	status = of_process("status");
	assert_non_null(strstr(status, "SigBlk:\t0000000000000000\n"));
	assert_int_equal(getsid(model.pid), model.pid);

	assert_int_equal(model.ready_fd, -1);
	assert_int_equal(read(model.console_fd, buf, sizeof(buf)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(write(model.console_fd, "hello", 5), 5);
	for (unsigned i = 0; i < 200 && n < 0; i++) {
		n = read(model.console_fd, buf, sizeof(buf));
		usleep(5000);
	}
	assert_int_equal(n, 5);
	assert_string_equal(buf, "hello");
	end();
	assert_int_equal(open_files(), before);
	close(high);
	close(leak);
	tear_down();
}

/* The channels' device is for the guest alone before that runs, and not before it is ready. */
static void test_channels_restricted(void **state)
{
	enum devmodel_state now;
	char want[512];
	struct err e;

	(void)state;
	set_up(false, true);
	start("mute");
	KIT_CHECK(devmodel_look(&model, &guest, &host, &now, &e) == 0, "%s", e.msg);
	assert_int_equal(now, DEVMODEL_STARTING);
	assert_int_equal(fake_evtchn_restricted(model.xce), 0);
	KIT_CHECK(look(&e) == 0, "%s", e.msg);
	assert_int_equal(fake_evtchn_restricted(model.xce), guest.domid);
	end();

	/* One that has done it itself. */
	start("echo");
	assert_int_equal(xenevtchn_restrict(model.xce, (domid_t)guest.domid), 0);
	KIT_CHECK(look(&e) == 0, "%s", e.msg);
	end();

	/* A kernel that can't. */
	fake_fail_call("xenevtchn_restrict", 1, ENOTTY);
	start("echo");
	assert_int_equal(look(&e), -1);
	snprintf(want, sizeof(want),
		 "cannot restrict device model %s to its guest (device_model_restrict = 0 goes "
		 "without): %s",
		 program, strerror(ENOTTY));
	assert_string_equal(e.msg, want);
	assert_int_equal(model.state, DEVMODEL_ENDED);
	end();
	cfg.model_unrestricted = true;
	fake_fail_call("xenevtchn_restrict", 1, ENOTTY);
	ready("echo");
	assert_string_equal(of_process("environ"),
			    "PATH=/sbin:/bin:/usr/sbin:/usr/bin EARLYDOM_READY_FD=3 "
			    "EARLYDOM_EVTCHN_FD=4 EARLYDOM_RESTRICT=0");
	end();
	tear_down();
}

/* A later supervisor has the device from its keeper, and restricts it all the same. */
static void test_channels_adopted(void **state)
{
	struct devmodel_saved saved;
	struct kept kept;
	unsigned before;
	struct err e;

	(void)state;
	set_up(false, true);
	before = open_files();
	start("mute");
	assert_true(devmodel_save(&model, &saved));
	kept_init(&kept, -1);
	assert_int_equal(kept_came(&kept, "model web channels", dup(xenevtchn_fd(model.xce))), 0);
	devmodel_leave(&model);
	models.kept = &kept;
	devmodel_adopt(&model, &guest, &models, &saved);
	assert_int_equal(model.state, DEVMODEL_STARTING);
	assert_non_null(model.xce);
	KIT_CHECK(look(&e) == 0, "%s", e.msg);
	assert_int_equal(fake_evtchn_restricted(model.xce), guest.domid);
	end();
	models.kept = NULL;
	kept_free(&kept);
	assert_int_equal(open_files(), before);
	tear_down();
}

/* One that does not know the ready pipe. */
static void test_lived(void **state)
{
	uint64_t took;

	(void)state;
	set_up(true, true);
	ready("mute");
	took = clock_ns() - model.began;
	assert_true(took >= NS_PER_S && took < 4 * NS_PER_S);
	assert_int_equal(atol(node(PID)), model.pid);
	end();
	assert_null(node(PID));
	tear_down();
}

/* Starts one that ends, and compares what is said of it. */
static void fails(const char *does, const char *how)
{
	enum devmodel_state now;
	char want[512];
	struct err e;

	start(does);
	KIT_CHECK(look(&e) == -1, "one that %s is ready", does);
	snprintf(want, sizeof(want), "device model %s %s", program, how);
	KIT_CHECK(!strcmp(e.msg, want), "'%s', not '%s'", e.msg, want);
	kit_good_message(&e);
	/* And again. */
	assert_int_equal(devmodel_look(&model, &guest, &host, &now, &e), -1);
	assert_string_equal(e.msg, want);
	assert_int_equal(now, DEVMODEL_ENDED);
	end();
}

static void test_ends(void **state)
{
	unsigned before;

	(void)state;
	set_up(false, true);
	before = open_files();
	fails("says", "ended with status 3 before it was ready: cannot open it");
	/* What an earlier one said is not its word. */
	fails("status", "ended with status 3 before it was ready");
	fails("signal", "was ended by signal 9 (Killed) before it was ready");
	fails("child", "ended with status 0 before it was ready");
	assert_int_equal(open_files(), before);
	tear_down();
	set_up(true, false);
	fails("says", "ended with status 3 before it was ready: cannot open it");
	assert_null(node(DIRECTORY));
	tear_down();
}

/* One that hangs up has ended, which is seen a moment later. */
static void test_explains(void **state)
{
	char want[512];
	struct err e;

	(void)state;
	set_up(true, false);
	start("says");
	err_set(&e, "QEMU refuses it");
	devmodel_explain(&model, &guest, &e);
	assert_string_equal(e.msg, "QEMU refuses it");
	err_set_passing(&e, "it has hung up");
	devmodel_explain(&model, &guest, &e);
	snprintf(want, sizeof(want),
		 "its device model %s ended with status 3 before it was ready: cannot open it",
		 program);
	assert_string_equal(e.msg, want);
	end();
	start("wait");
	err_set_passing(&e, "it is slow");
	devmodel_explain(&model, &guest, &e);
	assert_string_equal(e.msg, "it is slow");
	end();
	tear_down();
}

/* Its end is seen when it was ready. */
static void test_dies(void **state)
{
	enum devmodel_state now;
	char want[512];
	struct err e;
	int rc;

	(void)state;
	set_up(false, true);
	ready("dies");
	while ((rc = devmodel_look(&model, &guest, &host, &now, &e)) == 0)
		usleep(5000);
	snprintf(want, sizeof(want), "device model %s ended with status 4", program);
	assert_string_equal(e.msg, want);
	end();
	ready("echo");
	kill(model.pid, SIGABRT);
	while ((rc = devmodel_look(&model, &guest, &host, &now, &e)) == 0)
		usleep(5000);
	snprintf(want, sizeof(want), "device model %s was ended by signal 6 (Aborted)", program);
	assert_string_equal(e.msg, want);
	end();
	tear_down();
}

static void test_stubborn(void **state)
{
	uint64_t began;

	(void)state;
	set_up(false, true);
	ready("stubborn");
	began = clock_ns();
	end();
	assert_true(clock_ns() - began >= DEVMODEL_TERM_MS * NS_PER_MS);
	/* One that waits for its log's reader does not wait for ever. */
	ready("flood");
	usleep(100000);
	began = clock_ns();
	end();
	assert_true(clock_ns() - began < NS_PER_S);
	tear_down();
}

static void test_flood(void **state)
{
	enum devmodel_state now;
	struct stat st;
	struct err e;

	(void)state;
	set_up(false, true);
	ready("flood");
	for (int i = 0; i < 4000 && model.said <= 2 * CONLOG_MAX; i++) {
		KIT_CHECK(devmodel_look(&model, &guest, &host, &now, &e) == 0, "%s", e.msg);
		usleep(1000);
	}
	assert_true(model.said > 2 * CONLOG_MAX);
	assert_int_equal(fstatat(models.dir, "web.log", &st, 0), 0);
	assert_true(st.st_size > 0 && st.st_size <= CONLOG_MAX);
	end();
	tear_down();
}

/* One that could not be ended is looked for until it has. */
static void test_gone(void **state)
{
	unsigned before;
	siginfo_t info;

	(void)state;
	set_up(false, true);
	before = open_files();
	ready("echo");
	assert_false(devmodel_gone(&model));
	assert_int_equal(model.state, DEVMODEL_READY);
	kill(model.pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)model.pid, &info, WEXITED | WNOWAIT), 0);
	assert_true(devmodel_gone(&model));
	assert_int_equal(model.state, DEVMODEL_NONE);
	assert_int_equal(model.pid, 0);
	assert_int_equal(open_files(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_true(devmodel_gone(&model));
	tear_down();
}

/* The supervisor ends, the guest goes on. */
static void test_leave(void **state)
{
	pid_t pid;
	int status;

	(void)state;
	set_up(false, true);
	ready("flood");
	pid = model.pid;
	devmodel_leave(&model);
	assert_int_equal(model.pid, 0);
	/* It is told that nobody listens any more, and not ended. */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 6);
	tear_down();
}

/* Whether mounts and device nodes can be made here, and so roots of its own. */
static bool may_make_roots(void)
{
	static int may = -1;
	int status;
	pid_t pid;

	if (may < 0) {
		pid = fork();
		if (!pid)
			_exit(geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
			      mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
			      mount("x", "/tmp", "tmpfs", 0, NULL) < 0 ||
			      mknod("/tmp/null", S_IFCHR, makedev(1, 3)) < 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		may = status == 0;
		if (!may)
			print_message("NOT TESTED: no right to mount or to make device nodes\n");
	}
	return may;
}

/* ---- QEMU ---- */

static void test_qemu(void **state)
{
	const bool root = geteuid() == 0;
	enum devmodel_state now;
	char want[8192], left[256] = "", uid[64];
	unsigned before;
	struct err e;

	(void)state;
	set_up(true, false);
	before = open_files();
	say_running("running"); /* of an earlier one with this number */
	start("root");
	assert_string_equal(node(DIRECTORY), "");
	assert_int_equal(atol(node(PID)), model.pid);
	assert_int_equal(model.console_fd, -1);
	KIT_CHECK(devmodel_look(&model, &guest, &host, &now, &e) == 0, "%s", e.msg);
	assert_int_equal(now, DEVMODEL_STARTING);
	say_running("starting");
	KIT_CHECK(devmodel_look(&model, &guest, &host, &now, &e) == 0, "%s", e.msg);
	assert_int_equal(now, DEVMODEL_STARTING);
	say_running("running");
	KIT_CHECK(devmodel_look(&model, &guest, &host, &now, &e) == 0, "%s", e.msg);
	assert_int_equal(now, root ? DEVMODEL_STARTING : DEVMODEL_READY);
	KIT_CHECK(look(&e) == 0, "%s", e.msg);

	if (root)
		snprintf(left, sizeof(left), "-runas %u:%u ", MODEL_UID_BASE + guest.domid,
			 MODEL_UID_BASE + guest.domid);
	snprintf(want, sizeof(want),
		 "@model -xen-domid %u -no-shutdown "
		 "-chardev socket,id=libxl-cmd,path=qmp/qmp-libxl-%u,server=on,wait=off "
		 "-mon chardev=libxl-cmd,mode=control "
		 "-chardev socket,id=libxenstat-cmd,path=qmp/qmp-libxenstat-%u,server=on,wait=off "
		 "-mon chardev=libxenstat-cmd,mode=control "
		 "-nodefaults -no-user-config -name web -vnc "
		 "none -display none -kernel %s -device cirrus-vga,vgamem_mb=0 -no-acpi -net none "
		 "%s%s%s-machine xenfv,suppress-vmdesc=on -m 64 %sroot",
		 guest.domid, guest.domid, guest.domid, cfg.kernel, root ? "-chroot " : "",
		 root ? models.empty : "", root ? " " : "", left);
	assert_string_equal(of_process("cmdline"), want);
	snprintf(want, sizeof(want),
		 "PATH=/sbin:/bin:/usr/sbin:/usr/bin XEN_QEMU_CONSOLE_LIMIT=1048576 "
		 "XEN_DOMAIN_ID=%u",
		 guest.domid);
	if (root) { /* without root another user's process can't be looked into */
		assert_string_equal(of_process("environ"), want);
		snprintf(uid, sizeof(uid), "Uid:\t%u\t", MODEL_UID_BASE + guest.domid);
		assert_non_null(strstr(of_process("status"), uid));
		assert_string_equal(files_of_process(), "0 1 2 ");
		assert_non_null(strstr(of_process("limits"), "Max core file size        0   "));
		assert_non_null(strstr(of_process("limits"), "Max locked memory         0   "));
	} else {
		fprintf(stderr, "model_test: NOT TESTED that root is given up, this needs root\n");
	}
	end();
	assert_null(node(DIRECTORY));
	assert_null(node(PID));
	assert_int_equal(open_files(), before);
	tear_down();
}

/* The links to its images go with it. They are in the place where they always are, over which the
 * test lays its own. */
static void test_links(void **state)
{
	static const char link[] = VOLUME_DIR "/web/hda/images/a.qcow2";
	char path[sizeof(link)];

	(void)state;
	if (!may_make_roots())
		return;
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("test", "/run", "tmpfs", 0, NULL), 0);
	set_up(true, false);
	start("root");
	for (const char *p = strchr(link + 5, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(path, sizeof(path), "%.*s", (int)(p - link), link);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	assert_int_equal(symlink("/proc/self/fd/3", link), 0);
	end();
	assert_int_equal(access(VOLUME_DIR "/web", F_OK), -1);
	assert_int_equal(access(VOLUME_DIR, F_OK), 0);
	tear_down();
	assert_int_equal(umount2("/run", MNT_DETACH), 0);
}

/* One that can't write its node. */
static void test_restricted(void **state)
{
	struct err e;

	(void)state;
	set_up(true, false);
	start("root");
	model.restricted = true;
	KIT_CHECK(look(&e) == 0, "%s", e.msg);
	end();
	tear_down();
}

/* ---- QEMU as a back end ---- */

static struct vfb_spec screen;

/* A pvh guest with a screen. */
static void set_up_screen(const char *vfb)
{
	struct err e;

	set_up(true, false);
	cfg.type = GUEST_PVH;
	KIT_CHECK(vfb_spec_parse(vfb, &screen, &e) == 0, "%s", e.msg);
	cfg.vfbs = &screen;
	cfg.nr_vfbs = 1;
}

static void tear_down_screen(void)
{
	cfg.nr_vfbs = 0;
	vfb_spec_free(&screen);
	tear_down();
}

/* Whether the process sees that path. */
static bool sees(const char *path)
{
	char at[512];

	snprintf(at, sizeof(at), "/proc/%ld/root%s", (long)model.pid, path);
	return access(at, F_OK) == 0;
}

static void test_serves(void **state)
{
	char want[1024];
	const char *status;
	struct err e;

	(void)state;
	if (!may_make_roots())
		return;
	set_up_screen("vnclisten=127.0.0.1,vncdisplay=3,vncpasswd=secret,vncunused=0");
	start("wait");
	assert_int_equal(model.uid, MODEL_UID_BASE + guest.domid);
	assert_true(model.serves);
	assert_false(model.restricted);
	snprintf(want, sizeof(want),
		 "@model -xen-domid %u -no-shutdown -chardev "
		 "socket,id=libxl-cmd,fd=3,server=on,wait=off -mon chardev=libxl-cmd,mode=control "
		 "-chardev socket,id=libxenstat-cmd,fd=4,server=on,wait=off -mon "
		 "chardev=libxenstat-cmd,mode=control -nodefaults -no-user-config -xen-attach "
		 "-name web -vnc 127.0.0.1:3,password=on -display none -machine xenpv -m 64 wait",
		 guest.domid);
	assert_string_equal(of_process("cmdline"), want);
	assert_string_equal(of_process("environ"), "PATH=/sbin:/bin:/usr/sbin:/usr/bin "
						   "XEN_QEMU_CONSOLE_LIMIT=1048576");
	/* It closes file 3 itself, as each of these fakes does. */
	assert_non_null(strstr(files_of_process(), "0 1 2 "));
	assert_non_null(strstr(files_of_process(), " 4 "));
	/* All that it may do is to open files, and it finds none but its own. */
	status = of_process("status");
	snprintf(want, sizeof(want), "\nUid:\t%u\t%u\t%u\t%u\nGid:\t%u\t%u\t%u\t%u\n", model.uid,
		 model.uid, model.uid, model.uid, model.uid, model.uid, model.uid, model.uid);
	assert_non_null(strstr(status, want));
	assert_non_null(strstr(status, "\nGroups:\t \n"));
	assert_non_null(strstr(status, "\nCapPrm:\t0000000000000002\nCapEff:\t0000000000000002\n"
				       "CapBnd:\t0000000000000002\nCapAmb:\t0000000000000002\n"));
	assert_non_null(strstr(status, "\nNoNewPrivs:\t1\n"));
	assert_true(sees(program) && sees("/usr") && sees("/dev/null"));
	assert_false(sees("/etc") || sees("/run/earlydom") || sees(config));
	/* Ready when its node says so. */
	assert_int_equal(node(PID) ? atol(node(PID)) : 0, model.pid);
	say_running("running");
	KIT_CHECK(look(&e) == 0, "%s", e.msg);
	end();
	assert_null(node(PID));
	assert_null(node(DIRECTORY));
	tear_down_screen();
}

/* Disks are open files for it, and where it looks for them; those of the kernel are not its. */
static void test_serves_disks(void **state)
{
	static struct disk_spec specs[3] = {
		{.qdisk = true, .readwrite = true}, {.qdisk = false}, {.qdisk = true}};
	static struct disk disks[3] = {
		{.path = "/images/web.qcow2", .image = true, .format = DISK_QCOW2},
		{.path = "/dev/null", .fd = -1},
		{.path = "", .fd = -1}};
	struct disk *list[3] = {&disks[0], &disks[1], &disks[2]};
	char path[128], at[256], link[256], text[16] = "";
	struct err e;
	int fd;

	(void)state;
	if (!may_make_roots())
		return;
	set_up_screen("vnc=0");
	for (size_t i = 0; i < 3; i++)
		disks[i].spec = &specs[i];
	strcpy(path, kit_path("image"));
	kit_text("image", "an image");
	disks[0].fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(disks[0].fd >= 0);
	/* It has no name any more, as after the switch to the real root. */
	unlink(path);
	cfg.disks = specs;
	cfg.nr_disks = 3;
	guest.disks = list;
	start("wait");
	assert_true(sees("/dev/xen") && !sees("/images/none"));
	snprintf(at, sizeof(at), "/proc/%ld/root/images/web.qcow2", (long)model.pid);
	assert_int_equal(readlink(at, link, sizeof(link)), 15);
	assert_memory_equal(link, "/proc/self/fd/5", 15);
	snprintf(at, sizeof(at), "/proc/%ld/fd/5", (long)model.pid);
	fd = open(at, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof(text)), 8);
	assert_string_equal(text, "an image");
	close(fd);
	/* A library that is being loaded may be one for a moment. */
	for (int i = 0; i < 400 && strstr(files_of_process(), " 6 "); i++)
		usleep(5000);
	assert_null(strstr(files_of_process(), " 6 "));
	/* The image is a qcow2 one, whose file may grow; a raw one does not. */
	assert_non_null(strstr(of_process("limits"), "Max file size             unlimited"));
	end();
	disks[0].format = DISK_RAW;
	cfg.model_args.n = 0;
	assert_int_equal(ftruncate(disks[0].fd, 1 << 20), 0);
	start("wait");
	assert_non_null(strstr(of_process("limits"), "Max file size             1048576  "));
	end();
	cfg.model_args.n = 1;
	/* One that it can't be given */
	strcpy(disks[0].path, "/usr/web.qcow2");
	assert_int_equal(devmodel_start(&model, &guest, &host, &models, &e), -1);
	assert_string_equal(e.msg,
			    "/usr/web.qcow2 is in QEMU's own /usr, and can't be an image's path");
	assert_int_equal(model.state, DEVMODEL_NONE);
	cfg.disks = NULL;
	cfg.nr_disks = 0;
	guest.disks = NULL;
	close(disks[0].fd);
	tear_down_screen();
}

/* They are open files, of which each of these fakes closes file 3. */
static void test_serves_channels(void **state)
{
	static struct channel_spec specs[2];
	static char path[256];
	char want[64];

	(void)state;
	if (!may_make_roots())
		return;
	set_up_screen("vnc=0");
	cfg.nr_vfbs = 0;
	strcpy(path, kit_path("channel"));
	specs[1].path = path;
	cfg.channels = specs;
	cfg.nr_channels = 2;
	assert_true(guest_config_needs_qemu(&cfg));
	start("wait");
	assert_non_null(strstr(of_process("cmdline"),
			       " -add-fd fd=5,set=1 -chardev "
			       "serial,id=libxl-channel1,path=/dev/fdset/1 -chardev "
			       "socket,id=libxl-channel2,fd=7,server=on,wait=off -nodefaults "));
	assert_non_null(strstr(files_of_process(), " 4 5 6 7 "));
	snprintf(want, sizeof(want), "/local/domain/%u/device/console/1/tty", guest.domid);
	assert_non_null(fake_store_read(want));
	/* dom0's terminals are none of its own. */
	assert_false(sees("/dev/pts") || sees("/dev/ptmx"));
	assert_int_equal(access(path, F_OK), 0);
	end();
	assert_int_equal(access(path, F_OK), -1);
	cfg.channels = NULL;
	cfg.nr_channels = 0;
	tear_down_screen();
}

/* An hvm guest's QEMU makes them itself, and serves them when its start is long over. */
static void test_channels_hvm(void **state)
{
	static struct channel_spec spec;

	(void)state;
	set_up(true, false);
	cfg.channels = &spec;
	cfg.nr_channels = 1;
	start("wait");
	assert_true(model.serves);
	assert_int_equal(model.uid, 0);
	assert_non_null(strstr(of_process("cmdline"), " -chardev pty,id=libxl-channel1 "));
	assert_null(strstr(of_process("cmdline"), "-xen-domid-restrict"));
	end();
	cfg.channels = NULL;
	cfg.nr_channels = 0;
	tear_down();
}

/* A tree of sysfs with that device of bus 1. */
static void plug_usb(const char *addr)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "mkdir -p %s/sys/bus/usb/devices/1-1 usb/001 && cd %s/sys/bus/usb/devices/1-1 && "
		 "echo 1 >busnum && echo %s >devnum",
		 kit_path("sysroot"), kit_path("sysroot"), addr);
	assert_int_equal(system(command), 0);
}

/* Whether this process has a file open. */
static bool have_open(const char *path)
{
	char at[64], link[256];
	bool has = false;

	for (int fd = 0; fd < 256; fd++) {
		snprintf(at, sizeof(at), "/proc/self/fd/%d", fd);
		memset(link, 0, sizeof(link));
		has |= readlink(at, link, sizeof(link) - 1) > 0 && !strcmp(link, path);
	}
	return has;
}

/* A device is an open file that only QEMU has; its powers are no others for that. */
static void test_usb(void **state)
{
	static struct usbctrl_spec ctrl;
	static struct usbdev_spec spec = {.bus = 1, .addr = 3, .at = 0, .at_port = 1};
	static struct usb_device device = {.spec = &spec, .name = "1-1"};
	char at[64], link[64] = "", root[256];
	struct err e;

	(void)state;
	snprintf(root, sizeof(root), "%s", kit_path("sysroot"));
	device.sysroot = root;
	plug_usb("3");
	unlink("usb/001/003"); /* of a test that failed */
	/* It plays the device. */
	assert_int_equal(symlink("/dev/zero", "usb/001/003"), 0);
	set_up(true, false);
	cfg.usbctrls = &ctrl;
	cfg.usbdevs = &spec;
	cfg.nr_usbctrls = cfg.nr_usbdevs = 1;
	guest.usbdevs = &device;
	start("mute"); /* the other fakes close file 3 */
	assert_false(model.serves);
	assert_int_equal(model.uid, geteuid() ? 0 : MODEL_UID_BASE + guest.domid);
	assert_non_null(strstr(of_process("cmdline"),
			       " -device usb-ehci,id=xenusb-0 -add-fd fd=3,set=1 -device "
			       "usb-host,id=xenusb-1-3,bus=xenusb-0.0,port=1,"
			       "hostdevice=/dev/fdset/1 "));
	snprintf(at, sizeof(at), "/proc/%ld/fd/3", (long)model.pid);
	assert_int_equal(readlink(at, link, sizeof(link)), 9);
	assert_memory_equal(link, "/dev/zero", 9);
	assert_false(have_open("/dev/zero"));
	end();
	plug_usb("4");
	assert_int_equal(devmodel_start(&model, &guest, &host, &models, &e), -1);
	assert_string_equal(e.msg, "USB device 3 of bus 1 is not there any more");
	assert_true(e.passing);
	assert_int_equal(model.state, DEVMODEL_NONE);
	cfg.usbctrls = NULL;
	cfg.usbdevs = NULL;
	cfg.nr_usbctrls = cfg.nr_usbdevs = 0;
	guest.usbdevs = NULL;
	tear_down();
	assert_true(unlink("usb/001/003") == 0 && rmdir("usb/001") == 0 && rmdir("usb") == 0);
}

static unsigned without; /* the request that the kernel has not, or 0 */

static bool restricts(unsigned request, int *rc)
{
	*rc = request == without ? -1 : 0;
	errno = ENOTTY;
	return request == (unsigned)IOCTL_PRIVCMD_RESTRICT ||
	       request == (unsigned)IOCTL_EVTCHN_RESTRICT_DOMID;
}

static unsigned privcmds, evtchns;

static bool counts(unsigned request, int *rc)
{
	*rc = 0;
	privcmds += request == (unsigned)IOCTL_PRIVCMD_RESTRICT;
	evtchns += request == (unsigned)IOCTL_EVTCHN_RESTRICT_DOMID;
	return true;
}

/* A process has two files of the one device, one of the other, and others: /dev/null and /dev/zero
 * play them. */
static void test_restrict_outside(void **state)
{
	char dev[128];
	int fds[2];
	struct err e;
	pid_t pid;
	char c;

	(void)state;
	strcpy(dev, kit_path("dev"));
	mkdir(dev, 0700);
	assert_int_equal(symlink("/dev/null", kit_path("dev/privcmd")), 0);
	assert_int_equal(symlink("/dev/zero", kit_path("dev/evtchn")), 0);
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 200; i++)
			if (i != fds[1])
				close(i);
		open("/dev/null", O_RDONLY);
		open("/dev/zero", O_RDONLY);
		open("/dev/null", O_RDONLY);
		open("/dev/full", O_RDONLY);
		open("/proc/self/stat", O_RDONLY);
		if (write(fds[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	privcmds = evtchns = 0;
	fake_ioctls(counts);
	assert_int_equal(model_restrict(NULL, pid, -1, dev, 7, false, &e), -1);
	assert_string_equal(e.msg, strerror(ENOSYS));
	assert_int_equal(privcmds + evtchns, 0);
	c = (char)pidfd_of(pid);
	assert_int_equal(model_restrict(NULL, pid, c, dev, 7, false, &e), 0);
	assert_int_equal(privcmds, 2);
	assert_int_equal(evtchns, 1);
	/* Where there are no such devices it is not known what is one of them. */
	assert_int_equal(model_restrict(NULL, pid, c, kit_path("none"), 7, false, &e), -1);
	assert_string_equal(e.msg, strerror(ENODEV));
	assert_int_equal(privcmds + evtchns, 3);
	/* One that can't be is an error. */
	fake_ioctls(restricts);
	without = (unsigned)IOCTL_PRIVCMD_RESTRICT;
	assert_int_equal(model_restrict(NULL, pid, c, dev, 7, false, &e), -1);
	assert_string_equal(e.msg, strerror(ENOTTY));
	without = (unsigned)IOCTL_EVTCHN_RESTRICT_DOMID;
	assert_int_equal(model_restrict(NULL, pid, c, dev, 7, false, &e), -1);
	without = 0;
	assert_int_equal(model_restrict(NULL, pid, c, dev, 7, false, &e), 0);
	fake_ioctls(NULL);
	close(c);
	close(fds[0]);
	close(fds[1]);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_late(void **state)
{
	unsigned before;

	(void)state;
	set_up(true, false);
	before = open_files();
	cfg.device_timeout = 1;
	fails("mute", "is not ready after 1 s: waiting for nothing");
	fails("stubborn", "is not ready after 1 s");
	assert_int_equal(open_files(), before);
	tear_down();
}

static void plug_xen(void)
{
	kit_text("privcmd", "");
	kit_text("evtchn", "");
	models.dev = kit_path("");
	fake_ioctls(restricts);
	without = 0;
}

static void unplug_xen(void)
{
	fake_ioctls(NULL);
	unlink(kit_path("privcmd"));
	unlink(kit_path("evtchn"));
}

/* What the device can't is a power that can't be taken away, and then it is named. */
static void lacks(const char *device, int errnum)
{
	struct model_powers p;
	char want[512];
	struct err e;

	snprintf(want, sizeof(want),
		 "dom0's kernel cannot restrict %s/%s to a guest (device_model_restrict = 0 starts "
		 "its QEMU all the same): %s",
		 kit_path(""), device, strerror(errnum));
	for (int keeps = 0; keeps < 2; keeps++) {
		assert_int_equal(model_powers(kit_path(""), 7, keeps, true, &p, &e), -1);
		assert_string_equal(e.msg, want);
		assert_int_equal(model_powers(kit_path(""), 7, keeps, false, &p, &e), 0);
		assert_false(p.restrict_domid);
	}
}

static void test_restrict(void **state)
{
	struct model_powers p;
	struct err e;

	(void)state;
	plug_xen();
	for (int strict = 0; strict < 2; strict++) {
		assert_int_equal(model_powers(kit_path(""), 7, false, strict, &p, &e), 0);
		assert_true(p.restrict_domid);
		assert_int_equal(p.unprivileged, geteuid() == 0);
		assert_int_equal(p.uid, 65543);
		assert_int_equal(p.gid, 65543);
		/* Who serves disks needs them all. */
		assert_int_equal(model_powers(kit_path(""), 7, true, strict, &p, &e), 0);
		assert_false(p.restrict_domid || p.unprivileged);
	}
	without = (unsigned)IOCTL_EVTCHN_RESTRICT_DOMID;
	lacks("evtchn", ENOTTY);
	without = (unsigned)IOCTL_PRIVCMD_RESTRICT;
	lacks("privcmd", ENOTTY);
	without = 0;
	unlink(kit_path("evtchn"));
	lacks("evtchn", ENOENT);
	unplug_xen();
}

/* Of a process in /proc, the namespaces that are not those of this one: "mnt ipc ". */
static const char *own_namespaces(void)
{
	static const char *const names[] = {"mnt", "ipc", "net", "pid", "user"};
	static char text[64];
	char path[64], its[64], ours[64];

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		memset(its, 0, sizeof(its));
		memset(ours, 0, sizeof(ours));
		snprintf(path, sizeof(path), "/proc/%ld/ns/%s", (long)model.pid, names[i]);
		assert_true(readlink(path, its, sizeof(its) - 1) > 0);
		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		assert_true(readlink(path, ours, sizeof(ours) - 1) > 0);
		if (strcmp(its, ours) != 0)
			sprintf(text + strlen(text), "%s ", names[i]);
	}
	return text;
}

#define CAPS(n) "\nCapPrm:\t" n "\nCapEff:\t" n "\nCapBnd:\t" n "\n"

/* What is taken from each QEMU of an hvm guest before it begins. */
static void strict_qemu(const char *caps)
{
	const char *status = of_process("status");

	assert_non_null(strstr(status, "\nNoNewPrivs:\t1\n"));
	assert_non_null(strstr(status, "\nSeccomp:\t2\n"));
	if (geteuid() != 0)
		return;
	if (!strstr(status, caps))
		fail_msg("not %s but %s", caps, strstr(status, "CapInh"));
	assert_string_equal(own_namespaces(), "mnt ipc ");
}

/* ---- what can't be started ---- */

static void refused(const char *want)
{
	const unsigned before = open_files();
	struct err e;

	assert_int_equal(devmodel_start(&model, &guest, &host, &models, &e), -1);
	assert_string_equal(e.msg, want);
	kit_good_message(&e);
	assert_int_equal(model.state, DEVMODEL_NONE);
	assert_int_equal(model.pid, 0);
	assert_int_equal(open_files(), before);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void test_refused(void **state)
{
	static char gone[] = "/nowhere/x", dir[] = "/etc", script[128];
	char want[512];

	(void)state;
	set_up(false, true);
	tell("echo");
	cfg.model_override = gone;
	refused("cannot run device model /nowhere/x: No such file or directory");
	cfg.model_override = dir;
	refused("cannot run device model /etc: Permission denied");
	strcpy(script, kit_path("script"));
	kit_text("script", "#!/nowhere/sh\n");
	assert_int_equal(chmod(script, 0755), 0);
	cfg.model_override = script;
	snprintf(want, sizeof(want),
		 "cannot run device model %s: its loader or interpreter is missing", script);
	refused(want);
	cfg.model_override = program;
	cfg.model_config = gone;
	refused("cannot read device model config /nowhere/x: No such file or directory");
	cfg.model_config = NULL;
	refused("missing device config");
	cfg.model_override = NULL;
	refused("missing device model");
	cfg.model_protocol = MODEL_QEMU;
	refused("its device model needs a store, and there is none");
	tear_down();
}

static void test_strict(void **state)
{
	static char *arg[] = {does_arg};
	char want[512];
	struct err e;

	(void)state;
	set_up(true, false);
	cfg.model_unrestricted = false;
	plug_xen();
	/* It has all that it needs for its start: to be this user's, and in that directory. */
	start("mute");
	strict_qemu(CAPS("00000000000c14c2"));
	assert_int_equal(!!strstr(of_process("cmdline"), " -xen-domid-restrict -chroot "),
			 geteuid() == 0);
	/* The arguments may name files. Without them it writes none. */
	assert_non_null(strstr(of_process("limits"), "Max file size             unlimited"));
	end();
	ready("root");
	end();
	cfg.model_args.n = 0;
	start("mute");
	assert_non_null(strstr(of_process("limits"), "Max file size             262144  "));
	end();
	cfg.model_args = (struct strings){arg, 1};
	/* No other program is run, and no other process, unless it is allowed to. */
	start("runs");
	KIT_CHECK(look(&e) == -1, "it is ready");
	snprintf(want, sizeof(want), "device model %s ended with status 0 before it was ready",
		 program);
	assert_string_equal(e.msg, want);
	end();
	cfg.model_unrestricted = true;
	start("runs");
	KIT_CHECK(look(&e) == -1, "it is ready");
	assert_non_null(strstr(e.msg, " ended with status 3 "));
	end();
	start("mute");
	strict_qemu(CAPS("00000000000c14c2"));
	end();
	/* What the kernel can't do */
	cfg.model_unrestricted = false;
	without = (unsigned)IOCTL_PRIVCMD_RESTRICT;
	tell("mute");
	assert_int_equal(devmodel_start(&model, &guest, &host, &models, &e), -1);
	assert_non_null(strstr(e.msg, "/privcmd to a guest (device_model_restrict = 0 starts "));
	assert_int_equal(model.state, DEVMODEL_NONE);
	assert_null(node(DIRECTORY));
	unplug_xen();
	tear_down();
}

/* One with PCI devices can open all of these, and makes the hypercalls for them: its user and its
 * root are no others for that. */
static void test_strict_pci(void **state)
{
	static struct pci_spec spec;

	(void)state;
	set_up(true, false);
	cfg.model_unrestricted = true;
	cfg.pcis = &spec;
	cfg.nr_pcis = 1;
	plug_xen();
	start("mute");
	assert_null(strstr(of_process("cmdline"), " -xen-domid-restrict "));
	assert_false(model.restricted);
	assert_int_equal(!!strstr(of_process("cmdline"), " -chroot "), geteuid() == 0);
	strict_qemu(CAPS("00000000002e14c2"));
	if (may_make_roots())
		assert_null(strstr(of_process("mountinfo"), " /sys ro,"));
	end();
	cfg.pcis = NULL;
	cfg.nr_pcis = 0;
	start("mute");
	if (may_make_roots())
		assert_non_null(strstr(of_process("mountinfo"), " /sys ro,"));
	end();
	unplug_xen();
	tear_down();
}

/* One that can't be restricted when it is ready: nobody knows its process. */
static void test_strict_late(void **state)
{
	char want[512];
	struct err e;
	int fd;

	(void)state;
	if (!may_make_roots())
		return;
	set_up_screen("vnc=0");
	cfg.model_unrestricted = false;
	plug_xen();
	for (int strict = 1; strict >= 0; strict--) {
		cfg.model_unrestricted = !strict;
		start("wait");
		assert_string_equal(own_namespaces(), "mnt ipc ");
		assert_non_null(strstr(of_process("status"), "\nSeccomp:\t2\n"));
		say_running("running");
		fd = model.process_fd;
		model.process_fd = -1;
		assert_int_equal(look(&e), strict ? -1 : 0);
		model.process_fd = fd;
		if (strict) {
			snprintf(want, sizeof(want),
				 "cannot restrict device model %s to its guest "
				 "(device_model_restrict = 0 goes without): %s",
				 program, strerror(ENOSYS));
			assert_string_equal(e.msg, want);
			kit_good_message(&e);
		}
		end();
	}
	unplug_xen();
	tear_down_screen();
}

/* One that stays root's, for the disks that it serves: of root's powers it has two. */
static void test_strict_root(void **state)
{
	static char image[128], vdev[] = "xvda";
	struct disk_spec spec = {
		.vdev = vdev, .qdisk = true, .readwrite = true, .vdev_number = 202 << 8};
	struct disk disk = {.spec = &spec, .image = true}, *list = &disk;
	struct stat st;

	(void)state;
	set_up(true, false);
	cfg.model_unrestricted = false;
	plug_xen();
	strcpy(image, kit_path("image"));
	kit_text("image", "an image");
	strcpy(disk.path, image);
	disk.fd = open(image, O_RDWR | O_CLOEXEC);
	assert_int_equal(fstat(disk.fd, &st), 0);
	disk.file_dev = st.st_dev;
	disk.file_ino = st.st_ino;
	cfg.disks = &spec;
	cfg.nr_disks = 1;
	guest.disks = &list;
	start("mute");
	assert_int_equal(model.uid, 0);
	assert_null(strstr(of_process("cmdline"), " -runas "));
	strict_qemu(CAPS("0000000000000402"));
	assert_non_null(strstr(of_process("limits"), "Max file size             unlimited"));
	end();
	cfg.nr_disks = 0;
	cfg.disks = NULL;
	guest.disks = NULL;
	close(disk.fd);
	unplug_xen();
	tear_down();
}

static void test_disk(void **state)
{
	static char vdev[] = "hda", target[] = "/dev/null";
	struct disk_spec spec = {
		.target = target, .vdev = vdev, .vdev_number = 3 << 8, .readwrite = true};
	struct disk disk = {.spec = &spec, .path = "/dev/null"}, *list = &disk;
	struct stat st;

	(void)state;
	set_up(true, false);
	cfg.disks = &spec;
	cfg.nr_disks = 1;
	guest.disks = &list;
	refused("disk hda: /dev/null is another device by now, which QEMU would open");
	strcpy(disk.path, "/dev/nowhere");
	refused("disk hda: /dev/nowhere: No such file or directory");
	strcpy(disk.path, "/dev/null");
	assert_int_equal(stat("/dev/null", &st), 0);
	disk.rdev = st.st_rdev;
	spec.readwrite = false;
	refused("disk hda: QEMU has no read-only IDE and AHCI disks (a SCSI disk, sda and so on, "
		"can be "
		"one)");
	assert_null(node(DIRECTORY));
	spec.readwrite = true;
	start("root");
	assert_non_null(strstr(of_process("cmdline"), " -drive file=/dev/null,if=ide,index=0,"));
	end();
	/* A cdrom drive is no reason to keep root's powers; a disk that QEMU serves is one. */
	spec.qdisk = spec.cdrom = true;
	start("root");
	assert_int_equal(!!strstr(of_process("cmdline"), " -runas "), geteuid() == 0);
	end();
	spec.cdrom = false;
	start("root");
	assert_null(strstr(of_process("cmdline"), " -runas "));
	assert_null(strstr(of_process("cmdline"), " -chroot "));
	assert_int_equal(model.uid, 0);
	end();
	cfg.nr_disks = 0;
	guest.disks = NULL;
	tear_down();
}

/* QEMU reads no other kernel than the one whose digest is right. */
static void test_kernel(void **state)
{
	struct image_cache images = {0};
	char path[256], want[512];
	struct err e;

	(void)state;
	set_up(true, false);
	snprintf(path, sizeof(path), "%s", kit_path("kernel-pvh"));
	cfg.kernel = path;
	cfg.kernel_digest.given = true;
	guest.kernel = image_hold(&images, "kernel", path, &e);
	assert_non_null(guest.kernel);
	start("root");
	end();
	kit_text("new", "another");
	assert_int_equal(rename(kit_path("new"), path), 0);
	snprintf(want, sizeof(want),
		 "kernel %s is another file for QEMU, which has that of the initramfs, than the "
		 "one whose sha256 was computed",
		 path);
	refused(want);
	image_drop(&images, guest.kernel);
	guest.kernel = NULL;
	cfg.kernel = NULL;
	cfg.kernel_digest.given = false;
	tear_down();
}

/* Each call of Xen's libraries fails once, and nothing is left behind. */
static void fail_each(bool store, bool classic)
{
	unsigned n = 0, before;
	struct err e;
	bool failed;
	int rc;

	set_up(store, classic);
	before = open_files();
	do {
		tell(classic ? "echo" : "root");
		fake_fail_at(++n, EIO);
		rc = devmodel_start(&model, &guest, &host, &models, &e);
		failed = fake_failed() != NULL;
		fake_fail_at(0, 0);
		if (rc < 0) {
			assert_true(failed);
			kit_good_message(&e);
			assert_non_null(strstr(e.msg, strerror(EIO)));
		} else {
			end();
		}
		assert_int_equal(open_files(), before);
		if (store)
			assert_null(node(DIRECTORY));
	} while (failed);
	assert_true(n > 2);
	tear_down();
}

static void test_failures(void **state)
{
	enum devmodel_state now;
	char want[128];
	struct err e;

	(void)state;
	fail_each(false, true);
	fail_each(true, true);
	fail_each(true, false);

	set_up(true, false);
	start("root");
	fake_fail_call("xs_read", 1, EPIPE);
	assert_int_equal(devmodel_look(&model, &guest, &host, &now, &e), -1);
	snprintf(want, sizeof(want),
		 "cannot read /local/domain/0/device-model/%u/state from the store: Broken pipe",
		 guest.domid);
	assert_string_equal(e.msg, want);
	/* The nodes stay, and go with the domain's. */
	fake_fail_always("xs_transaction_start", 1, EPIPE);
	end();
	fake_fail_at(0, 0);
	assert_non_null(node(DIRECTORY));
	snprintf(want, sizeof(want), DIRECTORY, guest.domid);
	fake_store_remove(want);
	tear_down();
}

/* ---- no device model ---- */

static void test_none(void **state)
{
	enum devmodel_state now;
	struct err e;

	(void)state;
	set_up(false, true);
	cfg.type = GUEST_PVH;
	KIT_CHECK(devmodel_start(&model, &guest, &host, &models, &e) == 0, "%s", e.msg);
	KIT_CHECK(devmodel_look(&model, &guest, &host, &now, &e) == 0, "%s", e.msg);
	assert_int_equal(now, DEVMODEL_READY);
	end();
	KIT_CHECK(devmodel_look(&model, &guest, &host, &now, &e) == 0, "%s", e.msg);
	assert_int_equal(now, DEVMODEL_NONE);
	tear_down();
}

static void test_directory(void **state)
{
	struct devmodels other;
	char want[256];
	struct err e;

	(void)state;
	set_up(false, true);
	devmodels_close(&models);
	assert_int_equal(unlinkat(run.dir, "model/web.log", 0), -1);
	assert_int_equal(unlinkat(run.dir, "model/empty", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(run.dir, "model", AT_REMOVEDIR), 0);
	kit_text("run/model", "");
	assert_int_equal(devmodels_open(&other, &run, kit_path("run"), NULL, &e), -1);
	snprintf(want, sizeof(want), "cannot open the directory %s/model: Not a directory",
		 kit_path("run"));
	assert_string_equal(e.msg, want);
	assert_int_equal(other.dir, -1);
	assert_int_equal(unlinkat(run.dir, "model", 0), 0);
	KIT_CHECK(devmodels_open(&models, &run, kit_path("run"), NULL, &e) == 0, "%s", e.msg);
	tear_down();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classic),
		cmocka_unit_test(test_channels_restricted),
		cmocka_unit_test(test_channels_adopted),
		cmocka_unit_test(test_lived),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_explains),
		cmocka_unit_test(test_dies),
		cmocka_unit_test(test_stubborn),
		cmocka_unit_test(test_flood),
		cmocka_unit_test(test_leave),
		cmocka_unit_test(test_qemu),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_restricted),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_strict_pci),
		cmocka_unit_test(test_strict_root),
		cmocka_unit_test(test_strict_late),
		cmocka_unit_test(test_restrict),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_disk),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_serves),
		cmocka_unit_test(test_serves_disks),
		cmocka_unit_test(test_serves_channels),
		cmocka_unit_test(test_channels_hvm),
		cmocka_unit_test(test_usb),
		cmocka_unit_test(test_restrict_outside),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_directory),
	};

	if (argv[0][0] == '@')
		return fake_model(argc, argv);
	return cmocka_run_group_tests(tests, begin, kit_end);
}
