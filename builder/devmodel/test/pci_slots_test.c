/* Where QEMU has put the host's PCI devices, which the store is told. */
#include "builder/fake/kit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "builder/describe/pci_spec.h"
#include "builder/devmodel/devmodel.h"
#include "builder/devmodel/qemu_args.h"
#include "builder/devmodel/pci_slots.h"
#include "builder/fake/fake_store.h"
#include "builder/fake/qmp.h"
#include "builder/pci/pci_hold.h"
#include "builder/store/store.h"

#define BUS                                                                                        \
	"[{\"bus\": 0, \"devices\": [{\"qdev_id\": \"\", \"slot\": 1, \"function\": 0},"           \
	"{\"qdev_id\": \"pci-pt-00_05.0\", \"slot\": 4, \"function\": 0},"                         \
	"{\"qdev_id\": \"pci-pt-03_00.1\", \"slot\": %s, \"function\": 1}]}]"

static struct pci_spec specs[1];
static struct pci_assigned pcis[2] = {{.at = {.device = 5}}, {.at = {.bus = 3, .function = 1}}};

static int publish(struct guest_config *cfg, const char *slot, struct err *e)
{
	char socket[200], log[200], answer[512];
	struct guest g = {.cfg = cfg, .domid = 7, .pcis = pcis, .nr_pcis = 2};
	struct host h = {.xsh = NULL};
	struct fake_qmp q = {.socket = socket, .log = log, .pci = answer};
	pid_t qemu;
	int rc;

	assert_true(mkdir(DEVMODEL_QMP_DIR, 0700) == 0 || errno == EEXIST);
	snprintf(socket, sizeof(socket), DEVMODEL_QMP_DIR "/" QMP_NAME, "libxl", 7);
	snprintf(log, sizeof(log), "%s", kit_path("qmp.log"));
	snprintf(answer, sizeof(answer), BUS, slot);
	fake_reset();
	fake_store()->running = true;
	KIT_CHECK(store_open(&h.xsh, e) == 0, "%s", e->msg);
	fake_store_write("/local/domain/0/backend/pci/7/0/dev-0", "0000:00:05.0");
	qemu = fake_qmp_start(&q);
	rc = pci_slots_publish(&g, &h, e);
	fake_qmp_end(qemu);
	xs_close(h.xsh);
	unlink(socket);
	return rc;
}

static void test_publish(void **state)
{
	struct guest_config cfg = kit_config("web", GUEST_HVM);
	struct err e;

	(void)state;
	cfg.kernel = NULL;
	cfg.pcis = specs;
	cfg.nr_pcis = 1;
	KIT_CHECK(publish(&cfg, "6", &e) == 0, "%s", e.msg);
	assert_string_equal(fake_store_read("/local/domain/0/backend/pci/7/0/vdevfn-0"), "20");
	assert_string_equal(fake_store_read("/local/domain/0/backend/pci/7/0/vdevfn-1"), "31");
	assert_int_equal(publish(&cfg, "32", &e), -1);
	assert_string_equal(e.msg, "QEMU does not say where on its bus pci-pt-03_00.1 is");
	assert_int_equal(publish(&cfg, "\"6\"", &e), -1);
	/* A pv guest's QEMU is not asked. */
	cfg.type = GUEST_PV;
	KIT_CHECK(publish(&cfg, "6", &e) == 0, "%s", e.msg);
	assert_null(fake_store_read("/local/domain/0/backend/pci/7/0/vdevfn-0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_publish),
	};

	return cmocka_run_group_tests_name("pci_slots", tests, kit_begin, kit_end);
}
