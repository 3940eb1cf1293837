/*
 * earlydom check: descriptors and the images that they name, judged on any host.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xen/xen.h>

#include "builder/image/direct.h"
#include "builder/image/image_type.h"
#include "check_digest.h"
#include "check_root.h"
#include "check_xl.h"
#include "commands.h"
#include "builder/jail/memmap_file.h"
#include "builder/image/firmware.h"
#include "builder/image/grub.h"
#include "builder/describe/vnc_server.h"
#include "builder/devmodel/devmodel_files.h"
#include "builder/host/local_time.h"
#include "builder/image/image_files.h"
#include "builder/choose/select.h"
#include "builder/choose/sources.h"
#include "builder/describe/backend_spec.h"
#include "builder/describe/tag_spec.h"
#include "builder/describe/disk_spec.h"

static const char usage_text[] =
	"check [--root TREE] [--list-kernels | --list-files | --digest | --xl] [--cmdline TEXT] "
	"[-W error] FILE...\n\n"
	"  --root TREE      files that descriptors name are looked for below TREE\n"
	"  --list-kernels   only print the paths of the kernels that may be unpacked, one a line\n"
	"  --list-files     only print what is named: what it is (kernel, disk ...) and a path\n"
	"  --digest         print the lines for the digests of the files that a guest is built "
	"from\n"
	"  --cmdline TEXT   apply the earlydom parameters of a kernel command line\n"
	"  -W error         what would be a note is an error\n"
	"  --xl             print what becomes of each line, and whether the guest would start";

struct check {
	const char *root, *cmdline_text;
	bool list_kernels, list_files, digest, xl;
	struct cmdline cmdline;
	struct sources sources;
	struct selection selection;
	bool *starts; /* of the selection's guests, whether nothing was found wrong with it */
	struct image_cache images;
	struct diag diag;
};

/* Holds root + path; an error is said at loc. */
static struct image_file *hold(struct check *c, const struct guest_config *g, const char *what,
			       const char *path, struct loc loc)
{
	struct image_file *f = NULL;
	struct err e;
	char *full;

	if (asprintf(&full, "%s%s", c->root, path) < 0) {
		diag_add(&c->diag, loc, "out of memory");
		return NULL;
	}
	f = image_hold(&c->images, what, full, &e);
	if (!f && path == g->kernel)
		grub_hint(g, &e);
	if (!f)
		diag_add(&c->diag, loc, "%s", e.msg);
	free(full);
	return f;
}

/* Whether the kernel can be loaded, which is *k then, or the device model can start it. */
static bool judge_kernel(struct check *c, const struct guest_config *g, struct image_file *f,
			 const struct kernel_facts **k)
{
	const struct image_type *type = image_type_find(g->image);
	char note[KERNEL_NOTE_MAX];
	struct err e;

	if (type->kernel_use(g) == KERNEL_HANDED_ON) {
		if (type->check_file(NULL, g, f->fd, f->size, &e) == 0)
			return true;
	} else {
		*k = image_kernel(f, &e);
		if (!*k)
			err_prefix(&e, "kernel %s: ", g->kernel);
		else if (type->check_kernel(g, *k, &e) == 0) {
			if (*direct_note(g, *k, note))
				diag_note(&c->diag, g->kernel_loc, "kernel %s %s", g->kernel, note);
			return true;
		}
	}
	diag_add(&c->diag, g->kernel_loc, "%s", e.msg);
	return false;
}

static void check_images(struct check *c, const struct guest_config *g)
{
	const struct image_type *type = image_type_find(g->image);
	const enum kernel_use use = type->kernel_use(g);
	struct image_file *kernel = NULL, *ramdisk = NULL;
	const struct kernel_facts *k = NULL;
	size_t files = 0;
	struct err e;
	char *cmdline;

	cmdline = type->cmdline(g, &e);
	if (!cmdline)
		diag_add(&c->diag, g->cmdline_loc, "%s", e.msg);
	free(cmdline);
	/* Held until the end: other guests may share them. */
	if (use != KERNEL_NONE)
		kernel = hold(c, g, "kernel", g->kernel, g->kernel_loc);
	if (g->ramdisk)
		ramdisk = hold(c, g, "ramdisk", g->ramdisk, g->ramdisk_loc);
	if (use != KERNEL_NONE && (!kernel || !judge_kernel(c, g, kernel, &k)))
		return;
	if (g->ramdisk && !ramdisk)
		return;
	if (ramdisk)
		files += ramdisk->size;
	if (use == KERNEL_HANDED_ON)
		files += kernel->size;
	if (type->check_memory(g, k, files, &e) < 0)
		diag_add(&c->diag, g->memory_loc, "%s", e.msg);
}

static void check_memmap(struct check *c, const struct guest_config *g)
{
	struct image_file *f;
	struct e820_map map;
	struct err e;

	f = g->memmap ? hold(c, g, "memmap", g->memmap, g->memmap_loc) : NULL;
	if (!f)
		return;
	if (jail_memmap(NULL, g->memmap, f->fd, f->size, &map, &e) < 0 ||
	    e820_check_memory(&map, g->memory_kib - g->videoram_kib, g->memmap, &e) < 0)
		diag_add(&c->diag, g->memmap_loc, "memmap %s", e.msg);
}

static void check_model(struct check *c, const struct guest_config *g)
{
	const char *cause = NULL;
	struct stat st;
	char *full;

	if (!g->model_override)
		return;
	if (asprintf(&full, "%s%s", c->root, g->model_override) < 0) {
		diag_add(&c->diag, g->model_override_loc, "out of memory");
		return;
	}
	if (stat(full, &st) < 0)
		cause = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		cause = "not a regular file";
	else if (!(st.st_mode & 0111))
		cause = strerror(EACCES);
	if (cause)
		diag_add(&c->diag, g->model_override_loc, "cannot run device model %s: %s", full,
			 cause);
	free(full);
}

/* What the descriptor names for an hvm guest. What is used where it names nothing is the machine's
 * that will run the guest. */
static void check_platform(struct check *c, const struct guest_config *g)
{
	if (g->firmware_override)
		hold(c, g, "firmware", g->firmware_override, g->firmware_loc);
	if (g->acpi_firmware)
		hold(c, g, "ACPI tables", g->acpi_firmware, g->acpi_firmware_loc);
	if (g->smbios_firmware)
		hold(c, g, "SMBIOS tables", g->smbios_firmware, g->smbios_firmware_loc);
	if (g->bios_path)
		hold(c, g, "BIOS", g->bios_path, g->bios_path_loc);
	check_memmap(c, g);
	check_model(c, g);
	if (g->model_config)
		hold(c, g, "device config", g->model_config, g->model_config_loc);
}

/* The descriptor that g was read from. */
static const struct descriptor *descriptor_of(const struct check *c, const struct guest_config *g)
{
	const struct descriptor *d = c->selection.descriptors;

	while (d->file != g->file)
		d++;
	return d;
}

/* Compares what an image looks like with what the descriptor says that it is. */
static void check_format(struct check *c, const struct disk_spec *s, struct loc loc,
			 const char *path)
{
	const int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	uint8_t head[DISK_HEAD];
	const ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));
	const enum disk_format looks = n < 0 ? DISK_RAW : disk_format_of(head, (size_t)n);

	if (fd >= 0)
		close(fd);
	if (n < 0 || looks == s->format)
		return;
	if (s->format == DISK_RAW)
		diag_note(
			&c->diag, loc,
			"disk %s: %s looks like %s, and format is raw: the guest gets it as it is",
			s->vdev, path, disk_format_word(looks));
	else if (s->format != DISK_VHD || looks != DISK_RAW)
		diag_add(&c->diag, loc, "disk %s: %s is not %s%s%s", s->vdev, path,
			 disk_format_word(s->format), looks == DISK_RAW ? "" : ", it looks like ",
			 looks == DISK_RAW ? "" : disk_format_word(looks));
}

/*
 * Looks at an image file. Devices belong to the machine that will run the guest; so may a file
 * system that is mounted before the guest starts, so that a file that is not here is only told of.
 */
static void check_disk(struct check *c, const struct guest_config *g, size_t i)
{
	const struct disk_spec *s = &g->disks[i];
	const struct loc loc = descriptor_entry_loc(descriptor_of(c, g), "disk", s->entry);
	struct stat st;
	char *full;

	if (s->target && tag_file(s->target))
		printf("%s: disk %s: %s is on a file system that is mounted when the guest starts, "
		       "and was not checked\n",
		       g->name, s->vdev, s->target);
	if (!s->target || tag_value(s->target) || !strncmp(s->target, "/dev/", 5) ||
	    !backend_is_dom0(s->backend_domain))
		return;
	if (asprintf(&full, "%s%s", c->root, s->target) < 0) {
		diag_add(&c->diag, loc, "out of memory");
		return;
	}
	if (stat(full, &st) == 0) {
		if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
			diag_add(&c->diag, loc,
				 "disk %s: %s is neither an image file nor a block device", s->vdev,
				 full);
		else if (S_ISREG(st.st_mode) && st.st_size < DISK_SECTOR)
			diag_add(&c->diag, loc, "disk %s: %s: the file has less than a sector",
				 s->vdev, full);
		else if (S_ISREG(st.st_mode))
			check_format(c, s, loc, full);
	} else if (errno == ENOENT) {
		printf("%s: disk %s: %s is not here and was not checked\n", g->name, s->vdev, full);
	} else {
		diag_add(&c->diag, loc, "disk %s: %s: %s", s->vdev, full, strerror(errno));
	}
	free(full);
}

static void say_number(size_t n, const char *what)
{
	if (n)
		printf(", %zu %s%s", n, what, n == 1 ? "" : "s");
}

static void say_ok(const struct guest_config *g)
{
	printf("%s: ok (%s %s, %llu MiB", g->name, g->image, guest_type_name(g->type),
	       (unsigned long long)g->memory_kib / 1024);
	say_number(g->vcpus, "vcpu");
	say_number(g->nr_disks, "disk");
	say_number(g->nr_vifs, "vif");
	puts(")");
}

/* Whether that kernel must stay packed: a guest's device model gets it as it is, or a descriptor
 * gives the digest of it as it is. */
static bool must_stay(const struct selection *s, const char *kernel)
{
	const struct guest_config *g;

	for (size_t i = 0; i < s->n; i++) {
		g = &s->guests[i];
		if (g->kernel && !strcmp(g->kernel, kernel) &&
		    (g->kernel_digest.given ||
		     image_type_find(g->image)->kernel_use(g) == KERNEL_HANDED_ON))
			return true;
	}
	return false;
}

static void list_kernels(const struct selection *s)
{
	size_t k;

	for (size_t i = 0; i < s->n; i++) {
		const char *kernel = s->guests[i].kernel;

		if (!kernel || must_stay(s, kernel))
			continue;
		for (k = 0; k < i; k++)
			if (s->guests[k].kernel && !strcmp(s->guests[k].kernel, kernel))
				break;
		if (k == i)
			puts(kernel);
	}
}

static void list_file(const char *what, const char *path)
{
	if (path)
		printf("%s %s\n", what, path);
}

static void list_keymap(const struct guest_config *g)
{
	struct vnc_server v;

	vnc_server_of(g, &v);
	if (v.keymap && guest_config_runs_qemu(g))
		printf("keymap " MODEL_QEMU_KEYMAPS "/%s\n", v.keymap);
}

static void list_disk(const struct disk_spec *s)
{
	if (!s->target || !backend_is_dom0(s->backend_domain))
		return;
	if (tag_file(s->target))
		printf("file-system %.*s\n", (int)(tag_file(s->target) - 1 - s->target), s->target);
	else if (!tag_value(s->target))
		list_file(s->readwrite ? "disk" : "disk-ro", s->target);
}

/* What an image may have to carry. What a tag alone leads to is a device; with a file on it the
 * image needs the kernel's module for the file system. */
static void list_files(const struct selection *s)
{
	const struct guest_config *g;

	for (size_t i = 0; i < s->n; i++) {
		g = &s->guests[i];
		if (g->kernel)
			list_file(must_stay(s, g->kernel) ? "kernel-as-is" : "kernel", g->kernel);
		list_file("ramdisk", g->ramdisk);
		if (firmware_wanted(g)) {
			list_file("firmware", firmware_loader_path(g));
			list_file("firmware", firmware_bios_path(g));
		}
		list_file("memmap", g->memmap);
		if (bool_or(g->domain.localtime, false))
			list_file("zone", ZONE_FILE);
		list_file("firmware", g->acpi_firmware);
		list_file("firmware", g->smbios_firmware);
		if (guest_config_has_model(g))
			list_file("device-model", model_program_of(g));
		list_keymap(g);
		list_file("device-config", g->model_config);
		for (size_t k = 0; k < g->nr_disks; k++)
			list_disk(&g->disks[k]);
	}
}

/* Of a line that is too long, dom0 gets the beginning. */
static void check_cmdline_length(struct check *c)
{
	const size_t len = strlen(c->cmdline_text);

	if (len >= LINUX_CMDLINE_MAX)
		diag_add(&c->diag, (struct loc){CMDLINE_FILE, 1, LINUX_CMDLINE_MAX},
			 "what is from here on is cut off: Linux keeps %d characters",
			 LINUX_CMDLINE_MAX - 1);
	else if (len >= MAX_GUEST_CMDLINE)
		printf(CMDLINE_FILE ": of its %zu characters a pv dom0 gets %d\n", len,
		       MAX_GUEST_CMDLINE - 1);
}

static void check_guest(struct check *c, const struct check_place *place,
			const struct guest_config *g)
{
	/* Nothing else is done with a file whose digest is wrong. */
	if (check_digest_compare(place, g))
		check_images(c, g);
	check_platform(c, g);
	for (size_t k = 0; k < g->nr_disks; k++)
		check_disk(c, g, k);
}

static void check_all(struct check *c)
{
	const struct check_place place = {c->root, &c->images, &c->diag};
	size_t before;

	check_cmdline_length(c);
	cmdline_parse(c->cmdline_text, &c->cmdline, &c->diag);
	/* Who asks for the lines has not got them. */
	c->cmdline.require_sha256 &= !c->digest;
	select_guests(c->sources.v, c->sources.n, &c->cmdline, &c->selection, &c->diag);
	if (c->list_kernels)
		list_kernels(&c->selection);
	if (c->list_files)
		list_files(&c->selection);
	if (c->list_kernels || c->list_files)
		return;
	c->starts = calloc(c->selection.n + 1, sizeof(*c->starts));
	if (!c->starts)
		diag_add(&c->diag, (struct loc){CMDLINE_FILE, 0, 0}, "out of memory");
	for (size_t i = 0; c->starts && i < c->selection.n; i++) {
		before = diag_count(&c->diag);
		if (c->digest)
			check_digest_print(&place, &c->selection.guests[i]);
		else
			check_guest(c, &place, &c->selection.guests[i]);
		c->starts[i] = diag_count(&c->diag) == before;
		if (c->starts[i] && !c->xl && !c->digest)
			say_ok(&c->selection.guests[i]);
	}
	while (c->images.files) {
		c->images.files->users = 1;
		image_drop(&c->images, c->images.files);
	}
}

static enum check_xl_verdict verdict_of(const struct check *c, size_t descriptor)
{
	const struct selection *s = &c->selection;

	if (!s->chosen[descriptor])
		return CHECK_XL_NOT_SELECTED;
	for (size_t i = 0; c->starts && i < s->n; i++)
		if (s->guests[i].file == s->descriptors[descriptor].file)
			return c->starts[i] ? CHECK_XL_STARTS : CHECK_XL_REFUSED;
	return CHECK_XL_REFUSED;
}

/* What of the messages is of no descriptor that could be read is said as always. */
static void print_lines(const struct check *c)
{
	const struct selection *s = &c->selection;
	struct diag rest = {0};

	for (size_t i = 0; i < s->nr_descriptors; i++)
		check_xl_print(&c->sources.v[i], &s->descriptors[i], &c->diag, verdict_of(c, i),
			       stdout);
	for (size_t i = 0; i < c->diag.n; i++) {
		const struct diag_msg *m = &c->diag.msgs[i];
		size_t k = 0;

		while (k < s->nr_descriptors && strcmp(s->descriptors[k].file, m->loc.file) != 0)
			k++;
		if (k == s->nr_descriptors && m->note)
			diag_note(&rest, m->loc, "%s", m->text);
		else if (k == s->nr_descriptors)
			diag_add(&rest, m->loc, "%s", m->text);
	}
	fflush(stdout);
	diag_print(&rest, DIAG_ALL, stderr, "earlydom: ");
	diag_free(&rest);
}

int command_check(int argc, char **argv)
{
	enum { ROOT = 1, LIST, LIST_FILES, DIGEST, CMDLINE, XL };
	static const struct option options[] = {
		{"root", required_argument, NULL, ROOT},
		{"list-kernels", no_argument, NULL, LIST},
		{"list-files", no_argument, NULL, LIST_FILES},
		{"digest", no_argument, NULL, DIGEST},
		{"cmdline", required_argument, NULL, CMDLINE},
		{"xl", no_argument, NULL, XL},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct check c = {.root = "", .cmdline_text = ""};
	int o, rc;

	while ((o = getopt_long(argc, argv, "hW:", options, NULL)) != -1) {
		switch (o) {
		case ROOT:
			c.root = optarg;
			break;
		case LIST:
			c.list_kernels = true;
			break;
		case LIST_FILES:
			c.list_files = true;
			break;
		case DIGEST:
			c.digest = true;
			break;
		case CMDLINE:
			c.cmdline_text = optarg;
			break;
		case XL:
			c.xl = true;
			break;
		case 'W':
			if (strcmp(optarg, "error") != 0)
				return command_usage(usage_text);
			c.diag.strict = true;
			break;
		case 'h':
			return command_help(usage_text);
		default:
			return command_usage(usage_text);
		}
	}
	if (optind == argc || c.xl + c.list_kernels + c.list_files + c.digest > 1)
		return command_usage(usage_text);
	for (; optind < argc; optind++)
		sources_read_file(argv[optind], &c.sources, &c.diag);
	if (*c.root)
		check_root_place(&c.sources, c.root, &c.diag);
	check_all(&c);
	if (c.xl)
		print_lines(&c);
	fflush(stdout);
	if (!c.xl)
		diag_print(&c.diag, DIAG_ALL, stderr, "earlydom: ");
	rc = diag_count(&c.diag) ? EXIT_FAILED : EXIT_OK;
	free(c.starts);
	selection_free(&c.selection);
	sources_free(&c.sources);
	cmdline_free(&c.cmdline);
	diag_free(&c.diag);
	return rc;
}
