#include "config_backend.h"

#include <string.h>

#include "backend_of.h"
#include "config_value.h"
#include "disk_spec.h"

/* Where the i-th device (backend_spec.h) stands: the key in *key, its entry in *entry. */
static struct loc place(const struct reading *r, size_t i, const char **key, size_t *entry)
{
	const struct guest_config *g = r->g;
	const bool disk = i < g->nr_disks;

	*key = disk ? "disk" : "vif";
	*entry = disk ? g->disks[i].entry : i - g->nr_disks;
	return value_entry(&config_good(r, *key)->value, *entry)->loc;
}

static void check_one(struct reading *r, size_t i)
{
	const char *key, *domain = backend_of(r->g, i);
	struct loc loc;
	size_t entry;

	if (!domain)
		return;
	loc = place(r, i, &key, &entry);
	if (r->g->name && !strcmp(domain, r->g->name))
		diag_add(r->d, loc, "%s, entry %zu: backend %s is the guest itself", key, entry + 1,
			 domain);
}

void config_check_backends(struct reading *r)
{
	const struct statement *lost = config_good(r, "on_backend_lost");

	for (size_t i = 0; i < backend_nr(r->g); i++)
		check_one(r, i);
	if (lost && !backend_any(r->g))
		diag_note(r->d, lost->loc,
			  "on_backend_lost has no effect: no disk and no vif has backend=");
}
