#include "cpuid_spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

/* One of a value's characters that stand for themselves. */
static bool is_policy(char c)
{
	return c == '0' || c == '1' || c == 'x' || c == 'k' || c == 's';
}

/* The entry of a leaf, made where there is none yet. NULL for lack of memory. */
static struct cpuid_leaf *leaf_of(struct cpuid_spec *s, uint32_t leaf, uint32_t subleaf)
{
	struct cpuid_leaf *more;

	for (size_t i = 0; i < s->nr_leaves; i++)
		if (s->leaves[i].leaf == leaf && s->leaves[i].subleaf == subleaf)
			return &s->leaves[i];
	more = realloc(s->leaves, (s->nr_leaves + 1) * sizeof(*more));
	if (!more)
		return NULL;
	s->leaves = more;
	more += s->nr_leaves++;
	*more = (struct cpuid_leaf){.leaf = leaf, .subleaf = subleaf};
	return more;
}

static struct cpuid_msr *msr_of(struct cpuid_spec *s, uint32_t index)
{
	struct cpuid_msr *more;

	for (size_t i = 0; i < s->nr_msrs; i++)
		if (s->msrs[i].index == index)
			return &s->msrs[i];
	more = realloc(s->msrs, (s->nr_msrs + 1) * sizeof(*more));
	if (!more)
		return NULL;
	s->msrs = more;
	more += s->nr_msrs++;
	*more = (struct cpuid_msr){.index = index};
	memset(more->bits, 'x', MSR_BITS);
	return more;
}

/* A value as it was given: a character for each bit, or a number. */
struct given {
	char all; /* 0 for a number */
	uint64_t number;
};

/* Writes bits [bit, bit + length) of a register of `width` bits: those of number from `from` on. */
static void write_bits(char *bits, unsigned width, unsigned bit, unsigned length,
		       const struct given *v, uint64_t number)
{
	for (unsigned i = 0; i < length; i++)
		bits[width - 1 - bit - i] = v->all ? v->all : number >> i & 1 ? '1' : '0';
}

static int parse_number(const char *text, const char *name, int len, unsigned width, uint64_t *out,
			struct err *e)
{
	const uint64_t max = (UINT64_C(1) << width) - 1;
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)*text) || *end)
		return err_set(e, "%.*s: '%.*s' must be 0, 1, x, k or s%s", len, name, SPEC_SHOWN,
			       text, width > 1 ? ", or a number" : "");
	if (errno || n > max)
		return err_set(e, "%.*s: %.*s is too large: up to %llu fits", len, name, SPEC_SHOWN,
			       text, (unsigned long long)max);
	*out = n;
	return 0;
}

/* Of a family or a model, which are in two parts each. */
#define PARTS_BITS 8

/*
 * The two parts (Intel's SDM, volume 2, CPUID): of a model the lower and the upper bits; a family
 * beyond 15 is 15 and the rest.
 */
static void write_parts(char *bits, const struct cpuid_place *at, const struct given *v)
{
	const bool family = at->more_length > 4;
	uint64_t low = v->number, high = v->number >> 4;

	if (family) {
		low = v->number < 15 ? v->number : 15;
		high = v->number - low;
	}
	write_bits(bits, CPUID_BITS, at->bit, at->length, v, low);
	if (at->more_length)
		write_bits(bits, CPUID_BITS, at->more_bit, at->more_length, v, high);
}

static int no_memory(struct err *e)
{
	return err_set_passing(e, "%s", strerror(ENOMEM));
}

static int set_leaf(struct cpuid_spec *s, const struct cpuid_place *at, const struct given *v,
		    struct err *e)
{
	struct cpuid_leaf *leaf = leaf_of(s, at->leaf, at->subleaf);
	char *bits;

	if (!leaf)
		return no_memory(e);
	bits = leaf->regs[at->reg];
	if (!*bits)
		memset(bits, 'x', CPUID_BITS);
	if (at->more_length)
		write_parts(bits, at, v);
	else
		write_bits(bits, CPUID_BITS, at->bit, at->length, v, v->number);
	return 0;
}

/* The hypervisor's library knows no 's' for MSRs; libxl takes it for 'k' as well. */
static int set_msr(struct cpuid_spec *s, const struct cpuid_place *at, const struct given *v,
		   struct err *e)
{
	struct given k = *v;
	struct cpuid_msr *msr = msr_of(s, at->leaf);

	if (!msr)
		return no_memory(e);
	if (k.all == 's')
		k.all = 'k';
	write_bits(msr->bits, MSR_BITS, at->bit, 1, &k, k.number);
	return 0;
}

/* NAME=VALUE */
static int set_name(struct cpuid_spec *s, const char *text, struct err *e)
{
	const char *equals = strchr(text, '='), *value;
	const size_t len = equals ? (size_t)(equals - text) : strlen(text);
	struct cpuid_place at;
	struct given v = {0};
	char near[SUGGEST_MAX], name[SUGGEST_MAX];

	if (!equals)
		return err_set(e, "'%.*s' must be NAME=VALUE", SPEC_SHOWN, text);
	if (!cpuid_name_find(text, len, &at)) {
		snprintf(name, sizeof(name), "%.*s", (int)(len < sizeof(name) ? len : sizeof(name)),
			 text);
		return err_set(e, "unknown name '%.*s'%s", SPEC_LEN(len), text,
			       cpuid_name_suggest(near, name));
	}
	value = equals + 1;
	if (*value && strchr("xks", *value) && !value[1])
		v.all = *value;
	else if (parse_number(value, text, (int)len, at.more_length ? PARTS_BITS : at.length,
			      &v.number, e) < 0)
		return -1;
	return at.msr ? set_msr(s, &at, &v, e) : set_leaf(s, &at, &v, e);
}

int cpuid_names_parse(const char *text, struct cpuid_spec *out, struct err *e)
{
	char *copy = strdup(text), *rest = copy, *word;
	bool first = true;
	int rc = 0;

	*out = (struct cpuid_spec){0};
	if (!copy)
		return no_memory(e);
	/* Empty words are nothing, as in xl. */
	while (rc == 0 && (word = strsep(&rest, ","))) {
		if (!*word)
			continue;
		if (!first)
			rc = set_name(out, word, e);
		else if (strcmp(word, "host") != 0)
			rc = err_set(e, "the first word must be 'host'");
		first = false;
	}
	free(copy);
	return rc;
}

/* ---- leaves ---- */

/* A number as in C: 7, 0x80000001, 017. Steps over it. Returns 0 or -1. */
static int parse_leaf_number(const char **at, uint32_t *out)
{
	unsigned long long n;
	char *end;

	if (!isdigit((unsigned char)**at))
		return -1;
	errno = 0;
	n = strtoull(*at, &end, 0);
	if (errno || n >= CPUID_NO_SUBLEAF)
		return -1;
	*at = end;
	*out = (uint32_t)n;
	return 0;
}

/* eax=xxxx...: steps over it. Returns the register, or -1 with e set. */
static int parse_register(const char **at, const char **bits, struct err *e)
{
	const char *p = *at;
	size_t len;
	int reg;

	if (p[0] != 'e' || p[1] < 'a' || p[1] > 'd' || p[2] != 'x' || p[3] != '=')
		return err_set(e, "'%.*s' must be eax=, ebx=, ecx= or edx= and 32 characters",
			       SPEC_SHOWN, p);
	reg = p[1] - 'a';
	*bits = p += 4;
	len = strcspn(p, ",");
	if (len != CPUID_BITS)
		return err_set(e, "e%cx must have 32 characters, not %zu", 'a' + reg, len);
	for (size_t i = 0; i < CPUID_BITS; i++)
		if (!is_policy(p[i]))
			return err_set(e, "e%cx, character %zu: must be 0, 1, x, k or s", 'a' + reg,
				       i + 1);
	*at = p + len;
	return reg;
}

int cpuid_leaf_parse(const char *text, struct cpuid_spec *out, struct err *e)
{
	uint32_t number, subleaf = CPUID_NO_SUBLEAF;
	const char *at = text, *bits = text;
	struct cpuid_leaf *leaf;
	int reg;

	while (*at == ' ')
		at++;
	if (parse_leaf_number(&at, &number) < 0)
		return err_set(e, "the number of a leaf must come first, as in 1:ecx=...");
	if (*at == ',') {
		at++;
		if (parse_leaf_number(&at, &subleaf) < 0)
			return err_set(
				e, "the number of a subleaf must follow LEAF, as in 4,0:eax=...");
	}
	if (*at++ != ':')
		return err_set(e, "a colon must follow the leaf, as in 1:ecx=...");
	do {
		at += strspn(at, " \n");
		if (!*at)
			break;
		reg = parse_register(&at, &bits, e);
		if (reg < 0)
			return -1;
		leaf = leaf_of(out, number, subleaf);
		if (!leaf)
			return no_memory(e);
		memcpy(leaf->regs[reg], bits, CPUID_BITS);
	} while (*at++ == ',');
	return 0;
}

void cpuid_spec_free(struct cpuid_spec *s)
{
	free(s->leaves);
	free(s->msrs);
	*s = (struct cpuid_spec){0};
}
