/*
 * A guest's console: from the ring, which earlydom drains, from the log of xenconsoled, or from the
 * device model that serves its serial port.
 */
#ifndef EARLYDOM_UNIT_CONSOLE_H
#define EARLYDOM_UNIT_CONSOLE_H

#include "base/clock.h"
#include "unit.h"

/* Opens and closes where u's console comes from. Returns 0, or -1 with e set. */
int unit_console_open(struct units *all, struct unit *u, struct err *e);
void unit_console_close(struct units *all, struct unit *u);

/* The same for a domain that runs already, and whose console an earlier supervisor has read up to
 * some place. */
int unit_console_adopt(struct units *all, struct unit *u, struct err *e);

/* xenconsoled serves now the consoles of guests that run already, and logs them: from now on its
 * logs are read. What can't be followed is reported. */
void units_console_follow(struct units *all);

/* No xenconsoled serves them any more: what it has logged is read, and the rings are drained here.
 * What can't be is reported. */
void units_console_take_back(struct units *all);

/*
 * Takes what the console holds, to the log, the echo and those who are attached. Returns the number
 * of bytes; 0 when there is nothing.
 */
size_t unit_console(struct units *all, struct unit *u);

/* Takes from each console what was left because it was more than the guest's rate, once that has
 * room for it. Returns when there will be more of that, ns; UINT64_MAX for no time. */
uint64_t units_console_later(struct units *all, uint64_t now);

/* The same as unit_console until there is nothing, but no more than a guest may write meanwhile. */
void unit_console_drain(struct units *all, struct unit *u);

/*
 * Whether the last words of a domain that has ended have been read; goes on with that. Nothing else
 * reads them once the domain is destroyed. It does not take longer than LAST_WORDS_NS: what
 * xenconsoled has not read by then is taken from the ring here.
 */
#define LAST_WORDS_NS (2 * NS_PER_S)
bool unit_console_finished(struct units *all, struct unit *u, uint64_t now);

/* Types on the guest's console; on hvc0, also where it has a serial port. Both return how many of
 * the n bytes it has room for now. */
size_t unit_type(struct units *all, struct unit *u, const char *buf, size_t n);
size_t unit_type_hvc(struct units *all, struct unit *u, const char *buf, size_t n);

/* Once a tick: lets a console that was silenced for its flood speak again. */
void unit_console_tick(struct units *all, struct unit *u);

#endif
