/*
 * linux images: a Linux kernel, or another that boots by Xen's PV or PVH protocol, with an
 * optional ramdisk.
 */
#include "direct.h"

#include <xen/xen.h>

static enum kernel_use linux_kernel_use(const struct guest_config *g)
{
	(void)g;
	return KERNEL_LOADED;
}

static char *linux_cmdline(const struct guest_config *g, struct err *e)
{
	const size_t max = g->type == GUEST_PV ? MAX_GUEST_CMDLINE : LINUX_CMDLINE_MAX;

	return direct_cmdline(g, g->ip, g->extra, max, e);
}

static int linux_check_kernel(const struct guest_config *g, const struct kernel_facts *k,
			      struct err *e)
{
	const bool pv = elf_can_pv(&k->info), pvh = elf_can_pvh(&k->info);

	if (k->aout.magic)
		return err_set(e, "kernel %s is a Plan 9 a.out: image = \"plan9\" would fit",
			       g->kernel);
	if (g->type == GUEST_PV ? pv : pvh)
		return g->type == GUEST_PV ? direct_check_pae(g, k, e) : 0;
	if (!pv && !pvh) {
		elf_why_not_pv(&k->info, e);
		return err_prefix(e, "kernel %s ", g->kernel);
	}
	if (pv && direct_check_pae(g, k, e) < 0)
		return -1;
	return err_set(e, "kernel %s has no %s entry, only a %s one: type = \"%s\" would fit",
		       g->kernel, pv ? "PVH" : "PV", pv ? "PV" : "PVH", pv ? "pv" : "pvh");
}

const struct image_type image_linux = {
	.name = "linux",
	.types = {GUEST_PV, GUEST_PVH},
	.nr_types = 2,
	.kernel_use = linux_kernel_use,
	.cmdline = linux_cmdline,
	.check_kernel = linux_check_kernel,
	.check_memory = direct_check_memory,
};
