/* For tests: headers of qcow2 images. */
#ifndef EARLYDOM_QCOW2_BUILD_H
#define EARLYDOM_QCOW2_BUILD_H

#include <stdint.h>
#include <string.h>

#define QCOW2_BUILD_SIZE 1024

static inline void qcow2_put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* The header of that version, with a backing file and the format that is said of it; either may be
 * NULL. */
static inline void qcow2_build(uint8_t head[QCOW2_BUILD_SIZE], uint32_t version,
			       const char *backing, const char *format)
{
	const size_t end = version >= 3 ? 104 : version == 2 ? 72 : 48, at = 512;
	size_t extension = end;

	memset(head, 0, QCOW2_BUILD_SIZE);
	memcpy(head, "QFI\xfb", 4);
	qcow2_put32(head + 4, version);
	if (version >= 3)
		qcow2_put32(head + 100, (uint32_t)end);
	if (format) {
		qcow2_put32(head + extension, 0xe2792aca);
		qcow2_put32(head + extension + 4, (uint32_t)strlen(format));
		memcpy(head + extension + 8, format, strlen(format));
	}
	if (!backing)
		return;
	qcow2_put32(head + 12, (uint32_t)at);
	qcow2_put32(head + 16, (uint32_t)strlen(backing));
	memcpy(head + at, backing, strlen(backing));
}

#endif
