/* The nodes of one device: where they are, and a list that can't be made whole. */
#include "builder/fake/kit.h"

#include <wchar.h>

#include "builder/store/device_nodes.h"

static const struct node *find(const struct nodes *n, const char *path)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].value && !strcmp(n->v[i].path, path))
			return &n->v[i];
	return NULL;
}

static void test_places(void **state)
{
	struct nodes n = {.domid = 7};
	struct device_nodes d;

	(void)state;
	device_begin(&d, &n, "vif", 2);
	device_back(&d, "mac", "%s", "00:16:3e:00:00:01");
	device_front(&d, NODE_INHERITS, "handle", "%d", 2);
	assert_string_equal(find(&n, "/local/domain/0/backend/vif/7/2/mac")->value,
			    "00:16:3e:00:00:01");
	assert_string_equal(find(&n, "/libxl/7/device/vif/2/mac")->value, "00:16:3e:00:00:01");
	assert_string_equal(find(&n, "/local/domain/7/device/vif/2/handle")->value, "2");
	assert_null(find(&n, "/local/domain/7/device/vif/2/mac"));
	assert_false(n.failed);
	nodes_free(&n);
	n.domid = 7;
	device_begin(&d, &n, "console", 0);
	device_front(&d, NODE_INHERITS, "type", "xenconsoled");
	assert_string_equal(find(&n, "/local/domain/7/console/type")->value, "xenconsoled");
	nodes_free(&n);
}

/* A value that can't be written out: the list is not to be used, and has no half of it. */
static void test_no_value(void **state)
{
	static const wchar_t none[] = {0x7fffffff, 0}; /* no character; vasprintf fails */
	struct nodes n = {.domid = 7};
	struct device_nodes d;
	struct err e;
	size_t before;

	(void)state;
	device_begin(&d, &n, "vif", 2);
	before = n.n;
	device_back(&d, "mac", "%ls", none);
	assert_true(n.failed);
	assert_int_equal(n.n, before);
	n.failed = false;
	device_front(&d, NODE_INHERITS, "handle", "%ls", none);
	assert_true(n.failed);
	assert_int_equal(n.n, before);
	assert_int_equal(nodes_send(&n, -1, 0, &e), -1);
	kit_good_message(&e);
	nodes_free(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
