/*
 * earlydom hide: keeps PCI devices from dom0's drivers, for guests, before there are guests.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_file.h"
#include "builder/choose/cmdline.h"
#include "builder/device/modules.h"
#include "builder/pci/pci_hide.h"
#include "commands.h"

/* No kernel keeps as much. */
#define CMDLINE_MAX 65536

static const char usage_text[] = "hide [-l FILE]\n\n"
				 "  -l, --cmdline FILE  the kernel command line (/proc/cmdline)";

static int load_pciback(struct err *e)
{
	return modules_need(NULL, "pciback", e);
}

/* Returns the exit status. What else is wrong with the command line is told as boot tells it. */
static int hide(const char *text)
{
	struct cmdline c;
	struct diag d = {0};
	struct pci_hiding how = {
		.sysroot = DISKS_SYSROOT,
		.dom0 = &c.dom0,
		.write = pci_write,
		.load = load_pciback,
	};
	size_t errors;

	cmdline_parse(text, &c, &d);
	pci_hide(&how, c.hide, c.nr_hide, &d);
	diag_print(&d, DIAG_ALL, stderr, "earlydom: ");
	errors = diag_count(&d);
	diag_free(&d);
	cmdline_free(&c);
	return errors ? EXIT_FAILED : EXIT_OK;
}

int command_hide(int argc, char **argv)
{
	static const struct option options[] = {
		{"cmdline", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *file = "/proc/cmdline";
	int c, status = EXIT_OK;
	size_t len;
	char *text;

	while ((c = getopt_long(argc, argv, "l:h", options, NULL)) != -1) {
		if (c != 'l')
			return c == 'h' ? command_help(usage_text) : command_usage(usage_text);
		file = optarg;
	}
	if (optind != argc)
		return command_usage(usage_text);
	text = text_file_read(file, CMDLINE_MAX, &len);
	if (!text) {
		fprintf(stderr, "earlydom: cannot read the kernel command line %s: %s\n", file,
			strerror(errno));
		return EXIT_FAILED;
	}
	if (strstr(text, CMDLINE_PCI_HIDE))
		status = hide(text);
	free(text);
	return status;
}
