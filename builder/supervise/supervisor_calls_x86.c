#include "supervisor_calls.h"

#include <sys/syscall.h>

/* Those that later processors have only in another form (openat for open). */
static const struct seccomp_rule calls[] = {
	SECCOMP_CALL(open),     SECCOMP_CALL(stat),    SECCOMP_CALL(lstat),
	SECCOMP_CALL(poll),     SECCOMP_CALL(access),  SECCOMP_CALL(pipe),
	SECCOMP_CALL(dup2),     SECCOMP_CALL(rename),  SECCOMP_CALL(mkdir),
	SECCOMP_CALL(rmdir),    SECCOMP_CALL(unlink),  SECCOMP_CALL(symlink),
	SECCOMP_CALL(readlink), SECCOMP_CALL(chmod),   SECCOMP_CALL(getrlimit),
	SECCOMP_CALL(time),     SECCOMP_CALL(eventfd), SECCOMP_CALL(inotify_init),
	SECCOMP_CALL(signalfd),
};

const struct seccomp_list supervisor_calls_of_arch = SECCOMP_LIST(calls);
