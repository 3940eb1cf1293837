/*
 * What can't be avoided, measured by itself:
 *
 *     floor copy pv|pvh MIB KERNEL [RAMDISK]
 *
 * makes an empty domain, gives it MIB of memory, an even number, by one populate call, maps as many
 * of its pages as the kernel's loaded segments and the ramdisk take, and copies these bytes into
 * them once. KERNEL is a bare ELF. Only the call and the copy are counted. The domain is destroyed.
 *
 *     floor codec KERNEL
 *
 * unpacks a kernel with the program's own codec and judges it, as the program's decoder does, but
 * in this process.
 *
 * Each prints a line, @floor KEY=VALUE ..., with times in ns.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>

#include "base/clock.h"
#include "builder/image/image_files.h"
#include "loaders/kernel.h"

#define PAGES_PER_MIB 256
#define EXTENT_ORDER  9 /* 2 MiB, which is what libxenguest asks for first */

struct floor {
	xc_interface *xch;
	uint32_t domid;
	bool pvh;
	uint64_t mib;
	xen_pfn_t *extents; /* mib / 2 of them; of a pv guest the machine's frames afterwards */
	uint64_t populate_ns, copy_ns, bytes;
};

static int complain(const char *what)
{
	perror(what);
	return 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: floor codec KERNEL | copy pv|pvh MIB KERNEL [RAMDISK]\n");
	return 2;
}

static int create(struct floor *f)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = 1,
		.max_evtchn_port = 1023,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};

	if (f->pvh) {
		config.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
		config.arch.emulation_flags = XEN_X86_EMU_LAPIC;
	}
	if (xc_domain_create(f->xch, &f->domid, &config) < 0 ||
	    xc_domain_max_vcpus(f->xch, f->domid, 1) < 0 ||
	    xc_domain_setmaxmem(f->xch, f->domid, (f->mib + 2) * 1024) < 0)
		return complain("a domain");
	if (f->pvh && xc_set_paging_mempool_size(f->xch, f->domid, (4 + f->mib / 64) << 20) < 0)
		return complain("its pool for page tables");
	return 0;
}

static int populate(struct floor *f)
{
	const unsigned n = (unsigned)(f->mib / 2);
	uint64_t began;
	unsigned i;

	f->extents = calloc(n, sizeof(*f->extents));
	if (!f->extents)
		return complain("memory");
	for (i = 0; i < n; i++)
		f->extents[i] = (xen_pfn_t)i << EXTENT_ORDER;
	began = clock_ns();
	if (xc_domain_populate_physmap_exact(f->xch, f->domid, n, EXTENT_ORDER, 0, f->extents) < 0)
		return complain("its memory");
	f->populate_ns = clock_ns() - began;
	return 0;
}

/* The first pages of the domain, as many as hold that many bytes. */
static uint8_t *map(const struct floor *f, size_t bytes)
{
	const size_t n = (bytes + XC_PAGE_SIZE - 1) / XC_PAGE_SIZE;
	xenforeignmemory_handle *fmem = xenforeignmemory_open(NULL, 0);
	xen_pfn_t *pfns = calloc(n, sizeof(*pfns));
	int *errs = calloc(n, sizeof(*errs));
	uint8_t *at;
	size_t i;

	if (!fmem || !pfns || !errs || n > f->mib * PAGES_PER_MIB)
		return NULL;
	for (i = 0; i < n; i++)
		pfns[i] = f->extents[i >> EXTENT_ORDER] + (i & ((1 << EXTENT_ORDER) - 1));
	at = xenforeignmemory_map(fmem, f->domid, PROT_READ | PROT_WRITE, n, pfns, errs);
	for (i = 0; at && i < n; i++)
		if (errs[i])
			return NULL;
	free(pfns);
	free(errs);
	return at;
}

static int copy(struct floor *f, const struct image_file *kernel, const struct image_file *ramdisk)
{
	const struct kernel_facts *k = &kernel->kernel;
	const size_t extra = ramdisk ? ramdisk->size : 0;
	struct err e;
	uint8_t *to;
	uint64_t began;
	unsigned i;

	for (i = 0; i < k->info.nr_segments; i++)
		f->bytes += k->info.segments[i].filesz;
	f->bytes += extra;
	to = map(f, f->bytes);
	if (!to)
		return complain("a mapping of its memory");
	began = clock_ns();
	for (i = 0; i < k->info.nr_segments; i++) {
		const struct elf_segment *s = &k->info.segments[i];

		if (image_copy_kernel(kernel, s->offset, s->filesz, to, &e) < 0)
			return complain(e.msg);
		to += s->filesz;
	}
	if (extra && image_copy(ramdisk, 0, extra, to, &e) < 0)
		return complain(e.msg);
	f->copy_ns = clock_ns() - began;
	return munmap(to - (f->bytes - extra), f->bytes) < 0;
}

/* The memory is made of whole extents, and no more than a machine of the tests has. */
static bool take_mib(const char *text, uint64_t *mib)
{
	char *end;

	*mib = strtoull(text, &end, 10);
	return !*end && *mib && *mib <= 4096 && !(*mib % 2);
}

static int floor_copy(const char *type, const char *mib, const char *kernel, const char *ramdisk)
{
	struct floor f = {.pvh = !strcmp(type, "pvh")};
	struct image_file *k, *r = NULL;
	struct image_cache c = {0};
	const struct kernel_facts *elf;
	struct err e;
	int rc;

	if ((!f.pvh && strcmp(type, "pv")) || !take_mib(mib, &f.mib))
		return usage();
	k = image_hold(&c, "kernel", kernel, &e);
	if (k && ramdisk)
		r = image_hold(&c, "ramdisk", ramdisk, &e);
	if (k)
		image_plan_kernel(k);
	elf = k ? image_kernel(k, &e) : NULL;
	if (!elf || (ramdisk && !r)) {
		fprintf(stderr, "floor: %s\n", e.msg);
		return 1;
	}
	f.xch = xc_interface_open(NULL, NULL, 0);
	if (!f.xch)
		return complain("the hypervisor");
	rc = create(&f) || populate(&f) || copy(&f, k, r);
	if (f.domid && xc_domain_destroy(f.xch, f.domid) < 0)
		return complain("the end of the domain");
	if (!rc)
		printf("@floor type=%s mib=%llu bytes=%llu populate=%llu copy=%llu\n", type,
		       (unsigned long long)f.mib, (unsigned long long)f.bytes,
		       (unsigned long long)f.populate_ns, (unsigned long long)f.copy_ns);
	return rc;
}

/* The file's bytes, and memory to unpack it to, mapped as for the program's decoder. */
static bool map_kernel(const char *path, const uint8_t **file, size_t *size, struct room *room)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0)
		return false;
	*size = (size_t)st.st_size;
	map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
	*file = map;
	room->size = UNPACK_MAX;
	room->data = mmap(NULL, room->size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return map != MAP_FAILED && room->data != MAP_FAILED;
}

static int floor_codec(const char *path)
{
	struct kernel_facts k;
	const uint8_t *file;
	struct room room;
	struct err e;
	uint64_t began;
	size_t size;

	if (!map_kernel(path, &file, &size, &room))
		return complain(path);
	began = clock_ns();
	if (kernel_open(file, size, true, &room, &k, &e) < 0) {
		fprintf(stderr, "floor: %s\n", e.msg);
		return 1;
	}
	printf("@floor codec=%llu elf_bytes=%llu\n", (unsigned long long)(clock_ns() - began),
	       (unsigned long long)k.bare_size);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "codec"))
		return floor_codec(argv[2]);
	if ((argc == 5 || argc == 6) && !strcmp(argv[1], "copy"))
		return floor_copy(argv[2], argv[3], argv[4], argv[5]);
	return usage();
}
