/*
 * The domains that serve a guest's devices (backend_spec.h).
 */
#ifndef EARLYDOM_BACKEND_OF_H
#define EARLYDOM_BACKEND_OF_H

#include <stddef.h>

#include "builder/guest/guest_config.h"

/* The number of a guest's devices, disks first and then interfaces. */
size_t backend_nr(const struct guest_config *cfg);

/* Who serves the i-th of them; NULL for dom0. */
const char *backend_of(const struct guest_config *cfg, size_t i);

/* The same by its name, which may be a guest's; NULL for dom0 and for a number. */
const char *backend_guest(const struct guest_config *cfg, size_t i);

/* Whether another domain than dom0 serves one of them. */
bool backend_any(const struct guest_config *cfg);

#endif
