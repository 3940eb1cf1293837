/*
 * libFuzzer entry: any bytes as the nodes of a guest's devices, which back ends and the guest
 * write, and what is said of them. The nodes' values are separated by newlines.
 */
#include "builder/build/devices.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "builder/device/vif.h"
#include "builder/describe/disk_spec.h"
#include "builder/describe/vif_spec.h"
#include "builder/fake/devices.h"
#include "builder/fake/fake.h"
#include "builder/fake/fake_store.h"
#include "builder/store/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const nodes[] = {
	"/local/domain/0/backend/vbd/1/51712/state",
	"/local/domain/1/device/vbd/51712/state",
	"/local/domain/0/error/backend/vbd/1/51712/error",
	"/local/domain/0/backend/vif/1/0/state",
	"/local/domain/1/device/vif/0/state",
	"/local/domain/0/error/backend/vif/1/0/error",
};

/* One line that can be printed, whatever the guest wrote. */
static void check_error(const struct err *e)
{
	assert(e->msg[0] && strnlen(e->msg, sizeof(e->msg)) < sizeof(e->msg));
	assert(!strncmp(e->msg, "disk xvda: ", 11) || !strncmp(e->msg, "vif 0: ", 7) ||
	       !strcmp(e->msg, "its devices took more than 10 s"));
	for (const char *p = e->msg; *p; p++)
		assert(*p >= ' ' && *p <= '~');
}

static void write_nodes(const uint8_t *data, size_t size)
{
	char *all = strndup((const char *)data, size), *rest = all, *value;

	assert(all);
	for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]) && (value = strsep(&rest, "\n"));
	     i++)
		if (strcmp(value, "-") != 0) /* such a node is not there */
			fake_store_write(nodes[i], value);
	free(all);
}

/* A state is one digit, and all else is as good as none. */
static int state_of(const char *node)
{
	const char *text = fake_store_read(node);

	return text && strlen(text) == 1 && *text >= '0' && *text <= '8' ? *text - '0' : 0;
}

static void check_state(enum devices_state now)
{
	const int disk = state_of(nodes[0]), vif = state_of(nodes[3]);

	assert(now == DEVICES_WAITING || now == DEVICES_READY || now == DEVICES_CONNECTED);
	assert(now != DEVICES_CONNECTED || (disk == 4 && vif == 4) || disk > 6 || vif > 6);
	assert(now == DEVICES_WAITING || (disk > 1 && vif > 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char target[] = "/dev/fake-a", xvda[] = "xvda", bridge[] = "xenbr0";
	struct disk_spec disk = {.target = target, .vdev = xvda, .vdev_number = 51712};
	struct vif_spec spec = {.has_mac = true, .bridge = bridge};
	const struct guest_config cfg = {
		.disks = &disk, .nr_disks = 1, .vifs = &spec, .nr_vifs = 1};
	struct vif vif = {.spec = &spec};
	struct guest g = {.cfg = &cfg, .domid = 1, .vifs = &vif};
	struct host h = {.xsh = NULL};
	enum devices_state now;
	struct err e = {0};

	fake_reset();
	fake_devices()->on = true;
	fake_store()->running = true;
	fake_store()->back_ends = false;
	assert(!store_open(&h.xsh, &e));
	write_nodes(data, size);
	if (devices_look(&g, &h, &now, &e) < 0)
		check_error(&e);
	else
		check_state(now);
	assert(devices_late(&g, &h, 10, &e) < 0);
	check_error(&e);
	xs_close(h.xsh);
	fake_reset();
	return 0;
}
