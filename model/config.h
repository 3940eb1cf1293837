/*
 * The device model's configuration: a file with the grammar of a guest descriptor
 * (builder/descriptor.h). Its keys are in earlydom-model(8).
 */
#ifndef EARLYDOM_MODEL_CONFIG_H
#define EARLYDOM_MODEL_CONFIG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bounded_log.h"
#include "base/diag.h"

struct model_config {
	uint16_t port; /* the serial port's first I/O port */
	uint8_t irq;
	uid_t uid; /* who to become when everything is open; 0: stays who it is */
	char *log; /* path, or NULL */
	struct loc log_loc;
};

/*
 * Reads len bytes of text. Every error goes to d. Returns the number of errors added; *out is
 * freed with model_config_free in either case.
 */
size_t model_config_parse(const char *file, const char *text, size_t len, struct model_config *out,
			  struct diag *d);

/* The same with the file at that path. */
size_t model_config_read(const char *file, struct model_config *out, struct diag *d);

/*
 * Opens the log, if there is one, to be appended to with bounded_log_write. Returns the number of
 * errors added to d.
 */
size_t model_config_open_log(const struct model_config *c, struct bounded_log *l, struct diag *d);

void model_config_free(struct model_config *c);

#endif
