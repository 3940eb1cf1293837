/*
 * Which guests are wanted, from the kernel command line and the descriptors: as `earlydom boot`
 * reads them, and as a later supervisor finds them kept (inputs.h).
 */
#ifndef EARLYDOM_CHOSEN_H
#define EARLYDOM_CHOSEN_H

#include "base/err.h"
#include "builder/choose/inputs.h"
#include "builder/choose/select.h"

/* Where an image has its descriptors. */
#define CONFIG_DIR "/etc/earlydom"

/* Zero-initialised is empty. */
struct chosen {
	struct inputs in;
	struct cmdline cmdline;
	struct selection selection;
	struct diag diag; /* what is wrong */
};

/*
 * Reads the kernel command line of that file and the descriptors of the directory, and chooses.
 * What is wrong with them is in c->diag, and printed. Returns 0, or -1 with e set: the command line
 * can't be read, or may have lost its end.
 */
int chosen_read(struct chosen *c, const char *cmdline_file, const char *config_dir, struct err *e);

/* Chooses from what was kept in that file. Returns 0, or -1 with e set. */
int chosen_kept(struct chosen *c, int inputs_fd, struct err *e);
void chosen_free(struct chosen *c);

#endif
