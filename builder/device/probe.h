/*
 * What libblkid finds on a device or in an image file: the uuid and label of its file system, or
 * what it is a member of, and the partitions of its table.
 *
 * The bytes may be hostile. Texts are bounded and end with a NUL, but may hold any other byte:
 * whoever prints them has to escape them.
 */
#ifndef EARLYDOM_PROBE_H
#define EARLYDOM_PROBE_H

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

/* Looks at the bytes from offset on, size of them or (0) all that fd has. Returns 0, or -1 with e
 * set when they can't be read. */
int probe_content(int fd, uint64_t offset, uint64_t size, struct probe_content *out, struct err *e);

/* Why UUID= and LABEL= do not mean it; "" for DATA and NOTHING. */
void probe_explain(const struct probe_content *c, char *text, size_t size);

/* A partition of a GPT or an MBR. Other kinds of tables are not read. */
struct probe_partition {
	unsigned number;
	uint64_t start, size; /* in units of 512 bytes */
	char uuid[40];        /* GPT: the partition's own; MBR: "SSSSSSSS-NN"; "" for none */
	char label[PROBE_LABEL_MAX];
};

struct probe_table {
	struct probe_partition *list; /* probe_table_free's */
	size_t n;
};

/*
 * Reads the partition table; sector is the size of a logical sector in bytes, or 0 for what the
 * device says (512 for a file). That of a RAID's member may be the array's: see raid above. Returns
 * 0, with none where there is no table, or -1 with e set and nothing to free.
 */
int probe_table(int fd, unsigned sector, struct probe_table *out, struct err *e);
void probe_table_free(struct probe_table *t);

#endif
