/*
 * Preloaded into QEMU by run-qemu, against two faults of its emulation with several threads, in
 * which one of them reads, changes and writes back a word of a processor's that another changes
 * meanwhile.
 *
 * The first makes a guest in an HVM container end in a triple fault, with an address of Xen's in
 * its rip. QEMU 7.2 calls cpu_clear_ignne() whenever a processor loads floating point state
 * (target/i386/tcg/fpu_helper.c, cpu_set_fpus), and it clears a flag of the first processor in a
 * word (target/i386/tcg/sysemu/fpu_helper.c) that also holds whether that one translates addresses
 * twice, as for such a guest. So now and then the first processor leaves a guest and goes on with
 * the hypervisor's next instruction through the guest's page tables. The function does nothing
 * here: the flag has no use for systems that take floating point errors as exceptions (CR0.NE), as
 * all do here.
 *
 * The second makes a processor forget an interrupt: it halts with the vector in its APIC's IRR, and
 * with its timer's it may do so for good. Entry to and exit from a guest change its pending
 * requests (target/i386/tcg/sysemu/svm_helper.c, interrupt_request) without the lock that timers
 * and other processors take. So each of them is made to look into its APIC again, a hundred times a
 * second.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define X86_RET 0xc3

/* CPU_INTERRUPT_POLL of QEMU's target/i386/cpu.h */
#define INTERRUPT_POLL 0x0010
#define POLL_US        10000

static void *(*get_cpu)(int index); /* NULL behind the last, and before there are any */
static void (*interrupt)(void *cpu, int mask);
static void (*lock)(const char *file, int line);
static void (*unlock)(void);

static void *poll_forever(void *unused)
{
	(void)unused;
	for (;;) {
		usleep(POLL_US);
		/* The lock is made before the first processor is. */
		if (!get_cpu(0))
			continue;
		lock(__FILE__, __LINE__);
		for (int i = 0; get_cpu(i); i++)
			interrupt(get_cpu(i), INTERRUPT_POLL);
		unlock();
	}
	return NULL;
}

/* A program without these functions, which may be a wrapper around QEMU, is left as it is, as is a
 * QEMU that calls them otherwise. */
__attribute__((constructor)) static void remind(void)
{
	sigset_t all, before;
	pthread_t thread;

	get_cpu = (void *(*)(int))dlsym(RTLD_DEFAULT, "qemu_get_cpu");
	interrupt = (void (*)(void *, int))dlsym(RTLD_DEFAULT, "cpu_interrupt");
	lock = (void (*)(const char *, int))dlsym(RTLD_DEFAULT, "qemu_mutex_lock_iothread_impl");
	unlock = (void (*)(void))dlsym(RTLD_DEFAULT, "qemu_mutex_unlock_iothread");
	if (!get_cpu || !interrupt || !lock || !unlock)
		return;
	/* Signals are the main thread's, which reads them from a file. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_create(&thread, NULL, poll_forever, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

__attribute__((constructor)) static void mend(void)
{
	unsigned char *function = dlsym(RTLD_DEFAULT, "cpu_clear_ignne");
	const uintptr_t size = (uintptr_t)sysconf(_SC_PAGESIZE);
	void *page = (void *)((uintptr_t)function & -size);

	if (!function || mprotect(page, size, PROT_READ | PROT_WRITE | PROT_EXEC) < 0)
		return;
	*function = X86_RET;
	mprotect(page, size, PROT_READ | PROT_EXEC);
}
