/*
 * earlydom media: puts a medium into a cdrom drive of a guest that runs, or takes it out.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "builder/describe/tag_spec.h"
#include "builder/supervise/control.h"
#include "commands.h"

static const char usage_text[] =
	"media NAME VDEV FILE|eject\n\n"
	"  FILE is an image or a block device of dom0's, or UUID=... and its like; a file that is\n"
	"  called eject is ./eject";

static int ask(const char *name, const char *vdev, const char *path)
{
	char request[CONTROL_REQUEST_MAX];
	int n;

	if (path)
		n = snprintf(request, sizeof(request), "%s %s insert %s", name, vdev, path);
	else
		n = snprintf(request, sizeof(request), "%s %s eject", name, vdev);
	/* Its end is a line's. */
	if (strchr(request, '\n'))
		return ask_complain("names must not have line breaks");
	if (n >= (int)sizeof(request))
		return ask_complain("the request is too long");
	return ask_at_once("media", request);
}

/* The supervisor looks for it from elsewhere. A link stays one: those in /dev/disk name a device
 * for good. */
static bool make_absolute(const char *file, char path[PATH_MAX])
{
	size_t len = 0;

	if (*file != '/') {
		if (!getcwd(path, PATH_MAX))
			return false;
		len = strlen(path);
		path[len++] = '/';
	}
	errno = ENAMETOOLONG;
	return snprintf(path + len, PATH_MAX - len, "%s", file) < (int)(PATH_MAX - len);
}

int command_media(int argc, char **argv)
{
	char path[PATH_MAX];

	if (argc == 2 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return command_help(usage_text);
	if (argc != 4 || strchr(argv[1], ' ') || strchr(argv[2], ' '))
		return command_usage(usage_text);
	if (!strcmp(argv[3], "eject"))
		return ask(argv[1], argv[2], NULL);
	if (tag_value(argv[3]))
		return ask(argv[1], argv[2], argv[3]);
	if (access(argv[3], F_OK) < 0 || !make_absolute(argv[3], path)) {
		fprintf(stderr, "earlydom: %s: %s\n", argv[3], strerror(errno));
		return EXIT_FAILED;
	}
	return ask(argv[1], argv[2], path);
}
