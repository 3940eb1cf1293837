#include "guest_memory.h"

uint64_t guest_static_max_kib(const struct guest_config *cfg, bool store)
{
	if (cfg->type == GUEST_PV || (store && !cfg->memmap))
		return cfg->maxmem_kib;
	return cfg->memory_kib;
}
