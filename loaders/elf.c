#include "elf.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "elf_file.h"
#include "elf_symtab.h"

/* Far more than any kernel has (Linux: 5), and few enough to look at each pair. */
#define PHNUM_MAX 256

bool elf_match(const uint8_t *in, size_t len)
{
	return len >= SELFMAG && memcmp(in, ELFMAG, SELFMAG) == 0;
}

/* For people: what kernels are for that are not for x86. */
static const char *machine_name(uint16_t machine)
{
	switch (machine) {
	case EM_ARM:
		return " (arm)";
	case EM_AARCH64:
		return " (arm64)";
	case EM_RISCV:
		return " (riscv)";
	case EM_PPC64:
		return " (powerpc)";
	case EM_S390:
		return " (s390)";
	default:
		return "";
	}
}

/* e_ident, and what depends on the class: the length of the header and the machine. */
static int read_ident(struct elf_file *f, struct elf_info *out, struct err *e)
{
	const uint8_t *p = f->data;
	unsigned class;
	size_t size;

	if (!elf_match(p, f->len))
		return err_set(e, "not an ELF file");
	if (f->len < EI_NIDENT)
		return err_set(e, "truncated: %zu bytes, within the header", f->len);
	class = p[EI_CLASS];
	if (class != ELFCLASS32 && class != ELFCLASS64)
		return err_set(e, "unknown class %u (neither 32-bit nor 64-bit)", class);
	if (p[EI_DATA] != ELFDATA2LSB)
		return err_set(e, "not little-endian");
	if (p[EI_VERSION] != EV_CURRENT)
		return err_set(e, "unknown version %u", p[EI_VERSION]);

	f->is64 = class == ELFCLASS64;
	size = f->is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
	if (f->len < size)
		return err_set(e, "truncated: %zu bytes, within the header", f->len);

	out->bits = f->is64 ? 64 : 32;
	out->machine = ELF_FIELD16(f->is64, p, Ehdr, e_machine);
	/*
	 * A 32-bit ELF file may hold x86-64 code (the x32 ABI), as some PVH kernels that are
	 * entered in 32-bit mode do. Xen's libelf accepts both machines.
	 */
	if (out->machine != EM_X86_64 && (f->is64 || out->machine != EM_386))
		return err_set(e, "machine %u%s is not %s's, which the %d-bit class needs",
			       out->machine, machine_name(out->machine),
			       f->is64 ? "x86-64" : "i386's or x86-64", out->bits);
	return 0;
}

static int read_header(struct elf_file *f, struct elf_info *out, struct err *e)
{
	const uint8_t *p = f->data;
	size_t size = f->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	uint32_t version = ELF_FIELD32(f->is64, p, Ehdr, e_version);
	unsigned phentsize = ELF_FIELD16(f->is64, p, Ehdr, e_phentsize);

	out->type = ELF_FIELD16(f->is64, p, Ehdr, e_type);
	out->entry = ELF_FIELD64(f->is64, p, Ehdr, e_entry);
	f->phoff = ELF_FIELD64(f->is64, p, Ehdr, e_phoff);
	f->phnum = ELF_FIELD16(f->is64, p, Ehdr, e_phnum);
	f->shoff = ELF_FIELD64(f->is64, p, Ehdr, e_shoff);
	f->shnum = ELF_FIELD16(f->is64, p, Ehdr, e_shnum);
	f->shentsize = ELF_FIELD16(f->is64, p, Ehdr, e_shentsize);
	f->shstrndx = ELF_FIELD16(f->is64, p, Ehdr, e_shstrndx);

	if (version != EV_CURRENT)
		return err_set(e, "unknown version %" PRIu32, version);
	if (out->type != ET_EXEC && out->type != ET_DYN)
		return err_set(e, "type %u is not an executable's", out->type);
	if (f->phnum == 0)
		return err_set(e, "no program headers, so nothing to load");
	if (f->phnum > PHNUM_MAX)
		return err_set(e, "%u program headers, more than %d", f->phnum, PHNUM_MAX);
	if (phentsize != size)
		return err_set(e, "program headers of %u bytes instead of %zu", phentsize, size);
	if (!elf_inside(f, f->phoff, f->phnum * size))
		return err_set(e,
			       "%u program headers at offset %#" PRIx64
			       " go past the end of the file (%zu bytes)",
			       f->phnum, f->phoff, f->len);

	/*
	 * Sections are hardly needed, but Xen's loader refuses a kernel whose section headers lie
	 * outside the file.
	 */
	if (!elf_inside(f, f->shoff, (uint64_t)f->shnum * f->shentsize))
		return err_set(e,
			       "%u section headers at offset %#" PRIx64
			       " go past the end of the file (%zu bytes)",
			       f->shnum, f->shoff, f->len);
	return 0;
}

/* True when size bytes from addr do not fit below the end of the class's address space. */
static bool wraps(const struct elf_file *f, uint64_t addr, uint64_t size)
{
	if (!f->is64)
		return size > ((uint64_t)1 << 32) - addr;
	return size > UINT64_MAX - addr;
}

static int check_segment(const struct elf_file *f, unsigned i, const struct elf_phdr *p,
			 struct err *e)
{
	if (p->filesz > p->memsz)
		return err_set(e,
			       "segment %u: %#" PRIx64 " bytes in the file, but only %#" PRIx64
			       " in memory",
			       i, p->filesz, p->memsz);
	if (!elf_inside(f, p->offset, p->filesz))
		return err_set(e,
			       "segment %u: %#" PRIx64 " bytes at offset %#" PRIx64
			       " go past the end of the file (%zu bytes)",
			       i, p->filesz, p->offset, f->len);
	if (wraps(f, p->paddr, p->memsz))
		return err_set(e,
			       "segment %u: %#" PRIx64 " bytes at physical address %#" PRIx64
			       " go past the end of memory",
			       i, p->memsz, p->paddr);
	if (wraps(f, p->vaddr, p->memsz))
		return err_set(e,
			       "segment %u: %#" PRIx64 " bytes at virtual address %#" PRIx64
			       " go past the end of memory",
			       i, p->memsz, p->vaddr);
	return 0;
}

static bool has_access(const struct elf_phdr *p)
{
	return p->flags & (PF_R | PF_W | PF_X);
}

static struct elf_segment segment_of(const struct elf_phdr *p)
{
	return (struct elf_segment){
		.vaddr = p->vaddr,
		.paddr = p->paddr,
		.offset = p->offset,
		.filesz = p->filesz,
		.memsz = p->memsz,
		.flags = p->flags,
	};
}

static void add_unloaded(const struct elf_phdr *p, struct elf_info *out)
{
	if (out->nr_unloaded < ELF_UNLOADED_MAX)
		out->unloaded[out->nr_unloaded++] = segment_of(p);
}

/* Adds the segment of program header i. nr[] has the numbers of those added before. */
static int add_segment(const struct elf_phdr *p, unsigned i, unsigned *nr, struct elf_info *out,
		       struct err *e)
{
	unsigned n = out->nr_segments;

	for (unsigned k = 0; k < n; k++) {
		const struct elf_segment *s = &out->segments[k];

		if (p->paddr < s->paddr + s->memsz && s->paddr < p->paddr + p->memsz)
			return err_set(e,
				       "segments %u and %u overlap at physical address %#" PRIx64,
				       nr[k], i, p->paddr > s->paddr ? p->paddr : s->paddr);
	}
	if (n == ELF_SEGMENTS_MAX)
		return err_set(e, "more than %d segments to load", ELF_SEGMENTS_MAX);

	nr[n] = i;
	out->segments[n] = segment_of(p);
	out->nr_segments = n + 1;
	out->load_bytes += p->memsz;
	return 0;
}

static int read_segments(const struct elf_file *f, struct elf_info *out, struct err *e)
{
	unsigned nr[ELF_SEGMENTS_MAX];

	out->pstart = UINT64_MAX;
	for (unsigned i = 0; i < f->phnum; i++) {
		struct elf_phdr p = elf_get_phdr(f, i);

		if (p.type != PT_LOAD)
			continue;
		if (!p.memsz || !has_access(&p))
			add_unloaded(&p, out);
		/* Xen's loader skips segments without any access rights. */
		if (!has_access(&p))
			continue;
		if (check_segment(f, i, &p, e) != 0)
			return -1;

		/*
		 * Xen's loader counts empty segments in these addresses, but they have nothing to
		 * load.
		 */
		if (p.paddr < out->pstart)
			out->pstart = p.paddr;
		if (p.paddr + p.memsz > out->pend)
			out->pend = p.paddr + p.memsz;
		if (p.memsz && add_segment(&p, i, nr, out, e) != 0)
			return -1;
	}
	if (out->nr_segments == 0)
		return err_set(e, "no segment to load");
	if (out->pend - out->pstart > ELF_SPAN_MAX)
		return err_set(e,
			       "segments lie as far apart as %#" PRIx64 " and %#" PRIx64
			       ", more than 4 GiB",
			       out->pstart, out->pend);
	return 0;
}

/*
 * Where a PV guest sees the kernel, as Xen computes it. The segments' own virtual addresses do
 * not matter for that, and cannot: Linux links its per-cpu data at 0.
 */
void elf_find_virtual(struct elf_info *out)
{
	uint64_t base = out->xen & ELF_XEN_VIRT_BASE ? out->virt_base : 0;
	uint64_t offset = 0;

	if (out->xen & ELF_XEN_PADDR_OFFSET)
		offset = out->paddr_offset;
	else if (out->has_section)
		offset = base;
	out->vstart = out->pstart + (base - offset);
	out->vend = out->pend + (base - offset);
}

int elf_check_pv(const struct elf_info *i, struct err *e)
{
	uint64_t base = i->xen & ELF_XEN_VIRT_BASE ? i->virt_base : 0;
	uint64_t entry = i->xen & ELF_XEN_ENTRY ? i->xen_entry : i->entry;

	if (i->vstart >= i->vend || base > i->vstart)
		return err_set(e,
			       "the kernel would be at %#" PRIx64 " to %#" PRIx64
			       ", not behind its VIRT_BASE %#" PRIx64,
			       i->vstart, i->vend, base);
	if (entry < i->vstart || entry >= i->vend)
		return err_set(e,
			       "entry point %#" PRIx64 "%s is outside of the kernel (%#" PRIx64
			       " to %#" PRIx64 ")",
			       entry, i->xen & ELF_XEN_ENTRY ? " (ENTRY)" : "", i->vstart, i->vend);
	if (i->xen & ELF_XEN_INIT_P2M && i->init_p2m >= i->vstart && i->init_p2m < i->vend)
		return err_set(e,
			       "INIT_P2M %#" PRIx64 " is inside of the kernel (%#" PRIx64
			       " to %#" PRIx64 ")",
			       i->init_p2m, i->vstart, i->vend);
	return 0;
}

static int check_pvh(const struct elf_info *i, struct err *e)
{
	if (i->phys32_entry < i->pstart || i->phys32_entry >= i->pend)
		return err_set(e,
			       "PVH entry point %#" PRIx32
			       " (PHYS32_ENTRY) is outside of the kernel (%#" PRIx64 " to %#" PRIx64
			       ")",
			       i->phys32_entry, i->pstart, i->pend);
	if (i->xen & ELF_XEN_INIT_P2M && i->init_p2m >= i->pstart && i->init_p2m < i->pend)
		return err_set(e,
			       "INIT_P2M %#" PRIx64 " is inside of the kernel (%#" PRIx64
			       " to %#" PRIx64 ")",
			       i->init_p2m, i->pstart, i->pend);
	return 0;
}

/* A kernel that is not for Xen: the entry point is all there is to check. */
static int check_plain(const struct elf_info *out, struct err *e)
{
	for (unsigned i = 0; i < out->nr_segments; i++) {
		const struct elf_segment *s = &out->segments[i];

		if (out->entry - s->paddr < s->memsz || out->entry - s->vaddr < s->memsz)
			return 0;
	}
	return err_set(e, "entry point %#" PRIx64 " is in no segment", out->entry);
}

int elf_check_addresses(const struct elf_info *out, struct err *e)
{
	bool pvh = out->xen & ELF_XEN_PHYS32_ENTRY;

	if (!out->has_notes && !out->has_section)
		return check_plain(out, e);
	if (out->xen & ELF_XEN_PADDR_OFFSET && !(out->xen & ELF_XEN_VIRT_BASE))
		return err_set(e, "PADDR_OFFSET is set, but VIRT_BASE is not");
	if (pvh && check_pvh(out, e) != 0)
		return -1;
	/* A kernel for PVH alone has no PV entry point, and its other addresses are free. */
	if (pvh && !(out->xen & ELF_XEN_ENTRY))
		return 0;
	return elf_check_pv(out, e);
}

int elf_read(const uint8_t *in, size_t len, struct elf_info *out, struct err *e)
{
	struct elf_file f = {.data = in, .len = len};

	memset(out, 0, sizeof(*out));
	if (read_ident(&f, out, e) != 0 || read_header(&f, out, e) != 0)
		return -1;
	if (read_segments(&f, out, e) != 0)
		return -1;
	if (elf_notes_read(&f, out, e) != 0)
		return -1;
	if (strcmp(out->bsd_symtab, "yes") == 0 && elf_symtab_find(&f, out, e) != 0)
		return -1;
	elf_find_virtual(out);
	return elf_check_addresses(out, e);
}
