/*
 * earlydom-model: the device model of a vmx guest that needs a serial port and nothing else.
 * See earlydom-model(8).
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "args.h"
#include "config.h"
#include "serve.h"

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

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

static int set_nonblocking(int fd, struct err *e)
{
	const int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_set(e, "descriptor %d: %s", fd, strerror(errno));
	return 0;
}

/* SIGTERM and SIGINT become a descriptor; a reader that is gone is no signal at all. */
static int open_signals(struct err *e)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return err_set(e, "cannot block signals: %s", strerror(errno));
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return err_set(e, "cannot open a signalfd: %s", strerror(errno));
	return fd;
}

/* Everything is open: nothing else is needed any more. */
static int drop_rights(struct server *s, uid_t uid, struct err *e)
{
	if (server_restrict(s, e) < 0)
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(e, "cannot give up new privileges: %s", strerror(errno));
	if (uid && (setgroups(0, NULL) < 0 || setgid((gid_t)uid) < 0 || setuid(uid) < 0))
		return err_set(e, "cannot become user %lu: %s", (unsigned long)uid,
			       strerror(errno));
	return 0;
}

static int start(struct model *m, const struct model_config *c, struct err *e)
{
	struct port_range ranges[BOARD_RANGES];
	const domid_t domid = m->server.domid;
	int rc;

	if (drop_rights(&m->server, c->uid, e) < 0)
		return -1;
	board_ranges(&m->board, ranges);
	rc = server_start(&m->server, ranges, BOARD_RANGES, e);
	if (rc == SERVER_GONE)
		return err_set(e, "domain %u: there is no such domain", domid);
	return rc;
}

static int run(const struct model_args *args, const struct model_config *c, int ready,
	       struct model *m, struct err *e)
{
	const int sigfd = open_signals(e);
	int rc = -1;

	if (sigfd < 0)
		return -1;
	if (set_nonblocking(STDIN_FILENO, e) < 0 || set_nonblocking(STDOUT_FILENO, e) < 0)
		goto out;
	model_init(m, c->port);
	m->irq = c->irq;
	m->in = STDIN_FILENO;
	output_init(&m->out, STDOUT_FILENO);
	rc = server_open(&m->server, args->domid, e);
	if (!rc)
		rc = start(m, c, e);
	if (rc)
		goto out_server;
	model_say("domain %u: serial port 0x%x, irq %u, %u vcpu%s", args->domid, c->port, c->irq,
		  m->server.vcpus, m->server.vcpus == 1 ? "" : "s");
	if (ready >= 0)
		close(ready);
	rc = model_serve(m, sigfd, e);
out_server:
	server_close(&m->server);
out:
	close(sigfd);
	return rc;
}

static int read_config(const char *file, struct model_config *c, struct bounded_log *log)
{
	struct diag d = {0};
	size_t errors = model_config_read(file, c, &d);

	if (!errors)
		errors = model_config_open_log(c, log, &d);
	diag_print(&d, DIAG_ERRORS, stderr, "earlydom-model: ");
	diag_free(&d);
	return errors ? -1 : 0;
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

int main(int argc, char **argv)
{
	struct model_args args;
	struct model_config config = {0};
	struct model *m = NULL;
	struct err e;
	int ready, rc = EXIT_FAILED;

	if (model_args(argc, argv, &args, &e) < 0)
		return usage(&e);
	if (args.help) {
		printf("usage: " ARGS_USAGE "\n");
		return EXIT_OK;
	}
	if (model_ready_fd(getenv("EARLYDOM_READY_FD"), &ready, &e) < 0 ||
	    fill_standard_fds(&e) < 0)
		return fail(&e);
	if (args.vnc)
		model_say("-v %.40s: there is no display, this is ignored", args.vnc);
	m = calloc(1, sizeof(*m));
	if (!m) {
		err_set(&e, "%s", strerror(ENOMEM));
		return fail(&e);
	}
	m->log.fd = -1;
	if (read_config(args.config, &config, &m->log) < 0)
		goto out;
	rc = run(&args, &config, ready, m, &e) < 0 ? fail(&e) : EXIT_OK;
out:
	bounded_log_close(&m->log);
	model_config_free(&config);
	free(m);
	return rc;
}
