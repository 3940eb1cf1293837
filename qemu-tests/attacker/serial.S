/*
 * serial: a kernel for vmx guests that floods its first serial port for ever: lines as fast as it
 * can, in single bytes and in strings of them, and between them its registers, so that its
 * interrupt comes and goes. It begins as tiny/hvm.S does.
 */
#include <xen/elfnote.h>

#define COM1 0x3f8
#define IER  (COM1 + 1)
#define LSR  (COM1 + 5)

	.section .note.Xen, "a", @note
	.balign 4
	.long 4, 4, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.long start

	.text
	.globl start
start:	cld
	mov	$up, %esi
	mov	$line - up, %ecx
	mov	$COM1, %edx
1:	lodsb
	outb	%al, %dx
	loop	1b

flood:	mov	$line, %esi
	mov	$line_end - line, %ecx
	mov	$COM1, %edx
	rep outsb
	mov	$IER, %edx
	mov	$2, %al
	outb	%al, %dx
	xor	%al, %al
	outb	%al, %dx
	mov	$LSR, %edx
	inb	%dx, %al
	mov	$COM1, %edx
	mov	$'!', %al
	outb	%al, %dx
	jmp	flood

up:	.ascii	"attacker is up\r\n"
line:	.ascii	"\r\nthe attacker floods its serial port with this line"
line_end:

	.section .note.GNU-stack, "", @progbits
