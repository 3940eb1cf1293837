/*
 * What the runtimes of AddressSanitizer, UBSan and ThreadSanitizer call beside the calls that a job
 * of the jail may make (builder/jail/jail_child.c). The program as shipped has none of this.
 */
#include "base/seccomp.h"

#include <sys/syscall.h>

extern const struct seccomp_list jail_sanitizer_calls;

static const struct seccomp_rule calls[] = {
	SECCOMP_CALL(gettid), SECCOMP_CALL(sigaltstack), /* before a call that does not return */
};

const struct seccomp_list jail_sanitizer_calls = SECCOMP_LIST(calls);
