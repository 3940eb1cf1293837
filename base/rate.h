/*
 * How much of something there may be in a second: a bucket that holds `burst` of it at most, is
 * full at first, and fills by `per_second`.
 *
 * Pure: the time is the caller's, in nanoseconds of a clock like clock_ns (base/clock.h). Where it
 * goes back, no time has passed; one that wraps around goes on.
 */
#ifndef EARLYDOM_RATE_H
#define EARLYDOM_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* More in a second than can be counted in a nanosecond is the same as that. */
#define RATE_MAX UINT64_C(10000000000)

struct rate {
	uint64_t per_second; /* at most RATE_MAX; 0: there is no bound */
	uint64_t burst;      /* at least 1 */
	uint64_t there;      /* what is left, at most burst */
	uint64_t part;       /* and this many 10^-9 of one */
	uint64_t at;         /* when that was so */
	bool begun;          /* whether `at` is a time yet */
};

/* per_second: 0 for no bound. A burst of 0 is one of 1: else nothing would ever be allowed. */
void rate_init(struct rate *r, uint64_t per_second, uint64_t burst);

/* Takes up to n. Returns how many of them are allowed now. */
uint64_t rate_take(struct rate *r, uint64_t now_ns, uint64_t n);

/* When at least one more is allowed, in ns: now_ns where that is so already. */
uint64_t rate_due(const struct rate *r, uint64_t now_ns);

#endif
