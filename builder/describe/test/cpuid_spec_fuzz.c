/*
 * libFuzzer entry: any text as the `cpuid` key, in both forms.
 */
#include "builder/describe/cpuid_spec.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_bits(const char *bits, size_t len, const char *known)
{
	assert(strlen(bits) == len && strspn(bits, known) == len);
}

/* Every register is whole, every leaf there once. */
static void check(const struct cpuid_spec *s)
{
	for (size_t i = 0; i < s->nr_leaves; i++) {
		bool any = false;

		for (unsigned r = 0; r < 4; r++) {
			any |= *s->leaves[i].regs[r] != '\0';
			if (*s->leaves[i].regs[r])
				check_bits(s->leaves[i].regs[r], CPUID_BITS, "01xks");
		}
		assert(any);
		for (size_t k = 0; k < i; k++)
			assert(s->leaves[k].leaf != s->leaves[i].leaf ||
			       s->leaves[k].subleaf != s->leaves[i].subleaf);
	}
	for (size_t i = 0; i < s->nr_msrs; i++)
		check_bits(s->msrs[i].bits, MSR_BITS, "01xk");
}

/* Says the leaves again; they have to come out as they are. */
static void again(const struct cpuid_spec *s)
{
	static const char regs[] = "abcd";
	struct cpuid_spec second = {0};
	struct err e;

	for (size_t i = 0; i < s->nr_leaves; i++) {
		char text[256];
		size_t n = (size_t)snprintf(text, sizeof(text), "%u", s->leaves[i].leaf);

		if (s->leaves[i].leaf == CPUID_NO_SUBLEAF)
			abort();
		if (s->leaves[i].subleaf != CPUID_NO_SUBLEAF)
			n += (size_t)snprintf(text + n, sizeof(text) - n, ",%u",
					      s->leaves[i].subleaf);
		for (unsigned r = 0, more = 0; r < 4; r++)
			if (*s->leaves[i].regs[r])
				n += (size_t)snprintf(text + n, sizeof(text) - n, "%ce%cx=%s",
						      more++ ? ',' : ':', regs[r],
						      s->leaves[i].regs[r]);
		assert(cpuid_leaf_parse(text, &second, &e) == 0);
	}
	assert(second.nr_leaves == s->nr_leaves);
	assert(!s->nr_leaves ||
	       !memcmp(second.leaves, s->leaves, s->nr_leaves * sizeof(*s->leaves)));
	cpuid_spec_free(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct cpuid_spec s;
	struct err e = {0};

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	if (cpuid_names_parse(text, &s, &e) == 0) {
		check(&s);
		again(&s);
	} else {
		assert(*e.msg);
	}
	cpuid_spec_free(&s);
	if (cpuid_leaf_parse(text, &s, &e) == 0) {
		check(&s);
		again(&s);
	}
	/* What an error leaves is whole, too. */
	check(&s);
	cpuid_spec_free(&s);
	free(text);
	return 0;
}
