#include "local_time.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/root_file.h"
#include "base/tzif.h"

#ifndef ZONE_ROOT
#define ZONE_ROOT "/proc/1/root"
#endif

/* The largest file of the database has less than 4 KiB. */
#define ZONE_MAX 65536

int local_time_offset(int64_t now, int32_t *out, struct err *e)
{
	const int fd = root_file_open(ZONE_ROOT, ZONE_FILE, O_RDONLY);
	uint8_t data[ZONE_MAX];
	ssize_t n;
	int cause;

	*out = 0;
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 1;
	if (fd < 0)
		return err_set_errno(e, errno, "cannot open " ZONE_FILE);
	n = read(fd, data, sizeof(data));
	cause = errno;
	close(fd);
	if (n < 0)
		return err_set_errno(e, cause, "cannot read " ZONE_FILE);
	if (!tzif_offset(data, (size_t)n, now, out))
		return err_set(e, ZONE_FILE " is no file of the time zone database");
	return 0;
}
