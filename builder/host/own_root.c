#include "own_root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/leave_root.h"

static const char *const shared[] = {"/dev", "/proc", "/run", "/sys"};

/*
 * Mounts the tmpfs over /, where this process does not see it: a path that begins with / begins
 * below what is mounted there. So it is mounted over /run first, opened, and moved.
 */
static int mount_root(struct own_root *r, struct err *e)
{
	if (mount("earlydom", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
		return err_set(e, "cannot mount a tmpfs: %s", strerror(errno));
	r->dir = open("/run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir >= 0 && mount("/run", "/", NULL, MS_MOVE, NULL) == 0)
		return 0;
	err_set(e, "cannot move the refuge to /: %s", strerror(errno));
	umount2("/run", MNT_DETACH);
	return -1;
}

/* With the own root as the working directory. */
static int fill(struct err *e)
{
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		const char *name = shared[i] + 1;

		if (mkdir(name, 0755) < 0)
			return err_set(e, "cannot make %s in the refuge: %s", shared[i],
				       strerror(errno));
		if (mount(shared[i], name, NULL, MS_BIND | MS_REC, NULL) < 0)
			return err_set(e, "cannot mount %s in the refuge: %s", shared[i],
				       strerror(errno));
	}
	if (mkdir("var", 0755) < 0 || mkdir("var/lib", 0755) < 0 ||
	    symlink("../run", "var/run") < 0 || mkdir("tmp", 0700) < 0 || chmod("tmp", 01777) < 0)
		return err_set(e, "cannot make the directories of the refuge: %s", strerror(errno));
	return 0;
}

int own_root_make(struct own_root *r, struct err *e)
{
	int rc;

	r->dir = -1;
	if (unshare(CLONE_NEWNS) < 0)
		return err_set(e, "cannot make a mount namespace: %s", strerror(errno));
	/* Nothing that is mounted here is to be seen elsewhere, nor the other way round. */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return err_set(e, "cannot make the mounts private: %s", strerror(errno));
	rc = mount_root(r, e);
	if (rc == 0 && fchdir(r->dir) < 0)
		rc = err_set(e, "cannot go to the refuge: %s", strerror(errno));
	if (rc == 0)
		rc = fill(e);
	if (chdir("/") < 0 && rc == 0)
		rc = err_set(e, "cannot go to /: %s", strerror(errno));
	if (rc < 0)
		own_root_close(r);
	return rc;
}

int own_root_enter_child(const struct own_root *r)
{
	return fchdir(r->dir) < 0 ? -1 : chroot(".");
}

static int cannot_enter(struct err *e)
{
	return err_set(e, "cannot make the refuge the root: %s", strerror(errno));
}

/* One that is the root already is no error (EBUSY). */
static int enter(struct starter_request *r, int *file, struct err *e)
{
	(void)file;
	if (r->nr_files != 1 || fchdir(r->files[0]) < 0)
		return cannot_enter(e);
	return leave_root() || (errno == EBUSY && chroot(".") == 0) ? 0 : cannot_enter(e);
}

const struct starter_verb own_root_verb = {
	.name = "make the refuge the root",
	.help = enter,
	.itself = true,
};

int own_root_enter(const struct own_root *r, const struct starter *s, struct err *e)
{
	const struct parcel nothing = {0};

	if (starter_help(s, &own_root_verb, &nothing, &r->dir, 1, NULL, e) < 0)
		return -1;
	/* pivot_root moves all that have the old root, chroot the starter alone. */
	return s && own_root_enter_child(r) < 0 ? cannot_enter(e) : 0;
}

static bool is_shared(const char *path)
{
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++) {
		const size_t len = strlen(shared[i]);

		if (!strncmp(path, shared[i], len) && (path[len] == '/' || !path[len]))
			return true;
	}
	return false;
}

static int cannot_link(const char *path, struct err *e)
{
	return err_set_errno(e, errno, "cannot make %.300s to be seen in the refuge", path);
}

int own_root_link(const struct own_root *r, const char *path, struct err *e)
{
	const char *start = path + strspn(path, "/");
	char name[PATH_MAX], to[PATH_MAX + sizeof(REAL_ROOT)];
	struct stat st;

	if (is_shared(start - 1))
		return 0;
	if (strlen(start) >= sizeof(name))
		return err_set_errno(e, ENAMETOOLONG, "%.60s...", path);
	for (const char *end = start;; end++) {
		end += strcspn(end, "/");
		snprintf(name, sizeof(name), "%.*s", (int)(end - start), start);
		if (fstatat(r->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			if (!*end || !S_ISDIR(st.st_mode))
				return 0;
			continue;
		}
		if (errno != ENOENT)
			return cannot_link(path, e);
		snprintf(to, sizeof(to), REAL_ROOT "/%s", name);
		/* Another thread may have made it just now. */
		return symlinkat(to, r->dir, name) < 0 && errno != EEXIST ? cannot_link(path, e)
									  : 0;
	}
}

bool own_root_leads_out(const struct own_root *r, const char *path)
{
	const char *start = path + strspn(path, "/");
	char name[PATH_MAX], to[1];

	for (const char *end = start; *end; end++) {
		end += strcspn(end, "/");
		if (snprintf(name, sizeof(name), "%.*s", (int)(end - start), start) >=
		    (int)sizeof(name))
			return true; /* nobody can open it */
		if (readlinkat(r->dir, name, to, 1) == 1 && to[0] == '/')
			return true;
		if (!*end)
			break;
	}
	return false;
}

bool own_root_entered(const struct own_root *r)
{
	struct stat root, own;

	return stat("/", &root) == 0 && fstat(r->dir, &own) == 0 && root.st_dev == own.st_dev &&
	       root.st_ino == own.st_ino;
}

void own_root_close(struct own_root *r)
{
	if (r->dir >= 0)
		close(r->dir);
	r->dir = -1;
}
