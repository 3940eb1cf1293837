#include "unit_console.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit_errand.h"

/* Console events that a guest may cause in that time; more are left until the next tick. */
#define CONSOLE_EVENTS_MAX 100
#define CONSOLE_EVENTS_NS  (100 * NS_PER_MS)

/* What is taken at once of the output of a guest that may go on to write, in reads. */
#define DRAIN_MAX 1000

int unit_console_open(struct units *all, struct unit *u, struct err *e)
{
	switch (all->consoles) {
	case CONSOLES_OURS:
		return console_open(&u->console, all->host, all->xce, &u->guest, e);
	case CONSOLES_LOGGED:
		if (u->tail.fd < 0)
			return console_tail_open(&u->tail, all->tails_fd, unit_name(u), e);
		break;
	case CONSOLES_ELSEWHERE:
		break;
	}
	return 0;
}

void unit_console_close(struct units *all, struct unit *u)
{
	/* The tail stays: the guest's next domain has the same log. */
	console_close(&u->console, all->xce);
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

size_t unit_console(struct units *all, struct unit *u)
{
	char buf[CONSOLE_RING_OUT];
	size_t n = console_tail_read(&u->tail, buf, sizeof(buf));

	if (!n)
		n = console_read(&u->console, all->xce, buf, sizeof(buf));
	if (!n)
		n = serial_read(u, buf, sizeof(buf));
	if (n) {
		bounded_log_write(&u->log, buf, n);
		echo_output(&u->line, all->echo, all->echo_out, unit_name(u), buf, n);
		all->output(all->output_arg, u, buf, n);
	}
	if (u->console.ring && !u->console_masked) {
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
	if (!all->host->xsh || unit_busy(u) || u->guest.domid == NO_DOMAIN)
		return 0;
	path = unit_terminal(all, u);
	return path ? console_tail_type(path, buf, n) : 0;
}
