/*
 * The keys that xl has. Sources: docs/man/xl.cfg.5.pod.in and tools/xl/xl_parse.c of Xen 4.17, and
 * the keys that xl.cfg(5) of later versions added.
 */
#ifndef EARLYDOM_XL_KEYS_H
#define EARLYDOM_XL_KEYS_H

#include <stdbool.h>

/* True for a key of xl, whether earlydom supports it or not. */
bool xl_key_known(const char *key);

#endif
