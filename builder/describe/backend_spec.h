/*
 * Which domain serves a device: the value of backend= in the keys vif and disk, a domain's number
 * or name. As for libxl, digits alone are a number, and the default is dom0
 * (libxl_domain_qualifier_to_domid in libxl_utils.c).
 *
 * A back end in another domain is that one's affair: its kernel or a daemon there (xl devd) finds
 * the disk's target, puts the interface on the bridge, runs the script.
 */
#ifndef EARLYDOM_BACKEND_SPEC_H
#define EARLYDOM_BACKEND_SPEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* True for NULL, 0 and Domain-0. */
bool backend_is_dom0(const char *domain);

/* True for a number, which is put into *domid. */
bool backend_is_number(const char *domain, uint32_t *domid);

/* Whether a domain may be called that. Returns 0, or -1 with e set. */
int backend_check(const char *domain, struct err *e);

/* Whether both are the same domain, as far as the texts tell. */
bool backend_same(const char *a, const char *b);

#endif
