/*
 * The digests of files that guests are built from: computed once for those who share a file, and
 * again when something has happened to it.
 *
 * What has a digest is used like this: image_check_digest before anything else is done with its
 * bytes; what was made of them earlier, for another guest, was made of the same ones only if nobody
 * has written to the file since (file_state_unwritten); and when the last byte has been used,
 * image_check_same.
 *
 * A write to the file changes its times, but for one by way of a mapping on a tmpfs. Somebody who
 * sets the times back, or the clock, can hide one. Who may do any of that is root.
 */
#ifndef EARLYDOM_IMAGE_DIGEST_H
#define EARLYDOM_IMAGE_DIGEST_H

#include "guest_files.h"
#include "image_files.h"

/*
 * The digest of the file, which is `state` then. It is computed by a process without powers
 * (jail/digest.h), unless it was already, of the same state. Returns 0, or -1 with e set: also
 * where the file was written to meanwhile, or is not as long as when it was opened.
 */
int image_digest(struct image_file *f, uint8_t digest[FILE_DIGEST_BYTES], struct file_state *state,
		 struct err *e);

/* Compares the digest with what the descriptor gives of that file. Returns 0, or -1 with e set:
 * `kernel /boot/k: its sha256 is ab..., and kernel_sha256 says cd...`. */
int image_check_digest(struct image_file *f, const struct guest_file *is, struct file_state *state,
		       struct err *e);

/*
 * Checks that nobody has written to the file since it was *state. Its digest is compared anew where
 * something else has happened to it, as when it lost its name: *state is that of now then. Returns
 * 0, or -1 with e set.
 */
int image_check_same(struct image_file *f, const struct guest_file *is, struct file_state *state,
		     struct err *e);

/* Whether nothing has happened to the file between the two; and whether nobody has written to it.
 */
bool file_state_same(const struct file_state *a, const struct file_state *b);
bool file_state_unwritten(const struct file_state *a, const struct file_state *b);

#endif
