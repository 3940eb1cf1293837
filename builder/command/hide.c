/*
 * earlydom hide: keeps PCI devices from dom0's drivers, for guests, before there are guests: those
 * of the guests that are about to be started, and those that the kernel command line names.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text_file.h"
#include "builder/choose/select.h"
#include "builder/choose/sources.h"
#include "builder/device/modules.h"
#include "builder/pci/pci_hide.h"
#include "chosen.h"
#include "commands.h"

/* No kernel keeps as much. */
#define CMDLINE_MAX 65536

static const char usage_text[] = "hide [-c DIR] [-l FILE]\n\n"
				 "  -c, --config DIR    descriptors (" CONFIG_DIR ")\n"
				 "  -l, --cmdline FILE  the kernel command line (/proc/cmdline)";

static int load_pciback(struct err *e)
{
	return modules_need(NULL, "pciback", e);
}

/* ---- what guests want ---- */

struct wanted {
	struct cmdline cmdline;
	struct sources sources;
	struct selection selection;
	struct pci_wish *list; /* borrows from all of these */
	size_t n;
};

/* Returns 0, or -1 without memory. */
static int add(struct wanted *w, const struct pci_spec *spec, struct loc loc)
{
	struct pci_wish *more = realloc(w->list, (w->n + 1) * sizeof(*more));

	if (!more)
		return -1;
	w->list = more;
	w->list[w->n++] = (struct pci_wish){*spec, loc};
	return 0;
}

/* A name is only given to what pciback has already. */
static int add_all(struct wanted *w)
{
	int rc = 0;

	for (size_t i = 0; i < w->cmdline.nr_hide && !rc; i++)
		rc = add(w, &w->cmdline.hide[i].spec, w->cmdline.hide[i].loc);
	for (size_t i = 0; i < w->selection.n; i++) {
		const struct guest_config *g = &w->selection.guests[i];

		for (size_t k = 0; k < g->nr_pcis && !rc; k++)
			if (g->pcis[k].by != PCI_BY_NAME)
				rc = add(w, &g->pcis[k], (struct loc){.file = g->file});
	}
	return rc;
}

/* What is wrong with descriptors is boot's to tell, which reads them again. */
static void read_guests(struct wanted *w, const char *config_dir)
{
	struct diag of_guests = {0};

	sources_read_dir(config_dir, &w->sources, &of_guests);
	select_guests(w->sources.v, w->sources.n, &w->cmdline, &w->selection, &of_guests);
	diag_free(&of_guests);
}

/* Returns the exit status. What else is wrong with the command line is told as boot tells it. */
static int hide(const char *text, const char *config_dir)
{
	struct wanted w = {0};
	struct diag d = {0}, ignored = {0};
	const bool by_cmdline = strstr(text, CMDLINE_PCI_HIDE);
	struct pci_hiding how = {
		.sysroot = DISKS_SYSROOT,
		.dom0 = &w.cmdline.dom0,
		.write = pci_write,
		.load = load_pciback,
	};
	size_t errors;

	cmdline_parse(text, &w.cmdline, by_cmdline ? &d : &ignored);
	read_guests(&w, config_dir);
	if (add_all(&w) < 0)
		diag_add(&d, (struct loc){0}, "out of memory: not all PCI devices are hidden");
	pci_hide(&how, w.list, w.n, &d);
	diag_print(&d, DIAG_ALL, stderr, "earlydom: ");
	errors = diag_count(&d);
	diag_free(&d);
	diag_free(&ignored);
	free(w.list);
	selection_free(&w.selection);
	sources_free(&w.sources);
	cmdline_free(&w.cmdline);
	return errors ? EXIT_FAILED : EXIT_OK;
}

int command_hide(int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'},
		{"cmdline", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *file = "/proc/cmdline", *config_dir = CONFIG_DIR;
	int c, status;
	size_t len;
	char *text;

	while ((c = getopt_long(argc, argv, "c:l:h", options, NULL)) != -1) {
		if (c == 'c')
			config_dir = optarg;
		else if (c == 'l')
			file = optarg;
		else
			return c == 'h' ? command_help(usage_text) : command_usage(usage_text);
	}
	if (optind != argc)
		return command_usage(usage_text);
	text = text_file_read(file, CMDLINE_MAX, &len);
	if (!text) {
		fprintf(stderr, "earlydom: cannot read the kernel command line %s: %s\n", file,
			strerror(errno));
		return EXIT_FAILED;
	}
	status = hide(text, config_dir);
	free(text);
	return status;
}
