/* Which programs the dynamic linker is run for. */
#include "builder/fake/kit.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "base/interpreter.h"

/* A program with two headers, the second of this type. */
struct program {
	Elf64_Ehdr head;
	Elf64_Phdr ph[2];
};

static struct program program(uint32_t type)
{
	struct program p = {
		.head = {.e_phoff = sizeof(Elf64_Ehdr),
			 .e_phentsize = sizeof(Elf64_Phdr),
			 .e_phnum = 2},
		.ph = {{.p_type = PT_LOAD}, {.p_type = type}},
	};

	memcpy(p.head.e_ident, ELFMAG, SELFMAG);
	p.head.e_ident[EI_CLASS] = ELFCLASS64;
	return p;
}

static bool judged(const struct program *p, size_t len)
{
	FILE *f = fopen(kit_path("program"), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	return has_interpreter(kit_path("program"));
}

static void test_shared(void **state)
{
	struct program p = program(PT_INTERP);

	(void)state;
	assert_true(judged(&p, sizeof(p)));
	p = program(PT_LOAD);
	assert_false(judged(&p, sizeof(p)));
}

static void test_none(void **state)
{
	struct program p = program(PT_INTERP);

	(void)state;
	for (size_t len = 0; len < sizeof(p); len++)
		KIT_CHECK(!judged(&p, len), "with %zu bytes", len);
	p.head.e_ident[EI_CLASS] = ELFCLASS32;
	assert_false(judged(&p, sizeof(p)));
	p = program(PT_INTERP);
	p.head.e_ident[0] = '#';
	assert_false(judged(&p, sizeof(p)));
	p = program(PT_INTERP);
	p.head.e_phoff = UINT64_MAX;
	assert_false(judged(&p, sizeof(p)));
	p = program(PT_INTERP);
	p.head.e_phentsize = 8;
	assert_false(judged(&p, sizeof(p)));
	assert_false(has_interpreter(kit_path("nowhere")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
