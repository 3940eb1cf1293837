/*
 * p9: a PV kernel in Plan 9's clothes, 32-bit with PAE or 64-bit: it has no notes for Xen and no
 * hypercall page, and is written as an a.out or as the ELF of Plan 9's port (lib/plan9-kernel). It
 * says what it finds in its struct start_info, and its command line line by line, and does then what
 * is typed on its console, or a line of the command line says:
 *
 *	poweroff, reboot, crash		how the domain ends
 */
/* The newest form of the public headers; their own default is the oldest. */
#define __XEN_INTERFACE_VERSION__ 0x00040e00

#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>

#define LINE_SIZE 128

#ifdef __i386__
#define KZERO 0x80000000u
#define NAME  "386"
#else
#define KZERO 0xffffffff80000000u
#define NAME  "amd64"
#endif

/* start.S */
extern char data_words[];
extern char shared_page[4096];
void p9_main(const struct start_info *si);

struct p9 {
	const struct start_info *si;
	volatile struct xencons_interface *ring;
	evtchn_port_t port;
	volatile struct shared_info *shared;
};

/* Without a page for it: the way in that Plan 9's port has for 32 bits (9/xen/xen.s). */
static long hypercall(unsigned long nr, unsigned long a, unsigned long b, unsigned long c,
		      unsigned long d)
{
	long result;

#ifdef __i386__
	asm volatile("int $0x82"
		     : "=a"(result), "+b"(a), "+c"(b), "+d"(c), "+S"(d)
		     : "a"(nr)
		     : "memory");
#else
	register unsigned long r10 asm("r10") = d;

	asm volatile("syscall"
		     : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(r10)
		     : "a"(nr)
		     : "rcx", "r8", "r9", "r11", "memory");
#endif
	return result;
}

static void barrier(void)
{
	__sync_synchronize();
}

static void notify(const struct p9 *p)
{
	struct evtchn_send send = {.port = p->port};

	hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send, (uintptr_t)&send, 0, 0);
}

static __attribute__((noreturn)) void shutdown(unsigned reason)
{
	struct sched_shutdown how = {.reason = reason};

	for (;;)
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&how, 0, 0);
}

static void put_char(const struct p9 *p, char c)
{
	while (p->ring->out_prod - p->ring->out_cons >= sizeof(p->ring->out)) {
		notify(p);
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
	}
	p->ring->out[MASK_XENCONS_IDX(p->ring->out_prod, p->ring->out)] = c;
	barrier();
	p->ring->out_prod++;
}

static void put(const struct p9 *p, const char *text)
{
	while (*text)
		put_char(p, *text++);
}

static void put_number(const struct p9 *p, const char *name, unsigned long n)
{
	char buf[24];
	unsigned i = sizeof(buf);

	buf[--i] = '\0';
	do {
		buf[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	put(p, "p9 ");
	put(p, name);
	put(p, " ");
	put(p, buf + i);
	put(p, "\r\n");
}

static void put_text(const struct p9 *p, const char *name, const char *text)
{
	put(p, "p9 ");
	put(p, name);
	put(p, " [");
	put(p, text);
	put(p, "]\r\n");
	notify(p);
}

static int equal(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static void act(const char *line)
{
	if (equal(line, "poweroff"))
		shutdown(SHUTDOWN_poweroff);
	if (equal(line, "reboot"))
		shutdown(SHUTDOWN_reboot);
	if (equal(line, "crash"))
		shutdown(SHUTDOWN_crash);
}

/* Sleeps until somebody types. */
static void wait_for_input(const struct p9 *p)
{
	const evtchn_port_t port = p->port;
	volatile xen_ulong_t *word = &p->shared->evtchn_pending[0]; /* the first ports are there */
	struct sched_poll poll = {.nr_ports = 1};

	set_xen_guest_handle(poll.ports, (evtchn_port_t *)&port);
	asm volatile("lock; btr %1, %0" : "+m"(*word) : "r"((unsigned long)port) : "memory");
	if (p->ring->in_prod == p->ring->in_cons)
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_poll, (uintptr_t)&poll, 0, 0);
}

static char get_char(const struct p9 *p)
{
	char c;

	while (p->ring->in_prod == p->ring->in_cons)
		wait_for_input(p);
	barrier();
	c = p->ring->in[MASK_XENCONS_IDX(p->ring->in_cons, p->ring->in)];
	barrier();
	p->ring->in_cons++;
	notify(p);
	return c;
}

/* Where the kernel has the page that the hypervisor knows by that number. */
static void *page_of(const struct start_info *si, unsigned long mfn)
{
	const unsigned long *mfn_list = (const unsigned long *)si->mfn_list;
	unsigned long pfn = 0;

	while (mfn_list[pfn] != mfn)
		pfn++;
	return (void *)(KZERO + (pfn << 12));
}

static void open_shared_info(struct p9 *p)
{
	/* Present, writable, user: a 64-bit PV kernel runs in ring 3. */
	const uint64_t entry = p->si->shared_info | 7;

#ifdef __i386__
	hypercall(__HYPERVISOR_update_va_mapping, (uintptr_t)shared_page, (unsigned long)entry,
		  (unsigned long)(entry >> 32), UVMF_INVLPG);
#else
	hypercall(__HYPERVISOR_update_va_mapping, (uintptr_t)shared_page, entry, UVMF_INVLPG, 0);
#endif
	p->shared = (volatile struct shared_info *)shared_page;
}

static unsigned long sum_of(const void *bytes, unsigned long n)
{
	const unsigned char *b = bytes;
	unsigned long sum = 0;

	while (n--)
		sum += *b++;
	return sum;
}

static void say_all(const struct p9 *p)
{
	const struct start_info *si = p->si;

	put_text(p, "is up", NAME);
	put_text(p, "magic", si->magic);
	put_number(p, "nr_pages", si->nr_pages);
	put_number(p, "flags", si->flags);
	put_number(p, "console port", si->console.domU.evtchn);
	put_number(p, "store port", si->store_evtchn);
	put_number(p, "ramdisk bytes", si->mod_len);
	put_number(p, "ramdisk sum", sum_of((const void *)si->mod_start, si->mod_len));
	put_text(p, "data", data_words);
	put_number(p, "bss sum", sum_of(shared_page, sizeof(shared_page)));
}

static void get_line(const struct p9 *p, char line[LINE_SIZE])
{
	size_t n = 0;
	char c;

	while ((c = get_char(p)) != '\n' && c != '\r')
		if (n < LINE_SIZE - 1)
			line[n++] = c;
	line[n] = '\0';
}

/* Each line in brackets, with what separates them told. */
static void say_cmdline(const struct p9 *p, const char *text)
{
	char line[LINE_SIZE];
	size_t n;

	for (;;) {
		for (n = 0; *text && *text != '\n' && n < LINE_SIZE - 1; n++)
			line[n] = *text++;
		line[n] = '\0';
		put_text(p, *text == '\n' ? "line" : "last line", line);
		act(line);
		if (*text++ != '\n')
			return;
	}
}

void p9_main(const struct start_info *si)
{
	struct p9 p = {.si = si, .port = si->console.domU.evtchn};
	char line[LINE_SIZE];

	p.ring = page_of(si, si->console.domU.mfn);
	say_all(&p);
	open_shared_info(&p);
	say_cmdline(&p, (const char *)si->cmd_line);
	put_text(&p, "waits", "");
	for (;;) {
		get_line(&p, line);
		act(line);
	}
}
