/*
 * vmx images: hardware virtualised guests with a device model. With QEMU a firmware finds what to
 * start, on a disk or in a kernel that QEMU has got ready for it. With the classic protocol there
 * is no firmware: a kernel is entered at its PVH entry.
 */
#include "vmx.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "builder/jail/qemu_kernel.h"
#include "direct.h"

#define BLANKS     " \t" /* between words, as the descriptor's strings may have them */
#define VNC_VIEWER "VNC_VIEWER="

const char *vmx_vnc_viewer(const char *text, size_t *len)
{
	const char *p = text;

	while (p && (p = strstr(p, VNC_VIEWER))) {
		const bool begins = p == text || strchr(BLANKS, p[-1]);

		p += strlen(VNC_VIEWER);
		if (!begins)
			continue;
		*len = strcspn(p, BLANKS);
		return p;
	}
	return NULL;
}

/* extra without its VNC_VIEWER=X, which is for the device model and not for the kernel. To be
 * freed; NULL for lack of memory. */
static char *without_viewer(const char *extra)
{
	size_t len;
	const char *value = vmx_vnc_viewer(extra, &len);
	char *copy = strdup(extra), *word, *end;

	if (!copy || !value)
		return copy;
	word = copy + (value - extra) - strlen(VNC_VIEWER);
	end = copy + (value - extra) + len;
	/* The blanks on one side go with it. */
	if (*end)
		end += strspn(end, BLANKS);
	else
		while (word > copy && strchr(BLANKS, word[-1]))
			word--;
	memmove(word, end, strlen(end) + 1);
	return copy;
}

static enum kernel_use vmx_kernel_use(const struct guest_config *g)
{
	if (g->model_protocol == MODEL_CLASSIC)
		return KERNEL_LOADED;
	return g->kernel ? KERNEL_HANDED_ON : KERNEL_NONE;
}

static char *vmx_cmdline(const struct guest_config *g, struct err *e)
{
	char *extra = NULL, *s;

	if (g->model_protocol != MODEL_CLASSIC || !g->extra)
		return direct_cmdline(g, g->ip, g->extra, LINUX_CMDLINE_MAX, e);
	extra = without_viewer(g->extra);
	if (!extra) {
		err_set_passing(e, "out of memory");
		return NULL;
	}
	s = direct_cmdline(g, g->ip, extra, LINUX_CMDLINE_MAX, e);
	free(extra);
	return s;
}

static int vmx_check_kernel(const struct guest_config *g, const struct kernel_facts *k,
			    struct err *e)
{
	if (elf_can_pvh(&k->info))
		return 0;
	return err_set(e,
		       "kernel %s has no PVH entry, at which device_model_protocol = \"classic\" "
		       "starts it",
		       g->kernel);
}

static int vmx_check_file(const struct starter *s, const struct guest_config *g, int fd,
			  uint64_t size, struct err *e)
{
	return jail_qemu_kernel(s, g->kernel, fd, size, e);
}

static int vmx_check_memory(const struct guest_config *g, const struct kernel_facts *k,
			    size_t files, struct err *e)
{
	const uint64_t files_kib = KIB((uint64_t)files);
	const uint64_t need_kib = files_kib + g->videoram_kib + VMX_FIRMWARE_KIB;

	if (k)
		return direct_check_memory(g, k, files, e);
	if (need_kib <= g->memory_kib)
		return 0;
	return err_set(e,
		       "memory = %" PRIu64 " MiB is too little: kernel and ramdisk %" PRIu64
		       " KiB, videoram %" PRIu64 " MiB and the firmware take %" PRIu64 " MiB",
		       g->memory_kib / 1024, files_kib, g->videoram_kib / 1024, KIB(need_kib));
}

const struct image_type image_vmx = {
	.name = "vmx",
	.types = {GUEST_HVM},
	.nr_types = 1,
	.kernel_use = vmx_kernel_use,
	.cmdline = vmx_cmdline,
	.check_kernel = vmx_check_kernel,
	.check_file = vmx_check_file,
	.check_memory = vmx_check_memory,
};
