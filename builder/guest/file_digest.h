/*
 * The digest that a descriptor gives of a file: SHA-256 (FIPS 180-4), as sha256sum(1) prints it.
 */
#ifndef EARLYDOM_FILE_DIGEST_H
#define EARLYDOM_FILE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define FILE_DIGEST_BYTES  32
#define FILE_DIGEST_DIGITS (2 * FILE_DIGEST_BYTES)

struct file_digest {
	bool given;
	uint8_t bytes[FILE_DIGEST_BYTES];
};

/* The files that a guest may be built from: image/guest_files.h. */
enum guest_file_is {
	FILE_KERNEL,
	FILE_RAMDISK,
	FILE_FIRMWARE, /* hvmloader, or what is in its place */
	FILE_BIOS,
	FILE_MEMMAP,
	FILE_ACPI,
	FILE_SMBIOS,
	FILE_DEVICE_CONFIG, /* of a classic device model, which reads it itself */
	GUEST_FILES_MAX,
};

/* What a file is known by not to have been written to (fstat(2)). Zeroed: of no file. */
struct file_state {
	uint64_t size;
	struct timespec mtime, ctime;
};

/*
 * Reads hexadecimal digits, in upper or lower case. Returns how many of them text begins with: all
 * is well where that is FILE_DIGEST_DIGITS and nothing follows, and *out is set then; else it is as
 * it was.
 */
size_t file_digest_read(const char *text, struct file_digest *out);

/* The digest in lower case. Returns text. */
const char *file_digest_show(const uint8_t bytes[FILE_DIGEST_BYTES],
			     char text[FILE_DIGEST_DIGITS + 1]);

#endif
