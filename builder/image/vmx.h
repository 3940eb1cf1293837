/*
 * vmx images: what the rest of the program has to know about them beside struct image_type.
 */
#ifndef EARLYDOM_VMX_H
#define EARLYDOM_VMX_H

#include <stddef.h>

/*
 * What hvmloader, the BIOS and their tables take of a guest's memory, in KiB, with some for
 * whatever they start: less than this is never meant.
 */
#define VMX_FIRMWARE_KIB UINT64_C(8192)

/*
 * The value of the first word VNC_VIEWER=X in the text, which is a classic guest's `extra`: where X
 * begins in it, and its length in *len, which may be 0. NULL when there is no such word, or no
 * text. That a guest has one of them at most, with a value, is config_read's to see.
 */
const char *vmx_vnc_viewer(const char *text, size_t *len);

#endif
