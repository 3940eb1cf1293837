#include "directory.h"

#include <dirent.h>
#include <errno.h>

int directory_each(const char *path, directory_entry *does, void *of, struct err *e)
{
	DIR *d = opendir(path);
	const struct dirent *entry;
	int rc = 0, saved = errno;

	while (d && rc == 0) {
		errno = 0;
		entry = readdir(d);
		saved = errno;
		if (!entry)
			break;
		if (entry->d_name[0] != '.')
			rc = does(of, entry->d_name, e);
	}
	if (d)
		closedir(d);
	if (rc == 0 && saved)
		return err_set_errno(e, saved, "cannot read %.300s", path);
	return rc;
}
