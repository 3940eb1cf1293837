/* PE files: the headers and sections of good ones, and of those cut or spoilt anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pe_build.h"

static const struct pb_part parts[] = {
	{".text", "code", 4},
	{".eight67", "0123456789", 10}, /* as long as a name can be, without a 0 behind it */
	{".bss", NULL, 0},
};

#define NR_PARTS (sizeof(parts) / sizeof(parts[0]))

static void test_reads(void **state)
{
	struct bytes b = pb_make(parts, NR_PARTS);
	struct pe_section s;
	struct pe_file f;
	struct err e;

	(void)state;
	assert_true(pe_match(b.data, b.len));
	assert_int_equal(pe_open(b.data, b.len, &f, &e), 0);
	assert_int_equal(f.machine, PE_AMD64);
	assert_int_equal(f.subsystem, PE_SUBSYSTEM_EFI_FIRST);
	assert_int_equal(f.nr_sections, NR_PARTS);
	for (unsigned i = 0; i < NR_PARTS; i++) {
		s = pe_section(&f, i);
		assert_string_equal(s.name, parts[i].name);
		assert_int_equal(s.size, parts[i].len);
		assert_true(pe_inside(&f, &s));
		if (parts[i].len)
			assert_memory_equal(b.data + s.offset, parts[i].data, s.size);
	}
	free(b.data);
}

/* Of the sizes in memory and in the file the smaller one is what is there. */
static void test_sizes(void **state)
{
	struct bytes b = pb_make(parts, NR_PARTS);
	struct pe_section s;
	struct pe_file f;
	struct err e;

	(void)state;
	assert_int_equal(pe_open(b.data, b.len, &f, &e), 0);
	pb_put(&b, PB_VIRTUAL_SIZE(0), 0, 4);
	assert_int_equal(pe_section(&f, 0).size, PB_ALIGN);
	pb_put(&b, PB_VIRTUAL_SIZE(0), PB_ALIGN + 1, 4);
	assert_int_equal(pe_section(&f, 0).size, PB_ALIGN);
	pb_put(&b, PB_VIRTUAL_SIZE(0), PB_ALIGN - 1, 4);
	assert_int_equal(pe_section(&f, 0).size, PB_ALIGN - 1);
	/* Names are shown. */
	pb_put(&b, PB_NAME(0) + 1, '\n', 1);
	assert_string_equal(pe_section(&f, 0).name, ".?ext");

	/* The last byte is in the file, and then not, even where the sum wraps. */
	pb_put(&b, PB_RAW_AT(0), (uint32_t)b.len - PB_ALIGN + 1, 4);
	s = pe_section(&f, 0);
	assert_true(pe_inside(&f, &s));
	pb_put(&b, PB_RAW_AT(0), (uint32_t)b.len - PB_ALIGN + 2, 4);
	s = pe_section(&f, 0);
	assert_false(pe_inside(&f, &s));
	pb_put(&b, PB_RAW_AT(0), UINT32_MAX, 4);
	pb_put(&b, PB_RAW_SIZE(0), UINT32_MAX, 4);
	pb_put(&b, PB_VIRTUAL_SIZE(0), UINT32_MAX, 4);
	s = pe_section(&f, 0);
	assert_false(pe_inside(&f, &s));
	pb_put(&b, PB_RAW_AT(0), 0, 4);
	s = pe_section(&f, 0);
	assert_false(pe_inside(&f, &s));
	free(b.data);
}

static void test_no_match(void **state)
{
	struct bytes b = pb_make(parts, NR_PARTS);

	(void)state;
	assert_false(pe_match(b.data, 0x3f));
	assert_false(pe_match(b.data, PB_PE + 3));
	assert_true(pe_match(b.data, PB_PE + 4));
	b.data[PB_PE + 2] = 1;
	assert_false(pe_match(b.data, b.len));
	b.data[PB_PE + 2] = 0;
	b.data[1] = 'z';
	assert_false(pe_match(b.data, b.len));
	b.data[1] = 'Z';
	pb_put(&b, 0x3c, UINT32_MAX, 4);
	assert_false(pe_match(b.data, b.len));
	pb_put(&b, 0x3c, (uint32_t)b.len - 3, 4);
	assert_false(pe_match(b.data, b.len));
	free(b.data);
}

/* Cut anywhere: in a copy, so that a byte behind it is seen to be read. */
static void test_truncated(void **state)
{
	struct bytes b = pb_make(parts, NR_PARTS);
	char want[96];

	(void)state;
	for (size_t len = PB_PE + 4; len < PB_NAME(NR_PARTS) + 8; len++) {
		uint8_t *copy = malloc(len);
		struct err e = {.msg = ""};
		struct pe_file f;

		assert_non_null(copy);
		memcpy(copy, b.data, len);
		if (pe_open(copy, len, &f, &e) == 0) {
			assert_true(len >= PB_NAME(NR_PARTS));
			assert_string_equal(pe_section(&f, NR_PARTS - 1).name, ".bss");
		} else {
			assert_true(len < PB_NAME(NR_PARTS));
			snprintf(want, sizeof(want), "truncated: %zu bytes, within the header%s",
				 len, len < PB_PE + 24 ? "" : "s of its sections");
			assert_string_equal(e.msg, want);
			/* What is there of the headers was read. */
			assert_int_equal(f.machine, len < PB_PE + 24 ? 0 : PE_AMD64);
			assert_int_equal(f.subsystem,
					 len < PB_SUBSYSTEM + 2 ? 0 : PE_SUBSYSTEM_EFI_FIRST);
		}
		free(copy);
	}
	free(b.data);
}

/* An object's header has no optional one, and so no subsystem. */
static void test_no_optional_header(void **state)
{
	struct bytes b = pb_make(parts, NR_PARTS);
	struct pe_file f;
	struct err e;

	(void)state;
	pb_put(&b, PB_OPTIONAL_SIZE, 68, 2);
	assert_int_equal(pe_open(b.data, b.len, &f, &e), 0);
	assert_int_equal(f.subsystem, 0);
	pb_put(&b, PB_OPTIONAL_SIZE, UINT16_MAX, 2);
	assert_int_equal(pe_open(b.data, b.len, &f, &e), -1);
	pb_put(&b, PB_OPTIONAL_SIZE, PB_OPTIONAL, 2);
	pb_put(&b, PB_NR_SECTIONS, UINT16_MAX, 2);
	assert_int_equal(pe_open(b.data, b.len, &f, &e), -1);
	assert_string_equal(e.msg, "truncated: 2048 bytes, within the headers of its sections");
	free(b.data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_no_match),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_no_optional_header),
	};

	return cmocka_run_group_tests_name("pe", tests, NULL, NULL);
}
