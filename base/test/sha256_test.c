/* SHA-256: the examples of FIPS 180-4's test vectors, in one piece and in many. */
#include "builder/fake/kit.h"

#include <stdio.h>

#include "base/sha256.h"

static const char *sum_of(const void *data, size_t len, size_t piece)
{
	static char text[2 * SHA256_BYTES + 1];
	uint8_t sum[SHA256_BYTES];
	struct sha256 s;

	sha256_begin(&s);
	for (size_t at = 0; at < len; at += piece)
		sha256_add(&s, (const char *)data + at, len - at < piece ? len - at : piece);
	sha256_end(&s, sum);
	for (size_t i = 0; i < sizeof(sum); i++)
		snprintf(text + 2 * i, 3, "%02x", sum[i]);
	return text;
}

static void test_sums(void **state)
{
	static const char two[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
	static char million[1000000];

	(void)state;
	assert_string_equal(sum_of("", 0, 1), "e3b0c44298fc1c149afbf4c8996fb924"
					      "27ae41e4649b934ca495991b7852b855");
	assert_string_equal(sum_of("abc", 3, 3), "ba7816bf8f01cfea414140de5dae2223"
						 "b00361a396177a9cb410ff61f20015ad");
	memset(million, 'a', sizeof(million));
	for (size_t piece = 1; piece < 70; piece++) {
		assert_string_equal(sum_of(two, 56, piece), "248d6a61d20638b8e5c026930c3e6039"
							    "a33ce45964ff2167f6ecedd419db06c1");
		assert_string_equal(sum_of(million, sizeof(million), piece * 977),
				    "cdc76e5c9914fb9281a1c7e284d73e67"
				    "f1809a48a497200e046d39ccc7112cd0");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
