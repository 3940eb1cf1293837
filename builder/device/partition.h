/*
 * What a partition table says about a partition: the ids that PARTUUID= and PARTLABEL= mean.
 *
 * Pure but for a function that reads the disk. Known are GPT (UEFI Specification, chapter 5) and
 * the MBR with its disk signature, as Linux has them (block/partitions/efi.c, msdos.c).
 */
#ifndef EARLYDOM_PARTITION_H
#define EARLYDOM_PARTITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct partition_id {
	char uuid[37];   /* GPT: the partition's own; MBR: "SSSSSSSS-NN"; "" for none */
	char label[109]; /* GPT: its name, in UTF-8; "" for none */
};

/* A disk: its size and that of its logical sectors in bytes; read fills buf with the n bytes at
 * `at`, and returns false when it can't. */
struct partition_disk {
	uint64_t size;
	unsigned sector;
	bool (*read)(void *arg, uint64_t at, void *buf, size_t n);
	void *arg;
};

/* Identifies the partition of that number (1 is the first). False when the disk has no such table
 * or entry. */
bool partition_identify(const struct partition_disk *disk, unsigned number,
			struct partition_id *out);

#endif
