#include "cpuid_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NO_SUB    CPUID_NO_SUBLEAF
#define NR(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Where the words of Xen's feature sets are, in their order: the comments of
 * arch-x86/cpufeatureset.h, which come before each word.
 */
static const struct cpuid_place words[] = {
	{.leaf = 0x00000001, .subleaf = NO_SUB, .reg = CPUID_EDX},
	{.leaf = 0x00000001, .subleaf = NO_SUB, .reg = CPUID_ECX},
	{.leaf = 0x80000001, .subleaf = NO_SUB, .reg = CPUID_EDX},
	{.leaf = 0x80000001, .subleaf = NO_SUB, .reg = CPUID_ECX},
	{.leaf = 0x0000000d, .subleaf = 1, .reg = CPUID_EAX},
	{.leaf = 0x00000007, .subleaf = 0, .reg = CPUID_EBX},
	{.leaf = 0x00000007, .subleaf = 0, .reg = CPUID_ECX},
	{.leaf = 0x80000007, .subleaf = NO_SUB, .reg = CPUID_EDX},
	{.leaf = 0x80000008, .subleaf = NO_SUB, .reg = CPUID_EBX},
	{.leaf = 0x00000007, .subleaf = 0, .reg = CPUID_EDX},
	{.leaf = 0x00000007, .subleaf = 1, .reg = CPUID_EAX},
	{.leaf = 0x80000021, .subleaf = NO_SUB, .reg = CPUID_EAX},
	{.leaf = 0x00000007, .subleaf = 1, .reg = CPUID_EBX},
	{.leaf = 0x00000007, .subleaf = 2, .reg = CPUID_EDX},
	{.leaf = 0x00000007, .subleaf = 1, .reg = CPUID_ECX},
	{.leaf = 0x00000007, .subleaf = 1, .reg = CPUID_EDX},
	/* MSR_ARCH_CAPABILITIES, the lower and the upper half */
	{.msr = true, .leaf = 0x10a},
	{.msr = true, .leaf = 0x10a, .bit = 32},
	{.leaf = 0x80000021, .subleaf = NO_SUB, .reg = CPUID_ECX},
};

/* The features that the hypervisor of the linked libraries knows, by their names in its header, one
 * after the other; and their numbers, word * 32 + bit. */
static const char feature_names[] = {
#define XEN_CPUFEATURE(name, value) #name "\0"
#include <xen/arch-x86/cpufeatureset.h>
#undef XEN_CPUFEATURE
};
static const uint16_t features[] = {
#define XEN_CPUFEATURE(name, value) (value),
#include <xen/arch-x86/cpufeatureset.h>
#undef XEN_CPUFEATURE
};

/*
 * What has another name than there, or is no single bit: libxl_cpuid_parse_config of libxl_cpuid.c.
 * They go first: `clflush` is a size here.
 */
static const struct {
	const char *name;
	struct cpuid_place at;
} fields[] = {
#define FIELD(name, leaf, sub, reg, bit, length)                                                   \
	{                                                                                          \
		name,                                                                              \
		{                                                                                  \
			leaf, sub, false, CPUID_##reg, bit, length, 0, 0                           \
		}                                                                                  \
	}
	/* clang-format off */
	FIELD("maxleaf",       0x00000000, NO_SUB, EAX,  0, 32),
	FIELD("stepping",      0x00000001, NO_SUB, EAX,  0,  4),
	{"model",  {           0x00000001, NO_SUB, false, CPUID_EAX, 4, 4, 16, 4}},
	{"family", {           0x00000001, NO_SUB, false, CPUID_EAX, 8, 4, 20, 8}},
	FIELD("brandid",       0x00000001, NO_SUB, EBX,  0,  8),
	FIELD("clflush",       0x00000001, NO_SUB, EBX,  8,  8),
	FIELD("proccount",     0x00000001, NO_SUB, EBX, 16,  8),
	FIELD("localapicid",   0x00000001, NO_SUB, EBX, 24,  8),
	FIELD("est",           0x00000001, NO_SUB, ECX,  7,  1),
	FIELD("cntxid",        0x00000001, NO_SUB, ECX, 10,  1),
	FIELD("cmpxchg16",     0x00000001, NO_SUB, ECX, 13,  1),
	FIELD("sse4_1",        0x00000001, NO_SUB, ECX, 19,  1),
	FIELD("sse4.1",        0x00000001, NO_SUB, ECX, 19,  1),
	FIELD("sse4_2",        0x00000001, NO_SUB, ECX, 20,  1),
	FIELD("sse4.2",        0x00000001, NO_SUB, ECX, 20,  1),
	FIELD("aes",           0x00000001, NO_SUB, ECX, 25,  1),
	FIELD("cmpxchg8",      0x00000001, NO_SUB, EDX,  8,  1),
	FIELD("sysenter",      0x00000001, NO_SUB, EDX, 11,  1),
	FIELD("psn",           0x00000001, NO_SUB, EDX, 18,  1),
	FIELD("clfsh",         0x00000001, NO_SUB, EDX, 19,  1),
	FIELD("tm",            0x00000001, NO_SUB, EDX, 29,  1),
	FIELD("ia64",          0x00000001, NO_SUB, EDX, 30,  1),
	FIELD("pbe",           0x00000001, NO_SUB, EDX, 31,  1),
	FIELD("arat",          0x00000006, NO_SUB, EAX,  2,  1),
	FIELD("tsc_adjust",    0x00000007,      0, EBX,  1,  1),
	FIELD("cmt",           0x00000007,      0, EBX, 12,  1),
	FIELD("lahfsahf",      0x80000001, NO_SUB, ECX,  0,  1),
	FIELD("cmplegacy",     0x80000001, NO_SUB, ECX,  1,  1),
	FIELD("altmovcr8",     0x80000001, NO_SUB, ECX,  4,  1),
	FIELD("nodeid",        0x80000001, NO_SUB, ECX, 19,  1),
	FIELD("perfctr_core",  0x80000001, NO_SUB, ECX, 23,  1),
	FIELD("perfctr_nb",    0x80000001, NO_SUB, ECX, 24,  1),
	FIELD("procpkg",       0x00000004,      0, EAX, 26,  6),
	FIELD("invtsc",        0x80000007, NO_SUB, EDX,  8,  1),
	FIELD("ppin",          0x80000008, NO_SUB, EBX, 23,  1),
	FIELD("btc-no",        0x80000008, NO_SUB, EBX, 29,  1),
	FIELD("nc",            0x80000008, NO_SUB, ECX,  0,  8),
	FIELD("apicidsize",    0x80000008, NO_SUB, ECX, 12,  4),
	FIELD("svm_npt",       0x8000000a, NO_SUB, EDX,  0,  1),
	FIELD("svm_lbrv",      0x8000000a, NO_SUB, EDX,  1,  1),
	FIELD("svm_nrips",     0x8000000a, NO_SUB, EDX,  3,  1),
	FIELD("svm_tscrate",   0x8000000a, NO_SUB, EDX,  4,  1),
	FIELD("svm_vmcbclean", 0x8000000a, NO_SUB, EDX,  5,  1),
	FIELD("svm_decode",    0x8000000a, NO_SUB, EDX,  7,  1),
	FIELD("svm_pausefilt", 0x8000000a, NO_SUB, EDX, 10,  1),
	FIELD("lfence+",       0x80000021, NO_SUB, EAX,  2,  1),
	FIELD("maxhvleaf",     0x40000000, NO_SUB, EAX,  0,  8),
	/* clang-format on */
};

/* A feature's name as descriptors have it: AVX512_FP16 of the header is avx512-fp16. */
static char small(char c)
{
	return c == '_' ? '-' : (char)tolower((unsigned char)c);
}

static bool is_feature(const char *name, size_t len, const char *header)
{
	for (size_t i = 0; i < len; i++)
		if (!header[i] || name[i] != small(header[i]))
			return false;
	return header[len] == '\0';
}

static bool find_feature(const char *name, size_t len, struct cpuid_place *out)
{
	const char *header = feature_names;

	for (size_t i = 0; i < NR(features); i++, header += strlen(header) + 1) {
		/* A newer hypervisor's header may have more words than there are places known for.
		 */
		if (features[i] / 32 >= NR(words) || !is_feature(name, len, header))
			continue;
		*out = words[features[i] / 32];
		out->bit = (uint8_t)(out->bit + features[i] % 32);
		out->length = 1;
		return true;
	}
	return false;
}

bool cpuid_name_find(const char *name, size_t len, struct cpuid_place *out)
{
	for (size_t i = 0; i < NR(fields); i++) {
		if (strlen(fields[i].name) != len || memcmp(fields[i].name, name, len) != 0)
			continue;
		*out = fields[i].at;
		return true;
	}
	return find_feature(name, len, out);
}

const char *cpuid_name_suggest(char buf[SUGGEST_MAX], const char *name)
{
	const char *names[NR(fields) + NR(features)];
	char lower[sizeof(feature_names)];
	size_t n = 0, at = 0;

	for (size_t i = 0; i < sizeof(lower); i++)
		lower[i] = small(feature_names[i]);
	for (size_t i = 0; i < NR(fields); i++)
		names[n++] = fields[i].name;
	for (size_t i = 0; i < NR(features); i++, at += strlen(&lower[at]) + 1)
		names[n++] = &lower[at];
	return suggest_text(buf, name, names, n);
}
