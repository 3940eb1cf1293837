#include "kernel.h"

#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "codecs.h"
#include "foreign.h"

/* Looks at what is supposed to be the bare kernel. */
static int read_elf(const uint8_t *in, size_t len, struct kernel *k, struct err *e)
{
	k->bare = in;
	k->bare_size = len;
	if (elf_read(in, len, &k->info, e) != 0)
		return err_prefix(e, "ELF: ");
	return 0;
}

static int read_aout(const uint8_t *in, size_t len, struct kernel *k, struct err *e)
{
	k->format = "Plan 9 a.out";
	k->bare = in;
	k->bare_size = len;
	if (aout_read(in, len, &k->aout, &k->info, e) != 0)
		return err_prefix(e, "a.out: ");
	return 0;
}

/* What a codec made of a bzImage's payload. */
static int read_payload(struct kernel *k, struct err *e)
{
	if (!elf_match(k->unpacked.data, k->unpacked.size))
		return err_set(e, "%s: what was packed is not an ELF file", k->codec);
	return read_elf(k->unpacked.data, k->unpacked.size, k, e);
}

/* What a codec made of the file. */
static int read_unpacked(struct kernel *k, struct err *e)
{
	const uint8_t *in = k->unpacked.data;
	const size_t len = k->unpacked.size;
	const struct codec *inner;

	if (elf_match(in, len))
		return read_elf(in, len, k, e);
	if (aout_match(in, len))
		return read_aout(in, len, k, e);
	if (bzimage_match(in, len) || uki_match(in, len))
		return err_set(e, "%s: a %s, packed once more as a whole: unpack it first",
			       k->codec, bzimage_match(in, len) ? "bzImage" : "UKI");
	inner = codec_find(in, len);
	if (inner)
		return err_set(e, "%s: packed again, with %s: unpack it first", k->codec,
			       inner->name);
	if (foreign_name(in, len, e))
		return err_prefix(e, "%s: what was packed is ", k->codec);
	return err_set(e, "%s: what was packed is neither an ELF nor an a.out file", k->codec);
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

static int open_bzimage(const uint8_t *file, size_t len, bool paged, size_t limit, struct kernel *k,
			struct err *e)
{
	const uint8_t *payload;
	struct packed in = {.paged = paged};
	const struct codec *c;
	size_t size, used;

	k->format = "bzImage";
	if (bzimage_read(file, len, &k->bzimage, e) != 0)
		return -1;
	payload = file + k->bzimage.payload_offset;
	size = k->bzimage.payload_length;
	if (elf_match(payload, size))
		return read_elf(payload, size, k, e);

	c = codec_find(payload, size);
	if (!c)
		return err_set(e,
			       "the payload at offset %zu is neither an ELF file nor packed in a "
			       "way that is known",
			       k->bzimage.payload_offset);
	k->codec = c->name;
	in.data = payload;
	in.len = size;
	/*
	 * The unpacked size is the payload's last word: behind the stream, or for gzip its own last
	 * word (see check_size_word).
	 */
	if (size > 4)
		in.stated = le32(payload + size - 4);
	if (codec_unpack(c, &in, limit, &k->unpacked, &used, e) != 0)
		return -1;
	if (check_size_word(payload, size, used, k->unpacked.size, c->name, e) != 0)
		return -1;
	return read_payload(k, e);
}

static int open_packed(const struct codec *c, const uint8_t *file, size_t len, bool paged,
		       size_t limit, struct kernel *k, struct err *e)
{
	const struct packed in = {.data = file, .len = len, .paged = paged};
	size_t used;

	k->format = "ELF";
	k->codec = c->name;
	if (codec_unpack(c, &in, limit, &k->unpacked, &used, e) != 0)
		return -1;
	if (check_padding(file, len, used, c->name, e) != 0)
		return -1;
	return read_unpacked(k, e);
}

/* A file, or what a UKI has for its kernel. */
static int open_plain(const uint8_t *file, size_t len, bool paged, size_t limit, struct kernel *k,
		      struct err *e)
{
	const struct codec *c;

	if (elf_match(file, len)) {
		k->format = "ELF";
		return read_elf(file, len, k, e);
	}
	if (aout_match(file, len))
		return read_aout(file, len, k, e);
	if (bzimage_match(file, len)) {
		if (open_bzimage(file, len, paged, limit, k, e) != 0)
			return err_prefix(e, "bzImage: ");
		return 0;
	}
	c = codec_find(file, len);
	if (c)
		return open_packed(c, file, len, paged, limit, k, e);
	if (foreign_name(file, len, e))
		return -1;
	return err_set(
		e, "not a kernel: neither an ELF file, nor a bzImage, nor an a.out of Plan 9, nor "
		   "packed in a way that is known");
}

static int open_any(const uint8_t *file, size_t len, bool paged, size_t limit, struct kernel *k,
		    struct err *e)
{
	const size_t *at, *size;

	if (len == 0)
		return err_set(e, "the file is empty");
	if (!uki_match(file, len))
		return open_plain(file, len, paged, limit, k, e);
	if (uki_read(file, len, &k->uki, e) != 0)
		return err_prefix(e, "UKI: ");
	at = &k->uki.parts[UKI_LINUX].offset;
	size = &k->uki.parts[UKI_LINUX].size;
	if (open_plain(file + *at, *size, paged, limit, k, e) != 0)
		return err_prefix(e, "UKI: section %s: ", uki_part_name(UKI_LINUX));
	return 0;
}

int kernel_open(const uint8_t *file, size_t len, bool paged, size_t limit, struct kernel *out,
		struct err *e)
{
	memset(out, 0, sizeof(*out));
	if (open_any(file, len, paged, limit, out, e) != 0) {
		kernel_close(out);
		return -1;
	}
	return 0;
}

void kernel_close(struct kernel *k)
{
	blob_free(&k->unpacked);
	memset(k, 0, sizeof(*k));
}

bool kernel_can_pv(const struct kernel *k)
{
	/* Any a.out can: aout_read refuses what could not be a kernel. */
	return k->aout.magic || elf_can_pv(&k->info);
}
