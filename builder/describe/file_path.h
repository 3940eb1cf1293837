/*
 * Names of files in descriptors. xl takes them relative to the directory that it is run in; here
 * they are relative to the descriptor's directory.
 */
#ifndef EARLYDOM_FILE_PATH_H
#define EARLYDOM_FILE_PATH_H

#include "builder/guest/guest_config.h"
#include "config_key.h"

/* Readers of a name as an absolute path: char *. */
key_reader read_path;
key_reader read_path_or_none; /* an empty one is none, with a note, as for xl's ramdisk */
key_reader read_firmware;     /* by file_path_of_firmware */

/* The absolute path that g's descriptor means by a name. For the caller to free; NULL for lack of
 * memory. */
char *file_path(const struct guest_config *g, const char *name);

/* The same of what hvmloader is replaced by: libxl takes that relative to Xen's own directory. */
char *file_path_of_firmware(const char *name);

/* Checks that it can be the name of a file: not empty, no '/' at its end. */
int check_file_name(const char *name, struct err *e);

#endif
