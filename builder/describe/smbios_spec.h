/*
 * One string of the key `smbios`, which Xen 4.18 and later have: KEY=VALUE, a text of the tables
 * that hvmloader makes for an hvm guest.
 *
 *     'system_manufacturer=Example', 'oem=first', 'oem=second'
 *
 * Keys are those of libxl_smbios_type in tools/libs/light/libxl_types.idl. hvmloader of 4.17 has
 * them as well, as nodes in the store (xen/include/public/hvm/hvm_xs_strings.h).
 */
#ifndef EARLYDOM_SMBIOS_SPEC_H
#define EARLYDOM_SMBIOS_SPEC_H

#include <stdbool.h>

#include "base/err.h"

/* The texts of a maker, of which there may be several. */
#define SMBIOS_OEM_MAX 99

/* Returns 0, or -1 with e set. */
int smbios_check(const char *text, struct err *e);

/* The rest is about strings that are right. */

/* Whether it is a maker's text, and whether both have the same key. */
bool smbios_is_oem(const char *text);
bool smbios_same(const char *one, const char *other);

/* Its node below the guest's own path. Returns its value. oem counts the makers' texts, from 0. */
#define SMBIOS_NODE_MAX 64
const char *smbios_node(const char *text, unsigned *oem, char node[SMBIOS_NODE_MAX]);

#endif
