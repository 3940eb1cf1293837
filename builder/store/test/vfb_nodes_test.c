/* The nodes of screens and keyboards, one by one. */
#include "builder/fake/kit.h"

#include "builder/describe/vfb_spec.h"
#include "builder/describe/vkb_spec.h"
#include "builder/store/device_nodes.h"

/* The values below a directory, as "NAME=VALUE " in their order. */
static const char *below(const struct nodes *n, const char *dir)
{
	static char text[2048];
	const size_t len = strlen(dir);

	text[0] = '\0';
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].value && !strncmp(n->v[i].path, dir, len) && n->v[i].path[len] == '/')
			sprintf(text + strlen(text), "%s=%s ", n->v[i].path + len + 1,
				n->v[i].value);
	return text;
}

#define BACK  "/local/domain/0/backend/"
#define FRONT "/local/domain/7/device/"
#define LIBXL "/libxl/7/device/"

static void screen(const char *text, uint32_t devid, struct nodes *n)
{
	struct vfb_spec s;
	struct err e;

	*n = (struct nodes){.domid = 7};
	KIT_CHECK(vfb_spec_parse(text, &s, &e) == 0, "%s", e.msg);
	vfb_nodes(&s, devid, n);
	vfb_spec_free(&s);
	assert_false(n->failed);
}

static void test_vfb(void **state)
{
	struct nodes n;

	(void)state;
	screen("", 0, &n);
	assert_string_equal(below(&n, BACK "vfb/7/0"),
			    "frontend=/local/domain/7/device/vfb/0 frontend-id=7 online=1 state=1 "
			    "vnc=1 vnclisten=127.0.0.1 vncdisplay=0 vncunused=1 sdl=0 opengl=0 ");
	assert_string_equal(below(&n, FRONT "vfb/0"),
			    "backend=/local/domain/0/backend/vfb/7/0 backend-id=0 state=1 ");
	assert_string_equal(
		below(&n, LIBXL "vfb/0"),
		"frontend=/local/domain/7/device/vfb/0 "
		"backend=/local/domain/0/backend/vfb/7/0 frontend-id=7 online=1 state=1 "
		"vnc=1 vnclisten=127.0.0.1 vncdisplay=0 vncunused=1 sdl=0 opengl=0 ");
	nodes_free(&n);
	screen("vnclisten=1.2.3.4,vncpasswd=x y,vncdisplay=5,vncunused=0,keymap=de,display=:1,"
	       "xauthority=/x",
	       3, &n);
	assert_string_equal(below(&n, BACK "vfb/7/3"),
			    "frontend=/local/domain/7/device/vfb/3 frontend-id=7 online=1 state=1 "
			    "vnc=1 vnclisten=1.2.3.4 vncpasswd=x y vncdisplay=5 vncunused=0 sdl=0 "
			    "opengl=0 xauthority=/x display=:1 ");
	nodes_free(&n);
	/* Without VNC there are no defaults. */
	screen("vnc=0,vncunused=1", 0, &n);
	assert_string_equal(below(&n, BACK "vfb/7/0"),
			    "frontend=/local/domain/7/device/vfb/0 frontend-id=7 online=1 state=1 "
			    "vnc=0 vncdisplay=0 vncunused=1 sdl=0 opengl=0 ");
	nodes_free(&n);
	screen("vnc=0", 0, &n);
	assert_non_null(strstr(below(&n, BACK "vfb/7/0"), " vncunused=0 "));
	nodes_free(&n);
}

static void test_vkb(void **state)
{
	struct nodes n = {.domid = 7};
	struct vkb_spec s;
	struct err e;

	(void)state;
	vkbd_nodes(NULL, 0, &n);
	assert_string_equal(
		below(&n, BACK "vkbd/7/0"),
		"frontend=/local/domain/7/device/vkbd/0 frontend-id=7 online=1 state=1 ");
	nodes_free(&n);
	n.domid = 7;
	KIT_CHECK(vkb_spec_parse("backend-type=qemu,unique-id=k,feature-disable-keyboard=1,"
				 "feature-abs-pointer=0,multi-touch-width=5,width=800",
				 &s, &e) == 0,
		  "%s", e.msg);
	vkbd_nodes(&s, 1, &n);
	assert_string_equal(below(&n, BACK "vkbd/7/1"),
			    "frontend=/local/domain/7/device/vkbd/1 frontend-id=7 online=1 state=1 "
			    "unique-id=k feature-disable-keyboard=1 feature-multi-touch=1 "
			    "multi-touch-width=5 width=800 ");
	assert_string_equal(below(&n, FRONT "vkbd/1"),
			    "backend=/local/domain/0/backend/vkbd/7/1 backend-id=0 state=1 ");
	vkb_spec_free(&s);
	nodes_free(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vfb),
		cmocka_unit_test(test_vkb),
	};

	return cmocka_run_group_tests_name("vfb_nodes", tests, NULL, NULL);
}
