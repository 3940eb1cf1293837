/*
 * One string of the key `xenstore_quota`, which Xen 4.22 and later have: NAME=NUMBER, what
 * xenstored lets the guest have at most. Pure.
 *
 *     'nodes=1000', 'soft-memory=0x200000'
 *
 * Which names there are, xenstored knows alone; they are letters and '-' (tools/xenstored/domain.c,
 * quota_adm). The number is decimal, or hexadecimal behind 0x, or octal behind 0, as strtoul reads
 * it for xl (parse_xsquota_item of tools/xl/xl_parse.c).
 */
#ifndef EARLYDOM_QUOTA_SPEC_H
#define EARLYDOM_QUOTA_SPEC_H

#include <stdint.h>

#include "base/err.h"

/* Bytes of a name, with its NUL. */
#define QUOTA_NAME_MAX 32

struct quota {
	char name[QUOTA_NAME_MAX];
	uint32_t value;
};

/* Returns 0, or -1 with e set and *out untouched. */
int quota_parse(const char *text, struct quota *out, struct err *e);

/* The same for a check of a key. */
int quota_check(const char *text, struct err *e);

#endif
