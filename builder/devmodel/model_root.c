#include "model_root.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/leave_root.h"
#include "builder/store/store.h"

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif

/* QEMU writes nothing there; what it may write all the same is to be little. */
#define TMPFS_OPTIONS "mode=755,size=1m,nr_inodes=1k"
#define PROC_OPTIONS  "hidepid=2,subset=pid"

static const char *const seen[] = {"/usr", "/lib", "/lib64"};
static const char *const nodes[] = {
	"/dev/null",          "/dev/zero",       "/dev/urandom",    "/dev/xen/privcmd",
	"/dev/xen/hypercall", "/dev/xen/evtchn", "/dev/xen/gntdev",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- the list ---- */

static int no_memory(struct err *e)
{
	return err_set_passing(e, "out of memory");
}

/* at is absolute, of len bytes. */
static int add(struct model_root *r, enum root_step_kind kind, const char *at, size_t len,
	       const char *from, struct err *e)
{
	struct root_step *more = realloc(r->steps, (r->n + 1) * sizeof(*more));
	struct root_step *s;

	if (!more)
		return no_memory(e);
	r->steps = more;
	s = &more[r->n++];
	*s = (struct root_step){kind, strndup(at + 1, len - 1), from ? strdup(from) : NULL};
	return s->at && (s->from || !from) ? 0 : no_memory(e);
}

static bool has(const struct model_root *r, const char *at, size_t len)
{
	for (size_t i = 0; i < r->n; i++)
		if (strlen(r->steps[i].at) == len - 1 && !memcmp(r->steps[i].at, at + 1, len - 1))
			return true;
	return false;
}

/* The directories above it. */
static int add_above(struct model_root *r, const char *at, struct err *e)
{
	for (const char *slash = strchr(at + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		const size_t len = (size_t)(slash - at);

		if (!has(r, at, len) && add(r, ROOT_DIR, at, len, NULL, e) < 0)
			return -1;
	}
	return 0;
}

static int add_step(struct model_root *r, enum root_step_kind kind, const char *at,
		    const char *from, struct err *e)
{
	return add_above(r, at, e) < 0 ? -1 : add(r, kind, at, strlen(at), from, e);
}

/* The step at which something is that is no directory, and which is on the way to the path or at
 * its end; NULL for none. */
static const struct root_step *in_the_way(const struct model_root *r, const char *path)
{
	for (size_t i = 0; i < r->n; i++) {
		const size_t len = strlen(r->steps[i].at);

		if (r->steps[i].kind != ROOT_DIR && !strncmp(r->steps[i].at, path + 1, len) &&
		    (path[1 + len] == '/' || !path[1 + len]))
			return &r->steps[i];
	}
	return NULL;
}

static int no_path(const char *path, struct err *e)
{
	return err_set(e, "%.200s can't be a path for QEMU", path);
}

/* Goes back to the directory above, which has to be there for that. */
static int walk_up(struct model_root *r, char at[PATH_MAX], struct err *e)
{
	char *slash = strrchr(at, '/');

	if (!slash)
		return 0;
	if (!has(r, at, strlen(at)) && add_step(r, ROOT_DIR, at, NULL, e) < 0)
		return -1;
	*slash = '\0';
	return 0;
}

/*
 * Takes slashes that are too many, "." and ".." out of an absolute path, as the kernel does it; no
 * link is on the way here. Returns 0, or -1 with e set.
 */
static int walk(struct model_root *r, const char *path, char at[PATH_MAX], struct err *e)
{
	const char *p = path + strspn(path, "/");
	size_t len = 0, n;

	for (at[0] = '\0'; *p; p += n + strspn(p + n, "/")) {
		n = strcspn(p, "/");
		if (n == 1 && *p == '.')
			continue;
		if (n == 2 && !strncmp(p, "..", 2)) {
			if (walk_up(r, at, e) < 0)
				return -1;
			len = strlen(at);
			continue;
		}
		if (len + 1 + n >= PATH_MAX)
			return no_path(path, e);
		len += (size_t)sprintf(at + len, "/%.*s", (int)n, p);
	}
	return len ? 0 : no_path(path, e);
}

static int add_file(struct model_root *r, const struct model_file *f, struct err *e)
{
	const struct root_step *s;
	char at[PATH_MAX], to[32];

	if (walk(r, f->path, at, e) < 0)
		return -1;
	s = in_the_way(r, at);
	/* One that several disks have is there already. */
	if (s && s->kind == ROOT_LINK && !strcmp(s->at, at + 1))
		return 0;
	if (s)
		return err_set(e, "%.200s is in QEMU's own /%s, and can't be an image's path",
			       f->path, s->at);
	if (has(r, at, strlen(at)))
		return no_path(f->path, e);
	snprintf(to, sizeof(to), "/proc/self/fd/%d", f->fd);
	return add_step(r, ROOT_LINK, at, to, e);
}

/* It needs a place of its own where it is not below one that is seen anyway. */
static int add_program(struct model_root *r, const char *program, struct err *e)
{
	char at[PATH_MAX];

	if (walk(r, program, at, e) < 0)
		return -1;
	return in_the_way(r, at) ? 0 : add_step(r, ROOT_SEE, at, program, e);
}

int model_root_plan(const char *place, uid_t uid, const char *program,
		    const struct model_file *files, size_t n, struct model_root *out, struct err *e)
{
	*out = (struct model_root){.place = place, .uid = uid};
	for (size_t i = 0; i < COUNT(seen); i++)
		if (add_step(out, ROOT_SEE, seen[i], seen[i], e) < 0)
			return -1;
	if (add_program(out, program, e) < 0)
		return -1;
	for (size_t i = 0; i < COUNT(nodes); i++)
		if (add_step(out, ROOT_NODE, nodes[i], nodes[i], e) < 0)
			return -1;
	if (add_step(out, ROOT_SEE, STORE_SOCKET, STORE_SOCKET, e) < 0 ||
	    add_step(out, ROOT_PROC, "/proc", NULL, e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (add_file(out, &files[i], e) < 0)
			return -1;
	return 0;
}

void model_root_free(struct model_root *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->steps[i].at);
		free(r->steps[i].from);
	}
	free(r->steps);
	*r = (struct model_root){0};
}

/* ---- in the child ---- */

/* All that is mounted there, where the kernel can do that at once (Linux 5.12); or what is mounted
 * last, and then the files that the own root has mounted one by one can be written. */
static bool make_readonly(const char *at)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID};

	if (syscall(SYS_mount_setattr, AT_FDCWD, at, AT_RECURSIVE, &attr, sizeof(attr)) == 0)
		return true;
	return errno == ENOSYS &&
	       mount(NULL, at, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID, NULL) == 0;
}

static bool make_file(const char *at)
{
	const int fd = open(at, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 && close(fd) == 0;
}

static bool see(const struct root_step *s)
{
	struct stat st;

	if (stat(s->from, &st) < 0)
		return errno == ENOENT;
	if (S_ISDIR(st.st_mode) ? mkdir(s->at, 0755) < 0 : !make_file(s->at))
		return false;
	return mount(s->from, s->at, NULL, MS_BIND | MS_REC, NULL) == 0 && make_readonly(s->at);
}

static bool make_node(const struct model_root *r, const struct root_step *s)
{
	struct stat st;

	if (stat(s->from, &st) < 0)
		return errno == ENOENT;
	return mknod(s->at, S_IFCHR | 0600, st.st_rdev) == 0 && chown(s->at, r->uid, r->uid) == 0;
}

static bool do_step(const struct model_root *r, const struct root_step *s)
{
	switch (s->kind) {
	case ROOT_DIR:
		return mkdir(s->at, 0755) == 0;
	case ROOT_LINK:
		return symlink(s->from, s->at) == 0;
	case ROOT_SEE:
		return see(s);
	case ROOT_NODE:
		return make_node(r, s);
	case ROOT_PROC:
		return mkdir(s->at, 0755) == 0 &&
		       mount("proc", s->at, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			     PROC_OPTIONS) == 0;
	}
	return false;
}

bool model_root_enter(const struct model_root *r)
{
	/* Nothing that is mounted here is to be seen elsewhere. */
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	if (mount("qemu", r->place, "tmpfs", MS_NOSUID, TMPFS_OPTIONS) < 0 || chdir(r->place) < 0)
		return false;
	for (size_t i = 0; i < r->n; i++)
		if (!do_step(r, &r->steps[i]))
			return false;
	return leave_root();
}

void model_root_pack(const struct model_root *r, struct parcel *p)
{
	parcel_put_text(p, r->place);
	parcel_put_number(p, r->uid);
	parcel_put_number(p, r->n);
	for (size_t i = 0; i < r->n; i++) {
		parcel_put_number(p, r->steps[i].kind);
		parcel_put_text(p, r->steps[i].at);
		parcel_put_text(p, r->steps[i].from);
	}
}

bool model_root_unpack(struct parcel_reader *in, struct model_root *out)
{
	*out = (struct model_root){.place = parcel_text(in), .uid = (uid_t)parcel_number(in)};
	out->n = parcel_number(in);
	if (in->bad || !out->place || out->n > in->left)
		return false;
	out->steps = calloc(out->n ? out->n : 1, sizeof(*out->steps));
	for (size_t i = 0; out->steps && i < out->n; i++) {
		struct root_step *s = &out->steps[i];

		s->kind = (enum root_step_kind)parcel_number(in);
		s->at = (char *)(uintptr_t)parcel_text(in);
		s->from = (char *)(uintptr_t)parcel_text(in);
		if (!s->at || s->kind > ROOT_PROC)
			return false;
	}
	return out->steps && !in->bad;
}

bool model_root_forget_hypervisor(pid_t pid)
{
	static const char *const names[] = {"privcmd", "hypercall"};
	char path[64];

	for (size_t i = 0; i < COUNT(names); i++) {
		snprintf(path, sizeof(path), "/proc/%ld/root/dev/xen/%s", (long)pid, names[i]);
		if (unlink(path) < 0 && errno != ENOENT)
			return false;
	}
	return true;
}
