/*
 * A kernel that QEMU starts by itself, without a boot loader, and that is small: QEMU's own reads a kernel byte by
 * byte, which for Linux takes a minute or two on an emulated machine. Says its command line on the first serial port,
 * and the number of modules, and sleeps. What it finds at its entry is in the Multiboot Specification 0.6.96,
 * section 3.2: 32-bit flat segments, no paging, no interrupts, ebx the information.
 */
	.set	MAGIC, 0x1badb002
	.set	FLAGS, 0
	.set	INFO_CMDLINE, 16
	.set	INFO_MODS_COUNT, 20

	.code32
	.text
	.globl start
	.balign	4
	.long	MAGIC, FLAGS, -(MAGIC + FLAGS)

start:	mov	$stack, %esp
	mov	$text, %esi
	call	say
	mov	INFO_MODS_COUNT(%ebx), %al
	add	$'0', %al
	mov	%al, modules
	mov	$modules, %esi
	call	say
	mov	INFO_CMDLINE(%ebx), %esi
	call	say
	mov	$end, %esi
	call	say
	/* Sleeps for good: with interrupts on, or it would be the end of the last processor, and all of them masked. */
	mov	$0xff, %al
	out	%al, $0x21
	out	%al, $0xa1
	sti
1:	hlt
	jmp	1b

say:	lodsb
	test	%al, %al
	jz	2f
	mov	%al, %ah
	mov	$0x3fd, %dx	/* line status; bit 5: ready for the next byte */
1:	in	%dx, %al
	test	$0x20, %al
	jz	1b
	mov	%ah, %al
	mov	$0x3f8, %dx
	out	%al, %dx
	jmp	say
2:	ret

	.data
text:	.asciz	"the kernel starts, modules: "
modules: .asciz	"0, command line: "
end:	.asciz	"\r\n"
	.bss
	.skip	4096
stack:
	.section .note.GNU-stack, "", @progbits
