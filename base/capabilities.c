#include "capabilities.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

bool capabilities_bound(uint64_t keep)
{
	for (int cap = 0; cap < 64; cap++) {
		if (keep & CAPABILITY(cap) || prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		/* Behind the kernel's last one there is none. */
		if (errno == EINVAL)
			return true;
		/* Who may not drop any may have none to drop. */
		if (errno != EPERM || prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0)
			return false;
	}
	return true;
}

bool capabilities_set(uint64_t keep, uint64_t inherit)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[2] = {
		{(uint32_t)keep, (uint32_t)keep, (uint32_t)inherit},
		{(uint32_t)(keep >> 32), (uint32_t)(keep >> 32), (uint32_t)(inherit >> 32)},
	};

	return syscall(SYS_capset, &head, data) == 0;
}

bool capabilities_keep_only(uint64_t keep)
{
	return capabilities_bound(keep) && capabilities_set(keep, 0);
}
