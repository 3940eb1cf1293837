/*
 * XZ Embedded in its single-call mode, where the output itself is the dictionary: no memory beside
 * it but some 30 KiB, whatever the stream's header says, and no copy.
 *
 * Source: https://tukaani.org/xz/embedded.html; the one in Xen's tree, xen/common/xz.
 */
#ifndef EARLYDOM_XZ_SINGLE_H
#define EARLYDOM_XZ_SINGLE_H

#include "codecs.h"

enum xz_single {
	XZ_SINGLE_DONE,   /* *used and *out_len are set */
	XZ_SINGLE_FAILED, /* e is set */
	XZ_SINGLE_CANNOT, /* it has a check, filter or option that XZ Embedded does not know */
};

/* Whether it is in this program: it is made from the sources in Xen's tree, which are not there
 * when a distribution's libraries are linked (XEN_DEV=1). Without it there is nothing that it can
 * unpack. */
extern const bool xz_single_there;

/*
 * Unpacks one stream, as struct codec's unpack does. After XZ_SINGLE_CANNOT the content of out is
 * undefined.
 */
enum xz_single xz_single(const struct packed *in, uint8_t *out, size_t out_cap, size_t *used,
			 size_t *out_len, struct err *e);

#endif
