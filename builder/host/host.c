#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xen-version.h>

#include "release.h"

/* Bit of XENVER_get_features for the initial domain (public/features.h, XENFEAT_dom0). */
#define FEATURE_DOM0 (1UL << XENFEAT_dom0)

/* Reads a short file of sysfs. Returns false when there is none. */
static bool sysfs_read(const char *sysroot, const char *path, char *buf, size_t size)
{
	char full[512];
	ssize_t n;
	int fd;

	snprintf(full, sizeof(full), "%s%s", sysroot, path);
	fd = open(full, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return false;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return true;
}

static int device_check(const char *sysroot, const char *path, const char *module, struct err *e)
{
	char full[512];

	snprintf(full, sizeof(full), "%s%s", sysroot, path);
	if (access(full, R_OK | W_OK) == 0)
		return 0;
	if (errno == ENOENT)
		return err_set(e, "%s is missing: load the kernel module %s", path, module);
	return err_set(e, "cannot use %s: %s", path, strerror(errno));
}

int host_probe(const char *sysroot, struct err *e)
{
	char text[64];

	if (!sysfs_read(sysroot, "/sys/hypervisor/type", text, sizeof(text)) ||
	    strcmp(text, "xen") != 0)
		return err_set(e, "not running on Xen");
	/* The kernel's view of the features is there without xenfs and before any module. */
	if (!sysfs_read(sysroot, "/sys/hypervisor/properties/features", text, sizeof(text)))
		return err_set(e, "cannot read /sys/hypervisor/properties/features: %s",
			       strerror(errno));
	if (!(strtoul(text, NULL, 16) & FEATURE_DOM0))
		return err_set(e, "not running in dom0: only the initial domain may build guests");
	if (device_check(sysroot, "/dev/xen/privcmd", "xen-privcmd", e) < 0)
		return -1;
	return device_check(sysroot, "/dev/xen/evtchn", "xen-evtchn", e);
}

int host_error(struct host *h, struct err *e, const char *fmt, ...)
{
	va_list ap;
	int rc;

	va_start(ap, fmt);
	rc = xenlog_verror(&h->log, e, fmt, ap);
	va_end(ap);
	return rc;
}

/* The hypervisor refuses control calls of another interface version with EACCES
 * (XEN_DOMCTL_INTERFACE_VERSION). */
static int version_error(struct host *h, struct err *e)
{
	const int version = xc_version(h->xch, XENVER_version, NULL);
	const int major = version >> 16, minor = version & 0xffff;
	const int libs = XEN_LIBS_MAJOR << 16 | XEN_LIBS_MINOR;
	char others[128];

	if (version < 0)
		return host_error(h, e, "cannot ask the hypervisor for its version");
	release_list(others, sizeof(others));
	return err_set(
		e,
		"Xen %d.%d %s: earlydom was built with the libraries of Xen %d.%d%s%s; build it "
		"with XEN_SRC= set to a source tree of Xen %d.%d",
		major, minor,
		version < libs   ? "is too old"
		: version > libs ? "is too new"
				 : "has another control interface",
		XEN_LIBS_MAJOR, XEN_LIBS_MINOR, others[0] ? ", others are there for " : "", others,
		major, minor);
}

static int interface_check(struct host *h, xc_physinfo_t *info, struct err *e)
{
	xc_vcpuinfo_t vcpu;

	/* One sysctl and one domctl: the two interfaces have versions of their own. */
	if (xc_physinfo(h->xch, info) < 0)
		return errno == EACCES
			       ? version_error(h, e)
			       : host_error(h, e, "cannot ask the hypervisor about the host");
	if (xc_vcpu_getinfo(h->xch, 0, 0, &vcpu) < 0)
		return errno == EACCES ? version_error(h, e)
				       : host_error(h, e, "cannot ask the hypervisor about dom0");
	return 0;
}

int host_open(struct host *h, bool verbose, struct err *e)
{
	xc_physinfo_t info;

	memset(h, 0, sizeof(*h));
	xenlog_init(&h->log, verbose);
	h->xch = xc_interface_open(&h->log.vtable, &h->log.vtable, 0);
	if (!h->xch)
		return host_error(h, e, "cannot open the hypervisor interface /dev/xen/privcmd");
	if (interface_check(h, &info, e) < 0)
		goto fail;
	if (xc_version(h->xch, XENVER_capabilities, &h->caps) < 0) {
		host_error(h, e, "cannot ask the hypervisor for its capabilities");
		goto fail;
	}
	h->physcaps = info.capabilities;
	h->nr_cpus = info.max_cpu_id + 1;
	h->nr_nodes = info.max_node_id + 1;
	return 0;
fail:
	host_close(h);
	return -1;
}

void host_close(struct host *h)
{
	unmap_end(&h->unmapper);
	host_tidy(h);
	if (h->xch)
		xc_interface_close(h->xch);
	h->xch = NULL;
}

void host_tidy(struct host *h)
{
	if (h->has_spare)
		close(h->spare);
	h->has_spare = false;
}

void host_spare(struct host *h, int fd)
{
	host_tidy(h);
	h->has_spare = fd >= 0;
	h->spare = fd;
}
