/*
 * earlydom: builds and keeps Xen guests from dom0's initramfs. See earlydom(8).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <xen-version.h>

#include "commands.h"

#ifndef EARLYDOM_VERSION
#define EARLYDOM_VERSION "unknown"
#endif

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{"boot", command_boot, "build, start and supervise the guests"},
	{"check", command_check, "check descriptors and the images that they name"},
	{"inspect", command_inspect, "show what a kernel is"},
	{"disks", command_disks, "show disks, and why a tag does not find one"},
	{"devices", command_devices, "show PCI devices: their drivers, resets and owners"},
	{"hide", command_hide, "keep PCI devices from dom0's drivers, for guests"},
	{"list", command_list, "show the guests"},
	{"report", command_report, "show when the guests' starts went through which phases"},
	{"console", command_console, "attach to a guest's console"},
	{"start", command_start, "start a guest that does not run"},
	{"restart", command_restart, "shut a guest down, and start it again"},
	{"stop", command_stop, "shut a guest down, or all of them"},
	{"destroy", command_destroy, "end a guest at once"},
	{"media", command_media, "put a medium into a guest's cdrom drive, or take it out"},
	{"release", command_release, "leave a guest to a toolstack for good"},
	{"handover", command_handover, "put guests into a store that came up later"},
	{"upgrade", command_upgrade, "let another version of the program take over"},
	{"keeper", command_keeper, NULL},
	{"supervise", command_supervise, NULL},
};

int command_usage(const char *text)
{
	fprintf(stderr, "usage: earlydom %s\n", text);
	return EXIT_USAGE;
}

int command_help(const char *text)
{
	printf("usage: earlydom %s\n", text);
	return EXIT_OK;
}

static void usage(FILE *to)
{
	fprintf(to, "usage: earlydom COMMAND ...\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (commands[i].help)
			fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].help);
	fprintf(to,
		"\n`earlydom COMMAND --help` shows a command's options; see also earlydom(8).\n");
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		usage(stdout);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		printf("earlydom %s (libraries of Xen %s)\n", EARLYDOM_VERSION, XEN_LIBS_VERSION);
		return EXIT_OK;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return commands[i].run(argc - 1, argv + 1);
	fprintf(stderr, "earlydom: unknown command '%s'\n", argv[1]);
	usage(stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const int status = run(argc, argv);

	/* Output that could not be written is an error: nobody may take half a list for all of it.
	 */
	errno = EIO; /* where it failed before */
	if (status != EXIT_OK || (fflush(stdout) == 0 && !ferror(stdout)))
		return status;
	fprintf(stderr, "earlydom: cannot write what was asked for: %s\n", strerror(errno));
	return EXIT_FAILED;
}
