/*
 * Names of what CPUID shows on x86, and where it is. Pure.
 */
#ifndef EARLYDOM_CPUID_NAME_H
#define EARLYDOM_CPUID_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"

/* Of a leaf without subleaves (XEN_CPUID_INPUT_UNUSED of xenctrl.h). */
#define CPUID_NO_SUBLEAF UINT32_MAX

/* Registers as struct cpuid_leaf counts them. */
enum cpuid_reg { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX };

/* `length` bits, the lowest of them `bit`. */
struct cpuid_place {
	uint32_t leaf, subleaf;
	bool msr;    /* `leaf` is the index of an MSR of 64 bits */
	uint8_t reg; /* enum cpuid_reg */
	uint8_t bit, length;
	/* The two fields that are in two places: the second one; length 0 for all others. */
	uint8_t more_bit, more_length;
};

/* The place of the thing of that name (len bytes). False when there is none. */
bool cpuid_name_find(const char *name, size_t len, struct cpuid_place *out);

/* For an unknown name: the end of a message, ", did you mean 'X'?", or "". Returns buf. */
const char *cpuid_name_suggest(char buf[SUGGEST_MAX], const char *name);

#endif
