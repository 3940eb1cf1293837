/*
 * tiny: a PV kernel that starts in no time, for tests in which a guest has to be and to end, not to
 * be Linux. It says that it is up and then does what the words of its command line say, one after
 * the other, and after those what the lines that are typed on its console say:
 *
 *	poweroff, reboot, crash, watchdog	how the domain ends
 *	flood=N					print N numbered lines of 64 characters
 *	name=NAME				nothing; shown with the rest of the command line
 *	any other line typed			is said back: "got: LINE"
 */
/* The newest form of the public headers; their own default is the oldest. */
#define __XEN_INTERFACE_VERSION__ 0x00040e00

#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>

#define TEXT_SIZE 256

/* start.S */
extern char hypercall_page[4096];
extern char shared_page[4096];
void tiny_main(const struct start_info *si);

struct tiny {
	volatile struct xencons_interface *ring;
	evtchn_port_t port;
	volatile struct shared_info *shared;
};

static long hypercall(unsigned nr, uint64_t a, uint64_t b, uint64_t c)
{
	char *entry = hypercall_page + nr * 32;
	long result;

	asm volatile("call *%[entry]"
		     : "=a"(result), "+D"(a), "+S"(b), "+d"(c)
		     : [entry] "r"(entry)
		     : "rcx", "r8", "r9", "r10", "r11", "memory");
	return result;
}

static void barrier(void)
{
	asm volatile("mfence" ::: "memory");
}

static void notify(const struct tiny *t)
{
	struct evtchn_send send = {.port = t->port};

	hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uintptr_t)&send, 0);
}

static __attribute__((noreturn)) void shutdown(unsigned reason)
{
	struct sched_shutdown how = {.reason = reason};

	for (;;)
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&how, 0);
}

static void put_char(const struct tiny *t, char c)
{
	while (t->ring->out_prod - t->ring->out_cons >= sizeof(t->ring->out)) {
		notify(t);
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0);
	}
	t->ring->out[MASK_XENCONS_IDX(t->ring->out_prod, t->ring->out)] = c;
	barrier();
	t->ring->out_prod++;
}

static void put(const struct tiny *t, const char *text)
{
	while (*text)
		put_char(t, *text++);
}

static void put_number(const struct tiny *t, unsigned long n, unsigned digits)
{
	char buf[24];
	unsigned i = sizeof(buf);

	buf[--i] = '\0';
	do {
		buf[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n || sizeof(buf) - 1 - i < digits);
	put(t, buf + i);
}

/* Sleeps until somebody types. */
static void wait_for_input(const struct tiny *t)
{
	const evtchn_port_t port = t->port;
	volatile xen_ulong_t *word = &t->shared->evtchn_pending[port / 64];
	struct sched_poll poll = {.nr_ports = 1};

	set_xen_guest_handle(poll.ports, (evtchn_port_t *)&port);
	asm volatile("lock btrq %1, %0" : "+m"(*word) : "r"((uint64_t)port % 64) : "memory");
	if (t->ring->in_prod == t->ring->in_cons)
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, (uintptr_t)&poll, 0);
}

static char get_char(const struct tiny *t)
{
	char c;

	while (t->ring->in_prod == t->ring->in_cons)
		wait_for_input(t);
	barrier();
	c = t->ring->in[MASK_XENCONS_IDX(t->ring->in_cons, t->ring->in)];
	barrier();
	t->ring->in_cons++;
	notify(t);
	return c;
}

static void get_line(const struct tiny *t, char line[TEXT_SIZE])
{
	size_t n = 0;
	char c;

	while ((c = get_char(t)) != '\n' && c != '\r')
		if (n < TEXT_SIZE - 1)
			line[n++] = c;
	line[n] = '\0';
}

static int equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* The text behind prefix, or NULL when word does not begin with it. */
static const char *after(const char *word, const char *prefix)
{
	while (*prefix)
		if (*word++ != *prefix++)
			return NULL;
	return word;
}

static void flood(const struct tiny *t, const char *digits)
{
	unsigned long n = 0, i;

	while (*digits >= '0' && *digits <= '9')
		n = n * 10 + (unsigned long)(*digits++ - '0');
	for (i = 1; i <= n; i++) {
		put(t, "flood ");
		put_number(t, i, 6);
		put(t, " .................................................\r\n");
		notify(t);
	}
}

/* Returns 0 when the word is none that something is done for. */
static int act(const struct tiny *t, const char *word)
{
	const char *digits = after(word, "flood=");

	if (equal(word, "poweroff"))
		shutdown(SHUTDOWN_poweroff);
	if (equal(word, "reboot"))
		shutdown(SHUTDOWN_reboot);
	if (equal(word, "crash"))
		shutdown(SHUTDOWN_crash);
	if (equal(word, "watchdog"))
		shutdown(SHUTDOWN_watchdog);
	if (digits)
		flood(t, digits);
	return digits != NULL;
}

static void act_on_cmdline(const struct tiny *t, const char *cmdline)
{
	char word[TEXT_SIZE];
	size_t n;

	while (*cmdline) {
		for (n = 0; *cmdline && *cmdline != ' ' && n < TEXT_SIZE - 1; n++)
			word[n] = *cmdline++;
		word[n] = '\0';
		act(t, word);
		while (*cmdline == ' ')
			cmdline++;
	}
}

static void open_shared_info(struct tiny *t, const struct start_info *si)
{
	/* Present, writable, user: a 64-bit PV kernel runs in ring 3. */
	hypercall(__HYPERVISOR_update_va_mapping, (uintptr_t)shared_page, si->shared_info | 7,
		  UVMF_INVLPG);
	t->shared = (volatile struct shared_info *)shared_page;
}

void tiny_main(const struct start_info *si)
{
	const uint64_t *machine_to_phys = (const uint64_t *)HYPERVISOR_VIRT_START;
	const char *cmdline = (const char *)si->cmd_line;
	struct tiny t = {.port = si->console.domU.evtchn};
	char line[TEXT_SIZE];

	t.ring = (volatile struct xencons_interface *)(machine_to_phys[si->console.domU.mfn] << 12);
	open_shared_info(&t, si);
	put(&t, "tiny is up: ");
	put_number(&t, si->nr_pages / 256, 1);
	put(&t, " MiB, store channel ");
	put_number(&t, si->store_evtchn, 1);
	put(&t, ", cmdline [");
	put(&t, cmdline);
	put(&t, "]\r\n");
	notify(&t);
	act_on_cmdline(&t, cmdline);
	for (;;) {
		get_line(&t, line);
		if (act(&t, line))
			continue;
		put(&t, "got: ");
		put(&t, line);
		put(&t, "\r\n");
		notify(&t);
	}
}
