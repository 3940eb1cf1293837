/*
 * Linux's bzImage: a real-mode head, a small unpacker, and the packed vmlinux.
 *
 * Source: Linux's Documentation/arch/x86/boot.rst (setup header, payload_offset and
 * payload_length since protocol 2.08).
 */
#ifndef EARLYDOM_BZIMAGE_H
#define EARLYDOM_BZIMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct bzimage_info {
	unsigned version;        /* boot protocol, 0x020f is 2.15 */
	size_t payload_offset;   /* from the start of the file, bytes */
	size_t payload_length;   /* bytes */
	char kernel_version[80]; /* printable part of what the header points to; empty if none */
};

bool bzimage_match(const uint8_t *in, size_t len);
int bzimage_read(const uint8_t *in, size_t len, struct bzimage_info *out, struct err *e);

#endif
