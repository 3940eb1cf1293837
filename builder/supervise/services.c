#include "services.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/thread.h"
#include "builder/device/bridge.h"
#include "builder/store/add_guest.h"
#include "console_tail.h"
#include "unit_console.h"
#include "unit_hand_over.h"
#include "unit_store.h"

/* Where a back end says how far it is: state nodes below, which the kernel writes. */
#define BACKENDS "/local/domain/0/backend"

/* How often the logs of other guests are emptied: nobody reads them, and /run is memory. */
#define EMPTY_NS (10 * NS_PER_S)

/* Drivers of real cards take their time: how long ports are waited for, without delaying anything,
 * and how often they are looked for. */
#define PORTS_TIMEOUT_S 10
#define PORTS_NS        (100 * NS_PER_MS)

/* A xenconsoled that can't be started is tried again after pauses that grow from the one to the
 * other. One that somebody else has started may come again without us. */
#define CONSOLE_PAUSE_NS     NS_PER_S
#define CONSOLE_PAUSE_MAX_NS (60 * NS_PER_S)
#define CONSOLE_OTHERS_NS    (500 * NS_PER_MS)

/* How often another store is looked for while there is none; and for how long often, once
 * something happens where its socket is. */
#define SEARCH_NS       (5 * NS_PER_S)
#define SEARCH_SOON_NS  (100 * NS_PER_MS)
#define SEARCH_OFTEN_NS (3 * NS_PER_S)

/* How often a store for which somebody waits is asked for an answer, and how long it may be silent.
 */
#define ASK_NS    (2 * NS_PER_S)
#define SILENT_NS (10 * NS_PER_S)

/* How often a guest that could not be handed over is tried again, at first and at most. */
#define HAND_OVER_NS     (5 * NS_PER_S)
#define HAND_OVER_MAX_NS (300 * NS_PER_S)

const char *const services_names[SERVICES_FILES] = {"xenstored", "xenconsoled", "store-lost"};

struct services_line {
	struct services_line *next;
	char text[512];
};

/* ---- what the two threads tell each other ---- */

static void lock(struct services *a)
{
	pthread_mutex_lock(&a->link.lock);
}

static void unlock(struct services *a)
{
	pthread_mutex_unlock(&a->link.lock);
}

static void tell(struct services *a)
{
	eventfd_write(a->news, 1);
}

/* What the loop is to report; that there is no memory for it is all that can go wrong. */
static void __attribute__((format(printf, 2, 3))) say(struct services *a, const char *fmt, ...)
{
	struct services_line *line = malloc(sizeof(*line));
	va_list ap;

	if (!line)
		return;
	line->next = NULL;
	va_start(ap, fmt);
	vsnprintf(line->text, sizeof(line->text), fmt, ap);
	va_end(ap);
	lock(a);
	*a->lines_end = line;
	a->lines_end = &line->next;
	unlock(a);
	tell(a);
}

/* Something that was there or was wished for is not to be had. */
static void say_bad(struct services *a, const struct err *e)
{
	lock(a);
	a->seen.bad++;
	unlock(a);
	say(a, "%s", e->msg);
}

static enum store_state store_state(struct services *a)
{
	enum store_state state;

	lock(a);
	state = a->link.state;
	unlock(a);
	return state;
}

static void set_state(struct services *a, enum store_state state)
{
	lock(a);
	a->link.state = state;
	unlock(a);
	tell(a);
}

static void set_consoles(struct services *a, enum consoles consoles)
{
	lock(a);
	a->seen.consoles = consoles;
	a->seen.files_changed = true;
	unlock(a);
	tell(a);
}

/* ---- bridges ---- */

/* Makes what can be made of the bridges by now. Returns how many went wrong. */
static size_t make_bridges(struct services *a)
{
	size_t absent, bad = 0;
	struct err e;

	a->absent = 0;
	for (size_t i = 0; i < a->nr_bridges; i++) {
		if (bridge_make(a->starter, &a->bridges[i], &absent, &e) < 0) {
			say_bad(a, &e);
			bad++;
			continue;
		}
		a->absent += absent;
	}
	return bad;
}

static void wait_for_ports(struct services *a, uint64_t now)
{
	struct err e;

	if (!a->absent || make_bridges(a) || !a->absent ||
	    now - a->began < PORTS_TIMEOUT_S * NS_PER_S)
		return;
	for (size_t i = 0; i < a->nr_bridges; i++)
		if (bridge_late(&a->bridges[i], PORTS_TIMEOUT_S, &e) < 0)
			say(a, "%s", e.msg);
	a->absent = 0;
}

/* ---- consoles ---- */

/* Follows the logs of the xenconsoled that is ours. */
static int open_tails(struct services *a, struct err *e)
{
	int dir, wake;

	if (a->seen.tails_fd >= 0)
		return 0;
	dir = open(DAEMONS_LOG_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	wake = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (dir < 0 || wake < 0 || inotify_add_watch(wake, DAEMONS_LOG_DIR, IN_MODIFY) < 0) {
		err_set(e, "cannot follow xenconsoled's logs in %s: %s", DAEMONS_LOG_DIR,
			strerror(errno));
		if (dir >= 0)
			close(dir);
		if (wake >= 0)
			close(wake);
		return -1;
	}
	lock(a);
	a->seen.tails_fd = dir;
	a->seen.tails_wake = wake;
	unlock(a);
	return 0;
}

/* Takes the place of the daemon that was there; d is none afterwards. */
static void take_over(struct services *a, struct daemon *which, struct daemon *d)
{
	lock(a);
	daemon_close(which);
	*which = *d;
	a->seen.files_changed = true;
	unlock(a);
	d->life = -1;
}

/*
 * Finds xenconsoled or starts it. Returns 0, or -1 with e set: where none could be started the
 * consoles stay what they were.
 */
static int serve_consoles(struct services *a, struct err *e)
{
	const bool found = daemons_console_runs(&a->at);
	struct daemon d = {-1};

	if (daemons_console(&d, &a->at, a->own_root, e) < 0)
		return -1;
	take_over(a, &a->console, &d);
	/* A process that nobody can watch is not started again. */
	a->console_wanted = a->console.life >= 0;
	a->ours = !found;
	/* Two cannot drain one ring: where the logs can't be followed the consoles are its alone.
	 */
	if (!found && open_tails(a, e) == 0) {
		set_consoles(a, CONSOLES_LOGGED);
		return 0;
	}
	set_consoles(a, CONSOLES_ELSEWHERE);
	return found ? 0 : err_prefix(e, "the consoles are xenconsoled's alone: ");
}

/* xenconsoled has ended: it is started again as soon as there is a store for it. */
static void console_ended(struct services *a, uint64_t now)
{
	struct daemon none = {-1};

	daemons_console_goes(&a->at);
	take_over(a, &a->console, &none);
	a->console_said = false;
	a->console_pause = CONSOLE_PAUSE_NS;
	a->next_console = now + (a->ours ? 0 : CONSOLE_OTHERS_NS);
}

static void console_again(struct services *a, uint64_t now)
{
	struct err e;

	if (!a->console_wanted || a->console.life >= 0 || now < a->next_console ||
	    store_state(a) != STORE_SERVES)
		return;
	if (serve_consoles(a, &e) == 0) {
		say(a, "xenconsoled had ended; %s",
		    a->ours ? "it was started again" : "one runs again");
		return;
	}
	if (!a->console_said)
		say(a, "xenconsoled has ended, and guests stop when their consoles are full: %s",
		    e.msg);
	a->console_said = true;
	a->next_console = now + a->console_pause;
	a->console_pause *= 2;
	if (a->console_pause > CONSOLE_PAUSE_MAX_NS)
		a->console_pause = CONSOLE_PAUSE_MAX_NS;
}

/* ---- the store ---- */

/* Answers are asked for on a connection of its own. */
static bool store_answers(struct services *a)
{
	return daemons_store_answers(&a->at);
}

/* Gets ready for a store that answers. Returns 0, or -1 with e set and nothing changed. */
static int use_store(struct services *a, struct err *e)
{
	struct store_watch watch;

	if (store_watch_open(&watch, BACKENDS, e) < 0)
		return -1;
	/* xenstored's words for a domain that is new, and for one that has ended. */
	if (store_watch_also(&watch, "@introduceDomain", e) < 0 ||
	    store_watch_also(&watch, "@releaseDomain", e) < 0 || store_add_dom0(e) < 0) {
		store_watch_close(&watch);
		return -1;
	}
	store_watch_close(&a->watch);
	a->watch = watch;
	a->silent_since = 0;
	return 0;
}

/* It has not come up, or does not answer. */
static int no_store(struct services *a, struct err *e)
{
	const bool hangs = daemons_store_hangs(&a->at);

	set_state(a, hangs ? STORE_HANGS : STORE_ABSENT);
	return err_prefix(e, hangs ? "what needs the store waits: " : "no guest has a store: ");
}

/* The store and who serves the consoles by it. Returns 0, or -1 with e set. */
static int start_daemons(struct services *a, struct err *e)
{
	struct daemon d = {-1};
	int rc;

	if (!daemons_there(&a->at) && !store_answers(a) && !daemons_store_hangs(&a->at)) {
		set_state(a, STORE_ABSENT);
		if (a->wish != STORE_ALWAYS)
			return 0;
		return err_set(e,
			       "earlydom.store=on, but there is no xenstored: none runs, and %s "
			       "has none",
			       DAEMONS_DIR);
	}
	if (daemons_store(&d, &a->at, a->own_root, e) < 0)
		return no_store(a, e);
	if (d.life >= 0)
		take_over(a, &a->store, &d);
	if (use_store(a, e) < 0)
		return no_store(a, e);
	/* One from an earlier supervisor serves already. */
	rc = a->ours ? 0 : serve_consoles(a, e);
	set_state(a, STORE_SERVES);
	if (rc == 0)
		return 0;
	if (a->seen.consoles == CONSOLES_OURS)
		err_prefix(e, "earlydom drains the consoles itself: ");
	return -1;
}

/* Another store is looked for, often for a while once its socket's directory changes. */
static void begin_search(struct services *a, uint64_t now)
{
	char dir[108];

	a->next_search = now;
	a->search_often_to = now + SEARCH_OFTEN_NS;
	if (a->dir_wake >= 0)
		return;
	a->dir_wake = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	snprintf(dir, sizeof(dir), "%s", a->at.socket);
	*strrchr(dir, '/') = '\0';
	if (a->dir_wake >= 0 && inotify_add_watch(a->dir_wake, dir, IN_CREATE | IN_MOVED_TO) < 0) {
		close(a->dir_wake); /* there is the slow look all the same */
		a->dir_wake = -1;
	}
}

static void end_search(struct services *a)
{
	if (a->dir_wake >= 0)
		close(a->dir_wake);
	a->dir_wake = -1;
}

/* Only the store tells xenconsoled that a domain has ended, whose ring it maps until then: the
 * domain would never be gone. So it ends, too, and earlydom drains the rings. */
static void end_consoles(struct services *a)
{
	if (!a->ours || (a->console.life >= 0 && !daemons_end_console(&a->console, &a->at)))
		return;
	a->console_wanted = a->ours = false;
	set_consoles(a, CONSOLES_OURS);
}

/*
 * xenstored has ended. dom0's kernel never registers its watches with another one
 * (drivers/xen/xenbus/xenbus_dev_backend.c, xenbus_alloc: "xenstored is only started once"), and
 * so makes no more back ends: another one is not started here, but used when somebody has.
 */
static void store_ended(struct services *a, uint64_t now)
{
	struct daemon none = {-1};

	take_over(a, &a->store, &none);
	store_watch_close(&a->watch);
	if (a->lost < 0)
		a->lost = eventfd(0, EFD_CLOEXEC);
	/* Before the state: then comes what it means for each guest. */
	say(a, "xenstored has ended: guests run on, and what needs the store waits");
	lock(a);
	a->link.state = STORE_GONE;
	a->link.generation++;
	a->seen.lost = a->seen.again = true;
	unlock(a);
	tell(a);
	end_consoles(a);
	begin_search(a, now);
}

/* Whoever serves the consoles has to know the new store. */
static int serve_consoles_anew(struct services *a, struct err *e)
{
	if (a->ours && a->console.life >= 0 && !daemons_end_console(&a->console, &a->at))
		return err_set(e, "xenconsoled does not end, and does not know this store");
	if (!daemons_console_runs(&a->at) && !daemons_there(&a->at))
		return 0;
	return serve_consoles(a, e);
}

/* A store that has come is used. Returns 0, or -1 with e set: it is not. */
static int found(struct services *a, struct err *e)
{
	const bool again = a->seen.lost;
	struct err consoles;

	if (use_store(a, e) < 0)
		return -1;
	end_search(a);
	lock(a);
	a->seen.again = true;
	unlock(a);
	if (serve_consoles_anew(a, &consoles) < 0)
		say(a, "%s", consoles.msg);
	if (again)
		say(a, "another xenstored serves: guests are handed over to it, but dom0's kernel "
		       "does not hear it, and guests with disks or network interfaces wait until "
		       "dom0 is started anew");
	set_state(a, STORE_SERVES);
	return 0;
}

static void search(struct services *a, uint64_t now)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	struct err ignored;
	bool asked;

	if (a->dir_wake >= 0 && read(a->dir_wake, events, sizeof(events)) > 0)
		begin_search(a, now);
	lock(a);
	asked = a->search;
	unlock(a);
	if (asked || (store_state(a) == STORE_GONE && now >= a->next_search)) {
		a->next_search = now + (now < a->search_often_to ? SEARCH_SOON_NS : SEARCH_NS);
		if (store_state(a) != STORE_SERVES && store_answers(a))
			found(a, &ignored);
	}
	if (!asked)
		return;
	lock(a);
	a->search = false;
	pthread_cond_broadcast(&a->searched);
	unlock(a);
}

/* Somebody waits: does it answer? */
static void ask(struct services *a, uint64_t now)
{
	const enum store_state state = store_state(a);
	struct err ignored;
	bool wanted;

	lock(a);
	wanted = a->wanted;
	unlock(a);
	if (state != STORE_HANGS && (state != STORE_SERVES || !wanted)) {
		a->silent_since = 0;
		return;
	}
	if (now < a->next_ask)
		return;
	a->next_ask = now + ASK_NS;
	if (store_answers(a)) {
		a->silent_since = 0;
		if (state != STORE_HANGS)
			return;
		if (a->watch.fd >= 0)
			set_state(a, STORE_SERVES);
		else if (found(a, &ignored) < 0)
			return;
		say(a, "xenstored answers again");
		return;
	}
	if (!a->silent_since)
		a->silent_since = now;
	if (state == STORE_SERVES && now - a->silent_since >= SILENT_NS) {
		lock(a);
		a->seen.again = true;
		unlock(a);
		say(a, "xenstored does not answer: what needs it waits");
		set_state(a, STORE_HANGS);
	} else if (state == STORE_HANGS && a->watch.fd < 0 && !daemons_store_hangs(&a->at)) {
		store_ended(a, now); /* it never answered, and is not there any more */
	}
}

static bool readable(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return fd >= 0 && poll(&p, 1, ms) > 0;
}

/* How long a process may take to end whose connections are closed already. */
#define EXIT_MS 1000

static void look_at_store(struct services *a, uint64_t now)
{
	const int news = a->watch.fd >= 0 ? store_watch_take(&a->watch) : 0;
	struct err e;

	if (news > 0)
		tell(a);
	if (readable(a->store.life, 0) || (news < 0 && a->store.life < 0)) {
		store_ended(a, now);
		return;
	}
	if (news >= 0)
		return;
	/* The connection is lost; is xenstored? */
	store_watch_close(&a->watch);
	if (readable(a->store.life, EXIT_MS)) {
		store_ended(a, now);
	} else if (use_store(a, &e) < 0) {
		say(a, "the store is out of reach, and what needs it waits: %s", e.msg);
		set_state(a, STORE_HANGS);
	} else {
		tell(a); /* what has been missed */
	}
}

/* ---- the thread ---- */

/* What an earlier supervisor had is so still. */
static void adopt(struct services *a)
{
	struct err e;

	if (a->console.life < 0)
		return;
	a->ours = a->console_wanted = true;
	if (open_tails(a, &e) == 0) {
		set_consoles(a, CONSOLES_LOGGED);
		return;
	}
	say_bad(a, &e);
	set_consoles(a, CONSOLES_ELSEWHERE);
}

static void begin(struct services *a)
{
	struct err e;

	a->began = clock_ns();
	make_bridges(a);
	adopt(a);
	if (a->lost >= 0 || readable(a->store.life, 0))
		store_ended(a, clock_ns());
	else if (a->wish == STORE_NEVER)
		set_state(a, STORE_ABSENT);
	else if (start_daemons(a, &e) < 0)
		say_bad(a, &e);
	lock(a);
	a->seen.decided = true;
	unlock(a);
	tell(a);
}

static void sooner(uint64_t *next, bool due, uint64_t at)
{
	if (due && at < *next)
		*next = at;
}

/* When there is something to do though nothing happens; UINT64_MAX for never. */
static uint64_t next_time(struct services *a, uint64_t now)
{
	const enum store_state state = store_state(a);
	uint64_t next = UINT64_MAX;
	bool wanted;

	lock(a);
	wanted = a->wanted;
	unlock(a);
	sooner(&next, a->absent > 0, now + PORTS_NS);
	sooner(&next, state == STORE_GONE, a->next_search);
	sooner(&next, state == STORE_HANGS || (state == STORE_SERVES && wanted), a->next_ask);
	sooner(&next, state == STORE_SERVES && a->console_wanted && a->console.life < 0,
	       a->next_console);
	return next;
}

/* Until something happens or has to be done. False when it is to end. */
static bool await(struct services *a)
{
	struct pollfd fds[] = {
		{.fd = a->stop, .events = POLLIN},         {.fd = a->poke, .events = POLLIN},
		{.fd = a->watch.fd, .events = POLLIN},     {.fd = a->store.life, .events = POLLIN},
		{.fd = a->console.life, .events = POLLIN}, {.fd = a->dir_wake, .events = POLLIN},
	};
	const uint64_t now = clock_ns(), next = next_time(a, now);
	eventfd_t n;
	int ms = -1;

	if (next <= now)
		ms = 0;
	else if (next != UINT64_MAX)
		ms = (int)((next - now) / NS_PER_MS) + 1;
	poll(fds, sizeof(fds) / sizeof(fds[0]), ms);
	if (fds[1].revents)
		eventfd_read(a->poke, &n);
	return !fds[0].revents;
}

static void *attend(void *arg)
{
	struct services *a = arg;
	uint64_t now;

	begin(a);
	while (await(a)) {
		now = clock_ns();
		wait_for_ports(a, now);
		look_at_store(a, now);
		search(a, now);
		ask(a, now);
		if (readable(a->console.life, 0))
			console_ended(a, now);
		console_again(a, now);
	}
	return NULL;
}

/* ---- the loop's side ---- */

void services_init(struct services *a)
{
	memset(a, 0, sizeof(*a));
	store_link_init(&a->link);
	a->link.state = STORE_SOUGHT;
	pthread_cond_init(&a->searched, NULL);
	a->lines_end = &a->lines;
	a->news = a->poke = a->stop = a->tails_fd = a->tails_wake = -1;
	a->seen.tails_fd = a->seen.tails_wake = -1;
	a->store.life = a->console.life = a->watch.fd = a->lost = a->dir_wake = -1;
	a->at = daemons_usual;
}

static void take_files(struct services *a, const struct services_file *files, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(files[i].name, "xenstored"))
			a->store.life = files[i].fd;
		else if (!strcmp(files[i].name, "xenconsoled"))
			a->console.life = files[i].fd;
		else if (!strcmp(files[i].name, "store-lost"))
			a->lost = files[i].fd;
		else
			close(files[i].fd);
	}
}

int services_open(struct services *a, const struct supervise_options *o,
		  const struct services_file *files, size_t n, struct err *e)
{
	int rc;

	take_files(a, files, n);
	a->wish = o->store;
	a->own_root = o->own_root;
	a->bridges = o->bridges;
	a->starter = a->at.starter = o->starter;
	a->nr_bridges = o->nr_bridges;
	a->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	a->poke = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	a->stop = a->at.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (a->news < 0 || a->poke < 0 || a->stop < 0)
		return err_set(e, "cannot make an eventfd: %s", strerror(errno));
	rc = thread_start(&a->id, 0, attend, a);
	if (rc)
		return err_set(e, "cannot start a thread: %s", strerror(rc));
	a->running = true;
	return 0;
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void free_lines(struct services_line *line)
{
	struct services_line *next;

	for (; line; line = next) {
		next = line->next;
		free(line);
	}
}

void services_close(struct services *a)
{
	if (a->running) {
		eventfd_write(a->stop, 1);
		pthread_join(a->id, NULL);
	}
	a->running = false;
	store_watch_close(&a->watch);
	daemon_close(&a->store);
	daemon_close(&a->console);
	free_lines(a->lines);
	a->lines = NULL;
	a->lines_end = &a->lines;
	close_one(&a->seen.tails_wake);
	close_one(&a->seen.tails_fd);
	a->tails_wake = a->tails_fd = -1;
	close_one(&a->lost);
	close_one(&a->dir_wake);
	close_one(&a->news);
	close_one(&a->poke);
	close_one(&a->stop);
	pthread_cond_destroy(&a->searched);
	store_link_destroy(&a->link);
}

void services_lend(struct services *a, struct host *h)
{
	h->link = &a->link;
}

/* Takes what the thread has written down. Returns how many things went wrong. */
static size_t take_seen(struct services *a, struct units *all)
{
	struct services_line *lines;
	size_t bad;

	lock(a);
	lines = a->lines;
	a->lines = NULL;
	a->lines_end = &a->lines;
	bad = a->seen.bad;
	a->seen.bad = 0;
	a->decided = a->seen.decided;
	/* Half of a decision is none. */
	all->store = a->decided ? a->link.state : STORE_SOUGHT;
	all->store_generation = a->link.generation;
	all->store_deaf = a->seen.lost;
	all->store_again = a->seen.again;
	a->consoles = all->consoles = a->seen.consoles;
	a->tails_fd = all->tails_fd = a->seen.tails_fd;
	a->tails_wake = a->seen.tails_wake;
	unlock(a);
	for (const struct services_line *line = lines; line; line = line->next)
		report_line(all->report, "%s", line->text);
	free_lines(lines);
	return bad;
}

/* Guests that the store does not know get their place in it, if it is not the first one. */
static void hand_over(struct services *a, struct units *all, uint64_t now)
{
	bool any = false;

	for (size_t i = 0; i < all->n; i++)
		any |= unit_store_lacks(&all->list[i]);
	if (!any) {
		a->hand_over_pause = HAND_OVER_NS;
		return;
	}
	if (all->store != STORE_SERVES || !all->store_again || now < a->next_hand_over)
		return;
	a->next_hand_over = now + a->hand_over_pause;
	if (a->hand_over_pause < HAND_OVER_MAX_NS)
		a->hand_over_pause *= 2;
	units_hand_over(all);
}

size_t services_take(struct services *a, struct units *all)
{
	const enum consoles before = all->consoles;
	const uint64_t now = clock_ns();
	eventfd_t n;
	size_t bad;

	eventfd_read(a->news, &n);
	bad = take_seen(a, all);
	for (size_t i = 0; i < all->n; i++)
		unit_store_look(all, &all->list[i], now);
	if (before != all->consoles && all->consoles == CONSOLES_OURS)
		units_console_take_back(all);
	else if (before != all->consoles)
		units_console_follow(all);
	hand_over(a, all, now);
	return bad;
}

bool services_tails_changed(struct services *a)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool any = false;

	while (read(a->tails_wake, events, sizeof(events)) > 0)
		any = true;
	a->tails_written |= any;
	return any;
}

/* Those of guests that are none of ours. */
static void empty_tails(struct services *a, const struct units *all, uint64_t now)
{
	const char *names[all->n ? all->n : 1];
	size_t n = 0;

	if (a->tails_fd < 0 || !a->tails_written || now < a->next_empty)
		return;
	a->next_empty = now + EMPTY_NS;
	a->tails_written = false;
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].state != UNIT_RELEASED)
			names[n++] = all->list[i].guest.cfg->name;
	console_tail_empty_others(a->tails_fd, names, n);
}

void services_tick(struct services *a, struct units *all, uint64_t now)
{
	bool wanted = false, changed;

	empty_tails(a, all, now);
	for (size_t i = 0; i < all->n; i++) {
		unit_store_look(all, &all->list[i], now);
		wanted |= unit_store_asks(&all->list[i]);
	}
	lock(a);
	changed = a->wanted != wanted;
	a->wanted = wanted;
	unlock(a);
	if (changed)
		eventfd_write(a->poke, 1);
	hand_over(a, all, now);
}

uint64_t services_due(const struct services *a, const struct units *all)
{
	uint64_t due = a->tails_fd >= 0 && a->tails_written ? a->next_empty : UINT64_MAX;

	if (all->store != STORE_SERVES || !all->store_again)
		return due;
	for (size_t i = 0; i < all->n; i++)
		if (unit_store_lacks(&all->list[i]))
			return a->next_hand_over < due ? a->next_hand_over : due;
	return due;
}

int services_find_store(struct services *a, struct err *e)
{
	struct timespec until;
	bool serves;

	if (!daemons_store_answers(&daemons_usual))
		return err_set(e, "no xenstored runs (%s does not answer)", daemons_usual.socket);
	if (!daemons_console_runs(&daemons_usual))
		return err_set(e, "no xenconsoled runs (%s names none), to which the consoles go",
			       daemons_usual.console_pid);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += SERVICES_FIND_MS / 1000;
	lock(a);
	a->search = true;
	eventfd_write(a->poke, 1);
	while (a->search && pthread_cond_timedwait(&a->searched, &a->link.lock, &until) == 0)
		continue;
	serves = a->link.state == STORE_SERVES;
	unlock(a);
	return serves ? 0 : err_set(e, "the xenstored that runs can't be used");
}

size_t services_files(struct services *a, struct services_file files[SERVICES_FILES])
{
	size_t n = 0;

	lock(a);
	if (a->store.life >= 0)
		files[n++] = (struct services_file){"xenstored", a->store.life};
	/* Of somebody else's it is found again, and known to be that. */
	if (a->console.life >= 0 && a->ours)
		files[n++] = (struct services_file){"xenconsoled", a->console.life};
	if (a->lost >= 0)
		files[n++] = (struct services_file){"store-lost", a->lost};
	unlock(a);
	return n;
}

bool services_files_changed(struct services *a)
{
	bool changed;

	lock(a);
	changed = a->seen.files_changed;
	a->seen.files_changed = false;
	unlock(a);
	return changed;
}
