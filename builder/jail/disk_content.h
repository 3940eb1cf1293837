/*
 * What there is to know of a device or an image file: the uuid and label of its file system, or
 * what it is a member of, and the partitions of its table. Without pointers, to be handed out of
 * the jail.
 *
 * The bytes may be hostile. Texts are bounded and end with a NUL, but may hold any other byte:
 * whoever prints them has to escape them.
 */
#ifndef EARLYDOM_DISK_CONTENT_H
#define EARLYDOM_DISK_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PROBE_LABEL_MAX 257

enum probe_kind {
	PROBE_NOTHING, /* nothing that is known */
	PROBE_DATA,    /* a file system of one device, or swap: uuid and label name it */
	PROBE_MEMBER,  /* a part of something else, or something that has to be opened first */
	PROBE_SEVERAL, /* of several kinds: all but one are left over, any of them */
};

struct probe_content {
	enum probe_kind kind;
	bool raid;     /* a MEMBER of a RAID or a volume group: what else seems to be on it is the
			  array's */
	char type[32]; /* libblkid's word: "ext4", "linux_raid_member"; "" for NOTHING and SEVERAL
			*/
	char uuid[64]; /* "" for none; of a MEMBER that of what it belongs to, or its own */
	char label[PROBE_LABEL_MAX];
};

/* Why UUID= and LABEL= do not mean it; "" for DATA and NOTHING. */
void probe_explain(const struct probe_content *c, char *text, size_t size);

/* A partition of a GPT or an MBR. Other kinds of tables are not read. */
struct probe_partition {
	unsigned number;
	uint64_t start, size; /* in units of 512 bytes */
	char uuid[40];        /* GPT: the partition's own; MBR: "SSSSSSSS-NN"; "" for none */
	char label[PROBE_LABEL_MAX];
};

/* The most that a table is read of: libblkid gives up at fewer. */
#define PROBE_PARTITIONS_MAX (4096 + 256)

/*
 * Check what another process has found, as if an enemy had: texts have an end, kinds are such, the
 * type is a word, a partition has bytes. Return 0, or -1 with e set: "the probe's answer is wrong
 * (...)".
 */
int probe_content_check(const struct probe_content *c, struct err *e);
int probe_partition_check(const struct probe_partition *p, struct err *e);

#endif
