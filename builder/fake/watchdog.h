/*
 * For tests that may hang: says where each thread was, and ends the test, instead of a time-out
 * that says nothing.
 */
#ifndef EARLYDOM_FAKE_WATCHDOG_H
#define EARLYDOM_FAKE_WATCHDOG_H

/*
 * From now on the process has so many seconds; 0 ends the watch. If they pass, what `what` points
 * to then is said on the file fd, with the system call that each thread is in (proc(5)) and what on
 * its stack looks like addresses of the program, the innermost first: `addr2line -fie PROGRAM`
 * knows them. The process aborts.
 */
void watchdog(unsigned seconds, const char *const *what, int fd);

/* Does act, under a watchdog of so many seconds that speaks to the standard error file, while what
 * is written there goes to the file "stderr" in the working directory. */
void watched(unsigned seconds, const char *const *what, void (*act)(void *arg), void *arg);

#endif
