#include "bzimage.h"

#include <string.h>

#include "bytes.h"

/* Offsets in the file, from boot.rst, "The Real-Mode Kernel Header". */
#define SETUP_SECTS    0x1f1 /* byte: sectors of real-mode code after the first; 0 means 4 */
#define BOOT_FLAG      0x1fe /* 0xaa55 */
#define JUMP_LENGTH    0x201 /* byte: the header ends this far after 0x202 */
#define HEADER_MAGIC   0x202 /* "HdrS" */
#define VERSION        0x206 /* boot protocol */
#define KERNEL_VERSION 0x20e /* where its string is, from 0x200; 0 for nowhere */
#define PAYLOAD_OFFSET 0x248 /* from the end of the real-mode code */
#define PAYLOAD_LENGTH 0x24c
#define HEADER_END     0x250 /* of what is needed here */

#define SECTOR           512
#define PAYLOAD_PROTOCOL 0x0208 /* the first version with a payload's offset and length */

bool bzimage_match(const uint8_t *in, size_t len)
{
	return len >= VERSION && le16(in + BOOT_FLAG) == 0xaa55 &&
	       memcmp(in + HEADER_MAGIC, "HdrS", 4) == 0;
}

/* The string is only shown: whatever is wrong with it, the kernel can still be good. */
static void read_kernel_version(const uint8_t *in, size_t setup_size, struct bzimage_info *out)
{
	size_t pos = 0x200 + (size_t)le16(in + KERNEL_VERSION);
	size_t n = 0;

	if (le16(in + KERNEL_VERSION) == 0)
		return;
	while (pos < setup_size && n + 1 < sizeof(out->kernel_version) && in[pos] >= ' ' &&
	       in[pos] <= '~')
		out->kernel_version[n++] = (char)in[pos++];
	out->kernel_version[n] = '\0';
}

int bzimage_read(const uint8_t *in, size_t len, struct bzimage_info *out, struct err *e)
{
	size_t setup_size, offset, length;

	memset(out, 0, sizeof(*out));
	if (len < HEADER_END)
		return err_set(e, "truncated: the file has %zu bytes, its setup header ends at %d",
			       len, HEADER_END);
	out->version = le16(in + VERSION);
	if (out->version < PAYLOAD_PROTOCOL || HEADER_MAGIC + in[JUMP_LENGTH] < HEADER_END)
		return err_set(e,
			       "boot protocol %u.%02u states no payload (2.08, Linux 2.6.26, or "
			       "newer is needed)",
			       out->version >> 8, out->version & 0xff);

	setup_size = (size_t)(in[SETUP_SECTS] ? in[SETUP_SECTS] + 1 : 5) * SECTOR;
	if (setup_size > len)
		return err_set(e, "truncated: the file has %zu bytes, its real-mode code alone %zu",
			       len, setup_size);
	read_kernel_version(in, setup_size, out);

	offset = le32(in + PAYLOAD_OFFSET);
	length = le32(in + PAYLOAD_LENGTH);
	if (length == 0)
		return err_set(e, "the payload is empty");
	if (offset > len - setup_size || length > len - setup_size - offset)
		return err_set(e,
			       "truncated: the payload, %zu bytes at %zu, goes past the end of the "
			       "file at %zu",
			       length, setup_size + offset, len);
	out->payload_offset = setup_size + offset;
	out->payload_length = length;
	return 0;
}
