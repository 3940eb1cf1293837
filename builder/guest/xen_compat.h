/*
 * What differs between the releases of Xen that earlydom is built for, 4.17 to 4.22 and the
 * development branch: no other file asks which release it is. It goes by the headers that are built
 * against (xen-version.h). A hypervisor with another control interface is refused at the start
 * (host_open). docs/xen-releases.md has the comparison.
 */
#ifndef EARLYDOM_XEN_COMPAT_H
#define EARLYDOM_XEN_COMPAT_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <xen-version.h>
#include <xenctrl.h>
#include <xenstore.h>
#include <xen/io/console.h>

/* Whether it is Xen 4.MINOR or newer. */
#define XEN_SINCE(minor) (XEN_LIBS_MINOR >= (minor))

/* What xc_domain_create takes for whichever number is free. Before 4.22 that was dom0's own. */
#if XEN_SINCE(22)
#define XEN_DOMID_ANY DOMID_ANY
#else
#define XEN_DOMID_ANY 0
#endif

/*
 * libxl's word for a classic device model, in the store and in a guest's record. Before 4.21 that
 * is "qemu_xen_traditional": a process of which libxl knows only what is in the store. 4.21 has no
 * such kind any more: `xl list -l`, which xendomains reads, aborts at any word but "qemu_xen". With
 * that one libxl asks by QMP where nobody answers, so that `xl unpause` fails, and `xl list -l`
 * leaves the guest out.
 */
#if XEN_SINCE(21)
#define XL_CLASSIC_MODEL "qemu_xen"
#else
#define XL_CLASSIC_MODEL "qemu_xen_traditional"
#endif

/* Whether libxenstore, which xenconsoled is a client with, sends its requests by sendmsg. */
#define XEN_STORE_SENDMSG XEN_SINCE(18)

/*
 * Says in a console's ring that somebody reads it. From 4.21 on libxenguest leaves a ring as one
 * that nobody reads, and whoever reads it says so (public/io/console.h).
 */
static inline void xen_console_connected(struct xencons_interface *ring)
{
#if XEN_SINCE(21)
	ring->connection = XENCONSOLE_CONNECTED;
#else
	(void)ring;
#endif
}

/* The number of a label of FLASK. Returns 0, or -1 with errno set. */
static inline int xen_flask_sid(xc_interface *xch, char *label, uint32_t *sid)
{
#if XEN_SINCE(23)
	return xc_flask_context_to_sid(xch, label, sid);
#else
	return xc_flask_context_to_sid(xch, label, (uint32_t)strlen(label), sid);
#endif
}

/*
 * Leaves a domain that is not introduced yet those of xenstored's features that are in the mask
 * (XENSTORE_SERVER_FEATURE_* of public/io/xs_wire.h); from 4.21 on. Returns false with errno set,
 * ENOSYS for a store that knows nothing of it.
 */
static inline bool xen_store_features(struct xs_handle *h, uint32_t domid, uint32_t mask)
{
#if XEN_SINCE(21)
	unsigned all;

	return xs_get_features_supported(h, &all) && xs_set_features_domain(h, domid, all & mask);
#else
	(void)h;
	(void)domid;
	(void)mask;
	errno = ENOSYS;
	return false;
#endif
}

/* Sets what a domain that was introduced may have of something at most; from 4.22 on. Returns false
 * with errno set. */
static inline bool xen_store_quota(struct xs_handle *h, uint32_t domid, const char *name,
				   uint32_t value)
{
#if XEN_SINCE(22)
	return xs_set_domain_quota(h, domid, name, value);
#else
	(void)h;
	(void)domid;
	(void)name;
	(void)value;
	errno = ENOSYS;
	return false;
#endif
}

#endif
