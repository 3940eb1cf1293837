/*
 * The key vif as a whole: emulated cards, what has no effect in the guest that has it, and entries
 * that do not go together.
 */
#include "config_expect.h"

#include <stdlib.h>

#include "builder/describe/vif_spec.h"

#define HVM     "builder = 'hvm'\n"
#define PVH     "type = 'pvh'\n"
#define CLASSIC "type = 'hvm'; device_model_protocol = 'classic'\n"
#define MODEL   "device_model_override = '/m'; device_model_config = '/c'\n"
#define NO_CARD " has no effect: no card is emulated for this guest\n"

/* What the first entry has become, in a descriptor without errors. */
static enum vif_type type_of(const char *text)
{
	struct descriptor c;
	struct guest_config g;
	struct diag d = {0};
	enum vif_type type;
	char *all = NULL;

	assert_true(asprintf(&all, LEAST "\n%s", text) > 0);
	assert_int_equal(read_text("web.cfg", all, &c, &g, &d), 0);
	type = g.vifs[0].type;
	config_free(&g);
	descriptor_free(&c);
	diag_free(&d);
	free(all);
	return type;
}

static void test_cards(void **state)
{
	(void)state;
	assert_int_equal(type_of(HVM "vif = ['']"), VIF_TYPE_IOEMU);
	assert_int_equal(type_of(HVM "vif = ['type=ioemu']"), VIF_TYPE_IOEMU);
	assert_int_equal(type_of(HVM "vif = ['type=vif']"), VIF_TYPE_VIF);
	assert_int_equal(type_of("vif = ['']"), VIF_TYPE_VIF);
	assert_int_equal(type_of("vif = ['type=ioemu']"), VIF_TYPE_VIF);
	assert_int_equal(type_of(PVH "vif = ['type=ioemu,model=e1000']"), VIF_TYPE_VIF);
	assert_int_equal(type_of(CLASSIC MODEL "vif = ['type=ioemu']"), VIF_TYPE_VIF);
	refuses(HVM
		"vif = ['model=e10.0', 'vifname=longernames0', 'type=vif,vifname=longernames1',\n"
		"'devid=100', 'type=vif,devid=101']",
		"web.cfg:3:8: vif, entry 1: model=e10.0 is not the name of a card\n"
		"web.cfg:3:23: vif, entry 2: vifname=longernames0 is too long for a vif with an "
		"emulated card, 11 characters at most\n"
		"web.cfg:4:1: vif, entry 4: devid=100 is too much for a vif with an emulated card, "
		"99 at most\n");
	notes(CLASSIC MODEL "vif = ['', 'type=ioemu', 'model=e1000']",
	      "web.cfg:4:12: note: vif, entry 2: type=ioemu" NO_CARD
	      "web.cfg:4:26: note: vif, entry 3: model" NO_CARD);
	notes("vif = ['type=ioemu', 'type=vif,model=e1000']",
	      "web.cfg:2:8: note: vif, entry 1: type=ioemu" NO_CARD
	      "web.cfg:2:22: note: vif, entry 2: model" NO_CARD);
	notes(HVM "vif = ['type=vif,model=e1000', 'model=e1000']",
	      "web.cfg:3:8: note: vif, entry 1: model has no effect with type=vif\n");
	/* Nothing is said of cards where it is not known who would emulate them. */
	refuses("type = 'hvm'; device_model_protocol = 'x'; vif = ['model=e10.0']",
		"web.cfg:2:39: device_model_protocol = \"x\": must be \"qemu\" or \"classic\"\n");
	refuses("image = 'x'; vif = ['model=e1000']",
		"web.cfg:2:9: image = \"x\": must be \"linux\", \"plan9\" or \"vmx\"\n");
}

static void test_no_effect(void **state)
{
	(void)state;
	notes("vif = ['mac=0:0:0:0:0:0', 'accel=1', 'gatewaydev=eth0', 'ip=192.0.2.7', 'ip=']",
	      "web.cfg:2:8: note: vif, entry 1: a mac of zeroes has no effect: it gets a random "
	      "one\n"
	      "web.cfg:2:27: note: vif, entry 2: accel has no effect\n"
	      "web.cfg:2:38: note: vif, entry 3: gatewaydev has no effect without "
	      "script=vif-route\n"
	      "web.cfg:2:57: note: vif, entry 4: ip has no effect on a bridge: the guest's packets "
	      "are not filtered by it\n");
	notes("vif = ['gatewaydev=xenbr0:1,type=netfront']",
	      "web.cfg:2:8: note: vif, entry 1: type=netfront has no effect, as with xl: it was "
	      "xend's word for type=vif\n"
	      "web.cfg:2:8: note: vif, entry 1: gatewaydev has no effect without "
	      "script=vif-route\n");
	assert_int_equal(type_of(HVM "vif = ['type=netfront']"), VIF_TYPE_IOEMU);
	notes("vif = ['script=vif-route,bridge=xenbr0,gatewaydev=eth0,ip=192.0.2.7', '',\n"
	      "'script=/etc/xen/scripts/vif-bridge,bridge=b', 'script=vif-route']",
	      "web.cfg:2:8: note: vif, entry 1: bridge has no effect with script=vif-route\n");
}

static void test_same_route(void **state)
{
	(void)state;
	refuses("vif = ['script=vif-route,ip=192.0.2.7', 'script=vif-route,ip=10.0.0.1 192.0.2.7']",
		"web.cfg:2:41: vif, entry 2: the route to 192.0.2.7 is already that of entry 1\n");
	notes("vif = ['script=vif-route,ip=192.0.2.7', 'script=vif-route,ip=192.0.2.0/24']", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cards),
		cmocka_unit_test(test_no_effect),
		cmocka_unit_test(test_same_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
