/*
 * libxl's own record of a guest: the file by which xl knows how a running guest was configured.
 *
 * Format: libxl_domain_configuration as JSON and a NUL (tools/libs/light/libxl_types.idl); place:
 * /var/lib/xen/userdata-d.DOMID.UUID.libxl-json (libxl_dom.c, libxl__userdata_path). libxl takes a
 * lock file when it changes the record; a reader never sees half of ours, because it appears under
 * its name at once and whole.
 */
#ifndef EARLYDOM_XL_RECORD_H
#define EARLYDOM_XL_RECORD_H

#include <stdbool.h>
#include <stdio.h>

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* Which physical cpus the vcpus may use, and prefer: a bitmap of map_len bytes each, as
 * xc_cpumap_t. */
struct xl_record_pins {
	uint8_t *maps, *soft;
	size_t map_len;
};

/*
 * Prints the record, without the NUL: what xl would record for the same descriptor. pins is NULL,
 * or has the maps of all vcpus; those that the descriptor pins are printed. Pure.
 */
void xl_record_print(const struct guest *g, const struct xl_record_pins *pins, FILE *to);

/*
 * Writes the record of g's domain into the directory (an fd of /var/lib/xen of the real root), in
 * one step. A record that is there already is kept, because xl may have changed it; one that is
 * older than this boot is another domain's and is replaced. xl_record_write_dom0 writes dom0's
 * stub, without which `xl list -l` fails. Both return 0, or -1 with e set.
 */
int xl_record_write(const struct guest *g, struct host *h, int dirfd, struct err *e);
int xl_record_write_dom0(int dirfd, struct err *e);

/*
 * xl_record_write in two steps: the text, for free(), which needs the guest and the hypervisor; and
 * its file, for which the directory may be waited for. Both return 0, or -1 with e set.
 */
int xl_record_text(const struct guest *g, struct host *h, char **text, size_t *len, struct err *e);
int xl_record_put(uint32_t domid, const uint8_t uuid[16], const char *text, size_t len, int dirfd,
		  struct err *e);

/* Removes the record of a domain that has ended. */
void xl_record_remove(uint32_t domid, const uint8_t uuid[16], int dirfd);

#endif
