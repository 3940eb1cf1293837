#include "unit_before.h"

#include <string.h>

#include "builder/describe/backend_of.h"

size_t unit_nr_before(const struct guest_config *cfg)
{
	return cfg->after.n + backend_nr(cfg);
}

const char *unit_before(const struct guest_config *cfg, size_t i)
{
	return i < cfg->after.n ? cfg->after.v[i] : backend_guest(cfg, i - cfg->after.n);
}

bool unit_comes_after(const struct guest_config *cfg, const struct unit *u)
{
	for (size_t i = 0; i < unit_nr_before(cfg); i++) {
		const char *name = unit_before(cfg, i);

		if (name && !strcmp(name, unit_name(u)))
			return true;
	}
	return false;
}

bool unit_serves(const struct units *all, const struct unit *u)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct guest_config *cfg = all->list[i].guest.cfg;

		for (size_t k = 0; k < backend_nr(cfg); k++) {
			const char *name = backend_guest(cfg, k);

			if (name && !strcmp(name, unit_name(u)))
				return true;
		}
	}
	return false;
}
