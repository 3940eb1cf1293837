/*
 * The `cpuid` key: what the guest's processor shows, in both of xl's forms (xl.cfg(5)).
 *
 *     "host,tm=0,sse3=x,family=6"                 features and fields by name
 *     [ "1:ecx=xxxx...,edx=...", "4,1:eax=..." ]  leaves, with 32 characters for a register
 *
 * A bit is '1', '0', 'x' (the default for a guest), 'k' or 's' (the host's); a field may be a
 * number. What is given later replaces what was given before. Names are those of libxl
 * (libxl_cpuid.c) and of Xen's public header of features, arch-x86/cpufeatureset.h.
 *
 * Stricter than xl, which prints an error and goes on without: an unknown name, a number that is
 * too large for its field, and other characters are errors here. family=x and its like are right
 * here; libxl clears the extended family.
 */
#ifndef EARLYDOM_CPUID_SPEC_H
#define EARLYDOM_CPUID_SPEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "cpuid_name.h" /* CPUID_NO_SUBLEAF */

/* Characters for the bits, the highest first, and a NUL; "" where nothing is said of a register. */
#define CPUID_BITS 32
#define MSR_BITS   64

struct cpuid_leaf {
	uint32_t leaf, subleaf;
	char regs[4][CPUID_BITS + 1]; /* eax, ebx, ecx, edx */
};

/* A model-specific register that shows features; its bits are 0, 1, x and k. */
struct cpuid_msr {
	uint32_t index;
	char bits[MSR_BITS + 1];
};

/* Zero-initialised is the host's default. Each leaf is there once, in the order of first mention.
 */
struct cpuid_spec {
	struct cpuid_leaf *leaves;
	size_t nr_leaves;
	struct cpuid_msr *msrs;
	size_t nr_msrs;
};

/* Reads the form by names. Returns 0, or -1 with e set; *out is freed with cpuid_spec_free in
 * either case, and so in the next. */
int cpuid_names_parse(const char *text, struct cpuid_spec *out, struct err *e);

/* Reads one string of the form by leaves into *out, which may have some already. Returns 0, or -1
 * with e set. */
int cpuid_leaf_parse(const char *text, struct cpuid_spec *out, struct err *e);

void cpuid_spec_free(struct cpuid_spec *s);

#endif
