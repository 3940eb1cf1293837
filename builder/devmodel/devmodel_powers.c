#include "devmodel_powers.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
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

void model_powers(const char *dev, uint32_t domid, bool keeps, struct model_powers *out)
{
	*out = (struct model_powers){.uid = 0};
	if (keeps)
		return;
	*out = (struct model_powers){
		.restrict_domid = restrict_works(dev, domid),
		.unprivileged = geteuid() == 0,
		.uid = MODEL_UID_BASE + domid,
		.gid = MODEL_UID_BASE + domid,
	};
}

/* What it may ever have; without this a later program might get the others. */
static bool drop_bounds(void)
{
	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (cap != CAP_DAC_OVERRIDE && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return false;
	return true;
}

static bool set_capabilities(uint32_t caps)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct data[2] = {{caps, caps, caps}};

	return syscall(SYS_capset, &head, data) == 0;
}

bool model_become(uid_t uid)
{
	if (!drop_bounds() || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return false;
	/* The system calls themselves: the libraries' functions want all threads to make them. */
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, uid, uid, uid) < 0 ||
	    syscall(SYS_setresuid, uid, uid, uid) < 0)
		return false;
	return set_capabilities(UINT32_C(1) << CAP_DAC_OVERRIDE) &&
	       prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* The number of a device, or 0. */
static dev_t number_of(const char *dev, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dev, name);
	return stat(path, &st) == 0 && S_ISCHR(st.st_mode) ? st.st_rdev : 0;
}

/* Its open file, and not one of the same device: a restriction is the open file's. */
static int file_of(int pidfd, const char *number)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, atoi(number), 0);
}

static void restrict_file(int fd, dev_t privcmd_number, dev_t evtchn_number, uint32_t domid)
{
	struct ioctl_evtchn_restrict_domid evtchn = {.domid = (domid_t)domid};
	domid_t privcmd = (domid_t)domid;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || !st.st_rdev)
		return;
	if (st.st_rdev == privcmd_number)
		ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &privcmd);
	else if (st.st_rdev == evtchn_number)
		ioctl(fd, IOCTL_EVTCHN_RESTRICT_DOMID, &evtchn);
}

static void restrict_files(pid_t pid, int pidfd, const char *dev, uint32_t domid)
{
	const dev_t privcmd = number_of(dev, "privcmd"), evtchn = number_of(dev, "evtchn");
	struct dirent *entry;
	char path[64];
	DIR *d;
	int fd;

	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	d = opendir(path);
	while (d && (entry = readdir(d))) {
		fd = entry->d_name[0] == '.' ? -1 : file_of(pidfd, entry->d_name);
		if (fd < 0)
			continue;
		restrict_file(fd, privcmd, evtchn, domid);
		close(fd);
	}
	if (d)
		closedir(d);
}

static int help(struct starter_request *r, int *file, struct err *e)
{
	const pid_t pid = (pid_t)parcel_number(&r->in);
	const uint32_t domid = (uint32_t)parcel_number(&r->in);
	const char *dev = parcel_text(&r->in);

	(void)file;
	if (!parcel_is_read(&r->in) || !dev || r->nr_files != 1)
		return err_set(e, "cannot restrict a device model: it is not named");
	restrict_files(pid, r->files[0], dev, domid);
	return 0;
}

const struct starter_verb model_restrict_verb = {.name = "restrict a device model", .help = help};

int model_restrict(const struct starter *s, pid_t pid, int pidfd, const char *dev, uint32_t domid,
		   struct err *e)
{
	struct parcel p = {0};
	int rc;

	if (pidfd < 0)
		return 0;
	parcel_put_number(&p, (uint64_t)pid);
	parcel_put_number(&p, domid);
	parcel_put_text(&p, dev);
	rc = starter_help(s, &model_restrict_verb, &p, &pidfd, 1, NULL, e);
	parcel_free(&p);
	return rc;
}

static bool none_of(int resource)
{
	const struct rlimit none = {0, 0};

	return setrlimit((__typeof__(RLIMIT_CORE))resource, &none) == 0;
}

bool model_limit(enum model_limits which)
{
	if (!none_of(RLIMIT_CORE))
		return false;
	if (which == MODEL_LIMITS_CORE)
		return true;
	return none_of(RLIMIT_MSGQUEUE) && none_of(RLIMIT_LOCKS) && none_of(RLIMIT_MEMLOCK);
}
