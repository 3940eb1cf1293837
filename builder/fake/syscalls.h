/*
 * System calls that fail on request: some fifty functions of the C library, wherever the program
 * calls them (not the tests, nor the fake). Each call in the program's text is told from the others
 * by where it is; so all threads' calls can be failed one after the other, whichever comes first.
 * The calls of processes that are forked count, too, until they run a program.
 */
#ifndef EARLYDOM_FAKE_SYSCALLS_H
#define EARLYDOM_FAKE_SYSCALLS_H

#include <stdbool.h>

#define FAKE_SYSCALLS 1024

struct fake_syscall {
	const char *name;
	const void *from; /* where in the program */
	unsigned calls;   /* since fake_syscalls_begin */
};

/* Calls are counted, and fail on request, from here to there. */
void fake_syscalls_begin(void);
void fake_syscalls_end(void);

/* From now on those of this process do not. */
void fake_syscalls_pass(void);

/* Is asked for each syscall(2) that does not fail; true when it has done it, with *rc to be
 * returned. NULL for none. */
typedef bool fake_syscall_hook(long number, const long args[5], long *rc);
void fake_syscall_catch(fake_syscall_hook *h);

/* The k-th of those that were called at all so far; NULL past the last. They stay, with their
 * order. */
const struct fake_syscall *fake_syscalls(unsigned k);

/* The n-th call of it fails with that errno, once. */
void fake_syscall_fails(const struct fake_syscall *s, unsigned n, int errnum);
bool fake_syscall_failed(void);

#endif
