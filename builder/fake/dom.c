/* The domain builder, as libxenguest shows it, and the builder of ACPI tables. */
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <acpi/libacpi.h>
#include <xen/hvm/hvm_info_table.h>
#include <xen/io/console.h>

#include <xen-kernel-loader.h>

#include "builder/image/image_files.h"

/* How far an image has come. */
enum step { ALLOCATED, HOST, DESCRIBED, SIZED, POPULATED, LOADED, BOOTED };

/* An image of the library, with what the fake keeps beside it. */
struct image {
	struct xc_dom_image dom; /* first */
	enum step step;
	struct elf_dom_parms parms;
	uint8_t *kernel;        /* where it is loaded, once that is mapped */
	xen_pfn_t kernel_pages; /* of that mapping */
	uint8_t *kernel_was;    /* what was there when it was unmapped last */
	uint8_t *behind;        /* the same of what is loaded behind it: a ramdisk, or a BIOS */
	xen_pfn_t behind_pfn, behind_pages;
	bool behind_mapped;
};

static struct xc_dom_arch arch = {.page_shift = XC_PAGE_SHIFT};

static void step(struct xc_dom_image *dom, enum step from, enum step to, const char *name)
{
	struct image *i = (struct image *)dom;

	if (i->step != from)
		fake_broken("%s was called at step %d of a build, not %d", name, i->step, from);
	i->step = to;
}

/* A failure of the builder comes with a message of its own. */
static int fail(struct xc_dom_image *dom, const char *name)
{
	fake_log(dom->xch, "panic: xg_dom_core.c:707: %s: it was refused\n", name);
	return fake_leave(-1);
}

struct xc_dom_image *xc_dom_allocate(xc_interface *xch, const char *cmdline, const char *features)
{
	struct image *i;

	(void)features;
	if (!fake_enter(__func__))
		return fake_leave_ptr(NULL);
	i = fake_calloc(1, sizeof(*i));
	i->dom.xch = xch;
	i->dom.cmdline = cmdline ? fake_calloc(strlen(cmdline) + 1, 1) : NULL;
	if (cmdline)
		strcpy(i->dom.cmdline, cmdline);
	i->dom.arch_hooks = &arch;
	i->dom.parms = &i->parms;
	i->parms.virt_base = i->parms.virt_entry = i->parms.virt_hypercall = UNSET_ADDR;
	i->parms.virt_hv_start_low = i->parms.p2m_base = i->parms.elf_paddr_offset = UNSET_ADDR;
	fake_image_count(1);
	return fake_leave_ptr(i);
}

void xc_dom_release(struct xc_dom_image *dom)
{
	struct xc_dom_mem *m;

	while ((m = dom->memblocks)) {
		dom->memblocks = m->next;
		free(m);
	}
	free(dom->cmdline);
	free(dom->pv_p2m);
	free(((struct image *)dom)->kernel);
	free(((struct image *)dom)->kernel_was);
	free(((struct image *)dom)->behind);
	fake_lock();
	fake_image_count(-1);
	fake_unlock();
	free(dom);
}

void *xc_dom_malloc(struct xc_dom_image *dom, size_t size)
{
	struct xc_dom_mem *m;

	if (!fake_enter(__func__))
		return fake_leave_ptr(NULL);
	m = fake_calloc(1, sizeof(*m) + size);
	m->next = dom->memblocks;
	dom->memblocks = m;
	return fake_leave_ptr(m->memory);
}

int xc_dom_module_mem(struct xc_dom_image *dom, const void *mem, size_t memsize,
		      const char *cmdline)
{
	if (!fake_enter(__func__))
		return fail(dom, __func__);
	/*
	 * A module that is added before the image is loaded would be loaded, and unpacked, by the
	 * library.
	 */
	step(dom, LOADED, LOADED, __func__);
	(void)cmdline;
	dom->modules[0].blob = (void *)(uintptr_t)mem;
	dom->modules[0].size = memsize;
	dom->num_modules = 1;
	return fake_leave(0);
}

int xc_dom_boot_xen_init(struct xc_dom_image *dom, xc_interface *xch, uint32_t domid)
{
	struct fake_domain *d = fake_enter_domain(__func__, domid);

	(void)xch;
	if (!d)
		return fail(dom, __func__);
	step(dom, ALLOCATED, HOST, __func__);
	dom->guest_domid = domid;
	return fake_leave(0);
}

/* Whether the text of the host's capabilities has that word. */
static bool has_word(const char *caps, const char *word)
{
	const size_t len = strlen(word);
	const char *p = caps;

	while ((p = strstr(p, word))) {
		if ((p == caps || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
		p += len;
	}
	return false;
}

/*
 * Unlike all others it returns 0 for failure. The program must not use the library's own parsers;
 * it fills in what they would have found.
 */
int xc_dom_compat_check(struct xc_dom_image *dom)
{
	const bool hvm = dom->container_type == XC_DOM_HVM_CONTAINER;

	if (!fake_enter(__func__))
		return fail(dom, __func__) + 1;
	step(dom, HOST, DESCRIBED, __func__);
	if (dom->kernel_blob || dom->num_modules)
		fake_broken("the library is given a file to load");
	if (!dom->kernel_loader || !dom->kernel_loader->loader)
		fake_broken("there is nothing to load the kernel with");
	if (dom->parms->virt_base == UNSET_ADDR || dom->parms->virt_entry == UNSET_ADDR)
		fake_broken("the library does not learn where the kernel is");
	if (hvm && dom->parms->phys_entry == UNSET_ADDR32)
		fake_broken("the library does not learn where the kernel is entered");
	if (dom->f_active[0] != dom->parms->f_required[0] ||
	    dom->f_active[0] & ~dom->parms->f_supported[0])
		fake_broken("the features of the kernel do not fit");
	if (has_word(fake_host()->caps, dom->guest_type))
		return fake_leave(1);
	errno = 0;
	fake_log(dom->xch, "panic: xg_dom_boot.c:87: %s: guest type %s not supported\n", __func__,
		 dom->guest_type);
	return fake_leave(0);
}

int xc_dom_mem_init(struct xc_dom_image *dom, unsigned mem_mb)
{
	if (!fake_enter(__func__))
		return fail(dom, __func__);
	step(dom, DESCRIBED, SIZED, __func__);
	dom->total_pages = (xen_pfn_t)mem_mb << (20 - XC_PAGE_SHIFT);
	return fake_leave(0);
}

/* Memory of a translated domain is where the layout says; that must be as much as it should get. */
static bool layout_ok(const struct xc_dom_image *dom)
{
	const uint64_t high = dom->highmem_end ? dom->highmem_end - (UINT64_C(1) << 32) : 0;

	return dom->lowmem_end <= dom->mmio_start &&
	       dom->lowmem_end + high == dom->total_pages << XC_PAGE_SHIFT &&
	       dom->mmio_start + dom->mmio_size == UINT64_C(1) << 32 &&
	       !dom->device_model == !dom->vga_hole_size;
}

int xc_dom_boot_mem_init(struct xc_dom_image *dom)
{
	struct fake_domain *d = fake_enter_domain(__func__, dom->guest_domid);
	const bool hvm = dom->container_type == XC_DOM_HVM_CONTAINER;
	xen_pfn_t i;

	if (!d)
		return fail(dom, __func__);
	step(dom, SIZED, POPULATED, __func__);
	/* What there is more is marked as to be populated on demand (meminit_hvm). */
	d->shown_kib = dom->total_pages * (XC_PAGE_SIZE / 1024);
	d->memory_kib = hvm ? dom->target_pages * (XC_PAGE_SIZE / 1024) : d->shown_kib;
	if (!d->maxmem_kib || d->memory_kib > d->maxmem_kib) {
		fake_broken("memory of domain %u is populated past its limit", d->domid);
		return fake_refuse(ENOMEM);
	}
	if (hvm != !!(d->config.flags & XEN_DOMCTL_CDF_hvm) || dom->max_vcpus != d->vcpus)
		fake_broken("the image of domain %u is not what the domain is", d->domid);
	if (!fake_take(d, d->memory_kib))
		return fail(dom, __func__);
	d->claim_kib = 0; /* what is left of it: meminit_hvm and meminit_pv of xg_dom_x86.c */
	if (hvm) {
		if (!d->pool_bytes)
			fake_broken("domain %u has no pool for its page tables", d->domid);
		if (!layout_ok(dom) || dom->target_pages > dom->total_pages)
			fake_broken("the memory of domain %u is laid out wrong", d->domid);
		return fake_leave(0);
	}
	dom->p2m_size = dom->total_pages;
	dom->pv_p2m = fake_calloc(dom->p2m_size, sizeof(*dom->pv_p2m));
	for (i = 0; i < dom->p2m_size; i++)
		dom->pv_p2m[i] = i + UINT64_C(0x10000000) * d->domid;
	return fake_leave(0);
}

/* The pages of the console and the store as the domain has them from now on. */
static void make_pages(struct fake_domain *d)
{
	d->page_fd = memfd_create("pages", MFD_CLOEXEC);
	if (d->page_fd < 0 || ftruncate(d->page_fd, 3 * XC_PAGE_SIZE) < 0)
		abort();
	d->ring = mmap(NULL, XC_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, d->page_fd, 0);
	d->store = mmap(NULL, XC_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, d->page_fd,
			XC_PAGE_SIZE);
	d->info = mmap(NULL, XC_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, d->page_fd,
		       2 * XC_PAGE_SIZE);
	if (d->ring == MAP_FAILED || d->store == MAP_FAILED || d->info == MAP_FAILED)
		abort();
#if XEN_LIBS_MINOR >= 21
	d->ring->connection = XENCONSOLE_DISCONNECTED; /* xc_dom_console_init */
#endif
}

/* hvmloader's table as the library leaves it (build_hvm_info of xg_dom_x86.c). */
static void make_info(struct fake_domain *d)
{
	struct hvm_info_table *info = (struct hvm_info_table *)(d->info + HVM_INFO_OFFSET);

	memcpy(info->signature, "HVM INFO", sizeof(info->signature));
	info->length = sizeof(*info);
	info->apic_mode = 1;
	info->nr_vcpus = 1;
	memset(info->vcpu_online, 0xff, sizeof(info->vcpu_online));
	info->low_mem_pgend = (uint32_t)(d->lowmem_end >> XC_PAGE_SHIFT);
	info->high_mem_pgend = (uint32_t)(d->highmem_end >> XC_PAGE_SHIFT);
	for (size_t i = 0; i < sizeof(*info); i++)
		if (i != offsetof(struct hvm_info_table, checksum))
			info->checksum = (uint8_t)(info->checksum - d->info[HVM_INFO_OFFSET + i]);
}

/* Pages that nobody has cleared. */
static uint8_t *map(xen_pfn_t pages)
{
	uint8_t *p = fake_calloc(pages, XC_PAGE_SIZE);

	memset(p, 0xa5, pages * XC_PAGE_SIZE);
	return p;
}

void *xc_dom_pfn_to_ptr_retcount(struct xc_dom_image *dom, xen_pfn_t pfn, xen_pfn_t count,
				 xen_pfn_t *count_out)
{
	struct image *i = (struct image *)dom;

	if (!fake_enter(__func__))
		return fake_leave_ptr(NULL);
	*count_out = count;
	if (pfn == dom->kernel_seg.pfn && (!i->kernel || count == i->kernel_pages)) {
		i->kernel_pages = count;
		i->kernel = i->kernel ? i->kernel : map(count);
		return fake_leave_ptr(i->kernel);
	}
	if (i->behind || !i->kernel_was || pfn + count != dom->pfn_alloc_end)
		fake_broken("domain %u has no pages %#llx to map", dom->guest_domid,
			    (unsigned long long)pfn);
	free(i->behind);
	i->behind = map(count);
	i->behind_pfn = pfn;
	i->behind_pages = count;
	i->behind_mapped = true;
	return fake_leave_ptr(i->behind);
}

void *xc_dom_pfn_to_ptr(struct xc_dom_image *dom, xen_pfn_t pfn, xen_pfn_t count)
{
	xen_pfn_t ignored;

	return xc_dom_pfn_to_ptr_retcount(dom, pfn, count, &ignored);
}

void xc_dom_unmap_one(struct xc_dom_image *dom, xen_pfn_t pfn)
{
	struct image *i = (struct image *)dom;

	if (i->behind_mapped && pfn == i->behind_pfn) {
		i->behind_mapped = false;
		return;
	}
	if (pfn != dom->kernel_seg.pfn || !i->kernel)
		fake_broken("page %#llx of domain %u is not mapped", (unsigned long long)pfn,
			    dom->guest_domid);
	free(i->kernel_was);
	i->kernel_was = i->kernel;
	i->kernel = NULL;
}

/* As the library: the segment is made, cleared, and filled by the kernel's loader. */
static int load_kernel(struct xc_dom_image *dom, struct fake_domain *d)
{
	struct image *i = (struct image *)dom;
	struct xc_dom_seg *seg = &dom->kernel_seg;
	xen_pfn_t behind;

	if (seg->vstart % XC_PAGE_SIZE || seg->vstart < i->parms.virt_base)
		fake_broken("the kernel of domain %u can't be where it should", d->domid);
	seg->pfn = (seg->vstart - i->parms.virt_base) >> XC_PAGE_SHIFT;
	seg->pages = (seg->vend - seg->vstart + XC_PAGE_SIZE - 1) >> XC_PAGE_SHIFT;
	dom->pfn_alloc_end = seg->pfn + seg->pages;
	dom->virt_alloc_end = seg->vstart + (seg->pages << XC_PAGE_SHIFT);
	if (seg->pages != 1)
		fake_broken("the library clears %llu pages of domain %u, which are filled later",
			    (unsigned long long)seg->pages, d->domid);
	i->kernel = map(seg->pages);
	i->kernel_pages = seg->pages;
	memset(i->kernel, 0, seg->pages * XC_PAGE_SIZE);
	if (dom->kernel_loader->loader(dom) < 0)
		return -1;
	behind = seg->pages + i->behind_pages;
	if (dom->pfn_alloc_end != seg->pfn + behind ||
	    dom->virt_alloc_end != seg->vstart + (behind << XC_PAGE_SHIFT))
		fake_broken("what comes behind the kernel of domain %u is not there", d->domid);
	d->guest_type = dom->guest_type;
	d->virt_base = i->parms.virt_base;
	d->virt_entry = i->parms.virt_entry;
	d->extended_cr3 = i->parms.pae == XEN_PAE_EXTCR3;
	d->entry = dom->container_type == XC_DOM_HVM_CONTAINER ? i->parms.phys_entry
							       : i->parms.virt_entry;
	d->kernel_pfn = seg->pfn;
	d->kernel_pages = seg->pages;
	memcpy(d->kernel, i->kernel ? i->kernel : i->kernel_was,
	       seg->pages * XC_PAGE_SIZE < sizeof(d->kernel) ? seg->pages * XC_PAGE_SIZE
							     : sizeof(d->kernel));
	return 0;
}

int xc_dom_build_image(struct xc_dom_image *dom)
{
	struct fake_domain *d = fake_enter_domain(__func__, dom->guest_domid);

	if (!d)
		return fail(dom, __func__);
	step(dom, POPULATED, LOADED, __func__);
	/* The special pages: at the end of the hole, or after what was loaded. */
	if (dom->container_type == XC_DOM_HVM_CONTAINER) {
		dom->console_pfn = X86_HVM_END_SPECIAL_REGION - X86_HVM_NR_SPECIAL_PAGES;
		dom->xenstore_pfn = dom->console_pfn + 1;
		d->hvm_param[HVM_PARAM_CONSOLE_PFN] = dom->console_pfn;
		d->hvm_param[HVM_PARAM_CONSOLE_EVTCHN] = dom->console_evtchn;
		d->hvm_param[HVM_PARAM_STORE_PFN] = dom->xenstore_pfn;
		d->hvm_param[HVM_PARAM_STORE_EVTCHN] = dom->xenstore_evtchn;
		if (!d->nr_e820 || !dom->e820_entries)
			fake_broken("domain %u is loaded without a memory map", d->domid);
	} else {
		dom->console_pfn = dom->total_pages - 1;
		dom->xenstore_pfn = dom->total_pages - 2;
	}
	fake_leave(0);
	return load_kernel(dom, d);
}

/* Whether size bytes of memory are those of the ramdisk. The library does not follow the pointer to
 * it, once it is loaded; load.c has it point to the file. */
static bool is_ramdisk(const struct xc_dom_image *dom, const uint8_t *at, size_t size)
{
	const struct image_file *f = dom->modules[0].blob;
	uint8_t want[4096];

	for (size_t done = 0, n; done < size; done += n) {
		n = size - done < sizeof(want) ? size - done : sizeof(want);
		if (pread(f->fd, want, n, (off_t)done) != (ssize_t)n ||
		    memcmp(at + done, want, n) != 0)
			return false;
	}
	return true;
}

/* That the ramdisk is there, whole, and where the guest is told. */
static void check_ramdisk(const struct xc_dom_image *dom)
{
	const struct image *i = (const struct image *)dom;
	const struct xc_dom_seg *seg = &dom->modules[0].seg;
	const size_t size = dom->modules[0].size, len = seg->pages << XC_PAGE_SHIFT;
	const bool by_pfn = dom->parms->unmapped_initrd;

	if (!i->behind || i->behind_pfn != seg->pfn || len < size || len - size >= XC_PAGE_SIZE ||
	    !is_ramdisk(dom, i->behind, size))
		fake_broken("the ramdisk of domain %u is not loaded", dom->guest_domid);
	for (size_t k = size; k < len; k++)
		if (i->behind[k])
			fake_broken("what is behind the ramdisk of domain %u is not clear",
				    dom->guest_domid);
	if (dom->initrd_start != (by_pfn ? seg->pfn : seg->vstart) ||
	    dom->initrd_len != (by_pfn ? len : size) ||
	    !(dom->flags & SIF_MOD_START_PFN) != !by_pfn || seg->vend - seg->vstart != size)
		fake_broken("domain %u does not learn where its ramdisk is", dom->guest_domid);
}

/* That hvmloader finds the BIOS, where it was loaded. */
static void check_bios(const struct xc_dom_image *dom)
{
	const struct image *i = (const struct image *)dom;
	const struct xc_hvm_firmware_module *m = &dom->system_firmware_module;
	const xen_pfn_t pages = (m->length + XC_PAGE_SIZE - 1) >> XC_PAGE_SHIFT;

	if (!i->behind || m->guest_addr_out != i->behind_pfn << XC_PAGE_SHIFT ||
	    i->behind_pages != pages)
		fake_broken("the BIOS of domain %u is not where hvmloader finds it",
			    dom->guest_domid);
	if (dom->num_modules)
		fake_broken("domain %u gets a ramdisk that is its device model's to load",
			    dom->guest_domid);
}

int xc_dom_boot_image(struct xc_dom_image *dom)
{
	struct fake_domain *d = fake_enter_domain(__func__, dom->guest_domid);

	if (!d)
		return fail(dom, __func__);
	step(dom, LOADED, BOOTED, __func__);
	if (!d->cpuid_set)
		fake_broken("domain %u is booted without a cpuid policy", d->domid);
	snprintf(d->cmdline, sizeof(d->cmdline), "%s", dom->cmdline ? dom->cmdline : "none");
	d->ramdisk_size = dom->num_modules ? dom->modules[0].size : 0;
	if (dom->device_model)
		check_bios(dom);
	else if (dom->num_modules)
		check_ramdisk(dom);
	d->image_vcpus = dom->max_vcpus;
	d->lowmem_end = dom->lowmem_end;
	d->highmem_end = dom->highmem_end;
	d->console_evtchn = dom->console_evtchn;
	d->store_evtchn = dom->xenstore_evtchn;
	d->console_gfn = xc_dom_p2m(dom, dom->console_pfn);
	d->store_gfn = xc_dom_p2m(dom, dom->xenstore_pfn);
	for (unsigned i = 0; i < MAX_ACPI_MODULES; i++)
		d->acpi_pages += (dom->acpi_modules[i].length + XC_PAGE_SIZE - 1) / XC_PAGE_SIZE;
	d->device_model = dom->device_model;
	d->bios_size = dom->system_firmware_module.length;
	make_pages(d);
	if (d->device_model)
		make_info(d);
	d->loaded = true;
	return fake_leave(0);
}

int xc_dom_gnttab_init(struct xc_dom_image *dom)
{
	struct fake_domain *d = fake_enter_domain(__func__, dom->guest_domid);

	if (!d)
		return fail(dom, __func__);
	step(dom, BOOTED, BOOTED, __func__);
	d->grants = true;
	return fake_leave(0);
}

bool xc_dom_translated(const struct xc_dom_image *dom)
{
	return dom->container_type == XC_DOM_HVM_CONTAINER;
}

char *xc_dom_guest_os(struct xc_dom_image *dom)
{
	static char os[] = "linux";

	(void)dom;
	return os;
}

bool xc_dom_feature_get(struct xc_dom_image *dom, unsigned nr)
{
	(void)dom;
	return nr == XENFEAT_linux_rsdp_unrestricted && fake_host()->linux_rsdp;
}

/* libacpi is the real one; only its failure is made here. */
/* libacpi changes tables of its own. */
static void tables_busy(bool busy)
{
	static bool is_busy;

	fake_lock();
	if (busy && is_busy)
		fake_broken("two threads had libacpi make tables at once");
	is_busy = busy;
	fake_unlock();
}

int __real_acpi_build_tables(struct acpi_ctxt *ctxt, struct acpi_config *config);
int __wrap_acpi_build_tables(struct acpi_ctxt *ctxt, struct acpi_config *config);
int __wrap_acpi_build_tables(struct acpi_ctxt *ctxt, struct acpi_config *config)
{
	int rc = -1;

	tables_busy(true);
	if (fake_enter("acpi_build_tables")) {
		fake_unlock();
		rc = __real_acpi_build_tables(ctxt, config);
		fake_lock();
	}
	fake_unlock();
	tables_busy(false);
	return rc;
}
