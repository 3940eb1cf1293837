#include "direct.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *direct_cmdline(const struct guest_config *g, const char *ip, const char *extra, size_t max,
		     struct err *e)
{
	const struct {
		const char *prefix, *value;
	} parts[] = {
		{"", g->cmdline},
		{"ip=", ip},
		{"root=", g->root},
		{"", extra},
	};
	size_t len = 1;
	char *s;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].value && *parts[i].value)
			len += 1 + strlen(parts[i].prefix) + strlen(parts[i].value);
	s = malloc(len);
	if (!s) {
		err_set_passing(e, "out of memory");
		return NULL;
	}
	*s = '\0';
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!parts[i].value || !*parts[i].value)
			continue;
		if (*s)
			strcat(s, " ");
		strcat(s, parts[i].prefix);
		strcat(s, parts[i].value);
	}
	if (strlen(s) < max)
		return s;
	err_set(e, "the command line has %zu characters, a %s guest's can have %zu", strlen(s),
		guest_type_name(g->type), max - 1);
	free(s);
	return NULL;
}

int direct_check_pae(const struct guest_config *g, const struct kernel_facts *k, struct err *e)
{
	if (k->info.machine != EM_386 || elf_has_pae(&k->info))
		return 0;
	return err_set(
		e,
		"kernel %s is a 32-bit pv kernel without PAE (%s%s), which no hypervisor of today "
		"runs: it has to be built with PAE",
		g->kernel, k->info.pae[0] ? "PAE=" : "it states nothing of it", k->info.pae);
}

const char *direct_note(const struct guest_config *g, const struct kernel_facts *k,
			char buf[KERNEL_NOTE_MAX])
{
	const bool initrd = k->uki.parts[UKI_INITRD].size, cmdline = k->uki.parts[UKI_CMDLINE].size;

	*buf = '\0';
	if (!k->uki.parts[UKI_LINUX].size)
		return buf;
	snprintf(buf, KERNEL_NOTE_MAX,
		 "is a UKI, of which only the section .linux is used%s%s%s%s%s",
		 initrd || cmdline ? ", not " : "", initrd ? ".initrd" : "",
		 initrd && cmdline ? " and " : "", cmdline ? ".cmdline" : "",
		 initrd && g && !g->ramdisk ? ": the guest has no ramdisk" : "");
	return buf;
}

/*
 * What a domain holds beside kernel and ramdisk before its first instruction, in KiB: for PV the
 * physical-to-machine list (8 bytes a page) and as much again for page tables; start info, console,
 * store and boot stack pages and the 512 KiB that the boot protocol keeps free behind them
 * (public/xen.h, "Start-of-day memory layout"); Linux's own start takes the rest of the 4 MiB.
 */
static uint64_t boot_overhead_kib(const struct guest_config *g)
{
	uint64_t pages = g->memory_kib / 4;

	return 4 * 1024 + (g->type == GUEST_PV ? KIB(2 * 8 * pages) : 0);
}

/*
 * The memory from the guest's first page to the kernel's end, in bytes. A pv kernel's first page is
 * where its virt_base is mapped; what is below the kernel counts, because nothing else is put
 * there.
 */
static uint64_t kernel_span(const struct guest_config *g, const struct elf_info *i)
{
	if (g->type == GUEST_PV && i->xen & ELF_XEN_VIRT_BASE && i->virt_base <= i->vend)
		return i->vend - i->virt_base;
	return i->pend;
}

uint64_t direct_need_kib(const struct guest_config *g, const struct kernel_facts *k,
			 size_t ramdisk_size)
{
	return KIB(kernel_span(g, &k->info)) + KIB((uint64_t)ramdisk_size) + boot_overhead_kib(g);
}

int direct_check_memory(const struct guest_config *g, const struct kernel_facts *k,
			size_t ramdisk_size, struct err *e)
{
	const uint64_t kernel_kib = KIB(kernel_span(g, &k->info));
	const uint64_t ramdisk_kib = KIB((uint64_t)ramdisk_size);
	const uint64_t need_kib = direct_need_kib(g, k, ramdisk_size);

	if (need_kib <= g->memory_kib)
		return 0;
	return err_set(e,
		       "memory = %" PRIu64 " MiB is too little: kernel %" PRIu64
		       " KiB, ramdisk %" PRIu64 " KiB and start-up tables take %" PRIu64 " MiB",
		       g->memory_kib / 1024, kernel_kib, ramdisk_kib, (need_kib + 1023) / 1024);
}
