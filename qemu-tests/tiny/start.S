/*
 * The notes by which the domain builder knows a PV kernel (xen/include/public/elfnote.h), the page
 * that Xen fills with its calls, and the entry. Linked at 1 MiB, mapped one to one.
 */
#include <xen/elfnote.h>

.macro NOTE type, size:vararg
	.section .note.Xen, "a", @note
	.balign 4
	.long 4, 2f - 1f, \type
	.asciz "Xen"
1:	\size
2:	.balign 4
.endm

NOTE XEN_ELFNOTE_GUEST_OS, .asciz "tiny"
NOTE XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
NOTE XEN_ELFNOTE_LOADER, .asciz "generic"
NOTE XEN_ELFNOTE_VIRT_BASE, .quad 0
NOTE XEN_ELFNOTE_PADDR_OFFSET, .quad 0
NOTE XEN_ELFNOTE_ENTRY, .quad start
NOTE XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page

	.text
	.globl start
start:	/* rsi is the address of struct start_info */
	cld
	mov	$stack_end, %esp
	mov	%rsi, %rdi
	call	pv_main
	ud2

	.globl hypercall_page
	.balign 4096
hypercall_page:
	.skip	4096

	.bss
	.globl shared_page
	.balign 4096
shared_page:
	.skip	4096
	.skip	8192
stack_end:

	.section .note.GNU-stack, "", @progbits
