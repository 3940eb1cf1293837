/* Guests' output on dom0's console: whole lines, and nothing that drives a terminal. */
#include "builder/fake/kit.h"

#include <fcntl.h>
#include <unistd.h>

#include "builder/supervise/echo.h"

static struct console_out to_file;
static struct echo_line line;

static void begin(void)
{
	memset(&line, 0, sizeof(line));
	to_file.fd = open(kit_path("out"), O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	assert_true(to_file.fd >= 0);
}

static void put(enum echo_to to, const char *text)
{
	echo_output(&line, to, &to_file, "web", text, strlen(text));
}

static void wrote(const char *want)
{
	char text[4096];

	assert_string_equal(kit_read("out", text, sizeof(text)), want);
	assert_int_equal(ftruncate(to_file.fd, 0), 0);
}

static void test_lines(void **state)
{
	(void)state;
	begin();
	put(ECHO_CONSOLE, "a");
	wrote("");
	put(ECHO_CONSOLE, "b\r\ncd\ne");
	wrote("web: ab\nweb: cd\n");
	put(ECHO_CONSOLE, "\n\n\n"); /* empty lines are not worth repeating */
	wrote("web: e\n");
	echo_flush(&line, ECHO_CONSOLE, &to_file, "web");
	wrote("");
	put(ECHO_CONSOLE, "rest");
	echo_flush(&line, ECHO_CONSOLE, &to_file, "web");
	echo_flush(&line, ECHO_CONSOLE, &to_file, "web");
	wrote("web: rest\n");
	put(ECHO_KMSG, "to the log\nrest");
	wrote("<5>earlydom: web: to the log\n");
	put(ECHO_OFF, "nothing\n");
	echo_flush(&line, ECHO_OFF, &to_file, "web");
	wrote("");
	close(to_file.fd);
}

static void test_long_lines(void **state)
{
	char in[ECHO_LINE_MAX * 2 + 11], out[4096];

	(void)state;
	begin();
	memset(in, 'q', sizeof(in));
	in[sizeof(in) - 1] = '\0';
	put(ECHO_CONSOLE, in);
	put(ECHO_CONSOLE, "\n");
	snprintf(out, sizeof(out), "web: %.512s\nweb: %.512s\nweb: %.10s\n", in, in, in);
	wrote(out);
	close(to_file.fd);
}

static void test_control_characters(void **state)
{
	char c[3] = "?\n", want[16];

	(void)state;
	begin();
	for (int i = 1; i < 0x80; i++) {
		c[0] = (char)i;
		put(ECHO_CONSOLE, c);
		if (i == '\n' || i == '\r')
			continue;
		snprintf(want, sizeof(want), "web: %c\n",
			 (i < ' ' && i != '\t') || i == 0x7f ? '?' : i);
		wrote(want);
	}
	echo_output(&line, ECHO_CONSOLE, &to_file, "web", "\0\n", 2);
	wrote("web: ?\n");
	/* Erase the screen; set the title; a line of the kernel's own. */
	put(ECHO_KMSG, "\x1b[2J\x1b]0;x\x07\n<0>panic\n");
	wrote("<5>earlydom: web: ?[2J?]0;x?\n<5>earlydom: web: <0>panic\n");
	close(to_file.fd);
}

/* The controls of ISO 6429 beyond ASCII drive terminals, too: as bytes, and as UTF-8. */
static void test_high_controls(void **state)
{
	(void)state;
	begin();
	put(ECHO_CONSOLE, "\x9b"
			  "2J\n");
	wrote("web: ?2J\n");
	put(ECHO_CONSOLE, "a\xc2\x9b"
			  "2Jb\n");
	wrote("web: a??2Jb\n");
	/* Letters stay what they are, also when they come in two parts. */
	put(ECHO_CONSOLE, "gr\xc3\xbc\xc3\x9f \xe2\x80\x93 \xf0\x9f\x90\xa7\n");
	wrote("web: gr\xc3\xbc\xc3\x9f \xe2\x80\x93 \xf0\x9f\x90\xa7\n");
	put(ECHO_CONSOLE, "\xe2\x80");
	put(ECHO_CONSOLE, "\x93\n");
	wrote("web: \xe2\x80\x93\n");
	put(ECHO_CONSOLE, "\xe2\x9b\x9b\x9b\n"); /* one too many */
	wrote("web: \xe2\x9b\x9b?\n");
	close(to_file.fd);
}

/* What would complete a character is none in the next line, where a terminal sees it alone. */
static void test_cut_characters(void **state)
{
	char in[ECHO_LINE_MAX + 8], out[4096];

	(void)state;
	begin();
	put(ECHO_CONSOLE, "a\xe2\n\x9b"
			  "2J\n");
	wrote("web: a\xe2\nweb: ?2J\n");
	put(ECHO_CONSOLE, "\xf0\x9f");
	echo_flush(&line, ECHO_CONSOLE, &to_file, "web"); /* the guest ends; its next life begins */
	put(ECHO_CONSOLE, "\x9b\n");
	wrote("web: \xf0\x9f\nweb: ?\n");
	/* A long line is not broken inside of a character. */
	memset(in, 'q', ECHO_LINE_MAX - 1);
	strcpy(in + ECHO_LINE_MAX - 1, "\xe2\x9b\x93.\n");
	put(ECHO_CONSOLE, in);
	snprintf(out, sizeof(out), "web: %.511s\nweb: \xe2\x9b\x93.\n", in);
	wrote(out);
	close(to_file.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_lines),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_high_controls),
		cmocka_unit_test(test_cut_characters),
	};

	return cmocka_run_group_tests(tests, kit_begin, kit_end);
}
