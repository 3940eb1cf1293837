/* Headers of images that are read in the jail: what they are based on, and errors. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <unistd.h>

#include "builder/jail/image_backing.h"
#include "builder/fake/qcow2_build.h"

static uint8_t head[QCOW2_BUILD_SIZE];

/* Returns its error's text. */
static const char *read_image(int flags, struct backing *out)
{
	static struct err e;
	int fd;

	kit_write("image", head, sizeof(head));
	fd = open(kit_path("image"), flags | O_CLOEXEC);
	assert_true(fd >= 0);
	e.msg[0] = '\0';
	jail_backing(NULL, fd, out, &e);
	close(fd);
	return e.msg;
}

static void test_images(void **state)
{
	struct backing b;

	(void)state;
	qcow2_build(head, 3, "base.img", "raw");
	assert_string_equal(read_image(O_RDONLY, &b), "");
	assert_string_equal(b.name, "base.img");
	assert_false(b.may_have_one);
	assert_string_equal(read_image(O_RDWR, &b), "the file is not open for reading only");
	qcow2_build(head, 3, "base\n.img", "raw");
	assert_string_equal(read_image(O_RDONLY, &b),
			    "its backing file's name has control characters");
	memset(head + 16, 0xff, 4); /* the name's size */
	assert_string_equal(read_image(O_RDONLY, &b), "its header is damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_images),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
