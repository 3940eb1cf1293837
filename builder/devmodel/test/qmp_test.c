/*
 * QMP: what is sent, and what QEMU may answer. A child of the test's plays QEMU.
 */
#include "builder/fake/kit.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builder/devmodel/qmp.h"

#define GREETING                                                                                   \
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 18, \"minor\": 2, \"major\": 7}, "         \
	"\"package\": \"Debian\"}, \"capabilities\": [\"oob\"]}}\r\n"
#define EVENT                                                                                      \
	"{\"timestamp\": {\"seconds\": 1, \"microseconds\": 2}, \"event\": \"VNC_CONNECTED\", "    \
	"\"data\": {\"return\": 1}}\r\n"
#define EMPTY "{\"return\": {}}\r\n"

/* In the child: reads one request, which ends with a line that is "}", and adds it to "asked". */
static void take_request(int fd)
{
	char text[4096];
	size_t len = 0;
	FILE *f;

	while (len < 3 || memcmp(text + len - 3, "\n}\n", 3) != 0) {
		if (len == sizeof(text) || read(fd, text + len, 1) != 1)
			_exit(0);
		len++;
	}
	f = fopen("asked", "a");
	if (!f || fwrite(text, 1, len, f) != len || fclose(f) != 0)
		_exit(1);
}

/* Says the words one after the other, each but the first when it was asked something; then hangs
 * up, or waits where the last of them is "". */
static pid_t play(const char *const *words)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "qmp-socket"};
	const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid;
	int fd;

	unlink("qmp-socket");
	unlink("asked");
	assert_true(listening >= 0);
	assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listening, 1), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid) {
		close(listening);
		return pid;
	}
	alarm(30);
	fd = accept(listening, NULL, NULL);
	for (size_t i = 0; fd >= 0 && words[i]; i++) {
		if (i)
			take_request(fd);
		if (!*words[i])
			pause();
		if (write(fd, words[i], strlen(words[i])) < 0)
			_exit(1);
	}
	_exit(0);
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void expect_asked(const char *want)
{
	char text[4096];

	assert_string_equal(kit_read("asked", text, sizeof(text)), want);
}

#define CAPABILITIES "{\n  \"execute\": \"qmp_capabilities\"\n}\n"

static void test_talk(void **state)
{
	static const char *const words[] = {
		GREETING, EVENT EMPTY,
		"{\"return\": {\"enabled\": true, \"service\": \"5901\", \"x\": \"\\u00e9\"}}\r\n",
		EMPTY, NULL};
	static const char *const args[] = {"password", "a\"b\\c", NULL};
	const pid_t pid = play(words);
	struct json_value answer, part;
	struct qmp q;
	struct err e;
	char text[16];

	(void)state;
	KIT_CHECK(qmp_open(&q, "qmp-socket", &e) == 0, "%s", e.msg);
	KIT_CHECK(qmp_ask(&q, "query-vnc", NULL, &answer, &e) == 0, "%s", e.msg);
	assert_true(json_member(&answer, "service", &part));
	assert_true(json_string(&part, text, sizeof(text)));
	assert_string_equal(text, "5901");
	KIT_CHECK(qmp_ask(&q, "change-vnc-password", args, NULL, &e) == 0, "%s", e.msg);
	assert_int_equal(qmp_ask(&q, "query-vnc", NULL, NULL, &e), -1);
	assert_true(e.passing);
	qmp_close(&q);
	qmp_close(&q);
	end(pid);
	expect_asked(CAPABILITIES "{\n  \"execute\": \"query-vnc\"\n}\n"
				  "{\n  \"execute\": \"change-vnc-password\",\n"
				  "  \"arguments\": {\"password\": \"a\\\"b\\\\c\"}\n}\n");
}

static void test_refusal(void **state)
{
	static const char *const words[] = {GREETING, EMPTY,
					    "{\"error\": {\"class\": \"GenericError\", \"desc\": "
					    "\"Could not set\\npassword\"}}\r\n",
					    "{\"error\": {\"class\": \"GenericError\"}}\r\n", NULL};
	const pid_t pid = play(words);
	struct qmp q;
	struct err e;

	(void)state;
	KIT_CHECK(qmp_open(&q, "qmp-socket", &e) == 0, "%s", e.msg);
	assert_int_equal(qmp_ask(&q, "change-vnc-password", NULL, NULL, &e), -1);
	assert_string_equal(e.msg, "QEMU refuses change-vnc-password: Could not set password");
	assert_false(e.passing);
	assert_int_equal(qmp_ask(&q, "eject", NULL, NULL, &e), -1);
	assert_string_equal(e.msg, "QEMU refuses eject: it does not say why");
	qmp_close(&q);
	end(pid);
}

/* A message that comes in pieces, and is longer than what is read at once. */
static void test_long(void **state)
{
	static char words[3 * 4096 + 100];
	const char *all[] = {GREETING, EMPTY, words, EMPTY, NULL};
	struct json_value answer;
	struct qmp q;
	struct err e;
	pid_t pid;

	(void)state;
	strcpy(words, "{\"return\": [\"");
	memset(words + strlen(words), 'x', 3 * 4096);
	strcpy(words + strlen(words), "\"]}\r\n");
	pid = play(all);
	KIT_CHECK(qmp_open(&q, "qmp-socket", &e) == 0, "%s", e.msg);
	KIT_CHECK(qmp_ask(&q, "query-block", NULL, &answer, &e) == 0, "%s", e.msg);
	assert_int_equal(answer.len, 3 * 4096 + 4);
	KIT_CHECK(qmp_ask(&q, "eject", NULL, &answer, &e) == 0, "%s", e.msg);
	assert_int_equal(answer.len, 2);
	qmp_close(&q);
	end(pid);
}

static void cannot_open(const char *const *words, const char *want)
{
	const pid_t pid = play(words);
	struct qmp q;
	struct err e;

	assert_int_equal(qmp_open(&q, "qmp-socket", &e), -1);
	assert_string_equal(e.msg, want);
	assert_true(e.passing);
	assert_int_equal(q.fd, -1);
	end(pid);
}

static void test_no_qmp(void **state)
{
	static const char *const other[] = {"{\"RPC\": {}}\n", NULL};
	static const char *const text[] = {"220 ready\n", NULL};
	static const char *const mute[] = {"", NULL}, *const gone[] = {NULL};
	struct qmp q;
	struct err e;

	(void)state;
	cannot_open(other, "QEMU does not answer a connection: it does not speak QMP");
	cannot_open(text, "QEMU does not answer a connection: what it says is no JSON");
	cannot_open(gone, "QEMU does not answer a connection: it has hung up");
	cannot_open(mute, "QEMU does not answer a connection: it takes too long");
	unlink("qmp-socket");
	assert_int_equal(qmp_open(&q, "qmp-socket", &e), -1);
	assert_string_equal(e.msg,
			    "cannot connect to QEMU at qmp-socket: No such file or directory");
	assert_true(e.passing);
}

/* One that talks without end is not listened to without end. */
static void test_flood(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "qmp-socket"};
	const int listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	static char words[65536];
	struct qmp q;
	struct err e;
	pid_t pid;
	int fd;

	(void)state;
	memset(words, 'x', sizeof(words));
	unlink("qmp-socket");
	assert_int_equal(bind(listening, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(listening, 1), 0);
	pid = fork();
	if (!pid) {
		alarm(30);
		fd = accept(listening, NULL, NULL);
		while (write(fd, words, sizeof(words)) > 0)
			;
		_exit(0);
	}
	close(listening);
	assert_int_equal(qmp_open(&q, "qmp-socket", &e), -1);
	assert_string_equal(e.msg, "QEMU does not answer a connection: it says too much");
	end(pid);
}

static int begin(void **state)
{
	return kit_begin(state) < 0 || chdir(kit_path("")) < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_talk),  cmocka_unit_test(test_refusal),
		cmocka_unit_test(test_long),  cmocka_unit_test(test_no_qmp),
		cmocka_unit_test(test_flood),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("qmp", tests, begin, kit_end);
}
