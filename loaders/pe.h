/*
 * PE files, as EFI firmware and Windows start them: the headers and where the sections are.
 *
 * Source: Microsoft's "PE Format" (COFF file header, optional header, section table).
 */
#ifndef EARLYDOM_PE_H
#define EARLYDOM_PE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Machine types. */
#define PE_I386        0x014c
#define PE_ARM         0x01c2
#define PE_ARMNT       0x01c4
#define PE_IA64        0x0200
#define PE_EBC         0x0ebc
#define PE_RISCV32     0x5032
#define PE_RISCV64     0x5064
#define PE_LOONGARCH32 0x6232
#define PE_LOONGARCH64 0x6264
#define PE_AMD64       0x8664
#define PE_ARM64       0xaa64

/* Of the subsystems, EFI's: applications, drivers for the boot and for later, ROMs. */
#define PE_SUBSYSTEM_EFI_FIRST 10
#define PE_SUBSYSTEM_EFI_LAST  13

struct pe_file {
	const uint8_t *data; /* len bytes, borrowed */
	size_t len;
	uint16_t machine, subsystem; /* the latter 0 where none is stated */
	unsigned nr_sections;
	size_t table; /* offset of the first section's header; all of them are in the file */
};

struct pe_section {
	char name[9];        /* what can't be printed is '?' */
	size_t offset, size; /* of what it has in the file, bytes; untrusted: pe_inside */
};

/* True for a file that begins as DOS's programs do and names a place for PE's header that has its
 * magic. */
bool pe_match(const uint8_t *in, size_t len);

/* Reads the headers of a file that matches. Returns 0 with *out filled, or -1 with e set. */
int pe_open(const uint8_t *in, size_t len, struct pe_file *out, struct err *e);

/* The i-th section, of nr_sections. */
struct pe_section pe_section(const struct pe_file *f, unsigned i);

/* Whether all of a section's bytes are in the file. */
bool pe_inside(const struct pe_file *f, const struct pe_section *s);

#endif
