/*
 * Dom0's kernel command line: the parameters that begin with "earlydom".
 *
 *     earlydom=web,db          these guests, in this order; "all" (default) or "none"
 *     earlydom.profile=NAME    every guest whose profile has this name (several: commas)
 *     earlydom.GUEST.KEY=VALUE any key of one guest, but its name; KEY is behind the last dot
 *     earlydom.bridge=NAME[:DEV,...]  a bridge for guests (may be given more than once)
 *     earlydom.wait=SECONDS|no how long dom0's boot waits for guests that are not up yet
 *     earlydom.store=on|off    earlydom.rescue[=on|off]    earlydom.echo=off|console|kmsg
 *     earlydom.require_sha256[=on|off]  only guests whose files all have a digest
 *     earlydom.pci.hide=DEVICE,...  PCI devices for guests (may be given more than once)
 *
 * (1 and 0 serve for on and off.) Quotes are read as the kernel's next_arg() reads them
 * (lib/cmdline.c of Linux): a '"' anywhere in a parameter protects blanks, and one around the
 * value, or around the whole parameter, is taken off. A parameter of earlydom in which a quote is
 * left open is an error.
 *
 * A DEVICE is named as in a guest's key `pci` (pci_spec.h), without options, and not by a name:
 * these are in the store, and this is for before there is one. Commas stand between devices alone,
 * so that the name of a slot can't have one.
 *
 * Of the kernel's own parameters, root= and console= are looked at, for what dom0 needs of the
 * devices.
 */
#ifndef EARLYDOM_CMDLINE_H
#define EARLYDOM_CMDLINE_H

#include <stdbool.h>

#include "builder/device/bridge.h"
#include "builder/pci/pci_hide.h"
#include "base/diag.h"

/* The file name in the places (struct loc) of everything here. */
#define CMDLINE_FILE "kernel command line"

#define CMDLINE_PCI_HIDE "earlydom.pci.hide"

enum echo_to { ECHO_OFF, ECHO_CONSOLE, ECHO_KMSG };

struct override {
	char *guest, *key, *value;
	struct loc loc; /* of the parameter: file "kernel command line", line 1 */
	struct loc value_loc;
};

/* Zero-initialised is what an empty command line gives: all guests, nothing overridden. */
struct cmdline {
	enum { SELECT_ALL, SELECT_NONE, SELECT_NAMES } select;
	char **names; /* in order, for SELECT_NAMES; each with its place */
	struct loc *name_locs;
	size_t nr_names;
	char **profiles; /* earlydom.profile */
	struct loc *profile_locs;
	size_t nr_profiles;
	struct override *overrides;
	size_t nr_overrides;
	bool store_off; /* earlydom.store=off */
	bool store_on;  /* =on: a store is wanted, its lack is an error */
	/* earlydom.bridge=NAME[:DEV,...], in order. All names are good, and each is there once: a
	   bridge once, a port on one bridge, no bridge as a port. */
	struct bridge_spec *bridges;
	size_t nr_bridges;
	/* earlydom.pci.hide, in order, from all of them; what is wrong is left out. */
	struct pci_wish *hide;
	size_t nr_hide;
	struct pci_dom0 dom0; /* into text */
	char *text;
	bool rescue;
	/* Also where its value or a letter of its name is wrong: who gives it wants it. */
	bool require_sha256;
	enum echo_to echo;
	bool wait_given;
	unsigned wait_s; /* earlydom.wait=; 0 for no. See cmdline_wait_s */
};

/*
 * Parses the command line (one line, a trailing newline is allowed). Unknown or malformed earlydom
 * parameters are reported in d and skipped; of a list, only the wrong entries are skipped.
 *
 * Of a parameter that is given again the last one counts, as in the kernel; the same holds for
 * overrides of one key. Each earlydom.bridge and each earlydom.pci.hide counts; of several bridges
 * with one name, the first. Nothing is read after a lone "--" (arguments of init).
 *
 * Keys are checked here; select.h checks that the named guests exist. Returns the number of errors
 * added; *out is freed with cmdline_free in either case.
 */
size_t cmdline_parse(const char *text, struct cmdline *out, struct diag *d);
void cmdline_free(struct cmdline *c);

/* How long dom0's boot waits for the guests, in seconds: what was given, or as usual. */
#define CMDLINE_WAIT_S 120
unsigned cmdline_wait_s(const struct cmdline *c);

/*
 * Adds the bridge of one earlydom.bridge=; value is what is behind the '=', not empty, at loc. What
 * is wrong goes to d: a bridge with a wrong name is left out, of the ports those that are wrong.
 */
void cmdline_add_bridge(struct cmdline *c, const char *value, struct loc loc, struct diag *d);
void cmdline_free_bridges(struct cmdline *c);

/*
 * Adds the devices of one earlydom.pci.hide=, as above. What is wrong goes to d, and the others are
 * added.
 */
void cmdline_add_hidden(struct cmdline *c, const char *value, struct loc loc, struct diag *d);
/* Adds a console=, whose options are cut off; value stays the caller's. Returns 0, or -1 for no
 * memory. */
int cmdline_add_console(struct cmdline *c, char *value);
void cmdline_free_hidden(struct cmdline *c);

/* One parameter of a kernel command line, as next_arg() splits it. */
struct cmdline_arg {
	char *param, *value;       /* NUL-terminated; value NULL without '=' */
	size_t param_at, value_at; /* their offsets in the text that was split first */
	bool open_quote;           /* a quote was not closed: the rest of the line is in it */
};

/*
 * Splits the first parameter off the writable text at *rest, steps over it and over the blanks
 * behind it. start is where the whole text begins. False when only blanks are left.
 */
bool cmdline_next_arg(const char *start, char **rest, struct cmdline_arg *out);

#endif
