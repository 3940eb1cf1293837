/*
 * What the tests' own 64-bit PV kernels share: the way into the hypervisor, their pages, and words
 * of a command line. tiny/start.S is where they begin; it calls pv_main.
 */
#ifndef PV64_H
#define PV64_H

#include "pvconsole.h"

/* tiny/start.S */
extern char hypercall_page[4096];
extern char shared_page[4096];
void pv_main(const struct start_info *si);

static long hypercall(unsigned long nr, uint64_t a, uint64_t b, uint64_t c)
{
	char *entry = hypercall_page + nr * 32;
	long result;

	asm volatile("call *%[entry]"
		     : "=a"(result), "+D"(a), "+S"(b), "+d"(c)
		     : [entry] "r"(entry)
		     : "rcx", "r8", "r9", "r10", "r11", "memory");
	return result;
}

static long call(unsigned long nr, unsigned long op, const void *arg)
{
	return hypercall(nr, op, (uintptr_t)arg, 0);
}

/* A page of the guest's that Xen has told the machine's number of: all of them are mapped one to
 * one. */
static void *page_of(unsigned long mfn)
{
	const uint64_t *machine_to_phys = (const uint64_t *)HYPERVISOR_VIRT_START;

	return (void *)(machine_to_phys[mfn] << 12);
}

static void open_console(struct console *c, const struct start_info *si)
{
	/* Present, writable, user: a 64-bit PV kernel runs in ring 3. */
	hypercall(__HYPERVISOR_update_va_mapping, (uintptr_t)shared_page, si->shared_info | 7,
		  UVMF_INVLPG);
	c->shared = (volatile struct shared_info *)shared_page;
	c->port = si->console.domU.evtchn;
	c->ring = page_of(si->console.domU.mfn);
}

/* The text behind prefix, or NULL when word does not begin with it. */
static const char *after(const char *word, const char *prefix)
{
	while (*prefix)
		if (*word++ != *prefix++)
			return NULL;
	return word;
}

static unsigned long number(const char *digits)
{
	unsigned long n = 0;

	while (*digits >= '0' && *digits <= '9')
		n = n * 10 + (unsigned long)(*digits++ - '0');
	return n;
}

#endif
