/*
 * Filters of system calls, as the program that the kernel runs at each of them (seccomp(2)): a list
 * of the calls that a process may make, where all that is on no list has one end; or, for a program
 * that is not ours, of those that it may not.
 *
 * Not by libseccomp: a filter is installed between fork and exec and in jails that may not
 * allocate, and the library would be a tenth of the program.
 */
#ifndef EARLYDOM_SECCOMP_H
#define EARLYDOM_SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What has to be so of a call's arguments. Only the lower 32 bits of one are looked at: rules are
 * for arguments of which the kernel uses no others. */
enum seccomp_check {
	SECCOMP_ANY,     /* nothing */
	SECCOMP_ONE_OF,  /* the argument is one of these values */
	SECCOMP_WITHOUT, /* the argument has none of the bits of values[0] */
	SECCOMP_NOTHING, /* it always fails: with EPERM, as if the right to it were missing */
	SECCOMP_UNKNOWN, /* it always fails: with ENOSYS, as if the kernel had no such call */
	SECCOMP_NEVER,   /* it is the process's end (SECCOMP_END) */
	SECCOMP_ASK,     /* whoever holds the filter's listener decides (seccomp_install_asking) */
};

struct seccomp_rule {
	int nr; /* of the call, SYS_* */
	enum seccomp_check check;
	unsigned arg;           /* which argument, from 0 */
	const uint32_t *values; /* n of them */
	size_t n;
};

/* Lines of a list. */
#define SECCOMP_CALL(name)                                                                         \
	{                                                                                          \
		.nr = SYS_##name, .check = SECCOMP_ANY                                             \
	}
#define SECCOMP_CALL_ONE_OF(name, which, list)                                                     \
	{                                                                                          \
		.nr = SYS_##name, .check = SECCOMP_ONE_OF, .arg = (which), .values = (list),       \
		.n = sizeof(list) / sizeof((list)[0])                                              \
	}
#define SECCOMP_CALL_WITHOUT(name, which, bits)                                                    \
	{                                                                                          \
		.nr = SYS_##name, .check = SECCOMP_WITHOUT, .arg = (which), .values = (bits),      \
		.n = 1                                                                             \
	}
#define SECCOMP_CALL_FAILS(name)                                                                   \
	{                                                                                          \
		.nr = SYS_##name, .check = SECCOMP_NOTHING                                         \
	}
#define SECCOMP_CALL_UNKNOWN(name)                                                                 \
	{                                                                                          \
		.nr = SYS_##name, .check = SECCOMP_UNKNOWN                                         \
	}
#define SECCOMP_CALL_NEVER(name)                                                                   \
	{                                                                                          \
		.nr = SYS_##name, .check = SECCOMP_NEVER                                           \
	}

struct seccomp_list {
	const struct seccomp_rule *rules;
	size_t n;
};

#define SECCOMP_LIST(rules)                                                                        \
	{                                                                                          \
		rules, sizeof(rules) / sizeof((rules)[0])                                          \
	}

/* Calls in all lists together, and the instructions that they may take. */
#define SECCOMP_RULES_MAX 256
#define SECCOMP_CODE_MAX  1024

struct seccomp_filter {
	struct sock_filter code[SECCOMP_CODE_MAX];
	size_t n;
};

/*
 * What becomes of a call that is on no list, or whose arguments are others: SECCOMP_END is the end
 * of the process by SIGSYS, which dom0's kernel logs with the call's number (audit type=1326).
 */
#define SECCOMP_END SECCOMP_RET_KILL_PROCESS

/*
 * Makes the filter for this processor's calls; those of another kind (x32, 32-bit) are on no list.
 * Of a call that is in two lists the first counts. Returns false where the lists are too long.
 * Allocates nothing.
 */
bool seccomp_build(const struct seccomp_list *lists, size_t n, uint32_t otherwise,
		   struct seccomp_filter *out);

/*
 * The other way round, for a program of which it is not known what it calls: calls that are on no
 * list are allowed, those that are only as their check has it, and fail with EPERM otherwise. Those
 * of another kind (x32, 32-bit) are SECCOMP_END.
 */
bool seccomp_build_denying(const struct seccomp_list *lists, size_t n, struct seccomp_filter *out);

/*
 * Puts the filter upon this thread, with all later ones of its making, for good; or with
 * all_threads upon each thread of the process. There are no new privileges then either
 * (PR_SET_NO_NEW_PRIVS). Returns false with errno set. Safe between fork and exec.
 */
bool seccomp_install(const struct seccomp_filter *f, bool all_threads);

/*
 * The same for a filter that asks (Linux 5.0): returns its listener, which a program that is run
 * does not get; or -1 with errno set. A call that is asked about waits for the answer, and fails
 * with ENOSYS when nobody has the listener any more.
 */
int seccomp_install_asking(const struct seccomp_filter *f);

/*
 * Lets the call be made that waits at the listener (Linux 5.5): the one that is meant is for the
 * caller to know, as its arguments may change until it is made. Waits for it, and for no longer
 * than the file `end` has nothing to be read and somebody who writes. Returns false with errno set;
 * EPIPE for that end.
 */
bool seccomp_let_one(int listener, int end);

/* The processor's kind, AUDIT_ARCH_* of linux/audit.h. */
extern const uint32_t seccomp_arch;
/* Numbers from this one on are of another kind all the same, or of none. */
extern const uint32_t seccomp_beyond;

#endif
