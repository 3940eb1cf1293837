#include "disk_blkid.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* blkid_do_safeprobe's answers (libblkid/src/probe.c). */
#define FOUND      0
#define NONE       1
#define AMBIVALENT (-2)

/*
 * struct btrfs_super_block at 64 KiB: num_devices, le64 at 136 (Linux,
 * include/uapi/linux/btrfs_tree.h). libblkid does not tell it.
 */
#define BTRFS_NR_DEVICES (64 * 1024 + 136)

/*
 * The header of a GPT, at the second and at the last sector: its array's number of entries is le32
 * at 80 (UEFI Specification 2.10, table 5-5). libblkid reads as many as it says, into memory: up to
 * 4 GiB. All tools make 128.
 */
#define GPT_NR_ENTRIES  80
#define GPT_ENTRIES_MAX 4096

static uint32_t le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void get_value(blkid_probe pr, const char *name, char *out, size_t size)
{
	const char *value;
	size_t len;

	out[0] = '\0';
	if (blkid_probe_lookup_value(pr, name, &value, &len) || !len)
		return;
	len = strnlen(value, len);
	if (len >= size)
		len = size - 1;
	memcpy(out, value, len);
	out[len] = '\0';
}

static bool ends_with(const char *text, const char *end)
{
	const size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static bool btrfs_over_several(int fd, uint64_t offset)
{
	uint8_t n[8];

	if (pread(fd, n, sizeof(n), (off_t)(offset + BTRFS_NR_DEVICES)) != sizeof(n))
		return true;
	return le32(n) != 1 || le32(n + 4);
}

/*
 * Data by itself are file systems and, of all that libblkid calls "other", swap. libblkid also
 * counts members of a ZFS pool and the logs of a DRBD proxy as file systems; these are no data by
 * themselves.
 */
static enum probe_kind kind_of(blkid_probe pr, int fd, uint64_t offset, const char *usage,
			       const char *type)
{
	char sub[64];

	get_value(pr, "UUID_SUB", sub, sizeof(sub));
	if (!strcmp(type, "swap"))
		return PROBE_DATA;
	if (strcmp(usage, "filesystem") || ends_with(type, "_member") ||
	    !strcmp(type, "drbdproxy_datalog"))
		return PROBE_MEMBER;
	if (!strcmp(type, "btrfs"))
		return btrfs_over_several(fd, offset) ? PROBE_MEMBER : PROBE_DATA;
	/* Other file systems that can be on several devices have an id for each device. */
	return sub[0] ? PROBE_MEMBER : PROBE_DATA;
}

static void read_content(blkid_probe pr, int fd, uint64_t offset, struct probe_content *out)
{
	char usage[32];

	get_value(pr, "TYPE", out->type, sizeof(out->type));
	if (!out->type[0])
		return;
	get_value(pr, "USAGE", usage, sizeof(usage));
	get_value(pr, "UUID", out->uuid, sizeof(out->uuid));
	get_value(pr, "LABEL", out->label, sizeof(out->label));
	out->kind = kind_of(pr, fd, offset, usage, out->type);
	out->raid = !strcmp(usage, "raid");
}

blkid_probe disk_blkid_open(int fd, uint64_t offset, uint64_t size, struct err *e)
{
	const blkid_probe pr = blkid_new_probe();

	errno = pr ? 0 : ENOMEM;
	if (pr && offset <= INT64_MAX && size <= INT64_MAX &&
	    blkid_probe_set_device(pr, fd, (blkid_loff_t)offset, (blkid_loff_t)size) == 0) {
		/* It keeps the answer, for which it looks into sysfs. */
		blkid_probe_is_wholedisk(pr);
		return pr;
	}
	err_set(e, "%s", strerror(errno ? errno : EINVAL));
	blkid_free_probe(pr);
	return NULL;
}

static bool bounded_at(int fd, uint64_t at)
{
	uint8_t h[GPT_NR_ENTRIES + 4];

	if (at > INT64_MAX || pread(fd, h, sizeof(h), (off_t)at) != sizeof(h) ||
	    memcmp(h, "EFI PART", 8))
		return true;
	return le32(h + GPT_NR_ENTRIES) <= GPT_ENTRIES_MAX;
}

static bool gpt_is_bounded(blkid_probe pr, int fd, uint64_t offset)
{
	const uint64_t sector = blkid_probe_get_sectorsize(pr);
	const uint64_t sectors = (uint64_t)blkid_probe_get_size(pr) / sector;

	return bounded_at(fd, offset + sector) &&
	       (!sectors || bounded_at(fd, offset + (sectors - 1) * sector));
}

int disk_blkid_content(blkid_probe pr, int fd, uint64_t offset, struct probe_content *out,
		       struct err *e)
{
	int rc;

	memset(out, 0, sizeof(*out));
	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE |
						      BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL);
	errno = 0;
	/* libblkid reads the table, too, to recognise members of some RAIDs. */
	rc = gpt_is_bounded(pr, fd, offset) ? blkid_do_safeprobe(pr) : AMBIVALENT;
	if (rc == AMBIVALENT)
		out->kind = PROBE_SEVERAL;
	else if (rc == FOUND)
		read_content(pr, fd, offset, out);
	else if (rc != NONE)
		err_set(e, "%s", strerror(errno ? errno : EIO));
	return rc == FOUND || rc == NONE || rc == AMBIVALENT ? 0 : -1;
}

static void copy_text(char *out, size_t size, const char *text)
{
	const size_t n = text ? strnlen(text, size - 1) : 0;

	if (n)
		memcpy(out, text, n);
	out[n] = '\0';
}

static void copy_partitions(blkid_partlist from, struct probe_partition *list, size_t max,
			    size_t *found)
{
	const int n = blkid_partlist_numof_partitions(from);

	for (int i = 0; i < n && *found < max; i++) {
		const blkid_partition part = blkid_partlist_get_partition(from, i);
		struct probe_partition *to = &list[*found];

		if (!part || blkid_partition_get_partno(part) <= 0 ||
		    blkid_partition_get_start(part) < 0 || blkid_partition_get_size(part) <= 0)
			continue;
		to->number = (unsigned)blkid_partition_get_partno(part);
		to->start = (uint64_t)blkid_partition_get_start(part);
		to->size = (uint64_t)blkid_partition_get_size(part);
		copy_text(to->uuid, sizeof(to->uuid), blkid_partition_get_uuid(part));
		copy_text(to->label, sizeof(to->label), blkid_partition_get_name(part));
		(*found)++;
	}
}

int disk_blkid_table(blkid_probe pr, int fd, unsigned sector, struct probe_partition *list,
		     size_t max, size_t *n, struct err *e)
{
	/* Other tables have no bound on what libblkid reads of them; nor do their partitions have
	 * ids. */
	char gpt[] = "gpt", dos[] = "dos", *types[] = {gpt, dos, NULL};
	blkid_partlist found;

	*n = 0;
	if (sector >= 512 && sector <= 65536 && !(sector & (sector - 1)))
		blkid_probe_set_sectorsize(pr, sector);
	if (!gpt_is_bounded(pr, fd, 0))
		return 0;
	blkid_probe_enable_superblocks(pr, 0);
	blkid_probe_enable_partitions(pr, 1);
	if (blkid_probe_filter_partitions_type(pr, BLKID_FLTR_ONLYIN, types) < 0)
		return err_set_passing(e, "out of memory");
	found = blkid_probe_get_partitions(pr);
	if (found)
		copy_partitions(found, list, max, n);
	return 0;
}
