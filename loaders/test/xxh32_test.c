#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "loaders/xxh32.h"

/* Made with the xxhsum tool: printf TEXT | xxhsum -H0 */
static void test_known(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		uint32_t sum;
	} known[] = {
		{"", 0, 0x02cc5d05},
		{"a", 1, 0x550d7456},
		{"abc", 3, 0x32d153ff},
		{"0123456789abcde", 15, 0x1dbdfa0f},
		{"0123456789abcdef", 16, 0xc2c45b69},
		{"0123456789abcdef0123456789abcdefxyz12", 37, 0x0f2cb18a},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(xxh32((const uint8_t *)known[i].text, known[i].len), known[i].sum);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_known)};

	return cmocka_run_group_tests_name("xxh32", tests, NULL, NULL);
}
