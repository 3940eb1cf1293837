/*
 * The hypervisor's release. Its control interface has another version in each, so that a program is
 * for the one whose libraries it was built with; a host that can boot several hypervisors has a
 * program for each: this one, and others at RELEASES/xen-X.Y/earlydom (`make install-release`).
 */
#ifndef EARLYDOM_RELEASE_H
#define EARLYDOM_RELEASE_H

#include <stddef.h>

#include "base/err.h"

/* Below which others are looked for, in this order; the tests have their own. */
#ifndef RELEASES
#define RELEASES       "/usr/lib/earlydom"
#define RELEASES_LOCAL "/usr/local/lib/earlydom"
#endif

/* What tells the program that is entered not to look for another one. */
#define RELEASE_ENTERED "EARLYDOM_RELEASE_ENTERED"

/*
 * Where the running hypervisor is of another release than this program, and there is a program for
 * that, goes on as that one: with args, a command's name and what follows it, ended by NULL.
 * sysroot is where /sys is, "" but for tests. Returns 0 where this program
 * is right, or there is no other: then host_open says what is wrong; or -1 with e set: the other
 * one can't be run.
 */
int release_enter(const char *sysroot, char *const *args, struct err *e);

/*
 * For messages: the releases for which there are other programs, "4.18, 4.20"; "" for none. What
 * does not fit is left out.
 */
void release_list(char *text, size_t size);

#endif
