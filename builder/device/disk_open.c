#include "disk_open.h"

#include <stdbool.h>
#include <string.h>

#include "base/root_file.h"

int disk_open(const char *root, const char *path, int flags)
{
	const bool device = !strncmp(path, "/dev/", 5);

	return root_file_open(device ? NULL : root, path, flags);
}
