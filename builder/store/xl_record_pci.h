/*
 * What xl's record of a guest (xl_record.h) has of its PCI devices: libxl_device_pci and
 * libxl_rdm_reserve in libxl_types.idl. Pure.
 */
#ifndef EARLYDOM_XL_RECORD_PCI_H
#define EARLYDOM_XL_RECORD_PCI_H

#include "base/json.h"
#include "builder/guest/guest.h"

/* The devices, behind nics; nothing for a guest without. */
void record_pcis(struct json *j, const struct guest *g);

/* Of type.hvm, behind serial_list. */
void record_rdm(struct json *j, const struct guest_config *cfg);

#endif
