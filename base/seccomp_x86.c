#include "seccomp.h"

#include <linux/audit.h>

const uint32_t seccomp_arch = AUDIT_ARCH_X86_64;
