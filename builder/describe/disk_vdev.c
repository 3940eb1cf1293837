#include "disk_spec.h"

#include <ctype.h>
#include <string.h>

/* Limits and encodings: docs/man/xen-vbd-interface.7.pandoc of Xen. */
#define XVD_DISKS      (1u << 20)
#define XVD_PARTITIONS 256u
#define XVD_EXTENDED   (1u << 28)

/* Reads a decimal number below limit. Returns what is behind it, or NULL. */
static const char *number(const char *p, unsigned limit, unsigned *out)
{
	unsigned val = 0;

	if (!isdigit((unsigned char)*p))
		return NULL;
	for (; isdigit((unsigned char)*p); p++) {
		val = val * 10 + (unsigned)(*p - '0');
		if (val >= limit)
			return NULL;
	}
	*out = val;
	return p;
}

/*
 * Reads PREFIX, the disk in letters (a to z, aa to zz, ...) and, unless it is 0, the partition.
 * True when vdev is just that.
 */
static bool letters(const char *vdev, const char *prefix, unsigned disks, unsigned partitions,
		    unsigned *disk, unsigned *partition)
{
	size_t len = strlen(prefix);
	const char *p = vdev + len;
	unsigned val = 0;

	if (strncmp(vdev, prefix, len) || *p < 'a' || *p > 'z')
		return false;
	for (; *p >= 'a' && *p <= 'z'; p++) {
		val = val * 26 + (unsigned)(*p - 'a') + 1;
		if (val > disks)
			return false;
	}
	*disk = val - 1;
	*partition = 0;
	if (!*p)
		return true;
	if (*p == '0')
		return false;
	p = number(p, partitions, partition);
	return p && !*p;
}

static uint32_t xvd_number(unsigned disk, unsigned partition)
{
	if (disk <= 15 && partition <= 15)
		return (202u << 8) | (disk << 4) | partition;
	return XVD_EXTENDED | (disk << 8) | partition;
}

/* dNpM. */
static bool plain(const char *vdev, unsigned *disk, unsigned *partition)
{
	const char *p;

	if (*vdev != 'd')
		return false;
	p = number(vdev + 1, XVD_DISKS, disk);
	if (!p || *p != 'p')
		return false;
	p = number(p + 1, XVD_PARTITIONS, partition);
	return p && !*p;
}

/* The number itself: decimal or 0x. */
static bool raw_number(const char *vdev, uint32_t *out)
{
	unsigned base = 10;
	uint32_t val = 0;

	if (vdev[0] == '0' && vdev[1] == 'x') {
		base = 16;
		vdev += 2;
	} else if (vdev[0] == '0' && vdev[1]) {
		return false;
	}
	if (!*vdev)
		return false;
	for (; *vdev; vdev++) {
		unsigned char c = (unsigned char)*vdev;
		uint32_t digit;

		if (!(base == 16 ? isxdigit(c) : isdigit(c)))
			return false;
		digit = isdigit(c) ? (uint32_t)(c - '0') : (uint32_t)(tolower(c) - 'a' + 10);
		if (__builtin_mul_overflow(val, base, &val) ||
		    __builtin_add_overflow(val, digit, &val) || val > INT32_MAX)
			return false;
	}
	*out = val;
	return true;
}

int disk_vdev_number(const char *vdev, uint32_t *out)
{
	unsigned disk, partition;

	if (plain(vdev, &disk, &partition) ||
	    letters(vdev, "xvd", XVD_DISKS, XVD_PARTITIONS, &disk, &partition))
		*out = xvd_number(disk, partition);
	else if (letters(vdev, "hd", 4, 64, &disk, &partition))
		*out = ((disk < 2 ? 3u : 22u) << 8) | ((disk & 1) << 6) | partition;
	else if (letters(vdev, "sd", 16, 16, &disk, &partition))
		*out = (8u << 8) | (disk << 4) | partition;
	else if (!raw_number(vdev, out))
		return -1;
	return 0;
}

/* Which disk of its kind it is, from 0; -1 for one that was given by its number alone. */
static int64_t disk_index(const struct disk_spec *s)
{
	const uint32_t n = s->vdev_number, major = n >> 8;

	if (isdigit((unsigned char)*s->vdev))
		return -1;
	if (n & XVD_EXTENDED)
		return (n & ~XVD_EXTENDED) >> 8;
	if (major == 202 || major == 8)
		return n >> 4 & 0xf;
	return (major == 3 ? 0 : 2) + (n >> 6 & 1);
}

int disk_place(const struct disk_spec *s, unsigned places)
{
	const int64_t disk = disk_index(s);

	return *s->vdev != 's' && disk < places ? (int)disk : -1;
}

int disk_cdrom_place(const struct disk_spec *s)
{
	const int64_t disk = disk_index(s);

	return disk < 4 ? (int)disk : -1;
}
