/*
 * earlydom boot: select the guests, hand them to the supervisor, and wait until it has tried them
 * all.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xen/xen.h>

#include "builder/host/rundir.h"
#include "commands.h"
#include "builder/host/host.h"
#include "builder/host/limits.h"
#include "builder/host/own_root.h"
#include "builder/choose/select.h"
#include "builder/choose/sources.h"
#include "builder/image/direct.h"
#include "builder/supervise/supervise.h"
#include "builder/supervise/worker.h"
#include "base/text_file.h"

#define CONFIG_DIR     "/etc/earlydom"
#define KERNEL_CMDLINE "/proc/cmdline"
#define CMDLINE_MAX    4096 /* more than any kernel keeps, for --cmdline */

struct boot {
	const char *config_dir, *cmdline_file, *rundir, *sysroot;
	bool verbose, paused;
	char *cmdline_text;
	struct cmdline cmdline;
	struct sources sources;
	struct selection selection;
	struct diag diag;
};

static const char usage_text[] =
	"boot [-c DIR] [-l FILE] [-p] [-v]\n\n"
	"  -c, --config DIR    descriptors NAME.cfg are here (" CONFIG_DIR ")\n"
	"  -l, --cmdline FILE  the kernel command line (" KERNEL_CMDLINE ")\n"
	"  -p, --paused        build the guests, and leave them paused\n"
	"  -v, --verbose       show what Xen's libraries say";

/* Returns EXIT_OK to go on, or the status to end with. After --help that is EXIT_OK, too: then
 * *over is set. */
static int parse_options(struct boot *b, int argc, char **argv, bool *over)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"cmdline", required_argument, NULL, 'l'},
		{"paused", no_argument, NULL, 'p'},       {"verbose", no_argument, NULL, 'v'},
		{"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "c:l:pvh", options, NULL)) != -1) {
		switch (c) {
		case 'c':
			b->config_dir = optarg;
			break;
		case 'l':
			b->cmdline_file = optarg;
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

/*
 * A command line that may have lost its end is refused: the missing part may have said which guests
 * are wanted. Whoever passes it on to dom0 cuts it without a word where it is too long.
 */
static int check_length(const struct boot *b, size_t len)
{
	static const struct {
		size_t size; /* bytes, the NUL included */
		const char *whose;
	} kept[] = {
		{MAX_GUEST_CMDLINE, "Xen keeps of a pv dom0's"},
		{LINUX_CMDLINE_MAX, "Linux keeps"},
	};

	if (len > CMDLINE_MAX) {
		fprintf(stderr,
			"earlydom: kernel command line %s: it has more than %d characters; no "
			"guest is started\n",
			b->cmdline_file, CMDLINE_MAX);
		return -1;
	}
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (len != kept[i].size - 1)
			continue;
		fprintf(stderr,
			"earlydom: kernel command line %s: it has %zu characters, as many as %s, "
			"so "
			"that its end may be missing; no guest is started (make it shorter)\n",
			b->cmdline_file, len, kept[i].whose);
		return -1;
	}
	return 0;
}

/* Which guests are wanted, and what each is to be. Everything wrong with it is printed here, all at
 * once. */
static int choose_guests(struct boot *b)
{
	size_t len;

	b->cmdline_text = text_file_read(b->cmdline_file, CMDLINE_MAX + 2, &len);
	if (!b->cmdline_text) {
		fprintf(stderr, "earlydom: cannot read the kernel command line %s: %s\n",
			b->cmdline_file, strerror(errno));
		return -1;
	}
	if (len && b->cmdline_text[len - 1] == '\n')
		len--;
	if (check_length(b, len) < 0)
		return -1;
	cmdline_parse(b->cmdline_text, &b->cmdline, &b->diag);
	sources_read_dir(b->config_dir, &b->sources, &b->diag);
	select_guests(b->sources.v, b->sources.n, &b->cmdline, &b->selection, &b->diag);
	diag_print(&b->diag, stderr, "earlydom: ");
	return 0;
}

/*
 * systemd leaves processes alone whose argv[0] begins with '@' when it kills what is left of the
 * initramfs (its "root storage daemons" convention).
 */
static void rename_process(int argc, char **argv)
{
	static const char name[] = "@earlydom";
	char *start = argv[-1]; /* the kernel lays the arguments out one behind the other */
	const size_t size = (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) + 1 - start);

	memset(start, 0, size);
	memcpy(start, name, size > sizeof(name) ? sizeof(name) : size - 1);
	prctl(PR_SET_NAME, "earlydom");
}

/* The vcpus that dom0, or taskset, lets this process run on. */
static unsigned usable_vcpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : (unsigned)CPU_COUNT(&set);
}

static uint64_t memory_mib(void)
{
	struct sysinfo info;

	return sysinfo(&info) < 0 ? 0 : ((uint64_t)info.totalram * info.mem_unit) >> 20;
}

static int run_supervisor(const struct boot *b, int status_fd)
{
	struct own_root own_root;
	const struct supervise_options o = {
		.rundir = b->rundir,
		.own_root = &own_root,
		.store = b->cmdline.store_off  ? STORE_NEVER
			 : b->cmdline.store_on ? STORE_ALWAYS
					       : STORE_IF_THERE,
		.bridges = b->cmdline.bridges,
		.nr_bridges = b->cmdline.nr_bridges,
		.workers = worker_number(usable_vcpus(), memory_mib(), b->selection.n),
		.verbose = b->verbose,
		.paused = b->paused,
		.echo = b->cmdline.echo,
		.bounded = true,
		.wait_s = cmdline_wait_s(&b->cmdline),
		.others = b->selection.others,
		.nr_others = b->selection.nr_others,
		.status_fd = status_fd,
	};
	struct err e;
	int rc;

	setsid();
	if (limits_raise(&e) < 0)
		fprintf(stderr, "earlydom: the supervisor %s\n", e.msg);
	if (chdir("/") < 0)
		rc = err_set(&e, "cannot go to /: %s", strerror(errno));
	else
		rc = own_root_make(&own_root, &e);
	if (rc < 0) {
		fprintf(stderr, "earlydom: %s\n", e.msg);
		return EXIT_FAILED;
	}
	rc = supervise(b->selection.guests, b->selection.n, b->selection.bad, &o, &e);
	if (rc < 0)
		fprintf(stderr, "earlydom: %s\n", e.msg);
	own_root_close(&own_root);
	return rc < 0 ? EXIT_FAILED : EXIT_OK;
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
	/* An end without a word: the supervisor could not begin, and has said why. */
	return n == 1 && status == 0 ? EXIT_OK : EXIT_FAILED;
}

static int start(struct boot *b, int argc, char **argv)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
		fprintf(stderr, "earlydom: cannot start the supervisor: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	if (pid == 0) {
		close(fds[0]);
		rename_process(argc, argv);
		exit(run_supervisor(b, fds[1]));
	}
	close(fds[1]);
	return wait_for_boot(fds[0], cmdline_wait_s(&b->cmdline));
}

int command_boot(int argc, char **argv)
{
	struct boot b = {
		.config_dir = CONFIG_DIR,
		.cmdline_file = KERNEL_CMDLINE,
		.rundir = RUNDIR,
		.sysroot = "",
	};
	bool over = false;
	int rc = parse_options(&b, argc, argv, &over);
	struct err e;

	if (rc != EXIT_OK || over)
		return rc;
	rc = EXIT_FAILED;
	if (choose_guests(&b) < 0)
		goto out;
	if (host_probe(b.sysroot, &e) < 0) {
		fprintf(stderr, "earlydom: %s\n", e.msg);
		goto out;
	}
	rc = start(&b, argc, argv);
	if (b.diag.n)
		rc = EXIT_FAILED;
out:
	selection_free(&b.selection);
	sources_free(&b.sources);
	cmdline_free(&b.cmdline);
	diag_free(&b.diag);
	free(b.cmdline_text);
	return rc;
}
