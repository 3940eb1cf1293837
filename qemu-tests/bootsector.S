/*
 * The first sector of a disk, for a BIOS to boot: says so on the first serial port, and sleeps.
 * Loaded to 0x7c00 and entered in real mode.
 */
	.code16
	.text
	.globl start
start:	xor	%ax, %ax
	mov	%ax, %ds
	mov	$text, %si
	cld
1:	lodsb
	test	%al, %al
	jz	3f
	mov	%al, %ah
	mov	$0x3fd, %dx	/* line status; bit 5: ready for the next byte */
2:	in	%dx, %al
	test	$0x20, %al
	jz	2b
	mov	%ah, %al
	mov	$0x3f8, %dx
	out	%al, %dx
	jmp	1b
3:	sti			/* else Xen takes it for the end of the last processor */
	hlt
	jmp	3b

text:	.asciz	"the disk boots\r\n"

	.org	510
	.byte	0x55, 0xaa

	.section .note.GNU-stack, "", @progbits
