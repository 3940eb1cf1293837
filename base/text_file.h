/*
 * A text file, read as a whole.
 */
#ifndef EARLYDOM_TEXT_FILE_H
#define EARLYDOM_TEXT_FILE_H

#include <stddef.h>

/*
 * Reads at most max bytes of a text file. To detect a file that is longer than a limit, ask for one
 * byte more than the limit. Returns the text NUL-terminated (the caller frees it), or NULL with
 * errno set.
 */
char *text_file_read(const char *file, size_t max, size_t *len);

#endif
