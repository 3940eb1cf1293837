/* Output to a reader who is slow, gone, or quick. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/output.h"

static struct output out;
static int ends[2];

static void open_pipe(void)
{
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	output_init(&out, ends[1]);
}

static void close_pipe(void)
{
	close(ends[0]);
	close(ends[1]);
}

/* Takes all that is there, writing more as room comes, and returns its length. */
static size_t take(char *buf, size_t size)
{
	size_t len = 0;
	ssize_t n;

	for (;;) {
		assert_int_equal(output_flush(&out), 0);
		n = read(ends[0], buf + len, size - len);
		if (n <= 0)
			break;
		len += (size_t)n;
		assert_true(len < size);
	}
	buf[len] = '\0';
	return len;
}

static void test_passes(void **state)
{
	char buf[64];

	(void)state;
	open_pipe();
	assert_false(output_waits(&out));
	assert_int_equal(output_flush(&out), 0);
	for (const char *p = "hello\n"; *p; p++)
		output_put(&out, (uint8_t)*p);
	assert_true(output_waits(&out));
	assert_int_equal(take(buf, sizeof(buf)), 6);
	assert_string_equal(buf, "hello\n");
	assert_false(output_waits(&out));
	close_pipe();
}

static void test_wraps(void **state)
{
	char *buf = malloc(2 * OUTPUT_MAX);
	unsigned put = 0, got = 0;

	(void)state;
	assert_non_null(buf);
	open_pipe();
	for (unsigned turn = 0; turn < 10; turn++) {
		size_t n;

		for (unsigned i = 0; i < 30011; i++)
			output_put(&out, (uint8_t)(put++ % 251));
		n = take(buf, 2 * OUTPUT_MAX);
		assert_int_equal(n, 30011);
		for (size_t i = 0; i < n; i++)
			assert_int_equal((uint8_t)buf[i], got++ % 251);
	}
	close_pipe();
	free(buf);
}

#define NOTE "\r\n[earlydom-model: %u bytes are lost here: the reader was too slow]\r\n"

static void test_loss(void **state)
{
	char *buf = malloc(4 * OUTPUT_MAX), note[128];
	const int len = snprintf(note, sizeof(note), NOTE, 1000U);
	size_t n;

	(void)state;
	assert_non_null(buf);
	open_pipe();
	for (unsigned i = 0; i < OUTPUT_MAX; i++)
		output_put(&out, 'a');
	for (unsigned i = 0; i < 1000; i++)
		output_put(&out, 'b');
	n = take(buf, 4 * OUTPUT_MAX);
	assert_int_equal(n, OUTPUT_MAX + len);
	for (size_t i = 0; i < OUTPUT_MAX; i++)
		assert_int_equal(buf[i], 'a');
	assert_string_equal(buf + OUTPUT_MAX, note);
	output_put(&out, 'c');
	assert_int_equal(take(buf, 4 * OUTPUT_MAX), 1);
	assert_string_equal(buf, "c");
	close_pipe();
	free(buf);
}

static void test_loss_in_between(void **state)
{
	char *buf = malloc(4 * OUTPUT_MAX);
	ssize_t n;

	(void)state;
	assert_non_null(buf);
	open_pipe();
	for (unsigned i = 0; i < OUTPUT_MAX + 1; i++)
		output_put(&out, 'a');
	/* A little room is not enough, half of it is: then the note comes, and what is new. */
	out.first += 1;
	out.n -= 1;
	output_put(&out, 'b');
	assert_int_equal(out.lost, 2);
	out.first += OUTPUT_MAX / 2;
	out.n -= OUTPUT_MAX / 2;
	output_put(&out, 'c');
	assert_int_equal(out.lost, 0);
	n = (ssize_t)take(buf, 4 * OUTPUT_MAX);
	assert_true(n > 0 && buf[n - 1] == 'c');
	buf[n - 1] = '\0';
	assert_string_equal(buf + OUTPUT_MAX / 2 - 1,
			    "\r\n[earlydom-model: 2 bytes are lost here: the reader was too "
			    "slow]\r\n");
	close_pipe();
	free(buf);
}

static void test_gone(void **state)
{
	(void)state;
	open_pipe();
	close(ends[0]);
	output_put(&out, 'x');
	errno = 0;
	assert_int_equal(output_flush(&out), -1);
	assert_int_equal(errno, EPIPE);
	/* Said once; the rest is dropped. */
	output_put(&out, 'y');
	assert_false(output_waits(&out));
	assert_int_equal(output_flush(&out), 0);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_passes), cmocka_unit_test(test_wraps),
		cmocka_unit_test(test_loss),   cmocka_unit_test(test_loss_in_between),
		cmocka_unit_test(test_gone),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
