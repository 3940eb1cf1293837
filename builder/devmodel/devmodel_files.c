#include "devmodel_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "builder/describe/disk_spec.h"
#include "builder/describe/tag_spec.h"

/* Links that are followed on the way to one file, as in the kernel (MAXSYMLINKS). */
#define LINKS_MAX 40
/* Directories below one that is kept. */
#define DEPTH_MAX 8

/* Where Debian's dynamic linker looks without a cache. */
static const char *const library_dirs[] = {
	"/lib64",
	"/lib/x86_64-linux-gnu",
	"/usr/lib64",
	"/usr/lib/x86_64-linux-gnu",
};

/* What QEMU is built to look in. */
static const char *const qemu_dirs[] = {
	"/usr/share/qemu",
	"/usr/share/seabios",
	"/usr/lib/ipxe/qemu",
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct keeping {
	const struct own_root *own_root;
	unsigned links;
	struct err *e;
};

static int keep(struct keeping *k, const char *path, unsigned depth);

static int fail(const struct keeping *k, const char *path)
{
	return err_set_errno(k->e, errno, "cannot keep %.300s for device models", path);
}

/* Mounts the file on its like in the own root. */
static int keep_file(struct keeping *k, const char *path, const struct stat *st)
{
	char target[PATH_MAX];
	struct stat there;
	int fd;

	if (fstatat(k->own_root->dir, path + 1, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	    there.st_dev == st->st_dev && there.st_ino == st->st_ino)
		return 0;
	fd = openat(k->own_root->dir, path + 1, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return fail(k, path);
	close(fd);
	/* mount(2) takes no directory fd: this is the way to a path that begins at one. */
	if (snprintf(target, sizeof(target), "/proc/self/fd/%d%s", k->own_root->dir, path) >=
	    (int)sizeof(target)) {
		errno = ENAMETOOLONG;
		return fail(k, path);
	}
	return mount(path, target, NULL, MS_BIND, NULL) < 0 ? fail(k, path) : 0;
}

/*
 * Makes the link in the own root, and goes on with where it leads: what is behind it in the path
 * that is being kept is added.
 */
static int keep_link(struct keeping *k, const char *path, const char *behind, unsigned depth)
{
	char to[PATH_MAX], next[PATH_MAX];
	const ssize_t n = readlink(path, to, sizeof(to) - 1);
	int len;

	if (n < 0)
		return fail(k, path);
	to[n] = '\0';
	if (symlinkat(to, k->own_root->dir, path + 1) < 0 && errno != EEXIST)
		return fail(k, path);
	if (to[0] == '/')
		len = snprintf(next, sizeof(next), "%s%s", to, behind);
	else
		len = snprintf(next, sizeof(next), "%.*s/%s%s", (int)(strrchr(path, '/') - path),
			       path, to, behind);
	errno = len >= (int)sizeof(next) ? ENAMETOOLONG : ELOOP;
	if (len >= (int)sizeof(next) || ++k->links > LINKS_MAX)
		return fail(k, path);
	return keep(k, next, depth);
}

static int keep_dir(struct keeping *k, const char *path, unsigned depth)
{
	char below[PATH_MAX];
	struct dirent *d;
	int rc = 0;
	DIR *dir;

	if (depth >= DEPTH_MAX)
		return 0;
	dir = opendir(path);
	if (!dir)
		return fail(k, path);
	while (rc == 0 && (d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		k->links = 0;
		if (snprintf(below, sizeof(below), "%s/%s", path, d->d_name) < (int)sizeof(below))
			rc = keep(k, below, depth + 1);
	}
	closedir(dir);
	return rc;
}

/* Takes "." and "..", and slashes that are too many, out of a path that begins with one. */
static void clean(char *path)
{
	char *out = path, *in = path, *end;

	while (*in) {
		in += strspn(in, "/");
		end = in + strcspn(in, "/");
		if (end - in == 2 && in[0] == '.' && in[1] == '.') {
			while (out > path && *--out != '/')
				;
		} else if (end > in && !(end - in == 1 && in[0] == '.')) {
			*out++ = '/';
			memmove(out, in, (size_t)(end - in));
			out += end - in;
		}
		in = end;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
}

/*
 * Keeps what a path leads to, with every directory and link on the way. `path` is that of the
 * initramfs, and in it each component is looked at in turn.
 */
static int keep(struct keeping *k, const char *path, unsigned depth)
{
	char whole[PATH_MAX], part[PATH_MAX];
	struct stat st;

	if (strlen(path) >= sizeof(whole))
		return 0; /* nobody can open it */
	strcpy(whole, path);
	clean(whole);
	for (char *end = whole + 1;; end++) {
		end += strcspn(end, "/");
		snprintf(part, sizeof(part), "%.*s", (int)(end - whole), whole);
		if (lstat(part, &st) < 0)
			return errno == ENOENT || errno == ENOTDIR ? 0 : fail(k, part);
		if (S_ISLNK(st.st_mode))
			return keep_link(k, part, end, depth);
		if (!S_ISDIR(st.st_mode))
			return !*end && S_ISREG(st.st_mode) ? keep_file(k, part, &st) : 0;
		if (part[1] && mkdirat(k->own_root->dir, part + 1, 0755) < 0 && errno != EEXIST)
			return fail(k, part);
		if (!*end)
			return keep_dir(k, part, depth);
	}
}

/* What is to be kept, as a parcel: paths, and whether all below them is meant. A file that is none
 * is not there; a directory in its place is not gone through. */
static void add(struct parcel *p, bool below, const char *path)
{
	if (!path)
		return;
	parcel_put_number(p, below);
	parcel_put_text(p, path);
}

static int keep_them(struct starter_request *r, int *file, struct err *e)
{
	const struct own_root own_root = {.dir = r->nr_files == 1 ? r->files[0] : -1};

	(void)file;
	while (r->in.left) {
		struct keeping k = {.own_root = &own_root, .e = e};
		const bool below = parcel_number(&r->in);
		const char *path = parcel_text(&r->in);

		if (!path)
			return err_set(e, "cannot keep files for device models: none is named");
		if (keep(&k, path, below ? 0 : DEPTH_MAX) < 0)
			return -1;
	}
	return 0;
}

const struct starter_verb devmodel_files_verb = {
	.name = "keep files for device models",
	.help = keep_them,
};

const char *model_program_of(const struct guest_config *cfg)
{
	return cfg->model_override ? cfg->model_override : MODEL_QEMU_PROGRAM;
}

/* Images that lie in the initramfs; what comes later is seen in the real root (disk_paths.h). */
static void add_images(struct parcel *p, const struct guest_config *cfg)
{
	for (size_t i = 0; i < cfg->nr_disks; i++) {
		const struct disk_spec *s = &cfg->disks[i];

		if (s->qdisk && s->target && !tag_value(s->target) &&
		    strncmp(s->target, "/dev/", 5) != 0)
			add(p, false, s->target);
	}
}

static void add_libraries(struct parcel *p)
{
	for (size_t i = 0; i < COUNT(library_dirs); i++)
		add(p, true, library_dirs[i]);
}

static void add_all(struct parcel *p, const struct guest_config *cfg)
{
	add(p, false, model_program_of(cfg));
	if (!guest_config_runs_qemu(cfg)) {
		add(p, false, cfg->model_config);
		return;
	}
	add_libraries(p);
	for (size_t i = 0; i < COUNT(qemu_dirs); i++)
		add(p, true, qemu_dirs[i]);
	/* In a root of its own QEMU gets the images as open files (qemu_start.h). */
	if (cfg->type != GUEST_HVM)
		return;
	add_images(p, cfg);
	add(p, false, cfg->kernel);
	add(p, false, cfg->ramdisk);
}

static int keep_all(const struct own_root *r, const struct starter *s, struct parcel *p,
		    struct err *e)
{
	const int rc = starter_help(s, &devmodel_files_verb, p, &r->dir, 1, NULL, e);

	parcel_free(p);
	return rc;
}

int devmodel_files_keep(const struct own_root *r, const struct starter *s,
			const struct guest_config *cfg, struct err *e)
{
	struct parcel p = {0};

	if (!r || !guest_config_has_model(cfg))
		return 0;
	add_all(&p, cfg);
	return keep_all(r, s, &p, e);
}

int devmodel_files_keep_libraries(const struct own_root *r, const struct starter *s, struct err *e)
{
	struct parcel p = {0};

	add_libraries(&p);
	return keep_all(r, s, &p, e);
}
