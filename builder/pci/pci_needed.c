#include "pci_needed.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/directory.h"
#include "base/text_file.h"
#include "builder/describe/tag_spec.h"
#include "builder/device/tag.h"

/* More than all consoles' names. */
#define TEXT_MAX 4096

struct look {
	const char *sysroot;
	const struct pci_dom0 *dom0;
	char at[PCI_ADDRESS_TEXT];
	bool has_disks;
};

/* Whether an entry of /sys/class, which is a link to its device, is below ours. Returns 1, 0, or -1
 * with e set. */
static int is_below(const struct look *l, const char *class, const char *name, struct err *e)
{
	char path[PATH_MAX], target[PATH_MAX], part[PCI_ADDRESS_TEXT + 2];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/sys/class/%s/%s", l->sysroot, class, name);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0 && (errno == ENOENT || errno == EINVAL)) /* it went away; it is no link */
		return 0;
	if (n < 0)
		return err_set_errno(e, errno, "cannot read %.300s", path);
	target[n] = '\0';
	snprintf(part, sizeof(part), "/%s/", l->at);
	return strstr(target, part) != NULL;
}

/* ---- consoles ---- */

/* A small file of sysfs, "" where there is none. Returns NULL with e set for one that can't be
 * read. */
static char *read_text(const struct look *l, const char *dir, const char *file, struct err *e)
{
	char path[PATH_MAX], *text;
	size_t len;

	snprintf(path, sizeof(path), "%s/sys/%s/%s", l->sysroot, dir, file);
	text = text_file_read(path, TEXT_MAX, &len);
	if (!text && errno == ENOENT)
		text = strdup("");
	if (!text)
		err_set_errno(e, errno, "cannot read %.300s", path);
	return text;
}

/* The screen that the firmware has left to virtual terminals. */
static int check_screen(const struct look *l, struct err *e)
{
	char dir[PCI_ADDRESS_TEXT + 16], *text;
	bool first;

	snprintf(dir, sizeof(dir), "bus/pci/devices/%s", l->at);
	text = read_text(l, dir, "boot_vga", e);
	if (!text)
		return -1;
	first = *text == '1';
	free(text);
	if (first)
		return err_set(e, "dom0's console is on its screen (boot_vga)");
	return 0;
}

/* *screen is set where it is a virtual terminal, tty0 and others. */
static int check_console(const struct look *l, const char *name, bool *screen, struct err *e)
{
	const int rc = strchr(name, '/') ? 0 : is_below(l, "tty", name, e);

	if (rc == 1)
		return err_set(e, "dom0's console %.40s is on it", name);
	*screen |= strncmp(name, "tty", 3) == 0 && isdigit((unsigned char)name[3]);
	return rc;
}

/* Those of the command line, which may not be there yet, and those that are. */
static int check_consoles(const struct look *l, struct err *e)
{
	char *active = read_text(l, "class/tty/console", "active", e), *rest = active, *name;
	bool screen = false;
	int rc = active ? 0 : -1;

	for (size_t i = 0; i < l->dom0->nr_consoles && rc == 0; i++)
		rc = check_console(l, l->dom0->consoles[i], &screen, e);
	while (rc == 0 && (name = strsep(&rest, " \n")))
		rc = check_console(l, name, &screen, e);
	free(active);
	return rc == 0 && screen ? check_screen(l, e) : rc;
}

/* ---- disks ---- */

/* Of a whole disk: what has a partition of it for itself has a part in that. */
static int check_use(const struct look *l, const char *name, struct err *e)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/sys/class/block/%s/partition", l->sysroot, name);
	if (access(path, F_OK) == 0)
		return 0;
	snprintf(path, sizeof(path), "%s/dev/%s", l->sysroot, name);
	fd = open(path, O_RDONLY | O_EXCL | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return 0;
	}
	if (errno == EBUSY)
		return err_set(e,
			       "its disk %.80s is in use: mounted, or RAID, LVM or a guest has it",
			       name);
	/* An empty drive; one that went away. */
	if (errno == ENOMEDIUM || errno == ENXIO || errno == ENODEV)
		return 0;
	return err_set_errno(e, errno, "cannot tell whether its disk %.80s is in use", name);
}

static int check_disk(void *of, const char *name, struct err *e)
{
	struct look *l = of;
	const int rc = is_below(l, "block", name, e);

	if (rc != 1)
		return rc;
	l->has_disks = true;
	return check_use(l, name, e);
}

/* Finds what dom0 will mount. Returns its name in /sys/class/block, in path, or NULL for none that
 * is known; with *rc -1 and e set where that can't be told. */
static const char *root_name(const struct look *l, char path[PATH_MAX], int *rc, struct err *e)
{
	const struct block_view view = {.sysroot = l->sysroot};
	const char *root = l->dom0->root, *name = NULL, *value;
	enum tag_kind kind;

	*rc = 0;
	if (strncmp(root, "/dev/", 5) == 0)
		name = strchr(root + 5, '/') ? NULL : root + 5;
	else if (l->has_disks && tag_parse(root, &kind, &value)) {
		*rc = tag_find(&view, root, path, PATH_MAX, e);
		if (*rc == 0)
			name = strrchr(path, '/') + 1;
	}
	if (*rc < 0)
		err_prefix(e, "cannot tell whether dom0's root is on it: ");
	return name;
}

static int check_root(const struct look *l, struct err *e)
{
	char path[PATH_MAX], by_path[PCI_ADDRESS_TEXT + 8];
	const char *root = l->dom0->root, *name;
	int rc;

	if (!root)
		return 0;
	/* udev's links: pci-0000:00:1f.2-ata-1 */
	snprintf(by_path, sizeof(by_path), "pci-%s-", l->at);
	if (strstr(root, by_path))
		return err_set(e, "dom0's root is on it (root=%.160s)", root);
	name = root_name(l, path, &rc, e);
	if (rc < 0 || !name)
		return rc < 0 ? -1 : 0;
	rc = is_below(l, "block", name, e);
	return rc == 1 ? err_set(e, "dom0's root is on it (root=%.160s, %.80s)", root, name) : rc;
}

int pci_needed(const char *sysroot, const struct pci_dom0 *dom0, const struct pci_device *d,
	       struct err *e)
{
	struct look l = {.sysroot = sysroot ? sysroot : "", .dom0 = dom0};
	char disks[PATH_MAX];

	pci_address_text(&d->at, l.at);
	snprintf(disks, sizeof(disks), "%s/sys/class/block", l.sysroot);
	if (check_consoles(&l, e) < 0 || directory_each(disks, check_disk, &l, e) < 0)
		return -1;
	return check_root(&l, e);
}
