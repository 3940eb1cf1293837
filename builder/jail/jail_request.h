/*
 * What goes into the jail: numbers and open files, so that another process can be asked to make it.
 */
#ifndef EARLYDOM_JAIL_REQUEST_H
#define EARLYDOM_JAIL_REQUEST_H

#include <stdint.h>

enum jail_job {
	JAIL_DIGEST,       /* the SHA-256 of a file's bytes (digest.h) */
	JAIL_KERNEL,       /* a kernel file, opened and unpacked (kernel.h) */
	JAIL_QEMU_KERNEL,  /* whether QEMU can start a kernel file (qemu_kernel.h) */
	JAIL_MEMMAP,       /* a memory map file (memmap_file.h) */
	JAIL_DISK_CONTENT, /* what is on a disk (probe.h) */
	JAIL_DISK_TABLE,   /* its partitions (probe.h) */
	JAIL_BACKING,      /* what an image's header says of another file (image_backing.h) */
	NR_JAIL_JOBS,
};

/* The child's files, by their numbers in it. */
enum jail_file {
	JAIL_ANSWER, /* struct jail_head, and then the job's answer */
	JAIL_INPUT,
	JAIL_OUTPUT, /* of those jobs that have one */
	NR_JAIL_FILES,
};

/* Bytes; what they mean is the job's. */
struct jail_params {
	uint64_t offset, size, limit;
};

struct jail_request {
	enum jail_job job;
	unsigned nr_files;
	int files[NR_JAIL_FILES]; /* by enum jail_file */
	struct jail_params params;
};

/* How the file for the answer begins: struct err of a job that could not be done. The job's answer
 * is JAIL_HEAD bytes from the start. */
struct jail_head {
	char msg[512];
	uint32_t passing;
};
#define JAIL_HEAD 1024

/* How the child ends by itself: the job is done; it is not, for a cause that the answer has; or not
 * even an answer could be written. */
#define JAIL_EXIT_DONE   0
#define JAIL_EXIT_FAILED 1
#define JAIL_EXIT_UNMADE 2

#endif
