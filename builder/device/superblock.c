#include "superblock.h"

#include <stdio.h>
#include <string.h>

struct bytes {
	const uint8_t *data;
	size_t len;
};

/* The n bytes at off, or NULL where there are not as many. */
static const uint8_t *at(const struct bytes *b, size_t off, size_t n)
{
	return off <= b->len && n <= b->len - off ? b->data + off : NULL;
}

static bool has(const struct bytes *b, size_t off, const void *magic, size_t n)
{
	const uint8_t *p = at(b, off, n);

	return p && !memcmp(p, magic, n);
}

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* A field of n bytes that is filled up with NULs or blanks. */
static void set_label(struct superblock *out, const uint8_t *field, size_t n)
{
	size_t len = strnlen((const char *)field, n);

	while (len && field[len - 1] == ' ')
		len--;
	memcpy(out->label, field, len);
	out->label[len] = '\0';
}

/* A uuid of zeroes is one that was never set. */
static void set_uuid(struct superblock *out, const uint8_t u[16])
{
	static const uint8_t none[16];

	if (!memcmp(u, none, sizeof(none)))
		return;
	snprintf(out->uuid, sizeof(out->uuid),
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", u[0], u[1],
		 u[2], u[3], u[4], u[5], u[6], u[7], u[8], u[9], u[10], u[11], u[12], u[13], u[14],
		 u[15]);
}

/* struct ext4_super_block at 1024: s_magic 0xef53 at 56, s_uuid at 104, s_volume_name at 120
 * (Linux, fs/ext4/ext4.h; Documentation/filesystems/ext4/super.rst). */
static bool read_ext(const struct bytes *b, struct superblock *out)
{
	const uint8_t *s = at(b, 1024, 1024);

	if (!s || s[56] != 0x53 || s[57] != 0xef)
		return false;
	set_uuid(out, s + 104);
	set_label(out, s + 120, 16);
	return true;
}

/* struct xfs_dsb at 0: sb_magicnum "XFSB", sb_uuid at 32, sb_fname at 108
 * (Linux, fs/xfs/libxfs/xfs_format.h). */
static bool read_xfs(const struct bytes *b, struct superblock *out)
{
	const uint8_t *s = at(b, 0, 512);

	if (!s || memcmp(s, "XFSB", 4))
		return false;
	set_uuid(out, s + 32);
	set_label(out, s + 108, 12);
	return true;
}

/* struct btrfs_super_block at 64 KiB: fsid at 32, magic "_BHRfS_M" at 64, label at 299
 * (Linux, include/uapi/linux/btrfs_tree.h). */
static bool read_btrfs(const struct bytes *b, struct superblock *out)
{
	const uint8_t *s = at(b, 65536, 4096);

	if (!s || memcmp(s + 64, "_BHRfS_M", 8))
		return false;
	set_uuid(out, s + 32);
	set_label(out, s + 299, 256);
	return true;
}

/* union swap_header: the magic ends the first page, of any of Linux's page sizes; at 1024 version
 * (1), at 1036 sws_uuid, at 1052 sws_volume (Linux, include/linux/swap.h). */
static bool read_swap(const struct bytes *b, struct superblock *out)
{
	const uint8_t *s = at(b, 1024, 44);
	size_t page;

	for (page = 4096; page <= 65536; page *= 2)
		if (has(b, page - 10, "SWAPSPACE2", 10))
			break;
	if (page > 65536 || !s || le32(s) != 1)
		return false;
	set_uuid(out, s + 12);
	set_label(out, s + 28, 16);
	return true;
}

/*
 * The boot sector of a FAT: 0x55 0xaa at 510, bytes per sector at 11, sectors per cluster at 13.
 * Behind the extended signature 0x29 lie the volume's number, its label and the kind of FAT: at 38
 * for FAT12 and FAT16, at 66 for FAT32 (Microsoft's FAT specification, sections 3.1 to 3.3; Linux,
 * include/uapi/linux/msdos_fs.h). The label in the root directory is not looked for.
 */
static bool read_vfat(const struct bytes *b, struct superblock *out)
{
	const uint8_t *s = at(b, 0, 512), *ext;
	unsigned sector;

	if (!s || s[510] != 0x55 || s[511] != 0xaa)
		return false;
	sector = s[11] | (unsigned)s[12] << 8;
	if (sector < 512 || sector > 4096 || (sector & (sector - 1)))
		return false;
	if (!s[13] || (s[13] & (s[13] - 1)))
		return false;
	if (!memcmp(s + 82, "FAT32   ", 8))
		ext = s + 66;
	else if (!memcmp(s + 54, "FAT12   ", 8) || !memcmp(s + 54, "FAT16   ", 8))
		ext = s + 38;
	else
		return false;
	if (ext[0] != 0x29)
		return false;
	if (le32(ext + 1))
		snprintf(out->uuid, sizeof(out->uuid), "%02X%02X-%02X%02X", ext[4], ext[3], ext[2],
			 ext[1]);
	if (memcmp(ext + 5, "NO NAME    ", 11))
		set_label(out, ext + 5, 11);
	return true;
}

/* The header at 0: "LUKS" 0xba 0xbe, a version of two bytes, at 168 the uuid as text in 40 bytes;
 * in version 2 a label of 48 bytes at 24 (LUKS1 On-Disk Format Specification, figure 1; LUKS2
 * On-Disk Format Specification, section 2.1). */
static bool read_luks(const struct bytes *b, struct superblock *out)
{
	const uint8_t *s = at(b, 0, 512);
	size_t n;

	if (!s || memcmp(s, "LUKS\xba\xbe", 6) || s[6] != 0 || (s[7] != 1 && s[7] != 2))
		return false;
	n = strnlen((const char *)s + 168, 40);
	memcpy(out->uuid, s + 168, n);
	out->uuid[n] = '\0';
	if (s[7] == 2)
		set_label(out, s + 24, 48);
	return true;
}

static const struct {
	const char *type;
	bool (*read)(const struct bytes *b, struct superblock *out);
} types[] = {
	{"ext", read_ext},   {"xfs", read_xfs},   {"btrfs", read_btrfs},
	{"swap", read_swap}, {"vfat", read_vfat}, {"luks", read_luks},
};

bool superblock_read(const uint8_t *data, size_t len, struct superblock *out)
{
	const struct bytes b = {data, len};
	struct superblock one;
	size_t i, n = 0;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		memset(&one, 0, sizeof(one));
		if (!types[i].read(&b, &one))
			continue;
		one.type = types[i].type;
		*out = one;
		n++;
	}
	if (n != 1)
		memset(out, 0, sizeof(*out));
	return n == 1;
}
