#include "devmodel_powers.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <xenctrl.h>

#include <xen/sys/evtchn.h>
#include <xen/sys/privcmd.h>

static int open_device(const char *dev, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dev, name);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* Tries the restriction on a handle that is opened only for this, to see whether the kernel can do
 * it. */
static bool restrict_works(const char *dev, uint32_t domid)
{
	struct ioctl_evtchn_restrict_domid evtchn = {.domid = (domid_t)domid};
	domid_t privcmd = (domid_t)domid;
	int fd = open_device(dev, "privcmd");
	bool works = fd >= 0 && ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &privcmd) == 0;

	if (fd >= 0)
		close(fd);
	if (!works)
		return false;
	fd = open_device(dev, "evtchn");
	works = fd >= 0 && ioctl(fd, IOCTL_EVTCHN_RESTRICT_DOMID, &evtchn) == 0;
	if (fd >= 0)
		close(fd);
	return works;
}

void model_powers(const char *dev, uint32_t domid, bool serves, struct model_powers *out)
{
	*out = (struct model_powers){.uid = 0};
	if (serves)
		return;
	*out = (struct model_powers){
		.restrict_domid = restrict_works(dev, domid),
		.unprivileged = geteuid() == 0,
		.uid = MODEL_UID_BASE + domid,
		.gid = MODEL_UID_BASE + domid,
	};
}

static bool none_of(int resource)
{
	const struct rlimit none = {0, 0};

	return setrlimit((__typeof__(RLIMIT_CORE))resource, &none) == 0;
}

bool model_limit_core(void)
{
	return none_of(RLIMIT_CORE);
}

bool model_limit_all(void)
{
	return none_of(RLIMIT_CORE) && none_of(RLIMIT_MSGQUEUE) && none_of(RLIMIT_LOCKS) &&
	       none_of(RLIMIT_MEMLOCK);
}
