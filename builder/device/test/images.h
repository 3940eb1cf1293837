/*
 * Bytes of disks for the tests, as the tools of each kind write them; as much of them as tells what
 * it is. A disk is IMAGE_BYTES: libblkid looks for no RAID on less than 1.44 MB.
 *
 * The layouts are those of Linux (include/uapi/linux/raid/md_p.h, fs/ext4/ext4.h, btrfs_tree.h,
 * drivers/md/bcache), SNIA's DDF 2.0, mdadm (super-intel.c), LVM2 (lib/format_text/layout.h),
 * DRBD 8.4 (drbd_int.h), the LUKS1 On-Disk Format Specification, OpenZFS (vdev_impl.h,
 * uberblock_impl.h), and the UEFI Specification 2.10, chapter 5.
 */
#ifndef EARLYDOM_IMAGES_H
#define EARLYDOM_IMAGES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define IMAGE_BYTES (2u << 20)
#define UUID_A      "11111111-1111-1111-1111-111111111111"
#define UUID_B      "22222222-2222-2222-2222-222222222222"

static inline void put32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v)); /* little-endian, as this machine */
}

static inline void put64(uint8_t *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
}

/* An ext2 with a uuid of that digit throughout. */
static inline void image_ext(uint8_t *b, uint8_t digit, const char *label)
{
	put32(b + 1024 + 76, 1); /* s_rev_level: there are features */
	b[1080] = 0x53;
	b[1081] = 0xef;
	memset(b + 1128, digit, 16);
	memcpy(b + 1144, label, strlen(label));
}

/* A member of an md array whose metadata of version 1 is at that byte: mdadm's 1.0 at the end, 1.1
 * at the beginning, 1.2 4 KiB behind it. */
#define MD_10 (IMAGE_BYTES - 0x2000)
#define MD_11 0
#define MD_12 0x1000
static inline void image_md1(uint8_t *b, size_t at)
{
	put32(b + at, 0xa92b4efc);
	put32(b + at + 4, 1);
	memset(b + at + 16, 0x99, 16); /* set_uuid */
	memcpy(b + at + 32, "host:0", 6);
	put64(b + at + 144, at / 512); /* super_offset */
	memset(b + at + 168, 0x98, 16);
}

/* ... and of version 0.90, in the last but one 64 KiB. */
static inline void image_md0(uint8_t *b)
{
	uint8_t *sb = b + IMAGE_BYTES - 0x10000;

	put32(sb, 0xa92b4efc);
	put32(sb + 8, 90);
	put32(sb + 20, 0x99999999);
	put32(sb + 32, IMAGE_BYTES / 1024 - 64); /* size in KiB */
}

static inline void image_ddf(uint8_t *b)
{
	uint8_t *h = b + IMAGE_BYTES - 512;

	memcpy(h, "\xde\x11\xde\x11", 4);
	memset(h + 8, 'x', 24);
	memcpy(h + 32, "02.00.00", 8);
}

static inline void image_imsm(uint8_t *b)
{
	memcpy(b + IMAGE_BYTES - 1024, "Intel Raid ISM Cfg Sig. 1.3.00", 30);
}

/* lib/misc/crc.c of LVM2 */
static inline uint32_t lvm_crc(const uint8_t *p, size_t n)
{
	uint32_t crc = 0xf597a6cf;
	int k;

	while (n--) {
		crc ^= *p++;
		for (k = 0; k < 8; k++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return crc;
}

static inline void image_lvm(uint8_t *b)
{
	uint8_t *label = b + 512;

	memcpy(label, "LABELONE", 8);
	put64(label + 8, 1);
	put32(label + 20, 32);
	memcpy(label + 24, "LVM2 001", 8);
	memset(label + 32, 'u', 32);
	put32(label + 16, lvm_crc(label + 20, 512 - 20));
}

static inline void image_luks(uint8_t *b)
{
	memcpy(b, "LUKS\xba\xbe\0\1", 8);
	memcpy(b + 168, UUID_A, 36);
}

static inline void image_bcache(uint8_t *b)
{
	static const uint8_t magic[] = {0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca,
					0x82, 0x65, 0xf5, 0x7f, 0x48, 0xba, 0x6d, 0x81};

	put64(b + 4096 + 8, 8);
	memcpy(b + 4096 + 24, magic, sizeof(magic));
	memset(b + 4096 + 40, 0x11, 16);
}

static inline void image_drbd(uint8_t *b)
{
	memcpy(b + IMAGE_BYTES - 4096 + 60, "\x83\x74\x02\x6b", 4);
}

static inline void image_zfs(uint8_t *b)
{
	size_t i;

	for (i = 0; i < 8; i++)
		put64(b + 128 * 1024 + i * 1024, 0x00bab10c);
}

static inline void image_btrfs(uint8_t *b, uint64_t nr_devices)
{
	uint8_t *sb = b + 65536;

	memset(sb + 32, 0x11, 16);
	memcpy(sb + 64, "_BHRfS_M", 8);
	put64(sb + 136, nr_devices);
	put32(sb + 144, 4096);
	memset(sb + 201 + 66, 0x22, 16); /* dev_item.uuid */
	memcpy(sb + 299, "data", 4);
}

/* An MBR whose first entry has that type, a start and a size in sectors. */
static inline void image_mbr(uint8_t *b, uint32_t signature, uint8_t type, uint32_t start,
			     uint32_t size)
{
	put32(b + 440, signature);
	b[446 + 4] = type;
	put32(b + 446 + 8, start);
	put32(b + 446 + 12, size);
	b[510] = 0x55;
	b[511] = 0xaa;
}

/*
 * A GPT of 4 partitions on a disk of len bytes with sectors of that size: each has 8 sectors, from
 * sector 40 on, a uuid of its number's digit throughout, and a letter for a name; the second one's
 * is not ASCII. The header says that there are nr entries.
 */
static inline void image_gpt(uint8_t *b, size_t len, unsigned sector, uint32_t nr)
{
	uint8_t *h = b + sector, *entries = b + (size_t)2 * sector;
	const uint32_t last = (uint32_t)(len / sector) - 1;
	size_t i;

	image_mbr(b, 0, 0xee, 1, last);
	for (i = 0; i < 4; i++) {
		uint8_t *e = entries + 128 * i;

		memset(e, 0xaf, 16);
		memset(e + 16, (int)(0x11 * (i + 1)), 16);
		put64(e + 32, 40 + 8 * i);
		put64(e + 40, 40 + 8 * i + 7);
		e[56] = (uint8_t)('a' + i);
	}
	entries[128 + 57] = 0x4e;
	memcpy(h, "EFI PART\0\0\1", 12);
	put32(h + 12, 92);
	put64(h + 24, 1);
	put64(h + 32, last);
	put64(h + 40, 34);
	put64(h + 48, last - 34);
	memset(h + 56, 0xdd, 16);
	put64(h + 72, 2);
	put32(h + 80, nr);
	put32(h + 84, 128);
	put32(h + 88, (uint32_t)crc32(0, entries, nr * 128));
	put32(h + 16, 0);
	put32(h + 16, (uint32_t)crc32(0, h, 92));
}

#endif
