/* Strings of channel. */
#include "builder/fake/kit.h"

#include "builder/describe/channel_spec.h"

static void good(const char *text, const char *backend, const char *name, const char *path)
{
	struct channel_spec s;
	struct err e;

	KIT_CHECK(channel_spec_parse(text, &s, &e) == 0, "%s: %s", text, e.msg);
	assert_string_equal(s.name, name);
	assert_string_equal(s.path ? s.path : "none", path ? path : "none");
	assert_string_equal(s.backend ? s.backend : "none", backend ? backend : "none");
	assert_false(s.path_unused);
	channel_spec_free(&s);
}

static void test_good(void **state)
{
	struct channel_spec s;
	struct err e;

	(void)state;
	good("connection=pty,name=a", NULL, "a", NULL);
	good("name=org.example.x, connection=socket,path=/run/x y", NULL, "org.example.x",
	     "/run/x y");
	good(" name\t= a b , connection = socket , path =/x,backend=0 ", "0", "a b", "/x");
	good("connection=pty,name=a,backend=Domain-0,", "Domain-0", "a", NULL);
	assert_int_equal(channel_spec_parse("connection=pty,name=a,path=x", &s, &e), 0);
	assert_true(s.path_unused);
	assert_null(s.path);
	channel_spec_free(&s);
}

static void wrong(const char *text, const char *want)
{
	struct err e = {.msg = "right"};
	struct channel_spec s;

	assert_int_equal(channel_spec_parse(text, &s, &e), -1);
	assert_string_equal(e.msg, want);
	assert_null(s.name);
	channel_spec_free(&s);
}

static void test_bad(void **state)
{
	char text[160] = "connection=socket,name=a,path=/";
	struct channel_spec s;
	struct err e;

	(void)state;
	wrong("", "connection is missing: it is pty or socket");
	wrong("name=a", "connection is missing: it is pty or socket");
	wrong("connection=tcp,name=a", "unknown connection 'tcp': it is pty or socket");
	wrong("connection=pty", "name is missing, by which the guest finds it");
	wrong("connection=pty,name=", "'name' has no value");
	wrong("connection=pty,name", "'name' has no value");
	wrong("connection=pty,name=a=b", "name can't hold a '='");
	wrong("connection=pty,name=a,name=b", "name is given twice");
	wrong("connection=pty,,name=a", "a parameter is missing between two commas");
	wrong("connection=pty,nam=a", "unknown parameter 'nam', did you mean 'name'?");
	wrong("connection=socket,name=a", "path is missing: connection=socket needs one");
	wrong("connection=socket,name=a,path=run/x", "path must be absolute");
	wrong("connection=pty,name=a,backend=net",
	      "backend 'net' is not supported: it is dom0 (0 or Domain-0)");
	/* sun_path in unix(7), and its NUL */
	memset(text + strlen(text), 'x', 106);
	assert_int_equal(channel_spec_parse(text, &s, &e), 0);
	channel_spec_free(&s);
	text[strlen(text)] = 'x';
	wrong(text, "path is longer than a socket's can be, 107 characters");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests_name("channel_spec", tests, NULL, NULL);
}
