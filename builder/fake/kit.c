#include "kit.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "loaders/test/elf_build.h"
#include "builder/host/host.h"
#include "builder/build/life.h"

static char dir[64];

static void kernel(const char *name, bool pv, bool pvh)
{
	struct mk *m = malloc(sizeof(*m));
	size_t notes;

	assert_non_null(m);
	mk_linux_segments(m);
	mk_align4(m);
	notes = m->len;
	if (pv) {
		mk_note_text(m, XEN_ELFNOTE_GUEST_OS, "linux");
		mk_note_text(m, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
		mk_note_number(m, XEN_ELFNOTE_VIRT_BASE, MK_VIRT, 8);
		mk_note_number(m, XEN_ELFNOTE_ENTRY, MK_VIRT + MK_PHYS + 16, 8);
		mk_note_number(m, XEN_ELFNOTE_HYPERCALL_PAGE, MK_VIRT + MK_PHYS + 0x2000, 8);
		mk_note_text(m, XEN_ELFNOTE_LOADER, "generic");
	}
	if (pvh)
		mk_note_number(m, XEN_ELFNOTE_PHYS32_ENTRY, MK_PHYS, 8);
	if (pv || pvh)
		mk_end_notes(m, notes);
	kit_write(name, m->data, m->len);
	free(m);
}

void kit_slow_kernel(const char *name)
{
	static uint8_t bytes[1 << 20];
	gzFile f = gzopen(kit_path(name), "w1");
	FILE *from = fopen(kit_path("kernel"), "r");

	assert_true(f && from);
	memset(bytes, 0, sizeof(bytes));
	assert_true(fread(bytes, 1, sizeof(bytes), from) > 0);
	fclose(from);
	for (unsigned i = 0; i < 64; i++) {
		assert_int_equal(gzwrite(f, bytes, sizeof(bytes)), sizeof(bytes));
		memset(bytes, 0, sizeof(bytes));
	}
	assert_int_equal(gzclose(f), Z_OK);
}

int kit_begin(void **state)
{
	static char ramdisk[KIT_RAMDISK];

	(void)state;
	strcpy(dir, "/tmp/earlydom-test.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	fake_reset();
	kernel("kernel", true, true);
	kernel("kernel-pv", true, false);
	kernel("kernel-pvh", false, true);
	kernel("kernel-bare", false, false);
	kit_write("ramdisk", ramdisk, sizeof(ramdisk));
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int kit_end(void **state)
{
	(void)state;
	return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char *kit_path(const char *name)
{
	static char buf[16][256];
	static unsigned turn;
	char *p = buf[turn++ % 16];

	snprintf(p, sizeof(buf[0]), "%s/%s", dir, name);
	return p;
}

void kit_write(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(kit_path(name), "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

void kit_text(const char *name, const char *text)
{
	kit_write(name, text, strlen(text));
}

void kit_run(const char *fmt, ...)
{
	char command[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(command, sizeof(command), fmt, ap);
	va_end(ap);
	assert_int_equal(system(command), 0);
}

char *kit_read(const char *name, char *buf, size_t size)
{
	FILE *f = fopen(kit_path(name), "r");
	size_t n;

	KIT_CHECK(f, "%s: %s", kit_path(name), strerror(errno));
	n = fread(buf, 1, size - 1, f);
	buf[n] = '\0';
	fclose(f);
	return buf;
}

void kit_expect_typed(int fd, const char *want)
{
	const size_t len = strlen(want);
	char buf[64];
	size_t got = 0;
	ssize_t n;

	assert_true(len < sizeof(buf));
	for (; got < len; got += (size_t)n) {
		n = read(fd, buf + got, sizeof(buf) - got);
		assert_true(n > 0);
	}
	assert_int_equal(got, len);
	assert_memory_equal(buf, want, len);
}

unsigned kit_domains_of(const struct guest_config *cfg, uint32_t *domid)
{
	unsigned n = 0;

	for (uint32_t id = 1; fake_domain(id); id++)
		if (fake_domain_there(id) &&
		    !memcmp(fake_domain(id)->config.handle, cfg->uuid, sizeof(cfg->uuid))) {
			*domid = id;
			n++;
		}
	return n;
}

struct guest_config kit_config(const char *name, enum guest_type type)
{
	struct guest_config cfg = {
		.name = (char *)(uintptr_t)name,
		.file = "test.cfg",
		.image = (char *)(uintptr_t) "linux",
		.type = type,
		.has_uuid = true,
		.kernel = (char *)(uintptr_t)kit_path("kernel"),
		.memory_kib = 64 * 1024,
		.maxmem_kib = 64 * 1024,
		.vcpus = 1,
		.maxvcpus = 1,
		.hap = true,
		.on_reboot = ACTION_RESTART,
		.on_soft_reset = ACTION_SOFT_RESET,
		.device_timeout = 10,
		.ready_timeout = 60,
	};
	static char kernel_path[256];

	/* kit_path's buffers take turns; this one stays. */
	snprintf(kernel_path, sizeof(kernel_path), "%s", kit_path("kernel"));
	cfg.kernel = kernel_path;
	strncpy((char *)cfg.uuid, name, sizeof(cfg.uuid));
	return cfg;
}

void kit_hvm(struct guest_config *cfg, bool classic)
{
	static char model[256], config[256];

	snprintf(model, sizeof(model), "%s", kit_path("model"));
	snprintf(config, sizeof(config), "%s", kit_path("config"));
	cfg->image = (char *)(uintptr_t) "vmx";
	cfg->type = GUEST_HVM;
	cfg->acpi = cfg->apic = cfg->hpet = cfg->hap = true;
	cfg->xen_platform_pci = cfg->vkb_device = true;
	cfg->vga = VGA_NONE;
	cfg->model_override = model;
	cfg->model_protocol = classic ? MODEL_CLASSIC : MODEL_QEMU;
	cfg->model_config = classic ? config : NULL;
	cfg->model_unrestricted = !classic; /* there may be no devices that can be restricted */
	if (!classic)
		cfg->kernel = NULL;
}

void kit_firmware(void)
{
	static const char *const dirs[] = {"root",
					   "root/usr",
					   "root/usr/lib",
					   "root/usr/lib/xen",
					   "root/usr/lib/xen/boot",
					   "root/usr/share",
					   "root/usr/share/seabios"};
	char *bios = calloc(1, KIT_BIOS);
	struct mk *m = malloc(sizeof(*m));

	assert_true(bios && m);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		assert_true(mkdir(kit_path(dirs[i]), 0700) == 0 || errno == EEXIST);
	mk_begin_notes(
		m, 32); /* and none: all that there is to it is the segment and the entry point */
	kit_write("root/usr/lib/xen/boot/hvmloader", m->data, m->len);
	free(m);
	kit_write("root/usr/share/seabios/bios-256k.bin", bios, KIT_BIOS);
	free(bios);
}

int kit_start(struct guest *g, struct host *h, struct err *e)
{
	struct err ignored;

	if (guest_build(g, h, e) < 0)
		return -1;
	if (guest_run(g, h, false, e) == 0)
		return 0;
	if (guest_destroy(g, h, &ignored) < 0)
		err_prefix(e, "[%s] ", ignored.msg);
	return -1;
}

void kit_nothing_held(bool domains)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	unsigned n;

	assert_non_null(f);
	n = fake_leaks(f, domains);
	fclose(f);
	if (n)
		print_error("%s", text);
	free(text);
	assert_int_equal(n, 0);
}

void kit_good_message(const struct err *e)
{
	const size_t len = strnlen(e->msg, sizeof(e->msg));

	KIT_CHECK(len > 10 && len < sizeof(e->msg) - 1, "'%s': too short or cut", e->msg);
	KIT_CHECK(!strchr(e->msg, '\n'), "'%s': has more than one line", e->msg);
	KIT_CHECK(!strstr(e->msg, "(null)"), "'%s': names nothing", e->msg);
	KIT_CHECK(!strstr(e->msg, "Success") && !strstr(e->msg, "No error"), "'%s': no cause",
		  e->msg);
	KIT_CHECK(!strstr(e->msg, ".c:"), "'%s': has a place in a library's source", e->msg);
}

static void take(int fd, const char *name, char *buf, size_t size)
{
	char *text = kit_read(name, buf, size);

	(void)text;
	close(fd);
	unlink(kit_path(name));
}

void kit_command(int (*run)(int argc, char **argv), const char *const *argv, struct kit_output *o)
{
	const char *const names[2] = {".stdout", ".stderr"};
	char *copy[16] = {NULL};
	int saved[2], i, argc, fd;

	for (argc = 0; argv[argc]; argc++) {
		assert_true(argc < 15);
		copy[argc] = strdup(argv[argc]);
	}
	fflush(stdout);
	fflush(stderr);
	for (i = 0; i < 2; i++) {
		saved[i] = dup(1 + i);
		fd = open(kit_path(names[i]), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		dup2(fd, 1 + i);
		close(fd);
	}
	optind = 0; /* getopt starts anew */
	o->status = run(argc, copy);
	fflush(stdout);
	fflush(stderr);
	for (i = 0; i < 2; i++)
		dup2(saved[i], 1 + i);
	take(saved[0], names[0], o->out, sizeof(o->out));
	take(saved[1], names[1], o->err, sizeof(o->err));
	for (i = 0; i < argc; i++)
		free(copy[i]);
}
