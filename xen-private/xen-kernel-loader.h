/*
 * A loader of kernels for libxenguest, and what such a one leaves for it to read, where no source
 * tree of Xen is at hand.
 *
 * Sources: tools/libs/guest/xg_private.h and xen/include/xen/libelf.h of Xen 4.17 to 4.22.
 */
#ifndef XEN_KERNEL_LOADER_H
#define XEN_KERNEL_LOADER_H

#include <elf.h> /* as libelf.h has its names, too */
#include <stdbool.h>
#include <stdint.h>

#include <xen-version.h>
#include <xenguest.h>

#include <xen/elfnote.h>
#include <xen/features.h>

#if XEN_LIBS_MAJOR != 4 || XEN_LIBS_MINOR < 17 || XEN_LIBS_MINOR > 22
#error "xen-private/ knows Xen 4.17 to 4.22: give a source tree of the installed release (XEN_SRC=)"
#endif

#define UNSET_ADDR   UINT64_MAX
#define UNSET_ADDR32 UINT32_MAX

/* 0, or negative numbers that are errno's or not. */
typedef int elf_errorstatus;
typedef int elf_negerrnoval;

typedef uintptr_t elf_ptrval;

enum xen_elfnote_type { XEN_ENT_NONE, XEN_ENT_LONG, XEN_ENT_STR };

struct xen_elfnote {
	enum xen_elfnote_type type;
	const char *name;
	union {
		const char *str;
		uint64_t num;
	} data;
};

enum xen_pae_type {
	XEN_PAE_NO,
	XEN_PAE_YES,
	XEN_PAE_EXTCR3,
	XEN_PAE_BIMODAL,
};

/* What a kernel says of itself (xen/elfnote.h), and where it lies. */
struct elf_dom_parms {
	elf_ptrval guest_info, elf_note_start, elf_note_end;
	struct xen_elfnote elf_notes[XEN_ELFNOTE_MAX + 1];

	char guest_os[16], guest_ver[16], xen_ver[16], loader[16];
	enum xen_pae_type pae;
	bool bsd_symtab, unmapped_initrd;
#if XEN_LIBS_MINOR >= 19
	bool phys_reloc;
#endif
	uint64_t virt_base, virt_entry, virt_hypercall, virt_hv_start_low;
	uint64_t p2m_base, elf_paddr_offset;
	uint32_t f_supported[XENFEAT_NR_SUBMAPS], f_required[XENFEAT_NR_SUBMAPS];
	uint32_t phys_entry;
#if XEN_LIBS_MINOR >= 19
	uint32_t phys_align, phys_min, phys_max;
#endif

	uint64_t virt_kstart, virt_kend;
};

struct xc_dom_loader {
	const char *name;
	elf_negerrnoval (*probe)(struct xc_dom_image *dom);
	elf_negerrnoval (*parser)(struct xc_dom_image *dom);
	elf_errorstatus (*loader)(struct xc_dom_image *dom);

	struct xc_dom_loader *next;
};

#endif
