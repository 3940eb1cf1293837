/*
 * The headers of an ELF file, the same for both classes; shared by the files that read it.
 */
#ifndef EARLYDOM_ELF_FILE_H
#define EARLYDOM_ELF_FILE_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bytes.h"
#include "elf_info.h"

/* Reads a field of a header of kind s at p. Both classes have the field, at different offsets. */
#define ELF_FIELD64(is64, p, s, field)                                                             \
	((is64) ? le64((p) + offsetof(Elf64_##s, field)) : le32((p) + offsetof(Elf32_##s, field)))
#define ELF_FIELD32(is64, p, s, field)                                                             \
	le32((p) + ((is64) ? offsetof(Elf64_##s, field) : offsetof(Elf32_##s, field)))
#define ELF_FIELD16(is64, p, s, field)                                                             \
	le16((p) + ((is64) ? offsetof(Elf64_##s, field) : offsetof(Elf32_##s, field)))

struct elf_file {
	const uint8_t *data;
	size_t len;
	bool is64;
	uint64_t phoff, shoff;
	unsigned phnum, shnum, shstrndx;
	unsigned shentsize;
};

struct elf_phdr {
	uint32_t type, flags;
	uint64_t offset, vaddr, paddr, filesz, memsz;
};

struct elf_shdr {
	uint32_t name, type;
	uint64_t offset, size;
};

/* True when size bytes from offset are inside the file. */
bool elf_inside(const struct elf_file *f, uint64_t offset, uint64_t size);

/* The i-th header of the file; the tables were found to be inside the file before. */
struct elf_phdr elf_get_phdr(const struct elf_file *f, unsigned i);
struct elf_shdr elf_get_shdr(const struct elf_file *f, unsigned i);

/*
 * Finds and reads Xen's notes, in the segments or else the sections of notes, or else the
 * section __xen_guest. Fills has_notes, has_section and all that follows them in *out.
 * Returns 0, also when there are none, or -1 with e set.
 */
int elf_notes_read(const struct elf_file *f, struct elf_info *out, struct err *e);

/* The same for the content of a __xen_guest section, size bytes at text. */
int elf_guest_read(const uint8_t *text, size_t size, struct elf_info *out, struct err *e);

/* Finds vstart and vend of a kernel of which all else is known. */
void elf_find_virtual(struct elf_info *i);

/* Whether the addresses that a kernel states fit it, whatever it can be started as. Returns 0, or
 * -1 with e set. */
int elf_check_addresses(const struct elf_info *i, struct err *e);

/* Whether the addresses of a kernel fit together for a PV guest. Returns 0, or -1 with e set. */
int elf_check_pv(const struct elf_info *i, struct err *e);

#endif
