/* What liblzma refuses before it has begun, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <lzma.h>

#include "loaders/lzma_run.h"

static void fails(lzma_ret init, const char *want)
{
	static const uint8_t in[4];
	lzma_stream s = LZMA_STREAM_INIT;
	size_t used, out_len;
	uint8_t out[4];
	struct err e = {.msg = ""};

	assert_int_equal(lzma_run(&s, init, in, sizeof(in), out, sizeof(out), &used, &out_len, &e),
			 -1);
	assert_string_equal(e.msg, want);
}

static void test_refused(void **state)
{
	(void)state;
	fails(LZMA_MEM_ERROR, "out of memory");
	fails(LZMA_UNSUPPORTED_CHECK,
	      "has an integrity check that is not supported (use CRC32 or CRC64)");
	fails(LZMA_MEMLIMIT_ERROR,
	      "needs more than 160 MiB of memory to unpack (its dictionary is too large)");
	fails(LZMA_OPTIONS_ERROR,
	      "corrupt near byte 0 of the stream: a filter or option that is not supported");
	fails(LZMA_FORMAT_ERROR, "corrupt near byte 0 of the stream: the head is wrong");
	fails(LZMA_DATA_ERROR, "corrupt near byte 0 of the stream: bad data");
	fails(LZMA_PROG_ERROR, "liblzma failed with code 11");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
