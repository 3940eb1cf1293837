/* The memory map file of a vmx guest, read in the jail. */
#ifndef EARLYDOM_MEMMAP_FILE_H
#define EARLYDOM_MEMMAP_FILE_H

#include <stdint.h>

#include "base/err.h"
#include "builder/starter/starter.h"
#include "e820_file.h"

/* Reads the file at path, which has size bytes and is open for reading only: as e820_parse, whose
 * errors are this one's, too. */
int jail_memmap(const struct starter *s, const char *path, int fd, uint64_t size,
		struct e820_map *out, struct err *e);

#endif
