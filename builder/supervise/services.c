#include "services.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "builder/device/bridge.h"
#include "base/clock.h"
#include "console_tail.h"
#include "daemons.h"
#include "builder/store/add_guest.h"
#include "builder/store/store.h"

/* Where a back end says how far it is: state nodes below, which the kernel writes. */
#define BACKENDS "/local/domain/0/backend"

/* How often the logs of other guests are emptied: nobody reads them, and /run is memory. */
#define EMPTY_NS (10 * NS_PER_S)

/* Drivers of real cards take their time: how long ports are waited for, without delaying anything.
 */
#define PORTS_TIMEOUT_S 10

/* Makes what can be made of the bridges by now. Returns how many went wrong. */
static size_t make_bridges(struct services *a, struct report *r)
{
	size_t absent, bad = 0;
	struct err e;

	a->absent = 0;
	for (size_t i = 0; i < a->nr_bridges; i++) {
		if (bridge_make(&a->bridges[i], &absent, &e) < 0) {
			report_line(r, "%s", e.msg);
			bad++;
			continue;
		}
		a->absent += absent;
	}
	return bad;
}

static void wait_for_ports(struct services *a, struct report *r, uint64_t now)
{
	struct err e;

	if (!a->absent || make_bridges(a, r) || !a->absent ||
	    now - a->began < PORTS_TIMEOUT_S * NS_PER_S)
		return;
	for (size_t i = 0; i < a->nr_bridges; i++)
		if (bridge_late(&a->bridges[i], PORTS_TIMEOUT_S, &e) < 0)
			report_line(r, "%s", e.msg);
	a->absent = 0;
}

static void close_store(struct host *h)
{
	if (h->xsh)
		xs_close(h->xsh);
	h->xsh = NULL;
}

static void close_stores(struct host *h, struct host *workers, unsigned n)
{
	close_store(h);
	for (unsigned i = 0; i < n; i++)
		close_store(&workers[i]);
}

static int open_store(struct services *a, struct host *h, struct host *workers, unsigned n,
		      struct err *e)
{
	if (store_open(&h->xsh, e) < 0)
		return -1;
	for (unsigned i = 0; i < n; i++)
		if (store_open(&workers[i].xsh, e) < 0)
			goto fail;
	if (store_add_dom0(h->xsh, e) < 0)
		goto fail;
	if (!xs_watch(h->xsh, BACKENDS, "")) {
		err_set(e, "cannot watch %s in the store: %s", BACKENDS, strerror(errno));
		goto fail;
	}
	/* xenstored's words for a domain that is new, and for one that has ended. */
	if (!xs_watch(h->xsh, "@introduceDomain", "") || !xs_watch(h->xsh, "@releaseDomain", "")) {
		err_set(e, "cannot watch domains in the store: %s", strerror(errno));
		goto fail;
	}
	a->store_fd = xs_fileno(h->xsh);
	return 0;
fail:
	close_stores(h, workers, n);
	return -1;
}

/* Follows the logs of the xenconsoled that was started. */
static int open_tails(struct services *a, struct err *e)
{
	a->tails_fd = open(DAEMONS_LOG_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	a->tails_wake = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (a->tails_fd < 0 || a->tails_wake < 0 ||
	    inotify_add_watch(a->tails_wake, DAEMONS_LOG_DIR, IN_MODIFY) < 0)
		return err_set(e, "cannot follow xenconsoled's logs in %s: %s", DAEMONS_LOG_DIR,
			       strerror(errno));
	a->consoles = CONSOLES_LOGGED;
	return 0;
}

/* Has the consoles served by xenconsoled. Returns 0, or -1 with e set: earlydom drains them. */
static int serve_consoles(struct services *a, const struct supervise_options *o, struct err *e)
{
	if (daemons_console_runs(&daemons_usual)) {
		a->consoles = CONSOLES_ELSEWHERE;
		return 0;
	}
	if (daemons_console(&a->console, &daemons_usual, o->own_root, e) < 0)
		return err_prefix(e, "earlydom drains the consoles itself: ");
	if (open_tails(a, e) == 0)
		return 0;
	a->consoles = CONSOLES_ELSEWHERE; /* two cannot drain one ring */
	return err_prefix(e, "the consoles are xenconsoled's alone: ");
}

/* The store and who serves the consoles by it. Returns 0, or -1 with e set. */
static int start_daemons(struct services *a, const struct supervise_options *o, struct host *h,
			 struct host *workers, unsigned n, struct err *e)
{
	struct err consoles;
	int rc;

	if (!daemons_there(&daemons_usual) && !daemons_store_answers(&daemons_usual)) {
		if (o->store != STORE_ALWAYS)
			return 0;
		return err_set(e,
			       "earlydom.store=on, but there is no xenstored: none runs, and %s "
			       "has none",
			       DAEMONS_DIR);
	}
	if (daemons_store(&a->store, &daemons_usual, o->own_root, e) < 0)
		return err_prefix(e, "no guest has a store: ");
	rc = serve_consoles(a, o, &consoles);
	/* Last: the watch of the store is a thread of this process. */
	if (open_store(a, h, workers, n, e) < 0)
		return err_prefix(e, "no guest has a store: ");
	if (rc < 0)
		*e = consoles;
	return rc;
}

size_t services_open(struct services *a, const struct supervise_options *o, struct host *h,
		     struct host *workers, unsigned n, struct report *r)
{
	struct err e;
	size_t bad;

	a->bridges = o->bridges;
	a->nr_bridges = o->nr_bridges;
	a->began = clock_ns();
	bad = make_bridges(a, r);
	if (o->store != STORE_NEVER && start_daemons(a, o, h, workers, n, &e) < 0) {
		report_line(r, "%s", e.msg);
		bad++;
	}
	return bad;
}

int services_find_store(struct services *a, struct host *h, struct host *workers, unsigned n,
			struct err *e)
{
	if (!daemons_store_answers(&daemons_usual))
		return err_set(e, "no xenstored runs (%s does not answer)", daemons_usual.socket);
	if (!daemons_console_runs(&daemons_usual))
		return err_set(e, "no xenconsoled runs (%s names none), to which the consoles go",
			       daemons_usual.console_pid);
	if (open_store(a, h, workers, n, e) < 0)
		return -1;
	a->consoles = CONSOLES_ELSEWHERE;
	return 0;
}

bool services_store_changed(struct host *h)
{
	bool any = false;
	char **event;

	while ((event = xs_check_watch(h->xsh))) {
		free(event);
		any = true;
	}
	return any;
}

bool services_tails_changed(struct services *a)
{
	char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	bool any = false;

	while (read(a->tails_wake, events, sizeof(events)) > 0)
		any = true;
	a->tails_grown |= any;
	return any;
}

/* Returns whether it has ended. */
static bool watch_over(struct daemon *d, const char *name, const char *loss, struct report *r)
{
	struct pollfd p = {.fd = d->life, .events = POLLIN};

	if (d->life < 0 || poll(&p, 1, 0) <= 0)
		return false;
	report_line(r, "%s has ended: %s", name, loss);
	daemon_close(d);
	return true;
}

bool services_tick(struct services *a, const struct units *all, uint64_t now)
{
	const char *names[all->n ? all->n : 1];
	size_t n = 0;
	bool store_gone;

	wait_for_ports(a, all->report, now);
	store_gone = watch_over(&a->store, "xenstored",
				"guests can't be started, and none is heard", all->report);
	watch_over(&a->console, "xenconsoled", "guests stop when their consoles are full",
		   all->report);
	if (a->tails_fd < 0 || now < a->next_empty)
		return store_gone;
	a->next_empty = now + EMPTY_NS;
	a->tails_grown = false;
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i].state != UNIT_RELEASED)
			names[n++] = all->list[i].guest.cfg->name;
	console_tail_empty_others(a->tails_fd, names, n);
	return store_gone;
}

uint64_t services_due(const struct services *a, uint64_t now)
{
	if (a->absent)
		return now;
	return a->tails_fd >= 0 && a->tails_grown ? a->next_empty : UINT64_MAX;
}

void services_close(struct services *a, struct host *h, struct host *workers, unsigned n)
{
	close_stores(h, workers, n);
	daemon_close(&a->store);
	daemon_close(&a->console);
	if (a->tails_wake >= 0)
		close(a->tails_wake);
	if (a->tails_fd >= 0)
		close(a->tails_fd);
	a->tails_wake = a->tails_fd = a->store_fd = -1;
}
