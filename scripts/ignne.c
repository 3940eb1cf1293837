/*
 * Preloaded into QEMU by run-qemu: makes its cpu_clear_ignne() do nothing.
 *
 * QEMU 7.2 calls it whenever a processor loads floating point state
 * (target/i386/tcg/fpu_helper.c, cpu_set_fpus), and it clears a flag of the first processor by
 * reading, changing and writing back a word (target/i386/tcg/sysemu/fpu_helper.c). That word also
 * holds whether the first processor translates addresses twice, as for a guest in an HVM container,
 * which its own thread changes meanwhile. So now and then the first processor leaves a guest and
 * goes on with the hypervisor's next instruction through the guest's page tables: that is the
 * guest's triple fault, with an address of Xen's in its rip. The flag itself has no use for systems
 * that take floating point errors as exceptions (CR0.NE), as all do here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#define X86_RET 0xc3

/* A program without this function, which may be a wrapper around QEMU, is left as it is. */
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
