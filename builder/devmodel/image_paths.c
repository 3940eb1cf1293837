#include "image_paths.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "builder/image/image_files.h"

static int check(const struct own_root *r, const char *what, const char *path,
		 const struct image_file *f, struct err *e)
{
	struct stat st;
	int rc;

	if (!f)
		return err_set_passing(e, "%s %.200s is not held any more", what, path);
	rc = r ? fstatat(r->dir, path + strspn(path, "/"), &st, 0) : stat(path, &st);
	if (rc < 0)
		return err_set_errno(e, errno, "%s %.200s: cannot be seen by QEMU", what, path);
	if (st.st_dev == f->dev && st.st_ino == f->ino)
		return 0;
	return err_set(e,
		       "%s %.200s is another file for QEMU, which has that of the initramfs, than "
		       "the one whose sha256 was computed",
		       what, path);
}

int image_paths_check(const struct guest *g, const struct own_root *r, struct err *e)
{
	const struct guest_config *cfg = g->cfg;

	if (cfg->kernel && cfg->kernel_digest.given &&
	    check(r, "kernel", cfg->kernel, g->kernel, e) < 0)
		return -1;
	if (cfg->ramdisk && cfg->ramdisk_digest.given)
		return check(r, "ramdisk", cfg->ramdisk, g->ramdisk, e);
	return 0;
}
