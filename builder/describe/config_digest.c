#include "config_digest.h"

/* Firmware and BIOS: every guest has them for which the keys are. */
void config_check_digests(struct reading *r)
{
	const struct {
		const char *key, *file, *path;
	} files[] = {
		{"kernel_sha256", "kernel", r->g->kernel},
		{"ramdisk_sha256", "ramdisk", r->g->ramdisk},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const struct statement *st = config_good(r, files[i].key);

		/* A wrong name of a file was meant to be one. */
		if (!st || files[i].path ||
		    (config_given(r, files[i].file) && !config_good(r, files[i].file)))
			continue;
		diag_add(r->d, st->loc, "%s can't be given without %s", files[i].key,
			 files[i].file);
	}
}
