#include "compare.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/hvm/e820.h>
#include <xen/libelf/libelf.h>

#include "builder/build/load.h"
#include "builder/build/memmap.h"
#include "builder/image/image_files.h"
#include "domain.h"

#define MEMORY_MIB 160
#define CMDLINE    "console=hvc0 quiet"

/* What both get. */
struct subject {
	enum compare_as as;
	struct guest_config cfg;
	struct guest guest;
	struct image_cache images;
	struct host host;
	const struct kernel_facts *kernel;
	/* The library's, mapped: the bare kernel or all of the firmware's file, and what is behind
	 * it. */
	struct image_file *files[2];
	uint8_t *maps[2];
	uint64_t map_sizes[2];
};

/* What came of one of them. */
struct outcome {
	struct domain domain;
	struct elf_dom_parms parms; /* as the kernel states them */
	struct xc_dom_image image;  /* as it was when all was done; what it points to is gone */
	bool no_loader;
	struct err err;
};

/* ---- both ways ---- */

static struct xc_dom_image *begin(const struct subject *s)
{
	const bool pv = s->as == COMPARE_PV;
	const char *cmdline = s->as == COMPARE_FIRMWARE ? NULL : CMDLINE;
	struct xc_dom_image *dom = xc_dom_allocate(s->host.xch, cmdline, NULL);

	if (!dom)
		abort();
	dom->container_type = pv ? XC_DOM_PV_CONTAINER : XC_DOM_HVM_CONTAINER;
	dom->max_vcpus = 2;
	dom->console_evtchn = 2;
	dom->xenstore_evtchn = 1;
	if (!pv)
		memmap_layout(dom, &s->guest);
	return dom;
}

static int end(struct subject *s, struct outcome *o, struct xc_dom_image *dom, const char *failed)
{
	if (failed && !o->err.msg[0])
		xenlog_error(&s->host.log, &o->err, "%s", failed);
	xenlog_clear(&s->host.log);
	o->image = *dom;
	xc_dom_release(dom);
	return failed ? -1 : 0;
}

/* ---- either way ---- */

static void take_for_library(struct xc_dom_image *dom, const struct subject *s)
{
	const struct guest *g = &s->guest;

	if (s->as == COMPARE_FIRMWARE) {
		xc_dom_kernel_mem(dom, s->maps[0], g->firmware->size);
		dom->system_firmware_module.data = s->maps[1];
		dom->system_firmware_module.length = (uint32_t)g->bios->size;
		return;
	}
	xc_dom_kernel_mem(dom, s->maps[0] + s->kernel->bare_offset, s->kernel->bare_size);
	if (!g->ramdisk)
		return;
	xc_dom_module_max_size(dom, g->ramdisk->size);
	xc_dom_module_mem(dom, s->maps[1], g->ramdisk->size, NULL);
}

/*
 * A ramdisk that is not mapped, and a list of frames that is not either: the library has the
 * ramdisk in front of the list. Ours is loaded when the library is done, and comes behind the list.
 * That is the one difference that is meant, so that it is made here for the library, too.
 */
static bool ramdisk_is_last(const struct xc_dom_image *dom)
{
	return dom->num_modules && dom->parms->unmapped_initrd && !xc_dom_translated(dom) &&
	       dom->parms->p2m_base != UNSET_ADDR;
}

static int build_with_ramdisk_last(struct xc_dom_image *dom)
{
	struct xc_dom_module *m = &dom->modules[0];

	dom->num_modules = 0;
	if (xc_dom_build_image(dom) < 0 ||
	    xc_dom_alloc_segment(dom, &m->seg, "ramdisk", 0, m->size) < 0)
		return -1;
	dom->num_modules = 1;
	memcpy(xc_dom_seg_to_ptr(dom, &m->seg), m->blob, m->size);
	dom->flags |= SIF_MOD_START_PFN;
	dom->initrd_start = m->seg.pfn;
	dom->initrd_len = m->seg.pages << XC_PAGE_SHIFT;
	return 0;
}

static int build_theirs(struct xc_dom_image *dom)
{
	return ramdisk_is_last(dom) ? build_with_ramdisk_last(dom) : xc_dom_build_image(dom);
}

/* Of a translated domain, all of it memory. */
static void describe_memory(struct xc_dom_image *dom)
{
	dom->e820 = xc_dom_malloc(dom, sizeof(*dom->e820));
	dom->e820[0] = (struct e820entry){0, dom->lowmem_end, E820_RAM};
	dom->e820_entries = 1;
}

static int build(struct subject *s, struct outcome *o, bool theirs)
{
	struct xc_dom_image *dom = begin(s);
	int rc;

	if (domain_begin(&o->domain, dom, MEMORY_MIB << (20 - XC_PAGE_SHIFT)) < 0)
		return end(s, o, dom, "domain");
	if (theirs)
		take_for_library(dom, s);
	rc = theirs ? xc_dom_parse_image(dom) : load_describe(dom, &s->kernel->info);
	if (rc < 0) {
		o->no_loader = !dom->kernel_loader;
		return end(s, o, dom, "parse");
	}
	o->parms = *dom->parms;
	if (xc_dom_mem_init(dom, MEMORY_MIB) < 0 || domain_populate(&o->domain, dom) < 0)
		return end(s, o, dom, "memory");
	if (xc_dom_translated(dom))
		describe_memory(dom);
	rc = theirs ? build_theirs(dom) : load_images(dom, &s->guest, &s->host, s->kernel, &o->err);
	if (rc < 0)
		return end(s, o, dom, "build");
	rc = domain_boot(&o->domain, dom);
	return end(s, o, dom, rc < 0 ? "boot" : NULL);
}

/* ---- what differs ---- */

static int differs(struct comparison *out, const char *what, uint64_t theirs, uint64_t ours)
{
	if (theirs == ours)
		return 0;
	snprintf(out->text, sizeof(out->text), "%s: libxenguest %#llx, here %#llx", what,
		 (unsigned long long)theirs, (unsigned long long)ours);
	return -1;
}

#define DIFFERS(out, a, b, field) differs(out, #field, (uint64_t)(a)->field, (uint64_t)(b)->field)

static int compare_parms(const struct elf_dom_parms *a, const struct elf_dom_parms *b,
			 struct comparison *out)
{
	if (strcmp(a->guest_os, b->guest_os)) {
		snprintf(out->text, sizeof(out->text), "guest_os: libxenguest %s, here %s",
			 a->guest_os, b->guest_os);
		return -1;
	}
	return DIFFERS(out, a, b, pae) || DIFFERS(out, a, b, unmapped_initrd) ||
			       DIFFERS(out, a, b, virt_base) || DIFFERS(out, a, b, virt_entry) ||
			       DIFFERS(out, a, b, virt_hypercall) ||
			       DIFFERS(out, a, b, virt_hv_start_low) ||
			       DIFFERS(out, a, b, p2m_base) ||
			       DIFFERS(out, a, b, elf_paddr_offset) ||
			       DIFFERS(out, a, b, f_supported[0]) ||
			       DIFFERS(out, a, b, f_required[0]) ||
			       DIFFERS(out, a, b, phys_entry) || DIFFERS(out, a, b, virt_kstart) ||
			       DIFFERS(out, a, b, virt_kend)
		       ? -1
		       : 0;
}

static int compare_segment(const char *name, const struct xc_dom_seg *a, const struct xc_dom_seg *b,
			   struct comparison *out)
{
	char what[64];
	const struct {
		const char *field;
		uint64_t theirs, ours;
	} fields[] = {
		{"vstart", a->vstart, b->vstart},
		{"vend", a->vend, b->vend},
		{"pfn", a->pfn, b->pfn},
		{"pages", a->pages, b->pages},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		snprintf(what, sizeof(what), "%s.%s", name, fields[i].field);
		if (differs(out, what, fields[i].theirs, fields[i].ours) < 0)
			return -1;
	}
	return 0;
}

static int compare_images(const struct xc_dom_image *a, const struct xc_dom_image *b,
			  struct comparison *out)
{
	/* The library's are texts in its program. */
	if (strcmp(a->guest_type, b->guest_type)) {
		snprintf(out->text, sizeof(out->text), "guest_type: libxenguest %s, here %s",
			 a->guest_type, b->guest_type);
		return -1;
	}
	if (compare_segment("kernel", &a->kernel_seg, &b->kernel_seg, out) < 0 ||
	    compare_segment("module", &a->modules[0].seg, &b->modules[0].seg, out) < 0 ||
	    compare_segment("p2m", &a->p2m_seg, &b->p2m_seg, out) < 0 ||
	    compare_segment("page tables", &a->pgtables_seg, &b->pgtables_seg, out) < 0 ||
	    compare_segment("start info", &a->start_info_seg, &b->start_info_seg, out) < 0)
		return -1;
	return DIFFERS(out, a, b, start_info_pfn) || DIFFERS(out, a, b, console_pfn) ||
			       DIFFERS(out, a, b, xenstore_pfn) ||
			       DIFFERS(out, a, b, bootstack_pfn) ||
			       DIFFERS(out, a, b, pfn_alloc_end) ||
			       DIFFERS(out, a, b, virt_alloc_end) ||
			       DIFFERS(out, a, b, virt_pgtab_end) ||
			       DIFFERS(out, a, b, initrd_start) || DIFFERS(out, a, b, initrd_len) ||
			       DIFFERS(out, a, b, num_modules) || DIFFERS(out, a, b, flags) ||
			       DIFFERS(out, a, b, f_active[0]) ||
			       DIFFERS(out, a, b, system_firmware_module.guest_addr_out) ||
			       DIFFERS(out, a, b, system_firmware_module.length)
		       ? -1
		       : 0;
}

/* The empty header of a section in front of a BSD's symbols is whatever libelf's stack had. */
static uint64_t undefined_bytes(const struct subject *s, const struct xc_dom_image *dom,
				uint64_t *len)
{
	const struct elf_info *i = &s->kernel->info;

	*len = i->symtab.memsz ? (i->bits == 64 ? 64 : 40) : 0;
	return (dom->kernel_seg.pfn << XC_PAGE_SHIFT) + (i->symtab.paddr - i->pstart) + 68;
}

static int compare_memory(const struct subject *s, const struct outcome *a, const struct outcome *b,
			  struct comparison *out)
{
	uint64_t len, skip = undefined_bytes(s, &b->image, &len);
	const uint64_t at = domain_differs(&a->domain, &b->domain, skip, len);

	if (at != UINT64_MAX)
		snprintf(out->text, sizeof(out->text), "the domain's memory differs from %#llx on",
			 (unsigned long long)at);
	else if (domain_told_differs(&a->domain, &b->domain))
		snprintf(out->text, sizeof(out->text),
			 "what the hypervisor is told (parameters, registers) differs");
	return out->text[0] ? -1 : 0;
}

/* For the symbols of a 32-bit BSD libelf counts 68 bytes less than it writes. */
static void make_room(const struct subject *s, struct outcome *theirs)
{
	if (!s->kernel->info.symtab.memsz || s->kernel->info.bits != 32)
		return;
	theirs->image.kernel_seg.vend += 68;
	theirs->parms.virt_kend += 68;
}

/* ---- all of it ---- */

static void map_for_library(struct subject *s, unsigned i, int fd, uint64_t size)
{
	void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

	if (map == MAP_FAILED)
		abort();
	s->maps[i] = map;
	s->map_sizes[i] = size;
}

static void map_files(struct subject *s)
{
	const struct image_file *kernel = s->files[0], *behind = s->files[1];
	const bool unpacked = s->as != COMPARE_FIRMWARE && s->kernel->where == KERNEL_UNPACKED;

	map_for_library(s, 0, unpacked ? kernel->unpacked : kernel->fd,
			unpacked ? s->kernel->unpacked_size : kernel->size);
	if (behind)
		map_for_library(s, 1, behind->fd, behind->size);
}

static int open_subject(struct subject *s, enum compare_as as, const char *path, const char *behind,
			struct err *e)
{
	const bool firmware = as == COMPARE_FIRMWARE;
	struct guest *g = &s->guest;
	struct image_file **first = firmware ? &g->firmware : &g->kernel;
	struct image_file **second = firmware ? &g->bios : &g->ramdisk;

	memset(s, 0, sizeof(*s));
	s->as = as;
	s->cfg.type = as == COMPARE_PV ? GUEST_PV : firmware ? GUEST_HVM : GUEST_PVH;
	s->cfg.model_protocol = MODEL_QEMU;
	s->cfg.memory_kib = MEMORY_MIB << 10;
	s->cfg.kernel = s->cfg.firmware_override = (char *)(uintptr_t)path;
	s->cfg.ramdisk = (char *)(uintptr_t)behind;
	g->cfg = &s->cfg;
	g->static_max_kib = s->cfg.memory_kib;
	xenlog_init(&s->host.log, false);
	s->host.unmapper.none = !domain_is_real;
	s->host.xch = xc_interface_open(&s->host.log.vtable, &s->host.log.vtable,
					domain_is_real ? 0 : XC_OPENFLAG_DUMMY);
	if (!s->host.xch)
		abort();
	*first = image_hold(&s->images, "kernel", path, e);
	if (!*first || (behind && !(*second = image_hold(&s->images, "ramdisk", behind, e))))
		return -1;
	image_plan_kernel(*first);
	s->kernel = image_kernel(*first, e);
	if (!s->kernel)
		return -1;
	s->files[0] = *first;
	s->files[1] = *second;
	map_files(s);
	return 0;
}

static void close_subject(struct subject *s)
{
	struct guest *g = &s->guest;

	for (unsigned i = 0; i < 2; i++)
		if (s->maps[i])
			munmap(s->maps[i], s->map_sizes[i]);
	image_drop(&s->images, g->kernel);
	image_drop(&s->images, g->ramdisk);
	image_drop(&s->images, g->firmware);
	image_drop(&s->images, g->bios);
	unmap_end(&s->host.unmapper);
	xc_interface_close(s->host.xch);
}

void compare_loaders(enum compare_as as, const char *path, const char *behind,
		     struct comparison *out)
{
	struct outcome *theirs = calloc(1, sizeof(*theirs)), *ours = calloc(1, sizeof(*ours));
	struct subject s;
	struct err e;

	if (!theirs || !ours)
		abort();
	memset(out, 0, sizeof(*out));
	if (open_subject(&s, as, path, behind, &e) < 0) {
		snprintf(out->text, sizeof(out->text), "here: %.400s", e.msg);
		goto out;
	}
	if (build(&s, ours, false) < 0)
		snprintf(out->text, sizeof(out->text), "here: %.400s", ours->err.msg);
	else if (build(&s, theirs, true) < 0)
		snprintf(out->text, sizeof(out->text), "libxenguest: %.400s", theirs->err.msg);
	make_room(&s, theirs);
	if (!out->text[0] && !compare_images(&theirs->image, &ours->image, out) &&
	    (as == COMPARE_FIRMWARE || !compare_parms(&theirs->parms, &ours->parms, out)))
		compare_memory(&s, theirs, ours, out);
	out->not_theirs = theirs->no_loader;
	if (ours->domain.pages)
		domain_end(&ours->domain);
	if (theirs->domain.pages)
		domain_end(&theirs->domain);
out:
	close_subject(&s);
	free(theirs);
	free(ours);
}
