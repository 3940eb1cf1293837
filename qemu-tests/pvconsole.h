/*
 * What the tests' own PV kernels share: the console, by its ring, and the end of the domain. There
 * is no C library; the source that includes this defines call(), with its own way into the
 * hypervisor.
 */
#ifndef PVCONSOLE_H
#define PVCONSOLE_H

/* The newest form of the public headers; their own default is the oldest. */
#define __XEN_INTERFACE_VERSION__ 0x00040e00

#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>

/* Hypercall nr with an operation and what it points to. */
static long call(unsigned long nr, unsigned long op, const void *arg);

struct console {
	volatile struct xencons_interface *ring;
	evtchn_port_t port;
	volatile struct shared_info *shared; /* from the first input on */
};

static void barrier(void)
{
	__sync_synchronize();
}

static void notify(const struct console *c)
{
	const struct evtchn_send send = {.port = c->port};

	call(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send);
}

static __attribute__((noreturn)) void shutdown(unsigned reason)
{
	const struct sched_shutdown how = {.reason = reason};

	for (;;)
		call(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &how);
}

static void put_char(const struct console *c, char byte)
{
	while (c->ring->out_prod - c->ring->out_cons >= sizeof(c->ring->out)) {
		notify(c);
		call(__HYPERVISOR_sched_op, SCHEDOP_yield, NULL);
	}
	c->ring->out[MASK_XENCONS_IDX(c->ring->out_prod, c->ring->out)] = byte;
	barrier();
	c->ring->out_prod++;
}

static void put(const struct console *c, const char *text)
{
	while (*text)
		put_char(c, *text++);
}

/* With zeros in front where it has fewer digits. */
static void put_number(const struct console *c, unsigned long n, unsigned digits)
{
	char buf[24];
	unsigned i = sizeof(buf);

	buf[--i] = '\0';
	do {
		buf[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n || sizeof(buf) - 1 - i < digits);
	put(c, buf + i);
}

/* Sleeps until somebody types. */
static void wait_for_input(const struct console *c)
{
	const unsigned bits = 8 * sizeof(xen_ulong_t);
	const evtchn_port_t port = c->port;
	struct sched_poll poll = {.nr_ports = 1};

	set_xen_guest_handle(poll.ports, (evtchn_port_t *)&port);
	__sync_fetch_and_and(&c->shared->evtchn_pending[port / bits],
			     ~((xen_ulong_t)1 << port % bits));
	if (c->ring->in_prod == c->ring->in_cons)
		call(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll);
}

static char get_char(const struct console *c)
{
	char byte;

	while (c->ring->in_prod == c->ring->in_cons)
		wait_for_input(c);
	barrier();
	byte = c->ring->in[MASK_XENCONS_IDX(c->ring->in_cons, c->ring->in)];
	barrier();
	c->ring->in_cons++;
	notify(c);
	return byte;
}

/* A line without its end; what is beyond size - 1 bytes is left out. */
static void get_line(const struct console *c, char *line, size_t size)
{
	size_t n = 0;
	char byte;

	while ((byte = get_char(c)) != '\n' && byte != '\r')
		if (n < size - 1)
			line[n++] = byte;
	line[n] = '\0';
}

static int equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

#endif
