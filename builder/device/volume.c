#include "volume.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "builder/describe/tag_spec.h"
#include "modules.h"
#include "builder/jail/probe.h"
#include "tag.h"

/* ---- mounting ---- */

/* Returns the root directory, or -1 with errno set. */
static int mount_as(const char *device, const char *type, bool readonly)
{
	const int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	int root = -1, cause;

	if (fs < 0)
		return -1;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", device, 0) == 0 &&
	    (!readonly || syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) == 0) &&
	    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		root = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC,
				    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
					    (readonly ? MOUNT_ATTR_RDONLY : 0));
	cause = errno;
	close(fs);
	errno = cause;
	return root;
}

/* Whether it may be mounted for reading all the same. */
static bool is_no_writing(int cause)
{
	return cause == EBUSY || cause == EROFS || cause == EACCES;
}

static int find_type(const struct starter *s, const char *device, struct probe_content *content,
		     struct err *e)
{
	const int fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int rc;

	if (fd < 0)
		return err_set_errno(e, errno, "cannot read it");
	rc = probe_content(s, fd, 0, 0, content, e);
	close(fd);
	if (rc < 0)
		return err_prefix(e, "cannot read it: ");
	if (content->kind == PROBE_DATA && strcmp(content->type, "swap") != 0)
		return 0;
	return err_set(e, "there is no file system on it");
}

static int cannot_mount(int cause, const char *type, bool write, struct err *e)
{
	if (cause == ENODEV)
		return err_set(e, "cannot mount it: dom0's kernel has no %.32s", type);
	if (cause == EBUSY)
		return err_set_passing(e, "cannot mount it (%.32s): it is in use%s", type,
				       write ? ", or mounted read-only" : "");
	return err_set_errno(e, cause, "cannot mount it (%.32s)", type);
}

static int help(struct starter_request *r, int *root, struct err *e)
{
	const char *device = parcel_text(&r->in), *type = parcel_text(&r->in);
	const bool write = parcel_number(&r->in);

	if (!parcel_is_read(&r->in) || !device || !type)
		return err_set(e, "cannot mount it: it is not named");
	*root = mount_as(device, type, false);
	if (*root < 0 && !write && is_no_writing(errno))
		*root = mount_as(device, type, true);
	return *root < 0 ? cannot_mount(errno, type, write, e) : 0;
}

const struct starter_verb volume_verb = {.name = "mount a file system", .help = help};

int volume_mount(const struct starter *s, const char *device, bool write, struct err *e)
{
	struct probe_content content;
	struct parcel p = {0};
	char list[64];
	int root, rc;

	if (find_type(s, device, &content, e) < 0)
		return -1;
	snprintf(list, sizeof(list), "fs-%s", content.type);
	if (modules_need(s, list, e) < 0)
		return -1;
	parcel_put_text(&p, device);
	parcel_put_text(&p, content.type);
	parcel_put_number(&p, write);
	rc = starter_help(s, &volume_verb, &p, NULL, 0, &root, e);
	parcel_free(&p);
	return rc < 0 ? -1 : root;
}

/* ---- files ---- */

int volume_path(const char *guest, const char *vdev, const char *file, char path[PATH_MAX],
		struct err *e)
{
	const int len = snprintf(path, PATH_MAX, VOLUME_DIR "/%s/%s", guest, vdev);

	if (len >= PATH_MAX ||
	    snprintf(path + len, (size_t)(PATH_MAX - len), "%s", file) >= PATH_MAX - len)
		return err_set_errno(e, ENAMETOOLONG, "%.60s...", file);
	return len;
}

/* ---- dom0's root ---- */

/* Copies the last root= of the command line, or "". */
static void read_root(const char *sysroot, char root[512])
{
	char path[PATH_MAX], line[4096], *word, *more;
	FILE *f;

	root[0] = '\0';
	snprintf(path, sizeof(path), "%.3000s/proc/cmdline", sysroot);
	f = fopen(path, "re");
	if (!f)
		return;
	word = fgets(line, sizeof(line), f) ? strtok_r(line, " \t\n", &more) : NULL;
	for (; word; word = strtok_r(NULL, " \t\n", &more))
		if (!strncmp(word, "root=", 5))
			snprintf(root, 512, "%s", word + 5);
	fclose(f);
}

static bool same_device(const char *a, const char *b)
{
	char real_a[PATH_MAX], real_b[PATH_MAX];
	struct stat sa, sb;

	if (stat(a, &sa) < 0 || stat(b, &sb) < 0)
		return false;
	if (S_ISBLK(sa.st_mode) && S_ISBLK(sb.st_mode))
		return sa.st_rdev == sb.st_rdev;
	return realpath(a, real_a) && realpath(b, real_b) && !strcmp(real_a, real_b);
}

bool volume_is_root(const struct block_view *view, const char *device)
{
	char root[512], path[PATH_MAX];
	struct err ignored;

	read_root(view->sysroot, root);
	if (tag_value(root))
		return tag_find(view, root, path, sizeof(path), &ignored) == 0 &&
		       same_device(path, device);
	if (root[0] != '/')
		return false;
	snprintf(path, sizeof(path), "%.3000s%s", view->sysroot, root);
	return same_device(path, device);
}
