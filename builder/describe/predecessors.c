#include "predecessors.h"

#include "backend_of.h"

size_t predecessors_nr(const struct guest_config *cfg)
{
	return cfg->after.n + backend_nr(cfg);
}

const char *predecessor(const struct guest_config *cfg, size_t i)
{
	return i < cfg->after.n ? cfg->after.v[i] : backend_guest(cfg, i - cfg->after.n);
}
