/*
 * libFuzzer entry: any text as a record of a unit. What is read is written, read again, and the
 * same.
 */
#include "builder/supervise/unit_save.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builder/device/vif.h"
#include "builder/pci/pci_hold.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ledger ledger;
static struct guest_config cfg = {
	.name = (char *)(uintptr_t) "web",
	.has_uuid = true,
};

static void new_unit(struct unit *u)
{
	struct err e;

	memset(u, 0, sizeof(*u));
	u->recorded = u->terminal.domid = NO_DOMAIN;
	assert(guest_init(&u->guest, &cfg, &e) == 0);
}

static void same(const struct unit *a, const struct unit *b)
{
	const struct guest *g = &a->guest, *h = &b->guest;

	assert(!memcmp(g->uuid, h->uuid, 16) && g->domid == h->domid);
	assert(g->static_max_kib == h->static_max_kib);
	assert(g->console_port == h->console_port && g->console_gfn == h->console_gfn);
	assert(g->store_port == h->store_port && g->store_gfn == h->store_gfn);
	assert(g->in_store == h->in_store && g->store_lost == h->store_lost);
	assert(g->handed_over == h->handed_over);
	assert(g->began == h->began && g->build_ns == h->build_ns);
	assert(!memcmp(&g->phases.at, &h->phases.at, sizeof(g->phases.at)));
	assert(g->phases.end == h->phases.end);
	assert(a->since == b->since && a->up == b->up && a->ended_at == b->ended_at);
	assert(a->ending == b->ending && a->ending <= ENDED_SOFT_RESET);
	assert(a->restarts == b->restarts);
	assert(a->stop_by_store == b->stop_by_store && a->stop_since == b->stop_since);
	assert(a->stop_sent == b->stop_sent && a->recorded == b->recorded);
	assert(a->deaths.n == b->deaths.n && a->deaths.n <= DEATHS_MAX + 1);
	assert(!memcmp(a->deaths.at, b->deaths.at, a->deaths.n * sizeof(a->deaths.at[0])));
	assert(!strcmp(a->why, b->why));
}

static void check_devices(const char *text)
{
	static struct saved_disk disk;
	struct vif v = {0};
	struct pci_assigned pci;
	uint8_t uuid[16];

	for (size_t i = 0; i < 3; i++) {
		if (unit_load_disk(text, i, &disk))
			assert(disk.there && !strchr(disk.path, '\n') &&
			       strlen(disk.path) < sizeof(disk.path));
		unit_load_vif(text, i, &v);
		unit_load_pci(text, i, &pci);
	}
	unit_load_uuid(text, uuid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[LEDGER_TEXT_MAX + 1];
	static struct unit units[2];
	struct units all = {.list = units, .n = 2, .ledger = &ledger};
	struct unit_saved saved, again;
	bool in_memory;
	struct err e;

	if (!ledger.file)
		assert(ledger_make(&ledger, -1, LEDGER_UNITS + 2, &in_memory, &e) == 0);
	if (size > LEDGER_TEXT_MAX)
		size = LEDGER_TEXT_MAX;
	ledger_write(&ledger, 0, (const char *)data, size);
	ledger_read(&ledger, 0, text);
	check_devices(text);
	new_unit(&units[0]);
	new_unit(&units[1]);
	if (unit_load(&units[0], text, &saved) < 0)
		return 0;
	units[0].state = saved.state;
	unit_save(&all, &units[0]);
	ledger_read(&ledger, LEDGER_UNITS, text);
	assert(unit_load(&units[1], text, &again) == 0);
	assert(again.state == saved.state);
	same(&units[0], &units[1]);
	return 0;
}
