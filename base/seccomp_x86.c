#include "seccomp.h"

#include <linux/audit.h>

const uint32_t seccomp_arch = AUDIT_ARCH_X86_64;
/* __X32_SYSCALL_BIT of asm/unistd.h. */
const uint32_t seccomp_beyond = UINT32_C(1) << 30;
