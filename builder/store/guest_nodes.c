#include "guest_nodes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/smbios_spec.h"
#include "builder/describe/vnc_server.h"
#include "builder/guest/xen_compat_x86.h"
#include "builder/image/image_type.h"
#include "builder/image/firmware.h"

/* What libxl takes off the target of a hvm guest whose memory is below its maximum
 * (LIBXL_MAXMEM_CONSTANT in libxl_internal.h). */
#define TARGET_FUDGE_KIB 1024

void uuid_text(const uint8_t uuid[16], char text[UUID_TEXT])
{
	for (size_t i = 0; i < 16; i++)
		text += sprintf(text, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
				uuid[i]);
}

const char *guest_dm_version(const struct guest_config *cfg)
{
	return cfg->type == GUEST_HVM && cfg->model_protocol == MODEL_CLASSIC ? XL_CLASSIC_MODEL
									      : "qemu_xen";
}

/* /local/domain/ID as far as the guest's life goes before its build: libxl_create.c,
 * libxl__domain_make. */
static void domain_nodes(const struct guest *g, const char *dir, struct nodes *to)
{
	static const char *const guests[] = {
		"control/shutdown",
		"control/feature-poweroff",
		"control/feature-reboot",
		"control/feature-suspend",
		"control/sysrq",
		"data",
		"drivers",
		"feature",
		"attr",
		"error",
	};

	/* The directories above this one inherit what dir has, as those of built_nodes do. An old
	 * guest makes it itself, in a directory of its own. */
	nodes_add(to, NODE_GUEST, dir,
		  bool_or(g->cfg->domain.suspend_evtchn_compat, false)
			  ? "device"
			  : "device/suspend/event-channel",
		  "%s", "");
	/* The guest owns dir for a moment, so that its nodes inherit that. To set the permissions
	 * of each would be a request more, for which xenstored reads a node of every domain. */
	nodes_permit(to, NODE_GUEST, "%s", dir);
	for (size_t i = 0; i < sizeof(guests) / sizeof(guests[0]); i++)
		nodes_add(to, NODE_INHERITS, dir, guests[i], "%s", "");
	if (g->cfg->type == GUEST_HVM) {
		nodes_add(to, NODE_INHERITS, dir, "control/feature-s3", "%s", "");
		nodes_add(to, NODE_INHERITS, dir, "control/feature-s4", "%s", "");
	}
	if (bool_or(g->cfg->domain.driver_domain, false)) {
		nodes_add(to, NODE_INHERITS, dir, "libxl", "%s", "");
		nodes_add(to, NODE_INHERITS, dir, "device-model", "%s", "");
	}
	nodes_permit(to, NODE_READABLE, "%s/control", dir);
	nodes_permit(to, NODE_READABLE, "%s", dir);
	nodes_add(to, NODE_INHERITS, dir, "control/platform-feature-multiprocessor-suspend", "1");
	nodes_add(to, NODE_INHERITS, dir, "control/platform-feature-xs_reset_watches", "1");
}

/* In KiB: the video card's memory is none of the guest's (libxl__get_targetmem_fudge). */
static uint64_t memory_target(const struct guest *g)
{
	const struct guest_config *cfg = g->cfg;
	const bool fudged = cfg->type == GUEST_HVM && g->static_max_kib > cfg->memory_kib;

	return cfg->memory_kib - cfg->videoram_kib - (fudged ? TARGET_FUDGE_KIB : 0);
}

/* What is known once it is built: libxl_dom.c, libxl__build_post. */
static void built_nodes(const struct guest *g, const char *dir, struct nodes *to)
{
	const struct guest_config *cfg = g->cfg;
	char name[32];

	nodes_add(to, NODE_INHERITS, dir, "memory/static-max", "%" PRIu64, g->static_max_kib);
	nodes_add(to, NODE_INHERITS, dir, "memory/target", "%" PRIu64, memory_target(g));
	nodes_add(to, NODE_INHERITS, dir, "memory/videoram", "%" PRIu64, cfg->videoram_kib);
	nodes_add(to, NODE_INHERITS, dir, "domid", "%u", g->domid);
	/* A guest that was started without a store may have no channel to it. */
	if (g->store_port) {
		nodes_add(to, NODE_INHERITS, dir, "store/port", "%u", g->store_port);
		nodes_add(to, NODE_INHERITS, dir, "store/ring-ref", "%" PRIu64, g->store_gfn);
	}
	for (unsigned i = 0; i < cfg->maxvcpus; i++) {
		snprintf(name, sizeof(name), "cpu/%u/availability", i);
		nodes_add(to, NODE_INHERITS, dir, name, "%s",
			  i < cfg->vcpus ? "online" : "offline");
	}
}

/* Tables that hvmloader adds: libxl_dom.c, hvm_build_set_xs_values. */
static void tables_nodes(const char *dir, const char *name, uint64_t gpa, uint32_t bytes,
			 struct nodes *to)
{
	char path[64];

	if (!gpa)
		return;
	snprintf(path, sizeof(path), "hvmloader/%s/address", name);
	nodes_add(to, NODE_INHERITS, dir, path, "0x%" PRIx64, gpa);
	snprintf(path, sizeof(path), "hvmloader/%s/length", name);
	nodes_add(to, NODE_INHERITS, dir, path, "0x%x", bytes);
}

/* Texts of hvmloader's own tables: the same of Xen 4.18. */
static void smbios_nodes(const struct strings *texts, const char *dir, struct nodes *to)
{
	char node[SMBIOS_NODE_MAX];
	unsigned oem = 0;

	for (size_t i = 0; i < texts->n; i++) {
		const char *value = smbios_node(texts->v[i], &oem, node);

		nodes_add(to, NODE_INHERITS, dir, node, "%s", value);
	}
}

/* What the firmware reads: libxl_create.c, libxl__domain_build; libxl_dm.c, libxl__spawn_local_dm.
 */
static void firmware_nodes(const struct guest *g, const char *dir, struct nodes *to)
{
	const struct guest_config *cfg = g->cfg;
	const struct domain_options *o = &cfg->domain;
	uint64_t id[2];

	nodes_add(to, NODE_READABLE, dir, "hvmloader", "%s", "");
	nodes_add(to, NODE_INHERITS, dir, "hvmloader/bios", "%s", guest_bios_name(cfg->bios));
	nodes_add(to, NODE_INHERITS, dir, "hvmloader/allow-memory-relocate", "0");
	if (XEN_HAS_PCI_BAR_UC)
		nodes_add(to, NODE_INHERITS, dir, "hvmloader/pci/xen-platform-pci-bar-uc", "%d",
			  bool_or(o->pci_bar_uc, true));
	tables_nodes(dir, "smbios", g->smbios_gpa, g->smbios_bytes, to);
	tables_nodes(dir, "acpi", g->acpi_gpa, g->acpi_bytes, to);
	smbios_nodes(&cfg->smbios, dir, to);
	nodes_add(to, NODE_INHERITS, dir, "platform/acpi", "%d", cfg->acpi);
	nodes_add(to, NODE_INHERITS, dir, "platform/acpi_s3", "%d", bool_or(o->acpi_s3, true));
	nodes_add(to, NODE_INHERITS, dir, "platform/acpi_s4", "%d", bool_or(o->acpi_s4, true));
	nodes_add(to, NODE_INHERITS, dir, "platform/acpi_laptop_slate", "%d",
		  bool_or(o->acpi_laptop_slate, false));
	if (o->mmio_hole_mib.given)
		nodes_add(to, NODE_INHERITS, dir, "platform/mmio_hole_size", "%" PRId64,
			  o->mmio_hole_mib.n << 20);
	/* As libxl__ms_vm_genid_set of libxl_genid.c has it. */
	memcpy(id, g->genid, sizeof(id));
	if (o->genid)
		nodes_add(to, NODE_INHERITS, dir, "platform/generation-id", "%" PRIu64 ":%" PRIu64,
			  id[0], id[1]);
	nodes_add(to, NODE_INHERITS, dir, "platform/device-model", "%s", guest_dm_version(cfg));
}

static void image_nodes(const struct guest *g, const char *vm, struct nodes *to)
{
	char *cmdline = NULL;
	struct err e;

	nodes_add(to, NODE_INHERITS, vm, "image/ostype", "linux");
	nodes_add(to, NODE_INHERITS, vm, "image/kernel", "%s", g->cfg->kernel);
	if (g->cfg->ramdisk)
		nodes_add(to, NODE_INHERITS, vm, "image/ramdisk", "%s", g->cfg->ramdisk);
	/* It was composed for the build already, so only memory can be short. */
	cmdline = image_type_find(g->cfg->image)->cmdline(g->cfg, &e);
	if (!cmdline)
		to->failed = true;
	else if (*cmdline)
		nodes_add(to, NODE_INHERITS, vm, "image/cmdline", "%s", cmdline);
	free(cmdline);
}

static void vm_nodes(const struct guest *g, const struct timespec *now, const char *vm,
		     const char *uuid, struct nodes *to)
{
	struct vnc_server vnc;

	nodes_add(to, NODE_READABLE, vm, NULL, "%s", "");
	nodes_add(to, NODE_INHERITS, vm, "uuid", "%s", uuid);
	nodes_add(to, NODE_INHERITS, vm, "name", "%s", g->cfg->name);
	if (g->cfg->type == GUEST_PV)
		image_nodes(g, vm, to);
	if (g->cfg->type == GUEST_HVM) {
		nodes_add(to, NODE_INHERITS, vm, "rtc/timeoffset", "%s", "");
		nodes_add(to, NODE_INHERITS, vm, "image/ostype", "hvm");
	}
	vnc_server_of(g->cfg, &vnc);
	if (vnc.on && vnc.password)
		nodes_add(to, NODE_INHERITS, vm, "vncpasswd", "%s", vnc.password);
	nodes_add(to, NODE_INHERITS, vm, "start_time", "%jd.%02ld", (intmax_t)now->tv_sec,
		  now->tv_nsec / 10000000);
}

void guest_nodes(const struct guest *g, const struct timespec *now, struct nodes *to)
{
	char uuid[UUID_TEXT], vm[4 + UUID_TEXT], dir[32], libxl[32];

	uuid_text(g->uuid, uuid);
	snprintf(vm, sizeof(vm), "/vm/%s", uuid);
	snprintf(dir, sizeof(dir), "/local/domain/%u", g->domid);
	snprintf(libxl, sizeof(libxl), "/libxl/%u", g->domid);

	domain_nodes(g, dir, to);
	vm_nodes(g, now, vm, uuid, to);
	nodes_add(to, NODE_INHERITS, libxl, "type", "%s", guest_type_name(g->cfg->type));
	nodes_add(to, NODE_INHERITS, libxl, "dm-version", "%s", guest_dm_version(g->cfg));
	built_nodes(g, dir, to);
	if (firmware_wanted(g->cfg))
		firmware_nodes(g, dir, to);
	/* A device model that was started before the store came. */
	if (g->model.pid)
		nodes_add(to, NODE_INHERITS, dir, "image/device-model-pid", "%ld",
			  (long)g->model.pid);
}

void guest_first_nodes(const struct guest *g, struct nodes *to)
{
	char uuid[UUID_TEXT], dir[32];

	uuid_text(g->uuid, uuid);
	snprintf(dir, sizeof(dir), "/local/domain/%u", g->domid);
	nodes_remove(to, "%s", dir);
	nodes_remove(to, "/vm/%s", uuid);
	nodes_remove(to, "/libxl/%u", g->domid);
	nodes_add(to, NODE_READABLE, dir, NULL, "%s", "");
	nodes_add(to, NODE_INHERITS, dir, "vm", "/vm/%s", uuid);
	nodes_add(to, NODE_INHERITS, dir, "name", "%s", g->cfg->name);
}
