#include "unit_console.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit_errand.h"
#include "unit_save.h"

/* Console events that a guest may cause in that time; more are left until the next tick. */
#define CONSOLE_EVENTS_MAX 100
#define CONSOLE_EVENTS_NS  (100 * NS_PER_MS)

/* What is taken at once of the output of a guest that may go on to write, in reads. */
#define DRAIN_MAX 1000

/* How long output waits at most that was more than the guest's rate. */
#define LATER_MAX_NS (100 * NS_PER_MS)

/* How long a device model that goes on after its guest's end is given to say what it has. */
#define MODEL_NS (250 * NS_PER_MS)

int unit_console_open(struct units *all, struct unit *u, struct err *e)
{
	u->heard = u->held = false;
	/* xenconsoled finds a guest by the store. */
	switch (u->guest.in_store ? all->consoles : CONSOLES_OURS) {
	case CONSOLES_OURS:
		return console_open(&u->console, all->host, all->xce, &u->guest, e);
	case CONSOLES_LOGGED:
		if (u->tail.fd < 0)
			return console_tail_open(&u->tail, all->tails_fd, unit_name(u), e);
		console_tail_begin(&u->tail);
		break;
	case CONSOLES_ELSEWHERE:
		break;
	}
	return 0;
}

/* Its log, which has what was taken from the ring from now on. */
static int follow(struct units *all, struct unit *u, struct err *e)
{
	struct console c;
	bool ignored;

	if (console_map(&c, all->host, &u->guest, e) < 0 ||
	    console_tail_open(&u->tail, all->tails_fd, unit_name(u), e) < 0) {
		console_close(&c, all->xce);
		return -1;
	}
	u->tail.begin -= (off_t)console_taken(&c, &ignored);
	console_close(&c, all->xce);
	return 0;
}

int unit_console_adopt(struct units *all, struct unit *u, struct err *e)
{
	off_t at;

	if (!u->guest.in_store || all->consoles != CONSOLES_LOGGED)
		return unit_console_open(all, u, e);
	if (follow(all, u, e) < 0)
		return -1;
	at = all->ledger ? (off_t)ledger_noted(all->ledger, unit_record(all, u)) : 0;
	if (at > 0 && at < u->tail.at)
		u->tail.at = u->tail.punched = at;
	return 0;
}

void units_console_follow(struct units *all)
{
	struct err e;

	for (size_t i = 0; all->consoles == CONSOLES_LOGGED && i < all->n; i++) {
		struct unit *u = &all->list[i];

		if ((u->state != UNIT_RUNNING && u->state != UNIT_STOPPING) || u->handing_over ||
		    !u->guest.in_store || u->console.ring || u->tail.fd >= 0 || u->console_due)
			continue;
		if (follow(all, u, &e) < 0)
			report_line(all->report, "%s: its console is not heard: %s", unit_name(u),
				    e.msg);
	}
}

void units_console_take_back(struct units *all)
{
	struct err e;

	for (size_t i = 0; i < all->n; i++) {
		struct unit *u = &all->list[i];

		if ((u->state != UNIT_RUNNING && u->state != UNIT_STOPPING) || unit_busy(u) ||
		    u->guest.domid == NO_DOMAIN || u->console.ring || u->console_due)
			continue;
		unit_console_drain(all, u);
		if (console_open(&u->console, all->host, all->xce, &u->guest, &e) < 0)
			report_line(all->report, "%s: its console is not heard: %s", unit_name(u),
				    e.msg);
	}
}

void unit_console_close(struct units *all, struct unit *u)
{
	/* The tail stays: the guest's next domain has the same log. */
	console_close(&u->console, all->xce);
	console_close(&u->rest, all->xce);
	u->console_later = 0;
	echo_flush(&u->line, all->echo, all->echo_out, unit_name(u));
}

/* What a classic device model has taken from the guest's serial port. The model is the worker's
 * while that has a job for the guest. */
static bool has_serial(const struct unit *u)
{
	return !unit_busy(u) && u->guest.model.console_fd >= 0;
}

static size_t serial_read(struct unit *u, char *buf, size_t size)
{
	struct devmodel *m = &u->guest.model;
	ssize_t n;

	if (!has_serial(u))
		return 0;
	n = read(m->console_fd, buf, size);
	if (n > 0)
		return (size_t)n;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	/* The model has closed it: it would be readable for ever. */
	close(m->console_fd);
	m->console_fd = -1;
	return 0;
}

static void deliver(struct units *all, struct unit *u, const char *buf, size_t n)
{
	bounded_log_write(&u->log, buf, n);
	echo_output(&u->line, all->echo, all->echo_out, unit_name(u), buf, n);
	all->output(all->output_arg, u, buf, n);
}

/* How long it takes until the rate has room for a full ring: the loop wakes up no more often. */
static uint64_t pause_of(const struct rate *r)
{
	const uint64_t ns = CONSOLE_RING_OUT * NS_PER_S / r->per_second;

	return ns < LATER_MAX_NS ? ns : LATER_MAX_NS;
}

/*
 * From the ring, no more than the guest's rate has room for. The rest stays there, so that the
 * guest waits when the ring is full, and is taken later without an event: none comes of a ring in
 * which nothing changes. Nor is one waited for when the rate is all but used up: a flood is then
 * taken by the full ring.
 */
static size_t ring_read(struct units *all, struct unit *u, char buf[CONSOLE_RING_OUT])
{
	struct rate *r = &u->console_rate;
	const uint64_t now = clock_ns();
	const size_t there = console_there(&u->console);
	const size_t may = (size_t)rate_take(r, now, there);
	const bool used_up = r->per_second && may && r->there < CONSOLE_RING_OUT;

	u->console_later = may < there || used_up ? now + pause_of(r) : 0;
	return console_read(&u->console, all->xce, buf, may);
}

size_t unit_console(struct units *all, struct unit *u)
{
	char buf[CONSOLE_RING_OUT];
	size_t n = console_tail_read(&u->tail, buf, sizeof(buf));

	if (!n)
		n = ring_read(all, u, buf);
	if (!n)
		n = serial_read(u, buf, sizeof(buf));
	if (n)
		deliver(all, u, buf, n);
	if (n && u->tail.fd >= 0 && all->ledger)
		ledger_note(all->ledger, unit_record(all, u), (uint64_t)u->tail.at);
	if (u->console.ring && !u->console_masked && !u->console_later) {
		const uint64_t now = clock_ns();

		if (now - u->console_since >= CONSOLE_EVENTS_NS) {
			u->console_since = now;
			u->console_events = 0;
		}
		u->console_masked = ++u->console_events > CONSOLE_EVENTS_MAX;
		if (!u->console_masked)
			xenevtchn_unmask(all->xce, u->console.port);
	}
	return n;
}

void unit_console_drain(struct units *all, struct unit *u)
{
	for (unsigned i = 0; i < DRAIN_MAX && unit_console(all, u); i++)
		;
}

uint64_t units_console_later(struct units *all, uint64_t now)
{
	uint64_t due = UINT64_MAX;

	for (size_t i = 0; i < all->n; i++) {
		struct unit *u = &all->list[i];

		if (u->console_later && u->console_later <= now)
			unit_console(all, u);
		if (u->console_later)
			due = clock_earlier(due, u->console_later);
	}
	return due;
}

/* What a ring holds in which nobody writes any more, at whatever rate. */
static void drain_last(struct units *all, struct unit *u, struct console *c)
{
	char buf[CONSOLE_RING_OUT];
	const size_t n = console_read(c, all->xce, buf, sizeof(buf));

	if (n)
		deliver(all, u, buf, n);
}

/*
 * Whether xenconsoled has done with the ring. It makes room in the ring before it writes to the log
 * (tools/console/daemon/io.c, buffer_append), so that the log has to be as long as what was taken.
 */
static bool ring_is_read(const struct unit *u, off_t logged)
{
	bool all;
	const uint32_t taken = console_taken(&u->rest, &all);

	return all && (u->tail.fd < 0 || (int32_t)((uint32_t)logged - taken) >= 0);
}

/* Of one whose ring xenconsoled reads. */
static bool served_finished(struct units *all, struct unit *u, uint64_t now)
{
	struct err ignored;
	off_t logged = 0;
	bool read = true;

	/* Where it can't be seen there is nothing but time. */
	if (!u->rest.ring && console_map(&u->rest, all->host, &u->guest, &ignored) < 0)
		return now - u->ended_at >= LAST_WORDS_NS;
	unit_console_drain(all, u);
	if (u->tail.fd >= 0)
		logged = console_tail_length(&u->tail, &read);
	if (!read)
		return false; /* there is an end to it: nobody writes any more */
	if (ring_is_read(u, logged))
		return true;
	if (now - u->ended_at < LAST_WORDS_NS)
		return false;
	drain_last(all, u, &u->rest);
	return true;
}

bool unit_console_finished(struct units *all, struct unit *u, uint64_t now)
{
	if (u->heard || u->state == UNIT_RELEASED)
		return true;
	if (has_serial(u) && now - u->ended_at < MODEL_NS) {
		unit_console_drain(all, u);
		return false;
	}
	if (all->consoles != CONSOLES_OURS && !u->console.ring && !served_finished(all, u, now))
		return false;
	unit_console_drain(all, u);
	drain_last(all, u, &u->console);
	u->console_later = 0;
	console_close(&u->rest, all->xce);
	u->heard = true;
	return true;
}

void unit_console_tick(struct units *all, struct unit *u)
{
	u->console_events = 0;
	if (!u->console_masked)
		return;
	u->console_masked = false;
	if (u->console.ring)
		xenevtchn_unmask(all->xce, u->console.port);
}

size_t unit_type(struct units *all, struct unit *u, const char *buf, size_t n)
{
	ssize_t typed;

	if (!has_serial(u))
		return unit_type_hvc(all, u, buf, n);
	/* A guest with a serial port has its console there. */
	typed = send(u->guest.model.console_fd, buf, n, MSG_NOSIGNAL);
	return typed > 0 ? (size_t)typed : 0;
}

size_t unit_type_hvc(struct units *all, struct unit *u, const char *buf, size_t n)
{
	const char *path;

	if (u->console.ring)
		return console_write(&u->console, all->xce, buf, n);
	if (all->store != STORE_SERVES || unit_busy(u) || u->guest.domid == NO_DOMAIN)
		return 0;
	path = unit_terminal(all, u);
	return path ? console_tail_type(path, buf, n) : 0;
}
