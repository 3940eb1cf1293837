/*
 * A guest under supervision and its device model: one can't be without the other. This program
 * plays the models (fake/models.h).
 */
#include "builder/fake/units.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"
#include "builder/describe/vkb_spec.h"
#include "builder/fake/models.h"

static char program[256], config[256];

static int begin(void **state)
{
	char self[256];
	const ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n < 0 || kit_begin(state) < 0 || chdir(kit_path("")) < 0)
		return -1;
	self[n] = '\0';
	kit_firmware();
	strcpy(program, kit_path("model"));
	strcpy(config, kit_path("config"));
	return symlink(self, program);
}

/* A guest with a classic model that does that. */
static struct guest_config classic(const char *does)
{
	struct guest_config cfg = kit_config("web", GUEST_PV);

	kit_hvm(&cfg, true);
	kit_text("config", does);
	return cfg;
}

/* One with QEMU. */
static struct guest_config qemu(char *does)
{
	static char *args[1];
	struct guest_config cfg = kit_config("web", GUEST_PV);

	kit_hvm(&cfg, false);
	args[0] = does;
	cfg.model_args = (struct strings){args, 1};
	return cfg;
}

/* Built; its model is started. */
static struct unit *open_built(struct kit_units *k, const struct guest_config *cfg, bool store)
{
	fake_reset();
	kit_units_open(k, cfg, 1);
	if (store)
		kit_units_store(k);
	kit_units_start(k);
	kit_units_jobs(k);
	return &k->all.list[0];
}

/* Ticks until the unit has another state than that. */
static void wait_while(struct kit_units *k, enum unit_state state)
{
	for (unsigned i = 0; i < 2000 && k->all.list[0].state == state; i++) {
		kit_units_tick(k, clock_ns());
		kit_units_jobs(k);
		usleep(2000);
	}
	assert_int_not_equal(k->all.list[0].state, state);
}

static void said(struct kit_units *k, const char *want)
{
	const char *text = kit_units_said(k);

	KIT_CHECK(!strcmp(text, want), "said: %snot: %s", text, want);
}

static struct unit *open_running(struct kit_units *k, const struct guest_config *cfg, bool store)
{
	struct unit *u = open_built(k, cfg, store);
	const char *text;

	wait_while(k, UNIT_CONNECTING); /* if it was not ready at once */
	text = kit_units_said(k);
	KIT_CHECK(u->state == UNIT_RUNNING, "%s", text);
	assert_non_null(strstr(text, "earlydom: web: started as domain 1 (vmx hvm, 64 MiB"));
	assert_int_equal(u->guest.model.state, DEVMODEL_READY);
	return u;
}

/* The process is gone, and reaped. */
static void gone(pid_t pid)
{
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void kill_model(const struct unit *u)
{
	siginfo_t info;

	assert_int_equal(kill(u->guest.model.pid, SIGKILL), 0);
	/* It has ended when it can be reaped, which is the unit's to do. */
	assert_int_equal(waitid(P_PID, (id_t)u->guest.model.pid, &info, WEXITED | WNOWAIT), 0);
}

static void tick(struct kit_units *k)
{
	kit_units_tick(k, clock_ns());
	kit_units_jobs(k);
}

static void close_units(struct kit_units *k)
{
	const pid_t pid = k->all.list[0].guest.model.pid;

	kit_units_close(k);
	if (pid) {
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
	}
	fake_reset();
}

/* ---- before it runs ---- */

/* This one never says that it is ready: it counts as that when it has lived for a second. */
static void test_not_ready(void **state)
{
	struct guest_config cfg = classic("mute");
	const uint64_t began = clock_ns();
	struct kit_units k;
	struct unit *u = open_built(&k, &cfg, false);

	(void)state;
	while (clock_ns() - began < NS_PER_S / 2) {
		tick(&k);
		assert_int_equal(u->state, UNIT_CONNECTING);
		assert_false(fake_domain(1)->running);
		usleep(50000);
	}
	said(&k, "");
	wait_while(&k, UNIT_CONNECTING);
	assert_int_equal(u->state, UNIT_RUNNING);
	assert_true(fake_domain(1)->running);
	assert_true(clock_ns() - began >= NS_PER_S);
	close_units(&k);
}

static void test_qemu(void **state)
{
	static char does[] = "root";
	struct guest_config cfg = qemu(does);
	char want[256];
	struct kit_units k;
	struct unit *u = open_built(&k, &cfg, true);
	pid_t pid;

	(void)state;
	for (unsigned i = 0; i < 50; i++) {
		tick(&k);
		assert_int_equal(u->state, UNIT_CONNECTING);
		usleep(10000);
	}
	said(&k, "");
	fake_store_write("/local/domain/0/device-model/1/state", "running");
	wait_while(&k, UNIT_CONNECTING);
	assert_int_equal(u->state, UNIT_RUNNING);
	pid = u->guest.model.pid;
	snprintf(want, sizeof(want), "%d", (int)pid);
	assert_string_equal(fake_store_read("/local/domain/1/image/device-model-pid"), want);
	/* Its end is the guest's, and the guest's is its. */
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_ENDED);
	gone(pid);
	assert_null(fake_store_read("/local/domain/0/device-model/1"));
	close_units(&k);
}

/* What it waits for is said when it does not come. */
static void test_qemu_late(void **state)
{
	static char does[] = "mute";
	struct guest_config cfg = qemu(does);
	char want[512];
	struct kit_units k;
	struct unit *u;

	(void)state;
	cfg.device_timeout = 1;
	u = open_built(&k, &cfg, true);
	wait_while(&k, UNIT_CONNECTING);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_FAILED);
	snprintf(want, sizeof(want),
		 "earlydom: web: its device model %s is not ready after 1 s: waiting for nothing; "
		 "domain destroyed\n",
		 program);
	said(&k, want);
	assert_int_equal(fake_domains(), 0);
	assert_int_equal(u->guest.model.pid, 0);
	close_units(&k);
}

static void test_no_store(void **state)
{
	static char does[] = "root";
	struct guest_config cfg = qemu(does);
	struct kit_units k;
	struct unit *u = open_built(&k, &cfg, false);

	(void)state;
	assert_int_equal(u->state, UNIT_FAILED);
	said(&k, "earlydom: web: its device model needs a store, and there is none\n");
	assert_int_equal(fake_calls_of("xc_domain_create"), 0);
	assert_null(k.images.files);
	close_units(&k);
}

/* ---- QEMU as a back end ---- */

/* A pv guest with a keyboard. */
static struct guest_config keyboard(char *does)
{
	static struct vkb_spec keyboard;
	static char *args[1];
	struct guest_config cfg = kit_config("web", GUEST_PV);

	args[0] = does;
	cfg.model_args = (struct strings){args, 1};
	cfg.model_override = program;
	cfg.model_unrestricted = true;
	cfg.vkbs = &keyboard;
	cfg.nr_vkbs = 1;
	return cfg;
}

static void test_back_end(void **state)
{
	static char does[] = "wait";
	struct guest_config cfg = keyboard(does);
	struct kit_units k;
	struct unit *u = open_built(&k, &cfg, true);
	uint32_t domid = 0;
	pid_t pid;

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		tick(&k);
		assert_int_equal(u->state, UNIT_CONNECTING);
		assert_false(fake_domain(1)->running);
		usleep(10000);
	}
	fake_store_write("/local/domain/0/device-model/1/state", "running");
	wait_while(&k, UNIT_CONNECTING);
	assert_int_equal(u->state, UNIT_RUNNING);
	assert_non_null(strstr(kit_units_said(&k), "earlydom: web: started as domain 1 (linux pv"));
	assert_string_equal(fake_store_read("/local/domain/0/backend/vkbd/1/0/state"), "1");
	/* A restart has another one. */
	pid = u->guest.model.pid;
	fake_shutdown(1, SHUTDOWN_reboot);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	assert_int_equal(kill(pid, 0), -1);
	assert_null(fake_store_read("/local/domain/0/device-model/1"));
	assert_null(fake_store_read("/local/domain/0/backend/vkbd/1"));
	assert_int_equal(u->state, UNIT_CONNECTING);
	tick(&k);
	assert_true(u->guest.model.pid > 0 && u->guest.model.pid != pid);
	assert_int_equal(kit_domains_of(&cfg, &domid), 1);
	assert_int_equal(domid, 2);
	fake_store_write("/local/domain/0/device-model/2/state", "running");
	wait_while(&k, UNIT_CONNECTING);
	assert_int_equal(u->state, UNIT_RUNNING);
	/* Its end is a crash. */
	kit_units_said(&k);
	kill_model(u);
	tick(&k);
	assert_int_equal(u->state, UNIT_ENDED);
	assert_non_null(strstr(kit_units_said(&k), "crashed: its device model "));
	assert_int_equal(fake_domains(), 0);
	close_units(&k);
}

static void test_back_end_without_store(void **state)
{
	static char does[] = "wait";
	struct guest_config cfg = keyboard(does);
	struct kit_units k;
	struct unit *u = open_built(&k, &cfg, false);

	(void)state;
	assert_int_equal(u->state, UNIT_FAILED);
	said(&k, "earlydom: web: its screen and keyboard need a store, and there is none\n");
	assert_int_equal(fake_calls_of("xc_domain_create"), 0);
	close_units(&k);
}

static void fails(const struct guest_config *cfg, const char *why)
{
	char want[512];
	struct kit_units k;
	struct unit *u = open_built(&k, cfg, false);

	if (u->state == UNIT_CONNECTING)
		wait_while(&k, UNIT_CONNECTING);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_FAILED);
	snprintf(want, sizeof(want), "earlydom: web: %s; domain destroyed\n", why);
	said(&k, want);
	assert_string_equal(u->why, why);
	assert_int_equal(fake_domains(), 0);
	assert_int_equal(u->guest.model.pid, 0);
	assert_int_equal(u->guest.model.console_fd, -1);
	assert_null(k.images.files);
	close_units(&k);
}

static void test_fails(void **state)
{
	struct guest_config cfg = classic("says");
	char why[512];

	(void)state;
	snprintf(why, sizeof(why),
		 "its device model %s ended with status 3 before it was ready: cannot open it",
		 program);
	fails(&cfg, why);
	unlink(config);
	snprintf(why, sizeof(why), "cannot read device model config %s: No such file or directory",
		 config);
	fails(&cfg, why);
	cfg = classic("echo");
	cfg.model_override = (char *)(uintptr_t) "/nowhere/model";
	fails(&cfg, "cannot run device model /nowhere/model: No such file or directory");
}

/* A model whose files can't be kept: the kernel that was to be unpacked for it is not waited for.
 */
static void test_not_kept(void **state)
{
	const struct own_root own_root = {.dir = -1};
	struct guest_config cfgs[2] = {classic("echo"), kit_config("db", GUEST_PVH)};
	struct kit_units k;

	(void)state;
	fake_reset();
	kit_units_open(&k, cfgs, 2);
	k.all.models.own_root = &own_root;
	kit_units_start(&k);
	assert_int_equal(k.all.list[0].state, UNIT_FAILED);
	said(&k, "earlydom: web: cannot keep /tmp for device models: Bad file descriptor\n");
	kit_units_jobs(&k);
	assert_int_equal(k.all.list[1].state, UNIT_RUNNING);
	assert_int_equal(k.images.files->kernel_users, 0);
	assert_false(k.images.files->kernel_open);
	assert_int_equal(k.images.files->users, 1);
	kit_units_close(&k);
	fake_reset();
}

/* ---- it dies ---- */

static void crashed(struct kit_units *k, const char *what)
{
	char want[512];

	snprintf(want, sizeof(want),
		 "earlydom: web: domain 1 crashed: its device model %s was ended by signal 9 "
		 "(Killed); %s\n",
		 program, what);
	said(k, want);
}

static void test_dies(void **state)
{
	struct guest_config cfg = classic("echo");
	struct kit_units k;
	struct unit *u = open_running(&k, &cfg, false);

	(void)state;
	kill_model(u);
	tick(&k);
	crashed(&k, "destroyed");
	assert_int_equal(u->state, UNIT_ENDED);
	assert_int_equal(fake_domains(), 0);
	assert_int_equal(u->guest.model.state, DEVMODEL_NONE);
	assert_int_equal(u->guest.model.console_fd, -1);
	kit_units_record(&k, 0, "state=ended");
	kit_units_record(&k, 0, "cause=crashed: its device model ");
	close_units(&k);
}

/* Its end is seen by its process, though something else has the pipe by which it speaks. */
static void test_end_wakes(void **state)
{
	struct guest_config cfg = classic("ready");
	struct pollfd fds[UNIT_FDS];
	struct kit_units k;
	struct unit *u;
	int pipe_ends[2];

	(void)state;
	u = open_running(&k, &cfg, false);
	assert_int_equal(pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK), 0);
	dup2(pipe_ends[0], u->guest.model.said_fd);
	unit_poll(u, fds);
	assert_int_equal(poll(&fds[1], 2, 0), 0);
	kill_model(u);
	unit_poll(u, fds);
	assert_int_equal(poll(&fds[1], 2, 0), 1);
	unit_take(&k.all, u, fds);
	assert_true(unit_due(u, true, 1000, 0) <= 1000);
	/* Once that is taken, nothing is to be polled. */
	kit_units_tick(&k, clock_ns());
	assert_int_not_equal(u->state, UNIT_RUNNING);
	kit_units_jobs(&k);
	unit_poll(u, fds);
	assert_int_equal(fds[2].fd, -1);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	close_units(&k);
}

static void test_dies_restart(void **state)
{
	struct guest_config cfg = classic("echo");
	struct kit_units k;
	struct unit *u;
	pid_t first;

	(void)state;
	cfg.on_crash = ACTION_RESTART;
	u = open_running(&k, &cfg, false);
	first = u->guest.model.pid;
	kill_model(u);
	kit_units_tick(&k, clock_ns());
	crashed(&k, "restarting");
	kit_units_jobs(&k);
	wait_while(&k, UNIT_CONNECTING);
	assert_int_equal(u->state, UNIT_RUNNING);
	assert_int_not_equal(u->guest.model.pid, first);
	assert_int_equal(u->guest.domid, 2);
	assert_int_equal(u->restarts, 1);
	assert_non_null(strstr(kit_units_said(&k), "web: restarted as domain 2 ("));

	/* A guest that reboots gets a new one as well, and the old one is ended. */
	first = u->guest.model.pid;
	fake_shutdown(2, SHUTDOWN_reboot);
	kit_units_look(&k, 0); /* its last words are waited for */
	assert_int_equal(u->state, UNIT_RUNNING);
	usleep(300000);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	assert_int_equal(kill(first, 0), -1);
	wait_while(&k, UNIT_CONNECTING);
	assert_int_equal(u->guest.domid, 3);
	assert_int_not_equal(u->guest.model.pid, first);
	assert_true(u->guest.model.pid > 0);
	close_units(&k);
}

/* A domain that is kept is one that has crashed, and does not run. */
static void test_dies_preserve(void **state)
{
	struct guest_config cfg = classic("echo");
	struct kit_units k;
	struct unit *u;
	struct err e;

	(void)state;
	cfg.on_crash = ACTION_PRESERVE;
	u = open_running(&k, &cfg, false);
	kill_model(u);
	tick(&k);
	crashed(&k, "preserved");
	assert_int_equal(u->state, UNIT_PRESERVED);
	assert_true(fake_domain(1)->there && fake_domain(1)->shut_down);
	assert_int_equal(fake_domain(1)->reason, SHUTDOWN_crash);
	/* The model's end of the console is closed: nothing is polled for ever. */
	assert_int_equal(u->guest.model.console_fd, -1);
	tick(&k);
	kit_units_look(&k, 0);
	said(&k, "");
	assert_int_equal(u->state, UNIT_PRESERVED);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_ENDED);
	assert_int_equal(fake_domains(), 0);
	close_units(&k);

	/* One that can't be stopped: said. */
	u = open_running(&k, &cfg, false);
	kill_model(u);
	fake_fail_call("xc_domain_shutdown", 1, EPERM);
	tick(&k);
	assert_non_null(strstr(kit_units_said(&k),
			       "earlydom: web: cannot stop domain 1: Operation not permitted\n"));
	assert_int_equal(u->state, UNIT_PRESERVED);
	close_units(&k);
}

/* While it was asked to stop: it is not going to any more. */
static void test_dies_stopping(void **state)
{
	struct guest_config cfg = classic("echo");
	struct kit_units k;
	struct unit *u;
	struct err e;

	(void)state;
	cfg.on_crash = ACTION_RESTART;
	cfg.extra = (char *)(uintptr_t) "console=hvc0";
	u = open_running(&k, &cfg, false);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, clock_ns(), &e), 0);
	kill_model(u);
	tick(&k);
	crashed(&k, "destroyed");
	assert_int_equal(u->state, UNIT_ENDED);
	close_units(&k);
}

/* A toolstack that destroys a guest pauses it, ends its model, and destroys the domain then. */
static void test_toolstack(void **state)
{
	struct guest_config cfg = classic("echo");
	struct kit_units k;
	struct unit *u;

	(void)state;
	cfg.on_crash = ACTION_RESTART;
	u = open_running(&k, &cfg, true);
	xc_domain_pause(k.host.xch, 1);
	kill_model(u);
	tick(&k);
	said(&k, "");
	assert_int_equal(u->state, UNIT_RUNNING);
	fake_destroy(1);
	tick(&k);
	said(&k, "");
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	said(&k, "earlydom: web: domain 1 was destroyed by somebody else\n");
	assert_int_equal(u->state, UNIT_ENDED);
	assert_int_equal(u->restarts, 0);
	assert_int_equal(u->guest.model.state, DEVMODEL_NONE);
	close_units(&k);

	/* Without its model: that is ended here. */
	u = open_running(&k, &cfg, false);
	{
		const pid_t pid = u->guest.model.pid;

		fake_destroy(1);
		kit_units_look(&k, 0);
		kit_units_jobs(&k);
		assert_int_equal(u->state, UNIT_ENDED);
		gone(pid);
	}
	close_units(&k);
}

/* A model that ends because its guest has powered off has not crashed it. */
static void test_powered_off(void **state)
{
	struct guest_config cfg = classic("echo");
	struct kit_units k;
	struct unit *u;

	(void)state;
	cfg.on_crash = ACTION_RESTART;
	u = open_running(&k, &cfg, false);
	fake_shutdown(1, SHUTDOWN_poweroff);
	kill_model(u);
	tick(&k);
	said(&k, "");
	kit_units_look(&k, 0);
	usleep(300000);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	said(&k, "earlydom: web: domain 1 powered off; destroyed\n");
	close_units(&k);
}

/* ---- its end ---- */

static void test_destroy(void **state)
{
	struct guest_config cfg = classic("echo");
	struct kit_units k;
	struct unit *u = open_running(&k, &cfg, false);
	const pid_t pid = u->guest.model.pid;
	struct err e;

	(void)state;
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_DESTROY, clock_ns(), &e), 0);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_ENDED);
	assert_int_equal(fake_domains(), 0);
	gone(pid);
	close_units(&k);
}

/* The supervisor ends: guest and model go on. */
static void test_leave(void **state)
{
	struct guest_config cfg = classic("stubborn");
	struct kit_units k;
	struct unit *u = open_running(&k, &cfg, false);
	const pid_t pid = u->guest.model.pid;

	(void)state;
	kit_units_close(&k);
	assert_true(fake_domain(1)->running);
	assert_int_equal(kill(pid, 0), 0);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	fake_reset();
}

/* A guest that is somebody else's now: its model is still a child of ours, and is heard and ended.
 */
static void test_released(void **state)
{
	struct guest_config cfg = classic("echo");
	struct kit_units k;
	struct unit *u;
	struct err e;
	pid_t pid;

	(void)state;
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	kit_units_store(&k);
	kit_units_consoled(&k);
	kit_units_start(&k);
	kit_units_jobs(&k);
	wait_while(&k, UNIT_CONNECTING);
	u = &k.all.list[0];
	assert_int_equal(u->state, UNIT_RUNNING);
	KIT_CHECK(unit_event(&k.all, u, EVENT_ASK_RELEASE, clock_ns(), &e) == 0, "%s", e.msg);
	assert_int_equal(u->state, UNIT_RELEASED);
	pid = u->guest.model.pid;
	assert_int_equal(kill(pid, 0), 0);
	kit_units_said(&k);
	tick(&k);
	kit_units_look(&k, 0);
	assert_int_equal(u->state, UNIT_RELEASED);

	/* The nodes of what has the same uuid now are not ours to remove. */
	fake_destroy(1);
	fake_store_write("/vm/77656200-0000-0000-0000-000000000000", "other");
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	said(&k, "earlydom: web: domain 1 was destroyed by somebody else\n");
	assert_int_equal(u->state, UNIT_ENDED);
	gone(pid);
	assert_non_null(fake_store_read("/vm/77656200-0000-0000-0000-000000000000"));
	fake_store_remove("/vm/77656200-0000-0000-0000-000000000000");
	close_units(&k);

	/* Its model's end is its new owner's to see. */
	fake_reset();
	kit_units_open(&k, &cfg, 1);
	kit_units_store(&k);
	kit_units_consoled(&k);
	kit_units_start(&k);
	kit_units_jobs(&k);
	wait_while(&k, UNIT_CONNECTING);
	u = &k.all.list[0];
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_RELEASE, clock_ns(), &e), 0);
	kit_units_said(&k);
	kill_model(u);
	tick(&k);
	said(&k, "");
	assert_int_equal(u->state, UNIT_RELEASED);
	assert_true(fake_domain(1)->running);
	close_units(&k);
}

/* ---- its console ---- */

/* Ticks until the file holds the text. */
static void wait_for(struct kit_units *k, const char *file, const char *text)
{
	char buf[4096];

	for (unsigned i = 0; i < 500; i++) {
		while (unit_console(&k->all, &k->all.list[0]))
			;
		if (strstr(kit_read(file, buf, sizeof(buf)), text))
			return;
		usleep(2000);
	}
	fail_msg("%s has no '%s': %s", file, text, buf);
}

/* What is typed goes to the serial port, and what comes from there is the console's output. */
static void test_console(void **state)
{
	struct guest_config cfg = classic("echo");
	struct kit_units k;
	struct unit *u = open_running(&k, &cfg, false);
	char buf[16];

	(void)state;
	assert_int_equal(unit_type(&k.all, u, "hello\n", 6), 6);
	wait_for(&k, "run/console/web.log", "hello\n");
	wait_for(&k, "echo", "hello");
	assert_int_equal(fake_typed(1, buf, sizeof(buf)), 0);
	/* hvc0 is heard as well. */
	fake_print(1, "from hvc0\n");
	wait_for(&k, "run/console/web.log", "from hvc0\n");
	assert_int_equal(unit_type_hvc(&k.all, u, "x", 1), 1);
	assert_int_equal(fake_typed(1, buf, sizeof(buf)), 1);
	/* When the model has closed it there is hvc0 alone. */
	kill_model(u);
	assert_int_equal(unit_type(&k.all, u, "y", 1), 0);
	assert_int_equal(unit_console(&k.all, u), 0);
	assert_int_equal(u->guest.model.console_fd, -1);
	assert_int_equal(unit_type(&k.all, u, "y", 1), 1);
	assert_int_equal(fake_typed(1, buf, sizeof(buf)), 1);
	close_units(&k);
}

static void test_last_words(void **state)
{
	struct guest_config cfg = classic("echo");
	struct kit_units k;
	struct unit *u = open_running(&k, &cfg, false);
	char text[64];

	(void)state;
	assert_int_equal(unit_type(&k.all, u, "bye\n", 4), 4);
	fake_shutdown(1, SHUTDOWN_poweroff);
	kit_units_look(&k, 0);
	assert_int_equal(u->state, UNIT_RUNNING);
	usleep(300000);
	kit_units_look(&k, 0);
	kit_units_jobs(&k);
	assert_int_equal(u->state, UNIT_ENDED);
	assert_string_equal(kit_read("run/console/web.log", text, sizeof(text)), "bye\n");
	close_units(&k);
}

/* SysRq is for hvc0: on a serial port it is a BREAK. */
static void test_stop(void **state)
{
	static const char *const without[] = {NULL, "console=ttyS0",
					      "console=hvc0,115200 xconsole=hvc0"};
	struct guest_config cfg = classic("echo");
	const uint64_t t = 1000 * NS_PER_S;
	char buf[16] = "", text[64];
	struct kit_units k;
	struct unit *u;
	struct err e;

	(void)state;
	cfg.extra = (char *)(uintptr_t) "console=ttyS0 console=hvc0 quiet";
	u = open_running(&k, &cfg, false);
	assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, t, &e), 0);
	unit_tick(&k.all, u, t + 2 * NS_PER_S);
	assert_int_equal(fake_typed(1, buf, sizeof(buf)), 6);
	assert_string_equal(buf, "\x0fs\x0fu\x0f"
				 "b");
	usleep(100000);
	unit_console_drain(&k.all, u);
	assert_string_equal(kit_read("run/console/web.log", text, sizeof(text)), "");
	close_units(&k);

	for (unsigned i = 0; i < 3; i++) {
		cfg.extra = (char *)(uintptr_t)without[i];
		u = open_running(&k, &cfg, false);
		assert_int_equal(unit_event(&k.all, u, EVENT_ASK_STOP, t, &e), -1);
		assert_string_equal(e.msg,
				    "web can't be asked to shut down: it is in no store, and takes "
				    "no SysRq without console=hvc0 on its command line; `earlydom "
				    "destroy` ends it");
		assert_int_equal(u->state, UNIT_RUNNING);
		assert_int_equal(u->state, UNIT_RUNNING);
		close_units(&k);
	}

	/* With a store it is asked there. */
	u = open_running(&k, &cfg, true);
	KIT_CHECK(unit_event(&k.all, u, EVENT_ASK_STOP, t, &e) == 0, "%s", e.msg);
	kit_units_jobs(&k);
	assert_string_equal(fake_store_read("/local/domain/1/control/shutdown"), "poweroff");
	close_units(&k);
}

/* ---- the store comes later ---- */

static int find_store(void *arg, struct err *e)
{
	struct kit_units *k = arg;

	(void)e;
	kit_units_store(k);
	return 0;
}

static void test_hand_over(void **state)
{
	struct guest_config cfg = classic("echo");
	char want[32];
	struct kit_units k;
	struct unit *u = open_running(&k, &cfg, false);
	struct err e;

	(void)state;
	k.all.find_store = find_store;
	k.all.find_store_arg = &k;
	KIT_CHECK(kit_units_hand_over(&k, &e) == 0, "%s", e.msg);
	snprintf(want, sizeof(want), "%d", (int)u->guest.model.pid);
	assert_string_equal(fake_store_read("/local/domain/1/image/device-model-pid"), want);
	/* Its serial port is still heard. */
	assert_int_equal(unit_type(&k.all, u, "still\n", 6), 6);
	wait_for(&k, "run/console/web.log", "still\n");
	close_units(&k);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_ready),     cmocka_unit_test(test_qemu),
		cmocka_unit_test(test_qemu_late),     cmocka_unit_test(test_no_store),
		cmocka_unit_test(test_fails),         cmocka_unit_test(test_not_kept),
		cmocka_unit_test(test_dies),          cmocka_unit_test(test_dies_restart),
		cmocka_unit_test(test_end_wakes),     cmocka_unit_test(test_dies_preserve),
		cmocka_unit_test(test_dies_stopping), cmocka_unit_test(test_toolstack),
		cmocka_unit_test(test_powered_off),   cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_leave),         cmocka_unit_test(test_released),
		cmocka_unit_test(test_console),       cmocka_unit_test(test_last_words),
		cmocka_unit_test(test_stop),          cmocka_unit_test(test_hand_over),
		cmocka_unit_test(test_back_end),      cmocka_unit_test(test_back_end_without_store),
	};

	if (argv[0][0] == '@')
		return fake_model(argc, argv);
	return cmocka_run_group_tests(tests, begin, kit_end);
}
