/*
 * The device model's configuration is read by a process that can do nothing else: anybody may have
 * written it, and it is read while the model still has root's powers.
 *
 * The parser is a child that has given up all powers, files and system calls but those for memory
 * (powers_compute_only, filter_parsing). It leaves what it makes of the bytes in memory that it
 * shares with its parent, which believes none of it before it has looked.
 */
#ifndef EARLYDOM_MODEL_CONFIG_JAIL_H
#define EARLYDOM_MODEL_CONFIG_JAIL_H

#include "base/err.h"
#include "config.h"

/* What is said of a configuration that is wrong, in bytes; more than that is cut. */
#define CONFIG_SAID_MAX 16384

struct config_answer {
	uint32_t read; /* not 0: what follows is there */
	uint32_t errors;
	struct model_config config;
	char said[CONFIG_SAID_MAX]; /* a line for each error, for standard error output */
	struct err failed;          /* what the child could not give up */
};

/*
 * Reads the configuration at that path, and parses it as that user. Returns 0: then out->errors is
 * what model_config_parse returned, and either that is 0 and out->config is valid, or out->said
 * says what is wrong, in lines that are safe to print. Returns -1 with e set: the file can't be
 * read, or the parser has failed.
 */
int config_jail_read(const char *file, uid_t uid, struct config_answer *out, struct err *e);

#endif
