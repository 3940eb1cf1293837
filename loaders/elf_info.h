/*
 * What an ELF kernel says about itself: its segments, and what it says to Xen (elf.h reads it). The
 * other kernel formats fill it in as well.
 */
#ifndef EARLYDOM_ELF_INFO_H
#define EARLYDOM_ELF_INFO_H

#include <stdbool.h>
#include <stdint.h>

#define ELF_SEGMENTS_MAX 64
#define ELF_UNLOADED_MAX 8

/*
 * What the segments may span in physical memory, from the lowest to the highest address.
 * Xen's builder maps all of that in one piece; kernels span some tens of MiB, and one that is
 * entered in 32-bit mode (PVH) cannot reach further than this.
 */
#define ELF_SPAN_MAX ((uint64_t)4 << 30)

struct elf_segment {
	uint64_t vaddr, paddr;
	uint64_t offset, filesz, memsz; /* bytes */
	uint32_t flags;                 /* PF_R, PF_W, PF_X */
};

/*
 * The symbols that a BSD's kernel finds behind its segments (elf_symtab.h). Index 0 is the table of
 * symbols, index 1 that of their names.
 */
struct elf_symtab {
	uint64_t paddr, memsz;                  /* of all of it; memsz is 0 for none */
	uint64_t at[2];                         /* bytes from paddr */
	uint64_t header[2], offset[2], size[2]; /* in the file */
};

/* Bits of elf_info.xen: which of the values below the kernel states. */
enum elf_xen_bit {
	ELF_XEN_ENTRY = 1 << 0,
	ELF_XEN_HYPERCALL_PAGE = 1 << 1,
	ELF_XEN_VIRT_BASE = 1 << 2,
	ELF_XEN_PADDR_OFFSET = 1 << 3,
	ELF_XEN_PHYS32_ENTRY = 1 << 4,
	ELF_XEN_HV_START_LOW = 1 << 5,
	ELF_XEN_INIT_P2M = 1 << 6,
	ELF_XEN_SUPPORTED_FEATURES = 1 << 7,
	ELF_XEN_L1_MFN_VALID = 1 << 8,
	ELF_XEN_MOD_START_PFN = 1 << 9,
	ELF_XEN_SUSPEND_CANCEL = 1 << 10,
};

/*
 * What a unikernel of Solo5 is linked for, as it states in a note (Solo5's include/elf_abi.h, enum
 * abi_target): one of its own programs, a hypervisor's own interface, or Xen.
 */
enum elf_solo5 {
	ELF_SOLO5_NONE, /* it is no unikernel of Solo5 */
	ELF_SOLO5_HVT,
	ELF_SOLO5_SPT,
	ELF_SOLO5_VIRTIO,
	ELF_SOLO5_MUEN,
	ELF_SOLO5_GENODE,
	ELF_SOLO5_XEN,
};

/* All of it copied out of the file: nothing here points into the bytes. */
struct elf_info {
	int bits;         /* 32 or 64 */
	uint16_t machine; /* EM_386 or EM_X86_64 */
	uint16_t type;    /* ET_EXEC or ET_DYN */
	uint64_t entry;   /* e_entry */

	unsigned nr_segments; /* PT_LOAD with memsz > 0 and some access, in file order */
	struct elf_segment segments[ELF_SEGMENTS_MAX];
	uint64_t pstart,
		pend; /* lowest physical address of them, and the end of the highest or of symtab */
	struct elf_symtab symtab;
	uint64_t vstart, vend; /* where a PV guest has these (not the lowest vaddr: see elf.c) */
	uint64_t load_bytes;   /* sum of memsz */
	/* PT_LOAD of which nothing is loaded, only to be shown: empty ones, whose address counts in
	 * pstart and pend, and those without any access, which Xen's loader skips. The first ones
	 * if there are more. */
	unsigned nr_unloaded;
	struct elf_segment unloaded[ELF_UNLOADED_MAX];

	bool has_notes;   /* Xen's ELF notes found */
	bool has_section; /* an old __xen_guest section found */
	uint32_t xen;     /* enum elf_xen_bit */
	uint64_t xen_entry, hypercall_page, virt_base, paddr_offset, hv_start_low, init_p2m;
	uint32_t phys32_entry;       /* the PVH entry point */
	uint32_t supported_features; /* bits XENFEAT_..., from both notes of features */
	uint32_t required_features;  /* of these, those with '!' in the text of features */
	/* Texts for people, cut to fit; what cannot be printed is '?'. */
	char guest_os[32], guest_version[32], xen_version[32], loader[32];
	char pae[32];
	char bsd_symtab[8]; /* "yes": it wants its symbols loaded */
	char features[160];

	uint32_t solo5;     /* enum elf_solo5, or one that is not known here */
	uint32_t solo5_abi; /* version of that */
};

#endif
