#include "copy.h"

#include <emmintrin.h>
#include <stdint.h>
#include <string.h>

#define LINE 64 /* bytes: one of a cache */
/* Less than that is copied before the difference shows. */
#define WORTH 4096

static void copy_line(uint8_t *to, const uint8_t *from)
{
	const __m128i *in = (const __m128i *)from;
	__m128i *out = (__m128i *)to;
	const __m128i a = _mm_loadu_si128(in), b = _mm_loadu_si128(in + 1);
	const __m128i c = _mm_loadu_si128(in + 2), d = _mm_loadu_si128(in + 3);

	_mm_stream_si128(out, a);
	_mm_stream_si128(out + 1, b);
	_mm_stream_si128(out + 2, c);
	_mm_stream_si128(out + 3, d);
}

void copy_away(void *to, const void *from, size_t len)
{
	uint8_t *out = to;
	const uint8_t *in = from;
	/* Up to where a line begins: these stores want to be aligned. */
	const size_t head = -(uintptr_t)out % LINE;

	if (len < WORTH) {
		memcpy(out, in, len);
		return;
	}
	memcpy(out, in, head);
	out += head;
	in += head;
	for (len -= head; len >= LINE; len -= LINE, out += LINE, in += LINE)
		copy_line(out, in);
	/* Before anything that is stored later. */
	_mm_sfence();
	memcpy(out, in, len);
}
