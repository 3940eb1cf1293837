#include "kernel.h"

#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "codecs.h"
#include "foreign.h"

/* What all that look at a file have in common. */
struct opening {
	const uint8_t *file; /* all of it */
	const struct room *to;
	bool paged;
	struct kernel_facts *k;
	struct err *e;
};

/* The bare kernel: it is in what was unpacked, or in the file. */
static void take_bare(const struct opening *o, const uint8_t *in, size_t len)
{
	const bool unpacked = o->k->codec;

	o->k->where = unpacked ? KERNEL_UNPACKED : KERNEL_IN_FILE;
	o->k->bare_offset = (uint64_t)(in - (unpacked ? o->to->data : o->file));
	o->k->bare_size = len;
}

/* Looks at what is supposed to be the bare kernel. */
static int read_elf(const struct opening *o, const uint8_t *in, size_t len)
{
	struct elf_info *info = &o->k->info;

	take_bare(o, in, len);
	if (elf_read(in, len, info, o->e) != 0)
		return err_prefix(o->e, "ELF: ");
	if (info->symtab.memsz)
		elf_symtab_head(in, info, o->k->symtab_head);
	return 0;
}

static int read_aout(const struct opening *o, const uint8_t *in, size_t len)
{
	o->k->format = KERNEL_AOUT;
	take_bare(o, in, len);
	if (aout_read(in, len, &o->k->aout, &o->k->info, o->e) != 0)
		return err_prefix(o->e, "a.out: ");
	return 0;
}

/* What a codec made of a bzImage's payload. */
static int read_payload(const struct opening *o)
{
	const size_t len = o->k->unpacked_size;

	if (!elf_match(o->to->data, len))
		return err_set(o->e, "%s: what was packed is not an ELF file",
			       codec_name(o->k->codec));
	return read_elf(o, o->to->data, len);
}

/* What a codec made of the file. */
static int read_unpacked(const struct opening *o)
{
	const char *codec = codec_name(o->k->codec);
	const uint8_t *in = o->to->data;
	const size_t len = o->k->unpacked_size;
	const struct codec *inner;

	if (elf_match(in, len))
		return read_elf(o, in, len);
	if (aout_match(in, len))
		return read_aout(o, in, len);
	if (bzimage_match(in, len) || uki_match(in, len))
		return err_set(o->e, "%s: a %s, packed once more as a whole: unpack it first",
			       codec, bzimage_match(in, len) ? "bzImage" : "UKI");
	inner = codec_find(in, len);
	if (inner)
		return err_set(o->e, "%s: packed again, with %s: unpack it first", codec,
			       inner->name);
	if (foreign_name(in, len, o->e))
		return err_prefix(o->e, "%s: what was packed is ", codec);
	return err_set(o->e, "%s: what was packed is neither an ELF nor an a.out file", codec);
}

/* Unpacks the one stream that is there to what o has for it; *used is its length. */
static int unpack(const struct opening *o, const struct codec *c, const struct packed *in,
		  size_t *used)
{
	size_t size;

	if (codec_unpack(c, in, o->to, &size, used, o->e) != 0)
		return -1;
	o->k->codec = codec_number(c);
	o->k->unpacked_size = size;
	return 0;
}

/* Behind a packed file there is at most padding. */
static int check_padding(const uint8_t *in, size_t len, size_t used, const char *codec,
			 struct err *e)
{
	const struct codec *second;
	size_t at = used;

	while (at < len && !in[at])
		at++;
	if (at == len)
		return 0;
	second = codec_find(in + at, len - at);
	if (second)
		return err_set(
			e,
			"%s: a second stream (%s) follows the first, at offset %zu: a kernel "
			"is one; unpack them, and pack the kernel as one",
			codec, second->name, at);
	return err_set(e,
		       "%s: something follows the stream: %zu bytes from offset %zu on, not all "
		       "zero",
		       codec, len - used, used);
}

/*
 * Behind the stream in a bzImage there is nothing, or, where the stream itself does not
 * tell, its unpacked size (Linux's scripts/Makefile.lib, size_append).
 */
static int check_size_word(const uint8_t *in, size_t len, size_t used, size_t unpacked,
			   const char *codec, struct err *e)
{
	size_t rest = len - used;

	if (rest == 0)
		return 0;
	if (rest != 4)
		return err_set(e,
			       "%s: %zu bytes follow the stream from offset %zu of the payload on, "
			       "not the 4 of its unpacked size",
			       codec, rest, used);
	if (le32(in + used) != unpacked)
		return err_set(e,
			       "%s: the payload unpacked to %zu bytes, but %" PRIu32
			       " are stated behind it",
			       codec, unpacked, le32(in + used));
	return 0;
}

static int open_bzimage(const struct opening *o, const uint8_t *file, size_t len)
{
	struct kernel_facts *k = o->k;
	const uint8_t *payload;
	struct packed in = {.paged = o->paged};
	const struct codec *c;
	size_t size, used;

	k->format = KERNEL_BZIMAGE;
	if (bzimage_read(file, len, &k->bzimage, o->e) != 0)
		return -1;
	payload = file + k->bzimage.payload_offset;
	size = k->bzimage.payload_length;
	if (elf_match(payload, size))
		return read_elf(o, payload, size);

	c = codec_find(payload, size);
	if (!c)
		return err_set(o->e,
			       "the payload at offset %zu is neither an ELF file nor packed in a "
			       "way that is known",
			       k->bzimage.payload_offset);
	in.data = payload;
	in.len = size;
	/*
	 * The unpacked size is the payload's last word: behind the stream, or for gzip its own last
	 * word (see check_size_word).
	 */
	if (size > 4)
		in.stated = le32(payload + size - 4);
	if (unpack(o, c, &in, &used) != 0)
		return -1;
	if (check_size_word(payload, size, used, k->unpacked_size, c->name, o->e) != 0)
		return -1;
	return read_payload(o);
}

static int open_packed(const struct opening *o, const struct codec *c, const uint8_t *file,
		       size_t len)
{
	const struct packed in = {.data = file, .len = len, .paged = o->paged};
	size_t used;

	o->k->format = KERNEL_ELF;
	if (unpack(o, c, &in, &used) != 0)
		return -1;
	if (check_padding(file, len, used, c->name, o->e) != 0)
		return -1;
	return read_unpacked(o);
}

/* A file, or what a UKI has for its kernel. */
static int open_plain(const struct opening *o, const uint8_t *file, size_t len)
{
	const struct codec *c;

	if (elf_match(file, len)) {
		o->k->format = KERNEL_ELF;
		return read_elf(o, file, len);
	}
	if (aout_match(file, len))
		return read_aout(o, file, len);
	if (bzimage_match(file, len)) {
		if (open_bzimage(o, file, len) != 0)
			return err_prefix(o->e, "bzImage: ");
		return 0;
	}
	c = codec_find(file, len);
	if (c)
		return open_packed(o, c, file, len);
	if (foreign_name(file, len, o->e))
		return -1;
	return err_set(o->e, "not a kernel: neither an ELF file, nor a bzImage, nor an a.out of "
			     "Plan 9, nor packed in a way that is known");
}

static int open_any(const struct opening *o, size_t len)
{
	struct uki_info *uki = &o->k->uki;

	if (len == 0)
		return err_set(o->e, "the file is empty");
	if (!uki_match(o->file, len))
		return open_plain(o, o->file, len);
	if (uki_read(o->file, len, uki, o->e) != 0)
		return err_prefix(o->e, "UKI: ");
	if (open_plain(o, o->file + uki->parts[UKI_LINUX].offset, uki->parts[UKI_LINUX].size) != 0)
		return err_prefix(o->e, "UKI: section %s: ", uki_part_name(UKI_LINUX));
	return 0;
}

int kernel_open(const uint8_t *file, size_t len, bool paged, const struct room *to,
		struct kernel_facts *out, struct err *e)
{
	const struct opening o = {.file = file, .to = to, .paged = paged, .k = out, .e = e};

	memset(out, 0, sizeof(*out));
	if (open_any(&o, len) == 0)
		return 0;
	memset(out, 0, sizeof(*out));
	return -1;
}
