#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/report.h"
#include "builder/host/rundir.h"
#include "boot_end.h"
#include "control.h"
#include "worker.h"
#include "xl_records.h"
#include "services.h"
#include "unit_console.h"
#include "unit_look.h"
#include "unit_table.h"
#include "unit_wait.h"
#include "builder/image/image_files.h"
#include "builder/device/disk.h"

/*
 * How often the domains are looked at. The hypervisor has an interrupt for their ends,
 * VIRQ_DOM_EXC, but one owner only for it: xenstored. A xenstored that comes up later would die if
 * it was taken.
 */
#define TICK_MS 100

struct supervisor {
	struct host host; /* of this thread */
	struct host worker_hosts[WORKERS_MAX];
	unsigned workers;
	xenevtchn_handle *xce;
	struct worker worker;
	bool worker_on;
	struct rundir run;
	struct report report;
	struct control control;
	struct image_cache images;
	struct disk_table disks;
	struct services around;
	bool tails_left; /* of xenconsoled's logs there may be more than what was read */
	struct xl_records records;
	struct boot_end boot_end;
	struct units all;
	int signal_fd;
	size_t trouble; /* what went wrong with other things than guests */
};

static int open_signals(struct err *e)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_set(e, "cannot make a signalfd: %s", strerror(errno)) : fd;
}

static int open_echo(enum echo_to to, int console, struct err *e)
{
	int fd;

	if (to != ECHO_KMSG)
		return console;
	fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	return fd < 0 ? err_set(e, "cannot write /dev/kmsg: %s", strerror(errno)) : fd;
}

static int open_hosts(struct supervisor *s, const struct supervise_options *o, struct err *e)
{
	if (host_open(&s->host, o->verbose, e) < 0)
		return -1;
	for (; s->workers < o->workers; s->workers++)
		if (host_open(&s->worker_hosts[s->workers], o->verbose, e) < 0)
			return -1;
	return 0;
}

/* Something that guests can do without: their supervisor goes on. */
static void say_lack(struct supervisor *s, const struct err *e)
{
	if (!e->msg[0])
		return;
	report_line(&s->report, "%s", e->msg);
	s->trouble++;
}

static int open_all(struct supervisor *s, const struct supervise_options *o, struct err *e)
{
	if (rundir_open(&s->run, o->rundir, e) < 0)
		return -1;
	say_lack(s, e);
	if (control_open(&s->control, o->rundir, e) < 0)
		return -1;
	if (bounded_log_open(&s->report.log, s->run.dir, "earlydom", e) < 0)
		say_lack(s, e);
	s->signal_fd = open_signals(e);
	if (s->signal_fd < 0)
		return -1;
	s->all.echo_fd = open_echo(o->echo, s->report.fd, e);
	if (s->all.echo_fd < 0)
		say_lack(s, e);
	if (open_hosts(s, o, e) < 0)
		return -1;
	s->xce = xenevtchn_open(NULL, 0);
	if (!s->xce)
		return err_set(e, "cannot open /dev/xen/evtchn: %s", strerror(errno));
	s->all.host = &s->host;
	if (devmodels_open(&s->all.models, &s->run, o->rundir, o->own_root, e) < 0)
		say_lack(s, e); /* of guests with device models alone, who say so again */
	s->trouble +=
		services_open(&s->around, o, &s->host, s->worker_hosts, s->workers, &s->report);
	if (worker_start(&s->worker, s->worker_hosts, s->workers, e) < 0)
		return -1;
	s->worker_on = true;
	if (s->worker.n < s->workers)
		report_line(&s->report, "%s; %u of %u build", e->msg, s->worker.n, s->workers);
	return 0;
}

static void close_all(struct supervisor *s)
{
	if (s->worker_on)
		worker_stop(&s->worker);
	for (size_t i = 0; i < s->all.n; i++)
		unit_release(&s->all, &s->all.list[i]);
	free(s->all.list);
	disk_table_free(&s->disks);
	services_close(&s->around, &s->host, s->worker_hosts, s->workers);
	if (s->xce)
		xenevtchn_close(s->xce);
	while (s->workers)
		host_close(&s->worker_hosts[--s->workers]);
	host_close(&s->host);
	if (s->all.echo_fd >= 0 && s->all.echo_fd != s->report.fd)
		close(s->all.echo_fd);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	devmodels_close(&s->all.models);
	bounded_log_close(&s->report.log);
	control_close(&s->control);
	rundir_close(&s->run);
}

static int find_store(void *arg, struct err *e)
{
	struct supervisor *s = arg;

	if (services_find_store(&s->around, &s->host, s->worker_hosts, s->workers, e) < 0)
		return -1;
	s->all.consoles = s->around.consoles;
	return 0;
}

/* Before the first disk is looked for: no tag leads to what some guest may write. */
static int reserve_disks(struct supervisor *s, const struct guest_config *guests, size_t n,
			 struct err *e)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < guests[i].nr_disks; k++)
			if (disk_reserve(&s->disks, guests[i].name, &guests[i].disks[k], e) < 0)
				return -1;
	return 0;
}

static int make_wards(struct supervisor *s, const struct guest_config *guests, size_t n,
		      enum echo_to echo, struct err *e)
{
	struct units *all = &s->all;

	all->xce = s->xce;
	all->worker = &s->worker;
	all->images = &s->images;
	all->disks = &s->disks;
	all->consoles = s->around.consoles;
	all->tails_fd = s->around.tails_fd;
	all->find_store = find_store;
	all->find_store_arg = s;
	all->run = &s->run;
	all->report = &s->report;
	all->output = control_output;
	all->output_arg = &s->control;
	all->echo = echo;
	all->room = n + all->nr_others;
	all->list = calloc(all->room + 1, sizeof(*all->list));
	if (!all->list)
		return err_set(e, "out of memory");
	for (size_t i = 0; i < n; i++, all->n++) {
		if (unit_init(all, &all->list[i], &guests[i], e) < 0)
			return -1;
	}
	return reserve_disks(s, guests, n, e);
}

static struct unit *unit_of_domain(struct units *all, uint32_t domid)
{
	for (size_t i = 0; i < all->n; i++)
		if (!unit_busy(&all->list[i]) && all->list[i].guest.domid == domid)
			return &all->list[i];
	return NULL;
}

/* One question to the hypervisor about all domains, however many guests there are (64 at a time).
 */
static void look_at_domains(struct units *all)
{
	xc_domaininfo_t info[64];
	bool seen[all->n ? all->n : 1];
	uint32_t first = 1;
	struct unit *u;
	int n;

	memset(seen, 0, sizeof(seen));
	do {
		n = xc_domain_getinfolist(all->host->xch, first, 64, info);
		if (n < 0) {
			xenlog_clear(&all->host->log);
			return; /* nothing is known: the next tick asks again */
		}
		for (int i = 0; i < n; i++) {
			first = info[i].domain + 1u;
			u = unit_of_domain(all, info[i].domain);
			if (!u)
				continue;
			seen[u - all->list] = true;
			unit_look(all, u, &info[i]);
		}
	} while (n == 64);
	for (size_t k = 0; k < all->n; k++)
		if (!seen[k])
			unit_look(all, &all->list[k], NULL);
}

static void drain_console(struct supervisor *s)
{
	xenevtchn_port_or_error_t port = xenevtchn_pending(s->xce);

	for (size_t i = 0; port >= 0 && i < s->all.n; i++) {
		struct unit *u = &s->all.list[i];

		if (!u->console.ring || u->console.port != (evtchn_port_t)port)
			continue;
		unit_console(&s->all, u);
	}
}

static void take_jobs(struct supervisor *s)
{
	struct job *j;

	while ((j = worker_take(&s->worker)))
		for (size_t i = 0; i < s->all.n; i++)
			if (&s->all.list[i].job == j)
				unit_job_done(&s->all, &s->all.list[i]);
}

/* At the start, and when the store has changed: a back end is ready, a guest is up. */
static void proceed(struct units *all)
{
	const uint64_t now = clock_ns();

	for (size_t i = 0; i < all->n; i++)
		unit_proceed(all, &all->list[i], now);
}

/* A part of each guest's log, so that none waits for another's flood. One inotify event stands for
 * all that was written until it is read: the rest is not announced again. */
static void drain_tails(struct supervisor *s)
{
	if (!services_tails_changed(&s->around) && !s->tails_left)
		return;
	s->tails_left = false;
	for (size_t i = 0; i < s->all.n; i++)
		if (unit_console(&s->all, &s->all.list[i]))
			s->tails_left = true;
}

static void store_gone(struct units *all, uint64_t now)
{
	struct err none = {.msg = ""};

	for (size_t i = 0; i < all->n; i++)
		unit_event(all, &all->list[i], EVENT_STORE_GONE, now, &none);
}

static void tick(struct supervisor *s, uint64_t now)
{
	look_at_domains(&s->all);
	for (size_t i = 0; i < s->all.n; i++)
		unit_tick(&s->all, &s->all.list[i], now);
	if (services_tick(&s->around, &s->all, now))
		store_gone(&s->all, now);
	xl_records_keep(&s->records, &s->all, now);
}

enum {
	FD_SIGNAL,
	FD_WORKER,
	FD_EVTCHN,
	FD_STORE,
	FD_TAILS,
	FD_CONTROL,
	FD_COUNT = FD_CONTROL + CONTROL_FDS
};

/* The serial ports that classic device models serve: a file for each guest, -1 for those without.
 */
static void poll_serial(const struct units *all, struct pollfd *fds)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct unit *u = &all->list[i];

		fds[i] = (struct pollfd){.fd = unit_busy(u) ? -1 : u->guest.model.console_fd,
					 .events = POLLIN};
	}
}

static void drain_serial(struct supervisor *s, const struct pollfd *fds)
{
	for (size_t i = 0; i < s->all.n; i++)
		if (fds[i].revents & (POLLIN | POLLHUP | POLLERR))
			unit_console(&s->all, &s->all.list[i]);
}

/* How long nothing may be done, in ms. */
static int pause_ms(const struct supervisor *s, uint64_t now, uint64_t next)
{
	return s->tails_left ? 0 : (int)((next - now) / NS_PER_MS) + 1;
}

static void loop(struct supervisor *s)
{
	struct pollfd fds[FD_COUNT + s->all.room];
	uint64_t now, next = clock_ns();

	for (;;) {
		now = clock_ns();
		if (now >= next) {
			tick(s, now);
			next = now + TICK_MS * NS_PER_MS;
		}
		boot_end_look(&s->boot_end, &s->all, s->trouble, now);
		control_settle(&s->control, &s->all);
		fds[FD_SIGNAL] = (struct pollfd){.fd = s->signal_fd, .events = POLLIN};
		fds[FD_WORKER] = (struct pollfd){.fd = s->worker.done_fd, .events = POLLIN};
		fds[FD_EVTCHN] = (struct pollfd){.fd = xenevtchn_fd(s->xce), .events = POLLIN};
		fds[FD_STORE] = (struct pollfd){.fd = s->around.store_fd, .events = POLLIN};
		fds[FD_TAILS] = (struct pollfd){.fd = s->around.tails_wake, .events = POLLIN};
		control_poll(&s->control, fds + FD_CONTROL);
		poll_serial(&s->all, fds + FD_COUNT);
		if (poll(fds, FD_COUNT + s->all.n, pause_ms(s, now, next)) < 0 && errno != EINTR)
			return;
		if (fds[FD_EVTCHN].revents & POLLIN)
			drain_console(s);
		drain_tails(s);
		drain_serial(s, fds + FD_COUNT);
		if (fds[FD_WORKER].revents & POLLIN)
			take_jobs(s);
		if (fds[FD_STORE].revents & POLLIN && services_store_changed(&s->host))
			proceed(&s->all);
		control_act(&s->control, &s->all, fds + FD_CONTROL);
		if (fds[FD_SIGNAL].revents & POLLIN)
			return;
	}
}

int supervise(const struct guest_config *guests, size_t n, size_t bad,
	      const struct supervise_options *o, struct err *e)
{
	struct supervisor s = {
		.signal_fd = -1,
		.report = {.fd = STDERR_FILENO, .log = {.fd = -1}},
		.run = {-1, -1, -1},
		.around = {.store = {-1},
			   .console = {-1},
			   .store_fd = -1,
			   .tails_fd = -1,
			   .tails_wake = -1},
		.control = {.listen_fd = -1},
		.all = {.echo_fd = -1,
			.models = {.dir = -1},
			.began = clock_ns(),
			.others = o->others,
			.nr_others = o->nr_others,
			.paused = o->paused},
	};
	int rc = -1;

	boot_end_begin(&s.boot_end, o, bad, s.all.began);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		s.control.clients[i].fd = -1;
	if (open_all(&s, o, e) < 0 || make_wards(&s, guests, n, o->echo, e) < 0)
		goto out;
	boot_end_raise(&s.boot_end, &s.all);
	for (size_t i = 0; i < n; i++)
		unit_hold(&s.all, &s.all.list[i]);
	proceed(&s.all);
	loop(&s);
	boot_end_close(&s.boot_end, &s.all);
	report_line(&s.report, "told to end: the guests go on without supervision");
	rc = 0;
out:
	close_all(&s);
	return rc;
}
