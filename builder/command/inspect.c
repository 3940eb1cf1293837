/*
 * earlydom inspect: what the loaders see in a kernel, and the bare kernel written out.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "builder/image/direct.h"
#include "builder/image/image_files.h"
#include "base/write_all.h"
#include "loaders/codecs.h"

static const char usage_text[] = "inspect [--unpack OUT] KERNEL\n\n"
				 "  --unpack OUT  write the unpacked kernel to OUT instead";

/* Where in the kernel the parameters for Xen were found. */
static const char *xen_source(const struct kernel_facts *k)
{
	if (k->aout.magic)
		return k->aout.xen_table ? "table in the text"
					 : "nothing stated, as Plan 9's kernels for Xen";
	return k->info.has_notes     ? "ELF notes"
	       : k->info.has_section ? "__xen_guest section"
				     : "none";
}

static void print_xen(const struct kernel_facts *k)
{
	const struct elf_info *i = &k->info;
	static const struct {
		const char *name;
		uint32_t bit;
		size_t offset;
	} numbers[] = {
		{"pv entry", ELF_XEN_ENTRY, offsetof(struct elf_info, xen_entry)},
		{"hypercall page", ELF_XEN_HYPERCALL_PAGE,
		 offsetof(struct elf_info, hypercall_page)},
		{"virt base", ELF_XEN_VIRT_BASE, offsetof(struct elf_info, virt_base)},
		{"paddr offset", ELF_XEN_PADDR_OFFSET, offsetof(struct elf_info, paddr_offset)},
		{"hv start low", ELF_XEN_HV_START_LOW, offsetof(struct elf_info, hv_start_low)},
		{"init p2m", ELF_XEN_INIT_P2M, offsetof(struct elf_info, init_p2m)},
	};
	const struct {
		const char *name, *value;
	} strings[] = {
		{"guest os", i->guest_os},
		{"guest version", i->guest_version},
		{"xen version", i->xen_version},
		{"loader", i->loader},
		{"pae", i->pae},
		{"features", i->features},
	};

	printf("xen: %s\n", xen_source(k));
	for (size_t n = 0; n < sizeof(strings) / sizeof(strings[0]); n++)
		if (*strings[n].value)
			printf("xen %s: %s\n", strings[n].name, strings[n].value);
	for (size_t n = 0; n < sizeof(numbers) / sizeof(numbers[0]); n++)
		if (i->xen & numbers[n].bit)
			printf("xen %s: 0x%" PRIx64 "\n", numbers[n].name,
			       *(const uint64_t *)((const char *)i + numbers[n].offset));
	if (i->xen & ELF_XEN_SUPPORTED_FEATURES)
		printf("xen supported features: 0x%" PRIx32 "\n", i->supported_features);
	if (i->xen & ELF_XEN_PHYS32_ENTRY)
		printf("xen pvh entry: 0x%" PRIx32 "\n", i->phys32_entry);
}

static void print_aout(const struct aout_info *a)
{
	printf("a.out: %s, magic 0x%" PRIx32 ", header %zu%s\n",
	       a->magic == AOUT_I_MAGIC ? "386" : "amd64", a->magic, a->header,
	       a->header_loaded ? ", loaded with the text" : "");
	printf("a.out sizes: text %" PRIu32 ", data %" PRIu32 ", bss %" PRIu32 ", symbols %" PRIu32
	       ", lines %" PRIu32 "\n",
	       a->text, a->data, a->bss, a->syms, a->pcsz);
	printf("a.out entry: 0x%" PRIx64 ", KZERO 0x%" PRIx64 "\n", a->entry, a->kzero);
}

/* Bytes copied at a time. */
#define PIECE 65536

/* What is for people to read in the file, size bytes of it from at on: printable, whoever wrote it.
 * Line breaks at its end are left out. */
static int print_text(const struct image_file *f, uint64_t at, size_t size, struct err *e)
{
	static char text[PIECE];
	const size_t shown = size < sizeof(text) ? size : sizeof(text);
	size_t len = shown;

	if (image_copy(f, at, shown, text, e) < 0)
		return -1;
	while (len && (!text[len - 1] || text[len - 1] == '\n'))
		len--;
	for (size_t i = 0; i < len; i++)
		putchar(text[i] >= ' ' && text[i] <= '~' ? text[i] : '?');
	printf("%s\n", shown < size ? "..." : "");
	return 0;
}

static int print_uki(const struct uki_info *u, const struct image_file *f, struct err *e)
{
	const size_t at = u->parts[UKI_CMDLINE].offset, len = u->parts[UKI_CMDLINE].size;

	for (int i = 0; i < NR_UKI_PARTS; i++)
		if (u->parts[i].size)
			printf("uki %s: %zu bytes at %zu%s\n", uki_part_name(i), u->parts[i].size,
			       u->parts[i].offset, i == UKI_LINUX ? "" : ", not used");
	if (!len)
		return 0;
	printf("uki command line: ");
	return print_text(f, at, len, e);
}

static void print_segments(const struct elf_info *i)
{
	for (unsigned n = 0; n < i->nr_segments; n++)
		printf("segment: paddr 0x%" PRIx64 " vaddr 0x%" PRIx64 " filesz %" PRIu64
		       " memsz %" PRIu64 "\n",
		       i->segments[n].paddr, i->segments[n].vaddr, i->segments[n].filesz,
		       i->segments[n].memsz);
	for (unsigned n = 0; n < i->nr_unloaded; n++) {
		const struct elf_segment *s = &i->unloaded[n];

		printf("segment: paddr 0x%" PRIx64 " vaddr 0x%" PRIx64 " filesz %" PRIu64
		       " memsz %" PRIu64 ", not loaded: %s\n",
		       s->paddr, s->vaddr, s->filesz, s->memsz,
		       s->flags & (PF_R | PF_W | PF_X) ? "empty, but its address counts"
						       : "no access to it");
	}
}

/* As which types it can start, or why as none. */
static void print_starts(const struct kernel_facts *k)
{
	const bool pv = kernel_can_pv(k), pvh = elf_can_pvh(&k->info);
	struct err why;

	if (pv || pvh) {
		printf("starts as: %s%s%s\n", pv ? "pv" : "", pv && pvh ? ", " : "",
		       pvh ? "pvh" : "");
		return;
	}
	elf_why_not_pv(&k->info, &why);
	printf("starts as: nothing that earlydom knows: it %s\n", why.msg);
}

static int print_kernel(const struct kernel_facts *k, const struct image_file *f, struct err *e)
{
	const struct elf_info *i = &k->info;

	printf("format: %s\nfile size: %zu\n", kernel_format_name(k->format), f->size);
	if (print_uki(&k->uki, f, e) < 0)
		return -1;
	printf("codec: %s\n", k->codec ? codec_name(k->codec) : "none");
	if (k->codec)
		printf("unpacked size: %" PRIu64 "\n", k->unpacked_size);
	if (k->bzimage.version) {
		printf("boot protocol: %u.%u\n", k->bzimage.version >> 8,
		       k->bzimage.version & 0xff);
		printf("payload: %zu bytes at %zu\n", k->bzimage.payload_length,
		       k->bzimage.payload_offset);
	}
	if (k->bzimage.kernel_version[0])
		printf("kernel version: %s\n", k->bzimage.kernel_version);
	if (k->aout.magic)
		print_aout(&k->aout);
	else
		printf("elf: %d-bit, machine %u, entry 0x%" PRIx64 "\n", i->bits, i->machine,
		       i->entry);
	print_segments(i);
	if (i->symtab.memsz)
		printf("symbols: paddr 0x%" PRIx64 " memsz %" PRIu64 "\n", i->symtab.paddr,
		       i->symtab.memsz);
	printf("memory: 0x%" PRIx64 " to 0x%" PRIx64 ", %" PRIu64 " KiB\n", i->pstart, i->pend,
	       (i->pend - i->pstart + 1023) / 1024);
	print_xen(k);
	if (i->solo5)
		printf("solo5: for %s, ABI %" PRIu32 "\n", elf_solo5_name(i->solo5), i->solo5_abi);
	print_starts(k);
	return 0;
}

static int copy_out(const struct image_file *f, uint64_t size, int fd, struct err *e)
{
	static uint8_t piece[PIECE];

	for (uint64_t at = 0, len; at < size; at += len) {
		len = size - at < sizeof(piece) ? size - at : sizeof(piece);
		if (image_copy_kernel(f, at, len, piece, e) < 0)
			return -1;
		if (!write_all(fd, piece, len))
			return err_set(e, "%s", strerror(errno));
	}
	return 0;
}

static int write_out(const char *path, const struct image_file *f, uint64_t size, struct err *e)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct stat st;
	int rc;

	if (fd < 0)
		return err_set(e, "cannot write %s: %s", path, strerror(errno));
	rc = copy_out(f, size, fd, e);
	if (close(fd) < 0 && rc == 0)
		rc = err_set(e, "%s", strerror(errno));
	if (rc == 0)
		return 0;
	/* Half a kernel is worse than none; a device is no kernel. */
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
		unlink(path);
	return err_prefix(e, "cannot write %s: ", path);
}

/* The unpacked kernel; the file may have more that is worth knowing of. */
static int unpack(const char *path, const char *out, const struct kernel_facts *k,
		  const struct image_file *f, struct err *e)
{
	char note[KERNEL_NOTE_MAX];

	if (write_out(out, f, k->bare_size, e) < 0)
		return -1;
	if (*direct_note(NULL, k, note))
		fprintf(stderr, "earlydom: note: kernel %s %s\n", path, note);
	return 0;
}

static int inspect(const char *path, const char *out, struct err *e)
{
	struct image_cache cache = {NULL};
	const struct kernel_facts *k;
	struct image_file *f;
	int rc = 0;

	f = image_hold(&cache, "kernel", path, e);
	if (!f)
		return -1;
	k = image_kernel(f, e);
	if (!k)
		rc = err_prefix(e, "kernel %s: ", path);
	else if (out)
		rc = unpack(path, out, k, f, e);
	else
		rc = print_kernel(k, f, e);
	image_drop(&cache, f);
	return rc;
}

int command_inspect(int argc, char **argv)
{
	static const struct option options[] = {
		{"unpack", required_argument, NULL, 'u'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	const char *out = NULL;
	struct err e;
	int c;

	while ((c = getopt_long(argc, argv, "u:h", options, NULL)) != -1) {
		if (c != 'u')
			return c == 'h' ? command_help(usage_text) : command_usage(usage_text);
		out = optarg;
	}
	if (optind + 1 != argc)
		return command_usage(usage_text);
	if (inspect(argv[optind], out, &e) == 0)
		return EXIT_OK;
	fprintf(stderr, "earlydom: %s\n", e.msg);
	return EXIT_FAILED;
}
