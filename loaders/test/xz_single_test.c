/* XZ Embedded, asked without the codec that looks at the head first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "loaders/xz_single.h"

static void test_head(void **state)
{
	static const uint8_t in[64] = "not a stream of xz's";
	uint8_t out[16] = {0};
	size_t used = 7, out_len = 7;
	struct err e = {.msg = ""};

	(void)state;
	if (!xz_single_there)
		return;
	assert_int_equal(xz_single(&(struct packed){.data = in, .len = sizeof(in)}, out,
				   sizeof(out), &used, &out_len, &e),
			 XZ_SINGLE_FAILED);
	assert_non_null(strstr(e.msg, " of the stream: the head is wrong"));
	assert_memory_equal(e.msg, "corrupt near byte ", 18);
	assert_true(used == 7 && out_len == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
