/*
 * What the tests of builder/ are made of: cmocka, the fake, a scratch directory, small kernels, and
 * guests without descriptors.
 */
#ifndef EARLYDOM_FAKE_KIT_H
#define EARLYDOM_FAKE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "builder/describe/config.h"
#include "builder/guest/guest.h"
#include "builder/choose/select.h"
#include "fake.h"
#include "builder/host/host.h"

#define KIT_CHECK(cond, ...)                                                                       \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			print_error(__VA_ARGS__);                                                  \
			print_error("\n");                                                         \
			assert_true(cond);                                                         \
		}                                                                                  \
	} while (0)

/* A group's set-up and tear-down: a scratch directory, and a kernel in it. */
int kit_begin(void **state);
int kit_end(void **state);

/* dir/name, in one of a few buffers that take turns. */
const char *kit_path(const char *name);
void kit_write(const char *name, const void *data, size_t len);
void kit_text(const char *name, const char *text);

/* Runs a shell command, which has to succeed. */
void kit_run(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *kit_read(const char *name, char *buf, size_t size); /* what the file has, NUL-terminated */

/* What is written to the terminal whose other end is fd: it hands on in pieces, as it likes. */
void kit_expect_typed(int fd, const char *want);

/*
 * Files that are there: "kernel" starts as PV and as PVH, "kernel-pv" and "kernel-pvh" as one of
 * them, "kernel-bare" as neither, "ramdisk" has KIT_RAMDISK bytes.
 */
#define KIT_RAMDISK 10000

/* Writes the "kernel", packed, so that it takes a moment to unpack. */
void kit_slow_kernel(const char *name);

/* A guest with 64 MiB and 1 vcpu that boots "kernel". The uuid is made of the name. */
struct guest_config kit_config(const char *name, enum guest_type type);

/* How many domains the guest has; the last one's number is in *domid. */
unsigned kit_domains_of(const struct guest_config *cfg, uint32_t *domid);

/*
 * Makes an hvm guest of it: a classic one, with "model" and "config" in the scratch directory,
 * which need not exist; or one with QEMU, no video card, and the files of kit_firmware.
 */
void kit_hvm(struct guest_config *cfg, bool classic);

/* Where Xen and Debian have them, below the scratch directory's "root": hvmloader, and a SeaBIOS of
 * KIT_BIOS bytes. The working directory has to be the scratch directory. */
#define KIT_BIOS 33059
void kit_firmware(void);

/* Takes a guest to its first instruction, as the supervisor does: guest_build, guest_run. */
int kit_start(struct guest *g, struct host *h, struct err *e);

/* Fails the test when the fake holds anything (but domains, when told so) or saw a rule broken. */
void kit_nothing_held(bool domains);

/* Fails the test unless it is one line that says what failed. */
void kit_good_message(const struct err *e);

/* What the command prints, both ways, and its exit status. argv ends with NULL. */
struct kit_output {
	int status;
	char out[16384], err[16384];
};
void kit_command(int (*run)(int argc, char **argv), const char *const *argv, struct kit_output *o);

#endif
