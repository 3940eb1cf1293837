/*
 * libFuzzer entry: a guest with any texts and sizes, and any kernel, for each image type. The input
 * begins with the figures; then come texts for ip, root, extra and cmdline, a line each; the rest
 * is the kernel's file.
 */
#include "builder/image/image_type.h"

#include <assert.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "builder/image/direct.h"
#include "builder/image/vmx.h"
#include "loaders/kernel.h"
#include "loaders/test/room.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define UNPACKED_MAX ((size_t)1 << 20)

struct figures {
	uint32_t memory_mib, videoram_mib;
	uint64_t ramdisk;
	/* Of a kernel that no file says these of. */
	uint64_t virt_base, vend, pend;
	uint32_t xen;
	uint8_t type, protocol, machine, made;
};

static void check_error(const struct err *e)
{
	assert(e->msg[0] && strnlen(e->msg, sizeof(e->msg)) < sizeof(e->msg));
	assert(!strchr(e->msg, '\n'));
}

static void check_cmdline(const struct image_type *t, const struct guest_config *g)
{
	struct err e = {0};
	char *line = t->cmdline(g, &e);

	if (!line) {
		check_error(&e);
		assert(strstr(e.msg, "command line has "));
		return;
	}
	assert(strlen(line) < (g->type == GUEST_PV ? 1024 : LINUX_CMDLINE_MAX));
	if (g->cmdline && *g->cmdline)
		assert(!strncmp(line, g->cmdline, strlen(g->cmdline)));
	if (g->root && *g->root)
		assert(strstr(line, g->root));
	free(line);
}

static unsigned __int128 kib(unsigned __int128 bytes)
{
	return (bytes + 1023) / 1024;
}

/* What fits does so with numbers that have no end. */
static void check_memory(const struct image_type *t, const struct guest_config *g,
			 const struct kernel_facts *k, size_t files)
{
	const struct elf_info *i = k ? &k->info : NULL;
	unsigned __int128 need = files;
	struct err e = {0};

	if (t->check_memory(g, k, files, &e) < 0) {
		check_error(&e);
		return;
	}
	if (!i)
		need = kib(need) + g->videoram_kib + VMX_FIRMWARE_KIB;
	else if (g->type == GUEST_PV && i->xen & ELF_XEN_VIRT_BASE && i->virt_base <= i->vend)
		need = kib(need) + kib(i->vend - i->virt_base);
	else
		need = kib(need) + kib(i->pend);
	assert(need <= g->memory_kib);
}

static void check_type(const struct image_type *t, struct guest_config *g,
		       const struct kernel_facts *k, size_t ramdisk)
{
	const enum kernel_use use = t->kernel_use(g);
	struct err e = {0};

	check_cmdline(t, g);
	if (use != KERNEL_LOADED) {
		check_memory(t, g, NULL, ramdisk);
		return;
	}
	if (!k)
		return;
	if (t->check_kernel(g, k, &e) < 0)
		check_error(&e);
	else
		assert(g->type == GUEST_PV ? kernel_can_pv(k) : elf_can_pvh(&k->info));
	check_memory(t, g, k, ramdisk);
}

/* The next line, or NULL for an empty one. */
static char *take_line(char **rest)
{
	char *line = *rest ? strsep(rest, "\n") : NULL;

	return line && *line ? line : NULL;
}

static void make_kernel(struct kernel_facts *k, const struct figures *f)
{
	memset(k, 0, sizeof(*k));
	k->format = KERNEL_ELF;
	k->info.machine = f->machine & 1 ? EM_386 : EM_X86_64;
	k->info.bits = f->machine & 1 ? 32 : 64;
	k->info.xen = f->xen;
	k->info.has_notes = f->machine & 2;
	k->info.virt_base = f->virt_base;
	k->info.vend = f->vend;
	k->info.pend = f->pend;
}

static void check_all(struct guest_config *g, const struct figures *f, const struct kernel_facts *k)
{
	const struct image_type *t;

	for (size_t i = 0; (t = image_type_at(i)); i++) {
		g->type = t->types[f->type % t->nr_types];
		g->model_protocol = f->protocol & 1 ? MODEL_CLASSIC : MODEL_QEMU;
		check_type(t, g, k, (size_t)f->ramdisk);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[] = "/boot/k";
	struct guest_config g = {.kernel = path};
	static struct room room;
	struct kernel_facts k;
	char *texts, *rest;
	struct figures f;
	struct err e = {0};
	bool there;

	if (size < sizeof(f))
		return 0;
	memcpy(&f, data, sizeof(f));
	data += sizeof(f);
	size -= sizeof(f);
	texts = rest = strndup((const char *)data, size);
	assert(texts);
	g.memory_kib = (uint64_t)f.memory_mib * 1024;
	g.videoram_kib = (uint64_t)(f.videoram_mib % 513) * 1024;
	g.ip = take_line(&rest);
	g.root = take_line(&rest);
	g.extra = take_line(&rest);
	g.cmdline = take_line(&rest);
	if (g.cmdline)
		g.ip = g.root = g.extra = NULL;
	if (rest) {
		size -= (size_t)(rest - texts);
		data += rest - texts;
	}
	if (!room.data)
		room = room_make(UNPACKED_MAX);
	there = f.made & 1 || kernel_open(data, size, false, &room, &k, &e) == 0;
	if (f.made & 1)
		make_kernel(&k, &f);
	check_all(&g, &f, there ? &k : NULL);
	free(texts);
	return 0;
}
