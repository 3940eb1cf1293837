/*
 * tinyhvm: a kernel for pvh and vmx guests that starts in no time, as tiny does for pv: it says on
 * the first serial port that it is up, which a guest without one does not notice, and sleeps. What
 * it finds at its entry is in xen/include/public/arch-x86/hvm/start_info.h: 32-bit flat segments,
 * no paging, no interrupts. A `hlt` without interrupts would power the guest off; so it polls for
 * nothing, in the hypervisor.
 */
#include <xen/elfnote.h>

#define COM1		 0x3f8
#define LEAF_PAGES	 0x40000002 /* xen/include/public/arch-x86/cpuid.h: ebx, the MSR */
#define HYPERCALL_SIZE	 32
#define SCHED_OP	 29 /* xen/include/public/xen.h */
#define SCHEDOP_POLL	 3  /* xen/include/public/sched.h */

	.section .note.Xen, "a", @note
	.balign 4
	.long 4, 4, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.long start

	.text
	.globl start
start:	cld
	mov	$LEAF_PAGES, %eax
	xor	%ecx, %ecx
	cpuid
	mov	%ebx, %ecx
	mov	$hypercall_page, %eax
	xor	%edx, %edx
	wrmsr
	mov	$text, %esi
	mov	$text_end - text, %ecx
	mov	$COM1, %edx
1:	lodsb
	outb	%al, %dx
	loop	1b
	mov	$stack_end, %esp
sleep:	mov	$SCHEDOP_POLL, %ebx
	mov	$poll, %ecx
	call	hypercall_page + SCHED_OP * HYPERCALL_SIZE
	jmp	sleep

text:	.ascii	"tiny is up\r\n"
text_end:

	.balign 4096
hypercall_page:
	.skip	4096

	.bss
	.balign 8
poll:	.skip	16 /* struct sched_poll: no ports, no end */
	.skip	64
stack_end:

	.section .note.GNU-stack, "", @progbits
