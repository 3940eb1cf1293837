#include "aout.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"

#define HEADER          32 /* bytes: eight numbers, big-endian */
#define HEADER_EXPANDED 40 /* and a 64-bit entry point */
#define DYN_MAGIC       0x80000000u
#define MIN_MAGIC       8u /* a.out.h: the least and the greatest b of _MAGIC */
#define MAX_MAGIC       28u

#define PAGE UINT64_C(4096) /* of kernels for both machines: commonboot in libmach/executable.c */

/*
 * PADDR in 8l/asm.c and 6l/asm.c: the linkers know a kernel's physical addresses from the virtual
 * ones by taking the upper bits away.
 */
#define KZERO_MASK_386   UINT64_C(0xf0000000)
#define KZERO_MASK_AMD64 UINT64_C(0xfffffffff0000000)

/* public/arch-x86/xen-x86_32.h, HYPERVISOR_VIRT_START_PAE: from here on it is the hypervisor's. */
#define KERNEL_END_386 UINT64_C(0xf5800000)
/* public/arch-x86/xen-x86_64.h, HYPERVISOR_VIRT_END: up to here it is, in the upper half. */
#define KERNEL_START_AMD64 UINT64_C(0xffff880000000000)

/* xg_dom_binloader.c: struct xen_bin_image_table, little-endian, and its flags. */
#define TABLE_SIZE   32
#define TABLE_MAGIC  0x336ec578u
#define TABLE_ALIGN  0x00000001u
#define TABLE_PAE    0x00004000u /* needs PAE, unless the next bit is set, too */
#define TABLE_EITHER 0x00008000u
#define TABLE_VALID  0x00010000u

/* 9/xen/mkfile, XENELF: what Plan 9's kernels for Xen state of themselves. */
#define XEN_VERSION "xen-3.0"
#define XEN_LOADER  "generic"
#define XEN_PAE     "yes[extended-cr3]"

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t page_up(uint64_t n)
{
	return (n + PAGE - 1) & ~(PAGE - 1);
}

bool aout_match(const uint8_t *in, size_t len)
{
	uint32_t magic;

	if (len < 4)
		return false;
	magic = be32(in) & ~DYN_MAGIC;
	for (uint32_t b = MIN_MAGIC; b <= MAX_MAGIC; b++)
		if (magic == AOUT_MAGIC(0, b) || magic == AOUT_MAGIC(AOUT_HDR_MAGIC, b))
			return true;
	return false;
}

static int read_header(const uint8_t *in, size_t len, struct aout_info *a, struct err *e)
{
	a->magic = be32(in);
	if (a->magic & DYN_MAGIC)
		return err_set(e, "magic %#" PRIx32 " is a dynamically loadable module's",
			       a->magic);
	if (a->magic != AOUT_I_MAGIC && a->magic != AOUT_S_MAGIC)
		return err_set(e, "magic %#" PRIx32 " is neither 386's (%#x) nor amd64's (%#x)",
			       a->magic, AOUT_I_MAGIC, AOUT_S_MAGIC);
	a->header = a->magic & AOUT_HDR_MAGIC ? HEADER_EXPANDED : HEADER;
	if (len < a->header)
		return err_set(e, "truncated: %zu bytes, within the header of %zu", len, a->header);
	a->text = be32(in + 4);
	a->data = be32(in + 8);
	a->bss = be32(in + 12);
	a->syms = be32(in + 16);
	a->entry = be32(in + 20);
	a->spsz = be32(in + 24);
	a->pcsz = be32(in + 28);
	return 0;
}

/* The parts follow each other in the file without gaps. */
static int check_sizes(const uint8_t *in, size_t len, const struct aout_info *a, struct err *e)
{
	const struct {
		const char *name;
		uint32_t size;
	} parts[] = {{"text", a->text}, {"data", a->data}, {"syms", a->syms}, {"pcsz", a->pcsz}};
	size_t end = a->header;

	if (a->text == 0)
		return err_set(e, "text is 0: there is nothing to run");
	/* The table of stack offsets follows the symbols. Only the 68020 has one (a.out(6)). */
	if (a->spsz)
		return err_set(e, "spsz is %" PRIu32 ", but only 68020 has that table", a->spsz);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].size > len - end)
			return err_set(e,
				       "truncated: %s, %" PRIu32
				       " bytes at %zu, goes past the end of the file at %zu",
				       parts[i].name, parts[i].size, end, len);
		end += parts[i].size;
	}
	/* Padding does no harm. */
	for (size_t i = end; i < len; i++) {
		if (in[i])
			return err_set(e,
				       "the file has %zu bytes behind what the header states, not "
				       "all zero",
				       len - end);
	}
	return 0;
}

static int find_kzero_386(struct aout_info *a, struct err *e)
{
	a->kzero = a->entry & KZERO_MASK_386;
	/* commonboot in libmach/executable.c: without any of these bits it is not a kernel. */
	if (a->kzero == 0)
		return err_set(e, "entry %#" PRIx64 " is a program's, not a kernel's", a->entry);
	return 0;
}

/*
 * The header's 32-bit field holds the physical entry point, the 64-bit one behind it the virtual
 * entry point.
 */
static int find_kzero_amd64(const uint8_t *in, struct aout_info *a, struct err *e)
{
	const uint64_t physical = a->entry;

	a->entry = (uint64_t)be32(in + HEADER) << 32 | be32(in + HEADER + 4);
	a->kzero = a->entry & KZERO_MASK_AMD64;
	if (a->kzero < KERNEL_START_AMD64)
		return err_set(e,
			       "entry %#" PRIx64
			       " (64-bit) is not where Xen lets a kernel be, from %#" PRIx64 " on",
			       a->entry, KERNEL_START_AMD64);
	if (physical != a->entry - a->kzero)
		return err_set(e,
			       "entry %#" PRIx64
			       " is not the physical address of the 64-bit one, %#" PRIx64,
			       physical, a->entry);
	return 0;
}

/*
 * a.out(6): text begins in a page that begins with the header. But a kernel may be linked to a page
 * (8l -T0x80010000), and boot loaders put text at the entry point in either case.
 */
static int find_text(struct aout_info *a, struct err *e)
{
	const uint64_t in_page = a->entry & (PAGE - 1);

	a->header_loaded = in_page == a->header;
	if (in_page == 0 || a->header_loaded)
		return 0;
	return err_set(e,
		       "entry %#" PRIx64
		       " is not where text can begin: in a page, at 0 or behind the header, %#zx",
		       a->entry, a->header);
}

static void add_segment(struct elf_info *i, uint64_t kzero, const struct elf_segment *s)
{
	struct elf_segment *to = &i->segments[i->nr_segments++];

	*to = *s;
	to->vaddr = kzero + s->paddr;
	i->load_bytes += s->memsz;
	i->pend = s->paddr + s->memsz;
}

/* Below 2^35: the entry is at most 256 MiB above KZERO, and no size has more than 32 bits. */
static void find_segments(const struct aout_info *a, struct elf_info *i)
{
	const uint64_t in_front = a->header_loaded ? a->header : 0;
	const uint64_t text = a->entry - a->kzero;

	i->pstart = text - in_front;
	add_segment(i, a->kzero,
		    &(struct elf_segment){
			    .paddr = i->pstart,
			    .offset = a->header - in_front,
			    .filesz = in_front + a->text,
			    .memsz = in_front + a->text,
			    .flags = PF_R | PF_X,
		    });
	if (a->data || a->bss)
		add_segment(i, a->kzero,
			    &(struct elf_segment){
				    .paddr = page_up(text + a->text),
				    .offset = a->header + a->text,
				    .filesz = a->data,
				    .memsz = (uint64_t)a->data + a->bss,
				    .flags = PF_R | PF_W,
			    });
}

static int check_space(const struct aout_info *a, const struct elf_info *i, struct err *e)
{
	const bool is64 = a->magic & AOUT_HDR_MAGIC;
	/* For amd64 the space ends at 2^64, which is 0 in 64 bits. */
	const uint64_t space = (is64 ? 0 : KERNEL_END_386) - a->kzero;

	if (i->pend < space && i->pend <= ELF_SPAN_MAX)
		return 0;
	return err_set(e,
		       "text, data and bss go up to %#" PRIx64 " from KZERO (%#" PRIx64
		       ") on, where there is room for %#" PRIx64,
		       i->pend, a->kzero, space < ELF_SPAN_MAX ? space : ELF_SPAN_MAX);
}

/*
 * xenbin puts a table for Xen at the text's beginning, and moves the text behind it. Only the real
 * entry point is needed from the table; it is stored in *entry.
 */
static int read_table(const uint8_t *in, struct aout_info *a, uint64_t *entry, struct err *e)
{
	const uint8_t *p = in + a->header;
	uint32_t flags;

	*entry = a->entry;
	if (a->magic != AOUT_I_MAGIC || a->text < TABLE_SIZE || le32(p) != TABLE_MAGIC)
		return 0;
	a->xen_table = true;
	flags = le32(p + 4);
	if (TABLE_MAGIC + flags + le32(p + 8) != 0)
		return err_set(e, "Xen's table in the text: its checksum is wrong");
	if ((flags & ~(TABLE_ALIGN | TABLE_EITHER)) != (TABLE_VALID | TABLE_PAE))
		return err_set(e, "Xen's table in the text: flags %#" PRIx32 ": not a PAE kernel's",
			       flags);
	if (le32(p + 12) != a->entry)
		return err_set(e,
			       "Xen's table in the text: header_addr %#" PRIx32
			       " is not where it is, %#" PRIx64,
			       le32(p + 12), a->entry);
	*entry = le32(p + 28);
	if (*entry - a->entry >= a->text)
		return err_set(e,
			       "Xen's table in the text: entry_addr %#" PRIx64
			       " is outside of the text",
			       *entry);
	return 0;
}

static void describe(const struct aout_info *a, uint64_t entry, struct elf_info *i)
{
	const bool is64 = a->magic & AOUT_HDR_MAGIC;

	i->bits = is64 ? 64 : 32;
	i->machine = is64 ? EM_X86_64 : EM_386;
	i->type = ET_EXEC;
	i->entry = i->xen_entry = entry;
	i->virt_base = a->kzero;
	i->paddr_offset = 0; /* the segments' addresses count from KZERO */
	i->xen = ELF_XEN_ENTRY | ELF_XEN_VIRT_BASE | ELF_XEN_PADDR_OFFSET;
	i->vstart = a->kzero + i->pstart;
	i->vend = a->kzero + i->pend;
	snprintf(i->guest_os, sizeof(i->guest_os), "plan9");
	snprintf(i->xen_version, sizeof(i->xen_version), XEN_VERSION);
	snprintf(i->loader, sizeof(i->loader), XEN_LOADER);
	if (!is64)
		snprintf(i->pae, sizeof(i->pae), XEN_PAE);
}

int aout_read(const uint8_t *in, size_t len, struct aout_info *out, struct elf_info *info,
	      struct err *e)
{
	uint64_t entry;

	memset(out, 0, sizeof(*out));
	memset(info, 0, sizeof(*info));
	if (!aout_match(in, len))
		return err_set(e, "not an a.out file of Plan 9");
	if (read_header(in, len, out, e) != 0 || check_sizes(in, len, out, e) != 0)
		return -1;
	if (out->magic & AOUT_HDR_MAGIC ? find_kzero_amd64(in, out, e) : find_kzero_386(out, e))
		return -1;
	if (find_text(out, e) != 0)
		return -1;
	find_segments(out, info);
	if (check_space(out, info, e) != 0 || read_table(in, out, &entry, e) != 0)
		return -1;
	describe(out, entry, info);
	return 0;
}
