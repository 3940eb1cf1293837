/* Where the path of a disk leads. */
#ifndef EARLYDOM_DISK_OPEN_H
#define EARLYDOM_DISK_OPEN_H

/*
 * Opens what a target's path leads to, as open(2): /dev is the same in every root, and a file is
 * the one below root, or this process's where that is NULL.
 */
int disk_open(const char *root, const char *path, int flags);

#endif
