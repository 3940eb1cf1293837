/*
 * What only hvm guests have: the emulated platform that the hypervisor gives them, and the firmware
 * of those whose device model is QEMU. A guest of the classic protocol has the same platform and is
 * loaded like a pvh guest.
 */
#ifndef EARLYDOM_HVM_H
#define EARLYDOM_HVM_H

#include "builder/guest/guest.h"
#include "builder/host/host.h"

/* What a pvh or hvm guest has of altp2m. altp2mhvm is the older of the two keys, and alone counts
 * while the other says nothing. */
enum altp2m_mode hvm_altp2m(const struct guest_config *cfg);

/* Stage "create": the platform's parameters, as libxl sets them (hvm_set_conf_params in
 * libxl_x86.c). Returns 0, or -1 with e set. */
int hvm_set_params(const struct guest *g, struct host *h, struct err *e);

/*
 * Stage "load": completes what hvmloader reads about the machine (struct hvm_info_table of
 * public/hvm/hvm_info_table.h): vcpus, which of them are online, whether there is an APIC. Returns
 * 0, or -1 with e set.
 */
int hvm_write_info(const struct guest *g, struct host *h, struct err *e);

struct xc_dom_image;

/* Keeps where the descriptor's ACPI and SMBIOS tables are in the guest's memory. */
void hvm_note_tables(const struct xc_dom_image *dom, struct guest *g);

#endif
