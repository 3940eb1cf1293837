/*
 * vmx images: what the rest of the program has to know about them beside struct image_type.
 */
#ifndef EARLYDOM_VMX_H
#define EARLYDOM_VMX_H

#include <stddef.h>

/*
 * What hvmloader, the BIOS and their tables take of a guest's memory, in KiB, and some for whatever
 * they start. A guest with less memory is a mistake.
 */
#define VMX_FIRMWARE_KIB UINT64_C(8192)

/*
 * The value of the first word VNC_VIEWER=X in the text, which is a classic guest's `extra`: where X
 * begins in it, and its length in *len, which may be 0. NULL when there is no such word, or no
 * text. config_read checks that a guest has at most one of them, with a value.
 */
const char *vmx_vnc_viewer(const char *text, size_t *len);

#endif
