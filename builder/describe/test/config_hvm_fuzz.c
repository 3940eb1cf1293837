/*
 * libFuzzer entry: any statements behind those that make a guest an hvm one. The first byte says
 * which device model it has. What is read without an error is made arguments of.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/config.h"
#include "builder/describe/config_hvm.h"
#include "builder/describe/config_disks.h"
#include "builder/describe/vif_spec.h"
#include "builder/device/disk.h"
#include "builder/device/vif.h"
#include "builder/devmodel/classic_args.h"
#include "builder/devmodel/qemu_args.h"
#include "builder/image/image_type.h"
#include "builder/image/vmx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_video(const struct guest_config *g)
{
	const uint64_t mib = g->videoram_kib / 1024;

	assert(g->videoram_kib % 1024 == 0);
	assert(g->vga != VGA_NONE || mib == 0);
	assert(g->vga != VGA_CIRRUS || mib == 8 || mib == 16);
	assert(g->vga != VGA_STD || (mib >= 16 && mib <= 512 && !(mib & (mib - 1))));
	assert(g->memory_kib >= g->videoram_kib + VMX_FIRMWARE_KIB);
}

/* QEMU has one place for each of its drives, and no read-only IDE and AHCI disks. */
static void check_disks(const struct guest_config *g)
{
	size_t qdisks = 0;

	for (size_t i = 0; i < g->nr_disks; i++) {
		const struct disk_spec *s = &g->disks[i];
		const struct drive d = config_drive(g, s);

		qdisks += s->qdisk;
		assert(s->target || s->cdrom);
		assert(!s->cdrom || (s->qdisk && d.bus == DRIVE_IDE && d.unit < 4));
		assert(s->cdrom || s->readwrite || d.bus == DRIVE_NONE || d.bus == DRIVE_SCSI);
		for (size_t j = 0; d.bus != DRIVE_NONE && j < i; j++) {
			const struct drive other = config_drive(g, &g->disks[j]);

			assert(other.bus != d.bus || other.unit != d.unit);
		}
	}
	assert(qdisks == g->nr_qdisks);
}

static void check_cards(const struct guest_config *g)
{
	const struct vif_spec *s;

	for (size_t i = 0; i < g->nr_vifs; i++) {
		s = &g->vifs[i];
		assert(s->type == VIF_TYPE_IOEMU || s->type == VIF_TYPE_VIF);
		assert(s->type == VIF_TYPE_VIF || !s->vifname || strlen(s->vifname) <= 11);
		assert(s->type == VIF_TYPE_VIF || s->devid <= 99);
		/* It goes into an option of QEMU's, where a comma would begin another. */
		assert(!s->model || !strpbrk(s->model, ",= "));
	}
}

static void check_args(const struct argv *v)
{
	for (size_t i = 0; i < v->n; i++)
		assert(v->v[i]);
	assert(!v->v[v->n] && v->v[0][0] == '@');
}

/* One of the arguments. */
static bool has_arg(const struct argv *v, const char *text)
{
	size_t i;

	for (i = 0; i < v->n && strcmp(v->v[i], text); i++)
		;
	return i < v->n;
}

static void check_qemu(const struct guest_config *g)
{
	const struct qemu_start s = {.program = "/usr/bin/qemu", .cmdline = "quiet"};
	struct disk *disks = calloc(g->nr_disks + 1, sizeof(*disks));
	struct disk **held = calloc(g->nr_disks + 1, sizeof(*held));
	struct vif *vifs = calloc(g->nr_vifs + 1, sizeof(*vifs));
	struct guest guest = {.cfg = g, .domid = 7, .disks = held, .vifs = vifs};
	struct argv v = {0};
	struct err e = {0};

	assert(disks && held && vifs);
	for (size_t i = 0; i < g->nr_disks; i++) {
		disks[i].spec = &g->disks[i];
		disks[i].format = g->disks[i].format;
		held[i] = &disks[i];
	}
	for (size_t i = 0; i < g->nr_vifs; i++)
		vifs[i] = (struct vif){.spec = &g->vifs[i], .devid = g->vifs[i].devid};
	check_video(g);
	check_disks(g);
	check_cards(g);
	assert(!g->model_config && g->bios != BIOS_ROMBIOS && g->boot && *g->boot);
	/* What was read without an error can be told to QEMU. */
	assert(qemu_args(&guest, &s, &v, &e) == 0);
	check_args(&v);
	assert(has_arg(&v, "-kernel") == !!g->kernel || g->model_args.n || g->serial.n);
	argv_free(&v);
	free(disks);
	free(held);
	free(vifs);
}

static void check_classic(const struct guest_config *g)
{
	struct argv v = {0};
	struct err e = {0};
	size_t len = 1;

	assert(g->kernel && g->model_override && g->model_config);
	assert(!g->vnc && !g->boot && !g->serial.n && !g->firmware_override);
	assert(!vmx_vnc_viewer(g->extra, &len) || len > 0);
	assert(classic_args(g, 7, 3, &v, &e) == 0);
	check_args(&v);
	assert(!strcmp(v.v[1], "-f") && !strcmp(v.v[2], g->model_config));
	argv_free(&v);
}

static void check_guest(const struct guest_config *g)
{
	const bool classic = g->model_protocol == MODEL_CLASSIC;
	struct err e = {0};
	char *line;

	assert(g->type == GUEST_HVM && !strcmp(g->image, "vmx"));
	assert(image_vmx.kernel_use(g) == (classic     ? KERNEL_LOADED
					   : g->kernel ? KERNEL_HANDED_ON
						       : KERNEL_NONE));
	line = image_vmx.cmdline(g, &e);
	assert(line || e.msg[0]);
	/* The word is the device model's alone, the first of them at least. */
	assert(!line || !classic || !g->extra || strlen(line) < 2048);
	free(line);
	if (classic)
		check_classic(g);
	else
		check_qemu(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char classic[] =
		"type = 'hvm'\nmemory = 64\nkernel = '/k'\ndevice_model_protocol = 'classic'\n"
		"device_model_override = '/m'\ndevice_model_config = '/c'\n";
	const char *const begins[] = {
		"type = 'hvm'\nmemory = 64\n",
		"type = 'hvm'\nmemory = 64\nkernel = '/k'\n",
		classic,
		"image = 'vmx'\nmemory = 600\n",
	};
	const char *begin = begins[size ? data[0] % 4 : 0];
	const size_t len = strlen(begin) + (size ? size - 1 : 0);
	char *text = malloc(len);
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};
	size_t errors;

	assert(text);
	memcpy(text, begin, strlen(begin));
	if (size)
		memcpy(text + strlen(begin), data + 1, size - 1);
	errors = descriptor_parse("web.cfg", text, len, &c, &d);
	errors += config_read(&c, &g, &d);
	assert(errors == diag_count(&d));
	if (!errors)
		check_guest(&g);
	config_free(&g);
	descriptor_free(&c);
	diag_free(&d);
	free(text);
	return 0;
}
