#include "devmodel.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "classic_args.h"
#include "base/clock.h"
#include "base/pidfd.h"
#include "builder/guest/guest.h"
#include "builder/keeper/kept.h"
#include "devmodel_files.h"
#include "devmodel_powers.h"
#include "devmodel_process.h"
#include "builder/store/nodes.h"
#include "builder/store/store.h"
#include "qemu_pci.h"
#include "qemu_start.h"
#include "volume_links.h"

/* A classic device model that does not know the ready pipe is ready when it has lived so long. */
#define LIVED_NS NS_PER_S
/* How much of the log is taken at one look, in units of 4 KiB. */
#define DRAIN_MAX 32

#define LINE_MAX_SHOWN 200

int devmodels_open(struct devmodels *s, const struct rundir *run, const char *rundir,
		   const struct own_root *r, struct err *e)
{
	*s = (struct devmodels){.own_root = r, .dev = "/dev/xen", .dir = -1};
	if (snprintf(s->empty, sizeof(s->empty), "%s/model/empty", rundir) >= (int)sizeof(s->empty))
		return err_set_errno(e, ENAMETOOLONG, "cannot make %.100s...", rundir);
	if (mkdirat(run->dir, "model", 0755) < 0 && errno != EEXIST)
		return err_set_errno(e, errno, "cannot make the directory %.300s/model", rundir);
	s->dir = openat(run->dir, "model", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->dir < 0)
		return err_set_errno(e, errno, "cannot open the directory %.300s/model", rundir);
	if (mkdirat(s->dir, "empty", 0) == 0 || errno == EEXIST)
		return 0;
	err_set_errno(e, errno, "cannot make the directory %.300s", s->empty);
	devmodels_close(s);
	return -1;
}

void devmodels_close(struct devmodels *s)
{
	if (s->dir >= 0)
		close(s->dir);
	s->dir = -1;
}

/* ---- files that outlive the supervisor ---- */

#define KEPT_NAME_MAX (CONFIG_NAME_MAX + 64)

static void keep(const struct devmodel *m, const char *what, int fd)
{
	char name[KEPT_NAME_MAX];

	snprintf(name, sizeof(name), "model %s %s", m->guest, what);
	kept_hold(m->kept, name, fd);
}

static int take(const struct devmodel *m, const char *what)
{
	char name[KEPT_NAME_MAX];

	snprintf(name, sizeof(name), "model %s %s", m->guest, what);
	return kept_take(m->kept, name);
}

static void unkeep(const struct devmodel *m, const char *what)
{
	char name[KEPT_NAME_MAX];

	if (!m->guest)
		return;
	snprintf(name, sizeof(name), "model %s %s", m->guest, what);
	kept_drop(m->kept, name);
}

static void keep_files(const struct devmodel *m)
{
	if (m->process_fd >= 0)
		keep(m, "process", m->process_fd);
	if (m->said_fd >= 0)
		keep(m, "said", m->said_fd);
	if (m->ready_fd >= 0)
		keep(m, "ready", m->ready_fd);
	if (m->console_fd >= 0)
		keep(m, "console", m->console_fd);
	if (m->xce)
		keep(m, "channels", xenevtchn_fd(m->xce));
}

static void unkeep_files(const struct devmodel *m)
{
	unkeep(m, "process");
	unkeep(m, "said");
	unkeep(m, "ready");
	unkeep(m, "console");
	unkeep(m, "channels");
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* All but the process and its nodes. */
static void close_files(struct devmodel *m)
{
	close_fd(&m->process_fd);
	close_fd(&m->said_fd);
	close_fd(&m->ready_fd);
	close_fd(&m->console_fd);
	bounded_log_close(&m->log);
	if (m->xce)
		xenevtchn_close(m->xce);
	m->xce = NULL;
	m->port = 0;
}

/* ---- the nodes ---- */

/* As with the domain's other nodes: what a failing store does not remove stays. */
static void remove_nodes(const struct guest *g, struct host *h)
{
	struct nodes n = {.domid = g->domid};
	struct err ignored;

	if (!h->xsh || g->domid == NO_DOMAIN || !guest_config_has_model(g->cfg))
		return;
	nodes_remove(&n, "/local/domain/0/device-model/%" PRIu32, g->domid);
	nodes_remove(&n, "/local/domain/%" PRIu32 "/image/device-model-pid", g->domid);
	nodes_write(&n, &ignored);
	nodes_free(&n);
}

/* Makes its directory anew: a device model of an earlier domain with this domid may have left one.
 */
static int write_directory(const struct guest *g, struct err *e)
{
	struct nodes n = {.domid = g->domid};
	char dir[64];
	int rc;

	snprintf(dir, sizeof(dir), "/local/domain/0/device-model/%" PRIu32, g->domid);
	nodes_remove(&n, "%s", dir);
	nodes_add(&n, NODE_INHERITS, dir, NULL, "%s", "");
	rc = nodes_write(&n, e);
	nodes_free(&n);
	return rc;
}

/* By which a toolstack ends it (libxl_dm.c, libxl__destroy_device_model). */
static int write_pid(const struct devmodel *m, const struct guest *g, struct host *h, struct err *e)
{
	struct nodes n = {.domid = g->domid};
	char dir[64];
	int rc;

	if (!h->xsh || !g->in_store)
		return 0;
	snprintf(dir, sizeof(dir), "/local/domain/%" PRIu32, g->domid);
	nodes_add(&n, NODE_INHERITS, dir, "image/device-model-pid", "%ld", (long)m->pid);
	rc = nodes_write(&n, e);
	nodes_free(&n);
	return rc;
}

/* ---- the start ---- */

static int cannot_start(const struct guest *g, struct err *e)
{
	return err_set_errno(e, errno, "cannot start device model %.200s",
			     model_program_of(g->cfg));
}

/* A pipe from the child to here. Reading from it never blocks. */
static int make_pipe(int *here, int *there)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	*here = fds[0];
	*there = fds[1];
	return fcntl(fds[0], F_SETFL, O_NONBLOCK);
}

static int make_log(struct devmodel *m, const struct guest *g, const struct devmodels *s,
		    int *there, struct err *e)
{
	if (bounded_log_open(&m->log, s->dir, g->cfg->name, e) < 0)
		return err_set_errno(e, errno, "cannot write the log of its device model, %s.log",
				     g->cfg->name);
	return make_pipe(&m->said_fd, there) < 0 ? cannot_start(g, e) : 0;
}

/* Each file of the child's is in h->fds as soon as it is open, so that it can't be forgotten. */
static int make_classic_files(struct devmodel *m, const struct guest *g, struct model_handed *h,
			      struct err *e)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return cannot_start(g, e);
	m->console_fd = pair[0];
	h->fds[0] = h->fds[1] = pair[1];
	h->n = 5;
	if (fcntl(m->console_fd, F_SETFL, O_NONBLOCK) < 0 ||
	    make_pipe(&m->ready_fd, &h->fds[3]) < 0)
		return cannot_start(g, e);
	h->fds[4] = xenevtchn_fd(m->xce);
	return 0;
}

static int make_qemu_files(const struct guest *g, struct model_handed *h, struct err *e)
{
	h->fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	h->fds[1] = h->fds[2];
	return h->fds[0] < 0 ? cannot_start(g, e) : 0;
}

/* h has what is behind the first of its files. */
static int run(struct devmodel *m, const struct guest *g, const struct devmodels *s,
	       struct model_program *p, struct model_handed *h, struct err *e)
{
	const bool classic = !guest_config_runs_qemu(g->cfg);
	int rc = -1;

	if (make_log(m, g, s, &h->fds[2], e) < 0)
		goto out;
	if ((classic ? make_classic_files(m, g, h, e) : make_qemu_files(g, h, e)) < 0)
		goto out;
	p->path = model_program_of(g->cfg);
	p->fds = h->fds;
	p->nr_fds = h->n;
	p->own_root = s->own_root;
	m->began = clock_ns();
	m->pid = devmodel_process_start(s->starter, p, e);
	if (m->pid > 0) {
		m->process_fd = pidfd_of(m->pid);
		m->process_began = devmodel_process_began(m->pid);
		keep_files(m);
		rc = 0;
	} else {
		m->pid = 0;
	}
out:
	model_handed_close(h);
	return rc;
}

static int open_channel(struct devmodel *m, const struct guest *g, struct err *e)
{
	xenevtchn_port_or_error_t port;

	m->xce = xenevtchn_open(NULL, 0);
	if (!m->xce)
		return err_set_errno(e, errno, "cannot open /dev/xen/evtchn");
	port = xenevtchn_bind_unbound_port(m->xce, g->domid);
	if (port < 0)
		return err_set_errno(e, errno, "cannot make the device model's event channel");
	m->port = (uint32_t)port;
	return 0;
}

static int start_classic(struct devmodel *m, const struct guest *g, const struct devmodels *s,
			 struct err *e)
{
	const char *config = g->cfg->model_config;
	struct argv argv = {0}, env = {0};
	int fd, rc = -1;

	if (!g->cfg->model_override)
		return err_set(e, "missing device model");
	if (!config)
		return err_set(e, "missing device config");
	/* Where the device model will look for it: by now it may be in the own root alone. */
	fd = s->own_root
		     ? openat(s->own_root->dir, config + strspn(config, "/"), O_RDONLY | O_CLOEXEC)
		     : open(config, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(e, errno, "cannot read device model config %.200s", config);
	close(fd);
	if (open_channel(m, g, e) < 0)
		return -1;
	argv_add(&env, MODEL_PATH);
	argv_add(&env, "EARLYDOM_READY_FD=3");
	argv_add(&env, "EARLYDOM_EVTCHN_FD=4");
	if (g->cfg->model_unrestricted)
		argv_add(&env, "EARLYDOM_RESTRICT=0");
	if (classic_args(g->cfg, g->domid, m->port, &argv, e) == 0 && argv_check(&env, e) == 0)
		rc = run(m, g, s,
			 &(struct model_program){
				 .argv = argv.v, .env = env.v, .limits = MODEL_LIMITS_CORE},
			 &(struct model_handed){.fds = {-1, -1, -1, -1, -1}, .n = 5, .own = 4}, e);
	argv_free(&argv);
	argv_free(&env);
	return rc;
}

static int start_qemu(struct devmodel *m, const struct guest *g, struct host *h,
		      const struct devmodels *s, struct err *e)
{
	struct qemu_starting k;
	int rc;

	if (!h->xsh)
		return err_set_passing(e, "its device model needs a store, and there is none");
	if (write_directory(g, e) < 0)
		return -1;
	rc = qemu_start_prepare(&k, m, g, s->own_root, s->dev, s->empty, e);
	if (rc == 0)
		rc = run(m, g, s, &k.program, &k.files, e);
	qemu_start_free(&k);
	return rc;
}

int devmodel_start(struct devmodel *m, const struct guest *g, struct host *h,
		   const struct devmodels *s, struct err *e)
{
	struct err ignored;
	int rc;

	devmodel_init(m);
	m->kept = s->kept;
	m->guest = g->cfg->name;
	m->dev = s->dev;
	m->starter = s->starter;
	if (!guest_config_has_model(g->cfg)) {
		m->state = DEVMODEL_READY;
		return 0;
	}
	m->state = DEVMODEL_STARTING;
	if (guest_config_runs_qemu(g->cfg))
		rc = start_qemu(m, g, h, s, e);
	else
		rc = start_classic(m, g, s, e);
	if (rc == 0)
		rc = write_pid(m, g, h, e);
	if (rc < 0)
		devmodel_end(m, g, h, &ignored);
	return rc;
}

/* ---- the watch ---- */

/* Takes what it has said, up to a bound. */
static void drain(struct devmodel *m)
{
	char buf[4096];
	ssize_t n;

	for (int i = 0; i < DRAIN_MAX && m->said_fd >= 0; i++) {
		n = read(m->said_fd, buf, sizeof(buf));
		if (n == 0)
			close_fd(&m->said_fd); /* it would be readable for ever */
		if (n <= 0)
			return;
		bounded_log_write(&m->log, buf, (size_t)n);
		m->said += (size_t)n;
	}
}

/* The last line that is none but blanks, with ": " in front; "" when it has said nothing. */
static void last_line(const struct devmodel *m, char *out, size_t size)
{
	char buf[1024], *p, *start;
	size_t n = m->said < sizeof(buf) - 1 ? m->said : sizeof(buf) - 1;

	*out = '\0';
	n = m->log.fd >= 0 ? bounded_log_tail(&m->log, buf, n) : 0;
	while (n && isspace((unsigned char)buf[n - 1]))
		n--;
	buf[n] = '\0';
	if (!n)
		return;
	start = strrchr(buf, '\n');
	start = start ? start + 1 : buf;
	for (p = start; *p; p++)
		if (!isprint((unsigned char)*p))
			*p = ' ';
	snprintf(out, size, ": %.*s", LINE_MAX_SHOWN, start + strspn(start, " "));
}

/* The cause, kept for later calls. */
static int over(struct devmodel *m, const struct guest *g, const char *how)
{
	char line[LINE_MAX_SHOWN + 3];

	last_line(m, line, sizeof(line));
	m->state = DEVMODEL_ENDED;
	return err_set_passing(&m->why, "device model %.150s %s%s", model_program_of(g->cfg), how,
			       line);
}

static int ended(struct devmodel *m, const struct guest *g, int status)
{
	const char *when = m->state == DEVMODEL_STARTING ? " before it was ready" : "";
	char how[100];

	m->pid = 0;
	drain(m);
	if (status == DEVMODEL_STATUS_UNKNOWN)
		snprintf(how, sizeof(how), "has ended%s", when);
	else if (WIFSIGNALED(status))
		snprintf(how, sizeof(how), "was ended by signal %d (%s)%s", WTERMSIG(status),
			 strsignal(WTERMSIG(status)), when);
	else
		snprintf(how, sizeof(how), "ended with status %d%s", WEXITSTATUS(status), when);
	return over(m, g, how);
}

static int late(struct devmodel *m, const struct guest *g)
{
	char how[64];

	snprintf(how, sizeof(how), "is not ready after %u s", g->cfg->device_timeout);
	return over(m, g, how);
}

/* Whether its node says that it runs. Returns 0 or 1, or -1 with e set. */
static int says_running(const struct guest *g, struct host *h, struct err *e)
{
	char node[64], *state;
	int runs;

	snprintf(node, sizeof(node), "/local/domain/0/device-model/%" PRIu32 "/state", g->domid);
	state = xs_read(h->xsh, XBT_NULL, node, NULL);
	if (!state)
		return errno == ENOENT ? 0 : store_error(e, "cannot read %s from the store", node);
	runs = !strcmp(state, "running");
	free(state);
	return runs;
}

static int qemu_ready(const struct devmodel *m, const struct guest *g, struct host *h,
		      struct err *e)
{
	const int runs = m->restricted ? 1 : says_running(g, h, e);

	if (runs <= 0 || !m->uid)
		return runs;
	return devmodel_process_has_uid(m->pid, m->uid);
}

/*
 * Whether a classic one is ready. It may have closed the pipe because it ends, which is seen a
 * little later: *has_ended and *status are set then.
 */
static bool classic_ready(const struct devmodel *m, bool *has_ended, int *status)
{
	char c;

	if (read(m->ready_fd, &c, 1) != 0)
		return clock_ns() - m->began >= LIVED_NS;
	if (!devmodel_process_exits(m->pid))
		return true;
	*has_ended = devmodel_process_ended(m->pid, m->process_fd, status);
	return false;
}

static int restrict_from_outside(const struct devmodel *m, const struct guest *g, struct err *e)
{
	/* One of root's has no root of its own, but mounts. */
	const bool covered = !m->uid && geteuid() == 0 && !g->cfg->model_unrestricted;

	int rc = model_restrict(m->starter, m->pid, m->process_fd, m->dev, g->domid, covered, e);

	/* Where the kernel can't do the one, the other is done all the same. */
	if (m->uid && !model_root_forget_hypervisor(m->pid) && rc == 0)
		rc = err_set_errno(e, errno, "cannot take privcmd out of its root");
	return rc;
}

/* By now QEMU has opened what it needs unrestricted. In a root of its own it finds no other. */
static bool take_powers_from_outside(struct devmodel *m, const struct guest *g)
{
	struct err e;

	if (!m->serves || qemu_has_pci(g->cfg))
		return true;
	if (restrict_from_outside(m, g, &e) == 0 || g->cfg->model_unrestricted)
		return true;
	/* Of one that ends there is nothing to be restricted; its own words tell why, next time. */
	if (devmodel_process_exits(m->pid))
		return false;
	m->state = DEVMODEL_ENDED;
	err_set(&m->why,
		"cannot restrict device model %.150s to its guest (" MODEL_UNRESTRICTED
		" goes without): %s",
		model_program_of(g->cfg), e.msg);
	return false;
}

/*
 * A classic one has had the time to take what channels it needs, and the guest does not run yet:
 * from here on the device that both have open is good for this guest alone. Ports that are bound
 * stay (IOCTL_EVTCHN_RESTRICT_DOMID in xen/evtchn.h). One that has done it itself can't be
 * restricted again (EACCES).
 */
static bool restrict_channels(struct devmodel *m, const struct guest *g)
{
	if (!m->xce || xenevtchn_restrict(m->xce, (domid_t)g->domid) == 0 || errno == EACCES ||
	    g->cfg->model_unrestricted)
		return true;
	m->state = DEVMODEL_ENDED;
	err_set_errno(&m->why, errno,
		      "cannot restrict device model %.150s to its guest (" MODEL_UNRESTRICTED
		      " goes without)",
		      model_program_of(g->cfg));
	return false;
}

static int look_starting(struct devmodel *m, const struct guest *g, struct host *h, struct err *e)
{
	const bool qemu = guest_config_runs_qemu(g->cfg);
	bool has_ended = false;
	int status = 0, ready;

	ready = qemu ? qemu_ready(m, g, h, e) : classic_ready(m, &has_ended, &status);
	if (ready < 0)
		return -1;
	if (has_ended) {
		ended(m, g, status);
	} else if (ready) {
		/* Whether it is restricted as its descriptor has it. */
		if (!restrict_channels(m, g) || !take_powers_from_outside(m, g))
			return 0;
		m->state = DEVMODEL_READY;
		unkeep(m, "ready");
		close_fd(&m->ready_fd);
	} else if (clock_ns() - m->began >= g->cfg->device_timeout * NS_PER_S) {
		late(m, g);
	}
	return 0;
}

int devmodel_look(struct devmodel *m, const struct guest *g, struct host *h,
		  enum devmodel_state *now, struct err *e)
{
	int status;

	drain(m);
	*now = m->state;
	if (m->pid && m->state != DEVMODEL_ENDED &&
	    devmodel_process_ended(m->pid, m->process_fd, &status))
		ended(m, g, status);
	if (m->state == DEVMODEL_STARTING && look_starting(m, g, h, e) < 0)
		return -1;
	*now = m->state;
	if (m->state != DEVMODEL_ENDED)
		return 0;
	*e = m->why;
	return -1;
}

void devmodel_explain(struct devmodel *m, const struct guest *g, struct err *e)
{
	struct pollfd end = {.fd = m->process_fd, .events = POLLIN};
	int status;

	if (!e->passing || !m->pid)
		return;
	poll(&end, 1, DEVMODEL_EXPLAIN_MS);
	if (!devmodel_process_ended(m->pid, m->process_fd, &status))
		return;
	ended(m, g, status);
	*e = m->why;
	err_prefix(e, "its ");
}

/* ---- the end ---- */

/* Gives back what the device model held, once its process is gone. */
static void give_back(struct devmodel *m)
{
	if (m->xce && m->port)
		xenevtchn_unbind(m->xce, m->port);
	unkeep_files(m);
	close_files(m);
	devmodel_init(m);
}

int devmodel_end(struct devmodel *m, const struct guest *g, struct host *h, struct err *e)
{
	int rc;

	/* It may be blocked in a write to the full pipe of its log. With the reading end closed
	 * that write fails. */
	drain(m);
	unkeep(m, "said");
	close_fd(&m->said_fd);
	if (m->state != DEVMODEL_NONE)
		remove_nodes(g, h);
	rc = m->pid ? devmodel_process_end(m->pid, m->process_fd, DEVMODEL_TERM_MS,
					   DEVMODEL_KILL_MS, e)
		    : 0;
	/* Also of one that stays: nobody comes back for them when it has ended after all. */
	if (guest_config_runs_qemu(g->cfg)) {
		qemu_sockets_remove(g);
		volume_links_remove("", g->cfg->name);
	}
	if (rc == 0)
		give_back(m);
	return rc;
}

bool devmodel_gone(struct devmodel *m)
{
	int status;

	if (m->pid && !devmodel_process_ended(m->pid, m->process_fd, &status))
		return false;
	give_back(m);
	return true;
}

int devmodel_handed_over(const struct devmodel *m, const struct guest *g, struct host *h,
			 struct err *e)
{
	return m->pid ? write_pid(m, g, h, e) : 0;
}

bool devmodel_save(const struct devmodel *m, struct devmodel_saved *out)
{
	*out = (struct devmodel_saved){
		.pid = m->pid,
		.process_began = m->process_began,
		.ready = m->state == DEVMODEL_READY,
		.restricted = m->restricted,
		.uid = m->uid,
		.began = m->began,
	};
	return m->pid != 0;
}

/* Which also have its port, where the process has closed them. */
static void take_channels(struct devmodel *m)
{
	const int fd = take(m, "channels");

	if (fd >= 0)
		m->xce = xenevtchn_fdopen(NULL, fd, 0);
	if (fd >= 0 && !m->xce)
		close(fd);
}

void devmodel_adopt(struct devmodel *m, const struct guest *g, const struct devmodels *s,
		    const struct devmodel_saved *saved)
{
	struct err ignored;

	devmodel_init(m);
	m->kept = s->kept;
	m->guest = g->cfg->name;
	m->dev = s->dev;
	m->starter = s->starter;
	m->serves = qemu_serves(g->cfg);
	m->restricted = saved->restricted;
	m->uid = saved->uid;
	m->began = saved->began;
	m->process_fd = take(m, "process");
	m->said_fd = take(m, "said");
	m->ready_fd = take(m, "ready");
	m->console_fd = take(m, "console");
	take_channels(m);
	if (bounded_log_open(&m->log, s->dir, g->cfg->name, &ignored) < 0)
		m->log.fd = -1; /* what it says is lost */
	/* Its number may be another's by now. */
	if (m->process_fd < 0 && devmodel_process_began(saved->pid) == saved->process_began)
		m->process_fd = pidfd_of(saved->pid);
	if (m->process_fd < 0) {
		m->state = DEVMODEL_ENDED;
		err_set(&m->why, "device model %.150s has ended", model_program_of(g->cfg));
		return;
	}
	m->pid = saved->pid;
	m->process_began = saved->process_began;
	m->state = saved->ready ? DEVMODEL_READY : DEVMODEL_STARTING;
	keep_files(m);
}

void devmodel_leave(struct devmodel *m)
{
	/* The event channel stays bound: the process has the same open device, or the keeper. */
	close_files(m);
	devmodel_init(m);
}
