/* The nodes of a channel, one by one. */
#include "builder/fake/kit.h"

#include "builder/describe/channel_spec.h"
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

#define BACK  "/local/domain/0/backend/console/7/2"
#define FRONT "/local/domain/7/device/console/2"

static void channel(const char *text, bool handed, struct nodes *n)
{
	struct channel_spec s;
	struct err e;

	*n = (struct nodes){.domid = 7};
	KIT_CHECK(channel_spec_parse(text, &s, &e) == 0, "%s", e.msg);
	channel_nodes(&s, 2, handed, n);
	channel_spec_free(&s);
	assert_false(n->failed);
}

#define FRONT_LEAST                                                                                \
	"backend=" BACK " backend-id=0 state=1 protocol=vt100 name=a limit=1048576 type=ioemu "

static void test_nodes(void **state)
{
	struct nodes n;

	(void)state;
	channel("connection=pty,name=a", false, &n);
	assert_string_equal(below(&n, BACK),
			    "frontend=" FRONT " frontend-id=7 online=1 state=1 protocol=vt100 "
			    "name=a connection=pty ");
	assert_string_equal(below(&n, "/libxl/7/device/console/2"),
			    "frontend=" FRONT " backend=" BACK " frontend-id=7 online=1 state=1 "
			    "protocol=vt100 name=a connection=pty ");
	assert_string_equal(below(&n, FRONT), FRONT_LEAST "output=pty tty= ");
	nodes_free(&n);
	channel("connection=pty,name=a", true, &n);
	assert_string_equal(below(&n, FRONT), FRONT_LEAST "output=chardev:libxl-channel2 tty= ");
	nodes_free(&n);
	for (int handed = 0; handed < 2; handed++) {
		channel("connection=socket,path=/run/a,name=a", handed, &n);
		assert_string_equal(below(&n, BACK),
				    "frontend=" FRONT " frontend-id=7 online=1 state=1 "
				    "protocol=vt100 name=a connection=socket path=/run/a ");
		assert_string_equal(below(&n, FRONT),
				    FRONT_LEAST "output=chardev:libxl-channel2 tty= ");
		nodes_free(&n);
	}
}

/* The guest's own are its state and what it says of it; what it must not change is dom0's. */
static void test_access(void **state)
{
	static const struct {
		const char *path;
		enum node_access access;
	} want[] = {
		{FRONT, NODE_GUEST_DOM0},         {FRONT "/state", NODE_INHERITS},
		{FRONT "/name", NODE_READABLE},   {FRONT "/type", NODE_READABLE},
		{FRONT "/output", NODE_READABLE}, {FRONT "/tty", NODE_READABLE},
		{FRONT "/limit", NODE_READABLE},  {BACK, NODE_READABLE},
	};
	struct nodes n;
	size_t i, k;

	(void)state;
	channel("connection=pty,name=a", false, &n);
	for (k = 0; k < sizeof(want) / sizeof(want[0]); k++) {
		for (i = 0; i < n.n; i++)
			if (n.v[i].value && !strcmp(n.v[i].path, want[k].path))
				break;
		KIT_CHECK(i < n.n && n.v[i].access == want[k].access, "%s", want[k].path);
	}
	nodes_free(&n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_access),
	};

	return cmocka_run_group_tests_name("channel_nodes", tests, NULL, NULL);
}
