/* Calls that newer kinds of processors have in other forms only, and the start of a program. */
#include <sys/syscall.h>

#include "daemon_calls.h"

static const struct seccomp_rule both[] = {
	SECCOMP_CALL(arch_prctl), /* where the thread's own variables are */
	SECCOMP_CALL(fork),       SECCOMP_CALL(open), SECCOMP_CALL(stat),
	SECCOMP_CALL(dup2),       SECCOMP_CALL(pipe), SECCOMP_CALL(poll),
};

static const struct seccomp_rule store[] = {
	SECCOMP_CALL(access),
	SECCOMP_CALL(mkdir),
	SECCOMP_CALL(unlink),
	SECCOMP_CALL(chmod),
};

const struct seccomp_list daemon_calls_old = SECCOMP_LIST(both);
const struct seccomp_list daemon_calls_old_store = SECCOMP_LIST(store);
