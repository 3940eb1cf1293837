/*
 * How far local time is ahead of UTC, by a file of the time zone database (TZif, RFC 8536), as
 * /etc/localtime is one. Pure.
 */
#ifndef EARLYDOM_TZIF_H
#define EARLYDOM_TZIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No zone is further away than this, in s; more in a file is an error. RFC 8536 has 25 and 26
 * hours. */
#define TZIF_OFFSET_MAX (26 * 3600)

/*
 * The offset in s, ahead is positive, at `now` (s since 1970, UTC) by the len bytes of a file.
 * False when it is no TZif file, or a broken one.
 */
bool tzif_offset(const uint8_t *data, size_t len, int64_t now, int32_t *out);

/*
 * The same by the rule at a file's end, a TZ string of POSIX with the extension of RFC 8536 (times
 * of -167 to 167 hours): "CET-1CEST,M3.5.0,M10.5.0/3".
 */
bool tz_rule_offset(const char *rule, int64_t now, int32_t *out);

#endif
