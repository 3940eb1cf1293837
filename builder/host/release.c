#include "release.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xen-version.h>

#include "base/text_file.h"

#define PATH_SIZE 512
#define ARGS_MAX  32

static const char *const places[] = {RELEASES_LOCAL, RELEASES};
#define PLACES (sizeof(places) / sizeof(places[0]))

/* One number of /sys/hypervisor/version; -1 where it is not told. */
static int read_number(const char *sysroot, const char *name)
{
	char path[PATH_SIZE], *text, *end;
	int number = -1;
	size_t len;
	long value;

	snprintf(path, sizeof(path), "%s/sys/hypervisor/version/%s", sysroot, name);
	text = text_file_read(path, 15, &len);
	if (!text)
		return -1;
	value = strtol(text, &end, 10);
	if (end != text && *end == '\n' && value >= 0 && value <= 0xffff)
		number = (int)value;
	free(text);
	return number;
}

static void path_of(const char *place, int major, int minor, char path[PATH_SIZE])
{
	snprintf(path, PATH_SIZE, "%s/xen-%d.%d/earlydom", place, major, minor);
}

/* Does not return where it succeeds. Returns 0 when there is no such program. */
static int enter(const char *path, char *const *args, struct err *e)
{
	char *argv[ARGS_MAX + 2] = {(char *)(uintptr_t) "earlydom"};
	size_t n = 0;

	if (access(path, F_OK) < 0 && errno == ENOENT)
		return 0;
	while (args[n]) {
		if (n == ARGS_MAX)
			return err_set(e, "cannot run %s: too many arguments", path);
		argv[n + 1] = args[n];
		n++;
	}
	setenv(RELEASE_ENTERED, "1", 1);
	execv(path, argv);
	unsetenv(RELEASE_ENTERED);
	return err_set(e, "cannot run %s: %s", path, strerror(errno));
}

int release_enter(const char *sysroot, char *const *args, struct err *e)
{
	const bool entered = getenv(RELEASE_ENTERED);
	char path[PATH_SIZE];
	int major, minor;

	/* Two programs that are both in the wrong place would call each other for ever. */
	unsetenv(RELEASE_ENTERED);
	if (entered)
		return 0;
	major = read_number(sysroot, "major");
	minor = read_number(sysroot, "minor");
	if (major < 0 || minor < 0 || (major == XEN_LIBS_MAJOR && minor == XEN_LIBS_MINOR))
		return 0;
	for (size_t i = 0; i < PLACES; i++) {
		path_of(places[i], major, minor, path);
		if (enter(path, args, e) < 0)
			return -1;
	}
	return 0;
}

/* ---- what there is ---- */

struct release {
	int major, minor;
};

static int by_age(const void *a, const void *b)
{
	const struct release *x = a, *y = b;

	return x->major != y->major ? x->major - y->major : x->minor - y->minor;
}

static bool known(const struct release *r, size_t n, const struct release *one)
{
	for (size_t i = 0; i < n; i++)
		if (by_age(&r[i], one) == 0)
			return true;
	return false;
}

/* Adds those of one place to the n that are known. Returns how many there are then. */
static size_t find(const char *place, struct release *r, size_t n, size_t max)
{
	char path[PATH_SIZE];
	const struct dirent *entry;
	struct release one;
	char more;
	DIR *d = opendir(place);
	while (d && n < max && (entry = readdir(d))) {
		if (sscanf(entry->d_name, "xen-%5d.%5d%c", &one.major, &one.minor, &more) != 2)
			continue;
		path_of(place, one.major, one.minor, path);
		if (access(path, X_OK) == 0 && !known(r, n, &one))
			r[n++] = one;
	}
	if (d)
		closedir(d);
	return n;
}

void release_list(char *text, size_t size)
{
	struct release r[16];
	size_t n = 0, len = 0;
	int more;

	for (size_t i = 0; i < PLACES; i++)
		n = find(places[i], r, n, sizeof(r) / sizeof(r[0]));
	qsort(r, n, sizeof(r[0]), by_age);
	text[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		more = snprintf(text + len, size - len, "%s%d.%d", i ? ", " : "", r[i].major,
				r[i].minor);
		if ((size_t)more >= size - len) {
			text[len] = '\0';
			return;
		}
		len += (size_t)more;
	}
}
