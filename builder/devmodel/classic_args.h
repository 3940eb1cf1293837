/*
 * The arguments of a device model that speaks the classic protocol, that of xend's first image
 * handler for vmx:
 *
 *     @NAME -f CONFIG [-v VNC] -d DOMID -p PORT -m MEMORY [device_model_args]
 *
 * NAME is the program's, without its directory (devmodel_process.h says why the '@'). MEMORY is in
 * MiB. VNC is what the word VNC_VIEWER=... of `extra` has, the first of them if there are many.
 * There is no -v where that word is missing or has nothing behind the '='.
 */
#ifndef EARLYDOM_CLASSIC_ARGS_H
#define EARLYDOM_CLASSIC_ARGS_H

#include <stdint.h>

#include "base/argv.h"
#include "builder/describe/config.h"

/* port: the event channel's number in dom0. Returns 0, or -1 with e set; *out is freed with
 * argv_free in either case. Pure. */
int classic_args(const struct guest_config *cfg, uint32_t domid, uint32_t port, struct argv *out,
		 struct err *e);

/* Adds "@" and the program's name without its directory. */
void model_name_arg(const char *program, struct argv *out);

#endif
