/*
 * A text file, read as a whole.
 */
#ifndef EARLYDOM_TEXT_FILE_H
#define EARLYDOM_TEXT_FILE_H

#include <stddef.h>

/* Reads the whole of a text file of at most max bytes. Returns it NUL-terminated (the caller frees
 * it), or NULL with errno set. */
char *text_file_read(const char *file, size_t max, size_t *len);

#endif
