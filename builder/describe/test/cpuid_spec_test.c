/*
 * The `cpuid` key, in both forms: bits where libxl has them, and what is wrong with others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "builder/describe/cpuid_name.h"
#include "builder/describe/cpuid_spec.h"

#define X32 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void names(const char *text, struct cpuid_spec *s)
{
	struct err e = {.msg = "right"};

	cpuid_names_parse(text, s, &e);
	assert_string_equal(e.msg, "right");
}

/* One leaf, with one register of which something is said. */
static void one(const char *text, uint32_t leaf, uint32_t subleaf, unsigned reg, const char *bits)
{
	struct cpuid_spec s;

	names(text, &s);
	assert_int_equal(s.nr_leaves, 1);
	assert_int_equal(s.nr_msrs, 0);
	assert_int_equal(s.leaves[0].leaf, leaf);
	assert_int_equal(s.leaves[0].subleaf, subleaf);
	for (unsigned r = 0; r < 4; r++)
		assert_string_equal(s.leaves[0].regs[r], r == reg ? bits : "");
	cpuid_spec_free(&s);
}

static void test_names(void **state)
{
	(void)state;
	one("host,tm=0", 1, CPUID_NO_SUBLEAF, CPUID_EDX, "xx0xxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	one("host,fpu=1", 1, CPUID_NO_SUBLEAF, CPUID_EDX, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx1");
	one("host,sse3=k", 1, CPUID_NO_SUBLEAF, CPUID_ECX, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxk");
	one("host,hypervisor=s", 1, CPUID_NO_SUBLEAF, CPUID_ECX,
	    "sxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	one("host,nx=x", 0x80000001, CPUID_NO_SUBLEAF, CPUID_EDX, X32);
	one("host,avx512-vnni=0", 7, 0, CPUID_ECX, "xxxxxxxxxxxxxxxxxxxx0xxxxxxxxxxx");
	one("host,xsaves=0", 0xd, 1, CPUID_EAX, "xxxxxxxxxxxxxxxxxxxxxxxxxxxx0xxx");
	one("host,lfence+=1", 0x80000021, CPUID_NO_SUBLEAF, CPUID_EAX,
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx1xx");
	/* a field, in any base; clflush is a size, and clfsh the feature */
	one("host,maxleaf=0x80000001", 0, CPUID_NO_SUBLEAF, CPUID_EAX,
	    "10000000000000000000000000000001");
	one("host,clflush=010", 1, CPUID_NO_SUBLEAF, CPUID_EBX, "xxxxxxxxxxxxxxxx00001000xxxxxxxx");
	one("host,stepping=k", 1, CPUID_NO_SUBLEAF, CPUID_EAX, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxkkkk");
	one("host,procpkg=5", 4, 0, CPUID_EAX, "000101xxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static void test_parts(void **state)
{
	(void)state;
	one("host,family=6", 1, CPUID_NO_SUBLEAF, CPUID_EAX, "xxxx00000000xxxxxxxx0110xxxxxxxx");
	one("host,family=15", 1, CPUID_NO_SUBLEAF, CPUID_EAX, "xxxx00000000xxxxxxxx1111xxxxxxxx");
	one("host,family=0x19", 1, CPUID_NO_SUBLEAF, CPUID_EAX, "xxxx00001010xxxxxxxx1111xxxxxxxx");
	one("host,family=255", 1, CPUID_NO_SUBLEAF, CPUID_EAX, "xxxx11110000xxxxxxxx1111xxxxxxxx");
	one("host,family=k", 1, CPUID_NO_SUBLEAF, CPUID_EAX, "xxxxkkkkkkkkxxxxxxxxkkkkxxxxxxxx");
	one("host,model=0x2d", 1, CPUID_NO_SUBLEAF, CPUID_EAX, "xxxxxxxxxxxx0010xxxxxxxx1101xxxx");
	one("host,model=s", 1, CPUID_NO_SUBLEAF, CPUID_EAX, "xxxxxxxxxxxxssssxxxxxxxxssssxxxx");
}

static void test_several(void **state)
{
	struct cpuid_spec s;

	(void)state;
	names("host", &s);
	assert_int_equal(s.nr_leaves, 0);
	cpuid_spec_free(&s);

	/* What comes later wins; empty words are nothing. */
	names("host,,sse3=0,nx=1,tm=0,sse3=k,", &s);
	assert_int_equal(s.nr_leaves, 2);
	assert_int_equal(s.leaves[0].leaf, 1);
	assert_string_equal(s.leaves[0].regs[CPUID_ECX], "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxk");
	assert_string_equal(s.leaves[0].regs[CPUID_EDX], "xx0xxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	assert_int_equal(s.leaves[1].leaf, 0x80000001);
	cpuid_spec_free(&s);
}

static void test_msr(void **state)
{
	struct cpuid_spec s;

	(void)state;
	names("host,rdcl-no=1,eibrs=0,gds-no=s", &s);
	assert_int_equal(s.nr_leaves, 0);
	assert_int_equal(s.nr_msrs, 1);
	assert_int_equal(s.msrs[0].index, 0x10a);
	assert_string_equal(s.msrs[0].bits, X32 "xxxxxkxxxxxxxxxxxxxxxxxxxxxxxx01");
	cpuid_spec_free(&s);
}

static void test_leaves(void **state)
{
	struct cpuid_spec s = {0};
	struct err e = {.msg = "right"};

	(void)state;
	cpuid_leaf_parse("1:ecx=" X32 ",\n edx=01kkssxxxxxxxxxxxxxxxxxxxxxxxxxx", &s, &e);
	cpuid_leaf_parse(" 0x80000001:eax=" X32, &s, &e);
	cpuid_leaf_parse("4,2:ebx=0000000000000000000000000000000k,", &s, &e);
	cpuid_leaf_parse("1:ecx=1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", &s, &e);
	cpuid_leaf_parse("7:", &s, &e);
	assert_string_equal(e.msg, "right");
	assert_int_equal(s.nr_leaves, 3);
	assert_int_equal(s.leaves[0].leaf, 1);
	assert_int_equal(s.leaves[0].subleaf, CPUID_NO_SUBLEAF);
	assert_string_equal(s.leaves[0].regs[CPUID_ECX], "1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	assert_string_equal(s.leaves[0].regs[CPUID_EDX], "01kkssxxxxxxxxxxxxxxxxxxxxxxxxxx");
	assert_string_equal(s.leaves[0].regs[CPUID_EAX], "");
	assert_int_equal(s.leaves[1].leaf, 0x80000001);
	assert_int_equal(s.leaves[2].leaf, 4);
	assert_int_equal(s.leaves[2].subleaf, 2);
	cpuid_spec_free(&s);
}

static void refuses(const char *text, const char *msg)
{
	struct cpuid_spec s;
	struct err e = {.msg = "accepted"};

	assert_int_equal(cpuid_names_parse(text, &s, &e), -1);
	assert_string_equal(e.msg, msg);
	cpuid_spec_free(&s);
}

static void test_name_errors(void **state)
{
	(void)state;
	refuses("guest,tm=0", "the first word must be 'host'");
	refuses("tm=0", "the first word must be 'host'");
	refuses("host,tm", "'tm' must be NAME=VALUE");
	refuses("host,sse33=0", "unknown name 'sse33', did you mean 'sse3'?");
	refuses("host,avx512_vnni=0", "unknown name 'avx512_vnni', did you mean 'avx512-vnni'?");
	refuses("host, tm=0", "unknown name ' tm', did you mean 'tm'?");
	refuses("host,=0", "unknown name ''");
	refuses("host,TM=0", "unknown name 'TM', did you mean 'tm'?");
	refuses("host,tm=2", "tm: 2 is too large: up to 1 fits");
	refuses("host,tm=", "tm: '' must be 0, 1, x, k or s");
	refuses("host,tm=y", "tm: 'y' must be 0, 1, x, k or s");
	refuses("host,tm=xx", "tm: 'xx' must be 0, 1, x, k or s");
	refuses("host,tm=-1", "tm: '-1' must be 0, 1, x, k or s");
	refuses("host,model=1z", "model: '1z' must be 0, 1, x, k or s, or a number");
	refuses("host,model=256", "model: 256 is too large: up to 255 fits");
	refuses("host,maxleaf=0x100000000",
		"maxleaf: 0x100000000 is too large: up to 4294967295 fits");
	refuses("host,maxleaf=99999999999999999999",
		"maxleaf: 99999999999999999999 is too large: up to 4294967295 fits");
	refuses("host,rdcl-no=2", "rdcl-no: 2 is too large: up to 1 fits");
}

static void refuses_leaf(const char *text, const char *msg)
{
	struct cpuid_spec s = {0};
	struct err e = {.msg = "accepted"};

	assert_int_equal(cpuid_leaf_parse(text, &s, &e), -1);
	assert_string_equal(e.msg, msg);
	cpuid_spec_free(&s);
}

static void test_leaf_errors(void **state)
{
	(void)state;
	refuses_leaf("", "the number of a leaf must come first, as in 1:ecx=...");
	refuses_leaf("-1:eax=" X32, "the number of a leaf must come first, as in 1:ecx=...");
	refuses_leaf("0x100000000:eax=" X32,
		     "the number of a leaf must come first, as in 1:ecx=...");
	refuses_leaf("4,:eax=" X32, "the number of a subleaf must follow LEAF, as in 4,0:eax=...");
	refuses_leaf("4 eax=" X32, "a colon must follow the leaf, as in 1:ecx=...");
	refuses_leaf("1", "a colon must follow the leaf, as in 1:ecx=...");
	refuses_leaf(
		"1:eex=" X32,
		"'eex=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' must be eax=, ebx=, ecx= or edx= and 32 "
		"characters");
	refuses_leaf("1:e", "'e' must be eax=, ebx=, ecx= or edx= and 32 characters");
	refuses_leaf("1:ecx=" X32 "x", "ecx must have 32 characters, not 33");
	refuses_leaf("1:edx=", "edx must have 32 characters, not 0");
	refuses_leaf("1:ebx=xxxxxxxxxxxxxxxxxxxxxxxxxxxxx2xx",
		     "ebx, character 30: must be 0, 1, x, k or s");
}

/* Inputs for the fuzzer to begin with. */
static int write_seeds(const char *dir)
{
	static const char *const seeds[] = {
		"host,tm=0,sse3=x,family=6,maxleaf=0x7,rdcl-no=k",
		"1,0:ecx=" X32 ",edx=01kkssxxxxxxxxxxxxxxxxxxxxxxxxxx",
	};
	char path[512];

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/cpuid-%zu", dir, i);
		f = fopen(path, "w");
		if (!f || fputs(seeds[i], f) < 0 || fclose(f) != 0)
			return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),       cmocka_unit_test(test_parts),
		cmocka_unit_test(test_several),     cmocka_unit_test(test_msr),
		cmocka_unit_test(test_leaves),      cmocka_unit_test(test_name_errors),
		cmocka_unit_test(test_leaf_errors),
	};

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		return write_seeds(argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
