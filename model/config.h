/*
 * The device model's configuration: a file with the grammar of a guest descriptor
 * (builder/descriptor.h). Its keys are in earlydom-model(8).
 */
#ifndef EARLYDOM_MODEL_CONFIG_H
#define EARLYDOM_MODEL_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/bounded_log.h"
#include "base/diag.h"

/* Accesses to ports in a second, where the configuration does not say it. */
#define MODEL_IO_RATE     100000
#define MODEL_IO_RATE_MAX 1000000000

/* Of fixed size: a process that must have no other way to do it hands it over in shared memory
 * (config_jail.h). */
struct model_config {
	uint16_t port; /* the serial port's first I/O port */
	uint8_t irq;
	uid_t uid;          /* who to become when everything is open; 0: the domain's own */
	uint32_t io_rate;   /* accesses to ports in a second; 0: no bound */
	char log[PATH_MAX]; /* an absolute path, or "" */
	struct loc log_loc;
};

/* Reads len bytes of text. Every error goes to d. Returns the number of errors added. */
size_t model_config_parse(const char *file, const char *text, size_t len, struct model_config *out,
			  struct diag *d);

/* Whether it is one that model_config_parse makes of a text without errors; log_loc is not looked
 * at. */
bool model_config_valid(const struct model_config *c);

/*
 * Opens the log, if there is one, to be appended to with bounded_log_write. Returns the number of
 * errors added to d.
 */
size_t model_config_open_log(const struct model_config *c, struct bounded_log *l, struct diag *d);

#endif
