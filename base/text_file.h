/*
 * A text file, read as a whole.
 */
#ifndef EARLYDOM_TEXT_FILE_H
#define EARLYDOM_TEXT_FILE_H

#include <stddef.h>

/*
 * Reads a text file, and no more of it than max bytes: to tell one that is longer than it may be,
 * ask for one byte more than that. Returns it NUL-terminated (the caller frees it), or NULL with
 * errno set.
 */
char *text_file_read(const char *file, size_t max, size_t *len);

#endif
