#include "loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* linux/major.h */
#define LOOP_MAJOR 7

/* Others may take the free device before us, and each time there is a next one. */
#define TRIES 64

/* Before Linux 5.8 in two steps. */
static int configure_old(int fd, int file_fd, struct loop_info64 *info)
{
	int saved;

	if (ioctl(fd, LOOP_SET_FD, file_fd) < 0)
		return -1;
	info->lo_flags &= LO_FLAGS_AUTOCLEAR; /* read-only is what the files are open for */
	if (ioctl(fd, LOOP_SET_STATUS64, info) == 0)
		return 0;
	saved = errno;
	ioctl(fd, LOOP_CLR_FD);
	errno = saved;
	return -1;
}

static int configure(int fd, int file_fd, const char *name, const struct loop_options *o)
{
	struct loop_config config;

	memset(&config, 0, sizeof(config));
	config.fd = (unsigned)file_fd;
	config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
	if (o->readonly)
		config.info.lo_flags |= LO_FLAGS_READ_ONLY;
	if (o->direct)
		config.info.lo_flags |= LO_FLAGS_DIRECT_IO;
	snprintf((char *)config.info.lo_file_name, sizeof(config.info.lo_file_name), "%s", name);
	if (ioctl(fd, LOOP_CONFIGURE, &config) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOTTY)
		return -1;
	return configure_old(fd, file_fd, &config.info);
}

/* Returns the open device; or -1 with errno set, EBUSY when somebody was faster. */
static int attach_one(int control, int file_fd, const char *name, const struct loop_options *o,
		      char path[LOOP_PATH_MAX])
{
	const int number = ioctl(control, LOOP_CTL_GET_FREE);
	int fd, saved;

	if (number < 0)
		return -1;
	snprintf(path, LOOP_PATH_MAX, "/dev/loop%d", number);
	fd = open(path, (o->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (configure(fd, file_fd, name, o) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int loop_attach(int file_fd, const char *name, const struct loop_options *o,
		char path[LOOP_PATH_MAX], struct err *e)
{
	const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	int fd = -1;

	if (control < 0)
		return err_set_errno(e, errno, "no loop devices: cannot open /dev/loop-control");
	path[0] = '\0';
	for (int i = 0; i < TRIES && fd < 0; i++) {
		fd = attach_one(control, file_fd, name, o, path);
		if (fd < 0 && errno != EBUSY)
			break;
	}
	if (fd < 0)
		err_set_errno(e, errno, "cannot set up loop device %s", path);
	close(control);
	return fd;
}

bool loop_behind(int fd, struct loop_file *out)
{
	struct loop_info64 info;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode) || major(st.st_rdev) != LOOP_MAJOR)
		return false;
	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return false;
	/* lo_device has the kernel's encoding of a device number (huge_encode_dev). */
	out->dev = makedev(info.lo_device >> 8 & 0xfff,
			   (info.lo_device & 0xff) | (info.lo_device >> 12 & 0xfff00));
	out->ino = info.lo_inode;
	out->readonly = info.lo_flags & LO_FLAGS_READ_ONLY;
	return true;
}

static bool is_other(const char *device, const struct loop_file *f)
{
	struct loop_file other;
	char path[300];
	bool found;
	int fd;

	/* Only those in use have it. */
	snprintf(path, sizeof(path), "/sys/block/%s/loop/backing_file", device);
	if (access(path, F_OK) < 0)
		return false;
	snprintf(path, sizeof(path), "/dev/%s", device);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	found = loop_behind(fd, &other) && other.dev == f->dev && other.ino == f->ino &&
		!(other.readonly && f->readonly);
	close(fd);
	return found;
}

bool loop_find_other(const struct loop_file *f, char path[LOOP_PATH_MAX])
{
	DIR *dir = opendir("/sys/block");
	const struct dirent *entry;
	bool found = false;

	while (dir && !found && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "loop", 4) || strlen(entry->d_name) > 12)
			continue;
		found = is_other(entry->d_name, f);
		if (found)
			snprintf(path, LOOP_PATH_MAX, "/dev/%.12s", entry->d_name);
	}
	if (dir)
		closedir(dir);
	return found;
}
