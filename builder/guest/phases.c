#include "phases.h"

#include "base/clock.h"

void phases_enter(struct phases *p, enum phase phase)
{
	if (!p->end)
		p->at[phase] = clock_ns();
}

void phases_end(struct phases *p)
{
	if (!p->end)
		p->end = clock_ns();
}

uint64_t phases_until(const struct phases *p, enum phase phase)
{
	if (!p->at[phase])
		return 0;
	for (unsigned i = phase + 1; i < PHASES; i++)
		if (p->at[i])
			return p->at[i];
	return p->end;
}

uint64_t phases_length(const struct phases *p, enum phase phase)
{
	const uint64_t until = phases_until(p, phase);

	return until ? until - p->at[phase] : 0;
}

const char *phase_name(enum phase phase)
{
	static const char *const names[PHASES] = {"read", "wait", "unpack", "create",  "populate",
						  "load", "boot", "store",  "connect", "unpause"};

	return names[phase];
}
