#include "disk_spec.h"

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
