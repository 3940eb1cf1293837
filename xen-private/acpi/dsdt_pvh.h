/* A PVH guest's DSDT, for struct acpi_config: what iasl made of Xen's tools/libacpi/dsdt.asl. */
#ifndef ACPI_DSDT_PVH_H
#define ACPI_DSDT_PVH_H

extern unsigned char dsdt_pvh[];
extern int dsdt_pvh_len; /* in bytes */

#endif
