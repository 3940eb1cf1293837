#include "unit_before.h"

#include <string.h>

#include "builder/describe/backend_of.h"
#include "builder/describe/predecessors.h"

bool unit_comes_after(const struct guest_config *cfg, const struct unit *u)
{
	for (size_t i = 0; i < predecessors_nr(cfg); i++) {
		const char *name = predecessor(cfg, i);

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
