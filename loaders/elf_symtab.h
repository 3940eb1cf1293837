/*
 * The symbols of a BSD's kernel. It asks for them (BSD_SYMTAB) and finds them in memory behind its
 * segments, in an ELF file of their own with the two sections, behind that file's size in 32 bits.
 *
 * Source: elf_load_bsdsyms in Xen's xen/common/libelf/libelf-loader.c, whose comment has a picture.
 */
#ifndef EARLYDOM_ELF_SYMTAB_H
#define EARLYDOM_ELF_SYMTAB_H

#include "base/err.h"
#include "elf_info.h"

struct elf_file;

/* Bytes of what is in front of the symbols, aligned for either class. */
#define ELF_SYMTAB_HEAD 264

/*
 * Finds the symbols of a file whose segments are read, and puts them behind those: fills
 * out->symtab and moves out->pend. A kernel that was stripped of them has none. Returns 0, or -1
 * with e set.
 */
int elf_symtab_find(const struct elf_file *f, struct elf_info *out, struct err *e);

/* Writes what is in front of the symbols of the file at in, which has some (symtab.memsz):
 * symtab.at[0] bytes of it, at most ELF_SYMTAB_HEAD. */
void elf_symtab_head(const uint8_t *in, const struct elf_info *info, uint8_t head[ELF_SYMTAB_HEAD]);

#endif
