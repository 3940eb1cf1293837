#include "devmodel_powers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xenctrl.h>

#include <xen/sys/evtchn.h>
#include <xen/sys/privcmd.h>

#include "base/capabilities.h"

static int open_device(const char *dev, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dev, name);
	return open(path, O_RDWR | O_CLOEXEC);
}

static bool restrict_privcmd(int fd, uint32_t domid)
{
	domid_t to = (domid_t)domid;

	return ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &to) == 0;
}

static bool restrict_evtchn(int fd, uint32_t domid)
{
	struct ioctl_evtchn_restrict_domid to = {.domid = (domid_t)domid};

	return ioctl(fd, IOCTL_EVTCHN_RESTRICT_DOMID, &to) == 0;
}

/* Tries a restriction on a handle that is opened only for this, to see whether the kernel can do
 * it. Returns it or false with errno set. */
static bool works(const char *dev, const char *name, bool (*restrict_it)(int fd, uint32_t domid),
		  uint32_t domid)
{
	const int fd = open_device(dev, name);
	const bool it_does = fd >= 0 && restrict_it(fd, domid);
	const int cause = errno;

	if (fd >= 0)
		close(fd);
	errno = cause;
	return it_does;
}

int model_powers(const char *dev, uint32_t domid, bool keeps, bool strict, struct model_powers *out,
		 struct err *e)
{
	const char *missing = NULL;

	*out = (struct model_powers){.uid = 0};
	if (!works(dev, "privcmd", restrict_privcmd, domid))
		missing = "privcmd";
	else if (!works(dev, "evtchn", restrict_evtchn, domid))
		missing = "evtchn";
	if (missing && strict)
		return err_set_errno(e, errno,
				     "dom0's kernel cannot restrict %.100s/%s to a guest "
				     "(" MODEL_UNRESTRICTED " starts its QEMU all the same)",
				     dev, missing);
	if (keeps)
		return 0;
	*out = (struct model_powers){
		.restrict_domid = !missing,
		.unprivileged = geteuid() == 0,
		.uid = MODEL_UID_BASE + domid,
		.gid = MODEL_UID_BASE + domid,
	};
	return 0;
}

/* What is mounted below it is not seen any more. One that is not there need not be kept. */
static bool make_readonly(const char *dir)
{
	if (mount(dir, dir, NULL, MS_BIND, NULL) < 0)
		return errno == ENOENT;
	return mount(NULL, dir, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NOEXEC,
		     NULL) == 0;
}

bool model_unshare(bool mounts, bool sys)
{
	if (unshare(CLONE_NEWIPC | (mounts ? CLONE_NEWNS : 0)) < 0)
		return false;
	if (!mounts)
		return true;
	/* What is unmounted elsewhere is not to be held here, where that is to be seen. */
	return mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) == 0 && make_readonly("/proc") &&
	       (sys || make_readonly("/sys"));
}

bool model_become(uid_t uid)
{
	const uint64_t opens = CAPABILITY(CAP_DAC_OVERRIDE);

	if (!capabilities_bound(opens) || prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return false;
	/* The system calls themselves: the libraries' functions want all threads to make them. */
	if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, uid, uid, uid) < 0 ||
	    syscall(SYS_setresuid, uid, uid, uid) < 0)
		return false;
	return capabilities_set(opens, opens) &&
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

static bool restrict_file(int fd, dev_t privcmd, dev_t evtchn, uint32_t domid)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISCHR(st.st_mode) || !st.st_rdev)
		return true;
	if (st.st_rdev == privcmd)
		return restrict_privcmd(fd, domid);
	return st.st_rdev != evtchn || restrict_evtchn(fd, domid);
}

static bool restrict_files(pid_t pid, int pidfd, const char *dev, uint32_t domid)
{
	const dev_t privcmd = number_of(dev, "privcmd"), evtchn = number_of(dev, "evtchn");
	int cause;
	struct dirent *entry;
	char path[64];
	DIR *d;

	/* None of its files would be known for what it is. */
	if (!privcmd || !evtchn) {
		errno = ENODEV;
		return false;
	}
	snprintf(path, sizeof(path), "/proc/%ld/fd", (long)pid);
	d = opendir(path);
	cause = d ? 0 : errno;
	while (!cause && (entry = readdir(d))) {
		const int fd = entry->d_name[0] == '.' ? -1 : file_of(pidfd, entry->d_name);

		if (fd < 0 && entry->d_name[0] != '.' && errno != EBADF)
			cause = errno;
		if (fd >= 0 && !restrict_file(fd, privcmd, evtchn, domid))
			cause = errno;
		if (fd >= 0)
			close(fd);
	}
	if (d)
		closedir(d);
	errno = cause;
	return !cause;
}

static int open_of(pid_t pid, const char *what, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, what);
	return open(path, flags | O_CLOEXEC);
}

/* The process's own namespace of mounts is this helper's from then on, in its root directory. */
static bool enter_mounts(pid_t pid)
{
	const int root = open_of(pid, "root", O_PATH | O_DIRECTORY);
	const int namespace = open_of(pid, "ns/mnt", O_RDONLY);
	const bool good = root >= 0 && namespace >= 0 && setns(namespace, CLONE_NEWNS) == 0 &&
			  fchdir(root) == 0;
	const int cause = errno;

	if (root >= 0)
		close(root);
	if (namespace >= 0)
		close(namespace);
	errno = cause;
	return good;
}

/* From the root directory. A device that is not there can't be opened. */
static bool cover(const char *dev, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dev + strspn(dev, "/"), name);
	return mount("dev/null", path, NULL, MS_BIND, NULL) == 0 || errno == ENOENT;
}

static int help(struct starter_request *r, int *file, struct err *e)
{
	const pid_t pid = (pid_t)parcel_number(&r->in);
	const uint32_t domid = (uint32_t)parcel_number(&r->in);
	const bool covered = parcel_number(&r->in);
	const char *dev = parcel_text(&r->in);

	(void)file;
	if (!parcel_is_read(&r->in) || !dev || r->nr_files != 1)
		return err_set(e, "it is not named");
	if (!restrict_files(pid, r->files[0], dev, domid))
		return err_set(e, "%s", strerror(errno));
	if (covered && (!enter_mounts(pid) || !cover(dev, "privcmd") || !cover(dev, "hypercall")))
		return err_set_errno(e, errno, "cannot take privcmd out of its reach");
	return 0;
}

const struct starter_verb model_restrict_verb = {.name = "restrict a device model", .help = help};

int model_restrict(const struct starter *s, pid_t pid, int pidfd, const char *dev, uint32_t domid,
		   bool covered, struct err *e)
{
	struct parcel p = {0};
	int rc;

	if (pidfd < 0)
		return err_set(e, "%s", strerror(ENOSYS));
	parcel_put_number(&p, (uint64_t)pid);
	parcel_put_number(&p, domid);
	parcel_put_number(&p, covered);
	parcel_put_text(&p, dev);
	rc = starter_help(s, &model_restrict_verb, &p, &pidfd, 1, NULL, e);
	parcel_free(&p);
	return rc;
}

static bool limit(int resource, rlim_t most)
{
	const struct rlimit r = {most, most};

	return setrlimit((__typeof__(RLIMIT_CORE))resource, &r) == 0;
}

bool model_limit(enum model_limits which)
{
	if (!limit(RLIMIT_CORE, 0))
		return false;
	if (which == MODEL_LIMITS_CORE)
		return true;
	return limit(RLIMIT_MSGQUEUE, 0) && limit(RLIMIT_LOCKS, 0) && limit(RLIMIT_MEMLOCK, 0);
}

bool model_limit_files(uint64_t bytes)
{
	/* What is written beyond fails, and is not QEMU's end. */
	return bytes == MODEL_FILES_ANY ||
	       (signal(SIGXFSZ, SIG_IGN) != SIG_ERR && limit(RLIMIT_FSIZE, (rlim_t)bytes));
}
