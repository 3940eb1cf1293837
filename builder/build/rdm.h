/*
 * Memory that the host's firmware keeps for devices (RDM: on x86 the RMRRs of ACPI's DMAR). Such a
 * device reaches it by its addresses in an hvm guest, too; so none of the guest's own may be there,
 * and its firmware must know. As libxl does it: libxl__domain_device_construct_rdm in
 * tools/libs/light/libxl_dm.c of Xen 4.17 to 4.22.
 */
#ifndef EARLYDOM_RDM_H
#define EARLYDOM_RDM_H

#include <xenctrl.h>
#include <xenguest.h>

#include "base/err.h"
#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* Boards have a few. */
#define RDM_MAX 32

struct rdm_map {
	struct rdm_range {
		uint64_t start, end;
		bool strict; /* an error where it can't be kept free */
	} v[RDM_MAX];
	size_t n;
};

/* Asks the hypervisor for what the guest's devices have, or all of the host's where the descriptor
 * says so: nothing for others than hvm guests. Returns 0, or -1 with e set. */
int rdm_read(const struct guest *g, struct host *h, struct rdm_map *out, struct err *e);

/* Has dom's low memory end below each that is above rdm_mem_boundary, and as much begin at 4 GiB.
 * What is still in the way then is said in g's note, or, if it is strict, -1 with e set. */
int rdm_make_room(const struct rdm_map *m, struct guest *g, struct xc_dom_image *dom,
		  struct err *e);

/* Whether dom's memory is there, too. */
bool rdm_in_the_way(const struct rdm_range *r, const struct xc_dom_image *dom);

#endif
