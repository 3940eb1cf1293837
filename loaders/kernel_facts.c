#include "kernel_facts.h"

#include <elf.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "codecs.h"
#include "elf_file.h"

/* What a kernel can state to Xen (enum elf_xen_bit). */
#define XEN_BITS ((uint32_t)ELF_XEN_SUSPEND_CANCEL * 2 - 1)

static const char *const formats[NR_KERNEL_FORMATS] = {
	[KERNEL_ELF] = "ELF",
	[KERNEL_BZIMAGE] = "bzImage",
	[KERNEL_AOUT] = "Plan 9 a.out",
};

const char *kernel_format_name(uint32_t format)
{
	return format < NR_KERNEL_FORMATS && formats[format] ? formats[format] : "unknown";
}

bool kernel_can_pv(const struct kernel_facts *k)
{
	/* Any a.out can: aout_read refuses what could not be a kernel. */
	return k->aout.magic || elf_can_pv(&k->info);
}

static int wrong(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int wrong(struct err *e, const char *fmt, ...)
{
	char what[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	return err_set(e, "the decoder's answer is wrong (%s)", what);
}

/* Whether size bytes from offset are within so many. */
static bool inside(uint64_t offset, uint64_t size, uint64_t all)
{
	return offset <= all && size <= all - offset;
}

/* A bool is one only when it is 0 or 1, and nobody may look at one that is something else. */
static bool is_bool(const bool *b)
{
	unsigned char byte;

	memcpy(&byte, b, 1);
	return byte <= 1;
}

static int check_bools(const struct kernel_facts *k, struct err *e)
{
	if (is_bool(&k->aout.header_loaded) && is_bool(&k->aout.xen_table) &&
	    is_bool(&k->info.has_notes) && is_bool(&k->info.has_section))
		return 0;
	return wrong(e, "neither true nor false");
}

static int check_text(const char *text, size_t size, const char *what, struct err *e)
{
	const char *end = memchr(text, '\0', size);

	if (!end)
		return wrong(e, "%s has no end", what);
	for (; text < end; text++)
		if (*text < ' ' || *text > '~')
			return wrong(e, "%s can't be printed", what);
	return 0;
}

#define TEXT(field, what) check_text(field, sizeof(field), what, e)

static int check_texts(const struct kernel_facts *k, struct err *e)
{
	const struct elf_info *i = &k->info;

	if (TEXT(k->bzimage.kernel_version, "the kernel's version") < 0 ||
	    TEXT(i->guest_os, "GUEST_OS") < 0 || TEXT(i->guest_version, "GUEST_VERSION") < 0 ||
	    TEXT(i->xen_version, "XEN_VERSION") < 0 || TEXT(i->loader, "LOADER") < 0 ||
	    TEXT(i->pae, "PAE") < 0 || TEXT(i->bsd_symtab, "BSD_SYMTAB") < 0 ||
	    TEXT(i->features, "FEATURES") < 0)
		return -1;
	return 0;
}

/* What the bytes are, and where in them the kernel is. */
static int check_bare(const struct kernel_facts *k, uint64_t file_size, uint64_t limit,
		      struct err *e)
{
	const bool unpacked = k->where == KERNEL_UNPACKED;

	if (k->format == KERNEL_NO_FORMAT || k->format >= NR_KERNEL_FORMATS)
		return wrong(e, "no format");
	if (k->where >= NR_KERNEL_WHERES)
		return wrong(e, "the kernel is nowhere");
	if (k->codec && !codec_name(k->codec))
		return wrong(e, "no codec");
	if (unpacked != (k->codec != 0) || unpacked != (k->unpacked_size != 0))
		return wrong(e, "packed and not packed");
	if (k->unpacked_size > limit)
		return wrong(e, "unpacked to more than there is room for");
	if (!k->bare_size ||
	    !inside(k->bare_offset, k->bare_size, unpacked ? k->unpacked_size : file_size))
		return wrong(e, "the kernel is not in its bytes");
	return 0;
}

static int check_uki(const struct uki_info *u, uint64_t file_size, struct err *e)
{
	for (int i = 0; i < NR_UKI_PARTS; i++) {
		if (!inside(u->parts[i].offset, u->parts[i].size, file_size))
			return wrong(e, "section %s is not in the file", uki_part_name(i));
		if (!u->parts[UKI_LINUX].size && (u->parts[i].size || u->parts[i].offset))
			return wrong(e, "section %s of no UKI", uki_part_name(i));
	}
	return 0;
}

static int check_bzimage(const struct kernel_facts *k, uint64_t file_size, struct err *e)
{
	const struct bzimage_info *b = &k->bzimage;
	const uint64_t linux_size = k->uki.parts[UKI_LINUX].size;

	if ((k->format == KERNEL_BZIMAGE) != (b->version != 0))
		return wrong(e, "a bzImage and none");
	if (b->version > UINT16_MAX)
		return wrong(e, "no boot protocol");
	if (!inside(b->payload_offset, b->payload_length, linux_size ? linux_size : file_size))
		return wrong(e, "the payload is not in the file");
	return 0;
}

static int check_aout(const struct kernel_facts *k, struct err *e)
{
	const struct aout_info *a = &k->aout;

	if ((k->format == KERNEL_AOUT) != (a->magic != 0))
		return wrong(e, "an a.out and none");
	if (a->magic && a->magic != AOUT_I_MAGIC && a->magic != AOUT_S_MAGIC)
		return wrong(e, "an a.out's magic");
	return 0;
}

static int check_machine(const struct elf_info *i, struct err *e)
{
	if (i->bits != 32 && i->bits != 64)
		return wrong(e, "%d bits", i->bits);
	if (i->machine != EM_X86_64 && (i->bits == 64 || i->machine != EM_386))
		return wrong(e, "machine %u", i->machine);
	if (i->type != ET_EXEC && i->type != ET_DYN)
		return wrong(e, "type %u", i->type);
	if (i->xen & ~XEN_BITS)
		return wrong(e, "what is stated to Xen");
	if (i->required_features & ~i->supported_features)
		return wrong(e, "features that it requires and does not support");
	return 0;
}

static bool has_access(const struct elf_segment *s)
{
	return s->flags & (PF_R | PF_W | PF_X);
}

static int check_segment(const struct elf_info *i, unsigned n, uint64_t bare_size, struct err *e)
{
	const struct elf_segment *s = &i->segments[n];
	const uint64_t last = i->bits == 64 ? UINT64_MAX : UINT64_C(1) << 32;

	if (!s->memsz || !has_access(s))
		return wrong(e, "segment %u has nothing to load", n);
	if (s->filesz > s->memsz)
		return wrong(e, "segment %u is longer than its memory", n);
	if (!inside(s->offset, s->filesz, bare_size))
		return wrong(e, "segment %u ends behind the kernel", n);
	if (!inside(s->paddr, s->memsz, last) || !inside(s->vaddr, s->memsz, last))
		return wrong(e, "segment %u ends behind the end of memory", n);
	for (unsigned k = 0; k < n; k++) {
		const struct elf_segment *other = &i->segments[k];

		if (s->paddr < other->paddr + other->memsz && other->paddr < s->paddr + s->memsz)
			return wrong(e, "segments %u and %u overlap", k, n);
	}
	return 0;
}

/* What elf_read makes of the segments. Of those that are not loaded there may be more than there
 * is room for, whose addresses count, too. */
static int check_addresses(const struct elf_info *i, uint64_t *end, struct err *e)
{
	const bool all = i->nr_unloaded < ELF_UNLOADED_MAX;
	uint64_t pstart = UINT64_MAX, pend = 0, bytes = 0;

	for (unsigned n = 0; n < i->nr_segments; n++) {
		const struct elf_segment *s = &i->segments[n];

		bytes += s->memsz;
		pstart = s->paddr < pstart ? s->paddr : pstart;
		pend = s->paddr + s->memsz > pend ? s->paddr + s->memsz : pend;
	}
	for (unsigned n = 0; n < i->nr_unloaded; n++) {
		const struct elf_segment *s = &i->unloaded[n];

		if (s->memsz && has_access(s))
			return wrong(e, "a segment is not loaded that is to be");
		if (!has_access(s))
			continue;
		pstart = s->paddr < pstart ? s->paddr : pstart;
		pend = s->paddr > pend ? s->paddr : pend;
	}
	if (i->load_bytes != bytes)
		return wrong(e, "the sum of the segments");
	*end = i->symtab.memsz ? i->symtab.paddr : i->pend;
	if (all ? i->pstart != pstart : i->pstart > pstart)
		return wrong(e, "where the segments begin");
	if (i->symtab.memsz || !all ? *end < pend : *end != pend)
		return wrong(e, "where the segments end");
	if (i->pstart >= i->pend || i->pend - i->pstart > ELF_SPAN_MAX)
		return wrong(e, "what the segments span");
	return 0;
}

static int check_symtab(const struct elf_info *i, uint64_t bare_size, struct err *e)
{
	const struct elf_symtab *t = &i->symtab;

	if (!t->memsz)
		return 0;
	if (!inside(t->paddr, t->memsz, UINT64_MAX) || t->paddr + t->memsz != i->pend)
		return wrong(e, "where the symbols end");
	if (t->at[0] > ELF_SYMTAB_HEAD)
		return wrong(e, "where the symbols begin");
	for (int n = 0; n < 2; n++) {
		if (!inside(t->offset[n], t->size[n], bare_size))
			return wrong(e, "the symbols end behind the kernel");
		if (!inside(t->at[n], t->size[n], t->memsz))
			return wrong(e, "the symbols end behind their memory");
	}
	return 0;
}

static int check_virtual(const struct elf_info *i, struct err *e)
{
	struct elf_info found = *i;
	struct err why;

	elf_find_virtual(&found);
	if (found.vstart != i->vstart || found.vend != i->vend)
		return wrong(e, "virtual addresses");
	if (elf_check_addresses(i, &why) < 0)
		return wrong(e, "%s", why.msg);
	return 0;
}

static int check_info(const struct elf_info *i, uint64_t bare_size, struct err *e)
{
	uint64_t end;

	if (check_machine(i, e) < 0)
		return -1;
	if (!i->nr_segments || i->nr_segments > ELF_SEGMENTS_MAX ||
	    i->nr_unloaded > ELF_UNLOADED_MAX)
		return wrong(e, "the number of segments");
	for (unsigned n = 0; n < i->nr_segments; n++)
		if (check_segment(i, n, bare_size, e) < 0)
			return -1;
	if (check_addresses(i, &end, e) < 0 || check_symtab(i, bare_size, e) < 0)
		return -1;
	return check_virtual(i, e);
}

int kernel_facts_check(const struct kernel_facts *k, uint64_t file_size, uint64_t limit,
		       struct err *e)
{
	if (check_bools(k, e) < 0 || check_texts(k, e) < 0 ||
	    check_bare(k, file_size, limit, e) < 0 || check_uki(&k->uki, file_size, e) < 0 ||
	    check_bzimage(k, file_size, e) < 0 || check_aout(k, e) < 0)
		return -1;
	return check_info(&k->info, k->bare_size, e);
}
