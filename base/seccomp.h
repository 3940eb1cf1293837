/*
 * Filters of system calls: a list of the calls that a process may make, as the program that the
 * kernel runs at each of them (seccomp(2)). All that is on no list has one end.
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
#define SECCOMP_CODE_MAX  2048

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
 * Puts the filter upon this thread, with all later ones of its making, for good; or with
 * all_threads upon each thread of the process. There are no new privileges then either
 * (PR_SET_NO_NEW_PRIVS). Returns false with errno set. Safe between fork and exec.
 */
bool seccomp_install(const struct seccomp_filter *f, bool all_threads);

/* The processor's kind, AUDIT_ARCH_* of linux/audit.h. */
extern const uint32_t seccomp_arch;

#endif
