/*
 * Xen's ELF notes: where they are, and what each says.
 */
#include "elf_file.h"

#include <elf.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <xen/elfnote.h>

#include "bytes.h"
#include "elf_features.h"

/*
 * The most notes that Xen's loader reads. Without a limit, headers that overlap would have the same
 * notes read again and again.
 */
#define NOTES_MAX 65536

/* Of the notes with the name Solo5 (its include/elf_abi.h): its target and that one's version. */
#define SOLO5_ABI1 0x31494241

#define NOTE_HEAD 12 /* bytes: length of the name, length of the content, type */

struct note {
	bool xen, solo5; /* by its name */
	uint32_t type;
	const uint8_t *desc;
	size_t size;  /* of the content, as stated */
	size_t avail; /* what is there of it, with its padding */
	size_t at;    /* offset in the file */
};

struct numeric_note {
	uint32_t type;
	enum elf_xen_bit bit;
	const char *name;
	size_t field; /* offset of an uint64_t in struct elf_info, 0 for none */
};

struct text_note {
	uint32_t type;
	const char *name;
	size_t field, size; /* of the array in struct elf_info */
};

#define FIELD(name) offsetof(struct elf_info, name)
#define TEXT(name)  offsetof(struct elf_info, name), sizeof(((struct elf_info *)NULL)->name)

static const struct numeric_note numeric_notes[] = {
	{XEN_ELFNOTE_ENTRY, ELF_XEN_ENTRY, "ENTRY", FIELD(xen_entry)},
	{XEN_ELFNOTE_HYPERCALL_PAGE, ELF_XEN_HYPERCALL_PAGE, "HYPERCALL_PAGE",
	 FIELD(hypercall_page)},
	{XEN_ELFNOTE_VIRT_BASE, ELF_XEN_VIRT_BASE, "VIRT_BASE", FIELD(virt_base)},
	{XEN_ELFNOTE_PADDR_OFFSET, ELF_XEN_PADDR_OFFSET, "PADDR_OFFSET", FIELD(paddr_offset)},
	{XEN_ELFNOTE_HV_START_LOW, ELF_XEN_HV_START_LOW, "HV_START_LOW", FIELD(hv_start_low)},
	{XEN_ELFNOTE_INIT_P2M, ELF_XEN_INIT_P2M, "INIT_P2M", FIELD(init_p2m)},
	{XEN_ELFNOTE_SUSPEND_CANCEL, ELF_XEN_SUSPEND_CANCEL, "SUSPEND_CANCEL", 0},
	{XEN_ELFNOTE_MOD_START_PFN, ELF_XEN_MOD_START_PFN, "MOD_START_PFN", 0},
	{XEN_ELFNOTE_PHYS32_ENTRY, ELF_XEN_PHYS32_ENTRY, "PHYS32_ENTRY", 0},
};

static const struct text_note text_notes[] = {
	{XEN_ELFNOTE_XEN_VERSION, "XEN_VERSION", TEXT(xen_version)},
	{XEN_ELFNOTE_GUEST_OS, "GUEST_OS", TEXT(guest_os)},
	{XEN_ELFNOTE_GUEST_VERSION, "GUEST_VERSION", TEXT(guest_version)},
	{XEN_ELFNOTE_LOADER, "LOADER", TEXT(loader)},
	{XEN_ELFNOTE_PAE_MODE, "PAE_MODE", TEXT(pae)},
	{XEN_ELFNOTE_BSD_SYMTAB, "BSD_SYMTAB", TEXT(bsd_symtab)},
	{XEN_ELFNOTE_FEATURES, "FEATURES", TEXT(features)},
};

#define NR(array) (sizeof(array) / sizeof((array)[0]))

/* A number has 1, 2, 4 or 8 bytes, as the kernel likes: Xen's loader takes each of them. */
static int note_number(const struct note *n, const char *name, uint64_t *value, struct err *e)
{
	switch (n->size) {
	case 1:
		*value = n->desc[0];
		return 0;
	case 2:
		*value = le16(n->desc);
		return 0;
	case 4:
		*value = le32(n->desc);
		return 0;
	case 8:
		*value = le64(n->desc);
		return 0;
	default:
		return err_set(e, "note %s at offset %#zx: a number of %zu bytes", name, n->at,
			       n->size);
	}
}

static int read_numeric(const struct note *n, const struct numeric_note *k, struct elf_info *out,
			struct err *e)
{
	uint64_t value = 0;

	if (note_number(n, k->name, &value, e) != 0)
		return -1;
	if (k->type == XEN_ELFNOTE_PHYS32_ENTRY) {
		if (value > UINT32_MAX)
			return err_set(e, "note %s at offset %#zx: %#" PRIx64 " is above 4 GiB",
				       k->name, n->at, value);
		out->phys32_entry = (uint32_t)value;
	}
	if (k->field)
		memcpy((char *)out + k->field, &value, sizeof(value));

	/* For these two notes, 0 means that the kernel does not have the feature. */
	if (value == 0 &&
	    (k->type == XEN_ELFNOTE_SUSPEND_CANCEL || k->type == XEN_ELFNOTE_MOD_START_PFN))
		out->xen &= ~(uint32_t)k->bit;
	else
		out->xen |= k->bit;
	return 0;
}

static const struct text_note *find_text_note(uint32_t type)
{
	for (size_t i = 0; i < NR(text_notes); i++) {
		if (text_notes[i].type == type)
			return &text_notes[i];
	}
	return NULL;
}

static int read_text(const struct note *n, const struct text_note *k, struct elf_info *out,
		     struct err *e)
{
	const char *text = (const char *)n->desc;
	/* Linux states its FEATURES without the 0 at the end, and relies on the padding's. */
	const char *end = memchr(text, 0, n->avail);

	if (!end)
		return err_set(e, "note %s at offset %#zx: a text without end", k->name, n->at);
	elf_copy_text((char *)out + k->field, k->size, text, (size_t)(end - text));
	if (k->type == XEN_ELFNOTE_FEATURES && elf_features_add(text, out, e) != 0)
		return err_prefix(e, "note at offset %#zx: ", n->at);
	return 0;
}

static int read_supported_features(const struct note *n, struct elf_info *out, struct err *e)
{
	if (n->size == 0 || n->size % 4 != 0)
		return err_set(e, "note SUPPORTED_FEATURES at offset %#zx: %zu bytes, not words",
			       n->at, n->size);
	out->supported_features |= le32(n->desc);
	out->xen |= ELF_XEN_SUPPORTED_FEATURES;
	return 0;
}

/* As in Xen's loader, the last of several notes of a type holds, and unknown types do no harm. */
static int read_xen_note(const struct note *n, struct elf_info *out, struct err *e)
{
	const struct text_note *text;

	for (size_t i = 0; i < NR(numeric_notes); i++) {
		if (numeric_notes[i].type == n->type)
			return read_numeric(n, &numeric_notes[i], out, e);
	}
	text = find_text_note(n->type);
	if (text)
		return read_text(n, text, out, e);
	if (n->type == XEN_ELFNOTE_SUPPORTED_FEATURES)
		return read_supported_features(n, out, e);
	if (n->type == XEN_ELFNOTE_L1_MFN_VALID)
		out->xen |= ELF_XEN_L1_MFN_VALID;
	return 0;
}

/* Whom a unikernel of Solo5 is for; of other notes of Solo5's nothing is needed. */
static void read_solo5_note(const struct note *n, struct elf_info *out)
{
	if (n->type != SOLO5_ABI1 || n->size < 8)
		return;
	out->solo5 = le32(n->desc);
	out->solo5_abi = le32(n->desc + 4);
}

static bool all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (p[i])
			return false;
	}
	return true;
}

/* The length with padding, at most what is left: the last one may lack its padding. */
static size_t padded(size_t len, size_t left)
{
	size_t n = (len + 3) & ~(size_t)3;

	return n < left ? n : left;
}

/*
 * GRUB for 32-bit PV states 12 bytes for its last note, PAE_MODE, but only 4 are there. Xen reads
 * texts up to their NUL and never noticed. So a text in the last note may be shorter than stated.
 */
static bool may_be_short(const struct note *n)
{
	return n->xen && find_text_note(n->type) && memchr(n->desc, 0, n->avail);
}

/*
 * Reads the note at p. `left` bytes are there, at least a note's head. Sets *taken to the number of
 * bytes that the note takes of them.
 */
static int take_note(const struct elf_file *f, const uint8_t *p, size_t left, struct note *n,
		     size_t *taken, struct err *e)
{
	const uint8_t *name = p + NOTE_HEAD;
	size_t name_size = le32(p), name_avail;

	left -= NOTE_HEAD;
	n->at = (size_t)(p - f->data);
	n->size = le32(p + 4);
	n->type = le32(p + 8);
	if (name_size > left)
		return err_set(e, "note at offset %#zx: its name goes past the notes' end", n->at);
	n->xen = name_size >= 4 && memcmp(name, "Xen", 4) == 0;
	n->solo5 = name_size >= 6 && memcmp(name, "Solo5", 6) == 0;
	name_avail = padded(name_size, left);
	n->desc = name + name_avail;
	n->avail = padded(n->size, left - name_avail);
	if (n->size > n->avail && !may_be_short(n))
		return err_set(e, "note at offset %#zx: its content goes past the notes' end",
			       n->at);
	*taken = NOTE_HEAD + name_avail + n->avail;
	return 0;
}

/*
 * The notes in size bytes of the file from offset start, which are inside of it. Names and
 * contents are padded to 4 bytes, in the 64-bit class too. *count is what was seen so far.
 */
static int read_area(const struct elf_file *f, size_t start, size_t size, unsigned *count,
		     struct elf_info *out, struct err *e)
{
	const uint8_t *p = f->data + start;
	size_t left = size, taken = 0;
	struct note n = {0};

	for (; left >= NOTE_HEAD; p += taken, left -= taken) {
		if (++*count > NOTES_MAX)
			return err_set(e, "more than %d notes", NOTES_MAX);
		if (take_note(f, p, left, &n, &taken, e) != 0)
			return -1;
		if (n.solo5)
			read_solo5_note(&n, out);
		if (!n.xen)
			continue;
		out->has_notes = true;
		if (read_xen_note(&n, out, e) != 0)
			return -1;
	}
	if (!all_zero(p, left))
		return err_set(e, "note at offset %#zx: only %zu bytes before the notes' end",
			       (size_t)(p - f->data), left);
	return 0;
}

static int read_note_segments(const struct elf_file *f, unsigned *count, struct elf_info *out,
			      struct err *e)
{
	for (unsigned i = 0; i < f->phnum; i++) {
		struct elf_phdr p = elf_get_phdr(f, i);

		/* Some linkers leave the offset 0; the notes are then found by their sections. */
		if (p.type != PT_NOTE || p.offset == 0)
			continue;
		if (!elf_inside(f, p.offset, p.filesz))
			return err_set(e,
				       "segment %u: %#" PRIx64 " bytes of notes at offset %#" PRIx64
				       " go past the end of the file (%zu bytes)",
				       i, p.filesz, p.offset, f->len);
		if (read_area(f, p.offset, p.filesz, count, out, e) != 0)
			return err_prefix(e, "segment %u: ", i);
	}
	return 0;
}

/* The size of section headers is checked only where they are read: nothing else needs them. */
static int check_shentsize(const struct elf_file *f, struct err *e)
{
	size_t size = f->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);

	if (f->shnum > 0 && f->shentsize != size)
		return err_set(e, "section headers of %u bytes instead of %zu", f->shentsize, size);
	return 0;
}

static int read_note_sections(const struct elf_file *f, unsigned *count, struct elf_info *out,
			      struct err *e)
{
	for (unsigned i = 1; i < f->shnum; i++) {
		struct elf_shdr s = elf_get_shdr(f, i);

		if (s.type != SHT_NOTE)
			continue;
		if (!elf_inside(f, s.offset, s.size))
			return err_set(e,
				       "section %u: %#" PRIx64 " bytes of notes at offset %#" PRIx64
				       " go past the end of the file (%zu bytes)",
				       i, s.size, s.offset, f->len);
		if (read_area(f, s.offset, s.size, count, out, e) != 0)
			return err_prefix(e, "section %u: ", i);
	}
	return 0;
}

/* The table of the sections' names; false when there is none. */
static int find_names(const struct elf_file *f, struct elf_shdr *names, bool *found, struct err *e)
{
	*found = false;
	if (f->shnum == 0 || f->shstrndx == SHN_UNDEF)
		return 0;
	if (f->shstrndx >= f->shnum)
		return err_set(e, "section %u has the sections' names, but there are only %u",
			       f->shstrndx, f->shnum);
	*names = elf_get_shdr(f, f->shstrndx);
	if (!elf_inside(f, names->offset, names->size))
		return err_set(e, "section %u, the sections' names, goes past the end of the file",
			       f->shstrndx);
	*found = true;
	return 0;
}

static int read_guest_section(const struct elf_file *f, struct elf_info *out, struct err *e)
{
	static const char wanted[] = "__xen_guest";
	struct elf_shdr names;
	bool found;

	if (find_names(f, &names, &found, e) != 0)
		return -1;
	for (unsigned i = 0; found && i < f->shnum; i++) {
		struct elf_shdr s = elf_get_shdr(f, i);

		if (s.name > names.size || names.size - s.name < sizeof(wanted))
			continue;
		if (memcmp(f->data + names.offset + s.name, wanted, sizeof(wanted)) != 0)
			continue;
		if (s.type == SHT_NOBITS || !elf_inside(f, s.offset, s.size))
			return err_set(e, "section %u, %s, is not inside of the file", i, wanted);
		out->has_section = true;
		return elf_guest_read(f->data + s.offset, s.size, out, e);
	}
	return 0;
}

int elf_notes_read(const struct elf_file *f, struct elf_info *out, struct err *e)
{
	unsigned count = 0;

	if (read_note_segments(f, &count, out, e) != 0)
		return -1;
	if (out->has_notes)
		return 0;
	if (check_shentsize(f, e) != 0 || read_note_sections(f, &count, out, e) != 0)
		return -1;
	if (out->has_notes)
		return 0;
	return read_guest_section(f, out, e);
}
