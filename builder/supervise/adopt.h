/*
 * A supervisor that takes over: each guest's domain is compared with what the one before has
 * written down of it, and its state becomes what that comparison says.
 *
 * What counts is the hypervisor: a domain is a guest's if it has its uuid. What was under way is
 * finished where it was nearly done, else undone and begun anew:
 *
 *     it was          its domain         then
 *     waiting         -                  it waits
 *     being built     none               it waits
 *                     there              the domain is destroyed, and it is built anew
 *     connecting      paused             the same
 *                     runs, or ended     it was let run already
 *     running ...     there              it goes on
 *                     gone               somebody else has destroyed it (unit_look.h)
 *     being ended     there              it is destroyed
 *                     none               it has ended, or failed
 */
#ifndef EARLYDOM_ADOPT_H
#define EARLYDOM_ADOPT_H

#include "unit.h"

/* Whether a ledger has a guest whose domain is there, or may be, where the hypervisor does not say:
 * then there is something to adopt. */
bool adopt_wanted(const struct ledger *l, struct host *h);

/*
 * Takes over the units of all, which are as unit_init leaves them, from what `from` says; units
 * that it does not know are as new. To be called before any is started. Says what it has found.
 * Returns 0 with how many guests with a domain go on in *go_on; or -1 with e set and nothing done:
 * it can't be known which domains there are.
 */
int adopt_units(struct units *all, const struct ledger *from, size_t *go_on, struct err *e);

/* Opens the consoles of adopted guests, as soon as it is known who serves consoles. */
void adopt_consoles(struct units *all);

/* Does what the earlier supervisor was asked to do and had no time for, as soon as it is known
 * whether there is a store, by which a guest is asked to stop. */
void adopt_commands(struct units *all);

#endif
