#include "rate.h"

#include "clock.h"

void rate_init(struct rate *r, uint64_t per_second, uint64_t burst)
{
	*r = (struct rate){
		.per_second = per_second < RATE_MAX ? per_second : RATE_MAX,
		.burst = burst ? burst : 1,
	};
	r->there = r->burst;
}

static void fill(struct rate *r)
{
	r->there = r->burst;
	r->part = 0;
}

/* Adds n and parts of one. Of a full bucket nothing is left over for later. */
static void add(struct rate *r, uint64_t n, uint64_t parts)
{
	if (n >= r->burst - r->there) {
		fill(r);
		return;
	}
	r->there += n;
	r->part = parts;
}

/* What the time that has passed has brought. */
static void advance(struct rate *r, uint64_t now_ns)
{
	const uint64_t passed = r->begun ? now_ns - r->at : 0;
	const uint64_t seconds = passed / NS_PER_S;
	uint64_t parts;

	r->begun = true;
	r->at = now_ns;
	if (passed > INT64_MAX) /* it went back */
		return;
	/* No product is above 2^64: burst may be anything, but this many seconds don't fill it. */
	if (seconds > r->burst / r->per_second) {
		fill(r);
		return;
	}
	parts = (passed % NS_PER_S) * r->per_second + r->part;
	add(r, seconds * r->per_second, r->part);
	add(r, parts / NS_PER_S, parts % NS_PER_S);
}

uint64_t rate_take(struct rate *r, uint64_t now_ns, uint64_t n)
{
	if (!r->per_second)
		return n;
	advance(r, now_ns);
	if (n > r->there)
		n = r->there;
	r->there -= n;
	return n;
}

uint64_t rate_due(const struct rate *r, uint64_t now_ns)
{
	struct rate then = *r;

	if (!r->per_second)
		return now_ns;
	advance(&then, now_ns);
	if (then.there)
		return now_ns;
	return now_ns + (NS_PER_S - then.part + r->per_second - 1) / r->per_second;
}
