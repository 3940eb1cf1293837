#include "disk_spec.h"

#include <string.h>

#include "backend_spec.h"

const char *disk_format_word(enum disk_format f)
{
	static const char *const words[] = {
		[DISK_RAW] = "raw",     [DISK_QCOW] = "qcow", [DISK_QCOW2] = "qcow2",
		[DISK_VHD] = "vhd",     [DISK_QED] = "qed",   [DISK_VMDK] = "vmdk",
		[DISK_EMPTY] = "empty",
	};

	return words[f];
}

const char *disk_format_driver(enum disk_format f)
{
	switch (f) {
	case DISK_VHD:
		return "vpc";
	case DISK_EMPTY:
		return NULL;
	default:
		return disk_format_word(f);
	}
}

const char *disk_format_in_store(enum disk_format f)
{
	return f == DISK_RAW || f == DISK_EMPTY ? "aio" : disk_format_word(f);
}

bool disk_is_qdisk(const struct disk_spec *s, bool hvm)
{
	return s->format != DISK_RAW || s->backend == DISK_BACKEND_QDISK || (s->cdrom && hvm);
}

bool disk_by_qemu(const struct disk_spec *s)
{
	return s->qdisk || (!backend_is_dom0(s->backend_domain) && disk_is_qdisk(s, false));
}

enum disk_format disk_format_of(const uint8_t *head, size_t len)
{
	static const struct {
		const char *magic;
		enum disk_format format;
	} all[] = {
		{"QFI\xfb", DISK_QCOW2}, {"QED", DISK_QED}, /* and a NUL */
		{"conectix", DISK_VHD},  {"KDMV", DISK_VMDK}, {"# Disk DescriptorFile", DISK_VMDK},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const size_t n = strlen(all[i].magic);

		if (len <= n || memcmp(head, all[i].magic, n) != 0)
			continue;
		/* "QFI\xfb" has had two formats, and their versions. */
		if (all[i].format == DISK_QCOW2 && len >= 8 && !memcmp(head + 4, "\0\0\0\1", 4))
			return DISK_QCOW;
		return all[i].format == DISK_QED && head[n] ? DISK_RAW : all[i].format;
	}
	return DISK_RAW;
}
