/*
 * One string of the key `channel`, in the syntax of xl.cfg(5): a console beside the guest's own,
 * which the guest knows by a name, and QEMU connects with a terminal or a socket in dom0.
 *
 *     'connection=socket,path=/run/web-agent.sock,name=org.example.agent'
 *     'connection=pty,name=org.example.log'
 *
 * Meanings are those of xl 4.17 (parse_config_data in tools/xl/xl_parse.c). Stricter than xl: no
 * parameter may be unknown or given twice, and a name, which libxl misses later, has to be there.
 */
#ifndef EARLYDOM_CHANNEL_SPEC_H
#define EARLYDOM_CHANNEL_SPEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Channels are consoles, and console 0 is the guest's own: libxl_create.c, domcreate_launch_dm. */
#define CHANNEL_FIRST 1

struct channel_spec {
	char *backend; /* "0" or "Domain-0", or NULL */
	char *name;
	char *path;       /* of the socket that QEMU serves, absolute; NULL: a terminal */
	bool path_unused; /* there was one beside connection=pty, which means nothing */
};

/* Returns 0, or -1 with e set; *out is freed with channel_spec_free in either case. */
int channel_spec_parse(const char *text, struct channel_spec *out, struct err *e);
void channel_spec_free(struct channel_spec *s);
void channel_specs_free(struct channel_spec *all, size_t n); /* and the array */

#endif
