#include "modules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* MODULE_INIT_COMPRESSED_FILE, linux/module.h: the kernel unpacks it, from Linux 5.17 on. */
#define COMPRESSED_FILE 4

static int load_module(int fd, const char *file)
{
	const char *dot = strrchr(file, '.');
	const int flags = dot && strcmp(dot, ".ko") != 0 ? COMPRESSED_FILE : 0;

	return (int)syscall(SYS_finit_module, fd, "", flags);
}

static int load_one(const char *dir, const char *line, module_loader *load, struct err *e)
{
	char file[PATH_MAX];
	int fd, rc, n;

	if (line[0] == '/')
		n = snprintf(file, sizeof(file), "%s", line);
	else
		n = snprintf(file, sizeof(file), "%s/%s.ko", dir, line);
	if (n < 0 || (size_t)n >= sizeof(file))
		return err_set_errno(e, ENAMETOOLONG, "cannot load module %.40s...", line);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(e, errno, "cannot load module %s", file);
	rc = load(fd, file);
	if (rc < 0 && errno == EEXIST)
		rc = 0;
	if (rc < 0)
		err_set_errno(e, errno, "cannot load module %s", file);
	close(fd);
	return rc;
}

int modules_load(const char *dir, const char *what, module_loader *load, struct err *e)
{
	char list[PATH_MAX], line[PATH_MAX];
	FILE *f;
	int rc = 0;

	snprintf(list, sizeof(list), "%s/%s.list", dir, what);
	f = fopen(list, "re");
	if (!f)
		return errno == ENOENT ? 0 : err_set_errno(e, errno, "cannot read %s", list);
	while (rc == 0 && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] && line[0] != '#')
			rc = load_one(dir, line, load, e);
	}
	if (rc == 0 && ferror(f))
		rc = err_set_errno(e, errno, "cannot read %s", list);
	fclose(f);
	return rc;
}

static int help(struct starter_request *r, int *file, struct err *e)
{
	const char *what = parcel_text(&r->in);

	(void)file;
	if (!what || strchr(what, '/'))
		return err_set(e, "cannot load kernel modules: no list is named");
	return modules_load(MODULES_DIR, what, load_module, e);
}

const struct starter_verb modules_verb = {
	.name = "load kernel modules",
	.help = help,
};

int modules_need(const struct starter *s, const char *what, struct err *e)
{
	char list[PATH_MAX];
	struct parcel p = {0};
	int rc;

	snprintf(list, sizeof(list), MODULES_DIR "/%s.list", what);
	if (access(list, F_OK) < 0 && errno == ENOENT)
		return 0;
	parcel_put_text(&p, what);
	rc = starter_help(s, &modules_verb, &p, NULL, 0, NULL, e);
	parcel_free(&p);
	return rc;
}
