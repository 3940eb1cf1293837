#include "serve.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <xen/sched.h>

#include "base/clock.h"

/* How often a domain that does nothing is looked at, and a line without an end is logged. */
#define TICK_MS 1000
/* How long what the guest printed last may take to be written. */
#define DRAIN_MS 1000

enum { POLL_SIGNAL, POLL_EVENT, POLL_IN, POLL_OUT, NR_POLL };

void model_say(const char *fmt, ...)
{
	char text[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "earlydom-model: %s\n", text);
}

static void write_log(struct model *m)
{
	bounded_log_write(&m->log, m->line, m->line_len);
	m->line_len = 0;
}

/* The board's output: a byte that the serial port sends. */
static void print(void *arg, uint8_t byte)
{
	struct model *m = arg;

	output_put(&m->out, byte);
	m->line[m->line_len++] = (char)byte;
	if (byte == '\n' || m->line_len == sizeof(m->line))
		write_log(m);
}

void model_init(struct model *m, uint16_t serial, uint32_t io_rate)
{
	/* A second's worth at once: a boot comes in bursts. */
	rate_init(&m->rate, io_rate, io_rate);
	m->owed = 0;
	m->ticked = clock_ns();
	board_init(&m->board, serial);
	m->board.output = print;
	m->board.arg = m;
	m->level = false;
	m->line_len = 0;
}

static int update_irq(struct model *m, struct err *e)
{
	const bool level = uart_irq(&m->board.uart);

	if (level == m->level)
		return 0;
	m->level = level;
	return server_irq(&m->server, m->irq, level, e);
}

static int fulfil_wish(struct model *m, struct err *e)
{
	const enum power_wish wish = m->board.wish;

	m->board.wish = POWER_NONE;
	if (wish == POWER_NONE)
		return 0;
	model_say("domain %u %s itself", m->server.domid,
		  wish == POWER_WISH_OFF ? "powers off" : "resets");
	return server_shutdown(&m->server,
			       wish == POWER_WISH_OFF ? SHUTDOWN_poweroff : SHUTDOWN_reboot, e);
}

/* Serves the vcpu whose event has come. The vcpu may go on even where its interrupt or its wish
 * failed. */
static int handle_event(struct model *m, struct err *e)
{
	const struct guest_memory memory = {.copy = server_copy, .arg = &m->server};
	struct request r;
	struct ioreq *slot;
	uint64_t data;
	int rc = server_event(&m->server, &slot, e), done;
	struct err ignored;

	if (rc || !slot || !request_take(slot, &r))
		return rc;
	m->owed += request_accesses(&r);
	data = request_serve(&r, &m->board, &memory);
	server_unmap(&m->server);
	/* Before the vcpu goes on: it must not see the interrupt that it has just cleared. */
	rc = update_irq(m, e);
	if (!rc)
		rc = fulfil_wish(m, e);
	request_answer(slot, data);
	done = server_done(&m->server, slot, rc ? &ignored : e);
	return rc ? rc : done;
}

static int take_input(struct model *m, struct err *e)
{
	uint8_t bytes[UART_FIFO];
	const ssize_t n = read(m->in, bytes, uart_room(&m->board.uart));

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return 0;
	/* ECONNRESET: the other end was closed with output unread. That is an end like any other.
	 */
	if (n < 0 && errno != ECONNRESET)
		model_say("cannot read the guest's input: %s", strerror(errno));
	if (n <= 0) {
		m->in = -1;
		return 0;
	}
	for (ssize_t i = 0; i < n; i++)
		uart_receive(&m->board.uart, bytes[i]);
	return update_irq(m, e);
}

static void flush_output(struct model *m)
{
	if (output_flush(&m->out) == 0)
		return;
	if (errno == EPIPE || errno == ECONNRESET)
		model_say("nobody takes the guest's output any more");
	else
		model_say("cannot write the guest's output: %s", strerror(errno));
}

/* Nothing has happened: at times that is worth a look. */
static int tick(struct model *m, struct err *e)
{
	const uint64_t now = clock_ns();

	if (now - m->ticked < TICK_MS * NS_PER_MS)
		return 0;
	m->ticked = now;
	if (m->line_len)
		write_log(m);
	return server_irq(&m->server, m->irq, m->level, e);
}

/* Pays what the time has brought. Returns for how many ms no event is to be taken. */
static int pay(struct model *m, uint64_t now)
{
	m->owed -= rate_take(&m->rate, now, m->owed);
	if (!m->owed)
		return 0;
	return (int)((rate_due(&m->rate, now) - now + NS_PER_MS - 1) / NS_PER_MS);
}

static int turn(struct model *m, int sigfd, bool *stop, struct err *e)
{
	const bool room = uart_room(&m->board.uart) > 0;
	const int wait = pay(m, clock_ns());
	struct pollfd fds[NR_POLL] = {
		[POLL_SIGNAL] = {.fd = sigfd, .events = POLLIN},
		[POLL_EVENT] = {.fd = wait ? -1 : server_fd(&m->server), .events = POLLIN},
		[POLL_IN] = {.fd = room ? m->in : -1, .events = POLLIN},
		[POLL_OUT] = {.fd = output_waits(&m->out) ? m->out.fd : -1, .events = POLLOUT},
	};
	const int n = poll(fds, NR_POLL, wait && wait < TICK_MS ? wait : TICK_MS);
	int rc = 0;

	if (n < 0 && errno != EINTR)
		return err_set(e, "cannot wait for events: %s", strerror(errno));
	if (n <= 0)
		return n ? 0 : tick(m, e);
	*stop = fds[POLL_SIGNAL].revents;
	if (fds[POLL_EVENT].revents)
		rc = handle_event(m, e);
	if (!rc && fds[POLL_IN].revents && uart_room(&m->board.uart))
		rc = take_input(m, e);
	flush_output(m);
	return rc;
}

/* Writes what is left, within bounds. */
static void drain(struct model *m)
{
	const uint64_t end = clock_ns() + DRAIN_MS * NS_PER_MS;

	write_log(m);
	for (;;) {
		struct pollfd fd = {.fd = m->out.fd, .events = POLLOUT};
		uint64_t now;

		flush_output(m);
		now = clock_ns();
		if (!output_waits(&m->out) || now >= end)
			return;
		poll(&fd, 1, (int)((end - now) / NS_PER_MS) + 1);
	}
}

int model_serve(struct model *m, int sigfd, struct err *e)
{
	bool stop = false;
	int rc = 0;

	while (!rc && !stop)
		rc = turn(m, sigfd, &stop, e);
	drain(m);
	if (rc == SERVER_GONE)
		model_say("domain %u is gone", m->server.domid);
	return rc == SERVER_FAILED ? -1 : 0;
}
