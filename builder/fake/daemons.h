/*
 * Daemons that the test machine does not have: in place of what daemons.h finds and starts, in
 * tests that ask for it. The store itself is fake_store.h's. fake_daemons_reset gives the real ones
 * back.
 */
#ifndef EARLYDOM_FAKE_DAEMONS_H
#define EARLYDOM_FAKE_DAEMONS_H

#include <stdbool.h>

struct fake_daemons {
	bool on;
	bool programs;                /* the image has both */
	bool store, console;          /* run already */
	bool hangs;                   /* the store does not answer */
	bool store_bad, console_bad;  /* can't be started */
	unsigned stores, consoles;    /* that were started */
	int store_life, console_life; /* the tests' ends: closing one ends that daemon */
};
struct fake_daemons *fake_daemons(void);
void fake_daemons_reset(void);

/* What may happen while a thread looks: the one that was started ends, the store with all that it
 * knows; somebody starts another store; it hangs, or goes on; xenconsoled can't be started. */
void fake_daemons_end_store(void);
void fake_daemons_end_console(void);
void fake_daemons_start_store(void);
void fake_daemons_hang(bool hangs);
void fake_daemons_console_bad(bool bad);
unsigned fake_daemons_consoles(void); /* how often it was started */

/* Somebody else starts both, from whatever thread. */
void fake_daemons_start(void);

#endif
