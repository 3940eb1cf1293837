/*
 * The current frame format of lz4, as the `lz4` tool writes it unless told otherwise.
 * Read here rather than by liblz4's LZ4F functions: these cannot unpack linked blocks without
 * copies, and bring lz4's packer into the program.
 * Source: doc/lz4_Frame_format.md of the lz4 project, version 1.6.
 */
#include "lz4_block.h"
#include "lz4_frame.h"

#include <string.h>

#include "bytes.h"
#include "xxh32.h"

/* The FLG byte. Its two highest bits are the version, 01. */
#define FLG_VERSION(flg)     ((flg) >> 6)
#define FLG_INDEPENDENT      (1 << 5)
#define FLG_BLOCK_CHECKSUM   (1 << 4)
#define FLG_CONTENT_SIZE     (1 << 3)
#define FLG_CONTENT_CHECKSUM (1 << 2)
#define FLG_RESERVED         (1 << 1)
#define FLG_DICT_ID          (1 << 0)

/* The BD byte: only bits 4 to 6 are in use, and hold 4 to 7 for 64 KiB to 4 MiB. */
#define BD_RESERVED      0x8f
#define BD_BLOCK_MAX(bd) ((size_t)1 << (8 + 2 * ((bd) >> 4)))

#define BLOCK_STORED 0x80000000u /* in a block's size: its content is not packed */

struct frame {
	const uint8_t *in;
	size_t in_len, pos;
	uint8_t flg;
	size_t block_max;
	uint64_t content_size;
};

static size_t left(const struct frame *f)
{
	return f->in_len - f->pos;
}

static int read_head(struct frame *f, struct err *e)
{
	const uint8_t *p = f->in + 4;
	size_t len = 2;

	if (f->in_len < 7)
		return codec_truncated(f->in_len, e);
	f->flg = p[0];
	if (FLG_VERSION(f->flg) != 1)
		return codec_corrupt(4, "unknown version of the lz4 frame", e);
	if (f->flg & FLG_RESERVED || p[1] & BD_RESERVED || p[1] >> 4 < 4)
		return codec_corrupt(4, "bad flags in the head", e);
	if (f->flg & FLG_DICT_ID)
		return err_set(e, "needs a dictionary, which is not supported");
	f->block_max = BD_BLOCK_MAX(p[1]);

	if (f->flg & FLG_CONTENT_SIZE)
		len += 8;
	if (f->in_len < 4 + len + 1)
		return codec_truncated(f->in_len, e);
	if (f->flg & FLG_CONTENT_SIZE)
		f->content_size = le64(p + 2);
	if ((xxh32(p, len) >> 8 & 0xff) != p[len])
		return codec_corrupt(4 + len, "wrong checksum of the head", e);
	f->pos = 4 + len + 1;
	return 0;
}

static int stored_block(const struct frame *f, size_t size, struct lz4_out *o, struct err *e)
{
	if (size > o->cap - o->len)
		return codec_too_big(o->cap, e);
	memcpy(o->data + o->len, f->in + f->pos, size);
	o->len += size;
	return 0;
}

/*
 * Reads one block and its checksum. At the mark that ends the blocks, sets *end and reads only the
 * mark.
 */
static int read_block(struct frame *f, struct lz4_out *o, bool *end, struct err *e)
{
	size_t tail = (f->flg & FLG_BLOCK_CHECKSUM) ? 4 : 0;
	bool stored, linked = !(f->flg & FLG_INDEPENDENT);
	uint32_t word;
	size_t size;
	int rc;

	if (left(f) < 4)
		return codec_truncated(f->in_len, e);
	word = le32(f->in + f->pos);
	stored = word & BLOCK_STORED;
	size = word & ~BLOCK_STORED;
	*end = word == 0;
	if (size > f->block_max)
		return codec_corrupt(f->pos, "a block of impossible size", e);
	f->pos += 4;
	if (*end)
		return 0;
	if (left(f) < size + tail)
		return codec_truncated(f->in_len, e);

	if (tail && xxh32(f->in + f->pos, size) != le32(f->in + f->pos + size))
		return codec_corrupt(f->pos, "wrong checksum of a block", e);
	if (stored)
		rc = stored_block(f, size, o, e);
	else
		rc = lz4_block(f->in, f->pos, size, f->block_max, linked, o, e);
	f->pos += size + tail;
	return rc;
}

static int check_content(struct frame *f, const struct lz4_out *o, struct err *e)
{
	if (f->flg & FLG_CONTENT_SIZE && o->len != f->content_size)
		return codec_corrupt(f->pos, "not the size that its head states", e);
	if (!(f->flg & FLG_CONTENT_CHECKSUM))
		return 0;
	if (left(f) < 4)
		return codec_truncated(f->in_len, e);
	if (xxh32(o->data, o->len) != le32(f->in + f->pos))
		return codec_corrupt(f->pos, "wrong checksum of the content", e);
	f->pos += 4;
	return 0;
}

int lz4_frame_unpack(const uint8_t *in, size_t in_len, uint8_t *out, size_t out_cap, size_t *used,
		     size_t *out_len, struct err *e)
{
	struct frame f = {.in = in, .in_len = in_len};
	struct lz4_out o = {.data = out, .cap = out_cap};
	bool end = false;

	if (read_head(&f, e) != 0)
		return -1;
	if (f.content_size > out_cap)
		return codec_too_big(out_cap, e);
	while (!end) {
		if (read_block(&f, &o, &end, e) != 0)
			return -1;
	}
	if (check_content(&f, &o, e) != 0)
		return -1;
	*used = f.pos;
	*out_len = o.len;
	return 0;
}
