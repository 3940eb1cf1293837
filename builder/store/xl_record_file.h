/*
 * The files that libxl has of a guest, in /var/lib/xen (libxl_dom.c, libxl__userdata_path). The
 * directory is given as an open one of the real root's.
 */
#ifndef EARLYDOM_XL_RECORD_FILE_H
#define EARLYDOM_XL_RECORD_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define XL_FILE_NAME_MAX 112
#define XL_RECORD        "libxl-json"
#define XL_RECORD_LOCK   "domain-userdata-lock"

/* kind: libxl's, 'd' for a file, 'n' for one that is being written, 'l' for a lock. */
void xl_file_name(char name[XL_FILE_NAME_MAX], char kind, uint32_t domid, const uint8_t uuid[16],
		  const char *what);

/* Writes the record, in one step. Returns 0, or -1 with e set. */
int xl_record_replace(uint32_t domid, const uint8_t uuid[16], const char *text, size_t len,
		      int dirfd, struct err *e);

/* A medium that a cdrom drive has now. */
struct xl_medium {
	const char *vdev;
	const char *path; /* "" for none */
};

/*
 * The record's text (len bytes, a NUL at the end or not) with another medium in one of its drives,
 * in *out, for free(). Returns 0, or -1 with e set: it is no record, or has no such drive. Pure.
 */
int xl_record_with_medium(const char *text, size_t len, const struct xl_medium *m, char **out,
			  size_t *out_len, struct err *e);

/*
 * Changes the record of a domain so, for n drives, under libxl's lock. Returns 0, or -1 with e set:
 * there is none, it can't be read or written, or the lock was not to be had within
 * XL_LOCK_MS.
 */
#define XL_LOCK_MS 2000
int xl_record_change_media(uint32_t domid, const uint8_t uuid[16], const struct xl_medium *m,
			   size_t n, int dirfd, struct err *e);

#endif
