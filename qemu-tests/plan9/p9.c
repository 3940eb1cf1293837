/*
 * p9: a PV kernel in Plan 9's clothes, 32-bit with PAE or 64-bit: it has no notes for Xen and no
 * hypercall page, and is written as an a.out or as the ELF of Plan 9's port (lib/plan9-kernel). It
 * says what it finds in its struct start_info, and its command line line by line, and does then
 *what is typed on its console, or a line of the command line says:
 *
 *	poweroff, reboot, crash		how the domain ends
 */
#include "../pvconsole.h"

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

static long call(unsigned long nr, unsigned long op, const void *arg)
{
	return hypercall(nr, op, (uintptr_t)arg, 0, 0);
}

static void say_number(const struct console *c, const char *name, unsigned long n)
{
	put(c, "p9 ");
	put(c, name);
	put(c, " ");
	put_number(c, n, 1);
	put(c, "\r\n");
}

static void say_text(const struct console *c, const char *name, const char *text)
{
	put(c, "p9 ");
	put(c, name);
	put(c, " [");
	put(c, text);
	put(c, "]\r\n");
	notify(c);
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

/* Where the kernel has the page that the hypervisor knows by that number. */
static void *page_of(const struct start_info *si, unsigned long mfn)
{
	const unsigned long *mfn_list = (const unsigned long *)si->mfn_list;
	unsigned long pfn = 0;

	while (mfn_list[pfn] != mfn)
		pfn++;
	return (void *)(KZERO + (pfn << 12));
}

static void open_shared_info(struct console *c, const struct start_info *si)
{
	/* Present, writable, user: a 64-bit PV kernel runs in ring 3. */
	const uint64_t entry = si->shared_info | 7;

#ifdef __i386__
	hypercall(__HYPERVISOR_update_va_mapping, (uintptr_t)shared_page, (unsigned long)entry,
		  (unsigned long)(entry >> 32), UVMF_INVLPG);
#else
	hypercall(__HYPERVISOR_update_va_mapping, (uintptr_t)shared_page, entry, UVMF_INVLPG, 0);
#endif
	c->shared = (volatile struct shared_info *)shared_page;
}

static unsigned long sum_of(const void *bytes, unsigned long n)
{
	const unsigned char *b = bytes;
	unsigned long sum = 0;

	while (n--)
		sum += *b++;
	return sum;
}

static void say_all(const struct console *c, const struct start_info *si)
{
	say_text(c, "is up", NAME);
	say_text(c, "magic", si->magic);
	say_number(c, "nr_pages", si->nr_pages);
	say_number(c, "flags", si->flags);
	say_number(c, "console port", si->console.domU.evtchn);
	say_number(c, "store port", si->store_evtchn);
	say_number(c, "ramdisk bytes", si->mod_len);
	say_number(c, "ramdisk sum", sum_of((const void *)si->mod_start, si->mod_len));
	say_text(c, "data", data_words);
	say_number(c, "bss sum", sum_of(shared_page, sizeof(shared_page)));
}

/* Each line in brackets, with what separates them told. */
static void say_cmdline(const struct console *c, const char *text)
{
	char line[LINE_SIZE];
	size_t n;

	for (;;) {
		for (n = 0; *text && *text != '\n' && n < LINE_SIZE - 1; n++)
			line[n] = *text++;
		line[n] = '\0';
		say_text(c, *text == '\n' ? "line" : "last line", line);
		act(line);
		if (*text++ != '\n')
			return;
	}
}

void p9_main(const struct start_info *si)
{
	struct console c = {.port = si->console.domU.evtchn};
	char line[LINE_SIZE];

	c.ring = page_of(si, si->console.domU.mfn);
	say_all(&c, si);
	open_shared_info(&c, si);
	say_cmdline(&c, (const char *)si->cmd_line);
	say_text(&c, "waits", "");
	for (;;) {
		get_line(&c, line, sizeof(line));
		act(line);
	}
}
