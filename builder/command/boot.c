/*
 * earlydom boot: select the guests, start the keeper, which starts the supervisor, and wait until
 * every guest has been tried.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/write_all.h"
#include "builder/host/host.h"
#include "builder/host/own_root.h"
#include "builder/host/release.h"
#include "builder/host/rundir.h"
#include "builder/keeper/heart.h"
#include "builder/keeper/keeper.h"
#include "builder/keeper/kept.h"
#include "builder/keeper/ledger.h"
#include "builder/supervise/adopt.h"
#include "builder/supervise/control.h"
#include "chosen.h"
#include "commands.h"
#include "process.h"

#define KERNEL_CMDLINE "/proc/cmdline"

struct boot {
	const char *config_dir, *cmdline_file, *rundir, *sysroot;
	bool verbose, paused, adopt;
	int inputs; /* what a supervisor is to begin with: a file of memory, or the kept one */
	struct chosen chosen;
};

static const char usage_text[] =
	"boot [-c DIR] [-l FILE] [-p] [-v]\n"
	"       earlydom boot --adopt\n\n"
	"  -c, --config DIR    descriptors NAME.cfg are here (" CONFIG_DIR ")\n"
	"  -l, --cmdline FILE  the kernel command line (" KERNEL_CMDLINE ")\n"
	"  -a, --adopt         only go on with guests whose supervisor has ended\n"
	"  -p, --paused        build the guests, and leave them paused\n"
	"  -v, --verbose       show what Xen's libraries say";

/* Returns EXIT_OK to go on, or the status to end with. After --help that is EXIT_OK, too: then
 * *over is set. */
static int parse_options(struct boot *b, int argc, char **argv, bool *over)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"cmdline", required_argument, NULL, 'l'},
		{"paused", no_argument, NULL, 'p'},
		{"verbose", no_argument, NULL, 'v'},
		{"adopt", no_argument, NULL, 'a'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:l:apvh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			b->config_dir = optarg;
			break;
		case 'l':
			b->cmdline_file = optarg;
			break;
		case 'a':
			b->adopt = true;
			break;
		case 'p':
			b->paused = true;
			break;
		case 'v':
			b->verbose = true;
			break;
		case 'h':
			*over = true;
			return command_help(usage_text);
		default:
			return command_usage(usage_text);
		}
	}
	return optind == argc ? EXIT_OK : command_usage(usage_text);
}

/* ---- what the supervisor begins with ---- */

/* A file of memory, which needs no room in /run and no root. */
static int memory_file(const char *text, size_t len)
{
	const int fd = memfd_create("earlydom inputs", MFD_CLOEXEC);

	if (fd >= 0 && write_all(fd, text, len))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

#define PATH_SIZE 256

static void path_in(const char *rundir, const char *name, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/%s", rundir, name);
}

/* And one in /run, for when the supervisor and its keeper have both ended. */
static void write_file(const char *rundir, const char *text, size_t len)
{
	char path[PATH_SIZE], new[PATH_SIZE];
	int fd;

	path_in(rundir, INPUTS_FILE, path);
	path_in(rundir, INPUTS_FILE ".new", new);
	if (mkdir(rundir, 0755) < 0 && errno != EEXIST)
		return;
	fd = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || !write_all(fd, text, len) || rename(new, path) < 0)
		fprintf(stderr,
			"earlydom: cannot write %s: %s; guests can't be adopted if the supervisor "
			"and its keeper both end\n",
			path, strerror(errno));
	if (fd >= 0)
		close(fd);
}

static int keep_inputs(struct boot *b, struct err *e)
{
	size_t len;
	char *text;

	b->chosen.in.verbose = b->verbose;
	b->chosen.in.paused = b->paused;
	text = inputs_write(&b->chosen.in, &len, e);
	if (!text)
		return -1;
	b->inputs = memory_file(text, len);
	if (b->inputs < 0)
		err_set(e, "cannot keep what the guests were chosen from: %s", strerror(errno));
	else
		write_file(b->rundir, text, len);
	free(text);
	return b->inputs < 0 ? -1 : 0;
}

static int open_in(const char *rundir, const char *name)
{
	char path[PATH_SIZE];

	path_in(rundir, name, path);
	return open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
}

/*
 * Whether guests of an earlier supervisor are there, with what that one had of them. Returns 1 or
 * 0, or -1 with e set: what it has left can't be read, and its guests may run.
 */
static int find_adoptable(struct boot *b, struct err *e)
{
	const int state = open_in(b->rundir, LEDGER_FILE);
	struct ledger l;
	struct host h;
	int rc;

	if (state < 0)
		return 0;
	if (ledger_open(&l, -1, state, e) < 0)
		return err_prefix(e, "%s/" LEDGER_FILE ": ", b->rundir);
	rc = host_open(&h, false, e);
	if (rc == 0) {
		rc = adopt_wanted(&l, &h);
		host_close(&h);
	}
	ledger_close(&l);
	if (rc <= 0)
		return rc;
	b->inputs = open_in(b->rundir, INPUTS_FILE);
	if (b->inputs >= 0)
		return 1;
	return err_set(e, "guests of an earlier supervisor run, but not what they were: %s/%s: %s",
		       b->rundir, INPUTS_FILE, strerror(errno));
}

/* Of guests that are over nothing is to be known any more. */
static void forget_state(const char *rundir)
{
	char path[PATH_SIZE];

	path_in(rundir, LEDGER_FILE, path);
	unlink(path);
}

/* ---- processes ---- */

/* The child that becomes the keeper. Returns only with e set. */
static int become_keeper(struct boot *b, int status_fd, struct err *e)
{
	struct own_root own_root;
	struct kept kept;
	int heart, program;

	setsid();
	if (chdir("/") < 0)
		return err_set(e, "cannot go to /: %s", strerror(errno));
	program = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (program < 0)
		return err_set(e, "cannot open /proc/self/exe: %s", strerror(errno));
	heart = heart_make(e);
	if (heart < 0 || own_root_make(&own_root, e) < 0)
		return -1;
	kept_init(&kept, -1);
	kept_hold(&kept, KEPT_PROGRAM, program);
	kept_hold(&kept, KEPT_HEART, heart);
	kept_hold(&kept, KEPT_ROOT, own_root.dir);
	kept_hold(&kept, PROCESS_INPUTS, b->inputs);
	kept_hold(&kept, PROCESS_STATUS, status_fd);
	return keeper_become(&kept, e);
}

/* What the supervisor may take until it has seen that the time is over. */
#define WORD_MS 5000

/* Waits for the supervisor's word that every guest has been tried, or that the boot may go on
 * without that. One that does not say so in time is stuck itself. */
static int wait_for_boot(int fd, unsigned wait_s)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	unsigned char status;
	ssize_t n;

	do
		n = poll(&p, 1, (int)wait_s * 1000 + WORD_MS);
	while (n < 0 && errno == EINTR);
	if (n == 0) {
		fprintf(stderr,
			"earlydom: the supervisor does not say how far the guests are; dom0's boot "
			"goes on after %u s\n",
			wait_s + WORD_MS / 1000);
		return EXIT_FAILED;
	}
	do
		n = read(fd, &status, 1);
	while (n < 0 && errno == EINTR);
	/* An end without a word: the supervisor was told to end, or could not begin and has said
	 * why. */
	return n == 1 && status == 0 ? EXIT_OK : EXIT_FAILED;
}

static int start(struct boot *b)
{
	int fds[2];
	struct err e;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		fprintf(stderr, "earlydom: cannot start the supervisor: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	if (pid == 0) {
		become_keeper(b, fds[1], &e);
		fprintf(stderr, "earlydom: %s\n", e.msg);
		_exit(EXIT_FAILED);
	}
	close(fds[1]);
	return wait_for_boot(fds[0], cmdline_wait_s(&b->chosen.cmdline));
}

/* Returns 0, or -1 with e set: nothing can be started. */
static int prepare(struct boot *b, struct err *e)
{
	const int other = control_connect(b->rundir, e);
	struct err none;
	int rc;

	if (other >= 0) {
		close(other);
		return err_set(e, "another earlydom is running (%s/control answers)", b->rundir);
	}
	rc = host_probe(b->sysroot, &none) < 0 ? 0 : find_adoptable(b, e);
	if (rc < 0)
		return -1;
	if (rc) {
		fprintf(stderr,
			"earlydom: guests of an earlier supervisor are there: they are adopted, "
			"with what they were started from\n");
		return 0;
	}
	if (b->adopt)
		return err_set(e, "there are no guests to adopt");
	/* What is wrong with descriptors is said whatever the host is. */
	if (chosen_read(&b->chosen, b->cmdline_file, b->config_dir, e) < 0 ||
	    host_probe(b->sysroot, e) < 0)
		return -1;
	forget_state(b->rundir);
	return keep_inputs(b, e);
}

int command_boot(int argc, char **argv)
{
	struct boot b = {
		.config_dir = CONFIG_DIR,
		.cmdline_file = KERNEL_CMDLINE,
		.rundir = RUNDIR,
		.sysroot = "",
		.inputs = -1,
	};
	bool over = false;
	int rc = parse_options(&b, argc, argv, &over);
	struct err e;

	if (rc != EXIT_OK || over)
		return rc;
	if (release_enter(b.sysroot, argv, &e) < 0)
		fprintf(stderr, "earlydom: %s\n", e.msg);
	rc = EXIT_FAILED;
	if (prepare(&b, &e) < 0)
		fprintf(stderr, "earlydom: %s\n", e.msg);
	else
		rc = start(&b);
	if (diag_count(&b.chosen.diag))
		rc = EXIT_FAILED;
	chosen_free(&b.chosen);
	return rc;
}
