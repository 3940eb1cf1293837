#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/report.h"
#include "builder/host/rundir.h"
#include "adopt.h"
#include "boot_end.h"
#include "builder/keeper/heart.h"
#include "builder/keeper/keeper.h"
#include "control.h"
#include "worker.h"
#include "xl_records.h"
#include "services.h"
#include "supervisor_powers.h"
#include "unit_console.h"
#include "unit_errand.h"
#include "unit_look.h"
#include "unit_save.h"
#include "unit_table.h"
#include "unit_wait.h"
#include "builder/image/image_files.h"
#include "builder/device/disk.h"
#include "builder/pci/pci_hold.h"

/* What is due is done so often and not more often. Between that the loop sleeps until something
 * happens, or is due. */
#define TICK_NS (100 * NS_PER_MS)

/* poll(2) takes an int. */
#define PAUSE_MAX_MS 3600000
#define PAUSE_MAX_NS (PAUSE_MAX_MS * NS_PER_MS)

struct supervisor {
	struct host host; /* of this thread */
	struct host worker_hosts[WORKERS_MAX];
	unsigned workers;
	xenevtchn_handle *xce;
	struct worker worker;
	bool worker_on;
	struct errands errands;
	bool errands_on;
	struct rundir run;
	struct report report;
	struct console_out kmsg; /* where guests' output is repeated there */
	int kmsg_fd;
	struct control control;
	struct image_cache images;
	struct disk_table disks;
	struct pci_table pcis;
	struct services around;
	bool tails_left; /* of xenconsoled's logs there may be more than what was read */
	struct xl_records records;
	struct boot_end boot_end;
	struct units all;
	struct kept *kept;
	struct heart *heart;
	struct ledger ledger;
	const char *began;
	bool adopt;
	uint64_t left;         /* when it was told to end, ns */
	int lock;              /* of the run directory */
	int program;           /* the next version of the program, or -1 */
	uint64_t keeper_retry; /* when a keeper is started again, ns */
	const char *rundir;
	int signal_fd;
	uint64_t ticked; /* when the last tick was, ns */
	bool tick_soon;  /* something has happened that a tick looks at */
	size_t trouble;  /* what went wrong with other things than guests */
};

static int open_signals(struct err *e)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_set(e, "cannot make a signalfd: %s", strerror(errno)) : fd;
}

static int open_echo(struct supervisor *s, enum echo_to to, struct err *e)
{
	if (to != ECHO_KMSG)
		return 0;
	s->kmsg_fd = open("/dev/kmsg", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (s->kmsg_fd < 0)
		return err_set(e, "cannot write /dev/kmsg: %s", strerror(errno));
	console_out_open(&s->kmsg, s->kmsg_fd, "<5>earlydom: ");
	s->all.echo_out = &s->kmsg;
	return 0;
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

/* Why this one began, where it is not the first. */
static void say_began(struct supervisor *s)
{
	static const struct {
		const char *word, *text;
	} words[] = {
		{BEGIN_AGAIN, "the supervisor"},
		{BEGIN_FELL, "the new version of earlydom is given up: it"},
		{BEGIN_UPGRADED, "another version of earlydom goes on"},
	};

	for (size_t i = 0; s->began && i < sizeof(words) / sizeof(words[0]); i++) {
		const size_t len = strlen(words[i].word);

		if (!strncmp(s->began, words[i].word, len))
			report_line(&s->report, "%s%s", words[i].text, s->began + len);
	}
}

/* It beats again after each step until the loop begins: on a machine with much to do all of them
 * may take longer than the keeper waits for one. */
static int open_heart(struct supervisor *s, struct err *e)
{
	const int fd = kept_take(s->kept, KEPT_HEART);

	if (fd < 0)
		return 0;
	s->heart = heart_map(fd, e);
	heart_beats(s->heart, clock_ns());
	return s->heart ? 0 : -1;
}

/* Xen's daemons go on without the supervisor, and the next one has to see their end, too. */
static void keep_services(struct supervisor *s)
{
	struct services_file files[SERVICES_FILES];
	size_t n;

	if (!services_files_changed(&s->around))
		return;
	n = services_files(&s->around, files);
	for (size_t i = 0; i < SERVICES_FILES; i++)
		kept_drop(s->kept, services_names[i]);
	for (size_t i = 0; i < n; i++)
		kept_hold(s->kept, files[i].name, files[i].fd);
}

static int open_services(struct supervisor *s, const struct supervise_options *o, struct err *e)
{
	struct services_file files[SERVICES_FILES];
	size_t n = 0;

	for (size_t i = 0; i < SERVICES_FILES; i++) {
		const int fd = kept_take(s->kept, services_names[i]);

		if (fd >= 0)
			files[n++] = (struct services_file){services_names[i], fd};
	}
	return services_open(&s->around, o, files, n, e);
}

/* Something that guests can do without: their supervisor goes on. */
static void say_lack(struct supervisor *s, const struct err *e)
{
	if (!e->msg[0])
		return;
	report_line(&s->report, "%s", e->msg);
	s->trouble++;
}

/* Of two supervisors, whoever has started them, one goes on: the lock goes with its process. */
static int lock_rundir(struct supervisor *s, struct err *e)
{
	s->lock = openat(s->run.dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock >= 0 && flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (s->lock >= 0 && errno == EWOULDBLOCK)
		return err_set(e, "another earlydom is running (it has locked %s/lock)", s->rundir);
	return err_set(e, "cannot lock %s/lock: %s", s->rundir, strerror(errno));
}

static int open_all(struct supervisor *s, const struct supervise_options *o, struct err *e)
{
	if (rundir_open(&s->run, o->rundir, e) < 0)
		return -1;
	if (lock_rundir(s, e) < 0)
		return -1;
	say_lack(s, e);
	if (control_open(&s->control, o->rundir, kept_take(o->kept, "control"), e) < 0)
		return -1;
	kept_hold(o->kept, "control", s->control.listen_fd);
	if (bounded_log_open(&s->report.log, s->run.dir, "earlydom", e) < 0)
		say_lack(s, e);
	say_began(s);
	if (open_heart(s, e) < 0)
		return -1;
	s->signal_fd = open_signals(e);
	if (s->signal_fd < 0)
		return -1;
	if (open_echo(s, o->echo, e) < 0)
		say_lack(s, e);
	if (open_hosts(s, o, e) < 0)
		return -1;
	heart_beats(s->heart, clock_ns());
	s->xce = xenevtchn_open(NULL, 0);
	if (!s->xce)
		return err_set(e, "cannot open /dev/xen/evtchn: %s", strerror(errno));
	s->all.host = &s->host;
	if (devmodels_open(&s->all.models, &s->run, o->rundir, o->own_root, e) < 0)
		say_lack(s, e); /* of guests with device models alone, who say so again */
	s->images.later = true;
	s->disks.starter = s->all.models.starter = s->images.starter = o->starter;
	s->all.models.kept = s->images.kept = s->disks.kept = o->kept;
	s->pcis.dom0 = o->dom0;
	/* Before there are threads: each has its powers for itself. */
	if (o->starter && supervisor_drop_powers(e) < 0)
		return -1;
	heart_beats(s->heart, clock_ns());
	if (errands_open(&s->errands, &s->report, o->verbose, e) < 0)
		return -1;
	s->errands_on = true;
	s->errands.link = &s->around.link;
	for (unsigned i = 0; i < s->workers; i++)
		services_lend(&s->around, &s->worker_hosts[i]);
	if (open_services(s, o, e) < 0)
		return -1;
	heart_beats(s->heart, clock_ns());
	if (worker_start(&s->worker, s->worker_hosts, s->workers, e) < 0)
		return -1;
	s->worker_on = true;
	s->worker.report = &s->report;
	/* Whether there is a store a job has to know: what another supervisor has left half-way is
	 * undone in it, and built anew. */
	worker_wait(&s->worker, true);
	heart_beats(s->heart, clock_ns());
	if (s->worker.n < s->workers)
		report_line(&s->report, "%s; %u of %u build", e->msg, s->worker.n, s->workers);
	return 0;
}

/* Returns false where a thread hangs in an errand or a job: then all that it uses stays until the
 * process has ended. */
static bool close_all(struct supervisor *s)
{
	const bool worked = !s->worker_on || worker_stop(&s->worker);

	if ((s->errands_on && !errands_close(&s->errands)) || !worked)
		return false;
	xl_records_close(&s->records);
	s->images.later = false;
	for (size_t i = 0; i < s->all.n; i++)
		unit_release(&s->all, &s->all.list[i]);
	image_close_dropped(&s->images);
	free(s->all.list);
	disk_table_free(&s->disks);
	ledger_close(&s->ledger);
	if (s->lock >= 0)
		close(s->lock);
	if (s->program >= 0)
		close(s->program);
	for (unsigned i = 0; i < s->workers; i++)
		store_handle_close(&s->worker_hosts[i]);
	services_close(&s->around);
	if (s->xce)
		xenevtchn_close(s->xce);
	while (s->workers)
		host_close(&s->worker_hosts[--s->workers]);
	host_close(&s->host);
	if (s->kmsg_fd >= 0) {
		console_out_close(&s->kmsg);
		close(s->kmsg_fd);
	}
	console_out_close(&s->report.out);
	if (s->signal_fd >= 0)
		close(s->signal_fd);
	devmodels_close(&s->all.models);
	bounded_log_close(&s->report.log);
	control_close(&s->control);
	rundir_close(&s->run);
	return true;
}

static int find_store(void *arg, struct err *e)
{
	struct supervisor *s = arg;

	return services_find_store(&s->around, e);
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

/* In the keeper's hands: this process ends when nothing is half-way, and another one adopts. */
static int upgrade(void *arg, int program, struct err *e)
{
	struct supervisor *s = arg;

	if (s->all.leaving || !s->kept || s->kept->channel < 0) {
		close(program);
		return err_set(e, s->all.leaving ? "the supervisor is about to end"
						 : "there is no keeper; try again");
	}
	s->program = program;
	kept_hold(s->kept, KEPT_PROGRAM_NEW, program);
	s->all.leaving = s->all.upgrading = true;
	s->left = clock_ns();
	return 0;
}

static int make_units(struct supervisor *s, const struct guest_config *guests, size_t n,
		      enum echo_to echo, struct err *e)
{
	struct units *all = &s->all;

	all->xce = s->xce;
	all->worker = &s->worker;
	all->errands = &s->errands;
	all->images = &s->images;
	all->disks = &s->disks;
	all->pcis = &s->pcis;
	all->store = STORE_SOUGHT;
	all->tails_fd = -1;
	all->find_store = find_store;
	all->find_store_arg = s;
	all->run = &s->run;
	all->report = &s->report;
	all->output = control_output;
	all->output_arg = &s->control;
	all->ledger = &s->ledger;
	all->upgrade = upgrade;
	all->upgrade_arg = s;
	all->why_began = s->began;
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

/* A number alone is not enough: it may be another domain's after the guest's. */
static struct unit *unit_of_domain(struct units *all, const xc_domaininfo_t *info)
{
	for (size_t i = 0; i < all->n; i++) {
		struct unit *u = &all->list[i];

		if (!unit_busy(u) && u->guest.domid == info->domain &&
		    !memcmp(u->guest.uuid, info->handle, sizeof(info->handle)))
			return u;
	}
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
			u = unit_of_domain(all, &info[i]);
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

/* The supervisor's own record: the boot is over for those that come after this one, too. */
static void save_self(struct supervisor *s)
{
	char text[128];
	const bool told = s->all.leaving && !s->all.upgrading;
	const int n = snprintf(text, sizeof(text), "began %llu\nover %llu\n%s",
			       (unsigned long long)s->all.began, (unsigned long long)s->all.over,
			       told ? "told to end\n" : "");

	ledger_write(&s->ledger, 0, text, (size_t)n);
}

static uint64_t saved_time(const char *text, const char *word)
{
	const char *value = saved_value(text, word);

	return value ? strtoull(value, NULL, 10) : 0;
}

static void load_self(struct supervisor *s, const struct ledger *from)
{
	char text[LEDGER_TEXT_MAX + 1];

	if (!ledger_read(from, 0, text))
		return;
	s->all.began = saved_time(text, "began");
	s->all.over = saved_time(text, "over");
}

/* The state that an earlier supervisor has left, or a new one; the same file where it fits. */
static int open_ledger(struct supervisor *s, struct ledger *old, struct err *e)
{
	const size_t n = LEDGER_UNITS + s->all.room;
	bool in_memory = false;
	const int rc = s->adopt ? ledger_open(old, s->run.dir, kept_take(s->kept, "state"), e) : 1;

	/* Guests of which nothing is known would be started twice. */
	if (rc < 0)
		return -1;
	if (rc == 0 && old->n == n) {
		s->ledger = *old;
		return 0;
	}
	if (ledger_make(&s->ledger, s->run.dir, n, &in_memory, e) < 0) {
		ledger_close(old);
		return -1;
	}
	if (in_memory)
		report_line(&s->report,
			    "%s has no room for the state of the guests: what is known "
			    "of them is lost if the supervisor and its keeper both end",
			    s->rundir);
	return 0;
}

/* Takes over what an earlier supervisor has left, or begins. */
static int begin(struct supervisor *s, struct err *e)
{
	struct ledger old = {.fd = -1};
	size_t n;
	int rc;

	if (open_ledger(s, &old, e) < 0)
		return -1;
	if (!old.file) {
		for (size_t i = 0; i < s->all.n; i++)
			unit_enter(&s->all, &s->all.list[i], UNIT_WAITING);
	} else {
		load_self(s, &old);
		boot_end_adopt(&s->boot_end, &s->all);
		rc = adopt_units(&s->all, &old, &n, e);
		if (old.file != s->ledger.file)
			ledger_close(&old);
		if (rc < 0)
			return -1;
		report_line(&s->report, "%zu guest%s adopted", n, n == 1 ? "" : "s");
	}
	/* Not before all is in it: a new ledger takes the old one's place. */
	if (s->ledger.fd >= 0)
		kept_hold(s->kept, "state", s->ledger.fd);
	save_self(s);
	kept_sweep(s->kept);
	return 0;
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

	for (size_t i = 0; i < all->n; i++) {
		struct unit *u = &all->list[i];

		if (u->errand.errand.away)
			u->errand.again = true;
		else
			unit_proceed(all, u, now);
	}
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

static void tick(struct supervisor *s, uint64_t now)
{
	s->ticked = now;
	look_at_domains(&s->all);
	for (size_t i = 0; i < s->all.n; i++)
		unit_tick(&s->all, &s->all.list[i], now);
	services_tick(&s->around, &s->all, now);
}

/* When the next tick is due. */
static uint64_t tick_due(const struct supervisor *s, uint64_t now)
{
	/* xenstored tells of them; without it nobody does. The hypervisor has an interrupt for the
	 * ends of domains, VIRQ_DOM_EXC, but one owner only for it: xenstored, and one that comes
	 * up later would die if it was taken. */
	const bool told = s->all.store == STORE_SERVES;
	uint64_t due = s->tick_soon ? now : services_due(&s->around, &s->all);

	for (size_t i = 0; i < s->all.n; i++) {
		const uint64_t one = unit_due(&s->all.list[i], told, now, s->ticked);

		due = clock_earlier(due, one);
	}
	return due < s->ticked + TICK_NS ? s->ticked + TICK_NS : due;
}

/* ---- the keeper ---- */

#define KEEPER_RETRY_NS NS_PER_S

/* Another keeper for one that has ended, or does not take what it is told. */
static void renew_keeper(struct supervisor *s, uint64_t now)
{
	struct err e;
	int channel;

	kept_give_up(s->kept); /* until there is another one */
	if (now < s->keeper_retry)
		return;
	s->keeper_retry = now + KEEPER_RETRY_NS;
	channel = kept_leave(s->kept);
	if (channel >= 0)
		close(channel);
	if (keeper_start(s->kept, s->all.starter, &e) < 0)
		report_line(&s->report, "%s", e.msg);
	else
		report_line(&s->report, "the keeper has ended; another one was started");
}

static bool keeper_gone(const struct supervisor *s, short revents)
{
	return s->kept && (kept_is_cut(s->kept) || revents & (POLLHUP | POLLERR));
}

/* ---- the end ---- */

/* How long a guest that is nearly up is given, once the supervisor is to end, until it is undone;
 * and how long that may take where the store does not answer (store.h has its deadline). */
#define LEAVE_NS      (20 * NS_PER_S)
#define LEAVE_LAST_NS (LEAVE_NS + 40 * NS_PER_S)

/* Whether something is half-way that is waited for: a thread works, or a domain waits to be let
 * run. A guest at which a thread hangs is not waited for, unless its domain would stay paused. */
static bool awaited(const struct supervisor *s, const struct unit *u, uint64_t now)
{
	if (u->state == UNIT_CONNECTING)
		return now < s->left + LEAVE_LAST_NS;
	return unit_busy(u) && !unit_hangs(u);
}

static bool quiet(const struct supervisor *s, uint64_t now)
{
	for (size_t i = 0; i < s->all.n; i++)
		if (awaited(s, &s->all.list[i], now))
			return false;
	return true;
}

/* When the end is to be looked at again, ns. */
static uint64_t leave_due(const struct supervisor *s, uint64_t now)
{
	if (!s->all.leaving)
		return UINT64_MAX;
	if (quiet(s, now))
		return now;
	if (now < s->left + LEAVE_NS)
		return s->left + LEAVE_NS;
	return now < s->left + LEAVE_LAST_NS ? s->left + LEAVE_LAST_NS : UINT64_MAX;
}

/* A guest takes too long to be ready for it. */
static void give_up_upgrade(struct supervisor *s)
{
	kept_drop(s->kept, KEPT_PROGRAM_NEW);
	close(s->program);
	s->program = -1;
	s->all.leaving = s->all.upgrading = false;
}

/* What no thread has begun is not begun any more. */
static void withdraw_jobs(struct supervisor *s)
{
	for (size_t i = 0; i < s->all.n; i++) {
		struct unit *u = &s->all.list[i];

		if (u->state == UNIT_STARTING && u->job.kind == JOB_START &&
		    worker_withdraw(&s->worker, &u->job))
			unit_enter(&s->all, u, UNIT_WAITING);
	}
}

/* Told to end: what was begun is finished, or undone where it takes too long. */
static void leave(struct supervisor *s, uint64_t now)
{
	struct err e;

	if (!s->all.leaving) {
		s->left = now;
		withdraw_jobs(s);
	}
	s->all.leaving = true;
	if (now < s->left + LEAVE_NS)
		return;
	if (s->all.upgrading) {
		give_up_upgrade(s);
		return;
	}
	err_set(&e, "not up when earlydom was told to end");
	for (size_t i = 0; i < s->all.n; i++)
		if (s->all.list[i].state == UNIT_CONNECTING && !unit_lent(&s->all.list[i]))
			unit_event(&s->all, &s->all.list[i], EVENT_HOPELESS, now, &e);
}

static void say_left(struct supervisor *s)
{
	size_t waiting = 0;

	for (size_t i = 0; i < s->all.n; i++) {
		const struct unit *u = &s->all.list[i];

		waiting += u->state == UNIT_WAITING;
		if (u->state == UNIT_CONNECTING)
			report_line(&s->report,
				    "told to end: %s is left paused, domain %u: what it waits for "
				    "does not answer",
				    unit_name(u), u->guest.domid);
	}
	if (waiting)
		report_line(&s->report, "told to end: %zu guest%s not started", waiting,
			    waiting == 1 ? " was" : "s were");
	report_line(&s->report, "told to end: the guests go on without supervision");
}

/* Without this word the keeper takes the end for one that was not wanted: it is given a second to
 * have room for it. */
static void say_last(struct kept *k, enum kept_verb verb)
{
	for (unsigned tries = 0; tries < 10; tries++) {
		if (kept_send(k->channel, verb, "", -1) == 0 || errno == EPIPE)
			return;
		usleep(100 * NS_PER_MS / NS_PER_US);
	}
}

enum {
	FD_SIGNAL,
	FD_WORKER,
	FD_ERRANDS,
	FD_EVTCHN,
	FD_STORE,
	FD_TAILS,
	FD_KEEPER,
	FD_STARTER,
	FD_CONSOLE,
	FD_KMSG,
	FD_MOUNTS,
	FD_CONTROL,
	FD_COUNT = FD_CONTROL + CONTROL_FDS
};

/* Asks for room for what a console has not taken yet. */
static struct pollfd poll_out(const struct console_out *c, uint64_t now, uint64_t *due)
{
	return (struct pollfd){.fd = console_out_waits(c, now, due) ? c->fd : -1,
			       .events = POLLOUT};
}

/* One that has ended is not asked any more, but replaced when it is time. */
static struct pollfd poll_keeper(const struct supervisor *s, uint64_t *due)
{
	const bool gone = keeper_gone(s, 0);

	if (gone)
		*due = clock_earlier(*due, s->keeper_retry);
	return (struct pollfd){
		.fd = s->kept && !gone ? s->kept->channel : -1,
		.events = s->kept && !s->kept->begun ? POLLOUT : 0,
	};
}

/* Fills in what to poll for, and lowers *due. */
static void poll_for(struct supervisor *s, struct pollfd *fds, uint64_t now, uint64_t *due)
{
	const int in[FD_KEEPER] = {
		[FD_SIGNAL] = s->signal_fd,        [FD_WORKER] = s->worker.done_fd,
		[FD_ERRANDS] = s->errands.done_fd, [FD_EVTCHN] = xenevtchn_fd(s->xce),
		[FD_STORE] = s->around.news,       [FD_TAILS] = s->around.tails_wake,
	};

	for (size_t i = 0; i < FD_KEEPER; i++)
		fds[i] = (struct pollfd){.fd = in[i], .events = POLLIN};
	fds[FD_KEEPER] = poll_keeper(s, due);
	fds[FD_STARTER] = (struct pollfd){.fd = s->all.starter ? s->all.starter->fd : -1};
	fds[FD_CONSOLE] = poll_out(&s->report.out, now, due);
	fds[FD_KMSG] = poll_out(&s->kmsg, now, due);
	fds[FD_MOUNTS] = (struct pollfd){.fd = s->records.mounts, .events = POLLPRI};
	control_poll(&s->control, fds + FD_CONTROL);
	for (size_t i = 0; i < s->all.n; i++)
		unit_poll(&s->all.list[i], fds + FD_COUNT + i * UNIT_FDS);
}

/* Until then nothing is to be done, in ms; -1 for no time. */
static int pause_ms(const struct supervisor *s, uint64_t now, uint64_t due)
{
	if (s->tails_left || due <= now)
		return 0;
	if (due == UINT64_MAX)
		return -1;
	return due - now < PAUSE_MAX_NS ? (int)((due - now) / NS_PER_MS) + 1 : PAUSE_MAX_MS;
}

static void take_signals(struct supervisor *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCHLD)
			leave(s, clock_ns());
		/* A device model has ended, or a daemon that was started. */
		s->tick_soon = true;
	}
}

/* The store and the daemons: what has changed, and what guests waited for. */
static void take_services(struct supervisor *s)
{
	s->trouble += services_take(&s->around, &s->all);
	keep_services(s);
	worker_wait(&s->worker, s->all.store == STORE_SOUGHT);
	adopt_consoles(&s->all);
	adopt_commands(&s->all);
	look_at_domains(&s->all);
	proceed(&s->all);
}

/* Nothing can be started any more. The keeper starts another supervisor, with a starter of its own,
 * which goes on with the guests as after any other end that was not wanted. */
static void end_without_starter(struct supervisor *s)
{
	report_line(&s->report, "the starter has ended: the supervisor begins anew");
	console_out_flush(&s->report.out, clock_ns());
	_exit(EXIT_FAILURE);
}

/* What poll has found. */
static void act(struct supervisor *s, const struct pollfd *fds)
{
	if (fds[FD_EVTCHN].revents & POLLIN)
		drain_console(s);
	if (fds[FD_CONSOLE].revents)
		console_out_flush(&s->report.out, clock_ns());
	if (fds[FD_KMSG].revents)
		console_out_flush(&s->kmsg, clock_ns());
	drain_tails(s);
	for (size_t i = 0; i < s->all.n; i++)
		unit_take(&s->all, &s->all.list[i], fds + FD_COUNT + i * UNIT_FDS);
	if (fds[FD_WORKER].revents & POLLIN)
		take_jobs(s);
	if (fds[FD_ERRANDS].revents & POLLIN)
		units_take_errands(&s->all);
	if (fds[FD_STORE].revents & POLLIN)
		take_services(s);
	if (fds[FD_MOUNTS].revents)
		xl_records_mounted(&s->records, clock_ns());
	control_act(&s->control, &s->all, fds + FD_CONTROL);
	if (fds[FD_SIGNAL].revents & POLLIN)
		take_signals(s);
	if (fds[FD_KEEPER].revents & POLLOUT && kept_pump(s->kept) < 0)
		kept_give_up(s->kept);
	if (fds[FD_STARTER].revents & (POLLHUP | POLLERR))
		end_without_starter(s);
	if (keeper_gone(s, fds[FD_KEEPER].revents))
		renew_keeper(s, clock_ns());
}

/* Whether dom0's boot may go on. What there is of a store is a part of that. */
static void look_at_boot(struct supervisor *s, uint64_t now)
{
	const uint64_t over = s->all.over;

	if (s->all.leaving || (!s->around.decided && now < boot_end_due(&s->boot_end, &s->all)))
		return;
	boot_end_look(&s->boot_end, &s->all, s->trouble, now);
	if (over != s->all.over)
		save_self(s);
}

/* What is due, and what follows from what has happened. Returns when there will be more, ns. */
static uint64_t go_on(struct supervisor *s, uint64_t now)
{
	uint64_t due;

	errands_tick(&s->errands, now); /* others do not wait for one that is late */
	if (now >= tick_due(s, now)) {
		s->tick_soon = false;
		tick(s, now);
	}
	look_at_boot(s, now);
	units_proceed_waiting(&s->all, now);
	units_close_images(&s->all);
	control_settle(&s->control, &s->all);
	xl_records_keep(&s->records, &s->all, now);
	due = clock_earlier(tick_due(s, now), xl_records_due(&s->records, &s->all));
	due = clock_earlier(due, errands_tick(&s->errands, now));
	due = clock_earlier(due, worker_tick(&s->worker, now));
	due = clock_earlier(due, units_console_later(&s->all, now));
	due = clock_earlier(due, control_due(&s->control, now));
	due = clock_earlier(due, boot_end_due(&s->boot_end, &s->all));
	return clock_earlier(due, leave_due(s, now));
}

/* Where poll fails, for want of memory, nothing is taken this time: the guests have nobody else,
 * and it is not the end. */
static void wait_for(struct pollfd *fds, size_t n, int ms)
{
	if (poll(fds, n, ms) >= 0)
		return;
	if (errno != EINTR)
		usleep(TICK_NS / NS_PER_US);
	for (size_t i = 0; i < n; i++)
		fds[i].revents = 0;
}

static void loop(struct supervisor *s)
{
	struct pollfd fds[FD_COUNT + UNIT_FDS * s->all.room];
	uint64_t now, due, woke = clock_ns();

	s->tick_soon = true;
	do {
		now = clock_ns();
		due = go_on(s, now);
		poll_for(s, fds, now, &due);
		now = clock_ns();
		if (now - woke > s->all.longest_turn)
			s->all.longest_turn = now - woke;
		heart_rests(s->heart);
		wait_for(fds, FD_COUNT + UNIT_FDS * s->all.n, pause_ms(s, now, due));
		woke = clock_ns();
		heart_beats(s->heart, woke);
		act(s, fds);
		if (s->all.leaving)
			leave(s, woke);
	} while (!s->all.leaving || !quiet(s, woke));
}

int supervise(const struct guest_config *guests, size_t n, size_t bad,
	      const struct supervise_options *o, struct err *e)
{
	struct supervisor *s = malloc(sizeof(*s));
	int channel = -1, rc = -1;

	if (!s)
		return err_set(e, "out of memory");
	*s = (struct supervisor){
		.signal_fd = -1,
		.lock = -1,
		.program = -1,
		.report = {.log = {.fd = -1}},
		.kmsg_fd = -1,
		.kept = o->kept,
		.began = o->began,
		.adopt = o->adopt,
		.rundir = o->rundir,
		.ledger = {.fd = -1},
		.run = {-1, -1, -1},
		.control = {.listen_fd = -1},
		.all = {.models = {.dir = -1},
			.began = clock_ns(),
			.others = o->others,
			.nr_others = o->nr_others,
			.paused = o->paused,
			.starter = o->starter},
	};
	services_init(&s->around);
	xl_records_open(&s->records);
	boot_end_begin(&s->boot_end, o, bad, s->all.began);
	for (size_t i = 0; i < CONTROL_CLIENTS; i++)
		s->control.clients[i].fd = -1;
	console_out_open(&s->report.out, STDERR_FILENO, NULL);
	s->all.echo_out = &s->report.out;
	if (open_all(s, o, e) < 0 || make_units(s, guests, n, o->echo, e) < 0)
		goto out;
	if (begin(s, e) < 0)
		goto out;
	if (!s->all.over)
		boot_end_raise(&s->boot_end, &s->all);
	kept_tell(s->kept, KEPT_UP);
	proceed(&s->all);
	loop(s);
	boot_end_close(&s->boot_end, &s->all);
	if (s->all.upgrading)
		control_upgraded(&s->control);
	else
		say_left(s);
	save_self(s);
	if (s->kept) {
		say_last(s->kept, s->all.upgrading ? KEPT_UPGRADE : KEPT_OVER);
		/* What is given back from here on is only this process's. */
		channel = kept_leave(s->kept);
	}
	rc = 0;
out:
	if (close_all(s))
		free(s);
	if (channel >= 0)
		close(channel);
	return rc;
}
