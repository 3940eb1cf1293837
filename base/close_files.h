/*
 * Before another program is run: what it is not to have.
 */
#ifndef EARLYDOM_CLOSE_FILES_H
#define EARLYDOM_CLOSE_FILES_H

/*
 * Closes every file whose number is `first` or more, with or without O_CLOEXEC. For a child between
 * fork and exec: it makes system calls alone. Returns 0, or -1 with errno set.
 */
int close_files(int first);

#endif
