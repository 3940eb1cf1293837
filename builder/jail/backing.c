#include "backing.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Offsets in the header, all numbers big-endian. */
enum {
	AT_MAGIC = 0,
	AT_VERSION = 4,
	AT_NAME_OFFSET = 8,
	AT_NAME_SIZE = 16,
	QCOW_HEADER = 48,
	QCOW2_HEADER = 72, /* of version 2 */
	AT_INCOMPATIBLE = 72,
	AT_HEADER_LENGTH = 100,
	QCOW3_HEADER = 104,
};

#define MAGIC            UINT32_C(0x514649fb) /* "QFI\xfb" */
#define EXTENSION_END    0
#define EXTENSION_FORMAT UINT32_C(0xe2792aca) /* the backing file's format */
#define EXTERNAL_DATA    4                    /* a bit of the incompatible features */

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static uint64_t get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static int damaged(struct err *e)
{
	return err_set(e, "its header is damaged");
}

/* Whether the backing file is said to be of a format that has none itself. */
static bool is_plain(const uint8_t *format, size_t len)
{
	return len != 0 && !(len == 5 && !memcmp(format, "qcow2", 5)) &&
	       !(len == 4 && !memcmp(format, "qcow", 4));
}

/* Goes through the extensions, up to the name or the end of what there is. */
static void read_extensions(const uint8_t *head, size_t at, size_t end, struct backing *out)
{
	while (at + 8 <= end) {
		const uint32_t type = get32(head + at), len = get32(head + at + 4);

		at += 8;
		if (type == EXTENSION_END || len > end - at)
			return;
		if (type == EXTENSION_FORMAT)
			out->may_have_one = !is_plain(head + at, len);
		at += (len + 7) & ~UINT32_C(7);
	}
}

static int read_name(const uint8_t *head, size_t len, struct backing *out, struct err *e)
{
	const uint64_t offset = get64(head + AT_NAME_OFFSET);
	const uint32_t size = get32(head + AT_NAME_SIZE);

	if (!offset || !size)
		return 0;
	if (size > BACKING_NAME_MAX || offset > len || size > len - offset ||
	    memchr(head + offset, '\0', size))
		return damaged(e);
	memcpy(out->name, head + offset, size);
	out->name[size] = '\0';
	return 0;
}

int backing_parse(const uint8_t *head, size_t len, struct backing *out, struct err *e)
{
	size_t header = QCOW_HEADER;
	uint32_t version;

	*out = (struct backing){.may_have_one = true};
	if (len < QCOW_HEADER || get32(head + AT_MAGIC) != MAGIC)
		return 0;
	version = get32(head + AT_VERSION);
	if (version == 2)
		header = QCOW2_HEADER;
	else if (version >= 3)
		header = QCOW3_HEADER;
	if (len < header)
		return damaged(e);
	if (version >= 3) {
		if (get64(head + AT_INCOMPATIBLE) & EXTERNAL_DATA)
			return err_set(e, "it has its data in another file, which is not "
					  "supported: `qemu-img convert` makes one of both");
		header = get32(head + AT_HEADER_LENGTH);
	}
	if (read_name(head, len, out, e) < 0)
		return -1;
	if (version >= 2 && header <= len)
		read_extensions(head, header, len, out);
	return 0;
}

int backing_path(const char *image, const char *name, char out[PATH_MAX], struct err *e)
{
	const char *slash = strrchr(image, '/'), *colon = strchr(name, ':');
	const char *first = strchr(name, '/');
	int dir = 0, n;

	/* As QEMU tells a protocol from a path (path_has_protocol in block.c). */
	if (colon && (!first || colon < first))
		return err_set(e, "its backing file '%.80s' is no path", name);
	if (*name != '/' && slash)
		dir = (int)(slash + 1 - image);
	n = snprintf(out, PATH_MAX, "%.*s%s", dir, image, name);
	return n < PATH_MAX ? 0 : err_set_errno(e, ENAMETOOLONG, "its backing file");
}
