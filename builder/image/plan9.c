/*
 * plan9 images: a Plan 9 kernel for Xen, an a.out or the ELF that Plan 9's port makes of it, or
 * another kernel that boots by Xen's PV protocol, with an optional ramdisk.
 *
 * Sources: xend's Plan9ImageHandler of 2005; /sys/src/9/xen/main.c of Plan 9 (options: the command
 * line is taken as the lines of plan9.ini; confinit: which memory the kernel uses).
 */
#include "direct.h"

#include <elf.h>
#include <inttypes.h>
#include <xen/xen.h>

/* What xend had for a plan9 image that said nothing else. */
#define DEFAULT_IP "dhcp"

/*
 * public/arch-x86/xen-x86_32.h, HYPERVISOR_VIRT_START_PAE: a 32-bit kernel has the addresses below
 * it.
 */
#define END_386 UINT64_C(0xf5800000)

static enum kernel_use plan9_kernel_use(const struct guest_config *g)
{
	(void)g;
	return KERNEL_LOADED;
}

static char *plan9_cmdline(const struct guest_config *g, struct err *e)
{
	const char *ip = g->ip || g->cmdline ? g->ip : DEFAULT_IP;

	return direct_cmdline(g, ip, g->extra, MAX_GUEST_CMDLINE, e);
}

static int plan9_check_kernel(const struct guest_config *g, const struct kernel_facts *k,
			      struct err *e)
{
	if (k->bzimage.version)
		return err_set(
			e, "kernel %s is a bzImage, a Linux kernel: image = \"linux\" would fit",
			g->kernel);
	if (kernel_can_pv(k))
		return direct_check_pae(g, k, e);
	return err_set(e, "kernel %s has no PV entry, at which a plan9 guest starts", g->kernel);
}

/*
 * A 32-bit kernel maps all its memory between its virt_base and the hypervisor, and leaves what
 * does not fit unused.
 */
static int check_386(const struct guest_config *g, uint64_t base, struct err *e)
{
	const uint64_t room_mib = base < END_386 ? (END_386 - base) >> 20 : 0;

	if (g->memory_kib / 1024 <= room_mib)
		return 0;
	return err_set(e,
		       "memory = %" PRIu64 " MiB is too much: a 32-bit kernel at %#" PRIx64
		       " has addresses for %" PRIu64 " MiB",
		       g->memory_kib / 1024, base, room_mib);
}

/* What is mapped at the start must not reach the end of the addresses. */
static int check_amd64(const struct guest_config *g, const struct kernel_facts *k, uint64_t base,
		       size_t ramdisk_size, struct err *e)
{
	const uint64_t need_kib = direct_need_kib(g, k, ramdisk_size);

	if (base == 0 || need_kib < (UINT64_MAX - base) >> 10)
		return 0;
	return err_set(e,
		       "kernel, ramdisk and start-up tables take %" PRIu64
		       " MiB, a kernel at %#" PRIx64 " has addresses for %" PRIu64 " MiB",
		       (need_kib + 1023) / 1024, base, (UINT64_MAX - base) >> 20);
}

static int plan9_check_memory(const struct guest_config *g, const struct kernel_facts *k,
			      size_t ramdisk_size, struct err *e)
{
	const uint64_t base = k->info.xen & ELF_XEN_VIRT_BASE ? k->info.virt_base : 0;

	if (direct_check_memory(g, k, ramdisk_size, e) < 0)
		return -1;
	return k->info.machine == EM_386 ? check_386(g, base, e)
					 : check_amd64(g, k, base, ramdisk_size, e);
}

const struct image_type image_plan9 = {
	.name = "plan9",
	.types = {GUEST_PV},
	.nr_types = 1,
	.cmdline_lines = true,
	.kernel_use = plan9_kernel_use,
	.cmdline = plan9_cmdline,
	.check_kernel = plan9_check_kernel,
	.check_memory = plan9_check_memory,
};
