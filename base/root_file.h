/*
 * Files below another root directory, whose links are those of that root.
 */
#ifndef EARLYDOM_ROOT_FILE_H
#define EARLYDOM_ROOT_FILE_H

/*
 * Opens the file at the absolute path as a process with that root directory would: an absolute link
 * within it leads nowhere else (openat2(2), RESOLVE_IN_ROOT). root NULL is this process's own.
 * Returns the file descriptor (O_CLOEXEC is added), or -1 with errno set.
 */
int root_file_open(const char *root, const char *path, int flags);

/* The same below a directory that is open. */
int root_file_open_at(int root, const char *path, int flags);

#endif
