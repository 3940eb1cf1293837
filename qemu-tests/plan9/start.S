/*
 * The entry, at the beginning of the text: esi or rsi is the address of struct start_info, and the
 * stack is the one page that Xen gives (public/xen.h, "Start-of-day memory layout").
 */
	.section .text.start, "ax"
	.globl _start
_start:
	cld
#ifdef __i386__
	push	%esi
#else
	mov	%rsi, %rdi
#endif
	call	p9_main
	ud2

	.data
	.globl data_words
	.balign 4096
data_words:
	.ascii	"data as it was in the file"
	.byte	0

	.bss
	.globl shared_page
	.balign 4096
shared_page:
	.skip	4096

	.section .note.GNU-stack, "", @progbits
