/*
 * ELF kernels for Xen: headers, loadable segments, Xen's notes.
 *
 * Sources: the System V ABI and its supplement for x86-64 (elf.h); Xen's public/elfnote.h and
 * public/features.h; for the older __xen_guest section and for which addresses Xen accepts,
 * what xen/common/libelf does.
 */
#ifndef EARLYDOM_ELF_H
#define EARLYDOM_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "elf_info.h"

/* True for a file that begins with ELF's magic. */
bool elf_match(const uint8_t *in, size_t len);

/*
 * Reads and checks an ELF kernel of len bytes: class, machine, program headers inside
 * the file, segments that neither wrap nor overlap, notes and strings inside their
 * segments or sections, and the addresses and features in them: what Xen's own loader
 * (libelf) would refuse is refused here. A file without anything for Xen in it passes,
 * and can be neither PV nor PVH. Returns 0 with *out filled, or -1 with e set: one line
 * that names the header or note and what is wrong with it.
 */
int elf_read(const uint8_t *in, size_t len, struct elf_info *out, struct err *e);

/*
 * What the kernel can be started as. PV: its notes or its section name a loader and a version
 * of Xen that Xen accepts, and the addresses fit. PVH: its notes have an entry point for it.
 */
bool elf_can_pv(const struct elf_info *i);
bool elf_can_pvh(const struct elf_info *i);

/*
 * Why a kernel can't be started as a PV guest's, in words that go behind "kernel X ": "is for Xen
 * 2.0, ...". Returns 0 where it can, else -1 with e set.
 */
int elf_why_not_pv(const struct elf_info *i, struct err *e);

/* "hvt" and so on; "another host" for one that is not known. */
const char *elf_solo5_name(uint32_t solo5);

/* Whether a 32-bit kernel says that it can do with PAE, as Xen's loader takes its word. */
bool elf_has_pae(const struct elf_info *i);

#endif
