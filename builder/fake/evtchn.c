/* Event channels of dom0, as libxenevtchn shows them. */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Numbers of dom0's own ports; the first ones are the kernel's. */
#define FIRST_PORT 10
#define PORTS_MAX  128

/* Nobody is at the other end yet: no event comes from there. */
#define NO_REMOTE UINT32_MAX

struct xenevtchn_handle {
	int fd[2]; /* the numbers of ports that are pending, as the driver's ring has them */
	domid_t restricted; /* the domain that it is good for; 0: all */
};

static struct {
	xenevtchn_handle *handle[PORTS_MAX]; /* who has bound it; NULL when free */
	uint32_t domid[PORTS_MAX], remote[PORTS_MAX];
	bool masked[PORTS_MAX], pending[PORTS_MAX];
	unsigned notified[PORTS_MAX];
	int handles;
} channels;

void fake_evtchn_reset(void)
{
	memset(&channels, 0, sizeof(channels));
}

unsigned fake_evtchn_leaks(FILE *to)
{
	unsigned n = 0;

	for (unsigned i = 0; i < PORTS_MAX; i++) {
		if (!channels.handle[i])
			continue;
		fprintf(to, "held: port %u, bound to domain %u\n", i, channels.domid[i]);
		n++;
	}
	if (channels.handles) {
		fprintf(to, "held: %d handles of libxenevtchn\n", channels.handles);
		n++;
	}
	return n;
}

/* The driver masks a port when it reports an event; it reports the next one at the unmask. */
static void deliver(uint32_t port)
{
	if (!channels.handle[port] || channels.masked[port]) {
		channels.pending[port] = true;
		return;
	}
	channels.masked[port] = true;
	channels.pending[port] = false;
	if (write(channels.handle[port]->fd[1], &port, sizeof(port)) != sizeof(port))
		abort();
}

void fake_raise(uint32_t domid, uint32_t remote_port)
{
	for (uint32_t i = 0; i < PORTS_MAX; i++)
		if (channels.handle[i] && channels.domid[i] == domid &&
		    channels.remote[i] == remote_port)
			deliver(i);
}

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned flags)
{
	xenevtchn_handle *xce;

	(void)logger;
	(void)flags;
	if (!fake_enter(__func__))
		return fake_leave_ptr(NULL);
	xce = fake_calloc(1, sizeof(*xce));
	if (pipe2(xce->fd, O_CLOEXEC) < 0)
		abort();
	channels.handles++;
	return fake_leave_ptr(xce);
}

int xenevtchn_close(xenevtchn_handle *xce)
{
	if (!xce)
		return 0;
	fake_lock();
	for (unsigned i = 0; i < PORTS_MAX; i++) {
		if (channels.handle[i] != xce)
			continue;
		/* A port without another end yet may be shared with a child, which has the file. */
		if (channels.remote[i] == NO_REMOTE)
			channels.handle[i] = NULL;
		else
			fake_broken("port %u was bound when its handle was closed", i);
	}
	channels.handles--;
	fake_unlock();
	close(xce->fd[0]);
	if (xce->fd[1] >= 0)
		close(xce->fd[1]);
	free(xce);
	return 0;
}

/* A file that another process had, with nothing in it. */
xenevtchn_handle *xenevtchn_fdopen(struct xentoollog_logger *logger, int fd, unsigned flags)
{
	xenevtchn_handle *xce;

	(void)logger;
	(void)flags;
	if (!fake_enter(__func__))
		return fake_leave_ptr(NULL);
	xce = fake_calloc(1, sizeof(*xce));
	xce->fd[0] = fd;
	xce->fd[1] = -1;
	channels.handles++;
	return fake_leave_ptr(xce);
}

/* Once, as the driver has it. */
int xenevtchn_restrict(xenevtchn_handle *xce, domid_t domid)
{
	if (!fake_enter(__func__))
		return fake_leave(-1);
	if (xce->restricted)
		return fake_refuse(EACCES);
	xce->restricted = domid;
	return fake_leave(0);
}

domid_t fake_evtchn_restricted(xenevtchn_handle *xce)
{
	return xce->restricted;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
	return xce->fd[0];
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
						     evtchn_port_t remote_port)
{
	struct fake_domain *d;
	uint32_t i;

	if (!fake_enter(__func__))
		return fake_leave(-1);
	d = fake_find(domid);
	if (!d || d->dying)
		return fake_refuse(ESRCH);
	if (remote_port >= FAKE_PORTS || !d->port[remote_port])
		return fake_refuse(EINVAL);
	for (i = FIRST_PORT; i < PORTS_MAX && channels.handle[i]; i++)
		;
	if (i == PORTS_MAX)
		return fake_refuse(ENOSPC);
	channels.handle[i] = xce;
	channels.domid[i] = domid;
	channels.remote[i] = remote_port;
	channels.masked[i] = channels.pending[i] = false;
	/* Events before the binding may be lost, so the driver reports one at each binding. */
	deliver(i);
	return fake_leave((int)i);
}

xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce, uint32_t domid)
{
	struct fake_domain *d;
	uint32_t i;

	if (!fake_enter(__func__))
		return fake_leave(-1);
	d = fake_find(domid);
	if (!d || d->dying)
		return fake_refuse(ESRCH);
	for (i = FIRST_PORT; i < PORTS_MAX && channels.handle[i]; i++)
		;
	if (i == PORTS_MAX)
		return fake_refuse(ENOSPC);
	channels.handle[i] = xce;
	channels.domid[i] = domid;
	channels.remote[i] = NO_REMOTE;
	channels.masked[i] = channels.pending[i] = false;
	return fake_leave((int)i);
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	fake_lock();
	if (port >= PORTS_MAX || channels.handle[port] != xce)
		fake_broken("port %u was unbound by who has not bound it", port);
	else
		channels.handle[port] = NULL;
	fake_unlock();
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	fake_lock();
	if (port >= PORTS_MAX || channels.handle[port] != xce)
		fake_broken("port %u was notified by who has not bound it", port);
	else
		channels.notified[port]++;
	fake_unlock();
	return 0;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	fake_lock();
	if (port >= PORTS_MAX || channels.handle[port] != xce) {
		fake_broken("port %u was unmasked by who has not bound it", port);
	} else {
		channels.masked[port] = false;
		if (channels.pending[port])
			deliver(port);
	}
	fake_unlock();
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	uint32_t port;

	if (!fake_enter(__func__))
		return fake_leave(-1);
	fake_unlock();
	/* Waits when there is none, as the real one does. */
	return read(xce->fd[0], &port, sizeof(port)) == sizeof(port) ? (int)port : -1;
}
