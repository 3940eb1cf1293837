/*
 * earlydom-model: the device model of a vmx guest that needs a serial port and nothing else.
 * See earlydom-model(8).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "args.h"
#include "base/close_files.h"
#include "builder/guest/model_uid.h"
#include "config.h"
#include "config_jail.h"
#include "filter.h"
#include "powers.h"
#include "serve.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

/* What it was started with. */
struct settings {
	struct model_args args;
	int ready;         /* to be closed when it is ready; or -1 */
	bool unrestricted; /* it may go on where it can't be restricted to its domain */
	uid_t uid;         /* who it becomes */
	struct config_answer answer;
};

/* What is opened later must not land where standard input and output are looked for. */
static int fill_standard_fds(struct err *e)
{
	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", O_RDWR | O_CLOEXEC) != fd)
			return err_set(e, "cannot open /dev/null: %s", strerror(errno));
	}
	return 0;
}

/*
 * Closes what else it was started with: the event channels' device (EARLYDOM_EVTCHN_FD), which is
 * not used here, leads to other domains' channels. *ready moves behind the first three.
 */
static int close_others(int *ready, struct err *e)
{
	const int first = STDERR_FILENO + 1;

	if (*ready > first && dup3(*ready, first, O_CLOEXEC) < 0)
		return err_set_errno(e, errno, "EARLYDOM_READY_FD=%d", *ready);
	if (*ready >= 0)
		*ready = first;
	if (close_files(*ready < 0 ? first : first + 1) < 0)
		return err_set_errno(e, errno, "cannot close files");
	return 0;
}

static int set_nonblocking(int fd, struct err *e)
{
	const int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_set(e, "descriptor %d: %s", fd, strerror(errno));
	return 0;
}

/* SIGTERM and SIGINT become a descriptor; a reader that is gone, and a file that is full, are no
 * signals at all. A SIGTERM that was blocked before is not meant for this process: earlydom has
 * done that, because systemd sends one to all when it leaves the initramfs. */
static int open_signals(struct err *e)
{
	sigset_t set, before;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, &before) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
	    signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return err_set(e, "cannot block signals: %s", strerror(errno));
	if (sigismember(&before, SIGTERM))
		sigdelset(&set, SIGTERM);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_set(e, "cannot open a signalfd: %s", strerror(errno));
	return fd;
}

/* Everything is open: nothing else is needed any more. */
static int drop_rights(struct server *s, uid_t uid, bool unrestricted, struct err *e)
{
	if (server_restrict(s, e) < 0) {
		if (!unrestricted)
			return -1;
		model_say("%s; it goes on (EARLYDOM_RESTRICT=0)", e->msg);
	}
	return powers_give_up(uid, e);
}

static int start(struct model *m, const struct settings *set, struct err *e)
{
	struct port_range ranges[BOARD_RANGES];
	const domid_t domid = m->server.domid;
	int rc;

	if (drop_rights(&m->server, set->uid, set->unrestricted, e) < 0)
		return -1;
	board_ranges(&m->board, ranges);
	rc = server_start(&m->server, ranges, BOARD_RANGES, e);
	if (rc == SERVER_GONE)
		return err_set(e, "domain %u: there is no such domain", domid);
	/* From here on it only serves, and the guest does not run yet. */
	return rc ? rc : filter_enter(&filter_serving, e);
}

static int run(const struct settings *set, struct model *m, struct err *e)
{
	const struct model_config *c = &set->answer.config;
	const int sigfd = open_signals(e);
	int rc = -1;

	if (sigfd < 0)
		return -1;
	if (set_nonblocking(STDIN_FILENO, e) < 0 || set_nonblocking(STDOUT_FILENO, e) < 0)
		goto out;
	model_init(m, c->port, c->io_rate);
	m->irq = c->irq;
	m->in = STDIN_FILENO;
	output_init(&m->out, STDOUT_FILENO);
	rc = server_open(&m->server, set->args.domid, e);
	if (!rc)
		rc = start(m, set, e);
	if (rc)
		goto out_server;
	model_say("domain %u: serial port 0x%x, irq %u, %u vcpu%s", set->args.domid, c->port,
		  c->irq, m->server.vcpus, m->server.vcpus == 1 ? "" : "s");
	if (set->ready >= 0)
		close(set->ready);
	rc = model_serve(m, sigfd, e);
out_server:
	server_close(&m->server);
out:
	close(sigfd);
	return rc;
}

static int open_log(const struct model_config *c, struct bounded_log *log)
{
	struct diag d = {0};
	const size_t errors = model_config_open_log(c, log, &d);

	diag_print(&d, DIAG_ERRORS, stderr, "earlydom-model: ");
	diag_free(&d);
	return errors ? -1 : 0;
}

/* Says what is wrong with a configuration: lines, the last of which may be cut. */
static void say_errors(const char *said)
{
	const size_t len = strlen(said);

	fprintf(stderr, "%s%s", said, len && said[len - 1] != '\n' ? "\n" : "");
}

static int fail(const struct err *e)
{
	model_say("%s", e->msg);
	return EXIT_FAILED;
}

static int usage(const struct err *e)
{
	model_say("%s", e->msg);
	fprintf(stderr, "usage: " ARGS_USAGE "\n");
	return EXIT_USAGE;
}

static int serve(struct settings *set)
{
	struct model *m = calloc(1, sizeof(*m));
	int rc = EXIT_FAILED;
	struct err e;

	if (!m) {
		err_set_errno(&e, ENOMEM, "cannot start");
		return fail(&e);
	}
	m->log.fd = -1;
	if (open_log(&set->answer.config, &m->log) == 0)
		rc = run(set, m, &e) < 0 ? fail(&e) : EXIT_OK;
	bounded_log_close(&m->log);
	free(m);
	return rc;
}

/* Its configuration, and who it is going to be. */
static int configure(struct settings *set, struct err *e)
{
	const uid_t own = MODEL_UID_BASE + set->args.domid;

	if (config_jail_read(set->args.config, own, &set->answer, e) < 0)
		return -1;
	set->uid = set->answer.config.uid ? set->answer.config.uid : own;
	return 0;
}

static int take_environment(struct settings *set, struct err *e)
{
	if (model_ready_fd(getenv("EARLYDOM_READY_FD"), &set->ready, e) < 0 ||
	    model_may_be_unrestricted(getenv("EARLYDOM_RESTRICT"), &set->unrestricted, e) < 0 ||
	    fill_standard_fds(e) < 0)
		return -1;
	return close_others(&set->ready, e);
}

int main(int argc, char **argv)
{
	static struct settings set;
	struct err e;

	if (model_args(argc, argv, &set.args, &e) < 0)
		return usage(&e);
	if (set.args.help) {
		printf("usage: " ARGS_USAGE "\n");
		return EXIT_OK;
	}
	if (take_environment(&set, &e) < 0)
		return fail(&e);
	if (set.args.vnc)
		model_say("-v %.40s: there is no display, this is ignored", set.args.vnc);
	if (configure(&set, &e) < 0)
		return fail(&e);
	if (set.answer.errors) {
		say_errors(set.answer.said);
		return EXIT_FAILED;
	}
	return serve(&set);
}
