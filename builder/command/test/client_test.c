/*
 * list, report, console, stop, destroy, release and handover, as commands against a supervisor in a
 * process of its own, whose guests answer their console as Linux does.
 */
#include "builder/fake/daemons.h"
#include "builder/fake/fake_store.h"
#include "builder/fake/kit.h"
#include "builder/supervise/control.h"

#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen/sched.h>

#include "builder/command/commands.h"
#include "builder/supervise/supervise.h"

static pid_t supervisor;

/* The guests: "web" powers off when asked to, as domain 1 and as 4, "deaf" does not listen. Each
 * greets its console. */
static void *live(void *arg)
{
	static char seen[16];
	bool greeted[10] = {false};
	char c;

	(void)arg;
	for (;; usleep(1000)) {
		/* Somebody starts a store and a xenconsoled. */
		if (access("store", F_OK) == 0)
			fake_daemons_start();
		for (uint32_t id = 1; id < 10; id++) {
			if (!fake_domain_runs(id))
				continue;
			if (!greeted[id])
				fake_print(id, "login: ");
			greeted[id] = true;
			while ((id == 1 || id == 4) && fake_typed(id, &c, 1) == 1) {
				memmove(seen, seen + 1, sizeof(seen) - 1);
				seen[sizeof(seen) - 1] = c;
				if (!memcmp(seen + 10, "\x0fs\x0fu\x0fo", 6))
					fake_shutdown(id, SHUTDOWN_poweroff);
				else if (c == '\n')
					fake_print(id, "heard you\n");
			}
		}
	}
	return NULL;
}

static void supervisor_process(int status_fd)
{
	struct guest_config cfgs[4] = {kit_config("web", GUEST_PV), kit_config("deaf", GUEST_PVH),
				       kit_config("lost", GUEST_PV), kit_config("kept", GUEST_PVH)};
	const struct supervise_options o = {.rundir = "run", .status_fd = status_fd, .workers = 1};
	pthread_t thread;
	struct err e;
	sigset_t set;

	freopen("supervisor.log", "w", stderr);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	cfgs[2].kernel = (char *)(uintptr_t) "/no\"where\\k";
	fake_reset();
	fake_daemons()->on = true;
	if (pthread_create(&thread, NULL, live, NULL) != 0 || supervise(cfgs, 4, 0, &o, &e) < 0)
		_exit(1);
	_exit(fake_leaks(stderr, false) ? 2 : 0);
}

static int begin(void **state)
{
	unsigned char byte;
	int fds[2];

	if (kit_begin(state) < 0 || chdir(kit_path("")) < 0 || pipe(fds) < 0)
		return -1;
	supervisor = fork();
	if (supervisor == 0)
		supervisor_process(fds[1]);
	close(fds[1]);
	return read(fds[0], &byte, 1) == 1 && byte == 1 ? 0 : -1;
}

static int end(void **state)
{
	int status = -1;

	kill(supervisor, SIGTERM);
	waitpid(supervisor, &status, 0);
	if (status != 0) {
		print_error("the supervisor ended with %x\n", (unsigned)status);
		return -1;
	}
	return kit_end(state);
}

static struct kit_output o;

static int run(int (*command)(int, char **), const char *a, const char *b, const char *c,
	       const char *d)
{
	const char *argv[] = {a, b, c, d, NULL};

	kit_command(command, argv, &o);
	return o.status;
}

/* Digits that differ from run to run become '#'. */
static void blur_build_time(char *text, const char *before)
{
	char *p;

	while ((p = strstr(text, before))) {
		char *from = p + strlen(before), *to = from + strspn(from, "0123456789");

		p[0] = '~';
		if (to > from) {
			*from = '#';
			memmove(from + 1, to, strlen(to) + 1);
		}
	}
}

static void test_list(void **state)
{
	char *p;

	(void)state;
	assert_int_equal(run(command_list, "list", NULL, NULL, NULL), EXIT_OK);
	assert_string_equal(o.err, "");
	/* As wide as what is in it. */
	assert_memory_equal(o.out, "NAME ID IMAGE TYPE MiB VCPUS STATE   RESTARTS ", 46);
	assert_non_null(
		strstr(o.out, " BUILD CAUSE\nweb   1 linux pv    64     1 running        0 "));
	assert_non_null(strstr(o.out, "\nlost  - linux pv    64     1 failed         0 "));
	assert_non_null(strstr(o.out, "    - cannot read kernel /no\"where\\k: No such file or "
				      "directory\n"));
	assert_int_equal(run(command_list, "list", "--json", NULL, NULL), EXIT_OK);
	blur_build_time(o.out, "\"build_ms\": ");
	p = strstr(o.out, ", \"longest_turn_us\": ");
	assert_non_null(p);
	assert_true(strtoull(p + 21, NULL, 10) > 0);
	for (; p; p = strstr(o.out, ", \"longest_turn_us\": "))
		memmove(p, strchr(p, '}'), strlen(strchr(p, '}')) + 1);
	p = strstr(o.out, "\n  {\"name\": \"deaf\"");
	assert_non_null(p);
	assert_string_equal(
		o.out,
		"[\n"
		"  {\"name\": \"web\", \"domid\": 1, \"image\": \"linux\", \"type\": \"pv\", "
		"\"memory\": 64, \"vcpus\": 1, \"state\": \"running\", \"restarts\": 0, "
		"~build_ms\": #, \"failed_starts\": 0, \"retry_s\": null, \"cause\": null},\n"
		"  {\"name\": \"deaf\", \"domid\": 2, \"image\": \"linux\", \"type\": \"pvh\", "
		"\"memory\": 64, \"vcpus\": 1, \"state\": \"running\", \"restarts\": 0, "
		"~build_ms\": #, \"failed_starts\": 0, \"retry_s\": null, \"cause\": null},\n"
		"  {\"name\": \"lost\", \"domid\": null, \"image\": \"linux\", \"type\": \"pv\", "
		"\"memory\": 64, \"vcpus\": 1, \"state\": \"failed\", \"restarts\": 0, "
		"~build_ms\": null, \"failed_starts\": 0, \"retry_s\": null, \"cause\": \"cannot "
		"read kernel /no\\\"where\\\\k: No such "
		"file or directory\"},\n"
		"  {\"name\": \"kept\", \"domid\": 3, \"image\": \"linux\", \"type\": \"pvh\", "
		"\"memory\": 64, \"vcpus\": 1, \"state\": \"running\", \"restarts\": 0, "
		"~build_ms\": #, \"failed_starts\": 0, \"retry_s\": null, \"cause\": null}\n"
		"]\n");
}

/* What list prints on a terminal of so many columns. */
static const char *on_terminal(unsigned short width)
{
	static char text[4096];
	const struct winsize size = {.ws_row = 24, .ws_col = width};
	const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), saved = dup(1);
	char *argv[] = {(char *)(uintptr_t) "list", NULL};
	size_t len = 0;
	ssize_t n;
	int slave;

	assert_true(master >= 0 && saved >= 0);
	assert_int_equal(grantpt(master) || unlockpt(master), 0);
	slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(slave >= 0);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
	fflush(stdout);
	dup2(slave, 1);
	optind = 1;
	assert_int_equal(command_list(1, argv), EXIT_OK);
	fflush(stdout);
	dup2(saved, 1);
	close(saved);
	close(slave);
	/* All of it: a terminal hands on in pieces, until nobody has its other end any more. */
	while (len < sizeof(text) - 1 && (n = read(master, text + len, sizeof(text) - 1 - len)) > 0)
		len += (size_t)n;
	assert_true(len > 0);
	text[len] = '\0';
	close(master);
	return text;
}

/* The lines of a text have at most that many characters, and one has that many. */
static void widest(const char *text, size_t width)
{
	size_t most = 0;

	while (*text) {
		const size_t len = strcspn(text, "\r\n");

		most = len > most ? len : most;
		text += len + strspn(text + len, "\r\n");
	}
	assert_int_equal(most, width);
}

static void test_terminal(void **state)
{
	const char *text = on_terminal(80);

	(void)state;
	widest(text, 80);
	assert_non_null(strstr(text, " cannot read kernel"));
	assert_non_null(strstr(text, "...\r\n"));
	assert_null(strstr(text, "No such file"));
	text = on_terminal(200);
	assert_non_null(strstr(text, "No such file or directory\r\n"));
	assert_null(strstr(text, "..."));
	/* All but the cause is there however narrow it is. */
	text = on_terminal(20);
	assert_non_null(strstr(text, " failed "));
	assert_null(strstr(text, "cannot read"));
	/* One that does not say. */
	assert_non_null(strstr(on_terminal(0), "No such file or directory\r\n"));
}

static void test_report(void **state)
{
	char svg[65536];

	(void)state;
	assert_int_equal(run(command_report, "report", NULL, NULL, NULL), EXIT_OK);
	assert_string_equal(o.err, "");
	assert_memory_equal(o.out, "NAME                     at/ms     read     wait ", 48);
	assert_non_null(strstr(o.out, "  running\ndeaf "));
	assert_non_null(strstr(o.out, "  failed\nkept "));
	assert_non_null(strstr(o.out, "\nearlydom began "));
	assert_non_null(strstr(o.out, ", and had tried every guest after "));
	assert_non_null(strstr(o.out, "\nthe longest turn of its loop was "));
	assert_int_equal(run(command_report, "report", "--json", NULL, NULL), EXIT_OK);
	assert_memory_equal(o.out, "{\n    \"began_us\": ", 18);
	assert_non_null(strstr(o.out, "\"phase\": \"unpause\""));
	assert_int_equal(run(command_report, "report", "--svg", "boot.svg", NULL), EXIT_OK);
	assert_string_equal(o.out, "");
	kit_read("boot.svg", svg, sizeof(svg));
	assert_non_null(strstr(svg, ">deaf</text>"));
	assert_non_null(strstr(svg, "</svg>\n"));
	assert_int_equal(run(command_report, "report", "--svg", "no/boot.svg", NULL), EXIT_FAILED);
	assert_string_equal(o.err,
			    "earlydom: cannot write no/boot.svg: No such file or directory\n");
	assert_int_equal(run(command_report, "report", "web", NULL, NULL), EXIT_USAGE);
	assert_string_equal(o.err, "usage: earlydom report [--json] [--svg FILE]\n");
	assert_int_equal(run(command_report, "report", "-h", NULL, NULL), EXIT_OK);
}

static void test_usage(void **state)
{
	(void)state;
	assert_int_equal(run(command_list, "list", "web", NULL, NULL), EXIT_USAGE);
	assert_string_equal(o.err, "usage: earlydom list [--json]\n");
	assert_int_equal(run(command_stop, "stop", NULL, NULL, NULL), EXIT_USAGE);
	assert_int_equal(run(command_stop, "stop", "-t", "0", "web"), EXIT_USAGE);
	assert_int_equal(run(command_stop, "stop", "-t", "1x", "web"), EXIT_USAGE);
	assert_int_equal(run(command_stop, "stop", "-t", "86401", "web"), EXIT_USAGE);
	assert_memory_equal(o.err, "usage: earlydom stop [-t SECONDS] [-f] NAME | --all\n", 52);
	assert_int_equal(run(command_stop, "stop", "--all", "web", NULL), EXIT_USAGE);
	assert_int_equal(run(command_start, "start", NULL, NULL, NULL), EXIT_USAGE);
	assert_string_equal(o.err, "usage: earlydom start NAME\n");
	assert_int_equal(run(command_start, "start", "--help", NULL, NULL), EXIT_OK);
	assert_int_equal(run(command_restart, "restart", "--all", NULL, NULL), EXIT_USAGE);
	assert_int_equal(run(command_restart, "restart", "-t", "x", "web"), EXIT_USAGE);
	assert_memory_equal(o.err, "usage: earlydom restart [-t SECONDS] [-f] NAME\n", 47);
	assert_int_equal(run(command_restart, "restart", "-h", NULL, NULL), EXIT_OK);
	assert_int_equal(run(command_destroy, "destroy", NULL, NULL, NULL), EXIT_USAGE);
	assert_int_equal(run(command_destroy, "destroy", "-f", NULL, NULL), EXIT_USAGE);
	assert_int_equal(run(command_console, "console", NULL, NULL, NULL), EXIT_USAGE);
	assert_int_equal(run(command_console, "console", "a", "b", NULL), EXIT_USAGE);
	assert_int_equal(run(command_release, "release", NULL, NULL, NULL), EXIT_USAGE);
	assert_string_equal(o.err, "usage: earlydom release NAME\n");
	assert_int_equal(run(command_handover, "handover", "web", NULL, NULL), EXIT_USAGE);
	assert_string_equal(o.err, "usage: earlydom handover\n");
	assert_int_equal(run(command_handover, "handover", "-h", NULL, NULL), EXIT_OK);
	assert_string_equal(o.out, "usage: earlydom handover\n");
}

static void test_unknown(void **state)
{
	char name[CONTROL_REQUEST_MAX + 1];

	(void)state;
	assert_int_equal(run(command_destroy, "destroy", "nobody", NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: no guest has the name nobody\n");
	assert_int_equal(run(command_console, "console", "nobody", NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: no guest has the name nobody\n");
	assert_int_equal(run(command_stop, "stop", "lost", NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: lost is not running\n");
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(run(command_stop, "stop", name, NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: the request is too long\n");
}

static void test_media(void **state)
{
	(void)state;
	assert_int_equal(run(command_media, "media", "web", "hdc", NULL), EXIT_USAGE);
	assert_int_equal(strncmp(o.err, "usage: earlydom media NAME VDEV FILE|eject\n", 42), 0);
	assert_int_equal(run(command_media, "media", "w b", "hdc", "eject"), EXIT_USAGE);
	assert_int_equal(run(command_media, "media", "web", "h c", "eject"), EXIT_USAGE);
	assert_int_equal(run(command_media, "media", "--help", NULL, NULL), EXIT_OK);
	assert_int_equal(strncmp(o.out, "usage: earlydom media NAME VDEV FILE|eject\n", 42), 0);
	assert_int_equal(run(command_media, "media", "web", "hdc", "eject"), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: web has no cdrom drive\n");
	assert_int_equal(run(command_media, "media", "nobody", "hdc", "LABEL=x"), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: no guest has the name nobody\n");
	assert_int_equal(run(command_media, "media", "web", "hdc", "no such"), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: no such: No such file or directory\n");
	assert_int_equal(run(command_media, "media", "web", "hdc", "kernel"), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: web has no cdrom drive\n");
	kit_text("a\nb", "");
	assert_int_equal(run(command_media, "media", "web", "hdc", "a\nb"), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: names must not have line breaks\n");
	unlink("a\nb");
}

/* Standard input is a pipe here: its end leaves the output on, until the guest's end. */
static void *type_and_destroy(void *arg)
{
	const int fd = *(int *)arg;
	struct err e;
	char c;
	int s;

	if (write(fd, "hello\n", 6) != 6)
		abort();
	close(fd);
	usleep(300 * 1000);
	/* The supervisor answers others meanwhile; its end is that of the console. */
	s = control_connect("run", &e);
	if (s < 0 || write(s, "list\n", 5) != 5 || read(s, &c, 1) != 1)
		abort();
	close(s);
	kill(getpid(), SIGUSR1);
	return NULL;
}

static void test_console(void **state)
{
	int fds[2], saved = dup(0);
	pthread_t thread;
	pid_t reader;
	char text[256];
	int status;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	reader = fork();
	if (reader == 0) {
		dup2(fds[0], 0);
		close(fds[1]);
		close(fds[0]);
		dup2(open("console.out", O_WRONLY | O_CREAT | O_TRUNC, 0600), 1);
		_exit(command_console(2, (char *[]){(char *)(uintptr_t) "console",
						    (char *)(uintptr_t) "web", NULL}));
	}
	close(fds[0]);
	signal(SIGUSR1, SIG_IGN);
	assert_int_equal(pthread_create(&thread, NULL, type_and_destroy, &fds[1]), 0);
	pthread_join(thread, NULL);
	kit_read("console.out", text, sizeof(text));
	assert_string_equal(text, "login: heard you\n");
	assert_int_equal(waitpid(reader, &status, WNOHANG), 0); /* it listens on */
	kill(reader, SIGTERM);
	waitpid(reader, &status, 0);
	close(saved);
}

static void test_stop(void **state)
{
	(void)state;
	assert_int_equal(run(command_stop, "stop", "-t", "1", "deaf"), EXIT_FAILED);
	assert_memory_equal(o.err, "earlydom: deaf: not ended within 1 s: ", 38);
	assert_int_equal(run(command_destroy, "destroy", "deaf", NULL, NULL), EXIT_OK);
	assert_string_equal(o.err, "");
	assert_int_equal(run(command_destroy, "destroy", "deaf", NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: deaf is not running\n");

	assert_int_equal(run(command_stop, "stop", "web", NULL, NULL), EXIT_OK);
	assert_string_equal(o.err, "");
	assert_int_equal(run(command_list, "list", NULL, NULL, NULL), EXIT_OK);
	assert_non_null(strstr(o.out, " ended "));
	assert_null(strstr(o.out, "web   1 "));
	assert_non_null(strstr(o.out, "stopped on request"));
	assert_non_null(strstr(o.out, "destroyed on request"));
}

static void test_start(void **state)
{
	(void)state;
	assert_int_equal(run(command_start, "start", "nobody", NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: no guest has the name nobody\n");
	assert_int_equal(run(command_start, "start", "lost", NULL, NULL), EXIT_FAILED);
	assert_memory_equal(o.err, "earlydom: cannot read kernel /no", 32);
	assert_int_equal(run(command_start, "start", "web", NULL, NULL), EXIT_OK);
	assert_string_equal(o.err, "");
	assert_int_equal(run(command_start, "start", "web", NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: web is running already\n");
	assert_int_equal(run(command_list, "list", NULL, NULL, NULL), EXIT_OK);
	assert_non_null(strstr(o.out, "\nweb   4 linux pv    64     1 running "));
}

static void test_restart(void **state)
{
	const char *forced[] = {"restart", "-f", "-t", "1", "deaf", NULL};

	(void)state;
	assert_int_equal(run(command_restart, "restart", "web", NULL, NULL), EXIT_OK);
	assert_string_equal(o.err, "");
	/* One that does not run is only started. */
	assert_int_equal(run(command_restart, "restart", "deaf", NULL, NULL), EXIT_OK);
	assert_int_equal(run(command_restart, "restart", "-t", "1", "deaf"), EXIT_FAILED);
	assert_memory_equal(o.err, "earlydom: deaf: not ended within 1 s: it may", 44);
	kit_command(command_restart, forced, &o);
	assert_int_equal(o.status, EXIT_OK);
	assert_string_equal(o.err, "earlydom: deaf: not ended within 1 s: it is destroyed\n");
	assert_int_equal(run(command_list, "list", NULL, NULL, NULL), EXIT_OK);
	assert_non_null(strstr(o.out, "\nweb   5 linux pv    64     1 running "));
	assert_non_null(strstr(o.out, "\ndeaf  7 linux pvh   64     1 running "));
}

static void test_stop_all(void **state)
{
	const char *forced[] = {"stop", "-f", "-t", "1", "--all", NULL};

	(void)state;
	assert_int_equal(run(command_stop, "stop", "-t", "1", "-a"), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: not ended: web, deaf\n");
	kit_command(command_stop, forced, &o);
	assert_int_equal(o.status, EXIT_OK);
	assert_string_equal(o.err, "");
	/* All have ended already. */
	assert_int_equal(run(command_stop, "stop", "--all", NULL, NULL), EXIT_OK);
}

static void test_given_away(void **state)
{
	int fd;

	(void)state;
	assert_int_equal(run(command_release, "release", "kept", NULL, NULL), EXIT_FAILED);
	assert_memory_equal(o.err, "earlydom: kept would stop when its console is full", 50);
	assert_int_equal(run(command_handover, "handover", NULL, NULL, NULL), EXIT_FAILED);
	assert_string_equal(
		o.err, "earlydom: no xenstored runs (/run/xenstored/socket does not answer)\n");
	fd = open("store", O_WRONLY | O_CREAT, 0600);
	close(fd);
	for (unsigned i = 0; i < 1000 && run(command_handover, "handover", NULL, NULL, NULL); i++)
		usleep(10000);
	assert_int_equal(o.status, EXIT_OK);
	assert_string_equal(o.err, "");
	assert_int_equal(run(command_console, "console", "kept", NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: the console of kept is served by xenconsoled: `xl "
				   "console kept`\n");
	assert_int_equal(run(command_release, "release", "kept", NULL, NULL), EXIT_OK);
	assert_string_equal(o.err, "");
	assert_int_equal(run(command_list, "list", NULL, NULL, NULL), EXIT_OK);
	assert_non_null(strstr(o.out, "\nkept  3 linux pvh   64     1 released        0 "));
	assert_int_equal(run(command_stop, "stop", "kept", NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err, "earlydom: kept was released: it is not earlydom's any more\n");
}

/* A supervisor that says something, or nothing, and closes the connection. */
struct closing {
	int listen_fd;
	const char *says;
	bool reads; /* the request, before that */
};

static void *take_and_close(void *arg)
{
	const struct closing *s = arg;
	const int fd = accept(s->listen_fd, NULL, NULL);
	char request[64];

	if (fd < 0 || (s->reads && read(fd, request, sizeof(request)) <= 0) ||
	    write(fd, s->says, strlen(s->says)) < 0)
		abort();
	close(fd);
	return NULL;
}

static void from_closing(struct closing s, int (*command)(int, char **), const char *a,
			 const char *b, const char *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "run/control"};
	pthread_t thread;

	s.listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	unlink(at.sun_path);
	assert_int_equal(bind(s.listen_fd, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(s.listen_fd, 1), 0);
	assert_int_equal(pthread_create(&thread, NULL, take_and_close, &s), 0);
	assert_int_equal(run(command, a, b, NULL, NULL), EXIT_FAILED);
	pthread_join(thread, NULL);
	close(s.listen_fd);
	assert_string_equal(o.err, err);
}

static void test_closed(void **state)
{
	static const char not_ended[] =
		"earlydom: web: the supervisor has closed the connection, and has not said that "
		"the guest ended: it has ended itself, or was too busy (`earlydom list`)\n";
	static const char closed[] = "earlydom: the supervisor has closed the connection\n";
	static const char odd[] =
		"earlydom: the supervisor gave an answer that is not understood\n";
	static const char many[] = "earlydom: too many connections\n";
	const struct closing silent = {.says = "", .reads = true};
	const struct closing within = {.says = "web\t1\tlin", .reads = true};
	const struct closing full = {.says = "error: too many connections\n"};

	(void)state;
	assert_int_equal(rename("run", "run.away"), 0);
	assert_int_equal(mkdir("run", 0700), 0);
	from_closing(silent, command_stop, "stop", "web", not_ended);
	from_closing(silent, command_destroy, "destroy", "web", not_ended);
	from_closing(within, command_stop, "stop", "web", not_ended);
	from_closing(silent, command_release, "release", "web", closed);
	from_closing(silent, command_console, "console", "web", closed);
	from_closing(silent, command_report, "report", NULL, closed);
	from_closing(within, command_list, "list", NULL, odd);
	from_closing(within, command_report, "report", NULL, odd);
	/* One that has no room for a client says so before it is asked. */
	from_closing(full, command_list, "list", NULL, many);
	from_closing(full, command_report, "report", NULL, many);
	from_closing(full, command_stop, "stop", "web", many);
	assert_int_equal(unlink("run/control"), 0);
	assert_int_equal(rmdir("run"), 0);
	assert_int_equal(rename("run.away", "run"), 0);
}

static void test_no_supervisor(void **state)
{
	(void)state;
	assert_int_equal(rename("run", "run.away"), 0);
	assert_int_equal(run(command_report, "report", NULL, NULL, NULL), EXIT_FAILED);
	assert_int_equal(run(command_list, "list", NULL, NULL, NULL), EXIT_FAILED);
	assert_string_equal(o.err,
			    "earlydom: no supervisor is running (run/control does not answer)\n");
	assert_int_equal(rename("run.away", "run"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),       cmocka_unit_test(test_terminal),
		cmocka_unit_test(test_report),     cmocka_unit_test(test_usage),
		cmocka_unit_test(test_unknown),    cmocka_unit_test(test_media),
		cmocka_unit_test(test_console),    cmocka_unit_test(test_stop),
		cmocka_unit_test(test_start),      cmocka_unit_test(test_restart),
		cmocka_unit_test(test_given_away), cmocka_unit_test(test_stop_all),
		cmocka_unit_test(test_closed),     cmocka_unit_test(test_no_supervisor),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
