/* A guest's console: from the ring, which earlydom drains, or from the log of xenconsoled. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ward_inside.h"

/* Console events that a guest may cause in one tick of the supervisor; more are left until the
 * next. */
#define CONSOLE_EVENTS_MAX 100

int ward_console_open(struct wards *all, struct ward *w, struct err *e)
{
	switch (all->consoles) {
	case CONSOLES_OURS:
		return console_open(&w->console, all->host, all->xce, &w->guest, e);
	case CONSOLES_LOGGED:
		if (w->tail.fd < 0)
			return contail_open(&w->tail, all->tails_fd, ward_name(w), e);
		break;
	case CONSOLES_ELSEWHERE:
		break;
	}
	return 0;
}

void ward_console_close(struct wards *all, struct ward *w)
{
	/* The tail stays: the guest's next domain has the same log. */
	console_close(&w->console, all->xce);
	echo_flush(&w->line, all->echo, all->echo_fd, ward_name(w));
}

/* What a classic device model has taken from the guest's serial port. The model is the worker's while
 * that has a job for the guest. */
static size_t serial_read(const struct ward *w, char *buf, size_t size)
{
	ssize_t n = -1;

	if (!w->busy && w->guest.model.console_fd >= 0)
		n = read(w->guest.model.console_fd, buf, size);
	return n > 0 ? (size_t)n : 0;
}

size_t ward_console(struct wards *all, struct ward *w)
{
	char buf[CONSOLE_RING_OUT];
	size_t n = contail_read(&w->tail, buf, sizeof(buf));

	if (!n)
		n = console_read(&w->console, all->xce, buf, sizeof(buf));
	if (!n)
		n = serial_read(w, buf, sizeof(buf));
	if (n) {
		conlog_write(&w->log, buf, n);
		echo_output(&w->line, all->echo, all->echo_fd, ward_name(w), buf, n);
		all->output(all->output_arg, w, buf, n);
	}
	if (w->console.ring && !w->console_masked) {
		w->console_masked = ++w->console_events > CONSOLE_EVENTS_MAX;
		if (!w->console_masked)
			xenevtchn_unmask(all->xce, w->console.port);
	}
	return n;
}

void ward_console_tick(struct wards *all, struct ward *w)
{
	w->console_events = 0;
	if (!w->console_masked)
		return;
	w->console_masked = false;
	if (w->console.ring)
		xenevtchn_unmask(all->xce, w->console.port);
}

size_t ward_type(struct wards *all, struct ward *w, const char *buf, size_t n)
{
	char node[64], *path;
	unsigned len;
	ssize_t typed;
	size_t done;

	/* A guest with a serial port has its console there. */
	if (!w->busy && w->guest.model.console_fd >= 0) {
		typed = write(w->guest.model.console_fd, buf, n);
		return typed > 0 ? (size_t)typed : 0;
	}
	if (w->console.ring)
		return console_write(&w->console, all->xce, buf, n);
	if (!all->host->xsh || w->busy || w->guest.domid == NO_DOMAIN)
		return 0;
	snprintf(node, sizeof(node), "/local/domain/%u/console/tty", w->guest.domid);
	path = xs_read(all->host->xsh, XBT_NULL, node, &len);
	if (!path)
		return 0;
	done = contail_type(path, buf, n);
	free(path);
	return done;
}
