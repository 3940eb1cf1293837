/*
 * Closing inherited files before another program is run.
 */
#ifndef EARLYDOM_CLOSE_FILES_H
#define EARLYDOM_CLOSE_FILES_H

/*
 * Closes every file whose number is `first` or more, with or without O_CLOEXEC. Safe in a child
 * between fork and exec: it makes only system calls. Returns 0, or -1 with errno set.
 */
int close_files(int first);

#endif
