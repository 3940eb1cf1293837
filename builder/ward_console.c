/* A guest's console: from the ring, which earlydom drains, or from the log of xenconsoled. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ward_inside.h"

/* Console events that a guest may cause in one tick of the supervisor; more are left until the
 * next. */
#define CONSOLE_EVENTS_MAX 100

/* What is taken at once of the output of a guest that may go on to write, in reads. */
#define DRAIN_MAX 1000

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
static bool has_serial(const struct ward *w)
{
	return !w->busy && w->guest.model.console_fd >= 0;
}

static size_t serial_read(struct ward *w, char *buf, size_t size)
{
	struct model *m = &w->guest.model;
	ssize_t n;

	if (!has_serial(w))
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

void ward_console_drain(struct wards *all, struct ward *w)
{
	unsigned i;

	for (i = 0; i < DRAIN_MAX && ward_console(all, w); i++)
		;
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
	ssize_t typed;

	if (!has_serial(w))
		return ward_type_hvc(all, w, buf, n);
	/* A guest with a serial port has its console there. */
	typed = send(w->guest.model.console_fd, buf, n, MSG_NOSIGNAL);
	return typed > 0 ? (size_t)typed : 0;
}

size_t ward_type_hvc(struct wards *all, struct ward *w, const char *buf, size_t n)
{
	char node[64], *path;
	unsigned len;
	size_t done;

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
