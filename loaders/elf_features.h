/*
 * What a kernel says about itself in words, in its notes as in the section __xen_guest.
 */
#ifndef EARLYDOM_ELF_FEATURES_H
#define EARLYDOM_ELF_FEATURES_H

#include <stddef.h>

#include "base/err.h"
#include "elf_info.h"

/*
 * Adds the features named in text, with '|' between and '!' before those that the kernel
 * cannot do without. Returns 0, or -1 with e set if no guest can have one of these.
 */
int elf_features_add(const char *text, struct elf_info *out, struct err *e);

/* Copies a text of len bytes for people, as elf_info has it. */
void elf_copy_text(char *to, size_t size, const char *from, size_t len);

#endif
