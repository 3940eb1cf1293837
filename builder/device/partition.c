#include "partition.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* UEFI Specification 2.10, table 5-5: the GPT header's fields, and table 5-6: an entry's. */
#define GPT_HEADER       92
#define GPT_HEADER_SIZE  12 /* le32 */
#define GPT_HEADER_CRC   16 /* le32, computed with itself as 0 */
#define GPT_MY_LBA       24 /* le64 */
#define GPT_ENTRIES_LBA  72 /* le64 */
#define GPT_NR_ENTRIES   80 /* le32 */
#define GPT_ENTRY_SIZE   84 /* le32 */
#define GPT_ENTRIES_CRC  88 /* le32 */
#define ENTRY_TYPE       0
#define ENTRY_UUID       16
#define ENTRY_NAME       56
#define ENTRY_NAME_UNITS 36 /* of UTF-16 */
#define ENTRY_BYTES      128

/* The array of entries is 16 KiB with all tools; one of more than this is taken for broken. */
#define ENTRIES_MAX (1024 * 1024)

/* The MBR: disk signature, four entries of 16 bytes with their type at 4, and its own signature. */
#define MBR_DISK_SIGNATURE 440
#define MBR_ENTRIES        446
#define MBR_ENTRY_TYPE     4
#define MBR_SIGNATURE      510
#define MBR_TYPE_GPT       0xee

#define SECTOR_MAX 4096

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t le64(const uint8_t *p)
{
	return le32(p) | (uint64_t)le32(p + 4) << 32;
}

static bool disk_read(const struct partition_disk *d, uint64_t at, void *buf, size_t n)
{
	return at <= d->size && n <= d->size - at && d->read(d->arg, at, buf, n);
}

/* The first three groups of a GUID are little-endian. */
static void set_guid(char text[37], const uint8_t u[16])
{
	snprintf(text, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 u[3], u[2], u[1], u[0], u[5], u[4], u[7], u[6], u[8], u[9], u[10], u[11], u[12],
		 u[13], u[14], u[15]);
}

/* UTF-16LE to UTF-8, unit by unit: names outside the BMP are not compared right, and none of the
 * surrogates becomes something else. At most 3 bytes a unit. */
static void set_name(char *text, const uint8_t *name)
{
	unsigned i, c;

	for (i = 0; i < ENTRY_NAME_UNITS; i++) {
		c = name[2 * i] | (unsigned)name[2 * i + 1] << 8;
		if (!c)
			break;
		if (c < 0x80) {
			*text++ = (char)c;
		} else if (c < 0x800) {
			*text++ = (char)(0xc0 | c >> 6);
			*text++ = (char)(0x80 | (c & 0x3f));
		} else {
			*text++ = (char)(0xe0 | c >> 12);
			*text++ = (char)(0x80 | (c >> 6 & 0x3f));
			*text++ = (char)(0x80 | (c & 0x3f));
		}
	}
	*text = '\0';
}

static bool entries_good(const struct partition_disk *d, uint64_t at, size_t n, uint32_t want)
{
	uint8_t buf[4096];
	uLong crc = crc32(0, NULL, 0);
	size_t part;

	for (; n; n -= part, at += part) {
		part = n < sizeof(buf) ? n : sizeof(buf);
		if (!disk_read(d, at, buf, part))
			return false;
		crc = crc32(crc, buf, (uInt)part);
	}
	return crc == want;
}

/* Reads the header at that sector, and the entry, if both are what their checksums say. */
static bool gpt_entry(const struct partition_disk *d, uint64_t lba, unsigned number,
		      uint8_t entry[ENTRY_BYTES])
{
	uint8_t h[SECTOR_MAX];
	uint32_t size, crc, nr, entry_size;
	uint64_t at;

	if (!disk_read(d, lba * d->sector, h, d->sector) || memcmp(h, "EFI PART", 8))
		return false;
	size = le32(h + GPT_HEADER_SIZE);
	crc = le32(h + GPT_HEADER_CRC);
	if (size < GPT_HEADER || size > d->sector || le64(h + GPT_MY_LBA) != lba)
		return false;
	memset(h + GPT_HEADER_CRC, 0, 4);
	if (crc32(crc32(0, NULL, 0), h, size) != crc)
		return false;
	nr = le32(h + GPT_NR_ENTRIES);
	entry_size = le32(h + GPT_ENTRY_SIZE);
	if (entry_size < ENTRY_BYTES || entry_size > SECTOR_MAX || nr > ENTRIES_MAX / entry_size)
		return false;
	if (__builtin_mul_overflow(le64(h + GPT_ENTRIES_LBA), (uint64_t)d->sector, &at))
		return false;
	if (number > nr || !entries_good(d, at, (size_t)nr * entry_size, le32(h + GPT_ENTRIES_CRC)))
		return false;
	return disk_read(d, at + (uint64_t)(number - 1) * entry_size, entry, ENTRY_BYTES);
}

static bool gpt_identify(const struct partition_disk *d, unsigned number, struct partition_id *out)
{
	static const uint8_t unused[16];
	uint8_t entry[ENTRY_BYTES];

	/* The second header is in the disk's last sector. */
	if (!gpt_entry(d, 1, number, entry) &&
	    !gpt_entry(d, d->size / d->sector - 1, number, entry))
		return false;
	if (!memcmp(entry + ENTRY_TYPE, unused, sizeof(unused)))
		return false;
	set_guid(out->uuid, entry + ENTRY_UUID);
	set_name(out->label, entry + ENTRY_NAME);
	return true;
}

bool partition_identify(const struct partition_disk *disk, unsigned number,
			struct partition_id *out)
{
	uint8_t mbr[512];
	uint32_t signature;
	unsigned i;

	memset(out, 0, sizeof(*out));
	if (!number || disk->sector < 512 || disk->sector > SECTOR_MAX ||
	    disk->size / disk->sector < 2)
		return false;
	if (!disk_read(disk, 0, mbr, sizeof(mbr)) || mbr[MBR_SIGNATURE] != 0x55 ||
	    mbr[MBR_SIGNATURE + 1] != 0xaa)
		return false;
	for (i = 0; i < 4; i++)
		if (mbr[MBR_ENTRIES + 16 * i + MBR_ENTRY_TYPE] == MBR_TYPE_GPT)
			return gpt_identify(disk, number, out);
	signature = le32(mbr + MBR_DISK_SIGNATURE);
	if (!signature || number > 255)
		return false;
	snprintf(out->uuid, sizeof(out->uuid), "%08x-%02x", signature, number);
	return true;
}
