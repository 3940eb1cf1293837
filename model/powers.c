#include "powers.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bounded_log.h"
#include "base/capabilities.h"
#include "base/close_files.h"
#include "base/leave_root.h"

/* There when its devices were opened. */
#define PLACE "/dev"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct limit {
	__typeof__(RLIMIT_CORE) what;
	rlim_t most;
};

static int set_limits(const struct limit *limits, size_t n, struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		const struct rlimit most = {limits[i].most, limits[i].most};

		if (setrlimit(limits[i].what, &most) < 0)
			return err_set_errno(e, errno, "cannot set a limit");
	}
	return 0;
}

static int limit_common(struct err *e)
{
	static const struct limit limits[] = {
		{RLIMIT_CORE, 0},     {RLIMIT_NPROC, 0}, {RLIMIT_MEMLOCK, 0},
		{RLIMIT_MSGQUEUE, 0}, {RLIMIT_LOCKS, 0}, {RLIMIT_AS, POWERS_MEMORY_MAX},
	};

	return set_limits(limits, COUNT(limits), e);
}

/*
 * The lowest number that is free is the first that can't be had any more: those above stay open.
 * poll(2) takes no more files than that at once; there are more by now.
 */
static int limit_files(struct err *e)
{
	const int next = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	const struct limit limits[] = {
		{RLIMIT_NOFILE, (rlim_t)next},
		{RLIMIT_FSIZE, CONLOG_MAX},
	};

	if (next < 0)
		return err_set_errno(e, errno, "cannot count its files");
	close(next);
	return set_limits(limits, COUNT(limits), e);
}

/* A kernel that lacks a kind of namespace has nothing of that kind to be kept from either. */
static int have_own(int kind)
{
	return unshare(kind) < 0 && errno != EINVAL ? -1 : 0;
}

static int enter_empty_root(struct err *e)
{
	if (unshare(CLONE_NEWNS) < 0 || have_own(CLONE_NEWIPC) < 0 || have_own(CLONE_NEWUTS) < 0)
		return err_set_errno(e, errno, "cannot have namespaces of its own");
	/* Nothing that is mounted here is to be seen elsewhere. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("empty", PLACE, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
		  "mode=0,size=4k,nr_inodes=1") < 0 ||
	    chdir(PLACE) < 0 || !leave_root())
		return err_set_errno(e, errno, "cannot have an empty root directory");
	return 0;
}

static int become(uid_t uid, struct err *e)
{
	const unsigned long number = uid;
	const gid_t gid = (gid_t)uid;

	/* While there is the right to: what it may ever have. */
	if (!capabilities_bound(0))
		return err_set_errno(e, errno, "cannot give up root's powers (is it root's?)");
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		return err_set_errno(e, errno, "cannot become user %lu", number);
	if (!capabilities_set(0, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set_errno(e, errno, "cannot give up root's powers");
	return 0;
}

int powers_give_up(uid_t uid, struct err *e)
{
	if (enter_empty_root(e) < 0 || limit_files(e) < 0 || limit_common(e) < 0)
		return -1;
	return become(uid, e);
}

int powers_compute_only(uid_t uid, struct err *e)
{
	static const struct limit limits[] = {
		{RLIMIT_NOFILE, 0},
		{RLIMIT_FSIZE, 0},
		{RLIMIT_CPU, POWERS_SECONDS},
	};

	if (close_files(0) < 0)
		return err_set_errno(e, errno, "cannot close its files");
	if (set_limits(limits, COUNT(limits), e) < 0 || limit_common(e) < 0)
		return -1;
	return become(uid, e);
}
