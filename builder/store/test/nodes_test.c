/* Lists of changes to the store: what they do, in which order, and all or nothing. */
#include "builder/fake/kit.h"

#include "builder/fake/fake_store.h"
#include "builder/store/nodes.h"
#include "builder/store/store.h"

struct scene {
	struct xs_handle *xsh;
	struct host host;
	struct nodes nodes;
	struct err err;
};

/* A store and domain 1. */
static void open_scene(struct scene *s)
{
	struct xen_domctl_createdomain config = FAKE_DOMAIN;
	uint32_t domid = FAKE_DOMID_ANY;

	memset(s, 0, sizeof(*s));
	fake_reset();
	fake_store()->running = true;
	KIT_CHECK(host_open(&s->host, false, &s->err) == 0, "%s", s->err.msg);
	KIT_CHECK(store_open(&s->xsh, &s->err) == 0, "%s", s->err.msg);
	assert_int_equal(xc_domain_create(s->host.xch, &domid, &config), 0);
	s->nodes.domid = domid;
}

static void close_scene(struct scene *s)
{
	nodes_free(&s->nodes);
	assert_int_equal(s->nodes.n, 0);
	fake_store_remove("/local/domain/1");
	assert_int_equal(xc_domain_destroy(s->host.xch, 1), 0);
	xs_close(s->xsh);
	host_close(&s->host);
	kit_nothing_held(true);
}

static void test_access(void **state)
{
	static const char wanted[] = "/local/domain/1 = \"\"   (n0,r1)\n"
				     "/local/domain/1/a = \"x 7%\"   (n0,r1)\n"
				     "/local/domain/1/front = \"\"   (n1,r0)\n"
				     "/local/domain/1/front/state = \"1\"   (n1,r0)\n"
				     "/local/domain/1/own = \"\"   (n1)\n"
				     "/local/domain/1/own/deep = \"\"   (n1)\n"
				     "/local/domain/1/own/deep/er = \"y\"   (n1)\n";
	struct scene s;
	char *list;

	(void)state;
	open_scene(&s);
	nodes_add(&s.nodes, NODE_READABLE, "/local/domain/1", NULL, "%s", "");
	nodes_add(&s.nodes, NODE_INHERITS, "/local/domain/1", "a", "x %d%%", 7);
	nodes_add(&s.nodes, NODE_GUEST, "/local/domain/1", "own", "%s", "");
	nodes_add(&s.nodes, NODE_INHERITS, "/local/domain/1", "own/deep/er", "y");
	nodes_add(&s.nodes, NODE_GUEST_DOM0, "/local/domain/1/front", NULL, "%s", "");
	nodes_add(&s.nodes, NODE_INHERITS, "/local/domain/1/front", "state", "1");
	KIT_CHECK(nodes_write(&s.nodes, &s.err) == 0, "%s", s.err.msg);
	list = fake_store_list("/local/domain/1");
	assert_string_equal(list, wanted);
	free(list);
	close_scene(&s);
}

/* A node that is there keeps its value, and what is made in it later inherits the new access. */
static void test_permit(void **state)
{
	static const char wanted[] = "/local/domain/1 = \"v\"   (n0,r1)\n"
				     "/local/domain/1/after = \"\"   (n0,r1)\n"
				     "/local/domain/1/before = \"\"   (n0,r1)\n"
				     "/local/domain/1/own = \"\"   (n1)\n";
	struct scene s;
	char *list;

	(void)state;
	open_scene(&s);
	nodes_add(&s.nodes, NODE_READABLE, "/local/domain/1", NULL, "%s", "v");
	nodes_add(&s.nodes, NODE_INHERITS, "/local/domain/1", "before", "%s", "");
	nodes_permit(&s.nodes, NODE_GUEST, "/local/domain/%d", 1);
	nodes_add(&s.nodes, NODE_INHERITS, "/local/domain/1", "own", "%s", "");
	nodes_permit(&s.nodes, NODE_READABLE, "/local/domain/%d", 1);
	nodes_add(&s.nodes, NODE_INHERITS, "/local/domain/1", "after", "%s", "");
	KIT_CHECK(nodes_write(&s.nodes, &s.err) == 0, "%s", s.err.msg);
	assert_int_equal(fake_calls_of("xs_write"), 4);
	list = fake_store_list("/local/domain/1");
	assert_string_equal(list, wanted);
	free(list);
	close_scene(&s);
}

/* In their order: what is removed and added again is new; what is not there need not be removed. */
static void test_removal(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	fake_store_write("/local/domain/1/a/b", "old");
	fake_store_write("/local/domain/1/c/d", "old");
	nodes_remove(&s.nodes, "/local/domain/%d/%s", 1, "a");
	nodes_add(&s.nodes, NODE_INHERITS, "/local/domain/1", "a", "new");
	nodes_add(&s.nodes, NODE_INHERITS, "/local/domain/1", "c/e", "new");
	nodes_remove(&s.nodes, "/local/domain/1/c");
	nodes_remove(&s.nodes, "/not/there");
	nodes_remove(&s.nodes, "/local/nothing");
	KIT_CHECK(nodes_write(&s.nodes, &s.err) == 0, "%s", s.err.msg);
	assert_string_equal(fake_store_read("/local/domain/1/a"), "new");
	assert_null(fake_store_read("/local/domain/1/a/b"));
	assert_null(fake_store_read("/local/domain/1/c"));
	close_scene(&s);
}

static void test_all_or_nothing(void **state)
{
	struct scene s;
	unsigned n;

	(void)state;
	for (n = 1;; n++) {
		open_scene(&s);
		fake_store_write("/local/domain/1/old", "x");
		nodes_remove(&s.nodes, "/local/domain/1/old");
		nodes_add(&s.nodes, NODE_GUEST, "/local/domain/1/new", NULL, "y");
		fake_fail_at(n, ENOSPC);
		if (nodes_write(&s.nodes, &s.err) == 0) {
			fake_fail_at(0, 0);
			assert_null(fake_store_read("/local/domain/1/old"));
			assert_string_equal(fake_store_read("/local/domain/1/new"), "y");
			close_scene(&s);
			break;
		}
		fake_fail_at(0, 0);
		kit_good_message(&s.err);
		assert_non_null(strstr(s.err.msg, "No space left on device"));
		assert_string_equal(fake_store_read("/local/domain/1/old"), "x");
		assert_null(fake_store_read("/local/domain/1/new"));
		close_scene(&s);
	}
	assert_int_equal(n, 7); /* open, start, rm, write, set_permissions, end, and all well */
}

/* Somebody else was faster: it is done anew, a bounded number of times. */
static void test_collisions(void **state)
{
	struct scene s;

	(void)state;
	open_scene(&s);
	nodes_add(&s.nodes, NODE_INHERITS, "/local/domain/1", NULL, "y");
	fake_store()->collisions = 7;
	assert_int_equal(nodes_write(&s.nodes, &s.err), 0);
	assert_int_equal(fake_calls_of("xs_transaction_end"), 8);
	assert_string_equal(fake_store_read("/local/domain/1"), "y");
	fake_store_remove("/local/domain/1");
	fake_store()->collisions = ~0U;
	assert_int_equal(nodes_write(&s.nodes, &s.err), -1);
	assert_string_equal(s.err.msg, "cannot end a transaction of the store: "
				       "Resource temporarily unavailable");
	assert_null(fake_store_read("/local/domain/1"));
	close_scene(&s);
}

static void test_memory(void **state)
{
	struct scene s;
	unsigned n;
	bool failed;
	int rc;

	(void)state;
	for (n = 1;; n++) {
		open_scene(&s);
		fake_alloc_fail_at(n);
		for (unsigned i = 0; i < 100; i++)
			nodes_add(&s.nodes, NODE_INHERITS, "/local/domain/1", NULL, "%u", i);
		nodes_remove(&s.nodes, "/local/domain/1");
		rc = nodes_write(&s.nodes, &s.err);
		failed = fake_alloc_failed();
		fake_alloc_fail_at(0);
		assert_int_equal(rc, failed ? -1 : 0);
		if (failed)
			assert_string_equal(s.err.msg, "out of memory");
		close_scene(&s);
		if (!failed)
			break;
	}
	assert_true(n > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_access),     cmocka_unit_test(test_permit),
		cmocka_unit_test(test_removal),    cmocka_unit_test(test_all_or_nothing),
		cmocka_unit_test(test_collisions), cmocka_unit_test(test_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
