#include "console.h"
#include "builder/guest/xen_compat.h"
#include "builder/host/host.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/io/console.h>

_Static_assert(sizeof(((struct xencons_interface *)0)->out) == CONSOLE_RING_OUT, "ring size");

int console_map(struct console *c, struct host *h, const struct guest *g, struct err *e)
{
	memset(c, 0, sizeof(*c));
	c->ring = xc_map_foreign_range(h->xch, g->domid, XC_PAGE_SIZE, PROT_READ | PROT_WRITE,
				       (unsigned long)g->console_gfn);
	if (!c->ring)
		return host_error(h, e, "cannot map the console of domain %u", g->domid);
	return 0;
}

int console_open(struct console *c, struct host *h, xenevtchn_handle *xce, const struct guest *g,
		 struct err *e)
{
	xenevtchn_port_or_error_t port;

	if (console_map(c, h, g, e) < 0)
		return -1;
	port = xenevtchn_bind_interdomain(xce, g->domid, g->console_port);
	if (port < 0) {
		host_error(h, e, "cannot bind the console of domain %u", g->domid);
		munmap(c->ring, XC_PAGE_SIZE);
		c->ring = NULL;
		return -1;
	}
	c->port = (evtchn_port_t)port;
	xen_console_connected(c->ring);
	return 0;
}

void console_close(struct console *c, xenevtchn_handle *xce)
{
	if (!c->ring)
		return;
	if (c->port)
		xenevtchn_unbind(xce, c->port);
	munmap(c->ring, XC_PAGE_SIZE);
	memset(c, 0, sizeof(*c));
}

size_t console_there(const struct console *c)
{
	const volatile struct xencons_interface *ring = c->ring;
	XENCONS_RING_IDX there;

	if (!ring)
		return 0;
	there = ring->out_prod - ring->out_cons;
	return there > sizeof(ring->out) ? 0 : there;
}

size_t console_read(struct console *c, xenevtchn_handle *xce, char *buf, size_t size)
{
	volatile struct xencons_interface *ring = c->ring;
	XENCONS_RING_IDX cons, prod;
	size_t n = 0;

	if (!ring)
		return 0;
	cons = ring->out_cons;
	prod = ring->out_prod;
	xen_mb(); /* what out_prod covers is read after it */
	if (prod - cons >
	    sizeof(ring->out)) /* a lie: what is in the ring means nothing, start anew */
		cons = prod;
	while (cons != prod && n < size)
		buf[n++] = ring->out[MASK_XENCONS_IDX(cons++, ring->out)];
	if (!n && cons == ring->out_cons)
		return 0;
	xen_mb(); /* the bytes are taken before the guest may write over them */
	ring->out_cons = cons;
	if (c->port)
		xenevtchn_notify(xce, c->port);
	return n;
}

uint32_t console_taken(const struct console *c, bool *all)
{
	const volatile struct xencons_interface *ring = c->ring;
	const XENCONS_RING_IDX cons = ring->out_cons, prod = ring->out_prod;

	*all = cons == prod || prod - cons > sizeof(ring->out);
	return cons;
}

size_t console_room(const struct console *c)
{
	const volatile struct xencons_interface *ring = c->ring;
	XENCONS_RING_IDX used;

	if (!ring)
		return 0;
	used = ring->in_prod - ring->in_cons;
	return used > sizeof(ring->in) ? 0 : sizeof(ring->in) - used;
}

size_t console_write(struct console *c, xenevtchn_handle *xce, const char *buf, size_t n)
{
	volatile struct xencons_interface *ring = c->ring;
	XENCONS_RING_IDX cons, prod;
	size_t done = 0;

	if (!ring)
		return 0;
	cons = ring->in_cons;
	prod = ring->in_prod;
	xen_mb();
	if (prod - cons > sizeof(ring->in)) /* as above: nothing fits that could be trusted */
		return 0;
	while (done < n && prod - cons < sizeof(ring->in))
		ring->in[MASK_XENCONS_IDX(prod++, ring->in)] = buf[done++];
	if (!done)
		return 0;
	xen_wmb(); /* the bytes are there before in_prod says so */
	ring->in_prod = prod;
	xenevtchn_notify(xce, c->port);
	return done;
}
