/*
 * The time zone of dom0, where it is known.
 */
#ifndef EARLYDOM_LOCAL_TIME_H
#define EARLYDOM_LOCAL_TIME_H

#include <stdint.h>

#include "base/err.h"

/* The zone, a file of the time zone database (tzfile(5)). */
#define ZONE_FILE "/etc/localtime"

/*
 * Sets *out to how many seconds local time is ahead of UTC at `now` (s since 1970), by
 * /etc/localtime as process 1 sees it: that of the initramfs, and later the real root's. Returns 0;
 * 1 when there is no such file, and *out is 0; or -1 with e set: it can't be read, or is no file of
 * the time zone database.
 */
int local_time_offset(int64_t now, int32_t *out, struct err *e);

#endif
